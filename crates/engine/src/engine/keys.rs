//! The keys of records: bytes whose order is the order in which they are read.
//!
//! ```text
//!  runs         room 32 | log 48 | first seq 8
//!  timeline     room 32 | last lamport 8 | log 48 | first seq 8
//!  projections  room 32 | 'l' | log 48      'm' | member 32      'r' | member 32 | kind 1
//!  state        room 32 | 'd' | log 48 | seq 8
//! ```
//! Numbers are big-endian. Golden bytes in `tests/golden` hold this still.

use crate::ids::{LogId, MemberId, RoomId, Seq};
use crate::register::RegisterKey;

/// Which projection a record is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Projection {
    /// What is held of a log.
    Log(LogId),
    /// What a member is proven to hold.
    Member(MemberId),
    /// The newest value of a register.
    Register,
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

/// Which projection a key names.
pub fn read_projection(key: &[u8]) -> Option<Projection> {
    let (tag, rest) = key.get(32..)?.split_first()?;
    match tag {
        b'l' => read_log(rest.try_into().ok()?).map(Projection::Log),
        b'm' => Some(Projection::Member(MemberId(rest.try_into().ok()?))),
        b'r' => Some(Projection::Register),
        _ => None,
    }
}

/// The draft id of an own entry.
pub fn draft(room: &RoomId, log: &LogId, seq: Seq) -> Vec<u8> {
    key(room, &[b"d", &log.bytes(), &seq.to_be_bytes()])
}

/// What the key of a draft id says.
pub fn read_draft(key: &[u8]) -> Option<(LogId, Seq)> {
    let (log, seq) = key.get(33..)?.split_first_chunk::<48>()?;
    Some((read_log(log)?, Seq::from_be_bytes(seq.try_into().ok()?)))
}

/// The first key of a room, and the first beyond it.
pub fn whole_room(room: &RoomId) -> (Vec<u8>, Vec<u8>) {
    let mut to = room.0.to_vec();
    to.extend_from_slice(&[0xff; 64]);
    (room.0.to_vec(), to)
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
        assert_eq!(run_seq(&run(&room, &id, 256)), Some(256));
        assert!(run(&room, &id, 255) < run(&room, &id, 256));
        let (from, to) = whole_room(&room);
        assert!(from < run(&room, &id, 0) && timeline(&room, u64::MAX, &id, 0) < to);
    }

    #[test]
    fn foreign_bytes_are_no_key() {
        for length in 0..120 {
            let key = vec![0xff; length];
            let _ = (read_timeline(&key), read_draft(&key), read_projection(&key), run_seq(&key));
        }
    }
}
