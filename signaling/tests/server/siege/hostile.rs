//! The hostile side: so many connections at any time, each of which does harm in its own way and
//! comes back when it is thrown out.
//!
//! Nine of ten come from a hundred addresses of ten networks, the others from hundreds of networks,
//! as if many machines were hired.

use core::net::Ipv4Addr;
use core::time::Duration;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use protocol::{ClientMessage, PeerId, Rendezvous};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::runtime::{Builder, Runtime};
use tokio::time::{sleep, timeout};

use crate::raw::{HANDSHAKE, frame};

/// How much less of the processor the hostile side gets, as `nice` has it.
const NICE: i32 = 19;
/// How long a connection may do one kind of harm before it tries again.
const FOR: Duration = Duration::from_secs(20);

/// All hostile connections. They end when this is stopped.
pub struct Hostile {
    runtime: Runtime,
    attempts: Arc<AtomicU64>,
}

/// Numbers that look random: a step of SplitMix64.
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.roll() % bound
    }

    fn pause(&mut self, least: u64, most: u64) -> Duration {
        Duration::from_millis(least + self.below(most - least))
    }
}

impl Hostile {
    pub fn attack(server: SocketAddr, so_many: usize) -> Self {
        let runtime = Builder::new_multi_thread()
            .worker_threads(2)
            .on_thread_start(|| {
                rustix::process::nice(NICE).unwrap();
            })
            .enable_all()
            .build()
            .unwrap();
        let attempts = Arc::new(AtomicU64::new(0));
        for n in 0..so_many {
            runtime.spawn(harm(server, n, Arc::clone(&attempts)));
        }
        Self { runtime, attempts }
    }

    /// Ends all of them; how often they have connected.
    pub fn stop(self) -> u64 {
        self.runtime.shutdown_background();
        self.attempts.load(Ordering::Relaxed)
    }
}

fn address(n: usize) -> Ipv4Addr {
    let byte = |n: usize| u8::try_from(n).unwrap();
    match n % 10 {
        0 => Ipv4Addr::new(127, byte(10 + n / 10 % 97), byte(n / 10 % 7), 1),
        _ => Ipv4Addr::new(127, 9, byte(n / 100 % 10), byte(1 + n / 10 % 10)),
    }
}

async fn harm(server: SocketAddr, n: usize, attempts: Arc<AtomicU64>) {
    let mut dice = Dice(n as u64);
    // Not all at the same moment.
    sleep(dice.pause(0, 1_000)).await;
    loop {
        attempts.fetch_add(1, Ordering::Relaxed);
        if let Ok(wire) = connect(server, address(n)).await {
            let _ = timeout(FOR, one_kind(wire, n, &mut dice)).await;
        }
        sleep(dice.pause(500, 2_500)).await;
    }
}

async fn connect(server: SocketAddr, from: Ipv4Addr) -> std::io::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    socket.bind((from, 0).into())?;
    socket.connect(server).await
}

async fn one_kind(wire: TcpStream, n: usize, dice: &mut Dice) -> std::io::Result<()> {
    match n / 10 % 8 {
        0 => garbage(wire, dice).await,
        1 => drip(wire, b"GET /signal HTTP/1.1\r\nx: ", dice).await,
        2 => silence(wire).await,
        3 => drip(upgraded(wire).await?, &[0x01, 0x80, 0, 0, 0, 0], dice).await,
        4 => stuff(upgraded(wire).await?, n).await,
        5 => churn(upgraded(wire).await?, dice).await,
        6 => requests(wire).await,
        _ => garbage(upgraded(wire).await?, dice).await,
    }
}

async fn upgraded(mut wire: TcpStream) -> std::io::Result<TcpStream> {
    wire.write_all(format!("{HANDSHAKE}\r\n").as_bytes()).await?;
    let mut head = [0; 1024];
    match wire.read(&mut head).await? {
        0 => Err(std::io::ErrorKind::UnexpectedEof.into()),
        _ => Ok(wire),
    }
}

/// Reads until the server has had enough.
async fn to_the_end(mut wire: TcpStream) -> std::io::Result<()> {
    let mut heard = [0; 4096];
    while wire.read(&mut heard).await? > 0 {}
    Ok(())
}

/// Bytes that mean nothing.
async fn garbage(mut wire: TcpStream, dice: &mut Dice) -> std::io::Result<()> {
    let bytes: Vec<u8> = (0..1 + dice.below(512)).flat_map(|_| dice.roll().to_le_bytes()).collect();
    wire.write_all(&bytes).await?;
    to_the_end(wire).await
}

/// A beginning, and then a byte now and then.
async fn drip(mut wire: TcpStream, beginning: &[u8], dice: &mut Dice) -> std::io::Result<()> {
    wire.write_all(beginning).await?;
    loop {
        sleep(dice.pause(500, 1_500)).await;
        wire.write_all(b"x").await?;
    }
}

/// A WebSocket that says nothing at all.
async fn silence(wire: TcpStream) -> std::io::Result<()> {
    to_the_end(upgraded(wire).await?).await
}

/// Joins all rooms that it may, and fills the way to itself with the longest payloads, without
/// ever reading one.
async fn stuff(mut wire: TcpStream, n: usize) -> std::io::Result<()> {
    let rooms = (0..protocol::limits::ROOMS_PER_CONNECTION).map(|room| {
        let mut bytes = [0xee; 32];
        bytes[..8].copy_from_slice(&((n << 8 | room) as u64).to_le_bytes());
        Rendezvous::from_bytes(bytes)
    });
    let mut heard = [0; 4096];
    let mut last = None;
    for room in rooms {
        let join = ClientMessage::Join { room: room.clone() }.encode();
        wire.write_all(&frame(0x81, join.as_bytes())).await?;
        let read = wire.read(&mut heard).await?;
        last = you(&heard[..read]).map(|you| (room, you)).or(last);
    }
    let Some((room, to)) = last else { return to_the_end(wire).await };
    let payload = "A".repeat(protocol::limits::PAYLOAD_CHARS);
    let signal = frame(0x81, ClientMessage::Signal { room, to, payload }.encode().as_bytes());
    loop {
        wire.write_all(&signal).await?;
    }
}

/// The own id in an answer to a join.
fn you(heard: &[u8]) -> Option<PeerId> {
    let text = String::from_utf8_lossy(heard);
    let (_, rest) = text.split_once("\"you\":\"")?;
    rest.get(..PeerId::CHARS)?.parse().ok()
}

/// Comes, joins a room that many join, and goes.
async fn churn(mut wire: TcpStream, dice: &mut Dice) -> std::io::Result<()> {
    let crowded = u8::try_from(dice.below(20)).unwrap();
    let join = ClientMessage::Join { room: Rendezvous::from_bytes([crowded; 32]) }.encode();
    wire.write_all(&frame(0x81, join.as_bytes())).await?;
    sleep(dice.pause(1, 500)).await;
    Ok(())
}

/// Requests one behind the other, and nobody who reads the answers.
async fn requests(mut wire: TcpStream) -> std::io::Result<()> {
    loop {
        wire.write_all(b"GET /config.json HTTP/1.1\r\nhost: x\r\n\r\n").await?;
    }
}
