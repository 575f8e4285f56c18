//! What is answered to a request: without sockets, so that every case can be tried.

mod admitting;
mod commands;
mod entering;

use core::cell::{Cell, RefCell};

use dimmer::{config::Valid, safety::Language};
use serde::Serialize;

use admitting::Admitted;
use commands::Meant;
pub use commands::fits_the_page;

use crate::{
    Answer, Api, Asset, Body, Endpoint, Failure, Format, History, Method, Request, Route, Seen,
    Sessions, SlowDown, Token, compatibility, page,
    probes::ProbesView,
    routes,
    view::{About, SessionView, StateView, Writer, write_log},
    write_metrics,
};

/// Most streams of states at once, unless [`Site::with_streams`] says otherwise: each holds a connection.
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
    most_streams: u8,
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
            most_streams: STREAMS,
        }
    }

    /// So many streams of states at once. A board has fewer of them than connections that it serves at once: whoever watches must not keep
    /// everybody else out.
    #[must_use]
    pub const fn with_streams(mut self, most: u8) -> Self {
        self.most_streams = most;
        self
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
                    answer.allow = routes::allowed(request.path, request.query);
                }
                if failure.status == 429 {
                    answer.retry_after_s = self.wait_s(request).max(1);
                }
                answer
            }
        }
    }

    async fn judge(&self, request: &Request<'_>, out: &mut [u8]) -> Outcome {
        let (route, token) = match self.admit(request, out)? {
            Admitted::In(route, token) => (route, token),
            Admitted::Answered(answer) => return Ok(answer),
        };
        match route.method {
            Method::Get => self.show(route, request, token.is_some(), out),
            _ => self.act(route, request, token, out).await,
        }
    }

    /// What changes nothing. Not inlined: what is shown is not to be on the stack under what changes something.
    #[inline(never)]
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
                Ok(file(
                    asset.ok_or_else(|| not_found(route.path))?,
                    request.if_none_match,
                ))
            }
            Endpoint::Schema => Ok(file(&page::SCHEMA, request.if_none_match)),
            Endpoint::About => {
                let of_the_settings = self.api.config().language.into();
                written(200, out, &About::of(&self.api.snapshot(), of_the_settings))
            }
            Endpoint::State => written(200, out, &StateView::of(&self.api.snapshot(), language)),
            Endpoint::Stream if self.streams.get() < self.most_streams => {
                Ok(Answer::new(200, Body::Stream(language)))
            }
            Endpoint::Stream => Err(Failure::new(
                503,
                "",
                "others are watching already",
                "GET /api/v1/state now and then",
            )),
            Endpoint::History => written(200, out, &*self.history.borrow()),
            Endpoint::Probes => {
                let (seen, snapshot) = (self.api.probes(), self.api.snapshot());
                let probes = &self.api.config().into_inner().probes;
                let view = ProbesView::of(&seen, probes, &snapshot, language);
                written(200, out, &view)
            }
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
                    password_set: self.api.credential()?.is_some(),
                    signed_in,
                    wait: self.wait_s(request),
                    set_up: self.api.set_up_at().is_some(),
                },
            ),
            Endpoint::Config => self.show_settings(out),
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
            Endpoint::Patch => self.settings(request, out, Valid::merged, Meant::Part),
            Endpoint::Check => self.settings(request, out, Valid::merged, Meant::Check),
            Endpoint::Import => self.settings(request, out, Valid::imported, Meant::Whole),
            Endpoint::Export => self.export(request, out).await,
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
        (streams < self.most_streams).then(|| {
            self.streams.set(streams + 1);
            OpenStream(&self.streams)
        })
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

/// The same words whether the way in for routers is shut or open to another: nobody learns from it which address is let in.
fn not_the_router(path: &str) -> Failure {
    Failure::new(
        404,
        path,
        "is not open to this address",
        "the address of a solar router, let in by `security.compatibility` in the settings",
    )
}

/// The answer has `Allow`.
fn other_method(path: &str) -> Failure {
    Failure::new(
        405,
        path,
        "cannot be used like this",
        "a method that `Allow` names",
    )
}

/// A file that lies in flash, unless whoever asks for it has it already.
fn file(asset: &'static Asset, known: Option<&str>) -> Answer {
    if known == Some(asset.tag) {
        Answer::new(304, Body::Nothing)
    } else {
        Answer::new(200, Body::Asset(asset))
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
