//! The settings that can be changed by a message: a part of all, as numbers and choices.

use dimmer_topics::{Tunable, TunableKind};

use crate::{Config, Invalid, Language, Valid};

/// One of the table: how it is shown, and where it stands in the configuration.
struct Entry {
    tunable: Tunable,
    /// Its section and its name there, as [`Invalid`] names it.
    path: (&'static str, &'static str),
    get: fn(&Config) -> i32,
    set: fn(&mut Config, i32),
}

const fn number(
    name: &'static str,
    label: &'static str,
    unit: &'static str,
    decimals: u8,
    range: (i32, i32),
    step: i32,
) -> Tunable {
    let (minimum, maximum) = range;
    let kind = TunableKind::Number {
        unit,
        decimals,
        minimum,
        maximum,
        step,
    };
    Tunable { name, label, kind }
}

const ENTRIES: [Entry; 12] = [
    Entry {
        tunable: number("water_limit", "Water limit", "°C", 3, (20_000, 95_000), 500),
        path: ("safety", "water_limit_millicelsius"),
        get: |config| config.safety.water_limit_millicelsius,
        set: |config, value| config.safety.water_limit_millicelsius = value,
    },
    Entry {
        tunable: number("water_resume", "Resume at", "°C", 3, (10_000, 94_500), 500),
        path: ("safety", "water_resume_millicelsius"),
        get: |config| config.safety.water_resume_millicelsius,
        set: |config, value| config.safety.water_resume_millicelsius = value,
    },
    Entry {
        tunable: number("maximum_power", "Maximum power", "%", 2, (1, 10_000), 1),
        path: ("safety", "maximum_centipercent"),
        get: |config| config.safety.maximum_centipercent.into(),
        set: |config, value| config.safety.maximum_centipercent = clamped(value),
    },
    Entry {
        tunable: number("setpoint_age", "Setpoint holds", "s", 0, (1, 86_400), 1),
        path: ("safety", "setpoint_maximum_age_s"),
        get: |config| signed(config.safety.setpoint_maximum_age_s),
        set: |config, value| config.safety.setpoint_maximum_age_s = clamped(value),
    },
    Entry {
        // 0 °C: no preheating.
        tunable: number("preheat_below", "Preheat below", "°C", 3, (0, 90_000), 500),
        path: ("safety", "preheat_below_millicelsius"),
        get: |config| config.safety.preheat_below_millicelsius.unwrap_or(0),
        set: |config, value| {
            config.safety.preheat_below_millicelsius = (value > 0).then_some(value);
        },
    },
    Entry {
        tunable: number(
            "preheat_until",
            "Preheat until",
            "°C",
            3,
            (500, 94_500),
            500,
        ),
        path: ("safety", "preheat_until_millicelsius"),
        get: |config| config.safety.preheat_until_millicelsius,
        set: |config, value| config.safety.preheat_until_millicelsius = value,
    },
    Entry {
        tunable: number("preheat_power", "Preheat power", "%", 2, (1, 10_000), 1),
        path: ("safety", "preheat_centipercent"),
        get: |config| config.safety.preheat_centipercent.into(),
        set: |config, value| config.safety.preheat_centipercent = clamped(value),
    },
    Entry {
        tunable: number("pool_start", "Starts above", "%", 2, (0, 1_000_000), 100),
        path: ("pool", "start_centipercent"),
        get: |config| config.pool.start_centipercent,
        set: |config, value| config.pool.start_centipercent = value,
    },
    Entry {
        tunable: number("pool_minimum", "Lowest power", "%", 2, (0, 10_000), 1),
        path: ("pool", "minimum_centipercent"),
        get: |config| config.pool.minimum_centipercent.into(),
        set: |config, value| config.pool.minimum_centipercent = clamped(value),
    },
    Entry {
        tunable: number("pool_maximum", "Highest power", "%", 2, (1, 10_000), 1),
        path: ("pool", "maximum_centipercent"),
        get: |config| config.pool.maximum_centipercent.into(),
        set: |config, value| config.pool.maximum_centipercent = clamped(value),
    },
    Entry {
        tunable: number("rated_power", "Rated power", "W", 0, (1, 20_000), 1),
        path: ("output", "rated_watts"),
        get: |config| signed(config.output.rated_watts),
        set: |config, value| config.output.rated_watts = clamped(value),
    },
    Entry {
        tunable: Tunable {
            name: "language",
            label: "Language",
            kind: TunableKind::Choice(&["en", "fr"]),
        },
        path: ("", "language"),
        get: |config| match config.language {
            Language::English => 0,
            Language::French => 1,
        },
        set: |config, value| {
            config.language = if value == 1 {
                Language::French
            } else {
                Language::English
            };
        },
    },
];

/// How many there are.
pub const TUNABLES_COUNT: usize = ENTRIES.len();

/// The table, for [`Topics::with_tunables`](dimmer_topics::Topics::with_tunables).
pub static TUNABLES: [Tunable; TUNABLES_COUNT] = {
    let mut tunables = [ENTRIES[0].tunable; TUNABLES_COUNT];
    let mut place = 0;
    while place < TUNABLES_COUNT {
        #[expect(
            clippy::indexing_slicing,
            reason = "computed by the compiler, which would refuse an index out of range"
        )]
        {
            tunables[place] = ENTRIES[place].tunable;
        }
        place += 1;
    }
    tunables
};

impl Config {
    /// The values of [`TUNABLES`], in their order and units.
    #[must_use]
    pub fn tunables(&self) -> [i32; TUNABLES_COUNT] {
        ENTRIES.map(|entry| (entry.get)(self))
    }
}

impl Valid {
    /// This configuration with another value of [`TUNABLES`], counted from 0; the same if there is none at this place.
    ///
    /// # Errors
    /// [`Invalid`] if the value is in its range, and does not fit the others: a limit below the temperature at which the heater resumes.
    pub fn with_tunable(&self, place: usize, value: i32) -> Result<Self, Invalid> {
        let mut config = (**self).clone();
        if let Some(entry) = ENTRIES.get(place) {
            (entry.set)(&mut config, value);
        }
        config.check()?;
        Ok(Self::of_checked(config))
    }
}

impl Invalid {
    /// What stands against the value of [`TUNABLES`] at `place`, if a rule between it and another setting was broken: the other's name
    /// in that table, or where it is not in it, in its section.
    #[must_use]
    pub fn conflict_with(&self, place: usize) -> Option<&'static str> {
        let path = ENTRIES.get(place)?.path;
        let other = if path == (self.section, self.field) {
            self.other?
        } else {
            self.field
        };
        let entry = ENTRIES
            .iter()
            .find(|entry| entry.path == (self.section, other));
        Some(entry.map_or(other, |entry| entry.tunable.name))
    }
}

fn signed(value: u32) -> i32 {
    i32::try_from(value).unwrap_or(i32::MAX)
}

/// What was read is in its range already.
fn clamped<T: TryFrom<i32> + Default>(value: i32) -> T {
    T::try_from(value).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    extern crate std;

    use super::*;
    use dimmer_topics::{Settings, Topics};

    #[test]
    fn topics_can_be_made_of_the_table() {
        let id = "a1b2c3d4e5f6".parse().unwrap();
        let topics = Topics::new(&Settings::default(), id).unwrap();
        assert!(topics.with_tunables(&TUNABLES).is_ok());
    }

    #[test]
    fn each_value_is_read_back_where_it_was_set_and_moves_no_other() {
        let valid = Valid::defaults();
        let before = valid.tunables();
        for (place, (tunable, value)) in TUNABLES.iter().zip(before).enumerate() {
            let other = match tunable.kind {
                TunableKind::Number { step, minimum, .. } if value - step >= minimum => {
                    value - step
                }
                TunableKind::Number { step, .. } => value + step,
                TunableKind::Choice(_) | TunableKind::Switch => 1 - value,
            };
            let changed = valid.with_tunable(place, other).unwrap();
            let mut expected = before;
            expected[place] = other;
            assert_eq!(changed.tunables(), expected, "{}", tunable.name);
        }
    }

    #[test]
    fn the_usual_values_are_in_their_ranges() {
        for (tunable, value) in TUNABLES.iter().zip(Valid::defaults().tunables()) {
            if let TunableKind::Number {
                minimum, maximum, ..
            } = tunable.kind
            {
                assert!((minimum..=maximum).contains(&value), "{}", tunable.name);
            }
        }
    }

    #[test]
    fn what_does_not_fit_the_others_is_refused() {
        let error = Valid::defaults().with_tunable(0, 40_000).unwrap_err();
        assert_eq!(error.section, "safety");
        assert!(Valid::defaults().with_tunable(99, 1).is_ok());
    }

    #[test]
    fn a_rule_between_two_settings_names_the_one_that_was_not_changed() {
        let place = |name| TUNABLES.iter().position(|tunable| tunable.name == name);
        let cases = [
            ("water_limit", 40_000, "water_resume"),
            ("water_resume", 59_800, "water_limit"),
            (
                "water_resume",
                -20_000,
                "water_plausible_minimum_millicelsius",
            ),
            ("preheat_below", 45_000, "preheat_until"),
            ("preheat_until", 30_000, "preheat_below"),
            ("preheat_until", 60_000, "water_limit"),
            ("pool_minimum", 6_000, "pool_maximum"),
            ("pool_maximum", 1_000, "pool_minimum"),
            ("pool_start", 20_000, "full_centipercent"),
        ];
        for (name, value, other) in cases {
            let mut config = Config::default();
            config.safety.preheat_below_millicelsius = Some(40_000);
            config.pool.minimum_centipercent = 2_000;
            config.pool.maximum_centipercent = 5_000;
            config.pool.full_centipercent = Some(15_000);
            let valid = config.validate().unwrap();
            let place = place(name).unwrap();
            let invalid = valid.with_tunable(place, value).unwrap_err();
            assert_eq!(
                invalid.conflict_with(place),
                Some(other),
                "{name}: {invalid}"
            );
        }
        let invalid = Valid::defaults().with_tunable(2, 0).unwrap_err();
        assert_eq!(invalid.conflict_with(2), None, "{invalid}");
    }

    #[test]
    fn the_manual_has_each_key_with_its_unit_and_range() {
        let manual = include_str!("../../../docs/topics.md");
        for Tunable { name, kind, .. } in &TUNABLES {
            let row = match kind {
                TunableKind::Number {
                    unit,
                    decimals,
                    minimum,
                    maximum,
                    ..
                } => {
                    let scale = 10_f64.powi(i32::from(*decimals));
                    let shown = |value: i32| f64::from(value) / scale;
                    std::format!(
                        "| `{name}` | {unit} | {} | {} |",
                        shown(*minimum),
                        shown(*maximum)
                    )
                }
                TunableKind::Choice(words) => {
                    std::format!(
                        "| `{name}` | | `{}` | `{}` |",
                        words[0],
                        words[words.len() - 1]
                    )
                }
                TunableKind::Switch => std::format!("| `{name}` | | `OFF` | `ON` |"),
            };
            assert!(manual.contains(&row), "{row}");
        }
    }
}
