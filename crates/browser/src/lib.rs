//! The web-sys glue around the engine: all that runs in a browser and draws nothing.
//!
//! ```text
//!  page:    Client ── rtc (RTCPeerConnection only)
//!             │ postMessage
//!  worker:  driver ── store (IndexedDB), socket (WebSocket), channel (data channels), tabs, lock
//!             └ one engine::Engine a room
//! ```
//! A page starts at [`Client::start`]; the worker's binary runs [`worker::run`]. No decision about
//! order, retry or priority is taken here, and no type of the browser is in the interface; hidden
//! modules are public for this crate's own tests, which run in browsers.

#![warn(missing_docs)]

mod bindings;
#[doc(hidden)]
pub mod channel;
mod client;
mod clock;
mod config;
#[doc(hidden)]
pub mod lab;
#[doc(hidden)]
pub mod lock;
mod message;
mod port;
mod random;
#[doc(hidden)]
pub mod rtc;
mod socket;
#[doc(hidden)]
pub mod store;
pub mod worker;

pub use client::event::{
    BackupNews, ClientEvent, ClientRefusal, Fault, GuardRefusal, Missing, Part, Protection,
    RoomSummary, Space, StartError, StorageState,
};
pub use client::kept::{pack_drafts, unpack_drafts};
pub use client::seal::Seal;
pub use client::survey::{Check, Finding, LinkNews, Path, Route, ServerPath};
pub use client::{Client, ClientOptions, inspect_invite};
pub use engine::crypto::passphrase::is_long_enough as passphrase_is_long_enough;
pub use engine::find;
pub use engine::limits::PASSPHRASE_CHARS;
pub use engine::room::backup::BackupError;
pub use engine::room::vault::Phase;
pub use engine::{
    Act, Admission, ApplicantView, Attempt, Body, Command, Compared, Comparison, Decided, Draft,
    DraftId, Ended, Ending, Entrance, EntryHash, EntryId, Event, Failure, FailureReason, FindId,
    Found, FoundEnd, Gap, Gist, Has, Invite, InviteError, LaneView, LastLine, LinkId, LinkState,
    LiveMessage, LogId, Match, MemberId, MemberView, Millis, Misconduct, Namesake, Order, Original,
    Passage, PeerQueue, Priority, Qos, QueueView, Quote, Reaction, Recipient, Refusal, Role,
    RoomId, RoomView, Row, RowState, RtcState, Shelf, SignalState, Station, StoreFault, Target,
    Terms, Trace, Treatment, Trouble, Undelivered, Waiting, When, letters, limits,
};
pub use lab::Conditions;
pub use random::{random_draft_id, random_find_id};
