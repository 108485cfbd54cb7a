//! A database of each version of the schema, put into IndexedDB as that version had left it: the
//! real steps lead it to the present one, each record is read as it was, and a page shows of it
//! what it shows where no browser is.

use browser::store::schema::{STEPS, Step};
use engine::RoomRecord;
use engine::room::vault::VaultError;

use super::*;
use crate::driver::Tables;
use crate::stored::{PASSPHRASE, decode, decode_sealed, is_damaged, people, shown};

/// The files of a database.
macro_rules! kept {
    ($folder:literal, $file:literal) => {
        include_bytes!(concat!("../../../engine/tests/databases/", $folder, "/", $file))
    };
}

/// Those that lie as they are: the version, the records, what is shown of them.
const PLAIN: [(usize, &[u8], &[u8]); 4] = [
    (1, kept!("1", "database"), kept!("1", "shown.txt")),
    (2, kept!("2", "database"), kept!("2", "shown.txt")),
    (2, kept!("2-checked", "database"), kept!("2-checked", "shown.txt")),
    (2, kept!("2-ruled", "database"), kept!("2-ruled", "shown.txt")),
];
/// Records in one transaction.
const AT_ONCE: usize = 200;

fn steps(version: usize) -> &'static [Step] {
    STEPS.get(..version).unwrap()
}

/// Leaves a database as a page of this version had left it.
async fn leave(name: &str, version: usize, tables: &Tables) {
    let opening = Store::open_as(name, steps(version), || panic!("nothing blocks"), |_| ());
    let store = in_time(opening).await.unwrap();
    assert_eq!(store.origin(), Origin::Made);
    let records: Vec<_> = tables.iter().collect();
    for some in records.chunks(AT_ONCE) {
        let ops: Vec<_> =
            some.iter().map(|((table, key), value)| put(*table, key, value)).collect();
        commit(&store, &ops).await.unwrap();
    }
}

/// All that a database has, read as the worker reads it: a part at a time.
async fn read_all(store: &Store) -> Tables {
    let mut tables = Tables::new();
    for table in TABLES {
        let mut from = vec![];
        loop {
            let to = vec![255; 128];
            let part = Scan { scan: ScanId(1), table, from, to, descending: false, limit: 100 };
            let found = in_time(store.scan(&part)).await.unwrap();
            let Some((last, _)) = found.last() else { break };
            // The first key behind it.
            from = [last.as_slice(), &[0]].concat();
            tables.extend(found.into_iter().map(|(key, value)| ((table, key), value)));
        }
    }
    tables
}

fn room(tables: &Tables, record: &RoomRecord) -> RoomRecord {
    RoomRecord::decode(&tables[&(Table::Rooms, record.key())]).unwrap()
}

#[wasm_bindgen_test]
async fn a_database_of_each_version_is_led_to_the_present_one_and_shows_all() {
    assert_eq!(PLAIN.map(|(version, ..)| version).into_iter().max(), Some(STEPS.len()));
    for (number, (version, bytes, wanted)) in PLAIN.into_iter().enumerate() {
        let name = format!("golden-{number}");
        let (record, tables) = decode(bytes);
        leave(&name, version, &tables).await;
        let store = open(&name).await;
        assert_eq!(store.origin(), Origin::Found);
        let found = read_all(&store).await;
        assert_eq!(found.len(), tables.len(), "records of version {version}");
        assert!(found == tables, "a record of version {version} is read as another");
        let (world, peer) = crate::stored::open((room(&found, &record), found));
        assert_eq!(shown(&world, peer).as_bytes(), wanted, "version {version}");
        assert!(!is_damaged(&world, peer));
        // The present version does not go back.
        drop(store);
        let old = Store::open_as(&name, steps(version), || (), |_| ());
        let outcome = in_time(old).await.map(drop);
        let wanted = if version == STEPS.len() { Ok(()) } else { Err(OpenFault::Newer) };
        assert_eq!(outcome, wanted);
    }
}

/// Puts sealed values and the head of their vault where the browser has them, as they are.
async fn leave_sealed(name: &str, head: &[u8], sealed: &Tables) {
    drop(open(name).await);
    let put = Function::new_with_args(
        "name, head, records",
        "return new Promise((done, failed) => {
            const request = indexedDB.open(name);
            request.onerror = failed;
            request.onsuccess = () => {
                const database = request.result;
                const writing = database.transaction([...database.objectStoreNames], 'readwrite');
                writing.objectStore('meta').put(head, 'vault');
                for (const [table, key, value] of records) {
                    writing.objectStore(table).put(value, key);
                }
                writing.onabort = failed;
                writing.oncomplete = () => (database.close(), done());
            };
        })",
    );
    let bytes = |bytes: &[u8]| js_sys::Uint8Array::from(bytes);
    let record = |((table, key), value): (&(Table, Vec<u8>), &Vec<u8>)| {
        let name = format!("{table:?}").to_lowercase();
        // A sealed value is told by its type.
        js_sys::Array::of3(&name.into(), &bytes(key), &bytes(value).buffer())
    };
    let records: js_sys::Array = sealed.iter().map(record).collect();
    let putting = put.call3(&JsValue::NULL, &name.into(), &bytes(head), &records).unwrap();
    in_time(JsFuture::from(putting.unchecked_into::<Promise>())).await.unwrap();
}

#[wasm_bindgen_test]
async fn a_sealed_database_is_opened_by_its_passphrase_and_shows_all() {
    let (record, tables) = decode(kept!("2-ruled", "database"));
    let (head, sealed) = decode_sealed(kept!("2-ruled", "sealed"));
    leave_sealed("golden-sealed", &head.encode(), &sealed).await;
    let mut store = open("golden-sealed").await;
    assert_eq!(store.unlock("night train to somewhere"), Err(VaultError::Passphrase));
    let locked = read_all(&store).await;
    assert!(locked.values().all(Vec::is_empty), "what is locked is read");
    store.unlock(PASSPHRASE).unwrap();
    let found = read_all(&store).await;
    assert!(found.len() == tables.len() && found == tables, "a record is read as another");
    let (mut world, peer) = crate::stored::open((room(&found, &record), found));
    assert_eq!(people(&mut world, peer).as_bytes(), kept!("2-ruled", "people.txt"));
    assert_eq!(shown(&world, peer).as_bytes(), kept!("2-ruled", "shown.txt"));
    assert!(!is_damaged(&world, peer));
}
