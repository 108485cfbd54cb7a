//! What lies on a disk under a passphrase: every stored value sealed under a key of the device, and
//! that key sealed under the passphrase.
//!
//! ```text
//!  head   "confab/v" (8) | version 1 (1) | memory in KiB (4) | passes (1) | salt (16)
//!         nonce (24) | the device's key (32), sealed | tag (16)  under Argon2id(passphrase), data:
//!         nonce (24) | phase (1), minutes (2), sealed | tag (16) the line above; under that key
//!  value  nonce (24) | what is stored, sealed | tag (16)          data: table (1) | record's key
//!
//!  none ── set ──► Sealing ── all values are sealed ──► Sealed ── remove ──► Unsealing ──► none
//! ```
//! While values are being converted both kinds are read; a sealed disk believes sealed ones only,
//! so none can be put in from outside, moved to another record, or changed. Another passphrase
//! seals the device's key again, and nothing else. Keys of records stay as they are.

pub mod conversion;

use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::crypto::hash::derive_key;
use crate::crypto::passphrase::{Cost, PassphraseError, SALT_BYTES, check, stretch};
use crate::crypto::random::Random;
use crate::crypto::seal::{self, NONCE_BYTES, OVERHEAD_BYTES};
use crate::io::Table;

/// The version of heads that are made now.
pub const VAULT_VERSION: u8 = 1;
const MAGIC: &[u8; 8] = b"confab/v";
const COST_BYTES: usize = MAGIC.len() + 1 + 4 + 1 + SALT_BYTES;
const WRAPPED_BYTES: usize = 32 + OVERHEAD_BYTES;
const NOTE_BYTES: usize = 3 + OVERHEAD_BYTES;
const HEAD_BYTES: usize = COST_BYTES + WRAPPED_BYTES + NOTE_BYTES;

/// Why a head does not open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum VaultError {
    /// The passphrase is another one.
    #[error("the passphrase is wrong")]
    Passphrase,
    /// It was changed.
    #[error("what belongs to the passphrase is damaged")]
    Damaged,
    /// A newer version made it.
    #[error("a newer version ({version}) has set the passphrase: update this one")]
    Newer {
        /// The version.
        version: u8,
    },
}

/// How far the values on a disk are sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Phase {
    /// A passphrase was set: what was stored before is being sealed.
    Sealing,
    /// All is sealed.
    Sealed,
    /// The passphrase is being taken away: what is stored is being opened.
    Unsealing,
}

/// What is noted beside the device's key, under it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// How far the values are sealed.
    pub phase: Phase,
    /// After so many minutes without a touch all is locked; 0 is never.
    pub idle_minutes: u16,
}

impl Note {
    fn bytes(self) -> [u8; 3] {
        let phase = match self.phase {
            Phase::Sealing => 0,
            Phase::Sealed => 1,
            Phase::Unsealing => 2,
        };
        let [high, low] = self.idle_minutes.to_be_bytes();
        [phase, high, low]
    }

    fn read(bytes: &[u8]) -> Option<Note> {
        let [phase, high, low] = *bytes else { return None };
        let phase = match phase {
            0 => Phase::Sealing,
            1 => Phase::Sealed,
            2 => Phase::Unsealing,
            _ => return None,
        };
        Some(Note { phase, idle_minutes: u16::from_be_bytes([high, low]) })
    }
}

/// The key of a device, under which its values are sealed. Gone from memory when dropped.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
pub struct DeviceKey([u8; 32]);

impl std::fmt::Debug for DeviceKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DeviceKey")
    }
}

impl DeviceKey {
    /// Draws a new one.
    #[must_use]
    pub fn draw(random: &mut Random) -> DeviceKey {
        DeviceKey(random.bytes())
    }

    /// The key of what a page itself keeps, beside the store.
    #[must_use]
    pub fn page_key(&self) -> Zeroizing<[u8; 32]> {
        derive_key("confab/1/vault/page", &[&self.0])
    }

    fn values(&self) -> Zeroizing<[u8; 32]> {
        derive_key("confab/1/vault/values", &[&self.0])
    }

    fn notes(&self) -> Zeroizing<[u8; 32]> {
        derive_key("confab/1/vault/note", &[&self.0])
    }
}

/// Seals a text for a place, under a nonce from fresh randomness, place and text.
#[must_use]
pub fn seal_at(key: &[u8; 32], place: &[u8], text: &[u8], fresh: [u8; NONCE_BYTES]) -> Vec<u8> {
    let nonce = seal::nonce(key, fresh, &[place, text]);
    seal::seal(key, &nonce, place, text)
}

/// What stands on the disk beside the values: enough to open them with the passphrase.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    cost: [u8; COST_BYTES],
    wrapped: [u8; WRAPPED_BYTES],
    note: [u8; NOTE_BYTES],
}

impl Head {
    /// The head of a key under a passphrase that somebody has chosen.
    ///
    /// # Errors
    /// [`PassphraseError`] if it is too short or too long.
    pub fn make(
        passphrase: &str,
        cost: Cost,
        (key, note): (&DeviceKey, Note),
        random: &mut Random,
    ) -> Result<Head, PassphraseError> {
        check(passphrase)?;
        let salt: [u8; SALT_BYTES] = random.bytes();
        let mut head = [0; COST_BYTES];
        let parts: [&[u8]; 5] =
            [MAGIC, &[VAULT_VERSION], &cost.kib.to_be_bytes(), &[cost.passes], &salt];
        for (to, from) in head.iter_mut().zip(parts.iter().copied().flatten()) {
            *to = *from;
        }
        let wrapping = wrapping_key(passphrase, &head)?;
        let wrapped = seal_at(&wrapping, &head, &key.0, random.bytes());
        let mut made = Head { cost: head, wrapped: [0; WRAPPED_BYTES], note: [0; NOTE_BYTES] };
        copy(&mut made.wrapped, &wrapped);
        Ok(made.with_note(key, note, random.bytes()))
    }

    /// The same with another note.
    #[must_use]
    pub fn with_note(&self, key: &DeviceKey, note: Note, fresh: [u8; NONCE_BYTES]) -> Head {
        let mut head = self.clone();
        copy(&mut head.note, &seal_at(&key.notes(), b"", &note.bytes(), fresh));
        head
    }

    /// The key, if this is its passphrase. Takes up to a second, and the memory that the head says.
    ///
    /// # Errors
    /// [`VaultError`] if it is another passphrase, or the head was changed.
    pub fn open(&self, passphrase: &str) -> Result<DeviceKey, VaultError> {
        let wrapping = wrapping_key(passphrase, &self.cost).map_err(|error| match error {
            // Too long to be the one that was set.
            PassphraseError::TooLong | PassphraseError::TooShort => VaultError::Passphrase,
            PassphraseError::Cost => VaultError::Damaged,
        })?;
        let opened = seal::open(&wrapping, &self.cost, &self.wrapped);
        let opened = Zeroizing::new(opened.map_err(|_| VaultError::Passphrase)?);
        let key = <[u8; 32]>::try_from(opened.as_slice()).map_err(|_| VaultError::Damaged)?;
        Ok(DeviceKey(key))
    }

    /// What is noted under this key.
    ///
    /// # Errors
    /// [`VaultError::Damaged`] if it was changed, or is not this head's key.
    pub fn note(&self, key: &DeviceKey) -> Result<Note, VaultError> {
        let bytes = seal::open(&key.notes(), b"", &self.note).map_err(|_| VaultError::Damaged)?;
        Note::read(&bytes).ok_or(VaultError::Damaged)
    }

    /// As it is stored.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        [self.cost.as_slice(), &self.wrapped, &self.note].concat()
    }

    /// From what is stored.
    ///
    /// # Errors
    /// [`VaultError`] if it is no head, or of a newer version.
    pub fn decode(bytes: &[u8]) -> Result<Head, VaultError> {
        let rest = bytes.strip_prefix(MAGIC).ok_or(VaultError::Damaged)?;
        match rest.first() {
            Some(&VAULT_VERSION) if bytes.len() == HEAD_BYTES => {}
            Some(&version) if version > VAULT_VERSION => {
                return Err(VaultError::Newer { version });
            }
            Some(_) | None => return Err(VaultError::Damaged),
        }
        let mut head =
            Head { cost: [0; COST_BYTES], wrapped: [0; WRAPPED_BYTES], note: [0; NOTE_BYTES] };
        copy(&mut head.cost, bytes);
        copy(&mut head.wrapped, &bytes[COST_BYTES..]);
        copy(&mut head.note, &bytes[COST_BYTES + WRAPPED_BYTES..]);
        let cost = read_cost(&head.cost);
        if cost.is_some_and(Cost::is_bearable) { Ok(head) } else { Err(VaultError::Damaged) }
    }
}

/// As many bytes as there is room for.
fn copy(to: &mut [u8], from: &[u8]) {
    debug_assert!(from.len() >= to.len(), "what is copied has its full length");
    for (to, from) in to.iter_mut().zip(from) {
        *to = *from;
    }
}

fn read_cost(head: &[u8; COST_BYTES]) -> Option<Cost> {
    let (kib, rest) = head.get(MAGIC.len() + 1..)?.split_first_chunk::<4>()?;
    Some(Cost { kib: u32::from_be_bytes(*kib), passes: *rest.first()? })
}

fn wrapping_key(
    passphrase: &str,
    head: &[u8; COST_BYTES],
) -> Result<Zeroizing<[u8; 32]>, PassphraseError> {
    let cost = read_cost(head).ok_or(PassphraseError::Cost)?;
    let salt = head.last_chunk::<SALT_BYTES>().ok_or(PassphraseError::Cost)?;
    let stretched = stretch(passphrase, salt, cost)?;
    Ok(derive_key("confab/1/vault", &[&*stretched, head]))
}

/// A value as it lies on the disk. A store has to tell the two kinds apart by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stored {
    /// As it is.
    Clear(Vec<u8>),
    /// Sealed for its place.
    Sealed(Vec<u8>),
}

/// The open vault of a device: seals what goes to the disk, and opens what comes from there.
#[derive(Clone)]
pub struct Vault {
    key: DeviceKey,
    values: Zeroizing<[u8; 32]>,
    note: Note,
}

impl Vault {
    /// With a key, and what is noted beside it.
    #[must_use]
    pub fn new(key: DeviceKey, note: Note) -> Vault {
        let values = key.values();
        Vault { key, values, note }
    }

    /// The device's key.
    #[must_use]
    pub fn key(&self) -> &DeviceKey {
        &self.key
    }

    /// What is noted beside it.
    #[must_use]
    pub fn note(&self) -> Note {
        self.note
    }

    /// A value that goes to the disk. `fresh` is new randomness each time.
    #[must_use]
    pub fn put(&self, at: (Table, &[u8]), value: &[u8], fresh: [u8; NONCE_BYTES]) -> Stored {
        match self.note.phase {
            Phase::Sealing | Phase::Sealed => {
                Stored::Sealed(seal_at(&self.values, &place(at), value, fresh))
            }
            Phase::Unsealing => Stored::Clear(value.to_vec()),
        }
    }

    /// A value that comes from the disk; nothing if it was not sealed for this place.
    #[must_use]
    pub fn get(&self, at: (Table, &[u8]), stored: Stored) -> Option<Vec<u8>> {
        match (stored, self.note.phase) {
            (Stored::Sealed(sealed), _) => seal::open(&self.values, &place(at), &sealed).ok(),
            (Stored::Clear(value), Phase::Sealing | Phase::Unsealing) => Some(value),
            (Stored::Clear(_), Phase::Sealed) => None,
        }
    }

    /// What is to stand in the place of a value; nothing if it may stay. What cannot be opened any
    /// more becomes an empty value, which is damaged for whoever reads it, as it was before.
    #[must_use]
    pub fn convert(
        &self,
        at: (Table, &[u8]),
        stored: Stored,
        fresh: [u8; NONCE_BYTES],
    ) -> Option<Stored> {
        match (&stored, self.note.phase) {
            (Stored::Clear(value), Phase::Sealing | Phase::Sealed) => {
                Some(self.put(at, value, fresh))
            }
            (Stored::Sealed(_), Phase::Unsealing) => {
                Some(Stored::Clear(self.get(at, stored).unwrap_or_default()))
            }
            (Stored::Sealed(_), Phase::Sealing | Phase::Sealed)
            | (Stored::Clear(_), Phase::Unsealing) => None,
        }
    }
}

/// What a value is bound to.
fn place((table, key): (Table, &[u8])) -> Vec<u8> {
    let table = match table {
        Table::Rooms => 0,
        Table::Runs => 1,
        Table::Timeline => 2,
        Table::Projections => 3,
        Table::State => 4,
    };
    let mut place = vec![table];
    place.extend_from_slice(key);
    place
}

/// For fuzzing: a head, and a value, whatever the bytes are. No passphrase is stretched, which
/// would take too long.
pub fn fuzz(bytes: &[u8]) {
    let key = DeviceKey([0; 32]);
    if let Ok(head) = Head::decode(bytes) {
        assert_eq!(head.encode(), bytes, "a head is read as it is written");
        // It was made with another key, unless somebody has found that out.
        let _ = head.note(&key);
    }
    let vault = Vault::new(key, Note { phase: Phase::Sealed, idle_minutes: 0 });
    let _ = vault.get((Table::Rooms, bytes), Stored::Sealed(bytes.to_vec()));
}

#[cfg(test)]
mod tests;
