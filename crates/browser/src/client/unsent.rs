//! What a page has asked for and not seen answered: repeated to every new leader, lost with none.
//!
//! ```text
//!  ask ──► kept ──► sent at once if a leader is known ──► answer seen ──► forgotten
//!                └─ a new leader: sent again
//! ```
//! Of drafts, at most [`WINDOW`] are with a leader and unanswered: it remembers the ids of more, so
//! what a page repeats, also after a reload, is never said twice. Urgent ones do not wait.
//! Rooms and drafts may be asked for twice: a room's keys follow from the entropy in the request,
//! a draft from its id. So may a name, until it is seen, what was read, and what is asked of a
//! draft that was handed over (`steers`). Other commands are sent once, as soon as a leader is
//! known.

mod steers;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use engine::{Command, Draft, DraftId, EntryId, Event, MemberView, Priority};
use engine::{Refusal, RoomId, limits};

use self::steers::{Steers, What};
use crate::message::{AskId, News, Request};

/// Drafts that a page keeps at once.
pub(crate) const DRAFTS: usize = limits::DRAFTS;
/// Bytes of text in them.
pub(crate) const DRAFT_BYTES: usize = limits::DRAFT_BYTES;
/// Drafts that a leader has been given and has not answered: far fewer than it remembers, for there
/// may be several tabs.
pub(crate) const WINDOW: usize = limits::REMEMBERED_DRAFTS / 4;
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
    /// The place of the first that was not sent yet, and later ones that were.
    unsent_from: u64,
    ahead: BTreeSet<u64>,
    /// How many drafts were sent and not answered.
    flying: usize,
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
            Command::Send(draft) => return self.send(room, std::slice::from_ref(draft)),
            Command::SendTogether(drafts) => return self.send(room, drafts),
            Command::Replace(draft) => {
                self.steers.keep(room, What::Replace(Box::new(draft.clone())), !self.led);
                true
            }
            Command::Cancel(draft) => {
                let sent = self.places.get(draft).is_none_or(|place| self.was_sent(*place));
                self.forget(draft);
                self.steers.keep(room, What::Cancel(*draft), !self.led || !sent);
                true
            }
            Command::SetName(name) => {
                self.names.insert(room, name.trim().to_owned());
                true
            }
            Command::MarkRead(entries) => {
                self.keep_read(room, entries);
                true
            }
            Command::SetRoomName(_)
            | Command::LoadOlder
            | Command::ForgetMember(_)
            | Command::Compare(_)
            | Command::Verify(_)
            | Command::Unverify(_)
            | Command::Block(_)
            | Command::Unblock(_)
            | Command::MuteMember(..)
            | Command::Promote(_)
            | Command::Demote(_)
            | Command::Remove(_)
            | Command::Approve(_)
            | Command::TurnAway(_)
            | Command::Knock
            | Command::Follow(_)
            | Command::NewLink
            | Command::Mute(_)
            | Command::Archive(_)
            | Command::RelayOnly(_)
            | Command::Pause(_)
            | Command::TellRead(_)
            | Command::TellTyping(_)
            | Command::Reclass { .. }
            | Command::Retry(_)
            | Command::Dismiss(_)
            | Command::Typing(_)
            | Command::Watch(_)
            | Command::Trace(_)
            | Command::Quote(_)
            | Command::Find(..)
            | Command::EndFind(_) => false,
        };
        let request = Request::Command { room, command };
        if self.led {
            return Ok(Some(request));
        }
        if !repeated {
            self.wait(request);
        }
        Ok(None)
    }

    fn send(
        &mut self,
        room: RoomId,
        drafts: &[Draft],
    ) -> Result<Option<Request>, (Vec<DraftId>, Refusal)> {
        let place = self.keep(room, drafts)?;
        Ok(self.begin(place))
    }

    fn keep_read(&mut self, room: RoomId, entries: &[EntryId]) {
        self.read.extend(entries.iter().map(|entry| (room, *entry)));
        self.read.drain(..self.read.len().saturating_sub(READ));
    }

    /// True if drafts are kept that were not answered.
    pub(crate) fn has_drafts(&self) -> bool {
        !self.drafts.is_empty()
    }

    fn wait(&mut self, request: Request) {
        if self.waiting.len() == REQUESTS {
            self.waiting.pop_front();
        }
        self.waiting.push_back(request);
    }

    /// Keeps drafts; says where.
    fn keep(&mut self, room: RoomId, drafts: &[Draft]) -> Result<u64, (Vec<DraftId>, Refusal)> {
        let Some(first) = drafts.first() else { return Ok(self.next_place) };
        if let Some(place) = self.places.get(&first.id) {
            return Ok(*place);
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
        Ok(self.next_place - 1)
    }

    /// What to send now that drafts were put into this place.
    fn begin(&mut self, place: u64) -> Option<Request> {
        if !self.led {
            return None;
        }
        if self.was_sent(place) || self.flying < WINDOW || self.is_urgent(place) {
            return self.dispatch(place);
        }
        None
    }

    fn was_sent(&self, place: u64) -> bool {
        place < self.unsent_from || self.ahead.contains(&place)
    }

    fn is_urgent(&self, place: u64) -> bool {
        let first = self.drafts.get(&place).and_then(|(_, drafts)| drafts.first());
        first.is_some_and(|draft| draft.priority == Priority::Urgent)
    }

    /// Counts what is in a place as sent.
    fn dispatch(&mut self, place: u64) -> Option<Request> {
        let (room, drafts) = self.drafts.get(&place)?.clone();
        if !self.was_sent(place) {
            self.flying += drafts.len();
            self.ahead.insert(place);
            while self.ahead.remove(&self.unsent_from) || self.is_empty(self.unsent_from) {
                self.unsent_from += 1;
            }
        }
        let command = match <[Draft; 1]>::try_from(drafts) {
            Ok([draft]) => Command::Send(draft),
            Err(together) => Command::SendTogether(together),
        };
        Some(Request::Command { room, command })
    }

    /// True if what was in a place is answered.
    fn is_empty(&self, place: u64) -> bool {
        place < self.next_place && !self.drafts.contains_key(&place)
    }

    /// What may be sent now that something was answered, in the order written.
    pub(crate) fn more(&mut self) -> Vec<Request> {
        let mut requests = Vec::new();
        while self.led && self.flying < WINDOW {
            let mut waiting = self.drafts.range(self.unsent_from..).map(|(place, _)| *place);
            let Some(next) = waiting.find(|place| !self.ahead.contains(place)) else { break };
            requests.extend(self.dispatch(next));
        }
        requests
    }

    /// All that has to go to a new leader at once.
    fn begin_anew(&mut self) -> Vec<Request> {
        (self.unsent_from, self.flying) = (0, 0);
        self.ahead.clear();
        let first = self.more();
        let waiting: Vec<u64> =
            self.drafts.range(self.unsent_from..).map(|(place, _)| *place).collect();
        let urgent = waiting.into_iter().filter(|place| self.is_urgent(*place));
        let urgent: Vec<u64> = urgent.collect();
        let urgent = urgent.into_iter().filter_map(|place| self.dispatch(place));
        let urgent: Vec<Request> = urgent.collect();
        first.into_iter().chain(urgent).collect()
    }

    /// There is a leader, perhaps another one: everything that it has to be asked.
    pub(crate) fn led(&mut self) -> Vec<Request> {
        self.led = true;
        let drafts = self.begin_anew();
        let asked = self.asked.iter().map(|(_, request)| request.clone());
        let open = self.open.iter().map(|room| Request::Open { room: *room });
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
            News::Left { room } => self.leave(room),
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
            News::Room { .. }
            | News::Link(_)
            | News::Rooms(_)
            | News::Summary(_)
            | News::Storage(_)
            | News::Wiped
            | News::Protection(_)
            | News::Guard { .. }
            | News::Locked
            | News::Backup { .. }
            | News::Fault(_) => {}
        }
    }

    /// Forgets all that was asked of a room: it is here no more.
    fn leave(&mut self, room: &RoomId) {
        let left = |request: &Request| match request {
            Request::Leave { room: of, .. }
            | Request::Open { room: of }
            | Request::Command { room: of, .. } => of == room,
            Request::Create { .. }
            | Request::Join { .. }
            | Request::Export { .. }
            | Request::Import { .. }
            | Request::Protect { .. }
            | Request::Lock { .. }
            | Request::Unlock { .. }
            | Request::Survey { .. }
            | Request::Worsen(_)
            | Request::Wipe { .. } => false,
        };
        self.asked.retain(|(_, request)| !left(request));
        self.waiting.retain(|request| !left(request));
        self.open.remove(room);
        self.names.remove(room);
        self.read.retain(|(of, _)| of != room);
        self.steers.leave(room);
        let of_room = |(of, drafts): &(RoomId, Vec<Draft>)| {
            drafts.first().filter(|_| of == room).map(|draft| draft.id)
        };
        let drafts: Vec<DraftId> = self.drafts.values().filter_map(of_room).collect();
        drafts.iter().for_each(|draft| self.forget(draft));
    }

    /// Forgets a draft, and all that it was to be seen together with.
    fn forget(&mut self, id: &DraftId) {
        let Some(place) = self.places.remove(id) else { return };
        let sent = self.was_sent(place);
        let drafts = self.drafts.remove(&place).map(|(_, drafts)| drafts).unwrap_or_default();
        self.flying -= if sent { drafts.len() } else { 0 };
        self.ahead.remove(&place);
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
