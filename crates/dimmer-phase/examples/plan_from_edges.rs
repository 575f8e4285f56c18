//! Feeds a detector's edges and prints what is planned.
//!
//! `cargo run -p dimmer-phase --example plan_from_edges`

use dimmer_phase::{
    Edge, EdgeKind, Instant, Level, MainsState, NoSuchChannel, Order, Scheduler, Settings, Slot,
};

/// The middles of the detector's pulses in µs: 50 Hz mains with some jitter, one pulse missing, and one
/// that is noise.
fn pulses() -> impl Iterator<Item = u64> {
    const JITTER: [u64; 7] = [3, 1, 6, 0, 4, 2, 5];
    (1..=26)
        .zip(JITTER.into_iter().cycle())
        .filter(|(crossing, _)| *crossing != 21)
        .flat_map(|(crossing, jitter)| {
            let noise = (crossing == 23).then_some(233_400);
            [Some(crossing * 10_000 + jitter), noise]
        })
        .flatten()
}

fn main() -> Result<(), NoSuchChannel> {
    let mut scheduler = Scheduler::<1>::new(Settings::default());
    let level = Level::saturating_from_centipercent(4_250);
    scheduler.order(
        0,
        Order {
            level,
            valid_until: Instant::from_ticks(1_000_000),
        },
    )?;

    let mut pulses = pulses().peekable();
    let mut now = Instant::from_ticks(0);
    let mut state = MainsState::Acquiring;
    while now < Instant::from_ticks(270_000) {
        // A board waits for an edge or for this deadline, whichever is first.
        let deadline = scheduler.next_deadline(now);
        if let Some(middle) = pulses.next_if(|middle| middle + 60 <= deadline.as_ticks()) {
            scheduler.edge(Edge {
                at: Instant::from_ticks(middle - 60),
                kind: EdgeKind::Rising,
            });
            scheduler.edge(Edge {
                at: Instant::from_ticks(middle + 60),
                kind: EdgeKind::Falling,
            });
            now = Instant::from_ticks(middle + 60);
        } else {
            now = deadline;
        }
        while let Some(half_cycle) = scheduler.plan(now) {
            let start = half_cycle.start.as_ticks();
            match half_cycle.slots {
                [Slot::Fire { delay, width }] => println!(
                    "{:>8} µs: {:?} half-cycle from {start} µs, {} µs long: fire after {} µs for {} µs",
                    now.as_ticks(),
                    half_cycle.polarity,
                    half_cycle.half_period.as_ticks(),
                    delay.as_ticks(),
                    width.as_ticks()
                ),
                [Slot::Skip] => {
                    println!("{:>8} µs: half-cycle from {start} µs: skip", now.as_ticks());
                }
            }
        }
        // After the plan, which may be what noticed a loss.
        if scheduler.must_park() {
            // Here a board calls `gate.park()`.
        }
        let status = scheduler.mains().status();
        if status.state != state {
            state = status.state;
            println!("{:>8} µs: {status:?}", now.as_ticks());
        }
    }
    Ok(())
}
