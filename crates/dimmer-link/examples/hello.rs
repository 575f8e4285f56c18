//! A whole client: `cargo run -p dimmer-link --example hello` with a broker on port 1883 of this
//! machine, then `mosquitto_pub -t hello/ask -m 42` from another terminal.

use std::cell::Cell;

use dimmer_clock as _;
use dimmer_link::{
    Application, Broker, Buffers, Connect, ConnectError, Notice, Outgoing, QualityOfService,
    Session, Status, Subscription, TooLarge, Will, run,
};
use embassy_time::{Duration, Instant, Timer};
use embedded_io_adapters::tokio_1::FromTokio;
use tokio::net::TcpStream;

struct Sockets;

impl Connect for Sockets {
    type Stream<'a> = FromTokio<TcpStream>;

    async fn connect(&self, host: &str, port: u16) -> Result<Self::Stream<'_>, ConnectError> {
        match TcpStream::connect((host, port)).await {
            Ok(stream) => Ok(FromTokio::new(stream)),
            Err(_) => Err(ConnectError::Refused),
        }
    }
}

struct Hello {
    ends: Instant,
    greeted: Cell<bool>,
}

fn text<const CAPACITY: usize>(text: &str) -> dimmer_link::Text<CAPACITY> {
    dimmer_link::Text::try_from(text).unwrap_or_default()
}

impl Application for Hello {
    type Key = ();

    fn broker(&self, index: usize) -> Option<Broker> {
        (index == 0).then(|| Broker {
            host: text("localhost"),
            port: 1883,
            username: text(""),
            password: text(""),
            client_id: text(""),
            keep_alive_s: 30,
        })
    }

    fn session(&self) -> Session {
        Session {
            client_id: text("hello"),
            will: Will {
                topic: text("hello/availability"),
                payload: "offline",
            },
            echo: text("hello/echo"),
            resume_within_s: 0,
            return_after_s: 0,
        }
    }

    fn subscription(&self, index: usize) -> Option<Subscription> {
        (index == 0).then(|| Subscription {
            topic: text("hello/ask"),
            quality_of_service: QualityOfService::AtLeastOnce,
            retained: false,
        })
    }

    fn status(&self, status: Status) {
        println!("{status:?}");
        if let Status::Waiting { cause, .. } = status {
            println!("{cause}");
        }
    }

    fn notice(&self, notice: Notice) {
        println!("{notice}");
    }

    fn received(&self, topic: &str, payload: &[u8], _retained: bool) {
        println!("{topic}: {}", String::from_utf8_lossy(payload));
    }

    fn take(&self) -> Option<Outgoing<()>> {
        (!self.greeted.replace(true)).then(|| Outgoing {
            key: (),
            topic: text("hello/availability"),
            quality_of_service: QualityOfService::AtLeastOnce,
            retain: true,
        })
    }

    fn give_back(&self, (): ()) {
        self.greeted.set(false);
    }

    fn render(&self, (): &(), buffer: &mut [u8]) -> Result<usize, TooLarge> {
        let payload = b"online";
        buffer
            .get_mut(..payload.len())
            .ok_or(TooLarge)?
            .copy_from_slice(payload);
        Ok(payload.len())
    }

    async fn something_to_send(&self) {
        if self.greeted.get() {
            core::future::pending::<()>().await;
        }
    }

    async fn settings_changed(&self) {
        core::future::pending::<()>().await;
    }

    async fn closing(&self) {
        // Asked again after every message: so it is a moment and not a length of time.
        Timer::at(self.ends).await;
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let hello = Hello {
        ends: Instant::now() + Duration::from_secs(10),
        greeted: Cell::new(false),
    };
    run(&Sockets, &hello, &mut Buffers::new(), std::process::id()).await;
}
