//! Brokers that misbehave: what the session makes of it, and that it is back when they are.

use std::{cell::Cell, rc::Rc};

use dimmer_link::{Cause, Impairment, QualityOfService, Status};
use embassy_time::Instant;

use crate::{
    application::Sender,
    broker::{Broker, Manner},
    house::House,
    wire::{Dice, Faults},
};

/// Sends twenty messages while the first connection behaves like `manner`; gives the causes that were told.
fn causes(manner: Manner) -> Vec<Cause> {
    let broker = Broker::new(vec![manner, Manner::default()]);
    let sender = Sender::until_answered(20);
    House::new(3, Faults::NONE, &[&broker]).run(600, &sender);
    sender.assert_answered_once(3);
    sender.causes()
}

#[test]
fn a_broker_that_falls_silent_at_any_packet_is_left() {
    for packets in 0..12 {
        let silent = Manner {
            silent_after: Some(packets),
            ..Manner::default()
        };
        let expected = match packets {
            0 => Cause::TimedOut,
            _ => Cause::Silent,
        };
        assert_eq!(causes(silent), [expected], "after {packets} packets");
    }
}

#[test]
fn garbage_at_any_packet_is_named_and_costs_nothing() {
    let mut dice = Dice::new(7);
    for packets in 1..8 {
        for length in 1..60 {
            let garbage: Vec<u8> = (0..length)
                .map(|_| u8::try_from(dice.below(256)).unwrap())
                .collect();
            let broker = Broker::new(vec![
                Manner {
                    says: Some((packets, garbage)),
                    ..Manner::default()
                },
                Manner::default(),
            ]);
            let sender = Sender::until_answered(20);
            // Some garbage is the beginning of something long, and the broker seems to fall silent.
            House::new(3, Faults::NONE, &[&broker]).run(600, &sender);
            assert_eq!(sender.answers.borrow().len(), 20);
        }
    }
    let garbled = Manner {
        says: Some((3, vec![0xFF; 8])),
        ..Manner::default()
    };
    assert_eq!(causes(garbled), [Cause::Garbled]);
}

#[test]
fn a_huge_packet_is_named() {
    let huge = Manner {
        says: Some((3, vec![0x30, 0xFF, 0xFF, 0x7F, 0])),
        ..Manner::default()
    };
    assert_eq!(causes(huge), [Cause::MessageTooLarge]);
}

#[test]
fn acknowledgements_of_what_was_never_sent_change_nothing() {
    let wrong = Manner {
        wrong_identifiers: true,
        ..Manner::default()
    };
    assert_eq!(causes(wrong), []);
}

#[test]
fn a_broker_that_acknowledges_nothing_is_named_and_another_connection_tried() {
    for wrong_identifiers in [false, true] {
        let mute = Manner {
            swallows_acknowledgements: true,
            wrong_identifiers,
            ..Manner::default()
        };
        assert_eq!(causes(mute), [Cause::Unacknowledged]);
    }
}

#[test]
fn the_brokers_receive_maximum_is_never_exceeded_also_after_a_reconnection_and_at_qos_2() {
    for maximum in [1, 2, 3, 8] {
        for closes_after_received in [None, Some(150), Some(200), Some(260)] {
            let manner = Manner {
                receive_maximum: Some(maximum),
                acknowledges_after_ms: 40,
                closes_after_received,
                ..Manner::default()
            };
            let good = Manner {
                closes_after_received: None,
                ..manner.clone()
            };
            let broker = Broker::new(vec![manner, good]);
            let mut sender = Sender::new(
                40,
                // Every third is of QoS 0, and comes to no answer.
                Box::new(|sender| sender.answers.borrow().len() == 26),
            );
            sender.quality_of_service = |number| match number % 3 {
                0 => QualityOfService::AtMostOnce,
                1 => QualityOfService::AtLeastOnce,
                _ => QualityOfService::ExactlyOnce,
            };
            House::new(5, Faults::NONE, &[&broker]).run(600, &sender);
            sender.assert_answered_once(5);
            broker.with(|state| {
                assert!(!state.exceeded, "receive maximum {maximum}");
                let of_qos_0 = state.unsure.len();
                assert!(of_qos_0 == 14 || closes_after_received.is_some());
            });
        }
    }
}

#[test]
fn a_broker_that_is_slow_at_every_byte_is_waited_for() {
    let slow = Manner {
        byte_takes_ms: 200,
        ..Manner::default()
    };
    assert_eq!(causes(slow), []);
}

#[test]
fn a_broker_that_takes_qos_0_only_gets_that_and_every_message_is_answered() {
    let broker = Broker::new(vec![Manner {
        properties: vec![0x24, 0],
        ..Manner::default()
    }]);
    let sender = Sender::until_answered(20);
    House::new(3, Faults::NONE, &[&broker]).run(60, &sender);
    sender.assert_answered_once(3);
    broker.with(|state| {
        // And the farewell.
        assert_eq!((state.unsure.len(), state.at_least_once.len()), (21, 0));
    });
}

#[test]
fn a_broker_that_insists_on_two_seconds_hears_from_us_in_time_and_nothing_spins() {
    let broker = Broker::new(vec![Manner {
        properties: vec![0x13, 0, 2],
        ..Manner::default()
    }]);
    let over = || Instant::now() >= Instant::from_secs(60);
    let sender = Rc::new(Sender::new(0, Box::new(move |_| over())));
    let mut house = House::new(3, Faults::NONE, &[&broker]);
    let last = Rc::new(Cell::new(0));
    for second in 1..60 {
        let (broker, last) = (broker.clone(), last.clone());
        house.at(second, move |_| {
            let at = broker.with(|state| state.subscribed_at);
            assert!(at > last.get(), "nothing in the second before {second} s");
            last.set(at);
        });
    }
    let nudged = sender.clone();
    house.at(60, move |_| nudged.nudge());
    house.run(61, &sender);
    assert_eq!(sender.causes(), []);
}

#[test]
fn a_session_that_listens_to_nothing_does_not_take_silence_for_an_end() {
    let broker = Broker::default();
    let sender = Sender::new(0, Box::new(|sender| sender.causes().len() == 1));
    sender.listens.set(false);
    sender.keep_alive_s.set(0);
    let mut house = House::new(3, Faults::NONE, &[&broker]);
    house.at(3_600, |network| network.wire(|wire| wire.cut(1, true)));
    let took = house.run(4_000, &sender);
    // The TCP connection's own keep-alive finds out.
    assert_eq!(sender.causes(), [Cause::ConnectionLost]);
    assert!(took > 3_600_000_000);
}

#[test]
fn a_broker_that_swallows_messages_is_found_out_and_so_is_its_recovery() {
    let broker = Broker::default();
    let sender = Sender::new(0, Box::new(|sender| sender.statuses.borrow().len() >= 4));
    sender.echo.set("test/echo");
    let mut house = House::new(3, Faults::NONE, &[&broker]);
    let theirs = broker.clone();
    house.at(30, move |_| {
        theirs.with(|state| state.passes_on = true);
    });
    let took = house.run(120, &sender);
    let statuses: Vec<_> = sender
        .statuses
        .borrow()
        .iter()
        .map(|(_, status)| *status)
        .collect();
    let online = |impairment| Status::Online {
        broker: 0,
        impairment,
    };
    assert_eq!(
        statuses,
        [
            Status::Connecting { broker: 0 },
            online(None),
            online(Some(Impairment::Swallowed)),
            online(None),
            Status::Closed
        ]
    );
    assert!((40_000_000..41_000_000).contains(&took), "{took} µs");
    assert_eq!(sender.received.borrow().len(), 0, "words are no messages");
}
