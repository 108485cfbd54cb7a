//! Inside: one stands at the door, hears who knocks, and answers.
//!
//! A knock stays in memory: nothing that somebody says who is not in is stored. To let somebody in
//! is a decision like any other; whoever hears of it tells the applicant, once it is stored.

use std::collections::{BTreeMap, BTreeSet};

use protocol::{ClientMessage, PeerId, Rendezvous, ServerMessage};

use crate::engine::Engine;
use crate::engine::calls::door::Doorway;
use crate::engine::commit::govern::Motion;
use crate::engine::tell::people::shown_name;
use crate::ids::{EntryHash, EpochId, MemberId};
use crate::io::Output;
use crate::limits;
use crate::members::applicants::{Applicant, Applicants, DoorAddress, Heard};
use crate::register::RegisterKind;
use crate::room::door::Door;
use crate::signal::knock::{Answer, Asking, Knock, Session, Threshold};
use crate::simulation::{Mark, mark};
use crate::view::{Event, Refusal, Role, SignalState};

/// The doors at which one stands, and who waits there.
#[derive(Debug, Default)]
pub struct Keeping {
    pub applicants: Applicants,
    doors: BTreeMap<EpochId, Stand>,
}

/// One of them.
#[derive(Debug)]
struct Stand {
    room: Rendezvous,
    you: Option<PeerId>,
}

impl Keeping {
    pub(super) fn lost(&mut self) {
        self.doors.clear();
        self.applicants.lost();
    }

    fn door_at(&self, room: &Rendezvous) -> Option<EpochId> {
        self.doors.iter().find(|(_, stand)| stand.room == *room).map(|(door, _)| *door)
    }
}

impl Engine {
    fn keeping(&mut self) -> Option<&mut Keeping> {
        match &mut self.doorway {
            Doorway::Inside(keeping) => Some(keeping),
            Doorway::Open | Doorway::Outside(_) => None,
        }
    }

    pub(super) fn on_door_inside(&mut self, message: &ServerMessage) -> bool {
        let Doorway::Inside(keeping) = &mut self.doorway else { return false };
        let room = match message {
            ServerMessage::Joined { room, .. }
            | ServerMessage::PeerJoined { room, .. }
            | ServerMessage::PeerLeft { room, .. }
            | ServerMessage::Signal { room, .. } => room,
            ServerMessage::Error { .. }
            | ServerMessage::Relays(_)
            | ServerMessage::Ping
            | ServerMessage::Pong => return false,
        };
        let Some(door) = keeping.door_at(room) else { return false };
        match message {
            ServerMessage::Joined { you, .. } => {
                if let Some(stand) = keeping.doors.get_mut(&door) {
                    stand.you = Some(*you);
                }
            }
            ServerMessage::PeerLeft { peer, .. } => keeping.applicants.left((door, *peer)),
            ServerMessage::Signal { from, payload, .. } => self.on_knock((door, *from), payload),
            ServerMessage::PeerJoined { .. }
            | ServerMessage::Error { .. }
            | ServerMessage::Relays(_)
            | ServerMessage::Ping
            | ServerMessage::Pong => {}
        }
        true
    }

    fn on_knock(&mut self, (door, from): DoorAddress, text: &str) {
        let (now, open) = (self.now, self.is_open());
        let Doorway::Inside(keeping) = &mut self.doorway else { return };
        let you = keeping.doors.get(&door).and_then(|stand| stand.you);
        let (Some(you), Some(keys)) = (you, self.ring.of(&door)) else { return };
        // While the store is read it is not known who is in; whoever knocks does so again.
        if !open || !keeping.applicants.may_speak(from, now.mono) {
            return;
        }
        let at = Threshold { room: &self.room, epoch: &door, applicant: from, keeper: you };
        let Ok(knock) = at.open_knock(keys, text) else { return };
        if knock.member == self.own.member || knock.member == self.record.founder() {
            return;
        }
        match &knock.asking {
            Asking::Leave => {
                let there = keeping.applicants.of(&knock.member).map(|waits| waits.at);
                if there == Some(Some(from)) {
                    keeping.applicants.take(&knock.member);
                }
            }
            Asking::Knock { name } => {
                mark(Mark::Knocked);
                let name = shown_name(name);
                let answer = self.weigh_knock((door, from), &knock, name);
                self.answer((door, from), (&knock.exchange.claimed(), &knock.session), &answer);
            }
        }
    }

    /// What somebody who knocks is told.
    fn weigh_knock(&mut self, at: DoorAddress, knock: &Knock, name: String) -> Answer {
        let role = self.role(&knock.member);
        if role == Role::Removed {
            return Answer::TurnedAway;
        }
        if role >= Role::Member
            && let Some(answer) = self.approval(&knock.member, &at.0)
        {
            return answer;
        }
        if at.0 != self.ring.current() {
            return Answer::Changed;
        }
        let (now, exchange, session) = (self.now, knock.exchange, knock.session);
        let (door, peer, since) = (at.0, Some(at.1), now.wall);
        let waits = Applicant { name, exchange, session, door, at: peer, since };
        let heard =
            self.keeping().map(|keeping| keeping.applicants.knock(knock.member, waits, now));
        match heard {
            Some(Heard::Waits) => Answer::Heard,
            Some(Heard::TurnedAway) => Answer::TurnedAway,
            Some(Heard::Full) | None => Answer::Later,
        }
    }

    /// The secret of a door's epoch as it was sealed to somebody, if it was.
    fn approval(&self, member: &MemberId, door: &EpochId) -> Option<Answer> {
        let (key, share) = self.governance.membership.share(member, door)?;
        Some(Answer::Approved { key, sealed: share.sealed.clone() })
    }

    fn answer(
        &mut self,
        (door, to): DoorAddress,
        whom: (&crate::crypto::exchange::ExchangeKey, &Session),
        answer: &Answer,
    ) {
        let Doorway::Inside(keeping) = &self.doorway else { return };
        let (Some(stand), Some(keys)) = (keeping.doors.get(&door), self.ring.of(&door)) else {
            return;
        };
        let (Some(you), room) = (stand.you, stand.room.clone()) else { return };
        let at = Threshold { room: &self.room, epoch: &door, applicant: to, keeper: you };
        let text = at.answer(keys, whom, answer, &mut self.random);
        self.say_at_door(room, to, text);
    }

    /// Tells somebody who waited what has become of it, if it is there.
    fn tell_applicant(&mut self, waited: &Applicant, answer: &Answer) {
        if let Some(at) = waited.at {
            self.answer((waited.door, at), (&waited.exchange.claimed(), &waited.session), answer);
        }
    }

    /// Decisions are stored: whoever was let in by one of them is a member, and is told so.
    pub(in crate::engine) fn welcome(&mut self, new: &BTreeSet<EntryHash>) {
        let admitted = self.governance.membership.effective();
        let admitted = admitted.filter(|ruled| new.contains(&ruled.hash));
        let admitted = admitted.filter_map(|ruled| {
            let ruling = &ruled.decision.ruling;
            Some((ruling.admitted()?.0, ruling.shares()?.epoch))
        });
        for (member, epoch) in admitted.collect::<Vec<_>>() {
            self.know(member);
            let waited = self.keeping().and_then(|keeping| keeping.applicants.take(&member));
            let answer = self.approval(&member, &epoch);
            if let (Some(waited), Some(answer)) = (waited, answer) {
                self.tell_applicant(&waited, &answer);
            }
        }
        self.hand_on_epoch();
    }

    /// Who was let in by this member into an epoch that others have ended meanwhile gets the secret
    /// of the one in force, too.
    fn hand_on_epoch(&mut self) {
        let (membership, current) = (&self.governance.membership, self.ring.current());
        if !self.may_seal() {
            return;
        }
        let mine = membership.effective().filter(|ruled| ruled.author() == self.own.member);
        let mine = mine.filter_map(|ruled| Some(ruled.decision.ruling.admitted()?.0));
        let lacks = |member: &MemberId| {
            membership.role(member) >= Role::Member
                && !membership.has_share(member, &current)
                && self.registers.of(&(*member, RegisterKind::EXCHANGE)).is_none()
        };
        let lacking: BTreeSet<MemberId> = mine.filter(lacks).collect();
        for member in lacking {
            self.governance.move_once(Motion::Approve(member));
        }
    }

    /// Tells somebody who waits that it is not let in.
    pub(in crate::engine) fn turn_away(&mut self, member: MemberId) {
        match self.role(&self.own.member) {
            Role::Removed => return self.refuse(None, Refusal::Removed),
            Role::Applicant => return self.refuse(None, Refusal::Outside),
            Role::Member | Role::Admin | Role::Founder => {}
        }
        let now = self.now.mono;
        let waited = self.keeping().and_then(|keeping| keeping.applicants.turn_away(member, now));
        match waited {
            Some(waited) => self.tell_applicant(&waited, &Answer::TurnedAway),
            None => self.refuse(None, Refusal::NoSuchMember),
        }
    }

    /// The door of the epoch in force, and those to which somebody may come who was let in there.
    fn wanted_doors(&self) -> Vec<EpochId> {
        if self.role(&self.own.member) < Role::Member {
            return vec![];
        }
        let mut wanted = vec![self.ring.current()];
        for (member, _, epoch) in self.governance.membership.admitted() {
            let came = self.registers.of(&(member, RegisterKind::EXCHANGE)).is_some();
            if !came && !wanted.contains(&epoch) && wanted.len() < limits::DOORS {
                wanted.push(epoch);
            }
        }
        wanted.retain(|epoch| self.ring.of(epoch).is_some());
        wanted
    }

    /// Stands at the doors where one is wanted, and at no others.
    pub(in crate::engine) fn stand_at_doors(&mut self) {
        let there = self.loads.is_ready() && self.peers.state != SignalState::Offline;
        let wanted = if there { self.wanted_doors() } else { vec![] };
        let Some(keeping) = self.keeping() else { return };
        let before: Vec<EpochId> = keeping.doors.keys().copied().collect();
        let current = self.ring.current();
        for door in before.iter().filter(|door| **door != current) {
            self.close_door(door);
        }
        for door in before.iter().filter(|door| !wanted.contains(door)) {
            self.close_door(door);
            self.leave_door(door);
        }
        for door in wanted.into_iter().filter(|door| !before.contains(door)) {
            let Some(keys) = self.ring.of(&door) else { continue };
            let room = Door::of(door, keys).keys().rendezvous();
            self.out.push_back(Output::Signal(ClientMessage::Join { room: room.clone() }));
            if let Some(keeping) = self.keeping() {
                keeping.doors.insert(door, Stand { room, you: None });
            }
        }
    }

    /// A door is closed: who waits there needs another link; whoever was let in may still come.
    fn close_door(&mut self, door: &EpochId) {
        let Some(keeping) = self.keeping() else { return };
        for waited in keeping.applicants.close(door) {
            self.tell_applicant(&waited, &Answer::Changed);
        }
    }

    fn leave_door(&mut self, door: &EpochId) {
        let stand = self.keeping().and_then(|keeping| keeping.doors.remove(door));
        if let Some(Stand { room, .. }) = stand {
            self.out.push_back(Output::Signal(ClientMessage::Leave { room }));
        }
    }

    pub(super) fn tell_applicants(&mut self) {
        let Some(keeping) = self.keeping() else { return };
        if std::mem::take(&mut keeping.applicants.stale) {
            let views = keeping.applicants.views();
            self.out.push_back(Output::Event(Event::Applicants(views)));
        }
    }
}
