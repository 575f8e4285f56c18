//! Whatever comes in from outside: it is read or refused, and what is read stands in its limits.

use dimmer_topics::{
    BOOST_LIMIT_MINUTES, Boost, Command, DeviceId, DomoticzEcho, Instant, POWER_LIMIT_CENTIPERCENT,
    PowerCommand, Setpoint, Settings, Topics, Trigger, Tunable, TunableKind, WATTS_LIMIT,
    parse_alarm_reset, parse_boost, parse_domoticz, parse_power, parse_setpoint, parse_switch,
    parse_temperature, parse_trigger,
};
use proptest::collection::vec;
use proptest::prelude::{Strategy, any, proptest};
use proptest::sample::select;

const TUNABLES: [Tunable; 1] = [Tunable {
    name: "power",
    label: "Power",
    kind: TunableKind::Number {
        unit: "W",
        decimals: 1,
        minimum: -100,
        maximum: 100,
        step: 7,
    },
}];

/// Bytes, and pieces of what the parsers look for, so that they come far.
fn payloads() -> impl Strategy<Value = Vec<u8>> {
    const PIECES: [&str; 34] = [
        "{",
        "}",
        "[",
        "]",
        ":",
        ",",
        "\"",
        "\\",
        " ",
        "0",
        "1",
        "42.5",
        "-",
        "e9",
        "1e400",
        ".",
        "null",
        "true",
        "ON",
        "OFF",
        "cancel",
        "PRESS",
        "\"power\"",
        "\"watts\"",
        "\"minutes\"",
        "\"idx\"",
        "7",
        "\"nvalue\"",
        "\"Level\"",
        "\"switchType\"",
        "\"Dimmer\"",
        "\"temperature\"",
        "é",
        "\\u00e9",
    ];
    let pieces = vec(select(&PIECES[..]), 0..40).prop_map(|pieces| pieces.concat().into_bytes());
    let bytes = vec(any::<u8>(), 0..200);
    proptest::prop_oneof![pieces, bytes]
}

fn check_power(command: PowerCommand) {
    match command {
        PowerCommand::Setpoint(Setpoint::Centipercent(value)) => {
            assert!(value.abs() <= POWER_LIMIT_CENTIPERCENT);
        }
        PowerCommand::Setpoint(Setpoint::Watts(value)) => assert!(value.abs() <= WATTS_LIMIT),
        PowerCommand::On | PowerCommand::Off => {}
    }
}

proptest! {
    #[test]
    fn every_parser_reads_or_refuses_any_payload(payload in payloads(), path in "[a-z.0-9]{0,20}", idx in 0..9_u32) {
        let _ = parse_setpoint(&payload).map(|setpoint| check_power(PowerCommand::Setpoint(setpoint)));
        let _ = parse_power(&payload, false).map(check_power);
        let _ = parse_temperature(&payload, &path);
        let _ = parse_switch(&payload, false);
        let _ = parse_alarm_reset(&payload, false);
        for trigger in Trigger::ALL {
            let _ = parse_trigger(trigger, &payload, false);
        }
        if let Ok(Boost::Start { minutes, centipercent }) = parse_boost(&payload, false) {
            assert!((1..=BOOST_LIMIT_MINUTES).contains(&minutes));
            assert!(centipercent.is_none_or(|power| (1..=10_000).contains(&power)));
        }
        if let Ok(Some(command)) = parse_domoticz(&payload, idx, false) {
            check_power(command);
            assert!(idx != 0);
            let mut echo = DomoticzEcho::NONE;
            assert!(!echo.is_echo(Instant::from_ticks(0), command));
        }
        for tunable in &TUNABLES {
            if let Ok(value) = tunable.parse(&payload, false) {
                assert!((-100..=100).contains(&value) && (value + 100) % 7 == 0);
            }
        }
    }

    #[test]
    fn any_message_is_a_command_or_none_or_refused(payload in payloads(), rest in "[a-z/_]{0,30}", retained in any::<bool>()) {
        let topics = Topics::new(&Settings::default(), DeviceId::new([1; 6]));
        let topics = topics.and_then(|topics| topics.with_tunables(&TUNABLES));
        let Ok(topics) = topics else { return Ok(()); };
        for start in ["solar-dimmer/010101010101/", "solar-dimmer/010101010101/command/", "solar-dimmer/010101010101/command/config/", ""] {
            let topic = format!("{start}{rest}");
            let command = topics.command(&topic, &payload, retained);
            if let Some(Ok(command)) = command {
                assert!(!retained);
                if let Command::Power(power) = command {
                    check_power(power);
                }
            }
            assert_eq!(command.is_some(), topics.incoming(&topic).is_some_and(|incoming| incoming.command_name().is_some()));
        }
        for topic in ["power/set", "reset/alarm", "command/boost", "command/switch", "command/config/power"] {
            let topic = format!("solar-dimmer/010101010101/{topic}");
            assert!(topics.command(&topic, &payload, retained).is_some());
        }
    }
}
