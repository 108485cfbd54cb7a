//! The words in the composer: kept for each room, put aside while something else is said
//! in other words, and back afterwards.

use std::ops::Range;

use browser::RoomId;
use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::JsCast;

use crate::chat::{Task, Writing};
use crate::session;

/// See the module.
#[derive(Clone, Copy)]
pub struct Words {
    room: RoomId,
    writing: Memo<Writing>,
    /// Words for something that exists are other ones now.
    on_change: Callback<String>,
    /// What stands in the composer.
    pub text: RwSignal<String>,
    /// Where it stands.
    pub node: NodeRef<html::Textarea>,
}

impl Words {
    /// The words of a room's composer.
    pub fn new(room: RoomId, writing: Memo<Writing>, on_change: Callback<String>) -> Words {
        let begin = writing.with_untracked(|writing| words_of(&room, writing));
        let (text, node) = (RwSignal::new(begin), NodeRef::new());
        let words = Words { room, writing, on_change, text, node };
        words.follow();
        words.node.on_load(|field| {
            if has_fine_pointer() {
                let _ = field.focus();
            }
        });
        words
    }

    /// Takes other words whenever the composer is for something else.
    fn follow(self) {
        let serial = Memo::new(move |_| self.writing.with(|writing| writing.serial));
        Effect::new(move |last: Option<u64>| {
            let now = serial.get();
            if last.is_some_and(|last| last != now) {
                let text = self.writing.with_untracked(|writing| words_of(&self.room, writing));
                self.take(text);
            }
            now
        });
    }

    /// The cursor goes behind the words.
    fn take(self, text: String) {
        if let Some(field) = self.node.get_untracked() {
            field.set_value(&text);
            let _ = field.focus();
            let end = field.value().encode_utf16().count();
            let end = u32::try_from(end).unwrap_or(u32::MAX);
            let _ = field.set_selection_range(end, end);
        }
        self.text.set(text);
    }

    /// True if they will be a new message.
    pub fn are_new(self) -> bool {
        self.writing.with_untracked(|writing| writing.task == Task::New)
    }

    /// True if a key may send them: not if what they were for is gone.
    pub fn are_wanted(self) -> bool {
        self.writing.with_untracked(|writing| !matches!(writing.task, Task::Anew(_)))
    }

    /// The person has written. Words for something that exists are kept as long as the page.
    pub fn change(self, new: String) {
        match self.are_new() {
            true => session::keep_draft(&self.room, &new),
            false => self.on_change.run(new.clone()),
        }
        self.text.set(new);
    }

    /// Words come back: before what stands here, or before what was put aside for the time being.
    pub fn rescue(self, back: &str) {
        match self.are_new() {
            true => self.change(before(back, &self.text.get_untracked())),
            false => {
                let aside = before(back, &session::draft(&self.room));
                session::keep_draft(&self.room, &aside);
            }
        }
    }

    /// Takes what is written out, at once, so that no key that follows is added to it.
    pub fn clear(self) {
        if let Some(field) = self.node.get_untracked() {
            field.set_value("");
        }
        self.change(String::new());
    }

    /// What is written at this moment.
    pub fn written(self) -> String {
        self.node.get_untracked().map(|field| field.value()).unwrap_or_default()
    }

    /// What is written at this moment, and where the cursor is in it, in bytes.
    pub fn around_cursor(self) -> (String, usize) {
        let Some(field) = self.node.get_untracked() else { return (String::new(), 0) };
        let (text, units) = (field.value(), field.selection_start().ok().flatten());
        let cursor = bytes_of(&text, units.unwrap_or_default());
        (text, cursor)
    }

    /// Takes other words, with the cursor at a place in bytes.
    pub fn put(self, text: String, cursor: usize) {
        if let Some(field) = self.node.get_untracked() {
            field.set_value(&text);
            let units = text.get(..cursor).unwrap_or(&text).encode_utf16().count();
            let units = u32::try_from(units).unwrap_or(u32::MAX);
            let _ = field.set_selection_range(units, units);
        }
        self.change(text);
    }

    /// Puts something in the place of words between two places in bytes, as if it was typed: the
    /// browser takes it back where a person undoes. It tells of the change as of any other. The
    /// keyboard has to be in the field.
    pub fn replace(self, place: Range<usize>, with: &str) {
        let text = self.written();
        let units = |end: usize| {
            let units = text.get(..end).unwrap_or(&text).encode_utf16().count();
            u32::try_from(units).unwrap_or(u32::MAX)
        };
        let Some(field) = self.node.get_untracked() else { return };
        let _ = field.set_selection_range(units(place.start), units(place.end));
        let document = document().dyn_into::<web_sys::HtmlDocument>().ok();
        let typed = document.and_then(|document| {
            document.exec_command_with_show_ui_and_value("insertText", false, with).ok()
        });
        if typed != Some(true) {
            let mut text = text;
            text.replace_range(place.clone(), with);
            self.put(text, place.start + with.len());
        }
    }

    /// Puts something where the cursor is.
    pub fn insert(self, what: &str) {
        let (mut text, cursor) = self.around_cursor();
        text.insert_str(cursor, what);
        self.put(text, cursor + what.len());
        self.focus();
    }

    /// Back to the keyboard, if it is elsewhere: each call makes the browser lay out the page.
    pub fn focus(self) {
        let Some(field) = self.node.get_untracked() else { return };
        let there = document().active_element();
        if there.is_none_or(|there| !there.is_same_node(Some(&field))) {
            let _ = field.focus();
        }
    }
}

/// The words that the composer begins with.
fn words_of(room: &RoomId, writing: &Writing) -> String {
    match writing.task {
        Task::New => session::draft(room),
        Task::Edit(_) | Task::Replace(_) | Task::Resend(..) | Task::Anew(_) => {
            writing.words().to_owned()
        }
    }
}

/// The place in bytes of one in the browser's units, at the beginning of a letter.
fn bytes_of(text: &str, units: u32) -> usize {
    let mut left = usize::try_from(units).unwrap_or(usize::MAX);
    for (at, letter) in text.char_indices() {
        if left < letter.len_utf16() {
            return at;
        }
        left -= letter.len_utf16();
    }
    text.len()
}

/// Both, the words that come back first.
fn before(back: &str, now: &str) -> String {
    if now.trim().is_empty() { back.to_owned() } else { format!("{back}\n\n{now}") }
}

/// A keyboard on the screen would cover the room at once.
fn has_fine_pointer() -> bool {
    let query = window().match_media("(pointer: fine)").ok().flatten();
    query.is_some_and(|query| query.matches())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_in_the_browsers_units_is_one_between_letters() {
        for (units, bytes) in [(0, 0), (1, 1), (2, 4), (3, 4), (4, 8), (9, 8)] {
            assert_eq!(bytes_of("a好😀", units), bytes, "{units}");
        }
    }

    #[test]
    fn words_that_come_back_leave_what_is_there() {
        assert_eq!(before("back", " \n"), "back");
        assert_eq!(before("back", "there"), "back\n\nthere");
    }
}
