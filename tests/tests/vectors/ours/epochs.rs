//! Epochs: how one is called, and its secret on the way to members and to those who come later.

use engine::EpochId;
use engine::crypto::exchange::ExchangeKey;
use engine::crypto::hash::{derive_key, hash};
use engine::crypto::random::Random;
use engine::crypto::seal;
use engine::crypto::share::{Sealing, open, open_earlier, seal_earlier};
use engine::log::decision::Opening;
use serde_json::{Value, json};

use super::{EPOCH, RANDOM, ROOM, SECRET, case, hex, keypair, member, placed};

pub(super) fn epochs() -> (&'static str, Vec<Value>) {
    let first = name("after the first", &[EpochId::FIRST]);
    let merged = name("after two at once", &[EpochId([1; 16]), EpochId([2; 16])]);
    let about = "Epochs: their names, and their secrets, sealed to a member or under a later one.";
    (about, vec![first, merged, share(), earlier()])
}

fn name(what: &str, parents: &[EpochId]) -> Value {
    let epoch = Opening::name(&ROOM, parents, &SECRET);
    let joined: Vec<u8> = parents.iter().flat_map(|parent| parent.0).collect();
    assert_eq!(epoch.0, hash("confab/1/epoch-id", &[&ROOM.0, &joined, &SECRET])[..16]);
    let parents: Vec<String> = parents.iter().map(|parent| hex(parent.0)).collect();
    let inputs = json!({ "room": hex(ROOM.0), "parents": parents, "epoch_secret": hex(SECRET) });
    case(&format!("name of an epoch {what}"), inputs, json!({ "epoch": hex(epoch.0) }))
}

fn share() -> Value {
    let (random, to) = (&mut Random::new(RANDOM), keypair(1));
    let sealing = Sealing::new(ROOM, EPOCH, random);
    let ExchangeKey(once) = sealing.key();
    let public = to.exchange().public();
    let sealed = sealing.seal(&public, &SECRET, random).unwrap();
    let again = &mut Random::new(RANDOM);
    let (once_seed, fresh): ([u8; 32], [u8; 24]) = (again.bytes(), again.bytes());

    let shared = to.exchange().agree(&sealing.key()).unwrap();
    let parts: [&[u8]; 5] = [&*shared, &once, &public.0, &ROOM.0, &EPOCH.0];
    let key = derive_key("confab/1/epoch/share", &parts);
    let nonce = seal::nonce(&key, fresh, &[&SECRET]);
    assert_eq!(sealed, seal::seal(&key, &nonce, &EPOCH.0, &SECRET));
    let opened = open(to.exchange(), &sealing.key(), (&ROOM, &EPOCH), &sealed);
    assert_eq!(opened.as_deref(), Some(&SECRET));
    let inputs = placed(json!({ "to": member(1), "to_exchange_public": hex(public.0),
        "once_seed": hex(once_seed), "fresh": hex(fresh) }));
    let outputs = json!({ "once_public": hex(once), "x25519": hex(*shared), "share_key": hex(*key),
        "associated_data": hex(EPOCH.0), "nonce": hex(nonce), "sealed": hex(sealed) });
    case("secret sealed to a member", inputs, outputs)
}

fn earlier() -> Value {
    let (before, secret) = (EpochId::FIRST, [8; 32]);
    let later = (&ROOM, &EPOCH, &SECRET);
    let sealed = seal_earlier(later, (&before, &secret), &mut Random::new(RANDOM));
    let fresh: [u8; 24] = Random::new(RANDOM).bytes();
    let key = derive_key("confab/1/epoch/earlier", &[&ROOM.0, &EPOCH.0, &SECRET]);
    let nonce = seal::nonce(&key, fresh, &[&before.0, &secret]);
    assert_eq!(sealed, seal::seal(&key, &nonce, &before.0, &secret));
    assert_eq!(open_earlier(later, &before, &sealed).as_deref(), Some(&secret));
    let inputs = placed(json!({ "earlier_epoch": hex(before.0), "earlier_secret": hex(secret),
        "fresh": hex(fresh) }));
    let outputs = json!({ "earlier_key": hex(*key), "associated_data": hex(before.0),
        "nonce": hex(nonce), "sealed": hex(sealed) });
    case("secret of an earlier epoch under a later one", inputs, outputs)
}
