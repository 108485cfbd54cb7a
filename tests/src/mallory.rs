//! A member that does not keep to the rules: it alters what it sends, lies, and forges.
//!
//! It holds the room's secret and its own key, so it can say anything of itself and sign it. What
//! it must not be able to do: speak for another, make others lose or double anything, make them
//! grow without a bound, or stop them.

use engine::crypto::random::Random;
use engine::crypto::sign::Keypair;
use engine::frame::{Frame, Want, decode};
use engine::log::entry::{Content, Header, Kind, Place, Target, body_hash};
use engine::log::have::{HaveRange, LogHave};
use engine::log::run::{Run, Start, Unsigned};
use engine::register::{Profile, Receipt, Register, RegisterKind};
use engine::{EntryHash, EntryId, Incarnation, LogId, Priority, RoomRecord};

use crate::world::World;

/// One way of not keeping to the rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mischief {
    /// Bytes of the runs it passes on are altered.
    AlterRuns,
    /// Bytes of the registers it passes on are altered.
    AlterRegisters,
    /// It says to hold what nobody holds.
    ForgeHave,
    /// It does not answer questions.
    Silence,
    /// It asks for the impossible.
    ForgeWant,
    /// It sends a run in another's name.
    SpeakForAnother,
    /// It sends runs of its own at the end of numbers and of time.
    ExtremeRun,
    /// It sends a register of its own with the highest counter, and one in another's name.
    ForgeRegister,
    /// It says in a log of its own that what another has said is changed or deleted, the same in
    /// the other's log, and sends a receipt in another's name.
    ForgeNote,
    /// It takes no notice of credit.
    Greed,
    /// It repeats what it has sent.
    Replay,
    /// It makes up another version of what somebody has said, and evidence for it.
    ForgeFork,
}

/// Frames that it makes up each time that it takes up another way: each causes others.
const INVENTIONS: u32 = 12;
/// Frames that it keeps at most.
const HEARD: usize = 60;

const ALL: [Mischief; 12] = [
    Mischief::AlterRuns,
    Mischief::AlterRegisters,
    Mischief::ForgeHave,
    Mischief::Silence,
    Mischief::ForgeWant,
    Mischief::SpeakForAnother,
    Mischief::ExtremeRun,
    Mischief::ForgeRegister,
    Mischief::ForgeNote,
    Mischief::Greed,
    Mischief::Replay,
    Mischief::ForgeFork,
];

impl World {
    /// The lying member takes up one more way, or keeps to the rules again for a while.
    pub(crate) fn byzantine(&mut self) {
        let Some(mallory) = self.mallory else { return };
        if self.below(4) == 0 {
            self.note("mallory keeps to the rules");
            return self.mischief.clear();
        }
        let mischief = ALL[self.pick(ALL.len())];
        self.note(format_args!("mallory: {mischief:?}"));
        self.mischief.push(mischief);
        self.inventions = INVENTIONS;
        if mischief == Mischief::Greed {
            self.weather.slow_commits = 3_000;
            (0..40).for_each(|_| self.say(mallory, Priority::Low, 24_000));
        }
    }

    pub(crate) fn greedy(&self) -> bool {
        self.mischief.contains(&Mischief::Greed)
    }

    /// What really travels of what a peer's engine writes.
    pub(crate) fn corrupt(&mut self, peer: usize, message: Vec<u8>) -> Vec<Vec<u8>> {
        if self.mallory != Some(peer) || self.mischief.is_empty() {
            return vec![message];
        }
        let Ok(frames) = decode(&message) else { return vec![message] };
        if frames.iter().any(|frame| matches!(frame, Frame::Hello(_) | Frame::Proof(_))) {
            return vec![message];
        }
        let mut written = Vec::new();
        for frame in frames {
            written.extend(self.corrupt_frame(frame));
        }
        let mut messages: Vec<Vec<u8>> = written.iter().map(Frame::encode).collect();
        if self.inventions > 0 && self.below(4) == 0 {
            self.inventions -= 1;
            let which = self.pick(self.mischief.len());
            let mischief = self.mischief[which];
            messages.extend(self.invent(peer, mischief).iter().map(Frame::encode));
        }
        messages.retain(|message| !message.is_empty());
        messages
    }

    /// The lying member keeps what it is told, to say it again when it is out of date.
    pub(crate) fn overhear(&mut self, wire: usize, side: usize, message: &[u8]) {
        let hears = self.mallory == Some(self.wires[wire].ends[1 - side].peer);
        if !hears {
            return;
        }
        if self.heard.len() >= HEARD {
            self.heard.retain(|frame| matches!(frame, Frame::Register(_)));
            self.heard.truncate(HEARD / 2);
        }
        let keep = |frame: &Frame| {
            let last = if let Frame::Part(part) = frame { part.last } else { false };
            last || matches!(frame, Frame::Register(_) | Frame::Have(_) | Frame::Credit { .. })
        };
        self.heard.extend(decode(message).unwrap_or_default().into_iter().filter(keep));
    }

    fn corrupt_frame(&mut self, frame: Frame) -> Vec<Frame> {
        let does = |mischief| self.mischief.contains(&mischief);
        let (runs, registers) = (does(Mischief::AlterRuns), does(Mischief::AlterRegisters));
        let (silence, replay) = (does(Mischief::Silence), does(Mischief::Replay));
        if silence && matches!(frame, Frame::Part(_)) {
            return vec![];
        }
        if matches!(frame, Frame::Evidence(_)) && does(Mischief::ForgeFork) {
            return vec![Frame::Evidence(self.forged.clone())];
        }
        let mut frame = frame;
        let bytes = if let Frame::Part(part) = &mut frame {
            (runs && self.below(3) == 0).then_some(&mut part.bytes)
        } else if let Frame::Register(bytes) = &mut frame {
            (registers && self.below(2) == 0).then_some(bytes)
        } else {
            None
        };
        if let Some(bytes) = bytes {
            let place = self.pick(bytes.len());
            if let Some(byte) = bytes.get_mut(place) {
                *byte ^= 1;
            }
        }
        if replay && matches!(frame, Frame::Register(_)) {
            return vec![frame.clone(), frame];
        }
        vec![frame]
    }

    /// Frames that its engine would never write.
    fn invent(&mut self, peer: usize, mischief: Mischief) -> Vec<Frame> {
        let Ok(record) = RoomRecord::decode(&self.peers[peer].record) else { return vec![] };
        let logs = self.oracle.logs();
        let own = LogId { member: record.me(), incarnation: record.incarnation() };
        let log = logs.get(self.pick(logs.len())).copied().unwrap_or(own);
        match mischief {
            Mischief::ForgeHave => vec![self.forged_have(log)],
            Mischief::ForgeWant => {
                let ranges = vec![(0, u64::MAX), (9, 3), (u64::MAX, u64::MAX), (5, u64::MAX - 1)];
                vec![Frame::Want(Want { log, ranges })]
            }
            Mischief::SpeakForAnother => self.run(&record, log, (1_000_000, 9)),
            Mischief::ExtremeRun => {
                let incarnation = Incarnation(self.random.bytes());
                let log = LogId { member: record.me(), incarnation };
                let place = match self.below(4) {
                    0 => (u64::MAX - 2, u64::MAX - 2),
                    1 => (0, 1 << 32),
                    2 => (u64::MAX - 3, 5),
                    _ => (7, u64::MAX),
                };
                self.run(&record, log, place)
            }
            Mischief::ForgeRegister => {
                let name = name_of(&record.keypair(), &self.peers[peer].record, u64::MAX);
                let mut other = name.clone();
                other.splice(..32, log.member.0);
                vec![Frame::Register(name), Frame::Register(other)]
            }
            Mischief::ForgeNote => self.forged_notes(&record),
            Mischief::ForgeFork => self.forged_fork(&record).into_iter().collect(),
            Mischief::AlterRuns
            | Mischief::AlterRegisters
            | Mischief::Silence
            | Mischief::Greed => vec![],
            Mischief::Replay => {
                let which = self.pick(self.heard.len());
                self.heard.get(which).cloned().into_iter().collect()
            }
        }
    }

    /// Notes on what another has said, in its own name and in the other's, and a receipt of the
    /// other's that has read all of it.
    fn forged_notes(&mut self, record: &RoomRecord) -> Vec<Frame> {
        let me = record.me();
        let mut runs = self.heard.iter().rev().filter_map(|frame| {
            let Frame::Part(part) = frame else { return None };
            Run::read(&record.room(), &part.bytes).ok()
        });
        let Some(run) = runs.find(|run| run.log.member != me) else { return vec![] };
        let (seq, log) = (run.last(), run.log);
        let target = Target { entry: EntryId { log, seq }, hash: run.head() };
        let (kind, content) = match self.below(2) {
            0 => (Kind::EDIT, Content::Text("mallory".to_owned())),
            _ => (Kind::DELETE, Content::Nothing),
        };
        let says = Says { kind, content, target: Some(target) };
        let own = LogId { member: me, incarnation: Incarnation(self.random.bytes()) };
        let foreign = self.below(3) == 0;
        let (of, at) = if foreign { (log, (seq + 1, 9)) } else { (own, (0, 9)) };
        let previous = if foreign { run.head() } else { EntryHash::NONE };
        let mut frames = self.signed(record, of, (at, previous), &says);
        let Some(keys) = record.epoch_keys().filter(|_| self.below(3) == 0) else { return frames };
        let receipt = Receipt { held: vec![], read: vec![(log, vec![(0, seq)])] };
        let register = Register::sign(
            (&record.room(), &record.epoch()),
            (RegisterKind::RECEIPT, u64::MAX),
            &receipt,
            (&record.keypair(), &keys),
            &mut Random::new([6; 32]),
        );
        let mut bytes = register.bytes().to_vec();
        bytes.splice(..32, log.member.0);
        frames.push(Frame::Register(bytes));
        frames
    }

    /// The last entry of a run that it has heard said something else: it says to hold that.
    fn forged_fork(&mut self, record: &RoomRecord) -> Option<Frame> {
        let mut runs = self.heard.iter().rev().filter_map(|frame| {
            let Frame::Part(part) = frame else { return None };
            Run::read(&record.room(), &part.bytes).ok()
        });
        let run = runs.find(|run| run.log.member != record.me())?;
        let (seq, entry) = run.iter().last()?;
        let previous = run.entries.iter().rev().nth(1).map_or(run.previous, |entry| entry.hash);
        let (room, epoch, class) = (record.room(), run.epoch, run.class);
        let start = Start { room, log: run.origin, first: seq, previous, epoch, class };
        let other = |wall| {
            let header = Header { wall, ..entry.header.clone() };
            let body = entry.body.clone().unwrap_or_default();
            Run::sign(&start, vec![Unsigned { header, body }], &record.keypair())
        };
        // The version whose hash is lower keeps the log.
        let lower = (1..64).map(other).find(|other| other.head() < run.head())?;
        self.forged = lower.clone().bare(None, 0)?.bytes().to_vec();
        let ranges = vec![HaveRange { first: 0, last: seq, head: lower.head() }];
        Some(Frame::Have(vec![LogHave { log: run.log, ranges, refused: vec![] }]))
    }

    fn forged_have(&mut self, log: LogId) -> Frame {
        let last = self.below(200);
        let range = |first, last, head| HaveRange { first, last, head: EntryHash([head; 32]) };
        let ranges = match self.below(4) {
            0 => vec![range(0, last, 7)],
            1 => vec![range(9, 2, 0), range(u64::MAX, u64::MAX, 0), range(3, u64::MAX - 1, 0)],
            2 => (0..3_000).map(|at| range(10 * at, 10 * at + 1, 1)).take(128).collect(),
            _ => vec![range(0, 1_000_000, 0)],
        };
        Frame::Have(vec![LogHave { log, ranges, refused: vec![(0, 0, 1), (9, 2, 1)] }])
    }

    /// A run with one entry, signed with one's own key whatever the log.
    fn run(&mut self, record: &RoomRecord, log: LogId, at: (u64, u64)) -> Vec<Frame> {
        let content = Content::Text("mallory".to_owned());
        let says = Says { kind: Kind::MESSAGE, content, target: None };
        self.signed(record, log, (at, EntryHash([3; 32])), &says)
    }

    /// The same, with something else in it.
    fn signed(
        &mut self,
        record: &RoomRecord,
        log: LogId,
        ((seq, lamport), previous): ((u64, u64), EntryHash),
        says: &Says,
    ) -> Vec<Frame> {
        let (room, epoch, class) = (record.room(), record.epoch(), Priority::Normal);
        let place = Place { room: &room, log: &log, seq, epoch: &epoch, class };
        let Says { kind, content, target } = says;
        let mut random = Random::new(self.random.bytes());
        let Some(keys) = record.epoch_keys() else { return vec![] };
        let body = place.seal_body(*kind, lamport, content, &keys, &mut random);
        let header = Header {
            kind: *kind,
            lamport,
            wall: 0,
            expiry: None,
            target: *target,
            group: None,
            body_len: u32::try_from(body.len()).unwrap_or(0),
            body_hash: body_hash(&body),
        };
        let start = Start { room, log, first: seq, previous, epoch, class };
        let run = Run::sign(&start, vec![Unsigned { header, body }], &record.keypair());
        let bytes = run.bytes().to_vec();
        vec![Frame::Part(engine::frame::Part { class: 2, last: true, bytes })]
    }
}

/// What an entry that it makes up says.
struct Says {
    kind: Kind,
    content: Content,
    target: Option<Target>,
}

/// A register that names its owner, signed with the owner's key in the room of a record.
pub(crate) fn name_of(keypair: &Keypair, record: &[u8], counter: u64) -> Vec<u8> {
    let Ok(record) = RoomRecord::decode(record) else { return Vec::new() };
    let Some(keys) = record.epoch_keys() else { return Vec::new() };
    let profile = Profile { name: "mallory".to_owned() };
    let register = Register::sign(
        (&record.room(), &record.epoch()),
        (RegisterKind::PROFILE, counter),
        &profile,
        (keypair, &keys),
        &mut Random::new([5; 32]),
    );
    register.bytes().to_vec()
}
