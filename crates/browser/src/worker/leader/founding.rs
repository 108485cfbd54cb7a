//! Rooms that are new on this device: stored first, opened then, and only then told of.
//!
//! ```text
//!  create, join ──► known? ── yes ──────────────────────────► shown
//!                     └─ no ──► commit the record ──► stored ──► engine opened, named ──► shown
//!                                                └──► refused
//! ```

use engine::protocol::limits::ROOMS_PER_CONNECTION;
use engine::{Command, Durability, RoomId, RoomRecord, StoreFault, StoreOp, Table};

use super::{Leader, LeaderError};
use crate::client::event::ClientRefusal;
use crate::message::{AskId, News};
use crate::worker::happening::{Happening, Report};
use crate::worker::reach::Asker;

/// A room on its way to the disk, and what is to be done with it then.
pub(super) struct Founding {
    record: Option<RoomRecord>,
    askers: Vec<(Asker, AskId)>,
    commands: Vec<Command>,
}

impl Founding {
    /// Somebody else has asked for the same room.
    pub(super) fn join_in(&mut self, mut other: Founding) {
        self.askers.append(&mut other.askers);
    }

    pub(super) fn create(asker: Asker, ask: AskId, room_name: String, my_name: String) -> Self {
        let named = Some(Command::SetRoomName(room_name));
        Self { record: None, askers: vec![(asker, ask)], commands: with_name(my_name, named) }
    }

    pub(super) fn join(asker: Asker, ask: AskId, my_name: String) -> Self {
        Self { record: None, askers: vec![(asker, ask)], commands: with_name(my_name, None) }
    }
}

fn with_name(my_name: String, more: Option<Command>) -> Vec<Command> {
    let mine = (!my_name.is_empty()).then_some(Command::SetName(my_name));
    let named = |command: &Command| *command != Command::SetRoomName(String::new());
    mine.into_iter().chain(more.filter(named)).collect()
}

impl Leader {
    /// Stores the record of a room, unless this device is in it already.
    pub(super) fn found(&mut self, record: RoomRecord, mut founding: Founding) {
        let room = record.room();
        if let Some(leaving) = self.leaving.get_mut(&room) {
            // Nothing of the last time may be left when it begins anew.
            return leaving.come_back(record, founding);
        }
        if self.rooms.contains_key(&room) {
            for (asker, ask) in founding.askers {
                self.show(asker, Some(ask), room);
            }
            return;
        }
        if let Some(running) = self.founding.get_mut(&room) {
            return running.join_in(founding);
        }
        if self.rooms.len() + self.founding.len() >= ROOMS_PER_CONNECTION {
            let limit = u64::try_from(ROOMS_PER_CONNECTION).unwrap_or(u64::MAX);
            return self.refuse(founding, &ClientRefusal::TooManyRooms { limit });
        }
        let put = StoreOp::Put(Table::Rooms, record.key(), record.encode());
        let stored = self.reach.store.commit(&[put], Durability::Strict);
        founding.record = Some(record);
        self.founding.insert(room, founding);
        self.reach
            .feed
            .put_later(async move { Happening::Report(Report::Founded(room, stored.await)) });
    }

    /// The record of a room is stored, or not.
    pub(super) fn on_founded(
        &mut self,
        room: RoomId,
        outcome: Result<(), StoreFault>,
    ) -> Result<(), LeaderError> {
        self.note_outcome(&outcome)?;
        let Some(mut founding) = self.founding.remove(&room) else { return Ok(()) };
        match (outcome, founding.record.take()) {
            (Ok(()), Some(record)) => {
                self.open(record)?;
                for command in founding.commands {
                    if let Some(open) = self.rooms.get_mut(&room) {
                        let summary = open.command(command, &mut self.reach);
                        self.after(room, summary);
                    }
                }
                self.reach.tell_all(News::Rooms(self.rooms()));
                for (asker, ask) in founding.askers {
                    self.show(asker, Some(ask), room);
                }
            }
            (Err(fault), _) => self.refuse(founding, &ClientRefusal::Store(fault)),
            (Ok(()), None) => debug_assert!(false, "a founding has its record until it is stored"),
        }
        Ok(())
    }

    fn refuse(&self, founding: Founding, refusal: &ClientRefusal) {
        for (asker, ask) in founding.askers {
            let refusal = refusal.clone();
            self.reach.tell(asker, News::Refused { ask: Some(ask), refusal });
        }
    }

    /// Shows a room to whoever asked: all that it is now, and from now on what happens there.
    pub(super) fn show(&mut self, asker: Asker, ask: Option<AskId>, room: RoomId) {
        let Some(open) = self.rooms.get(&room) else {
            return self.refuse_room(asker, room);
        };
        self.reach.follow(asker, room);
        self.reach.tell(asker, News::Opened { room, ask });
        for event in open.snapshot() {
            self.reach.tell(asker, News::Room { room, event });
        }
    }
}
