//! Where the list stands: at its end, or where the reader has gone.
//!
//! ```text
//!  at the end ──(reader scrolls up)──► elsewhere       the list grows, or its view changes:
//!      ▲                                  │              at the end: it stays there
//!      └────(reader comes back, or jumps)─┘              elsewhere: the row stays where it is
//! ```
//! The view is drawn from its end (`column-reverse`), so 0 is the end and stays it whatever size
//! anything takes in between: only somebody who scrolls leaves it. Browsers keep a place by other
//! rules each, one not at all, so theirs are off.

use browser::EntryId;
use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};

use super::sight::on_resize;
use crate::chat::{Shown, Turn};
use crate::page::{Page, ScreenStoreFields};

/// So near to its end, in pixels, the list counts as there.
const NEAR: i32 = 48;

/// See the module.
#[derive(Clone, Copy)]
pub struct Scroll {
    page: Page,
    view: NodeRef<html::Div>,
    list: NodeRef<html::Ol>,
    at_end: RwSignal<bool>,
    place: StoredValue<Option<Place>, LocalStorage>,
}

/// Where the reader is: the first row on the screen, and how far above the end of the view.
struct Place {
    row: Element,
    above: f64,
}

impl Scroll {
    /// For a list that is drawn within a view.
    pub fn new(page: Page, view: NodeRef<html::Div>, list: NodeRef<html::Ol>) -> Scroll {
        let (at_end, place) = (RwSignal::new(true), StoredValue::new_local(None));
        let scroll = Scroll { page, view, list, at_end, place };
        // What is drawn may be exchanged without another size of the whole.
        Effect::new(move |_| {
            page.screen().drawings().track();
            request_animation_frame(move || scroll.on_growth());
        });
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

    /// The list was scrolled.
    pub fn on_scroll(self) {
        let Some(view) = self.view.get_untracked() else { return };
        let (above, below) = (self.page.screen().above(), self.page.screen().below());
        let (above, below) = (above.get_untracked(), below.get_untracked());
        let from_end = -view.scroll_top();
        let from_top = view.scroll_height() - view.client_height() - from_end;
        let at_end = from_end <= NEAR && !below;
        let was_at_end = self.at_end.try_get_untracked() == Some(true);
        if was_at_end != at_end {
            self.at_end.try_set(at_end);
        }
        self.keep_place((!at_end).then_some(&view));
        // Further ones are drawn before the reader comes to an edge.
        let near = view.client_height();
        if at_end != was_at_end {
            let drawn = || self.page.screen().rows().with_untracked(Vec::len);
            let before = drawn();
            self.page.turn(if at_end { Turn::End } else { Turn::Leave });
            if drawn() > before {
                // What came quicker than it was drawn is there now: this is no edge any more, and
                // a further step would take away what is on the screen.
                return;
            }
        }
        if !at_end && above && from_top <= near {
            self.page.turn(Turn::Up);
        } else if !at_end && below && from_end <= near {
            self.page.turn(Turn::Down);
        }
    }

    /// The reader wants to see what is further up, and may have come here without scrolling.
    pub fn leave_end(self) {
        let view = self.view.get_untracked();
        let long = |view: &web_sys::HtmlDivElement| view.scroll_height() > view.client_height();
        let Some(view) = view.filter(long) else { return };
        self.keep_place(Some(&view));
        if self.at_end.try_get_untracked() == Some(true) {
            self.at_end.try_set(false);
            self.page.turn(Turn::Leave);
        }
    }

    fn keep_place(self, view: Option<&web_sys::HtmlDivElement>) {
        let place = view.zip(self.list.get_untracked()).and_then(|(view, list)| {
            let row = first_on_screen(&list, top(view))?;
            Some(Place { above: distance(&row, view), row })
        });
        self.place.try_set_value(place);
    }

    /// Goes to the end, and stays there.
    pub fn to_end(self) {
        // Whoever is there stays there with whatever is drawn next.
        if self.at_end.try_get_untracked() == Some(false) {
            self.at_end.try_set(true);
            self.page.turn(Turn::End);
            self.keep_end();
        }
    }

    fn keep_end(self) {
        if let Some(view) = self.view.get_untracked() {
            view.set_scroll_top(0);
        }
    }

    /// Goes to the first message that arrived late and was not seen.
    pub fn to_late(self) {
        let late = |row: &&Shown| row.unread && row.late;
        let key = || self.page.of_rows(|rows| rows.iter().find(late).map(|row| row.key));
        if let Some(key) = untrack(key) {
            self.to(key, |_| {});
        }
    }

    /// Goes to a message, if it is in the list, and takes the keyboard along if it has to.
    pub fn to_entry(self, entry: EntryId, focus: bool) {
        let key = || self.page.of_rows(|rows| rows.of(&entry).map(|row| row.key));
        if let Some(key) = untrack(key) {
            self.to(key, move |row| {
                point_at(row);
                if !focus {
                    return;
                }
                let _ = row.set_attribute("tabindex", "-1");
                if let Some(row) = row.dyn_ref::<HtmlElement>() {
                    let _ = row.focus();
                }
            });
        }
    }

    fn to(self, key: u64, arrive: impl FnOnce(&Element) + 'static) {
        self.at_end.try_set(false);
        self.page.turn(Turn::To(key));
        request_animation_frame(move || {
            let Some(view) = self.view.get_untracked() else { return };
            let wanted = format!("li.message[data-key='{key}']");
            if let Some(row) = view.query_selector(&wanted).ok().flatten() {
                // `scrollIntoView` would also scroll what is around the list.
                view.scroll_by_with_x_and_y(0.0, middle(&row) - middle(&view));
                self.keep_place(Some(&view));
                arrive(&row);
            }
        });
    }

    /// Near the end is at the end: what has come in is shown whole. Elsewhere the row that was
    /// read goes back to where it was.
    fn on_growth(self) {
        if self.at_end.try_get_untracked() == Some(true) {
            return self.keep_end();
        }
        let Some(view) = self.view.try_get_untracked().flatten() else { return };
        let moved = self.place.try_with_value(|place| {
            let place = place.as_ref().filter(|place| place.row.is_connected())?;
            Some(place.above - distance(&place.row, &view))
        });
        if let Some(moved) = moved.flatten().filter(|moved| moved.abs() >= 1.0) {
            view.scroll_by_with_x_and_y(0.0, moved);
        }
    }
}

/// The row to which one was led shows it, and no other.
fn point_at(row: &Element) {
    let before = document().query_selector("li.message[data-pointed]").ok().flatten();
    before.iter().for_each(|before| {
        let _ = before.remove_attribute("data-pointed");
    });
    let _ = row.set_attribute("data-pointed", "");
}

fn middle(element: &Element) -> f64 {
    let place = element.get_bounding_client_rect();
    f64::midpoint(place.top(), place.bottom())
}

fn top(element: &Element) -> f64 {
    element.get_bounding_client_rect().top()
}

/// From the top of a row to the end of the view.
fn distance(row: &Element, view: &Element) -> f64 {
    view.get_bounding_client_rect().bottom() - top(row)
}

/// The first row that ends below this line; rows stand below each other.
fn first_on_screen(list: &Element, line: f64) -> Option<Element> {
    let rows = list.children();
    let (mut from, mut to) = (0, rows.length());
    while from < to {
        let middle = from + (to - from) / 2;
        let row = rows.item(middle)?;
        if row.get_bounding_client_rect().bottom() > line {
            to = middle;
        } else {
            from = middle + 1;
        }
    }
    rows.item(from)
}
