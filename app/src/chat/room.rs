//! The room that is shown: the sum of the engine's events.

mod visit;

use browser::{
    Act, Admission, ApplicantView, Command, Draft, DraftId, EntryId, Event, Gap, LinkState,
    LiveMessage, MemberId, MemberView, Millis, Refusal, Role, RoomId, RoomView, RowState,
};
use browser::{SignalState, StorageState, StoreFault, Target, Treatment, Trouble};

use super::connection::Connection;
use super::people::Question;
use super::queue::QueueState;
use super::replies::Trail;
use super::rows::Arrived;
use super::trust::Checking;
use super::writing::Writing;
use super::{ChatState, Errand};
pub use visit::{Divider, Visit};

/// What is known of the room that is shown, apart from its messages.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RoomState {
    /// Which it is.
    pub room: Option<RoomId>,
    /// The room itself, once it was told.
    pub view: Option<RoomView>,
    /// All members known, oneself included.
    pub members: Vec<MemberView>,
    /// Those who were removed: what they said before still bears their names.
    pub removed: Vec<MemberView>,
    /// Whether anybody knows how it does.
    pub life: Life,
    /// Whether there are older messages.
    pub older: Older,
    /// How many own messages nobody else holds.
    pub pending: u64,
    /// Whether anybody can be reached.
    pub link: LinkState,
    /// Whether newcomers can find us; nothing until it was told.
    pub signal: Option<SignalState>,
    /// Messages known to exist that are not here yet.
    pub gaps: Vec<Gap>,
    /// Where oneself stands, in a room that approves its members.
    pub admission: Option<Admission>,
    /// Who waits at its door.
    pub applicants: Vec<ApplicantView>,
    /// The queue beside the list.
    pub queue: QueueState,
    /// How its connections do, while somebody looks.
    pub connection: Connection,
    /// What is new to the person in it.
    pub visit: Visit,
    /// What the composer is for.
    pub writing: Writing,
    /// The message whose way is looked at.
    pub looked: Option<EntryId>,
    /// The way to what a message answers.
    pub trail: Trail,
    /// What is asked about a member.
    pub asks: Option<Question>,
    /// What is compared with the member that is asked about.
    pub checking: Checking,
    /// How far another invite has come.
    pub renewal: Renewal,
    /// What went wrong last.
    pub problem: Option<Problem>,
    /// What has come in last, to be said aloud.
    pub news: Option<News>,
}

/// Whether what is shown of the room is so.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Life {
    /// What is stored is still being read: nothing is known.
    #[default]
    Opening,
    /// A worker tells how it does.
    On,
    /// One waits at its door: nothing of it is here.
    Outside,
    /// One was removed from it: what is here can be read, and that is all.
    Removed,
    /// This tab has ended: nothing that is done here has an effect any more.
    Ended,
}

impl Life {
    /// True if what is written in the room has somewhere to go.
    pub fn takes_words(self) -> bool {
        match self {
            Life::Opening | Life::On => true,
            Life::Outside | Life::Removed | Life::Ended => false,
        }
    }
}

/// How far another invite has come.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Renewal {
    /// None was asked for.
    #[default]
    None,
    /// It is being made.
    Waits {
        /// The invite that will be void.
        old: String,
    },
    /// The invite that is shown is the new one.
    Done,
    /// It was refused.
    Refused(Refusal),
}

/// Whether there are messages before the oldest shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Older {
    /// Not told yet: what is stored is still being read.
    #[default]
    Unknown,
    /// None.
    None,
    /// Some.
    More,
    /// Some, and they were asked for.
    Loading,
}

/// What there is to say in place of messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Company {
    /// One has founded the room, and nobody has come yet.
    Founder,
    /// One came by an invite, and has not met anybody yet.
    Guest,
    /// There are others.
    Others,
    /// One is not in the room.
    Outside,
}

impl RoomState {
    /// True while the first message that is new may still come: until then nothing counts as read
    /// that the list shows by itself.
    pub fn finds(&self) -> bool {
        self.visit.seeks() || self.visit.holds_at().is_some() && !self.gaps.is_empty()
    }

    /// The name of somebody who is, or was, in the room.
    pub fn name_of(&self, member: &MemberId) -> Option<&str> {
        let mut all = self.members.iter().chain(&self.removed);
        all.find(|view| view.member == *member).map(|view| view.name.as_str())
    }

    /// With whom one is here; nothing until it is known whether there are messages, or anybody.
    pub fn company(&self) -> Option<Company> {
        let view = self.view.as_ref().filter(|_| self.older != Older::Unknown)?;
        Some(match self.members.len() {
            _ if self.life == Life::Outside => Company::Outside,
            _ if self.life == Life::Removed => return None,
            0 | 1 if view.founder == view.me => Company::Founder,
            0 | 1 => Company::Guest,
            _ => Company::Others,
        })
    }
}

/// Something that went wrong in the room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// A command was refused.
    Refused(Refusal),
    /// Something went wrong by itself.
    Trouble(Trouble),
}

const NO_SPACE: Trouble = Trouble::Store(StoreFault::Full);

/// Messages that have just come in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct News {
    /// How many messages have come in since the room is shown, live ones among them.
    pub heard: usize,
    /// Who said the last of them.
    pub author: MemberId,
    /// What that says, if it has words.
    pub words: Option<String>,
}

impl RoomState {
    /// So many messages have come in; of the last, who said it and what.
    fn hear_of(&mut self, count: usize, author: MemberId, words: Option<String>) {
        let before = self.news.as_ref().map_or(0, |news| news.heard);
        self.news = Some(News { heard: before.saturating_add(count), author, words });
    }

    /// Whoever is blocked or muted says nothing new.
    fn is_quiet(&self, member: MemberId) -> bool {
        self.treatment(member) != Treatment::default()
    }

    /// Something was said live. That others have it now, too, is no news.
    fn hear_live(&mut self, message: LiveMessage) {
        let (author, words) = (message.author, message.text.clone());
        let own = self.view.as_ref().is_some_and(|view| view.me == author);
        if self.queue.say_live(message) && !own && !self.is_quiet(author) {
            self.hear_of(1, author, Some(words));
        }
    }
}

impl ChatState {
    pub(super) fn apply_room(&mut self, room: RoomId, event: Event) -> Vec<Errand> {
        if let Event::Found(found) = event {
            return self.hear_found(room, found);
        }
        if self.room.room != Some(room) {
            if let Some(writing) = self.aside.get_mut(&room) {
                writing.hear(&event);
            }
            return Vec::new();
        }
        self.room.writing.hear(&event);
        let errands = self.hear_room(event);
        self.room.settle_life();
        errands
    }

    fn hear_room(&mut self, event: Event) -> Vec<Errand> {
        match event {
            Event::Room(view) => {
                self.room.view = Some(view);
                self.note_invite();
            }
            Event::Members(members) => {
                let here = |view: &MemberView| view.role != Role::Removed;
                (self.room.members, self.room.removed) = members.into_iter().partition(here);
            }
            Event::Rows(new) => return self.settle_rows(new),
            Event::Changed(row) => return self.change_row(*row),
            Event::Moved(entries) => self.rows.rename(&entries),
            Event::Older { more } => {
                if self.room.life == Life::Opening {
                    self.room.life = Life::On;
                }
                return self.settle_older(more);
            }
            Event::Pending(pending) => self.room.pending = pending,
            Event::LinkState(state) => self.room.link = state,
            Event::SignalState(state) => self.room.signal = Some(state),
            Event::Gaps(gaps) => self.room.gaps = gaps,
            Event::Waiting(waiting) => {
                let ids: Vec<DraftId> = waiting.iter().map(|waiting| waiting.draft.id).collect();
                self.room.queue.waiting = waiting;
                return self.settle_drafts(&ids);
            }
            Event::Live(message) => {
                let draft = message.draft;
                self.room.hear_live(message);
                return self.settle_drafts(&[draft]);
            }
            Event::Cancelled(draft) | Event::Stored(draft) => return self.settle_drafts(&[draft]),
            Event::Undelivered(undelivered) => self.room.queue.undelivered = undelivered,
            Event::Queue(view) => {
                self.room.queue.past.note(&view, self.clock);
                self.room.queue.view = Some(view);
                return self.survey();
            }
            Event::Trace(trace) => self.room.queue.trace = Some(trace),
            Event::Quoted(quote) => self.rows.quote(*quote),
            Event::Comparison(comparison) => self.room.checking.comparison = Some(comparison),
            Event::Typing { member, typing } => self.room.queue.types(member, typing),
            Event::Refused { draft, reason } => return self.refuse_command(draft, reason),
            Event::Applicants(applicants) => self.room.applicants = applicants,
            Event::Admission(admission) => self.room.admission = Some(admission),
            Event::Trouble(trouble) => self.note_trouble(trouble),
            // Whichever room it is of, the search has it.
            Event::Found(_) => {}
        }
        Vec::new()
    }

    /// That there is no more space is told once, of the storage; what the server was caught at is
    /// not of this room alone.
    fn note_trouble(&mut self, trouble: Trouble) {
        if let Trouble::Server(what) = trouble {
            return self.note_misconduct(what);
        }
        let told = self.storage == Some(StorageState::Full);
        if !(told && trouble == NO_SPACE) {
            self.room.problem = Some(Problem::Trouble(trouble));
        }
    }

    /// There is space, or its absence is told of the storage.
    pub(super) fn end_lack_of_space(&mut self) {
        if self.room.problem == Some(Problem::Trouble(NO_SPACE)) {
            self.room.problem = None;
        }
    }

    /// Nobody tells any more how the room does: who is there, what waits and what travels are not
    /// known.
    pub(super) fn end_room(&mut self) {
        let room = &mut self.room;
        (room.life, room.link) = (Life::Ended, LinkState::Offline);
        room.signal = Some(SignalState::Offline);
        room.members.iter_mut().filter(|member| !member.me).for_each(|one| one.online = false);
        (room.queue, room.gaps) = (QueueState::default(), Vec::new());
        room.applicants.clear();
        room.settle_life();
    }

    /// Only what says something will be a row: reactions, edits and deletions will not.
    pub(super) fn write(&mut self, draft: Draft, wall: Millis) {
        if let Act::Edit(entry) = draft.act {
            let only = self.rows.of(&entry).and_then(|row| row.private);
            self.room.writing.revised.hand_over(draft.id, &draft.text, only);
        }
        let Some(view) = self.room.view.as_ref().filter(|_| draft.act.says()) else { return };
        self.rows.write(draft, view.me, wall);
    }

    /// A message that is shown here or is not: in between there may be others.
    fn change_row(&mut self, row: browser::Row) -> Vec<Errand> {
        self.rows.bring_up_to_date(row);
        self.follow_revision();
        Vec::new()
    }

    fn settle_rows(&mut self, new: Vec<browser::Row>) -> Vec<Errand> {
        let drafts: Vec<DraftId> = new.iter().filter_map(|row| row.draft).collect();
        let drafts = drafts.into_iter().map(Errand::Settled);
        // Until the engine has said whether there are older ones, it tells what was stored.
        let live = self.room.older != Older::Unknown;
        let worth = |row: &browser::Row| live && row.own && row.state == RowState::Saved;
        if new.iter().any(worth) {
            self.note_worth();
        }
        let top = self.rows.first().and_then(|row| row.order());
        let top = top.filter(|_| self.room.older == Older::Loading);
        let room = &self.room;
        let comes_in = |row: &browser::Row| {
            live && top.is_none_or(|top| row.order >= top) && !room.is_quiet(row.author)
        };
        let (history, unwatched) = (self.is_history(), self.unwatched);
        let is_missed = |row: &browser::Row| if row.unread { !history } else { unwatched };
        let Arrived { news, missed } = self.rows.settle(new, comes_in, is_missed);
        self.follow_revision();
        if let Some(last) = news.last() {
            self.room.hear_of(news.len(), last.author, last.words().map(str::to_owned));
        }
        let older = self.find_divider(&missed);
        self.hold();
        drafts.chain(older).collect()
    }

    /// A message is drawn that answers one which does not stand in the list.
    pub(super) fn ask_for(&mut self, target: Target) -> Vec<Errand> {
        self.rows.ask(target);
        let ask = |room| Errand::Command(room, Command::Quote(target));
        self.room.room.map(ask).into_iter().collect()
    }

    /// Drafts that will be no rows, or not yet, leave the list and need no repeating.
    fn settle_drafts(&mut self, drafts: &[DraftId]) -> Vec<Errand> {
        self.rows.withdraw(drafts);
        drafts.iter().copied().map(Errand::Settled).collect()
    }

    /// A refused message stays where it is until the person decides; anything else that was
    /// refused is told, and needs no repeating.
    fn refuse_command(&mut self, draft: Option<DraftId>, reason: Refusal) -> Vec<Errand> {
        if self.room.older == Older::Loading {
            self.room.older = Older::More;
            let full = matches!(reason, Refusal::WindowFull { .. });
            if full && (self.end_ways() | self.end_seeking()) {
                return Vec::new();
            }
        }
        if draft.is_none() && matches!(self.room.renewal, Renewal::Waits { .. }) {
            self.room.renewal = Renewal::Refused(reason.clone());
        }
        let shown = draft.is_some_and(|draft| self.rows.refuse(&draft, &reason));
        if shown {
            return Vec::new();
        }
        self.room.problem = Some(Problem::Refused(reason));
        draft.map(Errand::Settled).into_iter().collect()
    }
}
