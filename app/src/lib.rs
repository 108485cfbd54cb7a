//! The user interface: Leptos in WebAssembly on the main thread.
//!
//! ```text
//!  Client ──ClientEvent──► chat::ChatState (plain Rust) ──► page::Page (store) ──► components
//! ```
//! The page decides nothing about rooms and messages: it shows what events say, in words from
//! `text`. What outlives the page's memory (address bar, storages) is in `session`.

mod chat;
mod components;
mod page;
mod prose;
mod session;
#[cfg(debug_assertions)]
mod style;
mod text;

use leptos::prelude::*;

/// Puts the page where its static shell stands.
pub fn run() {
    console_error_panic_hook::set_once();
    if let Some(shell) = document().get_element_by_id("shell") {
        shell.remove();
    }
    #[cfg(debug_assertions)]
    {
        style::follow_the_address();
        if style::is_asked() {
            return mount_to_body(style::StylePage);
        }
    }
    mount_to_body(components::Root);
}
