//! What comes in, by its topic.

use super::{Settings, TUNABLES, topics, with_hubs, with_tunables};
use crate::{
    Answer, Boost, Command, CommandName, Incoming, PAYLOAD_CAPACITY, PowerCommand, RefusalKind,
    Setpoint, Subject, Topics, Trigger,
};

/// Everything that comes to one dimmer alone.
pub(super) const ALL: [Incoming; 11] = [
    Incoming::PowerSet,
    Incoming::AlarmReset,
    Incoming::Boost,
    Incoming::Switch,
    Incoming::Trigger(Trigger::Sync),
    Incoming::Trigger(Trigger::Reload),
    Incoming::Trigger(Trigger::Restart),
    Incoming::Trigger(Trigger::SearchProbes),
    Incoming::Configure(0),
    Incoming::Configure(1),
    Incoming::Configure(2),
];

fn own(path: &str) -> std::string::String {
    std::format!("solar-dimmer/a1b2c3d4e5f6/{path}")
}

fn told(topics: &Topics, path: &str, payload: &str) -> Option<Result<Command, RefusalKind>> {
    let read = topics.command(&own(path), payload.as_bytes(), false);
    read.map(|read| read.map_err(|refusal| refusal.kind()))
}

#[test]
fn every_command_has_a_topic_by_which_it_is_recognized_and_a_name() {
    let topics = with_tunables(&Settings::default());
    let all = topics
        .subscriptions()
        .find(|subscription| subscription.topic.ends_with("/#"));
    let all = all.unwrap().topic;
    for incoming in ALL {
        let topic = topics.command_topic(incoming);
        assert_eq!(topics.incoming(&topic), Some(incoming), "{topic}");
        assert!(incoming.command_name().is_some());
        let is_subscribed = topics
            .subscriptions()
            .any(|subscription| subscription.topic == topic)
            || topic.starts_with(all.trim_end_matches('#'));
        assert!(is_subscribed, "{topic}");
    }
    for incoming in [
        Incoming::Followed,
        Incoming::HomeAssistantStatus,
        Incoming::Domoticz,
    ] {
        assert_eq!(topics.command_topic(incoming), "");
    }
}

#[test]
fn a_command_is_read_into_its_type() {
    let topics = with_tunables(&Settings::default());
    for (path, payload, command) in [
        ("power/set", "ON", Command::Power(PowerCommand::On)),
        (
            "power/set",
            "42.5",
            Command::Power(PowerCommand::Setpoint(Setpoint::Centipercent(4250))),
        ),
        (
            "command/boost",
            "60",
            Command::Boost(Boost::Start {
                minutes: 60,
                centipercent: None,
            }),
        ),
        ("command/switch", "OFF", Command::Switch(false)),
        ("command/sync", "PRESS", Command::Sync),
        ("command/reload", "reload", Command::Reload),
        ("command/restart", "restart", Command::Restart),
        (
            "command/search_probes",
            "search_probes",
            Command::SearchProbes,
        ),
        ("reset/alarm", "reset", Command::ResetAlarms),
        (
            "command/config/water_limit",
            "60.5",
            Command::Configure {
                index: 0,
                value: 60_500,
            },
        ),
        (
            "command/config/language",
            "fr",
            Command::Configure { index: 1, value: 1 },
        ),
        (
            "command/config/lamp",
            "OFF",
            Command::Configure { index: 2, value: 0 },
        ),
    ] {
        assert_eq!(told(&topics, path, payload), Some(Ok(command)), "{path}");
        let retained = topics
            .command(&own(path), payload.as_bytes(), true)
            .unwrap();
        assert_eq!(
            retained.unwrap_err().kind(),
            RefusalKind::Retained,
            "{path}"
        );
        let incoming = topics.incoming(&own(path)).unwrap();
        assert_eq!(incoming.command_name(), Some(command.name()), "{path}");
    }
}

#[test]
fn a_misspelt_command_is_refused_and_what_is_no_command_is_not() {
    let topics = with_tunables(&with_hubs());
    for path in [
        "command/bost",
        "command/config/nothing",
        "command/config/",
        "command/",
        "command/boost/x",
    ] {
        assert_eq!(
            told(&topics, path, "1"),
            Some(Err(RefusalKind::UnknownCommand)),
            "{path}"
        );
        assert_eq!(
            topics.incoming(&own(path)).unwrap().command_name(),
            Some(CommandName::Unknown)
        );
    }
    for path in [
        "state",
        "config/water_limit",
        "command",
        "commands/boost",
        "",
    ] {
        assert_eq!(told(&topics, path, "1"), None, "{path}");
    }
    for topic in ["domoticz/out", "homeassistant/status", "other", ""] {
        assert_eq!(topics.command(topic, b"1", false), None, "{topic}");
    }
    assert_eq!(topics.incoming("domoticz/out"), Some(Incoming::Domoticz));
}

#[test]
fn a_table_of_settings_that_cannot_be_told_apart_is_refused() {
    let refused = |table: &'static [_]| topics(&Settings::default()).with_tunables(table).is_err();
    assert!(!refused(&TUNABLES));
    assert!(refused([TUNABLES[0]; 2].to_vec().leak()));
    let many: std::vec::Vec<_> = (0..17)
        .map(|number| crate::Tunable {
            name: std::format!("n{number}").leak(),
            ..TUNABLES[0]
        })
        .collect();
    assert!(refused(many.clone().leak()));
    assert!(!refused(&many.leak()[..16]));
}

fn written(answer: Answer) -> std::string::String {
    let mut buffer = [0; PAYLOAD_CAPACITY];
    let length = answer.write(&mut buffer).unwrap();
    std::string::String::from_utf8(buffer[..length].to_vec()).unwrap()
}

#[test]
fn an_answer_says_what_was_done() {
    let boost = |minutes| {
        Command::Boost(Boost::Start {
            minutes,
            centipercent: None,
        })
    };
    for (command, text) in [
        (
            Command::Power(PowerCommand::Setpoint(Setpoint::Centipercent(4250))),
            "{\"command\":\"power\",\"applied\":42.5,\"unit\":\"%\"}",
        ),
        (
            Command::Power(PowerCommand::Setpoint(Setpoint::Watts(900))),
            "{\"command\":\"power\",\"applied\":900,\"unit\":\"W\"}",
        ),
        (
            Command::Power(PowerCommand::On),
            "{\"command\":\"power\",\"applied\":\"ON\"}",
        ),
        (
            boost(60),
            "{\"command\":\"boost\",\"applied\":60,\"unit\":\"min\"}",
        ),
        (
            Command::Boost(Boost::Cancel),
            "{\"command\":\"boost\",\"applied\":\"cancel\"}",
        ),
        (
            Command::Switch(false),
            "{\"command\":\"switch\",\"applied\":\"OFF\"}",
        ),
        (
            Command::Configure {
                index: 0,
                value: 60_500,
            },
            "{\"command\":\"config\",\"key\":\"water_limit\",\"applied\":60.5,\"unit\":\"°C\"}",
        ),
        (
            Command::Configure { index: 1, value: 1 },
            "{\"command\":\"config\",\"key\":\"language\",\"applied\":\"fr\"}",
        ),
        (Command::Sync, "{\"command\":\"sync\",\"applied\":true}"),
        (
            Command::ResetAlarms,
            "{\"command\":\"reset_alarms\",\"applied\":true}",
        ),
    ] {
        assert_eq!(written(Answer::done(command, &TUNABLES)), text);
    }
}

#[test]
fn an_answer_says_why_nothing_was_done_and_what_would_be_right() {
    let topics = with_tunables(&Settings::default());
    let refusal = topics
        .command(&own("command/config/water_limit"), b"200", false)
        .unwrap()
        .unwrap_err();
    assert_eq!(refusal.subject(), Subject::Config);
    assert_eq!(
        written(Answer::refused(
            CommandName::Config,
            refusal,
            topics.tunable(0)
        )),
        "{\"command\":\"config\",\"key\":\"water_limit\",\"refused\":{\"about\":\"config\",\"kind\":\"out_of_range\",\"text\":\"the value is out of range; \
         send one from the minimum to the maximum that the answer names\"},\"minimum\":20,\"maximum\":95,\"unit\":\"°C\"}"
    );
    let refusal = topics
        .command(&own("command/config/language"), b"x", false)
        .unwrap()
        .unwrap_err();
    let answer = written(Answer::refused(
        CommandName::Config,
        refusal,
        topics.tunable(1),
    ));
    assert!(answer.ends_with("\"options\":[\"en\",\"fr\"]}"), "{answer}");
    let answer = written(Answer::refused(
        CommandName::Config,
        refusal,
        topics.tunable(2),
    ));
    assert!(
        answer.ends_with("\"options\":[\"ON\",\"OFF\"]}"),
        "{answer}"
    );
    let refusal = topics
        .command(&own("command/bost"), b"1", false)
        .unwrap()
        .unwrap_err();
    let answer = written(Answer::refused(CommandName::Unknown, refusal, None));
    assert!(answer.starts_with("{\"command\":\"unknown\",\"refused\":{\"about\":\"command\","));
}
