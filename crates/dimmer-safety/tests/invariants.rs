//! Random schedules against the invariants, judged from the log of what happened and not from the state of the crate.
#![expect(clippy::indexing_slicing, reason = "a test may panic")]

mod judge;

use dimmer_safety::{
    AlarmEvent, AlarmKind, AlarmLevel, AlarmSet, Instant, ProbeFault, ProbeUse, Reason, Role,
    Safety, Settings, Source, Verdict,
};
use judge::{Event, Log, apply, hindrance, largest_wish, settings_after};
use proptest::prelude::*;

fn reading() -> impl Strategy<Value = Result<i32, ProbeFault>> {
    prop_oneof![
        8 => (44_000..50_000_i32).prop_map(Ok),
        4 => (50_000..70_000_i32).prop_map(Ok),
        1 => any::<i32>().prop_map(Ok),
        1 => Just(Ok(-127_000)),
        1 => Just(Err(ProbeFault::Checksum)),
        1 => Just(Err(ProbeFault::OutOfRange)),
    ]
}

fn settings() -> impl Strategy<Value = Settings> {
    (
        (
            prop::bool::weighted(0.8),
            prop::bool::weighted(0.3),
            prop_oneof![3 => Just(None), 1 => (45_000..60_000_i32).prop_map(Some)],
        ),
        (40_000..70_000_i32, 400..10_000_i32),
        (5_u32..60, 5_u32..120, 5_u32..60, 5_u32..60),
        prop_oneof![3 => Just(10_000_u16), 1 => 0_u16..10_001],
        prop_oneof![3 => Just(-10_000_i32), 1 => 30_000..40_000_i32],
        prop_oneof![2 => Just(None), 1 => (38_000..46_000_i32).prop_map(Some)],
        (
            1_000..6_000_u32,
            prop_oneof![Just(120_000_u32), Just(0), Just(1_000_000)],
        ),
    )
        .prop_map(
            |(
                (water, sink, room_limit),
                (limit, below),
                (water_age, setpoint_age, sink_age, room_age),
                maximum,
                minimum,
                preheat,
                (margin, rate),
            )| {
                let required = |is| {
                    if is {
                        ProbeUse::Required
                    } else {
                        ProbeUse::Absent
                    }
                };
                Settings {
                    water_probe: required(water),
                    heat_sink_probe: required(sink),
                    water_limit_millicelsius: limit,
                    water_resume_millicelsius: limit - below,
                    water_plausible_minimum_millicelsius: minimum,
                    water_maximum_age_s: water_age,
                    water_alarm_margin_millicelsius: margin,
                    water_maximum_rate_millicelsius_per_minute: rate,
                    heat_sink_derating_millicelsius: 45_000,
                    heat_sink_limit_millicelsius: 60_000,
                    heat_sink_resume_millicelsius: 50_000,
                    heat_sink_maximum_age_s: sink_age,
                    room_probe: required(room_limit.is_some()),
                    room_limit_millicelsius: room_limit,
                    room_resume_millicelsius: room_limit.map_or(35_000, |limit| limit - below),
                    room_maximum_age_s: room_age,
                    room_maximum_rate_millicelsius_per_minute: rate,
                    setpoint_maximum_age_s: setpoint_age,
                    mains_maximum_age_ms: 10_000,
                    maximum_centipercent: maximum,
                    preheat_below_millicelsius: preheat
                        .filter(|below| water && below + 1_000 < limit),
                    preheat_until_millicelsius: preheat.map_or(45_000, |below| below + 700),
                    preheat_centipercent: 3_000,
                    heating_energy_watt_hours: 1,
                    probe_lost_critical_after_s: 120,
                    ..Settings::default()
                }
            },
        )
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        8 => (0_u16..12_000).prop_map(|wanted| Event::Wish(Source::Setpoint, wanted)),
        2 => (0_usize..4, any::<u16>()).prop_map(|(place, wanted)| Event::Wish(Source::ALL[place], wanted)),
        1 => (0_usize..4).prop_map(|place| Event::Withdraw(Source::ALL[place])),
        8 => reading().prop_map(|reading| Event::Temperature(Role::Water, reading)),
        4 => reading().prop_map(|reading| Event::Temperature(Role::HeatSink, reading)),
        4 => reading().prop_map(|reading| Event::Temperature(Role::Room, reading)),
        8 => prop::bool::weighted(0.9).prop_map(Event::Mains),
        1 => prop::bool::weighted(0.9).prop_map(Event::Switched),
        2 => prop_oneof![Just(0_u32), 100_u32..20_000].prop_map(Event::Applied),
        1 => Just(Event::Reset),
        2 => Just(Event::Nothing),
    ]
}

fn event_or_settings() -> impl Strategy<Value = Event> {
    prop_oneof![20 => event(), 1 => settings().prop_map(Event::Settings)]
}

/// Steps of time, in microseconds: mostly seconds, now and then long, seldom back.
fn step_us() -> impl Strategy<Value = i64> {
    prop_oneof![
        30 => 0..2_000_000_i64,
        3 => 0..70_000_000_i64,
        1 => -200_000_000..0_i64,
    ]
}

fn schedule() -> impl Strategy<Value = Vec<(i64, Event)>> {
    prop::collection::vec((step_us(), event_or_settings()), 1..80)
}

/// Runs a schedule, and checks after each step. The log begins with the start.
fn run(
    initial: Settings,
    schedule: &[(i64, Event)],
    mut check: impl FnMut(&mut Safety, &Log) -> Result<(), TestCaseError>,
) -> Result<(), TestCaseError> {
    let mut now = 1_000_000_000_u64;
    let mut safety = Safety::new(initial, Instant::from_ticks(now));
    let mut log = vec![(now, Event::Nothing)];
    for &(step, event) in schedule {
        now = now.saturating_add_signed(step);
        apply(&mut safety, now, event);
        log.push((now, event));
        check(&mut safety, &log)?;
    }
    Ok(())
}

fn now_of(log: &Log) -> Instant {
    Instant::from_ticks(log[log.len() - 1].0)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn power_implies_that_every_input_is_present_fresh_plausible_and_below_its_limit(
        initial in settings(), schedule in schedule(),
    ) {
        run(initial, &schedule, |safety, log| {
            let decision = safety.decide(now_of(log));
            let permitted = decision.permit().centipercent();
            if permitted > 0 {
                prop_assert_eq!(hindrance(initial, log), None);
                let settings = settings_after(initial, log, log.len());
                prop_assert!(permitted <= settings.maximum_centipercent);
            }
            prop_assert_eq!(decision.verdict() == Verdict::Off, decision.reason().is_off());
            prop_assert!(decision.since() <= now_of(log));
            Ok(())
        })?;
    }

    #[test]
    fn no_source_gets_more_than_somebody_alive_asked_for(
        initial in settings(), schedule in schedule(),
    ) {
        run(initial, &schedule, |safety, log| {
            let permitted = safety.decide(now_of(log)).permit().centipercent();
            prop_assert!(permitted <= largest_wish(initial, log).min(10_000));
            Ok(())
        })?;
    }

    /// Of the whole decision, alarms that this very moment raises and a clock that jumps now among it.
    #[test]
    fn what_is_available_is_what_a_fresh_setpoint_of_full_power_would_be_permitted(
        initial in settings(), schedule in schedule(), later_us in step_us(),
    ) {
        run(initial, &schedule, |safety, log| {
            let now = now_of(log);
            for at in [now, Instant::from_ticks(now.as_ticks().saturating_add_signed(later_us))] {
                let mut asked = safety.clone();
                asked.wish(at, Source::Setpoint, 10_000);
                let permitted = asked.decide(at).permit().centipercent();
                prop_assert_eq!(safety.available_centipercent(at), permitted);
            }
            Ok(())
        })?;
    }

    #[test]
    fn while_an_alarm_is_critical_nothing_is_permitted_and_only_a_reset_ends_it(
        initial in settings(), schedule in schedule(),
    ) {
        let mut before = AlarmSet::EMPTY;
        run(initial, &schedule, |safety, log| {
            let decision = safety.decide(now_of(log));
            let critical = safety.alarms(AlarmLevel::Critical);
            if !critical.is_empty() {
                prop_assert!(decision.permit().is_off());
            }
            let was_reset = matches!(log[log.len() - 1].1, Event::Reset);
            prop_assert!(was_reset || before.iter().all(|kind| critical.contains(kind)));
            before = critical;
            Ok(())
        })?;
    }

    #[test]
    fn what_is_told_of_an_alarm_leads_from_its_last_level_to_the_next_once_each(
        initial in settings(), schedule in schedule(),
    ) {
        let mut levels = AlarmKind::ALL.map(|kind| (kind, None));
        run(initial, &schedule, |safety, log| {
            let _ = safety.decide(now_of(log));
            while let Some(change) = safety.take_change() {
                let level = &mut levels.iter_mut().find(|(kind, _)| *kind == change.kind).unwrap().1;
                let (before, after) = match change.event {
                    AlarmEvent::Raised => (None, Some(change.level)),
                    AlarmEvent::Escalated => (Some(AlarmLevel::Warning), Some(AlarmLevel::Critical)),
                    AlarmEvent::Cleared => (Some(AlarmLevel::Warning), None),
                    AlarmEvent::Reset => (Some(AlarmLevel::Critical), None),
                    _ => return Err(TestCaseError::fail("an event that this test does not know")),
                };
                prop_assert_eq!(*level, before);
                *level = after;
            }
            for (kind, level) in levels {
                prop_assert_eq!(safety.alarms(AlarmLevel::Warning).contains(kind), level == Some(AlarmLevel::Warning));
                prop_assert_eq!(safety.alarms(AlarmLevel::Critical).contains(kind), level == Some(AlarmLevel::Critical));
            }
            Ok(())
        })?;
    }

    #[test]
    fn nothing_changes_before_the_next_deadline(
        initial in settings(), schedule in schedule(), part in 0_u64..1_000,
    ) {
        run(initial, &schedule, |safety, log| {
            let now = now_of(log);
            let decision = safety.decide(now);
            while safety.take_change().is_some() {}
            let mut later = safety.clone();
            let deadline = later.next_deadline(now);
            prop_assert!(deadline > now);
            let span = deadline.as_ticks() - now.as_ticks();
            let between = Instant::from_ticks(now.as_ticks() + (span - 1) * part / 999);
            prop_assert_eq!(later.decide(between), decision);
            prop_assert_eq!(later.take_change(), None);
            Ok(())
        })?;
    }

    #[test]
    fn a_decision_asked_for_twice_is_the_same(initial in settings(), schedule in schedule()) {
        run(initial, &schedule, |safety, log| {
            let first = safety.decide(now_of(log));
            prop_assert_eq!(safety.decide(now_of(log)), first);
            prop_assert!(Reason::ALL.contains(&first.reason()));
            Ok(())
        })?;
    }

    #[test]
    fn with_nobody_heard_any_more_it_is_off_by_its_own_deadlines(
        initial in settings(), schedule in schedule(),
    ) {
        run(initial, &schedule, |safety, log| {
            let mut silent = safety.clone();
            let mut now = now_of(log);
            let _ = silent.decide(now);
            // The shortest limit is that of the mains.
            let end = now.as_ticks() + 10_000_000;
            while now.as_ticks() < end {
                while silent.take_change().is_some() {}
                now = Instant::from_ticks(silent.next_deadline(now).as_ticks().min(end));
                let _ = silent.decide(now);
            }
            prop_assert!(silent.decide(now).permit().is_off(), "nobody speaks of the mains for 10 s");
            Ok(())
        })?;
    }

    #[test]
    fn each_input_that_alone_falls_silent_turns_off_at_its_own_limit_and_not_before(
        mut settings in settings(), place in 0_usize..7, period_us in 50_000_u64..400_000,
    ) {
        // Every input is required, and nothing but silence forbids.
        settings.water_probe = ProbeUse::Required;
        settings.heat_sink_probe = ProbeUse::Required;
        settings.room_probe = ProbeUse::Required;
        settings.room_limit_millicelsius = Some(60_000);
        settings.preheat_below_millicelsius = None;
        settings.maximum_centipercent = 10_000;
        settings.mains_maximum_age_ms = 700 + settings.setpoint_maximum_age_s * 9;
        settings.water_plausible_minimum_millicelsius = -10_000;
        settings.water_resume_millicelsius = settings.water_limit_millicelsius - 1_000;
        settings.room_resume_millicelsius = 50_000;
        prop_assert_eq!(settings.validate(), Ok(()));
        // Of the wishes the one that falls silent is the only one that wants something.
        let wanted = |at: usize| if place < 4 || place == at { 5_000 } else { 0 };
        let inputs = [
            (Event::Mains(true), u64::from(settings.mains_maximum_age_ms) * 1_000, Reason::MainsNotLocked),
            (Event::Temperature(Role::Water, Ok(30_000)), u64::from(settings.water_maximum_age_s) * 1_000_000, Reason::ProbeStale),
            (Event::Temperature(Role::HeatSink, Ok(30_000)), u64::from(settings.heat_sink_maximum_age_s) * 1_000_000, Reason::HeatSinkProbeLost),
            (Event::Temperature(Role::Room, Ok(30_000)), u64::from(settings.room_maximum_age_s) * 1_000_000, Reason::RoomProbeLost),
            (Event::Wish(Source::Setpoint, wanted(4)), u64::from(settings.setpoint_maximum_age_s) * 1_000_000, Reason::SetpointStale),
            (Event::Wish(Source::Boost, wanted(5)), 2_000_000, Reason::Following),
            (Event::Wish(Source::Schedule, wanted(6)), 2_000_000, Reason::Following),
        ];
        let (_, limit_us, reason) = inputs[place];
        let start = 1_000_000_000;
        let end = start + limit_us;
        let mut safety = Safety::new(settings, Instant::from_ticks(start));
        let mut now = start;
        while now < end {
            for (at, (event, ..)) in inputs.into_iter().enumerate() {
                // A boost and a schedule that nobody renews are as if there were none, but for what is measured.
                let is_other_wish = place == 4 && at > 4;
                if (now == start || at != place) && !is_other_wish {
                    apply(&mut safety, now, event);
                }
            }
            let at = Instant::from_ticks(now);
            let decision = safety.decide(at);
            prop_assert!(!decision.permit().is_off(), "{:?} after {} us", decision.reason(), now - start);
            prop_assert!(safety.next_deadline(at) <= Instant::from_ticks(end));
            now = if now + 1 < end { (now + period_us).min(end - 1) } else { end };
        }
        let decision = safety.decide(Instant::from_ticks(end));
        prop_assert!(decision.permit().is_off());
        prop_assert_eq!(decision.reason(), reason);
    }
}
