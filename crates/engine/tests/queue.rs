//! The queue as a person knows it: later, together, live, expiring, taken back, refused.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test stops where it is wrong")]
#![expect(clippy::wildcard_enum_match_arm, reason = "a test picks the events it looks at")]

mod driver;

use driver::{Tables, World, founder, guest, two};
use engine::frame::{Frame, decode};
use engine::log::run::Run;
use engine::{
    Act, Body, Channel, Command, Draft, EntryId, Event, FailureReason, Has, LiveMessage, Passage,
    Priority, Qos, QueueView, Refusal, Row, RowState, Table, Terms, Trace, Undelivered, Waiting,
    When, limits,
};

fn three() -> World {
    let mut world = two();
    let third = world.start(guest(2), Tables::new());
    world.connect(third);
    world.pass(5_000);
    world
}

fn row(world: &World, peer: usize, text: &str) -> Row {
    let found = world.peers[peer].rows.values().find(|row| row.body == Body::Text(text.into()));
    found.cloned().unwrap_or_else(|| panic!("{peer} does not show {text:?}"))
}

fn entry(world: &World, peer: usize, text: &str) -> EntryId {
    row(world, peer, text).entry
}

fn shown(world: &World, peer: usize, entry: &EntryId) -> Row {
    world.peers[peer].rows.values().find(|row| row.entry == *entry).unwrap().clone()
}

fn last<T>(world: &World, peer: usize, pick: impl Fn(&Event) -> Option<T>) -> Option<T> {
    world.peers[peer].events.iter().rev().find_map(pick)
}

fn waiting(world: &World, peer: usize) -> Vec<Waiting> {
    let pick = |event: &Event| match event {
        Event::Waiting(waiting) => Some(waiting.clone()),
        _ => None,
    };
    last(world, peer, pick).unwrap_or_default()
}

fn undelivered(world: &World, peer: usize) -> Vec<Undelivered> {
    let pick = |event: &Event| match event {
        Event::Undelivered(undelivered) => Some(undelivered.clone()),
        _ => None,
    };
    last(world, peer, pick).unwrap_or_default()
}

fn pending(world: &World, peer: usize) -> u64 {
    let pick = |event: &Event| match event {
        Event::Pending(pending) => Some(*pending),
        _ => None,
    };
    last(world, peer, pick).unwrap_or_default()
}

fn refusal(world: &World, peer: usize) -> Option<Refusal> {
    last(world, peer, |event| match event {
        Event::Refused { reason, .. } => Some(reason.clone()),
        _ => None,
    })
}

fn lives(world: &World, peer: usize) -> Vec<LiveMessage> {
    let events = world.peers[peer].events.iter();
    let live = |event: &Event| match event {
        Event::Live(live) => Some(live.clone()),
        _ => None,
    };
    events.filter_map(live).collect()
}

/// Closes a page and opens it again on what it has stored.
fn restart(world: &mut World, peer: usize, record: engine::RoomRecord) -> usize {
    let store = world.stop(peer);
    let again = world.start(record, store);
    world.connect(again);
    world.pass(5_000);
    again
}

fn at(world: &World, after: u64) -> Terms {
    Terms { when: When::At(world.clock().wall + after), ..Terms::default() }
}

fn send(world: &mut World, peer: usize, text: &str, terms: Terms) -> Draft {
    let draft = world.draft(peer, text, Priority::Normal).on(terms);
    world.command(peer, Command::Send(draft.clone()));
    draft
}

fn act(world: &mut World, peer: usize, text: &str, act: Act) {
    let draft = world.draft(peer, text, Priority::Normal).doing(act);
    world.command(peer, Command::Send(draft));
    world.pass(2_000);
}

#[test]
fn a_scheduled_message_outlives_the_page_and_is_said_once_when_its_time_comes() {
    let mut world = two();
    let terms = at(&world, 60_000);
    let draft = send(&mut world, 0, "later", terms);
    world.command(0, Command::Send(draft.clone()));
    assert_eq!(waiting(&world, 0).len(), 1);
    let again = restart(&mut world, 0, founder());
    assert_eq!(waiting(&world, again)[0].draft, draft);
    world.pass(40_000);
    assert!(world.words(1).is_empty());
    world.pass(30_000);
    assert_eq!(world.words(1), ["later"]);
    assert!(waiting(&world, again).is_empty());
    world.command(again, Command::Send(draft));
    let again = restart(&mut world, again, founder());
    world.pass(60_000);
    assert_eq!((world.words(1).len(), world.words(again).len()), (1, 1));
}

#[test]
fn a_scheduled_message_can_be_changed_and_cancelled_while_it_waits() {
    let mut world = two();
    let terms = at(&world, 10_000);
    let draft = send(&mut world, 0, "firts", terms);
    let other = send(&mut world, 0, "never", terms);
    let terms = at(&world, 20_000);
    let better = Draft { text: "first".into(), terms, ..draft.clone() };
    world.command(0, Command::Replace(better.clone()));
    world.command(0, Command::Cancel(other.id));
    world.pass(15_000);
    assert!(world.words(1).is_empty());
    world.pass(10_000);
    assert_eq!(world.words(1), ["first"]);
    world.command(0, Command::Replace(better));
    assert_eq!(refusal(&world, 0), Some(Refusal::TooLate));
}

#[test]
fn a_message_for_a_members_return_is_said_when_it_is_linked() {
    let mut world = two();
    let store = world.stop(1);
    world.pass(20_000);
    let ben = guest(1).keypair().member();
    let terms = Terms { when: When::Online(ben), ..Terms::default() };
    send(&mut world, 0, "welcome back", terms);
    world.pass(20_000);
    assert!(world.words(0).is_empty());
    let again = world.start(guest(1), store);
    world.connect(again);
    world.pass(5_000);
    assert_eq!(world.words(again), ["welcome back"]);
    assert!(waiting(&world, 0).is_empty());
}

#[test]
fn what_is_sent_together_is_seen_together_or_refused_together() {
    let mut world = two();
    let drafts: Vec<Draft> =
        (0..5).map(|n| world.draft(0, &n.to_string(), Priority::Normal)).collect();
    world.command(0, Command::SendTogether(drafts.clone()));
    world.command(0, Command::SendTogether(drafts.clone()));
    world.pass(1_000);
    assert_eq!(world.words(1), ["0", "1", "2", "3", "4"]);
    let rows_at_once = world.peers[1].events.iter().any(|event| match event {
        Event::Rows(rows) => rows.len() == 5,
        _ => false,
    });
    assert!(rows_at_once);
    let mut mixed: Vec<Draft> =
        (5..8).map(|n| world.draft(0, &n.to_string(), Priority::Normal)).collect();
    mixed[1].text.clear();
    world.command(0, Command::SendTogether(mixed));
    world.pass(1_000);
    assert_eq!(refusal(&world, 0), Some(Refusal::Empty));
    assert_eq!(world.words(0).len(), 5);
}

#[test]
fn an_expired_message_leaves_every_device_and_the_author_knows_who_never_got_it() {
    let mut world = three();
    let store = world.stop(2);
    world.pass(20_000);
    let terms = Terms { expires_after: Some(30_000), ..Terms::default() };
    send(&mut world, 0, "for today", terms);
    world.say(0, "for ever", Priority::Normal);
    world.pass(5_000);
    let id = entry(&world, 1, "for today");
    let held = |world: &World, peer: usize| {
        let runs = world.peers[peer].store.iter().filter(|((table, _), _)| *table == Table::Runs);
        runs.map(|(_, bytes)| bytes.len()).sum::<usize>()
    };
    let before = (held(&world, 0), held(&world, 1));
    world.pass(40_000);
    assert!(held(&world, 0) < before.0 && held(&world, 1) < before.1, "the bodies are on disk");
    assert_eq!(shown(&world, 1, &id).body, Body::Gone);
    assert_eq!(shown(&world, 0, &id).body, Body::Gone);
    assert_eq!(shown(&world, 0, &id).state, RowState::Expired);
    let tray = undelivered(&world, 0);
    assert_eq!((tray.len(), tray[0].entry), (1, id));
    assert_eq!(tray[0].failures[0].member, guest(2).keypair().member());
    assert_eq!(tray[0].failures[0].reason, FailureReason::Expired);
    assert_eq!(pending(&world, 0), 0, "another member holds what is left of it");
    // It is put away, and does not come back when the third says that it came too late.
    world.command(0, Command::Dismiss(id));
    assert_eq!(undelivered(&world, 0), []);
    // The third gets what follows, and the chain of the log is whole without the body.
    let again = world.start(guest(2), store);
    world.connect(again);
    world.pass(10_000);
    assert_eq!(world.words(again), ["Gone", "for ever"]);
    assert_eq!(undelivered(&world, 0), []);
    let reopened = restart(&mut world, 0, founder());
    assert_eq!(shown(&world, reopened, &id).state, RowState::Expired);
}

#[test]
fn what_expired_while_nobody_was_there_waits_no_more() {
    let mut world = three();
    let stores = [world.stop(2), world.stop(1)];
    world.pass(20_000);
    let terms = Terms { expires_after: Some(30_000), ..Terms::default() };
    send(&mut world, 0, "for today", terms);
    world.say(0, "for ever", Priority::Normal);
    assert_eq!(pending(&world, 0), 2);
    world.pass(40_000);
    assert_eq!((undelivered(&world, 0).len(), pending(&world, 0)), (1, 1));
    let id = undelivered(&world, 0)[0].entry;
    world.command(0, Command::Dismiss(id));
    assert_eq!((undelivered(&world, 0).len(), pending(&world, 0)), (0, 1), "also when put away");
    let alone = restart(&mut world, 0, founder());
    assert_eq!(pending(&world, alone), 1, "also when it was read anew");
    for (peer, store) in [2, 1].into_iter().zip(stores) {
        let again = world.start(guest(peer), store);
        world.connect(again);
    }
    world.pass(10_000);
    assert_eq!(pending(&world, alone), 0);
}

#[test]
fn what_is_over_by_the_clock_of_a_recipient_is_not_delivered_there() {
    let mut world = three();
    world.peers[1].ahead = 120_000;
    let terms = Terms { expires_after: Some(60_000), ..Terms::default() };
    send(&mut world, 0, "in a hurry", terms);
    world.pass(5_000);
    let id = entry(&world, 2, "in a hurry");
    assert_eq!(shown(&world, 1, &id).body, Body::Gone);
    let row = shown(&world, 0, &id);
    assert_eq!((row.state, row.held_by), (RowState::Expired, 1), "the third has it");
    let ben = guest(1).keypair().member();
    let tray = undelivered(&world, 0);
    assert_eq!(tray[0].failures.iter().map(|one| one.member).collect::<Vec<_>>(), [ben]);
    world.command(1, Command::MarkRead(vec![id]));
    world.pass(10_000);
    assert_eq!(shown(&world, 0, &id).state, RowState::Expired, "a state never goes back");
    // Nobody says so of what does not expire.
    world.say(0, "for ever", Priority::Normal);
    world.pass(5_000);
    assert_eq!(shown(&world, 0, &entry(&world, 0, "for ever")).state, RowState::Delivered);
}

#[test]
fn what_came_too_late_through_a_third_member_is_not_delivered_there_whoever_says_so() {
    for meets_author in [false, true] {
        let mut world = three();
        let ben = world.stop(1);
        world.pass(20_000);
        let terms = Terms { expires_after: Some(600_000), ..Terms::default() };
        send(&mut world, 0, "in a hurry", terms);
        world.pass(5_000);
        let id = entry(&world, 2, "in a hurry");
        let ana = world.stop(0);
        let again = world.start(guest(1), ben);
        world.peers[again].ahead = 1_200_000;
        world.connect(again);
        world.pass(5_000);
        assert_eq!(shown(&world, again, &id).body, Body::Gone);
        // Its clock is mended, and it begins anew: what it knows of this is on its disk.
        let ben = world.stop(again);
        if meets_author {
            world.stop(2);
        }
        let again = world.start(guest(1), ben);
        if meets_author {
            world.connect(again);
        }
        let author = world.start(founder(), ana);
        world.connect(author);
        world.pass(20_000);
        let row = shown(&world, author, &id);
        assert_eq!((row.state, row.held_by), (RowState::Expired, 1), "{meets_author}");
        let ben = guest(1).keypair().member();
        let tray = undelivered(&world, author).remove(0);
        let failed: Vec<_> = tray.failures.iter().map(|one| (one.member, one.reason)).collect();
        assert_eq!((tray.entry, failed), (id, vec![(ben, FailureReason::Expired)]));
        let reopened = restart(&mut world, author, founder());
        assert_eq!(shown(&world, reopened, &id).state, RowState::Expired);
    }
}

#[test]
fn i6_a_storm_of_what_came_too_late_closes_no_link_and_is_told_to_the_last() {
    const MESSAGES: usize = 6_000;
    let mut world = two();
    let ben = world.stop(1);
    let terms = Terms { expires_after: Some(60_000), ..Terms::default() };
    for number in 0..MESSAGES {
        // Between two of them is one that never expires: they cannot be told of in one.
        let terms = if number % 2 == 0 { terms } else { Terms::default() };
        send(&mut world, 0, &format!("message {number}"), terms);
    }
    world.pass(5_000);
    world.peers[0].events.clear();
    let ben = world.start(guest(1), ben);
    world.peers[ben].ahead = 120_000;
    world.connect(ben);
    world.pass(40_000);
    for peer in [0, ben] {
        let blamed = |event: &&Event| matches!(event, Event::Trouble(_));
        assert_eq!(world.peers[peer].events.iter().find(blamed), None, "nobody did anything wrong");
    }
    let rows = world.peers[0].rows.values();
    let states = rows.filter(|row| row.own).map(|row| (row.expiry.is_some(), row.state));
    let of = |expires: bool, state| states.clone().filter(|s| *s == (expires, state)).count();
    let settled = (of(true, RowState::Expired), of(false, RowState::Delivered));
    assert_eq!(settled, (MESSAGES / 2, MESSAGES / 2), "every one, and none as what it is not");
}

#[test]
fn bodies_go_also_while_everybody_goes_on_talking() {
    let mut world = two();
    let terms = Terms { expires_after: Some(30_000), ..Terms::default() };
    for number in 0..200 {
        send(&mut world, 0, &format!("secret {number}"), terms);
        world.say(0, &format!("kept {number}"), Priority::Normal);
        world.pass(140);
    }
    for number in 200..400 {
        world.say(number % 2, &format!("kept {number}"), Priority::Normal);
        world.pass(140);
    }
    world.pass(60_000);
    for peer in 0..2 {
        let rows = || world.peers[peer].rows.values();
        let gone = rows().filter(|row| row.body == Body::Gone).count();
        assert_eq!((gone, rows().count()), (200, 600), "at {peer}");
        let fades = world.peers[peer]
            .store
            .keys()
            .filter(|(table, key)| *table == Table::Projections && key.get(32) == Some(&b'x'));
        assert_eq!(fades.count(), 0, "something is still to go at {peer}");
        let runs = world.peers[peer].store.iter().filter(|((table, _), _)| *table == Table::Runs);
        let room = world.peers[peer].engine.room();
        let bare: usize = runs
            .map(|(_, bytes)| Run::verify(&room, bytes).unwrap())
            .map(|run| run.entries.iter().filter(|entry| entry.body.is_none()).count())
            .sum();
        assert_eq!(bare, 200, "bodies without a record are left at {peer}");
    }
}

#[test]
fn edits_reactions_and_deletions_are_the_same_for_all_also_for_who_comes_later() {
    let mut world = three();
    let store = world.stop(2);
    for text in ["typo", "regret", "fine"] {
        world.say(0, text, Priority::Normal);
    }
    world.pass(2_000);
    let (typo, regret, fine) =
        (entry(&world, 0, "typo"), entry(&world, 0, "regret"), entry(&world, 0, "fine"));
    act(&mut world, 0, "first try", Act::Edit(typo));
    act(&mut world, 0, "corrected", Act::Edit(typo));
    act(&mut world, 0, "", Act::Delete(regret));
    act(&mut world, 1, "👍", Act::React { target: fine, on: true });
    act(&mut world, 0, "👍", Act::React { target: fine, on: true });
    act(&mut world, 1, "👎", Act::React { target: fine, on: true });
    act(&mut world, 1, "👎", Act::React { target: fine, on: false });
    let twice = world.draft(1, "👍", Priority::Normal).doing(Act::React { target: fine, on: true });
    for _ in 0..2 {
        world.command(1, Command::Send(twice.clone()));
        world.pass(1_000);
        let told = last(&world, 1, |event| match event {
            Event::Stored(draft) => Some(*draft),
            _ => None,
        });
        assert_eq!(told, Some(twice.id), "a page has to know that it need not repeat it");
        world.peers[1].events.clear();
    }
    let again = world.start(guest(2), store);
    world.connect(again);
    world.pass(20_000);
    let reopened = restart(&mut world, 1, guest(1));
    for peer in [0, reopened, again] {
        assert_eq!(world.words(peer), ["corrected", "Gone", "fine"], "at {peer}");
        assert!(shown(&world, peer, &typo).edited);
        let reactions = shown(&world, peer, &fine).reactions;
        assert_eq!(reactions.len(), 1, "at {peer}");
        assert_eq!((reactions[0].emoji.as_str(), reactions[0].members.len()), ("👍", 2));
        let regretted = |value: &Vec<u8>| value.windows(6).any(|part| part == b"regret");
        assert!(!world.peers[peer].store.values().any(regretted));
    }
}

#[test]
fn i6_notes_before_their_messages_are_bounded_in_memory_and_lost_nowhere() {
    let mut world = three();
    let store = world.stop(2);
    world.pass(20_000);
    world.say(0, "popular", Priority::Normal);
    world.say(0, "regret", Priority::Normal);
    world.pass(2_000);
    let (popular, regret) = (entry(&world, 0, "popular"), entry(&world, 0, "regret"));
    for number in 0..limits::EARLY_NOTES + 50 {
        let on = number % 2 == 0;
        let draft = world.draft(1, "👍", Priority::Normal);
        world.command(1, Command::Send(draft.doing(Act::React { target: popular, on })));
    }
    world.pass(2_000);
    act(&mut world, 1, "🎈", Act::React { target: popular, on: true });
    act(&mut world, 0, "", Act::Delete(regret));
    // The third hears of all this from the second, whose own log comes before the first's.
    world.stop(0);
    world.pass(20_000);
    let again = world.start(guest(2), store);
    world.connect(again);
    world.pass(60_000);
    let reopened = restart(&mut world, again, guest(2));
    world.pass(10_000);
    let emojis: Vec<String> = shown(&world, reopened, &popular)
        .reactions
        .into_iter()
        .map(|reaction| reaction.emoji)
        .collect();
    assert_eq!(emojis, ["🎈"]);
    assert_eq!(shown(&world, reopened, &regret).body, Body::Gone);
}

#[test]
fn nobody_changes_what_others_said_or_what_is_gone() {
    let mut world = two();
    world.say(0, "mine", Priority::Normal);
    world.pass(2_000);
    let mine = entry(&world, 1, "mine");
    for wrong in [Act::Edit(mine), Act::Delete(mine)] {
        act(&mut world, 1, "yours", wrong);
        assert_eq!(refusal(&world, 1), Some(Refusal::NoSuchMessage));
    }
    act(&mut world, 0, "", Act::Delete(mine));
    world.peers[0].events.clear();
    act(&mut world, 0, "too late", Act::Edit(mine));
    assert_eq!(refusal(&world, 0), Some(Refusal::NoSuchMessage));
    let long = "x".repeat(limits::REACTION_BYTES + 1);
    act(&mut world, 1, &long, Act::React { target: mine, on: true });
    assert!(matches!(refusal(&world, 1), Some(Refusal::Reaction { .. })));
    assert_eq!(world.words(0), ["Gone"]);
    world.say(0, "the room goes on", Priority::Normal);
    world.pass(2_000);
    assert_eq!(world.words(1), ["Gone", "the room goes on"]);
}

#[test]
fn a_message_is_cancelled_while_nobody_holds_it_and_not_later() {
    let mut world = two();
    let store = world.stop(1);
    world.pass(20_000);
    let draft = send(&mut world, 0, "oops", Terms::default());
    world.say(0, "kept", Priority::Normal);
    world.command(0, Command::Cancel(draft.id));
    world.pass(2_000);
    let again = world.start(guest(1), store);
    world.connect(again);
    world.pass(20_000);
    assert_eq!(world.words(again), ["Gone", "kept"]);
    let draft = send(&mut world, 0, "held", Terms::default());
    world.pass(2_000);
    world.command(0, Command::Cancel(draft.id));
    assert_eq!(refusal(&world, 0), Some(Refusal::TooLate));
    world.command(0, Command::Cancel(engine::DraftId([77; 16])));
    assert_eq!(refusal(&world, 0), Some(Refusal::NoSuchMessage));
}

#[test]
fn whoever_has_said_something_is_not_typing_any_more() {
    let mut world = two();
    let typing = |world: &World| {
        last(world, 1, |event| match event {
            Event::Typing { typing, .. } => Some(*typing),
            _ => None,
        })
    };
    let said: [fn(&mut World); 2] = [
        |world| world.say(0, "kept", Priority::Normal),
        |world| {
            let live = Terms { qos: Qos::AtLeastOnce, ..Terms::default() };
            send(world, 0, "not kept", live);
        },
    ];
    for say in said {
        world.command(0, Command::Typing(false));
        world.command(0, Command::Typing(true));
        world.pass(100);
        assert_eq!(typing(&world), Some(true));
        say(&mut world);
        world.pass(limits::TYPING_EVERY / 3);
        assert_eq!(typing(&world), Some(false));
    }
}

#[test]
fn that_somebody_types_is_told_at_most_once_over_the_channel_that_may_lose_it() {
    let mut world = two();
    world.pass(2_000);
    let (link, now) = (world.wires.keys().find(|(peer, _)| *peer == 0).unwrap().1, world.clock());
    let engine = &mut world.peers[0].engine;
    engine.command(Command::Typing(true), now);
    let mut sent = |channel| -> Vec<Frame> {
        let messages = std::iter::from_fn(|| engine.poll_transmit(link, channel, now));
        messages.flat_map(|message| decode(&message).unwrap()).collect()
    };
    assert!(sent(Channel::Messages).is_empty());
    let told = sent(Channel::Ephemeral);
    assert!(matches!(told[..], [Frame::Typing(true)]), "{told:?}");
    // It was lost: nobody asks for it, and nothing of it is said again by itself.
    world.pass(3 * limits::TYPING_EVERY);
    let typing = |event: &&Event| matches!(event, Event::Typing { .. });
    assert_eq!(world.peers[1].events.iter().find(typing), None);
}

#[test]
fn who_does_not_want_it_is_not_seen_typing() {
    let mut world = two();
    let typing = |world: &World| {
        last(world, 1, |event| match event {
            Event::Typing { typing, .. } => Some(*typing),
            _ => None,
        })
    };
    world.command(0, Command::Typing(true));
    world.pass(100);
    assert_eq!(typing(&world), Some(true));
    world.command(0, Command::TellTyping(false));
    world.pass(100);
    assert_eq!(typing(&world), Some(false), "it ends at once");
    world.peers[1].events.clear();
    world.command(0, Command::Typing(true));
    world.pass(limits::TYPING_EVERY);
    assert_eq!(typing(&world), None);
    world.command(0, Command::TellTyping(true));
    world.command(0, Command::Typing(true));
    world.pass(100);
    assert_eq!(typing(&world), Some(true));
}

#[test]
fn what_is_said_live_is_shown_and_never_stored() {
    let mut world = two();
    let stored = world.peers[1].store.len();
    let once = Terms { qos: Qos::AtMostOnce, ..Terms::default() };
    let surely = Terms { qos: Qos::AtLeastOnce, ..Terms::default() };
    send(&mut world, 0, "now or never", once);
    send(&mut world, 0, "knock", surely);
    world.pass(2_000);
    let texts: Vec<String> = lives(&world, 1).into_iter().map(|live| live.text).collect();
    assert_eq!(texts, ["now or never", "knock"]);
    let ben = guest(1).keypair().member();
    assert_eq!(lives(&world, 0).last().unwrap().held_by, [ben]);
    assert!(world.words(0).is_empty() && world.words(1).is_empty());
    assert_eq!(world.peers[1].store.len(), stored);
    world.command(0, Command::Typing(true));
    world.pass(100);
    let typing = |world: &World| {
        last(world, 1, |event| match event {
            Event::Typing { typing, .. } => Some(*typing),
            _ => None,
        })
    };
    assert_eq!(typing(&world), Some(true));
    world.pass(3 * limits::TYPING_EVERY);
    assert_eq!(typing(&world), Some(false), "who says nothing more has stopped");
    world.stop(1);
    world.pass(20_000);
    send(&mut world, 0, "anybody?", once);
    assert_eq!(refusal(&world, 0), Some(Refusal::NobodyThere));
}

#[test]
fn a_member_without_space_refuses_and_the_message_waits_in_the_tray_until_it_is_taken() {
    let mut world = two();
    world.peers[1].full = true;
    world.say(0, "does not fit", Priority::Normal);
    world.pass(10 * 60_000);
    let id = entry(&world, 0, "does not fit");
    let tray = undelivered(&world, 0);
    assert_eq!(tray.len(), 1);
    assert_eq!(tray[0].failures[0].reason, FailureReason::NoSpace);
    assert!(tray[0].failures[0].attempts < 60, "{:?}", tray[0].failures[0].attempts);
    assert_eq!(shown(&world, 0, &id).state, RowState::Failed);
    world.peers[1].full = false;
    world.command(0, Command::Retry(id));
    world.pass(2 * 60_000);
    assert_eq!(world.words(1), ["does not fit"]);
    assert!(undelivered(&world, 0).is_empty());
    assert_eq!(shown(&world, 0, &id).state, RowState::Delivered);
}

#[test]
fn the_class_of_a_waiting_message_can_be_changed() {
    let mut world = two();
    let store = world.stop(1);
    world.pass(20_000);
    let long = "x".repeat(30_000);
    for number in 0..40 {
        world.say(0, &format!("{number} {long}"), Priority::Low);
    }
    world.say(0, "raise me", Priority::Low);
    let id = entry(&world, 0, "raise me");
    world.peers[0].full = true;
    world.command(0, Command::Reclass { entry: id, priority: Priority::Urgent });
    world.pass(2_000);
    world.peers[0].full = false;
    world.pass(60_000);
    assert_eq!(shown(&world, 0, &id).priority, Priority::Urgent);
    let again = world.start(guest(1), store);
    world.connect(again);
    world.pass(60_000);
    let events = world.peers[again].events.iter();
    let rows = |event: &Event| match event {
        Event::Rows(rows) => rows.clone(),
        _ => vec![],
    };
    let order: Vec<EntryId> = events.flat_map(rows).map(|row| row.entry).collect();
    let place = order.iter().position(|entry| *entry == id).unwrap();
    assert!(place < 10, "it came as number {place} of {}", order.len());
    assert_eq!(world.words(again).len(), 41);
    let reopened = restart(&mut world, 0, founder());
    assert_eq!(shown(&world, reopened, &id).priority, Priority::Urgent);
    let theirs = entry(&world, again, "raise me");
    world.command(again, Command::Reclass { entry: theirs, priority: Priority::Low });
    assert_eq!(refusal(&world, again), Some(Refusal::NoSuchMessage));
}

#[test]
fn the_queue_and_the_way_of_a_message_can_be_watched() {
    let mut world = two();
    world.say(0, "watched", Priority::Normal);
    world.pass(30_000);
    world.command(0, Command::Watch(true));
    world.pass(3_500);
    let views = |world: &World| -> Vec<QueueView> {
        let view = |event: &Event| match event {
            Event::Queue(view) => Some(view.clone()),
            _ => None,
        };
        world.peers[0].events.iter().filter_map(view).collect()
    };
    let seen = views(&world);
    assert!((3..=5).contains(&seen.len()), "{}", seen.len());
    let peer = &seen[0].peers[0];
    assert_eq!(peer.member, guest(1).keypair().member());
    assert!(peer.lanes.iter().all(|lane| lane.messages == 0 && lane.bytes == 0));
    assert!(peer.lanes[1..].iter().all(|lane| lane.credit == u64::from(limits::CREDIT_BYTES)));
    assert!(peer.round_trip.is_some());
    world.command(0, Command::Watch(false));
    world.pass(5_000);
    assert_eq!(views(&world).len(), seen.len());
    let id = entry(&world, 0, "watched");
    world.command(0, Command::Trace(id));
    let trace: Trace = last(&world, 0, |event| match event {
        Event::Trace(trace) => Some(trace.clone()),
        _ => None,
    })
    .unwrap();
    let ben = guest(1).keypair().member();
    let whats: Vec<Passage> = trace.stations.iter().map(|station| station.what).collect();
    assert_eq!(whats, [Passage::Saved, Passage::SentTo(ben), Passage::HeldBy(ben)]);
    assert!(trace.stations.is_sorted_by_key(|station| station.at));
}

#[test]
fn terms_that_contradict_each_other_are_refused_in_words() {
    let mut world = two();
    let wall = world.clock().wall;
    let wrong = [
        Terms { expires_after: Some(10), ..Terms::default() },
        Terms { qos: Qos::AtMostOnce, when: When::At(wall + 5_000), ..Terms::default() },
        Terms { when: When::At(wall + limits::WAIT_AT_MOST + 60_000), ..Terms::default() },
    ];
    for terms in wrong {
        world.peers[0].events.clear();
        send(&mut world, 0, "no", terms);
        assert!(matches!(refusal(&world, 0), Some(Refusal::Terms(_))), "{terms:?}");
    }
    let once = Terms { qos: Qos::AtMostOnce, ..Terms::default() };
    send(&mut world, 0, &"x".repeat(limits::LIVE_BYTES + 1), once);
    assert!(matches!(refusal(&world, 0), Some(Refusal::TooLong { .. })));
    world.pass(10_000);
    assert!(world.words(1).is_empty() && waiting(&world, 0).is_empty());
}

#[test]
fn a_time_that_has_passed_is_now_and_what_was_over_before_it_was_written_is_refused() {
    let mut world = two();
    let wall = world.clock().wall;
    for (text, at) in [("at the beginning of days", 0), ("just now", wall - 1)] {
        send(&mut world, 0, text, Terms { when: When::At(at), ..Terms::default() });
    }
    world.pass(1_000);
    assert_eq!(world.words(1), ["at the beginning of days", "just now"]);
    assert!(waiting(&world, 0).is_empty());
    // A time of life is counted from the writing, so none is in the past; the least is a second.
    for after in [0, 999] {
        world.peers[0].events.clear();
        let terms = Terms { expires_after: Some(after), ..Terms::default() };
        send(&mut world, 0, "over", terms);
        assert!(matches!(refusal(&world, 0), Some(Refusal::Terms(_))), "{after}");
    }
    world.pass(1_000);
    assert_eq!(world.words(1).len(), 2);
}

#[test]
fn of_a_message_it_is_told_who_has_it_and_who_has_read_it_as_that_becomes_known() {
    let mut world = World::new();
    for record in [founder(), guest(1), guest(2)] {
        let peer = world.start(record, Default::default());
        world.connect(peer);
        world.pass(5_000);
    }
    let store = world.stop(2);
    world.pass(20_000);
    world.say(0, "who has read this", Priority::Normal);
    world.pass(3_000);
    let id = entry(&world, 0, "who has read this");
    let told = |world: &World| {
        let trace: Trace = last(world, 0, |event| match event {
            Event::Trace(trace) => Some(trace.clone()),
            _ => None,
        })
        .unwrap();
        [1, 2].map(|seed| {
            let member = guest(seed).keypair().member();
            trace.recipients.iter().find(|one| one.member == member).map(|one| one.has)
        })
    };
    world.command(0, Command::Trace(id));
    assert_eq!(told(&world), [Some(Has::Held), Some(Has::Lacking)]);
    // From here on nobody asks again.
    let read = entry(&world, 1, "who has read this");
    world.command(1, Command::MarkRead(vec![read]));
    world.pass(5_000);
    assert_eq!(told(&world), [Some(Has::Read), Some(Has::Lacking)]);
    let back = world.start(guest(2), store);
    world.connect(back);
    world.pass(10_000);
    assert_eq!(told(&world), [Some(Has::Read), Some(Has::Held)]);
}
