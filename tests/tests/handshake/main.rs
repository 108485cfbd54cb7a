//! The handshake, explored exhaustively with one evil party: what is claimed of it holds in every
//! state, and each protection that is taken away lets the same search find an attack.
//!
//! ```text
//!  terms.rs    the symbols          model.rs   the honest steps and what Eve can do
//!  claims.rs   what has to hold     real.rs    the same steps by the engine's own code
//! ```
//! Eve is the server, the network and perhaps a member. Both layers are also taken from the
//! protocol one at a time and together (`Layer::Eves`): signaling alone protects who calls whom;
//! the proof in the channel has to hold when offers and answers are Eve's, and even when the
//! certificates' keys are hers, though she reads along then.

#![expect(
    clippy::unwrap_used,
    reason = "a test says what it explored, and stops where it is wrong"
)]

mod claims;
mod model;
mod real;
mod terms;

use std::collections::BTreeSet;
use std::sync::{LazyLock, Mutex};

use engine::simulation::{Planted, plant};
use stateright::{Checker, HasDiscoveries, Model, Path};

use claims::{AGREEMENT, CALLERS, CLAIMS, INSIDE, KEY_SHARE, LINK, ONCE, SECRECY};
use model::{Action, Handshake, Layer, State, Taken};
use terms::{Party, Place, Role, Who, Without};

const fn party(who: Who, role: Role, place: Place) -> Party {
    Party { who, role, place }
}

const ANA: Party = party(Who::Ana, Role::Offerer, Place::Now);
const BEN: Party = party(Who::Ben, Role::Answerer, Place::Now);
const ANA_BEFORE: Party = party(Who::Ana, Role::Offerer, Place::Before);
const BEN_BEFORE: Party = party(Who::Ben, Role::Answerer, Place::Before);

/// Who tries to link with whom. Numbers of parties are their places in the list.
const STORIES: [(&str, &[Party], bool); 8] = [
    ("one link", &[ANA, BEN], true),
    ("Ana offers twice", &[ANA, BEN, ANA], true),
    ("Ben answers twice", &[ANA, BEN, BEN], true),
    ("both offer", &[ANA, party(Who::Ben, Role::Offerer, Place::Now), BEN], true),
    ("Ana offers and answers", &[ANA, party(Who::Ana, Role::Answerer, Place::Now), BEN], true),
    ("Ana is an epoch behind", &[ANA_BEFORE, BEN], false),
    ("Ana is in another room", &[party(Who::Ana, Role::Offerer, Place::Elsewhere), BEN], false),
    ("a link of the epoch before", &[ANA_BEFORE, BEN_BEFORE, BEN], true),
];

/// Whom Eve may be.
const EVES: [(&str, &[Place]); 3] = [
    ("a stranger", &[]),
    ("somebody removed", &[Place::Before]),
    ("a member", &[Place::Now, Place::Before, Place::Elsewhere]),
];

/// Signaling and channel: what Eve has been given.
const LAYERS: [(&str, Layer, Layer); 4] = [
    ("both layers hold", Layer::Kept, Layer::Kept),
    ("Eve writes offers and answers", Layer::Eves, Layer::Kept),
    ("Eve has the certificates' keys", Layer::Kept, Layer::Eves),
    ("Eve writes offers and answers, and has the certificates' keys", Layer::Eves, Layer::Eves),
];

#[derive(Clone, Copy)]
struct Setting {
    layers: usize,
    eve: usize,
    story: usize,
}

/// All of them; those that leave the handshake most come first.
fn settings() -> impl Iterator<Item = Setting> {
    (0..LAYERS.len()).flat_map(|layers| {
        (0..EVES.len()).flat_map(move |eve| {
            (0..STORIES.len()).map(move |story| Setting { layers, eve, story })
        })
    })
}

impl Setting {
    fn model(self, without: Without) -> Handshake {
        let (_, signaling, channel) = LAYERS[self.layers];
        let (eve_knows, parties) = (EVES[self.eve].1, STORIES[self.story].1);
        Handshake { without, signaling, channel, eve_knows, parties, taken: None }
    }

    fn name(self) -> String {
        let (kept, eve, story) = (LAYERS[self.layers].0, EVES[self.eve].0, STORIES[self.story].0);
        format!("{story}; Eve is {eve}; {kept}")
    }
}

/// The steps to the first state that breaks a claim, in words.
fn story(model: &Handshake, claim: &'static str, path: Path<State, Action>) -> String {
    let (steps, holds) = (path.into_vec(), model.property(claim).condition);
    let end = steps.iter().position(|(state, _)| !holds(model, state)).unwrap_or(steps.len());
    let who = |number: u8| format!("{:?} ({number})", model.party(number).who);
    let line = |action: Action| match action {
        Action::Call(party, to) => format!("{} offers to {to:?}'s address", who(party)),
        Action::Ring(party, payload) => {
            let terms::Payload { from, session, print, place, .. } = payload;
            let what = format!("{from:?}, session {session}, certificate {print:?}, {place:?}");
            format!("{} takes a payload: {what}", who(party))
        }
        Action::Forge(party, print) => {
            format!("Eve tells {} that {print:?}'s certificate is at the other end", who(party))
        }
        Action::Connect(one, two) => format!("{} and {} are connected", who(one), who(two)),
        Action::Greet(party, hello) => format!("{} hears {}", who(party), greeting(&hello)),
        Action::Prove(party) => format!("{} takes the proof", who(party)),
        Action::GreetAndProve(party, hello) => {
            format!("{} hears {} and takes the proof", who(party), greeting(&hello))
        }
    };
    let lines = steps.into_iter().take(end).filter_map(|(_, action)| action).map(line);
    lines.map(|line| format!("    {line}\n")).collect()
}

fn greeting(hello: &terms::Hello) -> String {
    let terms::Hello { member, nonce, boot, .. } = hello;
    format!("\"{member:?}, nonce {nonce}, boot {boot:?}\"")
}

/// The whole handshake, searched once for all tests.
struct Searched {
    searches: usize,
    states: usize,
    /// Claims that broke, with the way there.
    broken: Vec<String>,
    /// Settings in which two members do not link though they should, or do though they should not.
    odd: Vec<String>,
    taken: BTreeSet<Taken>,
}

static SEARCHED: LazyLock<Searched> = LazyLock::new(|| {
    let (states, taken) = (0, BTreeSet::new());
    let mut all = Searched { searches: 0, states, broken: Vec::new(), odd: Vec::new(), taken };
    for setting in settings() {
        let taken = Some(Mutex::default());
        let model = Handshake { taken, ..setting.model(Without::Nothing) };
        let checker = model.checker().spawn_bfs().join();
        for claim in CLAIMS {
            if let Some(path) = checker.discovery(claim) {
                let story = story(checker.model(), claim, path);
                all.broken.push(format!("{claim}: {}\n{story}", setting.name()));
            }
        }
        if checker.discovery(LINK).is_some() != STORIES[setting.story].2 {
            all.odd.push(setting.name());
        }
        all.searches += 1;
        all.states += checker.unique_state_count();
        if let Some(taken) = &checker.model().taken {
            all.taken.append(&mut taken.lock().unwrap());
        }
    }
    all
});

#[test]
fn whatever_the_evil_party_does_the_handshake_keeps_its_claims() {
    let Searched { searches, states, broken, odd, .. } = &*SEARCHED;
    println!("{searches} searches, {states} states");
    assert!(broken.is_empty(), "{}", broken.join("\n"));
    assert!(odd.is_empty(), "members link where they should not, or do not: {odd:?}");
    assert_eq!(*searches, LAYERS.len() * EVES.len() * STORIES.len());
    assert!(*states > 100_000, "{states} states are no search");
}

/// What is left out, a claim that breaks then, and with how much left: which of `LAYERS`, and which
/// of `EVES`. Before these the search has found nothing in all settings that leave more.
const WEAKENED: [(Without, &str, usize, usize); 15] = [
    (Without::Certificates, SECRECY, 1, 0),
    (Without::Certificates, AGREEMENT, 1, 0),
    (Without::Role, INSIDE, 1, 0),
    (Without::Nonces, ONCE, 3, 0),
    (Without::Members, KEY_SHARE, 2, 1),
    (Without::Place, AGREEMENT, 3, 2),
    (Without::Boots, AGREEMENT, 2, 0),
    (Without::Mac, INSIDE, 1, 0),
    (Without::Signature, SECRECY, 1, 1),
    (Without::BothProofs, KEY_SHARE, 1, 0),
    (Without::PayloadSignature, CALLERS, 0, 1),
    (Without::PayloadPlace, CALLERS, 0, 2),
    (Without::PayloadRecipient, CALLERS, 0, 0),
    (Without::Seal, CALLERS, 0, 0),
    (Without::Freshness, CALLERS, 0, 0),
];

/// The first attack on a claim of a weakened handshake, if there is one.
fn attack(
    without: Without,
    claim: &'static str,
    among: impl Iterator<Item = Setting>,
) -> Option<(Setting, String)> {
    let goal = HasDiscoveries::AnyOf(BTreeSet::from([claim]));
    for setting in among {
        let checker = setting.model(without).checker().finish_when(goal.clone()).spawn_bfs().join();
        if let Some(path) = checker.discovery(claim) {
            return Some((setting, story(checker.model(), claim, path)));
        }
    }
    None
}

#[test]
fn without_any_one_protection_the_search_finds_the_attack() {
    for (without, claim, layers, eve) in WEAKENED {
        let found = attack(without, claim, settings());
        let (setting, story) = found.unwrap_or_else(|| panic!("without {without:?}: no attack"));
        println!("without {without:?}: {claim}\n  {}\n{story}", setting.name());
        assert_eq!((setting.layers, setting.eve), (layers, eve), "{without:?}");
    }
}

/// Two checks that the proof makes unnecessary; they end an attempt sooner.
#[test]
fn without_a_check_that_the_proof_repeats_the_search_finds_nothing() {
    for without in [Without::CallerGreets, Without::Mirror] {
        for claim in CLAIMS {
            let pairs = settings().filter(|setting| STORIES[setting.story].1.len() == 2);
            let found = attack(without, claim, pairs);
            assert!(found.is_none(), "without {without:?}: {claim}\n{}", found.unwrap().1);
        }
    }
}

#[test]
fn every_step_of_the_model_is_taken_by_the_real_code() {
    let [payloads, heard, done, refused] = real::take(&SEARCHED.taken);
    println!("{payloads} payloads, {heard} greetings, {done} proofs taken; {refused} refused");
    assert!(payloads > 20 && heard > 100 && done > 50 && refused > 1_000);
}

#[test]
fn each_field_of_the_model_is_one_of_the_real_proof() {
    real::alter();
}

#[test]
fn a_real_proof_that_lost_a_field_is_noticed() {
    plant(&[Planted::ProofNotBound]);
    let noticed = std::panic::catch_unwind(real::alter).is_err();
    plant(&[]);
    assert!(noticed, "the engine's proof binds no certificates, and the model does not see it");
}
