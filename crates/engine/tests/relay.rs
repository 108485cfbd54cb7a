//! What a third member passes on of an author who is gone: also what was changed and taken back.
#![expect(clippy::unwrap_used, reason = "a test stops where it is wrong")]

mod driver;

use driver::{Tables, World, guest, two};
use engine::{Act, Command, EntryId, Event, Priority};

fn note(world: &mut World, peer: usize, text: &str, act: Act) {
    let draft = world.draft(peer, text, Priority::Normal).doing(act);
    world.command(peer, Command::Send(draft));
    world.pass(3_000);
}

fn first(world: &World, peer: usize) -> EntryId {
    world.peers[peer].rows.values().next().unwrap().entry
}

#[test]
fn i12_a_message_that_was_edited_and_deleted_leaves_no_gap_where_its_author_is_not() {
    let mut world = two();
    world.say(0, "first words", Priority::Urgent);
    world.pass(3_000);
    let entry = first(&world, 0);
    note(&mut world, 0, "other words", Act::Edit(entry));
    note(&mut world, 0, "", Act::Delete(entry));
    world.say(0, "and on", Priority::Low);
    world.pass(3_000);
    world.stop(0);
    let third = world.start(guest(2), Tables::new());
    world.connect(third);
    world.pass(20_000);
    assert_eq!(world.words(third), ["Gone", "and on"]);
    assert_eq!(world.words(1), world.words(third));
    let gaps = world.peers[third]
        .events
        .iter()
        .rev()
        .find_map(|event| if let Event::Gaps(gaps) = event { Some(gaps.len()) } else { None });
    assert_eq!(gaps.unwrap_or(0), 0, "nothing is said to be missing");
}
