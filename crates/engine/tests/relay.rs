//! What a third member passes on of an author who is gone: also what was changed and taken back,
//! and who has read it.
#![expect(clippy::unwrap_used, reason = "a test stops where it is wrong")]

mod driver;

use driver::{Tables, World, founder, guest, two};
use engine::{Act, Command, EntryId, Event, Priority, RowState};

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

/// The state of what was said first, as one device shows it.
fn state(world: &World, peer: usize) -> RowState {
    world.texts(peer).first().unwrap().1
}

/// Carl goes between two networks that do not reach each other: Ana is on one, Ben on the other.
#[test]
fn what_is_read_is_known_through_a_third_member_where_reader_and_author_never_meet() {
    let mut world = World::new();
    let [ana, ben, carl] = [founder(), guest(1), guest(2)].map(|record| {
        let peer = world.start(record, Tables::new());
        world.peers[peer].side = u8::from(peer == 1);
        world.connect(peer);
        world.pass(5_000);
        peer
    });
    for side in [1, 0] {
        // Ana hears of Ben.
        world.take_to(carl, side);
        world.pass(60_000);
    }
    world.say(ana, "for both", Priority::Normal);
    world.pass(5_000);
    let entry = first(&world, ana);
    world.command(carl, Command::MarkRead(vec![entry]));
    world.pass(10_000);
    assert_eq!((state(&world, ana), world.words(ben).len()), (RowState::Held, 0));
    world.take_to(carl, 1);
    world.pass(60_000);
    assert_eq!(world.words(ben), ["for both"]);
    world.take_to(carl, 0);
    world.pass(60_000);
    assert_eq!(state(&world, ana), RowState::Delivered, "Ben has it and has not read it");
    world.take_to(carl, 1);
    world.pass(60_000);
    world.command(ben, Command::MarkRead(vec![entry]));
    world.pass(10_000);
    world.stop(ben);
    world.take_to(carl, 0);
    world.pass(60_000);
    assert_eq!(state(&world, ana), RowState::Read);
    let met = |at: usize, other: usize| {
        let member = world.peers[other].engine.me();
        let online = |event: &Event| {
            let Event::Members(views) = event else { return false };
            views.iter().any(|view| view.member == member && view.online)
        };
        world.peers[at].events.iter().any(online)
    };
    assert!(met(ana, carl) && met(ben, carl) && !met(ana, ben) && !met(ben, ana));
}
