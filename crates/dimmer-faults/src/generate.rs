//! A run from a seed: settings, surroundings, and a schedule of faults.

use crate::action::{Action, MainsChange, ProbeState};
use crate::random::Random;
use crate::scenario::{Firing, Scenario, Step, Surroundings};
use dimmer::config::Config;
use dimmer::safety::{ProbeFault, ProbeUse, Role, Settings};
use toml::{Table, Value};

/// One run of so many has the whole plant; the others have levels only.
const EXACT_ONE_IN: u64 = 16;
/// One of so many is long enough for what takes minutes.
const LONG_ONE_IN: u64 = 64;
const GARBAGE: [&str; 12] = [
    "",
    " ",
    "yes",
    "NaN",
    "1e",
    "0x10",
    "50 %",
    "--5",
    "{}",
    "{\"power\":}",
    "{\"power\":1,\"watts\":2}",
    "99999999999999999999",
];
const FAULTS: [ProbeFault; 8] = [
    ProbeFault::Absent,
    ProbeFault::Shorted,
    ProbeFault::Checksum,
    ProbeFault::PowerOnValue,
    ProbeFault::OutOfRange,
    ProbeFault::Unrecognised,
    ProbeFault::Bus,
    ProbeFault::Swapped,
];

/// The run of a seed.
#[must_use]
pub fn generate(seed: u64) -> Scenario {
    let mut random = Random::new(seed);
    let long = random.once_in(LONG_ONE_IN);
    let exact = !long && random.once_in(EXACT_ONE_IN);
    let duration_ms = if long {
        random.between(150_000, 300_000)
    } else {
        random.between(4_000, 16_000)
    };
    let mut scenario = Scenario {
        about: format!("Seed {seed}."),
        surroundings: Surroundings {
            seed,
            duration_ms,
            firing: if exact { Firing::Plant } else { Firing::Levels },
            probe_every_ms: random.between(200, 900),
            router_every_ms: random.between(200, 1_500),
            look_every_ms: random.between(100, 250),
            session_delay_ms: random.between(0, 150),
            water_millicelsius: random.whole(20_000, 60_000),
            warming_millicelsius_per_s: random.small(1, 3_000),
        },
        ..Scenario::default()
    };
    scenario.config.safety = settings(&mut random);
    if random.once_in(4) {
        from_topics(&mut random, &mut scenario.config);
    }
    if random.once_in(3) {
        scenario.config.pool.start_centipercent = random.whole(0, 6_000);
    }
    if exact && random.once_in(3) {
        scenario.config.mains.ramp_centipercent_per_second = random.small(1_000, 40_000);
    }
    let setpoint = random.whole(-1_000, 15_000);
    let first = if random.once_in(3) {
        Action::Surplus(setpoint)
    } else {
        Action::Setpoint(setpoint)
    };
    scenario.steps.push(Step {
        at_ms: random.between(0, 1_500),
        action: first,
    });
    let count = random.between(1, 14) * if long { 3 } else { 1 };
    for _ in 0..count {
        let at_ms = random.between(0, duration_ms);
        let action = action(&mut random, &scenario.config.safety);
        // Most of what goes wrong ends again.
        if let (Some(end), true) = (end_of(&action), !random.once_in(4)) {
            scenario.steps.push(Step {
                at_ms: at_ms + random.between(1, 4_000),
                action: end,
            });
        }
        scenario.steps.push(Step { at_ms, action });
    }
    scenario.steps.retain(|step| step.at_ms <= duration_ms);
    scenario.steps.sort_by_key(|step| step.at_ms);
    scenario
}

/// Valid by construction: ages so short that they end within a run.
fn settings(random: &mut Random) -> Settings {
    let mut settings = Settings {
        water_maximum_age_s: random.small(1, 4),
        setpoint_maximum_age_s: random.small(1, 5),
        mains_maximum_age_ms: random.small(300, 1_500),
        clock_maximum_step_s: random.small(3, 60),
        water_maximum_rate_millicelsius_per_minute: random
            .pick(&[0, 120_000, 600_000, 6_000_000], 0),
        maximum_centipercent: random.pick(&[10_000, 10_000, 7_000, 1], 10_000),
        probe_lost_after_readings: random.pick(&[1, 3, 5], 5),
        probe_lost_after_s: random.small(1, 4),
        probe_lost_critical_after_s: random.pick(&[0, 5, 6, 3_600], 0),
        mains_lost_after_s: random.small(1, 5),
        heating_energy_watt_hours: random.pick(&[0, 1, 3, 3_000], 0),
        heating_loss_watts: random.pick(&[0, 150], 0),
        heating_rise_millicelsius: random.pick(&[100, 1_000, 20_000], 100),
        off_rise_millicelsius: random.pick(&[0, 1_000, 5_000], 0),
        water_alarm_margin_millicelsius: random.small(1_000, 8_000),
        ..Settings::default()
    };
    settings.water_limit_millicelsius = random.whole(40_000, 70_000);
    settings.water_resume_millicelsius =
        settings.water_limit_millicelsius - random.whole(500, 8_000);
    if random.once_in(4) {
        settings.preheat_below_millicelsius = Some(random.whole(15_000, 35_000));
        settings.preheat_until_millicelsius = random.whole(36_000, 39_000);
        settings.preheat_centipercent = random.pick(&[1, 3_000, 10_000], 10_000);
    }
    if random.once_in(4) {
        settings.heat_sink_probe = ProbeUse::Required;
        settings.heat_sink_maximum_age_s = random.small(1, 4);
    }
    if random.once_in(6) {
        settings.room_probe = ProbeUse::Required;
        settings.room_limit_millicelsius = Some(random.whole(36_000, 50_000));
        settings.room_maximum_age_s = random.small(1, 4);
    }
    if random.once_in(12) {
        settings.water_probe = ProbeUse::Absent;
        settings.preheat_below_millicelsius = None;
    }
    settings
}

/// Some temperatures come from topics, plain or in JSON.
fn from_topics(random: &mut Random, config: &mut Config) {
    let path = random.pick(&["", "temperature"], "");
    let temperature = &mut config.topics.temperature;
    for (topic, source, own_probe) in [
        (
            "home/tank",
            &mut temperature.water,
            &mut config.probes.water,
        ),
        (
            "home/sink",
            &mut temperature.heat_sink,
            &mut config.probes.heat_sink,
        ),
        ("home/room", &mut temperature.room, &mut config.probes.room),
    ] {
        if random.once_in(2) {
            *own_probe = false;
            source.topic = topic.try_into().unwrap_or_default();
            source.path = path.try_into().unwrap_or_default();
        }
    }
}

fn probe_state(random: &mut Random) -> ProbeState {
    match random.next() % 10 {
        0..=3 => ProbeState::Failing(random.pick(&FAULTS, ProbeFault::Absent)),
        4 => ProbeState::Says(random.pick(&[-127_000, -255_000, 0, 85_000, 125_001], 0)),
        5 => ProbeState::Off(random.whole(-30_000, 30_000)),
        6 => ProbeState::Frozen,
        7 => ProbeState::Slow(random.small(2, 20)),
        8 => ProbeState::Noisy(random.small(5, 95)),
        _ => ProbeState::Silent,
    }
}

fn action(random: &mut Random, settings: &Settings) -> Action {
    let limit = settings.water_limit_millicelsius;
    match random.next() % 44 {
        0..=6 => Action::Probe(Role::Water, probe_state(random)),
        7 => Action::Probe(Role::HeatSink, probe_state(random)),
        8 => Action::Probe(Role::Room, probe_state(random)),
        9..=11 => Action::Temperature(Role::Water, limit + random.whole(-12_000, 12_000)),
        12 => Action::Temperature(Role::HeatSink, random.whole(50_000, 110_000)),
        13 => Action::Temperature(Role::Room, random.whole(15_000, 60_000)),
        14..=16 => Action::Setpoint(random.whole(-2_000, 20_000)),
        17 => Action::Surplus(random.whole(-2_000, 20_000)),
        18 | 19 => Action::Router(false),
        20 => Action::Garbage(random.pick(&GARBAGE, "").to_owned()),
        21 => Action::Retained(random.whole(0, 10_000)),
        22 => Action::Flood(random.small(2, 60)),
        23 => Action::HomeAssistant,
        24 => Action::Broker(false),
        25 | 26 => Action::Mains(MainsChange::Lost),
        27 => Action::Mains(random.pick(
            &[
                MainsChange::Shifted,
                MainsChange::Noisy,
                MainsChange::Frequency(60_000),
                MainsChange::Frequency(49_000),
            ],
            MainsChange::Shifted,
        )),
        28 => Action::TriacStuck(true),
        29 => Action::GateRefuses(true),
        30 => Action::Clock(-i64::try_from(random.between(1, 30_000)).unwrap_or(1)),
        31 => Action::Clock(i64::try_from(random.between(1, 90_000)).unwrap_or(1)),
        32 | 33 => Action::LoopStalls(random.between(100, 4_000)),
        34 => Action::FiringStalls(random.between(20, 3_000)),
        35 => Action::Restart {
            keeps_alarms: random.once_in(2),
        },
        36 | 40 | 41 => Action::Settings(other_settings(random, limit)),
        37 => Action::Switched(false),
        42 => Action::Boost {
            minutes: random.pick(&[1, 1, 2], 1),
            centipercent: random.pick(&[10_000, 5_000, 100], 10_000),
        },
        43 => Action::Boost {
            minutes: 0,
            centipercent: 10_000,
        },
        _ => Action::ResetAlarms,
    }
}

fn other_settings(random: &mut Random, limit: i32) -> Table {
    let (section, name, value) = match random.next() % 10 {
        0 => ("safety", "water_maximum_age_s", random.whole(1, 60)),
        1 => ("safety", "setpoint_maximum_age_s", random.whole(1, 60)),
        2 | 3 => (
            "safety",
            "water_limit_millicelsius",
            limit + random.whole(500, 20_000),
        ),
        4 => (
            "safety",
            "water_resume_millicelsius",
            limit - random.whole(1_000, 6_000),
        ),
        5 => ("safety", "maximum_centipercent", random.whole(1, 10_000)),
        6 => (
            "safety",
            "water_plausible_maximum_millicelsius",
            random.whole(limit + 21_000, 125_000),
        ),
        7 => ("pool", "start_centipercent", random.whole(0, 9_000)),
        8 => ("safety", "mains_maximum_age_ms", random.whole(300, 2_000)),
        _ => (
            "mains",
            "ramp_centipercent_per_second",
            random.whole(1_000, 40_000),
        ),
    };
    let setting = Table::from_iter([(name.to_owned(), Value::Integer(value.into()))]);
    Table::from_iter([(section.to_owned(), Value::Table(setting))])
}

/// What ends this.
fn end_of(action: &Action) -> Option<Action> {
    Some(match action {
        Action::Probe(role, _) => Action::Probe(*role, ProbeState::Back),
        Action::Temperature(Role::Water, _) => Action::Temperature(Role::Water, 35_000),
        Action::Router(_) => Action::Router(true),
        Action::Broker(_) => Action::Broker(true),
        Action::Mains(MainsChange::Frequency(_)) => Action::Mains(MainsChange::Frequency(50_000)),
        Action::Mains(_) => Action::Mains(MainsChange::Back),
        Action::TriacStuck(_) => Action::TriacStuck(false),
        Action::GateRefuses(_) => Action::GateRefuses(false),
        Action::Switched(_) => Action::Switched(true),
        _ => return None,
    })
}
