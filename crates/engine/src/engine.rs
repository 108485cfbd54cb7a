//! The engine of one room: routes what comes in to the parts, and what they cause to the driver.
//!
//! Parts never call each other. What one causes in another goes up to this type and down again, in
//! one of the files of `engine/`: `load` (start-up and older pages), `commit` (batches), `calls`
//! (signaling and connections), `traffic` (frames of links), `tell` (what pages are told). After
//! every input [`Engine::settle`] brings all parts to rest, so an input never leaves work undone.

mod annotate;
mod cache;
mod calls;
mod commit;
mod fade;
mod forks;
#[cfg(test)]
mod golden;
mod inbox;
mod inspect;
mod keys;
#[cfg(feature = "simulation")]
mod leak;
mod lively;
mod lives;
mod load;
mod say;
mod tell;
mod traffic;
mod vanish;

#[cfg(feature = "simulation")]
pub use leak::Sizes;

use std::collections::{BTreeMap, VecDeque};

use crate::crypto::random::Random;
use crate::crypto::sign::Keypair;
use crate::engine::cache::Cache;
use crate::engine::calls::door::Doorway;
use crate::engine::commit::Commits;
use crate::engine::commit::govern::{Governance, Motion};
use crate::engine::forks::Forks;
use crate::engine::inbox::Inbox;
use crate::engine::lives::Life;
use crate::engine::load::Loads;
use crate::engine::load::distant::Distant;
use crate::engine::load::find::Finding;
use crate::engine::load::repair::Repairs;
use crate::engine::tell::Told;
use crate::ids::{LinkId, LogId, MemberId, RoomId};
use crate::io::{Channel, Input, Millis, Now, Output};
use crate::link::Link;
use crate::log::Logs;
use crate::members::Members;
use crate::members::quotas::Quotas;
use crate::outbox::Outbox;
use crate::register::{RegisterKind, Registers};
use crate::room::keyring::Keyring;
use crate::room::record::RoomRecord;
use crate::signal::peers::Peers;
use crate::simulation::{Planted, planted};
use crate::sync::Wants;
use crate::timeline::Timeline;
use crate::view::{Command, Draft, Event, Refusal};

/// One room, on one device. See [`crate::io`] for how a driver runs it.
pub struct Engine {
    record: RoomRecord,
    room: RoomId,
    own: LogId,
    ring: Keyring,
    keypair: Keypair,
    boot: [u8; 16],
    random: Random,
    now: Now,
    logs: Logs,
    members: Members,
    quotas: Quotas,
    registers: Registers,
    outbox: Outbox,
    inbox: Inbox,
    timeline: Timeline,
    distant: Distant,
    finding: Finding,
    cache: Cache,
    links: BTreeMap<LinkId, Link>,
    next_link: u64,
    peers: Peers,
    wants: Wants,
    wants_stale: bool,
    loads: Loads,
    commits: Commits,
    governance: Governance,
    doorway: Doorway,
    life: Life,
    forks: Forks,
    repairs: Repairs,
    told: Told,
    out: VecDeque<Output>,
}

impl Engine {
    /// Opens a room. `seed` is drawn anew at each start and never stored: nonces and session ids
    /// come from it.
    #[must_use]
    pub fn open(record: RoomRecord, seed: [u8; 32], now: Now) -> Engine {
        let mut random = Random::new(seed);
        let keypair = record.keypair();
        let own = LogId { member: keypair.member(), incarnation: record.incarnation() };
        let boot = random.bytes();
        let doorway = Doorway::of(&record, &mut random);
        let mut engine = Engine {
            room: record.room(),
            own,
            ring: record.keyring(),
            keypair,
            boot,
            random,
            now,
            logs: Logs::default(),
            members: Members::default(),
            quotas: Quotas::default(),
            registers: Registers::default(),
            outbox: Outbox::default(),
            inbox: Inbox::default(),
            timeline: Timeline::unread(),
            distant: Distant::default(),
            finding: Finding::default(),
            cache: Cache::default(),
            links: BTreeMap::new(),
            next_link: 0,
            peers: Peers::default(),
            wants: Wants::default(),
            wants_stale: false,
            loads: Loads::default(),
            commits: Commits::default(),
            governance: Governance::new(record.founder(), record.epoch(), record.entrance()),
            doorway,
            life: Life::default(),
            forks: Forks::default(),
            repairs: Repairs::default(),
            told: Told::default(),
            out: VecDeque::new(),
            record,
        };
        engine.load();
        engine
    }

    /// The room.
    #[must_use]
    pub fn room(&self) -> RoomId {
        self.room
    }

    /// One's place in it. It holds secrets.
    #[must_use]
    pub fn record(&self) -> &RoomRecord {
        &self.record
    }

    /// Oneself.
    #[must_use]
    pub fn me(&self) -> MemberId {
        self.own.member
    }

    /// True once what was stored has been read. Until then drafts wait and no link is made.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.loads.is_open()
    }

    /// True if something that a person has written, decided or marked here is not stored yet.
    #[must_use]
    pub fn has_unsaved(&self) -> bool {
        self.outbox.has_unsaved()
            || self.governance.has_motions()
            || self.members.acquaintances.is_dirty()
    }

    /// Takes in what happened in the world.
    pub fn handle(&mut self, input: Input, now: Now) {
        self.now = now;
        match input {
            Input::SignalOpened => self.on_signal_opened(),
            Input::SignalClosed => {
                self.lose_door();
                self.on_signal_closed();
            }
            Input::Signal(message) if self.on_door(&message) => {}
            Input::Signal(message) => self.on_signal(message),
            Input::Committed(batch) => self.on_committed(batch),
            Input::CommitFailed(batch, fault) => self.on_commit_failed(batch, fault),
            Input::Scanned(scan, result) => self.on_scanned(scan, result),
            Input::RtcDescription { link, kind, sdp } => self.on_description(link, kind, sdp),
            Input::RtcCandidate { link, candidate } => self.on_candidate(link, candidate),
            Input::RtcState { link, state } => self.on_rtc_state(link, state),
            Input::ChannelOpen { link, channel } => self.on_channel_open(link, channel),
            Input::ChannelClosed { link, channel: _ } => self.on_channel_closed(link),
            Input::Frame { link, channel, bytes } => self.on_message(link, channel, &bytes),
            Input::Wake => self.probe_all(),
            Input::Tick => {}
        }
        self.settle();
    }

    /// Takes in what a page asks. What is refused comes back as [`Event::Refused`].
    pub fn command(&mut self, command: Command, now: Now) {
        self.now = now;
        self.obey(command);
        self.settle();
    }

    fn obey(&mut self, command: Command) {
        match command {
            command if self.is_outside() => self.obey_outside(command),
            // Drafts that are said at once wait in the outbox, whose room is larger.
            Command::Send(draft) if draft.is_plain() => self.send(draft),
            Command::SendTogether(drafts) if drafts.iter().all(crate::Draft::is_plain) => {
                self.send_together(drafts);
            }
            // Pages ask again when the rows are told.
            Command::Quote(_) if !self.is_open() => {}
            Command::Find(find, words) => self.find(find, &words),
            Command::EndFind(find) => self.end_find(find),
            command if !self.is_open() || self.hangs_on_commit(&command) => {
                self.put_off(command);
            }
            Command::Send(draft) => self.send(draft),
            Command::SendTogether(drafts) => self.send_together(drafts),
            Command::Replace(draft) => self.replace(draft),
            Command::Cancel(draft) => self.cancel(draft),
            Command::Reclass { entry, priority } => self.reclass(entry, priority),
            Command::Retry(entry) => self.retry(entry),
            Command::Dismiss(entry) => self.dismiss(&entry),
            Command::Typing(typing) => self.type_myself(typing),
            Command::Watch(on) => self.watch(on),
            Command::Trace(entry) => self.tell_trace(entry),
            Command::Quote(target) => self.quote(target),
            Command::SetName(name) => self.set_name(name),
            Command::SetRoomName(name) => self.set_room_name(name),
            Command::LoadOlder => self.load_older(),
            Command::MarkRead(entries) => self.mark_read(&entries),
            Command::ForgetMember(member) => self.forget(&member),
            Command::Compare(member) => self.tell_comparison(member),
            Command::Verify(member) => self.verify(member),
            Command::Unverify(member) => self.unverify(&member),
            Command::Block(member) => self.block(member, true),
            Command::Unblock(member) => self.block(member, false),
            Command::MuteMember(member, on) => self.mute_member(member, on),
            Command::Promote(member) => self.propose(Motion::Promote(member)),
            Command::Demote(member) => self.propose(Motion::Demote(member)),
            Command::Remove(member) => self.propose(Motion::Remove(member)),
            Command::Approve(member) => self.propose(Motion::Approve(member)),
            Command::TurnAway(member) => self.turn_away(member),
            Command::NewLink => self.propose(Motion::Renew),
            Command::Mute(on) => self.keep_so(|shelf| shelf.muted = on),
            Command::Archive(on) => self.keep_so(|shelf| shelf.archived = on),
            Command::RelayOnly(on) => self.go_through_relays(on),
            Command::Pause(on) => self.pause(on),
            Command::TellRead(on) => self.tell_reading(on),
            Command::TellTyping(on) => self.tell_typing(on),
            // One is inside.
            Command::Knock | Command::Follow(_) => {}
        }
    }

    /// True if the answer depends on a batch: one of unknown outcome, or one that is with the store
    /// and makes an entry of the draft or brings the key to which it is sealed.
    fn hangs_on_commit(&self, command: &Command) -> bool {
        if let Command::Send(draft) = command {
            let coming = |to| self.commits.counter(&(to, RegisterKind::EXCHANGE)) > 0;
            return draft.act.to().is_some_and(|to| self.commits.reload || coming(to));
        }
        let (Command::Cancel(id) | Command::Replace(Draft { id, .. })) = command else {
            return false;
        };
        self.commits.reload || self.outbox.is_taken(id)
    }

    /// Keeps a command until it can be answered. What is said in one too many is refused by its id:
    /// its page shows it as being written until it hears of it.
    fn put_off(&mut self, command: Command) {
        let said = if let Command::Send(draft) | Command::Replace(draft) = &command {
            vec![Some(draft.id)]
        } else if let Command::SendTogether(drafts) = &command {
            drafts.iter().map(|draft| Some(draft.id)).collect()
        } else {
            vec![None]
        };
        if let Err(reason) = self.loads.wait(command) {
            said.into_iter().for_each(|draft| self.refuse(draft, reason.clone()));
        }
    }

    /// What had to wait is done, or waits on.
    fn obey_early(&mut self) {
        for command in self.loads.take_early() {
            self.obey(command);
        }
    }

    fn refuse(&mut self, draft: Option<crate::ids::DraftId>, reason: Refusal) {
        self.out.push_back(Output::Event(Event::Refused { draft, reason }));
    }

    /// The next thing that the driver has to do, until there is none.
    pub fn poll_output(&mut self) -> Option<Output> {
        let output = self.out.pop_front();
        if let Some(Output::Event(event)) = &output {
            self.told.short.hear(event);
        }
        output
    }

    /// The next message for a channel that has room, at most
    /// [`limits::FRAME_BYTES`](crate::limits::FRAME_BYTES).
    pub fn poll_transmit(&mut self, link: LinkId, channel: Channel, now: Now) -> Option<Vec<u8>> {
        self.now = now;
        match channel {
            Channel::Messages => {}
            Channel::Ephemeral => {
                return self.links.get_mut(&link)?.flow_mut()?.transmit_ephemeral();
            }
            Channel::Bulk => return None,
        }
        let message = self.links.get_mut(&link)?.transmit()?;
        self.give_registers(link);
        self.on_departed(link);
        self.fill(link);
        Some(message)
    }

    /// When to call [`Engine::handle`] with [`Input::Tick`] if nothing else comes, on the
    /// monotonic clock.
    #[must_use]
    pub fn deadline(&self) -> Option<Millis> {
        let links = self.links.values().filter_map(Link::deadline).min();
        let peers = self.calls_deadline().filter(|_| self.loads.is_ready());
        // While the store is read, nothing is stored or asked for.
        let wants = self.wants.deadline().filter(|_| self.is_open());
        let batch = self.commits.deadline(self.has_work(), self.is_open());
        let own = [batch, wants, links, peers];
        let own = own.into_iter().chain([self.outbox.live.deadline(), self.told.watch_at]);
        let writes = self.is_open() && self.commits.may_begin(self.now.mono);
        let says = !self.outbox.is_empty() || self.governance.has_motions();
        let life = self.life.deadline().filter(|_| writes && says);
        let merging = self.governance.merge_at.filter(|_| writes);
        let merges = self.commits.merges.deadline().filter(|_| self.may_merge());
        let door = self.doorway.deadline(self.record.plea()).filter(|_| self.is_open());
        let own = own.chain([merges, life, merging, door, self.forks.deadline()]);
        own.chain([self.wall_deadline()]).flatten().min()
    }

    /// When something is due by the device's clock, on the monotonic one. What is due already and
    /// still there waits for something else: for the store, most often.
    fn wall_deadline(&self) -> Option<Millis> {
        let after = if planted(Planted::WokenForWhatIsDue) { 0 } else { self.now.wall };
        let next = [self.outbox.waits.next_after(after), self.commits.fades.next()];
        let next = next.into_iter().flatten().filter(|at| *at > after);
        next.min().map(|at| self.now.mono + at.saturating_sub(self.now.wall))
    }

    /// Brings all parts to rest.
    fn settle(&mut self) {
        self.tend_links();
        self.call_due();
        self.tend_live();
        self.release_due();
        self.tend_vanishing();
        self.fade_due();
        self.tend_forks();
        self.tend_merges();
        self.tend_merging();
        self.tend_meetings();
        self.tend_door();
        self.tend_learned();
        self.form_batch();
        self.tend_distant();
        self.tend_finding();
        self.plan_wants();
        self.tell_haves();
        let links: Vec<LinkId> = self.links.keys().copied().collect();
        for link in links {
            self.fill(link);
        }
        self.tell_pages();
        self.tell_queue();
    }
}
