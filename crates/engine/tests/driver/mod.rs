//! The smallest driver there can be: engines in one process, stores in memory, wires that work.
//!
//! Read this to see how an engine is run; the simulator in `tests/` is the same with everything
//! that can go wrong.
#![expect(clippy::unwrap_used, reason = "a test stops where it is wrong")]
#![allow(dead_code, reason = "each test program uses a part of it")]
#![allow(unexpected_cfgs, reason = "the browser's tests, which use it, too, have no simulation")]

mod line;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use engine::protocol::{ClientMessage, PeerId, Rendezvous, ServerMessage};
use engine::{
    BatchId, Body, Channel, Command, Draft, DraftId, Engine, EntryId, Event, Input, Invite, LinkId,
    Now, Output, Priority, Record, Refusal, RoomRecord, Row, RowState, RtcCall, Scan, SdpKind,
    StoreFault, StoreOp, Table,
};

pub use line::Line;

pub type Tables = BTreeMap<(Table, Vec<u8>), Vec<u8>>;

pub struct Peer {
    pub engine: Engine,
    pub store: Tables,
    pub inputs: VecDeque<Input>,
    pub rows: BTreeMap<engine::Order, Row>,
    pub events: Vec<Event>,
    pub id: PeerId,
    pub online: bool,
    pub joined: bool,
    /// The meetings at which it is.
    pub rooms: BTreeSet<Rendezvous>,
    /// Only peers of one side reach each other.
    pub side: u8,
    /// The store answers that it is full.
    pub full: bool,
    /// So many more reads of the store fail.
    pub unread: u32,
    /// What the engine takes nothing in with.
    pub refuses: Option<EntryId>,
    /// The store is slow: these batches have no answer yet.
    pub slow: Option<Vec<BatchId>>,
    /// Bytes that came over links.
    pub heard: usize,
    /// What was handed to the store.
    pub ops: usize,
    /// How far the device's clock is ahead of the others', in milliseconds.
    pub ahead: u64,
    /// Of each connection that was opened, whether it has to go through relays.
    pub relayed: Vec<bool>,
    /// What its browser was told to do.
    pub calls: Vec<(LinkId, RtcCall)>,
}

/// All peers, their signaling room, and a clock that moves when nothing else does.
pub struct World {
    pub peers: Vec<Peer>,
    pub now: u64,
    /// Connections by both ends' link: `(peer, link) -> (peer, link)`.
    pub wires: BTreeMap<(usize, LinkId), (usize, LinkId)>,
    pub sessions: BTreeMap<String, (usize, LinkId)>,
    /// Every meeting that there ever was, in order.
    pub rooms: Vec<Rendezvous>,
    /// How quick wires are; none are instant.
    pub line: Option<Line>,
    /// All that members said to each other through the server, and to whom.
    pub post: Vec<(usize, ServerMessage)>,
}

pub fn sdp(name: &str, fingerprint: u8) -> String {
    let hex = vec![format!("{fingerprint:02X}"); 32].join(":");
    format!(
        "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns={name}\r\nt=0 0\r\n\
         m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\n\
         a=fingerprint:sha-256 {hex}\r\na=setup:actpass\r\na=mid:0\r\na=sctp-port:5000\r\n"
    )
}

impl World {
    pub fn new() -> World {
        let (wires, sessions) = (BTreeMap::new(), BTreeMap::new());
        World {
            peers: vec![],
            now: 1_000,
            wires,
            sessions,
            rooms: vec![],
            line: None,
            post: vec![],
        }
    }

    pub fn clock(&self) -> Now {
        Now { mono: self.now, wall: 1_700_000_000_000 + self.now }
    }

    pub fn start(&mut self, record: RoomRecord, store: Tables) -> usize {
        let index = self.peers.len();
        let seed = [u8::try_from(index).unwrap() + 1; 32];
        let engine = Engine::open(record, seed, self.clock());
        let id = PeerId(u64::try_from(index).unwrap() + 100);
        let (inputs, rows, events) = (VecDeque::new(), BTreeMap::new(), vec![]);
        self.peers.push(Peer {
            engine,
            store,
            inputs,
            rows,
            events,
            id,
            online: false,
            joined: false,
            rooms: BTreeSet::new(),
            side: 0,
            full: false,
            unread: 0,
            refuses: None,
            slow: None,
            heard: 0,
            ops: 0,
            ahead: 0,
            relayed: vec![],
            calls: vec![],
        });
        index
    }

    pub fn connect(&mut self, peer: usize) {
        self.peers[peer].online = true;
        self.peers[peer].inputs.push_back(Input::SignalOpened);
    }

    pub fn stop(&mut self, peer: usize) -> Tables {
        (self.peers[peer].online, self.peers[peer].joined) = (false, false);
        for room in std::mem::take(&mut self.peers[peer].rooms) {
            self.leave(peer, &room);
        }
        self.cut(peer);
        std::mem::take(&mut self.peers[peer].store)
    }

    /// Takes a peer to another side: its socket and its wires break, and it joins there.
    pub fn take_to(&mut self, peer: usize, side: u8) {
        for room in std::mem::take(&mut self.peers[peer].rooms) {
            self.leave(peer, &room);
        }
        let links = self.wires.keys().filter(|(from, _)| *from == peer).map(|(_, link)| *link);
        for link in links.collect::<Vec<_>>() {
            let closed = Input::ChannelClosed { link, channel: Channel::Messages };
            self.peers[peer].inputs.push_back(closed);
        }
        self.cut(peer);
        (self.peers[peer].side, self.peers[peer].joined) = (side, false);
        self.peers[peer].inputs.push_back(Input::SignalClosed);
        self.peers[peer].inputs.push_back(Input::SignalOpened);
    }

    fn cut(&mut self, peer: usize) {
        let ends: Vec<_> = self.wires.iter().filter(|(from, _)| from.0 == peer).collect();
        let ends: Vec<_> = ends.into_iter().map(|(from, to)| (*from, *to)).collect();
        for (from, (other, link)) in ends {
            self.wires.remove(&from);
            self.wires.remove(&(other, link));
            let closed = Input::ChannelClosed { link, channel: Channel::Messages };
            self.peers[other].inputs.push_back(closed);
        }
    }

    /// The address of a peer at a meeting: another one at each.
    pub fn address(&mut self, peer: usize, room: &Rendezvous) -> PeerId {
        let known = self.rooms.iter().position(|known| known == room);
        let place = known.unwrap_or_else(|| {
            self.rooms.push(room.clone());
            self.rooms.len() - 1
        });
        PeerId(self.peers[peer].id.0 + 1_000 * u64::try_from(place).unwrap())
    }

    fn leave(&mut self, peer: usize, room: &Rendezvous) {
        let left = self.address(peer, room);
        self.peers[peer].rooms.remove(room);
        for other in self.peers.iter_mut().filter(|other| other.online) {
            let message = ServerMessage::PeerLeft { room: room.clone(), peer: left };
            other.inputs.push_back(Input::Signal(message));
        }
    }

    pub fn say(&mut self, peer: usize, text: &str, priority: Priority) {
        let draft = self.draft(peer, text, priority);
        self.command(peer, Command::Send(draft));
    }

    /// A draft with an id of its own.
    pub fn draft(&mut self, peer: usize, text: &str, priority: Priority) -> Draft {
        let mut id = [0; 16];
        id[..8].copy_from_slice(&self.now.to_be_bytes());
        id[8] = u8::try_from(peer).unwrap();
        self.now += 1;
        Draft::new(DraftId(id), text, priority)
    }

    pub fn command(&mut self, peer: usize, command: Command) {
        let now = self.clock();
        self.peers[peer].engine.command(command, now);
        self.run();
    }

    /// Carries out what there is to do, until nothing is left.
    pub fn run(&mut self) {
        loop {
            let mut idle = true;
            for index in 0..self.peers.len() {
                idle &= !self.step(index);
            }
            if idle {
                return;
            }
        }
    }

    /// Lets time pass, from deadline to deadline.
    pub fn pass(&mut self, millis: u64) {
        let end = self.now + millis;
        self.run();
        loop {
            let deadlines = self.peers.iter().filter_map(|peer| peer.engine.deadline());
            let arrival = self.line.as_ref().and_then(Line::next);
            let next = deadlines.chain(arrival).min();
            let Some(next) = next.filter(|next| *next <= end) else { break };
            self.now = self.now.max(next) + 1;
            let arrived = self.line.as_mut().map(|line| line.take(self.now)).unwrap_or_default();
            for (peer, input) in arrived {
                self.peers[peer].inputs.push_back(input);
            }
            for peer in &mut self.peers {
                peer.inputs.push_back(Input::Tick);
            }
            self.run();
        }
        self.now = self.now.max(end);
    }

    pub fn step(&mut self, index: usize) -> bool {
        let mut now = self.clock();
        now.wall += self.peers[index].ahead;
        let mut worked = false;
        while let Some(output) = self.peers[index].engine.poll_output() {
            worked = true;
            self.carry_out(index, output);
        }
        let ends = self.wires.iter().filter(|(from, _)| from.0 == index);
        for ((_, link), (other, theirs)) in ends.map(|(a, b)| (*a, *b)).collect::<Vec<_>>() {
            for channel in Channel::ALL {
                let way = (index, link);
                if self.line.as_ref().is_some_and(|line| !line.has_room(way, self.now)) {
                    continue;
                }
                let engine = &mut self.peers[index].engine;
                if let Some(bytes) = engine.poll_transmit(link, channel, now) {
                    worked = true;
                    let length = bytes.len();
                    self.peers[other].heard += length;
                    let frame = Input::Frame { link: theirs, channel, bytes };
                    match &mut self.line {
                        Some(line) => line.send(way, length, (other, frame), self.now),
                        None => self.peers[other].inputs.push_back(frame),
                    }
                }
            }
        }
        if let Some(input) = self.peers[index].inputs.pop_front() {
            worked = true;
            #[cfg(feature = "simulation")]
            engine::simulation::refuse(self.peers[index].refuses);
            self.peers[index].engine.handle(input, now);
        }
        worked
    }

    pub fn carry_out(&mut self, index: usize, output: Output) {
        let peer = &mut self.peers[index];
        match output {
            Output::Event(event) => {
                if let Event::Moved(entries) = &event {
                    peer.rows.retain(|_, row| !entries.contains(&row.entry));
                }
                if let Event::Rows(rows) = &event {
                    for row in rows {
                        peer.rows.insert(row.order, row.clone());
                    }
                }
                if let Event::Changed(row) = &event
                    && let Some(shown) = peer.rows.get_mut(&row.order)
                {
                    *shown = (**row).clone();
                }
                peer.events.push(event);
            }
            Output::Commit { batch, .. } if peer.full => {
                peer.inputs.push_back(Input::CommitFailed(batch, StoreFault::Full));
            }
            Output::Commit { batch, ops, .. } => {
                peer.ops += ops.len();
                for op in ops {
                    match op {
                        StoreOp::Put(table, key, value) => peer.store.insert((table, key), value),
                        StoreOp::Delete(table, key) => peer.store.remove(&(table, key)),
                    };
                }
                match &mut peer.slow {
                    Some(batches) => batches.push(batch),
                    None => peer.inputs.push_back(Input::Committed(batch)),
                }
            }
            Output::Scan(scan) if peer.unread > 0 => {
                peer.unread -= 1;
                let fault = StoreFault::Failed("the read was aborted".to_owned());
                peer.inputs.push_back(Input::Scanned(scan.scan, Err(fault)));
            }
            Output::Scan(scan) => {
                let records = read(&peer.store, &scan);
                peer.inputs.push_back(Input::Scanned(scan.scan, Ok(records)));
            }
            Output::Signal(message) => self.relay(index, message),
            Output::Rtc { link, call } => self.rtc(index, link, call),
        }
    }

    pub fn relay(&mut self, index: usize, message: ClientMessage) {
        if !self.peers[index].online {
            return;
        }
        match message {
            ClientMessage::Join { room } => {
                let you = self.address(index, &room);
                self.peers[index].joined = true;
                self.peers[index].rooms.insert(room.clone());
                let side = self.peers[index].side;
                let there =
                    |peer: &Peer| peer.side == side && peer.joined && peer.rooms.contains(&room);
                let others = (0..self.peers.len()).filter(|other| *other != index);
                let others: Vec<usize> =
                    others.filter(|other| there(&self.peers[*other])).collect();
                let mut peers = vec![];
                for other in others {
                    peers.push(self.address(other, &room));
                    let joined = ServerMessage::PeerJoined { room: room.clone(), peer: you };
                    self.peers[other].inputs.push_back(Input::Signal(joined));
                }
                let joined = ServerMessage::Joined { room, you, peers };
                self.peers[index].inputs.push_back(Input::Signal(joined));
            }
            ClientMessage::Signal { room, to, payload } => {
                let from = self.address(index, &room);
                let signal = ServerMessage::Signal { room: room.clone(), from, payload };
                let other = (0..self.peers.len()).find(|other| self.address(*other, &room) == to);
                let side = self.peers[index].side;
                if let Some(other) = other.filter(|other| self.peers[*other].side == side) {
                    self.post.push((other, signal.clone()));
                    self.peers[other].inputs.push_back(Input::Signal(signal));
                }
            }
            ClientMessage::Leave { room } => self.leave(index, &room),
            ClientMessage::Ping | ClientMessage::Pong => {}
        }
    }

    /// Connects two ends as soon as the answer reaches the side that offered.
    pub fn rtc(&mut self, index: usize, link: LinkId, call: RtcCall) {
        let fingerprint = u8::try_from(index).unwrap();
        let name = format!("{index}-{}", link.0);
        let mine = sdp(&name, fingerprint);
        self.peers[index].calls.push((link, call.clone()));
        if let RtcCall::Open { relay_only, .. } = &call {
            self.peers[index].relayed.push(*relay_only);
        }
        match call {
            RtcCall::Open { offerer: true, .. } => {
                self.sessions.insert(mine.clone(), (index, link));
                let kind = SdpKind::Offer;
                let offer = Input::RtcDescription { link, kind, sdp: mine };
                self.peers[index].inputs.push_back(offer);
            }
            RtcCall::Remote { kind: SdpKind::Offer, sdp: theirs } => {
                let other = self.sessions[&theirs];
                self.wires.insert((index, link), other);
                self.sessions.insert(mine.clone(), (index, link));
                let kind = SdpKind::Answer;
                let answer = Input::RtcDescription { link, kind, sdp: mine };
                self.peers[index].inputs.push_back(answer);
            }
            RtcCall::Remote { kind: SdpKind::Answer, sdp: theirs } => {
                let other = self.sessions[&theirs];
                self.wires.insert((index, link), other);
                for (peer, link) in [(index, link), other] {
                    let open = Input::ChannelOpen { link, channel: Channel::Messages };
                    self.peers[peer].inputs.push_back(open);
                }
            }
            RtcCall::Close => {
                if let Some((other, theirs)) = self.wires.remove(&(index, link)) {
                    self.wires.remove(&(other, theirs));
                    let channel = Channel::Messages;
                    let closed = Input::ChannelClosed { link: theirs, channel };
                    self.peers[other].inputs.push_back(closed);
                }
            }
            RtcCall::Open { .. } | RtcCall::Candidate(_) | RtcCall::RestartIce => {}
        }
    }

    pub fn texts(&self, peer: usize) -> Vec<(String, RowState)> {
        let text = |row: &Row| match &row.body {
            Body::Text(text) => text.clone(),
            Body::Decided(_) => "decided".to_owned(),
            body @ (Body::Gone | Body::Newer | Body::Unreadable) => format!("{body:?}"),
        };
        self.peers[peer].rows.values().map(|row| (text(row), row.state)).collect()
    }

    pub fn words(&self, peer: usize) -> Vec<String> {
        self.texts(peer).into_iter().map(|(text, _)| text).collect()
    }

    /// What a peer shows of what was said, without what was decided.
    pub fn said(&self, peer: usize) -> Vec<String> {
        self.words(peer).into_iter().filter(|text| text != "decided").collect()
    }

    /// All that a peer was refused, in order.
    pub fn refusals(&self, peer: usize) -> Vec<Refusal> {
        let events = self.peers[peer].events.iter();
        let refused = events.filter_map(|event| {
            let Event::Refused { reason, .. } = event else { return None };
            Some(reason.clone())
        });
        refused.collect()
    }
}

pub fn read(store: &Tables, scan: &Scan) -> Vec<Record> {
    let range = store.range((scan.table, scan.from.clone())..(scan.table, scan.to.clone()));
    let records = range.map(|((_, key), value)| (key.clone(), value.clone()));
    let limit = usize::try_from(scan.limit).unwrap();
    if scan.descending {
        records.rev().take(limit).collect()
    } else {
        records.take(limit).collect()
    }
}

/// How many are asked for in a variable of the environment, or else so many.
pub fn wanted(variable: &str, usual: u64) -> u64 {
    std::env::var(variable).map_or(usual, |value| number(variable, &value))
}

/// Stops in words where there is no number: what is asked for is not done in another way.
pub fn number(variable: &str, value: &str) -> u64 {
    let number = value.parse().ok().filter(|number| *number > 0);
    assert!(number.is_some(), "{variable} is {value:?}, which is no number from 1 on");
    number.unwrap()
}

pub fn founder() -> RoomRecord {
    RoomRecord::create(&[7; 128])
}

pub fn guest(seed: u8) -> RoomRecord {
    let invite = founder().invite().to_string();
    RoomRecord::join(&Invite::parse(&invite).unwrap(), &[seed; 128])
}

pub fn two() -> World {
    let mut world = World::new();
    for record in [founder(), guest(1)] {
        let peer = world.start(record, Tables::new());
        world.connect(peer);
        world.run();
    }
    world
}
