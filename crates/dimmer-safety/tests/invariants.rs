//! Random schedules against the invariant, judged from the log of what happened and not from the state of the crate.
#![expect(clippy::indexing_slicing, reason = "a test may panic")]

use dimmer_safety::{Instant, ProbeFault, ProbeUse, Reason, Safety, Settings, Verdict};
use proptest::prelude::*;

#[derive(Clone, Copy, Debug)]
enum Event {
    Setpoint,
    Water(Result<i32, ProbeFault>),
    Mains(bool),
    Switched(bool),
    Settings(Settings),
    Nothing,
}

/// An event, and when by the clock, in microseconds.
type Log = [(u64, Event)];

fn apply(safety: &mut Safety, now: u64, event: Event) {
    let now = Instant::from_ticks(now);
    match event {
        Event::Setpoint => safety.setpoint_received(now),
        Event::Water(reading) => safety.water(now, reading),
        Event::Mains(locked) => safety.mains(locked),
        Event::Switched(on) => safety.switched(on),
        Event::Settings(settings) => safety.set_settings(now, settings),
        Event::Nothing => {}
    }
}

/// The settings in force after the first `count` events.
fn settings_after(initial: Settings, log: &Log, count: usize) -> Settings {
    log[..count]
        .iter()
        .rev()
        .find_map(|(_, event)| match event {
            Event::Settings(settings) => Some(*settings),
            _ => None,
        })
        .unwrap_or(initial)
}

/// Whether what was heard at `index` was younger than the limit in force, then and at every later step, by a clock that
/// never went back meanwhile.
fn always_fresh_since(
    initial: Settings,
    log: &Log,
    index: usize,
    maximum_age_s: impl Fn(Settings) -> u32,
) -> bool {
    (index + 1..log.len()).all(|step| {
        // At a change of settings, the old ones judge what they leave behind.
        let limits =
            [step, step + 1].map(|count| maximum_age_s(settings_after(initial, log, count)));
        let limit_us = u64::from(limits[0].min(limits[1])) * 1_000_000;
        log[step].0 >= log[step - 1].0 && log[step].0 - log[index].0 < limit_us
    })
}

/// Everything that must hold for power, from the log alone. `None`: it holds; else what does not.
fn hindrance(initial: Settings, log: &Log) -> Option<&'static str> {
    let settings = settings_after(initial, log, log.len());
    if settings.validate().is_err() {
        return Some("settings");
    }
    let last = |wanted: fn(&Event) -> bool| log.iter().rposition(|(_, event)| wanted(event));
    let Some(setpoint) = last(|event| matches!(event, Event::Setpoint)) else {
        return Some("no setpoint");
    };
    if !always_fresh_since(initial, log, setpoint, |settings| {
        settings.setpoint_maximum_age_s
    }) {
        return Some("setpoint stale");
    }
    match last(|event| matches!(event, Event::Mains(_))).map(|index| log[index].1) {
        Some(Event::Mains(true)) => {}
        _ => return Some("mains"),
    }
    if let Some(index) = last(|event| matches!(event, Event::Switched(_)))
        && matches!(log[index].1, Event::Switched(false))
    {
        return Some("switched off");
    }
    if settings.water_probe == ProbeUse::Absent {
        return None;
    }
    // The last value that came, faults aside.
    let valued = |event: &Event| matches!(event, Event::Water(Ok(_) | Err(ProbeFault::OutOfRange)));
    let Some(water) = last(valued) else {
        return Some("no reading");
    };
    let Event::Water(Ok(millicelsius)) = log[water].1 else {
        return Some("out of range");
    };
    // By the settings in force when it came, and by all since.
    let plausible = (water + 1..=log.len()).all(|count| {
        let settings = settings_after(initial, log, count);
        (settings.plausible_minimum_millicelsius..=settings.plausible_maximum_millicelsius)
            .contains(&millicelsius)
    });
    if !plausible {
        return Some("implausible");
    }
    if !always_fresh_since(initial, log, water, |settings| settings.water_maximum_age_s) {
        return Some("reading stale");
    }
    (millicelsius >= settings.water_limit_millicelsius).then_some("too hot")
}

/// For settings that never change: whether the limit was reached after the water was last at or below resume.
fn waits_for_resume(settings: Settings, log: &Log) -> bool {
    log.iter()
        .rev()
        .find_map(|(_, event)| match event {
            Event::Water(Ok(millicelsius))
                if (settings.plausible_minimum_millicelsius
                    ..=settings.plausible_maximum_millicelsius)
                    .contains(millicelsius) =>
            {
                if *millicelsius >= settings.water_limit_millicelsius {
                    Some(true)
                } else if *millicelsius <= settings.water_resume_millicelsius {
                    Some(false)
                } else {
                    None
                }
            }
            _ => None,
        })
        .unwrap_or(false)
}

fn reading() -> impl Strategy<Value = Result<i32, ProbeFault>> {
    prop_oneof![
        6 => (30_000..54_500_i32).prop_map(Ok),
        2 => (50_000..70_000_i32).prop_map(Ok),
        1 => any::<i32>().prop_map(Ok),
        1 => Just(Ok(-127_000)),
        1 => Just(Err(ProbeFault::Checksum)),
        1 => Just(Err(ProbeFault::OutOfRange)),
    ]
}

fn settings() -> impl Strategy<Value = Settings> {
    (
        prop::bool::weighted(0.8),
        40_000..70_000_i32,
        400..10_000_i32,
        5_u32..60,
        5_u32..120,
        prop_oneof![3 => Just(10_000_u16), 1 => 0_u16..10_001],
        prop_oneof![3 => Just(-10_000_i32), 1 => 30_000..40_000_i32],
    )
        .prop_map(
            |(required, limit, below, water_age, setpoint_age, maximum, minimum)| Settings {
                water_probe: if required {
                    ProbeUse::Required
                } else {
                    ProbeUse::Absent
                },
                water_limit_millicelsius: limit,
                water_resume_millicelsius: limit - below,
                plausible_minimum_millicelsius: minimum,
                water_maximum_age_s: water_age,
                setpoint_maximum_age_s: setpoint_age,
                maximum_centipercent: maximum,
                ..Settings::default()
            },
        )
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        8 => Just(Event::Setpoint),
        8 => reading().prop_map(Event::Water),
        3 => prop::bool::weighted(0.8).prop_map(Event::Mains),
        2 => prop::bool::weighted(0.8).prop_map(Event::Switched),
        2 => Just(Event::Nothing),
    ]
}

fn event_or_settings() -> impl Strategy<Value = Event> {
    prop_oneof![10 => event(), 1 => settings().prop_map(Event::Settings)]
}

/// Steps of time, in microseconds: mostly seconds, now and then long, seldom back.
fn step_us() -> impl Strategy<Value = i64> {
    prop_oneof![
        20 => 0..5_000_000_i64,
        3 => 0..70_000_000_i64,
        1 => -200_000_000..0_i64,
    ]
}

fn forward_us() -> impl Strategy<Value = i64> {
    prop_oneof![10 => 0..5_000_000_i64, 1 => 0..70_000_000_i64]
}

/// Runs a schedule; after each step, decides or not, and checks.
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

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn power_implies_that_every_input_is_present_fresh_plausible_and_below_its_limit(
        initial in settings(),
        schedule in prop::collection::vec((step_us(), event_or_settings()), 1..80),
        wanted in 1_u16..,
    ) {
        run(initial, &schedule, |safety, log| {
            let now = log[log.len() - 1].0;
            let decision = safety.decide(Instant::from_ticks(now));
            let permitted = decision.permit(wanted).centipercent();
            if permitted > 0 {
                prop_assert_eq!(hindrance(initial, log), None);
                let maximum = settings_after(initial, log, log.len()).maximum_centipercent;
                prop_assert!(permitted <= maximum && permitted <= wanted);
            }
            prop_assert!(decision.since() <= Instant::from_ticks(now));
            Ok(())
        })?;
    }

    #[test]
    fn with_settings_that_stay_it_is_on_exactly_when_all_is_well(
        initial in settings(),
        schedule in prop::collection::vec((step_us(), event()), 1..80),
    ) {
        run(initial, &schedule, |safety, log| {
            let now = log[log.len() - 1].0;
            let decision = safety.decide(Instant::from_ticks(now));
            let hot = initial.water_probe == ProbeUse::Required && waits_for_resume(initial, log);
            let well = hindrance(initial, log).is_none() && !hot;
            prop_assert_eq!(
                decision.verdict() != Verdict::Off, well,
                "{:?} but {:?}", decision, hindrance(initial, log)
            );
            Ok(())
        })?;
    }

    #[test]
    fn nothing_changes_before_the_next_deadline_and_something_is_stale_at_it(
        initial in settings(),
        schedule in prop::collection::vec((forward_us(), event_or_settings()), 1..40),
        fraction in 0.0..1.0,
    ) {
        run(initial, &schedule, |safety, log| {
            let now = Instant::from_ticks(log[log.len() - 1].0);
            let decision = safety.decide(now);
            let mut later = safety.clone();
            match later.next_deadline(now) {
                Some(deadline) => {
                    prop_assert!(deadline > now);
                    let span = deadline.as_ticks() - now.as_ticks();
                    #[expect(
                        clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss,
                        reason = "a fraction of a span"
                    )]
                    let part = ((span as f64 * fraction) as u64).min(span - 1);
                    let between = Instant::from_ticks(now.as_ticks() + part);
                    prop_assert_eq!(later.decide(between), decision);
                    prop_assert_eq!(later.decide(deadline).verdict(), Verdict::Off);
                }
                None => {
                    prop_assert_eq!(decision.verdict(), Verdict::Off);
                    let end = Instant::from_ticks(u64::MAX);
                    prop_assert_eq!(later.decide(end).verdict(), Verdict::Off);
                }
            }
            Ok(())
        })?;
    }

    #[test]
    fn a_decision_asked_for_twice_is_the_same(
        initial in settings(),
        schedule in prop::collection::vec((step_us(), event_or_settings()), 1..40),
    ) {
        run(initial, &schedule, |safety, log| {
            let now = Instant::from_ticks(log[log.len() - 1].0);
            let first = safety.decide(now);
            prop_assert_eq!(safety.decide(now), first);
            prop_assert!(Reason::ALL.contains(&first.reason()));
            Ok(())
        })?;
    }
}
