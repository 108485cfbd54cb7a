//! Messages that answer others, what could not be delivered and what is done with it, and who is
//! typing.

use engine::{Act, Body, Command, Engine, EntryId, Row, Target};

use crate::world::World;

impl World {
    /// Somebody answers a message that its page shows.
    pub(crate) fn answer(&mut self, peer: usize) {
        let rows = self.peers[peer].screen.rows.values();
        let open = |row: &&Row| {
            let words = matches!(row.body, Body::Text(_));
            words && row.private.is_none() && row.vanishes.is_none()
        };
        let name = |row: &Row| Target { entry: row.entry, hash: row.hash };
        let all: Vec<Target> = rows.filter(open).map(name).collect();
        if all.is_empty() {
            return;
        }
        let target = all[self.pick(all.len())];
        let Some(draft) = self.draft(peer, "answers") else { return };
        self.oracle.answers(&draft.text, target);
        self.hand_over(peer, draft.doing(Act::Reply { target, member: None, after: None }));
    }

    /// Something in a tray is offered again: it is not there any more until it is refused again.
    pub(crate) fn retry(&mut self, peer: usize) {
        if let Some(entry) = self.some_undelivered(peer) {
            self.note(format_args!("{peer} tries {entry} again"));
            self.command(peer, Command::Retry(entry));
            self.oracle.tries_again(peer, &entry, &self.peers[peer].screen);
        }
    }

    /// Something in a tray is put away for good.
    pub(crate) fn dismiss(&mut self, peer: usize) {
        if let Some(entry) = self.some_undelivered(peer) {
            self.note(format_args!("{peer} puts {entry} away"));
            self.command(peer, Command::Dismiss(entry));
            self.oracle.puts_away(peer, entry, &self.peers[peer].screen);
        }
    }

    fn some_undelivered(&mut self, peer: usize) -> Option<EntryId> {
        let device = &self.peers[peer];
        let ready = device.engine.as_ref().is_some_and(Engine::is_open);
        let tray: Vec<EntryId> = device.screen.tray.iter().map(|case| case.entry).collect();
        let awake = ready && device.frozen.is_none() && !tray.is_empty();
        awake.then(|| tray[self.pick(tray.len())])
    }

    /// Somebody types, or stops.
    pub(crate) fn type_something(&mut self, peer: usize) {
        if self.peers[peer].frozen.is_none() {
            let typing = self.below(3) > 0;
            self.oracle.types(peer);
            self.command(peer, Command::Typing(typing));
        }
    }

    /// Every page asks for what its answers are about.
    pub(crate) fn ask_for_quotes(&mut self) {
        self.oracle.all_are_quoted();
        for peer in 0..self.peers.len() {
            self.peers[peer].screen.quotes.clear();
            let rows = self.peers[peer].screen.rows.values();
            let targets: Vec<Target> =
                rows.filter_map(|row| row.reply_to.as_deref().copied()).collect();
            targets.into_iter().for_each(|target| self.command(peer, Command::Quote(target)));
        }
    }
}
