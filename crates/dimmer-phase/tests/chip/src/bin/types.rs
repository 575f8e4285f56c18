//! Statics as large as the crate's types are on this chip: their symbols tell it.
#![no_std]
#![no_main]

use core::hint::black_box;
use core::mem::size_of;

use dimmer_phase::{Burst, Mains, Scheduler, TimerGate};
use dimmer_phase_chip::Registers;

/// Without the registers of the made-up timer, which are not the crate's.
const GATE_1: usize = size_of::<TimerGate<Registers, 1>>() - size_of::<Registers>();

#[unsafe(no_mangle)]
static SIZE_MAINS: [u8; size_of::<Mains>()] = [1; _];
#[unsafe(no_mangle)]
static SIZE_SCHEDULER_1: [u8; size_of::<Scheduler<1>>()] = [1; _];
#[unsafe(no_mangle)]
static SIZE_SCHEDULER_3: [u8; size_of::<Scheduler<3>>()] = [1; _];
#[unsafe(no_mangle)]
static SIZE_BURST: [u8; size_of::<Burst>()] = [1; _];
#[unsafe(no_mangle)]
static SIZE_TIMER_GATE_1: [u8; GATE_1] = [1; _];

#[unsafe(no_mangle)]
extern "C" fn _start() -> ! {
    loop {
        black_box(&SIZE_MAINS);
        black_box(&SIZE_SCHEDULER_1);
        black_box(&SIZE_SCHEDULER_3);
        black_box(&SIZE_BURST);
        black_box(&SIZE_TIMER_GATE_1);
    }
}
