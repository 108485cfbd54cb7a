//! Who is in the room: promoting, removing, and the epochs that follow, on the smallest driver.
#![expect(clippy::unwrap_used, reason = "a test stops where it is wrong")]
#![expect(clippy::wildcard_enum_match_arm, reason = "a test picks the events it looks at")]

mod driver;

use driver::{Tables, World, founder, guest};
use engine::{
    Body, Command, Decided, Event, Invite, MemberId, Priority, Qos, Refusal, Role, RoomRecord, Row,
    RowState, Terms,
};

/// Peers who have met: the founder first.
fn room(count: u8) -> World {
    let mut world = World::new();
    for record in (0..count).map(record) {
        let peer = world.start(record, Tables::new());
        world.connect(peer);
        world.run();
    }
    world.pass(5_000);
    world
}

fn record(number: u8) -> RoomRecord {
    if number == 0 { founder() } else { guest(number) }
}

fn me(number: u8) -> MemberId {
    record(number).me()
}

/// Says whatever it is and lets it arrive.
fn command(world: &mut World, peer: usize, command: Command) {
    world.command(peer, command);
    world.pass(5_000);
}

fn say(world: &mut World, peer: usize, text: &str) {
    world.say(peer, text, Priority::Normal);
    world.pass(5_000);
}

/// The roles that a peer knows of these members.
fn roles(world: &World, peer: usize, members: &[u8]) -> Vec<Role> {
    let events = world.peers[peer].engine.snapshot();
    let mut views = events.into_iter().filter_map(|event| match event {
        Event::Members(views) => Some(views),
        _ => None,
    });
    let views = views.next_back().unwrap();
    let role = |member: &u8| {
        let view = views.iter().find(|view| view.member == me(*member));
        view.map_or(Role::Applicant, |view| view.role)
    };
    members.iter().map(role).collect()
}

fn decided(world: &World, peer: usize) -> Vec<Decided> {
    let rows = world.peers[peer].rows.values();
    let decided = rows.filter_map(|row: &Row| match &row.body {
        Body::Decided(decided) => Some(decided.clone()),
        _ => None,
    });
    decided.collect()
}

fn invite(world: &World, peer: usize) -> Invite {
    let events = world.peers[peer].engine.snapshot();
    let views = events.into_iter().filter_map(|event| match event {
        Event::Room(view) => Some(view.invite),
        _ => None,
    });
    Invite::parse(&views.collect::<String>()).unwrap()
}

fn newcomer(world: &mut World, invite: &Invite, seed: u8) -> usize {
    let peer = world.start(RoomRecord::join(invite, &[seed; 128]), Tables::new());
    world.connect(peer);
    world.pass(60_000);
    peer
}

fn back(world: &mut World, number: u8, store: Tables) -> usize {
    let stored = store.get(&(engine::Table::Rooms, record(number).key()));
    let record = stored.map_or(record(number), |bytes| RoomRecord::decode(bytes).unwrap());
    let peer = world.start(record, store);
    world.connect(peer);
    peer
}

fn linked(world: &World, one: usize, other: usize) -> bool {
    world.wires.iter().any(|((from, _), (to, _))| (*from, *to) == (one, other))
}

#[test]
fn who_is_promoted_is_an_admin_everywhere_and_it_stands_in_the_list() {
    let mut world = room(3);
    command(&mut world, 0, Command::Promote(me(1)));
    command(&mut world, 1, Command::Promote(me(2)));
    let expected = [Role::Founder, Role::Admin, Role::Admin];
    for peer in 0..3 {
        assert_eq!(roles(&world, peer, &[0, 1, 2]), expected);
        let promoted = [Decided::Promoted(me(1)), Decided::Promoted(me(2))];
        assert_eq!(decided(&world, peer), promoted);
    }
    command(&mut world, 0, Command::Demote(me(2)));
    assert_eq!(roles(&world, 1, &[2]), [Role::Member]);
    let store = world.stop(1);
    let ben = back(&mut world, 1, store);
    world.pass(5_000);
    assert_eq!(roles(&world, ben, &[0, 1, 2]), [Role::Founder, Role::Admin, Role::Member]);
    assert!(world.refusals(0).is_empty() && world.refusals(1).is_empty());
}

#[test]
fn what_is_asked_for_twice_before_it_is_stored_is_decided_once() {
    let mut world = room(2);
    world.peers[0].slow = Some(vec![]);
    // The first of each is with the store, or waits behind it, when the second comes.
    let wanted = [Command::NewLink, Command::Promote(me(1))];
    for asked in wanted.iter().chain(&wanted) {
        world.command(0, asked.clone());
    }
    let stored = world.peers[0].slow.take().unwrap();
    assert_eq!(stored.len(), 1);
    world.peers[0].inputs.extend(stored.into_iter().map(engine::Input::Committed));
    world.pass(5_000);
    assert_eq!(decided(&world, 1), [Decided::NewLink, Decided::Promoted(me(1))]);
    assert!(world.refusals(0).is_empty());
}

#[test]
fn what_is_not_allowed_is_refused_in_words_and_nothing_changes() {
    let mut world = room(3);
    for asked in [Command::Promote(me(2)), Command::Remove(me(2)), Command::NewLink] {
        command(&mut world, 1, asked);
    }
    command(&mut world, 1, Command::Demote(me(2)));
    assert_eq!(world.refusals(1)[..3], [Refusal::NotAdmin, Refusal::NotAdmin, Refusal::NotAdmin]);
    assert_eq!(world.refusals(1)[3], Refusal::NotFounder);
    command(&mut world, 0, Command::Promote(me(1)));
    command(&mut world, 1, Command::Remove(me(0)));
    command(&mut world, 1, Command::Remove(me(1)));
    command(&mut world, 1, Command::Remove(me(9)));
    let expected = [Refusal::AboutFounder, Refusal::NoSuchMember, Refusal::NoSuchMember];
    assert_eq!(world.refusals(1)[4..], expected);
    assert_eq!(roles(&world, 2, &[0, 1, 2]), [Role::Founder, Role::Admin, Role::Member]);
    assert_eq!(decided(&world, 2), [Decided::Promoted(me(1))]);
}

#[test]
fn who_was_removed_reads_nothing_later_and_says_nothing_that_counts() {
    let mut world = room(3);
    say(&mut world, 2, "before");
    let old = invite(&world, 0);
    command(&mut world, 0, Command::Remove(me(2)));
    assert!(!linked(&world, 0, 2) && !linked(&world, 1, 2));
    world.say(2, "after", Priority::Normal);
    say(&mut world, 0, "secret");
    say(&mut world, 1, "secret too");
    world.pass(120_000);
    assert!(!linked(&world, 0, 2) && !linked(&world, 1, 2) && linked(&world, 0, 1));
    for peer in 0..2 {
        assert_eq!(world.said(peer), ["before", "secret", "secret too"]);
        assert_eq!(roles(&world, peer, &[2]), [Role::Removed]);
        assert_eq!(decided(&world, peer), [Decided::Removed(me(2))]);
    }
    // It was told, and knows that nothing it writes reaches anybody.
    assert_eq!(roles(&world, 2, &[2]), [Role::Removed]);
    assert_eq!(decided(&world, 2), [Decided::Removed(me(2))]);
    assert_eq!(world.refusals(2), [Refusal::Removed]);
    assert!(world.peers[2].rooms.is_empty());
    let told = world.said(2);
    assert!(!told.iter().any(|text| text.contains("secret") || text == "Unreadable"), "{told:?}");
    assert_ne!(invite(&world, 0), old);
    assert_eq!(invite(&world, 0), invite(&world, 1));
    let said = world.texts(0).into_iter().find(|(text, _)| text == "secret").unwrap();
    assert_eq!(said.1, RowState::Delivered, "the removed is no recipient");
}

#[test]
fn i6_a_link_with_somebody_who_was_removed_and_cannot_take_it_in_ends_soon_and_wakes_nobody() {
    let mut world = room(3);
    world.peers[2].full = true;
    world.command(0, Command::Remove(me(2)));
    world.pass(engine::limits::PARTING + 100);
    assert!(!linked(&world, 0, 2) && !linked(&world, 1, 2) && linked(&world, 0, 1));
    for peer in 0..2 {
        let next = world.peers[peer].engine.deadline().unwrap();
        assert!(next > world.now, "{peer} asks to be woken for what is past");
    }
}

#[test]
fn a_removal_of_which_nobody_knew_whether_it_was_stored_parts_with_the_removed_all_the_same() {
    let mut world = room(3);
    world.peers[0].slow = Some(vec![]);
    world.command(0, Command::Remove(me(2)));
    for batch in world.peers[0].slow.take().unwrap() {
        let fault = engine::StoreFault::Failed("the transaction was aborted".into());
        world.peers[0].inputs.push_back(engine::Input::CommitFailed(batch, fault));
    }
    world.pass(1_000);
    assert_eq!(roles(&world, 0, &[2]), [Role::Removed]);
    let terms = Terms { qos: Qos::AtMostOnce, ..Terms::default() };
    let live = world.draft(0, "secret", Priority::Normal).on(terms);
    command(&mut world, 0, Command::Send(live));
    let hears = |peer: usize| {
        let mut events = world.peers[peer].events.iter();
        events.any(|event| matches!(event, Event::Live(live) if live.text == "secret"))
    };
    assert!(hears(1) && !hears(2));
    assert!(!linked(&world, 0, 2));
}

#[test]
fn what_was_said_without_the_removed_does_not_open_for_it_on_anothers_disk_either() {
    let mut world = room(3);
    say(&mut world, 0, "before");
    command(&mut world, 0, Command::Remove(me(2)));
    say(&mut world, 0, "secret");
    command(&mut world, 0, Command::SetRoomName("Hidden".into()));
    // Everything that the founder has stored, but for its keys.
    let stolen = world.stop(0);
    let thief = world.start(record(2), stolen);
    world.pass(5_000);
    assert_eq!(world.said(thief), ["before"]);
    let named = |event: Event| matches!(event, Event::Room(view) if view.name == "Hidden");
    assert!(!world.peers[thief].engine.snapshot().into_iter().any(named));
}

#[test]
fn the_old_link_lets_nobody_in_and_the_new_one_shows_all_that_was_said() {
    let mut world = room(3);
    say(&mut world, 1, "old times");
    let old = invite(&world, 0);
    command(&mut world, 0, Command::Remove(me(2)));
    say(&mut world, 0, "new times");
    let late = newcomer(&mut world, &old, 77);
    assert!(world.said(late).is_empty());
    assert!(!linked(&world, late, 0) && !linked(&world, late, 1));
    let new = invite(&world, 1);
    let cara = newcomer(&mut world, &new, 78);
    assert_eq!(world.said(cara), ["old times", "new times"]);
    assert_eq!(roles(&world, cara, &[0, 2]), [Role::Founder, Role::Removed]);
    say(&mut world, cara, "hello");
    assert_eq!(world.said(1), ["old times", "new times", "hello"]);
    // She has shown that she knows this epoch, so she goes on into the next one.
    command(&mut world, 0, Command::NewLink);
    say(&mut world, 0, "still here?");
    assert_eq!(world.said(cara).last().unwrap(), "still here?");
}

#[test]
fn whoever_came_through_a_member_who_did_not_know_better_gets_no_further_until_approved() {
    let mut world = room(4);
    let old = invite(&world, 0);
    let ben = world.stop(1);
    world.pass(30_000);
    command(&mut world, 0, Command::Remove(me(3)));
    let (ana, cara) = (world.stop(0), world.stop(2));
    world.stop(3);
    // Ben has not heard of it, and lets somebody in.
    let ben = back(&mut world, 1, ben);
    let late = newcomer(&mut world, &old, 90);
    assert!(linked(&world, ben, late));
    say(&mut world, late, "hello Ben");
    let (ana, _) = (back(&mut world, 0, ana), back(&mut world, 2, cara));
    world.pass(60_000);
    say(&mut world, ben, "we know now");
    let stranger = world.peers[late].engine.me();
    assert_eq!(world.said(ana), ["hello Ben", "we know now"]);
    assert_eq!(world.said(late), ["hello Ben"]);
    assert!(!linked(&world, ana, late));
    command(&mut world, ben, Command::Approve(stranger));
    world.pass(60_000);
    assert!(decided(&world, ana).contains(&Decided::Approved(vec![stranger])));
    assert_eq!(world.said(late), ["hello Ben", "we know now"]);
    say(&mut world, late, "thanks");
    assert_eq!(world.said(ana).last().unwrap(), "thanks");
}

#[test]
fn whoever_was_away_comes_on_and_the_old_meeting_is_left() {
    let mut world = room(4);
    say(&mut world, 1, "hello");
    let store = world.stop(1);
    world.pass(30_000);
    command(&mut world, 0, Command::Remove(me(3)));
    say(&mut world, 2, "without you both");
    assert_eq!(world.peers[0].rooms.len(), 2, "somebody may still come with the old secret");
    let ben = back(&mut world, 1, store);
    world.pass(60_000);
    assert_eq!(world.said(ben), ["hello", "without you both"]);
    say(&mut world, ben, "thanks");
    assert_eq!(world.said(2), ["hello", "without you both", "thanks"]);
    for peer in [0, 2, ben] {
        assert_eq!(world.peers[peer].rooms.len(), 1, "{peer}");
        assert_eq!(roles(&world, peer, &[3]), [Role::Removed]);
    }
    // Links have proven the new secret, so they last.
    let wires = world.wires.len();
    world.pass(120_000);
    assert_eq!(world.wires.len(), wires);
}

#[test]
fn what_was_decided_outlives_the_page() {
    let mut world = room(3);
    command(&mut world, 0, Command::Remove(me(2)));
    say(&mut world, 1, "later");
    let (one, two) = (world.stop(0), world.stop(1));
    let (ana, ben) = (back(&mut world, 0, one), back(&mut world, 1, two));
    world.pass(30_000);
    assert!(linked(&world, ana, ben));
    say(&mut world, ana, "again");
    assert_eq!(world.said(ben), ["later", "again"]);
    assert_eq!(roles(&world, ben, &[2]), [Role::Removed]);
    assert_eq!(invite(&world, ana), invite(&world, ben));
    assert_eq!(decided(&world, ben), [Decided::Removed(me(2))]);
}

#[test]
fn i9_removals_that_were_made_at_once_are_merged_and_all_goes_on() {
    let mut world = room(4);
    command(&mut world, 0, Command::Promote(me(1)));
    let ben = world.stop(1);
    let (_, _) = (world.stop(2), world.stop(3));
    world.pass(30_000);
    command(&mut world, 0, Command::Remove(me(2)));
    say(&mut world, 0, "ana alone");
    let ana = world.stop(0);
    let ben = back(&mut world, 1, ben);
    world.pass(5_000);
    command(&mut world, ben, Command::Remove(me(3)));
    say(&mut world, ben, "ben alone");
    let ana = back(&mut world, 0, ana);
    world.pass(60_000);
    assert!(linked(&world, ana, ben));
    say(&mut world, ana, "together");
    say(&mut world, ben, "again");
    for peer in [ana, ben] {
        assert_eq!(roles(&world, peer, &[2, 3]), [Role::Removed, Role::Removed]);
        let mut said = world.said(peer);
        said[..2].sort_unstable();
        assert_eq!(said, ["ana alone", "ben alone", "together", "again"]);
        assert!(decided(&world, peer).contains(&Decided::Merged));
        assert_eq!(world.peers[peer].rooms.len(), 1);
    }
    assert_eq!(invite(&world, ana), invite(&world, ben));
}

#[test]
fn of_two_admins_who_remove_each_other_both_are_out() {
    let mut world = room(4);
    command(&mut world, 0, Command::Promote(me(1)));
    command(&mut world, 0, Command::Promote(me(2)));
    let stores: Vec<Tables> = (0..4).map(|peer| world.stop(peer)).collect();
    let [ana, ben, cara, dora]: [Tables; 4] = stores.try_into().unwrap();
    world.pass(30_000);
    // Dora hears of the one removal, the founder of the other.
    let (one, dora) = (back(&mut world, 1, ben), back(&mut world, 3, dora));
    world.pass(20_000);
    command(&mut world, one, Command::Remove(me(2)));
    world.stop(one);
    let dora = world.stop(dora);
    let (two, founder) = (back(&mut world, 2, cara), back(&mut world, 0, ana));
    world.pass(20_000);
    command(&mut world, two, Command::Remove(me(1)));
    assert_eq!(roles(&world, founder, &[1, 2]), [Role::Removed, Role::Admin]);
    let dora = back(&mut world, 3, dora);
    world.pass(60_000);
    for peer in [founder, dora] {
        assert_eq!(roles(&world, peer, &[1, 2]), [Role::Removed, Role::Removed]);
        assert!(!linked(&world, peer, two));
    }
    say(&mut world, dora, "only two");
    assert_eq!(world.said(founder), ["only two"]);
    assert_eq!(invite(&world, founder), invite(&world, dora));
}

#[test]
fn what_was_read_under_an_epoch_that_was_not_known_yet_is_known_once_it_is() {
    let mut world = room(2);
    say(&mut world, 1, "read me");
    let store = world.stop(1);
    world.pass(30_000);
    command(&mut world, 0, Command::NewLink);
    let entry = world.peers[0].rows.values().next().unwrap().entry;
    command(&mut world, 0, Command::MarkRead(vec![entry]));
    let ben = back(&mut world, 1, store);
    world.pass(60_000);
    let said = world.texts(ben).into_iter().find(|(text, _)| text == "read me").unwrap();
    assert_eq!(said.1, RowState::Read);
}

#[test]
fn a_new_link_makes_the_old_one_void_without_removing_anybody() {
    let mut world = room(2);
    let old = invite(&world, 0);
    command(&mut world, 0, Command::NewLink);
    assert_eq!(decided(&world, 1), [Decided::NewLink]);
    let stranger = newcomer(&mut world, &old, 80);
    assert!(!linked(&world, stranger, 0) && !linked(&world, stranger, 1));
    say(&mut world, 1, "still here");
    assert_eq!(world.said(0), ["still here"]);
    let new = invite(&world, 1);
    let cara = newcomer(&mut world, &new, 81);
    assert_eq!(world.said(cara), ["still here"]);
}

#[test]
fn i9_links_that_changed_at_once_while_a_disk_was_full_are_merged_when_all_are_back() {
    let mut world = room(2);
    command(&mut world, 0, Command::Promote(me(1)));
    world.peers[0].full = true;
    command(&mut world, 1, Command::NewLink);
    world.pass(10_000);
    // Decided one after the other, and what has come from Ben is stored with the first.
    command(&mut world, 0, Command::Promote(me(1)));
    command(&mut world, 0, Command::NewLink);
    let ben = world.stop(1);
    world.pass(10_000);
    world.peers[0].full = false;
    world.pass(400_000);
    let ben = back(&mut world, 1, ben);
    world.pass(60_000);
    assert!(linked(&world, 0, ben));
    assert_eq!(invite(&world, 0), invite(&world, ben));
}
