//! Who is asked for what: the entries that linked members hold and this one does not.
//!
//! ```text
//!  need(log) = linked Haves - held - settled - in the inbox - asked for
//! ```
//! Each log is asked of one holder at a time, newest first. The log of a member who is itself
//! linked is pushed by it, so others are asked only after [`limits::AUTHOR_GRACE`] without
//! progress. A holder that sends nothing for [`limits::WANT_TIMEOUT`] is passed over. All of this
//! is computed anew whenever something changes, and nothing of it is stored.

use std::collections::{BTreeMap, BTreeSet};

use crate::frame::Want;
use crate::ids::{LinkId, LogId, MemberId, Seq};
use crate::io::Millis;
use crate::limits;
use crate::link::Link;
use crate::log::Logs;
use crate::log::have;
use crate::log::ranges::RangeSet;
use crate::simulation::{Mark, Planted, mark, planted};
use crate::view::Gap;

struct Ask {
    link: LinkId,
    ranges: RangeSet,
    deadline: Millis,
}

/// What is known of one log that is not complete.
#[derive(Default)]
struct Pursuit {
    missing: RangeSet,
    progress: Millis,
    ask: Option<Ask>,
    tried: BTreeSet<LinkId>,
}

/// What to find out from a holder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Question {
    /// What is missing.
    Want(Want),
    /// Whether its version of a log is ours, at this seq.
    Agree(LogId, Seq),
    /// Which entry it has, where a branch begins.
    Mark(LogId, Seq),
}

/// Everything that is being pursued.
#[derive(Default)]
pub struct Wants {
    pursuits: BTreeMap<LogId, Pursuit>,
}

/// What is known of the room when wants are planned.
pub struct Situation<'a> {
    /// What is held.
    pub logs: &'a Logs,
    /// What has come and is not stored yet, or is being stored.
    pub inbox: &'a BTreeMap<LogId, RangeSet>,
    /// True for logs whose end becomes a branch just now: nothing of them is asked for.
    pub moving: &'a dyn Fn(&LogId) -> bool,
    /// All links.
    pub links: &'a BTreeMap<LinkId, Link>,
    /// The time.
    pub now: Millis,
}

impl Situation<'_> {
    fn missing(&self) -> BTreeMap<LogId, RangeSet> {
        let flows = self.links.values().filter_map(Link::flow);
        let mut missing = have::missing(flows.map(|flow| &flow.have), self.logs, self.inbox);
        missing.retain(|log, _| !(self.moving)(log));
        missing
    }

    /// The highest seq that both hold, if the two versions were not compared there: what is asked
    /// for might hang on something else than what is here.
    fn unsure(&self, link: LinkId, log: &LogId) -> Option<Seq> {
        let peer = self.links.get(&link)?.flow()?.have.of(log)?;
        let both = peer.held.and(&self.logs.of(log)?.held()).last()?;
        (peer.agreed != Some(both)).then_some(both)
    }

    /// Where a branch of a log begins at an entry that this link's member holds and we do not: what
    /// it holds from there on may be the branch.
    fn unmarked(&self, link: LinkId, log: &LogId) -> Option<Seq> {
        let peer = self.links.get(&link)?.flow()?.have.of(log)?;
        let marks = self.logs.open_marks(log).map(|mark| mark.at);
        marks.filter(|at| peer.held.contains(*at)).find(|at| !peer.marked.contains(at))
    }

    fn author_linked(&self, author: &MemberId) -> bool {
        self.links.values().any(|link| link.member() == Some(*author))
    }

    /// The linked member that holds the newest of what is missing, untried ones first.
    fn holder(&self, log: &LogId, pursuit: &Pursuit) -> Option<(LinkId, RangeSet)> {
        let flows = self.links.iter().filter_map(|(id, link)| Some((*id, link.flow()?)));
        let offers = flows.filter_map(|(id, flow)| {
            let peer = flow.have.of(log).filter(|peer| flow.have.counts(log, peer, self.logs))?;
            let offer = peer.held.and(&pursuit.missing);
            let newest = offer.last()?;
            Some((!pursuit.tried.contains(&id), newest, std::cmp::Reverse(id), offer))
        });
        let best = offers.max_by_key(|(untried, newest, id, _)| (*untried, *newest, *id))?;
        Some((best.2.0, best.3.newest(limits::WANT_ENTRIES)))
    }
}

impl Wants {
    /// Computes what is missing and gives the questions to send.
    pub fn plan(&mut self, situation: &Situation<'_>) -> Vec<(LinkId, Question)> {
        let mut missing = situation.missing();
        self.pursuits.retain(|log, _| missing.contains_key(log));
        let mut questions = Vec::new();
        for (log, missing) in std::mem::take(&mut missing) {
            let pursuit = self
                .pursuits
                .entry(log)
                .or_insert_with(|| Pursuit { progress: situation.now, ..Pursuit::default() });
            pursuit.missing = missing;
            let asking = pursuit.ask.is_some();
            questions.extend(pursuit.question(&log, situation));
            if planted(Planted::WantAsksEverybody) && !asking {
                let Some((_, want)) = questions.last().cloned() else { continue };
                questions.extend(situation.links.keys().map(|link| (*link, want.clone())));
            }
        }
        questions
    }

    /// Something of a log came, from somebody.
    pub fn arrived(&mut self, log: &LogId, now: Millis) {
        if let Some(pursuit) = self.pursuits.get_mut(log) {
            pursuit.progress = now;
            pursuit.tried.clear();
            if let Some(ask) = &mut pursuit.ask {
                ask.deadline = now + limits::WANT_TIMEOUT;
            }
        }
    }

    /// A holder has answered another question than for entries.
    pub fn answered(&mut self, log: &LogId) {
        if let Some(pursuit) = self.pursuits.get_mut(log) {
            pursuit.ask = None;
        }
    }

    /// When a holder has to be passed over, or an author's grace ends.
    #[must_use]
    pub fn deadline(&self) -> Option<Millis> {
        let next = |pursuit: &Pursuit| match &pursuit.ask {
            Some(ask) => ask.deadline,
            None => pursuit.progress + limits::AUTHOR_GRACE,
        };
        self.pursuits.values().map(next).min()
    }

    /// What a person is told.
    #[must_use]
    pub fn gaps(&self, links: &BTreeMap<LinkId, Link>) -> Vec<Gap> {
        let gap = |(log, pursuit): (&LogId, &Pursuit)| Gap {
            author: log.member,
            missing: pursuit.missing.len(),
            asking: pursuit.ask.as_ref().and_then(|ask| links.get(&ask.link)?.member()),
        };
        self.pursuits.iter().map(gap).collect()
    }
}

impl Pursuit {
    fn question(&mut self, log: &LogId, at: &Situation<'_>) -> Option<(LinkId, Question)> {
        if let Some(ask) = &mut self.ask {
            ask.ranges = ask.ranges.and(&self.missing);
            let linked = at.links.get(&ask.link).is_some_and(|link| link.flow().is_some());
            if linked && at.now < ask.deadline && !ask.ranges.is_empty() {
                return None;
            }
            if linked && planted(Planted::WantNeverTimesOut) && !ask.ranges.is_empty() {
                return None;
            }
            if linked && at.now >= ask.deadline {
                mark(Mark::HolderPassedOver);
                self.tried.insert(ask.link);
            }
            self.ask = None;
        }
        let pushed = at.author_linked(&log.member);
        if pushed && at.now < self.progress + limits::AUTHOR_GRACE {
            return None;
        }
        if at.links.keys().all(|id| self.tried.contains(id)) {
            self.tried.clear();
        }
        let (link, ranges) = at.holder(log, self)?;
        if let Some(seq) = at.unsure(link, log) {
            return Some((link, Question::Agree(*log, seq)));
        }
        let deadline = at.now + limits::WANT_TIMEOUT;
        if let Some(seq) = at.unmarked(link, log) {
            self.ask = Some(Ask { link, ranges, deadline });
            return Some((link, Question::Mark(*log, seq)));
        }
        let newest = ranges.ranges().iter().rev().take(limits::FRAME_RANGES).copied().collect();
        self.ask = Some(Ask { link, ranges, deadline });
        Some((link, Question::Want(Want { log: *log, ranges: newest })))
    }
}
