//! The keys of records: bytes whose order is the order in which they are read.
//!
//! ```text
//!  runs         room 32 | log 48 | first seq 8
//!  timeline     room 32 | last lamport 8 | log 48 | first seq 8
//!  projections  room 32 | 'l' | log 48      'm' | member 32      'r' | member 32 | kind 1
//!               'g' | hash 32: a governance entry
//!               'v' | note: its message is not here yet          't' | note: its message is here
//!               'x' | wall 8 | log 48 | seq 8: when a body goes; the value is empty, or the hash
//!                                              of the version that alone is meant
//!               'y' | log 48: what was read of it
//!               'z' | log 48 | seq 8: what goes after it was read, until it is known when
//!  state        room 32 | 'd' | log 48 | seq 8      'u' | log 48 | seq 8      'w' | draft id 16
//!               'k' | member 32: as whom it is known here
//!               's': how the room is kept here
//!  note         log 48 | seq 8 of the message | lamport 8 | log 48 | seq 8 of the note
//! ```
//! Projections up to 'r', and 'y', are read at every start; the others when they are needed.
//! Numbers are big-endian. Golden bytes in `tests/golden` hold this still.

use crate::ids::{DraftId, EntryHash, EntryId, LogId, MemberId, RoomId, Seq};
use crate::io::Millis;
use crate::register::RegisterKey;
use crate::view::Order;

/// Which projection a record is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Projection {
    /// What is held of a log.
    Log(LogId),
    /// What a member is proven to hold.
    Member(MemberId),
    /// The newest value of a register.
    Register,
    /// A governance entry.
    Decision(EntryHash),
}

fn key(room: &RoomId, parts: &[&[u8]]) -> Vec<u8> {
    let mut key = room.0.to_vec();
    for part in parts {
        key.extend_from_slice(part);
    }
    key
}

/// A run.
pub fn run(room: &RoomId, log: &LogId, first: Seq) -> Vec<u8> {
    key(room, &[&log.bytes(), &first.to_be_bytes()])
}

/// The seq in the key of a run.
pub fn run_seq(key: &[u8]) -> Option<Seq> {
    key.last_chunk::<8>().map(|bytes| Seq::from_be_bytes(*bytes))
}

/// A row of the timeline.
pub fn timeline(room: &RoomId, lamport: u64, log: &LogId, first: Seq) -> Vec<u8> {
    key(room, &[&lamport.to_be_bytes(), &log.bytes(), &first.to_be_bytes()])
}

/// What the key of a row of the timeline says: Lamport time, log, first seq.
pub fn read_timeline(key: &[u8]) -> Option<(u64, LogId, Seq)> {
    let (lamport, rest) = key.get(32..)?.split_first_chunk::<8>()?;
    let (log, seq) = rest.split_first_chunk::<48>()?;
    let seq = Seq::from_be_bytes(seq.try_into().ok()?);
    Some((u64::from_be_bytes(*lamport), read_log(log)?, seq))
}

/// A log's projection.
pub fn log(room: &RoomId, log: &LogId) -> Vec<u8> {
    key(room, &[b"l", &log.bytes()])
}

/// A member's projection.
pub fn member(room: &RoomId, member: &MemberId) -> Vec<u8> {
    key(room, &[b"m", &member.0])
}

/// A register.
pub fn register(room: &RoomId, register: &RegisterKey) -> Vec<u8> {
    key(room, &[b"r", &register.0.0, &[register.1.0]])
}

/// A governance entry.
pub fn decision(room: &RoomId, hash: &EntryHash) -> Vec<u8> {
    key(room, &[b"g", &hash.0])
}

/// Which projection a key names.
pub fn read_projection(key: &[u8]) -> Option<Projection> {
    let (tag, rest) = key.get(32..)?.split_first()?;
    match tag {
        b'l' => read_log(rest.try_into().ok()?).map(Projection::Log),
        b'm' => Some(Projection::Member(MemberId(rest.try_into().ok()?))),
        b'r' => Some(Projection::Register),
        b'g' => Some(Projection::Decision(EntryHash(rest.try_into().ok()?))),
        _ => None,
    }
}

/// A note whose message is not here yet.
pub fn early(room: &RoomId, target: &EntryId, by: &Order) -> Vec<u8> {
    note_key(room, b"v", target, by)
}

/// A note whose message is here.
pub fn note(room: &RoomId, target: &EntryId, by: &Order) -> Vec<u8> {
    note_key(room, b"t", target, by)
}

fn note_key(room: &RoomId, tag: &[u8], target: &EntryId, by: &Order) -> Vec<u8> {
    let (seq, lamport, by_seq) =
        (target.seq.to_be_bytes(), by.lamport.to_be_bytes(), by.seq.to_be_bytes());
    key(room, &[tag, &target.log.bytes(), &seq, &lamport, &by.log.bytes(), &by_seq])
}

/// The notes on messages of a log that are here, from one seq up to another, exclusive.
pub fn notes(room: &RoomId, log: &LogId, first: Seq, end: Seq) -> (Vec<u8>, Vec<u8>) {
    let from = key(room, &[b"t", &log.bytes(), &first.to_be_bytes()]);
    (from, key(room, &[b"t", &log.bytes(), &end.to_be_bytes()]))
}

/// The notes whose messages were not here when they came, for the same messages.
pub fn early_notes(room: &RoomId, log: &LogId, first: Seq, end: Seq) -> (Vec<u8>, Vec<u8>) {
    let from = key(room, &[b"v", &log.bytes(), &first.to_be_bytes()]);
    (from, key(room, &[b"v", &log.bytes(), &end.to_be_bytes()]))
}

/// All notes whose messages were not here when they came.
pub fn all_early(room: &RoomId) -> (Vec<u8>, Vec<u8>) {
    (key(room, &[b"v"]), key(room, &[b"w"]))
}

/// The message that a note is about.
pub fn read_note(key: &[u8]) -> Option<EntryId> {
    read_entry(key.get(33..)?.first_chunk::<56>()?)
}

/// When a body goes, by the device's clock; 0 at once.
pub fn fade(room: &RoomId, at: Millis, entry: &EntryId) -> Vec<u8> {
    key(room, &[b"x", &at.to_be_bytes(), &entry.log.bytes(), &entry.seq.to_be_bytes()])
}

/// The bodies that go up to a moment, exclusive.
pub fn fades(room: &RoomId, until: Millis) -> (Vec<u8>, Vec<u8>) {
    (key(room, &[b"x"]), key(room, &[b"x", &until.to_be_bytes()]))
}

/// What the key of a fade says.
pub fn read_fade(key: &[u8]) -> Option<(Millis, EntryId)> {
    let (at, rest) = key.get(33..)?.split_first_chunk::<8>()?;
    Some((Millis::from_be_bytes(*at), read_entry(rest.try_into().ok()?)?))
}

/// What was read of a log. Older versions read no key from here on.
pub fn reading(room: &RoomId, log: &LogId) -> Vec<u8> {
    key(room, &[b"y", &log.bytes()])
}

/// What was read of all logs: the first key, and the first beyond.
pub fn readings(room: &RoomId) -> (Vec<u8>, Vec<u8>) {
    (key(room, &[b"y"]), key(room, &[b"z"]))
}

/// The log of which a record says what was read.
pub fn read_reading(key: &[u8]) -> Option<LogId> {
    read_log(key.get(33..)?.try_into().ok()?)
}

/// What goes after it was read, as long as its body is here and is not known to go at a moment.
pub fn vanishing(room: &RoomId, entry: &EntryId) -> Vec<u8> {
    key(room, &[b"z", &entry.log.bytes(), &entry.seq.to_be_bytes()])
}

/// What goes so of a log, from one seq to another.
pub fn vanishing_within(room: &RoomId, log: &LogId, first: Seq, last: Seq) -> (Vec<u8>, Vec<u8>) {
    let from = vanishing(room, &EntryId { log: *log, seq: first });
    (from, key(room, &[b"z", &log.bytes(), &last.to_be_bytes(), &[0]]))
}

/// All that goes so.
pub fn all_vanishing(room: &RoomId) -> (Vec<u8>, Vec<u8>) {
    (key(room, &[b"z"]), key(room, &[b"{"]))
}

/// The message that goes so.
pub fn read_vanishing(key: &[u8]) -> Option<EntryId> {
    read_entry(key.get(33..)?.try_into().ok()?)
}

/// The projections that are read at a start: the first key, and the first beyond.
pub fn start_projections(room: &RoomId) -> (Vec<u8>, Vec<u8>) {
    (room.0.to_vec(), key(room, &[b"s"]))
}

/// A draft that waits for its time.
pub fn waiting(room: &RoomId, draft: &DraftId) -> Vec<u8> {
    key(room, &[b"w", &draft.0])
}

/// A message that could not be delivered.
pub fn undelivered(room: &RoomId, entry: &EntryId) -> Vec<u8> {
    key(room, &[b"u", &entry.log.bytes(), &entry.seq.to_be_bytes()])
}

/// As whom a member is known here.
pub fn acquaintance(room: &RoomId, member: &MemberId) -> Vec<u8> {
    key(room, &[b"k", &member.0])
}

/// The member that the key of an acquaintance names.
pub fn read_acquaintance(key: &[u8]) -> Option<MemberId> {
    let (tag, rest) = key.get(32..)?.split_first()?;
    (*tag == b'k').then(|| rest.try_into().ok().map(MemberId)).flatten()
}

/// How the room is kept on this device.
pub fn shelf(room: &RoomId) -> Vec<u8> {
    key(room, &[b"s"])
}

/// As whom all are known, the shelf, the undelivered and the waiting: the first key, and the first
/// beyond.
pub fn start_state(room: &RoomId) -> (Vec<u8>, Vec<u8>) {
    (key(room, &[b"k"]), key(room, &[b"x"]))
}

/// The message that an undelivered one is; nothing if the key is of a waiting draft.
pub fn read_undelivered(key: &[u8]) -> Option<EntryId> {
    let (tag, rest) = key.get(32..)?.split_first()?;
    (*tag == b'u').then(|| read_entry(rest.try_into().ok()?)).flatten()
}

fn read_entry(bytes: &[u8; 56]) -> Option<EntryId> {
    let (log, seq) = bytes.split_first_chunk::<48>()?;
    Some(EntryId { log: read_log(log)?, seq: Seq::from_be_bytes(seq.try_into().ok()?) })
}

/// The draft id of an own entry.
pub fn draft(room: &RoomId, log: &LogId, seq: Seq) -> Vec<u8> {
    key(room, &[b"d", &log.bytes(), &seq.to_be_bytes()])
}

/// The draft ids of all own entries: the first key, and the first beyond.
pub fn drafts(room: &RoomId, member: &MemberId) -> (Vec<u8>, Vec<u8>) {
    let from = key(room, &[b"d", &member.0]);
    (from, key(room, &[b"d", &member.0, &[0xff; 24]]))
}

/// What the key of a draft id says.
pub fn read_draft(key: &[u8]) -> Option<(LogId, Seq)> {
    let (log, seq) = key.get(33..)?.split_first_chunk::<48>()?;
    Some((read_log(log)?, Seq::from_be_bytes(seq.try_into().ok()?)))
}

/// The first key of a room, and the first beyond it.
pub fn whole_room(room: &RoomId) -> (Vec<u8>, Vec<u8>) {
    room.records()
}

fn read_log(bytes: &[u8; 48]) -> Option<LogId> {
    let (member, incarnation) = bytes.split_first_chunk::<32>()?;
    Some(LogId {
        member: MemberId(*member),
        incarnation: crate::ids::Incarnation(incarnation.try_into().ok()?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::Incarnation;

    #[test]
    fn keys_read_back_and_sort_by_number() {
        let (room, member) = (RoomId([9; 32]), MemberId([1; 32]));
        let id = LogId { member, incarnation: Incarnation([2; 16]) };
        assert_eq!(read_timeline(&timeline(&room, 7, &id, 300)), Some((7, id, 300)));
        assert_eq!(read_draft(&draft(&room, &id, 5)), Some((id, 5)));
        assert_eq!(read_projection(&log(&room, &id)), Some(Projection::Log(id)));
        let hash = EntryHash([6; 32]);
        assert_eq!(read_projection(&decision(&room, &hash)), Some(Projection::Decision(hash)));
        assert_eq!(run_seq(&run(&room, &id, 256)), Some(256));
        let (entry, by) = (EntryId { log: id, seq: 9 }, Order { lamport: 4, log: id, seq: 11 });
        assert_eq!(read_note(&early(&room, &entry, &by)), Some(entry));
        assert_eq!(read_note(&note(&room, &entry, &by)), Some(entry));
        assert_eq!(read_fade(&fade(&room, 77, &entry)), Some((77, entry)));
        assert_eq!(read_reading(&reading(&room, &id)), Some(id));
        assert_eq!(read_undelivered(&undelivered(&room, &entry)), Some(entry));
        assert_eq!(read_undelivered(&waiting(&room, &DraftId([3; 16]))), None);
        let known = acquaintance(&room, &member);
        assert_eq!(read_acquaintance(&known), Some(member));
        // Older versions read from 'u' on.
        let (from, to) = start_state(&room);
        assert!(from < known && known < key(&room, &[b"u"]));
        assert!(draft(&room, &id, u64::MAX) < from && waiting(&room, &DraftId([0xff; 16])) < to);
        let (from, to) = notes(&room, &id, 9, 10);
        assert!(from <= note(&room, &entry, &by) && note(&room, &entry, &by) < to);
        assert!(fade(&room, 76, &entry) < fades(&room, 77).1);
        assert!(fade(&room, 77, &entry) >= fades(&room, 77).1);
        let goes = vanishing(&room, &entry);
        assert_eq!(read_vanishing(&goes), Some(entry));
        assert!(fades(&room, Millis::MAX).1 < goes && goes >= start_projections(&room).1);
        for ((from, to), within) in [
            (all_vanishing(&room), true),
            (vanishing_within(&room, &id, 9, 9), true),
            (vanishing_within(&room, &id, 0, 8), false),
            (vanishing_within(&room, &id, 10, Seq::MAX), false),
        ] {
            assert_eq!(from <= goes && goes < to, within);
        }
        assert!(early(&room, &entry, &by) >= start_projections(&room).1);
        let (from, to) = all_early(&room);
        assert!(from < early(&room, &entry, &by) && early(&room, &entry, &by) < to);
        assert!(note(&room, &entry, &by) >= start_projections(&room).1);
        assert!(run(&room, &id, 255) < run(&room, &id, 256));
        let (from, to) = readings(&room);
        assert!(from < reading(&room, &id) && reading(&room, &id) < to);
        assert!(from > fades(&room, Millis::MAX).1 && from > start_projections(&room).1);
        let (from, to) = whole_room(&room);
        assert!(from < run(&room, &id, 0) && timeline(&room, u64::MAX, &id, 0) < to);
    }

    #[test]
    fn foreign_bytes_are_no_key() {
        for length in 0..120 {
            let key = vec![0xff; length];
            let _ = (read_timeline(&key), read_draft(&key), read_projection(&key), run_seq(&key));
            let _ = (read_note(&key), read_fade(&key), read_undelivered(&key));
            let _ = (read_acquaintance(&key), read_reading(&key), read_vanishing(&key));
        }
    }
}
