//! One seed: a random life of a room, then calm, then agreement.
//!
//! Faults last for a minute or so of simulated time; then everything heals, every page is open,
//! and within 60 seconds all members agree (I9).

use engine::Priority;

use crate::bug::Bug;
use crate::oracle::Broken;
use crate::world::{Weather, World};

/// How long after the last fault everybody has to agree, in milliseconds.
pub const CALM: u64 = 60_000;

/// What can happen to a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Transition {
    Say,
    Burst,
    Open,
    Leave,
    Crash,
    Freeze,
    Partition,
    Heal,
    ServerDown,
    ServerUp,
    StoreFails,
    StoreWorks,
    ClockJumps,
    Noise,
}

const WEIGHTS: [(Transition, u64); 14] = [
    (Transition::Say, 40),
    (Transition::Burst, 6),
    (Transition::Open, 14),
    (Transition::Leave, 5),
    (Transition::Crash, 7),
    (Transition::Freeze, 4),
    (Transition::Partition, 6),
    (Transition::Heal, 6),
    (Transition::ServerDown, 3),
    (Transition::ServerUp, 5),
    (Transition::StoreFails, 3),
    (Transition::StoreWorks, 5),
    (Transition::ClockJumps, 2),
    (Transition::Noise, 3),
];

/// What a seed came to.
#[derive(Debug)]
pub struct Outcome {
    /// The first promise that was broken.
    pub broken: Option<Broken>,
    /// What happened, line by line.
    pub journal: Vec<String>,
    /// A hash of everything that all engines put out.
    pub trace: [u8; 32],
    /// How many happenings there were.
    pub steps: u64,
    /// How many messages were said.
    pub said: u32,
}

/// Runs one seed, with a planted bug if one is given.
#[must_use]
pub fn run(seed: u64, bug: Option<Bug>) -> Outcome {
    let peers = 2 + usize::try_from(seed % 4).unwrap_or(0);
    let mut world = World::new(seed, peers);
    world.bug = bug;
    let broken = live(&mut world).and_then(|()| world.calm()).err();
    let said = world.peers.iter().map(|peer| peer.said).sum();
    let (trace, steps) = (world.trace(), world.steps);
    Outcome { broken, journal: world.journal, trace, steps, said }
}

fn live(world: &mut World) -> Result<(), Broken> {
    world.open(0);
    world.open(1);
    let transitions = 40 + world.below(40);
    for _ in 0..transitions {
        let total = WEIGHTS.iter().map(|(_, weight)| weight).sum();
        let mut at = world.below(total);
        let chosen = WEIGHTS.iter().find(|(_, weight)| {
            let here = at < *weight;
            at = at.saturating_sub(*weight);
            here
        });
        if let Some((transition, _)) = chosen {
            world.transition(*transition);
        }
        let pause = if world.below(4) == 0 { 8_000 } else { 800 };
        let pause = world.below(pause);
        world.pass(pause)?;
    }
    Ok(())
}

impl World {
    fn someone(&mut self) -> usize {
        usize::try_from(self.below(self.peers.len() as u64)).unwrap_or(0)
    }

    fn transition(&mut self, transition: Transition) {
        let peer = self.someone();
        match transition {
            Transition::Say => {
                let priority = Priority::ALL[usize::try_from(self.below(3)).unwrap_or(0)];
                let length = if self.below(6) == 0 { self.below(20_000) } else { self.below(200) };
                self.say(peer, priority, usize::try_from(length).unwrap_or(0));
            }
            Transition::Burst => {
                for _ in 0..self.below(60) {
                    self.say(peer, Priority::Normal, 20);
                }
            }
            Transition::Open => self.open(peer),
            Transition::Leave => {
                self.end(peer, true);
                self.forget_at_close(peer);
            }
            Transition::Crash => self.end(peer, false),
            Transition::Freeze => self.freeze(peer),
            Transition::Partition => {
                let other = self.someone();
                self.part(peer, other);
            }
            Transition::Heal => self.heal(),
            Transition::ServerDown => self.server(false),
            Transition::ServerUp => self.server(true),
            Transition::StoreFails => {
                self.note("stores fail");
                self.weather = Weather { failing_commits: 3, slow_commits: 400 };
            }
            Transition::StoreWorks => {
                self.weather = Weather { failing_commits: 0, slow_commits: 10 };
            }
            Transition::ClockJumps => {
                let skew = i64::try_from(self.below(200_000_000)).unwrap_or(0) - 100_000_000;
                self.peers[peer].wall_skew = skew;
            }
            Transition::Noise => self.noise(peer),
        }
    }

    fn forget_at_close(&mut self, peer: usize) {
        if self.bug == Some(Bug::ForgetAtClose) {
            self.peers[peer].store = crate::store::Store::default();
        }
    }

    /// Everything heals and every page is open; a minute later everybody agrees.
    ///
    /// # Errors
    /// The first promise that was broken.
    pub fn calm(&mut self) -> Result<(), Broken> {
        self.note("calm");
        self.weather = Weather { failing_commits: 0, slow_commits: 10 };
        self.server(true);
        self.heal();
        for peer in 0..self.peers.len() {
            if self.peers[peer].frozen.is_some() {
                self.thaw_now(peer);
            }
            self.open(peer);
        }
        self.pass(CALM)?;
        self.judge()
    }
}
