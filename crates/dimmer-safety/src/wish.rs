//! Who wants power, how much, and since when nobody repeated it.

use core::fmt;

use crate::input::{Heard, seconds};
use crate::{Duration, FULL_CENTIPERCENT, Instant, Settings};

/// Who wants power. Of several wishes the largest counts; a source that wants nothing hinders no other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Source {
    /// A setpoint from a router or a person.
    Setpoint,
    /// A boost: full or fixed power for a while.
    Boost,
    /// A schedule's window.
    Schedule,
    /// The minimum temperature. Only the settings and the water's temperature wish for it: a [`Safety::wish`](crate::Safety::wish) from
    /// outside in its name counts for nothing.
    Preheat,
}

impl Source {
    /// Every source. Of equal wishes, the first is named.
    pub const ALL: [Self; 4] = [Self::Setpoint, Self::Boost, Self::Schedule, Self::Preheat];

    /// The stable name, in snake case.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Setpoint => "setpoint",
            Self::Boost => "boost",
            Self::Schedule => "schedule",
            Self::Preheat => "preheat",
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// A boost or a schedule is kept on this device and renewed at every turn: one that is not has lost its keeper.
const LOCAL_MAXIMUM_AGE: Duration = seconds(2);

/// What one source wants.
#[derive(Clone, Copy, Debug)]
struct Wish {
    heard: Heard,
    centipercent: u16,
}

impl Wish {
    const NONE: Self = Self {
        heard: Heard::Never,
        centipercent: 0,
    };
}

/// What every source wants.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wishes {
    setpoint: Wish,
    boost: Wish,
    schedule: Wish,
}

impl Wishes {
    pub(crate) const NONE: Self = Self {
        setpoint: Wish::NONE,
        boost: Wish::NONE,
        schedule: Wish::NONE,
    };

    pub(crate) fn set(&mut self, now: Instant, source: Source, centipercent: u16) {
        if let Some(wish) = self.of(source) {
            *wish = Wish {
                heard: Heard::At(now),
                centipercent: centipercent.min(FULL_CENTIPERCENT),
            };
        }
    }

    pub(crate) fn amend(&mut self, source: Source, centipercent: u16) {
        if let Some(wish) = self.of(source)
            && wish.heard != Heard::Never
        {
            wish.centipercent = centipercent.min(FULL_CENTIPERCENT);
        }
    }

    pub(crate) fn withdraw(&mut self, source: Source) {
        if let Some(wish) = self.of(source) {
            *wish = Wish::NONE;
        }
    }

    /// The age of no wish can be vouched for any longer.
    pub(crate) fn lose(&mut self) {
        for wish in [&mut self.setpoint, &mut self.boost, &mut self.schedule] {
            wish.heard.lose();
        }
    }

    /// What is stale now stays so, whatever other settings allow.
    pub(crate) fn lose_stale(&mut self, now: Instant, settings: &Settings) {
        if !self
            .setpoint
            .heard
            .is_fresh(now, settings.setpoint_maximum_age())
        {
            self.setpoint.heard.lose();
        }
    }

    /// The largest wish that is alive.
    pub(crate) fn largest(&self, now: Instant, settings: &Settings) -> Option<(Source, u16)> {
        let mut largest: Option<(Source, u16)> = None;
        for (source, wish, maximum_age) in self.all(settings) {
            if wish.heard.is_fresh(now, maximum_age)
                && largest.is_none_or(|(_, centipercent)| wish.centipercent > centipercent)
            {
                largest = Some((source, wish.centipercent));
            }
        }
        largest
    }

    /// Whether a setpoint was ever heard.
    pub(crate) fn setpoint_was_heard(&self) -> bool {
        self.setpoint.heard != Heard::Never
    }

    /// When the first wish that is alive ends if nobody repeats it.
    pub(crate) fn deadline(&self, now: Instant, settings: &Settings) -> Option<Instant> {
        let ends = |(_, wish, maximum_age): (Source, Wish, Duration)| {
            wish.heard.deadline(now, maximum_age)
        };
        self.all(settings).into_iter().filter_map(ends).min()
    }

    fn all(&self, settings: &Settings) -> [(Source, Wish, Duration); 3] {
        [
            (
                Source::Setpoint,
                self.setpoint,
                settings.setpoint_maximum_age(),
            ),
            (Source::Boost, self.boost, LOCAL_MAXIMUM_AGE),
            (Source::Schedule, self.schedule, LOCAL_MAXIMUM_AGE),
        ]
    }

    fn of(&mut self, source: Source) -> Option<&mut Wish> {
        match source {
            Source::Setpoint => Some(&mut self.setpoint),
            Source::Boost => Some(&mut self.boost),
            Source::Schedule => Some(&mut self.schedule),
            Source::Preheat => None,
        }
    }
}
