//! A trace as the simulator writes it.

use std::path::Path;

/// One half-cycle.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    pub time_s: f64,
    pub dimmer: String,
    pub setpoint_percent: Option<f64>,
    pub applied_percent: f64,
    pub delivered_percent: f64,
    pub delivered_watts: f64,
    pub temperature_celsius: f64,
    pub reason: String,
}

impl Row {
    pub fn read(path: &Path) -> Vec<Self> {
        let text = std::fs::read_to_string(path).unwrap();
        let mut lines = text.lines();
        assert_eq!(
            lines.next(),
            Some(
                "time_s,dimmer,setpoint_percent,applied_percent,delivered_percent,delivered_watts,temperature_celsius,reason"
            )
        );
        lines.map(Self::parse).collect()
    }

    fn parse(line: &str) -> Self {
        let fields: Vec<_> = line.split(',').collect();
        let number = |index: usize| {
            fields[index]
                .parse()
                .unwrap_or_else(|_| panic!("field {index} of {line}"))
        };
        Self {
            time_s: number(0),
            dimmer: fields[1].to_owned(),
            setpoint_percent: fields[2].parse().ok(),
            applied_percent: number(3),
            delivered_percent: number(4),
            delivered_watts: number(5),
            temperature_celsius: number(6),
            reason: fields[7].to_owned(),
        }
    }
}

/// The half-cycles for which one setpoint was applied without a break, one slice for each change.
pub fn plateaus(rows: &[Row]) -> impl Iterator<Item = &[Row]> {
    rows.chunk_by(|one, next| one.applied_percent == next.applied_percent)
}
