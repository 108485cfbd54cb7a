//! One room of the leader: its engine, its data channels, its name, and what it is in short.
//!
//! After every input the engine's outputs are carried out and its channels filled, until it has
//! nothing more to say.

use std::collections::{BTreeMap, BTreeSet};

use engine::{Channel, Command, Engine, Event, Gist, Input, LinkId, Millis, Output, RoomRecord};
use engine::{RoomId, RtcCall};

use super::reach::Reach;
use crate::channel::{ChannelNews, DataChannel};
use crate::client::event::RoomSummary;
use crate::clock::now;

/// Messages written to one channel at once. Its buffer fills long before: this only bounds the
/// work of one turn should a browser count that buffer late.
const BURST: usize = 64;

/// See the module.
pub(super) struct Room {
    engine: Engine,
    name: String,
    gist: Option<Gist>,
    channels: BTreeMap<(LinkId, Channel), DataChannel>,
}

/// What there is to say of a room in short, after a turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Summary {
    /// It is as it was.
    Kept,
    /// All pages have to be told.
    Changed,
}

impl Room {
    pub(super) fn new(engine: Engine, name: String) -> Self {
        Self { engine, name, gist: None, channels: BTreeMap::new() }
    }

    /// What there is to say of it in a list of rooms.
    pub(super) fn summary(&self) -> RoomSummary {
        let room: RoomId = self.engine.room();
        RoomSummary { room, name: self.name.clone(), gist: self.gist.clone() }
    }

    /// Ends every connection; gives one's place in the room, to go back to if it cannot be left.
    pub(super) fn part(mut self, reach: &mut Reach) -> RoomRecord {
        self.engine.hang_up();
        self.settle(reach);
        self.engine.record().clone()
    }

    /// True if what was written here is not stored yet.
    pub(super) fn has_unsaved(&self) -> bool {
        self.engine.has_unsaved()
    }

    /// The room's state, for a page that comes now.
    pub(super) fn snapshot(&self) -> Vec<Event> {
        self.engine.snapshot()
    }

    /// When the engine wants to be woken.
    pub(super) fn deadline(&self) -> Option<Millis> {
        self.engine.deadline()
    }

    /// Hands something to the engine, and does what follows from it.
    pub(super) fn handle(&mut self, input: Input, reach: &mut Reach) -> Summary {
        self.engine.handle(input, now());
        self.settle(reach)
    }

    /// Hands a command to the engine, and does what follows from it.
    pub(super) fn command(&mut self, command: Command, reach: &mut Reach) -> Summary {
        self.engine.command(command, now());
        self.settle(reach)
    }

    /// Takes a channel into use that the page has made or received.
    pub(super) fn adopt(&mut self, link: LinkId, channel: Channel, moved: DataChannel) {
        self.channels.insert((link, channel), moved);
    }

    /// The links that have channels.
    pub(super) fn links(&self) -> BTreeSet<LinkId> {
        self.channels.keys().map(|(link, _)| *link).collect()
    }

    /// Nothing goes or comes over a link any more.
    pub(super) fn cut(&mut self, link: LinkId) {
        self.channels.retain(|(of, _), _| *of != link);
    }

    /// Bytes that wait in the channels of a link.
    pub(super) fn buffered(&self, link: LinkId) -> u64 {
        let of_link = self.channels.iter().filter(|((of, _), _)| *of == link);
        of_link.map(|(_, channel)| channel.buffered()).sum()
    }

    /// Takes in what a channel tells.
    pub(super) fn on_channel(
        &mut self,
        link: LinkId,
        channel: Channel,
        news: ChannelNews,
        reach: &mut Reach,
    ) -> Summary {
        // What was on its way when a channel was closed here is of no room any more.
        if !self.channels.contains_key(&(link, channel)) {
            return Summary::Kept;
        }
        match news {
            ChannelNews::Opened => self.handle(Input::ChannelOpen { link, channel }, reach),
            ChannelNews::Drained => self.settle(reach),
            ChannelNews::Heard(bytes) => self.handle(Input::Frame { link, channel, bytes }, reach),
            ChannelNews::Closed => {
                self.channels.remove(&(link, channel));
                self.handle(Input::ChannelClosed { link, channel }, reach)
            }
        }
    }

    /// Carries out and writes what the engine says, until it has nothing to say.
    pub(super) fn settle(&mut self, reach: &mut Reach) -> Summary {
        let before = self.name.clone();
        loop {
            while let Some(output) = self.engine.poll_output() {
                self.note(&output);
                reach.carry_out(self.engine.room(), output);
            }
            let dead = self.pump();
            if dead.is_empty() && !self.spoke(reach) {
                break;
            }
            for (link, channel) in dead {
                self.channels.remove(&(link, channel));
                self.engine.handle(Input::ChannelClosed { link, channel }, now());
            }
        }
        let gist = self.engine.poll_gist();
        let changed = gist.is_some() || self.name != before;
        self.gist = gist.or(self.gist.take());
        if changed { Summary::Changed } else { Summary::Kept }
    }

    /// Carries out one more output, if writing has led to any.
    fn spoke(&mut self, reach: &mut Reach) -> bool {
        let Some(output) = self.engine.poll_output() else { return false };
        self.note(&output);
        reach.carry_out(self.engine.room(), output);
        true
    }

    /// What of an output concerns the room itself.
    fn note(&mut self, output: &Output) {
        match output {
            Output::Event(Event::Room(view)) => self.name.clone_from(&view.name),
            Output::Rtc { link, call: RtcCall::Close } => {
                self.channels.retain(|(of, _), _| of != link);
            }
            Output::Event(_)
            | Output::Rtc { .. }
            | Output::Signal(_)
            | Output::Commit { .. }
            | Output::Scan(_) => {}
        }
    }

    /// Fills the channels that have room; says which do not take anything any more.
    fn pump(&mut self) -> Vec<(LinkId, Channel)> {
        let mut dead = Vec::new();
        for ((link, channel), pipe) in &self.channels {
            for _ in 0..BURST {
                if !pipe.has_room() {
                    break;
                }
                let next = self.engine.poll_transmit(*link, *channel, now());
                let Some(bytes) = next else { break };
                if !pipe.send(bytes) {
                    dead.push((*link, *channel));
                    break;
                }
            }
        }
        dead
    }
}
