//! The timer adapter when everything goes wrong at once: alarms that are late by more than a half-cycle, or lost, interrupts that nobody
//! asked for, half-cycles fed at any time and in any order, and parking at any moment.
#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::panic,
    clippy::allow_attributes,
    reason = "a test may fail by panicking"
)]

use dimmer_phase::{
    Duration, Gate, GateTimer, HalfCycle, Instant, Level, Polarity, Slot, TimerGate, TimerSettings,
};
use proptest::prelude::*;

const CHANNELS: usize = 3;

/// A pulse in µs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Pulse {
    channel: usize,
    on: u64,
    off: u64,
}

/// A chip that holds each change of a pin against what was fed.
#[derive(Debug, Default)]
struct Judge {
    now: u64,
    alarm: Option<u64>,
    settings: TimerSettings,
    /// Taken by the gate, neither parked nor fired.
    waiting: Vec<Pulse>,
    up: [Option<Pulse>; CHANNELS],
    taken: u32,
    fired: u32,
    /// The end of the last half-cycle that was taken.
    fed_until: u64,
}

impl GateTimer for Judge {
    fn now(&self) -> Instant {
        Instant::from_ticks(self.now)
    }

    fn alarm_at(&mut self, at: Option<Instant>) {
        self.alarm = at.map(|at| at.as_ticks());
    }

    fn switch(&mut self, channel: usize, on: bool) {
        if !on {
            self.up[channel] = None;
            return;
        }
        let earliest = self.now + u64::from(self.settings.lead_us);
        let late_limit = u64::from(self.settings.late_limit_us);
        let is_due = |pulse: &Pulse| {
            let in_time = pulse.on <= earliest && self.now <= pulse.on + late_limit;
            pulse.channel == channel && in_time && self.now < pulse.off
        };
        let due = self.waiting.iter().position(is_due);
        let due = due.unwrap_or_else(|| panic!("nothing is due at {} µs", self.now));
        let before = self.up[channel].replace(self.waiting.swap_remove(due));
        assert_eq!(before, None, "on twice");
        self.fired += 1;
    }
}

#[derive(Clone, Debug)]
enum Action {
    Feed {
        ahead_us: i64,
        pulses: [Option<(u64, u64)>; CHANNELS],
    },
    Park,
    LoseAlarm,
    Interrupt,
    Wait,
}

fn action() -> impl Strategy<Value = Action> {
    let pulse = prop::option::weighted(0.8, (200_u64..10_100, 0_u64..1_200));
    let pulses = prop::array::uniform3(pulse);
    let feed = (-2_000_i64..25_000, pulses)
        .prop_map(|(ahead_us, pulses)| Action::Feed { ahead_us, pulses });
    prop_oneof![
        8 => feed,
        1 => Just(Action::Park),
        1 => Just(Action::LoseAlarm),
        1 => Just(Action::Interrupt),
        2 => Just(Action::Wait),
    ]
}

/// Mostly a few µs, now and then longer than a half-cycle.
fn latency() -> impl Strategy<Value = u64> {
    prop_oneof![12 => 0_u64..20, 3 => 0_u64..200, 1 => 0_u64..30_000]
}

type Gated = TimerGate<Judge, CHANNELS>;

/// What must hold after each call.
fn check(gate: &Gated) {
    let judge = gate.timer();
    let lead = u64::from(judge.settings.lead_us);
    for pulse in judge.up.iter().flatten() {
        assert!(pulse.off > judge.now + lead, "{pulse:?} is up at its end");
        assert!(
            judge.alarm.is_some_and(|alarm| alarm <= pulse.off),
            "no alarm ends {pulse:?}"
        );
    }
}

fn interrupt(gate: &mut Gated) {
    let now = gate.timer().now;
    gate.on_alarm(Instant::from_ticks(now));
    check(gate);
}

fn run_until(gate: &mut Gated, until: u64, latency: &mut impl FnMut() -> u64) {
    while let Some(alarm) = gate.timer().alarm {
        let at = alarm.max(gate.timer().now) + latency();
        if at > until {
            break;
        }
        let judge = gate.timer_mut();
        (judge.now, judge.alarm) = (at, None);
        interrupt(gate);
    }
    gate.timer_mut().now = until;
}

fn feed(gate: &mut Gated, ahead_us: i64, pulses: [Option<(u64, u64)>; CHANNELS]) {
    let mut start = gate.timer().now.saturating_add_signed(ahead_us);
    // The prediction of a crossing moves by a little. Were it more, two pulses of a channel could be due at once.
    let fed_until = gate.timer().fed_until;
    if (fed_until.saturating_sub(5_000)..fed_until).contains(&start) {
        start = fed_until - 50;
    }
    let half_cycle = HalfCycle {
        start: Instant::from_ticks(start),
        half_period: Duration::from_ticks(10_000),
        polarity: Polarity::Positive,
        levels: [Level::FULL; CHANNELS],
        slots: pulses.map(|pulse| {
            pulse.map_or(Slot::Skip, |(delay, width)| Slot::Fire {
                delay: Duration::from_ticks(delay),
                width: Duration::from_ticks(width),
            })
        }),
    };
    let may_be_taken = start > gate.timer().now;
    if gate.feed(&half_cycle).is_err() {
        return;
    }
    assert!(may_be_taken, "a half-cycle that has begun was taken");
    gate.timer_mut().fed_until = start + 10_000;
    for (channel, (delay, width)) in (0..CHANNELS)
        .zip(pulses)
        .filter_map(|(channel, pulse)| Some((channel, pulse?)))
    {
        let on = start + delay;
        let off = on + width;
        assert!(off < start + 10_000, "up at the next crossing");
        let judge = gate.timer_mut();
        judge.waiting.push(Pulse { channel, on, off });
        judge.taken += 1;
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn no_pulse_is_fired_that_was_not_fed_nor_outside_its_window(
        actions in prop::collection::vec((action(), 0_u64..15_000), 1..80),
        latencies in prop::collection::vec(latency(), 1..60),
        lead_us in 0_u16..=100,
        late_limit_us in 1_u16..=500,
    ) {
        let settings = TimerSettings { lead_us, late_limit_us };
        let judge = Judge { settings, ..Judge::default() };
        let mut gate = Gated::new(judge, settings);
        let mut latencies = latencies.into_iter().cycle();
        let mut latency = || latencies.next().unwrap();
        for (action, then_wait_us) in actions {
            match action {
                Action::Feed { ahead_us, pulses } => feed(&mut gate, ahead_us, pulses),
                Action::Park => {
                    gate.park();
                    // Those that it had dropped are among them.
                    gate.timer_mut().waiting.clear();
                    gate.timer_mut().fed_until = 0;
                    prop_assert_eq!(gate.timer().up, [None; CHANNELS]);
                    prop_assert_eq!(gate.timer().alarm, None);
                }
                Action::LoseAlarm => gate.timer_mut().alarm = None,
                Action::Interrupt => interrupt(&mut gate),
                Action::Wait => {}
            }
            let until = gate.timer().now + then_wait_us;
            run_until(&mut gate, until, &mut latency);
        }
        // What is not fed any more is over soon, and then it is silent and asks for nothing.
        interrupt(&mut gate);
        let until = gate.timer().now + 200_000;
        run_until(&mut gate, until, &mut latency);
        interrupt(&mut gate);
        let judge = gate.timer();
        prop_assert_eq!(judge.up, [None; CHANNELS]);
        prop_assert_eq!(judge.alarm, None);
        let left = u32::try_from(judge.waiting.len()).unwrap();
        // Of what was taken nothing is fired twice, and what is lost without parking is counted.
        prop_assert!(judge.fired + gate.dropped() <= judge.taken);
        prop_assert!(left <= gate.dropped());
    }
}
