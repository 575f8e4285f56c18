//! The smallest use: one triac, edges in, half-cycles out to hardware of the chip's own.
#![no_std]
#![no_main]

#[unsafe(no_mangle)]
extern "C" fn _start() -> ! {
    dimmer_phase_chip::dim::<1>()
}
