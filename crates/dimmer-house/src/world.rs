//! The house with all that is in it, on one virtual clock.

use anyhow::{Context, Result, bail};
use dimmer_plant::{EnergyBalance, House, HousePower, HouseSettings, Meter, Router};

use crate::bus::{Bus, Published};
use crate::{Ideal, Member, PoolFile, Scale, capacity_watts};

/// The house's figures hold for this long, and energy is counted over it: ten half-cycles at 50 Hz.
const STEP_US: u64 = 100_000;
const STEP_SECONDS: f64 = 0.1;
/// From one client over the broker to another.
const MESSAGE_US: u64 = 20_000;
/// The topic of the common setpoint.
const FOLLOW: &str = "solar-dimmer/all/power/set";

/// What the house did over the last step.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Standing {
    /// Roof and household.
    pub power: HousePower,
    /// The heaters, watts.
    pub diverted_watts: f64,
    /// What the router asks for, watts.
    pub setpoint_watts: f64,
}

/// A house, its meter, its router, and whole dimmers with their plants, without a clock: as fast as the machine can.
#[derive(Debug)]
pub struct World {
    house: House,
    meter: Meter,
    router: Router,
    scale: Scale,
    /// Where the router listens, if it does.
    totals: Option<String>,
    members: Vec<Member>,
    /// What anybody subscribed to.
    wanted: Vec<String>,
    bus: Bus,
    balance: EnergyBalance,
    ideal: Ideal,
    standing: Standing,
    start_seconds: f64,
    now_us: u64,
    step_us: u64,
}

impl World {
    /// A house at the start of its settings, with the members of a table.
    ///
    /// # Errors
    /// A setting that is out of its range, or that nobody knows.
    pub fn new(settings: &HouseSettings, pool: &PoolFile) -> Result<Self> {
        let house = House::new(settings.clone())?;
        let start_seconds = settings.start_hour * 3_600.0;
        let members = pool
            .dimmers(pool.members())
            .into_iter()
            .enumerate()
            .map(|(index, table)| {
                Member::new(table, index, FOLLOW, start_seconds)
                    .with_context(|| format!("member {}", index + 1))
            })
            .collect::<Result<Vec<_>>>()?;
        let scale = Scale::of(members.iter().map(Member::config), settings.router.speaks);
        let mut world = Self {
            house,
            meter: Meter::new(settings.meter),
            router: Router::new(
                settings.router,
                settings.meter.interval_s,
                scale.maximum_watts,
            ),
            scale,
            totals: members
                .first()
                .filter(|_| settings.router.listens)
                .map(Member::totals_topic),
            wanted: Vec::new(),
            members,
            bus: Bus::new(MESSAGE_US),
            balance: EnergyBalance::default(),
            ideal: Ideal::default(),
            standing: Standing::default(),
            start_seconds,
            now_us: 0,
            step_us: STEP_US,
        };
        world.know_members()?;
        Ok(world)
    }

    fn know_members(&mut self) -> Result<()> {
        for member in &mut self.members {
            let safety = member.config().safety;
            let limit_celsius = f64::from(safety.water_limit_millicelsius) / 1_000.0;
            if !member.config().probes.water {
                bail!("a member's water has no probe; expected: one that this house can read");
            }
            self.wanted.extend_from_slice(member.subscriptions());
            let tank = member.plant().tank().settings().clone();
            let full_watts = member.plant().full_watts();
            self.ideal.push(tank, full_watts, limit_celsius);
        }
        self.wanted.extend(self.totals.clone());
        self.wanted.sort_unstable();
        self.wanted.dedup();
        Ok(())
    }

    /// Runs until so many seconds after the start.
    pub fn run_until(&mut self, seconds: f64) {
        let until_us = microseconds(seconds);
        while self.now_us < until_us {
            let next_us = self.next_us().clamp(self.now_us, until_us);
            for member in &mut self.members {
                member.advance(next_us);
            }
            self.now_us = next_us;
            while let Some(message) = self.bus.take(next_us) {
                if self.totals.as_ref() == Some(&message.topic)
                    && let Some(watts) = capacity_watts(&message.payload)
                {
                    self.router
                        .set_maximum_watts(watts.min(self.scale.maximum_watts));
                }
                for member in &mut self.members {
                    member.hear(&message, &mut self.bus, &self.wanted);
                }
            }
            for member in &mut self.members {
                if member.next_us() <= next_us {
                    member.serve(&mut self.bus, &self.wanted);
                }
            }
            if self.step_us <= next_us {
                self.step();
            }
        }
    }

    fn next_us(&self) -> u64 {
        let members = self.members.iter().map(Member::next_us);
        members
            .chain(self.bus.next_us())
            .fold(self.step_us, u64::min)
    }

    /// A step of the house is over.
    fn step(&mut self) {
        let middle_s = (self.step_us - STEP_US / 2) as f64 / 1e6;
        self.step_us += STEP_US;
        let power = self.house.power(self.start_seconds + middle_s);
        let diverted_joules = self.members.iter_mut().map(Member::take_step_joules).sum();
        self.balance.add(STEP_SECONDS, power, diverted_joules);
        self.ideal.pass(STEP_SECONDS, power.surplus_watts());
        let diverted_watts = diverted_joules / STEP_SECONDS;
        self.meter
            .pass(STEP_SECONDS, power.grid_watts(diverted_watts));
        while let Some(reading) = self.meter.take() {
            let setpoint_watts = self.router.reading(reading);
            let payload = self.scale.payload(setpoint_watts);
            let message = Published {
                topic: FOLLOW.to_owned(),
                payload: payload.into_bytes(),
            };
            self.bus.publish(self.now_us, message);
        }
        self.standing = Standing {
            power,
            diverted_watts,
            setpoint_watts: self.router.setpoint_watts(),
        };
    }

    /// Where the energy came from and went to since the start.
    #[must_use]
    pub fn balance(&self) -> EnergyBalance {
        self.balance
    }

    /// The best that could have been done.
    #[must_use]
    pub fn ideal(&self) -> &Ideal {
        &self.ideal
    }

    /// The house over the last step.
    #[must_use]
    pub fn standing(&self) -> Standing {
        self.standing
    }

    /// The dimmers.
    pub fn members(&mut self) -> &mut [Member] {
        &mut self.members
    }

    /// How many half-cycles of how many dimmers were simulated, together.
    #[must_use]
    pub fn half_cycles(&self) -> u64 {
        self.members.iter().map(Member::half_cycles).sum()
    }

    /// How many messages were passed on, the router's among them.
    #[must_use]
    pub fn messages(&self) -> u64 {
        self.bus.published
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the cast saturates"
)]
fn microseconds(seconds: f64) -> u64 {
    (seconds * 1e6).round() as u64
}
