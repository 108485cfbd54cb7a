//! What `Rooms` promises, one promise a test, and all of them against a naive model.

use super::*;

const ANA: ConnectionId = ConnectionId(1);
const BEN: ConnectionId = ConnectionId(2);
const CLEO: ConnectionId = ConnectionId(3);

fn room(n: u8) -> Rendezvous {
    Rendezvous::from_bytes([n; 32])
}

fn rooms() -> Rooms {
    Rooms::new([9; 32])
}

fn peer(rooms: &Rooms, conn: ConnectionId, n: u8) -> PeerId {
    rooms.peer(conn, &room(n)).expect("the connection is in the room")
}

#[test]
fn the_first_finds_nobody_and_the_second_finds_the_first() {
    let mut rooms = rooms();
    let first = rooms.join(ANA, &room(1)).unwrap();
    let ana = peer(&rooms, ANA, 1);
    let message = ServerMessage::Joined { room: room(1), you: ana, peers: vec![] };
    assert_eq!(first, vec![Deliver { to: ANA, message }]);

    let second = rooms.join(BEN, &room(1)).unwrap();
    let ben = peer(&rooms, BEN, 1);
    let joined = ServerMessage::Joined { room: room(1), you: ben, peers: vec![ana] };
    let peer_joined = ServerMessage::PeerJoined { room: room(1), peer: ben };
    let expected =
        vec![Deliver { to: BEN, message: joined }, Deliver { to: ANA, message: peer_joined }];
    assert_eq!(second, expected);
}

#[test]
fn joining_again_tells_the_caller_alone_who_is_there() {
    let mut rooms = rooms();
    rooms.join(ANA, &room(1)).unwrap();
    rooms.join(BEN, &room(1)).unwrap();
    let (ana, ben) = (peer(&rooms, ANA, 1), peer(&rooms, BEN, 1));
    let message = ServerMessage::Joined { room: room(1), you: ana, peers: vec![ben] };
    assert_eq!(rooms.join(ANA, &room(1)), Ok(vec![Deliver { to: ANA, message }]));
}

#[test]
fn a_signal_reaches_its_peer_and_names_its_sender() {
    let mut rooms = rooms();
    rooms.join(ANA, &room(1)).unwrap();
    rooms.join(BEN, &room(1)).unwrap();
    let (ana, ben) = (peer(&rooms, ANA, 1), peer(&rooms, BEN, 1));
    let message = ServerMessage::Signal { room: room(1), from: ana, payload: "x".to_owned() };
    assert_eq!(rooms.relay(ANA, &room(1), ben, "x".to_owned()), Ok(Deliver { to: BEN, message }));
}

#[test]
fn nobody_signals_into_a_room_that_it_is_not_in() {
    let mut rooms = rooms();
    rooms.join(ANA, &room(1)).unwrap();
    rooms.join(BEN, &room(2)).unwrap();
    let ana = peer(&rooms, ANA, 1);
    assert_eq!(rooms.relay(BEN, &room(1), ana, String::new()), Err(Refusal::NotInRoom));
    assert_eq!(rooms.relay(BEN, &room(2), ana, String::new()), Err(Refusal::UnknownPeer));
    assert_eq!(rooms.relay(CLEO, &room(3), ana, String::new()), Err(Refusal::NotInRoom));
}

#[test]
fn leaving_tells_the_others_once_and_twice_is_refused() {
    let mut rooms = rooms();
    rooms.join(ANA, &room(1)).unwrap();
    rooms.join(BEN, &room(1)).unwrap();
    let ana = peer(&rooms, ANA, 1);
    let message = ServerMessage::PeerLeft { room: room(1), peer: ana };
    assert_eq!(rooms.leave(ANA, &room(1)), Ok(vec![Deliver { to: BEN, message }]));
    assert_eq!(rooms.leave(ANA, &room(1)), Err(Refusal::NotInRoom));
    assert_eq!(rooms.leave(CLEO, &room(7)), Err(Refusal::NotInRoom));
}

#[test]
fn an_ended_connection_leaves_all_its_rooms_and_nothing_stays_behind() {
    let mut rooms = rooms();
    rooms.arrive(ANA, "192.0.2.1".parse().unwrap());
    for n in [1, 2, 3] {
        rooms.join(ANA, &room(n)).unwrap();
    }
    rooms.join(BEN, &room(2)).unwrap();
    let left = rooms.leave_all(ANA);
    assert_eq!(left.iter().map(|deliver| deliver.to).collect::<Vec<_>>(), vec![BEN]);
    assert_eq!(rooms.count(), 1);
    assert_eq!(rooms.leave_all(ANA), vec![]);
    rooms.leave_all(BEN);
    assert!(rooms.rooms.is_empty() && rooms.stays.is_empty() && rooms.addresses.is_empty());
}

#[test]
fn a_full_room_refuses_one_more_and_takes_one_after_a_leave() {
    let mut rooms = rooms();
    for n in 0..64 {
        rooms.join(ConnectionId(n), &room(1)).unwrap();
    }
    assert_eq!(rooms.join(ConnectionId(64), &room(1)), Err(Refusal::RoomFull(64)));
    assert!(rooms.join(ConnectionId(5), &room(1)).is_ok(), "a member may ask who is there");
    rooms.leave(ConnectionId(5), &room(1)).unwrap();
    assert!(rooms.join(ConnectionId(64), &room(1)).is_ok());
}

#[test]
fn an_address_has_so_many_places_of_a_room_and_leaves_the_others_to_others() {
    let mut rooms = rooms();
    let [here, there] = ["192.0.2.1", "192.0.2.2"].map(|address| address.parse().unwrap());
    for n in 0..128 {
        rooms.arrive(ConnectionId(n), if n < 100 { here } else { there });
    }
    for n in 0..16 {
        rooms.join(ConnectionId(n), &room(1)).unwrap();
    }
    assert_eq!(rooms.join(ConnectionId(16), &room(1)), Err(Refusal::AddressFull(16)));
    assert!(rooms.join(ConnectionId(5), &room(1)).is_ok(), "a member may ask who is there");
    assert!(rooms.join(ConnectionId(16), &room(2)).is_ok(), "another room");
    assert!(rooms.join(ConnectionId(100), &room(1)).is_ok(), "another address");
    rooms.leave(ConnectionId(5), &room(1)).unwrap();
    assert!(rooms.join(ConnectionId(16), &room(1)).is_ok());
    rooms.leave_all(ConnectionId(0));
    assert!(rooms.join(ConnectionId(17), &room(1)).is_ok(), "whoever has gone takes no place");
}

#[test]
fn a_connection_is_in_so_many_rooms_and_no_more() {
    let limits = RoomLimits { rooms_per_connection: 2, ..RoomLimits::default() };
    let mut rooms = Rooms::with_limits([0; 32], limits);
    rooms.join(ANA, &room(1)).unwrap();
    rooms.join(ANA, &room(2)).unwrap();
    assert_eq!(rooms.join(ANA, &room(3)), Err(Refusal::TooManyRooms(2)));
    assert_eq!(rooms.count(), 2, "a refused join leaves no empty room");
    rooms.leave(ANA, &room(1)).unwrap();
    assert!(rooms.join(ANA, &room(3)).is_ok());
}

#[test]
fn ids_differ_by_room_and_by_stay_and_repeat_with_the_seed() {
    let ids = |seed| {
        let mut rooms = Rooms::new(seed);
        let mut ids = Vec::new();
        for n in [1, 2, 1] {
            rooms.join(ANA, &room(n)).unwrap();
            ids.push(peer(&rooms, ANA, n));
            rooms.leave(ANA, &room(n)).unwrap();
        }
        ids
    };
    let drawn = ids([1; 32]);
    assert!(drawn[0] != drawn[1] && drawn[0] != drawn[2] && drawn[1] != drawn[2]);
    assert_eq!(drawn, ids([1; 32]));
    assert_ne!(drawn, ids([2; 32]));
}

#[test]
fn a_refusal_says_its_code_and_what_to_do() {
    let refusals = [
        (Refusal::NotInRoom, ErrorCode::NotInRoom, "join it first"),
        (Refusal::UnknownPeer, ErrorCode::UnknownPeer, "may have left"),
        (Refusal::RoomFull(64), ErrorCode::RoomFull, "64 members"),
        (Refusal::AddressFull(16), ErrorCode::RoomFull, "your address has 16"),
        (Refusal::TooManyRooms(9), ErrorCode::TooManyRooms, "leave one first"),
    ];
    for (refusal, expected, words) in refusals {
        let ServerMessage::Error { code, message } = refusal.to_message() else {
            panic!("a refusal is an error message");
        };
        assert_eq!(code, expected);
        assert!(message.contains(words), "{message}");
    }
}

#[cfg(not(target_arch = "wasm32"))]
mod properties {
    use std::collections::{BTreeMap, BTreeSet};

    use proptest::prelude::*;

    use super::*;

    #[derive(Clone, Debug)]
    enum Call {
        Join(u64, u8),
        Leave(u64, u8),
        LeaveAll(u64),
        Relay(u64, u8, u64),
    }

    fn call() -> impl Strategy<Value = Call> {
        let (conn, n) = (0u64..6, 0u8..4);
        prop_oneof![
            4 => (conn.clone(), n.clone()).prop_map(|(conn, n)| Call::Join(conn, n)),
            2 => (conn.clone(), n.clone()).prop_map(|(conn, n)| Call::Leave(conn, n)),
            1 => conn.clone().prop_map(Call::LeaveAll),
            3 => (conn.clone(), n, conn).prop_map(|(from, n, to)| Call::Relay(from, n, to)),
        ]
    }

    /// The naive model: a set of (room, connection), and what each page has been told.
    #[derive(Default)]
    struct Model {
        inside: BTreeSet<(u8, u64)>,
        /// What a connection believes about a room: its own id, and the others.
        told: BTreeMap<(u64, Rendezvous), (PeerId, BTreeSet<PeerId>)>,
    }

    impl Model {
        fn others(&self, n: u8, but: u64) -> BTreeSet<u64> {
            let here = self.inside.iter().filter(|(room, conn)| *room == n && *conn != but);
            here.map(|(_, conn)| *conn).collect()
        }

        fn hear(&mut self, deliver: &Deliver) {
            let to = deliver.to.0;
            match deliver.message.clone() {
                ServerMessage::Joined { room, you, peers } => {
                    self.told.insert((to, room), (you, peers.into_iter().collect()));
                }
                ServerMessage::PeerJoined { room, peer } => {
                    let (_, peers) = self.told.get_mut(&(to, room)).expect("is in the room");
                    assert!(peers.insert(peer), "told once of each arrival");
                }
                ServerMessage::PeerLeft { room, peer } => {
                    let (_, peers) = self.told.get_mut(&(to, room)).expect("is in the room");
                    assert!(peers.remove(&peer), "told once of each departure");
                }
                other @ (ServerMessage::Relays(_)
                | ServerMessage::Signal { .. }
                | ServerMessage::Error { .. }
                | ServerMessage::Ping
                | ServerMessage::Pong) => panic!("not of a room's life: {other:?}"),
            }
        }
    }

    const MEMBERS: usize = 4;
    const STAYS: usize = 3;

    fn check(rooms: &mut Rooms, model: &mut Model, call: Call) {
        match call {
            Call::Join(conn, n) => {
                let stays = model.inside.iter().filter(|(_, c)| *c == conn).count();
                let inside = model.inside.contains(&(n, conn));
                let full = model.others(n, conn).len() >= MEMBERS;
                let answer = rooms.join(ConnectionId(conn), &room(n));
                if !inside && full {
                    assert_eq!(answer, Err(Refusal::RoomFull(MEMBERS)));
                } else if !inside && stays >= STAYS {
                    assert_eq!(answer, Err(Refusal::TooManyRooms(STAYS)));
                } else {
                    answer.unwrap().iter().for_each(|deliver| model.hear(deliver));
                    model.inside.insert((n, conn));
                }
            }
            Call::Leave(conn, n) => {
                let answer = rooms.leave(ConnectionId(conn), &room(n));
                assert_eq!(answer.is_ok(), model.inside.remove(&(n, conn)));
                model.told.remove(&(conn, room(n)));
                answer.unwrap_or_default().iter().for_each(|deliver| model.hear(deliver));
            }
            Call::LeaveAll(conn) => {
                model.inside.retain(|(_, c)| *c != conn);
                model.told.retain(|(c, _), _| *c != conn);
                let left = rooms.leave_all(ConnectionId(conn));
                left.iter().for_each(|deliver| model.hear(deliver));
            }
            Call::Relay(from, n, to) => {
                let target = rooms.peer(ConnectionId(to), &room(n)).unwrap_or(PeerId(0));
                let answer = rooms.relay(ConnectionId(from), &room(n), target, "p".to_owned());
                let expected = match (model.inside.contains(&(n, from)), target) {
                    (false, _) => Err(Refusal::NotInRoom),
                    (true, PeerId(0)) => Err(Refusal::UnknownPeer),
                    (true, _) => Ok(ConnectionId(to)),
                };
                assert_eq!(answer.map(|deliver| deliver.to), expected);
            }
        }
    }

    proptest! {
        #[test]
        fn everyone_is_told_exactly_who_is_there(calls in prop::collection::vec(call(), 1..120)) {
            let (members_per_room, rooms_per_connection) = (MEMBERS, STAYS);
            let limits =
                RoomLimits { members_per_room, rooms_per_connection, ..RoomLimits::default() };
            let mut rooms = Rooms::with_limits([3; 32], limits);
            let mut model = Model::default();
            for call in calls {
                check(&mut rooms, &mut model, call);
                for &(n, conn) in &model.inside {
                    let here = rooms.members(&room(n)).map(|(_, conn)| conn.0);
                    let mut expected = model.others(n, conn);
                    expected.insert(conn);
                    assert_eq!(here.collect::<BTreeSet<_>>(), expected);
                    let (you, peers) = &model.told[&(conn, room(n))];
                    let (me, others): (Vec<_>, Vec<_>) =
                        rooms.members(&room(n)).partition(|(_, c)| c.0 == conn);
                    assert_eq!(me[0].0, *you);
                    assert_eq!(others.into_iter().map(|(p, _)| p).collect::<BTreeSet<_>>(), *peers);
                }
                let alive: BTreeSet<u8> = model.inside.iter().map(|(n, _)| *n).collect();
                assert_eq!(rooms.count(), alive.len());
            }
        }
    }
}
