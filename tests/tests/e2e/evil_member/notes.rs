//! Attacks by what is said of what others have said: edits, deletions, reactions, replies; and by
//! words that are to be more than words.

use crate::evil_member::forge::{FORGER, Forgery};
use crate::evil_member::peer::Peer;
use crate::evil_member::table::Verdict::{Nothing, Said};
use crate::evil_member::table::{Attack, attack};
use engine::log::entry::{Content, Kind, Target};
use engine::log::run::Run;
use engine::{EntryHash, EntryId};

const SCRIPT: &str = "<img src=x onerror=\"window.__xss=1\"><script>window.__xss=1</script>";
const LINK: &str = "javascript:window.__xss=1";

/// The attacks.
pub const ATTACKS: &[Attack] = &[
    attack("other words for what others said", Nothing, |peer| {
        of_others(peer, Kind::EDIT, &text("FORGED"));
    }),
    attack("what others said is taken back", Nothing, |peer| {
        of_others(peer, Kind::DELETE, &Content::Nothing);
    }),
    attack("a deletion of what others are yet to say", Nothing, |peer| {
        for run in peer.runs_of_others() {
            let entry = EntryId { log: run.log, seq: run.last() + 1 };
            let target = Target { entry, hash: EntryHash(FORGER) };
            note(peer, Kind::DELETE, &Content::Nothing, target);
        }
    }),
    attack("other words, by another hash than the message has", Nothing, |peer| {
        if let Some(target) = peer.target() {
            let target = Target { hash: EntryHash(FORGER), ..target };
            note(peer, Kind::EDIT, &text("FORGED"), target);
        }
    }),
    attack("an edit of an edit of itself", Nothing, |peer| {
        let log = peer.new_log();
        let target = Target { entry: EntryId { log, seq: 0 }, hash: EntryHash(FORGER) };
        let mut forgery = Forgery { log, entries: vec![], ..peer.message("") };
        let lamport = peer.lamport() + 1;
        let entry = peer.entry(&forgery, Kind::EDIT, lamport, &text("FORGED"), Some(target));
        forgery.entries.push(entry);
        peer.tell_forged(forgery);
    }),
    attack("an own message edited into a script", Said(SCRIPT), |peer| {
        let run = say(peer, "harmless");
        if let Some(target) = end_of(&run) {
            note_in(peer, &run, Kind::EDIT, &text(SCRIPT), target);
        }
    }),
    attack("a reaction that is a script", Nothing, |peer| {
        if let Some(target) = peer.target() {
            let emoji = "<svg onload=__xss=1>".to_owned();
            note(peer, Kind::REACTION, &Content::Reaction { emoji, on: true }, target);
        }
    }),
    attack("a reaction of 20 KiB", Nothing, |peer| {
        if let Some(target) = peer.target() {
            let emoji = "👍".repeat(5_000);
            note(peer, Kind::REACTION, &Content::Reaction { emoji, on: true }, target);
        }
    }),
    attack("two hundred reactions to one message", Nothing, |peer| {
        let Some(target) = peer.target() else { return };
        for number in 0..200 {
            let emoji = format!("{number}");
            note(peer, Kind::REACTION, &Content::Reaction { emoji, on: true }, target);
        }
    }),
    attack("a reaction to what nobody said", Nothing, |peer| {
        let target = nothing(peer);
        let emoji = "👍".to_owned();
        note(peer, Kind::REACTION, &Content::Reaction { emoji, on: true }, target);
    }),
    attack("two thousand notes on what nobody said", Nothing, |peer| {
        for _ in 0..10 {
            let mut forgery = Forgery { entries: vec![], ..peer.message("") };
            for step in 0..200 {
                let (lamport, target) = (peer.lamport() + 1 + step, nothing(peer));
                let content = Content::Nothing;
                let entry = peer.entry(&forgery, Kind::DELETE, lamport, &content, Some(target));
                forgery.entries.push(entry);
            }
            peer.tell_forged(forgery);
        }
    }),
    attack("a script as an answer", Said(SCRIPT), |peer| {
        if let Some(target) = peer.target() {
            answer(peer, target, SCRIPT);
        }
    }),
    attack("an answer to what nobody said", Said("as you said"), |peer| {
        let target = nothing(peer);
        answer(peer, target, "as you said");
    }),
    attack("an answer to other words than were said", Said("you said otherwise"), |peer| {
        if let Some(target) = peer.target() {
            let target = Target { hash: EntryHash(FORGER), ..target };
            answer(peer, target, "you said otherwise");
        }
    }),
    attack("an answer to itself", Nothing, |peer| {
        let log = peer.new_log();
        let to = Box::new(Target { entry: EntryId { log, seq: 0 }, hash: EntryHash(FORGER) });
        let content = Content::Reply { to, text: "round".to_owned(), after: Some(0) };
        let forgery = peer.said_in(log, 0, &[content]);
        peer.tell_forged(forgery);
    }),
    attack("words that go after no time, and after all time", Nothing, |peer| {
        let of = |after| Content::Fleeting { text: "gone".to_owned(), after };
        let log = peer.new_log();
        let forgery = peer.said_in(log, 0, &[of(0), of(u64::MAX)]);
        peer.tell_forged(forgery);
    }),
    attack("script as words", Said(SCRIPT), |peer| drop(say(peer, SCRIPT))),
    attack("a script as a link", Said(LINK), |peer| drop(say(peer, LINK))),
    attack("a page as a data link", Said("data:text/html,<script>__xss=1</script>"), |peer| {
        drop(say(peer, "data:text/html,<script>__xss=1</script>"));
    }),
    attack("words of 40 KiB", Nothing, |peer| drop(say(peer, &"long ".repeat(8_000)))),
    attack("words of 30,000 marks on one letter", Nothing, |peer| {
        drop(say(peer, &format!("a{}", "\u{301}".repeat(15_000))));
    }),
    attack("words nested ten thousand deep", Nothing, |peer| {
        drop(say(peer, &"> ".repeat(10_000)));
        drop(say(peer, &"**_".repeat(8_000)));
    }),
    attack("words that turn those of others", Nothing, |peer| {
        drop(say(peer, "\u{202e}\u{2066}\u{200b}turned"));
    }),
];

fn text(words: &str) -> Content {
    Content::Text(words.to_owned())
}

fn nothing(peer: &mut Peer) -> Target {
    let log = peer.target().map_or_else(|| peer.new_log(), |target| target.entry.log);
    let seq = 1_000_000 + u64::from(peer.random.bytes::<1>()[0]);
    Target { entry: EntryId { log, seq }, hash: EntryHash(peer.random.bytes()) }
}

/// Says something in a log of its own.
fn say(peer: &mut Peer, words: &str) -> Run {
    let forgery = peer.message(words);
    let run = peer.sign(forgery);
    peer.tell_run(run.bytes());
    run
}

fn end_of(run: &Run) -> Option<Target> {
    let (seq, entry) = run.iter().last()?;
    Some(Target { entry: EntryId { log: run.log, seq }, hash: entry.hash })
}

fn answer(peer: &mut Peer, to: Target, words: &str) {
    let content = Content::Reply { to: Box::new(to), text: words.to_owned(), after: None };
    let log = peer.new_log();
    let forgery = peer.said_in(log, 0, &[content]);
    peer.tell_forged(forgery);
}

/// Notes of one kind on all that others have said.
fn of_others(peer: &mut Peer, kind: Kind, content: &Content) {
    for run in peer.runs_of_others() {
        for (seq, entry) in run.iter() {
            let target = Target { entry: EntryId { log: run.log, seq }, hash: entry.hash };
            note(peer, kind, content, target);
        }
    }
}

fn note(peer: &mut Peer, kind: Kind, content: &Content, target: Target) {
    let lamport = peer.lamport() + 2;
    let mut forgery = Forgery { entries: vec![], ..peer.message("") };
    let entry = peer.entry(&forgery, kind, lamport, content, Some(target));
    forgery.entries.push(entry);
    peer.tell_forged(forgery);
}

/// A note behind a run of the same log.
fn note_in(peer: &mut Peer, run: &Run, kind: Kind, content: &Content, target: Target) {
    let mut forgery = peer.said_in(run.log, run.last() + 1, &[]);
    forgery.previous = run.head();
    let entry = peer.entry(&forgery, kind, run.lamports().1 + 1, content, Some(target));
    forgery.entries.push(entry);
    peer.tell_forged(forgery);
}
