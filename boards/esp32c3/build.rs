//! The linker script of esp-hal. For the chip alone.

fn main() {
    for variable in ["DIMMER_BROKER", "DIMMER_WIFI_NAME", "DIMMER_WIFI_PASSWORD"] {
        println!("cargo:rerun-if-env-changed={variable}");
    }
    if std::env::var("CARGO_CFG_TARGET_ARCH").as_deref() == Ok("riscv32") {
        println!("cargo:rustc-link-arg-bins=-Tlinkall.x");
    }
}
