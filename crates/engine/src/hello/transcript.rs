//! What a proof is over: all that both sides said and see, in one order.
//!
//! ```text
//!  version, RoomId, epoch, role of the prover,
//!  of offerer and answerer: member, exchange key, nonce, boot id, DTLS fingerprint
//! ```
//! The role makes a proof void when it is sent back. The fingerprints are the ones that the
//! prover's side sees: whoever sits in between shows each side another one.

use subtle::ConstantTimeEq;

use crate::crypto::hash::mac;
use crate::crypto::sign::{BadSignature, Domain, Signature, verify};
use crate::hello::{Hello, Local, Proof, Role};
use crate::ids::MemberId;
use crate::signal::sdp::Fingerprint;
use crate::simulation::Planted;

/// The MAC that the other side's proof has to carry.
pub(super) struct Mac([u8; 32]);

impl Mac {
    /// Compares in a time that does not depend on the bytes.
    pub(super) fn matches(&self, mac: &[u8; 32]) -> bool {
        self.0.ct_eq(mac).into()
    }
}

/// The common part of both proofs, encoded: every field has a fixed length.
pub(super) struct Transcript(Vec<u8>);

impl Transcript {
    /// What this side has said, heard and sees.
    pub(super) fn new(role: Role, local: &Local, ours: &Hello, theirs: &Hello) -> Transcript {
        let mine = (ours, &local.local_fingerprint);
        let other = (theirs, &local.remote_fingerprint);
        let (offerer, answerer) = match role {
            Role::Offerer => (mine, other),
            Role::Answerer => (other, mine),
        };
        let mut bytes = Vec::with_capacity(4 + 32 + 16 + 2 * (32 + 32 + 32 + 16 + 32));
        bytes.extend_from_slice(&ours.version.to_be_bytes());
        bytes.extend_from_slice(&local.room.0);
        bytes.extend_from_slice(&local.epoch.0);
        for (hello, Fingerprint(fingerprint)) in [offerer, answerer] {
            bytes.extend_from_slice(&hello.member.0);
            bytes.extend_from_slice(&hello.exchange.claimed().0);
            bytes.extend_from_slice(&hello.nonce);
            bytes.extend_from_slice(&hello.boot);
            if !crate::simulation::planted(Planted::ProofNotBound) {
                bytes.extend_from_slice(fingerprint);
            }
        }
        Transcript(bytes)
    }

    /// Our own proof, on the side with this role.
    pub(super) fn prove(&self, prover: Role, local: &Local) -> Proof {
        let signature = local.keypair.sign(Domain::Binding, &[name(prover), &self.0]);
        Proof { signature, mac: self.mac(prover, &local.binding).0 }
    }

    /// The MAC in the proof of the side with this role.
    pub(super) fn mac(&self, prover: Role, binding: &[u8; 32]) -> Mac {
        Mac(mac(binding, "confab/1/binding", &[name(prover), &self.0]))
    }

    /// Verifies the signature in the proof of the side with this role.
    pub(super) fn verify(
        &self,
        prover: Role,
        member: &MemberId,
        signature: &Signature,
    ) -> Result<(), BadSignature> {
        verify(member, Domain::Binding, &[name(prover), &self.0], signature)
    }
}

fn name(role: Role) -> &'static [u8] {
    match role {
        Role::Offerer => b"offerer",
        Role::Answerer => b"answerer",
    }
}
