//! Who is who: numbers that two members compare, what came of it, and known names under other keys.
#![expect(clippy::unwrap_used, reason = "a test stops where it is wrong")]
#![expect(clippy::wildcard_enum_match_arm, reason = "a test picks the events it looks at")]

mod driver;

use driver::{Tables, World, founder, guest};
use engine::{
    Command, Comparison, Event, Incarnation, MemberId, MemberView, Namesake, Priority, Refusal,
    RoomRecord, Table, limits,
};

/// Peers who have met and are called so; the first is the founder.
fn room(names: &[&str]) -> World {
    let mut world = World::new();
    for (number, name) in (0..).zip(names) {
        enter(&mut world, record(number), name);
    }
    world
}

fn enter(world: &mut World, record: RoomRecord, name: &str) -> usize {
    let peer = world.start(record, Tables::new());
    world.connect(peer);
    world.pass(5_000);
    command(world, peer, Command::SetName(name.to_owned()));
    peer
}

fn record(number: u8) -> RoomRecord {
    if number == 0 { founder() } else { guest(number) }
}

fn key(number: u8) -> MemberId {
    record(number).me()
}

fn command(world: &mut World, peer: usize, command: Command) {
    world.command(peer, command);
    world.pass(5_000);
}

/// As a page that comes now sees a member.
fn view(world: &World, peer: usize, member: u8) -> MemberView {
    let events = world.peers[peer].engine.snapshot();
    let mut views = events.into_iter().filter_map(|event| match event {
        Event::Members(views) => Some(views),
        _ => None,
    });
    let views = views.next().unwrap();
    views.into_iter().find(|view| view.member == key(member)).unwrap()
}

fn namesake(world: &World, peer: usize, member: u8) -> Option<(MemberId, String, bool)> {
    let Namesake { member, name, verified } = view(world, peer, member).namesake?;
    Some((member, name, verified))
}

fn told(world: &World, peer: usize) -> MemberView {
    let events = world.peers[peer].events.iter().rev();
    let mut views = events.filter_map(|event| match event {
        Event::Members(views) => Some(views.clone()),
        _ => None,
    });
    views.next().unwrap().into_iter().find(|view| !view.me).unwrap()
}

fn comparison(world: &mut World, peer: usize, member: MemberId) -> Option<Comparison> {
    world.peers[peer].events.clear();
    world.command(peer, Command::Compare(member));
    world.peers[peer].events.iter().find_map(|event| match event {
        Event::Comparison(comparison) => Some(comparison.clone()),
        _ => None,
    })
}

/// The page is closed and opened again, on what is stored.
fn reopen(world: &mut World, peer: usize, number: u8) -> usize {
    let store = world.stop(peer);
    start(world, number, store)
}

fn start(world: &mut World, number: u8, store: Tables) -> usize {
    let stored = store.get(&(Table::Rooms, record(number).key()));
    let record = stored.map_or(record(number), |bytes| RoomRecord::decode(bytes).unwrap());
    let peer = world.start(record, store);
    world.connect(peer);
    world.pass(5_000);
    peer
}

#[test]
fn both_sides_compare_the_same_digits_and_other_pairs_have_others() {
    let mut world = room(&["Ana", "Ben", "Cid"]);
    let ana = comparison(&mut world, 0, key(1)).unwrap();
    let ben = comparison(&mut world, 1, key(0)).unwrap();
    assert_eq!((ana.member, ben.member), (key(1), key(0)));
    assert_eq!(ana.digits, ben.digits);
    assert_eq!(ana.code(), ben.code());
    let cid = comparison(&mut world, 0, key(2)).unwrap();
    assert_ne!(cid.digits, ana.digits);
}

#[test]
fn who_was_compared_is_verified_here_until_that_is_taken_back() {
    let mut world = room(&["Ana", "Ben"]);
    assert_eq!(view(&world, 0, 1).verified, None);
    command(&mut world, 0, Command::Verify(key(1)));
    assert_eq!(told(&world, 0).verified.as_deref(), Some("Ben"));
    // It is told to nobody.
    assert_eq!(view(&world, 1, 0).verified, None);
    assert_eq!(told(&world, 1).verified, None);
    command(&mut world, 0, Command::Unverify(key(1)));
    assert_eq!(told(&world, 0).verified, None);
    let again = reopen(&mut world, 0, 0);
    assert_eq!(view(&world, again, 1).verified, None);
}

#[test]
fn it_outlives_the_page_also_when_the_store_failed_in_between() {
    let mut world = room(&["Ana", "Ben"]);
    world.peers[0].full = true;
    command(&mut world, 0, Command::Verify(key(1)));
    world.peers[0].full = false;
    world.pass(60_000);
    assert_eq!(told(&world, 0).verified.as_deref(), Some("Ben"));
    let again = reopen(&mut world, 0, 0);
    assert_eq!(view(&world, again, 1).verified.as_deref(), Some("Ben"));
}

#[test]
fn nobody_is_verified_who_is_no_member_or_oneself() {
    let mut world = room(&["Ana", "Ben"]);
    let refused = [key(0), MemberId([9; 32])].into_iter().flat_map(|member| {
        [Command::Verify(member), Command::Unverify(member), Command::Compare(member)]
    });
    let refused: Vec<Command> = refused.collect();
    for asked in &refused {
        command(&mut world, 0, asked.clone());
    }
    assert_eq!(world.refusals(0), vec![Refusal::NoSuchMember; refused.len()]);
    assert_eq!(comparison(&mut world, 0, key(0)), None);
}

#[test]
fn a_known_name_with_another_key_is_a_warning_and_a_louder_one_if_it_was_verified() {
    let mut world = room(&["Ana", "Ben"]);
    assert_eq!(namesake(&world, 0, 1), None);
    let stranger = enter(&mut world, record(2), "bеn ");
    assert_eq!(namesake(&world, 0, 2), Some((key(1), "Ben".to_owned(), false)));
    assert_eq!(namesake(&world, 0, 1), None, "he was here before");
    command(&mut world, 0, Command::Verify(key(1)));
    assert_eq!(namesake(&world, 0, 2), Some((key(1), "Ben".to_owned(), true)));
    let again = reopen(&mut world, 0, 0);
    assert_eq!(namesake(&world, again, 2), Some((key(1), "Ben".to_owned(), true)));
    // Ben is told that somebody has his name.
    assert_eq!(namesake(&world, 1, 2), Some((key(1), "Ben".to_owned(), false)));
    command(&mut world, stranger, Command::SetName("Cid".to_owned()));
    assert_eq!(namesake(&world, again, 2), None);
}

#[test]
fn whoever_was_compared_under_the_name_is_no_warning() {
    let mut world = room(&["Ana", "Ben"]);
    command(&mut world, 0, Command::Verify(key(1)));
    enter(&mut world, record(2), "Ben");
    command(&mut world, 0, Command::Verify(key(2)));
    assert_eq!((namesake(&world, 0, 1), namesake(&world, 0, 2)), (None, None));
    // The other of the two is not sure any more: one of them bears the name of a verified one.
    command(&mut world, 0, Command::Unverify(key(1)));
    assert_eq!(namesake(&world, 0, 1), Some((key(2), "Ben".to_owned(), true)));
}

#[test]
fn who_was_verified_and_takes_the_name_of_another_is_a_warning() {
    let mut world = room(&["Ana", "Ben", "Cid"]);
    command(&mut world, 0, Command::Verify(key(1)));
    command(&mut world, 1, Command::SetName("Cid".to_owned()));
    assert_eq!(namesake(&world, 0, 1), Some((key(2), "Cid".to_owned(), false)));
    assert_eq!(view(&world, 0, 1).verified.as_deref(), Some("Ben"));
}

#[test]
fn a_name_is_remembered_of_those_who_are_removed_or_forgotten() {
    let mut world = room(&["Ana", "Ben", "Cid"]);
    world.stop(1);
    command(&mut world, 0, Command::ForgetMember(key(1)));
    command(&mut world, 0, Command::Remove(key(2)));
    let invite = world.peers[0].engine.snapshot().into_iter().find_map(|event| match event {
        Event::Room(view) => Some(engine::Invite::parse(&view.invite).unwrap()),
        _ => None,
    });
    let invite = invite.unwrap();
    for (seed, name, of) in [(40, "Ben", 1), (41, "Cid", 2)] {
        let record = RoomRecord::join(&invite, &[seed; 128]);
        let member = record.me();
        enter(&mut world, record, name);
        let events = world.peers[0].engine.snapshot();
        let namesake = events.into_iter().find_map(|event| match event {
            Event::Members(views) => views.into_iter().find(|view| view.member == member)?.namesake,
            _ => None,
        });
        assert_eq!(namesake.unwrap().member, key(of));
    }
    assert_eq!(namesake(&world, 0, 2), None, "the removed are no warning themselves");
}

#[test]
fn another_life_or_a_copy_of_a_key_is_the_same_member() {
    let mut world = room(&["Ana", "Ben"]);
    command(&mut world, 0, Command::Verify(key(1)));
    let digits = comparison(&mut world, 0, key(1)).unwrap().digits;
    // A copy of the profile, and then a life on an empty disk with a log of its own.
    let copy = world.peers[1].store.clone();
    let copy = start(&mut world, 1, copy);
    world.say(copy, "from a copy", Priority::Normal);
    world.pass(10_000);
    world.stop(copy);
    world.stop(1);
    let mut fresh = record(1);
    fresh.set_incarnation(Incarnation([5; 16]));
    let fresh = enter(&mut world, fresh, "Ben");
    world.say(fresh, "from another life", Priority::Normal);
    world.pass(10_000);
    assert!(world.words(0).contains(&"from another life".to_owned()));
    let view = view(&world, 0, 1);
    assert_eq!((view.verified.as_deref(), view.namesake), (Some("Ben"), None));
    assert_eq!(comparison(&mut world, fresh, key(0)).unwrap().digits, digits);
}

#[test]
fn names_that_were_stored_before_anybody_took_note_are_known() {
    let mut world = room(&["Ana", "Ben"]);
    let mut store = world.stop(0);
    let before = store.len();
    store.retain(|(table, key), _| *table != Table::State || key[32] != b'k');
    assert_eq!(store.len(), before - 1);
    let again = start(&mut world, 0, store);
    enter(&mut world, record(2), "Ben");
    assert_eq!(namesake(&world, again, 2), Some((key(1), "Ben".to_owned(), false)));
}

#[test]
fn i6_whoever_goes_through_all_names_fills_nothing() {
    let mut world = room(&["Ana", "Ben"]);
    for number in 0..2 * limits::NAMES_OF_A_MEMBER {
        command(&mut world, 1, Command::SetName(format!("Ben {number}")));
    }
    let stored = |table: &Table, key: &[u8]| *table == Table::State && key[32] == b'k';
    let records = world.peers[0].store.iter().filter(|((table, key), _)| stored(table, key));
    let sizes: Vec<usize> = records.map(|(_, value)| value.len()).collect();
    assert_eq!(sizes.len(), 1);
    assert!(sizes[0] < limits::NAMES_OF_A_MEMBER * (limits::NAME_BYTES + 16), "{sizes:?}");
    enter(&mut world, record(2), "Ben");
    assert_eq!(namesake(&world, 0, 2), Some((key(1), "Ben".to_owned(), false)));
}
