//! How the connections of a room do, for whoever looks at them: the own page measures each, since
//! it has them, and their channels are here. It is told to all pages that show the room.

use engine::{LinkId, RoomId};

use super::Leader;
use crate::client::survey::{LinkNews, Path, ServerPath};
use crate::clock::now;
use crate::message::News;
use crate::worker::room::Room;

impl Leader {
    /// A page wants to know: asks the own page, and the server.
    pub(super) fn survey(&mut self, room: RoomId) {
        self.reach.ask_survey(room);
        if let Some(socket) = &mut self.reach.socket {
            socket.measure(now().mono);
        }
    }

    /// The own page has measured a connection.
    pub(super) fn on_measured(&self, room: RoomId, link: LinkId, path: Path) {
        let buffered = self.rooms.get(&room).map_or(0, |open: &Room| open.buffered(link));
        let path = Path { buffered, ..path };
        self.reach.tell_watchers(room, News::Link(LinkNews::Path { room, link, path }));
    }

    /// The server has answered after this time.
    pub(super) fn on_answered(&self, round_trip: engine::Millis) {
        let buffered = self.reach.socket.as_ref().map_or(0, crate::socket::Socket::buffered);
        let path = ServerPath { round_trip, buffered };
        self.reach.tell_all(News::Link(LinkNews::Server(path)));
    }
}
