//! What a passphrase adds to storing and reading one value of 4 KiB, which is only copied without
//! one: sealing and opening it, beside the copy, and beside one hash over it.
#![expect(clippy::unwrap_used, reason = "a bench stops where it is wrong")]

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use engine::Table;
use engine::crypto::hash::hash;
use engine::crypto::random::Random;
use engine::room::vault::{DeviceKey, Note, Phase, Stored, Vault};

const BYTES: usize = 4 * 1024;

fn sealing(criterion: &mut Criterion) {
    let note = Note { phase: Phase::Sealed, idle_minutes: 0 };
    let vault = Vault::new(DeviceKey::draw(&mut Random::new([1; 32])), note);
    let (key, value) = ([7; 88], vec![5; BYTES]);
    let at = (Table::Runs, key.as_slice());
    let Stored::Sealed(sealed) = vault.put(at, &value, [3; 24]) else { return };
    let mut group = criterion.benchmark_group("vault");
    group.bench_function("copy", |bench| bench.iter(|| black_box(&value).clone()));
    group.bench_function("hash", |bench| bench.iter(|| hash("bench", &[black_box(&value)])));
    group.bench_function("seal", |bench| {
        bench.iter(|| vault.put(at, black_box(&value), [3; 24]));
    });
    group.bench_function("open", |bench| {
        bench.iter(|| vault.get(at, Stored::Sealed(black_box(&sealed).clone())).unwrap());
    });
    group.finish();
}

criterion_group!(benches, sealing);
criterion_main!(benches);
