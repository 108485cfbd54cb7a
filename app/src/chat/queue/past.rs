//! What was measured of the queue in the last minutes, while somebody looked: how much waited, and
//! how long there and back took to the slowest member that was linked.

use std::collections::VecDeque;

use browser::{Millis, QueueView};

/// Measurements that are kept. There is one a second, so these are five minutes.
pub const KEPT: usize = 300;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Measured {
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

/// A curve: the newest value is at the right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Curve {
    /// Which place of [`KEPT`] a value has, and the value.
    pub points: Vec<(usize, u64)>,
    /// The newest value.
    pub now: u64,
    /// The highest of all.
    pub highest: u64,
    /// How many seconds ago the first was measured.
    pub seconds: usize,
}

impl Past {
    /// Somebody begins to look: what lies further back was not seen.
    pub fn begin(&mut self) {
        self.measured.clear();
    }

    /// The queue was told.
    pub fn note(&mut self, view: &QueueView) {
        let lanes = view.peers.iter().flat_map(|peer| &peer.lanes);
        let waiting =
            view.drafts.iter().sum::<u64>() + lanes.map(|lane| lane.messages).sum::<u64>();
        let linked = view.peers.iter().filter(|peer| peer.link.is_some());
        let round_trip = linked.filter_map(|peer| peer.round_trip).max();
        self.measured.push_back(Measured { waiting, round_trip });
        let spare = self.measured.len().saturating_sub(KEPT);
        self.measured.drain(..spare);
    }

    /// The curve of a quantity, if it was measured at least twice.
    pub fn curve(&self, quantity: Quantity) -> Option<Curve> {
        let value = |measured: &Measured| match quantity {
            Quantity::Waiting => Some(measured.waiting),
            Quantity::RoundTrip => measured.round_trip,
        };
        let first = KEPT - self.measured.len();
        let places = (first..).zip(&self.measured);
        let points: Vec<(usize, u64)> =
            places.filter_map(|(place, measured)| Some((place, value(measured)?))).collect();
        let highest = points.iter().map(|(_, value)| *value).max()?;
        let ((oldest, _), (_, now)) = (*points.first()?, *points.last()?);
        let seconds = KEPT - 1 - oldest;
        (points.len() > 1).then_some(Curve { points, now, highest, seconds })
    }
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
    fn a_curve_has_what_was_measured_the_newest_at_the_right() {
        let mut past = Past::default();
        past.note(&view(1, 4, Some(30)));
        assert_eq!(past.curve(Quantity::Waiting), None, "one point is no curve");
        past.note(&view(0, 2, None));
        let waiting = past.curve(Quantity::Waiting).unwrap();
        assert_eq!(waiting.points, [(KEPT - 2, 5), (KEPT - 1, 2)]);
        assert_eq!((waiting.now, waiting.highest, waiting.seconds), (2, 5, 1));
        assert_eq!(past.curve(Quantity::RoundTrip), None, "nobody was linked the second time");
        past.note(&view(0, 0, Some(90)));
        let trip = past.curve(Quantity::RoundTrip).unwrap();
        assert_eq!(trip.points, [(KEPT - 3, 30), (KEPT - 1, 90)]);
        past.begin();
        assert_eq!(past.curve(Quantity::Waiting), None);
    }

    #[test]
    fn the_past_is_bounded() {
        let mut past = Past::default();
        (0..2 * KEPT as u64).for_each(|count| past.note(&view(0, count, None)));
        let curve = past.curve(Quantity::Waiting).unwrap();
        assert_eq!((curve.points.len(), curve.points[0]), (KEPT, (0, KEPT as u64)));
        assert_eq!(curve.seconds, KEPT - 1);
    }
}
