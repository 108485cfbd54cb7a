//! A tab's worker: the loop that drives the engines, or forwards to the tab that does.
//!
//! ```text
//!  page, tabs, lock, store, socket, channels, timer ── Happening ──► Driver ──► the same, outward
//!                                                    (one queue, one reader, no await in between)
//! ```
//! Whoever holds the Web Lock `confab` leads: it opens the database and runs the engines of all
//! rooms. The others carry requests to it and news from it. No decision is taken here.

mod checkup;
mod driver;
mod happening;
mod hooks;
mod leader;
mod page;
mod reach;
mod room;
mod tabs;

use futures::StreamExt;
use futures::channel::mpsc;

use driver::Driver;
use happening::Feed;
use page::Page;

/// Runs the worker of a tab. To be called once, from the worker's own binary.
pub fn run() {
    let Some(page) = Page::of_this_worker() else { return };
    let hooks = hooks::install(&page);
    let (sender, mut happenings) = mpsc::unbounded();
    let feed = Feed::new(sender);
    let listening = page.listen(&feed);
    let driver = Driver::new(page.clone(), feed);
    page.greet();
    wasm_bindgen_futures::spawn_local(async move {
        // These live as long as the worker.
        let _kept = (hooks, listening);
        match driver {
            Ok(mut driver) => {
                while let Some(happening) = happenings.next().await {
                    driver.handle(happening);
                }
            }
            Err(text) => page.end(&text),
        }
    });
}
