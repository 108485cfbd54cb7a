//! What flows over a proven link: the queue of one peer, its credit, and its questions.
//!
//! The queue for a peer is not a list but a difference: what is held here, minus what the peer
//! holds, has refused or was sent. [`Flow::next_read`] takes the next run out of that difference,
//! the engine reads it, and it waits in a lane, at most [`limits::READ_AHEAD_BYTES`] of each class,
//! until the channel has room. So a million waiting entries cost no memory, and what is urgent is
//! chosen when the channel is free, not when it was written.

mod refusing;
mod waiting;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

pub use self::refusing::Refusing;
use crate::frame::{Frame, PART_OVERHEAD, Part};
use crate::hello::Again;
use crate::ids::{EpochId, LogId, MemberId, Seq};
use crate::io::Millis;
use crate::limits;
use crate::log::have::PeerHave;
use crate::log::ranges::RangeSet;
use crate::log::{LogState, Logs};
use crate::queue::{Class, Lanes};
use crate::register::RegisterKey;
use crate::simulation::{Mark, Planted, mark, planted};
use crate::view::Priority;

/// The smallest piece of a run that is worth a part of its own in a message.
const PIECE_BYTES: usize = 512;

enum Outgoing {
    Frame(Vec<u8>),
    Run { of: (LogId, Seq, Seq), bytes: Arc<[u8]>, offset: usize },
}

/// Why a proven peer's frame breaks the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FlowError {
    /// A class that carries no runs.
    #[error("a part of a run has an unknown class")]
    Class,
    /// More bytes than it had credit for.
    #[error("more was sent than there was credit for")]
    Credit,
    /// A run that does not end where it has to.
    #[error("a run is larger than allowed")]
    Run,
    /// Too many control frames.
    #[error("control frames come too fast")]
    Rate,
}

/// A run that has to be read for a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Read {
    /// The lane it is for.
    pub class: Class,
    /// The log.
    pub log: LogId,
    /// An entry of the run.
    pub seq: Seq,
    /// True if what comes next is before it: reading goes newest first.
    pub down: bool,
}

/// A proven link.
pub struct Flow {
    /// Who is at the other end.
    pub member: MemberId,
    /// Its life.
    pub boot: [u8; 16],
    /// The newest epoch whose secret it has proven.
    pub epoch: EpochId,
    /// When it has to have proven the epoch in force.
    pub prove_by: Option<Millis>,
    /// A proof of an epoch that is not known here yet.
    pub early: Option<Again>,
    /// What it is known to hold.
    pub have: PeerHave,
    /// True once it has said all that it holds: before, nothing is sent unasked.
    pub introduced: bool,
    /// Own logs of which it lacked much then, and their last seqs: that is sent newest first.
    backlogs: BTreeMap<LogId, Seq>,
    /// True if no runs are to be sent: they wait.
    pub paused: bool,
    /// True while a read for this link is out.
    pub reading: bool,
    /// Logs whose `Have` it has not been told, and when it has to be.
    pub untold: BTreeSet<LogId>,
    /// When the untold are told.
    pub tell_at: Option<Millis>,
    /// The newest counter of each register that it is known to hold.
    pub registers: BTreeMap<RegisterKey, u64>,
    /// Registers that it has asked for and that wait until it has read what was sent before.
    pub asked_registers: BTreeSet<RegisterKey>,
    /// What it was not told yet of what was not taken.
    pub refusing: Refusing,
    /// From the last question for a sign of life to its answer.
    pub round_trip: Option<Millis>,
    /// Runs whose last byte was given to the channel and that nobody has been told of.
    pub departed: Vec<(LogId, Seq, Seq)>,
    ephemeral: VecDeque<Vec<u8>>,
    sent: BTreeMap<LogId, RangeSet>,
    asked: BTreeMap<LogId, RangeSet>,
    lanes: Lanes<Outgoing>,
    lane_bytes: [usize; Class::COUNT],
    credit: [u32; Class::COUNT],
    partial: [Vec<u8>; Class::COUNT],
    outstanding: [u32; Class::COUNT],
    returned: [u32; Class::COUNT],
    heard: Millis,
    probe: Option<(u64, Millis)>,
    rate: (Millis, u32),
}

impl Flow {
    /// A link that was proven just now.
    #[must_use]
    pub fn new(member: MemberId, boot: [u8; 16], epoch: EpochId, now: Millis) -> Flow {
        Flow {
            member,
            boot,
            epoch,
            prove_by: None,
            early: None,
            have: PeerHave::default(),
            introduced: false,
            backlogs: BTreeMap::new(),
            paused: false,
            reading: false,
            untold: BTreeSet::new(),
            tell_at: None,
            registers: BTreeMap::new(),
            asked_registers: BTreeSet::new(),
            refusing: Refusing::default(),
            round_trip: None,
            departed: Vec::new(),
            ephemeral: VecDeque::new(),
            sent: BTreeMap::new(),
            asked: BTreeMap::new(),
            lanes: Lanes::default(),
            lane_bytes: [0; Class::COUNT],
            credit: [limits::CREDIT_BYTES; Class::COUNT],
            partial: std::array::from_fn(|_| Vec::new()),
            outstanding: [0; Class::COUNT],
            returned: [0; Class::COUNT],
            heard: now,
            probe: None,
            rate: (now, 0),
        }
    }

    /// Queues a control frame. False if too many wait: the peer does not read.
    #[must_use]
    pub fn control(&mut self, frame: &Frame) -> bool {
        let bytes = frame.encode();
        self.lane_bytes[0] += bytes.len();
        self.lanes.push(Class::Control, Outgoing::Frame(bytes));
        self.lane_bytes[0] <= limits::CONTROL_BYTES
    }

    /// True if little waits to be told: the peer reads.
    #[must_use]
    pub fn reads(&self) -> bool {
        self.lane_bytes[0] < limits::READ_AHEAD_BYTES
    }

    /// Queues a frame for the unreliable channel; the oldest is dropped if too many wait.
    pub fn ephemeral(&mut self, frame: &Frame) {
        if self.ephemeral.len() >= limits::EPHEMERAL {
            self.ephemeral.pop_front();
        }
        self.ephemeral.push_back(frame.encode());
    }

    /// The next message for the unreliable channel.
    pub fn transmit_ephemeral(&mut self) -> Option<Vec<u8>> {
        self.ephemeral.pop_front()
    }

    /// Entries of the own log are offered again, as if they had never been sent or refused.
    pub fn offer_again(&mut self, log: LogId, first: Seq, last: Seq) {
        if let Some(sent) = self.sent.get_mut(&log) {
            sent.remove(first, last);
        }
        self.have.forget_refusal(&log, first, last);
    }

    /// Bytes in each lane that may go.
    #[cfg(feature = "simulation")]
    pub fn waiting(&self) -> [usize; Class::COUNT] {
        let may = |lane: usize| lane == 0 || self.credit[lane] > 0;
        std::array::from_fn(|lane| if may(lane) { self.lane_bytes[lane] } else { 0 })
    }

    /// What of some seqs it lacks and was not given to its lanes.
    fn rest(&self, log: &LogId, seqs: &RangeSet) -> RangeSet {
        let mut rest = seqs.clone();
        if let Some(peer) = self.have.of(log) {
            rest.subtract(&peer.held);
            rest.subtract(&peer.refused);
        }
        if let Some(sent) = self.sent.get(log) {
            rest.subtract(sent);
        }
        rest
    }

    /// The next run that this peer lacks and that there is room to read ahead.
    #[must_use]
    pub fn next_read(&self, logs: &Logs, me: &MemberId) -> Option<Read> {
        if self.paused {
            return None;
        }
        let room = |class: &Class| self.lane_bytes[class.index()] < limits::READ_AHEAD_BYTES;
        Class::DATA.into_iter().filter(room).find_map(|class| {
            let asked = self.asked_seq(logs, class);
            let (log, seq, down) = asked.or_else(|| self.own_seq(logs, me, class))?;
            Some(Read { class, log, seq, down })
        })
    }

    fn asked_seq(&self, logs: &Logs, class: Class) -> Option<(LogId, Seq, bool)> {
        self.asked.iter().find_map(|(log, asked)| {
            let urgent = logs.of(log)?.of_class(Priority::Urgent);
            let part = match class {
                Class::Urgent => asked.and(urgent),
                Class::Backfill => asked.minus(urgent),
                Class::Control | Class::Normal | Class::Low | Class::Bulk => return None,
            };
            // Newest first, so that each run is verified by the one behind it.
            part.last().map(|seq| (*log, seq, true))
        })
    }

    /// The peer has said all that it holds. Of what it lacks of own logs then, the newest is sent
    /// first, if it is more than a screen; what is said from now on goes in its order.
    pub fn introduce(&mut self, logs: &Logs, me: &MemberId) {
        self.introduced = true;
        let own = logs.iter().filter(|(log, _)| log.member == *me);
        let lacks = |(log, state): (&LogId, &LogState)| {
            let rest = self.rest(log, &state.held());
            let last = rest.last().filter(|_| rest.len() > limits::SCREEN_ROWS)?;
            Some((*log, last))
        };
        self.backlogs = own.filter_map(lacks).collect();
    }

    fn own_seq(&self, logs: &Logs, me: &MemberId, class: Class) -> Option<(LogId, Seq, bool)> {
        let priority =
            Priority::ALL.into_iter().find(|priority| Class::from(*priority) == class)?;
        logs.iter().filter(|(log, _)| log.member == *me).find_map(|(log, state)| {
            let disputed = self.have.of(log).is_some_and(|peer| peer.disputed);
            let rest = self.rest(log, state.of_class(priority));
            let next = match self.backlogs.get(log) {
                Some(end) => {
                    let live = rest.minus(&RangeSet::of(0, *end)).first().map(|seq| (seq, false));
                    live.or_else(|| rest.last().map(|seq| (seq, true)))
                }
                None => rest.first().map(|seq| (seq, false)),
            };
            let (seq, down) = next.filter(|_| self.introduced && !disputed)?;
            Some((*log, seq, down))
        })
    }

    /// Puts a run that was read into its lane.
    pub fn prepare(&mut self, read: &Read, first: Seq, last: Seq, bytes: Arc<[u8]>) {
        self.skip(read.log, first, last);
        self.lane_bytes[read.class.index()] += bytes.len();
        let of = (read.log, first, last);
        self.lanes.push(read.class, Outgoing::Run { of, bytes, offset: 0 });
    }

    /// Counts seqs as dealt with, without sending anything.
    pub fn skip(&mut self, log: LogId, first: Seq, last: Seq) {
        self.sent.entry(log).or_default().insert(first, last);
        if let Some(asked) = self.asked.get_mut(&log) {
            asked.remove(first, last);
            if asked.is_empty() {
                self.asked.remove(&log);
            }
        }
    }

    /// The peer asks for entries. What is not held here is forgotten: it sees that in our `Have`.
    /// What waits for the channel already is not read again: it is on its way.
    pub fn ask(&mut self, log: LogId, ranges: &[(Seq, Seq)], logs: &Logs) {
        let Some(state) = logs.of(&log) else { return };
        let ranges = ranges.iter().take(limits::FRAME_RANGES).copied();
        let mut wanted = RangeSet::from_ranges(ranges).and(&state.held());
        wanted.subtract(&self.in_lanes(&log));
        if let Some(sent) = self.sent.get_mut(&log) {
            if planted(Planted::WantNotServedTwice) {
                wanted.subtract(sent);
            }
            sent.subtract(&wanted);
        }
        if !wanted.is_empty() {
            self.asked.entry(log).or_default().union(&wanted);
        }
    }

    /// The entries of a log that wait for the channel.
    fn in_lanes(&self, log: &LogId) -> RangeSet {
        let mut waiting = RangeSet::default();
        for (_, item) in Class::DATA.into_iter().flat_map(|class| self.lanes.iter(class)) {
            match item {
                Outgoing::Run { of: (of, first, last), .. } if of == log => {
                    waiting.insert(*first, *last);
                }
                Outgoing::Run { .. } | Outgoing::Frame(_) => {}
            }
        }
        waiting
    }

    /// The next message for the channel: control frames first, then runs by class, as far as the
    /// peer's credit goes, in pieces that fit.
    pub fn transmit(&mut self) -> Option<Vec<u8>> {
        let mut message = Vec::new();
        loop {
            let space = limits::FRAME_BYTES - message.len();
            let mut credit = if self.paused { [0; Class::COUNT] } else { self.credit };
            if planted(Planted::CreditIgnoredBySender) {
                credit = [limits::CREDIT_BYTES; Class::COUNT];
                self.credit = credit;
            }
            let fits = |class: Class, item: &Outgoing| match item {
                Outgoing::Frame(bytes) => bytes.len() <= space || message.is_empty(),
                Outgoing::Run { .. } => {
                    credit[class.index()] > 0 && space >= PART_OVERHEAD + PIECE_BYTES
                }
            };
            let Some(class) = self.lanes.next(fits) else { break };
            self.take(class, space, &mut message);
            if message.len() >= limits::FRAME_BYTES {
                break;
            }
        }
        (!message.is_empty()).then_some(message)
    }

    fn take(&mut self, class: Class, space: usize, message: &mut Vec<u8>) {
        let lane = class.index();
        match self.lanes.front_mut(class) {
            Some(Outgoing::Frame(bytes)) => {
                self.lane_bytes[lane] = self.lane_bytes[lane].saturating_sub(bytes.len());
                message.append(bytes);
                self.lanes.pop(class);
            }
            Some(Outgoing::Run { of, bytes, offset }) => {
                let of = *of;
                let credit = usize::try_from(self.credit[lane]).unwrap_or(usize::MAX);
                let length = (bytes.len() - *offset).min(space - PART_OVERHEAD).min(credit);
                let piece = bytes[*offset..*offset + length].to_vec();
                *offset += length;
                let last = *offset == bytes.len();
                let part = Part { class: class.number(), last, bytes: piece };
                message.append(&mut Frame::Part(part).encode());
                self.credit[lane] -= u32::try_from(length).unwrap_or(self.credit[lane]);
                if self.credit[lane] == 0 {
                    mark(Mark::CreditSpent);
                }
                self.lane_bytes[lane] -= length;
                self.lanes.served(class, length);
                if last {
                    self.lanes.pop(class);
                    self.departed.push(of);
                }
            }
            None => {}
        }
    }

    /// A part of a run came. Gives the run's bytes, unverified, once it is complete.
    ///
    /// # Errors
    /// If the peer breaks the rules: the link has to be closed.
    pub fn part(&mut self, part: Part) -> Result<Option<(Class, Vec<u8>)>, FlowError> {
        let class = Class::from_number(part.class).filter(|class| *class != Class::Control);
        let class = class.ok_or(FlowError::Class)?;
        let lane = class.index();
        let length = u32::try_from(part.bytes.len()).map_err(|_| FlowError::Credit)?;
        let outstanding = self.outstanding[lane].saturating_add(length);
        if outstanding > limits::CREDIT_BYTES && !planted(Planted::CreditUnchecked) {
            return Err(FlowError::Credit);
        }
        self.outstanding[lane] = outstanding;
        let partial = &mut self.partial[lane];
        partial.extend_from_slice(&part.bytes);
        if partial.len() > limits::RUN_BYTES {
            return Err(FlowError::Run);
        }
        Ok(part.last.then(|| (class, std::mem::take(partial))))
    }

    /// A run that came is stored or dropped: its bytes are the peer's to use again.
    pub fn release(&mut self, class: Class, bytes: usize) {
        let lane = class.index();
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX).min(self.outstanding[lane]);
        self.outstanding[lane] -= bytes;
        self.returned[lane] += bytes;
    }

    /// Gives back the credit that has gathered.
    #[must_use]
    pub fn give_credit(&mut self) -> bool {
        let mut ok = true;
        if planted(Planted::CreditNeverReturned) {
            return ok;
        }
        for class in Class::DATA {
            let bytes = std::mem::take(&mut self.returned[class.index()]);
            if bytes > 0 {
                ok &= self.control(&Frame::Credit { class: class.number(), bytes });
            }
        }
        ok
    }

    /// The peer gives back credit.
    pub fn credited(&mut self, class: u8, bytes: u32) {
        if let Some(credit) = self.credit.get_mut(usize::from(class)) {
            *credit = credit.saturating_add(bytes).min(limits::CREDIT_BYTES);
        }
    }

    /// Something came: the link lives.
    ///
    /// # Errors
    /// If control frames come faster than allowed.
    pub fn hear(&mut self, now: Millis, control_frames: u32) -> Result<(), FlowError> {
        self.heard = now;
        if now.saturating_sub(self.rate.0) >= 1_000 {
            self.rate = (now, 0);
        }
        self.rate.1 = self.rate.1.saturating_add(control_frames);
        if self.rate.1 > limits::CONTROL_RATE { Err(FlowError::Rate) } else { Ok(()) }
    }

    /// Asks for a sign of life, unless that was done already. False as in [`Flow::control`].
    #[must_use]
    pub fn probe(&mut self, nonce: u64, now: Millis) -> bool {
        if self.probe.is_some() || planted(Planted::ProbeNeverSent) {
            return true;
        }
        self.probe = Some((nonce, now));
        self.control(&Frame::Probe(nonce))
    }

    /// True if nothing makes it doubtful that the peer is there.
    #[must_use]
    pub fn healthy(&self) -> bool {
        self.probe.is_none()
    }

    /// The sign of life came.
    pub fn replied(&mut self, nonce: u64, now: Millis) {
        if let Some((_, at)) = self.probe.take_if(|(sent, _)| *sent == nonce) {
            self.round_trip = Some(now.saturating_sub(at));
        }
    }

    /// True if a probe has had no answer for too long.
    #[must_use]
    pub fn dead(&self, now: Millis) -> bool {
        self.probe.is_some_and(|(_, sent)| now >= sent + limits::PROBE_TIMEOUT)
    }

    /// True if it is time to ask for a sign of life.
    #[must_use]
    pub fn silent(&self, now: Millis) -> bool {
        self.probe.is_none() && now >= self.heard + limits::PROBE_IDLE
    }

    /// What has to be told of what is held: to whoever supplied it at once, to others soon.
    pub fn tell(&mut self, log: LogId, at: Millis) {
        self.untold.insert(log);
        self.tell_at = Some(self.tell_at.map_or(at, |before| before.min(at)));
    }

    /// When something has to happen if nothing comes.
    #[must_use]
    pub fn deadline(&self) -> Option<Millis> {
        let life = match self.probe {
            Some((_, sent)) => sent + limits::PROBE_TIMEOUT,
            None => self.heard + limits::PROBE_IDLE,
        };
        [Some(life), self.tell_at, self.prove_by, self.refusing.due()].into_iter().flatten().min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::decode;
    use crate::ids::Incarnation;

    fn flow() -> Flow {
        Flow::new(MemberId([2; 32]), [0; 16], EpochId::FIRST, 0)
    }

    fn read(class: Class) -> Read {
        let log = LogId { member: MemberId([1; 32]), incarnation: Incarnation([0; 16]) };
        Read { class, log, seq: 0, down: false }
    }

    fn parts(flow: &mut Flow) -> Vec<Part> {
        let mut parts = Vec::new();
        while let Some(message) = flow.transmit() {
            assert!(message.len() <= limits::FRAME_BYTES);
            for frame in decode(&message).unwrap() {
                if let Frame::Part(part) = frame {
                    parts.push(part);
                }
            }
        }
        parts
    }

    #[test]
    fn a_run_larger_than_a_message_arrives_whole_and_an_urgent_one_overtakes_it() {
        let mut sender = flow();
        let run: Vec<u8> = (0..50_000u32).map(|n| n.to_le_bytes()[0]).collect();
        sender.prepare(&read(Class::Low), 0, 0, run.clone().into());
        let first = sender.transmit().unwrap();
        sender.prepare(&read(Class::Urgent), 1, 1, vec![7; 100].into());
        let mut receiver = flow();
        let mut arrived = Vec::new();
        let mut message = Some(first);
        while let Some(bytes) = message {
            for frame in decode(&bytes).unwrap() {
                if let Frame::Part(part) = frame {
                    arrived.extend(receiver.part(part).unwrap());
                }
            }
            message = sender.transmit();
        }
        assert_eq!(arrived, [(Class::Urgent, vec![7; 100]), (Class::Low, run)]);
    }

    #[test]
    fn what_waits_for_the_channel_is_on_its_way_and_not_read_again() {
        let (mut sender, of) = (flow(), read(Class::Backfill).log);
        sender.prepare(&read(Class::Backfill), 3, 5, vec![0; 100].into());
        sender.prepare(&read(Class::Urgent), 9, 9, vec![0; 100].into());
        assert_eq!(sender.in_lanes(&of).ranges(), [(3, 5), (9, 9)]);
        assert_eq!(parts(&mut sender).len(), 2);
        assert!(sender.in_lanes(&of).is_empty(), "it may be lost: it is read if it is asked for");
    }

    #[test]
    fn credit_bounds_what_is_on_the_way_and_comes_back() {
        let mut sender = flow();
        for seq in 0..10 {
            sender.prepare(&read(Class::Normal), seq, seq, vec![0; 50_000].into());
        }
        let sent = |parts: &[Part]| parts.iter().map(|part| part.bytes.len()).sum::<usize>();
        let limit = usize::try_from(limits::CREDIT_BYTES).unwrap();
        assert_eq!(sent(&parts(&mut sender)), limit);
        sender.prepare(&read(Class::Urgent), 20, 20, vec![0; 10].into());
        assert_eq!(sent(&parts(&mut sender)), 10, "another class has credit of its own");
        sender.credited(Class::Normal.number(), 1_000);
        assert_eq!(sent(&parts(&mut sender)), 1_000);
    }

    #[test]
    fn i6_a_peer_that_sends_beyond_its_credit_or_an_endless_run_is_found_out() {
        let part = |last| Part { class: 2, last, bytes: vec![0; 15_000] };
        let mut endless = flow();
        let error = (0..10).find_map(|_| endless.part(part(false)).err());
        assert_eq!(error, Some(FlowError::Run));
        let mut greedy = flow();
        let error = (0..20).find_map(|_| greedy.part(part(true)).err());
        assert_eq!(error, Some(FlowError::Credit));
        let control = Part { class: 0, last: true, bytes: vec![] };
        assert_eq!(flow().part(control).err(), Some(FlowError::Class));
        assert_eq!((0..9).find_map(|_| flow().hear(0, 5_000).err()), Some(FlowError::Rate));
    }

    #[test]
    fn i6_a_peer_that_does_not_read_is_found_out() {
        let mut flow = flow();
        let frame = Frame::Register(vec![0; 10_000]);
        let queued = (0..1_000).take_while(|_| flow.control(&frame)).count();
        assert!(queued * 10_000 <= limits::CONTROL_BYTES);
    }

    #[test]
    fn a_link_that_is_silent_is_probed_and_found_dead() {
        let mut flow = flow();
        assert!(!flow.silent(limits::PROBE_IDLE - 1) && flow.silent(limits::PROBE_IDLE));
        assert!(flow.probe(9, limits::PROBE_IDLE));
        assert!(!flow.dead(limits::PROBE_IDLE + limits::PROBE_TIMEOUT - 1));
        assert!(flow.dead(limits::PROBE_IDLE + limits::PROBE_TIMEOUT));
        flow.replied(9, 9);
        assert!(!flow.dead(u64::MAX / 2));
    }
}
