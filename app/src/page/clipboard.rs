//! What leaves the page by the hand of the person: to the clipboard, or through the share sheet of
//! the system. Only a secure page has either, and a browser may refuse both.

use js_sys::Reflect;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;

/// How far the copying has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Copied {
    /// Nothing was copied yet.
    #[default]
    No,
    /// It is on the clipboard.
    Yes,
    /// The browser does not let the page: the person has to.
    ByHand,
}

impl Copied {
    /// Which of three things is to be said.
    pub fn says<T>(self, [no, yes, by_hand]: [T; 3]) -> T {
        match self {
            Copied::No => no,
            Copied::Yes => yes,
            Copied::ByHand => by_hand,
        }
    }
}

/// Puts a text on the clipboard, and says how that went.
pub fn copy(text: String, copied: RwSignal<Copied>) {
    leptos::task::spawn_local(async move {
        let done = put(&text).await;
        copied.try_set(if done { Copied::Yes } else { Copied::ByHand });
    });
}

async fn put(text: &str) -> bool {
    has("clipboard") && {
        let written = window().navigator().clipboard().write_text(text);
        JsFuture::from(written).await.is_ok()
    }
}

/// True if the system has a share sheet.
pub fn can_share() -> bool {
    has("share")
}

/// Hands a link to the share sheet. Whoever closes that has shared nothing, and is told nothing;
/// where it is refused, the link is to be copied.
pub fn share(link: &str, copied: RwSignal<Copied>) {
    let data = web_sys::ShareData::new();
    data.set_url(link);
    let shared = JsFuture::from(window().navigator().share_with_data(&data));
    leptos::task::spawn_local(async move {
        if let Err(error) = shared.await
            && error.dyn_ref::<web_sys::DomException>().is_none_or(|it| it.name() != "AbortError")
        {
            copied.try_set(Copied::ByHand);
        }
    });
}

fn has(what: &str) -> bool {
    let there = Reflect::has(&window().navigator(), &what.into()).unwrap_or(false);
    there && window().is_secure_context()
}

/// Selects what an element says, so that the person copies it with the keyboard.
pub fn select(element: &web_sys::Element) {
    if let Ok(Some(selection)) = window().get_selection() {
        let _ = selection.select_all_children(element);
    }
}
