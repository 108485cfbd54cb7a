//! A room in short: its last line, what is new in it, what waits; and how it is kept on a device.
#![expect(clippy::unwrap_used, reason = "a test stops where it is wrong")]

mod driver;

use driver::{Tables, World, founder, guest, two};
use engine::{
    Act, Body, Command, Draft, EntryId, Event, Gist, Priority, RoomRecord, Shelf, Table, Terms,
    When, limits,
};

fn gist(world: &mut World, peer: usize) -> Option<Gist> {
    world.run();
    world.peers[peer].engine.poll_gist()
}

fn say(world: &mut World, peer: usize, text: &str) {
    world.say(peer, text, Priority::Normal);
    world.pass(200);
}

fn last(gist: &Gist) -> (String, String) {
    let line = gist.last.as_ref().unwrap();
    let text = if let Body::Text(text) = &line.body { text.clone() } else { String::new() };
    (line.name.clone(), text)
}

fn entry(world: &World, peer: usize, text: &str) -> EntryId {
    let rows = &world.peers[peer].rows;
    rows.values().find(|row| row.body == Body::Text(text.to_owned())).unwrap().entry
}

fn read(world: &mut World, peer: usize, text: &str) {
    let entry = entry(world, peer, text);
    world.command(peer, Command::MarkRead(vec![entry]));
}

/// Closes a page once all is stored, and opens it again on that.
fn restart(world: &mut World, peer: usize, record: RoomRecord) -> usize {
    world.pass(limits::RECEIPT_EVERY + 1_000);
    let store = world.stop(peer);
    let again = world.start(record, store);
    world.connect(again);
    world.run();
    again
}

#[test]
fn the_last_line_what_is_new_and_what_nobody_else_holds_are_told_when_they_change() {
    let mut world = two();
    world.command(0, Command::SetName("Ana".into()));
    world.pass(5_000);
    let quiet = gist(&mut world, 1).unwrap();
    assert_eq!((quiet.last, quiet.unread, quiet.at), (None, 0, 0));
    assert_eq!(gist(&mut world, 1), None, "nothing has changed");
    say(&mut world, 0, "one");
    say(&mut world, 0, &format!("two\n\n  and  {}", "more ".repeat(100)));
    let told = gist(&mut world, 1).unwrap();
    let (name, text) = last(&told);
    assert_eq!((name.as_str(), told.unread), ("Ana", 2));
    assert!(text.starts_with("two and more more") && text.ends_with('…'), "{text}");
    assert!(text.len() < limits::GIST_BYTES + 8, "{text}");
    assert!(told.at > 0 && told.at <= world.clock().wall);
    let mine = gist(&mut world, 0).unwrap();
    assert!(mine.last.unwrap().own && mine.unread == 0 && mine.pending == 0);

    world.stop(1);
    say(&mut world, 0, "three");
    assert_eq!(gist(&mut world, 0).unwrap().pending, 1);
}

#[test]
fn what_nobody_else_holds_is_at_stake_once_there_is_somebody_and_until_it_is_given_up() {
    let mut world = World::new();
    let ana = world.start(founder(), Tables::new());
    world.connect(ana);
    say(&mut world, ana, "to nobody yet");
    let alone = gist(&mut world, ana).unwrap();
    assert_eq!((alone.pending, alone.at_stake), (1, 0), "there is nobody else");
    let ben = world.start(guest(1), Tables::new());
    world.connect(ben);
    world.pass(5_000);
    assert_eq!(gist(&mut world, ana).unwrap().at_stake, 0, "Ben has it");
    world.stop(ben);
    let later = Terms { when: When::At(world.clock().wall + 3_600_000), ..Terms::default() };
    let draft = world.draft(ana, "in an hour", Priority::Normal).on(later);
    world.command(ana, Command::Send(draft));
    assert_eq!(gist(&mut world, ana).map_or(0, |gist| gist.at_stake), 0, "it waits on purpose");
    say(&mut world, ana, "while he is away");
    assert_eq!(gist(&mut world, ana).unwrap().at_stake, 1);
    let brief = Terms { expires_after: Some(10_000), ..Terms::default() };
    let draft = world.draft(ana, "for ten seconds", Priority::Normal).on(brief);
    world.command(ana, Command::Send(draft));
    world.pass(200);
    assert_eq!(gist(&mut world, ana).unwrap().at_stake, 2);
    world.pass(60_000);
    let late = gist(&mut world, ana).unwrap();
    assert_eq!((late.pending, late.at_stake, late.held_alone), (1, 1, 2), "one is in the tray");
    world.command(ana, Command::Pause(true));
    let paused = gist(&mut world, ana).unwrap();
    assert_eq!((paused.pending, paused.at_stake), (1, 0), "nobody gets it by waiting");
}

#[test]
fn what_was_read_stays_read_and_whoever_reads_the_end_has_no_history_to_read() {
    let mut world = two();
    for text in ["one", "two", "three"] {
        say(&mut world, 0, text);
    }
    assert_eq!(gist(&mut world, 1).unwrap().unread, 3);
    read(&mut world, 1, "two");
    assert_eq!(gist(&mut world, 1).unwrap().unread, 1, "what stands above was seen");
    let ben = restart(&mut world, 1, guest(1));
    assert_eq!(gist(&mut world, ben).unwrap().unread, 1, "also after a reload");
    say(&mut world, 0, "four");
    assert_eq!(gist(&mut world, ben).unwrap().unread, 2);
    read(&mut world, ben, "four");
    assert_eq!(gist(&mut world, ben).unwrap().unread, 0);
    let ben = restart(&mut world, ben, guest(1));
    assert_eq!(gist(&mut world, ben).unwrap().unread, 0);
}

#[test]
fn what_was_written_apart_and_sorts_above_what_was_read_is_new_all_the_same() {
    let mut world = two();
    let cleo = world.start(guest(2), Tables::new());
    world.connect(cleo);
    world.pass(5_000);
    say(&mut world, cleo, "from cleo");
    read(&mut world, 0, "from cleo");
    world.take_to(cleo, 1);
    world.pass(5_000);
    say(&mut world, cleo, "written apart");
    for text in ["one", "two", "three"] {
        say(&mut world, 1, text);
    }
    read(&mut world, 0, "three");
    world.pass(5_000);
    assert_eq!(gist(&mut world, 0).unwrap().unread, 0);
    world.take_to(cleo, 0);
    world.pass(30_000);
    let rows: Vec<String> = world.words(0);
    assert!(rows.iter().position(|it| it == "written apart") < Some(rows.len() - 1), "{rows:?}");
    assert_eq!(gist(&mut world, 0).unwrap().unread, 1);
    let ana = restart(&mut world, 0, founder());
    assert_eq!(gist(&mut world, ana).unwrap().unread, 1, "also after a reload");
}

/// What of the rows that a page was told is unread, from top to bottom.
fn unread_rows(world: &World, peer: usize) -> Vec<String> {
    let unread = world.peers[peer].rows.values().filter(|row| row.unread);
    let text = |body: &Body| if let Body::Text(text) = body { text.clone() } else { String::new() };
    unread.map(|row| text(&row.body)).collect()
}

#[test]
fn of_what_was_stored_pages_are_told_what_was_not_read() {
    let mut world = two();
    for text in ["one", "two", "three"] {
        say(&mut world, 0, text);
    }
    read(&mut world, 1, "two");
    say(&mut world, 1, "my own");
    say(&mut world, 0, "four");
    assert_eq!(unread_rows(&world, 1), [""; 0], "a page sees what comes");
    let ben = restart(&mut world, 1, guest(1));
    assert_eq!(unread_rows(&world, ben), ["three", "four"]);
    let ana = entry(&world, ben, "one").log.member;
    world.command(ben, Command::MuteMember(ana, true));
    world.pass(5_000);
    let ben = restart(&mut world, ben, guest(1));
    assert_eq!(unread_rows(&world, ben), [""; 0], "nobody wants to hear of it");
}

#[test]
fn what_is_read_further_up_is_told_as_unread_as_well() {
    let mut world = two();
    say(&mut world, 0, "first");
    read(&mut world, 1, "first");
    let count = usize::try_from(limits::PAGE_RUNS).unwrap() + 50;
    for number in 0..count {
        let (author, text) = (number % 2, number.to_string());
        world.say(author, &text, Priority::Normal);
        world.pass(50);
    }
    let ben = restart(&mut world, 1, guest(1));
    let page = unread_rows(&world, ben).len();
    assert!(page > 0 && page < count / 2, "{page}");
    world.command(ben, Command::LoadOlder);
    world.pass(1_000);
    assert_eq!(unread_rows(&world, ben).len(), count / 2);
}

#[test]
fn what_members_held_when_they_came_is_told_as_unread_and_what_they_say_then_is_not() {
    let mut world = two();
    say(&mut world, 0, "seen");
    read(&mut world, 1, "seen");
    world.pass(limits::RECEIPT_EVERY + 1_000);
    let store = world.stop(1);
    for text in ["missed", "missed, too"] {
        say(&mut world, 0, text);
    }
    let ben = world.start(guest(1), store);
    world.connect(ben);
    world.pass(5_000);
    say(&mut world, 0, "comes now");
    assert_eq!(world.words(ben), ["seen", "missed", "missed, too", "comes now"]);
    assert_eq!(unread_rows(&world, ben), ["missed", "missed, too"]);
    read(&mut world, ben, "missed, too");
    let ben = restart(&mut world, ben, guest(1));
    assert_eq!(unread_rows(&world, ben), ["comes now"]);
}

#[test]
fn words_that_were_deleted_are_in_no_list_and_not_new() {
    let mut world = two();
    say(&mut world, 0, "a secret");
    assert_eq!(gist(&mut world, 1).unwrap().unread, 1);
    let deletes = Act::Delete(entry(&world, 0, "a secret"));
    let draft = world.draft(0, "", Priority::Normal).doing(deletes);
    world.command(0, Command::Send(draft));
    world.pass(1_000);
    let told = gist(&mut world, 1).unwrap();
    assert_eq!((told.last.unwrap().body, told.unread), (Body::Gone, 0));
}

#[test]
fn drafts_that_wait_for_their_time_are_counted() {
    let mut world = two();
    let terms = Terms { when: When::At(world.clock().wall + 60_000), ..Terms::default() };
    let draft: Draft = world.draft(0, "later", Priority::Normal).on(terms);
    world.command(0, Command::Send(draft));
    assert_eq!(gist(&mut world, 0).unwrap().waiting, 1);
}

#[test]
fn a_room_that_was_put_away_comes_back_with_the_next_message_unless_it_is_muted() {
    let mut world = two();
    let shelf = |muted, archived| Shelf { muted, archived, ..Shelf::default() };
    world.command(1, Command::Archive(true));
    assert_eq!(gist(&mut world, 1).unwrap().shelf, shelf(false, true));
    let ben = restart(&mut world, 1, guest(1));
    assert_eq!(gist(&mut world, ben).unwrap().shelf, shelf(false, true), "also after a reload");
    say(&mut world, 0, "hello?");
    assert_eq!(gist(&mut world, ben).unwrap().shelf, shelf(false, false));

    world.command(ben, Command::Mute(true));
    world.command(ben, Command::Archive(true));
    say(&mut world, 0, "anybody?");
    let told = gist(&mut world, ben).unwrap();
    assert_eq!((told.shelf, told.unread), (shelf(true, true), 2));
    let ben = restart(&mut world, ben, guest(1));
    assert_eq!(gist(&mut world, ben).unwrap().shelf, shelf(true, true));
    world.command(ben, Command::Mute(false));
    assert_eq!(gist(&mut world, ben).unwrap().shelf, shelf(false, true));
}

#[test]
fn how_a_room_is_kept_is_not_lost_to_a_store_that_fails() {
    let mut world = two();
    world.peers[1].full = true;
    world.command(1, Command::Mute(true));
    world.pass(3_000);
    world.peers[1].full = false;
    world.pass(60_000);
    let ben = restart(&mut world, 1, guest(1));
    assert!(gist(&mut world, ben).unwrap().shelf.muted);
    // What lies there and is none is said, and the room opens.
    let mut store = world.stop(ben);
    let stored = store.iter_mut().filter(|((table, key), _)| {
        *table == Table::State && key.get(32) == Some(&b's') && key.len() == 33
    });
    assert_eq!(stored.map(|(_, value)| *value = vec![9]).count(), 1);
    let ben = world.start(guest(1), store);
    assert_eq!(gist(&mut world, ben).unwrap().shelf, Shelf::default());
}

#[test]
fn whoever_leaves_is_gone_for_the_others_at_once() {
    let mut world = two();
    world.peers[1].engine.hang_up();
    world.run();
    let online = |event: &Event| {
        let Event::Members(members) = event else { return None };
        Some(members.iter().filter(|it| it.online).count())
    };
    assert_eq!(world.peers[0].events.iter().rev().find_map(online), Some(1));
}
