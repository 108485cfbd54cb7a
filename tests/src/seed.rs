//! One seed: a random life of a room, then calm, then agreement.
//!
//! Faults last for a minute or so of simulated time; then everything heals, pages are open, and
//! within 60 seconds all members who are there agree (I9).

use engine::{EpochId, When};

use crate::fault::Fault;
use crate::oracle::{Broken, Judged, Present};
use crate::peer::Peer;
use crate::plan::Plan;
use crate::store::Store;
use crate::stories::fate::Fate;
use crate::stories::poison::Poison;
use crate::switch;
use crate::world::{Weather, World};

/// How long after the last fault everybody has to agree, in milliseconds.
pub const CALM: u64 = 60_000;
/// How long before that everybody reads what there is, for the last time: what is read has to be
/// known to its author by then, too.
const LAST_READ: u64 = 12_000;
/// How long a page takes, at most, for older messages that it asks for.
const PAGE: u64 = 50;

/// How long it takes until what everybody has read is known, once everything heals.
const SETTLE: u64 = 5_000;

/// How a plan is run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Keyed hashes for signatures, and small pages: several times as many seeds in the same time.
    pub quick: bool,
    /// Whether the outcome has a trace: a fifth of the time in quick mode.
    pub traced: bool,
    /// Something that is wrong on purpose.
    pub fault: Option<Fault>,
}

/// What a seed came to.
#[derive(Debug)]
pub struct Outcome {
    /// The first promise that was broken.
    pub broken: Option<Broken>,
    /// What happened, line by line.
    pub journal: Vec<String>,
    /// A hash of everything that all engines put out, if that was asked for.
    pub trace: [u8; 32],
    /// How many happenings there were.
    pub steps: u64,
    /// How many messages were said.
    pub said: u32,
    /// What the verdict in the end looked at.
    pub judged: Judged,
}

/// Runs one seed with real signatures, with a planted fault if one is given.
#[must_use]
pub fn run(seed: u64, fault: Option<Fault>) -> Outcome {
    play(&Plan::of(seed, None), Options { quick: false, traced: true, fault })
}

/// Runs one plan.
#[must_use]
pub fn play(plan: &Plan, options: Options) -> Outcome {
    switch::quicken(options.quick);
    switch::limit(plan.blocks());
    let mut world = World::new(plan.seed, plan.peers);
    world.traced = options.traced;
    world.fault = options.fault;
    world.mallory = plan.mallory;
    world.oracle.mallory = plan.mallory;
    world.oracle.plain = plan.is_plain();
    world.blocks = plan.blocks();
    world.vanishing = plan.vanishes();
    world.answers = plan.answers();
    let broken = live(&mut world, plan).and_then(|()| world.calm_without(plan.away)).err();
    switch::quicken(false);
    switch::limit(false);
    let said = world.peers.iter().map(|peer| peer.said).sum();
    let (trace, steps) = (world.trace(), world.steps);
    let judged = world.oracle.judged;
    Outcome { broken, journal: world.journal, trace, steps, said, judged }
}

fn live(world: &mut World, plan: &Plan) -> Result<(), Broken> {
    world.open(0);
    world.open(1);
    if let Some(mallory) = plan.mallory {
        world.open(mallory);
    }
    for step in &plan.steps {
        world.take(step);
        world.pass(step.pause)?;
    }
    world.begin_step(0);
    Ok(())
}

/// What honest members who are there have stored, by device.
fn disks(peers: &[Peer], mallory: Option<usize>) -> Vec<(usize, &Store)> {
    let open = peers.iter().enumerate().filter(|(_, peer)| peer.is_open());
    let honest = open.filter(|(index, _)| mallory != Some(*index));
    honest.map(|(index, peer)| (index, &peer.store)).collect()
}

impl World {
    /// Everything heals and every page is open; a minute later everybody agrees.
    ///
    /// # Errors
    /// The first promise that was broken.
    pub fn calm(&mut self) -> Result<(), Broken> {
        self.calm_without(None)
    }

    /// The same, without one device.
    ///
    /// # Errors
    /// The first promise that was broken.
    pub fn calm_without(&mut self, away: Option<usize>) -> Result<(), Broken> {
        self.note("calm");
        self.weather = Weather::FAIR;
        self.reads_work();
        (self.middleman, self.stranger) = (false, false);
        if self.evil.was {
            // What an evil server invented is believed until it is joined anew.
            self.evil_server(0);
            self.server(false);
        }
        self.server(true);
        self.heal();
        for peer in 0..self.peers.len() {
            self.peers[peer].full = false;
            self.peers[peer].fate = Fate::Lives;
            self.peers[peer].wall_skew = 0;
            if self.peers[peer].frozen.is_some() {
                self.thaw_now(peer);
            }
            if away == Some(peer) {
                self.end(peer, true);
            } else {
                self.open(peer);
            }
        }
        if self.vanishing {
            self.let_vanish()?;
        }
        if self.poison.is_some() {
            self.hold_up_nobody()?;
        }
        let end = self.now + CALM;
        if self.blocks {
            // Once all have read what they have stored.
            self.pass(5_000)?;
            self.unblock_all();
        }
        self.pass_to(end - CALM / 2)?;
        let end = self.end_after_what_is_due(end);
        if self.answers {
            (0..self.peers.len()).for_each(|peer| self.live(peer));
        }
        self.read_everything(end - LAST_READ)?;
        self.last_words();
        self.pass_to(end - LAST_READ)?;
        self.read_everything(end)?;
        self.pass_to(end)?;
        self.look_for_vanished();
        if self.answers {
            self.ask_for_quotes();
            self.pass(SETTLE)?;
        }
        let all = away.is_none() && self.mallory.is_none();
        match self.judge(all)? {
            Some(expiry) => self.calm_after(expiry, all),
            None => Ok(()),
        }
    }

    /// That time, or a later one, if words that are written and wait for theirs would come after
    /// the last reading.
    fn end_after_what_is_due(&self, end: u64) -> u64 {
        let due = |peer: usize| {
            let Peer { unseen, screen, .. } = &self.peers[peer];
            let waiting = screen.waiting.iter().map(|waiting| &waiting.draft);
            let at = unseen.iter().flatten().chain(waiting).filter_map(|it| match it.terms.when {
                When::At(at) => Some(at),
                When::Now | When::Online(_) => None,
            });
            let (now, wall) = (self.now, self.clock(peer).wall);
            at.map(|at| now + at.saturating_sub(wall)).collect::<Vec<u64>>()
        };
        let mut due: Vec<u64> = (0..self.peers.len()).flat_map(due).collect();
        due.sort_unstable();
        // What is asked for in the end takes time, too.
        let read = |end: u64, due: u64| match due < end + 2 * SETTLE {
            true => end.max(due + LAST_READ + SETTLE),
            false => end,
        };
        due.into_iter().fold(end, read)
    }

    /// What all have read goes everywhere, and nobody scrolls.
    fn let_vanish(&mut self) -> Result<(), Broken> {
        self.pass(SETTLE)?;
        self.oracle.note_read_by_all(&disks(&self.peers, self.mallory));
        self.pass(CALM)?;
        self.look_for_vanished();
        self.oracle.broken.clone().map_or(Ok(()), Err)
    }

    /// One device still refuses a message, and all others have come; then it takes that, too.
    fn hold_up_nobody(&mut self) -> Result<(), Broken> {
        let poison = self.poison.and_then(|poison| Some((poison.device, poison.entry?)));
        let before = poison.map(|poison| self.oracle.refusals_of(poison));
        self.pass(CALM)?;
        if let Some((poison, before)) = poison.zip(before) {
            self.oracle.asks_seldom(poison, before);
            let meant = self.poison.is_some_and(|poison| poison.meant);
            for peer in self.peers.iter().filter(|peer| peer.is_open() && meant) {
                self.oracle.lists_refused(poison, before, peer.screen());
            }
        }
        if self.answers {
            (0..self.peers.len()).for_each(|peer| match self.below(2) {
                0 => self.retry(peer),
                _ => self.dismiss(peer),
            });
            self.pass(CALM)?;
        }
        if let Some(Poison { device, entry: Some(entry), .. }) = self.poison.take() {
            self.oracle.holds_up_nobody((device, &entry), &disks(&self.peers, self.mallory));
        }
        self.oracle.broken.clone().map_or(Ok(()), Err)
    }

    fn look_for_vanished(&mut self) {
        self.oracle.vanished(self.now, &disks(&self.peers, self.mallory));
    }

    /// Words expired early, by a clock that ran ahead of the others: what waits for them has come
    /// a minute after every clock is there.
    fn calm_after(&mut self, expiry: u64, all: bool) -> Result<(), Broken> {
        self.note(format_args!("every clock comes to {expiry}"));
        for peer in 0..self.peers.len() {
            let behind = (expiry + 1).saturating_sub(self.clock(peer).wall);
            self.peers[peer].wall_skew += i64::try_from(behind).unwrap_or(0);
        }
        let end = self.end_after_what_is_due(self.now + CALM);
        self.pass_to(end - LAST_READ)?;
        self.read_everything(end)?;
        self.pass_to(end)?;
        self.judge(all).map(|_| ())
    }

    /// Lets time pass until then.
    fn pass_to(&mut self, end: u64) -> Result<(), Broken> {
        self.pass(end.saturating_sub(self.now))
    }

    /// Where there are copies, everybody says one thing more, now that all have met.
    fn last_words(&mut self) {
        if self.copies > 0 {
            self.oracle.all_have_met();
            (0..self.peers.len()).for_each(|peer| self.say(peer, engine::Priority::Normal, 5));
        }
    }

    /// Every page shows all there is, and all of it is read, as far as there is time until `end`.
    fn read_everything(&mut self, end: u64) -> Result<(), Broken> {
        let mut reading: Vec<usize> = (0..self.peers.len()).collect();
        while !reading.is_empty() {
            let late = self.now + PAGE > end;
            let (more, done): (Vec<usize>, Vec<usize>) = reading.into_iter().partition(|peer| {
                let peer = &self.peers[*peer];
                peer.is_open() && peer.screen.more && !late
            });
            done.into_iter().for_each(|peer| self.read(peer));
            more.iter().for_each(|peer| self.command(*peer, engine::Command::LoadOlder));
            if !more.is_empty() {
                self.pass(PAGE)?;
            }
            reading = more;
        }
        Ok(())
    }

    /// A liar may show whenever it likes that a log has forked, and lists begin anew: they come to
    /// their oldest messages all the same.
    fn read_anew(&mut self) -> Result<(), Broken> {
        for _ in 0..SETTLE / PAGE {
            let lacks = |peer: &Peer| peer.is_open() && peer.screen.more;
            let lacking = self.peers.iter().enumerate().filter(|(_, peer)| lacks(peer));
            let lacking: Vec<usize> = lacking.map(|(index, _)| index).collect();
            if self.mallory.is_none() || lacking.is_empty() {
                break;
            }
            lacking.into_iter().for_each(|peer| self.command(peer, engine::Command::LoadOlder));
            self.pass(PAGE)?;
        }
        Ok(())
    }

    /// By whose expiry something waits for words that expired early, if so.
    fn judge(&mut self, all: bool) -> Result<Option<u64>, Broken> {
        self.read_anew()?;
        let honest =
            |(index, peer): &(usize, &Peer)| peer.is_open() && self.mallory != Some(*index);
        let epochs: Vec<EpochId> = self.peers.iter().map(switch::epoch).collect();
        let knows = |peer: &Peer| {
            let known = epochs.iter().filter(|epoch| switch::knows(peer, epoch));
            known.copied().collect::<Vec<_>>()
        };
        let knows: Vec<Vec<EpochId>> = self.peers.iter().map(knows).collect();
        let present: Vec<Present<'_>> = self
            .peers
            .iter()
            .enumerate()
            .filter(honest)
            .map(|(index, peer)| Present {
                peer: index,
                screen: peer.screen(),
                unseen: peer.unseen.len(),
                wall: self.clock(index).wall,
                store: &peer.store,
                epoch: epochs[index],
                knows: &knows[index],
            })
            .collect();
        let awaited = self.oracle.converged(&present, all);
        for (index, wire) in self.wires.iter().enumerate() {
            // What a liar was sent, it need not give credit for.
            let calm = self.mallory.is_none() && wire.open && wire.cut_since.is_none();
            if calm && self.lives(wire) {
                self.oracle.settled(index, self.now);
            }
        }
        self.oracle.broken.clone().map_or(Ok(awaited), Err)
    }

    /// True if those at both ends are the same as when it was opened.
    fn lives(&self, wire: &crate::wire::Wire) -> bool {
        wire.ends.iter().all(|end| {
            let peer = &self.peers[end.peer];
            peer.life == end.life && peer.is_open()
        })
    }
}
