//! What follows from a board's address.

use dimmer_app::dimmer::{config::HOSTNAME_CAPACITY, topics::DeviceId};

/// Something that differs between boards, to keep those that lost the same broker from coming back in step.
#[must_use]
pub fn seed(id: DeviceId) -> u32 {
    id.mac()
        .iter()
        .fold(0, |seed: u32, byte| seed.rotate_left(5) ^ u32::from(*byte))
}

/// What the board is called in its network (by the router's list of devices, and with `.local` behind it), and as an access point: as the settings say, or `dimmer-` and
/// its id.
#[must_use]
pub fn hostname(set: &str, id: DeviceId) -> heapless::String<HOSTNAME_CAPACITY> {
    use core::fmt::Write;
    let mut name = heapless::String::new();
    // 19 bytes, or what a setting of the same capacity holds.
    let _ = if set.is_empty() {
        write!(name, "dimmer-{id}")
    } else {
        name.push_str(set).map_err(|_| core::fmt::Error)
    };
    name
}

#[cfg(test)]
mod tests {
    extern crate std;

    use super::*;

    #[test]
    fn boards_of_one_batch_differ_in_their_seeds() {
        let of = |last| seed(DeviceId::new([0x7C, 0xDF, 0xA1, 0x00, 0x12, last]));
        let mut seeds: std::vec::Vec<_> = (0..=255).map(of).collect();
        seeds.sort_unstable();
        seeds.dedup();
        assert_eq!(seeds.len(), 256);
    }

    #[test]
    fn a_board_is_called_as_the_settings_say_or_by_its_id() {
        let id = DeviceId::new([2, 0, 0, 0, 0, 1]);
        assert_eq!(hostname("cellar-tank", id), "cellar-tank");
        assert_eq!(hostname("", id), "dimmer-020000000001");
    }
}
