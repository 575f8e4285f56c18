//! Random mixtures of the scenarios: the question is only whether a half-cycle is ever fired fully
//! by mistake.

use crate::delivery::deliver;
use crate::options::Options;
use crate::random::Random;
use crate::report::verdict;
use crate::scenario::mixture;

const SHOWN: usize = 8;

pub(crate) fn print(options: &Options) {
    println!(
        "\n5. Random mixtures of the scenarios, 3,000 half-cycles of each: any level from 0.1 to 99 %, 47 to 63 Hz, detectors with a pulse at each or at each second crossing or a square wave; a quarter of the former silent without mains, and set to coast over nothing"
    );
    let (mut half_cycles, mut mistaken, mut missed) = (0, 0, 0);
    let (mut at_return, mut after_return) = (0, 0);
    let mut shown = Vec::new();
    let mut first = 0;
    let chunk = Options {
        first_seed: 0,
        ..options.clone()
    };
    while half_cycles < options.mixtures {
        let runs = chunk.over_seeds(50, |seed| {
            let run = (1 << 61) | (options.first_seed + first + seed);
            let mut random = Random::new(run, 0);
            let world = mixture(&mut random);
            let level = random.whole(10, 9_900) as u16;
            (run, world, level, deliver(&world, level, run))
        });
        first += 50;
        for (run, world, level, verdict) in runs {
            half_cycles += u64::from(verdict.half_cycles);
            mistaken += verdict.mistaken;
            at_return += verdict.mistaken_at_return;
            after_return += verdict.mistaken_after_return;
            missed += verdict.missed;
            if verdict.mistaken > 0 && shown.len() < SHOWN {
                let seed = run & !(1 << 61);
                shown.push(format!(
                    "--first-seed {seed}: {} mistaken at {} centipercent in {world:?}",
                    verdict.mistaken, level
                ));
            }
        }
    }
    println!(
        "   {half_cycles} half-cycles in {first} mixtures: {mistaken} mistaken full half-cycles (limit 0 {}), {missed} missed\n   Of the mistaken: {at_return} in the half-cycle within which another grid came back, {after_return} in the ten after it",
        verdict(mistaken == 0)
    );
    for line in shown {
        println!("   {line}");
    }
}
