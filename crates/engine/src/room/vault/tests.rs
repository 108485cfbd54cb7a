//! Sealing, the head, and a conversion that is cut off at every step.

use std::collections::BTreeMap;
use std::ops::Bound;

use super::conversion::Conversion;
use super::*;
use crate::crypto::passphrase::LEAST_KIB;

const CHEAP: Cost = Cost { kib: LEAST_KIB, passes: 1 };
const WORDS: &str = "night train to nowhere";
const NOTE: Note = Note { phase: Phase::Sealed, idle_minutes: 15 };

fn random() -> Random {
    Random::new([7; 32])
}

fn vault(phase: Phase) -> Vault {
    Vault::new(DeviceKey([3; 32]), Note { phase, idle_minutes: 0 })
}

fn sealed(stored: Stored) -> Vec<u8> {
    match stored {
        Stored::Sealed(bytes) => bytes,
        Stored::Clear(_) => panic!("it lies there in clear"),
    }
}

#[test]
fn only_its_passphrase_opens_a_head() {
    let key = DeviceKey::draw(&mut random());
    let head = Head::make(WORDS, CHEAP, (&key, NOTE), &mut random()).unwrap();
    let head = Head::decode(&head.encode()).unwrap();
    let opened = head.open(WORDS).unwrap();
    assert_eq!((&opened, head.note(&opened)), (&key, Ok(NOTE)));
    let long = "x".repeat(crate::limits::PASSPHRASE_BYTES + 1);
    for wrong in ["night train to nowherE", "", "night train to nowhere ", &long] {
        assert_eq!(head.open(wrong), Err(VaultError::Passphrase), "{wrong:.30}");
    }
    assert_eq!(head.note(&DeviceKey([1; 32])), Err(VaultError::Damaged), "another device's key");
}

#[test]
fn another_passphrase_keeps_the_key_and_the_old_one_opens_nothing_more() {
    let mut random = random();
    let key = DeviceKey::draw(&mut random);
    let old = Head::make(WORDS, CHEAP, (&key, NOTE), &mut random).unwrap();
    let new = Head::make("another one of these", CHEAP, (&key, NOTE), &mut random).unwrap();
    assert_eq!(new.open("another one of these").unwrap(), old.open(WORDS).unwrap());
    assert_eq!(new.open(WORDS), Err(VaultError::Passphrase));
    let minutes = Note { idle_minutes: 5, ..NOTE };
    let noted = new.with_note(&key, minutes, [9; 24]);
    assert_eq!((noted.note(&key), noted.open(WORDS)), (Ok(minutes), new.open(WORDS)));
}

#[test]
fn weak_and_over_long_passphrases_are_refused() {
    let key = DeviceKey([1; 32]);
    let make = |words: &str| Head::make(words, CHEAP, (&key, NOTE), &mut random()).err();
    assert_eq!(make(""), Some(PassphraseError::TooShort));
    assert_eq!(make("elevenchars"), Some(PassphraseError::TooShort));
    assert_eq!(make(&"x".repeat(1025)), Some(PassphraseError::TooLong));
    assert_eq!(make("twelve chars"), None);
}

#[test]
fn any_change_of_a_head_is_noticed() {
    let key = DeviceKey([1; 32]);
    let bytes = Head::make(WORDS, CHEAP, (&key, NOTE), &mut random()).unwrap().encode();
    for length in 0..bytes.len() {
        assert_eq!(Head::decode(&bytes[..length]), Err(VaultError::Damaged), "{length}");
    }
    assert_eq!(Head::decode(&[bytes.as_slice(), &[0]].concat()), Err(VaultError::Damaged));
    for at in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[at] ^= 0x40;
        let Ok(head) = Head::decode(&changed) else { continue };
        // A changed cost would be tried; that it opens nothing follows from the data it is bound
        // to, and is tried for one byte of each part.
        let salt = MAGIC.len() + 6;
        if at < salt || ![salt, COST_BYTES, COST_BYTES + WRAPPED_BYTES].contains(&at) {
            continue;
        }
        let opened = head.open(WORDS).and_then(|key| head.note(&key));
        assert!(opened.is_err(), "byte {at}");
    }
    let mut newer = bytes.clone();
    newer[MAGIC.len()] = 2;
    assert_eq!(Head::decode(&newer), Err(VaultError::Newer { version: 2 }));
    let mut dear = bytes;
    dear[MAGIC.len() + 1] = 0xff;
    assert_eq!(Head::decode(&dear), Err(VaultError::Damaged), "memory that no page has");
}

#[test]
fn a_value_opens_at_its_own_place_only() {
    let vault = vault(Phase::Sealed);
    let at = (Table::Rooms, &b"room"[..]);
    let stored = vault.put(at, b"a secret", [1; 24]);
    assert!(!sealed(stored.clone()).windows(8).any(|part| part == b"a secret"));
    assert_eq!(vault.get(at, stored.clone()).as_deref(), Some(&b"a secret"[..]));
    assert_eq!(vault.get((Table::State, b"room"), stored.clone()), None);
    assert_eq!(vault.get((Table::Rooms, b"rooms"), stored.clone()), None);
    let other = Vault::new(DeviceKey([4; 32]), vault.note());
    assert_eq!(other.get(at, stored.clone()), None);
    let mut changed = sealed(stored.clone());
    changed[30] ^= 1;
    assert_eq!(vault.get(at, Stored::Sealed(changed)), None);
    assert_ne!(vault.put(at, b"a secret", [2; 24]), stored, "the same value looks different");
}

#[test]
fn a_sealed_disk_believes_nothing_that_lies_there_in_clear() {
    let at = (Table::Rooms, &b"room"[..]);
    let clear = Stored::Clear(b"put in from outside".to_vec());
    assert_eq!(vault(Phase::Sealed).get(at, clear.clone()), None);
    for phase in [Phase::Sealing, Phase::Unsealing] {
        assert!(vault(phase).get(at, clear.clone()).is_some(), "{phase:?}");
    }
}

#[test]
fn what_cannot_be_opened_stays_damage_when_the_passphrase_goes() {
    let at = (Table::Runs, &b"run"[..]);
    let broken = vault(Phase::Unsealing).convert(at, Stored::Sealed(vec![1; 60]), [0; 24]);
    assert_eq!(broken, Some(Stored::Clear(Vec::new())));
}

/// What values say.
type Plain = BTreeMap<(Table, Vec<u8>), Vec<u8>>;

/// A disk: values, and the head beside them.
#[derive(Clone, Default)]
struct Disk {
    values: BTreeMap<(Table, Vec<u8>), Stored>,
    head: Option<Head>,
}

/// What a device does with its disk in one life, until it is cut off.
struct Device {
    disk: Disk,
    /// Transactions that are still stored.
    left: usize,
}

/// The device was cut off.
#[derive(Debug)]
struct Dead;

impl Device {
    fn store(&mut self, change: impl FnOnce(&mut Disk)) -> Result<(), Dead> {
        self.left = self.left.checked_sub(1).ok_or(Dead)?;
        change(&mut self.disk);
        Ok(())
    }

    /// As it is opened after a reload.
    fn unlock(&self) -> Option<Vault> {
        let head = self.disk.head.as_ref()?;
        let key = head.open(WORDS).unwrap();
        let note = head.note(&key).unwrap();
        Some(Vault::new(key, note))
    }

    /// What is asked for, or what was begun.
    fn go(&mut self, wanted: Phase, random: &mut Random) -> Result<(), Dead> {
        let vault = match (self.unlock(), wanted) {
            (None, Phase::Unsealing) => return Ok(()),
            (None, Phase::Sealing | Phase::Sealed) => {
                let key = DeviceKey::draw(random);
                let note = Note { phase: Phase::Sealing, idle_minutes: 0 };
                let head = Head::make(WORDS, CHEAP, (&key, note), random).unwrap();
                self.store(|disk| disk.head = Some(head))?;
                Vault::new(key, note)
            }
            (Some(vault), Phase::Unsealing) if vault.note().phase == Phase::Sealed => {
                self.note(&vault, Phase::Unsealing, random)?
            }
            (Some(vault), _) => vault,
        };
        let mut conversion = Conversion::default();
        while let Some((table, from)) = conversion.next() {
            let range = (Bound::Included((table, from.to_vec())), Bound::Unbounded);
            let found: Vec<(Vec<u8>, Stored)> = self
                .disk
                .values
                .range(range)
                .take_while(|((of, _), _)| *of == table)
                .take(2)
                .map(|((_, key), stored)| (key.clone(), stored.clone()))
                .collect();
            let last = found.last().map(|(key, _)| key.clone());
            self.store(|disk| {
                for (key, stored) in found {
                    if let Some(other) = vault.convert((table, &key), stored, random.bytes()) {
                        disk.values.insert((table, key), other);
                    }
                }
            })?;
            conversion.pass(last);
        }
        match vault.note().phase {
            Phase::Sealing => self.note(&vault, Phase::Sealed, random).map(|_| ()),
            Phase::Sealed => Ok(()),
            Phase::Unsealing => self.store(|disk| disk.head = None),
        }
    }

    fn note(&mut self, vault: &Vault, phase: Phase, random: &mut Random) -> Result<Vault, Dead> {
        let note = Note { phase, idle_minutes: 0 };
        let head = self.disk.head.as_ref().unwrap();
        let head = head.with_note(vault.key(), note, random.bytes());
        self.store(|disk| disk.head = Some(head))?;
        Ok(Vault::new(vault.key().clone(), note))
    }

    /// All that can be read.
    fn read(&self) -> Plain {
        let vault = self.unlock();
        let read = |((table, key), stored): (&(Table, Vec<u8>), &Stored)| {
            let value = match (&vault, stored.clone()) {
                (Some(vault), stored) => vault.get((*table, key), stored).unwrap(),
                (None, Stored::Clear(value)) => value,
                (None, Stored::Sealed(_)) => panic!("sealed, and no head"),
            };
            ((*table, key.clone()), value)
        };
        self.disk.values.iter().map(read).collect()
    }
}

fn filled() -> (Disk, Plain) {
    let tables = [Table::Rooms, Table::Runs, Table::Timeline, Table::Projections, Table::State];
    let mut plain = BTreeMap::new();
    for (n, table) in (0u8..).zip(tables) {
        // One table is empty, one ends exactly at the end of a step.
        for number in 0..n {
            plain.insert((table, vec![number, 0]), vec![n, number, 7]);
        }
    }
    let stored = plain.iter().map(|(at, value)| (at.clone(), Stored::Clear(value.clone())));
    (Disk { values: stored.collect(), head: None }, plain)
}

#[test]
fn a_conversion_that_is_cut_off_at_any_step_goes_on_and_all_is_readable_at_any_time() {
    for wanted in [Phase::Sealed, Phase::Unsealing] {
        let (mut begin, plain) = filled();
        if wanted == Phase::Unsealing {
            let mut device = Device { disk: begin, left: usize::MAX };
            device.go(Phase::Sealed, &mut random()).unwrap();
            begin = device.disk;
        }
        let mut cut_off = 0;
        for left in 0.. {
            let mut random = Random::new([9; 32]);
            let mut device = Device { disk: begin.clone(), left };
            let whole = device.go(wanted, &mut random).is_ok();
            assert_eq!(device.read(), plain, "{wanted:?}, cut off after {left}");
            // The next life goes on, whatever was asked for.
            device.left = usize::MAX;
            let going_on = device.disk.head.is_some() && wanted == Phase::Sealed;
            if going_on || wanted == Phase::Unsealing {
                device.go(wanted, &mut random).unwrap();
                assert_eq!(device.read(), plain, "{wanted:?}, gone on after {left}");
                let clear = |stored: &Stored| matches!(stored, Stored::Clear(_));
                let all = device.disk.values.values();
                match wanted {
                    Phase::Unsealing => {
                        assert!(device.disk.head.is_none() && all.into_iter().all(clear));
                    }
                    Phase::Sealing | Phase::Sealed => {
                        let vault = device.unlock().unwrap();
                        assert_eq!(vault.note().phase, Phase::Sealed);
                        assert!(!all.into_iter().any(clear), "nothing lies there in clear");
                    }
                }
            }
            if whole {
                break;
            }
            cut_off += 1;
        }
        assert!(cut_off > 10, "it takes {cut_off} steps");
    }
}

#[test]
fn golden_vault() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/1/vault");
    let key = DeviceKey([1; 32]);
    let head = Head::make(WORDS, CHEAP, (&key, NOTE), &mut random()).unwrap();
    let at = (Table::State, &b"a key"[..]);
    let value = sealed(Vault::new(key.clone(), NOTE).put(at, b"a value", [2; 24]));
    let files = [("head", head.encode()), ("value", value)];
    if std::env::var_os("CONFAB_BLESS").is_some() && !folder.exists() {
        std::fs::create_dir_all(&folder).unwrap();
        for (name, bytes) in &files {
            std::fs::write(folder.join(name), bytes).unwrap();
        }
    }
    let read = |name: &str| std::fs::read(folder.join(name)).unwrap();
    for (name, bytes) in files {
        assert_eq!(read(name), bytes, "{name}");
    }
    let head = Head::decode(&read("head")).unwrap();
    let opened = head.open(WORDS).unwrap();
    assert_eq!((head.note(&opened), &opened), (Ok(NOTE), &key));
    let value = Vault::new(opened, NOTE).get(at, Stored::Sealed(read("value")));
    assert_eq!(value.as_deref(), Some(&b"a value"[..]));
}
