//! What a person at the terminal sees: events as lines, and one live line below them.

mod ready;
#[cfg(test)]
mod tests;

use std::{
    cell::{Cell, Ref, RefCell},
    collections::VecDeque,
    fmt,
    io::{self, IsTerminal, Write},
    rc::Rc,
};

use crate::{configuration::Brokers, options::View};
use dimmer_app::{
    Observer,
    dimmer::{
        Incident, Overview,
        config::Valid,
        safety::{AlarmKind, AlarmLevel, AlarmSet, Language, ProbeFault, Reason},
        topics::{Decimal, DeviceId},
    },
    link::{Notice, Status},
    now,
};

/// How many lines the live view has to show.
const LOG_LINES: usize = 50;

/// The terminal, shared by all dimmers.
#[derive(Debug)]
pub struct Console {
    /// Lines can be drawn over.
    interactive: bool,
    /// The live view has the terminal: what happens is for it to show.
    in_view: Cell<bool>,
    log: RefCell<VecDeque<String>>,
    /// Length of the live line that stands now, characters.
    live: Cell<usize>,
}

impl Console {
    /// The process's standard output. The live line is drawn only where it can be drawn over.
    #[must_use]
    pub fn new(view: View) -> Rc<Self> {
        Rc::new(Self {
            interactive: view != View::Plain && io::stdout().is_terminal(),
            in_view: Cell::new(view == View::Live),
            log: RefCell::default(),
            live: Cell::new(0),
        })
    }

    /// The last lines, for the live view.
    #[must_use]
    pub fn log(&self) -> Vec<String> {
        self.log.borrow().iter().cloned().collect()
    }

    /// The live view is over: from now on lines are printed, and those that it showed last are so that they stay.
    pub fn leave_view(&self) {
        if self.in_view.replace(false) {
            let lines = self.log.take();
            lines.iter().for_each(|line| self.line(line));
        }
    }

    /// Whether a line can be drawn over.
    #[must_use]
    pub fn is_interactive(&self) -> bool {
        self.interactive
    }

    /// Prints a line that stays. The live line is drawn again below it at its next turn.
    pub fn line(&self, text: &str) {
        if self.in_view.get() {
            let mut log = self.log.borrow_mut();
            if log.len() == LOG_LINES {
                log.pop_front();
            }
            log.push_back(text.to_owned());
            return;
        }
        self.clear();
        say(format_args!("{text}\n"));
    }

    /// Draws the live line over the one before. What does not fit the terminal is left out: a line that wraps could not be
    /// drawn over.
    pub fn live(&self, text: &str) {
        let columns =
            terminal_size::terminal_size().map_or(80, |(columns, _)| usize::from(columns.0));
        let text: String = text.chars().take(columns.saturating_sub(1)).collect();
        let length = text.chars().count();
        let rest = self.live.replace(length).saturating_sub(length);
        say(format_args!("\r{text}{:rest$}", ""));
    }

    /// Takes the live line away.
    pub fn clear(&self) {
        let length = self.live.replace(0);
        if length > 0 {
            say(format_args!("\r{:length$}\r", ""));
        }
    }
}

/// A terminal that is gone is no reason to stop heating water.
fn say(text: fmt::Arguments<'_>) {
    let mut output = io::stdout().lock();
    let _ = output.write_fmt(text).and_then(|()| output.flush());
}

/// What the terminal shows of one dimmer.
#[derive(Debug)]
pub struct DimmerConsole {
    console: Rc<Console>,
    id: DeviceId,
    /// The settings in use.
    config: RefCell<Valid>,
    /// The brokers of the session that is told of: those of the settings in use, once it has gone over to them.
    session_brokers: RefCell<Brokers>,
    /// The broker at which it was online last; nothing: it never was.
    online_at: RefCell<Option<String>>,
    status: Cell<Status>,
    told: RefCell<String>,
    /// What was last told to be wrong with the water's probe, while that matters.
    told_fault: Cell<Option<ProbeFault>>,
}

impl DimmerConsole {
    /// A dimmer with these settings that has not been online yet.
    #[must_use]
    pub fn new(console: Rc<Console>, id: DeviceId, config: Valid) -> Self {
        Self {
            console,
            id,
            session_brokers: RefCell::new(config.brokers.to_vec()),
            config: RefCell::new(config),
            online_at: RefCell::default(),
            status: Cell::new(Status::Connecting { broker: 0 }),
            told: RefCell::default(),
            told_fault: Cell::new(None),
        }
    }

    /// The settings in use.
    pub fn config(&self) -> Ref<'_, Valid> {
        self.config.borrow()
    }

    /// Of reasons and alarms, as on MQTT.
    fn language(&self) -> Language {
        self.config().language.into()
    }

    /// Whether it has ever been online.
    #[must_use]
    pub fn was_online(&self) -> bool {
        self.online_at.borrow().is_some()
    }

    /// The live line: what matters most first, within 80 columns.
    #[must_use]
    pub fn live_line(&self, overview: &Overview, delivered_watts: f64) -> String {
        let percent = |centipercent| format!("{}%", Decimal::hundredths(centipercent));
        let setpoint = overview
            .setpoint_centipercent
            .map_or("-".to_owned(), percent);
        let applied = percent(overview.applied_centipercent.into());
        let water = celsius(overview.water_millicelsius);
        let mains = match overview.mains.frequency_millihertz {
            Some(millihertz) => format!("{:.2}Hz", f64::from(millihertz) / 1_000.0),
            None => overview.mains.state.as_str().to_owned(),
        };
        let link = match self.status.get() {
            Status::Online {
                impairment: None, ..
            } => "online",
            Status::Online { .. } => "impaired",
            Status::Connecting { .. } => "connecting",
            Status::Waiting { .. } => "waiting",
            Status::NoBroker => "offline",
            Status::Closed => "closed",
        };
        // With none set no session begins that could be told of.
        let address = if self.config().brokers.is_empty() {
            "no broker".to_owned()
        } else {
            self.address()
        };
        let reason = overview.reason.as_str();
        let alarm = match worst(overview) {
            Some((level, alarms)) => format!("  {level}: {}", names(alarms)),
            None => String::new(),
        };
        format!(
            "set {setpoint}  applied {applied}  delivered {delivered_watts:.1}W  {water}  {reason}{alarm}  {mains}  {link}  {address}  {}",
            self.id
        )
    }

    /// Why the dimmer does what it does, and its worst alarms.
    #[must_use]
    pub fn reason(&self, overview: &Overview) -> String {
        let link = match self.status.get() {
            Status::Online { .. } => "",
            _ => ", not online",
        };
        let reason = overview.reason.as_str();
        match worst(overview) {
            Some((level, alarms)) => format!("{reason}{link}, {level}: {}", names(alarms)),
            None => format!("{reason}{link}"),
        }
    }

    /// The broker that the session is, or was last, about.
    fn address(&self) -> String {
        let place = match self.status.get() {
            Status::Connecting { broker }
            | Status::Online { broker, .. }
            | Status::Waiting { broker, .. } => broker,
            Status::NoBroker | Status::Closed => 0,
        };
        let brokers = self.session_brokers.borrow();
        let broker = brokers.get(usize::from(place));
        broker.map_or("no broker".to_owned(), |broker| {
            format!("{}:{}", broker.host, broker.port)
        })
    }

    /// The alarms that stand, a line for each.
    #[must_use]
    pub fn alarms(&self, overview: &Overview) -> Vec<String> {
        let of = |level, alarms: AlarmSet| {
            let line =
                move |alarm: AlarmKind| format!("{level} {alarm}: {}", alarm.text(self.language()));
            alarms.iter().map(line)
        };
        let critical = of(AlarmLevel::Critical, overview.critical);
        critical
            .chain(of(AlarmLevel::Warning, overview.warnings))
            .collect()
    }

    /// Prints what happens now, also if it is the same again.
    pub fn say(&self, what: impl fmt::Display) {
        self.console
            .line(&format!("{} at {}: {what}", self.id, time()));
    }

    /// Prints what is wrong with the water's probe while that keeps the heater off or is an alarm; one reading that fails is no news.
    pub fn probe(&self, overview: &Overview) {
        let alarms = [overview.warnings, overview.critical];
        let matters = matches!(
            overview.reason,
            Reason::ProbeFault | Reason::ProbeImplausible
        ) || alarms
            .iter()
            .any(|set| set.contains(AlarmKind::WaterProbeLost));
        let fault = overview.water_fault.filter(|_| matters);
        if let Some(fault) = fault
            && self.told_fault.get() != Some(fault)
        {
            self.say(format_args!(
                "probe {fault}: {}",
                fault.text(self.language())
            ));
        }
        let last = self.told_fault.get().filter(|_| matters);
        self.told_fault.set(fault.or(last));
    }

    /// Prints what is new; the same again is not.
    fn tell(&self, text: String) {
        if *self.told.borrow() != text {
            self.say(&text);
            *self.told.borrow_mut() = text;
        }
    }
}

impl Observer for DimmerConsole {
    fn link(&self, status: Status) {
        self.status.set(status);
        match status {
            Status::Online { impairment, .. } => {
                let address = self.address();
                let before = self.online_at.replace(Some(address.clone()));
                let has_one = self.session_brokers.borrow().len() == 1;
                match before {
                    None => {
                        let line = ready::line(self.id, &self.config(), &address);
                        self.console.line(&line);
                    }
                    Some(before) if has_one && before == address => {
                        if impairment.is_none() {
                            self.tell("online again".to_owned());
                        }
                    }
                    Some(_) => self.tell(format!("online at {address}")),
                }
                if let Some(impairment) = impairment {
                    self.tell(format!("impaired: {impairment}"));
                }
            }
            Status::Waiting { cause, .. } => self.tell(format!(
                "not connected to {}: {cause}; trying again",
                self.address()
            )),
            Status::Connecting { .. } => {
                let brokers = self.config().brokers.to_vec();
                let before = self.session_brokers.replace(brokers);
                if before != *self.session_brokers.borrow() {
                    // Of another broker the same words are news.
                    self.told.take();
                }
            }
            Status::NoBroker => self.tell("no broker is set".to_owned()),
            Status::Closed => {}
        }
    }

    fn notice(&self, notice: Notice) {
        self.tell(notice.to_string());
    }

    fn incident(&self, incident: Incident) {
        match incident {
            Incident::Refused(refusal) => self.tell(format!("refused: {refusal}")),
            Incident::Exceeded(exceeded) => {
                self.tell(exceeded.text(self.language()).to_owned());
            }
            Incident::Decided(reason) => {
                self.tell(format!("{reason}: {}", reason.text(self.language())));
            }
            Incident::Alarm(change) => self.say(format_args!(
                "alarm {}: {} {}: {}",
                change.event,
                change.level,
                change.kind,
                change.kind.text(self.language())
            )),
            Incident::Pool(trouble) => self.say(format_args!(
                "warning {}: {}",
                trouble.as_str(),
                trouble.text(self.language())
            )),
            Incident::ResetRefused(alarms) => self.say(format_args!(
                "alarm not reset, its cause lasts: {}",
                names(alarms)
            )),
            _ => {}
        }
    }

    fn configured(&self, config: &Valid) {
        self.config.replace(config.clone());
    }
}

/// Now, for people: the dimmers' time, as in the trace.
#[must_use]
pub fn time() -> String {
    format!("{:.3} s", now().as_ticks() as f64 / 1e6)
}

/// A temperature, for people.
#[must_use]
pub fn celsius(millicelsius: Option<i32>) -> String {
    millicelsius.map_or("- °C".to_owned(), |millicelsius| {
        format!("{:.1}°C", f64::from(millicelsius) / 1_000.0)
    })
}

/// The level of the worst alarms, and which they are.
fn worst(overview: &Overview) -> Option<(AlarmLevel, AlarmSet)> {
    [
        (AlarmLevel::Critical, overview.critical),
        (AlarmLevel::Warning, overview.warnings),
    ]
    .into_iter()
    .find(|(_, alarms)| !alarms.is_empty())
}

fn names(alarms: AlarmSet) -> String {
    let names: Vec<_> = alarms.iter().map(|alarm| alarm.as_str()).collect();
    names.join(", ")
}
