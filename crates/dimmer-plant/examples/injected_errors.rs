//! What errors at every place of a reading do: `cargo run --release -p dimmer-plant --example injected_errors`.

#[path = "../tests/injection/mod.rs"]
mod injection;

use injection::{
    Reading, Tally, blind_spots, extent, first_scratchpad, fooled, inject, interrupted, lengthened,
    pairs, single_flips,
};

/// 25.125, -10.125, 0, 60, 84 and -55 °C; even, so that they are the same at 11 bits.
const SIXTEENTHS: [i32; 6] = [0x0192, -162, 0, 960, 1_344, -880];

fn main() {
    for reading in [Reading::First, Reading::Later] {
        let extent = extent(reading);
        println!(
            "{reading:?} reading: {} slots, {} busy waits",
            extent.slots, extent.delays
        );
    }
    println!(
        "\n{:<52} {:>9} {:>9} {:>9} {:>9} {:>7} {:>6}",
        "injected, for each of 6 temperatures",
        "readings",
        "unnoticed",
        "retried",
        "retries",
        "failed",
        "wrong"
    );
    let mut all = Tally::default();
    let mut row = |what: &str, tallies: &mut dyn Iterator<Item = Tally>| {
        let tally = tallies.fold(Tally::default(), Tally::and);
        all = all.and(tally);
        print(what, tally);
    };
    for reading in [Reading::First, Reading::Later] {
        row(
            &format!("one slot flipped, {reading:?} reading").to_lowercase(),
            &mut SIXTEENTHS.iter().map(|value| single_flips(reading, *value)),
        );
    }
    row(
        "two bits of the scratchpad flipped, every pair",
        &mut SIXTEENTHS
            .iter()
            .map(|value| pairs(*value, first_scratchpad())),
    );
    row(
        "two slots of the reading flipped, every pair",
        &mut SIXTEENTHS
            .iter()
            .map(|value| pairs(*value, 0..extent(Reading::Later).slots)),
    );
    row(
        "four bits that its checksum does not notice",
        &mut SIXTEENTHS
            .iter()
            .map(|value| inject(Reading::Later, *value, blind_spots(*value))),
    );
    for by_us in [2, 5, 10, 20, 35, 50, 100, 200, 500, 1_000, 5_000] {
        for reading in [Reading::First, Reading::Later] {
            row(
                &format!("one wait longer by {by_us} us, {reading:?} reading").to_lowercase(),
                &mut SIXTEENTHS
                    .iter()
                    .map(|value| lengthened(reading, *value, by_us)),
            );
        }
    }
    print("sum", all);

    println!(
        "\nRandom noise: wrong temperatures that pass every check of one fetch, and of two that agree"
    );
    println!(
        "{:>12} {:>10} {:>8} {:>8}",
        "flips/slot", "fetches", "one", "two"
    );
    for (probability, seed) in (1..)
        .zip([0.005, 0.01, 0.02, 0.03, 0.05])
        .map(|(seed, p)| (p, seed))
    {
        let fetches = 400_000;
        let (once, twice) = fooled(SIXTEENTHS[0], probability, fetches, seed);
        println!("{probability:>12} {fetches:>10} {once:>8} {twice:>8}");
    }

    println!(
        "\n200 interrupts a second, at random, while the water changes by 2 °C from reading to reading"
    );
    println!(
        "{:>12} {:>10} {:>8} {:>8} {:>8}",
        "long, us", "readings", "retries", "failed", "wrong"
    );
    for (microseconds, seed) in [(10, 1), (20, 2), (50, 3), (100, 4), (200, 5), (500, 6)] {
        let readings = 20_000;
        let (counted, wrong) = interrupted(microseconds, readings, seed);
        println!(
            "{microseconds:>12} {readings:>10} {:>8} {:>8} {wrong:>8}",
            counted.rejected(),
            counted.failed()
        );
    }

    println!(
        "\nProcessor time of an undisturbed reading: {:.1} us",
        microseconds_of_a_reading()
    );
}

/// Processor time of an undisturbed reading, microseconds.
fn microseconds_of_a_reading() -> f64 {
    const READINGS: u32 = 20_000;
    let none = (0..READINGS).map(|_| injection::Injection::FlipSlots(Vec::new()));
    let start = std::time::Instant::now();
    let tally = inject(Reading::Later, SIXTEENTHS[0], none);
    assert_eq!(tally.unnoticed, u64::from(READINGS));
    start.elapsed().as_secs_f64() * 1e6 / f64::from(READINGS)
}

fn print(what: &str, tally: Tally) {
    let Tally {
        injections,
        unnoticed,
        retried,
        retries,
        failed,
        wrong,
    } = tally;
    println!(
        "{what:<52} {injections:>9} {unnoticed:>9} {retried:>9} {retries:>9} {failed:>7} {wrong:>6}"
    );
}
