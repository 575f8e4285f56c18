//! What a DS18B20 measures and remembers.

use dimmer_probe::ds18b20::{
    MAXIMUM_MILLICELSIUS, MINIMUM_MILLICELSIUS, POWER_ON_MILLICELSIUS, Resolution,
    SCRATCHPAD_LENGTH, crc8, encode,
};

/// How long a copy into the EEPROM takes (data sheet, "AC electrical characteristics").
const COPY_NS: u64 = 10_000_000;

/// The memory of a device, and the water around it.
#[derive(Clone, Debug)]
pub(super) struct Thermometer {
    surrounding_celsius: f64,
    held_celsius: Option<f64>,
    temperature: [u8; 2],
    /// Upper and lower alarm byte, and configuration.
    settings: [u8; 3],
    eeprom: [u8; 3],
    /// When it is done, and what it will have measured.
    conversion: Option<(u64, [u8; 2])>,
    busy_until_ns: u64,
    slowness: f64,
}

impl Thermometer {
    pub(super) fn new(surrounding_celsius: f64) -> Self {
        let [_, _, alarm_high, alarm_low, configuration, ..] = power_on_value();
        let factory = [alarm_high, alarm_low, configuration];
        let mut thermometer = Self {
            surrounding_celsius,
            held_celsius: None,
            temperature: [0; 2],
            settings: factory,
            eeprom: factory,
            conversion: None,
            busy_until_ns: 0,
            slowness: 1.0,
        };
        thermometer.power_on();
        thermometer
    }

    /// Everything but the EEPROM is forgotten.
    pub(super) fn power_on(&mut self) {
        let [low, high, ..] = power_on_value();
        self.temperature = [low, high];
        self.settings = self.eeprom;
        self.conversion = None;
        self.busy_until_ns = 0;
    }

    pub(super) fn surround(&mut self, celsius: f64) {
        self.surrounding_celsius = celsius;
    }

    pub(super) fn hold(&mut self, celsius: Option<f64>) {
        self.held_celsius = celsius;
    }

    pub(super) fn set_slowness(&mut self, times: f64) {
        self.slowness = times;
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a conversion takes seconds at most; the cast saturates"
    )]
    pub(super) fn convert(&mut self, now_ns: u64) {
        self.finish(now_ns);
        let resolution = self.resolution();
        let [low, high, ..] = encode(self.measured_millicelsius(), resolution);
        let takes_ns = f64::from(resolution.conversion_us()) * 1e3 * self.slowness;
        self.busy_until_ns = now_ns + takes_ns as u64;
        self.conversion = Some((self.busy_until_ns, [low, high]));
    }

    pub(super) fn write(&mut self, [alarm_high, alarm_low, configuration]: [u8; 3]) {
        // The other bits of the configuration are fixed.
        let configuration = configuration & 0x60 | 0x1F;
        self.settings = [alarm_high, alarm_low, configuration];
    }

    pub(super) fn copy(&mut self, now_ns: u64) {
        self.eeprom = self.settings;
        self.busy_until_ns = now_ns + COPY_NS;
    }

    pub(super) fn recall(&mut self) {
        self.settings = self.eeprom;
    }

    /// Whether it converts or copies.
    pub(super) fn is_busy(&self, now_ns: u64) -> bool {
        now_ns < self.busy_until_ns
    }

    pub(super) fn scratchpad(&mut self, now_ns: u64) -> [u8; SCRATCHPAD_LENGTH] {
        self.finish(now_ns);
        let [low, high] = self.temperature;
        let [alarm_high, alarm_low, configuration] = self.settings;
        let [.., r0, r1, r2, _] = power_on_value();
        let bytes = [low, high, alarm_high, alarm_low, configuration, r0, r1, r2];
        let [b0, b1, b2, b3, b4, b5, b6, b7] = bytes;
        [b0, b1, b2, b3, b4, b5, b6, b7, crc8(&bytes)]
    }

    fn resolution(&self) -> Resolution {
        match self.settings {
            [_, _, 0x1F] => Resolution::Bits9,
            [_, _, 0x3F] => Resolution::Bits10,
            [_, _, 0x5F] => Resolution::Bits11,
            _ => Resolution::Bits12,
        }
    }

    fn finish(&mut self, now_ns: u64) {
        if let Some((_, measured)) = self.conversion.take_if(|(done, _)| *done <= now_ns) {
            self.temperature = measured;
        }
    }

    #[expect(
        clippy::cast_possible_truncation,
        reason = "the cast saturates, and the clamp is far inside"
    )]
    fn measured_millicelsius(&self) -> i32 {
        let celsius = self.held_celsius.unwrap_or(self.surrounding_celsius);
        let millicelsius = (celsius * 1_000.0).round() as i32;
        millicelsius.clamp(MINIMUM_MILLICELSIUS, MAXIMUM_MILLICELSIUS)
    }
}

/// The scratchpad of a new device at power-on.
fn power_on_value() -> [u8; SCRATCHPAD_LENGTH] {
    encode(POWER_ON_MILLICELSIUS, Resolution::Bits12)
}
