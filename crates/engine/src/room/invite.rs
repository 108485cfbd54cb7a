//! The invite: what a link carries behind its `#`, all that a newcomer needs.
//!
//! ```text
//!  1.<base64url of: founder (32) | founding nonce (16) | epoch (16) | secret (32) | check (4)>
//!  2.<base64url of: founder (32) | founding nonce (16) | epoch (16) | door secret (32)
//!                 | keeper's key (32) | check (4)>
//! ```
//! The number before the dot is the version: 1 leads into a room, 2 to the door of one that
//! approves its members. The check finds what copying damaged; it proves nothing. The room's id is
//! computed from founder, nonce and version, so neither can be turned into the other.

use std::fmt;

use data_encoding::BASE64URL_NOPAD;
use zeroize::Zeroizing;

use crate::crypto::hash::hash;
use crate::ids::{EpochId, MemberId, RoomId};
use crate::room::door::{DOOR_BYTES, Door};
use crate::room::{Entrance, FOUNDING_NONCE_BYTES, Founding};

/// The version of invites into rooms whose link lets in.
pub const INVITE_VERSION: u32 = 1;
/// The version of invites to the door of rooms that approve their members.
pub const DOOR_VERSION: u32 = 2;
/// Bytes of text behind the `#`; a longer one is refused before anything is decoded.
pub const INVITE_TEXT_BYTES: usize = 1024;

const CHECK_BYTES: usize = 4;
const BODY_BYTES: usize = 32 + FOUNDING_NONCE_BYTES + DOOR_BYTES;

/// The way into a room, or to its door. Whoever has it is let in, or may knock: it is a secret, and
/// gone from memory when dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct Invite {
    pub(super) founding: Founding,
    pub(super) way: Way,
}

/// What an invite carries of an epoch.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Way {
    /// All of it.
    Inside(EpochId, Zeroizing<[u8; 32]>),
    /// Where to knock.
    Door(Door),
}

/// Why a text is no invite.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InviteError {
    /// Part of it is missing or changed: ask for the link again.
    #[error("the invite is damaged or incomplete: copy the whole link again")]
    Damaged,
    /// A newer version wrote it: reload or update.
    #[error("the invite was made by a newer version ({version}): update this one")]
    Newer {
        /// The version of the invite.
        version: u32,
    },
}

impl Invite {
    /// Reads an invite from what stands behind the `#` of a link; also with the `#`, or the whole
    /// link, what a page puts behind an `&`, or white space around it.
    ///
    /// # Errors
    /// [`InviteError`] if it is damaged or of a newer version.
    pub fn parse(fragment: &str) -> Result<Invite, InviteError> {
        let fragment = fragment.trim();
        let text = fragment.rsplit_once('#').map_or(fragment, |(_, behind)| behind);
        let text = text.split('&').next().unwrap_or(text).trim();
        if text.len() > INVITE_TEXT_BYTES {
            return Err(InviteError::Damaged);
        }
        let (version, body) = text.split_once('.').ok_or(InviteError::Damaged)?;
        let entrance = match parse_version(version) {
            Some(INVITE_VERSION) => Entrance::Link,
            Some(DOOR_VERSION) => Entrance::Approval,
            Some(version) => return Err(InviteError::Newer { version }),
            None => return Err(InviteError::Damaged),
        };
        let bytes = BASE64URL_NOPAD.decode(body.as_bytes()).map(Zeroizing::new);
        let bytes = bytes.map_err(|_| InviteError::Damaged)?;
        let (body, check) = bytes.split_last_chunk::<CHECK_BYTES>().ok_or(InviteError::Damaged)?;
        if *check != checksum(entrance, body) {
            return Err(InviteError::Damaged);
        }
        Invite::from_body(entrance, body).ok_or(InviteError::Damaged)
    }

    fn from_body(entrance: Entrance, body: &[u8]) -> Option<Invite> {
        let (founder, rest) = body.split_first_chunk::<32>()?;
        let (nonce, rest) = rest.split_first_chunk::<FOUNDING_NONCE_BYTES>()?;
        let way = match entrance {
            Entrance::Link => {
                let (epoch, rest) = rest.split_first_chunk::<16>()?;
                let secret: &[u8; 32] = rest.try_into().ok()?;
                Way::Inside(EpochId(*epoch), Zeroizing::new(*secret))
            }
            Entrance::Approval => Way::Door(Door::from_bytes(rest.try_into().ok()?)?),
        };
        let founding = Founding { founder: MemberId(*founder), nonce: *nonce, entrance };
        Some(Invite { founding, way })
    }

    fn body(&self) -> Zeroizing<Vec<u8>> {
        let mut body = Zeroizing::new(Vec::with_capacity(BODY_BYTES + CHECK_BYTES));
        body.extend_from_slice(&self.founding.founder.0);
        body.extend_from_slice(&self.founding.nonce);
        match &self.way {
            Way::Inside(epoch, secret) => {
                body.extend_from_slice(&epoch.0);
                body.extend_from_slice(&**secret);
            }
            Way::Door(door) => door.parts().into_iter().for_each(|part| body.extend(part)),
        }
        body
    }

    /// The room it leads to.
    #[must_use]
    pub fn room(&self) -> RoomId {
        self.founding.room()
    }

    /// Who founded the room.
    #[must_use]
    pub fn founder(&self) -> MemberId {
        self.founding.founder
    }

    /// What it gives: the room, or a way to knock.
    #[must_use]
    pub fn entrance(&self) -> Entrance {
        self.founding.entrance
    }

    /// The door to which it leads, if it does.
    #[must_use]
    pub fn door(&self) -> Option<&Door> {
        match &self.way {
            Way::Inside(..) => None,
            Way::Door(door) => Some(door),
        }
    }

    /// The epoch that it is of.
    #[must_use]
    pub fn epoch(&self) -> EpochId {
        match &self.way {
            Way::Inside(epoch, _) => *epoch,
            Way::Door(door) => door.epoch(),
        }
    }
}

fn version(entrance: Entrance) -> u32 {
    match entrance {
        Entrance::Link => INVITE_VERSION,
        Entrance::Approval => DOOR_VERSION,
    }
}

/// A version is a number from 1 with exactly one spelling.
fn parse_version(text: &str) -> Option<u32> {
    let version: u32 = text.parse().ok()?;
    (version > 0 && version.to_string() == text).then_some(version)
}

fn checksum(entrance: Entrance, body: &[u8]) -> [u8; CHECK_BYTES] {
    let version = version(entrance).to_be_bytes();
    let [a, b, c, d, ..] = hash("confab/1/invite-check", &[&version, body]);
    [a, b, c, d]
}

impl fmt::Display for Invite {
    /// What stands behind the `#` of a link.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let entrance = self.entrance();
        let mut bytes = self.body();
        let check = checksum(entrance, &bytes);
        bytes.extend_from_slice(&check);
        let text = Zeroizing::new(BASE64URL_NOPAD.encode(&bytes));
        write!(f, "{}.{}", version(entrance), *text)
    }
}

impl fmt::Debug for Invite {
    /// Without the secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Invite").field("room", &self.room()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn founding(entrance: Entrance) -> Founding {
        Founding { founder: MemberId([1; 32]), nonce: [2; 16], entrance }
    }

    fn invite() -> Invite {
        let way = Way::Inside(EpochId::FIRST, Zeroizing::new([3; 32]));
        Invite { founding: founding(Entrance::Link), way }
    }

    fn to_the_door() -> Invite {
        let way = Way::Door(Door::new(EpochId::FIRST, [3; 32], [4; 32]));
        Invite { founding: founding(Entrance::Approval), way }
    }

    #[test]
    fn golden_invite() {
        assert_eq!(invite().to_string(), GOLDEN);
        assert_eq!(invite().room().to_string(), GOLDEN_ROOM);
    }

    #[test]
    fn golden_invite_to_a_door() {
        assert_eq!(to_the_door().to_string(), GOLDEN_DOOR);
        assert_eq!(Invite::parse(GOLDEN_DOOR), Ok(to_the_door()));
        assert_eq!(to_the_door().entrance(), Entrance::Approval);
    }

    #[test]
    fn a_link_to_a_door_and_one_into_a_room_are_not_made_of_each_other() {
        assert_ne!(to_the_door().room(), invite().room());
        let (inside, door) = (invite().to_string(), to_the_door().to_string());
        for text in [inside.replacen('1', "2", 1), door.replacen('2', "1", 1)] {
            assert_eq!(Invite::parse(&text), Err(InviteError::Damaged), "{text}");
        }
        let mut short = to_the_door().body();
        short.truncate(BODY_BYTES - 32);
        assert!(Invite::from_body(Entrance::Approval, &short).is_none());
        assert!(Invite::from_body(Entrance::Link, &to_the_door().body()).is_none());
    }

    const GOLDEN_DOOR: &str = "2.\
        AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQECAgICAgICAgICAgICAgICAAAAAAAAAAAAAA\
        AAAAAAAAMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDBAQEBAQEBAQEBAQEBAQEBAQEBAQE\
        BAQEBAQEBAQEBARSmXnA";
    const GOLDEN: &str = "1.\
        AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQECAgICAgICAgICAgICAgICAAAAAAAAAAAAAA\
        AAAAAAAAMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDOdaQuQ";
    const GOLDEN_ROOM: &str = "x4DozjYmVMmWQEQo-D_-STmefdvGZscHTuqK3kIPvhM";

    #[test]
    fn an_invite_is_found_in_whatever_a_person_pastes() {
        let text = invite().to_string();
        for pasted in [
            text.clone(),
            format!("#{text}"),
            format!(" \n{text}\r\n"),
            format!("https://chat.example/?relay=only#{text}"),
            format!("https://chat.example/#{text}&from=Ana%20%26%20Li"),
            format!(" http://localhost:8080/#{text} "),
        ] {
            assert_eq!(Invite::parse(&pasted), Ok(invite()), "{pasted}");
        }
    }

    #[test]
    fn a_newer_invite_is_told_from_a_damaged_one() {
        let text = invite().to_string();
        let newer = text.replacen("1.", "3.", 1);
        assert_eq!(Invite::parse(&newer), Err(InviteError::Newer { version: 3 }));
        assert_eq!(Invite::parse("#17.x"), Err(InviteError::Newer { version: 17 }));
        for damaged in [
            "",
            "#",
            "1.",
            "1",
            ".",
            "0.AAAA",
            "01.AAAA",
            "+1.AAAA",
            "99999999999.A",
            "https://chat.example/",
            &text[..text.len() - 1],
            &text[1..],
            &format!("{text}A"),
            &format!("{text}="),
            &format!("{text}#"),
            &"1.".repeat(5000),
        ] {
            assert_eq!(Invite::parse(damaged), Err(InviteError::Damaged), "{damaged}");
        }
    }

    #[test]
    fn what_is_printed_for_debugging_has_no_secret() {
        for invite in [invite(), to_the_door()] {
            let text = format!("{invite:?}");
            assert!(!text.contains("secret") && !text.contains(", 3"), "{text}");
        }
    }

    proptest! {
        #[test]
        fn one_changed_character_is_found(at in 2_usize..136, to in "[A-Za-z0-9_-]") {
            let text = invite().to_string();
            prop_assert_eq!(text.len(), 136);
            let changed = format!("{}{to}{}", &text[..at], &text[at + 1..]);
            prop_assume!(changed != text);
            prop_assert_eq!(Invite::parse(&changed), Err(InviteError::Damaged));
        }

        #[test]
        fn any_text_may_be_parsed(text in any::<String>()) {
            prop_assert!(Invite::parse(&text).is_err());
        }
    }
}
