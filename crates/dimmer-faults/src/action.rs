//! Something that is done to the dimmer or to what surrounds it, in the words of a scenario.

use anyhow::{Context, Result, bail};
use dimmer::safety::{ProbeFault, Role};
use toml::{Table, Value};

/// How a probe behaves.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ProbeState {
    /// It measures.
    Back,
    /// Every attempt ends with this fault.
    Failing(ProbeFault),
    /// It always says this, in millicelsius.
    Says(i32),
    /// It adds this to what it measures, in millicelsius.
    Off(i32),
    /// It says for ever what it said last.
    Frozen,
    /// It takes so many times longer from reading to reading.
    Slow(u32),
    /// So many readings of a hundred fail with a checksum.
    Noisy(u32),
    /// Nobody says anything.
    Silent,
}

/// What happens to the mains.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MainsChange {
    /// The switch opens.
    Lost,
    /// It closes, and nothing is wrong any more.
    Back,
    /// Another phase from one moment to the next.
    Shifted,
    /// Another frequency, in millihertz.
    Frequency(u32),
    /// The detector sees edges where there are none.
    Noisy,
}

/// Something that is done.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// A probe behaves otherwise.
    Probe(Role, ProbeState),
    /// What is measured has this temperature, in millicelsius.
    Temperature(Role, i32),
    /// The router says this on the dimmer's own topic from now on, in centipercent.
    Setpoint(i32),
    /// The router says this on the topic that is followed from now on, in centipercent.
    Surplus(i32),
    /// The router speaks, or falls silent.
    Router(bool),
    /// A message on the dimmer's own topic that is no setpoint.
    Garbage(String),
    /// A setpoint that the broker had kept, in centipercent.
    Retained(i32),
    /// So many messages at once, good and bad in turns.
    Flood(u32),
    /// Home Assistant says that it started.
    HomeAssistant,
    /// The broker goes, or comes back.
    Broker(bool),
    /// Something happens to the mains.
    Mains(MainsChange),
    /// The triac conducts whatever the gate does, or no longer.
    TriacStuck(bool),
    /// The gate refuses what it is fed, or no longer.
    GateRefuses(bool),
    /// The clock jumps by so many milliseconds.
    Clock(i64),
    /// The control loop stands still for so many milliseconds.
    LoopStalls(u64),
    /// The firing path stands still for so many milliseconds.
    FiringStalls(u64),
    /// The chip is reset. A board that keeps the latched alarms gives them back.
    Restart {
        /// Whether it keeps them.
        keeps_alarms: bool,
    },
    /// Other settings, live, over those in use: a table of sections.
    Settings(Table),
    /// Somebody wants a boost of so many minutes at so much power, in centipercent; 0 minutes end it.
    Boost {
        /// 0 to 1440.
        minutes: u16,
        /// 1 to 10 000.
        centipercent: u16,
    },
    /// A person switches it on or off.
    Switched(bool),
    /// A person resets the alarms.
    ResetAlarms,
}

const PROBES: [(Role, &str, &str); 3] = [
    (Role::Water, "probe", "water_celsius"),
    (Role::HeatSink, "heat_sink_probe", "heat_sink_celsius"),
    (Role::Room, "room_probe", "room_celsius"),
];

/// What a step can do, for whoever wrote something else.
const KEYS: &str = "probe, heat_sink_probe, room_probe, water_celsius, heat_sink_celsius, room_celsius, setpoint_percent, surplus_percent, retained_percent, \
    router, garbage, flood, home_assistant, broker, mains, triac, gate, clock_jumps_ms, loop_stalls_ms, firing_stalls_ms, restart, settings, boost, person";

const FAULTS: [(&str, ProbeFault); 11] = [
    ("unplugged", ProbeFault::Absent),
    ("shorted", ProbeFault::Shorted),
    ("swapped", ProbeFault::Swapped),
    ("unrecognised", ProbeFault::Unrecognised),
    ("several", ProbeFault::Several),
    ("unsteady", ProbeFault::Unsteady),
    ("not converting", ProbeFault::Conversion),
    ("disturbed", ProbeFault::Checksum),
    ("restarted", ProbeFault::PowerOnValue),
    ("out of range", ProbeFault::OutOfRange),
    ("failing", ProbeFault::Bus),
];

impl Action {
    /// The key and the value of a step that says this.
    pub(crate) fn written(&self) -> (&'static str, Value) {
        let text = |word: &str| Value::String(word.to_owned());
        let of = |role: Role| PROBES.iter().find(|(other, ..)| *other == role);
        match self {
            Self::Probe(role, state) => {
                let word = match state {
                    ProbeState::Back => "back".to_owned(),
                    ProbeState::Failing(fault) => FAULTS
                        .iter()
                        .find(|(_, other)| other == fault)
                        .map_or("failing", |(word, _)| word)
                        .to_owned(),
                    ProbeState::Says(value) => format!("says {}", thousandths(*value)),
                    ProbeState::Off(value) => format!("off by {}", thousandths(*value)),
                    ProbeState::Frozen => "frozen".to_owned(),
                    ProbeState::Slow(times) => format!("slow {times}"),
                    ProbeState::Noisy(percent) => format!("noisy {percent}"),
                    ProbeState::Silent => "silent".to_owned(),
                };
                (of(*role).map_or("probe", |(_, key, _)| key), text(&word))
            }
            Self::Temperature(role, value) => (
                of(*role).map_or("water_celsius", |(.., key)| key),
                Value::Float(thousandths(*value)),
            ),
            Self::Setpoint(value) => ("setpoint_percent", hundredths(*value)),
            Self::Surplus(value) => ("surplus_percent", hundredths(*value)),
            Self::Router(on) => ("router", text(if *on { "back" } else { "silent" })),
            Self::Garbage(payload) => ("garbage", text(payload)),
            Self::Retained(value) => ("retained_percent", hundredths(*value)),
            Self::Flood(count) => ("flood", Value::Integer((*count).into())),
            Self::HomeAssistant => ("home_assistant", text("online")),
            Self::Broker(on) => ("broker", text(if *on { "back" } else { "lost" })),
            Self::Mains(change) => (
                "mains",
                match change {
                    MainsChange::Lost => text("lost"),
                    MainsChange::Back => text("back"),
                    MainsChange::Shifted => text("shifted"),
                    MainsChange::Noisy => text("noisy"),
                    MainsChange::Frequency(millihertz) => {
                        text(&format!("{} Hz", f64::from(*millihertz) / 1_000.0))
                    }
                },
            ),
            Self::TriacStuck(is) => ("triac", text(if *is { "stuck" } else { "back" })),
            Self::GateRefuses(is) => ("gate", text(if *is { "refuses" } else { "back" })),
            Self::Clock(milliseconds) => ("clock_jumps_ms", Value::Integer(*milliseconds)),
            Self::LoopStalls(milliseconds) => ("loop_stalls_ms", integer(*milliseconds)),
            Self::FiringStalls(milliseconds) => ("firing_stalls_ms", integer(*milliseconds)),
            Self::Restart { keeps_alarms } => (
                "restart",
                text(if *keeps_alarms {
                    "keeps alarms"
                } else {
                    "forgets"
                }),
            ),
            Self::Settings(table) => ("settings", Value::Table(table.clone())),
            Self::Boost { minutes: 0, .. } => ("boost", text("cancel")),
            Self::Boost {
                minutes,
                centipercent,
            } => {
                let percent = f64::from(*centipercent) / 100.0;
                ("boost", text(&format!("{minutes} min at {percent} %")))
            }
            Self::Switched(on) => ("person", text(if *on { "on" } else { "off" })),
            Self::ResetAlarms => ("person", text("resets alarms")),
        }
    }

    /// What a key of a step and its value say.
    pub(crate) fn read(key: &str, value: &Value) -> Result<Self> {
        let text = || {
            let text = value.as_str();
            text.with_context(|| format!("{key} takes a text, not {value}"))
        };
        let number = || {
            let number = value
                .as_float()
                .or(value.as_integer().map(|whole| whole as f64));
            number.with_context(|| format!("{key} takes a number, not {value}"))
        };
        let count = || {
            let whole = value
                .as_integer()
                .and_then(|whole| u64::try_from(whole).ok());
            whole.with_context(|| format!("{key} takes a whole number, not {value}"))
        };
        if let Some((role, ..)) = PROBES.iter().find(|(_, probe, _)| *probe == key) {
            return Ok(Self::Probe(*role, probe(text()?)?));
        }
        if let Some((role, ..)) = PROBES.iter().find(|(.., celsius)| *celsius == key) {
            return Ok(Self::Temperature(*role, scaled(number()?, 1_000.0)));
        }
        let one_of = |words: [&str; 2]| -> Result<bool> {
            match text()? {
                word if word == words[0] => Ok(false),
                word if word == words[1] => Ok(true),
                word => bail!("{key} is `{}` or `{}`, not `{word}`", words[0], words[1]),
            }
        };
        Ok(match key {
            "setpoint_percent" => Self::Setpoint(scaled(number()?, 100.0)),
            "surplus_percent" => Self::Surplus(scaled(number()?, 100.0)),
            "retained_percent" => Self::Retained(scaled(number()?, 100.0)),
            "router" => Self::Router(one_of(["silent", "back"])?),
            "garbage" => Self::Garbage(text()?.to_owned()),
            "flood" => Self::Flood(u32::try_from(count()?)?.min(10_000)),
            "home_assistant" => Self::HomeAssistant,
            "broker" => Self::Broker(one_of(["lost", "back"])?),
            "mains" => Self::Mains(match text()? {
                "lost" => MainsChange::Lost,
                "back" => MainsChange::Back,
                "shifted" => MainsChange::Shifted,
                "noisy" => MainsChange::Noisy,
                word => {
                    let hertz = word.strip_suffix(" Hz").and_then(|word| word.parse().ok());
                    let hertz: f64 = hertz.with_context(|| {
                        format!("mains is lost, back, shifted, noisy or `60 Hz`, not `{word}`")
                    })?;
                    MainsChange::Frequency(scaled(hertz.clamp(40.0, 100.0), 1_000.0).unsigned_abs())
                }
            }),
            "triac" => Self::TriacStuck(!one_of(["stuck", "back"])?),
            "gate" => Self::GateRefuses(!one_of(["refuses", "back"])?),
            "clock_jumps_ms" => {
                let jump = value.as_integer();
                Self::Clock(jump.context("clock_jumps_ms takes a whole number")?)
            }
            "loop_stalls_ms" => Self::LoopStalls(count()?),
            "firing_stalls_ms" => Self::FiringStalls(count()?),
            "restart" => Self::Restart {
                keeps_alarms: one_of(["forgets", "keeps alarms"])?,
            },
            "settings" => {
                let table = value.as_table();
                Self::Settings(table.context("settings takes a table of sections, such as { pool = { start_centipercent = 500 } }")?.clone())
            }
            "boost" => boost(text()?)?,
            "person" => match text()? {
                "on" => Self::Switched(true),
                "off" => Self::Switched(false),
                "resets alarms" => Self::ResetAlarms,
                word => bail!("a person does on, off or resets alarms, not `{word}`"),
            },
            _ => bail!("nothing is known by the name of `{key}`; a step has {KEYS}"),
        })
    }
}

fn probe(text: &str) -> Result<ProbeState> {
    if let Some((_, fault)) = FAULTS.iter().find(|(word, _)| *word == text) {
        return Ok(ProbeState::Failing(*fault));
    }
    let after = |word: &str| -> Option<f64> { text.strip_prefix(word)?.trim().parse().ok() };
    let whole = |value: f64| scaled(value.clamp(0.0, 1_000.0), 1.0).unsigned_abs();
    Ok(match text {
        "back" => ProbeState::Back,
        "frozen" => ProbeState::Frozen,
        "silent" => ProbeState::Silent,
        _ => {
            if let Some(value) = after("says ") {
                ProbeState::Says(scaled(value, 1_000.0))
            } else if let Some(value) = after("off by ") {
                ProbeState::Off(scaled(value, 1_000.0))
            } else if let Some(times) = after("slow ") {
                ProbeState::Slow(whole(times))
            } else if let Some(percent) = after("noisy ") {
                ProbeState::Noisy(whole(percent))
            } else {
                bail!(
                    "a probe is back, frozen, silent, unplugged, shorted, swapped, unrecognised, several, unsteady, not converting, disturbed, restarted, out of range, failing, `says 85`, \
                     `off by 5`, `slow 3` or `noisy 20`, not `{text}`"
                )
            }
        }
    })
}

fn thousandths(value: i32) -> f64 {
    f64::from(value) / 1_000.0
}

fn hundredths(value: i32) -> Value {
    Value::Float(f64::from(value) / 100.0)
}

fn integer(value: u64) -> Value {
    Value::Integer(i64::try_from(value).unwrap_or(i64::MAX))
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "a cast from a float ends at the ends of the integer"
)]
fn scaled(value: f64, by: f64) -> i32 {
    (value * by).round() as i32
}

/// `2 min at 60 %`, or `cancel`.
fn boost(text: &str) -> Result<Action> {
    if text == "cancel" {
        return Ok(Action::Boost {
            minutes: 0,
            centipercent: 10_000,
        });
    }
    let parts = text
        .strip_suffix(" %")
        .and_then(|text| text.split_once(" min at "));
    let read = parts.and_then(|(minutes, percent)| {
        let minutes = minutes
            .parse()
            .ok()
            .filter(|minutes| (1..=1_440).contains(minutes))?;
        let centipercent = scaled(percent.parse().ok()?, 100.0);
        let centipercent = u16::try_from(centipercent).ok()?;
        (1..=10_000)
            .contains(&centipercent)
            .then_some(Action::Boost {
                minutes,
                centipercent,
            })
    });
    read.with_context(|| format!("boost is `cancel`, or such as `2 min at 60 %`, not `{text}`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_keys_that_are_told_are_those_that_are_known() {
        for key in KEYS.split(", ") {
            // Of each the value is wrong, or taken.
            if let Err(error) = Action::read(key, &Value::Array(Vec::new())) {
                assert!(!error.to_string().contains(KEYS), "{key}: {error}");
            }
        }
        for step in (0..300).flat_map(|seed| crate::generate(seed).steps) {
            let (key, _) = step.action.written();
            assert!(KEYS.split(", ").any(|known| known == key), "{key}");
        }
    }
}
