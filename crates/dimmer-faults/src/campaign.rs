//! Many runs, on several threads.

use crate::generate::generate;
use crate::scenario::Firing;
use crate::world::run;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// So many runs at a time are taken by a thread.
const BLOCK: u64 = 64;

/// Which runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Campaign {
    /// The seed of the first run; each run has one more than the one before it.
    pub seed: u64,
    /// How many runs.
    pub runs: u64,
    /// On how many threads.
    pub threads: usize,
}

/// How far it has come.
#[derive(Clone, Copy, Debug)]
pub struct Progress {
    /// Runs that ended.
    pub runs: u64,
    /// Of these, on the whole plant.
    pub exact: u64,
    /// Simulated, milliseconds in all.
    pub simulated_ms: u64,
    /// Time passed.
    pub elapsed: Duration,
}

/// What a campaign came to.
#[derive(Clone, Copy, Debug)]
pub struct Found {
    /// The seeds of the first run, by number, that broke an invariant.
    pub seed: Option<u64>,
    /// How far it came.
    pub progress: Progress,
}

impl Campaign {
    /// Runs until the end or until an invariant is broken. `tell` is called about once in a second.
    pub fn run(&self, tell: impl Fn(Progress) + Sync) -> Found {
        let started = Instant::now();
        let (next, runs) = (AtomicU64::new(0), AtomicU64::new(0));
        let (exact, simulated_ms) = (AtomicU64::new(0), AtomicU64::new(0));
        let broken = AtomicU64::new(u64::MAX);
        let told = Mutex::new(started);
        let progress = || Progress {
            runs: runs.load(Ordering::Relaxed),
            exact: exact.load(Ordering::Relaxed),
            simulated_ms: simulated_ms.load(Ordering::Relaxed),
            elapsed: started.elapsed(),
        };
        std::thread::scope(|scope| {
            for _ in 0..self.threads.max(1) {
                scope.spawn(|| {
                    while broken.load(Ordering::Relaxed) == u64::MAX {
                        let block = next.fetch_add(BLOCK, Ordering::Relaxed);
                        if block >= self.runs {
                            break;
                        }
                        for number in block..self.runs.min(block + BLOCK) {
                            let scenario = generate(self.seed.wrapping_add(number));
                            if run(&scenario).is_some() {
                                broken.fetch_min(number, Ordering::Relaxed);
                                break;
                            }
                            let surroundings = &scenario.surroundings;
                            let whole = surroundings.firing == Firing::Plant;
                            runs.fetch_add(1, Ordering::Relaxed);
                            exact.fetch_add(whole.into(), Ordering::Relaxed);
                            simulated_ms.fetch_add(surroundings.duration_ms, Ordering::Relaxed);
                        }
                        if let Ok(mut told) = told.try_lock()
                            && told.elapsed() >= Duration::from_secs(1)
                        {
                            *told = Instant::now();
                            tell(progress());
                        }
                    }
                });
            }
        });
        let number = broken.into_inner();
        Found {
            seed: (number < u64::MAX).then(|| self.seed.wrapping_add(number)),
            progress: progress(),
        }
    }
}
