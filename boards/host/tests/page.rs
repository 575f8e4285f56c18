//! The HTTP API of the simulator over real sockets: with people who use it, and with clients that do not play fair.

mod support;

use std::{
    io::{Read, Write},
    net::TcpStream,
    thread,
    time::{Duration, Instant},
};

use serde_json::json;
use support::{
    Mosquitto, Subscriber, client::Client, free_port, publish, simulator::Simulator, wait_for,
    waited_for,
};

const SET: &str = "solar-dimmer/020000000001/power/set";
const ALL: &str = "solar-dimmer/020000000001/#";

fn with_page(broker: &Mosquitto) -> (Simulator, Client) {
    let broker = format!("127.0.0.1:{}", broker.port);
    let simulator = Simulator::start(&["--broker", &broker, "--http", "127.0.0.1:0"]);
    let client = Client::of(&simulator);
    simulator.ready();
    (simulator, client)
}

#[test]
fn the_broker_is_changed_live_and_the_page_says_how_it_goes() {
    let (first, second) = (Mosquitto::start(), Mosquitto::start());
    let (mut simulator, mut client) = with_page(&first);
    client.set_password();
    let nobody = free_port();
    let move_to = |port: u16| {
        let brokers = json!({"brokers":[{"host":"127.0.0.1","port":port}]});
        let (status, answer) = client.change("PATCH", "/api/v1/config", &brokers);
        assert_eq!(status, 200, "{answer}");
    };
    let until = |wanted: &str, port: u16| {
        wait_for(wanted, || {
            let broker = client.get("/api/v1/state")["broker"].clone();
            (broker["status"] == wanted && broker["port"] == port).then_some(broker)
        })
    };
    move_to(nobody);
    let waiting = until("waiting", nobody);
    assert!(
        waiting["problem"]
            .as_str()
            .unwrap()
            .contains("nothing listens"),
        "{waiting}"
    );
    let since = Instant::now();
    move_to(second.port);
    until("online", second.port);
    println!(
        "from the change to online at the new broker: {:?}",
        since.elapsed()
    );
    let reader = Subscriber::to(second.port, ALL);
    // The terminal says the same, of the brokers in use.
    for (what, port) in [("not connected to", nobody), ("online at", second.port)] {
        simulator.lines.find(what, |line| {
            line.contains(&format!("{what} 127.0.0.1:{port}"))
        });
    }
    simulator.type_line("set 20");
    reader.payload("/power/applied", |applied| applied == "20");
    // And it is heard there.
    publish(second.port, SET, "30");
    reader.payload("/power/applied", |applied| applied == "30");
    assert_eq!(client.get("/api/v1/state")["state"]["applied"], 30);
    let log = client.get("/api/v1/log");
    assert!(log.to_string().contains("settings changed from 127.0.0.1"));
    // Without a broker there is no session, and nothing speaks of one.
    let (status, answer) = client.change("PATCH", "/api/v1/config", &json!({"brokers":[]}));
    assert_eq!(status, 200, "{answer}");
    wait_for("the end of the session", || {
        let state = client.get("/api/v1/state");
        let is_over = state["broker"]["status"] == "none" && state["state"]["broker"].is_null();
        is_over.then_some(())
    });
    assert!(
        simulator
            .into_trace()
            .iter()
            .any(|row| row.applied_percent == 30.0)
    );
}

#[test]
fn settings_and_commands_of_the_page_are_those_of_the_dimmer() {
    let broker = Mosquitto::start();
    let (simulator, mut client) = with_page(&broker);
    let before = client.change("PATCH", "/api/v1/config", &json!({"name":"x"}));
    assert_eq!(
        (before.0, &before.1["error"]["path"]),
        (403, &json!("password"))
    );
    client.set_password();
    let reader = Subscriber::to(broker.port, ALL);
    let (status, _) = client.change(
        "POST",
        "/api/v1/command/boost",
        &json!({"minutes":30,"power":40}),
    );
    assert_eq!(status, 204);
    reader.payload("/power/applied", |applied| applied == "40");
    let (status, _) = client.change(
        "PATCH",
        "/api/v1/config",
        &json!({"output":{"rated_watts":1000},"language":"fr"}),
    );
    assert_eq!(status, 200);
    reader.payload("/power/watts", |watts| watts == "400");
    let uptime = || client.get("/api/v1/about")["uptime"].as_u64();
    let since = uptime().unwrap();
    wait_for("some half-cycles", || (uptime()? > since + 1).then_some(()));
    let state = client.get("/api/v1/state");
    assert_eq!(
        state["reason"]["text"],
        "Marche : la puissance suit la marche forcée."
    );
    let (status, _) = client.change("POST", "/api/v1/command/switch", &json!({"on":false}));
    assert_eq!(status, 204);
    reader.payload("/reason", |reason| reason == "switched_off");
    // It starts again with what was changed, and asks for the same password.
    assert_eq!(
        client
            .change("POST", "/api/v1/command/restart", &json!({}))
            .0,
        204
    );
    reader.payload("/reset_reason", |reason| reason == "software");
    reader.payload("/reason", |reason| reason == "setpoint_missing");
    assert_eq!(client.get("/api/v1/about")["reset_reason"], "software");
    assert_eq!(client.get("/api/v1/config")["output"]["rated_watts"], 1000);
    assert_eq!(client.get("/api/v1/session")["password_set"], true);
    // And the simulated heater was the one of which the settings spoke.
    let rows = simulator.into_trace();
    let mut sizes = rows
        .iter()
        .filter(|row| row.delivered_percent > 10.0)
        .map(|row| row.delivered_watts / row.delivered_percent * 100.0);
    let (first, last) = (sizes.next().unwrap(), sizes.next_back().unwrap());
    assert!((first - 2_000.0).abs() < 10.0, "{first} W");
    assert!((last - 1_000.0).abs() < 10.0, "{last} W");
}

#[test]
fn probes_are_searched_chosen_and_named_live_and_a_message_searches_too() {
    let broker = Mosquitto::start();
    let address = format!("127.0.0.1:{}", broker.port);
    let simulator = Simulator::start(&[
        "--broker",
        &address,
        "--http",
        "127.0.0.1:0",
        "--probes",
        "3",
    ]);
    let mut client = Client::of(&simulator);
    simulator.ready();
    client.set_password();
    let probes = |client: &Client| client.get("/api/v1/probes");
    // Three probes, and none was chosen.
    wait_for("several", || {
        let problem = probes(&client)["roles"][0]["problem"].clone();
        problem.as_str()?.contains("none was chosen").then_some(())
    });
    let (status, _) = client.change("POST", "/api/v1/command/search_probes", &json!({}));
    assert_eq!(status, 204);
    let done = |client: &Client| {
        wait_for("done", || {
            let answer = probes(client);
            (answer["search"]["status"] == "done").then_some(answer)
        })
    };
    let found = done(&client)["found"].clone();
    let at = |address: &str| {
        let all = found.as_array().unwrap();
        all.iter()
            .find(|found| found["address"] == address)
            .unwrap()["temperature"]
            .clone()
    };
    assert_eq!(found.as_array().unwrap().len(), 3, "{found}");
    assert_eq!(
        (at("28-0000000000c3"), at("28-0000000000d4")),
        (json!(35), json!(19))
    );
    let water = "28-0000000000a1";
    let chosen = json!({"probes":{
        "water_address":water, "heat_sink":true, "heat_sink_address":"28-0000000000c3",
        "names":[{"address":water,"name":"Tank"}],
    }});
    assert_eq!(client.change("PATCH", "/api/v1/config", &chosen).0, 200);
    let sink = wait_for("both", || {
        let roles = probes(&client)["roles"].clone();
        let is_read = |place: usize| roles[place]["temperature"].is_number();
        (is_read(0) && is_read(1)).then_some(roles)
    });
    assert_eq!(
        (&sink[0]["name"], &sink[0]["is_found"]),
        (&json!("Tank"), &json!(true))
    );
    assert_eq!(sink[1]["temperature"], 35);
    let twice = json!({"probes":{"heat_sink_address":water}});
    let (status, answer) = client.change("PATCH", "/api/v1/config", &twice);
    assert_eq!(
        (status, &answer["error"]["path"]),
        (422, &json!("probes.heat_sink_address"))
    );
    let reader = Subscriber::to(broker.port, ALL);
    // It listens when what the broker keeps is there.
    reader.payload("/availability", |availability| availability == "online");
    publish(
        broker.port,
        "solar-dimmer/020000000001/command/search_probes",
        "search_probes",
    );
    reader.payload("/answer", |answer| {
        answer == r#"{"command":"search_probes","applied":true}"#
    });
    done(&client);
    let log = client.get("/api/v1/log").to_string();
    assert!(log.contains("found 28-0000000000d4: 19 °C"), "{log}");
}

#[test]
fn each_dimmer_has_a_page_of_its_own() {
    let first = free_port();
    let address = format!("127.0.0.1:{first}");
    // The port after a free one is free, or the simulator says that it is not.
    let started = waited_for(|| {
        let simulator = Simulator::start(&[
            "--listen",
            "127.0.0.1:0",
            "--count",
            "2",
            "--http",
            &address,
        ]);
        let line = simulator.lines.next_within(Duration::from_secs(30))?;
        line.contains("page: http://").then_some(simulator)
    });
    let _simulator = started.unwrap();
    let id = |port| Client { port, token: None }.get("/api/v1/about")["id"].clone();
    assert_eq!(
        (id(first), id(first + 1)),
        (json!("020000000001"), json!("020000000002"))
    );
}

#[test]
fn the_stream_says_the_state_and_a_third_one_waits() {
    let broker = Mosquitto::start();
    let (_simulator, client) = with_page(&broker);
    let open = || {
        let mut stream = TcpStream::connect(("127.0.0.1", client.port)).unwrap();
        write!(
            stream,
            "GET /api/v1/state/stream HTTP/1.1\r\nHost: localhost\r\n\r\n"
        )
        .unwrap();
        let mut first = [0; 17];
        stream.read_exact(&mut first).unwrap();
        (stream, String::from_utf8(first.to_vec()).unwrap())
    };
    let (mut one, two) = (open(), open());
    assert!(one.1.starts_with("HTTP/1.1 200") && two.1.starts_with("HTTP/1.1 200"));
    assert!(open().1.starts_with("HTTP/1.1 503"));
    publish(broker.port, SET, "25");
    let mut text = Vec::new();
    let mut buffer = [0; 1024];
    wait_for("the setpoint in the stream", || {
        let read = one.0.read(&mut buffer).unwrap();
        text.extend_from_slice(&buffer[..read]);
        String::from_utf8_lossy(&text)
            .contains("\"setpoint\":25,")
            .then_some(())
    });
    drop(one);
    wait_for("a free place", || {
        open().1.starts_with("HTTP/1.1 200").then_some(())
    });
}

#[test]
fn slow_and_half_open_clients_disturb_nobody() {
    let broker = Mosquitto::start();
    let (simulator, client) = with_page(&broker);
    let reader = Subscriber::to(broker.port, ALL);
    publish(broker.port, SET, "50");
    reader.payload("/power/applied", |applied| applied == "50");
    // More than there are connections: some say nothing, some a letter at a time, some do not read, some announce what never comes.
    let mut held: Vec<TcpStream> = (0..12)
        .map(|_| TcpStream::connect(("127.0.0.1", client.port)).unwrap())
        .collect();
    for (place, stream) in held.iter_mut().enumerate() {
        let start: &[u8] = match place % 4 {
            0 => b"",
            1 => b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ",
            2 => b"GET /app.js HTTP/1.1\r\nHost: localhost\r\n\r\n",
            _ => {
                b"POST /api/v1/session HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5000\r\n\r\n{"
            }
        };
        stream.write_all(start).unwrap();
    }
    let dripping = thread::spawn(move || {
        for _ in 0..30 {
            for stream in &mut held {
                // One that was ended takes nothing any more.
                let _ = stream.write_all(b"x");
            }
            thread::sleep(Duration::from_millis(100));
        }
        held
    });
    for _ in 0..6 {
        thread::sleep(Duration::from_millis(500));
        publish(broker.port, SET, "50");
    }
    let _held = dripping.join().unwrap();
    // They are still held, and the page is there for everybody else.
    wait_for("an answer", || {
        client
            .ask("GET", "/api/v1/state", None)
            .filter(|(status, state)| *status == 200 && state["state"]["applied"] == 50)
    });
    let rows = simulator.into_trace();
    let from = rows
        .iter()
        .position(|row| row.applied_percent == 50.0)
        .unwrap();
    let to = rows
        .iter()
        .rposition(|row| row.applied_percent == 50.0)
        .unwrap();
    assert!(to > from + 200, "{from} to {to}");
    let broken = rows[from..to]
        .iter()
        .find(|row| row.applied_percent != 50.0);
    assert_eq!(broken, None, "the setpoint held all the time");
}

#[test]
fn requests_that_are_none_end_with_400_and_no_harm() {
    let broker = Mosquitto::start();
    let (_simulator, client) = with_page(&broker);
    let long = format!(
        "GET /{} HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "x".repeat(20_000)
    );
    let header = format!(
        "GET / HTTP/1.1\r\nHost: localhost\r\nX: {}\r\n\r\n",
        "x".repeat(20_000)
    );
    for request in [
        "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 18446744073709551615\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "nonsense\r\n\r\n",
        "GET / HTTP/1.1\r\nno colon\r\n\r\n",
        "\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        &long,
        &header,
    ] {
        // A connection that is cut in the middle of a flood is an answer, too.
        if let Some(answer) = client.raw(request.as_bytes()) {
            let answer = String::from_utf8_lossy(&answer);
            assert!(
                answer.is_empty() || answer.starts_with("HTTP/1.1 400"),
                "{request:.60}: {answer:.200}"
            );
        }
        client.get("/api/v1/about");
    }
    let too_long =
        "POST /api/v1/session HTTP/1.1\r\nHost: localhost\r\nContent-Length: 50000\r\n\r\n";
    let mut request = too_long.as_bytes().to_vec();
    request.resize(request.len() + 50_000, b' ');
    let answer = client.raw(&request).unwrap();
    assert!(
        answer.starts_with(b"HTTP/1.1 413"),
        "{}",
        String::from_utf8_lossy(&answer)
    );
    client.get("/api/v1/about");
}
