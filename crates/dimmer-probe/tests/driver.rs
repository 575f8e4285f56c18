//! A probe over a source that misbehaves: never a wrong temperature, retries bounded and counted.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::future::pending;
use std::pin::pin;
use std::task::{Context, Waker};

use dimmer_probe::ds18b20::{
    Ds18b20, Resolution, SCRATCHPAD_LENGTH, ScratchpadSource, Settings, TRIES, encode,
};
use dimmer_probe::{ProbeError, TemperatureProbe};
use embassy_futures::block_on;
use proptest::prelude::*;

/// What the source does at one step, conversion or fetch.
#[derive(Clone, Copy, Debug)]
enum Step {
    /// The same twice, as a measurement stays in the device.
    Good(i32),
    Once(i32),
    Damaged(i32),
    Bytes(u8),
    ConversionFails(ProbeError),
    FetchFails(ProbeError),
}

/// Plays its steps, the last one for ever; counts what is asked of it.
#[derive(Debug, Default)]
struct Script {
    steps: VecDeque<Step>,
    conversions: u32,
    fetches: u32,
    fetched_once: bool,
}

impl Script {
    fn new(steps: &[Step]) -> Self {
        Self {
            steps: steps.iter().copied().collect(),
            ..Self::default()
        }
    }

    fn next(&mut self) -> Step {
        let step = self.steps.pop_front();
        let step = step.unwrap_or(Step::Bytes(0xFF));
        if self.steps.is_empty() {
            self.steps.push_back(step);
        }
        step
    }
}

impl ScratchpadSource for Script {
    type Error = ProbeError;

    async fn convert(&mut self) -> Result<(), ProbeError> {
        self.conversions += 1;
        if let Some(&Step::ConversionFails(error)) = self.steps.front() {
            self.next();
            return Err(error);
        }
        Ok(())
    }

    async fn scratchpad(&mut self) -> Result<[u8; SCRATCHPAD_LENGTH], ProbeError> {
        self.fetches += 1;
        if let Some(&Step::Good(millicelsius)) = self.steps.front()
            && !std::mem::replace(&mut self.fetched_once, true)
        {
            return Ok(encode(millicelsius, Resolution::Bits12));
        }
        self.fetched_once = false;
        match self.next() {
            Step::Good(millicelsius) | Step::Once(millicelsius) => {
                Ok(encode(millicelsius, Resolution::Bits12))
            }
            Step::Damaged(millicelsius) => {
                let mut bytes = encode(millicelsius, Resolution::Bits12);
                bytes[1] ^= 0x04;
                Ok(bytes)
            }
            Step::Bytes(byte) => Ok([byte; SCRATCHPAD_LENGTH]),
            Step::ConversionFails(error) | Step::FetchFails(error) => Err(error),
        }
    }
}

#[test]
fn a_good_reading_takes_one_try() {
    let mut probe = Ds18b20::new(Script::new(&[Step::Good(48_500)]));
    assert_eq!(block_on(probe.read()), Ok(48_500));
    assert_eq!(probe.diagnostics().rejected(), 0);
    assert_eq!(probe.diagnostics().last_rejected(), None);
    let script = probe.into_source();
    // Fetched twice: both must agree.
    assert_eq!((script.conversions, script.fetches), (1, 2));
}

#[test]
fn a_damaged_reading_is_fetched_again_without_measuring_again() {
    let mut probe = Ds18b20::new(Script::new(&[
        Step::Damaged(48_500),
        Step::Damaged(48_500),
        Step::Good(48_500),
    ]));
    assert_eq!(block_on(probe.read()), Ok(48_500));
    assert_eq!(probe.diagnostics().rejected(), 2);
    assert_eq!(
        probe.diagnostics().last_rejected(),
        Some(ProbeError::Checksum)
    );
    assert_eq!(probe.source_mut().conversions, 1);
}

#[test]
fn a_conversion_that_was_damaged_on_the_way_is_made_again_before_anything_is_fetched() {
    // What is in the device then is the measurement before.
    let mut probe = Ds18b20::new(Script::new(&[
        Step::Good(30_000),
        Step::ConversionFails(ProbeError::Checksum),
        Step::Good(30_500),
    ]));
    assert_eq!(block_on(probe.read()), Ok(30_000));
    assert_eq!(block_on(probe.read()), Ok(30_500));
    let script = probe.into_source();
    assert_eq!((script.conversions, script.fetches), (3, 4));
}

#[test]
fn a_reading_is_given_up_after_three_tries() {
    for (step, error) in [
        (Step::Damaged(48_500), ProbeError::Checksum),
        (Step::Bytes(0xFF), ProbeError::Absent),
        (Step::Bytes(0x00), ProbeError::Shorted),
        (Step::Good(85_000), ProbeError::PowerOnValue),
        (
            Step::ConversionFails(ProbeError::Absent),
            ProbeError::Absent,
        ),
        (Step::ConversionFails(ProbeError::Bus), ProbeError::Bus),
        (Step::FetchFails(ProbeError::Shorted), ProbeError::Shorted),
    ] {
        let mut probe = Ds18b20::new(Script::new(&[step]));
        assert_eq!(block_on(probe.read()), Err(error), "{step:?}");
        assert_eq!(probe.diagnostics().rejected(), TRIES, "{step:?}");
        assert_eq!(probe.diagnostics().last_rejected(), Some(error));
    }
}

#[test]
fn a_probe_that_restarted_measures_again() {
    let mut probe = Ds18b20::new(Script::new(&[Step::Once(85_000), Step::Good(41_000)]));
    assert_eq!(block_on(probe.read()), Ok(41_000));
    assert_eq!(probe.diagnostics().rejected(), 1);
    assert_eq!(probe.source_mut().conversions, 2);
}

#[test]
fn a_real_eighty_five_degrees_is_read_after_a_near_reading() {
    let mut probe = Ds18b20::new(Script::new(&[
        Step::Good(84_500),
        Step::Good(85_000),
        Step::Good(85_000),
    ]));
    assert_eq!(block_on(probe.read()), Ok(84_500));
    assert_eq!(block_on(probe.read()), Ok(85_000));
    assert_eq!(block_on(probe.read()), Ok(85_000));
}

#[test]
fn eighty_five_degrees_is_not_believed_after_a_failed_reading() {
    let mut steps = vec![Step::Good(84_500)];
    steps.extend([Step::Bytes(0xFF); TRIES as usize]);
    steps.push(Step::Good(85_000));
    let mut probe = Ds18b20::new(Script::new(&steps));
    assert_eq!(block_on(probe.read()), Ok(84_500));
    assert_eq!(block_on(probe.read()), Err(ProbeError::Absent));
    assert_eq!(block_on(probe.read()), Err(ProbeError::PowerOnValue));
}

#[test]
fn eighty_five_degrees_is_not_believed_after_a_reading_that_was_dropped() {
    /// Its second conversion never ends.
    struct Stuck {
        conversions: u32,
    }
    impl ScratchpadSource for Stuck {
        type Error = Infallible;
        async fn convert(&mut self) -> Result<(), Infallible> {
            self.conversions += 1;
            if self.conversions == 2 {
                pending::<()>().await;
            }
            Ok(())
        }
        async fn scratchpad(&mut self) -> Result<[u8; SCRATCHPAD_LENGTH], Infallible> {
            let millicelsius = if self.conversions == 1 {
                84_500
            } else {
                85_000
            };
            Ok(encode(millicelsius, Resolution::Bits12))
        }
    }
    let mut probe = Ds18b20::new(Stuck { conversions: 0 });
    assert_eq!(block_on(probe.read()), Ok(84_500));
    {
        let mut reading = pin!(probe.read());
        let mut context = Context::from_waker(Waker::noop());
        assert!(reading.as_mut().poll(&mut context).is_pending());
    }
    assert_eq!(block_on(probe.read()), Err(ProbeError::PowerOnValue));
}

#[test]
fn two_fetches_that_disagree_are_no_reading() {
    // Both with a right checksum: one mutilated scratchpad of 256 has that.
    let mut probe = Ds18b20::new(Script::new(&[
        Step::Once(48_500),
        Step::Once(20_000),
        Step::Good(48_500),
    ]));
    assert_eq!(block_on(probe.read()), Ok(48_500));
    assert_eq!(probe.diagnostics().rejected_for(ProbeError::Checksum), 1);
    assert_eq!(probe.source_mut().conversions, 1);
}

/// Reads until the script's last step is reached; gives the last outcome and the probe.
fn after(steps: &[i32], readings: usize) -> (Result<i32, ProbeError>, Ds18b20<Script>) {
    let steps: Vec<_> = steps.iter().copied().map(Step::Good).collect();
    let mut probe = Ds18b20::new(Script::new(&steps));
    let mut last = Err(ProbeError::Bus);
    for _ in 0..readings {
        last = block_on(probe.read());
    }
    (last, probe)
}

#[test]
fn a_single_reading_that_jumps_is_outvoted() {
    let (outcome, probe) = after(&[40_000, 70_000, 40_125, 40_250], 2);
    assert_eq!(outcome, Ok(40_250));
    let diagnostics = probe.diagnostics();
    assert_eq!(diagnostics.jumps(), 1);
    assert_eq!(diagnostics.rejected_for(ProbeError::Unsteady), 1);
    assert_eq!(diagnostics.given(), 2);
}

#[test]
fn a_jump_that_is_confirmed_is_the_new_temperature() {
    let (outcome, probe) = after(&[40_000, 20_000, 20_125, 20_250], 2);
    assert_eq!(outcome, Ok(20_125));
    assert_eq!(probe.diagnostics().jumps(), 1);
    assert_eq!(probe.diagnostics().rejected(), 0);
}

#[test]
fn jumps_that_nothing_confirms_are_unsteady() {
    let (outcome, probe) = after(&[40_000, 20_000, 60_000, 40_000], 2);
    assert_eq!(outcome, Err(ProbeError::Unsteady));
    let diagnostics = probe.diagnostics();
    assert_eq!((diagnostics.given(), diagnostics.failed()), (1, 1));
    assert_eq!(diagnostics.rejected_for(ProbeError::Unsteady), 2);
}

#[test]
fn a_jump_is_measured_against_the_last_good_reading_however_old() {
    let mut steps = vec![Step::Good(40_000)];
    steps.extend([Step::Bytes(0xFF); TRIES as usize]);
    steps.extend([20_000, 60_000, 40_000].map(Step::Good));
    let mut probe = Ds18b20::new(Script::new(&steps));
    assert_eq!(block_on(probe.read()), Ok(40_000));
    assert_eq!(block_on(probe.read()), Err(ProbeError::Absent));
    assert_eq!(block_on(probe.read()), Err(ProbeError::Unsteady));
}

#[test]
fn the_largest_jump_is_a_setting_and_itself_no_jump() {
    let settings = Settings {
        maximum_jump_millicelsius: 1_000,
        ..Settings::default()
    };
    let steps = [40_000, 41_000, 42_062, 42_062, 42_062].map(Step::Good);
    let mut probe = Ds18b20::with_settings(Script::new(&steps), settings);
    for (expected, jumps) in [(40_000, 0), (41_000, 0), (42_062, 1)] {
        assert_eq!(block_on(probe.read()), Ok(expected));
        assert_eq!(probe.diagnostics().jumps(), jumps);
    }
}

#[test]
fn a_source_that_cannot_fail_needs_no_error_type() {
    struct Simulated;
    impl ScratchpadSource for Simulated {
        type Error = Infallible;
        async fn convert(&mut self) -> Result<(), Infallible> {
            Ok(())
        }
        async fn scratchpad(&mut self) -> Result<[u8; SCRATCHPAD_LENGTH], Infallible> {
            Ok(encode(20_000, Resolution::Bits9))
        }
    }
    assert_eq!(block_on(Ds18b20::new(Simulated).read()), Ok(20_000));
}

#[test]
fn names_are_stable_and_texts_tell_what_to_do() {
    let errors = [
        (ProbeError::Absent, "absent"),
        (ProbeError::Shorted, "shorted"),
        (ProbeError::Checksum, "checksum"),
        (ProbeError::PowerOnValue, "power_on_value"),
        (ProbeError::OutOfRange, "out_of_range"),
        (ProbeError::Unrecognised, "unrecognised"),
        (ProbeError::Bus, "bus"),
        (ProbeError::Swapped, "swapped"),
        (ProbeError::Unsteady, "unsteady"),
        (ProbeError::Several, "several"),
        (ProbeError::Conversion, "conversion"),
    ];
    assert!(errors.iter().map(|(error, _)| *error).eq(ProbeError::ALL));
    for (error, name) in errors {
        assert_eq!(error.as_str(), name);
        assert!(error.to_string().contains("; "), "{error}");
    }
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        Just(Step::Good(41_000)),
        Just(Step::Good(85_000)),
        Just(Step::Damaged(41_000)),
        Just(Step::Damaged(85_000)),
        Just(Step::Bytes(0x00)),
        Just(Step::Bytes(0xFF)),
        Just(Step::FetchFails(ProbeError::Absent)),
        Just(Step::ConversionFails(ProbeError::Bus)),
    ]
}

proptest! {
    #[test]
    fn whatever_happens_no_wrong_temperature_comes_out(steps in prop::collection::vec(step(), 1..40)) {
        let mut probe = Ds18b20::new(Script::new(&steps));
        for _ in 0..20 {
            let before = probe.diagnostics().rejected();
            let result = block_on(probe.read());
            let tries_rejected = probe.diagnostics().rejected() - before;
            match result {
                Ok(millicelsius) => {
                    prop_assert_eq!(millicelsius, 41_000);
                    prop_assert!(tries_rejected < TRIES);
                }
                Err(_) => prop_assert_eq!(tries_rejected, TRIES),
            }
        }
    }
}
