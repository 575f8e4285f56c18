//! The program of the RP2040 board with a W5500: pins, peripherals and tasks. Everything else is `dimmer-app`, `dimmer-pio` and the crates below.
#![cfg_attr(target_os = "none", no_std, no_main)]
// The page's futures are deep: each layer of the server is one in another.
#![recursion_limit = "256"]

#[cfg(target_os = "none")]
mod chip;

#[cfg(not(target_os = "none"))]
fn main() {
    eprintln!(
        "this is firmware for an RP2040: `cargo xtask build rp2040-w5500` builds it, `cargo xtask sim` runs the same dimmer on this desktop"
    );
    std::process::exit(1);
}
