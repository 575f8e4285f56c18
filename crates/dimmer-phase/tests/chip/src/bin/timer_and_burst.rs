//! One triac behind the timer adapter, which fires by phase or in bursts: all that a chip without a timeline needs.
#![no_std]
#![no_main]

use core::hint::black_box;

use dimmer_phase::{
    Burst, BurstSettings, Gate, Level, Order, Scheduler, Settings, TimerGate, TimerSettings,
};
use dimmer_phase_chip::{Registers, any, edge, moment};

#[unsafe(no_mangle)]
extern "C" fn _start() -> ! {
    let settings = Settings::default();
    let mut scheduler = Scheduler::<1>::new(settings);
    let mut burst = Burst::new(BurstSettings::default());
    let mut gate = TimerGate::<_, 1>::new(Registers::default(), TimerSettings::default());
    loop {
        if any() {
            gate.on_alarm(moment());
            continue;
        }
        if any() {
            scheduler.edge(edge());
        }
        let order = Order {
            level: Level::saturating_from_centipercent(any()),
            valid_until: moment(),
        };
        let _ = scheduler.order(0, order);
        while let Some(mut half_cycle) = scheduler.plan(moment()) {
            let fires = any() && burst.apply(&settings, 0, &mut half_cycle) == Ok(true);
            if gate.feed(&half_cycle).is_err() && fires {
                burst.take_back(half_cycle.polarity);
            }
        }
        if scheduler.must_park() {
            gate.park();
            burst.parked(moment());
        }
        black_box(scheduler.next_deadline(moment()));
    }
}
