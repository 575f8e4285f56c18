//! The metrics, held against the grammar of OpenMetrics and of the older text format.
#![expect(
    clippy::unwrap_used,
    reason = "a failed step of a test is a failed test"
)]

mod support;

use std::collections::BTreeSet;

use dimmer_web::{
    Api, Format,
    dimmer::{Event, Health, ResetReason},
    write_metrics,
};
use support::Bench;

/// What is wrong with a text, by the rules of OpenMetrics 1.0 that concern gauges and counters.
fn problems(text: &str, format: Format) -> Vec<String> {
    let open = format == Format::OpenMetrics;
    let mut problems = Vec::new();
    let mut families = BTreeSet::new();
    let mut samples = BTreeSet::new();
    let (mut name, mut kind, mut unit, mut has_help, mut count) =
        (String::new(), String::new(), String::new(), false, 1);
    let mut lines: Vec<&str> = text.split('\n').collect();
    if lines.pop() != Some("") {
        problems.push("no line feed at the end".to_owned());
    }
    if open && lines.pop() != Some("# EOF") {
        problems.push("no # EOF at the end".to_owned());
    }
    for line in lines {
        let words: Vec<&str> = line.splitn(4, ' ').collect();
        match words.as_slice() {
            ["#", "TYPE", family, what] => {
                if count == 0 || (!has_help && !name.is_empty()) {
                    problems.push(format!("{name} has no sample or no help"));
                }
                (name, kind, unit, has_help, count) = (
                    (*family).to_owned(),
                    (*what).to_owned(),
                    String::new(),
                    false,
                    0,
                );
                let is_name = |text: &str| {
                    text.starts_with(|first: char| first.is_ascii_lowercase())
                        && text.chars().all(|letter| {
                            letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_'
                        })
                };
                if !families.insert(name.clone())
                    || !is_name(&name)
                    || !matches!(*what, "gauge" | "counter")
                {
                    problems.push(format!("family: {line}"));
                }
                if open && name.ends_with("_total")
                    || !open && (kind == "counter") != name.ends_with("_total")
                {
                    problems.push(format!("_total belongs to the samples of OpenMetrics, and to the families of the other: {line}"));
                }
            }
            ["#", "UNIT", family, word] => {
                unit = (*word).to_owned();
                if *family != name || !name.ends_with(&format!("_{word}")) || count > 0 || !open {
                    problems.push(format!("unit: {line}"));
                }
            }
            ["#", "HELP", family, help] => {
                has_help = true;
                if *family != name || help.is_empty() || count > 0 {
                    problems.push(format!("help: {line}"));
                }
            }
            _ => {
                count += 1;
                let (sample, value) = line.rsplit_once(' ').unwrap_or((line, ""));
                let (bare, labels) = sample
                    .split_once('{')
                    .map_or((sample, ""), |(bare, labels)| (bare, labels));
                let expected = if open && kind == "counter" {
                    format!("{name}_total")
                } else {
                    name.clone()
                };
                let labels_end = labels.is_empty()
                    || labels.ends_with("\"}")
                        && labels.matches('"').count() - labels.matches("\\\"").count() >= 2;
                if bare != expected
                    || !labels_end
                    || value.parse::<f64>().is_err()
                    || !samples.insert(sample.to_owned())
                {
                    problems.push(format!("sample: {line}"));
                }
                if kind == "counter" && value.starts_with('-') {
                    problems.push(format!("a counter below 0: {line}"));
                }
            }
        }
        let _ = &unit;
    }
    if count == 0 || !has_help {
        problems.push(format!("{name} has no sample or no help"));
    }
    problems
}

fn metrics(bench: &Bench, format: Format) -> String {
    let mut text = String::new();
    write_metrics(&bench.site().api().snapshot(), format, &mut text).unwrap();
    text
}

#[test]
fn both_formats_are_as_their_grammars_want_them() {
    let bench = Bench::new();
    let token = bench.with_password();
    for part in [
        r#"{"name":"Tank \"1\" \\ cellar"}"#,
        r#"{"output":{"rated_watts":20000}}"#,
    ] {
        let (status, answer) = bench.send("PATCH", "/api/v1/config", part, Some(&token));
        assert_eq!(status, 200, "{answer}");
    }
    bench.post("/api/v1/command/power", "33.33", Some(&token));
    for format in [Format::OpenMetrics, Format::Prometheus] {
        let text = metrics(&bench, format);
        assert_eq!(problems(&text, format), [""; 0], "{text}");
        assert!(
            text.contains("solar_dimmer_setpoint_ratio 0.3333\n"),
            "{text}"
        );
        assert!(text.contains(r#"name="Tank \"1\" \\ cellar""#), "{text}");
    }
}

#[test]
fn how_the_board_fares_is_measured_where_it_knows() {
    let bench = Bench::new();
    let before = metrics(&bench, Format::OpenMetrics);
    let names = [
        "solar_dimmer_reset_reason{reason=\"brown_out\"} 1\n",
        "solar_dimmer_free_memory_bytes 60000\n",
        "solar_dimmer_free_stack_bytes 2000\n",
        "solar_dimmer_signal_strength_dbm -61\n",
    ];
    bench.site().api().hear(Event::Health(&Health {
        reset_reason: Some(ResetReason::BrownOut),
        free_memory_bytes: Some(60_000),
        least_free_stack_bytes: Some(2_000),
        signal_dbm: Some(-61),
        ..Health::default()
    }));
    for format in [Format::OpenMetrics, Format::Prometheus] {
        let text = metrics(&bench, format);
        assert_eq!(problems(&text, format), [""; 0], "{text}");
        for sample in names {
            assert!(text.contains(sample), "{sample}");
            let (family, _) = sample.split_once([' ', '{']).unwrap();
            assert!(!before.contains(family), "{family}");
        }
    }
}

#[test]
fn the_format_is_the_one_that_is_understood() {
    let open = "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3";
    assert_eq!(Format::accepted(Some(open)), Format::OpenMetrics);
    assert_eq!(Format::accepted(Some("*/*")), Format::Prometheus);
    assert_eq!(Format::accepted(None), Format::Prometheus);
}

#[test]
fn the_grammar_here_finds_what_is_wrong() {
    let right =
        "# TYPE a_watts gauge\n# UNIT a_watts watts\n# HELP a_watts Help.\na_watts 1\n# EOF\n";
    assert_eq!(problems(right, Format::OpenMetrics), [""; 0]);
    for (from, to) in [
        ("# EOF\n", ""),
        ("# HELP a_watts Help.\n", ""),
        ("UNIT a_watts watts", "UNIT a_watts joules"),
        ("a_watts 1", "b_watts 1"),
        ("a_watts 1", "a_watts one"),
        ("a_watts 1", "a_watts 1\na_watts 2"),
        ("a_watts 1\n", ""),
        ("gauge", "counter"),
        ("a_watts 1", "a_watts{x=\"y} 1"),
        ("gauge", "thing"),
    ] {
        assert!(
            !problems(&right.replace(from, to), Format::OpenMetrics).is_empty(),
            "{to}"
        );
    }
}
