//! What a page may ask of a room, and what it is told: plain data, no bytes of the wire.
//!
//! A page's state is the sum of the events it got; [`Engine::snapshot`](crate::Engine::snapshot)
//! gives the same sum to a page that comes later. Words for people are not here: the page has them.

mod door;
mod draft;
pub mod find;
mod gist;
pub mod letters;
mod live;
mod member;
mod misconduct;
mod queue;
mod quote;
mod refusal;

use serde::{Deserialize, Serialize};

use crate::ids::{DraftId, EntryHash, EntryId, FindId, LogId, MemberId, RoomId, Seq};
use crate::io::Millis;
use crate::room::Entrance;

pub use crate::log::entry::Target;
pub use door::{Admission, ApplicantView};
pub use draft::{Act, Draft, Priority, Qos, Terms, When};
pub use find::{Found, FoundEnd, Match};
pub use gist::{Gist, LastLine, Shelf};
pub use live::LiveMessage;
pub use member::{Compared, Comparison, MemberView, Namesake, Role, Treatment};
pub use misconduct::Misconduct;
pub use queue::{
    Attempt, Ended, Ending, Failure, FailureReason, Has, LaneView, Passage, PeerQueue, QueueView,
    Recipient, Station, Trace, Undelivered, Waiting,
};
pub use quote::{Original, Quote};
pub use refusal::{Refusal, Trouble};

/// What a page asks of a room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Command {
    /// Say something. May be repeated with the same draft id: it is said once.
    Send(Draft),
    /// Say several things of one priority that everybody sees together or not at all. Repeating
    /// it is as harmless as repeating [`Command::Send`].
    SendTogether(Vec<Draft>),
    /// Put another draft in the place of one that waits for its time.
    Replace(Draft),
    /// Do not say it: a draft that waits is dropped; a message that nobody else holds is deleted.
    Cancel(DraftId),
    /// Change the class of an own message that waits for members.
    Reclass {
        /// The message.
        entry: EntryId,
        /// Its class from now on, on this device.
        priority: Priority,
    },
    /// Offer an undelivered message again to those who refused it.
    Retry(EntryId),
    /// Take a message out of the tray of the undelivered; who lacks it goes on lacking it.
    Dismiss(EntryId),
    /// One is typing, or has stopped.
    Typing(bool),
    /// Tell [`Event::Queue`] every second, or stop doing so.
    Watch(bool),
    /// Tell [`Event::Trace`] of an own message.
    Trace(EntryId),
    /// Tell [`Event::Quoted`] of a message that another one answers.
    Quote(Target),
    /// Change one's own name in this room.
    SetName(String),
    /// Change the room's name; only its founder can.
    SetRoomName(String),
    /// Show the page of messages before the oldest shown.
    LoadOlder,
    /// These entries of others were on a visible screen.
    MarkRead(Vec<EntryId>),
    /// Take a member who will not come back out of the recipients.
    ForgetMember(MemberId),
    /// Tell [`Event::Comparison`] with a member.
    Compare(MemberId),
    /// A person has compared a member's key, and it is the right one.
    Verify(MemberId),
    /// It is not sure any more.
    Unverify(MemberId),
    /// Take nothing more of what a member says, on this device: it is not stored, not shown and not
    /// handed on. What it decides for the room counts.
    Block(MemberId),
    /// Take it again, also what was missed meanwhile.
    Unblock(MemberId),
    /// Show what a member says and be silent about it, on this device; or not any more.
    MuteMember(MemberId, bool),
    /// Make a member an admin; admins can.
    Promote(MemberId),
    /// Make an admin a member again; the founder can.
    Demote(MemberId),
    /// Remove a member for good: what it says from now on counts for nobody, and it reads nothing
    /// of what others say. Admins can.
    Remove(MemberId),
    /// Let in who waits at the door, or hand the room's present secret to a member who has missed
    /// it.
    Approve(MemberId),
    /// Tell who waits at the door that it is not let in.
    TurnAway(MemberId),
    /// Ask at the door again, after having been turned away.
    Knock,
    /// Go to the door to which this link leads: the one that one came with leads nowhere any more.
    Follow(String),
    /// Make the invite void, and another one; admins can.
    NewLink,
    /// Be silent about this room on this device, or not any more.
    Mute(bool),
    /// Put this room away on this device, or take it back.
    Archive(bool),
    /// Let connections of the room go through relays alone, so that no member sees an address of
    /// this device; or not any more. Without a relay nobody is reached then.
    RelayOnly(bool),
    /// Hand no messages on, one's own and others', until this is said again with `false`, also
    /// after a reload. What is written is stored and waits; what others say still comes.
    Pause(bool),
    /// Tell members what was read here, or not any more. What was told stays told, and what was
    /// read meanwhile is told when it is turned on again. That something is held is told always.
    TellRead(bool),
    /// Tell members that one is typing, or not any more.
    TellTyping(bool),
    /// Look for all words of a text, in any order: tell [`Event::Found`], newest first, until its
    /// end is told. What was looked for before ends.
    Find(FindId, String),
    /// Look for that no longer.
    EndFind(FindId),
}

/// What a page is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Event {
    /// The room itself: told first, and again when its name changes.
    Room(RoomView),
    /// All members known, oneself included.
    Members(Vec<MemberView>),
    /// Rows that are new or have changed, by entry id. Sort by [`Row::order`].
    Rows(Vec<Row>),
    /// A message that the worker does not keep in memory has changed: it is brought up to date
    /// where it is shown, and is no news anywhere else.
    Changed(Box<Row>),
    /// These entries are known by other names from now on, because their log has forked: their
    /// rows go, and come again.
    Moved(Vec<EntryId>),
    /// Whether there are messages before the oldest shown.
    Older {
        /// True if `LoadOlder` would show more.
        more: bool,
    },
    /// How many own entries nobody else holds that may still come to somebody.
    Pending(u64),
    /// Whether anybody can be reached.
    LinkState(LinkState),
    /// Whether newcomers can find us.
    SignalState(SignalState),
    /// Messages known to exist that are not here yet, by author; empty when there are none.
    Gaps(Vec<Gap>),
    /// The drafts that wait for their time, whenever they have changed.
    Waiting(Vec<Waiting>),
    /// The own messages that could not be delivered to everybody, whenever they have changed.
    Undelivered(Vec<Undelivered>),
    /// The queue, while it is watched.
    Queue(QueueView),
    /// The stations of a message, as they were asked for.
    Trace(Trace),
    /// A message that another one answers, as it was asked for.
    Quoted(Box<Quote>),
    /// What to compare with a member, as it was asked for.
    Comparison(Comparison),
    /// Somebody said something that is not stored, only shown.
    Live(LiveMessage),
    /// A member is typing, or has stopped.
    Typing {
        /// Who.
        member: MemberId,
        /// True if it is typing.
        typing: bool,
    },
    /// A draft that makes no row of its own (an edit, a deletion, a reaction) is stored.
    Stored(DraftId),
    /// A draft was cancelled and will never be said.
    Cancelled(DraftId),
    /// A command was refused; nothing changed.
    Refused {
        /// The draft, if it was one.
        draft: Option<DraftId>,
        /// Why.
        reason: Refusal,
    },
    /// Who waits at the door, whenever that has changed; in rooms that approve their members.
    Applicants(Vec<ApplicantView>),
    /// Where oneself stands, whenever that has changed; in rooms that approve their members.
    Admission(Admission),
    /// Something went wrong that a person should know of; the room goes on.
    Trouble(Trouble),
    /// Something of what is looked for was found, or the search has ended.
    Found(Found),
}

/// The room itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomView {
    /// Which room.
    pub room: RoomId,
    /// Its name, as the founder gave it; empty until it is known.
    pub name: String,
    /// Oneself.
    pub me: MemberId,
    /// Who founded it.
    pub founder: MemberId,
    /// The invite, to be put behind the `#` of the page's address.
    pub invite: String,
    /// What the invite gives: the room, or a way to ask.
    pub entrance: Entrance,
}

/// A message, as it stands in the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// Its address.
    pub entry: EntryId,
    /// Its hash: what says something of it names that, too.
    pub hash: EntryHash,
    /// The draft that it was, on the device that wrote it (while it is remembered).
    pub draft: Option<DraftId>,
    /// Who wrote it.
    pub author: MemberId,
    /// True if that is oneself.
    pub own: bool,
    /// Where it stands: the same on every device.
    pub order: Order,
    /// When it was written, by the author's clock; for show.
    pub wall: Millis,
    /// How urgent.
    pub priority: Priority,
    /// What it says.
    pub body: Body,
    /// Bytes of its body as it is stored and sent: packed and sealed. 0 if the body is gone.
    pub size: u32,
    /// How far it has come.
    pub state: RowState,
    /// How many other members hold it, as far as is proven here.
    pub held_by: u32,
    /// For whom it is, if that is one other member who is still there.
    pub recipient: Option<MemberId>,
    /// True if it came after later ones and nothing was missing: it is not to be overlooked.
    pub late: bool,
    /// True if it is new to the person, as it is told: nobody was there to see it come.
    pub unread: bool,
    /// True if its author has changed its words.
    pub edited: bool,
    /// What members have put on it: at most [`limits::REACTIONS`](crate::limits::REACTIONS).
    pub reactions: Vec<Reaction>,
    /// When its body goes, in milliseconds since 1970 by the author's clock.
    pub expiry: Option<Millis>,
    /// How long after it was read its words go, if they do.
    pub vanishes: Option<Millis>,
    /// Who else can read it, if it was said to one member alone: to whom, or its author.
    pub private: Option<MemberId>,
    /// The message that it answers, if it answers one: most answer none, and take no room for it.
    pub reply_to: Option<Box<Target>>,
}

/// An emoji that members have put on a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reaction {
    /// The emoji.
    pub emoji: String,
    /// Who has put it there.
    pub members: Vec<MemberId>,
}

/// The order of rows: by lamport, then log, then seq.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Order {
    /// The Lamport time of the entry.
    pub lamport: u64,
    /// Its log.
    pub log: LogId,
    /// Its place in the log.
    pub seq: Seq,
}

/// What a row says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Body {
    /// Words.
    Text(String),
    /// The body is gone: expired or deleted.
    Gone,
    /// Something about who is in the room.
    Decided(Decided),
    /// Written by a newer version of Confab.
    Newer,
    /// It verifies, but does not open: damaged or made by a faulty peer.
    Unreadable,
}

/// What was decided about who is in the room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Decided {
    /// These members got the room's present secret.
    Approved(Vec<MemberId>),
    /// A member was removed.
    Removed(MemberId),
    /// A member became an admin.
    Promoted(MemberId),
    /// An admin became a member again.
    Demoted(MemberId),
    /// The invite changed.
    NewLink,
    /// Changes of the room's secret that met were settled.
    Merged,
    /// Whether newcomers have to be approved from now on.
    Gate {
        /// True if they have.
        approve: bool,
    },
}

/// How far a message has come. A state never goes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum RowState {
    /// Own: stored on this device, nobody else holds it.
    Saved,
    /// Own: somebody else holds it, not yet all recipients.
    Held,
    /// Own: refused by a recipient until it was given up; offered again on request.
    Failed,
    /// Own: all recipients hold it.
    Delivered,
    /// Own: all recipients have read it.
    Read,
    /// Own: expired before all recipients held it.
    Expired,
    /// Somebody else's.
    Received,
}

/// Whether anybody can be reached.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum LinkState {
    /// No link, and none in the making.
    #[default]
    Offline,
    /// No link yet, at least one in the making.
    Connecting,
    /// At least one proven link.
    Online,
}

/// Whether newcomers can find us.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum SignalState {
    /// No socket.
    #[default]
    Offline,
    /// A socket, but the server has not let us in yet.
    Connecting,
    /// Joined.
    Online,
}

/// Messages that are known to exist and are not here yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gap {
    /// Whose messages.
    pub author: MemberId,
    /// How many.
    pub missing: u64,
    /// Who is being asked for them.
    pub asking: Option<MemberId>,
}
