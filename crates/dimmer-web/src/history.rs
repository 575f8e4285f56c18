//! What the dimmer did in the last hours, for the chart.

use serde::{Serialize, Serializer, ser::SerializeSeq};

/// As many points are kept: six hours.
pub const POINTS: usize = 180;
/// From one point to the next, seconds.
pub const POINT_S: u32 = 120;

/// The mean of [`POINT_S`] seconds. Serialized as `[asked, applied, water]` in tenths of percent and of °C, `null` where nothing is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Point(Option<i16>, Option<i16>, Option<i16>);

/// What was seen at one moment.
#[derive(Clone, Copy, Debug, Default)]
pub struct Seen {
    /// What was asked, centipercent.
    pub asked_centipercent: Option<i32>,
    /// What is applied, centipercent.
    pub applied_centipercent: u16,
    /// The water, millicelsius.
    pub water_millicelsius: Option<i32>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Mean {
    sum: i64,
    count: u16,
}

impl Mean {
    fn add(&mut self, value: Option<i64>) {
        if let Some(value) = value {
            self.sum = self.sum.saturating_add(value);
            self.count = self.count.saturating_add(1);
        }
    }

    fn take(&mut self) -> Option<i16> {
        let Self { sum, count } = core::mem::take(self);
        let mean = sum.checked_div(count.into())?;
        Some(i16::try_from(mean).unwrap_or(if mean < 0 { i16::MIN } else { i16::MAX }))
    }
}

/// The last [`POINTS`] points.
#[derive(Clone, Debug, Default)]
pub struct History {
    points: heapless::Deque<Point, POINTS>,
    asked: Mean,
    applied: Mean,
    water: Mean,
    /// The point that grows, counted since the start.
    growing: u32,
}

impl History {
    /// Nothing has been seen.
    #[must_use]
    pub const fn new() -> Self {
        const NOTHING: Mean = Mean { sum: 0, count: 0 };
        Self {
            points: heapless::Deque::new(),
            asked: NOTHING,
            applied: NOTHING,
            water: NOTHING,
            growing: 0,
        }
    }

    /// Takes note of a moment, seconds since the start. Moments may come as often as one likes.
    pub fn note(&mut self, now_s: u32, seen: Seen) {
        let place = now_s / POINT_S;
        // What nobody looked at is a gap, and one of many hours is as long as the chart.
        for _ in 0..place.saturating_sub(self.growing).min(180) {
            if self.points.is_full() {
                self.points.pop_front();
            }
            let point = Point(self.asked.take(), self.applied.take(), self.water.take());
            // There is room.
            let _ = self.points.push_back(point);
        }
        self.growing = place;
        self.asked
            .add(seen.asked_centipercent.map(|value| i64::from(value) / 10));
        self.applied
            .add(Some(i64::from(seen.applied_centipercent) / 10));
        self.water
            .add(seen.water_millicelsius.map(|value| i64::from(value) / 100));
    }
}

/// As a list of points, the oldest first.
impl Serialize for History {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(Some(self.points.len()))?;
        for point in &self.points {
            list.serialize_element(point)?;
        }
        list.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(history: &History) -> std::string::String {
        serde_json::to_string(history).unwrap()
    }

    #[test]
    fn a_point_is_the_mean_of_its_time() {
        let mut history = History::new();
        for (now_s, applied_centipercent) in [(0, 0), (60, 1_000), (119, 2_000), (120, 9_000)] {
            history.note(
                now_s,
                Seen {
                    asked_centipercent: Some(-50),
                    applied_centipercent,
                    water_millicelsius: None,
                },
            );
        }
        assert_eq!(written(&history), "[[-5,100,null]]");
    }

    #[test]
    fn a_time_at_which_nobody_looked_is_a_gap_and_the_oldest_goes() {
        let mut history = History::new();
        history.note(0, Seen::default());
        history.note(3 * POINT_S, Seen::default());
        assert_eq!(
            written(&history),
            "[[null,0,null],[null,null,null],[null,null,null]]"
        );
        history.note(u32::MAX, Seen::default());
        history.note(0, Seen::default());
        assert_eq!(history.points.len(), POINTS);
    }

    #[test]
    fn the_largest_values_fit() {
        let mut history = History::new();
        let largest = Seen {
            asked_centipercent: Some(i32::MAX),
            applied_centipercent: u16::MAX,
            water_millicelsius: Some(i32::MIN),
        };
        for second in 0..=POINT_S {
            history.note(second, largest);
        }
        assert_eq!(written(&history), "[[32767,6553,-32768]]");
    }
}
