//! Every way in, with every method and every credential: who is let in, and who is not.

mod support;

use dimmer_web::{Endpoint, Method, Origins, ROUTES, Request};
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
    Form,
    OtherSite,
    OtherSiteThatNamesNone,
    Rebound,
    NoHost,
}

const FROMS: [From; 7] = [
    From::Page,
    From::Program,
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

    fn may(self, is_read: bool) -> bool {
        match self {
            Self::Page | Self::Program => true,
            Self::Form | Self::OtherSiteThatNamesNone => is_read,
            Self::OtherSite | Self::Rebound | Self::NoHost => false,
        }
    }
}

/// What anybody may see, and where a password is asked for inside. Said here again, apart from the table that it is held against.
const OPEN: [(&str, &str); 12] = [
    ("GET", "/api/v1/config/schema"),
    ("GET", "/"),
    ("GET", "/app.js"),
    ("GET", "/style.css"),
    ("GET", "/api/v1/about"),
    ("GET", "/api/v1/state"),
    ("GET", "/api/v1/state/stream"),
    ("GET", "/api/v1/history"),
    ("GET", "/metrics"),
    ("GET", "/api/v1/session"),
    ("POST", "/api/v1/session"),
    ("POST", "/api/v1/password"),
];

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
        Endpoint::Patch | Endpoint::Check => r#"{"output":{"rated_watts":1234}}"#,
        Endpoint::Export => r#"{"secrets":true,"password":"a wrong one"}"#,
        Endpoint::Import => r#"{"output":{"rated_watts":1234}}"#,
        Endpoint::PatchSecurity => r#"{"hosts":["evil.example"]}"#,
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
    fn bench(&self) -> (Bench, Option<String>) {
        let bench = Bench::new();
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
    fn ask(&self, bench: &Bench, shown: Option<&str>) -> (bool, bool, Option<String>) {
        let Self {
            method, from, peer, ..
        } = *self;
        let (path, query) = self
            .path
            .split_once('?')
            .map_or((self.path, None), |(path, query)| (path, Some(query)));
        let route = ROUTES
            .iter()
            .find(|route| route.path == path && route.method.as_str() == method);
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

        let is_read = method == "GET";
        let is_in = self.has_password && self.credential == Credential::Signed;
        let is_router = self.router == Some(true) && peer == ROUTER;
        let is_routers = path == "/" && query.is_some() && is_read;
        let may = from.may(is_read)
            && match (method, path) {
                _ if is_routers => is_router,
                ("GET", "/state") => is_router,
                here if OPEN.contains(&here) => true,
                _ => route.is_some() && is_in,
            };
        // The password is asked for inside.
        let may_set = endpoint == Some(Endpoint::SetPassword) && !self.has_password && may;
        let may_change = may_set || may && (is_routers || is_in);
        let shows_secret = [SECRET, PASSWORD, "hash", "salt"]
            .iter()
            .any(|secret| answer.contains(secret));
        // Compact, as values are written; the schema that anybody may read is not.
        let shows_settings = answer.contains("\"brokers\":[");
        let is_hole = succeeded && !may
            || changed && !may_change
            || changed && is_read && !is_routers
            || shows_secret
            || shows_settings && !is_in;
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
                        let (here, shown) = bench.get_or_insert_with(|| case.bench());
                        let (succeeded, is_another, problem) = case.ask(here, shown.as_deref());
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
