//! A connection that ends at every single byte, in order and with a reset, costs no message.

use std::collections::BTreeSet;

use dimmer_link::QualityOfService;

use crate::{
    application::Sender,
    broker::{Broker, Manner},
    house::House,
    wire::Faults,
};

const MESSAGES: u32 = 6;

fn mixed(number: u32) -> QualityOfService {
    match number % 2 {
        0 => QualityOfService::AtLeastOnce,
        _ => QualityOfService::ExactlyOnce,
    }
}

/// Sends a few messages, and receives one of QoS 1 and one of QoS 2, while the first connections behave like `manner`.
fn exchange(manner: Manner, resumes: bool) -> Broker {
    let seed = 1;
    let told = format!("{manner:?}");
    let forgetful = Manner {
        forgets: !resumes,
        ..Manner::default()
    };
    let broker = Broker::new(vec![manner, forgetful]);
    broker.give(1, b"one");
    broker.give(2, b"two");
    let mut sender = Sender::new(
        MESSAGES,
        Box::new(move |sender| {
            let received = sender.received.borrow();
            // What was on its way is lost with the session, and nothing else.
            let has = |payload: &[u8]| received.iter().any(|other| other == payload);
            sender.answers.borrow().len() == 6 && (!resumes || has(b"one") && has(b"two"))
        }),
    );
    sender.quality_of_service = mixed;
    House::new(seed, Faults::NONE, &[&broker]).run(600, &sender);
    sender.assert_answered_once(seed);
    let arrived: BTreeSet<_> = broker.with(|state| {
        let of_both = state.at_least_once.iter().chain(&state.exactly_once);
        of_both.cloned().collect()
    });
    for number in 0..MESSAGES {
        assert!(arrived.contains(number.to_string().as_bytes()), "{number}");
    }
    if resumes {
        broker.with(|state| {
            let (once, causes) = (&state.exactly_once, sender.causes());
            assert_eq!(
                once.len(),
                3,
                "{told}: QoS 2 arrives once: {once:?}, {causes:?}"
            );
        });
        let received = sender.received.borrow();
        let twos = received.iter().filter(|payload| *payload == b"two").count();
        assert_eq!(twos, 1, "{told}: QoS 2 is handed over once");
    }
    broker
}

#[test]
fn a_connection_may_end_after_every_byte_that_the_broker_sends() {
    let whole = exchange(Manner::default(), true).with(|state| state.sent);
    assert!(whole > 50, "{whole} bytes");
    for resets in [false, true] {
        for bytes in 0..whole {
            let manner = Manner {
                closes_after_sent: Some(bytes),
                resets,
                ..Manner::default()
            };
            exchange(manner.clone(), true);
            exchange(manner, false);
        }
    }
}

#[test]
fn a_connection_may_end_after_every_byte_that_the_broker_receives() {
    let whole = exchange(Manner::default(), true).with(|state| state.bytes_received);
    assert!(whole > 150, "{whole} bytes");
    for resets in [false, true] {
        for bytes in 1..whole {
            let manner = Manner {
                closes_after_received: Some(bytes),
                resets,
                ..Manner::default()
            };
            exchange(manner.clone(), true);
            exchange(manner, false);
        }
    }
}
