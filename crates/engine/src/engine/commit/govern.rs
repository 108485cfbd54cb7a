//! Decisions about who is in the room: asked for, written into the own log, taken in from all.
//!
//! ```text
//!  propose ─► motion ─► one a batch: entry and record ─► committed ─► membership
//!                       what came over links ───────────┘     └─► roles, cuts, epochs, rows
//! ```
//! A decision is stored as an entry of its log and as a record of its own, which is read at every
//! start: who is in the room is known before anything else is. What changes for rows that are
//! shown already is not patched: the store is read again. Entries of the removed beyond a cut are
//! still kept and passed on, and nobody is shown them: a removal may be among them that counts.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use serde_bytes::ByteBuf;

use crate::crypto::exchange::ExchangeKey;
use crate::engine::commit::Batch;
use crate::engine::{Engine, keys};
use crate::ids::{EntryHash, EntryId, EpochId, LinkId, LogId, MemberId, Seq};
use crate::io::{Millis, Output, Record, StoreOp, Table};
use crate::limits;
use crate::link::flow::Read;
use crate::log::checked;
use crate::log::decision::{Cut, Decision, Ruling};
use crate::log::entry::{Header, Kind, body_hash};
use crate::log::ranges::RangeSet;
use crate::log::run::{Run, RunEntry, Start, Unsigned};
use crate::members::membership::{Membership, Reach, Ruled, Standing};
use crate::queue::Class;
use crate::register::RegisterKind;
use crate::room::Entrance;
use crate::view::{Decided, Event, Order, Priority, Refusal, Role};

/// Something that is to be decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Motion {
    Approve(MemberId),
    Remove(MemberId),
    Promote(MemberId),
    Demote(MemberId),
    Renew,
    Merge,
}

impl Motion {
    fn subject(self) -> Option<MemberId> {
        match self {
            Motion::Approve(member)
            | Motion::Remove(member)
            | Motion::Promote(member)
            | Motion::Demote(member) => Some(member),
            Motion::Renew | Motion::Merge => None,
        }
    }

    fn needs(self) -> Role {
        match self {
            Motion::Approve(_) | Motion::Merge => Role::Member,
            Motion::Remove(_) | Motion::Promote(_) | Motion::Renew => Role::Admin,
            Motion::Demote(_) => Role::Founder,
        }
    }
}

/// What was decided, and what is to be.
#[derive(Debug)]
pub struct Governance {
    pub membership: Membership,
    /// What was read at a start: it comes in no order.
    pub read: Vec<Ruled>,
    motions: VecDeque<Motion>,
    /// Secrets have become known: registers may open that did not when they came.
    pub learned: bool,
    /// When this member merges epochs that opened at once, unless another one does.
    pub merge_at: Option<Millis>,
    /// The newest exchange keys that could be opened, with the epochs in which they were said.
    pub keys_seen: BTreeMap<MemberId, (ExchangeKey, EpochId)>,
    /// The epochs at whose meetings one is.
    pub meetings: Vec<EpochId>,
    /// Others may have to be attended.
    pub meetings_stale: bool,
    /// Something found no place in memory.
    pub left_out: bool,
    /// When that was looked for again.
    pub looked: Option<Millis>,
}

impl Governance {
    /// Of a room in which nothing was decided yet.
    pub fn new(founder: MemberId, epoch: EpochId, entrance: Entrance) -> Governance {
        Governance {
            membership: Membership::new(founder, entrance),
            read: Vec::new(),
            motions: VecDeque::new(),
            learned: false,
            merge_at: None,
            keys_seen: BTreeMap::new(),
            meetings: vec![epoch],
            meetings_stale: false,
            left_out: false,
            looked: None,
        }
    }

    /// Something is to be decided, unless it waits for that already.
    pub fn move_once(&mut self, motion: Motion) {
        if !self.motions.contains(&motion) && self.motions.len() < limits::MOTIONS {
            self.motions.push_back(motion);
        }
    }

    /// True if something waits to be decided.
    pub fn has_motions(&self) -> bool {
        !self.motions.is_empty()
    }
}

/// The record of a governance entry.
pub(in crate::engine) fn encode(log: &LogId, seq: Seq, body: &[u8]) -> Vec<u8> {
    postcard::to_allocvec(&(log, seq, ByteBuf::from(body))).unwrap_or_default()
}

/// Reads the record of a governance entry.
pub(in crate::engine) fn decode(hash: EntryHash, record: &[u8]) -> Option<Ruled> {
    match postcard::take_from_bytes::<(LogId, Seq, ByteBuf)>(record) {
        Ok(((log, seq, body), [])) => {
            Some(Ruled { hash, log, seq, decision: Decision::decode(&body).ok()? })
        }
        Ok(_) | Err(_) => None,
    }
}

impl Engine {
    /// What a member may do.
    pub(in crate::engine) fn role(&self, member: &MemberId) -> Role {
        self.governance.membership.role(member)
    }

    /// Puts something to be decided by the next batch. Whoever presses twice has asked once.
    pub(in crate::engine) fn propose(&mut self, motion: Motion) {
        let stored = self.commits.out.as_ref().and_then(|batch| batch.motion);
        if stored == Some(motion) || self.governance.motions.contains(&motion) {
            return;
        }
        let waiting = self.governance.motions.len();
        match self.admissible(motion) {
            Ok(()) if self.shelf().paused => self.refuse(None, Refusal::Paused),
            Ok(()) if waiting < limits::MOTIONS => self.governance.motions.push_back(motion),
            Ok(()) => {
                let waiting = u64::try_from(waiting).unwrap_or(u64::MAX);
                self.refuse(None, Refusal::Busy { waiting });
            }
            Err(reason) => self.refuse(None, reason),
        }
    }

    fn admissible(&self, motion: Motion) -> Result<(), Refusal> {
        let mine = self.role(&self.own.member);
        if mine == Role::Removed {
            return Err(Refusal::Removed);
        }
        if mine == Role::Applicant {
            return Err(Refusal::Outside);
        }
        if mine < motion.needs() {
            let founder = motion.needs() == Role::Founder;
            return Err(if founder { Refusal::NotFounder } else { Refusal::NotAdmin });
        }
        if let Some(limit) = self.governance.membership.full_for(&self.own.member) {
            let limit = u64::try_from(limit).unwrap_or(u64::MAX);
            return Err(Refusal::TooMuchDecided { limit });
        }
        let Some(member) = motion.subject() else { return Ok(()) };
        let role = self.role(&member);
        if role == Role::Founder {
            return Err(Refusal::AboutFounder);
        }
        let waits = matches!(motion, Motion::Approve(_)) && self.applicant(&member).is_some();
        let other = member != self.own.member && (waits || self.members.knows(&member));
        let keyed = !matches!(motion, Motion::Approve(_)) || self.exchange_of(&member).is_some();
        let can = other && (waits || keyed) && role != Role::Removed;
        if can { Ok(()) } else { Err(Refusal::NoSuchMember) }
    }

    fn ruling(&mut self, motion: Motion) -> Option<Ruling> {
        Some(match motion {
            Motion::Approve(member) => match self.applicant(&member).map(|waits| waits.exchange) {
                Some(exchange) => {
                    let shares = self.shares_to(&member, &exchange.claimed())?;
                    Ruling::Admit { exchange, shares }
                }
                None => Ruling::Approve(self.shares_for(&member)?),
            },
            Motion::Remove(member) => {
                let cuts = self.cuts_of(&member);
                Ruling::Remove { member, cuts, opening: self.opening(Some(member)) }
            }
            Motion::Promote(member) => Ruling::Promote(member),
            Motion::Demote(member) => Ruling::Demote(member),
            Motion::Renew => Ruling::Renew(self.opening(None)),
            Motion::Merge => Ruling::Merge(self.opening(None)),
        })
    }

    /// What is held of a member's logs: that counts, and nothing beyond. Of more logs than can be
    /// named, those with the newest entries.
    fn cuts_of(&self, member: &MemberId) -> Vec<Cut> {
        let logs = self.logs.iter().filter(|(log, _)| log.member == *member);
        let heads = logs.filter_map(|(log, state)| Some((*log, state.head()?)));
        let mut heads: Vec<(LogId, (Seq, EntryHash, u64))> = heads.collect();
        heads.sort_by_key(|(_, (.., lamport))| std::cmp::Reverse(*lamport));
        heads.truncate(limits::CUTS);
        let cut = |(log, (seq, hash, _))| Cut { log, seq, hash };
        let mut cuts: Vec<Cut> = heads.into_iter().map(cut).collect();
        cuts.sort_unstable();
        cuts
    }

    /// Writes the next decision that is asked for into the own log. One a batch: each names what
    /// was decided before.
    pub(super) fn stage_motion(&mut self, batch: &mut Batch) {
        if self.governance.motions.is_empty() || !self.may_write() {
            return;
        }
        let Some(motion) = self.governance.motions.pop_front() else { return };
        if let Err(reason) = self.admissible(motion) {
            return self.refuse(None, reason);
        }
        let deps = self.governance.membership.deps(&self.own.member);
        let Some(ruling) = self.ruling(motion) else {
            return self.refuse(None, Refusal::NoSuchMember);
        };
        let decision = Decision { deps, ruling };
        let body = decision.encode();
        let ruled = Ruled { hash: EntryHash::NONE, log: self.own, seq: 0, decision };
        if body.len() > limits::BODY_BYTES || !self.governance.membership.may(&ruled) {
            if motion != Motion::Merge {
                self.refuse(None, Refusal::Overtaken);
            }
            return;
        }
        let (first, previous, lamport) = self.own_end(batch);
        let header = Header {
            kind: Kind::GOVERNANCE,
            lamport: lamport + 1,
            wall: self.now.wall,
            expiry: None,
            target: None,
            group: None,
            body_len: u32::try_from(body.len()).unwrap_or(u32::MAX),
            body_hash: body_hash(&body),
        };
        let (room, log, epoch) = (self.room, self.own, self.ring.current());
        let start = Start { room, log, first, previous, epoch, class: Priority::Urgent };
        let run = Run::sign(&start, vec![Unsigned { header, body }], &self.keypair);
        batch.motion = Some(motion);
        self.stage_whole(batch, run);
    }

    /// A batch with a decision was not stored, or nobody knows: it is decided again if it is not.
    pub(super) fn on_motion_failed(&mut self, motion: Option<Motion>) {
        if let Some(motion) = motion {
            self.governance.motions.push_front(motion);
        }
    }

    /// Stores the decisions in a run as records of their own.
    pub(super) fn stage_decided(&mut self, batch: &mut Batch, run: &Run) {
        for (ruled, (key, value)) in self.decisions_in(run) {
            if self.governance.membership.has_place(&ruled, &batch.decided) {
                batch.ops.push(StoreOp::Put(Table::Projections, key, value));
                batch.decided.push(ruled);
            } else {
                self.governance.left_out = true;
            }
        }
    }

    /// The decisions in a run, each with its record.
    pub(in crate::engine) fn decisions_in(&self, run: &Run) -> Vec<(Ruled, Record)> {
        let decisions = run.iter().filter(|(_, entry)| entry.header.kind == Kind::GOVERNANCE);
        let ruled = decisions.filter_map(|(seq, entry)| {
            let (log, hash, body) = (run.log, entry.hash, entry.body.as_ref()?);
            let decision = Decision::decode(body).ok()?;
            let key = keys::decision(&self.room, &hash);
            let value = checked::seal(&key, encode(&log, seq, body));
            Some((Ruled { hash, log, seq, decision }, (key, value)))
        });
        ruled.collect()
    }

    /// Decisions are stored: they come into force.
    pub(super) fn on_decided(&mut self, decided: Vec<Ruled>) {
        if decided.is_empty() {
            return;
        }
        let before = self.governance.membership.standing().clone();
        let new: BTreeSet<EntryHash> = decided.iter().map(|ruled| ruled.hash).collect();
        self.governance.membership.take_all(decided);
        self.settle_decisions(&before, &new);
        self.welcome(&new);
        self.look_again(&before);
    }

    fn settle_decisions(&mut self, before: &Standing, new: &BTreeSet<EntryHash>) {
        let learned = self.learn_epochs();
        let now = self.governance.membership.standing().clone();
        let cut = now.removed != before.removed;
        if cut {
            self.on_cut(before, &now);
        }
        let mut expected = before.effective.clone();
        expected.extend(new.intersection(&now.effective));
        // What was said by somebody of whose approval nothing was known is shown from now on.
        let let_in = &now.approved - &before.approved;
        let unshown = now.gated && self.logs.iter().any(|(log, _)| let_in.contains(&log.member));
        if cut || learned || unshown || now.effective != expected {
            self.unshow(&before.effective - &now.effective);
            self.commits.reload = true;
        }
        self.turn();
        (self.told.stale, self.wants_stale) = (true, true);
        self.governance.meetings_stale = true;
    }

    /// What was decided was read from the store: at a start, or after a commit of which nobody knew
    /// whether it was stored. What is news then comes into force as if it had been.
    pub(in crate::engine) fn on_decisions_read(&mut self) {
        let before = self.governance.membership.standing().clone();
        let read = std::mem::take(&mut self.governance.read);
        self.governance.membership.take_all(read);
        self.learn_epochs();
        let cells = self.registers.iter().filter(|cell| cell.kind == RegisterKind::EXCHANGE);
        cells.cloned().collect::<Vec<_>>().iter().for_each(|cell| self.see_key(cell));
        let now = self.governance.membership.standing().clone();
        let again = self.loads.is_ready();
        if again && now.removed != before.removed {
            self.on_cut(&before, &now);
        }
        self.turn();
        if again {
            self.unshow(&before.effective - &now.effective);
            self.welcome(&(&now.effective - &before.effective));
            (self.told.stale, self.governance.meetings_stale) = (true, true);
        }
    }

    /// Decisions that count no more are shown no more.
    fn unshow(&mut self, void: BTreeSet<EntryHash>) {
        let all = self.governance.membership.all();
        let void = all.filter(|ruled| void.contains(&ruled.hash));
        let gone: Vec<EntryId> =
            void.map(|ruled| EntryId { log: ruled.log, seq: ruled.seq }).collect();
        if !gone.is_empty() {
            self.out.push_back(Output::Event(Event::Moved(gone)));
        }
    }

    /// Members were removed, or less of what the removed have said counts.
    fn on_cut(&mut self, before: &Standing, now: &Standing) {
        let changed =
            now.removed.iter().filter(|(member, cuts)| before.removed.get(*member) != Some(*cuts));
        for member in changed.map(|(member, _)| *member).collect::<Vec<_>>() {
            self.part_with(member);
            if self.members.forget(&member) {
                let logs = self.logs.iter().filter(|(log, _)| log.member == self.own.member);
                let logs: Vec<_> = logs.map(|(log, state)| (*log, state.held())).collect();
                logs.iter().for_each(|(log, held)| self.update_rows(*log, held));
            }
            let logs = self.logs.iter().filter(|(log, _)| log.member == member);
            let logs: Vec<_> = logs.map(|(log, state)| (*log, state.held())).collect();
            for (log, held) in logs {
                self.hide_beyond(log, &held);
            }
        }
    }

    /// A member was removed: it is told so, and nothing else any more. If it is oneself, nobody is
    /// left to talk with.
    fn part_with(&mut self, member: MemberId) {
        if member == self.own.member {
            let links: Vec<LinkId> = self.links.keys().copied().collect();
            return links.into_iter().for_each(|link| self.close(link));
        }
        let all = self.governance.membership.effective();
        let removals = all.filter(|ruled| match &ruled.decision.ruling {
            Ruling::Remove { member: gone, .. } => *gone == member,
            Ruling::Approve(_)
            | Ruling::Promote(_)
            | Ruling::Demote(_)
            | Ruling::Renew(_)
            | Ruling::Merge(_)
            | Ruling::Gate { .. }
            | Ruling::Admit { .. }
            | Ruling::Newer(_) => false,
        });
        let removals: Vec<(LogId, Seq)> = removals.map(|ruled| (ruled.log, ruled.seq)).collect();
        let runs: Vec<_> = removals
            .into_iter()
            .filter_map(|(log, seq)| Some((log, seq, self.cache.of(&log, seq)?)))
            .collect();
        let until = self.now.mono + limits::PARTING;
        for link in self.links.values_mut().filter(|link| link.member() == Some(member)) {
            link.part(
                |flow| {
                    for (log, seq, (first, last, bytes)) in runs.iter().cloned() {
                        let read = Read { class: Class::Urgent, log, seq, down: false };
                        flow.prepare(&read, first, last, bytes);
                    }
                },
                until,
            );
        }
    }

    fn hide_beyond(&mut self, log: LogId, held: &RangeSet) {
        let first = match self.governance.membership.reach(&log) {
            Reach::All => return,
            Reach::UpTo(cut) => cut.seq.saturating_add(1),
            Reach::Nothing => 0,
        };
        let beyond = held.and(&RangeSet::of(first, Seq::MAX));
        let beyond = beyond.newest(limits::WINDOW_ROWS as u64);
        let seqs = beyond.ranges().iter().flat_map(|(first, last)| *first..=*last);
        let gone: Vec<EntryId> = seqs.map(|seq| EntryId { log, seq }).collect();
        if !gone.is_empty() {
            self.timeline.withdraw(&log, (first, Seq::MAX));
            self.out.push_back(Output::Event(Event::Moved(gone)));
        }
    }

    /// True if an entry counts: what its author says when it was removed does not, and a decision
    /// only if it is in force.
    pub(in crate::engine) fn counts(&self, run: &Run, seq: Seq, entry: &RunEntry) -> bool {
        if entry.header.kind == Kind::GOVERNANCE {
            return self.governance.membership.ruling(&entry.hash).is_some();
        }
        if self.ring.of(&run.epoch).is_none() {
            // Its secret comes with a decision that is on its way, or not for us.
            return false;
        }
        if self.role(&run.log.member) == Role::Applicant {
            // Whoever knows the epoch's secret was let in by somebody: the news are on their way.
            return false;
        }
        match self.governance.membership.reach(&run.log) {
            Reach::UpTo(cut) if cut.seq == seq => cut.hash == entry.hash,
            reach @ (Reach::All | Reach::UpTo(_) | Reach::Nothing) => reach.covers(seq),
        }
    }

    /// True if what an entry says of another counts.
    pub(in crate::engine) fn note_counts(&self, by: &Order) -> bool {
        let in_room = self.role(&by.log.member) != Role::Applicant;
        in_room && self.governance.membership.reach(&by.log).covers(by.seq)
    }

    /// What an entry has decided, for a row.
    pub(in crate::engine) fn decided(&self, hash: &EntryHash) -> Option<Decided> {
        Some(match self.governance.membership.ruling(hash)? {
            Ruling::Approve(shares) | Ruling::Admit { shares, .. } => {
                Decided::Approved(shares.of.iter().map(|share| share.member).collect())
            }
            Ruling::Remove { member, .. } => Decided::Removed(*member),
            Ruling::Promote(member) => Decided::Promoted(*member),
            Ruling::Demote(member) => Decided::Demoted(*member),
            Ruling::Renew(_) => Decided::NewLink,
            Ruling::Merge(_) => Decided::Merged,
            Ruling::Gate { approve } => Decided::Gate { approve: *approve },
            Ruling::Newer(_) => return None,
        })
    }

    /// True if all decisions in a run are there to be read: without them nobody else could tell
    /// who is in the room.
    pub(in crate::engine) fn decisions_whole(run: &Run) -> bool {
        let lacks =
            |entry: &RunEntry| entry.header.kind == Kind::GOVERNANCE && entry.body.is_none();
        !run.entries.iter().any(lacks)
    }

    /// Merges epochs that opened at once, after a while, unless somebody else does.
    pub(in crate::engine) fn tend_merging(&mut self) {
        let split = self.governance.membership.standing().epochs.len() > 1;
        if !split || !self.is_open() || self.role(&self.own.member) < Role::Member {
            self.governance.merge_at = None;
            return;
        }
        let now = self.now.mono;
        let drawn = match self.governance.merge_at {
            Some(at) => at,
            None => now + self.random.below(limits::MERGE_WITHIN),
        };
        self.governance.merge_at = Some(drawn);
        if now >= drawn && !self.governance.motions.contains(&Motion::Merge) {
            self.governance.move_once(Motion::Merge);
            self.governance.merge_at = Some(now + 10 * limits::MERGE_WITHIN);
        }
    }
}
