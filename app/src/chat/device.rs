//! What a person does about all that is stored on this device.
//!
//! ```text
//!  Rests ──► Asks(choices) ──► Asks(wipe?) ──► Wiping ──► Wiped: the page begins anew
//!                         ├──► Asks(export?) ──► Exporting ──► Exported  ┐ or Failed, and all on
//!                         └──► Asks(import?) ──► Importing ──► Imported  ┘ the device is as it was
//! ```
//! Files and passphrases are not here: the container has them.

mod closing;
mod space;

use browser::{BackupNews, ClientRefusal, Gist, RoomSummary};

pub use self::closing::{Closing, at_stake, closing_of};
pub use self::space::{Keeping, Stock};
use super::{ChatState, Errand};

/// Bytes of a file that are handed over at once.
pub const PART_BYTES: u64 = 256 * 1024;

/// What the dialog about this device shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Device {
    /// It is closed.
    #[default]
    Rests,
    /// It asks something.
    Asks(DeviceQuestion),
    /// All that is stored is being deleted: nothing can be asked or taken back any more.
    Wiping,
    /// A backup is being made; so many bytes of it are ready.
    Exporting(u64),
    /// It is made, of so many rooms.
    Exported(u32),
    /// A backup is being taken in.
    Importing {
        /// Bytes that were handed over.
        sent: u64,
        /// Bytes of the file.
        total: u64,
    },
    /// It is taken in.
    Imported {
        /// Rooms that are new on this device.
        added: u32,
        /// Rooms that were here already, and are as they were.
        known: u32,
    },
    /// It came to nothing, and why.
    Failed(DeviceQuestion, BackupFailure),
}

/// What can be asked about this device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeviceQuestion {
    /// What is to be done.
    Choices,
    /// Whether all that is stored is to be deleted.
    Wipe,
    /// With which passphrase a backup is to be made.
    Export,
    /// Which backup is to be taken in.
    Import,
    /// What is to be done about the passphrase.
    Passphrase,
}

/// Why a backup came to nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BackupFailure {
    /// It was refused.
    Refused(ClientRefusal),
    /// Another tab does the work now, and knows nothing of it.
    Interrupted,
    /// The browser does not read or write the file.
    Unreadable,
}

/// Something that a person does about this device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeviceDeed {
    /// Opens the dialog with a question, or closes it.
    Ask(Option<DeviceQuestion>),
    /// Deletes everything: asked before, or begun before the page was loaded.
    Wipe,
    /// Wants the browser to keep what is stored.
    Keep,
    /// A backup was asked for.
    Export,
    /// A backup of so many bytes is to be taken in.
    Import(u64),
    /// The browser does not read the file that is being taken in, or write the one that was made.
    Unreadable,
}

/// What is lost with all that is stored, as far as it is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Loss {
    /// Rooms on this device.
    pub rooms: usize,
    /// Own messages that nobody else holds.
    pub pending: u64,
    /// Messages that wait for their time.
    pub waiting: u32,
    /// Rooms of which it is not known yet, as they are still being read.
    pub unknown: usize,
}

/// What is lost with these rooms.
pub fn loss_of(rooms: &[RoomSummary]) -> Loss {
    let gists = || rooms.iter().filter_map(|summary| summary.gist.as_ref());
    Loss {
        rooms: rooms.len(),
        pending: gists().map(|gist: &Gist| gist.held_alone).sum(),
        waiting: gists().map(|gist| gist.waiting).sum(),
        unknown: rooms.iter().filter(|summary| summary.gist.is_none()).count(),
    }
}

impl Device {
    /// What is being done, and can be given up.
    fn task(&self) -> Option<DeviceQuestion> {
        match self {
            Device::Exporting(_) => Some(DeviceQuestion::Export),
            Device::Importing { .. } => Some(DeviceQuestion::Import),
            Device::Rests
            | Device::Asks(_)
            | Device::Wiping
            | Device::Exported(_)
            | Device::Imported { .. }
            | Device::Failed(..) => None,
        }
    }
}

impl ChatState {
    pub(super) fn manage(&mut self, deed: DeviceDeed) -> Vec<Errand> {
        if self.device == Device::Wiping {
            // A dialog that closes while its work is being done asks nothing.
            return Vec::new();
        }
        match deed {
            DeviceDeed::Ask(question) => {
                self.forget_refusal();
                let given_up = self.device.task().map(|_| Errand::DropBackup);
                self.device = question.map_or(Device::Rests, Device::Asks);
                let looks = question == Some(DeviceQuestion::Choices);
                let measured = if looks { self.look_at_space() } else { Vec::new() };
                given_up.into_iter().chain(measured).collect()
            }
            DeviceDeed::Keep => self.ask_to_keep(),
            DeviceDeed::Wipe => {
                self.device = Device::Wiping;
                vec![Errand::Wipe]
            }
            DeviceDeed::Export => {
                self.device = Device::Exporting(0);
                Vec::new()
            }
            DeviceDeed::Import(total) => {
                self.device = Device::Importing { sent: 0, total };
                Vec::new()
            }
            DeviceDeed::Unreadable => {
                if let Device::Exported(_) = self.device {
                    // Made, and not saved.
                    self.device = Device::Exporting(0);
                }
                self.fail_backup(BackupFailure::Unreadable)
            }
        }
    }

    /// The client said something of a backup.
    pub(super) fn hear_of_backup(&mut self, news: BackupNews) -> Vec<Errand> {
        match (news, &mut self.device) {
            (BackupNews::Part(bytes), Device::Exporting(ready)) => {
                *ready += u64::try_from(bytes.len()).unwrap_or_default();
                vec![Errand::KeepPart(bytes)]
            }
            (BackupNews::Made { rooms }, Device::Exporting(_)) => {
                self.device = Device::Exported(rooms);
                vec![Errand::SaveBackup]
            }
            (BackupNews::Taken, Device::Importing { sent, total }) if *sent < *total => {
                let from = *sent;
                *sent = (from + PART_BYTES).min(*total);
                vec![Errand::SendPart(from, *sent)]
            }
            (BackupNews::Taken, Device::Importing { .. }) => vec![Errand::EndParts],
            (BackupNews::Imported { added, known }, Device::Importing { .. }) => {
                self.device = Device::Imported { added, known };
                Vec::new()
            }
            (BackupNews::Refused(refusal), _) => self.fail_backup(BackupFailure::Refused(refusal)),
            // Of one that was given up.
            (
                BackupNews::Part(_)
                | BackupNews::Made { .. }
                | BackupNews::Taken
                | BackupNews::Imported { .. },
                _,
            ) => Vec::new(),
        }
    }

    /// What is being done comes to nothing; nothing else is.
    pub(super) fn fail_backup(&mut self, failure: BackupFailure) -> Vec<Errand> {
        let Some(task) = self.device.task() else { return Vec::new() };
        self.device = Device::Failed(task, failure);
        vec![Errand::DropBackup]
    }
}
