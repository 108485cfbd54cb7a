//! Who is asked for what: the entries that linked members hold and this one does not.
//!
//! ```text
//!  need(log) = linked Haves - held - settled - in the inbox - asked for
//! ```
//! Each log is asked of one holder at a time, newest first. The log of a member who is itself
//! linked is pushed by it, so others are asked only after [`limits::AUTHOR_GRACE`] without
//! progress. A holder that sends nothing for [`limits::WANT_TIMEOUT`] is passed over. What this
//! device has refused for now rests for a while that doubles. All of this is computed anew whenever
//! something changes, and nothing of it is stored.

mod rests;

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
use crate::sync::rests::Rests;
use crate::view::Gap;

struct Ask {
    link: LinkId,
    ranges: RangeSet,
    deadline: Millis,
    /// Some of the answer had no place here: it is asked for again when there is some.
    dropped: bool,
    /// How often it was asked for again because of that.
    again: u32,
}

/// How often one holder is asked again for what has no place here, before another is asked: what it
/// sends besides may be of no use without that.
const AGAIN: u32 = 3;

/// What is known of one log that is not complete.
#[derive(Default)]
struct Pursuit {
    missing: RangeSet,
    /// What of it does not rest.
    open: RangeSet,
    progress: Millis,
    ask: Option<Ask>,
    /// A comparison was asked for: until then its outcome is waited for.
    not_before: Millis,
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
    rests: Rests,
}

/// What is known of the room when wants are planned.
pub struct Situation<'a> {
    /// What is held.
    pub logs: &'a Logs,
    /// What has come and is not stored yet, or is being stored.
    pub inbox: &'a BTreeMap<LogId, RangeSet>,
    /// True for logs of which nothing is missing: one's end becomes a branch just now, or nothing
    /// of its author is wanted.
    pub unwanted: &'a dyn Fn(&LogId) -> bool,
    /// Until when nothing of an author is asked for, if it has said too much at once.
    pub shut: &'a dyn Fn(&MemberId) -> Option<Millis>,
    /// True if there is room for what would come, of anybody.
    pub room: bool,
    /// All links.
    pub links: &'a BTreeMap<LinkId, Link>,
    /// The time.
    pub now: Millis,
}

impl Situation<'_> {
    fn missing(&self) -> BTreeMap<LogId, RangeSet> {
        let flows = self.links.values().filter_map(Link::flow);
        let mut missing = have::missing(flows.map(|flow| &flow.have), self.logs, self.inbox);
        missing.retain(|log, _| !(self.unwanted)(log));
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

    /// The newest of what is missing, if a link's member holds all of it and nothing has to be
    /// found out before it is asked for that.
    fn offers_all(&self, link: LinkId, log: &LogId, missing: &RangeSet) -> Option<RangeSet> {
        let newest = missing.newest(limits::WANT_ENTRIES);
        let peer = self.links.get(&link)?.flow()?.have.of(log)?;
        let sure = self.unsure(link, log).is_none() && self.unmarked(link, log).is_none();
        (sure && peer.held.and(&newest) == newest).then_some(newest)
    }

    /// The linked member that holds the newest of what is missing, untried ones first; all of them
    /// are tried before one is asked again.
    fn holder(&self, log: &LogId, pursuit: &mut Pursuit) -> Option<(LinkId, RangeSet)> {
        let flows = self.links.iter().filter_map(|(id, link)| Some((*id, link.flow()?)));
        let offers = flows.filter_map(|(id, flow)| {
            let peer = flow.have.of(log).filter(|peer| flow.have.counts(log, peer, self.logs))?;
            let offer = peer.held.and(&pursuit.open);
            Some((offer.last()?, std::cmp::Reverse(id), offer))
        });
        let offers: Vec<_> = offers.collect();
        if offers.iter().all(|(_, id, _)| pursuit.tried.contains(&id.0)) {
            pursuit.tried.clear();
        }
        let tried = |id: &LinkId| pursuit.tried.contains(id);
        let best = offers.into_iter().max_by_key(|(newest, id, _)| (!tried(&id.0), *newest, *id));
        let (_, id, offer) = best?;
        Some((id.0, offer.newest(limits::WANT_ENTRIES)))
    }
}

impl Wants {
    /// Computes what is missing and gives the questions to send.
    pub fn plan(&mut self, situation: &Situation<'_>) -> Vec<(LinkId, Question)> {
        let mut missing = situation.missing();
        // What has come and is not stored yet may turn out to be of no use.
        let open = |log: &LogId| missing.contains_key(log) || situation.inbox.contains_key(log);
        self.pursuits.retain(|log, _| open(log));
        self.pursuits.values_mut().for_each(Pursuit::lack_nothing);
        self.rests.keep(&missing, situation.inbox, situation.now);
        let mut questions = Vec::new();
        for (log, missing) in std::mem::take(&mut missing) {
            let pursuit = self
                .pursuits
                .entry(log)
                .or_insert_with(|| Pursuit { progress: situation.now, ..Pursuit::default() });
            pursuit.open = missing.minus(&self.rests.of(&log));
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

    /// True if nothing that is known of was missing when it was looked at last.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.pursuits.is_empty()
    }

    /// Something of a log was stored: whoever sent nothing useful before may be asked again.
    pub fn stored(&mut self, log: &LogId) {
        if let Some(pursuit) = self.pursuits.get_mut(log) {
            pursuit.tried.clear();
        }
    }

    /// Something of a log came, from somebody. It may turn out to be of no use: then the next
    /// holder is asked when this one's time is over.
    pub fn arrived(&mut self, log: &LogId, now: Millis) {
        if let Some(pursuit) = self.pursuits.get_mut(log) {
            pursuit.progress = now;
            if let Some(ask) = &mut pursuit.ask {
                ask.deadline = now + limits::WANT_TIMEOUT;
            }
        }
    }

    /// Entries of a log were refused for now: they are asked for again after a while. `below` draws
    /// a number below another.
    pub fn refused(
        &mut self,
        log: LogId,
        entries: (Seq, Seq),
        now: Millis,
        below: impl FnOnce(Millis) -> Millis,
    ) {
        self.rests.refused(log, entries, now, below);
    }

    /// What a holder sent was dropped for want of room: it is asked again when there is some, and
    /// not passed over.
    pub fn dropped(&mut self, log: &LogId) {
        let pursuit = self.pursuits.get_mut(log);
        if let Some(ask) = pursuit.and_then(|pursuit| pursuit.ask.as_mut()) {
            ask.dropped = true;
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
            None => pursuit.not_before.max(pursuit.progress + limits::AUTHOR_GRACE),
        };
        let asked = |pursuit: &&Pursuit| pursuit.ask.is_some() || !pursuit.open.is_empty();
        let pursuits = self.pursuing().map(|(_, pursuit)| pursuit).filter(asked);
        pursuits.map(next).chain(self.rests.deadline()).min()
    }

    /// What a person is told.
    #[must_use]
    pub fn gaps(&self, links: &BTreeMap<LinkId, Link>) -> Vec<Gap> {
        let gap = |(log, pursuit): (&LogId, &Pursuit)| Gap {
            author: log.member,
            missing: pursuit.missing.len(),
            asking: pursuit.ask.as_ref().and_then(|ask| links.get(&ask.link)?.member()),
        };
        self.pursuing().map(gap).collect()
    }

    fn pursuing(&self) -> impl Iterator<Item = (&LogId, &Pursuit)> {
        self.pursuits.iter().filter(|(_, pursuit)| !pursuit.missing.is_empty())
    }
}

impl Pursuit {
    fn lack_nothing(&mut self) {
        (self.missing, self.open) = (RangeSet::default(), RangeSet::default());
    }

    fn question(&mut self, log: &LogId, at: &Situation<'_>) -> Option<(LinkId, Question)> {
        let soon = at.now + limits::AUTHOR_GRACE;
        let until = if at.room { (at.shut)(&log.member) } else { Some(soon) };
        if let Some(ask) = &mut self.ask {
            ask.ranges = ask.ranges.and(&self.open);
            let linked = at.links.get(&ask.link).is_some_and(|link| link.flow().is_some());
            if linked && ask.dropped && !ask.ranges.is_empty() {
                // Whoever has sent it is not to blame.
                ask.dropped = until.is_some();
                ask.deadline = until.unwrap_or(at.now + limits::WANT_TIMEOUT);
                if until.is_some() || ask.again >= AGAIN {
                    return None;
                }
                ask.again += 1;
                // What was not missing when it was asked does not wait for what never has a place:
                // it is asked for, too, or of another when this one's time is over.
                ask.ranges = at.offers_all(ask.link, log, &self.open)?;
                return Some((ask.link, want(log, &ask.ranges)));
            }
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
        if let Some(until) = until {
            self.not_before = until;
            return None;
        }
        let pushed = at.author_linked(&log.member);
        if pushed && at.now < self.progress + limits::AUTHOR_GRACE {
            return None;
        }
        let (link, ranges) = at.holder(log, self)?;
        if let Some(seq) = at.unsure(link, log) {
            self.not_before = at.now + limits::AUTHOR_GRACE;
            return Some((link, Question::Agree(*log, seq)));
        }
        let deadline = at.now + limits::WANT_TIMEOUT;
        if let Some(seq) = at.unmarked(link, log) {
            self.ask = Some(Ask { link, ranges, deadline, dropped: false, again: 0 });
            return Some((link, Question::Mark(*log, seq)));
        }
        let question = want(log, &ranges);
        self.ask = Some(Ask { link, ranges, deadline, dropped: false, again: 0 });
        Some((link, question))
    }
}

/// The question for entries of a log, the newest of them.
fn want(log: &LogId, entries: &RangeSet) -> Question {
    let ranges = entries.ranges().iter().rev().take(limits::FRAME_RANGES).copied().collect();
    Question::Want(Want { log: *log, ranges })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{EntryHash, EpochId, Incarnation};
    use protocol::PeerId;

    use crate::link::Phase;
    use crate::link::flow::Flow;
    use crate::log::have::{HaveRange, LogHave};

    const AUTHOR: MemberId = MemberId([9; 32]);
    const LOG: LogId = LogId { member: AUTHOR, incarnation: Incarnation([0; 16]) };

    /// Links with members who all hold the same entries of a log.
    fn links(members: &[MemberId]) -> BTreeMap<LinkId, Link> {
        let link = |(number, member): (u64, &MemberId)| {
            let id = LinkId(number);
            let at = (EpochId::FIRST, PeerId(1));
            let mut link = Link::new(id, at, [0; 16], true, 0);
            let mut flow = Flow::new(*member, [0; 16], EpochId::FIRST, 0);
            let range = HaveRange { first: 0, last: 9, head: EntryHash([1; 32]) };
            flow.have.learn(&LogHave { log: LOG, ranges: vec![range], refused: vec![] });
            link.phase = Phase::Proven(Box::new(flow));
            (id, link)
        };
        (0..).zip(members).map(link).collect()
    }

    /// Who is asked at this time.
    fn asked(wants: &mut Wants, links: &BTreeMap<LinkId, Link>, now: Millis) -> Vec<LinkId> {
        asked_if(true, wants, links, now)
    }

    /// The same, with or without room for what would come.
    fn asked_if(
        room: bool,
        wants: &mut Wants,
        links: &BTreeMap<LinkId, Link>,
        now: Millis,
    ) -> Vec<LinkId> {
        let (logs, inbox) = (Logs::default(), BTreeMap::new());
        let (unwanted, shut) = (&|_: &LogId| false, &|_: &MemberId| None);
        let (logs, inbox) = (&logs, &inbox);
        let questions = wants.plan(&Situation { logs, inbox, unwanted, shut, room, links, now });
        questions.into_iter().map(|(link, _)| link).collect()
    }

    #[test]
    fn i12_one_holder_is_asked_at_a_time_and_passed_over_when_it_is_silent() {
        let (mut wants, links) = (Wants::default(), links(&[MemberId([1; 32]), MemberId([2; 32])]));
        assert_eq!(asked(&mut wants, &links, 0), [LinkId(0)]);
        assert_eq!(asked(&mut wants, &links, limits::WANT_TIMEOUT - 1), []);
        assert_eq!(wants.deadline(), Some(limits::WANT_TIMEOUT));
        assert_eq!(asked(&mut wants, &links, limits::WANT_TIMEOUT), [LinkId(1)]);
        assert_eq!(asked(&mut wants, &links, 2 * limits::WANT_TIMEOUT), [LinkId(0)]);
    }

    #[test]
    fn whose_answer_was_dropped_for_want_of_room_is_asked_again_when_there_is_some() {
        let (mut wants, links) = (Wants::default(), links(&[MemberId([1; 32]), MemberId([2; 32])]));
        assert_eq!(asked(&mut wants, &links, 0), [LinkId(0)]);
        wants.dropped(&LOG);
        let late = limits::WANT_TIMEOUT + 10;
        assert_eq!(asked_if(false, &mut wants, &links, late), [], "nobody is passed over");
        assert_eq!(wants.deadline(), Some(late + limits::AUTHOR_GRACE), "it is looked at again");
        assert_eq!(asked(&mut wants, &links, late + 10), [LinkId(0)]);
        assert_eq!(asked(&mut wants, &links, late + 20), [], "once");
    }

    #[test]
    fn what_never_has_a_place_holds_up_nothing_else_of_its_log() {
        let (mut wants, mut links) = (Wants::default(), links(&[MemberId([1; 32])]));
        let flow = links.get_mut(&LinkId(0)).and_then(Link::flow_mut).unwrap();
        flow.have.forget_from(&LOG, 0);
        let learn = |links: &mut BTreeMap<LinkId, Link>, first, last| {
            let range = HaveRange { first, last, head: EntryHash([1; 32]) };
            let have = LogHave { log: LOG, ranges: vec![range], refused: vec![] };
            links.get_mut(&LinkId(0)).and_then(Link::flow_mut).unwrap().have.learn(&have);
        };
        learn(&mut links, 9, 9);
        assert_eq!(asked(&mut wants, &links, 0), [LinkId(0)]);
        wants.dropped(&LOG);
        learn(&mut links, 0, 9);
        let (logs, inbox) = (&Logs::default(), &BTreeMap::new());
        let (unwanted, shut) = (&|_: &LogId| false, &|_: &MemberId| None);
        let (room, links, now) = (true, &links, 10);
        let situation = Situation { logs, inbox, unwanted, shut, room, links, now };
        let all = Want { log: LOG, ranges: vec![(0, 9)] };
        assert_eq!(wants.plan(&situation), [(LinkId(0), Question::Want(all))]);
    }

    #[test]
    fn another_holder_is_asked_if_what_one_sends_has_no_place_again_and_again() {
        let (mut wants, links) = (Wants::default(), links(&[MemberId([1; 32]), MemberId([2; 32])]));
        assert_eq!(asked(&mut wants, &links, 0), [LinkId(0)]);
        for again in 0..u64::from(AGAIN) {
            wants.dropped(&LOG);
            assert_eq!(asked(&mut wants, &links, again), [LinkId(0)]);
        }
        wants.dropped(&LOG);
        assert_eq!(asked(&mut wants, &links, 10), []);
        assert_eq!(asked(&mut wants, &links, 10 + limits::WANT_TIMEOUT), [LinkId(1)]);
    }

    #[test]
    fn i12_everybody_is_asked_if_what_comes_is_of_no_use() {
        let members = [MemberId([1; 32]), MemberId([2; 32]), AUTHOR];
        let (mut wants, links) = (Wants::default(), links(&members));
        assert_eq!(asked(&mut wants, &links, 0), [], "an author who is linked pushes its log");
        let mut now = limits::AUTHOR_GRACE;
        for link in [LinkId(0), LinkId(1), LinkId(2)] {
            assert_eq!(asked(&mut wants, &links, now), [link]);
            // It comes at once, and cannot be stored.
            wants.arrived(&LOG, now + 1);
            now += 1 + limits::WANT_TIMEOUT;
        }
    }

    #[test]
    fn i12_whoever_is_silent_keeps_nobody_from_being_asked_again() {
        let (mut wants, mut links) =
            (Wants::default(), links(&[MemberId([1; 32]), MemberId([2; 32]), MemberId([3; 32])]));
        // The last holds nothing of it.
        if let Some(flow) = links.get_mut(&LinkId(2)).and_then(Link::flow_mut) {
            flow.have.forget_from(&LOG, 0);
        }
        for round in 0..6 {
            let expected = LinkId(round % 2);
            assert_eq!(asked(&mut wants, &links, round * limits::WANT_TIMEOUT), [expected]);
        }
    }

    #[test]
    fn i12_who_was_silent_may_be_asked_again_once_something_was_stored() {
        let (mut wants, links) = (Wants::default(), links(&[MemberId([1; 32]), MemberId([2; 32])]));
        assert_eq!(asked(&mut wants, &links, 0), [LinkId(0)]);
        assert_eq!(asked(&mut wants, &links, limits::WANT_TIMEOUT), [LinkId(1)]);
        wants.stored(&LOG);
        assert_eq!(asked(&mut wants, &links, 2 * limits::WANT_TIMEOUT), [LinkId(0)]);
    }
}
