//! How a member looks wherever it stands: its colour, its pattern and initial, its mark and its
//! seal.
//!
//! Mark and pattern follow from the key alone. So does the colour a member would like; where two of
//! one room like the same, the one with the higher key takes the next that is free.

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

/// Cells of a row of the pattern, and rows.
const CELLS: u8 = 6;

/// The cells of the left half that may be filled, each by a bit of the key; the right half mirrors
/// it. What stands behind the initial stays empty.
fn cells() -> impl Iterator<Item = (u8, u8)> {
    let all = (0..CELLS).flat_map(|y| (0..CELLS / 2).map(move |x| (x, y)));
    all.filter(|(x, y)| *x < 2 || *y == 0 || *y == CELLS - 1)
}

/// The pattern of a member's key, as a path.
fn pattern(member: &MemberId) -> String {
    let bits = u16::from_le_bytes([member.0[0], member.0[1]]);
    let filled = cells().enumerate().filter(|(at, _)| bits >> at & 1 == 1);
    let mut path = String::new();
    for (_, (x, y)) in filled {
        for x in [x, CELLS - 1 - x] {
            path.push_str(&format!("M{x} {y}h1v1h-1z"));
        }
    }
    path
}

/// A tile with the initial in front of the pattern, in the member's colour.
#[component]
pub fn Tile(member: MemberId, #[prop(into)] name: Signal<String>) -> impl IntoView {
    let initial = move || {
        name.with(|name| name.chars().next().map(|first| first.to_uppercase().to_string()))
            .unwrap_or_else(|| "?".to_owned())
    };
    let hue = hue(member);
    view! {
        <span class=move || format!("tile {}", hue.get()) aria-hidden="true">
            <svg viewBox=format!("0 0 {CELLS} {CELLS}")>
                <path d=pattern(&member) />
            </svg>
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
    fn members_of_one_name_and_colour_differ_in_their_patterns() {
        let patterns: std::collections::BTreeSet<String> =
            (0..200).map(|byte| pattern(&member(byte))).collect();
        assert_eq!(patterns.len(), 200);
        let ben = MemberId([25; 32]);
        let other = MemberId({
            let mut key = ben.0;
            key[1] = 26;
            key
        });
        assert_ne!(pattern(&ben), pattern(&other));
        assert_eq!(pattern(&ben), pattern(&MemberId([25; 32])), "the same on every device");
        assert_eq!(pattern(&member(1)), "M0 0h1v1h-1zM5 0h1v1h-1zM1 3h1v1h-1zM4 3h1v1h-1z");
    }

    #[test]
    fn nothing_of_a_pattern_stands_behind_the_initial() {
        let full = pattern(&member(255));
        assert_eq!(full.matches('M').count(), 2 * cells().count());
        for y in 1..CELLS - 1 {
            assert!(!full.contains(&format!("M2 {y}h")) && !full.contains(&format!("M3 {y}h")));
        }
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
