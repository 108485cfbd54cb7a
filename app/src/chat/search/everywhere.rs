//! The search in all rooms: which of them are read, what was found in each, and the way to it.
//!
//! ```text
//!  Waits ──► Reads ──► Over       a room; a few are read at once, so that none holds up another
//!  Go ──► the room opens ──► older messages are read ──► Arrived, or Missed
//! ```
//! It ends with whatever else is looked for, and where the person goes by another way. What was
//! found stays while one goes from match to match.

use browser::{Command, EntryId, FindId, Found, FoundEnd, Match, RoomId, limits};

use crate::chat::{ChatState, Errand, Older, Place};

/// Rooms that are read at once.
const AT_ONCE: usize = 4;

/// See the module.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Everywhere {
    /// True while all rooms are searched, and not the one that is shown.
    pub on: bool,
    /// What is looked for, without spaces around it.
    pub text: String,
    /// The rooms, in the order in which they were listed when it began.
    pub rooms: Vec<Sought>,
    /// Where the reader is to be led.
    pub goal: Goal,
    find: Option<FindId>,
}

/// A room that is searched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sought {
    /// Which.
    pub room: RoomId,
    /// What was found in it, newest first.
    pub matches: Vec<Match>,
    /// How far it was read.
    pub progress: Progress,
}

/// How far a room was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Others come first.
    Waits,
    /// It is being read.
    Reads,
    /// Nothing more comes.
    Over(FoundEnd),
}

/// Where the reader is to be led.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Goal {
    /// Nowhere.
    #[default]
    None,
    /// To this message of this room.
    Ahead(RoomId, EntryId),
    /// What was to be shown cannot be shown.
    Missed,
}

/// What is to be done to come to the goal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lead {
    /// Nothing, or nothing yet.
    Waits,
    /// Older messages have to be read than these so many.
    Older(usize),
    /// The message is there.
    Here(EntryId),
    /// It is not in the list, and will not be.
    Absent,
}

/// Something that a person does about it, or that comes of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seek {
    /// Searches in all rooms from now on, or not any more.
    Everywhere(bool),
    /// Looks for all words of this text.
    Words(String, FindId),
    /// Goes to what was found.
    Go(RoomId, EntryId),
    /// Is there.
    Arrived,
    /// Cannot get there.
    Missed,
}

impl Everywhere {
    /// How many were found, and in how many rooms.
    pub fn count(&self) -> (usize, usize) {
        let some = self.rooms.iter().map(|it| it.matches.len()).filter(|count| *count > 0);
        (some.clone().sum(), some.count())
    }

    /// True while more may be found.
    pub fn goes_on(&self) -> bool {
        self.rooms.iter().any(|it| !matches!(it.progress, Progress::Over(_)))
    }

    /// True if the reader is to be led into this room.
    pub fn leads_to(&self, room: RoomId) -> bool {
        matches!(self.goal, Goal::Ahead(to, _) if to == room)
    }

    /// True if the reader is to be led anywhere.
    pub fn is_led(&self) -> bool {
        matches!(self.goal, Goal::Ahead(..))
    }

    /// A room that is searched.
    pub fn of(&self, room: RoomId) -> Option<&Sought> {
        self.rooms.iter().find(|it| it.room == room)
    }

    /// Asks as many rooms as may be read at once.
    fn ask(&mut self) -> Vec<Errand> {
        let Some(find) = self.find else { return Vec::new() };
        let reads = self.rooms.iter().filter(|it| it.progress == Progress::Reads).count();
        let next = self.rooms.iter_mut().filter(|it| it.progress == Progress::Waits);
        let next = next.take(AT_ONCE.saturating_sub(reads)).map(|it| {
            it.progress = Progress::Reads;
            Errand::Command(it.room, Command::Find(find, self.text.clone()))
        });
        next.collect()
    }

    /// Another tab searches: two that ended each other's search in turn would find nothing.
    fn give_way(&mut self) {
        let unread = self.rooms.iter_mut().filter(|it| !matches!(it.progress, Progress::Over(_)));
        unread.for_each(|it| it.progress = Progress::Over(FoundEnd::Ended));
    }

    /// Looks for nothing any more.
    fn stop(&mut self) -> Vec<Errand> {
        let last = std::mem::take(self);
        let Some(find) = last.find else { return Vec::new() };
        let read = last.rooms.iter().filter(|it| it.progress == Progress::Reads);
        read.map(|it| Errand::Command(it.room, Command::EndFind(find))).collect()
    }
}

impl ChatState {
    pub(in crate::chat) fn seek(&mut self, seek: Seek) -> Vec<Errand> {
        match seek {
            Seek::Everywhere(on) if on == self.everywhere.on => Vec::new(),
            Seek::Everywhere(on) => {
                let errands = self.everywhere.stop();
                self.everywhere.on = on;
                errands
            }
            Seek::Words(text, find) => self.seek_words(text.trim(), find),
            Seek::Go(room, entry) => {
                self.everywhere.goal = Goal::Ahead(room, entry);
                if self.place == Place::Room(room) { Vec::new() } else { self.go(room) }
            }
            Seek::Arrived => {
                self.everywhere.goal = Goal::None;
                Vec::new()
            }
            Seek::Missed => {
                self.everywhere.goal = Goal::Missed;
                Vec::new()
            }
        }
    }

    fn seek_words(&mut self, text: &str, find: FindId) -> Vec<Errand> {
        if !self.everywhere.on || text == self.everywhere.text {
            return Vec::new();
        }
        let mut errands = self.everywhere.stop();
        self.everywhere.on = true;
        if !text.is_empty() {
            let waits = |room| Sought { room, matches: Vec::new(), progress: Progress::Waits };
            self.everywhere.rooms = self.rooms.iter().map(|it| waits(it.room)).collect();
            (self.everywhere.text, self.everywhere.find) = (text.to_owned(), Some(find));
            errands.extend(self.everywhere.ask());
        }
        errands
    }

    /// Something of what is looked for was found.
    pub(in crate::chat) fn hear_found(&mut self, room: RoomId, found: Found) -> Vec<Errand> {
        let right = self.everywhere.find == Some(found.find);
        let is_read = |it: &&mut Sought| it.room == room && it.progress == Progress::Reads;
        let mut rooms = self.everywhere.rooms.iter_mut();
        let Some(sought) = rooms.find(is_read).filter(|_| right) else { return Vec::new() };
        sought.matches.extend(found.matches);
        match found.end {
            Some(FoundEnd::Ended) => {
                self.everywhere.give_way();
                Vec::new()
            }
            Some(end) => {
                sought.progress = Progress::Over(end);
                self.everywhere.ask()
            }
            None => Vec::new(),
        }
    }

    /// Another worker does the work, and knows nothing of what was asked.
    pub(in crate::chat) fn seek_again(&mut self) -> Vec<Errand> {
        for sought in &mut self.everywhere.rooms {
            if sought.progress == Progress::Reads {
                (sought.progress, sought.matches) = (Progress::Waits, Vec::new());
            }
        }
        self.everywhere.ask()
    }

    /// A room is gone: nothing is found in it.
    pub(in crate::chat) fn seek_without(&mut self, room: RoomId) -> Vec<Errand> {
        self.everywhere.rooms.retain(|it| it.room != room);
        if self.everywhere.leads_to(room) {
            self.everywhere.goal = Goal::Missed;
        }
        self.everywhere.ask()
    }

    /// The person goes elsewhere than to what was found.
    pub(in crate::chat) fn stop_seeking(&mut self, towards: Option<RoomId>) -> Vec<Errand> {
        match towards.is_some_and(|room| self.everywhere.leads_to(room)) {
            true => Vec::new(),
            false => self.everywhere.stop(),
        }
    }

    /// What is to be done to come to the goal.
    pub fn lead(&self) -> Lead {
        let Goal::Ahead(room, entry) = self.everywhere.goal else { return Lead::Waits };
        self.way_to(room, entry)
    }

    /// What is to be done to come to a message. Not before the room has found where a visit begins:
    /// that would lead the reader away again.
    pub(in crate::chat) fn way_to(&self, room: RoomId, entry: EntryId) -> Lead {
        let here = self.place == Place::Room(room) && self.room.room == Some(room);
        match self.room.older {
            _ if !here => Lead::Waits,
            Older::Unknown | Older::Loading => Lead::Waits,
            Older::None | Older::More if self.rows.of(&entry).is_some() => Lead::Here(entry),
            Older::More if self.rows.len() < limits::WINDOW_ROWS => Lead::Older(self.rows.len()),
            Older::None | Older::More => Lead::Absent,
        }
    }
}
