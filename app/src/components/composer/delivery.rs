//! How the next message is delivered, in plain words: each choice stands for terms. A time of the
//! person's own choice is asked for in `later.rs`; `menu.rs` offers all.

use browser::{Act, MemberId, MemberView, Millis, Qos, Role, Terms, When, limits};

use crate::text::{Words, called};

/// What a person can choose. The choice holds for one message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// Stored, and delivered to everybody, exactly once.
    Usual,
    /// Whoever is there now may get it; it is not stored.
    Live,
    /// Ten minutes from now.
    InTenMinutes,
    /// An hour from now.
    InAnHour,
    /// At this time, in milliseconds since 1970; nothing while none is chosen.
    At(Option<Millis>),
    /// As soon as this member is linked.
    WhenBack(MemberId),
    /// Its words go after a minute.
    GoneInAMinute,
    /// Its words go after an hour.
    GoneInAnHour,
    /// Its words go after a day.
    GoneInADay,
    /// Only this member can read it. This choice stays until another is made: what is meant for one
    /// is never said to all because a choice has ended.
    OnlyTo(MemberId),
    /// Its words go a minute after they were read.
    GoneOnceRead,
    /// Its words go an hour after they were read.
    GoneHourAfterReading,
}

/// Choices of one kind stand together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// At once, and for good.
    Now,
    /// At a time, or once somebody is there.
    Later,
    /// For one member alone.
    Alone,
    /// The words go.
    Fleeting,
}

impl Kind {
    /// Every kind, as they stand in the menu.
    pub const ALL: [Kind; 4] = [Kind::Now, Kind::Later, Kind::Alone, Kind::Fleeting];
}

/// Why a time that was chosen is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Untimely {
    /// None was chosen.
    Unset,
    /// It is over.
    Past,
    /// Nothing waits for so long.
    Far,
}

const MINUTE: Millis = 60_000;
const HOUR: Millis = 60 * MINUTE;
const FIXED: [Delivery; 10] = [
    Delivery::Usual,
    Delivery::Live,
    Delivery::InTenMinutes,
    Delivery::InAnHour,
    Delivery::At(None),
    Delivery::GoneInAMinute,
    Delivery::GoneInAnHour,
    Delivery::GoneInADay,
    Delivery::GoneOnceRead,
    Delivery::GoneHourAfterReading,
];

impl Delivery {
    /// Its name.
    pub fn name(self) -> String {
        let name = match self {
            Delivery::Usual => "usual",
            Delivery::Live => "live",
            Delivery::InTenMinutes => "in-10-minutes",
            Delivery::InAnHour => "in-an-hour",
            Delivery::At(_) => "at",
            Delivery::WhenBack(member) => return format!("back-{member}"),
            Delivery::OnlyTo(member) => return format!("only-{member}"),
            Delivery::GoneInAMinute => "gone-in-a-minute",
            Delivery::GoneInAnHour => "gone-in-an-hour",
            Delivery::GoneInADay => "gone-in-a-day",
            Delivery::GoneOnceRead => "gone-once-read",
            Delivery::GoneHourAfterReading => "gone-hour-after-reading",
        };
        name.to_owned()
    }

    /// It in words.
    pub fn said(self, words: &Words, members: &[MemberView]) -> String {
        let said = match self {
            Delivery::Usual => words.as_usual,
            Delivery::Live => words.live_only,
            Delivery::InTenMinutes => words.in_10_minutes,
            Delivery::InAnHour => words.in_an_hour,
            Delivery::At(_) => words.everyday.at_a_time,
            Delivery::WhenBack(member) => {
                return (words.when_back)(&called(member, words, members));
            }
            Delivery::OnlyTo(member) => {
                return (words.only_to)(&called(member, words, members));
            }
            Delivery::GoneInAMinute => words.gone_in_a_minute,
            Delivery::GoneInAnHour => words.gone_in_an_hour,
            Delivery::GoneInADay => words.gone_in_a_day,
            Delivery::GoneOnceRead => words.gone_once_read,
            Delivery::GoneHourAfterReading => words.gone_hour_after_reading,
        };
        said.to_owned()
    }

    /// Among which others it stands.
    pub fn kind(self) -> Kind {
        match self {
            Delivery::Usual | Delivery::Live => Kind::Now,
            Delivery::InTenMinutes
            | Delivery::InAnHour
            | Delivery::At(_)
            | Delivery::WhenBack(_) => Kind::Later,
            Delivery::OnlyTo(_) => Kind::Alone,
            Delivery::GoneInAMinute
            | Delivery::GoneInAnHour
            | Delivery::GoneInADay
            | Delivery::GoneOnceRead
            | Delivery::GoneHourAfterReading => Kind::Fleeting,
        }
    }

    /// True if several messages can go together like this: now, and stored.
    pub fn suits_bundle(self) -> bool {
        let (act, terms) = terms_of(self, 0);
        terms.qos == Qos::ExactlyOnce && terms.when == When::Now && act.to().is_none()
    }

    /// Who alone is to read what is written, if one member.
    pub fn only(self) -> Option<MemberId> {
        let (act, _) = terms_of(self, 0);
        act.to()
    }

    /// Why nothing can be sent at the time that is chosen, `now` in milliseconds since 1970.
    pub fn untimely(self, now: Millis) -> Option<Untimely> {
        let (_, terms) = terms_of(self, now);
        match terms.when {
            When::At(0) => Some(Untimely::Unset),
            When::At(at) if at <= now => Some(Untimely::Past),
            When::At(at) if at - now > limits::WAIT_AT_MOST => Some(Untimely::Far),
            When::At(_) | When::Now | When::Online(_) => None,
        }
    }

    /// What is chosen for the next message when one like this was sent.
    pub fn next(self) -> Delivery {
        if self.only().is_some() { self } else { Delivery::Usual }
    }
}

/// What can be chosen: waiting for somebody makes sense while that one is away.
pub fn choices(chosen: Delivery, members: &[MemberView], bundled: bool) -> Vec<Delivery> {
    let away = members.iter().filter(|view| !view.me);
    let away = away.map(|view| (Delivery::WhenBack(view.member), view.online));
    let away = away.filter(|(back, online)| !online || *back == chosen).map(|(back, _)| back);
    let others = members.iter().filter(|view| !view.me && view.role >= Role::Member);
    let others = others.map(|view| Delivery::OnlyTo(view.member));
    // Who has gone meanwhile stays chosen: what is sent then is refused, and not said to all.
    let gone =
        chosen.only().filter(|member| !others.clone().any(|one| one.only() == Some(*member)));
    let others: Vec<Delivery> = others.chain(gone.map(Delivery::OnlyTo)).collect();
    let suits = |delivery: &Delivery| {
        let kept = *delivery == chosen && chosen.only().is_some();
        !bundled || delivery.suits_bundle() || kept
    };
    // Whichever time is chosen, it is the same choice.
    let of_time = |fixed| match (fixed, chosen) {
        (Delivery::At(_), Delivery::At(_)) => chosen,
        (fixed, _) => fixed,
    };
    let fixed = FIXED.into_iter().map(of_time);
    let all = fixed.clone().take(5).chain(away).chain(others).chain(fixed.skip(5));
    all.filter(suits).collect()
}

/// What a choice stands for, `now` in milliseconds since 1970.
pub fn terms_of(delivery: Delivery, now: Millis) -> (Act, Terms) {
    let usual = Terms::default();
    let terms = match delivery {
        Delivery::GoneOnceRead => return (Act::SayFor { after: MINUTE }, usual),
        Delivery::GoneHourAfterReading => return (Act::SayFor { after: HOUR }, usual),
        Delivery::OnlyTo(member) => return (Act::SayTo { member, after: None }, usual),
        Delivery::Usual => usual,
        Delivery::Live => Terms { qos: Qos::AtMostOnce, ..usual },
        Delivery::InTenMinutes => Terms { when: When::At(now + 10 * MINUTE), ..usual },
        Delivery::InAnHour => Terms { when: When::At(now + HOUR), ..usual },
        Delivery::At(at) => Terms { when: When::At(at.unwrap_or(0)), ..usual },
        Delivery::WhenBack(member) => Terms { when: When::Online(member), ..usual },
        Delivery::GoneInAMinute => Terms { expires_after: Some(MINUTE), ..usual },
        Delivery::GoneInAnHour => Terms { expires_after: Some(HOUR), ..usual },
        Delivery::GoneInADay => Terms { expires_after: Some(24 * HOUR), ..usual },
    };
    (Act::Say, terms)
}

#[cfg(test)]
mod tests {
    use super::*;
    use browser::Treatment;

    use crate::text::Language;

    #[test]
    fn every_choice_stands_for_terms_of_its_own() {
        let back = Delivery::WhenBack(BEN);
        let terms = [FIXED.as_slice(), &[back, Delivery::OnlyTo(BEN)]].concat();
        let terms: Vec<(Act, Terms)> = terms.into_iter().map(|one| terms_of(one, 1_000)).collect();
        assert_eq!(terms[0], (Act::Say, Terms::default()));
        for (place, one) in terms.iter().enumerate() {
            assert!(terms[place + 1..].iter().all(|other| other != one));
        }
        assert_eq!(terms[2].1.when, When::At(1_000 + 600_000));
        assert_eq!(terms[10].1.when, When::Online(BEN));
        assert_eq!(terms[11].0, Act::SayTo { member: BEN, after: None });
    }

    const BEN: MemberId = MemberId([2; 32]);

    fn member(id: u8, name: &str, online: bool) -> MemberView {
        let member = MemberId([id; 32]);
        let (role, verified, namesake) = (Role::Member, None, None);
        let (name, me, treatment) = (name.to_owned(), id == 1, Treatment::default());
        MemberView { member, name, me, online, role, verified, namesake, treatment }
    }

    #[test]
    fn one_waits_for_who_is_away_and_goes_on_waiting_when_that_one_comes() {
        let away = [member(1, "Ana", true), member(2, "Ben", false), member(3, "Cem", true)];
        let back = Delivery::WhenBack(BEN);
        assert!(choices(Delivery::Usual, &away, false).contains(&back));
        let here = away.clone().map(|view| MemberView { online: true, ..view });
        assert!(!choices(Delivery::Usual, &here, false).contains(&back));
        assert!(choices(back, &here, false).contains(&back), "a choice stays while it is made");
        let bundled = choices(Delivery::Usual, &away, true);
        assert_eq!((bundled.len(), bundled[1]), (6, Delivery::GoneInAMinute));
    }

    #[test]
    fn choices_of_one_kind_stand_together_whoever_is_there() {
        let members = [member(1, "Ana", true), member(2, "Ben", false), member(3, "Cem", true)];
        let mut kinds: Vec<Kind> =
            choices(Delivery::Usual, &members, false).into_iter().map(Delivery::kind).collect();
        assert_eq!(kinds.len(), 13);
        kinds.dedup();
        assert_eq!(kinds, Kind::ALL, "arrows go through them as they are offered");
    }

    #[test]
    fn what_goes_later_live_or_when_somebody_is_back_does_not_go_together() {
        let (back, only) = (Delivery::WhenBack(BEN), Delivery::OnlyTo(BEN));
        let all = FIXED.into_iter().chain([back, only]);
        let unfit: Vec<Delivery> = all.filter(|one| !one.suits_bundle()).collect();
        let (live, at) = (Delivery::Live, Delivery::At(None));
        let later = [live, Delivery::InTenMinutes, Delivery::InAnHour, at, back, only];
        assert_eq!(unfit, later);
    }

    #[test]
    fn a_time_of_ones_own_choice_stays_chosen_and_has_to_be_one_that_comes() {
        let chosen = Delivery::At(Some(5_000));
        let offered = choices(chosen, &[member(1, "Ana", true)], false);
        assert!(offered.contains(&chosen) && !offered.contains(&Delivery::At(None)));
        assert_eq!(terms_of(chosen, 1_000).1.when, When::At(5_000));
        assert_eq!(chosen.untimely(4_999), None);
        assert_eq!(chosen.untimely(5_000), Some(Untimely::Past), "it was not when it was chosen");
        assert_eq!(Delivery::At(None).untimely(1_000), Some(Untimely::Unset));
        let last = Delivery::At(Some(1_000 + limits::WAIT_AT_MOST));
        assert_eq!((last.untimely(1_000), last.untimely(999)), (None, Some(Untimely::Far)));
        for other in FIXED.into_iter().filter(|one| *one != Delivery::At(None)) {
            assert_eq!(other.untimely(1_000), None, "{other:?}");
        }
        assert_eq!(chosen.next(), Delivery::Usual);
    }

    #[test]
    fn what_is_for_one_member_alone_stays_so_until_another_choice_is_made() {
        let only = Delivery::OnlyTo(BEN);
        let here = [member(1, "Ana", true), member(2, "Ben", true)];
        let offered = choices(Delivery::Usual, &here, false);
        assert!(offered.contains(&only) && !offered.contains(&Delivery::OnlyTo(here[0].member)));
        assert_eq!((only.next(), Delivery::Live.next()), (only, Delivery::Usual));
        assert!(choices(only, &here[..1], false).contains(&only), "also when that one has gone");
        let removed = here.clone().map(|view| MemberView { role: Role::Removed, ..view });
        assert!(!choices(Delivery::Usual, &removed, false).contains(&only));
        assert!(choices(only, &here, true).contains(&only), "nothing else is chosen instead");
        assert!(!choices(Delivery::Usual, &here, true).contains(&only));
    }

    #[test]
    fn members_of_one_name_are_told_apart_by_their_marks() {
        let words = Language::English.words();
        let two = [member(2, "Ben", false), member(3, "Ben", false), member(4, "", false)];
        assert_eq!(called(BEN, words, &two[..1]), "Ben");
        assert_eq!(called(BEN, words, &two), format!("Ben {}", BEN.mark()));
        assert!(called(MemberId([4; 32]), words, &two).contains(words.nameless));
    }
}
