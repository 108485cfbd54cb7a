//! The smallest driver there can be: engines in one process, stores in memory, wires that work.
//!
//! Read this to see how an engine is run; the simulator in `tests/` is the same with everything
//! that can go wrong.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test stops where it is wrong")]

use std::collections::{BTreeMap, VecDeque};

use engine::{
    Body, Channel, Command, Draft, DraftId, Engine, Event, Input, Invite, LinkId, Now, Output,
    Priority, Record, RoomRecord, Row, RowState, RtcCall, Scan, SdpKind, StoreOp, Table,
};
use protocol::{ClientMessage, PeerId, ServerMessage};

type Tables = BTreeMap<(Table, Vec<u8>), Vec<u8>>;

struct Peer {
    engine: Engine,
    store: Tables,
    inputs: VecDeque<Input>,
    rows: BTreeMap<engine::Order, Row>,
    events: Vec<Event>,
    id: PeerId,
    online: bool,
    joined: bool,
}

/// All peers, their signaling room, and a clock that moves when nothing else does.
struct World {
    peers: Vec<Peer>,
    now: u64,
    /// Connections by both ends' link: `(peer, link) -> (peer, link)`.
    wires: BTreeMap<(usize, LinkId), (usize, LinkId)>,
    sessions: BTreeMap<String, (usize, LinkId)>,
}

fn sdp(name: &str, fingerprint: u8) -> String {
    let hex = vec![format!("{fingerprint:02X}"); 32].join(":");
    format!(
        "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns={name}\r\nt=0 0\r\n\
         m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\n\
         a=fingerprint:sha-256 {hex}\r\na=setup:actpass\r\na=mid:0\r\na=sctp-port:5000\r\n"
    )
}

impl World {
    fn new() -> World {
        World { peers: vec![], now: 1_000, wires: BTreeMap::new(), sessions: BTreeMap::new() }
    }

    fn clock(&self) -> Now {
        Now { mono: self.now, wall: 1_700_000_000_000 + self.now }
    }

    fn start(&mut self, record: RoomRecord, store: Tables) -> usize {
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
        });
        index
    }

    fn connect(&mut self, peer: usize) {
        self.peers[peer].online = true;
        self.peers[peer].inputs.push_back(Input::SignalOpened);
    }

    fn stop(&mut self, peer: usize) -> Tables {
        (self.peers[peer].online, self.peers[peer].joined) = (false, false);
        let left = self.peers[peer].id;
        let room = rendezvous(&mut self.peers[peer]);
        for other in self.peers.iter_mut().filter(|other| other.online) {
            let message = ServerMessage::PeerLeft { room: room.clone(), peer: left };
            other.inputs.push_back(Input::Signal(message));
        }
        let ends: Vec<_> = self.wires.iter().filter(|(from, _)| from.0 == peer).collect();
        let ends: Vec<_> = ends.into_iter().map(|(from, to)| (*from, *to)).collect();
        for (from, (other, link)) in ends {
            self.wires.remove(&from);
            self.wires.remove(&(other, link));
            let closed = Input::ChannelClosed { link, channel: Channel::Messages };
            self.peers[other].inputs.push_back(closed);
        }
        std::mem::take(&mut self.peers[peer].store)
    }

    fn say(&mut self, peer: usize, text: &str, priority: Priority) {
        let mut id = [0; 16];
        id[..8].copy_from_slice(&self.now.to_be_bytes());
        id[8] = u8::try_from(peer).unwrap();
        self.now += 1;
        let draft = Draft { id: DraftId(id), text: text.to_owned(), priority };
        let now = self.clock();
        self.peers[peer].engine.command(Command::Send(draft), now);
        self.run();
    }

    /// Carries out what there is to do, until nothing is left.
    fn run(&mut self) {
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
    fn pass(&mut self, millis: u64) {
        let end = self.now + millis;
        self.run();
        loop {
            let next = self.peers.iter().filter_map(|peer| peer.engine.deadline()).min();
            let Some(next) = next.filter(|next| *next <= end) else { break };
            self.now = self.now.max(next) + 1;
            for peer in &mut self.peers {
                peer.inputs.push_back(Input::Tick);
            }
            self.run();
        }
        self.now = self.now.max(end);
    }

    fn step(&mut self, index: usize) -> bool {
        let now = self.clock();
        let mut worked = false;
        while let Some(output) = self.peers[index].engine.poll_output() {
            worked = true;
            self.carry_out(index, output);
        }
        let ends = self.wires.iter().filter(|(from, _)| from.0 == index);
        for ((_, link), (other, theirs)) in ends.map(|(a, b)| (*a, *b)).collect::<Vec<_>>() {
            let channel = Channel::Messages;
            let engine = &mut self.peers[index].engine;
            if let Some(bytes) = engine.poll_transmit(link, channel, now) {
                worked = true;
                let frame = Input::Frame { link: theirs, channel, bytes };
                self.peers[other].inputs.push_back(frame);
            }
        }
        if let Some(input) = self.peers[index].inputs.pop_front() {
            worked = true;
            self.peers[index].engine.handle(input, now);
        }
        worked
    }

    fn carry_out(&mut self, index: usize, output: Output) {
        let peer = &mut self.peers[index];
        match output {
            Output::Event(event) => {
                if let Event::Rows(rows) = &event {
                    for row in rows {
                        peer.rows.insert(row.order, row.clone());
                    }
                }
                peer.events.push(event);
            }
            Output::Commit { batch, ops, .. } => {
                for op in ops {
                    match op {
                        StoreOp::Put(table, key, value) => peer.store.insert((table, key), value),
                        StoreOp::Delete(table, key) => peer.store.remove(&(table, key)),
                    };
                }
                peer.inputs.push_back(Input::Committed(batch));
            }
            Output::Scan(scan) => {
                let records = read(&peer.store, &scan);
                peer.inputs.push_back(Input::Scanned(scan.scan, Ok(records)));
            }
            Output::Signal(message) => self.relay(index, message),
            Output::Rtc { link, call } => self.rtc(index, link, call),
        }
    }

    fn relay(&mut self, index: usize, message: ClientMessage) {
        let (you, online) = (self.peers[index].id, self.peers[index].online);
        match message {
            _ if !online => {}
            ClientMessage::Join { room } => {
                self.peers[index].joined = true;
                let others = self.peers.iter().filter(|peer| peer.joined && peer.id != you);
                let peers = others.map(|peer| peer.id).collect();
                for other in self.peers.iter_mut().filter(|peer| peer.joined && peer.id != you) {
                    let joined = ServerMessage::PeerJoined { room: room.clone(), peer: you };
                    other.inputs.push_back(Input::Signal(joined));
                }
                let joined = ServerMessage::Joined { room, you, peers };
                self.peers[index].inputs.push_back(Input::Signal(joined));
            }
            ClientMessage::Signal { room, to, payload } => {
                let signal = ServerMessage::Signal { room, from: you, payload };
                if let Some(other) = self.peers.iter_mut().find(|peer| peer.id == to) {
                    other.inputs.push_back(Input::Signal(signal));
                }
            }
            ClientMessage::Leave { .. } | ClientMessage::Ping | ClientMessage::Pong => {}
        }
    }

    /// Connects two ends as soon as the answer reaches the side that offered.
    fn rtc(&mut self, index: usize, link: LinkId, call: RtcCall) {
        let fingerprint = u8::try_from(index).unwrap();
        let name = format!("{index}-{}", link.0);
        let mine = sdp(&name, fingerprint);
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

    fn texts(&self, peer: usize) -> Vec<(String, RowState)> {
        let text = |row: &Row| match &row.body {
            Body::Text(text) => text.clone(),
            body @ (Body::Gone | Body::Newer | Body::Unreadable) => format!("{body:?}"),
        };
        self.peers[peer].rows.values().map(|row| (text(row), row.state)).collect()
    }

    fn words(&self, peer: usize) -> Vec<String> {
        self.texts(peer).into_iter().map(|(text, _)| text).collect()
    }
}

fn rendezvous(peer: &mut Peer) -> protocol::Rendezvous {
    // Asking it to join again is the only way an engine names its rendezvous.
    peer.engine.handle(Input::SignalOpened, Now { mono: 0, wall: 0 });
    while let Some(output) = peer.engine.poll_output() {
        if let Output::Signal(ClientMessage::Join { room }) = output {
            return room;
        }
    }
    panic!("an engine that may signal joins");
}

fn read(store: &Tables, scan: &Scan) -> Vec<Record> {
    let range = store.range((scan.table, scan.from.clone())..(scan.table, scan.to.clone()));
    let records = range.map(|((_, key), value)| (key.clone(), value.clone()));
    let limit = usize::try_from(scan.limit).unwrap();
    if scan.descending {
        records.rev().take(limit).collect()
    } else {
        records.take(limit).collect()
    }
}

fn founder() -> RoomRecord {
    RoomRecord::create(&[7; 128])
}

fn guest(seed: u8) -> RoomRecord {
    let invite = founder().invite().to_string();
    RoomRecord::join(&Invite::parse(&invite).unwrap(), &[seed; 128])
}

fn two() -> World {
    let mut world = World::new();
    for record in [founder(), guest(1)] {
        let peer = world.start(record, Tables::new());
        world.connect(peer);
        world.run();
    }
    world
}

#[test]
fn two_engines_chat_and_know_it() {
    let mut world = two();
    world.say(0, "hello", Priority::Normal);
    world.say(1, "hello to you", Priority::Normal);
    world.pass(5_000);
    assert_eq!(world.words(0), ["hello", "hello to you"]);
    assert_eq!(world.words(0), world.words(1));
    assert_eq!(world.texts(0)[0].1, RowState::Delivered);
    assert_eq!(world.texts(0)[1].1, RowState::Received);
    assert_eq!(world.texts(1)[1].1, RowState::Delivered);
}

#[test]
fn i2_i3_what_is_said_to_nobody_survives_a_restart_and_arrives_once_and_in_order() {
    let mut world = two();
    world.stop(1);
    world.pass(20_000);
    for number in 0..5 {
        world.say(0, &number.to_string(), Priority::Normal);
    }
    assert!(world.texts(0).iter().all(|(_, state)| *state == RowState::Saved));
    assert!(world.peers[0].events.contains(&Event::Pending(5)));
    let store = world.stop(0);
    let again = world.start(founder(), store);
    world.run();
    assert_eq!(world.words(again), ["0", "1", "2", "3", "4"]);
    world.connect(again);
    let ben = world.start(guest(1), Tables::new());
    world.connect(ben);
    world.pass(5_000);
    assert_eq!(world.words(ben), ["0", "1", "2", "3", "4"]);
    assert!(world.texts(again).iter().all(|(_, state)| *state == RowState::Delivered));
    assert_eq!(world.peers[again].events.last(), Some(&Event::Pending(0)));
}

#[test]
fn i12_a_third_member_delivers_what_an_author_said_who_has_left() {
    let mut world = two();
    world.say(0, "from Ana", Priority::Normal);
    world.pass(3_000);
    world.stop(0);
    world.pass(20_000);
    let carl = world.start(guest(2), Tables::new());
    world.connect(carl);
    world.pass(5_000);
    assert_eq!(world.words(carl), ["from Ana"]);
}

#[test]
fn urgent_overtakes_what_waits_for_a_member() {
    let mut world = two();
    world.stop(1);
    world.pass(20_000);
    for number in 0..200 {
        world.say(0, &format!("low {number} {}", "x".repeat(500)), Priority::Low);
    }
    world.say(0, "urgent", Priority::Urgent);
    let ben = world.start(guest(1), Tables::new());
    world.connect(ben);
    world.pass(10_000);
    let mut arrived: Vec<Row> = vec![];
    for event in &world.peers[ben].events {
        if let Event::Rows(rows) = event {
            arrived.extend(rows.clone());
        }
    }
    let place = arrived.iter().position(|row| row.priority == Priority::Urgent).unwrap();
    assert!(place <= 60, "it was number {place} to arrive");
    assert_eq!(world.words(ben).len(), 201);
    assert_eq!(world.words(ben)[200], "urgent");
}

#[test]
fn a_name_and_the_rooms_name_reach_everybody() {
    let mut world = two();
    let now = world.clock();
    world.peers[0].engine.command(Command::SetName("Ana".into()), now);
    world.peers[0].engine.command(Command::SetRoomName("Kitchen".into()), now);
    world.peers[1].engine.command(Command::SetRoomName("Mine".into()), now);
    world.pass(3_000);
    let ana = world.peers[0].engine.me();
    let is_ana =
        |view: &engine::MemberView| view.member == ana && view.name == "Ana" && view.online;
    let named = |event: Event| matches!(event, Event::Members(views) if views.iter().any(is_ana));
    assert!(world.peers[1].engine.snapshot().into_iter().any(named));
    let room = |event: Event| matches!(event, Event::Room(view) if view.name == "Kitchen");
    assert!(world.peers[1].engine.snapshot().into_iter().any(room));
    assert!(world.peers[1].events.iter().any(|event| matches!(event, Event::Refused { .. })));
}

#[test]
fn links_outlive_the_signaling_server_and_are_kept_when_it_returns() {
    let mut world = two();
    let wires = world.wires.clone();
    for peer in &mut world.peers {
        peer.inputs.push_back(Input::SignalClosed);
        peer.joined = false;
    }
    world.say(0, "nobody in between", Priority::Normal);
    world.pass(3_000);
    assert_eq!(world.texts(0)[0].1, RowState::Delivered);
    for (index, id) in [(0, 200), (1, 201)] {
        world.peers[index].id = PeerId(id);
        world.connect(index);
        world.run();
    }
    world.pass(60_000);
    assert_eq!(world.wires, wires);
    world.say(1, "still here", Priority::Normal);
    world.pass(3_000);
    assert_eq!(world.words(0), ["nobody in between", "still here"]);
}

fn troubles(peer: &Peer) -> usize {
    peer.events.iter().filter(|event| matches!(event, Event::Trouble(_))).count()
}

#[test]
fn i5_what_is_no_protocol_closes_the_link_in_words_and_the_link_is_built_anew() {
    let mut random = engine::crypto::random::Random::new([3; 32]);
    for round in 0..200 {
        let mut world = two();
        world.say(0, "before", Priority::Normal);
        let link = world.wires.keys().find(|(peer, _)| *peer == 0).unwrap().1;
        let length = usize::try_from(random.below(60)).unwrap() + 1;
        let mut bytes: Vec<u8> = (0..length).map(|_| random.bytes::<1>()[0]).collect();
        if round % 2 == 0 {
            // A frame of a known kind with a body of noise.
            bytes[0] = u8::try_from(length - 1).unwrap();
            bytes.get_mut(1).into_iter().for_each(|kind| *kind %= 12);
        }
        let frame = Input::Frame { link, channel: Channel::Messages, bytes };
        world.peers[0].inputs.push_back(frame);
        world.pass(30_000);
        world.say(0, "after", Priority::Normal);
        world.pass(10_000);
        assert_eq!(world.words(1), ["before", "after"], "round {round}");
        assert!(troubles(&world.peers[0]) <= 1 && troubles(&world.peers[1]) == 0, "round {round}");
    }
}

#[test]
fn i1_a_store_that_fails_acknowledges_nothing_and_loses_nothing() {
    let mut world = two();
    world.say(0, "first", Priority::Normal);
    world.pass(3_000);
    let now = world.clock();
    let draft = Draft { id: DraftId([9; 16]), text: "second".into(), priority: Priority::Urgent };
    let engine = &mut world.peers[0].engine;
    engine.command(Command::Send(draft.clone()), now);
    let batch = loop {
        match engine.poll_output() {
            Some(Output::Commit { batch, .. }) => break batch,
            Some(_) => {}
            None => panic!("a draft forms a batch"),
        }
    };
    let fault = engine::StoreFault::Full;
    world.peers[0].inputs.push_back(Input::CommitFailed(batch, fault));
    world.run();
    assert_eq!(world.words(0), ["first"]);
    assert_eq!(world.words(1), ["first"]);
    let now = world.clock();
    world.peers[0].engine.command(Command::Send(draft), now);
    world.pass(5_000);
    assert_eq!(world.words(0), ["first", "second"]);
    assert_eq!(world.texts(0)[1].1, RowState::Delivered);
    assert_eq!(world.words(1), ["first", "second"]);
}

#[test]
fn i6_what_goes_wrong_again_and_again_is_told_once_a_minute() {
    let mut world = World::new();
    let ana = world.start(founder(), Tables::new());
    world.connect(ana);
    world.run();
    let refuse = |world: &mut World, message: String| {
        let refused = ServerMessage::Error { code: protocol::ErrorCode::TooManyMessages, message };
        world.peers[ana].inputs.push_back(Input::Signal(refused));
        world.run();
    };
    let told = |world: &World| {
        let is = |event: &&Event| matches!(event, Event::Trouble(_));
        world.peers[ana].events.iter().filter(is).count()
    };
    refuse(&mut world, "too fast".to_owned());
    refuse(&mut world, "too fast".to_owned());
    assert_eq!(told(&world), 1);
    (0..500).for_each(|n| refuse(&mut world, n.to_string()));
    assert_eq!(told(&world), engine::limits::TROUBLES);
    world.pass(engine::limits::TROUBLE_EVERY);
    refuse(&mut world, "too fast".to_owned());
    assert_eq!(told(&world), engine::limits::TROUBLES + 1);
}
