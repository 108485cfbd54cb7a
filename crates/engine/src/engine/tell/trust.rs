//! Whom this device takes for whom: what is compared with a member, what came of it, and under
//! which names members were met.

use crate::crypto::safety::safety_number;
use crate::engine::commit::Batch;
use crate::engine::{Engine, keys};
use crate::ids::MemberId;
use crate::io::{Output, StoreOp, Table};
use crate::members::acquaintances::Acquaintance;
use crate::register::{Profile, RegisterKind};
use crate::view::{Comparison, Event, Refusal};

impl Engine {
    /// What a member calls itself, as it is shown.
    pub(in crate::engine) fn name_of(&self, member: &MemberId) -> String {
        if *member == self.own.member && self.is_outside() {
            return super::people::shown_name(self.record.alias());
        }
        let profile = self.registers.of(&(*member, RegisterKind::PROFILE));
        let profile: Option<Profile> = profile.and_then(|cell| self.open_cell(cell));
        super::people::shown_name(&profile.map(|profile| profile.name).unwrap_or_default())
    }

    pub(in crate::engine) fn tell_comparison(&mut self, member: MemberId) {
        if self.is_other(&member) {
            let digits = safety_number(&self.room, &self.own.member, &member);
            let comparison = Comparison { member, digits };
            self.out.push_back(Output::Event(Event::Comparison(comparison)));
        }
    }

    pub(in crate::engine) fn verify(&mut self, member: MemberId) {
        if self.is_other(&member) {
            let name = self.name_of(&member);
            self.members.acquaintances.verify(member, &name, self.now.wall);
            self.told.stale = true;
        }
    }

    pub(in crate::engine) fn unverify(&mut self, member: &MemberId) {
        if self.is_other(member) {
            self.told.stale |= self.members.acquaintances.unverify(member);
        }
    }

    /// True if this is a member, and not oneself; else that is said.
    pub(in crate::engine) fn is_other(&mut self, member: &MemberId) -> bool {
        let other = *member != self.own.member && self.members.knows(member);
        if !other {
            self.refuse(None, Refusal::NoSuchMember);
        }
        other
    }

    /// A member says what it is called.
    pub(super) fn on_profile(&mut self, member: &MemberId) {
        self.told.stale = true;
        if *member != self.own.member {
            let name = self.name_of(member);
            self.members.acquaintances.meet(*member, &name);
        }
    }

    /// Names that were stored before anybody took note of them.
    pub(super) fn meet_all(&mut self) {
        let profiles = self.registers.iter().filter(|cell| cell.kind == RegisterKind::PROFILE);
        for member in profiles.map(|cell| cell.member).collect::<Vec<_>>() {
            self.on_profile(&member);
        }
    }

    pub(in crate::engine) fn stage_acquaintances(&mut self, batch: &mut Batch) {
        for (member, known) in self.members.acquaintances.take_dirty() {
            self.stage_unblocked(batch, &member);
            let key = keys::acquaintance(&self.room, &member);
            batch.ops.push(StoreOp::Put(Table::State, key, known.encode()));
            batch.strict = true;
        }
    }

    pub(in crate::engine) fn load_acquaintance(&mut self, member: MemberId, value: &[u8]) {
        match Acquaintance::decode(value) {
            Some(known) => self.members.acquaintances.load(member, known),
            None => self.damaged(Table::State),
        }
    }
}
