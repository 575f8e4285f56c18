//! The house around the dimmers, over real MQTT; nothing but the program itself is needed.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a failed step of a test is a failed test"
)]

mod support;

use support::simulator::Simulator;

const THREE_TANKS: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../examples/three-tanks.toml"
);

/// One step of the house, as the trace has it.
struct Step {
    time_s: f64,
    produced_watts: f64,
    used_watts: f64,
    diverted_watts: f64,
    grid_watts: f64,
    setpoint_watts: f64,
}

fn house_trace(text: &str) -> Vec<Step> {
    let mut lines = text.lines();
    assert_eq!(
        lines.next(),
        Some(
            "time_s,second_of_day,produced_watts,used_watts,diverted_watts,grid_watts,setpoint_watts"
        )
    );
    lines
        .map(|line| {
            let numbers: Vec<f64> = line
                .split(',')
                .map(|field| field.parse().unwrap())
                .collect();
            let [
                time_s,
                _,
                produced_watts,
                used_watts,
                diverted_watts,
                grid_watts,
                setpoint_watts,
            ] = numbers[..]
            else {
                panic!("seven columns: {line}")
            };
            Step {
                time_s,
                produced_watts,
                used_watts,
                diverted_watts,
                grid_watts,
                setpoint_watts,
            }
        })
        .collect()
}

#[test]
fn one_command_shows_a_house_dividing_its_sun_among_three_tanks() {
    let simulator = Simulator::start(&[
        "--listen",
        "127.0.0.1:0",
        "--pool",
        THREE_TANKS,
        "--house",
        "--house-start",
        "13:30",
        "--speed",
        "20",
    ]);
    simulator.ready();
    // The router has found the surplus when two tanks are warmed; the first one first.
    support::wait_for("the heaters to take the surplus", || {
        let text = std::fs::read_to_string(simulator.house_trace_file()).ok()?;
        // The last line may be half written.
        let whole = text.rsplit_once('\n')?.0;
        let steps = house_trace(whole);
        let last = steps.get(steps.len().checked_sub(20)?..)?;
        let takes_all =
            |step: &Step| step.diverted_watts > 0.9 * (step.produced_watts - step.used_watts);
        last.iter().all(takes_all).then_some(())
    });
    let mut simulator = simulator;
    assert!(simulator.interrupt().success());
    let lines = simulator.lines.rest();
    let summary = lines.iter().find(|line| line.contains("produced")).unwrap();
    assert!(
        summary.contains("diverted") && summary.ends_with("kWh"),
        "{summary}"
    );

    let text = std::fs::read_to_string(simulator.house_trace_file()).unwrap();
    let steps = house_trace(&text);
    // Each value is rounded to a tenth of a watt.
    for step in &steps {
        let grid_watts = step.used_watts + step.diverted_watts - step.produced_watts;
        assert!(
            (step.grid_watts - grid_watts).abs() < 0.21,
            "at {} s",
            step.time_s
        );
        assert!((0.0..=4_500.0).contains(&step.setpoint_watts));
    }
    let house_joules: f64 = steps
        .windows(2)
        .map(|pair| pair[1].diverted_watts * (pair[1].time_s - pair[0].time_s))
        .sum();
    let rows = simulator.into_trace();
    let end_s = steps.last().unwrap().time_s;
    // A half-cycle at 50 Hz.
    let heaters_joules: f64 = rows
        .iter()
        .filter(|row| row.time_s <= end_s)
        .map(|row| row.delivered_watts * 0.01)
        .sum();
    // The house sees what the heaters take, but for what it sees a step later.
    assert!(heaters_joules > 5_000.0);
    assert!(
        (house_joules - heaters_joules).abs() < 0.02 * heaters_joules + 500.0,
        "{house_joules} J and {heaters_joules} J"
    );
    let warmed = |id: &str| -> f64 {
        let of = rows.iter().filter(|row| row.dimmer == id);
        of.map(|row| row.delivered_watts * 0.01).sum()
    };
    assert!(
        warmed("020000000001") > warmed("020000000002"),
        "the first tank is warmed first"
    );
}

#[test]
fn without_a_terminal_the_house_is_a_line_now_and_then_and_is_told_at_the_end() {
    let simulator = Simulator::start(&[
        "--listen",
        "127.0.0.1:0",
        "--house",
        "--house-start",
        "00:00",
        "--view",
        "live",
        "--for",
        "2",
    ]);
    let (status, lines, errors) = simulator.end();
    assert!(status.success(), "{errors:?}");
    let summary = lines.last().unwrap();
    assert!(
        summary.contains("house 00:00  roof 0W") && summary.contains("diverted 0.00"),
        "{lines:?}"
    );
}

#[test]
fn a_house_that_cannot_be_is_refused() {
    for (arguments, code, words) in [
        (&["--house-start", "noon"][..], 2, "time of day"),
        (
            &["--house-sky", "rainy"],
            2,
            "possible values: clear, cloudy",
        ),
        (&["--view", "loud"], 2, "possible values: live, line, plain"),
        (
            &["--pool", "nowhere.toml"],
            1,
            "nowhere.toml cannot be read",
        ),
    ] {
        let (status, _, errors) = Simulator::start(arguments).end();
        assert_eq!(status.code(), Some(code), "{arguments:?}: {errors:?}");
        assert!(
            errors.join("\n").contains(words),
            "{arguments:?}: {errors:?}"
        );
    }
}
