//! Settings that are changed by messages, one after the other: a value that is accepted lies in its range and on its grid and is the one
//! that was written; with it the configuration is valid, or refused and as it was.
//!
//! Each line is a message: the first byte says which setting, the rest is the payload.

use dimmer_config::{TUNABLES, Valid};
use dimmer_topics::{COMMAND_PAYLOAD_CAPACITY, RefusalKind, Subject, Tunable, TunableKind};

use crate::opinion::{json, scaled};

/// More lines than this show nothing new.
const MOST_LINES: usize = 30;

pub(crate) fn run(input: &[u8]) {
    let mut config = Valid::defaults();
    for line in input.split(|byte| *byte == b'\n').take(MOST_LINES) {
        let Some((&which, payload)) = line.split_first() else {
            continue;
        };
        // `a` is the first.
        let place = usize::from(which.wrapping_sub(b'a')) % TUNABLES.len();
        if let Some(value) = read(&TUNABLES[place], payload) {
            config = changed(config, place, value);
        }
    }
}

fn read(tunable: &Tunable, payload: &[u8]) -> Option<i32> {
    let retained = tunable.parse(payload, true);
    let retained = retained.expect_err("a retained value was taken");
    assert_eq!(retained.kind(), RefusalKind::Retained);
    let too_long = payload.len() > COMMAND_PAYLOAD_CAPACITY;
    match tunable.parse(payload, false) {
        Ok(value) => {
            assert!(!too_long);
            assert!(is_value(tunable, value, payload), "{value}");
            Some(value)
        }
        Err(refusal) => {
            assert_eq!(refusal.subject(), Subject::Config);
            let kind = refusal.kind();
            assert_eq!(kind == RefusalKind::TooLong, too_long);
            assert!(!refusal.text().is_empty());
            assert!(too_long || !is_in_range(tunable, payload), "{kind:?}");
            None
        }
    }
}

/// What was written, × 10^decimals.
fn written(payload: &[u8], decimals: u8) -> Option<f64> {
    let value = json(payload)?;
    scaled(value.as_number()?, 10_f64.powi(decimals.into()))
}

fn is_value(tunable: &Tunable, value: i32, payload: &[u8]) -> bool {
    match tunable.kind {
        TunableKind::Number {
            decimals,
            minimum,
            maximum,
            step,
            ..
        } => {
            let written = written(payload, decimals).expect("accepted what is no number");
            let off = (written - f64::from(value)).abs();
            // Rounded twice: to a whole number, and to the grid. At its end only the value below is there.
            let is_near = off <= f64::from(step) / 2.0 + 0.5 || value > maximum - step;
            let is_there = (minimum..=maximum).contains(&value) && (value - minimum) % step == 0;
            is_there && is_near && off <= f64::from(step) + 0.5
        }
        TunableKind::Choice(options) => {
            let place = usize::try_from(value).expect("it is a place");
            is_word(payload, options[place])
        }
        TunableKind::Switch => ["OFF", "ON"].iter().zip(0..).any(|(word, place)| {
            let is_it = is_word(payload, word) || is_word(payload, &word.to_ascii_lowercase());
            value == place && is_it
        }),
    }
}

fn is_word(payload: &[u8], word: &str) -> bool {
    let text = str::from_utf8(payload).unwrap_or_default();
    text.trim_matches([' ', '\t', '\n', '\r']) == word
}

/// Whether this is a value beyond doubt.
fn is_in_range(tunable: &Tunable, payload: &[u8]) -> bool {
    match tunable.kind {
        TunableKind::Number {
            decimals,
            minimum,
            maximum,
            ..
        } => written(payload, decimals)
            .is_some_and(|value| (f64::from(minimum)..=f64::from(maximum)).contains(&value)),
        TunableKind::Choice(options) => options.iter().any(|option| is_word(payload, option)),
        TunableKind::Switch => ["ON", "on", "OFF", "off"]
            .iter()
            .any(|word| is_word(payload, word)),
    }
}

/// The configuration with this value, or as it was.
fn changed(config: Valid, place: usize, value: i32) -> Valid {
    match config.with_tunable(place, value) {
        Ok(changed) => {
            let mut expected = config.tunables();
            expected[place] = value;
            assert_eq!(changed.tunables(), expected);
            crate::config_stored::check(&changed);
            changed
        }
        Err(invalid) => {
            assert!(!invalid.field.is_empty() && !invalid.to_string().is_empty());
            assert_ne!(config.tunables()[place], value, "refused as it is");
            config
        }
    }
}
