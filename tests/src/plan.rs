//! A plan: everything that happens to a room in one seed, as a list that can be shortened.
//!
//! Each step has randomness of its own, so leaving one out does not shift the others: a failing
//! plan is cut down to a short story by `shrink.rs`. What a step does is in `transition.rs`.

use engine::crypto::random::Random;

/// What can happen to a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Transition {
    /// Somebody says something.
    Say,
    /// Somebody says many things at once, of all priorities.
    Burst,
    /// Somebody pastes several hundred KiB of urgent text after a little that is not urgent.
    Flood,
    /// Pages repeat what they have not seen as a row.
    Repeat,
    /// Somebody reads what is shown.
    Read,
    /// Somebody takes another name.
    Rename,
    /// A page asks for older messages.
    Older,
    /// A device's page is opened.
    Open,
    /// A page is closed.
    Leave,
    /// A worker dies; its page lives on, or not.
    Crash,
    /// A worker is replaced by another at once, while peers hold links with the old one; the page
    /// starts anew, or goes on showing what it shows and is used.
    SecondTab,
    /// A device sleeps.
    Freeze,
    /// Two devices cannot reach each other.
    Partition,
    /// Everybody can reach everybody.
    Heal,
    /// A wire dies, and nobody is told.
    DeadWire,
    /// The server goes.
    ServerDown,
    /// The server comes back.
    ServerUp,
    /// The server turns evil, or stops being so.
    EvilServer,
    /// Somebody sits between the two ends of the next wire.
    Middleman,
    /// Frames of a stranger come over the next wire before its proof.
    Stranger,
    /// Stores are slow and fail.
    StoreFails,
    /// Stores work.
    StoreWorks,
    /// A disk is full, or has room again.
    DiskFull,
    /// A clock is set to another time.
    ClockJumps,
    /// Bytes that are no protocol arrive.
    Noise,
    /// A member alters what it sends, lies or forges.
    Byzantine,
    /// Somebody says several things that everybody sees together or not at all.
    Together,
    /// Somebody says something for later.
    Schedule,
    /// What waits for its time is replaced.
    Replace,
    /// What waits is taken back.
    Cancel,
    /// Somebody says something that goes after a while.
    Expire,
    /// A message is changed, deleted or marked.
    Annotate,
    /// Somebody says something only live.
    Live,
    /// What waits for members gets another class.
    Reclass,
    /// A device's disk goes back to an older commit, as a restored backup or a failing disk does.
    RollBack,
    /// Another device begins with a copy of somebody's disk: both are one member.
    CopyProfile,
    /// Somebody is promoted or removed, or the link changes, and with it the epoch.
    Decide,
    /// Somebody says something to one member alone.
    Whisper,
    /// Somebody says something that goes some time after its reading.
    Vanish,
    /// Somebody blocks a member, or takes that back.
    Block,
    /// What a device reads from its store fails now and then, or always.
    ReadsFail,
    /// All stores can be read.
    ReadsWork,
    /// A worker is going to die between two outputs of one input.
    Die,
    /// A device takes one message of another again and again not.
    Poison,
    /// Somebody answers a message.
    Answer,
    /// Somebody types, or stops.
    Type,
    /// What could not be delivered is offered again.
    Retry,
    /// What could not be delivered is put away.
    Dismiss,
}

const WEIGHTS: [(Transition, u64); 35] = [
    (Transition::Say, 40),
    (Transition::Burst, 6),
    (Transition::Flood, 2),
    (Transition::Repeat, 4),
    (Transition::Read, 6),
    (Transition::Rename, 3),
    (Transition::Older, 3),
    (Transition::Open, 16),
    (Transition::Leave, 5),
    (Transition::Crash, 7),
    (Transition::SecondTab, 3),
    (Transition::Freeze, 4),
    (Transition::Partition, 9),
    (Transition::Heal, 6),
    (Transition::DeadWire, 3),
    (Transition::ServerDown, 3),
    (Transition::ServerUp, 5),
    (Transition::EvilServer, 3),
    (Transition::Middleman, 2),
    (Transition::Stranger, 2),
    (Transition::StoreFails, 3),
    (Transition::StoreWorks, 5),
    (Transition::DiskFull, 3),
    (Transition::ClockJumps, 2),
    (Transition::Noise, 3),
    (Transition::Byzantine, 10),
    (Transition::Together, 6),
    (Transition::Schedule, 7),
    (Transition::Replace, 3),
    (Transition::Cancel, 5),
    (Transition::Expire, 6),
    (Transition::Annotate, 10),
    (Transition::Live, 4),
    (Transition::Reclass, 3),
    (Transition::RollBack, 2),
];

/// What no seed does by itself, and why: `cargo xtask sim` does it with `--copies`, `--decisions`,
/// `--private`, `--vanishing`, `--blocks`, `--reads`, `--deaths`,
/// `--poison`, `--answers`.
pub const LEFT_OUT: [(&str, &str); 9] = [
    (
        "cloned profile",
        "whoever was copied has two devices that write one log: they have seeds of their own",
    ),
    (
        "private messages",
        "what only two can read is compared between these two alone: they have seeds of their own",
    ),
    (
        "messages that go after they were read",
        "they are given time to go before anybody scrolls: they have seeds of their own",
    ),
    (
        "blocks and small quotas",
        "they hold up what others judge by at once: they have seeds of their own",
    ),
    (
        "reads that fail",
        "a device that cannot read its store does nothing else: they have seeds of their own",
    ),
    (
        "deaths between two outputs",
        "they come at a certain output and not at a time: they have seeds of their own",
    ),
    (
        "messages that somebody refuses without end",
        "all others are given time to come before it is taken: they have seeds of their own",
    ),
    (
        "answers, typing and what is done with the undelivered",
        "little is refused for long enough by itself: they have seeds of their own",
    ),
    ("decisions", "people who are removed miss most of what happens: they have seeds of their own"),
];

/// Decisions of a plan that has some.
const DECISIONS: usize = 8;

/// Blocks and unblockings of a plan that has some.
const BLOCKS: usize = 16;

/// Messages that go after a while, of a plan that has more of them.
const EXPIRIES: usize = 16;

/// Private messages of a plan that has some.
const WHISPERS: usize = 24;

/// Messages that go after they were read of a plan that has some, and readings.
const VANISHING: usize = 32;

/// Times at which reads begin or cease to fail, of a plan in which some do.
const READS: usize = 24;

/// Deaths between two outputs of a plan that has some.
const DEATHS: usize = 16;

/// Messages that somebody refuses of a plan that has some.
const POISONS: usize = 4;

/// Answers, typing, and what is done with trays, of a plan that has some.
const ANSWERS: usize = 48;

/// One thing that happens, and how long it is quiet afterwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// What.
    pub transition: Transition,
    /// Its own randomness: who, how much, and what follows from it until the next step.
    pub salt: u64,
    /// Milliseconds until the next step.
    pub pause: u64,
}

/// Everything that happens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The seed that it was made from; keys and the world's own randomness come from it.
    pub seed: u64,
    /// How many devices there are at first.
    pub peers: usize,
    /// The member that lies and forges, if there is one.
    pub mallory: Option<usize>,
    /// The device that is not there in the end.
    pub away: Option<usize>,
    /// What happens.
    pub steps: Vec<Step>,
}

impl Plan {
    /// The plan of a seed, for so many devices if that is given.
    #[must_use]
    pub fn of(seed: u64, peers: Option<usize>) -> Plan {
        let mut bytes = [1; 32];
        bytes[..8].copy_from_slice(&seed.to_be_bytes());
        let mut random = Random::new(bytes);
        let small = |random: &mut Random, n: u64| usize::try_from(random.below(n)).unwrap_or(0);
        let drawn = 2 + usize::try_from(seed % 4).unwrap_or(0);
        let peers = peers.unwrap_or(drawn).max(2);
        let mallory = (peers > 2 && random.below(4) == 0).then_some(peers - 1);
        let honest = peers - usize::from(mallory.is_some());
        let away = (honest > 2 && random.below(3) == 0).then(|| small(&mut random, honest as u64));
        let count = 40 + random.below(40);
        let steps = (0..count).map(|_| step(&mut random)).collect();
        Plan { seed, peers, mallory, away, steps }
    }

    /// The same plan, in which somebody's profile is copied once.
    #[must_use]
    pub fn with_copy(mut self) -> Plan {
        let mut bytes = [3; 32];
        bytes[..8].copy_from_slice(&self.seed.to_be_bytes());
        let mut random = Random::new(bytes);
        let places = u64::try_from(self.steps.len()).unwrap_or(0);
        let place = usize::try_from(random.below(places)).unwrap_or(0);
        let copy = Step { transition: Transition::CopyProfile, ..step(&mut random) };
        self.steps.insert(place, copy);
        self
    }

    /// The same plan, in which things are decided about who is in the room. No disk goes back: one
    /// that goes back behind an epoch finds the others only by their new link.
    #[must_use]
    pub fn with_decisions(mut self) -> Plan {
        let mut bytes = [4; 32];
        bytes[..8].copy_from_slice(&self.seed.to_be_bytes());
        let mut random = Random::new(bytes);
        self.steps.retain(|step| step.transition != Transition::RollBack);
        for _ in 0..DECISIONS {
            let places = u64::try_from(self.steps.len()).unwrap_or(0);
            let place = usize::try_from(random.below(places)).unwrap_or(0);
            let decision = Step { transition: Transition::Decide, ..step(&mut random) };
            self.steps.insert(place, decision);
        }
        self
    }

    /// The same plan, in which much is said to one member alone, and much is done to it.
    #[must_use]
    pub fn with_whispers(mut self) -> Plan {
        let mut bytes = [5; 32];
        bytes[..8].copy_from_slice(&self.seed.to_be_bytes());
        let mut random = Random::new(bytes);
        for number in 0..WHISPERS {
            let places = u64::try_from(self.steps.len()).unwrap_or(0);
            let place = usize::try_from(random.below(places)).unwrap_or(0);
            let transition = match number % 4 {
                3 => Transition::Annotate,
                _ => Transition::Whisper,
            };
            self.steps.insert(place, Step { transition, ..step(&mut random) });
        }
        self
    }

    /// The same plan, in which much is said that goes after it was read, and much is read. No disk
    /// goes back: words that their readers have let go do not come back to it, and what is behind
    /// them in that log waits for them.
    #[must_use]
    pub fn with_vanishing(mut self) -> Plan {
        let mut bytes = [8; 32];
        bytes[..8].copy_from_slice(&self.seed.to_be_bytes());
        let mut random = Random::new(bytes);
        self.steps.retain(|step| step.transition != Transition::RollBack);
        for number in 0..VANISHING {
            let places = u64::try_from(self.steps.len()).unwrap_or(0);
            let place = usize::try_from(random.below(places)).unwrap_or(0);
            let transition = match number % 2 {
                1 => Transition::Read,
                _ => Transition::Vanish,
            };
            self.steps.insert(place, Step { transition, ..step(&mut random) });
        }
        self
    }

    /// True if something is said in it that goes after it was read.
    #[must_use]
    pub fn vanishes(&self) -> bool {
        self.steps.iter().any(|step| step.transition == Transition::Vanish)
    }

    /// The same plan, in which more is said that goes after a while.
    #[must_use]
    pub fn with_expiries(mut self) -> Plan {
        let mut bytes = [7; 32];
        bytes[..8].copy_from_slice(&self.seed.to_be_bytes());
        let mut random = Random::new(bytes);
        for _ in 0..EXPIRIES {
            let places = u64::try_from(self.steps.len()).unwrap_or(0);
            let place = usize::try_from(random.below(places)).unwrap_or(0);
            let expire = Step { transition: Transition::Expire, ..step(&mut random) };
            self.steps.insert(place, expire);
        }
        self
    }

    /// The same plan, in which members are blocked for a while, and little of one is taken at once.
    #[must_use]
    pub fn with_blocks(mut self) -> Plan {
        let mut bytes = [6; 32];
        bytes[..8].copy_from_slice(&self.seed.to_be_bytes());
        let mut random = Random::new(bytes);
        for _ in 0..BLOCKS {
            let places = u64::try_from(self.steps.len()).unwrap_or(0);
            let place = usize::try_from(random.below(places)).unwrap_or(0);
            let block = Step { transition: Transition::Block, ..step(&mut random) };
            self.steps.insert(place, block);
        }
        self
    }

    /// The same plan, in which stores cannot be read for a while, often while they have to be.
    #[must_use]
    pub fn with_failing_reads(mut self) -> Plan {
        let mut bytes = [9; 32];
        bytes[..8].copy_from_slice(&self.seed.to_be_bytes());
        let mut random = Random::new(bytes);
        for number in 0..READS {
            let places = u64::try_from(self.steps.len()).unwrap_or(0);
            let place = usize::try_from(random.below(places)).unwrap_or(0);
            let transition = match number % 6 {
                0..3 => Transition::ReadsFail,
                3 => Transition::ReadsWork,
                4 => Transition::SecondTab,
                _ => Transition::Older,
            };
            self.steps.insert(place, Step { transition, ..step(&mut random) });
        }
        self
    }

    /// The same plan, in which workers die between two outputs of one input; their pages are opened
    /// again a step later.
    #[must_use]
    pub fn with_deaths(mut self) -> Plan {
        let mut bytes = [10; 32];
        bytes[..8].copy_from_slice(&self.seed.to_be_bytes());
        let mut random = Random::new(bytes);
        for _ in 0..DEATHS {
            let places = u64::try_from(self.steps.len()).unwrap_or(0);
            let place = usize::try_from(random.below(places)).unwrap_or(0);
            let death = Step { transition: Transition::Die, ..step(&mut random) };
            let pause = step(&mut random).pause;
            self.steps.insert(place, Step { transition: Transition::Open, pause, ..death });
            self.steps.insert(place, death);
        }
        self
    }

    /// The same plan, in which a device refuses one message of another again and again, until it
    /// does so with the next. Nobody lies, no clock is wrong and no disk goes back: whatever does
    /// not come is held up.
    #[must_use]
    pub fn with_poison(mut self) -> Plan {
        let mut bytes = [11; 32];
        bytes[..8].copy_from_slice(&self.seed.to_be_bytes());
        let mut random = Random::new(bytes);
        self.mallory = None;
        let odd = [Transition::RollBack, Transition::ClockJumps];
        self.steps.retain(|step| !odd.contains(&step.transition));
        for _ in 0..POISONS {
            let places = u64::try_from(self.steps.len()).unwrap_or(0);
            let place = usize::try_from(random.below(places)).unwrap_or(0);
            self.steps.insert(place, Step { transition: Transition::Poison, ..step(&mut random) });
        }
        self
    }

    /// The same plan, in which messages answer others, people type, and what could not be delivered
    /// is tried again or put away: somebody refuses something, so that there is any.
    #[must_use]
    pub fn with_answers(self) -> Plan {
        let mut plan = self.with_poison();
        let mut bytes = [12; 32];
        bytes[..8].copy_from_slice(&plan.seed.to_be_bytes());
        let mut random = Random::new(bytes);
        for number in 0..ANSWERS {
            let places = u64::try_from(plan.steps.len()).unwrap_or(0);
            let place = usize::try_from(random.below(places)).unwrap_or(0);
            let transition = match number % 8 {
                0 | 1 => Transition::Retry,
                2 => Transition::Dismiss,
                3..6 => Transition::Answer,
                6 => Transition::Type,
                _ => Transition::Annotate,
            };
            plan.steps.insert(place, Step { transition, ..step(&mut random) });
        }
        plan
    }

    /// True if messages answer others in it.
    #[must_use]
    pub fn answers(&self) -> bool {
        self.steps.iter().any(|step| step.transition == Transition::Answer)
    }

    /// True if nothing in it empties a tray or renames what is there: what has expired has to be
    /// listed, and nothing to be missing. Elsewhere a few seeds differ, which is not judged yet.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        let odd = [
            Transition::Answer,
            Transition::CopyProfile,
            Transition::RollBack,
            Transition::Decide,
            Transition::ReadsFail,
        ];
        self.steps.iter().all(|step| !odd.contains(&step.transition))
    }

    /// True if members are blocked in it.
    #[must_use]
    pub fn blocks(&self) -> bool {
        self.steps.iter().any(|step| step.transition == Transition::Block)
    }

    /// The same plan, with more steps until it lasts for so many milliseconds.
    #[must_use]
    pub fn lasting(mut self, life: u64) -> Plan {
        let mut bytes = [2; 32];
        bytes[..8].copy_from_slice(&self.seed.to_be_bytes());
        let mut random = Random::new(bytes);
        let mut lasts: u64 = self.steps.iter().map(|step| step.pause).sum();
        while lasts < life {
            let step = step(&mut random);
            lasts += step.pause;
            self.steps.push(step);
        }
        self
    }
}

fn step(random: &mut Random) -> Step {
    let total = WEIGHTS.iter().map(|(_, weight)| weight).sum();
    let mut at = random.below(total);
    let chosen = WEIGHTS.iter().find(|(_, weight)| {
        let here = at < *weight;
        at = at.saturating_sub(*weight);
        here
    });
    let transition = chosen.map_or(Transition::Say, |(transition, _)| *transition);
    let pause = match random.below(24) {
        0 => 400_000,
        1..6 => 8_000,
        _ => 800,
    };
    Step { transition, salt: random.u64(), pause: random.below(pause) }
}
