//! The projections that are read at every start, one record each.

use crate::engine::commit::govern;
use crate::engine::{Engine, keys};
use crate::log::LogState;
use crate::members::Member;
use crate::register::Register;

impl Engine {
    /// Takes a record in. False if it is damaged.
    pub(super) fn load_projection(&mut self, key: &[u8], value: &[u8]) -> bool {
        match keys::read_projection(key) {
            Some(keys::Projection::Log(log)) => match LogState::decode(value) {
                Some(state) => self.logs.put(log, state),
                None => return false,
            },
            Some(keys::Projection::Member(id)) => match Member::decode(value) {
                Some(member) => self.members.put(id, member),
                None => return false,
            },
            Some(keys::Projection::Register) => match Register::verify(&self.room, value) {
                Ok(register) => self.registers.put(register),
                Err(_) => return false,
            },
            Some(keys::Projection::Decision(hash)) => match govern::decode(hash, value) {
                Some(ruled) => {
                    self.governance.read.push(ruled);
                }
                None => return false,
            },
            None => return false,
        }
        true
    }
}
