//! Prints every topic of a dimmer with an example of its payload, then what it listens to.
//!
//! `cargo run -p dimmer-topics --example print_topics [ID] [LABEL]`

use dimmer_topics::{
    Alarm, AlarmLevel, AlarmState, Device, DeviceId, PAYLOAD_CAPACITY, Role, Settings, Share,
    Source, State, Temperatures, Topics, parse_setpoint,
};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let id: DeviceId = arguments
        .next()
        .as_deref()
        .unwrap_or("a1b2c3d4e5f6")
        .parse()?;
    let label = arguments.next().unwrap_or_else(|| "Water heater".into());

    let too_long = |_| "the topic is too long";
    let settings = Settings {
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
    let topics = Topics::new(&settings, id)?.with_probe(Role::HeatSink);
    let device = Device::new(&label, "Desktop", "0.1.0")?;
    let mut alarms = AlarmState::NONE;
    alarms.insert(Alarm {
        level: AlarmLevel::Warning,
        name: "heat_sink_hot",
        text: "The heat sink is hot; see that air can pass.",
        since_s: 98,
        latched: false,
    });
    let state = State {
        setpoint_centipercent: Some(4250),
        applied_centipercent: 4250,
        watts: 850,
        rated_watts: 2000,
        water_millicelsius: Some(51_312),
        heat_sink_millicelsius: Some(63_250),
        room_millicelsius: Some(18_500),
        reason: "following",
        alarms,
        mains_state: "locked",
        mains_frequency_millihertz: Some(50_010),
        uptime_s: 123,
        messages_received: 2,
        messages_sent: 28,
        messages_refused: 1,
        last_refusal: parse_setpoint(b"42,5").err(),
        broker: Some(1),
        ..State::default()
    };

    println!("Published:");
    let mut buffer = [0; PAYLOAD_CAPACITY];
    for message in topics.messages() {
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
            "{}  (QoS {}: {:?})",
            subscription.topic,
            u8::from(subscription.qos),
            subscription.incoming
        );
    }
    Ok(())
}
