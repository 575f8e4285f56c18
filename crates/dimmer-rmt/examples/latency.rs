//! What it costs in delivered power that edges are stamped in an interrupt: 0 to 15 µs late, one in a hundred up to 120 µs, beside edges that hardware stamps. The gate is
//! hardware's in both. Then the same with settings stored every few seconds: while the flash is written no edge is stamped, and one that came meanwhile is stamped afterwards. At last, what it
//! costs that the planner's deadlines come late, as they do behind Wi-Fi's interrupts, with the pulses on the model of the transmitters.
#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::panic,
    clippy::allow_attributes,
    missing_docs,
    unreachable_pub,
    reason = "it may fail by panicking"
)]

#[path = "../tests/support/mod.rs"]
#[expect(dead_code, reason = "the tests use more of it")]
mod support;

use dimmer_phase::{Duration, Edge, Gate, Instant, Level, Order, Scheduler, Settings};
use dimmer_plant::{DetectorSettings, MainsSettings, Plant, PlantSettings};
use dimmer_rmt::{RmtGate, Unstamped};
use support::{Bench, Silicon};

const LEVELS_CENTIPERCENT: [u16; 9] = [100, 500, 1_000, 2_500, 5_000, 7_500, 9_000, 9_500, 9_900];
const SECONDS: u64 = 30;
/// Until the tracker has settled, nothing is counted.
const SETTLING_SECONDS: f64 = 3.0;
/// The mean of 0 to 15, and of 0 to 120 once in a hundred.
const MEAN_LATENCY_US: i32 = 8;

/// xorshift64: what is random here is the same on each machine.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % limit
    }

    fn latency(&mut self) -> Duration {
        let most_us = if self.below(100) == 0 { 120 } else { 15 };
        Duration::from_ticks(self.below(most_us + 1))
    }
}

/// Every so often the flash is written, for so long: no whole number of half-cycles, so that it ends at another phase each time.
const SAVE_EVERY: Duration = Duration::from_ticks(2_003_700);
const SAVE: Duration = Duration::from_ticks(93_100);

/// With saves: half-cycles that were fired in full by mistake, the furthest that one was above the level, in points, and how many had a pulse. `leaves_out` is whether the edge that was stamped
/// after a write is.
fn deliver_with_saves(frequency_hz: f64, level: Level, leaves_out: bool) -> (u32, f64, u32) {
    let mut plant = Plant::new(PlantSettings {
        mains: MainsSettings {
            frequency_hz,
            ..MainsSettings::default()
        },
        ..PlantSettings::default()
    })
    .unwrap();
    let mut scheduler = Scheduler::<1>::new(Settings::default());
    let mut unstamped = Unstamped::new();
    let order = Order {
        level,
        valid_until: Instant::from_ticks(u64::MAX),
    };
    let end = Instant::from_ticks(SECONDS * 1_000_000);
    let mut save_at = Instant::from_ticks(0) + SAVE_EVERY;
    while plant.now() < end {
        let turn = scheduler.next_deadline(plant.now()).min(end).min(save_at);
        let mut edge = plant.next_edge(turn);
        scheduler.order(0, order).unwrap();
        let mut believes = unstamped.turn(false).believes();
        if edge.is_none() && plant.now() >= save_at {
            // Silent, then written. What came meanwhile is one edge, stamped afterwards.
            plant.gate().park();
            while scheduler.plan(plant.now()).is_some() {
                scheduler.refused();
            }
            unstamped.turn(true);
            let over = plant.now() + SAVE;
            while let Some(late) = plant.next_edge(over) {
                edge = Some(Edge { at: over, ..late });
            }
            believes = unstamped.turn(false).believes();
            save_at = over + SAVE_EVERY;
        }
        if let Some(edge) = edge
            && (believes || !leaves_out)
        {
            scheduler.edge(edge);
        }
        while let Some(half_cycle) = scheduler.plan(plant.now()) {
            if plant.gate().feed(&half_cycle).is_err() {
                scheduler.refused();
            }
        }
        if scheduler.must_park() {
            plant.gate().park();
        }
    }
    let (mut mistaken, mut above, mut fired) = (0, 0.0_f64, 0);
    let wanted = f64::from(level.centipercent()) / 100.0;
    for delivered in plant.drain_delivered() {
        mistaken += u32::from(delivered.mistaken_full);
        above = above.max(delivered.fraction * 100.0 - wanted);
        fired += u32::from(delivered.fraction > 0.0);
    }
    (mistaken, above, fired)
}

/// A plant whose detector's pulse is wider than each latency of an edge.
fn with_wide_marks(frequency_hz: f64) -> Plant {
    Plant::new(PlantSettings {
        mains: MainsSettings {
            frequency_hz,
            ..MainsSettings::default()
        },
        detector: DetectorSettings {
            width_us: 300.0,
            ..DetectorSettings::default()
        },
        ..PlantSettings::default()
    })
    .unwrap()
}

/// Delivered less ordered, in points of full power; half-cycles that were fired in full by mistake; and the furthest that one half-cycle was off, in points.
fn deliver(frequency_hz: f64, level: Level, offset_us: i32, late: bool) -> (f64, u32, f64) {
    let mut plant = with_wide_marks(frequency_hz);
    let mut scheduler = Scheduler::<1>::new(Settings {
        offset_us,
        ..Settings::default()
    });
    let mut random = Random(0x2545_F491_4F6C_DD1D ^ u64::from(level.centipercent()));
    let order = Order {
        level,
        valid_until: Instant::from_ticks(u64::MAX),
    };
    let end = Instant::from_ticks(SECONDS * 1_000_000);
    while plant.now() < end {
        let turn = scheduler.next_deadline(plant.now()).min(end);
        if let Some(edge) = plant.next_edge(turn) {
            let latency = if late {
                random.latency()
            } else {
                Duration::from_ticks(0)
            };
            let at = edge.at + latency;
            // The pin's next edge is 300 µs away.
            assert_eq!(plant.next_edge(at), None);
            scheduler.edge(Edge { at, ..edge });
        }
        scheduler.order(0, order).unwrap();
        while let Some(half_cycle) = scheduler.plan(plant.now()) {
            if plant.gate().feed(&half_cycle).is_err() {
                scheduler.refused();
            }
        }
        if scheduler.must_park() {
            plant.gate().park();
        }
    }
    let (mut fractions, mut half_cycles, mut mistaken, mut furthest) = (0.0, 0_u32, 0, 0.0_f64);
    let wanted = f64::from(level.centipercent()) / 100.0;
    let counted = plant
        .drain_delivered()
        .filter(|delivered| delivered.start_s > SETTLING_SECONDS);
    for delivered in counted {
        fractions += delivered.fraction;
        half_cycles += 1;
        mistaken += u32::from(delivered.mistaken_full);
        furthest = furthest.max((delivered.fraction * 100.0 - wanted).abs());
    }
    (
        fractions / f64::from(half_cycles) * 100.0 - wanted,
        mistaken,
        furthest,
    )
}

/// The mains go this long before the end: what comes afterwards is to be silence.
const WITHOUT_MAINS_SECONDS: u64 = 1;

/// What late deadlines did.
#[derive(Clone, Copy, Debug, Default)]
struct Late {
    /// Delivered less ordered, in points of full power.
    error: f64,
    mistaken: u32,
    refused: u32,
    /// When all has settled.
    pulses: usize,
    /// From the end of the mains to the end of the last pulse.
    silent_after_ms: f64,
}

/// With edges stamped in an interrupt, which wake the planner at once, and deadlines up to `most_us` late. The transmitters' gate takes each half-cycle, or does not; what it takes is delivered by
/// the plant's.
fn deliver_with_late_deadlines(frequency_hz: f64, level: Level, most_us: u64) -> Late {
    let mut plant = with_wide_marks(frequency_hz);
    let mut scheduler = Scheduler::<1>::new(Settings {
        offset_us: -MEAN_LATENCY_US,
        ..Settings::default()
    });
    let mut gate = RmtGate::<_, 1>::new(Bench::<1>::new(Silicon::default()));
    let mut random = Random(0x2545_F491_4F6C_DD1D ^ u64::from(level.centipercent()));
    // Edges are as late as they are with punctual deadlines.
    let mut lateness = Random(0x9E37_79B9_7F4A_7C15 ^ u64::from(level.centipercent()));
    let order = Order {
        level,
        valid_until: Instant::from_ticks(u64::MAX),
    };
    let end = Instant::from_ticks(SECONDS * 1_000_000);
    let mains_end = Instant::from_ticks((SECONDS - WITHOUT_MAINS_SECONDS) * 1_000_000);
    let mut late = Late::default();
    while plant.now() < end {
        let deadline = scheduler.next_deadline(plant.now());
        let turn = deadline + Duration::from_ticks(lateness.below(most_us + 1));
        if let Some(edge) = plant.next_edge(turn.min(end)) {
            let at = edge.at + random.latency();
            assert_eq!(plant.next_edge(at), None);
            scheduler.edge(Edge { at, ..edge });
        }
        if plant.now() >= mains_end {
            plant.switch_mains(false);
        }
        gate.transmitters().run_until(plant.now().as_ticks());
        scheduler.order(0, order).unwrap();
        while let Some(half_cycle) = scheduler.plan(plant.now()) {
            if gate.feed(&half_cycle).is_err() || plant.gate().feed(&half_cycle).is_err() {
                late.refused += 1;
                scheduler.refused();
            }
        }
        if scheduler.must_park() {
            gate.park();
            plant.gate().park();
        }
        assert_eq!(gate.tend(), Ok(()));
    }
    let (mut fractions, mut half_cycles, mut dead_s) = (0.0, 0_u32, f64::MAX);
    for delivered in plant.drain_delivered() {
        if !delivered.live {
            dead_s = dead_s.min(delivered.start_s);
        } else if delivered.start_s > SETTLING_SECONDS {
            fractions += delivered.fraction;
            half_cycles += 1;
            late.mistaken += u32::from(delivered.mistaken_full);
        }
    }
    let wanted = f64::from(level.centipercent()) / 100.0;
    late.error = fractions / f64::from(half_cycles) * 100.0 - wanted;
    let changes = gate.transmitters().take_changes_us();
    let counted = |change: &&(f64, usize, bool)| change.2 && change.0 > SETTLING_SECONDS * 1e6;
    late.pulses = changes.iter().filter(counted).count();
    let last = changes.last().map_or(0.0, |change| change.0);
    late.silent_after_ms = last / 1_000.0 - dead_s * 1_000.0;
    late
}

/// All levels: the mean of the errors' sizes, the sums, and the longest until silence.
fn late_deadlines(frequency_hz: f64, most_us: u64) -> Late {
    let mut all = Late {
        silent_after_ms: f64::MIN,
        ..Late::default()
    };
    for centipercent in LEVELS_CENTIPERCENT {
        let level = Level::from_centipercent(centipercent).unwrap();
        let late = deliver_with_late_deadlines(frequency_hz, level, most_us);
        all.error += late.error.abs() / LEVELS_CENTIPERCENT.len() as f64;
        all.mistaken += late.mistaken;
        all.refused += late.refused;
        all.pulses += late.pulses;
        all.silent_after_ms = all.silent_after_ms.max(late.silent_after_ms);
    }
    all
}

fn main() {
    let columns = [
        ("RP2040: stamped by PIO", 0, false),
        ("ESP32-C3: stamped in an interrupt", 0, true),
        (
            "ESP32-C3: the same, its mean subtracted",
            -MEAN_LATENCY_US,
            true,
        ),
    ];
    println!(
        "delivered power less the level, in points of full power (and the furthest single half-cycle)"
    );
    for frequency_hz in [50.0, 60.0] {
        println!("\n{frequency_hz} Hz");
        print!("{:>8}", "level");
        for (name, ..) in columns {
            print!("{name:>42}");
        }
        println!();
        let (mut sums, mut mistakes) = ([0.0; 3], [0; 3]);
        for centipercent in LEVELS_CENTIPERCENT {
            let level = Level::from_centipercent(centipercent).unwrap();
            print!("{:>7}%", centipercent / 100);
            for (place, (_, offset_us, late)) in columns.into_iter().enumerate() {
                let (error, mistaken, furthest) = deliver(frequency_hz, level, offset_us, late);
                print!("{:>42}", format!("{error:+.3} ({furthest:.2})"));
                *sums.get_mut(place).unwrap() += error.abs() / LEVELS_CENTIPERCENT.len() as f64;
                *mistakes.get_mut(place).unwrap() += mistaken;
            }
            println!();
        }
        print!("{:>8}", "mean ||");
        for sum in sums {
            print!("{:>42}", format!("{sum:.3}"));
        }
        println!("\nhalf-cycles fired in full by mistake: {mistakes:?}");
        assert_eq!(mistakes, [0; 3]);
        let [hardware, _, subtracted] = sums;
        assert!(
            hardware < 0.01 && subtracted < 0.05,
            "the error is not as promised"
        );
    }

    println!(
        "\nwith the flash written every two seconds: fired in full by mistake, furthest above the level, half-cycles with a pulse"
    );
    for frequency_hz in [50.0, 60.0] {
        for centipercent in LEVELS_CENTIPERCENT {
            let level = Level::from_centipercent(centipercent).unwrap();
            let [taken, left_out] =
                [false, true].map(|leaves_out| deliver_with_saves(frequency_hz, level, leaves_out));
            let shown = |(mistaken, above, fired)| format!("{mistaken}, {above:.2}, {fired}");
            println!(
                "{frequency_hz} Hz {:>3}%   the late edge taken: {}   left out: {}",
                centipercent / 100,
                shown(taken),
                shown(left_out)
            );
            let (mistaken, above, fired) = left_out;
            assert!(
                mistaken == 0 && above < 1.0 && fired > 2_000,
                "a write changed a pulse"
            );
        }
    }

    println!(
        "\nwith deadlines that come late, edges in time: mean error in points, fired in full by mistake, refused, pulses, milliseconds from the end of the mains to the last pulse's"
    );
    for frequency_hz in [50.0, 60.0] {
        let punctual = late_deadlines(frequency_hz, 0);
        for most_us in [0, 100, 300, 3_000, 10_000] {
            let late = late_deadlines(frequency_hz, most_us);
            println!(
                "{frequency_hz} Hz   0 to {most_us:>6} µs late: {:.3}, {}, {}, {}, {:.2}",
                late.error, late.mistaken, late.refused, late.pulses, late.silent_after_ms
            );
            assert_eq!(late.mistaken, 0);
            if most_us <= 300 {
                assert_eq!((late.refused, late.pulses), (0, punctual.pulses));
                assert!(
                    late.silent_after_ms < 8.0,
                    "a pulse in the half-cycle after the last"
                );
            }
        }
    }
}
