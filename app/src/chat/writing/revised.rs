//! Other words that were handed over and are not answered: they come back into the composer if they
//! are refused.
//!
//! ```text
//!  handed over ──► unsure ── stored, waits, in the row ──► forgotten
//!                     └───── refused ──► rescued ── the composer has them ──► forgotten
//! ```

use std::collections::VecDeque;
use std::sync::Arc;

use browser::{Body, DraftId, Event, MemberId};

/// Words that are not answered yet, at most; more than a person writes before the first is.
const UNSURE: usize = 64;

/// See the module.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Revised {
    unsure: VecDeque<Unsure>,
    /// Words for the composer, oldest first.
    pub rescued: Vec<String>,
    /// To whom alone the newest private ones of them were: whoever else may not read them.
    pub only: Option<MemberId>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Unsure {
    draft: DraftId,
    text: Arc<str>,
    /// To whom alone they are.
    only: Option<MemberId>,
}

impl Revised {
    /// Other words were handed over, in this draft or for it. The newest for a draft count.
    pub fn hand_over(&mut self, draft: DraftId, text: &str, only: Option<MemberId>) {
        self.unsure.retain(|known| known.draft != draft);
        if self.unsure.len() == UNSURE {
            self.unsure.pop_front();
        }
        self.unsure.push_back(Unsure { draft, text: text.into(), only });
    }

    /// Words come back, for one member alone perhaps.
    pub fn rescue(&mut self, text: String, only: Option<MemberId>) {
        self.rescued.push(text);
        self.only = only.or(self.only);
    }

    /// The composer has all words that came back.
    pub fn end_rescue(&mut self) {
        self.rescued.clear();
        self.only = None;
    }

    /// Takes in what the engine says of them.
    pub fn hear(&mut self, event: &Event) {
        if self.unsure.is_empty() {
            return;
        }
        let refused = matches!(event, Event::Refused { .. });
        let (answered, unsure): (VecDeque<Unsure>, _) =
            self.unsure.drain(..).partition(|one| is_answer(event, &one.draft, &one.text));
        self.unsure = unsure;
        for one in answered.into_iter().filter(|_| refused) {
            self.rescue(one.text.to_string(), one.only);
        }
    }
}

fn is_answer(event: &Event, id: &DraftId, words: &str) -> bool {
    if let Event::Waiting(waiting) = event {
        return waiting.iter().any(|one| one.draft.id == *id && one.draft.text == words);
    }
    if let Event::Rows(rows) = event {
        return rows.iter().any(|row| {
            let said = matches!(&row.body, Body::Text(text) if text == words);
            row.draft.as_ref() == Some(id) && said
        });
    }
    matches!(event, Event::Refused { draft: Some(draft), .. } | Event::Stored(draft) if draft == id)
}
