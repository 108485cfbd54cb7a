//! What a leader reaches: the store, the socket, its page, the other tabs.
//!
//! The outputs of engines go out here, each to where it belongs; what comes of them comes back as
//! a [`Happening`].

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use engine::protocol::{ClientMessage, Relays, Rendezvous};
use engine::{Event, FindId, Found, Output, RoomId};

use super::happening::{Feed, Happening, Report};
use super::leader::protecting::told;
use super::page::Page;
use super::tabs::Tabs;
use crate::client::event::RoomSummary;
use crate::message::{News, Protected, TabId, TabWords, ToPage};
use crate::socket::Socket;
use crate::store::Store;

/// Meetings that were left which are remembered: more than there can be at once.
const LEFT: usize = 1_024;

/// Who asked for something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asker {
    /// This worker's own page.
    Own,
    /// The page of another tab.
    Tab(TabId),
}

/// See the module.
pub(super) struct Reach {
    pub(super) store: Store,
    pub(super) socket: Option<Socket>,
    pub(super) feed: Feed,
    page: Page,
    tabs: Rc<Tabs>,
    /// Whose command is being obeyed: a refusal that names no draft is for that page alone.
    pub(super) asker: Option<Asker>,
    /// Who looks for what in which room: one search a room, until its end is told.
    finders: BTreeMap<(RoomId, FindId), Asker>,
    /// Which room a rendezvous is of, as the engines have joined them.
    meetings: BTreeMap<Rendezvous, RoomId>,
    /// Meetings that were left, of which the server may have said something before it knew.
    left: BTreeSet<Rendezvous>,
    /// Rooms that the own page has opened.
    shown: BTreeSet<RoomId>,
    /// Rooms that the pages of other tabs have opened. A tab that is gone leaves its rooms here:
    /// that costs a broadcast nobody hears.
    followed: BTreeSet<RoomId>,
}

impl Reach {
    pub(super) fn new(
        store: Store,
        socket: Option<Socket>,
        feed: Feed,
        page: Page,
        tabs: Rc<Tabs>,
    ) -> Self {
        let (shown, followed) = (BTreeSet::new(), BTreeSet::new());
        let (finders, meetings, left) = (BTreeMap::new(), BTreeMap::new(), BTreeSet::new());
        let asker = None;
        Self { store, socket, feed, page, tabs, asker, finders, meetings, left, shown, followed }
    }

    /// Does what the engine of a room says.
    pub(super) fn carry_out(&mut self, room: RoomId, output: Output) {
        match output {
            Output::Signal(message) => self.signal(room, &message),
            Output::Commit { batch, ops, durability } => {
                let stored = self.store.commit(&ops, durability);
                self.feed.put_later(async move {
                    Happening::Report(Report::Committed(room, batch, stored.await))
                });
            }
            Output::Scan(scan) => {
                let read = self.store.scan(&scan);
                self.feed.put_later(async move {
                    Happening::Report(Report::Scanned(room, scan.scan, read.await))
                });
            }
            Output::Rtc { link, call } => self.page.tell(&ToPage::Rtc { room, link, call }),
            Output::Event(Event::Found(found)) => self.tell_found(room, found),
            Output::Event(event) => {
                let asker = self.asker.filter(|_| is_for_the_asker(&event));
                let news = News::Room { room, event };
                if let Some(asker) = asker {
                    return self.tell(asker, news);
                }
                self.tell_watchers(room, news);
            }
        }
    }

    /// Whoever asks looks for this in a room from now on, whether its page has opened it or not.
    pub(super) fn look_for(&mut self, find: FindId, room: RoomId, asker: Asker) {
        self.finders.insert((room, find), asker);
    }

    fn tell_found(&mut self, room: RoomId, found: Found) {
        let key = (room, found.find);
        let asker = match found.end {
            Some(_) => self.finders.remove(&key),
            None => self.finders.get(&key).copied(),
        };
        if let Some(asker) = asker {
            self.tell(asker, News::Room { room, event: Event::Found(found) });
        }
    }

    /// Tells all pages that have opened a room.
    pub(super) fn tell_watchers(&self, room: RoomId, news: News) {
        if self.followed.contains(&room) {
            self.tabs.say(None, true, TabWords::News(news.clone()));
        }
        if self.shown.contains(&room) {
            self.page.tell_news(news);
        }
    }

    /// Asks the own page, where the connections are, how those of a room do.
    pub(super) fn ask_survey(&self, room: RoomId) {
        self.page.tell(&ToPage::Survey { room });
    }

    fn signal(&mut self, room: RoomId, message: &ClientMessage) {
        match message {
            ClientMessage::Join { room: meeting } => {
                self.meetings.insert(meeting.clone(), room);
            }
            ClientMessage::Leave { room: meeting } => {
                self.meetings.remove(meeting);
                if self.left.len() >= LEFT {
                    self.left.pop_first();
                }
                self.left.insert(meeting.clone());
            }
            ClientMessage::Signal { .. } | ClientMessage::Ping | ClientMessage::Pong => {}
        }
        if let Some(socket) = &self.socket {
            socket.send(message);
        }
    }

    /// The room that meets at a rendezvous.
    pub(super) fn room_at(&self, meeting: &Rendezvous) -> Option<RoomId> {
        self.meetings.get(meeting).copied()
    }

    /// True if that was a meeting of a room until lately.
    pub(super) fn has_left(&self, meeting: &Rendezvous) -> bool {
        self.left.contains(meeting)
    }

    /// Tells whoever asked from now on what happens in a room.
    pub(super) fn follow(&mut self, asker: Asker, room: RoomId) {
        match asker {
            Asker::Own => self.shown.insert(room),
            Asker::Tab(_) => self.followed.insert(room),
        };
    }

    /// Leaves all meetings of a room.
    pub(super) fn leave(&mut self, room: RoomId) {
        let of_room =
            |(meeting, of): (&Rendezvous, &RoomId)| (*of == room).then(|| meeting.clone());
        let left: Vec<Rendezvous> = self.meetings.iter().filter_map(of_room).collect();
        for meeting in left {
            self.signal(room, &ClientMessage::Leave { room: meeting });
        }
    }

    /// A room is gone: nobody looks at it any more, and all pages are told.
    pub(super) fn tell_left(&mut self, room: RoomId) {
        self.shown.remove(&room);
        self.followed.remove(&room);
        self.finders.retain(|(of, _), _| *of != room);
        self.tell_all(News::Left { room });
    }

    /// Tells one page.
    pub(super) fn tell(&self, asker: Asker, news: News) {
        match asker {
            Asker::Own => self.page.tell_news(news),
            Asker::Tab(tab) => self.tabs.say(Some(tab), true, TabWords::News(news)),
        }
    }

    /// Hands the server's relays to the own page, where the connections are.
    pub(super) fn tell_relays(&self, relays: Relays) {
        self.page.tell(&ToPage::Relays(relays));
    }

    /// Tells all pages.
    pub(super) fn tell_all(&self, news: News) {
        self.tabs.say(None, true, TabWords::News(news.clone()));
        self.page.tell_news(news);
    }

    /// Under which key all is stored, if there is a passphrase.
    pub(super) fn protected(&self) -> Option<Protected> {
        told(self.store.guard())
    }

    /// Tells a tab, or all, who leads.
    pub(super) fn announce(&self, to: Option<TabId>, rooms: Vec<RoomSummary>) {
        self.tabs.say(to, true, TabWords::Lead { rooms, protected: self.protected() });
    }
}

/// True if this says nothing to any page but the one that asked.
fn is_for_the_asker(event: &Event) -> bool {
    matches!(event, Event::Refused { draft: None, .. })
}

#[cfg(test)]
mod tests {
    use super::*;
    use engine::{DraftId, Refusal};

    #[test]
    fn a_refusal_is_for_the_page_that_asked_unless_it_names_a_draft_that_others_may_repeat() {
        let refused = |draft| Event::Refused { draft, reason: Refusal::NotFounder };
        assert!(is_for_the_asker(&refused(None)));
        assert!(!is_for_the_asker(&refused(Some(DraftId([1; 16])))));
        assert!(!is_for_the_asker(&Event::Pending(1)));
    }
}
