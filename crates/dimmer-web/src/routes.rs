//! Every way in: what stands in this table exists, and nothing else does.

use crate::compatibility;

/// What is to be done at a place (RFC 9110, 9; RFC 5789). `HEAD` is no other: it is a [`Get`](Self::Get) of which only the head is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Look.
    Get,
    /// Do.
    Post,
    /// Change a part.
    Patch,
    /// Take away.
    Delete,
}

impl Method {
    /// Every method.
    pub const ALL: [Self; 4] = [Self::Get, Self::Post, Self::Patch, Self::Delete];

    /// As it stands in a request.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }

    /// The method of a request.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|method| method.as_str() == text)
    }
}

/// Who may go in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Everybody in the house. It shows no secret and changes nothing.
    Anyone,
    /// Whoever knows the password, or is about to: it is asked for inside.
    Password,
    /// Whoever is signed in; before there is a password, nobody.
    Session,
    /// The one address that the settings name, while they let it in at all.
    Router,
}

/// What is done there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Endpoint {
    /// One of the page's files.
    Page,
    /// What this is.
    About,
    /// What it does.
    State,
    /// The same whenever it changes.
    Stream,
    /// What it did in the last hours.
    History,
    /// Which probes there are, and what for.
    Probes,
    /// For Prometheus.
    Metrics,
    /// Whether there is a password, and whether one is signed in.
    Session,
    /// Signs in.
    SignIn,
    /// Signs out.
    SignOut,
    /// Sets the password.
    SetPassword,
    /// The settings without secrets.
    Config,
    /// What settings there are.
    Schema,
    /// The settings, with secrets for who shows the password again.
    Export,
    /// Other settings in the place of all.
    Import,
    /// Changes settings.
    Patch,
    /// Says whether these settings could be used.
    Check,
    /// The last events.
    Log,
    /// A power.
    Power,
    /// A boost, or its end.
    Boost,
    /// On or off.
    Switch,
    /// Latched alarms may end.
    ResetAlarms,
    /// Looks for probes anew.
    SearchProbes,
    /// Starts again.
    Restart,
    /// What a solar router reads.
    RouterState,
}

/// One way in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Route {
    /// What is to be done.
    pub method: Method,
    /// Where.
    pub path: &'static str,
    /// By whom.
    pub access: Access,
    /// What it does.
    pub endpoint: Endpoint,
}

const fn route(method: Method, path: &'static str, access: Access, endpoint: Endpoint) -> Route {
    Route {
        method,
        path,
        access,
        endpoint,
    }
}

/// Every way in, but that a router's `/?POWER=` is a [`Endpoint::RouterState`] too: it sets the power first.
pub const ROUTES: [Route; 28] = {
    use Access::{Anyone, Password, Router, Session};
    use Method::{Delete, Get, Patch, Post};
    [
        route(Get, "/", Anyone, Endpoint::Page),
        route(Get, "/app.js", Anyone, Endpoint::Page),
        route(Get, "/style.css", Anyone, Endpoint::Page),
        route(Get, "/french.json", Anyone, Endpoint::Page),
        route(Get, "/api/v1/about", Anyone, Endpoint::About),
        route(Get, "/api/v1/state", Anyone, Endpoint::State),
        route(Get, "/api/v1/state/stream", Anyone, Endpoint::Stream),
        route(Get, "/api/v1/history", Anyone, Endpoint::History),
        route(Get, "/api/v1/probes", Anyone, Endpoint::Probes),
        route(Get, "/metrics", Anyone, Endpoint::Metrics),
        route(Get, "/api/v1/session", Anyone, Endpoint::Session),
        route(Post, "/api/v1/session", Password, Endpoint::SignIn),
        route(Delete, "/api/v1/session", Session, Endpoint::SignOut),
        route(Post, "/api/v1/password", Password, Endpoint::SetPassword),
        route(Get, "/api/v1/config", Session, Endpoint::Config),
        route(Patch, "/api/v1/config", Session, Endpoint::Patch),
        route(Post, "/api/v1/config/check", Session, Endpoint::Check),
        route(Get, "/api/v1/config/schema", Anyone, Endpoint::Schema),
        route(Post, "/api/v1/config/export", Session, Endpoint::Export),
        route(Post, "/api/v1/config/import", Session, Endpoint::Import),
        route(Get, "/api/v1/log", Session, Endpoint::Log),
        route(Post, "/api/v1/command/power", Session, Endpoint::Power),
        route(Post, "/api/v1/command/boost", Session, Endpoint::Boost),
        route(Post, "/api/v1/command/switch", Session, Endpoint::Switch),
        route(
            Post,
            "/api/v1/command/reset_alarms",
            Session,
            Endpoint::ResetAlarms,
        ),
        route(
            Post,
            "/api/v1/command/search_probes",
            Session,
            Endpoint::SearchProbes,
        ),
        route(Post, "/api/v1/command/restart", Session, Endpoint::Restart),
        route(Get, "/state", Router, Endpoint::RouterState),
    ]
};

/// What is at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    Route(Route),
    /// Something, but not for this method.
    OtherMethod,
    Nothing,
}

/// A `GET` of which only the head is wanted (RFC 9110, 9.3.2).
pub(crate) const HEAD: &str = "HEAD";

pub(crate) fn find(method: &str, path: &str) -> Found {
    let method = match method {
        HEAD => Some(Method::Get),
        _ => Method::parse(method),
    };
    let mut here = ROUTES.iter().filter(|route| route.path == path).peekable();
    if here.peek().is_none() {
        return Found::Nothing;
    }
    here.find(|route| Some(route.method) == method)
        .map_or(Found::OtherMethod, |route| Found::Route(*route))
}

/// The methods at a path, for the header `Allow` (RFC 9110, 10.2.1).
pub(crate) fn allowed(path: &str, query: Option<&str>) -> heapless::String<32> {
    let mut text = heapless::String::new();
    // What a router asks for is done by looking, and a look at the head alone must do nothing.
    let has_head = !compatibility::is_routers(path, query);
    for route in ROUTES.iter().filter(|route| route.path == path) {
        // All five have 30 characters.
        if !text.is_empty() {
            let _ = text.push_str(", ");
        }
        let _ = text.push_str(route.method.as_str());
        if route.method == Method::Get && has_head {
            let _ = text.push_str(", ");
            let _ = text.push_str(HEAD);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_route_is_found_and_stands_there_once() {
        for route in ROUTES {
            assert_eq!(find(route.method.as_str(), route.path), Found::Route(route));
            let same = |other: &&Route| other.path == route.path && other.method == route.method;
            assert_eq!(ROUTES.iter().filter(same).count(), 1, "{}", route.path);
        }
        assert_eq!(find("PUT", "/api/v1/config"), Found::OtherMethod);
        assert_eq!(find("get", "/"), Found::OtherMethod);
        assert_eq!(find("HEAD", "/api/v1/password"), Found::OtherMethod);
        assert_eq!(find("HEAD", "/state"), find("GET", "/state"));
        assert_eq!(find("GET", "/api/v1/config/"), Found::Nothing);
        assert_eq!(allowed("/", Some("lang=fr")), "GET, HEAD");
        assert_eq!(allowed("/", Some("POWER=5")), "GET");
        assert_eq!(allowed("/api/v1/session", None), "GET, HEAD, POST, DELETE");
    }

    #[test]
    fn nothing_is_changed_by_looking() {
        use Endpoint::*;
        for route in ROUTES.iter().filter(|route| route.method == Method::Get) {
            assert!(
                matches!(
                    route.endpoint,
                    Page | About
                        | State
                        | Stream
                        | History
                        | Probes
                        | Metrics
                        | Session
                        | Config
                        | Schema
                        | Log
                        | RouterState
                ),
                "{route:?}"
            );
        }
    }

    #[test]
    fn the_manual_has_every_route() {
        let manual = include_str!("../../../docs/http-api.md");
        for Route {
            method,
            path,
            access,
            ..
        } in ROUTES
        {
            let who = match access {
                Access::Anyone => "anyone",
                Access::Password => "password",
                Access::Session => "session",
                Access::Router => "router",
            };
            let row = std::format!("| `{} {path}` | {who} |", method.as_str());
            assert!(manual.contains(&row), "{row}");
        }
    }
}
