//! Decisions in every order, honest and not.

use super::*;
use crate::crypto::exchange::ExchangeKey;
use crate::crypto::hash::hash;
use crate::crypto::sign::Keypair;
use crate::ids::{Incarnation, RoomId};
use crate::log::decision::{Opening, Ruling, Share, Shares};
use proptest::prelude::*;
use serde_bytes::ByteBuf;

mod places;

const FOUNDER: u8 = 0;

fn id(member: u8) -> MemberId {
    MemberId([member; 32])
}

fn log(member: u8) -> LogId {
    LogId { member: id(member), incarnation: Incarnation([member; 16]) }
}

fn shares(epoch: EpochId, members: &[u8]) -> Shares {
    let share = |member: &u8| Share { member: id(*member), sealed: ByteBuf::from(vec![1]) };
    Shares { epoch, key: ExchangeKey([1; 32]), of: members.iter().map(share).collect() }
}

fn opening(name: u8, parents: &[EpochId], members: &[u8]) -> Opening {
    let parents = parents.to_vec();
    Opening { parents, shares: shares(epoch(name), members), earlier: vec![] }
}

fn epoch(name: u8) -> EpochId {
    EpochId([name; 16])
}

fn ruled(author: u8, seq: Seq, deps: &[&Ruled], ruling: Ruling) -> Ruled {
    let mut deps: Vec<EntryHash> = deps.iter().map(|dep| dep.hash).collect();
    deps.sort_unstable();
    let decision = Decision { deps, ruling };
    let log = log(author);
    let hash = EntryHash(hash("t", &[&log.bytes(), &seq.to_be_bytes(), &decision.encode()]));
    Ruled { hash, log, seq, decision }
}

/// A removal after which entries of the removed count up to a seq, in its usual log.
fn removal(member: u8, end: Option<Seq>, opening: Opening) -> Ruling {
    let cut = |seq| Cut { log: log(member), seq, hash: EntryHash([0; 32]) };
    Ruling::Remove { member: id(member), cuts: end.map(cut).into_iter().collect(), opening }
}

fn admission(member: u8) -> Ruling {
    let exchange = Keypair::from_seed(&[member; 32]).exchange_key(&RoomId([1; 32]));
    Ruling::Admit { exchange, shares: shares(EpochId::FIRST, &[member]) }
}

fn first() -> [EpochId; 1] {
    [EpochId::FIRST]
}

fn after(rulings: &[&Ruled]) -> Membership {
    after_in(Entrance::Link, rulings)
}

fn after_in(entrance: Entrance, rulings: &[&Ruled]) -> Membership {
    let mut membership = Membership::new(id(FOUNDER), entrance);
    for ruled in rulings {
        membership.take((*ruled).clone());
    }
    membership
}

fn roles(membership: &Membership, members: &[u8]) -> Vec<Role> {
    members.iter().map(|member| membership.role(&id(*member))).collect()
}

#[test]
fn the_founder_promotes_and_an_admin_promotes_on() {
    let one = ruled(FOUNDER, 1, &[], Ruling::Promote(id(1)));
    let two = ruled(1, 1, &[&one], Ruling::Promote(id(2)));
    let sneak = ruled(3, 1, &[&two], Ruling::Promote(id(3)));
    let membership = after(&[&one, &two, &sneak]);
    let expected = [Role::Founder, Role::Admin, Role::Admin, Role::Member];
    assert_eq!(roles(&membership, &[0, 1, 2, 3]), expected);
    assert_eq!(membership.deps(&id(FOUNDER)), [two.hash]);
}

#[test]
fn a_promotion_that_was_not_seen_gives_no_right() {
    let one = ruled(FOUNDER, 1, &[], Ruling::Promote(id(1)));
    let blind = ruled(1, 1, &[], Ruling::Promote(id(2)));
    assert_eq!(after(&[&one, &blind]).role(&id(2)), Role::Member);
}

#[test]
fn who_is_no_admin_removes_nobody_and_the_founder_is_removed_by_nobody() {
    let admin = ruled(FOUNDER, 1, &[], Ruling::Promote(id(1)));
    let by_member = ruled(2, 1, &[&admin], removal(3, None, opening(9, &first(), &[0])));
    let coup = ruled(1, 1, &[&admin], removal(FOUNDER, None, opening(8, &first(), &[1])));
    let itself = ruled(1, 2, &[&admin], removal(1, None, opening(7, &first(), &[])));
    let membership = after(&[&admin, &by_member, &coup, &itself]);
    assert_eq!(roles(&membership, &[0, 1, 3]), [Role::Founder, Role::Admin, Role::Member]);
    assert_eq!(membership.standing().epochs, first());
}

#[test]
fn a_removal_opens_an_epoch_and_bounds_the_logs_of_the_removed() {
    let out = ruled(FOUNDER, 1, &[], removal(3, Some(7), opening(9, &first(), &[0, 1])));
    let membership = after(&[&out]);
    assert_eq!(membership.role(&id(3)), Role::Removed);
    assert_eq!(membership.standing().epochs, [epoch(9)]);
    assert!(membership.reach(&log(3)).covers(7) && !membership.reach(&log(3)).covers(8));
    let other = LogId { incarnation: Incarnation([77; 16]), ..log(3) };
    assert_eq!(membership.reach(&other), Reach::Nothing);
    assert_eq!(membership.reach(&log(2)), Reach::All);
}

#[test]
fn a_promotion_by_the_removed_beyond_its_cut_is_void_whatever_it_says_it_knew() {
    let admin = ruled(FOUNDER, 1, &[], Ruling::Promote(id(1)));
    let out = ruled(FOUNDER, 2, &[&admin], removal(1, Some(4), opening(9, &first(), &[0])));
    // Written afterwards, as if it had never heard of its removal.
    let late = ruled(1, 5, &[&admin], Ruling::Promote(id(2)));
    let on = ruled(2, 1, &[&late], Ruling::Promote(id(3)));
    let early = ruled(1, 4, &[&admin], Ruling::Promote(id(4)));
    // The remover names the hash of the last entry that counts.
    let forked = after(&[&admin, &out, &early]);
    assert_eq!(forked.role(&id(4)), Role::Member);
    let within = ruled(1, 3, &[&admin], Ruling::Promote(id(4)));
    for order in [[&admin, &out, &late, &on, &within], [&within, &on, &late, &admin, &out]] {
        let membership = after(&order);
        let expected = [Role::Removed, Role::Member, Role::Member, Role::Admin];
        assert_eq!(roles(&membership, &[1, 2, 3, 4]), expected);
    }
    // And one that names its removal has no right at all.
    let knowing = ruled(1, 3, &[&out], Ruling::Promote(id(5)));
    assert_eq!(after(&[&admin, &out, &knowing]).role(&id(5)), Role::Member);
}

#[test]
fn nobody_is_promoted_or_approved_after_a_removal() {
    let out = ruled(FOUNDER, 1, &[], removal(3, None, opening(9, &first(), &[0])));
    let back = ruled(FOUNDER, 2, &[&out], Ruling::Promote(id(3)));
    let again = ruled(FOUNDER, 3, &[&out], Ruling::Approve(shares(epoch(9), &[3])));
    let blind = ruled(FOUNDER, 4, &[], Ruling::Promote(id(3)));
    let membership = after(&[&out, &back, &again, &blind]);
    assert_eq!(membership.role(&id(3)), Role::Removed);
    assert!(membership.standing().approved.is_empty() && membership.standing().admins.is_empty());
}

#[test]
fn of_two_admins_who_remove_each_other_both_are_removed_and_a_third_merges() {
    let one = ruled(FOUNDER, 1, &[], Ruling::Promote(id(1)));
    let two = ruled(FOUNDER, 2, &[&one], Ruling::Promote(id(2)));
    let a = ruled(1, 1, &[&two], removal(2, Some(0), opening(11, &first(), &[0, 1, 3])));
    let b = ruled(2, 1, &[&two], removal(1, Some(0), opening(12, &first(), &[0, 2, 3])));
    let mut membership = after(&[&one, &two, &b, &a]);
    assert_eq!(roles(&membership, &[1, 2, 3]), [Role::Removed, Role::Removed, Role::Member]);
    let both = [epoch(11), epoch(12)];
    assert_eq!(membership.standing().epochs, both, "neither seals");
    let by_removed = ruled(1, 2, &[&a, &b], Ruling::Merge(opening(21, &both, &[1])));
    assert!(!membership.may(&by_removed));
    let to_removed = ruled(3, 1, &[&a, &b], Ruling::Merge(opening(22, &both, &[0, 1])));
    assert!(!membership.may(&to_removed), "the secret is sealed to nobody of the union");
    let half = ruled(3, 1, &[&a], Ruling::Merge(opening(22, &both, &[0, 3])));
    assert!(!membership.may(&half), "it names an epoch that it has not seen");
    let merge = ruled(3, 2, &[&a, &b], Ruling::Merge(opening(23, &both, &[0, 3])));
    assert!(membership.may(&merge));
    membership.take(merge);
    assert_eq!(membership.standing().epochs, [epoch(23)]);
}

#[test]
fn of_several_merges_of_the_same_epochs_the_lowest_hash_is_in_force() {
    let one = ruled(FOUNDER, 1, &[], Ruling::Promote(id(1)));
    let a = ruled(FOUNDER, 2, &[&one], removal(4, None, opening(11, &first(), &[0])));
    let b = ruled(1, 1, &[&one], removal(5, None, opening(12, &first(), &[1])));
    let both = [epoch(11), epoch(12)];
    let merges: Vec<Ruled> = (0..4_u8)
        .map(|at| ruled(at, 9, &[&a, &b], Ruling::Merge(opening(30 + at, &both, &[]))))
        .collect();
    let best = merges.iter().min_by_key(|merge| merge.hash).unwrap();
    let worst = merges.iter().max_by_key(|merge| merge.hash).unwrap();
    let mut all = vec![&one, &a, &b];
    all.extend(&merges);
    let won = best.decision.ruling.opening().unwrap().epoch();
    let lost = worst.decision.ruling.opening().unwrap().epoch();
    assert_eq!(after(&all).standing().epochs, [won]);
    // What was decided in the one that lost is not forgotten: the two become one again.
    let on = ruled(FOUNDER, 9, &[worst], removal(6, None, opening(40, &[lost], &[0])));
    all.push(&on);
    let mut expected = [won, epoch(40)];
    expected.sort_unstable();
    assert_eq!(after(&all).standing().epochs, expected);
}

#[test]
fn of_several_merges_an_admins_is_in_force_before_any_members() {
    let one = ruled(FOUNDER, 1, &[], Ruling::Promote(id(1)));
    let two = ruled(FOUNDER, 2, &[&one], Ruling::Promote(id(2)));
    let out = ruled(1, 1, &[&two], removal(4, None, opening(8, &first(), &[0, 1, 2, 3])));
    let also = ruled(2, 1, &[&two], removal(5, None, opening(9, &first(), &[0, 1, 2, 3])));
    let parents = [epoch(8), epoch(9)];
    let merge = |author: u8, name: u8, seq: Seq| {
        let merged = Ruling::Merge(opening(name, &parents, &[0, 1, 2, 3]));
        ruled(author, seq, &[&out, &also], merged)
    };
    let by_admin = merge(2, 10, 5);
    // A member looks for a lower hash until it has one.
    let lower = (0..200).map(|seq| merge(3, 11, seq)).find(|by| by.hash < by_admin.hash).unwrap();
    for order in [[&by_admin, &lower], [&lower, &by_admin]] {
        let membership = after(&[&one, &two, &out, &also, order[0], order[1]]);
        assert_eq!(membership.standing().epochs, [epoch(10)]);
    }
    let membership = after(&[&one, &two, &out, &also, &lower]);
    assert_eq!(membership.standing().epochs, [epoch(11)], "any member merges");
    assert_eq!(membership.deps(&id(FOUNDER)), [lower.hash]);
}

#[test]
fn of_concurrent_removals_of_one_member_the_lowest_cut_counts() {
    let one = ruled(FOUNDER, 1, &[], Ruling::Promote(id(1)));
    let a = ruled(FOUNDER, 2, &[&one], removal(2, Some(9), opening(11, &first(), &[0])));
    let b = ruled(1, 1, &[&one], removal(2, Some(5), opening(12, &first(), &[0])));
    let membership = after(&[&one, &a, &b]);
    assert!(membership.reach(&log(2)).covers(5) && !membership.reach(&log(2)).covers(6));
    let c = ruled(1, 1, &[&one], removal(2, None, opening(12, &first(), &[0])));
    assert_eq!(after(&[&one, &a, &c]).reach(&log(2)), Reach::Nothing);
}

#[test]
fn the_link_is_changed_by_admins_and_an_epoch_follows_all_that_are_in_force() {
    let new = ruled(FOUNDER, 1, &[], Ruling::Renew(opening(9, &first(), &[0])));
    let by_member = ruled(1, 1, &[&new], Ruling::Renew(opening(10, &[epoch(9)], &[0])));
    let stale = ruled(FOUNDER, 2, &[&new], Ruling::Renew(opening(11, &first(), &[0])));
    let same = ruled(FOUNDER, 3, &[&new], Ruling::Renew(opening(9, &[epoch(9)], &[0])));
    let unheard = ruled(FOUNDER, 4, &[&new], Ruling::Renew(opening(12, &[epoch(77)], &[0])));
    let alone = ruled(FOUNDER, 5, &[&new], Ruling::Merge(opening(13, &[epoch(9)], &[0])));
    let membership = after(&[&new, &by_member, &stale, &same, &unheard, &alone]);
    assert_eq!(membership.standing().epochs, [epoch(9)]);
    assert_eq!(membership.standing().effective.len(), 1);
}

#[test]
fn where_members_approve_an_applicant_has_no_voice() {
    let gate = ruled(FOUNDER, 1, &[], Ruling::Gate { approve: true });
    let self_made = ruled(1, 1, &[&gate], Ruling::Approve(shares(EpochId::FIRST, &[1])));
    let in_one = ruled(FOUNDER, 2, &[&gate], Ruling::Approve(shares(EpochId::FIRST, &[1])));
    let mut membership = after(&[&gate, &self_made]);
    assert_eq!(membership.role(&id(1)), Role::Applicant);
    membership.take(in_one.clone());
    assert_eq!(membership.role(&id(1)), Role::Member);
    membership.take(ruled(1, 2, &[&in_one], Ruling::Approve(shares(EpochId::FIRST, &[2]))));
    assert_eq!(membership.role(&id(2)), Role::Member);
    membership.take(ruled(FOUNDER, 3, &[&gate], Ruling::Gate { approve: false }));
    assert_eq!(membership.role(&id(3)), Role::Member);
}

#[test]
fn a_demotion_beats_a_promotion_made_at_once_and_a_later_promotion_beats_it() {
    let one = ruled(FOUNDER, 1, &[], Ruling::Promote(id(1)));
    let two = ruled(FOUNDER, 2, &[&one], Ruling::Promote(id(2)));
    let down = ruled(FOUNDER, 3, &[&two], Ruling::Demote(id(1)));
    let at_once = ruled(2, 1, &[&two], Ruling::Promote(id(1)));
    let mut membership = after(&[&one, &two, &down, &at_once]);
    assert_eq!(membership.role(&id(1)), Role::Member);
    let by_admin = ruled(2, 2, &[&down], Ruling::Demote(id(2)));
    assert!(!membership.may(&by_admin), "only the founder demotes");
    membership.take(ruled(2, 3, &[&down, &at_once], Ruling::Promote(id(1))));
    assert_eq!(membership.role(&id(1)), Role::Admin);
}

#[test]
fn i6_what_depends_on_what_nobody_has_waits_and_is_bounded() {
    let mut membership = Membership::new(id(FOUNDER), Entrance::Link);
    let unheard = ruled(9, 9, &[], Ruling::Gate { approve: true });
    for seq in 0..2 * limits::DECISIONS_WAITING as u64 {
        let ruling = Ruling::Promote(id(2));
        assert!(!membership.take(ruled(FOUNDER, seq, &[&unheard], ruling)));
    }
    assert_eq!(membership.waiting(), limits::DECISIONS_WAITING);
    assert_eq!(membership.role(&id(2)), Role::Member);
}

#[test]
fn everything_that_was_decided_is_found_again_in_whatever_order_it_is_read() {
    let mut all: Vec<Ruled> = Vec::new();
    for seq in 0..limits::DECISIONS as u64 {
        let deps: Vec<&Ruled> = all.last().into_iter().collect();
        let member = u8::try_from(seq % 200).unwrap() + 1;
        all.push(ruled(FOUNDER, seq, &deps, Ruling::Promote(id(member))));
    }
    let mut membership = Membership::new(id(FOUNDER), Entrance::Link);
    assert!(membership.take_all(all.iter().rev().cloned()));
    assert_eq!(membership.standing().effective.len(), all.len());
    assert_eq!(membership.waiting(), 0);
    assert!(!membership.take_all(all), "all of it is known");
}

#[test]
fn what_depends_on_something_forged_is_dropped_with_it() {
    let forged = ruled(5, 1, &[], Ruling::Promote(id(5)));
    let on = ruled(FOUNDER, 1, &[&forged], Ruling::Promote(id(2)));
    let after_it = ruled(FOUNDER, 2, &[&on], Ruling::Promote(id(3)));
    for order in [[&forged, &on, &after_it], [&after_it, &on, &forged]] {
        let membership = after(&order);
        assert_eq!(membership.waiting(), 0);
        assert!(
            membership.standing().effective.is_empty() && membership.deps(&id(FOUNDER)).is_empty()
        );
    }
}

#[test]
fn in_a_room_that_approves_only_who_was_let_in_lets_in_others() {
    let ana = ruled(FOUNDER, 1, &[], admission(1));
    let ben = ruled(1, 1, &[&ana], admission(2));
    let sneak = ruled(3, 1, &[], admission(3));
    let blind = ruled(2, 1, &[&ana], admission(4));
    let late = ruled(3, 2, &[&ana, &ben], Ruling::Approve(shares(EpochId::FIRST, &[3])));
    let membership = after_in(Entrance::Approval, &[&ana, &ben, &sneak, &blind, &late]);
    let expected = [Role::Founder, Role::Member, Role::Member, Role::Applicant, Role::Applicant];
    assert_eq!(roles(&membership, &[0, 1, 2, 3, 4]), expected);
    assert!(membership.standing().gated);
    let admitted: Vec<MemberId> = membership.admitted().map(|(member, ..)| member).collect();
    assert_eq!(admitted, [id(1), id(2)]);
    assert!(membership.has_share(&id(2), &EpochId::FIRST));
    assert!(!membership.has_share(&id(3), &EpochId::FIRST));
    // The same decisions in a room whose link lets in are anybody's.
    let open = after(&[&ana, &ben, &sneak]);
    assert_eq!(roles(&open, &[1, 3, 9]), [Role::Member, Role::Member, Role::Member]);
}

#[test]
fn whom_a_removed_member_let_in_beyond_its_cut_is_an_applicant_again() {
    let ana = ruled(FOUNDER, 1, &[], admission(1));
    let ben = ruled(1, 5, &[&ana], admission(2));
    let early = ruled(1, 3, &[&ana], admission(3));
    let opening = opening(9, &first(), &[0]);
    let out = ruled(FOUNDER, 2, &[&ana, &early], removal(1, Some(3), opening));
    let membership = after_in(Entrance::Approval, &[&ana, &early, &ben, &out]);
    let expected = [Role::Removed, Role::Applicant, Role::Member];
    assert_eq!(roles(&membership, &[1, 2, 3]), expected);
    let admitted: Vec<MemberId> = membership.admitted().map(|(member, ..)| member).collect();
    assert_eq!(admitted, [id(3)]);
}

#[test]
fn a_newer_ruling_is_a_link_in_the_chain_and_changes_nothing() {
    let newer = ruled(1, 1, &[], Ruling::Newer(vec![250]));
    let on = ruled(FOUNDER, 1, &[&newer], Ruling::Promote(id(2)));
    let membership = after(&[&on, &newer]);
    assert_eq!(membership.role(&id(2)), Role::Admin);
    assert_eq!(membership.deps(&id(FOUNDER)), [on.hash]);
}

/// What somebody might decide: author, kind, subject, cut, how much of what there is it has seen.
type Step = (u8, u8, u8, Option<Seq>, prop::sample::Index, bool);

fn step() -> impl Strategy<Value = Step> {
    let cut = prop::option::of(0..12_u64);
    (0..5_u8, 0..11_u8, 0..6_u8, cut, any::<prop::sample::Index>(), any::<bool>())
}

/// Decisions of people each of whom knows all that was decided up to some moment, or only one
/// thing; some of them not allowed.
fn story(entrance: Entrance, steps: &[Step]) -> Vec<Ruled> {
    let mut all: Vec<Ruled> = Vec::new();
    for (at, (author, kind, subject, cut, seen, one)) in steps.iter().enumerate() {
        let count = if all.is_empty() { 0 } else { seen.index(all.len() + 1) };
        let from = if *one { count.saturating_sub(1) } else { 0 };
        let known = after_in(entrance, &all[..count].iter().collect::<Vec<_>>());
        let seq = u64::try_from(at).unwrap();
        let name = u8::try_from(100 + at).unwrap();
        let to: Vec<u8> =
            (0..5).filter(|to| to != subject && known.role(&id(*to)) != Role::Removed).collect();
        let opening = opening(name, &known.standing().epochs, &to);
        let ruling = match kind {
            0..=2 => removal(*subject, *cut, opening),
            3..=5 => Ruling::Promote(id(*subject)),
            6 => Ruling::Demote(id(*subject)),
            7 => Ruling::Gate { approve: *one },
            8 if opening.parents.len() > 1 => Ruling::Merge(opening),
            8 => Ruling::Renew(opening),
            9 => admission(*subject),
            _ => Ruling::Approve(shares(EpochId::FIRST, &[*subject])),
        };
        let deps: Vec<&Ruled> = match one {
            true => all[from..count].iter().collect(),
            false => {
                let heads = known.deps(&id(*author));
                all.iter().filter(|ruled| heads.contains(&ruled.hash)).collect()
            }
        };
        all.push(ruled(*author, seq, &deps, ruling));
    }
    all
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn i4_i9_any_order_of_the_same_entries_comes_to_the_same(
        steps in prop::collection::vec(step(), 0..24),
        order in any::<u64>(),
        approves in any::<bool>(),
    ) {
        let entrance = if approves { Entrance::Approval } else { Entrance::Link };
        let story = story(entrance, &steps);
        let straight = after_in(entrance, &story.iter().collect::<Vec<_>>());
        let mut random = crate::crypto::random::Random::new([5; 32]);
        (0..order % 64).for_each(|_| { random.u64(); });
        let mut mixed: Vec<&Ruled> = story.iter().collect();
        for at in (1..mixed.len()).rev() {
            let other = usize::try_from(random.below(at as u64 + 1)).unwrap();
            mixed.swap(at, other);
        }
        let mixed = after_in(entrance, &mixed);
        prop_assert_eq!(straight.standing(), mixed.standing());
        prop_assert_eq!(mixed.role(&id(FOUNDER)), Role::Founder);
        let removed = mixed.standing().removed.keys();
        prop_assert!(removed.into_iter().all(|member| *member != id(FOUNDER)));
    }

    #[test]
    fn i9_who_was_removed_stays_removed_whatever_comes_later(
        steps in prop::collection::vec(step(), 0..24),
    ) {
        let mut membership = Membership::new(id(FOUNDER), Entrance::Link);
        let mut removed: BTreeSet<MemberId> = BTreeSet::new();
        for ruled in story(Entrance::Link, &steps) {
            membership.take(ruled);
            let now: BTreeSet<MemberId> = membership.standing().removed.keys().copied().collect();
            prop_assert!(removed.is_subset(&now));
            removed = now;
        }
    }
}
