//! What has to be so in every state of the model.
//!
//! A party is *done* when it takes the other side for proven. What it believes then: the member,
//! the place, the roles, and of both sides nonce, boot id and certificate.

use stateright::Property;

use crate::model::{At, Called, Handshake, Layer, State};
use crate::terms::{Fresh, Hello, Party, Role, Script, Who};

pub const AGREEMENT: &str = "agreement";
pub const KEY_SHARE: &str = "no unknown key share";
pub const SECRECY: &str = "secrecy";
pub const INSIDE: &str = "who is proven knows the secret";
pub const ONCE: &str = "no proof is taken twice";
pub const CALLERS: &str = "offers and answers are their authors', for this one and once";
pub const LINK: &str = "two members link";

/// Those that may never break.
pub const CLAIMS: [&str; 6] = [AGREEMENT, KEY_SHARE, SECRECY, INSIDE, ONCE, CALLERS];

pub fn all() -> Vec<Property<Handshake>> {
    vec![
        Property::always(AGREEMENT, agreement),
        Property::always(KEY_SHARE, key_share),
        Property::always(SECRECY, secrecy),
        Property::always(INSIDE, inside),
        Property::always(ONCE, once),
        Property::always(CALLERS, callers),
        Property::sometimes(LINK, linked),
    ]
}

/// The parties that have somebody proven.
fn done(model: &Handshake, state: &State) -> Vec<(Fresh, Party, Called, Hello)> {
    let with = model.numbered().zip(&state.at);
    with.filter_map(|((number, party), at)| match at {
        At::Done(called, hello) => Some((number, party, *called, *hello)),
        At::Idle | At::Called(_) | At::Open(_) | At::Heard(..) => None,
    })
    .collect()
}

/// What a party has said that it believes: an offerer proves before it has a proof.
fn said(model: &Handshake, state: &State, number: Fresh) -> Option<(Script, Hello)> {
    let role = model.party(number).role;
    match (state.at[usize::from(number)], role) {
        (At::Done(called, hello), _) | (At::Heard(called, hello), Role::Offerer) => {
            Some((model.script(number, called.print, &hello), hello))
        }
        (At::Idle | At::Called(_) | At::Open(_) | At::Heard(..), _) => None,
    }
}

/// Whoever is done with an honest member is in a link that this member has proven as well, in the
/// other role, with all the same in it. As one's own nonce is among that, no two links are one.
fn agreement(model: &Handshake, state: &State) -> bool {
    done(model, state).into_iter().all(|(number, party, called, hello)| {
        let script = model.script(number, called.print, &hello);
        let agrees = |(other, them): (Fresh, Party)| {
            them.who == hello.member
                && them.role == party.role.other()
                && said(model, state, other).is_some_and(|(theirs, _)| theirs == script)
        };
        hello.member == Who::Eve || model.numbered().any(agrees)
    })
}

/// If the other side is an honest member, it does not take this one for somebody else.
fn key_share(model: &Handshake, state: &State) -> bool {
    done(model, state).into_iter().all(|(_, party, _, hello)| {
        let (mut all, other) = (model.numbered(), hello.nonce);
        let known = all.any(|(number, them)| number == other && them.who == hello.member);
        let theirs = if known { said(model, state, other) } else { None };
        theirs.is_none_or(|(_, heard)| heard.member == party.who)
    })
}

/// The channel of whoever is done with an honest member ends at that member.
fn secrecy(model: &Handshake, state: &State) -> bool {
    model.channel == Layer::Eves
        || done(model, state).into_iter().all(|(number, _, _, hello)| {
            let end = state.ends[usize::from(number)].map(|other| model.party(other).who);
            hello.member == Who::Eve || end == Some(hello.member)
        })
}

/// Eve is proven, in her own name, only where she knows the secret.
fn inside(model: &Handshake, state: &State) -> bool {
    done(model, state)
        .into_iter()
        .all(|(_, party, _, hello)| hello.member != Who::Eve || model.eve_is_in(party.place))
}

/// No more links with an honest member are done than it has proven, whatever is in the proofs.
fn once(model: &Handshake, state: &State) -> bool {
    let done = done(model, state);
    done.iter().all(|(_, party, _, hello)| {
        let same = |(_, other, _, heard): &&(Fresh, Party, Called, Hello)| {
            (other.who, other.role, heard.member) == (party.who, party.role, hello.member)
        };
        let proven = model.numbered().filter(|(number, them)| {
            let proves = said(model, state, *number);
            (them.who, them.role) == (hello.member, party.role.other())
                && proves.is_some_and(|(_, heard)| heard.member == party.who)
        });
        hello.member == Who::Eve || done.iter().filter(same).count() <= proven.count()
    })
}

/// What opens a connection was made by the member that it names, for this one, in this room and
/// epoch, and opens one only; by Eve, only if she knows the secret.
fn callers(model: &Handshake, state: &State) -> bool {
    let by = |number: Fresh| match state.at[usize::from(number)] {
        At::Open(called) | At::Heard(called, _) | At::Done(called, _) => called.by,
        At::Idle | At::Called(_) => None,
    };
    model.numbered().all(|(number, party)| {
        let Some(payload) = by(number) else { return true };
        if payload.from == Who::Eve {
            return model.eve_is_in(party.place);
        }
        let mut all = model.numbered();
        let again = |(other, them): (Fresh, Party)| {
            other != number && them.who == party.who && by(other) == Some(payload)
        };
        payload.recipient == party.who
            && model.numbered().any(|(other, them)| {
                them.who == payload.from && model.posted(state, other) == Some(payload)
            })
            && !all.any(again)
    })
}

/// Two honest members have each other proven: the model can do what it is for.
fn linked(model: &Handshake, state: &State) -> bool {
    let done = done(model, state);
    done.iter().any(|(number, party, called, hello)| {
        let script = model.script(*number, called.print, hello);
        done.iter().any(|(other, them, theirs, heard)| {
            hello.member == them.who
                && heard.member == party.who
                && model.script(*other, theirs.print, heard) == script
        })
    })
}
