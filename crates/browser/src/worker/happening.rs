//! Everything that can happen to a worker, in one queue.
//!
//! Listeners and futures only put it there. The driver reads it in order, in the microtask after
//! the event, so that nothing overtakes and nothing is handled inside of something else.

use engine::{BatchId, Channel, LinkId, Record, RoomId, ScanId, StoreFault};
use futures::channel::mpsc::UnboundedSender;
use wasm_bindgen_futures::spawn_local;
use web_sys::RtcDataChannel;

use crate::channel::ChannelNews;
use crate::client::event::ClientRefusal;
use crate::lock::{Lock, LockError};
use crate::message::{AskId, TabMessage, ToWorker};
use crate::socket::Rumour;
use crate::store::{Lost, OpenFault, Store, Wiped};

/// See the module.
pub(super) enum Happening {
    /// The page said something, perhaps with a channel.
    Page(ToWorker, Option<RtcDataChannel>),
    /// Another tab said something.
    Tab(TabMessage),
    /// A tab of another build said something; it may be the one that leads.
    OtherBuild { build: String, leads: bool },
    /// The lock is ours.
    Locked(Result<Lock, LockError>),
    /// Another tab stands in the way of opening the database.
    Blocked,
    /// The database is open.
    Opened(Result<Store, OpenFault>),
    /// The records of all rooms.
    Records(Result<Vec<Record>, StoreFault>),
    /// The database is ours no more.
    Lost(Lost),
    /// The database is marked as one that goes, or not.
    Condemned(Result<(), StoreFault>),
    /// The database is gone, or not.
    Deleted(Result<(), OpenFault>),
    /// What was written has had its time to be saved.
    Saving,
    /// Something that only whoever leads has set going.
    Report(Report),
}

/// How far files of the browser are put in order after a conversion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Filling {
    /// So many steps were written.
    Written(u8),
    /// It is being taken away.
    Going,
    /// It is gone, or cannot be written or taken away now.
    Over,
}

/// How what is done about the passphrase goes on.
pub(super) enum Protection {
    /// What belongs to it is stored, or not.
    Guarded(Result<(), StoreFault>),
    /// A step of a conversion is stored, up to this key, or not.
    Converted(Result<Option<Vec<u8>>, StoreFault>),
    /// The next step of a conversion is due.
    Convert,
    /// Filling was written, or taken away: the next step of that is due.
    Filled(Filling),
}

/// What a leader's own undertakings report.
pub(super) enum Report {
    /// The record of a new room is stored, or not.
    Founded(RoomId, Result<(), StoreFault>),
    /// It is stored that a room was left, or not.
    Left(RoomId, Result<(), StoreFault>),
    /// Part of what was stored of a room that was left is gone, or not.
    Wiped(RoomId, Result<Wiped, StoreFault>),
    /// A piece of a backup is ready.
    Packed(AskId, Vec<u8>),
    /// The last piece of a backup of so many rooms is ready, or there is none.
    PackedAll(AskId, Result<(Vec<u8>, u32), ClientRefusal>),
    /// Part of a backup is stored, or not.
    Unpacked(AskId, Result<(), StoreFault>),
    /// The records of all rooms of a backup are stored, or not.
    UnpackedAll(AskId, Result<(), StoreFault>),
    /// What is done about the passphrase goes on, in this opening of the database: of an earlier
    /// one it counts for nothing.
    Protecting(u64, Protection),
    /// A batch of a room is stored, or not.
    Committed(RoomId, BatchId, Result<(), StoreFault>),
    /// A scan of a room is answered.
    Scanned(RoomId, ScanId, Result<Vec<Record>, StoreFault>),
    /// The signaling socket, and which attempt.
    Socket(u64, Rumour),
    /// A data channel.
    Channel(RoomId, LinkId, Channel, ChannelNews),
    /// A deadline may have come.
    Timer,
    /// Time to look at the clocks.
    Look,
}

/// The end of the queue where things are put in.
#[derive(Clone)]
pub(super) struct Feed {
    sender: UnboundedSender<Happening>,
}

impl Feed {
    pub(super) fn new(sender: UnboundedSender<Happening>) -> Self {
        Self { sender }
    }

    /// Something happened.
    pub(super) fn put(&self, happening: Happening) {
        // Fails only once the driver is gone, and the worker with it.
        let _ = self.sender.unbounded_send(happening);
    }

    /// Something will have happened when this is done.
    pub(super) fn put_later(&self, later: impl Future<Output = Happening> + 'static) {
        let feed = self.clone();
        spawn_local(async move { feed.put(later.await) });
    }
}
