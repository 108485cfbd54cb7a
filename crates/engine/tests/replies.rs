//! What answers a message: it names it, everywhere and for good, and what is shown of that message
//! is what it says now, as far as this device has it.
#![expect(clippy::unwrap_used, reason = "a test stops where it is wrong")]
#![expect(clippy::wildcard_enum_match_arm, reason = "a test picks the events it looks at")]

mod driver;

use driver::{Tables, World, guest, two};
use engine::log::run::Run;
use engine::{
    Act, Body, Command, Draft, EntryHash, EntryId, Event, Quote, Refusal, Row, Table, Target,
    Terms, When, limits,
};
use engine::{MemberId, Original, Priority, Qos};

const MINUTE: u64 = 60_000;

/// Ana (0), Ben (1) and Carl (2), who know each other.
fn three() -> World {
    let mut world = two();
    let third = world.start(guest(2), Tables::new());
    world.connect(third);
    world.pass(5_000);
    world
}

fn member(world: &World, peer: usize) -> MemberId {
    world.peers[peer].engine.me()
}

fn named(world: &World, peer: usize, text: &str) -> Target {
    let Row { entry, hash, .. } = row(world, peer, text);
    Target { entry, hash }
}

fn row(world: &World, peer: usize, text: &str) -> Row {
    let mut rows = world.peers[peer].rows.values();
    rows.find(|row| row.body == Body::Text(text.to_owned())).unwrap().clone()
}

fn act(world: &mut World, peer: usize, text: &str, act: Act) -> Draft {
    let draft = world.draft(peer, text, Priority::Normal).doing(act);
    world.command(peer, Command::Send(draft.clone()));
    world.pass(3_000);
    draft
}

fn reply(world: &mut World, peer: usize, text: &str, target: Target) -> Draft {
    act(world, peer, text, Act::Reply { target, member: None, after: None })
}

/// What a page is told of the message that a row answers.
fn quoted(world: &mut World, peer: usize, target: &Target) -> Option<Original> {
    let before = world.peers[peer].events.len();
    world.command(peer, Command::Quote(*target));
    world.pass(1_000);
    let told = world.peers[peer].events[before..].iter().filter_map(|event| match event {
        Event::Quoted(quote) => Some(Quote::clone(quote)),
        _ => None,
    });
    let told: Vec<Quote> = told.collect();
    assert_eq!(told.len(), 1, "it is told once");
    assert_eq!(told[0].target, *target);
    told[0].original.clone()
}

fn words(original: Option<Original>) -> Option<Body> {
    original.map(|original| original.body)
}

fn text(text: &str) -> Option<Body> {
    Some(Body::Text(text.to_owned()))
}

#[test]
fn a_reply_names_its_message_on_every_device_and_shows_what_that_says_now() {
    let mut world = three();
    world.say(0, "shall we", Priority::Normal);
    world.pass(2_000);
    let question = named(&world, 1, "shall we");
    reply(&mut world, 1, "yes", question);
    for peer in 0..3 {
        let target = row(&world, peer, "yes").reply_to.map(|to| *to).unwrap();
        assert_eq!(target, question);
        let original = quoted(&mut world, peer, &target).unwrap();
        assert_eq!((original.author, original.private), (member(&world, 0), None));
        assert_eq!(Some(original.body), text("shall we"));
    }
    act(&mut world, 0, "shall we go", Act::Edit(question.entry));
    let target = row(&world, 2, "yes").reply_to.map(|to| *to).unwrap();
    assert_eq!(words(quoted(&mut world, 2, &target)), text("shall we go"));
    act(&mut world, 0, "", Act::Delete(question.entry));
    assert_eq!(words(quoted(&mut world, 2, &target)), Some(Body::Gone));
}

#[test]
fn a_reply_that_is_edited_answers_still_and_one_that_is_deleted_answers_nothing() {
    let mut world = two();
    world.say(0, "shall we", Priority::Normal);
    world.pass(2_000);
    let question = named(&world, 1, "shall we");
    reply(&mut world, 1, "yes", question);
    let answer = row(&world, 1, "yes").entry;
    act(&mut world, 1, "no", Act::Edit(answer));
    for peer in [0, 1] {
        let target = row(&world, peer, "no").reply_to;
        assert_eq!(target.as_deref(), Some(&question));
    }
    act(&mut world, 1, "", Act::Delete(answer));
    for peer in [0, 1] {
        let mut rows = world.peers[peer].rows.values();
        let gone = rows.find(|row| row.entry == answer).unwrap();
        assert_eq!((&gone.body, &gone.reply_to), (&Body::Gone, &None));
    }
}

#[test]
fn a_reply_and_what_it_answers_outlive_the_worker_also_when_neither_is_in_memory() {
    let mut world = two();
    world.say(0, "long ago", Priority::Normal);
    world.pass(2_000);
    let question = named(&world, 1, "long ago");
    for number in 0..limits::PAGE_RUNS + 20 {
        let class = if number % 2 == 0 { Priority::Normal } else { Priority::Low };
        world.say(0, &format!("{number}"), class);
    }
    world.pass(5_000);
    let store = world.stop(1);
    let again = world.start(guest(1), store);
    world.connect(again);
    world.pass(5_000);
    assert!(world.words(again).iter().all(|text| text != "long ago"), "it is not in memory");
    reply(&mut world, again, "I remember", question);
    for peer in [0, again] {
        let target = row(&world, peer, "I remember").reply_to.map(|to| *to).unwrap();
        assert_eq!(words(quoted(&mut world, peer, &target)), text("long ago"));
    }
    act(&mut world, 0, "", Act::Delete(question.entry));
    let target = row(&world, again, "I remember").reply_to.map(|to| *to).unwrap();
    assert_eq!(words(quoted(&mut world, again, &target)), Some(Body::Gone));
}

#[test]
fn what_is_not_here_or_is_another_version_is_not_shown() {
    let mut world = two();
    world.say(0, "shall we", Priority::Normal);
    world.pass(2_000);
    let entry = row(&world, 1, "shall we").entry;
    let forged = Target { entry, hash: EntryHash([7; 32]) };
    assert_eq!(quoted(&mut world, 1, &forged), None);
    let absent = Target { entry: EntryId { seq: 4_000, ..entry }, ..forged };
    assert_eq!(quoted(&mut world, 1, &absent), None);
}

#[test]
fn what_answers_a_message_that_is_gone_meanwhile_is_said_all_the_same() {
    let mut world = two();
    world.say(0, "shall we", Priority::Normal);
    world.pass(2_000);
    let target = named(&world, 1, "shall we");
    let at = world.clock().wall + MINUTE;
    let terms = Terms { when: When::At(at), ..Terms::default() };
    let draft = world.draft(1, "yes", Priority::Normal).on(terms);
    let draft = draft.doing(Act::Reply { target, member: None, after: None });
    world.command(1, Command::Send(draft));
    world.pass(1_000);
    act(&mut world, 0, "", Act::Delete(target.entry));
    world.pass(MINUTE + 5_000);
    for peer in [0, 1] {
        assert_eq!(row(&world, peer, "yes").reply_to, None);
    }
    assert_eq!(world.refusals(1), []);
}

#[test]
fn what_two_can_read_is_answered_among_the_two() {
    let mut world = three();
    let (ana, ben, carl) = (member(&world, 0), member(&world, 1), member(&world, 2));
    act(&mut world, 0, "between us", Act::SayTo { member: ben, after: None });
    let target = named(&world, 1, "between us");
    for wrong in [None, Some(carl)] {
        act(&mut world, 1, "aloud", Act::Reply { target, member: wrong, after: None });
        let refusals = world.refusals(1);
        assert!(matches!(refusals.last(), Some(Refusal::Terms(words)) if words.contains("two")));
    }
    act(&mut world, 1, "quite", Act::Reply { target, member: Some(ana), after: None });
    for peer in [0, 1] {
        let answer = row(&world, peer, "quite");
        assert!(answer.private.is_some());
        assert_eq!(answer.reply_to.as_deref(), Some(&target));
        let original = quoted(&mut world, peer, &answer.reply_to.unwrap()).unwrap();
        assert!(original.private.is_some(), "it is known to be private");
    }
    assert_eq!(world.words(2), Vec::<String>::new(), "Carl reads nothing of it");
    // The other way round: what all can read is answered to one alone.
    world.say(0, "to all", Priority::Normal);
    world.pass(2_000);
    let target = named(&world, 1, "to all");
    act(&mut world, 1, "only to you", Act::Reply { target, member: Some(ana), after: None });
    let named = [0, 1].map(|peer| row(&world, peer, "only to you").reply_to.map(|to| *to).unwrap());
    assert_eq!(named, [target; 2]);
    assert_eq!(world.words(2), ["to all"]);
}

#[test]
fn the_words_of_a_reply_go_after_they_were_read_if_that_was_chosen() {
    let mut world = two();
    world.say(0, "shall we", Priority::Normal);
    world.pass(2_000);
    let target = named(&world, 1, "shall we");
    act(&mut world, 1, "yes", Act::Reply { target, member: None, after: Some(MINUTE) });
    let answer = row(&world, 0, "yes");
    assert_eq!(answer.vanishes, Some(MINUTE));
    world.command(0, Command::MarkRead(vec![answer.entry]));
    world.pass(MINUTE + 10_000);
    for peer in [0, 1] {
        assert_eq!(world.words(peer), ["shall we", "Gone"]);
    }
}

#[test]
fn what_is_only_said_live_answers_nothing_and_bad_replies_are_refused_in_words() {
    let mut world = two();
    world.say(0, "shall we", Priority::Normal);
    world.pass(2_000);
    let target = named(&world, 1, "shall we");
    let plain = Act::Reply { target, member: None, after: None };
    let live = Terms { qos: Qos::AtMostOnce, ..Terms::default() };
    let draft = world.draft(1, "yes", Priority::Normal).on(live).doing(plain);
    world.command(1, Command::Send(draft));
    let short = Act::Reply { target, member: None, after: Some(1) };
    act(&mut world, 1, "yes", short);
    act(&mut world, 1, " ", plain);
    let stranger = Act::Reply { target, member: Some(MemberId([9; 32])), after: None };
    act(&mut world, 1, "yes", stranger);
    let terms = |refusal: &Refusal| matches!(refusal, Refusal::Terms(_));
    let refusals = world.refusals(1);
    assert!(terms(&refusals[0]) && terms(&refusals[1]), "{refusals:?}");
    assert_eq!(refusals[2..], [Refusal::Empty, Refusal::NoSuchMember]);
    assert_eq!(world.words(0), ["shall we"]);
}

#[test]
fn of_several_that_are_seen_together_one_may_answer_something() {
    let mut world = three();
    world.say(0, "shall we", Priority::Normal);
    let ben = member(&world, 1);
    act(&mut world, 0, "between us", Act::SayTo { member: ben, after: None });
    let together = |world: &mut World, target, texts: [&str; 2]| {
        let drafts = texts.map(|text| world.draft(1, text, Priority::Normal));
        let [first, second] = drafts;
        let first = first.doing(Act::Reply { target, member: None, after: None });
        world.command(1, Command::SendTogether(vec![first, second]));
        world.pass(3_000);
    };
    let question = named(&world, 1, "shall we");
    together(&mut world, question, ["yes", "and now"]);
    assert_eq!(row(&world, 2, "yes").reply_to.as_deref(), Some(&question));
    assert_eq!(row(&world, 2, "and now").reply_to, None);
    // What may not be named in the open is not, and nothing of the whole is held back for it.
    let private = named(&world, 1, "between us");
    together(&mut world, private, ["aloud", "all of it"]);
    assert_eq!(row(&world, 2, "aloud").reply_to, None);
    assert_eq!(row(&world, 2, "all of it").reply_to, None);
    assert_eq!(world.refusals(1), []);
}

#[test]
fn words_that_go_after_the_reading_are_not_shown_above_a_reply() {
    let mut world = two();
    act(&mut world, 0, "psst", Act::SayFor { after: MINUTE });
    let question = named(&world, 1, "psst");
    reply(&mut world, 1, "what", question);
    let named = row(&world, 0, "what").reply_to.map(|to| *to).unwrap();
    let original = quoted(&mut world, 0, &named).unwrap();
    assert_eq!((original.body, original.vanishes), (Body::Text(String::new()), Some(MINUTE)));
}

#[test]
fn what_was_chosen_is_named_or_nothing() {
    let mut world = two();
    world.say(0, "shall we", Priority::Normal);
    world.pass(2_000);
    let chosen = named(&world, 1, "shall we");
    let another = Target { hash: EntryHash([7; 32]), ..chosen };
    reply(&mut world, 1, "yes", another);
    assert_eq!(row(&world, 0, "yes").reply_to, None);
}

#[test]
fn a_reply_that_waits_and_can_never_be_said_so_is_refused_and_waits_no_more() {
    let mut world = three();
    let (ben, carl) = (member(&world, 1), member(&world, 2));
    act(&mut world, 0, "between us", Act::SayTo { member: ben, after: None });
    let target = named(&world, 1, "between us");
    let at = world.clock().wall + MINUTE;
    let terms = Terms { when: When::At(at), ..Terms::default() };
    let draft = world.draft(1, "to Carl", Priority::Normal).on(terms);
    let draft = draft.doing(Act::Reply { target, member: Some(carl), after: None });
    world.command(1, Command::Send(draft));
    world.pass(MINUTE + 5_000);
    assert!(matches!(world.refusals(1)[..], [Refusal::Terms(_)]));
    let waits = world.peers[1].events.iter().rev().find_map(|event| match event {
        Event::Waiting(waiting) => Some(waiting.len()),
        _ => None,
    });
    assert_eq!(waits, Some(0));
}

#[test]
fn the_header_of_a_reply_tells_nobody_what_it_answers() {
    let mut world = two();
    world.say(0, "shall we", Priority::Normal);
    world.pass(2_000);
    let target = named(&world, 1, "shall we");
    reply(&mut world, 1, "yes", target);
    let entry = row(&world, 0, "yes").entry;
    let peer = &world.peers[0];
    let runs = peer.store.iter().filter(|((table, _), _)| *table == Table::Runs);
    let mut runs = runs.map(|(_, bytes)| Run::verify(&peer.engine.room(), bytes).unwrap());
    let run = runs.find(|run| run.log == entry.log && run.first == entry.seq).unwrap();
    assert_eq!(run.entries[0].header.target, None);
}
