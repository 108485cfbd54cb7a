//! Where records of what goes are looked for, and where that would be in vain.

use super::*;
use crate::ids::Incarnation;

const ROOM: RoomId = RoomId([9; 32]);

fn log(number: u8) -> LogId {
    LogId { member: MemberId([number; 32]), incarnation: Incarnation([2; 16]) }
}

/// All records were walked through: of the first log there were some.
fn walked(seqs: &[Seq]) -> Vanishing {
    let mut vanishing = Vanishing::default();
    vanishing.reset(&ROOM);
    assert_eq!(vanishing.next(&ROOM, |_| true), Some(keys::all_vanishing(&ROOM)));
    seqs.iter().for_each(|seq| vanishing.holds(EntryId { log: log(1), seq: *seq }));
    vanishing
}

#[test]
fn what_is_read_where_nothing_goes_costs_no_look() {
    let mut vanishing = walked(&[40, 60]);
    vanishing.look_at(log(2), &RangeSet::of(0, 100));
    vanishing.look_at(log(1), &RangeSet::of(0, 39));
    vanishing.look_at(log(1), &RangeSet::of(61, 90));
    assert_eq!(vanishing.next(&ROOM, |_| true), None);
}

#[test]
fn what_is_read_before_the_next_look_is_looked_at_in_one() {
    let mut vanishing = walked(&[40, 60]);
    vanishing.look_at(log(1), &RangeSet::of(30, 41));
    vanishing.look_at(log(1), &RangeSet::of(45, 50));
    assert_eq!(vanishing.next(&ROOM, |log| log.member != MemberId([1; 32])), None, "not now");
    let stretch = keys::vanishing_within(&ROOM, &log(1), 40, 50);
    assert_eq!(vanishing.next(&ROOM, |_| true), Some(stretch));
    assert_eq!(vanishing.next(&ROOM, |_| true), None);
}

#[test]
fn what_is_read_while_records_are_walked_through_is_looked_at_afterwards() {
    let mut vanishing = Vanishing::default();
    vanishing.reset(&ROOM);
    vanishing.look_at(log(1), &RangeSet::of(5, 5));
    vanishing.look_at(log(2), &RangeSet::of(5, 5));
    assert_eq!(vanishing.next(&ROOM, |_| true), Some(keys::all_vanishing(&ROOM)));
    vanishing.holds(EntryId { log: log(1), seq: 5 });
    let stretch = keys::vanishing_within(&ROOM, &log(1), 5, 5);
    assert_eq!(vanishing.next(&ROOM, |_| true), Some(stretch));
    assert_eq!(vanishing.next(&ROOM, |_| true), None, "the other log has none");
}
