//! Prints every topic of a dimmer with an example of its payload, then what it listens to.
//!
//! `cargo run -p dimmer-topics --example print_topics [ID] [LABEL] [off|per_component|device] [number|light] [raw|json|both]`

use dimmer_topics::{
    Alarm, AlarmLevel, AlarmState, Answer, Boost, Command, Device, DeviceId, Discovery, Format,
    LogLevel, LogLine, PAYLOAD_CAPACITY, PowerEntity, ProbeCounts, Role, Settings, Share, Source,
    State, Status, Temperatures, Topics, Tunable, TunableKind, parse_setpoint,
};

/// Settings that this dimmer lets others change.
const TUNABLES: [Tunable; 2] = [
    Tunable {
        name: "water_limit",
        label: "Water limit",
        kind: TunableKind::Number {
            unit: "°C",
            decimals: 3,
            minimum: 20_000,
            maximum: 95_000,
            step: 500,
        },
    },
    Tunable {
        name: "language",
        label: "Language",
        kind: TunableKind::Choice(&["en", "fr"]),
    },
];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let id: DeviceId = arguments
        .next()
        .as_deref()
        .unwrap_or("a1b2c3d4e5f6")
        .parse()?;
    let label = arguments.next().unwrap_or_else(|| "Water heater".into());

    let discovery = match arguments.next().as_deref() {
        Some("off") => Discovery::Off,
        Some("device") => Discovery::Device,
        _ => Discovery::PerComponent,
    };

    let power = match arguments.next().as_deref() {
        Some("light") => PowerEntity::Light,
        _ => PowerEntity::Number,
    };
    let format = match arguments.next().as_deref() {
        Some("raw") => Format::Raw,
        Some("json") => Format::Json,
        _ => Format::Both,
    };

    let too_long = |_| "the topic is too long";
    let mut settings = Settings {
        follow: "router/surplus".try_into().map_err(too_long)?,
        temperature: Temperatures {
            room: Source {
                topic: "zigbee2mqtt/cellar".try_into().map_err(too_long)?,
                path: "temperature".try_into().map_err(too_long)?,
            },
            share: Share {
                topic: "home/tank/temperature".try_into().map_err(too_long)?,
                ..Share::default()
            },
            ..Temperatures::default()
        },
        ..Settings::default()
    };
    settings.homeassistant.discovery = discovery;
    settings.homeassistant.power = power;
    settings.format = format;
    settings.domoticz.enabled = true;
    settings.domoticz.dimmer_idx = 7;
    settings.domoticz.power_idx = 8;
    settings.domoticz.temperature_idx = 9;
    settings.domoticz.alarm_idx = 10;
    settings.jeedom.enabled = true;
    settings.jeedom.topic = "home/heater".try_into().map_err(too_long)?;
    settings.jeedom.power_idx = 3;
    let topics = Topics::new(&settings, id)?
        .with_probe(Role::HeatSink)
        .with_free_memory()
        .with_free_stack()
        .with_radio()
        .with_reset_reason()
        .with_last_words()
        .with_pool()
        .with_tunables(&TUNABLES)?;
    let device = Device::new(&label, "Desktop", "0.1.0")?;
    let mut alarms = AlarmState::NONE;
    alarms.insert(Alarm {
        level: AlarmLevel::Warning,
        name: "heat_sink_hot",
        text: "The heat sink is hot; see that air can pass.",
        since_s: 98,
        latched: false,
    });
    let boost = Command::Boost(Boost::Start {
        minutes: 60,
        centipercent: None,
    });
    let state = State {
        setpoint_centipercent: Some(4250),
        permitted_centipercent: Some(4250),
        applied_centipercent: 4250,
        watts: 850,
        rated_watts: 2000,
        energy_watt_hours: Some(123_456),
        water_millicelsius: Some(51_312),
        heat_sink_millicelsius: Some(63_250),
        room_millicelsius: Some(18_500),
        water_limit_millicelsius: Some(60_000),
        water_resume_millicelsius: Some(54_000),
        maximum_centipercent: Some(10_000),
        is_switched_on: Some(true),
        reason: "following",
        alarms,
        mains_state: "locked",
        mains_frequency_millihertz: Some(50_010),
        probes: Some(ProbeCounts {
            readings: 60,
            failed: 1,
            rejected: 2,
        }),
        uptime_s: 123,
        free_memory_bytes: Some(65_536),
        free_stack_bytes: Some(4_096),
        signal_dbm: Some(-61),
        reset_reason: Some("power"),
        messages_received: 2,
        messages_sent: 28,
        messages_refused: 1,
        last_refusal: parse_setpoint(b"42,5").err(),
        broker: Some(1),
        status: Status {
            synced_at_s: Some(12),
            ..Status::NONE
        },
        log: Some(LogLine {
            level: LogLevel::Warning,
            text: "the heat sink is hot",
            uptime_s: 60,
        }),
        answer: Some(Answer::done(boost, &TUNABLES)),
        tunables: {
            let mut values = State::default().tunables;
            values
                .iter_mut()
                .zip([60_000, 0])
                .for_each(|(place, value)| *place = Some(value));
            values
        },
        ..State::default()
    };

    println!("Published:");
    let mut buffer = [0; PAYLOAD_CAPACITY];
    let silent = |message: &_| topics.is_silent(*message, &state);
    for message in topics.messages().filter(|message| !silent(message)) {
        let length = topics.write(message, &state, &device, &mut buffer)?;
        let payload = std::str::from_utf8(buffer.get(..length).unwrap_or_default())?;
        let delivery = message.delivery(&settings);
        let retained = if delivery.retain { ", retained" } else { "" };
        println!(
            "\n{}  (QoS {}{retained}, {length} bytes)\n    {payload}",
            topics.of(message),
            u8::from(delivery.qos)
        );
    }
    println!("\nListened to:\n");
    for subscription in topics.subscriptions() {
        println!(
            "{}  (QoS {})",
            subscription.topic,
            u8::from(subscription.qos)
        );
    }
    Ok(())
}
