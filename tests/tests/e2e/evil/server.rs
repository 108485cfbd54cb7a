//! The evil signaling server: real sockets, the real protocol, and no rule that it has to keep.
//!
//! ```text
//!  page ── WebSocket ──► attend ──► rooms ──► tamper ──► out of each connection
//!                          ▲ door: how whoever comes is met      ▲ raw bytes of an attack
//! ```
//! Without a door or a tamper it is an honest one. Whose page a connection is of is in its path, so
//! that it can give everybody the address it had before.

use crate::evil::wire;
use anyhow::{Context, Result, ensure};
use futures::StreamExt;
use protocol::{ClientMessage, PeerId, Rendezvous, ServerMessage};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio_tungstenite::tungstenite::handshake::server::{Request, Response};
use tokio_tungstenite::tungstenite::{Message, http::HeaderValue};

/// Payloads that are kept to be said again.
const KEPT: usize = 1_024;
/// How long what was queued may take to be written.
const WRITTEN: Duration = Duration::from_secs(30);
/// How often a wait looks.
const LOOK: Duration = Duration::from_millis(20);

/// Something for one connection.
#[derive(Clone, Debug)]
pub struct Parcel {
    /// Whose connection.
    pub to: String,
    /// What.
    pub message: ServerMessage,
    /// How much later than it could come.
    pub after: Duration,
}

impl Parcel {
    /// At once.
    pub fn now(to: &str, message: ServerMessage) -> Self {
        Self { to: to.to_owned(), message, after: Duration::ZERO }
    }
}

/// What becomes of a message that an honest server would deliver.
pub type Tamper = Box<dyn FnMut(&Parcel) -> Vec<Parcel> + Send>;

/// How whoever comes is met.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Door {
    /// As the protocol says.
    Open,
    /// With these bytes instead of an upgrade.
    Says(String),
    /// Never answers.
    Silent,
    /// Lets in and hangs up.
    Flap,
    /// Lets in, agrees to compress, and sends these bytes.
    Compressed(Vec<u8>),
}

/// What goes to a connection.
enum Out {
    Bytes(Vec<u8>),
    /// Piece by piece, with a pause after each.
    Drip(Vec<u8>, usize, Duration),
    HangUp,
}

/// One page's place at one meeting.
#[derive(Clone, Debug)]
pub struct Stay {
    /// Whose.
    pub person: String,
    /// Where.
    pub room: Rendezvous,
    /// Its address there.
    pub you: PeerId,
}

#[derive(Default)]
struct State {
    /// Connections by person: the newest of each.
    seats: BTreeMap<String, (u64, UnboundedSender<Out>)>,
    stays: Vec<Stay>,
    next: u64,
    tamper: Option<Tamper>,
    door: Option<Door>,
    /// True if whoever comes again has the address of before.
    same_addresses: bool,
    /// How many were met by a door, or messages by a tamper.
    harmed: usize,
    unwritten: usize,
    kept: Vec<Parcel>,
}

/// See the module.
#[derive(Clone)]
pub struct Evil {
    port: u16,
    state: Arc<Mutex<State>>,
}

impl Evil {
    /// Listens on a free port of this machine; serves as long as the runtime lives.
    pub async fn start() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let evil = Self { port: listener.local_addr()?.port(), state: Arc::default() };
        let serves = evil.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let serves = serves.clone();
                tokio::spawn(async move {
                    // How a connection ends is its own matter.
                    drop(serves.meet(stream).await);
                });
            }
        });
        Ok(evil)
    }

    /// Its origin, as the page's server lists it.
    pub fn origin(&self) -> String {
        format!("ws://127.0.0.1:{}", self.port)
    }

    /// Where a person's page is to connect.
    pub fn address(&self, person: &str) -> String {
        format!("{}/{person}", self.origin())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Treats what it delivers like this from now on.
    pub fn tamper(&self, tamper: impl FnMut(&Parcel) -> Vec<Parcel> + Send + 'static) {
        let mut state = self.state();
        state.tamper = Some(Box::new(tamper));
        state.harmed = 0;
    }

    /// Meets those who come like this from now on, and sends away who is there.
    pub fn door(&self, door: Door) {
        {
            let mut state = self.state();
            (state.door, state.harmed) = (Some(door), 0);
        }
        self.hang_up();
    }

    /// Gives whoever comes again the address of before.
    pub fn keep_addresses(&self) {
        self.state().same_addresses = true;
    }

    /// Keeps to the rules from now on.
    pub fn honest(&self) {
        let mut state = self.state();
        (state.tamper, state.door, state.same_addresses) = (None, None, false);
    }

    /// Sends everybody away.
    pub fn hang_up(&self) {
        for (_, out) in self.state().seats.values() {
            drop(out.send(Out::HangUp));
        }
    }

    /// How often it has done harm since it was told to.
    pub fn harmed(&self) -> usize {
        self.state().harmed
    }

    /// The stays of the pages that are there.
    pub fn stays(&self) -> Vec<Stay> {
        self.state().stays.clone()
    }

    /// Payloads that it has carried, in order.
    pub fn kept(&self) -> Vec<Parcel> {
        self.state().kept.clone()
    }

    /// Forgets the payloads that it has carried.
    pub fn forget(&self) {
        self.state().kept.clear();
    }

    /// Sends these bytes to all pages.
    pub fn send(&self, bytes: &[u8]) {
        let people: Vec<String> = self.state().seats.keys().cloned().collect();
        for person in people {
            self.push(&person, Out::Bytes(bytes.to_vec()));
        }
    }

    /// Sends these bytes to all pages, so many at once, and rests after each piece.
    pub fn drip(&self, bytes: &[u8], piece: usize, pause: Duration) {
        let people: Vec<String> = self.state().seats.keys().cloned().collect();
        for person in people {
            self.push(&person, Out::Drip(bytes.to_vec(), piece, pause));
        }
    }

    /// Says something to every page, of its own stay.
    pub fn say(&self, message: impl Fn(&Stay) -> Vec<ServerMessage>) {
        for stay in self.stays() {
            let all: Vec<u8> =
                message(&stay).iter().flat_map(|one| wire::text(&one.encode())).collect();
            self.push(&stay.person, Out::Bytes(all));
        }
    }

    /// Says texts to every page that need not be messages.
    pub fn say_texts(&self, texts: impl Fn(&Stay) -> Vec<String>) {
        for stay in self.stays() {
            let all: Vec<u8> = texts(&stay).iter().flat_map(|one| wire::text(one)).collect();
            self.push(&stay.person, Out::Bytes(all));
        }
    }

    /// Waits until all that was queued is written.
    pub async fn written(&self) -> Result<()> {
        let until = Instant::now() + WRITTEN;
        while self.state().unwritten > 0 {
            ensure!(Instant::now() < until, "a page does not read what the evil server sends");
            tokio::time::sleep(LOOK).await;
        }
        Ok(())
    }

    fn push(&self, person: &str, out: Out) {
        let mut state = self.state();
        let Some((_, queue)) = state.seats.get(person) else { return };
        if queue.send(out).is_ok() {
            state.unwritten += 1;
        }
    }

    async fn meet(&self, mut stream: TcpStream) -> Result<()> {
        let door = self.state().door.clone().unwrap_or(Door::Open);
        match door {
            Door::Open => return self.attend(stream).await,
            Door::Flap => {
                let _ = tokio_tungstenite::accept_async(stream).await?;
            }
            Door::Compressed(ref bytes) => return self.compressed(stream, bytes).await,
            Door::Says(ref words) => {
                read_head(&mut stream).await?;
                stream.write_all(words.as_bytes()).await?;
            }
            Door::Silent => {
                self.state().harmed += 1;
                let mut rest = Vec::new();
                stream.read_to_end(&mut rest).await?;
                return Ok(());
            }
        }
        self.state().harmed += 1;
        Ok(())
    }

    async fn compressed(&self, stream: TcpStream, bytes: &[u8]) -> Result<()> {
        #[expect(clippy::result_large_err, reason = "the library's own type")]
        let agree = |_: &Request, mut response: Response| {
            let agreed = HeaderValue::from_static("permessage-deflate");
            response.headers_mut().insert("Sec-WebSocket-Extensions", agreed);
            Ok(response)
        };
        let mut socket = tokio_tungstenite::accept_hdr_async(stream, agree).await?;
        socket.get_mut().write_all(bytes).await?;
        self.state().harmed += 1;
        let mut rest = Vec::new();
        socket.get_mut().read_to_end(&mut rest).await?;
        Ok(())
    }

    async fn attend(&self, stream: TcpStream) -> Result<()> {
        let mut person = String::new();
        #[expect(clippy::result_large_err, reason = "the library's own type")]
        let note = |request: &Request, response: Response| {
            person = request.uri().path().trim_start_matches('/').to_owned();
            Ok(response)
        };
        let mut socket = tokio_tungstenite::accept_hdr_async(stream, note).await?;
        let (queue, mut outs) = unbounded_channel();
        let number = {
            let mut state = self.state();
            state.next += 1;
            let number = state.next;
            state.seats.insert(person.clone(), (number, queue));
            number
        };
        loop {
            tokio::select! {
                heard = socket.next() => match heard {
                    Some(Ok(Message::Text(text))) => {
                        if let Ok(message) = ClientMessage::decode(&text) {
                            self.on_message(&person, message);
                        }
                    }
                    Some(Ok(Message::Close(_)) | Err(_)) | None => break,
                    Some(Ok(_)) => {}
                },
                out = outs.recv() => {
                    let Some(out) = out else { break };
                    let wrote = write(socket.get_mut(), &out).await;
                    if !matches!(out, Out::HangUp) {
                        self.state().unwritten -= 1;
                    }
                    if wrote.is_err() || matches!(out, Out::HangUp) {
                        break;
                    }
                }
            }
        }
        self.part(&person, number, &mut outs);
        Ok(())
    }

    fn part(&self, person: &str, number: u64, outs: &mut UnboundedReceiver<Out>) {
        let gone: Vec<Stay> = {
            let mut state = self.state();
            outs.close();
            while let Ok(out) = outs.try_recv() {
                state.unwritten -= usize::from(!matches!(out, Out::HangUp));
            }
            if state.seats.get(person).is_none_or(|(newest, _)| *newest != number) {
                return;
            }
            state.seats.remove(person);
            let (gone, stay) = std::mem::take(&mut state.stays)
                .into_iter()
                .partition(|stay| stay.person == person);
            state.stays = stay;
            gone
        };
        gone.iter().for_each(|stay| self.tell_gone(stay));
    }

    fn tell_gone(&self, gone: &Stay) {
        for stay in self.stays().iter().filter(|stay| stay.room == gone.room) {
            let message = ServerMessage::PeerLeft { room: gone.room.clone(), peer: gone.you };
            self.deliver(&stay.person, message);
        }
    }

    fn on_message(&self, person: &str, message: ClientMessage) {
        match message {
            ClientMessage::Join { room } => self.on_join(person, room),
            ClientMessage::Leave { room } => {
                let is = |stay: &Stay| stay.person == person && stay.room == room;
                let gone = self.stays().into_iter().find(is);
                self.state().stays.retain(|stay| !is(stay));
                gone.iter().for_each(|gone| self.tell_gone(gone));
            }
            ClientMessage::Signal { room, to, payload } => {
                let stays = self.stays();
                let mut there = stays.iter().filter(|stay| stay.room == room);
                let from = there.clone().find(|stay| stay.person == person).map(|stay| stay.you);
                let to = there.find(|stay| stay.you == to);
                if let (Some(from), Some(to)) = (from, to) {
                    self.deliver(&to.person, ServerMessage::Signal { room, from, payload });
                }
            }
            ClientMessage::Ping => self.deliver(person, ServerMessage::Pong),
            ClientMessage::Pong => {}
        }
    }

    fn on_join(&self, person: &str, room: Rendezvous) {
        let (you, others) = {
            let mut state = self.state();
            state.next += 1;
            let name: u64 = person.bytes().fold(7, |sum, byte| sum * 31 + u64::from(byte));
            let fresh = if state.same_addresses { 0 } else { state.next };
            let you = PeerId(fresh.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ name);
            state.stays.retain(|stay| !(stay.person == person && stay.room == room));
            let others: Vec<Stay> =
                state.stays.iter().filter(|stay| stay.room == room).cloned().collect();
            state.stays.push(Stay { person: person.to_owned(), room: room.clone(), you });
            (you, others)
        };
        let peers = others.iter().map(|stay| stay.you).collect();
        self.deliver(person, ServerMessage::Joined { room: room.clone(), you, peers });
        for stay in others {
            let message = ServerMessage::PeerJoined { room: room.clone(), peer: you };
            self.deliver(&stay.person, message);
        }
    }

    /// Delivers as an honest server does, or as it is told to.
    fn deliver(&self, person: &str, message: ServerMessage) {
        let parcel = Parcel::now(person, message);
        let parcels = {
            let mut state = self.state();
            if matches!(parcel.message, ServerMessage::Signal { .. }) && state.kept.len() < KEPT {
                state.kept.push(parcel.clone());
            }
            match state.tamper.take() {
                None => vec![parcel],
                Some(mut tamper) => {
                    let before = format!("{parcel:?}");
                    let parcels = tamper(&parcel);
                    let as_it_was =
                        matches!(parcels.as_slice(), [one] if format!("{one:?}") == before);
                    state.harmed += usize::from(!as_it_was);
                    state.tamper = Some(tamper);
                    parcels
                }
            }
        };
        for parcel in parcels {
            let frame = wire::text(&parcel.message.encode());
            if parcel.after.is_zero() {
                self.push(&parcel.to, Out::Bytes(frame));
                continue;
            }
            let evil = self.clone();
            tokio::spawn(async move {
                tokio::time::sleep(parcel.after).await;
                evil.push(&parcel.to, Out::Bytes(frame));
            });
        }
    }
}

async fn write(stream: &mut TcpStream, out: &Out) -> Result<()> {
    match out {
        Out::Bytes(bytes) => stream.write_all(bytes).await?,
        Out::Drip(bytes, size, pause) => {
            for piece in bytes.chunks(*size) {
                stream.write_all(piece).await?;
                tokio::time::sleep(*pause).await;
            }
        }
        Out::HangUp => stream.shutdown().await?,
    }
    Ok(())
}

/// Reads the head of a request.
async fn read_head(stream: &mut TcpStream) -> Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.context("a request ended within its head")?);
        ensure!(head.len() < 16 * 1024, "a request has too long a head");
    }
    Ok(())
}
