//! What a person may see of the queue: what waits and for whom, what could not be delivered, and
//! the stations of one message.

use serde::{Deserialize, Serialize};

use crate::ids::{DraftId, EntryId, LinkId, MemberId};
use crate::io::Millis;
use crate::view::{Draft, Priority};

/// A draft that waits for its time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiting {
    /// The draft.
    pub draft: Draft,
    /// When it was handed over, in milliseconds since 1970 by this device's clock.
    pub since: Millis,
}

/// A message that a member could not be given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Undelivered {
    /// The message.
    pub entry: EntryId,
    /// What became of it, member by member.
    pub failures: Vec<Failure>,
    /// The attempts that were refused, oldest first: at most
    /// [`limits::ATTEMPTS`](crate::limits::ATTEMPTS), of which the newest are kept.
    pub history: Vec<Attempt>,
}

/// One attempt to give a message to a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// The member.
    pub member: MemberId,
    /// Why it failed.
    pub reason: FailureReason,
    /// When, in milliseconds since 1970 by this device's clock.
    pub at: Millis,
}

/// Why one member does not have a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// The member.
    pub member: MemberId,
    /// Why.
    pub reason: FailureReason,
    /// How often it was offered and refused, while there was a link.
    pub attempts: u32,
    /// When the last time was, in milliseconds since 1970 by this device's clock.
    pub last: Millis,
}

/// Why a member does not have a message. The numbers on the wire are in `log/refusal.rs`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum FailureReason {
    /// It expired first.
    Expired,
    /// The member's device has no space.
    NoSpace,
    /// The member's device keeps no more of this log, or of this room.
    TooMuch,
    /// The member's device holds it to be against the rules.
    NotAllowed,
    /// This version of Confab does not know the reason's number.
    Other(u8),
    /// The member has blocked this one.
    Blocked,
    /// The member's version of Confab does not understand it. This version keeps what it does not
    /// understand, and never says this.
    NotUnderstood,
    /// More was said than the member's device takes from one member at once: it asks again.
    Quota,
}

/// The whole queue at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueueView {
    /// Drafts that the next batches will store, by priority.
    pub drafts: [u64; 3],
    /// Bytes of text in them.
    pub draft_bytes: u64,
    /// Messages that came and are not stored yet.
    pub incoming: u64,
    /// What waits for each other member: those who are linked, then those who are not.
    pub peers: Vec<PeerQueue>,
}

/// What waits for one member.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PeerQueue {
    /// The member.
    pub member: MemberId,
    /// Its link, if it has one: only then does anything move.
    pub link: Option<LinkId>,
    /// What became of the last link with it, or of the last attempt at one, since this life began.
    pub ended: Option<Ended>,
    /// By class, most urgent first, control included.
    pub lanes: Vec<LaneView>,
    /// When the oldest own message that it lacks was written, in milliseconds since 1970. Of what
    /// is not in memory it is read first, and told a moment later.
    pub oldest: Option<Millis>,
    /// Milliseconds from the last question for a sign of life to its answer.
    pub round_trip: Option<Millis>,
}

/// That a link with a member has ended, or came to nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ended {
    /// Why.
    pub why: Ending,
    /// When, in milliseconds since 1970 by this device's clock.
    pub at: Millis,
}

/// Why a link with a member has ended, or came to nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Ending {
    /// The browsers found no way to each other in time.
    NoPath,
    /// The way that there was is gone, and no other was found.
    PathLost,
    /// It looked open, and no sign of life came.
    Silent,
    /// The other side closed it: its page was closed, or it begins anew.
    Closed,
    /// The other side broke the rules.
    Misbehaved,
    /// The other side speaks another version.
    Version,
}

/// What waits for one member in one class.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LaneView {
    /// Messages that it lacks and that are not on their way: of the own log, or asked for. For
    /// control: frames.
    pub messages: u64,
    /// Own messages that are on their way: read for it or sent, and it has not said yet that it
    /// holds them.
    pub in_flight: u64,
    /// Bytes that are read and wait for the channel, and those of the bodies of messages that are
    /// neither, as far as they are in memory.
    pub bytes: u64,
    /// Of these messages, those whose bytes are not counted, since they are not in memory.
    pub unmeasured: u64,
    /// Bytes that it still takes before it has to give back credit; 0 for control, which needs
    /// none.
    pub credit: u64,
    /// When the oldest own message that it lacks was written, in milliseconds since 1970.
    pub oldest: Option<Millis>,
    /// Attempts that it has refused, over all messages that it was not given since.
    pub attempts: u64,
}

/// The stations of an own message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trace {
    /// The message.
    pub entry: EntryId,
    /// The draft that it was.
    pub draft: Option<DraftId>,
    /// Its class.
    pub priority: Priority,
    /// In the order in which they were reached.
    pub stations: Vec<Station>,
    /// The members for whom it is, and what is proven of each.
    pub recipients: Vec<Recipient>,
}

/// A member for whom an own message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recipient {
    /// The member.
    pub member: MemberId,
    /// What is proven.
    pub has: Has,
}

/// What is proven of a member and a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Has {
    /// It has read it.
    Read,
    /// It holds it.
    Held,
    /// It is not known to hold it.
    Lacking,
    /// The words had expired before it held them.
    Missed,
}

/// One station of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Station {
    /// When, in milliseconds since 1970 by this device's clock.
    pub at: Millis,
    /// What happened.
    pub what: Passage,
}

/// What happened to a message on its way, after it was written, which its row says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Passage {
    /// It was stored on this device.
    Saved,
    /// Its last byte was given to the channel to this member.
    SentTo(MemberId),
    /// This member has proven that it holds it.
    HeldBy(MemberId),
    /// This member has read it.
    ReadBy(MemberId),
    /// This member has refused it.
    RefusedBy(MemberId),
    /// Its body is gone: expired or deleted.
    Gone,
}
