//! The simulator as a person meets it at the command line; nothing but the program itself is needed.

mod support;

use std::{
    io::{Read, Write},
    net::{Ipv4Addr, TcpListener},
    process::ExitStatus,
    thread,
};

use support::simulator::Simulator;

/// Runs to the end; gives the exit status and what went to standard error.
fn end_of(arguments: &[&str]) -> (ExitStatus, Vec<String>, Vec<String>) {
    Simulator::start(arguments).end()
}

#[test]
fn it_becomes_ready_within_its_time_and_ends_with_success() {
    let (status, lines, errors) = end_of(&["--listen", "127.0.0.1:0", "--for", "4"]);
    assert!(status.success(), "{errors:?}");
    let ready = lines.iter().find(|line| line.starts_with("ready")).unwrap();
    for part in [
        "127.0.0.1:",
        "020000000001",
        "mosquitto_pub -h 127.0.0.1 -p ",
        "-t solar-dimmer/020000000001/power/set -m 42.5",
    ] {
        assert!(ready.contains(part), "{part} is missing in {ready}");
    }
}

#[test]
fn it_finds_a_port_of_its_own_when_the_usual_one_is_taken() {
    // Whether or not something else on this machine has the usual port: two at once cannot both have it.
    let first = Simulator::start(&[]);
    let second = Simulator::start(&[]);
    assert_ne!(first.ready_port(), second.ready_port());
}

#[test]
fn a_port_in_use_is_one_line_that_says_what_to_do() {
    let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let (status, _, errors) = end_of(&["--listen", &address]);
    assert_eq!(status.code(), Some(1));
    assert_eq!(errors.len(), 1, "{errors:?}");
    assert!(
        errors[0].contains("in use") && errors[0].contains("--listen"),
        "{errors:?}"
    );
}

#[test]
fn a_wrong_option_or_file_is_refused_with_what_would_be_right() {
    for (arguments, code, words) in [
        (&["--nonsense"][..], 2, "--nonsense"),
        (&["--mains", "55"], 2, "possible values: 50, 60"),
        (&["--count", "0"], 2, "1..=64"),
        (&["--id", "xyz"], 2, "hex"),
        (&["--broker", "host:port"], 2, "HOST:PORT"),
        (&["--listen", "localhost"], 2, "--listen"),
        (&["--load", "0"], 2, "1..=20000"),
        (&["--speed", "0"], 1, "speed"),
        (&["--for", "0"], 2, "number of seconds"),
    ] {
        let (status, _, errors) = end_of(arguments);
        assert_eq!(status.code(), Some(code), "{arguments:?}: {errors:?}");
        assert!(
            errors.join("\n").contains(words),
            "{arguments:?}: {errors:?}"
        );
    }
}

#[test]
fn a_configuration_that_cannot_be_used_is_one_line() {
    for (settings, words) in [
        ("[pool]\nstrat = 1", "pool.strat is no setting"),
        (
            "[output]\nrated_watts = 0",
            "output.rated_watts is outside 1 to 20000 W",
        ),
        ("[topics]\nprefix = 'a/#'", "topics.prefix has a wildcard"),
        ("not toml", "at line 1"),
    ] {
        let (status, _, errors) =
            Simulator::with_settings(settings, &["--listen", "127.0.0.1:0"], &[]).end();
        assert_eq!(status.code(), Some(1));
        assert!(
            errors.len() == 1 && errors[0].contains(words) && errors[0].contains("sim.toml"),
            "{errors:?}"
        );
    }
}

#[test]
fn a_broker_that_is_not_there_is_told_and_tried_again() {
    let port = support::free_port();
    let (status, lines, errors) = end_of(&["--broker", &format!("127.0.0.1:{port}"), "--for", "3"]);
    assert!(
        lines.iter().any(|line| line.contains("nothing listens")),
        "{lines:?}"
    );
    assert_eq!(status.code(), Some(1));
    assert!(
        errors.iter().any(|line| line.contains("never came online")),
        "{errors:?}"
    );
}

#[test]
fn a_broker_that_speaks_only_mqtt_3_is_named_as_such() {
    let broker = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = broker.local_addr().unwrap().port();
    thread::spawn(move || {
        for stream in broker.incoming() {
            let mut stream = stream.unwrap();
            let mut connect = [0; 256];
            let _ = stream.read(&mut connect);
            // CONNACK of MQTT 3.1.1: unacceptable protocol version.
            let _ = stream.write_all(&[0x20, 2, 0, 1]);
        }
    });
    let simulator = Simulator::start(&["--broker", &format!("127.0.0.1:{port}")]);
    simulator
        .lines
        .find("the version", |line| line.contains("does not speak MQTT 5"));
}

#[test]
fn control_c_ends_it_with_success_even_without_a_broker() {
    let port = support::free_port();
    let mut simulator = Simulator::start(&["--broker", &format!("127.0.0.1:{port}")]);
    simulator
        .lines
        .find("the first attempt", |line| line.contains("not connected"));
    assert!(simulator.interrupt().success());
}

#[test]
fn help_names_every_option_of_the_command() {
    let (status, lines, _) = end_of(&["--help"]);
    assert!(status.success());
    let help = lines.join("\n");
    for option in [
        "--broker",
        "--username",
        "--password",
        "--listen",
        "--http",
        "--count",
        "--id",
        "--mains",
        "--load",
        "--speed",
        "--for",
        "--config",
        "--trace",
        "--keep-alarms",
        "--starts",
        "MQTT_USERNAME",
        "MQTT_PASSWORD",
        "MQTT_TOPIC_PREFIX",
        "MQTT_QOS",
        "MQTT_RETAIN",
        "MQTT_HOST",
    ] {
        assert!(help.contains(option), "{option} is missing in\n{help}");
    }
}
