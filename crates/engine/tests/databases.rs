//! A database of each version of the schema, as a device had left it: it opens, all of it is there,
//! and it goes on from there.
//!
//! `CONFAB_BLESS=1 cargo test -p engine --test databases` makes the one of the present version, if
//! there is none. A change to what is stored is a new version with a folder of its own, and the
//! old ones stay: `crates/browser/src/store/schema.rs` leads from one to the next.
#![expect(clippy::unwrap_used, reason = "a test stops where it is wrong")]
#![expect(clippy::wildcard_enum_match_arm, reason = "a test picks the events it looks at")]

mod driver;

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::sync::Once;

use driver::{Tables, World, founder, guest, two};
use engine::{
    Act, Body, Command, Draft, EntryId, Event, Priority, RoomRecord, Table, Terms, Trouble, When,
};

/// The version whose database is made here.
const VERSION: &str = "2";
const DAY: u64 = 24 * 60 * 60 * 1_000;

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

fn last<T>(world: &World, peer: usize, pick: impl Fn(&Event) -> Option<T>) -> Option<T> {
    world.peers[peer].events.iter().rev().find_map(pick)
}

/// What a page shows of a room, as text.
fn shown(world: &World, peer: usize) -> String {
    let mut text = String::new();
    let name = last(world, peer, |event| match event {
        Event::Room(room) => Some(room.name.clone()),
        _ => None,
    });
    let members = last(world, peer, |event| match event {
        Event::Members(members) => Some(members.clone()),
        _ => None,
    });
    let names = members.unwrap().into_iter().map(|member| member.name).collect::<Vec<_>>();
    writeln!(text, "room {:?}, members {names:?}", name.unwrap()).unwrap();
    for row in world.peers[peer].rows.values() {
        let marks = row.reactions.iter().map(|reaction| &reaction.emoji).collect::<Vec<_>>();
        let (body, state, class) = (&row.body, row.state, row.priority);
        writeln!(text, "{body:?} {class:?} {state:?} edited {} {marks:?}", row.edited).unwrap();
    }
    let waiting = last(world, peer, |event| match event {
        Event::Waiting(waiting) => Some(waiting.clone()),
        _ => None,
    });
    for one in waiting.unwrap() {
        writeln!(text, "waits: {:?}", one.draft.text).unwrap();
    }
    let undelivered = last(world, peer, |event| match event {
        Event::Undelivered(undelivered) => Some(undelivered.clone()),
        _ => None,
    });
    for one in undelivered.unwrap() {
        let reasons: Vec<_> = one.failures.iter().map(|failure| &failure.reason).collect();
        writeln!(text, "undelivered: {} {reasons:?}", one.entry.seq).unwrap();
    }
    let pending = last(world, peer, |event| match event {
        Event::Pending(pending) => Some(*pending),
        _ => None,
    });
    writeln!(text, "pending {}", pending.unwrap()).unwrap();
    text
}

/// Opens a room a day later, with nobody there.
fn open((record, store): (RoomRecord, Tables)) -> (World, usize) {
    let mut world = World::new();
    world.now = DAY;
    let peer = world.start(record, store);
    world.connect(peer);
    world.pass(10_000);
    (world, peer)
}

fn read(folder: &Path) -> (RoomRecord, Tables) {
    let bytes = std::fs::read(folder.join("database")).unwrap();
    type Stored = (Vec<u8>, Vec<(Table, Vec<u8>, Vec<u8>)>);
    let (record, tables): Stored = postcard::from_bytes(&bytes).unwrap();
    let tables = tables.into_iter().map(|(table, key, value)| ((table, key), value)).collect();
    (RoomRecord::decode(&record).unwrap(), tables)
}

fn bless() {
    static BLESSING: Once = Once::new();
    BLESSING.call_once(|| {
        let folder = folder().join(VERSION);
        if std::env::var_os("CONFAB_BLESS").is_some() && !folder.exists() {
            make(&folder);
        }
    });
}

fn make(folder: &Path) {
    let (record, store) = story();
    let tables: Vec<(Table, Vec<u8>, Vec<u8>)> =
        store.clone().into_iter().map(|((table, key), value)| (table, key, value)).collect();
    std::fs::create_dir_all(folder).unwrap();
    let bytes = postcard::to_allocvec(&(record.encode(), tables)).unwrap();
    std::fs::write(folder.join("database"), bytes).unwrap();
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
        let damaged = |event: &Event| matches!(event, Event::Trouble(Trouble::Damaged(_)));
        assert!(!world.peers[peer].events.iter().any(damaged), "{}", version.display());
        versions += 1;
    }
    assert!(versions > 0, "there is no database");
}

#[test]
fn what_is_stored_today_is_what_the_newest_database_has() {
    let (_, store) = story();
    bless();
    let (_, stored) = read(&folder().join(VERSION));
    let kinds = |tables: &Tables| -> Vec<(Table, usize)> {
        let mut kinds: Vec<(Table, usize)> = Vec::new();
        // A register's key ends with its kind; exchange keys came later. So did names by member.
        let later = |table: &Table, key: &[u8]| match table {
            Table::Projections => key.len() == 66 && key[32] == b'r' && key[65] == 3,
            Table::State => key[32] == b'k',
            Table::Rooms | Table::Runs | Table::Timeline => false,
        };
        let known = tables.keys().filter(|(table, key)| !later(table, key));
        for (table, _) in known {
            match kinds.last_mut().filter(|(last, _)| last == table) {
                Some((_, count)) => *count += 1,
                None => kinds.push((*table, 1)),
            }
        }
        kinds
    };
    assert_eq!(kinds(&store), kinds(&stored), "records of each table");
}

#[test]
fn an_old_database_goes_on_where_it_ended() {
    bless();
    for version in std::fs::read_dir(folder()).unwrap() {
        let (mut world, peer) = open(read(&version.unwrap().path()));
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
