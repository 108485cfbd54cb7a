//! Receipts of a reader that its authors never meet: nothing of them is forgotten, however much is
//! written between the messages, and however many logs there are.
#![expect(clippy::unwrap_used, reason = "a test stops where it is wrong")]

mod driver;

use driver::{Tables, World, founder, guest};
use engine::{
    Act, Body, Command, Draft, EntryId, Event, Has, Priority, RoomRecord, Row, RowState, Terms,
    limits,
};

/// Who goes between the others, and who reads.
const CARL: usize = 0;
const BEN: usize = 1;
/// The side on which the reader is, and on which the first author is.
const WITH_BEN: u8 = 0;
const WITH_ANA: u8 = 1;

fn record(peer: usize) -> RoomRecord {
    match u8::try_from(peer).unwrap() {
        0 => founder(),
        // Not the founder's seed.
        seed => guest(100 + seed),
    }
}

fn join(world: &mut World, side: u8) -> usize {
    let peer = world.start(record(world.peers.len()), Tables::new());
    world.peers[peer].side = side;
    world.connect(peer);
    world.pass(3_000);
    peer
}

/// Carl, Ben, and somebody who knows of Ben and never meets him.
fn apart() -> (World, usize) {
    let mut world = World::new();
    join(&mut world, WITH_BEN);
    join(&mut world, WITH_BEN);
    let ana = join(&mut world, WITH_ANA);
    visit(&mut world, WITH_ANA);
    (world, ana)
}

/// Carl goes to a side, and stays there for a while once he has met somebody.
fn visit(world: &mut World, side: u8) {
    world.take_to(CARL, side);
    let met = |world: &World| world.wires.keys().any(|(peer, _)| *peer == CARL);
    for _ in 0..60 {
        world.pass(1_000);
        if met(world) {
            return world.pass(5_000);
        }
    }
    assert!(met(world), "nobody is at side {side}");
}

/// Closes a page and opens it again on what is stored.
fn restart(world: &mut World, peer: usize, who: usize) -> usize {
    world.pass(1_000);
    let side = world.peers[peer].side;
    let store = world.stop(peer);
    let again = world.start(record(who), store);
    world.peers[again].side = side;
    world.connect(again);
    world.pass(3_000);
    again
}

fn send(world: &mut World, peer: usize, text: &str, with: impl FnOnce(Draft) -> Draft) {
    let draft = with(world.draft(peer, text, Priority::Normal));
    world.command(peer, Command::Send(draft));
    world.pass(50);
}

fn say(world: &mut World, peer: usize, text: &str) -> EntryId {
    send(world, peer, text, |draft| draft);
    let mut rows = world.peers[peer].rows.values().rev();
    rows.find(|row| row.body == Body::Text(text.to_owned())).unwrap().entry
}

/// Says something, and what people write between their messages: no row of its own.
fn chat(world: &mut World, peer: usize, number: usize) {
    let entry = say(world, peer, &format!("message {number}"));
    let react = Act::React { target: entry, on: true };
    send(world, peer, "👍", |draft| draft.doing(react));
    match number % 3 {
        0 => send(world, peer, &format!("edited {number}"), |draft| draft.doing(Act::Edit(entry))),
        1 => send(world, peer, "", |draft| draft.doing(Act::Delete(entry))),
        _ => {}
    }
}

/// What a page does when all of its rows have been on the screen.
fn read_all(world: &mut World, peer: usize) {
    let others = world.peers[peer].rows.values().filter(|row| !row.own);
    let entries = others.map(|row| row.entry).collect();
    world.command(peer, Command::MarkRead(entries));
}

fn words(row: &&Row) -> bool {
    matches!(row.body, Body::Text(_))
}

/// The states of own messages that still say something.
fn states(world: &World, peer: usize) -> Vec<RowState> {
    let own = world.peers[peer].rows.values().filter(|row| row.own);
    own.filter(words).map(|row| row.state).collect()
}

fn unread(world: &mut World, peer: usize) -> Option<u32> {
    world.run();
    world.peers[peer].engine.poll_gist().map(|gist| gist.unread)
}

/// What is proven of a member and an own message.
fn has(world: &mut World, author: usize, entry: EntryId, member: usize) -> Option<Has> {
    let member = world.peers[member].engine.me();
    world.command(author, Command::Trace(entry));
    let traces = world.peers[author].events.iter().rev();
    let trace = traces
        .filter_map(|event| if let Event::Trace(trace) = event { Some(trace) } else { None })
        .find(|trace| trace.entry == entry)?;
    let recipient = trace.recipients.iter().find(|recipient| recipient.member == member);
    recipient.map(|recipient| recipient.has)
}

#[test]
fn what_is_read_is_known_whatever_was_written_between_though_reader_and_author_never_meet() {
    let (mut world, ana) = apart();
    (0..60).for_each(|number| chat(&mut world, ana, number));
    world.pass(5_000);
    read_all(&mut world, CARL);
    visit(&mut world, WITH_BEN);
    read_all(&mut world, BEN);
    let ben = restart(&mut world, BEN, BEN);
    assert_eq!(unread(&mut world, ben), Some(0), "a reload leaves nothing unread");
    visit(&mut world, WITH_ANA);
    assert_eq!(states(&world, ana), vec![RowState::Read; 40]);
    let ana = restart(&mut world, ana, 2);
    world.command(ana, Command::LoadOlder);
    assert_eq!(states(&world, ana), vec![RowState::Read; 40], "also after a restart");
    (60..120).for_each(|number| chat(&mut world, ana, number));
    world.pass(5_000);
    read_all(&mut world, CARL);
    visit(&mut world, WITH_BEN);
    world.pass(1_000);
    read_all(&mut world, ben);
    world.pass(5_000);
    visit(&mut world, WITH_ANA);
    assert_eq!(states(&world, ana), vec![RowState::Read; 80]);
}

#[test]
fn what_was_left_out_is_not_said_to_be_read_nor_what_expired_before_anybody_looked() {
    let (mut world, ana) = apart();
    (0..6).for_each(|number| chat(&mut world, ana, number));
    let soon = Terms { expires_after: Some(600_000), ..Terms::default() };
    send(&mut world, ana, "soon gone", |draft| draft.on(soon));
    let expires = world.peers[ana].rows.values().next_back().unwrap().entry;
    let last = say(&mut world, ana, "the last");
    let rows: Vec<Row> = world.peers[ana].rows.values().filter(words).cloned().collect();
    visit(&mut world, WITH_BEN);
    let shown =
        world.peers[BEN].rows.values().filter(|row| words(row) && row.entry != rows[1].entry);
    let entries = shown.filter(|row| row.entry.seq < expires.seq).map(|row| row.entry).collect();
    world.command(BEN, Command::MarkRead(entries));
    world.peers[BEN].ahead = 700_000;
    world.pass(5_000);
    world.command(BEN, Command::MarkRead(vec![last]));
    world.pass(5_000);
    visit(&mut world, WITH_ANA);
    for (at, row) in rows.iter().enumerate() {
        let read = at != 1 && row.entry != expires;
        let expected = if read { Has::Read } else { Has::Held };
        assert_eq!(has(&mut world, ana, row.entry, BEN), Some(expected), "{at}: {:?}", row.body);
    }
    // A day later it is over by every clock, and keeps the receipt in pieces no longer.
    let store = world.stop(BEN);
    let ben = world.start(record(BEN), store);
    world.peers[ben].ahead = 700_000 + limits::EXPIRED_FOR_ALL;
    world.connect(ben);
    visit(&mut world, WITH_BEN);
    world.command(ben, Command::MarkRead(vec![last]));
    world.pass(5_000);
    visit(&mut world, WITH_ANA);
    assert_eq!(has(&mut world, ana, expires, ben), Some(Has::Read));
    let left_out = rows[1].entry;
    assert_eq!(has(&mut world, ana, left_out, ben), Some(Has::Held), "it can still be read");
}

#[test]
fn what_was_read_just_before_a_page_closes_is_read_and_is_said_when_it_opens_again() {
    let (mut world, ana) = apart();
    let entry = say(&mut world, ana, "read at the last moment");
    world.pass(1_000);
    visit(&mut world, WITH_BEN);
    let (at, rows) = (world.now, vec![entry]);
    world.command(BEN, Command::MarkRead(rows));
    assert_eq!(world.now, at, "no time for a receipt");
    let store = world.stop(BEN);
    let ben = world.start(record(BEN), store);
    assert_eq!(unread(&mut world, ben), Some(0));
    world.connect(ben);
    visit(&mut world, WITH_BEN);
    visit(&mut world, WITH_ANA);
    assert_eq!(has(&mut world, ana, entry, ben), Some(Has::Read));
}

#[test]
fn what_a_page_shows_is_read_though_its_row_is_not_in_memory_any_more() {
    let (mut world, ana) = apart();
    let first = say(&mut world, ana, "far up");
    (0..150).for_each(|number| chat(&mut world, ana, number));
    world.pass(10_000);
    visit(&mut world, WITH_BEN);
    let ben = restart(&mut world, BEN, BEN);
    assert!(!world.peers[ben].rows.values().any(|row| row.entry == first), "a page is in memory");
    world.command(ben, Command::MarkRead(vec![first]));
    world.pass(10_000);
    visit(&mut world, WITH_ANA);
    assert_eq!(has(&mut world, ana, first, ben), Some(Has::Read));
}

#[test]
fn who_does_not_want_it_tells_nobody_what_was_read_only_what_is_held() {
    let (mut world, ana) = apart();
    let first = say(&mut world, ana, "first");
    visit(&mut world, WITH_BEN);
    world.command(BEN, Command::TellRead(false));
    read_all(&mut world, BEN);
    // The switch outlives the page, and what was read here is read.
    let ben = restart(&mut world, BEN, BEN);
    assert_eq!(unread(&mut world, ben), Some(0));
    visit(&mut world, WITH_ANA);
    let second = say(&mut world, ana, "second");
    visit(&mut world, WITH_BEN);
    read_all(&mut world, ben);
    world.pass(20_000);
    visit(&mut world, WITH_ANA);
    for entry in [first, second] {
        assert_eq!(has(&mut world, ana, entry, ben), Some(Has::Held));
    }
    world.command(ben, Command::TellRead(true));
    visit(&mut world, WITH_BEN);
    visit(&mut world, WITH_ANA);
    for entry in [first, second] {
        assert_eq!(has(&mut world, ana, entry, ben), Some(Has::Read));
    }
}

#[test]
fn each_of_a_hundred_authors_hears_who_has_read_it_within_a_few_visits() {
    let (mut world, ana) = apart();
    let mut authors = vec![(ana, say(&mut world, ana, "from the first"))];
    for number in 1..100_u8 {
        let side = WITH_ANA + number;
        let author = join(&mut world, side);
        visit(&mut world, side);
        authors.push((author, say(&mut world, author, &format!("from {number}"))));
        world.pass(1_000);
    }
    visit(&mut world, WITH_BEN);
    assert_eq!(world.words(BEN).len(), 100);
    read_all(&mut world, BEN);
    let ben = restart(&mut world, BEN, BEN);
    assert_eq!(unread(&mut world, ben), Some(0), "a reload leaves nothing unread");
    let mut visits = 0;
    while !authors.is_empty() {
        visits += 1;
        assert!(visits <= 4, "{} authors have not heard", authors.len());
        visit(&mut world, WITH_BEN);
        for (author, _) in &authors {
            let side = world.peers[*author].side;
            visit(&mut world, side);
        }
        authors.retain(|(author, entry)| has(&mut world, *author, *entry, BEN) != Some(Has::Read));
    }
    assert!(visits > 1, "all of it was in one receipt: nothing had to wait for its turn");
}
