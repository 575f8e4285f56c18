//! No message is lost, and none is acknowledged twice, whatever the wire does.

use std::collections::BTreeSet;

use dimmer_link::QualityOfService;

use crate::{application::Sender, broker::Broker, house::House, wire::Faults};

/// All three in turn; those of QoS 0 come to no answer.
fn mixed(number: u32) -> QualityOfService {
    match number % 2 {
        0 => QualityOfService::AtLeastOnce,
        _ => QualityOfService::ExactlyOnce,
    }
}

#[test]
fn on_a_good_wire_a_hundred_messages_take_less_than_a_second() {
    let broker = Broker::default();
    let sender = Sender::until_answered(100);
    let took = House::new(1, Faults::NONE, &[&broker]).run(10, &sender);
    sender.assert_answered_once(1);
    assert!(took < 1_000_000, "{took} µs");
    assert_eq!(sender.causes(), []);
    let expected: Vec<_> = (0..100u32)
        .map(|number| number.to_string().into_bytes())
        .collect();
    // The last is the farewell.
    broker.with(|state| assert_eq!(state.at_least_once[..100], expected));
}

#[test]
fn every_message_of_qos_1_and_2_arrives_and_is_answered_once_at_any_loss_and_seed() {
    for loss in [5, 10, 20, 30] {
        for seed in 0..20 {
            let broker = Broker::default();
            let mut sender = Sender::until_answered(60);
            sender.quality_of_service = mixed;
            let house = House::new(seed, Faults::losing(loss), &[&broker]);
            house.network.flush_waits(seed % 2 == 0);
            house.run(3_600, &sender);
            sender.assert_answered_once(seed);
            let expected: BTreeSet<_> = (0..60u32)
                .map(|number| number.to_string().into_bytes())
                .collect();
            broker.with(|state| {
                let once: BTreeSet<_> = state.exactly_once.iter().cloned().collect();
                assert_eq!(
                    once.len(),
                    state.exactly_once.len(),
                    "QoS 2 twice, loss {loss}, seed {seed}"
                );
                let mut arrived: BTreeSet<_> = state.at_least_once.iter().cloned().collect();
                arrived.extend(once);
                assert!(arrived.is_superset(&expected), "loss {loss}, seed {seed}");
            });
        }
    }
}
