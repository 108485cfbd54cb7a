//! Attacks by runs: in another's name, altered, out of place, with other bodies than they name, and
//! at the end of numbers and of time.

use crate::evil_member::forge::{FORGER, Forgery, RawRun};
use crate::evil_member::peer::Peer;
use crate::evil_member::table::Verdict::{Named, Nothing, Said, Told};
use crate::evil_member::table::{Attack, Verdict, attack};
use engine::EntryHash;
use engine::log::entry::{Content, Kind};
use engine::log::run::Run;

const SIGNATURE: Verdict = Named("a run is not signed by the author of its log");
const ENCODING: Verdict = Named("a run does not decode");
const SIZE: Verdict = Named("a run has no entries or is larger than allowed");
const BODY: Verdict = Named("an entry's body is not the one that its header names");
const LARGE: Verdict = Named("an entry is larger than allowed");
const LAMPORT: Verdict = Named("an entry's Lamport time does not follow from the one before");

/// The attacks.
pub const ATTACKS: &[Attack] = &[
    attack("a run in another's name", SIGNATURE, |peer| {
        if let Some(target) = peer.target() {
            let forgery = peer.said_in(target.entry.log, 1_000_000, &[text("FORGED")]);
            peer.tell_forged(forgery);
        }
    }),
    attack("the next run of another's log", SIGNATURE, |peer| {
        for run in peer.runs_of_others() {
            let mut forgery = peer.said_in(run.log, run.last() + 1, &[text("FORGED")]);
            forgery.previous = run.head();
            peer.tell_forged(forgery);
        }
    }),
    attack("a new log in another's name", SIGNATURE, |peer| {
        if let Some(target) = peer.target() {
            let mut log = peer.new_log();
            log.member = target.entry.log.member;
            let forgery = peer.said_in(log, 0, &[text("FORGED")]);
            peer.tell_forged(forgery);
        }
    }),
    attack("a run in the name of nobody", Named("a run is not signed by the author"), |peer| {
        let mut log = peer.new_log();
        log.member = engine::MemberId(FORGER);
        let forgery = peer.said_in(log, 0, &[text("FORGED")]);
        peer.tell_forged(forgery);
    }),
    attack("a body of another's run, one bit altered", BODY, |peer| {
        others(peer, |raw| {
            let body = raw.entries.iter_mut().rev().find_map(|entry| entry.body.as_mut());
            body.and_then(|body| body.last_mut()).into_iter().for_each(|byte| *byte ^= 1);
        });
    }),
    attack("a header of another's run altered", SIGNATURE, |peer| {
        others(peer, |raw| {
            // The clock of its author: what it says stays.
            for entry in &mut raw.entries {
                if let Some(byte) = entry.header.get_mut(3) {
                    *byte ^= 1;
                }
            }
        });
    }),
    attack("another's run moved by one place", SIGNATURE, |peer| {
        others(peer, |raw| raw.first += 1);
    }),
    attack("another's run behind another entry", SIGNATURE, |peer| {
        others(peer, |raw| raw.previous = EntryHash(FORGER));
    }),
    attack("another's run in another class", SIGNATURE, |peer| {
        others(peer, |raw| raw.class = (raw.class + 1) % 3);
    }),
    attack("another's run under another epoch", SIGNATURE, |peer| {
        others(peer, |raw| raw.epoch = engine::EpochId([9; 16]));
    }),
    attack("another's run with a noise for a signature", Nothing, |peer| {
        // What is held already is known by its hashes.
        others(peer, |raw| raw.signature = engine::crypto::sign::Signature::from_bytes([3; 64]));
    }),
    attack("another's run without bodies", Nothing, |peer| {
        others(peer, |raw| raw.entries.iter_mut().for_each(|entry| entry.body = None));
    }),
    attack("all that others said, twenty times", Nothing, |peer| {
        for _ in 0..20 {
            others(peer, |_| {});
        }
    }),
    attack("a run of noise", ENCODING, |peer| peer.tell_run(&[0xff; 500])),
    attack("a run of nothing", ENCODING, |peer| peer.tell_run(&[])),
    attack("a run with something behind it", ENCODING, |peer| {
        own(peer, |raw| raw.bytes(), &[7; 9]);
    }),
    attack("a run without entries", SIZE, |peer| {
        own(peer, |raw| RawRun { entries: vec![], ..raw }.bytes(), &[]);
    }),
    attack("a run of a thousand entries", SIZE, |peer| {
        let bytes = |raw: RawRun| RawRun {
            entries: raw.entries.iter().cycle().take(257).cloned().collect(),
            ..raw
        };
        own(peer, move |raw| bytes(raw).bytes(), &[]);
    }),
    attack("a run of a class that there is not", Named("a run has an unknown class"), |peer| {
        own(peer, |raw| RawRun { class: 7, ..raw }.bytes(), &[]);
    }),
    attack(
        "a run at the end of numbers",
        Named("a run's place in its log is out of range"),
        |peer| {
            let log = peer.new_log();
            let forgery = peer.said_in(log, u64::MAX - 1, &[text("FORGED")]);
            peer.tell_forged(forgery);
        },
    ),
    attack("a run just before the end of numbers", Nothing, |peer| {
        let log = peer.new_log();
        let forgery = peer.said_in(log, u64::MAX - 3, &[text("far out")]);
        peer.tell_forged(forgery);
    }),
    attack("an own run that follows nothing", Nothing, |peer| {
        let log = peer.new_log();
        let forgery = peer.said_in(log, 40, &[text("loose")]);
        peer.tell_forged(forgery);
    }),
    attack("an own run behind another entry than it had", Nothing, |peer| {
        let log = peer.new_log();
        let first = peer.said_in(log, 0, &[text("first")]);
        peer.tell_forged(first);
        let mut second = peer.said_in(log, 1, &[text("FORGED")]);
        second.previous = EntryHash(FORGER);
        peer.tell_forged(second);
    }),
    attack("headers without bodies", Nothing, |peer| {
        own(
            peer,
            |mut raw| {
                raw.entries.iter_mut().for_each(|entry| entry.body = None);
                raw.bytes()
            },
            &[],
        );
    }),
    attack("a body that is another than its header names", BODY, |peer| {
        own(
            peer,
            |mut raw| {
                raw.entries.iter_mut().for_each(|entry| entry.body = Some(vec![1; 80]));
                raw.bytes()
            },
            &[],
        );
    }),
    attack("a body of a length that is not its own", BODY, |peer| {
        let mut forgery = peer.message("FORGED");
        forgery.entries.iter_mut().for_each(|entry| entry.header.body_len = u32::MAX);
        peer.tell_forged(forgery);
    }),
    attack("a body of 50 KiB", LARGE, |peer| {
        let entry = peer.raw_entry(Kind::MESSAGE, 9, vec![5; 50 * 1024]);
        let forgery = Forgery { entries: vec![entry], ..peer.message("") };
        peer.tell_forged(forgery);
    }),
    attack("a header of 600 bytes", LARGE, |peer| {
        own(
            peer,
            |mut raw| {
                raw.entries.iter_mut().for_each(|entry| entry.header.resize(600, 0));
                raw.bytes()
            },
            &[],
        );
    }),
    attack("a header of noise", Named("an entry's header does not decode"), |peer| {
        own(
            peer,
            |mut raw| {
                raw.entries.iter_mut().for_each(|entry| entry.header = vec![0xff; 30]);
                raw.bytes()
            },
            &[],
        );
    }),
    attack("times that go back within a run", LAMPORT, |peer| {
        timed(peer, Kind::MESSAGE, &[50, 49])
    }),
    attack("times that stand within a run", LAMPORT, |peer| timed(peer, Kind::MESSAGE, &[50, 50])),
    attack("a time of zero", LAMPORT, |peer| timed(peer, Kind::MESSAGE, &[0])),
    attack("a step of time that is too long", LAMPORT, |peer| {
        timed(peer, Kind::MESSAGE, &[5, 6 + (1 << 32)])
    }),
    attack("a first time that is too far away", LAMPORT, |peer| {
        timed(peer, Kind::MESSAGE, &[u64::MAX - 4])
    }),
    attack(
        "times that go back from run to run",
        Told("a log's Lamport times do not grow as they have to"),
        |peer| {
            let log = peer.new_log();
            let first = peer.said_in(log, 0, &[text("now")]);
            let run = peer.sign(first);
            peer.tell_run(run.bytes());
            let mut second = peer.said_in(log, 1, &[]);
            second.previous = run.head();
            let entry = peer.entry(&second, Kind::MESSAGE, 1, &text("FORGED"), None);
            second.entries.push(entry);
            peer.tell_forged(second);
        },
    ),
    attack("the end of the clock of days", Said("at the end of days"), |peer| {
        let mut forgery = peer.message("at the end of days");
        forgery.entries.iter_mut().for_each(|entry| entry.header.wall = u64::MAX);
        peer.tell_forged(forgery);
    }),
    attack("what was over before all days", Nothing, |peer| {
        let mut forgery = peer.message("over");
        forgery.entries.iter_mut().for_each(|entry| entry.header.expiry = Some(0));
        peer.tell_forged(forgery);
    }),
    attack("what is never over", Said("never over"), |peer| {
        let mut forgery = peer.message("never over");
        forgery.entries.iter_mut().for_each(|entry| entry.header.expiry = Some(u64::MAX));
        peer.tell_forged(forgery);
    }),
    attack("one of four billion that come together", Nothing, |peer| {
        let mut forgery = peer.message("together");
        let group = engine::log::entry::Group { first: 0, count: u32::MAX };
        forgery.entries.iter_mut().for_each(|entry| entry.header.group = Some(group.clone()));
        peer.tell_forged(forgery);
    }),
    attack("a kind that nobody knows, with anything in it", Nothing, |peer| {
        let entry = peer.raw_entry(Kind(200), 9, vec![1; 900]);
        let forgery = Forgery { entries: vec![entry], ..peer.message("") };
        peer.tell_forged(forgery);
    }),
    attack("two versions of one log, one for each", Nothing, |peer| {
        let log = peer.new_log();
        let links: Vec<_> = peer.proven().into_iter().collect();
        for (link, words) in links.into_iter().zip(["to one", "to the other"]) {
            let forgery = peer.said_in(log, 0, &[text(words)]);
            let run = peer.sign(forgery);
            let bytes = crate::evil_member::forge::part(run.bytes()).encode();
            peer.write(link, engine::Channel::Messages, bytes);
        }
    }),
    attack("twenty versions of one log", Nothing, |peer| {
        let log = peer.new_log();
        for number in 0..20 {
            let forgery = peer.said_in(log, 0, &[text(&format!("version {number}"))]);
            peer.tell_forged(forgery);
        }
    }),
    attack("thirty logs of its own", Nothing, |peer| {
        for _ in 0..30 {
            let forgery = peer.message("one of many");
            peer.tell_forged(forgery);
        }
    }),
    attack("the clock of the room driven on by 250 steps", Nothing, |peer| {
        let times: Vec<u64> = (1..=250).map(|step| step << 32).collect();
        // Notes on nothing, so that what honest people said stays on the screen.
        timed(peer, Kind::DELETE, &times);
    }),
];

fn text(words: &str) -> Content {
    Content::Text(words.to_owned())
}

/// Tells all runs of others, altered.
fn others(peer: &mut Peer, alter: fn(&mut RawRun)) {
    for run in peer.runs_of_others() {
        if let Some(mut raw) = RawRun::of(&run) {
            alter(&mut raw);
            peer.tell_run(&raw.bytes());
        }
    }
}

/// Tells a run of its own, altered after it was signed.
fn own(peer: &mut Peer, alter: impl FnOnce(RawRun) -> Vec<u8>, behind: &[u8]) {
    let forgery = peer.message("FORGED");
    let run: Run = peer.sign(forgery);
    if let Some(raw) = RawRun::of(&run) {
        peer.tell_run(&[alter(raw), behind.to_vec()].concat());
    }
}

/// Tells a run of entries with these times.
fn timed(peer: &mut Peer, kind: Kind, times: &[u64]) {
    let mut forgery = Forgery { entries: vec![], ..peer.message("") };
    for time in times {
        let entry = peer.entry(&forgery, kind, *time, &text("tick"), None);
        forgery.entries.push(entry);
    }
    peer.tell_forged(forgery);
}
