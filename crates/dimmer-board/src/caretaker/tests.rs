extern crate std;

use super::*;
use crate::{
    Guard, Log,
    bench::{Running, identity, parts},
    kept::tests::{BenchKept, Flash, read_again},
    parked_flash::tests::Gate,
    watchdog::tests::Dog,
};
use core::cell::{Cell, RefCell};
use dimmer_app::{
    FiringDesk, Observer,
    dimmer::{
        Dimmer, FiringReport,
        config::Config,
        phase::MainsStatus,
        safety::{AlarmKind, AlarmSet, Role},
        topics,
    },
    link::{Buffers, Status},
};
use dimmer_clock::VirtualClock;
use dimmer_store::Origin;
use embassy_futures::join::{join, join3};
use std::{boxed::Box, string::String, vec, vec::Vec};

type BenchCaretaker<'a> = Caretaker<'a, &'a Dog, Flash, &'a Gate, fn(&mut [u8])>;

/// A board without settings of its own has a heater of 777 W.
fn first() -> Valid {
    with_heater(777)
}

fn with_heater(watts: u32) -> Valid {
    let mut config = Config::default();
    config.output.rated_watts = watts;
    config.validate().unwrap()
}

/// A caretaker of a board, and what can be seen of it.
struct Bench<'a> {
    clock: &'a VirtualClock,
    care: &'a BenchCaretaker<'a>,
    dog: &'a Dog,
    gate: &'a Gate,
    desk: &'a FiringDesk,
    log: &'static Log,
}

impl Bench<'_> {
    fn said(&self) -> String {
        let (mut said, mut bytes) = (Vec::new(), [0; 64]);
        loop {
            match self.log.take(&mut bytes) {
                0 => return String::from_utf8(said).unwrap(),
                length => said.extend_from_slice(&bytes[..length]),
            }
        }
    }

    fn obey(&self, line: &str) {
        self.care.obey(line, || {});
    }

    fn stored(&self) -> Valid {
        read_again(self.care.kept).config
    }

    fn pass(&self, running: &mut Running<'_>, milliseconds: u64) {
        let end = self.clock.now() + milliseconds * 1_000;
        running.settle();
        while self.clock.now() < end {
            let turn = self.clock.next_wake().map_or(end, |at| at.min(end));
            self.clock.advance_to(turn);
            running.settle();
        }
    }
}

fn on_a_bench_with(flash: Flash, test: impl FnOnce(&Bench<'_>)) {
    let clock = VirtualClock::start();
    let log: &'static Log = Box::leak(Box::new(Log::new()));
    let (gate, dog, desk) = (Gate::default(), Dog::default(), FiringDesk::new());
    let nothing: fn(&mut [u8]) = |_| {};
    let (kept, loaded): (BenchKept<'_>, _) =
        Kept::open(flash, 0..4 * 4096, &gate, nothing).unwrap();
    let config = loaded.settings_or(first);
    let guard = Guard::new(&dog);
    let language = config.language.into();
    let dimmer = Dimmer::new(identity(), config, now()).unwrap();
    let observer = Recorder::new(Console::new(log, &guard), language);
    let app = App::new(dimmer, &desk, observer);
    test(&Bench {
        clock: &clock,
        care: &Caretaker::new(&app, &kept, Medium::Wire, first),
        dog: &dog,
        gate: &gate,
        desk: &desk,
        log,
    });
}

fn on_a_bench(test: impl FnOnce(&Bench<'_>)) {
    on_a_bench_with(Flash::new(4), test);
}

#[test]
fn what_is_typed_is_done_stored_and_told() {
    on_a_bench(|bench| {
        bench.obey("broker 192.168.1.10");
        assert!(bench.said().contains("the settings are stored"));
        assert_eq!(bench.stored().brokers[0].host, "192.168.1.10");
        assert_eq!(bench.care.app.config(), bench.stored());
        bench.obey("broker 192.168.1.10");
        assert!(!bench.said().contains("stored"), "it stands there already");
        bench.obey("broker host:0");
        assert!(bench.said().contains("not taken: "));
        assert_eq!(bench.stored().brokers[0].host, "192.168.1.10");
        bench.obey("off");
        assert_eq!(bench.care.app.state().is_switched_on, Some(false));
        bench.obey("on");
        assert_eq!(bench.care.app.state().is_switched_on, Some(true));
        bench.said();
        let asked = Cell::new(false);
        bench.care.obey("status", || asked.set(true));
        assert!(asked.get() && bench.said().contains("Overview"));
        for unknown in ["help", "wifi home secret123"] {
            bench.obey(unknown);
            assert!(bench.said().contains("forget-password"));
        }
        assert_eq!(bench.dog.restarts.get(), 0);
        bench.obey("restart");
        assert_eq!(bench.dog.restarts.get(), 1);
    });
}

#[test]
fn what_is_to_be_forgotten_is_forgotten_before_the_restart_or_there_is_none() {
    on_a_bench(|bench| {
        bench.obey("broker 192.168.1.10");
        bench.gate.is_deaf.set(true);
        for line in ["erase-settings", "forget-password"] {
            bench.obey(line);
            assert!(bench.said().contains("not "), "{line}");
        }
        bench.obey("broker 192.168.1.11");
        assert!(bench.said().contains("hold until the dimmer starts again"));
        assert_eq!(bench.dog.restarts.get(), 0);
        bench.gate.is_deaf.set(false);
        bench.obey("forget-password");
        assert_eq!(bench.dog.restarts.get(), 1);
        bench.obey("erase-settings");
        assert_eq!(bench.dog.restarts.get(), 2);
        let loaded = read_again(bench.care.kept);
        assert_eq!(loaded.origin, Origin::Nothing);
    });
}

#[test]
fn messages_have_settings_kept_together_read_again_and_the_board_started_again() {
    on_a_bench(|bench| {
        let app = bench.care.app;
        let mut running = Running::new(async {
            bench.care.serve().await;
        });
        let usual = app.config().tunables()[0];
        tune(bench, usual + 1);
        bench.pass(&mut running, 900);
        tune(bench, usual + 2);
        assert!(bench.gate.seen.borrow().is_empty(), "it waits for more");
        bench.pass(&mut running, 200);
        assert_eq!(bench.stored().tunables()[0], usual + 2);
        bench.gate.seen.take();
        bench.pass(&mut running, 1_000);
        assert!(bench.gate.seen.borrow().is_empty(), "it stands there");

        app.configure(with_heater(3_000)).unwrap();
        app.command(topics::Command::Reload).unwrap();
        bench.pass(&mut running, 1);
        assert_eq!(app.config(), bench.stored());
        bench.care.kept.erase().unwrap();
        app.command(topics::Command::Reload).unwrap();
        bench.pass(&mut running, 1);
        assert_eq!(app.config(), first(), "nothing is stored");

        app.command(topics::Command::Restart).unwrap();
        bench.pass(&mut running, 400);
        assert_eq!(bench.dog.restarts.get(), 0, "the answer goes first");
        bench.pass(&mut running, 200);
        assert_eq!(bench.dog.restarts.get(), 1);
    });
}

/// Another value for the first of the settings that messages change.
fn tune(bench: &Bench<'_>, value: i32) {
    let change = topics::Command::Configure { index: 0, value };
    bench.care.app.command(change).unwrap();
}

#[test]
fn a_change_by_message_is_kept_before_every_restart_that_is_asked_for() {
    on_a_bench(|bench| {
        let app = bench.care.app;
        let usual = app.config().tunables()[0];
        let mut restarts = 0;
        let mut restarted = |with: i32| {
            restarts += 1;
            assert_eq!(bench.dog.restarts.get(), restarts);
            assert_eq!(bench.stored().tunables()[0], with);
        };
        tune(bench, usual + 1);
        bench.obey("restart");
        // Nobody had heard of the change yet.
        restarted(usual + 1);

        let mut running = Running::new(async {
            bench.care.serve().await;
        });
        for line in ["restart", "forget-password"] {
            let value = app.config().tunables()[0] + 1;
            tune(bench, value);
            bench.pass(&mut running, 100);
            assert_eq!(bench.stored().tunables()[0], value - 1, "it waits for more");
            bench.obey(line);
            restarted(value);
            bench.pass(&mut running, 1_000);
        }

        let value = app.config().tunables()[0] + 1;
        app.command(topics::Command::Restart).unwrap();
        bench.pass(&mut running, 400);
        tune(bench, value);
        bench.pass(&mut running, 200);
        restarted(value);
    });
}

#[test]
fn a_restart_keeps_nothing_that_nobody_has_changed_or_that_is_to_be_forgotten() {
    on_a_bench(|bench| {
        let is_empty = || read_again(bench.care.kept).origin == Origin::Nothing;
        bench.obey("restart");
        assert!(is_empty());
        tune(bench, bench.care.app.config().tunables()[0] + 1);
        bench.obey("erase-settings");
        assert!(is_empty());
        assert_eq!(bench.dog.restarts.get(), 2);
    });
}

#[test]
fn what_cannot_be_kept_is_told_and_the_restart_is_made() {
    on_a_bench(|bench| {
        bench.gate.is_deaf.set(true);
        tune(bench, bench.care.app.config().tunables()[0] + 1);
        bench.obey("restart");
        assert!(bench.said().contains("hold until the dimmer starts again"));
        assert_eq!(bench.dog.restarts.get(), 1);
    });
}

#[test]
fn damaged_settings_are_not_read_again_until_somebody_has_switched_it_on() {
    on_a_bench_with(Flash::holding(vec![0x55; 4 * 4096]), |bench| {
        let app = bench.care.app;
        app.switch(false);
        let before = app.config();
        let looks = Cell::new(0);
        let mut running = Running::new(async {
            let looked = bench.care.look(|| looks.set(looks.get() + 1));
            join(bench.care.serve(), looked).await;
        });
        bench.pass(&mut running, 990);
        assert_eq!(looks.get(), 4);
        app.command(topics::Command::Reload).unwrap();
        bench.pass(&mut running, 1);
        assert!(bench.said().contains("stays switched off"));
        assert_eq!(app.config(), before);
        assert!(read_again(bench.care.kept).needs_a_person());
        app.switch(true);
        bench.pass(&mut running, 300);
        bench.obey("forget-password");
        assert!(!read_again(bench.care.kept).needs_a_person());
    });
}

#[test]
fn an_alarm_is_kept_as_soon_as_it_is_latched() {
    on_a_bench(|bench| {
        let mut probe = parts(95_000).probe;
        let mut running = Running::new(async {
            let measured = bench.care.app.read(Role::Water, &mut probe);
            join(measured, bench.care.look(|| {})).await;
        });
        bench.pass(&mut running, 10_000);
        let alarms = AlarmSet::EMPTY.with(AlarmKind::WaterOverTemperature);
        assert_eq!(read_again(bench.care.kept).alarms, alarms);
    });
}

#[test]
fn an_alarm_that_was_latched_just_now_is_kept_before_a_restart() {
    on_a_bench(|bench| {
        let mut probe = parts(95_000).probe;
        let mut running = Running::new(async {
            bench.care.app.read(Role::Water, &mut probe).await;
        });
        bench.pass(&mut running, 10_000);
        let kept = || read_again(bench.care.kept).alarms;
        assert_eq!(kept(), AlarmSet::EMPTY);
        bench.obey("restart");
        let alarms = AlarmSet::EMPTY.with(AlarmKind::WaterOverTemperature);
        assert_eq!(kept(), alarms);
    });
}

#[test]
fn a_restart_right_after_an_alarm_could_not_be_kept_tries_once_more_and_says_if_it_fails() {
    let hot = AlarmSet::EMPTY.with(AlarmKind::WaterOverTemperature);
    for (recovers, kept) in [(true, hot), (false, AlarmSet::EMPTY)] {
        on_a_bench(|bench| {
            let mut probe = parts(95_000).probe;
            let mut running = Running::new(async {
                let measured = bench.care.app.read(Role::Water, &mut probe);
                join(measured, bench.care.look(|| {})).await;
            });
            bench.gate.is_deaf.set(true);
            let cannot = || bench.said().contains("the latched alarms cannot be kept");
            // Just after the attempt that fails.
            while !cannot() {
                bench.pass(&mut running, 100);
            }
            bench.gate.is_deaf.set(!recovers);
            bench.obey("restart");
            assert_eq!(cannot(), !recovers);
            assert_eq!(read_again(bench.care.kept).alarms, kept);
            assert_eq!(bench.dog.restarts.get(), 1);
        });
    }
}

#[test]
fn who_has_looked_at_damaged_settings_has_done_so_before_a_restart() {
    on_a_bench_with(Flash::holding(vec![0x55; 4 * 4096]), |bench| {
        bench.care.app.switch(true);
        bench.obey("restart");
        assert!(!read_again(bench.care.kept).needs_a_person());
    });
}

#[test]
fn the_light_is_steady_with_mains_and_broker_and_blinks_without_either() {
    on_a_bench(|bench| {
        let app = bench.care.app;
        let (lit, mains) = (RefCell::new(Vec::new()), Cell::new(MainsState::Locked));
        let (mut parts, mut buffers) = (parts(40_000), Box::new(Buffers::new()));
        let firing_path = async {
            loop {
                let mains = MainsStatus {
                    state: mains.get(),
                    ..MainsStatus::UNKNOWN
                };
                let report = FiringReport {
                    mains,
                    ..FiringReport::UNKNOWN
                };
                bench.desk.report(now(), report);
                Timer::after_millis(100).await;
            }
        };
        let mut running = Running::new(async {
            let services = app.run(&mut parts, &mut buffers);
            let shown = bench.care.show(|on| lit.borrow_mut().push(on));
            join3(services, shown, firing_path).await.2
        });
        let mut seen = || {
            bench.pass(&mut running, 500);
            lit.take();
            bench.pass(&mut running, 1_000);
            lit.take()
        };
        let blinks = |seen: &[bool]| seen.len() == 4 && seen.windows(2).all(|two| two[0] != two[1]);
        assert!(blinks(&seen()), "no broker");
        app.observer().link(Status::Online {
            broker: 0,
            impairment: None,
        });
        assert_eq!(seen(), [true; 4]);
        mains.set(MainsState::Lost);
        assert!(blinks(&seen()), "no mains");
    });
}

#[test]
fn the_page_lets_nobody_in_until_it_is_known_who_may_and_the_board_says_so() {
    on_a_bench_with(Flash::holding(vec![0x55; 4 * 4096]), |bench| {
        bench.care.tell_of_the_page();
        assert!(bench.said().contains("forget-password"));
        assert!(bench.care.kept.credential().is_err());
        bench.obey("forget-password");
        assert_eq!(bench.care.kept.credential(), Ok(None));
        bench.care.tell_of_the_page();
        assert!(!bench.said().contains("lets nobody in"));
    });
}
