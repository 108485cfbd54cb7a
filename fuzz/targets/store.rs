//! What lies on a device's disk: one record of a whole database is something else than was stored.
//! The room opens all the same, says what it says to its end, and takes new words.
//!
//! The first two bytes choose the record, the third how the others change it: they are its value,
//! or changes to its value or its key (where, in two bytes, and what to flip there).
#![no_main]
use std::collections::{BTreeMap, VecDeque};
use std::sync::LazyLock;

use engine::log::checked;
use engine::{
    Body, Command, Draft, DraftId, Engine, Event, Input, Now, Output, Priority, RoomRecord,
    RowState, StoreOp, Table,
};

type Tables = BTreeMap<(Table, Vec<u8>), Vec<u8>>;

/// The golden databases of the newest version.
static DATABASES: LazyLock<[(RoomRecord, Tables); 2]> = LazyLock::new(|| {
    let [plain, ruled]: [&[u8]; 2] = [
        include_bytes!("../../crates/engine/tests/databases/2/database"),
        include_bytes!("../../crates/engine/tests/databases/2-ruled/database"),
    ];
    [read(plain), read(ruled)]
});

fn read(bytes: &[u8]) -> (RoomRecord, Tables) {
    type Records = Vec<(Table, Vec<u8>, Vec<u8>)>;
    let (record, records): (Vec<u8>, Records) = postcard::from_bytes(bytes).unwrap();
    let records = records.into_iter().map(|(table, key, value)| {
        // As this build stores them: what older ones stored has no check.
        let checked = table == Table::Projections && b"lmg".contains(&key[32]);
        let value = if checked { checked::seal(&key, value) } else { value };
        ((table, key), value)
    });
    (RoomRecord::decode(&record).unwrap(), records.collect())
}

/// More than any of these databases gives to do.
const STEPS: u32 = 20_000;
const DAY: u64 = 24 * 60 * 60 * 1_000;
const MINUTE: u64 = 60 * 1_000;

struct Device {
    engine: Engine,
    store: Tables,
    inputs: VecDeque<Input>,
    now: u64,
    steps: u32,
    /// The states in which the new words were shown, newest last.
    shown: Vec<RowState>,
}

impl Device {
    fn clock(&self) -> Now {
        Now { mono: self.now, wall: 1_700_000_000_000 + self.now }
    }

    fn run(&mut self) {
        loop {
            while let Some(output) = self.engine.poll_output() {
                self.steps += 1;
                assert!(self.steps < STEPS, "it has no end: {output:?}");
                self.carry_out(output);
            }
            let Some(input) = self.inputs.pop_front() else { return };
            self.engine.handle(input, self.clock());
        }
    }

    fn carry_out(&mut self, output: Output) {
        match output {
            Output::Commit { batch, ops, .. } => {
                for op in ops {
                    match op {
                        StoreOp::Put(table, key, value) => self.store.insert((table, key), value),
                        StoreOp::Delete(table, key) => self.store.remove(&(table, key)),
                    };
                }
                self.inputs.push_back(Input::Committed(batch));
            }
            Output::Scan(scan) => {
                let (from, to) = ((scan.table, scan.from), (scan.table, scan.to));
                let records = self.store.range(from.clone()..to.clone().max(from));
                let records = records.map(|((_, key), value)| (key.clone(), value.clone()));
                let most = scan.limit as usize;
                let records = match scan.descending {
                    true => records.rev().take(most).collect(),
                    false => records.take(most).collect(),
                };
                self.inputs.push_back(Input::Scanned(scan.scan, Ok(records)));
            }
            Output::Event(Event::Rows(rows)) => rows.iter().for_each(|row| self.see(row)),
            Output::Event(Event::Changed(row)) => self.see(&row),
            Output::Event(_) | Output::Signal(_) | Output::Rtc { .. } => {}
        }
    }

    fn see(&mut self, row: &engine::Row) {
        if row.body == Body::Text("and goes on".to_owned()) {
            self.shown.push(row.state);
        }
    }

    fn pass(&mut self, millis: u64) {
        let end = self.now + millis;
        self.run();
        while let Some(next) = self.engine.deadline().filter(|next| *next <= end) {
            self.now = self.now.max(next) + 1;
            self.inputs.push_back(Input::Tick);
            self.run();
        }
        self.now = end;
    }
}

/// Flips what three bytes each say.
fn flip(bytes: &mut [u8], changes: &[u8]) {
    for change in changes.chunks_exact(3) {
        let at = usize::from(u16::from_be_bytes([change[0], change[1]]));
        if let Some(length) = std::num::NonZeroUsize::new(bytes.len()) {
            bytes[at % length] ^= change[2];
        }
    }
}

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Some((&[high, low, way], rest)) = bytes.split_first_chunk() else { return };
    let which = usize::from(u16::from_be_bytes([high, low]));
    let (record, store) = &DATABASES[which % 2];
    let mut store = store.clone();
    let key = store.keys().nth(which / 2 % store.len()).cloned().unwrap();
    let mut value = store.remove(&key).unwrap();
    let (table, mut name) = key;
    match way % 3 {
        0 => value = rest.to_vec(),
        1 => flip(&mut value, rest),
        // Not the room's id, by which a device finds its records.
        _ => flip(name.get_mut(32..).unwrap_or_default(), rest),
    }
    store.insert((table, name), value);
    let now = Now { mono: DAY, wall: 1_700_000_000_000 + DAY };
    let engine = Engine::open(record.clone(), [1; 32], now);
    let (inputs, shown) = (VecDeque::new(), Vec::new());
    let mut device = Device { engine, store, inputs, now: DAY, steps: 0, shown };
    device.pass(MINUTE);
    let draft = Draft::new(DraftId([9; 16]), "and goes on", Priority::Normal);
    device.engine.command(Command::Send(draft), device.clock());
    device.pass(MINUTE);
    assert!(device.shown.contains(&RowState::Saved), "new words: {:?}", device.shown);
});
