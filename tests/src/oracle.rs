//! The oracle: what must hold at every step, whatever happens. It sees everything and helps nobody.

use std::collections::{BTreeMap, BTreeSet};

use engine::frame::{Frame, decode};
use engine::log::run::Run;
use engine::{Body, DraftId, EntryId, Event, Order, Row, RowState};

use crate::store::Store;

/// A promise that was broken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// Its number in the design, such as `I3`.
    pub invariant: &'static str,
    /// What was seen.
    pub what: String,
}

/// What one page has seen of its room.
#[derive(Clone, Debug, Default)]
pub struct Screen {
    /// The rows, in their order.
    pub rows: BTreeMap<Order, Row>,
    /// The counter of own entries that nobody else holds.
    pub pending: u64,
    /// Other members that are online.
    pub online: usize,
}

/// What is known of the whole world.
#[derive(Debug, Default)]
pub struct Oracle {
    orders: BTreeMap<EntryId, Order>,
    drafts: BTreeMap<DraftId, EntryId>,
    texts: BTreeMap<EntryId, String>,
    /// Texts that their author's page showed as saved.
    acknowledged: BTreeSet<String>,
    partial: BTreeMap<(usize, usize, u8), Vec<u8>>,
    /// The first promise that was broken.
    pub broken: Option<Broken>,
}

impl Oracle {
    fn fail(&mut self, invariant: &'static str, what: String) {
        self.broken.get_or_insert(Broken { invariant, what });
    }

    /// A page of `peer` is told something.
    pub fn told(&mut self, peer: usize, event: &Event, screen: &mut Screen, stores: &[&Store]) {
        match event {
            Event::Rows(rows) => {
                for row in rows {
                    self.row(peer, row, screen, stores);
                }
            }
            Event::Pending(pending) => screen.pending = *pending,
            Event::Members(members) => {
                screen.online = members.iter().filter(|view| view.online && !view.me).count();
            }
            Event::Moved(entries) => screen.rows.retain(|_, row| !entries.contains(&row.entry)),
            Event::Room(_)
            | Event::Older { .. }
            | Event::LinkState(_)
            | Event::SignalState(_)
            | Event::Gaps(_)
            | Event::Waiting(_)
            | Event::Undelivered(_)
            | Event::Queue(_)
            | Event::Trace(_)
            | Event::Live(_)
            | Event::Typing { .. }
            | Event::Cancelled(_)
            | Event::Stored(_)
            | Event::Refused { .. }
            | Event::Trouble(_) => {}
        }
    }

    fn row(&mut self, peer: usize, row: &Row, screen: &mut Screen, stores: &[&Store]) {
        let order = *self.orders.entry(row.entry).or_insert(row.order);
        if order != row.order {
            self.fail("I4", format!("{} stands elsewhere at peer {peer}", row.entry));
        }
        let Body::Text(text) = &row.body else {
            return self.fail("I10", format!("{} does not open at peer {peer}", row.entry));
        };
        if self.texts.entry(row.entry).or_insert_with(|| text.clone()) != text {
            self.fail("I10", format!("{} says something else at peer {peer}", row.entry));
        }
        if let Some(draft) = row.draft
            && *self.drafts.entry(draft).or_insert(row.entry) != row.entry
        {
            self.fail("I3", format!("{text:?} was said twice"));
        }
        if !stores[peer].holds(&row.entry) {
            self.fail("I1", format!("peer {peer} shows {text:?} without having stored it"));
        }
        let others = stores.iter().enumerate().filter(|(other, _)| *other != peer);
        let held = others.filter(|(_, store)| store.holds(&row.entry)).count();
        if usize::try_from(row.held_by).is_ok_and(|held_by| held_by > held) {
            let what = format!("{text:?} is said to be held by {}, it is by {held}", row.held_by);
            self.fail("I1", what);
        }
        if row.own {
            self.acknowledged.insert(text.clone());
        }
        let before = screen.rows.insert(row.order, row.clone());
        if before.is_some_and(|before| before.state > row.state) {
            self.fail("§13", format!("the state of {text:?} went back at peer {peer}"));
        }
    }

    /// A peer's row, as its own page shows it after a restart, has the text it had.
    #[must_use]
    pub fn acknowledged(&self) -> &BTreeSet<String> {
        &self.acknowledged
    }

    /// A peer writes a message to a wire: every run in it has to be stored there (I2).
    pub fn written(&mut self, peer: usize, wire: usize, message: &[u8], store: &Store) {
        let Ok(frames) = decode(message) else {
            return self.fail("I2", format!("peer {peer} writes what is no frame"));
        };
        for frame in frames {
            let Frame::Part(part) = frame else { continue };
            let bytes = self.partial.entry((peer, wire, part.class)).or_default();
            bytes.extend_from_slice(&part.bytes);
            if !part.last {
                continue;
            }
            let bytes = std::mem::take(bytes);
            let Some((log, first, last)) = Run::extent(&bytes) else {
                self.fail("I2", format!("peer {peer} writes what is no run"));
                continue;
            };
            for seq in first..=last {
                let entry = EntryId { log, seq };
                if !store.holds(&entry) {
                    self.fail("I2", format!("{entry} leaves peer {peer}, not stored there"));
                }
            }
        }
    }

    /// Faults have stopped and a minute has passed: everybody online has to agree (I9, I3).
    pub fn converged(&mut self, screens: &[(usize, &Screen)]) {
        let texts = |screen: &Screen| -> Vec<String> {
            screen.rows.values().map(|row| format!("{:?}", row.body)).collect()
        };
        let Some((_, first)) = screens.first() else { return };
        let expected = texts(first);
        for (peer, screen) in screens {
            if texts(screen) != expected {
                let what = format!(
                    "peer {peer} shows {} rows, another {}: {:?}",
                    screen.rows.len(),
                    expected.len(),
                    difference(&texts(screen), &expected)
                );
                self.fail("I9", what);
            }
            if screen.pending != 0 {
                self.fail("I9", format!("{} entries of {peer} are pending", screen.pending));
            }
            let undelivered = screen.rows.values().find(|row| {
                row.own && row.state != RowState::Delivered && row.state != RowState::Read
            });
            if let Some(row) = undelivered.filter(|_| screens.len() > 1) {
                let (body, state) = (&row.body, row.state);
                self.fail("I9", format!("{body:?} of {peer} is {state:?} and not delivered"));
            }
        }
        let shown: BTreeSet<String> =
            first.rows.values().map(|row| format!("{:?}", row.body)).collect();
        let lost = |text: &&String| !shown.contains(&format!("{:?}", Body::Text((*text).clone())));
        if let Some(text) = self.acknowledged.iter().find(lost).cloned() {
            self.fail("I3", format!("{text:?} was saved and is lost"));
        }
        if shown.len() != first.rows.len() {
            self.fail("I3", "a text is shown twice".to_owned());
        }
    }
}

fn difference(a: &[String], b: &[String]) -> Vec<String> {
    let (a, b): (BTreeSet<&String>, BTreeSet<&String>) = (a.iter().collect(), b.iter().collect());
    a.symmetric_difference(&b).map(|text| (*text).clone()).take(5).collect()
}
