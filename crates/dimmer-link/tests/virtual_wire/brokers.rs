//! Several brokers: from one to the next, and back.

use std::rc::Rc;

use dimmer_link::{Cause, Impairment, Status};
use embassy_time::Instant;

use crate::{
    application::{FAREWELLS, Sender},
    broker::{Broker, Manner},
    house::House,
    wire::Faults,
};

const MINUTE: u64 = 60;

/// A sender with two brokers that runs until a moment.
fn sender_until(second: u64) -> Rc<Sender> {
    let is_over = move |_: &Sender| Instant::now() >= Instant::from_secs(second);
    let sender = Sender::new(0, Box::new(is_over));
    sender.brokers.replace(vec![1, 2]);
    Rc::new(sender)
}

fn run(mut house: House, second: u64, sender: &Rc<Sender>) {
    let nudged = sender.clone();
    house.at(second, move |_| nudged.nudge());
    house.run(second + 20, sender);
}

fn seconds(at: u64) -> u64 {
    at / 1_000_000
}

#[test]
fn a_first_broker_whose_host_vanishes_is_left_for_the_second_within_fifteen_seconds() {
    for moment in [20, 21, 22, 23, 24, 25, 26, 27] {
        let brokers = [Broker::default(), Broker::default()];
        let mut house = House::new(moment, Faults::NONE, &[&brokers[0], &brokers[1]]);
        let sender = sender_until(60);
        house.at(moment, |network| network.wire(|wire| wire.cut(1, true)));
        run(house, 60, &sender);
        let online = sender.online();
        let [(first, 0), (second, 1)] = online[..] else {
            panic!("{online:?}")
        };
        let took = seconds(second).saturating_sub(moment);
        assert!(
            seconds(first) == 0 && took < 15,
            "cut at {moment} s: {took} s"
        );
    }
}

#[test]
fn a_first_broker_that_is_killed_is_left_for_the_second_within_two_seconds() {
    for moment in [20, 21, 22, 23, 24, 25, 26, 27] {
        let brokers = [Broker::default(), Broker::default()];
        let mut house = House::new(moment, Faults::NONE, &[&brokers[0], &brokers[1]]);
        let sender = sender_until(60);
        let first = brokers[0].clone();
        house.at(moment, move |_| first.kill());
        run(house, 60, &sender);
        let online = sender.online();
        let [(_, 0), (second, 1)] = online[..] else {
            panic!("{online:?}")
        };
        assert!(second < (moment + 2) * 1_000_000, "{second} µs");
        let refused = Cause::Connect(dimmer_link::ConnectError::Refused);
        assert_eq!(sender.causes(), [Cause::ConnectionLost, refused]);
    }
}

#[test]
fn a_first_broker_that_is_not_there_at_the_start_costs_ten_seconds() {
    let brokers = [Broker::default(), Broker::default()];
    let house = House::new(1, Faults::NONE, &[&brokers[0], &brokers[1]]);
    house.network.wire(|wire| wire.cut(1, true));
    let sender = sender_until(60);
    run(house, 60, &sender);
    assert_eq!(sender.causes(), [Cause::TimedOut]);
    let online = sender.online();
    assert!(
        matches!(online[..], [(at, 1)] if seconds(at) == 10),
        "{online:?}"
    );
}

#[test]
fn a_broker_that_closes_each_session_at_once_does_not_keep_the_second_from_its_turn() {
    let hasty = Manner {
        closes_after_sent: Some(11),
        ..Manner::default()
    };
    let brokers = [Broker::new(vec![hasty]), Broker::default()];
    let house = House::new(1, Faults::NONE, &[&brokers[0], &brokers[1]]);
    let sender = sender_until(60);
    run(house, 60, &sender);
    let online = sender.online();
    assert!(
        matches!(online[..], [.., (at, 1)] if seconds(at) < 15),
        "{online:?}"
    );
}

#[test]
fn the_first_is_gone_back_to_when_it_answers_again_and_not_before() {
    let brokers = [Broker::default(), Broker::default()];
    let mut house = House::new(3, Faults::NONE, &[&brokers[0], &brokers[1]]);
    let sender = sender_until(60 * MINUTE);
    sender.return_after_s.set(300);
    house.at(20, |network| network.wire(|wire| wire.cut(1, true)));
    house.at(22 * MINUTE, |network| {
        network.wire(|wire| wire.cut(1, false))
    });
    run(house, 60 * MINUTE, &sender);
    let online = sender.online();
    let [(_, 0), (_, 1), (back, 0)] = online[..] else {
        panic!("{online:?}")
    };
    // The fifth look: those before it took ten seconds each, and five minutes lie between.
    assert!(
        (26 * MINUTE..27 * MINUTE).contains(&seconds(back)),
        "{back}"
    );
    assert_eq!(sender.causes(), [Cause::Silent], "no look cost the session");
    brokers[1].with(|state| {
        let offline = state.retained.get("test/out/availability");
        assert_eq!(offline.map(Vec::as_slice), Some(&b"offline"[..]));
    });
}

#[test]
fn a_first_broker_that_comes_and_goes_is_gone_back_to_less_and_less() {
    let brokers = [Broker::default(), Broker::default()];
    let mut house = House::new(3, Faults::NONE, &[&brokers[0], &brokers[1]]);
    let sender = sender_until(200 * MINUTE);
    sender.return_after_s.set(60);
    // Three minutes in five it is there: long enough for a look, too short for a session that lasts.
    for round in 0..40 {
        let begins = 20 + round * 5 * MINUTE;
        house.at(begins, |network| network.wire(|wire| wire.cut(1, true)));
        house.at(begins + 4 * MINUTE + 10, |network| {
            network.wire(|wire| wire.cut(1, false))
        });
    }
    run(house, 200 * MINUTE, &sender);
    let returns = sender
        .online()
        .iter()
        .filter(|(_, broker)| *broker == 0)
        .count();
    assert!((2..8).contains(&returns), "{returns} returns in 40 rounds");
}

#[test]
fn nobody_looks_for_a_better_broker_where_it_is_not_wanted() {
    let brokers = [Broker::default(), Broker::default()];
    let mut house = House::new(3, Faults::NONE, &[&brokers[0], &brokers[1]]);
    let sender = sender_until(60 * MINUTE);
    house.at(20, |network| network.wire(|wire| wire.cut(1, true)));
    house.at(60, |network| network.wire(|wire| wire.cut(1, false)));
    run(house, 60 * MINUTE, &sender);
    assert_eq!(sender.online().len(), 2);
    brokers[0].with(|state| assert_eq!(state.connections, 1));
}

#[test]
fn messages_that_the_lost_broker_did_not_acknowledge_go_to_the_next() {
    let mute = Manner {
        swallows_acknowledgements: true,
        ..Manner::default()
    };
    let brokers = [Broker::new(vec![mute]), Broker::default()];
    let house = House::new(3, Faults::NONE, &[&brokers[0], &brokers[1]]);
    let sender = Sender::until_answered(20);
    sender.brokers.replace(vec![1, 2]);
    house.run(120, &sender);
    sender.assert_answered_once(3);
    assert!(sender.given_back.get() >= 7, "as many as may be on the way");
    let expected: Vec<_> = (0..20u32)
        .map(|number| number.to_string().into_bytes())
        .collect();
    brokers[1].with(|state| assert_eq!(state.at_least_once[..20], expected, "in order"));
}

#[test]
fn changed_settings_clean_up_the_old_identity_before_the_new_session_begins() {
    let brokers = [Broker::default(), Broker::default()];
    let mut house = House::new(3, Faults::NONE, &[&brokers[0], &brokers[1]]);
    let sender = sender_until(60);
    sender.brokers.replace(vec![1]);
    let changing = sender.clone();
    house.at(20, move |_| {
        changing.topic.set("test/renamed");
        changing.brokers.replace(vec![2]);
        let old = FAREWELLS..FAREWELLS + 30;
        changing.farewells.borrow_mut().extend(old);
        changing.change();
    });
    run(house, 60, &sender);
    assert_eq!(sender.causes(), []);
    let answers = sender.answers.borrow();
    assert_eq!(answers.len(), 30, "each farewell was acknowledged");
    brokers[0].with(|state| {
        let offline = state.retained.remove("test/out/availability");
        assert_eq!(offline.as_deref(), Some(&b"offline"[..]));
        assert_eq!(state.retained.len(), 30);
        assert!(state.retained.values().all(Vec::is_empty));
    });
    brokers[1].with(|state| {
        let topics: Vec<_> = state.retained.keys().cloned().collect();
        assert_eq!(topics, ["test/renamed/availability"]);
    });
    let statuses = sender.statuses.borrow();
    let online = statuses
        .iter()
        .filter(|(_, status)| matches!(status, Status::Online { .. }));
    let at: Vec<_> = online.map(|(at, _)| seconds(*at)).collect();
    assert_eq!(at, [0, 20], "at once");
}

#[test]
fn what_could_not_be_cleaned_up_is_at_the_next_connection() {
    let broker = Broker::default();
    let mut house = House::new(3, Faults::NONE, &[&broker]);
    let sender = sender_until(120);
    sender.brokers.replace(vec![1]);
    house.at(20, |network| network.wire(|wire| wire.cut(1, true)));
    let changing = sender.clone();
    house.at(40, move |network| {
        changing.topic.set("test/renamed");
        changing.farewells.borrow_mut().push_back(FAREWELLS);
        changing.change();
        network.wire(|wire| wire.cut(1, false));
    });
    run(house, 120, &sender);
    broker.with(|state| {
        assert_eq!(state.retained.get("old/1000000"), Some(&vec![]));
    });
    assert_eq!(sender.answers.borrow().len(), 1);
}

#[test]
fn a_change_of_subscriptions_makes_a_new_session_and_no_change_does_not() {
    let broker = Broker::default();
    let mut house = House::new(3, Faults::NONE, &[&broker]);
    let sender = sender_until(60);
    sender.brokers.replace(vec![1]);
    let unchanged = sender.clone();
    house.at(10, move |_| unchanged.change());
    let counted = broker.clone();
    house.at(19, move |_| {
        counted.with(|state| assert_eq!(state.connections, 1))
    });
    let changed = sender.clone();
    house.at(20, move |_| {
        changed.listens.set(false);
        changed.change();
    });
    run(house, 60, &sender);
    broker.with(|state| assert_eq!(state.connections, 2));
}

#[test]
fn a_list_without_a_broker_is_waited_for() {
    let broker = Broker::default();
    let mut house = House::new(3, Faults::NONE, &[&broker]);
    let sender = sender_until(60);
    sender.brokers.replace(vec![]);
    let changing = sender.clone();
    house.at(20, move |_| {
        changing.brokers.replace(vec![1]);
        changing.change();
    });
    run(house, 60, &sender);
    let online = sender.online();
    assert!(
        matches!(online[..], [(at, 0)] if seconds(at) == 20),
        "{online:?}"
    );
}

#[test]
fn a_list_without_a_broker_ends_the_session_and_says_so() {
    let broker = Broker::default();
    let mut house = House::new(3, Faults::NONE, &[&broker]);
    let sender = sender_until(60);
    sender.brokers.replace(vec![1]);
    // Another setting is changed in between: there is still none.
    for (second, brokers) in [(20, vec![]), (30, vec![]), (40, vec![1])] {
        let changing = sender.clone();
        house.at(second, move |_| {
            changing.brokers.replace(brokers);
            changing.change();
        });
    }
    run(house, 60, &sender);
    let online = sender.online();
    assert!(
        matches!(online[..], [(_, 0), (again, 0)] if seconds(again) == 40),
        "{online:?}"
    );
    let statuses = sender.statuses.borrow();
    let none: Vec<_> = statuses
        .iter()
        .filter(|(_, status)| *status == Status::NoBroker)
        .map(|(at, _)| seconds(*at))
        .collect();
    assert!(matches!(none[..], [20..30]), "{statuses:?}");
}

#[test]
fn an_impairment_is_of_one_connection() {
    let broker = Broker::default();
    let mut house = House::new(3, Faults::NONE, &[&broker]);
    let sender = sender_until(60);
    sender.brokers.replace(vec![1]);
    let flooding = broker.clone();
    house.at(20, move |_| {
        for _ in 0..300 {
            flooding.give(0, b"42");
        }
    });
    run(house, 60, &sender);
    assert_eq!(sender.received.borrow().len(), 300);
    let impairments: Vec<_> = sender
        .statuses
        .borrow()
        .iter()
        .filter_map(|(_, status)| match status {
            Status::Online { impairment, .. } => Some(*impairment),
            _ => None,
        })
        .collect();
    assert_eq!(impairments, [None, Some(Impairment::Flooded), None]);
}
