//! Settings: shown, changed, taken away and brought back.

use std::net::IpAddr;

use dimmer_web::{
    Origins,
    dimmer::config::{BROKERS, Config, PROBE_NAMES, ProbeName, Secrets, Valid},
};

use super::*;

#[test]
fn settings_change_by_parts_and_only_when_they_are_meant() {
    let bench = Bench::new();
    let token = bench.with_password();
    let part = r#"{"output":{"rated_watts":1500},"safety":{"water_limit_millicelsius":65000}}"#;
    let before = bench.kept();
    let (status, answer) = bench.post("/api/v1/config/check", part, Some(&token));
    assert_eq!(status, 200);
    assert_eq!(value(&answer)["output"]["rated_watts"], 2_000);
    assert!(bench.kept() == before);
    let (status, answer) = bench.send("PATCH", "/api/v1/config", part, Some(&token));
    assert_eq!(status, 200);
    assert_eq!(value(&answer)["output"]["rated_watts"], 1_500);
    assert_eq!(value(&answer)["safety"]["water_limit_millicelsius"], 65_000);
    assert!(!answer.contains(SECRET));
    assert_eq!(
        bench.kept().0.brokers[0].password.reveal(),
        SECRET,
        "written, never shown, and kept"
    );
    let wrong = r#"{"output":{"rated_watts":1600},"safety":{"water_limit_millicelsius":1}}"#;
    let (status, answer) = bench.send("PATCH", "/api/v1/config", wrong, Some(&token));
    assert_eq!(
        (status, path_of(&answer).as_str()),
        (422, "safety.water_limit_millicelsius")
    );
    assert_eq!(bench.kept().0.output.rated_watts, 1_500, "all or nothing");
    // What only shows together with who this dimmer is.
    let own = r#"{"topics":{"follow":"solar-dimmer/a1b2c3d4e5f6/power/set"}}"#;
    let (status, answer) = bench.send("PATCH", "/api/v1/config", own, Some(&token));
    assert_eq!(status, 422);
    assert!(path_of(&answer).starts_with("topics"), "{answer}");
}

#[test]
fn a_check_says_what_the_change_would() {
    let bench = Bench::new();
    let token = bench.with_password();
    for part in [
        r#"{"output":{"rated_watts":0}}"#,
        r#"{"nothing":1}"#,
        r#"{"topics":{"follow":"solar-dimmer/a1b2c3d4e5f6/power/set"}}"#,
        r#"{"topics":{"follow":"house/surplus"}}"#,
    ] {
        let before = bench.kept();
        let checked = bench.post("/api/v1/config/check", part, Some(&token));
        assert!(bench.kept() == before, "{part}");
        let patched = bench.send("PATCH", "/api/v1/config", part, Some(&token));
        assert_eq!(checked.0, patched.0, "{part}");
        if patched.0 != 200 {
            assert_eq!(checked.1, patched.1, "{part}");
        }
    }
}

#[test]
fn nobody_takes_back_unknowingly_what_somebody_else_changed() {
    let bench = Bench::new();
    let token = format!("Bearer {}", bench.with_password());
    let ask = |method, path, part: &str, if_match: Option<&str>| {
        let request = Request {
            origins: program(),
            authorization: Some(&token),
            content_type: Some("application/json"),
            body: part.as_bytes(),
            if_match,
            ..Request::new(method, path, STRANGER)
        };
        let (answer, text) = bench.whole_answer(&request);
        (answer.status, answer.revision, text)
    };
    let patch = |part, seen| ask("PATCH", "/api/v1/config", part, seen);
    let seen = ask("GET", "/api/v1/config", "", None).1.unwrap();
    assert_eq!(ask("GET", "/api/v1/config", "", None).1.unwrap(), seen);
    // Anna adds a broker, Ben has not seen it.
    let annas =
        r#"{"brokers":[{"host":"anna.local","password":""},{"host":"other.local","password":""}]}"#;
    let (status, now, _) = patch(annas, Some(&seen));
    assert_eq!(status, 200);
    let now = now.unwrap();
    assert_ne!(now, seen);
    let before = bench.kept();
    let bens = r#"{"brokers":[{"host":"ben.local","password":""}]}"#;
    for (method, path) in [
        ("PATCH", "/api/v1/config"),
        ("POST", "/api/v1/config/check"),
        ("POST", "/api/v1/config/import"),
    ] {
        let (status, _, answer) = ask(method, path, bens, Some(&seen));
        assert_eq!(status, 412, "{path}");
        assert!(value(&answer)["error"]["problem"].is_string());
    }
    assert!(bench.kept() == before);
    let read = ask("GET", "/api/v1/config", "", None).1.unwrap();
    assert_eq!(read, now, "a change answers as what is read next");
    assert_eq!(patch(bens, Some(&now)).0, 200);
    assert_eq!(patch(annas, None).0, 200, "who does not ask is not asked");
}

#[test]
fn a_password_that_is_neither_told_nor_known_is_asked_for_and_none_is_told_as_an_empty_text() {
    let bench = Bench::new();
    let token = bench.with_password();
    let wifi = |password: &str| {
        format!(r#"{{"network":{{"wifi":{{"ssid":"Garden","password":{password}}}}}}}"#)
    };
    let broker = |password: &str| {
        format!(r#"{{"brokers":[{{"host":"other.lan","username":"u","password":{password}}}]}}"#)
    };
    let wifi: &dyn Fn(&str) -> String = &wifi;
    for (part, path) in [
        (wifi, "network.wifi.password"),
        (&broker, "brokers[0].password"),
    ] {
        let before = bench.kept();
        let (status, answer) = bench.send("PATCH", "/api/v1/config", &part("null"), Some(&token));
        assert_eq!((status, path_of(&answer).as_str()), (422, path));
        assert!(bench.kept() == before);
        let (status, answer) = bench.send("PATCH", "/api/v1/config", &part("\"\""), Some(&token));
        assert_eq!(status, 200, "{answer}");
    }
    let config = bench.kept().0;
    assert_eq!(config.network.wifi.ssid, "Garden");
    assert!(config.network.wifi.password.is_empty() && config.brokers[0].password.is_empty());
}

#[test]
fn what_is_wrong_with_a_setting_is_named() {
    let bench = Bench::new();
    let token = bench.with_password();
    for (part, path) in [
        (r#"{"output":{"rated_watts":0}}"#, "output.rated_watts"),
        (r#"{"output":{"rated_watts":"many"}}"#, "output.rated_watts"),
        (r#"{"brokers":[{"host":""}]}"#, "brokers[0].host"),
        (r#"{"language":"de"}"#, "language"),
        (r#"{"nothing":1}"#, "nothing"),
        ("", ""),
    ] {
        let (status, answer) = bench.send("PATCH", "/api/v1/config", part, Some(&token));
        assert_eq!((status, path_of(&answer).as_str()), (422, path), "{part}");
        assert_ne!(value(&answer)["error"]["expected"], "", "{part}");
    }
}

#[test]
fn a_backup_has_no_secret_unless_the_password_is_given_again_and_comes_back_as_it_was() {
    let bench = Bench::new();
    let token = bench.with_password();
    let export = |body: &str| bench.post("/api/v1/config/export", body, Some(&token));
    let import = |body: &str| bench.post("/api/v1/config/import", body, Some(&token));
    let (status, without) = export(r#"{"secrets":false}"#);
    assert_eq!(status, 200);
    assert!(!without.contains(SECRET));
    assert_eq!(value(&without)["brokers"][0]["password"], Value::Null);
    assert_eq!(without, bench.get("/api/v1/config", Some(&token)).1);
    for (body, expected) in [
        (r#"{"secrets":true}"#, 422),
        (r#"{"secrets":true,"password":"wrong wrong"}"#, 401),
        ("", 422),
    ] {
        let (status, answer) = export(body);
        assert_eq!(status, expected, "{body}");
        assert!(!answer.contains(SECRET), "{answer}");
    }
    let with = json!({"secrets":true,"password":PASSWORD}).to_string();
    let (status, with) = export(&with);
    assert_eq!(status, 200);
    assert_eq!(value(&with)["brokers"][0]["password"], SECRET);

    let before = bench.kept().0;
    assert_eq!(import(r#"{"name":"Attic"}"#).0, 200);
    let bare = bench.kept().0;
    assert_eq!((bare.name.as_str(), bare.brokers.len()), ("Attic", 0));
    assert_eq!(import(r#"{"name":""}"#).0, 422);
    assert!(bench.kept().0 == bare, "all or nothing");
    let (status, answer) = import(&with);
    assert_eq!(status, 200);
    assert!(!answer.contains(SECRET), "the answer has none, either");
    assert_eq!(value(&answer)["forgotten_passwords"], 0);
    assert_eq!(value(&answer)["config"], value(&without));
    assert!(bench.kept().0 == before);
    // Without them, those of the same broker stay.
    assert_eq!(import(&without).0, 200);
    assert!(bench.kept().0 == before);
}

#[test]
fn the_schema_is_that_of_the_settings() {
    let bench = Bench::new();
    let (status, schema) = bench.get("/api/v1/config/schema", None);
    assert_eq!(status, 200);
    let schema = value(&schema);
    let token = bench.with_password();
    let settings = value(&bench.get("/api/v1/config", Some(&token)).1);
    for section in settings.as_object().unwrap().keys() {
        assert!(!schema["properties"][section].is_null(), "{section}");
    }
}

/// Settings with as many of this letter as fit wherever it may stand, and with others where it may not.
fn longest(mut config: Config, letter: char) -> Valid {
    // The first tells topics apart, which have to be different.
    fn full<const CAPACITY: usize>(first: char, letter: char) -> heapless::String<CAPACITY> {
        let rest = std::iter::repeat_n(letter, CAPACITY - 1);
        std::iter::once(first).chain(rest).collect()
    }
    config.name = full('n', letter);
    let broker = Broker {
        host: full('h', letter),
        username: full('u', letter),
        password: full::<64>('p', letter).into(),
        client_id: full('c', letter),
        ..Broker::default()
    };
    config.brokers.clear();
    for port in (1883..).take(BROKERS) {
        let broker = Broker {
            port,
            ..broker.clone()
        };
        config.brokers.push(broker).unwrap();
    }
    config.network.hostname = full('d', 'd');
    config.network.time_server = full('z', letter);
    config.network.wifi.ssid = full('w', letter);
    config.network.wifi.password = full::<63>('p', letter).into();
    config.probes.water = false;
    for place in 0..PROBE_NAMES {
        let address = format!("28-00000000000{place}");
        let named = ProbeName {
            address: address.as_str().try_into().unwrap(),
            name: full('n', letter),
        };
        config.probes.names.push(named).unwrap();
    }
    config.probes.water_address = config.probes.names[0].address.clone();
    config.probes.heat_sink_address = config.probes.names[1].address.clone();
    config.probes.room_address = config.probes.names[2].address.clone();
    let topics = &mut config.topics;
    topics.prefix = full('t', letter);
    topics.follow = full('f', letter);
    topics.pool.name = full('m', letter);
    topics.homeassistant.prefix = full('a', letter);
    topics.domoticz.in_topic = full('i', letter);
    topics.domoticz.out_topic = full('o', letter);
    topics.jeedom.topic = full('j', letter);
    for source in [
        &mut topics.temperature.water,
        &mut topics.temperature.heat_sink,
        &mut topics.temperature.room,
    ] {
        source.topic = full('s', letter);
        source.path = full('p', letter);
    }
    while config.security.hosts.push(full('h', 'h')).is_ok() {}
    config.security.compatibility.enabled = true;
    let router: IpAddr = "1111:2222:3333:4444:5555:6666:7777:8888".parse().unwrap();
    config.security.compatibility.address = router.into();
    config.validate().unwrap()
}

#[test]
fn every_setting_at_its_longest_can_be_shown_and_given_back() {
    let bench = Bench::new();
    let token = bench.with_password();
    let config = longest(bench.kept().0.into_inner(), 'x');
    bench.site().api().configure(config.clone()).unwrap();
    let with = json!({"secrets":true,"password":PASSWORD}).to_string();
    let (status, whole) = bench.post("/api/v1/config/export", &with, Some(&token));
    assert_eq!(status, 200, "{whole}");
    println!("the longest settings: {} bytes", whole.len());
    // With the head of the request in front.
    assert!(whole.len() + 1_024 <= REQUEST_CAPACITY, "{}", whole.len());
    for (method, path) in [
        ("POST", "/api/v1/config/import"),
        ("PATCH", "/api/v1/config"),
    ] {
        let (status, answer) = bench.send(method, path, &whole, Some(&token));
        assert_eq!(status, 200, "{answer}");
        assert!(bench.kept().0 == config);
    }
}

/// A quotation mark is one letter to whoever names something, and two in JSON.
#[test]
fn settings_too_long_to_be_shown_are_refused_before_anything_changes() {
    let bench = Bench::new();
    let token = bench.with_password();
    let quoted = longest(bench.kept().0.into_inner(), '"');
    let quoted = serde_json::to_value(quoted.export(Secrets::Shown)).unwrap();
    let with = json!({"secrets":true,"password":PASSWORD}).to_string();
    let mut refused = Vec::new();
    for sections in [
        &["name"][..],
        &["network"],
        &["security"],
        // Probes of its own and topics for them fit only together.
        &["probes", "topics"],
        &["brokers"],
    ] {
        let part: serde_json::Map<String, Value> = sections
            .iter()
            .map(|section| ((*section).to_owned(), quoted[section].clone()))
            .collect();
        let part = Value::Object(part).to_string();
        let before = bench.kept();
        let checked = bench.post("/api/v1/config/check", &part, Some(&token));
        assert!(bench.kept() == before);
        let (status, answer) = bench.send("PATCH", "/api/v1/config", &part, Some(&token));
        assert_eq!(checked.0, status, "{sections:?}");
        if status == 422 {
            assert_eq!(path_of(&answer), "");
            assert!(bench.kept() == before, "refused, and nothing has changed");
            refused.push(sections[0]);
        } else {
            assert_eq!(status, 200, "{sections:?}: {answer}");
        }
        // Whatever was taken is shown, and can be given back.
        assert_eq!(bench.get("/api/v1/config", Some(&token)).0, 200);
        let (status, whole) = bench.post("/api/v1/config/export", &with, Some(&token));
        assert_eq!(status, 200);
        assert!(whole.len() + 1_024 <= REQUEST_CAPACITY, "{}", whole.len());
        let (status, answer) = bench.post("/api/v1/config/import", &whole, Some(&token));
        assert_eq!(status, 200, "{answer}");
    }
    assert_eq!(refused, ["brokers"]);
    let before = bench.kept();
    let all = quoted.to_string();
    let (status, answer) = bench.post("/api/v1/config/import", &all, Some(&token));
    assert_eq!((status, path_of(&answer).as_str()), (422, ""));
    assert!(bench.kept() == before);
}

#[test]
fn a_body_must_be_json_and_say_so() {
    let bench = Bench::new();
    let token = format!("Bearer {}", bench.with_password());
    let mut request = Request {
        origins: program(),
        authorization: Some(&token),
        body: b"{}",
        ..Request::new("PATCH", "/api/v1/config", STRANGER)
    };
    for wrong in [
        None,
        Some("text/plain"),
        Some("application/x-www-form-urlencoded"),
    ] {
        request.content_type = wrong;
        assert_eq!(bench.answer(&request).0, 415);
    }
    request.content_type = Some("Application/JSON;charset=utf-8");
    assert_eq!(bench.answer(&request).0, 200);
}

#[test]
fn who_may_come_in_is_changed_like_any_setting_and_holds_at_once() {
    let bench = Bench::new();
    let token = bench.with_password();
    let patch = |body: &str| bench.send("PATCH", "/api/v1/config", body, Some(&token));
    let called = |host| {
        let request = Request {
            origins: Origins {
                host: Some(host),
                ..program()
            },
            ..Request::new("GET", "/api/v1/about", STRANGER)
        };
        bench.answer(&request).0
    };
    let state = || {
        let request = Request {
            origins: program(),
            ..Request::new("GET", "/state", ROUTER)
        };
        bench.answer(&request).0
    };
    assert_eq!((called("dimmer.example.org"), state()), (421, 404));
    let part = json!({"security":{"hosts":["dimmer.example.org"],"compatibility":{"enabled":true,"address":"192.168.1.10"}}});
    let (status, answer) = patch(&part.to_string());
    assert_eq!(status, 200, "{answer}");
    assert_eq!(value(&answer)["security"], part["security"]);
    assert_eq!((called("dimmer.example.org"), state()), (200, 200));
    for (body, path) in [
        (r#"{"security":{"hosts":["a","a b"]}}"#, "security.hosts[1]"),
        (
            r#"{"security":{"compatibility":{"address":"router"}}}"#,
            "security.compatibility.address",
        ),
        (
            r#"{"security":{"compatibility":{"address":""}}}"#,
            "security.compatibility.address",
        ),
        (r#"{"security":{"credential":null}}"#, "security.credential"),
    ] {
        let (status, answer) = patch(body);
        assert_eq!((status, path_of(&answer).as_str()), (422, path), "{body}");
    }
    // A backup has them, and no trace of the password.
    let (_, backup) = bench.post(
        "/api/v1/config/export",
        r#"{"secrets":false}"#,
        Some(&token),
    );
    assert_eq!(value(&backup)["security"], part["security"]);
    assert!(!backup.contains("salt") && !backup.contains("hash"));
    let shut = r#"{"security":{"hosts":[],"compatibility":{"enabled":false,"address":""}}}"#;
    assert_eq!(patch(shut).0, 200);
    assert_eq!((called("dimmer.example.org"), state()), (421, 404));

    let other = Bench::new();
    let token = other.with_password();
    let (status, answer) = other.post("/api/v1/config/import", &backup, Some(&token));
    assert_eq!(status, 200, "{answer}");
    assert_eq!(value(&answer)["config"]["security"], part["security"]);
    assert!(matches!(other.kept().1, Ok(Some(_))));
}

#[test]
fn an_import_tells_how_many_passwords_it_lacks() {
    let bench = Bench::new();
    let token = bench.with_password();
    let import = |broker: &str| {
        let user = r#""username":"dimmer","password":null"#;
        let body = format!(
            r#"{{"brokers":[{{"host":"{broker}",{user}}}],"network":{{"wifi":{{"ssid":"house"}}}}}}"#
        );
        let (status, answer) = bench.post("/api/v1/config/import", &body, Some(&token));
        assert_eq!(status, 200, "{answer}");
        value(&answer)["forgotten_passwords"].clone()
    };
    assert_eq!(import("broker.local"), 1, "that of the Wi-Fi network");
    assert_eq!(import("broker.local"), 0, "now it is known: none");
    assert_eq!(import("attic.local"), 1, "that of the broker");
}
