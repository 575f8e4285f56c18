//! From a long schedule that breaks an invariant to a short one that breaks the same.

use crate::oracle::Violation;
use crate::scenario::{Scenario, Step, Surroundings};
use crate::world::run;
use dimmer::config::Config;

/// Shrinks a run that breaks an invariant, and gives it back with what is broken. `None` if nothing is.
#[must_use]
pub fn shrink(scenario: &Scenario) -> Option<(Scenario, Violation)> {
    let first = run(scenario)?;
    let mut shortest = Shortest {
        invariant: first.invariant,
        scenario: scenario.clone(),
        violation: first,
    };
    loop {
        let before = shortest.scenario.clone();
        shortest.end_sooner();
        shortest.drop_steps();
        shortest.take_defaults();
        shortest.round_times();
        if shortest.scenario == before {
            return Some((shortest.scenario, shortest.violation));
        }
    }
}

struct Shortest {
    invariant: &'static str,
    scenario: Scenario,
    violation: Violation,
}

impl Shortest {
    /// Takes it if it breaks the same.
    fn try_instead(&mut self, scenario: Scenario) -> bool {
        if scenario == self.scenario {
            return false;
        }
        match run(&scenario) {
            Some(violation) if violation.invariant == self.invariant => {
                self.scenario = scenario;
                self.violation = violation;
                true
            }
            _ => false,
        }
    }

    /// Nothing after the violation matters.
    fn end_sooner(&mut self) {
        let mut scenario = self.scenario.clone();
        let end_ms = self.violation.at_ms + 1;
        scenario.surroundings.duration_ms = scenario.surroundings.duration_ms.min(end_ms);
        scenario.steps.retain(|step| step.at_ms <= end_ms);
        self.try_instead(scenario);
    }

    /// Delta debugging (Zeller, Hildebrandt 2002): leaves out halves, then quarters, down to single steps.
    fn drop_steps(&mut self) {
        let mut size = self.scenario.steps.len().div_ceil(2);
        while size > 0 {
            let mut start = 0;
            while start < self.scenario.steps.len() {
                let mut scenario = self.scenario.clone();
                let end = (start + size).min(scenario.steps.len());
                scenario.steps.drain(start..end);
                if !self.try_instead(scenario) {
                    start += size;
                }
            }
            size /= 2;
        }
    }

    /// As much as possible as it comes.
    fn take_defaults(&mut self) {
        let usual = Config::default();
        let changes: [fn(&mut Scenario, &Config); 7] = [
            |scenario, usual| scenario.config = usual.clone(),
            |scenario, usual| scenario.config.pool = usual.pool,
            |scenario, usual| scenario.config.mains = usual.mains,
            |scenario, usual| scenario.config.safety = usual.safety,
            |scenario, usual| {
                scenario.config.topics = usual.topics.clone();
                scenario.config.probes = usual.probes.clone();
            },
            |scenario, _| {
                scenario.surroundings = Surroundings {
                    duration_ms: scenario.surroundings.duration_ms,
                    firing: scenario.surroundings.firing,
                    ..Surroundings::default()
                };
            },
            |scenario, _| scenario.surroundings.session_delay_ms = 20,
        ];
        for change in changes {
            let mut scenario = self.scenario.clone();
            change(&mut scenario, &usual);
            self.try_instead(scenario);
        }
        self.usual_settings(&usual);
        let changes: [fn(&mut Surroundings, &Surroundings); 6] = [
            |here, usual| here.probe_every_ms = usual.probe_every_ms,
            |here, usual| here.router_every_ms = usual.router_every_ms,
            |here, usual| here.look_every_ms = usual.look_every_ms,
            |here, usual| here.water_millicelsius = usual.water_millicelsius,
            |here, usual| here.warming_millicelsius_per_s = usual.warming_millicelsius_per_s,
            |here, usual| here.seed = usual.seed,
        ];
        for change in changes {
            let mut scenario = self.scenario.clone();
            change(&mut scenario.surroundings, &Surroundings::default());
            self.try_instead(scenario);
        }
    }

    /// Each setting of safety for itself.
    fn usual_settings(&mut self, usual: &Config) {
        let Ok(usual) = toml::Table::try_from(usual.safety) else {
            return;
        };
        let Ok(here) = toml::Table::try_from(self.scenario.config.safety) else {
            return;
        };
        for (name, value) in &here {
            let mut table = here.clone();
            match usual.get(name) {
                Some(other) if other != value => table.insert(name.clone(), other.clone()),
                Some(_) => continue,
                None => table.remove(name),
            };
            let mut now = match toml::Table::try_from(self.scenario.config.safety) {
                Ok(now) => now,
                Err(_) => continue,
            };
            match table.remove(name) {
                Some(other) => now.insert(name.clone(), other),
                None => now.remove(name),
            };
            let mut scenario = self.scenario.clone();
            if let Ok(safety) = now.try_into::<dimmer::safety::Settings>() {
                scenario.config.safety = safety;
                if scenario.config.clone().validate().is_ok() {
                    self.try_instead(scenario);
                }
            }
        }
    }

    /// Earlier, and at times that a person would choose.
    fn round_times(&mut self) {
        for index in 0..self.scenario.steps.len() {
            for grain_ms in [1_000, 100, 10] {
                let mut scenario = self.scenario.clone();
                let Some(step) = scenario.steps.get_mut(index) else {
                    continue;
                };
                let Step { at_ms, .. } = step;
                *at_ms = *at_ms / grain_ms * grain_ms;
                scenario.steps.sort_by_key(|step| step.at_ms);
                if self.try_instead(scenario) {
                    break;
                }
            }
        }
    }
}
