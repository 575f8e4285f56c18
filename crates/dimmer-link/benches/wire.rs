//! What the session makes of a bad wire and of a broker that is gone, in virtual time: `cargo xtask bench wire`.
//!
//! A thousand messages of QoS 1 at each loss, by several seeds; and the time from the end of the first broker until the session is
//! online with the second. Everything is simulated and comes out the same on every machine.
#![allow(
    dead_code,
    missing_debug_implementations,
    missing_docs,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "as the tests from which the wire comes; a failed step is a failed bench"
)]

#[path = "../tests/virtual_wire/application.rs"]
mod application;
#[path = "../tests/virtual_wire/broker.rs"]
mod broker;
#[path = "../tests/virtual_wire/house.rs"]
mod house;
#[path = "../tests/virtual_wire/network.rs"]
mod network;
#[path = "../tests/virtual_wire/served.rs"]
mod served;
#[path = "../tests/virtual_wire/wire.rs"]
mod wire;
#[path = "../tests/virtual_wire/world.rs"]
mod world;

use std::rc::Rc;

use application::Sender;
use broker::Broker;
use embassy_time::Instant;
use house::House;
use wire::Faults;

const MESSAGES: u32 = 1_000;
const SEEDS: u64 = 11;
/// Different moments between two signs of life.
const MOMENTS: u64 = 40;

fn main() {
    println!(
        "{MESSAGES} messages of QoS 1 to a broker that answers at once; {SEEDS} seeds; virtual time"
    );
    println!(
        "| flush | loss | median | worst | connections lost, median | worst | acknowledged | twice | sent again, all |"
    );
    println!("|---|---|---|---|---|---|---|---|---|");
    for flush_waits in [false, true] {
        for loss in [0, 10, 20, 30] {
            lossy(loss, flush_waits);
        }
    }
    println!();
    println!(
        "from the end of the first of two brokers to online with the second; {MOMENTS} moments; virtual time"
    );
    println!("| the first broker | median | worst |");
    println!("|---|---|---|");
    failover(
        "is killed: its host answers that nothing listens",
        |broker, _| {
            broker.kill();
        },
    );
    failover("is unplugged: nothing answers", |_, network| {
        network.wire(|wire| wire.cut(1, true));
    });
}

fn lossy(loss: u32, flush_waits: bool) {
    let (mut took, mut lost) = (Vec::new(), Vec::new());
    let (mut acknowledged, mut twice, mut again) = (0, 0, 0);
    for seed in 0..SEEDS {
        let broker = Broker::default();
        let sender = Sender::until_answered(MESSAGES);
        let faults = if loss == 0 {
            Faults::NONE
        } else {
            Faults::losing(loss)
        };
        let house = House::new(seed, faults, &[&broker]);
        house.network.flush_waits(flush_waits);
        took.push(house.run(100_000, &sender));
        lost.push(u64::try_from(sender.causes().len()).unwrap());
        let answers = sender.answers.borrow();
        acknowledged += answers.len();
        twice += answers.values().filter(|answers| answers.len() > 1).count();
        // The farewell came besides.
        again += broker.with(|state| state.at_least_once.len()) - answers.len() - 1;
    }
    let flush = if flush_waits {
        "waits"
    } else {
        "does not wait"
    };
    let (median, worst) = spread(&mut took);
    let (lost_median, lost_worst) = spread(&mut lost);
    println!(
        "| {flush} | {loss} % | {:.1} s | {:.1} s | {lost_median} | {lost_worst} | {acknowledged} of {} | {twice} | {again} |",
        seconds(median),
        seconds(worst),
        u64::from(MESSAGES) * SEEDS,
    );
}

fn failover(what: &str, end: fn(&Broker, &network::Network)) {
    let mut took: Vec<u64> = (0..MOMENTS)
        .map(|moment| {
            // From 20 s on, a quarter of a second apart.
            let at = 20_000_000 + moment * 250_000;
            let brokers = [Broker::default(), Broker::default()];
            let mut house = House::new(moment, Faults::NONE, &[&brokers[0], &brokers[1]]);
            let over = |_: &Sender| Instant::now() >= Instant::from_secs(100);
            let sender = Rc::new(Sender::new(0, Box::new(over)));
            sender.brokers.replace(vec![1, 2]);
            let first = brokers[0].clone();
            house.at_microsecond(at, move |network| end(&first, network));
            let nudged = sender.clone();
            house.at(100, move |_| nudged.nudge());
            house.run(120, &sender);
            let [(_, 0), (online, 1)] = sender.online()[..] else {
                panic!("not from the first to the second")
            };
            online - at
        })
        .collect();
    let (median, worst) = spread(&mut took);
    println!(
        "| {what} | {:.1} s | {:.1} s |",
        seconds(median),
        seconds(worst)
    );
}

fn spread(values: &mut [u64]) -> (u64, u64) {
    values.sort_unstable();
    (values[values.len() / 2], values[values.len() - 1])
}

#[expect(
    clippy::cast_precision_loss,
    reason = "hours in microseconds, for people"
)]
fn seconds(microseconds: u64) -> f64 {
    microseconds as f64 / 1e6
}
