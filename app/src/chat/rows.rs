//! The list of messages: stored ones by their order, own drafts that are none yet at the end.
//!
//! ```text
//!  [ stored … by (lamport, log, seq) … ][ writing or refused, as they were written ]
//! ```
//! A row that was a draft takes the draft's key, so that it is the same line on the screen.

use browser::{Act, Draft, DraftId, EntryId, MemberId, Millis, Refusal, Row, RowState};

use super::message::{Above, Message, Shown, Standing};

/// Puts an own message that is no row yet. A draft that is there already stays as it is.
pub fn write(rows: &mut Vec<Shown>, draft: Draft, me: MemberId, wall: Millis, key: &mut u64) {
    if rows.iter().rev().any(|row| row.draft == Some(draft.id)) {
        return;
    }
    rows.push(Shown::from(Message {
        key: draw(key),
        draft: Some(draft.id),
        author: me,
        own: true,
        wall,
        priority: draft.priority,
        body: browser::Body::Text(draft.text),
        standing: Standing::Writing,
        late: false,
        unread: false,
        edited: false,
        reactions: Vec::new(),
        expiry: None,
        vanishes: match draft.act {
            Act::SayFor { after } => Some(after),
            Act::Say | Act::Edit(_) | Act::Delete(_) | Act::React { .. } => None,
        },
        above: None,
    }));
}

/// Puts rows of the engine, or brings them up to date. `live` says that they have just come in;
/// gives the new ones of others then.
pub fn settle(rows: &mut Vec<Shown>, new: Vec<Row>, live: bool, key: &mut u64) -> Vec<Shown> {
    let mut news = Vec::new();
    for row in new {
        let stored = rows.partition_point(|shown| shown.order().is_some());
        let place = rows[..stored].binary_search_by_key(&Some(row.order), |shown| shown.order());
        match place {
            Ok(at) => rows[at].change(|message| update(message, row)),
            Err(at) => {
                let draft = row.draft.and_then(|id| position(&rows[stored..], &id));
                let known = draft.map(|offset| rows.remove(stored + offset));
                let unread = live && !row.own;
                let shown = Shown::from(message(row, known.as_ref(), unread, key));
                if unread {
                    news.push(shown.clone());
                }
                rows.insert(at, shown);
            }
        }
    }
    news
}

/// Tells each message what stands above it.
pub fn join(rows: &mut [Shown]) {
    let mut above = None;
    for row in rows {
        let next = Some(Above { author: row.author, wall: row.wall });
        if row.above != above {
            row.change(|message| message.above = above);
        }
        above = next;
    }
}

/// Says of a draft that it was refused; false if it is not in the list.
pub fn refuse(rows: &mut [Shown], draft: &DraftId, reason: &Refusal) -> bool {
    let refused = rows.iter_mut().rev().find(|row| row.draft == Some(*draft));
    let Some(row) = refused.filter(|row| row.entry().is_none()) else { return false };
    row.change(|message| message.standing = Standing::Refused(reason.clone()));
    true
}

/// Takes a draft that is no row out of the list.
pub fn withdraw(rows: &mut Vec<Shown>, draft: &DraftId) {
    rows.retain(|row| row.entry().is_some() || row.draft != Some(*draft));
    join(rows);
}

/// Takes out messages whose log has forked: they come again under other names.
pub fn rename(rows: &mut Vec<Shown>, entries: &[EntryId]) {
    rows.retain(|row| row.entry().is_none_or(|entry| !entries.contains(&entry)));
    join(rows);
}

/// Says of messages that they were on a visible screen.
pub fn see(rows: &mut [Shown], entries: &[EntryId]) {
    let seen = |row: &Shown| row.entry().is_some_and(|entry| entries.contains(&entry));
    for row in rows.iter_mut().filter(|row| row.unread) {
        if seen(row) {
            row.change(|message| message.unread = false);
        }
    }
}

/// How many messages of others have come in while the room was open, and were not seen yet.
pub fn unread(rows: &[Shown]) -> usize {
    rows.iter().filter(|row| row.unread).count()
}

fn position(rows: &[Shown], draft: &DraftId) -> Option<usize> {
    rows.iter().position(|row| row.draft == Some(*draft))
}

fn message(row: Row, draft: Option<&Shown>, unread: bool, key: &mut u64) -> Message {
    Message {
        key: draft.map_or_else(|| draw(key), |draft| draft.key),
        draft: row.draft,
        author: row.author,
        own: row.own,
        wall: row.wall,
        priority: row.priority,
        standing: standing(&row),
        body: row.body,
        late: row.late,
        unread,
        edited: row.edited,
        reactions: row.reactions,
        expiry: row.expiry,
        vanishes: row.vanishes,
        above: None,
    }
}

/// A state never goes back, whichever tab tells it.
fn update(message: &mut Message, row: Row) {
    let (state, held_by) = match &message.standing {
        Standing::Stored { state, held_by, .. } => (*state, *held_by),
        Standing::Writing | Standing::Refused(_) => (RowState::Saved, 0),
    };
    message.standing = Standing::Stored {
        entry: row.entry,
        order: row.order,
        state: state.max(row.state),
        held_by: held_by.max(row.held_by),
    };
    message.draft = message.draft.or(row.draft);
    (message.body, message.priority) = (row.body, row.priority);
    (message.edited, message.reactions) = (row.edited, row.reactions);
    (message.expiry, message.vanishes) = (row.expiry, row.vanishes);
    message.late |= row.late;
}

fn standing(row: &Row) -> Standing {
    let Row { entry, order, state, held_by, .. } = row;
    Standing::Stored { entry: *entry, order: *order, state: *state, held_by: *held_by }
}

fn draw(key: &mut u64) -> u64 {
    *key += 1;
    *key
}
