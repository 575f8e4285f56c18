//! What is answered to a request: without sockets, so that every case can be tried.

mod commands;
mod entering;

use core::cell::{Cell, RefCell};

use dimmer::{
    config::{SCHEMA, Secrets, Valid},
    safety::Language,
};
use serde::Serialize;

use crate::{
    Access, Answer, Api, Body, Endpoint, Failure, Format, History, Method, Request, Route, Seen,
    Sessions, SlowDown, Stranger, Token, compatibility, page, routes,
    routes::Found,
    view::{About, SecurityView, SessionView, StateView, Writer, write_log},
    write_metrics,
};

/// Most streams of states at once: each holds a connection.
pub const STREAMS: u8 = 2;

pub(crate) const JSON: &str = "application/json";

/// The server's own state, and its way to the dimmer.
#[derive(Debug)]
pub struct Site<A> {
    api: A,
    sessions: RefCell<Sessions>,
    slow_down: RefCell<SlowDown>,
    history: RefCell<History>,
    /// A password is being stretched: one at a time.
    stretching: Cell<bool>,
    streams: Cell<u8>,
}

/// What an endpoint gives.
pub(crate) type Outcome = Result<Answer, Failure>;

impl<A: Api> Site<A> {
    /// A server of which nobody has asked anything.
    pub const fn new(api: A) -> Self {
        Self {
            api,
            sessions: RefCell::new(Sessions::new()),
            slow_down: RefCell::new(SlowDown::new()),
            history: RefCell::new(History::new()),
            stretching: Cell::new(false),
            streams: Cell::new(0),
        }
    }

    /// The way to the dimmer.
    pub const fn api(&self) -> &A {
        &self.api
    }

    /// Looks at the dimmer for the chart: to be called every few seconds.
    pub fn note_history(&self) {
        let snapshot = self.api.snapshot();
        let seen = Seen {
            asked_centipercent: snapshot.state.setpoint_centipercent,
            applied_centipercent: snapshot.state.applied_centipercent,
            water_millicelsius: snapshot.state.water_millicelsius,
        };
        self.history.borrow_mut().note(self.api.uptime_s(), seen);
    }

    /// Answers a request; what is answered is written into `out`.
    ///
    /// Only a password makes it wait, and then it lets every other task have its turn.
    pub async fn answer(&self, request: &Request<'_>, out: &mut [u8]) -> Answer {
        match self.judge(request, out).await {
            Ok(answer) => answer,
            Err(failure) => {
                let mut answer = written(failure.status, out, &failure)
                    .unwrap_or_else(|_| Answer::new(failure.status, Body::Nothing));
                if failure.status == 405 {
                    answer.allow = routes::allowed(request.path);
                }
                if failure.status == 429 {
                    answer.retry_after_s = self.wait_s(request).max(1);
                }
                answer
            }
        }
    }

    async fn judge(&self, request: &Request<'_>, out: &mut [u8]) -> Outcome {
        let security = self.api.security();
        let is_read = request.method == Method::Get.as_str();
        request
            .origins
            .check(!is_read, &security.hosts)
            .map_err(stranger)?;
        if is_read && request.path == "/" && compatibility::is_routers(request.query) {
            return self.obey_router(request, out);
        }
        let route = match routes::find(request.method, request.path) {
            Found::Route(route) => route,
            Found::OtherMethod => {
                return Err(Failure::new(
                    405,
                    request.path,
                    "cannot be used like this",
                    "a method that `Allow` names",
                ));
            }
            Found::Nothing => return Err(not_found(request.path)),
        };
        let token = self.token(request);
        let let_in = match route.access {
            Access::Anyone | Access::Password => true,
            Access::Session => token.is_some(),
            Access::Router => security.is_router(request.peer),
        };
        if !let_in {
            return Err(match route.access {
                Access::Router => not_found(request.path),
                _ if security.credential.is_none() => Failure::new(
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
        match route.method {
            Method::Get => self.show(route, request, token.is_some(), out),
            _ => self.act(route, request, token, out).await,
        }
    }

    /// What changes nothing.
    fn show(
        &self,
        route: Route,
        request: &Request<'_>,
        signed_in: bool,
        out: &mut [u8],
    ) -> Outcome {
        let language = self.language(request);
        match route.endpoint {
            Endpoint::Page => {
                let asset = page::ASSETS.iter().find(|asset| asset.path == route.path);
                let asset = asset.ok_or_else(|| not_found(route.path))?;
                let is_known = request.if_none_match == Some(asset.tag);
                Ok(if is_known {
                    Answer::new(304, Body::Nothing)
                } else {
                    Answer::new(200, Body::Asset(asset))
                })
            }
            Endpoint::About => {
                let of_the_settings = self.api.config().language.into();
                written(200, out, &About::of(&self.api.snapshot(), of_the_settings))
            }
            Endpoint::State => written(200, out, &StateView::of(&self.api.snapshot(), language)),
            Endpoint::Stream if self.streams.get() < STREAMS => {
                Ok(Answer::new(200, Body::Stream(language)))
            }
            Endpoint::Stream => Err(Failure::new(
                503,
                "",
                "others are watching already",
                "GET /api/v1/state now and then",
            )),
            Endpoint::History => written(200, out, &*self.history.borrow()),
            Endpoint::Metrics => {
                let format = Format::accepted(request.accept);
                let mut writer = Writer::new(out);
                write_metrics(&self.api.snapshot(), format, &mut writer)
                    .map_err(|_| Failure::too_large())?;
                let (content_type, length) = (format.content_type(), writer.length);
                Ok(Answer::new(
                    200,
                    Body::Written {
                        content_type,
                        length,
                    },
                ))
            }
            Endpoint::Session => written(
                200,
                out,
                &SessionView {
                    password_set: self.api.security().credential.is_some(),
                    signed_in,
                    wait: self.wait_s(request),
                },
            ),
            Endpoint::Config => written(200, out, &self.api.config().export(Secrets::LeftOut)),
            Endpoint::Schema => Ok(Answer::new(200, Body::Text(JSON, SCHEMA))),
            Endpoint::Security => written(200, out, &SecurityView::of(&self.api.security())),
            Endpoint::Log => {
                let length = write_log(&self.api, self.api.uptime_s(), out)
                    .map_err(|_| Failure::too_large())?;
                json(200, length)
            }
            Endpoint::RouterState => written(
                200,
                out,
                &compatibility::RouterState::of(&self.api.snapshot()),
            ),
            // Not reached: a test holds that nothing else is looked at.
            _ => Err(not_found(route.path)),
        }
    }

    /// What changes something, and who may sign in.
    async fn act(
        &self,
        route: Route,
        request: &Request<'_>,
        token: Option<Token>,
        out: &mut [u8],
    ) -> Outcome {
        match route.endpoint {
            Endpoint::SignIn => self.sign_in(request, out).await,
            Endpoint::SignOut => self.sign_out(token),
            Endpoint::SetPassword => self.set_password(request, token.is_some(), out).await,
            Endpoint::Patch => self.settings(request, out, Valid::merged, true),
            Endpoint::Check => self.settings(request, out, Valid::merged, false),
            Endpoint::Import => self.settings(request, out, Valid::imported, true),
            Endpoint::Export => self.export(request, out).await,
            Endpoint::PatchSecurity => self.patch_security(request, out),
            _ => self.command(route.endpoint, request.body),
        }
    }

    /// The state as the stream says it.
    pub(crate) fn write_state(&self, language: Language, out: &mut [u8]) -> Option<usize> {
        serde_json_core::to_slice(&StateView::of(&self.api.snapshot(), language), out).ok()
    }

    /// A place for a stream, if there is one.
    pub(crate) fn open_stream(&self) -> Option<OpenStream<'_>> {
        let streams = self.streams.get();
        (streams < STREAMS).then(|| {
            self.streams.set(streams + 1);
            OpenStream(&self.streams)
        })
    }

    /// The token that a request shows, if it is that of somebody who is signed in.
    fn token(&self, request: &Request<'_>) -> Option<Token> {
        let token = Token::parse(request.authorization?.strip_prefix("Bearer ")?)?;
        // Without a password nobody is.
        self.api.security().credential.as_ref()?;
        let mut sessions = self.sessions.borrow_mut();
        sessions
            .is_open(self.api.uptime_s(), token)
            .then_some(token)
    }

    fn wait_s(&self, request: &Request<'_>) -> u32 {
        let slow_down = self.slow_down.borrow();
        slow_down.wait_s(self.api.uptime_s(), request.peer.to_canonical())
    }

    /// That of the query, or of the settings.
    fn language(&self, request: &Request<'_>) -> Language {
        let asked = request
            .query
            .and_then(|query| query.split('&').find_map(|pair| pair.strip_prefix("lang=")));
        match asked {
            Some("en") => Language::English,
            Some("fr") => Language::French,
            _ => self.api.config().language.into(),
        }
    }
}

/// A stream that is open. Its place is free when it is dropped.
#[derive(Debug)]
pub(crate) struct OpenStream<'a>(&'a Cell<u8>);

impl Drop for OpenStream<'_> {
    fn drop(&mut self) {
        self.0.set(self.0.get().saturating_sub(1));
    }
}

fn not_found(path: &str) -> Failure {
    Failure::new(
        404,
        path,
        "does not exist",
        "see the manual of the HTTP API",
    )
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
            "its address, a name of the house such as `dimmer.local`, or one of `hosts` in its settings",
        ),
        Stranger::OtherOrigin => Failure::new(
            403,
            "Origin",
            "is another site",
            "the dimmer's own page, or a program that is no browser",
        ),
        Stranger::NotFromThePage => Failure::new(
            403,
            "X-Solar-Dimmer",
            "is missing",
            "`X-Solar-Dimmer: 1` in every request that changes something",
        ),
    }
}

/// Something as JSON.
pub(crate) fn written(status: u16, out: &mut [u8], value: &impl Serialize) -> Outcome {
    let length = serde_json_core::to_slice(value, out).map_err(|_| Failure::too_large())?;
    json(status, length)
}

pub(crate) fn json(status: u16, length: usize) -> Outcome {
    let body = Body::Written {
        content_type: JSON,
        length,
    };
    Ok(Answer::new(status, body))
}

pub(crate) fn done() -> Outcome {
    Ok(Answer::new(204, Body::Nothing))
}
