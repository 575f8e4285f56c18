//! Settings as JSON: shown without secrets, and changed by parts.

use dimmer::config::{Config, Valid};

use crate::{Failure, merge::Merge};

/// The longest text of a setting in JSON, with its escapes, bytes.
const TEXT_CAPACITY: usize = 256;

/// Writes the settings without their secrets; returns how many bytes.
///
/// # Errors
/// [`Failure`] when `out` is too small.
pub fn write_config(config: &Valid, out: &mut [u8]) -> Result<usize, Failure> {
    let mut config = Config::clone(config);
    for broker in &mut config.brokers {
        broker.password.clear();
    }
    serde_json_core::to_slice(&config, out).map_err(|_| Failure::too_large())
}

/// The settings with those of `part` laid over them. `one` and `other` are room to work in, each as large as all settings.
///
/// A broker without a password keeps the one that it had, as long as host, port and user stay the same: a password that is stored goes to
/// no other host than it was given for.
///
/// # Errors
/// [`Failure`] names the first setting that is wrong.
pub fn patched(
    config: &Valid,
    part: &[u8],
    one: &mut [u8],
    other: &mut [u8],
) -> Result<Valid, Failure> {
    let part = core::str::from_utf8(part)
        .map_err(|_| Failure::new(422, "", "is not UTF-8", "JSON (RFC 8259, 8.1)"))?;
    let length = write_config(config, one)?;
    let whole = text(one, length);
    let (length, leaves) = Merge::new(other, None).run(whole, part)?;
    let Some(mut changed) = parse(text(other, length)) else {
        return Err(wrong_leaf(whole, part, other, leaves));
    };
    for broker in &mut changed.brokers {
        let known = config.brokers.iter().find(|known| {
            (&known.host, known.port, &known.username)
                == (&broker.host, broker.port, &broker.username)
        });
        if let Some(known) = known.filter(|_| broker.password.is_empty()) {
            broker.password.clone_from(&known.password);
        }
    }
    Ok(changed.validate()?)
}

/// Which of the changed settings is of the wrong kind: each is tried alone.
fn wrong_leaf(whole: &str, part: &str, out: &mut [u8], leaves: usize) -> Failure {
    let mut path = heapless::String::new();
    for leaf in 0..leaves {
        let mut merge = Merge::new(out, Some(leaf));
        let Ok((length, _)) = merge.run(whole, part) else {
            continue;
        };
        path = merge.found;
        if parse(text(out, length)).is_none() {
            break;
        }
    }
    Failure {
        status: 422,
        path,
        problem: "is not of the kind that it must be, is too long, or is no known word",
        expected: "a value as GET /api/v1/config shows it",
    }
}

fn parse(text: &str) -> Option<Config> {
    let mut unescaped = [0; TEXT_CAPACITY];
    let parsed = serde_json_core::from_str_escaped(text, &mut unescaped);
    parsed.ok().map(|(config, _)| config)
}

/// What was written, which is text.
fn text(buffer: &[u8], length: usize) -> &str {
    let bytes = buffer.get(..length).unwrap_or_default();
    core::str::from_utf8(bytes).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use dimmer::config::Broker;
    use std::{boxed::Box, string::String};

    fn with_broker() -> Valid {
        let mut config = Config::default();
        let broker = Broker {
            host: "broker.local".try_into().unwrap(),
            username: "dimmer".try_into().unwrap(),
            password: "hunter2!".try_into().unwrap(),
            ..Broker::default()
        };
        config.brokers.push(broker).unwrap();
        config.validate().unwrap()
    }

    fn patch(config: &Valid, part: &str) -> Result<Valid, Failure> {
        let (mut one, mut other) = (Box::new([0; 6144]), Box::new([0; 6144]));
        patched(config, part.as_bytes(), &mut one[..], &mut other[..])
    }

    fn shown(config: &Valid) -> String {
        let mut out = [0; 6144];
        let length = write_config(config, &mut out).unwrap();
        String::from(text(&out, length))
    }

    #[test]
    fn no_secret_is_shown() {
        let text = shown(&with_broker());
        assert!(!text.contains("hunter2") && text.contains("broker.local"));
    }

    #[test]
    fn what_is_shown_can_be_given_back() {
        let config = with_broker();
        assert_eq!(patch(&config, &shown(&config)).unwrap(), config);
        assert_eq!(patch(&config, "{}").unwrap(), config);
    }

    #[test]
    fn every_setting_fits_at_its_longest() {
        let mut config = with_broker().into_inner();
        config.name = core::iter::repeat_n('n', config.name.capacity()).collect();
        let mut broker = Broker::default();
        for text in [
            &mut broker.host,
            &mut broker.username,
            &mut broker.password,
            &mut broker.client_id,
        ] {
            *text = core::iter::repeat_n('x', text.capacity()).collect();
        }
        config.brokers.clear();
        while config.brokers.push(broker.clone()).is_ok() {}
        config.topics.prefix = core::iter::repeat_n('p', config.topics.prefix.capacity()).collect();
        config.topics.follow = core::iter::repeat_n('f', config.topics.follow.capacity()).collect();
        let config = config.validate().unwrap();
        assert_eq!(patch(&config, &shown(&config)).unwrap(), config);
    }

    #[test]
    fn a_part_changes_what_it_names() {
        let config = with_broker();
        let changed = patch(
            &config,
            r#"{"output":{"rated_watts":1500},"name":"Cave \u00e0 vin"}"#,
        )
        .unwrap();
        assert_eq!(changed.output.rated_watts, 1_500);
        assert_eq!(changed.name, "Cave à vin");
        assert_eq!(changed.brokers, config.brokers);
    }

    #[test]
    fn a_password_stays_with_the_host_that_it_was_given_for() {
        let config = with_broker();
        let brokers = |host: &str, more: &str| {
            let part =
                std::format!(r#"{{"brokers":[{{"host":"{host}","username":"dimmer"{more}}}]}}"#);
            let changed = patch(&config, &part).unwrap();
            changed.brokers[0].password.clone()
        };
        assert_eq!(brokers("broker.local", ""), "hunter2!");
        assert_eq!(brokers("broker.local", r#","keep_alive_s":60"#), "hunter2!");
        assert_eq!(
            brokers("broker.local", r#","password":"new one""#),
            "new one"
        );
        assert_eq!(brokers("evil.example", ""), "");
        assert_eq!(brokers("broker.local", r#","port":1884"#), "");
    }

    #[test]
    fn the_setting_that_is_wrong_is_named() {
        let config = with_broker();
        for (part, path) in [
            (r#"{"output":{"rated_watts":0}}"#, "output.rated_watts"),
            (r#"{"output":{"rated_watts":"many"}}"#, "output.rated_watts"),
            (r#"{"output":{"rated_watts":-1}}"#, "output.rated_watts"),
            (r#"{"output":5}"#, "output"),
            (
                r#"{"language":"fr","topics":{"retain":true,"qos":3}}"#,
                "topics.qos",
            ),
            (r#"{"language":"de"}"#, "language"),
            (
                r#"{"name":"an endless name that does not fit the capacity"}"#,
                "name",
            ),
            (r#"{"brokers":[{"host":""}]}"#, "brokers[0].host"),
            (r#"{"brokers":[{"hots":"x"}]}"#, "brokers"),
            (
                r#"{"safety":{"water_limit_millicelsius":999999}}"#,
                "safety.water_limit_millicelsius",
            ),
            (r#"{"nothing":1}"#, "nothing"),
        ] {
            let failure = patch(&config, part).unwrap_err();
            assert_eq!(
                (failure.path.as_str(), failure.status),
                (path, 422),
                "{part}"
            );
        }
        let mut room = [0; 6144];
        let failure = patched(&config, b"\xff", &mut room, &mut [0; 9]).unwrap_err();
        assert_eq!(failure.problem, "is not UTF-8");
    }
}
