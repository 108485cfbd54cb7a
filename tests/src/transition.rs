//! What each transition of a plan does to the world.

use engine::{Command, Engine, EntryId, MemberId, Priority, RowState};

use crate::fault::Bug;
use crate::peer::{Happening, Peer};
use crate::plan::{Step, Transition};
use crate::store::Store;
use crate::world::{Weather, World};

/// Copies of disks that are started as devices of their own, at most.
const COPIES: usize = 2;

impl World {
    fn someone(&mut self) -> usize {
        self.pick(self.peers.len())
    }

    /// Takes one step of a plan, without its pause.
    pub fn take(&mut self, step: &Step) {
        self.begin_step(step.salt);
        let peer = self.someone();
        match step.transition {
            Transition::Say => self.say_something(peer),
            Transition::Burst => self.burst(peer),
            Transition::Flood => self.flood(peer),
            Transition::Repeat => (0..self.peers.len()).for_each(|peer| self.repeat(peer)),
            Transition::Read => self.read(peer),
            Transition::Rename => self.rename(peer),
            Transition::Older => self.scroll(peer),
            Transition::Open => self.open_and_scroll(peer),
            Transition::Leave => self.leave(peer),
            Transition::Crash => self.end(peer, false),
            Transition::SecondTab if self.below(2) == 0 => self.takeover(peer),
            Transition::SecondTab => self.second_tab(peer),
            Transition::Freeze => self.freeze(peer),
            Transition::Partition => self.part_from_someone(peer),
            Transition::Heal => {
                self.heal();
                (0..self.peers.len()).for_each(|peer| self.scroll(peer));
            }
            Transition::DeadWire => self.dead_wire(peer),
            Transition::ServerDown => self.server(false),
            Transition::ServerUp => {
                self.server(true);
                (0..self.peers.len()).for_each(|peer| self.scroll(peer));
            }
            Transition::EvilServer => {
                let odds = if self.below(3) == 0 { 0 } else { 2 + self.below(6) };
                self.evil_server(odds);
            }
            Transition::Middleman => self.middleman = true,
            Transition::Stranger => self.stranger = true,
            Transition::StoreFails => {
                self.note("stores fail");
                self.weather = Weather { failing_commits: 3, slow_commits: 400 };
            }
            Transition::StoreWorks => self.weather = Weather::FAIR,
            Transition::DiskFull => self.fill_disk(peer),
            Transition::ClockJumps => self.set_clock(peer),
            Transition::Noise => self.noise(peer),
            Transition::Byzantine => self.byzantine(),
            Transition::Together => self.together(peer),
            Transition::Schedule => self.schedule(peer),
            Transition::Replace => self.replace(peer),
            Transition::Cancel => self.cancel(peer),
            Transition::Expire => self.expire(peer),
            Transition::Annotate => self.annotate(peer),
            Transition::Live => self.live(peer),
            Transition::Reclass => self.reclass(peer),
            Transition::RollBack => self.roll_back(peer),
            Transition::CopyProfile => self.copy_profile(peer),
            Transition::Decide => self.decide(peer),
            Transition::Whisper => self.whisper(peer),
            Transition::Vanish => self.vanish(peer),
            Transition::Block => self.block(peer),
            Transition::ReadsFail => self.reads_fail(peer),
            Transition::ReadsWork => self.reads_work(),
            Transition::Die => self.will_die(peer),
            Transition::Poison => self.poison(peer),
            Transition::Answer => self.answer(peer),
            Transition::Type => self.type_something(peer),
            Transition::Retry => self.retry(peer),
            Transition::Dismiss => self.dismiss(peer),
        }
    }

    fn leave(&mut self, peer: usize) {
        self.end(peer, true);
        if self.has_bug(Bug::ForgetAtClose) {
            self.peers[peer].store = Store::default();
        }
    }

    fn part_from_someone(&mut self, peer: usize) {
        let other = self.someone();
        self.part(peer, other);
    }

    fn set_clock(&mut self, peer: usize) {
        let skew = i64::try_from(self.below(200_000_000)).unwrap_or(0) - 100_000_000;
        self.note(format_args!("the clock of {peer} jumps to {skew}"));
        self.peers[peer].wall_skew = skew;
        self.oracle.is_odd(peer);
    }

    fn command_if_awake(&mut self, peer: usize, command: Command) {
        if self.peers[peer].frozen.is_none() {
            self.command(peer, command);
        }
    }

    /// Somebody goes up the list for some seconds, as soon as there is one.
    fn scroll(&mut self, peer: usize) {
        let life = self.peers[peer].life;
        for step in 0..20 {
            let delay = 100 * step + self.below(200);
            self.later(delay, Happening::Scroll(peer, life));
        }
    }

    fn any_priority(&mut self) -> Priority {
        Priority::ALL[self.pick(3)]
    }

    fn say_something(&mut self, peer: usize) {
        let priority = self.any_priority();
        let length = if self.below(6) == 0 { self.pick(20_000) } else { self.pick(200) };
        self.say(peer, priority, length);
    }

    fn burst(&mut self, peer: usize) {
        for _ in 0..self.below(60) {
            let priority = self.any_priority();
            self.say(peer, priority, 20);
        }
    }

    fn flood(&mut self, peer: usize) {
        (0..4).for_each(|_| self.say(peer, Priority::Low, 20_000));
        let many = 10 + self.below(30);
        (0..many).for_each(|_| self.say(peer, Priority::Urgent, 24_000));
    }

    /// Everything that a page shows was on a visible screen.
    pub fn read(&mut self, peer: usize) {
        let rows = self.peers[peer].screen.rows.values();
        let others = rows.filter(|row| row.state == RowState::Received);
        let entries: Vec<EntryId> = others.map(|row| row.entry).collect();
        let screen = &self.peers[peer].screen;
        self.oracle.reads(peer, &entries, screen);
        // What is asked while the store is read waits, and rows may be in memory no more by then.
        let ready = self.peers[peer].engine.as_ref().is_some_and(Engine::is_open);
        if ready && self.peers[peer].frozen.is_none() {
            self.oracle.begins_to_vanish((peer, self.now), &entries, screen);
        }
        self.command_if_awake(peer, Command::MarkRead(entries));
    }

    fn rename(&mut self, peer: usize) {
        let name = format!("name {}", self.below(1_000));
        self.note(format_args!("{peer} calls itself {name}"));
        self.command_if_awake(peer, Command::SetName(name));
    }

    /// Another tab takes over: its worker starts on the same store at once, with another boot id.
    pub(crate) fn second_tab(&mut self, peer: usize) {
        if self.peers[peer].engine.is_some() {
            self.note(format_args!("second tab of {peer}"));
            self.stop(peer, false, true);
            self.open(peer);
        }
    }

    /// Another worker serves the page, which goes on showing what it shows: more than the worker
    /// has in memory. How far messages have come the page is told anew.
    fn takeover(&mut self, peer: usize) {
        if self.peers[peer].engine.is_none() || self.peers[peer].frozen.is_some() {
            return;
        }
        let screen = &self.peers[peer].screen;
        let (mut rows, which) = (screen.rows.clone(), screen.which.clone());
        for row in rows.values_mut().filter(|row| row.own) {
            (row.state, row.held_by) = (RowState::Saved, 0);
        }
        self.second_tab(peer);
        (self.peers[peer].screen.rows, self.peers[peer].screen.which) = (rows, which);
        (0..1 + self.below(3)).for_each(|_| self.annotate(peer));
    }

    /// A device's disk is again what it was some commits ago. Its page does not live on: a backup
    /// is restored while the device is off.
    pub fn roll_back(&mut self, peer: usize) {
        if self.mallory == Some(peer) {
            return;
        }
        self.stop(peer, false, false);
        self.peers[peer].unseen.clear();
        let before = self.oracle.on_disk(&self.peers[peer].store);
        self.go_back(peer);
        let stores: Vec<&Store> = self.peers.iter().map(|peer| &peer.store).collect();
        self.oracle.went_back(peer, &before, &stores);
        if self.below(2) == 0 {
            self.open(peer);
        }
    }

    /// Some of the newest commits, or any number of them.
    fn go_back(&mut self, peer: usize) {
        let commits = u64::try_from(self.peers[peer].store.commits()).unwrap_or(0);
        let most = if self.below(3) == 0 { commits } else { commits.min(12) };
        let commits = usize::try_from(self.below(most + 1)).unwrap_or(0);
        self.note(format_args!("the disk of {peer} goes back {commits} commits"));
        self.peers[peer].store.go_back(commits);
    }

    /// Another device begins with a copy of a disk as it is now, or was a while ago.
    pub fn copy_profile(&mut self, peer: usize) {
        if self.mallory == Some(peer) || self.copies >= COPIES {
            return;
        }
        let copy = self.peers.len();
        self.note(format_args!("{copy} is a copy of {peer}"));
        self.copies += 1;
        self.peers.push(Peer::new(self.peers[peer].record.clone()));
        self.peers[copy].store = self.peers[peer].store.clone();
        if self.below(2) == 0 {
            self.go_back(copy);
        }
        self.oracle.copied(peer, &self.peers[copy].store);
        self.open(copy);
    }

    fn open_and_scroll(&mut self, peer: usize) {
        self.open(peer);
        self.scroll(peer);
    }

    /// The founder promotes or removes somebody or changes the link; or somebody else does, who may
    /// not, perhaps.
    fn decide(&mut self, peer: usize) {
        let other = self.someone();
        let by = if self.below(3) == 0 { peer } else { 0 };
        let command = match (self.below(8), self.oracle.member_of(other)) {
            (0..3, Some(member)) => Command::Promote(member),
            (3..5, Some(member)) => Command::Remove(member),
            (_, Some(_) | None) => Command::NewLink,
        };
        // Whoever has never been met is let in by nobody's new link.
        let mut members = (0..self.peers.len()).filter_map(|peer| self.oracle.member_of(peer));
        if members.any(|member| !self.peers[by].store.has_key_of(&member)) {
            return;
        }
        self.note(format_args!("{by} decides {command:?}"));
        self.command_if_awake(by, command);
    }

    /// Somebody blocks another, or takes that back.
    fn block(&mut self, peer: usize) {
        let other = self.someone();
        let blocks = self.below(3) > 0;
        let Some(member) = self.oracle.member_of(other) else { return };
        if self.oracle.member_of(peer) == Some(member) {
            return;
        }
        self.note(format_args!("{peer} blocks {other}: {blocks}"));
        if blocks {
            self.command_if_awake(peer, Command::Block(member));
        } else {
            self.unblock(peer, member);
        }
    }

    fn unblock(&mut self, peer: usize, member: MemberId) {
        self.oracle.will_unblock(peer, &member);
        self.command_if_awake(peer, Command::Unblock(member));
    }

    /// Nobody blocks anybody any more.
    pub(crate) fn unblock_all(&mut self) {
        let members: Vec<MemberId> =
            (0..self.peers.len()).filter_map(|peer| self.oracle.member_of(peer)).collect();
        for peer in 0..self.peers.len() {
            let me = self.oracle.member_of(peer);
            for member in members.iter().filter(|member| Some(**member) != me) {
                self.unblock(peer, *member);
            }
        }
    }

    fn fill_disk(&mut self, peer: usize) {
        let full = !self.peers[peer].full;
        self.note(format_args!("the disk of {peer} is full: {full}"));
        self.peers[peer].full = full;
    }
}
