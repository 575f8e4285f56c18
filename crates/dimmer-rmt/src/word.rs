//! What stands in a channel's memory: ESP32-C3 Technical Reference Manual, chapter "Remote Control Peripheral", section on the RAM and its pulse codes.

/// Ticks of a transmitter in a second: one for each microsecond, so that what is planned needs no rounding.
pub const TICK_HERTZ: u32 = 1_000_000;

/// What one channel's memory holds, in words of two entries each.
pub const MEMORY_WORDS: usize = 48;

/// A word that ends the transmission: its first entry has no duration.
pub const END: u32 = 0;

/// How many words after the one that is being sent the transmitter may have read already. The manual does not say that it reads any; nothing here
/// goes wrong when it reads so many.
pub const READ_AHEAD_WORDS: usize = 3;

/// The longest duration of an entry, which has 15 bits.
pub(crate) const LONGEST: u64 = (1 << 15) - 1;

/// A pulse can be fed this long before it begins, in microseconds: what an entry holds.
pub const MOST_AHEAD_US: u64 = LONGEST;

/// The level's bit of an entry; the others are its duration in ticks.
const HIGH: u32 = 1 << 15;

/// Behind each pulse stand words that are low for the shortest time there is. While the pulse is sent, the transmitter has read them at the most, and not the
/// end behind them: it can be replaced.
pub(crate) const TAIL_WORDS: usize = READ_AHEAD_WORDS;

/// Low for two ticks.
pub(crate) const TAIL: u32 = 1 | (1 << 16);

/// How long the tail takes, in microseconds.
pub(crate) const TAIL_US: u64 = 2 * TAIL_WORDS as u64;

/// The words that a pulse takes, without the end.
pub(crate) const PULSE_WORDS: usize = 1 + TAIL_WORDS;

/// Low for so many ticks, then high for so many; nothing when an entry cannot hold one of them, or would end the transmission.
pub(crate) fn pulse(low_us: u64, high_us: u64) -> Option<u32> {
    let entry = |ticks: u64| {
        let ticks = u32::try_from(ticks).ok()?;
        (1..HIGH).contains(&ticks).then_some(ticks)
    };
    Some(entry(low_us)? | ((entry(high_us)? | HIGH) << 16))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pulse_is_its_wait_below_and_its_width_above() {
        assert_eq!(pulse(5_000, 100), Some(0x8064_1388));
        assert_eq!(pulse(LONGEST, LONGEST), Some(0xFFFF_7FFF));
    }

    #[test]
    fn what_no_entry_holds_and_what_would_end_the_transmission_is_no_word() {
        for (low, high) in [
            (0, 100),
            (5_000, 0),
            (1 << 15, 100),
            (5_000, 1 << 15),
            (u64::MAX, 1),
        ] {
            assert_eq!(pulse(low, high), None);
        }
    }

    #[test]
    fn the_tail_is_low_and_does_not_end_the_transmission() {
        for entry in [TAIL & 0xFFFF, TAIL >> 16] {
            assert_eq!(entry & HIGH, 0);
            assert_ne!(entry, 0);
        }
    }
}
