//! What follows a pause begins with half the power, whatever the pause was.

#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "in a test that is how it fails"
)]

use dimmer_phase::{Edge, EdgeKind, Instant, Level, MainsState, Order, Scheduler, Settings, Slot};

const FOREVER: Instant = Instant::from_ticks(u64::MAX);

/// A scheduler of two channels on clean 50 Hz mains, with a gate that takes everything or refuses.
struct Bench {
    scheduler: Scheduler<2>,
    crossing: u64,
    refuses: bool,
}

impl Bench {
    fn new(settings: Settings) -> Self {
        let mut bench = Self {
            scheduler: Scheduler::new(settings),
            crossing: 0,
            refuses: false,
        };
        let _ = bench.pass(30);
        assert_eq!(bench.scheduler.mains().status().state, MainsState::Locked);
        bench
    }

    /// Ordered to be on since long, so that nothing is soft any more.
    fn steady(settings: Settings) -> Self {
        let mut bench = Self::new(settings);
        bench.order(0, 10_000, FOREVER);
        bench.order(1, 8_000, FOREVER);
        let levels = bench.pass(20);
        assert_eq!(levels.last(), Some(&[10_000, 8_000]));
        bench
    }

    fn order(&mut self, channel: usize, centipercent: u16, valid_until: Instant) {
        let level = Level::from_centipercent(centipercent).unwrap();
        let order = Order { level, valid_until };
        self.scheduler.order(channel, order).unwrap();
    }

    fn now(&self) -> Instant {
        Instant::from_ticks(self.crossing * 10_000 + 5_100)
    }

    /// So many crossings more; gives the levels of what was fed, in centipercent, 0 for a slot without a pulse.
    fn pass(&mut self, crossings: u64) -> Vec<[u16; 2]> {
        let mut levels = Vec::new();
        for _ in 0..crossings {
            self.crossing += 1;
            for (by, kind) in [(-60, EdgeKind::Rising), (60, EdgeKind::Falling)] {
                let at = (self.crossing * 10_000).saturating_add_signed(by);
                self.scheduler.edge(Edge {
                    at: Instant::from_ticks(at),
                    kind,
                });
            }
            levels.extend(self.service());
        }
        levels
    }

    /// So many crossings of which the detector says nothing.
    fn pass_in_silence(&mut self, crossings: u64) -> Vec<[u16; 2]> {
        let mut levels = Vec::new();
        for _ in 0..crossings {
            self.crossing += 1;
            levels.extend(self.service());
        }
        levels
    }

    fn service(&mut self) -> Vec<[u16; 2]> {
        let mut levels = Vec::new();
        let now = self.now();
        let _ = self.scheduler.must_park();
        while let Some(half_cycle) = self.scheduler.plan(now) {
            if self.refuses {
                self.scheduler.refused();
                continue;
            }
            let mut given = half_cycle.levels.map(Level::centipercent);
            for (level, slot) in given.iter_mut().zip(half_cycle.slots) {
                if slot == Slot::Skip {
                    *level = 0;
                }
            }
            levels.push(given);
        }
        levels
    }
}

fn of<const CHANNEL: usize>(levels: &[[u16; 2]]) -> Vec<u16> {
    levels.iter().map(|given| given[CHANNEL]).collect()
}

#[test]
fn the_first_order_begins_with_one_soft_half_cycle_of_each_polarity() {
    let mut bench = Bench::new(Settings::default());
    bench.order(0, 10_000, FOREVER);
    assert_eq!(of::<0>(&bench.pass(4)), [5_000, 5_000, 10_000, 10_000]);
}

#[test]
fn a_level_of_half_the_power_or_less_is_given_at_once() {
    let mut bench = Bench::new(Settings::default());
    bench.order(0, 5_000, FOREVER);
    bench.order(1, 1_200, FOREVER);
    assert_eq!(bench.pass(3), [[5_000, 1_200]; 3]);
}

#[test]
fn an_order_that_was_off_or_ran_out_begins_softly_and_the_other_channel_goes_on() {
    let mut bench = Bench::steady(Settings::default());
    bench.order(0, 0, FOREVER);
    assert_eq!(bench.pass(1), [[0, 8_000]]);
    bench.order(0, 10_000, FOREVER);
    assert_eq!(
        bench.pass(3),
        [[5_000, 8_000], [5_000, 8_000], [10_000, 8_000]]
    );
    // An order that runs out is renewed one half-cycle too late.
    let soon = Instant::from_ticks(bench.now().as_ticks() + 25_000);
    bench.order(0, 10_000, soon);
    let levels = of::<0>(&bench.pass(2));
    assert_eq!(levels.last(), Some(&0), "{levels:?}");
    bench.order(0, 10_000, FOREVER);
    assert_eq!(of::<0>(&bench.pass(3)), [5_000, 5_000, 10_000]);
}

#[test]
fn a_level_too_low_to_fire_is_a_pause() {
    let mut bench = Bench::steady(Settings::default());
    bench.order(0, 1, FOREVER);
    assert_eq!(of::<0>(&bench.pass(2)), [0, 0]);
    bench.order(0, 10_000, FOREVER);
    assert_eq!(of::<0>(&bench.pass(3)), [5_000, 5_000, 10_000]);
}

#[test]
fn a_gate_that_refused_is_a_pause_of_every_channel() {
    let mut bench = Bench::steady(Settings::default());
    bench.refuses = true;
    assert!(bench.pass(1).is_empty());
    bench.refuses = false;
    assert_eq!(
        bench.pass(3),
        [[5_000, 5_000], [5_000, 5_000], [10_000, 8_000]]
    );
}

#[test]
fn mains_that_was_away_begins_softly() {
    let mut bench = Bench::steady(Settings::default());
    let coasted = bench.pass_in_silence(40);
    assert!(coasted.len() < 10, "{coasted:?}");
    let levels = of::<0>(&bench.pass(80));
    assert_eq!(levels[..3], [5_000, 5_000, 10_000], "{levels:?}");
}

#[test]
fn a_half_cycle_that_was_parked_for_want_of_its_mark_is_a_pause() {
    let mut bench = Bench::steady(Settings {
        coast_half_cycles: 0,
        ..Settings::default()
    });
    let _ = bench.pass_in_silence(1);
    let levels = of::<0>(&bench.pass(20));
    let first_full = levels.iter().position(|level| *level == 10_000);
    assert_eq!(first_full, Some(2), "{levels:?}");
}

#[test]
fn a_service_that_came_late_and_left_a_half_cycle_out_is_a_pause() {
    let mut bench = Bench::steady(Settings::default());
    for crossing in bench.crossing + 1..=bench.crossing + 3 {
        for (by, kind) in [(-60, EdgeKind::Rising), (60, EdgeKind::Falling)] {
            let at = Instant::from_ticks((crossing * 10_000).saturating_add_signed(by));
            bench.scheduler.edge(Edge { at, kind });
        }
    }
    bench.crossing += 3;
    let levels = of::<0>(&bench.service());
    assert_eq!(levels.first(), Some(&5_000));
}

#[test]
fn it_lasts_as_long_as_the_settings_say() {
    for half_cycles in [0, 1, 7] {
        let mut bench = Bench::new(Settings {
            soft_start_half_cycles: half_cycles,
            ..Settings::default()
        });
        bench.order(0, 10_000, FOREVER);
        let levels = of::<0>(&bench.pass(20));
        let soft = levels.iter().filter(|level| **level == 5_000).count();
        assert_eq!(soft, usize::from(half_cycles), "{levels:?}");
        assert!(levels[soft..].iter().all(|level| *level == 10_000));
    }
}

#[test]
fn a_clock_that_went_back_for_less_than_a_restart_is_a_pause() {
    let mut bench = Bench::steady(Settings::default());
    bench.crossing -= 30;
    let waiting = bench.pass(30);
    let levels = of::<0>(&[waiting, bench.pass(10)].concat());
    assert_eq!(levels.first(), Some(&5_000), "{levels:?}");
}
