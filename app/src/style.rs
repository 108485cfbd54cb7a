//! The design system on one page, at `#/style`, for whoever works on the interface: what there is
//! to build with, so that nothing is made a second time. Only builds for development have it.
//!
//! Tokens are read from `app/style/tokens.css`, the only place where they are written down, and
//! pictures from `app/sprite.svg`, so neither can be missing here.

use browser::MemberId;
use leptos::ev;
use leptos::prelude::*;

use crate::components::{Icon, Tile};

/// Where it is found.
const ADDRESS: &str = "#/style";
/// All tokens, as the page has them.
const TOKENS: &str = include_str!("../style/tokens.css");
/// All pictures.
const SPRITE: &str = include_str!("../sprite.svg");
/// How this page itself looks.
const LOOKS: &str = include_str!("../style/style.css");

/// True if the address asks for this page.
pub fn is_asked() -> bool {
    window().location().hash().is_ok_and(|hash| hash == ADDRESS)
}

/// Loads the page again when the address begins or ends to ask for this one.
pub fn follow_the_address() {
    let shown = is_asked();
    window_event_listener(ev::hashchange, move |_| {
        if is_asked() != shown {
            let _ = window().location().reload();
        }
    });
}

/// What a token is for, by what it says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Colour,
    Length,
    Shadow,
    Font,
    Other,
}

impl Kind {
    const ALL: [(Kind, &str); 5] = [
        (Kind::Colour, "Colours"),
        (Kind::Length, "Spaces, corners and sizes of words"),
        (Kind::Shadow, "Shadows"),
        (Kind::Font, "Fonts"),
        (Kind::Other, "Times and factors"),
    ];

    fn of(value: &str) -> Kind {
        if value.contains("0 1px") {
            Kind::Shadow
        } else if value.starts_with('#') || value.starts_with("rgb(") {
            Kind::Colour
        } else if value.ends_with("rem") {
            Kind::Length
        } else if value.contains("sans-serif") || value.contains("monospace") {
            Kind::Font
        } else {
            Kind::Other
        }
    }
}

/// The tokens of the light theme, in the order in which they are written: name and value.
fn tokens(css: &'static str) -> Vec<(&'static str, &'static str)> {
    let first = css.split_once(":root {").and_then(|(_, rest)| rest.split_once('}'));
    let lines = first.map_or("", |(block, _)| block).split(';');
    let token = |line: &'static str| {
        let start = line.find("--")?;
        let (name, value) = line[start..].split_once(':')?;
        Some((name.trim(), value.trim()))
    };
    lines.filter_map(token).collect()
}

/// See the module.
#[component]
pub fn StylePage() -> impl IntoView {
    let tokens = tokens(TOKENS);
    let kinds = Kind::ALL.map(|(kind, heading)| {
        let of = tokens.iter().copied().filter(|(_, value)| Kind::of(value) == kind);
        let lines = of.map(|(name, value)| view! { <Token kind name value /> }).collect_view();
        view! {
            <section>
                <h2>{heading}</h2>
                <ul class="tokens">{lines}</ul>
            </section>
        }
    });
    view! {
        <style>{LOOKS}</style>
        <main class="style-page" data-testid="style">
            <h1>"Confab: what its pages are made of"</h1>
            <p>
                "Use these, and add to app/style/tokens.css what is missing. The theme is the "
                "system's: look at both. " <a href="#">"To the chat"</a>
            </p>
            {kinds}
            <Parts />
            <Icons />
        </main>
    }
}

#[component]
fn Token(kind: Kind, name: &'static str, value: &'static str) -> impl IntoView {
    let of = format!("var({name})");
    let property = match kind {
        Kind::Colour => Some("background"),
        Kind::Length => Some("inline-size"),
        Kind::Shadow => Some("box-shadow"),
        Kind::Font => Some("font-family"),
        Kind::Other => None,
    };
    let sample = property.map(|property| {
        let words = matches!(kind, Kind::Font).then_some("Words and 文字 0123");
        view! { <span class="sample" style=(property, of)>{words}</span> }
    });
    view! {
        <li data-testid="token" data-is=format!("{kind:?}")>
            {sample}
            <code>{name}</code>
            <span class="value">{value}</span>
        </li>
    }
}

/// Elements as they look everywhere, by their classes.
#[component]
fn Parts() -> impl IntoView {
    let buttons = ["main", "quiet", "danger"].map(|class| {
        view! { <button type="button" class=class>{format!("button.{class}")}</button> }
    });
    let tiles = (0..12).map(|key| {
        let member = MemberId([key; 32]);
        view! { <Tile member name=Signal::stored(char::from(b'A' + key).to_string()) /> }
    });
    view! {
        <section>
            <h2>"Parts"</h2>
            <div class="buttons">{buttons} <button type="button" disabled>"disabled"</button></div>
            <p><label>"A field " <input value="what was written" /></label></p>
            <p>
                <label>"A choice "
                    <select><option>"one"</option><option>"another"</option></select>
                </label>
            </p>
            <p><label><input type="checkbox" checked />" a switch"</label></p>
            <p class="hint">"p.hint: what helps"</p>
            <p class="hint wrong">"p.hint.wrong: what is wrong, and what to do"</p>
            <p><span class="chip">"span.chip"</span></p>
            <div class="card"><h2>"div.card"</h2><p>"What belongs together."</p></div>
            <h3>"Members: colour and pattern follow from the key"</h3>
            <p class="tiles">{tiles.collect_view()}</p>
        </section>
    }
}

#[component]
fn Icons() -> impl IntoView {
    let icons = names(SPRITE).into_iter().map(|name| {
        view! { <li data-testid="picture"><Icon name /> <code>{name}</code></li> }
    });
    view! {
        <section>
            <h2>"Pictures"</h2>
            <ul class="tokens">{icons.collect_view()}</ul>
        </section>
    }
}

/// The names of the pictures.
fn names(sprite: &'static str) -> Vec<&'static str> {
    let parts = sprite.split("id=\"icon-").skip(1);
    parts.filter_map(|part| part.split('"').next()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_tokens_of_the_light_theme_are_found_and_none_has_no_place() {
        let tokens = tokens(TOKENS);
        let light = TOKENS.split('}').next().unwrap();
        assert_eq!(tokens.len(), light.matches("\n  --").count());
        let kind = |name: &str| {
            let found = tokens.iter().find(|(of, _)| *of == name);
            Kind::of(found.unwrap().1)
        };
        assert_eq!((kind("--paper"), kind("--tint")), (Kind::Colour, Kind::Colour));
        assert_eq!((kind("--space-1"), kind("--small")), (Kind::Length, Kind::Length));
        assert_eq!((kind("--shade"), kind("--font-code")), (Kind::Shadow, Kind::Font));
        assert_eq!(names(SPRITE).len(), SPRITE.matches("<symbol").count());
        assert_eq!((kind("--quick"), kind("--ahead")), (Kind::Other, Kind::Other));
    }
}
