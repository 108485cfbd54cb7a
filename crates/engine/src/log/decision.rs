//! What a governance entry says: who is let in, removed or promoted, and the epoch that opens.
//!
//! ```text
//!  body = deps: hashes of the governance heads that its author had seen | ruling
//! ```
//! The body is not sealed, only the secrets in it are: whoever has just been let in, and knows the
//! newest epoch alone, has to read how it came about. Whether a decision counts is nothing that it
//! could say itself: see `members/membership.rs`.

use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

use crate::crypto::exchange::{ExchangeKey, SignedExchangeKey};
use crate::crypto::hash::hash;
use crate::ids::{EntryHash, EpochId, LogId, MemberId, RoomId, Seq};
use crate::limits;

/// How far a log of a removed member counts: up to this entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Cut {
    /// The log.
    pub log: LogId,
    /// Its last entry that counts.
    pub seq: Seq,
    /// The hash of that entry.
    pub hash: EntryHash,
}

/// An epoch's secret, sealed to one member.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Share {
    /// To whom.
    pub member: MemberId,
    /// The secret, sealed to the member's X25519 key.
    pub sealed: ByteBuf,
}

/// An epoch's secret, sealed to each of some members.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shares {
    /// The epoch.
    pub epoch: EpochId,
    /// The key of this sealing, used once.
    pub key: ExchangeKey,
    /// One for each member, in the order of members.
    pub of: Vec<Share>,
}

impl Shares {
    /// The share of a member.
    #[must_use]
    pub fn of(&self, member: &MemberId) -> Option<&Share> {
        self.of.iter().find(|share| share.member == *member)
    }

    fn is_sound(&self) -> bool {
        let sealed = |share: &Share| share.sealed.len() <= limits::SHARE_BYTES;
        let ordered = self.of.windows(2).all(|pair| pair[0].member < pair[1].member);
        self.of.len() <= limits::SHARES && self.of.iter().all(sealed) && ordered
    }
}

/// The secret of an earlier epoch, sealed under a later one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Earlier {
    /// The earlier epoch.
    pub epoch: EpochId,
    /// Its secret.
    pub sealed: ByteBuf,
}

/// An epoch begins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opening {
    /// The epochs that it follows: all that were in force, in order.
    pub parents: Vec<EpochId>,
    /// Its name, and its secret for those who go on.
    pub shares: Shares,
    /// The secrets of its parents, as far as its author knows them.
    pub earlier: Vec<Earlier>,
}

impl Opening {
    /// The name of the epoch with this secret: whoever gets another one sealed finds out.
    #[must_use]
    pub fn name(room: &RoomId, parents: &[EpochId], secret: &[u8; 32]) -> EpochId {
        let parents: Vec<u8> = parents.iter().flat_map(|parent| parent.0).collect();
        let name = hash("confab/1/epoch-id", &[&room.0, &parents, secret]);
        let mut id = [0; 16];
        id.copy_from_slice(&name[..16]);
        EpochId(id)
    }

    /// The epoch.
    #[must_use]
    pub fn epoch(&self) -> EpochId {
        self.shares.epoch
    }

    fn is_sound(&self) -> bool {
        let short = |earlier: &Earlier| earlier.sealed.len() <= limits::SHARE_BYTES;
        let parents = 1..=limits::EPOCH_PARENTS;
        parents.contains(&self.parents.len())
            && self.parents.is_sorted_by(|one, next| one < next)
            && !self.parents.contains(&self.epoch())
            && self.earlier.len() <= limits::EPOCH_PARENTS
            && self.earlier.iter().all(short)
            && self.shares.is_sound()
    }
}

/// What is decided. New variants are added at the end: an older member keeps them and passes them
/// on, and for it they change nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Wire {
    Approve(Shares),
    Remove { member: MemberId, cuts: Vec<Cut>, opening: Opening },
    Promote(MemberId),
    Demote(MemberId),
    Renew(Opening),
    Merge(Opening),
    Gate { approve: bool },
    Admit { exchange: SignedExchangeKey, shares: Shares },
}

/// What is decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ruling {
    /// These members are let in, or get a secret that they have missed.
    Approve(Shares),
    /// A member is removed, for good, and an epoch opens without it.
    Remove {
        /// Who.
        member: MemberId,
        /// What counts of its logs, in their order; nothing of those that are not named.
        cuts: Vec<Cut>,
        /// The epoch.
        opening: Opening,
    },
    /// A member becomes an admin.
    Promote(MemberId),
    /// An admin is one no more.
    Demote(MemberId),
    /// The link that leads into the room changes.
    Renew(Opening),
    /// Several epochs that opened at once become one.
    Merge(Opening),
    /// Who comes with the link is let in, or waits until a member approves.
    Gate {
        /// True if a member has to approve.
        approve: bool,
    },
    /// Somebody who knocked is let in.
    Admit {
        /// Its exchange key, as it has signed it: so others can seal later secrets to it, too.
        exchange: SignedExchangeKey,
        /// The secret, for it alone.
        shares: Shares,
    },
    /// Something that a newer version knows.
    Newer(Vec<u8>),
}

impl Ruling {
    /// Who is let in, with its exchange key as it is claimed to be signed.
    #[must_use]
    pub fn admitted(&self) -> Option<(MemberId, SignedExchangeKey)> {
        match self {
            Ruling::Admit { exchange, shares } => Some((shares.of.first()?.member, *exchange)),
            Ruling::Approve(_)
            | Ruling::Remove { .. }
            | Ruling::Promote(_)
            | Ruling::Demote(_)
            | Ruling::Renew(_)
            | Ruling::Merge(_)
            | Ruling::Gate { .. }
            | Ruling::Newer(_) => None,
        }
    }

    /// The epoch that opens, if one does.
    #[must_use]
    pub fn opening(&self) -> Option<&Opening> {
        match self {
            Ruling::Remove { opening, .. } | Ruling::Renew(opening) | Ruling::Merge(opening) => {
                Some(opening)
            }
            Ruling::Approve(_)
            | Ruling::Promote(_)
            | Ruling::Demote(_)
            | Ruling::Gate { .. }
            | Ruling::Admit { .. }
            | Ruling::Newer(_) => None,
        }
    }

    /// The secrets that it hands out.
    #[must_use]
    pub fn shares(&self) -> Option<&Shares> {
        match self {
            Ruling::Approve(shares) | Ruling::Admit { shares, .. } => Some(shares),
            Ruling::Remove { opening, .. } | Ruling::Renew(opening) | Ruling::Merge(opening) => {
                Some(&opening.shares)
            }
            Ruling::Promote(_) | Ruling::Demote(_) | Ruling::Gate { .. } | Ruling::Newer(_) => None,
        }
    }

    fn decode(bytes: &[u8]) -> Result<Ruling, DecisionError> {
        let ruling = match postcard::take_from_bytes::<Wire>(bytes) {
            Ok((wire, [])) => Ruling::from(wire),
            // Of a newer version, or foreign bytes: neither changes anything here.
            Ok(_) | Err(_) => return Ok(Ruling::Newer(bytes.to_vec())),
        };
        if ruling.is_sound() { Ok(ruling) } else { Err(DecisionError::Bounds) }
    }

    fn is_sound(&self) -> bool {
        let cuts = match self {
            Ruling::Remove { cuts, .. } => cuts.as_slice(),
            Ruling::Approve(_)
            | Ruling::Promote(_)
            | Ruling::Demote(_)
            | Ruling::Renew(_)
            | Ruling::Merge(_)
            | Ruling::Gate { .. }
            | Ruling::Admit { .. }
            | Ruling::Newer(_) => &[],
        };
        let ordered = cuts.windows(2).all(|pair| pair[0].log < pair[1].log);
        cuts.len() <= limits::CUTS
            && ordered
            && self.is_for_one()
            && self.opening().is_none_or(Opening::is_sound)
            && self.shares().is_none_or(Shares::is_sound)
    }

    /// One exchange key is that of one member.
    fn is_for_one(&self) -> bool {
        match self {
            Ruling::Admit { shares, .. } => shares.of.len() == 1,
            Ruling::Approve(_)
            | Ruling::Remove { .. }
            | Ruling::Promote(_)
            | Ruling::Demote(_)
            | Ruling::Renew(_)
            | Ruling::Merge(_)
            | Ruling::Gate { .. }
            | Ruling::Newer(_) => true,
        }
    }

    fn encode(&self) -> Vec<u8> {
        let wire = match self.clone() {
            Ruling::Approve(shares) => Wire::Approve(shares),
            Ruling::Remove { member, cuts, opening } => Wire::Remove { member, cuts, opening },
            Ruling::Promote(member) => Wire::Promote(member),
            Ruling::Demote(member) => Wire::Demote(member),
            Ruling::Renew(opening) => Wire::Renew(opening),
            Ruling::Merge(opening) => Wire::Merge(opening),
            Ruling::Gate { approve } => Wire::Gate { approve },
            Ruling::Admit { exchange, shares } => Wire::Admit { exchange, shares },
            Ruling::Newer(bytes) => return bytes,
        };
        postcard::to_allocvec(&wire).unwrap_or_default()
    }
}

impl From<Wire> for Ruling {
    fn from(wire: Wire) -> Ruling {
        match wire {
            Wire::Approve(shares) => Ruling::Approve(shares),
            Wire::Remove { member, cuts, opening } => Ruling::Remove { member, cuts, opening },
            Wire::Promote(member) => Ruling::Promote(member),
            Wire::Demote(member) => Ruling::Demote(member),
            Wire::Renew(opening) => Ruling::Renew(opening),
            Wire::Merge(opening) => Ruling::Merge(opening),
            Wire::Gate { approve } => Ruling::Gate { approve },
            Wire::Admit { exchange, shares } => Ruling::Admit { exchange, shares },
        }
    }
}

/// What a governance entry says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// The governance entries that its author had seen, by those of them that no other names; in
    /// order.
    pub deps: Vec<EntryHash>,
    /// What is decided.
    pub ruling: Ruling,
}

/// Why bytes are no decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecisionError {
    /// Not the encoding of a decision, or more than that.
    #[error("a governance entry does not decode")]
    Encoding,
    /// Over a bound of `limits`, or a list that is not in order.
    #[error("a governance entry names more than allowed, or not in order")]
    Bounds,
}

impl Decision {
    /// Decodes the body of a governance entry.
    ///
    /// # Errors
    /// If it is not one, or over a bound.
    pub fn decode(bytes: &[u8]) -> Result<Decision, DecisionError> {
        if bytes.len() > limits::BODY_BYTES {
            return Err(DecisionError::Bounds);
        }
        let (deps, ruling) = match postcard::take_from_bytes::<(Vec<EntryHash>, ByteBuf)>(bytes) {
            Ok((wire, [])) => wire,
            Ok(_) | Err(_) => return Err(DecisionError::Encoding),
        };
        let ordered = deps.is_sorted_by(|one, next| one < next);
        if deps.len() > limits::DECISION_DEPS || !ordered {
            return Err(DecisionError::Bounds);
        }
        Ok(Decision { deps, ruling: Ruling::decode(&ruling)? })
    }

    /// Its bytes: the body of a governance entry.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let wire = (&self.deps, ByteBuf::from(self.ruling.encode()));
        postcard::to_allocvec(&wire).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::sign::Keypair;
    use crate::ids::Incarnation;
    use proptest::prelude::*;

    fn share(member: u8) -> Share {
        Share { member: MemberId([member; 32]), sealed: ByteBuf::from(vec![member; 72]) }
    }

    fn opening(members: &[u8]) -> Opening {
        let epoch = EpochId([9; 16]);
        let of = members.iter().map(|member| share(*member)).collect();
        let shares = Shares { epoch, key: ExchangeKey([7; 32]), of };
        let sealed = ByteBuf::from(vec![1; 72]);
        let earlier = vec![Earlier { epoch: EpochId::FIRST, sealed }];
        Opening { parents: vec![EpochId::FIRST], shares, earlier }
    }

    fn cut(log: u8) -> Cut {
        let log = LogId { member: MemberId([3; 32]), incarnation: Incarnation([log; 16]) };
        Cut { log, seq: 300, hash: EntryHash([5; 32]) }
    }

    fn decision(ruling: Ruling) -> Decision {
        Decision { deps: vec![EntryHash([1; 32]), EntryHash([2; 32])], ruling }
    }

    fn read(ruling: Ruling) -> Result<Decision, DecisionError> {
        Decision::decode(&decision(ruling).encode())
    }

    fn removal(cuts: Vec<Cut>, opening: Opening) -> Ruling {
        Ruling::Remove { member: MemberId([3; 32]), cuts, opening }
    }

    fn admission(members: &[u8]) -> Ruling {
        let exchange = Keypair::from_seed(&[1; 32]).exchange_key(&RoomId([4; 32]));
        Ruling::Admit { exchange, shares: opening(members).shares }
    }

    #[test]
    fn every_ruling_reads_back() {
        let member = MemberId([3; 32]);
        for ruling in [
            Ruling::Approve(opening(&[1]).shares),
            removal(vec![cut(1), cut(2)], opening(&[1, 2])),
            Ruling::Promote(member),
            Ruling::Demote(member),
            Ruling::Renew(opening(&[1, 2])),
            Ruling::Merge(opening(&[])),
            Ruling::Gate { approve: true },
            admission(&[1]),
        ] {
            assert_eq!(read(ruling.clone()), Ok(decision(ruling)));
        }
    }

    #[test]
    fn what_a_newer_version_decides_is_kept_as_it_is() {
        let newer = Ruling::Newer(vec![200, 1, 2, 3]);
        assert_eq!(read(newer.clone()), Ok(decision(newer)));
    }

    #[test]
    fn i6_what_is_too_much_or_not_in_order_is_refused() {
        let many = |count: usize| (0..count).map(|n| u8::try_from(n % 256).unwrap_or(0));
        let deps = vec![EntryHash([2; 32]), EntryHash([1; 32])];
        let unordered = Decision { deps, ruling: Ruling::Gate { approve: false } };
        assert_eq!(Decision::decode(&unordered.encode()), Err(DecisionError::Bounds));
        let mut swollen = opening(&[1]);
        swollen.shares.of[0].sealed = ByteBuf::from(vec![0; limits::SHARE_BYTES + 1]);
        let mut circular = opening(&[1]);
        circular.parents = vec![circular.epoch()];
        for ruling in [
            removal(many(limits::CUTS + 1).map(cut).collect(), opening(&[1])),
            removal(vec![cut(2), cut(1)], opening(&[1])),
            Ruling::Renew(opening(&[2, 1])),
            Ruling::Renew(opening(&[1, 1])),
            Ruling::Renew(Opening { parents: vec![], ..opening(&[1]) }),
            Ruling::Renew(swollen),
            Ruling::Merge(circular),
            admission(&[]),
            admission(&[1, 2]),
        ] {
            assert_eq!(read(ruling), Err(DecisionError::Bounds));
        }
    }

    #[test]
    fn an_epoch_is_named_by_its_secret_and_what_it_follows() {
        let (room, first) = (RoomId([1; 32]), [EpochId::FIRST]);
        let name = Opening::name(&room, &first, &[3; 32]);
        assert_ne!(name, Opening::name(&room, &first, &[4; 32]));
        assert_ne!(name, Opening::name(&room, &[name], &[3; 32]));
        assert_ne!(name, Opening::name(&RoomId([2; 32]), &first, &[3; 32]));
    }

    proptest! {
        #[test]
        fn any_bytes_may_be_decoded(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            if let Ok(decision) = Decision::decode(&bytes) {
                prop_assert_eq!(Decision::decode(&decision.encode()), Ok(decision));
            }
        }
    }
}
