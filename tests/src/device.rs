//! How a device drives its engine, as the browser's worker does: page, store, clock, sleep.

use engine::crypto::hash::hash;
use engine::{Command, Draft, DraftId, Engine, Input, Now, Output, Priority, RoomRecord};
use engine::{Durability, Scan, StoreFault};

use crate::fault::Bug;
use crate::oracle::Screen;
use crate::peer::Happening;
use crate::store::Store;
use crate::stories::fate::Fate;
use crate::switch;
use crate::world::{Weather, World};

/// Outputs and messages that one input causes at most.
const ENDLESS: u32 = 50_000;
/// How often an engine may ask to be woken within a second: more is a loop that empties a battery.
const WAKES: u32 = 200;

impl World {
    /// Calls an engine with the faults that are planted in it, and in nothing else.
    pub(crate) fn with<R>(
        &mut self,
        peer: usize,
        call: impl FnOnce(&mut Engine, Now) -> R,
    ) -> Option<R> {
        let (now, faults) = (self.clock(peer), self.planted(peer));
        let refused = self.refused_at(peer);
        self.oracle.wall(peer, now.wall);
        let engine = self.peers[peer].engine.as_mut()?;
        switch::plant(&faults);
        switch::refuse(refused);
        let result = call(engine, now);
        switch::refuse(None);
        switch::plant(&[]);
        Some(result)
    }

    /// Opens a device's page, or another worker for a page that lives on.
    pub fn open(&mut self, peer: usize) {
        if self.peers[peer].engine.is_some() {
            return;
        }
        let stored = self.peers[peer].store.record();
        let first = || RoomRecord::decode(&self.peers[peer].record).ok();
        let Some(record) = stored.or_else(first) else { return };
        let seed = self.random.bytes();
        let now = self.clock(peer);
        switch::plant(&self.planted(peer));
        let engine = Engine::open(record, seed, now);
        switch::plant(&[]);
        let device = &mut self.peers[peer];
        device.life += 1;
        device.screen = Screen::default();
        device.engine = Some(engine);
        device.commit_failed = None;
        device.read_failed = false;
        let life = device.life;
        self.oracle.lives(peer, life);
        self.note(format_args!("open {peer}"));
        let delay = 5 + self.below(50);
        self.later(delay, Happening::Socket(peer, life));
        self.carry_out(peer);
        self.repeat(peer);
    }

    /// A page says again what it has not seen as a row.
    pub fn repeat(&mut self, peer: usize) {
        if self.peers[peer].frozen.is_some() {
            return;
        }
        for drafts in self.peers[peer].unseen.clone() {
            match <[Draft; 1]>::try_from(drafts) {
                Ok([draft]) => self.command(peer, Command::Send(draft)),
                Err(drafts) => self.command(peer, Command::SendTogether(drafts)),
            }
        }
    }

    /// Ends a device's worker; `clean` closes its channels, otherwise it is a crash. A page that
    /// lives on keeps what it has not seen.
    pub fn end(&mut self, peer: usize, clean: bool) {
        let page_lives = !clean && self.below(2) == 0;
        self.stop(peer, clean, page_lives);
    }

    pub(crate) fn stop(&mut self, peer: usize, clean: bool, page_lives: bool) {
        if self.peers[peer].engine.take().is_none() {
            return;
        }
        let page = if page_lives { "its page lives" } else { "" };
        self.note(format_args!("{} {peer} {page}", if clean { "leave" } else { "crash" }));
        let life = self.peers[peer].life;
        if !clean {
            self.finish_unheard(peer, life);
        }
        self.peers[peer].life += 1;
        self.peers[peer].fate = Fate::Lives;
        self.peers[peer].half.clear();
        self.peers[peer].frozen = None;
        self.peers[peer].tick_at = None;
        self.oracle.ended(peer);
        if !page_lives {
            self.peers[peer].unseen.clear();
        }
        if !clean && !page_lives && self.below(2) == 0 {
            self.note(format_args!("power cut {peer}"));
            self.peers[peer].store.roll_back();
        }
        if let Some(connection) = self.peers[peer].connection.take() {
            let delay = if clean { 10 } else { 10 + self.below(3_000) };
            self.later(delay, Happening::Drop(connection));
        }
        for wire in 0..self.wires.len() {
            let side = self.wires[wire].ends.iter().position(|e| (e.peer, e.life) == (peer, life));
            if let Some(side) = side {
                if clean {
                    self.close_wire(wire, side);
                } else {
                    self.cut(wire);
                }
            }
        }
    }

    /// A worker dies between a commit and its answer: for the disk the batch is done, and nobody
    /// heard of it. Whether that is so comes from the seed and the time alone, so that no other
    /// chance of the seed shifts.
    fn finish_unheard(&mut self, peer: usize, life: u32) {
        let at = [self.now.to_be_bytes(), (peer as u64).to_be_bytes()];
        let chance = hash("confab/1/unheard", &[&self.seed().to_be_bytes(), &at[0], &at[1]]);
        if self.peers[peer].full || chance[0].is_multiple_of(2) {
            return;
        }
        let Some(Output::Commit { ops, durability, .. }) = self.pending_commit(peer, life) else {
            return;
        };
        self.note(format_args!("what {peer} was storing is stored, and it never hears of that"));
        self.peers[peer].store.commit(&ops, durability);
    }

    /// A person writes a message on a device.
    pub fn say(&mut self, peer: usize, priority: Priority, length: usize) {
        if self.peers[peer].engine.is_none() || self.peers[peer].frozen.is_some() {
            return;
        }
        self.peers[peer].said += 1;
        let said = self.peers[peer].said;
        let text = format!("{peer}:{said} {}", self.words(length));
        self.note(format_args!("say {peer}:{said} {priority:?} {length}"));
        let draft = Draft::new(DraftId(self.random.bytes()), text, priority);
        self.oracle.said(peer, &draft, &self.peers[peer].screen);
        self.peers[peer].unseen.push(vec![draft.clone()]);
        let again = self.below(8) == 0;
        self.command(peer, Command::Send(draft.clone()));
        if again {
            self.command(peer, Command::Send(draft));
        }
    }

    /// Words that hardly shrink when they are packed.
    fn words(&mut self, length: usize) -> String {
        let mut words = String::with_capacity(length);
        while words.len() < length {
            let bytes: [u8; 256] = self.random.bytes();
            words.extend(bytes.iter().map(|byte| char::from(b'!' + byte % 94)));
        }
        words.truncate(length);
        words
    }

    /// A page asks something of its room.
    pub fn command(&mut self, peer: usize, command: Command) {
        if self.with(peer, |engine, now| engine.command(command, now)).is_some() {
            self.carry_out(peer);
        }
    }

    pub(crate) fn feed(&mut self, peer: usize, input: Input) {
        if self.with(peer, |engine, now| engine.handle(input, now)).is_some() {
            self.carry_out(peer);
        }
    }

    /// Carries out what an engine wants, as the browser's driver does.
    pub(crate) fn carry_out(&mut self, peer: usize) {
        for done in 0.. {
            if done > ENDLESS {
                let last = self.journal.last().cloned().unwrap_or_default();
                let what = format!("peer {peer} puts out without end, after {last}");
                return self.oracle.fail("I6", what);
            }
            let Some(output) = self.with(peer, |engine, _| engine.poll_output()).flatten() else {
                if self.pump(peer) {
                    continue;
                }
                break;
            };
            if done + 20 > ENDLESS {
                self.note(format!("{peer} {output:?}").chars().take(300).collect::<String>());
            }
            if self.dies_before(peer, &output) {
                break;
            }
            self.trace_on(peer, &output);
            self.output(peer, output);
        }
        let rest = std::mem::take(&mut self.peers[peer].half);
        if !rest.is_empty() {
            self.peers[peer].store.complete(&rest, Durability::Strict);
        }
        let engine = self.peers[peer].engine.as_ref();
        if let Some(what) = engine.and_then(switch::overgrown) {
            self.oracle.fail("I6", format!("{what} at peer {peer}"));
        }
        self.watch_the_clock(peer);
        self.schedule_tick(peer);
    }

    /// What is over goes, unless the disk does not let it go.
    fn watch_the_clock(&mut self, peer: usize) {
        let (now, wall) = (self.now, self.clock(peer).wall);
        let device = &mut self.peers[peer];
        let slow = self.weather.slow_commits > Weather::FAIR.slow_commits;
        let fails = slow || self.weather.failing_commits > 0 || device.full;
        if fails
            || device.read_failed
            || device.commit_failed.is_some()
            || self.mallory == Some(peer)
        {
            device.screen.overdue = None;
            return;
        }
        self.oracle.goes_in_time(peer, (now, wall), &mut device.screen);
    }

    fn output(&mut self, peer: usize, output: Output) {
        let life = self.peers[peer].life;
        match output {
            Output::Event(event) => {
                self.poison_stored(&event);
                self.oracle.hears_live((peer, self.now), &event);
                let device = &mut self.peers[peer];
                device.settle(&event);
                let mut screen = std::mem::take(&mut device.screen);
                let stores: Vec<&Store> = self.peers.iter().map(|peer| &peer.store).collect();
                self.oracle.told(peer, &event, &mut screen, &stores);
                self.peers[peer].screen = screen;
            }
            Output::Commit { batch, .. } if self.has_bug(Bug::AnswerBeforeStoring) => {
                let answer = Input::Committed(batch);
                self.later(0, Happening::Input(peer, life, answer));
                let slow = 1_000 + self.below(2_000);
                self.later(slow, Happening::Commit(peer, life, output));
            }
            Output::Commit { ref ops, durability, .. } => {
                if self.has_bug(Bug::BatchInHalves) {
                    let (now, rest) = ops.split_at(ops.len() / 2);
                    self.peers[peer].store.commit(now, durability);
                    self.peers[peer].half = rest.to_vec();
                }
                let since = self.peers[peer].commit_failed.map(|at| self.now - at);
                let stores: Vec<&Store> = self.peers.iter().map(|peer| &peer.store).collect();
                self.oracle.batch((peer, self.now), (ops, &stores), since);
                let delay = 1 + self.below(self.weather.slow_commits);
                self.peers[peer].commit_at = self.now + delay;
                self.later(delay, Happening::Commit(peer, life, output));
            }
            Output::Scan(scan) => {
                // A slow disk is slow both ways, and what is read sees what was written before.
                let delay = 1 + self.below(4 + self.weather.slow_commits / 10);
                let written = self.peers[peer].commit_at.saturating_sub(self.now);
                let delay = delay.max(written + 1);
                self.later(delay, Happening::Scan(peer, life, scan));
            }
            Output::Signal(message) => {
                self.oracle.server_sees(&message);
                if let Some(connection) = self.peers[peer].connection {
                    self.later(20, Happening::Serve(connection, message));
                }
            }
            Output::Rtc { link, call } => self.rtc(peer, link, call),
        }
    }

    pub(crate) fn finish_commit(&mut self, peer: usize, output: Output) {
        let Output::Commit { batch, ops, durability } = output else { return };
        let odds = self.weather.failing_commits;
        let full = self.peers[peer].full;
        let fails = full || (odds > 0 && self.below(odds) == 0);
        if !fails {
            self.peers[peer].store.commit(&ops, durability);
            self.peers[peer].commit_failed = None;
            self.peers[peer].read_failed = false;
            return self.feed(peer, Input::Committed(batch));
        }
        // Half of the failures are not: it was stored, and nobody knows.
        let unknown = !full && self.below(2) == 0;
        if unknown {
            self.peers[peer].store.commit(&ops, durability);
        }
        self.note(format_args!("commit fails at {peer}, full: {full}, stored: {unknown}"));
        let fault = if full {
            StoreFault::Full
        } else {
            StoreFault::Failed("the transaction was aborted".to_owned())
        };
        self.peers[peer].commit_failed = Some(self.now);
        self.oracle.commit_failed(peer);
        // Its worker reads its store again.
        self.peers[peer].screen.told.clear();
        self.feed(peer, Input::CommitFailed(batch, fault));
    }

    pub(crate) fn answer_scan(&mut self, peer: usize, scan: &Scan) {
        let odds = self.peers[peer].failing_reads;
        if odds > 0 && self.below(odds) == 0 {
            return self.fail_scan(peer, scan);
        }
        let records = self.peers[peer].store.scan(scan);
        self.feed(peer, Input::Scanned(scan.scan, Ok(records)));
    }

    fn fail_scan(&mut self, peer: usize, scan: &Scan) {
        self.note(format_args!("{peer} cannot read {:?}", scan.table));
        let device = &mut self.peers[peer];
        device.read_failed = true;
        // Its worker may read its store again.
        device.screen.told.clear();
        let second = self.now / 1_000;
        let before = if device.unread.0 == second { device.unread.1 } else { 0 };
        device.unread = (second, before + 1);
        if before >= WAKES {
            self.oracle.fail("I6", format!("{peer} has read in vain {before} times in a second"));
        }
        let fault = StoreFault::Failed("the transaction was aborted".to_owned());
        self.feed(peer, Input::Scanned(scan.scan, Err(fault)));
    }

    pub(crate) fn tick(&mut self, peer: usize) {
        // Another, earlier one may have taken its place.
        if self.peers[peer].tick_at == Some(self.now) {
            let device = &mut self.peers[peer];
            device.tick_at = None;
            let second = self.now / 1_000;
            let before = if device.woken.0 == second { device.woken.1 } else { 0 };
            device.woken = (second, before + 1);
            if before >= WAKES {
                self.oracle.fail("I6", format!("{peer} is woken {before} times in a second"));
            }
            self.feed(peer, Input::Tick);
        }
    }

    fn schedule_tick(&mut self, peer: usize) {
        let Some(at) = self.with(peer, |engine, _| engine.deadline()).flatten() else { return };
        let device = &self.peers[peer];
        if device.tick_at.is_some_and(|scheduled| scheduled <= at && scheduled > self.now) {
            return;
        }
        let (life, delay) = (device.life, at.saturating_sub(self.now).max(1));
        self.peers[peer].tick_at = Some(self.now + delay);
        self.later(delay, Happening::Tick(peer, life));
    }

    pub(crate) fn thaw(&mut self, peer: usize) {
        let frozen = self.peers[peer].frozen.take();
        self.peers[peer].tick_at = None;
        self.peers[peer].screen.overdue = None;
        for happening in frozen.into_iter().flatten() {
            self.happen(happening);
        }
        self.feed(peer, Input::Wake);
    }
}
