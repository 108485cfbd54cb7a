//! How much of one member a device takes: beyond that it refuses in words, others go on, and later
//! the rest arrives. With a small quota, which only the simulator can set.

mod driver;

use driver::{Tables, World, founder, guest};
use engine::members::quotas::Quota;
use engine::simulation::set_quota;
use engine::{Command, Event, FailureReason, Priority, RowState};

const ANA: usize = 0;
const BEN: usize = 1;
const CID: usize = 2;
/// Entries of one member at once, and then in a minute.
const SMALL: Quota = Quota { most: 50, a_minute: 20 };
const LARGE: Quota = Quota { most: 1 << 40, a_minute: 1 << 30 };

fn three() -> World {
    let mut world = World::new();
    for record in [founder(), guest(1), guest(2)] {
        let peer = world.start(record, Tables::new());
        world.connect(peer);
        world.pass(5_000);
    }
    world
}

fn say(world: &mut World, peer: usize, from: usize, to: usize) {
    (from..to).for_each(|n| world.say(peer, &format!("{peer}/{n}"), Priority::Normal));
    world.pass(1_000);
}

/// How many messages of a peer another one shows.
fn shown(world: &World, at: usize, of: usize) -> usize {
    world.said(at).iter().filter(|text| text.starts_with(&format!("{of}/"))).count()
}

fn failures(world: &World, author: usize) -> Vec<FailureReason> {
    let trays = world.peers[author].engine.snapshot().into_iter().filter_map(|event| {
        let Event::Undelivered(tray) = event else { return None };
        Some(tray)
    });
    trays.flatten().flat_map(|one| one.failures).map(|failure| failure.reason).collect()
}

#[test]
fn i6_beyond_its_quota_a_member_is_refused_in_words_and_the_rest_arrives_later() {
    set_quota(Some((SMALL, LARGE)));
    let mut world = three();
    for from in (0..200).step_by(10) {
        say(&mut world, BEN, from, from + 10);
    }
    let first = shown(&world, ANA, BEN);
    assert!((51..100).contains(&first), "as much as is taken at once, and a little: {first}");
    let refused = world.peers[BEN].rows.values().filter(|row| row.state == RowState::Saved);
    assert!(refused.count() >= 100, "what nobody took is not told as held");
    // Others are not affected.
    say(&mut world, CID, 0, 10);
    assert_eq!((shown(&world, ANA, CID), shown(&world, BEN, CID)), (10, 10));
    // The rest comes at its pace, once each and in order.
    world.pass(60_000);
    let later = shown(&world, ANA, BEN);
    assert!(later > first && later < 200, "{later}");
    world.pass(10 * 60_000);
    assert_eq!(shown(&world, ANA, BEN), 200);
    let said: Vec<String> =
        world.said(ANA).into_iter().filter(|one| one.starts_with('1')).collect();
    assert_eq!(said, (0..200).map(|n| format!("{BEN}/{n}")).collect::<Vec<_>>());
    let rows = world.peers[BEN].rows.values().filter(|row| row.own);
    assert!(rows.into_iter().all(|row| row.state == RowState::Delivered));
    assert_eq!(failures(&world, BEN), []);
    set_quota(None);
}

#[test]
fn i6_who_is_offered_again_and_again_over_the_quota_is_told_why() {
    set_quota(Some((Quota { most: 5, a_minute: 1 }, LARGE)));
    let mut world = three();
    say(&mut world, BEN, 0, 10);
    say(&mut world, BEN, 10, 11);
    let entry = world.peers[BEN].rows.values().next_back().unwrap().entry;
    for _ in 0..5 {
        // Its author is linked anew, and offers it.
        world.take_to(BEN, 1);
        world.pass(1_000);
        world.take_to(BEN, 0);
        world.pass(5_000);
    }
    let tray = failures(&world, BEN);
    assert!(tray.contains(&FailureReason::Quota), "{tray:?}");
    let row = world.peers[BEN].rows.values().find(|row| row.entry == entry).unwrap();
    assert_eq!((row.state, row.held_by), (RowState::Failed, 0));
    world.command(BEN, Command::Retry(entry));
    world.pass(20 * 60_000);
    assert_eq!(shown(&world, ANA, BEN), 11, "and comes after all");
    assert_eq!(failures(&world, BEN), []);
    set_quota(None);
}

#[test]
fn i6_bytes_count_too_and_what_others_hand_on_counts_for_its_author() {
    set_quota(Some((LARGE, Quota { most: 20_000, a_minute: 60_000 })));
    let mut world = three();
    world.stop(ANA);
    let store = Tables::new();
    say(&mut world, BEN, 0, 200);
    let text = |n: u32| {
        format!(
            "1/{n} {}",
            (0..400).map(|c| n * c * 7919 % 997).map(|c| c.to_string()).collect::<String>()
        )
    };
    (0..60).for_each(|n| world.say(BEN, &text(n), Priority::Normal));
    world.pass(60_000);
    world.pass(5 * 60_000);
    assert_eq!(shown(&world, CID, BEN), 260);
    world.stop(BEN);
    let ana = world.start(founder(), store);
    world.connect(ana);
    world.pass(6_000);
    say(&mut world, CID, 0, 5);
    let some = shown(&world, ana, BEN);
    assert!(some > 0 && some < 260, "{some} of what Cid holds of Ben's");
    assert_eq!(shown(&world, ana, CID), 5, "Cid's own is taken meanwhile");
    world.pass(5 * 60_000);
    assert_eq!(shown(&world, ana, BEN), 260);
    set_quota(None);
}
