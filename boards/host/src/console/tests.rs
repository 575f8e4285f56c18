use dimmer_app::dimmer::config::{Broker, Config};

use super::*;

const CONNECTING: Status = Status::Connecting { broker: 0 };
const ONLINE: Status = Status::Online {
    broker: 0,
    impairment: None,
};

fn at(host: &str, username: &str) -> Valid {
    let mut config = Config::default();
    let broker = Broker {
        host: host.try_into().unwrap(),
        username: username.try_into().unwrap(),
        ..Broker::default()
    };
    config.brokers.push(broker).unwrap();
    config.validate().unwrap()
}

#[test]
fn what_the_old_session_says_is_of_the_broker_it_began_with() {
    let shared = Console::new(View::Live);
    let id = "a1b2c3d4e5f6".parse().unwrap();
    let console = DimmerConsole::new(shared.clone(), id, at("old.local", ""));
    let online_at = || console.online_at.borrow().clone();
    let said = |what| {
        let lines = shared.log();
        lines.iter().filter(|line| line.ends_with(what)).count()
    };
    console.link(CONNECTING);
    console.link(ONLINE);
    console.configured(&at("new.local", ""));
    // Told again, as something about the session has changed: it has not heard of the settings yet.
    console.link(ONLINE);
    assert_eq!(online_at().as_deref(), Some("old.local:1883"));
    assert_eq!(said("online at new.local:1883"), 0);
    assert_eq!(said("online again"), 1);
    console.link(CONNECTING);
    console.link(ONLINE);
    assert_eq!(online_at().as_deref(), Some("new.local:1883"));
    assert_eq!(said("online at new.local:1883"), 1);
}

#[test]
fn the_same_words_are_news_once_the_session_is_another_one() {
    let shared = Console::new(View::Live);
    let id = "a1b2c3d4e5f6".parse().unwrap();
    let console = DimmerConsole::new(shared.clone(), id, at("broker.local", ""));
    let said = || {
        let lines = shared.log();
        let again = |line: &&String| line.ends_with("online again");
        lines.iter().filter(again).count()
    };
    console.link(CONNECTING);
    console.link(ONLINE);
    console.link(ONLINE);
    assert_eq!(said(), 1);
    console.configured(&at("broker.local", "heater"));
    console.link(ONLINE);
    assert_eq!(said(), 1, "it is the old one still");
    console.link(CONNECTING);
    console.link(ONLINE);
    assert_eq!(said(), 2);
}
