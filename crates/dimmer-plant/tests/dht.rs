//! The DHT driver against a simulated DHT11 and DHT22, bit by bit.
#![expect(
    clippy::unwrap_used,
    reason = "a failed step of a test is a failed test"
)]

use std::cell::RefCell;

use dimmer_plant::{Interrupts, Line, LineDelay, LinePin, SimulatedDht};
use dimmer_probe::dht::{Dht, Model, Settings};
use dimmer_probe::{ProbeError, TemperatureProbe};
use embassy_futures::block_on;

const MODELS: [Model; 2] = [Model::Dht11, Model::Dht22];

type SimulatedProbe<'a> =
    Dht<LinePin<'a, SimulatedDht>, LineDelay<'a, SimulatedDht>, LineDelay<'a, SimulatedDht>>;

fn probe(model: Model, line: &RefCell<SimulatedDht>) -> SimulatedProbe<'_> {
    let delay = || LineDelay::new(line);
    Dht::new(
        model,
        LinePin::new(line),
        delay(),
        delay(),
        Settings::default(),
    )
    .unwrap()
}

/// Waits as long as a caller has to, then reads.
fn read(probe: &mut SimulatedProbe<'_>, line: &RefCell<SimulatedDht>) -> Result<i32, ProbeError> {
    line.borrow_mut().pass_ns(2_000_000_000);
    block_on(probe.read())
}

#[test]
fn every_temperature_in_the_range_is_read_as_it_is() {
    for (model, step_tenths) in [(Model::Dht11, 10), (Model::Dht22, 1)] {
        let (minimum, maximum) = model.range_millicelsius();
        let line = RefCell::new(SimulatedDht::new(model, f64::from(minimum) / 1e3));
        let mut probe = probe(model, &line);
        for tenths in (minimum / 100..=maximum / 100).step_by(step_tenths) {
            let celsius = f64::from(tenths) / 10.0;
            line.borrow_mut().surround(celsius, 45.5);
            assert_eq!(read(&mut probe, &line), Ok(tenths * 100));
        }
        assert_eq!(probe.diagnostics().rejected(), 0);
    }
}

#[test]
fn what_is_out_of_range_is_no_temperature() {
    for (model, celsius, humidity, error) in [
        (Model::Dht22, 81.0, 50.0, ProbeError::OutOfRange),
        (Model::Dht22, -41.0, 50.0, ProbeError::OutOfRange),
        (Model::Dht22, 20.0, 101.0, ProbeError::OutOfRange),
        (Model::Dht22, 0.0, 0.0, ProbeError::Checksum),
        (Model::Dht11, 61.0, 50.0, ProbeError::OutOfRange),
        (Model::Dht11, -21.0, 50.0, ProbeError::OutOfRange),
        (Model::Dht11, 0.0, 0.0, ProbeError::Checksum),
    ] {
        let mut simulated = SimulatedDht::new(model, celsius);
        simulated.surround(celsius, humidity);
        let line = RefCell::new(simulated);
        let mut probe = probe(model, &line);
        assert_eq!(read(&mut probe, &line), Err(error), "{model:?} {celsius}");
        assert_eq!(probe.diagnostics().rejected_for(error), 3);
    }
}

#[test]
fn an_absent_and_a_shorted_probe_are_told_apart_and_come_back() {
    for model in MODELS {
        let line = RefCell::new(SimulatedDht::new(model, 21.0));
        let mut probe = probe(model, &line);
        assert_eq!(read(&mut probe, &line), Ok(21_000));
        line.borrow_mut().connect(false);
        assert_eq!(read(&mut probe, &line), Err(ProbeError::Absent));
        line.borrow_mut().connect(true);
        assert_eq!(read(&mut probe, &line), Ok(21_000));
        line.borrow_mut().short(true);
        assert_eq!(read(&mut probe, &line), Err(ProbeError::Shorted));
        line.borrow_mut().short(false);
        assert_eq!(read(&mut probe, &line), Ok(21_000));
    }
}

#[test]
fn a_bit_flipped_anywhere_is_one_retry() {
    for model in MODELS {
        let line = RefCell::new(SimulatedDht::new(model, 21.0));
        let mut probe = probe(model, &line);
        for bit in 0..40 {
            let sent = line.borrow().bits();
            line.borrow_mut().flip_bit(sent + bit);
            assert_eq!(read(&mut probe, &line), Ok(21_000), "{model:?} {bit}");
        }
        assert_eq!(probe.diagnostics().rejected_for(ProbeError::Checksum), 40);
        assert_eq!(probe.diagnostics().rejected(), 40);
    }
}

#[test]
fn a_wait_lengthened_anywhere_is_never_a_wrong_temperature() {
    for model in MODELS {
        let line = RefCell::new(SimulatedDht::new(model, 21.0));
        let mut probe = probe(model, &line);
        let before = line.borrow().delays();
        read(&mut probe, &line).unwrap();
        let delays = line.borrow().delays() - before;
        assert!(delays > 1_000, "{delays}");
        for by_us in [15, 60, 1_000] {
            for delay in (0..delays).step_by(2) {
                let made = line.borrow().delays();
                line.borrow_mut().lengthen_delay(made + delay, by_us);
                assert_eq!(read(&mut probe, &line), Ok(21_000), "{delay} {by_us}");
            }
        }
        assert!(probe.diagnostics().rejected() > 100);
    }
}

#[test]
fn interrupts_at_random_never_give_a_wrong_temperature() {
    for (seed, microseconds) in [(1, 5), (2, 30), (3, 200)] {
        let mut simulated = SimulatedDht::new(Model::Dht22, 21.3);
        simulated.seed(seed);
        simulated.interrupt(Some(Interrupts {
            per_second: 200.0,
            microseconds,
        }));
        let line = RefCell::new(simulated);
        let mut probe = probe(Model::Dht22, &line);
        for _ in 0..200 {
            if let Ok(millicelsius) = read(&mut probe, &line) {
                assert_eq!(millicelsius, 21_300);
            }
        }
        assert!(probe.diagnostics().given() > 100);
    }
}

#[test]
fn a_jump_is_confirmed_before_it_is_believed() {
    let line = RefCell::new(SimulatedDht::new(Model::Dht22, 21.0));
    let mut probe = probe(Model::Dht22, &line);
    assert_eq!(read(&mut probe, &line), Ok(21_000));
    line.borrow_mut().surround(31.5, 50.0);
    assert_eq!(read(&mut probe, &line), Ok(31_500));
    assert_eq!(probe.diagnostics().jumps(), 1);
}
