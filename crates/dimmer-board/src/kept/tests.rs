extern crate std;

use super::*;
use crate::parked_flash::tests::{Gate, Seen};
use dimmer_app::{
    dimmer::{config::Config, safety::AlarmKind},
    http::Stretching,
};
use dimmer_plant::SimulatedFlash;
use std::{string::String, string::ToString, vec::Vec};

pub(crate) type Flash = SimulatedFlash<4, 4096>;
const REGION: Range<u32> = 0..4 * 4096;
const HOT: AlarmSet = AlarmSet::EMPTY.with(AlarmKind::WaterOverTemperature);

fn nothing(_: &mut [u8]) {}

pub(crate) type BenchKept<'a> = Kept<Flash, &'a Gate, fn(&mut [u8])>;

fn open(flash: Flash, gate: &Gate) -> (BenchKept<'_>, Loaded) {
    Kept::open(flash, REGION, gate, nothing as fn(&mut [u8])).unwrap()
}

/// What is stored.
pub(crate) fn read_again(kept: &BenchKept<'_>) -> Loaded {
    let mut loaded = Loaded::default();
    kept.load(&mut loaded).unwrap();
    loaded
}

fn flash(kept: BenchKept<'_>) -> Flash {
    kept.store.into_inner().into_flash().flash()
}

/// A password, stretched no more than a test needs.
fn password() -> Credential {
    let stretched = Stretching::new("correct horse", [9; 16], 1).step();
    stretched.unwrap()
}

fn settings(watts: u32) -> Valid {
    let mut config = Config::default();
    config.output.rated_watts = watts;
    config.validate().unwrap()
}

fn at_s(seconds: u64) -> Instant {
    Instant::from_ticks(seconds * 1_000_000)
}

#[test]
fn settings_alarms_and_the_password_are_there_after_a_restart() {
    let gate = Gate::default();
    let (kept, loaded) = open(Flash::new(4), &gate);
    assert!(!loaded.needs_a_person());
    assert_eq!((&kept).credential(), Ok(None));
    (&kept).keep_config(&settings(1_234)).unwrap();
    (&kept).keep_credential(password()).unwrap();
    kept.keep_alarms(at_s(1), HOT).unwrap();

    let (kept, loaded) = open(flash(kept), &gate);
    assert_eq!(loaded.config, settings(1_234));
    assert_eq!(read_again(&kept).config, settings(1_234));
    assert_eq!(loaded.alarms, HOT);
    assert_eq!((&kept).credential(), Ok(Some(password())));
    assert!(!loaded.needs_a_person());
}

#[test]
fn the_gate_is_parked_for_a_save_and_only_if_something_is_to_be_written() {
    let gate = Gate::default();
    let (kept, _) = open(Flash::new(4), &gate);
    assert!(gate.seen.borrow().is_empty(), "the store was only read");
    kept.keep(&settings(1_000)).unwrap();
    let seen = gate.seen.take();
    assert_eq!(
        (seen.first(), seen.last()),
        (Some(&Seen::Parked), Some(&Seen::Released))
    );
    kept.keep(&settings(1_000)).unwrap();
    kept.keep_alarms(at_s(1), AlarmSet::EMPTY).unwrap();
    assert!(gate.seen.borrow().is_empty(), "it stood there already");
}

#[test]
fn what_cannot_be_written_is_told_and_the_gate_fires_again() {
    let gate = Gate::default();
    let (kept, _) = open(Flash::new(4), &gate);
    gate.is_deaf.set(true);
    let failure = (&kept).keep_config(&settings(1_000)).unwrap_err();
    assert_eq!(failure.status, 500);
    assert_eq!(gate.seen.take().last(), Some(&Seen::Released));
    assert!(kept.keep_alarms(at_s(1), HOT).is_err());
    gate.is_deaf.set(false);
    assert!(
        kept.keep_alarms(at_s(5), HOT).is_ok(),
        "not tried before its time"
    );
    assert_eq!(read_again(&kept).alarms, AlarmSet::EMPTY);
    kept.keep_alarms(at_s(6), HOT).unwrap();
    assert_eq!(read_again(&kept).alarms, HOT);
}

#[test]
fn a_password_that_cannot_be_read_lets_nobody_in_until_it_is_forgotten() {
    let gate = Gate::default();
    let (kept, _) = open(Flash::new(4), &gate);
    let rubbish = dimmer_store::PasswordHash::from_slice(&[9; 40]).unwrap();
    kept.write(async |store| store.keep_password(&rubbish).await)
        .unwrap();
    let (kept, _) = open(flash(kept), &gate);
    assert_eq!((&kept).credential(), Err(PasswordUnreadable));
    kept.forget_password().unwrap();
    assert_eq!((&kept).credential(), Ok(None));
    let (kept, _) = open(flash(kept), &gate);
    assert_eq!((&kept).credential(), Ok(None));
}

fn told(loaded: &Loaded) -> Vec<String> {
    let mut lines = Vec::new();
    tell_problems(loaded, |line| lines.push(line.to_string()));
    lines
}

#[test]
fn what_is_damaged_or_of_a_newer_firmware_is_told_and_needs_a_person() {
    let gate = Gate::default();
    let (kept, loaded) = open(Flash::new(4), &gate);
    assert!(told(&loaded).is_empty());
    kept.keep(&settings(1_000)).unwrap();
    let bytes = flash(kept).bytes().to_vec();
    let rubbish: Vec<u8> = bytes.iter().map(|byte| byte & 0x55).collect();
    let (kept, loaded) = open(Flash::holding(rubbish), &gate);
    assert!(loaded.needs_a_person());
    assert_eq!((&kept).credential(), Err(PasswordUnreadable));
    let lines = told(&loaded);
    assert!(
        lines.iter().any(|line| line.contains("store:")),
        "{lines:?}"
    );
    assert!(lines.last().unwrap().contains("stays switched off"));
    kept.erase().unwrap();
    let (kept, loaded) = open(flash(kept), &gate);
    assert!(told(&loaded).is_empty());
    assert_eq!((&kept).credential(), Ok(None));
}

/// Spoils each place where these bytes stand.
fn spoil(flash: &mut Flash, bytes: &[u8]) {
    let all = flash.bytes().windows(bytes.len()).enumerate();
    let places: Vec<_> = all
        .filter(|(_, part)| *part == bytes)
        .map(|(place, _)| place)
        .collect();
    assert!(!places.is_empty());
    for place in places {
        flash.flip(place, 3);
    }
}

/// A board with settings and a password, of which these bytes are damaged wherever they stand.
fn damaged<'a>(gate: &'a Gate, bytes: &[u8]) -> (BenchKept<'a>, Loaded) {
    let (kept, _) = open(Flash::new(4), gate);
    kept.keep(&settings(1_234)).unwrap();
    (&kept).keep_credential(password()).unwrap();
    kept.keep_alarms(at_s(1), HOT).unwrap();
    let mut flash = flash(kept);
    spoil(&mut flash, bytes);
    open(flash, gate)
}

#[test]
fn a_damaged_password_lets_nobody_in_after_an_alarm_was_kept_either() {
    let gate = Gate::default();
    let stored = Credential::to_stored(Some(&password())).unwrap();
    let (mut kept, mut loaded) = damaged(&gate, &stored);
    for (round, latched) in [AlarmSet::EMPTY, HOT, AlarmSet::EMPTY]
        .into_iter()
        .enumerate()
    {
        assert_eq!((&kept).credential(), Err(PasswordUnreadable));
        // What was saved last is damaged as a whole at first; then it is the password's alone, which limits nothing of the heater.
        assert_eq!(loaded.needs_a_person(), round == 0);
        kept.keep_alarms(at_s(10), latched).unwrap();
        kept.acknowledge(|| true).unwrap();
        (kept, loaded) = open(flash(kept), &gate);
    }
    assert_eq!((&kept).credential(), Err(PasswordUnreadable));
    assert!(told(&loaded).iter().any(|line| line.contains("password")));
    kept.forget_password().unwrap();
    let (kept, loaded) = open(flash(kept), &gate);
    assert_eq!((&kept).credential(), Ok(None));
    assert!(told(&loaded).is_empty());
}

#[test]
fn damaged_settings_keep_it_off_and_are_not_read_again_until_somebody_switched_it_on() {
    let gate = Gate::default();
    let mut output = [0; 64];
    let section = dimmer_app::dimmer::config::Section::Output;
    let length = section.encode(&settings(1_234), &mut output).unwrap();
    let (mut kept, mut loaded) = damaged(&gate, &output[..length]);
    for latched in [AlarmSet::EMPTY, HOT, AlarmSet::EMPTY] {
        assert!(loaded.needs_a_person());
        kept.keep_alarms(at_s(10), latched).unwrap();
        kept.acknowledge(|| false).unwrap();
        assert_eq!(read_again(&kept).settings_again(|| settings(7)), None);
        (kept, loaded) = open(flash(kept), &gate);
    }
    kept.acknowledge(|| true).unwrap();
    kept.acknowledge(|| unreachable!("asked once")).unwrap();
    let (kept, loaded) = open(flash(kept), &gate);
    assert!(!loaded.needs_a_person());
    let again = read_again(&kept).settings_again(|| settings(7));
    assert_eq!(again, Some(loaded.config));
}

#[test]
fn a_board_that_has_stored_no_settings_goes_by_those_it_comes_with_at_each_reading() {
    let gate = Gate::default();
    let (kept, loaded) = open(Flash::new(4), &gate);
    let comes_with = || settings(777);
    assert_eq!(loaded.settings_or(comes_with), settings(777));
    // An alarm is no setting.
    kept.keep_alarms(at_s(1), HOT).unwrap();
    let loaded = read_again(&kept);
    assert_eq!(loaded.settings_again(comes_with), Some(settings(777)));
    assert_eq!(loaded.settings_or(comes_with), settings(777));
    kept.keep(&settings(1_000)).unwrap();
    let loaded = read_again(&kept);
    assert_eq!(loaded.settings_again(comes_with), Some(settings(1_000)));
    assert_eq!(loaded.settings_or(comes_with), settings(1_000));
}

#[test]
fn everything_is_forgotten_at_once() {
    let gate = Gate::default();
    let (kept, _) = open(Flash::new(4), &gate);
    kept.keep(&settings(1_000)).unwrap();
    kept.keep_alarms(at_s(1), HOT).unwrap();
    kept.erase().unwrap();
    let (_, loaded) = open(flash(kept), &gate);
    assert_eq!(
        (loaded.origin, loaded.alarms),
        (Origin::Nothing, AlarmSet::EMPTY)
    );
}
