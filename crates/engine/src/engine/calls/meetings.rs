//! The meetings at the signaling server: each epoch has one, and its secret leads there.
//!
//! One is at that of the epoch in force. Who was away when it opened comes to an earlier one, and
//! is met there until it has come on.

use std::collections::BTreeSet;

use protocol::{ClientMessage, Rendezvous};

use crate::engine::Engine;
use crate::ids::{EpochId, MemberId};
use crate::io::Output;
use crate::limits;
use crate::link::Phase;
use crate::register::RegisterKind;
use crate::view::{Role, SignalState};

impl Engine {
    /// Asks to be let into the signaling room: only once offers can be answered.
    pub(in crate::engine) fn join(&mut self) {
        if self.is_outside() {
            return self.join_door();
        }
        self.stand_at_doors();
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

    /// The meeting of the epoch in force, and those to which somebody may come who was away: where
    /// it was last heard of, and those of all epochs since, of which it may know some.
    fn wanted_meetings(&self) -> Vec<EpochId> {
        let current = self.ring.current();
        let membership = &self.governance.membership;
        if self.role(&self.own.member) == Role::Removed {
            return Vec::new();
        }
        let cells = self.registers.iter().filter(|cell| cell.kind == RegisterKind::EXCHANGE);
        let away = cells.filter(|cell| {
            cell.member != self.own.member
                && cell.epoch != current
                && membership.role(&cell.member) >= Role::Member
                && membership.has_share(&cell.member, &current)
        });
        let mut heard: BTreeSet<EpochId> = away.map(|cell| cell.epoch).collect();
        // Whoever was let in and has not been inside yet comes with the secret that it got.
        let came =
            |member: &MemberId| self.registers.of(&(*member, RegisterKind::EXCHANGE)).is_some();
        let admitted = membership.admitted().filter(|(member, _, epoch)| {
            !came(member) && *epoch != current && membership.has_share(member, &current)
        });
        heard.extend(admitted.map(|(.., epoch)| epoch));
        let mut wanted = vec![current];
        let mut attend = |epoch: EpochId| {
            let known = self.ring.of(&epoch).is_some();
            if known && !wanted.contains(&epoch) && wanted.len() < limits::MEETINGS {
                wanted.push(epoch);
            }
        };
        heard.iter().copied().for_each(&mut attend);
        let mut open = heard;
        for epoch in membership.epochs_newest_first() {
            if open.is_empty() {
                break;
            }
            attend(epoch);
            open.remove(&epoch);
        }
        wanted
    }

    /// Ends every connection: the room is left on this device. Whoever drives it stores nothing of
    /// it any more, and leaves its meetings.
    pub fn hang_up(&mut self) {
        self.close_where(|_| true);
    }

    /// Goes to other meetings, if that is due.
    pub(in crate::engine) fn tend_meetings(&mut self) {
        let there = self.loads.is_ready() && self.peers.state != SignalState::Offline;
        if !there || self.is_outside() || !std::mem::take(&mut self.governance.meetings_stale) {
            return;
        }
        self.stand_at_doors();
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
        if wanted.is_empty() {
            self.peers.reset(SignalState::Offline);
        }
    }
}
