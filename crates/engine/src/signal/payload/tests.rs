//! Payloads open where they belong and nowhere else; changes by the server or by a member, and any
//! other bytes, are refused.

use proptest::prelude::*;

use super::*;
use crate::signal::sdp::Fingerprint;

const ROOM: RoomId = RoomId([1; 32]);
const SENDER: PeerId = PeerId(7);
const RECIPIENT: PeerId = PeerId(8);

fn keys() -> EpochKeys {
    EpochKeys::derive(&ROOM, &EpochId::FIRST, &[3; 32])
}

fn offer() -> SignalKind {
    let fingerprint = Fingerprint([5; 32]);
    let sdp = format!(
        "v=0\r\nm=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n\
         a=fingerprint:sha-256 {fingerprint}\r\n"
    );
    SignalKind::Offer { sdp, boot: [8; 16] }
}

fn payload(kind: SignalKind) -> SignalPayload {
    let from = Keypair::from_seed(&[4; 32]).member();
    SignalPayload { from, sender: SENDER, recipient: RECIPIENT, session: [6; 16], kind }
}

fn sealed(payload: &SignalPayload) -> String {
    let keypair = Keypair::from_seed(&[4; 32]);
    let call = Call { room: &ROOM, epoch: &EpochId::FIRST, keys: &keys() };
    call.seal(payload, &keypair, &mut Random::new([2; 32]))
}

fn open(text: &str) -> Result<SignalPayload, SignalError> {
    let call = Call { room: &ROOM, epoch: &EpochId::FIRST, keys: &keys() };
    call.open(text, SENDER, RECIPIENT)
}

#[test]
fn a_payload_opens_as_it_was_sealed() {
    let json = r#"{"candidate":"","sdpMid":"0","sdpMLineIndex":0}"#.to_owned();
    let SignalKind::Offer { sdp, .. } = offer() else { unreachable!() };
    for kind in [offer(), SignalKind::Answer { sdp }, SignalKind::Candidate { json }] {
        let payload = payload(kind);
        assert_eq!(open(&sealed(&payload)), Ok(payload));
    }
}

#[test]
fn i11_a_payload_says_nothing_without_the_key() {
    let text = sealed(&payload(offer()));
    let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).unwrap();
    let from = Keypair::from_seed(&[4; 32]).member();
    for hidden in [&b"application"[..], b"sha-256", &from.0, &[6; 16]] {
        assert!(!bytes.windows(hidden.len()).any(|window| window == hidden));
    }
}

#[test]
fn a_payload_opens_in_its_room_and_epoch_only() {
    let text = sealed(&payload(offer()));
    let (other_room, other_epoch) = (RoomId([2; 32]), EpochId([1; 16]));
    for (room, epoch) in [(&other_room, &EpochId::FIRST), (&ROOM, &other_epoch)] {
        let derived = EpochKeys::derive(room, epoch, &[3; 32]);
        for keys in [&keys(), &derived] {
            let call = Call { room, epoch, keys };
            assert_eq!(call.open(&text, SENDER, RECIPIENT), Err(SignalError::Sealed));
        }
    }
}

#[test]
fn the_server_cannot_hand_a_payload_to_somebody_else_or_back() {
    let text = sealed(&payload(offer()));
    let call = Call { room: &ROOM, epoch: &EpochId::FIRST, keys: &keys() };
    for (sender, recipient) in
        [(SENDER, PeerId(9)), (PeerId(9), RECIPIENT), (RECIPIENT, SENDER), (SENDER, SENDER)]
    {
        assert_eq!(call.open(&text, sender, recipient), Err(SignalError::Misdirected));
    }
    let mut to_itself = payload(offer());
    to_itself.recipient = SENDER;
    let text = sealed(&to_itself);
    assert_eq!(call.open(&text, SENDER, SENDER), Err(SignalError::Misdirected));
}

#[test]
fn a_member_cannot_speak_for_another() {
    let mut forged = payload(offer());
    forged.from = Keypair::from_seed(&[5; 32]).member();
    assert_eq!(open(&sealed(&forged)), Err(SignalError::Signature));
}

#[test]
fn what_may_not_be_used_does_not_come_out() {
    let sdp = "v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\n".to_owned();
    assert_eq!(
        open(&sealed(&payload(SignalKind::Offer { sdp, boot: [8; 16] }))),
        Err(SdpError::Media.into())
    );
    let json = "{}".to_owned();
    let candidate = sealed(&payload(SignalKind::Candidate { json }));
    assert_eq!(open(&candidate), Err(SdpError::Candidate.into()));
}

#[test]
fn the_longest_description_fits_and_a_longer_text_is_not_decoded() {
    let SignalKind::Offer { sdp, .. } = offer() else { unreachable!() };
    let line = format!("a=x:{}\r\n", "y".repeat(1000));
    let mut long = sdp.clone();
    while long.len() + line.len() <= sdp::SDP_BYTES {
        long.push_str(&line);
    }
    let text = sealed(&payload(SignalKind::Offer { sdp: long, boot: [8; 16] }));
    assert!(text.len() <= PAYLOAD_CHARS && open(&text).is_ok(), "{}", text.len());
    assert_eq!(open(&"A".repeat(PAYLOAD_CHARS + 1)), Err(SignalError::TooLong));
    assert_eq!(open(&"A".repeat(PAYLOAD_CHARS)), Err(SignalError::Sealed));
    assert_eq!(open("no base64url!"), Err(SignalError::Encoding));
}

#[test]
fn golden_payload() {
    let text = sealed(&payload(offer()));
    assert_eq!(data_encoding::HEXLOWER.encode(blake3::hash(text.as_bytes()).as_bytes()), GOLDEN);
}

const GOLDEN: &str = "3c5cb6ac4efdec76f60a4e24e773b6f76344da332d1dba5621b473e215f1f127";

proptest! {
    #[test]
    fn any_changed_bit_is_refused(bit in any::<prop::sample::Index>()) {
        let text = sealed(&payload(offer()));
        let mut bytes = BASE64URL_NOPAD.decode(text.as_bytes()).unwrap();
        let bit = bit.index(bytes.len() * 8);
        bytes[bit / 8] ^= 1 << (bit % 8);
        prop_assert_eq!(open(&BASE64URL_NOPAD.encode(&bytes)), Err(SignalError::Sealed));
    }

    /// Whoever knows the room's key may seal what he likes.
    #[test]
    fn any_bytes_under_the_seal_are_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let keys = keys();
        let call = Call { room: &ROOM, epoch: &EpochId::FIRST, keys: &keys };
        let sealed = seal::seal(keys.signaling(), &[0; 24], &call.associated_data(), &bytes);
        prop_assert!(open(&BASE64URL_NOPAD.encode(&sealed)).is_err());
    }

    #[test]
    fn any_bit_changed_by_a_member_is_refused(bit in any::<prop::sample::Index>()) {
        let keys = keys();
        let call = Call { room: &ROOM, epoch: &EpochId::FIRST, keys: &keys };
        let bytes = BASE64URL_NOPAD.decode(sealed(&payload(offer())).as_bytes()).unwrap();
        let data = call.associated_data();
        let mut plain = seal::open(keys.signaling(), &data, &bytes).unwrap();
        let bit = bit.index(plain.len() * 8);
        plain[bit / 8] ^= 1 << (bit % 8);
        let sealed = seal::seal(keys.signaling(), &[0; 24], &data, &plain);
        prop_assert!(open(&BASE64URL_NOPAD.encode(&sealed)).is_err());
    }

    #[test]
    fn any_text_may_be_opened(text in any::<String>()) {
        prop_assert!(open(&text).is_err());
    }
}
