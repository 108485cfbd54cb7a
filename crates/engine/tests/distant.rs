//! Messages that are shown and not in the engine's memory: a page outlives the worker that read
//! them, and what is done with them, here or elsewhere, is done and shown.
#![expect(clippy::unwrap_used, reason = "a test stops where it is wrong")]
#![expect(clippy::wildcard_enum_match_arm, reason = "a test picks the events it looks at")]

mod driver;

use driver::{World, founder, guest, two};
use engine::log::run::Run;
use engine::{
    Act, Body, Command, DraftId, EntryId, Event, Priority, Refusal, RoomRecord, Row, Table, Terms,
    Trace, limits,
};

/// More messages than are read at first: of two classes, so that no two become one run.
fn talk(world: &mut World) {
    for number in 0..2 * limits::PAGE_RUNS + 20 {
        let class = if number % 2 == 0 { Priority::Normal } else { Priority::Low };
        world.say(0, &format!("{number}"), class);
    }
    world.pass(2_000);
}

/// Another worker takes over, and the page goes on showing what it shows.
fn another_worker(world: &mut World, peer: usize, record: RoomRecord) -> usize {
    let rows = std::mem::take(&mut world.peers[peer].rows);
    let store = world.stop(peer);
    let next = world.start(record, store);
    world.run();
    let read: Vec<EntryId> = world.peers[next].rows.values().map(|row| row.entry).collect();
    assert!(read.len() < rows.len(), "some are not in memory");
    world.peers[next].rows = rows;
    world.connect(next);
    world.pass(5_000);
    next
}

fn entry(world: &World, peer: usize, text: &str) -> EntryId {
    let rows = &world.peers[peer].rows;
    rows.values().find(|row| row.body == Body::Text(text.to_owned())).unwrap().entry
}

fn shown(world: &World, peer: usize, entry: &EntryId) -> Row {
    world.peers[peer].rows.values().find(|row| row.entry == *entry).unwrap().clone()
}

fn act(world: &mut World, peer: usize, text: &str, act: Act) -> DraftId {
    let draft = world.draft(peer, text, Priority::Normal).doing(act);
    let id = draft.id;
    world.command(peer, Command::Send(draft));
    world.pass(2_000);
    id
}

fn refused(world: &World, peer: usize, draft: DraftId) -> Option<Refusal> {
    world.peers[peer].events.iter().find_map(|event| match event {
        Event::Refused { draft: Some(id), reason } if *id == draft => Some(reason.clone()),
        _ => None,
    })
}

/// True if the body of an entry is on a peer's disk.
fn body_on_disk(world: &World, peer: usize, entry: &EntryId) -> bool {
    let peer = &world.peers[peer];
    let runs = peer.store.iter().filter(|((table, _), _)| *table == Table::Runs);
    let mut runs = runs.map(|(_, bytes)| Run::verify(&peer.engine.room(), bytes).unwrap());
    runs.any(|run| {
        let mut entries = run.iter();
        run.log == entry.log && entries.any(|(seq, held)| seq == entry.seq && held.body.is_some())
    })
}

#[test]
fn what_is_not_in_memory_can_be_edited_deleted_and_marked() {
    let mut world = two();
    talk(&mut world);
    let old = ["0", "1", "2"].map(|text| entry(&world, 0, text));
    let author = another_worker(&mut world, 0, founder());
    let edit = act(&mut world, author, "corrected", Act::Edit(old[0]));
    let delete = act(&mut world, author, "", Act::Delete(old[1]));
    act(&mut world, author, "👍", Act::React { target: old[2], on: true });
    for draft in [edit, delete] {
        assert_eq!(refused(&world, author, draft), None);
        assert!(world.peers[author].events.contains(&Event::Stored(draft)));
    }
    let count = world.words(author).len();
    for peer in [author, 1] {
        let row = shown(&world, peer, &old[0]);
        assert_eq!((row.body, row.edited), (Body::Text("corrected".to_owned()), true), "at {peer}");
        assert_eq!(shown(&world, peer, &old[1]).body, Body::Gone, "at {peer}");
        assert_eq!(shown(&world, peer, &old[2]).reactions.len(), 1, "at {peer}");
        assert!(!body_on_disk(&world, peer, &old[1]), "at {peer}");
        assert_eq!(world.words(peer).len(), count, "nothing is shown twice at {peer}");
    }
    act(&mut world, author, "again", Act::Edit(old[0]));
    act(&mut world, author, "👍", Act::React { target: old[2], on: false });
    assert_eq!(shown(&world, 1, &old[0]).body, Body::Text("again".to_owned()));
    assert_eq!(shown(&world, author, &old[2]).reactions, []);
}

#[test]
fn what_others_do_with_a_message_that_is_not_in_memory_is_done_on_disk_and_shown() {
    let mut world = two();
    talk(&mut world);
    let old = ["0", "1", "2"].map(|text| entry(&world, 0, text));
    let reader = another_worker(&mut world, 1, guest(1));
    act(&mut world, 0, "corrected", Act::Edit(old[0]));
    act(&mut world, 0, "", Act::Delete(old[1]));
    act(&mut world, 0, "👍", Act::React { target: old[2], on: true });
    assert_eq!(shown(&world, reader, &old[0]).body, Body::Text("corrected".to_owned()));
    assert_eq!(shown(&world, reader, &old[1]).body, Body::Gone);
    assert_eq!(shown(&world, reader, &old[2]).reactions.len(), 1);
    assert!(!body_on_disk(&world, reader, &old[1]));
    // A page that does not show them is told nothing that it has no place for.
    let told = world.peers[reader].events.iter().filter_map(|event| match event {
        Event::Rows(rows) => Some(rows),
        _ => None,
    });
    let rows: Vec<EntryId> = told.flatten().map(|row| row.entry).collect();
    assert!(old.iter().all(|entry| !rows.contains(entry)));
}

#[test]
fn what_expires_far_up_is_gone_from_the_page_too() {
    let mut world = two();
    let terms = Terms { expires_after: Some(10 * 60_000), ..Terms::default() };
    let draft = world.draft(0, "for a while", Priority::Normal).on(terms);
    world.command(0, Command::Send(draft));
    world.pass(1_000);
    let brief = entry(&world, 1, "for a while");
    talk(&mut world);
    let reader = another_worker(&mut world, 1, guest(1));
    assert_eq!(shown(&world, reader, &brief).body, Body::Text("for a while".to_owned()));
    world.pass(10 * 60_000);
    assert_eq!(shown(&world, reader, &brief).body, Body::Gone);
}

#[test]
fn what_is_gone_not_ones_own_or_not_there_is_refused_in_words() {
    let mut world = two();
    talk(&mut world);
    let (gone, own) = (entry(&world, 0, "0"), entry(&world, 0, "1"));
    act(&mut world, 0, "", Act::Delete(gone));
    let author = another_worker(&mut world, 0, founder());
    let reader = another_worker(&mut world, 1, guest(1));
    let absent = EntryId { seq: 1_000_000, ..own };
    let wrong = [
        (author, Act::Edit(gone)),
        (author, Act::Delete(gone)),
        (author, Act::Delete(absent)),
        (reader, Act::Edit(own)),
        (reader, Act::React { target: gone, on: true }),
        (reader, Act::React { target: absent, on: true }),
    ];
    for (peer, wrong) in wrong {
        let draft = act(&mut world, peer, "x", wrong);
        assert_eq!(refused(&world, peer, draft), Some(Refusal::NoSuchMessage), "{wrong:?}");
    }
    world.say(author, "the room goes on", Priority::Normal);
    world.pass(2_000);
    assert_eq!(world.words(reader).last().unwrap(), "the room goes on");
}

#[test]
fn words_that_vanish_are_not_edited_though_they_are_not_in_memory() {
    let mut world = two();
    let whisper = Act::SayFor { after: 60_000 };
    let draft = world.draft(0, "between us", Priority::Normal).doing(whisper);
    world.command(0, Command::Send(draft));
    world.pass(1_000);
    let whispered = entry(&world, 0, "between us");
    talk(&mut world);
    let author = another_worker(&mut world, 0, founder());
    let draft = act(&mut world, author, "other words", Act::Edit(whispered));
    assert_eq!(refused(&world, author, draft), Some(Refusal::NoSuchMessage));
    assert_eq!(shown(&world, 1, &whispered).body, Body::Text("between us".to_owned()));
    // They vanish, though the deletion finds them on disk only.
    world.command(1, Command::MarkRead(vec![whispered]));
    world.pass(5_000);
    let deletion = act(&mut world, author, "", Act::Delete(whispered));
    assert_eq!(refused(&world, author, deletion), None);
    assert_eq!(shown(&world, 1, &whispered).body, Body::Gone);
}

#[test]
fn what_is_asked_while_the_store_is_still_read_waits_for_it() {
    let mut world = two();
    talk(&mut world);
    let old = entry(&world, 0, "0");
    let store = world.stop(0);
    let author = world.start(founder(), store);
    // Nothing of the store has been read yet.
    let draft = world.draft(author, "corrected", Priority::Normal).doing(Act::Edit(old));
    let id = draft.id;
    world.command(author, Command::Send(draft));
    world.connect(author);
    world.pass(5_000);
    assert_eq!(refused(&world, author, id), None);
    assert_eq!(shown(&world, 1, &old).body, Body::Text("corrected".to_owned()));
}

#[test]
fn the_way_of_a_message_that_is_not_in_memory_is_told() {
    let mut world = two();
    talk(&mut world);
    let old = entry(&world, 0, "0");
    let author = another_worker(&mut world, 0, founder());
    world.command(author, Command::Trace(old));
    let told = world.peers[author].events.iter().rev().find_map(|event| match event {
        Event::Trace(Trace { entry, priority, .. }) => Some((*entry, *priority)),
        _ => None,
    });
    assert_eq!(told, Some((old, Priority::Normal)));
}

#[test]
fn what_is_said_of_old_messages_holds_up_nothing_and_keeps_its_order() {
    let mut world = two();
    talk(&mut world);
    let old = entry(&world, 0, "0");
    let author = another_worker(&mut world, 0, founder());
    let edits: Vec<_> = ["one", "two", "three"]
        .map(|text| world.draft(author, text, Priority::Normal).doing(Act::Edit(old)))
        .into_iter()
        .collect();
    let message = world.draft(author, "meanwhile", Priority::Normal);
    let now = world.clock();
    for draft in edits.into_iter().chain([message]) {
        world.peers[author].engine.command(Command::Send(draft), now);
    }
    world.run();
    world.pass(2_000);
    assert_eq!(shown(&world, 1, &old).body, Body::Text("three".to_owned()));
    assert_eq!(world.words(1).last().unwrap(), "meanwhile");
}
