//! Every frame there is, with something in it.

use super::{body_gone, branch, have, local, log, profile, register, run};
use crate::frame::{Frame, HashAt, LiveFrame, Part, Refusal, RegisterHave, Want};
use crate::hello::{Again, Greeting, Role};
use crate::ids::{DraftId, EntryHash, EpochId};
use crate::register::RegisterKind;

pub(super) fn frames() -> Vec<Frame> {
    let (_, hello) = Greeting::start(Role::Answerer, local(2, 1));
    let (offerer, _) = Greeting::start(Role::Offerer, local(1, 2));
    let (_, _, proof) = offerer.on_hello(hello.clone().unwrap()).unwrap();
    let (member, kind) = (log().member, RegisterKind::RECEIPT);
    vec![
        Frame::Hello(Box::new(hello.unwrap())),
        Frame::Proof(Box::new(proof.unwrap())),
        Frame::Have(vec![have()]),
        Frame::Want(Want { log: log(), ranges: vec![(0, 5), (300, 400)] }),
        Frame::Part(Part { class: 1, last: true, bytes: run(&["hello"]).bytes().to_vec() }),
        Frame::Register(register(RegisterKind::PROFILE, &profile()).bytes().to_vec()),
        Frame::Registers(vec![RegisterHave { member, kind, counter: 300 }]),
        Frame::AskRegisters(vec![(member, kind)]),
        Frame::Credit { class: 5, bytes: 70_000 },
        Frame::Probe(u64::MAX),
        Frame::Reply(7),
        Frame::Bye("another tab took over".to_owned()),
        Frame::Live(LiveFrame {
            draft: DraftId([4; 16]),
            wall: 1_700_000_000_000,
            acknowledge: true,
            text: "now 现在".to_owned(),
        }),
        Frame::LiveReply(DraftId([4; 16])),
        Frame::Typing(true),
        Frame::Refuse(Refusal { log: log(), first: 300, last: 302, reason: 4 }),
        Frame::Branches(vec![branch()]),
        Frame::AskHash(log(), 300),
        Frame::Hash(HashAt { log: log(), seq: 300, hash: EntryHash([3; 32]) }),
        Frame::AskEvidence(log(), 300, true),
        Frame::Evidence(body_gone().bytes().to_vec()),
        Frame::Again(Again { epoch: EpochId([9; 16]), mac: [7; 32] }),
    ]
}

/// A new kind of frame makes this fail to build: give it bytes in [`frames`], too.
pub(super) fn name(frame: &Frame) -> &'static str {
    match frame {
        Frame::Hello(_) => "hello",
        Frame::Proof(_) => "proof",
        Frame::Have(_) => "have",
        Frame::Want(_) => "want",
        Frame::Part(_) => "part",
        Frame::Register(_) => "register",
        Frame::Registers(_) => "registers",
        Frame::AskRegisters(_) => "ask-registers",
        Frame::Credit { .. } => "credit",
        Frame::Probe(_) => "probe",
        Frame::Reply(_) => "reply",
        Frame::Bye(_) => "bye",
        Frame::Live(_) => "live",
        Frame::LiveReply(_) => "live-reply",
        Frame::Typing(_) => "typing",
        Frame::Refuse(_) => "refuse",
        Frame::Branches(_) => "branches",
        Frame::AskHash(..) => "ask-hash",
        Frame::Hash(_) => "hash",
        Frame::AskEvidence(..) => "ask-evidence",
        Frame::Evidence(_) => "evidence",
        Frame::Again(_) => "again",
    }
}
