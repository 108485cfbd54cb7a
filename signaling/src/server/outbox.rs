//! What waits to be written to one connection: a queue with two bounds, in messages and in bytes.
//!
//! Whoever pushes never waits. If a message does not fit, the receiver is too slow: no message is
//! dropped in silence, the whole connection is, and its page comes back when it can.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::{Notify, mpsc};

use super::config::Limits;

/// Something to write to a connection.
#[derive(Debug)]
pub(crate) enum Outgoing {
    /// A message as JSON text.
    Text(String),
    /// A WebSocket ping.
    Ping,
}

/// The end that messages are pushed into. Clones share the queue.
#[derive(Clone, Debug)]
pub(crate) struct Outbox {
    sender: mpsc::Sender<Outgoing>,
    waiting: Arc<AtomicUsize>,
    bytes: usize,
    overflow: Arc<Notify>,
}

/// The end that the connection writes from.
#[derive(Debug)]
pub(crate) struct Queue {
    receiver: mpsc::Receiver<Outgoing>,
    waiting: Arc<AtomicUsize>,
}

impl Outgoing {
    fn bytes(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::Ping => 0,
        }
    }
}

impl Outbox {
    /// An empty queue, and the signal that it has overflowed.
    pub(crate) fn new(limits: &Limits) -> (Self, Queue, Arc<Notify>) {
        let (sender, receiver) = mpsc::channel(limits.queued_messages.max(1));
        let (waiting, overflow) = (Arc::new(AtomicUsize::new(0)), Arc::new(Notify::new()));
        let queue = Queue { receiver, waiting: Arc::clone(&waiting) };
        let bytes = limits.queued_bytes;
        (Self { sender, waiting, bytes, overflow: Arc::clone(&overflow) }, queue, overflow)
    }

    /// Puts something into the queue, or raises the overflow signal if it does not fit.
    pub(crate) fn push(&self, outgoing: Outgoing) {
        let bytes = outgoing.bytes();
        let waiting = self.waiting.fetch_add(bytes, Ordering::Relaxed) + bytes;
        if waiting > self.bytes || self.sender.try_send(outgoing).is_err() {
            self.waiting.fetch_sub(bytes, Ordering::Relaxed);
            self.overflow.notify_one();
        }
    }
}

impl Queue {
    /// The next thing to write, in the order in which it was pushed. Its bytes count as waiting
    /// until [`Queue::written`].
    pub(crate) async fn next(&mut self) -> Option<Outgoing> {
        self.receiver.recv().await
    }

    /// The connection has taken so many bytes.
    pub(crate) fn written(&self, bytes: usize) {
        self.waiting.fetch_sub(bytes, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    fn outbox() -> (Outbox, Queue, Arc<Notify>) {
        Outbox::new(&Limits { queued_messages: 3, queued_bytes: 10, ..Limits::default() })
    }

    fn text(bytes: usize) -> Outgoing {
        Outgoing::Text("x".repeat(bytes))
    }

    fn overflowed(notify: &Notify) -> bool {
        notify.notified().now_or_never().is_some()
    }

    #[test]
    fn one_message_too_many_raises_the_signal() {
        let (outbox, _queue, overflow) = outbox();
        for _ in 0..3 {
            outbox.push(Outgoing::Ping);
        }
        assert!(!overflowed(&overflow));
        outbox.push(Outgoing::Ping);
        assert!(overflowed(&overflow));
    }

    #[test]
    fn one_byte_too_many_raises_the_signal_and_written_bytes_make_room() {
        let (outbox, mut queue, overflow) = outbox();
        outbox.push(text(10));
        assert!(!overflowed(&overflow));
        queue.next().now_or_never().flatten().expect("it is there");
        outbox.push(text(1));
        assert!(overflowed(&overflow), "taken from the queue is not yet written");
        queue.written(10);
        outbox.push(text(10));
        assert!(!overflowed(&overflow));
    }
}
