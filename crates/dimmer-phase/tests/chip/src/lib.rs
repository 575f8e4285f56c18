//! What the images share: a made-up chip, and a panic handler.
#![no_std]

use core::hint::black_box;
use core::panic::PanicInfo;

use dimmer_phase::{
    Duration, Edge, EdgeKind, GateTimer, Instant, Level, Order, Scheduler, Settings,
};

/// The interface of `core` wants one. If nothing can panic, the linker throws it out, and with it the function that it calls.
#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    a_panic_is_reachable()
}

#[inline(never)]
fn a_panic_is_reachable() -> ! {
    loop {
        black_box(());
    }
}

/// A value of which the compiler knows nothing, as if read from a port.
pub fn any<T: Default>() -> T {
    black_box(T::default())
}

/// A moment read from a port.
pub fn moment() -> Instant {
    Instant::from_ticks(any())
}

/// A length of time read from a port.
pub fn length() -> Duration {
    Duration::from_ticks(any())
}

/// An edge read from a port.
pub fn edge() -> Edge {
    let kind = if any() {
        EdgeKind::Rising
    } else {
        EdgeKind::Falling
    };
    Edge { at: moment(), kind }
}

/// Registers of a made-up timer.
#[derive(Debug, Default)]
pub struct Registers {
    /// The counter.
    pub now: u64,
    alarm: Option<Instant>,
    pins: u32,
}

impl GateTimer for Registers {
    fn now(&self) -> Instant {
        Instant::from_ticks(black_box(self.now))
    }

    fn alarm_at(&mut self, at: Option<Instant>) {
        self.alarm = black_box(at);
    }

    fn switch(&mut self, channel: usize, on: bool) {
        self.pins = black_box(self.pins ^ (channel as u32 & 1) ^ u32::from(on));
    }
}

/// The loop of a dimmer: an edge or a deadline, orders, the plan out of a port, and parking.
pub fn dim<const CHANNELS: usize>() -> ! {
    let mut scheduler = Scheduler::<CHANNELS>::new(Settings::default());
    loop {
        if any() {
            scheduler.edge(edge());
        }
        let order = Order {
            level: Level::saturating_from_centipercent(any()),
            valid_until: moment(),
        };
        let _ = scheduler.order(any(), order);
        let now = moment();
        while let Some(half_cycle) = scheduler.plan(now) {
            black_box(half_cycle);
        }
        black_box(scheduler.must_park());
        black_box(scheduler.next_deadline(now));
    }
}
