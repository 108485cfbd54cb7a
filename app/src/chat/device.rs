//! What a person does about all that is stored on this device.
//!
//! ```text
//!  Rests ──► Asks(choices) ──► Asks(wipe?) ──► sure ──► Wiping ──► Wiped: the page begins anew
//! ```

use browser::{Gist, RoomSummary};

use super::{ChatState, Errand};

/// What the dialog about this device shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Device {
    /// It is closed.
    #[default]
    Rests,
    /// It asks something.
    Asks(DeviceQuestion),
    /// All that is stored is being deleted: nothing can be asked or taken back any more.
    Wiping,
}

/// What can be asked about this device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeviceQuestion {
    /// What is to be done.
    Choices,
    /// Whether all that is stored is to be deleted.
    Wipe,
}

/// Something that a person does about this device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeviceDeed {
    /// Opens the dialog with a question, or closes it.
    Ask(Option<DeviceQuestion>),
    /// Deletes everything: asked before, or begun before the page was loaded.
    Wipe,
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
        pending: gists().map(|gist: &Gist| gist.pending).sum(),
        waiting: gists().map(|gist| gist.waiting).sum(),
        unknown: rooms.iter().filter(|summary| summary.gist.is_none()).count(),
    }
}

impl ChatState {
    pub(super) fn manage(&mut self, deed: DeviceDeed) -> Vec<Errand> {
        match (deed, self.device) {
            // A dialog that closes while its work is being done asks nothing.
            (_, Device::Wiping) => Vec::new(),
            (DeviceDeed::Ask(question), _) => {
                self.device = question.map_or(Device::Rests, Device::Asks);
                Vec::new()
            }
            (DeviceDeed::Wipe, _) => {
                self.device = Device::Wiping;
                vec![Errand::Wipe]
            }
        }
    }
}
