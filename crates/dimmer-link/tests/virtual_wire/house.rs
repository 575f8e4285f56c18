//! Hosts on one wire, put together and run.

use dimmer_clock::VirtualClock;
use dimmer_link::{Buffers, run};
use embassy_time::{Instant, Timer};

use crate::{
    application::Sender,
    broker::Broker,
    network::{Network, Sockets},
    wire::Faults,
    world::{self, Task},
};

/// Hosts on one wire: the dimmer, and a broker on each other one.
pub struct House {
    pub clock: VirtualClock,
    pub network: Network,
    pub tasks: Vec<Task>,
    seed: u64,
}

impl House {
    pub fn new(seed: u64, faults: Faults, brokers: &[&Broker]) -> Self {
        let clock = VirtualClock::start();
        let network = Network::new(seed, brokers.len() + 1);
        network.wire(|wire| wire.faults = faults);
        let mut tasks = Vec::new();
        for (place, broker) in brokers.iter().enumerate() {
            tasks.extend(broker.tasks(&network, place + 1));
        }
        Self {
            clock,
            network,
            tasks,
            seed,
        }
    }

    /// Does something at a moment, in seconds.
    pub fn at(&mut self, second: u64, act: impl FnOnce(&Network) + 'static) {
        self.at_microsecond(second * 1_000_000, act);
    }

    pub fn at_microsecond(&mut self, at: u64, act: impl FnOnce(&Network) + 'static) {
        let network = self.network.clone();
        self.tasks.push(Box::pin(async move {
            Timer::at(Instant::from_micros(at)).await;
            act(&network);
        }));
    }

    /// Runs the session until the application wants no more. It panics when that takes longer than `limit_s`; gives how long it took,
    /// in microseconds of virtual time.
    pub fn run(self, limit_s: u64, sender: &Sender) -> u64 {
        let _told = Told(self.seed);
        let sockets = Sockets(self.network.clone());
        let mut buffers = Buffers::new();
        let seed = u32::try_from(self.seed & 0xFFFF).unwrap();
        let session = run(&sockets, sender, &mut buffers, seed);
        let ((), took) = world::run(&self.clock, &self.network, limit_s, self.tasks, session);
        took
    }
}

/// Tells the seed when something panics, wherever that is.
struct Told(u64);

impl Drop for Told {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("the seed was {}", self.0);
        }
    }
}
