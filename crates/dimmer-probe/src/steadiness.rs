//! A reading that jumps is measured again before it is believed.

use crate::{Diagnostics, ProbeError};

/// Something that can measure again.
pub(crate) trait Measure {
    /// One measurement with its tries; the good one directly before may help to judge it.
    async fn measure(&mut self, neighbour_millicelsius: Option<i32>) -> Result<i32, ProbeError>;

    fn steadiness(&mut self) -> &mut Steadiness;
}

/// What is known from the readings before.
#[derive(Clone, Debug)]
pub(crate) struct Steadiness {
    maximum_jump_millicelsius: u32,
    /// The last good reading, however many failed since.
    last_millicelsius: Option<i32>,
    pub(crate) diagnostics: Diagnostics,
}

impl Steadiness {
    pub(crate) const fn new(maximum_jump_millicelsius: u32) -> Self {
        Self {
            maximum_jump_millicelsius,
            last_millicelsius: None,
            diagnostics: Diagnostics::new(),
        }
    }

    /// What comes next may be another device's.
    pub(crate) const fn forget(&mut self) {
        self.last_millicelsius = None;
    }

    fn near(&self, one: i32, other: i32) -> bool {
        one.abs_diff(other) <= self.maximum_jump_millicelsius
    }

    fn jumps(&self, millicelsius: i32) -> bool {
        self.last_millicelsius
            .is_some_and(|last| !self.near(millicelsius, last))
    }

    /// The middle one of three, if at least one of the others is near it.
    fn median(&mut self, mut all: [i32; 3]) -> Result<i32, ProbeError> {
        all.sort_unstable();
        let [_, median, _] = all;
        let strays = all.iter().filter(|one| !self.near(**one, median)).count();
        for _ in 0..strays {
            self.diagnostics.reject(ProbeError::Unsteady);
        }
        if strays < 2 {
            Ok(median)
        } else {
            Err(ProbeError::Unsteady)
        }
    }
}

/// One measurement, or the median of three if it is far from the last good reading.
pub(crate) async fn steady<M: Measure>(
    probe: &mut M,
    neighbour_millicelsius: Option<i32>,
) -> Result<i32, ProbeError> {
    let outcome = confirmed(probe, neighbour_millicelsius).await;
    let steadiness = probe.steadiness();
    steadiness.diagnostics.finish(outcome);
    steadiness.last_millicelsius = outcome.ok().or(steadiness.last_millicelsius);
    outcome
}

async fn confirmed<M: Measure>(
    probe: &mut M,
    neighbour_millicelsius: Option<i32>,
) -> Result<i32, ProbeError> {
    let first = probe.measure(neighbour_millicelsius).await?;
    if !probe.steadiness().jumps(first) {
        return Ok(first);
    }
    probe.steadiness().diagnostics.jump();
    let second = probe.measure(Some(first)).await?;
    let third = probe.measure(Some(second)).await?;
    probe.steadiness().median([first, second, third])
}
