//! What must hold of everything that travels: over wires, and to the server.

use std::collections::BTreeMap;

use data_encoding::BASE64URL_NOPAD;
use engine::frame::{Frame, Want, decode};
use engine::limits;
use engine::log::have::LogHave;
use engine::log::ranges::RangeSet;
use engine::log::run::Run;
use engine::register::{Receipt, Register, RegisterKind};
use engine::{EntryId, LogId, MemberId};
use protocol::ClientMessage;

use crate::oracle::{Oracle, Screen};
use crate::store::Store;

/// Classes that carry runs, by number; 0 is control.
const CLASSES: usize = 6;
/// Bytes of other classes that may be written while one waits: from the weights of the lanes.
const PATIENCE: [usize; CLASSES] = [usize::MAX, 100_000, 250_000, 500_000, 1_000_000, 2_000_000];

/// Milliseconds after which what has come is stored, as long as no disk fails.
const STORED: u64 = 2_000;

/// Where a message is written.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// The wire.
    pub wire: usize,
    /// Which of its ends.
    pub side: usize,
    /// Whose that is.
    pub peer: usize,
    /// Who is at the other end.
    pub to: usize,
    /// When.
    pub now: u64,
    /// True if somebody sits in between.
    pub tampered: bool,
}

/// One end's side of a wire.
#[derive(Clone, Debug, Default)]
struct Way {
    partial: [Vec<u8>; CLASSES],
    /// Bytes of runs written, and credit for them that the other end gave back.
    used: [u64; CLASSES],
    returned: [u64; CLASSES],
    arrived: [u64; CLASSES],
    /// When a run was written or arrived last.
    busy: u64,
    /// Since when the other end has been sent more than it gave credit for.
    overdrawn: Option<u64>,
    starved: [usize; CLASSES],
}

/// A question: the wire, when, for what.
type Asked = (usize, u64, RangeSet);

/// Everything that has travelled.
#[derive(Clone, Debug, Default)]
pub(super) struct Traffic {
    ways: BTreeMap<(usize, usize), Way>,
    /// Who has asked for what over which wire, and when.
    wants: BTreeMap<(usize, LogId), Vec<Asked>>,
}

impl Traffic {
    pub(super) fn forget_wants(&mut self, peer: usize) {
        self.wants.retain(|(asking, _), _| *asking != peer);
    }

    /// A wire is closed: nobody answers over it any more.
    fn close(&mut self, wire: usize) {
        for wants in self.wants.values_mut() {
            wants.retain(|(asked, _, _)| *asked != wire);
        }
    }

    /// A way whose credit was not given back, though all that it was for has been stored long ago.
    pub(super) fn leak(&self, wire: usize, now: u64) -> Option<(usize, u64)> {
        (0..2).find_map(|side| {
            let way = self.ways.get(&(wire, side)).filter(|way| way.busy + STORED < now)?;
            let class = (1..CLASSES).find(|class| way.used[*class] != way.returned[*class])?;
            Some((class, way.used[class].abs_diff(way.returned[class])))
        })
    }
}

impl Oracle {
    /// A wire is closed, by whichever end.
    pub(crate) fn wire_closed(&mut self, wire: usize) {
        self.traffic.close(wire);
        self.hears_no_more(wire);
        self.owes_nothing_over(wire);
    }

    /// A peer writes a message to a wire.
    pub(crate) fn written(&mut self, at: &Place, message: &[u8], store: &Store, screen: &Screen) {
        let Ok(frames) = decode(message) else {
            return self.fail("I2", format!("peer {} writes what is no frame", at.peer));
        };
        frames.iter().for_each(|frame| self.refuses((at.peer, at.to), frame));
        if self.mallory == Some(at.peer) {
            // Its lies are told to others; what it would have said is not judged.
            return frames.into_iter().for_each(|frame| self.count(at, &frame));
        }
        for frame in frames {
            let greeting = matches!(frame, Frame::Hello(_) | Frame::Proof(_) | Frame::Bye(_));
            if at.tampered && !greeting {
                self.fail("I5", format!("peer {} trusts a link with somebody in it", at.peer));
            }
            self.count(at, &frame);
            match frame {
                Frame::Part(part) => {
                    let way = self.traffic.ways.entry((at.wire, at.side)).or_default();
                    let Some(partial) = way.partial.get_mut(usize::from(part.class)) else {
                        continue;
                    };
                    partial.extend_from_slice(&part.bytes);
                    if part.last {
                        let bytes = std::mem::take(partial);
                        self.run_written(at, &bytes, store);
                    }
                }
                Frame::Have(logs) => {
                    logs.iter().for_each(|have| self.has(at.peer, have, store, "acknowledges"));
                }
                Frame::Want(want) => self.asked(at, &want, screen),
                Frame::Register(bytes) => self.register_written(at.peer, &bytes, store),
                Frame::Hello(_)
                | Frame::Proof(_)
                | Frame::Registers(_)
                | Frame::AskRegisters(_)
                | Frame::Credit { .. }
                | Frame::Probe(_)
                | Frame::Reply(_)
                | Frame::Live(_)
                | Frame::LiveReply(_)
                | Frame::Typing(_)
                | Frame::Again(_)
                | Frame::Branches(_)
                | Frame::AskHash(..)
                | Frame::Hash(_)
                | Frame::AskEvidence(..)
                | Frame::Evidence(_)
                | Frame::Refuse(_)
                | Frame::Bye(_) => {}
            }
        }
    }

    /// Keeps the account of credit.
    fn count(&mut self, at: &Place, frame: &Frame) {
        if let Frame::Part(part) = frame {
            let way = self.traffic.ways.entry((at.wire, at.side)).or_default();
            let class = usize::from(part.class).min(CLASSES - 1);
            way.used[class] += part.bytes.len() as u64;
            way.busy = at.now;
            let outstanding = way.used[class].saturating_sub(way.returned[class]);
            // A liar gives credit that it has given before.
            let honest = [at.peer, at.to].iter().all(|peer| self.mallory != Some(*peer));
            if honest && outstanding > u64::from(limits::CREDIT_BYTES) {
                self.fail("I6", format!("peer {} sends more than it may", at.peer));
            }
        }
        if let Frame::Credit { class, bytes } = frame {
            let other = self.traffic.ways.entry((at.wire, 1 - at.side)).or_default();
            let class = usize::from(*class).min(CLASSES - 1);
            other.returned[class] += u64::from(*bytes);
        }
    }

    /// A message reaches the other end, which takes it.
    pub(crate) fn arrived(&mut self, at: &Place, message: &[u8]) {
        let Ok(frames) = decode(message) else { return };
        for frame in &frames {
            self.hears((at.wire, at.peer, at.to), at.now, frame);
        }
        let way = self.traffic.ways.entry((at.wire, at.side)).or_default();
        for frame in frames {
            if let Frame::Part(part) = frame {
                let class = usize::from(part.class).min(CLASSES - 1);
                way.arrived[class] += part.bytes.len() as u64;
                way.busy = at.now;
            }
        }
        let over = (1..CLASSES).any(|class| {
            let taken = way.arrived[class].saturating_sub(way.returned[class]);
            taken > u64::from(limits::CREDIT_BYTES)
        });
        // Whoever is sent too much closes the link at once, so that nothing comes later.
        let since = way.overdrawn.filter(|_| over).unwrap_or(at.now);
        way.overdrawn = over.then_some(since);
        if over && since < at.now {
            self.fail("I6", format!("peer {} takes more than it gave credit for", at.to));
        }
    }

    /// A class that waits and may go has its turn after a while, whatever else waits (I7).
    pub(crate) fn served(&mut self, at: &Place, waiting: &[usize; CLASSES], message: &[u8]) {
        let Ok(frames) = decode(message) else { return };
        let mut bytes = [0; CLASSES];
        for frame in frames {
            if let Frame::Part(part) = frame {
                bytes[usize::from(part.class).min(CLASSES - 1)] += part.bytes.len();
            }
        }
        let all: usize = bytes.iter().sum();
        let way = self.traffic.ways.entry((at.wire, at.side)).or_default();
        for class in 1..CLASSES {
            let waits = waiting[class] > 0 && bytes[class] == 0;
            way.starved[class] = if waits { way.starved[class] + all } else { 0 };
        }
        let starved = (1..CLASSES).find(|class| way.starved[*class] > PATIENCE[*class]);
        if let Some(class) = starved {
            self.fail("I7", format!("class {class} starves at peer {}", at.peer));
        }
    }

    fn run_written(&mut self, at: &Place, bytes: &[u8], store: &Store) {
        let Some((room, _)) = self.room.as_ref() else { return };
        let peer = at.peer;
        // The end of a log becomes a branch: what was read before leaves by its old name, and is
        // on this disk by the new one.
        let kept = |log, seq, hash| store.keeps(room, &EntryId { log, seq }, &hash);
        let renamed = |run: &Run| {
            let all = || run.iter().all(|(seq, entry)| kept(run.log, seq, entry.hash));
            self.forks(&run.log.member) && all()
        };
        match Run::verify(room, bytes) {
            Ok(run) if store.covers(&run.log, run.first, run.last()) || renamed(&run) => {
                // Answered: whoever cannot use it may ask another.
                let wants = self.traffic.wants.iter_mut();
                let others = wants.filter(|((asks, log), _)| *asks != peer && *log == run.log);
                for (wire, _, ranges) in others.flat_map(|(_, wants)| wants) {
                    if *wire == at.wire {
                        ranges.remove(run.first, run.last());
                    }
                }
            }
            Ok(run) => {
                let what = format!("{:?} {}.. leaves peer {peer}, not stored", run.log, run.first);
                self.fail("I2", what);
            }
            Err(error) => {
                self.fail("I10", format!("peer {peer} passes on what is no run: {error}"))
            }
        }
    }

    /// What is said to be held is stored: by that name, or since a moment by another one. When a
    /// commit that moves it seems to fail, what was written before it still says the old name.
    fn has(&mut self, peer: usize, have: &LogHave, store: &Store, how: &str) {
        let Some((room, _)) = self.room.as_ref() else { return };
        let lacks = |range: &&engine::log::have::HaveRange| {
            let last = EntryId { log: have.log, seq: range.last };
            !store.covers(&have.log, range.first, range.last)
                && !store.keeps(room, &last, &range.head)
        };
        if let Some(range) = have.ranges.iter().find(lacks) {
            let (first, last) = (range.first, range.last);
            let what = format!("peer {peer} {how} {first}..={last} of {:?}, not stored", have.log);
            self.fail("I1", what);
        }
    }

    fn register_written(&mut self, peer: usize, bytes: &[u8], store: &Store) {
        let Some((room, keys)) = self.room.as_ref() else { return };
        let Ok(register) = Register::verify(room, bytes) else {
            return self.fail("I10", format!("peer {peer} passes on a register nobody signed"));
        };
        let own = self.member_of(peer) == Some(register.member);
        let own = own && self.speaks_of_this_disk(peer, &register);
        if own && register.kind == RegisterKind::RECEIPT {
            let receipt: Option<Receipt> = register.open(room, keys);
            let held = receipt.iter().flat_map(|receipt| &receipt.held);
            // The end of a log that has forked may be held by another name by now.
            for have in held.filter(|have| !self.forks(&have.log.member)).collect::<Vec<_>>() {
                self.has(peer, have, store, "signs for");
            }
        }
    }

    /// What is missing is asked of one holder at a time, and the page knows (I12).
    fn asked(&mut self, at: &Place, want: &Want, screen: &Screen) {
        if !screen.gapped.contains(&want.log.member) {
            self.fail("I12", format!("peer {} asks for what its page does not miss", at.peer));
        }
        let ranges = RangeSet::from_ranges(want.ranges.iter().copied());
        let wants = self.traffic.wants.entry((at.peer, want.log)).or_default();
        wants.retain(|(_, since, _)| at.now < since + limits::WANT_TIMEOUT / 2);
        let twice = wants
            .iter()
            .any(|(wire, _, before)| *wire != at.wire && !before.and(&ranges).is_empty());
        if self.mallory != Some(at.to) {
            // What a liar answers may be of no use: then another is asked at once.
            wants.push((at.wire, at.now, ranges));
        }
        // While two versions of a log are told apart, what comes from one may be of no use: also
        // of the log of a member that lies, who says one thing here and another there.
        let differs = self.forks(&want.log.member) || self.is_mallory(&want.log.member);
        if twice && !differs {
            self.fail("I12", format!("peer {} asks two holders for the same", at.peer));
        }
    }

    /// What the server is told: rendezvous, addresses and sealed payloads (I11).
    pub(crate) fn server_sees(&mut self, message: &ClientMessage) {
        let secret = self.secrets();
        let told = match message {
            ClientMessage::Join { room } | ClientMessage::Leave { room } => {
                room.as_str().as_bytes().to_vec()
            }
            ClientMessage::Signal { payload, .. } => plain(payload),
            ClientMessage::Ping | ClientMessage::Pong => Vec::new(),
        };
        let has = |secret: &Vec<u8>| told.windows(secret.len()).any(|part| part == secret);
        if secret.iter().any(has) {
            self.fail("I11", "the server is told what is none of its business".to_owned());
        }
    }

    fn secrets(&self) -> Vec<Vec<u8>> {
        let member = |member: &MemberId| [member.0.to_vec(), member.to_string().into_bytes()];
        let mut secrets: Vec<Vec<u8>> = self.members.iter().flat_map(member).collect();
        if let Some((room, keys)) = &self.room {
            secrets.extend([room.0.to_vec(), room.to_string().into_bytes()]);
            secrets.extend([keys.content().to_vec(), keys.binding().to_vec()]);
        }
        secrets.extend([b"fingerprint".to_vec(), b"candidate".to_vec()]);
        secrets
    }
}

/// The bytes that a payload spells, and the payload itself.
fn plain(payload: &str) -> Vec<u8> {
    let mut bytes = BASE64URL_NOPAD.decode(payload.as_bytes()).unwrap_or_default();
    bytes.extend_from_slice(payload.as_bytes());
    bytes
}
