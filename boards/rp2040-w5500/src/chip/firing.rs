//! The firing path: edges in, half-cycles planned, pulses fed. It runs in an interrupt, above everything that the thread does.

use dimmer_app::{
    FiringDesk,
    dimmer::{
        FiringFault, FiringReport,
        phase::{Gate, Level, Scheduler, Settings},
    },
    now,
};
use embassy_futures::select::{Either, select};
use embassy_time::{Instant, Timer};

use super::machines::Path;

/// The channel of the only output.
const OUTPUT: usize = 0;

#[embassy_executor::task]
pub(super) async fn run(desk: &'static FiringDesk, path: Path, settings: Settings) {
    let Path {
        mut capture,
        stamps,
        mut gate,
    } = path;
    let mut scheduler = Scheduler::<1>::new(settings);
    let mut report = FiringReport::UNKNOWN;
    loop {
        let deadline = Instant::from_micros(scheduler.next_deadline(now()).as_ticks());
        let word = match select(capture.rx().wait_pull(), Timer::at(deadline)).await {
            Either::First(word) => Some(word),
            Either::Second(()) => None,
        };
        if let Some(settings) = desk.take_settings() {
            scheduler.set_settings(settings);
        }
        if let Some(word) = word {
            scheduler.edge(stamps.edge(word, now()));
        }
        // All that wait, before the plan: a mark that is still in the queue would count as missing.
        while let Some(word) = capture.rx().try_pull() {
            scheduler.edge(stamps.edge(word, now()));
        }
        // There is the one channel.
        let ordered = scheduler.order(OUTPUT, desk.order());
        while let Some(half_cycle) = scheduler.plan(now()) {
            let fed = gate.feed(&half_cycle);
            let [level] = half_cycle.levels;
            report.fed = if fed.is_ok() { level } else { Level::OFF };
            report.fault = fed.is_err().then_some(FiringFault::Gate);
            if fed.is_err() {
                report.refused = report.refused.saturating_add(1);
                scheduler.refused();
            }
        }
        // After the plan, which may be what noticed a loss.
        if scheduler.must_park() || ordered.is_err() {
            gate.park();
            report.fed = Level::OFF;
        }
        report.mains = scheduler.mains().status();
        desk.report(now(), report);
    }
}
