//! The supply is cut at every step of many saves: what was there before, or what was saved, is there afterwards, and never anything else.

mod support;

use dimmer_plant::Overwriting;
use support::{Cuts, Operation, cut_everywhere, history, longest_history};

fn nothing_is_lost(cuts: Cuts) {
    assert_eq!(cuts.losses, 0, "{cuts:?}");
    assert!(cuts.old > 100, "{cuts:?}");
    assert_eq!(cuts.old + cuts.new, cuts.points, "{cuts:?}");
}

#[test]
fn of_the_first_saves_the_old_or_the_new_contents_are_left() {
    let mut operations = history(8, 1);
    operations.retain(|operation| matches!(operation, Operation::Save(_)));
    operations.truncate(3);
    let (cuts, _) = cut_everywhere::<1>(&operations, 0, 100, Overwriting::Refused);
    nothing_is_lost(cuts);
}

#[test]
fn of_saves_that_fill_pages_and_erase_them_the_old_or_the_new_contents_are_left() {
    // Before that, no page is full.
    const FROM: usize = 24;
    let operations = history(30, 2);
    for (overwriting, from) in [(Overwriting::Refused, FROM), (Overwriting::And, 27)] {
        let (cuts, flash) = cut_everywhere::<4>(&operations, from, 100, overwriting);
        nothing_is_lost(cuts);
        assert!(cuts.while_erasing > 0 || from > FROM, "{cuts:?}");
        assert!(flash.erases().iter().any(|erases| *erases > 0));
    }
}

#[test]
fn of_values_at_their_longest_the_old_or_the_new_contents_are_left() {
    // Then both banks are full, and the next save erases one.
    const FROM: usize = 4;
    let operations = longest_history();
    let (cuts, _) = cut_everywhere::<8>(&operations, FROM, 100, Overwriting::Refused);
    nothing_is_lost(cuts);
    assert!(cuts.while_erasing > 0, "{cuts:?}");
}
