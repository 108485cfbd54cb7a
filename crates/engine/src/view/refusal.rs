//! Why something that a person wants does not happen, and what goes wrong by itself.
//!
//! Words for people are the page's: these are for whoever reads a log.

use serde::{Deserialize, Serialize};

use crate::ids::MemberId;
use crate::io::StoreFault;
use crate::view::Misconduct;

/// Why a command was refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum Refusal {
    /// Nothing to say.
    #[error("the message is empty")]
    Empty,
    /// Too much to say at once.
    #[error("the message has {bytes} bytes, {limit} are allowed")]
    TooLong {
        /// Bytes of UTF-8.
        bytes: u64,
        /// The limit.
        limit: u64,
    },
    /// A reaction that is not one emoji or a few letters.
    #[error("a reaction has 1 to {limit} bytes")]
    Reaction {
        /// The limit.
        limit: u64,
    },
    /// Too many drafts, too many bytes or several priorities in one transaction.
    #[error("at most {limit} messages of one priority and {bytes} bytes can be sent together")]
    TooMuchTogether {
        /// The most messages.
        limit: u64,
        /// The most bytes of text.
        bytes: u64,
    },
    /// Too many drafts wait for their time.
    #[error("{limit} messages wait for their time already")]
    TooManyWaiting {
        /// The limit.
        limit: u64,
    },
    /// Terms that contradict each other, or a time that is too far away.
    #[error("a message cannot be sent on these terms: {0}")]
    Terms(String),
    /// No such message, not one's own, or it is gone.
    #[error("there is no such message, or it is not yours to change")]
    NoSuchMessage,
    /// It waits no more: it was said, or somebody holds it.
    #[error("it is too late: the message was said already")]
    TooLate,
    /// Nobody is linked, so what is said only live reaches nobody.
    #[error("nobody is connected: what is only said live would reach nobody")]
    NobodyThere,
    /// Nothing is handed on at present, and what is said only live, or decided, is not to wait.
    #[error("sending is paused: nobody would hear of it")]
    Paused,
    /// Too many drafts wait for the disk.
    #[error("{waiting} messages wait to be stored, wait a moment and send again")]
    Busy {
        /// How many.
        waiting: u64,
    },
    /// A name with control characters, or too long.
    #[error("a name has 1 to {limit} bytes and no control characters")]
    Name {
        /// The limit.
        limit: u64,
    },
    /// Only admins can do this.
    #[error("only admins of the room can do this")]
    NotAdmin,
    /// One is not in the room yet.
    #[error("you are not in this room yet: a member has to let you in first")]
    Outside,
    /// The link leads to another room, or one is inside already.
    #[error("that link is damaged, or does not lead to the door of this room")]
    WrongLink,
    /// One was removed from the room.
    #[error("you were removed from this room: nothing that you write reaches anybody")]
    Removed,
    /// The founder is neither removed, promoted nor demoted.
    #[error("the founder of the room stays what it is")]
    AboutFounder,
    /// So much was decided by this member, or by those who may decide as much as it may, that
    /// nothing more of theirs is taken into account.
    #[error("{limit} decisions are taken into account here, and no more")]
    TooMuchDecided {
        /// The limit: of this member, or of all these.
        limit: u64,
    },
    /// It does not fit to what has become known meanwhile.
    #[error("something else was decided meanwhile: look again, and try it once more")]
    Overtaken,
    /// Only the founder can do this.
    #[error("only the founder of the room can do this")]
    NotFounder,
    /// The key to which something for a member alone is sealed has not come yet.
    #[error(
        "nothing can be sealed to that member yet: its key comes when you have been connected, \
         directly or through others"
    )]
    NoKey,
    /// No such member, or oneself.
    #[error("there is no such member, or it is yourself")]
    NoSuchMember,
    /// So much is shown already that nothing older fits.
    #[error("{limit} messages are shown, older ones do not fit")]
    WindowFull {
        /// The limit.
        limit: u64,
    },
}

/// Something that went wrong without stopping the room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum Trouble {
    /// The store refused: what was being written is still in the page, and is tried again.
    #[error("{0}")]
    Store(StoreFault),
    /// A record on disk is damaged: it was left out, and peers are asked for it.
    #[error("a stored record is damaged and was left out: {0}")]
    Damaged(String),
    /// A peer broke the protocol, and its link was closed.
    #[error("{member:?} broke the protocol: {what}")]
    Peer {
        /// Who, if it had proven that.
        member: Option<MemberId>,
        /// What it did.
        what: String,
    },
    /// The server refused something.
    #[error("the signaling server refused: {0}")]
    Signal(String),
    /// The server breaks its rules.
    #[error("the signaling server breaks its rules: {0}")]
    Server(Misconduct),
    /// A peer speaks another version of the protocol.
    #[error("a member uses version {theirs} of Confab's protocol, this page version {ours}")]
    Version {
        /// Its version.
        theirs: u32,
        /// Ours.
        ours: u32,
    },
}
