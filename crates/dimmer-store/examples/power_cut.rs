//! Cuts the supply at every step of many saves, counts what is lost, and how much the flash wears.
//!
//! `cargo run --release -p dimmer-store --example power_cut [CHANGES]`, 60 if not given.

#![expect(
    clippy::expect_used,
    reason = "an example that ends with what went wrong"
)]

#[path = "../tests/support/mod.rs"]
mod support;

use dimmer_plant::Overwriting;
use support::{Cuts, Flash, Operation, PAGES, cut_everywhere, history, longest_history, store};

fn main() {
    let changes = std::env::args().nth(1);
    let changes = changes
        .and_then(|count| count.parse().ok())
        .unwrap_or(60_usize);
    let mut all = Cuts::default();
    for (words, overwriting) in [
        (4, Overwriting::Refused),
        (4, Overwriting::And),
        (1, Overwriting::Refused),
    ] {
        let operations = history(changes, 7 + u64::from(overwriting == Overwriting::And));
        let (cuts, erases) = if words == 4 {
            let (cuts, flash) = cut_everywhere::<4>(&operations, 0, 1, overwriting);
            (cuts, flash.erases().to_vec())
        } else {
            let (cuts, flash) = cut_everywhere::<1>(&operations, 0, 1, overwriting);
            (cuts, flash.erases().to_vec())
        };
        println!(
            "{changes} changes, words of {words}, a second write {overwriting:?}: {} cut points ({} while erasing), {} old, {} new, {} losses; pages erased {erases:?} times",
            cuts.points, cuts.while_erasing, cuts.old, cuts.new, cuts.losses
        );
        all.points += cuts.points;
        all.losses += cuts.losses;
    }
    let (cuts, _) = cut_everywhere::<8>(&longest_history(), 0, 1, Overwriting::Refused);
    println!(
        "values at their longest, words of 8: {} cut points ({} while erasing), {} losses",
        cuts.points, cuts.while_erasing, cuts.losses
    );
    all.points += cuts.points;
    all.losses += cuts.losses;
    println!("cut points: {}, losses: {}", all.points, all.losses);
    wear();
    assert_eq!(all.losses, 0);
}

/// How often pages are erased by what happens every day.
fn wear() {
    const SAVES: u64 = 10_000;
    const ENDURANCE: f64 = 100_000.0;
    let settings: Vec<Operation> = history(2_000, 3)
        .into_iter()
        .filter(|operation| matches!(operation, Operation::Save(_)))
        .collect();
    let mut flash = Flash::<4>::new(PAGES);
    settings.iter().for_each(|operation| {
        let mut one = store(flash.clone());
        operation.run(&mut one).expect("the supply is there");
        flash = one.into_flash();
    });
    tell("a change of one to four sections", settings.len(), &flash);
    let mut store = store(flash.clone());
    let before = *flash.erases().iter().max().unwrap_or(&0);
    for hour in 0..SAVES {
        let outcome = Operation::Energy(hour).run(&mut store);
        outcome.expect("the supply is there");
    }
    let flash = store.into_flash();
    tell(
        "the energy counter",
        usize::try_from(SAVES).unwrap_or(0),
        &flash,
    );
    let erases = flash.erases().iter().max().unwrap_or(&0) - before;
    #[expect(clippy::cast_precision_loss, reason = "a small number")]
    let days = SAVES as f64 / 24.0;
    println!(
        "24 a day: {:.2} erases of a page a day, {:.0} years for {ENDURANCE} of them",
        f64::from(erases) / days,
        ENDURANCE * days / f64::from(erases) / 365.25
    );
}

fn tell(what: &str, saves: usize, flash: &Flash<4>) {
    println!(
        "{what}: {saves} saves, pages erased {:?} times so far, {} words written so far",
        flash.erases(),
        flash.words()
    );
}
