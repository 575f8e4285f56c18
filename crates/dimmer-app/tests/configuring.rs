//! Another configuration while the services run.
#![expect(
    clippy::unwrap_used,
    reason = "a failed step of a test is a failed test"
)]

use std::{
    cell::{Cell, OnceCell, RefCell},
    time::Duration,
};

use dimmer_app::{
    App, FiringDesk, Observer, Parts, Silent,
    dimmer::{
        Dimmer, Identity, Incident,
        config::{Config, TUNABLES, Valid},
        safety::Reason,
        topics::Command,
    },
    link::{Buffers, Connect, ConnectError, Notice, Status},
    now,
    probe::{ProbeError, TemperatureProbe},
};
// The desktop's time, which the services count by.
use dimmer_clock as _;
use embedded_io_adapters::tokio_1::FromTokio;
use tokio::net::TcpStream;

struct NoBroker;

impl Connect for NoBroker {
    type Stream<'a> = FromTokio<TcpStream>;

    async fn connect(&self, _: &str, _: u16) -> Result<Self::Stream<'_>, ConnectError> {
        Err(ConnectError::Refused)
    }
}

/// Counts how often it is read.
struct Counted<'a>(&'a Cell<u32>);

impl TemperatureProbe for Counted<'_> {
    async fn read(&mut self) -> Result<i32, ProbeError> {
        self.0.set(self.0.get() + 1);
        Ok(40_000)
    }
}

fn changed(change: impl FnOnce(&mut Config)) -> Valid {
    let mut config = Config::default();
    change(&mut config);
    config.validate().unwrap()
}

fn dimmer(config: Valid) -> Dimmer {
    let identity = Identity {
        id: "a1b2c3d4e5f6".parse().unwrap(),
        model: "Test",
        version: "0",
        boot: 1,
    };
    Dimmer::new(identity, config, now()).unwrap()
}

#[tokio::test]
async fn a_probe_that_the_settings_come_to_name_is_read_without_a_restart() {
    let from_topic = changed(|config| {
        config.probes.water = false;
        config.topics.temperature.water.topic = "home/tank".try_into().unwrap();
    });
    let (desk, reads) = (FiringDesk::new(), Cell::new(0));
    let app = App::new(dimmer(from_topic), &desk, Silent);
    let mut parts = Parts {
        connector: NoBroker,
        probe: Counted(&reads),
        seed: 1,
    };
    let mut buffers = Buffers::new();
    let story = async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        assert_eq!(reads.get(), 0);
        app.configure(changed(|_| {})).unwrap();
        while app.overview().water_millicelsius != Some(40_000) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        app.close();
    };
    let both = async { tokio::join!(app.run(&mut parts, &mut buffers), story) };
    tokio::time::timeout(Duration::from_secs(10), both)
        .await
        .unwrap();
    assert!(reads.get() > 0);
}

#[test]
fn other_settings_of_the_mains_are_laid_on_the_desk_once() {
    let desk = FiringDesk::new();
    let app = App::new(dimmer(changed(|_| {})), &desk, Silent);
    assert_eq!(desk.take_settings(), None);
    let other = changed(|config| config.mains.offset_us = -340);
    app.configure(other).unwrap();
    let taken = desk.take_settings().unwrap();
    assert_eq!(taken.offset_us, -340);
    assert_eq!(desk.take_settings(), None);
}

#[test]
fn what_cannot_be_taken_is_refused_and_the_desk_is_left_alone() {
    let desk = FiringDesk::new();
    let app = App::new(dimmer(changed(|_| {})), &desk, Silent);
    let own = changed(|config| {
        config.topics.follow = "solar-dimmer/a1b2c3d4e5f6/power/set".try_into().unwrap();
        config.mains.offset_us = -340;
    });
    assert_eq!(app.configure(own).unwrap_err().field, "follow");
    assert_eq!(desk.take_settings(), None);
    assert_eq!(app.overview().reason, Reason::ProbeMissing);
}

/// Asks its app when it is told of settings.
#[derive(Default)]
struct Asking {
    app: OnceCell<&'static App<'static, Self>>,
    /// The heater that it was told of, and the one that the app named then.
    heard_watts: RefCell<Vec<(u32, u32)>>,
}

impl Observer for Asking {
    fn link(&self, _: Status) {}
    fn notice(&self, _: Notice) {}
    fn incident(&self, _: Incident) {}

    fn configured(&self, config: &Valid) {
        let named = self.app.get().unwrap().config();
        let heard = (config.output.rated_watts, named.output.rated_watts);
        self.heard_watts.borrow_mut().push(heard);
    }
}

#[test]
fn an_observer_hears_of_every_change_once_and_may_ask_its_app() {
    let rated = |watts| changed(|config| config.output.rated_watts = watts);
    let desk = Box::leak(Box::new(FiringDesk::new()));
    let app = App::new(dimmer(rated(1_000)), desk, Asking::default());
    let app: &'static _ = Box::leak(Box::new(app));
    assert!(app.observer().app.set(app).is_ok());
    app.configure(rated(1_100)).unwrap();
    let place = TUNABLES
        .iter()
        .position(|tunable| tunable.name == "rated_power");
    let command = Command::Configure {
        index: place.unwrap().try_into().unwrap(),
        value: 1_200,
    };
    app.command(command).unwrap();
    // It is so already.
    app.command(command).unwrap();
    app.start_again(dimmer(rated(1_300)));
    let heard = app.observer().heard_watts.borrow();
    assert_eq!(*heard, [(1_100, 1_100), (1_200, 1_200), (1_300, 1_300)]);
}
