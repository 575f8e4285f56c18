//! As `one_channel`, with three triacs.
#![no_std]
#![no_main]

#[unsafe(no_mangle)]
extern "C" fn _start() -> ! {
    dimmer_phase_chip::dim::<3>()
}
