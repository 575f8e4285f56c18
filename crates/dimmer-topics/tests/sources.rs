//! Payloads as other programs publish them, written from their formats: each gives the temperature that it should, or says why not.
use dimmer_topics::{
    Device, DeviceId, Message, PAYLOAD_CAPACITY, RefusalKind, Role, Settings, State, Topics,
    parse_temperature,
};

/// zigbee2mqtt 2.x, `zigbee2mqtt/<name>`: a TS0201, one of Aqara, a boiler with probes of its own.
const ZIGBEE2MQTT: [(&str, &str, i32); 4] = [
    (
        r#"{"battery":100,"humidity":40.55,"linkquality":127,"temperature":51.5,"voltage":3000}"#,
        "temperature",
        51_500,
    ),
    (
        r#"{"battery":91,"device_temperature":27,"humidity":61.2,"last_seen":"2025-11-21T07:45:00+01:00","linkquality":58,"power_outage_count":12,"pressure":987.4,"temperature":18.53,"update":{"installed_version":4101,"latest_version":4101,"state":"idle"},"update_available":null,"voltage":2995}"#,
        "temperature",
        18_530,
    ),
    (
        r#"{"temperature_l1":51.25,"temperature_l2":19,"state":"ON","linkquality":200}"#,
        "temperature_l1",
        51_250,
    ),
    (
        r#"{"child_lock":"UNLOCK","local_temperature":-0.5,"system_mode":"heat"}"#,
        "local_temperature",
        -500,
    ),
];

/// Tasmota 13 and 14, `tele/<name>/SENSOR`: one probe, two, a DHT22, a BME280, and a power meter beside them.
const TASMOTA: [(&str, &str, i32); 6] = [
    (
        r#"{"Time":"2025-11-21T07:45:00","DS18B20":{"Id":"011623A3B1C4","Temperature":54.3},"TempUnit":"C"}"#,
        "DS18B20.Temperature",
        54_300,
    ),
    (
        r#"{"Time":"2025-11-21T07:45:00","DS18B20-1":{"Id":"011623A3B1C4","Temperature":54.3},"DS18B20-2":{"Id":"3C01D607BB6A","Temperature":21.1},"TempUnit":"C"}"#,
        "DS18B20-2.Temperature",
        21_100,
    ),
    (
        r#"{"Time":"2025-11-21T07:45:00","AM2301":{"Temperature":21.4,"Humidity":48.2,"DewPoint":10.0},"TempUnit":"C"}"#,
        "AM2301.Temperature",
        21_400,
    ),
    (
        r#"{"Time":"2025-11-21T07:45:00","BME280":{"Temperature":19.7,"Humidity":55.1,"DewPoint":10.5,"Pressure":1013.2},"PressureUnit":"hPa","TempUnit":"C"}"#,
        "BME280.Temperature",
        19_700,
    ),
    (
        r#"{"Time":"2025-11-21T07:45:00","ANALOG":{"Temperature1":71.3},"ENERGY":{"TotalStartTime":"2025-01-01T00:00:00","Total":123.456,"Power":850,"ApparentPower":851,"Factor":1.00,"Voltage":231,"Current":3.68},"TempUnit":"C"}"#,
        "ANALOG.Temperature1",
        71_300,
    ),
    (
        r#"{"StatusSNS":{"Time":"2025-11-21T07:45:00","DS18B20":{"Id":"011623A3B1C4","Temperature":54.3},"TempUnit":"C"}}"#,
        "StatusSNS.DS18B20.Temperature",
        54_300,
    ),
];

#[test]
fn zigbee2mqtt_and_tasmota_are_read_as_they_are() {
    for (payload, path, millicelsius) in ZIGBEE2MQTT.into_iter().chain(TASMOTA) {
        assert_eq!(
            parse_temperature(payload.as_bytes(), path),
            Ok(millicelsius),
            "{payload}"
        );
    }
}

#[test]
fn what_they_say_of_a_probe_that_is_gone_is_no_temperature() {
    for (payload, path, kind) in [
        // Tasmota without its probe: the key is gone, or null.
        (
            r#"{"Time":"2025-11-21T07:45:00"}"#,
            "DS18B20.Temperature",
            RefusalKind::PathNotFound,
        ),
        (
            r#"{"Time":"2025-11-21T07:45:00","DS18B20":{"Id":"011623A3B1C4","Temperature":null},"TempUnit":"C"}"#,
            "DS18B20.Temperature",
            RefusalKind::Unavailable,
        ),
        // zigbee2mqtt before the first report, and its availability on the topic beside.
        (
            r#"{"linkquality":127,"temperature":null}"#,
            "temperature",
            RefusalKind::Unavailable,
        ),
        (
            r#"{"state":"offline"}"#,
            "temperature",
            RefusalKind::PathNotFound,
        ),
        ("offline", "temperature", RefusalKind::MalformedJson),
        // The reference system's own topics: text in JSON that is no number.
        (
            r#"{ "alarm_temp" : "Alerte Dallas non trouvée" }"#,
            "alarm_temp",
            RefusalKind::ValueNotANumber,
        ),
    ] {
        let refusal = parse_temperature(payload.as_bytes(), path).unwrap_err();
        assert_eq!(refusal.kind(), kind, "{payload}");
    }
    // The reference system itself, which writes numbers as text with two decimals.
    assert_eq!(
        parse_temperature(br#"{ "temperature" : "51.60" }"#, "temperature"),
        Ok(51_600)
    );
}

/// Another of our dimmers: its own topic, what it shares, and its state, which is refused as a topic but could be read.
#[test]
fn another_dimmer_is_a_probe() {
    let mut settings = Settings::default();
    settings.temperature.share.topic = "home/tank".try_into().unwrap();
    let one = Topics::new(&settings, DeviceId::new([1; 6])).unwrap();
    let state = State {
        water_millicelsius: Some(54_321),
        ..State::default()
    };
    let device = Device::new("Tank", "Desktop", "0.1.0").unwrap();
    for message in [Message::WaterTemperature, Message::SharedTemperature] {
        let mut settings = Settings::default();
        settings.temperature.water.topic = one.of(message).as_str().try_into().unwrap();
        let other = Topics::new(&settings, DeviceId::new([2; 6])).unwrap();
        let mut buffer = [0; PAYLOAD_CAPACITY];
        let length = one.write(message, &state, &device, &mut buffer).unwrap();
        let payload = buffer.get(..length).unwrap();
        let topic = one.of(message);
        let read: Vec<_> = other.temperatures(&topic, payload, false).collect();
        assert_eq!(read, [(Role::Water, Ok(54_321))]);
        // Its state is an object, and shows what it took from others too.
        let length = one
            .write(Message::State, &state, &device, &mut buffer)
            .unwrap();
        let payload = buffer.get(..length).unwrap();
        assert_eq!(parse_temperature(payload, "temperature.water"), Ok(54_321));
    }
    let mut settings = Settings::default();
    settings.temperature.water.topic = one.of(Message::State).as_str().try_into().unwrap();
    settings.temperature.water.path = "temperature.water".try_into().unwrap();
    assert!(settings.validate().is_err());
}
