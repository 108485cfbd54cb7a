//! What is to be seen together and does not fit into one run: it is shown once all of its runs are
//! stored, and then at once. Which of them comes last does not matter.
//!
//! ```text
//!  a run is stored ─► the group at its beginning or end reaches out, and all of it is held
//!                        └─► its runs are read ─► its rows
//! ```

use std::collections::BTreeSet;

use crate::engine::load::Purpose;
use crate::engine::{Engine, keys};
use crate::ids::{LogId, Seq};
use crate::io::{Record, Table};
use crate::limits;
use crate::log::LogState;
use crate::log::entry::Group;
use crate::log::ranges::RangeSet;
use crate::log::run::Run;
use crate::simulation::{Mark, mark};

impl Engine {
    /// Reads what is to be seen together, in other runs than these, too, and all here since they
    /// are stored.
    pub(in crate::engine) fn read_groups(&mut self, runs: &[Run]) {
        let mut groups: BTreeSet<(LogId, Seq, Seq)> = BTreeSet::new();
        for run in runs {
            let held = self.logs.of(&run.log).map(LogState::settled).unwrap_or_default();
            let ends = [run.group_at(run.first), run.group_at(run.last())];
            // Those that are whole in these runs are shown already.
            let apart =
                |group: &&Group| reaches_out(run, Some(group)) && !hold(runs, run, Some(group));
            let here = |group: &&Group| held.covers(group.first, group.last());
            let found = ends.into_iter().flatten().filter(apart).filter(here);
            groups.extend(found.map(|group| (run.log, group.first, group.last())));
        }
        for (log, first, last) in groups {
            mark(Mark::GroupRead);
            let from = keys::run(&self.room, &log, first);
            let to = keys::run(&self.room, &log, last.saturating_add(1));
            let most = u32::try_from(limits::TOGETHER).unwrap_or(u32::MAX);
            self.scan(Purpose::Group, Table::Runs, (from, to), false, most);
        }
    }

    /// They were read. What else is in their runs is shown already.
    pub(in crate::engine) fn on_group(&mut self, records: &[Record]) {
        let runs = records.iter().filter_map(|(_, bytes)| Run::verify(&self.room, bytes).ok());
        let runs: Vec<Run> = runs.collect();
        self.surface_those(&runs, |run, group| reaches_out(run, group) && hold(&runs, run, group));
    }
}

/// True if entries of a group are in other runs than this one.
pub(super) fn reaches_out(run: &Run, group: Option<&Group>) -> bool {
    group.is_some_and(|group| group.first < run.first || group.last() > run.last())
}

/// True if these runs hold all of a group of one of them.
pub(super) fn hold(runs: &[Run], of: &Run, group: Option<&Group>) -> bool {
    let same = runs.iter().filter(|run| run.log == of.log);
    let here = RangeSet::from_ranges(same.map(|run| (run.first, run.last())));
    group.is_none_or(|group| here.covers(group.first, group.last()))
}
