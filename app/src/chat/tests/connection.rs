//! How connections do: what is asked while somebody looks, what a line says, and that nothing in a
//! report says who anybody is.

use browser::{
    Check, Command, Conditions, Ended, Ending, Finding, LaneView, LinkId, LinkNews, Path,
    PeerQueue, QueueView, Role, Route, RtcState, ServerPath, SignalState,
};

use super::people::member;
use super::*;
use crate::text::Language;

const CARA: MemberId = MemberId([3; 32]);
const LINK: LinkId = LinkId(4);

fn watch(state: &mut ChatState, who: Watcher, on: bool) -> Vec<Errand> {
    state.apply(PageEvent::Connects(ConnectionDeed::Watch(who, on)))
}

fn watching(on: bool) -> [Errand; 1] {
    [Errand::Command(ROOM, Command::Watch(on))]
}

fn peer(member: MemberId, link: Option<LinkId>, ended: Option<Ended>) -> PeerQueue {
    let lanes = vec![LaneView::default(); 6];
    PeerQueue { member, link, ended, lanes, oldest: None, round_trip: Some(90) }
}

fn queue(peers: Vec<PeerQueue>) -> PageEvent {
    told(Event::Queue(QueueView { peers, ..QueueView::default() }))
}

fn measured(link: LinkId, route: Option<Route>, round_trip: Option<u64>) -> PageEvent {
    let path = Path { state: RtcState::Connected, route, round_trip, buffered: 5 };
    PageEvent::Client(ClientEvent::Link(LinkNews::Path { room: ROOM, link, path }))
}

/// A room with Ben, who is linked, and Cara, who is not; somebody looks at its connections.
fn looking() -> ChatState {
    let mut state = in_live_room();
    let others = [member(BEN, Role::Member, true), member(CARA, Role::Member, false)];
    let members = [member(ME, Role::Founder, true)].into_iter().chain(others).collect();
    state.apply(told(Event::Members(members)));
    assert_eq!(watch(&mut state, Watcher::Connections, true), watching(true));
    let gone = Ended { why: Ending::NoPath, at: 60_000 };
    let peers = vec![peer(BEN, Some(LINK), None), peer(CARA, None, Some(gone))];
    assert_eq!(state.apply(queue(peers)), [Errand::Survey(ROOM)]);
    state
}

#[test]
fn the_queue_is_told_while_anybody_looks_and_connections_are_measured_for_their_dialog_only() {
    let mut state = in_live_room();
    assert_eq!(watch(&mut state, Watcher::Inspector, true), watching(true));
    assert!(state.apply(queue(vec![])).is_empty(), "nobody asked how the links do");
    assert!(watch(&mut state, Watcher::Connections, true).is_empty(), "it is told already");
    assert_eq!(state.apply(queue(vec![])), [Errand::Survey(ROOM)]);
    assert!(watch(&mut state, Watcher::Inspector, false).is_empty(), "the other still looks");
    assert_eq!(state.apply(opened(ROOM)), watching(true), "a new leader does not know of it");
    assert_eq!(watch(&mut state, Watcher::Connections, false), watching(false));
    assert!(watch(&mut state, Watcher::Connections, false).is_empty());
    assert!(state.apply(opened(ROOM)).is_empty());
}

#[test]
fn the_queue_is_measured_now_and_then_though_nobody_looks_and_what_was_measured_stays() {
    let mut state = in_live_room();
    let depths = |state: &ChatState| {
        let curve = state.room.queue.past.curve(Quantity::Waiting);
        curve.map(|curve| curve.parts.concat().len())
    };
    let glance = [watching(true), watching(false)].concat();
    let passed = |state: &mut ChatState, at| state.apply_at(PageEvent::Passed, at);
    assert_eq!(passed(&mut state, 60_000), glance);
    assert!(state.apply_at(queue(vec![]), 60_010).is_empty());
    assert!(passed(&mut state, 60_010 + SELDOM - 1).is_empty(), "another tab has asked");
    assert_eq!(passed(&mut state, 60_010 + SELDOM), glance);
    state.apply_at(queue(vec![]), 65_020);
    assert_eq!(depths(&state), Some(2));
    watch(&mut state, Watcher::Inspector, true);
    assert_eq!(depths(&state), Some(2), "what was measured before somebody looked is there");
    assert_eq!(passed(&mut state, 71_000), watching(true), "another tab has looked away");
    state.apply_at(queue(vec![]), 71_010);
    watch(&mut state, Watcher::Inspector, false);
    watch(&mut state, Watcher::Inspector, true);
    assert_eq!(depths(&state), Some(3));
}

#[test]
fn nothing_is_measured_of_a_room_that_nobody_sees() {
    let mut state = in_live_room();
    state.apply(PageEvent::Watched(false));
    assert!(state.apply_at(PageEvent::Passed, 60_000).is_empty());
    state.apply(PageEvent::Watched(true));
    state.apply(PageEvent::Left);
    assert!(state.apply_at(PageEvent::Passed, 70_000).is_empty());
}

#[test]
fn nothing_is_told_any_more_of_a_room_that_is_not_shown() {
    let mut state = looking();
    state.apply(PageEvent::Client(ClientEvent::Rooms(vec![summary(ROOM), summary(OTHER_ROOM)])));
    assert_eq!(state.apply(PageEvent::Went(OTHER_ROOM)), [Errand::Open(OTHER_ROOM)]);
    let [away] = watching(false);
    assert_eq!(state.apply(opened(OTHER_ROOM)), [away, Errand::Show(OTHER_ROOM)]);
}

#[test]
fn a_line_says_which_way_and_how_long_as_the_browser_says_or_else_the_engine() {
    let mut state = looking();
    let line = |state: &ChatState, at: usize| state.room.line_to([BEN, CARA][at]);
    assert_eq!((line(&state, 0).reach, line(&state, 0).round_trip), (Reach::Linked, Some(90)));
    state.apply(measured(LINK, Some(Route::Direct), Some(3)));
    let ben = Line { reach: Reach::Direct, round_trip: Some(3), buffered: 5, ended: None };
    assert_eq!(line(&state, 0), ben);
    state.apply(measured(LINK, Some(Route::Relayed), None));
    assert_eq!((line(&state, 0).reach, line(&state, 0).round_trip), (Reach::Relayed, Some(90)));
    let cara = line(&state, 1);
    assert_eq!((cara.reach, cara.round_trip, cara.buffered), (Reach::Away, None, 0));
    assert_eq!(cara.ended.map(|ended| ended.why), Some(Ending::NoPath));
    // What comes late of a link that is gone says nothing of the next.
    state.apply(queue(vec![peer(BEN, None, None)]));
    state.apply(measured(LINK, Some(Route::Direct), Some(3)));
    state.apply(queue(vec![peer(BEN, Some(LinkId(5)), None)]));
    assert_eq!(line(&state, 0).reach, Reach::Linked);
}

#[test]
fn a_test_runs_once_at_a_time_and_each_part_says_what_it_has_found() {
    let mut state = looking();
    let test = |state: &mut ChatState| state.apply(PageEvent::Connects(ConnectionDeed::Test));
    assert_eq!(test(&mut state), [Errand::Check]);
    assert!(test(&mut state).is_empty(), "it is under way");
    for check in Check::ALL {
        assert_eq!(state.room.connection.found(check), Some(&None));
        state.apply(PageEvent::Client(ClientEvent::Checked(check, Finding::NotOffered)));
        assert_eq!(state.room.connection.found(check), Some(&Some(Finding::NotOffered)));
    }
    assert_eq!(test(&mut state), [Errand::Check], "and again, if it is wanted");
}

#[test]
fn the_server_is_said_to_be_reached_with_its_time_only_while_it_is() {
    let mut state = looking();
    let path = ServerPath { round_trip: 12, buffered: 0 };
    state.apply(told(Event::SignalState(SignalState::Online)));
    state.apply(PageEvent::Client(ClientEvent::Link(LinkNews::Server(path))));
    assert_eq!(state.server_line().path, Some(path));
    let said = Language::English.server_line(&state.server_line());
    assert_eq!(said, "reached · 12 ms there and back");
    state.apply(told(Event::SignalState(SignalState::Offline)));
    assert_eq!(state.server_line().path, None);
    let refused = Fault::SignalRefused { address: String::new(), text: String::new() };
    state.apply(PageEvent::Client(ClientEvent::Fault(refused.clone())));
    state.apply(PageEvent::Client(ClientEvent::Fault(Fault::RoomDamaged)));
    assert_eq!(state.server_fault(), Some(&refused));
}

/// The same connections, in a world where everybody and everything has another name.
fn named(secret: &str, key: u8) -> ChatState {
    let mut state = in_live_room();
    let (other, third) = (MemberId([key; 32]), MemberId([key + 1; 32]));
    let name = |id, me, online| {
        let role = if me { Role::Founder } else { Role::Member };
        MemberView { name: format!("{secret}-name"), me, ..member(id, role, online) }
    };
    let invite = format!("1.{secret}-key");
    let shown = RoomView { name: format!("{secret}-room"), invite, ..view(ROOM) };
    state.apply(told(Event::Room(shown)));
    let members = vec![name(ME, true, true), name(other, false, true), name(third, false, false)];
    state.apply(told(Event::Members(members)));
    state.apply(PageEvent::Connects(ConnectionDeed::Watch(Watcher::Connections, true)));
    let ended = Ended { why: Ending::Silent, at: 100_000 };
    let link = LinkId(u64::from(key));
    state.apply(queue(vec![peer(other, Some(link), None), peer(third, None, Some(ended))]));
    state.apply(measured(link, Some(Route::Direct), Some(3)));
    let told_at = |text: &str| format!("{secret}-{text}");
    for fault in [
        Fault::SignalRefused { address: told_at("address"), text: told_at("words") },
        Fault::Connection { text: told_at("candidate") },
    ] {
        state.apply(PageEvent::Client(ClientEvent::Fault(fault)));
    }
    state.apply(PageEvent::Connects(ConnectionDeed::Test));
    let refused = Finding::Refused { text: told_at("turn:user@host") };
    state.apply(PageEvent::Client(ClientEvent::Checked(Check::Turn, refused)));
    let passed = Finding::Passed { millis: 20, round_trip: Some(2) };
    state.apply(PageEvent::Client(ClientEvent::Checked(Check::Loopback, passed)));
    state
}

#[test]
fn a_report_is_the_same_whoever_and_wherever_one_is() {
    let (one, other) = (named("ana", 11), named("ben", 77));
    assert_eq!(one.report(), other.report());
    for language in Language::ALL {
        let text = language.report(&one.report(), 160_000);
        assert_eq!(text, language.report(&other.report(), 160_000));
        let lower = text.to_lowercase();
        for secret in ["ana", "user@host", "0b0b0b", &MemberId([11; 32]).mark().to_lowercase()] {
            assert!(!lower.contains(secret), "{secret} is in it: {text}");
        }
    }
    let text = Language::English.report(&one.report(), 160_000);
    for part in ["Member 1: direct · 3 ms there and back · 5 B not sent yet", "1 min ago:"] {
        assert!(text.contains(part), "{part} is not in it: {text}");
    }
    assert!(text.contains("Relay (TURN): The browser does not do it."), "{text}");
}

#[test]
fn connections_that_are_made_worse_are_said_to_be_until_they_are_as_they_are() {
    let mut state = in_live_room();
    let worse = Conditions { cut: true, ..Conditions::default() };
    let deed = PageEvent::Connects(ConnectionDeed::Worsen(worse));
    assert_eq!(state.apply(deed), [Errand::Worsen(worse)]);
    assert!(state.notices().is_empty(), "nobody has done it yet");
    let told = |conditions| PageEvent::Client(ClientEvent::Link(LinkNews::Conditions(conditions)));
    state.apply(told(worse));
    assert_eq!(state.notices(), [Notice::Lab(worse)]);
    state.apply(PageEvent::Dismissed(Notice::Lab(worse)));
    assert!(state.notices().is_empty());
    let slow = Conditions { delay: 300, ..worse };
    state.apply(told(slow));
    assert_eq!(state.notices(), [Notice::Lab(slow)], "that is something else");
    state.apply(told(Conditions::default()));
    assert!(state.notices().is_empty());
    state.apply(told(worse));
    assert_eq!(state.notices(), [Notice::Lab(worse)], "an hour later nobody remembers");
}
