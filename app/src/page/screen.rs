//! What components look at: a copy of what the page knows, put in field by field where it differs,
//! and of the messages only those that are drawn.

use std::collections::BTreeSet;

use browser::{Conditions, Fault, RoomSummary, StorageState};
use leptos::prelude::*;
use reactive_stores::Store;

use crate::chat::{
    ChatState, Device, Everywhere, Guard, Notice, Overlay, Place, Request, RoomQuestion, RoomState,
    Shown, Stock, Worker,
};

/// See the module.
#[derive(Clone, Debug, Default, PartialEq, Eq, Store)]
pub struct Screen {
    /// What the tab shows.
    pub place: Place,
    /// How the client does.
    pub worker: Worker,
    /// The rooms on this device.
    pub rooms: Vec<RoomSummary>,
    /// What is asked about one of them.
    pub asks: Option<RoomQuestion>,
    /// What is asked about this device.
    pub device: Device,
    /// What lies over the page.
    pub overlay: Overlay,
    /// Whether there is a passphrase, and whether all is locked by it.
    pub guard: Guard,
    /// What was asked for, if anything.
    pub request: Request,
    /// How the browser keeps what is stored.
    pub storage: Option<StorageState>,
    /// True while the browser keeps no more of what is being written.
    pub unkept: bool,
    /// How much is stored.
    pub stock: Stock,
    /// What is wrong.
    pub faults: Vec<Fault>,
    /// How often it was told that the signaling server breaks its rules.
    pub misconduct: u64,
    /// What the network lab makes of connections.
    pub lab: Conditions,
    /// Notices that the person wants gone.
    pub dismissed: Vec<Notice>,
    /// The search in all rooms.
    pub everywhere: Everywhere,
    /// The room that is shown.
    pub room: RoomState,
    /// The messages that are drawn.
    #[store(key: u64 = |shown| shown.key)]
    pub rows: Vec<Shown>,
    /// True if there are messages in memory above those.
    pub above: bool,
    /// True if there are messages below those.
    pub below: bool,
    /// How often the messages were drawn.
    pub drawings: u64,
}

/// Puts into the store what changes seldom. True if it is another room than before: what is drawn
/// of the last one's messages goes first, so that no name ever stands over words of another room.
///
/// What changes with each message waits for [`draw`]: all rows look at it. What the person does
/// shows at once.
pub fn publish(screen: Store<Screen>, next: &ChatState) -> bool {
    let last = screen.room().try_with_untracked(|room| room.room);
    let other = last.is_some_and(|last| last != next.room.room);
    if other {
        draw_nothing(screen);
    }
    renew(screen.worker(), &next.worker);
    renew(screen.asks(), &next.asks);
    renew(screen.guard(), &next.guard);
    renew(screen.device(), &next.device);
    renew(screen.overlay(), &next.overlay);
    renew(screen.request(), &next.request);
    renew(screen.storage(), &next.storage);
    renew(screen.unkept(), &next.unkept);
    renew(screen.stock(), &next.stock);
    renew(screen.faults(), &next.faults);
    renew(screen.misconduct(), &next.misconduct);
    renew(screen.lab(), &next.lab);
    renew(screen.dismissed(), &next.dismissed);
    renew(screen.everywhere(), &next.everywhere);
    let answers = |old: &RoomState| is_of_the_person(old, &next.room);
    if other || screen.room().try_with_untracked(answers) == Some(true) {
        renew(screen.room(), &next.room);
    }
    renew(screen.place(), &next.place);
    other
}

/// True if states of a room differ in what a person does, who is not to wait for it.
fn is_of_the_person(old: &RoomState, new: &RoomState) -> bool {
    old.writing != new.writing
        || old.asks != new.asks
        || old.looked != new.looked
        || old.checking != new.checking
        || old.renewal != new.renewal
        || old.connection != new.connection
        || old.problem != new.problem
        || old.trail != new.trail
}

fn draw_nothing(screen: Store<Screen>) {
    if screen.rows().try_with_untracked(Vec::is_empty) == Some(false) {
        screen.rows().patch(Vec::new());
    }
    renew(screen.above(), &false);
    renew(screen.below(), &false);
    screen.drawings().update(|drawings| *drawings = drawings.wrapping_add(1));
}

/// Puts the rest into the store, and the messages that are to be drawn. True if there are more to
/// draw.
pub fn draw(screen: Store<Screen>, next: &ChatState) -> bool {
    renew(screen.rooms(), &next.rooms);
    renew(screen.room(), &next.room);
    let drawn = |rows: &Vec<Shown>| rows.iter().map(|row| row.key).collect::<BTreeSet<u64>>();
    let Some(drawn) = screen.rows().try_with_untracked(drawn) else { return false };
    let part = next.span.growing(&next.rows, &drawn);
    let whole = next.span.range(&next.rows);
    let rows = &next.rows[part.clone()];
    if screen.rows().with_untracked(|old| old.as_slice() != rows) {
        screen.rows().patch(rows.to_vec());
    }
    renew(screen.above(), &(part.start > 0));
    renew(screen.below(), &(part.end < next.rows.len()));
    screen.drawings().update(|drawings| *drawings = drawings.wrapping_add(1));
    part != whole
}

/// Puts a value into its field if it differs from what is there.
fn renew<T, F>(field: F, value: &T)
where
    T: Clone + PartialEq + 'static,
    F: Set<Value = T> + WithUntracked<Value = T>,
{
    if field.try_with_untracked(|old| old != value) == Some(true) {
        field.try_set(value.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::tests::{go_to_other_room, with_own_message};
    use crate::chat::{Compose, PageEvent, Subject};

    #[test]
    fn what_the_person_does_shows_at_once_and_what_comes_waits_for_a_drawing() {
        let owner = Owner::new();
        owner.set();
        let screen = Store::new(Screen::default());
        let mut known = with_own_message("said");
        publish(screen, &known);
        draw(screen, &known);
        known.room.pending = 7;
        publish(screen, &known);
        assert_ne!(screen.room().get_untracked().pending, 7);
        draw(screen, &known);
        assert_eq!(screen.room().get_untracked(), known.room);
        let entry = known.rows.last().and_then(|row| row.entry()).expect("a message");
        known.apply(PageEvent::Composes(Compose::Revise(Subject::Row(entry))));
        assert_ne!(screen.room().get_untracked().writing, known.room.writing);
        publish(screen, &known);
        assert_eq!(screen.room().get_untracked().writing, known.room.writing);
    }

    #[test]
    fn nothing_of_the_last_room_is_drawn_in_the_next_however_seldom_messages_are_drawn() {
        let owner = Owner::new();
        owner.set();
        let screen = Store::new(Screen::default());
        let mut known = with_own_message("said in the first room");
        assert!(publish(screen, &known));
        draw(screen, &known);
        assert!(!publish(screen, &known));
        assert_eq!(screen.rows().get_untracked().len(), 1);
        go_to_other_room(&mut known);
        assert!(publish(screen, &known), "what waits to be drawn is not of this room");
        let drawn = screen.get_untracked();
        let (room, visit) = (known.room.room, known.room.visit);
        let next = RoomState { room, visit, ..RoomState::default() };
        assert_eq!((drawn.rows, drawn.room), (Vec::new(), next));
        assert!(!drawn.above && !drawn.below);
    }
}
