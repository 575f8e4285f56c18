//! What nextest says at its end, read back: `cargo xtask test` says it again where one looks for it.

use std::fmt;

/// How many tests ran, and how they ended.
#[derive(Default, Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Counts {
    passed: u64,
    failed: u64,
    skipped: u64,
}

impl fmt::Display for Counts {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} passed, {} failed", self.passed, self.failed)?;
        if self.skipped > 0 {
            write!(formatter, ", {} skipped", self.skipped)?;
        }
        Ok(())
    }
}

impl Counts {
    /// From nextest's `Summary [ 1.2s] 12 tests run: 9 passed (1 slow), 2 failed, 1 timed out, 3 skipped`.
    pub(crate) fn from_nextest(line: &str) -> Option<Self> {
        let list = line
            .trim()
            .strip_prefix("Summary [")?
            .split_once(" run:")?
            .1;
        let mut counts = Self::default();
        let mut words = list
            .split([' ', ',', '(', ')'])
            .filter(|word| !word.is_empty());
        while let Some(word) = words.next() {
            let Ok(number) = word.parse::<u64>() else {
                continue;
            };
            match words.next() {
                Some("passed") => counts.passed += number,
                // As in `timed out` and `exec failed`.
                Some("failed" | "timed" | "exec") => counts.failed += number,
                Some("skipped") => counts.skipped += number,
                _ => {}
            }
        }
        Some(counts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nextest_summaries_are_counted_with_and_without_troubles() {
        let counts = |line| Counts::from_nextest(line).map(|counts| counts.to_string());
        let smooth = "     Summary [   0.005s] 4 tests run: 4 passed, 0 skipped";
        assert_eq!(counts(smooth).as_deref(), Some("4 passed, 0 failed"));
        let rough = "Summary [ 61.0s] 9/12 tests run: 5 passed (1 slow, 1 leaky), 2 failed, 1 timed out, 1 exec failed, 3 skipped";
        assert_eq!(
            counts(rough).as_deref(),
            Some("5 passed, 4 failed, 3 skipped")
        );
        assert_eq!(counts("PASS [ 0.005s] a test"), None);
    }
}
