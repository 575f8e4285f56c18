//! The zero-cross detector: a pulse around each crossing, as its two edges.

use dimmer_phase::{Edge, EdgeKind, Instant};

use crate::SettingsError;
use crate::mains::Mains;
use crate::time::captured;

/// Shape of the detector's pulse.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DetectorSettings {
    /// Width of the pulse, microseconds, 1 to 4000, which is always less than a half-period. A RobotDyn module's is some hundreds.
    pub width_us: f64,
    /// How much later than the true crossing the middle of the pulse comes, microseconds, -2000 to 2000; negative is earlier.
    pub offset_us: f64,
}

impl Default for DetectorSettings {
    fn default() -> Self {
        Self {
            width_us: 400.0,
            offset_us: 0.0,
        }
    }
}

impl DetectorSettings {
    /// # Errors
    /// The first field that is outside its range.
    pub fn validate(&self) -> Result<(), SettingsError> {
        SettingsError::check_range("detector.width_us", self.width_us, 1.0, 4_000.0)?;
        SettingsError::check_range("detector.offset_us", self.offset_us, -2_000.0, 2_000.0)
    }
}

/// The detector: it hands out edges in time order, time-stamped in whole microseconds as a capture timer does.
///
/// The pulse at a crossing comes only if the half-cycle that begins there is live.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Detector {
    settings: DetectorSettings,
    /// The crossing of the next edge, and which of its two edges that is.
    crossing: u64,
    kind: EdgeKind,
}

impl Detector {
    /// A detector whose first pulse is that of crossing number 1: the one at time zero would have begun before time did.
    pub(crate) fn new(settings: DetectorSettings) -> Self {
        Self {
            settings,
            crossing: 1,
            kind: EdgeKind::Rising,
        }
    }

    /// The next edge, unless the mains are off by then. It stays the next until it is [`take`](Self::take)n.
    pub(crate) fn peek(&self, mains: &Mains) -> Option<Edge> {
        // The second edge of a pulse that has begun always comes.
        if self.kind == EdgeKind::Rising && !mains.is_live(self.crossing) {
            return None;
        }
        let at = match self.kind {
            EdgeKind::Rising => self.begins(mains, self.crossing),
            EdgeKind::Falling => {
                captured(self.middle_us(mains, self.crossing) + self.settings.width_us / 2.0)
            }
        };
        Some(Edge {
            at,
            kind: self.kind,
        })
    }

    /// When the pulse at a crossing begins.
    pub(crate) fn begins(&self, mains: &Mains, crossing: u64) -> Instant {
        captured(self.middle_us(mains, crossing) - self.settings.width_us / 2.0)
    }

    fn middle_us(&self, mains: &Mains, crossing: u64) -> f64 {
        mains.crossing_us(crossing) + self.settings.offset_us
    }

    /// Goes on to the edge after the one that [`peek`](Self::peek) shows.
    pub(crate) fn take(&mut self) {
        if self.kind == EdgeKind::Falling {
            self.kind = EdgeKind::Rising;
            self.crossing += 1;
        } else {
            self.kind = EdgeKind::Falling;
        }
    }

    /// Leaves out the pulses of dead half-cycles before number `index`.
    pub(crate) fn skip_dead(&mut self, mains: &Mains, index: u64) {
        while self.kind == EdgeKind::Rising
            && self.crossing < index
            && !mains.is_live(self.crossing)
        {
            self.crossing += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mains::MainsSettings;

    fn edges(settings: DetectorSettings, frequency_hz: f64, count: usize) -> Vec<Edge> {
        let mains = Mains::new(MainsSettings {
            frequency_hz,
            ..MainsSettings::default()
        });
        let mut detector = Detector::new(settings);
        (0..count)
            .map(|_| {
                let edge = detector.peek(&mains).unwrap();
                detector.take();
                edge
            })
            .collect()
    }

    fn ticks(edges: &[Edge]) -> Vec<u64> {
        edges.iter().map(|edge| edge.at.as_ticks()).collect()
    }

    #[test]
    fn a_pulse_is_centred_on_each_crossing() {
        let edges = edges(DetectorSettings::default(), 50.0, 4);
        assert_eq!(ticks(&edges), [9_800, 10_200, 19_800, 20_200]);
        assert_eq!(edges[0].kind, EdgeKind::Rising);
        assert_eq!(edges[1].kind, EdgeKind::Falling);
    }

    #[test]
    fn width_and_offset_can_be_set() {
        let settings = DetectorSettings {
            width_us: 1_000.0,
            offset_us: -300.0,
        };
        assert_eq!(ticks(&edges(settings, 50.0, 2)), [9_200, 10_200]);
    }

    #[test]
    fn sixty_hertz_edges_are_rounded_one_by_one_and_do_not_drift() {
        let settings = DetectorSettings::default();
        assert_eq!(
            ticks(&edges(settings, 60.0, 6)),
            [8_133, 8_533, 16_467, 16_867, 24_800, 25_200]
        );
        let all = edges(settings, 60.0, 2_000_000);
        for (pulse, pair) in all.chunks(2).enumerate() {
            // Crossing k is at k * 25_000 / 3 us: in thirds of a microsecond it is whole.
            let thirds = (pulse as u64 + 1) * 25_000;
            let middle = (pair[0].at.as_ticks() + pair[1].at.as_ticks()) * 3 / 2;
            assert!(middle.abs_diff(thirds) <= 1, "pulse {pulse}: {pair:?}");
        }
        assert!(all.is_sorted_by(|one, next| one.at < next.at));
    }
}
