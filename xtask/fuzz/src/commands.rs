//! Any topic below the dimmer's own levels, with any payload: it is the command of that topic, as its own parser reads it, and is
//! answered; a misspelt one is refused; what the broker had kept never is one; and another dimmer's is not ours.
//!
//! The first line is what stands behind `<prefix>/<id>/`, the rest the payload.

use dimmer_config::TUNABLES;
use dimmer_topics::{
    Answer, Command, CommandName, DeviceId, Incoming, PAYLOAD_CAPACITY, Refusal, RefusalKind,
    Settings, Subject, Topics, Trigger, parse_alarm_reset, parse_boost, parse_power, parse_switch,
    parse_trigger,
};
use serde_json::Value;

use crate::bytes::Bytes;

const OWN: &str = "solar-dimmer/a1b2c3d4e5f6";
const OF_ANOTHER: &str = "solar-dimmer/a1b2c3d4e5f7";

pub(crate) fn run(input: &[u8]) {
    let mut bytes = Bytes::new(input);
    let (path, payload) = (bytes.line(), bytes.rest());
    let id = DeviceId::new([0xa1, 0xb2, 0xc3, 0xd4, 0xe5, 0xf6]);
    let topics = Topics::new(&Settings::default(), id).and_then(|it| it.with_tunables(&TUNABLES));
    let topics = topics.expect("they are good ones");
    let topic = format!("{OWN}/{path}");

    let of_another = format!("{OF_ANOTHER}/{path}");
    assert_eq!(topics.incoming(&of_another), None);
    assert_eq!(topics.command(&of_another, payload, false), None);

    let incoming = topics.incoming(&topic);
    assert_eq!(incoming.is_some(), is_known(path));
    for retained in [false, true] {
        let outcome = topics.command(&topic, payload, retained);
        assert_eq!(outcome, expected(path, payload, retained));
        let (Some(incoming), Some(outcome)) = (incoming, outcome) else {
            assert_eq!((incoming, outcome), (None, None));
            continue;
        };
        check(&topics, &topic, incoming, outcome);
        let kind = outcome.map_err(|refusal| refusal.kind());
        let of_the_past = [RefusalKind::Retained, RefusalKind::UnknownCommand].map(Err);
        assert!(!retained || of_the_past.contains(&kind), "{kind:?}");
    }
}

fn is_known(path: &str) -> bool {
    matches!(path, "power/set" | "reset/alarm") || path.starts_with("command/")
}

/// What the parser of this command says.
fn expected(path: &str, payload: &[u8], retained: bool) -> Option<Result<Command, Refusal>> {
    let trigger = |trigger, command| parse_trigger(trigger, payload, retained).map(|()| command);
    Some(match path {
        "power/set" => parse_power(payload, retained).map(Command::Power),
        "reset/alarm" => parse_alarm_reset(payload, retained).map(|()| Command::ResetAlarms),
        "command/boost" => parse_boost(payload, retained).map(Command::Boost),
        "command/switch" => parse_switch(payload, retained).map(Command::Switch),
        "command/sync" => trigger(Trigger::Sync, Command::Sync),
        "command/reload" => trigger(Trigger::Reload, Command::Reload),
        "command/restart" => trigger(Trigger::Restart, Command::Restart),
        "command/search_probes" => trigger(Trigger::SearchProbes, Command::SearchProbes),
        _ => {
            let path = path.strip_prefix("command/")?;
            let name = path.strip_prefix("config/");
            let mut settings = (0..).zip(&TUNABLES);
            match settings.find(|(_, tunable)| Some(tunable.name) == name) {
                Some((index, tunable)) => {
                    let value = tunable.parse(payload, retained);
                    value.map(|value| Command::Configure { index, value })
                }
                None => Err(Refusal::about(
                    Subject::Command,
                    RefusalKind::UnknownCommand,
                )),
            }
        }
    })
}

/// Its name and its topic are the same both ways, and there is an answer.
fn check(topics: &Topics, topic: &str, incoming: Incoming, outcome: Result<Command, Refusal>) {
    let name = incoming.command_name().expect("it is a command");
    if name == CommandName::Unknown {
        assert!(outcome.is_err());
    } else {
        assert_eq!(topics.command_topic(incoming), topic);
    }
    let tunable = match incoming {
        Incoming::Configure(index) => topics.tunable(index),
        _ => None,
    };
    let answer = match outcome {
        Ok(command) => {
            assert_eq!(command.name(), name);
            Answer::done(command, &TUNABLES)
        }
        Err(refusal) => Answer::refused(name, refusal, tunable),
    };
    let mut buffer = [0; PAYLOAD_CAPACITY];
    let length = answer.write(&mut buffer).expect("the capacity holds it");
    let said: Value = serde_json::from_slice(&buffer[..length]).expect("an answer is JSON");
    assert_eq!(said["command"], name.as_str());
    assert_eq!(said.get("applied").is_some(), outcome.is_ok());
    assert_eq!(said.get("refused").is_some(), outcome.is_err());
    assert_eq!(said["key"].as_str(), tunable.map(|tunable| tunable.name));
}
