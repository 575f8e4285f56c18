//! One dimmer of a pool: setpoint in, own share out.

use crate::{FULL_CENTIPERCENT, Settings};

/// What the pool, or this dimmer alone, is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Setpoint {
    /// In centipercent; 10 000 is 100 %. Above 100 % is normal: it is for the dimmers that start later. Negative is off.
    Centipercent(i32),
    /// In watts; 100 % is the rated power of **this** dimmer. Negative is off.
    Watts(i32),
}

impl Setpoint {
    /// The setpoint in centipercent for a load of `rated_watts`, rounded down. Watts for a load of unknown (0 W) power
    /// mean nothing: off.
    fn centipercent(self, rated_watts: u32) -> i64 {
        match self {
            Self::Centipercent(centipercent) => i64::from(centipercent),
            Self::Watts(watts) => (i64::from(watts) * i64::from(FULL_CENTIPERCENT))
                .checked_div(i64::from(rated_watts))
                .unwrap_or(0),
        }
    }
}

/// The power that this dimmer should take: 0 to 10 000 centipercent of its own rated power.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Share(u16);

impl Share {
    /// Nothing.
    pub const OFF: Self = Self(0);
    /// All of it.
    pub const FULL: Self = Self(FULL_CENTIPERCENT);

    /// In centipercent of this dimmer's rated power, 0 to 10 000.
    #[must_use]
    pub const fn centipercent(self) -> u16 {
        self.0
    }

    /// Whether it is nothing.
    #[must_use]
    pub const fn is_off(self) -> bool {
        self.0 == 0
    }

    /// In watts of a load of `rated_watts`, rounded down.
    #[must_use]
    pub fn watts(self, rated_watts: u32) -> u32 {
        let watts = u64::from(self.0) * u64::from(rated_watts) / u64::from(FULL_CENTIPERCENT);
        // Never more than rated_watts, as the share is never more than 10 000.
        u32::try_from(watts).unwrap_or(rated_watts)
    }
}

/// One dimmer of a pool: turns the common setpoint into the share that this dimmer takes.
///
/// Works with nothing but the setpoint: no other member needs to be heard.
#[derive(Clone, Debug)]
pub struct Member {
    settings: Settings,
    valid: bool,
    rated_watts: u32,
    running: bool,
}

impl Member {
    /// A dimmer that is off, for a load of `rated_watts` (0 if unknown: then setpoints in watts are off).
    ///
    /// With settings that do not [`validate`](Settings::validate) it stays off whatever it is asked.
    #[must_use]
    pub fn new(settings: Settings, rated_watts: u32) -> Self {
        Self {
            valid: settings.validate().is_ok(),
            settings,
            rated_watts,
            running: false,
        }
    }

    /// Changes the settings live. A running dimmer goes on running if the new settings let it at the next setpoint.
    ///
    /// With settings that do not [`validate`](Settings::validate) it stays off whatever it is asked.
    pub fn set_settings(&mut self, settings: Settings) {
        self.valid = settings.validate().is_ok();
        self.settings = settings;
    }

    /// Changes the rated power of the load, in watts; 0 if unknown.
    pub fn set_rated_watts(&mut self, rated_watts: u32) {
        self.rated_watts = rated_watts;
    }

    /// The settings in use.
    #[must_use]
    pub const fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The rated power of the load, in watts; 0 if unknown.
    #[must_use]
    pub const fn rated_watts(&self) -> u32 {
        self.rated_watts
    }

    /// This dimmer's share of the common setpoint.
    ///
    /// Nothing up to the start, full power from full on, a straight line between, rounded down; then held to the minimum
    /// (below it: off) and the maximum. A dimmer that is off starts only when the setpoint is the hysteresis above the
    /// point where it would stop.
    pub fn share(&mut self, setpoint: Setpoint) -> Share {
        if !self.valid {
            self.running = false;
            return Share::OFF;
        }
        let setpoint = setpoint.centipercent(self.rated_watts);
        let reach = self.settings.reach_centipercent(setpoint);
        // What decides between on and off is looked up further down the line while the dimmer is off: so the hysteresis
        // holds at the start and at the minimum alike.
        let deciding = if self.running {
            reach
        } else {
            let hysteresis = i64::from(self.settings.start_hysteresis_centipercent);
            self.settings
                .reach_centipercent(setpoint.saturating_sub(hysteresis))
        };
        self.running = deciding >= self.settings.lowest_centipercent();
        if self.running {
            Share(reach.min(self.settings.maximum_centipercent))
        } else {
            Share::OFF
        }
    }

    /// A command for this dimmer alone: no threshold and no hysteresis, but minimum (below it: off) and maximum hold.
    ///
    /// Setpoints above 100 % are full power, held to the maximum.
    #[must_use]
    pub fn direct(&self, setpoint: Setpoint) -> Share {
        let wanted = setpoint
            .centipercent(self.rated_watts)
            .clamp(0, i64::from(FULL_CENTIPERCENT));
        let wanted = u16::try_from(wanted).unwrap_or(0);
        if self.valid && wanted >= self.settings.lowest_centipercent() {
            Share(wanted.min(self.settings.maximum_centipercent))
        } else {
            Share::OFF
        }
    }
}
