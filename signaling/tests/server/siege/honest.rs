//! Honest pages: each connects, joins a room of its own, hears that it is in, and goes.

use core::fmt;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use protocol::{ClientMessage, Rendezvous};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpSocket;
use tokio::runtime::Builder;
use tokio::time::{sleep, timeout};

use crate::raw::{HANDSHAKE, frame};

/// A page that is not in by then has given up.
const IN_WITHIN: Duration = Duration::from_secs(10);
/// One join begins so long after another has ended.
const PAUSE: Duration = Duration::from_millis(10);
/// Networks that honest pages come from: none of them is as quick as one may be.
const NETWORKS: u64 = 200;

/// How long joins took.
#[derive(Debug, Default)]
pub struct Joins {
    pub times: Vec<Duration>,
    /// Why others did not come about.
    pub failed: Vec<String>,
}

impl Joins {
    /// The time that so many of a thousand joins took at most.
    pub fn quantile(&self, of_a_thousand: usize) -> Duration {
        let mut times = self.times.clone();
        times.sort_unstable();
        let last = times.len().checked_sub(1).expect("joins were measured");
        times[(last * of_a_thousand).div_ceil(1_000)]
    }
}

impl fmt::Display for Joins {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = |of_a_thousand| self.quantile(of_a_thousand).as_secs_f64() * 1e3;
        let (median, most, worst) = (at(500), at(990), at(1_000));
        write!(
            f,
            "{:>6}, median {median:.2} ms, p99 {most:.2} ms, worst {worst:.2} ms",
            self.times.len()
        )
    }
}

/// Lets honest pages join for so long, one after another and at each server in turn; `between`
/// runs after each turn.
pub fn join_for<const SERVERS: usize>(
    servers: [SocketAddr; SERVERS],
    how_long: Duration,
    mut between: impl FnMut(),
) -> [Joins; SERVERS] {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let (begin, mut joins, mut n) = (Instant::now(), servers.map(|_| Joins::default()), 0);
        while begin.elapsed() < how_long {
            n += 1;
            for (server, joins) in servers.iter().zip(&mut joins) {
                let start = Instant::now();
                match timeout(IN_WITHIN, join(*server, n)).await {
                    Ok(Ok(())) => joins.times.push(start.elapsed()),
                    Ok(Err(error)) => joins.failed.push(error),
                    Err(_) => joins.failed.push("not in time".to_owned()),
                }
                sleep(PAUSE).await;
            }
            between();
        }
        joins
    })
}

async fn join(server: SocketAddr, n: u64) -> Result<(), String> {
    let words = |error: std::io::Error| error.to_string();
    let socket = TcpSocket::new_v4().map_err(words)?;
    let network = u8::try_from(n % NETWORKS).unwrap();
    socket.bind(SocketAddr::from(([127, 0, network, 1], 0))).map_err(words)?;
    let mut wire = socket.connect(server).await.map_err(words)?;
    wire.set_nodelay(true).map_err(words)?;
    wire.write_all(format!("{HANDSHAKE}\r\n").as_bytes()).await.map_err(words)?;
    let mut heard = Vec::new();
    hear(&mut wire, &mut heard, "\r\n\r\n").await?;
    let mut room = [0; 32];
    room[..8].copy_from_slice(&n.to_le_bytes());
    let join = ClientMessage::Join { room: Rendezvous::from_bytes(room) };
    wire.write_all(&frame(0x81, join.encode().as_bytes())).await.map_err(words)?;
    hear(&mut wire, &mut heard, "\"type\":\"joined\"").await?;
    // A goodbye, so that no slot waits for its end.
    wire.write_all(&frame(0x88, &[3, 232])).await.map_err(words)
}

/// Reads until this was heard.
async fn hear(
    wire: &mut tokio::net::TcpStream,
    heard: &mut Vec<u8>,
    what: &str,
) -> Result<(), String> {
    while !heard.windows(what.len()).any(|window| window == what.as_bytes()) {
        let read = wire.read_buf(heard).await.map_err(|error| error.to_string())?;
        if read == 0 {
            return Err(format!("closed after {}", String::from_utf8_lossy(heard)));
        }
    }
    Ok(())
}
