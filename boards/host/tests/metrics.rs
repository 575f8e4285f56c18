//! The metrics of a running simulator, as Prometheus' own checker judges them. It is `promtool`, which `cargo xtask setup` brings, and is run by
//! `cargo xtask test`.
#![expect(
    clippy::unwrap_used,
    reason = "a failed step of a test is a failed test"
)]

mod support;

use std::{
    io::Write,
    process::{Command, Stdio},
};

use support::{Mosquitto, client::Client, publish, simulator::Simulator, wait_for};

/// What stands behind the head, for who asks without saying in which format.
fn metrics(client: &Client) -> String {
    let answer = client.raw(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n");
    let answer = String::from_utf8(answer.unwrap()).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    body.to_owned()
}

#[test]
#[ignore = "needs promtool: cargo xtask setup"]
fn prometheus_finds_nothing_wrong_with_the_metrics() {
    let promtool = std::env::var_os("PROMTOOL").expect("cargo xtask test says where promtool is");
    let broker = Mosquitto::start();
    let simulator = Simulator::start(&[
        "--broker",
        &format!("127.0.0.1:{}", broker.port),
        "--http",
        "127.0.0.1:0",
    ]);
    let client = Client::of(&simulator);
    simulator.ready();
    publish(broker.port, "solar-dimmer/020000000001/power/set", "40");
    wait_for("the setpoint", || {
        (client.get("/api/v1/state")["state"]["applied"] == 40).then_some(())
    });
    let check = |text: &str| {
        let mut checker = Command::new(&promtool)
            .args(["check", "metrics"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("promtool is to be installed: cargo xtask setup");
        let mut input = checker.stdin.take().unwrap();
        input.write_all(text.as_bytes()).unwrap();
        drop(input);
        let output = checker.wait_with_output().unwrap();
        let said = [output.stdout, output.stderr].concat();
        (
            output.status.success(),
            String::from_utf8_lossy(&said).into_owned(),
        )
    };
    let text = metrics(&client);
    assert!(text.contains("_applied_ratio 0.4000\n"), "{text}");
    assert_eq!(check(&text), (true, String::new()), "{text}");
    println!(
        "promtool: {} lines of metrics, nothing said",
        text.lines().count()
    );
    // It would say something.
    let (is_clean, said) = check("# TYPE solar_dimmer_Boosts counter\nsolar_dimmer_Boosts 1\n");
    assert!(!is_clean && said.contains("solar_dimmer_Boosts"), "{said}");
}
