use super::{Domoticz, Jeedom, Settings};

fn text<const CAPACITY: usize>(text: &str) -> heapless::String<CAPACITY> {
    text.try_into().unwrap()
}

fn field(settings: &Settings) -> &'static str {
    settings.validate().unwrap_err().field
}

fn with_domoticz(change: impl FnOnce(&mut Domoticz)) -> Settings {
    let mut settings = Settings::default();
    settings.domoticz.enabled = true;
    change(&mut settings.domoticz);
    settings
}

fn with_jeedom(change: impl FnOnce(&mut Jeedom)) -> Settings {
    let mut settings = Settings::default();
    settings.jeedom.enabled = true;
    change(&mut settings.jeedom);
    settings
}

#[test]
fn an_empty_topic_and_an_idx_of_0_are_legal() {
    assert_eq!(Settings::default().validate(), Ok(()));
    let silent = with_domoticz(|domoticz| {
        domoticz.in_topic.clear();
        domoticz.out_topic.clear();
    });
    assert_eq!(silent.validate(), Ok(()));
    assert!(!silent.domoticz.listens());
    assert_eq!(with_jeedom(|_| {}).validate(), Ok(()));
    assert!(
        with_domoticz(|domoticz| domoticz.dimmer_idx = 7)
            .domoticz
            .listens()
    );
}

#[test]
fn a_topic_that_cannot_work_is_refused() {
    for topic in [
        "a/#",
        "/a",
        "solar-dimmer",
        "solar-dimmer/a1b2c3d4e5f6/state",
        "homeassistant/x",
    ] {
        let into = with_domoticz(|domoticz| domoticz.in_topic = text(topic));
        assert_eq!(field(&into), "domoticz.in_topic", "{topic}");
        let out = with_domoticz(|domoticz| domoticz.out_topic = text(topic));
        assert_eq!(field(&out), "domoticz.out_topic", "{topic}");
        let jeedom = with_jeedom(|jeedom| jeedom.topic = text(topic));
        assert_eq!(field(&jeedom), "jeedom.topic", "{topic}");
    }
    let same = with_domoticz(|domoticz| domoticz.out_topic = text("domoticz/in"));
    assert_eq!(field(&same), "domoticz.out_topic");
    let reserved = with_jeedom(|jeedom| jeedom.topic = text("jeedom/heater"));
    assert_eq!(field(&reserved), "jeedom.topic");
    let mut both = with_domoticz(|domoticz| domoticz.power_idx = 7);
    both.jeedom.topic = text("domoticz/in");
    assert_eq!(both.validate(), Ok(()), "Jeedom is off");
    both.jeedom.enabled = true;
    assert_eq!(field(&both), "jeedom.topic");
}

#[test]
fn what_comes_in_has_one_meaning() {
    let mut settings = with_domoticz(|domoticz| domoticz.dimmer_idx = 7);
    settings.follow = text("domoticz/out");
    assert_eq!(field(&settings), "domoticz.out_topic");
    settings.follow = text("");
    settings.temperature.room.topic = text("domoticz/out");
    assert_eq!(field(&settings), "domoticz.out_topic");
    settings.domoticz.out_topic = text("domoticz/out/7");
    assert_eq!(settings.validate(), Ok(()));
}

#[test]
fn one_idx_is_one_value() {
    let twice = with_domoticz(|domoticz| {
        domoticz.power_idx = 7;
        domoticz.alarm_idx = 7;
    });
    assert_eq!(field(&twice), "domoticz.alarm_idx");
    let large = with_jeedom(|jeedom| jeedom.applied_idx = 0x8000_0000);
    assert_eq!(field(&large), "jeedom.applied_idx");
    let each = with_jeedom(|jeedom| {
        jeedom.setpoint_idx = 1;
        jeedom.applied_idx = 2;
        jeedom.power_idx = 3;
        jeedom.temperature_idx = 4;
        jeedom.alarm_idx = 0x7fff_ffff;
    });
    assert_eq!(each.validate(), Ok(()));
}
