//! A fixed trace of edges through the scheduler, on a Cortex-M0.
//!
//! The emulator (`count.py`) calls one of the functions `run_*` and counts the instructions between
//! [`begin`] and [`end`]: those of one call. What is made here, by integers from one seed, repeats exactly.
#![no_std]
#![no_main]

use core::hint::black_box;
use core::panic::PanicInfo;

use dimmer_phase::{Edge, EdgeKind, Instant, Level, Order, Scheduler, Settings};

/// What is counted.
const EDGE: u32 = 1;
const PLAN: u32 = 2;
/// Whether to park, and when to plan again: asked with each plan.
const REST: u32 = 3;
/// The same, asked after each edge: the gate is then parked at once when an edge shows that the grid is lost.
const AFTER_EDGE: u32 = 4;

const HALF_PERIOD: u32 = 10_000;

#[unsafe(no_mangle)]
#[inline(never)]
extern "C" fn begin(what: u32) {
    black_box(what);
}

#[unsafe(no_mangle)]
#[inline(never)]
extern "C" fn end(what: u32) {
    black_box(what ^ 1);
}

/// A half-cycle begins.
#[unsafe(no_mangle)]
#[inline(never)]
extern "C" fn half_cycle(index: u32) {
    black_box(index ^ 2);
}

/// A short pulse at each crossing.
#[unsafe(no_mangle)]
extern "C" fn run_clean_1(half_cycles: u32) -> u32 {
    run::<1>(half_cycles, false)
}

/// As [`run_clean_1`], with three triacs.
#[unsafe(no_mangle)]
extern "C" fn run_clean_3(half_cycles: u32) -> u32 {
    run::<3>(half_cycles, false)
}

/// A wide pulse whose edges bounce; of a hundred crossings two have none, and two a spurious one besides.
#[unsafe(no_mangle)]
extern "C" fn run_faulty_1(half_cycles: u32) -> u32 {
    run::<1>(half_cycles, true)
}

/// As [`run_faulty_1`], with three triacs.
#[unsafe(no_mangle)]
extern "C" fn run_faulty_3(half_cycles: u32) -> u32 {
    run::<3>(half_cycles, true)
}

/// Keeps the functions that only the emulator calls.
#[used]
static RUNS: [extern "C" fn(u32) -> u32; 4] =
    [run_clean_1, run_clean_3, run_faulty_1, run_faulty_3];

/// Where the linker begins to keep what is used.
#[unsafe(no_mangle)]
extern "C" fn _start() -> u32 {
    let runs = black_box(&RUNS);
    runs.iter()
        .map(|run| run(0))
        .fold(0, |sum, checksum| sum ^ checksum)
}

/// xorshift32 (Marsaglia 2003).
struct Random(u32);

impl Random {
    fn below(&mut self, limit: u32) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 17;
        self.0 ^= self.0 << 5;
        (self.0 >> 8) % limit
    }
}

fn instant(at: u32) -> Instant {
    Instant::from_ticks(u64::from(at))
}

struct Run<const CHANNELS: usize> {
    scheduler: Scheduler<CHANNELS>,
    deadline: Instant,
    checksum: u32,
}

impl<const CHANNELS: usize> Run<CHANNELS> {
    fn edge(&mut self, at: u32, kind: EdgeKind) {
        let at = instant(at);
        while self.deadline < at {
            self.service();
        }
        begin(EDGE);
        self.scheduler.edge(Edge { at, kind });
        end(EDGE);
        self.ask(AFTER_EDGE, at);
    }

    fn service(&mut self) {
        let now = self.deadline;
        loop {
            begin(PLAN);
            let planned = self.scheduler.plan(now);
            end(PLAN);
            let Some(half_cycle) = black_box(planned) else {
                break;
            };
            for slot in half_cycle.slots {
                if let dimmer_phase::Slot::Fire { delay, .. } = slot {
                    let delay = delay.as_ticks() as u32;
                    self.checksum = self.checksum.rotate_left(5) ^ delay;
                }
            }
        }
        self.ask(REST, now);
    }

    fn ask(&mut self, what: u32, now: Instant) {
        begin(what);
        black_box(self.scheduler.must_park());
        self.deadline = self.scheduler.next_deadline(now);
        end(what);
    }

    /// A pulse, with bounces when it is `wide`, each edge of which the pin's interrupt sees.
    fn pulse(&mut self, from: u32, to: u32, wide: bool, random: &mut Random) {
        for (at, up, down) in [
            (from, EdgeKind::Rising, EdgeKind::Falling),
            (to, EdgeKind::Falling, EdgeKind::Rising),
        ] {
            self.edge(at, up);
            let bounces = if wide { 2 + random.below(4) } else { 0 };
            for bounce in 0..bounces {
                self.edge(at + 4 + 18 * bounce, down);
                self.edge(at + 12 + 18 * bounce + random.below(8), up);
            }
        }
    }
}

fn run<const CHANNELS: usize>(half_cycles: u32, faulty: bool) -> u32 {
    let settings = Settings::default();
    let mut run = Run::<CHANNELS> {
        scheduler: Scheduler::new(settings),
        deadline: instant(1),
        checksum: 0,
    };
    let valid_until = Instant::from_ticks(u64::MAX);
    for (channel, centipercent) in [5_000, 1_234, 8_765].into_iter().take(CHANNELS).enumerate() {
        let level = Level::saturating_from_centipercent(centipercent);
        let _ = run.scheduler.order(channel, Order { level, valid_until });
    }
    let mut random = Random(2_463_534_242);
    for index in 0..half_cycles {
        half_cycle(index);
        let crossing = 20_000 + index * HALF_PERIOD;
        let half_width = if faulty { 560 + random.below(30) } else { 60 };
        if !faulty || random.below(50) > 0 {
            run.pulse(
                crossing - half_width,
                crossing + half_width,
                faulty,
                &mut random,
            );
        }
        if faulty && random.below(50) == 0 {
            let at = crossing + 1_000 + random.below(7_000);
            run.pulse(at, at + 20 + random.below(100), false, &mut random);
        }
    }
    half_cycle(half_cycles);
    run.checksum
}

#[panic_handler]
fn panic(_: &PanicInfo) -> ! {
    loop {}
}
