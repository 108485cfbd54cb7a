//! The world: peers, their stores, the wires between them, the signaling server, one clock.
//!
//! ```text
//!  Transition ─┐
//!  Happening ──┴─► heap by (time, order) ─► World::happen ─► Engine ─► outputs ─► Happenings later
//!                                              └─► Oracle after each
//! ```
//! Everything that is random comes from one seed, so a seed replays exactly (I8). How an engine is
//! driven is in `device.rs`, what the server does in `server.rs`, wires in `links.rs`.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};

use engine::crypto::hash::hash;
use engine::crypto::random::Random;
use engine::simulation::Planted;
use engine::{Now, Output, RoomRecord, StoreOp, Table};
use signaling::{ConnectionId, Rooms};

use crate::fault::{Bug, Fault};
use crate::oracle::{Broken, Oracle};
use crate::peer::{Happening, Peer};
use crate::server::Evil;
use crate::stories::poison::Poison;
use crate::switch;
use crate::wire::Wire;

/// How a world misbehaves while faults are on.
#[derive(Clone, Copy, Debug, Default)]
pub struct Weather {
    /// One commit in so many fails; none at 0.
    pub failing_commits: u64,
    /// Milliseconds that a commit takes at most.
    pub slow_commits: u64,
}

impl Weather {
    /// Stores that work.
    pub const FAIR: Weather = Weather { failing_commits: 0, slow_commits: 10 };
}

/// Everything.
pub struct World {
    /// The devices.
    pub peers: Vec<Peer>,
    pub(crate) wires: Vec<Wire>,
    pub(crate) offers: BTreeMap<String, (crate::wire::End, u64)>,
    pub(crate) partitions: BTreeSet<(usize, usize)>,
    pub(crate) rooms: Rooms,
    pub(crate) server_up: bool,
    pub(crate) evil: Evil,
    pub(crate) addresses: BTreeMap<ConnectionId, (usize, u32)>,
    pub(crate) next_connection: u64,
    heap: BinaryHeap<Reverse<(u64, u64, Keyed)>>,
    order: u64,
    /// Milliseconds since the beginning.
    pub now: u64,
    pub(crate) random: Random,
    seed: u64,
    /// What goes wrong by itself.
    pub weather: Weather,
    /// The oracle.
    pub oracle: Oracle,
    /// Something that is wrong on purpose, which the oracle has to find.
    pub fault: Option<Fault>,
    /// Devices that began with a copy of another one's disk.
    pub(crate) copies: usize,
    /// Members are blocked.
    pub(crate) blocks: bool,
    /// Things are said that go after they were read.
    pub(crate) vanishing: bool,
    /// What one device refuses.
    pub(crate) poison: Option<Poison>,
    /// Messages answer others, and what is in trays is dealt with.
    pub(crate) answers: bool,
    /// The member that lies and forges, and how it does so now.
    pub(crate) mallory: Option<usize>,
    pub(crate) mischief: Vec<crate::mallory::Mischief>,
    /// Frames that it may still make up.
    pub(crate) inventions: u32,
    /// Frames that it has heard, to be repeated.
    pub(crate) heard: Vec<engine::frame::Frame>,
    /// The other version of an entry that it has made up.
    pub(crate) forged: Vec<u8>,
    /// What waits for the next wire to open.
    pub(crate) middleman: bool,
    pub(crate) stranger: bool,
    /// What happened, for whoever reads a failure.
    pub journal: Vec<String>,
    /// Whether there is a trace.
    pub(crate) traced: bool,
    trace: [u8; 32],
    /// How many happenings there were.
    pub steps: u64,
}

/// A happening in the heap: ordered by time and number alone.
struct Keyed(Happening);

impl PartialEq for Keyed {
    fn eq(&self, _: &Keyed) -> bool {
        true
    }
}
impl Eq for Keyed {}
impl PartialOrd for Keyed {
    fn partial_cmp(&self, other: &Keyed) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Keyed {
    fn cmp(&self, _: &Keyed) -> std::cmp::Ordering {
        std::cmp::Ordering::Equal
    }
}

fn stream(purpose: u8, seed: u64, salt: u64) -> Random {
    let mut bytes = [purpose; 32];
    bytes[..8].copy_from_slice(&seed.to_be_bytes());
    bytes[8..16].copy_from_slice(&salt.to_be_bytes());
    Random::new(bytes)
}

impl World {
    /// A world with so many devices of one room, none of them open yet.
    #[must_use]
    pub fn new(seed: u64, peers: usize) -> World {
        let mut random = stream(0, seed, 0);
        let founder = RoomRecord::create(&random.bytes());
        let mut records = vec![founder.clone()];
        for _ in 1..peers {
            records.push(RoomRecord::join(&founder.invite(), &random.bytes()));
        }
        let oracle = Oracle::new(&records);
        let peers = records.iter().map(|record| Peer::new(record.encode())).collect();
        World {
            peers,
            wires: Vec::new(),
            offers: BTreeMap::new(),
            partitions: BTreeSet::new(),
            rooms: Rooms::new(random.bytes()),
            server_up: true,
            evil: Evil::default(),
            addresses: BTreeMap::new(),
            next_connection: 0,
            heap: BinaryHeap::new(),
            order: 0,
            now: 1_000,
            random,
            seed,
            weather: Weather::FAIR,
            oracle,
            fault: None,
            copies: 0,
            blocks: false,
            vanishing: false,
            poison: None,
            answers: false,
            mallory: None,
            mischief: Vec::new(),
            inventions: 0,
            heard: Vec::new(),
            forged: Vec::new(),
            middleman: false,
            stranger: false,
            journal: Vec::new(),
            traced: true,
            trace: [0; 32],
            steps: 0,
        }
    }

    /// From now on all that is random comes from this step's own stream.
    pub(crate) fn begin_step(&mut self, salt: u64) {
        self.random = stream(2, self.seed, salt);
    }

    /// A number below `n`, at least 0.
    pub fn below(&mut self, n: u64) -> u64 {
        self.random.below(n.max(1))
    }

    pub(crate) fn pick(&mut self, n: usize) -> usize {
        let n = u64::try_from(n).unwrap_or(0);
        usize::try_from(self.below(n)).unwrap_or(0)
    }

    /// A hash of all outputs so far: two runs of one seed have the same (I8).
    #[must_use]
    pub fn trace(&self) -> [u8; 32] {
        self.trace
    }

    pub(crate) fn trace_on(&mut self, peer: usize, output: &Output) {
        if !self.traced {
            return;
        }
        let Output::Commit { batch, ops, durability } = output else {
            let text = format!("{peer} {output:?}");
            self.trace = hash("confab/1/trace", &[&self.trace, text.as_bytes()]);
            return;
        };
        // Bytes as they are: to write them out costs more than all the rest.
        let text = format!("{peer} {batch:?} {durability:?}");
        let mut parts: Vec<&[u8]> = vec![&self.trace, text.as_bytes()];
        for op in ops {
            match op {
                StoreOp::Put(table, key, value) => parts.extend([b"+", name(*table), key, value]),
                StoreOp::Delete(table, key) => parts.extend([b"-", name(*table), key]),
            }
        }
        self.trace = hash("confab/1/trace", &parts);
    }

    pub(crate) fn note(&mut self, what: impl std::fmt::Display) {
        self.journal.push(format!("{:>7} {what}", self.now));
    }

    pub(crate) fn later(&mut self, delay: u64, happening: Happening) {
        self.order += 1;
        self.heap.push(Reverse((self.now + delay, self.order, Keyed(happening))));
    }

    pub(crate) fn seed(&self) -> u64 {
        self.seed
    }

    /// The batch that one life of a device has given to its store and has no answer for, if there
    /// is one: the first of them.
    pub(crate) fn pending_commit(&self, peer: usize, life: u32) -> Option<Output> {
        let is = |happening: &&Happening| {
            let Happening::Commit(at, of, _) = happening else { return false };
            (*at, *of) == (peer, life)
        };
        let slept = self.peers[peer].frozen.iter().flatten().find(is);
        let waits = self.heap.iter().map(|Reverse((time, order, Keyed(it)))| (time, order, it));
        let waits = waits.filter(|(.., it)| is(it)).min_by_key(|(time, order, _)| (*time, *order));
        let commit = slept.or_else(|| waits.map(|(.., it)| it))?;
        let Happening::Commit(_, _, output) = commit else { return None };
        Some(output.clone())
    }

    pub(crate) fn clock(&self, peer: usize) -> Now {
        let wall = 1_790_000_000_000 + self.now;
        Now { mono: self.now, wall: wall.saturating_add_signed(self.peers[peer].wall_skew) }
    }

    pub(crate) fn has_bug(&self, bug: Bug) -> bool {
        self.fault == Some(Fault::World(bug))
    }

    /// The faults that are planted in one peer's engine. A liar's is greedy only in quick seeds:
    /// in a browser nothing can be planted, and the others run there, too (I8).
    pub(crate) fn planted(&self, peer: usize) -> Vec<Planted> {
        let common = match self.fault {
            Some(Fault::Engine(planted)) => Some(planted),
            Some(Fault::World(_)) | None => None,
        };
        let greedy = switch::is_quick() && self.mallory == Some(peer) && self.greedy();
        common.into_iter().chain(greedy.then_some(Planted::CreditIgnoredBySender)).collect()
    }

    /// Lets time pass, or stops at a broken promise.
    ///
    /// # Errors
    /// The first promise that was broken.
    pub fn pass(&mut self, millis: u64) -> Result<(), Broken> {
        let end = self.now + millis;
        while let Some(Reverse((time, _, _))) = self.heap.peek() {
            if *time > end {
                break;
            }
            let Some(Reverse((time, _, Keyed(happening)))) = self.heap.pop() else { break };
            self.now = self.now.max(time);
            self.steps += 1;
            self.happen(happening);
            if let Some(broken) = &self.oracle.broken {
                return Err(broken.clone());
            }
        }
        self.now = end;
        self.oracle.hears_in_time(self.now);
        self.oracle.broken.clone().map_or(Ok(()), Err)
    }

    /// The peer and life that a happening belongs to, if it does.
    fn owner(happening: &Happening) -> Option<(usize, u32)> {
        match happening {
            Happening::Input(peer, life, _)
            | Happening::Commit(peer, life, _)
            | Happening::Scan(peer, life, _)
            | Happening::Socket(peer, life)
            | Happening::Scroll(peer, life)
            | Happening::Tick(peer, life) => Some((*peer, *life)),
            Happening::Serve(..)
            | Happening::Deliver(..)
            | Happening::Drop(_)
            | Happening::Open(_)
            | Happening::Arrive(..)
            | Happening::Left(..)
            | Happening::Notice(..)
            | Happening::Thaw(_) => None,
        }
    }

    pub(crate) fn happen(&mut self, happening: Happening) {
        if let Some((peer, life)) = World::owner(&happening) {
            let device = &mut self.peers[peer];
            if device.life != life || device.engine.is_none() {
                return;
            }
            if let Some(frozen) = &mut device.frozen {
                return frozen.push(happening);
            }
        }
        match happening {
            Happening::Input(peer, _, input) => self.feed(peer, input),
            Happening::Commit(peer, _, output) => self.finish_commit(peer, output),
            Happening::Scan(peer, _, scan) => self.answer_scan(peer, &scan),
            Happening::Tick(peer, _) => self.tick(peer),
            Happening::Scroll(peer, _) => self.command(peer, engine::Command::LoadOlder),
            Happening::Socket(peer, life) => self.open_socket(peer, life),
            Happening::Serve(connection, message) => self.serve(connection, message),
            Happening::Deliver(connection, message) => self.deliver_now(connection, message),
            Happening::Drop(connection) => self.drop_connection(connection),
            Happening::Open(wire) => self.open_wire(wire),
            Happening::Arrive(wire, side) => self.arrive(wire, side),
            Happening::Left(wire, side, bytes) => self.left(wire, side, bytes),
            Happening::Notice(wire, since) => self.notice(wire, since),
            Happening::Thaw(peer) => self.thaw(peer),
        }
    }
}

fn name(table: Table) -> &'static [u8] {
    match table {
        Table::Rooms => b"rooms",
        Table::Runs => b"runs",
        Table::Timeline => b"timeline",
        Table::Projections => b"projections",
        Table::State => b"state",
    }
}
