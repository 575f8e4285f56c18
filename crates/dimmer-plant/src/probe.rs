//! A DS18B20 in the tank: what the firmware reads from it are the bytes of its scratchpad.

use dimmer_phase::{Duration, Instant};
use dimmer_probe::ds18b20::{
    MAXIMUM_MILLICELSIUS, MINIMUM_MILLICELSIUS, POWER_ON_MILLICELSIUS, Resolution,
    SCRATCHPAD_LENGTH, encode,
};

/// How the probe is connected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wire {
    Connected,
    Unplugged,
    Shorted,
}

/// The probe, at a resolution of 12 bits.
#[derive(Clone, Debug)]
pub struct SimulatedProbe {
    wire: Wire,
    /// What it is surrounded by, degC.
    surrounding_celsius: f64,
    held_celsius: Option<f64>,
    /// The temperature register.
    register_millicelsius: i32,
    /// A running conversion: when it is done, and what it will have measured.
    conversion: Option<(Instant, i32)>,
}

impl SimulatedProbe {
    /// A probe that was just powered, in water of this temperature, degC.
    #[must_use]
    pub fn new(surrounding_celsius: f64) -> Self {
        Self {
            wire: Wire::Connected,
            surrounding_celsius,
            held_celsius: None,
            register_millicelsius: POWER_ON_MILLICELSIUS,
            conversion: None,
        }
    }

    /// How long a conversion takes: 750 ms.
    #[must_use]
    pub fn conversion_time() -> Duration {
        Duration::from_ticks(Resolution::Bits12.conversion_us().into())
    }

    /// Starts a conversion of the present temperature. Without a connection nothing happens, as on a wire that nobody listens to; a
    /// conversion that runs already starts again.
    pub fn convert(&mut self, now: Instant) {
        if self.wire == Wire::Connected {
            self.finish_conversion(now);
            self.conversion = Some((now + Self::conversion_time(), self.measured_millicelsius()));
        }
    }

    /// The scratchpad's nine bytes as they come over the wire: ones if the probe is unplugged, zeros if the wire is shorted. While
    /// a conversion runs they still hold the temperature before it; after power-on that is 85 degC.
    pub fn scratchpad(&mut self, now: Instant) -> [u8; SCRATCHPAD_LENGTH] {
        match self.wire {
            Wire::Unplugged => [0xFF; SCRATCHPAD_LENGTH],
            Wire::Shorted => [0x00; SCRATCHPAD_LENGTH],
            Wire::Connected => {
                self.finish_conversion(now);
                encode(self.register_millicelsius, Resolution::Bits12)
            }
        }
    }

    /// Pulls the probe out: it loses its supply, and with it what it has measured.
    pub fn unplug(&mut self) {
        self.power_off(Wire::Unplugged);
    }

    /// Connects the probe (again): it holds its power-on value until the next conversion.
    pub fn plug(&mut self) {
        if self.wire != Wire::Connected {
            self.power_off(Wire::Connected);
        }
    }

    /// Shorts the wire to ground: every bit reads as zero, until [`plug`](Self::plug).
    pub fn short(&mut self) {
        self.power_off(Wire::Shorted);
    }

    /// Whether something answers a reset on the wire. A shorted wire looks as if something did.
    #[must_use]
    pub fn is_present(&self) -> bool {
        self.wire != Wire::Unplugged
    }

    /// Keeps the probe at a temperature, degC, whatever the tank's is; `None` puts it back into the tank.
    pub fn hold(&mut self, celsius: Option<f64>) {
        self.held_celsius = celsius;
    }

    /// The temperature of the water around it, degC.
    pub(crate) fn surround(&mut self, celsius: f64) {
        self.surrounding_celsius = celsius;
    }

    fn power_off(&mut self, wire: Wire) {
        self.wire = wire;
        self.conversion = None;
        self.register_millicelsius = POWER_ON_MILLICELSIUS;
    }

    fn finish_conversion(&mut self, now: Instant) {
        if let Some((_, measured)) = self.conversion.take_if(|(done, _)| *done <= now) {
            self.register_millicelsius = measured;
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

#[cfg(test)]
mod tests {
    use super::*;

    fn at(milliseconds: u64) -> Instant {
        Instant::from_ticks(milliseconds * 1_000)
    }

    /// The temperature register in sixteenths of a degree.
    fn sixteenths(scratchpad: [u8; 9]) -> i16 {
        i16::from_le_bytes([scratchpad[0], scratchpad[1]])
    }

    /// CRC-8 of Maxim's application note 27, bit by bit, written anew here: the last byte makes the whole come out as zero.
    fn checksum(bytes: &[u8]) -> u8 {
        bytes.iter().fold(0, |crc, byte| {
            (0..8).fold(crc ^ byte, |crc, _| {
                if crc & 1 == 1 {
                    (crc >> 1) ^ 0x8C
                } else {
                    crc >> 1
                }
            })
        })
    }

    #[test]
    fn it_holds_85_degrees_until_the_first_conversion_is_done() {
        let mut probe = SimulatedProbe::new(21.5);
        assert_eq!(sixteenths(probe.scratchpad(at(0))), 85 * 16);
        probe.convert(at(100));
        assert_eq!(sixteenths(probe.scratchpad(at(849))), 85 * 16);
        assert_eq!(sixteenths(probe.scratchpad(at(850))), 344);
    }

    #[test]
    fn a_conversion_keeps_the_value_before_it_until_it_is_done() {
        let mut probe = SimulatedProbe::new(20.0);
        probe.convert(at(0));
        probe.surround(30.0);
        probe.convert(at(1_000));
        assert_eq!(sixteenths(probe.scratchpad(at(1_500))), 20 * 16);
        assert_eq!(sixteenths(probe.scratchpad(at(1_750))), 30 * 16);
    }

    #[test]
    fn the_bytes_are_a_twelve_bit_scratchpad_with_a_checksum() {
        for (celsius, expected) in [
            (25.0625, 0x0191),
            (-10.125, -162),
            (0.0, 0),
            (125.0, 2_000),
            (-55.0, -880),
            (300.0, 2_000),
        ] {
            let mut probe = SimulatedProbe::new(celsius);
            probe.convert(at(0));
            let bytes = probe.scratchpad(at(750));
            assert_eq!(sixteenths(bytes), expected, "{celsius}");
            assert_eq!(bytes[4], 0x7F);
            assert_eq!(checksum(&bytes), 0, "{bytes:02x?}");
        }
    }

    #[test]
    fn unplugged_reads_as_ones_and_shorted_as_zeros() {
        let mut probe = SimulatedProbe::new(20.0);
        probe.unplug();
        assert_eq!(probe.scratchpad(at(0)), [0xFF; 9]);
        assert!(!probe.is_present());
        probe.short();
        assert_eq!(probe.scratchpad(at(0)), [0; 9]);
        assert!(probe.is_present());
    }

    #[test]
    fn a_probe_that_was_unplugged_starts_from_its_power_on_value() {
        let mut probe = SimulatedProbe::new(20.0);
        probe.convert(at(0));
        assert_eq!(sixteenths(probe.scratchpad(at(800))), 20 * 16);
        probe.unplug();
        probe.convert(at(900));
        probe.plug();
        assert_eq!(sixteenths(probe.scratchpad(at(2_000))), 85 * 16);
    }

    #[test]
    fn a_held_temperature_hides_the_tank() {
        let mut probe = SimulatedProbe::new(20.0);
        probe.hold(Some(70.0));
        probe.convert(at(0));
        assert_eq!(sixteenths(probe.scratchpad(at(750))), 70 * 16);
        probe.hold(None);
        probe.convert(at(1_000));
        assert_eq!(sixteenths(probe.scratchpad(at(1_750))), 20 * 16);
    }
}
