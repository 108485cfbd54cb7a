//! What is said live, and who is typing: shown, repeated or forgotten, never stored.

use std::collections::BTreeSet;

use crate::engine::Engine;
use crate::frame::{Frame, LiveFrame};
use crate::ids::{DraftId, LinkId, MemberId};
use crate::io::Output;
use crate::limits;
use crate::link::Link;
use crate::outbox::live;
use crate::simulation::{Planted, planted};
use crate::view::{Draft, Event, LiveMessage, Qos, Refusal, Row};

impl Engine {
    /// Says something to whoever is linked now.
    pub(super) fn say_live(&mut self, draft: Draft) -> Result<(), Refusal> {
        if draft.text.trim().is_empty() {
            return Err(Refusal::Empty);
        }
        if draft.text.len() > limits::LIVE_BYTES {
            let number = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
            let (bytes, limit) = (number(draft.text.len()), number(limits::LIVE_BYTES));
            return Err(Refusal::TooLong { bytes, limit });
        }
        if self.shelf().paused {
            return Err(Refusal::Paused);
        }
        let (me, qos) = (self.own.member, draft.terms.qos);
        let message = live::message(draft.id, me, draft.text, self.now.wall, qos);
        if self.outbox.live.is_known(&me, &draft.id) {
            // The page repeats itself: it is told once more that this was said.
            self.out.push_back(Output::Event(Event::Live(message)));
            return Ok(());
        }
        let to: BTreeSet<MemberId> = self.links.values().filter_map(Link::member).collect();
        if to.is_empty() {
            return Err(Refusal::NobodyThere);
        }
        let some = if planted(Planted::LiveToOneOnly) { 1 } else { usize::MAX };
        let to: BTreeSet<MemberId> = to.into_iter().take(some).collect();
        if qos == Qos::AtLeastOnce {
            let for_ms = draft.terms.expires_after.unwrap_or(limits::LIVE_FOR);
            let until = self.now.mono + for_ms.min(limits::LIVE_FOR);
            self.outbox.live.owe(message.clone(), to.clone(), (self.now.mono, until))?;
        }
        self.outbox.live.came(me, draft.id);
        self.send_live(&message, to.into_iter().collect());
        self.out.push_back(Output::Event(Event::Live(message)));
        Ok(())
    }

    fn send_live(&mut self, message: &LiveMessage, to: Vec<MemberId>) {
        let frame = Frame::Live(LiveFrame {
            draft: message.draft,
            wall: message.wall,
            acknowledge: message.qos == Qos::AtLeastOnce,
            text: message.text.clone(),
        });
        for id in self.links_to(&to) {
            match message.qos {
                Qos::AtMostOnce => self.ephemeral(id, &frame),
                Qos::AtLeastOnce | Qos::ExactlyOnce => self.control(id, &frame),
            }
        }
    }

    fn links_to(&self, to: &[MemberId]) -> Vec<LinkId> {
        let linked = self.links.iter().filter_map(|(id, link)| Some((*id, link.member()?)));
        linked.filter(|(_, member)| to.contains(member)).map(|(id, _)| id).collect()
    }

    fn ephemeral(&mut self, id: LinkId, frame: &Frame) {
        if let Some(flow) = self.links.get_mut(&id).and_then(Link::flow_mut) {
            flow.ephemeral(frame);
        }
    }

    /// Somebody said something live.
    pub(super) fn on_live(&mut self, id: LinkId, frame: LiveFrame) {
        let Some(author) = self.member_of(id).filter(|author| !self.is_blocked(author)) else {
            // It is not acknowledged, either.
            return;
        };
        if frame.text.len() > limits::LIVE_BYTES {
            return self.misbehaved(id, "it said more at once than is allowed");
        }
        if !self.outbox.live.listens(author, self.now.mono) {
            // Whoever wants it heard says it again.
            return;
        }
        let (draft, at_least_once) = (frame.draft, frame.acknowledge);
        if at_least_once {
            self.control(id, &Frame::LiveReply(draft));
        }
        if self.outbox.live.came(author, draft) {
            let qos = if at_least_once { Qos::AtLeastOnce } else { Qos::AtMostOnce };
            let message = live::message(draft, author, frame.text, frame.wall, qos);
            self.out.push_back(Output::Event(Event::Live(message)));
            self.end_typing(author);
        }
    }

    /// Others have said what they were typing. What comes late was typed long ago.
    pub(super) fn end_typing_of(&mut self, rows: &[Row]) {
        for row in rows.iter().filter(|row| !row.own && !row.late) {
            self.end_typing(row.author);
        }
    }

    pub(super) fn end_typing(&mut self, member: MemberId) {
        if self.outbox.live.types(member, false, self.now.mono) {
            self.out.push_back(Output::Event(Event::Typing { member, typing: false }));
        }
    }

    /// Somebody has what was said live.
    pub(super) fn on_live_reply(&mut self, id: LinkId, draft: DraftId) {
        let Some(member) = self.member_of(id) else { return };
        if let Some(message) = self.outbox.live.acknowledged(&draft, &member) {
            self.out.push_back(Output::Event(Event::Live(message)));
        }
    }

    /// Somebody is typing, or has stopped.
    pub(super) fn on_typing(&mut self, id: LinkId, typing: bool) {
        let Some(member) = self.member_of(id).filter(|member| !self.is_blocked(member)) else {
            return;
        };
        let now = self.now.mono;
        if self.outbox.live.listens(member, now) && self.outbox.live.types(member, typing, now) {
            self.out.push_back(Output::Event(Event::Typing { member, typing }));
        }
    }

    pub(super) fn type_myself(&mut self, typing: bool) {
        if self.shelf().typing_untold {
            return;
        }
        if self.outbox.live.type_myself(typing, self.now.mono) {
            let links: Vec<LinkId> = self.links.keys().copied().collect();
            for id in links {
                self.ephemeral(id, &Frame::Typing(typing));
            }
        }
    }

    /// Repeats what nobody has acknowledged, and ends what is over.
    pub(super) fn tend_live(&mut self) {
        let now = self.now.mono;
        if self.outbox.live.deadline().is_none_or(|at| at > now) {
            return;
        }
        let (links, paused) = (&self.links, self.shelf().paused);
        let there = |member: &MemberId| {
            !paused && links.values().any(|link| link.member() == Some(*member))
        };
        let random = &mut self.random;
        let due = self.outbox.live.repeat(now, there, |most| random.below(most.max(1)));
        for (message, to) in due {
            self.send_live(&message, to);
        }
        for member in self.outbox.live.stopped(now) {
            self.out.push_back(Output::Event(Event::Typing { member, typing: false }));
        }
    }
}
