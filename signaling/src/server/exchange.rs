//! `Rooms` behind its one lock, with the outboxes of those who are connected.
//!
//! A decision and its deliveries happen under the same lock, so that everyone hears of a room's
//! life in the order in which it happened. Nothing under the lock waits or logs. The log says that
//! someone came or went and how many bytes passed, never who or which: neither payloads nor
//! addresses nor whole room names are in it. What a stranger can cause as often as it likes is not
//! in it unless it is asked for.

use core::time::Duration;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use protocol::{ClientMessage, PeerId, Relays, Rendezvous, ServerMessage};
use serde::Serialize;
use tracing::{debug, error, info};

use super::outbox::{Outbox, Outgoing};
use super::turn::Turn;
use crate::{ConnectionId, Deliver, Refusal, RoomLimits, Rooms};

/// All connections, and who is in which room.
#[derive(Debug)]
pub(crate) struct Exchange {
    turn: Option<Turn>,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    rooms: Rooms,
    outboxes: HashMap<ConnectionId, Outbox>,
    entered: u64,
    relayed_messages: u64,
    relayed_bytes: u64,
}

/// One connection's place in the exchange. When dropped, it leaves all its rooms.
#[derive(Debug)]
pub(crate) struct Presence {
    exchange: Arc<Exchange>,
    id: ConnectionId,
    outbox: Outbox,
}

/// What `/healthz` counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Counts {
    /// WebSockets open now.
    connections: usize,
    /// Rooms with members now.
    rooms: usize,
    /// Signals relayed since the start.
    relayed_messages: u64,
    /// Bytes of their payloads.
    relayed_bytes: u64,
}

impl Exchange {
    /// Nobody yet. `seed` is fresh random bytes.
    pub(crate) fn new(seed: [u8; 32], limits: RoomLimits, turn: Option<Turn>) -> Arc<Self> {
        let rooms = Rooms::with_limits(seed, limits);
        let outboxes = HashMap::new();
        let state = State { rooms, outboxes, entered: 0, relayed_messages: 0, relayed_bytes: 0 };
        Arc::new(Self { turn, state: Mutex::new(state) })
    }

    /// A new connection, with the queue that its messages go to.
    pub(crate) fn enter(self: &Arc<Self>, outbox: Outbox) -> Presence {
        let mut state = self.lock();
        state.entered += 1;
        let id = ConnectionId(state.entered);
        state.outboxes.insert(id, outbox.clone());
        Presence { exchange: Arc::clone(self), id, outbox }
    }

    /// The counts of this moment.
    pub(crate) fn counts(&self) -> Counts {
        let state = self.lock();
        Counts {
            connections: state.outboxes.len(),
            rooms: state.rooms.count(),
            relayed_messages: state.relayed_messages,
            relayed_bytes: state.relayed_bytes,
        }
    }

    /// Relays with a fresh account, if there are any.
    fn relays(&self) -> Option<Relays> {
        let turn = self.turn.as_ref()?;
        let mark = getrandom::u64().inspect_err(|error| error!("no relays: {error}")).ok()?;
        Some(turn.account(mark))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn deliver(&self, deliveries: &[Deliver]) {
        for Deliver { to, message } in deliveries {
            if let Some(outbox) = self.outboxes.get(to) {
                outbox.push(Outgoing::Text(message.encode()));
            }
        }
    }

    /// Relays come before the answer, since that has the page connect.
    fn join(
        &mut self,
        id: ConnectionId,
        room: &Rendezvous,
        relays: Option<Relays>,
    ) -> Result<usize, Refusal> {
        let is_first = !self.is_somewhere(id);
        let deliveries = self.rooms.join(id, room)?;
        if let Some(relays) = relays.filter(|_| is_first) {
            self.deliver(&[Deliver { to: id, message: ServerMessage::Relays(relays) }]);
        }
        self.deliver(&deliveries);
        Ok(self.rooms.members(room).count())
    }

    fn is_somewhere(&self, id: ConnectionId) -> bool {
        self.rooms.stays(id).next().is_some()
    }

    fn leave(&mut self, id: ConnectionId, room: &Rendezvous) -> Result<usize, Refusal> {
        let deliveries = self.rooms.leave(id, room)?;
        self.deliver(&deliveries);
        Ok(self.rooms.members(room).count())
    }

    fn relay(
        &mut self,
        id: ConnectionId,
        room: &Rendezvous,
        to: PeerId,
        payload: String,
    ) -> Result<usize, Refusal> {
        let bytes = payload.len();
        let delivery = self.rooms.relay(id, room, to, payload)?;
        self.deliver(&[delivery]);
        self.relayed_messages += 1;
        self.relayed_bytes += bytes as u64;
        Ok(bytes)
    }
}

impl Presence {
    /// Does what a page asks for, or tells it in words why not.
    pub(crate) fn handle(&self, message: ClientMessage) {
        let done = match message {
            ClientMessage::Join { room } => self.join(&room),
            ClientMessage::Leave { room } => self.leave(&room),
            ClientMessage::Signal { room, to, payload } => self.relay(&room, to, payload),
            ClientMessage::Ping => {
                self.tell(&ServerMessage::Pong);
                Ok(())
            }
            ClientMessage::Pong => Ok(()),
        };
        if let Err(refusal) = done {
            debug!("refused: {refusal}");
            self.tell(&refusal.to_message());
        }
    }

    /// Tells this connection alone something.
    pub(crate) fn tell(&self, message: &ServerMessage) {
        self.outbox.push(Outgoing::Text(message.encode()));
    }

    /// Asks this connection whether it is still there.
    pub(crate) fn ping(&self) {
        self.outbox.push(Outgoing::Ping);
    }

    /// How often an account at the relays has to be renewed, if there are any.
    pub(crate) fn renew_every(&self) -> Option<Duration> {
        self.exchange.turn.as_ref().map(|turn| turn.life() / 2)
    }

    /// Tells a connection that is in a room of relays with an account that lasts longer than the
    /// one before.
    pub(crate) fn renew_relays(&self) {
        let Some(relays) = self.exchange.relays() else { return };
        if self.exchange.lock().is_somewhere(self.id) {
            self.tell(&ServerMessage::Relays(relays));
        }
    }

    fn join(&self, room: &Rendezvous) -> Result<(), Refusal> {
        let relays = self.exchange.relays();
        let members = self.exchange.lock().join(self.id, room, relays)?;
        info!("joined room {}…, members now: {members}", short(room));
        Ok(())
    }

    fn leave(&self, room: &Rendezvous) -> Result<(), Refusal> {
        let members = self.exchange.lock().leave(self.id, room)?;
        info!("left room {}…, members now: {members}", short(room));
        Ok(())
    }

    fn relay(&self, room: &Rendezvous, to: PeerId, payload: String) -> Result<(), Refusal> {
        let bytes = self.exchange.lock().relay(self.id, room, to, payload)?;
        info!("relayed {bytes} bytes in room {}…", short(room));
        Ok(())
    }
}

impl Drop for Presence {
    fn drop(&mut self) {
        let (left, connections) = {
            let mut state = self.exchange.lock();
            state.outboxes.remove(&self.id);
            let left: Vec<_> = state.rooms.stays(self.id).cloned().collect();
            let deliveries = state.rooms.leave_all(self.id);
            state.deliver(&deliveries);
            (left, state.outboxes.len())
        };
        for room in left {
            info!("left room {}… by disconnecting", short(&room));
        }
        debug!("a connection ended, connections now: {connections}");
    }
}

/// Enough of a room's name to tell two apart in a log, too little to join it.
fn short(room: &Rendezvous) -> &str {
    room.as_str().get(..4).unwrap_or_default()
}
