//! Outside: one knocks at everybody who is at the door, and hears what they say.
//!
//! Who there is a member shows when it answers: other applicants cannot. The last word of members
//! counts as it comes, but for an approval, which holds whatever was said before: it is a decision,
//! and proves itself by the secret that it brings.

use std::collections::BTreeMap;

use protocol::{ClientMessage, PeerId, ServerMessage};
use zeroize::Zeroizing;

use crate::crypto::share;
use crate::engine::Engine;
use crate::engine::calls::door::Doorway;
use crate::engine::calls::door::inside::Keeping;
use crate::engine::tell::people::shown_name;
use crate::io::{Millis, Output};
use crate::limits;
use crate::register::{Profile, RegisterKind};
use crate::room::invite::Invite;
use crate::room::record::Plea;
use crate::signal::knock::{Answer, Asking as Said, Session, Threshold};
use crate::view::{Admission, Command, Draft, Event, FoundEnd, Refusal, SignalState};

/// Somebody else who is at the door.
#[derive(Debug)]
struct Other {
    /// When to knock next.
    knock_at: Millis,
    /// Knocks without an answer, in a row.
    unheard: u32,
    /// It has answered, so it is a member.
    heard: bool,
}

/// What becomes of one who asks.
#[derive(Debug)]
pub struct Asking {
    session: Session,
    you: Option<PeerId>,
    others: BTreeMap<PeerId, Other>,
    /// Approved: the record is being stored.
    entering: bool,
    told: Option<Admission>,
}

impl Asking {
    /// Asks from now on. `session` is drawn for it.
    pub fn new(session: Session) -> Asking {
        Asking { session, you: None, others: BTreeMap::new(), entering: false, told: None }
    }

    pub(super) fn deadline(&self) -> Option<Millis> {
        self.you?;
        self.others.values().map(|other| other.knock_at).min()
    }

    pub(super) fn lost(&mut self) {
        self.you = None;
        self.others.clear();
    }

    pub(super) fn admission(&self, plea: Option<Plea>) -> Admission {
        let heard = self.others.values().filter(|other| other.heard).count();
        match plea {
            _ if self.entering => Admission::Approved,
            Some(Plea::Asks) | None => {
                Admission::Waiting { heard: u32::try_from(heard).unwrap_or(u32::MAX) }
            }
            Some(Plea::TurnedAway) => Admission::TurnedAway,
            Some(Plea::Closed) => Admission::LinkChanged,
        }
    }

    fn meets(&mut self, peer: PeerId, now: Millis) {
        if self.others.len() < limits::PEERS && self.you != Some(peer) {
            let new = Other { knock_at: now, unheard: 0, heard: false };
            self.others.entry(peer).or_insert(new);
        }
    }

    /// Everybody is knocked at again.
    fn begin(&mut self, session: Session, now: Millis) {
        self.session = session;
        for other in self.others.values_mut() {
            *other = Other { knock_at: now, unheard: 0, heard: false };
        }
    }

    /// Nobody is knocked at any more. Gives the others.
    fn end(&mut self) -> Vec<PeerId> {
        for other in self.others.values_mut() {
            other.heard = false;
        }
        self.others.keys().copied().collect()
    }

    /// The next who are due are knocked at now.
    fn due(&mut self, now: Millis) -> Vec<PeerId> {
        let mut due = Vec::new();
        for (peer, other) in self.others.iter_mut().filter(|(_, other)| other.knock_at <= now) {
            let doubled = limits::KNOCK_BACKOFF << other.unheard.min(8);
            other.knock_at = now + doubled.min(limits::KNOCK_EVERY);
            other.unheard = other.unheard.saturating_add(1);
            due.push(*peer);
        }
        due
    }

    fn is_heard(&mut self, by: PeerId, now: Millis) {
        if let Some(other) = self.others.get_mut(&by) {
            (other.heard, other.knock_at) = (true, now + limits::KNOCK_EVERY);
        }
    }
}

impl Engine {
    fn asking(&mut self) -> Option<&mut Asking> {
        match &mut self.doorway {
            Doorway::Outside(asking) => Some(asking),
            Doorway::Open | Doorway::Inside(_) => None,
        }
    }

    /// Goes to the door.
    pub(in crate::engine) fn join_door(&mut self) {
        if let Some(door) = self.record.door().filter(|_| self.is_outside()) {
            let room = door.keys().rendezvous();
            self.out.push_back(Output::Signal(ClientMessage::Join { room }));
        }
    }

    pub(super) fn on_door_outside(&mut self, message: &ServerMessage) {
        let Some(here) = self.record.door().map(|door| door.keys().rendezvous()) else { return };
        let now = self.now.mono;
        let Doorway::Outside(asking) = &mut self.doorway else { return };
        match message {
            ServerMessage::Joined { room, you, peers } if *room == here => {
                asking.lost();
                asking.you = Some(*you);
                peers.iter().for_each(|peer| asking.meets(*peer, now));
                self.peers.state = SignalState::Online;
            }
            ServerMessage::PeerJoined { room, peer } if *room == here => asking.meets(*peer, now),
            ServerMessage::PeerLeft { room, peer } if *room == here => {
                asking.others.remove(peer);
            }
            ServerMessage::Signal { room, from, payload } if *room == here => {
                self.on_answer_at_door(*from, payload);
            }
            ServerMessage::Joined { .. }
            | ServerMessage::PeerJoined { .. }
            | ServerMessage::PeerLeft { .. }
            | ServerMessage::Signal { .. }
            | ServerMessage::Error { .. }
            | ServerMessage::Relays(_)
            | ServerMessage::Ping
            | ServerMessage::Pong => {}
        }
    }

    pub(super) fn knock_due(&mut self) {
        let (now, asks) = (self.now.mono, self.record.plea() == Some(Plea::Asks));
        let Doorway::Outside(asking) = &mut self.doorway else { return };
        if asks && asking.you.is_some() {
            let name = self.record.alias().to_owned();
            let due = asking.due(now);
            self.say_outside(&due, &Said::Knock { name });
        }
        self.tell_admission();
    }

    /// Says something to others at the door.
    fn say_outside(&mut self, to: &[PeerId], said: &Said) {
        let Doorway::Outside(asking) = &self.doorway else { return };
        let (Some(you), Some(door)) = (asking.you, self.record.door().cloned()) else { return };
        let (session, rendezvous) = (asking.session, door.keys().rendezvous());
        for peer in to {
            let epoch = door.epoch();
            let room = &self.room;
            let at = Threshold { room, epoch: &epoch, applicant: you, keeper: *peer };
            let text = at.knock(&door, (&self.keypair, &session), said, &mut self.random);
            self.say_at_door(rendezvous.clone(), *peer, text);
        }
    }

    fn on_answer_at_door(&mut self, from: PeerId, text: &str) {
        let Doorway::Outside(asking) = &mut self.doorway else { return };
        let (Some(you), Some(door)) = (asking.you, self.record.door()) else { return };
        let epoch = door.epoch();
        let at = Threshold { room: &self.room, epoch: &epoch, applicant: you, keeper: from };
        // Whatever else comes is of other applicants, or of nobody.
        let Ok(answer) = at.open_answer(door, (&self.keypair, &asking.session), text) else {
            return;
        };
        let asks = self.record.plea() == Some(Plea::Asks);
        if asks {
            asking.is_heard(from, self.now.mono);
        }
        match answer {
            Answer::Heard | Answer::Later => {}
            Answer::TurnedAway if asks => self.settle_plea(Plea::TurnedAway),
            Answer::Changed if asks => self.settle_plea(Plea::Closed),
            Answer::TurnedAway | Answer::Changed => {}
            Answer::Approved { key, sealed } => {
                let mine = self.keypair.exchange();
                let secret = share::open(mine, &key, (&self.room, &epoch), &sealed);
                if let Some(secret) = secret {
                    self.enter(&secret);
                }
            }
        }
    }

    /// A member has said no: nobody is asked any more.
    fn settle_plea(&mut self, plea: Plea) {
        self.record.set_plea(plea);
        self.commits.record_dirty = true;
        let others = self.asking().map(Asking::end).unwrap_or_default();
        self.say_outside(&others, &Said::Leave);
    }

    /// A secret was handed out: if it is that of the door's epoch, one goes in once it is stored.
    fn enter(&mut self, secret: &Zeroizing<[u8; 32]>) {
        if self.record.enter(secret) {
            self.commits.record_dirty = true;
            if let Some(asking) = self.asking() {
                asking.entering = true;
                asking.end();
            }
        }
    }

    /// Nothing has to be stored any more: then the secret is.
    pub(super) fn go_in_if_stored(&mut self) {
        let entering = self.asking().is_some_and(|asking| asking.entering);
        if entering && !self.commits.record_dirty && !self.commits.is_out() {
            self.go_in();
        }
    }

    /// The secret is stored: one is a member.
    fn go_in(&mut self) {
        let invite = self.record.invite();
        if let Some(room) = invite.door().map(|door| door.keys().rendezvous()) {
            self.out.push_back(Output::Signal(ClientMessage::Leave { room }));
        }
        self.ring = self.record.keyring();
        self.doorway = Doorway::Inside(Keeping::default());
        self.introduce_exchange();
        let known = self.registers.counter(&(self.own.member, RegisterKind::PROFILE));
        let name = self.record.alias().to_owned();
        if !name.is_empty() && known == 0 {
            self.publish(RegisterKind::PROFILE, &Profile { name });
        }
        if self.peers.state != SignalState::Offline {
            self.peers.reset(SignalState::Connecting);
            self.join();
        }
        self.told.stale = true;
        let view = self.room_view();
        self.out.push_back(Output::Event(Event::Room(view)));
        let events = self.door_events().into_iter().map(Output::Event);
        self.out.extend(events);
    }

    /// Asks once more, with all who are there.
    fn ask_again(&mut self) {
        let (session, now) = (self.random.bytes(), self.now.mono);
        self.commits.record_dirty = true;
        if let Some(asking) = self.asking() {
            asking.begin(session, now);
        }
    }

    fn set_alias(&mut self, name: String) {
        let name = name.trim().to_owned();
        if shown_name(&name) != name || name.is_empty() {
            return self.refuse_name();
        }
        self.record.set_alias(name);
        self.commits.record_dirty = true;
        self.told.stale = true;
        let soon = self.now.mono + 2 * limits::KNOCK_PACE;
        if let Some(asking) = self.asking() {
            asking.others.values_mut().for_each(|other| other.knock_at = soon);
        }
    }

    /// What a page asks of whoever is outside: little.
    pub(in crate::engine) fn obey_outside(&mut self, command: Command) {
        match command {
            Command::SetName(name) => self.set_alias(name),
            Command::Knock => {
                if self.record.plea() == Some(Plea::TurnedAway) {
                    self.record.set_plea(Plea::Asks);
                    self.ask_again();
                }
            }
            Command::Follow(link) => self.follow(&link),
            Command::Mute(on) => self.keep_so(|shelf| shelf.muted = on),
            Command::Archive(on) => self.keep_so(|shelf| shelf.archived = on),
            Command::RelayOnly(on) => self.keep_so(|shelf| shelf.relay_only = on),
            Command::Pause(on) => self.keep_so(|shelf| shelf.paused = on),
            Command::TellRead(on) => self.keep_so(|shelf| shelf.reads_untold = !on),
            Command::TellTyping(on) => self.keep_so(|shelf| shelf.typing_untold = !on),
            Command::Send(Draft { id, .. }) | Command::Replace(Draft { id, .. }) => {
                self.refuse(Some(id), Refusal::Outside);
            }
            Command::SendTogether(drafts) => {
                drafts.iter().for_each(|draft| self.refuse(Some(draft.id), Refusal::Outside));
            }
            // Nothing is shown that these could be about.
            Command::Typing(_)
            | Command::Watch(_)
            | Command::LoadOlder
            | Command::MarkRead(_)
            | Command::EndFind(_) => {}
            Command::Find(find, _) => self.tell_found(find, Vec::new(), Some(FoundEnd::Outside)),
            Command::Cancel(_)
            | Command::Reclass { .. }
            | Command::Retry(_)
            | Command::Dismiss(_)
            | Command::Trace(_)
            | Command::Quote(_)
            | Command::SetRoomName(_)
            | Command::ForgetMember(_)
            | Command::Compare(_)
            | Command::Verify(_)
            | Command::Unverify(_)
            | Command::Block(_)
            | Command::Unblock(_)
            | Command::MuteMember(..)
            | Command::Promote(_)
            | Command::Demote(_)
            | Command::Remove(_)
            | Command::Approve(_)
            | Command::TurnAway(_)
            | Command::NewLink => self.refuse(None, Refusal::Outside),
        }
    }

    fn follow(&mut self, link: &str) {
        let before = self.record.door().map(|door| door.keys().rendezvous());
        let invite = Invite::parse(link);
        let here = self.record.door().cloned();
        let same = invite.as_ref().is_ok_and(|invite| invite.door() == here.as_ref());
        if same && self.record.plea() == Some(Plea::Asks) {
            return;
        }
        if !invite.is_ok_and(|invite| self.record.follow(&invite)) {
            return self.refuse(None, Refusal::WrongLink);
        }
        self.ring = self.record.keyring();
        self.ask_again();
        if let Some(room) = before.filter(|_| self.peers.state != SignalState::Offline) {
            self.out.push_back(Output::Signal(ClientMessage::Leave { room }));
            self.lose_door();
            self.join_door();
        }
        let view = self.room_view();
        self.out.push_back(Output::Event(Event::Room(view)));
    }

    fn tell_admission(&mut self) {
        let plea = self.record.plea();
        let Some(asking) = self.asking() else { return };
        let admission = asking.admission(plea);
        if asking.told.replace(admission) != Some(admission) {
            self.out.push_back(Output::Event(Event::Admission(admission)));
        }
    }
}
