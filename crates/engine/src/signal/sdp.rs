//! The gate for session descriptions and candidates, before the browser's parser sees them.
//!
//! A description has exactly one `m=application` (RFC 8841), no other media, and exactly one
//! sha-256 fingerprint (RFC 8122). The gate is stricter than any browser's parser where they
//! differ, so that what it read is what they read. Nothing is rewritten: it passes or it does not.
//! What a candidate may say is in [`candidate`].

use std::fmt;
use std::str::FromStr;

use data_encoding::HEXUPPER;
use serde::{Deserialize, Serialize};

use crate::limits;
use crate::signal::candidate;

/// Bytes of a session description.
pub const SDP_BYTES: usize = 16 * 1024;
/// Bytes of one line of it.
pub const SDP_LINE_BYTES: usize = 1024;
/// Bytes of a candidate as JSON.
pub const CANDIDATE_BYTES: usize = 2 * 1024;
/// Bytes of a user name fragment or a media id in it (RFC 8839 allows 256 characters).
const CANDIDATE_FIELD_BYTES: usize = 256;

/// The SHA-256 of a side's DTLS certificate.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fingerprint(pub [u8; 32]);

impl fmt::Display for Fingerprint {
    /// As in a description: `AB:CD:…`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, byte) in self.0.iter().enumerate() {
            let colon = if index == 0 { "" } else { ":" };
            write!(f, "{colon}{byte:02X}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fingerprint({})", HEXUPPER.encode(&self.0[..4]))
    }
}

impl FromStr for Fingerprint {
    type Err = SdpError;

    /// Reads 32 bytes as pairs of hexadecimal digits between colons.
    fn from_str(text: &str) -> Result<Fingerprint, SdpError> {
        let mut bytes = [0; 32];
        let mut pairs = text.split(':');
        for byte in &mut bytes {
            let pair = pairs.next().filter(|pair| pair.len() == 2);
            let digits = pair.filter(|pair| pair.bytes().all(|digit| digit.is_ascii_hexdigit()));
            let value = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
            *byte = value.ok_or(SdpError::Fingerprint)?;
        }
        if pairs.next().is_some() { Err(SdpError::Fingerprint) } else { Ok(Fingerprint(bytes)) }
    }
}

/// Why a description or a candidate may not be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SdpError {
    /// Over [`SDP_BYTES`] or [`SDP_LINE_BYTES`].
    #[error("a session description is longer than allowed")]
    TooLong,
    /// Not lines of a letter, `=` and text, or not beginning with `v=0`.
    #[error("a session description is not made of lines as it has to be")]
    Line,
    /// Not exactly one `m=application` for data channels.
    #[error("a session description is for something else than one set of data channels")]
    Media,
    /// None, several, or not sha-256.
    #[error("a session description has not exactly one sha-256 fingerprint")]
    Fingerprint,
    /// A DTLS role under which no connection is made.
    #[error("a session description has a DTLS role under which no connection is made")]
    Setup,
    /// Not the JSON of a candidate, one too long, one that browsers do not write, or one too many.
    #[error("a candidate is not one that may be used")]
    Candidate,
}

/// Lets a session description pass, and says whose certificate it names.
///
/// # Errors
/// [`SdpError`] with the first rule that it breaks.
pub fn gate(sdp: &str) -> Result<Fingerprint, SdpError> {
    if sdp.len() > SDP_BYTES {
        return Err(SdpError::TooLong);
    }
    let mut media = 0;
    let mut candidates = 0;
    let mut fingerprint = None;
    let text = sdp.strip_suffix('\n').unwrap_or(sdp);
    for (number, line) in text.split('\n').enumerate() {
        let line = line.strip_suffix('\r').unwrap_or(line);
        let (letter, value) = split(line)?;
        match (number, letter) {
            (0, _) if line != "v=0" => return Err(SdpError::Line),
            (0, _) => {}
            (_, b'm') => {
                check_media(value)?;
                media += 1;
            }
            (_, b'a') => match attribute(value)? {
                Attribute::Fingerprint(next) => {
                    if fingerprint.is_some_and(|before| before != next) {
                        return Err(SdpError::Fingerprint);
                    }
                    fingerprint = Some(next);
                }
                Attribute::Candidate => candidates += 1,
                Attribute::Other => {}
            },
            (_, _) => {}
        }
    }
    if media != 1 {
        return Err(SdpError::Media);
    }
    if candidates > limits::CANDIDATES {
        return Err(SdpError::Candidate);
    }
    fingerprint.ok_or(SdpError::Fingerprint)
}

/// The version of a description that has passed, by which a newer one of the same side is told from
/// an older one: `o=- 4611731400430051336 2 IN IP4 127.0.0.1` is 2 (RFC 8866, 5.2). Zero if it says
/// none.
#[must_use]
pub fn version(sdp: &str) -> u64 {
    let origin = sdp.lines().nth(1).and_then(|line| line.strip_prefix("o="));
    let version = origin.and_then(|origin| origin.split(' ').nth(2));
    let digits = version.filter(|version| version.bytes().all(|byte| byte.is_ascii_digit()));
    digits.and_then(|digits| digits.parse().ok()).unwrap_or(0)
}

fn split(line: &str) -> Result<(u8, &str), SdpError> {
    if line.len() > SDP_LINE_BYTES {
        return Err(SdpError::TooLong);
    }
    if !line.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return Err(SdpError::Line);
    }
    match line.as_bytes() {
        [letter @ b'a'..=b'z', b'=', first, ..] if *first != b' ' => {
            Ok((*letter, line.get(2..).unwrap_or_default()))
        }
        _ => Err(SdpError::Line),
    }
}

/// `m=application 9 UDP/DTLS/SCTP webrtc-datachannel`
fn check_media(value: &str) -> Result<(), SdpError> {
    let mut fields = value.split(' ');
    let (kind, port) = (fields.next(), fields.next());
    let (transport, format) = (fields.next(), fields.next());
    let right = kind == Some("application")
        && port.is_some_and(|port| port.parse::<u16>().is_ok())
        && matches!(transport, Some("UDP/DTLS/SCTP" | "TCP/DTLS/SCTP" | "DTLS/SCTP"))
        && format == Some("webrtc-datachannel")
        && fields.next().is_none();
    if right { Ok(()) } else { Err(SdpError::Media) }
}

/// What an attribute is.
enum Attribute {
    Fingerprint(Fingerprint),
    Candidate,
    Other,
}

/// What an attribute is, if it may be there. Names are compared without regard to case, since
/// parsers do so, too.
fn attribute(value: &str) -> Result<Attribute, SdpError> {
    let (name, text) = value.split_once(':').unwrap_or((value, ""));
    // Before the colon there may be no blank that a parser would skip.
    let name = name.trim_end().to_ascii_lowercase();
    match name.as_str() {
        "fingerprint" => {
            let (algorithm, digits) = text.split_once(' ').ok_or(SdpError::Fingerprint)?;
            if !algorithm.eq_ignore_ascii_case("sha-256") {
                return Err(SdpError::Fingerprint);
            }
            digits.parse().map(Attribute::Fingerprint)
        }
        "candidate" if candidate::is_usable(text) => Ok(Attribute::Candidate),
        "candidate" => Err(SdpError::Candidate),
        "setup" if !matches!(text, "actpass" | "active" | "passive") => Err(SdpError::Setup),
        _ => Ok(Attribute::Other),
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CandidateInit {
    candidate: String,
    sdp_mid: Option<String>,
    #[serde(rename = "sdpMLineIndex")]
    line: Option<u16>,
    username_fragment: Option<String>,
}

/// Lets a candidate pass: the JSON of `RTCIceCandidateInit` for the only media line. An empty
/// candidate says that there are no more.
///
/// # Errors
/// [`SdpError::Candidate`] if it is anything else.
pub fn gate_candidate(json: &str) -> Result<(), SdpError> {
    if json.len() > CANDIDATE_BYTES {
        return Err(SdpError::Candidate);
    }
    let init: CandidateInit = serde_json::from_str(json).map_err(|_| SdpError::Candidate)?;
    let printable = |text: &str| text.bytes().all(|byte| matches!(byte, b' '..=b'~'));
    let short = |text: &Option<String>| {
        text.as_ref().is_none_or(|text| text.len() <= CANDIDATE_FIELD_BYTES && printable(text))
    };
    let right = (init.candidate.is_empty()
        || init.candidate.strip_prefix("candidate:").is_some_and(candidate::is_usable))
        && short(&init.sdp_mid)
        && short(&init.username_fragment)
        && init.line.is_none_or(|line| line == 0);
    if right { Ok(()) } else { Err(SdpError::Candidate) }
}

#[cfg(test)]
mod tests;
