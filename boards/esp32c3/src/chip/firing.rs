//! The firing path. It runs in an interrupt above Wi-Fi's and everything that the threads do. What wakes it at a deadline, the operating system's timer, is an interrupt no higher
//! than Wi-Fi's: a deadline may come late, an edge does not.

use core::{
    iter,
    sync::atomic::{AtomicU8, Ordering},
};

use dimmer_app::{
    FiringDesk,
    dimmer::phase::{Edge, Settings},
};
use dimmer_board::{FiringHardware, Hold, fire};
use dimmer_rmt::{FeedError, RmtGate, Unstamped};

use super::{board::OUTPUTS, edges::EDGES, transmitters::Rmts};

/// By which the thread has the outputs silent while it writes the flash.
pub(super) static HOLD: Hold = Hold::new();

/// How many of the outputs are used, the first ones.
pub(super) static USED: AtomicU8 = AtomicU8::new(0);

#[embassy_executor::task]
pub(super) async fn run(desk: &'static FiringDesk, transmitters: Rmts, settings: Settings) {
    let path = Path {
        gate: RmtGate::new(transmitters),
        unstamped: Unstamped::new(),
    };
    fire(desk, &HOLD, path, settings).await
}

struct Path {
    gate: RmtGate<Rmts, OUTPUTS>,
    unstamped: Unstamped,
}

impl FiringHardware<OUTPUTS> for Path {
    type Gate = RmtGate<Rmts, OUTPUTS>;

    async fn edge(&mut self) -> Edge {
        EDGES.receive().await
    }

    fn take_edges(&mut self, first: Option<Edge>, is_held: bool, take: impl FnMut(Edge)) {
        let mut turn = self.unstamped.turn(is_held);
        let behind = iter::from_fn(|| EDGES.try_receive().ok());
        let waiting = first.into_iter().chain(behind);
        waiting.filter(|_| turn.believes()).for_each(take);
    }

    fn used(&self) -> usize {
        USED.load(Ordering::Relaxed).into()
    }

    fn gate(&mut self) -> &mut Self::Gate {
        &mut self.gate
    }

    fn tend(&mut self) -> Result<(), FeedError> {
        self.gate.tend()
    }
}
