//! Golden bytes: everything that travels or is stored, as files under `tests/golden`, one folder a
//! version. What was written once is read for ever and is written the same again.
//!
//! A new kind adds files; changed bytes are a new version with a folder of its own, and the old one
//! is still read. `CONFAB_BLESS=1 cargo test -p engine golden` writes them; fuzzers begin there.

mod checks;
mod decisions;
mod doors;
mod frames;
mod letters;
mod notes;
mod people;
mod vanishing;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Once;

use super::keys;
use super::tell::gist::{decode_shelf, encode_shelf};
use super::tell::readings;
use crate::crypto::keys::EpochKeys;
use crate::crypto::random::Random;
use crate::crypto::seal;
use crate::crypto::sign::Keypair;
use crate::frame;
use crate::hello::Local;
use crate::ids::{DraftId, EntryHash, EntryId, EpochId, Incarnation, LogId, RoomId};
use crate::log::LogState;
use crate::log::branch::{Branch, Mark};
use crate::log::entry::{Content, Group, Header, Kind, Place, Target, body_hash};
use crate::log::have::{HaveRange, LogHave};
use crate::log::pack;
use crate::log::ranges::RangeSet;
use crate::log::run::{Run, Start, Unsigned};
use crate::members::{Member, Members};
use crate::outbox::tray::{Case, Refused, Tray};
use crate::register::{Profile, Receipt, Register, RegisterKind, RoomInfo};
use crate::room::invite::Invite;
use crate::room::record::{RecordError, RoomRecord};
use crate::signal::sdp::{self, Fingerprint};
use crate::signal::{Call, SignalKind, SignalPayload};
use crate::view::{
    Act, Body, Draft, Failure, FailureReason, Order, Priority, Shelf, Terms, Waiting, When,
};
use frames::{frames, name};
use protocol::PeerId;

const ROOM: RoomId = RoomId([3; 32]);
const EPOCH: EpochId = EpochId::FIRST;
const SENDER: PeerId = PeerId(7);
const RECIPIENT: PeerId = PeerId(8);
const PROSE: &str = "Golden words, said again and again, are packed well. ";

type Files = BTreeMap<String, Vec<u8>>;

static BLESSING: Once = Once::new();

/// The folder of this version, written anew if that is asked for.
fn folder() -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/1");
    BLESSING.call_once(|| {
        if std::env::var_os("CONFAB_BLESS").is_some() {
            bless(&folder, &written());
        }
    });
    folder
}

fn read(name: &str) -> Vec<u8> {
    let file = folder().join(name);
    std::fs::read(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

fn text(name: &str) -> String {
    String::from_utf8(read(name)).unwrap()
}

fn keypair(seed: u8) -> Keypair {
    Keypair::from_seed(&[seed; 32])
}

fn epoch_keys() -> EpochKeys {
    EpochKeys::derive(&ROOM, &EPOCH, &[5; 32])
}

fn log() -> LogId {
    LogId { member: keypair(1).member(), incarnation: Incarnation([2; 16]) }
}

fn place(seq: u64, log: &LogId) -> Place<'_> {
    Place { room: &ROOM, log, seq, epoch: &EPOCH, class: Priority::Urgent }
}

/// A header with everything that one can have.
fn full_header() -> Header {
    Header {
        kind: Kind(200),
        lamport: 1 << 40,
        wall: 1_700_000_000_000,
        expiry: Some(1_700_000_060_000),
        target: Some(target()),
        group: Some(Group { first: 299, count: 3 }),
        body_len: 40_000,
        body_hash: [9; 32],
    }
}

fn run(texts: &[&str]) -> Run {
    let text = |text: &&str| Content::Text((*text).to_owned());
    run_of(&texts.iter().map(text).collect::<Vec<_>>())
}

fn fleeting() -> Run {
    run_of(&[Content::Fleeting { text: "hello".to_owned(), after: 60_000 }])
}

fn target() -> Target {
    Target { entry: EntryId { log: log(), seq: 300 }, hash: EntryHash([4; 32]) }
}

fn reply() -> Run {
    let (to, text) = (Box::new(target()), "hello".to_owned());
    run_of(&[Content::Reply { to, text, after: Some(60_000) }])
}

fn run_of(contents: &[Content]) -> Run {
    let (log, keys, mut random) = (log(), epoch_keys(), Random::new([6; 32]));
    let entries = (0u64..).zip(contents).map(|(seq, content)| {
        let body = place(seq, &log).seal_body(Kind::MESSAGE, seq + 1, content, &keys, &mut random);
        let (body_len, body_hash) = (u32::try_from(body.len()).unwrap(), body_hash(&body));
        let (lamport, wall) = (seq + 1, 1_700_000_000_000);
        let (expiry, target, group) = (None, None, None);
        let kind = Kind::MESSAGE;
        let header = Header { kind, lamport, wall, expiry, target, group, body_len, body_hash };
        Unsigned { header, body }
    });
    let (previous, class) = (EntryHash::NONE, Priority::Urgent);
    let start = Start { room: ROOM, log, first: 0, previous, epoch: EPOCH, class };
    Run::sign(&start, entries.collect(), &keypair(1))
}

fn body_gone() -> Run {
    let mut run = run(&["one", "two"]);
    run.drop_body(0);
    run
}

/// The log that [`run`] is in, as if another had kept its name from the first entry on.
fn branch() -> Branch {
    let hash = run(&["one", "two"]).entries[0].hash;
    Branch { origin: log(), parent: log(), mark: Mark { at: 0, hash } }
}

fn have() -> LogHave {
    let range = HaveRange { first: 0, last: 300, head: EntryHash([8; 32]) };
    LogHave { log: log(), ranges: vec![range], refused: vec![(301, 302, 1)] }
}

fn profile() -> Profile {
    Profile { name: "Ana".to_owned() }
}

fn receipt() -> Receipt {
    Receipt { held: vec![have()], read: vec![(log(), vec![(0, 200), (210, 210)])] }
}

fn room_info() -> RoomInfo {
    RoomInfo { name: "花园 Garden".to_owned() }
}

fn register<T: serde::Serialize>(kind: RegisterKind, value: &T) -> Register {
    let (keypair, keys) = (keypair(1), epoch_keys());
    let random = &mut Random::new([6; 32]);
    Register::sign((&ROOM, &EPOCH), (kind, 300), value, (&keypair, &keys), random)
}

fn local(seed: u8, other: u8) -> Local {
    Local {
        room: ROOM,
        epoch: EPOCH,
        binding: *epoch_keys().binding(),
        keypair: keypair(seed),
        nonce: [seed; 32],
        boot: [seed; 16],
        local_fingerprint: Fingerprint([seed; 32]),
        remote_fingerprint: Fingerprint([other; 32]),
    }
}

fn description() -> String {
    let fingerprint = Fingerprint([5; 32]);
    format!(
        "v=0\r\no=- 4611731400430051336 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\n\
         m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\n\
         a=ice-ufrag:Pqrs\r\na=ice-pwd:abcdefghijklmnopqrstuvwx\r\n\
         a=fingerprint:sha-256 {fingerprint}\r\na=setup:actpass\r\na=mid:0\r\na=sctp-port:5000\r\n"
    )
}

fn payloads() -> [(&'static str, SignalKind); 4] {
    let json = r#"{"candidate":"candidate:1 1 udp 1 192.0.2.1 9 typ host","sdpMid":"0"}"#;
    [
        ("offer", SignalKind::Offer { sdp: description(), boot: [8; 16] }),
        ("answer", SignalKind::Answer { sdp: description() }),
        ("candidate", SignalKind::Candidate { json: json.to_owned() }),
        ("linked", SignalKind::Linked),
    ]
}

fn payload(kind: SignalKind) -> SignalPayload {
    let (from, session) = (keypair(1).member(), [6; 16]);
    SignalPayload { from, sender: SENDER, recipient: RECIPIENT, session, kind }
}

fn log_state() -> LogState {
    let run = run(&["one", "two"]);
    let mut state = LogState::default();
    assert_eq!(state.fit(&run), Ok(RangeSet::of(0, 1)));
    state.insert(&run);
    state.refuse(5, 6, 1);
    state
}

fn member() -> Member {
    let mut members = Members::default();
    let id = keypair(2).member();
    members.know(id, log(), &RangeSet::of(0, 9));
    members.holds(&id, log(), &RangeSet::from_ranges([(0, 4), (6, 300)]));
    members.reads(&id, log(), &RangeSet::of(0, 3));
    members.take_dirty().remove(0).1
}

fn record() -> RoomRecord {
    let mut record = RoomRecord::create(&[7; 128]);
    record.set_name("Garden".to_owned());
    record
}

fn waiting() -> Waiting {
    let when = When::Online(keypair(2).member());
    let terms = Terms { when, expires_after: Some(60_000), ..Terms::default() };
    let act = Act::React { target: EntryId { log: log(), seq: 300 }, on: true };
    let draft = Draft::new(DraftId([4; 16]), "👍", Priority::Low).on(terms).doing(act);
    Waiting { draft, since: 1_700_000_000_000 }
}

fn reading() -> RangeSet {
    RangeSet::from_ranges([(0, 200), (210, 210)])
}

fn shelf() -> Shelf {
    Shelf { muted: true, archived: true, ..Shelf::default() }
}

fn failures() -> Vec<Failure> {
    let (member, last) = (keypair(2).member(), 1_700_000_000_000);
    let reasons = [FailureReason::Expired, FailureReason::NoSpace, FailureReason::Other(9)];
    reasons.map(|reason| Failure { member, reason, attempts: 3, last }).to_vec()
}

/// A record with a history, which older ones lack.
fn undelivered() -> Case {
    let (mut tray, entry) = (Tray::default(), EntryId { log: log(), seq: 300 });
    for failure in failures() {
        let why = (failure.reason, Refused::ForNow);
        tray.refused(entry, failure.member, why, failure.last);
    }
    tray.take_dirty().remove(0).1.unwrap()
}

fn store_keys() -> [(&'static str, Vec<u8>); 14] {
    let (entry, by) =
        (EntryId { log: log(), seq: 300 }, Order { lamport: 1 << 40, log: log(), seq: 7 });
    let (log, register) = (log(), (log().member, RegisterKind::RECEIPT));
    [
        ("key-run", keys::run(&ROOM, &log, 300)),
        ("key-timeline", keys::timeline(&ROOM, 1 << 40, &log, 300)),
        ("key-log", keys::log(&ROOM, &log)),
        ("key-member", keys::member(&ROOM, &log.member)),
        ("key-register", keys::register(&ROOM, &register)),
        ("key-draft", keys::draft(&ROOM, &log, 300)),
        ("key-decision", keys::decision(&ROOM, &EntryHash([4; 32]))),
        ("key-early", keys::early(&ROOM, &entry, &by)),
        ("key-note", keys::note(&ROOM, &entry, &by)),
        ("key-fade", keys::fade(&ROOM, 1_700_000_000_000, &entry)),
        ("key-waiting", keys::waiting(&ROOM, &DraftId([4; 16]))),
        ("key-undelivered", keys::undelivered(&ROOM, &entry)),
        ("key-shelf", keys::shelf(&ROOM)),
        ("key-reading", keys::reading(&ROOM, &log)),
    ]
}

/// Everything, as this version writes it.
fn written() -> Files {
    let mut files = Files::new();
    let mut put = |folder: &str, name: &str, bytes: &[u8]| {
        assert!(files.insert(format!("{folder}/{name}"), bytes.to_vec()).is_none(), "{name} twice");
    };
    for frame in frames() {
        put("frame", name(&frame), &frame.encode());
    }
    for (name, decision) in decisions::all() {
        put("decision", name, &decision.encode());
    }
    put("header", "full", &full_header().encode());
    put("header", "message", &run(&["hello"]).entries[0].header_bytes);
    put("run", "one", run(&["hello"]).bytes());
    put("run", "burst", run(&["one", "two", "三"]).bytes());
    put("run", "body-gone", body_gone().bytes());
    put("run", "fleeting", fleeting().bytes());
    put("run", "reply", reply().bytes());
    put("run", "branch", run(&["one", "two"]).in_branch(branch().mark).bytes());
    put("run", "chained", run(&["one", "two"]).into_chained().bytes());
    put("register", "profile", register(RegisterKind::PROFILE, &profile()).bytes());
    put("register", "receipt", register(RegisterKind::RECEIPT, &receipt()).bytes());
    put("register", "room", register(RegisterKind::ROOM, &room_info()).bytes());
    put("invite", "link", record().invite().to_string().as_bytes());
    put("sdp", "description", description().as_bytes());
    let (keys, mut random) = (epoch_keys(), Random::new([6; 32]));
    let call = Call { room: &ROOM, epoch: &EPOCH, keys: &keys };
    for (name, kind) in payloads() {
        let sealed = call.seal(&payload(kind), &keypair(1), &mut random);
        put("signal", name, sealed.as_bytes());
        let sealed = data_encoding::BASE64URL_NOPAD.decode(sealed.as_bytes()).unwrap();
        let data = [&ROOM.0[..], &EPOCH.0].concat();
        put("signed", name, &seal::open(keys.signaling(), &data, &sealed).unwrap());
    }
    let beside = notes::all().into_iter().chain(people::all()).chain(vanishing::all());
    for (folder, name, bytes) in letters::all().into_iter().chain(beside).chain(checks::all()) {
        put(folder, name, &bytes);
    }
    put("pack", "plain", &pack::pack(b"hello"));
    put("pack", "deflate", &pack::pack(PROSE.repeat(20).as_bytes()));
    for (folder, name, bytes) in doors::all() {
        put(folder, name, &bytes);
    }
    for (name, key) in store_keys() {
        put("store", name, &key);
    }
    put("store", "decision", &decisions::record());
    put("store", "log", &log_state().encode());
    put("store", "log-branch", &LogState::of_branch(branch()).encode());
    put("store", "member", &member().encode());
    put("store", "waiting", &postcard::to_allocvec(&waiting()).unwrap());
    put("store", "failures", &postcard::to_allocvec(&failures()).unwrap());
    put("store", "undelivered", &undelivered().encode());
    put("store", "draft", &DraftId([4; 16]).0);
    put("store", "room", &record().encode());
    put("store", "room-left", &RoomRecord::left());
    put("store", "shelf", &encode_shelf(shelf()));
    put("store", "reading", &readings::encode(&reading()));
    files
}

/// A codec may find a shorter form one day: what was packed has to unpack, no more.
fn may_change(name: &str) -> bool {
    name == "pack/deflate"
}

/// What is in the folder, but for what is compared where it is written: backups and the vault.
fn stored() -> Files {
    let mut files = Files::new();
    for kind in std::fs::read_dir(folder()).unwrap() {
        let kind = kind.unwrap();
        if kind.file_name() == "backup" || kind.file_name() == "vault" {
            continue;
        }
        for file in std::fs::read_dir(kind.path()).unwrap() {
            let file = file.unwrap();
            let folder = kind.file_name().into_string().unwrap();
            let name = format!("{folder}/{}", file.file_name().into_string().unwrap());
            files.insert(name, std::fs::read(file.path()).unwrap());
        }
    }
    files
}

fn bless(folder: &Path, written: &Files) {
    for (name, bytes) in written {
        let file = folder.join(name);
        let before = std::fs::read(&file).ok();
        if before.is_none() || (before.as_ref() != Some(bytes) && !may_change(name)) {
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, bytes).unwrap();
        }
    }
}

#[test]
fn golden_everything_is_written_as_it_was() {
    let (written, stored) = (written(), stored());
    assert!(stored.keys().eq(written.keys()), "the folder holds other files than these");
    for (name, bytes) in &written {
        assert!(may_change(name) || stored[name] == *bytes, "{name} is written in another way");
    }
}

#[test]
fn golden_frames_are_read() {
    for frame in frames() {
        let bytes = read(&format!("frame/{}", name(&frame)));
        let read = frame::decode(&bytes).unwrap();
        assert_eq!(read.len(), 1);
        assert_eq!(name(&read[0]), name(&frame));
        assert_eq!(format!("{:?}", read[0]), format!("{frame:?}"));
        assert_eq!(read[0].encode(), bytes);
    }
}

#[test]
fn golden_headers_and_runs_are_read() {
    let bytes = read("header/full");
    assert_eq!(Header::decode(&bytes), Ok(full_header()));
    assert_eq!(full_header().encode(), bytes);
    for (file, texts) in [("run/one", &["hello"][..]), ("run/burst", &["one", "two", "三"])] {
        let run = Run::verify(&ROOM, &read(file)).unwrap();
        let bodies = run.iter().map(|(seq, entry)| {
            let sealed = entry.body.as_ref().unwrap();
            place(seq, &run.log).open_body(entry.header.kind, sealed, &epoch_keys())
        });
        let texts: Vec<Body> = texts.iter().map(|text| Body::Text((*text).to_owned())).collect();
        assert_eq!(bodies.collect::<Vec<_>>(), texts);
        assert_eq!(Run::extent(run.bytes()), Some((log(), 0, run.last())));
    }
    let gone = Run::verify(&ROOM, &read("run/body-gone")).unwrap();
    assert!(gone.entries[0].body.is_none() && gone.entries[1].body.is_some());
    let fleeting = Run::verify(&ROOM, &read("run/fleeting")).unwrap();
    let body = fleeting.entries[0].body.clone().unwrap();
    let said = place(0, &log()).open_said(Kind::MESSAGE, &body, &epoch_keys());
    let hello = Body::Text("hello".to_owned());
    assert_eq!((&said.body, said.vanishes, said.reply_to), (&hello, Some(60_000), None));
    let reply = Run::verify(&ROOM, &read("run/reply")).unwrap();
    let body = reply.entries[0].body.clone().unwrap();
    let said = place(0, &log()).open_said(Kind::MESSAGE, &body, &epoch_keys());
    assert_eq!((said.body, said.vanishes, said.reply_to), (hello, Some(60_000), Some(target())));
}

#[test]
fn golden_registers_are_read() {
    let open = |file: &str| Register::verify(&ROOM, &read(file)).unwrap();
    let keys = epoch_keys();
    assert_eq!(open("register/profile").open(&ROOM, &keys), Some(profile()));
    assert_eq!(open("register/receipt").open(&ROOM, &keys), Some(receipt()));
    assert_eq!(open("register/room").open(&ROOM, &keys), Some(room_info()));
    let key = (log().member, RegisterKind::RECEIPT);
    assert_eq!((open("register/receipt").key(), open("register/receipt").counter), (key, 300));
}

#[test]
fn golden_invites_and_payloads_are_read() {
    assert_eq!(Invite::parse(&text("invite/link")), Ok(record().invite()));
    assert_eq!(sdp::gate(&text("sdp/description")), Ok(Fingerprint([5; 32])));
    let keys = epoch_keys();
    let call = Call { room: &ROOM, epoch: &EPOCH, keys: &keys };
    for (name, kind) in payloads() {
        let sealed = text(&format!("signal/{name}"));
        assert_eq!(call.open(&sealed, SENDER, RECIPIENT), Ok(payload(kind)));
    }
}

#[test]
fn golden_packs_are_read() {
    assert_eq!(pack::unpack(&read("pack/plain")).unwrap(), b"hello");
    assert_eq!(pack::unpack(&read("pack/deflate")).unwrap(), PROSE.repeat(20).as_bytes());
}

#[test]
fn golden_keys_and_records_are_read() {
    let log = log();
    assert_eq!(keys::run_seq(&read("store/key-run")), Some(300));
    assert_eq!(keys::read_timeline(&read("store/key-timeline")), Some((1 << 40, log, 300)));
    assert_eq!(keys::read_draft(&read("store/key-draft")), Some((log, 300)));
    let projection = |file| keys::read_projection(&read(file));
    let hash = EntryHash([4; 32]);
    assert_eq!(projection("store/key-decision"), Some(keys::Projection::Decision(hash)));
    assert_eq!(projection("store/key-log"), Some(keys::Projection::Log(log)));
    assert_eq!(projection("store/key-member"), Some(keys::Projection::Member(log.member)));
    assert_eq!(projection("store/key-register"), Some(keys::Projection::Register));
    assert_eq!(postcard::from_bytes(&read("store/log")), Ok(log_state()));
    assert_eq!(postcard::from_bytes(&read("store/member")), Ok(member()));
    assert_eq!(postcard::from_bytes(&read("store/waiting")), Ok(waiting()));
    assert_eq!(decode_shelf(&read("store/shelf")), Some(shelf()));
    assert_eq!(readings::decode(&read("store/reading")), Some(reading()));
    assert_eq!(keys::read_reading(&read("store/key-reading")), Some(log));
    assert_eq!(RoomRecord::decode(&read("store/room-left")).unwrap_err(), RecordError::Left);
    assert_eq!(postcard::from_bytes(&read("store/failures")), Ok(failures()));
    assert!(Case::decode(&read("store/failures")).is_some(), "it has no history");
    assert_eq!(Case::decode(&read("store/undelivered")), Some(undelivered()));
    let entry = EntryId { log, seq: 300 };
    assert_eq!(keys::read_note(&read("store/key-early")), Some(entry));
    assert_eq!(keys::read_note(&read("store/key-note")), Some(entry));
    assert_eq!(keys::read_fade(&read("store/key-fade")), Some((1_700_000_000_000, entry)));
    assert_eq!(keys::read_undelivered(&read("store/key-undelivered")), Some(entry));
    let room = RoomRecord::decode(&read("store/room")).unwrap();
    assert_eq!((room.name(), room.me(), room.room()), ("Garden", record().me(), record().room()));
}
