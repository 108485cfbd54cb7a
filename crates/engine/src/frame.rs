//! What travels over a proven link: frames of `len, kind, body`, several to a channel message.
//!
//! ```text
//!  channel message = frame*          frame = varint len of (kind + body) | kind u8 | postcard body
//! ```
//! Unknown kinds are skipped, so a newer member may say more. A run that is larger than a message
//! travels in parts; parts of different classes interleave, parts of one class do not.

use serde::{Deserialize, Serialize};

use crate::hello::{Again, Hello, Proof};
use crate::ids::{DraftId, EntryHash, LogId, MemberId, Seq};
use crate::io::Millis;
use crate::limits;
use crate::log::branch::Branch;
use crate::log::have::LogHave;
use crate::register::{RegisterKey, RegisterKind};

/// A part of a run. The last part completes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// The class whose credit it uses, as a number.
    pub class: u8,
    /// True for the last part.
    pub last: bool,
    /// Bytes of the run.
    #[serde(with = "serde_bytes")]
    pub bytes: Vec<u8>,
}

/// A question for entries of one log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Want {
    /// The log.
    pub log: LogId,
    /// The seqs, both ends inclusive; at most [`limits::FRAME_RANGES`] ranges.
    pub ranges: Vec<(Seq, Seq)>,
}

/// A register's name and the newest counter held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegisterHave {
    /// The owner.
    pub member: MemberId,
    /// Which.
    pub kind: RegisterKind,
    /// The newest counter held.
    pub counter: u64,
}

/// Something said live.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LiveFrame {
    /// The draft that it was.
    pub draft: DraftId,
    /// When it was said, by the author's clock.
    pub wall: Millis,
    /// True if a [`Frame::LiveReply`] is expected.
    pub acknowledge: bool,
    /// At most [`limits::LIVE_BYTES`] bytes.
    pub text: String,
}

/// Entries that the sender could not take, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// The log.
    pub log: LogId,
    /// The first of them.
    pub first: Seq,
    /// The last of them.
    pub last: Seq,
    /// Why, as a number: see [`crate::log::refusal`].
    pub reason: u8,
}

/// The hash of an entry, as the sender holds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HashAt {
    /// The log.
    pub log: LogId,
    /// The entry's place.
    pub seq: Seq,
    /// Its hash.
    pub hash: EntryHash,
}

/// One frame.
#[derive(Clone, Debug)]
pub enum Frame {
    /// The greeting; with [`Frame::Proof`] the only frame before the proof.
    Hello(Box<Hello>),
    /// The proof.
    Proof(Box<Proof>),
    /// What the sender holds: the acknowledgement.
    Have(Vec<LogHave>),
    /// What the sender asks for.
    Want(Want),
    /// A part of a run.
    Part(Part),
    /// A register.
    Register(Vec<u8>),
    /// Which registers the sender holds.
    Registers(Vec<RegisterHave>),
    /// Which registers the sender asks for.
    AskRegisters(Vec<RegisterKey>),
    /// The receiver of a class's runs has stored so many bytes and takes so many more.
    Credit {
        /// The class, as a number.
        class: u8,
        /// Bytes.
        bytes: u32,
    },
    /// Are you there?
    Probe(u64),
    /// Yes.
    Reply(u64),
    /// The link is about to be closed, and why.
    Bye(String),
    /// Something said live.
    Live(LiveFrame),
    /// What was said live is here.
    LiveReply(DraftId),
    /// The sender is typing, or has stopped.
    Typing(bool),
    /// Entries that the sender could not take for now: it will ask again.
    Refuse(Refusal),
    /// Branches of forked logs that the sender knows; comes before the `Have` of these logs. What
    /// it said of their parents from there on is void.
    Branches(Vec<Branch>),
    /// The sender asks for the hash of an entry.
    AskHash(LogId, Seq),
    /// The answer; unasked, where the sender's log differs first.
    Hash(HashAt),
    /// The sender asks for a run that holds an entry, without bodies: as it was signed, or cut to
    /// end with that entry.
    AskEvidence(LogId, Seq, bool),
    /// The answer: a run.
    Evidence(Vec<u8>),
    /// The sender knows the secret of another epoch than the one that was proven.
    Again(Again),
}

/// Why a channel message is not a sequence of frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// A message is larger than [`limits::MESSAGE_BYTES`].
    #[error("a message is larger than allowed")]
    TooLarge,
    /// A length that is not one, or is longer than the message.
    #[error("a frame is cut short")]
    Length,
    /// The body of a known kind does not decode.
    #[error("a frame does not decode")]
    Body,
}

const HELLO: u8 = 0;
const PROOF: u8 = 1;
const HAVE: u8 = 2;
const WANT: u8 = 3;
const PART: u8 = 4;
const REGISTER: u8 = 5;
const REGISTERS: u8 = 6;
const CREDIT: u8 = 7;
const PROBE: u8 = 8;
const REPLY: u8 = 9;
const BYE: u8 = 10;
const ASK_REGISTERS: u8 = 11;
const LIVE: u8 = 12;
const LIVE_REPLY: u8 = 13;
const TYPING: u8 = 14;
const REFUSE: u8 = 15;
const BRANCHES: u8 = 16;
const ASK_HASH: u8 = 17;
const HASH: u8 = 18;
const ASK_EVIDENCE: u8 = 19;
const EVIDENCE: u8 = 20;
const AGAIN: u8 = 21;

/// Bytes that a [`Part`] takes besides those of its run: length, kind, class, last, length.
pub const PART_OVERHEAD: usize = 3 + 1 + 1 + 1 + 3;

impl Frame {
    /// The frame's bytes, its length in front.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let (kind, body) = match self {
            Frame::Hello(hello) => (HELLO, postcard::to_allocvec(hello)),
            Frame::Proof(proof) => (PROOF, postcard::to_allocvec(proof)),
            Frame::Have(logs) => (HAVE, postcard::to_allocvec(logs)),
            Frame::Want(want) => (WANT, postcard::to_allocvec(want)),
            Frame::Part(part) => (PART, postcard::to_allocvec(part)),
            Frame::Register(bytes) => (REGISTER, Ok(bytes.clone())),
            Frame::Registers(list) => (REGISTERS, postcard::to_allocvec(list)),
            Frame::AskRegisters(keys) => (ASK_REGISTERS, postcard::to_allocvec(keys)),
            Frame::Credit { class, bytes } => (CREDIT, postcard::to_allocvec(&(class, bytes))),
            Frame::Probe(nonce) => (PROBE, postcard::to_allocvec(nonce)),
            Frame::Reply(nonce) => (REPLY, postcard::to_allocvec(nonce)),
            Frame::Bye(reason) => (BYE, postcard::to_allocvec(reason)),
            Frame::Live(live) => (LIVE, postcard::to_allocvec(live)),
            Frame::LiveReply(draft) => (LIVE_REPLY, postcard::to_allocvec(draft)),
            Frame::Typing(typing) => (TYPING, postcard::to_allocvec(typing)),
            Frame::Branches(branches) => (BRANCHES, postcard::to_allocvec(branches)),
            Frame::AskHash(log, seq) => (ASK_HASH, postcard::to_allocvec(&(log, seq))),
            Frame::Hash(hash) => (HASH, postcard::to_allocvec(hash)),
            Frame::AskEvidence(log, seq, signed) => {
                (ASK_EVIDENCE, postcard::to_allocvec(&(log, seq, signed)))
            }
            Frame::Evidence(bytes) => (EVIDENCE, Ok(bytes.clone())),
            Frame::Again(again) => (AGAIN, postcard::to_allocvec(again)),
            Frame::Refuse(refusal) => (REFUSE, postcard::to_allocvec(refusal)),
        };
        // Encoding into a vector fails only when memory does.
        let body = body.unwrap_or_default();
        let mut bytes = Vec::with_capacity(body.len() + 6);
        write_varint(&mut bytes, body.len() + 1);
        bytes.push(kind);
        bytes.extend_from_slice(&body);
        bytes
    }

    fn decode(kind: u8, body: &[u8]) -> Result<Option<Frame>, FrameError> {
        Ok(Some(match kind {
            // A newer version may say more in its greeting: its version has to be seen first.
            HELLO => Frame::Hello(Box::new(some(body)?)),
            PROOF => Frame::Proof(Box::new(whole(body)?)),
            HAVE => Frame::Have(whole(body)?),
            WANT => Frame::Want(whole(body)?),
            PART => Frame::Part(whole(body)?),
            REGISTER => Frame::Register(body.to_vec()),
            REGISTERS => Frame::Registers(whole(body)?),
            ASK_REGISTERS => Frame::AskRegisters(whole(body)?),
            CREDIT => {
                let (class, bytes) = whole(body)?;
                Frame::Credit { class, bytes }
            }
            PROBE => Frame::Probe(whole(body)?),
            REPLY => Frame::Reply(whole(body)?),
            BYE => Frame::Bye(whole(body)?),
            LIVE => Frame::Live(whole(body)?),
            LIVE_REPLY => Frame::LiveReply(whole(body)?),
            TYPING => Frame::Typing(whole(body)?),
            BRANCHES => Frame::Branches(whole(body)?),
            ASK_HASH => {
                let (log, seq) = whole(body)?;
                Frame::AskHash(log, seq)
            }
            HASH => Frame::Hash(whole(body)?),
            ASK_EVIDENCE => {
                let (log, seq, signed) = whole(body)?;
                Frame::AskEvidence(log, seq, signed)
            }
            EVIDENCE => Frame::Evidence(body.to_vec()),
            AGAIN => Frame::Again(whole(body)?),
            REFUSE => Frame::Refuse(whole(body)?),
            _ => return Ok(None),
        }))
    }
}

fn whole<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, FrameError> {
    match postcard::take_from_bytes(body) {
        Ok((value, [])) => Ok(value),
        Ok(_) | Err(_) => Err(FrameError::Body),
    }
}

fn some<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, FrameError> {
    postcard::from_bytes(body).map_err(|_| FrameError::Body)
}

fn write_varint(bytes: &mut Vec<u8>, mut value: usize) {
    while value >= 0x80 {
        bytes.push(u8::try_from(value & 0x7f).unwrap_or(0) | 0x80);
        value >>= 7;
    }
    bytes.push(u8::try_from(value).unwrap_or(0));
}

fn read_varint(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let mut value = 0;
    for (index, byte) in bytes.iter().take(3).enumerate() {
        value |= usize::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            return Some((value, &bytes[index + 1..]));
        }
    }
    None
}

/// Decodes one message of a channel. Frames of unknown kinds are left out.
///
/// # Errors
/// If the message is too large or is not a sequence of frames.
pub fn decode(message: &[u8]) -> Result<Vec<Frame>, FrameError> {
    if message.len() > limits::MESSAGE_BYTES {
        return Err(FrameError::TooLarge);
    }
    let mut frames = Vec::new();
    let mut rest = message;
    while !rest.is_empty() {
        let (length, after) = read_varint(rest).ok_or(FrameError::Length)?;
        let (frame, next) = after.split_at_checked(length).ok_or(FrameError::Length)?;
        let (kind, body) = frame.split_first().ok_or(FrameError::Length)?;
        frames.extend(Frame::decode(*kind, body)?);
        rest = next;
    }
    Ok(frames)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn frames_that_share_a_message_come_out_in_order() {
        let mut message = Frame::Probe(7).encode();
        message.extend(Frame::Credit { class: 2, bytes: 70_000 }.encode());
        // A kind from the future, with a body of three bytes.
        message.extend([4, 200, 1, 2, 3]);
        let part = Part { class: 1, last: true, bytes: vec![5; 9_000] };
        message.extend(Frame::Part(part.clone()).encode());
        let frames = decode(&message).unwrap();
        assert!(matches!(frames[0], Frame::Probe(7)));
        assert!(matches!(frames[1], Frame::Credit { class: 2, bytes: 70_000 }));
        assert!(matches!(&frames[2], Frame::Part(got) if *got == part));
        assert_eq!(frames.len(), 3);
    }

    #[test]
    fn a_part_takes_no_more_than_its_overhead() {
        for length in [0, 100, 127, 128, 16_000, limits::FRAME_BYTES - PART_OVERHEAD] {
            let part = Part { class: 4, last: false, bytes: vec![0; length] };
            assert!(Frame::Part(part).encode().len() <= length + PART_OVERHEAD, "{length}");
        }
    }

    #[test]
    fn a_message_over_the_limit_and_a_frame_cut_short_are_refused() {
        assert_eq!(decode(&vec![0; limits::MESSAGE_BYTES + 1]).err(), Some(FrameError::TooLarge));
        let bytes = Frame::Probe(1).encode();
        assert_eq!(decode(&bytes[..bytes.len() - 1]).err(), Some(FrameError::Length));
        assert_eq!(decode(&[0]).err(), Some(FrameError::Length));
        assert_eq!(decode(&[2, PROBE, 0x80]).err(), Some(FrameError::Body));
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            let _ = decode(&bytes);
        }
    }
}
