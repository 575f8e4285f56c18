//! The customer's two dimmers on one setpoint: `cargo run -p dimmer-pool --example two_dimmers`.

use dimmer_pool::{Setpoint, Settings, Thresholds};

fn main() {
    let mut first = Thresholds::new(Settings::default(), 2_000);
    let mut second = Thresholds::new(
        Settings {
            start_centipercent: 5_000,
            ..Settings::default()
        },
        2_000,
    );
    println!("setpoint %   first %   second %");
    for setpoint_percent in [0, 25, 50, 75, 100, 150] {
        let setpoint = Setpoint::Centipercent(setpoint_percent * 100);
        let [first, second] = [&mut first, &mut second]
            .map(|member| f64::from(member.share(setpoint).centipercent()) / 100.0);
        println!("{setpoint_percent:>10}   {first:>7.2}   {second:>8.2}");
    }
}
