//! A database of each version of the schema, as a device had left it: it opens, all of it is there,
//! and it goes on from there.
//!
//! `CONFAB_BLESS=1 cargo test -p engine --test databases` makes the one of the present version, if
//! there is none. A change to what is stored is a new version with a folder of its own, and the
//! old ones stay: `crates/browser/src/store/schema.rs` leads from one to the next.
#![expect(clippy::unwrap_used, reason = "a test stops where it is wrong")]

mod driver;
mod stored;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Once;

use driver::{Tables, World, founder, guest, two};
use engine::log::checked;
use engine::{
    Act, Body, Command, Draft, EntryId, Priority, RoomRecord, Row, RowState, Table, Target,
};
use engine::{Terms, When};
use stored::{DAY, decode_sealed, is_damaged, open, people, seal, shown, unseal};

/// The version whose database is made here.
const VERSION: &str = "2";
/// The same story as it is stored today: with a check over what is believed at a start, which
/// older builds of that version did not write.
const CHECKED: &str = "2-checked";
/// Another one of that version: with what only rooms have in which something was decided, and
/// sealed under a passphrase beside it.
const RULED: &str = "2-ruled";

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/databases")
}

fn entry(world: &World, text: &str) -> EntryId {
    let mut rows = world.peers[0].rows.values();
    rows.find(|row| row.body == Body::Text(text.into())).unwrap().entry
}

fn say(world: &mut World, peer: usize, text: &str, acts: impl Fn(Draft) -> Draft) {
    let draft = acts(world.draft(peer, text, Priority::Normal));
    world.command(peer, Command::Send(draft));
    world.pass(3_000);
}

/// Everything that a device may have on its disk.
fn story() -> (RoomRecord, Tables) {
    let mut world = two();
    world.command(0, Command::SetName("Ana".into()));
    world.command(1, Command::SetName("Ben".into()));
    world.command(0, Command::SetRoomName("Night train".into()));
    for text in ["hello", "first", "mistake"] {
        say(&mut world, 0, text, |draft| draft);
    }
    world.say(1, "hurry", Priority::Urgent);
    world.say(1, "no hurry", Priority::Low);
    world.pass(3_000);
    let bundle = [world.draft(1, "one", Priority::Normal), world.draft(1, "two", Priority::Normal)];
    world.command(1, Command::SendTogether(bundle.into()));
    world.pass(3_000);
    let (first, mistake, hurry) =
        (entry(&world, "first"), entry(&world, "mistake"), entry(&world, "hurry"));
    say(&mut world, 0, "corrected", |draft| draft.doing(Act::Edit(first)));
    say(&mut world, 0, "", |draft| draft.doing(Act::Delete(mistake)));
    say(&mut world, 0, "👍", |draft| draft.doing(Act::React { target: hurry, on: true }));
    say(&mut world, 1, "soon gone", |draft| draft.doing(Act::SayFor { after: 60_000 }));
    let soon = entry(&world, "soon gone");
    world.command(0, Command::MarkRead(vec![hurry, soon]));
    world.pass(5_000);
    let ben = guest(1).keypair().member();
    world.stop(1);
    world.pass(30_000);
    let brief = Terms { expires_after: Some(5_000), ..Terms::default() };
    say(&mut world, 0, "too late", |draft| draft.on(brief));
    let later = |when| Terms { when, ..Terms::default() };
    let month = world.clock().wall + 30 * DAY;
    say(&mut world, 0, "in a month", |draft| draft.on(later(When::At(month))));
    say(&mut world, 0, "when you are back", |draft| draft.on(later(When::Online(ben))));
    say(&mut world, 0, "not sent yet", |draft| draft);
    world.pass(90_000);
    let store = world.stop(0);
    let record = store.get(&(Table::Rooms, founder().key())).unwrap();
    (RoomRecord::decode(record).unwrap(), store)
}

/// What a device has on its disk of a room in which something was decided: an admin, a member that
/// was removed, the new epochs; who is blocked, muted and compared; what two said to each other
/// alone, and replies.
fn ruled() -> (RoomRecord, Tables) {
    let mut world = World::new();
    for (number, name) in ["Ana", "Ben", "Cid", "Dan"].into_iter().enumerate() {
        let number = u8::try_from(number).unwrap();
        let record = if number == 0 { founder() } else { guest(number) };
        let peer = world.start(record, Tables::new());
        world.connect(peer);
        world.command(peer, Command::SetName(name.into()));
        world.pass(5_000);
    }
    let [ben, cid, dan] = [1, 2, 3].map(|number| guest(number).me());
    let command = |world: &mut World, command: Command| {
        world.command(0, command);
        world.pass(5_000);
    };
    command(&mut world, Command::Promote(ben));
    for (peer, text) in [(1, "shall we?"), (2, "let us"), (3, "never")] {
        world.say(peer, text, Priority::Normal);
        world.pass(3_000);
    }
    let answered = |world: &World, text: &str| {
        let mut rows = world.peers[0].rows.values();
        let Row { entry, hash, .. } = rows.find(|row| row.body == Body::Text(text.into())).unwrap();
        Target { entry: *entry, hash: *hash }
    };
    let target = answered(&world, "shall we?");
    say(&mut world, 0, "we shall", |draft| draft.doing(Act::Say.in_reply_to(target)));
    say(&mut world, 0, "between us", |draft| draft.doing(Act::SayTo { member: ben, after: None }));
    let target = answered(&world, "between us");
    let ana = founder().me();
    say(&mut world, 1, "as you say", |draft| {
        draft.doing(Act::SayTo { member: ana, after: None }.in_reply_to(target))
    });
    command(&mut world, Command::Verify(ben));
    command(&mut world, Command::Remove(dan));
    say(&mut world, 1, "he is out", |draft| draft);
    command(&mut world, Command::NewLink);
    command(&mut world, Command::MuteMember(ben, true));
    command(&mut world, Command::Block(cid));
    world.say(2, "into the wind", Priority::Normal);
    world.pass(3_000);
    command(&mut world, Command::Mute(true));
    say(&mut world, 0, "under the new link", |draft| draft);
    world.pass(90_000);
    let store = world.stop(0);
    let record = store.get(&(Table::Rooms, founder().key())).unwrap();
    (RoomRecord::decode(record).unwrap(), store)
}

fn read(folder: &Path) -> (RoomRecord, Tables) {
    stored::decode(&std::fs::read(folder.join("database")).unwrap())
}

fn bless() {
    static BLESSING: Once = Once::new();
    BLESSING.call_once(|| {
        if std::env::var_os("CONFAB_BLESS").is_none() {
            return;
        }
        for folder in [VERSION, CHECKED].map(|name| folder().join(name)) {
            if !folder.exists() {
                make(&folder, story());
            }
        }
        let folder = folder().join(RULED);
        if !folder.exists() {
            let (record, store) = ruled();
            make(&folder, (record.clone(), store.clone()));
            std::fs::write(folder.join("sealed"), seal(&store)).unwrap();
            let (mut world, peer) = open((record, store));
            std::fs::write(folder.join("people.txt"), people(&mut world, peer)).unwrap();
        }
    });
}

fn make(folder: &Path, (record, store): (RoomRecord, Tables)) {
    std::fs::create_dir_all(folder).unwrap();
    std::fs::write(folder.join("database"), stored::encode(&record, &store)).unwrap();
    let (world, peer) = open((record, store));
    std::fs::write(folder.join("shown.txt"), shown(&world, peer)).unwrap();
}

#[test]
fn the_database_of_each_version_shows_all_that_was_in_it() {
    bless();
    let mut versions = 0;
    for version in std::fs::read_dir(folder()).unwrap() {
        let version = version.unwrap().path();
        let (world, peer) = open(read(&version));
        let wanted = std::fs::read_to_string(version.join("shown.txt")).unwrap();
        assert_eq!(shown(&world, peer), wanted, "{}", version.display());
        assert!(!is_damaged(&world, peer), "{}", version.display());
        versions += 1;
    }
    assert!(versions > 0, "there is no database");
}

#[test]
fn what_was_decided_who_is_blocked_and_what_lies_sealed_is_read_as_it_was() {
    bless();
    let folder = folder().join(RULED);
    let (record, store) = read(&folder);
    let sealed = decode_sealed(&std::fs::read(folder.join("sealed")).unwrap());
    assert!(sealed.1.iter().all(|(key, value)| store.get(key) != Some(value)), "it is not sealed");
    assert_eq!(unseal(&sealed), store, "what is opened is what was sealed");
    let (mut world, peer) = open((record, store));
    let wanted = std::fs::read_to_string(folder.join("people.txt")).unwrap();
    assert_eq!(people(&mut world, peer), wanted);
    for words in ["Admin", "Removed", "blocked: true", "muted: true", "private true"] {
        assert!(wanted.contains(words), "nothing of it says {words:?}");
    }
    assert!(!wanted.contains("into the wind"), "{wanted}");
}

#[test]
fn what_is_decided_and_treated_today_is_what_the_newest_database_has() {
    bless();
    let (_, stored) = read(&folder().join(RULED));
    let (_, store) = ruled();
    // A table, and which kind of a record it is there.
    let kinds = |tables: &Tables| -> BTreeSet<(Table, Option<u8>)> {
        tables.keys().map(|(table, key)| (*table, kind_of(*table, key))).collect()
    };
    assert_eq!(kinds(&store), kinds(&stored));
    for kind in [(Table::Projections, Some(b'g')), (Table::State, Some(b'k'))] {
        assert!(kinds(&stored).contains(&kind), "nothing is stored of {kind:?}");
    }
}

/// The letter behind the room in the key of a projection or a state.
fn kind_of(table: Table, key: &[u8]) -> Option<u8> {
    match table {
        Table::Projections | Table::State => key.get(32).copied(),
        Table::Rooms | Table::Runs | Table::Timeline => None,
    }
}

#[test]
fn what_is_stored_today_is_what_the_newest_database_has() {
    let (_, store) = story();
    bless();
    let (_, stored) = read(&folder().join(CHECKED));
    // How many records of each kind, with their checks or without.
    let kinds = |tables: &Tables| {
        let mut kinds: BTreeMap<(Table, Option<u8>, bool), usize> = BTreeMap::new();
        for ((table, key), value) in tables {
            let checked = checked::open(key, value).1;
            *kinds.entry((*table, kind_of(*table, key), checked)).or_default() += 1;
        }
        kinds
    };
    assert_eq!(kinds(&store), kinds(&stored));
    for kind in *b"lm" {
        let believed = (Table::Projections, Some(kind), true);
        assert!(kinds(&stored).contains_key(&believed), "{} has no check", char::from(kind));
    }
}

#[test]
fn an_old_database_goes_on_where_it_ended() {
    bless();
    for version in std::fs::read_dir(folder()).unwrap() {
        let version = version.unwrap().path();
        if version.ends_with(RULED) {
            continue;
        }
        let (mut world, peer) = open(read(&version));
        let ben = world.start(guest(1), Tables::new());
        world.connect(ben);
        world.pass(30_000);
        let (mut mine, theirs) = (world.words(peer), world.words(ben));
        // Words that went after the reading: only their author can say that they are gone, and he
        // has nothing any more.
        mine.remove(mine.iter().position(|text| text == "two").unwrap() + 1);
        assert_eq!(mine, theirs);
        assert!(mine.iter().any(|text| text == "when you are back"), "{mine:?}");
        world.say(peer, "from here", Priority::Normal);
        world.pass(3_000);
        assert_eq!(world.words(ben).last().unwrap(), "from here");
        // All devices sleep for a month.
        world.now += 31 * DAY;
        world.pass(60_000);
        assert!(world.words(ben).iter().any(|text| text == "in a month"));
    }
}

/// What a disk may give back instead of a value: nothing, half of it, noise, or some other bits, at
/// each of several places.
fn damages(value: &[u8]) -> Vec<Vec<u8>> {
    let bent = (0..16).filter(|_| !value.is_empty()).map(|part| {
        let mut bent = value.to_vec();
        bent[value.len() * part / 16] ^= 41;
        bent
    });
    let others = [vec![], value[..value.len() / 2].to_vec(), vec![255; 9]];
    others.into_iter().chain(bent).filter(|damage| damage != value).collect()
}

#[test]
fn whichever_record_is_damaged_and_however_the_room_opens_and_takes_new_words() {
    for name in [VERSION, RULED] {
        let (record, store) = read(&folder().join(name));
        for ((table, key), value) in &store {
            for damage in damages(value) {
                let mut store = store.clone();
                store.insert((*table, key.clone()), damage.clone());
                let (mut world, peer) = open((record.clone(), store));
                say(&mut world, peer, "and goes on", |draft| draft);
                let there = world.words(peer).iter().any(|words| words == "and goes on");
                assert!(there, "{name}: {table:?} {key:?} is {damage:?}");
            }
        }
    }
}

#[test]
fn a_bent_record_of_what_is_held_claims_nothing() {
    let (record, store) = read(&folder().join(VERSION));
    let (mut world, peer) = open((record.clone(), store));
    let expected = world.texts(peer);
    let mut store = world.stop(peer);
    let held = |(table, key): &&(Table, Vec<u8>)| {
        *table == Table::Projections && [b'l', b'm'].contains(&key[32])
    };
    let keys: Vec<_> = store.keys().filter(held).cloned().collect();
    assert!(keys.len() >= 3, "{} records", keys.len());
    for key in &keys {
        // As this build stores it, with a check: not all of them were stored anew.
        let sealed = checked::seal(&key.1, checked::open(&key.1, &store[key]).0.to_vec());
        store.insert(key.clone(), sealed);
    }
    for key in keys {
        for damage in damages(&store[&key]) {
            let mut store = store.clone();
            store.insert(key.clone(), damage.clone());
            let (world, peer) = open((record.clone(), store));
            assert!(is_damaged(&world, peer), "it is said: {key:?} is {damage:?}");
            for (text, state) in world.texts(peer) {
                let before = expected.iter().find(|(said, _)| *said == text);
                let more = state == RowState::Delivered
                    && before.is_some_and(|(_, state)| *state == RowState::Saved);
                assert!(!more, "{text:?} is said to be delivered");
            }
        }
    }
}

#[test]
fn what_was_decided_is_found_again_when_its_record_is_damaged() {
    let (record, store) = read(&folder().join(RULED));
    let (mut world, peer) = open((record.clone(), store.clone()));
    let expected = people(&mut world, peer);
    // As this build stores it, with a check.
    let store = world.stop(peer);
    let decided =
        |(table, key): &&(Table, Vec<u8>)| *table == Table::Projections && key[32] == b'g';
    let keys: Vec<_> = store.keys().filter(decided).cloned().collect();
    assert!(keys.len() > 2, "{} decisions", keys.len());
    for key in keys {
        let value = &store[&key];
        for damage in damages(value) {
            let mut store = store.clone();
            store.insert(key.clone(), damage);
            let (mut world, peer) = open((record.clone(), store));
            assert!(is_damaged(&world, peer), "it is said");
            assert_eq!(people(&mut world, peer), expected);
            let store = world.stop(peer);
            assert_eq!(store[&key], *value, "stored again");
            let (world, peer) = open((record.clone(), store));
            assert!(!is_damaged(&world, peer), "it is whole again");
        }
    }
}
#[test]
fn an_own_log_of_which_nothing_is_known_is_not_written_a_second_time() {
    let (record, store) = read(&folder().join(VERSION));
    let own = [b"l".as_slice(), &record.me().0].concat();
    let known = |(table, key): &&(Table, Vec<u8>)| {
        *table == Table::Projections && key[32..].starts_with(&own)
    };
    let key = store.keys().find(known).unwrap().clone();
    for damage in [None, Some(vec![255; 9])] {
        let mut store = store.clone();
        store.remove(&key);
        store.extend(damage.map(|damage| (key.clone(), damage)));
        let (mut world, peer) = open((record.clone(), store));
        assert!(is_damaged(&world, peer), "it is said");
        say(&mut world, peer, "and goes on", |draft| draft);
        let row = |row: &&Row| row.body == Body::Text("and goes on".into());
        let row = world.peers[peer].rows.values().find(row).unwrap();
        assert_ne!(keys_log(&row.entry), key.1[33..], "another log");
        assert_eq!(row.state, RowState::Saved, "nobody has it");
    }
}

/// A log as keys of records name it.
fn keys_log(entry: &EntryId) -> Vec<u8> {
    [&entry.log.member.0[..], &entry.log.incarnation.0].concat()
}
