//! Where the house's energy came from and went to.

/// What a house does at one moment, without its heaters.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct HousePower {
    /// What the roof produces, watts.
    pub produced_watts: f64,
    /// What the household uses, watts; the dimmers' heaters are not part of it.
    pub used_watts: f64,
}

impl HousePower {
    /// What is left for the heaters, watts; below zero, the household alone takes from the grid.
    #[must_use]
    pub fn surplus_watts(self) -> f64 {
        self.produced_watts - self.used_watts
    }

    /// What is taken from the grid while the heaters take `diverted_watts`; below zero, what is given to it.
    #[must_use]
    pub fn grid_watts(self, diverted_watts: f64) -> f64 {
        self.used_watts + diverted_watts - self.produced_watts
    }
}

/// Energy since the start, joules: what was produced and imported is what was used, diverted and exported.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct EnergyBalance {
    /// By the roof.
    pub produced_joules: f64,
    /// By the household.
    pub used_joules: f64,
    /// By the heaters.
    pub diverted_joules: f64,
    /// Of what was diverted, what the roof had left over at that moment; the rest came from the grid.
    pub surplus_joules: f64,
    /// Given to the grid.
    pub exported_joules: f64,
    /// Taken from the grid.
    pub imported_joules: f64,
}

impl EnergyBalance {
    /// Adds a time, short enough that its means are what a meter sees, in which the heaters took `diverted_joules`.
    pub fn add(&mut self, seconds: f64, power: HousePower, diverted_joules: f64) {
        let surplus_joules = power.surplus_watts() * seconds;
        let grid_joules = diverted_joules - surplus_joules;
        self.produced_joules += power.produced_watts * seconds;
        self.used_joules += power.used_watts * seconds;
        self.diverted_joules += diverted_joules;
        self.surplus_joules += surplus_joules.max(0.0).min(diverted_joules);
        self.exported_joules += (-grid_joules).max(0.0);
        self.imported_joules += grid_joules.max(0.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_in_goes_out() {
        let mut balance = EnergyBalance::default();
        let power = |produced_watts, used_watts| HousePower {
            produced_watts,
            used_watts,
        };
        balance.add(10.0, power(3_000.0, 500.0), 20_000.0);
        balance.add(10.0, power(1_000.0, 500.0), 20_000.0);
        balance.add(10.0, power(0.0, 500.0), 1_000.0);
        assert_eq!(balance.produced_joules, 40_000.0);
        assert_eq!(balance.used_joules, 15_000.0);
        assert_eq!(balance.diverted_joules, 41_000.0);
        // All of the first, a quarter of the second, nothing of the third.
        assert_eq!(balance.surplus_joules, 25_000.0);
        assert_eq!(balance.exported_joules, 5_000.0);
        assert_eq!(balance.imported_joules, 21_000.0);
        assert_eq!(
            balance.produced_joules + balance.imported_joules,
            balance.used_joules + balance.diverted_joules + balance.exported_joules
        );
    }

    #[test]
    fn the_grid_takes_what_nobody_wants() {
        let power = HousePower {
            produced_watts: 2_000.0,
            used_watts: 300.0,
        };
        assert_eq!(power.surplus_watts(), 1_700.0);
        assert_eq!(power.grid_watts(1_700.0), 0.0);
        assert_eq!(power.grid_watts(0.0), -1_700.0);
    }
}
