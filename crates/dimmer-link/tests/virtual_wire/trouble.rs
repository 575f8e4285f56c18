//! Everything at once, by chance: a bad wire, cuts, and brokers that misbehave in turn.

use dimmer_link::QualityOfService;

use crate::{
    application::Sender,
    broker::{Broker, Manner},
    house::House,
    wire::{Dice, Faults},
};

/// Trouble ends at this second.
const ENDS: u64 = 180;
const MESSAGES: u32 = 40;

fn manner(dice: &mut Dice) -> Manner {
    let mut manner = Manner::default();
    let bytes = usize::try_from(dice.below(400)).unwrap();
    let packets = usize::try_from(dice.below(20)).unwrap();
    match dice.below(10) {
        0 => manner.closes_after_sent = Some(bytes / 4),
        1 => manner.closes_after_received = Some(bytes),
        2 => manner.silent_after = Some(packets),
        3 => {
            let garbage = (0..1 + dice.below(40)).map(|_| u8::try_from(dice.below(256)).unwrap());
            manner.says = Some((packets, garbage.collect()));
        }
        4 => manner.wrong_identifiers = true,
        5 => manner.swallows_acknowledgements = true,
        6 => manner.byte_takes_ms = dice.below(60),
        7 => manner.forgets = true,
        8 => manner.acknowledges_after_ms = dice.below(3_000),
        _ => {}
    }
    manner.resets = dice.chance(50);
    manner.receive_maximum = dice
        .chance(30)
        .then(|| u16::try_from(1 + dice.below(4)).unwrap());
    manner
}

/// The seed decides everything.
fn trouble(seed: u64) {
    let mut dice = Dice::new(seed);
    let mut brokers: Vec<Broker> = Vec::new();
    for _ in 0..1 + dice.below(2) {
        let mut manners: Vec<_> = (0..6).map(|_| manner(&mut dice)).collect();
        manners.push(Manner::default());
        brokers.push(Broker::new(manners));
    }
    let hosts: Vec<_> = brokers.iter().collect();
    let mut house = House::new(
        seed,
        Faults::losing(u32::try_from(dice.below(31)).unwrap()),
        &hosts,
    );
    house.network.flush_waits(dice.chance(50));
    for host in 1..=brokers.len() {
        for _ in 0..dice.below(4) {
            let at = dice.below(ENDS);
            let until = (at + 1 + dice.below(40)).min(ENDS);
            house.at(at, move |network| network.wire(|wire| wire.cut(host, true)));
            house.at(until, move |network| {
                network.wire(|wire| wire.cut(host, false))
            });
        }
        house.at(ENDS, move |network| {
            network.wire(|wire| {
                wire.cut(host, false);
                wire.faults = Faults::NONE;
            });
        });
    }
    let mut sender = Sender::until_answered(MESSAGES);
    sender.quality_of_service = match dice.below(3) {
        0 => |_| QualityOfService::AtLeastOnce,
        1 => |_| QualityOfService::ExactlyOnce,
        _ => |number| match number % 2 {
            0 => QualityOfService::AtLeastOnce,
            _ => QualityOfService::ExactlyOnce,
        },
    };
    sender.brokers.replace((1..=brokers.len()).collect());
    sender
        .echo
        .set(if dice.chance(50) { "test/echo" } else { "" });
    sender
        .return_after_s
        .set(if dice.chance(50) { 60 } else { 0 });
    // Six bad connections to each broker, half a minute each, and the waits between them.
    house.run(ENDS + 900, &sender);
    sender.assert_answered_once(seed);
    let arrived = |number: u32| {
        let payload = number.to_string().into_bytes();
        brokers.iter().any(|broker| {
            broker.with(|state| {
                state.at_least_once.contains(&payload) || state.exactly_once.contains(&payload)
            })
        })
    };
    for number in 0..MESSAGES {
        // Garbage may be an acknowledgement by chance, though never of the many.
        assert!(arrived(number), "message {number}, seed {seed}");
    }
}

#[test]
fn whatever_happens_every_message_is_answered_once_and_the_session_is_back_when_the_wire_is() {
    // For a long night: WIRE_SEEDS=100000 cargo test -p dimmer-link --test virtual_wire trouble
    let seeds = std::env::var("WIRE_SEEDS").ok();
    for seed in 0..seeds.map_or(300, |seeds| seeds.parse().unwrap()) {
        trouble(seed);
    }
}
