//! What is wrong on purpose: a validator that finds nothing proves nothing.

use std::collections::BTreeMap;

use dimmer_topics::{Discovery, Format, Message, PowerEntity};

use crate::announced::{by_topic, discovery, sent, variant};
use crate::{Sent, domoticz, home_assistant, jeedom, sample};

#[test]
fn home_assistant_knows_a_wrong_announcement() {
    let topics = variant(
        Discovery::PerComponent,
        PowerEntity::Light,
        Format::Both,
        true,
    );
    let all = sent(&topics, &sample::state());
    let message = |key: &str| {
        let end = format!("-{key}/config");
        all.iter()
            .find(|sent| sent.topic.ends_with(&end))
            .unwrap()
            .clone()
    };
    for (key, from, to, word) in [
        ("watts", "\"W\"", "\"w\"", "no unit"),
        (
            "watts",
            "\"measurement\"",
            "\"total_increasing\"",
            "no state class",
        ),
        ("watts", "\"power\"", "\"strength\"", "no device class"),
        ("watts", "\"stat_t\"", "\"state_tpic\"", "no state_topic"),
        ("watts", "\"uniq_id\"", "\"uid\"", "no unique_id"),
        (
            "watts",
            "\"exp_aft\":40",
            "\"exp_aft\":\"40\"",
            "expire_after",
        ),
        (
            "watts",
            "\"ids\":[\"solar-dimmer-a1b2c3d4e5f6\"],",
            "",
            "no identifiers",
        ),
        ("watts", "\"o\":{\"name\"", "\"o\":{\"nme\"", "origin"),
        (
            "watts",
            "{\"name\"",
            "{\"p\":\"sensor\",\"name\"",
            "platform",
        ),
        ("watts", "\"avty_t\"", "\"state_topic\"", "twice"),
        ("watts", "{\"name\"", "{{\"name\"", "no JSON"),
        (
            "frequency",
            "\"diagnostic\"",
            "\"config\"",
            "entity_category",
        ),
        ("set-water_limit", "\"step\":0.5", "\"step\":0", "step"),
        (
            "set-water_limit",
            "\"max\":95",
            "\"max\":5",
            "below the largest",
        ),
        ("set-water_limit", "\"cmd_t\"", "\"cmd\"", "command_topic"),
        ("set-language", "[\"en\",\"fr\"]", "[]", "options"),
        (
            "reason",
            "\"ops\"",
            "\"unit_of_meas\":\"x\",\"ops\"",
            "an enum",
        ),
        (
            "start-again",
            "\"dev_cla\":\"restart\"",
            "\"dev_cla\":\"reboot\"",
            "no device class",
        ),
        (
            "reset",
            "\"pl_prs\"",
            "\"stat_t\":\"a\",\"pl_prs\"",
            "state_topic",
        ),
        ("alarm", "\"problem\"", "\"trouble\"", "no device class"),
        (
            "light",
            "\"bri_scl\":100",
            "\"bri_scl\":0",
            "brightness_scale",
        ),
        ("light", "{{ value }}", "{{ value }", "template"),
        ("switch", "command/switch", "command/#", "command_topic"),
    ] {
        let mut wrong = message(key);
        assert_eq!(home_assistant::problems("homeassistant", &wrong), [""; 0]);
        assert!(wrong.payload.contains(from), "{key} {from}");
        wrong.payload = wrong.payload.replacen(from, to, 1);
        let problems = home_assistant::problems("homeassistant", &wrong);
        assert!(
            problems.iter().any(|problem| problem.contains(word)),
            "{key} {to}: {problems:?}"
        );
    }
    let mut elsewhere = message("watts");
    elsewhere.topic = elsewhere.topic.replace("-watts", "/watts");
    assert!(!home_assistant::problems("homeassistant", &elsewhere).is_empty());
}

#[test]
fn home_assistant_knows_a_wrong_page_and_a_wrong_state() {
    let topics = variant(Discovery::Device, PowerEntity::Number, Format::Both, true);
    let all = sent(&topics, &sample::state());
    let page = discovery(&all).next().unwrap();
    for (from, to, word) in [
        ("\"cmps\"", "\"components_\"", "no components"),
        ("{\"p\":\"number\",", "{", "no platform"),
        ("{\"p\":\"light\"}", "{\"p\":\"lamp\"}", "no platform"),
        ("\"avty_t\"", "\"name\"", "not shared"),
        ("\"cmd_t\"", "\"cmd\"", "no command_topic"),
        (
            "\"watts\":{\"p\":\"sensor\"",
            "\"wa tts\":{\"p\":\"sensor\"",
            "component id",
        ),
    ] {
        let mut wrong = page.clone();
        assert!(wrong.payload.contains(from), "{from}");
        wrong.payload = wrong.payload.replacen(from, to, 1);
        let problems = home_assistant::problems("homeassistant", &wrong);
        assert!(
            problems.iter().any(|problem| problem.contains(word)),
            "{to}: {problems:?}"
        );
    }
    let values = by_topic(&all);
    let state = topics.of(Message::State).to_string();
    for (from, to) in [
        ("\"applied\":42.5", "\"applied\":\"much\""),
        ("\"watts\":850,", ""),
        ("\"reason\":\"following\"", "\"reason\":\"bored\""),
        ("\"switch\":\"ON\"", "\"switch\":\"on\""),
        ("\"boost\":0", "\"boost\":-1"),
    ] {
        let mut wrong = values.clone();
        let payload = wrong.get_mut(&state).unwrap();
        assert!(payload.contains(from), "{from}");
        *payload = payload.replacen(from, to, 1);
        let problems =
            discovery(&all)
                .flat_map(home_assistant::entities)
                .flat_map(|(platform, entity)| {
                    home_assistant::state_problems(&platform, &entity, &wrong)
                });
        assert_eq!(problems.count(), 1, "{to}");
    }
}

#[test]
fn domoticz_and_jeedom_know_what_is_wrong() {
    for wrong in [
        "",
        "[]",
        "{\"idx\":7}",
        "{\"idx\":0,\"nvalue\":0}",
        "{\"idx\":\"7\",\"nvalue\":0,\"svalue\":\"1\"}",
        "{\"idx\":7,\"nvalue\":0.5,\"svalue\":\"1\"}",
        "{\"idx\":7,\"nvalue\":\"0\",\"svalue\":\"1\"}",
        "{\"idx\":7,\"nvalue\":0,\"svalue\":1}",
        "{\"idx\":7,\"nvalue\":0,\"svalue\":\"1\",\"name\":\"\"}",
        "{\"command\":\"switchlight\",\"idx\":7,\"nvalue\":0}",
    ] {
        assert!(!domoticz::native_problems(wrong).is_empty(), "{wrong}");
    }
    let values = BTreeMap::from([
        ("a".to_owned(), "online".to_owned()),
        ("j".to_owned(), "{\"x\":{\"y\":1}}".to_owned()),
        ("v".to_owned(), "1".to_owned()),
    ]);
    let right = Sent::new(
        "homeassistant/sensor/x/config",
        "{\"stat_t\":\"j\",\"val_tpl\":\"{{ value_json.x.y }}\",\"avty_t\":\"a\"}",
    );
    assert_eq!(
        domoticz::discovery_problems("homeassistant", &right, &values),
        [""; 0]
    );
    for (topic, payload) in [
        ("homeassistant/device/x/config", "{}"),
        ("homeassistant/sensor/x", "{}"),
        ("homeassistant/sensor/x_max/config", right.payload.as_str()),
        (
            "homeassistant/sensor/heat_alarm/config",
            right.payload.as_str(),
        ),
        (
            "homeassistant/button/restart/config",
            "{\"cmd_t\":\"c\",\"avty_t\":\"a\"}",
        ),
        ("homeassistant/button/x/config", "{\"avty_t\":\"a\"}"),
        (
            "homeassistant/number/x/config",
            "{\"cmd_t\":\"c\",\"avty_t\":\"a\"}",
        ),
        (
            "homeassistant/select/x/config",
            "{\"cmd_t\":\"c\",\"avty_t\":\"a\"}",
        ),
        ("homeassistant/sensor/x/config", "{\"stat_t\":\"v\"}"),
        (
            "homeassistant/sensor/x/config",
            "{\"stat_t\":\"v\",\"avty_t\":\"v\"}",
        ),
        (
            "homeassistant/sensor/x/config",
            "{\"stat_t\":\"none\",\"avty_t\":\"a\"}",
        ),
        (
            "homeassistant/sensor/x/config",
            "{\"stat_t\":\"j\",\"val_tpl\":\"{{ value_json.z }}\",\"avty_t\":\"a\"}",
        ),
        (
            "homeassistant/light/x/config",
            "{\"cmd_t\":\"c\",\"bri_scl\":100,\"avty_t\":\"a\"}",
        ),
        (
            "homeassistant/light/x/config",
            "{\"cmd_t\":\"c\",\"bri_val_tpl\":\"{{ value }}\",\"avty_t\":\"a\"}",
        ),
    ] {
        let wrong = Sent::new(topic, payload);
        assert!(
            !domoticz::discovery_problems("homeassistant", &wrong, &values).is_empty(),
            "{wrong:?}"
        );
    }
    let find = |root: &str, sent: &[(&str, &str)], command: &str| {
        let sent: Vec<_> = sent
            .iter()
            .map(|(topic, payload)| Sent::new(topic, *payload))
            .collect();
        jeedom::problems(root, &sent, &[command.to_owned()]).len()
    };
    assert_eq!(
        find("a/b", &[("a/b/c", "1"), ("a/b/d", "{\"e\":1}")], "a/b/set"),
        0
    );
    assert_eq!(find("a/b/c", &[], ""), 1);
    assert_eq!(find("a", &[("a/b", "1"), ("a/b/c", "2")], "a/set"), 1);
    assert_eq!(
        find("a", &[("a/b", "{\"c\":1}"), ("a/b/c/d", "2")], "a/set"),
        1
    );
    assert_eq!(find("a", &[("a/b", "1"), ("a/b", "2")], "a/set"), 2);
    assert_eq!(find("a", &[("a/set", "1")], "a/set"), 1);
    assert_eq!(find("a", &[("a/b", "1")], "a/b/set"), 1);
    assert_eq!(find("a", &[("jeedom/b", "1")], "a/set"), 1);
    assert_eq!(find("a", &[("a//b", "1")], "a/set"), 1);
}
