//! What the evil member forges with: runs, registers and marks whose every part can be another one
//! than it should be, signed with the only key that it has.

use crate::evil_member::peer::Peer;
use engine::crypto::sign::{Keypair, Signature};
use engine::frame::{Frame, Part};
use engine::log::entry::{Content, Header, Kind, Place, Target, body_hash};
use engine::log::run::{Run, Start, Unsigned};
use engine::register::{Register, RegisterKind};
use engine::{
    Channel, EntryHash, EntryId, EpochId, Incarnation, LinkId, LogId, MemberId, Millis, Priority,
    RoomId, Table,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The number of the class in which ordinary messages travel.
pub const NORMAL: u8 = 2;

/// A run that is yet to be signed.
#[derive(Clone)]
pub struct Forgery {
    /// The log that it is said to be of.
    pub log: LogId,
    /// Where it begins.
    pub first: u64,
    /// The hash that it is said to follow.
    pub previous: EntryHash,
    /// Its epoch.
    pub epoch: EpochId,
    /// Its class.
    pub class: Priority,
    /// Its entries.
    pub entries: Vec<Unsigned>,
}

impl Peer {
    /// A log of its own that nobody has heard of.
    pub fn new_log(&mut self) -> LogId {
        LogId { member: self.record.me(), incarnation: Incarnation(self.random.bytes()) }
    }

    /// A run of one message that could be said in earnest, in a log of its own.
    pub fn message(&mut self, text: &str) -> Forgery {
        let log = self.new_log();
        self.said_in(log, 0, &[Content::Text(text.to_owned())])
    }

    /// A run of messages, in any log, with its times after all that it has heard of.
    pub fn said_in(&mut self, log: LogId, first: u64, contents: &[Content]) -> Forgery {
        let (epoch, class) = (self.record.epoch(), Priority::Normal);
        let previous = EntryHash([0; 32]);
        let mut forgery = Forgery { log, first, previous, epoch, class, entries: vec![] };
        let lamport = self.lamport();
        for (content, step) in contents.iter().zip(1..) {
            let entry = self.entry(&forgery, Kind::MESSAGE, lamport + step, content, None);
            forgery.entries.push(entry);
        }
        forgery
    }

    /// The latest time that it has heard of.
    pub fn lamport(&self) -> u64 {
        let room = self.record.room();
        let runs = self.stored(Table::Runs).filter_map(|bytes| Run::verify(&room, bytes).ok());
        runs.map(|run| run.lamports().1).max().unwrap_or(0)
    }

    /// The next entry of a forgery, sealed as it has to be.
    pub fn entry(
        &mut self,
        run: &Forgery,
        kind: Kind,
        lamport: u64,
        content: &Content,
        target: Option<Target>,
    ) -> Unsigned {
        let seq = run.first.saturating_add(run.entries.len() as u64);
        let (room, log, epoch) = (self.record.room(), run.log, run.epoch);
        let place = Place { room: &room, log: &log, seq, epoch: &epoch, class: run.class };
        let body = match self.record.epoch_keys() {
            Some(keys) => place.seal_body(kind, lamport, content, &keys, &mut self.random),
            None => vec![],
        };
        let wall = self.now().wall;
        Unsigned { header: header(kind, lamport, wall, target, &body), body }
    }

    /// An entry whose body is these bytes, whatever they are.
    pub fn raw_entry(&self, kind: Kind, lamport: u64, body: Vec<u8>) -> Unsigned {
        Unsigned { header: header(kind, lamport, self.now().wall, None, &body), body }
    }

    /// Signs a forgery with its own key.
    pub fn sign(&self, forgery: Forgery) -> Run {
        self.sign_as(forgery, &self.record.keypair())
    }

    /// Signs a forgery with a key.
    pub fn sign_as(&self, forgery: Forgery, keypair: &Keypair) -> Run {
        let Forgery { log, first, previous, epoch, class, entries } = forgery;
        let start = Start { room: self.record.room(), log, first, previous, epoch, class };
        Run::sign(&start, entries, keypair)
    }

    /// A register in its own name.
    pub fn register<T: Serialize>(
        &mut self,
        kind: RegisterKind,
        counter: u64,
        value: &T,
    ) -> Vec<u8> {
        let Some(keys) = self.record.epoch_keys() else { return vec![] };
        let (room, epoch) = (self.record.room(), self.record.epoch());
        let keypair = self.record.keypair();
        let random = &mut self.random;
        let at = (&room, &epoch);
        Register::sign(at, (kind, counter), value, (&keypair, &keys), random).bytes().to_vec()
    }

    /// What those have said with whom it is linked, as runs that it holds, the newest last.
    pub fn runs_of_others(&self) -> Vec<Run> {
        let room: RoomId = self.record.room();
        let there: BTreeSet<MemberId> = self.ties.values().filter_map(|tie| tie.member).collect();
        let runs = self.stored(Table::Runs).filter_map(|bytes| Run::read(&room, bytes).ok());
        let mut runs: Vec<Run> = runs.filter(|run| there.contains(&run.log.member)).collect();
        runs.sort_by_key(Run::lamports);
        runs
    }

    /// What it holds of somebody.
    pub fn runs_of(&self, member: &MemberId) -> Vec<Run> {
        let room = self.record.room();
        let runs = self.stored(Table::Runs).filter_map(|bytes| Run::read(&room, bytes).ok());
        runs.filter(|run| run.log.member == *member).collect()
    }

    /// What was said last by somebody else, as something to point at.
    pub fn target(&self) -> Option<Target> {
        let run = self.runs_of_others().pop()?;
        let (seq, entry) = run.iter().last()?;
        Some(Target { entry: EntryId { log: run.log, seq }, hash: entry.hash })
    }

    /// Writes a frame to everybody.
    pub fn tell(&mut self, frame: &Frame) {
        self.tell_bytes(&frame.encode());
    }

    /// Writes frames to everybody, as many in a message as are allowed.
    pub fn tell_all(&mut self, frames: &[Frame]) {
        let mut message = Vec::new();
        for frame in frames {
            let frame = frame.encode();
            if message.len() + frame.len() > 60 * 1024 {
                self.tell_bytes(&std::mem::take(&mut message));
            }
            message.extend(frame);
        }
        self.tell_bytes(&message);
    }

    /// Writes a message of any bytes to everybody.
    pub fn tell_bytes(&mut self, bytes: &[u8]) {
        self.tell_over(Channel::Messages, bytes);
    }

    /// Writes a text to everybody, where only bytes belong.
    pub fn tell_text(&mut self, text: &str) {
        let links: Vec<LinkId> = self.proven().into_iter().collect();
        for link in links {
            self.write_text(link, text);
        }
    }

    /// Writes a message of any bytes to everybody, over a channel.
    pub fn tell_over(&mut self, channel: Channel, bytes: &[u8]) {
        let links: Vec<LinkId> = self.proven().into_iter().collect();
        for link in links {
            self.write(link, channel, bytes.to_vec());
        }
    }

    /// Writes the bytes of a run to everybody.
    pub fn tell_run(&mut self, bytes: &[u8]) {
        self.tell(&part(bytes));
    }

    /// Signs a forgery and writes it to everybody.
    pub fn tell_forged(&mut self, forgery: Forgery) {
        let run = self.sign(forgery);
        self.tell_run(run.bytes());
    }
}

/// A whole run as one part.
pub fn part(bytes: &[u8]) -> Frame {
    Frame::Part(Part { class: NORMAL, last: true, bytes: bytes.to_vec() })
}

/// The header of a body.
pub fn header(
    kind: Kind,
    lamport: u64,
    wall: Millis,
    target: Option<Target>,
    body: &[u8],
) -> Header {
    Header {
        kind,
        lamport,
        wall,
        expiry: None,
        target,
        group: None,
        body_len: u32::try_from(body.len()).unwrap_or(u32::MAX),
        body_hash: body_hash(body),
    }
}

/// One frame of any kind with any body, its length in front.
pub fn frame(kind: u8, body: &[u8]) -> Vec<u8> {
    let mut bytes = length(body.len() + 1);
    bytes.push(kind);
    bytes.extend_from_slice(body);
    bytes
}

/// A number as the wire has it.
pub fn length(mut value: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    while value >= 0x80 {
        bytes.push(u8::try_from(value & 0x7f).unwrap_or(0) | 0x80);
        value >>= 7;
    }
    bytes.push(u8::try_from(value).unwrap_or(0));
    bytes
}

/// Where the forger's own bytes stand for a hash or a key that cannot be.
pub const FORGER: [u8; 32] = [0xf0; 32];

/// A run as it is on the wire: each part can be altered alone.
#[derive(Clone, Serialize, Deserialize)]
pub struct RawRun {
    /// The log.
    pub log: LogId,
    /// The place of the first entry.
    pub first: u64,
    /// The hash of the entry before it.
    pub previous: EntryHash,
    /// The epoch.
    pub epoch: EpochId,
    /// The class.
    pub class: u8,
    /// The entries.
    pub entries: Vec<RawEntry>,
    /// The signature.
    pub signature: Signature,
}

/// An entry on the wire.
#[derive(Clone, Serialize, Deserialize)]
pub struct RawEntry {
    /// Its header, encoded.
    pub header: Vec<u8>,
    /// Its sealed body.
    pub body: Option<Vec<u8>>,
}

impl RawRun {
    /// Takes a run apart.
    pub fn of(run: &Run) -> Option<Self> {
        postcard::from_bytes(run.bytes()).ok()
    }

    /// Its bytes.
    pub fn bytes(&self) -> Vec<u8> {
        postcard::to_allocvec(self).unwrap_or_default()
    }
}
