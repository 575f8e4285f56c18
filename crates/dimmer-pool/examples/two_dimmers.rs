//! The customer's two dimmers on one setpoint: `cargo run -p dimmer-pool --example two_dimmers`.
//!
//! Prints the table of the README, which a test compares with it.

use dimmer_pool::{Setpoint, Settings, Thresholds};

fn main() {
    print!("{}", table());
}

/// The table, as Markdown.
fn table() -> String {
    let mut table = String::from(
        "| setpoint | first, start 0 % | second, start 50 % | total |\n|---|---|---|---|\n",
    );
    let settings = [0, 5_000].map(|start_centipercent| Settings {
        start_centipercent,
        ..Settings::default()
    });
    let mut dimmers = settings.map(|settings| Thresholds::new(settings, 2_000));
    for setpoint_percent in [0, 25, 50, 75, 100, 150] {
        let setpoint = Setpoint::Centipercent(setpoint_percent * 100);
        let shares = dimmers.each_mut().map(|dimmer| dimmer.share(setpoint));
        let watts: u32 = shares.iter().map(|share| share.watts(2_000)).sum();
        let [first, second] = shares.map(|share| {
            if share.is_off() {
                "off".to_owned()
            } else {
                format!("{} %", f64::from(share.centipercent()) / 100.0)
            }
        });
        table += &format!("| {setpoint_percent} % | {first} | {second} | {watts} W |\n");
    }
    table
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_readme_shows_this_table() {
        assert!(include_str!("../README.md").contains(&super::table()));
    }
}
