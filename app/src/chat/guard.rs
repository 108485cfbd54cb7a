//! The passphrase of this device, and whether all is locked by it.
//!
//! ```text
//!  Locked ── unlocked: the client is ready ──► open ── lock, left alone ──► the page begins anew
//!    └─ asked ──► Waiting ──► Refused(why)
//! ```
//! Passphrases are not here: the container hands them to the client.

use browser::{GuardRefusal, Phase, Protection, RoomId};

use super::{ChatState, Errand, Overlay, Task, Worker, Writing};

/// Minutes after which a device that nobody touches can be locked; 0 is never.
pub const IDLE_MINUTES: [u16; 4] = [0, 5, 15, 60];

/// What is known of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Guard {
    /// The passphrase, if there is one.
    pub shield: Option<Shield>,
    /// What was asked about it last.
    pub asked: Asked,
    /// Nothing is known before somebody unlocks.
    pub locked: bool,
    /// The device was locked or sealed when the page was there last.
    pub expected: bool,
}

/// What is known of a passphrase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shield {
    /// How far what is stored is sealed.
    pub phase: Phase,
    /// After so many minutes without a touch all is locked; 0 is never.
    pub idle_minutes: u16,
}

/// What has become of what was asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Asked {
    /// Nothing was asked.
    #[default]
    Nothing,
    /// It is being done.
    Waiting,
    /// It is done.
    Done,
    /// It was refused.
    Refused(GuardRefusal),
}

/// Something that a person does about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GuardDeed {
    /// The page has found that this device is sealed.
    Expect,
    /// The client is asked for something.
    Ask,
    /// All is to be locked.
    Lock,
}

impl ChatState {
    pub(super) fn guard(&mut self, deed: GuardDeed) -> Vec<Errand> {
        match deed {
            GuardDeed::Expect => {
                self.guard.expected = true;
                Vec::new()
            }
            GuardDeed::Ask => {
                self.guard.asked = Asked::Waiting;
                Vec::new()
            }
            GuardDeed::Lock => {
                self.guard.asked = Asked::Waiting;
                vec![Errand::Lock]
            }
        }
    }

    /// The client said whether there is a passphrase.
    pub(super) fn hear_of_protection(&mut self, protection: Option<Protection>) -> Vec<Errand> {
        self.guard.shield = protection.as_ref().map(|protection| Shield {
            phase: protection.phase,
            idle_minutes: protection.idle_minutes,
        });
        let unsealing = self.guard.shield.is_some_and(|shield| shield.phase == Phase::Unsealing);
        let seal = Errand::Seal(protection.map(|protection| protection.seal));
        // While its key is still there: whoever dies later leaves nothing that nobody can open.
        let open = unsealing.then_some(Errand::Seal(None));
        std::iter::once(seal).chain(open).collect()
    }

    /// What was asked is done, or refused.
    pub(super) fn hear_of_guard(&mut self, outcome: Result<(), GuardRefusal>) -> Vec<Errand> {
        self.guard.asked = match outcome {
            Ok(()) => Asked::Done,
            Err(refusal) => Asked::Refused(refusal),
        };
        Vec::new()
    }

    /// Nothing is known before somebody unlocks.
    pub(super) fn stay_locked(&mut self) -> Vec<Errand> {
        self.guard.locked = true;
        self.overlay = Overlay::None;
        // Whoever was asked may be gone: it can be typed again.
        self.interrupt_guard();
        self.end_wait();
        Vec::new()
    }

    /// Somebody has unlocked, or nothing was locked.
    pub(super) fn unlock(&mut self) {
        (self.guard.locked, self.guard.expected) = (false, false);
        self.guard.asked = Asked::Nothing;
    }

    /// Something else is asked: what became of the last is of no interest any more.
    pub(super) fn forget_refusal(&mut self) {
        if self.guard.asked != Asked::Waiting {
            self.guard.asked = Asked::Nothing;
        }
    }

    /// Another worker does the work, and knows of nothing that was asked.
    pub(super) fn interrupt_guard(&mut self) {
        if self.guard.asked == Asked::Waiting {
            self.guard.asked = Asked::Refused(GuardRefusal::Interrupted);
        }
    }

    /// All was locked: the page begins anew, and forgets what it shows. Changes of what was said
    /// that are not sent stay with what stands in the composer.
    pub(super) fn shut(&mut self) -> Vec<Errand> {
        self.worker = Worker::Ended;
        self.guard.locked = true;
        let here = self.room.room.map(|room| (room, &self.room.writing));
        let aside = self.aside.iter().map(|(room, writing)| (*room, writing));
        let unsent = |(room, writing): (RoomId, &Writing)| {
            let changed = writing.changed.clone().filter(|text| !text.trim().is_empty())?;
            let only = match &writing.task {
                Task::New => return None,
                Task::Edit(entry) => self.rows.of(entry).and_then(|row| row.private),
                Task::Replace(draft) => draft.act.to(),
                Task::Resend(_, manner) | Task::Anew(manner) => manner.act.to(),
            };
            Some(Errand::KeepWords(room, changed, only))
        };
        let mut errands: Vec<Errand> = here.into_iter().chain(aside).filter_map(unsent).collect();
        errands.push(Errand::Reload);
        errands
    }
}
