//! Who is there, as one member knows it.
#![allow(
    clippy::allow_attributes,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test"
)]

mod common;

use common::{announcement, at, id};
use dimmer_pool::{Announcement, Heard, MemberId, Pool, Setpoint};
use proptest::prelude::*;

const OWN: u8 = 9;
const OWN_BOOT: u32 = 99;

fn pool() -> Pool {
    let mut pool = Pool::new(id(OWN), OWN_BOOT);
    pool.connected();
    pool
}

fn alive<const MEMBERS: usize>(pool: &Pool<MEMBERS>, milliseconds: u64) -> Vec<MemberId> {
    pool.alive(at(milliseconds))
        .map(|member| member.id)
        .collect()
}

fn echo<const MEMBERS: usize>(pool: &mut Pool<MEMBERS>, milliseconds: u64, sequence: u32) -> Heard {
    pool.sent(sequence);
    pool.heard(
        at(milliseconds),
        id(OWN),
        &announcement(OWN_BOOT, sequence),
        false,
    )
}

#[test]
fn a_member_counts_for_three_intervals_and_two_seconds() {
    let mut pool = pool();
    assert_eq!(
        pool.heard(at(0), id(1), &announcement(7, 1), false),
        Heard::News
    );
    assert_eq!(pool.next_deadline(at(0)), Some(at(17_000)));
    assert_eq!(alive(&pool, 16_999), [id(1)]);
    assert_eq!(alive(&pool, 17_000), []);
    assert_eq!(pool.next_deadline(at(17_000)), None);
    // Its retained announcement stands: it still counts for what 100 % is.
    assert_eq!(pool.rated_watts(), 2_000);
}

#[test]
fn what_is_late_or_doubled_prolongs_nothing() {
    let mut pool = pool();
    for (sequence, heard) in [(3, Heard::News), (3, Heard::Stale), (2, Heard::Stale)] {
        assert_eq!(
            pool.heard(
                at(u64::from(3 - sequence) * 1_000),
                id(1),
                &announcement(7, sequence),
                false
            ),
            heard
        );
    }
    assert_eq!(alive(&pool, 17_000), []);
}

#[test]
fn a_restart_is_taken_and_what_still_comes_of_the_life_before_is_not() {
    let mut pool = pool();
    let _ = pool.heard(at(0), id(1), &announcement(7, 500), false);
    assert_eq!(
        pool.heard(at(1_000), id(1), &announcement(8, 1), false),
        Heard::News
    );
    assert_eq!(
        pool.heard(at(2_000), id(1), &announcement(7, 501), false),
        Heard::Stale
    );
    // A will that comes late, too, brings no former life back.
    pool.offline(id(1));
    assert_eq!(
        pool.heard(at(2_000), id(1), &announcement(7, 501), false),
        Heard::Stale
    );
    assert_eq!(alive(&pool, 2_000), []);
    let _ = pool.heard(at(3_000), id(1), &announcement(8, 2), false);
    assert_eq!(alive(&pool, 19_999), [id(1)]);
    // Once it is dead, a former number is a life as any other.
    assert_eq!(
        pool.heard(at(20_000), id(1), &announcement(7, 502), false),
        Heard::News
    );
    assert_eq!(alive(&pool, 20_000), [id(1)]);
}

#[test]
fn offline_is_at_once_and_only_a_live_announcement_ends_it() {
    let mut pool = pool();
    let _ = pool.heard(at(0), id(1), &announcement(7, 1), false);
    pool.offline(id(1));
    assert_eq!(alive(&pool, 1), []);
    let _ = pool.heard(at(100), id(1), &announcement(7, 1), false);
    assert_eq!(alive(&pool, 100), []);
    let _ = pool.heard(at(200), id(1), &announcement(7, 2), true);
    assert_eq!(alive(&pool, 200), []);
    let _ = pool.heard(at(300), id(1), &announcement(7, 3), false);
    assert_eq!(alive(&pool, 300), [id(1)]);
    // Of somebody unknown, or of this member itself, it means nothing.
    pool.offline(id(2));
    pool.offline(id(OWN));
}

#[test]
fn what_the_broker_kept_counts_from_when_it_was_received_and_prolongs_no_life() {
    let mut pool = pool();
    let _ = pool.heard(at(0), id(1), &announcement(7, 5), true);
    assert_eq!(alive(&pool, 16_999), [id(1)]);
    assert_eq!(alive(&pool, 17_000), []);
    let _ = pool.heard(at(20_000), id(1), &announcement(7, 6), false);
    let _ = pool.heard(at(30_000), id(1), &announcement(7, 7), true);
    assert_eq!(alive(&pool, 36_999), [id(1)]);
    assert_eq!(alive(&pool, 37_000), []);
    // The same again does not raise it from the dead.
    let _ = pool.heard(at(38_000), id(1), &announcement(7, 7), true);
    assert_eq!(alive(&pool, 38_000), []);
}

#[test]
fn who_is_not_heard_again_in_a_new_session_is_dropped_an_age_after_the_own_echo() {
    let mut pool = pool();
    let _ = pool.heard(at(0), id(1), &announcement(7, 1), false);
    let _ = pool.heard(at(0), id(2), &announcement(8, 1), false);
    assert_eq!(echo(&mut pool, 0, 1), Heard::Echo);
    pool.connected();
    assert_eq!(
        pool.heard(at(1_000), id(1), &announcement(7, 1), true),
        Heard::Stale
    );
    // One of the former session says nothing of this one.
    pool.sent(3);
    assert_eq!(pool.members(at(1_000)).count(), 3);
    assert_eq!(echo(&mut pool, 1_000, 2), Heard::Echo);
    assert_eq!(echo(&mut pool, 2_000, 3), Heard::Echo);
    assert_eq!(alive(&pool, 17_999), [id(2), id(OWN)]);
    assert_eq!(echo(&mut pool, 19_000, 4), Heard::Echo);
    assert_eq!(
        pool.members(at(19_000))
            .map(|member| member.id)
            .collect::<Vec<_>>(),
        [id(1), id(OWN)]
    );
}

#[test]
fn an_echo_of_the_session_before_drops_nobody() {
    let mut pool = pool();
    let _ = pool.heard(at(0), id(1), &announcement(7, 1), false);
    pool.sent(4);
    pool.connected();
    assert_eq!(
        pool.heard(at(10), id(OWN), &announcement(OWN_BOOT, 4), false),
        Heard::Echo
    );
    assert_eq!(pool.members(at(10)).count(), 2);
    assert_eq!(echo(&mut pool, 20, 5), Heard::Echo);
    assert_eq!(pool.members(at(20)).count(), 2);
    assert_eq!(echo(&mut pool, 17_020, 6), Heard::Echo);
    assert_eq!(pool.members(at(17_020)).count(), 1);
}

#[test]
fn who_leaves_is_forgotten() {
    let mut pool = pool();
    let _ = pool.heard(at(0), id(1), &announcement(7, 1), false);
    pool.removed(id(1));
    assert_eq!(pool.members(at(0)).count(), 0);
}

#[test]
fn another_device_with_the_own_id_is_a_conflict_while_it_speaks() {
    let mut pool = pool();
    assert_eq!(
        pool.heard(at(0), id(OWN), &announcement(5, 1), true),
        Heard::Stale
    );
    let _ = echo(&mut pool, 0, 1);
    assert!(!pool.is_in_conflict(at(1_000)));
    assert_eq!(
        pool.heard(at(1_000), id(OWN), &announcement(5, 2), false),
        Heard::Conflict
    );
    assert!(pool.is_in_conflict(at(17_999)));
    assert!(!pool.is_in_conflict(at(18_000)));
    // The same number drawn twice, too: this one has not sent so many.
    assert_eq!(
        pool.heard(at(20_000), id(OWN), &announcement(OWN_BOOT, 2), false),
        Heard::Conflict
    );
}

#[test]
fn the_lowest_ids_are_kept() {
    let mut pool: Pool<3> = Pool::new(id(OWN), OWN_BOOT);
    pool.connected();
    for number in [8, 1] {
        let _ = pool.heard(at(0), id(number), &announcement(7, 1), false);
    }
    assert_eq!(echo(&mut pool, 0, 1), Heard::Echo);
    assert!(!pool.is_overfull());
    assert_eq!(
        pool.heard(at(0), id(10), &announcement(7, 1), false),
        Heard::NotKept
    );
    assert!(pool.is_overfull() && pool.has_own());
    let _ = pool.heard(at(0), id(2), &announcement(7, 1), false);
    assert_eq!(alive(&pool, 0), [id(1), id(2), id(8)]);
    assert!(!pool.has_own());
    assert_eq!(echo(&mut pool, 100, 2), Heard::NotKept);
    pool.removed(id(8));
    assert_eq!(echo(&mut pool, 200, 3), Heard::Echo);
    assert!(pool.has_own());
}

#[test]
fn the_day_is_the_lower_median_of_the_days_that_are_announced() {
    let mut pool = pool();
    assert_eq!(pool.day(at(0)), None);
    for (number, day) in [
        (1, None),
        (2, Some(20_001)),
        (3, Some(3)),
        (4, Some(20_000)),
    ] {
        let told = Announcement {
            day,
            ..announcement(7, 1)
        };
        let _ = pool.heard(at(0), id(number), &told, false);
    }
    assert_eq!(pool.day(at(0)), Some(20_000));
    pool.offline(id(3));
    assert_eq!(pool.day(at(0)), Some(20_000));
    pool.offline(id(4));
    assert_eq!(pool.day(at(0)), Some(20_001));
}

#[test]
fn a_clock_that_goes_back_leaves_nobody_alive() {
    let mut pool = pool();
    let _ = pool.heard(at(10_000), id(1), &announcement(7, 1), false);
    assert_eq!(alive(&pool, 9_999), []);
}

/// A message to a member about another: who, which start, which sequence, retained.
type Sent = (u8, u32, u32, bool);

fn sent() -> impl Strategy<Value = Vec<Sent>> {
    prop::collection::vec((0_u8..12, 1_u32..4, 1_u32..20, any::<bool>()), 0..120)
}

proptest! {
    #[test]
    fn whatever_is_heard_the_list_is_sorted_and_shares_stay_in_range(messages in sent(), watts in 0..40_000) {
        let mut pool: Pool<8> = Pool::new(id(5), 1);
        let mut now_ms = 0;
        for (number, boot, sequence, retained) in messages {
            now_ms += 700;
            if sequence == 7 {
                pool.offline(id(number));
            }
            if sequence == 8 {
                pool.connected();
            }
            pool.sent(sequence);
            let _ = pool.heard(at(now_ms), id(number), &announcement(boot, sequence), retained);
            let ids: Vec<MemberId> = pool.members(at(now_ms)).map(|member| member.id).collect();
            prop_assert!(ids.is_sorted() && ids.len() <= 8);
            let alive = u64::try_from(pool.alive(at(now_ms)).count()).unwrap();
            if let Some(shares) = pool.share(at(now_ms), Setpoint::Watts(watts)) {
                let sum: u64 = shares.each().map(|(_, milliwatts)| milliwatts).sum();
                let asked = u64::try_from(watts).unwrap() * 1_000;
                prop_assert_eq!(sum, asked.min(alive * 2_000_000));
            }
        }
    }

    #[test]
    fn the_last_word_of_each_counts_whatever_the_order_of_arrival(
        order in Just((0..60_usize).collect::<Vec<_>>()).prop_shuffle(),
        doubled in prop::collection::vec(0..60_usize, 0..60),
        watts in 0..40_000,
    ) {
        // Twenty members, three announcements of each; a list of 16 keeps the lowest ids.
        let message = |place: usize| {
            let number = u8::try_from(place / 3).unwrap();
            let sequence = u32::try_from(place % 3).unwrap() + 1;
            let told = Announcement {
                available_watts: 2_000 - 500 * sequence,
                priority: number % 4,
                ..announcement(7, sequence)
            };
            (id(number), told)
        };
        let mut in_order: Pool = Pool::new(id(99), 1);
        let mut shuffled: Pool = Pool::new(id(99), 1);
        for place in 0..60 {
            let (about, told) = message(place);
            let _ = in_order.heard(at(0), about, &told, false);
        }
        for place in order.into_iter().chain(doubled) {
            let (about, told) = message(place);
            let _ = shuffled.heard(at(0), about, &told, false);
        }
        let shares = |pool: &Pool| {
            let shares = pool.share(at(1), Setpoint::Watts(watts)).unwrap();
            shares.each().collect::<Vec<_>>()
        };
        // Who was pushed out and comes again late is taken at its word, so the ids are the same in any case.
        let ids = |pool: &Pool| pool.members(at(1)).map(|member| member.id).collect::<Vec<_>>();
        prop_assert_eq!(ids(&in_order), ids(&shuffled));
        prop_assert_eq!(shares(&in_order), shares(&shuffled));
    }
}
