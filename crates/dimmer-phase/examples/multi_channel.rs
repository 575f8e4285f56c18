//! Four triacs on one mains, each with a level and a lease of its own, behind a gate that keeps a
//! timeline.
//!
//! `cargo run -p dimmer-phase --example multi_channel`

use std::collections::VecDeque;

use dimmer_phase::{
    Duration, Edge, EdgeKind, Gate, HalfCycle, Instant, Level, NoSuchChannel, Order, Scheduler,
    Settings, Slot,
};

const CHANNELS: usize = 4;

/// What a hardware timeline does: pulses wait in order, and what is not fed is not fired.
#[derive(Default)]
struct Timeline {
    fed: VecDeque<HalfCycle<CHANNELS>>,
    parked: bool,
}

#[derive(Debug)]
struct TimelineFull;

impl Gate<CHANNELS> for Timeline {
    type Error = TimelineFull;

    fn feed(&mut self, half_cycle: &HalfCycle<CHANNELS>) -> Result<(), TimelineFull> {
        if self.fed.len() == 3 {
            return Err(TimelineFull);
        }
        self.parked = false;
        self.fed.push_back(*half_cycle);
        Ok(())
    }

    fn park(&mut self) {
        self.fed.clear();
        self.parked = true;
    }
}

impl Timeline {
    /// Fires what is due, and prints it.
    fn run_until(&mut self, now: Instant) {
        while let Some(half_cycle) = self.fed.front() {
            if half_cycle.start + half_cycle.half_period > now {
                break;
            }
            print!("{:>8} µs:", half_cycle.start.as_ticks());
            for (level, slot) in half_cycle.levels.iter().zip(&half_cycle.slots) {
                let percent = level.centipercent() / 100;
                match slot {
                    Slot::Fire { delay, .. } => {
                        print!("  {percent:>3} % at {:>4} µs", delay.as_ticks());
                    }
                    Slot::Skip => print!("  {percent:>3} %    skip   "),
                }
            }
            println!();
            self.fed.pop_front();
        }
    }
}

fn main() -> Result<(), NoSuchChannel> {
    // From off to full in a tenth of a second.
    let settings = Settings {
        ramp_centipercent_per_second: 100_000,
        ..Settings::default()
    };
    let mut scheduler = Scheduler::<CHANNELS>::new(settings);
    for (channel, (percent, lease_ms)) in [(10, 500), (50, 500), (100, 400), (75, 300)]
        .into_iter()
        .enumerate()
    {
        let level = Level::saturating_from_centipercent(percent * 100);
        scheduler.order(
            channel,
            Order {
                level,
                valid_until: Instant::from_ticks(lease_ms * 1_000),
            },
        )?;
    }

    let mut gate = Timeline::default();
    let mut refused = 0;
    // 60 Hz mains with a square-wave detector, which stops at 0.45 s.
    let mut kind = EdgeKind::Rising;
    for crossing in 0..66 {
        let at = Instant::from_ticks(crossing * 25_000 / 3);
        if crossing < 54 {
            scheduler.edge(Edge { at, kind });
        }
        kind = if kind == EdgeKind::Rising {
            EdgeKind::Falling
        } else {
            EdgeKind::Rising
        };
        // This board simply looks twice in a half-cycle.
        for part in 0..2 {
            let now = at + Duration::from_ticks(1_000 + part * 4_000);
            gate.run_until(now);
            while let Some(half_cycle) = scheduler.plan(now) {
                if gate.feed(&half_cycle).is_err() {
                    scheduler.refused();
                    refused += 1;
                }
            }
            if scheduler.must_park() {
                gate.park();
            }
        }
    }
    let status = scheduler.mains().status();
    println!(
        "{:?} since the mains went ({:?}); parked: {}; refused: {refused}",
        status.state, status.reason, gate.parked
    );
    Ok(())
}
