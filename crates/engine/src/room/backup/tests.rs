//! Backups that are whole, cut, changed, foreign, and of more than there may be.

use super::*;
use crate::crypto::passphrase::LEAST_KIB;
use crate::ids::Incarnation;
use proptest::prelude::*;

const PASSPHRASE: &str = "correct horse battery";
const QUICK: Cost = Cost { kib: LEAST_KIB, passes: 1 };

fn record(seed: u8) -> RoomRecord {
    RoomRecord::create(&[seed; 128])
}

/// A backup of two rooms; the second has more than fits into a piece.
fn backup() -> Vec<u8> {
    let (mut packer, mut file) = Packer::begin(PASSPHRASE, QUICK, [9; 32]).unwrap();
    for seed in [1, 2] {
        let record = record(seed);
        let bytes = record.encode();
        file.extend(packer.put(Table::Rooms, (&record.key(), &bytes)).unwrap());
        for n in 0..=u8::from(seed == 2) * 5 {
            let key = [&record.key()[..], &[n]].concat();
            file.extend(packer.put(Table::Runs, (&key, &vec![n; 60_000])).unwrap());
        }
    }
    file.extend(packer.end().unwrap());
    file
}

fn unpack(file: &[u8], passphrase: &str, portion: usize) -> Result<Vec<Item>, BackupError> {
    let mut unpacker = Unpacker::new(Zeroizing::new(passphrase.to_owned()));
    let mut items = Vec::new();
    for part in file.chunks(portion) {
        items.extend(unpacker.take(part)?);
    }
    unpacker.end().map(|()| items)
}

fn refusal(file: &[u8], passphrase: &str) -> BackupError {
    unpack(file, passphrase, 100_000).err().unwrap()
}

fn short(items: &[Item]) -> Vec<(usize, Vec<u8>)> {
    let one = |item: &Item| match item {
        Item::Room(record) => (0, record.encode()),
        Item::Record(table, key, value) => {
            assert_eq!(*table, Table::Runs);
            (value.len(), key.clone())
        }
    };
    items.iter().map(one).collect()
}

#[test]
fn what_goes_in_comes_out_in_order_however_it_is_cut() {
    let file = backup();
    let items = unpack(&file, PASSPHRASE, file.len()).unwrap();
    let whole = short(&items);
    assert_eq!(whole.len(), 2 + 1 + 6);
    assert_eq!((&whole[0].1, &whole[2].1), (&record(1).encode(), &record(2).encode()));
    assert_eq!(whole[8], (60_000, [&record(2).key()[..], &[5]].concat()));
    for portion in [1_000, 65_536] {
        assert_eq!(short(&unpack(&file, PASSPHRASE, portion).unwrap()), whole);
    }
}

#[test]
fn a_backup_of_nothing_is_one() {
    let (packer, mut file) = Packer::begin(PASSPHRASE, QUICK, [9; 32]).unwrap();
    file.extend(packer.end().unwrap());
    assert!(unpack(&file, PASSPHRASE, 7).unwrap().is_empty());
}

#[test]
fn every_bad_file_is_refused_for_what_it_is() {
    let file = backup();
    assert_eq!(refusal(&file, "correct horse batterz"), BackupError::Passphrase);
    assert_eq!(refusal(&file, ""), BackupError::Passphrase);
    assert_eq!(refusal(&file, &"x".repeat(2_000)), BackupError::Passphrase);
    assert_eq!(refusal(b"", PASSPHRASE), BackupError::Incomplete);
    assert_eq!(refusal(b"%PDF-1.7 and so on", PASSPHRASE), BackupError::Foreign);
    assert_eq!(refusal(&[b'x'; 100], PASSPHRASE), BackupError::Foreign);
    let with = |at: usize, byte: u8| {
        let mut file = file.clone();
        file[at] = byte;
        refusal(&file, PASSPHRASE)
    };
    assert_eq!(with(8, 2), BackupError::Newer { version: 2 });
    assert_eq!(with(8, 0), BackupError::Foreign);
    assert_eq!(with(9, 200), BackupError::Damaged, "a cost that no page can bear");
    assert_eq!(with(13, 0), BackupError::Damaged, "a cost that protects nothing");
    assert_eq!(with(20, !file[20]), BackupError::Passphrase, "another salt is another key");
    assert_eq!(with(HEAD_BYTES, 255), BackupError::Damaged, "a piece larger than any");
    assert_eq!(with(file.len() - 1, !file[file.len() - 1]), BackupError::Damaged);
    assert_eq!(refusal(&[&file[..], &[0]].concat(), PASSPHRASE), BackupError::Damaged);
    for cut in [1, 20, 70_000] {
        let cut = &file[..file.len() - cut];
        assert_eq!(refusal(cut, PASSPHRASE), BackupError::Incomplete);
    }
}

#[test]
fn a_piece_that_is_left_out_moved_or_the_last_of_another_does_not_open() {
    let file = backup();
    let mut pieces = vec![];
    let mut rest = &file[HEAD_BYTES..];
    while let Some((length, more)) = rest.split_first_chunk::<4>() {
        let length = usize::try_from(u32::from_be_bytes(*length)).unwrap();
        pieces.push(&rest[..4 + length]);
        rest = &more[length..];
    }
    assert!(pieces.len() >= 2);
    let with =
        |pieces: &[&[u8]]| refusal(&[&file[..HEAD_BYTES], &pieces.concat()].concat(), PASSPHRASE);
    let without_last = with(&pieces[..pieces.len() - 1]);
    assert_eq!(without_last, BackupError::Incomplete);
    assert_eq!(with(&[pieces[0], pieces[0]]), BackupError::Damaged);
    assert_eq!(with(&pieces[1..]), BackupError::Passphrase, "nothing has opened yet");
    let mut turned = pieces.clone();
    turned.reverse();
    assert_eq!(with(&turned), BackupError::Passphrase);
}

#[test]
fn after_a_refusal_nothing_more_comes() {
    let file = backup();
    let mut unpacker = Unpacker::new(Zeroizing::new("another passphrase".to_owned()));
    assert_eq!(unpacker.take(&file).err(), Some(BackupError::Passphrase));
    assert_eq!(unpacker.take(&file).err(), Some(BackupError::Passphrase));
    assert_eq!(unpacker.end(), Err(BackupError::Passphrase));
}

/// What a piece with these records gives.
fn piece(records: &[(u8, &[u8], &[u8])]) -> Result<usize, BackupError> {
    let wire = |(table, key, value): &(u8, &[u8], &[u8])| Wire {
        table: *table,
        key: key.to_vec(),
        value: value.to_vec(),
    };
    let plain = postcard::to_allocvec(&records.iter().map(wire).collect::<Vec<_>>()).unwrap();
    let mut items = vec![];
    let mut unpacker = Unpacker::opened_with(Secret::Key([7; 32]));
    unpacker.read_piece(&plain, &mut items).map(|()| items.len())
}

#[test]
fn records_belong_to_a_room_that_has_begun_and_each_begins_once() {
    let (one, two) = (record(1), record(2));
    let (key, bytes) = (one.key(), one.encode());
    let inside = [&key[..], b"x"].concat();
    assert_eq!(piece(&[(0, &key, &bytes), (4, &inside, b"value")]), Ok(2));
    let long = [&key[..], &[1; 300]].concat();
    for bad in [
        &[(4, &inside[..], &b"value"[..])][..],
        &[(0, &key, &bytes), (0, &key, &bytes)],
        &[(0, &two.key(), &bytes)],
        &[(0, &key, b"no record")],
        &[(0, &key, &RoomRecord::left())],
        &[(0, &key, &bytes), (1, &two.key(), b"of another room")],
        &[(0, &key, &bytes), (5, &inside, b"of no table")],
        &[(0, &key, &bytes), (1, &long, b"under no key of ours")],
    ] {
        assert_eq!(piece(bad), Err(BackupError::Damaged));
    }
}

#[test]
fn i6_a_backup_is_bounded() {
    let (mut packer, _) = Packer::begin(PASSPHRASE, QUICK, [9; 32]).unwrap();
    let large = vec![0; limits::BACKUP_RECORD_BYTES + 1];
    assert_eq!(packer.put(Table::Runs, (&[], &large)), Err(BackupError::TooLarge));
    packer.written = limits::BACKUP_BYTES;
    assert_eq!(packer.end().err(), Some(BackupError::TooLarge));
    let mut unpacker = Unpacker::new(Zeroizing::new(PASSPHRASE.to_owned()));
    unpacker.read = limits::BACKUP_BYTES;
    assert_eq!(unpacker.take(&[1]).err(), Some(BackupError::TooLarge));
    let records: Vec<RoomRecord> =
        (0..=limits::BACKUP_ROOMS).map(|n| record(u8::try_from(n).unwrap())).collect();
    let bytes: Vec<_> = records.iter().map(|one| (one.key(), one.encode())).collect();
    let many: Vec<_> = bytes.iter().map(|(key, value)| (0, &key[..], &value[..])).collect();
    assert_eq!(piece(&many[1..]), Ok(limits::BACKUP_ROOMS));
    assert_eq!(piece(&many), Err(BackupError::Damaged));
}

#[test]
fn a_passphrase_that_protects_nothing_makes_no_backup() {
    let refused = |passphrase: &str| Packer::begin(passphrase, QUICK, [9; 32]).err();
    assert_eq!(refused("short"), Some(BackupError::TooShort));
    assert_eq!(refused(&"x".repeat(2_000)), Some(BackupError::TooLong));
}

#[test]
fn a_file_shows_nothing_of_what_is_in_it_and_no_two_are_alike() {
    let mut record = record(3);
    record.set_name("Night train".to_owned());
    let pack = |seed| {
        let (mut packer, mut file) = Packer::begin(PASSPHRASE, QUICK, seed).unwrap();
        file.extend(packer.put(Table::Rooms, (&record.key(), &record.encode())).unwrap());
        file.extend(packer.end().unwrap());
        file
    };
    let (one, two) = (pack([1; 32]), pack([2; 32]));
    let shows = |file: &[u8], what: &[u8]| file.windows(what.len()).any(|part| part == what);
    assert!(!shows(&one, b"Night train") && !shows(&one, &record.key()));
    assert_eq!(one.len(), two.len());
    assert_ne!(one[HEAD_BYTES..], two[HEAD_BYTES..]);
}

#[test]
fn golden_backup() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/1/backup");
    let record = record(1);
    let (mut packer, mut file) = Packer::begin(PASSPHRASE, QUICK, [9; 32]).unwrap();
    file.extend(packer.put(Table::Rooms, (&record.key(), &record.encode())).unwrap());
    let key = [&record.key()[..], b"key"].concat();
    for table in [Table::Runs, Table::Timeline, Table::Projections, Table::State] {
        file.extend(packer.put(table, (&key, b"value")).unwrap());
    }
    let piece = postcard::to_allocvec(&packer.records).unwrap();
    file.extend(packer.end().unwrap());
    let files = [("file", file), ("piece", piece)];
    if std::env::var_os("CONFAB_BLESS").is_some() && !folder.exists() {
        std::fs::create_dir_all(&folder).unwrap();
        for (name, bytes) in &files {
            std::fs::write(folder.join(name), bytes).unwrap();
        }
    }
    for (name, bytes) in files {
        assert_eq!(std::fs::read(folder.join(name)).unwrap(), bytes, "{name}");
    }
    let stored = std::fs::read(folder.join("file")).unwrap();
    let mut items = unpack(&stored, PASSPHRASE, 64).unwrap();
    assert_eq!(items.len(), 5);
    let Item::Room(mut record) = items.remove(0) else { panic!("a room begins with its record") };
    record.set_incarnation(Incarnation([4; 16]));
    assert_eq!(record.room(), super::tests::record(1).room());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn any_bytes_may_come(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        Unpacker::fuzz(&bytes);
        Unpacker::fuzz(&[&MAGIC[..], &[1, 0, 0, 64, 0, 1], &[0; 16], &bytes].concat());
    }
}
