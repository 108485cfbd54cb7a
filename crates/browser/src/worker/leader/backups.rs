//! Backups: all rooms of this device into a file, and the rooms of a file onto this device.
//!
//! ```text
//!  export ──► one walk over the store ──► pieces, as they are full ──► the page that asked
//!  part ──► opened ──► stored; the room's record says "left" ──► the next part …  ──► end
//!             └─ refused: what was stored goes again              the records say who one is ◄─┘
//! ```
//! A room of a file is not on this device before the last piece has opened: a page that dies in
//! between leaves rooms that were "left", and the next leader takes them away. What is here
//! already stays as it is. Each room that comes begins another log: the device that made the file
//! may go on.

use std::cell::RefCell;
use std::rc::Rc;

use engine::crypto::passphrase::Cost;
use engine::protocol::limits::ROOMS_PER_CONNECTION;
use engine::room::backup::{BackupError, Item, Packer, TABLES, Unpacker};
use engine::{Durability, Incarnation, Millis, RoomId, RoomRecord, StoreFault, StoreOp, Table};

use super::leaving::Leaving;
use super::{Leader, LeaderError};
use zeroize::Zeroizing;

use crate::client::event::{BackupNews, ClientRefusal};
use crate::clock::now;
use crate::message::{AskId, ImportStep, News, Passphrase};
use crate::random;
use crate::store::{Stretch, Walk};
use crate::worker::happening::{Happening, Report};
use crate::worker::reach::Asker;

/// Records that are read at once.
const PAGE: u32 = 128;
/// A page that hands nothing over for so long has given up.
const PATIENCE: Millis = 60_000;

/// Backups that are being made and taken in.
#[derive(Default)]
pub(super) struct Backups {
    export: Option<(AskId, Asker)>,
    import: Option<Import>,
}

/// A file that is being taken in.
struct Import {
    ask: AskId,
    asker: Asker,
    unpacker: Unpacker,
    /// Rooms that are new here, with logs of their own.
    rooms: Vec<RoomRecord>,
    /// How many are here already.
    known: u32,
    /// What comes next is of a room that is here already.
    passing: bool,
    /// When the page has said something last.
    heard: Millis,
}

impl Leader {
    /// Makes a backup of all rooms.
    pub(super) fn export(&mut self, asker: Asker, ask: AskId, passphrase: &Passphrase) {
        if self.backups.export.is_some() {
            return self.refuse_backup(asker, ask, ClientRefusal::BackupInterrupted);
        }
        let begun = random::bytes()
            .map_err(|error| ClientRefusal::NoRandomness { text: error.0 })
            .and_then(|seed| {
                Packer::begin(&passphrase.0, Cost::PRESENT, seed).map_err(ClientRefusal::Backup)
            });
        let (packer, head) = match begun {
            Ok(begun) => begun,
            Err(refusal) => return self.refuse_backup(asker, ask, refusal),
        };
        self.backups.export = Some((ask, asker));
        self.tell_backup(asker, ask, BackupNews::Part(head));
        let rooms: Vec<RoomId> = self.rooms.keys().copied().collect();
        let count = u32::try_from(rooms.len()).unwrap_or(u32::MAX);
        let of_room = |room: &RoomId| TABLES.map(|table| (table, room.records()));
        let stretches: Vec<Stretch> = rooms.iter().flat_map(of_room).collect();
        let (feed, packing) = (self.reach.feed.clone(), Rc::new(RefCell::new(Ok(packer))));
        let packed = packing.clone();
        let walk = self.reach.store.walk(stretches, PAGE, move |table, records| {
            let mut packing = packing.borrow_mut();
            let Ok(packer) = &mut *packing else { return Walk::Over };
            let mut pieces = records.iter().map(|(key, value)| packer.put(table, (key, value)));
            let outcome = pieces.try_for_each(|piece| {
                piece.map(|piece| {
                    if !piece.is_empty() {
                        feed.put(Happening::Report(Report::Packed(ask, piece)));
                    }
                })
            });
            match outcome {
                Ok(()) => Walk::On,
                Err(error) => {
                    *packing = Err(error);
                    Walk::Over
                }
            }
        });
        self.reach.feed.put_later(async move {
            let walked = walk.await.map_err(ClientRefusal::Store);
            let packer = packed.replace(Err(BackupError::Incomplete));
            let end =
                walked.and_then(|()| packer.and_then(Packer::end).map_err(ClientRefusal::Backup));
            Happening::Report(Report::PackedAll(ask, end.map(|piece| (piece, count))))
        });
    }

    /// A piece of a backup is ready.
    pub(super) fn on_packed(&self, ask: AskId, piece: Vec<u8>) {
        if let Some((_, asker)) = self.backups.export.filter(|(running, _)| *running == ask) {
            self.tell_backup(asker, ask, BackupNews::Part(piece));
        }
    }

    /// The last piece of a backup is ready, or there is none.
    pub(super) fn on_packed_all(
        &mut self,
        ask: AskId,
        outcome: Result<(Vec<u8>, u32), ClientRefusal>,
    ) {
        let running = self.backups.export.take_if(|(running, _)| *running == ask);
        let Some((_, asker)) = running else { return };
        match outcome {
            Ok((piece, rooms)) => {
                self.tell_backup(asker, ask, BackupNews::Part(piece));
                self.tell_backup(asker, ask, BackupNews::Made { rooms });
            }
            Err(refusal) => self.refuse_backup(asker, ask, refusal),
        }
    }

    /// A page takes a backup in, step by step.
    pub(super) fn import(&mut self, asker: Asker, ask: AskId, step: ImportStep) {
        match step {
            ImportStep::Begin(passphrase) => {
                self.give_up_import(None);
                let unpacker = Unpacker::new(Zeroizing::new(passphrase.0.clone()));
                let (rooms, known, passing) = (vec![], 0, true);
                let import =
                    Import { ask, asker, unpacker, rooms, known, passing, heard: now().mono };
                self.backups.import = Some(import);
                self.tell_backup(asker, ask, BackupNews::Taken);
            }
            ImportStep::Part(bytes) => match self.take_in(ask, &bytes) {
                Ok(ops) if ops.is_empty() => self.tell_backup(asker, ask, BackupNews::Taken),
                Ok(ops) => self.store_import(ask, &ops, Report::Unpacked),
                Err(refusal) => self.refuse_import(asker, ask, refusal),
            },
            ImportStep::End => match self.finish_import(ask) {
                Ok(ops) => self.store_import(ask, &ops, Report::UnpackedAll),
                Err(refusal) => self.refuse_import(asker, ask, refusal),
            },
            ImportStep::Cancel => self.give_up_import(Some(ask)),
        }
    }

    /// A page that is gone does not hold up its rooms.
    pub(super) fn look_at_backups(&mut self) {
        let late = |import: &Import| import.heard.saturating_add(PATIENCE) < now().mono;
        if let Some(ask) = self.backups.import.as_ref().filter(|it| late(it)).map(|it| it.ask) {
            self.give_up_import(Some(ask));
        }
    }

    fn running(&mut self, ask: AskId) -> Result<&mut Import, ClientRefusal> {
        // Another page has begun with another file, or another leader does not know of it.
        self.backups
            .import
            .as_mut()
            .filter(|import| import.ask == ask)
            .ok_or(ClientRefusal::BackupInterrupted)
    }

    /// What is to be stored of these bytes.
    fn take_in(&mut self, ask: AskId, bytes: &[u8]) -> Result<Vec<StoreOp>, ClientRefusal> {
        let import = self.running(ask)?;
        import.heard = now().mono;
        let items = import.unpacker.take(bytes).map_err(ClientRefusal::Backup)?;
        let mut ops = Vec::new();
        for item in items {
            match item {
                Item::Room(record) => ops.extend(self.stage(ask, *record)?),
                Item::Record(table, key, value) => {
                    if !self.running(ask)?.passing {
                        ops.push(StoreOp::Put(table, key, value));
                    }
                }
            }
        }
        Ok(ops)
    }

    /// A room of the file begins: it is one that was left until all of it is here.
    fn stage(
        &mut self,
        ask: AskId,
        mut record: RoomRecord,
    ) -> Result<Option<StoreOp>, ClientRefusal> {
        let room = record.room();
        let here = self.rooms.contains_key(&room)
            || self.founding.contains_key(&room)
            || self.leaving.contains_key(&room);
        let rooms = self.rooms.len() + self.founding.len();
        let import = self.running(ask)?;
        import.passing = here;
        if here {
            import.known += 1;
            return Ok(None);
        }
        if rooms + import.rooms.len() >= ROOMS_PER_CONNECTION {
            let limit = u64::try_from(ROOMS_PER_CONNECTION).unwrap_or(u64::MAX);
            return Err(ClientRefusal::TooManyRooms { limit });
        }
        let fresh =
            random::bytes().map_err(|error| ClientRefusal::NoRandomness { text: error.0 })?;
        record.set_incarnation(Incarnation(fresh));
        let left = StoreOp::Put(Table::Rooms, record.key(), RoomRecord::left());
        import.rooms.push(record);
        self.leaving.insert(room, Leaving::arriving());
        Ok(Some(left))
    }

    /// The records of all rooms of a file that has come whole.
    fn finish_import(&mut self, ask: AskId) -> Result<Vec<StoreOp>, ClientRefusal> {
        let import = self.running(ask)?;
        let unpacker = std::mem::replace(&mut import.unpacker, Unpacker::new(Zeroizing::default()));
        unpacker.end().map_err(ClientRefusal::Backup)?;
        let put = |record: &RoomRecord| StoreOp::Put(Table::Rooms, record.key(), record.encode());
        Ok(import.rooms.iter().map(put).collect())
    }

    fn store_import(
        &self,
        ask: AskId,
        ops: &[StoreOp],
        report: fn(AskId, Result<(), StoreFault>) -> Report,
    ) {
        let stored = self.reach.store.commit(ops, Durability::Strict);
        let feed = &self.reach.feed;
        feed.put_later(async move { Happening::Report(report(ask, stored.await)) });
    }

    /// Part of a file is stored, or not.
    pub(super) fn on_unpacked(
        &mut self,
        ask: AskId,
        outcome: Result<(), StoreFault>,
    ) -> Result<(), LeaderError> {
        self.note_outcome(&outcome)?;
        // Else it was given up meanwhile.
        if let Ok(asker) = self.running(ask).map(|import| import.asker) {
            match outcome {
                Ok(()) => self.tell_backup(asker, ask, BackupNews::Taken),
                Err(fault) => self.refuse_import(asker, ask, ClientRefusal::Store(fault)),
            }
        }
        Ok(())
    }

    /// The records of all rooms of a file are stored, or not.
    pub(super) fn on_unpacked_all(
        &mut self,
        ask: AskId,
        outcome: Result<(), StoreFault>,
    ) -> Result<(), LeaderError> {
        self.note_outcome(&outcome)?;
        if let Err(fault) = outcome {
            if let Ok(asker) = self.running(ask).map(|import| import.asker) {
                self.refuse_import(asker, ask, ClientRefusal::Store(fault));
            }
            return Ok(());
        }
        let running = self.backups.import.take_if(|import| import.ask == ask);
        let Some(Import { asker, rooms, known, .. }) = running else { return Ok(()) };
        let added = u32::try_from(rooms.len()).unwrap_or(u32::MAX);
        for record in rooms {
            self.arrive(record)?;
        }
        self.reach.tell_all(News::Rooms(self.rooms()));
        self.tell_backup(asker, ask, BackupNews::Imported { added, known });
        Ok(())
    }

    fn refuse_import(&mut self, asker: Asker, ask: AskId, refusal: ClientRefusal) {
        self.give_up_import(Some(ask));
        self.refuse_backup(asker, ask, refusal);
    }

    /// What came of a file that does not come whole goes again.
    fn give_up_import(&mut self, ask: Option<AskId>) {
        let running = |import: &mut Import| ask.is_none_or(|ask| import.ask == ask);
        let Some(import) = self.backups.import.take_if(running) else { return };
        for record in import.rooms {
            self.turn_back(record.room());
        }
    }

    fn refuse_backup(&self, asker: Asker, ask: AskId, refusal: ClientRefusal) {
        self.tell_backup(asker, ask, BackupNews::Refused(refusal));
    }

    fn tell_backup(&self, asker: Asker, ask: AskId, news: BackupNews) {
        self.reach.tell(asker, News::Backup { ask, news });
    }
}
