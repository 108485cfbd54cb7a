//! Whatever a page asked for reaches the leader that lives to answer it.

use super::*;
use crate::client::event::ClientRefusal;
use crate::message::Entropy;
use engine::{
    Body, EntryHash, EntryId, Incarnation, LogId, MemberId, Order, Priority, Row, RowState,
};

const ROOM: RoomId = RoomId([1; 32]);

fn draft(n: u8) -> Draft {
    Draft::new(DraftId([n; 16]), format!("draft {n}"), Priority::Normal)
}

fn send(n: u8) -> Request {
    Request::Command { room: ROOM, command: Command::Send(draft(n)) }
}

fn row(n: u8) -> News {
    let log = LogId { member: MemberId([2; 32]), incarnation: Incarnation([3; 16]) };
    let event = Event::Rows(vec![Row {
        entry: EntryId { log, seq: u64::from(n) },
        hash: EntryHash([0; 32]),
        draft: Some(DraftId([n; 16])),
        author: log.member,
        own: true,
        order: Order { lamport: 1, log, seq: u64::from(n) },
        wall: 0,
        priority: Priority::Normal,
        body: Body::Text(String::new()),
        size: 0,
        state: RowState::Saved,
        held_by: 0,
        recipient: None,
        late: false,
        unread: false,
        edited: false,
        reactions: vec![],
        expiry: None,
        vanishes: None,
        reply_to: None,
        private: None,
    }]);
    News::Room { room: ROOM, event }
}

fn numbered(n: usize, priority: Priority) -> Draft {
    Draft::new(DraftId(u128::try_from(n).unwrap().to_be_bytes()), n.to_string(), priority)
}

fn texts(requests: &[Request]) -> Vec<String> {
    let text = |request: &Request| {
        let Request::Command { command: Command::Send(draft), .. } = request else { return None };
        Some(draft.text.clone())
    };
    requests.iter().filter_map(text).collect()
}

#[test]
fn a_leader_is_given_no_more_than_it_remembers_and_what_is_urgent_does_not_wait() {
    let mut unsent = Unsent::default();
    unsent.led();
    let write = |unsent: &mut Unsent, n: usize, priority| {
        unsent.command(ROOM, Command::Send(numbered(n, priority))).unwrap()
    };
    let most = 3 * WINDOW;
    let sent: Vec<Request> =
        (0..most).filter_map(|n| write(&mut unsent, n, Priority::Low)).collect();
    let expected = |from: usize, to: usize| (from..to).map(|n| n.to_string()).collect::<Vec<_>>();
    assert_eq!(texts(&sent), expected(0, WINDOW));
    let urgent = write(&mut unsent, most, Priority::Urgent);
    assert_eq!(texts(urgent.as_slice()), [most.to_string()]);
    assert!(unsent.more().is_empty());
    // Two are answered, and the urgent one: two more may go.
    for n in [0, 5, most] {
        let id = numbered(n, Priority::Low).id;
        unsent.seen(&mut News::Room { room: ROOM, event: Event::Stored(id) });
    }
    assert_eq!(texts(&unsent.more()), expected(WINDOW, WINDOW + 2));
    // Another leader is asked from the beginning, and for what is urgent.
    assert!(write(&mut unsent, most + 1, Priority::Urgent).is_some());
    let again = texts(&unsent.led());
    assert_eq!((again.len(), again[0].as_str(), again[4].as_str()), (WINDOW + 1, "1", "6"));
    assert_eq!(again.last(), Some(&(most + 1).to_string()));
    for n in 0..=most + 1 {
        let id = numbered(n, Priority::Low).id;
        unsent.seen(&mut News::Room { room: ROOM, event: Event::Stored(id) });
        unsent.more();
    }
    assert_eq!((unsent.flying, unsent.drafts.len(), unsent.ahead.len()), (0, 0, 0));
}

fn create(n: u8) -> (AskId, Request) {
    let (ask, entropy) = (AskId([n; 16]), Entropy([[n; 32]; 4]));
    let (room_name, my_name) = ("r".to_owned(), "m".to_owned());
    let entrance = engine::Entrance::Link;
    (ask, Request::Create { ask, entropy, room_name, my_name, entrance })
}

#[test]
fn nothing_is_sent_before_there_is_a_leader() {
    let mut unsent = Unsent::default();
    let (ask, request) = create(1);
    assert_eq!(unsent.ask(ask, request.clone()), None);
    assert_eq!(unsent.open(ROOM), None);
    assert_eq!(unsent.command(ROOM, Command::LoadOlder), Ok(None));
    assert_eq!(unsent.command(ROOM, Command::Send(draft(1))), Ok(None));
    let older = Request::Command { room: ROOM, command: Command::LoadOlder };
    assert_eq!(unsent.led(), [request, Request::Open { room: ROOM }, send(1), older]);
}

#[test]
fn a_new_leader_is_asked_again_for_what_is_unanswered() {
    let mut unsent = Unsent::default();
    assert_eq!(unsent.led(), []);
    for n in 1..=3 {
        assert_eq!(unsent.command(ROOM, Command::Send(draft(n))), Ok(Some(send(n))));
    }
    assert_eq!(
        unsent.command(ROOM, Command::LoadOlder),
        Ok(Some(Request::Command { room: ROOM, command: Command::LoadOlder }))
    );
    unsent.seen(&mut row(2));
    assert_eq!(unsent.led(), [send(1), send(3)]);
    let refused = Event::Refused { draft: Some(DraftId([1; 16])), reason: Refusal::Empty };
    unsent.seen(&mut News::Room { room: ROOM, event: refused });
    unsent.seen(&mut row(3));
    assert_eq!(unsent.led(), []);
}

#[test]
fn an_answered_request_stays_answered_and_its_room_open() {
    let mut unsent = Unsent::default();
    let (ask, request) = create(1);
    let (other, second) = create(2);
    unsent.ask(ask, request);
    unsent.ask(other, second);
    unsent.led();
    unsent.seen(&mut News::Opened { room: ROOM, ask: Some(ask) });
    let refusal = ClientRefusal::InviteDamaged;
    unsent.seen(&mut News::Refused { ask: Some(other), refusal });
    assert_eq!(unsent.led(), [Request::Open { room: ROOM }]);
}

#[test]
fn i6_a_page_keeps_a_bounded_number_of_drafts() {
    let mut unsent = Unsent::default();
    let long = |n: u8| Draft { text: "x".repeat(DRAFT_BYTES / 2), ..draft(n) };
    assert_eq!(unsent.command(ROOM, Command::Send(long(1))), Ok(None));
    assert_eq!(unsent.command(ROOM, Command::Send(long(2))), Ok(None));
    let busy = |ids: &[u8]| {
        let ids = ids.iter().map(|id| DraftId([*id; 16])).collect();
        Err((ids, Refusal::Busy { waiting: 2 }))
    };
    assert_eq!(unsent.command(ROOM, Command::Send(draft(3))), busy(&[3]));
    let together = Command::SendTogether(vec![draft(4), draft(5)]);
    assert_eq!(unsent.command(ROOM, together), busy(&[4, 5]), "all of them are told");
    unsent.seen(&mut row(1));
    assert_eq!(unsent.command(ROOM, Command::Send(draft(3))), Ok(None));
}

#[test]
fn a_draft_that_is_sent_twice_is_kept_once() {
    let mut unsent = Unsent::default();
    unsent.led();
    for _ in 0..2 {
        assert_eq!(unsent.command(ROOM, Command::Send(draft(1))), Ok(Some(send(1))));
    }
    assert_eq!(unsent.led(), [send(1)]);
}

#[test]
fn a_new_leader_hears_a_name_until_it_is_seen_and_what_was_read() {
    let mut unsent = Unsent::default();
    unsent.led();
    let log = LogId { member: MemberId([2; 32]), incarnation: Incarnation([3; 16]) };
    let named = |name: &str| Command::SetName(name.to_owned());
    let read = |seqs: std::ops::Range<u64>| {
        Command::MarkRead(seqs.map(|seq| EntryId { log, seq }).collect())
    };
    let ask = |command: Command| Request::Command { room: ROOM, command };
    for command in [named("Ana"), named(" Anna "), read(0..1), read(1..3)] {
        assert_eq!(unsent.command(ROOM, command.clone()), Ok(Some(ask(command))));
    }
    assert_eq!(unsent.led(), [ask(named("Anna")), ask(read(0..3))]);
    let me = |name: &str| MemberView {
        member: log.member,
        name: name.to_owned(),
        me: true,
        online: true,
        role: engine::Role::Member,
        verified: None,
        namesake: None,
        treatment: engine::Treatment::default(),
    };
    let members = |name: &str| News::Room { room: ROOM, event: Event::Members(vec![me(name)]) };
    unsent.seen(&mut members("Ana"));
    assert_eq!(unsent.led().len(), 2, "the newer name is still to come");
    unsent.seen(&mut members("Anna"));
    let most = u64::try_from(READ).unwrap();
    assert_eq!(unsent.command(ROOM, read(3..3 + most)).map(|_| ()), Ok(()));
    assert_eq!(unsent.led(), [ask(read(3..3 + most))]);
}

#[test]
fn what_is_sent_together_is_repeated_together_until_any_of_it_is_seen() {
    let mut unsent = Unsent::default();
    let together = Command::SendTogether((1..4).map(draft).collect());
    assert_eq!(unsent.command(ROOM, together.clone()), Ok(None));
    assert_eq!(unsent.led(), [Request::Command { room: ROOM, command: together }]);
    unsent.seen(&mut row(2));
    assert_eq!(unsent.led(), []);
    assert_eq!((unsent.places.len(), unsent.draft_bytes), (0, 0));
}

#[test]
fn drafts_that_wait_are_said_live_or_are_cancelled_are_not_repeated() {
    let mut unsent = Unsent::default();
    for n in 1..=3 {
        assert_eq!(unsent.command(ROOM, Command::Send(draft(n))), Ok(None));
    }
    let waiting = vec![engine::Waiting { draft: draft(1), since: 0 }];
    unsent.seen(&mut News::Room { room: ROOM, event: Event::Waiting(waiting) });
    unsent.seen(&mut News::Room { room: ROOM, event: Event::Cancelled(DraftId([2; 16])) });
    assert_eq!(unsent.led(), [send(3)]);
    let cancel = Command::Cancel(DraftId([3; 16]));
    let sent = Request::Command { room: ROOM, command: cancel.clone() };
    assert_eq!(unsent.command(ROOM, cancel), Ok(Some(sent.clone())));
    assert_eq!(unsent.led(), [sent], "that it is not to be said is");
}

fn ask(command: Command) -> Request {
    Request::Command { room: ROOM, command }
}

fn told(event: Event) -> News {
    News::Room { room: ROOM, event }
}

fn other_words(n: u8, text: &str) -> Command {
    Command::Replace(Draft { text: text.to_owned(), ..draft(n) })
}

#[test]
fn what_is_asked_of_a_waiting_draft_is_repeated_until_it_is_seen() {
    let mut unsent = Unsent::default();
    unsent.led();
    for command in [other_words(1, "a"), other_words(2, "b"), other_words(1, "c")] {
        assert_eq!(unsent.command(ROOM, command.clone()), Ok(Some(ask(command))));
    }
    assert_eq!(unsent.led(), [ask(other_words(2, "b")), ask(other_words(1, "c"))]);
    let waits = |n: u8, text: &str| {
        let draft = Draft { text: text.to_owned(), ..draft(n) };
        told(Event::Waiting(vec![engine::Waiting { draft, since: 0 }]))
    };
    unsent.seen(&mut waits(1, "a"));
    assert_eq!(unsent.led().len(), 2, "those are the words of before");
    unsent.seen(&mut waits(1, "c"));
    unsent.seen(&mut told(Event::Cancelled(DraftId([2; 16]))));
    assert_eq!(
        unsent.led(),
        [ask(other_words(2, "b"))],
        "somebody has to hear that it is too late"
    );
    let reason = Refusal::TooLate;
    unsent.seen(&mut told(Event::Refused { draft: Some(DraftId([2; 16])), reason }));
    assert_eq!(unsent.led(), []);
}

#[test]
fn what_is_not_to_be_said_is_never_said_in_other_words() {
    let mut unsent = Unsent::default();
    let cancel = Command::Cancel(DraftId([1; 16]));
    for command in [other_words(1, "a"), cancel.clone(), other_words(1, "b")] {
        assert_eq!(unsent.command(ROOM, command), Ok(None));
    }
    assert_eq!(unsent.led(), [ask(cancel.clone())]);
    // As a message that nobody holds it can still be taken back, and is.
    unsent.seen(&mut row(1));
    if let News::Room { event: Event::Rows(mut rows), .. } = row(1) {
        assert_eq!(unsent.led(), [ask(cancel)]);
        rows[0].body = Body::Gone;
        unsent.seen(&mut told(Event::Rows(rows)));
    }
    assert_eq!(unsent.led(), []);
}

#[test]
fn a_cancelled_draft_that_another_leader_does_not_know_is_told_to_be_cancelled() {
    let refused = || {
        let (draft, reason) = (Some(DraftId([1; 16])), Refusal::NoSuchMessage);
        told(Event::Refused { draft, reason })
    };
    for repeated in [false, true] {
        let mut unsent = Unsent::default();
        unsent.led();
        assert!(unsent.command(ROOM, Command::Cancel(DraftId([1; 16]))).is_ok());
        if repeated {
            unsent.led();
        }
        let mut news = refused();
        unsent.seen(&mut news);
        let cancelled = told(Event::Cancelled(DraftId([1; 16])));
        assert_eq!(news, if repeated { cancelled } else { refused() });
        assert_eq!(unsent.led(), []);
    }
}

#[test]
fn nothing_is_asked_any_more_of_a_room_that_was_left_and_all_of_the_others() {
    let mut unsent = Unsent::default();
    let other = RoomId([2; 32]);
    let (leave, ask) = (AskId([5; 16]), AskId([6; 16]));
    assert_eq!(unsent.ask(leave, Request::Leave { ask: leave, room: ROOM }), None);
    unsent.ask(ask, Request::Leave { ask, room: other });
    for room in [ROOM, other] {
        unsent.open(room);
        let id = DraftId([room.0[0]; 16]);
        let draft = Draft::new(id, "words", Priority::Normal);
        for command in [
            Command::Send(draft.clone()),
            Command::SetName("Ana".to_owned()),
            Command::Cancel(DraftId([9; 16])),
            Command::Mute(true),
        ] {
            unsent.command(room, command).unwrap();
        }
    }
    unsent.seen(&mut News::Left { room: ROOM });
    let asked = unsent.led();
    let of_other = |request: &Request| match request {
        Request::Leave { room, .. } | Request::Open { room } | Request::Command { room, .. } => {
            *room == other
        }
        Request::Create { .. }
        | Request::Join { .. }
        | Request::Export { .. }
        | Request::Import { .. }
        | Request::Protect { .. }
        | Request::Lock { .. }
        | Request::Unlock { .. }
        | Request::Survey { .. }
        | Request::Worsen(_)
        | Request::Wipe { .. } => false,
    };
    assert!(asked.len() >= 5 && asked.iter().all(of_other), "{asked:?}");
    assert_eq!((unsent.places.len(), unsent.draft_bytes), (1, 5));
}
