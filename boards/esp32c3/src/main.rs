//! The program of the ESP32-C3 board: pins, peripherals and tasks. Everything else is `dimmer-app`, `dimmer-rmt` and the crates below.
#![cfg_attr(target_arch = "riscv32", no_std, no_main)]
// The futures of the page are deep ones.
#![recursion_limit = "256"]

#[cfg(target_arch = "riscv32")]
mod chip;

#[cfg(not(target_arch = "riscv32"))]
fn main() {
    eprintln!(
        "this is firmware for an ESP32-C3: `cargo xtask build esp32c3` builds it, `cargo xtask sim` runs the same dimmer on this desktop"
    );
    std::process::exit(1);
}
