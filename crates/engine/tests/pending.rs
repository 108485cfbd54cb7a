//! A million messages that wait for somebody cost no more memory than a few: they are in the
//! store, and only a window of them is in memory. Measured on both sides, by an allocator that
//! counts: what an engine holds and what it takes on the way, with its inputs and its outputs
//! until they are carried out, but without what lies in its store.
//!
//! The long ones are run by themselves:
//! `cargo test -p engine --test pending -- --ignored --nocapture`.
#![expect(clippy::unwrap_used, reason = "a test stops where it is wrong")]
#![expect(clippy::print_stdout, reason = "the figures are what the long ones are run for")]

mod driver;

use std::sync::Mutex;

use driver::{Tables, World, founder, guest, read};
use engine::log::run::Run;
use engine::{Channel, Command, Event, Input, LinkId, Output, Priority, StoreOp, Table, limits};
use peak_alloc::PeakAlloc;

#[global_allocator]
static ALLOCATED: PeakAlloc = PeakAlloc;
/// All that is allocated is counted: one test at a time.
static ONE: Mutex<()> = Mutex::new(());

/// Bytes that are one peer's, now and at most.
#[derive(Clone, Copy, Default)]
struct Gauge {
    now: usize,
    most: usize,
}

impl Gauge {
    /// Counts what is taken and given back meanwhile.
    fn watch<T>(&mut self, work: impl FnOnce() -> T) -> T {
        let before = ALLOCATED.current_usage();
        ALLOCATED.reset_peak_usage();
        let done = work();
        let most = ALLOCATED.peak_usage().saturating_sub(before);
        self.most = self.most.max(self.now + most);
        self.now = (self.now + ALLOCATED.current_usage()).saturating_sub(before);
        done
    }
}

/// Peers whose memory is watched.
struct Watched {
    world: World,
    gauges: Vec<Gauge>,
    /// Messages of the first that nobody else holds, as it tells its page.
    pending: u64,
}

impl Watched {
    fn command(&mut self, peer: usize, command: Command) {
        let now = self.world.clock();
        let engine = &mut self.world.peers[peer].engine;
        self.gauges[peer].watch(|| engine.command(command, now));
    }

    /// Carries out what there is to do, until nothing is left.
    fn run(&mut self) {
        while (0..self.gauges.len()).fold(false, |worked, peer| self.step(peer) | worked) {}
    }

    fn step(&mut self, index: usize) -> bool {
        let (now, mut worked) = (self.world.clock(), false);
        loop {
            let engine = &mut self.world.peers[index].engine;
            let Some(output) = self.gauges[index].watch(|| engine.poll_output()) else { break };
            self.carry_out(index, output);
            worked = true;
        }
        let ends = self.world.wires.iter().filter(|((peer, _), _)| *peer == index);
        let ends: Vec<_> = ends.map(|((_, link), other)| (*link, *other)).collect();
        for (link, other) in ends {
            for channel in Channel::ALL {
                worked |= self.transmit((index, link), channel, other);
            }
        }
        if let Some(input) = self.world.peers[index].inputs.pop_front() {
            let engine = &mut self.world.peers[index].engine;
            self.gauges[index].watch(|| engine.handle(input, now));
            worked = true;
        }
        worked
    }

    /// What was one's is the other's from then on.
    fn transmit(
        &mut self,
        (from, link): (usize, LinkId),
        channel: Channel,
        (to, theirs): (usize, LinkId),
    ) -> bool {
        let (now, engine) = (self.world.clock(), &mut self.world.peers[from].engine);
        let frame = self.gauges[from].watch(|| engine.poll_transmit(link, channel, now));
        let Some(bytes) = frame else { return false };
        self.gauges[from].now -= bytes.capacity();
        self.gauges[to].now += bytes.capacity();
        self.gauges[to].most = self.gauges[to].most.max(self.gauges[to].now);
        let frame = Input::Frame { link: theirs, channel, bytes };
        self.world.peers[to].inputs.push_back(frame);
        true
    }

    fn carry_out(&mut self, index: usize, output: Output) {
        let (gauge, peer) = (&mut self.gauges[index], &mut self.world.peers[index]);
        match output {
            Output::Commit { batch, ops, .. } => {
                for op in &ops {
                    match op.clone() {
                        StoreOp::Put(table, key, value) => peer.store.insert((table, key), value),
                        StoreOp::Delete(table, key) => peer.store.remove(&(table, key)),
                    };
                }
                gauge.watch(|| drop(ops));
                peer.inputs.push_back(Input::Committed(batch));
            }
            Output::Scan(scan) => gauge.watch(|| {
                let records = Ok(read(&peer.store, &scan));
                peer.inputs.push_back(Input::Scanned(scan.scan, records));
            }),
            Output::Event(event) => {
                if let (0, Event::Pending(pending)) = (index, &event) {
                    self.pending = *pending;
                }
                gauge.watch(|| drop(event));
            }
            output @ (Output::Signal(_) | Output::Rtc { .. }) => {
                self.world.carry_out(index, output);
            }
        }
    }

    /// Opens an engine on a store; what it takes is counted from the beginning.
    fn start(&mut self, record: engine::RoomRecord, store: Tables) -> usize {
        self.gauges.push(Gauge::default());
        let peer = self.gauges.len() - 1;
        let world = &mut self.world;
        self.gauges[peer].watch(|| world.start(record, store));
        self.run();
        peer
    }
}

/// The most memory that was taken, in bytes.
#[derive(Debug)]
struct Most {
    /// By the author, while it writes and nobody is there.
    writing: usize,
    /// By the author, once it is started again, until all has been delivered.
    sending: usize,
    /// By the other, until it has all of it.
    receiving: usize,
}

fn most(entries: usize, priority: fn(usize) -> Priority) -> Most {
    let mut watched = Watched { world: World::new(), gauges: vec![], pending: 0 };
    let author = watched.start(founder(), Tables::new());
    for n in 0..entries {
        let draft = watched.world.draft(author, "a short one", priority(n));
        watched.command(author, Command::Send(draft));
        if n % 1_000 == 999 {
            watched.run();
        }
    }
    watched.run();
    assert_eq!(watched.pending, u64::try_from(entries).unwrap(), "all of them wait");
    let (writing, store) = (watched.gauges[author].most, watched.world.stop(author));

    let mut watched = Watched { world: World::new(), gauges: vec![], pending: 0 };
    let author = watched.start(founder(), store);
    let other = watched.start(guest(1), Tables::new());
    for peer in [author, other] {
        watched.world.connect(peer);
        watched.run();
    }
    for _ in 0..10_000 {
        if watched.pending == 0 {
            break;
        }
        watched.world.now += 100;
        watched.world.peers.iter_mut().for_each(|peer| peer.inputs.push_back(Input::Tick));
        watched.run();
    }
    assert_eq!((watched.pending, held(&watched.world, other)), (0, entries), "all has come");
    let [sending, receiving] = [author, other].map(|peer| watched.gauges[peer].most);
    Most { writing, sending, receiving }
}

/// Entries that a device has stored.
fn held(world: &World, peer: usize) -> usize {
    let (room, store) = (world.peers[peer].engine.room(), &world.peers[peer].store);
    let runs = store.iter().filter(|((table, _), _)| *table == Table::Runs);
    runs.map(|(_, bytes)| Run::verify(&room, bytes).unwrap().entries.len()).sum()
}

/// More messages take no more memory, on either side, than fewer that fill the window; but for so
/// much.
fn flat(few: usize, many: usize, priority: fn(usize) -> Priority, but: usize) {
    let _alone = ONE.lock().unwrap();
    assert!(few > limits::WINDOW_ROWS);
    let [fewer, more] = [few, many].map(|entries| most(entries, priority));
    println!("{few} pending: {fewer:?}\n{many} pending: {more:?}");
    let pairs = [
        ("writing", fewer.writing, more.writing),
        ("sending", fewer.sending, more.sending),
        ("receiving", fewer.receiving, more.receiving),
    ];
    for (who, fewer, more) in pairs {
        assert!(more <= fewer + but, "{who}: {fewer} and then {more} bytes");
        assert!(more < 3 * limits::WINDOW_BYTES, "{who}: {more} bytes");
    }
}

fn normal(_: usize) -> Priority {
    Priority::Normal
}

fn of_all(n: usize) -> Priority {
    [Priority::Normal, Priority::Urgent, Priority::Low][n % 3]
}

#[test]
fn i6_what_is_pending_costs_memory_for_a_window_of_it_on_both_sides() {
    flat(20_000, 50_000, normal, 256 * 1024);
}

#[test]
#[ignore = "a million messages: a minute and more, by itself"]
fn i6_a_million_pending_cost_no_more_memory_than_two_hundred_thousand() {
    flat(200_000, 1_000_000, normal, 1024 * 1024);
}

#[test]
#[ignore = "a million messages: a minute and more, by itself"]
fn i6_a_million_pending_of_all_priorities_cost_no_more_memory_than_two_hundred_thousand() {
    flat(200_000, 1_000_000, of_all, 1024 * 1024);
}
