//! The projections that are read at every start, one record each.

use crate::engine::commit::govern;
use crate::engine::{Engine, keys};
use crate::log::LogState;
use crate::log::checked;
use crate::members::Member;
use crate::register::Register;

impl Engine {
    /// Takes a record in. False if it is damaged.
    pub(super) fn load_projection(&mut self, key: &[u8], value: &[u8]) -> bool {
        let (record, checked) = checked::open(key, value);
        match keys::read_projection(key) {
            Some(keys::Projection::Log(log)) => match LogState::decode(record) {
                Some(state) => self.logs.put(log, state),
                None => return false,
            },
            Some(keys::Projection::Member(id)) => match Member::decode(record) {
                Some(member) => self.members.put(id, member),
                None => return false,
            },
            Some(keys::Projection::Register) => match Register::verify(&self.room, value) {
                Ok(register) => self.registers.put(register),
                Err(_) => return false,
            },
            Some(keys::Projection::Decision(hash)) => match govern::decode(hash, record) {
                Some(ruled) if checked => self.governance.read.push(ruled),
                Some(ruled) => self.loads.decisions.unchecked.push(ruled),
                None => {
                    self.loads.decisions.lost = true;
                    return false;
                }
            },
            None => return false,
        }
        true
    }
}
