//! Who is who: what is compared with a member, and known names that come with other keys.

use browser::{Command, Compared, Comparison, Namesake, Role};

use super::people::member;
use super::*;

const CARA: MemberId = MemberId([3; 32]);

fn digits() -> String {
    "0123456789".repeat(6)
}

fn named(id: MemberId, name: &str, of: Option<(MemberId, bool)>) -> MemberView {
    let namesake =
        of.map(|(member, verified)| Namesake { member, name: "Ben".to_owned(), verified });
    MemberView { name: name.to_owned(), namesake, ..member(id, Role::Member, true) }
}

/// Oneself, Ben, and Cara, who bears that one's name.
fn with_double(of: MemberId, verified: bool) -> ChatState {
    let mut state = in_live_room();
    let members = vec![
        member(ME, Role::Member, true),
        named(BEN, "Ben", None),
        named(CARA, "ben", Some((of, verified))),
    ];
    state.apply(told(Event::Members(members)));
    state
}

fn does(state: &mut ChatState, deed: Deed) -> Vec<Errand> {
    state.apply(PageEvent::Does(deed))
}

fn command(command: Command) -> [Errand; 1] {
    [Errand::Command(ROOM, command)]
}

fn compares(state: &mut ChatState, with: MemberId) {
    let comparison = Comparison { member: with, digits: digits() };
    state.apply(told(Event::Comparison(comparison)));
}

fn double(state: &ChatState) -> Option<(MemberId, MemberId, bool)> {
    let Some(Notice::Double(double)) = state.notices().into_iter().next() else { return None };
    Some((double.member, double.of.member, double.mine))
}

#[test]
fn digits_are_asked_for_compared_and_the_answer_is_told() {
    let mut state = with_double(BEN, false);
    does(&mut state, Deed::Ask(Some(Question::Member(BEN))));
    assert_eq!(does(&mut state, Deed::Choose(Choice::Compare)), command(Command::Compare(BEN)));
    assert_eq!(state.room.asks, Some(Question::Verify(BEN)));
    assert!(does(&mut state, Deed::Verify(true)).is_empty(), "nothing was shown yet");
    compares(&mut state, CARA);
    assert_eq!(state.room.comparison(), None, "that is about somebody else");
    compares(&mut state, BEN);
    assert_eq!(state.room.comparison().map(|shown| shown.digits.clone()), Some(digits()));
    assert_eq!(does(&mut state, Deed::Verify(true)), command(Command::Verify(BEN)));
    assert_eq!(state.room.asks, None);
    let asked = does(&mut state, Deed::Ask(Some(Question::Verify(BEN))));
    assert_eq!(asked, command(Command::Compare(BEN)), "also without a detour");
    assert_eq!(state.room.comparison(), None, "the digits come anew");
    compares(&mut state, BEN);
    assert_eq!(does(&mut state, Deed::Verify(false)), command(Command::Unverify(BEN)));
    assert!(does(&mut state, Deed::Verify(true)).is_empty(), "nobody is asked about");
}

#[test]
fn what_was_sent_or_scanned_is_compared_by_the_page() {
    let mut state = with_double(BEN, false);
    does(&mut state, Deed::Ask(Some(Question::Verify(BEN))));
    let typed = |state: &mut ChatState, text: &str| {
        assert!(does(state, Deed::Type(text.to_owned())).is_empty());
        state.room.compared()
    };
    assert_eq!(typed(&mut state, "01234"), Compared::Nothing, "the digits are not here yet");
    compares(&mut state, BEN);
    assert_eq!(state.room.compared(), Compared::SoFar(5));
    assert_eq!(typed(&mut state, "01235"), Compared::Different);
    assert_eq!(typed(&mut state, &format!("CONFAB-1:{}", digits())), Compared::Same);
    does(&mut state, Deed::Ask(Some(Question::Verify(CARA))));
    compares(&mut state, CARA);
    assert_eq!(state.room.compared(), Compared::Nothing, "it was typed for somebody else");
}

#[test]
fn a_known_name_with_another_key_is_told_and_louder_if_it_was_verified() {
    let mut state = with_double(BEN, false);
    assert_eq!(double(&state), Some((CARA, BEN, false)));
    let notice = state.notices().remove(0);
    assert_eq!((notice.weight(), notice.about()), (Weight::Warning, Some(CARA)));
    state.apply(PageEvent::Dismissed(notice));
    assert_eq!(double(&state), None);
    // What has become worse is told again.
    let mut louder = state.room.members.clone();
    louder[2] = named(CARA, "ben", Some((BEN, true)));
    state.apply(told(Event::Members(louder)));
    assert_eq!(double(&state), Some((CARA, BEN, false)));
    assert_eq!(state.notices()[0].weight(), Weight::Alarm);
    assert_eq!(double(&with_double(ME, false)), Some((CARA, ME, true)));
    state.apply(PageEvent::Left);
    assert!(state.notices().is_empty(), "it is about that room");
}

#[test]
fn many_doubles_do_not_fill_the_page() {
    let mut state = in_live_room();
    let doubles = (10..30).map(|id| named(MemberId([id; 32]), "Ben", Some((BEN, id == 29))));
    let members = [member(ME, Role::Member, true)].into_iter().chain(doubles);
    state.apply(told(Event::Members(members.collect())));
    assert_eq!(state.notices().len(), 3);
    assert_eq!(double(&state), Some((MemberId([29; 32]), BEN, false)), "the worst comes first");
    assert_eq!(state.room.trusts().len(), 20, "and each bears its mark");
}

#[test]
fn a_seal_says_what_is_known_of_a_key() {
    let verified =
        |name: &str, of| MemberView { verified: Some("Ben".to_owned()), ..named(BEN, name, of) };
    assert_eq!(Trust::of(&named(BEN, "Ben", None)), Trust::Plain);
    assert_eq!(Trust::of(&verified("Ben", None)), Trust::Verified);
    assert_eq!(Trust::of(&verified("Bruno", None)), Trust::Renamed);
    assert_eq!(Trust::of(&verified("Cara", Some((CARA, false)))), Trust::Double);
    let mut state = in_live_room();
    let removed = MemberView { role: Role::Removed, ..verified("Ben", None) };
    state.apply(told(Event::Members(vec![member(ME, Role::Member, true), removed])));
    assert_eq!(state.room.trusts().get(&BEN), Some(&Trust::Verified), "what it said stays its own");
}
