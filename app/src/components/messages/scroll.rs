//! Where the list stands: at its end, or where the reader has gone.
//!
//! ```text
//!  at the end ──(reader scrolls up)──► elsewhere       the list grows:
//!      ▲                                  │              at the end: follow it
//!      └────(reader comes back, or jumps)─┘              elsewhere: the browser keeps the place
//! ```
//! Older messages come in above the first; then the distance from the end is what is kept.

use leptos::html;
use leptos::prelude::*;
use web_sys::{Element, ScrollIntoViewOptions, ScrollLogicalPosition};

use super::sight::on_resize;

/// So near to its end, in pixels, the list counts as there.
const NEAR: i32 = 48;

/// See the module.
#[derive(Clone, Copy)]
pub struct Scroll {
    view: NodeRef<html::Div>,
    at_end: RwSignal<bool>,
    /// The distance from the end that is to be kept when the list grows next.
    keep: StoredValue<Option<i32>>,
    /// Heights of list and view, as they were last seen.
    heights: StoredValue<(i32, i32)>,
}

impl Scroll {
    /// For a list that is drawn within a view.
    pub fn new(view: NodeRef<html::Div>, list: NodeRef<html::Ol>) -> Scroll {
        let scroll = Scroll {
            view,
            at_end: RwSignal::new(true),
            keep: StoredValue::new(None),
            heights: StoredValue::new((0, 0)),
        };
        Effect::new(move |_| {
            let (Some(view), Some(list)) = (view.get(), list.get()) else { return };
            let (view, list): (&Element, &Element) = (&view, &list);
            on_resize(&[view, list], move || scroll.on_growth());
        });
        scroll
    }

    /// True while the end of the list is on the screen.
    pub fn at_end(self) -> bool {
        self.at_end.get()
    }

    /// The list was scrolled: by the reader, by this, or because a size has changed.
    pub fn on_scroll(self) {
        let Some(view) = self.view.get_untracked() else { return };
        if self.heights.try_get_value() != Some(heights(&view)) {
            return self.on_growth();
        }
        let at_end = distance(&view) - view.client_height() <= NEAR;
        if self.at_end.try_get_untracked() != Some(at_end) {
            self.at_end.try_set(at_end);
        }
    }

    /// The list is about to grow at its top.
    pub fn keep_place(self) {
        if let Some(view) = self.view.get_untracked() {
            self.keep.set_value(Some(distance(&view)));
        }
    }

    /// Goes to the end, and stays there.
    pub fn to_end(self) {
        self.at_end.try_set(true);
        if let Some(view) = self.view.get_untracked() {
            view.set_scroll_top(view.scroll_height());
        }
    }

    /// Goes to the first message that arrived late and was not seen.
    pub fn to_late(self) {
        let Some(view) = self.view.get_untracked() else { return };
        if let Ok(Some(row)) = view.query_selector("li.message[data-late-unread]") {
            let options = ScrollIntoViewOptions::new();
            options.set_block(ScrollLogicalPosition::Center);
            row.scroll_into_view_with_scroll_into_view_options(&options);
        }
    }

    fn on_growth(self) {
        let Some(view) = self.view.try_get_untracked().flatten() else { return };
        self.heights.try_set_value(heights(&view));
        let kept = self.keep.try_update_value(Option::take).flatten();
        if self.at_end.try_get_untracked() == Some(true) {
            view.set_scroll_top(view.scroll_height());
        } else if let Some(kept) = kept {
            view.set_scroll_top(view.scroll_height() - kept);
        }
    }
}

fn heights(view: &Element) -> (i32, i32) {
    (view.scroll_height(), view.client_height())
}

/// From the top of what is shown to the end of the list.
fn distance(view: &Element) -> i32 {
    view.scroll_height() - view.scroll_top()
}
