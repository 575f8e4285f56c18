//! What the session asks of a dimmer, and what becomes of what it tells.
#![expect(
    clippy::unwrap_used,
    reason = "a failed step of a test is a failed test"
)]

use dimmer_app::{
    App, FiringDesk, Silent,
    dimmer::{
        Dimmer, Identity, Sending,
        config::{Broker, Config},
        topics::Message,
    },
    link::{Application, Impairment, Status},
    now,
};
use dimmer_clock as _;

fn with_app(test: impl FnOnce(&App<'_>)) {
    let mut config = Config::default();
    for host in ["first", "second"] {
        let broker = Broker {
            host: host.try_into().unwrap(),
            ..Broker::default()
        };
        config.brokers.push(broker).unwrap();
    }
    let identity = Identity {
        id: "a1b2c3d4e5f6".parse().unwrap(),
        model: "Test",
        version: "0",
        boot: 1,
    };
    let desk = FiringDesk::new();
    let dimmer = Dimmer::new(identity, config.validate().unwrap(), now()).unwrap();
    test(&App::new(dimmer, &desk, Silent));
}

/// How many messages wait; afterwards none does.
fn taken(app: &App<'_>) -> usize {
    std::iter::from_fn(|| app.take()).count()
}

fn online(broker: u8, impairment: Option<Impairment>) -> Status {
    Status::Online { broker, impairment }
}

#[test]
fn a_new_session_announces_everything_and_an_impairment_of_it_nothing() {
    with_app(|app| {
        app.status(online(0, None));
        let all = taken(app);
        assert!(all > 10, "{all}");
        app.status(online(0, Some(Impairment::Flooded)));
        app.status(online(0, None));
        assert_eq!(taken(app), 0);
        app.status(Status::Connecting { broker: 1 });
        app.status(online(1, None));
        assert_eq!(taken(app), all);
    });
}

#[test]
fn the_state_names_the_broker_in_use() {
    with_app(|app| {
        for broker in [1, 0] {
            app.status(Status::Connecting { broker });
            app.status(online(broker, None));
            let mut buffer = [0; 2_048];
            let length = app
                .render(&Sending::Say(Message::State), &mut buffer)
                .unwrap();
            let state = std::str::from_utf8(buffer.get(..length).unwrap()).unwrap();
            let expected = format!("\"broker\":{}", broker + 1);
            assert!(state.contains(&expected), "{state}");
        }
    });
}

#[test]
fn brokers_keep_their_order_and_the_echo_is_a_topic_of_the_dimmers_own() {
    with_app(|app| {
        let hosts = [0, 1, 2].map(|index| app.broker(index).map(|broker| broker.host));
        assert_eq!(hosts[0].as_deref(), Some("first"));
        assert_eq!(
            (hosts[1].as_deref(), hosts[2].as_deref()),
            (Some("second"), None)
        );
        let session = app.session();
        assert_eq!(session.client_id, "solar-dimmer-a1b2c3d4e5f6");
        assert_eq!(session.echo, "solar-dimmer/a1b2c3d4e5f6/echo");
        assert_eq!((session.resume_within_s, session.return_after_s), (30, 600));
    });
}
