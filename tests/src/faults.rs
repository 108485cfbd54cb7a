//! What goes wrong on command: freezing, partitions, the server, noise on a wire.

use engine::{Channel, Input};

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
        self.oracle.owes_nothing_live(peer);
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

    /// A wire dies and nobody is told: both ends believe that it is open.
    pub fn dead_wire(&mut self, peer: usize) {
        let open = (0..self.wires.len()).filter(|wire| {
            let wire = &self.wires[*wire];
            wire.open && !wire.closed && wire.ends.iter().any(|end| end.peer == peer)
        });
        let open: Vec<usize> = open.collect();
        let Some(wire) = open.get(self.pick(open.len())).copied() else { return };
        self.note(format_args!("dead wire {wire} at {peer}"));
        self.wires[wire].silent = true;
        self.cut(wire);
    }

    /// What a device reads, or every device, fails now and then or always; perhaps it has to read
    /// much just then.
    pub(crate) fn reads_fail(&mut self, peer: usize) {
        let odds = [1, 2, 4, 8][self.pick(4)];
        let all = self.below(4) == 0;
        self.note(format_args!("one read of {odds} fails at {peer}, at all: {all}"));
        for (index, device) in self.peers.iter_mut().enumerate() {
            if all || index == peer {
                device.failing_reads = odds;
            }
        }
        if self.below(3) == 0 {
            self.second_tab(peer);
        }
    }

    /// Every store can be read.
    pub(crate) fn reads_work(&mut self) {
        self.note("stores can be read");
        self.peers.iter_mut().for_each(|device| device.failing_reads = 0);
    }

    /// Bytes that are no protocol arrive at a device, as if from one of its links.
    pub fn noise(&mut self, peer: usize) {
        let life = self.peers[peer].life;
        let ends = self.wires.iter().filter(|wire| wire.open).flat_map(|wire| wire.ends);
        let mine: Vec<_> = ends.filter(|end| (end.peer, end.life) == (peer, life)).collect();
        let pick = usize::try_from(self.below(mine.len() as u64)).unwrap_or(0);
        let Some(end) = mine.get(pick).copied() else { return };
        self.note(format_args!("noise at {peer}"));
        self.oracle.exempt_accuser(peer, life);
        let length = 1 + self.below(300);
        let bytes = (0..length).map(|_| self.random.bytes::<1>()[0]).collect();
        let input = Input::Frame { link: end.link, channel: Channel::Messages, bytes };
        self.later(0, Happening::Input(peer, life, input));
    }
}
