//! The scenarios a to m, and what each may show at most.
//!
//! Some have a harder form besides: f', k' and k".

use crate::detector::{Detector, Kind, Latency};
use crate::random::Random;
use crate::wave::{Frequency, Outages, Shape};

/// The levels that each scenario is run at, in centipercent.
pub(crate) const LEVELS: [u16; 9] = [100, 500, 1_000, 2_500, 5_000, 7_500, 9_000, 9_500, 9_900];

/// Everything that a run depends on, but for its seed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct World {
    pub(crate) frequency: Frequency,
    pub(crate) nominal_hertz: f64,
    pub(crate) outages: Outages,
    pub(crate) shape: Shape,
    pub(crate) detector: Detector,
    /// In software: of the edges' interrupt and of the timer's that fires.
    pub(crate) latency: Latency,
    pub(crate) seconds: f64,
}

impl World {
    const IDEAL: Self = Self {
        frequency: Frequency::Constant(50.0),
        nominal_hertz: 50.0,
        outages: Outages::None,
        shape: Shape {
            third: 0.0,
            fifth: 0.0,
        },
        detector: Detector::IDEAL,
        latency: Latency::None,
        seconds: 30.0,
    };

    /// The same edges, captured and fired by hardware.
    pub(crate) fn in_hardware(self) -> Self {
        Self {
            latency: Latency::None,
            ..self
        }
    }
}

/// In points of full power. `None` is no limit.
#[derive(Clone, Copy, Default)]
pub(crate) struct Limits {
    pub(crate) mean: Option<f64>,
    pub(crate) worst: Option<f64>,
    pub(crate) dc: Option<f64>,
    pub(crate) missed: Missed,
}

#[derive(Clone, Copy, Default, PartialEq)]
pub(crate) enum Missed {
    #[default]
    Any,
    None,
    OnePerReturn,
}

const fn at_most(mean: f64, worst: f64) -> Limits {
    Limits {
        mean: Some(mean),
        worst: Some(worst),
        dc: None,
        missed: Missed::Any,
    }
}

const fn none_missed(mean: f64, worst: f64) -> Limits {
    Limits {
        missed: Missed::None,
        ..at_most(mean, worst)
    }
}

/// A world for a seed.
pub(crate) type MakeWorld = fn(&mut Random) -> World;

pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    pub(crate) what: &'static str,
    pub(crate) world: MakeWorld,
    pub(crate) hardware: Limits,
    /// Where interrupt latency makes a difference.
    pub(crate) software: Option<Limits>,
}

const fn ideal_with(detector: Detector) -> World {
    World {
        detector,
        ..World::IDEAL
    }
}

const NO_LIMITS: Limits = Limits {
    mean: None,
    worst: None,
    dc: None,
    missed: Missed::Any,
};

pub(crate) const SCENARIOS: [Scenario; 16] = [
    Scenario {
        name: "a",
        what: "ideal 50 Hz, 120 µs pulse at the crossing",
        world: |_| World::IDEAL,
        hardware: at_most(0.01, 0.05),
        software: None,
    },
    Scenario {
        name: "b",
        what: "ideal 60 Hz",
        world: |_| World {
            frequency: Frequency::Constant(60.0),
            nominal_hertz: 60.0,
            ..World::IDEAL
        },
        hardware: at_most(0.01, 0.05),
        software: None,
    },
    Scenario {
        name: "c",
        what: "49.5 to 50.5 Hz at 0.02 Hz/s",
        world: |_| World {
            frequency: Frequency::Drift(49.5, 0.02, 50.5),
            seconds: 50.0,
            ..World::IDEAL
        },
        hardware: at_most(0.02, 0.2),
        software: None,
    },
    Scenario {
        name: "d",
        what: "generator: 47 to 53 Hz at ±1 Hz/s",
        world: |_| World {
            frequency: Frequency::Swing(47.0, 53.0, 1.0),
            ..World::IDEAL
        },
        hardware: at_most(0.05, 1.0),
        software: None,
    },
    Scenario {
        name: "e",
        what: "edge jitter of 20 µs sigma",
        world: |_| {
            ideal_with(Detector {
                jitter: 20.0,
                ..Detector::IDEAL
            })
        },
        hardware: at_most(0.02, 0.6),
        software: None,
    },
    Scenario {
        name: "f",
        what: "wide: 1.15 ms ± 30 µs, centre 150 µs off, bouncing edges",
        world: |_| ideal_with(Detector::ROBOTDYN),
        hardware: at_most(0.05, 0.5),
        software: None,
    },
    Scenario {
        name: "f'",
        what: "as f, but each edge jitters for itself, and with them the centre, by 15 µs: judged by e's limits",
        world: |_| {
            ideal_with(Detector {
                width_jitter: 0.0,
                edge_jitter: 21.2,
                ..Detector::ROBOTDYN
            })
        },
        hardware: at_most(0.05, 0.6),
        software: None,
    },
    Scenario {
        name: "g",
        what: "2 % of pulses missing",
        world: |_| {
            ideal_with(Detector {
                missing: 0.02,
                ..Detector::IDEAL
            })
        },
        hardware: none_missed(0.01, 0.1),
        software: None,
    },
    Scenario {
        name: "h",
        what: "2 % spurious pulses, spikes after 5 % of firings",
        world: |_| {
            ideal_with(Detector {
                spurious: 0.02,
                spikes: 0.05,
                ..Detector::IDEAL
            })
        },
        hardware: none_missed(0.02, 0.5),
        software: None,
    },
    Scenario {
        name: "i",
        what: "asymmetric detector: halves of 9.7 and 10.3 ms",
        world: |_| {
            ideal_with(Detector {
                asymmetry: 150.0,
                ..Detector::IDEAL
            })
        },
        hardware: Limits {
            dc: Some(0.05),
            ..at_most(0.02, 0.3)
        },
        software: None,
    },
    Scenario {
        name: "j",
        what: "5 % third and 3 % fifth harmonic, in or against phase",
        world: |random| {
            let mut sign = || if random.chance(0.5) { 1.0 } else { -1.0 };
            World {
                shape: Shape {
                    third: 0.05 * sign(),
                    fifth: 0.03 * sign(),
                },
                ..World::IDEAL
            }
        },
        hardware: NO_LIMITS,
        software: None,
    },
    Scenario {
        name: "k",
        what: "lost for 1 to 50 half-cycles, the grid goes on meanwhile",
        world: |_| World {
            outages: Outages::GridGoesOn,
            ..World::IDEAL
        },
        hardware: Limits {
            mean: Some(0.05),
            missed: Missed::OnePerReturn,
            ..NO_LIMITS
        },
        software: None,
    },
    Scenario {
        name: "k'",
        what: "as k, but each return is at any phase of another grid",
        world: |_| World {
            outages: Outages::AnyPhase,
            ..World::IDEAL
        },
        hardware: Limits {
            mean: Some(0.05),
            missed: Missed::OnePerReturn,
            ..NO_LIMITS
        },
        software: None,
    },
    Scenario {
        name: "k\"",
        what: "as k', behind a detector that is silent without mains, coasting over nothing",
        world: |_| World {
            outages: Outages::AnyPhase,
            ..ideal_with(Detector {
                silent: true,
                ..Detector::IDEAL
            })
        },
        hardware: Limits {
            mean: Some(0.05),
            missed: Missed::OnePerReturn,
            ..NO_LIMITS
        },
        software: None,
    },
    Scenario {
        name: "l",
        what: "interrupt latency 0 to 15 µs, 1 % up to 120 µs",
        world: |_| World {
            latency: Latency::Interrupt,
            ..World::IDEAL
        },
        hardware: at_most(0.01, 0.1),
        software: Some(at_most(0.05, 2.5)),
    },
    Scenario {
        name: "m",
        what: "f + g + h + l together",
        world: |_| World {
            latency: Latency::Interrupt,
            ..ideal_with(Detector {
                missing: 0.02,
                spurious: 0.02,
                spikes: 0.05,
                ..Detector::ROBOTDYN
            })
        },
        hardware: none_missed(0.02, 0.3),
        software: Some(none_missed(0.15, 2.5)),
    },
];

/// Any mixture of the scenarios, each ingredient with an even chance.
pub(crate) fn mixture(random: &mut Random) -> World {
    let nominal_hertz = if random.chance(0.5) { 50.0 } else { 60.0 };
    let frequency = match random.whole(0, 3) {
        0 => Frequency::Constant(nominal_hertz),
        1 => Frequency::Constant(random.between(47.0, 63.0)),
        2 => Frequency::Drift(nominal_hertz - 0.5, 0.02, nominal_hertz + 0.5),
        _ => Frequency::Swing(nominal_hertz - 3.0, nominal_hertz + 3.0, 1.0),
    };
    let outages = match random.whole(0, 3) {
        0 => Outages::GridGoesOn,
        1 => Outages::AnyPhase,
        _ => Outages::None,
    };
    let mut maybe = |value: f64| {
        if random.chance(0.5) {
            value * random.unit()
        } else {
            0.0
        }
    };
    let shape = Shape {
        third: maybe(0.05),
        fifth: maybe(0.03),
    };
    let mut detector = Detector {
        jitter: maybe(20.0),
        missing: maybe(0.02),
        spurious: maybe(0.02),
        spikes: maybe(0.05),
        asymmetry: maybe(150.0),
        ..Detector::IDEAL
    };
    if random.chance(0.5) {
        detector = Detector {
            jitter: detector.jitter,
            missing: detector.missing,
            spurious: detector.spurious,
            spikes: detector.spikes,
            asymmetry: detector.asymmetry,
            ..Detector::ROBOTDYN
        };
    }
    detector.kind = match random.whole(0, 9) {
        0 => Kind::HalfWave,
        1 => Kind::Square,
        _ => Kind::FullWave,
    };
    detector.silent = detector.kind == Kind::FullWave && random.chance(0.25);
    let latency = if random.chance(0.5) {
        Latency::Interrupt
    } else {
        Latency::None
    };
    World {
        frequency,
        nominal_hertz,
        outages,
        shape,
        detector,
        latency,
        seconds: 1_500.0 / nominal_hertz,
    }
}
