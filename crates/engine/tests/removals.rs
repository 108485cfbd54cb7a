//! Rooms in which people come and go, and decide at the same time: whatever happens, those who are
//! left agree, and nobody who was removed reads what was said without it.
//!
//! A seed is a story of some fifty steps: people leave and come, change between three sides that do
//! not reach each other, disks fill up, people speak and decide. In every other story the room
//! approves its members, so that some of them wait at the door. In the end all of them are there
//! and on one side, and those who wait are let in.
//! `CONFAB_SEEDS=1000 cargo test -p engine --test removals` plays more of them.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test stops where it is wrong")]
#![expect(clippy::wildcard_enum_match_arm, reason = "a test picks the events it looks at")]

mod driver;

use std::collections::{BTreeMap, BTreeSet};

use driver::{Tables, World, wanted};
use engine::crypto::random::Random;
use engine::{
    Admission, Body, Command, Decided, Entrance, Event, MemberId, MemberView, Priority, Role,
    RoomRecord,
};

/// Devices at first.
const PEERS: u8 = 6;

/// What a device is when it is off.
enum Device {
    On(usize),
    Off(Tables),
}

struct Story {
    entrance: Entrance,
    world: World,
    random: Random,
    devices: BTreeMap<u8, Device>,
    said: u32,
    /// What was said by whom, and whether its author knew of a removal then.
    secrets: BTreeMap<String, BTreeSet<MemberId>>,
}

fn record(entrance: Entrance, number: u8) -> RoomRecord {
    let founder = RoomRecord::found(&[7; 128], entrance);
    if number == 0 { founder } else { RoomRecord::join(&founder.invite(), &[number; 128]) }
}

fn admission(world: &World, peer: usize) -> Admission {
    let events = world.peers[peer].engine.snapshot().into_iter();
    let mut told = events.filter_map(|event| match event {
        Event::Admission(admission) => Some(admission),
        _ => None,
    });
    told.next_back().unwrap_or(Admission::Inside)
}

fn views(world: &World, peer: usize) -> Vec<MemberView> {
    let mut views = vec![];
    for event in world.peers[peer].engine.snapshot() {
        if let Event::Members(members) = event {
            views = members;
        }
    }
    views
}

fn invite(world: &World, peer: usize) -> String {
    let events = world.peers[peer].engine.snapshot().into_iter();
    let invites = events.filter_map(|event| match event {
        Event::Room(view) => Some(view.invite),
        _ => None,
    });
    invites.collect()
}

fn roles(world: &World, peer: usize) -> BTreeMap<MemberId, Role> {
    views(world, peer).into_iter().map(|view| (view.member, view.role)).collect()
}

fn removed(world: &World, peer: usize) -> BTreeSet<MemberId> {
    let roles = roles(world, peer).into_iter();
    roles.filter(|(_, role)| *role == Role::Removed).map(|(member, _)| member).collect()
}

impl Story {
    fn new(seed: u64) -> Story {
        let mut bytes = [9; 32];
        bytes[..8].copy_from_slice(&seed.to_be_bytes());
        let (world, random) = (World::new(), Random::new(bytes));
        let (devices, secrets) = (BTreeMap::new(), BTreeMap::new());
        let entrance = if seed.is_multiple_of(2) { Entrance::Link } else { Entrance::Approval };
        let mut story = Story { entrance, world, random, devices, said: 0, secrets };
        for number in 0..PEERS {
            story.open(number, Tables::new());
        }
        story.world.pass(3_000);
        let founder = story.peer(0);
        for member in 1..4 {
            if entrance == Entrance::Approval {
                story.world.command(founder, Command::Approve(story.record(member).me()));
            }
        }
        story.world.pass(5_000);
        for admin in 1..3 {
            story.world.command(founder, Command::Promote(story.record(admin).me()));
        }
        story.world.pass(5_000);
        story
    }

    fn record(&self, number: u8) -> RoomRecord {
        record(self.entrance, number)
    }

    fn open(&mut self, number: u8, store: Tables) {
        let first = self.record(number);
        let stored = store.get(&(engine::Table::Rooms, first.key()));
        let record = stored.map_or(first, |bytes| RoomRecord::decode(bytes).unwrap());
        let peer = self.world.start(record, store);
        self.world.connect(peer);
        self.devices.insert(number, Device::On(peer));
    }

    fn pick(&mut self, of: usize) -> usize {
        usize::try_from(self.random.below(u64::try_from(of).unwrap())).unwrap()
    }

    /// Turns a device off, or on.
    fn turn(&mut self, number: u8) {
        match self.devices.remove(&number).unwrap() {
            Device::On(peer) => {
                let store = self.world.stop(peer);
                self.devices.insert(number, Device::Off(store));
            }
            Device::Off(store) => self.open(number, store),
        }
    }

    fn say(&mut self, peer: usize) {
        self.said += 1;
        let text = format!("message {}", self.said);
        self.secrets.insert(text.clone(), removed(&self.world, peer));
        self.world.say(peer, &text, Priority::Normal);
    }

    fn step(&mut self) {
        let number = u8::try_from(self.pick(usize::from(PEERS))).unwrap();
        let other = u8::try_from(self.pick(usize::from(PEERS))).unwrap();
        let other = self.record(other).me();
        let what = self.random.below(if self.entrance == Entrance::Link { 20 } else { 24 });
        if what < 3 {
            self.turn(number);
        }
        let Some(Device::On(peer)) = self.devices.get(&number) else { return };
        let peer = *peer;
        match what {
            0..3 => {}
            3 => self.world.peers[peer].full = !self.world.peers[peer].full,
            4..6 => {
                let side = u8::try_from(self.pick(3)).unwrap();
                self.world.take_to(peer, side);
            }
            6..12 => self.say(peer),
            12..15 => self.world.command(peer, Command::Promote(other)),
            15 => self.world.command(peer, Command::Demote(other)),
            16..18 => self.world.command(peer, Command::Remove(other)),
            18 => self.world.command(peer, Command::NewLink),
            20 => self.world.command(peer, Command::TurnAway(other)),
            21 => self.world.command(peer, Command::Knock),
            _ => self.world.command(peer, Command::Approve(other)),
        }
        let pause = [0, 0, 100, 2_000, 40_000];
        let pause = pause[self.pick(pause.len())];
        self.world.pass(pause);
    }

    /// Everybody is there, and stays.
    fn end(&mut self) {
        for number in 0..PEERS {
            if matches!(self.devices[&number], Device::Off(_)) {
                self.turn(number);
            }
        }
        for peer in (0..PEERS).map(|number| self.peer(number)).collect::<Vec<_>>() {
            self.world.peers[peer].full = false;
            self.world.take_to(peer, 0);
        }
        self.world.pass(240_000);
        if self.entrance == Entrance::Approval {
            self.let_all_in();
        }
    }

    /// Whoever waits at the door, or was turned away there, is let in, with a newer link if it
    /// needs one.
    fn let_all_in(&mut self) {
        let founder = self.peer(0);
        let link = invite(&self.world, founder);
        for number in 1..PEERS {
            let peer = self.peer(number);
            if admission(&self.world, peer) != Admission::Inside {
                let rows = &self.world.peers[peer].rows;
                assert!(rows.is_empty() && self.world.peers[peer].heard == 0, "it is outside");
                self.world.command(peer, Command::Follow(link.clone()));
            }
        }
        self.world.pass(90_000);
        for number in 1..PEERS {
            self.world.command(founder, Command::Approve(self.record(number).me()));
            self.world.pass(1_000);
        }
        self.world.pass(240_000);
    }

    fn peer(&self, number: u8) -> usize {
        match &self.devices[&number] {
            Device::On(peer) => *peer,
            Device::Off(_) => panic!("everybody is there in the end"),
        }
    }

    /// Nobody shows what was said by somebody who knew that it was removed.
    fn nobody_removed_reads(&self, seed: u64) {
        for number in 0..PEERS {
            let (peer, me) = (self.peer(number), self.record(number).me());
            for row in self.world.peers[peer].rows.values() {
                let Body::Text(text) = &row.body else { continue };
                let hidden = self.secrets.get(text).is_some_and(|from| from.contains(&me));
                assert!(!hidden, "seed {seed}: {number} was removed and reads {text:?}");
            }
        }
    }

    /// All who are left agree on who that is, on what was said and on the way in.
    fn those_left_agree(&self, seed: u64) -> bool {
        let first = self.peer(0);
        let out = removed(&self.world, first);
        let left = (0..PEERS).filter(|number| !out.contains(&self.record(*number).me()));
        let left: Vec<usize> = left.map(|number| self.peer(number)).collect();
        for peer in left.iter().copied() {
            let told = |peer: usize| -> Vec<(engine::Order, Body)> {
                let rows = self.world.peers[peer].rows.values();
                rows.map(|row| (row.order, row.body.clone())).collect()
            };
            assert_eq!(roles(&self.world, peer), roles(&self.world, first), "seed {seed}");
            assert_eq!(invite(&self.world, peer), invite(&self.world, first), "seed {seed}");
            assert_eq!(told(peer), told(first), "seed {seed}: {peer}");
        }
        let unreadable = |row: &engine::Row| row.body == Body::Unreadable;
        let rows = &self.world.peers[first].rows;
        assert!(!rows.values().any(unreadable), "seed {seed}");
        rows.values().any(|row| row.body == Body::Decided(Decided::Merged))
    }

    /// The room goes on: what one of them says reaches the others.
    fn goes_on(&mut self, seed: u64) {
        self.world.say(self.peer(0), "the last word", Priority::Normal);
        self.world.pass(30_000);
        let out = removed(&self.world, self.peer(0));
        for number in 0..PEERS {
            let last = self.world.words(self.peer(number)).pop();
            let is_out = out.contains(&self.record(number).me());
            let hears = last.as_deref() == Some("the last word");
            assert_eq!(hears, !is_out, "seed {seed}: {number}");
        }
    }
}

fn seeds() -> u64 {
    wanted("CONFAB_SEEDS", 40)
}

#[test]
fn i9_those_who_are_left_agree_and_who_was_removed_reads_nothing_later() {
    let (mut merged, mut out) = (0, 0);
    for seed in 0..seeds() {
        let mut story = Story::new(seed);
        for _ in 0..50 {
            story.step();
        }
        story.end();
        story.nobody_removed_reads(seed);
        merged += u32::from(story.those_left_agree(seed));
        out += removed(&story.world, story.peer(0)).len();
        story.goes_on(seed);
    }
    assert!(merged > 0 && out > 0, "nothing happened at once, or nobody was removed");
}
