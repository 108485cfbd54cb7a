//! The store under a passphrase: what lies in the browser, and what is read of it.

use std::rc::Rc;

use browser::store::guard::Guard;
use engine::crypto::passphrase::{Cost, LEAST_KIB};
use engine::crypto::random::Random;
use engine::room::vault::conversion::Conversion;
use engine::room::vault::{DeviceKey, Head, Note, Phase, Vault, VaultError};

use super::*;

const WORDS: &str = "night train to nowhere";
const SECRET: &[u8] = b"what nobody is to read";

fn random() -> Random {
    Random::new([5; 32])
}

fn made(phase: Phase) -> (Head, Rc<Vault>) {
    let (cost, mut random) = (Cost { kib: LEAST_KIB, passes: 1 }, random());
    let key = DeviceKey::draw(&mut random);
    let note = Note { phase, idle_minutes: 5 };
    let head = Head::make(WORDS, cost, (&key, note), &mut random).unwrap();
    (head, Rc::new(Vault::new(key, note)))
}

/// Goes over to a phase: stored first, and only then in force.
async fn go_to(store: &mut Store, phase: Phase) {
    let (head, vault) = match store.guard().clone() {
        Guard::Open(head, vault) => (head, vault),
        Guard::Clear | Guard::Locked(_) => made(phase),
    };
    let note = Note { phase, ..vault.note() };
    let head = head.with_note(vault.key(), note, [7; 24]);
    in_time(store.put_head(Some(&head))).await.unwrap();
    store.set_guard(Guard::Open(head, Rc::new(Vault::new(vault.key().clone(), note))));
}

async fn convert(store: &Store, from: &mut Conversion, steps: usize) {
    for _ in 0..steps {
        let Some((table, key)) = from.next() else { return };
        let last = in_time(store.convert(table, key, 2)).await.unwrap();
        from.pass(last);
    }
}

/// How many values lie in the database as they are, and how many sealed; and whether any of them
/// shows the secret.
async fn lies_there(name: &str) -> (f64, f64, bool) {
    let read = script(&format!(
        "return new Promise((done, failed) => {{
            const request = indexedDB.open('{name}');
            request.onerror = failed;
            request.onsuccess = () => {{
                const names = [...request.result.objectStoreNames].filter((it) => it !== 'meta');
                const reading = request.result.transaction(names);
                const found = names.map((it) => reading.objectStore(it).getAll());
                reading.oncomplete = () => {{
                    const all = found.flatMap((it) => it.result);
                    const sealed = all.filter((it) => it instanceof ArrayBuffer);
                    const text = (it) => new TextDecoder('latin1').decode(it);
                    const shows = all.some((it) => text(it).includes('nobody is to read'));
                    request.result.close();
                    done([all.length - sealed.length, sealed.length, shows ? 1 : 0]);
                }};
            }};
        }})"
    ));
    let counts: js_sys::Array = in_time(JsFuture::from(read)).await.unwrap().unchecked_into();
    let count = |at| counts.get(at).as_f64().unwrap();
    (count(0), count(1), count(2) > 0.0)
}

async fn fill(store: &Store) {
    let mut ops = Vec::new();
    for table in TABLES {
        ops.extend([1, 2, 3].map(|n| put(table, &[n], &[SECRET, &[n]].concat())));
    }
    commit(store, &ops).await.unwrap();
}

async fn read(store: &Store) -> Vec<Vec<Record>> {
    let mut found = Vec::new();
    for table in TABLES {
        let up = all(store, table).await;
        let down = Scan { descending: true, ..scan(table, &[], &[255; 40]) };
        let mut down = in_time(store.scan(&down)).await.unwrap();
        down.reverse();
        assert_eq!(up, down);
        let walked = Rc::new(RefCell::new(Vec::new()));
        let keep = walked.clone();
        let stretch = vec![(table, (vec![], vec![255; 40]))];
        let walk = store.walk(stretch, 2, move |_, records| {
            keep.borrow_mut().extend(records);
            Walk::On
        });
        in_time(walk).await.unwrap();
        assert_eq!(*walked.borrow(), up);
        found.push(up);
    }
    found
}

#[wasm_bindgen_test]
async fn what_was_stored_before_is_sealed_step_by_step_and_is_readable_at_each() {
    let mut store = open("vault").await;
    fill(&store).await;
    let plain = read(&store).await;
    assert_eq!(lies_there("vault").await, (15.0, 0.0, true));
    go_to(&mut store, Phase::Sealing).await;
    assert_eq!(read(&store).await, plain);
    let mut conversion = Conversion::default();
    convert(&store, &mut conversion, 4).await;
    let (clear, sealed, _) = lies_there("vault").await;
    assert!(clear > 0.0 && sealed > 0.0, "half way");
    assert_eq!(read(&store).await, plain);
    // A worker that dies begins anew, and what is stored meanwhile stays.
    drop(store);
    let mut store = open("vault").await;
    store.unlock(WORDS).unwrap();
    commit(&store, &[put(Table::Rooms, &[2], b"changed meanwhile")]).await.unwrap();
    let mut conversion = Conversion::default();
    while conversion.next().is_some() {
        convert(&store, &mut conversion, 1).await;
    }
    go_to(&mut store, Phase::Sealed).await;
    assert_eq!(lies_there("vault").await, (0.0, 15.0, false));
    let mut wanted = plain.clone();
    wanted[0][1].1 = b"changed meanwhile".to_vec();
    assert_eq!(read(&store).await, wanted);
    // And back.
    go_to(&mut store, Phase::Unsealing).await;
    let mut conversion = Conversion::default();
    convert(&store, &mut conversion, 5).await;
    assert_eq!(read(&store).await, wanted, "half way back");
    while conversion.next().is_some() {
        convert(&store, &mut conversion, 1).await;
    }
    in_time(store.put_head(None)).await.unwrap();
    store.set_guard(Guard::Clear);
    assert_eq!(lies_there("vault").await, (15.0, 0.0, true));
    drop(store);
    let store = open("vault").await;
    assert!(matches!(store.guard(), Guard::Clear));
    assert_eq!(read(&store).await, wanted);
}

#[wasm_bindgen_test]
async fn a_locked_store_shows_and_takes_nothing_and_opens_with_its_passphrase_only() {
    let mut store = open("locked").await;
    go_to(&mut store, Phase::Sealed).await;
    commit(&store, &[put(Table::Rooms, &[1], SECRET)]).await.unwrap();
    assert_eq!(lies_there("locked").await, (0.0, 1.0, false));
    drop(store);
    let mut store = open("locked").await;
    assert!(matches!(store.guard(), Guard::Locked(_)));
    assert_eq!(all(&store, Table::Rooms).await, [(vec![1], vec![])]);
    let refused = commit(&store, &[put(Table::Rooms, &[1], b"in clear")]).await;
    assert!(matches!(refused, Err(StoreFault::Failed(_))), "{refused:?}");
    assert_eq!(store.unlock("another passphrase"), Err(VaultError::Passphrase));
    assert_eq!(store.adopt(DeviceKey::draw(&mut random())).err(), None, "the key that made it");
    store.lock();
    assert_eq!(store.adopt(DeviceKey::draw(&mut Random::new([1; 32]))), Err(VaultError::Damaged));
    assert!(matches!(store.guard(), Guard::Locked(_)), "nothing has changed");
    store.unlock(WORDS).unwrap();
    assert_eq!(all(&store, Table::Rooms).await, [(vec![1], SECRET.to_vec())]);
    store.lock();
    assert_eq!(all(&store, Table::Rooms).await, [(vec![1], vec![])]);
}

#[wasm_bindgen_test]
async fn what_was_put_there_from_outside_or_moved_is_not_believed() {
    let mut store = open("tampered").await;
    go_to(&mut store, Phase::Sealed).await;
    commit(&store, &[put(Table::Rooms, &[1], SECRET)]).await.unwrap();
    let changed = script(
        "return new Promise((done, failed) => {
            const request = indexedDB.open('tampered');
            request.onerror = failed;
            request.onsuccess = () => {
                const writing = request.result.transaction(['rooms', 'state'], 'readwrite');
                const key = (n) => new Uint8Array([n]);
                writing.objectStore('rooms').put(new Uint8Array([1, 2]), key(2));
                const read = writing.objectStore('rooms').get(key(1));
                read.onsuccess = () => {
                    writing.objectStore('rooms').put(read.result, key(3));
                    writing.objectStore('state').put(read.result, key(1));
                };
                writing.oncomplete = () => { request.result.close(); done(); };
            };
        })",
    );
    in_time(JsFuture::from(changed)).await.unwrap();
    let found = all(&store, Table::Rooms).await;
    assert_eq!(found, [(vec![1], SECRET.to_vec()), (vec![2], vec![]), (vec![3], vec![])]);
    assert_eq!(all(&store, Table::State).await, [(vec![1], vec![])]);
}

#[wasm_bindgen_test]
async fn a_store_that_was_taken_over_converts_nothing_and_sets_no_passphrase() {
    let mut old = open("overtaken").await;
    fill(&old).await;
    go_to(&mut old, Phase::Sealing).await;
    let _new = open("overtaken").await;
    assert_eq!(in_time(old.convert(Table::Rooms, &[], 2)).await, Err(StoreFault::Fenced));
    assert_eq!(in_time(old.put_head(None)).await, Err(StoreFault::Fenced));
    assert_eq!(lies_there("overtaken").await.1, 0.0);
}

#[wasm_bindgen_test]
async fn what_is_written_to_put_files_in_order_goes_again_and_nothing_else_does() {
    let mut store = open("filled").await;
    fill(&store).await;
    go_to(&mut store, Phase::Sealing).await;
    let plain = read(&store).await;
    in_time(store.fill(0)).await.unwrap();
    in_time(store.fill(1)).await.unwrap();
    assert_eq!(lies_there("filled").await, (15.0, 32.0, true), "beside what is there");
    while in_time(store.unfill()).await == Ok(Wiped::Some) {}
    assert_eq!(lies_there("filled").await, (15.0, 0.0, true));
    assert_eq!(read(&store).await, plain);
}
