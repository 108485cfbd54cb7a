//! The meetings at the signaling server: each epoch has one, and its secret leads there.
//!
//! One is at that of the epoch in force. Who was away when it opened comes to an earlier one, and is
//! met there until it has come on.

use protocol::{ClientMessage, Rendezvous};

use crate::engine::Engine;
use crate::ids::EpochId;
use crate::io::Output;

impl Engine {
    /// The epochs at whose meetings one is.
    pub(in crate::engine) fn meetings(&self) -> Vec<EpochId> {
        vec![self.ring.current()]
    }

    /// Asks to be let into the signaling room: only once offers can be answered.
    pub(in crate::engine) fn join(&mut self) {
        for meeting in self.meetings() {
            let Some(room) = self.ring.of(&meeting).map(|keys| keys.rendezvous()) else { continue };
            self.out.push_back(Output::Signal(ClientMessage::Join { room }));
        }
    }

    /// The epoch of a meeting at the server, if one is there.
    pub(super) fn meeting_at(&self, room: &Rendezvous) -> Option<EpochId> {
        let is =
            |epoch: &EpochId| self.ring.of(epoch).is_some_and(|keys| keys.rendezvous() == *room);
        self.meetings().into_iter().find(is)
    }
}
