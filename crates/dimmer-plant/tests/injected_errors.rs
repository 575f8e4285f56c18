//! Errors at every place of a reading: never a wrong temperature, and every retry counted.
//!
//! The same with more places and temperatures, as a table: `cargo run --release -p dimmer-plant --example injected_errors`.

mod injection;

use injection::{
    Reading, blind_spots, extent, first_scratchpad, inject, lengthened, pairs, single_flips,
};

/// 25.0625, -10.125, 0 and 60 °C: bits of both kinds everywhere.
const SIXTEENTHS: [i32; 4] = [0x0191, -162, 0, 960];

#[test]
fn a_single_flipped_slot_anywhere_is_one_retry_at_most() {
    for reading in [Reading::First, Reading::Later] {
        for sixteenths in [SIXTEENTHS[0], SIXTEENTHS[1]] {
            let tally = single_flips(reading, sixteenths & !1);
            assert_eq!(tally.injections, extent(reading).slots);
            assert_eq!((tally.wrong, tally.failed), (0, 0), "{tally:?}");
            assert_eq!(tally.retries, tally.retried, "{tally:?}");
            // Each bit of both scratchpads is noticed.
            assert!(tally.retried >= 144, "{tally:?}");
        }
    }
}

#[test]
fn two_flipped_slots_anywhere_in_a_scratchpad_are_noticed() {
    let slots = first_scratchpad();
    let tally = pairs(SIXTEENTHS[0], slots);
    assert_eq!(tally.injections, 72 * 71 / 2);
    assert_eq!(tally.retried, tally.injections, "{tally:?}");
    assert_eq!((tally.wrong, tally.failed), (0, 0));
}

#[test]
fn a_busy_wait_lengthened_anywhere_is_retried_or_harmless() {
    for (reading, by_us) in [
        (Reading::Later, 5),
        (Reading::Later, 20),
        (Reading::Later, 60),
        (Reading::Later, 600),
        (Reading::First, 20),
        (Reading::First, 600),
    ] {
        let tally = lengthened(reading, SIXTEENTHS[0] & !1, by_us);
        assert_eq!(tally.injections, extent(reading).delays);
        assert_eq!((tally.wrong, tally.failed), (0, 0), "{by_us}: {tally:?}");
        assert_eq!(tally.retried > 0, by_us > 5, "{by_us}: {tally:?}");
    }
}

#[test]
fn what_the_checksum_does_not_notice_the_second_fetch_does() {
    let spots = blind_spots(SIXTEENTHS[0]);
    assert!(spots.len() > 1_000, "{}", spots.len());
    let few = spots.into_iter().step_by(7);
    let tally = inject(Reading::Later, SIXTEENTHS[0], few);
    assert_eq!(tally.retried, tally.injections, "{tally:?}");
    assert_eq!((tally.wrong, tally.failed), (0, 0));
}
