//! The control loop's sign of life, by which a board feeds its watchdog.

use std::{cell::Cell, time::Duration};

use dimmer_app::{
    App, FiringDesk, Observer, Parts,
    dimmer::{Dimmer, Identity, Incident, config::Config},
    link::{Buffers, Connect, ConnectError, Notice, Status},
    now,
    probe::{ProbeError, TemperatureProbe},
};
use dimmer_clock as _;
use embedded_io_adapters::tokio_1::FromTokio;
use tokio::net::TcpStream;

/// A cable that leads nowhere.
struct Nowhere;

impl Connect for Nowhere {
    type Stream<'a> = FromTokio<TcpStream>;

    async fn connect(&self, _host: &str, _port: u16) -> Result<Self::Stream<'_>, ConnectError> {
        Err(ConnectError::Unreachable)
    }
}

/// A probe that never answers.
struct Stuck;

impl TemperatureProbe for Stuck {
    async fn read(&mut self) -> Result<i32, ProbeError> {
        std::future::pending().await
    }
}

#[derive(Default)]
struct Turns(Cell<u32>);

impl Observer for Turns {
    fn link(&self, _status: Status) {}
    fn notice(&self, _notice: Notice) {}
    fn incident(&self, _incident: Incident) {}
    fn turn(&self) {
        self.0.set(self.0.get() + 1);
    }
}

#[tokio::test]
async fn the_control_loop_is_heard_as_it_goes_round_whatever_hangs_beside_it_and_only_then() {
    let desk = FiringDesk::new();
    let identity = Identity {
        id: "a1b2c3d4e5f6".parse().unwrap(),
        model: "Test",
        boot: 1,
        version: "0",
    };
    let config = Config::default().validate().unwrap();
    let dimmer = Dimmer::new(identity, config, now()).unwrap();
    let app = App::new(dimmer, &desk, Turns::default());
    let turns = || app.observer().0.get();
    let mut parts = Parts {
        connector: Nowhere,
        probe: Stuck,
        seed: 1,
    };
    let mut buffers = Buffers::new();
    let heard = async {
        while turns() < 5 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), async {
        tokio::select! {
            () = app.run(&mut parts, &mut buffers) => {}
            () = heard => {}
        }
    })
    .await
    .unwrap();
    // The loop was dropped: nothing else makes a turn.
    let last = turns();
    app.switch(false);
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(turns(), last);
    assert!(last >= 5);
}
