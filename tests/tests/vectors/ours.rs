//! Our own vectors: what each derivation, seal and proof gives, as JSON for whoever writes a second
//! implementation. The files are `crates/engine/tests/vectors/*.json`; the README there explains.
//!
//! Each topic is computed by the engine and, beside it, put together again from the primitives as
//! the documents say: the files are not only what the engine gives, but what was meant.
//! `CONFAB_BLESS=1 cargo test -p tests --test vectors` writes the files anew.

mod epochs;
mod keys;
mod meeting;
mod said;

use data_encoding::HEXLOWER;
use engine::crypto::keys::EpochKeys;
use engine::crypto::sign::Keypair;
use engine::{EpochId, Incarnation, LogId, MemberId, RoomId};
use serde_json::{Value, json};

use crate::{everywhere, say};

const ROOM: RoomId = RoomId([3; 32]);
const EPOCH: EpochId = EpochId([4; 16]);
const SECRET: [u8; 32] = [5; 32];
/// The seed of the stream from which a topic draws what has to be fresh.
const RANDOM: [u8; 32] = [6; 32];

fn keypair(seed: u8) -> Keypair {
    Keypair::from_seed(&[seed; 32])
}

fn epoch_keys() -> EpochKeys {
    EpochKeys::derive(&ROOM, &EPOCH, &SECRET)
}

fn log() -> LogId {
    LogId { member: keypair(1).member(), incarnation: Incarnation([2; 16]) }
}

fn hex(bytes: impl AsRef<[u8]>) -> String {
    HEXLOWER.encode(bytes.as_ref())
}

/// One case: what goes in and what comes out, by name.
fn case(name: &str, inputs: Value, outputs: Value) -> Value {
    json!({ "case": name, "inputs": inputs, "outputs": outputs })
}

/// The room, the epoch and its secret, as every topic names them.
fn place() -> Value {
    json!({ "room": hex(ROOM.0), "epoch": hex(EPOCH.0), "epoch_secret": hex(SECRET) })
}

/// `more` with the names of `place()` before it.
fn placed(more: Value) -> Value {
    let (mut all, more) = (place(), more);
    let (Some(names), Value::Object(more)) = (all.as_object_mut(), more) else {
        panic!("names and values")
    };
    names.extend(more);
    all
}

/// Seeds of members whose public keys a reader has to come to.
fn member(seed: u8) -> Value {
    let MemberId(key) = keypair(seed).member();
    json!({ "seed": hex([seed; 32]), "member": hex(key) })
}

/// A topic as its file has it.
fn file(about: &str, cases: &[Value]) -> String {
    let whole = json!({ "about": about, "version": 1, "cases": cases });
    format!("{}\n", serde_json::to_string_pretty(&whole).unwrap())
}

/// Compares a topic with its file, and counts its cases.
fn compare(name: &str, stored: &str, about: &str, cases: &[Value], count: usize) {
    assert_eq!(cases.len(), count, "{name}");
    let written = file(about, cases);
    if bless(name, stored, &written) {
        return;
    }
    for (at, (now, then)) in written.lines().zip(stored.lines()).enumerate() {
        assert_eq!(now, then, "{name}.json, line {}", at + 1);
    }
    assert_eq!(written, stored, "{name}.json");
    say(&format!("{name}: {count} cases"));
}

/// Writes a file that is not as it has to be, if that is asked for.
#[cfg(not(target_family = "wasm"))]
fn bless(name: &str, stored: &str, written: &str) -> bool {
    let asked = std::env::var_os("CONFAB_BLESS").is_some() && stored != written;
    if asked {
        std::fs::write(folder().join(format!("{name}.json")), written).unwrap();
    }
    asked
}

#[cfg(target_family = "wasm")]
fn bless(_: &str, _: &str, _: &str) -> bool {
    false
}

#[cfg(not(target_family = "wasm"))]
fn folder() -> std::path::PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/engine/tests/vectors")
}

macro_rules! topics {
    ($($test:ident: $name:literal, $count:literal, $topic:expr;)+) => {
        $(everywhere! {
            fn $test() {
                let stored =
                    include_str!(concat!("../../../crates/engine/tests/vectors/", $name, ".json"));
                let (about, cases) = $topic;
                compare($name, stored, about, &cases, $count);
            }
        })+

        #[cfg(not(target_family = "wasm"))]
        const NAMES: &[&str] = &[$($name),+];
    };
}

topics! {
    vectors_of_derivations_are_as_written: "derivations", 13, keys::derivations();
    vectors_of_invites_are_as_written: "invite", 4, meeting::invites();
    vectors_of_signaling_are_as_written: "signaling", 4, meeting::signaling();
    vectors_of_bindings_are_as_written: "binding", 2, meeting::bindings();
    vectors_of_entries_are_as_written: "entry", 3, said::entries();
    vectors_of_registers_are_as_written: "register", 2, said::registers();
    vectors_of_private_messages_are_as_written: "private", 2, said::private();
    vectors_of_epochs_are_as_written: "epoch", 4, epochs::epochs();
}

#[cfg(not(target_family = "wasm"))]
#[test]
fn every_file_of_vectors_is_checked() {
    let files = std::fs::read_dir(folder()).unwrap();
    let mut found: Vec<String> = files
        .filter_map(|file| file.unwrap().file_name().into_string().ok())
        .filter_map(|name| name.strip_suffix(".json").map(str::to_owned))
        .collect();
    found.sort_unstable();
    let mut names = NAMES.to_vec();
    names.sort_unstable();
    assert_eq!(found, names);
}
