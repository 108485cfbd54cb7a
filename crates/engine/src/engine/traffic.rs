//! Frames of links: the handshake, then `Have`, `Want` and signs of life; runs and registers are in
//! files of their own.
//!
//! A peer that breaks the protocol loses its link, and the page is told. Nothing that a frame
//! carries is acknowledged here: that is for `commit`, after the store.

mod blocks;
mod registers;
mod runs;

use std::collections::BTreeSet;

use crate::engine::Engine;
use crate::engine::forks::Witness;
use crate::frame::{self, Frame, Refusal, RegisterHave};
use crate::ids::{EntryId, LinkId, LogId, MemberId, Seq};
use crate::io::{Channel, Output, RtcCall};
use crate::limits;
use crate::link::flow::Flow;
use crate::link::{Link, Phase};
use crate::log::branch::Branch;
use crate::log::have::LogHave;
use crate::log::ranges::RangeSet;
use crate::log::refusal;
use crate::outbox::tray::Refused;
use crate::simulation::{Mark, Planted, inbox_bytes, mark, planted};
use crate::sync::{Question, Situation};
use crate::view::{Ended, Ending, Event, FailureReason, Trouble};

/// Bytes of `Have` that share a frame, at most.
const HAVE_BYTES: usize = 12 * 1024;
/// Branches that share a frame.
const BRANCHES_A_FRAME: usize = 64;

impl Engine {
    /// A message came over a channel.
    pub(super) fn on_message(&mut self, id: LinkId, channel: Channel, bytes: &[u8]) {
        let Some(link) = self.links.get(&id) else { return };
        match channel {
            Channel::Messages => {}
            Channel::Ephemeral => return self.on_ephemeral(id, bytes),
            // Attachments are not spoken of yet.
            Channel::Bulk => return,
        }
        if matches!(link.phase, Phase::Parting(..)) {
            return;
        }
        if matches!(link.phase, Phase::Calling) {
            // What comes over a channel shows that it is open, even if that has not been said yet.
            self.on_channel_open(id, channel);
        }
        let proven = self.links.get(&id).and_then(Link::flow).is_some();
        let frames = match frame::decode(bytes) {
            Ok(frames) => frames,
            Err(error) => return self.misbehaved(id, &error.to_string()),
        };
        if proven && !self.heard(id, &frames) {
            return;
        }
        for frame in frames {
            if !self.links.contains_key(&id) {
                return;
            }
            self.on_frame(id, frame);
        }
    }

    /// A message came over the unreliable channel; before the proof it is dropped.
    fn on_ephemeral(&mut self, id: LinkId, bytes: &[u8]) {
        if self.links.get(&id).and_then(Link::flow).is_none() {
            return;
        }
        if self.member_of(id).is_some_and(|member| self.is_blocked(&member)) {
            return;
        }
        let frames = match frame::decode(bytes) {
            Ok(frames) => frames,
            Err(error) => return self.misbehaved(id, &error.to_string()),
        };
        if !self.heard(id, &frames) {
            return;
        }
        for frame in frames {
            if let frame @ (Frame::Live(_) | Frame::Typing(_)) = frame {
                self.on_frame(id, frame);
            }
        }
    }

    fn heard(&mut self, id: LinkId, frames: &[Frame]) -> bool {
        let control = frames.iter().filter(|frame| !matches!(frame, Frame::Part(_))).count();
        // What nobody here knows counts as one: it costs time, too.
        let control = control.max(usize::from(frames.is_empty()));
        let control = u32::try_from(control).unwrap_or(u32::MAX);
        let now = self.now.mono;
        let Some(flow) = self.links.get_mut(&id).and_then(Link::flow_mut) else { return false };
        match flow.hear(now, control) {
            Ok(()) => true,
            Err(error) => {
                self.misbehaved(id, &error.to_string());
                false
            }
        }
    }

    fn on_frame(&mut self, id: LinkId, frame: Frame) {
        let Some(link) = self.links.get_mut(&id) else { return };
        let Some(flow) = link.flow_mut() else {
            return match frame {
                Frame::Hello(hello) => self.on_hello(id, *hello),
                Frame::Proof(proof) => self.on_proof(id, *proof),
                Frame::Bye(reason) => self.on_bye(id, &reason),
                Frame::Register(bytes) if planted(Planted::FramesBeforeProof) => {
                    self.on_register(id, &bytes);
                }
                // I5: nothing else of an unproven link is looked at.
                Frame::Have(_)
                | Frame::Want(_)
                | Frame::Part(_)
                | Frame::Register(_)
                | Frame::Registers(_)
                | Frame::AskRegisters(_)
                | Frame::Credit { .. }
                | Frame::Probe(_)
                | Frame::Reply(_)
                | Frame::Live(_)
                | Frame::LiveReply(_)
                | Frame::Typing(_)
                | Frame::Branches(_)
                | Frame::AskHash(..)
                | Frame::Hash(_)
                | Frame::AskEvidence(..)
                | Frame::Evidence(_)
                | Frame::Again(_)
                | Frame::Refuse(_) => self.misbehaved(id, "it spoke before it had proven itself"),
            };
        };
        match frame {
            Frame::Hello(_) | Frame::Proof(_) => self.misbehaved(id, "it greeted twice"),
            Frame::Have(logs) => self.on_have(id, &logs),
            Frame::Want(want) if planted(Planted::RelayRefused) && want.log != self.own => {}
            Frame::Want(want) if want.ranges.len() > limits::FRAME_RANGES => {
                self.misbehaved(id, "it asks for more ranges than are allowed");
            }
            Frame::Want(want) => {
                flow.ask(want.log, &want.ranges, &self.logs);
            }
            Frame::Part(part) => match flow.part(part) {
                Ok(Some((class, bytes))) => self.on_run(id, class, &bytes),
                Ok(None) => {}
                Err(error) => self.misbehaved(id, &error.to_string()),
            },
            Frame::Register(bytes) => self.on_register(id, &bytes),
            Frame::Registers(list) => self.on_registers(id, &list),
            Frame::AskRegisters(wanted) => self.on_ask_registers(id, &wanted),
            Frame::Credit { class, bytes } => flow.credited(class, bytes),
            Frame::Probe(nonce) => {
                self.control(id, &Frame::Reply(nonce));
            }
            Frame::Reply(nonce) => flow.replied(nonce, self.now.mono),
            Frame::Bye(reason) => self.on_bye(id, &reason),
            Frame::Live(live) => self.on_live(id, live),
            Frame::LiveReply(draft) => self.on_live_reply(id, draft),
            Frame::Typing(typing) => self.on_typing(id, typing),
            Frame::Refuse(refusal) => self.on_refusal(id, refusal),
            Frame::Branches(branches) => self.on_branches(id, &branches),
            Frame::AskHash(log, seq) => self.on_ask_hash(id, log, seq),
            Frame::Hash(hash) => self.on_hash(id, hash),
            Frame::AskEvidence(log, seq, signed) => self.on_ask_evidence(id, log, seq, signed),
            Frame::Evidence(bytes) => self.on_evidence(id, &bytes),
            Frame::Again(again) => self.on_again(id, again),
        }
    }

    fn on_bye(&mut self, id: LinkId, _reason: &str) {
        self.close(id);
    }

    /// A link is proven: both sides say what they hold.
    pub(super) fn on_proven(&mut self, id: LinkId) {
        let Some(flow) = self.links.get(&id).and_then(Link::flow) else { return };
        let (member, boot) = (flow.member, flow.boot);
        self.know(member);
        self.receipt_for(&member);
        self.told.stale = true;
        self.wants_stale = true;
        self.prove_others(id, member, boot);
        let branches: Vec<Branch> = self.logs.branches().copied().collect();
        for chunk in branches.chunks(BRANCHES_A_FRAME) {
            self.control(id, &Frame::Branches(chunk.to_vec()));
        }
        let logs = self.logs.have();
        self.send_have(id, logs);
        // Nothing more: that was all.
        self.control(id, &Frame::Have(Vec::new()));
        let cells = self.registers.iter().map(|cell| RegisterHave {
            member: cell.member,
            kind: cell.kind,
            counter: cell.counter,
        });
        let cells: Vec<RegisterHave> = cells.collect();
        for chunk in cells.chunks(registers::A_FRAME) {
            self.control(id, &Frame::Registers(chunk.to_vec()));
        }
    }

    /// Queues a control frame; a link that does not read is closed.
    pub(super) fn control(&mut self, id: LinkId, frame: &Frame) {
        let flow = self.links.get_mut(&id).and_then(Link::flow_mut);
        if flow.is_some_and(|flow| !flow.control(frame)) {
            self.misbehaved(id, "it does not read what it is sent");
        }
    }

    fn send_have(&mut self, id: LinkId, logs: Vec<LogHave>) {
        let mut frame = Vec::new();
        let mut bytes = 0;
        let Some(member) = self.member_of(id) else { return };
        let logs: Vec<_> = logs.into_iter().map(|have| self.have_for(&member, have)).collect();
        for piece in logs.into_iter().flat_map(LogHave::pieces) {
            let size = 64 + 56 * piece.ranges.len() + 24 * piece.refused.len();
            if bytes + size > HAVE_BYTES && !frame.is_empty() {
                self.control(id, &Frame::Have(std::mem::take(&mut frame)));
                bytes = 0;
            }
            bytes += size;
            frame.push(piece);
        }
        if !frame.is_empty() {
            self.control(id, &Frame::Have(frame));
        }
    }

    fn on_have(&mut self, id: LinkId, logs: &[LogHave]) {
        let Some(member) = self.member_of(id) else { return };
        let most = |have: &LogHave| have.ranges.len().max(have.refused.len());
        if logs.iter().any(|have| most(have) > limits::FRAME_RANGES) {
            return self.misbehaved(id, "it names more ranges than are allowed");
        }
        let flow = self.links.get_mut(&id).and_then(Link::flow_mut);
        if let Some(flow) = flow.filter(|_| logs.is_empty()) {
            flow.introduce(&self.logs, &self.own.member);
            self.told.missed.learn(&flow.have, &self.logs, &self.own.member);
        }
        for have in logs {
            let flow = self.links.get_mut(&id).and_then(Link::flow_mut);
            let Some(flow) = flow else { return };
            flow.have.learn(have);
            self.walk_hears(id, have.log);
            self.learn_late(&member, have);
            for range in have.ranges.iter().filter(|range| range.is_valid()) {
                self.weigh(Witness::Link(id), have.log, *range);
            }
            for (first, last, reason) in &have.refused {
                let refusal =
                    Refusal { log: have.log, first: *first, last: *last, reason: *reason };
                self.note_refusal(member, refusal, Refused::ForGood);
            }
        }
        self.consider_told(id, logs);
        self.wants_stale = true;
    }

    /// A member could not take entries for now.
    fn on_refusal(&mut self, id: LinkId, refusal: Refusal) {
        if let Some(member) = self.member_of(id) {
            self.note_refusal(member, refusal, Refused::ForNow);
        }
    }

    /// Counts a refusal for each of the own entries that it names and that are in memory.
    pub(super) fn note_refusal(&mut self, member: MemberId, refusal: Refusal, how: Refused) {
        let own = refusal.log.member == self.own.member && refusal.first <= refusal.last;
        let Some(state) = self.logs.of(&refusal.log).filter(|_| own) else { return };
        let named = RangeSet::of(refusal.first, refusal.last).and(&state.held());
        let named = named.newest(limits::RUN_ENTRIES as u64);
        let why = (refusal::reason(refusal.reason), how);
        for seq in named.ranges().iter().flat_map(|(first, last)| *first..=*last) {
            let entry = EntryId { log: refusal.log, seq };
            if !self.members.lacking(&entry.log, seq).contains(&member) {
                continue;
            }
            if why.0 == FailureReason::Expired {
                self.came_too_late(entry, member);
            } else {
                self.note_failure(entry, member, why);
            }
        }
    }

    /// A message was over by a member's clock when it came there: it is never delivered there.
    fn came_too_late(&mut self, entry: EntryId, member: MemberId) {
        if self.timeline.row(&entry).is_none_or(|row| row.expiry.is_none()) {
            return;
        }
        self.members.misses(&member, entry.log, entry.seq);
        self.note_failure(entry, member, (FailureReason::Expired, Refused::ForGood));
        let delivery = self.members.delivery(&entry.log, entry.seq);
        let row = self.timeline.update(&entry, delivery);
        self.out.extend(row.map(|row| Output::Event(Event::Rows(vec![row]))));
    }

    /// Tells a member that what it sent could not be taken for now.
    pub(super) fn refuse_runs(&mut self, runs: &[(LinkId, LogId, Seq, Seq)], reason: u8) {
        for (id, log, first, last) in runs {
            let refusal = Refusal { log: *log, first: *first, last: *last, reason };
            if let Some(flow) = self.links.get_mut(id).and_then(Link::flow_mut) {
                flow.refusing.add(refusal);
            }
            self.tell_refusals(*id);
        }
    }

    /// The same of what is asked for again, after a while that doubles.
    pub(super) fn refuse_for_now(&mut self, runs: &[(LinkId, LogId, Seq, Seq)], reason: u8) {
        for (_, log, first, last) in runs {
            let below = |most| self.random.below(most);
            self.wants.refused(*log, (*first, *last), self.now.mono, below);
        }
        self.wants_stale |= !runs.is_empty();
        self.refuse_runs(runs, reason);
    }

    /// True if somebody has not heard yet of all that was not taken.
    pub(super) fn owes_refusals(&self) -> bool {
        self.links.values().filter_map(Link::flow).any(|flow| !flow.refusing.is_empty())
    }

    /// Tells a member of refusals, as many as it can be told now.
    fn tell_refusals(&mut self, id: LinkId) {
        let now = self.now.mono;
        let flow = self.links.get_mut(&id).and_then(Link::flow_mut);
        let due = flow.map(|flow| flow.refusing.take(now)).unwrap_or_default();
        if due.is_empty() {
            return;
        }
        for refusal in due {
            self.control(id, &Frame::Refuse(refusal));
        }
        // It may have been waited with.
        self.give_credit(id);
    }

    /// An undelivered message is offered again.
    pub(super) fn retry(&mut self, entry: EntryId) {
        if !self.outbox.tray.again(&entry) {
            return self.refuse(None, crate::view::Refusal::NoSuchMessage);
        }
        for flow in self.links.values_mut().filter_map(Link::flow_mut) {
            flow.offer_again(entry.log, entry.seq, entry.seq);
        }
    }

    /// A log has grown here: its suppliers hear of it at once, others soon.
    pub(super) fn tell_log(&mut self, log: &LogId, suppliers: Option<&BTreeSet<LinkId>>) {
        let now = self.now.mono;
        for (id, link) in &mut self.links {
            if let Some(flow) = link.flow_mut() {
                let supplied = suppliers.is_some_and(|suppliers| suppliers.contains(id));
                if planted(Planted::HaveNotToldToOthers) && !supplied {
                    continue;
                }
                flow.tell(*log, if supplied { now } else { now + limits::HAVE_DELAY });
            }
        }
    }

    /// Sends the `Have` deltas that are due.
    pub(super) fn tell_haves(&mut self) {
        let now = self.now.mono;
        // What is stored may not be what is known here until it was read again.
        let stale = self.commits.reload || !self.is_open();
        let links: Vec<LinkId> = self.links.keys().copied().collect();
        for id in links {
            self.tell_refusals(id);
            let flow = self.links.get_mut(&id).and_then(Link::flow_mut);
            let Some(flow) = flow.filter(|flow| flow.tell_at.is_some_and(|at| at <= now)) else {
                continue;
            };
            // What came too late is held, and would be taken for delivered.
            if stale || !flow.refusing.is_empty() {
                flow.tell_at = Some(now + limits::HAVE_DELAY);
                continue;
            }
            flow.tell_at = None;
            let untold = std::mem::take(&mut flow.untold);
            let have = |log: LogId| self.logs.of(&log).map(|state| state.have(log));
            let logs: Vec<LogHave> = untold.into_iter().filter_map(have).collect();
            self.send_have(id, logs);
        }
    }

    /// Asks for what is missing, if anything has changed or somebody has kept us waiting.
    pub(super) fn plan_wants(&mut self) {
        let due = self.wants.deadline().is_some_and(|at| at <= self.now.mono);
        if !self.is_open() || !(std::mem::take(&mut self.wants_stale) || due) {
            return;
        }
        let mut inbox = self.inbox.seqs();
        for (log, first, last) in self.commits.staged() {
            inbox.entry(log).or_default().insert(first, last);
        }
        let mut wants = std::mem::take(&mut self.wants);
        let situation = Situation {
            logs: &self.logs,
            inbox: &inbox,
            unwanted: &|log: &LogId| {
                let own = log.member == self.own.member;
                let lost = own && planted(Planted::OwnEntriesNotFetched);
                self.moves(log) || !self.listens_to(&log.member) || lost
            },
            room: self.inbox.bytes() <= inbox_bytes() / 2,
            shut: &|author: &MemberId| self.shut_to(author),
            links: &self.links,
            now: self.now.mono,
        };
        let questions: Vec<(LinkId, Question)> = wants.plan(&situation);
        self.wants = wants;
        if self.wants.is_empty() && inbox.is_empty() {
            self.timeline.settle();
        }
        for (id, question) in questions {
            match question {
                Question::Want(want) => self.control(id, &Frame::Want(want)),
                Question::Mark(log, seq) => self.control(id, &Frame::AskHash(log, seq)),
                Question::Agree(log, seq) => self.search(id, log, (seq, None)),
            }
        }
        self.tell_gaps();
    }

    /// Asks every link for a sign of life: the device may have slept.
    pub(super) fn probe_all(&mut self) {
        let links: Vec<LinkId> = self.links.keys().copied().collect();
        for id in links {
            self.probe(id);
        }
    }

    pub(super) fn probe(&mut self, id: LinkId) {
        let (nonce, now) = (self.random.u64(), self.now.mono);
        let flow = self.links.get_mut(&id).and_then(Link::flow_mut);
        if flow.is_some_and(|flow| !flow.probe(nonce, now)) {
            self.misbehaved(id, "it does not read what it is sent");
        }
    }

    /// A peer broke the protocol: its link is closed and the page is told.
    pub(super) fn misbehaved(&mut self, id: LinkId, what: &str) {
        let Some(link) = self.links.get(&id) else { return };
        mark(Mark::Misbehaved);
        // Before the proof nobody is named: whoever called may have somebody in between.
        let member = link.member();
        self.trouble(Trouble::Peer { member, what: what.to_owned() });
        self.end(id, Ending::Misbehaved);
    }

    /// Closes a link, and keeps why for whoever looks at the connections.
    pub(super) fn end(&mut self, id: LinkId, why: Ending) {
        // Whoever called without a proof has signed its call: that it came to nothing harms nobody.
        let claimed = self.links.get(&id).and_then(|link| link.member().or(link.claimed));
        if let Some(member) = claimed.filter(|member| self.members.knows(member)) {
            self.told.ended.retain(|known, _| self.members.knows(known));
            self.told.ended.insert(member, Ended { why, at: self.now.wall });
        }
        self.close(id);
    }

    /// Closes a link. What was on its way stays in the difference: nothing is lost.
    pub(super) fn close(&mut self, id: LinkId) {
        let Some(link) = self.links.remove(&id) else { return };
        self.out.push_back(Output::Rtc { link: id, call: RtcCall::Close });
        self.peers.lost(id, link.offerer, self.now.mono);
        self.told.stale = true;
        self.wants_stale = true;
    }

    /// The proof verified: from now on this link carries the room.
    pub(super) fn prove(&mut self, id: LinkId, member: MemberId, boot: [u8; 16]) {
        let now = self.now.mono;
        let Some(meeting) = self.links.get(&id).map(|link| link.meeting) else { return };
        if !self.admits(&member, &meeting) {
            return self.close(id);
        }
        let paused = self.shelf().paused;
        if let Some(link) = self.links.get_mut(&id) {
            let mut flow = Flow::new(member, boot, meeting, now);
            flow.paused = paused;
            link.phase = Phase::Proven(Box::new(flow));
            if let Some(peer) = self.peers.of(link.peer) {
                peer.failures = 0;
            }
            self.on_proven(id);
            if meeting != self.ring.current() {
                self.prove_again(id);
            }
        }
    }
}
