//! What a worker does with the browser: the store and the lock, in a real dedicated worker.
#![cfg(target_arch = "wasm32")]
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test stops where it is wrong")]

use std::cell::RefCell;
use std::rc::Rc;

use browser::lock::Lock;
use browser::store::schema::{STEPS, Step};
use browser::store::{Lost, OpenFault, Origin, Store, Walk, Wiped};
use engine::{Durability, Record, Scan, ScanId, StoreFault, StoreOp, Table};
use futures::FutureExt;
use futures::channel::oneshot;
use futures::future::{Either, select};
use gloo::events::EventListener;
use gloo::timers::callback::Timeout;
use js_sys::{Function, Promise};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};
use web_sys::{IdbDatabase, IdbTransaction};

wasm_bindgen_test_configure!(run_in_dedicated_worker);

#[path = "../../engine/tests/driver/mod.rs"]
mod driver;
#[path = "worker/golden.rs"]
mod golden;
#[path = "../../engine/tests/stored/mod.rs"]
mod stored;
#[path = "worker/vault.rs"]
mod vault;

const TABLES: [Table; 5] =
    [Table::Rooms, Table::Runs, Table::Timeline, Table::Projections, Table::State];

/// Long enough for any browser, short enough to see a hang as one.
const DEADLINE: u32 = 20_000;

async fn in_time<T>(what: impl Future<Output = T>) -> T {
    let (sender, late) = oneshot::channel();
    let _timer = Timeout::new(DEADLINE, || sender.send(()).unwrap());
    match select(Box::pin(what), late).await {
        Either::Left((done, _)) => done,
        Either::Right(_) => panic!("not done in time"),
    }
}

async fn open(name: &str) -> Store {
    in_time(Store::open(name, || panic!("nothing blocks"), |_| ())).await.unwrap()
}

fn put(table: Table, key: &[u8], value: &[u8]) -> StoreOp {
    StoreOp::Put(table, key.to_vec(), value.to_vec())
}

fn scan(table: Table, from: &[u8], to: &[u8]) -> Scan {
    let (from, to) = (from.to_vec(), to.to_vec());
    Scan { scan: ScanId(1), table, from, to, descending: false, limit: 100 }
}

async fn all(store: &Store, table: Table) -> Vec<Record> {
    in_time(store.scan(&scan(table, &[], &[255; 40]))).await.unwrap()
}

async fn commit(store: &Store, ops: &[StoreOp]) -> Result<(), StoreFault> {
    in_time(store.commit(ops, Durability::Strict)).await
}

fn script(body: &str) -> Promise {
    Function::new_no_args(body).call0(&js_sys::global()).unwrap().unchecked_into()
}

#[wasm_bindgen_test]
async fn what_is_committed_is_read_in_key_order() {
    let store = open("order").await;
    let keys: [&[u8]; 6] = [&[1, 0], &[255, 255], &[1], &[2], &[1, 255], &[128]];
    let ops: Vec<_> = keys.iter().map(|key| put(Table::Runs, key, &[key[0], 7])).collect();
    commit(&store, &ops).await.unwrap();
    let mut sorted: Vec<Vec<u8>> = keys.iter().map(|key| key.to_vec()).collect();
    sorted.sort();
    let found: Vec<Vec<u8>> = all(&store, Table::Runs).await.into_iter().map(|it| it.0).collect();
    assert_eq!(found, sorted);

    let part = scan(Table::Runs, &[1, 0], &[128]);
    let up = in_time(store.scan(&Scan { limit: 2, ..part.clone() })).await.unwrap();
    assert_eq!(up, [(vec![1, 0], vec![1, 7]), (vec![1, 255], vec![1, 7])]);
    let down = Scan { descending: true, ..part.clone() };
    let down = in_time(store.scan(&Scan { limit: 2, ..down })).await.unwrap();
    assert_eq!(down, [(vec![2], vec![2, 7]), (vec![1, 255], vec![1, 7])]);
    let down = in_time(store.scan(&Scan { descending: true, ..part })).await.unwrap();
    assert_eq!(down.len(), 3, "the end is exclusive, the start is not");
}

#[wasm_bindgen_test]
async fn empty_ranges_and_limits_are_no_errors() {
    let store = open("empty").await;
    commit(&store, &[put(Table::State, &[1], &[1])]).await.unwrap();
    for (from, to, limit) in [(&[2][..], &[1][..], 5), (&[1], &[1], 5), (&[0], &[9], 0)] {
        for descending in [false, true] {
            let scan = Scan { limit, descending, ..scan(Table::State, from, to) };
            assert_eq!(in_time(store.scan(&scan)).await, Ok(vec![]));
        }
    }
}

#[wasm_bindgen_test]
async fn a_batch_changes_all_tables_in_the_order_of_its_operations() {
    let store = open("tables").await;
    let mut ops: Vec<_> = TABLES.map(|table| put(table, b"key", b"old")).into();
    ops.push(StoreOp::Delete(Table::Rooms, b"key".to_vec()));
    ops.push(put(Table::State, b"key", b"new"));
    ops.push(StoreOp::Delete(Table::Runs, b"not there".to_vec()));
    commit(&store, &ops).await.unwrap();
    assert_eq!(all(&store, Table::Rooms).await, []);
    assert_eq!(all(&store, Table::State).await, [(b"key".to_vec(), b"new".to_vec())]);
    assert_eq!(all(&store, Table::Runs).await, [(b"key".to_vec(), b"old".to_vec())]);
    commit(&store, &[]).await.unwrap();
}

#[wasm_bindgen_test]
async fn a_scan_sees_the_batches_before_it_and_none_after() {
    let store = open("sequence").await;
    let first = store.commit(&[put(Table::Runs, &[1], &[1])], Durability::Relaxed);
    let between = store.scan(&scan(Table::Runs, &[0], &[9]));
    let second = store.commit(&[put(Table::Runs, &[2], &[2])], Durability::Strict);
    let after = store.scan(&scan(Table::Runs, &[0], &[9]));
    let (after, second) = (in_time(after).await.unwrap(), in_time(second).await);
    let (between, first) = (in_time(between).await.unwrap(), in_time(first).await);
    assert_eq!((first, second), (Ok(()), Ok(())));
    assert_eq!((between.len(), after.len()), (1, 2));
}

#[wasm_bindgen_test]
async fn what_is_stored_is_there_after_reopening() {
    let big: Vec<u8> = (0..200_000_u32).map(|n| n.to_le_bytes()[0]).collect();
    let store = open("reopen").await;
    let fence = store.fence();
    assert_eq!(store.origin(), Origin::Made);
    commit(&store, &[put(Table::Runs, &[0; 88], &big)]).await.unwrap();
    drop(store);
    let store = open("reopen").await;
    assert_eq!(store.origin(), Origin::Found);
    assert_eq!(all(&store, Table::Runs).await, [(vec![0; 88], big)]);
    assert_eq!(store.fence(), fence + 1.0);
}

#[wasm_bindgen_test]
async fn a_store_that_was_taken_over_writes_nothing() {
    let old = open("fence").await;
    commit(&old, &[put(Table::Runs, &[1], b"kept")]).await.unwrap();
    let new = open("fence").await;
    let ops = [
        put(Table::Runs, &[1], b"overwritten"),
        put(Table::State, &[2], b"added"),
        StoreOp::Delete(Table::Runs, vec![1]),
    ];
    assert_eq!(commit(&old, &ops).await, Err(StoreFault::Fenced));
    assert_eq!(all(&new, Table::Runs).await, [(vec![1], b"kept".to_vec())]);
    assert_eq!(all(&new, Table::State).await, []);
    commit(&new, &ops).await.unwrap();
    assert_eq!(all(&new, Table::State).await.len(), 1);
}

#[wasm_bindgen_test]
async fn a_batch_that_was_issued_is_stored_though_the_store_is_dropped() {
    let store = open("dropped").await;
    let running = store.commit(&[put(Table::Runs, &[], &[1])], Durability::Strict);
    drop(store);
    in_time(running).await.unwrap();
    let store = open("dropped").await;
    assert_eq!(all(&store, Table::Runs).await, [(vec![], vec![1])]);
}

#[wasm_bindgen_test]
async fn a_batch_goes_on_when_nobody_waits_for_it() {
    let old = open("unawaited").await;
    drop(old.commit(&[put(Table::Runs, &[1], &[1])], Durability::Strict));
    let new = open("unawaited").await;
    drop(old.commit(&[put(Table::Runs, &[2], &[2])], Durability::Strict));
    assert_eq!(all(&new, Table::Runs).await, [(vec![1], vec![1])], "checked all the same");
}

#[wasm_bindgen_test]
async fn a_newer_database_is_told_from_a_damaged_one() {
    let create = |name: &str, version: u32| {
        JsFuture::from(script(&format!(
            "return new Promise((done, failed) => {{
                const request = indexedDB.open('{name}', {version});
                request.onsuccess = () => {{ request.result.close(); done(); }};
                request.onerror = failed;
            }})"
        )))
    };
    in_time(create("newer", 3)).await.unwrap();
    let refused = in_time(Store::open("newer", || (), |_| ())).await.err();
    assert_eq!(refused, Some(OpenFault::Newer));
    in_time(create("bare", 1)).await.unwrap();
    let refused = in_time(Store::open("bare", || (), |_| ())).await.err();
    assert!(matches!(refused, Some(OpenFault::Damaged(_))), "{refused:?}");
}

/// A step such as a later version may have: what is in one object store goes to another.
fn rename(database: &IdbDatabase, upgrade: &IdbTransaction) -> Result<Vec<EventListener>, JsValue> {
    let (old, new) = (upgrade.object_store("state")?, upgrade.object_store("runs")?);
    database.create_object_store("new")?;
    let values = old.get_all()?;
    let found = values.clone();
    let moved = EventListener::once(&values, "success", move |_| {
        let values: js_sys::Array = found.result().unwrap().unchecked_into();
        for value in values {
            let key = js_sys::Uint8Array::from(&[9, 9][..]);
            let _ = new.put_with_key(&value, &key).unwrap();
        }
        let _ = old.clear().unwrap();
    });
    Ok(vec![moved])
}

/// A step that breaks off when it has destroyed something.
fn fail(database: &IdbDatabase, upgrade: &IdbTransaction) -> Result<Vec<EventListener>, JsValue> {
    let _ = upgrade.object_store("runs")?.clear()?;
    database.delete_object_store("state")?;
    Err(JsValue::NULL)
}

const NEXT: &[Step] = &[STEPS[0], STEPS[1], rename];
const BROKEN: &[Step] = &[STEPS[0], STEPS[1], fail];

async fn open_as(name: &str, steps: &'static [Step]) -> Result<Store, OpenFault> {
    in_time(Store::open_as(name, steps, || panic!("nothing blocks"), |_| ())).await
}

#[wasm_bindgen_test]
async fn a_database_of_an_older_version_is_led_to_the_newest() {
    let store = open_as("old", &STEPS[..1]).await.unwrap();
    commit(&store, &[put(Table::State, &[1], &[7, 8])]).await.unwrap();
    drop(store);
    let store = open_as("old", NEXT).await.unwrap();
    assert_eq!(store.origin(), Origin::Found, "nothing was deleted in between");
    assert_eq!(all(&store, Table::State).await, []);
    assert_eq!(all(&store, Table::Runs).await, [(vec![9, 9], vec![7, 8])]);
    drop(store);
    let store = open_as("old", NEXT).await.unwrap();
    assert_eq!(all(&store, Table::Runs).await.len(), 1, "a step is taken once");
    drop(store);
    assert_eq!(open_as("old", &STEPS[..1]).await.err(), Some(OpenFault::Newer));
    // Whoever begins with the newest version takes all steps at once.
    let store = open_as("young", NEXT).await.unwrap();
    assert_eq!(store.origin(), Origin::Made);
}

#[wasm_bindgen_test]
async fn an_upgrade_that_fails_leaves_all_as_it_was() {
    let store = open_as("unlucky", &STEPS[..1]).await.unwrap();
    let ops = [put(Table::State, &[1], &[7, 8]), put(Table::Runs, &[2], &[9])];
    commit(&store, &ops).await.unwrap();
    drop(store);
    let failed = open_as("unlucky", BROKEN).await.err();
    assert!(matches!(failed, Some(OpenFault::Unreadable(_))), "{failed:?}");
    let store = open_as("unlucky", &STEPS[..1]).await.unwrap();
    assert_eq!(all(&store, Table::State).await, [(vec![1], vec![7, 8])]);
    assert_eq!(all(&store, Table::Runs).await, [(vec![2], vec![9])]);
}

#[wasm_bindgen_test]
async fn a_deleted_database_is_told_from_a_newer_one() {
    let (sender, lost) = oneshot::channel();
    let sender = RefCell::new(Some(sender));
    let on_lost = move |how| {
        let _ = sender.borrow_mut().take().unwrap().send(how);
    };
    let store = in_time(Store::open("deleted", || (), on_lost)).await.unwrap();
    let deleted = script(
        "return new Promise((done, failed) => {
            const request = indexedDB.deleteDatabase('deleted');
            request.onsuccess = () => done();
            request.onerror = request.onblocked = failed;
        })",
    );
    in_time(JsFuture::from(deleted)).await.unwrap();
    assert_eq!(in_time(lost).await, Ok(Lost::Deleted));
    drop(store);
}

#[wasm_bindgen_test]
async fn a_store_makes_way_for_a_newer_version() {
    let (sender, lost) = oneshot::channel();
    let sender = RefCell::new(Some(sender));
    let on_lost = move |how| {
        let _ = sender.borrow_mut().take().unwrap().send(how);
    };
    let store = in_time(Store::open("upgraded", || (), on_lost)).await.unwrap();
    let upgraded = script(
        "return new Promise((done, failed) => {
            const request = indexedDB.open('upgraded', 3);
            request.onsuccess = () => { request.result.close(); done(); };
            request.onerror = request.onblocked = failed;
        })",
    );
    in_time(JsFuture::from(upgraded)).await.unwrap();
    assert_eq!(in_time(lost).await, Ok(Lost::Newer));
    let late = commit(&store, &[put(Table::Runs, &[1], &[1])]).await;
    assert!(matches!(late, Err(StoreFault::Failed(_))), "{late:?}");
}

#[wasm_bindgen_test]
async fn a_lock_has_one_holder_and_goes_to_the_next() {
    let first = in_time(Lock::acquire("hand-over")).await.unwrap();
    let mut second = Box::pin(Lock::acquire("hand-over"));
    assert!((&mut second).now_or_never().is_none());
    in_time(Lock::acquire("another")).await.unwrap();
    assert!((&mut second).now_or_never().is_none(), "only another name is free");
    drop(first);
    in_time(second).await.unwrap();
}

#[wasm_bindgen_test]
async fn a_lock_is_freed_when_the_worker_that_holds_it_ends() {
    let holder = script(
        "const code = `navigator.locks.request('crashing', () => {
            postMessage('held');
            return new Promise(() => {});
        })`;
        const address = URL.createObjectURL(new Blob([code], { type: 'text/javascript' }));
        return new Promise((done, failed) => {
            const worker = new Worker(address);
            worker.onmessage = () => done(worker);
            worker.onerror = failed;
        })",
    );
    let holder = in_time(JsFuture::from(holder)).await.unwrap();
    let mut waiting = Box::pin(Lock::acquire("crashing"));
    assert!((&mut waiting).now_or_never().is_none());
    holder.unchecked_into::<web_sys::Worker>().terminate();
    in_time(waiting).await.unwrap();
}

#[wasm_bindgen_test]
async fn a_room_goes_in_bounded_steps_and_its_neighbours_stay() {
    let store = open("wipe").await;
    let key = |room: u8, n: u8| [&[room; 32][..], &[n; 8]].concat();
    let keys = (0..7).map(|n| key(2, n)).chain([key(1, 255), key(3, 0)]);
    let ops: Vec<_> = keys.map(|key| put(Table::Runs, &key, b"run")).collect();
    commit(&store, &ops).await.unwrap();
    let range = engine::RoomId([2; 32]).records();
    let mut steps = Vec::new();
    while steps.last() != Some(&Wiped::All) {
        steps.push(in_time(store.wipe(Table::Runs, &range, 3)).await.unwrap());
        assert!(steps.len() < 5, "{steps:?}");
    }
    assert_eq!(steps, [Wiped::Some, Wiped::Some, Wiped::All]);
    let left: Vec<Vec<u8>> = all(&store, Table::Runs).await.into_iter().map(|it| it.0).collect();
    assert_eq!(left, [key(1, 255), key(3, 0)]);
    assert_eq!(in_time(store.wipe(Table::State, &range, 3)).await, Ok(Wiped::All));
    // Whoever does not lead any more deletes nothing.
    let _heir = open("wipe").await;
    let range = engine::RoomId([1; 32]).records();
    assert_eq!(in_time(store.wipe(Table::Runs, &range, 3)).await, Err(StoreFault::Fenced));
}

#[wasm_bindgen_test]
async fn what_is_condemned_has_no_keys_and_whoever_opens_it_next_goes_on_deleting() {
    let store = open("condemned").await;
    let ops = TABLES.map(|table| put(table, b"key", b"value"));
    commit(&store, &ops).await.unwrap();
    assert!(!store.is_condemned());
    in_time(store.condemn()).await.unwrap();
    assert_eq!(all(&store, Table::Rooms).await, [], "the keys go first");
    drop(store);
    // The worker has died here: the next one finds the mark.
    let store = open("condemned").await;
    assert!(store.is_condemned());
    drop(store);
    in_time(Store::delete("condemned", || panic!("nothing blocks"))).await.unwrap();
    let store = open("condemned").await;
    assert_eq!((store.origin(), store.is_condemned()), (Origin::Made, false));
    for table in TABLES {
        assert_eq!(all(&store, table).await, []);
    }
    drop(store);
    in_time(Store::delete("never there", || ())).await.unwrap();
}

#[wasm_bindgen_test]
async fn a_store_that_was_taken_over_condemns_nothing() {
    let old = open("taken").await;
    commit(&old, &[put(Table::Rooms, b"key", b"kept")]).await.unwrap();
    let new = open("taken").await;
    assert_eq!(in_time(old.condemn()).await, Err(StoreFault::Fenced));
    assert_eq!(all(&new, Table::Rooms).await.len(), 1);
    drop(new);
    assert!(!open("taken").await.is_condemned());
}

#[wasm_bindgen_test]
async fn a_deletion_waits_for_whoever_stands_in_the_way() {
    let (sender, blocked) = oneshot::channel();
    let holding = script(
        "return new Promise((done, failed) => {
            const request = indexedDB.open('held', 1);
            request.onupgradeneeded = () => request.result.createObjectStore('any');
            request.onsuccess = () => done(request.result);
            request.onerror = failed;
        })",
    );
    let held: IdbDatabase = in_time(JsFuture::from(holding)).await.unwrap().unchecked_into();
    let mut deleting = Box::pin(Store::delete("held", move || sender.send(()).unwrap()));
    assert!((&mut deleting).now_or_never().is_none());
    match in_time(select(deleting, blocked)).await {
        Either::Right((Ok(()), deleting)) => {
            held.close();
            in_time(deleting).await.unwrap();
        }
        Either::Left((outcome, _)) => panic!("deleted under its holder: {outcome:?}"),
        Either::Right((Err(error), _)) => panic!("{error}"),
    }
}

#[wasm_bindgen_test]
async fn a_walk_reads_everything_as_it_was_when_it_began() {
    let store = Rc::new(open("walk").await);
    let key = |n: u8| vec![1, n];
    let ops: Vec<_> = (0..7).map(|n| put(Table::Runs, &key(n), &[n])).collect();
    commit(&store, &ops).await.unwrap();
    commit(&store, &[put(Table::State, &key(9), b"state")]).await.unwrap();
    let stretch = |table| (table, (vec![1], vec![2]));
    let stretches = vec![stretch(Table::State), stretch(Table::Runs), stretch(Table::Timeline)];
    let (seen, writing) = (Rc::new(RefCell::new(vec![])), Rc::new(RefCell::new(None)));
    let walk = {
        let (store, seen, writing) = (store.clone(), seen.clone(), writing.clone());
        let other = store.clone();
        store.walk(stretches.clone(), 3, move |table, records| {
            // Once it has begun, what is stored waits.
            writing.borrow_mut().get_or_insert_with(|| {
                let ops = [
                    put(Table::Runs, &[1, 200], b"late"),
                    StoreOp::Delete(Table::Runs, vec![1, 6]),
                ];
                Box::pin(other.commit(&ops, Durability::Strict))
            });
            seen.borrow_mut().push((table, records.len()));
            Walk::On
        })
    };
    in_time(walk).await.unwrap();
    let pages = [(Table::State, 1), (Table::Runs, 3), (Table::Runs, 3), (Table::Runs, 1)];
    assert_eq!(*seen.borrow(), pages);
    let writing = writing.borrow_mut().take().unwrap();
    in_time(writing).await.unwrap();
    assert_eq!(all(&store, Table::Runs).await.len(), 7);

    let pages = Rc::new(RefCell::new(0));
    let counted = pages.clone();
    let walk = store.walk(stretches, 3, move |_, _| {
        *counted.borrow_mut() += 1;
        Walk::Over
    });
    in_time(walk).await.unwrap();
    assert_eq!(*pages.borrow(), 1, "it ends where it is told to");
}
