use std::format;
use std::string::String;
use std::vec::Vec;

use proptest::prelude::{any, prop_assert_eq, proptest};

use super::{Domoticz, DomoticzDevice, DomoticzEcho, parse_domoticz};
use crate::{
    Alarm, AlarmLevel, AlarmState, Duration, Instant, PAYLOAD_CAPACITY, PowerCommand, RefusalKind,
    Setpoint, State, Subject,
};

fn settings() -> Domoticz {
    Domoticz {
        enabled: true,
        dimmer_idx: 7,
        power_idx: 8,
        temperature_idx: 9,
        alarm_idx: 10,
        ..Domoticz::default()
    }
}

fn written(device: DomoticzDevice, state: &State) -> String {
    let mut buffer = [0; PAYLOAD_CAPACITY];
    let length = state
        .write_domoticz(device, &settings(), &mut buffer)
        .unwrap();
    String::from_utf8(buffer[..length].to_vec()).unwrap()
}

const fn percent(percent: i32) -> PowerCommand {
    PowerCommand::Setpoint(Setpoint::Centipercent(percent * 100))
}

#[test]
fn each_device_is_told_in_its_own_type() {
    let mut alarms = AlarmState::NONE;
    let state = State {
        applied_centipercent: 4249,
        watts: 850,
        water_millicelsius: Some(51_600),
        alarms,
        ..State::default()
    };
    assert_eq!(
        written(DomoticzDevice::Dimmer, &state),
        "{\"idx\":7,\"nvalue\":2,\"svalue\":\"42\"}"
    );
    assert_eq!(
        written(DomoticzDevice::Power, &state),
        "{\"idx\":8,\"nvalue\":0,\"svalue\":\"850\"}"
    );
    assert_eq!(
        written(DomoticzDevice::Temperature, &state),
        "{\"idx\":9,\"nvalue\":0,\"svalue\":\"51.6\"}"
    );
    assert_eq!(
        written(DomoticzDevice::Alarm, &state),
        "{\"idx\":10,\"nvalue\":1,\"svalue\":\"OK\"}"
    );
    alarms.insert(Alarm {
        level: AlarmLevel::Critical,
        name: "probe_lost",
        text: "The \"probe\" is lost.",
        since_s: 1,
        latched: true,
    });
    let alarmed = State { alarms, ..state };
    assert_eq!(
        written(DomoticzDevice::Alarm, &alarmed),
        "{\"idx\":10,\"nvalue\":4,\"svalue\":\"The \\\"probe\\\" is lost.\"}"
    );
    for (applied, nvalue, level) in [
        (0, 0, 0),
        (1, 2, 1),
        (60, 2, 1),
        (9_949, 2, 99),
        (10_000, 1, 100),
    ] {
        let state = State {
            applied_centipercent: applied,
            ..State::default()
        };
        assert_eq!(
            written(DomoticzDevice::Dimmer, &state),
            format!("{{\"idx\":7,\"nvalue\":{nvalue},\"svalue\":\"{level}\"}}")
        );
    }
    // Domoticz has no word for a temperature that is not known.
    assert_eq!(written(DomoticzDevice::Temperature, &State::default()), "");
    assert!(!State::default().has_for_domoticz(DomoticzDevice::Temperature));
}

/// The form of `hardware/MQTT.cpp`.
fn out(idx: u32, nvalue: i32, level: &str, kind: &str) -> String {
    format!(
        "{{\n\t\"Battery\" : 255,\n\t\"LastUpdate\" : \"2025-11-21 07:45:00\",{level}\n\t\"RSSI\" : 12,\n\t\"description\" : \"\",\n\t\
         \"dtype\" : \"Light/Switch\",\n\t\"hwid\" : \"2\",\n\t\"id\" : \"0001406C\",\n\t\"idx\" : {idx},\n\t\"name\" : \"Chauffe-eau\",\n\t\
         \"nvalue\" : {nvalue},\n\t\"org_hwid\" : \"2\",\n\t\"stype\" : \"Switch\",\n\t\"svalue1\" : \"0\",\n\t\"switchType\" : \"{kind}\",\n\t\"unit\" : 1\n}}\n"
    )
}

#[test]
fn a_level_and_a_switch_of_domoticz_are_commands() {
    for (payload, command) in [
        (out(7, 2, "\"Level\" : 50,", "Dimmer"), percent(50)),
        (out(7, 1, "\"Level\" : 100,", "Dimmer"), percent(100)),
        (out(7, 1, "\"Level\" : 0,", "Dimmer"), PowerCommand::On),
        (out(7, 0, "\"Level\" : 50,", "Dimmer"), PowerCommand::Off),
        (out(7, 1, "", "On/Off"), PowerCommand::On),
        (out(7, 0, "", "On/Off"), PowerCommand::Off),
    ] {
        assert_eq!(
            parse_domoticz(payload.as_bytes(), 7, false),
            Ok(Some(command)),
            "{payload}"
        );
        let retained = parse_domoticz(payload.as_bytes(), 7, true).unwrap_err();
        assert_eq!(retained.kind(), RefusalKind::Retained);
        for other in [0, 6, 70, u32::MAX] {
            assert_eq!(parse_domoticz(payload.as_bytes(), other, false), Ok(None));
            assert_eq!(parse_domoticz(payload.as_bytes(), other, true), Ok(None));
        }
    }
}

#[test]
fn what_is_no_dimmer_of_domoticz_is_refused() {
    for (payload, kind) in [
        (
            out(7, 10, "\"Level\" : 10,", "Selector"),
            RefusalKind::WrongDevice,
        ),
        (
            out(7, 2, "\"Level\" : 101,", "Dimmer"),
            RefusalKind::MissingKey,
        ),
        (
            out(7, 2, "\"Level\" : -1,", "Dimmer"),
            RefusalKind::MissingKey,
        ),
        (
            out(7, 2, "\"Level\" : 5.5,", "Dimmer"),
            RefusalKind::MissingKey,
        ),
        (
            out(7, 2, "\"Level\" : \"5\",", "Dimmer"),
            RefusalKind::MissingKey,
        ),
        ("{\"idx\":7}".into(), RefusalKind::MissingKey),
        (
            "{\"idx\":7,\"nvalue\":\"1\"}".into(),
            RefusalKind::MissingKey,
        ),
        ("{\"idx\":7,\"nvalue\":1".into(), RefusalKind::MalformedJson),
        (
            "{\"idx\":7,\"nvalue\":1} ,".into(),
            RefusalKind::TrailingText,
        ),
        (
            std::format!("{{\"idx\":7,\"description\":\"{}\"}}", "x".repeat(1025)),
            RefusalKind::TooLong,
        ),
    ] {
        let refusal = parse_domoticz(payload.as_bytes(), 7, false).unwrap_err();
        assert_eq!(
            (refusal.subject(), refusal.kind()),
            (Subject::Domoticz, kind),
            "{payload}"
        );
    }
    let not_text = b"{\"idx\":7,\"name\":\"\xff\"}";
    assert_eq!(
        parse_domoticz(not_text, 7, false).unwrap_err().kind(),
        RefusalKind::NotText
    );
    // Not ours, whatever it is, and however long.
    let long = std::format!("{{\"idx\":9,\"description\":\"{}\"}}", "x".repeat(1025));
    assert_eq!(parse_domoticz(long.as_bytes(), 7, false), Ok(None));
    assert_eq!(parse_domoticz(b"\xff", 7, false), Ok(None));
    for other in [
        "",
        "[1]",
        "{}",
        "{\"idx\":\"7\"}",
        "{\"idx\":7.5}",
        "{\"idx\":8,\"a\":[{\"idx\":7}]}",
    ] {
        assert_eq!(
            parse_domoticz(other.as_bytes(), 7, false),
            Ok(None),
            "{other}"
        );
    }
}

const fn at(milliseconds: u64) -> Instant {
    Instant::from_ticks(milliseconds * 1000)
}

#[test]
fn what_domoticz_was_told_and_says_again_is_no_command() {
    let mut echo = DomoticzEcho::NONE;
    assert!(!echo.is_echo(at(0), percent(42)));
    echo.told(at(0), 42);
    echo.told(at(500), 43);
    // Late, and the older first: neither is a command.
    assert!(echo.is_echo(at(600), percent(42)));
    assert!(echo.is_echo(at(700), percent(43)));
    // Said again, each is a command of a person.
    assert!(!echo.is_echo(at(800), percent(42)));
    assert!(!echo.is_echo(at(800), percent(43)));
}

#[test]
fn a_person_is_heard_while_echoes_are_on_their_way() {
    let mut echo = DomoticzEcho::NONE;
    echo.told(at(0), 42);
    assert!(!echo.is_echo(at(10), percent(80)));
    assert!(!echo.is_echo(at(10), PowerCommand::Off));
    assert!(echo.is_echo(at(20), percent(42)));
    echo.told(at(30), 0);
    assert!(!echo.is_echo(at(40), PowerCommand::On));
    assert!(echo.is_echo(at(40), PowerCommand::Off));
    // A switch has no level to tell.
    echo.told(at(50), 60);
    assert!(echo.is_echo(at(60), PowerCommand::On));
    assert!(!echo.is_echo(at(60), PowerCommand::Setpoint(Setpoint::Watts(60))));
}

#[test]
fn an_echo_that_domoticz_left_out_is_not_waited_for() {
    let mut echo = DomoticzEcho::NONE;
    echo.told(at(0), 42);
    assert!(!echo.is_echo(at(3_001), percent(42)));
    // A clock that went back: nobody knows how old it is.
    echo.told(at(9_000), 50);
    assert!(!echo.is_echo(at(1_000), percent(50)));
    // A later one came: the earlier will not come any more.
    echo.told(at(10_000), 50);
    echo.told(at(10_100), 51);
    assert!(echo.is_echo(at(10_200), percent(51)));
    assert!(!echo.is_echo(at(10_300), percent(50)));
}

/// A dimmer that took its own echo for a command would go on doing so for ever.
#[test]
fn a_dimmer_does_not_follow_itself_through_domoticz() {
    let mut echo = DomoticzEcho::NONE;
    let mut on_the_way: Vec<u8> = Vec::new();
    for step in 0_u64..200 {
        let now = at(step * 100);
        let level = u8::try_from(step % 100 + 1).unwrap();
        echo.told(now, level);
        on_the_way.push(level);
        if on_the_way.len() > 5 {
            let said = on_the_way.remove(0);
            assert!(echo.is_echo(now, percent(said.into())), "{step}");
        }
    }
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(payload in any::<Vec<u8>>(), idx in any::<u32>()) {
        let _ = parse_domoticz(&payload, idx, false);
    }

    #[test]
    fn every_level_of_any_dimmer_is_read(idx in 1..=0x7fff_ffff_u32, level in 1..=100) {
        let payload = out(idx, 2, &format!("\"Level\" : {level},"), "Dimmer");
        prop_assert_eq!(parse_domoticz(payload.as_bytes(), idx, false), Ok(Some(percent(level))));
    }

    #[test]
    fn the_level_shown_is_off_only_when_nothing_is_applied(applied in 0..=10_000_u16) {
        let state = State { applied_centipercent: applied, ..State::default() };
        prop_assert_eq!(state.domoticz_level() == 0, applied == 0);
        let difference = u16::from(state.domoticz_level()).abs_diff(applied / 100);
        prop_assert_eq!(difference <= 1, true);
    }
}

#[test]
fn times_are_in_microseconds() {
    assert_eq!(at(1) + Duration::from_ticks(1_000), at(2));
}
