//! What a resistive load behind a triac received, against what was ordered.
//!
//! The triac latches when its gate is up while the voltage is above [`LATCH_VOLTS`], and holds to
//! the current's zero, which with a resistive load is the crossing. A pulse that is still up after a crossing latches
//! the half-cycle that begins there. The energy is the integral of the square of the voltage.

use std::f64::consts::PI;

use crate::flicker::Flicker;
use crate::scenario::World;
use crate::wave::{Half, Shape, angle};

const LATCH_VOLTS: f64 = 10.0;

/// When the gate was up, in µs.
pub(crate) type Pulse = (f64, f64);

/// One run at one level.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Verdict {
    /// |mean power - ordered| over all half-cycles, missed ones included, in points of full power.
    pub(crate) mean: f64,
    /// Largest error of a half-cycle that was fired, in points.
    pub(crate) worst: f64,
    /// Half-cycles that were ordered and did not conduct.
    pub(crate) missed: u32,
    /// Half-cycles that got far more than was intended: [`Order::is_mistaken`].
    pub(crate) mistaken: u32,
    /// Those of them in the half-cycle within which another grid came back.
    pub(crate) mistaken_at_return: u32,
    /// Those of them in the ten half-cycles after it.
    pub(crate) mistaken_after_return: u32,
    /// |mean power of one polarity - that of the other|, in points.
    pub(crate) dc: f64,
    pub(crate) flicker: f64,
    pub(crate) half_cycles: u32,
    /// Times that the mains came back.
    pub(crate) returns: u32,
}

/// The moment in this half-cycle at which the triac latches.
fn latch(half: &Half, shape: Shape, pulses: &[Pulse]) -> Option<f64> {
    let margin = shape.latch_angle(LATCH_VOLTS) / PI * (half.end - half.start);
    let from = (half.start + margin).max(half.powered.0);
    let to = (half.end - margin).min(half.powered.1);
    pulses
        .iter()
        .map(|&(on, off)| (on.max(from), off.min(to)))
        .filter(|(on, off)| on < off)
        .map(|(on, _)| on)
        .min_by(f64::total_cmp)
}

/// What a run was to deliver, as shares of full power.
#[derive(Clone, Copy)]
pub(crate) struct Order {
    pub(crate) power: f64,
    /// What the method's own curve makes of it: a curve's error is no mistaken half-cycle.
    pub(crate) intended: f64,
}

impl Order {
    /// Of a curve that is exact.
    pub(crate) fn exact(power: f64) -> Self {
        Self {
            power,
            intended: power,
        }
    }

    /// Whether this is far more than was intended: over half of what is between that and full
    /// power, and at least two points. Less is an error like others, and among them.
    fn is_mistaken(self, delivered: f64) -> bool {
        delivered - self.intended > ((1.0 - self.intended) / 2.0).max(0.02)
    }
}

/// Judges the half-cycles from the first pulse on, or from one second on when that is earlier, to
/// the last but a few of the run.
pub(crate) fn judge(halves: &[Half], world: &World, pulses: &[Pulse], order: Order) -> Verdict {
    let (shape, ordered) = (world.shape, order.power);
    let until = world.seconds * 1e6 - 50_000.0;
    let mut verdict = Verdict::default();
    let first = pulses.first().map_or(f64::MAX, |pulse| pulse.0).min(1e6);
    let mut flicker = Flicker::new(2.0 * world.nominal_hertz);
    let (mut sums, mut counts) = ([0.0; 2], [0_u32; 2]);
    let (mut next, mut was_away) = (0, false);
    for half in halves {
        if half.end < first || half.end > until {
            continue;
        }
        while pulses.get(next).is_some_and(|pulse| pulse.1 < half.start) {
            next += 1;
        }
        let near = pulses[next..]
            .iter()
            .take_while(|pulse| pulse.0 < half.end)
            .count();
        let latched = latch(half, shape, &pulses[next..next + near]);
        let delivered = latched.map_or(0.0, |at| shape.energy_from(angle(half, at)));
        let error = (delivered - ordered) * 100.0;
        if order.is_mistaken(delivered) {
            verdict.mistaken += 1;
            verdict.mistaken_at_return += u32::from(half.since_jump == 0);
            verdict.mistaken_after_return += u32::from((1..=10).contains(&half.since_jump));
        }
        if !half.is_whole() {
            verdict.returns += u32::from(was_away && half.ends_powered().1);
            was_away = !half.ends_powered().1;
            continue;
        }
        if latched.is_some() {
            verdict.worst = verdict.worst.max(error.abs());
        } else {
            verdict.missed += 1;
        }
        flicker.half_cycle(error);
        sums[usize::from(half.odd)] += delivered;
        counts[usize::from(half.odd)] += 1;
    }
    verdict.half_cycles = counts[0] + counts[1];
    let mean = (sums[0] + sums[1]) / f64::from(verdict.half_cycles.max(1));
    verdict.mean = (mean - ordered).abs() * 100.0;
    let halves = [0, 1].map(|odd: usize| sums[odd] / f64::from(counts[odd].max(1)));
    verdict.dc = (halves[0] - halves[1]).abs() * 100.0;
    verdict.flicker = flicker.rms();
    verdict
}
