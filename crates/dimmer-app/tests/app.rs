//! The services together: a setpoint from a scripted broker becomes an order on the desk, and ends with whatever ends first.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a failed step of a test is a failed test"
)]

use std::{cell::Cell, time::Duration};

use dimmer_app::{
    App, FiringDesk, Parts, Silent,
    dimmer::{
        Dimmer, FiringReport, Identity,
        config::{Broker, Config},
        phase::{Level, MainsState, MainsStatus},
        safety::Role,
    },
    link::{Buffers, Connect, ConnectError},
    now,
    probe::{ProbeError, TemperatureProbe},
};
use dimmer_clock as _;
use embedded_io_adapters::tokio_1::FromTokio;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::mpsc::unbounded_channel,
};

const SETPOINT: &[u8] = b"\x30\x2a\x00\x23solar-dimmer/a1b2c3d4e5f6/power/set\x0042.5";

struct Sockets;

impl Connect for Sockets {
    type Stream<'a> = FromTokio<TcpStream>;

    async fn connect(&self, host: &str, port: u16) -> Result<Self::Stream<'_>, ConnectError> {
        let stream = TcpStream::connect((host, port)).await;
        stream
            .map(FromTokio::new)
            .map_err(|_| ConnectError::Refused)
    }
}

/// Water of 40 °C, or a probe that is not there.
struct Water(Result<i32, ProbeError>);

impl TemperatureProbe for Water {
    async fn read(&mut self) -> Result<i32, ProbeError> {
        self.0
    }
}

/// A broker that acknowledges whatever comes, and repeats a setpoint twenty times a second when the dimmer has subscribed.
async fn broker(listener: TcpListener) {
    let (stream, _) = listener.accept().await.unwrap();
    let (mut stream, mut output) = stream.into_split();
    let (answer, mut answers) = unbounded_channel::<Vec<u8>>();
    tokio::spawn(async move {
        while let Some(bytes) = answers.recv().await {
            if output.write_all(&bytes).await.is_err() {
                return;
            }
        }
    });
    let mut subscriptions = 0;
    while let Ok(first) = stream.read_u8().await {
        let (mut length, mut shift) = (0usize, 0);
        loop {
            let byte = stream.read_u8().await.unwrap();
            length |= usize::from(byte & 0x7F) << shift;
            shift += 7;
            if byte < 0x80 {
                break;
            }
        }
        let mut body = vec![0; length];
        stream.read_exact(&mut body).await.unwrap();
        let identifier = |at: usize| [*body.get(at).unwrap(), *body.get(at + 1).unwrap()];
        match first & 0xF0 {
            0x10 => answer.send(vec![0x20, 3, 0, 0, 0]).unwrap(),
            0x80 => {
                let [high, low] = identifier(0);
                answer.send(vec![0x90, 4, high, low, 0, 0]).unwrap();
                subscriptions += 1;
                if subscriptions == 2 {
                    let router = answer.clone();
                    tokio::spawn(async move {
                        while router.send(SETPOINT.to_vec()).is_ok() {
                            tokio::time::sleep(Duration::from_millis(50)).await;
                        }
                    });
                }
            }
            0x30 if first & 0x06 == 0x02 => {
                let [high, low] = identifier(0);
                let [high, low] = identifier(2 + usize::from(u16::from_be_bytes([high, low])));
                answer.send(vec![0x40, 2, high, low]).unwrap();
            }
            _ => {}
        }
    }
}

async fn with_broker(
    probe: Water,
    desk: &FiringDesk,
    then: impl AsyncFnOnce(&App<'_>, &Cell<MainsState>),
) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let mut config = Config::default();
    let settings = Broker {
        host: "127.0.0.1".try_into().unwrap(),
        port: listener.local_addr().unwrap().port(),
        ..Broker::default()
    };
    config.brokers.push(settings).unwrap();
    let identity = Identity {
        id: "a1b2c3d4e5f6".parse().unwrap(),
        model: "Test",
        version: "0",
        boot: 1,
    };
    let dimmer = Dimmer::new(identity, config.validate().unwrap(), now()).unwrap();
    let app = App::new(dimmer, desk, Silent);
    let mut parts = Parts {
        connector: Sockets,
        probe,
        seed: 1,
    };
    let mut buffers = Buffers::new();
    let mains = Cell::new(MainsState::Locked);
    let firing_path = async {
        loop {
            desk.report(
                now(),
                FiringReport {
                    mains: MainsStatus {
                        state: mains.get(),
                        ..MainsStatus::UNKNOWN
                    },
                    fed: desk.order().level,
                    ..FiringReport::UNKNOWN
                },
            );
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let all = async {
        tokio::select! {
            () = async { tokio::join!(app.run(&mut parts, &mut buffers), broker(listener)); } => {}
            () = firing_path => {}
            () = then(&app, &mains) => {}
        }
    };
    tokio::time::timeout(Duration::from_secs(30), all)
        .await
        .unwrap();
}

async fn until(condition: impl Fn() -> bool) {
    while !condition() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn a_setpoint_becomes_an_order_that_is_renewed_while_the_services_run_and_runs_out_when_they_do_not()
 {
    let desk = FiringDesk::new();
    with_broker(Water(Ok(40_000)), &desk, async |_, _| {
        until(|| desk.order().level == Level::from_centipercent(4_250).unwrap()).await;
        let first = desk.order().valid_until;
        until(|| desk.order().valid_until > first).await;
    })
    .await;
    // The services were dropped: nobody renews the order, and it ends within a second.
    let rest = desk
        .order()
        .valid_until
        .checked_duration_since(now())
        .map_or(0, |rest| rest.as_ticks());
    assert!(rest <= 1_000_000, "{rest} µs");
}

#[tokio::test]
async fn closing_withdraws_the_order_at_once_and_nothing_gives_another() {
    let desk = FiringDesk::new();
    with_broker(Water(Ok(40_000)), &desk, async |app, _| {
        until(|| desk.order().level != Level::OFF).await;
        app.close();
        for _ in 0..100 {
            assert_eq!(desk.order().level, Level::OFF);
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
}

#[tokio::test]
async fn without_a_temperature_a_setpoint_orders_nothing_and_the_reason_is_the_probes() {
    let desk = FiringDesk::new();
    with_broker(Water(Err(ProbeError::Shorted)), &desk, async |app, _| {
        until(|| app.overview().setpoint_centipercent.is_some()).await;
        assert_eq!(desk.order().level, Level::OFF);
        assert_eq!(app.overview().reason.as_str(), "probe_fault");
    })
    .await;
}

#[tokio::test]
async fn a_router_that_never_stops_talking_does_not_hide_that_the_mains_was_lost() {
    let desk = FiringDesk::new();
    with_broker(Water(Ok(40_000)), &desk, async |app, mains| {
        for (state, is_on) in [
            (MainsState::Locked, true),
            (MainsState::Lost, false),
            (MainsState::Locked, true),
        ] {
            mains.set(state);
            // Fifty looks at the mains; a look that every message puts off takes twice as long.
            let seen = until(|| (desk.order().level != Level::OFF) == is_on);
            tokio::time::timeout(Duration::from_secs(5), seen)
                .await
                .unwrap();
            assert_eq!(app.overview().mains.state, state);
        }
    })
    .await;
}

#[tokio::test]
async fn without_a_broker_the_services_run_until_they_are_closed() {
    let identity = Identity {
        id: "a1b2c3d4e5f6".parse().unwrap(),
        model: "Test",
        version: "0",
        boot: 1,
    };
    let dimmer = Dimmer::new(identity, Config::default().validate().unwrap(), now()).unwrap();
    let desk = FiringDesk::new();
    let app = App::new(dimmer, &desk, Silent);
    let mut parts = Parts {
        connector: Sockets,
        probe: Water(Ok(40_000)),
        seed: 1,
    };
    let mut buffers = Buffers::new();
    let closing = async {
        until(|| app.overview().water_millicelsius == Some(40_000)).await;
        app.close();
    };
    let both = async { tokio::join!(app.run(&mut parts, &mut buffers), closing) };
    tokio::time::timeout(Duration::from_secs(10), both)
        .await
        .unwrap();
}

/// A probe that nobody may read.
struct Unread;

impl TemperatureProbe for Unread {
    async fn read(&mut self) -> Result<i32, ProbeError> {
        panic!("this dimmer has no probe in its water")
    }
}

#[tokio::test]
async fn a_probe_is_read_where_the_settings_say_that_there_is_one() {
    let identity = Identity {
        id: "a1b2c3d4e5f6".parse().unwrap(),
        model: "Test",
        version: "0",
        boot: 1,
    };
    let mut config = Config::default();
    config.probes.water = false;
    config.probes.heat_sink = true;
    config.topics.temperature.water.topic = "home/tank".try_into().unwrap();
    let dimmer = Dimmer::new(identity, config.validate().unwrap(), now()).unwrap();
    let desk = FiringDesk::new();
    let app = App::new(dimmer, &desk, Silent);
    let mut parts = Parts {
        connector: Sockets,
        probe: Unread,
        seed: 1,
    };
    let mut buffers = Buffers::new();
    let mut heat_sink = Water(Ok(63_250));
    tokio::select! {
        () = app.run(&mut parts, &mut buffers) => panic!("nobody closed it"),
        never = app.read(Role::HeatSink, &mut heat_sink) => never,
        () = until(|| app.overview().heat_sink_millicelsius.is_some()) => {}
    }
    let overview = app.overview();
    assert_eq!(
        (overview.heat_sink_millicelsius, overview.water_millicelsius),
        (Some(63_250), None)
    );
}

#[tokio::test]
async fn an_alarm_is_reset_by_a_person_through_the_app() {
    let desk = FiringDesk::new();
    with_broker(Water(Ok(70_000)), &desk, async |app, _| {
        // Two readings far above the limit.
        until(|| !app.overview().critical.is_empty()).await;
        app.reset_alarms();
        assert!(!app.overview().critical.is_empty(), "its cause lasts");
    })
    .await;
}

#[tokio::test]
async fn what_a_person_switched_off_stays_off_until_it_is_switched_on_whatever_the_router_says() {
    let desk = FiringDesk::new();
    with_broker(Water(Ok(40_000)), &desk, async |app, _| {
        until(|| desk.order().level != Level::OFF).await;
        app.switch(false);
        assert_eq!(app.overview().reason.as_str(), "switched_off");
        // Ten setpoints come meanwhile.
        for _ in 0..100 {
            assert_eq!(desk.order().level, Level::OFF);
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        app.switch(true);
        assert_eq!(app.overview().reason.as_str(), "following");
        until(|| desk.order().level == Level::from_centipercent(4_250).unwrap()).await;
    })
    .await;
}
