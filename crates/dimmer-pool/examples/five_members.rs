//! Five members of a pool by priority, and what each takes: `cargo run -p dimmer-pool --example five_members`.
//!
//! Prints the table of the README, which a test compares with it.

use dimmer_pool::{Ability, Instant, Member, MemberId, Setpoint, Settings, Sharing, Shortfall};

/// Name, rated watts, minimum in centipercent; in the order of their priorities.
const MEMBERS: [(&str, u32, u16); 5] = [
    ("kitchen", 2_000, 0),
    ("bath", 1_000, 5_000),
    ("shed", 3_000, 0),
    ("guests", 1_500, 0),
    ("laundry", 2_500, 0),
];

fn main() {
    print!("{}", table());
}

/// Everybody hears everybody at once.
struct Pool {
    members: Vec<Member>,
    available_watts: Vec<u32>,
    seconds: u64,
}

impl Pool {
    fn new() -> Self {
        let settings = |place: u8, minimum_centipercent| Settings {
            sharing: Sharing::Priority,
            priority: place + 1,
            minimum_centipercent,
            ..Settings::default()
        };
        let now = Instant::from_ticks(0);
        let mut members: Vec<Member> = (0..)
            .zip(MEMBERS)
            .map(|(place, (_, rated_watts, minimum))| {
                let id = id(place);
                Member::new(settings(place, minimum), id, 1, rated_watts, now)
            })
            .collect();
        for member in &mut members {
            member.connected(now);
        }
        Self {
            members,
            available_watts: MEMBERS.map(|(_, rated_watts, _)| rated_watts).to_vec(),
            seconds: 0,
        }
    }

    /// A second passes; the shares after it, in watts, and why the sum is less than was asked, if it is.
    fn asked(&mut self, setpoint: Setpoint) -> (Vec<u32>, Option<Shortfall>) {
        self.seconds += 1;
        let now = Instant::from_ticks(self.seconds * 1_000_000);
        for (member, available_watts) in self.members.iter_mut().zip(&self.available_watts) {
            member.asked(setpoint);
            member.able(Ability {
                available_watts: *available_watts,
                ..Ability::default()
            });
        }
        // Who takes something for the first time says so, which others may want to know.
        for _ in 0..2 {
            let announcements: Vec<_> = self
                .members
                .iter_mut()
                .map(|member| member.announce(now))
                .collect();
            for (place, announcement) in (0..).zip(&announcements) {
                let Some(announcement) = announcement else {
                    continue;
                };
                for member in &mut self.members {
                    // What these members announce is valid.
                    let _ = member.heard(now, id(place), announcement, false);
                }
            }
            for member in &mut self.members {
                let _ = member.share(now);
            }
        }
        let mut shortfall = None;
        let shares = self.members.iter_mut().zip(MEMBERS);
        let watts = shares
            .map(|(member, (_, rated_watts, _))| {
                let assignment = member.share(now);
                shortfall = assignment.shortfall;
                assignment.share.watts(rated_watts)
            })
            .collect();
        (watts, shortfall)
    }
}

fn id(place: u8) -> MemberId {
    MemberId::new([0, 0, 0, 0, 0, place])
}

/// The table, as Markdown.
fn table() -> String {
    let mut table = String::from("| setpoint |");
    for (name, rated_watts, _) in MEMBERS {
        table += &format!(" {name}, {rated_watts} W |");
    }
    table += " total | why less |\n|---|---|---|---|---|---|---|---|\n";
    let mut pool = Pool::new();
    for (shed_watts, note, percents) in [
        (
            3_000,
            "",
            [0, 4, 10, 20, 22, 30, 45, 60, 80, 100, 120].as_slice(),
        ),
        (0, ", shed hot", [45, 60, 80].as_slice()),
    ] {
        if let Some(shed) = pool.available_watts.get_mut(2) {
            *shed = shed_watts;
        }
        for percent in percents {
            let (watts, shortfall) = pool.asked(Setpoint::Centipercent(percent * 100));
            table += &format!("| {percent} %{note} |");
            for share in &watts {
                table += &format!(" {share} |");
            }
            let total: u32 = watts.iter().sum();
            let why = shortfall.map_or("", Shortfall::code);
            table += &format!(" {total} W | {why} |\n");
        }
    }
    table
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_readme_shows_this_table() {
        assert!(include_str!("../README.md").contains(&super::table()));
    }
}
