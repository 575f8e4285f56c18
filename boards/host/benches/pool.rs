//! Two dimmers on one setpoint, the second of which starts at 50 %: the applied power of both, from the trace.
//!
//! `cargo xtask bench pool`

#[path = "../tests/support/mod.rs"]
mod support;

use std::{thread, time::Duration};

use support::{publish, simulator::Simulator};

fn main() {
    let simulator = Simulator::start(&[
        "--listen",
        "127.0.0.1:0",
        "--count",
        "2",
        "--starts",
        "0,50",
    ]);
    let port = simulator.ready_port();
    simulator.ready();
    let setpoints = [0, 25, 50, 75, 100, 150];
    for setpoint in setpoints {
        publish(port, "solar-dimmer/all/power/set", &setpoint.to_string());
        thread::sleep(Duration::from_secs(2));
    }
    let rows = simulator.into_trace();
    println!("setpoint %  start 0: applied %  delivered %  start 50: applied %  delivered %");
    for setpoint in setpoints {
        let last = |dimmer: &str| {
            let row = rows.iter().rev().find(|row| {
                row.dimmer == dimmer && row.setpoint_percent == Some(f64::from(setpoint))
            });
            row.map_or((f64::NAN, f64::NAN), |row| {
                (row.applied_percent, row.delivered_percent)
            })
        };
        let (first, second) = (last("020000000001"), last("020000000002"));
        println!(
            "{setpoint:10}  {:18}  {:11.2}  {:19}  {:11.2}",
            first.0, first.1, second.0, second.1
        );
    }
}
