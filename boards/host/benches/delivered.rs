//! What the triac lets through for what was asked, from the trace: ten setpoints at 50 and 60 Hz, each published with
//! `mosquitto_pub` to the broker in the simulator's process.
//!
//! `cargo xtask bench delivered`

#[path = "../tests/support/mod.rs"]
mod support;

use std::{thread, time::Duration};

use support::{Subscriber, publish, simulator::Simulator, trace::plateaus};

const SETPOINTS: [f64; 10] = [5.0, 12.34, 25.0, 33.3, 42.5, 50.0, 66.7, 75.0, 90.0, 99.5];
const TOPIC: &str = "solar-dimmer/020000000001/power/set";

fn main() {
    println!(
        "Delivered power, integrated from the simulated waveform; half-cycles from the second after a change on.\n"
    );
    println!(
        "mains  asked %  half-cycles  mean %   worst error, points  first half-cycle's error, points"
    );
    for mains in ["50", "60"] {
        let simulator = Simulator::start(&["--listen", "127.0.0.1:0", "--mains", mains]);
        let port = simulator.ready_port();
        let reader = Subscriber::to(port, "solar-dimmer/#");
        for setpoint in SETPOINTS {
            publish(port, TOPIC, &setpoint.to_string());
            reader.payload("/power/applied", |applied| applied == setpoint.to_string());
            thread::sleep(Duration::from_secs(2));
        }
        let rows = simulator.into_trace();
        for plateau in plateaus(&rows)
            .filter(|plateau| plateau.first().is_some_and(|row| row.applied_percent > 0.0))
        {
            let Some((first, settled)) = plateau.split_first() else {
                continue;
            };
            let asked = first.applied_percent;
            let mut count = 0u32;
            let mut sum = 0.0;
            let mut worst = 0.0_f64;
            for row in settled {
                count += 1;
                sum += row.delivered_percent;
                worst = worst.max((row.delivered_percent - asked).abs());
            }
            println!(
                "{mains} Hz  {asked:7}  {count:11}  {:7.3}  {worst:19.3}  {:+.3}",
                sum / f64::from(count),
                first.delivered_percent - asked
            );
        }
    }
}
