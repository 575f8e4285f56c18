//! One member: why its share is as it is, what it announces, and when it is to be asked again.
#![allow(
    clippy::allow_attributes,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test"
)]

mod common;

use common::{announcement, at, id};
use dimmer_pool::{
    Ability, Announcement, Assignment, Heard, Member, NumberIs, Remark, Setpoint, Settings,
    Sharing, Shortfall, Standing,
};

const OWN: u8 = 5;
const BOOT: u32 = 77;

fn priority() -> Settings {
    Settings {
        sharing: Sharing::Priority,
        ..Settings::default()
    }
}

fn member(settings: Settings) -> Member {
    let mut member = Member::new(settings, id(OWN), BOOT, 2_000, at(0));
    able(&mut member, 2_000);
    member.connected(at(0));
    member
}

fn able(member: &mut Member, available_watts: u32) {
    member.able(Ability {
        available_watts,
        ..Ability::default()
    });
}

/// Announces, and hears itself.
fn echo(member: &mut Member, milliseconds: u64) -> Announcement {
    let announcement = member.announce(at(milliseconds)).unwrap();
    assert_eq!(
        member.heard(at(milliseconds), id(OWN), &announcement, false),
        Ok(Heard::Echo)
    );
    announcement
}

fn other(member: &mut Member, milliseconds: u64, number: u8, told: &Announcement) {
    let heard = member.heard(at(milliseconds), id(number), told, false);
    assert_eq!(heard, Ok(Heard::News));
}

fn share(member: &mut Member, milliseconds: u64) -> (u16, Standing) {
    let Assignment {
        share, standing, ..
    } = member.share(at(milliseconds));
    (share.centipercent(), standing)
}

#[test]
fn by_thresholds_nothing_is_announced_and_nobody_waited_for() {
    let mut member = member(Settings::default());
    assert_eq!(share(&mut member, 0), (0, Standing::Thresholds));
    member.asked(Setpoint::Centipercent(4_200));
    assert_eq!(share(&mut member, 0), (4_200, Standing::Thresholds));
    assert_eq!(member.announcement_due(at(0)), None);
    assert_eq!(member.announce(at(0)), None);
    assert_eq!(member.next_deadline(at(0)), None);
    assert!(!member.is_shared());
    member.unasked();
    assert_eq!(share(&mut member, 0), (0, Standing::Thresholds));
}

#[test]
fn before_it_hears_itself_it_takes_nothing_and_after_a_while_its_thresholds() {
    let mut member = member(priority());
    member.asked(Setpoint::Centipercent(4_200));
    assert_eq!(share(&mut member, 0), (0, Standing::Waiting));
    assert_eq!(member.announcement_due(at(0)), Some(at(0)));
    let _ = member.announce(at(0));
    assert_eq!(member.announcement_due(at(0)), Some(at(5_000)));
    assert_eq!(share(&mut member, 16_999), (0, Standing::Waiting));
    assert_eq!(share(&mut member, 17_000), (4_200, Standing::Deaf));
    let _ = echo(&mut member, 18_000);
    assert_eq!(share(&mut member, 18_000), (4_200, Standing::Shared));
    assert_eq!(share(&mut member, 34_999), (4_200, Standing::Shared));
    assert_eq!(share(&mut member, 35_000), (4_200, Standing::Deaf));
}

#[test]
fn a_session_that_comes_late_is_waited_for() {
    let mut member: Member = Member::new(priority(), id(OWN), BOOT, 2_000, at(0));
    assert_eq!(member.next_deadline(at(0)), None);
    assert_eq!(member.announcement_due(at(0)), None);
    member.connected(at(10_000));
    assert_eq!(share(&mut member, 26_999).1, Standing::Waiting);
    assert_eq!(share(&mut member, 27_000).1, Standing::Deaf);
}

#[test]
fn a_lost_session_changes_nothing_and_the_next_one_only_what_is_heard_in_it() {
    let mut member = member(priority());
    member.asked(Setpoint::Watts(3_000));
    let _ = echo(&mut member, 0);
    // It was heard long before this member lost its session, and is served first.
    let first = Announcement {
        priority: 1,
        ..announcement(7, 1)
    };
    other(&mut member, 1, 1, &first);
    assert_eq!(share(&mut member, 2), (5_000, Standing::Shared));
    let _ = echo(&mut member, 14_000);
    member.disconnected(at(15_000));
    assert_eq!(member.announcement_due(at(16_000)), None);
    assert_eq!(share(&mut member, 16_999), (5_000, Standing::Shared));
    // Neither the own echo nor the other grows older while nobody can be heard.
    assert_eq!(share(&mut member, 500_000), (5_000, Standing::Shared));
    member.connected(at(500_000));
    assert_eq!(share(&mut member, 500_001), (5_000, Standing::Shared));
    // A broker that kept nothing: the other is awaited for one age, and does not come.
    let _ = echo(&mut member, 500_100);
    assert_eq!(share(&mut member, 500_101), (5_000, Standing::Shared));
    for now in [505_000, 510_000, 515_000, 517_100] {
        let _ = echo(&mut member, now);
    }
    assert_eq!(share(&mut member, 517_101), (10_000, Standing::Shared));
    assert_eq!(member.pool().members(at(517_101)).count(), 1);
}

#[test]
fn who_does_not_hear_itself_in_the_next_session_is_deaf() {
    let mut member = member(priority());
    member.asked(Setpoint::Watts(1_000));
    let _ = echo(&mut member, 0);
    member.disconnected(at(1_000));
    member.connected(at(100_000));
    assert_eq!(share(&mut member, 116_999), (5_000, Standing::Shared));
    assert_eq!(member.next_deadline(at(116_999)), Some(at(117_000)));
    assert_eq!(share(&mut member, 117_000), (5_000, Standing::Deaf));
}

#[test]
fn another_with_this_id_is_known_by_what_it_left_where_only_one_is_let_in() {
    let mut member = member(priority());
    member.asked(Setpoint::Watts(1_000));
    // Of the life before, and again when a line between two brokers is mended: late, and nobody else's.
    let former = announcement(BOOT + 1, 9);
    let _ = member.heard(at(0), id(OWN), &former, true).unwrap();
    let _ = echo(&mut member, 1);
    assert_eq!(
        member.heard(at(2), id(OWN), &former, false).unwrap(),
        Heard::Stale
    );
    assert_eq!(share(&mut member, 3), (5_000, Standing::Shared));
    // The broker ended this session for the sake of the other one.
    member.disconnected(at(4));
    member.connected(at(1_000));
    let twin = announcement(BOOT + 2, 1);
    assert_eq!(
        member.heard(at(1_001), id(OWN), &twin, true).unwrap(),
        Heard::Conflict
    );
    assert_eq!(share(&mut member, 1_002), (0, Standing::Conflict));
}

#[test]
fn percent_is_of_all_that_are_announced_dead_or_alive() {
    let mut member = member(priority());
    let _ = echo(&mut member, 0);
    let first = Announcement {
        rated_watts: 6_000,
        available_watts: 6_000,
        ..announcement(1, 1)
    };
    other(&mut member, 0, 1, &first);
    member.asked(Setpoint::Hundredths(8_750));
    assert_eq!(share(&mut member, 1), (5_000, Standing::Shared));
    member.offline(id(1));
    let assignment = member.share(at(2));
    assert_eq!(assignment.share.centipercent(), 10_000);
    assert_eq!(assignment.shortfall, Some(Shortfall::CapacityReached));
}

#[test]
fn the_first_alive_member_says_what_the_whole_is_and_how_it_is_shared() {
    let settings = Settings {
        pool_watts: 1_000,
        ..priority()
    };
    let mut member = member(settings);
    let _ = echo(&mut member, 0);
    member.asked(Setpoint::Centipercent(10_000));
    assert_eq!(member.share(at(0)).remark, None);
    assert_eq!(share(&mut member, 0).0, 5_000);
    let first = Announcement {
        sharing: Sharing::Equal,
        pool_watts: 3_000,
        ..announcement(1, 1)
    };
    other(&mut member, 0, 1, &first);
    assert_eq!(member.share(at(0)).remark, Some(Remark::SharingOverruled));
    assert_eq!(share(&mut member, 0).0, 7_500);
    let first = Announcement {
        sharing: Sharing::Priority,
        sequence: 2,
        ..first
    };
    other(&mut member, 0, 1, &first);
    assert_eq!(member.share(at(0)).remark, Some(Remark::PoolWattsOverruled));
    assert_eq!(share(&mut member, 0).0, 5_000);
}

#[test]
fn taking_turns_without_a_day_is_remarked() {
    let mut member = member(Settings {
        sharing: Sharing::Rotating,
        ..Settings::default()
    });
    let _ = echo(&mut member, 0);
    assert_eq!(member.share(at(0)).remark, Some(Remark::NoDay));
    member.able(Ability {
        available_watts: 2_000,
        applied_watts: 0,
        day: Some(20_000),
    });
    let _ = echo(&mut member, 1);
    assert_eq!(member.share(at(1)).remark, None);
}

#[test]
fn what_became_impossible_is_not_taken_until_the_others_know() {
    let mut member = member(priority());
    let _ = echo(&mut member, 0);
    member.asked(Setpoint::Watts(1_500));
    assert_eq!(share(&mut member, 0).0, 7_500);
    able(&mut member, 400);
    assert_eq!(share(&mut member, 1).0, 2_000);
    assert_eq!(member.announcement_due(at(1)), Some(at(1)));
    able(&mut member, 0);
    assert_eq!(share(&mut member, 2), (0, Standing::Shared));
    let announcement = echo(&mut member, 3);
    assert_eq!(
        (announcement.available_watts, announcement.taking),
        (0, false)
    );
    assert_eq!(member.share(at(3)).shortfall, Some(Shortfall::NobodyAble));
}

#[test]
fn an_announcement_says_what_the_settings_say_in_watts() {
    let mut member = member(Settings {
        minimum_centipercent: 1_001,
        maximum_centipercent: 8_000,
        start_hysteresis_centipercent: 500,
        priority: 3,
        weight: 250,
        announce_interval_s: 10,
        ..priority()
    });
    let told = echo(&mut member, 0);
    assert_eq!(told.validate(), Ok(()));
    assert_eq!((told.boot, told.sequence), (BOOT, 1));
    assert_eq!((told.rated_watts, told.available_watts), (2_000, 1_600));
    assert_eq!((told.minimum_watts, told.hysteresis_watts), (201, 100));
    assert_eq!((told.priority, told.weight, told.interval_s), (3, 250, 10));
    assert_eq!(member.announcement_due(at(0)), Some(at(10_000)));
    assert_eq!(echo(&mut member, 10_000).sequence, 2);
}

#[test]
fn what_changes_without_meaning_is_no_reason_to_speak() {
    let mut member = member(priority());
    let _ = echo(&mut member, 0);
    member.able(Ability {
        available_watts: 2_000,
        applied_watts: 900,
        day: None,
    });
    assert_eq!(member.announcement_due(at(100)), Some(at(5_000)));
    // To take something is a change.
    member.asked(Setpoint::Watts(1));
    let _ = member.share(at(100));
    assert_eq!(member.announcement_due(at(100)), Some(at(100)));
    assert_eq!(echo(&mut member, 100).applied_watts, 900);
    member.offline(id(1));
    assert_eq!(member.announcement_due(at(100)), Some(at(5_100)));
    // Who takes this one for gone is told at once that it is not.
    member.offline(id(OWN));
    assert_eq!(member.announcement_due(at(100)), Some(at(100)));
    let _ = echo(&mut member, 100);
    member.removed(id(OWN));
    assert_eq!(member.announcement_due(at(100)), Some(at(100)));
}

#[test]
fn in_conflict_it_takes_nothing_and_says_so() {
    let mut member = member(priority());
    member.asked(Setpoint::Watts(1_000));
    let _ = echo(&mut member, 0);
    let twin = announcement(BOOT + 1, 9);
    assert_eq!(
        member.heard(at(1_000), id(OWN), &twin, false),
        Ok(Heard::Conflict)
    );
    assert_eq!(share(&mut member, 1_000), (0, Standing::Conflict));
    assert_eq!(echo(&mut member, 1_500).available_watts, 0);
    assert_eq!(member.next_deadline(at(1_500)), Some(at(6_500)));
    let _ = echo(&mut member, 17_000);
    assert_eq!(member.next_deadline(at(17_000)), Some(at(18_000)));
    assert_eq!(share(&mut member, 18_000).1, Standing::Shared);
    assert_eq!(echo(&mut member, 18_000).available_watts, 2_000);
    assert_eq!(share(&mut member, 18_000), (5_000, Standing::Shared));
}

#[test]
fn one_too_many_takes_nothing() {
    let mut member: Member<2> = Member::new(priority(), id(OWN), BOOT, 2_000, at(0));
    member.able(Ability {
        available_watts: 2_000,
        ..Ability::default()
    });
    member.connected(at(0));
    member.asked(Setpoint::Watts(9_000));
    for number in [1, 2] {
        let _ = member.heard(at(0), id(number), &announcement(1, 1), false);
    }
    let own = member.announce(at(0)).unwrap();
    assert_eq!(
        member.heard(at(0), id(OWN), &own, false),
        Ok(Heard::NotKept)
    );
    let assignment = member.share(at(0));
    assert!(assignment.share.is_off());
    assert_eq!(assignment.standing, Standing::TooMany);
    member.removed(id(1));
    let own = member.announce(at(100)).unwrap();
    assert_eq!(member.heard(at(100), id(OWN), &own, false), Ok(Heard::Echo));
    assert_eq!(member.share(at(100)).standing, Standing::Shared);
}

#[test]
fn an_announcement_that_cannot_be_believed_changes_nothing() {
    let mut member = member(priority());
    let wrong = Announcement {
        weight: 0,
        ..announcement(1, 1)
    };
    let error = member.heard(at(0), id(1), &wrong, false).unwrap_err();
    assert_eq!(error.field, "weight");
    assert_eq!(member.pool().members(at(0)).count(), 0);
}

#[test]
fn changed_settings_enter_and_leave_the_pool() {
    let mut member = member(Settings::default());
    member.asked(Setpoint::Watts(1_000));
    assert_eq!(share(&mut member, 50_000), (5_000, Standing::Thresholds));
    member.set_settings(at(50_000), priority());
    assert_eq!(share(&mut member, 50_000), (0, Standing::Waiting));
    let _ = echo(&mut member, 50_100);
    assert_eq!(share(&mut member, 50_100), (5_000, Standing::Shared));
    other(&mut member, 50_100, 1, &announcement(1, 1));
    assert_eq!(share(&mut member, 50_100), (0, Standing::Shared));
    member.set_settings(at(51_000), Settings::default());
    assert_eq!(share(&mut member, 51_000), (5_000, Standing::Thresholds));
    assert!(!member.is_shared());
    // And in again: the sequence goes on.
    member.set_settings(at(52_000), priority());
    assert_eq!(echo(&mut member, 52_000).sequence, 2);
    assert_eq!(member.pool().members(at(52_000)).count(), 1);
}

#[test]
fn settings_that_cannot_work_are_off() {
    let settings = Settings {
        weight: 0,
        ..priority()
    };
    let mut member = member(settings);
    member.asked(Setpoint::Watts(1_000));
    assert_eq!(share(&mut member, 0), (0, Standing::Invalid));
    assert_eq!(member.announce(at(0)), None);
}

#[test]
fn a_load_of_unknown_power_is_in_no_pool() {
    let mut member = member(priority());
    member.set_rated_watts(0);
    assert_eq!(member.announce(at(0)), None);
}

#[test]
fn a_rising_share_rises_as_fast_as_it_may_and_is_looked_at_meanwhile() {
    let mut member = member(Settings {
        ramp_centipercent_per_s: 1_000,
        ..priority()
    });
    let _ = echo(&mut member, 0);
    member.asked(Setpoint::Watts(1_000));
    assert_eq!(share(&mut member, 0).0, 0);
    let announcement = echo(&mut member, 0);
    assert!(announcement.taking);
    // The totals are due already, which they say themselves.
    assert!(member.totals_due(at(0)));
    assert!(member.totals(at(0)).is_some());
    assert_eq!(member.next_deadline(at(0)), Some(at(100)));
    assert_eq!(share(&mut member, 2_000).0, 2_000);
    assert_eq!(share(&mut member, 9_000).0, 5_000);
    assert_eq!(
        member.direct(Setpoint::Hundredths(9_000)).centipercent(),
        9_000
    );
}

#[test]
fn a_bare_number_is_what_the_settings_say() {
    let mut member = member(Settings {
        number_is: NumberIs::Watts,
        ..Settings::default()
    });
    member.asked(Setpoint::Hundredths(90_049));
    assert_eq!(share(&mut member, 0).0, 4_500);
    member.asked(Setpoint::Centipercent(9_000));
    assert_eq!(share(&mut member, 0).0, 9_000);
    // To this dimmer alone, a bare number is percent as ever.
    assert_eq!(
        member.direct(Setpoint::Hundredths(4_250)).centipercent(),
        4_250
    );
}
