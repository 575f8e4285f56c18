use super::*;
use crate::EdgeKind::{Falling, Rising};

extern crate std;
use std::vec::Vec;

/// Pulses as (middle, width) and transitions as (moment, 0), in µs.
fn marks(edges: &[(i64, EdgeKind)]) -> Vec<(i64, i64)> {
    let mut pulses = Pulses::default();
    let mut all = Vec::new();
    for &(at, kind) in edges {
        all.extend(pulses.edge(micros(at), kind, false).into_iter().flatten());
    }
    all.extend(pulses.advance(micros(1_000_000)).into_iter().flatten());
    all.iter()
        .map(|mark| {
            let width = match mark.shape {
                Shape::Pulse { width, .. } => width.units() / 256,
                Shape::Transition { .. } => 0,
            };
            (mark.at.units() / 256, width)
        })
        .collect()
}

#[test]
fn a_short_pulse_is_one_mark_in_its_middle() {
    assert_eq!(marks(&[(1_000, Rising), (1_120, Falling)]), [(1_060, 120)]);
    assert_eq!(marks(&[(1_000, Falling), (1_020, Rising)]), [(1_010, 20)]);
}

#[test]
fn a_wide_pulse_is_its_ends_and_its_middle() {
    let expected = [(1_000, 0), (1_575, 1_150), (2_150, 0)];
    assert_eq!(marks(&[(1_000, Rising), (2_150, Falling)]), expected);
}

#[test]
fn bounces_at_both_ends_change_nothing() {
    let edges = [
        (1_000, Rising),
        (1_010, Falling),
        (1_030, Rising),
        (1_080, Falling),
        (1_099, Rising),
        (2_150, Falling),
        (2_180, Rising),
        (2_240, Falling),
    ];
    assert_eq!(marks(&edges), [(1_000, 0), (1_575, 1_150), (2_150, 0)]);
}

#[test]
fn a_glitch_within_a_wide_pulse_is_a_mark_of_its_own() {
    let edges = [
        (1_000, Rising),
        (1_500, Falling),
        (1_520, Rising),
        (2_150, Falling),
    ];
    assert_eq!(
        marks(&edges),
        [(1_000, 0), (1_510, 20), (1_575, 1_150), (2_150, 0)]
    );
}

#[test]
fn a_square_wave_is_transitions() {
    let edges = [(1_000, Rising), (11_000, Falling), (21_000, Rising)];
    assert_eq!(marks(&edges), [(1_000, 0), (11_000, 0), (21_000, 0)]);
}

#[test]
fn one_kind_of_edge_with_bounces_is_one_transition() {
    assert_eq!(
        marks(&[(1_000, Rising), (1_040, Rising), (1_090, Rising)]),
        [(1_000, 0)]
    );
}
