//! A member that keeps to the rules until it is told not to: a real engine over WebRTC without a
//! browser and the real signaling server, in a thread of its own.
//!
//! ```text
//!  trial ── Order ──► Peer { engine, store in memory, connections } ◄──► pages, over UDP
//!                       └─ WebSocket ◄──► signaling server
//! ```
//! By the engine it gets into the room and is proven, as any member is. What goes over its links
//! can then be altered (`alter`, `greet`), or be any bytes (`write`).

use crate::evil_member::connection::{Connection, Happening};
use crate::page::Page;
use anyhow::{Context, Result, anyhow};
use engine::crypto::random::Random;
use engine::frame::{Frame, decode};
use engine::protocol::{ClientMessage, ServerMessage};
use engine::{
    Channel, Engine, Event, Input, Invite, LinkId, MemberId, Now, Output, Record, RoomRecord,
    RtcCall, Scan, SdpKind, StoreOp, Table,
};
use futures::{SinkExt, StreamExt};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::SocketAddr;
use std::thread;
use std::time::{Duration, Instant, SystemTime};
use tokio::net::UdpSocket;
use tokio::sync::{mpsc, oneshot};
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::Message;

/// Frames of others that it remembers.
const HEARD: usize = 4_096;

/// What the trial has it do.
type Order = Box<dyn FnOnce(&mut Peer) + Send>;
/// What really travels of a message that its engine writes.
pub type Alter = fn(&mut Peer, LinkId, Vec<u8>) -> Vec<Vec<u8>>;
/// What it writes instead of a greeting or a proof.
pub type Greet = fn(&mut Peer, LinkId, Frame) -> Vec<Vec<u8>>;

/// How it knows a link.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tie {
    /// Who greeted there.
    pub member: Option<MemberId>,
    /// True once the other side has said more than its greeting and its proof.
    pub proven: bool,
    /// The last sign of life that was answered there.
    pub answered: u64,
}

/// See the module.
pub struct Peer {
    /// Its place in the room.
    pub record: RoomRecord,
    /// Draws what it makes up.
    pub random: Random,
    /// The place of a member that was removed and helps it.
    pub friend: Option<RoomRecord>,
    /// Its links.
    pub ties: BTreeMap<LinkId, Tie>,
    /// What others have said, the newest last.
    pub heard: VecDeque<(LinkId, Frame)>,
    /// How many links have ended.
    pub lost: usize,
    /// See [`Alter`].
    pub alter: Option<Alter>,
    /// What it greets with instead.
    pub greet: Option<Greet>,
    /// How many links and attempts have ended.
    pub ended: usize,
    /// The sign of life that the trial waits for.
    pub awaited: u64,
    /// How many entries of its own nobody else is known to hold.
    pub pending: u64,
    /// Counts what an attack wants to count.
    pub counter: u64,
    /// Its engine.
    pub engine: Engine,
    store: BTreeMap<(Table, Vec<u8>), Vec<u8>>,
    inputs: VecDeque<Input>,
    signals: Vec<ClientMessage>,
    connections: BTreeMap<LinkId, Connection>,
    udp: UdpSocket,
    local: SocketAddr,
    began: Instant,
    leaving: bool,
}

/// A peer that lives in its thread; it ends with this.
pub struct Handle {
    orders: mpsc::UnboundedSender<Order>,
    thread: Option<thread::JoinHandle<Result<()>>>,
    /// Who it is.
    pub me: MemberId,
}

impl Handle {
    /// Comes into the room of an invite through the signaling server at an address.
    pub fn join(invite: &str, signal: &str, prepare: fn(&mut Peer)) -> Result<Self> {
        let invite = Invite::parse(Page::secret(invite)?)?;
        let mut entropy = [0; 128];
        getrandom::fill(&mut entropy).map_err(|error| anyhow!("no randomness: {error}"))?;
        let record = RoomRecord::join(&invite, &entropy);
        let (me, signal) = (record.me(), signal.to_owned());
        let (orders, taken) = mpsc::unbounded_channel();
        let thread = thread::spawn(move || {
            str0m::crypto::from_feature_flags().install_process_default();
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(async {
                let mut peer = Peer::new(record).await?;
                prepare(&mut peer);
                peer.live(&signal, taken).await
            })
        });
        Ok(Self { orders, thread: Some(thread), me })
    }

    /// Has it do something, and gives what comes of it.
    pub async fn ask<T: Send + 'static>(
        &self,
        order: impl FnOnce(&mut Peer) -> T + Send + 'static,
    ) -> Result<T> {
        let (answer, answered) = oneshot::channel();
        let order: Order = Box::new(move |peer| drop(answer.send(order(peer))));
        self.orders.send(order).map_err(|_| anyhow!("the evil member has ended"))?;
        answered.await.context("the evil member has ended")
    }

    /// It leaves; fails if it has failed before.
    pub fn leave(mut self) -> Result<()> {
        self.end()
    }

    fn end(&mut self) -> Result<()> {
        let _ = self.orders.send(Box::new(|peer| peer.leaving = true));
        let ended = self.thread.take().map(thread::JoinHandle::join);
        ended.unwrap_or(Ok(Ok(()))).map_err(|_| anyhow!("the evil member has panicked"))?
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        let _ = self.end();
    }
}

impl Peer {
    async fn new(record: RoomRecord) -> Result<Self> {
        let udp = UdpSocket::bind((address()?, 0)).await?;
        let local = udp.local_addr()?;
        let mut seed = [0; 64];
        getrandom::fill(&mut seed).map_err(|error| anyhow!("no randomness: {error}"))?;
        let (first, second) = seed.split_at(32);
        let began = Instant::now();
        let engine = Engine::open(record.clone(), first.try_into()?, now(began));
        Ok(Self {
            record,
            random: Random::new(second.try_into()?),
            friend: None,
            ties: BTreeMap::new(),
            heard: VecDeque::new(),
            lost: 0,
            pending: 0,
            ended: 0,
            awaited: 0,
            alter: None,
            greet: None,
            counter: 0,
            engine,
            store: BTreeMap::new(),
            inputs: VecDeque::new(),
            signals: Vec::new(),
            connections: BTreeMap::new(),
            udp,
            local,
            began,
            leaving: false,
        })
    }

    async fn live(
        &mut self,
        signal: &str,
        mut orders: mpsc::UnboundedReceiver<Order>,
    ) -> Result<()> {
        let (mut socket, _) = connect_async(signal).await?;
        self.inputs.push_back(Input::SignalOpened);
        let mut datagram = vec![0; 4096];
        while !self.leaving {
            let again = self.work();
            for message in std::mem::take(&mut self.signals) {
                socket.send(Message::text(message.encode())).await?;
            }
            tokio::select! {
                said = socket.next() => {
                    let said = said.context("the signaling server hung up")??;
                    if let Message::Text(text) = said
                        && let Ok(message) = ServerMessage::decode(text.as_str()) {
                            self.inputs.push_back(Input::Signal(message));
                        }
                }
                came = self.udp.recv_from(&mut datagram) => {
                    // A port that nobody listens at any more is told here, too.
                    if let Ok((length, source)) = came {
                        self.on_datagram(source, datagram.get(..length).unwrap_or_default());
                    }
                    while let Ok((length, source)) = self.udp.try_recv_from(&mut datagram) {
                        self.on_datagram(source, datagram.get(..length).unwrap_or_default());
                    }
                }
                order = orders.recv() => match order {
                    Some(order) => order(self),
                    None => break,
                },
                () = tokio::time::sleep_until(again.into()) => self.inputs.push_back(Input::Tick),
            }
        }
        let udp = &self.udp;
        let send = |to: SocketAddr, bytes: &[u8]| drop(udp.try_send_to(bytes, to));
        self.connections.values_mut().for_each(|connection| connection.close(send));
        Ok(socket.close(None).await?)
    }

    fn on_datagram(&mut self, source: SocketAddr, datagram: &[u8]) {
        for connection in self.connections.values_mut() {
            if connection.receive(source, datagram) {
                return;
            }
        }
    }

    /// Does what there is to do, and says when to come again.
    fn work(&mut self) -> Instant {
        let mut again = Instant::now() + Duration::from_secs(1);
        loop {
            let mut idle = !self.engine_works();
            let links: Vec<LinkId> = self.connections.keys().copied().collect();
            for link in links {
                let Some(connection) = self.connections.get_mut(&link) else { continue };
                let udp = &self.udp;
                let send = |to: SocketAddr, bytes: &[u8]| drop(udp.try_send_to(bytes, to));
                let (happened, at) = connection.work(send);
                again = again.min(at);
                for happening in happened {
                    idle = false;
                    self.on_happening(link, happening);
                }
            }
            if idle {
                break;
            }
        }
        let due = self.engine.deadline().map(|at| self.began + Duration::from_millis(at));
        due.map_or(again, |due| again.min(due)).max(Instant::now())
    }

    fn engine_works(&mut self) -> bool {
        let (mut worked, now) = (false, now(self.began));
        while let Some(input) = self.inputs.pop_front() {
            worked = true;
            self.engine.handle(input, now);
        }
        if self.engine.deadline().is_some_and(|at| at <= now.mono) {
            self.engine.handle(Input::Tick, now);
        }
        let links: Vec<LinkId> = self.connections.keys().copied().collect();
        for link in links {
            for channel in Channel::ALL {
                let room = |peer: &mut Peer| {
                    peer.connections.get_mut(&link).is_some_and(Connection::has_room)
                };
                while room(self)
                    && let Some(bytes) = self.engine.poll_transmit(link, channel, now)
                {
                    worked = true;
                    let written = match self.alter {
                        Some(alter) => alter(self, link, bytes),
                        None => vec![bytes],
                    };
                    written.into_iter().for_each(|bytes| self.write(link, channel, bytes));
                }
            }
        }
        while let Some(output) = self.engine.poll_output() {
            worked = true;
            self.carry_out(output);
        }
        worked
    }

    fn carry_out(&mut self, output: Output) {
        match output {
            Output::Event(Event::Pending(entries)) => self.pending = entries,
            Output::Event(_) => {}
            Output::Signal(message) => self.signals.push(message),
            Output::Commit { batch, ops, .. } => {
                for op in ops {
                    match op {
                        StoreOp::Put(table, key, value) => self.store.insert((table, key), value),
                        StoreOp::Delete(table, key) => self.store.remove(&(table, key)),
                    };
                }
                self.inputs.push_back(Input::Committed(batch));
            }
            Output::Scan(scan) => {
                let records = self.read(&scan);
                self.inputs.push_back(Input::Scanned(scan.scan, Ok(records)));
            }
            Output::Rtc { link, call } => {
                if self.rtc(link, call).is_err() {
                    let state = engine::RtcState::Failed;
                    self.inputs.push_back(Input::RtcState { link, state });
                }
            }
        }
    }

    fn read(&self, scan: &Scan) -> Vec<Record> {
        let range = (scan.table, scan.from.clone())..(scan.table, scan.to.clone());
        let records = self.store.range(range);
        let records = records.map(|((_, key), value)| (key.clone(), value.clone()));
        let limit = usize::try_from(scan.limit).unwrap_or(usize::MAX);
        match scan.descending {
            true => records.rev().take(limit).collect(),
            false => records.take(limit).collect(),
        }
    }

    fn rtc(&mut self, link: LinkId, call: RtcCall) -> Result<()> {
        let udp = &self.udp;
        let send = |to: SocketAddr, bytes: &[u8]| drop(udp.try_send_to(bytes, to));
        match call {
            RtcCall::Open { offerer, .. } => {
                let mut connection = Connection::new(self.local)?;
                if offerer {
                    let (kind, sdp) = (SdpKind::Offer, connection.offer()?);
                    self.inputs.push_back(Input::RtcDescription { link, kind, sdp });
                }
                self.connections.insert(link, connection);
                self.ties.insert(link, Tie::default());
            }
            RtcCall::Remote { kind, sdp } => {
                let Some(connection) = self.connections.get_mut(&link) else { return Ok(()) };
                if let Some(sdp) = connection.hear(kind, &sdp)? {
                    let kind = SdpKind::Answer;
                    self.inputs.push_back(Input::RtcDescription { link, kind, sdp });
                }
            }
            RtcCall::Candidate(json) => {
                let connection = self.connections.get_mut(&link);
                connection.into_iter().for_each(|connection| connection.candidate(&json));
            }
            RtcCall::RestartIce => {}
            RtcCall::Close => {
                if let Some(mut connection) = self.connections.remove(&link) {
                    connection.close(send);
                }
                let proven = self.ties.remove(&link).is_some_and(|tie| tie.proven);
                self.lost += usize::from(proven);
                self.ended += 1;
            }
        }
        Ok(())
    }

    fn on_happening(&mut self, link: LinkId, happening: Happening) {
        let input = match happening {
            Happening::Open(channel) => Input::ChannelOpen { link, channel },
            Happening::Closed(channel) => Input::ChannelClosed { link, channel },
            Happening::State(state) => Input::RtcState { link, state },
            Happening::Message(channel, bytes) => {
                self.hear(link, &bytes);
                Input::Frame { link, channel, bytes }
            }
        };
        self.inputs.push_back(input);
    }

    /// Notes what has come.
    fn hear(&mut self, link: LinkId, bytes: &[u8]) {
        for frame in decode(bytes).unwrap_or_default() {
            let tie = self.ties.entry(link).or_default();
            if let Frame::Hello(hello) = &frame {
                tie.member = Some(hello.member);
            } else if !matches!(frame, Frame::Proof(_) | Frame::Bye(_)) {
                tie.proven = true;
            }
            if let Frame::Reply(nonce) = &frame {
                tie.answered = *nonce;
            }
            if self.heard.len() >= HEARD {
                self.heard.pop_front();
            }
            self.heard.push_back((link, frame));
        }
    }

    /// Writes any bytes.
    pub fn write(&mut self, link: LinkId, channel: Channel, bytes: Vec<u8>) {
        if let Some(connection) = self.connections.get_mut(&link) {
            connection.write(channel, bytes);
        }
    }

    /// Writes a text where only bytes belong.
    pub fn write_text(&mut self, link: LinkId, text: &str) {
        if let Some(connection) = self.connections.get_mut(&link) {
            connection.write_text(text);
        }
    }

    /// Its links that are proven.
    pub fn proven(&self) -> BTreeSet<LinkId> {
        self.ties.iter().filter(|(_, tie)| tie.proven).map(|(link, _)| *link).collect()
    }

    /// What is stored in a table, in order.
    pub fn stored(&self, table: Table) -> impl DoubleEndedIterator<Item = &[u8]> {
        let records = self.store.iter().filter(move |((of, _), _)| *of == table);
        records.map(|(_, value)| value.as_slice())
    }

    /// What time it is.
    pub fn now(&self) -> Now {
        now(self.began)
    }
}

/// The clocks of a device that is right.
fn now(began: Instant) -> Now {
    let millis = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
    let wall = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    // Deadlines may not be before the clock's beginning.
    Now { mono: millis(began.elapsed()), wall: millis(wall) }
}

/// The address under which browsers of this machine find us: their own, which is not the loopback
/// one if there is a network. Nothing is sent to find it.
fn address() -> Result<std::net::IpAddr> {
    let probe = std::net::UdpSocket::bind("0.0.0.0:0")?;
    let found = probe.connect("203.0.113.1:9").and_then(|()| probe.local_addr());
    Ok(found.map_or([127, 0, 0, 1].into(), |address| address.ip()))
}
