//! Rooms that this device leaves: closed first, then without keys on the disk, then without all.
//!
//! ```text
//!  leave ──► links and meetings end ──► the record says "left" ──► all pages are told
//!              (not stored: opened again, refused)   └──► records go, table by table, in bounded
//!  at a start: a record says "left" ─────────────────────► transactions; the record goes last
//! ```
//! The record is the only key to what is stored, so with the first transaction nothing of the room
//! can be read any more. A page that dies leaves the record behind, and the next leader goes on.

use engine::{Durability, RoomId, RoomRecord, StoreFault, StoreOp, Table};

use super::{Leader, LeaderError};
use crate::client::event::ClientRefusal;
use crate::clock::pause;
use crate::message::{AskId, News};
use crate::store::Wiped;
use crate::worker::happening::{Happening, Report};
use crate::worker::leader::founding::Founding;
use crate::worker::reach::Asker;

/// Where records of a room are, in the order in which they go.
const TABLES: [Table; 5] =
    [Table::Runs, Table::Timeline, Table::Projections, Table::State, Table::Rooms];
/// Records that go in one transaction: few enough that others need not wait for it.
const AT_ONCE: u32 = 1_000;
/// How long to wait before what could not be deleted is tried again.
const RETRY_MILLIS: u32 = 5_000;

/// A room that is being left.
pub(super) struct Leaving {
    stage: Stage,
    /// Whoever wants to come back has to wait until nothing is left.
    back: Option<Box<(RoomRecord, Founding)>>,
}

enum Stage {
    /// It is being stored that it was left; it is opened again if that fails.
    Noting { record: Box<RoomRecord>, asker: Asker, ask: AskId },
    /// It comes from a backup.
    Arriving,
    /// This table and those behind it have records yet.
    Wiping(usize),
}

impl Leaving {
    /// A room that comes from a backup, and is one that was left until all of it is here.
    pub(super) fn arriving() -> Leaving {
        Leaving { stage: Stage::Arriving, back: None }
    }

    /// Comes back as soon as nothing of the last time is left.
    pub(super) fn come_back(&mut self, record: RoomRecord, founding: Founding) {
        match &mut self.back {
            Some(back) => back.1.join_in(founding),
            None => self.back = Some(Box::new((record, founding))),
        }
    }
}

impl Leader {
    /// Leaves a room; whoever asks again is answered again.
    pub(super) fn leave(&mut self, asker: Asker, ask: AskId, room: RoomId) {
        if let Some(Leaving { stage: Stage::Noting { .. }, .. }) = self.leaving.get(&room) {
            return;
        }
        let Some(open) = self.rooms.remove(&room) else {
            return self.reach.tell(asker, News::Left { room });
        };
        let record = open.part(&mut self.reach);
        self.reach.leave(room);
        let left = StoreOp::Put(Table::Rooms, record.key(), RoomRecord::left());
        let stored = self.reach.store.commit(&[left], Durability::Strict);
        let stage = Stage::Noting { record: Box::new(record), asker, ask };
        self.leaving.insert(room, Leaving { stage, back: None });
        self.reach
            .feed
            .put_later(async move { Happening::Report(Report::Left(room, stored.await)) });
    }

    /// It is stored that a room was left, or not.
    pub(super) fn on_left(
        &mut self,
        room: RoomId,
        outcome: Result<(), StoreFault>,
    ) -> Result<(), LeaderError> {
        self.note_outcome(&outcome)?;
        match outcome {
            Ok(()) => {
                if let Some(leaving) = self.leaving.get_mut(&room) {
                    leaving.stage = Stage::Wiping(0);
                }
                self.reach.tell_left(room);
                self.reach.tell_all(News::Rooms(self.rooms()));
                self.wipe(room);
            }
            Err(fault) => {
                let Some(Leaving { stage, back }) = self.leaving.remove(&room) else {
                    return Ok(());
                };
                if let Stage::Noting { record, asker, ask } = stage {
                    self.open(*record)?;
                    let refusal = ClientRefusal::Store(fault);
                    self.reach.tell(asker, News::Refused { ask: Some(ask), refusal });
                }
                self.found_again(back);
            }
        }
        Ok(())
    }

    /// All of a room of a backup is stored: it is opened.
    pub(super) fn arrive(&mut self, record: RoomRecord) -> Result<(), LeaderError> {
        let back = self.leaving.remove(&record.room()).and_then(|leaving| leaving.back);
        self.open(record)?;
        self.found_again(back);
        Ok(())
    }

    /// Not all of a room of a backup comes: what has come goes again.
    pub(super) fn turn_back(&mut self, room: RoomId) {
        if let Some(leaving) = self.leaving.get_mut(&room) {
            leaving.stage = Stage::Wiping(0);
            // Its record may be on its way to the disk: this one comes behind it.
            let left = StoreOp::Put(Table::Rooms, room.0.to_vec(), RoomRecord::left());
            drop(self.reach.store.commit(&[left], Durability::Strict));
            self.wipe(room);
        }
    }

    /// An earlier leader has begun to leave this room.
    pub(super) fn go_on_leaving(&mut self, key: &[u8]) {
        if let Ok(room) = <[u8; 32]>::try_from(key).map(RoomId) {
            self.leaving.insert(room, Leaving { stage: Stage::Wiping(0), back: None });
            self.wipe(room);
        }
    }

    /// Takes the next records of a room away.
    fn wipe(&mut self, room: RoomId) {
        let Some(Leaving { stage: Stage::Wiping(at), .. }) = self.leaving.get(&room) else {
            return;
        };
        let Some(table) = TABLES.get(*at) else {
            let back = self.leaving.remove(&room).and_then(|leaving| leaving.back);
            return self.found_again(back);
        };
        let wiped = self.reach.store.wipe(*table, &room.records(), AT_ONCE);
        self.reach
            .feed
            .put_later(async move { Happening::Report(Report::Wiped(room, wiped.await)) });
    }

    /// Some records of a room are gone, or not.
    pub(super) fn on_wiped(
        &mut self,
        room: RoomId,
        outcome: Result<Wiped, StoreFault>,
    ) -> Result<(), LeaderError> {
        let Some(Leaving { stage: Stage::Wiping(at), .. }) = self.leaving.get_mut(&room) else {
            return Ok(());
        };
        match outcome {
            Ok(Wiped::All) => *at += 1,
            Ok(Wiped::Some) => {}
            Err(StoreFault::Fenced) => return Err(LeaderError::Fenced),
            Err(StoreFault::Full | StoreFault::Failed(_)) => {
                self.reach.feed.put_later(async move {
                    pause(RETRY_MILLIS).await;
                    Happening::Report(Report::Wiped(room, Ok(Wiped::Some)))
                });
                return Ok(());
            }
        }
        self.wipe(room);
        Ok(())
    }

    fn found_again(&mut self, back: Option<Box<(RoomRecord, Founding)>>) {
        if let Some((record, founding)) = back.map(|back| *back) {
            self.found(record, founding);
        }
    }
}
