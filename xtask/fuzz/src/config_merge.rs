//! JSON laid over a configuration, and in its place, as the page sends it: what is taken is valid, and comes back as it was; a secret goes
//! to no other broker and no other network; what is refused says why.

use std::sync::OnceLock;

use dimmer_config::{Broker, Config, JSON_CAPACITY, Secrets, Valid};

const SECRET: &str = "secret of the broker";
const KEY: &str = "key of the network";

fn before() -> Valid {
    let mut config = Config::default();
    let broker = Broker {
        host: "broker.local".try_into().expect("it fits"),
        username: "dimmer".try_into().expect("it fits"),
        password: SECRET.try_into().expect("it fits"),
        ..Broker::default()
    };
    config.brokers.push(broker).expect("there is room");
    config.network.wifi.ssid = "house".try_into().expect("it fits");
    config.network.wifi.password = KEY.try_into().expect("it fits");
    config.validate().expect("it is valid")
}

pub(crate) fn run(input: &[u8]) {
    static BEFORE: OnceLock<Valid> = OnceLock::new();
    let before = BEFORE.get_or_init(before);
    let mut scratch = [0; JSON_CAPACITY];
    for read in [Valid::merged, Valid::imported] {
        match read(before, input, &mut scratch) {
            Ok(imported) => check(before, &imported.config, input),
            Err(refusal) => assert!(!refusal.problem.is_empty() && !refusal.expected.is_empty()),
        }
    }
}

fn check(before: &Valid, config: &Valid, input: &[u8]) {
    crate::config_stored::check(config);
    let written = |secrets| {
        let text = serde_json::to_string(&config.export(secrets));
        text.expect("every setting can be written")
    };
    let mut scratch = [0; JSON_CAPACITY];
    let again = before
        .imported(written(Secrets::Shown).as_bytes(), &mut scratch)
        .expect("what is written can be read");
    assert_eq!((&again.config, again.forgotten_passwords), (config, 0));
    let has = |text: &str| {
        input
            .windows(text.len())
            .any(|part| part == text.as_bytes())
    };
    if has("secret") || has("key") || has("\\") {
        return;
    }
    let shown = written(Secrets::LeftOut);
    assert!(!shown.contains(SECRET) && !shown.contains(KEY));
    for broker in config.brokers.iter() {
        let is_same = before.brokers.iter().any(|known| {
            known.host.eq_ignore_ascii_case(&broker.host) && known.username == broker.username
        });
        assert!(is_same || broker.password.reveal() != SECRET);
    }
    let wifi = &config.network.wifi;
    assert!(wifi.ssid == before.network.wifi.ssid || wifi.password.reveal() != KEY);
}
