//! The dimmer of the examples in the pages.

use dimmer_topics::{
    Alarm, AlarmLevel, AlarmState, Announcement, Answer, Boost, Command, DeviceId, LogLevel,
    LogLine, PoolTotals, ProbeCounts, Role, Settings, Share, ShareFormat, Sharing, Source, State,
    Status, Temperatures, Topics, Tunable, TunableKind, parse_setpoint,
};

const ID: DeviceId = DeviceId::new([0xa1, 0xb2, 0xc3, 0xd4, 0xe5, 0xf6]);

pub(crate) const TUNABLES: [Tunable; 2] = [
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

pub(crate) fn settings() -> Settings {
    let mut settings = Settings {
        follow: "router/surplus".try_into().unwrap(),
        temperature: Temperatures {
            room: Source {
                topic: "zigbee2mqtt/cellar".try_into().unwrap(),
                path: "temperature".try_into().unwrap(),
            },
            share: Share {
                topic: "home/tank/temperature".try_into().unwrap(),
                format: ShareFormat::Raw,
            },
            ..Temperatures::default()
        },
        ..Settings::default()
    };
    let domoticz = &mut settings.domoticz;
    domoticz.enabled = true;
    domoticz.dimmer_idx = 7;
    domoticz.power_idx = 8;
    domoticz.temperature_idx = 9;
    domoticz.alarm_idx = 10;
    let jeedom = &mut settings.jeedom;
    jeedom.enabled = true;
    jeedom.topic = "home/heater".try_into().unwrap();
    jeedom.setpoint_idx = 1;
    jeedom.applied_idx = 2;
    jeedom.power_idx = 3;
    jeedom.temperature_idx = 4;
    jeedom.alarm_idx = 5;
    settings
}

pub(crate) fn topics_of(settings: &Settings) -> Topics {
    Topics::new(settings, ID)
        .unwrap()
        .with_probe(Role::HeatSink)
        .with_free_memory()
        .with_free_stack()
        .with_radio()
        .with_reset_reason()
        .with_last_words()
        .with_pool()
        .with_tunables(&TUNABLES)
        .unwrap()
}

pub(crate) const HOT: Alarm = Alarm {
    level: AlarmLevel::Warning,
    name: "heat_sink_hot",
    text: "The heat sink is hot; see that air can pass.",
    since_s: 60,
    latched: false,
};

pub(crate) fn alarms(alarms: &[Alarm]) -> AlarmState {
    let mut state = AlarmState::NONE;
    for alarm in alarms {
        state.insert(*alarm);
    }
    state
}

pub(crate) fn state() -> State {
    let boost = Command::Boost(Boost::Start {
        minutes: 60,
        centipercent: None,
    });
    let mut tunables = State::default().tunables;
    tunables[0] = Some(60_000);
    tunables[1] = Some(0);
    State {
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
        alarms: alarms(&[HOT]),
        reason: "following",
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
        pool_member: Some(Announcement {
            boot: 0x5eed_0001,
            sequence: 7,
            rated_watts: 2000,
            available_watts: 2000,
            minimum_watts: 100,
            hysteresis_watts: 50,
            priority: 1,
            weight: 100,
            sharing: Sharing::Priority,
            pool_watts: 0,
            applied_watts: 850,
            taking: true,
            interval_s: 5,
            day: Some(20_412),
        }),
        pool_totals: Some(PoolTotals {
            asked_watts: Some(850),
            applied_watts: 850,
            capacity_watts: 5000,
            rated_watts: 5000,
            members: 2,
            announced: 2,
            sharing: Sharing::Priority,
            shortfall: None,
            by: ID,
        }),
        tunables,
        ..State::default()
    }
}
