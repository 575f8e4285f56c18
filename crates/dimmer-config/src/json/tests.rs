extern crate std;

mod numbers;
mod places;

use std::{format, string::String, string::ToString, vec::Vec};

use super::*;
use crate::{Broker, Secret};

fn merge(config: &Valid, json: &str) -> Result<Imported, Refusal> {
    config.merged(json.as_bytes(), &mut [0; JSON_CAPACITY])
}

fn refusal(json: &str) -> String {
    merge(&Valid::defaults(), json).unwrap_err().to_string()
}

fn json(config: &Config, secrets: Secrets) -> String {
    let mut buffer = [0; 4 * JSON_CAPACITY];
    let length = serde_json_core::to_slice(&config.export(secrets), &mut buffer).unwrap();
    String::from_utf8(buffer[..length].to_vec()).unwrap()
}

fn with_broker() -> Valid {
    let mut config = Valid::defaults().into_inner();
    config.name = "The \"cellar\"\\ é".try_into().unwrap();
    let broker = Broker {
        host: "broker.local".try_into().unwrap(),
        username: "dimmer".try_into().unwrap(),
        password: Secret::try_from("hunter2").unwrap(),
        ..Broker::default()
    };
    config.brokers.push(broker).unwrap();
    config.pool.start_centipercent = 5_000;
    config.safety.preheat_below_millicelsius = Some(20_000);
    config.topics.qos = dimmer_topics::Qos::ExactlyOnce;
    config.validate().unwrap()
}

#[test]
fn an_export_with_secrets_is_imported_as_it_was() {
    let config = with_broker();
    let text = json(&config, Secrets::Shown);
    assert!(text.contains("hunter2"));
    let mut scratch = [0; JSON_CAPACITY];
    let imported = Valid::defaults().imported(text.as_bytes(), &mut scratch);
    let imported = imported.unwrap();
    assert_eq!(imported.config, config);
    assert_eq!(imported.forgotten_passwords, 0);
}

#[test]
fn an_export_without_secrets_has_none_and_finds_them_on_the_same_dimmer_alone() {
    let config = with_broker();
    let text = json(&config, Secrets::LeftOut);
    assert!(!text.contains("hunter2") && text.contains("\"password\":null"));
    assert!(!format!("{config:?}").contains("hunter2"));
    let mut scratch = [0; JSON_CAPACITY];
    let same = config.imported(text.as_bytes(), &mut scratch).unwrap();
    assert_eq!((same.config, same.forgotten_passwords), (config, 0));
    let other = Valid::defaults().imported(text.as_bytes(), &mut scratch);
    let other = other.unwrap();
    assert_eq!(other.forgotten_passwords, 1);
    assert!(other.config.brokers[0].password.is_empty());
}

#[test]
fn a_password_does_not_follow_to_another_host_or_user() {
    let config = with_broker();
    let password = |json: &str| {
        let imported = merge(&config, json).unwrap();
        let password = imported.config.brokers[0].password.reveal();
        (String::from(password), imported.forgotten_passwords)
    };
    let kept = (String::from("hunter2"), 0);
    let forgotten = (String::new(), 1);
    let port =
        r#"{"brokers":[{"host":"broker.local","port":1884,"username":"dimmer","password":null}]}"#;
    assert_eq!(password(port), kept);
    let capitals = r#"{"brokers":[{"host":"Broker.Local","username":"dimmer","password":null}]}"#;
    assert_eq!(password(capitals), kept);
    let host = r#"{"brokers":[{"host":"elsewhere","username":"dimmer","password":null}]}"#;
    assert_eq!(password(host), forgotten);
    let user = r#"{"brokers":[{"host":"broker.local","username":"other","password":null}]}"#;
    assert_eq!(password(user), forgotten);
    let left_out = r#"{"brokers":[{"host":"broker.local","username":"dimmer"}]}"#;
    assert_eq!(password(left_out), (String::new(), 0));
    let none = r#"{"brokers":[{"host":"broker.local","username":"dimmer","password":""}]}"#;
    assert_eq!(password(none), (String::new(), 0));
    let new = r#"{"brokers":[{"host":"elsewhere","username":"dimmer","password":"swordfish"}]}"#;
    assert_eq!(password(new), (String::from("swordfish"), 0));
}

#[test]
fn what_is_not_mentioned_stays() {
    let before = with_broker();
    let patch = r#" { "safety" : {"water_limit_millicelsius":65000, "preheat_below_millicelsius":null},
        "name":"Attic", "topics":{"temperature":{"room":{"topic":"home/room"}},"format":"raw"} } "#;
    let after = merge(&before, patch).unwrap().config;
    let mut expected = before.into_inner();
    expected.safety.water_limit_millicelsius = 65_000;
    expected.safety.preheat_below_millicelsius = None;
    expected.name = "Attic".try_into().unwrap();
    expected.topics.temperature.room.topic = "home/room".try_into().unwrap();
    expected.topics.format = dimmer_topics::Format::Raw;
    assert_eq!(*after, expected);
    assert_eq!(merge(&after, "{}").unwrap().config, after);
    let none = merge(&after, r#"{"brokers":[]}"#).unwrap().config;
    assert!(none.brokers.is_empty());
}

#[test]
fn a_refusal_says_where_what_and_what_would_be_right() {
    for (json, told) in [
        (
            r#"{"safety":{"water_limit_millicelsius":"hot"}}"#,
            "safety.water_limit_millicelsius is a text; expected: a whole number",
        ),
        (
            r#"{"safety":{"water_limit_millicelsius":1.5}}"#,
            "safety.water_limit_millicelsius is 1.5; expected: a whole number",
        ),
        (
            r#"{"safety":{"water_limit_millicelsius":true}}"#,
            "safety.water_limit_millicelsius is true; expected: a whole number",
        ),
        (
            r#"{"topics":{"interval_s":70000}}"#,
            "topics.interval_s is not between 1 and 3600 seconds; expected: write the seconds between two states, such as 10",
        ),
        (
            r#"{"topics":{"interval_s":0}}"#,
            "topics.interval_s is not between 1 and 3600 seconds; expected: write the seconds between two states, such as 10",
        ),
        (
            r#"{"output":{"watts":5}}"#,
            "output.watts is no setting; expected: one of `rated_watts`, `triacs`",
        ),
        (
            r#"{"safety":{"water_limit":60}}"#,
            "safety.water_limit is no setting; expected: a setting of the schema; `water_limit_millicelsius` comes nearest",
        ),
        (
            r#"{"colour":1}"#,
            "colour is no setting; expected: one of `name`, `language`, `brokers`, `session`, `topics`, `output`, `probes`, `mains`, `pool`, `safety`, `network`, `security`",
        ),
        (
            r#"{"output":{"rated_watts":5,"rated_watts":6}}"#,
            "output.rated_watts stands there twice; expected: it once",
        ),
        (
            r#"{"language":"de"}"#,
            "language is `de`; expected: one of `en`, `fr`",
        ),
        (
            r#"{"language":7}"#,
            "language is 7; expected: one of `en`, `fr`",
        ),
        (
            r#"{"probes":{"water":1}}"#,
            "probes.water is 1; expected: true or false",
        ),
        (
            r#"{"probes":true}"#,
            "probes is true; expected: an object of settings",
        ),
        (
            r#"{"brokers":{}}"#,
            "brokers is an object; expected: a list",
        ),
        (
            r#"{"brokers":[{"host":"a"},{"host":"b","port":0}]}"#,
            "brokers[1].port is 0; expected: 1 to 65535; 1883 is usual",
        ),
        (
            r#"{"brokers":[{"host":"a"},{"host":"b","prt":0}]}"#,
            "brokers[1].prt is no setting; expected: one of `host`, `port`, `username`, `password`, `client_id`, `keep_alive_s`",
        ),
        (
            r#"{"topics":{"qos":300}}"#,
            "topics.qos cannot be used: qos is not a quality of service of MQTT; expected: write 0, 1 or 2",
        ),
        (
            r#"{"topics":{"qos":3}}"#,
            "topics.qos cannot be used: qos is not a quality of service of MQTT; expected: write 0, 1 or 2",
        ),
        (
            "[]",
            "the text is a list; expected: an object of sections, such as {\"output\":{\"rated_watts\":2000}}",
        ),
        (
            "{\"name\":}",
            "the text is not JSON, at byte 8; expected: JSON, as an export has it",
        ),
    ] {
        assert_eq!(refusal(json), told);
    }
    let long = format!("{{\"name\":\"{}\"}}", "n".repeat(33));
    assert_eq!(
        refusal(&long),
        format!(
            "name has the length 33; expected: {}",
            "a string no more than 32 bytes long"
        )
    );
    let long = format!("{{\"name\":\"{}\"}}", "n".repeat(300));
    assert!(refusal(&long).starts_with("name is longer than any setting"));
    for more in [4, 8] {
        let brokers = format!("{{\"brokers\":[{}{{}}]}}", "{\"host\":\"a\"},".repeat(more));
        let told = "brokers has more than 4 entries; expected: 4 at the most";
        assert_eq!(refusal(&brokers), told);
    }
}

#[test]
fn what_is_no_json_is_refused() {
    for wrong in [
        "",
        " ",
        "{",
        "}",
        "{\"name\"",
        "{\"name\":\"a\",}",
        "{name:1}",
        "{\"name\":\"a\"} x",
        "{\"name\":'a'}",
        "{\"name\":\"\\x\"}",
        "{\"name\":\"\\u12\"}",
        "{\"name\":\"a\nb\"}",
        "{\"output\":{\"rated_watts\":01}}",
        "{\"output\":{\"rated_watts\":+1}}",
        "{\"output\":{\"rated_watts\":1.}}",
        "{\"output\":{\"rated_watts\":1e}}",
        "{\"brokers\":[,]}",
        "{\"brokers\":[{}{}]}",
        "{\"probes\":{\"water\":True}}",
        "[[[[[[[[[[]]]]]]]]]]",
    ] {
        let told = refusal(wrong);
        assert!(
            told.starts_with("the text is not JSON, at byte "),
            "{wrong}: {told}"
        );
    }
    let bytes = Valid::defaults().merged(b"{\"name\":\"\xff\"}", &mut [0; JSON_CAPACITY]);
    assert_eq!(bytes.unwrap_err().problem, "is not UTF-8");
}

#[test]
fn escapes_are_read_as_they_are_meant() {
    let name = |text: &str| {
        let merged = merge(&Valid::defaults(), &format!("{{\"name\":\"{text}\"}}"));
        merged.map(|merged| String::from(merged.config.name.as_str()))
    };
    assert_eq!(name("a\\u00e9\\\"\\\\\\/").unwrap(), "aé\"\\/");
    assert_eq!(name("\\ud83d\\ude00").unwrap(), "😀");
    for half in ["\\ud83d", "\\ud83d\\u0041", "\\ude00", "\\ud83dx"] {
        assert!(
            name(half)
                .unwrap_err()
                .problem
                .contains("half of a character")
        );
    }
    // A control character is JSON, and no name.
    assert_eq!(name("a\\nb").unwrap_err().path, "name");
}

#[test]
fn every_section_fits_the_scratch_and_a_smaller_one_is_told() {
    let mut config = Valid::defaults().into_inner();
    config.name = "\u{1}".repeat(32).as_str().try_into().unwrap();
    for _ in 0..crate::BROKERS {
        // A control character becomes six letters; no host has one, but what is exported was not always typed.
        let broker = Broker {
            host: "\"".repeat(64).as_str().try_into().unwrap(),
            username: "\"".repeat(64).as_str().try_into().unwrap(),
            client_id: "\"".repeat(64).as_str().try_into().unwrap(),
            ..Broker::default()
        };
        config.brokers.push(broker).unwrap();
    }
    let topics = &mut config.topics;
    topics.follow = "\"".repeat(96).as_str().try_into().unwrap();
    for source in [
        &mut topics.temperature.water,
        &mut topics.temperature.heat_sink,
        &mut topics.temperature.room,
    ] {
        source.topic = "\"".repeat(96).as_str().try_into().unwrap();
        source.path = "\"".repeat(64).as_str().try_into().unwrap();
    }
    for section in Section::ALL {
        let mut scratch = [0; JSON_CAPACITY];
        let export = config.export_section(section, Secrets::LeftOut);
        assert!(serde_json_core::to_slice(&export, &mut scratch).is_ok());
    }
    let small = Valid::defaults().merged(b"{\"safety\":{}}", &mut [0; 64]);
    assert_eq!(
        small.unwrap_err().to_string(),
        "the text cannot be read: the buffer is too small; expected: 4096 bytes of scratch"
    );
}

fn with_wifi() -> Valid {
    let mut config = Valid::defaults().into_inner();
    config.network.wifi = crate::Wifi {
        ssid: "home".try_into().unwrap(),
        password: Secret::try_from("correct horse").unwrap(),
    };
    config.validate().unwrap()
}

#[test]
fn a_wifi_password_is_shown_only_if_it_is_asked_for() {
    let config = with_wifi();
    let text = json(&config, Secrets::LeftOut);
    assert!(text.contains(r#""wifi":{"ssid":"home","password":null}"#));
    let text = json(&config, Secrets::Shown);
    assert!(text.contains("correct horse"));
    let mut scratch = [0; JSON_CAPACITY];
    let imported = Valid::defaults().imported(text.as_bytes(), &mut scratch);
    assert_eq!(imported.unwrap().config, config);
}

#[test]
fn of_two_brokers_on_one_host_each_keeps_its_own_password() {
    let mut config = with_broker().into_inner();
    let second = Broker {
        port: 1884,
        password: Secret::try_from("swordfish").unwrap(),
        ..config.brokers[0].clone()
    };
    config.brokers.push(second).unwrap();
    let config = config.validate().unwrap();
    let passwords = |ports: [u16; 2]| {
        let [first, second] = ports.map(|port| {
            format!(
                r#"{{"host":"broker.local","port":{port},"username":"dimmer","password":null}}"#
            )
        });
        let imported = merge(&config, &format!(r#"{{"brokers":[{first},{second}]}}"#)).unwrap();
        let brokers = &imported.config.brokers;
        let all = [0, 1].map(|place| String::from(brokers[place].password.reveal()));
        (all, imported.forgotten_passwords)
    };
    let told = |first: &str, second: &str| [String::from(first), String::from(second)];
    assert_eq!(passwords([1883, 1884]), (told("hunter2", "swordfish"), 0));
    assert_eq!(passwords([1884, 1883]), (told("swordfish", "hunter2"), 0));
    // Which of the two is meant nobody can tell.
    assert_eq!(passwords([1884, 8883]), (told("swordfish", ""), 1));
}

#[test]
fn a_broker_that_is_added_on_the_same_host_is_not_given_the_password_of_the_other() {
    let mut present = Config::default();
    let broker = Broker {
        host: "broker.local".try_into().unwrap(),
        username: "dimmer".try_into().unwrap(),
        password: Secret::try_from("hunter2").unwrap(),
        ..Broker::default()
    };
    present.brokers.push(broker).unwrap();
    let json = r#"{"brokers":[
        {"host":"broker.local","port":1884,"username":"dimmer","password":null},
        {"host":"broker.local","port":1883,"username":"dimmer","password":null}]}"#;
    let imported = merge(&present.validate().unwrap(), json).unwrap();
    let passwords = [0, 1].map(|place| imported.config.brokers[place].password.reveal());
    assert_eq!(passwords, ["", "hunter2"]);
    assert_eq!(imported.forgotten_passwords, 1);
    assert_eq!(imported.first_forgotten, Some(Forgotten::Broker(0)));
}

#[test]
fn a_wifi_password_stays_with_its_network() {
    let config = with_wifi();
    let password = |json: &str| {
        let imported = merge(&config, json).unwrap();
        let password = imported.config.network.wifi.password.reveal();
        (String::from(password), imported.forgotten_passwords)
    };
    let kept = (String::from("correct horse"), 0);
    assert_eq!(password(r#"{"network":{"mdns":false}}"#), kept);
    let same = r#"{"network":{"wifi":{"ssid":"home","password":null}}}"#;
    assert_eq!(password(same), kept);
    let open = r#"{"network":{"wifi":{"password":""}}}"#;
    assert_eq!(password(open), (String::new(), 0));
    let other = r#"{"network":{"wifi":{"ssid":"neighbour"}}}"#;
    assert_eq!(password(other), (String::new(), 1));
    let none = r#"{"network":{"wifi":{"ssid":""}}}"#;
    assert_eq!(password(none), (String::new(), 0));
}

#[test]
fn an_address_is_refused_with_its_path() {
    assert_eq!(
        refusal(r#"{"network":{"address":{"ip":"192.168.1"}}}"#),
        "network.address.ip cannot be used: it is not an IPv4 address; expected: four numbers from 0 to 255 such as `192.168.1.10`, \
         or an empty text for none"
    );
    assert_eq!(
        refusal(r#"{"network":{"address":{"source":"static","ip":"192.168.1.255"}}}"#),
        "network.address.ip is the first or the last address of its subnet, which no host can have; expected: a free address between \
         them, such as `192.168.1.50` with 24 bits"
    );
}
