//! The real driver against simulated devices, bit by bit.
#![expect(
    clippy::unwrap_used,
    reason = "a failed step of a test is a failed test"
)]

use std::cell::RefCell;
use std::pin::pin;
use std::task::{Context, Waker};

use dimmer_plant::{Interrupts, LineDelay, LinePin, SimulatedWire, Timing, WireFault};
use dimmer_probe::ds18b20::{Ds18b20, OnWire, Resolution, ScratchpadSource, Settings};
use dimmer_probe::one_wire::{Choice, PinBus, RomAddress, Wire};
use dimmer_probe::{Diagnostics, ProbeError, TemperatureProbe};
use embassy_futures::block_on;

type SimulatedBus<'a> = Wire<PinBus<LinePin<'a, SimulatedWire>, LineDelay<'a, SimulatedWire>>>;

fn bus(line: &RefCell<SimulatedWire>) -> SimulatedBus<'_> {
    Wire::new(LinePin::new(line), LineDelay::new(line)).unwrap()
}

/// Reads once for each step, which is made before the reading.
fn outcomes(
    line: SimulatedWire,
    choice: Choice,
    steps: &[&dyn Fn(&mut SimulatedWire)],
) -> Vec<Result<i32, ProbeError>> {
    let line = RefCell::new(line);
    let bus = bus(&line);
    let mut probe = Ds18b20::on(&bus, LineDelay::new(&line), choice, Settings::default());
    steps
        .iter()
        .map(|step| {
            step(&mut line.borrow_mut());
            block_on(probe.read())
        })
        .collect()
}

fn nothing(_: &mut SimulatedWire) {}

fn addresses(count: u64) -> Vec<RomAddress> {
    // Serial numbers that differ in many places, and in one.
    let serial = |index: u64| index.wrapping_mul(0x9E37_79B9_7F4A) ^ (index % 2);
    (0..count)
        .map(|index| RomAddress::new(0x28, serial(index)))
        .collect()
}

#[test]
fn every_temperature_is_read_as_it_is_at_every_resolution() {
    for (resolution, step) in [
        (Resolution::Bits9, 500),
        (Resolution::Bits10, 250),
        (Resolution::Bits11, 125),
        (Resolution::Bits12, 62),
    ] {
        let line = RefCell::new(SimulatedWire::new(0.0));
        let bus = bus(&line);
        let settings = Settings {
            resolution,
            maximum_jump_millicelsius: u32::MAX,
            ..Settings::default()
        };
        let mut probe = Ds18b20::on(&bus, LineDelay::new(&line), Choice::Any, settings);
        for millicelsius in (-55_000..=125_000).step_by(1_250) {
            // 85 °C is believed beside its neighbour at 84 °C.
            if millicelsius == 85_000 {
                line.borrow_mut().surround(84.0);
                block_on(probe.read()).unwrap();
            }
            line.borrow_mut().surround(f64::from(millicelsius) / 1e3);
            let read = block_on(probe.read()).unwrap();
            assert!(
                read.abs_diff(millicelsius) <= step,
                "{read} {millicelsius} {resolution:?}"
            );
        }
        assert_eq!(probe.diagnostics().rejected(), 0);
        assert_eq!(line.borrow().violations(), 0);
    }
}

#[test]
fn a_reading_takes_the_conversion_and_not_much_more() {
    for resolution in [Resolution::Bits9, Resolution::Bits12] {
        let line = RefCell::new(SimulatedWire::new(20.0));
        let bus = bus(&line);
        let settings = Settings {
            resolution,
            ..Settings::default()
        };
        let mut probe = Ds18b20::on(&bus, LineDelay::new(&line), Choice::Any, settings);
        block_on(probe.read()).unwrap();
        let start = line.borrow().now();
        block_on(probe.read()).unwrap();
        let took_us = (line.borrow().now() - start).as_ticks();
        let conversion_us = u64::from(resolution.conversion_us());
        assert!(
            (conversion_us..conversion_us + 32_000).contains(&took_us),
            "{took_us}"
        );
    }
}

#[test]
fn nothing_else_of_the_executor_waits_for_more_than_one_transaction() {
    let line = RefCell::new(SimulatedWire::new(20.0));
    let bus = bus(&line);
    let settings = Settings {
        resolution: Resolution::Bits11,
        ..Settings::default()
    };
    let mut probe = Ds18b20::on(&bus, LineDelay::new(&line), Choice::Any, settings);
    let mut longest_slots = 0;
    for fault in [None, Some(WireFault::Swapped)] {
        if let Some(fault) = fault {
            line.borrow_mut().apply(fault);
        }
        let mut reading = pin!(probe.read());
        let mut context = Context::from_waker(Waker::noop());
        loop {
            let before = line.borrow().slots();
            let poll = reading.as_mut().poll(&mut context);
            longest_slots = longest_slots.max(line.borrow().slots() - before);
            if poll.is_ready() {
                break;
            }
        }
    }
    // A search for one device: a reset, the command, and three slots for each bit.
    assert_eq!(longest_slots, 1 + 8 + 64 * 3);
}

#[test]
fn the_resolution_is_written_once_and_again_after_a_restart() {
    let line = RefCell::new(SimulatedWire::new(20.3));
    let bus = bus(&line);
    let settings = Settings {
        resolution: Resolution::Bits9,
        ..Settings::default()
    };
    let mut probe = Ds18b20::on(&bus, LineDelay::new(&line), Choice::Any, settings);
    let slots_of_a_reading = |probe: &mut Ds18b20<_>| {
        let before = line.borrow().slots();
        assert_eq!(block_on(probe.read()), Ok(20_500));
        line.borrow().slots() - before
    };
    let first = slots_of_a_reading(&mut probe);
    let second = slots_of_a_reading(&mut probe);
    assert!(second < first);
    assert_eq!(slots_of_a_reading(&mut probe), second);
    line.borrow_mut().apply(WireFault::Restarted);
    // The conversion after a restart has 12 bits, and shows that the device is to be set again.
    assert_eq!(block_on(probe.read()), Ok(20_312));
    assert!(slots_of_a_reading(&mut probe) > second);
    assert_eq!(slots_of_a_reading(&mut probe), second);
}

#[test]
fn a_device_that_has_the_resolution_already_is_not_written_to() {
    let line = RefCell::new(SimulatedWire::new(20.0));
    let bus = bus(&line);
    let mut probe = Ds18b20::on(
        &bus,
        LineDelay::new(&line),
        Choice::Any,
        Settings::default(),
    );
    let before = line.borrow().slots();
    block_on(probe.read()).unwrap();
    let first = line.borrow().slots() - before;
    let before = line.borrow().slots();
    block_on(probe.read()).unwrap();
    let second = line.borrow().slots() - before;
    // Two searches of 1 + 8 + 64 * 3 slots, and one look at the scratchpad.
    assert_eq!(first - second, 2 * 201 + 1 + 72 + 8 + 72);
}

#[test]
fn each_fault_is_an_error_of_its_own_and_passes() {
    let fault = |fault| move |line: &mut SimulatedWire| line.apply(fault);
    for (what, error) in [
        (WireFault::Unplugged, ProbeError::Absent),
        (WireFault::Shorted, ProbeError::Shorted),
        (WireFault::Swapped, ProbeError::Swapped),
        (WireFault::Slow(3.0), ProbeError::Conversion),
    ] {
        for choice in [Choice::Any, Choice::Address(SimulatedWire::FIRST)] {
            let outcomes = outcomes(
                SimulatedWire::new(48.5),
                choice,
                &[&nothing, &fault(what), &nothing, &SimulatedWire::mend],
            );
            assert_eq!(
                outcomes,
                [Ok(48_500), Err(error), Err(error), Ok(48_500)],
                "{what:?}"
            );
        }
    }
}

#[test]
fn a_wire_that_is_wrong_from_the_start_is_told_as_well() {
    let wrong = |fault| move |line: &mut SimulatedWire| line.apply(fault);
    for (fault, choice, error) in [
        (WireFault::Unplugged, Choice::Any, ProbeError::Absent),
        (WireFault::Shorted, Choice::Any, ProbeError::Shorted),
        (
            WireFault::Swapped,
            Choice::Address(SimulatedWire::FIRST),
            ProbeError::Swapped,
        ),
    ] {
        let outcomes = outcomes(SimulatedWire::new(30.0), choice, &[&wrong(fault)]);
        assert_eq!(outcomes, [Err(error)]);
    }
}

#[test]
fn a_slow_conversion_is_waited_for() {
    let outcomes = outcomes(
        SimulatedWire::new(30.0),
        Choice::Any,
        &[&nothing, &|line| {
            line.apply(WireFault::Slow(1.5));
            line.surround(31.0);
        }],
    );
    assert_eq!(outcomes, [Ok(30_000), Ok(31_000)]);
}

#[test]
fn a_restarted_probe_measures_before_it_is_believed() {
    let outcomes = outcomes(
        SimulatedWire::new(30.0),
        Choice::Any,
        &[&nothing, &|line| line.apply(WireFault::Restarted)],
    );
    assert_eq!(outcomes, [Ok(30_000); 2]);
}

#[test]
fn a_probe_that_restarts_during_the_conversion_never_gives_85_degrees() {
    let line = RefCell::new(SimulatedWire::new(30.0));
    let bus = bus(&line);
    let mut source = OnWire::new(&bus, LineDelay::new(&line), Choice::Any, Resolution::Bits12);
    block_on(source.convert()).unwrap();
    line.borrow_mut().apply(WireFault::Restarted);
    let scratchpad = block_on(source.scratchpad()).unwrap();
    assert!(dimmer_probe::ds18b20::decode(&scratchpad).is_err());
}

#[test]
fn a_command_to_measure_that_was_heard_as_one_to_copy_is_given_again() {
    let line = RefCell::new(SimulatedWire::new(30.0));
    let bus = bus(&line);
    let mut probe = Ds18b20::on(
        &bus,
        LineDelay::new(&line),
        Choice::Any,
        Settings::default(),
    );
    assert_eq!(block_on(probe.read()), Ok(30_000));
    line.borrow_mut().surround(31.0);
    // After the reset, the command to match and the address: bits 2 and 3 make 0x48 of 0x44.
    let command = line.borrow().slots() + 1 + 8 + 64;
    line.borrow_mut().flip_slot(command + 2);
    line.borrow_mut().flip_slot(command + 3);
    assert_eq!(block_on(probe.read()), Ok(31_000));
}

#[test]
fn a_device_that_measures_faster_than_any_of_maxims_is_read() {
    let outcomes = outcomes(
        SimulatedWire::new(30.0),
        Choice::Any,
        &[&|line| line.apply(WireFault::Slow(0.015)), &|line| {
            line.surround(31.0);
        }],
    );
    assert_eq!(outcomes, [Ok(30_000), Ok(31_000)]);
}

#[test]
fn all_devices_are_found_whatever_their_addresses() {
    for count in 0..=8 {
        let mut line = SimulatedWire::empty();
        for address in addresses(count) {
            line.plug_in(address, 20.0);
        }
        let line = RefCell::new(line);
        let found = block_on(bus(&line).addresses()).unwrap();
        let mut found: Vec<_> = found.iter().collect();
        let mut expected = addresses(count);
        found.sort_unstable();
        expected.sort_unstable();
        assert_eq!(found, expected);
    }
}

#[test]
fn more_devices_than_can_be_kept_are_said_to_be_more() {
    let mut line = SimulatedWire::empty();
    for address in addresses(12) {
        line.plug_in(address, 20.0);
    }
    let line = RefCell::new(line);
    let found = block_on(bus(&line).addresses()).unwrap();
    assert_eq!((found.iter().count(), found.more()), (8, true));
}

#[test]
fn each_of_several_probes_is_read_by_its_address() {
    let mut line = SimulatedWire::empty();
    for (celsius, address) in (20..).zip(addresses(5)) {
        line.plug_in(address, f64::from(celsius));
    }
    let line = RefCell::new(line);
    let bus = bus(&line);
    for (celsius, address) in (20..).zip(addresses(5)) {
        let choice = Choice::Address(address);
        let mut probe = Ds18b20::on(&bus, LineDelay::new(&line), choice, Settings::default());
        assert_eq!(block_on(probe.read()), Ok(celsius * 1_000));
        assert_eq!(probe.address(), Some(address));
    }
    let mut any = Ds18b20::on(
        &bus,
        LineDelay::new(&line),
        Choice::Any,
        Settings::default(),
    );
    assert_eq!(block_on(any.read()), Err(ProbeError::Several));
}

#[test]
fn a_chosen_probe_that_is_pulled_out_beside_another_is_absent_and_not_swapped() {
    let mut line = SimulatedWire::new(20.0);
    let beside = RomAddress::new(0x28, 0xC3);
    line.plug_in(beside, 50.0);
    let outcomes = outcomes(
        line,
        Choice::Address(SimulatedWire::FIRST),
        &[
            &nothing,
            &|line| line.pull_out(SimulatedWire::FIRST),
            &|line| line.plug_in(SimulatedWire::OTHER, 30.0),
        ],
    );
    let expected = [
        Ok(20_000),
        Err(ProbeError::Absent),
        Err(ProbeError::Swapped),
    ];
    assert_eq!(outcomes, expected);
}

#[test]
fn a_device_of_another_family_is_no_probe_but_may_share_the_wire() {
    let key = RomAddress::new(0x01, 0x1234);
    let mut line = SimulatedWire::empty();
    line.plug_in(key, 0.0);
    let alone = outcomes(line.clone(), Choice::Any, &[&nothing]);
    assert_eq!(alone, [Err(ProbeError::Unrecognised)]);
    let chosen = outcomes(line.clone(), Choice::Address(key), &[&nothing]);
    assert_eq!(chosen, [Err(ProbeError::Unrecognised)]);
    line.plug_in(SimulatedWire::FIRST, 20.0);
    assert_eq!(outcomes(line, Choice::Any, &[&nothing]), [Ok(20_000)]);
}

#[test]
fn devices_may_act_at_any_time_that_the_data_sheet_allows() {
    for sample_us in [15, 16, 30, 45, 59, 60] {
        for hold_us in [16, 30, 60] {
            for (presence_wait_us, presence_us) in [(15, 60), (15, 240), (60, 60), (60, 240)] {
                let mut line = SimulatedWire::new(61.5);
                line.set_timing(Timing {
                    sample_us,
                    hold_us,
                    presence_wait_us,
                    presence_us,
                })
                .unwrap();
                assert_eq!(outcomes(line, Choice::Any, &[&nothing]), [Ok(61_500)]);
            }
        }
    }
    let too_early = Timing {
        hold_us: 15,
        ..Timing::default()
    };
    assert_eq!(
        SimulatedWire::empty()
            .set_timing(too_early)
            .unwrap_err()
            .to_string(),
        "hold_us must be between 16 and 60 microseconds"
    );
}

/// Reads so often, each time at another temperature, so that what was measured before would be wrong, too; gives what was counted.
fn readings_of_changing_water(line: SimulatedWire, readings: u32) -> Diagnostics {
    let line = RefCell::new(line);
    let bus = bus(&line);
    let mut probe = Ds18b20::on(
        &bus,
        LineDelay::new(&line),
        Choice::Any,
        Settings::default(),
    );
    for reading in 0..readings {
        let millicelsius = if reading % 2 == 0 { 48_500 } else { 50_250 };
        line.borrow_mut().surround(f64::from(millicelsius) / 1e3);
        if let Ok(read) = block_on(probe.read()) {
            assert_eq!(read, millicelsius);
        }
    }
    let diagnostics = probe.diagnostics();
    assert_eq!(diagnostics.given() + diagnostics.failed(), readings);
    assert_eq!(diagnostics.rejected_for(ProbeError::Bus), 0);
    diagnostics
}

#[test]
fn noise_costs_readings_but_never_gives_a_wrong_one() {
    let mut given = 0;
    for seed in 0..300 {
        let mut line = SimulatedWire::new(48.5);
        line.seed(seed);
        let flips = [0.000_5, 0.002, 0.01][usize::try_from(seed % 3).unwrap()];
        line.apply(WireFault::Noisy(flips));
        given += readings_of_changing_water(line, 5).given();
    }
    assert!((500..1_500).contains(&given), "{given}");
}

#[test]
fn interrupts_at_random_are_only_retries() {
    for (microseconds, seed) in [(5, 1), (20, 2), (60, 3), (200, 4), (600, 5)] {
        let mut line = SimulatedWire::new(48.5);
        line.seed(seed);
        line.apply(WireFault::Interrupted(Interrupts {
            per_second: 200.0,
            microseconds,
        }));
        let diagnostics = readings_of_changing_water(line, 200);
        assert!(diagnostics.given() > 0, "{diagnostics:?}");
        assert_eq!(diagnostics.rejected() > 0, microseconds > 5);
    }
}
