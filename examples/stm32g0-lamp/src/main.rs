//! A lamp dimmer with a knob, on a Nucleo-G071RB: somebody else's design, which takes dimmer-phase alone.
//!
//! Three futures share one thread. The detector's time-stamps its edges; the planner's gives them to the scheduler, reads the knob and
//! plans; the gate's switches the pin when its alarm is due. The planner gives way to the gate, because on one thread what computes makes
//! pulses late.
#![no_std]
#![no_main]

mod chip;

use core::cell::RefCell;

use chip::{Chip, now, until};
use dimmer_phase::{
    CurveTable, Duration, Edge, EdgeKind, Gate, Instant, Level, MainsState, Order, Scheduler,
    Settings, TimerGate, TimerSettings,
};
use embassy_executor::Spawner;
use embassy_futures::join::join3;
use embassy_futures::select::{Either, select};
use embassy_stm32::adc::{Adc, SampleTime};
use embassy_stm32::exti::{self, ExtiInput};
use embassy_stm32::gpio::{Level as Pin, Output, Pull, Speed};
use embassy_stm32::wdg::IndependentWatchdog;
use embassy_stm32::{bind_interrupts, interrupt};
use embassy_sync::blocking_mutex::raw::NoopRawMutex;
use embassy_sync::channel::Channel;
use embassy_sync::signal::Signal;

bind_interrupts!(struct Interrupts {
    EXTI4_15 => exti::InterruptHandler<interrupt::typelevel::EXTI4_15>;
});

/// For the eye: power rises with the square of the knob's angle. Delays in 1/65536 of the half-period.
static LAMP: CurveTable<17> = match CurveTable::new([
    65_535, 60_002, 56_687, 53_836, 51_212, 48_715, 46_282, 43_870, 41_443, 38_963, 36_388, 33_665,
    30_713, 27_403, 23_473, 18_207, 0,
]) {
    Ok(table) => table,
    Err(_) => panic!("a delay is longer than the one before it"),
};

/// The planner keeps still when the gate has to switch within this time: longer than its own longest work, which is about 41,000
/// instructions at 64 MHz, some of two cycles.
const GIVE_WAY: Duration = Duration::from_ticks(1_200);

/// A processor that does not plan for so long is reset, which switches its pins off.
const WATCHDOG_US: u32 = 50_000;

/// A panic is a reset: the pins float, and the gate driver's resistor holds the lamp off.
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    cortex_m::peripheral::SCB::sys_reset()
}

#[embassy_executor::main]
async fn main(_spawner: Spawner) {
    let board = embassy_stm32::init(chip::at_64_megahertz());
    let pin = Output::new(board.PB5, Pin::Low, Speed::Low);
    let mut light = Output::new(board.PA5, Pin::Low, Speed::Low);
    let mut detector = ExtiInput::new(board.PA10, board.EXTI10, Pull::Up, Interrupts);
    let mut knob = (Adc::new(board.ADC1), board.PA0);
    let mut watchdog = IndependentWatchdog::new(board.IWDG, WATCHDOG_US);
    watchdog.unleash();

    let settings = Settings {
        // Of your detector: docs/phase-control.md says how it is found.
        offset_us: 0,
        // From off to full in half a second.
        ramp_centipercent_per_second: 20_000,
        ..Settings::default()
    };
    let timer_settings = TimerSettings {
        // From the timer's interrupt to the pin, by way of the executor.
        lead_us: 8,
        ..TimerSettings::default()
    };
    let alarm = Signal::<NoopRawMutex, Option<Instant>>::new();
    let gate = RefCell::new(TimerGate::<_, 1>::new(
        Chip::new(pin, &alarm),
        timer_settings,
    ));
    let edges = Channel::<NoopRawMutex, Edge, 16>::new();

    let detect = async {
        loop {
            detector.wait_for_any_edge().await;
            let at = now();
            let kind = if detector.is_high() {
                EdgeKind::Rising
            } else {
                EdgeKind::Falling
            };
            // When nobody has taken sixteen edges there is no plan either: the tracker notices that they are missing.
            let _ = edges.try_send(Edge { at, kind });
        }
    };

    let plan = async {
        let mut scheduler = Scheduler::<1>::new(settings);
        loop {
            let deadline = scheduler.next_deadline(now());
            let edge = match select(edges.receive(), until(deadline)).await {
                Either::First(edge) => Some(edge),
                Either::Second(()) => None,
            };
            if let Some(edge) = edge {
                scheduler.edge(edge);
            }
            // All that wait, before the plan: a mark that is still in the queue would count as missing.
            while let Ok(edge) = edges.try_receive() {
                scheduler.edge(edge);
            }
            if scheduler.must_park() {
                gate.borrow_mut().park();
            }
            give_way(&gate).await;
            let (adc, input) = &mut knob;
            let reading = adc.blocking_read(input, SampleTime::CYCLES79_5);
            let order = Order {
                level: level_of(reading),
                valid_until: later(now(), Duration::from_ticks(100_000)),
            };
            // There is a channel 0.
            let _ = scheduler.order(0, order);
            while let Some(mut half_cycle) = scheduler.plan(now()) {
                let _ = LAMP.apply(&settings, 0, &mut half_cycle);
                // A half-cycle that the gate cannot take is not fired. The next one will be, softly.
                if gate.borrow_mut().feed(&half_cycle).is_err() {
                    scheduler.refused();
                }
            }
            // After the plan, which may be what noticed a loss.
            if scheduler.must_park() {
                gate.borrow_mut().park();
            }
            light.set_level((scheduler.mains().status().state == MainsState::Locked).into());
            watchdog.pet();
        }
    };

    let fire = async {
        let mut due = None;
        loop {
            let alarm_rings = async {
                match due {
                    Some(at) => until(at).await,
                    None => core::future::pending().await,
                }
            };
            match select(alarm.wait(), alarm_rings).await {
                Either::First(next) => due = next,
                Either::Second(()) => {
                    due = None;
                    gate.borrow_mut().on_alarm(now());
                }
            }
        }
    };

    // The gate's is looked at first whenever the thread wakes.
    join3(fire, detect, plan).await;
}

/// Waits while the gate is about to switch.
async fn give_way(gate: &RefCell<TimerGate<Chip<'_>, 1>>) {
    // A pulse has two ends: after both the next is in the next half-cycle.
    for _ in 0..2 {
        let alarm = gate.borrow().timer().alarm();
        match alarm {
            Some(at) if at <= later(now(), GIVE_WAY) => {
                until(later(at, Duration::from_ticks(20))).await;
            }
            _ => return,
        }
    }
}

/// Twelve bits of a potentiometer. Its last two percent at the lower end are off.
fn level_of(reading: u16) -> Level {
    let centipercent = u32::from(reading).saturating_mul(10_000) / 4_095;
    if centipercent < 200 {
        return Level::OFF;
    }
    Level::saturating_from_centipercent(u16::try_from(centipercent).unwrap_or(u16::MAX))
}

fn later(at: Instant, by: Duration) -> Instant {
    at.checked_add_duration(by)
        .unwrap_or(Instant::from_ticks(u64::MAX))
}
