//! The desktop board's program. `cargo xtask sim` starts it.

use std::process::ExitCode;

use clap::Parser;
use dimmer_host::{options::Options, simulation};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let options = Options::parse();
    match simulation::run(&options).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
