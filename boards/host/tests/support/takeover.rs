//! A pool whose members are killed or become too hot, and the others that take their share.

use std::time::{Duration, Instant};

use super::{
    Mosquitto, Subscriber,
    members::{Member, Router, TOTALS, Total, capable},
    moments::Moments,
    wait_for,
};

/// In the order in which they take.
const RATED_WATTS: [u32; 5] = [3000, 2000, 2000, 1500, 1000];

/// So much can be taken whichever of them is lost.
const MOST_WATTS: u32 = 6000;

/// What happens to a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loss {
    /// `kill -9`, of one to three members at once.
    Killed,
    /// The water of one that takes power passes its limit.
    Overheated,
}

/// What came of it.
#[derive(Debug, Default)]
pub struct Taken {
    /// In each round: from the loss to the total of the others being right, and staying so.
    pub times: Vec<Duration>,
    /// In each round: from the start of those who were lost to the total being right with all members there.
    pub returns: Vec<Duration>,
}

/// Five members at a mosquitto, asked for as much as those can take who are left. Each round somebody is lost and comes back.
pub fn run(loss: Loss, rounds: usize, seed: u64) -> Taken {
    let mut moments = Moments::new(seed);
    let broker = Mosquitto::start();
    let router = Router::at(broker.port);
    let mut total = Total::at(broker.port);
    let totals = Subscriber::to(broker.port, TOTALS);
    let mut members: Vec<Member> = (1..)
        .zip(RATED_WATTS)
        .map(|(number, watts)| Member::new(number, watts, broker.port))
        .collect();
    capable(&totals, RATED_WATTS.iter().sum());
    let mut taken = Taken::default();
    for round in 1..=rounds {
        let asked = 500 + moments.below(MOST_WATTS - 500);
        router.asks(asked);
        let all: Vec<&Member> = members.iter().collect();
        total.settles(&all, f64::from(asked), &format!("before round {round}"));
        let lost = match loss {
            Loss::Killed => {
                let taking = all.iter().take_while(|member| total.watts(member) > 0.0);
                some_of(&mut moments, taking.count(), asked)
            }
            // The first always takes, whatever is asked for.
            Loss::Overheated => vec![0],
        };
        let what = format!("{loss:?} in round {round}, {lost:?}");

        let since = Instant::now();
        for index in &lost {
            match loss {
                Loss::Killed => members[*index].kill(),
                Loss::Overheated => members[*index].overheat(),
            }
        }
        let left: Vec<&Member> = match loss {
            Loss::Killed => members.iter().filter(|member| member.runs()).collect(),
            Loss::Overheated => members.iter().collect(),
        };
        if loss == Loss::Overheated {
            wait_for("the hot one to be off", || {
                (total.watts(&members[0]) <= 0.0).then_some(())
            });
        }
        let right = total.settles(&left, f64::from(asked), &what);
        taken.times.push(right.saturating_duration_since(since));

        // A hot one is started anew, with colder water.
        for index in &lost {
            members[*index].kill();
        }
        drop(totals.lines.so_far());
        let since = Instant::now();
        for index in &lost {
            members[*index].start();
        }
        capable(&totals, RATED_WATTS.iter().sum());
        let all: Vec<&Member> = members.iter().collect();
        let right = total.settles(&all, f64::from(asked), &format!("after {what}"));
        taken.returns.push(right.saturating_duration_since(since));
    }
    taken
}

/// Up to three members, at least one of them one that takes; the others can take what is asked for.
fn some_of(moments: &mut Moments, taking: usize, asked: u32) -> Vec<usize> {
    let mut choose = |end: usize| moments.below(u32::try_from(end).unwrap()) as usize;
    let mut lost = vec![choose(taking)];
    for _ in 0..choose(3) {
        let next = choose(RATED_WATTS.len());
        let left = (0..RATED_WATTS.len()).filter(|index| *index != next && !lost.contains(index));
        let can: u32 = left.map(|index| RATED_WATTS[index]).sum();
        if !lost.contains(&next) && can >= asked {
            lost.push(next);
        }
    }
    lost
}
