//! The flicker proxy: how visible the half-cycles' differences would be in a lamp.
//!
//! The powers of the half-cycles, in points of full power, pass the weighting filter of the flicker
//! meter, which stands for a 230 V, 60 W lamp, the eye and the brain and is most sensitive at 8.8 Hz
//! (IEC 61000-4-15, block 3, with the coefficients for 230 V lamps); the figure is the rms of what comes out. A sine
//! of 1 point rms at 8.8 Hz gives 1. It is no Pst: that needs the supply's impedance and a real lamp.

use std::f64::consts::TAU;

const GAIN: f64 = 1.748_02;
const LAMBDA: f64 = TAU * 4.059_81;
const OMEGA: [f64; 4] = [TAU * 9.154_94, TAU * 2.279_79, TAU * 1.225_35, TAU * 21.9];

/// b0 + b1/z + b2/z² over 1 + a1/z + a2/z², and its state.
struct Section {
    b: [f64; 3],
    a: [f64; 2],
    state: [f64; 2],
}

impl Section {
    /// From (n0 + n1·s + n2·s²) / (d0 + d1·s + d2·s²) by the bilinear transform.
    fn new(n: [f64; 3], d: [f64; 3], rate: f64) -> Self {
        let c = 2.0 * rate;
        let map = |p: [f64; 3]| {
            [
                p[0] + p[1] * c + p[2] * c * c,
                2.0 * p[0] - 2.0 * p[2] * c * c,
                p[0] - p[1] * c + p[2] * c * c,
            ]
        };
        let (n, d) = (map(n), map(d));
        Self {
            b: n.map(|term| term / d[0]),
            a: [d[1] / d[0], d[2] / d[0]],
            state: [0.0; 2],
        }
    }

    fn next(&mut self, x: f64) -> f64 {
        let y = self.b[0] * x + self.state[0];
        self.state[0] = self.b[1] * x - self.a[0] * y + self.state[1];
        self.state[1] = self.b[2] * x - self.a[1] * y;
        y
    }
}

pub(crate) struct Flicker {
    sections: [Section; 2],
    squares: f64,
    count: u32,
}

impl Flicker {
    /// For so many half-cycles in a second.
    pub(crate) fn new(rate: f64) -> Self {
        let [one, two, three, four] = OMEGA;
        Self {
            sections: [
                Section::new([0.0, GAIN * one, 0.0], [one * one, 2.0 * LAMBDA, 1.0], rate),
                Section::new(
                    [1.0, 1.0 / two, 0.0],
                    [1.0, 1.0 / three + 1.0 / four, 1.0 / (three * four)],
                    rate,
                ),
            ],
            squares: 0.0,
            count: 0,
        }
    }

    /// One half-cycle's power less the one ordered, in points.
    pub(crate) fn half_cycle(&mut self, points: f64) {
        let [first, second] = &mut self.sections;
        let weighted = second.next(first.next(points));
        self.squares += weighted * weighted;
        self.count += 1;
    }

    pub(crate) fn rms(&self) -> f64 {
        (self.squares / f64::from(self.count.max(1))).sqrt()
    }
}

/// The gain at 8.8 Hz: a check of the filter itself.
pub(crate) fn gain_at_8_8_hz() -> f64 {
    let mut flicker = Flicker::new(100.0);
    for index in 0..10_000 {
        flicker.half_cycle((TAU * 8.8 * f64::from(index) / 100.0).sin());
    }
    flicker.rms() * std::f64::consts::SQRT_2
}
