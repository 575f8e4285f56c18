//! Everything from interrupts, on a chip with one timer and no more: the detector's pin, the gate's alarm, and the plan once in a
//! half-cycle. The chip is simulated, with an interrupt latency.
//!
//! `cargo run -p dimmer-phase --example interrupt_driven`

use dimmer_phase::{
    Burst, BurstSettings, Duration, Edge, EdgeKind, Gate, GateTimer, Instant, Level, NoSuchChannel,
    Order, Scheduler, Settings, Slot, TimerGate, TimerSettings,
};

/// The lamp on channel 0 is dimmed by phase, the heater on channel 1 by bursts.
const CHANNELS: usize = 2;
const LAMP: usize = 0;
const HEATER: usize = 1;

/// The chip's timer and pins. On a real one `alarm_at` writes the compare register, and forces the interrupt when the counter has passed it.
struct Chip {
    now: Instant,
    alarm: Option<Instant>,
    fired: [u32; CHANNELS],
}

impl GateTimer for Chip {
    fn now(&self) -> Instant {
        self.now
    }

    fn alarm_at(&mut self, at: Option<Instant>) {
        self.alarm = at;
    }

    fn switch(&mut self, channel: usize, on: bool) {
        if on && let Some(fired) = self.fired.get_mut(channel) {
            *fired += 1;
        }
    }
}

/// What the interrupts share. On a real chip this stands in a critical section's cell.
struct Dimmer {
    scheduler: Scheduler<CHANNELS>,
    heater: Burst,
    gate: TimerGate<Chip, CHANNELS>,
}

impl Dimmer {
    /// The detector's pin changed. Gives the time at which the plan is due: the edge may have moved it.
    fn on_edge(&mut self, edge: Edge) -> Instant {
        self.scheduler.edge(edge);
        self.park_or_go_on()
    }

    /// The plan is due. Gives the time at which it is due again.
    fn on_plan(&mut self) -> Result<Instant, NoSuchChannel> {
        let now = self.gate.timer().now();
        while let Some(mut half_cycle) = self.scheduler.plan(now) {
            let settings = *self.scheduler.settings();
            let fires = self.heater.apply(&settings, HEATER, &mut half_cycle)?;
            if self.gate.feed(&half_cycle).is_err() {
                self.scheduler.refused();
                if fires {
                    self.heater.take_back(half_cycle.polarity);
                }
            }
            if half_cycle.start.as_ticks() > 1_900_000 {
                print_plan(half_cycle.start, half_cycle.slots);
            }
        }
        Ok(self.park_or_go_on())
    }

    /// After each edge and each plan: either may be what noticed a loss.
    fn park_or_go_on(&mut self) -> Instant {
        let now = self.gate.timer().now();
        if self.scheduler.must_park() {
            self.gate.park();
            self.heater.parked(now);
        }
        self.scheduler.next_deadline(now)
    }

    /// The timer's compare match.
    fn on_alarm(&mut self) {
        let now = self.gate.timer().now();
        self.gate.on_alarm(now);
    }
}

fn print_plan(start: Instant, slots: [Slot; CHANNELS]) {
    print!("{:>8} µs:", start.as_ticks());
    for (name, slot) in ["lamp", "heater"].into_iter().zip(slots) {
        match slot {
            Slot::Fire { delay, .. } => print!("  {name} after {:>4} µs", delay.as_ticks()),
            Slot::Skip => print!("  {name} skips        "),
        }
    }
    println!();
}

fn main() -> Result<(), NoSuchChannel> {
    let timer_settings = TimerSettings {
        // This chip is 5 µs late, more or less.
        lead_us: 5,
        ..TimerSettings::default()
    };
    let chip = Chip {
        now: Instant::from_ticks(0),
        alarm: None,
        fired: [0; CHANNELS],
    };
    let mut dimmer = Dimmer {
        scheduler: Scheduler::new(Settings::default()),
        heater: Burst::new(BurstSettings::default()),
        gate: TimerGate::new(chip, timer_settings),
    };
    for (channel, percent) in [(LAMP, 50), (HEATER, 30)] {
        let order = Order {
            level: Level::saturating_from_centipercent(percent * 100),
            valid_until: Instant::from_ticks(10_000_000),
        };
        dimmer.scheduler.order(channel, order)?;
    }

    // Two seconds of 50 Hz mains, whose detector gives a pulse of 400 µs at each crossing.
    let mut edges = (1..200_u64)
        .flat_map(|crossing| {
            let middle = crossing * 10_000;
            [
                (middle - 200, EdgeKind::Rising),
                (middle + 200, EdgeKind::Falling),
            ]
        })
        .map(|(at, kind)| Edge {
            at: Instant::from_ticks(at),
            kind,
        })
        .peekable();
    let mut plan_at = Instant::from_ticks(0);
    let latency = [3, 9, 4, 2, 7].map(Duration::from_ticks);
    for late in latency.into_iter().cycle() {
        // Whichever interrupt is next.
        let alarm = dimmer.gate.timer().alarm;
        let next = edges.peek().map(|edge| edge.at);
        let Some(first) = next.into_iter().chain(alarm).chain([plan_at]).min() else {
            break;
        };
        if next.is_none() {
            break;
        }
        let now = dimmer.gate.timer().now();
        dimmer.gate.timer_mut().now = (first + late).max(now);
        if alarm == Some(first) {
            dimmer.on_alarm();
        } else if next == Some(first) {
            if let Some(edge) = edges.next() {
                // Time-stamped by the timer's capture unit: the latency is not in it.
                plan_at = dimmer.on_edge(edge);
            }
        } else {
            plan_at = dimmer.on_plan()?;
        }
    }
    let [lamp, heater] = dimmer.gate.timer().fired;
    println!(
        "fired: lamp {lamp}, heater {heater}; dropped for being late: {}",
        dimmer.gate.dropped()
    );
    Ok(())
}
