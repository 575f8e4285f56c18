//! Whether a board can start with what is to be said when its image is built: `cargo xtask build` asks this first, as the board itself could only stay off.
//!
//! `DIMMER_BROKER=192.168.1.10 cargo run -p dimmer-board --example built`

use dimmer_board::Built;
use std::{env, process::ExitCode};

fn main() -> ExitCode {
    let [broker, wifi_name, wifi_password] =
        ["DIMMER_BROKER", "DIMMER_WIFI_NAME", "DIMMER_WIFI_PASSWORD"]
            .map(|name| env::var(name).ok());
    let built = Built {
        broker: broker.as_deref(),
        wifi_name: wifi_name.as_deref(),
        wifi_password: wifi_password.as_deref(),
    };
    match built.settings() {
        Ok(_) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
