//! The best that could have been done.

use dimmer_plant::{Tank, TankSettings};

/// One heater and its tank, without any dimmer.
#[derive(Clone, Debug)]
struct IdealMember {
    tank: Tank,
    full_watts: f64,
    limit_celsius: f64,
}

/// A house in which somebody knows the surplus at every moment, and what every tank can take.
///
/// In each step the surplus goes to the heaters in their order, to each as much as it can take when fully on, or as little as keeps its
/// water exactly at the limit. There is no meter, no message, no threshold, no rounding, and no pause until hot water has cooled.
/// What it diverts is what the real division is compared with.
#[derive(Clone, Debug, Default)]
pub struct Ideal {
    members: Vec<IdealMember>,
    diverted_joules: f64,
}

impl Ideal {
    /// Adds a heater behind those that are there: its tank, what it takes when fully on, and the water's limit.
    pub(crate) fn push(&mut self, tank: TankSettings, full_watts: f64, limit_celsius: f64) {
        self.members.push(IdealMember {
            tank: Tank::new(tank),
            full_watts,
            limit_celsius,
        });
    }

    pub(crate) fn pass(&mut self, seconds: f64, surplus_watts: f64) {
        let mut left_joules = surplus_watts.max(0.0) * seconds;
        for member in &mut self.members {
            let could_take = member.full_watts * seconds;
            let mut cooled = member.tank.clone();
            cooled.advance(seconds, 0.0);
            // What is lost within a step of what is given in it is nothing.
            let to_limit =
                (member.limit_celsius - cooled.celsius()) * member.tank.joules_per_kelvin();
            let joules = left_joules.min(could_take).min(to_limit).max(0.0);
            member.tank.advance(seconds, joules);
            left_joules -= joules;
            self.diverted_joules += joules;
        }
    }

    /// What was diverted since the start, joules.
    #[must_use]
    pub fn diverted_joules(&self) -> f64 {
        self.diverted_joules
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tank_takes_what_is_there_until_it_is_at_its_limit_and_the_next_one_the_rest() {
        let tank = TankSettings {
            litres: 10.0,
            loss_watts_per_kelvin: 0.0,
            ..TankSettings::default()
        };
        let mut ideal = Ideal::default();
        ideal.push(tank.clone(), 1_000.0, 41.0);
        ideal.push(tank, 500.0, 60.0);
        ideal.pass(10.0, 1_200.0);
        assert!((ideal.diverted_joules() - 12_000.0).abs() < 1e-6);
        ideal.pass(10.0, -300.0);
        assert!((ideal.diverted_joules() - 12_000.0).abs() < 1e-6);
        ideal.pass(10.0, 2_000.0);
        assert!((ideal.diverted_joules() - 27_000.0).abs() < 1e-6);
        // The first is 41.86 kJ from its start to its limit, of which 20 were given.
        for _ in 0..10 {
            ideal.pass(10.0, 2_000.0);
        }
        let expected = 41_860.0 + 2_000.0 + 11.0 * 5_000.0;
        assert!(
            (ideal.diverted_joules() - expected).abs() < 1e-3,
            "{}",
            ideal.diverted_joules()
        );
    }
}
