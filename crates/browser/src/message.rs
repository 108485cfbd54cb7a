//! What the parts of one device say to each other: a page and its worker, and the tabs' workers.
//!
//! ```text
//!  page ── ToWorker ──► own worker ── TabMessage ──► the worker that leads
//!       ◄── ToPage ────            ◄── TabMessage ──
//! ```
//! All of it is postcard in a `Uint8Array`. Page and worker compare their builds before the first
//! of these is read, and tabs before each, so that no build reads what another has written.

use engine::protocol::Relays;
use engine::room::vault::{DeviceKey, Note};
use engine::{Channel, Command, Entrance, Event, LinkId, RoomId, RtcCall, RtcState, SdpKind};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::client::event::{
    BackupNews, ClientRefusal, Fault, GuardRefusal, RoomSummary, StorageState,
};
use crate::client::survey::{Finding, LinkNews, Path};
use crate::lab::Conditions;

/// The build: version and a mark of the sources.
pub(crate) const BUILD: &str = concat!(env!("CARGO_PKG_VERSION"), "+", env!("CONFAB_BUILD_MARK"));

/// From a page to its own worker.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum ToWorker {
    /// The page is of the same build: begin.
    Start {
        /// The address of the signaling socket; none if it was refused.
        signal: Option<String>,
    },
    /// Something asked of whoever leads in this term, as far as the page knows.
    Request { term: Term, request: Request },
    /// The device may have slept or changed networks.
    Wake,
    /// A person is at this page.
    Touched,
    /// Call the signaling server, as a test.
    Check,
    /// News of a connection.
    Rtc { room: RoomId, link: LinkId, news: RtcNews },
    /// A data channel of a connection, transferred beside this message.
    Channel { room: RoomId, link: LinkId, channel: Channel },
}

/// Counts the leaders that a worker has told its page of. A request of an earlier term that will be
/// asked again is passed over: else a draft could overtake those that were written before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Term(pub u64);

/// What a page has seen of a connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RtcNews {
    /// A local description.
    Description {
        /// Offer or answer.
        kind: SdpKind,
        /// The description.
        sdp: String,
    },
    /// A local candidate, as JSON.
    Candidate(String),
    /// The connection's state.
    State(RtcState),
    /// What the browser has measured of it, as was asked.
    Measured(Path),
}

/// Something that a page asks of the leader. All of these may be asked twice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Request {
    /// Found a room, and open it.
    Create { ask: AskId, entropy: Entropy, room_name: String, my_name: String, entrance: Entrance },
    /// Enter a room if this device is not in it yet, and open it.
    Join { ask: AskId, entropy: Entropy, invite: String, my_name: String },
    /// Tell this tab what a room is and what happens there.
    Open { room: RoomId },
    /// Leave a room: all that is stored of it here goes.
    Leave { ask: AskId, room: RoomId },
    /// Make a backup of all rooms. A leader that dies has made none.
    Export { ask: AskId, passphrase: Passphrase },
    /// Take a backup in, step by step. A leader that dies has taken none in.
    Import { ask: AskId, step: ImportStep },
    /// Set, change or remove the passphrase of this device, or what belongs to it.
    Protect { ask: AskId, step: ProtectStep },
    /// Forget all keys, in every tab, once what was written is saved.
    Lock { ask: AskId },
    /// Open what is stored with its passphrase.
    Unlock { ask: AskId, passphrase: Passphrase },
    /// Delete all that is stored on this device.
    Wipe { ask: AskId },
    /// Measure the connections of a room, and the way to the server.
    Survey { room: RoomId },
    /// Make the connections of this device worse than they are.
    Worsen(Conditions),
    /// For the engine of a room.
    Command { room: RoomId, command: Command },
}

impl Request {
    /// True if a page asks for this again whenever another worker leads.
    pub(crate) fn is_repeated(&self) -> bool {
        match self {
            Request::Create { .. }
            | Request::Join { .. }
            | Request::Open { .. }
            | Request::Leave { .. }
            | Request::Wipe { .. } => true,
            Request::Export { .. }
            | Request::Import { .. }
            | Request::Protect { .. }
            | Request::Lock { .. }
            | Request::Unlock { .. }
            | Request::Survey { .. }
            | Request::Worsen(_) => false,
            Request::Command { command, .. } => matches!(
                command,
                Command::Send(_)
                    | Command::SendTogether(_)
                    | Command::Replace(_)
                    | Command::Cancel(_)
            ),
        }
    }
}

/// A passphrase. Gone from memory when dropped.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
pub(crate) struct Passphrase(pub String);

impl std::fmt::Debug for Passphrase {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Passphrase")
    }
}

/// Something about the passphrase of this device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum ProtectStep {
    /// There is one from now on.
    Set { new: Passphrase },
    /// Another one in its place.
    Change { old: Passphrase, new: Passphrase },
    /// There is none any more.
    Remove { old: Passphrase },
    /// All is locked after so many minutes without a touch; 0 is never.
    Idle { minutes: u16 },
}

/// The key under which all is stored, and what is noted beside it. It never leaves the memory of
/// this browser's tabs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Protected {
    /// The key.
    pub key: DeviceKey,
    /// How far all is sealed, and after how many minutes it is locked.
    pub note: Note,
}

/// A step in taking a backup in. The next is asked for with [`BackupNews::Taken`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum ImportStep {
    /// A file comes, under this passphrase.
    Begin(Passphrase),
    /// The next bytes of it.
    Part(Vec<u8>),
    /// That were all.
    End,
    /// It does not come whole.
    Cancel,
}

/// Names a request in its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct AskId(pub [u8; 16]);

/// 128 bytes of randomness for the keys of a room. The page draws them, so that a request that is
/// repeated to another leader makes the same room and the same member.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Entropy(pub [[u8; 32]; 4]);

impl Entropy {
    /// The bytes in a row.
    pub(crate) fn bytes(&self) -> [u8; 128] {
        let mut bytes = [0; 128];
        for (to, from) in bytes.iter_mut().zip(self.0.as_flattened()) {
            *to = *from;
        }
        bytes
    }
}

impl std::fmt::Debug for Entropy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Entropy")
    }
}

/// From a worker to its own page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum ToPage {
    /// Another worker leads now, or the first: what is unanswered has to be asked again.
    Lead { term: Term, own: bool, rooms: Vec<RoomSummary>, protected: Option<Protected> },
    /// From the leader.
    News(News),
    /// Do this with a connection.
    Rtc { room: RoomId, link: LinkId, call: RtcCall },
    /// Measure the connections of this room.
    Survey { room: RoomId },
    /// What calling the server has come to, and the relays that it hands out.
    Checked { finding: Finding, relays: Option<Relays> },
    /// Connections may go through these relays from now on.
    Relays(Relays),
    /// The tab that leads is of another build.
    OtherBuild { theirs: String },
    /// The worker ends with this.
    Fatal { text: String },
}

/// What a leader tells pages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum News {
    /// The rooms on this device have changed.
    Rooms(Vec<RoomSummary>),
    /// What there is to say of one of them in short has changed.
    Summary(RoomSummary),
    /// This device is in that room no more, and its keys are gone.
    Left { room: RoomId },
    /// A request is answered: this room is open.
    Opened { room: RoomId, ask: Option<AskId> },
    /// A request is refused.
    Refused { ask: Option<AskId>, refusal: ClientRefusal },
    /// Something happened in a room.
    Room { room: RoomId, event: Event },
    /// Something about the ways that words take.
    Link(LinkNews),
    /// How the storage is; whether it is persistent, only a page knows.
    Storage(StorageState),
    /// Something that a person can act on.
    Fault(Fault),
    /// A backup that this page makes or takes in comes on.
    Backup { ask: AskId, news: BackupNews },
    /// The passphrase was set, changed or removed, or what belongs to it.
    Protection(Option<Protected>),
    /// What a page has asked about the passphrase is done, or refused.
    Guard { ask: AskId, outcome: Result<(), GuardRefusal> },
    /// All is locked: whoever leads has no key.
    Locked,
    /// All that was stored on this device is deleted, as was asked: every tab begins anew.
    Wiped,
}

/// Names a tab, for as long as its worker lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct TabId(pub [u8; 16]);

/// Between the workers of tabs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct TabMessage {
    /// Who says it.
    pub from: TabId,
    /// To whom; none is to all.
    pub to: Option<TabId>,
    /// What.
    pub words: TabWords,
}

/// What the workers of tabs say to each other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum TabWords {
    /// A follower: who leads?
    WhoLeads,
    /// A leader: I do.
    Lead { rooms: Vec<RoomSummary>, protected: Option<Protected> },
    /// A leader: I do not, until I say so again.
    Pause,
    /// A follower, for its page.
    Request(Request),
    /// A follower: my page woke.
    Wake,
    /// A follower: a person is at my page.
    Touched,
    /// A leader, for the page of one tab, or of all that have opened the room.
    News(News),
}

/// Bytes that are no message of this build.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a message between parts of this page cannot be read: {0}")]
pub(crate) struct MessageError(String);

/// A message as bytes.
pub(crate) fn encode<M: Serialize>(message: &M) -> Vec<u8> {
    let bytes = postcard::to_allocvec(message);
    debug_assert!(bytes.is_ok(), "plain data always encodes");
    bytes.unwrap_or_default()
}

/// A message from bytes.
pub(crate) fn decode<M: DeserializeOwned>(bytes: &[u8]) -> Result<M, MessageError> {
    postcard::from_bytes(bytes).map_err(|error| MessageError(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use engine::{Draft, DraftId, Priority};

    #[test]
    fn what_is_written_is_read_again() {
        let entropy = Entropy([[1; 32], [2; 32], [3; 32], [4; 32]]);
        assert_eq!(entropy.bytes()[..33], [[1; 32].as_slice(), &[2]].concat());
        let ask = AskId([7; 16]);
        let draft = Draft::new(DraftId([9; 16]), "hello", Priority::Urgent);
        for request in [
            Request::Create {
                ask,
                entropy,
                room_name: "r".to_owned(),
                my_name: "a".to_owned(),
                entrance: Entrance::Approval,
            },
            Request::Open { room: RoomId([5; 32]) },
            Request::Leave { ask, room: RoomId([5; 32]) },
            Request::Wipe { ask },
            Request::Export { ask, passphrase: Passphrase("words".to_owned()) },
            Request::Import { ask, step: ImportStep::Part(vec![1, 2]) },
            Request::Command { room: RoomId([5; 32]), command: Command::Send(draft) },
        ] {
            let words = TabWords::Request(request);
            let message = TabMessage { from: TabId([1; 16]), to: None, words };
            assert_eq!(decode(&encode(&message)), Ok(message));
        }
    }

    #[test]
    fn bytes_of_something_else_are_an_error_in_words() {
        let error = decode::<ToPage>(&[250, 1, 2]).unwrap_err();
        assert!(error.to_string().contains("cannot be read"), "{error}");
    }

    #[test]
    fn a_build_names_version_and_sources() {
        let (version, mark) = BUILD.split_once('+').unwrap();
        assert_eq!(version, env!("CARGO_PKG_VERSION"));
        assert_eq!(mark.len(), 16);
    }
}
