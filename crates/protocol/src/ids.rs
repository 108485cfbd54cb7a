//! The two names that the server knows: a room's rendezvous, and a peer of a room.
//!
//! Both travel as text with exactly one spelling, and are checked wherever they come from outside,
//! so that equal ids are equal strings. A rendezvous is derived from an epoch's secret by the
//! engine and says nothing about it; a peer id is drawn by the server and means nothing elsewhere.

use core::fmt;
use core::str::FromStr;

use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Where the members of a room meet: 32 bytes as 43 characters of base64url without padding.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Rendezvous(String);

/// Why a text is no rendezvous.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum RendezvousError {
    /// It has another length.
    #[error("a room has {limit} characters, this one has {0} bytes", limit = Rendezvous::CHARS)]
    Length(usize),
    /// It has a character outside base64url, or bits set that encode no byte.
    #[error("a room is 32 bytes in base64url without padding")]
    Encoding,
}

impl Rendezvous {
    /// Characters of a rendezvous.
    pub const CHARS: usize = 43;

    /// The rendezvous that spells these bytes.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(BASE64URL_NOPAD.encode(&bytes))
    }

    /// Reads a rendezvous from text.
    ///
    /// # Errors
    /// [`RendezvousError`] if the text is not the one spelling of 32 bytes.
    pub fn parse(text: &str) -> Result<Self, RendezvousError> {
        if text.len() != Self::CHARS {
            return Err(RendezvousError::Length(text.len()));
        }
        match BASE64URL_NOPAD.decode(text.as_bytes()) {
            Ok(_) => Ok(Self(text.to_owned())),
            Err(_) => Err(RendezvousError::Encoding),
        }
    }

    /// Its text, of [`Rendezvous::CHARS`] characters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Rendezvous {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Rendezvous {
    type Err = RendezvousError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl TryFrom<String> for Rendezvous {
    type Error = RendezvousError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<Rendezvous> for String {
    fn from(room: Rendezvous) -> Self {
        room.0
    }
}

/// One connection's presence in one room. Drawn by the server at each join, so that neither two
/// rooms of one page nor two stays in one room can be linked by it.
///
/// Its text is 16 lower-case hexadecimal digits, since JavaScript numbers stop at 53 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct PeerId(pub u64);

/// The text is no peer id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("a peer is 16 lower-case hexadecimal digits")]
pub struct PeerIdError;

impl PeerId {
    /// Characters of a peer id.
    pub const CHARS: usize = 16;
}

impl fmt::Display for PeerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl FromStr for PeerId {
    type Err = PeerIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digits = text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        if text.len() != Self::CHARS || !digits {
            return Err(PeerIdError);
        }
        u64::from_str_radix(text, 16).map(Self).map_err(|_| PeerIdError)
    }
}

impl TryFrom<String> for PeerId {
    type Error = PeerIdError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<PeerId> for String {
    fn from(peer: PeerId) -> Self {
        peer.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SEVENS: &str = "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc";

    #[test]
    fn a_rendezvous_has_one_spelling() {
        let room = Rendezvous::from_bytes([7; 32]);
        assert_eq!(room.as_str(), SEVENS);
        assert_eq!(Rendezvous::parse(SEVENS), Ok(room.clone()));
        assert_eq!(room.to_string().parse(), Ok(room));
        let other_spelling = format!("{}d", &SEVENS[..42]);
        assert_eq!(Rendezvous::parse(&other_spelling), Err(RendezvousError::Encoding));
    }

    #[test]
    fn a_rendezvous_of_another_length_or_alphabet_is_refused() {
        assert_eq!(Rendezvous::parse(""), Err(RendezvousError::Length(0)));
        assert_eq!(Rendezvous::parse(&SEVENS[1..]), Err(RendezvousError::Length(42)));
        assert_eq!(Rendezvous::parse(&format!("{SEVENS}A")), Err(RendezvousError::Length(44)));
        for bad in ["+", "/", "=", " ", "\0"] {
            let text = format!("{bad}{}", &SEVENS[1..]);
            assert_eq!(Rendezvous::parse(&text), Err(RendezvousError::Encoding), "{bad:?}");
        }
        let two_bytes = format!("é{}", &SEVENS[2..]);
        assert_eq!(Rendezvous::parse(&two_bytes), Err(RendezvousError::Encoding));
    }

    #[test]
    fn a_peer_id_has_one_spelling_and_keeps_all_its_bits() {
        for id in [0, 1, 0x00ab_cdef, u64::MAX, (1 << 53) + 1] {
            let peer = PeerId(id);
            assert_eq!(peer.to_string().len(), PeerId::CHARS);
            assert_eq!(peer.to_string().parse(), Ok(peer));
        }
        for bad in ["", "1", "00000000000000FF", "+000000000000001", "00000000000000011"] {
            assert_eq!(bad.parse::<PeerId>(), Err(PeerIdError), "{bad:?}");
        }
    }

    #[test]
    fn serde_checks_what_parse_checks() {
        let room: Result<Rendezvous, _> = serde_json::from_str("\"short\"");
        assert!(room.unwrap_err().to_string().contains("43 characters"));
        let peer: Result<PeerId, _> = serde_json::from_str("7");
        assert!(peer.is_err());
        let peer: PeerId = serde_json::from_str("\"00000000000000ff\"").unwrap();
        assert_eq!(peer, PeerId(255));
    }
}
