//! What a page has asked for and not seen answered: repeated to every new leader, lost with none.
//!
//! ```text
//!  ask ──► kept ──► sent at once if a leader is known ──► answer seen ──► forgotten
//!                └─ a new leader: sent again
//! ```
//! Rooms and drafts may be asked for twice: a room's keys follow from the entropy in the request,
//! a draft from its id. Other commands are sent once, as soon as a leader is known.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use engine::{Command, Draft, DraftId, Event, Refusal, RoomId};

use crate::message::{AskId, News, Request};

/// Drafts that a page keeps at once.
pub(crate) const DRAFTS: usize = 20_000;
/// Bytes of text in them.
pub(crate) const DRAFT_BYTES: usize = 16 * 1024 * 1024;
/// Requests for rooms, and other commands, that a page keeps at once; one more drops the oldest.
pub(crate) const REQUESTS: usize = 256;

/// See the module.
#[derive(Default)]
pub(crate) struct Unsent {
    led: bool,
    asked: VecDeque<(AskId, Request)>,
    open: BTreeSet<RoomId>,
    /// In the order they were written, and where each of them is.
    drafts: BTreeMap<u64, (RoomId, Draft)>,
    places: BTreeMap<DraftId, u64>,
    next_place: u64,
    draft_bytes: usize,
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

    /// Keeps a draft until it is seen, another command until there is a leader; says what to send
    /// now.
    pub(crate) fn command(
        &mut self,
        room: RoomId,
        command: Command,
    ) -> Result<Option<Request>, (DraftId, Refusal)> {
        if let Command::Send(draft) = &command {
            if !self.places.contains_key(&draft.id) {
                self.keep(room, draft)?;
            }
            return Ok(self.led.then_some(Request::Command { room, command }));
        }
        let request = Request::Command { room, command };
        if self.led {
            return Ok(Some(request));
        }
        if self.waiting.len() == REQUESTS {
            self.waiting.pop_front();
        }
        self.waiting.push_back(request);
        Ok(None)
    }

    fn keep(&mut self, room: RoomId, draft: &Draft) -> Result<(), (DraftId, Refusal)> {
        let bytes = self.draft_bytes + draft.text.len();
        if self.drafts.len() == DRAFTS || bytes > DRAFT_BYTES {
            let waiting = u64::try_from(self.drafts.len()).unwrap_or(u64::MAX);
            return Err((draft.id, Refusal::Busy { waiting }));
        }
        self.draft_bytes = bytes;
        self.places.insert(draft.id, self.next_place);
        self.drafts.insert(self.next_place, (room, draft.clone()));
        self.next_place += 1;
        Ok(())
    }

    /// There is a leader, perhaps another one: everything that it has to be asked.
    pub(crate) fn led(&mut self) -> Vec<Request> {
        self.led = true;
        let asked = self.asked.iter().map(|(_, request)| request.clone());
        let open = self.open.iter().map(|room| Request::Open { room: *room });
        let drafts = self.drafts.values().map(|(room, draft)| Request::Command {
            room: *room,
            command: Command::Send(draft.clone()),
        });
        asked.chain(open).chain(drafts).chain(self.waiting.drain(..)).collect()
    }

    /// Forgets what this answers.
    pub(crate) fn seen(&mut self, news: &News) {
        match news {
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
            News::Room { event: Event::Refused { draft: Some(refused), .. }, .. } => {
                self.forget(refused);
            }
            News::Room { .. } | News::Rooms(_) | News::Storage(_) | News::Fault(_) => {}
        }
    }

    fn forget(&mut self, id: &DraftId) {
        let draft = self.places.remove(id).and_then(|place| self.drafts.remove(&place));
        self.draft_bytes -= draft.map_or(0, |(_, draft)| draft.text.len());
    }
}

#[cfg(test)]
mod tests;
