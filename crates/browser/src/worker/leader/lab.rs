//! The network lab, where the connections are: see [`crate::lab`].

use engine::{Input, RoomId, RtcState};

use super::Leader;
use crate::client::survey::LinkNews;
use crate::clock::now;
use crate::lab::Conditions;
use crate::message::{News, RtcNews};

impl Leader {
    /// A page makes connections worse, or lets them be as they are.
    pub(super) fn worsen(&mut self, conditions: Conditions) {
        let before = self.lab.replace(conditions);
        self.reach.tell_all(self.conditions());
        let rooms: Vec<RoomId> = self.rooms.keys().copied().collect();
        for room in rooms {
            if conditions.cut {
                self.cut(room);
            }
            // What was too fast a moment ago may not be any more.
            self.settle(room);
        }
        if before.cut && !conditions.cut {
            // Attempts that came to nothing have made both sides patient: who meets anew is not.
            let socket = self.reach.socket.as_mut();
            let news = socket.and_then(|socket| socket.renew(now().mono));
            self.on_socket_news(news);
        }
    }

    /// What connections are made to be, as pages are told.
    pub(super) fn conditions(&self) -> News {
        News::Link(LinkNews::Conditions(self.lab.get()))
    }

    fn cut(&mut self, room: RoomId) {
        let Some(open) = self.rooms.get_mut(&room) else { return };
        let links = open.links();
        links.iter().for_each(|link| open.cut(*link));
        for link in links {
            self.hand(room, Input::RtcState { link, state: RtcState::Failed });
        }
    }
}

/// True if a connection is over by this: of one that is cut nothing else is heard.
pub(super) fn ends(news: &RtcNews) -> bool {
    match news {
        RtcNews::State(state) => *state == RtcState::Failed,
        RtcNews::Description { .. } | RtcNews::Candidate(_) | RtcNews::Measured(_) => false,
    }
}
