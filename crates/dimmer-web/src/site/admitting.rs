//! Who is let in, and to what.

use super::{JSON, Site, not_found, not_the_router, other_method};
use crate::{
    Access, Answer, Api, Body, Failure, Method, Request, Route, Stranger, Token, compatibility,
    is_own_name, is_portal_probe,
    routes::{self, Found},
};
use dimmer::config::Hosts;

/// What becomes of a request before it is carried out.
pub(super) enum Admitted {
    /// It may go in there; the token is of who is signed in.
    In(Route, Option<Token>),
    /// It has its answer.
    Answered(Answer),
}

impl<A: Api> Site<A> {
    /// Looks at a request. Apart from what waits: what is looked at is not held meanwhile.
    pub(super) fn admit(&self, request: &Request<'_>, out: &mut [u8]) -> Result<Admitted, Failure> {
        let has_password = self.api.credential()?.is_some();
        let security = self.api.security();
        let found = routes::find(request.method, request.path);
        // A method that is not known here changes nothing, and whoever sends one may be told so.
        let changes_something = matches!(found, Found::Route(route) if route.method != Method::Get);
        let is_read = matches!(request.method, "GET" | routes::HEAD);
        if let Some(address) = self.api.set_up_at()
            && is_read
            && is_to_be_sent_to_the_page(request, &security.hosts)
        {
            let mut answer = Answer::new(302, Body::Nothing);
            answer.location = Some(address);
            return Ok(Admitted::Answered(answer));
        }
        request
            .origins
            .check(changes_something, &security.hosts)
            .map_err(stranger)?;
        if is_read && compatibility::is_routers(request.path, request.query) {
            // The one thing that is changed by looking, which a page elsewhere can make a browser do.
            request.origins.check_no_browser().map_err(stranger)?;
            return self.obey_router(request, out).map(Admitted::Answered);
        }
        let route = match found {
            Found::Route(route) => route,
            Found::OtherMethod => return Err(other_method(request.path)),
            Found::Nothing => return Err(not_found(request.path)),
        };
        // Without a password nobody is signed in.
        let token = self.token(request).filter(|_| has_password);
        let let_in = match route.access {
            Access::Anyone | Access::Password => true,
            Access::Session => token.is_some(),
            Access::Router => security.compatibility.lets_in(request.peer),
        };
        if !let_in {
            return Err(match route.access {
                Access::Router => not_the_router(request.path),
                _ if !has_password => Failure::new(
                    403,
                    "password",
                    "is not set yet",
                    "set one first, at the page or by POST /api/v1/password",
                ),
                _ => Failure::new(
                    401,
                    "",
                    "is for who is signed in",
                    "sign in by POST /api/v1/session, and show the token",
                ),
            });
        }
        let is_json = |kind: &str| {
            let kind = kind.split(';').next().unwrap_or_default();
            kind.trim().eq_ignore_ascii_case(JSON)
        };
        if !request.body.is_empty() && !request.content_type.is_some_and(is_json) {
            return Err(Failure::new(
                415,
                "",
                "is of another kind",
                "`Content-Type: application/json`",
            ));
        }
        Ok(Admitted::In(route, token))
    }

    /// The token that a request shows, if it is that of somebody who is signed in.
    fn token(&self, request: &Request<'_>) -> Option<Token> {
        let token = Token::parse(request.authorization?.strip_prefix("Bearer ")?)?;
        let mut sessions = self.sessions.borrow_mut();
        sessions
            .is_open(self.api.uptime_s(), token)
            .then_some(token)
    }
}

fn stranger(why: Stranger) -> Failure {
    match why {
        Stranger::HostMissing => Failure::new(
            400,
            "Host",
            "is missing, or stands there more than once",
            "one `Host` (RFC 9110, 7.2)",
        ),
        Stranger::HostUnknown => Failure::new(
            421,
            "Host",
            "is no name of this dimmer",
            "its address, a name of the house such as `dimmer.local`, or one of `security.hosts` in its settings",
        ),
        Stranger::OtherOrigin => Failure::new(
            403,
            "Origin",
            "is another site",
            "the dimmer's own page, or a program that is no browser",
        ),
        Stranger::Page { header } => Failure::new(
            403,
            header,
            "says that a page asks for it",
            "the router itself, or another program that is no browser",
        ),
        Stranger::NotFromThePage => Failure::new(
            403,
            "X-Solar-Dimmer",
            "is missing",
            "`X-Solar-Dimmer: 1` in every request that changes something",
        ),
    }
}

/// Whether it is one who looks for the internet, and finds a dimmer: it asks for what such probes ask for, or for another host.
fn is_to_be_sent_to_the_page(request: &Request<'_>, hosts: &Hosts) -> bool {
    let is_elsewhere = |host| !is_own_name(host, hosts);
    is_portal_probe(request.path) || request.origins.host.is_some_and(is_elsewhere)
}
