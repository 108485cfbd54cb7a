//! The projections that are read at every start, one record each.

use std::collections::BTreeSet;

use crate::engine::commit::govern;
use crate::engine::{Engine, keys};
use crate::ids::LogId;
use crate::io::{Record, Table};
use crate::log::LogState;
use crate::log::checked;
use crate::members::Member;
use crate::register::Register;

impl Engine {
    pub(super) fn on_projections(&mut self, records: &[Record]) {
        self.forget_spent(records);
        for (key, value) in records {
            if !self.load_projection(key, value) {
                self.damaged(Table::Projections);
            }
        }
        self.find_decisions();
    }

    /// A commit that seemed to fail may have stored that nothing is left of a branch: what memory
    /// says to be held of one that is not stored is not here.
    fn forget_spent(&mut self, records: &[Record]) {
        let log = |(key, _): &Record| match keys::read_projection(key) {
            Some(keys::Projection::Log(log)) => Some(log),
            Some(_) | None => None,
        };
        let stored: BTreeSet<LogId> = records.iter().filter_map(log).collect();
        let spent = |(log, state): &(&LogId, &LogState)| {
            state.branch().is_some() && !state.held().is_empty() && !stored.contains(*log)
        };
        let spent = self.logs.iter().filter(spent).map(|(log, _)| *log).collect::<Vec<_>>();
        spent.iter().for_each(|log| self.logs.remove(log));
    }

    /// Takes a record in. False if it is damaged.
    fn load_projection(&mut self, key: &[u8], value: &[u8]) -> bool {
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
