//! Runs: what comes is verified and waits for the store, and what came is given back as credit.

use std::collections::BTreeSet;

use crate::engine::Engine;
use crate::engine::inbox::{Away, Incoming};
use crate::ids::{LinkId, MemberId, Seq};
use crate::limits;
use crate::link::Link;
use crate::log::ranges::RangeSet;
use crate::log::refusal;
use crate::log::run::Run;
use crate::queue::Class;
use crate::simulation::{Mark, inbox_bytes, is_refused, mark};
use crate::view::Passage;

impl Engine {
    pub(super) fn on_run(&mut self, id: LinkId, class: Class, bytes: &[u8]) {
        let run = match Run::read(&self.room, bytes) {
            Ok(run) => run,
            Err(error) => return self.misbehaved(id, &error.to_string()),
        };
        let last = run.last();
        if self.turns_away(id, &run) {
            let bytes = bytes.len();
            return self.inbox.put_away([Away { class, bytes, ..Away::of(&run, id) }]);
        }
        let offered = [(id, run.log, run.first, last)];
        if is_refused(&run.log, run.first, last) {
            self.refuse_for_now(&offered, refusal::NO_SPACE);
            return self.release(&[(id, class, bytes.len())]);
        }
        if let Some(reason) = self.no_room_for(&run.log.member, bytes.len()) {
            self.wants.dropped(&run.log);
            self.refuse_runs(&offered, reason);
            return self.release(&[(id, class, bytes.len())]);
        }
        let run = match (self.vouched_to(&run), run.is_chained()) {
            // A signature that was not checked is not passed on.
            (Some(seq), _) if seq == last => run.into_chained(),
            (_, true) if self.is_proven(&run) => run,
            (_, false) => match run.check_signature(&self.room) {
                Ok(()) => run,
                Err(error) => return self.misbehaved(id, &error.to_string()),
            },
            // Nothing here says that the rest is what it claims: if it is not held, it is asked
            // for again.
            (vouched, true) => match vouched.and_then(|seq| run.prefix(seq.saturating_add(1))) {
                Some(run) => run,
                None => return self.release(&[(id, class, bytes.len())]),
            },
        };
        self.wants.arrived(&run.log, self.now.mono);
        let by_author = self.member_of(id) == Some(run.log.member);
        let deleted: Vec<_> = Engine::deletions(&run).collect();
        let gone = by_author || self.may_be_gone(&run, &deleted);
        let whole = gone && Engine::decisions_whole(&run) && !self.is_only_words(&run);
        self.inbox.put(Incoming { link: id, class, bytes: bytes.len(), run, whole });
    }

    /// Up to which of its entries a run needs no signature of its own: one that is held, is being
    /// stored or waits to be names the hash of that.
    fn vouched_to(&self, run: &Run) -> Option<Seq> {
        let held = self.logs.of(&run.log).and_then(|state| state.vouched_to(run));
        held.max(self.commits.vouched_to(run)).max(self.inbox.vouched_to(run))
    }

    /// True if something that is not held in a run's log shows that the run is what it claims: what
    /// came behind it without a body, or what was taken for a branch.
    pub(in crate::engine) fn is_proven(&self, run: &Run) -> bool {
        let (last, head) = (run.last(), run.head());
        self.inbox.is_proven(&run.log, last, &head)
            || self.logs.branch_hangs_on(&run.log, last, &head)
    }

    /// Why nothing more of an author is taken in now, if nothing is.
    fn no_room_for(&self, author: &MemberId, bytes: usize) -> Option<u8> {
        if self.inbox.bytes() + bytes > inbox_bytes() {
            // The disk does not keep up, and links that are gone have left theirs.
            mark(Mark::InboxFull);
            return Some(refusal::NO_SPACE);
        }
        let in_flight = self.inbox.bytes_of(author) + bytes > limits::INBOX_BYTES_OF_ONE;
        (in_flight || self.shut_to(author).is_some()).then_some(refusal::QUOTA)
    }

    /// Runs were given to a channel.
    pub(in crate::engine) fn on_departed(&mut self, id: LinkId) {
        let Some(flow) = self.links.get_mut(&id).and_then(Link::flow_mut) else { return };
        let (member, departed) = (flow.member, std::mem::take(&mut flow.departed));
        for (log, first, last) in departed {
            if log.member == self.own.member {
                self.note_passage(&log, &RangeSet::of(first, last), Passage::SentTo(member));
            }
        }
    }

    /// Bytes that came are stored or dropped: whoever sent them may send more.
    pub(in crate::engine) fn release(&mut self, credit: &[(LinkId, Class, usize)]) {
        let mut links = BTreeSet::new();
        for (id, class, bytes) in credit {
            if let Some(flow) = self.links.get_mut(id).and_then(Link::flow_mut) {
                flow.release(*class, *bytes);
                links.insert(*id);
            }
        }
        for id in links {
            self.give_credit(id);
        }
    }

    /// A member that has to be told of many refusals may send no more until it was.
    pub(in crate::engine) fn give_credit(&mut self, id: LinkId) {
        let flow = self.links.get_mut(&id).and_then(Link::flow_mut);
        let flow = flow.filter(|flow| !flow.refusing.is_full());
        if flow.is_some_and(|flow| !flow.give_credit()) {
            self.misbehaved(id, "it does not read what it is sent");
        }
    }
}
