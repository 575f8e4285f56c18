//! Whatever the state is, and whatever the user has written: each payload fits, is what it says, and holds the same values.

use dimmer_config::TUNABLES;
use dimmer_topics::{
    Alarm, AlarmLevel, AlarmState, Announcement, Answer, Boost, Command, Device, DeviceId,
    Discovery, Domoticz, DomoticzDevice, Jeedom, JeedomValue, LogLevel, LogLine, Message,
    PAYLOAD_CAPACITY, PoolTotals, PowerCommand, ProbeCounts, Refusal, RefusalKind, Setpoint,
    Settings, ShareFormat, Sharing, Shortfall, State, Status, Subject, Topics, TunableKind,
    UNPAGED_PAYLOAD_CAPACITY,
};
use serde_json::Value;

use crate::bytes::Bytes;

/// Texts that the firmware might have, up to the length that is promised for, and what JSON has to escape.
const NAMES: [&str; 8] = [
    "",
    "following",
    "\"\\\u{8}\u{c}\n\r\t/",
    "température \u{1f321} \u{7f}\u{2028}",
    "\u{1}\u{1}\u{1}\u{1}\u{1}\u{1}\u{1}\u{1}\u{1}\u{1}\u{1}\u{1}\u{1}\u{1}\u{1}\u{1}\u{1}\u{1}\u{1}\u{1}\u{1}\u{1}\u{1}\u{1}\u{1}\u{1}\u{1}\u{1}\u{1}\u{1}\u{1}\u{1}",
    "a_name_that_is_as_long_as_can_be",
    "{\"level\":\"none\"}",
    "\u{fffd}\u{10ffff}\u{0}",
];

/// Names that never change: nothing in them has to be escaped.
const KEYS: [&str; 3] = ["", "probe_lost", "a_name_that_is_as_long_as_can_be"];

pub(crate) fn run(input: &[u8]) {
    let mut bytes = Bytes::new(input);
    let lines: [&str; 8] = std::array::from_fn(|_| bytes.line());
    let [
        prefix,
        home_assistant,
        share,
        label,
        model,
        version,
        url,
        reasons,
    ] = lines;
    let mut settings = settings(&mut bytes);
    settings.prefix = prefix.try_into().unwrap_or(settings.prefix);
    if let Ok(home_assistant) = home_assistant.try_into() {
        settings.homeassistant.prefix = home_assistant;
    }
    settings.temperature.share.topic = share.try_into().unwrap_or_default();
    let smaller = usize::try_from(bytes.number()).unwrap_or_default() % PAYLOAD_CAPACITY;
    let state = state(&mut bytes);
    let id = DeviceId::new([0xa1, 0xb2, 0xc3, 0xd4, 0xe5, 0xf6]);
    let topics = Topics::new(&settings, id).and_then(|topics| topics.with_tunables(&TUNABLES));
    let (Ok(topics), Ok(device)) = (topics, Device::new(label, model, version)) else {
        return;
    };
    let topics = topics
        .with_free_memory()
        .with_free_stack()
        .with_radio()
        .with_reset_reason()
        .with_last_words()
        .with_pool();
    let device = device.with_configuration_url(url).unwrap_or(device);
    let reasons: Vec<&str> = reasons.split(' ').collect();
    let device = device.with_reasons(&reasons).unwrap_or(device);
    for message in Message::ALL {
        let mut buffer = [0; PAYLOAD_CAPACITY];
        let length = topics
            .write(message, &state, &device, &mut buffer)
            .expect("the capacity holds every payload");
        let is_page = matches!(message, Message::DeviceDiscovery(_));
        assert!(is_page || length <= UNPAGED_PAYLOAD_CAPACITY, "{message:?}");
        let payload = str::from_utf8(&buffer[..length]).expect("payloads are text");
        if topics.is_silent(message, &state) {
            assert_eq!(payload, "");
        } else if topics.publishes(message) {
            check(message, payload, &state, label, &settings);
        }
        let mut small = [0; PAYLOAD_CAPACITY];
        let written = topics.write(message, &state, &device, &mut small[..smaller]);
        match written {
            // Alarms are left out rather than unsaid.
            Ok(length) if message == Message::Alarm => {
                json(str::from_utf8(&small[..length]).expect("payloads are text"));
            }
            Ok(length) => assert_eq!(&small[..length], payload.as_bytes()),
            Err(_) => assert!(length > smaller),
        }
    }
}

/// Every hub is there.
fn settings(bytes: &mut Bytes<'_>) -> Settings {
    let mut settings = Settings {
        interval_s: bytes.byte().into(),
        domoticz: Domoticz {
            enabled: true,
            dimmer_idx: 7,
            power_idx: 8,
            temperature_idx: 9,
            alarm_idx: 0x7fff_ffff,
            ..Domoticz::default()
        },
        jeedom: Jeedom {
            enabled: true,
            topic: "home/heater".try_into().expect("it is short enough"),
            setpoint_idx: 1,
            applied_idx: 2,
            power_idx: 3,
            temperature_idx: 4,
            alarm_idx: 5,
        },
        ..Settings::default()
    };
    settings.homeassistant.discovery = match bytes.byte() % 3 {
        0 => Discovery::PerComponent,
        1 => Discovery::Device,
        _ => Discovery::Off,
    };
    if bytes.flag() {
        settings.temperature.share.format = ShareFormat::Json;
    }
    settings
}

fn state(bytes: &mut Bytes<'_>) -> State {
    let mut alarms = AlarmState::NONE;
    for _ in 0..bytes.byte() % 8 {
        alarms.insert(Alarm {
            level: if bytes.flag() {
                AlarmLevel::Critical
            } else {
                AlarmLevel::Warning
            },
            name: KEYS[usize::from(bytes.byte()) % KEYS.len()],
            text: name(bytes),
            since_s: bytes.number(),
            latched: bytes.flag(),
        });
    }
    State {
        setpoint_centipercent: bytes.maybe(Bytes::signed),
        permitted_centipercent: bytes.maybe(Bytes::short),
        applied_centipercent: bytes.short(),
        watts: bytes.number(),
        rated_watts: bytes.number(),
        energy_watt_hours: bytes.maybe(Bytes::number),
        water_millicelsius: bytes.maybe(Bytes::signed),
        heat_sink_millicelsius: bytes.maybe(Bytes::signed),
        room_millicelsius: bytes.maybe(Bytes::signed),
        water_limit_millicelsius: bytes.maybe(Bytes::signed),
        water_resume_millicelsius: bytes.maybe(Bytes::signed),
        maximum_centipercent: bytes.maybe(Bytes::short),
        is_switched_on: bytes.maybe(Bytes::flag),
        boost_minutes: bytes.short(),
        reason: name(bytes),
        alarms,
        mains_state: name(bytes),
        mains_frequency_millihertz: bytes.maybe(Bytes::number),
        mains_missed: bytes.number(),
        mains_rejected: bytes.number(),
        probes: bytes.maybe(|bytes| ProbeCounts {
            readings: bytes.number(),
            failed: bytes.number(),
            rejected: bytes.number(),
        }),
        uptime_s: bytes.number(),
        free_memory_bytes: bytes.maybe(Bytes::number),
        free_stack_bytes: bytes.maybe(Bytes::number),
        signal_dbm: bytes.maybe(|bytes| bytes.short().cast_signed()),
        reset_reason: bytes.maybe(|_| "brown_out"),
        messages_received: bytes.number(),
        messages_sent: bytes.number(),
        messages_refused: bytes.number(),
        last_refusal: bytes.maybe(refusal),
        broker: bytes.maybe(Bytes::byte),
        status: Status {
            synced_at_s: bytes.maybe(Bytes::number),
            synced_at_unix_s: bytes.maybe(Bytes::number),
            errors: std::array::from_fn(|_| bytes.maybe(name)),
        },
        log: bytes.maybe(|bytes| LogLine {
            level: LogLevel::Error,
            text: name(bytes),
            uptime_s: bytes.number(),
        }),
        answer: bytes.maybe(answer),
        pool_member: bytes.maybe(announcement),
        pool_totals: bytes.maybe(totals),
        tunables: std::array::from_fn(|_| bytes.maybe(Bytes::signed)),
    }
}

fn sharing(bytes: &mut Bytes<'_>) -> Sharing {
    Sharing::ALL[usize::from(bytes.byte()) % Sharing::ALL.len()]
}

fn announcement(bytes: &mut Bytes<'_>) -> Announcement {
    Announcement {
        boot: bytes.number(),
        sequence: bytes.number(),
        rated_watts: bytes.number(),
        available_watts: bytes.number(),
        minimum_watts: bytes.number(),
        hysteresis_watts: bytes.number(),
        priority: bytes.byte(),
        weight: bytes.short(),
        sharing: sharing(bytes),
        pool_watts: bytes.number(),
        applied_watts: bytes.number(),
        taking: bytes.flag(),
        interval_s: bytes.byte(),
        day: bytes.maybe(Bytes::number),
    }
}

fn totals(bytes: &mut Bytes<'_>) -> PoolTotals {
    PoolTotals {
        asked_watts: bytes.maybe(Bytes::number),
        applied_watts: bytes.number(),
        capacity_watts: bytes.number(),
        rated_watts: bytes.number(),
        members: bytes.short(),
        announced: bytes.short(),
        sharing: sharing(bytes),
        shortfall: bytes.maybe(|bytes| match bytes.byte() % 3 {
            0 => Shortfall::CapacityReached,
            1 => Shortfall::BelowMinimum,
            _ => Shortfall::NobodyAble,
        }),
        by: DeviceId::new(std::array::from_fn(|_| bytes.byte())),
    }
}

fn refusal(bytes: &mut Bytes<'_>) -> Refusal {
    let about = Subject::ALL[usize::from(bytes.byte()) % Subject::ALL.len()];
    let kind = RefusalKind::ALL[usize::from(bytes.byte()) % RefusalKind::ALL.len()];
    Refusal::about(about, kind)
}

fn answer(bytes: &mut Bytes<'_>) -> Answer {
    let command = match bytes.byte() % 7 {
        0 => Command::Power(PowerCommand::Setpoint(Setpoint::Centipercent(
            bytes.signed(),
        ))),
        1 => Command::Power(PowerCommand::Setpoint(Setpoint::Watts(bytes.signed()))),
        2 => Command::Boost(Boost::Start {
            minutes: bytes.short(),
            centipercent: None,
        }),
        3 => Command::Boost(Boost::Cancel),
        4 => Command::Switch(bytes.flag()),
        5 => Command::Configure {
            index: bytes.byte(),
            value: bytes.signed(),
        },
        _ => Command::Sync,
    };
    if bytes.flag() {
        let tunable = TUNABLES.get(usize::from(bytes.byte()));
        Answer::refused(command.name(), refusal(bytes), tunable)
    } else {
        Answer::done(command, &TUNABLES)
    }
}

fn name(bytes: &mut Bytes<'_>) -> &'static str {
    NAMES[usize::from(bytes.byte()) % NAMES.len()]
}

fn json(payload: &str) -> Value {
    serde_json::from_str(payload).unwrap_or_else(|error| panic!("{error}: {payload}"))
}

fn check(message: Message, payload: &str, state: &State, label: &str, settings: &Settings) {
    let shares_json = settings.temperature.share.format == ShareFormat::Json;
    match message {
        Message::State => check_state(&json(payload), state),
        Message::Alarm => {
            let value = json(payload);
            assert_eq!(value["level"], state.alarms.level_name());
            if let Some(worst) = state.alarms.worst() {
                assert_eq!(value["alarm"], worst.name);
                assert_eq!(value["text"], worst.text);
            }
        }
        Message::Status => {
            let value = json(payload);
            let errors = state.status.errors.iter().flatten().count();
            let count = state.alarms.iter().count() + errors;
            assert_eq!(value["errors"].as_array().map(Vec::len), Some(count));
        }
        Message::Log => {
            let text = state.log.map(|line| line.text);
            assert_eq!(json(payload)["text"].as_str(), text);
        }
        Message::Answer => {
            let (value, answer) = (json(payload), state.answer.expect("it is not silent"));
            assert_eq!(value["command"], answer.command.as_str());
            assert_eq!(value.get("applied").is_some(), answer.outcome.is_ok());
            assert_eq!(value.get("refused").is_some(), answer.outcome.is_err());
        }
        Message::Discovery(_) => {
            let value = json(payload);
            assert_eq!(value["dev"]["name"], label);
            assert!(value["uniq_id"].is_string());
        }
        Message::DeviceDiscovery(_) => {
            let value = json(payload);
            assert_eq!(value["dev"]["name"], label);
            let components = value["cmps"].as_object().expect("there are components");
            // One without anything but its platform is taken off the device.
            let is_whole = |it: &Value| {
                it["uniq_id"].is_string() || it.as_object().map(serde_json::Map::len) == Some(1)
            };
            assert!(
                components
                    .values()
                    .all(|it| it["p"].is_string() && is_whole(it))
            );
        }
        Message::Tunable(index) => check_tunable(index, payload, state),
        Message::Domoticz(device) => {
            // One wrong type, and Domoticz rejects the whole message.
            let value = json(payload);
            assert_eq!(value["idx"], device.idx(&settings.domoticz));
            assert!(value["nvalue"].is_u64() && value["svalue"].is_string());
            if device == DomoticzDevice::Power {
                assert_eq!(value["svalue"], state.watts.to_string());
            }
        }
        Message::Jeedom(JeedomValue::Alarm) => assert_eq!(payload, state.alarms.level_name()),
        Message::SharedTemperature if shares_json => {
            is_thousandths(&json(payload)["temperature"], state.water_millicelsius);
        }
        Message::PoolMember => {
            let (value, said) = (json(payload), state.pool_member.expect("it is not silent"));
            assert_eq!(value["boot"], format!("{:08x}", said.boot));
            assert_eq!(value["sequence"], said.sequence);
            assert_eq!(value["available_watts"], said.available_watts);
            assert_eq!(value["sharing"], said.sharing.as_str());
            assert_eq!(
                value.get("day").and_then(Value::as_u64),
                said.day.map(u64::from)
            );
        }
        Message::PoolTotals => {
            let (value, said) = (json(payload), state.pool_totals.expect("it is not silent"));
            assert_eq!(
                value["asked_watts"].as_u64(),
                said.asked_watts.map(u64::from)
            );
            assert_eq!(value["members"], said.members);
            assert_eq!(
                value["shortfall"].as_str(),
                said.shortfall.map(Shortfall::as_str)
            );
            assert_eq!(value["by"], said.by.to_string());
        }
        Message::Reason => assert_eq!(payload, state.reason),
        Message::ResetReason => assert_eq!(payload, state.reset_reason.unwrap_or_default()),
        // The board has them, and writes them itself.
        Message::LastWords => assert_eq!(payload, ""),
        Message::Switch => {
            let word = state.is_switched_on.map(|on| if on { "ON" } else { "OFF" });
            assert_eq!(payload, word.unwrap_or_default());
        }
        Message::Availability => assert_eq!(payload, "online"),
        Message::Setpoint => is_hundredths(&number(payload), state.setpoint_centipercent),
        Message::WaterTemperature
        | Message::SharedTemperature
        | Message::Jeedom(JeedomValue::Temperature) => {
            is_thousandths(&number(payload), state.water_millicelsius);
        }
        _ => {
            number(payload);
        }
    }
}

fn check_state(value: &Value, state: &State) {
    is_hundredths(&value["setpoint"], state.setpoint_centipercent);
    is_hundredths(
        &value["permitted"],
        state.permitted_centipercent.map(i32::from),
    );
    is_hundredths(&value["applied"], Some(state.applied_centipercent.into()));
    is_thousandths(&value["temperature"]["water"], state.water_millicelsius);
    is_thousandths(&value["temperature"]["room"], state.room_millicelsius);
    is_thousandths(&value["limits"]["water"], state.water_limit_millicelsius);
    assert_eq!(value["reason"], state.reason);
    assert_eq!(value["mains"]["state"], state.mains_state);
    assert_eq!(value["watts"], state.watts);
    assert_eq!(value["boost"], state.boost_minutes);
    assert_eq!(value["broker"].as_u64(), state.broker.map(u64::from));
    assert_eq!(value["rssi"].as_i64(), state.signal_dbm.map(i64::from));
    assert_eq!(value["reset_reason"].as_str(), state.reset_reason);
}

fn check_tunable(index: u8, payload: &str, state: &State) {
    let index = usize::from(index);
    let value = state.tunables[index];
    match TUNABLES[index].kind {
        TunableKind::Number { decimals, .. } => {
            is_scaled(&number(payload), value, 10_f64.powi(decimals.into()));
        }
        TunableKind::Choice(options) => {
            let word = value.and_then(|place| options.get(usize::try_from(place).ok()?));
            assert_eq!(payload, word.copied().unwrap_or_default());
        }
        TunableKind::Switch => assert!(matches!(payload, "" | "ON" | "OFF")),
    }
}

/// A raw value: a number as JSON writes it, or nothing.
fn number(payload: &str) -> Value {
    if payload.is_empty() {
        return Value::Null;
    }
    let value = json(payload);
    assert!(value.is_number(), "{payload}");
    value
}

fn is_hundredths(value: &Value, expected: Option<i32>) {
    is_scaled(value, expected, 100.0);
}

fn is_thousandths(value: &Value, expected: Option<i32>) {
    is_scaled(value, expected, 1000.0);
}

/// Exactly: the nearest `f64` of so few digits, times its factor, is next to the whole number that it came from.
fn is_scaled(value: &Value, expected: Option<i32>, factor: f64) {
    let found = value.as_f64().map(|number| (number * factor).round());
    assert_eq!(found, expected.map(f64::from), "{value}");
    let digits = value.to_string();
    assert!(digits.len() <= 12, "noise: {digits}");
}
