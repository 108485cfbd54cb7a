//! What a person would notice, told event by event.

use browser::{
    Body, Draft, EntryHash, Event, LinkState, LogId, MemberId, MemberView, Order, Priority,
    Refusal, RoomView, Row, RowState, StoreFault, Trouble,
};

use super::*;

mod arriving;
mod closing;
mod connection;
mod device;
mod everywhere;
mod guard;
mod list;
mod many;
mod palette;
mod people;
mod replies;
mod revising;
mod server;
mod space;
mod story;
mod trust;
mod visit;

const ROOM: RoomId = RoomId([7; 32]);
const OTHER_ROOM: RoomId = RoomId([8; 32]);
const ME: MemberId = MemberId([1; 32]);
pub const BEN: MemberId = MemberId([2; 32]);

fn summary(room: RoomId) -> RoomSummary {
    RoomSummary { room, name: "a room".to_owned(), gist: None }
}

fn ready(rooms: &[RoomId]) -> PageEvent {
    let rooms = rooms.iter().copied().map(summary).collect();
    PageEvent::Client(ClientEvent::Ready { leader: true, rooms })
}

fn opened(room: RoomId) -> PageEvent {
    PageEvent::Client(ClientEvent::Opened { room })
}

fn told(event: Event) -> PageEvent {
    PageEvent::Client(ClientEvent::Room { room: ROOM, event })
}

fn invited(room: RoomId) -> PageEvent {
    let invite = "1.secret".to_owned();
    let entrance = browser::Entrance::Link;
    PageEvent::Arrived(Arrival::Invited(Invitation { invite, room, entrance, from: None }))
}

fn plain(room: Option<RoomId>) -> PageEvent {
    PageEvent::Arrived(Arrival::Plain(room))
}

fn view(room: RoomId) -> RoomView {
    let invite = "1.secret".to_owned();
    let entrance = browser::Entrance::Link;
    RoomView { room, name: "hills".to_owned(), me: ME, founder: ME, invite, entrance }
}

fn draft(id: u8, text: &str) -> Draft {
    Draft::new(DraftId([id; 16]), text, Priority::Normal)
}

fn wrote(id: u8, text: &str) -> PageEvent {
    PageEvent::Wrote { draft: draft(id, text), wall: 1_000 }
}

fn row(author: MemberId, lamport: u64, text: &str) -> Row {
    let log = serde_json::json!({"member": author, "incarnation": vec![0_u8; 16]});
    let log: LogId = serde_json::from_value(log).unwrap();
    let own = author == ME;
    Row {
        entry: EntryId { log, seq: lamport },
        hash: EntryHash([5; 32]),
        draft: None,
        author,
        own,
        order: Order { lamport, log, seq: lamport },
        wall: lamport * 1_000,
        priority: Priority::Normal,
        body: Body::Text(text.to_owned()),
        size: 20,
        state: if own { RowState::Saved } else { RowState::Received },
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
    }
}

/// A state that shows the room, with nothing in it.
fn in_room() -> ChatState {
    let mut state = ChatState::default();
    state.apply(plain(Some(ROOM)));
    assert_eq!(state.apply(ready(&[ROOM])), [Errand::Open(ROOM)]);
    assert_eq!(state.apply(opened(ROOM)), [Errand::Show(ROOM)]);
    state.apply(told(Event::Room(view(ROOM))));
    state
}

/// The same, once the engine has told all that was stored.
fn in_live_room() -> ChatState {
    let mut state = in_room();
    state.apply(told(Event::Rows(Vec::new())));
    state.apply(told(Event::Older { more: false }));
    state
}

/// A room with an own message that is stored, and that nobody else holds.
pub fn with_own_message(text: &str) -> ChatState {
    let mut state = in_live_room();
    let row = Row { draft: Some(DraftId([1; 16])), ..row(ME, 1, text) };
    state.apply(told(Event::Rows(vec![row])));
    state
}

/// Messages of somebody else that say this, as they stand in a list.
pub fn rows_saying(texts: &[&str]) -> Vec<Shown> {
    let mut state = in_live_room();
    let rows = (1..).zip(texts).map(|(lamport, text)| row(BEN, lamport, text));
    state.apply(told(Event::Rows(rows.collect())));
    state.rows.to_vec()
}

/// That message.
pub fn own_message(text: &str) -> Shown {
    with_own_message(text).rows[0].clone()
}

/// The person goes back and makes another room, of which nothing has been told yet.
pub fn go_to_other_room(state: &mut ChatState) {
    state.apply(PageEvent::Left);
    state.apply(PageEvent::Asked);
    assert_eq!(state.apply(opened(OTHER_ROOM)), [Errand::Show(OTHER_ROOM)]);
}

fn bodies(state: &ChatState) -> Vec<&str> {
    let text = |row: &'_ Shown| -> &'static str {
        match &row.body {
            Body::Text(text) => Box::leak(text.clone().into_boxed_str()),
            Body::Gone | Body::Decided(_) | Body::Newer | Body::Unreadable => "",
        }
    };
    state.rows.iter().map(text).collect()
}

fn states(state: &ChatState) -> Vec<&'static str> {
    state.rows.iter().map(|row| row.standing.name()).collect()
}

#[test]
fn rows_stand_in_their_order_however_they_come() {
    let mut state = in_live_room();
    state.apply(told(Event::Rows(vec![row(BEN, 5, "five"), row(ME, 2, "two")])));
    state.apply(told(Event::Rows(vec![row(BEN, 3, "three"), row(BEN, 1, "one")])));
    assert_eq!(bodies(&state), ["one", "two", "three", "five"]);
    let above: Vec<_> = state.rows.iter().map(|row| row.above.map(|above| above.author)).collect();
    assert_eq!(above, [None, Some(BEN), Some(ME), Some(BEN)]);
}

#[test]
fn an_own_message_appears_at_once_as_writing_and_becomes_its_row_in_place() {
    let mut state = in_live_room();
    state.apply(wrote(1, "mine"));
    state.apply(wrote(2, "also mine"));
    state.apply(told(Event::Rows(vec![row(BEN, 4, "his")])));
    assert_eq!(bodies(&state), ["his", "mine", "also mine"]);
    assert_eq!(states(&state), ["received", "writing", "writing"]);
    let key = state.rows[1].key;
    let stored = Row { draft: Some(DraftId([1; 16])), ..row(ME, 5, "mine") };
    let errands = state.apply(told(Event::Rows(vec![stored])));
    assert_eq!(errands, [Errand::Settled(DraftId([1; 16]))]);
    assert_eq!(bodies(&state), ["his", "mine", "also mine"]);
    assert_eq!(states(&state), ["received", "saved", "writing"]);
    assert_eq!(state.rows[1].key, key, "it is the same line on the screen");
}

#[test]
fn a_draft_that_is_handed_over_again_is_shown_once() {
    let mut state = in_live_room();
    state.apply(wrote(1, "mine"));
    state.apply(wrote(1, "mine"));
    let stored = Row { draft: Some(DraftId([1; 16])), ..row(ME, 5, "mine") };
    state.apply(told(Event::Rows(vec![stored])));
    state.apply(wrote(1, "mine"));
    assert_eq!(bodies(&state), ["mine"]);
}

#[test]
fn a_state_never_goes_back() {
    let mut state = in_live_room();
    let delivered = Row { state: RowState::Delivered, held_by: 2, ..row(ME, 1, "mine") };
    state.apply(told(Event::Rows(vec![delivered])));
    state.apply(told(Event::Rows(vec![row(ME, 1, "mine")])));
    assert_eq!(states(&state), ["delivered"]);
    assert_eq!(state.rows[0].held_by(), 2);
}

#[test]
fn a_refused_message_keeps_its_text_until_the_person_decides() {
    let mut state = in_live_room();
    state.apply(wrote(1, "too much"));
    let reason = Refusal::Busy { waiting: 9 };
    let id = DraftId([1; 16]);
    state.apply(told(Event::Refused { draft: Some(id), reason: reason.clone() }));
    assert_eq!((bodies(&state), states(&state)), (vec!["too much"], vec!["failed"]));
    assert!(state.notices().is_empty(), "it is said where the message stands");
    assert_eq!(state.apply(PageEvent::Withdrawn(id)), [Errand::Settled(id)]);
    assert!(state.rows.is_empty());
}

#[test]
fn another_refusal_is_told_above_the_room() {
    let mut state = in_live_room();
    state.apply(PageEvent::AskedOlder);
    assert_eq!(state.room.older, Older::Loading);
    let reason = Refusal::WindowFull { limit: 10_000 };
    state.apply(told(Event::Refused { draft: None, reason: reason.clone() }));
    assert_eq!(state.room.older, Older::More);
    assert_eq!(state.notices(), [Notice::Problem(Problem::Refused(reason))]);
}

#[test]
fn what_was_stored_is_not_new_and_what_comes_in_is_until_it_is_seen() {
    let mut state = in_room();
    state.apply(told(Event::Rows(vec![row(BEN, 1, "stored")])));
    state.apply(told(Event::Older { more: true }));
    assert_eq!((unread(&state.rows), &state.room.news), (0, &None));
    let fresh = vec![row(BEN, 2, "new"), row(ME, 3, "mine"), row(BEN, 4, "newer")];
    state.apply(told(Event::Rows(fresh)));
    assert_eq!(unread(&state.rows), 2);
    let news = state.room.news.clone().unwrap();
    assert_eq!((news.heard, news.words.as_deref()), (2, Some("newer")));
    state.apply(PageEvent::Seen(vec![row(BEN, 2, "").entry, row(BEN, 4, "").entry]));
    assert_eq!(unread(&state.rows), 0);
    state.apply(told(Event::Rows(vec![row(BEN, 2, "new")])));
    assert_eq!((unread(&state.rows), state.room.news), (0, Some(news)), "told again is not new");
}

#[test]
fn messages_close_together_are_one_group() {
    let mut state = in_live_room();
    let minutes =
        |lamport: u64, minute: u64| Row { wall: minute * 60_000, ..row(BEN, lamport, "") };
    state.apply(told(Event::Rows(vec![minutes(1, 0), minutes(2, 4), minutes(3, 30)])));
    let continues: Vec<bool> = state.rows.iter().map(|row| row.continues()).collect();
    assert_eq!(continues, [false, true, false]);
}

#[test]
fn a_time_that_a_clock_shows_again_is_of_the_same_minute() {
    let mut state = in_live_room();
    let at = |lamport: u64, second: u64| Row { wall: second * 1_000, ..row(BEN, lamport, "") };
    state.apply(told(Event::Rows(vec![at(1, 59), at(2, 60), at(3, 119), at(4, 121)])));
    let same: Vec<bool> = state.rows.iter().map(|row| row.is_of_same_minute()).collect();
    assert_eq!(same, [false, false, true, false]);
}

#[test]
fn the_page_shows_no_more_messages_than_the_bound() {
    let mut state = in_live_room();
    let bound = browser::limits::WINDOW_ROWS;
    let rows = (0..bound + 5).map(|at| row(BEN, u64::try_from(at).unwrap(), "")).collect();
    state.apply(told(Event::Rows(rows)));
    assert_eq!(state.rows.len(), bound);
    assert_eq!(state.rows[0].order().map(|order| order.lamport), Some(5));
}

#[test]
fn faults_are_told_once_the_weightiest_first_and_silence_ends_with_an_answer() {
    let mut state = ChatState::default();
    let fault = |fault: Fault| PageEvent::Client(ClientEvent::Fault(fault));
    state.apply(fault(Fault::Silent { part: browser::Part::Leader, seconds: 5 }));
    let (ours, theirs) = ("1".to_owned(), "2".to_owned());
    state.apply(fault(Fault::OtherBuild { ours, theirs }));
    state.apply(fault(Fault::NoRelay));
    state.apply(fault(Fault::NoRelay));
    state.apply(PageEvent::Client(ClientEvent::Storage(StorageState::Newer)));
    assert_eq!(state.notices().len(), 4);
    assert_eq!(state.notices()[0], Notice::Storage(StorageState::Newer));
    state.apply(ready(&[]));
    assert_eq!(state.notices()[1..], [Notice::Fault(Fault::NoRelay)]);
    state.apply(PageEvent::Dismissed(Notice::Fault(Fault::NoRelay)));
    assert_eq!(state.notices().len(), 1);
    state.apply(fault(Fault::NoRelay));
    assert_eq!(state.notices().len(), 2, "what happens again is told again");
}

#[test]
fn what_was_deleted_here_is_not_said_to_be_saved() {
    let mut state = in_live_room();
    let held = Row { state: RowState::Held, held_by: 1, ..row(ME, 2, "held") };
    state.apply(told(Event::Rows(vec![row(ME, 1, "saved"), held, row(BEN, 3, "theirs")])));
    state.apply(told(Event::Pending(1)));
    state.apply(PageEvent::Client(ClientEvent::Storage(StorageState::Deleted)));
    assert_eq!(states(&state), ["failed", "held", "received"]);
    assert_eq!(bodies(&state), ["saved", "held", "theirs"]);
    assert_eq!(state.room.pending, 0);
    assert_eq!((state.room.life, state.signal_lost()), (Life::Ended, false));
    assert_eq!(state.room.signal, Some(browser::SignalState::Offline), "no link works any more");
    assert!(!state.room.members.iter().any(|member| member.online && !member.me));
    assert!(!state.worker.answers());
    let notice = Notice::Storage(StorageState::Deleted);
    assert_eq!(state.notices(), std::slice::from_ref(&notice));
    assert!(notice.is_helped_by_reload() && notice.weight() == Weight::Stop);
}

#[test]
fn the_death_of_the_worker_is_told_and_reported() {
    let mut state = in_live_room();
    let errands = state.apply(PageEvent::Client(ClientEvent::Fatal { text: "boom".to_owned() }));
    assert_eq!(errands, [Errand::Report("boom".to_owned())]);
    assert_eq!(state.notices(), [Notice::Worker(Worker::Dead("boom".to_owned()))]);
}

#[test]
fn a_newer_build_is_offered_calmly_and_once_for_each_build() {
    let mut state = in_live_room();
    assert_eq!(state.notices(), []);
    state.apply(PageEvent::Client(ClientEvent::Newer));
    state.apply(PageEvent::Client(ClientEvent::Newer));
    assert_eq!(state.notices(), [Notice::Newer]);
    assert_eq!(Notice::Newer.weight(), Weight::Calm);
    assert!(!Notice::Newer.is_helped_by_reload(), "a mere reload shows the old build again");
    state.apply(PageEvent::Dismissed(Notice::Newer));
    assert_eq!(state.notices(), []);
    state.apply(PageEvent::Client(ClientEvent::Newer));
    assert_eq!(state.notices(), [Notice::Newer], "another one has come meanwhile");
}

#[test]
fn a_browser_that_cannot_do_it_gets_the_form_and_the_reason() {
    let mut state = ChatState::default();
    state.apply(plain(Some(ROOM)));
    state.apply(PageEvent::Unstartable(StartError::NotSecure));
    assert_eq!(state.place, Place::Start);
    assert_eq!(state.notices(), [Notice::Worker(Worker::Impossible(StartError::NotSecure))]);
}

#[test]
fn members_counters_and_states_are_what_was_told_last() {
    let mut state = in_live_room();
    let role = browser::Role::Member;
    let ben = MemberView { name: "Ben".to_owned(), ..people::member(BEN, role, true) };
    state.apply(told(Event::Members(vec![ben.clone()])));
    state.apply(told(Event::Pending(3)));
    state.apply(told(Event::LinkState(LinkState::Online)));
    assert_eq!((state.room.members.as_slice(), state.room.pending), ([ben].as_slice(), 3));
    assert!(state.signal_lost(), "not told yet is not reached yet");
    state.apply(told(Event::SignalState(browser::SignalState::Online)));
    assert!(!state.signal_lost());
    let trouble = Trouble::Store(StoreFault::Full);
    state.apply(told(Event::Trouble(trouble.clone())));
    assert_eq!(state.notices(), [Notice::Problem(Problem::Trouble(trouble))]);
}

#[test]
fn a_draft_that_waits_is_said_live_or_is_cancelled_leaves_the_list() {
    let mut state = in_live_room();
    for id in 1..=3 {
        state.apply(wrote(id, "hello"));
    }
    let before = state.rows.len();
    let waiting = browser::Waiting { draft: draft(1, "hello"), since: 5 };
    let errands = state.apply(told(Event::Waiting(vec![waiting.clone()])));
    assert_eq!(errands, [Errand::Settled(DraftId([1; 16]))]);
    assert_eq!(state.room.queue.waiting, [waiting]);
    let mut live = browser::LiveMessage {
        draft: DraftId([2; 16]),
        author: ME,
        text: "hello".to_owned(),
        wall: 7,
        held_by: vec![],
        qos: browser::Qos::AtLeastOnce,
    };
    state.apply(told(Event::Live(live.clone())));
    state.apply(told(Event::Cancelled(DraftId([3; 16]))));
    assert_eq!(state.rows.len(), before - 3);
    live.held_by.push(BEN);
    state.apply(told(Event::Live(live.clone())));
    assert_eq!(state.room.queue.live, [live]);
}

#[test]
fn what_is_said_live_by_others_is_news_among_the_rest_and_once() {
    let mut state = in_live_room();
    let live = |id: u8, author| browser::LiveMessage {
        draft: DraftId([id; 16]),
        author,
        text: format!("live {id}"),
        wall: 7,
        held_by: vec![],
        qos: browser::Qos::AtLeastOnce,
    };
    let mut heard = |event| {
        state.apply(told(event));
        state.room.news.clone().map(|news| (news.heard, news.author, news.words))
    };
    assert_eq!(heard(Event::Live(live(1, ME))), None, "nobody is told of one's own words");
    let first = Some((1, BEN, Some("live 2".to_owned())));
    assert_eq!(heard(Event::Live(live(2, BEN))), first);
    assert_eq!(heard(Event::Live(live(2, BEN))), first, "the same again is not new");
    let row = heard(Event::Rows(vec![row(BEN, 4, "kept")]));
    assert_eq!(row, Some((2, BEN, Some("kept".to_owned()))));
    assert_eq!(heard(Event::Live(live(3, BEN))), Some((3, BEN, Some("live 3".to_owned()))));
}

#[test]
fn live_messages_and_typing_members_are_bounded_and_end() {
    let mut queue = queue::QueueState::default();
    for n in 0..300_u128 {
        queue.say_live(browser::LiveMessage {
            draft: DraftId(n.to_be_bytes()),
            author: BEN,
            text: n.to_string(),
            wall: 0,
            held_by: vec![],
            qos: browser::Qos::AtMostOnce,
        });
    }
    assert_eq!(queue.live.len(), 100);
    assert_eq!(queue.live[0].text, "200");
    queue.types(BEN, true);
    queue.types(BEN, true);
    assert_eq!(queue.typing, [BEN]);
    queue.types(BEN, false);
    assert!(queue.typing.is_empty());
}
