//! What the person is told above the room or the form: conditions, not events.

use browser::{
    ClientRefusal, Conditions, Fault, MemberId, Misconduct, SignalState, StartError, StorageState,
};

use super::list::is_paused;
use super::{ChatState, Double, Errand, Life, Place, Problem, Request, Worker};

/// Something that a person should know, and may be able to act on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// The client cannot start, or has died.
    Worker(Worker),
    /// A room that was asked for was refused.
    Request(ClientRefusal),
    /// How the browser keeps what is stored.
    Storage(StorageState),
    /// It does not keep what is being written.
    Unkept,
    /// Something that the client found.
    Fault(Fault),
    /// Something that went wrong in the room.
    Problem(Problem),
    /// A member bears the name of another key.
    Double(Double),
    /// One was removed from the room.
    Removed,
    /// The signaling server cannot be reached.
    SignalLost,
    /// A newer build of this page is on this device, and waits for a word.
    Newer,
    /// The network lab makes connections worse than they are.
    Lab(Conditions),
    /// Nothing is handed on from the room that is shown.
    Paused,
}

/// How much a notice matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// Good to know; can be put away.
    Calm,
    /// Something does not work as it should; can be put away.
    Warning,
    /// Somebody may be deceived; can be put away.
    Alarm,
    /// Nothing works until it is dealt with.
    Stop,
}

impl Notice {
    /// How much it matters.
    pub fn weight(&self) -> Weight {
        match self {
            Notice::Worker(_) | Notice::Removed => Weight::Stop,
            Notice::Double(double) if double.of.verified => Weight::Alarm,
            Notice::Storage(state) => match state {
                StorageState::Open { .. } => Weight::Calm,
                StorageState::Full | StorageState::Unreadable { .. } => Weight::Warning,
                StorageState::Blocked
                | StorageState::Newer
                | StorageState::Deleted
                | StorageState::Refused { .. }
                | StorageState::Damaged { .. } => Weight::Stop,
            },
            Notice::Double(_)
            | Notice::Unkept
            | Notice::Request(_)
            | Notice::Fault(_)
            | Notice::Problem(_)
            | Notice::Lab(_)
            | Notice::Paused => Weight::Warning,
            Notice::SignalLost | Notice::Newer => Weight::Calm,
        }
    }

    /// True if the browser can be asked to keep what it may delete.
    pub fn is_of_keeping(&self) -> bool {
        *self == Notice::Storage(StorageState::Open { persistent: false })
    }

    /// The member that can be asked about at once.
    pub fn about(&self) -> Option<MemberId> {
        match self {
            Notice::Double(double) => Some(double.member),
            Notice::Worker(_)
            | Notice::Request(_)
            | Notice::Storage(_)
            | Notice::Unkept
            | Notice::Fault(_)
            | Notice::Problem(_)
            | Notice::Removed
            | Notice::SignalLost
            | Notice::Newer
            | Notice::Lab(_)
            | Notice::Paused => None,
        }
    }

    /// True if it can be put away without being dealt with.
    pub fn can_be_put_away(&self) -> bool {
        self.weight() != Weight::Stop && *self != Notice::Paused
    }

    /// True if loading the page again may help.
    pub fn is_helped_by_reload(&self) -> bool {
        match self {
            Notice::Worker(worker) => !matches!(
                worker,
                Worker::Impossible(StartError::NotSecure | StartError::Missing(_))
            ),
            Notice::Storage(state) => {
                state.is_gone() || matches!(state, StorageState::Blocked | StorageState::Newer)
            }
            Notice::Double(_)
            | Notice::Unkept
            | Notice::Request(_)
            | Notice::Fault(_)
            | Notice::Problem(_)
            | Notice::Removed
            | Notice::SignalLost
            | Notice::Newer
            | Notice::Lab(_)
            | Notice::Paused => false,
        }
    }
}

impl ChatState {
    /// What the person should be told now, the weightiest first. The loss of signaling is left to
    /// whoever has a clock: it is told only if it lasts.
    pub fn notices(&self) -> Vec<Notice> {
        let mut notices = Vec::new();
        if matches!(self.worker, Worker::Impossible(_) | Worker::Dead(_)) {
            notices.push(Notice::Worker(self.worker.clone()));
        }
        if let Request::Refused(refusal) = &self.request {
            notices.push(Notice::Request(refusal.clone()));
        }
        notices.extend(self.room_problem());
        if matches!(self.place, Place::Room(_)) {
            notices.extend(self.room.doubles().into_iter().map(Notice::Double));
        }
        if self.room.life == Life::Removed && matches!(self.place, Place::Room(_)) {
            notices.push(Notice::Removed);
        }
        notices.extend(self.faults.iter().cloned().map(Notice::Fault));
        let told = |state: &&StorageState| {
            !matches!(state, StorageState::Open { .. }) || self.is_at_risk()
        };
        let storage = self.storage.iter().filter(told);
        notices.extend(storage.cloned().map(Notice::Storage));
        notices.extend(self.unkept.then_some(Notice::Unkept));
        notices.extend(self.newer.then_some(Notice::Newer));
        let shown = self.room.room.filter(|_| matches!(self.place, Place::Room(_)));
        let paused = shown.is_some_and(|room| is_paused(&self.rooms, room));
        notices.extend(paused.then_some(Notice::Paused));
        notices.extend(self.lab.are_worse().then_some(Notice::Lab(self.lab)));
        notices.retain(|notice| !self.dismissed.contains(notice));
        notices.sort_by_key(|notice| std::cmp::Reverse(notice.weight()));
        notices
    }

    /// True while the signaling server cannot be reached from the room that is shown.
    pub fn signal_lost(&self) -> bool {
        matches!(self.place, Place::Room(_))
            && self.room.signal != Some(SignalState::Online)
            && !matches!(self.room.life, Life::Removed | Life::Ended)
            && !self.dismissed.contains(&Notice::SignalLost)
    }

    /// The browser keeps what is being written, or not any more. Whoever has put the notice away is
    /// told again the next time.
    pub(super) fn note_unkept(&mut self, unkept: bool) -> Vec<Errand> {
        self.unkept = unkept;
        if !unkept {
            self.dismissed.retain(|notice| *notice != Notice::Unkept);
        }
        Vec::new()
    }

    /// The person wants a notice gone.
    pub(super) fn dismiss(&mut self, notice: Notice) {
        match notice {
            Notice::Request(_) => self.request = Request::None,
            Notice::Problem(_) => self.room.problem = None,
            Notice::Double(_)
            | Notice::Storage(_)
            | Notice::Unkept
            | Notice::Fault(_)
            | Notice::Worker(_)
            | Notice::Removed
            | Notice::SignalLost
            | Notice::Newer
            | Notice::Lab(_)
            | Notice::Paused => {
                if !self.dismissed.contains(&notice) {
                    self.dismissed.push(notice);
                }
            }
        }
    }

    /// The signaling server breaks its rules, perhaps often and in many ways: there is one notice
    /// of it, and whoever has put that away has read it.
    pub(super) fn note_misconduct(&mut self, what: Misconduct) {
        self.misconduct = self.misconduct.saturating_add(1);
        let is_of_server = |fault: &Fault| matches!(fault, Fault::Server(_));
        let told = self.faults.iter().find(|fault| is_of_server(fault)).cloned();
        if told.is_none_or(|told| self.dismissed.contains(&Notice::Fault(told))) {
            self.faults.retain(|fault| !is_of_server(fault));
            self.faults.push(Fault::Server(what));
        }
    }

    fn room_problem(&self) -> Option<Notice> {
        let shown = matches!(self.place, Place::Room(_));
        self.room.problem.clone().filter(|_| shown).map(Notice::Problem)
    }
}
