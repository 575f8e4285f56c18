//! Several probes on one wire: searched, chosen while everything runs, and told apart.
#![expect(
    clippy::unwrap_used,
    reason = "a failed step of a test is a failed test"
)]

use std::{cell::RefCell, time::Duration};

use dimmer_app::{
    App, FiringDesk, ProbeSearch, SearchStatus, Silent,
    dimmer::{
        Dimmer, Identity,
        config::{Config, Probes, Valid},
        safety::{ProbeFault, Role},
        topics::Command,
    },
    now,
    probe::{
        ProbeError,
        ds18b20::{Ds18b20, OnWire, Settings},
        one_wire::{Choice, RomAddress, Wire},
    },
};
// The clock of embassy-time.
use dimmer_clock as _;
use dimmer_plant::{LineDelay, MachineBus, SimulatedWire};

type Line = RefCell<SimulatedWire>;
type Probe<'a> = Ds18b20<OnWire<'a, MachineBus<'a, SimulatedWire>, LineDelay<'a, SimulatedWire>>>;

const WATER: RomAddress = SimulatedWire::FIRST;
const SINK: RomAddress = SimulatedWire::further(0);
const SPARE: RomAddress = SimulatedWire::further(1);

/// Water of 50 °C, a heat sink of 35 °C, and a probe that lies about.
fn line() -> Line {
    let mut wire = SimulatedWire::new(50.0);
    wire.hang(SINK, 35.0);
    wire.hang(SPARE, 20.0);
    RefCell::new(wire)
}

fn config(change: impl FnOnce(&mut Probes)) -> Valid {
    let mut config = Config::default();
    change(&mut config.probes);
    config.validate().unwrap()
}

fn chosen(probes: &mut Probes) {
    probes.heat_sink = true;
    probes.water_address = WATER.to_string().as_str().try_into().unwrap();
    probes.heat_sink_address = SINK.to_string().as_str().try_into().unwrap();
}

fn app(desk: &FiringDesk, config: Valid) -> App<'_> {
    let identity = Identity {
        id: "a1b2c3d4e5f6".parse().unwrap(),
        model: "Test",
        version: "0",
        boot: 1,
    };
    App::new(Dimmer::new(identity, config, now()).unwrap(), desk, Silent)
}

/// Reads water and heat sink and serves searches, until `then` ends.
async fn while_read(line: &Line, app: &App<'_>, then: impl AsyncFnOnce()) {
    let wire = Wire::over(MachineBus::new(line));
    let probe = || -> Probe<'_> {
        let mut probe = Ds18b20::on(
            &wire,
            LineDelay::new(line),
            Choice::Any,
            Settings::default(),
        );
        dimmer_app::probe::TemperatureProbe::choose(&mut probe, None);
        probe
    };
    let (mut water, mut sink) = (probe(), probe());
    let all = async {
        tokio::select! {
            never = app.read(Role::Water, &mut water) => never,
            never = app.read(Role::HeatSink, &mut sink) => never,
            never = app.serve_probe_search(&wire, LineDelay::new(line)) => never,
            () = then() => {}
        }
    };
    tokio::time::timeout(Duration::from_secs(60), all)
        .await
        .unwrap();
}

async fn until(condition: impl Fn() -> bool) {
    while !condition() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

fn temperatures(app: &App<'_>) -> (Option<i32>, Option<i32>) {
    let overview = app.overview();
    (overview.water_millicelsius, overview.heat_sink_millicelsius)
}

#[tokio::test]
async fn each_role_is_read_from_the_probe_that_was_chosen_for_it() {
    let (desk, line) = (FiringDesk::new(), line());
    let app = app(&desk, config(chosen));
    while_read(&line, &app, async || {
        until(|| temperatures(&app) == (Some(50_000), Some(35_000))).await;
        assert_eq!(app.probe_in_use(Role::Water), Some(WATER));
        assert_eq!(app.probe_in_use(Role::HeatSink), Some(SINK));
        // Another choice, while it runs: from then on that one is read.
        let changed = config(|probes| {
            chosen(probes);
            probes.heat_sink_address = SPARE.to_string().as_str().try_into().unwrap();
        });
        app.configure(changed).unwrap();
        assert_eq!(
            temperatures(&app),
            (Some(50_000), None),
            "what the other one measured is not this one's"
        );
        until(|| temperatures(&app) == (Some(50_000), Some(20_000))).await;
    })
    .await;
}

#[tokio::test]
async fn one_without_an_address_among_several_is_told_in_words_until_it_is_chosen() {
    let (desk, line) = (FiringDesk::new(), line());
    let app = app(&desk, Valid::defaults());
    while_read(&line, &app, async || {
        until(|| app.overview().water_fault == Some(ProbeFault::Several)).await;
        app.configure(config(chosen)).unwrap();
        until(|| temperatures(&app) == (Some(50_000), Some(35_000))).await;
        line.borrow_mut().pull_out(WATER);
        until(|| app.overview().water_fault == Some(ProbeFault::Absent)).await;
        assert_eq!(app.overview().heat_sink_millicelsius, Some(35_000));
    })
    .await;
}

#[tokio::test]
async fn a_search_finds_all_and_looks_at_those_that_nobody_reads() {
    let (desk, line) = (FiringDesk::new(), line());
    let app = app(&desk, config(chosen));
    assert_eq!(app.probe_search(), ProbeSearch::default());
    let refused = app.command(Command::SearchProbes).unwrap_err();
    assert_eq!(refused.kind().as_str(), "not_now", "nobody serves searches");
    while_read(&line, &app, async || {
        until(|| temperatures(&app) == (Some(50_000), Some(35_000))).await;
        assert_eq!(app.probe_search().status, SearchStatus::Never);
        app.command(Command::SearchProbes).unwrap();
        until(|| matches!(app.probe_search().status, SearchStatus::Done(_))).await;
        let mut found: Vec<_> = app
            .probe_search()
            .found()
            .map(|found| (found.address, found.reading))
            .collect();
        found.sort_unstable_by_key(|(address, _)| *address);
        assert_eq!(
            found,
            [(WATER, None), (SINK, None), (SPARE, Some(Ok(20_000)))]
        );
        // One that was plugged in stands there the next time.
        let more = SimulatedWire::further(2);
        line.borrow_mut().hang(more, 21.0);
        app.command(Command::SearchProbes).unwrap();
        let reading = || {
            let search = app.probe_search();
            let mut found = search.found();
            found.find(|found| found.address == more)?.reading
        };
        until(|| reading() == Some(Ok(21_000))).await;
        // Who starts again can still be asked.
        let identity = app.identity();
        app.start_again(Dimmer::new(identity, config(chosen), now()).unwrap());
        app.command(Command::SearchProbes).unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_search_on_a_wire_that_is_held_low_says_so() {
    let (desk, line) = (FiringDesk::new(), line());
    let app = app(&desk, config(chosen));
    while_read(&line, &app, async || {
        line.borrow_mut().apply(dimmer_plant::WireFault::Shorted);
        until(|| app.probe_search().status == SearchStatus::Never).await;
        app.command(Command::SearchProbes).unwrap();
        let failed = || {
            matches!(
                app.probe_search().status,
                SearchStatus::Failed(_, ProbeError::Shorted)
            )
        };
        until(failed).await;
        assert_eq!(app.probe_search().found().count(), 0);
    })
    .await;
}
