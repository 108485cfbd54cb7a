//! Draws prose: elements and text nodes only.
//!
//! What is markup stays on the page, hidden, so what stands there is always the whole message.

use leptos::prelude::*;

use crate::prose::{Kind, Look, Node, Prose};

/// The words of a message.
pub fn words(text: &str) -> AnyView {
    let prose = Prose::read(text);
    match prose.nodes() {
        // By far the most messages: one text node.
        [Node::Within(Kind::Lines, inner)] => drawn(&prose, inner),
        nodes => drawn(&prose, nodes),
    }
}

fn drawn(prose: &Prose, nodes: &[Node]) -> AnyView {
    match nodes {
        [node] => piece(prose, node),
        _ => nodes.iter().map(|node| piece(prose, node)).collect_view().into_any(),
    }
}

fn piece(prose: &Prose, node: &Node) -> AnyView {
    match node {
        Node::Text(part) => prose.letters(part).to_owned().into_any(),
        Node::Mark(part) => hidden(prose.letters(part)),
        Node::Instead(part, shown) => {
            let own = hidden(prose.letters(part));
            view! { <span class="instead" data-shown=shown.clone()>{own}</span> }.into_any()
        }
        Node::Within(kind, inner) => within(kind, drawn(prose, inner)),
    }
}

fn hidden(letters: &str) -> AnyView {
    view! { <span hidden>{letters.to_owned()}</span> }.into_any()
}

fn within(kind: &Kind, inner: AnyView) -> AnyView {
    match kind {
        Kind::Lines => view! { <div class="lines" dir="auto">{inner}</div> }.into_any(),
        Kind::Bold => view! { <strong>{inner}</strong> }.into_any(),
        Kind::Italic => view! { <em>{inner}</em> }.into_any(),
        Kind::Code => view! { <code>{inner}</code> }.into_any(),
        Kind::Block => view! { <pre dir="ltr">{inner}</pre> }.into_any(),
        Kind::Look(look) => view! { <span class=class_of(*look)>{inner}</span> }.into_any(),
        Kind::Quote => view! { <blockquote>{inner}</blockquote> }.into_any(),
        Kind::List => view! { <ul class="list">{inner}</ul> }.into_any(),
        Kind::Item(step) => {
            view! { <li class=format!("step-{step}") dir="auto">{inner}</li> }.into_any()
        }
        Kind::Number => view! { <span class="number">{inner}</span> }.into_any(),
        Kind::Link(href) => link(href, inner),
        Kind::Host => view! { <bdi class="host" dir="ltr">{inner}</bdi> }.into_any(),
    }
}

fn class_of(look: Look) -> &'static str {
    match look {
        Look::Comment => "comment",
        Look::String => "string",
        Look::Number => "digits",
        Look::Keyword => "keyword",
    }
}

/// Opens in a tab that knows nothing of this one. Nothing is fetched before it is pressed.
fn link(href: &str, inner: AnyView) -> AnyView {
    let href = href.to_owned();
    view! {
        <a href=href target="_blank" rel="noopener noreferrer" dir="auto" data-testid="link">
            {inner}
        </a>
    }
    .into_any()
}
