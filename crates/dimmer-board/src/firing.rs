//! The firing path: edges in, half-cycles planned, pulses fed.

use dimmer_app::{
    FiringDesk,
    dimmer::{
        FiringFault, FiringReport, Instant,
        phase::{Edge, Gate, Level, Order, Scheduler, Settings},
    },
    now,
};
use embassy_futures::select::{Either3, select3};
use embassy_time::Timer;

use crate::Hold;

mod fed;

use fed::Fed;

/// For an output that is not used.
const OFF: Order = Order {
    level: Level::OFF,
    valid_until: Instant::from_ticks(0),
};

/// What the firing path of a board works with: where edges come from, and what makes the pulses of its outputs.
pub trait FiringHardware<const OUTPUTS: usize> {
    /// Makes the pulses.
    type Gate: Gate<OUTPUTS>;

    /// Waits for an edge of the zero-cross detector, in the time of [`now`].
    ///
    /// # Cancel safety
    /// An edge that was not handed over is the next one.
    #[expect(
        async_fn_in_trait,
        reason = "the firing path stays in the interrupt in which it began; no Send bound is wanted"
    )]
    async fn edge(&mut self) -> Edge;

    /// Hands over, in order, `first` and the edges that wait behind it, as far as they are to be believed. `is_held`: whether the thread may be writing the flash
    /// just now, when an interrupt stamps late.
    fn take_edges(&mut self, first: Option<Edge>, is_held: bool, take: impl FnMut(Edge));

    /// As many outputs are used, the first ones.
    fn used(&self) -> usize;

    /// What makes the pulses.
    fn gate(&mut self) -> &mut Self::Gate;

    /// Waits, busily, until [`now`] is this moment: the rest of a pulse, before a silence that somebody asked for.
    fn wait_until(&self, at: Instant) {
        while now() < at {
            core::hint::spin_loop();
        }
    }

    /// What the gate needs after it was fed, or was not. A board whose gate needs nothing leaves it at that.
    ///
    /// # Errors
    /// The gate does not do what it is told, and is parked.
    fn tend(&mut self) -> Result<(), <Self::Gate as Gate<OUTPUTS>>::Error> {
        Ok(())
    }
}

/// Plans half-cycles and feeds them to the gate, for ever. To be run above everything that the thread does, in an interrupt.
///
/// It takes the order that is on the `desk` for all outputs that are used, as they are elements of one heater, and leaves its report there. While the `hold` asks for
/// silence it feeds nothing; a pulse that is up then comes to its end first, as a shorter one might not latch the triac.
pub async fn fire<const OUTPUTS: usize>(
    desk: &FiringDesk,
    hold: &Hold,
    mut hardware: impl FiringHardware<OUTPUTS>,
    settings: Settings,
) -> ! {
    let mut scheduler = Scheduler::<OUTPUTS>::new(settings);
    let mut report = FiringReport::UNKNOWN;
    let mut fed = Fed::nothing();
    loop {
        let deadline = scheduler.next_deadline(now()).as_ticks();
        let deadline = Timer::at(embassy_time::Instant::from_micros(deadline));
        let first = match select3(hardware.edge(), deadline, hold.changed()).await {
            Either3::First(edge) => Some(edge),
            Either3::Second(()) | Either3::Third(()) => None,
        };
        let is_held = hold.is_wanted();
        if let Some(settings) = desk.take_settings() {
            scheduler.set_settings(settings);
        }
        // All that wait, before the plan: a mark that is still in the queue would count as missing.
        hardware.take_edges(first, is_held, |edge| scheduler.edge(edge));
        let order = desk.order();
        let used = hardware.used();
        for channel in 0..OUTPUTS {
            // There are so many.
            let _ = scheduler.order(channel, if channel < used { order } else { OFF });
        }
        while let Some(half_cycle) = scheduler.plan(now()) {
            if is_held {
                // Planned, as it would be the next otherwise, and fed to nobody.
                continue;
            }
            let is_fed = hardware.gate().feed(&half_cycle).is_ok();
            if is_fed {
                fed.note(&half_cycle);
            }
            let level = half_cycle.levels.first().copied().unwrap_or(Level::OFF);
            report.fed = if is_fed { level } else { Level::OFF };
            report.fault = (!is_fed).then_some(FiringFault::Gate);
            if !is_fed {
                report.refused = report.refused.saturating_add(1);
                scheduler.refused();
            }
        }
        if hardware.tend().is_err() {
            report.refused = report.refused.saturating_add(fed.ahead(now()));
            fed = Fed::nothing();
            report.fed = Level::OFF;
            report.fault = Some(FiringFault::Gate);
            scheduler.refused();
        }
        if is_held && let Some(end) = fed.up_until(now()) {
            // By now it is known of each pulse that is up whether the marks let it be fired; when they were looked at above, it may not have been.
            hardware.take_edges(None, is_held, |edge| scheduler.edge(edge));
            while scheduler.plan(now()).is_some() {}
            if !scheduler.must_park() {
                hardware.wait_until(end);
            }
        }
        // After the plan, which may be what noticed a loss.
        if is_held || scheduler.must_park() {
            hardware.gate().park();
            // What was fed ahead is gone with it, however short the silence is: what follows begins softly.
            scheduler.refused();
            fed = Fed::nothing();
            report.fed = Level::OFF;
        }
        if is_held {
            // Now the thread goes on, and writes.
            hold.parked();
        }
        report.mains = scheduler.mains().status();
        desk.report(now(), report);
    }
}

#[cfg(test)]
mod tests;
