//! Whom a device does not listen to: what a blocked member says is not stored, shown or handed on
//! there, it is told so, nobody else is harmed, and after an unblocking all of it comes.
#![expect(clippy::unwrap_used, reason = "a test stops where it is wrong")]
#![expect(clippy::wildcard_enum_match_arm, reason = "a test picks the events it looks at")]

mod driver;

use driver::{Tables, World, founder, guest};
use engine::log::run::Run;
use engine::{
    Act, Body, Command, Draft, Event, FailureReason, MemberId, MemberView, Priority, Qos,
    RoomRecord, Row, RowState, Table,
};

const ANA: usize = 0;
const BEN: usize = 1;
const CID: usize = 2;

/// Ana, who founded the room, Ben and Cid.
fn three() -> World {
    let mut world = World::new();
    for number in 0..3 {
        start(&mut world, number, Tables::new());
    }
    world.pass(5_000);
    world
}

fn record(number: u8) -> RoomRecord {
    if number == 0 { founder() } else { guest(number) }
}

fn key(number: usize) -> MemberId {
    record(u8::try_from(number).unwrap()).me()
}

fn start(world: &mut World, number: u8, store: Tables) -> usize {
    let stored = store.get(&(Table::Rooms, record(number).key()));
    let record = stored.map_or(record(number), |bytes| RoomRecord::decode(bytes).unwrap());
    let peer = world.start(record, store);
    world.connect(peer);
    world.pass(5_000);
    peer
}

fn command(world: &mut World, peer: usize, command: Command) {
    world.command(peer, command);
    world.pass(5_000);
}

fn say(world: &mut World, peer: usize, text: &str) {
    world.say(peer, text, Priority::Normal);
    world.pass(5_000);
}

fn view(world: &World, peer: usize, of: usize) -> MemberView {
    let events = world.peers[peer].engine.snapshot();
    let mut views = events.into_iter().filter_map(|event| match event {
        Event::Members(views) => Some(views),
        _ => None,
    });
    views.next().unwrap().into_iter().find(|view| view.member == key(of)).unwrap()
}

/// Entries of a member that a disk holds.
fn stored(world: &World, peer: usize, of: usize) -> usize {
    let (room, store) = (world.peers[peer].engine.room(), &world.peers[peer].store);
    let runs = store.iter().filter(|((table, _), _)| *table == Table::Runs);
    let runs = runs.map(|(_, bytes)| Run::verify(&room, bytes).unwrap());
    runs.filter(|run| run.log.member == key(of)).map(|run| run.entries.len()).sum()
}

fn row(world: &World, peer: usize, text: &str) -> Row {
    let words = Body::Text(text.to_owned());
    world.peers[peer].rows.values().find(|row| row.body == words).unwrap().clone()
}

/// Why a message did not come to a member, as its author is told.
fn failure(world: &World, author: usize, text: &str, at: usize) -> Option<FailureReason> {
    let entry = row(world, author, text).entry;
    let events = world.peers[author].engine.snapshot();
    let trays = events.into_iter().find_map(|event| match event {
        Event::Undelivered(tray) => Some(tray),
        _ => None,
    });
    let case = trays.unwrap_or_default().into_iter().find(|one| one.entry == entry)?;
    case.failures.iter().find(|failure| failure.member == key(at)).map(|failure| failure.reason)
}

fn unread(world: &mut World, peer: usize) -> Option<u32> {
    world.peers[peer].engine.poll_gist().map(|gist| gist.unread)
}

#[test]
fn a_blocked_member_is_not_stored_or_shown_and_is_told_so_and_others_go_on() {
    let mut world = three();
    say(&mut world, BEN, "before");
    command(&mut world, ANA, Command::Block(key(BEN)));
    let before = stored(&world, ANA, BEN);
    say(&mut world, BEN, "into the wind");
    say(&mut world, CID, "something else");
    assert_eq!(world.said(ANA), ["before", "something else"]);
    assert_eq!(stored(&world, ANA, BEN), before);
    assert_eq!(world.said(CID), ["before", "into the wind", "something else"]);
    assert_eq!(failure(&world, BEN, "into the wind", ANA), Some(FailureReason::Blocked));
    let row = row(&world, BEN, "into the wind");
    assert_eq!((row.state, row.held_by), (RowState::Failed, 1), "Cid holds it, Ana does not");
    assert!(view(&world, ANA, BEN).treatment.blocked);
    // It is told to nobody else.
    assert!(!view(&world, CID, BEN).treatment.blocked);
    assert_eq!(failure(&world, CID, "something else", ANA), None);
}

/// What lies in the tray of an author: the words of each, and how often it was tried.
fn tray(world: &World, author: usize) -> Vec<(Option<Body>, usize)> {
    let events = world.peers[author].engine.snapshot();
    let tray = events.into_iter().find_map(|event| match event {
        Event::Undelivered(tray) => Some(tray),
        _ => None,
    });
    let rows = &world.peers[author].rows;
    let body = |entry| rows.values().find(|row| row.entry == entry).map(|row| row.body.clone());
    tray.unwrap_or_default().iter().map(|one| (body(one.entry), one.history.len())).collect()
}

#[test]
fn each_attempt_is_told_once_and_what_was_deleted_stays_out_of_the_tray() {
    let mut world = three();
    world.stop(CID);
    command(&mut world, ANA, Command::Block(key(BEN)));
    ["kept", "deleted"].into_iter().for_each(|text| say(&mut world, BEN, text));
    let words = |text: &str| Some(Body::Text(text.to_owned()));
    assert_eq!(tray(&world, BEN), [(words("kept"), 1), (words("deleted"), 1)]);
    let entry = |world: &World, text: &str| row(world, BEN, text).entry;
    let (kept, deleted) = (entry(&world, "kept"), entry(&world, "deleted"));
    command(&mut world, BEN, Command::Retry(kept));
    assert_eq!(tray(&world, BEN), [(words("kept"), 2), (words("deleted"), 1)]);
    let note = |world: &mut World, text: &str, act: Act| {
        let draft = world.draft(BEN, text, Priority::Normal).doing(act);
        command(world, BEN, Command::Send(draft));
    };
    note(&mut world, "", Act::Delete(deleted));
    note(&mut world, "kept, too", Act::Edit(kept));
    // Neither the deletion nor the edit is a message that could be sent again.
    assert_eq!(tray(&world, BEN), [(words("kept, too"), 2)]);
    // Ana tells all of it again to whoever comes back.
    let store = world.stop(BEN);
    let ben = start(&mut world, 1, store);
    world.pass(10_000);
    assert_eq!(tray(&world, ben), [(words("kept, too"), 2)]);
    command(&mut world, ANA, Command::Unblock(key(BEN)));
    world.pass(10_000);
    assert_eq!(tray(&world, ben), []);
    assert!(world.said(ANA).contains(&"kept, too".to_owned()));
}

#[test]
fn what_is_blocked_is_not_fetched_from_others_and_not_handed_on() {
    let mut world = three();
    command(&mut world, ANA, Command::Block(key(BEN)));
    let store = world.stop(ANA);
    say(&mut world, BEN, "while Ana was away");
    world.stop(BEN);
    let ana = start(&mut world, 0, store);
    world.pass(30_000);
    let none: [&str; 0] = [];
    assert_eq!(world.said(ana), none, "Cid holds it and is not asked");
    assert_eq!(stored(&world, ana, BEN), 0);
    // Whoever meets Ana alone gets nothing of Ben's, and everything else.
    say(&mut world, ana, "hello");
    world.stop(CID);
    let dan = start(&mut world, 3, Tables::new());
    world.pass(10_000);
    assert_eq!(world.said(dan), ["hello"]);
}

#[test]
fn after_an_unblocking_all_that_was_missed_comes_from_whoever_holds_it() {
    let mut world = three();
    say(&mut world, BEN, "before");
    command(&mut world, ANA, Command::Block(key(BEN)));
    (0..5).for_each(|n| say(&mut world, BEN, &format!("missed {n}")));
    // Ben is gone: Cid has it.
    world.stop(BEN);
    world.pass(5_000);
    command(&mut world, ANA, Command::Unblock(key(BEN)));
    world.pass(10_000);
    let all = ["before", "missed 0", "missed 1", "missed 2", "missed 3", "missed 4"];
    assert_eq!(world.said(ANA), all);
    assert!(!view(&world, ANA, BEN).treatment.blocked);
}

#[test]
fn the_author_of_what_was_missed_hears_that_it_has_come_after_all() {
    let mut world = three();
    command(&mut world, ANA, Command::Block(key(BEN)));
    say(&mut world, BEN, "one");
    assert_eq!(row(&world, BEN, "one").state, RowState::Failed);
    command(&mut world, ANA, Command::Unblock(key(BEN)));
    world.pass(10_000);
    assert_eq!(row(&world, BEN, "one").state, RowState::Delivered);
    assert_eq!(failure(&world, BEN, "one", ANA), None);
    say(&mut world, BEN, "two");
    assert_eq!(world.said(ANA), ["one", "two"]);
    assert_eq!(row(&world, BEN, "two").state, RowState::Delivered);
}

#[test]
fn a_block_outlives_the_page_and_a_store_that_fails() {
    let mut world = three();
    world.peers[ANA].full = true;
    command(&mut world, ANA, Command::Block(key(BEN)));
    say(&mut world, BEN, "while the disk is full");
    world.peers[ANA].full = false;
    world.pass(60_000);
    assert_eq!(failure(&world, BEN, "while the disk is full", ANA), Some(FailureReason::Blocked));
    let store = world.stop(ANA);
    let ana = start(&mut world, 0, store);
    say(&mut world, BEN, "later");
    let none: [&str; 0] = [];
    assert_eq!(world.said(ana), none);
    assert!(view(&world, ana, BEN).treatment.blocked);
    command(&mut world, ana, Command::Unblock(key(BEN)));
    let store = world.stop(ana);
    let ana = start(&mut world, 0, store);
    world.pass(10_000);
    assert_eq!(world.said(ana), ["while the disk is full", "later"]);
}

#[test]
fn what_a_blocked_member_says_live_and_its_typing_are_dropped() {
    let mut world = three();
    command(&mut world, ANA, Command::Block(key(BEN)));
    for peer in [ANA, CID] {
        world.peers[peer].events.clear();
    }
    world.command(BEN, Command::Typing(true));
    for (n, qos) in [Qos::AtMostOnce, Qos::AtLeastOnce].into_iter().enumerate() {
        let mut draft: Draft = world.draft(BEN, &format!("live {n}"), Priority::Normal);
        draft.terms.qos = qos;
        world.command(BEN, Command::Send(draft));
        world.pass(2_000);
    }
    let lively = |peer: usize| {
        let events = world.peers[peer].events.iter();
        events.filter(|event| matches!(event, Event::Live(_) | Event::Typing { .. })).count()
    };
    assert_eq!(lively(ANA), 0);
    assert!(lively(CID) >= 3);
    let acknowledged = world.peers[BEN].events.iter().rev().find_map(|event| match event {
        Event::Live(message) => Some(message.held_by.clone()),
        _ => None,
    });
    assert_eq!(acknowledged.unwrap(), [key(CID)], "whoever drops it does not say that it came");
}

#[test]
fn what_a_blocked_founder_decides_counts_also_from_others_hands() {
    let mut world = three();
    let dan = start(&mut world, 3, Tables::new());
    world.pass(5_000);
    command(&mut world, BEN, Command::Block(key(ANA)));
    command(&mut world, CID, Command::Block(key(ANA)));
    say(&mut world, ANA, "before the removal");
    // Cid is away while it happens.
    let store = world.stop(CID);
    command(&mut world, ANA, Command::Remove(key(3)));
    say(&mut world, ANA, "behind it");
    world.stop(ANA);
    say(&mut world, BEN, "in the new epoch");
    let cid = start(&mut world, 2, store);
    world.pass(60_000);
    assert_eq!(world.said(cid), ["in the new epoch"], "and none of the founder's words");
    assert_eq!(world.said(BEN), ["in the new epoch"]);
    assert!(!world.said(dan).contains(&"in the new epoch".to_owned()));
    say(&mut world, cid, "all of us");
    assert_eq!(world.said(BEN), ["in the new epoch", "all of us"]);
    assert_eq!(row(&world, cid, "all of us").state, RowState::Held, "only Ana lacks it");
}

#[test]
fn others_reply_to_what_is_blocked_and_their_words_come() {
    let mut world = three();
    command(&mut world, ANA, Command::Block(key(BEN)));
    say(&mut world, BEN, "a question");
    (0..300).for_each(|n| world.say(CID, &format!("answer {n}"), Priority::Normal));
    world.pass(10_000);
    assert_eq!(world.said(ANA).len(), 300);
    let rows = world.peers[CID].rows.values().filter(|row| row.own);
    assert!(rows.into_iter().all(|row| row.state == RowState::Delivered));
}

#[test]
fn who_is_muted_is_shown_and_is_no_news() {
    let mut world = three();
    command(&mut world, ANA, Command::MuteMember(key(BEN), true));
    say(&mut world, BEN, "chatter");
    assert_eq!(world.said(ANA), ["chatter"]);
    assert_eq!(unread(&mut world, ANA), Some(0));
    assert_eq!(row(&world, BEN, "chatter").state, RowState::Delivered, "it came, and is told so");
    say(&mut world, CID, "news");
    assert_eq!(unread(&mut world, ANA), Some(1));
    command(&mut world, ANA, Command::Archive(true));
    say(&mut world, BEN, "more of it");
    assert!(world.peers[ANA].engine.poll_gist().unwrap().shelf.archived, "Ben wakes nobody");
    let store = world.stop(ANA);
    let ana = start(&mut world, 0, store);
    assert!(view(&world, ana, BEN).treatment.muted);
    command(&mut world, ana, Command::MuteMember(key(BEN), false));
    assert_eq!(unread(&mut world, ana), Some(3));
}

#[test]
fn nobody_blocks_oneself_or_a_stranger() {
    let mut world = three();
    for member in [key(ANA), MemberId([9; 32])] {
        command(&mut world, ANA, Command::Block(member));
        command(&mut world, ANA, Command::MuteMember(member, true));
    }
    assert_eq!(world.refusals(ANA).len(), 4);
}
