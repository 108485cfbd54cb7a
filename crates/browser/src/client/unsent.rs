//! What a page has asked for and not seen answered: repeated to every new leader, lost with none.
//!
//! ```text
//!  ask ──► kept ──► sent at once if a leader is known ──► answer seen ──► forgotten
//!                └─ a new leader: sent again
//! ```
//! Rooms and drafts may be asked for twice: a room's keys follow from the entropy in the request,
//! a draft from its id. So may a name, until it is seen, what was read, and what is asked of a
//! draft that was handed over (`steers`). Other commands are sent once, as soon as a leader is
//! known.

mod steers;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use engine::{Command, Draft, DraftId, EntryId, Event, MemberView, Refusal, RoomId, limits};

use self::steers::{Steers, What};
use crate::message::{AskId, News, Request};

/// Drafts that a page keeps at once: an engine remembers as many, so that none is said twice.
pub(crate) const DRAFTS: usize = limits::DRAFTS;
/// Bytes of text in them.
pub(crate) const DRAFT_BYTES: usize = limits::DRAFT_BYTES;
/// Requests for rooms, and other commands, that a page keeps at once; one more drops the oldest.
pub(crate) const REQUESTS: usize = 256;

/// Entries that were read last: a leader that dies may not have stored that they were.
pub(crate) const READ: usize = 512;

/// See the module.
#[derive(Default)]
pub(crate) struct Unsent {
    led: bool,
    asked: VecDeque<(AskId, Request)>,
    open: BTreeSet<RoomId>,
    /// In the order they were written, and where each of them is.
    drafts: BTreeMap<u64, (RoomId, Vec<Draft>)>,
    places: BTreeMap<DraftId, u64>,
    next_place: u64,
    draft_bytes: usize,
    steers: Steers,
    names: BTreeMap<RoomId, String>,
    read: VecDeque<(RoomId, EntryId)>,
    waiting: VecDeque<Request>,
}

impl Unsent {
    /// Keeps a request for a room until it is answered; says whether to send it now.
    pub(crate) fn ask(&mut self, ask: AskId, request: Request) -> Option<Request> {
        if self.asked.len() == REQUESTS {
            self.asked.pop_front();
        }
        self.asked.push_back((ask, request.clone()));
        self.led.then_some(request)
    }

    /// Keeps a room open at every leader to come; says what to send now.
    pub(crate) fn open(&mut self, room: RoomId) -> Option<Request> {
        self.open.insert(room);
        self.led.then_some(Request::Open { room })
    }

    /// Keeps a draft until it is seen, and what is asked of it; another command until there is a
    /// leader. Says what to send now, or which drafts are refused.
    pub(crate) fn command(
        &mut self,
        room: RoomId,
        command: Command,
    ) -> Result<Option<Request>, (Vec<DraftId>, Refusal)> {
        let repeated = match &command {
            Command::Send(draft) => {
                self.keep(room, std::slice::from_ref(draft))?;
                true
            }
            Command::SendTogether(drafts) => {
                self.keep(room, drafts)?;
                true
            }
            Command::Replace(draft) => {
                self.steers.keep(room, What::Replace(draft.clone()), !self.led);
                true
            }
            Command::Cancel(draft) => {
                self.forget(draft);
                self.steers.keep(room, What::Cancel(*draft), !self.led);
                true
            }
            Command::SetName(name) => {
                self.names.insert(room, name.trim().to_owned());
                true
            }
            Command::MarkRead(entries) => {
                self.read.extend(entries.iter().map(|entry| (room, *entry)));
                self.read.drain(..self.read.len().saturating_sub(READ));
                true
            }
            Command::SetRoomName(_)
            | Command::LoadOlder
            | Command::ForgetMember(_)
            | Command::Reclass { .. }
            | Command::Retry(_)
            | Command::Dismiss(_)
            | Command::Typing(_)
            | Command::Watch(_)
            | Command::Trace(_) => false,
        };
        let request = Request::Command { room, command };
        if self.led {
            return Ok(Some(request));
        }
        if !repeated {
            if self.waiting.len() == REQUESTS {
                self.waiting.pop_front();
            }
            self.waiting.push_back(request);
        }
        Ok(None)
    }

    fn keep(&mut self, room: RoomId, drafts: &[Draft]) -> Result<(), (Vec<DraftId>, Refusal)> {
        let Some(first) = drafts.first() else { return Ok(()) };
        if self.places.contains_key(&first.id) {
            return Ok(());
        }
        let bytes = self.draft_bytes + bytes_of(drafts);
        if self.places.len() + drafts.len() > DRAFTS || bytes > DRAFT_BYTES {
            let waiting = u64::try_from(self.places.len()).unwrap_or(u64::MAX);
            return Err((drafts.iter().map(|draft| draft.id).collect(), Refusal::Busy { waiting }));
        }
        self.draft_bytes = bytes;
        self.places.extend(drafts.iter().map(|draft| (draft.id, self.next_place)));
        self.drafts.insert(self.next_place, (room, drafts.to_vec()));
        self.next_place += 1;
        Ok(())
    }

    /// There is a leader, perhaps another one: everything that it has to be asked.
    pub(crate) fn led(&mut self) -> Vec<Request> {
        self.led = true;
        let asked = self.asked.iter().map(|(_, request)| request.clone());
        let open = self.open.iter().map(|room| Request::Open { room: *room });
        let drafts = self.drafts.values().map(|(room, drafts)| Request::Command {
            room: *room,
            command: match drafts.as_slice() {
                [draft] => Command::Send(draft.clone()),
                together => Command::SendTogether(together.to_vec()),
            },
        });
        let names = self.names.iter().map(|(room, name)| Request::Command {
            room: *room,
            command: Command::SetName(name.clone()),
        });
        let mut read: BTreeMap<RoomId, Vec<EntryId>> = BTreeMap::new();
        for (room, entry) in &self.read {
            read.entry(*room).or_default().push(*entry);
        }
        let read = read
            .into_iter()
            .map(|(room, entries)| Request::Command { room, command: Command::MarkRead(entries) });
        let steers = self.steers.again();
        let again = asked.chain(open).chain(names).chain(drafts).chain(steers).chain(read);
        again.chain(self.waiting.drain(..)).collect()
    }

    /// Forgets what this answers; what it says is changed if the page would misunderstand it.
    pub(crate) fn seen(&mut self, news: &mut News) {
        if let News::Room { event, .. } = news {
            self.steers.seen(event);
        }
        match &*news {
            News::Opened { room, ask } => {
                self.open.insert(*room);
                self.asked.retain(|(asked, _)| Some(*asked) != *ask);
            }
            News::Refused { ask, .. } => self.asked.retain(|(asked, _)| Some(*asked) != *ask),
            News::Room { event: Event::Rows(rows), .. } => {
                for id in rows.iter().filter_map(|row| row.draft) {
                    self.forget(&id);
                }
            }
            News::Room { event: Event::Waiting(waiting), .. } => {
                waiting.iter().for_each(|waiting| self.forget(&waiting.draft.id));
            }
            News::Room { event: Event::Live(live), .. } => self.forget(&live.draft),
            News::Room {
                event:
                    Event::Refused { draft: Some(settled), .. }
                    | Event::Cancelled(settled)
                    | Event::Stored(settled),
                ..
            } => self.forget(settled),
            News::Room { room, event: Event::Members(members) } => {
                let is = |name: &String| {
                    members.iter().any(|view: &MemberView| view.me && view.name == *name)
                };
                if self.names.get(room).is_some_and(is) {
                    self.names.remove(room);
                }
            }
            News::Room { room, event: Event::Refused { reason: Refusal::Name { .. }, .. } } => {
                self.names.remove(room);
            }
            News::Room { .. } | News::Rooms(_) | News::Storage(_) | News::Fault(_) => {}
        }
    }

    /// Forgets a draft, and all that it was to be seen together with.
    fn forget(&mut self, id: &DraftId) {
        let kept = self.places.remove(id).and_then(|place| self.drafts.remove(&place));
        let drafts = kept.map(|(_, drafts)| drafts).unwrap_or_default();
        for draft in &drafts {
            self.places.remove(&draft.id);
        }
        self.draft_bytes -= bytes_of(&drafts);
    }
}

fn bytes_of(drafts: &[Draft]) -> usize {
    drafts.iter().map(|draft| draft.text.len()).sum()
}

#[cfg(test)]
mod tests;
