//! Every way in, with every method and every credential: who is let in, and who is not.
#![expect(
    clippy::unwrap_used,
    reason = "a failed step of a test is a failed test"
)]

mod support;

use dimmer_web::{
    Api, Endpoint, Method, Origins, ROUTES, Request,
    dimmer::config::{Broker, Config, ProbeName, Secrets, Valid},
};
use std::net::IpAddr;
use support::{Bench, PASSWORD, ROUTER, SECRET, STRANGER};

/// What somebody shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Credential {
    Nothing,
    Garbage,
    WellFormed,
    SignedOut,
    Expired,
    Signed,
    /// A good token under another scheme.
    OtherScheme,
}

const CREDENTIALS: [Credential; 7] = [
    Credential::Nothing,
    Credential::Garbage,
    Credential::WellFormed,
    Credential::SignedOut,
    Credential::Expired,
    Credential::Signed,
    Credential::OtherScheme,
];

/// Where somebody comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum From {
    Page,
    Program,
    ProgramWithoutHeader,
    Form,
    OtherSite,
    OtherSiteThatNamesNone,
    Rebound,
    NoHost,
}

const FROMS: [From; 8] = [
    From::Page,
    From::Program,
    From::ProgramWithoutHeader,
    From::Form,
    From::OtherSite,
    From::OtherSiteThatNamesNone,
    From::Rebound,
    From::NoHost,
];

impl From {
    fn origins(self) -> Origins<'static> {
        let page = Origins {
            host: Some("192.168.1.20"),
            origin: Some("http://192.168.1.20"),
            fetch_site: Some("same-origin"),
            has_own_header: true,
        };
        match self {
            Self::Page => page,
            Self::Program => Origins {
                origin: None,
                fetch_site: None,
                ..page
            },
            Self::ProgramWithoutHeader => Origins {
                has_own_header: false,
                ..Self::Program.origins()
            },
            Self::Form => Origins {
                has_own_header: false,
                ..page
            },
            Self::OtherSite => Origins {
                origin: Some("http://evil.example"),
                fetch_site: Some("cross-site"),
                ..page
            },
            Self::OtherSiteThatNamesNone => Origins {
                origin: None,
                fetch_site: Some("cross-site"),
                has_own_header: false,
                ..page
            },
            Self::Rebound => Origins {
                host: Some("evil.example"),
                origin: Some("http://evil.example"),
                ..page
            },
            Self::NoHost => Origins { host: None, ..page },
        }
    }

    /// What a router asks for changes something, and no page asks for it.
    fn may_steer(self) -> bool {
        matches!(self, Self::Program | Self::ProgramWithoutHeader)
    }

    fn may(self, is_read: bool) -> bool {
        match self {
            Self::Page | Self::Program => true,
            Self::ProgramWithoutHeader | Self::Form | Self::OtherSiteThatNamesNone => is_read,
            Self::OtherSite | Self::Rebound | Self::NoHost => false,
        }
    }
}

/// What anybody may see, and where a password is asked for inside. Said here again, apart from the table that it is held against.
const OPEN: [(&str, &str); 14] = [
    ("GET", "/api/v1/config/schema"),
    ("GET", "/"),
    ("GET", "/app.js"),
    ("GET", "/style.css"),
    ("GET", "/french.json"),
    ("GET", "/api/v1/about"),
    ("GET", "/api/v1/state"),
    ("GET", "/api/v1/state/stream"),
    ("GET", "/api/v1/history"),
    ("GET", "/api/v1/probes"),
    ("GET", "/metrics"),
    ("GET", "/api/v1/session"),
    ("POST", "/api/v1/session"),
    ("POST", "/api/v1/password"),
];

/// Which text settings anybody may see where, by their markers: what http-api.md says is public.
const PUBLIC: [(&str, &[&str]); 4] = [
    ("/metrics", &["mark-name"]),
    ("/api/v1/about", &["mark-name"]),
    ("/api/v1/state", &["mark-name", "mark-host"]),
    (
        "/api/v1/probes",
        &[
            "28-0000000000a1",
            "28-0000000000a2",
            "28-0000000000a3",
            "mark-probe",
        ],
    ),
];

/// How each marker begins.
const MARKS: [&str; 5] = ["mark-", "28-", "192.0.2.", "192.168.1.10", SECRET];

/// Words of the settings' own.
const WORDS: [&str; 14] = [
    "en",
    "dhcp",
    "off",
    "number",
    "both",
    "required",
    "absent",
    "json",
    "resistive",
    "percent",
    "dimmer",
    "thresholds",
    "per_component",
    "raw",
];

/// Settings with another text in each of those that are text, and those texts.
fn marked() -> (Valid, Vec<String>) {
    let mut config = Config {
        name: text("mark-name"),
        ..Config::default()
    };
    let broker = Broker {
        host: text("mark-host"),
        username: text("mark-user"),
        password: SECRET.try_into().unwrap(),
        client_id: text("mark-client"),
        ..Broker::default()
    };
    config.brokers.push(broker).unwrap();
    config.network.hostname = text("mark-hostname");
    config.network.time_server = text("mark-time");
    config.network.wifi.ssid = text("mark-ssid");
    config.network.wifi.password = "mark-wifi-secret".try_into().unwrap();
    let address = |text: &str| serde_json::from_value(text.into()).unwrap();
    config.network.address.ip = address("192.0.2.20");
    config.network.address.gateway = address("192.0.2.1");
    config.network.address.dns = address("192.0.2.53");
    config.probes.water = false;
    config.probes.water_address = text("28-0000000000a1");
    config.probes.heat_sink_address = text("28-0000000000a2");
    config.probes.room_address = text("28-0000000000a3");
    let named = ProbeName {
        address: text("28-0000000000a1"),
        name: text("mark-probe"),
    };
    config.probes.names.push(named).unwrap();
    let topics = &mut config.topics;
    topics.prefix = text("mark-prefix");
    topics.follow = text("mark-follow");
    topics.pool.name = text("mark-pool");
    topics.homeassistant.prefix = text("mark-homeassistant");
    topics.domoticz.in_topic = text("mark-in");
    topics.domoticz.out_topic = text("mark-out");
    topics.jeedom.topic = text("mark-jeedom");
    topics.temperature.water.topic = text("mark-water");
    topics.temperature.water.path = text("mark-water-path");
    topics.temperature.heat_sink.topic = text("mark-sink");
    topics.temperature.heat_sink.path = text("mark-sink-path");
    topics.temperature.room.topic = text("mark-room");
    topics.temperature.room.path = text("mark-room-path");
    config
        .security
        .hosts
        .push(text("mark-own.example"))
        .unwrap();
    config.security.compatibility.address = ROUTER.into();
    let config = config.validate().unwrap();
    let shown = serde_json::to_value(config.export(Secrets::Shown)).unwrap();
    let mut texts = Vec::new();
    leaves(&shown, &mut texts);
    texts.retain(|text| !WORDS.contains(&text.as_str()));
    (config, texts)
}

fn text<const CAPACITY: usize>(text: &str) -> heapless::String<CAPACITY> {
    text.try_into().unwrap()
}

/// Every text in it.
fn leaves(value: &serde_json::Value, texts: &mut Vec<String>) {
    use serde_json::Value;
    match value {
        Value::String(text) => texts.push(text.clone()),
        Value::Array(values) => values.iter().for_each(|value| leaves(value, texts)),
        Value::Object(values) => values.values().for_each(|value| leaves(value, texts)),
        _ => {}
    }
}

#[test]
fn every_setting_that_is_text_has_a_marker() {
    let (_, texts) = marked();
    assert!(texts.len() > 25, "{texts:?}");
    // The topic of a shared temperature: it goes together with none that another one sends.
    let unmarked = texts.iter().filter(|text| text.is_empty()).count();
    assert_eq!(unmarked, 1, "{texts:?}");
    for text in texts.iter().filter(|text| !text.is_empty()) {
        let is_marker = MARKS.iter().any(|marker| text.starts_with(marker));
        assert!(is_marker, "{text:?} is neither a marker nor a word");
    }
}

/// What does not exist, and what a router asks for.
const OTHER_PATHS: [&str; 8] = [
    "/?POWER=100",
    "/?puissance=5000",
    "/config",
    "/getmqtt",
    "/api/v1/config/",
    "/api/v1/../v1/config",
    "//",
    "/get?save=1",
];

const METHODS: [&str; 9] = [
    "GET", "POST", "PATCH", "DELETE", "PUT", "HEAD", "OPTIONS", "TRACE", "get",
];

/// A body with which the endpoint does something, if it is let in.
fn body(endpoint: Endpoint) -> &'static str {
    match endpoint {
        Endpoint::SignIn => r#"{"password":"a wrong one"}"#,
        Endpoint::SetPassword => r#"{"password":"a new password","old":"a wrong one"}"#,
        Endpoint::Patch | Endpoint::Check => {
            r#"{"output":{"rated_watts":1234},"security":{"hosts":["evil.example"]}}"#
        }
        Endpoint::Export => r#"{"secrets":true,"password":"a wrong one"}"#,
        Endpoint::Import => r#"{"output":{"rated_watts":1234}}"#,
        Endpoint::Power => r#"{"power":100}"#,
        Endpoint::Boost => r#"{"minutes":60}"#,
        Endpoint::Switch => r#"{"on":false}"#,
        _ => "",
    }
}

/// One who comes, and what is asked for.
#[derive(Clone, Copy, Debug)]
struct Case<'a> {
    has_password: bool,
    /// Nothing said of the way in for routers, shut, open.
    router: Option<bool>,
    credential: Credential,
    path: &'a str,
    method: &'a str,
    from: From,
    peer: IpAddr,
}

impl Case<'_> {
    /// A fresh dimmer for it, and what is shown there.
    fn bench(&self, config: &Valid) -> (Bench, Option<String>) {
        let bench = Bench::new();
        bench.site().api().configure(config.clone()).unwrap();
        bench.open_router(self.router);
        let token = self.has_password.then(|| bench.with_password());
        let token = token.unwrap_or_else(|| "0".repeat(32));
        let bearer = format!("Bearer {token}");
        let shown = match self.credential {
            Credential::Nothing => None,
            Credential::Garbage => Some("Bearer \u{e9}".to_owned()),
            Credential::WellFormed => Some(format!("Bearer {}", "ab".repeat(16))),
            Credential::SignedOut => {
                bench.sign_out(&token);
                Some(bearer)
            }
            Credential::Expired => {
                bench.wait_s(31 * 60);
                Some(bearer)
            }
            Credential::Signed => Some(bearer),
            Credential::OtherScheme => Some(format!("Basic {token}")),
        };
        (bench, shown)
    }

    /// Asks, and says whether it got in, whether the bench is another one than before, and what is wrong with that.
    fn ask(
        &self,
        bench: &Bench,
        shown: Option<&str>,
        texts: &[String],
    ) -> (bool, bool, Option<String>) {
        let Self {
            method, from, peer, ..
        } = *self;
        let (path, query) = self
            .path
            .split_once('?')
            .map_or((self.path, None), |(path, query)| (path, Some(query)));
        // Whoever wants the head alone is let in as for the whole.
        let is_read = matches!(method, "GET" | "HEAD");
        let as_whole = if is_read { "GET" } else { method };
        let route = ROUTES
            .iter()
            .find(|route| route.path == path && route.method.as_str() == as_whole);
        let endpoint = route.map(|route| route.endpoint);
        let text = endpoint.map_or("", body);
        let before = bench.kept();
        let request = Request {
            query,
            origins: from.origins(),
            authorization: shown,
            content_type: (!text.is_empty()).then_some("application/json"),
            body: text.as_bytes(),
            ..Request::new(method, path, peer)
        };
        let (status, answer) = bench.answer(&request);
        let succeeded = status < 300;
        let changed = bench.kept() != before;

        let is_in = self.has_password && self.credential == Credential::Signed;
        let is_router = self.router == Some(true) && peer == ROUTER;
        let is_routers = path == "/" && query.is_some() && is_read;
        let may = from.may(is_read)
            && match (as_whole, path) {
                // This is done by looking, and so there is no head of it.
                _ if is_routers => is_router && from.may_steer() && method == "GET",
                ("GET", "/state") => is_router,
                here if OPEN.contains(&here) => true,
                _ => route.is_some() && is_in,
            };
        // The password is asked for inside.
        let may_set = endpoint == Some(Endpoint::SetPassword) && !self.has_password && may;
        let may_change = may_set || may && (is_routers || is_in);
        // Which methods there are is no secret: it stands in the manual.
        let is_other_method = route.is_none() && ROUTES.iter().any(|route| route.path == path);
        let is_told_so = !is_other_method || !from.may(true) || status == 405;
        let shows_secret = [SECRET, PASSWORD, "mark-wifi-secret", "hash", "salt"]
            .iter()
            .any(|secret| answer.contains(secret));
        let public = PUBLIC.iter().find(|(path, _)| *path == self.path);
        let public = public.map_or(&[][..], |(_, texts)| texts);
        let mut private = texts
            .iter()
            .filter(|text| !text.is_empty() && !public.contains(&text.as_str()));
        let shows_settings = MARKS.iter().any(|mark| answer.contains(mark))
            && private.any(|text| answer.contains(text.as_str()));
        let is_hole = succeeded && !may
            || changed && !may_change
            || changed && is_read && !is_routers
            || shows_secret
            || shows_settings && !is_in
            || !is_told_so;
        // And nobody is kept out who may come in.
        let is_asked_inside = matches!(
            endpoint,
            Some(
                Endpoint::SignIn
                    | Endpoint::SetPassword
                    | Endpoint::SearchProbes
                    | Endpoint::Export
            )
        );
        let is_shut = may && !succeeded && !is_asked_inside;
        let wrong = (is_hole || is_shut).then(|| format!("{self:?}: {status} {answer}"));
        let is_another = changed
            || matches!(
                endpoint,
                Some(
                    Endpoint::SignIn | Endpoint::SetPassword | Endpoint::SignOut | Endpoint::Export
                )
            );
        (succeeded, is_another, wrong)
    }
}

#[test]
fn nobody_gets_in_who_may_not() {
    let (mut cases, mut let_in, mut wrong) = (0, 0, Vec::new());
    let mut paths: Vec<&str> = ROUTES.iter().map(|route| route.path).collect();
    paths.sort_unstable();
    paths.dedup();
    paths.extend(OTHER_PATHS);
    let (config, texts) = marked();
    for (has_password, router) in [false, true]
        .into_iter()
        .flat_map(|has| [None, Some(false), Some(true)].map(|router| (has, router)))
    {
        for credential in CREDENTIALS {
            let mut bench = None;
            for path in &paths {
                for (method, from) in METHODS
                    .into_iter()
                    .flat_map(|method| FROMS.map(|from| (method, from)))
                {
                    for peer in [STRANGER, ROUTER] {
                        let case = Case {
                            has_password,
                            router,
                            credential,
                            path,
                            method,
                            from,
                            peer,
                        };
                        let (here, shown) = bench.get_or_insert_with(|| case.bench(&config));
                        let (succeeded, is_another, problem) =
                            case.ask(here, shown.as_deref(), &texts);
                        cases += 1;
                        let_in += u32::from(succeeded);
                        wrong.extend(problem);
                        if is_another {
                            bench = None;
                        }
                    }
                }
            }
        }
    }
    println!(
        "auth matrix: {cases} cases, {let_in} let in, {} holes",
        wrong.len()
    );
    assert!(
        wrong.is_empty(),
        "{} holes, the first: {:#?}",
        wrong.len(),
        &wrong[..wrong.len().min(5)]
    );
    assert!(cases > 100_000 && let_in > 1_000);
}

#[test]
fn every_method_of_the_table_is_tried() {
    for method in Method::ALL {
        assert!(METHODS.contains(&method.as_str()));
    }
}
