//! One WebSocket from its first to its last frame.
//!
//! ```text
//! frames ─► listen: pace, size, decode ─► Presence::handle ─► outboxes of the room
//!           silence: ping, ping, gone                              │
//! frames ◄─ speak: one message at a time, each within a deadline ◄─┘
//! ```
//!
//! Whichever side ends first gives the ending. The rooms learn of it at once; then the page is told
//! in words, if it still listens. The words are the same for the same refusal, and say nothing of
//! what the server has made of the input.

use core::convert::Infallible;
use core::future::pending;
use core::time::Duration;
use std::sync::Arc;

use axum::extract::ws::{Message, WebSocket};
use futures::{Sink, SinkExt, Stream, StreamExt};
use protocol::{ClientMessage, DecodeError, ErrorCode, ServerMessage};
use tokio::sync::watch;
use tokio::task::yield_now;
use tokio::time::{Instant, sleep, timeout, timeout_at};
use tracing::debug;

use super::closes;
use super::config::Limits;
use super::ending::Ending;
use super::exchange::{Exchange, Presence};
use super::outbox::{Backlog, Outbox, Outgoing, Queue, Waiting};
use super::rate::Rate;
use super::sources::{Kind, Source};

/// How long the last words to a page may take.
const FAREWELL_WITHIN: Duration = Duration::from_secs(1);

/// What is said of everything that is no message.
const NO_MESSAGE: &str = "this is no message: messages are JSON text with a type and its fields";

/// Attends to a WebSocket until it ends. `closing` turns true when the server shuts down.
pub(crate) async fn attend(
    socket: WebSocket,
    exchange: &Arc<Exchange>,
    (limits, backlog): (&Limits, &Backlog),
    source: Source,
    mut closing: watch::Receiver<bool>,
) {
    let (mut sink, mut stream) = socket.split();
    let (outbox, mut queue, overflow) = Outbox::new(limits, backlog);
    let presence = exchange.enter(outbox, source.address);
    let ending = tokio::select! {
        ending = listen(&mut stream, &presence, &source, limits) => ending,
        ending = speak(&mut sink, &mut queue, limits.write_within.0) => ending,
        never = renew_relays(&presence) => match never {},
        () = overflow.notified() => Ending::Slow,
        () = closes(&mut closing) => Ending::Shutdown,
    };
    if ending == Ending::Shutdown {
        drain(&mut sink, &mut queue, limits.drain_within.0 / 2).await;
    }
    drop(presence);
    debug!("closing a connection: {ending}");
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

async fn listen<S>(stream: &mut S, presence: &Presence, source: &Source, limits: &Limits) -> Ending
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
        let size = size(&message);
        if !rate.admits(size, Instant::now()) {
            return Ending::TooManyMessages;
        }
        let bytes = u32::try_from(size).unwrap_or(u32::MAX);
        if !source.admits(&[(Kind::Message, 1), (Kind::Byte, bytes)]) {
            return Ending::TooMuchOfAll;
        }
        match message {
            Message::Text(text) => match heed(presence, source, text.as_str()) {
                Heed::Done => first_by = None,
                Heed::Refused => {}
                Heed::TooMuch => return Ending::TooMuchOfAll,
            },
            Message::Binary(_) => refuse(presence, ErrorCode::BadMessage, NO_MESSAGE),
            Message::Ping(_) | Message::Pong(_) => {}
            Message::Close(_) => return Ending::Left,
        }
        // Whoever has sent much at once takes turns with all the others.
        yield_now().await;
    }
}

/// What became of a text.
enum Heed {
    Done,
    Refused,
    TooMuch,
}

/// Does what a text asks for.
fn heed(presence: &Presence, source: &Source, text: &str) -> Heed {
    match ClientMessage::decode(text) {
        Ok(ClientMessage::Join { .. }) if !source.admits(&[(Kind::Join, 1)]) => Heed::TooMuch,
        Ok(message) => {
            presence.handle(message);
            Heed::Done
        }
        Err(error) => {
            debug!("no message: {error}");
            refuse(presence, code(&error), words(&error));
            Heed::Refused
        }
    }
}

fn refuse(presence: &Presence, code: ErrorCode, words: &str) {
    presence.tell(&ServerMessage::Error { code, message: words.to_owned() });
}

/// What whoever sends no message is told, whatever it was.
fn words(error: &DecodeError) -> &'static str {
    match error {
        DecodeError::TooLong(_) => "this message is longer than a message may be",
        DecodeError::UnknownType(_) => "this server does not know messages of this type",
        DecodeError::NotJson(_) | DecodeError::BadField { .. } => NO_MESSAGE,
    }
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
    while let Some(Waiting { outgoing, charges: _until_written }) = queue.next().await {
        match timeout(write_within, sink.send(frame(outgoing))).await {
            Err(_) => return Ending::Slow,
            Ok(Err(_)) => return Ending::Left,
            Ok(Ok(())) => {}
        }
    }
    Ending::Left
}

fn frame(outgoing: Outgoing) -> Message {
    match outgoing {
        Outgoing::Text(text) => Message::text(text),
        Outgoing::Ping => Message::Ping(axum::body::Bytes::new()),
    }
}

/// Writes what waits, as far as there is time.
async fn drain<S>(sink: &mut S, queue: &mut Queue, within: Duration)
where
    S: Sink<Message> + Unpin,
{
    let _ = timeout(within, async {
        while let Some(Waiting { outgoing, charges: _until_written }) = queue.next_now() {
            sink.send(frame(outgoing)).await?;
        }
        Ok::<(), S::Error>(())
    })
    .await;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_waits_is_written_before_the_server_stops() {
        let limits = Limits::default();
        let (outbox, mut queue, _) = Outbox::new(&limits, &Backlog::new(&limits));
        for n in 0..3 {
            outbox.push(Outgoing::Text(n.to_string()));
        }
        let mut written = Vec::new();
        drain(&mut written, &mut queue, Duration::from_secs(20)).await;
        assert_eq!(written, ["0", "1", "2"].map(Message::text));
        outbox.push(Outgoing::Ping);
        let mut stuck = Box::pin(futures::sink::unfold((), |(), _| pending::<Result<(), ()>>()));
        let begin = Instant::now();
        drain(&mut stuck, &mut queue, Duration::from_millis(20)).await;
        assert!(begin.elapsed() >= Duration::from_millis(20), "not longer than it has time");
    }
}
