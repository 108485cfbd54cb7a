//! What waits to be written to one connection: a queue with two bounds, in messages and in bytes.
//!
//! Whoever pushes never waits. If a message does not fit, the receiver is too slow: no message is
//! dropped in silence, the whole connection is, and its page comes back when it can. All queues
//! together have a bound, too; whoever takes its messages does not feel it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use protocol::limits;
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
    sender: mpsc::Sender<Waiting>,
    waiting: Arc<AtomicUsize>,
    bytes: usize,
    backlog: Backlog,
    overflow: Arc<Notify>,
}

/// What waits for all connections together, and how much that may be. Clones are the same.
#[derive(Clone, Debug)]
pub(crate) struct Backlog {
    waiting: Arc<AtomicUsize>,
    bytes: usize,
}

/// Something that waits to be written: it counts as waiting until it is dropped.
#[derive(Debug)]
pub(crate) struct Waiting {
    /// What to write.
    pub(crate) outgoing: Outgoing,
    /// What it counts as.
    pub(crate) charges: [Charge; 2],
}

/// So many bytes on a counter, until dropped.
#[derive(Debug)]
pub(crate) struct Charge {
    counter: Arc<AtomicUsize>,
    bytes: usize,
    /// What the counter came to.
    total: usize,
}

/// The end that the connection writes from.
#[derive(Debug)]
pub(crate) struct Queue {
    receiver: mpsc::Receiver<Waiting>,
}

impl Outgoing {
    fn bytes(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::Ping => 0,
        }
    }
}

impl Charge {
    fn new(counter: &Arc<AtomicUsize>, bytes: usize) -> Self {
        let total = counter.fetch_add(bytes, Ordering::Relaxed) + bytes;
        Self { counter: Arc::clone(counter), bytes, total }
    }
}

impl Drop for Charge {
    fn drop(&mut self) {
        self.counter.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

impl Backlog {
    /// Nothing waits.
    pub(crate) fn new(limits: &Limits) -> Self {
        Self { waiting: Arc::default(), bytes: limits.queued_bytes_in_all }
    }
}

impl Outbox {
    /// What a message takes beside its bytes: its place in the queue and in the memory's books.
    const OVERHEAD_BYTES: usize = 128;

    /// An empty queue, and the signal that it has overflowed.
    pub(crate) fn new(limits: &Limits, backlog: &Backlog) -> (Self, Queue, Arc<Notify>) {
        let (sender, receiver) = mpsc::channel(limits.queued_messages.max(1));
        let (waiting, overflow) = (Arc::default(), Arc::new(Notify::new()));
        let (backlog, bytes) = (backlog.clone(), limits.queued_bytes);
        let outbox = Self { sender, waiting, bytes, backlog, overflow: Arc::clone(&overflow) };
        (outbox, Queue { receiver }, overflow)
    }

    /// Puts something into the queue, or raises the overflow signal if it does not fit.
    pub(crate) fn push(&self, outgoing: Outgoing) {
        let bytes = outgoing.bytes();
        let own = Charge::new(&self.waiting, bytes);
        let all = Charge::new(&self.backlog.waiting, bytes + Self::OVERHEAD_BYTES);
        let is_slow = own.total > limits::QUEUED_BYTES_ALWAYS;
        let fits = own.total <= self.bytes && !(is_slow && all.total > self.backlog.bytes);
        let waiting = Waiting { outgoing, charges: [own, all] };
        if !fits || self.sender.try_send(waiting).is_err() {
            self.overflow.notify_one();
        }
    }
}

impl Queue {
    /// The next thing to write, in the order in which it was pushed.
    pub(crate) async fn next(&mut self) -> Option<Waiting> {
        self.receiver.recv().await
    }

    /// The next thing to write, if something waits.
    pub(crate) fn next_now(&mut self) -> Option<Waiting> {
        self.receiver.try_recv().ok()
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    fn limits() -> Limits {
        Limits { queued_messages: 3, queued_bytes: 10, ..Limits::default() }
    }

    fn outbox() -> (Outbox, Queue, Arc<Notify>) {
        Outbox::new(&limits(), &Backlog::new(&limits()))
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
        let waiting = queue.next_now().expect("it is there");
        outbox.push(text(1));
        assert!(overflowed(&overflow), "taken from the queue is not yet written");
        drop(waiting);
        outbox.push(text(10));
        assert!(!overflowed(&overflow));
    }

    #[test]
    fn over_the_bound_of_all_only_the_slow_are_dropped() {
        let most = 3 * limits::QUEUED_BYTES_ALWAYS;
        let limits = Limits { queued_bytes_in_all: most, ..Limits::default() };
        let backlog = Backlog::new(&limits);
        let (slow, slow_queue, slow_overflow) = Outbox::new(&limits, &backlog);
        let (quick, mut quick_queue, quick_overflow) = Outbox::new(&limits, &backlog);
        for _ in 0..2 {
            slow.push(text(limits::QUEUED_BYTES_ALWAYS));
        }
        assert!(!overflowed(&slow_overflow));
        quick.push(text(limits::QUEUED_BYTES_ALWAYS));
        assert!(!overflowed(&quick_overflow), "not slow, though the bound of all is reached");
        slow.push(text(1));
        assert!(overflowed(&slow_overflow));
        drop((slow, slow_queue));
        assert!(quick_queue.next_now().is_some());
        assert_eq!(backlog.waiting.load(Ordering::Relaxed), 0, "what is dropped waits no more");
    }
}
