//! What a person does with what was said or waits: other words, bundles, and where a message is.

use browser::{
    Act, Failure, FailureReason, Has, Passage, Recipient, Role, RowState, Station, Terms, Trace,
    Undelivered, Waiting, When, limits,
};

use super::*;
use crate::chat::{Compose, Manner, Step, Stop, Subject, Task, way};

const CARA: MemberId = MemberId([3; 32]);

pub(super) fn composes(state: &mut ChatState, compose: Compose) {
    assert_eq!(state.apply(PageEvent::Composes(compose)), []);
}

pub(super) fn revises(state: &mut ChatState, subject: Subject) {
    composes(state, Compose::Revise(subject));
}

pub(super) fn waiting(id: u8, text: &str) -> Waiting {
    let terms = Terms { when: When::At(9_000), ..Terms::default() };
    Waiting { draft: draft(id, text).on(terms), since: 0 }
}

#[test]
fn the_last_own_message_is_the_one_that_is_edited_and_others_never_are() {
    let mut state = in_live_room();
    revises(&mut state, Subject::LastRow);
    assert_eq!(state.room.writing.task, Task::New, "there is nothing to edit");
    let (old, last) = (row(ME, 1, "old"), row(ME, 2, "last"));
    let theirs = row(BEN, 3, "theirs");
    state.apply(told(Event::Rows(vec![old.clone(), last.clone(), theirs.clone()])));
    revises(&mut state, Subject::LastRow);
    let writing = &state.room.writing;
    assert_eq!((&writing.task, writing.text.as_str()), (&Task::Edit(last.entry), "last"));
    revises(&mut state, Subject::Row(theirs.entry));
    assert_eq!(state.room.writing.task, Task::Edit(last.entry));
    revises(&mut state, Subject::Row(old.entry));
    let serial = state.room.writing.serial;
    composes(&mut state, Compose::Revised);
    assert_eq!((&state.room.writing.task, state.room.writing.text.as_str()), (&Task::New, ""));
    assert!(state.room.writing.serial > serial, "the composer has to take its old words back");
}

#[test]
fn what_goes_after_reading_is_not_edited_and_goes_also_when_it_is_sent_again() {
    let mut state = in_live_room();
    let old = row(ME, 1, "old");
    let fleeting = Row { vanishes: Some(60_000), ..row(ME, 2, "between us") };
    state.apply(told(Event::Rows(vec![old.clone(), fleeting.clone()])));
    assert_eq!(state.rows[1].vanishes, Some(60_000));
    revises(&mut state, Subject::Row(fleeting.entry));
    assert_eq!(state.room.writing.task, Task::New);
    revises(&mut state, Subject::LastRow);
    assert_eq!(state.room.writing.task, Task::Edit(old.entry));
    revises(&mut state, Subject::Undelivered(fleeting.entry));
    let manner = Manner { act: Act::SayFor { after: 60_000 }, ..Manner::default() };
    assert_eq!(state.room.writing.task, Task::Resend(fleeting.entry, manner));
}

#[test]
fn what_the_worker_has_no_more_in_memory_changes_where_it_is_shown_and_nowhere_else() {
    let mut state = in_live_room();
    state.apply(told(Event::Rows(vec![row(ME, 2, "typo"), row(BEN, 3, "theirs")])));
    let other = |lamport, text: &str| Box::new(Row { edited: true, ..row(ME, lamport, text) });
    state.apply(told(Event::Changed(other(2, "corrected"))));
    assert_eq!(state.rows[0].body, Body::Text("corrected".to_owned()));
    assert!(state.rows[0].edited);
    state.apply(told(Event::Changed(other(1, "of a page that is not shown"))));
    assert_eq!(state.rows.len(), 2);
}

#[test]
fn words_in_the_composer_stay_when_the_message_they_were_for_is_gone() {
    let mut state = in_live_room();
    let mine = row(ME, 1, "a slip");
    state.apply(told(Event::Rows(vec![mine.clone()])));
    revises(&mut state, Subject::Undelivered(mine.entry));
    assert_eq!(state.room.writing.task, Task::Resend(mine.entry, Manner::default()));
    let serial = state.room.writing.serial;
    state.apply(told(Event::Rows(vec![Row { body: Body::Gone, ..mine }])));
    let anew = Task::Anew(Manner::default());
    assert_eq!((&state.room.writing.task, state.room.writing.serial), (&anew, serial));
}

#[test]
fn a_draft_that_is_said_while_it_is_changed_is_edited_as_a_message() {
    let mut state = in_live_room();
    state.apply(told(Event::Waiting(vec![waiting(1, "later"), waiting(2, "never")])));
    revises(&mut state, Subject::Waiting(DraftId([2; 16])));
    state.apply(told(Event::Cancelled(DraftId([2; 16]))));
    assert_eq!(state.room.writing.task, Task::Anew(Manner::default()), "now, if at all");
    revises(&mut state, Subject::Waiting(DraftId([1; 16])));
    assert_eq!(state.room.writing.text, "later");
    state.apply(told(Event::Waiting(vec![])));
    let said = Row { draft: Some(DraftId([1; 16])), ..row(ME, 1, "later") };
    state.apply(told(Event::Rows(vec![said.clone()])));
    assert_eq!(state.room.writing.task, Task::Edit(said.entry));
}

#[test]
fn i6_a_bundle_holds_what_can_be_sent_together_and_says_when_it_is_full() {
    let mut state = in_live_room();
    for number in 0..limits::TOGETHER {
        composes(&mut state, Compose::Bundle(number.to_string()));
    }
    assert_eq!(state.room.writing.bundle.len(), limits::TOGETHER - 1, "one more is being written");
    let refusal = |state: &ChatState| match &state.room.problem {
        Some(Problem::Refused(refusal)) => Some(refusal.clone()),
        Some(Problem::Trouble(_)) | None => None,
    };
    assert!(matches!(refusal(&state), Some(Refusal::TooMuchTogether { .. })));
    composes(&mut state, Compose::Unbundle(1));
    composes(&mut state, Compose::Unbundle(900));
    assert_eq!(&state.room.writing.bundle[..2], ["0", "2"]);
    composes(&mut state, Compose::SentBundle);
    assert!(state.room.writing.bundle.is_empty());
    composes(&mut state, Compose::Bundle("x".repeat(limits::TOGETHER_BYTES + 1)));
    assert!(state.room.writing.bundle.is_empty());
}

fn stops(state: &ChatState, trace: Option<&Trace>) -> Vec<(Option<u64>, Step)> {
    let failed = state.room.queue.undelivered.first();
    way(&state.rows[0], trace, failed).into_iter().map(|Stop { at, what }| (at, what)).collect()
}

#[test]
fn the_way_of_a_message_names_all_stations_with_their_times() {
    let mut state = in_live_room();
    let mine = Row { state: RowState::Read, ..row(ME, 1, "where are you") };
    state.apply(told(Event::Rows(vec![mine.clone()])));
    let at = |at, what| Station { at, what };
    let stations = vec![
        at(1_001, Passage::Saved),
        at(1_002, Passage::SentTo(BEN)),
        at(1_003, Passage::HeldBy(BEN)),
        at(1_004, Passage::ReadBy(BEN)),
    ];
    let trace = Trace {
        entry: mine.entry,
        draft: None,
        priority: Priority::Normal,
        stations,
        recipients: vec![],
    };
    state.apply(told(Event::Trace(trace)));
    state.apply(PageEvent::Looked(Some(mine.entry)));
    assert_eq!(state.room.looked, Some(mine.entry));
    let expected = [
        (Some(1_000), Step::Written),
        (Some(1_001), Step::Saved),
        (Some(1_002), Step::SentTo(BEN)),
        (Some(1_003), Step::HeldBy(BEN)),
        (Some(1_003), Step::Delivered),
        (Some(1_004), Step::ReadBy(BEN)),
        (Some(1_004), Step::Read),
    ];
    assert_eq!(stops(&state, state.room.queue.trace.as_ref()), expected);
    // After a restart of the worker the times are gone, the facts are not.
    let facts = [
        (Some(1_000), Step::Written),
        (None, Step::Saved),
        (None, Step::Delivered),
        (None, Step::Read),
    ];
    assert_eq!(stops(&state, None), facts);
    let other =
        Trace { entry: row(ME, 2, "other").entry, ..state.room.queue.trace.clone().unwrap() };
    assert_eq!(stops(&state, Some(&other)), facts, "that is the way of another message");
}

#[test]
fn who_got_it_through_another_is_said_to_have_and_through_whom_if_that_is_sure() {
    let mut state = in_live_room();
    let mine = Row { state: RowState::Held, ..row(ME, 1, "to whom it reaches") };
    state.apply(told(Event::Rows(vec![mine.clone()])));
    let steps = |passages: &[Passage]| {
        let station = |what: &Passage| Station { at: 2_000, what: *what };
        let stations = passages.iter().map(station).collect();
        let (entry, priority) = (mine.entry, Priority::Normal);
        let trace = Trace { entry, draft: None, priority, stations, recipients: vec![] };
        let all = stops(&state, Some(&trace)).into_iter().map(|(_, what)| what);
        all.filter(|what| !matches!(what, Step::Written | Step::Saved | Step::SentTo(_)))
            .collect::<Vec<_>>()
    };
    let (sent, held) = (Passage::SentTo, Passage::HeldBy);
    let through_ben = [Passage::Saved, sent(BEN), held(BEN), held(CARA)];
    let expected = [Step::HeldBy(BEN), Step::HeldThrough(CARA, Some(BEN))];
    assert_eq!(steps(&through_ben), expected);
    let both = [Passage::Saved, sent(BEN), sent(CARA), held(CARA), held(BEN)];
    assert_eq!(steps(&both), [Step::HeldBy(CARA), Step::HeldBy(BEN)]);
    let dan = MemberId([9; 32]);
    let one_of_two = [Passage::Saved, sent(BEN), sent(CARA), held(dan)];
    assert_eq!(steps(&one_of_two), [Step::HeldThrough(dan, None)]);
}

#[test]
fn of_a_message_without_times_it_is_said_how_many_hold_it_and_who_has_refused_it() {
    let held = |state, held_by| {
        let mut room = in_live_room();
        let mine = Row { state, held_by, ..row(ME, 1, "long ago") };
        room.apply(told(Event::Rows(vec![mine.clone()])));
        (room, mine)
    };
    let written = (Some(1_000), Step::Written);
    let (state, _) = held(RowState::Held, 2);
    let facts = [written, (None, Step::Saved), (None, Step::HeldByOthers(2))];
    assert_eq!(stops(&state, None), facts);
    let (state, mine) = held(RowState::Read, 1);
    let all = [(None, Step::Delivered), (None, Step::Read)];
    let facts = [&[written, (None, Step::Saved), (None, Step::HeldByOthers(1))], &all[..]];
    assert_eq!(stops(&state, None), facts.concat());
    let older = Trace {
        entry: mine.entry,
        draft: None,
        priority: mine.priority,
        stations: vec![],
        recipients: vec![],
    };
    assert_eq!(stops(&state, Some(&older)), facts.concat(), "one of more than are remembered");

    let (mut state, mine) = held(RowState::Failed, 1);
    let failure = |member, reason| Failure { member, reason, attempts: 5, last: 7_000 };
    let failures =
        vec![failure(BEN, FailureReason::Blocked), failure(CARA, FailureReason::Expired)];
    let failed = Undelivered { entry: mine.entry, failures, history: vec![] };
    state.apply(told(Event::Undelivered(vec![failed])));
    let refused = (Some(7_000), Step::RefusedBy(BEN));
    let facts = [written, (None, Step::Saved), (None, Step::HeldByOthers(1)), refused];
    assert_eq!(stops(&state, None), facts);
    // What is remembered of this life is not said twice.
    let stations = vec![
        Station { at: 1_001, what: Passage::Saved },
        Station { at: 1_003, what: Passage::HeldBy(CARA) },
        Station { at: 7_001, what: Passage::RefusedBy(BEN) },
    ];
    let trace = Trace {
        entry: mine.entry,
        draft: None,
        priority: Priority::Normal,
        stations,
        recipients: vec![],
    };
    let held = Step::HeldThrough(CARA, None);
    let told = [(1_001, Step::Saved), (1_003, held), (7_001, Step::RefusedBy(BEN))];
    let told = told.map(|(at, what)| (Some(at), what));
    assert_eq!(stops(&state, Some(&trace)), [&[written], &told[..]].concat());
}

#[test]
fn what_expired_says_so_and_what_is_being_written_was_written() {
    let mut state = in_live_room();
    state.apply(wrote(1, "now"));
    assert_eq!(stops(&state, None), [(Some(1_000), Step::Written)]);
    let mut state = in_live_room();
    let gone = Row { state: RowState::Expired, expiry: Some(5_000), ..row(ME, 1, "") };
    state.apply(told(Event::Rows(vec![gone])));
    let expected =
        [(Some(1_000), Step::Written), (None, Step::Saved), (Some(5_000), Step::Expired)];
    assert_eq!(stops(&state, None), expected);
}

#[test]
fn what_is_done_to_a_message_is_no_row_and_is_repeated_until_it_is_stored_or_refused() {
    let mut state = in_live_room();
    let said = row(ME, 1, "said");
    state.apply(told(Event::Rows(vec![said.clone()])));
    let target = said.entry;
    let acts = [Act::React { target, on: true }, Act::Delete(target), Act::Edit(target)];
    for (id, act) in (1..).zip(acts) {
        let draft = draft(id, "👍").doing(act);
        assert_eq!(state.apply(PageEvent::Wrote { draft, wall: 1_000 }), []);
    }
    assert_eq!(bodies(&state), ["said"]);
    let id = DraftId([1; 16]);
    assert_eq!(state.apply(told(Event::Stored(id))), [Errand::Settled(id)]);
    let (id, reason) = (DraftId([2; 16]), browser::Refusal::NoSuchMessage);
    let refused = Event::Refused { draft: Some(id), reason: reason.clone() };
    assert_eq!(state.apply(told(refused)), [Errand::Settled(id)]);
    assert_eq!(state.room.problem, Some(crate::chat::Problem::Refused(reason)));
}

#[test]
fn only_words_that_are_on_the_screen_are_read_and_what_has_none_is_no_news_either() {
    let mut state = in_live_room();
    let gone = Row { body: Body::Gone, ..row(BEN, 1, "") };
    let newer = Row { body: Body::Newer, ..row(BEN, 2, "") };
    let (words, below) = (row(BEN, 4, "words"), row(BEN, 5, "further down"));
    let rows = [gone.clone(), newer.clone(), row(ME, 3, "mine"), words.clone(), below];
    state.apply(told(Event::Rows(rows.to_vec())));
    let keys = state.rows[..4].iter().map(|row| row.key).collect();
    let (seen, read) = crate::chat::on_screen(&state.rows, &keys);
    assert_eq!(seen, [gone.entry, newer.entry, words.entry]);
    assert_eq!(read, [words.entry]);
    state.apply(PageEvent::Seen(seen));
    assert_eq!(unread(&state.rows), 1);
    // A newer build of the page can read it.
    let legible = Row { body: Body::Text("now".to_owned()), edited: true, ..newer.clone() };
    state.apply(told(Event::Rows(vec![legible])));
    let (_, read) = crate::chat::on_screen(&state.rows, &keys);
    assert_eq!(read, [newer.entry, words.entry]);
}

#[test]
fn i6_what_expired_here_is_still_known_by_its_first_words_and_what_was_deleted_is_not() {
    let mut state = in_live_room();
    let fleeting = |n| Row { expiry: Some(9_000), ..row(ME, n, &format!("until nine, {n}")) };
    let mine: Vec<Row> = (1..=150).map(fleeting).collect();
    let (lasting, theirs) = (row(ME, 200, "for good"), Row { own: false, ..fleeting(201) });
    state.apply(told(Event::Rows([mine.clone(), vec![lasting.clone(), theirs.clone()]].concat())));
    let gone = |row: &Row| {
        let state = row.expiry.map_or(row.state, |_| RowState::Expired);
        Row { body: Body::Gone, state, ..row.clone() }
    };
    for row in mine.iter().chain([&lasting, &theirs]) {
        state.apply(told(Event::Rows(vec![gone(row)])));
    }
    let words = |row: &Row| state.rows.last_words(&row.entry);
    assert_eq!(words(&mine[149]), Some("until nine, 150"));
    assert_eq!([&mine[0], &lasting, &theirs].map(words), [None; 3]);
}

#[test]
fn another_room_begins_with_nothing_of_the_last_one() {
    let mut state = with_own_message("said in the first room");
    state.apply(told(Event::Pending(1)));
    state.apply(told(Event::Typing { member: BEN, typing: true }));
    state.apply(PageEvent::Looked(state.rows[0].entry()));
    go_to_other_room(&mut state);
    assert!(state.rows.is_empty());
    let (room, visit) = (Some(OTHER_ROOM), Visit::first());
    let empty = RoomState { room, visit, ..RoomState::default() };
    assert_eq!(state.room, empty);
    // What is still told of the last one has no place here.
    state.apply(told(Event::Rows(vec![row(BEN, 2, "late")])));
    state.apply(told(Event::Pending(2)));
    assert!(state.rows.is_empty() && state.room == empty);
}

#[test]
fn nobody_waits_for_an_answer_of_a_client_that_cannot_give_one() {
    let insecure = || PageEvent::Unstartable(browser::StartError::NotSecure);
    let dead = || PageEvent::Client(ClientEvent::Fatal { text: "boom".to_owned() });
    for over in [insecure(), dead()] {
        let mut state = ChatState::default();
        state.apply(plain(None));
        state.apply(PageEvent::Asked);
        assert!(!state.worker.is_over() && state.request == Request::Waiting);
        state.apply(over);
        assert!(state.worker.is_over() && state.request == Request::None);
        state.apply(PageEvent::Asked);
        assert_eq!(state.request, Request::None);
    }
}

#[test]
fn whoever_came_by_an_invite_is_not_told_to_send_one() {
    let member = |member| people::member(member, Role::Member, true);
    let mut state = in_room();
    assert_eq!(state.room.company(), None, "what is stored is still being read");
    state.apply(told(Event::Older { more: false }));
    state.apply(told(Event::Members(vec![member(ME)])));
    assert_eq!(state.room.company(), Some(Company::Founder));
    state.apply(told(Event::Room(RoomView { founder: BEN, ..view(ROOM) })));
    assert_eq!(state.room.company(), Some(Company::Guest));
    state.apply(told(Event::Members(vec![member(ME), member(BEN)])));
    assert_eq!(state.room.company(), Some(Company::Others));
}

#[test]
fn who_has_read_a_message_comes_first_with_the_time_that_is_remembered() {
    let mine = row(ME, 1, "who has read this");
    let station = |at, what| Station { at, what };
    let stations = vec![
        station(2_000, Passage::HeldBy(BEN)),
        station(2_500, Passage::HeldBy(CARA)),
        station(3_000, Passage::ReadBy(CARA)),
    ];
    let of = |member, has| Recipient { member, has };
    let (dora, eve) = (MemberId([4; 32]), MemberId([5; 32]));
    let recipients =
        vec![of(BEN, Has::Held), of(CARA, Has::Read), of(dora, Has::Lacking), of(eve, Has::Read)];
    let trace =
        Trace { entry: mine.entry, draft: None, priority: Priority::Normal, stations, recipients };
    let told: Vec<_> = readers(mine.entry, Some(&trace))
        .into_iter()
        .map(|Reader { member, has, at }| (member, has, at))
        .collect();
    let expected = [
        (eve, Has::Read, None),
        (CARA, Has::Read, Some(3_000)),
        (BEN, Has::Held, Some(2_000)),
        (dora, Has::Lacking, None),
    ];
    assert_eq!(told, expected);
    let other = row(ME, 2, "another").entry;
    assert!(readers(other, Some(&trace)).is_empty(), "that is the way of another message");
    assert!(readers(other, None).is_empty());
}
