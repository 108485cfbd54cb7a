//! The oracle: what must hold at every step, whatever happens. It sees everything and helps nobody.
//!
//! Rows and screens are judged here, what travels in `oracle/traffic.rs`, what becomes void with a
//! disk in `oracle/disks.rs`, what is for one member alone in `oracle/private.rs`, what goes after
//! it was read in `oracle/vanishing.rs`, what is said live in `oracle/live.rs`, answers and trays
//! in `oracle/answers.rs`, what was refused in `oracle/refusals.rs`, who is out of the room in
//! `oracle/removals.rs`, and what all have to agree on in the end in `oracle/verdict.rs`. Entries
//! are told apart by their hashes: a log that forks has two of one name for a while. The first
//! broken promise is kept.

mod answers;
mod blocks;
mod disks;
mod live;
mod private;
mod refusals;
mod removals;
mod terms;
mod traffic;
mod vanishing;
mod verdict;

use std::collections::{BTreeMap, BTreeSet};

use engine::crypto::keys::EpochKeys;
use engine::log::run::Run;
use engine::register::{Register, RegisterKey};
use engine::{
    Body, Draft, DraftId, EntryHash, EntryId, Event, LinkId, LogId, MemberId, Order, Priority,
    RoomId, RoomRecord, limits,
};
use engine::{Original, Role, Row, RowState, StoreOp, Table, Trouble, Undelivered, Waiting};

use crate::store::Store;

pub use traffic::Place;
pub use verdict::{Judged, Present};

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
    /// Which entries they are.
    pub which: BTreeMap<EntryId, EntryHash>,
    /// The counter of own entries that nobody else holds.
    pub pending: u64,
    /// Other members that are online.
    pub online: usize,
    /// What everybody calls itself.
    pub names: BTreeMap<MemberId, String>,
    /// What everybody may do.
    pub roles: BTreeMap<MemberId, Role>,
    /// Those that its worker has in memory, since it has read its store the last time.
    pub(crate) told: BTreeSet<EntryId>,
    /// True if there are older messages to be asked for.
    pub more: bool,
    /// The drafts that are said to wait for their time.
    pub waiting: Vec<Waiting>,
    /// When the words of a row have to go, by its device's clock.
    pub(crate) fading: BTreeSet<(u64, Order)>,
    /// The first of them that is late, and since when that is known.
    pub(crate) overdue: Option<(Order, u64)>,
    /// Whose messages were ever said to be missing.
    pub gapped: BTreeSet<MemberId>,
    /// Whose messages are said to be missing.
    pub gaps: BTreeSet<MemberId>,
    /// What could not be delivered.
    pub tray: Vec<Undelivered>,
    /// What was told of messages that others answer.
    pub quotes: BTreeMap<(EntryId, EntryHash), Option<Original>>,
    /// Who is typing.
    pub typing: BTreeSet<MemberId>,
}

/// A draft as its page said it.
#[derive(Clone, Debug)]
struct Said {
    peer: usize,
    /// The newest row that the page showed then.
    after: Option<Order>,
    /// True if the page showed somebody else.
    company: bool,
}

/// What is known of the whole world.
#[derive(Default)]
pub struct Oracle {
    room: Option<(RoomId, EpochKeys)>,
    members: Vec<MemberId>,
    /// The member that lies, whose claims count for nothing.
    pub mallory: Option<usize>,
    /// See [`Plan::is_plain`](crate::plan::Plan::is_plain).
    pub plain: bool,
    /// True if the server has ever been evil.
    pub evil_server: bool,
    orders: BTreeMap<EntryHash, Order>,
    /// What is called so by everybody, but where a log has forked.
    names: BTreeMap<EntryId, EntryHash>,
    drafts: BTreeMap<DraftId, BTreeSet<EntryHash>>,
    said: BTreeMap<DraftId, Said>,
    words: BTreeMap<String, MemberId>,
    texts: BTreeMap<EntryHash, String>,
    /// What pages have shown, and the devices whose disks have it for good.
    kept: BTreeMap<EntryHash, BTreeSet<usize>>,
    /// Peers in a life in which somebody made noise at them: whom they accuse is not to blame.
    exempt: BTreeSet<(usize, u32)>,
    lives: BTreeMap<usize, u32>,
    answered: BTreeMap<(usize, u32, String), LinkId>,
    /// The newest counters that each peer has wanted stored in its present life.
    registers: BTreeMap<usize, BTreeMap<RegisterKey, u64>>,
    traffic: traffic::Traffic,
    /// What members were shown and have read.
    read: BTreeSet<(MemberId, EntryHash)>,
    terms: terms::Known,
    private: private::Private,
    vanishing: vanishing::Vanishing,
    refusals: refusals::Refusals,
    blocks: blocks::Blocks,
    live: Vec<live::Owed>,
    answers: answers::Answers,
    /// Who was known to be out of the room by whoever said something then.
    unheard: BTreeMap<String, BTreeSet<MemberId>>,
    disks: disks::Disks,
    /// What the last verdict looked at.
    pub judged: Judged,
    /// The first promise that was broken.
    pub broken: Option<Broken>,
}

impl Oracle {
    /// An oracle for a room with these members.
    #[must_use]
    pub fn new(records: &[RoomRecord]) -> Oracle {
        let room = records.first().and_then(|record| Some((record.room(), record.epoch_keys()?)));
        let members = records.iter().map(RoomRecord::me).collect();
        Oracle { room, members, ..Oracle::default() }
    }

    pub(crate) fn fail(&mut self, invariant: &'static str, what: String) {
        self.broken.get_or_insert(Broken { invariant, what });
    }

    pub(crate) fn member_of(&self, peer: usize) -> Option<MemberId> {
        self.members.get(peer).copied()
    }

    fn is_mallory(&self, member: &MemberId) -> bool {
        self.mallory.and_then(|peer| self.member_of(peer)) == Some(*member)
    }

    /// The logs that rows were seen of.
    pub(crate) fn logs(&self) -> Vec<LogId> {
        let mut logs: Vec<LogId> = self.names.keys().map(|entry| entry.log).collect();
        logs.dedup();
        logs
    }

    /// A page says something.
    pub(crate) fn said(&mut self, peer: usize, draft: &Draft, screen: &Screen) {
        let after = screen.rows.last_key_value().map(|(order, _)| *order);
        let company = screen.roles.len() > 1;
        self.said.insert(draft.id, Said { peer, after, company });
        if let Some(member) = self.member_of(peer) {
            self.words.insert(draft.text.clone(), member);
        }
        self.said_without(&draft.text, screen);
        self.said_on_terms(draft);
    }

    /// Somebody reads what a page shows.
    pub(crate) fn reads(&mut self, peer: usize, entries: &[EntryId], screen: &Screen) {
        let Some(member) = self.member_of(peer) else { return };
        let hashes = entries.iter().filter_map(|entry| screen.which.get(entry));
        self.read.extend(hashes.map(|hash| (member, *hash)));
    }

    /// What a peer hears in this life is not to be trusted: nor is whom it accuses.
    pub(crate) fn exempt_accuser(&mut self, peer: usize, life: u32) {
        self.exempt.insert((peer, life));
    }

    /// A peer's life begins.
    pub(crate) fn lives(&mut self, peer: usize, life: u32) {
        self.lives.insert(peer, life);
        self.registers.remove(&peer);
    }

    /// An offer is answered: by one link in a life, or it was a replay.
    pub(crate) fn offer_answered(&mut self, (peer, life): (usize, u32), link: LinkId, sdp: &str) {
        let first = *self.answered.entry((peer, life, sdp.to_owned())).or_insert(link);
        if first != link {
            self.fail("I10", format!("peer {peer} answers an offer that was replayed"));
        }
    }

    /// A connection is told what browsers take once.
    pub(crate) fn description_repeated(&mut self, end: &crate::wire::End, what: &str) {
        self.fail("I10", format!("a connection of peer {} is told {what} again", end.peer));
    }

    /// A page of `peer` is told something.
    pub fn told(&mut self, peer: usize, event: &Event, screen: &mut Screen, stores: &[&Store]) {
        match event {
            Event::Rows(rows) => {
                for row in rows {
                    self.row(peer, row, screen, stores);
                }
                screen.told.extend(rows.iter().map(|row| row.entry));
                let texts = rows.iter().filter_map(|row| self.first_words(screen, &row.entry));
                let texts = texts.cloned().collect();
                self.together(peer, screen, &texts);
            }
            // Only where it is shown.
            Event::Changed(row) if screen.rows.contains_key(&row.order) => {
                self.row(peer, row, screen, stores);
            }
            Event::Changed(_) => {}
            Event::Pending(pending) => screen.pending = *pending,
            Event::Older { more } => screen.more = *more,
            Event::Members(members) => {
                self.told_of_blocks(peer, members);
                screen.online = members.iter().filter(|view| view.online && !view.me).count();
                for view in members {
                    screen.names.insert(view.member, view.name.clone());
                    screen.roles.insert(view.member, view.role);
                    if !self.members.contains(&view.member) {
                        let what = format!("peer {peer} shows a member that nobody invited");
                        self.fail("I5", what);
                    }
                }
            }
            Event::Gaps(gaps) => {
                screen.gaps = gaps.iter().map(|gap| gap.author).collect();
                screen.gapped.extend(&screen.gaps);
            }
            Event::Trouble(trouble) => self.trouble(peer, trouble),
            Event::Moved(entries) => self.moved(peer, entries, screen, stores[peer]),
            // The store was read: this comes before the rows that are in memory since.
            Event::Room(_) => screen.told.clear(),
            Event::LinkState(_)
            | Event::SignalState(_)
            | Event::Applicants(_)
            | Event::Admission(_)
            | Event::Queue(_)
            | Event::Trace(_)
            | Event::Comparison(_)
            | Event::Found(_) => {}
            Event::Quoted(_) | Event::Typing { .. } | Event::Undelivered(_) => {
                self.told_besides(peer, event, screen);
            }
            Event::Refused { draft, reason } => {
                self.refused(peer, *draft, reason, stores[peer]);
                self.not_sealed(peer, (*draft, reason), stores[peer]);
            }
            Event::Waiting(_) | Event::Live(_) | Event::Cancelled(_) | Event::Stored(_) => {
                self.told_on_terms(peer, event, screen);
            }
        }
    }

    /// Nobody who keeps to the rules is accused, and nothing stored is damaged.
    fn trouble(&mut self, peer: usize, trouble: &Trouble) {
        let life = self.lives.get(&peer).copied().unwrap_or(0);
        if self.mallory.is_some() || self.exempt.contains(&(peer, life)) {
            return;
        }
        match trouble {
            Trouble::Server(what) if !self.evil_server => {
                self.fail("honesty", format!("peer {peer} accuses an honest server: {what}"));
            }
            Trouble::Peer { member: Some(_), what } => {
                self.fail("honesty", format!("peer {peer} accuses an honest member: {what}"));
            }
            Trouble::Damaged(what) => {
                self.fail("I3", format!("peer {peer} finds its own store damaged: {what}"));
            }
            Trouble::Peer { member: None, .. }
            | Trouble::Store(_)
            | Trouble::Signal(_)
            | Trouble::Server(_)
            | Trouble::Version { .. } => {}
        }
    }

    /// What an entry on a screen said first.
    fn first_words(&self, screen: &Screen, entry: &EntryId) -> Option<&String> {
        self.texts.get(screen.which.get(entry)?)
    }

    fn row(&mut self, peer: usize, row: &Row, screen: &mut Screen, stores: &[&Store]) {
        let hash = self.room.as_ref().and_then(|(room, _)| stores[peer].hash(room, &row.entry));
        let Some(hash) = hash.filter(|_| stores[peer].holds(&row.entry)) else {
            let what = format!("peer {peer} shows {} without having stored it", row.entry);
            return self.fail("I1", what);
        };
        screen.which.insert(row.entry, hash);
        self.named(peer, row, hash);
        self.goes_unread(peer, row, &hash);
        let Body::Text(text) = &row.body else {
            if row.body == Body::Gone && self.may_lack_body(&hash) {
                _ = screen.rows.insert(row.order, row.clone());
                return;
            }
            if matches!(row.body, Body::Decided(_)) {
                _ = screen.rows.insert(row.order, row.clone());
                return;
            }
            if self.is_mallory(&row.author) {
                return;
            }
            return self.fail("I10", format!("{} does not open at peer {peer}", row.entry));
        };
        self.overhears(peer, text);
        self.eavesdrops(peer, row, text);
        self.words_on_terms(peer, row.draft, text);
        self.spoken(peer, row, hash, text);
        self.names(peer, row, hash);
        self.held(peer, row, hash, text, stores);
        if !self.is_mallory(&row.author) && self.mallory != Some(peer) {
            self.kept.entry(hash).or_default().insert(peer);
        }
        if row.own {
            self.sorts_after(peer, row, text);
        }
        screen.fading.extend(row.expiry.map(|at| (at, row.order)));
        let before = screen.rows.insert(row.order, row.clone());
        // What was given up may be held by somebody after all.
        let back = |before: &Row| before.state > row.state && before.state != RowState::Failed;
        // What expires does so by the device's clock, and that can be set back.
        if before.is_some_and(|before| back(&before)) && !self.fades(&hash) {
            self.fail("§13", format!("the state of {:?} went back at peer {peer}", cut(text)));
        }
    }

    /// What a row says was said by its author, once, and is what it says everywhere.
    fn spoken(&mut self, peer: usize, row: &Row, hash: EntryHash, text: &String) {
        let first = self.texts.entry(hash).or_insert_with(|| text.clone()) == text;
        if !first && !self.is_edit(&hash, text) {
            self.fail("I10", format!("{} says something else at peer {peer}", row.entry));
        }
        if self.words.get(text) != Some(&row.author) && !self.is_mallory(&row.author) {
            self.fail(
                "I10",
                format!("peer {peer} shows {:?}: its author never said it", cut(text)),
            );
        }
        let said = row.draft.map(|draft| {
            let entries = self.drafts.entry(draft).or_default();
            entries.insert(hash);
            entries.len()
        });
        if said.is_some_and(|times| times > 1)
            && !self.texts.get(&hash).is_some_and(|text| self.may_be_said_again(text))
        {
            self.fail("I3", format!("{:?} was said twice", cut(text)));
        }
    }

    fn held(&mut self, peer: usize, row: &Row, hash: EntryHash, text: &str, stores: &[&Store]) {
        let me = self.member_of(peer);
        let others = (0..stores.len()).filter(|other| self.member_of(*other) != me);
        let holds = others.filter(|other| {
            let holds =
                |(room, _): &(RoomId, EpochKeys)| stores[*other].keeps(room, &row.entry, &hash);
            self.mallory == Some(*other)
                || self.had(*other, &hash)
                || self.room.as_ref().is_some_and(holds)
        });
        let held = holds.filter_map(|other| self.member_of(other)).collect::<BTreeSet<_>>().len();
        let read = |member: &MemberId| Some(*member) != me && self.read.contains(&(*member, hash));
        // A receipt says by names what was read: where a log forks, two entries have one.
        let sure = self.mallory.is_none() && !self.forks(&row.author);
        let told = row.own && row.state == RowState::Read && sure;
        if told && !self.readers(&hash).iter().any(read) {
            self.fail("§13", format!("{:?} is said to be read, and nobody has", cut(text)));
        }
        if usize::try_from(row.held_by).is_ok_and(|held_by| held_by > held) {
            let (text, held_by) = (cut(text), row.held_by);
            let what = format!("{text:?} is said at {peer} to be held by {held_by}, not {held}");
            self.fail("I1", what);
        }
    }

    /// What was said after something was read sorts below it. (Lamport 1978.)
    fn sorts_after(&mut self, peer: usize, row: &Row, text: &str) {
        let said = row.draft.and_then(|draft| self.said.get(&draft));
        let after = said.filter(|said| said.peer == peer).and_then(|said| said.after);
        if self.mallory.is_none() && after.is_some_and(|after| row.order < after) {
            self.fail("I4", format!("{:?} sorts above what its author had read", cut(text)));
        }
    }

    /// An engine wants a batch stored: urgent entries come first in it, and after a failure it has
    /// waited.
    pub(crate) fn batch(
        &mut self,
        (peer, now): (usize, u64),
        (ops, stores): (&[StoreOp], &[&Store]),
        since_failure: Option<u64>,
    ) {
        if self.mallory == Some(peer) {
            return;
        }
        if since_failure.is_some_and(|since| since < limits::COMMIT_BACKOFF * 3 / 4) {
            self.fail("I6", format!("peer {peer} writes again at once after a failed commit"));
        }
        let Some((room, _)) = self.room.as_ref() else { return };
        let (mut runs, mut wrong, mut older) = (Vec::new(), None, None);
        let newest = self.registers.entry(peer).or_default();
        for op in ops {
            let StoreOp::Put(table, key, bytes) = op else { continue };
            let register = *table == Table::Projections && key.get(32) == Some(&b'r');
            match (Register::verify(room, bytes), Run::verify(room, bytes)) {
                (Ok(cell), _) if register => {
                    self.disks.sign(peer, &cell);
                    let before = newest.insert(cell.key(), cell.counter).unwrap_or(0);
                    older = older.or((cell.counter < before).then_some(before));
                }
                (Err(_), _) if register => wrong = Some(key),
                (_, Ok(run)) if *table == Table::Runs => runs.push(run),
                (_, Err(_)) if *table == Table::Runs => wrong = Some(key),
                (Ok(_) | Err(_), Ok(_) | Err(_)) => {}
            }
        }
        let wrong = wrong.is_some();
        self.stores_none_of_the_blocked(peer, &runs, stores[peer]);
        let written = self.written_now(peer, runs, stores);
        self.overwrites(peer, &written, now);
        self.seals(peer, &written);
        let classes: Vec<Priority> = written.iter().map(|run| run.class).collect();
        if older.is_some() {
            self.fail("I9", format!("peer {peer} stores an older register over a newer one"));
        }
        if wrong {
            self.fail("I10", format!("peer {peer} stores what its author did not sign"));
        }
        if !classes.is_sorted() {
            self.fail("I7", format!("peer {peer} stores {classes:?} in this order"));
        }
    }

    /// An engine has ended: the next one knows nothing of what it asked for.
    pub(crate) fn ended(&mut self, peer: usize) {
        self.traffic.forget_wants(peer);
        self.forgets_what_it_heard(peer);
        self.forgets_blocks(peer);
        self.owes_nothing_live(peer);
    }

    /// A commit of a peer failed: what had come is dropped and asked for again.
    pub(crate) fn commit_failed(&mut self, peer: usize) {
        self.traffic.forget_wants(peer);
    }
}

/// The beginning of a text, to be shown.
fn cut(text: &str) -> &str {
    text.split(' ').next().unwrap_or_default()
}
