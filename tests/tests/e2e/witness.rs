//! What the server could tell of two people who talk by its help: nothing of them is in its
//! memory, in what it prints, or in what goes to it and from it.

use crate::browser::Browser::{Chromium, Firefox};
use crate::canaries::Canaries;
use crate::page::Page;
use crate::stage::{Told, play};
use anyhow::{Context, Result, ensure};
use data_encoding::BASE64URL_NOPAD;
use protocol::ClientMessage;
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const ANA: &str = "Zinnia Quartzfield";
const BEN: &str = "Balthasar Plumwood";
const ROOM: &str = "Umbrella Foundry";
const TEXT: &str = "seventeen walrus tambourines";
const ANSWER: &str = "a hovercraft of marzipan";
/// Regions of memory that are larger are none of the server's own.
const REGION: u64 = 1 << 30;

/// Bytes that went one way over one connection.
type Way = Arc<Mutex<Vec<u8>>>;

/// Stands before the server, hands on what comes and keeps a copy.
#[derive(Default)]
struct Tap {
    /// To the server, and from it.
    ways: Mutex<Vec<[Way; 2]>>,
}

impl Tap {
    async fn run(&self, listener: &TcpListener, server: u16) -> Result<()> {
        loop {
            let (page, _) = listener.accept().await?;
            let server = TcpStream::connect(("127.0.0.1", server)).await?;
            let [up, down] = [Way::default(), Way::default()];
            locked(&self.ways).push([Arc::clone(&up), Arc::clone(&down)]);
            tokio::spawn(async move {
                let ((from_page, to_page), (from_server, to_server)) =
                    (page.into_split(), server.into_split());
                // A connection that breaks is the page's business.
                drop(tokio::join!(
                    copy(from_page, to_server, &up),
                    copy(from_server, to_page, &down)
                ));
            });
        }
    }

    fn heard(&self) -> Vec<[Vec<u8>; 2]> {
        let ways = locked(&self.ways);
        ways.iter().map(|pair| pair.each_ref().map(|way| locked(way).clone())).collect()
    }
}

fn locked<T>(lock: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn copy(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    kept: &Way,
) -> std::io::Result<()> {
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let count = from.read(&mut buffer).await?;
        if count == 0 {
            return to.shutdown().await;
        }
        locked(kept).extend_from_slice(&buffer[..count]);
        to.write_all(&buffer[..count]).await?;
    }
}

/// The payloads of the frames of a WebSocket, without their masks (RFC 6455, 5.2).
fn payloads(mut bytes: &[u8]) -> Vec<Vec<u8>> {
    fn take<'a>(bytes: &mut &'a [u8], count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = bytes.split_at_checked(count)?;
        *bytes = rest;
        Some(taken)
    }
    let mut next = || {
        let head = take(&mut bytes, 2)?;
        let length = match head[1] & 0x7F {
            126 => take(&mut bytes, 2)?.iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte)),
            127 => take(&mut bytes, 8)?.iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte)),
            short => usize::from(short),
        };
        let mask = if head[1] & 0x80 == 0 { &[0; 4][..] } else { take(&mut bytes, 4)? };
        let payload = take(&mut bytes, length)?;
        Some(payload.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask).collect())
    };
    std::iter::from_fn(&mut next).collect()
}

/// The frames of one way, if it became a WebSocket.
fn spoken(way: &[u8]) -> Vec<Vec<u8>> {
    let head = way.windows(4).position(|end| end == b"\r\n\r\n");
    let Some((head, frames)) = head.map(|at| way.split_at(at + 4)) else { return Vec::new() };
    let upgrade = String::from_utf8_lossy(head).to_ascii_lowercase().contains("sec-websocket");
    if upgrade { payloads(frames) } else { Vec::new() }
}

/// What a process holds in memory that it can write to.
fn memory(process: u32) -> Result<Vec<Vec<u8>>> {
    let map = fs::read_to_string(format!("/proc/{process}/maps"))?;
    let memory = File::open(format!("/proc/{process}/mem"))?;
    let mut regions = Vec::new();
    for line in
        map.lines().filter(|line| line.split(' ').nth(1).is_some_and(|it| it.starts_with("rw")))
    {
        let bounds = line.split([' ', '-']).take(2).map(|bound| u64::from_str_radix(bound, 16));
        let [from, to] = bounds.collect::<Result<Vec<_>, _>>()?[..] else { continue };
        let Ok(length) = usize::try_from((to - from).min(REGION)) else { continue };
        let mut bytes = vec![0; length];
        // The kernel keeps some of it to itself.
        if memory.read_exact_at(&mut bytes, from).is_ok() {
            regions.push(bytes);
        }
    }
    Ok(regions)
}

/// Everything of the two that nobody else may learn, and where they meet, which the server knows.
struct Known {
    secret: Canaries,
    meeting: Canaries,
}

async fn talk(ana: &Page, ben: &Page, url: &str) -> Result<Vec<Vec<u8>>> {
    ana.open(url).await?;
    ana.enter_names(ANA, ROOM).await?;
    let invite = ana.invite().await?;
    ben.join(&invite, BEN).await?;
    ana.wait_for_company(2).await?;
    ana.send(TEXT).await?;
    ben.hear(TEXT).await?;
    ben.send(ANSWER).await?;
    ana.hear(ANSWER).await?;
    ben.wait_for_delivery(ANSWER).await?;
    let view = ana.view().await?;
    let (_, invite) = Page::secret(&invite)?.rsplit_once('.').context("an invite has a version")?;
    let mut keys: Vec<Vec<u8>> =
        view.members.iter().map(|it| it.member.clone().into_bytes()).collect();
    ensure!(keys.len() == 2, "{} members", keys.len());
    for text in view.members.iter().map(|it| it.member.as_str()) {
        keys.push(BASE64URL_NOPAD.decode(text.as_bytes())?);
    }
    let invite = BASE64URL_NOPAD.decode(invite.as_bytes())?;
    keys.extend(invite.chunks_exact(32).take(3).map(<[u8]>::to_vec));
    Ok(keys)
}

/// Where the pages said that they meet.
fn meeting_places(heard: &[[Vec<u8>; 2]]) -> BTreeSet<String> {
    let said = heard.iter().flat_map(|[up, _]| spoken(up));
    let said = said.filter_map(|payload| String::from_utf8(payload).ok());
    let joins = said.filter_map(|text| match ClientMessage::decode(&text) {
        Ok(ClientMessage::Join { room }) => Some(room.as_str().to_owned()),
        _ => None,
    });
    joins.collect()
}

#[test]
fn the_server_holds_prints_and_is_sent_nothing_of_what_two_people_say_and_are() -> Told {
    play("witness", async |stage| {
        let port = stage.server.port();
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let url = format!("http://127.0.0.1:{}/", listener.local_addr()?.port());
        let tap = Arc::new(Tap::default());
        let taps = Arc::clone(&tap);
        let running = tokio::spawn(async move { taps.run(&listener, port).await });
        let ana = stage.enter("ana", Chromium).await?;
        let ben = stage.enter("ben", Firefox).await?;
        let keys = talk(&ana, &ben, &url).await?;
        let heard = tap.heard();
        let meeting = meeting_places(&heard);
        ensure!(!meeting.is_empty(), "nobody said where to meet: the traffic is not understood");
        let words = [
            ("a name", ANA),
            ("a name", BEN),
            ("the room", ROOM),
            ("a text", TEXT),
            ("a text", ANSWER),
        ];
        let words = words.map(|(name, words)| (name, words.as_bytes()));
        let keys = keys.iter().map(|key| ("a key", key.as_slice()));
        let known = Known {
            secret: Canaries::new(words.into_iter().chain(keys)),
            meeting: Canaries::new(meeting.iter().map(|place| ("meeting", place.as_bytes()))),
        };

        for (direction, way) in heard.iter().flat_map(|[up, down]| [("to", up), ("from", down)]) {
            let payloads = spoken(way);
            let texts = payloads.iter().map(Vec::as_slice).chain([way.as_slice()]);
            for bytes in texts {
                let found = known.secret.within(bytes);
                ensure!(found.is_empty(), "what goes {direction} the server shows {found:?}");
            }
        }
        let process = stage.server.process_id().context("the server runs")?;
        let look = |canaries: &Canaries| -> Result<BTreeSet<&'static str>> {
            Ok(memory(process)?.iter().flat_map(|region| canaries.within(region)).collect())
        };
        ensure!(!look(&known.meeting)?.is_empty(), "its memory does not show where they meet now");
        let found = look(&known.secret)?;
        ensure!(found.is_empty(), "the memory of the server shows {found:?}");
        ana.quit().await?;
        ben.quit().await?;
        let found = look(&known.secret)?;
        ensure!(found.is_empty(), "afterwards the memory of the server shows {found:?}");
        let printed = stage.server.printed();
        ensure!(printed.contains("listening"), "the server prints nothing");
        let found = known.secret.within(printed.as_bytes());
        ensure!(found.is_empty(), "the server prints {found:?}");
        running.abort();
        Ok(())
    })
}
