//! Rooms that approve their members: knocking, being let in or turned away, and what whoever is
//! outside learns, which is nothing.
#![expect(clippy::unwrap_used, reason = "a test stops where it is wrong")]
#![expect(clippy::wildcard_enum_match_arm, reason = "a test picks the events it looks at")]

mod driver;

use driver::{Tables, World};
use engine::crypto::random::Random;
use engine::protocol::{ClientMessage, PeerId, ServerMessage};
use engine::signal::knock::{Asking, Threshold};
use engine::{
    Admission, ApplicantView, Body, Command, Decided, Entrance, Event, Input, Invite, MemberId,
    Output, Priority, Refusal, Role, RoomRecord, RowState, SignalState, StoreFault, Table,
};

fn founder() -> RoomRecord {
    RoomRecord::found(&[7; 128], Entrance::Approval)
}

fn applicant(seed: u8, invite: &Invite) -> RoomRecord {
    RoomRecord::join(invite, &[seed; 128])
}

/// A room with its founder, and a number of members that it has let in.
fn room(members: u8) -> World {
    let mut world = World::new();
    let ana = world.start(founder(), Tables::new());
    world.connect(ana);
    world.pass(1_000);
    for seed in 0..members {
        let peer = knocks(&mut world, seed);
        let member = world.peers[peer].engine.me();
        command(&mut world, ana, Command::Approve(member));
        world.pass(10_000);
    }
    world
}

/// Somebody comes to the door with the present link.
fn knocks(world: &mut World, seed: u8) -> usize {
    let invite = invite(world, 0);
    comes(world, applicant(seed, &invite), Tables::new())
}

fn comes(world: &mut World, record: RoomRecord, store: Tables) -> usize {
    let peer = world.start(record, store);
    world.connect(peer);
    world.pass(3_000);
    peer
}

/// A page is loaded again: with what its disk has.
fn again(world: &mut World, peer: usize) -> usize {
    let key = world.peers[peer].engine.room().0.to_vec();
    let first = founder();
    let store = world.stop(peer);
    world.pass(1_000);
    let stored = store.get(&(Table::Rooms, key)).map(|bytes| RoomRecord::decode(bytes).unwrap());
    comes(world, stored.unwrap_or(first), store)
}

fn command(world: &mut World, peer: usize, command: Command) {
    world.command(peer, command);
    world.pass(5_000);
}

fn say(world: &mut World, peer: usize, text: &str) {
    world.say(peer, text, Priority::Normal);
    world.pass(5_000);
}

fn me(world: &World, peer: usize) -> MemberId {
    world.peers[peer].engine.me()
}

fn last<T>(world: &World, peer: usize, pick: impl Fn(Event) -> Option<T>) -> Option<T> {
    world.peers[peer].engine.snapshot().into_iter().filter_map(pick).next_back()
}

fn invite(world: &World, peer: usize) -> Invite {
    let text = last(world, peer, |event| match event {
        Event::Room(view) => Some(view.invite),
        _ => None,
    });
    Invite::parse(&text.unwrap()).unwrap()
}

fn waiting(world: &World, peer: usize) -> Vec<ApplicantView> {
    let views = last(world, peer, |event| match event {
        Event::Applicants(views) => Some(views),
        _ => None,
    });
    views.unwrap()
}

fn told_waiting(world: &World, peer: usize) -> Vec<ApplicantView> {
    let told = world.peers[peer].events.iter().rev().find_map(|event| match event {
        Event::Applicants(views) => Some(views.clone()),
        _ => None,
    });
    told.unwrap()
}

fn admission(world: &World, peer: usize) -> Admission {
    let told = world.peers[peer].events.iter().rev().find_map(|event| match event {
        Event::Admission(admission) => Some(*admission),
        _ => None,
    });
    let shown = last(world, peer, |event| match event {
        Event::Admission(admission) => Some(admission),
        _ => None,
    });
    assert_eq!(told, shown, "a page that comes later is told the same");
    shown.unwrap()
}

fn role(world: &World, peer: usize, member: MemberId) -> Option<Role> {
    let views = last(world, peer, |event| match event {
        Event::Members(views) => Some(views),
        _ => None,
    });
    views.unwrap().into_iter().find(|view| view.member == member).map(|view| view.role)
}

/// Whoever is outside has nothing of the room but its own record, and no link.
fn has_nothing(world: &World, peer: usize) -> bool {
    let records = world.peers[peer].store.keys();
    let others = records.filter(|(table, _)| *table != Table::Rooms).count();
    let linked = world.wires.keys().any(|(from, _)| *from == peer);
    others == 0 && !linked && world.peers[peer].rows.is_empty() && world.peers[peer].heard == 0
}

#[test]
fn who_knocks_is_shown_is_let_in_and_has_all_that_was_said() {
    let mut world = room(1);
    say(&mut world, 0, "before");
    let ben = 1;
    let cara = knocks(&mut world, 9);
    command(&mut world, cara, Command::SetName("Cara".into()));
    for peer in [0, ben] {
        let views = told_waiting(&world, peer);
        assert_eq!(views, waiting(&world, peer));
        assert_eq!(views.len(), 1);
        let view = &views[0];
        assert_eq!((view.member, &*view.name, view.here), (me(&world, cara), "Cara", true));
    }
    assert_eq!(admission(&world, cara), Admission::Waiting { heard: 2 });
    assert!(has_nothing(&world, cara));
    // Any member approves.
    let who = me(&world, cara);
    command(&mut world, ben, Command::Approve(who));
    world.pass(10_000);
    assert_eq!(admission(&world, cara), Admission::Inside);
    assert_eq!(world.said(cara), ["before"]);
    say(&mut world, cara, "thanks");
    for peer in [0, ben, cara] {
        assert_eq!(world.said(peer), ["before", "thanks"]);
        assert_eq!(role(&world, peer, who), Some(Role::Member));
        let decided = world.peers[peer].rows.values().map(|row| row.body.clone());
        let approved = Body::Decided(Decided::Approved(vec![who]));
        assert!(decided.into_iter().any(|body| body == approved));
        assert!(waiting(&world, peer).is_empty());
        assert_eq!(world.peers[peer].rooms.len(), 2, "the meeting and the door");
    }
    let said = world.texts(cara).into_iter().find(|(text, _)| text == "thanks").unwrap();
    assert_eq!(said.1, RowState::Delivered);
    let names = last(&world, 0, |event| match event {
        Event::Members(views) => Some(views),
        _ => None,
    });
    assert!(names.unwrap().iter().any(|view| view.name == "Cara"), "the name goes in with her");
    assert_eq!(invite(&world, cara), invite(&world, 0));
    assert!(world.refusals(cara).is_empty() && world.refusals(ben).is_empty());
}

#[test]
fn who_is_turned_away_hears_it_has_nothing_and_may_ask_again() {
    let mut world = room(1);
    say(&mut world, 0, "secret");
    let cara = knocks(&mut world, 9);
    let who = me(&world, cara);
    command(&mut world, 1, Command::TurnAway(who));
    assert_eq!(admission(&world, cara), Admission::TurnedAway);
    for peer in [0, 1] {
        assert!(waiting(&world, peer).is_empty(), "she does not ask any more");
    }
    assert!(has_nothing(&world, cara));
    world.say(cara, "let me in", Priority::Normal);
    assert_eq!(world.refusals(cara), [Refusal::Outside]);
    // A page that is loaded again says so, too, and asks nobody.
    let cara = again(&mut world, cara);
    assert_eq!(admission(&world, cara), Admission::TurnedAway);
    assert!(waiting(&world, 0).is_empty());
    // Who has said no hears nothing of it for a while; the others do.
    command(&mut world, cara, Command::Knock);
    assert_eq!(admission(&world, cara), Admission::TurnedAway);
    world.pass(60_000);
    command(&mut world, cara, Command::Knock);
    assert_eq!(waiting(&world, 1).len(), 1);
    command(&mut world, 0, Command::Approve(who));
    world.pass(10_000);
    assert_eq!(world.said(cara), ["secret"]);
}

#[test]
fn each_refusal_is_told_in_words_and_changes_nothing() {
    let mut world = room(1);
    let stranger = MemberId([3; 32]);
    for asked in [Command::Approve(stranger), Command::TurnAway(stranger)] {
        command(&mut world, 1, asked);
    }
    assert_eq!(world.refusals(1), [Refusal::NoSuchMember, Refusal::NoSuchMember]);
    let cara = knocks(&mut world, 9);
    let (ben, mine) = (me(&world, 1), me(&world, cara));
    for asked in [
        Command::Approve(mine),
        Command::TurnAway(ben),
        Command::Remove(ben),
        Command::NewLink,
        Command::SetRoomName("Mine".into()),
    ] {
        command(&mut world, cara, asked);
    }
    assert_eq!(world.refusals(cara), vec![Refusal::Outside; 5]);
    command(&mut world, cara, Command::SetName("\u{7}".into()));
    command(&mut world, cara, Command::Follow("nonsense".into()));
    let other = RoomRecord::found(&[8; 128], Entrance::Approval).invite().to_string();
    command(&mut world, cara, Command::Follow(other));
    let told = &world.refusals(cara)[5..];
    assert!(matches!(told, [Refusal::Name { .. }, Refusal::WrongLink, Refusal::WrongLink]));
    assert!(has_nothing(&world, cara));
    assert_eq!(waiting(&world, 0).len(), 1);
    // In a room whose link lets in there is no door.
    let mut open = driver::two();
    open.command(0, Command::TurnAway(stranger));
    assert_eq!(open.refusals(0), [Refusal::NoSuchMember]);
}

#[test]
fn pages_of_both_sides_may_be_loaded_again_at_any_moment() {
    let mut world = room(1);
    say(&mut world, 0, "before");
    let (ana, ben) = (0, 1);
    let cara = knocks(&mut world, 9);
    command(&mut world, cara, Command::SetName("Cara".into()));
    let who = me(&world, cara);
    // The applicant, while she waits.
    let cara = again(&mut world, cara);
    assert_eq!(me(&world, cara), who);
    assert_eq!(waiting(&world, ben).len(), 1);
    assert_eq!(waiting(&world, ben)[0].name, "Cara");
    // The member who saw her.
    let ben = again(&mut world, ben);
    assert_eq!((waiting(&world, ben).len(), waiting(&world, ben)[0].here), (1, true));
    // She is gone when she is approved, and comes back when the approver is gone.
    let store = world.stop(cara);
    world.pass(1_000);
    assert!(!waiting(&world, ben)[0].here);
    command(&mut world, ben, Command::Approve(who));
    assert_eq!(role(&world, ana, who), Some(Role::Member));
    world.stop(ben);
    world.pass(30_000);
    let stored = RoomRecord::decode(&store[&(Table::Rooms, founder().key())]).unwrap();
    let cara = comes(&mut world, stored, store);
    world.pass(10_000);
    assert_eq!(admission(&world, cara), Admission::Inside);
    assert_eq!(world.said(cara), ["before"]);
    // Inside she stays inside.
    let cara = again(&mut world, cara);
    world.pass(5_000);
    assert_eq!(admission(&world, cara), Admission::Inside);
    say(&mut world, cara, "still here");
    assert_eq!(world.said(ana), ["before", "still here"]);
}

#[test]
fn i1_nobody_acts_as_a_member_before_the_secret_is_stored() {
    let mut world = room(1);
    let cara = knocks(&mut world, 9);
    let who = me(&world, cara);
    world.peers[cara].full = true;
    command(&mut world, 0, Command::Approve(who));
    world.pass(10_000);
    assert_eq!(admission(&world, cara), Admission::Approved);
    assert_eq!(world.peers[cara].rooms.len(), 1, "only the door");
    assert!(has_nothing(&world, cara));
    assert!(world.peers[cara].store.is_empty());
    world.peers[cara].full = false;
    world.pass(40_000);
    assert_eq!(admission(&world, cara), Admission::Inside);
    say(&mut world, 0, "welcome");
    assert_eq!(world.said(cara), ["welcome"]);
}

#[test]
fn a_page_that_dies_before_the_secret_is_stored_is_told_it_again() {
    let mut world = room(1);
    let cara = knocks(&mut world, 9);
    let who = me(&world, cara);
    let before = applicant(9, &invite(&world, 0));
    world.peers[cara].slow = Some(vec![]);
    command(&mut world, 0, Command::Approve(who));
    world.stop(cara);
    world.pass(5_000);
    // Its disk has nothing of it: the record is as it was.
    let cara = comes(&mut world, before, Tables::new());
    world.pass(10_000);
    assert_eq!(admission(&world, cara), Admission::Inside);
    say(&mut world, cara, "hello");
    assert_eq!(world.said(1), ["hello"]);
}

#[test]
fn of_two_who_approve_at_once_both_are_right() {
    let mut world = room(1);
    let cara = knocks(&mut world, 9);
    let who = me(&world, cara);
    // Neither hears of the other before it has decided.
    for peer in [0, 1] {
        world.peers[peer].slow = Some(vec![]);
    }
    for peer in [0, 1] {
        world.command(peer, Command::Approve(who));
    }
    for peer in [0, 1] {
        for batch in world.peers[peer].slow.take().unwrap() {
            world.peers[peer].inputs.push_back(Input::Committed(batch));
        }
    }
    world.pass(10_000);
    say(&mut world, cara, "hello");
    for peer in [0, 1, cara] {
        assert_eq!(role(&world, peer, who), Some(Role::Member));
        assert_eq!(world.said(peer), ["hello"]);
        assert_eq!(invite(&world, peer), invite(&world, 0));
    }
}

#[test]
fn of_an_approval_and_a_refusal_at_once_the_approval_holds_in_either_order() {
    for approver in [0, 1] {
        let mut world = room(1);
        let cara = knocks(&mut world, 9);
        let (who, other) = (me(&world, cara), 1 - approver);
        world.peers[approver].slow = Some(vec![]);
        world.command(approver, Command::Approve(who));
        command(&mut world, other, Command::TurnAway(who));
        assert_eq!(admission(&world, cara), Admission::TurnedAway);
        for batch in world.peers[approver].slow.take().unwrap() {
            world.peers[approver].inputs.push_back(Input::Committed(batch));
        }
        world.pass(1_000);
        // She has taken her knock back; whoever had decided by then has decided.
        command(&mut world, cara, Command::Knock);
        world.pass(10_000);
        assert_eq!(admission(&world, cara), Admission::Inside, "{approver}");
        assert_eq!(role(&world, other, who), Some(Role::Member));
    }
    // The other order: the refusal comes to somebody who is in already, or goes in.
    let mut world = room(1);
    let cara = knocks(&mut world, 9);
    let who = me(&world, cara);
    world.command(0, Command::Approve(who));
    world.command(1, Command::TurnAway(who));
    world.pass(10_000);
    assert_eq!(admission(&world, cara), Admission::Inside);
    assert_eq!(world.refusals(1), [Refusal::NoSuchMember]);
}

#[test]
fn whoever_was_removed_and_knocks_again_is_not_heard() {
    let mut world = room(2);
    let (ana, cara) = (0, 2);
    let who = me(&world, cara);
    command(&mut world, ana, Command::Remove(who));
    world.stop(cara);
    // With the new link, under the key that was removed.
    let new = invite(&world, ana);
    let cara = comes(&mut world, applicant(1, &new), Tables::new());
    assert_eq!(me(&world, cara), who);
    assert_eq!(admission(&world, cara), Admission::TurnedAway);
    assert!(waiting(&world, ana).is_empty() && waiting(&world, 1).is_empty());
    command(&mut world, ana, Command::Approve(who));
    assert_eq!(world.refusals(ana), [Refusal::NoSuchMember]);
    say(&mut world, ana, "without her");
    assert!(has_nothing(&world, cara));
}

#[test]
fn a_new_link_closes_the_door_for_who_waits_and_the_newer_link_leads_to_the_other_one() {
    let mut world = room(1);
    let cara = knocks(&mut world, 9);
    let who = me(&world, cara);
    command(&mut world, 0, Command::NewLink);
    assert_eq!(admission(&world, cara), Admission::LinkChanged);
    assert!(waiting(&world, 0).is_empty() && waiting(&world, 1).is_empty());
    command(&mut world, cara, Command::Knock);
    assert_eq!(admission(&world, cara), Admission::LinkChanged);
    let cara = again(&mut world, cara);
    assert_eq!(admission(&world, cara), Admission::LinkChanged);
    let new = invite(&world, 1).to_string();
    command(&mut world, cara, Command::Follow(new));
    assert_eq!(waiting(&world, 1).len(), 1);
    command(&mut world, 1, Command::Approve(who));
    world.pass(10_000);
    say(&mut world, cara, "found it");
    assert_eq!(world.said(0), ["found it"]);
}

#[test]
fn whoever_was_let_in_while_away_comes_on_through_epochs_that_opened_since() {
    let mut world = room(2);
    say(&mut world, 1, "before");
    let dora = knocks(&mut world, 9);
    let who = me(&world, dora);
    let store = world.stop(dora);
    world.pass(1_000);
    command(&mut world, 0, Command::Approve(who));
    let third = me(&world, 2);
    command(&mut world, 0, Command::Remove(third));
    say(&mut world, 0, "meanwhile");
    world.pass(30_000);
    let stored = store.get(&(Table::Rooms, founder().key()));
    let old = stored.map(|bytes| RoomRecord::decode(bytes).unwrap());
    let before = applicant(9, &founder().invite());
    let dora = comes(&mut world, old.unwrap_or(before), store);
    world.pass(60_000);
    assert_eq!(world.said(dora), ["before", "meanwhile"]);
    say(&mut world, dora, "here I am");
    assert_eq!(world.said(1), ["before", "meanwhile", "here I am"]);
    assert_eq!(invite(&world, dora), invite(&world, 0));
    assert_eq!(world.peers[0].rooms.len(), 2, "nobody is waited for any more");
}

#[test]
fn whoever_was_let_in_to_an_epoch_that_others_ended_at_once_gets_the_next_one_too() {
    let mut world = room(1);
    let ben = me(&world, 1);
    command(&mut world, 0, Command::Promote(ben));
    let cara = knocks(&mut world, 9);
    let who = me(&world, cara);
    for peer in [0, 1] {
        world.peers[peer].slow = Some(vec![]);
    }
    world.command(0, Command::Approve(who));
    world.command(1, Command::NewLink);
    for peer in [0, 1] {
        for batch in world.peers[peer].slow.take().unwrap() {
            world.peers[peer].inputs.push_back(Input::Committed(batch));
        }
    }
    world.pass(90_000);
    say(&mut world, 0, "all here?");
    assert_eq!(world.said(cara), ["all here?"]);
    say(&mut world, cara, "yes");
    assert_eq!(world.said(1), ["all here?", "yes"]);
}

#[test]
fn who_comes_while_nobody_is_there_waits_and_is_heard_by_whoever_comes() {
    let mut world = World::new();
    let ana = world.start(founder(), Tables::new());
    world.pass(1_000);
    let cara = knocks(&mut world, 9);
    assert_eq!(admission(&world, cara), Admission::Waiting { heard: 0 });
    world.connect(ana);
    world.pass(5_000);
    assert_eq!(admission(&world, cara), Admission::Waiting { heard: 1 });
    let who = me(&world, cara);
    command(&mut world, ana, Command::Approve(who));
    world.pass(10_000);
    assert_eq!(admission(&world, cara), Admission::Inside);
}

/// What a hostile program with the link says at the door, as the server hands it on.
struct Liar {
    record: RoomRecord,
    at: PeerId,
    random: Random,
}

impl Liar {
    fn new(world: &mut World, seed: u8, at: u64) -> Liar {
        let record = applicant(seed, &invite(world, 0));
        Liar { record, at: PeerId(at), random: Random::new([seed; 32]) }
    }

    fn speaks(&mut self, world: &mut World, to: usize, asking: &Asking) {
        let door = self.record.door().unwrap().clone();
        let (room, rendezvous) = (self.record.room(), door.keys().rendezvous());
        let keeper = world.address(to, &rendezvous);
        let epoch = door.epoch();
        let at = Threshold { room: &room, epoch: &epoch, applicant: self.at, keeper };
        let mine = (&self.record.keypair(), &[1; 16]);
        let payload = at.knock(&door, mine, asking, &mut self.random).unwrap();
        self.sends(world, to, payload);
    }

    fn sends(&self, world: &mut World, to: usize, payload: String) {
        let room = self.record.door().unwrap().keys().rendezvous();
        let signal = ServerMessage::Signal { room, from: self.at, payload };
        world.peers[to].inputs.push_back(Input::Signal(signal));
        world.run();
    }
}

fn knock(name: &str) -> Asking {
    Asking::Knock { name: name.to_owned() }
}

#[test]
fn i6_who_floods_the_door_gets_one_place_and_stores_nothing() {
    let mut world = room(1);
    let ops = world.peers[0].ops;
    let told = |world: &World| {
        let events = world.peers[0].events.iter();
        events.filter(|event| matches!(event, Event::Applicants(_))).count()
    };
    let before = told(&world);
    // One address, many keys and names, at once.
    for number in 0..100 {
        let mut liar = Liar::new(&mut world, 100 + number % 50, 9_000);
        liar.speaks(&mut world, 0, &knock(&format!("flood {number}")));
    }
    assert_eq!(told(&world) - before, 1, "listened to once in a second");
    for number in 0..50 {
        world.pass(1_100);
        Liar::new(&mut world, 100 + number, 9_000).speaks(&mut world, 0, &knock("slowly"));
    }
    assert_eq!(waiting(&world, 0).len(), 1, "an address has one place");
    // Many addresses.
    for number in 0..100 {
        let address = 10_000 + u64::from(number);
        Liar::new(&mut world, 100 + number, address).speaks(&mut world, 0, &knock("many"));
    }
    assert!(waiting(&world, 0).len() <= engine::limits::APPLICANTS);
    // Somebody honest comes in the middle of it, and gets in once there is room.
    let cara = knocks(&mut world, 9);
    assert_eq!(admission(&world, cara), Admission::Waiting { heard: 2 });
    assert_eq!(waiting(&world, 1).len(), 1, "the other member was not flooded");
    let who = me(&world, cara);
    command(&mut world, 1, Command::Approve(who));
    world.pass(10_000);
    assert_eq!(admission(&world, cara), Admission::Inside);
    let stored = world.peers[0]
        .store
        .iter()
        .any(|(_, value)| value.windows(4).any(|bytes| bytes == b"many" || bytes == b"slow"));
    assert!(!stored && world.peers[0].ops > ops, "only what was decided is stored");
}

#[test]
fn i10_who_claims_anothers_key_or_speaks_of_something_else_is_not_heard() {
    let mut world = room(1);
    let mut liar = Liar::new(&mut world, 60, 9_000);
    // Taking back somebody else's knock, from another address.
    let cara = knocks(&mut world, 61);
    let mut copy = Liar::new(&mut world, 61, 9_001);
    copy.speaks(&mut world, 0, &Asking::Leave);
    assert_eq!(waiting(&world, 0).len(), 1);
    // The key of somebody who is in: what it gets is sealed to that key.
    let ben = me(&world, 1);
    let mut as_ben = Liar::new(&mut world, 0, 9_002);
    assert_eq!(as_ben.record.me(), ben);
    as_ben.speaks(&mut world, 0, &knock("Ben"));
    assert!(waiting(&world, 0).iter().all(|view| view.member != ben));
    // What is no knock: too long, noise, an answer, somebody else's knock from another address.
    world.pass(2_000);
    let long = "A".repeat(1_025);
    for noise in [String::new(), long, "!".into(), "AAAA".repeat(50)] {
        world.pass(2_000);
        liar.sends(&mut world, 0, noise);
    }
    assert_eq!(waiting(&world, 0).len(), 1);
    assert_eq!(role(&world, 0, me(&world, cara)), None, "no member because it knocks");
    let trouble = |event: &Event| matches!(event, Event::Trouble(_));
    assert!(!world.peers[0].events.iter().any(trouble), "noise is not told to people");
    // Names that cannot be shown are not.
    world.pass(2_000);
    liar.speaks(&mut world, 0, &knock("\u{202e}\u{7}"));
    let view = waiting(&world, 0).into_iter().find(|view| view.member == liar.record.me());
    assert_eq!(view.unwrap().name, "");
}

#[test]
fn i5_an_offer_or_anything_else_for_a_link_is_nothing_at_a_door() {
    use engine::signal::{Call, SignalKind, SignalPayload};
    let mut world = room(1);
    let liar = Liar::new(&mut world, 60, 9_000);
    let door = liar.record.door().unwrap().keys().rendezvous();
    let keys = founder().epoch_keys().unwrap();
    let (room, epoch) = (liar.record.room(), engine::EpochId::FIRST);
    // Even with a payload that members could open at their own meeting.
    let call = Call { room: &room, epoch: &epoch, keys: &keys };
    let (from, sender) = (liar.record.me(), liar.at);
    let kind = SignalKind::Offer { sdp: driver::sdp("liar", 66), boot: [6; 16] };
    let recipient = world.address(0, &door);
    let payload = SignalPayload { from, sender, recipient, session: [5; 16], kind };
    let mut random = Random::new([6; 32]);
    let sealed = call.seal(&payload, &liar.record.keypair(), &mut random);
    let links = world.wires.len();
    liar.sends(&mut world, 0, sealed);
    world.pass(20_000);
    assert_eq!(world.wires.len(), links);
    assert!(waiting(&world, 0).is_empty());
}

#[test]
fn i11_the_server_learns_no_key_and_no_name_at_a_door() {
    let (world, invite) = (World::new(), founder().invite());
    let now = world.clock();
    let mut engine = engine::Engine::open(applicant(9, &invite), [4; 32], now);
    engine.command(Command::SetName("Cara the curious".into()), now);
    let mut said = vec![];
    let door = invite.door().unwrap().keys().rendezvous();
    let mut inputs = vec![Input::SignalOpened];
    for _ in 0..20 {
        for input in std::mem::take(&mut inputs) {
            engine.handle(input, now);
        }
        while let Some(output) = engine.poll_output() {
            match output {
                Output::Scan(scan) => inputs.push(Input::Scanned(scan.scan, Ok(vec![]))),
                Output::Commit { batch, .. } => {
                    inputs.push(Input::CommitFailed(batch, StoreFault::Full));
                }
                Output::Signal(ClientMessage::Join { room }) => {
                    assert_eq!(room, door);
                    let peers = vec![PeerId(5)];
                    let joined = ServerMessage::Joined { room, you: PeerId(4), peers };
                    inputs.push(Input::Signal(joined));
                }
                Output::Signal(message) => said.push(format!("{message:?}")),
                Output::Rtc { .. } => unreachable!("no connection is made at a door"),
                Output::Event(_) => {}
            }
        }
    }
    assert!(!said.is_empty());
    let key = engine.me().to_string();
    let online = |event: &Event| *event == Event::SignalState(SignalState::Online);
    assert!(engine.snapshot().iter().any(online));
    for text in said {
        assert!(!text.contains("Cara") && !text.contains(&key), "{text}");
    }
}
