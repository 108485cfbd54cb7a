//! What a person says, and what becomes of it until it is an entry: now, later, together, live, or
//! not at all; to everybody, or to one member alone (`say/private.rs`).
//!
//! ```text
//!  send ─► live: shown and sent, never stored      later: waits, stored      now: outbox ─► batch
//! ```
//! A draft that waits stays stored until the batch that makes it an entry is: released, and lost or
//! said twice, it cannot be.

pub(in crate::engine) mod private;

use crate::engine::load::distant::Subject;
use crate::engine::{Engine, keys};
use crate::ids::{DraftId, EntryId, MemberId};
use crate::io::{Output, StoreOp, Table};
use crate::limits;
use crate::log::entry::{Content, Group, Header, Kind, Place, Target, body_hash};
use crate::log::private::{Letter, body_bytes};
use crate::log::run::Unsigned;
use crate::outbox::{self, Put};
use crate::simulation::{Planted, planted};
use crate::view::{Act, Draft, Event, Priority, Qos, Refusal, Role, When};

/// A draft that is about to be an entry, and what that takes.
pub(super) struct Prepared {
    draft: Draft,
    kind: Kind,
    content: Content,
    target: Option<Target>,
    /// To whom alone, if to one member.
    to: Option<MemberId>,
    /// How many are seen together, this one the first of them.
    together: Option<u32>,
}

fn is_now(when: When, wall: u64) -> bool {
    match when {
        When::Now => true,
        When::At(at) => at <= wall,
        When::Online(_) => false,
    }
}

impl Engine {
    pub(super) fn send(&mut self, draft: Draft) {
        let id = draft.id;
        if let Err(reason) = self.take_draft(draft) {
            self.refuse(Some(id), reason);
        }
    }

    fn take_draft(&mut self, draft: Draft) -> Result<(), Refusal> {
        self.check_voice()?;
        check_terms(&draft)?;
        if draft.terms.qos != Qos::ExactlyOnce {
            return self.say_live(draft);
        }
        let waits = &self.outbox.waits;
        if waits.contains(&draft.id) || waits.is_cancelled(&draft.id) {
            self.outbox.waits.repeat();
            return Ok(());
        }
        let known = self.outbox.known(&draft.id);
        if let Some(member) = draft.act.to().filter(|_| known.is_none()) {
            self.letterbox(&member)?;
        }
        if known.is_none() && !is_now(draft.terms.when, self.now.wall) {
            outbox::check(&draft)?;
            return self.outbox.waits.put(draft, self.now.wall);
        }
        let (id, is_row) = (draft.id, draft.act.says());
        match self.outbox.put(draft)? {
            Put::Stored(_) if !is_row => {
                self.out.push_back(Output::Event(Event::Stored(id)));
            }
            put @ (Put::Waiting | Put::Repeated | Put::Stored(_)) => self.tell_stored(id, put),
        }
        Ok(())
    }

    /// Whoever was removed is told so: what it writes would reach nobody.
    fn check_voice(&self) -> Result<(), Refusal> {
        let removed = self.role(&self.own.member) == Role::Removed;
        if removed { Err(Refusal::Removed) } else { Ok(()) }
    }

    /// A page repeats what is an entry already: it is shown the row, if that is in memory.
    fn tell_stored(&mut self, id: DraftId, put: Put) {
        if let Put::Stored(entry) = put {
            let row = self.timeline.row(&entry).cloned();
            let event = row.map_or(Event::Stored(id), |row| Event::Rows(vec![row]));
            self.out.push_back(Output::Event(event));
        }
    }

    pub(super) fn send_together(&mut self, drafts: Vec<Draft>) {
        let ids: Vec<DraftId> = drafts.iter().map(|draft| draft.id).collect();
        let usual = |draft: &Draft| {
            let now = is_now(draft.terms.when, self.now.wall) && draft.act.to().is_none();
            now && draft.terms.qos == Qos::ExactlyOnce
        };
        let terms = "what is sent together is sent now, to everybody, exactly once";
        let terms = Refusal::Terms(terms.to_owned());
        let put = match drafts.iter().all(usual) {
            true => self.check_voice().and_then(|()| self.outbox.put_together(drafts)),
            false => Err(terms),
        };
        match put {
            Ok(_) => {
                for id in ids {
                    if let Some(put) = self.outbox.known(&id) {
                        self.tell_stored(id, put);
                    }
                }
            }
            Err(reason) if ids.is_empty() => self.refuse(None, reason),
            Err(reason) => ids.into_iter().for_each(|id| self.refuse(Some(id), reason.clone())),
        }
    }

    pub(super) fn replace(&mut self, draft: Draft) {
        let id = draft.id;
        if let Err(reason) = self.take_replacement(draft) {
            self.refuse(Some(id), reason);
        }
    }

    fn take_replacement(&mut self, draft: Draft) -> Result<(), Refusal> {
        let id = draft.id;
        if !self.outbox.waits.contains(&id) {
            return Err(Refusal::TooLate);
        }
        check_terms(&draft)?;
        outbox::check(&draft)?;
        if draft.terms.qos != Qos::ExactlyOnce {
            return Err(later_is_stored());
        }
        if let Some(member) = draft.act.to() {
            self.letterbox(&member)?;
        }
        self.outbox.waits.put(draft, self.now.wall)?;
        // Its time may have come already: it is not said with the words that it had.
        self.outbox.cancel(&id);
        Ok(())
    }

    pub(super) fn cancel(&mut self, id: DraftId) {
        let known = self.outbox.known(&id);
        let cancelled = self.outbox.cancel(&id);
        for id in &cancelled {
            // One whose time had come is told when the store knows that it waits no more.
            if !self.outbox.waits.cancel(id) {
                self.out.push_back(Output::Event(Event::Cancelled(*id)));
            }
        }
        if !cancelled.is_empty() || known.is_none() && self.outbox.waits.cancel(&id) {
            return;
        }
        match known {
            Some(Put::Stored(entry)) => self.cancel_stored(id, entry),
            Some(Put::Repeated | Put::Waiting) => self.refuse(Some(id), Refusal::TooLate),
            None => self.refuse(Some(id), Refusal::NoSuchMessage),
        }
    }

    fn cancel_stored(&mut self, id: DraftId, entry: EntryId) {
        if self.members.delivery(&entry.log, entry.seq).held_by > 0 {
            return self.refuse(Some(id), Refusal::TooLate);
        }
        let deletion = Draft::new(DraftId(self.random.bytes()), "", Priority::Normal);
        self.send(deletion.doing(Act::Delete(entry)));
    }

    /// Releases drafts whose time has come into the outbox.
    pub(super) fn release_due(&mut self) {
        let early = if planted(Planted::SaidBeforeItsTime) { 60_000 } else { 0 };
        self.outbox.waits.pass(self.now.wall + early);
        if !self.is_open() {
            return;
        }
        let links = &self.links;
        let online = |member: &_| links.values().any(|link| link.member() == Some(*member));
        for id in self.outbox.waits.due(online) {
            let Some(waiting) = self.outbox.waits.of(&id).cloned() else { continue };
            if self.holds_off(&waiting.draft) {
                continue;
            }
            if self.outbox.known(&id).is_none() && self.outbox.put(waiting.draft).is_err() {
                // Too many wait for the disk: its time is still due after the next batch.
                return;
            }
        }
    }

    /// What drafts say, with what they are about, and the drafts themselves; those about nothing
    /// any more are refused and in neither.
    pub(super) fn prepare(&mut self, item: Vec<Draft>) -> (Vec<Draft>, Vec<Prepared>) {
        let together = u32::try_from(item.len()).ok().filter(|count| *count > 1);
        let mut prepared = Vec::with_capacity(item.len());
        let mut drafts = Vec::with_capacity(item.len());
        for draft in item {
            if let Some(entry) = draft.act.about() {
                self.distant.used(entry);
            }
            let (target, to) = match self.target_of(&draft) {
                Ok(subject) => subject,
                Err(_) if planted(Planted::RefusedToldStored) => {
                    drafts.push(draft);
                    continue;
                }
                // What is seen together is said whole, or all of it would be hidden.
                Err(_) if together.is_some() && draft.act.reply_to().is_some() => (None, None),
                Err(reason) => {
                    self.outbox.drop_taken(&draft);
                    // What has waited for its time goes on waiting for the key that it needs.
                    let lacks_key = matches!(reason, Refusal::NoKey | Refusal::NoSuchMember);
                    if !lacks_key || !self.outbox.waits.contains(&draft.id) {
                        self.outbox.waits.remove(&draft.id);
                        self.refuse(Some(draft.id), reason);
                    }
                    continue;
                }
            };
            let (kind, content) = said(&draft, &target, to.is_some());
            let target = target.filter(|_| !draft.act.says());
            drafts.push(draft.clone());
            let first = together.filter(|_| prepared.is_empty());
            prepared.push(Prepared { draft, kind, content, target, to, together: first });
        }
        (drafts, prepared)
    }

    /// What a draft is about, and for whom alone it is, if for one member.
    fn target_of(&self, draft: &Draft) -> Result<(Option<Target>, Option<MemberId>), Refusal> {
        let (entry, own) = match draft.act {
            Act::Say | Act::SayFor { .. } => return Ok((None, None)),
            Act::SayTo { member, .. } => {
                self.letterbox(&member)?;
                return Ok((None, Some(member).filter(|_| !planted(Planted::PrivateInTheOpen))));
            }
            Act::Edit(entry) | Act::Delete(entry) => (entry, true),
            Act::React { target, .. } => (target, false),
            Act::Reply { target, member, .. } => return self.replied_to(target, member),
        };
        let mine = entry.log.member == self.own.member;
        let edits = matches!(draft.act, Act::Edit(_));
        match self.distant.subject(&entry, (&self.timeline, &self.logs)) {
            // Other words would outlive the first ones.
            Some(Subject::Here { target, vanishes, private })
                if (mine || !own) && !(edits && vanishes) =>
            {
                // A deletion says nothing that others may not know: they, too, let the body go.
                let deletes = matches!(draft.act, Act::Delete(_));
                let to = private.filter(|_| !deletes && !planted(Planted::PrivateNotedInTheOpen));
                if let Some(member) = to {
                    self.letterbox(&member)?;
                }
                Ok((Some(target), to))
            }
            Some(Subject::Here { .. } | Subject::Gone | Subject::Absent) | None => {
                Err(Refusal::NoSuchMessage)
            }
        }
    }

    /// What a reply names, and for whom alone it is. A message that has gone meanwhile, or has
    /// another name, is named no more: what answers it is said all the same.
    fn replied_to(
        &self,
        named: Target,
        member: Option<MemberId>,
    ) -> Result<(Option<Target>, Option<MemberId>), Refusal> {
        member.map_or(Ok(()), |member| self.letterbox(&member).map(drop))?;
        match self.distant.subject(&named.entry, (&self.timeline, &self.logs)) {
            Some(Subject::Here { target, .. }) if target != named => Ok((None, member)),
            // A reply in the open to what only two can read would show who the two are.
            Some(Subject::Here { private: Some(other), .. }) if member != Some(other) => {
                let words = "what two alone can read is answered among the two";
                Err(Refusal::Terms(words.to_owned()))
            }
            Some(Subject::Here { target, .. }) => Ok((Some(target), member)),
            Some(Subject::Gone | Subject::Absent) | None => Ok((None, member)),
        }
    }

    /// Seals what was prepared as the entry at this place: whoever may seal has keys.
    pub(super) fn seal(
        &mut self,
        (class, seq, lamport): (Priority, u64, u64),
        prepared: &Prepared,
        group: Option<Group>,
    ) -> Option<Unsigned> {
        let epoch = self.ring.current();
        let (kind, content) = (prepared.kind, &prepared.content);
        let place = Place { room: &self.room, log: &self.own, seq, epoch: &epoch, class };
        let mut target = prepared.target;
        let body = match prepared.to {
            Some(to) => {
                // Whoever reacts in the open to what only two can read shows who the two are.
                let about = if kind == Kind::PRIVATE { target.take() } else { None };
                let letter = Letter { to, about, content: Some(content.clone()) };
                self.seal_private((class, seq), kind, letter)?
            }
            None => place.seal_body(kind, lamport, content, self.ring.keys()?, &mut self.random),
        };
        let wall = self.now.wall;
        let header = Header {
            kind,
            lamport,
            wall,
            expiry: prepared.draft.terms.expires_after.map(|after| wall.saturating_add(after)),
            target,
            group,
            body_len: u32::try_from(body.len()).unwrap_or(u32::MAX),
            body_hash: body_hash(&body),
        };
        Some(Unsigned { header, body })
    }

    pub(super) fn reclass(&mut self, entry: EntryId, priority: Priority) {
        let own = entry.log.member == self.own.member;
        let held = self.logs.class_of(&entry).is_some();
        if !own || !held {
            return self.refuse(None, Refusal::NoSuchMessage);
        }
        self.commits.reclassed.insert(entry, priority);
        let row = self.timeline.reclass(&entry, priority);
        self.out.extend(row.map(|row| Output::Event(Event::Rows(vec![row]))));
    }

    /// What has to be stored of drafts that wait and of the undelivered.
    pub(super) fn stage_outbox(&mut self, batch: &mut super::commit::Batch) {
        for (id, waiting) in self.outbox.waits.take_dirty() {
            let key = keys::waiting(&self.room, &id);
            let waiting = waiting.filter(|_| !planted(Planted::WaitingNotStored));
            let value = waiting.and_then(|waiting| postcard::to_allocvec(&waiting).ok());
            batch.put_or_delete(Table::State, key, value);
        }
        for (entry, case) in self.outbox.tray.take_dirty() {
            let key = keys::undelivered(&self.room, &entry);
            batch.put_or_delete(Table::State, key, case.map(|case| case.encode()));
            batch.undelivered.push(entry);
        }
    }
}

impl Prepared {
    /// True if its body will go while others stay, so that its run holds nothing else: by which
    /// clock it goes is not agreed, and who has it no more cannot hand on what is beside it.
    pub(super) fn is_fleeting(&self) -> bool {
        let Prepared { draft, .. } = self;
        draft.terms.expires_after.is_some() || draft.act.after().is_some()
    }

    /// Bytes that it says, with what they are padded to.
    pub(super) fn bytes(&self) -> usize {
        let words = self.draft.text.len();
        if self.to.is_some() { body_bytes(words) } else { words }
    }

    /// How many are seen together from this one on.
    pub(super) fn together(&self) -> Option<u32> {
        self.together
    }

    /// The draft's id.
    pub(super) fn id(&self) -> DraftId {
        self.draft.id
    }
}

impl super::commit::Batch {
    fn put_or_delete(&mut self, table: Table, key: Vec<u8>, value: Option<Vec<u8>>) {
        self.ops.push(match value {
            Some(value) => StoreOp::Put(table, key, value),
            None => StoreOp::Delete(table, key),
        });
        self.strict = true;
    }
}

/// The kind of what a draft says, and what it says: to everybody, or to one member alone.
fn said(draft: &Draft, target: &Option<Target>, private: bool) -> (Kind, Content) {
    let text = draft.text.clone();
    let message = if private { Kind::PRIVATE } else { Kind::MESSAGE };
    match draft.act {
        Act::Say | Act::SayFor { .. } | Act::SayTo { .. } | Act::Reply { .. } => {
            let content = match (*target, draft.act.after()) {
                (Some(to), after) => Content::Reply { to: Box::new(to), text, after },
                (None, Some(after)) => Content::Fleeting { text, after },
                (None, None) => Content::Text(text),
            };
            (message, content)
        }
        Act::Edit(_) => (Kind::EDIT, Content::Text(text)),
        Act::Delete(_) => (Kind::DELETE, Content::Nothing),
        Act::React { on, .. } => {
            let kind = if private { Kind::PRIVATE } else { Kind::REACTION };
            (kind, Content::Reaction { emoji: text, on })
        }
    }
}

fn later_is_stored() -> Refusal {
    Refusal::Terms("what is only said live cannot be said later".to_owned())
}

fn check_terms(draft: &Draft) -> Result<(), Refusal> {
    let terms = draft.terms;
    let soon = draft.act.after();
    let ends = [terms.expires_after, soon];
    let short = ends.into_iter().flatten().any(|after| after < limits::EXPIRES_AT_LEAST);
    let later = terms.when != When::Now;
    let words = if soon.is_some_and(|after| after > limits::WAIT_AT_MOST) {
        "it would stay more than a year after the reading"
    } else if short {
        "it would expire within a second"
    } else if !draft.act.says() && (later || terms.expires_after.is_some()) {
        "changes to a message are made now, and for good"
    } else if !draft.act.says() && terms.qos != Qos::ExactlyOnce {
        "changes to a message are always stored"
    } else if terms.qos != Qos::ExactlyOnce && draft.act != Act::Say {
        "what is only said live answers nothing, and is not kept until it was read"
    } else if terms.qos != Qos::ExactlyOnce && later {
        return Err(later_is_stored());
    } else {
        return Ok(());
    };
    Err(Refusal::Terms(words.to_owned()))
}
