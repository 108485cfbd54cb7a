//! Lies about who is there, who came and who left, and refusals of what is allowed.

use crate::evil::server::{Evil, Parcel, Stay};
use crate::evil::table::{
    Attack,
    When::{Calling, Linked, Parted},
    attack,
};
use protocol::{ErrorCode, PeerId, Rendezvous, ServerMessage};
use std::time::Duration;

/// A peer that there is not.
fn nobody(number: u64) -> PeerId {
    PeerId(number.wrapping_mul(0xD134_2543_DE82_EF95) | 1)
}

fn came(stay: &Stay, peer: PeerId) -> ServerMessage {
    ServerMessage::PeerJoined { room: stay.room.clone(), peer }
}

fn left(stay: &Stay, peer: PeerId) -> ServerMessage {
    ServerMessage::PeerLeft { room: stay.room.clone(), peer }
}

fn joined(stay: &Stay, you: PeerId, peers: Vec<PeerId>) -> ServerMessage {
    ServerMessage::Joined { room: stay.room.clone(), you, peers }
}

/// The addresses of all that are there.
fn others(evil: &Evil) -> Vec<PeerId> {
    evil.stays().iter().map(|stay| stay.you).collect()
}

fn is_joined(parcel: &Parcel) -> bool {
    matches!(parcel.message, ServerMessage::Joined { .. })
}

fn elsewhere() -> Option<Rendezvous> {
    Rendezvous::parse(&"Q".repeat(43)).ok()
}

/// See the module.
pub const ATTACKS: &[Attack] = &[
    attack("5,000 invented peers, one by one", Linked, true, |evil| {
        evil.say(|stay| (0..5_000).map(|number| came(stay, nobody(number))).collect());
    }),
    attack("3,000 invented peers at once", Linked, true, |evil| {
        evil.say(|stay| vec![joined(stay, stay.you, (0..3_000).map(nobody).collect())]);
    }),
    attack("250 invented peers at each of 20 joins", Linked, false, |evil| {
        let crowd = |round: u64| (0..250).map(|number| nobody(1_000 * round + number)).collect();
        evil.say(|stay| (0..20).map(|round| joined(stay, stay.you, crowd(round))).collect());
    }),
    attack("a member among 250 invented ones", Calling, false, |evil| {
        evil.tamper(|parcel| {
            let mut parcel = parcel.clone();
            if let ServerMessage::Joined { peers, .. } = &mut parcel.message {
                peers.extend((0..250).map(nobody));
            }
            vec![parcel]
        });
    }),
    attack("oneself among the others", Linked, true, |evil| {
        evil.say(|stay| vec![joined(stay, stay.you, vec![stay.you])]);
    }),
    attack("one peer named 1,000 times", Linked, true, |evil| {
        let all = others(evil);
        evil.say(|stay| vec![joined(stay, stay.you, all.repeat(500))]);
    }),
    attack("another address for oneself", Linked, false, |evil| {
        evil.say(|stay| vec![joined(stay, nobody(99), vec![])]);
    }),
    attack("two addresses in turn, 1,000 times", Linked, false, |evil| {
        evil.say(|stay| (0..1_000).map(|n| joined(stay, nobody(n % 2), vec![])).collect());
    }),
    attack("the other's address for oneself", Linked, true, |evil| {
        let all = others(evil);
        evil.say(|stay| {
            let other = all.iter().find(|you| **you != stay.you).copied().unwrap_or(stay.you);
            vec![joined(stay, other, vec![stay.you, other])]
        });
    }),
    attack("a room that was not joined", Linked, true, |evil| {
        evil.say(|stay| {
            let other = elsewhere().map(|room| Stay { room, ..stay.clone() });
            other.iter().map(|other| joined(other, nobody(1), vec![nobody(2)])).collect()
        });
    }),
    attack("peers and words of other rooms", Linked, true, |evil| {
        evil.say(|_| {
            let room = elsewhere();
            let words = |room: Rendezvous| {
                let payload = "A".repeat(2_000);
                ServerMessage::Signal { room, from: nobody(3), payload }
            };
            room.map(words).into_iter().cycle().take(200).collect()
        });
    }),
    attack("says that oneself came, and left", Linked, true, |evil| {
        evil.say(|stay| vec![came(stay, stay.you), left(stay, stay.you)]);
    }),
    attack("says that the other left", Linked, false, |evil| {
        let all = others(evil);
        evil.say(|stay| {
            all.iter().filter(|you| **you != stay.you).map(|you| left(stay, *you)).collect()
        });
    }),
    attack("says that all come and go, 2,000 times", Linked, true, |evil| {
        let all = others(evil);
        evil.say(|stay| {
            let turn = |_| all.iter().flat_map(|you| [left(stay, *you), came(stay, *you)]);
            (0..2_000).flat_map(turn).collect()
        });
    }),
    attack("5,000 leave who never came", Linked, false, |evil| {
        evil.say(|stay| (0..5_000).map(|number| left(stay, nobody(number))).collect());
    }),
    attack("ids of other forms", Linked, true, |evil| {
        evil.say_texts(|stay| {
            let room = stay.room.as_str();
            let ids =
                ["7", "\"7\"", "\"FFFFFFFFFFFFFFFF\"", "\"00000000000000000000\"", "null", "[]"];
            let text =
                |id: &&str| format!(r#"{{"type":"peer_joined","room":"{room}","peer":{id}}}"#);
            ids.iter().map(text).collect()
        });
    }),
    attack("rooms of other forms", Linked, true, |evil| {
        let rooms = ["", "x", "../..", &"A".repeat(44), &"é".repeat(43)].map(str::to_owned);
        evil.say_texts(|_| {
            let text = |room: &String| {
                format!(r#"{{"type":"peer_joined","room":"{room}","peer":"0000000000000001"}}"#)
            };
            rooms.iter().map(text).collect()
        });
    }),
    attack("every refusal, in long words", Linked, false, |evil| {
        let codes = [
            ErrorCode::BadMessage,
            ErrorCode::UnknownType,
            ErrorCode::TooLarge,
            ErrorCode::NotInRoom,
            ErrorCode::RoomFull,
            ErrorCode::TooManyRooms,
            ErrorCode::TooManyMessages,
            ErrorCode::Failed,
        ];
        evil.say(|_| {
            let message = "<img src=x onerror=alert(1)> \u{202e}".repeat(1_000);
            codes
                .iter()
                .map(|code| ServerMessage::Error { code: *code, message: message.clone() })
                .collect()
        });
    }),
    attack("5,000 refusals in different words", Linked, false, |evil| {
        let refusal = |number: u32| {
            let message = format!("refused, for the {number}th time");
            ServerMessage::Error { code: ErrorCode::Failed, message }
        };
        evil.say(|_| (0..5_000).map(refusal).collect());
    }),
    attack("a refusal of a kind to come", Linked, false, |evil| {
        evil.say_texts(|_| {
            vec![r#"{"type":"error","code":"expelled","message":"you"}"#.to_owned()]
        });
    }),
    attack("nobody is let in", Parted, false, |evil| {
        evil.tamper(|parcel| if is_joined(parcel) { vec![] } else { vec![parcel.clone()] });
        evil.hang_up();
    }),
    attack("every room is said to be full", Parted, false, |evil| {
        evil.tamper(|parcel| {
            let full =
                ServerMessage::Error { code: ErrorCode::RoomFull, message: "full".to_owned() };
            vec![if is_joined(parcel) { Parcel::now(&parcel.to, full) } else { parcel.clone() }]
        });
        evil.hang_up();
    }),
    attack("each is told that it is alone", Parted, false, |evil| {
        evil.tamper(|parcel| {
            let mut parcel = parcel.clone();
            if let ServerMessage::Joined { peers, .. } = &mut parcel.message {
                peers.clear();
            }
            let tells = matches!(parcel.message, ServerMessage::PeerJoined { .. });
            if tells { vec![] } else { vec![parcel] }
        });
    }),
    attack("who comes leaves at once, it says", Calling, false, |evil| {
        evil.tamper(|parcel| {
            let mut gone = None;
            if let ServerMessage::PeerJoined { room, peer } = &parcel.message {
                gone = Some((room.clone(), *peer));
            } else if let ServerMessage::Joined { room, peers, .. } = &parcel.message {
                gone = peers.first().map(|peer| (room.clone(), *peer));
            }
            let gone = gone.map(|(room, peer)| Parcel {
                after: Duration::from_millis(50),
                ..Parcel::now(&parcel.to, ServerMessage::PeerLeft { room, peer })
            });
            [parcel.clone()].into_iter().chain(gone).collect()
        });
    }),
];
