//! Tells the room that somebody is typing, and not with every key.

use browser::{Command, Millis};
use leptos::prelude::*;

use super::Page;
use crate::session;

/// After so long it is told again that somebody is typing, or that one is not.
const SAME: Millis = 1_000;
/// After so long it is told that this has changed.
const OTHER: Millis = 200;

impl Page {
    /// The person is typing, or has stopped. What changes quicker than anybody types is not told:
    /// a stop shows by itself, a little later.
    pub fn typing(self, typing: bool) {
        let now = session::now();
        let (before, at) = self.typed.get_value();
        let pause = if before == typing { SAME } else { OTHER };
        if now.saturating_sub(at) >= pause {
            self.typed.set_value((typing, now));
            self.command(Command::Typing(typing));
        }
    }
}
