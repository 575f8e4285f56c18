//! The linker script of cortex-m-rt. `memory.x` comes from embassy-stm32.

fn main() {
    println!("cargo:rustc-link-arg-bins=-Tlink.x");
    println!("cargo:rustc-link-arg-bins=--nmagic");
}
