//! One device of the world, and what can be going to happen to any of them.

use std::collections::BTreeSet;

use engine::{Draft, DraftId, Engine, Event, Input, Output, StoreOp};
use protocol::{ClientMessage, ServerMessage};
use signaling::ConnectionId;

use crate::oracle::Screen;
use crate::store::Store;
use crate::stories::fate::Fate;

/// Something that is going to happen.
#[derive(Debug)]
pub(crate) enum Happening {
    /// An engine takes an input, if that life of its peer is not over.
    Input(usize, u32, Input),
    /// A store has finished with a batch.
    Commit(usize, u32, Output),
    /// A store answers a scan.
    Scan(usize, u32, engine::Scan),
    /// A socket opens.
    Socket(usize, u32),
    /// The server takes a message from a connection.
    Serve(ConnectionId, ClientMessage),
    /// A message of the server arrives.
    Deliver(ConnectionId, ServerMessage),
    /// The server notices that a connection is gone.
    Drop(ConnectionId),
    /// A wire opens.
    Open(usize),
    /// A message arrives over a wire, from one side.
    Arrive(usize, usize),
    /// So many bytes have left a buffer.
    Left(usize, usize, usize),
    /// A cut wire is noticed, or final.
    Notice(usize, u64),
    /// An engine's deadline.
    Tick(usize, u32),
    /// The page asks for older messages.
    Scroll(usize, u32),
    /// A frozen peer goes on.
    Thaw(usize),
}

/// One device.
pub struct Peer {
    pub(crate) record: Vec<u8>,
    pub(crate) store: Store,
    pub(crate) engine: Option<Engine>,
    pub(crate) life: u32,
    pub(crate) screen: Screen,
    pub(crate) connection: Option<ConnectionId>,
    pub(crate) frozen: Option<Vec<Happening>>,
    pub(crate) said: u32,
    pub(crate) wall_skew: i64,
    pub(crate) tick_at: Option<u64>,
    /// A second, and how often the engine was woken in it because it had asked for that.
    pub(crate) woken: (u64, u32),
    /// What its page has said and not seen as a row, oldest first; several were said together.
    pub(crate) unseen: Vec<Vec<Draft>>,
    /// The disk takes nothing more.
    pub(crate) full: bool,
    /// One read of the store in so many fails; none at 0.
    pub(crate) failing_reads: u64,
    /// True if a read has failed, and nothing was stored since.
    pub(crate) read_failed: bool,
    /// A second, and how many reads have failed in it.
    pub(crate) unread: (u64, u32),
    /// When its worker dies.
    pub(crate) fate: Fate,
    /// The rest of a batch, of a driver that stores it in halves.
    pub(crate) half: Vec<StoreOp>,
    /// When the last batch that was given to the store is done.
    pub(crate) commit_at: u64,
    /// When the last commit failed, if none has succeeded since.
    pub(crate) commit_failed: Option<u64>,
}

impl Peer {
    pub(crate) fn new(record: Vec<u8>) -> Peer {
        Peer {
            record,
            store: Store::default(),
            engine: None,
            life: 0,
            screen: Screen::default(),
            connection: None,
            frozen: None,
            said: 0,
            wall_skew: 0,
            tick_at: None,
            woken: (0, 0),
            unseen: Vec::new(),
            full: false,
            failing_reads: 0,
            read_failed: false,
            unread: (0, 0),
            fate: Fate::Lives,
            half: Vec::new(),
            commit_at: 0,
            commit_failed: None,
        }
    }

    /// What its page is told settles what it has said.
    pub(crate) fn settle(&mut self, event: &Event) {
        let settled: BTreeSet<DraftId> = match event {
            Event::Rows(rows) => rows.iter().filter_map(|row| row.draft).collect(),
            Event::Waiting(waiting) => waiting.iter().map(|waiting| waiting.draft.id).collect(),
            Event::Stored(draft)
            | Event::Cancelled(draft)
            | Event::Refused { draft: Some(draft), .. } => BTreeSet::from([*draft]),
            Event::Room(_)
            | Event::Changed(_)
            | Event::Moved(_)
            | Event::Members(_)
            | Event::Older { .. }
            | Event::Pending(_)
            | Event::LinkState(_)
            | Event::SignalState(_)
            | Event::Gaps(_)
            | Event::Undelivered(_)
            | Event::Queue(_)
            | Event::Trace(_)
            | Event::Comparison(_)
            | Event::Quoted(_)
            | Event::Found(_)
            | Event::Live(_)
            | Event::Typing { .. }
            | Event::Refused { draft: None, .. }
            | Event::Applicants(_)
            | Event::Admission(_)
            | Event::Trouble(_) => return,
        };
        self.unseen.retain(|said| !said.iter().any(|draft| settled.contains(&draft.id)));
    }

    /// What its page shows.
    #[must_use]
    pub fn screen(&self) -> &Screen {
        &self.screen
    }

    /// True while its page is open.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.engine.is_some()
    }
}
