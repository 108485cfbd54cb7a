//! What goes wrong on command: freezing, partitions, the server, noise on a wire.

use engine::{Channel, Input};

use crate::oracle::{Broken, Screen};
use crate::peer::Happening;
use crate::world::World;

impl World {
    /// A device sleeps for a while: nothing that happens reaches it, its stores and wires stand.
    pub fn freeze(&mut self, peer: usize) {
        if self.peers[peer].engine.is_none() || self.peers[peer].frozen.is_some() {
            return;
        }
        self.note(format_args!("freeze {peer}"));
        self.peers[peer].frozen = Some(Vec::new());
        let sleep = self.below(40_000);
        self.later(sleep, Happening::Thaw(peer));
    }

    pub(crate) fn thaw_now(&mut self, peer: usize) {
        self.later(0, Happening::Thaw(peer));
    }

    /// Two devices cannot reach each other.
    pub fn part(&mut self, one: usize, other: usize) {
        if one == other {
            return;
        }
        self.note(format_args!("partition {one} {other}"));
        self.partitions.insert((one.min(other), one.max(other)));
        for wire in 0..self.wires.len() {
            let [a, b] = self.wires[wire].ends;
            if (a.peer.min(b.peer), a.peer.max(b.peer)) == (one.min(other), one.max(other)) {
                self.cut(wire);
            }
        }
    }

    /// Everybody can reach everybody again.
    pub fn heal(&mut self) {
        self.note("heal");
        self.partitions.clear();
        for wire in 0..self.wires.len() {
            self.mend(wire);
        }
    }

    /// The signaling server goes, with all its memory, or comes back.
    pub fn server(&mut self, up: bool) {
        if self.server_up == up {
            return;
        }
        self.note(format_args!("server {}", if up { "up" } else { "down" }));
        self.server_up = up;
        if up {
            return;
        }
        self.rooms = signaling::Rooms::new(self.random.bytes());
        let addresses = std::mem::take(&mut self.addresses);
        for (peer, life) in addresses.into_values() {
            if self.peers[peer].life == life {
                self.peers[peer].connection = None;
                self.later(10, Happening::Input(peer, life, Input::SignalClosed));
                let delay = 1_000 + self.below(2_000);
                self.later(delay, Happening::Socket(peer, life));
            }
        }
    }

    /// Bytes that are no protocol arrive at a device, as if from one of its links.
    pub fn noise(&mut self, peer: usize) {
        let life = self.peers[peer].life;
        let ends = self.wires.iter().filter(|wire| wire.open).flat_map(|wire| wire.ends);
        let mine: Vec<_> = ends.filter(|end| (end.peer, end.life) == (peer, life)).collect();
        let pick = usize::try_from(self.below(mine.len() as u64)).unwrap_or(0);
        let Some(end) = mine.get(pick).copied() else { return };
        self.note(format_args!("noise at {peer}"));
        let length = 1 + self.below(300);
        let bytes = (0..length).map(|_| self.random.bytes::<1>()[0]).collect();
        let input = Input::Frame { link: end.link, channel: Channel::Messages, bytes };
        self.later(0, Happening::Input(peer, life, input));
    }

    /// The oracle's last word: everybody who is online agrees.
    pub(crate) fn judge(&mut self) -> Result<(), Broken> {
        let open = self.peers.iter().enumerate().filter(|(_, peer)| peer.is_open());
        let screens: Vec<(usize, &Screen)> =
            open.map(|(index, peer)| (index, peer.screen())).collect();
        self.oracle.converged(&screens);
        self.oracle.broken.clone().map_or(Ok(()), Err)
    }
}
