//! `docs/safety.md` says what the code does: every invariant with tests that exist, every reason, every alarm, the defaults.
#![expect(clippy::unwrap_used, reason = "a test ends at what it did not expect")]

use dimmer_safety::{AlarmKind, ProbeFault, Reason, Settings};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../");

fn read(path: &str) -> String {
    std::fs::read_to_string(format!("{ROOT}{path}")).unwrap()
}

#[test]
fn every_invariant_names_tests_that_exist() {
    let page = read("docs/safety.md");
    let rows: Vec<&str> = page
        .lines()
        .filter(|line| line.starts_with("| I"))
        .collect();
    assert!(rows.len() >= 10);
    for (index, row) in rows.iter().enumerate() {
        assert!(row.starts_with(&format!("| I{} |", index + 1)), "{row}");
        let held_by = row.split('|').nth(3).unwrap();
        let mut waiting = Vec::new();
        let mut found = 0;
        for name in held_by.split('`').skip(1).step_by(2) {
            if !name.contains('/') {
                waiting.push(name);
                continue;
            }
            let source = read(name);
            for test in waiting.drain(..) {
                let definition = format!("fn {test}(");
                let place = source
                    .find(&definition)
                    .unwrap_or_else(|| panic!("{test} is not in {name}"));
                let before = source.get(..place).unwrap().trim_end();
                let is_test =
                    before.ends_with("#[test]") || before.ends_with("#[tokio::test]\nasync");
                assert!(is_test, "{test} is no test");
                found += 1;
            }
        }
        assert!(found > 0 && waiting.is_empty(), "{row}");
    }
}

#[test]
fn every_reason_fault_and_alarm_is_explained_in_the_order_of_the_code() {
    let page = read("docs/safety.md");
    let table = |heading: &str| {
        let section = page.split(heading).nth(1).unwrap();
        let section = section.split("\n## ").next().unwrap();
        section
            .lines()
            .filter(|line| line.starts_with("| `"))
            .flat_map(|line| {
                line.split('|')
                    .nth(1)
                    .unwrap()
                    .split('`')
                    .skip(1)
                    .step_by(2)
            })
            .map(String::from)
            .collect::<Vec<String>>()
    };
    assert_eq!(table("\n## Reasons"), Reason::ALL.map(Reason::as_str));
    assert_eq!(
        table("\n## Faults of a probe"),
        ProbeFault::ALL.map(ProbeFault::as_str)
    );
    let mut alarms = AlarmKind::ALL.map(AlarmKind::as_str);
    let mut explained = table("\n## Alarms");
    alarms.sort_unstable();
    explained.sort_unstable();
    assert_eq!(explained, alarms);
}

#[test]
fn the_defaults_are_those_of_the_code() {
    let page = read("docs/safety.md");
    let section = page.split("\n## Defaults").nth(1).unwrap();
    let settings = Settings::default();
    for (name, value) in [
        (
            "water_limit_millicelsius",
            i64::from(settings.water_limit_millicelsius),
        ),
        (
            "water_resume_millicelsius",
            settings.water_resume_millicelsius.into(),
        ),
        ("water_maximum_age_s", settings.water_maximum_age_s.into()),
        (
            "water_maximum_rate_millicelsius_per_minute",
            settings.water_maximum_rate_millicelsius_per_minute.into(),
        ),
        (
            "setpoint_maximum_age_s",
            settings.setpoint_maximum_age_s.into(),
        ),
        ("mains_maximum_age_ms", settings.mains_maximum_age_ms.into()),
        ("clock_maximum_step_s", settings.clock_maximum_step_s.into()),
    ] {
        assert!(
            section.contains(&format!("`{name}` {value}")),
            "{name} {value}"
        );
    }
    for text in [
        "5 failures",
        "30 s after",
        "3600 s",
        "3000 Wh",
        "9000 Wh",
        "after 60 s",
    ] {
        assert!(page.contains(text), "{text}");
    }
    assert_eq!(
        (
            settings.probe_lost_after_readings,
            settings.probe_lost_after_s,
            settings.probe_lost_critical_after_s,
            settings.heating_energy_watt_hours,
            settings.mains_lost_after_s
        ),
        (5, 30, 3_600, 3_000, 60)
    );
}
