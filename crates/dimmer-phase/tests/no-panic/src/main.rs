//! Calls everything in dimmer-phase, with values and states of which the compiler knows nothing: what can panic for any of them stays in
//! the image. `tests/no_panic.rs` builds it, and looks.
#![no_std]
#![no_main]

use core::hint::black_box;

use cortex_m_rt::entry;
use dimmer_phase::{
    Burst, BurstSettings, BurstUnit, Curve, CurveTable, Duration, Edge, EdgeKind, Gate, GateTimer,
    Instant, Level, Mains, Order, Polarity, Scheduler, Settings, TimerGate, TimerSettings,
    calibration, curve, plan,
};

/// The interface of `core` wants one. If nothing can panic, the linker throws it out.
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    loop {}
}

/// Registers of a made-up timer.
#[derive(Default)]
struct Registers {
    now: u64,
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

fn any<T: Default>() -> T {
    black_box(T::default())
}

fn moment() -> Instant {
    Instant::from_ticks(any())
}

fn length() -> Duration {
    Duration::from_ticks(any())
}

fn level() -> Level {
    let exact = Level::from_centipercent(any()).unwrap_or_default();
    black_box(exact).max(Level::saturating_from_centipercent(any()))
}

fn polarity() -> Polarity {
    black_box(Polarity::Positive)
}

/// Any settings: of any value, valid or not.
fn settings() -> Settings {
    let curve = if any() {
        Curve::Linear
    } else {
        Curve::Resistive
    };
    let settings = Settings {
        offset_us: any(),
        minimum_delay_us: any(),
        gate_pulse_us: any(),
        end_margin_us: any(),
        coast_half_cycles: any(),
        curve,
        ramp_centipercent_per_second: any(),
        ..Settings::default()
    };
    let _ = black_box(settings.validate());
    black_box(settings)
}

fn timer_settings() -> TimerSettings {
    let settings = TimerSettings {
        lead_us: any(),
        late_limit_us: any(),
    };
    let _ = black_box(settings.validate());
    settings
}

fn burst_settings() -> BurstSettings {
    let settings = BurstSettings {
        unit: if any() {
            BurstUnit::WholeCycle
        } else {
            BurstUnit::HalfCycle
        },
        minimum_on_half_cycles: any(),
    };
    let _ = black_box(settings.validate());
    settings
}

fn edge() -> Edge {
    let kind = if any() {
        EdgeKind::Rising
    } else {
        EdgeKind::Falling
    };
    Edge { at: moment(), kind }
}

#[entry]
fn main() -> ! {
    let mut scheduler = Scheduler::<2>::new(settings());
    let mut mains = Mains::new(&settings());
    let mut gate = TimerGate::<_, 2>::new(Registers::default(), timer_settings());
    let mut burst = Burst::new(burst_settings());
    loop {
        // The optimiser must not follow the state from turn to turn.
        black_box(&mut mains);
        mains.set_settings(&settings());
        mains.edge(edge());
        mains.advance(moment());
        black_box(mains.status());
        black_box(mains.crossing_after(moment()));

        black_box(&mut scheduler);
        scheduler.set_settings(settings());
        scheduler.edge(edge());
        let order = Order {
            level: level(),
            valid_until: moment(),
        };
        let _ = black_box(scheduler.order(any(), order));
        black_box(scheduler.mains().status());
        black_box(scheduler.next_deadline(moment()));

        black_box(&mut burst);
        burst.set_settings(burst_settings());
        black_box(burst.next(level(), polarity()));
        black_box(burst.slot(&settings(), level(), polarity(), length()));

        black_box(curve::delay(level(), length()));
        black_box(Curve::Linear.delay(level(), length()));
        black_box(plan::slot(&settings(), level(), length()));
        black_box(calibration::offset_correction_us(any(), any(), length()));
        let table = CurveTable::<9>::new(any());
        if let Some(table) = &table {
            black_box(table.delay(level(), length()));
            black_box(table.slot(&settings(), level(), length()));
        }

        while let Some(mut half_cycle) = scheduler.plan(moment()) {
            black_box(&mut half_cycle);
            let _ = black_box(burst.apply(&settings(), any(), &mut half_cycle));
            if let Some(table) = &table {
                let _ = black_box(table.apply(&settings(), any(), &mut half_cycle));
            }
            black_box(&mut gate);
            if gate.feed(&half_cycle).is_err() {
                burst.take_back(half_cycle.polarity);
            }
        }
        if scheduler.must_park() {
            gate.park();
        }
        black_box(&mut gate);
        gate.set_settings(timer_settings());
        gate.timer_mut().now = any();
        gate.on_alarm(moment());
        black_box(gate.dropped());

        #[cfg(feature = "planted")]
        black_box([1, 2, 3][any::<usize>()]);
    }
}
