//! The tables of the scenarios.

use std::sync::atomic::{AtomicU32, Ordering};

use crate::delivery::deliver;
use crate::flicker::gain_at_8_8_hz;
use crate::judge::Verdict;
use crate::options::Options;
use crate::others;
use crate::random::Random;
use crate::scenario::{LEVELS, Limits, Missed, SCENARIOS, Scenario, World};
use crate::wave::Shape;

static LIMITS_MISSED: AtomicU32 = AtomicU32::new(0);

/// How often a limit was not kept so far.
pub(crate) fn limits_missed() -> u32 {
    LIMITS_MISSED.load(Ordering::Relaxed)
}

pub(crate) fn verdict(pass: bool) -> &'static str {
    if pass {
        return "PASS";
    }
    LIMITS_MISSED.fetch_add(1, Ordering::Relaxed);
    "over"
}

const LEGEND: &str = "   Counted from the first pulse, or from 1 s on when that is earlier, to the end.
   mean      |mean power - ordered|, missed half-cycles included, averaged over levels and seeds (largest: of one level and seed)
   worst     the largest error of one half-cycle that conducted
   missed    half-cycles that were ordered and did not conduct; the mains was there for all of each
   mistaken  half-cycles that got far more than was ordered: over half of what is between the order and full power, and two points
   DC        the largest difference of the two polarities' mean power
   flicker   rms of the half-cycles' errors behind the flicker meter's weighting filter (IEC 61000-4-15): a proxy, no Pst
   hw, sw    captured and fired by hardware; both through interrupts, of which the mean latency is calibrated";

const HEADER: &str = "   \
scenario       mean (largest)  limit          worst  limit        missed  limit        mistaken (0)          DC     flicker  half-cycles";

/// All runs of one scenario.
#[derive(Default)]
struct Sum {
    runs: u32,
    mean: f64,
    worst_mean: f64,
    worst: f64,
    missed: u32,
    mistaken: u32,
    /// Largest missed less returns of one run.
    missed_beyond_returns: i64,
    dc: f64,
    flicker: f64,
    half_cycles: u64,
    returns: u32,
    /// The seed and level of the run that is worst in each respect.
    worst_mean_run: Run,
    worst_run: Run,
    missed_run: Run,
    mistaken_run: Run,
}

/// A seed, and a level in centipercent.
type Run = (u64, u16);

/// Keeps the larger, and whose it is.
fn keep<T: PartialOrd>(largest: &mut T, whose: &mut Run, value: T, run: Run) {
    if value > *largest {
        (*largest, *whose) = (value, run);
    }
}

impl Sum {
    fn of(verdicts: impl IntoIterator<Item = (Run, Verdict)>) -> Self {
        let mut sum = Self::default();
        let mut most_mistaken = 0;
        for (run, verdict) in verdicts {
            sum.runs += 1;
            sum.mean += verdict.mean;
            keep(
                &mut sum.worst_mean,
                &mut sum.worst_mean_run,
                verdict.mean,
                run,
            );
            keep(&mut sum.worst, &mut sum.worst_run, verdict.worst, run);
            sum.missed += verdict.missed;
            sum.mistaken += verdict.mistaken;
            keep(
                &mut most_mistaken,
                &mut sum.mistaken_run,
                verdict.mistaken,
                run,
            );
            let beyond = i64::from(verdict.missed) - i64::from(verdict.returns);
            keep(
                &mut sum.missed_beyond_returns,
                &mut sum.missed_run,
                beyond,
                run,
            );
            sum.dc = sum.dc.max(verdict.dc);
            sum.flicker += verdict.flicker;
            sum.half_cycles += u64::from(verdict.half_cycles);
            sum.returns += verdict.returns;
        }
        sum.mean /= f64::from(sum.runs.max(1));
        sum.flicker /= f64::from(sum.runs.max(1));
        sum
    }

    fn per_10_000(&self, count: u32) -> f64 {
        f64::from(count) * 1e4 / self.half_cycles.max(1) as f64
    }
}

/// The number of a run: scenarios, seeds and levels share no sequence of chance.
fn run_number(scenario: usize, seed: u64, level: u16) -> u64 {
    ((scenario as u64) << 48) | (seed << 16) | u64::from(level)
}

fn all_runs(
    options: &Options,
    seeds: u64,
    number: usize,
    run: impl Fn(&World, u16, u64) -> Verdict + Sync,
) -> Sum {
    let verdicts = options.over_seeds(seeds, |seed| {
        LEVELS.map(|level| {
            let run_number = run_number(number, seed, level);
            let world = (SCENARIOS[number].world)(&mut Random::new(run_number, 0));
            ((seed, level), run(&world, level, run_number))
        })
    });
    Sum::of(verdicts.into_iter().flatten())
}

fn chosen(options: &Options) -> impl Iterator<Item = (usize, &'static Scenario)> {
    let scenarios = SCENARIOS.iter().enumerate();
    scenarios.filter(|(_, scenario)| options.wants_scenario(scenario.name))
}

pub(crate) fn scenarios(options: &Options) {
    println!(
        "\n2. Delivered power, in points of full power: levels 1, 5, 10, 25, 50, 75, 90, 95, 99 %, {} seeds of each, 30 s (c: 50 s) each with its cold start",
        options.seeds
    );
    println!("{LEGEND}");
    println!(
        "   The judge's energy, integrated in closed form, differs from a sum over 10,000 slices by at most {:.0e}; the flicker filter's gain at 8.8 Hz is {:.3}.",
        Shape::largest_integration_error(),
        gain_at_8_8_hz()
    );
    println!("{HEADER}");
    let mut whats = Vec::new();
    for (number, scenario) in chosen(options) {
        if let Some(limits) = &scenario.software {
            let sum = all_runs(options, options.seeds, number, deliver);
            row(scenario.name, "sw", limits, &sum);
        }
        let sum = all_runs(options, options.seeds, number, |world, level, seed| {
            deliver(&world.in_hardware(), level, seed)
        });
        let how = if scenario.software.is_some() {
            "hw"
        } else {
            "sw = hw"
        };
        row(scenario.name, how, &scenario.hardware, &sum);
        whats.push(format!("   {:<2} {}", scenario.name, scenario.what));
    }
    println!("{}", whats.join("\n"));
}

fn row(name: &str, how: &str, limits: &Limits, sum: &Sum) {
    let judged = |value: f64, limit: Option<f64>| match limit {
        Some(limit) => format!("{limit:<4} {}", verdict(value <= limit)),
        None => "-        ".to_owned(),
    };
    let missed = match limits.missed {
        Missed::Any => "-".to_owned(),
        Missed::None => format!("0 {}", verdict(sum.missed == 0)),
        Missed::OnePerReturn => format!(
            "1/return {} ({:.2}/return)",
            verdict(sum.missed_beyond_returns <= 0),
            f64::from(sum.missed) / f64::from(sum.returns.max(1))
        ),
    };
    let dc = match limits.dc {
        Some(_) => format!(" {}", judged(sum.dc, limits.dc)),
        None => String::new(),
    };
    println!(
        "   {name:<2} {how:<7}  {:8.4} ({:7.4})  {}  {:7.3}  {}  {:6}  {missed:<12}  {:5} {}  {:8.4}{dc}  {:8.4}  {:10}",
        sum.mean,
        sum.worst_mean,
        judged(sum.mean, limits.mean),
        sum.worst,
        judged(sum.worst, limits.worst),
        sum.missed,
        sum.mistaken,
        verdict(sum.mistaken == 0),
        sum.dc,
        sum.flicker,
        sum.half_cycles,
    );
    blame(limits, sum);
}

/// Which run to look at, for each figure that is over its limit.
fn blame(limits: &Limits, sum: &Sum) {
    let over = |value: f64, limit: Option<f64>| limit.is_some_and(|limit| value > limit);
    let missed = match limits.missed {
        Missed::Any => false,
        Missed::None => sum.missed > 0,
        Missed::OnePerReturn => sum.missed_beyond_returns > 0,
    };
    for (is_over, what, (seed, level)) in [
        (
            over(sum.mean, limits.mean),
            "the largest mean error",
            sum.worst_mean_run,
        ),
        (
            over(sum.worst, limits.worst),
            "the worst half-cycle",
            sum.worst_run,
        ),
        (missed, "most missed", sum.missed_run),
        (sum.mistaken > 0, "most mistaken", sum.mistaken_run),
    ] {
        if is_over {
            let percent = f64::from(level) / 100.0;
            println!("      {what}: --first-seed {seed} --seeds 1, at {percent} %");
        }
    }
}

pub(crate) fn others(options: &Options) {
    println!(
        "\n3. Curves and filters of others, re-stated as plain formulas, with per-edge firing and the detector's offset known; {} seeds; sw",
        options.other_seeds
    );
    println!("   mean error, points / mistaken full half-cycles per 10,000 / missed per 10,000");
    print!("      ");
    for method in &others::METHODS {
        print!("{:>24}", method.name);
    }
    println!("{:>24}", "dimmer-phase");
    for (number, scenario) in chosen(options) {
        print!("   {:<3}", scenario.name);
        let cell = |sum: &Sum| {
            format!(
                "{:.2} / {:.0} / {:.0}",
                sum.mean,
                sum.per_10_000(sum.mistaken).ceil(),
                sum.per_10_000(sum.missed).ceil()
            )
        };
        for method in &others::METHODS {
            let sum = all_runs(
                options,
                options.other_seeds,
                number,
                |world, level, seed| others::deliver(method, world, level, seed),
            );
            print!("{:>24}", cell(&sum));
        }
        let ours = all_runs(options, options.other_seeds, number, deliver);
        println!("{:>24}", cell(&ours));
    }
}
