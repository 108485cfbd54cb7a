//! Words that go some time after they were read: here after one's own reading, everywhere after
//! everybody's; across restarts, and without anybody losing what is still unread.
#![expect(clippy::unwrap_used, reason = "a test stops where it is wrong")]
#![expect(clippy::wildcard_enum_match_arm, reason = "a test picks the events it looks at")]

mod driver;

use driver::{Tables, World, founder, guest, two};
use engine::log::run::Run;
use engine::{
    Act, Body, Command, Draft, EntryId, Event, Priority, Qos, Refusal, RowState, Table, Terms,
    Waiting,
};

const MINUTE: u64 = 60_000;

fn three() -> World {
    let mut world = two();
    let third = world.start(guest(2), Tables::new());
    world.connect(third);
    world.pass(5_000);
    world
}

fn whisper(world: &mut World, peer: usize, text: &str) -> Draft {
    let act = Act::SayFor { after: MINUTE };
    let draft = world.draft(peer, text, Priority::Normal).doing(act);
    world.command(peer, Command::Send(draft.clone()));
    draft
}

fn entry(world: &World, peer: usize, text: &str) -> EntryId {
    let rows = &world.peers[peer].rows;
    rows.values().find(|row| row.body == Body::Text(text.to_owned())).unwrap().entry
}

fn read(world: &mut World, peer: usize, entry: EntryId) {
    world.command(peer, Command::MarkRead(vec![entry]));
}

fn refusal(world: &World, peer: usize) -> Option<Refusal> {
    world.peers[peer].events.iter().rev().find_map(|event| match event {
        Event::Refused { reason, .. } => Some(reason.clone()),
        _ => None,
    })
}

/// Closes a page and opens it again on what it has stored.
fn restart(world: &mut World, peer: usize, record: engine::RoomRecord) -> usize {
    let store = world.stop(peer);
    let again = world.start(record, store);
    world.connect(again);
    world.pass(5_000);
    again
}

/// Bodies of messages on a peer's disk. Every run is verified on the way.
fn bodies(world: &World, peer: usize) -> usize {
    let peer = &world.peers[peer];
    let runs = peer.store.iter().filter(|((table, _), _)| *table == Table::Runs);
    let runs = runs.map(|(_, bytes)| Run::verify(&peer.engine.room(), bytes).unwrap());
    runs.map(|run| run.entries.iter().filter(|entry| entry.body.is_some()).count()).sum()
}

/// True if the body of a message is on a peer's disk.
fn is_stored(world: &World, peer: usize, entry: EntryId) -> bool {
    let peer = &world.peers[peer];
    let runs = peer.store.iter().filter(|((table, _), _)| *table == Table::Runs);
    let mut runs = runs.map(|(_, bytes)| Run::verify(&peer.engine.room(), bytes).unwrap());
    let holds = |run: &Run| run.log == entry.log && (run.first..=run.last()).contains(&entry.seq);
    let of_entry = |run: Run| run.iter().any(|(seq, it)| seq == entry.seq && it.body.is_some());
    runs.find(holds).is_some_and(of_entry)
}

/// More than a page of runs is said, none of which can become one with its neighbour.
fn say_much(world: &mut World, peer: usize) {
    for number in 0..150 {
        let class = if number % 2 == 0 { Priority::Normal } else { Priority::Low };
        world.say(peer, &format!("number {number}"), class);
    }
    world.pass(5_000);
}

fn shown(world: &World, peer: usize, entry: EntryId) -> Option<&Body> {
    world.peers[peer].rows.values().find(|row| row.entry == entry).map(|row| &row.body)
}

/// Records of a peer in a table under one letter.
fn records(world: &World, peer: usize, of: (Table, u8)) -> usize {
    let keys = world.peers[peer].store.keys();
    keys.filter(|(table, key)| (*table, key.get(32)) == (of.0, Some(&of.1))).count()
}

/// What is known on a disk to go after it was read.
const VANISHING: (Table, u8) = (Table::Projections, b'z');
/// Drafts on a disk that wait for their time.
const WAITING: (Table, u8) = (Table::State, b'w');

fn is_gone(world: &World, peers: [usize; 3], entry: EntryId) {
    for peer in peers {
        assert!(!is_stored(world, peer, entry), "at {peer}");
        assert_eq!(records(world, peer, VANISHING), 0, "at {peer}");
    }
}

/// Three, of whom the author has come back and shows a page that ends far below what vanishes. The
/// two others show it and have not read it.
fn far_below(act: impl Fn(&World) -> Act) -> (World, usize, EntryId) {
    let mut world = three();
    let act = act(&world);
    let draft = world.draft(0, "between us", Priority::Normal).doing(act);
    world.command(0, Command::Send(draft));
    world.pass(3_000);
    let id = entry(&world, 2, "between us");
    say_much(&mut world, 0);
    let author = restart(&mut world, 0, founder());
    assert_eq!(shown(&world, author, id), None, "it is not in memory");
    (world, author, id)
}

fn for_all(_: &World) -> Act {
    Act::SayFor { after: MINUTE }
}

#[test]
fn words_go_everywhere_though_their_author_does_not_show_them_any_more() {
    let (mut world, author, id) = far_below(for_all);
    read(&mut world, 1, id);
    world.pass(10 * MINUTE);
    assert!(is_stored(&world, author, id) && is_stored(&world, 2, id), "one has not read it");
    read(&mut world, 2, id);
    world.pass(MINUTE - 5_000);
    assert!(is_stored(&world, author, id) && is_stored(&world, 2, id), "it is not over yet");
    world.pass(10_000);
    is_gone(&world, [author, 1, 2], id);
    assert_eq!(shown(&world, author, id), None);
    world.command(author, Command::LoadOlder);
    assert_eq!(shown(&world, author, id), Some(&Body::Gone));
}

#[test]
fn what_is_for_one_member_goes_from_who_carries_it_though_its_author_does_not_show_it() {
    let (mut world, author, id) = far_below(|world| {
        let member = world.peers[2].engine.me();
        Act::SayTo { member, after: Some(MINUTE) }
    });
    assert_eq!(records(&world, 1, VANISHING), 0, "who carries it knows nothing of it");
    assert!(is_stored(&world, 1, id));
    read(&mut world, 2, id);
    world.pass(MINUTE + 10_000);
    is_gone(&world, [author, 1, 2], id);
}

#[test]
fn the_last_receipt_is_heeded_though_the_page_closes_right_after_it() {
    let (mut world, author, id) = far_below(for_all);
    read(&mut world, 1, id);
    world.pass(10_000);
    // What is stored from here on is the receipt; the author's page never hears that it is.
    world.peers[author].slow = Some(vec![]);
    read(&mut world, 2, id);
    world.pass(6_000);
    assert!(is_stored(&world, author, id));
    assert_eq!(records(&world, author, WAITING), 0, "no deletion is stored");
    let author = restart(&mut world, author, founder());
    assert_eq!(records(&world, author, WAITING), 1, "it waits for its time");
    let author = restart(&mut world, author, founder());
    assert!(is_stored(&world, author, id));
    world.pass(MINUTE + 10_000);
    is_gone(&world, [author, 1, 2], id);
}

#[test]
fn what_a_reader_has_read_goes_there_in_time_though_its_page_was_closed_meanwhile() {
    let mut world = three();
    whisper(&mut world, 0, "between us");
    world.pass(3_000);
    let id = entry(&world, 1, "between us");
    assert_eq!(records(&world, 1, VANISHING), 1);
    read(&mut world, 1, id);
    world.pass(5_000);
    say_much(&mut world, 0);
    let reader = restart(&mut world, 1, guest(1));
    assert_eq!(shown(&world, reader, id), None, "it is not in memory");
    world.pass(MINUTE);
    assert!(!is_stored(&world, reader, id));
    assert!(is_stored(&world, 0, id) && is_stored(&world, 2, id));
    assert_eq!(records(&world, reader, VANISHING), 0);
    world.command(reader, Command::LoadOlder);
    assert_eq!(shown(&world, reader, id), Some(&Body::Gone));
}

#[test]
fn what_was_read_on_another_device_goes_here_though_it_is_not_in_memory() {
    let mut world = three();
    whisper(&mut world, 0, "between us");
    world.pass(3_000);
    let id = entry(&world, 1, "between us");
    let copy = world.peers[1].store.clone();
    let other = world.start(guest(1), copy);
    world.connect(other);
    world.pass(5_000);
    say_much(&mut world, 0);
    let here = restart(&mut world, 1, guest(1));
    assert_eq!(shown(&world, here, id), None, "it is not in memory");
    read(&mut world, other, id);
    world.pass(MINUTE + 10_000);
    assert!(!is_stored(&world, other, id) && !is_stored(&world, here, id));
    assert!(is_stored(&world, 0, id) && is_stored(&world, 2, id), "one has not read it");
}

#[test]
fn i3_where_a_log_forks_what_was_read_goes_and_not_what_has_taken_its_place() {
    let mut moved = 0;
    for alone in 1..6 {
        let mut world = three();
        world.say(0, "shared", Priority::Normal);
        world.pass(3_000);
        let backup = world.peers[0].store.clone();
        let act = Act::SayFor { after: 10 * MINUTE };
        let draft = world.draft(0, "between us", Priority::Normal).doing(act);
        world.command(0, Command::Send(draft));
        world.pass(3_000);
        let id = entry(&world, 1, "between us");
        read(&mut world, 1, id);
        read(&mut world, 2, id);
        world.pass(5_000);
        assert_eq!(records(&world, 0, WAITING), 1, "its deletion waits");
        let later = world.stop(0);
        // Its disk goes back, and something else is said in that place before they meet.
        let other = world.start(founder(), backup);
        world.run();
        (0..alone).for_each(|n| world.say(other, &format!("alone {n}"), Priority::Normal));
        world.connect(other);
        world.pass(30_000);
        world.stop(other);
        let author = world.start(founder(), later);
        world.connect(author);
        world.pass(30_000);
        let rows = world.peers[author].rows.values();
        let called_so = |row: &engine::Row| row.entry == id && row.vanishes.is_some();
        moved += usize::from(!rows.into_iter().any(called_so));
        world.pass(20 * MINUTE);
        for peer in [1, 2, author] {
            let mut words = world.words(peer);
            words.sort();
            let alone = (0..alone).map(|n| format!("alone {n}"));
            let all: Vec<String> =
                ["Gone".to_owned()].into_iter().chain(alone).chain(["shared".to_owned()]).collect();
            assert_eq!(words, all, "at {peer}");
            assert_eq!(records(&world, peer, VANISHING), 0, "at {peer}");
        }
    }
    assert!(moved > 0, "in some of them it is what vanishes that gets another name");
}

#[test]
fn i6_more_go_at_once_than_are_looked_at_and_than_can_wait() {
    const MANY: usize = engine::limits::WAITING + 100;
    let mut world = two();
    for _ in 0..MANY {
        whisper(&mut world, 0, "between us");
    }
    world.pass(10_000);
    say_much(&mut world, 0);
    let author = restart(&mut world, 0, founder());
    assert_eq!(records(&world, author, VANISHING), MANY);
    let rows = world.peers[1].rows.values();
    let all = rows.filter(|row| row.vanishes.is_some()).map(|row| row.entry).collect();
    world.command(1, Command::MarkRead(all));
    world.pass(10_000);
    assert_eq!(records(&world, author, WAITING), engine::limits::WAITING);
    world.pass(3 * MINUTE);
    for peer in [author, 1] {
        assert_eq!(records(&world, peer, VANISHING), 0, "at {peer}");
        // What was said for ever, and the deletions.
        assert_eq!(bodies(&world, peer), 150 + MANY, "at {peer}");
    }
}

#[test]
fn words_go_from_the_reader_first_and_from_everybody_when_all_have_read_them() {
    let mut world = three();
    whisper(&mut world, 0, "between us");
    world.say(0, "for ever", Priority::Normal);
    world.pass(3_000);
    let id = entry(&world, 1, "between us");
    assert_eq!(world.peers[1].rows.values().next().unwrap().vanishes, Some(MINUTE));
    world.pass(10 * MINUTE);
    assert_eq!(world.words(1), ["between us", "for ever"], "nobody has read it");
    read(&mut world, 1, id);
    world.pass(MINUTE - 5_000);
    assert_eq!(world.words(1), ["between us", "for ever"], "it is not over yet");
    world.pass(10_000);
    assert_eq!(world.words(1), ["Gone", "for ever"]);
    assert_eq!((bodies(&world, 0), bodies(&world, 1), bodies(&world, 2)), (2, 1, 2));
    assert_eq!(world.words(2), ["between us", "for ever"], "the third has not read it");
    read(&mut world, 2, id);
    world.pass(MINUTE + 10_000);
    for peer in 0..3 {
        assert_eq!(world.words(peer), ["Gone", "for ever"], "at {peer}");
        // What is left beside "for ever" is the deletion, which says nothing but that.
        assert_eq!(bodies(&world, peer), 2, "at {peer}");
    }
    let state = world.peers[0].rows.values().find(|row| row.entry == id).unwrap().state;
    assert_eq!(state, RowState::Read);
    let late = world.start(guest(3), Tables::new());
    world.connect(late);
    world.pass(20_000);
    assert_eq!(world.words(late), ["Gone", "for ever"], "the chain is whole");
}

#[test]
fn the_time_runs_on_while_pages_are_closed() {
    let mut world = two();
    whisper(&mut world, 0, "between us");
    world.pass(3_000);
    let id = entry(&world, 1, "between us");
    read(&mut world, 1, id);
    world.pass(10_000);
    let waiting = |world: &World, peer: usize| {
        world.peers[peer].events.iter().rev().find_map(|event| match event {
            Event::Waiting(waiting) => Some(waiting.clone()),
            _ => None,
        })
    };
    let none: Option<Vec<Waiting>> = Some(vec![]);
    assert!(waiting(&world, 0).is_none() || waiting(&world, 0) == none, "no draft of a person's");
    let (first, second) = (world.stop(0), world.stop(1));
    world.pass(MINUTE);
    let reader = world.start(guest(1), second);
    world.pass(2_000);
    assert_eq!((world.words(reader), bodies(&world, reader)), (vec!["Gone".to_owned()], 0));
    let author = world.start(founder(), first);
    world.pass(2_000);
    assert_eq!(world.words(author), ["Gone"]);
    let author = restart(&mut world, author, founder());
    let deletions = |world: &World| {
        let rows = &world.peers[author].store;
        rows.keys().filter(|(table, _)| *table == Table::Runs).count()
    };
    let before = deletions(&world);
    world.pass(30 * MINUTE);
    assert_eq!(deletions(&world), before, "it is deleted once");
}

#[test]
fn who_has_not_read_it_gets_it_from_the_author_though_the_reader_has_lost_it() {
    let mut world = three();
    let third = world.stop(2);
    world.pass(20_000);
    for text in ["one", "two"] {
        whisper(&mut world, 0, text);
    }
    world.say(0, "for ever", Priority::Normal);
    world.pass(3_000);
    let id = entry(&world, 1, "one");
    read(&mut world, 1, id);
    world.pass(2 * MINUTE);
    let author = world.stop(0);
    world.pass(20_000);
    let third = world.start(guest(2), third);
    world.connect(third);
    world.pass(MINUTE);
    assert_eq!(world.words(third), ["two", "for ever"], "what is left arrives by the reader");
    let author = world.start(founder(), author);
    world.connect(author);
    world.pass(MINUTE);
    assert_eq!(world.words(third), ["one", "two", "for ever"]);
}

#[test]
fn what_vanishes_is_not_edited_and_terms_that_contradict_it_are_refused() {
    let mut world = two();
    whisper(&mut world, 0, "between us");
    world.pass(2_000);
    let id = entry(&world, 0, "between us");
    let edit = world.draft(0, "other words", Priority::Normal).doing(Act::Edit(id));
    world.command(0, Command::Send(edit));
    world.pass(1_000);
    assert_eq!(refusal(&world, 0), Some(Refusal::NoSuchMessage));
    let live = Terms { qos: Qos::AtMostOnce, ..Terms::default() };
    let wrong = [
        world.draft(0, "no", Priority::Normal).doing(Act::SayFor { after: 10 }),
        world.draft(0, "no", Priority::Normal).doing(Act::SayFor { after: u64::MAX }),
        world.draft(0, "no", Priority::Normal).doing(Act::SayFor { after: MINUTE }).on(live),
    ];
    for draft in wrong {
        world.peers[0].events.clear();
        world.command(0, Command::Send(draft));
        assert!(matches!(refusal(&world, 0), Some(Refusal::Terms(_))));
    }
    assert_eq!(world.words(1), ["between us"]);
}
