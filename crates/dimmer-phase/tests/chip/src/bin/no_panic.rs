//! Calls everything in dimmer-phase, with values and states of which the compiler knows nothing: what can panic for any of them stays in
//! the image. `tests/no_panic.rs` builds it, and looks.
#![no_std]
#![no_main]

use core::hint::black_box;

use dimmer_phase::{
    Burst, BurstSettings, BurstUnit, Curve, CurveTable, Gate, Level, Mains, Order, Polarity,
    Scheduler, Settings, TimerGate, TimerSettings, calibration, curve, plan,
};
use dimmer_phase_chip::{Registers, any, edge, length, moment};

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
        soft_start_half_cycles: any(),
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

/// The tracker alone.
fn track(mains: &mut Mains) {
    black_box(&mut *mains);
    mains.set_settings(&settings());
    mains.edge(edge());
    mains.advance(moment());
    black_box(mains.status());
    black_box(mains.crossing_after(moment()));
}

/// Curves, plans and arithmetic that need no state.
fn compute() {
    black_box(curve::delay(level(), length()));
    let curve = settings().curve;
    black_box(curve.delay(level(), length()));
    black_box(plan::slot(&settings(), level(), length()));
    black_box(calibration::offset_correction_us(any(), any(), length()));
    black_box(level().centipercent());
}

fn interpolate<const POINTS: usize>(table: &CurveTable<POINTS>) {
    black_box(table.delays());
    black_box(table.delay(level(), length()));
    black_box(table.slot(&settings(), level(), length()));
}

/// Everything else, with so many triacs.
struct Dimmer<const CHANNELS: usize> {
    scheduler: Scheduler<CHANNELS>,
    burst: Burst,
    gate: TimerGate<Registers, CHANNELS>,
}

impl<const CHANNELS: usize> Dimmer<CHANNELS> {
    fn new() -> Self {
        Self {
            scheduler: Scheduler::new(settings()),
            burst: Burst::new(burst_settings()),
            gate: TimerGate::new(Registers::default(), timer_settings()),
        }
    }

    fn turn(&mut self, table: Option<&CurveTable<9>>) {
        // The optimiser must not follow the state from turn to turn.
        black_box(&mut *self);
        let scheduler = &mut self.scheduler;
        scheduler.set_settings(settings());
        let _ = black_box(scheduler.settings().validate());
        scheduler.edge(edge());
        let order = Order {
            level: level(),
            valid_until: moment(),
        };
        let _ = black_box(scheduler.order(any(), order));
        black_box(scheduler.mains().status());
        black_box(scheduler.next_deadline(moment()));

        black_box(&mut self.burst);
        self.burst.set_settings(burst_settings());
        black_box(self.burst.next(level(), polarity()));
        black_box(self.burst.slot(&settings(), level(), polarity(), length()));
        self.burst.take_back(polarity());

        while let Some(mut half_cycle) = self.scheduler.plan(moment()) {
            if any() {
                self.scheduler.refused();
            }
            black_box(&mut half_cycle);
            let _ = black_box(self.burst.apply(&settings(), any(), &mut half_cycle));
            if let Some(table) = table {
                let _ = black_box(table.apply(&settings(), any(), &mut half_cycle));
            }
            black_box(&mut self.gate);
            let _ = black_box(self.gate.feed(&half_cycle));
        }
        if black_box(self.scheduler.must_park()) {
            self.gate.park();
            self.burst.parked(moment());
        }
        black_box(&mut self.gate);
        self.gate.set_settings(timer_settings());
        self.gate.timer_mut().now = any();
        self.gate.on_alarm(moment());
        black_box(self.gate.timer());
        black_box(self.gate.dropped());
    }
}

#[unsafe(no_mangle)]
extern "C" fn _start() -> ! {
    let mut mains = Mains::new(&settings());
    let mut one = Dimmer::<1>::new();
    let mut three = Dimmer::<3>::new();
    loop {
        track(&mut mains);
        compute();
        if let Ok(table) = &CurveTable::<2>::new(any()) {
            interpolate(table);
        }
        let table = black_box(CurveTable::<9>::new(any())).ok();
        if let Some(table) = &table {
            interpolate(table);
        }
        one.turn(table.as_ref());
        three.turn(table.as_ref());

        #[cfg(feature = "planted")]
        black_box([1, 2, 3][any::<usize>()]);
    }
}
