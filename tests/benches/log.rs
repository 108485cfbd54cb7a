//! Runs and sets: what signing, verifying, encoding and comparing cost.
//!
//! A run has at most 256 entries, so 1,000 entries are four runs of 250 and a history of 100,000
//! is 391 runs; the same history said one message at a time is 100,000 runs of one.
#![expect(clippy::unwrap_used, reason = "a bench stops where it is wrong")]

use std::collections::{BTreeMap, BTreeSet};
use std::hint::black_box;
use std::time::Duration;

use criterion::{BatchSize, BenchmarkId, Criterion, criterion_group, criterion_main};
use engine::crypto::{keys::EpochKeys, random::Random, sign::Keypair};
use engine::limits::RUN_ENTRIES;
use engine::log::entry::{Content, Header, Kind, Place, body_hash};
use engine::log::have::{LogHave, PeerHave, missing};
use engine::log::ranges::RangeSet;
use engine::log::run::{Run, Start, Unsigned};
use engine::log::{LogState, Logs};
use engine::{EntryHash, EpochId, Incarnation, LogId, Priority, RoomId};

const ROOM: RoomId = RoomId([3; 32]);
const CLASS: Priority = Priority::Normal;
/// A full room, and a small one beside it.
const MEMBERS: [u8; 2] = [50, 10];

/// Who writes a log.
struct Author {
    keypair: Keypair,
    keys: EpochKeys,
    random: Random,
    log: LogId,
    head: (u64, EntryHash),
}

impl Author {
    fn new(seed: u8) -> Author {
        let keypair = Keypair::from_seed(&[seed; 32]);
        let log = LogId { member: keypair.member(), incarnation: Incarnation([seed; 16]) };
        let keys = EpochKeys::derive(&ROOM, &EpochId::FIRST, &[5; 32]);
        let random = Random::new([seed; 32]);
        Author { keypair, keys, random, log, head: (0, EntryHash::NONE) }
    }

    fn start(&self) -> Start {
        let (first, previous) = self.head;
        Start { room: ROOM, log: self.log, first, previous, epoch: EpochId::FIRST, class: CLASS }
    }

    /// Seals so many short messages.
    fn seal(&mut self, count: usize) -> Vec<Unsigned> {
        let (first, log) = (self.head.0, self.log);
        (first..).take(count).map(|seq| self.entry(&log, seq)).collect()
    }

    fn entry(&mut self, log: &LogId, seq: u64) -> Unsigned {
        let place = Place { room: &ROOM, log, seq, epoch: &EpochId::FIRST, class: CLASS };
        let content = Content::Text(format!("message {seq}, about as long as people write"));
        let (kind, lamport) = (Kind::MESSAGE, seq + 1);
        let body = place.seal_body(kind, lamport, &content, &self.keys, &mut self.random);
        let (body_len, body_hash) = (u32::try_from(body.len()).unwrap(), body_hash(&body));
        let (wall, expiry, target, group) = (1_700_000_000_000, None, None, None);
        let header = Header { kind, lamport, wall, expiry, target, group, body_len, body_hash };
        Unsigned { header, body }
    }

    fn say(&mut self, count: usize) -> Run {
        let (start, entries) = (self.start(), self.seal(count));
        let run = Run::sign(&start, entries, &self.keypair);
        self.head = (run.last() + 1, run.head());
        run
    }

    /// Runs of at most so many entries.
    fn history(&mut self, entries: usize, run: usize) -> Vec<Vec<u8>> {
        let mut runs = Vec::new();
        let mut left = entries;
        while left > 0 {
            let count = left.min(run);
            runs.push(self.say(count).bytes().to_vec());
            left -= count;
        }
        runs
    }
}

/// What a receiver does with runs: verify, compare with what it holds, take in.
fn take_in(runs: &[Vec<u8>]) -> LogState {
    let mut state = LogState::default();
    for bytes in runs {
        let run = Run::verify(&ROOM, bytes).unwrap();
        state.fit(&run).unwrap();
        state.insert(&run);
    }
    state
}

fn runs(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("run");
    for (entries, of) in [(1, 1), (10, 10), (1_000, 250)] {
        let mut author = Author::new(1);
        let sealed: Vec<(Start, Vec<Unsigned>)> =
            (0..entries / of).map(|_| (author.start(), author.seal(of))).collect();
        let keypair = Keypair::from_seed(&[1; 32]);
        group.bench_function(BenchmarkId::new("seal", entries), |bencher| {
            bencher.iter(|| black_box(author.seal(entries)));
        });
        group.bench_function(BenchmarkId::new("sign", entries), |bencher| {
            let sign = |(start, entries)| Run::sign(&start, entries, &keypair);
            let all = |sealed: Vec<_>| sealed.into_iter().map(sign).collect::<Vec<_>>();
            bencher.iter_batched(|| sealed.clone(), all, BatchSize::LargeInput);
        });
        let history = Author::new(1).history(entries, of);
        group.bench_function(BenchmarkId::new("verify", entries), |bencher| {
            bencher.iter(|| black_box(take_in(&history)));
        });
        // What is left of a run without its first entry is encoded anew: each has one more.
        let longer = Author::new(1).history(entries + entries / of, of + 1);
        let runs: Vec<Run> = longer.iter().map(|run| Run::verify(&ROOM, run).unwrap()).collect();
        group.bench_function(BenchmarkId::new("encode", entries), |bencher| {
            let encode = |run: Run| {
                let (from, last) = (run.first + 1, run.last());
                let rest = run.suffix(from);
                assert_eq!((rest.first, rest.last()), (from, last), "nothing was encoded");
                rest
            };
            let all = |runs: Vec<Run>| runs.into_iter().map(encode).collect::<Vec<_>>();
            bencher.iter_batched(|| runs.clone(), all, BatchSize::LargeInput);
        });
    }
    group.finish();
}

fn backfill(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("backfill");
    group.sample_size(10).measurement_time(Duration::from_secs(10));
    for (name, of) in [("runs-of-256", RUN_ENTRIES), ("runs-of-1", 1)] {
        let history = Author::new(1).history(100_000, of);
        group.bench_function(BenchmarkId::new(name, 100_000), |bencher| {
            bencher.iter(|| black_box(take_in(&history)));
        });
    }
    group.finish();
}

fn sets(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("ranges");
    // Two sets full of holes that interleave: nothing joins until all of it does.
    let holes =
        |from: u64| RangeSet::from_ranges((from..).step_by(200).map(|at| (at, at + 98)).take(256));
    let (even, odd) = (holes(0), holes(100));
    group.bench_function("union", |bencher| {
        bencher.iter_batched(
            || even.clone(),
            |mut set| {
                set.union(&odd);
                set
            },
            BatchSize::SmallInput,
        );
    });
    let seqs = |set: &RangeSet| -> BTreeSet<u64> {
        set.ranges().iter().flat_map(|(first, last)| *first..=*last).collect()
    };
    let (even, odd) = (seqs(&even), seqs(&odd));
    group.bench_function("union-one-by-one", |bencher| {
        bencher.iter_batched(
            || even.clone(),
            |mut set| {
                set.extend(&odd);
                set
            },
            BatchSize::SmallInput,
        );
    });
    group.finish();
}

/// Everybody in a room tells what it holds of everybody's logs; one of them compares.
fn have_and_want(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("have-want");
    for members in MEMBERS {
        let mut mine = Logs::default();
        let mut haves: Vec<LogHave> = Vec::new();
        for seed in 1..=members {
            let mut author = Author::new(seed);
            let mut state = LogState::default();
            state.insert(&author.say(4));
            let (old, run) = (state.clone(), author.say(4));
            mine.put(author.log, old);
            state.insert(&run);
            haves.push(state.have(author.log));
        }
        let learn = || -> Vec<PeerHave> {
            let peer = |_| {
                let mut peer = PeerHave::default();
                for have in &haves {
                    peer.learn(have);
                }
                peer
            };
            (0..members).map(peer).collect()
        };
        group.bench_function(BenchmarkId::new("learn", members), |bencher| {
            bencher.iter(|| black_box(learn()));
        });
        let peers = learn();
        let coming = BTreeMap::new();
        assert_eq!(missing(peers.iter(), &mine, &coming).len(), usize::from(members));
        group.bench_function(BenchmarkId::new("missing", members), |bencher| {
            bencher.iter(|| black_box(missing(peers.iter(), &mine, &coming)));
        });
    }
    group.finish();
}

criterion_group!(benches, runs, backfill, sets, have_and_want);
criterion_main!(benches);
