//! No oscillation: what hysteresis promises under noise, and a router that closes the loop.
#![allow(
    clippy::allow_attributes,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test"
)]

mod common;

use std::collections::VecDeque;

use common::{Bus, Chance, id};
use dimmer_pool::{NumberIs, Setpoint, Settings, Sharing};

const SHARED: [Sharing; 4] = [
    Sharing::Priority,
    Sharing::Weight,
    Sharing::Equal,
    Sharing::Rotating,
];

/// Members of 2 kW that take 300 W or nothing, with a hysteresis of 200 W.
fn with_steps(sharing: Sharing) -> Settings {
    Settings {
        sharing,
        minimum_centipercent: 1_500,
        start_hysteresis_centipercent: 1_000,
        number_is: NumberIs::Watts,
        ..Settings::default()
    }
}

#[test]
fn noise_within_the_hysteresis_switches_no_member_back_and_forth() {
    for sharing in SHARED {
        // Wherever the setpoint is, also where members come and go: 300, 500, 2 000, 4 000 W.
        for middle in (100..6_500)
            .step_by(400)
            .chain([300, 400, 500, 1_900, 2_000, 3_950])
        {
            let mut chance = Chance::new(u64::try_from(middle).unwrap());
            let mut bus: Bus<16> = Bus::new(3);
            for number in 0..3 {
                bus.add(id(number), with_steps(sharing), 2_000);
            }
            for _ in 0..60 {
                let noise = i32::try_from(chance.below(200)).unwrap() - 100;
                bus.setpoint = Setpoint::Hundredths((middle + noise) * 100);
                bus.run(1);
            }
            let switched: Vec<u32> = bus.nodes.iter().map(|node| node.switched).collect();
            assert!(
                switched.iter().all(|switched| *switched <= 2),
                "{sharing} at {middle} W: {switched:?}"
            );
        }
    }
}

#[test]
fn noise_beyond_the_hysteresis_switches_each_member_at_most_twice_in_each_swing() {
    for sharing in SHARED {
        let mut bus: Bus<16> = Bus::new(4);
        for number in 0..3 {
            bus.add(id(number), with_steps(sharing), 2_000);
        }
        for _ in 0..20 {
            for watts in [0, 6_000] {
                bus.setpoint = Setpoint::Watts(watts);
                bus.run(3);
            }
        }
        for node in &bus.nodes {
            assert_eq!(node.switched, 39, "{sharing}");
        }
    }
}

/// A router that sees the grid 2 s late, and each second moves the setpoint by a fifth of what it sees.
struct Router {
    seen: VecDeque<f64>,
    setpoint: f64,
}

impl Router {
    fn new() -> Self {
        Self {
            seen: VecDeque::from([0.0, 0.0]),
            setpoint: 0.0,
        }
    }

    fn steer(&mut self, exported: f64) -> i32 {
        self.seen.push_back(exported);
        let seen = self.seen.pop_front().unwrap();
        self.setpoint = (self.setpoint + seen / 5.0).clamp(0.0, 7_000.0);
        #[expect(clippy::cast_possible_truncation, reason = "0 to 7 000")]
        let watts = self.setpoint.round() as i32;
        watts
    }
}

#[test]
fn a_router_that_integrates_settles_within_half_a_minute_and_stays() {
    for sharing in SHARED {
        for ramp_centipercent_per_s in [0, 2_000] {
            let mut bus: Bus<16> = Bus::new(12);
            for number in 0..3 {
                // The first has no minimum, so that there is no gap that nobody can fill.
                let settings = Settings {
                    ramp_centipercent_per_s,
                    minimum_centipercent: if number == 0 { 0 } else { 1_500 },
                    ..with_steps(sharing)
                };
                bus.add(id(number), settings, 2_000);
            }
            let mut router = Router::new();
            bus.run(2);
            for (step, surplus) in [800.0, 3_100.0, 5_500.0, 2_050.0, 150.0, 4_200.0, 0.0]
                .into_iter()
                .enumerate()
            {
                let switched: Vec<u32> = bus.nodes.iter().map(|node| node.switched).collect();
                for second in 0..90 {
                    let exported = surplus - bus.total_watts();
                    bus.setpoint = Setpoint::Watts(router.steer(exported));
                    bus.run(1);
                    let left = (surplus - bus.total_watts()).abs();
                    assert!(
                        second < 30 || left <= 20.0,
                        "{sharing}, ramp {ramp_centipercent_per_s}, step {step}: {left} W left after {second} s"
                    );
                }
                for (node, before) in bus.nodes.iter().zip(switched) {
                    // On, off again when the router overshot, and on.
                    assert!(node.switched - before <= 3, "{sharing}, step {step}");
                }
            }
        }
    }
}

#[test]
fn below_every_minimum_a_router_that_integrates_switches_no_faster_than_the_hysteresis_lets_it() {
    let mut bus: Bus<16> = Bus::new(13);
    bus.add(id(0), with_steps(Sharing::Priority), 2_000);
    let mut router = Router::new();
    for _ in 0..300 {
        let exported = 150.0 - bus.total_watts();
        bus.setpoint = Setpoint::Watts(router.steer(exported));
        bus.run(1);
    }
    // It rises by 30 W in a second from at most 300 to 500 W, and falls as slowly at first: more than 10 s for a turn.
    let switched = bus.nodes[0].switched;
    assert!((2..=2 * 300 / 10).contains(&switched), "{switched}");
}
