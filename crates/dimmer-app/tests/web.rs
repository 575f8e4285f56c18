//! The dimmer as the page sees it.
#![expect(
    clippy::unwrap_used,
    reason = "a failed step of a test is a failed test"
)]

use std::cell::Cell;

use dimmer_app::{
    App, FiringDesk, Keeper, Observer, Recorder, Silent, Web,
    dimmer::{
        Dimmer, Event, Identity, Incident,
        config::{Broker, Config, Language as Spoken, Valid},
        safety::{Language, Reason},
        topics::{Command, PowerCommand, Setpoint},
    },
    http::{Api, BrokerStatus, Credential, Failure, LogLevel, PasswordUnreadable},
    link::{Application, Cause, Impairment, Status},
    now,
};
// The desktop's time, which the services count by.
use dimmer_clock as _;

/// A board whose flash may be full.
#[derive(Default)]
struct Flash {
    is_full: Cell<bool>,
    kept: Cell<u32>,
}

impl Keeper for &Flash {
    fn keep_config(&self, _: &Valid) -> Result<(), Failure> {
        if self.is_full.get() {
            return Err(Failure::new(507, "", "no room", "less"));
        }
        self.kept.set(self.kept.get() + 1);
        Ok(())
    }

    fn credential(&self) -> Result<Option<Credential>, PasswordUnreadable> {
        Ok(None)
    }

    fn keep_credential(&self, _: Credential) -> Result<(), Failure> {
        Ok(())
    }

    fn random(&self, bytes: &mut [u8]) {
        bytes.fill(7);
    }
}

fn config(rated_watts: u32) -> Valid {
    let mut config = Config::default();
    config.output.rated_watts = rated_watts;
    for host in ["first.local", "second.local"] {
        let broker = Broker {
            host: host.try_into().unwrap(),
            ..Broker::default()
        };
        config.brokers.push(broker).unwrap();
    }
    config.validate().unwrap()
}

fn dimmer(config: Valid) -> Dimmer {
    let identity = Identity {
        id: "a1b2c3d4e5f6".parse().unwrap(),
        model: "Test",
        version: "0",
        boot: 0,
    };
    Dimmer::new(identity, config, now()).unwrap()
}

fn app(desk: &FiringDesk) -> App<'_, Recorder<Silent>> {
    App::new(
        dimmer(config(2_000)),
        desk,
        Recorder::new(Silent, Language::English),
    )
}

#[test]
fn what_cannot_be_kept_is_not_used() {
    let (desk, flash) = (FiringDesk::new(), Flash::default());
    let app = app(&desk);
    let web = Web::new(&app, &flash);
    web.configure(config(1_500)).unwrap();
    assert_eq!(
        (web.config().output.rated_watts, flash.kept.get()),
        (1_500, 1)
    );
    flash.is_full.set(true);
    assert_eq!(web.configure(config(1_000)).unwrap_err().status, 507);
    assert_eq!(
        (web.config().output.rated_watts, flash.kept.get()),
        (1_500, 1)
    );
}

#[test]
fn what_cannot_be_kept_leaves_no_trace() {
    let (desk, flash) = (FiringDesk::new(), Flash::default());
    let mut following = config(2_000).into_inner();
    following.topics.follow = "house/surplus".try_into().unwrap();
    let mut dimmer = dimmer(following.validate().unwrap());
    let message = Event::Message {
        topic: "house/surplus",
        payload: b"30",
        retained: false,
    };
    let _effects = dimmer.handle(now(), message);
    let app = App::new(dimmer, &desk, Recorder::new(Silent, Language::English));
    let web = Web::new(&app, &flash);
    let asked = || app.state().setpoint_centipercent;
    assert_eq!(asked(), Some(3_000));
    flash.is_full.set(true);
    // Nothing is followed in these.
    assert_eq!(web.configure(config(2_000)).unwrap_err().status, 507);
    assert_eq!(asked(), Some(3_000), "what was followed still holds");
}

#[test]
fn what_does_not_fit_this_dimmer_is_neither_used_nor_kept() {
    let (desk, flash) = (FiringDesk::new(), Flash::default());
    let app = app(&desk);
    let web = Web::new(&app, &flash);
    let mut own = config(1_000).into_inner();
    own.topics.follow = "solar-dimmer/a1b2c3d4e5f6/power/set".try_into().unwrap();
    let failure = web.configure(own.validate().unwrap()).unwrap_err();
    assert_eq!(failure.status, 422);
    assert_eq!(
        (web.config().output.rated_watts, flash.kept.get()),
        (2_000, 0)
    );
}

#[test]
fn the_broker_is_the_one_that_the_session_is_about() {
    let (desk, flash) = (FiringDesk::new(), Flash::default());
    let app = app(&desk);
    let web = Web::new(&app, &flash);
    let seen = |status| {
        app.status(status);
        let broker = web.snapshot().broker;
        (
            broker.status,
            broker.host.to_string(),
            broker.problem.is_empty(),
        )
    };
    let broker = 1;
    let second = || "second.local".to_owned();
    assert_eq!(
        seen(Status::Connecting { broker }),
        (BrokerStatus::Connecting, second(), true)
    );
    let online = Status::Online {
        broker,
        impairment: None,
    };
    assert_eq!(seen(online), (BrokerStatus::Online, second(), true));
    let impaired = Status::Online {
        broker,
        impairment: Some(Impairment::Swallowed),
    };
    assert_eq!(seen(impaired), (BrokerStatus::Impaired, second(), false));
    let waiting = Status::Waiting {
        broker,
        cause: Cause::BadCredentials,
        retry_in_ms: 1,
    };
    assert_eq!(seen(waiting), (BrokerStatus::Waiting, second(), false));
    let mut levels = Vec::new();
    web.log(&mut |entry| levels.push(entry.level));
    assert_eq!(
        levels,
        [LogLevel::Info, LogLevel::Warning, LogLevel::Warning]
    );
}

#[test]
fn the_log_speaks_the_language_of_the_settings() {
    let (desk, flash) = (FiringDesk::new(), Flash::default());
    let app = app(&desk);
    let web = Web::new(&app, &flash);
    let speaks = |language| {
        app.observer()
            .incident(Incident::Decided(Reason::SwitchedOff));
        let mut last = String::new();
        web.log(&mut |entry| last = entry.text.to_string());
        assert_eq!(last, Reason::SwitchedOff.text(language));
    };
    let french = || {
        let mut french = config(2_000).into_inner();
        french.language = Spoken::French;
        french.validate().unwrap()
    };
    web.configure(french()).unwrap();
    speaks(Language::French);
    let message = |payload| {
        let topic = "solar-dimmer/a1b2c3d4e5f6/command/config/language";
        app.received(topic, payload, false);
    };
    message(b"en");
    speaks(Language::English);
    message(b"fr");
    speaks(Language::French);
    app.start_again(dimmer(config(2_000)));
    speaks(Language::English);
}

#[test]
fn a_command_reaches_the_desk() {
    let (desk, flash) = (FiringDesk::new(), Flash::default());
    let app = app(&desk);
    let web = Web::new(&app, &flash);
    let setpoint = Command::Power(PowerCommand::Setpoint(Setpoint::Centipercent(5_000)));
    web.command(setpoint).unwrap();
    assert_eq!(web.snapshot().state.setpoint_centipercent, Some(5_000));
    assert!(desk.order().valid_until > now(), "an order was laid down");
}

/// As the session tells it: first that it tries, then what came of it.
fn meets(app: &App<'_, Recorder<Silent>>, broker: u8) {
    app.status(Status::Connecting { broker });
    app.status(Status::Online {
        broker,
        impairment: None,
    });
}

fn host_and_status(web: &impl Api) -> (String, BrokerStatus) {
    let broker = web.snapshot().broker;
    (broker.host.to_string(), broker.status)
}

#[test]
fn a_broker_that_was_just_changed_is_not_said_to_be_online() {
    let (desk, flash) = (FiringDesk::new(), Flash::default());
    let app = app(&desk);
    let web = Web::new(&app, &flash);
    meets(&app, 0);
    let moved = |place: usize| {
        let mut config = web.config().into_inner();
        config.brokers.get_mut(place).unwrap().keep_alive_s += 1;
        web.configure(config.validate().unwrap()).unwrap();
        web.snapshot().broker.status
    };
    assert_eq!(moved(1), BrokerStatus::Online, "it is not in use");
    assert_eq!(moved(0), BrokerStatus::Connecting);
}

#[test]
fn another_list_of_brokers_is_never_read_with_a_place_in_the_one_of_before() {
    let (desk, flash) = (FiringDesk::new(), Flash::default());
    let app = app(&desk);
    let web = Web::new(&app, &flash);
    let with = |hosts: &[&str]| {
        let mut config = web.config().into_inner();
        config.brokers.clear();
        for host in hosts {
            let broker = Broker {
                host: (*host).try_into().unwrap(),
                ..Broker::default()
            };
            config.brokers.push(broker).unwrap();
        }
        // Whichever way it comes: from the page, from a message, or read again from a file.
        app.configure(config.validate().unwrap()).unwrap();
        host_and_status(&web)
    };
    let (online, connecting) = (BrokerStatus::Online, BrokerStatus::Connecting);
    let second = |status| ("second.local".to_owned(), status);
    meets(&app, 1);
    assert_eq!(host_and_status(&web), second(online));
    assert_eq!(with(&["second.local"]), second(online), "it moved up");
    let new = |host: &str, status| (host.to_owned(), status);
    let others = ["third.local", "fourth.local"];
    assert_eq!(with(&others), new("third.local", connecting));
    // What the session says of the broker of before, because it has not seen the list yet.
    app.status(Status::Waiting {
        broker: 1,
        cause: Cause::ConnectionLost,
        retry_in_ms: 1,
    });
    assert_eq!(host_and_status(&web), new("third.local", connecting));
    meets(&app, 1);
    assert_eq!(host_and_status(&web), new("fourth.local", online));
    // There and back again before the session has looked: it goes on as if nothing had been.
    assert_eq!(with(&["fifth.local"]), new("fifth.local", connecting));
    assert_eq!(with(&others), new("fourth.local", online));
}
