//! How a member looks wherever it stands: its colour, its initial, its mark and its seal.
//!
//! The mark follows from the key alone. So does the colour a member would like; where two of one
//! room like the same, the one with the higher key takes the next that is free.

use std::collections::BTreeMap;
use std::sync::Arc;

use browser::MemberId;
use leptos::prelude::*;

use super::icon::Icon;
use crate::chat::{Trust, Trusts};
use crate::page::{language, word};

/// Colours that there are; each is a class `hue-N`.
const HUES: u8 = 12;

/// The colours of the members of a room.
pub type Hues = BTreeMap<MemberId, u8>;

/// Gives each member a colour: the same on every device that knows the same members, and one of
/// its own as long as there are enough.
pub fn hues_of(members: impl IntoIterator<Item = MemberId>) -> Hues {
    let mut members: Vec<MemberId> = members.into_iter().collect();
    members.sort_unstable();
    let mut hues = Hues::new();
    for member in members {
        let liked = liked_hue(&member);
        let mut others = (0..HUES).map(|step| (liked + step) % HUES);
        let free = others.find(|hue| !hues.values().any(|taken| taken == hue));
        hues.insert(member, free.unwrap_or(liked));
    }
    hues
}

fn liked_hue(member: &MemberId) -> u8 {
    member.mark().bytes().next().unwrap_or_default() % HUES
}

/// The class of a member's colour, in the room that is drawn.
pub fn hue(member: MemberId) -> Signal<String> {
    let hues = use_context::<Memo<Hues>>();
    Signal::derive(move || {
        let assigned = hues.and_then(|hues| hues.with(|hues| hues.get(&member).copied()));
        format!("hue-{}", assigned.unwrap_or_else(|| liked_hue(&member)))
    })
}

/// Draws a member's line.
type Line = Arc<dyn Fn(MemberId) -> AnyView + Send + Sync>;

/// A line for each of some members: the same element as long as the member is among them, so that
/// whoever points at it, by hand or by keyboard, does not lose it.
pub fn lines(of: Signal<Vec<MemberId>>, line: Line) -> AnyView {
    let each = move || of.get();
    let children = move |member| line(member);
    view! { <For each key=|member| member.0 children /> }.into_any()
}

/// A tile with the initial, in the member's colour.
#[component]
pub fn Tile(member: MemberId, #[prop(into)] name: Signal<String>) -> impl IntoView {
    let initial = move || {
        name.with(|name| name.chars().next().map(|first| first.to_uppercase().to_string()))
            .unwrap_or_else(|| "?".to_owned())
    };
    let hue = hue(member);
    view! {
        <span class=move || format!("tile {}", hue.get()) aria-hidden="true">
            {initial}
        </span>
    }
}

/// The name, or words for its absence.
#[component]
pub fn Name(member: MemberId, #[prop(into)] name: Signal<String>) -> impl IntoView {
    let language = language();
    let shown = move || name.with(|name| language.get().called(name));
    let hue = hue(member);
    view! { <bdi class=move || format!("name {}", hue.get())>{shown}</bdi> }
}

/// What a person who reads a member's words has to know of it: that its key was compared, or that
/// it bears the name of another.
#[component]
pub fn Seal(member: MemberId) -> impl IntoView {
    let language = language();
    let trusts = use_context::<Memo<Trusts>>();
    let trust = Memo::new(move |_| {
        let known = trusts.and_then(|trusts| trusts.with(|all| all.get(&member).copied()));
        known.unwrap_or(Trust::Plain)
    });
    move || {
        let words = language.get().words();
        let (look, icon, said) = match trust.get() {
            Trust::Plain => return None,
            Trust::Verified => ("seal verified", "verified", words.verified_title),
            Trust::Renamed => ("seal renamed", "verified", words.renamed_title),
            Trust::Double => ("seal double", "alert", words.double_title),
        };
        Some(view! {
            <span class=look title=said data-testid="seal">
                <Icon name=icon />
                <span class="unseen">{said}</span>
            </span>
        })
    }
}

/// The mark.
#[component]
pub fn Mark(member: MemberId) -> impl IntoView {
    view! {
        <code class="mark" title=word(|words| words.mark_title)>
            {member.mark()}
        </code>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(byte: u8) -> MemberId {
        MemberId([byte; 32])
    }

    #[test]
    fn members_of_a_room_differ_in_colour_while_there_are_enough() {
        for first in 0..40 {
            let room = hues_of((first..first + HUES).map(member));
            let different: std::collections::BTreeSet<u8> = room.values().copied().collect();
            assert_eq!(different.len(), usize::from(HUES), "{room:?}");
        }
        let crowd = hues_of((0..100).map(member));
        assert_eq!(crowd.len(), 100);
        assert!(crowd.values().all(|hue| *hue < HUES));
    }

    #[test]
    fn a_colour_is_the_same_in_whatever_order_members_are_known() {
        let there = hues_of((0..20).map(member));
        assert_eq!(there, hues_of((0..20).rev().map(member)));
        let liked: std::collections::BTreeSet<u8> =
            (0..200).map(|byte| liked_hue(&member(byte))).collect();
        assert!(liked.len() > 8, "{liked:?}");
    }
}
