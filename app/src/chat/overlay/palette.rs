//! The palette of commands: what can be done now by its name, and which of it is meant by what was
//! typed. What is offered is what the page offers elsewhere, too; nothing can be done here alone.

use browser::{Body, EntryId, MemberId, RoomId};

use crate::chat::overlay::Palette;
use crate::chat::{
    ChatState, Choice, ConnectionDeed, Deed, DeviceDeed, DeviceQuestion, Errand, GuardDeed, Keep,
    Lay, Overlay, PageEvent, Place, Question, RoomQuestion, Seek, Spot, Watcher, shelf_of,
};
use crate::text::Language;

/// So many are listed.
pub const LISTED: usize = 40;

/// Something that can be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Offer {
    /// Go to this room.
    Room(RoomId),
    /// Go to this room with what a message says.
    Forward(EntryId, RoomId),
    /// Ask what is to be done with this member.
    Member(MemberId),
    /// Do this with this member.
    Choice(MemberId, Choice),
    /// Something else.
    Wish(Wish),
}

/// What a person may want wherever it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// To write a message.
    Write,
    /// To search in the room.
    Search,
    /// To search in all rooms.
    SearchEverywhere,
    /// To invite somebody.
    Invite,
    /// To see who is in the room.
    Members,
    /// To see what waits in it.
    Queue,
    /// To see how its connections do.
    Connections,
    /// To be silent about the room, or not any more.
    Mute(bool),
    /// To put the room away, or take it back.
    Archive(bool),
    /// To leave the room.
    Leave,
    /// To start a room.
    NewRoom,
    /// To see the list of rooms.
    AllRooms,
    /// To be told of what is new, or not any more.
    Notifications,
    /// This of the dialog about the device.
    Device(DeviceQuestion),
    /// To lock all.
    Lock,
    /// To read the page in another language.
    Speak(Language),
    /// To see what keys do.
    Shortcuts,
}

impl ChatState {
    /// All that can be done now, in the order in which it is listed.
    pub fn offers(&self) -> Vec<Offer> {
        let shown = match self.place {
            Place::Room(room) => Some(room),
            Place::Starting { .. } | Place::Start | Place::Join(_) | Place::Opening(_) => None,
        };
        let others = self.rooms.iter().map(|it| it.room).filter(|room| Some(*room) != shown);
        if let Overlay::Palette(Palette { forwards: Some(entry), .. }) = &self.overlay {
            return others.map(|room| Offer::Forward(*entry, room)).collect();
        }
        let mut offers: Vec<Offer> = others.map(Offer::Room).collect();
        if let Some(room) = shown.filter(|room| self.room.room == Some(*room)) {
            offers.extend(self.wishes_in(room).into_iter().map(Offer::Wish));
            let members = self.room.members.iter().map(|view| view.member);
            let members = members.map(|member| (member, self.room.choices(member)));
            let members: Vec<_> = members.filter(|(_, choices)| !choices.is_empty()).collect();
            offers.extend(members.iter().map(|(member, _)| Offer::Member(*member)));
            offers.extend(members.into_iter().flat_map(|(member, choices)| {
                choices.into_iter().map(move |choice| Offer::Choice(member, choice))
            }));
        }
        offers.push(Offer::Wish(Wish::NewRoom));
        if shown.is_some() {
            offers.push(Offer::Wish(Wish::AllRooms));
        }
        offers.push(Offer::Wish(Wish::Notifications));
        let device = [
            DeviceQuestion::Choices,
            DeviceQuestion::Passphrase,
            DeviceQuestion::Export,
            DeviceQuestion::Import,
        ];
        offers.extend(device.map(|question| Offer::Wish(Wish::Device(question))));
        offers.extend(self.guard.shield.map(|_| Offer::Wish(Wish::Lock)));
        offers.extend(Language::ALL.map(|language| Offer::Wish(Wish::Speak(language))));
        offers.push(Offer::Wish(Wish::Shortcuts));
        offers
    }

    fn wishes_in(&self, room: RoomId) -> Vec<Wish> {
        let writes = self.room.life.takes_words().then_some(Wish::Write);
        let mut wishes: Vec<Wish> = writes.into_iter().collect();
        wishes.extend([Wish::Search, Wish::SearchEverywhere, Wish::Invite, Wish::Members]);
        wishes.extend([Wish::Queue, Wish::Connections]);
        if let Some(summary) = self.rooms.iter().find(|summary| summary.room == room) {
            let shelf = shelf_of(summary);
            wishes.extend([Wish::Mute(!shelf.muted), Wish::Archive(!shelf.archived), Wish::Leave]);
        }
        wishes
    }

    /// What follows once the palette is gone, and the keyboard is back where it was.
    pub(in crate::chat) fn take_up(&self, offer: Offer) -> Vec<Errand> {
        let soon = |event| vec![Errand::Soon(vec![event])];
        match offer {
            Offer::Room(room) => soon(PageEvent::Went(room)),
            // It is sent by a person, who may add to it.
            Offer::Forward(entry, room) => {
                let words = self.words_to_forward(&entry);
                let kept = words.map(|words| Errand::KeepWords(room, words, None));
                kept.into_iter().chain(soon(PageEvent::Went(room))).collect()
            }
            // The dialog about a member stands in the panel.
            Offer::Member(member) => {
                vec![Errand::Press(Spot::Panel), Errand::Soon(vec![about(member)])]
            }
            Offer::Choice(member, choice) => {
                let asks = matches!(choice, Choice::Compare | Choice::Remove);
                let panel = asks.then_some(Errand::Press(Spot::Panel));
                let choose = PageEvent::Does(Deed::Choose(choice));
                panel.into_iter().chain([Errand::Soon(vec![about(member), choose])]).collect()
            }
            Offer::Wish(wish) => match wish {
                Wish::Write => vec![Errand::Press(Spot::Composer)],
                Wish::Search => self.search(false),
                Wish::SearchEverywhere => self.search(true),
                Wish::Invite => vec![Errand::Press(Spot::Invite)],
                Wish::Members => vec![Errand::Press(Spot::Members)],
                Wish::Queue => vec![Errand::Press(Spot::Queue)],
                Wish::Connections => {
                    soon(PageEvent::Connects(ConnectionDeed::Watch(Watcher::Connections, true)))
                }
                Wish::Mute(on) => self.with_room(Keep::Mute(on)),
                Wish::Archive(on) => self.with_room(Keep::Archive(on)),
                // It is asked once more in any case.
                Wish::Leave => self.with_room(Keep::Leave),
                Wish::NewRoom => vec![Errand::Press(Spot::NewRoom)],
                Wish::AllRooms => soon(PageEvent::Left),
                Wish::Notifications => {
                    let ask = DeviceDeed::Ask(Some(DeviceQuestion::Choices));
                    let mut errands = soon(PageEvent::Manages(ask));
                    errands.push(Errand::Press(Spot::Notifications));
                    errands
                }
                Wish::Device(question) => soon(PageEvent::Manages(DeviceDeed::Ask(Some(question)))),
                Wish::Lock => soon(PageEvent::Guards(GuardDeed::Lock)),
                Wish::Speak(language) => vec![Errand::Speak(language)],
                Wish::Shortcuts => soon(PageEvent::Lays(Lay::Shortcuts)),
            },
        }
    }

    fn search(&self, everywhere: bool) -> Vec<Errand> {
        let seek = PageEvent::Seeks(Seek::Everywhere(everywhere));
        let switch = (everywhere != self.everywhere.on).then(|| Errand::Soon(vec![seek]));
        switch.into_iter().chain([Errand::Press(Spot::Search)]).collect()
    }

    /// What a message says, as a quotation with its author's name; nothing if it is between two,
    /// or goes after it was read.
    pub(in crate::chat) fn words_to_forward(&self, entry: &EntryId) -> Option<String> {
        let row = self.rows.of(entry)?;
        let row = (row.private.is_none() && row.vanishes.is_none()).then_some(row)?;
        let Body::Text(text) = &row.body else { return None };
        let name = self.room.member(row.author).map(|view| format!("{}:", view.name));
        let name = name.filter(|name| name.len() > 1);
        let lines = name.iter().map(String::as_str).chain(text.lines());
        Some(lines.map(|line| format!("> {line}\n")).collect())
    }

    /// As if it were chosen in the dialog about the room that is shown.
    fn with_room(&self, keep: Keep) -> Vec<Errand> {
        let Some(room) = self.room.room else { return Vec::new() };
        let ask = PageEvent::Keeps(Keep::Ask(Some(RoomQuestion::Choices(room))));
        vec![Errand::Soon(vec![ask, PageEvent::Keeps(keep)])]
    }
}

fn about(member: MemberId) -> PageEvent {
    PageEvent::Does(Deed::Ask(Some(Question::Member(member))))
}

/// Those of what is offered that are meant, the likeliest first. Each has names: the one that is
/// shown, and others by which somebody may look for it. Without a word the actions on members are
/// left out: there are many.
pub fn meant(offers: &[(Offer, Vec<String>)], typed: &str) -> Vec<(Offer, String)> {
    let typed = typed.trim().to_lowercase();
    let rank = |offer: &Offer, names: &[String]| match typed.is_empty() {
        true => (!matches!(offer, Offer::Choice(..))).then_some(0),
        false => names.iter().filter_map(|name| likeness(&name.to_lowercase(), &typed)).min(),
    };
    let ranks: Vec<_> = offers.iter().map(|(offer, names)| rank(offer, names)).collect();
    let of_rank = |wanted: u8| {
        let all = offers.iter().zip(&ranks).filter(move |(_, rank)| **rank == Some(wanted));
        all.filter_map(|((offer, names), _)| Some((*offer, names.first()?.clone())))
    };
    (0..4).flat_map(of_rank).take(LISTED).collect()
}

/// How well a name fits what was typed, 0 best; nothing if it does not.
pub(in crate::chat) fn likeness(name: &str, typed: &str) -> Option<u8> {
    let begins = |word: &str| word.starts_with(typed);
    if begins(name) {
        return Some(0);
    }
    if name.split(|letter: char| !letter.is_alphanumeric()).any(begins) {
        return Some(1);
    }
    if name.contains(typed) {
        return Some(2);
    }
    typed.split_whitespace().all(|word| name.contains(word)).then_some(3)
}
