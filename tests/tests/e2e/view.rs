//! What a page shows at one moment, read by one script, so that its parts belong together.
//!
//! The names are those of the `data-testid` contract in the design.

use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt;

/// The script that reads it.
pub const SCRIPT: &str = include_str!("view.js");

/// All that a person could see.
#[derive(Clone, Debug, Deserialize)]
pub struct View {
    /// The address bar.
    pub url: String,
    /// The tab's title.
    pub title: String,
    /// `lang` of the document.
    pub language: String,
    /// What the page has collected in `window.__errors`; none if it keeps no such list.
    pub errors: Option<Vec<String>>,
    /// The messages, from top to bottom.
    pub rows: Vec<Row>,
    /// The members shown.
    pub members: Vec<Member>,
    elements: Vec<Element>,
}

/// A message.
#[derive(Clone, Debug, Deserialize)]
pub struct Row {
    /// The entry's address; none while it is being written.
    pub entry: Option<String>,
    /// Who wrote it.
    pub author: String,
    /// writing, saved, held, delivered, read, received…
    pub state: String,
    /// How many others hold it.
    pub held_by: u32,
    /// urgent, normal, low.
    pub priority: String,
    /// What it says.
    pub body: String,
}

/// A member of the room.
#[derive(Clone, Debug, Deserialize)]
pub struct Member {
    /// Its key.
    pub member: String,
    /// Whether it is shown as online.
    pub online: bool,
    /// What is written there.
    pub text: String,
}

/// Any other element with a name for tests.
#[derive(Clone, Debug, Deserialize)]
pub struct Element {
    id: String,
    /// What is written there.
    pub text: String,
    /// Its value, if it is a field.
    pub value: Option<String>,
    /// Its `data-` attributes, in camel case.
    pub data: BTreeMap<String, String>,
    /// Whether it is on the page and not hidden.
    pub visible: bool,
    /// Whether it can be used.
    pub enabled: bool,
}

impl View {
    /// The first element of this name.
    pub fn find(&self, id: &str) -> Option<&Element> {
        self.elements.iter().find(|element| element.id == id)
    }

    /// The invite, if it is shown, with the name of the member who hands it on.
    pub fn invite(&self) -> Option<&str> {
        let links = self.elements.iter().filter(|element| element.id == "invite-link");
        links.filter_map(|link| link.value.as_deref()).find(|link| link.contains("&from="))
    }

    /// The elements of this name that are visible.
    pub fn visible(&self, id: &str) -> Vec<&Element> {
        self.elements.iter().filter(|element| element.id == id && element.visible).collect()
    }

    /// Whether an element of this name is visible.
    pub fn shows(&self, id: &str) -> bool {
        !self.visible(id).is_empty()
    }

    /// `data-state` of an element; empty if it is not there.
    pub fn state(&self, id: &str) -> &str {
        self.attribute(id, "state")
    }

    /// Whether this tab leads.
    pub fn leads(&self) -> bool {
        self.attribute("leader", "leader") == "true"
    }

    /// The number that an element shows, by its digits.
    pub fn count(&self, id: &str) -> Option<u64> {
        let text = &self.find(id)?.text;
        text.chars().filter(char::is_ascii_digit).collect::<String>().parse().ok()
    }

    /// Own messages that nobody else holds; without a counter none wait.
    pub fn pending(&self) -> u64 {
        self.count("pending-count").unwrap_or(0)
    }

    /// How often it was told that the signaling server breaks its rules.
    pub fn misconduct(&self) -> u64 {
        self.attribute("signal-state", "misconduct").parse().unwrap_or(0)
    }

    /// How many members are shown as online.
    pub fn online(&self) -> usize {
        self.members.iter().filter(|member| member.online).count()
    }

    /// The rows of which the body says just this.
    pub fn said(&self, body: &str) -> Vec<&Row> {
        self.rows.iter().filter(|row| row.body == body).collect()
    }

    /// The state of the message that says just this; none unless there is exactly one.
    pub fn state_of(&self, body: &str) -> Option<&str> {
        match self.said(body).as_slice() {
            [row] => Some(&row.state),
            _ => None,
        }
    }

    /// What the messages say, from top to bottom.
    pub fn bodies(&self) -> Vec<&str> {
        self.rows.iter().map(|row| row.body.as_str()).collect()
    }

    fn attribute(&self, id: &str, name: &str) -> &str {
        self.find(id).and_then(|element| element.data.get(name)).map_or("", String::as_str)
    }
}

/// What a person sees, a line for each thing: what is hidden is named only, and of very many
/// messages the first and the last stand there, so that a log that is cut short still says it.
impl fmt::Display for View {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        /// Messages that are shown from either end.
        const ENDS: usize = 10;
        let Self { url, title, language, errors, rows, members, elements } = self;
        writeln!(f, "  {url} {title:?} in {language}, errors {errors:?}")?;
        for member in members {
            writeln!(
                f,
                "  member {:.8} online {} {:?}",
                member.member, member.online, member.text
            )?;
        }
        let count = rows.len();
        for (at, row) in rows.iter().enumerate() {
            match at {
                ENDS if count > 2 * ENDS => writeln!(f, "  … of {count} messages …")?,
                _ if at < ENDS || at + ENDS >= count => writeln!(f, "  {row}")?,
                _ => {}
            }
        }
        let (shown, hidden): (Vec<&Element>, Vec<&Element>) =
            elements.iter().partition(|element| element.visible);
        for element in shown {
            writeln!(f, "  {element}")?;
        }
        let hidden: Vec<&str> = hidden.iter().map(|element| element.id.as_str()).collect();
        write!(f, "  hidden: {}", hidden.join(" "))
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { entry, author, state, held_by, priority, body } = self;
        let entry = entry.as_deref().unwrap_or("no entry");
        let body = shortened(body);
        write!(f, "row {entry} of {author}: {state}, held by {held_by}, {priority} {body:?}")
    }
}

impl fmt::Display for Element {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { id, text, value, data, visible: _, enabled } = self;
        write!(f, "{id} {:?}", shortened(text))?;
        if let Some(value) = value.as_deref().filter(|value| !value.is_empty()) {
            write!(f, " value {:?}", shortened(value))?;
        }
        for (name, value) in data.iter().filter(|(name, _)| *name != "testid") {
            write!(f, " {name}={:?}", shortened(value))?;
        }
        if *enabled { Ok(()) } else { f.write_str(" disabled") }
    }
}

/// The beginning of a text, with how long it is if that is not all.
fn shortened(text: &str) -> String {
    const MOST: usize = 120;
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}… ({} bytes)", &text[..end], text.len()),
        None => text.to_owned(),
    }
}
