//! What a page is told by its client: plain data, no type of the browser.
//!
//! The words here are for logs and for whoever reads an error; the page has its own for people.

use engine::crypto::passphrase::PassphraseError;
use engine::room::backup::BackupError;
use engine::room::vault::{Phase, VaultError};
use engine::{Event, Gist, InviteError, Misconduct, RoomId, StoreFault, limits};
use serde::{Deserialize, Serialize};

use super::seal::Seal;
use super::survey::{Check, Finding, LinkNews};

/// Something that the page should know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClientEvent {
    /// A worker leads and answers; told once, before everything that comes from it.
    Ready {
        /// True if this tab's worker is the one that leads.
        leader: bool,
        /// The rooms on this device.
        rooms: Vec<RoomSummary>,
    },
    /// Another worker leads now: this tab's own, or another tab's.
    Leader(bool),
    /// The rooms on this device have changed.
    Rooms(Vec<RoomSummary>),
    /// What there is to say of a room in short has changed.
    Summary(RoomSummary),
    /// This device is in that room no more: what it has stored of it goes.
    Left {
        /// The room.
        room: RoomId,
    },
    /// A room was created, joined or opened; its state follows as [`ClientEvent::Room`].
    Opened {
        /// The room.
        room: RoomId,
    },
    /// Something happened in a room that this page has opened.
    Room {
        /// The room.
        room: RoomId,
        /// What happened.
        event: Event,
    },
    /// A backup that was asked for comes on.
    Backup(BackupNews),
    /// Whether this device has a passphrase, and what belongs to it; told before
    /// [`ClientEvent::Ready`], and whenever it changes.
    Protection(Option<Protection>),
    /// All is locked: nothing is known before [`Client::unlock`](crate::Client::unlock).
    Locked,
    /// All was locked: this tab has ended, and is to be loaded again.
    Shut,
    /// What was asked about the passphrase is done, or refused.
    Guarded(Result<(), GuardRefusal>),
    /// All that was stored on this device is deleted: this tab has ended, and is to be loaded
    /// again.
    Wiped,
    /// Something about the ways that words take.
    Link(LinkNews),
    /// What a part of the self-test has come to, after
    /// [`Client::check`](crate::Client::check).
    Checked(Check, Finding),
    /// A room cannot be created, joined, opened or left.
    Refused(ClientRefusal),
    /// A newer build of this page is on this device, whole:
    /// [`Client::update`](crate::Client::update) goes on with it.
    Newer,
    /// It has taken over: the page has to load itself again.
    Updated,
    /// How much is stored, after [`Client::measure_space`](crate::Client::measure_space) or
    /// [`Client::persist`](crate::Client::persist).
    Space(Space),
    /// How the browser keeps what is stored; told at start and whenever it changes.
    Storage(StorageState),
    /// Something that a person can act on.
    Fault(Fault),
    /// The worker is gone: nothing works until the page is loaded again.
    Fatal {
        /// What happened, for people and bug reports.
        text: String,
    },
}

/// A room on this device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomSummary {
    /// Which.
    pub room: RoomId,
    /// Its name as last known; empty until it is.
    pub name: String,
    /// The room in short; nothing while what is stored of it is being read.
    pub gist: Option<Gist>,
}

/// The passphrase of this device, and what belongs to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Protection {
    /// How far what is stored is sealed.
    pub phase: Phase,
    /// After so many minutes without a touch all is locked; 0 is never.
    pub idle_minutes: u16,
    /// Seals what the page itself keeps.
    pub seal: Seal,
}

/// Why something about the passphrase was not done. All is as it was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum GuardRefusal {
    /// It is another one.
    #[error("the passphrase is wrong")]
    Passphrase,
    /// The new one is too short to protect anything.
    #[error("a passphrase needs at least {} characters", limits::PASSPHRASE_CHARS)]
    TooShort,
    /// The new one is longer than anybody types.
    #[error("a passphrase has at most {} bytes", limits::PASSPHRASE_BYTES)]
    TooLong,
    /// What is stored is still being sealed or opened after the last change.
    #[error("what is stored is still being converted")]
    Busy,
    /// There is one already.
    #[error("there is a passphrase already")]
    IsSet,
    /// There is none.
    #[error("there is no passphrase")]
    NotSet,
    /// What was written could not be saved, and would be lost.
    #[error("what was written is not saved yet")]
    Unsaved,
    /// What belongs to the passphrase was changed on the disk.
    #[error("what belongs to the passphrase is damaged")]
    Damaged,
    /// It could not be stored.
    #[error("{0}")]
    Store(StoreFault),
    /// Another tab leads now.
    #[error("another tab has taken over")]
    Interrupted,
    /// The browser gives no random numbers, so no key can be made.
    #[error("the browser gives no random numbers: {text}")]
    NoRandomness {
        /// The browser's words.
        text: String,
    },
}

impl From<PassphraseError> for GuardRefusal {
    fn from(error: PassphraseError) -> Self {
        match error {
            PassphraseError::TooShort => Self::TooShort,
            PassphraseError::TooLong => Self::TooLong,
            PassphraseError::Cost => Self::Damaged,
        }
    }
}

impl From<VaultError> for GuardRefusal {
    fn from(error: VaultError) -> Self {
        match error {
            VaultError::Passphrase => Self::Passphrase,
            VaultError::Damaged | VaultError::Newer { .. } => Self::Damaged,
        }
    }
}

/// How a backup comes on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum BackupNews {
    /// The next bytes of the file that is being made.
    Part(Vec<u8>),
    /// It is made: what has come is all of it.
    Made {
        /// Rooms in it.
        rooms: u32,
    },
    /// What was handed over of a file is taken in: the next part may come.
    Taken,
    /// All of it is taken in.
    Imported {
        /// Rooms that are new on this device.
        added: u32,
        /// Rooms that were here already, and are as they were.
        known: u32,
    },
    /// It came to nothing, and all is as it was.
    Refused(ClientRefusal),
}

/// Why a room cannot be created, joined, opened or left.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum ClientRefusal {
    /// Part of the invite is missing or changed.
    #[error("the invite is damaged or incomplete: copy the whole link again")]
    InviteDamaged,
    /// The invite is of a version that this one cannot read.
    #[error("the invite was made by a newer version ({version}): update this one")]
    InviteNewer {
        /// The invite's version.
        version: u32,
    },
    /// This device is in no such room.
    #[error("this device is not in that room: open its invite link")]
    UnknownRoom {
        /// The room that was asked for.
        room: RoomId,
    },
    /// One more room than a device can be in.
    #[error("this device is in {limit} rooms, more are not possible")]
    TooManyRooms {
        /// The limit.
        limit: u64,
    },
    /// The room could not be stored.
    #[error("{0}")]
    Store(StoreFault),
    /// A backup is no good.
    #[error("{0}")]
    Backup(BackupError),
    /// Another page makes a backup or takes one in, or another tab leads now.
    #[error("the work on the backup was interrupted: try again")]
    BackupInterrupted,
    /// The browser gives no random numbers, so no keys can be made.
    #[error("the browser gives no random numbers: {text}")]
    NoRandomness {
        /// The browser's words.
        text: String,
    },
}

impl From<InviteError> for ClientRefusal {
    fn from(error: InviteError) -> Self {
        match error {
            InviteError::Damaged => Self::InviteDamaged,
            InviteError::Newer { version } => Self::InviteNewer { version },
        }
    }
}

/// How the browser keeps what is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum StorageState {
    /// It can be read and written.
    Open {
        /// False if the browser may delete it when space runs short.
        persistent: bool,
    },
    /// The browser gives no more space: nothing new is stored until there is some.
    Full,
    /// Another tab with an older version keeps the database: close that tab.
    Blocked,
    /// A newer version of Confab has changed the database: reload the page.
    Newer,
    /// The database was deleted, by a script or as a site's data. This tab has ended: what it shows
    /// is in its memory only, until the page is loaded again.
    Deleted,
    /// The browser cannot open the database now, as on a full disk; it is tried again.
    Unreadable {
        /// The browser's words.
        text: String,
    },
    /// The browser gives this page no storage, as in some private windows.
    Refused {
        /// The browser's words.
        text: String,
    },
    /// The database lacks a part that it must have.
    Damaged {
        /// What is wrong.
        text: String,
    },
}

impl StorageState {
    /// True if what was stored is away, and every tab has ended with it.
    #[must_use]
    pub fn is_gone(&self) -> bool {
        *self == Self::Deleted
    }

    /// True if nothing is read or stored any more until the page is loaded again.
    #[must_use]
    pub fn ends_all(&self) -> bool {
        match self {
            Self::Newer | Self::Deleted | Self::Refused { .. } | Self::Damaged { .. } => true,
            Self::Open { .. } | Self::Full | Self::Blocked | Self::Unreadable { .. } => false,
        }
    }
}

/// How much is stored on this device, by all that belongs to this page's address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Space {
    /// Bytes in use, and bytes that there may be, if the browser says.
    pub bytes: Option<(u64, u64)>,
    /// False if the browser may delete it when space runs short.
    pub persistent: bool,
}

/// Something wrong that a person can act on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum Fault {
    /// The address in `?signal=` is not one that the page's server allows.
    #[error("{address} is not a signaling address that this page's server allows")]
    SignalAddress {
        /// The address.
        address: String,
    },
    /// The browser refuses to connect to the signaling address at all.
    #[error("the browser refuses to connect to {address}: {text}")]
    SignalRefused {
        /// The address.
        address: String,
        /// The browser's words.
        text: String,
    },
    /// The signaling server breaks its rules. It can forge nothing; told again as it goes on.
    #[error("the signaling server breaks its rules: {0}")]
    Server(Misconduct),
    /// `/config.json` cannot be read: other networks cannot be reached until the page is reloaded.
    #[error("the page's configuration cannot be read: {text}")]
    Configuration {
        /// Why.
        text: String,
    },
    /// Only relays are allowed, for a room or by `?relay=only`, and the page's server knows none:
    /// nobody can be reached.
    #[error("only relayed connections are allowed, and the server names no relay")]
    NoRelay,
    /// This browser cannot move data channels into a worker.
    #[error("this browser cannot move a data channel into a worker: {text}")]
    Transfer {
        /// The browser's words.
        text: String,
    },
    /// The browser refuses to make a connection.
    #[error("the browser refuses to make a connection: {text}")]
    Connection {
        /// The browser's words.
        text: String,
    },
    /// This tab and its worker, or this tab and the one that leads, are of different builds, and
    /// reloading has not helped: close all tabs of Confab, then open it again.
    #[error("this tab is of build {ours}, and another part of Confab of build {theirs}")]
    OtherBuild {
        /// This page's build.
        ours: String,
        /// The other's.
        theirs: String,
    },
    /// Nothing has answered for so long. It may still: [`ClientEvent::Ready`] ends this.
    #[error("{part} has not answered for {seconds} seconds")]
    Silent {
        /// Who does not answer.
        part: Part,
        /// For how long.
        seconds: u32,
    },
    /// The record of a room cannot be read; the other rooms work.
    #[error("the record of a room is damaged: open its invite link again")]
    RoomDamaged,
    /// The record of a room is of a newer version; the other rooms work.
    #[error("the record of a room was written by a newer version: update this one")]
    RoomNewer,
}

/// A part that can fail to answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Part {
    /// This tab's own worker: its code has not come, or the device is very busy.
    Worker,
    /// The tab that leads, or the database: closing other tabs of Confab helps.
    Leader,
}

impl std::fmt::Display for Part {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Part::Worker => "this tab's worker",
            Part::Leader => "the tab that leads, or the database,",
        })
    }
}

/// Why a client cannot start in this browser, on this page.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StartError {
    /// Plain http on anything but this machine itself: browsers then refuse what Confab needs.
    #[error("browsers allow this only over https, or on localhost")]
    NotSecure,
    /// The browser lacks something, or it is switched off.
    #[error("this browser has no {0}")]
    Missing(Missing),
    /// The worker cannot be started.
    #[error("the worker cannot be started: {text}")]
    Worker {
        /// The browser's words.
        text: String,
    },
}

/// What a browser can lack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    /// `Window`: this is no page.
    Page,
    /// `RTCPeerConnection`
    WebRtc,
    /// `Worker`
    Workers,
    /// `indexedDB`
    Storage,
    /// `navigator.locks`
    Locks,
    /// `BroadcastChannel`
    Broadcast,
}

impl std::fmt::Display for Missing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Missing::Page => "page to run in",
            Missing::WebRtc => "WebRTC, or it is switched off",
            Missing::Workers => "workers",
            Missing::Storage => "IndexedDB, or it is switched off",
            Missing::Locks => "Web Locks",
            Missing::Broadcast => "BroadcastChannel",
        })
    }
}
