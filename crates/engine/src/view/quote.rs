//! What is shown of a message above another one that answers it.

use serde::{Deserialize, Serialize};

use crate::ids::MemberId;
use crate::io::Millis;
use crate::limits;
use crate::log::entry::Target;
use crate::view::{Body, Row};

/// A message that another one answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quote {
    /// Which.
    pub target: Target,
    /// What is known of it; nothing if this device does not have it.
    pub original: Option<Original>,
}

/// What is shown of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Original {
    /// Who wrote it.
    pub author: MemberId,
    /// What it says now: of words the beginning, at most [`limits::QUOTE_BYTES`] bytes and a mark;
    /// no words if they go after they were read, since here nobody would count as having read them.
    pub body: Body,
    /// How long after the reading its words go, if they do.
    pub vanishes: Option<Millis>,
    /// Who else can read it, if that is one member alone.
    pub private: Option<MemberId>,
}

impl Original {
    /// What is shown of a row.
    #[must_use]
    pub fn of(row: &Row) -> Original {
        Original::saying(&row.body, row.author, (row.private, row.vanishes))
    }

    /// What is shown of a message of this author that says this, perhaps to one member alone, and
    /// perhaps for some time after the reading.
    #[must_use]
    pub fn saying(
        body: &Body,
        author: MemberId,
        (private, vanishes): (Option<MemberId>, Option<Millis>),
    ) -> Original {
        let body = match body {
            Body::Text(_) if vanishes.is_some() => Body::Text(String::new()),
            Body::Text(text) => Body::Text(beginning(text)),
            Body::Gone => Body::Gone,
            Body::Decided(decided) => Body::Decided(decided.clone()),
            Body::Newer => Body::Newer,
            Body::Unreadable => Body::Unreadable,
        };
        Original { author, body, vanishes, private }
    }
}

fn beginning(text: &str) -> String {
    let end = text.floor_char_boundary(limits::QUOTE_BYTES);
    let more = if end < text.len() { "…" } else { "" };
    format!("{}{more}", &text[..end])
}
