//! What a probe gave and what it rejected, in numbers.

use crate::ProbeError;

/// Counts since the start. Each stops at `u32::MAX`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Diagnostics {
    given: u32,
    failed: u32,
    jumps: u32,
    rejected: [u32; ProbeError::ALL.len()],
    last_rejected: Option<ProbeError>,
}

impl Diagnostics {
    /// Nothing counted yet.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            given: 0,
            failed: 0,
            jumps: 0,
            rejected: [0; ProbeError::ALL.len()],
            last_rejected: None,
        }
    }

    /// Readings that gave a temperature.
    #[must_use]
    pub const fn given(&self) -> u32 {
        self.given
    }

    /// Readings that gave an error, after all their tries.
    #[must_use]
    pub const fn failed(&self) -> u32 {
        self.failed
    }

    /// Readings that were further from the one before than the settings allow, and were measured again.
    #[must_use]
    pub const fn jumps(&self) -> u32 {
        self.jumps
    }

    /// Tries that were rejected for one reason, whether or not a later try of the same reading was good.
    #[must_use]
    pub fn rejected_for(&self, error: ProbeError) -> u32 {
        self.rejected
            .get(error as usize)
            .copied()
            .unwrap_or_default()
    }

    /// Tries that were rejected for any reason.
    #[must_use]
    pub fn rejected(&self) -> u32 {
        self.rejected
            .iter()
            .fold(0, |sum, count| sum.saturating_add(*count))
    }

    /// Each reason for which something was rejected, and how often.
    pub fn reasons(&self) -> impl Iterator<Item = (ProbeError, u32)> {
        let counts = ProbeError::ALL.into_iter().zip(self.rejected);
        counts.filter(|(_, count)| *count > 0)
    }

    /// Why the last rejected try was.
    #[must_use]
    pub const fn last_rejected(&self) -> Option<ProbeError> {
        self.last_rejected
    }

    /// Counts a rejected try.
    pub fn reject(&mut self, error: ProbeError) {
        if let Some(count) = self.rejected.get_mut(error as usize) {
            *count = count.saturating_add(1);
        }
        self.last_rejected = Some(error);
    }

    /// Counts a reading that was too far from the one before.
    pub fn jump(&mut self) {
        self.jumps = self.jumps.saturating_add(1);
    }

    /// Counts a reading by its outcome.
    pub fn finish(&mut self, outcome: Result<i32, ProbeError>) {
        let count = match outcome {
            Ok(_) => &mut self.given,
            Err(_) => &mut self.failed,
        };
        *count = count.saturating_add(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_has_a_count_of_its_own() {
        let mut diagnostics = Diagnostics::default();
        for (index, error) in ProbeError::ALL.into_iter().enumerate() {
            for _ in 0..=index {
                diagnostics.reject(error);
            }
            assert_eq!(diagnostics.last_rejected(), Some(error));
        }
        let counts = diagnostics.reasons().map(|(_, count)| count);
        assert!(counts.eq(1..=u32::try_from(ProbeError::ALL.len()).unwrap()));
        for (error, count) in diagnostics.reasons() {
            assert_eq!(diagnostics.rejected_for(error), count);
        }
        assert_eq!(diagnostics.rejected(), 66);
    }
}
