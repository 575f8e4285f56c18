//! What must have been so for power, worked out from the log of what happened and not from the state of the crate.

use std::ops::RangeInclusive;

use dimmer_safety::{Instant, ProbeFault, ProbeUse, Role, Safety, Settings, Source};

#[derive(Clone, Copy, Debug)]
pub(crate) enum Event {
    Wish(Source, u16),
    Withdraw(Source),
    Temperature(Role, Result<i32, ProbeFault>),
    Mains(bool),
    Switched(bool),
    Applied(u32),
    Settings(Settings),
    Reset,
    Nothing,
}

/// An event, and when by the clock, in microseconds.
pub(crate) type Log = [(u64, Event)];

pub(crate) fn apply(safety: &mut Safety, now: u64, event: Event) {
    let now = Instant::from_ticks(now);
    match event {
        Event::Wish(source, centipercent) => safety.wish(now, source, centipercent),
        Event::Withdraw(source) => safety.withdraw(now, source),
        Event::Temperature(role, reading) => safety.temperature(now, role, reading),
        Event::Mains(locked) => safety.mains(now, locked),
        Event::Switched(on) => safety.switched(now, on),
        Event::Applied(watts) => safety.applied(now, watts),
        Event::Settings(settings) => safety.set_settings(now, settings),
        Event::Reset => {
            let _ = safety.reset_alarms(now);
        }
        Event::Nothing => {}
    }
}

/// The settings in force after the first `count` events.
pub(crate) fn settings_after(initial: Settings, log: &Log, count: usize) -> Settings {
    let last = log[..count]
        .iter()
        .rev()
        .find_map(|(_, event)| match event {
            Event::Settings(settings) => Some(*settings),
            _ => None,
        });
    last.unwrap_or(initial)
}

/// Whether what was heard at `index` was younger than the limit in force, then and at every later step, by a clock that
/// never jumped meanwhile.
fn always_fresh_since(
    initial: Settings,
    log: &Log,
    index: usize,
    maximum_age_ms: impl Fn(Settings) -> u64,
) -> bool {
    (index + 1..log.len()).all(|step| {
        // At a change of settings, the old ones judge what they leave behind.
        let before = settings_after(initial, log, step);
        let limit_us = 1_000
            * maximum_age_ms(before).min(maximum_age_ms(settings_after(initial, log, step + 1)));
        let largest_step_us = u64::from(before.clock_maximum_step_s) * 1_000_000;
        log[step].0 >= log[step - 1].0
            && log[step].0 - log[step - 1].0 <= largest_step_us
            && log[step].0 - log[index].0 < limit_us
    })
}

/// What one temperature is judged by.
struct Rules {
    limit: Option<i32>,
    resume: i32,
    plausible: RangeInclusive<i32>,
    maximum_age_us: u64,
    /// Millicelsius in a minute; 0 believes any.
    rate: u64,
}

fn rules(settings: &Settings, role: Role) -> Rules {
    let seconds = |seconds: u32| u64::from(seconds) * 1_000_000;
    match role {
        Role::Water => Rules {
            limit: Some(settings.water_limit_millicelsius),
            resume: settings.water_resume_millicelsius,
            plausible: settings.water_plausible_minimum_millicelsius
                ..=settings.water_plausible_maximum_millicelsius,
            maximum_age_us: seconds(settings.water_maximum_age_s),
            rate: settings.water_maximum_rate_millicelsius_per_minute.into(),
        },
        Role::HeatSink => Rules {
            limit: Some(settings.heat_sink_limit_millicelsius),
            resume: settings.heat_sink_resume_millicelsius,
            plausible: settings.heat_sink_plausible_minimum_millicelsius
                ..=settings.heat_sink_plausible_maximum_millicelsius,
            maximum_age_us: seconds(settings.heat_sink_maximum_age_s),
            rate: settings
                .heat_sink_maximum_rate_millicelsius_per_minute
                .into(),
        },
        _ => Rules {
            limit: settings.room_limit_millicelsius,
            resume: settings.room_resume_millicelsius,
            plausible: settings.room_plausible_minimum_millicelsius
                ..=settings.room_plausible_maximum_millicelsius,
            maximum_age_us: seconds(settings.room_maximum_age_s),
            rate: settings.room_maximum_rate_millicelsius_per_minute.into(),
        },
    }
}

/// What the log says of one temperature.
#[derive(Default)]
struct Seen {
    /// The last reading that could be true, and when it came.
    last: Option<(u64, i32)>,
    /// No jump of the clock and no change of settings took its age away.
    vouched: bool,
    impossible: bool,
    /// The limit was reached, and not yet the resume temperature.
    hot: bool,
}

impl Seen {
    fn is_fresh(&self, now: u64, rules: &Rules) -> bool {
        self.vouched
            && self
                .last
                .is_some_and(|(at, _)| now - at < rules.maximum_age_us)
    }

    fn judge_heat(&mut self, rules: &Rules) {
        if let Some((_, value)) = self.last {
            self.hot = rules
                .limit
                .is_some_and(|limit| value >= limit || (self.hot && value > rules.resume));
        }
    }

    fn read(&mut self, now: u64, value: i32, rules: &Rules) {
        let too_fast = match self.last {
            Some((at, before)) if rules.rate > 0 && self.is_fresh(now, rules) => {
                let way = (now - at) * rules.rate / 60_000_000 + 1_000;
                u64::from(value.abs_diff(before)) > way
            }
            _ => false,
        };
        self.impossible = too_fast || !rules.plausible.contains(&value);
        if !self.impossible {
            self.last = Some((now, value));
            self.vouched = true;
            self.judge_heat(rules);
        }
    }
}

/// Whether a required temperature was true, fresh, and below its limit since the resume temperature, from the log alone.
fn is_well(initial: Settings, log: &Log, role: Role) -> bool {
    let mut settings = initial;
    let mut seen = Seen::default();
    let mut before = log[0].0;
    for &(now, event) in &log[1..] {
        let largest_step_us = u64::from(settings.clock_maximum_step_s) * 1_000_000;
        if now < before || now - before > largest_step_us {
            seen.vouched = false;
        }
        before = now;
        match event {
            Event::Temperature(of, Ok(value)) if of == role => {
                seen.read(now, value, &rules(&settings, role));
            }
            Event::Temperature(of, Err(ProbeFault::OutOfRange | ProbeFault::TooFast))
                if of == role =>
            {
                seen.impossible = true;
            }
            Event::Settings(new) => {
                seen.vouched = seen.is_fresh(now, &rules(&settings, role));
                settings = new;
                let rules = rules(&settings, role);
                seen.impossible |= seen
                    .last
                    .is_some_and(|(_, value)| !rules.plausible.contains(&value));
                seen.judge_heat(&rules);
            }
            _ => {}
        }
    }
    seen.is_fresh(before, &rules(&settings, role)) && !seen.impossible && !seen.hot
}

/// Everything that must hold for power, from the log alone. `None`: it holds; else what does not.
pub(crate) fn hindrance(initial: Settings, log: &Log) -> Option<&'static str> {
    let settings = settings_after(initial, log, log.len());
    if settings.validate().is_err() {
        return Some("settings");
    }
    let last = |wanted: fn(&Event) -> bool| log.iter().rposition(|(_, event)| wanted(event));
    let Some(mains) = last(|event| matches!(event, Event::Mains(_))) else {
        return Some("no mains");
    };
    if !matches!(log[mains].1, Event::Mains(true))
        || !always_fresh_since(initial, log, mains, |settings| {
            settings.mains_maximum_age_ms.into()
        })
    {
        return Some("mains");
    }
    if let Some(index) = last(|event| matches!(event, Event::Switched(_)))
        && matches!(log[index].1, Event::Switched(false))
    {
        return Some("switched off");
    }
    let required = |probe: ProbeUse| probe == ProbeUse::Required;
    let roles = [
        (Role::Water, required(settings.water_probe)),
        (Role::HeatSink, required(settings.heat_sink_probe)),
        // Without a limit it is only shown.
        (
            Role::Room,
            required(settings.room_probe) && settings.room_limit_millicelsius.is_some(),
        ),
    ];
    for (role, is_required) in roles {
        if is_required && !is_well(initial, log, role) {
            return Some(role.as_str());
        }
    }
    None
}

/// The largest wish that anybody can still hold, from the log alone.
pub(crate) fn largest_wish(initial: Settings, log: &Log) -> u16 {
    let of = |source: Source| {
        let index = log.iter().rposition(
            |(_, event)| matches!(event, Event::Wish(of, _) | Event::Withdraw(of) if *of == source),
        )?;
        let age = |settings: Settings| match source {
            Source::Setpoint => u64::from(settings.setpoint_maximum_age_s) * 1_000,
            _ => 2_000,
        };
        match log[index].1 {
            Event::Wish(_, wanted) if always_fresh_since(initial, log, index, age) => Some(wanted),
            _ => None,
        }
    };
    let settings = settings_after(initial, log, log.len());
    let preheat = settings
        .preheat_below_millicelsius
        .map(|_| settings.preheat_centipercent);
    [
        of(Source::Setpoint),
        of(Source::Boost),
        of(Source::Schedule),
        preheat,
    ]
    .into_iter()
    .flatten()
    .max()
    .unwrap_or(0)
}
