extern crate std;

use super::*;
use crate::bench::{Running, identity, parts};
use core::cell::{Cell, RefCell};
use dimmer_app::{
    App,
    dimmer::{
        Dimmer, Duration,
        config::Config,
        phase::{HalfCycle, MainsState, Slot},
        topics::{Command, PowerCommand, Setpoint},
    },
    link::Buffers,
};
use dimmer_clock::VirtualClock;
use dimmer_plant::{Plant, PlantSettings};
use embassy_futures::join::join;
use embassy_sync::{blocking_mutex::raw::NoopRawMutex, channel::Channel};
use std::{boxed::Box, vec::Vec};

/// Edges that wait, and a gate that notes what it is told.
struct Chip {
    edges: Channel<NoopRawMutex, Edge, 16>,
    used: Cell<usize>,
    fed: RefCell<Vec<HalfCycle<2>>>,
    parked: Cell<u32>,
    /// Until when it was waited, busily.
    waited: RefCell<Vec<Instant>>,
    is_full: Cell<bool>,
    is_stuck: Cell<bool>,
    /// Of each turn that took edges.
    was_held: RefCell<Vec<bool>>,
}

struct Refused;

impl Gate<2> for &Chip {
    type Error = Refused;

    fn feed(&mut self, half_cycle: &HalfCycle<2>) -> Result<(), Refused> {
        assert!(half_cycle.start > now(), "fed ahead");
        if self.is_full.get() {
            return Err(Refused);
        }
        self.fed.borrow_mut().push(*half_cycle);
        Ok(())
    }

    fn park(&mut self) {
        self.parked.set(self.parked.get() + 1);
    }
}

struct Hardware<'a>(&'a Chip);

impl<'a> FiringHardware<2> for Hardware<'a> {
    type Gate = &'a Chip;

    async fn edge(&mut self) -> Edge {
        self.0.edges.receive().await
    }

    fn take_edges(&mut self, first: Option<Edge>, is_held: bool, take: impl FnMut(Edge)) {
        self.0.was_held.borrow_mut().push(is_held);
        let behind = core::iter::from_fn(|| self.0.edges.try_receive().ok());
        first.into_iter().chain(behind).for_each(take);
    }

    fn used(&self) -> usize {
        self.0.used.get()
    }

    fn gate(&mut self) -> &mut Self::Gate {
        &mut self.0
    }

    fn wait_until(&self, at: Instant) {
        self.0.waited.borrow_mut().push(at);
    }

    fn tend(&mut self) -> Result<(), Refused> {
        match self.0.is_stuck.get() {
            true => Err(Refused),
            false => Ok(()),
        }
    }
}

/// A dimmer on simulated mains, in virtual time.
struct Bench<'a> {
    clock: VirtualClock,
    plant: Plant,
    chip: &'a Chip,
    desk: &'a FiringDesk,
    hold: &'a Hold,
    app: &'a App<'a>,
    running: Running<'a>,
}

impl Bench<'_> {
    /// Lets time pass, with the edges of the mains in it.
    fn pass(&mut self, milliseconds: u64) {
        self.pass_microseconds(milliseconds * 1_000);
    }

    fn pass_microseconds(&mut self, microseconds: u64) {
        let end = self.clock.now() + microseconds;
        self.running.settle();
        while self.clock.now() < end {
            let turn = self.clock.next_wake().map_or(end, |at| at.min(end));
            let edge = self.plant.next_edge(Instant::from_ticks(turn));
            self.clock
                .advance_to(edge.map_or(turn, |edge| edge.at.as_ticks()));
            if let Some(edge) = edge {
                self.chip.edges.try_send(edge).unwrap();
            }
            self.running.settle();
        }
    }

    fn set_power(&self, centipercent: i32) {
        let power = PowerCommand::Setpoint(Setpoint::Centipercent(centipercent));
        self.app.command(Command::Power(power)).unwrap();
    }

    /// At full power, and what was fed so far forgotten.
    fn warm_up(&mut self) {
        self.pass(1_000);
        self.set_power(10_000);
        self.pass(2_000);
        self.chip.fed.take();
    }

    fn report(&self) -> FiringReport {
        self.desk.firing(now())
    }
}

fn level(centipercent: u16) -> Level {
    Level::saturating_from_centipercent(centipercent)
}

fn on_a_bench(test: impl FnOnce(&mut Bench<'_>)) {
    let clock = VirtualClock::start();
    let chip = Chip {
        edges: Channel::new(),
        used: Cell::new(2),
        fed: RefCell::default(),
        parked: Cell::default(),
        waited: RefCell::default(),
        is_full: Cell::default(),
        is_stuck: Cell::default(),
        was_held: RefCell::default(),
    };
    let (desk, hold) = (FiringDesk::new(), Hold::new());
    let config = Config::default().validate().unwrap();
    let mains = config.mains;
    let dimmer = Dimmer::new(identity(), config, now()).unwrap();
    let app = App::new(dimmer, &desk, dimmer_app::Silent);
    let mut parts = parts(40_000);
    let mut buffers = Box::new(Buffers::new());
    let running = async {
        let control = app.run(&mut parts, &mut buffers);
        join(control, fire(&desk, &hold, Hardware(&chip), mains)).await;
    };
    test(&mut Bench {
        clock,
        plant: Plant::new(PlantSettings::default()).unwrap(),
        chip: &chip,
        desk: &desk,
        hold: &hold,
        app: &app,
        running: Running::new(running),
    });
}

#[test]
fn each_half_cycle_is_fed_once_and_ahead_at_the_power_that_is_ordered() {
    on_a_bench(|bench| {
        bench.pass(1_000);
        assert_eq!(bench.report().mains.state, MainsState::Locked);
        assert_eq!(bench.report().fed, Level::OFF);
        bench.chip.fed.take();
        bench.set_power(4_250);
        bench.pass(2_000);
        let fed = bench.chip.fed.take();
        assert!((199..=201).contains(&fed.len()), "{}", fed.len());
        for pair in fed.windows(2) {
            let apart = (pair[1].start - pair[0].start).as_ticks();
            assert!((9_900..=10_100).contains(&apart), "{apart} us");
        }
        let last = fed.last().unwrap();
        assert_eq!(last.levels, [level(4_250); 2]);
        assert!(matches!(last.slots, [Slot::Fire { .. }, Slot::Fire { .. }]));
        let report = bench.report();
        assert_eq!((report.fed, report.refused), (level(4_250), 0));
        assert_eq!(report.fault, None);
    });
}

#[test]
fn an_output_that_is_not_used_is_fed_nothing() {
    on_a_bench(|bench| {
        bench.chip.used.set(1);
        bench.warm_up();
        bench.pass(100);
        let fed = bench.chip.fed.take();
        assert!(fed.len() > 5);
        for half_cycle in fed {
            assert_eq!(half_cycle.levels, [Level::FULL, Level::OFF]);
            assert_eq!(half_cycle.slots[1], Slot::Skip);
        }
        bench.chip.used.set(2);
        bench.pass(2_000);
        let fed = bench.chip.fed.take();
        assert_eq!(fed.last().unwrap().levels, [Level::FULL; 2]);
    });
}

#[test]
fn who_asks_for_silence_has_it_at_once_and_afterwards_it_begins_softly() {
    on_a_bench(|bench| {
        bench.warm_up();
        assert_eq!(bench.report().fed, Level::FULL);
        let parked = bench.chip.parked.get();
        bench.hold.begin();
        bench.chip.was_held.take();
        bench.running.settle();
        assert_eq!(bench.chip.parked.get(), parked + 1);
        assert_eq!(bench.chip.was_held.take(), [true]);
        bench.pass(300);
        assert!(bench.chip.fed.borrow().is_empty());
        assert_eq!(bench.report().fed, Level::OFF);
        bench.hold.end();
        bench.pass(2_000);
        let fed = bench.chip.fed.take();
        assert!(fed[0].levels[0] < Level::FULL, "{:?}", fed[0].levels);
        assert_eq!(bench.report().fed, Level::FULL);
        assert_eq!(bench.report().refused, 0, "a hold is no fault");
    });
}

#[test]
fn after_the_shortest_silence_it_begins_softly_too() {
    on_a_bench(|bench| {
        bench.warm_up();
        // At each part of a half-cycle. What was fed ahead is thrown away, however soon it goes on.
        for _ in 0..80 {
            bench.pass_microseconds(500_125);
            assert_eq!(bench.report().fed, Level::FULL);
            bench.hold.begin();
            bench.running.settle();
            bench.hold.end();
            bench.chip.fed.take();
            bench.pass(15);
            let fed = bench.chip.fed.take();
            assert!(fed[0].levels[0] < Level::FULL, "{:?}", fed[0].levels);
        }
    });
}

#[test]
fn a_silence_cuts_no_pulse_short() {
    on_a_bench(|bench| {
        bench.warm_up();
        bench.set_power(5_000);
        bench.pass(2_000);
        let (mut within, mut between) = (0, 0);
        // It is asked for at each part of a half-cycle.
        for _ in 0..400 {
            bench.pass_microseconds(100_025);
            let now = now();
            let up = bench.chip.fed.take().iter().find_map(|half_cycle| {
                let Slot::Fire { delay, width } = half_cycle.slots[0] else {
                    return None;
                };
                let on = half_cycle.start + delay;
                (on <= now && now < on + width).then_some(on + width)
            });
            let parked = bench.chip.parked.get();
            bench.hold.begin();
            bench.running.settle();
            assert_eq!(bench.chip.parked.get(), parked + 1, "in the same turn");
            let waited = bench.chip.waited.take();
            if let Some(off) = up {
                within += 1;
                assert!(waited.len() == 1 && waited[0] > off, "{waited:?} {off:?}");
            } else {
                between += u32::from(waited.is_empty());
            }
            bench.hold.end();
        }
        assert!(within > 2 && between > 350, "{within}, {between}");
    });
}

#[test]
fn a_pulse_that_rises_is_waited_for_only_where_the_marks_let_it_be_fired() {
    const AHEAD: Duration = Duration::from_ticks(3_000);
    for has_its_mark in [true, false] {
        on_a_bench(|bench| {
            bench.warm_up();
            // Until the detector counts as one that misses none.
            bench.pass(8_000);
            let mut pulses = bench.chip.fed.take().into_iter();
            let on = pulses.find_map(|half_cycle| match half_cycle.slots[0] {
                Slot::Fire { delay, .. } => {
                    Some(half_cycle.start + delay).filter(|on| *on > now() + AHEAD + AHEAD)
                }
                Slot::Skip => None,
            });
            let about = on.unwrap().as_ticks() - 5;
            let before_its_mark = about - AHEAD.as_ticks();
            bench.pass_microseconds(before_its_mark - bench.clock.now());
            if has_its_mark {
                bench.pass_microseconds(about - bench.clock.now());
            } else {
                bench.clock.advance_to(about);
            }
            let parked = bench.chip.parked.get();
            bench.hold.begin();
            bench.running.settle();
            assert!(bench.chip.parked.get() > parked);
            assert_eq!(!bench.chip.waited.take().is_empty(), has_its_mark);
        });
    }
}

#[test]
fn a_half_cycle_that_the_gate_refuses_is_counted_and_told_until_it_takes_one() {
    on_a_bench(|bench| {
        bench.warm_up();
        bench.chip.is_full.set(true);
        bench.pass(100);
        let report = bench.report();
        assert!((9..=11).contains(&report.refused), "{}", report.refused);
        assert_eq!(report.fault, Some(FiringFault::Gate));
        assert_eq!(report.fed, Level::OFF);
        bench.chip.is_full.set(false);
        bench.pass(2_000);
        let after = bench.report();
        assert_eq!((after.fault, after.fed), (None, Level::FULL));
        assert_eq!(after.refused, report.refused);
    });
}

#[test]
fn a_gate_that_does_not_do_what_it_is_told_is_a_fault_although_it_is_fed() {
    on_a_bench(|bench| {
        bench.warm_up();
        bench.chip.is_stuck.set(true);
        bench.pass(100);
        let report = bench.report();
        assert_eq!(report.fault, Some(FiringFault::Gate));
        assert_eq!(report.fed, Level::OFF, "it is parked");
        assert!((9..=11).contains(&report.refused), "{}", report.refused);
        bench.chip.is_stuck.set(false);
        bench.pass(2_000);
        assert_eq!(bench.report().fault, None);
    });
}

#[test]
fn what_was_fed_ahead_is_counted_as_lost_when_the_gate_fails_later() {
    on_a_bench(|bench| {
        bench.warm_up();
        bench.chip.is_stuck.set(true);
        // A turn that feeds nothing: somebody wanted silence, and does not any more.
        bench.hold.begin();
        bench.hold.end();
        bench.running.settle();
        bench.chip.is_stuck.set(false);
        assert!(bench.chip.fed.borrow().is_empty());
        assert_eq!(bench.report().fault, Some(FiringFault::Gate));
        let lost = bench.report().refused as usize;
        assert!((1..=2).contains(&lost), "{lost}");
        bench.pass(2_000);
        assert_eq!(bench.report().refused as usize, lost);
    });
}

#[test]
fn without_mains_the_gate_is_parked_and_the_order_taken_back() {
    on_a_bench(|bench| {
        bench.warm_up();
        let parked = bench.chip.parked.get();
        bench.plant.switch_mains(false);
        bench.pass(500);
        assert!(bench.chip.parked.get() > parked);
        assert_eq!(bench.report().fed, Level::OFF);
        assert_ne!(bench.report().mains.state, MainsState::Locked);
        bench.chip.fed.take();
        bench.pass(500);
        assert!(bench.chip.fed.borrow().is_empty());
    });
}

#[test]
fn other_settings_of_the_mains_hold_from_the_next_half_cycle_on() {
    on_a_bench(|bench| {
        bench.warm_up();
        let mut config = bench.app.config().into_inner();
        let width_us = config.mains.gate_pulse_us + 40;
        config.mains.gate_pulse_us = width_us;
        bench.app.configure(config.validate().unwrap()).unwrap();
        bench.pass(2_000);
        let last = bench.chip.fed.borrow().last().copied().unwrap();
        match last.slots[0] {
            Slot::Fire { width, .. } => assert_eq!(width.as_ticks(), u64::from(width_us)),
            Slot::Skip => panic!("full power fires"),
        }
    });
}
