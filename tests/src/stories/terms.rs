//! What people say on other terms than "now, to everybody, for good", and what they do with
//! messages: together, later, live, for a while; taken back, changed, marked.

use engine::{
    Act, Body, Command, Draft, DraftId, EntryHash, EntryId, Priority, Qos, Row, Terms, When,
};

use crate::world::World;

const EMOJI: [&str; 3] = ["👍", "🎉", "❤"];

impl World {
    /// A draft of a device, and its kind in the first word. `None` while nobody can write there.
    pub(crate) fn draft(&mut self, peer: usize, kind: &str) -> Option<Draft> {
        if self.peers[peer].engine.is_none() || self.peers[peer].frozen.is_some() {
            return None;
        }
        self.peers[peer].said += 1;
        let text = format!("{peer}:{kind}{}", self.peers[peer].said);
        let priority = Priority::ALL[self.pick(3)];
        Some(Draft::new(DraftId(self.random.bytes()), text, priority))
    }

    pub(crate) fn hand_over(&mut self, peer: usize, draft: Draft) {
        self.note(format_args!("{peer}: {} {:?} {:?}", draft.text, draft.act, draft.terms));
        self.oracle.said(peer, &draft, &self.peers[peer].screen);
        self.peers[peer].unseen.push(vec![draft.clone()]);
        self.command(peer, Command::Send(draft));
    }

    /// Several messages that everybody sees together or not at all.
    pub(crate) fn together(&mut self, peer: usize) {
        let count = 2 + self.below(5);
        let priority = Priority::ALL[self.pick(3)];
        let mut drafts = Vec::new();
        for _ in 0..count {
            let Some(draft) = self.draft(peer, "") else { return };
            drafts.push(Draft { priority, ..draft });
        }
        for draft in &drafts {
            self.oracle.said(peer, draft, &self.peers[peer].screen);
        }
        self.note(format_args!("{peer}: {count} together from {}", drafts[0].text));
        self.oracle.said_together(&drafts);
        self.peers[peer].unseen.push(drafts.clone());
        self.command(peer, Command::SendTogether(drafts));
    }

    fn some_time(&mut self, peer: usize) -> When {
        let member = self.pick(self.peers.len());
        let wall = self.clock(peer).wall;
        let other = self.oracle.member_of(member) != self.oracle.member_of(peer);
        match self.oracle.member_of(member).filter(|_| other && self.below(3) == 0) {
            Some(member) => When::Online(member),
            None => When::At(wall + 1 + self.below(20_000)),
        }
    }

    /// A message for later.
    pub(crate) fn schedule(&mut self, peer: usize) {
        let Some(draft) = self.draft(peer, "later") else { return };
        let terms = Terms { when: self.some_time(peer), ..Terms::default() };
        self.hand_over(peer, draft.on(terms));
    }

    /// Another message in the place of one that waits.
    pub(crate) fn replace(&mut self, peer: usize) {
        let waiting = self.peers[peer].screen.waiting.len();
        if waiting == 0 {
            return;
        }
        let place = self.pick(waiting);
        let old = self.peers[peer].screen.waiting[place].draft.id;
        let Some(draft) = self.draft(peer, "instead") else { return };
        let terms = Terms { when: self.some_time(peer), ..Terms::default() };
        let draft = Draft { id: old, ..draft.on(terms) };
        self.note(format_args!("{peer}: {} {:?}", draft.text, draft.terms));
        self.oracle.said(peer, &draft, &self.peers[peer].screen);
        self.command(peer, Command::Replace(draft));
    }

    /// A message is taken back while it waits, for its time or for somebody to hold it.
    pub(crate) fn cancel(&mut self, peer: usize) {
        let screen = &self.peers[peer].screen;
        let mut drafts: Vec<DraftId> =
            screen.waiting.iter().map(|waiting| waiting.draft.id).collect();
        if let Some(row) = screen.rows.values().rev().find(|row| row.own && row.held_by == 0)
            && let Some(draft) = row.draft
        {
            let hash = screen.which.get(&row.entry);
            hash.into_iter().for_each(|hash| self.oracle.may_be_gone(*hash));
            drafts.push(draft);
        }
        if drafts.is_empty() || self.peers[peer].frozen.is_some() {
            return;
        }
        let draft = drafts[self.pick(drafts.len())];
        self.note(format_args!("{peer}: takes back {draft:?}"));
        self.oracle.not_wanted(draft);
        self.command(peer, Command::Cancel(draft));
    }

    /// A message whose body goes after a while.
    pub(crate) fn expire(&mut self, peer: usize) {
        let Some(draft) = self.draft(peer, "fades") else { return };
        let after = 1_000 + self.below(60_000);
        let terms = Terms { expires_after: Some(after), ..Terms::default() };
        self.oracle.will_expire(&draft);
        self.hand_over(peer, draft.on(terms));
    }

    /// A message to one member alone, now or later, for good or for a while.
    pub(crate) fn whisper(&mut self, peer: usize) {
        let other = self.pick(self.peers.len());
        let (me, other) = (self.oracle.member_of(peer), self.oracle.member_of(other));
        let Some(member) = other.filter(|_| other != me) else { return };
        let Some(draft) = self.draft(peer, "private") else { return };
        let terms = match self.below(6) {
            0 => Terms { when: self.some_time(peer), ..Terms::default() },
            1 => {
                self.oracle.will_expire(&draft);
                let after = 1_000 + self.below(60_000);
                Terms { expires_after: Some(after), ..Terms::default() }
            }
            _ => Terms::default(),
        };
        self.oracle.whispered(peer, member, (draft.id, &draft.text));
        self.hand_over(peer, draft.on(terms).doing(Act::SayTo { member, after: None }));
    }

    /// A message that goes some time after its reading, to all or to one member alone.
    pub(crate) fn vanish(&mut self, peer: usize) {
        let other = self.pick(self.peers.len());
        let (me, other) = (self.oracle.member_of(peer), self.oracle.member_of(other));
        let to = other.filter(|other| Some(*other) != me && self.below(4) == 0);
        let Some(draft) = self.draft(peer, "vanishes") else { return };
        let after = 1_000 + self.below(15_000);
        self.oracle.will_vanish((peer, to), (&draft.text, after), &self.peers[peer].screen);
        let act = match to {
            Some(member) => {
                self.oracle.whispered(peer, member, (draft.id, &draft.text));
                Act::SayTo { member, after: Some(after) }
            }
            None => Act::SayFor { after },
        };
        self.hand_over(peer, draft.doing(act));
    }

    /// Somebody changes, deletes or marks a message that its page shows.
    pub(crate) fn annotate(&mut self, peer: usize) {
        let rows = self.peers[peer].screen.rows.values();
        let words = |row: &&Row| matches!(row.body, Body::Text(_));
        let all: Vec<(EntryId, bool)> =
            rows.filter(words).map(|row| (row.entry, row.own)).collect();
        if all.is_empty() {
            return;
        }
        // Often one of the newest, so that several notes meet on one message.
        let newest = all.len().saturating_sub(3);
        let from = if self.below(2) == 0 { newest } else { 0 };
        let (target, own) = all[from + self.pick(all.len() - from)];
        let Some(hash) = self.peers[peer].screen.which.get(&target).copied() else { return };
        let Some(draft) = self.draft(peer, "edit") else { return };
        if own && self.below(5) == 0 {
            return self.think_twice(peer, (target, hash), draft);
        }
        match self.below(3) {
            0 if own => {
                self.oracle.will_edit((target, hash), &draft);
                self.oracle.reworded(&hash, &draft.text);
                self.hand_over(peer, draft.doing(Act::Edit(target)));
            }
            1 if own => {
                self.oracle.will_delete((target, hash), &draft);
                let draft = Draft { text: String::new(), ..draft };
                self.hand_over(peer, draft.doing(Act::Delete(target)));
            }
            _ => {
                let text = EMOJI[self.pick(EMOJI.len())].to_owned();
                let act = Act::React { target, on: self.below(3) > 0 };
                let draft = Draft { text, ..draft }.doing(act);
                self.oracle.will_react((target, hash), &draft);
                self.hand_over(peer, draft);
            }
        }
    }

    /// A message is deleted and, before that is done, changed: that comes too late, and is refused.
    fn think_twice(&mut self, peer: usize, target: (EntryId, EntryHash), edit: Draft) {
        let Some(draft) = self.draft(peer, "deletion") else { return };
        let delete = Draft { text: String::new(), ..draft }.doing(Act::Delete(target.0));
        self.oracle.will_delete(target, &delete);
        self.hand_over(peer, delete);
        self.oracle.will_edit(target, &edit);
        self.oracle.reworded(&target.1, &edit.text);
        self.hand_over(peer, edit.doing(Act::Edit(target.0)));
    }

    /// Something that is said only live.
    pub(crate) fn live(&mut self, peer: usize) {
        let Some(draft) = self.draft(peer, "live") else { return };
        let qos = if self.below(2) == 0 { Qos::AtMostOnce } else { Qos::AtLeastOnce };
        self.note(format_args!("{peer}: {} {qos:?}", draft.text));
        let draft = draft.on(Terms { qos, ..Terms::default() });
        self.oracle.said_live(&draft, &self.peers[peer].screen);
        let id = draft.id;
        self.command(peer, Command::Send(draft));
        if qos == Qos::AtLeastOnce && !self.blocks {
            self.oracle.owes_live(peer, id, self.now, &self.wires);
            let asleep = (0..self.peers.len()).filter(|peer| self.peers[*peer].frozen.is_some());
            asleep.for_each(|peer| self.oracle.owes_nothing_live(peer));
        }
    }

    /// A message that waits for members gets another class.
    pub(crate) fn reclass(&mut self, peer: usize) {
        let rows = self.peers[peer].screen.rows.values();
        let Some(row) = rows.rev().find(|row| row.own && row.held_by == 0) else { return };
        let entry = row.entry;
        let priority = Priority::ALL[self.pick(3)];
        let hash = self.peers[peer].screen.which.get(&entry).copied();
        hash.into_iter().for_each(|hash| self.oracle.reclassed(hash));
        if self.peers[peer].frozen.is_none() {
            self.note(format_args!("{peer}: {entry} is {priority:?} from now on"));
            self.command(peer, Command::Reclass { entry, priority });
        }
    }
}
