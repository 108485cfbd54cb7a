//! What is said: entries and runs, registers, and what is for one member alone.

use engine::crypto::hash::hash;
use engine::crypto::hpke;
use engine::crypto::random::Random;
use engine::crypto::seal;
use engine::crypto::sign::{Domain, Signature, verify};
use engine::log::entry::{Content, Header, Kind, Place, body_hash};
use engine::log::pack;
use engine::log::private::{Letter, Opened};
use engine::log::run::{Run, Start, Unsigned};
use engine::register::{Profile, Register, RegisterKind};
use engine::{Body, EntryHash, Priority};
use serde_json::{Value, json};

use super::{EPOCH, RANDOM, ROOM, case, epoch_keys, hex, keypair, log, member, placed};

const WALL: u64 = 1_700_000_000_000;
const PREVIOUS: EntryHash = EntryHash([9; 32]);

fn place(seq: u64, log: &engine::LogId) -> Place<'_> {
    Place { room: &ROOM, log, seq, epoch: &EPOCH, class: Priority::Urgent }
}

/// What a body is bound to: the place of its entry.
fn data(seq: u64, kind: Kind) -> Vec<u8> {
    [&ROOM.0[..], &EPOCH.0, &log().bytes(), &seq.to_be_bytes(), &[kind.0]].concat()
}

fn header(kind: Kind, lamport: u64, body: &[u8]) -> Header {
    Header {
        kind,
        lamport,
        wall: WALL,
        expiry: None,
        target: None,
        group: None,
        body_len: u32::try_from(body.len()).unwrap(),
        body_hash: body_hash(body),
    }
}

fn start(first: u64) -> Start {
    let class = Priority::Urgent;
    Start { room: ROOM, log: log(), first, previous: PREVIOUS, epoch: EPOCH, class }
}

pub(super) fn entries() -> (&'static str, Vec<Value>) {
    let cases = vec![entry("hello", 0), entry("三 and more", 300), burst()];
    ("Entries: the sealed body, the header, the hash, and the run that is signed.", cases)
}

/// What a run's signature is over.
fn signed_part(last: u64, head: &EntryHash) -> Vec<u8> {
    [&ROOM.0[..], &log().bytes(), &last.to_be_bytes(), &head.0].concat()
}

/// The signature at the end of a run, checked.
fn signature(run: &Run) -> [u8; 64] {
    let bytes = run.bytes();
    let signature: [u8; 64] = bytes[bytes.len() - 64..].try_into().unwrap();
    let part = signed_part(run.last(), &run.head());
    let signed = Signature::from_bytes(signature);
    assert!(verify(&log().member, Domain::Run, &[&part], &signed).is_ok());
    assert!(Run::verify(&ROOM, bytes).is_ok());
    signature
}

fn entry(text: &str, seq: u64) -> Value {
    let (log, keys, lamport) = (log(), epoch_keys(), seq + 1);
    let (place, content) = (place(seq, &log), Content::Text(text.to_owned()));
    let body = place.seal_body(Kind::MESSAGE, lamport, &content, &keys, &mut Random::new(RANDOM));
    let content = postcard::to_allocvec(&content).unwrap();
    let (packed, data) = (pack::pack(&content), data(seq, Kind::MESSAGE));
    let fresh: [u8; 24] = Random::new(RANDOM).bytes();
    let key = keys.body_key(&log);
    let nonce = seal::nonce(&key, fresh, &[&data, &lamport.to_be_bytes(), &packed]);
    assert_eq!(body, seal::seal(&key, &nonce, &data, &packed));
    assert_eq!(place.open_body(Kind::MESSAGE, &body, &keys), Body::Text(text.to_owned()));

    let header = header(Kind::MESSAGE, lamport, &body);
    let run = Run::sign(&start(seq), vec![Unsigned { header, body: body.clone() }], &keypair(1));
    let entry = &run.entries[0];
    let parts: [&[u8]; 7] = [
        &ROOM.0,
        &log.bytes(),
        &seq.to_be_bytes(),
        &PREVIOUS.0,
        &EPOCH.0,
        &[0],
        &entry.header_bytes,
    ];
    assert_eq!(entry.hash.0, hash("confab/1/entry", &parts));
    assert_eq!(body_hash(&body), hash("confab/1/body", &[&body]));
    let inputs = placed(json!({ "author": member(1), "log_incarnation": hex(log.incarnation.0),
        "seq": seq, "previous": hex(PREVIOUS.0), "class": 0, "kind": 0, "lamport": lamport,
        "wall": WALL, "text": text, "fresh": hex(fresh) }));
    let outputs = json!({ "content": hex(content), "packed": hex(packed), "body_key": hex(*key),
        "associated_data": hex(data), "nonce": hex(nonce), "body": hex(&body),
        "body_hash": hex(body_hash(&body)), "header": hex(&entry.header_bytes),
        "entry_hash": hex(entry.hash.0), "signed_part": hex(signed_part(seq, &entry.hash)),
        "signature": hex(signature(&run)), "run": hex(run.bytes()) });
    case(&format!("a run of one: {text}"), inputs, outputs)
}

/// Bodies given as they are: what is shown is the chain and its one signature.
fn burst() -> Value {
    let bodies: [&[u8]; 2] = [&[1; 41], &[2; 42]];
    let unsigned = (1..).zip(bodies).map(|(lamport, body)| {
        let header = header(Kind::MESSAGE, lamport, body);
        Unsigned { header, body: body.to_vec() }
    });
    let run = Run::sign(&start(7), unsigned.collect(), &keypair(1));
    let chain: Vec<Value> = run
        .iter()
        .map(|(seq, entry)| {
            json!({ "seq": seq, "header": hex(&entry.header_bytes), "hash": hex(entry.hash.0) })
        })
        .collect();
    let inputs = placed(json!({ "author": member(1), "log_incarnation": hex(log().incarnation.0),
        "first": 7, "previous": hex(PREVIOUS.0), "class": 0, "kind": 0, "wall": WALL,
        "lamports": [1, 2], "bodies": bodies.map(hex) }));
    let outputs = json!({ "chain": chain, "signed_part": hex(signed_part(8, &run.head())),
        "signature": hex(signature(&run)), "run": hex(run.bytes()) });
    case("a run of two", inputs, outputs)
}

pub(super) fn registers() -> (&'static str, Vec<Value>) {
    let cases = vec![register(1), register(300)];
    ("Registers: a member's signed and sealed cells.", cases)
}

fn register(counter: u64) -> Value {
    let (keypair, keys, kind) = (keypair(1), epoch_keys(), RegisterKind::PROFILE);
    let value = Profile { name: "Ana".to_owned() };
    let random = &mut Random::new(RANDOM);
    let signed =
        Register::sign((&ROOM, &EPOCH), (kind, counter), &value, (&keypair, &keys), random);
    let author = keypair.member();
    let data = [&ROOM.0[..], &EPOCH.0, &author.0, &[kind.0], &counter.to_be_bytes()].concat();
    let plain = postcard::to_allocvec(&value).unwrap();
    let fresh: [u8; 24] = Random::new(RANDOM).bytes();
    let nonce = seal::nonce(keys.registers(), fresh, &[&data, &plain]);
    let sealed = seal::seal(keys.registers(), &nonce, &data, &plain);
    let (before, signature) = signed.bytes().split_at(signed.bytes().len() - 64);
    assert!(before.ends_with(&sealed));
    let signature: [u8; 64] = signature.try_into().unwrap();
    let parts: [&[u8]; 2] = [&data, &sealed];
    assert!(verify(&author, Domain::Register, &parts, &Signature::from_bytes(signature)).is_ok());
    let read = Register::verify(&ROOM, signed.bytes()).unwrap();
    assert_eq!(read.open(&ROOM, &keys), Some(value));
    let inputs = placed(json!({ "owner": member(1), "kind": kind.0, "counter": counter,
        "name": "Ana", "fresh": hex(fresh) }));
    let outputs = json!({ "plain": hex(plain), "associated_data": hex(data), "nonce": hex(nonce),
        "sealed": hex(sealed), "signature": hex(signature), "register": hex(signed.bytes()) });
    case(&format!("a profile, counter {counter}"), inputs, outputs)
}

pub(super) fn private() -> (&'static str, Vec<Value>) {
    let cases = vec![letter("hello", 0), letter("三", 300)];
    ("Private messages: HPKE to the recipient and to the author, and the padded letter.", cases)
}

fn letter(text: &str, seq: u64) -> Value {
    let (log, to) = (log(), keypair(2));
    let content = Some(Content::Text(text.to_owned()));
    let letter = Letter { to: to.member(), about: None, content };
    let (place, random) = (place(seq, &log), &mut Random::new(RANDOM));
    let whom = (&to.exchange().public(), &keypair(1));
    let body = place.seal_letter(Kind::PRIVATE, &letter, whom, random).unwrap();
    let data = data(seq, Kind::PRIVATE);
    let info = [&b"confab/1/private"[..], &data].concat();
    let (theirs, rest) = body[1..].split_at(80);
    let (mine, text_sealed) = rest.split_at(80);
    let key = hpke::open(to.exchange(), (&info, &[0]), theirs).unwrap();
    assert_eq!(hpke::open(keypair(1).exchange(), (&info, &[1]), mine).unwrap(), key);
    let padded = seal::open(key[..].try_into().unwrap(), &data, text_sealed).unwrap();
    assert_eq!(Letter::decode(&padded), Some(letter.clone()));
    let open = |who| place.open_letter(Kind::PRIVATE, &body, &keypair(who));
    assert_eq!((open(1), open(2)), (Opened::Mine(letter.clone()), Opened::Mine(letter)));
    assert_eq!(open(3), Opened::Others);
    let inputs = placed(json!({ "author": member(1), "recipient": member(2), "other": member(3),
        "recipient_exchange_public": hex(to.exchange().public().0),
        "log_incarnation": hex(log.incarnation.0), "seq": seq, "kind": Kind::PRIVATE.0,
        "text": text, "body": hex(&body) }));
    let outputs = json!({ "info": hex(info), "associated_data": hex(data),
        "key_sealed_to_recipient": hex(theirs), "key_sealed_to_author": hex(mine),
        "letter_key": hex(&key[..]), "letter_sealed": hex(text_sealed), "letter": hex(padded),
        "other_reads": false });
    case(&format!("to open: {text}"), inputs, outputs)
}
