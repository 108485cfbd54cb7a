//! Who is in which room: the whole decision of the signaling server, without a socket.
//!
//! Every call returns what to send to whom; the server and the simulator carry it out. A connection
//! gets a fresh peer id at each join, so that two rooms of one page cannot be linked by it. Peer
//! ids are drawn from the seed: equal seeds and calls give equal ids, and without the seed nobody
//! can guess one. Rooms exist while they have members, and nothing of them is kept after.

use std::collections::BTreeMap;
use std::net::IpAddr;

use protocol::{ErrorCode, PeerId, Rendezvous, ServerMessage, limits};
use thiserror::Error;

/// One connection to the server, as the caller numbers them. Never sent to anyone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnectionId(pub u64);

/// A message to send to a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deliver {
    /// The connection that is to have it.
    pub to: ConnectionId,
    /// What it is to have.
    pub message: ServerMessage,
}

/// Why a call was refused. Nothing has changed then, and only the caller is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Refusal {
    /// The connection is not in the room that it speaks of.
    #[error("you are not in this room: join it first")]
    NotInRoom,
    /// The peer is not, or no longer, in the room.
    #[error("this peer is not in the room: it may have left")]
    UnknownPeer,
    /// The room has as many members as it may have.
    #[error("the room is full: it has {0} members, the most that this server allows")]
    RoomFull(usize),
    /// The address has as many of the room's places as it may have.
    #[error("your address has {0} places in this room, the most that this server allows")]
    AddressFull(usize),
    /// The connection is in as many rooms as it may be.
    #[error("you are in {0} rooms, the most that this server allows: leave one first")]
    TooManyRooms(usize),
}

impl Refusal {
    /// The code of the refusal on the wire.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::NotInRoom => ErrorCode::NotInRoom,
            Self::UnknownPeer => ErrorCode::UnknownPeer,
            Self::RoomFull(_) | Self::AddressFull(_) => ErrorCode::RoomFull,
            Self::TooManyRooms(_) => ErrorCode::TooManyRooms,
        }
    }

    /// The refusal as the message that tells the caller.
    #[must_use]
    pub fn to_message(&self) -> ServerMessage {
        ServerMessage::Error { code: self.code(), message: self.to_string() }
    }
}

/// The bounds of [`Rooms`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RoomLimits {
    /// Most members in a room at once.
    pub members_per_room: usize,
    /// Most of them from one address.
    pub members_per_address: usize,
    /// Most rooms that one connection may be in at once.
    pub rooms_per_connection: usize,
}

impl Default for RoomLimits {
    fn default() -> Self {
        Self {
            members_per_room: limits::MEMBERS_PER_ROOM,
            members_per_address: limits::MEMBERS_PER_ADDRESS,
            rooms_per_connection: limits::ROOMS_PER_CONNECTION,
        }
    }
}

/// The members of one room, by the id that the others know.
type Members = BTreeMap<PeerId, ConnectionId>;

/// Who is in which room.
#[derive(Clone, Debug)]
pub struct Rooms {
    limits: RoomLimits,
    seed: [u8; 32],
    drawn: u64,
    rooms: BTreeMap<Rendezvous, Members>,
    stays: BTreeMap<ConnectionId, BTreeMap<Rendezvous, PeerId>>,
    addresses: BTreeMap<ConnectionId, IpAddr>,
}

impl Rooms {
    /// No rooms yet. `seed` is 32 fresh random bytes, or a test's own.
    #[must_use]
    pub fn new(seed: [u8; 32]) -> Self {
        Self::with_limits(seed, RoomLimits::default())
    }

    /// No rooms yet, under other bounds than those of [`limits`].
    #[must_use]
    pub fn with_limits(seed: [u8; 32], limits: RoomLimits) -> Self {
        let (rooms, stays, addresses) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        Self { limits, seed, drawn: 0, rooms, stays, addresses }
    }

    /// A connection comes from this address, or from the network that counts as one. Of whom it is
    /// not said where they come from, everybody has an address of its own.
    pub fn arrive(&mut self, conn: ConnectionId, address: IpAddr) {
        self.addresses.insert(conn, address);
    }

    /// Puts a connection into a room: tells it who is there, and the others that it came. If it is
    /// in the room already, it alone is told again who is there, and keeps its peer id.
    ///
    /// # Errors
    /// [`Refusal::RoomFull`], [`Refusal::AddressFull`], [`Refusal::TooManyRooms`].
    pub fn join(&mut self, conn: ConnectionId, room: &Rendezvous) -> Result<Vec<Deliver>, Refusal> {
        if let Some(you) = self.peer(conn, room) {
            return Ok(vec![self.joined(conn, room, you)]);
        }
        if self.members(room).count() >= self.limits.members_per_room {
            return Err(Refusal::RoomFull(self.limits.members_per_room));
        }
        if self.neighbours(conn, room) >= self.limits.members_per_address {
            return Err(Refusal::AddressFull(self.limits.members_per_address));
        }
        if self.stays.get(&conn).map_or(0, BTreeMap::len) >= self.limits.rooms_per_connection {
            return Err(Refusal::TooManyRooms(self.limits.rooms_per_connection));
        }
        let you = self.draw(room);
        let mut deliveries = vec![self.joined(conn, room, you)];
        deliveries.extend(self.members(room).map(|(_, to)| Deliver {
            to,
            message: ServerMessage::PeerJoined { room: room.clone(), peer: you },
        }));
        self.rooms.entry(room.clone()).or_default().insert(you, conn);
        self.stays.entry(conn).or_default().insert(room.clone(), you);
        Ok(deliveries)
    }

    /// Takes a connection out of a room, and tells the others.
    ///
    /// # Errors
    /// [`Refusal::NotInRoom`].
    pub fn leave(
        &mut self,
        conn: ConnectionId,
        room: &Rendezvous,
    ) -> Result<Vec<Deliver>, Refusal> {
        let stays = self.stays.get_mut(&conn).ok_or(Refusal::NotInRoom)?;
        let peer = stays.remove(room).ok_or(Refusal::NotInRoom)?;
        if stays.is_empty() {
            self.stays.remove(&conn);
        }
        Ok(self.depart(room, peer))
    }

    /// Takes a connection that has ended out of all its rooms, and tells the others.
    pub fn leave_all(&mut self, conn: ConnectionId) -> Vec<Deliver> {
        self.addresses.remove(&conn);
        let stays = self.stays.remove(&conn).unwrap_or_default();
        stays.into_iter().flat_map(|(room, peer)| self.depart(&room, peer)).collect()
    }

    /// Hands a payload from a member of a room to another. A member may signal itself.
    ///
    /// # Errors
    /// [`Refusal::NotInRoom`], [`Refusal::UnknownPeer`].
    pub fn relay(
        &self,
        from: ConnectionId,
        room: &Rendezvous,
        to: PeerId,
        payload: String,
    ) -> Result<Deliver, Refusal> {
        let from = self.peer(from, room).ok_or(Refusal::NotInRoom)?;
        let members = self.rooms.get(room).ok_or(Refusal::NotInRoom)?;
        let to = *members.get(&to).ok_or(Refusal::UnknownPeer)?;
        let message = ServerMessage::Signal { room: room.clone(), from, payload };
        Ok(Deliver { to, message })
    }

    /// The id that a connection has in a room now.
    #[must_use]
    pub fn peer(&self, conn: ConnectionId, room: &Rendezvous) -> Option<PeerId> {
        self.stays.get(&conn)?.get(room).copied()
    }

    /// The rooms that a connection is in now.
    pub fn stays(&self, conn: ConnectionId) -> impl Iterator<Item = &Rendezvous> + '_ {
        self.stays.get(&conn).into_iter().flatten().map(|(room, _)| room)
    }

    /// The members of a room, by peer id.
    pub fn members(&self, room: &Rendezvous) -> impl Iterator<Item = (PeerId, ConnectionId)> + '_ {
        self.rooms.get(room).into_iter().flatten().map(|(peer, conn)| (*peer, *conn))
    }

    /// The rooms that have members now.
    #[must_use]
    pub fn count(&self) -> usize {
        self.rooms.len()
    }

    /// How many in a room come from the address of this connection.
    fn neighbours(&self, conn: ConnectionId, room: &Rendezvous) -> usize {
        let Some(address) = self.addresses.get(&conn) else { return 0 };
        let from = |(_, member): &(_, ConnectionId)| self.addresses.get(member) == Some(address);
        self.members(room).filter(from).count()
    }

    fn joined(&self, to: ConnectionId, room: &Rendezvous, you: PeerId) -> Deliver {
        let peers = self.members(room).map(|(peer, _)| peer).filter(|peer| *peer != you).collect();
        Deliver { to, message: ServerMessage::Joined { room: room.clone(), you, peers } }
    }

    fn depart(&mut self, room: &Rendezvous, peer: PeerId) -> Vec<Deliver> {
        let Some(members) = self.rooms.get_mut(room) else {
            debug_assert!(false, "a stay without its room");
            return Vec::new();
        };
        members.remove(&peer);
        if members.is_empty() {
            self.rooms.remove(room);
        }
        let message = ServerMessage::PeerLeft { room: room.clone(), peer };
        self.members(room).map(|(_, to)| Deliver { to, message: message.clone() }).collect()
    }

    /// A peer id that nobody in the room has: 64 bits of a keyed hash over a counter.
    fn draw(&mut self, room: &Rendezvous) -> PeerId {
        loop {
            let hash = blake3::keyed_hash(&self.seed, &self.drawn.to_le_bytes());
            self.drawn += 1;
            let mut bytes = [0; 8];
            bytes.copy_from_slice(&hash.as_bytes()[..8]);
            let peer = PeerId(u64::from_le_bytes(bytes));
            if !self.rooms.get(room).is_some_and(|members| members.contains_key(&peer)) {
                return peer;
            }
        }
    }
}

#[cfg(test)]
mod tests;
