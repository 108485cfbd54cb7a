//! The invite: what a link carries behind its `#`, all that a newcomer needs.
//!
//! ```text
//!  1.<base64url of: founder (32) | founding nonce (16) | epoch (16) | secret (32) | check (4)>
//! ```
//! The number before the dot is the version. The check finds what copying damaged; it proves
//! nothing. The room's id is computed from founder and nonce.

use std::fmt;

use data_encoding::BASE64URL_NOPAD;
use zeroize::Zeroizing;

use crate::crypto::hash::hash;
use crate::crypto::keys::EpochKeys;
use crate::ids::{EpochId, MemberId, RoomId};
use crate::room::{FOUNDING_NONCE_BYTES, Founding};

/// The version of invites that this code writes, and the only one that it reads.
pub const INVITE_VERSION: u32 = 1;
/// Bytes of text behind the `#`; a longer one is refused before anything is decoded.
pub const INVITE_TEXT_BYTES: usize = 1024;

const CHECK_BYTES: usize = 4;
const BODY_BYTES: usize = 32 + FOUNDING_NONCE_BYTES + 16 + 32;

/// The way into a room. Whoever has it is let in: it is a secret, and gone from memory when
/// dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct Invite {
    pub(super) founding: Founding,
    pub(super) epoch: EpochId,
    pub(super) secret: Zeroizing<[u8; 32]>,
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
    /// link, or white space around it.
    ///
    /// # Errors
    /// [`InviteError`] if it is damaged or of a newer version.
    pub fn parse(fragment: &str) -> Result<Invite, InviteError> {
        let fragment = fragment.trim();
        let text = fragment.rsplit_once('#').map_or(fragment, |(_, behind)| behind).trim();
        if text.len() > INVITE_TEXT_BYTES {
            return Err(InviteError::Damaged);
        }
        let (version, body) = text.split_once('.').ok_or(InviteError::Damaged)?;
        match parse_version(version) {
            Some(INVITE_VERSION) => {}
            Some(version) => return Err(InviteError::Newer { version }),
            None => return Err(InviteError::Damaged),
        }
        let bytes = BASE64URL_NOPAD.decode(body.as_bytes()).map(Zeroizing::new);
        let bytes = bytes.map_err(|_| InviteError::Damaged)?;
        let (body, check) = bytes.split_last_chunk::<CHECK_BYTES>().ok_or(InviteError::Damaged)?;
        if *check != checksum(body) {
            return Err(InviteError::Damaged);
        }
        Invite::from_body(body).ok_or(InviteError::Damaged)
    }

    fn from_body(body: &[u8]) -> Option<Invite> {
        let (founder, rest) = body.split_first_chunk::<32>()?;
        let (nonce, rest) = rest.split_first_chunk::<FOUNDING_NONCE_BYTES>()?;
        let (epoch, rest) = rest.split_first_chunk::<16>()?;
        let secret: &[u8; 32] = rest.try_into().ok()?;
        Some(Invite {
            founding: Founding { founder: MemberId(*founder), nonce: *nonce },
            epoch: EpochId(*epoch),
            secret: Zeroizing::new(*secret),
        })
    }

    fn body(&self) -> Zeroizing<[u8; BODY_BYTES]> {
        let mut body = Zeroizing::new([0; BODY_BYTES]);
        let parts: [&[u8]; 4] =
            [&self.founding.founder.0, &self.founding.nonce, &self.epoch.0, &*self.secret];
        for (to, from) in body.iter_mut().zip(parts.into_iter().flatten()) {
            *to = *from;
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

    /// The epoch whose secret it carries.
    #[must_use]
    pub fn epoch(&self) -> EpochId {
        self.epoch
    }

    /// The keys of that epoch.
    #[must_use]
    pub fn epoch_keys(&self) -> EpochKeys {
        EpochKeys::derive(&self.room(), &self.epoch, &self.secret)
    }
}

/// A version is a number from 1 with exactly one spelling.
fn parse_version(text: &str) -> Option<u32> {
    let version: u32 = text.parse().ok()?;
    (version > 0 && version.to_string() == text).then_some(version)
}

fn checksum(body: &[u8]) -> [u8; CHECK_BYTES] {
    let [a, b, c, d, ..] = hash("confab/1/invite-check", &[&INVITE_VERSION.to_be_bytes(), body]);
    [a, b, c, d]
}

impl fmt::Display for Invite {
    /// What stands behind the `#` of a link.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let body = self.body();
        let mut bytes = Zeroizing::new(Vec::with_capacity(BODY_BYTES + CHECK_BYTES));
        bytes.extend_from_slice(&*body);
        bytes.extend_from_slice(&checksum(&*body));
        let text = Zeroizing::new(BASE64URL_NOPAD.encode(&bytes));
        write!(f, "{INVITE_VERSION}.{}", *text)
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

    fn invite() -> Invite {
        Invite {
            founding: Founding { founder: MemberId([1; 32]), nonce: [2; 16] },
            epoch: EpochId::FIRST,
            secret: Zeroizing::new([3; 32]),
        }
    }

    #[test]
    fn golden_invite() {
        assert_eq!(invite().to_string(), GOLDEN);
        assert_eq!(invite().room().to_string(), GOLDEN_ROOM);
    }

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
            format!(" http://localhost:8080/#{text} "),
        ] {
            assert_eq!(Invite::parse(&pasted), Ok(invite()), "{pasted}");
        }
    }

    #[test]
    fn a_newer_invite_is_told_from_a_damaged_one() {
        let text = invite().to_string();
        let newer = text.replacen("1.", "2.", 1);
        assert_eq!(Invite::parse(&newer), Err(InviteError::Newer { version: 2 }));
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
        let text = format!("{:?}", invite());
        assert!(!text.contains("secret") && !text.contains(", 3"), "{text}");
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
