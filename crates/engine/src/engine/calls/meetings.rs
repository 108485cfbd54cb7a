//! The meetings at the signaling server: each epoch has one, and its secret leads there.
//!
//! One is at that of the epoch in force. Who was away when it opened comes to an earlier one, and
//! is met there until it has come on.

use protocol::{ClientMessage, Rendezvous};

use crate::engine::Engine;
use crate::ids::EpochId;
use crate::io::Output;
use crate::limits;
use crate::link::Phase;
use crate::register::RegisterKind;
use crate::view::{Role, SignalState};

impl Engine {
    /// Asks to be let into the signaling room: only once offers can be answered.
    pub(in crate::engine) fn join(&mut self) {
        self.governance.meetings = self.wanted_meetings();
        for meeting in self.governance.meetings.clone() {
            self.attend(&meeting);
        }
    }

    fn attend(&mut self, meeting: &EpochId) {
        if let Some(room) = self.ring.of(meeting).map(|keys| keys.rendezvous()) {
            self.out.push_back(Output::Signal(ClientMessage::Join { room }));
        }
    }

    /// The epoch of a meeting at the server, if one is there.
    pub(super) fn meeting_at(&self, room: &Rendezvous) -> Option<EpochId> {
        let is =
            |epoch: &&EpochId| self.ring.of(epoch).is_some_and(|keys| keys.rendezvous() == *room);
        self.governance.meetings.iter().find(is).copied()
    }

    /// The meeting of the epoch in force, and those to which somebody may come who was away.
    fn wanted_meetings(&self) -> Vec<EpochId> {
        let current = self.ring.current();
        let membership = &self.governance.membership;
        let mut wanted = vec![current];
        for cell in self.registers.iter().filter(|cell| cell.kind == RegisterKind::EXCHANGE) {
            let away = cell.member != self.own.member
                && !wanted.contains(&cell.epoch)
                && membership.role(&cell.member) >= Role::Member
                && membership.has_share(&cell.member, &current);
            if away && self.ring.of(&cell.epoch).is_some() && wanted.len() < limits::MEETINGS {
                wanted.push(cell.epoch);
            }
        }
        wanted
    }

    /// Goes to other meetings, if that is due.
    pub(in crate::engine) fn tend_meetings(&mut self) {
        let there = self.loads.is_ready() && self.peers.state != SignalState::Offline;
        if !there || !std::mem::take(&mut self.governance.meetings_stale) {
            return;
        }
        let wanted = self.wanted_meetings();
        let before = std::mem::replace(&mut self.governance.meetings, wanted.clone());
        for meeting in before.iter().filter(|meeting| !wanted.contains(meeting)) {
            let Some(room) = self.ring.of(meeting).map(|keys| keys.rendezvous()) else { continue };
            self.out.push_back(Output::Signal(ClientMessage::Leave { room }));
            self.close_where(|link| {
                link.meeting == *meeting && matches!(link.phase, Phase::Calling)
            });
            self.peers.leave(meeting);
        }
        for meeting in wanted.iter().filter(|meeting| !before.contains(meeting)) {
            self.attend(meeting);
        }
    }
}
