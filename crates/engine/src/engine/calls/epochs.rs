//! Epochs: who gets a new one's secret, how it is found, and what it changes to go on into one.
//!
//! ```text
//!  decisions ─► secrets: sealed to oneself, or under a later epoch's ─► turn: seal, meet and prove
//!                                                                           with the new one
//! ```
//! The secret of an epoch goes to those who have shown that they know the one before, or to whom it
//! was sealed. So whoever still comes with an old link, through a member who does not know better,
//! gets no further.

use std::collections::BTreeSet;

use serde_bytes::ByteBuf;
use zeroize::Zeroizing;

use crate::crypto::exchange::{ExchangeKey, SignedExchangeKey};
use crate::crypto::share::{self, Sealing};
use crate::engine::Engine;
use crate::frame::Frame;
use crate::hello::{Again, End};
use crate::ids::{EpochId, LinkId, MemberId};
use crate::io::Output;
use crate::limits;
use crate::link::Link;
use crate::log::decision::{Earlier, Opening, Share, Shares};
use crate::register::{Register, RegisterKind};
use crate::simulation::{Planted, planted};
use crate::view::{Event, Role};

type Secret = Zeroizing<[u8; 32]>;

impl Engine {
    /// The key to which a member's secrets are sealed, and the epoch that it had come to when it
    /// said so.
    fn exchange_with_epoch(&self, member: &MemberId) -> Option<(ExchangeKey, EpochId)> {
        let said = self.registers.of(&(*member, RegisterKind::EXCHANGE));
        let said = said.and_then(|cell| self.exchange_in(cell));
        // Who has gone on into an epoch that is not known here is not to be left out of the next.
        let before = || self.governance.keys_seen.get(member).copied();
        said.or_else(before).or_else(|| self.exchange_at_door(member))
    }

    fn exchange_in(&self, cell: &Register) -> Option<(ExchangeKey, EpochId)> {
        let signed: SignedExchangeKey = self.open_cell(cell)?;
        Some((signed.verify(&self.room, &cell.member).ok()?, cell.epoch))
    }

    /// Remembers the key in a register, if it opens.
    pub(in crate::engine) fn see_key(&mut self, cell: &Register) {
        if let Some(seen) = self.exchange_in(cell) {
            self.governance.keys_seen.insert(cell.member, seen);
        }
    }

    /// The same of somebody who was let in and has not been inside yet.
    fn exchange_at_door(&self, member: &MemberId) -> Option<(ExchangeKey, EpochId)> {
        let admitted = self.governance.membership.admitted();
        let mut admitted = admitted.filter(|(admitted, ..)| admitted == member);
        admitted.find_map(|(_, signed, at)| Some((signed.verify(&self.room, member).ok()?, at)))
    }

    /// The key to which a member's secrets are sealed, if it is known.
    pub(in crate::engine) fn exchange_of(&self, member: &MemberId) -> Option<ExchangeKey> {
        self.exchange_with_epoch(member).map(|(key, _)| key)
    }

    /// Says to which key one's secrets are to be sealed, under the epoch in force.
    pub(in crate::engine) fn publish_exchange(&mut self) {
        let signed = self.keypair.exchange_key(&self.room);
        self.publish(RegisterKind::EXCHANGE, &signed);
    }

    /// The same at a start, unless that is said already.
    pub(in crate::engine) fn introduce_exchange(&mut self) {
        let key = (self.own.member, RegisterKind::EXCHANGE);
        let current = self.ring.current();
        let said = self.registers.of(&key).is_some_and(|cell| cell.epoch == current);
        if !said && self.inbox.counter(&key).max(self.commits.counter(&key)) == 0 {
            self.publish_exchange();
        }
    }

    /// Those who go on into a new epoch, oneself included, in order.
    fn recipients(&self, except: Option<MemberId>) -> Vec<(MemberId, ExchangeKey)> {
        let membership = &self.governance.membership;
        let epochs = &membership.standing().epochs;
        let others = self.registers.iter().filter(|cell| cell.kind == RegisterKind::EXCHANGE);
        let others: BTreeSet<MemberId> = others
            .map(|cell| cell.member)
            .chain(membership.admitted().map(|(member, ..)| member))
            .collect();
        let others = others.into_iter().filter(|member| {
            *member != self.own.member
                && (Some(*member) != except || planted(Planted::RemovedGetsSecret))
                && membership.role(member) >= Role::Member
        });
        let others = others.filter_map(|member| {
            let (key, at) = self.exchange_with_epoch(&member)?;
            let sealed = || epochs.iter().any(|epoch| membership.has_share(&member, epoch));
            (epochs.contains(&at) || sealed()).then_some((member, key))
        });
        let mut all: Vec<_> = others.take(limits::SHARES - 1).collect();
        all.push((self.own.member, self.keypair.exchange().public()));
        all.sort_unstable_by_key(|(member, _)| *member);
        all
    }

    fn seal_to(
        &mut self,
        (epoch, secret): (EpochId, &Secret),
        to: &[(MemberId, ExchangeKey)],
    ) -> Shares {
        let sealing = Sealing::new(self.room, epoch, &mut self.random);
        let mut of = Vec::with_capacity(to.len());
        for (member, key) in to {
            // Who has published a key of no use cannot be sealed to.
            let sealed = sealing.seal(key, secret, &mut self.random);
            of.extend(
                sealed.map(|sealed| Share { member: *member, sealed: ByteBuf::from(sealed) }),
            );
        }
        Shares { epoch, key: sealing.key(), of }
    }

    /// A new epoch that follows all that are in force, for all but one member.
    pub(in crate::engine) fn opening(&mut self, except: Option<MemberId>) -> Opening {
        let secret: Secret = Zeroizing::new(self.random.bytes());
        let mut parents = self.governance.membership.standing().epochs.clone();
        parents.truncate(limits::EPOCH_PARENTS);
        let epoch = Opening::name(&self.room, &parents, &secret);
        let to = self.recipients(except);
        let shares = self.seal_to((epoch, &secret), &to);
        let mut earlier = Vec::new();
        for parent in &parents {
            let Some(known) = self.ring.secret(parent) else { continue };
            let later = (&self.room, &epoch, &*secret);
            let sealed = share::seal_earlier(later, (parent, known), &mut self.random);
            earlier.push(Earlier { epoch: *parent, sealed: ByteBuf::from(sealed) });
        }
        Opening { parents, shares, earlier }
    }

    /// The secret of the epoch in force, for one member.
    pub(in crate::engine) fn shares_for(&mut self, member: &MemberId) -> Option<Shares> {
        let key = self.exchange_of(member)?;
        self.shares_to(member, &key)
    }

    /// The same, to a key that is known to be the member's.
    pub(in crate::engine) fn shares_to(
        &mut self,
        member: &MemberId,
        key: &ExchangeKey,
    ) -> Option<Shares> {
        let epoch = self.ring.current();
        let secret = self.ring.secret(&epoch)?.clone();
        let shares = self.seal_to((epoch, &secret), &[(*member, *key)]);
        (!shares.of.is_empty()).then_some(shares)
    }

    /// Finds the secrets of epochs in what was decided. True if there are new ones.
    pub(in crate::engine) fn learn_epochs(&mut self) -> bool {
        let mut news = false;
        loop {
            let mut more = false;
            for (epoch, secret) in self.find_secrets() {
                more |= self.ring.learn(epoch, secret);
            }
            if !more {
                self.governance.learned |= news;
                return news;
            }
            news = true;
        }
    }

    /// Reads what could not be opened when it came: what others have read, and the room's name.
    pub(in crate::engine) fn tend_learned(&mut self) {
        if !self.is_open() || !std::mem::take(&mut self.governance.learned) {
            return;
        }
        for cell in self.registers.iter().cloned().collect::<Vec<_>>() {
            self.obey_register(&cell);
        }
    }

    fn find_secrets(&self) -> Vec<(EpochId, Secret)> {
        let mut found = Vec::new();
        let lacks = |epoch: &EpochId| self.ring.of(epoch).is_none();
        for ruled in self.governance.membership.all() {
            let ruling = &ruled.decision.ruling;
            let shares = ruling.shares().filter(|shares| lacks(&shares.epoch));
            if let Some((shares, share)) =
                shares.and_then(|shares| Some((shares, shares.of(&self.own.member)?)))
            {
                let place = (&self.room, &shares.epoch);
                let mine = self.keypair.exchange();
                let secret = share::open(mine, &shares.key, place, &share.sealed);
                found.extend(secret.map(|secret| (shares.epoch, secret)));
            }
            let Some(opening) = ruling.opening() else { continue };
            let later = opening.epoch();
            let Some(under) = self.ring.secret(&later) else { continue };
            for earlier in opening.earlier.iter().filter(|earlier| lacks(&earlier.epoch)) {
                let under = (&self.room, &later, &**under);
                let secret = share::open_earlier(under, &earlier.epoch, &earlier.sealed);
                found.extend(secret.map(|secret| (earlier.epoch, secret)));
            }
        }
        found.retain(|(epoch, secret)| self.is_secret_of(epoch, secret));
        found
    }

    /// An epoch is named by its secret; the first has none of its own, and is believed.
    fn is_secret_of(&self, epoch: &EpochId, secret: &Secret) -> bool {
        let all = self.governance.membership.all();
        let mut openings = all.filter_map(|ruled| ruled.decision.ruling.opening());
        let named = |opening: &Opening| {
            opening.epoch() == *epoch
                && Opening::name(&self.room, &opening.parents, secret) == *epoch
        };
        *epoch == EpochId::FIRST || openings.any(named)
    }

    /// True if what is said now is sealed in the one epoch that is in force.
    pub(in crate::engine) fn may_seal(&self) -> bool {
        let in_force = &self.governance.membership.standing().epochs;
        let known = self.ring.keys().is_some();
        known && *in_force == [self.ring.current()] && self.role(&self.own.member) >= Role::Member
    }

    /// Goes on to the epoch in force, if there is one and its secret is known here.
    pub(in crate::engine) fn turn(&mut self) {
        let [epoch] = self.governance.membership.standing().epochs[..] else { return };
        if epoch == self.ring.current() || !self.ring.turn(epoch) {
            return;
        }
        self.governance.meetings_stale = true;
        if !self.loads.is_ready() {
            return;
        }
        self.publish_exchange();
        let view = self.room_view();
        self.out.push_back(Output::Event(Event::Room(view)));
        for id in self.links.keys().copied().collect::<Vec<_>>() {
            self.prove_again(id);
        }
    }

    /// Both ends of a proven link: this one, the other one, and what was drawn for it.
    fn ends(&self, id: LinkId) -> Option<(End, End, [u8; 16])> {
        let link = self.links.get(&id)?;
        let flow = link.flow()?;
        let mine = End { member: self.own.member, boot: self.boot };
        Some((mine, End { member: flow.member, boot: flow.boot }, link.session))
    }

    /// Shows the other end of a link that one knows the epoch in force, and waits for the same.
    pub(in crate::engine) fn prove_again(&mut self, id: LinkId) {
        let (Some((mine, theirs, session)), Some(keys)) = (self.ends(id), self.ring.keys()) else {
            return;
        };
        let epoch = self.ring.current();
        let again = Again::prove((&self.room, epoch), keys, &session, (mine, theirs));
        self.control(id, &Frame::Again(again));
        let now = self.now.mono;
        let Some(flow) = self.links.get_mut(&id).and_then(Link::flow_mut) else { return };
        let early = flow.early.take();
        flow.prove_by = (flow.epoch != epoch).then_some(now + limits::PROVE_WITHIN);
        if let Some(again) = early {
            self.on_again(id, again);
        }
    }

    /// The other end of a link knows another epoch's secret.
    pub(in crate::engine) fn on_again(&mut self, id: LinkId, again: Again) {
        let Some((mine, theirs, session)) = self.ends(id) else { return };
        let holds = self
            .ring
            .of(&again.epoch)
            .map(|keys| again.holds(&self.room, keys, &session, (theirs, mine)));
        let current = self.ring.current();
        let Some(flow) = self.links.get_mut(&id).and_then(Link::flow_mut) else { return };
        match holds {
            // It is ahead: its decisions are on their way.
            None => {
                flow.early = Some(again);
                self.look_for_decisions();
            }
            Some(true) => {
                flow.epoch = again.epoch;
                flow.prove_by = flow.prove_by.filter(|_| again.epoch != current);
            }
            Some(false) => self.misbehaved(id, "it does not know the secret that it names"),
        }
    }

    /// True if a link may be made with a member, found at the meeting of an epoch: at an earlier
    /// one than that in force only with those who are to come on.
    pub(in crate::engine) fn admits(&self, member: &MemberId, at: &EpochId) -> bool {
        let current = self.ring.current();
        let membership = &self.governance.membership;
        membership.role(member) != Role::Removed
            && (*at == current || membership.has_share(member, &current))
    }
}
