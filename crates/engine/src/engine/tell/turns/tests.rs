//! Receipts of many logs and many ranges, filled up to their last bytes.

use std::collections::BTreeMap;

use super::*;
use crate::ids::{EntryHash, Incarnation, MemberId};

fn log(number: u16) -> LogId {
    let mut member = [7; 32];
    member[..2].copy_from_slice(&number.to_be_bytes());
    LogId { member: MemberId(member), incarnation: Incarnation([9; 16]) }
}

fn page(number: u16, held: u64, read: u64) -> Page {
    let held = (0..held).map(|at| HaveRange {
        first: 1_000 * at,
        last: 1_000 * at + 500,
        head: EntryHash([3; 32]),
    });
    let have = LogHave { log: log(number), ranges: held.collect(), refused: Vec::new() };
    Page { have, read: (0..read).map(|at| (300 * at, 300 * at + 7)).collect() }
}

fn filled(pages: impl Iterator<Item = Page>, bytes: usize) -> (Receipt, bool) {
    let mut filling = Filling::new(bytes);
    let full = { pages }.any(|page| !filling.add(page));
    (filling.fill(), full)
}

#[test]
fn a_receipt_is_as_full_as_it_can_be_and_never_fuller() {
    for (logs, held, read) in [(1, 1, 0), (1, 0, 1), (3, 600, 0), (3, 0, 600), (40, 9, 300)] {
        for bytes in (1_000..=limits::RECEIPT_BYTES).step_by(501) {
            let (receipt, _) = filled((0..logs).map(|number| page(number, held, read)), bytes);
            let taken = size(&receipt);
            assert!(taken <= bytes, "{taken} of {bytes} bytes");
            // Numbers of ranges are counted as two bytes each, and most take one.
            let all = logs == 1 || taken + 40 + 4 * receipt.read.len() > bytes;
            let most = receipt.read.iter().all(|(_, read)| read.len() >= limits::RANGES);
            assert!(all || most, "{taken} of {bytes} bytes, {logs} logs of {held} and {read}");
        }
    }
}

#[test]
fn every_logs_newest_range_comes_before_any_logs_second_one() {
    let (receipt, full) = filled((0..60).map(|number| page(number, 40, 40)), limits::RECEIPT_BYTES);
    assert!(!full);
    let held = receipt.held.iter().map(|have| have.ranges.len());
    assert_eq!((receipt.held.len(), receipt.read.len()), (60, 60));
    assert!(held.clone().max() <= held.min().map(|least| least + 1));
    for have in &receipt.held {
        assert_eq!(have.ranges.last().map(|range| range.last), Some(39_500));
        assert!(have.ranges.is_sorted_by_key(|range| range.first));
    }
    assert!(receipt.read.iter().all(|(_, read)| read.last() == Some(&(11_700, 11_707))));
}

#[test]
fn what_came_too_late_is_said_with_what_is_held_or_neither_is() {
    let late = |number| {
        let mut page = page(number, 2, 1);
        page.have.refused = (0..16).map(|at| (at, at, 2)).collect();
        page
    };
    let (receipt, full) = filled((0..200).map(late), limits::RECEIPT_BYTES);
    assert!(full && receipt.held.len() > 20);
    assert!(receipt.held.iter().all(|have| have.refused.len() == 16));
}

#[test]
fn each_log_has_its_turn_however_much_others_have_news() {
    let (mut turns, logs) = (Turns::default(), 300_u16);
    let mut waited: BTreeMap<LogId, u32> = (0..logs).map(|number| (log(number), 0)).collect();
    for round in 0..40 {
        // So many that they alone would fill each receipt.
        (0..100).for_each(|number| turns.news(log(number)));
        let order = turns.order((0..logs).map(log));
        assert_eq!(order.len(), usize::from(logs));
        let told = &order[..60];
        assert_eq!(told[0], log(99), "what has changed most lately goes first");
        assert!((55..100).all(|number| told.contains(&log(number))), "and three of four places");
        waited.values_mut().for_each(|rounds| *rounds += 1);
        told.iter().for_each(|log| _ = waited.insert(*log, 0));
        turns.told(told.iter().copied());
        let longest = waited.values().max();
        assert!(longest < Some(&21), "round {round}: a log has waited for {longest:?} receipts");
    }
}

#[test]
fn turns_that_bring_no_news_take_longer_up_to_a_bound() {
    let mut turns = Turns::default();
    assert_eq!(turns.leave_out(false, true), None);
    let mut waits = (0..12).map(|_| turns.leave_out(true, false).unwrap_or_default());
    let first: Vec<Millis> = waits.by_ref().take(3).collect();
    assert_eq!(first, [1, 2, 4].map(|times| times * limits::RECEIPT_TURN));
    assert_eq!(waits.last(), Some(limits::RECEIPT_TURN_MAX));
    assert!(turns.left_out());
    assert_eq!(turns.leave_out(true, true), Some(limits::RECEIPT_TURN), "until there is news");
    assert_eq!((turns.leave_out(false, false), turns.left_out()), (None, false));
}
