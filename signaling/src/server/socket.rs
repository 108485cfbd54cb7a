//! One WebSocket from its first to its last frame.
//!
//! ```text
//! frames ─► listen: rate, size, decode ─► Presence::handle ─► outboxes of the room
//!           silence: ping, ping, gone                              │
//! frames ◄─ speak: one message at a time, each within a deadline ◄─┘
//! ```
//!
//! Whichever side ends first gives the ending. The rooms learn of it at once; then the page is told
//! in words, if it still listens.

use core::convert::Infallible;
use core::future::pending;
use core::time::Duration;
use std::sync::Arc;

use axum::extract::ws::{Message, WebSocket};
use futures::{Sink, SinkExt, Stream, StreamExt};
use protocol::{ClientMessage, DecodeError, ErrorCode, ServerMessage};
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout, timeout_at};
use tracing::{debug, info};

use super::closes;
use super::config::Limits;
use super::ending::Ending;
use super::exchange::{Exchange, Presence};
use super::outbox::{Outbox, Outgoing, Queue};
use super::rate::Rate;

/// How long the last words to a page may take.
const FAREWELL_WITHIN: Duration = Duration::from_secs(1);

/// Attends to a WebSocket until it ends. `closing` turns true when the server shuts down.
pub(crate) async fn attend(
    socket: WebSocket,
    exchange: &Arc<Exchange>,
    limits: &Limits,
    mut closing: watch::Receiver<bool>,
) {
    let (mut sink, mut stream) = socket.split();
    let (outbox, mut queue, overflow) = Outbox::new(limits);
    let presence = exchange.enter(outbox);
    let ending = tokio::select! {
        ending = listen(&mut stream, &presence, limits) => ending,
        ending = speak(&mut sink, &mut queue, limits.write_within.0) => ending,
        never = renew_relays(&presence) => match never {},
        () = overflow.notified() => Ending::Slow,
        () = closes(&mut closing) => Ending::Shutdown,
    };
    drop(presence);
    info!("closing a connection: {ending}");
    farewell(&mut sink, ending).await;
}

/// Turns a WebSocket away that has no slot.
pub(crate) async fn turn_away(mut socket: WebSocket) {
    farewell(&mut socket, Ending::TooManyConnections).await;
}

/// Has the page's account at the relays renewed when half of its time is over.
async fn renew_relays(presence: &Presence) -> Infallible {
    let Some(every) = presence.renew_every() else { return pending().await };
    loop {
        sleep(every).await;
        presence.renew_relays();
    }
}

async fn listen<S>(stream: &mut S, presence: &Presence, limits: &Limits) -> Ending
where
    S: Stream<Item = Result<Message, axum::Error>> + Unpin,
{
    let start = Instant::now();
    let mut rate = Rate::new(limits, start);
    let mut first_by = Some(start + limits.first_message_within.0);
    let mut unanswered = 0;
    loop {
        let ping_at = Instant::now() + limits.ping_every.0;
        let deadline = first_by.map_or(ping_at, |first_by| first_by.min(ping_at));
        let message = match timeout_at(deadline, stream.next()).await {
            Err(_) if first_by.is_some_and(|first_by| first_by <= Instant::now()) => {
                return Ending::FirstMessageLate;
            }
            Err(_) if unanswered >= limits.pings_missed => return Ending::Silent,
            Err(_) => {
                unanswered += 1;
                presence.ping();
                continue;
            }
            Ok(None) => return Ending::Left,
            Ok(Some(Err(error))) => return Ending::of_read(&error, limits.message_bytes),
            Ok(Some(Ok(message))) => message,
        };
        unanswered = 0;
        if !rate.admits(size(&message), Instant::now()) {
            return Ending::TooManyMessages;
        }
        match message {
            Message::Text(text) => {
                if heed(presence, text.as_str()) {
                    first_by = None;
                }
            }
            Message::Binary(_) => refuse(presence, ErrorCode::BadMessage, "messages are JSON text"),
            Message::Ping(_) | Message::Pong(_) => {}
            Message::Close(_) => return Ending::Left,
        }
    }
}

/// Does what a text asks for; false if it is no message.
fn heed(presence: &Presence, text: &str) -> bool {
    match ClientMessage::decode(text) {
        Ok(message) => {
            presence.handle(message);
            true
        }
        Err(error) => {
            refuse(presence, code(&error), &error.to_string());
            false
        }
    }
}

fn refuse(presence: &Presence, code: ErrorCode, words: &str) {
    debug!("refused: {words}");
    presence.tell(&ServerMessage::Error { code, message: words.to_owned() });
}

fn code(error: &DecodeError) -> ErrorCode {
    match error {
        DecodeError::TooLong(_) => ErrorCode::TooLarge,
        DecodeError::UnknownType(_) => ErrorCode::UnknownType,
        DecodeError::NotJson(_) | DecodeError::BadField { .. } => ErrorCode::BadMessage,
    }
}

fn size(message: &Message) -> usize {
    match message {
        Message::Text(text) => text.len(),
        Message::Binary(bytes) | Message::Ping(bytes) | Message::Pong(bytes) => bytes.len(),
        Message::Close(_) => 0,
    }
}

async fn speak<S>(sink: &mut S, queue: &mut Queue, write_within: Duration) -> Ending
where
    S: Sink<Message> + Unpin,
{
    while let Some(outgoing) = queue.next().await {
        let (message, bytes) = match outgoing {
            Outgoing::Text(text) => {
                let bytes = text.len();
                (Message::text(text), bytes)
            }
            Outgoing::Ping => (Message::Ping(axum::body::Bytes::new()), 0),
        };
        match timeout(write_within, sink.send(message)).await {
            Err(_) => return Ending::Slow,
            Ok(Err(_)) => return Ending::Left,
            Ok(Ok(())) => queue.written(bytes),
        }
    }
    Ending::Left
}

/// The last words, within [`FAREWELL_WITHIN`]. That they do not arrive is nothing to act on.
async fn farewell<S>(sink: &mut S, ending: Ending)
where
    S: Sink<Message> + Unpin,
{
    let _ = timeout(FAREWELL_WITHIN, async {
        if let Some(message) = ending.message() {
            sink.send(Message::text(message.encode())).await?;
        }
        if let Some(close) = ending.close() {
            sink.send(Message::Close(Some(close))).await?;
        }
        sink.flush().await
    })
    .await;
}
