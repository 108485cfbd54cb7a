//! The handshake between honest members with one evil party in the middle, as a model for an
//! exhaustive search.
//!
//! ```text
//!  offerer   Idle ─call─► Called ─answer─► Open ─greeting─► Heard ─proof─► Done
//!  answerer  Idle ────────offer──────────► Open ────greeting and proof───► Done
//! ```
//! Eve is the server and the network. She hands on, repeats, mixes and makes up whatever she can
//! make; what an honest party would refuse changes nothing and is no step. An answerer says nothing
//! between greeting and proof, so both come in one step. Nothing is forgotten: what Eve knows is
//! what the parties have said where she hears it.

use std::collections::BTreeSet;
use std::sync::Mutex;

use stateright::{Model, Property};

use crate::claims;
use crate::terms::{ALL, EVES, Fresh, Hello, Party, Payload, Place, Proof, Role, Script, Side};
use crate::terms::{Who, Without};

/// Whether a layer does what it promises, or belongs to Eve: then the other one has to hold alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Layer {
    /// Offers and answers are signed and sealed; a channel ends where its certificates say.
    Kept,
    /// Eve writes offers and answers; or has the certificates' keys, and reads and writes channels.
    Eves,
}

/// What is searched.
#[derive(Debug)]
pub struct Handshake {
    pub without: Without,
    pub signaling: Layer,
    pub channel: Layer,
    /// The epochs whose secrets Eve knows: none, only the one before, or all.
    pub eve_knows: &'static [Place],
    pub parties: &'static [Party],
    /// Every step that an honest party took, to be taken by the real code as well; if asked for.
    pub taken: Option<Mutex<BTreeSet<Taken>>>,
}

/// How far one party is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum At {
    Idle,
    /// Has offered to whoever has this address.
    Called(Who),
    /// Knows the other side's certificate; an answerer has greeted.
    Open(Called),
    /// Has heard the greeting; an offerer has greeted and proven.
    Heard(Called, Hello),
    /// Has the proof.
    Done(Called, Hello),
}

/// What the offer or answer said that a party took.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Called {
    /// The certificate at the other end.
    pub print: Who,
    /// The payload; none if signaling is Eve's.
    pub by: Option<Payload>,
    /// Whom this one offered to, if it did.
    pub to: Option<Who>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct State {
    pub at: Vec<At>,
    /// Whose channel ends at whom, by numbers of parties; if certificates mean something.
    pub ends: Vec<Option<Fresh>>,
}

/// A step, and which party takes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    Call(Fresh, Who),
    Ring(Fresh, Payload),
    /// Signaling is Eve's: she says whose certificate is at the other end.
    Forge(Fresh, Who),
    Connect(Fresh, Fresh),
    Greet(Fresh, Hello),
    Prove(Fresh),
    /// Greeting and proof, to an answerer.
    GreetAndProve(Fresh, Hello),
}

/// A step of the handshake in the channel, by a party with this number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Taken {
    Ring(Party, Payload),
    Heard(Party, Fresh, Who, Hello),
    Done(Party, Fresh, Who, Hello),
}

fn index(party: Fresh) -> usize {
    usize::from(party)
}

impl Handshake {
    pub fn party(&self, party: Fresh) -> Party {
        self.parties[index(party)]
    }

    pub fn numbered(&self) -> impl Iterator<Item = (Fresh, Party)> {
        (0..).zip(self.parties.iter().copied())
    }

    pub fn eve_is_in(&self, place: Place) -> bool {
        self.eve_knows.contains(&place)
    }

    /// What a party's proof, or the one that it waits for, is over: all of it.
    pub fn script(&self, party: Fresh, print: Who, theirs: &Hello) -> Script {
        let Party { who, role, place } = self.party(party);
        script((who, role, place), party, print, theirs)
    }

    /// The proof that this party makes (`by` is its role) or waits for (the other).
    pub fn proof(&self, party: Fresh, by: Role, print: Who, theirs: &Hello) -> Proof {
        let Party { who, role, place } = self.party(party);
        let signer = if by == role { who } else { theirs.member };
        let script = self.script(party, print, theirs).seen(self.without);
        let role = (self.without != Without::Role).then_some(by);
        Proof { signer, key: place, role, script }
    }

    /// True if Eve hears what this party says in its channel.
    fn heard_by_eve(&self, called: &Called) -> bool {
        self.channel == Layer::Eves || called.print == Who::Eve
    }

    /// The proofs that Eve has heard.
    fn overheard<'a>(&'a self, state: &'a State) -> impl Iterator<Item = Proof> + 'a {
        self.numbered().filter_map(move |(party, Party { role, .. })| {
            let (called, hello) = match (state.at[index(party)], role) {
                (At::Heard(called, hello), Role::Offerer) | (At::Done(called, hello), _) => {
                    (called, hello)
                }
                (At::Idle | At::Called(_) | At::Open(_) | At::Heard(..), _) => return None,
            };
            let heard = self.heard_by_eve(&called);
            heard.then(|| self.proof(party, role, called.print, &hello))
        })
    }

    /// True if Eve can make or repeat what this proof has to be. The two halves may be of two.
    fn eve_proves(&self, state: &State, wanted: &Proof) -> bool {
        let heard: Vec<Proof> =
            self.overheard(state).filter(|heard| same_over(heard, wanted)).collect();
        let none = self.without == Without::BothProofs;
        let signed = none
            || self.without == Without::Signature
            || wanted.signer == Who::Eve
            || heard.iter().any(|heard| heard.signer == wanted.signer);
        let keyed = none
            || self.without == Without::Mac
            || self.eve_is_in(wanted.key)
            || heard.iter().any(|heard| heard.key == wanted.key);
        signed && keyed
    }

    /// Who is at the other end of a party's channel, if it is a party.
    fn peer(&self, state: &State, party: Fresh) -> Option<Fresh> {
        state.ends[index(party)]
    }

    /// The greeting of a party, once it has said it.
    fn greeting(&self, state: &State, party: Fresh) -> Option<Hello> {
        let Party { who, role, place } = self.party(party);
        let said = match state.at[index(party)] {
            At::Idle | At::Called(_) => false,
            At::Open(_) => role == Role::Answerer,
            At::Heard(..) | At::Done(..) => true,
        };
        said.then_some(Hello { member: who, room: place.room(), nonce: party, boot: who })
    }

    /// The greetings that may come to a party now.
    fn greetings(&self, state: &State, party: Fresh, called: &Called) -> Vec<Hello> {
        let mut greetings = Vec::new();
        if self.heard_by_eve(called) {
            let heard = self.numbered().filter_map(|(other, _)| match state.at[index(other)] {
                At::Open(at) | At::Heard(at, _) | At::Done(at, _) if self.heard_by_eve(&at) => {
                    self.greeting(state, other).map(|hello| hello.nonce)
                }
                At::Idle | At::Called(_) | At::Open(_) | At::Heard(..) | At::Done(..) => None,
            });
            let room = self.party(party).place.room();
            for nonce in heard.chain([EVES]) {
                for member in ALL {
                    // The boot id of whoever is named, of whose nonce it is, or Eve's own.
                    let owner = self.parties.get(index(nonce)).map_or(Who::Eve, |own| own.who);
                    let boots = BTreeSet::from([member, owner, Who::Eve]);
                    let hello = |boot| Hello { member, room, nonce, boot };
                    greetings.extend(boots.into_iter().map(hello));
                }
            }
        } else if let Some(other) = self.peer(state, party) {
            greetings.extend(self.greeting(state, other));
        }
        greetings.retain(|hello| self.takes_greeting(party, called, hello));
        greetings
    }

    /// Whether a party goes on after this greeting.
    pub fn takes_greeting(&self, party: Fresh, called: &Called, hello: &Hello) -> bool {
        let mirrored = hello.nonce == party && self.without != Without::Mirror;
        let caller = self.without == Without::CallerGreets
            || called.by.is_none_or(|payload| payload.from == hello.member);
        !mirrored && caller && hello.room == self.party(party).place.room()
    }

    /// Whether the proof that a party waits for may come to it now. Its own key proves nothing.
    fn proof_comes(&self, state: &State, party: Fresh, called: &Called, hello: &Hello) -> bool {
        let Party { who, role, .. } = self.party(party);
        if hello.member == who {
            return false;
        }
        let wanted = self.proof(party, role.other(), called.print, hello);
        if self.heard_by_eve(called) {
            return self.eve_proves(state, &wanted);
        }
        let Some(other) = self.peer(state, party) else { return false };
        let Party { role, .. } = self.party(other);
        let said = match (state.at[index(other)], role) {
            (At::Heard(called, hello), Role::Offerer) | (At::Done(called, hello), _) => {
                self.proof(other, role, called.print, &hello)
            }
            (At::Idle | At::Called(_) | At::Open(_) | At::Heard(..), _) => return false,
        };
        let none = self.without == Without::BothProofs;
        let signed = said.signer == wanted.signer || self.without == Without::Signature;
        let keyed = said.key == wanted.key || self.without == Without::Mac;
        none || (same_over(&said, &wanted) && signed && keyed)
    }

    /// The offer or answer that a party has made.
    pub fn posted(&self, state: &State, party: Fresh) -> Option<Payload> {
        let Party { who, role, place } = self.party(party);
        let (recipient, session) = match (state.at[index(party)], role) {
            (At::Idle, _) => return None,
            (At::Called(to), _) => (to, party),
            (At::Open(called) | At::Heard(called, _) | At::Done(called, _), Role::Offerer) => {
                (called.to?, party)
            }
            (At::Open(called) | At::Heard(called, _) | At::Done(called, _), Role::Answerer) => {
                let by = called.by?;
                (by.sender, by.session)
            }
        };
        Some(Payload { place, role, from: who, sender: who, recipient, session, print: who })
    }

    /// The payloads that may come to a party: what others made, and what Eve can make.
    fn payloads(&self, state: &State, party: Fresh) -> BTreeSet<Payload> {
        let Party { who, role, place } = self.party(party);
        let reads = |place| self.eve_is_in(place) || self.without == Without::Seal;
        let posted = self.numbered().filter_map(|(other, _)| self.posted(state, other));
        let mut payloads: BTreeSet<Payload> = posted.collect();
        if reads(place) {
            let known: BTreeSet<Fresh> = payloads
                .iter()
                .filter(|payload| reads(payload.place))
                .map(|payload| payload.session)
                .chain([EVES])
                .collect();
            let signed = self.without != Without::PayloadSignature;
            let froms = if signed { &[Who::Eve][..] } else { &ALL };
            if self.without == Without::PayloadPlace {
                // Sealed anew for another place: the signature does not tell.
                let moved = payloads.iter().filter(|payload| reads(payload.place));
                let moved: Vec<_> = moved.map(|payload| Payload { place, ..*payload }).collect();
                payloads.extend(moved);
            }
            for session in known {
                // Where an answer is said to come from makes no difference to who gets it.
                let senders = if role == Role::Answerer { &ALL[..] } else { &[Who::Eve] };
                for (print, sender) in pairs(senders) {
                    payloads.extend(froms.iter().map(|from| {
                        let (from, recipient, role) = (*from, who, role.other());
                        Payload { place, role, from, sender, recipient, session, print }
                    }));
                }
            }
        }
        payloads.retain(|payload| self.takes_payload(state, party, payload));
        payloads
    }

    /// Whether a party goes on with this payload.
    pub fn takes_payload(&self, state: &State, party: Fresh, payload: &Payload) -> bool {
        let Party { who, role, place } = self.party(party);
        let mine = match role {
            Role::Offerer => payload.session == party,
            Role::Answerer => self.is_fresh(state, who, payload.session),
        };
        payload.place == place
            && payload.role == role.other()
            && (payload.recipient == who || self.without == Without::PayloadRecipient)
            && payload.sender != who
            && payload.from != who
            && mine
    }

    /// True if a device has not answered this session and did not draw it.
    fn is_fresh(&self, state: &State, who: Who, session: Fresh) -> bool {
        self.numbered().filter(|(_, party)| party.who == who).all(|(party, _)| {
            let used = match state.at[index(party)] {
                At::Open(called) | At::Heard(called, _) | At::Done(called, _) => called.by,
                At::Idle | At::Called(_) => None,
            };
            self.without == Without::Freshness
                || party != session && used.is_none_or(|payload| payload.session != session)
        })
    }

    fn take(&self, taken: Taken) {
        if let Some(mut all) = self.taken.as_ref().and_then(|all| all.lock().ok()) {
            all.insert(taken);
        }
    }
}

fn pairs(senders: &[Who]) -> impl Iterator<Item = (Who, Who)> {
    ALL.into_iter().flat_map(|print| senders.iter().map(move |sender| (print, *sender)))
}

fn same_over(one: &Proof, two: &Proof) -> bool {
    (one.role, one.script) == (two.role, two.script)
}

/// What proofs of a party with this number and place are over.
pub fn script(
    (who, role, place): (Who, Role, Place),
    nonce: Fresh,
    print: Who,
    theirs: &Hello,
) -> Script {
    let side = |member, nonce, boot, print| Side {
        member: Some(member),
        nonce: Some(nonce),
        boot: Some(boot),
        print: Some(print),
    };
    let mine = side(who, nonce, who, who);
    let other = side(theirs.member, theirs.nonce, theirs.boot, print);
    let (offerer, answerer) = match role {
        Role::Offerer => (mine, other),
        Role::Answerer => (other, mine),
    };
    Script { place: Some(place), offerer, answerer }
}

impl Model for Handshake {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        let (at, ends) = (vec![At::Idle; self.parties.len()], vec![None; self.parties.len()]);
        vec![State { at, ends }]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        for (party, Party { who, role, .. }) in self.numbered() {
            match state.at[index(party)] {
                At::Idle if self.signaling == Layer::Eves => {
                    actions.extend(ALL.map(|print| Action::Forge(party, print)));
                }
                At::Idle if role == Role::Offerer => {
                    let others = ALL.into_iter().filter(|other| *other != who);
                    actions.extend(others.map(|other| Action::Call(party, other)));
                }
                At::Idle | At::Called(_) => {
                    let payloads = self.payloads(state, party).into_iter();
                    actions.extend(payloads.map(|payload| Action::Ring(party, payload)));
                }
                At::Open(called) => {
                    self.connections(state, party, &called, actions);
                    for hello in self.greetings(state, party, &called) {
                        match role {
                            Role::Offerer => actions.push(Action::Greet(party, hello)),
                            Role::Answerer if self.proof_comes(state, party, &called, &hello) => {
                                actions.push(Action::GreetAndProve(party, hello));
                            }
                            Role::Answerer => {}
                        }
                    }
                }
                At::Heard(called, hello) => {
                    if self.proof_comes(state, party, &called, &hello) {
                        actions.push(Action::Prove(party));
                    }
                }
                At::Done(..) => {}
            }
        }
    }

    fn next_state(&self, state: &State, action: Action) -> Option<State> {
        let mut next = state.clone();
        match action {
            Action::Call(party, to) => next.at[index(party)] = At::Called(to),
            Action::Forge(party, print) => {
                let to = None;
                next.at[index(party)] = At::Open(Called { print, by: None, to });
            }
            Action::Ring(party, payload) => {
                let to = match state.at[index(party)] {
                    At::Called(to) => Some(to),
                    At::Idle | At::Open(_) | At::Heard(..) | At::Done(..) => None,
                };
                let (print, by) = (payload.print, Some(payload));
                next.at[index(party)] = At::Open(Called { print, by, to });
                self.take(Taken::Ring(self.party(party), payload));
            }
            Action::Connect(one, two) => {
                (next.ends[index(one)], next.ends[index(two)]) = (Some(two), Some(one));
            }
            Action::Greet(party, hello) => {
                let At::Open(called) = state.at[index(party)] else { return None };
                next.at[index(party)] = At::Heard(called, hello);
                self.take(Taken::Heard(self.party(party), party, called.print, hello));
            }
            Action::Prove(party) => {
                let At::Heard(called, hello) = state.at[index(party)] else { return None };
                next.at[index(party)] = At::Done(called, hello);
                self.take(Taken::Done(self.party(party), party, called.print, hello));
            }
            Action::GreetAndProve(party, hello) => {
                let At::Open(called) = state.at[index(party)] else { return None };
                next.at[index(party)] = At::Done(called, hello);
                self.take(Taken::Done(self.party(party), party, called.print, hello));
            }
        }
        Some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        claims::all()
    }
}

impl Handshake {
    /// Channels that this party can be one end of: both sides see the other's certificate.
    fn connections(&self, state: &State, party: Fresh, called: &Called, actions: &mut Vec<Action>) {
        if self.channel == Layer::Eves || self.peer(state, party).is_some() {
            return;
        }
        let who = self.party(party).who;
        for (other, Party { who: them, .. }) in self.numbered().skip(index(party) + 1) {
            let At::Open(theirs) = state.at[index(other)] else { continue };
            let free = self.peer(state, other).is_none();
            if free && called.print == them && theirs.print == who {
                actions.push(Action::Connect(party, other));
            }
        }
    }
}
