//! `Rooms` behind its one lock, with the outboxes of those who are connected.
//!
//! A decision and its deliveries happen under the same lock, so that everyone hears of a room's
//! life in the order in which it happened. Nothing under the lock waits or logs. The log says that
//! someone came or went and how many bytes passed, never who or which: neither payloads nor
//! addresses nor whole room names are in it. What a stranger can cause as often as it likes is not
//! in it unless it is asked for.

use core::time::Duration;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use protocol::{ClientMessage, PeerId, Rendezvous, ServerMessage};
use serde::Serialize;
use tokio::time::Instant;
use tracing::{debug, info};

use super::company::Company;
use super::outbox::{Outbox, Outgoing};
use super::sources::block;
use super::turn::Turn;
use crate::{ConnectionId, Deliver, Refusal, RoomLimits, Rooms};

/// All connections, and who is in which room.
#[derive(Debug)]
pub(crate) struct Exchange {
    state: Mutex<State>,
    /// How long an account at the relays lasts, if there are any.
    life: Option<Duration>,
}

#[derive(Debug)]
struct State {
    rooms: Rooms,
    turn: Option<Turn>,
    seats: HashMap<ConnectionId, Seat>,
    entered: u64,
    relayed_messages: u64,
    relayed_bytes: u64,
}

/// What there is of one connection.
#[derive(Debug)]
struct Seat {
    outbox: Outbox,
    company: Company,
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
        let (seats, life) = (HashMap::new(), turn.as_ref().map(Turn::life));
        let state = State { rooms, turn, seats, entered: 0, relayed_messages: 0, relayed_bytes: 0 };
        Arc::new(Self { state: Mutex::new(state), life })
    }

    /// A new connection from this address, with the queue that its messages go to.
    pub(crate) fn enter(self: &Arc<Self>, outbox: Outbox, address: IpAddr) -> Presence {
        let mut state = self.lock();
        state.entered += 1;
        let id = ConnectionId(state.entered);
        state.rooms.arrive(id, block(address).addr());
        let seat = Seat { outbox: outbox.clone(), company: Company::default() };
        state.seats.insert(id, seat);
        Presence { exchange: Arc::clone(self), id, outbox }
    }

    /// The counts of this moment.
    pub(crate) fn counts(&self) -> Counts {
        let state = self.lock();
        Counts {
            connections: state.seats.len(),
            rooms: state.rooms.count(),
            relayed_messages: state.relayed_messages,
            relayed_bytes: state.relayed_bytes,
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seat {
    fn give(&mut self, turn: &mut Turn, now: Instant) {
        self.company.give(now);
        let relays = ServerMessage::Relays(turn.account());
        self.outbox.push(Outgoing::Text(relays.encode()));
    }
}

impl State {
    fn deliver(&self, deliveries: &[Deliver]) {
        for Deliver { to, message } in deliveries {
            if let Some(seat) = self.seats.get(to) {
                seat.outbox.push(Outgoing::Text(message.encode()));
            }
        }
    }

    /// Relays come before the news of a peer, since that has the page connect: to whoever joins,
    /// and to whoever was alone until now.
    fn join(&mut self, id: ConnectionId, room: &Rendezvous) -> Result<usize, Refusal> {
        let deliveries = self.rooms.join(id, room)?;
        let members: Vec<_> = self.rooms.members(room).map(|(_, member)| member).collect();
        if members.len() > 1 {
            self.supply(&members);
        }
        self.deliver(&deliveries);
        Ok(members.len())
    }

    /// Those who have met have company, and get accounts as far as they lack one.
    fn supply(&mut self, members: &[ConnectionId]) {
        let Some(turn) = &mut self.turn else { return };
        let now = Instant::now();
        for member in members {
            let Some(seat) = self.seats.get_mut(member) else { continue };
            seat.company.meet(now);
            if seat.company.lacks_account(turn.life(), now) {
                seat.give(turn, now);
            }
        }
    }

    /// Gives a connection an account that lasts longer than the one before, if it has company, or
    /// had it not long ago.
    fn renew(&mut self, id: ConnectionId) {
        let (Some(turn), Some(seat)) = (&mut self.turn, self.seats.get_mut(&id)) else { return };
        let now = Instant::now();
        let is_shared = |room| self.rooms.members(room).nth(1).is_some();
        let mut rooms = self.rooms.stays(id).peekable();
        let is_somewhere = rooms.peek().is_some();
        if rooms.any(is_shared) {
            seat.company.meet(now);
        }
        if is_somewhere && seat.company.is_kept(turn.life(), now) {
            seat.give(turn, now);
        }
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
        self.exchange.life.map(|life| life / 2)
    }

    /// Renews the account of a connection that is in a room, and not alone.
    pub(crate) fn renew_relays(&self) {
        self.exchange.lock().renew(self.id);
    }

    fn join(&self, room: &Rendezvous) -> Result<(), Refusal> {
        let members = self.exchange.lock().join(self.id, room)?;
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
            state.seats.remove(&self.id);
            let left: Vec<_> = state.rooms.stays(self.id).cloned().collect();
            let deliveries = state.rooms.leave_all(self.id);
            state.deliver(&deliveries);
            (left, state.seats.len())
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
