//! Where the list stands: at its end, or where the reader has gone.
//!
//! ```text
//!  at the end ──(reader scrolls up)──► elsewhere       the list grows, or its view changes:
//!      ▲                                  │              at the end: it stays there
//!      └────(reader comes back, or jumps)─┘              elsewhere: the row stays where it is
//! ```
//! Where something is new that nobody saw come, the list is held at the divider above it, as far as
//! there is enough below, until the reader moves it. Only what is drawn there counts as seen.
//!
//! The view is drawn from its end (`column-reverse`), so 0 is the end and stays it whatever size
//! anything takes in between: only somebody who scrolls leaves it. Browsers keep a place by other
//! rules each, one not at all, so theirs are off.

use browser::EntryId;
use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};

use super::sight::on_resize;
use crate::chat::{Older, Shown, Turn};
use crate::page::{Page, ScreenStoreFields};

/// So near to its end, in pixels, the list counts as there.
const NEAR: i32 = 48;
/// So far from where it was put, in pixels, a view was moved by its reader.
const SLIP: u32 = 2;
/// The part of the view that is left above what is new.
const ABOVE: f64 = 5.0;

/// See the module.
#[derive(Clone, Copy)]
pub struct Scroll {
    page: Page,
    view: NodeRef<html::Div>,
    list: NodeRef<html::Ol>,
    at_end: RwSignal<bool>,
    place: StoredValue<Option<Place>, LocalStorage>,
    /// Whether there is more than is in memory.
    older: Memo<Older>,
    /// The first message when older ones were asked for without anybody's pressing a button: once
    /// for each, since there may be no room for them.
    asked_above: RwSignal<Option<u64>>,
    /// The message at which the list is held.
    held: Memo<Option<u64>>,
    /// Where the view was put last because of that.
    put: StoredValue<Put>,
    /// The message at which the list was held when it was painted last.
    painted: RwSignal<Option<u64>>,
}

/// Where a view was put, and what it looked like.
#[derive(Clone, Copy, Default)]
struct Put {
    top: i32,
    /// The heights of what is drawn and of the view.
    size: (i32, i32),
}

impl Put {
    fn of(view: &Element) -> Put {
        Put { top: view.scroll_top(), size: (view.scroll_height(), view.client_height()) }
    }
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
        let older = page.of_room(|room| room.older);
        let held = page.of_room(|room| room.visit.holds_at());
        let (put, painted) = (StoredValue::new(Put::default()), RwSignal::new(None));
        let asked_above = RwSignal::new(None);
        let scroll =
            Scroll { page, view, list, at_end, place, older, asked_above, held, put, painted };
        Effect::new(move |last: Option<bool>| {
            let is_held = held.get().is_some();
            if last == Some(true) && !is_held {
                scroll.settle();
            }
            is_held
        });
        // What is drawn may be exchanged without another size of the whole.
        Effect::new(move |_| {
            page.screen().drawings().track();
            request_animation_frame(move || scroll.on_growth());
        });
        // Whoever waits at the top for older ones gets them without another step.
        Effect::new(move |_| {
            page.screen().above().track();
            older.track();
            request_animation_frame(move || scroll.on_scroll());
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
        let Some(view) = self.view.try_get_untracked().flatten() else { return };
        self.check_hold(&view);
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
        // Further ones are drawn, or read, before the reader comes to an edge.
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
        } else if !at_end && from_top <= near && self.may_ask() {
            self.page.load_older();
        }
    }

    /// True once what is on the screen is what the reader is to see.
    pub fn is_settled(self) -> bool {
        let painted = self.painted.get();
        self.held.get().is_none_or(|key| painted == Some(key))
    }

    /// True if there are older messages that were not asked for yet.
    fn may_ask(self) -> bool {
        let first = untrack(|| self.page.of_rows(|rows| rows.first().map(|row| row.key)));
        let asked = self.asked_above.try_get_untracked().flatten();
        if self.older.try_get_untracked() != Some(Older::More) || first == asked {
            return false;
        }
        self.asked_above.try_set(first);
        true
    }

    fn is_held(self) -> bool {
        self.held.try_get_untracked().flatten().is_some()
    }

    fn let_go(self) {
        if self.is_held() {
            self.page.turn(Turn::Free);
        }
    }

    /// A view that has another size was moved by that, and not by its reader.
    fn check_hold(self, view: &Element) {
        let Some(key) = self.held.try_get_untracked().flatten() else { return };
        let (last, now) = (self.put.get_value(), Put::of(view));
        if now.size != last.size {
            self.hold(key);
        } else if now.top.abs_diff(last.top) > SLIP {
            self.let_go();
        }
    }

    /// The list is not held any more: it follows its end, or the reader's place.
    fn settle(self) {
        if self.at_end.try_get_untracked() == Some(true) {
            return self.page.turn(Turn::End);
        }
        self.page.turn(Turn::Leave);
        if let Some(view) = self.view.get_untracked() {
            self.keep_place(Some(&view));
        }
    }

    /// Puts the message at which the list is held near the top of the view.
    fn hold(self, key: u64) {
        let Some(view) = self.view.try_get_untracked().flatten() else { return };
        let Some(row) = row_of(&view, key) else { return };
        let above = f64::from(view.client_height()) / ABOVE;
        let moved = top(&row) - top(&view) - above;
        if moved.abs() >= 1.0 {
            view.scroll_by_with_x_and_y(0.0, moved);
        }
        self.put.set_value(Put::of(&view));
        if self.painted.try_get_untracked().flatten() != Some(key) {
            // What is on the screen is told after a frame was drawn.
            let painted = move || {
                self.painted.try_set(Some(key));
            };
            request_animation_frame(move || request_animation_frame(painted));
        }
    }

    /// The reader wants to see what is further up, and may have come here without scrolling.
    pub fn leave_end(self) {
        self.let_go();
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
        self.let_go();
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
        self.let_go();
        self.at_end.try_set(false);
        self.page.turn(Turn::To(key));
        request_animation_frame(move || {
            let Some(view) = self.view.get_untracked() else { return };
            if let Some(row) = row_of(&view, key) {
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
        if let Some(key) = self.held.try_get_untracked().flatten() {
            return self.hold(key);
        }
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

fn row_of(view: &Element, key: u64) -> Option<Element> {
    let wanted = format!("li.message[data-key='{key}']");
    view.query_selector(&wanted).ok().flatten()
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
