//! A run: consecutive entries of one log and one class under one signature.
//!
//! ```text
//!  log, first seq, previous hash, epoch, class, [ header, body? ]*, signature of the last hash
//!  and, in a branch of a log, where the branch begins
//! ```
//! The run is the unit of signing, storing and sending. Its tail is a run again (a *signed
//! suffix*), because the signature is over the last hash and the previous hash is explicit. A part
//! that lost its signature, a *chained* run, has its last hash in that place: it is verified by the
//! `previous` of a verified entry behind it, and counts for nothing alone.

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

use crate::crypto::sign::{Domain, Keypair, Signature, verify};
use crate::ids::{EntryHash, EntryId, EpochId, LogId, RoomId, Seq};
use crate::limits;
use crate::log::branch::Mark;
use crate::log::entry::{EntryError, Group, Header, Kind, Place};
use crate::simulation::{Planted, planted};
use crate::view::Priority;

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Wire {
    log: LogId,
    first: Seq,
    previous: EntryHash,
    epoch: EpochId,
    class: u8,
    entries: Vec<WireEntry>,
    signature: Signature,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct WireEntry {
    header: ByteBuf,
    body: Option<ByteBuf>,
}

/// Why bytes are no run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RunError {
    /// Not the encoding of a run, or more than that.
    #[error("a run does not decode")]
    Encoding,
    /// No entries, too many, or too many bytes.
    #[error("a run has no entries or is larger than allowed")]
    Size,
    /// A class that no entry can have.
    #[error("a run has an unknown class")]
    Class,
    /// Seqs beyond the end of numbers.
    #[error("a run's place in its log is out of range")]
    Place,
    /// An entry is wrong.
    #[error(transparent)]
    Entry(#[from] EntryError),
    /// A mark of a branch that its entries do not bear.
    #[error("a run is not of the branch that it names")]
    Branch,
    /// Not signed by the log's author.
    #[error("a run is not signed by the author of its log")]
    Signature,
}

/// One entry of a verified run.
#[derive(Clone, Debug)]
pub struct RunEntry {
    /// Its header, decoded.
    pub header: Header,
    /// The header's own bytes.
    pub header_bytes: Vec<u8>,
    /// The sealed body, unless it is gone.
    pub body: Option<Vec<u8>>,
    /// Its hash.
    pub hash: EntryHash,
}

/// A verified run.
#[derive(Clone, Debug)]
pub struct Run {
    /// The log that it is part of.
    pub log: LogId,
    /// The log in which it was written: the same one, unless this is a branch.
    pub origin: LogId,
    /// Where the branch begins, in a branch.
    pub mark: Option<Mark>,
    /// The place of the first entry.
    pub first: Seq,
    /// The hash of the entry before it.
    pub previous: EntryHash,
    /// The epoch of all its entries.
    pub epoch: EpochId,
    /// The class of all its entries.
    pub class: Priority,
    /// At least one.
    pub entries: Vec<RunEntry>,
    signature: Signature,
    bytes: Vec<u8>,
}

/// An entry that is to be signed with others as a run.
#[derive(Clone, Debug)]
pub struct Unsigned {
    /// Its header.
    pub header: Header,
    /// Its sealed body.
    pub body: Vec<u8>,
}

/// Where a run begins.
#[derive(Clone, Copy, Debug)]
pub struct Start {
    /// The room.
    pub room: RoomId,
    /// The log.
    pub log: LogId,
    /// The place of the first entry.
    pub first: Seq,
    /// The hash of the entry before it.
    pub previous: EntryHash,
    /// The epoch.
    pub epoch: EpochId,
    /// The class.
    pub class: Priority,
}

impl Start {
    fn place(&self, seq: Seq) -> Place<'_> {
        Place { room: &self.room, log: &self.log, seq, epoch: &self.epoch, class: self.class }
    }
}

impl Run {
    /// Signs entries as a run. The caller keeps to the limits of a run.
    #[must_use]
    pub fn sign(start: &Start, unsigned: Vec<Unsigned>, keypair: &Keypair) -> Run {
        let mut previous = start.previous;
        let mut entries = Vec::with_capacity(unsigned.len());
        for (seq, entry) in (start.first..).zip(unsigned) {
            let header_bytes = entry.header.encode();
            let hash = start.place(seq).hash(&previous, &header_bytes);
            previous = hash;
            let body = Some(entry.body);
            entries.push(RunEntry { header: entry.header, header_bytes, body, hash });
        }
        let last = last_seq(start.first, entries.len()).unwrap_or(start.first);
        let signature = keypair.sign(Domain::Run, &[&signed_part(start, last, &previous)]);
        let (log, first, epoch, class) = (start.log, start.first, start.epoch, start.class);
        let (previous, bytes, mark, origin) = (start.previous, Vec::new(), None, start.log);
        let mut run =
            Run { log, origin, mark, first, previous, epoch, class, entries, signature, bytes };
        run.bytes = run.encode();
        run
    }

    /// Decodes and verifies a run. One that [`Run::is_chained`] is verified by what stands behind
    /// it, or not at all.
    ///
    /// # Errors
    /// If anything in it is not as it has to be: nothing of it may be used then.
    pub fn verify(room: &RoomId, bytes: &[u8]) -> Result<Run, RunError> {
        let run = Run::read(room, bytes)?;
        if !run.is_chained() {
            run.check_signature(room)?;
        }
        Ok(run)
    }

    /// Checks the signature: without that, a run from elsewhere must be used as a chained one.
    ///
    /// # Errors
    /// If it is not signed by the author of its log.
    pub fn check_signature(&self, room: &RoomId) -> Result<(), RunError> {
        let start = Start {
            room: *room,
            log: self.origin,
            first: self.first,
            previous: self.previous,
            epoch: self.epoch,
            class: self.class,
        };
        let part = signed_part(&start, self.last(), &self.head());
        if planted(Planted::RunSignatureUnchecked) {
            return Ok(());
        }
        verify(&self.origin.member, Domain::Run, &[&part], &self.signature)
            .map_err(|_| RunError::Signature)
    }

    /// Decodes a run and checks everything but its signature.
    ///
    /// # Errors
    /// If anything in it is not as it has to be.
    pub fn read(room: &RoomId, bytes: &[u8]) -> Result<Run, RunError> {
        if bytes.len() > limits::RUN_BYTES {
            return Err(RunError::Size);
        }
        let (wire, rest) =
            postcard::take_from_bytes::<Wire>(bytes).map_err(|_| RunError::Encoding)?;
        let mark = read_mark(rest)?;
        if wire.entries.is_empty() || wire.entries.len() > limits::RUN_ENTRIES {
            return Err(RunError::Size);
        }
        let class = Priority::from_number(wire.class).ok_or(RunError::Class)?;
        last_seq(wire.first, wire.entries.len()).ok_or(RunError::Place)?;
        let start = Start {
            room: *room,
            log: wire.log,
            first: wire.first,
            previous: wire.previous,
            epoch: wire.epoch,
            class,
        };
        let entries = chain(&start, wire.entries)?;
        let first_hash = entries.first().map(|entry| entry.hash);
        let begins = |mark: &Mark| match wire.first.cmp(&mark.at) {
            Ordering::Less => false,
            Ordering::Equal => first_hash == Some(mark.hash),
            Ordering::Greater => true,
        };
        if !mark.as_ref().is_none_or(begins) {
            return Err(RunError::Branch);
        }
        Ok(Run {
            log: mark.map_or(wire.log, |mark| mark.log(&wire.log)),
            origin: wire.log,
            mark,
            first: wire.first,
            previous: wire.previous,
            epoch: wire.epoch,
            class,
            entries,
            signature: wire.signature,
            bytes: bytes.to_vec(),
        })
    }

    /// Log, first and last seq of the bytes of a run, without verifying them: for runs that were
    /// verified before they were stored.
    #[must_use]
    pub fn extent(bytes: &[u8]) -> Option<(LogId, Seq, Seq)> {
        let (wire, rest) = postcard::take_from_bytes::<Wire>(bytes).ok()?;
        let log = read_mark(rest).ok()?.map_or(wire.log, |mark| mark.log(&wire.log));
        Some((log, wire.first, last_seq(wire.first, wire.entries.len())?))
    }

    /// True if the run has no signature: what stands behind it verifies it.
    #[must_use]
    pub fn is_chained(&self) -> bool {
        self.signature == Signature::from_bytes(chained(&self.head()))
    }

    /// Takes the signature away: it was not checked, or it is not over these entries.
    #[must_use]
    pub fn into_chained(mut self) -> Run {
        self.signature = Signature::from_bytes(chained(&self.head()));
        self.bytes = self.encode();
        self
    }

    /// The part before `seq`, if there is one, chained: its signature is over what comes behind.
    #[must_use]
    pub fn prefix(mut self, seq: Seq) -> Option<Run> {
        let count = seq.checked_sub(self.first).and_then(|count| usize::try_from(count).ok())?;
        self.entries.truncate(count);
        (!self.entries.is_empty()).then(|| self.into_chained())
    }

    /// The same entries as part of a branch of the log in which they were written.
    #[must_use]
    pub fn in_branch(mut self, mark: Mark) -> Run {
        self.log = mark.log(&self.origin);
        self.mark = Some(mark);
        self.bytes = self.encode();
        self
    }

    /// The same entries as part of the log in which they were written.
    #[must_use]
    pub fn in_origin(mut self) -> Run {
        (self.log, self.mark) = (self.origin, None);
        self.bytes = self.encode();
        self
    }

    /// What the entry at `seq` is to be seen together with.
    #[must_use]
    pub fn group_at(&self, seq: Seq) -> Option<&Group> {
        let place = usize::try_from(seq.checked_sub(self.first)?).ok()?;
        self.entries.get(place)?.header.group.as_ref()
    }

    /// The hash of the entry at `seq`, or of the one before the run.
    #[must_use]
    pub fn hash_at(&self, seq: Seq) -> Option<EntryHash> {
        if seq.checked_add(1) == Some(self.first) {
            return Some(self.previous);
        }
        let place = usize::try_from(seq.checked_sub(self.first)?).ok()?;
        self.entries.get(place).map(|entry| entry.hash)
    }

    /// What an entry that these name is called beside them: what its author said in the same branch
    /// has the branch's name, too.
    #[must_use]
    pub fn calls(&self, entry: EntryId) -> EntryId {
        let within = |mark: Mark| entry.log == self.origin && entry.seq >= mark.at;
        let log = if self.mark.is_some_and(within) { self.log } else { entry.log };
        EntryId { log, ..entry }
    }

    /// The bytes, exactly as they were signed or came.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The place of the last entry.
    #[must_use]
    pub fn last(&self) -> Seq {
        last_seq(self.first, self.entries.len()).unwrap_or(self.first)
    }

    /// The hash of the last entry.
    #[must_use]
    pub fn head(&self) -> EntryHash {
        self.entries.last().map_or(self.previous, |entry| entry.hash)
    }

    /// The Lamport times of the first and the last entry.
    #[must_use]
    pub fn lamports(&self) -> (u64, u64) {
        let first = self.entries.first().map_or(0, |entry| entry.header.lamport);
        let last = self.entries.last().map_or(0, |entry| entry.header.lamport);
        (first, last)
    }

    /// The entries with their places.
    pub fn iter(&self) -> impl Iterator<Item = (Seq, &RunEntry)> {
        (self.first..).zip(&self.entries)
    }

    /// The signed suffix that begins at `seq`; the whole run if it begins there or later.
    #[must_use]
    pub fn suffix(self, seq: Seq) -> Run {
        let skip = seq.saturating_sub(self.first).min(self.last() - self.first);
        let Ok(count) = usize::try_from(skip) else { return self };
        if count == 0 {
            return self;
        }
        let mut run = self;
        run.previous = run.entries[count - 1].hash;
        run.first += skip;
        run.entries.drain(..count);
        run.bytes = run.encode();
        run
    }

    /// This run and the one right behind it as one: the signature of the last is over all of it.
    /// None if they do not meet, or if the signature of the first would be lost.
    #[must_use]
    pub fn join(&self, next: &Run) -> Option<Run> {
        let alike = (self.log, self.origin, self.mark, self.epoch, self.class)
            == (next.log, next.origin, next.mark, next.epoch, next.class);
        let meets = self.last().checked_add(1) == Some(next.first) && self.head() == next.previous;
        let signed = self.is_chained() || !next.is_chained();
        let fits = self.entries.len() + next.entries.len() <= limits::RUN_ENTRIES;
        if !(alike && meets && signed && fits) {
            return None;
        }
        let mut run = Run { signature: next.signature, ..self.clone() };
        run.entries.extend(next.entries.iter().cloned());
        run.bytes = run.encode();
        (run.bytes.len() <= limits::RUN_BYTES).then_some(run)
    }

    /// The same entries without bodies, none behind `end`, and no more of the newest than fit into
    /// so many bytes; at least one.
    #[must_use]
    pub fn bare(self, end: Option<Seq>, bytes: usize) -> Option<Run> {
        let end = end.filter(|end| *end < self.last());
        let mut run = end.map_or(Some(self.clone()), |end| self.prefix(end.saturating_add(1)))?;
        let (mut left, mut first) = (bytes, run.last() + 1);
        for entry in run.entries.iter_mut().rev() {
            entry.body = None;
            let size = entry.header_bytes.len() + 8;
            let fits = first > run.first && (size <= left || first == run.first);
            left = if fits { left.saturating_sub(size) } else { 0 };
            first -= u64::from(fits);
        }
        let mut run = run.suffix(first);
        run.bytes = run.encode();
        Some(run)
    }

    /// Takes the body of an entry away; the run stays signed and its chain stays whole.
    pub fn drop_body(&mut self, seq: Seq) {
        let place = seq.checked_sub(self.first).and_then(|place| usize::try_from(place).ok());
        let entry = place.and_then(|place| self.entries.get_mut(place));
        // What was decided stays: who is in the room hangs on it.
        let entry = entry.filter(|entry| entry.header.kind != Kind::GOVERNANCE);
        if entry.is_some_and(|entry| entry.body.take().is_some()) {
            self.bytes = self.encode();
        }
    }

    fn encode(&self) -> Vec<u8> {
        let entries = self.entries.iter().map(|entry| WireEntry {
            header: ByteBuf::from(entry.header_bytes.clone()),
            body: entry.body.clone().map(ByteBuf::from),
        });
        let wire = Wire {
            log: self.origin,
            first: self.first,
            previous: self.previous,
            epoch: self.epoch,
            class: self.class.number(),
            entries: entries.collect(),
            signature: self.signature,
        };
        let mut bytes = postcard::to_allocvec(&wire).unwrap_or_default();
        if let Some(mark) = &self.mark {
            bytes.extend(postcard::to_allocvec(mark).unwrap_or_default());
        }
        bytes
    }
}

/// What stands in place of a signature: the last hash, so that damage shows. It is no signature:
/// for that, a point would have to be the hash of itself.
fn chained(head: &EntryHash) -> [u8; 64] {
    let mut bytes = [0; 64];
    bytes[..32].copy_from_slice(&head.0);
    bytes
}

fn read_mark(rest: &[u8]) -> Result<Option<Mark>, RunError> {
    if rest.is_empty() {
        return Ok(None);
    }
    match postcard::take_from_bytes::<Mark>(rest) {
        Ok((mark, [])) => Ok(Some(mark)),
        Ok(_) | Err(_) => Err(RunError::Encoding),
    }
}

fn last_seq(first: Seq, entries: usize) -> Option<Seq> {
    let steps = u64::try_from(entries).ok()?.checked_sub(1)?;
    // The seq after the last one has to exist as a number, too, and whoever counts goes beyond it.
    first.checked_add(steps).filter(|last| *last < u64::MAX - 1)
}

fn chain(start: &Start, wire: Vec<WireEntry>) -> Result<Vec<RunEntry>, RunError> {
    let mut previous = start.previous;
    let mut lamport = None;
    let mut entries = Vec::with_capacity(wire.len());
    for (seq, entry) in (start.first..).zip(wire) {
        let header = Header::decode(&entry.header)?;
        if let Some(body) = entry.body.as_ref().filter(|_| !planted(Planted::BodyUnchecked)) {
            header.check_body(body)?;
        }
        if lamport.is_some_and(|before| !lamport_follows(before, header.lamport))
            || (seq == 0 && !lamport_follows(0, header.lamport))
        {
            return Err(EntryError::Lamport.into());
        }
        lamport = Some(header.lamport);
        let hash = start.place(seq).hash(&previous, &entry.header);
        previous = hash;
        let body = entry.body.map(ByteBuf::into_vec);
        entries.push(RunEntry { header, header_bytes: entry.header.into_vec(), body, hash });
    }
    Ok(entries)
}

/// True if a log may step from one Lamport time to the other.
#[must_use]
pub fn lamport_follows(before: u64, after: u64) -> bool {
    after.checked_sub(before).is_some_and(|step| (1..=limits::LAMPORT_STEP).contains(&step))
}

fn signed_part(start: &Start, last: Seq, head: &EntryHash) -> [u8; 32 + 48 + 8 + 32] {
    let mut bytes = [0; 120];
    bytes[..32].copy_from_slice(&start.room.0);
    bytes[32..80].copy_from_slice(&start.log.bytes());
    bytes[80..88].copy_from_slice(&last.to_be_bytes());
    bytes[88..].copy_from_slice(&head.0);
    bytes
}
