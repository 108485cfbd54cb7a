//! The handshake of a link: who is at the other end, and that nobody is in between.
//!
//! ```text
//!  answerer  start: Hello ►               on_hello: -    on_proof: Proof ►, Proven
//!  offerer   start: -    on_hello: Hello, Proof ►                  on_proof: Proven
//! ```
//! One struct a state, consumed by value: after an error there is nothing to go on with. What a
//! proof is made of is in [`transcript`]. Frames and channels are elsewhere.

mod again;
mod transcript;

use serde::{Deserialize, Serialize};
use zeroize::Zeroize;

use crate::crypto::exchange::{ExchangeKey, SignedExchangeKey};
use crate::crypto::sign::{BadSignature, Keypair, Signature};
use crate::hello::transcript::Transcript;
use crate::ids::{EpochId, MemberId, RoomId};
use crate::signal::sdp::Fingerprint;

pub use again::{Again, End};

/// The version of what travels on a link. Members of different versions do not link.
pub const VERSION: u32 = 1;

/// Which side of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Made the offer and created the channels.
    Offerer,
    /// Made the answer and received the channels; greets first.
    Answerer,
}

impl Role {
    /// The other side's.
    #[must_use]
    pub fn other(self) -> Role {
        match self {
            Role::Offerer => Role::Answerer,
            Role::Answerer => Role::Offerer,
        }
    }
}

/// The greeting. A later version appends fields: decode it with what follows left over, so that
/// its version is seen and can be told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    /// The sender's [`VERSION`].
    pub version: u32,
    /// Who the sender says it is.
    pub member: MemberId,
    /// The key to seal private texts to, signed by the member.
    pub exchange: SignedExchangeKey,
    /// Fresh for this link.
    pub nonce: [u8; 32],
    /// Drawn by the sender at its start: tells two lives of one member apart.
    pub boot: [u8; 16],
}

/// The proof: the sender is the member it said, knows the epoch's secret, and sees the same link.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proof {
    /// Of the member.
    pub signature: Signature,
    /// Under the epoch's binding key.
    pub mac: [u8; 32],
}

/// What this side knows of the link before a word is said.
pub struct Local {
    /// The room.
    pub room: RoomId,
    /// The epoch whose secret both have to know.
    pub epoch: EpochId,
    /// The binding key of that epoch.
    pub binding: [u8; 32],
    /// Our keys.
    pub keypair: Keypair,
    /// Fresh for this link.
    pub nonce: [u8; 32],
    /// Drawn once at the engine's start.
    pub boot: [u8; 16],
    /// The fingerprint in our own description.
    pub local_fingerprint: Fingerprint,
    /// The fingerprint in the description that the other side signed.
    pub remote_fingerprint: Fingerprint,
}

impl Drop for Local {
    fn drop(&mut self) {
        self.binding.zeroize();
    }
}

/// Why the other side is not proven. The link has to be closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HelloError {
    /// It speaks another version: the older side has to be updated.
    #[error("the other side speaks version {theirs}, this one {VERSION}")]
    Version {
        /// Its version.
        theirs: u32,
    },
    /// Our own greeting came back.
    #[error("our own greeting came back")]
    Mirrored,
    /// Its exchange key is not signed by the member.
    #[error("the exchange key of the other side is not signed by its member")]
    ExchangeKey,
    /// The member did not sign what both sides said, or sees another connection.
    #[error("the other side is not who it says, or somebody is in between")]
    BadSignature,
    /// It does not know the epoch's secret.
    #[error("the other side does not know the room's secret")]
    BadMac,
    /// It holds our own key, and has proven that: a copied profile, or a second browser with it.
    #[error("the other side has the same key as this one")]
    Myself {
        /// The boot id of its life.
        boot: [u8; 16],
    },
    /// A message that the handshake has no place for now.
    #[error("a message came that the handshake has no place for")]
    OutOfOrder,
}

/// The other side, proven.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proven {
    /// Who it is; never oneself.
    pub member: MemberId,
    /// Which life of it.
    pub boot: [u8; 16],
    /// The key to seal private texts to.
    pub exchange: ExchangeKey,
}

/// A handshake on its way, in whichever state.
pub enum Greeting {
    /// Waits for the other side's greeting.
    Hello(Box<AwaitingHello>),
    /// Waits for the other side's proof.
    Proof(Box<AwaitingProof>),
}

impl Greeting {
    /// Starts as soon as the `messages` channel is open. The answerer has a greeting to send.
    #[must_use]
    pub fn start(role: Role, local: Local) -> (Greeting, Option<Hello>) {
        let (state, hello) = AwaitingHello::start(role, local);
        (Greeting::Hello(Box::new(state)), hello)
    }

    /// Takes the other side's greeting. What it gives is to be sent, in this order.
    ///
    /// # Errors
    /// If it cannot be who it says, or has greeted before: close the link.
    pub fn on_hello(
        self,
        theirs: Hello,
    ) -> Result<(Greeting, Option<Hello>, Option<Proof>), HelloError> {
        match self {
            Greeting::Hello(state) => {
                let (state, hello, proof) = state.on_hello(theirs)?;
                Ok((Greeting::Proof(Box::new(state)), hello, proof))
            }
            Greeting::Proof(_) => Err(HelloError::OutOfOrder),
        }
    }

    /// Takes the other side's proof. The answerer's own is to be sent before anything else.
    ///
    /// # Errors
    /// If it proves nothing, or came before the greeting: close the link.
    pub fn on_proof(self, theirs: &Proof) -> Result<(Proven, Option<Proof>), HelloError> {
        match self {
            Greeting::Hello(_) => Err(HelloError::OutOfOrder),
            Greeting::Proof(state) => state.on_proof(theirs),
        }
    }
}

/// Nothing has come yet.
pub struct AwaitingHello {
    role: Role,
    local: Local,
    hello: Hello,
}

impl AwaitingHello {
    /// The first state. A greeting comes with it on the answerer's side.
    #[must_use]
    pub fn start(role: Role, local: Local) -> (AwaitingHello, Option<Hello>) {
        let hello = Hello {
            version: VERSION,
            member: local.keypair.member(),
            exchange: local.keypair.exchange_key(&local.room),
            nonce: local.nonce,
            boot: local.boot,
        };
        let first = match role {
            Role::Answerer => Some(hello.clone()),
            Role::Offerer => None,
        };
        (AwaitingHello { role, local, hello }, first)
    }

    /// Takes the other side's greeting. The offerer answers with its own and its proof, the
    /// answerer keeps its proof until it has seen one.
    ///
    /// # Errors
    /// If the other side cannot be who it says.
    pub fn on_hello(
        self,
        theirs: Hello,
    ) -> Result<(AwaitingProof, Option<Hello>, Option<Proof>), HelloError> {
        let AwaitingHello { role, local, hello } = self;
        if theirs.version != VERSION {
            return Err(HelloError::Version { theirs: theirs.version });
        }
        if theirs.nonce == hello.nonce {
            return Err(HelloError::Mirrored);
        }
        let exchange = theirs
            .exchange
            .verify(&local.room, &theirs.member)
            .map_err(|BadSignature| HelloError::ExchangeKey)?;
        let transcript = Transcript::new(role, &local, &hello, &theirs);
        let ours = transcript.prove(role, &local);
        let prover = role.other();
        let mac = transcript.mac(prover, &local.binding);
        let proven = Proven { member: theirs.member, boot: theirs.boot, exchange };
        let me = hello.member;
        let awaiting = |answer| AwaitingProof { transcript, prover, me, mac, proven, answer };
        Ok(match role {
            Role::Offerer => (awaiting(None), Some(hello), Some(ours)),
            Role::Answerer => (awaiting(Some(ours)), None, None),
        })
    }
}

/// Both have greeted.
pub struct AwaitingProof {
    transcript: Transcript,
    prover: Role,
    me: MemberId,
    mac: transcript::Mac,
    proven: Proven,
    answer: Option<Proof>,
}

impl AwaitingProof {
    /// Takes the other side's proof. The answerer has its own to send then.
    ///
    /// # Errors
    /// If it proves nothing, or that the other side holds our own key.
    pub fn on_proof(self, theirs: &Proof) -> Result<(Proven, Option<Proof>), HelloError> {
        if !self.mac.matches(&theirs.mac) {
            return Err(HelloError::BadMac);
        }
        self.transcript
            .verify(self.prover, &self.proven.member, &theirs.signature)
            .map_err(|BadSignature| HelloError::BadSignature)?;
        if self.proven.member == self.me {
            return Err(HelloError::Myself { boot: self.proven.boot });
        }
        Ok((self.proven, self.answer))
    }
}

#[cfg(test)]
mod tests;
