//! Registers travel by announcement: who stores one tells linked members the counter, and they ask.
//!
//! One's own are sent at once, what was asked for as it is read. A member hears of its own
//! register, too, when another one of its devices has signed a newer value.

use crate::engine::Engine;
use crate::frame::{Frame, RegisterHave};
use crate::ids::LinkId;
use crate::limits;
use crate::link::Link;
use crate::register::{Register, RegisterKey, RegisterKind};

/// Registers that share a frame.
pub(super) const A_FRAME: usize = 200;

impl Engine {
    pub(in crate::engine) fn on_register(&mut self, id: LinkId, bytes: &[u8]) {
        match Register::verify(&self.room, bytes) {
            Ok(register) => {
                self.note_register(id, register.key(), register.counter);
                if self.registers.wants(&register) {
                    self.inbox.put_register(register);
                }
            }
            Err(error) => self.misbehaved(id, &error.to_string()),
        }
    }

    pub(in crate::engine) fn note_register(&mut self, id: LinkId, key: RegisterKey, counter: u64) {
        let flow = self.links.get_mut(&id).and_then(Link::flow_mut);
        let most = limits::MEMBERS * usize::from(RegisterKind::COUNT);
        if let Some(flow) = flow.filter(|flow| flow.registers.len() < most) {
            let known = flow.registers.entry(key).or_default();
            *known = (*known).max(counter);
        }
    }

    pub(in crate::engine) fn on_registers(&mut self, id: LinkId, list: &[RegisterHave]) {
        let mut wanted = Vec::new();
        for have in list {
            let key = (have.member, have.kind);
            self.note_register(id, key, have.counter);
            let mine = self.registers.counter(&key).max(self.inbox.counter(&key));
            if have.counter > mine {
                wanted.push(key);
            }
        }
        for chunk in wanted.chunks(A_FRAME) {
            self.control(id, &Frame::AskRegisters(chunk.to_vec()));
        }
    }

    pub(in crate::engine) fn on_ask_registers(&mut self, id: LinkId, wanted: &[RegisterKey]) {
        let held = wanted.iter().take(A_FRAME).filter(|key| self.registers.of(key).is_some());
        if let Some(flow) = self.links.get_mut(&id).and_then(Link::flow_mut) {
            // No more than are held: that is their bound.
            flow.asked_registers.extend(held.copied());
        }
        self.give_registers(id);
    }

    /// Sends what a member has asked for, as it reads: all registers of a large room at once are
    /// more than may wait on a link.
    pub(in crate::engine) fn give_registers(&mut self, id: LinkId) {
        while let Some(flow) = self.links.get_mut(&id).and_then(Link::flow_mut)
            && flow.reads()
            && let Some(key) = flow.asked_registers.pop_first()
        {
            let bytes = self.registers.of(&key).map(|cell| cell.bytes().to_vec());
            bytes.into_iter().for_each(|bytes| self.control(id, &Frame::Register(bytes)));
        }
    }

    /// A register is stored: linked members that do not have it hear of it, one's own at once.
    pub(in crate::engine) fn announce_register(&mut self, register: &Register) {
        let (key, counter) = (register.key(), register.counter);
        let own = register.member == self.own.member;
        let have = RegisterHave { member: key.0, kind: key.1, counter };
        let lacks = |(id, link): (&LinkId, &Link)| {
            let flow = link.flow()?;
            let knows = flow.registers.get(&key).copied().unwrap_or(0) >= counter;
            (!knows).then_some(*id)
        };
        let links: Vec<LinkId> = self.links.iter().filter_map(lacks).collect();
        for id in links {
            if own {
                self.note_register(id, key, counter);
                self.control(id, &Frame::Register(register.bytes().to_vec()));
            } else {
                self.control(id, &Frame::Registers(vec![have]));
            }
        }
    }
}
