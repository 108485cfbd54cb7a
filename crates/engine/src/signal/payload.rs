//! Sealing and opening of signaling payloads.
//!
//! The seal keeps out who is not in the room, the signature keeps members from speaking for each
//! other, and the addresses inside keep the server from handing a payload to somebody else or
//! back to its sender. The body is signed as the bytes that travel: nothing is encoded again.

use data_encoding::BASE64URL_NOPAD;
use protocol::PeerId;
use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

use crate::crypto::keys::EpochKeys;
use crate::crypto::random::Random;
use crate::crypto::seal;
use crate::crypto::sign::{BadSignature, Domain, Keypair, Signature, verify};
use crate::ids::{EpochId, MemberId, RoomId};
use crate::signal::sdp::{self, SdpError};

/// Characters of a payload. Longer ones are refused before anything is decoded.
pub const PAYLOAD_CHARS: usize = 32 * 1024;

/// What one peer says to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignalPayload {
    /// Who says it: proven by the signature.
    pub from: MemberId,
    /// The sender's address at the server.
    pub sender: PeerId,
    /// The recipient's address at the server.
    pub recipient: PeerId,
    /// Binds offer, answer and candidates to one attempt; drawn by whoever offers.
    pub session: [u8; 16],
    /// What is said.
    pub kind: SignalKind,
}

/// What is said. New variants are added at the end: an older member drops them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SignalKind {
    /// A session description that asks for a connection.
    Offer {
        /// Its text.
        sdp: String,
        /// The life of whoever offers: is it the one that is linked already?
        boot: [u8; 16],
    },
    /// A session description that answers an offer.
    Answer {
        /// Its text.
        sdp: String,
    },
    /// A way to reach the sender.
    Candidate {
        /// `RTCIceCandidateInit` as JSON.
        json: String,
    },
    /// An offer is not needed: the two are linked, only their addresses at the server are new.
    Linked,
}

/// Why a payload is to be dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignalError {
    /// Longer than [`PAYLOAD_CHARS`].
    #[error("a signaling payload is longer than allowed")]
    TooLong,
    /// Not base64url without padding, or what was sealed is no payload (of this version).
    #[error("a signaling payload does not decode")]
    Encoding,
    /// Not sealed in this room and epoch, or changed on its way.
    #[error("a signaling payload does not open with this room's key")]
    Sealed,
    /// Made for other peers than the server says.
    #[error("a signaling payload was made for somebody else or sent by somebody else")]
    Misdirected,
    /// Not signed by the member that it names.
    #[error("a signaling payload is not signed by the member that it names")]
    Signature,
    /// The description or candidate in it is not one that may be used.
    #[error(transparent)]
    Sdp(#[from] SdpError),
}

#[derive(Serialize, Deserialize)]
struct Signed {
    body: ByteBuf,
    signature: Signature,
}

#[derive(Serialize, Deserialize)]
struct Body {
    from: MemberId,
    sender: u64,
    recipient: u64,
    session: [u8; 16],
    kind: SignalKind,
}

/// Where payloads are sealed and opened: one epoch of one room.
#[derive(Clone, Copy, Debug)]
pub struct Call<'a> {
    /// The room.
    pub room: &'a RoomId,
    /// The epoch.
    pub epoch: &'a EpochId,
    /// The epoch's keys.
    pub keys: &'a EpochKeys,
}

impl Call<'_> {
    /// Signs and seals a payload: the text for `ClientMessage::Signal`. `keypair` has to be that
    /// of `payload.from`, and what it carries has to have passed the gates of [`sdp`].
    #[must_use]
    pub fn seal(&self, payload: &SignalPayload, keypair: &Keypair, random: &mut Random) -> String {
        let body = encode(&Body {
            from: payload.from,
            sender: payload.sender.0,
            recipient: payload.recipient.0,
            session: payload.session,
            kind: payload.kind.clone(),
        });
        let signature = keypair.sign(Domain::Signal, &[&self.room.0, &self.epoch.0, &body]);
        let plain = encode(&Signed { body: ByteBuf::from(body), signature });
        if crate::simulation::planted(crate::simulation::Planted::PayloadNotSealed) {
            return BASE64URL_NOPAD.encode(&plain);
        }
        let (key, data) = (self.keys.signaling(), self.associated_data());
        let nonce = seal::nonce(key, random.bytes(), &[&data, &plain]);
        BASE64URL_NOPAD.encode(&seal::seal(key, &nonce, &data, &plain))
    }

    /// Opens and verifies a payload that the server says came from `sender` for us, who are
    /// `recipient` there.
    ///
    /// # Errors
    /// If it is not a whole, sealed and signed payload from that peer to this one, or carries a
    /// description or candidate that may not be used. It is to be dropped then.
    pub fn open(
        &self,
        text: &str,
        sender: PeerId,
        recipient: PeerId,
    ) -> Result<SignalPayload, SignalError> {
        if text.len() > PAYLOAD_CHARS {
            return Err(SignalError::TooLong);
        }
        let sealed = BASE64URL_NOPAD.decode(text.as_bytes()).map_err(|_| SignalError::Encoding)?;
        let plain = seal::open(self.keys.signaling(), &self.associated_data(), &sealed)
            .map_err(|seal::SealBroken| SignalError::Sealed)?;
        let signed: Signed = decode(&plain)?;
        let body: Body = decode(&signed.body)?;
        if (body.sender, body.recipient) != (sender.0, recipient.0) || sender == recipient {
            return Err(SignalError::Misdirected);
        }
        let parts: &[&[u8]] = &[&self.room.0, &self.epoch.0, &signed.body];
        verify(&body.from, Domain::Signal, parts, &signed.signature)
            .map_err(|BadSignature| SignalError::Signature)?;
        match &body.kind {
            SignalKind::Linked => {}
            SignalKind::Offer { sdp, .. } | SignalKind::Answer { sdp } => {
                sdp::gate(sdp)?;
            }
            SignalKind::Candidate { json } => sdp::gate_candidate(json)?,
        }
        let (from, session, kind) = (body.from, body.session, body.kind);
        Ok(SignalPayload { from, sender, recipient, session, kind })
    }

    fn associated_data(&self) -> [u8; 48] {
        let mut data = [0; 48];
        data[..32].copy_from_slice(&self.room.0);
        data[32..].copy_from_slice(&self.epoch.0);
        data
    }
}

fn encode<T: Serialize>(value: &T) -> Vec<u8> {
    let bytes = postcard::to_allocvec(value);
    debug_assert!(bytes.is_ok(), "bytes, numbers and texts always encode");
    bytes.unwrap_or_default()
}

fn decode<T: for<'de> Deserialize<'de>>(bytes: &[u8]) -> Result<T, SignalError> {
    match postcard::take_from_bytes(bytes) {
        Ok((value, [])) => Ok(value),
        Ok(_) | Err(_) => Err(SignalError::Encoding),
    }
}

#[cfg(test)]
mod tests;
