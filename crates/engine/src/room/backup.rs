//! A backup: identity, rooms and all that a device holds of them, in one file under a passphrase.
//!
//! ```text
//!  head   "confab/b" (8) | version 1 (1) | memory in KiB (4) | passes (1) | salt (16)
//!  piece  length (4) | nonce (24) | records of stores, sealed | tag (16)        … and so on
//!  key    Argon2id(passphrase, salt, cost) with the head    data  number (8) | 1 if it is the last
//! ```
//! Each room begins with its record; what follows has keys of that room. A piece that is left out,
//! moved or cut off does not open. A file is made and read piece by piece: its size is bounded by
//! [`limits::BACKUP_BYTES`], memory by a piece. What the records hold is checked as what lies on
//! the disk is: whoever knows the passphrase can have written it.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::crypto::hash::derive_key;
use crate::crypto::passphrase::{Cost, PassphraseError, SALT_BYTES, check, stretch};
use crate::crypto::random::Random;
use crate::crypto::seal;
use crate::ids::RoomId;
use crate::io::Table;
use crate::limits;
use crate::room::record::RoomRecord;

/// The version of backups that are made now.
pub const BACKUP_VERSION: u8 = 1;
const MAGIC: &[u8; 8] = b"confab/b";
const HEAD_BYTES: usize = MAGIC.len() + 1 + 4 + 1 + SALT_BYTES;
const CONTEXT: &str = "confab/1/backup";

/// Why a file is not taken, or not made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum BackupError {
    /// It does not begin as a backup does.
    #[error("this file is no backup of Confab")]
    Foreign,
    /// A newer version made it.
    #[error("the backup was made by a newer version ({version}): update this one")]
    Newer {
        /// The version.
        version: u8,
    },
    /// The passphrase is another one, or the beginning of the file was changed.
    #[error("the passphrase is wrong, or the file is damaged at its beginning")]
    Passphrase,
    /// A part was changed, left out or moved, or is not what a backup holds.
    #[error("the backup is damaged")]
    Damaged,
    /// It ends too early.
    #[error("the backup is incomplete")]
    Incomplete,
    /// It is larger than can be taken.
    #[error("the backup is larger than {} bytes", limits::BACKUP_BYTES)]
    TooLarge,
    /// The passphrase that was chosen is too short.
    #[error("a passphrase needs at least {} characters", limits::PASSPHRASE_CHARS)]
    TooShort,
    /// The passphrase that was chosen is too long.
    #[error("a passphrase has at most {} bytes", limits::PASSPHRASE_BYTES)]
    TooLong,
}

impl From<PassphraseError> for BackupError {
    fn from(error: PassphraseError) -> Self {
        match error {
            PassphraseError::TooShort => BackupError::TooShort,
            PassphraseError::TooLong => BackupError::TooLong,
            PassphraseError::Cost => BackupError::Damaged,
        }
    }
}

/// A record of a store, as it lies in a piece.
#[derive(Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
struct Wire {
    table: u8,
    #[serde(with = "serde_bytes")]
    key: Vec<u8>,
    #[serde(with = "serde_bytes")]
    value: Vec<u8>,
}

/// What comes out of a backup, in its order.
pub enum Item {
    /// A room begins, and this is one's place in it, with the log that one wrote until then: what
    /// is written after this has to go into another.
    Room(Box<RoomRecord>),
    /// Something that is stored of that room.
    Record(Table, Vec<u8>, Vec<u8>),
}

/// The order in which the tables of a room are put in: its record first.
pub const TABLES: [Table; 5] =
    [Table::Rooms, Table::Runs, Table::Timeline, Table::Projections, Table::State];

fn number(table: Table) -> u8 {
    match table {
        Table::Rooms => 0,
        Table::Runs => 1,
        Table::Timeline => 2,
        Table::Projections => 3,
        Table::State => 4,
    }
}

/// What a file is opened with.
enum Secret {
    Passphrase(Zeroizing<String>),
    /// For fuzzing: no passphrase is stretched, which would take too long.
    Key([u8; 32]),
}

/// The key of all pieces of a file.
struct Lock {
    key: Zeroizing<[u8; 32]>,
    pieces: u64,
}

impl Lock {
    fn new(secret: &Secret, head: &[u8; HEAD_BYTES]) -> Result<Lock, BackupError> {
        let (cost, salt) = read_head(head)?;
        let stretched = match secret {
            Secret::Passphrase(passphrase) => stretch(passphrase, &salt, cost)?,
            Secret::Key(key) => Zeroizing::new(*key),
        };
        Ok(Lock { key: derive_key(CONTEXT, &[&*stretched, head]), pieces: 0 })
    }

    /// What a piece is bound to: its place, and whether another follows.
    fn data(&self, last: bool) -> [u8; 9] {
        let mut data = [0; 9];
        data[..8].copy_from_slice(&self.pieces.to_be_bytes());
        data[8] = u8::from(last);
        data
    }
}

/// Makes a backup.
pub struct Packer {
    lock: Lock,
    random: Random,
    records: Vec<Wire>,
    waiting: usize,
    written: usize,
}

impl Packer {
    /// Begins a file; gives its head, too. `seed` comes from the system's generator and is used for
    /// nothing else. Takes up to a second.
    ///
    /// # Errors
    /// [`BackupError`] if the passphrase is too short or too long.
    pub fn begin(
        passphrase: &str,
        cost: Cost,
        seed: [u8; 32],
    ) -> Result<(Packer, Vec<u8>), BackupError> {
        check(passphrase)?;
        let mut random = Random::new(seed);
        let salt: [u8; SALT_BYTES] = random.bytes();
        let mut head = [0; HEAD_BYTES];
        let parts = [MAGIC, &[BACKUP_VERSION][..], &cost.kib.to_be_bytes(), &[cost.passes], &salt];
        for (to, from) in head.iter_mut().zip(parts.into_iter().flatten()) {
            *to = *from;
        }
        let secret = Secret::Passphrase(Zeroizing::new(passphrase.to_owned()));
        let lock = Lock::new(&secret, &head)?;
        let packer = Packer { lock, random, records: vec![], waiting: 0, written: HEAD_BYTES };
        Ok((packer, head.to_vec()))
    }

    /// Puts a record in; gives what is to be written to the file by now, perhaps nothing.
    ///
    /// # Errors
    /// [`BackupError::TooLarge`] if the record or the file would be.
    pub fn put(&mut self, table: Table, record: (&[u8], &[u8])) -> Result<Vec<u8>, BackupError> {
        let (key, value) = (record.0.to_vec(), record.1.to_vec());
        let length = key.len() + value.len();
        if length > limits::BACKUP_RECORD_BYTES {
            return Err(BackupError::TooLarge);
        }
        let full = self.waiting > 0 && self.waiting + length > limits::BACKUP_PIECE_BYTES;
        let piece = if full { self.seal(false)? } else { Vec::new() };
        self.waiting += length;
        self.records.push(Wire { table: number(table), key, value });
        Ok(piece)
    }

    /// The end of the file.
    ///
    /// # Errors
    /// [`BackupError::TooLarge`] if the file would be.
    pub fn end(mut self) -> Result<Vec<u8>, BackupError> {
        self.seal(true)
    }

    fn seal(&mut self, last: bool) -> Result<Vec<u8>, BackupError> {
        let plain = postcard::to_allocvec(&self.records);
        debug_assert!(plain.is_ok(), "bytes always encode");
        let plain = Zeroizing::new(plain.unwrap_or_default());
        self.records.clear();
        self.waiting = 0;
        let data = self.lock.data(last);
        let nonce = seal::nonce(&self.lock.key, self.random.bytes(), &[&data, &plain]);
        let sealed = seal::seal(&self.lock.key, &nonce, &data, &plain);
        self.lock.pieces += 1;
        let length = u32::try_from(sealed.len()).map_err(|_| BackupError::TooLarge)?;
        let piece = [&length.to_be_bytes()[..], &sealed].concat();
        self.written += piece.len();
        if self.written > limits::BACKUP_BYTES {
            return Err(BackupError::TooLarge);
        }
        Ok(piece)
    }
}

/// Reads a backup. Bytes go in as they come, in any portions of up to a piece.
pub struct Unpacker {
    stage: Stage,
    bytes: Vec<u8>,
    read: usize,
    rooms: BTreeSet<RoomId>,
    room: Option<RoomId>,
}

enum Stage {
    /// The head is not whole yet.
    Head(Secret),
    /// Pieces come.
    Pieces(Lock),
    /// The last one has come.
    Done,
    /// It was refused, for this.
    Refused(BackupError),
}

impl Unpacker {
    /// Begins to read a file.
    #[must_use]
    pub fn new(passphrase: Zeroizing<String>) -> Unpacker {
        Unpacker::opened_with(Secret::Passphrase(passphrase))
    }

    /// The same with a key that no passphrase gives, and what a piece holds, for fuzzing.
    #[doc(hidden)]
    pub fn fuzz(bytes: &[u8]) {
        let mut unpacker = Unpacker::opened_with(Secret::Key([7; 32]));
        let whole = unpacker.take(bytes).is_ok() && unpacker.end().is_ok();
        debug_assert!(!whole || bytes.starts_with(MAGIC));
        let mut items = Vec::new();
        let _ = Unpacker::opened_with(Secret::Key([7; 32])).read_piece(bytes, &mut items);
    }

    fn opened_with(secret: Secret) -> Unpacker {
        let (rooms, room) = (BTreeSet::new(), None);
        Unpacker { stage: Stage::Head(secret), bytes: vec![], read: 0, rooms, room }
    }

    /// Takes in the next bytes; gives what they complete. The bytes of the head take up to a
    /// second.
    ///
    /// # Errors
    /// [`BackupError`], the same from then on.
    pub fn take(&mut self, bytes: &[u8]) -> Result<Vec<Item>, BackupError> {
        let taken = self.take_on(bytes);
        if let Err(error) = &taken {
            self.stage = Stage::Refused(*error);
            self.bytes.clear();
        }
        taken
    }

    /// All bytes have come.
    ///
    /// # Errors
    /// [`BackupError`] if they are not all that there have to be.
    pub fn end(self) -> Result<(), BackupError> {
        match self.stage {
            Stage::Done => Ok(()),
            Stage::Refused(error) => Err(error),
            Stage::Head(_) if !self.bytes.is_empty() && !begins_so(&self.bytes) => {
                Err(BackupError::Foreign)
            }
            Stage::Head(_) | Stage::Pieces(_) => Err(BackupError::Incomplete),
        }
    }

    fn take_on(&mut self, bytes: &[u8]) -> Result<Vec<Item>, BackupError> {
        self.read = self.read.saturating_add(bytes.len());
        if self.read > limits::BACKUP_BYTES {
            return Err(BackupError::TooLarge);
        }
        self.bytes.extend_from_slice(bytes);
        let mut items = Vec::new();
        loop {
            match &mut self.stage {
                Stage::Refused(error) => return Err(*error),
                Stage::Done if self.bytes.is_empty() => return Ok(items),
                Stage::Done => return Err(BackupError::Damaged),
                Stage::Head(secret) => {
                    let Some((head, rest)) = self.bytes.split_first_chunk::<HEAD_BYTES>() else {
                        return Ok(items);
                    };
                    let lock = Lock::new(secret, head).map_err(|error| {
                        // Nobody has chosen that one.
                        if error == BackupError::TooLong { BackupError::Passphrase } else { error }
                    })?;
                    let rest = rest.to_vec();
                    (self.stage, self.bytes) = (Stage::Pieces(lock), rest);
                }
                Stage::Pieces(lock) => {
                    let Some((length, rest)) = self.bytes.split_first_chunk::<4>() else {
                        return Ok(items);
                    };
                    let length = usize::try_from(u32::from_be_bytes(*length)).unwrap_or(usize::MAX);
                    if length > limits::BACKUP_SEALED_BYTES {
                        return Err(BackupError::Damaged);
                    }
                    let Some(sealed) = rest.get(..length) else { return Ok(items) };
                    let (plain, last) = open(lock, sealed)?;
                    lock.pieces += 1;
                    self.bytes.drain(..4 + length);
                    if last {
                        self.stage = Stage::Done;
                    }
                    self.read_piece(&plain, &mut items)?;
                }
            }
        }
    }

    fn read_piece(&mut self, plain: &[u8], items: &mut Vec<Item>) -> Result<(), BackupError> {
        let (records, rest): (Vec<Wire>, &[u8]) =
            postcard::take_from_bytes(plain).map_err(|_| BackupError::Damaged)?;
        if !rest.is_empty() {
            return Err(BackupError::Damaged);
        }
        for mut record in records {
            let (key, value) = (std::mem::take(&mut record.key), std::mem::take(&mut record.value));
            items.push(self.item(record.table, key, value)?);
        }
        Ok(())
    }

    fn item(&mut self, table: u8, key: Vec<u8>, value: Vec<u8>) -> Result<Item, BackupError> {
        let table = TABLES.into_iter().find(|known| number(*known) == table);
        let table = table.ok_or(BackupError::Damaged)?;
        if table != Table::Rooms {
            let of_room = self.room.is_some_and(|room| key.starts_with(&room.0));
            let fits = of_room && key.len() <= limits::BACKUP_KEY_BYTES;
            return if fits {
                Ok(Item::Record(table, key, value))
            } else {
                Err(BackupError::Damaged)
            };
        }
        let value = Zeroizing::new(value);
        let record = RoomRecord::decode(&value).map_err(|_| BackupError::Damaged)?;
        let new = record.key() == key && self.rooms.insert(record.room());
        if !new || self.rooms.len() > limits::BACKUP_ROOMS {
            return Err(BackupError::Damaged);
        }
        self.room = Some(record.room());
        Ok(Item::Room(Box::new(record)))
    }
}

fn begins_so(bytes: &[u8]) -> bool {
    bytes.iter().zip(MAGIC).all(|(byte, magic)| byte == magic)
}

fn read_head(head: &[u8; HEAD_BYTES]) -> Result<(Cost, [u8; SALT_BYTES]), BackupError> {
    let rest = head.strip_prefix(MAGIC).ok_or(BackupError::Foreign)?;
    let (version, rest) = rest.split_first().ok_or(BackupError::Foreign)?;
    match *version {
        BACKUP_VERSION => {}
        0 => return Err(BackupError::Foreign),
        version => return Err(BackupError::Newer { version }),
    }
    let (kib, rest) = rest.split_first_chunk::<4>().ok_or(BackupError::Foreign)?;
    let (passes, salt) = rest.split_first().ok_or(BackupError::Foreign)?;
    let salt = salt.try_into().map_err(|_| BackupError::Foreign)?;
    let cost = Cost { kib: u32::from_be_bytes(*kib), passes: *passes };
    if cost.is_bearable() { Ok((cost, salt)) } else { Err(BackupError::Damaged) }
}

/// Opens a piece; true if it is the last.
fn open(lock: &Lock, sealed: &[u8]) -> Result<(Zeroizing<Vec<u8>>, bool), BackupError> {
    for last in [false, true] {
        if let Ok(plain) = seal::open(&lock.key, &lock.data(last), sealed) {
            return Ok((Zeroizing::new(plain), last));
        }
    }
    // Of the first it cannot be told what is wrong: nothing has opened yet.
    Err(if lock.pieces == 0 { BackupError::Passphrase } else { BackupError::Damaged })
}

#[cfg(test)]
mod tests;
