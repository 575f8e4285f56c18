//! A bus whose slots hardware makes: searched by single slots and matched by address, over the same devices as the pin.

use std::cell::RefCell;
use std::collections::BTreeSet;

use dimmer_plant::{LineDelay, MachineBus, SimulatedWire, WireFault};
use dimmer_probe::ds18b20::{Ds18b20, OnWire, Settings};
use dimmer_probe::one_wire::{Choice, RomAddress, Wire};
use dimmer_probe::{ProbeError, TemperatureProbe};
use embassy_futures::block_on;

type MachineWire<'a> = Wire<MachineBus<'a, SimulatedWire>>;
type Probe<'a> = Ds18b20<OnWire<'a, MachineBus<'a, SimulatedWire>, LineDelay<'a, SimulatedWire>>>;

fn addresses(count: u64) -> Vec<RomAddress> {
    // Serial numbers that differ in many places, and in one.
    let serial = |index: u64| index.wrapping_mul(0x9E37_79B9_7F4A) ^ (index % 2);
    (0..count)
        .map(|index| RomAddress::new(0x28, serial(index)))
        .collect()
}

/// A wire with so many probes, each a degree warmer than the one before.
fn line(count: u64) -> RefCell<SimulatedWire> {
    let mut line = SimulatedWire::empty();
    for (celsius, address) in (20..).zip(addresses(count)) {
        line.plug_in(address, f64::from(celsius));
    }
    RefCell::new(line)
}

fn probe<'a>(
    wire: &'a MachineWire<'a>,
    line: &'a RefCell<SimulatedWire>,
    choice: Choice,
) -> Probe<'a> {
    Ds18b20::on(wire, LineDelay::new(line), choice, Settings::default())
}

#[test]
fn every_device_is_found_however_alike_they_are() {
    for count in 0..=8 {
        let line = line(count);
        let wire = Wire::over(MachineBus::new(&line));
        let found = block_on(wire.addresses()).unwrap();
        let found: BTreeSet<_> = found.iter().collect();
        assert_eq!(found, addresses(count).into_iter().collect());
        assert_eq!(line.borrow().violations(), 0, "slots as in the data sheet");
    }
    let many = line(12);
    let wire = Wire::over(MachineBus::new(&many));
    assert!(block_on(wire.addresses()).unwrap().more());
}

#[test]
fn each_probe_is_read_by_its_address_and_the_only_one_without() {
    let several = line(5);
    let wire = Wire::over(MachineBus::new(&several));
    for (celsius, address) in (20..).zip(addresses(5)) {
        let mut chosen = probe(&wire, &several, Choice::Address(address));
        assert_eq!(block_on(chosen.read()), Ok(celsius * 1_000));
        assert_eq!(chosen.diagnostics().rejected(), 0);
    }
    let mut any = probe(&wire, &several, Choice::Any);
    assert_eq!(block_on(any.read()), Err(ProbeError::Several));
    let one = line(1);
    let wire = Wire::over(MachineBus::new(&one));
    assert_eq!(block_on(probe(&wire, &one, Choice::Any).read()), Ok(20_000));
}

#[test]
fn another_choice_is_read_from_the_next_reading_on_and_never_compared_with_the_one_before() {
    let line = line(2);
    line.borrow_mut()
        .plug_in(RomAddress::new(0x28, 0xFFFF), 90.0);
    let wire = Wire::over(MachineBus::new(&line));
    let mut probe = probe(&wire, &line, Choice::Any);
    let mut chosen = |choice| {
        probe.choose(choice);
        block_on(probe.read())
    };
    assert_eq!(chosen(Some(Choice::Any)), Err(ProbeError::Several));
    for (celsius, address) in [(20, 0), (21, 1), (20, 0)] {
        let choice = addresses(2).get(address).copied().map(Choice::Address);
        assert_eq!(chosen(choice), Ok(celsius * 1_000));
    }
    // 70 °C further at once: it is another device, not a jump.
    let hot = RomAddress::new(0x28, 0xFFFF);
    assert_eq!(chosen(Some(Choice::Address(hot))), Ok(90_000));
    assert_eq!(probe.diagnostics().jumps(), 0);
    assert_eq!(probe.address(), Some(hot));
    probe.choose(None);
    assert_eq!(block_on(probe.read()), Err(ProbeError::Absent));
}

#[test]
fn who_takes_the_only_one_leaves_those_that_others_chose() {
    let line = line(2);
    let wire = Wire::over(MachineBus::new(&line));
    let mut choices = addresses(2).into_iter().map(Choice::Address);
    let (first, second) = (choices.next().unwrap(), choices.next().unwrap());
    let mut named = probe(&wire, &line, first);
    let mut modest = probe(&wire, &line, Choice::Any);
    assert_eq!(block_on(modest.read()), Ok(21_000));
    assert_eq!(block_on(named.read()), Ok(20_000));
    // Somebody gives its device to the other.
    named.choose(Some(second));
    assert_eq!(block_on(named.read()), Ok(21_000));
    assert_eq!(block_on(modest.read()), Ok(20_000));
    // Two that take whatever is there would each be right by chance alone.
    named.choose(Some(Choice::Any));
    for probe in [&mut named, &mut modest] {
        assert_eq!(block_on(probe.read()), Err(ProbeError::Several));
    }
    drop(named);
    line.borrow_mut()
        .pull_out(addresses(1).into_iter().next().unwrap());
    assert_eq!(block_on(modest.read()), Ok(21_000));
}

#[test]
fn a_look_at_a_device_that_was_found_disturbs_nobody() {
    let line = line(2);
    let wire = Wire::over(MachineBus::new(&line));
    let mut chosen = probe(&wire, &line, Choice::Any);
    line.borrow_mut()
        .pull_out(addresses(2).into_iter().nth(1).unwrap());
    assert_eq!(block_on(chosen.read()), Ok(20_000));
    for address in block_on(wire.addresses()).unwrap().iter() {
        let wait = LineDelay::new(&line);
        let mut look = Ds18b20::beside(&wire, wait, address, Settings::default());
        assert_eq!(block_on(look.read()), Ok(20_000));
    }
    assert_eq!(block_on(chosen.read()), Ok(20_000));
    assert_eq!(chosen.diagnostics().rejected(), 0);
}

#[test]
fn what_is_wrong_on_the_wire_is_told_apart() {
    for (fault, error) in [
        (WireFault::Unplugged, ProbeError::Absent),
        (WireFault::Shorted, ProbeError::Shorted),
        (WireFault::Swapped, ProbeError::Swapped),
    ] {
        let line = RefCell::new(SimulatedWire::new(30.0));
        let wire = Wire::over(MachineBus::new(&line));
        let mut probe = probe(&wire, &line, Choice::Any);
        assert_eq!(block_on(probe.read()), Ok(30_000));
        line.borrow_mut().apply(fault);
        assert_eq!(block_on(probe.read()), Err(error), "{fault:?}");
        line.borrow_mut().mend();
        assert_eq!(block_on(probe.read()), Ok(30_000), "{fault:?}");
    }
}

#[test]
fn noise_costs_readings_but_never_gives_a_wrong_one() {
    let (mut given, mut rejected) = (0, 0);
    for seed in 0..100 {
        let line = line(2);
        line.borrow_mut().seed(seed);
        line.borrow_mut().apply(WireFault::Noisy(0.002));
        let wire = Wire::over(MachineBus::new(&line));
        for (celsius, address) in (20..).zip(addresses(2)) {
            let mut probe = probe(&wire, &line, Choice::Address(address));
            if let Ok(read) = block_on(probe.read()) {
                assert_eq!(read, celsius * 1_000, "{seed}");
            }
            given += probe.diagnostics().given();
            rejected += probe.diagnostics().rejected();
        }
        if let Ok(found) = block_on(wire.addresses()) {
            let found: BTreeSet<_> = found.iter().collect();
            assert_eq!(found, addresses(2).into_iter().collect(), "{seed}");
        }
    }
    assert!(given > 20 && rejected > 20, "{given} {rejected}");
}
