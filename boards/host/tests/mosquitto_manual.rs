//! Each block of docs/mosquitto.md, tried with a real mosquitto and the simulator.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a failed step of a test is a failed test"
)]

mod support;

use std::{
    collections::BTreeSet,
    fs,
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use support::{
    Mosquitto, Subscriber,
    broker_view::{BrokerView, Passed},
    free_port, publish_with,
    simulator::Simulator,
    wait_for, waited_for,
};

const ID: &str = "020000000001";
const SET: &str = "solar-dimmer/020000000001/power/set";
const RESET: &str = "solar-dimmer/020000000001/reset/alarm";
const APPLIED: &str = "solar-dimmer/020000000001/power/applied";
const AVAILABILITY: &str = "solar-dimmer/020000000001/availability";
const ECHO: &str = "solar-dimmer/020000000001/echo";
const STATUS: &str = "homeassistant/status";
/// What is said now and then, and not to whoever comes later.
const PASSING: [&str; 3] = ["/echo", "/log", "/answer"];
const HUB: [&str; 4] = ["-u", "homeassistant", "-P", "secret"];

/// The manual's blocks of this language, in their order.
fn blocks(language: &str) -> Vec<String> {
    let manual = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/mosquitto.md");
    let manual = fs::read_to_string(manual).unwrap();
    let start = format!("\n```{language}\n");
    let rest = manual.split(&start).skip(1);
    rest.map(|rest| rest.split_once("\n```").unwrap().0.to_owned() + "\n")
        .collect()
}

/// Runs lines of a shell.
fn run(lines: &str) {
    let lines = format!("set -e\n{lines}");
    let status = Command::new("sh").args(["-c", &lines]).status();
    assert!(status.unwrap().success());
}

/// The broker of the house: the manual's passwords and configuration, with these rights.
fn house(rights: &str) -> Mosquitto {
    house_with(rights, "")
}

/// The same, with rights that these lines of a shell add.
fn house_with(rights: &str, lines: &str) -> Mosquitto {
    let directory = tempfile::tempdir().unwrap();
    let here = directory.path().display().to_string();
    let moved = |text: &str| text.replace("/etc/mosquitto", &here);
    let mut users = moved(&blocks("sh")[0]);
    // Two whom the manual leaves to the reader.
    for user in ["020000000002", "outbuilding"] {
        users += &moved(&format!(
            "mosquitto_passwd -b /etc/mosquitto/passwords {user} secret\n"
        ));
    }
    run(&users);
    fs::write(directory.path().join("rights"), rights).unwrap();
    run(&moved(lines));
    // The tests have a port of their own.
    let configuration = moved(&blocks("conf")[0]).replace("listener 1883\n", "");
    Mosquitto::with_settings(directory, free_port(), &configuration)
}

fn dimmer(port: u16, settings: &str) -> Simulator {
    let address = format!("127.0.0.1:{port}");
    let simulator = Simulator::with_settings(settings, &["--broker", &address], &[]);
    simulator.ready();
    simulator
}

/// The user of the manual.
fn credentials() -> String {
    let settings = &blocks("toml")[0];
    assert!(settings.contains("host = \"broker.local\"\n"));
    settings.replace("host = \"broker.local\"\n", "")
}

/// A view that surely sees what comes from now on.
fn watch(port: u16, arguments: &[&str]) -> BrokerView {
    let mut view = BrokerView::with(port, arguments);
    wait_for("the view to look", || {
        publish_with(port, STATUS, "offline", arguments);
        view.update();
        view.last.contains_key(STATUS).then_some(())
    });
    view
}

/// Every topic of a dimmer at a broker that lets everybody do everything: with a payload, and with none.
fn topics_without_rights() -> (BTreeSet<String>, BTreeSet<String>) {
    let broker = Mosquitto::start();
    let mut view = watch(broker.port, &[]);
    let _dimmer = Simulator::online(broker.port, &[]);
    publish_with(broker.port, SET, "10", &[]);
    view.wait_for("the setpoint", 0, |passed| {
        passed.topic == APPLIED && passed.payload == "10"
    });
    wait_for("the temperature", || {
        view.update();
        view.topics()
            .iter()
            .any(|topic| topic.ends_with("/temperature/water"))
            .then_some(())
    });
    let of_the_dimmer = |topic: &String| {
        *topic != SET && *topic != STATUS && !PASSING.iter().any(|end| topic.ends_with(end))
    };
    let present: BTreeSet<_> = view.topics().into_iter().filter(of_the_dimmer).collect();
    let topics = view.last.keys().filter(|topic| of_the_dimmer(topic));
    let empty = topics.filter(|topic| !present.contains(*topic));
    let empty = empty.cloned().collect();
    (present, empty)
}

/// Fails unless a dimmer, seen from here, says all that it has to say and takes all that it is told.
fn all_passes(port: u16, view: &mut BrokerView) {
    let tell = |topic: &str, payload: &str| publish_with(port, topic, payload, &HUB);
    for setpoint in ["42.5", "10"] {
        let seen = view.count();
        tell(SET, setpoint);
        view.wait_for("the setpoint", seen, |passed| {
            passed.topic == APPLIED && passed.payload == setpoint
        });
    }
    // Refused, so it was heard.
    let seen = view.count();
    tell(RESET, "no reset");
    view.wait_for("the refusal", seen, |passed| {
        passed.payload.contains("\"kind\":\"not_a_reset\"")
    });
    let seen = view.count();
    tell(STATUS, "online");
    view.wait_for("the announcements", seen, |passed| {
        passed.topic.ends_with("/config")
    });
    let (expected, _) = topics_without_rights();
    let commands = [SET, RESET, STATUS, "solar-dimmer/all/power/set"];
    let mut missing = Vec::new();
    let complete = waited_for(|| {
        view.update();
        let mut present = view.topics();
        present.retain(|topic| {
            !commands.contains(&topic.as_str()) && !PASSING.iter().any(|end| topic.ends_with(end))
        });
        missing = present.symmetric_difference(&expected).cloned().collect();
        missing.is_empty().then_some(())
    });
    assert!(
        complete.is_some(),
        "docs/mosquitto.md does not let these pass, or too many: {missing:#?}"
    );
}

#[test]
fn a_user_whose_name_is_the_id_may_do_all_of_that_dimmer_and_nothing_of_another() {
    let broker = house(&blocks("acl")[0]);
    let follow = "[topics]\nfollow = 'solar-dimmer/all/power/set'\n";
    let mut view = watch(broker.port, &HUB);
    let dimmer = dimmer(broker.port, &(credentials() + follow));
    let online = Instant::now();
    view.wait_for("the echo", 0, |passed| passed.topic == ECHO);
    all_passes(broker.port, &mut view);
    let seen = view.count();
    publish_with(
        broker.port,
        "solar-dimmer/all/power/set",
        "33",
        &["-u", "router", "-P", "secret"],
    );
    view.wait_for("the common setpoint", seen, |passed| {
        passed.topic == APPLIED && passed.payload == "33"
    });

    let seen = view.count();
    publish_with(
        broker.port,
        SET,
        "90",
        &["-u", "020000000002", "-P", "secret"],
    );
    publish_with(broker.port, SET, "91", &["-u", "router", "-P", "secret"]);
    publish_with(broker.port, SET, "20", &HUB);
    view.wait_for("what is allowed", seen, |passed| {
        passed.topic == APPLIED && passed.payload == "20"
    });
    let forbidden = view
        .passed
        .iter()
        .find(|passed| passed.topic == SET && passed.payload.starts_with('9'));
    assert!(forbidden.is_none(), "{forbidden:?}");
    // Nor is anything missed for as long as it takes to be missed.
    while online.elapsed() < Duration::from_secs(24) {
        if let Some(line) = dimmer.lines.next_within(Duration::from_secs(1)) {
            assert!(!line.contains("access control list"), "{line}");
        }
    }
}

#[test]
fn the_members_of_a_pool_hear_each_other_by_their_rights() {
    let broker = house(&blocks("acl")[0]);
    let mut view = watch(broker.port, &HUB);
    let [mut first, _second] = [ID, "020000000002"].map(|id| {
        let pool = "[topics]\nfollow = 'solar-dimmer/all/power/set'\n[pool]\nsharing = 'priority'\nannounce_interval_s = 1\n";
        let settings = format!("id = '{id}'\n{}{pool}", credentials().replace(ID, id));
        dimmer(broker.port, &settings)
    });
    let told = |by: &'static str, members: &'static str| {
        move |passed: &Passed| {
            passed.topic == "solar-dimmer/pool/main/totals"
                && passed.payload.contains(&format!("\"by\":\"{by}\""))
                && passed.payload.contains(&format!("\"members\":{members},"))
        }
    };
    view.wait_for("both", 0, told(ID, "2"));
    let seen = view.count();
    first.kill();
    view.wait_for("the one that is left", seen, told("020000000002", "1"));
}

#[test]
fn the_list_of_announcements_is_enough_and_says_nothing_too_much() {
    let acl = blocks("acl");
    let (hub, _) = acl[0].split_once("\n# The router").unwrap();
    let broker = house_with(&format!("{hub}\n{}", acl[1]), &blocks("sh")[1]);
    let mut view = watch(broker.port, &HUB);
    let _dimmer = dimmer(broker.port, &credentials());
    all_passes(broker.port, &mut view);
    // The same is taken off the broker, too: what other settings would announce.
    let (_, empty) = topics_without_rights();
    let withdrawn = |topic: &&String| topic.starts_with("homeassistant/");
    assert!(empty.iter().any(|topic| withdrawn(&topic)), "{empty:?}");
    wait_for("what is taken off", || {
        view.update();
        let mut empty = empty.iter().filter(withdrawn);
        empty
            .all(|topic| view.last.contains_key(topic))
            .then_some(())
    });
    // The object id of each announcement, whatever its component.
    let object_id = |topic: &str| topic.split('/').nth(2).unwrap().to_owned();
    let announced = view.last.keys().filter(|topic| topic.ends_with("/config"));
    let seen: BTreeSet<_> = announced.map(|topic| object_id(topic)).collect();
    let script = &blocks("sh")[1];
    let (_, words) = script.split_once("for entity in ").unwrap();
    let (words, _) = words.split_once("; do").unwrap();
    let words = words.split_whitespace().filter(|word| *word != "\\");
    let listed: BTreeSet<_> = words
        .map(|word| format!("solar-dimmer-{ID}-{word}"))
        .collect();
    assert_eq!(listed, seen);
}

#[test]
fn a_dimmer_that_may_not_read_its_echo_says_so() {
    let acl = &blocks("acl")[0];
    let rights = acl.replace(
        "pattern readwrite solar-dimmer/%u/#",
        "pattern write solar-dimmer/%u/#",
    );
    assert_ne!(&rights, acl);
    let broker = house(&rights);
    let dimmer = dimmer(broker.port, &credentials());
    dimmer.lines.find("the missing echo", |line| {
        line.contains("impaired: the broker does not pass our messages on")
    });
}

#[test]
fn of_several_brokers_the_next_is_taken_where_the_first_is_not_there() {
    let broker = Mosquitto::start();
    let states = Subscriber::to(broker.port, "solar-dimmer/#");
    let local = |port| format!("host = \"127.0.0.1\"\nport = {port}");
    let settings = blocks("toml")[1]
        .replace("host = \"broker.local\"", &local(free_port()))
        .replace("host = \"outbuilding.local\"", &local(broker.port));
    assert_eq!(settings.matches("127.0.0.1").count(), 2);
    let _dimmer = Simulator::with_settings(&settings, &[], &[]);
    states.payload("/state", |state| state.contains("\"broker\":2"));
}

#[test]
fn a_dimmer_without_the_right_to_announce_is_told_so() {
    let acl = &blocks("acl")[0];
    let broker = house(&acl.replace("pattern write homeassistant/+/+/config\n", ""));
    let dimmer = dimmer(broker.port, &credentials());
    dimmer.lines.find("the refusal", |line| {
        line.contains("check its access control list")
    });
}

#[test]
fn a_bridge_passes_everything_both_ways_and_nothing_twice() {
    let rights = blocks("acl");
    let house = house(&format!("{}\n{}", rights[2], rights[0]));
    let bridge =
        blocks("conf")[1].replace("broker.local:1883", &format!("127.0.0.1:{}", house.port));
    let settings = format!("allow_anonymous true\npersistence false\n{bridge}");
    let mut outbuilding =
        Mosquitto::with_settings(tempfile::tempdir().unwrap(), free_port(), &settings);
    let mut view = watch(house.port, &HUB);
    let mut there = dimmer(outbuilding.port, "");
    view.wait_for("the dimmer beyond the bridge", 0, |passed| {
        passed.topic == AVAILABILITY && passed.payload == "online"
    });
    all_passes(house.port, &mut view);
    let setpoints = view
        .passed
        .iter()
        .filter(|passed| passed.topic == SET && passed.payload == "42.5");
    assert_eq!(setpoints.count(), 1, "no echo");

    let seen = view.count();
    there.kill();
    view.wait_for("its will", seen, |passed| {
        passed.topic == AVAILABILITY && passed.payload == "offline"
    });
    let seen = view.count();
    let _there = dimmer(outbuilding.port, "");
    view.wait_for("its return", seen, |passed| {
        passed.topic == AVAILABILITY && passed.payload == "online"
    });
    // Nobody tells the house that the other broker is gone.
    outbuilding.kill();
    let mut late = BrokerView::with(house.port, &HUB);
    wait_for("what the house has kept", || {
        late.update();
        late.last
            .get(AVAILABILITY)
            .filter(|availability| *availability == "online")
            .cloned()
    });
}
