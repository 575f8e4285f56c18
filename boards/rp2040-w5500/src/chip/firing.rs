//! The firing path. It runs in an interrupt, above everything that the thread does.

use core::iter;

use dimmer_app::{
    FiringDesk,
    dimmer::phase::{Edge, Settings},
    now,
};
use dimmer_board::{FiringHardware, Hold, fire};
use dimmer_pio::PioGate;

use super::{
    board::OUTPUTS,
    machines::{Machines, Path},
    pads,
};

/// By which the thread has the outputs silent while it writes the flash.
pub(super) static HOLD: Hold = Hold::new();

#[embassy_executor::task]
pub(super) async fn run(desk: &'static FiringDesk, path: Path, settings: Settings) {
    fire(desk, &HOLD, path, settings).await
}

impl FiringHardware<OUTPUTS> for Path {
    type Gate = PioGate<Machines, OUTPUTS>;

    async fn edge(&mut self) -> Edge {
        let word = self.capture.rx().wait_pull().await;
        self.stamps.edge(word, now())
    }

    // The capture's machine stamps whatever the processor does.
    fn take_edges(&mut self, first: Option<Edge>, _is_held: bool, take: impl FnMut(Edge)) {
        let queue = self.capture.rx();
        let behind = iter::from_fn(|| Some(self.stamps.edge(queue.try_pull()?, now())));
        first.into_iter().chain(behind).for_each(take);
    }

    fn used(&self) -> usize {
        pads::used()
    }

    fn gate(&mut self) -> &mut Self::Gate {
        &mut self.gate
    }
}
