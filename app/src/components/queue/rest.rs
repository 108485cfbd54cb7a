//! What is said where the queue lists nothing: no more than what is known of the list of messages.

use browser::{Body, RowState};

use crate::chat::{Shown, Standing};
use crate::text::Words;

/// How own messages do that the queue does not list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rest {
    /// None of them waits.
    Calm,
    /// Some have failed: their rows say why.
    Failed,
    /// Some are not with everybody: they are listed, or will be, or stand further up.
    Unlisted,
}

impl Rest {
    /// What is to be said, if anything.
    pub fn words(self, words: &Words) -> Option<&'static str> {
        match self {
            Rest::Calm => Some(words.queue_empty),
            Rest::Failed => Some(words.queue_failed),
            Rest::Unlisted => None,
        }
    }
}

/// How the own messages do. `pending` says how many nobody else holds, shown or not.
pub fn rest_of(rows: &[Shown], pending: u64) -> Rest {
    let rest = rows.iter().filter(|row| row.own).map(|row| match &row.standing {
        Standing::Refused(_) | Standing::Lost { .. } => Rest::Failed,
        Standing::Writing => Rest::Unlisted,
        // What was taken back or has expired has nobody to come to.
        Standing::Stored { .. } if !matches!(row.body, Body::Text(_)) => Rest::Calm,
        Standing::Stored { state, .. } => match state {
            RowState::Failed => Rest::Failed,
            RowState::Saved | RowState::Held => Rest::Unlisted,
            RowState::Delivered | RowState::Read | RowState::Expired | RowState::Received => {
                Rest::Calm
            }
        },
    });
    let pending = if pending > 0 { Rest::Unlisted } else { Rest::Calm };
    rest.chain([pending]).max_by_key(weight).unwrap_or(Rest::Calm)
}

/// What has failed has to be known first.
fn weight(rest: &Rest) -> u8 {
    match rest {
        Rest::Calm => 0,
        Rest::Unlisted => 1,
        Rest::Failed => 2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::tests::own_message;

    fn standing(state: RowState) -> Shown {
        let mut row = own_message("words");
        row.change(|message| {
            if let Standing::Stored { state: known, .. } = &mut message.standing {
                *known = state;
            }
        });
        row
    }

    #[test]
    fn an_empty_queue_claims_nothing_that_a_row_denies() {
        let read = || standing(RowState::Read);
        let held = || standing(RowState::Held);
        let mut live_only = own_message("to nobody");
        live_only.change(|row| row.standing = Standing::Refused(browser::Refusal::NobodyThere));
        assert_eq!(rest_of(&[], 0), Rest::Calm);
        assert_eq!(rest_of(&[read(), standing(RowState::Delivered)], 0), Rest::Calm);
        assert_eq!(rest_of(&[held(), read()], 0), Rest::Unlisted, "it is listed itself");
        assert_eq!(rest_of(&[held(), live_only, read()], 1), Rest::Failed);
        assert_eq!(rest_of(&[held(), read()], 1), Rest::Unlisted, "it is further up");
        assert_eq!(rest_of(&[own_message("new")], 0), Rest::Unlisted);
    }
}
