//! What each way in does, once somebody is in.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failed step of a test is a failed test"
)]

mod support;

use dimmer_web::{
    Api, Body, REQUEST_CAPACITY, RESPONSE_CAPACITY, ROUTES, Request, dimmer::config::Broker,
};
use embassy_futures::{block_on, join::join};
use serde_json::{Value, json};
use support::{Bench, PASSWORD, ROUTER, SECRET, STRANGER, program, token_of};

fn value(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

fn path_of(text: &str) -> String {
    value(text)["error"]["path"].as_str().unwrap().to_owned()
}

#[test]
fn the_first_start_asks_for_a_password_and_nothing_goes_before() {
    let bench = Bench::new();
    let session = bench.get("/api/v1/session", None).1;
    assert_eq!(
        value(&session),
        json!({"password_set":false,"signed_in":false,"wait":0})
    );
    let (status, answer) = bench.send("PATCH", "/api/v1/config", "{}", None);
    assert_eq!((status, path_of(&answer).as_str()), (403, "password"));
    let (status, answer) = bench.post("/api/v1/password", r#"{"password":"short"}"#, None);
    assert_eq!((status, path_of(&answer).as_str()), (422, "password"));
    let (status, answer) = bench.post("/api/v1/password", r#"{"password":"correct horse"}"#, None);
    assert_eq!(status, 200);
    let token = token_of(&answer);
    assert_eq!(bench.get("/api/v1/config", Some(&token)).0, 200);
    let session = value(&bench.get("/api/v1/session", Some(&token)).1);
    assert_eq!(
        session,
        json!({"password_set":true,"signed_in":true,"wait":0})
    );
    // Who comes second is too late.
    let late = bench.post("/api/v1/password", r#"{"password":"battery staple"}"#, None);
    assert_eq!(late.0, 401);
}

#[test]
fn another_password_needs_the_one_before_and_ends_every_session() {
    let bench = Bench::new();
    let token = bench.with_password();
    let set = |body: &str| bench.post("/api/v1/password", body, Some(&token));
    let (status, answer) = set(r#"{"password":"battery staple"}"#);
    assert_eq!((status, path_of(&answer).as_str()), (422, "old"));
    assert_eq!(
        set(r#"{"password":"battery staple","old":"wrong wrong"}"#).0,
        401
    );
    let (status, answer) = set(r#"{"password":"battery staple","old":"correct horse"}"#);
    assert_eq!(status, 200);
    assert_eq!(bench.get("/api/v1/config", Some(&token)).0, 401);
    assert_eq!(bench.get("/api/v1/config", Some(&token_of(&answer))).0, 200);
    assert_eq!(
        bench
            .post("/api/v1/session", r#"{"password":"battery staple"}"#, None)
            .0,
        200
    );
}

#[test]
fn who_guesses_waits_and_who_is_signed_in_does_not() {
    let bench = Bench::new();
    let token = bench.with_password();
    let guess = |password: &str| {
        let body = json!({ "password": password }).to_string();
        let request = Request {
            origins: program(),
            content_type: Some("application/json; charset=utf-8"),
            body: body.as_bytes(),
            ..Request::new("POST", "/api/v1/session", ROUTER)
        };
        let (answer, _) = bench.whole_answer(&request);
        (answer.status, answer.retry_after_s)
    };
    for _ in 0..3 {
        assert_eq!(guess("wrong wrong").0, 401);
    }
    assert_eq!(guess(PASSWORD), (429, 1), "the right one, but too soon");
    bench.wait_s(1);
    assert_eq!(guess("wrong wrong").0, 401);
    assert_eq!(guess("wrong wrong"), (429, 2));
    assert_eq!(bench.get("/api/v1/config", Some(&token)).0, 200);
    let other = bench.post("/api/v1/session", r#"{"password":"correct horse"}"#, None);
    assert_eq!(other.0, 200, "another address");
    bench.wait_s(2);
    assert_eq!(guess(PASSWORD).0, 200);
    assert_eq!(guess("wrong wrong").0, 401, "forgiven");
}

#[test]
fn one_password_at_a_time_is_looked_at() {
    let bench = Bench::new();
    let request = Request {
        origins: program(),
        content_type: Some("application/json"),
        body: br#"{"password":"correct horse"}"#,
        ..Request::new("POST", "/api/v1/password", STRANGER)
    };
    let (mut one, mut other) = ([0; RESPONSE_CAPACITY], [0; RESPONSE_CAPACITY]);
    let site = bench.site();
    let (first, second) = block_on(join(
        site.answer(&request, &mut one),
        site.answer(&request, &mut other),
    ));
    assert_eq!((first.status, second.status), (200, 429));
}

#[test]
fn one_who_goes_away_in_the_middle_keeps_nobody_out() {
    let bench = Bench::new();
    let request = Request {
        origins: program(),
        content_type: Some("application/json"),
        body: br#"{"password":"correct horse"}"#,
        ..Request::new("POST", "/api/v1/password", STRANGER)
    };
    let mut out = [0; RESPONSE_CAPACITY];
    let mut given_up = Box::pin(bench.site().answer(&request, &mut out));
    let mut context = core::task::Context::from_waker(core::task::Waker::noop());
    assert!(given_up.as_mut().poll(&mut context).is_pending());
    drop(given_up);
    assert_eq!(bench.answer(&request).0, 200);
}

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

#[test]
fn every_setting_at_its_longest_can_be_shown_and_given_back() {
    fn full<const CAPACITY: usize>(letter: char) -> heapless::String<CAPACITY> {
        core::iter::repeat_n(letter, CAPACITY).collect()
    }
    let bench = Bench::new();
    let token = bench.with_password();
    let mut config = bench.kept().0.into_inner();
    config.name = full('n');
    let broker = Broker {
        host: full('h'),
        username: full('u'),
        password: full::<64>('p').into(),
        client_id: full('c'),
        ..Broker::default()
    };
    config.brokers.clear();
    while config.brokers.push(broker.clone()).is_ok() {}
    config.probes.water = false;
    let topics = &mut config.topics;
    topics.prefix = full('t');
    topics.follow = full('f');
    topics.pool.name = full('m');
    topics.homeassistant.prefix = full('a');
    topics.domoticz.in_topic = full('i');
    topics.domoticz.out_topic = full('o');
    topics.jeedom.topic = full('j');
    for source in [
        &mut topics.temperature.water,
        &mut topics.temperature.heat_sink,
        &mut topics.temperature.room,
    ] {
        source.topic = full('s');
        source.path = full('p');
    }
    let config = config.validate().unwrap();
    bench.site().api().configure(config.clone()).unwrap();
    let with = json!({"secrets":true,"password":PASSWORD}).to_string();
    let (status, whole) = bench.post("/api/v1/config/export", &with, Some(&token));
    assert_eq!(status, 200, "{whole}");
    println!("the longest settings: {} bytes", whole.len());
    // With the head of the request in front.
    assert!(whole.len() + 1_024 <= REQUEST_CAPACITY, "{}", whole.len());
    let (status, answer) = bench.post("/api/v1/config/import", &whole, Some(&token));
    assert_eq!(status, 200, "{answer}");
    assert!(bench.kept().0 == config);
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
fn everything_else_does_not_exist() {
    let bench = Bench::new();
    let token = bench.with_password();
    for path in [
        "/favicon.ico",
        "/index.html",
        "/config.json",
        "/api",
        "/api/v1",
        "/api/v2/state",
        "/API/V1/state",
        "/state/",
        "/%61pp.js",
        "",
    ] {
        let (status, answer) = bench.get(path, Some(&token));
        assert_eq!(status, 404, "{path}");
        assert_eq!(value(&answer)["error"]["problem"], "does not exist");
    }
    let request = Request {
        origins: program(),
        ..Request::new("PUT", "/api/v1/session", STRANGER)
    };
    let (answer, _) = bench.whole_answer(&request);
    assert_eq!(
        (answer.status, answer.allow.as_str()),
        (405, "GET, POST, DELETE")
    );
}

#[test]
fn commands_reach_the_dimmer_as_on_mqtt() {
    let bench = Bench::new();
    let token = bench.with_password();
    let command =
        |what: &str, body: &str| bench.post(&format!("/api/v1/command/{what}"), body, Some(&token));
    let state = || value(&bench.get("/api/v1/state", None).1);
    assert_eq!(command("boost", r#"{"minutes":60,"power":50}"#).0, 204);
    assert_eq!(state()["state"]["boost"], 60);
    assert_eq!(command("boost", "0").0, 204);
    assert_eq!(state()["state"]["boost"], 0);
    assert_eq!(command("power", r#"{"power":42.5}"#).0, 204);
    assert_eq!(state()["state"]["setpoint"], 42.5);
    assert_eq!(command("switch", r#"{"on":false}"#).0, 204);
    assert_eq!(state()["state"]["switch"], "OFF");
    assert_eq!(command("switch", "ON").0, 204);
    assert_eq!(state()["state"]["switch"], "ON");
    assert_eq!(command("reset_alarms", "").0, 204);
    assert_eq!(command("restart", "").0, 204);
    let counted = bench.kept().2.len();
    for (what, body) in [
        ("power", ""),
        ("power", r#"{"power":"x"}"#),
        ("boost", "forever"),
        ("switch", r#"{"on":1}"#),
    ] {
        let (status, answer) = command(what, body);
        assert_eq!(status, 422, "{what} {body}");
        assert_ne!(value(&answer)["error"]["problem"], "");
    }
    assert_eq!(bench.kept().2.len(), counted);
    assert_eq!(
        command("search_probes", "").0,
        501,
        "this bench has no probes"
    );
}

#[test]
fn sentences_are_in_the_language_that_is_asked_for() {
    let bench = Bench::new();
    let text = |path| {
        value(&bench.get(path, None).1)["reason"]["text"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    assert!(text("/api/v1/state").starts_with("Off"));
    assert!(text("/api/v1/state?lang=fr").starts_with("Arr\u{ea}t"));
    assert!(text("/api/v1/state?lang=xx").starts_with("Off"));
}

#[test]
fn the_log_tells_what_happened_and_no_secret() {
    let bench = Bench::new();
    let token = bench.with_password();
    bench.post("/api/v1/session", r#"{"password":"wrong wrong"}"#, None);
    for count in 0..200 {
        let part = json!({"output":{"rated_watts":1_000 + count}}).to_string();
        bench.send("PATCH", "/api/v1/config", &part, Some(&token));
        bench.post("/api/v1/session", r#"{"password":"wrong wrong"}"#, None);
    }
    let (status, log) = bench.get("/api/v1/log", Some(&token));
    assert_eq!(status, 200);
    let events = value(&log)["events"].as_array().unwrap().clone();
    assert!(events.len() > 2);
    assert!(
        events
            .windows(2)
            .all(|pair| pair[0]["number"].as_u64() < pair[1]["number"].as_u64())
    );
    assert!(
        log.contains("settings changed from")
            && !log.contains(PASSWORD)
            && !log.contains(SECRET)
            && !log.contains("wrong wrong")
    );
}

#[test]
fn a_full_log_is_answered_with_its_newest_part() {
    use dimmer_web::LogLevel;
    let bench = Bench::new();
    let token = bench.with_password();
    for count in 0..40 {
        bench
            .site()
            .api()
            .note(LogLevel::Info, format_args!("{count:\">190}"));
    }
    let (status, log) = bench.get("/api/v1/log", Some(&token));
    assert_eq!(status, 200);
    let events = value(&log)["events"].as_array().unwrap().clone();
    assert!(
        (5..24).contains(&events.len()),
        "quotation marks take two bytes each"
    );
    assert!(
        events.last().unwrap()["text"]
            .as_str()
            .unwrap()
            .ends_with("39")
    );
}

#[test]
fn the_page_is_given_once_and_then_known() {
    let bench = Bench::new();
    let mut request = Request {
        origins: program(),
        ..Request::new("GET", "/app.js", STRANGER)
    };
    let (answer, _) = bench.whole_answer(&request);
    let Body::Asset(asset) = answer.body else {
        panic!("{answer:?}")
    };
    request.if_none_match = Some(asset.tag);
    assert_eq!(bench.whole_answer(&request).0.status, 304);
    assert_eq!(
        ROUTES
            .iter()
            .filter(|route| route.path.ends_with(".js"))
            .count(),
        1
    );
}

#[test]
fn a_router_steers_as_it_is_used_to() {
    let bench = Bench::new();
    bench.open_router(Some(true));
    let ask = |query: &str| {
        let request = Request {
            query: Some(query),
            origins: program(),
            ..Request::new("GET", "/", ROUTER)
        };
        bench.answer(&request)
    };
    let (status, answer) = ask("POWER=42.5");
    assert_eq!(status, 200);
    let state = value(&answer);
    assert_eq!(state["commande"], 42);
    for key in [
        "dimmer",
        "commande",
        "temperature",
        "power",
        "Ptotal",
        "relay1",
        "relay2",
        "minuteur",
        "onoff",
        "alerte",
        "boost",
    ] {
        assert!(!state[key].is_null(), "{key}");
    }
    // 500 W of surplus are a quarter of the load, and have precedence.
    assert_eq!(value(&ask("POWER=0&puissance=500").1)["commande"], 67);
    assert_eq!(value(&ask("puissance=-1000").1)["commande"], 17);
    assert_eq!(value(&ask("puissance=99999").1)["commande"], 100);
    assert_eq!(
        value(&ask("POWER=500").1)["commande"],
        100,
        "num_fuse of the router"
    );
    assert_eq!(value(&ask("POWER=-5").1)["commande"], 0);
    for wrong in ["POWER=", "POWER=much", "puissance=1e3", "POWER=99999"] {
        assert_eq!(ask(wrong).0, 422, "{wrong}");
    }
    let (status, page) = bench.get("/?utm=1", None);
    assert_eq!((status, page.as_str()), (200, ""), "the page");
}

#[test]
fn who_may_come_in_can_be_changed() {
    let bench = Bench::new();
    let token = bench.with_password();
    let patch = |body: &str| bench.send("PATCH", "/api/v1/security", body, Some(&token));
    let (status, answer) = patch(
        r#"{"hosts":["dimmer.example.org"],"compatibility":{"enabled":true,"address":"192.168.1.10"}}"#,
    );
    assert_eq!(status, 200);
    assert_eq!(
        value(&answer),
        json!({"hosts":["dimmer.example.org"],"compatibility":{"enabled":true,"address":"192.168.1.10"}})
    );
    for (body, path) in [
        (r#"{"hosts":["a b"]}"#, "hosts"),
        (
            r#"{"compatibility":{"address":"router"}}"#,
            "compatibility.address",
        ),
        (
            r#"{"compatibility":{"address":""}}"#,
            "compatibility.address",
        ),
        (r#"{"credential":null}"#, ""),
    ] {
        let (status, answer) = patch(body);
        assert_eq!((status, path_of(&answer).as_str()), (422, path), "{body}");
    }
    assert_eq!(
        patch(r#"{"compatibility":{"enabled":false,"address":""}}"#).0,
        200
    );
    assert!(bench.kept().1.credential.is_some());
}
