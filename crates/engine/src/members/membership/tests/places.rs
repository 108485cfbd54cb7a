//! Who has a place for its decisions when others decide without end.

use super::*;

/// Takes what has a place, as an engine does; how many had one.
fn offered(membership: &mut Membership, all: impl IntoIterator<Item = Ruled>) -> usize {
    let mut count = 0;
    for ruled in all {
        if membership.has_place(&ruled, &[]) {
            count += 1;
            membership.take(ruled);
        }
    }
    count
}

fn worthless(author: u8, count: usize) -> impl Iterator<Item = Ruled> {
    let count = u64::try_from(count).unwrap();
    (0..count).map(move |seq| ruled(author, seq, &[], Ruling::Newer(vec![250])))
}

#[test]
fn i6_who_has_no_authority_takes_the_places_of_nobody_who_has() {
    let admin = ruled(FOUNDER, 1, &[], Ruling::Promote(id(1)));
    let mut membership = after(&[&admin]);
    let one = limits::DECISIONS_OF_ONE;
    assert_eq!(offered(&mut membership, worthless(9, 2 * one)), one);
    assert_eq!((membership.full_for(&id(9)), membership.full_for(&id(8))), (Some(one), None));
    let others: usize = (10..200).map(|key| offered(&mut membership, worthless(key, one))).sum();
    assert_eq!(others, limits::DECISIONS_OF_OTHERS - one);
    assert!(membership.is_crowded());
    assert_eq!(membership.full_for(&id(8)), Some(limits::DECISIONS_OF_OTHERS));
    assert_eq!(membership.deps(&id(1)), [admin.hash], "nobody names them");
    let out = ruled(1, 1, &[&admin], removal(9, None, opening(9, &first(), &[0, 1])));
    assert_eq!(offered(&mut membership, [out]), 1);
    assert_eq!(membership.role(&id(9)), Role::Removed);
    let admins = offered(&mut membership, worthless(1, 2 * limits::DECISIONS_OF_ADMIN));
    assert_eq!(admins, limits::DECISIONS_OF_ADMIN - 1);
    assert!(membership.has_place_of(&id(FOUNDER)));
}

#[test]
fn i6_what_one_with_authority_names_has_a_place_whoever_decided_it() {
    let admin = ruled(FOUNDER, 1, &[], Ruling::Promote(id(1)));
    let mut membership = after(&[&admin]);
    for key in 10..20 {
        offered(&mut membership, worthless(key, limits::DECISIONS_OF_ONE));
    }
    let named = ruled(8, 1, &[], Ruling::Newer(vec![251]));
    assert_eq!(offered(&mut membership, [named.clone()]), 0);
    let on = ruled(1, 1, &[&admin, &named], Ruling::Promote(id(2)));
    assert_eq!(offered(&mut membership, [on]), 1);
    assert!(membership.lacks_some());
    assert_eq!(offered(&mut membership, [named]), 1);
    assert_eq!(membership.role(&id(2)), Role::Admin);
    // Those who wait do so in places of their own, too.
    let unheard = ruled(7, 9, &[], Ruling::Newer(vec![250]));
    let waits = |author: u8, seq: Seq| ruled(author, seq, &[&unheard], Ruling::Promote(id(3)));
    for key in 20..24 {
        (0..limits::DECISIONS_WAITING as u64).for_each(|seq| {
            membership.take(waits(key, seq));
        });
    }
    assert_eq!(membership.waiting(), limits::DECISIONS_WAITING_OF_OTHERS);
    membership.take(waits(1, 9));
    assert_eq!(membership.waiting(), limits::DECISIONS_WAITING_OF_OTHERS + 1);
}
