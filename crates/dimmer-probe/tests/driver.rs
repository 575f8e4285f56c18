//! A probe over a source that misbehaves: never a wrong temperature, retries bounded and counted.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::future::pending;
use std::pin::pin;
use std::task::{Context, Waker};

use dimmer_probe::ds18b20::{
    Ds18b20, Resolution, SCRATCHPAD_LENGTH, ScratchpadSource, TRIES, encode,
};
use dimmer_probe::{ProbeError, TemperatureProbe};
use embassy_futures::block_on;
use proptest::prelude::*;

/// What the source does at one step, conversion or fetch.
#[derive(Clone, Copy, Debug)]
enum Step {
    Good(i32),
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
        match self.next() {
            Step::Good(millicelsius) => Ok(encode(millicelsius, Resolution::Bits12)),
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
    assert_eq!(probe.rejected(), 0);
    assert_eq!(probe.last_rejected(), None);
    let script = probe.into_source();
    assert_eq!((script.conversions, script.fetches), (1, 1));
}

#[test]
fn a_damaged_reading_is_fetched_again_without_measuring_again() {
    let mut probe = Ds18b20::new(Script::new(&[
        Step::Damaged(48_500),
        Step::Damaged(48_500),
        Step::Good(48_500),
    ]));
    assert_eq!(block_on(probe.read()), Ok(48_500));
    assert_eq!(probe.rejected(), 2);
    assert_eq!(probe.last_rejected(), Some(ProbeError::Checksum));
    assert_eq!(probe.source_mut().conversions, 1);
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
        assert_eq!(probe.rejected(), TRIES, "{step:?}");
        assert_eq!(probe.last_rejected(), Some(error));
    }
}

#[test]
fn a_probe_that_restarted_measures_again() {
    let mut probe = Ds18b20::new(Script::new(&[Step::Good(85_000), Step::Good(41_000)]));
    assert_eq!(block_on(probe.read()), Ok(41_000));
    assert_eq!(probe.rejected(), 1);
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
    ];
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
            let before = probe.rejected();
            let result = block_on(probe.read());
            let tries_rejected = probe.rejected() - before;
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
