//! What the model speaks of: symbols for keys, nonces, certificates, payloads and proofs.
//!
//! Cryptography is perfect here: a signature or a MAC is a term that only who has the key can make,
//! and two terms are equal only if all that is in them is. What each real primitive does is shown
//! by the test vectors; that the real bytes hold these fields and no others, by `real.rs`.

/// Somebody with a key of its own. Ana and Ben keep to the protocol, Eve does as she likes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Who {
    Ana,
    Ben,
    Eve,
}

pub const ALL: [Who; 3] = [Who::Ana, Who::Ben, Who::Eve];

/// An epoch of a room. Ana and Ben have the same keys in every room here, which makes mixing rooms
/// easier than it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// The epoch in force.
    Now,
    /// The one before it, in the same room.
    Before,
    /// Another room.
    Elsewhere,
}

impl Place {
    /// The room: exchange keys are signed for it.
    pub fn room(self) -> u8 {
        match self {
            Place::Now | Place::Before => 1,
            Place::Elsewhere => 2,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    Offerer,
    Answerer,
}

impl Role {
    pub fn other(self) -> Role {
        match self {
            Role::Offerer => Role::Answerer,
            Role::Answerer => Role::Offerer,
        }
    }
}

/// Something drawn: by the party with this number, or [`EVES`].
pub type Fresh = u8;
/// What Eve draws.
pub const EVES: Fresh = 9;

/// One honest member's part in one link. Its number is its nonce and, if it offers, its session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Party {
    pub who: Who,
    pub role: Role,
    pub place: Place,
}

/// A greeting. The boot id is named by whose it is; the exchange key is the member's, signed for a
/// room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hello {
    pub member: Who,
    pub room: u8,
    pub nonce: Fresh,
    pub boot: Who,
}

/// A side of what proofs are over. The certificate is named by whose it is: one a device, where a
/// browser draws one a connection, so nothing here holds because certificates are fresh.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Side {
    pub member: Option<Who>,
    pub nonce: Option<Fresh>,
    pub boot: Option<Who>,
    pub print: Option<Who>,
}

/// What both proofs are over. A field that a weakened handshake leaves out is `None`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Script {
    pub place: Option<Place>,
    pub offerer: Side,
    pub answerer: Side,
}

/// A proof: a member's signature, and a MAC under the key of a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Proof {
    pub signer: Who,
    pub key: Place,
    pub role: Option<Role>,
    pub script: Script,
}

/// What an offer or an answer says, and for which place it is signed and sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Payload {
    pub place: Place,
    pub role: Role,
    pub from: Who,
    /// Addresses at the server are named by whose they are.
    pub sender: Who,
    pub recipient: Who,
    pub session: Fresh,
    pub print: Who,
}

/// What a weakened handshake leaves out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Without {
    Nothing,
    /// Of what proofs are over:
    Certificates,
    Role,
    Nonces,
    Members,
    Place,
    Boots,
    /// Of the proof:
    Mac,
    Signature,
    BothProofs,
    /// Of offers and answers:
    PayloadSignature,
    PayloadPlace,
    PayloadRecipient,
    Seal,
    Freshness,
    /// Checks beside the proof:
    CallerGreets,
    Mirror,
}

impl Script {
    /// The same without what this handshake leaves out.
    pub fn seen(mut self, without: Without) -> Script {
        if without == Without::Place {
            self.place = None;
        }
        for side in [&mut self.offerer, &mut self.answerer] {
            match without {
                Without::Certificates => side.print = None,
                Without::Nonces => side.nonce = None,
                Without::Members => side.member = None,
                Without::Boots => side.boot = None,
                Without::Nothing
                | Without::Role
                | Without::Place
                | Without::Mac
                | Without::Signature
                | Without::BothProofs
                | Without::PayloadSignature
                | Without::PayloadPlace
                | Without::PayloadRecipient
                | Without::Seal
                | Without::Freshness
                | Without::CallerGreets
                | Without::Mirror => {}
            }
        }
        self
    }
}
