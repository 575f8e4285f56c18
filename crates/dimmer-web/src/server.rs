//! Connections: picoserve reads requests and writes answers; what they say is the [`Site`]'s.

use core::{
    cell::Cell,
    fmt::Write as _,
    net::{IpAddr, SocketAddr},
    pin::pin,
};

use dimmer::safety::Language;
use embassy_futures::select::select;
use embassy_time::{Duration, Instant, Timer};
use picoserve::{
    Config, ResponseSent, Router, Server, Timeouts,
    io::{ErrorType, Read, Socket, Write},
    request::{Path, ReadAllBodyError, Request as HttpRequest, RequestParts},
    response::{
        Connection, Content, IntoResponse, Response, ResponseWriter, StatusCode,
        sse::{EventSource, EventStream, EventWriter},
    },
    routing::PathRouterService,
    time::Duration as Patience,
};
use serde::Serialize;

use crate::{
    Answer, Api, Body, Failure, Origins, RESPONSE_CAPACITY, Request, Site,
    failure::TooLong,
    head_guard::HeadGuard,
    revision::fingerprint,
    routes::HEAD,
    site::{OpenStream, written},
};

/// No connection lasts longer, seconds: a stream that ends is opened again by the page.
pub const LIFETIME_S: u64 = 60;
/// From one state of a stream to the next.
const STREAM_PERIOD: Duration = Duration::from_secs(1);
/// A stream that says nothing new says at least that it is there, in periods.
const STREAM_REPEATS: u8 = 10;
/// A stream ends this long after it began, in order: a connection that [`LIFETIME_S`] cuts tells the other side nothing it could rely on.
const STREAM_LASTS: Duration = Duration::from_secs(LIFETIME_S - 10);

/// What no page, and no page around it, may do with ours.
const HEADERS: [(&str, &str); 5] = [
    (
        "Content-Security-Policy",
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Referrer-Policy", "no-referrer"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
];

/// Serves one connection: one request and its answer, or a stream.
///
/// It ends by itself: after [`LIFETIME_S`] at the latest, sooner if the other side is slow.
pub async fn serve<R, T: picoserve::Timer<R>, S: Socket<R>, A: Api>(
    site: &Site<A>,
    timer: T,
    socket: S,
    peer: IpAddr,
    buffer: &mut [u8],
) {
    let second = Patience::from_secs;
    let config = Config::new(Timeouts {
        start_read_request: second(5),
        persistent_start_read_request: second(1),
        read_request: second(5),
        write: second(5),
    })
    .close_connection_after_response();
    // Here, and not in the future of the answer: picoserve moves that about when it makes it, and what is moved is on the stack more than once.
    let mut out = [0; RESPONSE_CAPACITY];
    let router = Router::from_service(Service {
        site,
        peer,
        out: Cell::new(&mut out),
    });
    let server = Server::custom(&router, timer, &config, buffer);
    let lifetime = Timer::after(Duration::from_secs(LIFETIME_S));
    let served = pin!(server.serve(GuardedSocket(socket)));
    // However it ends, it is over: who was there comes again.
    let _ = select(served, lifetime).await;
}

/// Serves a connection of the desktop.
#[cfg(feature = "tokio")]
pub async fn serve_tokio<A: Api>(
    site: &Site<A>,
    socket: tokio::net::TcpStream,
    peer: IpAddr,
    buffer: &mut [u8],
) {
    serve(site, picoserve::time::TokioTimer, socket, peer, buffer).await;
}

struct Service<'a, A> {
    site: &'a Site<A>,
    peer: IpAddr,
    /// Room for the answer, of whom the request is: there is one on a connection.
    out: Cell<&'a mut [u8]>,
}

impl<A: Api> PathRouterService for Service<'_, A> {
    async fn call_path_router_service<R: Read, W: ResponseWriter<Error = R::Error>>(
        &self,
        _state: &(),
        _parameters: (),
        _path: Path<'_>,
        request: HttpRequest<'_, R>,
        writer: W,
    ) -> Result<ResponseSent, W::Error> {
        let out = self.out.take();
        let HttpRequest {
            parts,
            mut body_connection,
        } = request;
        let is_whole = parts.method() != HEAD;
        let answer = match body_connection.body().read_all().await {
            Ok(body) => match read(&parts, self.peer, body) {
                Some(request) => self.site.answer(&request, out).await,
                None => failed(400, "has headers that are not text", out),
            },
            Err(ReadAllBodyError::BufferIsTooSmall { buffer_length, .. }) => {
                let room = buffer_length;
                told(413, &TooLong { room }, out)
            }
            Err(_) => failed(400, "did not come", out),
        };
        let connection = body_connection.finalize().await?;
        let sent = send(self.site, answer, is_whole, out, connection, writer).await;
        self.out.set(out);
        sent
    }
}

fn failed(status: u16, problem: &'static str, out: &mut [u8]) -> Answer {
    let failure = Failure::new(status, "", problem, "a request as in the manual");
    told(status, &failure, out)
}

fn told(status: u16, failure: &impl Serialize, out: &mut [u8]) -> Answer {
    written(status, out, failure).unwrap_or_else(|_| Answer::new(status, Body::Nothing))
}

/// The request, if its headers are text.
fn read<'a>(parts: &RequestParts<'a>, peer: IpAddr, body: &'a [u8]) -> Option<Request<'a>> {
    let mut request = Request {
        query: parts.query().map(|query| query.0),
        body,
        ..Request::new(parts.method(), parts.path().encoded(), peer)
    };
    let mut origins = Origins::default();
    let mut hosts = 0;
    for (name, value) in parts.headers().iter() {
        let value = value.as_str().ok()?;
        let place = if name == "host" {
            hosts += 1;
            &mut origins.host
        } else if name == "origin" {
            &mut origins.origin
        } else if name == "sec-fetch-site" {
            &mut origins.fetch_site
        } else if name == "authorization" {
            &mut request.authorization
        } else if name == "content-type" {
            &mut request.content_type
        } else if name == "accept" {
            &mut request.accept
        } else if name == "if-none-match" {
            &mut request.if_none_match
        } else if name == "if-match" {
            &mut request.if_match
        } else {
            origins.has_own_header |= name == "x-solar-dimmer";
            continue;
        };
        *place = Some(value);
    }
    if hosts != 1 {
        origins.host = None;
    }
    request.origins = origins;
    Some(request)
}

/// Sends an answer, or only its head.
async fn send<A: Api, R: Read, W: ResponseWriter<Error = R::Error>>(
    site: &Site<A>,
    answer: Answer,
    is_whole: bool,
    out: &mut [u8],
    connection: Connection<'_, R>,
    writer: W,
) -> Result<ResponseSent, W::Error> {
    let status = StatusCode::new(answer.status);
    let mut retry = heapless::String::<12>::new();
    let mut location = heapless::String::<64>::new();
    let mut headers = heapless::Vec::<(&str, &str), 12>::from_array(HEADERS);
    // There is room for all.
    if !answer.allow.is_empty() {
        let _ = headers.push(("Allow", &answer.allow));
    }
    if answer.retry_after_s > 0 {
        let _ = write!(retry, "{}", answer.retry_after_s);
        let _ = headers.push(("Retry-After", &retry));
    }
    if let Some(revision) = &answer.revision {
        let _ = headers.push(("ETag", revision));
    }
    if let Some(address) = answer.location {
        // The longest address with its port fits. Phones show what stands there, and the usual port is better left out.
        let _ = match address {
            SocketAddr::V4(address) if address.port() == 80 => {
                write!(location, "http://{}/", address.ip())
            }
            address => write!(location, "http://{address}/"),
        };
        let _ = headers.push(("Location", &location));
    }
    let bytes = match answer.body {
        Body::Asset(asset) => {
            // Every browser takes gzip, and what does not was not made for a page.
            let _ = headers.push(("Content-Encoding", "gzip"));
            let _ = headers.push(("ETag", asset.tag));
            let _ = headers.push(("Cache-Control", "no-cache"));
            Some((asset.content_type, asset.gzip))
        }
        Body::Written {
            content_type,
            length,
        } => Some((content_type, out.get(..length).unwrap_or_default())),
        Body::Nothing | Body::Stream(_) => None,
    };
    if !matches!(answer.body, Body::Asset(_) | Body::Stream(_)) {
        let _ = headers.push(("Cache-Control", "no-store"));
    }
    let stream = match answer.body {
        Body::Stream(language) if is_whole => site.open_stream().map(|place| (language, place)),
        // Its head takes no place.
        Body::Stream(_) => {
            let _ = headers.push(("Content-Type", "text/event-stream"));
            let _ = headers.push(("Cache-Control", "no-cache"));
            None
        }
        _ => None,
    };
    match (bytes, stream) {
        (Some((content_type, bytes)), _) => {
            let content = Bytes {
                content_type,
                length: bytes.len(),
                bytes: if is_whole { bytes } else { &[] },
            };
            let response = Response::new(status, content).with_headers(headers.as_slice());
            response.write_to(connection, writer).await
        }
        (None, Some((language, place))) => {
            let states = States {
                site,
                language,
                buffer: out,
                _place: place,
            };
            let response = EventStream(states)
                .into_response()
                .with_headers(HEADERS.as_slice());
            response.write_to(connection, writer).await
        }
        (None, None) => {
            // No length either: a 204 has none (RFC 9110, 8.6), and the end of the connection says it.
            let status = match answer.body {
                // Somebody else was faster.
                Body::Stream(_) if is_whole => StatusCode::SERVICE_UNAVAILABLE,
                _ => status,
            };
            let response = Response::empty(status).with_headers(headers.as_slice());
            response.write_to(connection, writer).await
        }
    }
}

/// So many bytes of a kind, and as many of them as are sent: all, or none to whoever wants to know only how long it would be.
struct Bytes<'a> {
    content_type: &'static str,
    length: usize,
    bytes: &'a [u8],
}

impl Content for Bytes<'_> {
    fn content_type(&self) -> &'static str {
        self.content_type
    }

    fn content_length(&self) -> usize {
        self.length
    }

    async fn write_content<W: Write>(self, mut writer: W) -> Result<(), W::Error> {
        writer.write_all(self.bytes).await
    }
}

/// Says the state whenever it is another one, at most every second.
struct States<'a, A> {
    site: &'a Site<A>,
    language: Language,
    buffer: &'a mut [u8],
    _place: OpenStream<'a>,
}

impl<A: Api> EventSource for States<'_, A> {
    async fn write_events<W: Write>(self, mut writer: EventWriter<'_, W>) -> Result<(), W::Error> {
        let mut told = None;
        let mut repeats = 0;
        let end = Instant::now() + STREAM_LASTS;
        while Instant::now() < end {
            let length = self.site.write_state(self.language, self.buffer);
            let state = length.and_then(|length| self.buffer.get(..length));
            let text = state.and_then(|bytes| core::str::from_utf8(bytes).ok());
            let text = text.unwrap_or("null");
            let new = fingerprint(text.as_bytes());
            if told == Some(new) && repeats < STREAM_REPEATS {
                repeats += 1;
            } else {
                writer.write_event("state", text).await?;
                writer.flush().await?;
                (told, repeats) = (Some(new), 0);
            }
            Timer::after(STREAM_PERIOD).await;
        }
        Ok(())
    }
}

/// A socket of which the head of a request is looked at before picoserve reads it.
struct GuardedSocket<S>(S);

struct GuardedReader<R> {
    reader: R,
    guard: HeadGuard,
}

impl<R: Read> ErrorType for GuardedReader<R> {
    type Error = R::Error;
}

impl<R: Read> Read for GuardedReader<R> {
    async fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Self::Error> {
        let length = self.reader.read(buffer).await?;
        let bytes = buffer.get(..length).unwrap_or_default();
        // What is strange is the end of it: picoserve answers 400.
        Ok(self.guard.look(bytes).map_or(0, |()| length))
    }
}

impl<R, S: Socket<R>> Socket<R> for GuardedSocket<S> {
    type Error = S::Error;
    type ReadHalf<'a>
        = GuardedReader<S::ReadHalf<'a>>
    where
        S: 'a;
    type WriteHalf<'a>
        = S::WriteHalf<'a>
    where
        S: 'a;

    fn split(&mut self) -> (Self::ReadHalf<'_>, Self::WriteHalf<'_>) {
        let (reader, writer) = self.0.split();
        let guard = HeadGuard::new();
        (GuardedReader { reader, guard }, writer)
    }

    async fn abort<T: picoserve::Timer<R>>(
        self,
        timeouts: &Timeouts,
        timer: &T,
    ) -> Result<(), picoserve::Error<Self::Error>> {
        self.0.abort(timeouts, timer).await
    }

    async fn shutdown<T: picoserve::Timer<R>>(
        self,
        timeouts: &Timeouts,
        timer: &T,
    ) -> Result<(), picoserve::Error<Self::Error>> {
        self.0.shutdown(timeouts, timer).await
    }
}
