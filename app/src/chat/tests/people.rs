//! Who is in the room and at its door, and what may be done about it.

use browser::{Admission, ApplicantView, Command, Entrance, Role, Treatment};

use super::*;

const CARA: MemberId = MemberId([3; 32]);

pub(super) fn member(member: MemberId, role: Role, online: bool) -> MemberView {
    let (name, verified, namesake) = (String::new(), None, None);
    let treatment = Treatment::default();
    MemberView { member, name, me: member == ME, online, role, verified, namesake, treatment }
}

/// A room in which one has a role; Ben has another, and is here.
fn room_as(mine: Role, bens: Role) -> ChatState {
    let mut state = in_live_room();
    let members = vec![member(ME, mine, true), member(BEN, bens, true)];
    state.apply(told(Event::Members(members)));
    state
}

fn does(state: &mut ChatState, deed: Deed) -> Vec<Errand> {
    state.apply(PageEvent::Does(deed))
}

fn asks(state: &mut ChatState, question: Question) {
    assert!(does(state, Deed::Ask(Some(question))).is_empty());
    assert_eq!(state.room.asks, Some(question));
}

fn command(command: Command) -> [Errand; 1] {
    [Errand::Command(ROOM, command)]
}

#[test]
fn each_is_offered_what_it_may_do_and_nothing_else() {
    let choices = |mine, bens| room_as(mine, bens).room.choices(BEN);
    assert_eq!(
        choices(Role::Founder, Role::Member),
        [Choice::Compare, Choice::Mute, Choice::Block, Choice::Promote, Choice::Remove]
    );
    assert_eq!(
        choices(Role::Founder, Role::Admin),
        [Choice::Compare, Choice::Mute, Choice::Block, Choice::Demote, Choice::Remove]
    );
    assert_eq!(
        choices(Role::Admin, Role::Member),
        [Choice::Compare, Choice::Mute, Choice::Block, Choice::Promote, Choice::Remove]
    );
    assert_eq!(
        choices(Role::Admin, Role::Admin),
        [Choice::Compare, Choice::Mute, Choice::Block, Choice::Remove]
    );
    assert_eq!(choices(Role::Admin, Role::Founder), [Choice::Compare, Choice::Mute, Choice::Block]);
    assert_eq!(choices(Role::Member, Role::Member), [Choice::Compare, Choice::Mute, Choice::Block]);
    let state = room_as(Role::Founder, Role::Member);
    assert_eq!(state.room.choices(ME), [], "nobody removes itself");
    assert_eq!(state.room.choices(CARA), [], "she is not here");
    let mut state = room_as(Role::Member, Role::Founder);
    let away = vec![member(ME, Role::Member, true), member(BEN, Role::Founder, false)];
    state.apply(told(Event::Members(away)));
    assert_eq!(
        state.room.choices(BEN),
        [Choice::Compare, Choice::Mute, Choice::Block, Choice::Forget]
    );
}

#[test]
fn a_member_is_removed_after_a_second_question_and_promoted_after_the_first() {
    let mut state = room_as(Role::Founder, Role::Member);
    asks(&mut state, Question::Member(BEN));
    let promoted = does(&mut state, Deed::Choose(Choice::Promote));
    assert_eq!(promoted, command(Command::Promote(BEN)));
    assert_eq!(state.room.asks, None);
    assert!(does(&mut state, Deed::Choose(Choice::Promote)).is_empty(), "nobody is asked about");
    asks(&mut state, Question::Member(BEN));
    assert!(does(&mut state, Deed::Choose(Choice::Remove)).is_empty());
    assert_eq!(state.room.asks, Some(Question::Remove(BEN)));
    does(&mut state, Deed::Ask(None));
    assert!(does(&mut state, Deed::Choose(Choice::Remove)).is_empty(), "it was called off");
    asks(&mut state, Question::Remove(BEN));
    let removed = does(&mut state, Deed::Choose(Choice::Remove));
    assert_eq!(removed, command(Command::Remove(BEN)));
    assert_eq!(state.room.asks, None);
}

#[test]
fn a_question_ends_with_the_member_or_the_right_that_it_is_about() {
    let mut state = room_as(Role::Admin, Role::Member);
    asks(&mut state, Question::Remove(BEN));
    state.apply(told(Event::Members(vec![member(ME, Role::Admin, true)])));
    assert_eq!(state.room.asks, None);
    let mut state = room_as(Role::Admin, Role::Member);
    asks(&mut state, Question::Remove(BEN));
    let demoted = vec![member(ME, Role::Member, true), member(BEN, Role::Member, true)];
    state.apply(told(Event::Members(demoted)));
    assert_eq!(state.room.asks, None);
    let mut state = room_as(Role::Admin, Role::Member);
    asks(&mut state, Question::Member(BEN));
    state.apply(PageEvent::Client(ClientEvent::Fatal { text: "boom".to_owned() }));
    assert_eq!(state.room.asks, None, "nothing is done from here any more");
}

#[test]
fn a_refusal_of_what_was_chosen_is_told_above_the_room() {
    let mut state = room_as(Role::Admin, Role::Member);
    state.apply(told(Event::Refused { draft: None, reason: Refusal::NotAdmin }));
    assert_eq!(state.notices(), [Notice::Problem(Problem::Refused(Refusal::NotAdmin))]);
}

#[test]
fn who_waits_is_let_in_or_turned_away_and_nobody_else() {
    let mut state = room_as(Role::Member, Role::Founder);
    let cara = ApplicantView { member: CARA, name: "Cara".to_owned(), here: true, since: 5 };
    state.apply(told(Event::Applicants(vec![cara])));
    let let_in = does(&mut state, Deed::LetIn(CARA));
    assert_eq!(let_in, command(Command::Approve(CARA)));
    let turned = does(&mut state, Deed::TurnAway(CARA));
    assert_eq!(turned, command(Command::TurnAway(CARA)));
    state.apply(told(Event::Applicants(vec![])));
    assert!(does(&mut state, Deed::LetIn(CARA)).is_empty());
    assert!(state.notices().is_empty());
}

#[test]
fn whoever_waits_outside_writes_nothing_and_is_told_how_it_stands() {
    let mut state = in_live_room();
    state.apply(told(Event::Members(vec![member(ME, Role::Applicant, true)])));
    state.apply(told(Event::Admission(Admission::Waiting { heard: 1 })));
    assert_eq!((state.room.life, state.room.company()), (Life::Outside, Some(Company::Outside)));
    assert!(!state.room.life.takes_words());
    assert!(state.signal_lost(), "the door is at the server");
    state.apply(told(Event::Admission(Admission::TurnedAway)));
    assert_eq!(does(&mut state, Deed::Knock), command(Command::Knock));
    state.apply(told(Event::Admission(Admission::Inside)));
    assert_eq!(state.room.life, Life::On);
    assert!(state.room.life.takes_words());
}

#[test]
fn a_link_to_a_door_is_followed_by_whoever_is_known_there() {
    let (invite, entrance) = ("2.secret".to_owned(), Entrance::Approval);
    let invited = Invitation { invite: invite.clone(), room: ROOM, entrance, from: None };
    let invited = PageEvent::Arrived(Arrival::Invited(invited));
    let follow = Errand::Command(ROOM, Command::Follow(invite));
    let mut state = in_live_room();
    assert_eq!(state.apply(invited.clone()), [Errand::Show(ROOM), follow.clone()]);
    let mut state = ChatState::default();
    state.apply(invited.clone());
    assert_eq!(state.apply(ready(&[ROOM])), [Errand::Open(ROOM), follow]);
    let mut state = ChatState::default();
    state.apply(invited);
    assert!(state.apply(ready(&[])).is_empty(), "the form asks for a name first");
}

#[test]
fn whoever_was_removed_reads_what_is_there_writes_nothing_and_is_told_so() {
    let mut state = room_as(Role::Member, Role::Founder);
    state.apply(told(Event::Rows(vec![row(BEN, 1, "before")])));
    let members = vec![member(ME, Role::Removed, true), member(BEN, Role::Founder, false)];
    state.apply(told(Event::Members(members)));
    assert_eq!((state.room.life, bodies(&state)), (Life::Removed, vec!["before"]));
    assert!(!state.room.life.takes_words() && !state.room.governs());
    assert_eq!(state.notices(), [Notice::Removed]);
    assert!(!state.signal_lost(), "nobody is looked for any more");
    assert_eq!(state.room.choices(BEN), []);
    assert_eq!(state.room.company(), None);
    state.apply(PageEvent::Left);
    assert!(state.notices().is_empty(), "it is about that room");
}

#[test]
fn a_new_link_is_asked_for_once_and_is_the_one_that_is_shown() {
    let mut state = room_as(Role::Admin, Role::Member);
    assert_eq!(does(&mut state, Deed::NewLink), command(Command::NewLink));
    assert!(does(&mut state, Deed::NewLink).is_empty(), "it is on its way");
    state.apply(told(Event::Room(RoomView { name: "moors".to_owned(), ..view(ROOM) })));
    assert!(matches!(state.room.renewal, Renewal::Waits { .. }), "it is still the old one");
    let renewed = RoomView { invite: "1.other".to_owned(), ..view(ROOM) };
    state.apply(told(Event::Room(renewed)));
    assert_eq!(state.room.renewal, Renewal::Done);
    does(&mut state, Deed::Invite);
    assert_eq!(state.room.renewal, Renewal::None, "whoever looks again sees the link only");
    does(&mut state, Deed::NewLink);
    state.apply(told(Event::Refused { draft: None, reason: Refusal::NotAdmin }));
    assert_eq!(state.room.renewal, Renewal::Refused(Refusal::NotAdmin));
    let mut state = room_as(Role::Member, Role::Founder);
    assert!(does(&mut state, Deed::NewLink).is_empty(), "members cannot");
}

#[test]
fn a_member_is_blocked_or_muted_and_the_way_back_is_offered_then() {
    let treated = |blocked, muted| {
        let mut state = room_as(Role::Member, Role::Member);
        let ben = member(BEN, Role::Member, true);
        let ben = MemberView { treatment: Treatment { blocked, muted }, ..ben };
        state.apply(told(Event::Members(vec![member(ME, Role::Member, true), ben])));
        state
    };
    for (blocked, muted, choice, then) in [
        (false, false, Choice::Block, Command::Block(BEN)),
        (true, false, Choice::Unblock, Command::Unblock(BEN)),
        (false, false, Choice::Mute, Command::MuteMember(BEN, true)),
        (false, true, Choice::Unmute, Command::MuteMember(BEN, false)),
    ] {
        let mut state = treated(blocked, muted);
        asks(&mut state, Question::Member(BEN));
        assert_eq!(does(&mut state, Deed::Choose(choice)), command(then));
    }
    assert_eq!(treated(true, true).room.choices(BEN), [Choice::Compare, Choice::Unblock]);
}

#[test]
fn what_a_muted_member_says_is_shown_and_is_not_new() {
    let mut state = room_as(Role::Member, Role::Member);
    let ben = member(BEN, Role::Member, true);
    let treatment = Treatment { muted: true, ..Treatment::default() };
    state.apply(told(Event::Members(vec![MemberView { treatment, ..ben }])));
    state.apply(told(Event::Rows(vec![row(BEN, 1, "chatter"), row(CARA, 2, "news")])));
    assert_eq!(bodies(&state), ["chatter", "news"]);
    assert_eq!(unread(&state.rows), 1);
    assert_eq!(state.room.news.map(|news| news.heard), Some(1), "it is not announced, either");
}
