//! What was measured of the queue in the last minutes: how much waited, and how long there and back
//! took to the slowest member that was linked. Every second while somebody looks, and seldom else:
//! what lies between two measurements is as far as they are apart, and a gap if that is far.

use std::collections::VecDeque;

use browser::{Millis, QueueView};

/// Seconds that are kept, and measurements: there is one a second at most.
pub const KEPT: usize = 300;
/// So long after the last measurement there is another one, though nobody looks.
pub const SELDOM: Millis = 5_000;
/// Measurements further apart are not joined: one in between was missed.
const GAP: Millis = 2 * SELDOM + 1_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Measured {
    at: Millis,
    waiting: u64,
    round_trip: Option<Millis>,
}

/// See the module.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Past {
    measured: VecDeque<Measured>,
}

/// What can be drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quantity {
    /// Messages that are not stored yet, or that some member has not got: once for each that lacks
    /// them.
    Waiting,
    /// Milliseconds there and back, of the slowest link.
    RoundTrip,
}

/// A curve: the newest measurement is at the right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Curve {
    /// In parts, with gaps between them: which second of [`KEPT`] a value has, and the value.
    pub parts: Vec<Vec<(usize, u64)>>,
    /// The newest value.
    pub now: u64,
    /// The highest of all.
    pub highest: u64,
    /// How many seconds before the newest measurement the first value was measured.
    pub seconds: usize,
}

impl Past {
    /// The queue was told, at this time.
    pub fn note(&mut self, view: &QueueView, at: Millis) {
        let lanes = view.peers.iter().flat_map(|peer| &peer.lanes);
        let waiting =
            view.drafts.iter().sum::<u64>() + lanes.map(|lane| lane.messages).sum::<u64>();
        let linked = view.peers.iter().filter(|peer| peer.link.is_some());
        let round_trip = linked.filter_map(|peer| peer.round_trip).max();
        // Nothing was measured later than now: the clock has gone back.
        self.measured.retain(|known| known.at <= at && seconds(at - known.at) < KEPT);
        // Several tabs may have asked.
        self.measured.pop_back_if(|last| seconds(at - last.at) == 0);
        self.measured.push_back(Measured { at, waiting, round_trip });
        let spare = self.measured.len().saturating_sub(KEPT);
        self.measured.drain(..spare);
    }

    /// True if it is time to measure again.
    pub fn is_stale(&self, now: Millis) -> bool {
        let last = self.measured.back();
        last.is_none_or(|last| now < last.at || now - last.at >= SELDOM)
    }

    /// The curve of a quantity, if it was measured at least twice.
    pub fn curve(&self, quantity: Quantity) -> Option<Curve> {
        let newest = self.measured.back()?.at;
        let mut parts: Vec<Vec<(usize, u64)>> = Vec::new();
        let mut last = None;
        for measured in &self.measured {
            let value = match quantity {
                Quantity::Waiting => Some(measured.waiting),
                Quantity::RoundTrip => measured.round_trip,
            };
            let joined = last.is_some_and(|last| measured.at - last <= GAP);
            last = value.map(|_| measured.at);
            let Some(value) = value else { continue };
            let point = (KEPT - 1 - seconds(newest - measured.at), value);
            match parts.last_mut().filter(|_| joined) {
                Some(part) => part.push(point),
                None => parts.push(vec![point]),
            }
        }
        let points = || parts.iter().flatten();
        let highest = points().map(|(_, value)| *value).max()?;
        let ((oldest, _), (_, now)) = (*points().next()?, *points().last()?);
        let seconds = KEPT - 1 - oldest;
        (points().count() > 1).then_some(Curve { parts, now, highest, seconds })
    }
}

/// To the nearest: measurements are not exactly seconds apart.
fn seconds(span: Millis) -> usize {
    usize::try_from((span + 500) / 1_000).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use browser::{LaneView, PeerQueue};

    use super::*;
    use crate::chat::tests::BEN;

    fn view(drafts: u64, messages: u64, round_trip: Option<Millis>) -> QueueView {
        let mut view = QueueView { drafts: [drafts, 0, 0], ..QueueView::default() };
        let link = round_trip.map(|_| browser::LinkId(1));
        let mut lanes = vec![LaneView::default(); 6];
        lanes[2].messages = messages;
        view.peers =
            vec![PeerQueue { member: BEN, link, ended: None, oldest: None, round_trip, lanes }];
        view
    }

    #[test]
    fn a_curve_has_what_was_measured_when_it_was_the_newest_at_the_right() {
        let mut past = Past::default();
        past.note(&view(1, 4, Some(30)), 60_000);
        assert_eq!(past.curve(Quantity::Waiting), None, "one point is no curve");
        past.note(&view(0, 2, None), 61_010);
        let waiting = past.curve(Quantity::Waiting).unwrap();
        assert_eq!(waiting.parts, [[(KEPT - 2, 5), (KEPT - 1, 2)]]);
        assert_eq!((waiting.now, waiting.highest, waiting.seconds), (2, 5, 1));
        assert_eq!(past.curve(Quantity::RoundTrip), None, "nobody was linked the second time");
        past.note(&view(0, 0, Some(90)), 66_000);
        let waiting = past.curve(Quantity::Waiting).unwrap();
        assert_eq!(waiting.parts, [[(KEPT - 7, 5), (KEPT - 6, 2), (KEPT - 1, 0)]]);
        let trip = past.curve(Quantity::RoundTrip).unwrap();
        assert_eq!(trip.parts, [[(KEPT - 7, 30)], [(KEPT - 1, 90)]], "it was away in between");
        assert_eq!((trip.now, trip.highest, trip.seconds), (90, 90, 6));
    }

    #[test]
    fn where_nobody_measured_is_a_gap_and_what_is_old_goes() {
        let mut past = Past::default();
        for at in [0, 5_000, 10_000, 60_000, 61_000] {
            past.note(&view(0, at, None), at);
        }
        let curve = past.curve(Quantity::Waiting).unwrap();
        assert_eq!(curve.parts.iter().map(Vec::len).collect::<Vec<_>>(), [3, 2]);
        assert_eq!(curve.parts[1], [(KEPT - 2, 60_000), (KEPT - 1, 61_000)]);
        past.note(&view(0, 7, None), 308_000);
        let curve = past.curve(Quantity::Waiting).unwrap();
        assert_eq!(curve.parts.iter().map(Vec::len).collect::<Vec<_>>(), [1, 2, 1]);
        past.note(&view(0, 8, None), 309_000);
        past.note(&view(0, 9, None), 2_000);
        assert_eq!(past.curve(Quantity::Waiting), None, "by a clock that went back");
    }

    #[test]
    fn the_past_is_bounded_however_many_tabs_ask() {
        let mut past = Past::default();
        let second = |count: u64| 1_000 * (count / 2);
        (0..4 * KEPT as u64).for_each(|count| past.note(&view(0, count, None), second(count)));
        let curve = past.curve(Quantity::Waiting).unwrap();
        let [points] = curve.parts.as_slice() else { panic!("there is a gap") };
        assert_eq!((points.len(), points[0]), (KEPT, (0, 2 * KEPT as u64 + 1)));
        assert_eq!(curve.seconds, KEPT - 1);
    }

    #[test]
    fn it_is_measured_again_once_the_last_time_is_long_ago() {
        let mut past = Past::default();
        assert!(past.is_stale(0));
        past.note(&view(0, 0, None), 60_000);
        assert!(!past.is_stale(60_000) && !past.is_stale(60_000 + SELDOM - 1));
        assert!(past.is_stale(60_000 + SELDOM));
        assert!(past.is_stale(59_000), "the clock has gone back");
    }
}
