//! What a board says of itself, on its way through the app.

use std::cell::RefCell;

use dimmer_app::{
    App, FiringDesk, Observer,
    dimmer::{Dimmer, Health, Identity, Incident, ResetReason, config::Config},
    link::{Notice, Status},
    now,
};
use dimmer_clock as _;

#[derive(Default)]
struct Heard(RefCell<Vec<(ResetReason, String)>>);

impl Observer for Heard {
    fn link(&self, _status: Status) {}
    fn notice(&self, _notice: Notice) {}
    fn incident(&self, _incident: Incident) {}
    fn started(&self, reason: ResetReason, last_words: &str) {
        self.0.borrow_mut().push((reason, last_words.to_owned()));
    }
}

#[test]
fn a_start_that_nobody_wanted_is_told_once_and_one_that_somebody_did_is_not() {
    let identity = Identity {
        id: "a1b2c3d4e5f6".parse().unwrap(),
        model: "Test",
        version: "0",
        boot: 1,
    };
    let dimmer = || Dimmer::new(identity, Config::default().validate().unwrap(), now()).unwrap();
    let desk = FiringDesk::new();
    let app = App::new(dimmer(), &desk, Heard::default());
    let started = |reason, words: &str| Health {
        reset_reason: Some(reason),
        last_words: Some(Health::words(words)),
        ..Health::default()
    };
    app.health(&started(ResetReason::Software, ""));
    assert_eq!(app.state().reset_reason, Some("software"));
    app.start_again(dimmer());
    for signal_dbm in [None, Some(-60), Some(-90)] {
        app.health(&Health {
            signal_dbm,
            ..started(ResetReason::Panic, "divided by zero")
        });
    }
    assert_eq!(
        *app.observer().0.borrow(),
        [(ResetReason::Panic, "divided by zero".to_owned())]
    );
    assert_eq!(app.state().signal_dbm, Some(-90));
}
