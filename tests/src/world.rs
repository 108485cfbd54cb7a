//! The world: peers, their stores, the wires between them, the signaling server, one clock.
//!
//! ```text
//!  Transition ─┐
//!  Happening ──┴─► heap by (time, order) ─► World::step ─► Engine ─► outputs ─► Happenings later
//!                                              └─► Oracle after each
//! ```
//! Everything that is random comes from one seed, so a seed replays exactly (I8).

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};

use engine::crypto::hash::hash;
use engine::crypto::random::Random;
use engine::{
    Command, Draft, DraftId, Engine, Input, Now, Output, Priority, RoomRecord, StoreFault,
};
use protocol::{ClientMessage, ServerMessage};
use signaling::{ConnectionId, Rooms};

use crate::bug::Bug;
use crate::oracle::{Broken, Oracle, Screen};
use crate::peer::{Happening, Peer};
use crate::store::Store;
use crate::wire::Wire;

/// How a world misbehaves while faults are on.
#[derive(Clone, Copy, Debug, Default)]
pub struct Weather {
    /// One commit in so many fails; none at 0.
    pub failing_commits: u64,
    /// Milliseconds that a commit takes at most.
    pub slow_commits: u64,
}

/// Everything.
pub struct World {
    /// The devices.
    pub peers: Vec<Peer>,
    pub(crate) wires: Vec<Wire>,
    pub(crate) offers: BTreeMap<String, crate::wire::End>,
    pub(crate) partitions: BTreeSet<(usize, usize)>,
    pub(crate) rooms: Rooms,
    pub(crate) server_up: bool,
    pub(crate) addresses: BTreeMap<ConnectionId, (usize, u32)>,
    next_connection: u64,
    heap: BinaryHeap<Reverse<(u64, u64, Keyed)>>,
    order: u64,
    /// Milliseconds since the beginning.
    pub now: u64,
    pub(crate) random: Random,
    /// What goes wrong by itself.
    pub weather: Weather,
    /// The oracle.
    pub oracle: Oracle,
    /// A fault that was planted, which the oracle has to find.
    pub bug: Option<Bug>,
    /// What happened, for whoever reads a failure.
    pub journal: Vec<String>,
    trace: [u8; 32],
    /// How many happenings there were.
    pub steps: u64,
}

/// A happening in the heap: ordered by time and number alone.
struct Keyed(Happening);

impl PartialEq for Keyed {
    fn eq(&self, _: &Keyed) -> bool {
        true
    }
}
impl Eq for Keyed {}
impl PartialOrd for Keyed {
    fn partial_cmp(&self, other: &Keyed) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Keyed {
    fn cmp(&self, _: &Keyed) -> std::cmp::Ordering {
        std::cmp::Ordering::Equal
    }
}

impl World {
    /// A world with so many devices of one room, none of them open yet.
    #[must_use]
    pub fn new(seed: u64, peers: usize) -> World {
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&seed.to_be_bytes());
        let mut random = Random::new(bytes);
        let founder = RoomRecord::create(&random.bytes());
        let mut records = vec![founder.encode()];
        for _ in 1..peers {
            records.push(RoomRecord::join(&founder.invite(), &random.bytes()).encode());
        }
        let peers = records.into_iter().map(Peer::new).collect();
        World {
            peers,
            wires: Vec::new(),
            offers: BTreeMap::new(),
            partitions: BTreeSet::new(),
            rooms: Rooms::new(random.bytes()),
            server_up: true,
            addresses: BTreeMap::new(),
            next_connection: 0,
            heap: BinaryHeap::new(),
            order: 0,
            now: 1_000,
            random,
            weather: Weather { failing_commits: 0, slow_commits: 10 },
            oracle: Oracle::default(),
            bug: None,
            journal: Vec::new(),
            trace: [0; 32],
            steps: 0,
        }
    }

    /// A number below `n`, at least 0.
    pub fn below(&mut self, n: u64) -> u64 {
        self.random.below(n.max(1))
    }

    /// A hash of all outputs so far: two runs of one seed have the same (I8).
    #[must_use]
    pub fn trace(&self) -> [u8; 32] {
        self.trace
    }

    pub(crate) fn note(&mut self, what: impl std::fmt::Display) {
        self.journal.push(format!("{:>7} {what}", self.now));
    }

    pub(crate) fn later(&mut self, delay: u64, happening: Happening) {
        self.order += 1;
        self.heap.push(Reverse((self.now + delay, self.order, Keyed(happening))));
    }

    pub(crate) fn clock(&self, peer: usize) -> Now {
        let wall = 1_790_000_000_000 + self.now;
        Now { mono: self.now, wall: wall.saturating_add_signed(self.peers[peer].wall_skew) }
    }

    /// Opens a device's page.
    pub fn open(&mut self, peer: usize) {
        if self.peers[peer].engine.is_some() {
            return;
        }
        let Ok(record) = RoomRecord::decode(&self.peers[peer].record) else { return };
        let seed = self.random.bytes();
        let now = self.clock(peer);
        let device = &mut self.peers[peer];
        device.life += 1;
        device.screen = Screen::default();
        device.engine = Some(Engine::open(record, seed, now));
        let life = device.life;
        self.note(format_args!("open {peer}"));
        let delay = 5 + self.below(50);
        self.later(delay, Happening::Socket(peer, life));
        self.carry_out(peer);
    }

    /// Ends a device's page; `clean` closes its channels, otherwise it is a crash.
    pub fn end(&mut self, peer: usize, clean: bool) {
        if self.peers[peer].engine.take().is_none() {
            return;
        }
        self.note(format_args!("{} {peer}", if clean { "leave" } else { "crash" }));
        let life = self.peers[peer].life;
        self.peers[peer].life += 1;
        self.peers[peer].frozen = None;
        if !clean && self.below(2) == 0 {
            self.peers[peer].store.roll_back();
        }
        if let Some(connection) = self.peers[peer].connection.take() {
            let delay = if clean { 10 } else { 10 + self.below(3_000) };
            self.later(delay, Happening::Drop(connection));
        }
        for wire in 0..self.wires.len() {
            let side = self.wires[wire].ends.iter().position(|e| (e.peer, e.life) == (peer, life));
            if let Some(side) = side {
                if clean {
                    self.close_wire(wire, side);
                } else {
                    self.cut(wire);
                }
            }
        }
    }

    /// A person writes a message on a device.
    pub fn say(&mut self, peer: usize, priority: Priority, length: usize) {
        if self.peers[peer].engine.is_none() || self.peers[peer].frozen.is_some() {
            return;
        }
        self.peers[peer].said += 1;
        let text = format!("{peer}:{} {}", self.peers[peer].said, "x".repeat(length));
        self.note(format_args!("say {} {priority:?}", &text[..text.len().min(12)]));
        let draft = Draft::new(DraftId(self.random.bytes()), text, priority);
        let again = self.below(8) == 0;
        self.command(peer, Command::Send(draft.clone()));
        if again {
            self.command(peer, Command::Send(draft));
        }
    }

    /// A page asks something of its room.
    pub fn command(&mut self, peer: usize, command: Command) {
        let now = self.clock(peer);
        if let Some(engine) = &mut self.peers[peer].engine {
            engine.command(command, now);
            self.carry_out(peer);
        }
    }

    /// Lets time pass, or stops at a broken promise.
    ///
    /// # Errors
    /// The first promise that was broken.
    pub fn pass(&mut self, millis: u64) -> Result<(), Broken> {
        let end = self.now + millis;
        while let Some(Reverse((time, _, _))) = self.heap.peek() {
            if *time > end {
                break;
            }
            let Some(Reverse((time, _, Keyed(happening)))) = self.heap.pop() else { break };
            self.now = self.now.max(time);
            self.steps += 1;
            self.happen(happening);
            if let Some(broken) = &self.oracle.broken {
                return Err(broken.clone());
            }
        }
        self.now = end;
        Ok(())
    }

    fn happen(&mut self, happening: Happening) {
        let of = match &happening {
            Happening::Input(peer, life, _)
            | Happening::Commit(peer, life, _)
            | Happening::Scan(peer, life, _)
            | Happening::Tick(peer, life)
            | Happening::Socket(peer, life) => Some((*peer, *life)),
            Happening::Serve(..)
            | Happening::Drop(_)
            | Happening::Open(_)
            | Happening::Arrive(..)
            | Happening::Left(..)
            | Happening::Notice(..)
            | Happening::Thaw(_) => None,
        };
        if let Some((peer, life)) = of {
            if self.peers[peer].life != life {
                return;
            }
            if let Some(frozen) = &mut self.peers[peer].frozen {
                return frozen.push(happening);
            }
        }
        match happening {
            Happening::Input(peer, _, input) => self.feed(peer, input),
            Happening::Commit(peer, _, output) => self.finish_commit(peer, output),
            Happening::Scan(peer, _, scan) => {
                let records = self.peers[peer].store.scan(&scan);
                self.feed(peer, Input::Scanned(scan.scan, Ok(records)));
            }
            Happening::Tick(peer, _) => {
                // Another, earlier one may have taken its place.
                if self.peers[peer].tick_at == Some(self.now) {
                    self.peers[peer].tick_at = None;
                    self.feed(peer, Input::Tick);
                }
            }
            Happening::Socket(peer, life) => self.open_socket(peer, life),
            Happening::Serve(connection, message) => self.serve(connection, message),
            Happening::Drop(connection) => self.drop_connection(connection),
            Happening::Open(wire) => self.open_wire(wire),
            Happening::Arrive(wire, side) => self.arrive(wire, side),
            Happening::Left(wire, side, bytes) => self.left(wire, side, bytes),
            Happening::Notice(wire, since) => self.notice(wire, since),
            Happening::Thaw(peer) => self.thaw(peer),
        }
    }

    pub(crate) fn feed(&mut self, peer: usize, input: Input) {
        let now = self.clock(peer);
        if let Some(engine) = &mut self.peers[peer].engine {
            engine.handle(input, now);
            self.carry_out(peer);
        }
    }

    /// Carries out what an engine wants, as the browser's driver does.
    pub(crate) fn carry_out(&mut self, peer: usize) {
        loop {
            let output = self.peers[peer].engine.as_mut().and_then(Engine::poll_output);
            let Some(output) = output else {
                if self.pump(peer) {
                    continue;
                }
                break;
            };
            let text = format!("{peer} {output:?}");
            self.trace = hash("confab/1/trace", &[&self.trace, text.as_bytes()]);
            self.output(peer, output);
        }
        self.schedule_tick(peer);
    }

    fn output(&mut self, peer: usize, output: Output) {
        let life = self.peers[peer].life;
        match output {
            Output::Event(event) => {
                let mut screen = std::mem::take(&mut self.peers[peer].screen);
                let stores: Vec<&Store> = self.peers.iter().map(|peer| &peer.store).collect();
                self.oracle.told(peer, &event, &mut screen, &stores);
                self.peers[peer].screen = screen;
            }
            Output::Commit { batch, .. } if self.bug == Some(Bug::AnswerBeforeStoring) => {
                let answer = Input::Committed(batch);
                self.later(0, Happening::Input(peer, life, answer));
                let slow = 1_000 + self.below(2_000);
                self.later(slow, Happening::Commit(peer, life, output));
            }
            Output::Commit { .. } => {
                let delay = 1 + self.below(self.weather.slow_commits);
                self.later(delay, Happening::Commit(peer, life, output));
            }
            Output::Scan(scan) => {
                let delay = 1 + self.below(4);
                self.later(delay, Happening::Scan(peer, life, scan));
            }
            Output::Signal(message) => {
                if let Some(connection) = self.peers[peer].connection {
                    self.later(20, Happening::Serve(connection, message));
                }
            }
            Output::Rtc { link, call } => self.rtc(peer, link, call),
        }
    }

    fn finish_commit(&mut self, peer: usize, output: Output) {
        let Output::Commit { batch, ops, durability } = output else { return };
        let fails = self.weather.failing_commits > 0 && {
            let odds = self.weather.failing_commits;
            self.below(odds) == 0
        };
        if !fails {
            self.peers[peer].store.commit(&ops, durability);
            return self.feed(peer, Input::Committed(batch));
        }
        // Half of the failures are not: it was stored, and nobody knows.
        let unknown = self.below(2) == 0;
        if unknown {
            self.peers[peer].store.commit(&ops, durability);
        }
        self.note(format_args!("commit fails at {peer}, stored: {unknown}"));
        let fault = if self.below(2) == 0 {
            StoreFault::Full
        } else {
            StoreFault::Failed("the transaction was aborted".to_owned())
        };
        self.feed(peer, Input::CommitFailed(batch, fault));
    }

    fn schedule_tick(&mut self, peer: usize) {
        let device = &self.peers[peer];
        let Some(at) = device.engine.as_ref().and_then(Engine::deadline) else { return };
        if device.tick_at.is_some_and(|scheduled| scheduled <= at && scheduled > self.now) {
            return;
        }
        let (life, delay) = (device.life, at.saturating_sub(self.now).max(1));
        self.peers[peer].tick_at = Some(self.now + delay);
        self.later(delay, Happening::Tick(peer, life));
    }

    fn thaw(&mut self, peer: usize) {
        let frozen = self.peers[peer].frozen.take();
        self.peers[peer].tick_at = None;
        for happening in frozen.into_iter().flatten() {
            self.happen(happening);
        }
        self.feed(peer, Input::Wake);
    }

    fn open_socket(&mut self, peer: usize, life: u32) {
        if !self.server_up {
            return self.later(1_000, Happening::Socket(peer, life));
        }
        self.next_connection += 1;
        let connection = ConnectionId(self.next_connection);
        self.addresses.insert(connection, (peer, life));
        self.peers[peer].connection = Some(connection);
        self.feed(peer, Input::SignalOpened);
    }

    fn serve(&mut self, connection: ConnectionId, message: ClientMessage) {
        if !self.addresses.contains_key(&connection) {
            return;
        }
        let deliver = match message {
            ClientMessage::Join { room } => self.rooms.join(connection, &room),
            ClientMessage::Leave { room } => self.rooms.leave(connection, &room),
            ClientMessage::Signal { room, to, payload } => {
                self.rooms.relay(connection, &room, to, payload).map(|deliver| vec![deliver])
            }
            ClientMessage::Ping | ClientMessage::Pong => Ok(Vec::new()),
        };
        match deliver {
            Ok(deliver) => {
                for one in deliver {
                    self.deliver(one.to, one.message);
                }
            }
            Err(refusal) => self.deliver(connection, refusal.to_message()),
        }
    }

    fn deliver(&mut self, to: ConnectionId, message: ServerMessage) {
        if let Some((peer, life)) = self.addresses.get(&to).copied() {
            self.later(20, Happening::Input(peer, life, Input::Signal(message)));
        }
    }

    pub(crate) fn drop_connection(&mut self, connection: ConnectionId) {
        self.addresses.remove(&connection);
        for one in self.rooms.leave_all(connection) {
            self.deliver(one.to, one.message);
        }
    }
}
