//! One dimmer between its own thresholds: setpoint in, own share out.

use crate::{FULL_CENTIPERCENT, Setpoint, Settings, Share};

/// One dimmer by its thresholds: turns the common setpoint into the share that this dimmer takes.
///
/// Works with nothing but the setpoint: no other dimmer needs to be heard.
#[derive(Clone, Debug)]
pub struct Thresholds {
    settings: Settings,
    valid: bool,
    rated_watts: u32,
    running: bool,
}

impl Thresholds {
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

    /// Whether the settings [`validate`](Settings::validate); otherwise it stays off.
    #[must_use]
    pub const fn is_valid(&self) -> bool {
        self.valid
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
        let reach = |lowered| self.settings.reach_of(setpoint, lowered, self.rated_watts);
        // What decides between on and off is looked up further down the line while the dimmer is off: so the hysteresis
        // holds at the start and at the minimum alike.
        let deciding = if self.running {
            reach(0)
        } else {
            reach(self.settings.start_hysteresis_centipercent)
        };
        let reach = reach(0);
        self.running = deciding >= self.settings.lowest_centipercent();
        if self.running {
            Share::new(reach.min(self.settings.maximum_centipercent))
        } else {
            Share::OFF
        }
    }

    /// A command for this dimmer alone: no threshold and no hysteresis, but minimum (below it: off) and maximum hold.
    ///
    /// 100 % is this dimmer's rated power, and so is a bare number of 100. Setpoints above 100 % are full power, held to the maximum.
    #[must_use]
    pub fn direct(&self, setpoint: Setpoint) -> Share {
        let wanted = setpoint
            .centipercent(self.rated_watts)
            .clamp(0, i64::from(FULL_CENTIPERCENT));
        let wanted = u16::try_from(wanted).unwrap_or(0);
        if self.valid && wanted >= self.settings.lowest_centipercent() {
            Share::new(wanted.min(self.settings.maximum_centipercent))
        } else {
            Share::OFF
        }
    }
}
