//! Every payload fits the declared capacity, with the worst contents that the types admit.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test ends at what it did not expect"
)]

use dimmer_topics::{
    ALARM_TEXT_CAPACITY, ALARMS_CAPACITY, ANNOUNCEMENT_PAYLOAD_CAPACITY, Alarm, AlarmLevel,
    AlarmState, Announcement, Answer, CONFLICT_NAME_CAPACITY, CommandName, Device, DeviceId,
    Discovery, ERRORS_CAPACITY, FOLLOW_CAPACITY, Format, LABEL_CAPACITY, LOG_TEXT_CAPACITY,
    LONGEST_INTERVAL_S, LogLevel, LogLine, Message, PAYLOAD_CAPACITY, PREFIX_CAPACITY,
    PRODUCT_TEXT_CAPACITY, PoolTotals, PowerEntity, ProbeCounts, Qos, REASONS_CAPACITY, Refusal,
    RefusalKind, Role, STATE_NAME_CAPACITY, Settings, Sharing, Shortfall, State, Status, Subject,
    TUNABLE_LABEL_CAPACITY, TUNABLE_NAME_CAPACITY, TUNABLES_CAPACITY, Topics, Tunable, TunableKind,
    UNPAGED_PAYLOAD_CAPACITY, URL_CAPACITY,
};
use serde_json::{Value, json};

const ID: DeviceId = DeviceId::new([0xa1, 0xb2, 0xc3, 0xd4, 0xe5, 0xf6]);

fn write(topics: &Topics, message: Message, state: &State, device: &Device<'_>) -> String {
    let mut buffer = [0; PAYLOAD_CAPACITY];
    let length = topics.write(message, state, device, &mut buffer).unwrap();
    String::from_utf8(buffer[..length].to_vec()).unwrap()
}

/// As many alarms as can be, each as long as is promised for, in the characters that a text may have.
fn worst_alarms() -> AlarmState {
    let mut alarms = AlarmState::NONE;
    for _ in 0..1000 {
        alarms.insert(Alarm {
            level: AlarmLevel::Critical,
            name: "n".repeat(STATE_NAME_CAPACITY).leak(),
            text: "é".repeat(ALARM_TEXT_CAPACITY / 2).leak(),
            since_s: u32::MAX,
            latched: false,
        });
    }
    alarms
}

/// Settings with the longest of everything, all of the same kind.
fn tunables(kind: TunableKind) -> &'static [Tunable] {
    let all = (0..TUNABLES_CAPACITY).map(|number| Tunable {
        name: format!("{number:0>TUNABLE_NAME_CAPACITY$}").leak(),
        label: "é".repeat(TUNABLE_LABEL_CAPACITY / 2).leak(),
        kind,
    });
    all.collect::<Vec<_>>().leak()
}

fn worst_settings(discovery: Discovery, power: PowerEntity, format: Format) -> Settings {
    let quotes = "\"".repeat(FOLLOW_CAPACITY);
    let mut settings = Settings {
        prefix: quotes[..PREFIX_CAPACITY].try_into().unwrap(),
        follow: quotes.as_str().try_into().unwrap(),
        format,
        qos: Qos::ExactlyOnce,
        interval_s: LONGEST_INTERVAL_S,
        ..Settings::default()
    };
    settings.homeassistant.prefix = "h".repeat(PREFIX_CAPACITY).as_str().try_into().unwrap();
    settings.homeassistant.discovery = discovery;
    settings.homeassistant.power = power;
    settings.domoticz.enabled = true;
    settings.domoticz.dimmer_idx = 0x7fff_fffc;
    settings.domoticz.power_idx = 0x7fff_fffd;
    settings.domoticz.temperature_idx = 0x7fff_fffe;
    settings.domoticz.alarm_idx = 0x7fff_ffff;
    settings
}

fn worst_state(refusal: Refusal, table: &'static [Tunable]) -> State {
    let longest_name: &'static str = "\u{1}".repeat(STATE_NAME_CAPACITY).leak();
    State {
        setpoint_centipercent: Some(i32::MIN + 1),
        permitted_centipercent: Some(u16::MAX),
        applied_centipercent: u16::MAX,
        watts: u32::MAX,
        rated_watts: u32::MAX,
        energy_watt_hours: Some(u32::MAX),
        water_millicelsius: Some(i32::MIN + 1),
        heat_sink_millicelsius: Some(i32::MIN + 1),
        room_millicelsius: Some(i32::MIN + 1),
        water_limit_millicelsius: Some(i32::MIN + 1),
        water_resume_millicelsius: Some(i32::MIN + 1),
        maximum_centipercent: Some(u16::MAX),
        is_switched_on: Some(false),
        boost_minutes: u16::MAX,
        reason: longest_name,
        alarms: worst_alarms(),
        mains_state: longest_name,
        mains_frequency_millihertz: Some(u32::MAX),
        mains_missed: u32::MAX,
        mains_rejected: u32::MAX,
        probes: Some(ProbeCounts {
            readings: u32::MAX,
            failed: u32::MAX,
            rejected: u32::MAX,
        }),
        uptime_s: u32::MAX,
        free_memory_bytes: Some(u32::MAX),
        free_stack_bytes: Some(u32::MAX),
        signal_dbm: Some(i16::MIN),
        reset_reason: Some(longest_name),
        messages_received: u32::MAX,
        messages_sent: u32::MAX,
        messages_refused: u32::MAX,
        last_refusal: Some(refusal),
        broker: Some(u8::MAX),
        status: Status {
            synced_at_s: Some(u32::MAX),
            synced_at_unix_s: Some(u32::MAX),
            errors: [Some(longest_name); ERRORS_CAPACITY],
        },
        log: Some(LogLine {
            level: LogLevel::Warning,
            text: "é".repeat(LOG_TEXT_CAPACITY / 2).leak(),
            uptime_s: u32::MAX,
        }),
        answer: Some(Answer::refused(
            CommandName::ResetAlarms,
            refusal,
            table.first(),
        )),
        pool_member: Some(Announcement {
            boot: u32::MAX,
            sequence: u32::MAX,
            rated_watts: u32::MAX,
            available_watts: u32::MAX,
            minimum_watts: u32::MAX,
            hysteresis_watts: u32::MAX,
            priority: u8::MAX,
            weight: u16::MAX,
            sharing: Sharing::Rotating,
            pool_watts: u32::MAX,
            applied_watts: u32::MAX,
            taking: false,
            interval_s: u8::MAX,
            day: Some(u32::MAX),
        }),
        pool_totals: Some(PoolTotals {
            asked_watts: Some(u32::MAX),
            applied_watts: u32::MAX,
            capacity_watts: u32::MAX,
            rated_watts: u32::MAX,
            members: u16::MAX,
            announced: u16::MAX,
            sharing: Sharing::Rotating,
            shortfall: Some(Shortfall::CapacityReached),
            by: ID,
        }),
        tunables: [Some(i32::MIN + 1); TUNABLES_CAPACITY],
    }
}

/// The longest contents that the types admit, in characters that grow when JSON escapes them.
#[test]
fn the_worst_contents_fit_the_declared_capacity() {
    let quotes = "\"".repeat(FOLLOW_CAPACITY);
    let reason = "r".repeat(13);
    let reasons = vec![reason.as_str(); REASONS_CAPACITY / (reason.len() + 3)];
    let device = Device::new(
        &quotes[..LABEL_CAPACITY],
        &quotes[..PRODUCT_TEXT_CAPACITY],
        &quotes[..PRODUCT_TEXT_CAPACITY],
    )
    .unwrap()
    .with_manufacturer(&quotes[..PRODUCT_TEXT_CAPACITY])
    .unwrap()
    .with_configuration_url(&quotes[..URL_CAPACITY])
    .unwrap()
    .with_reasons(&reasons)
    .unwrap();
    let tables = [
        TunableKind::Number {
            unit: "12345678",
            decimals: 3,
            minimum: i32::MIN + 1,
            maximum: i32::MAX - 1,
            step: i32::MAX - 2,
        },
        TunableKind::Choice(&[
            "0123456789012345678901234567890123456789012345",
            "012345678901234567890123456789012345678901",
        ]),
        TunableKind::Switch,
    ]
    .map(tunables);
    let longest_refusal = Subject::ALL
        .into_iter()
        .flat_map(|subject| RefusalKind::ALL.map(|kind| Refusal::about(subject, kind)))
        .chain([Refusal::conflict(Some(
            "n".repeat(CONFLICT_NAME_CAPACITY).leak(),
        ))])
        .max_by_key(|refusal| serde_json::to_string(refusal).unwrap().len())
        .unwrap();
    let states = tables.map(|table| worst_state(longest_refusal, table));

    let mut largest: Vec<(usize, Message)> = Vec::new();
    for discovery in [Discovery::PerComponent, Discovery::Device] {
        for power in [PowerEntity::Number, PowerEntity::Light] {
            for format in [Format::Raw, Format::Json, Format::Both] {
                for (table, state) in tables.into_iter().zip(&states) {
                    let topics = Topics::new(&worst_settings(discovery, power, format), ID)
                        .unwrap()
                        .with_probe(Role::HeatSink)
                        .with_probe(Role::Room)
                        .with_free_memory()
                        .with_free_stack()
                        .with_radio()
                        .with_reset_reason()
                        .with_last_words()
                        .with_pool()
                        .with_tunables(table)
                        .unwrap();
                    for message in topics.messages() {
                        let payload = write(&topics, message, state, &device);
                        check(message, &payload);
                        largest.push((payload.len(), message));
                    }
                }
            }
        }
    }
    largest.sort_by_key(|(length, _)| std::cmp::Reverse(*length));
    let mut told: Vec<Message> = Vec::new();
    for (length, message) in &largest {
        if !told.contains(message) && told.len() < 16 {
            println!("{length} bytes of {PAYLOAD_CAPACITY}: {message:?}");
            told.push(*message);
        }
    }
    // Not far below either: the capacity is RAM on a device.
    assert!(largest[0].0 > PAYLOAD_CAPACITY * 3 / 4, "{:?}", largest[0]);
    let is_page = |message| matches!(message, Message::DeviceDiscovery(_));
    let unpaged = largest
        .iter()
        .find(|(_, message)| !is_page(*message))
        .unwrap();
    let room = UNPAGED_PAYLOAD_CAPACITY * 3 / 4..=UNPAGED_PAYLOAD_CAPACITY;
    assert!(room.contains(&unpaged.0), "{unpaged:?}");
}

fn check(message: Message, payload: &str) {
    if matches!(
        message,
        Message::State
            | Message::Alarm
            | Message::Status
            | Message::Log
            | Message::Answer
            | Message::PoolMember
            | Message::PoolTotals
            | Message::Domoticz(_)
            | Message::Discovery(_)
            | Message::DeviceDiscovery(_)
    ) {
        let value: Value = serde_json::from_str(payload).unwrap();
        if message == Message::PoolMember {
            // Those who read it take no longer one.
            assert!(payload.len() <= ANNOUNCEMENT_PAYLOAD_CAPACITY);
        }
        if message == Message::Alarm {
            // Nothing had to be left out.
            assert_eq!(
                value["others"].as_array().unwrap().len(),
                ALARMS_CAPACITY - 1
            );
            assert_eq!(value["omitted"], json!(255));
        }
    }
}
