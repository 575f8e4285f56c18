//! What the dimmer is told, and what it tells.

use std::net::IpAddr;

use super::*;

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
    assert_eq!(status, 200);
    assert!(page.starts_with("<!doctype html>"), "the page");
}

#[test]
fn who_is_not_the_router_is_told_which_setting_lets_one_in_and_not_whether_one_is() {
    let asked = |router: Option<bool>, path: &str, query: Option<&str>, peer: IpAddr| {
        let bench = Bench::new();
        bench.open_router(router);
        let request = Request {
            query,
            origins: program(),
            ..Request::new("GET", path, peer)
        };
        let (status, answer) = bench.answer(&request);
        assert_eq!(status, 404, "{answer}");
        answer
    };
    for (path, query) in [("/", Some("POWER=50")), ("/state", None)] {
        let shut = asked(Some(false), path, query, ROUTER);
        let told = &value(&shut)["error"]["expected"];
        assert!(told.as_str().unwrap().contains("`security.compatibility`"));
        for (router, peer) in [
            (None, ROUTER),
            (Some(false), STRANGER),
            (Some(true), STRANGER),
        ] {
            assert_eq!(asked(router, path, query, peer), shut, "{router:?} {peer}");
        }
    }
}
