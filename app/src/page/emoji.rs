//! The table of emoji: fetched when somebody first wants one, and kept as long as the page. The
//! service worker has it, too, so that it is there without a network.

use std::sync::Arc;

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;

use crate::chat::Emojis;

/// Beside the page.
const FILE: &str = "emoji.txt";

/// How far the table has come.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Table {
    /// Nobody has wanted it.
    #[default]
    Unasked,
    /// It is on its way.
    Coming,
    /// Here it is.
    There(Arc<Emojis>),
    /// It did not come, or is none.
    Failed,
}

#[derive(Clone, Copy)]
struct Shelf(RwSignal<Table>);

/// Gives the table to all components.
pub fn keep_emoji() {
    provide_context(Shelf(RwSignal::new(Table::default())));
}

/// The table, as far as it has come.
pub fn emoji() -> RwSignal<Table> {
    let Shelf(table) = expect_context();
    table
}

/// Somebody wants the table now; if it did not come before, it is tried again.
pub fn want_emoji(table: RwSignal<Table>) {
    if matches!(table.get_untracked(), Table::Coming | Table::There(_)) {
        return;
    }
    table.set(Table::Coming);
    leptos::task::spawn_local(async move {
        let emojis = fetch().await.and_then(|text| Emojis::parse(&text));
        table.try_set(emojis.map_or(Table::Failed, |emojis| Table::There(Arc::new(emojis))));
    });
}

async fn fetch() -> Option<String> {
    let answer = JsFuture::from(window().fetch_with_str(FILE)).await.ok()?;
    let answer: web_sys::Response = answer.dyn_into().ok()?;
    let text = JsFuture::from(answer.text().ok().filter(|_| answer.ok())?).await.ok()?;
    text.as_string()
}
