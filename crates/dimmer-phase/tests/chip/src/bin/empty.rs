//! Nothing but a loop: what every image holds.
#![no_std]
#![no_main]

use core::hint::black_box;

use dimmer_phase_chip::any;

#[unsafe(no_mangle)]
extern "C" fn _start() -> ! {
    loop {
        black_box(any::<u64>());
    }
}
