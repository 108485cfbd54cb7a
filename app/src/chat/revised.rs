//! Other words that were handed over and are not answered: they come back into the composer if they
//! are refused.
//!
//! ```text
//!  handed over ──► unsure ── stored, waits, in the row ──► forgotten
//!                     └───── refused ──► rescued ── the composer has them ──► forgotten
//! ```

use std::collections::VecDeque;
use std::sync::Arc;

use browser::{Body, DraftId, Event};

/// Words that are not answered yet, at most; more than a person writes before the first is.
const UNSURE: usize = 64;

/// See the module.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Revised {
    unsure: VecDeque<(DraftId, Arc<str>)>,
    /// Words for the composer, oldest first.
    pub rescued: Vec<String>,
}

impl Revised {
    /// Other words were handed over, in this draft or for it. The newest for a draft count.
    pub fn hand_over(&mut self, draft: DraftId, text: &str) {
        self.unsure.retain(|(known, _)| *known != draft);
        if self.unsure.len() == UNSURE {
            self.unsure.pop_front();
        }
        self.unsure.push_back((draft, text.into()));
    }

    /// Takes in what the engine says of them.
    pub fn hear(&mut self, event: &Event) {
        if self.unsure.is_empty() {
            return;
        }
        let refused = matches!(event, Event::Refused { .. });
        let (answered, unsure) =
            self.unsure.drain(..).partition(|(draft, text)| is_answer(event, draft, text));
        self.unsure = unsure;
        let answered: VecDeque<(DraftId, Arc<str>)> = answered;
        if refused {
            self.rescued.extend(answered.into_iter().map(|(_, text)| text.to_string()));
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
