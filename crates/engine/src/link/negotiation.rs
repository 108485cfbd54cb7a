//! What the two sides of one connection say to each other through the signaling server, which can
//! repeat, hold back and reorder it: each description counts once, and none that is older than one
//! that counted.
//!
//! ```text
//!  Settled ── own offer told ──► AnswerDue ── newer answer, or the other's newer offer ──► Settled
//! ```
//! What tells old from new is the version in a description's origin, which grows with each that a
//! side makes (RFC 8829, 5.2.2 and 5.3.2). It is signed with the rest.

use crate::io::SdpKind;
use crate::limits;

/// See the module.
#[derive(Debug, Default)]
pub struct Negotiation {
    state: State,
    /// The version of the newest description of the other side that counted.
    newest: Option<u64>,
    heard: Said,
    told: Said,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    /// No offer of our own is without its answer.
    #[default]
    Settled,
    /// An offer of our own was told.
    AnswerDue,
}

/// What one side has said.
#[derive(Clone, Copy, Debug, Default)]
struct Said {
    descriptions: u32,
    /// Since the last description.
    candidates: u32,
}

impl Said {
    fn describe(&mut self) {
        *self = Said { descriptions: self.descriptions.saturating_add(1), candidates: 0 };
    }

    /// True if one candidate more may follow.
    fn nominate(&mut self) -> bool {
        let may = self.candidates < limits::CANDIDATES;
        self.candidates = self.candidates.saturating_add(1);
        may
    }
}

impl Negotiation {
    /// Our own description is told.
    pub fn tell(&mut self, kind: SdpKind) {
        self.told.describe();
        self.state = match kind {
            SdpKind::Offer => State::AnswerDue,
            SdpKind::Answer => State::Settled,
        };
    }

    /// True if a description of the other side counts: an answer that is due, or an offer that does
    /// not collide with one of our own by which we stand; newer than all before it, and not more
    /// than [`limits::DESCRIPTIONS`].
    #[must_use]
    pub fn hear(&mut self, kind: SdpKind, version: u64, polite: bool) -> bool {
        let fits = match (kind, self.state) {
            (SdpKind::Answer, state) => state == State::AnswerDue,
            (SdpKind::Offer, State::Settled) => true,
            (SdpKind::Offer, State::AnswerDue) => polite,
        };
        let newer = self.newest.is_none_or(|newest| version > newest);
        if !fits || !newer || self.heard.descriptions >= limits::DESCRIPTIONS {
            return false;
        }
        (self.newest, self.state) = (Some(version), State::Settled);
        self.heard.describe();
        true
    }

    /// True if a candidate of the other side is to be used, and not one too many.
    #[must_use]
    pub fn hear_candidate(&mut self) -> bool {
        self.heard.nominate()
    }

    /// True if a candidate of our own is to be told, and not one too many.
    #[must_use]
    pub fn tell_candidate(&mut self) -> bool {
        self.told.nominate()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_counts_while_one_is_due_and_once() {
        let mut offerer = Negotiation::default();
        assert!(!offerer.hear(SdpKind::Answer, 5, false), "nobody has asked");
        offerer.tell(SdpKind::Offer);
        assert!(offerer.hear(SdpKind::Answer, 5, false));
        assert!(
            !offerer.hear(SdpKind::Answer, 5, false) && !offerer.hear(SdpKind::Answer, 6, false)
        );
        offerer.tell(SdpKind::Offer);
        assert!(!offerer.hear(SdpKind::Answer, 5, false), "that of the offer before");
        assert!(offerer.hear(SdpKind::Answer, 6, false));
    }

    #[test]
    fn an_offer_counts_if_it_is_newer_than_all_before_it() {
        let mut answerer = Negotiation::default();
        assert!(answerer.hear(SdpKind::Offer, 0, true));
        answerer.tell(SdpKind::Answer);
        assert!(!answerer.hear(SdpKind::Offer, 0, true));
        assert!(answerer.hear(SdpKind::Offer, 7, true));
        for older in [0, 6, 7] {
            assert!(!answerer.hear(SdpKind::Offer, older, true), "{older}");
        }
    }

    #[test]
    fn where_offers_collide_only_the_polite_side_takes_the_others() {
        for polite in [false, true] {
            let mut side = Negotiation::default();
            side.tell(SdpKind::Offer);
            assert_eq!(side.hear(SdpKind::Offer, 1, polite), polite);
            assert_eq!(side.hear(SdpKind::Answer, 2, polite), !polite);
        }
    }

    #[test]
    fn i6_neither_descriptions_nor_candidates_are_endless() {
        let mut side = Negotiation::default();
        let heard = (0..10_000).filter(|version| side.hear(SdpKind::Offer, *version, true)).count();
        assert_eq!(heard, usize::try_from(limits::DESCRIPTIONS).unwrap());
        let most = usize::try_from(limits::CANDIDATES).unwrap();
        for _ in 0..2 {
            side.tell(SdpKind::Offer);
            assert_eq!((0..10_000).filter(|_| side.tell_candidate()).count(), most);
        }
        assert_eq!((0..10_000).filter(|_| side.hear_candidate()).count(), most);
    }
}
