//! What a person at the terminal sees: events as lines, and one live line below them.

use std::{
    cell::{Cell, RefCell},
    fmt,
    io::{self, IsTerminal, Write},
    rc::Rc,
};

use dimmer_app::{
    Observer,
    dimmer::{
        Incident, Overview,
        safety::{AlarmKind, AlarmLevel, AlarmSet, Language},
        topics::{Decimal, DeviceId},
    },
    link::{Notice, Status},
};

/// The terminal, shared by all dimmers.
#[derive(Debug)]
pub struct Console {
    interactive: bool,
    /// Length of the live line that stands now, characters.
    live: Cell<usize>,
}

impl Console {
    /// The process's standard output. The live line is drawn only where it can be drawn over.
    #[must_use]
    pub fn new() -> Rc<Self> {
        Rc::new(Self {
            interactive: io::stdout().is_terminal(),
            live: Cell::new(0),
        })
    }

    /// Whether a line can be drawn over.
    #[must_use]
    pub fn is_interactive(&self) -> bool {
        self.interactive
    }

    /// Prints a line that stays. The live line is drawn again below it at its next turn.
    pub fn line(&self, text: &str) {
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
    /// Of reasons and alarms, as on MQTT.
    language: Language,
    /// The brokers', for people.
    addresses: Vec<String>,
    /// Printed when the dimmer comes online for the first time.
    ready: String,
    was_online: Cell<bool>,
    status: Cell<Status>,
    told: RefCell<String>,
}

impl DimmerConsole {
    /// A dimmer that has not been online yet; `ready` is the line that says so when it is.
    #[must_use]
    pub fn new(
        console: Rc<Console>,
        id: DeviceId,
        language: Language,
        addresses: Vec<String>,
        ready: String,
    ) -> Self {
        Self {
            console,
            id,
            language,
            addresses,
            ready,
            was_online: Cell::new(false),
            status: Cell::new(Status::Connecting { broker: 0 }),
            told: RefCell::default(),
        }
    }

    /// Whether it has ever been online.
    #[must_use]
    pub fn was_online(&self) -> bool {
        self.was_online.get()
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
            Status::Closed => "closed",
        };
        let reason = overview.reason.as_str();
        let alarm = match worst(overview) {
            Some((level, alarms)) => format!("  {level}: {}", names(alarms)),
            None => String::new(),
        };
        format!(
            "set {setpoint}  applied {applied}  delivered {delivered_watts:.1}W  {water}  {reason}{alarm}  {mains}  {link}  {}  {}",
            self.address(),
            self.id
        )
    }

    /// The broker that the session is, or was last, about.
    fn address(&self) -> &str {
        let place = match self.status.get() {
            Status::Connecting { broker }
            | Status::Online { broker, .. }
            | Status::Waiting { broker, .. } => broker,
            Status::Closed => 0,
        };
        let address = self.addresses.get(usize::from(place));
        address.map_or("no broker", String::as_str)
    }

    /// The alarms that stand, a line for each.
    #[must_use]
    pub fn alarms(&self, overview: &Overview) -> Vec<String> {
        let of = |level, alarms: AlarmSet| {
            let line =
                move |alarm: AlarmKind| format!("{level} {alarm}: {}", alarm.text(self.language));
            alarms.iter().map(line)
        };
        let critical = of(AlarmLevel::Critical, overview.critical);
        critical
            .chain(of(AlarmLevel::Warning, overview.warnings))
            .collect()
    }

    /// Prints an answer to somebody who asked, also if it is the same again.
    pub fn answer(&self, text: &str) {
        self.console.line(&format!("{} {text}", self.id));
    }

    /// Prints what is new; the same again is not.
    fn tell(&self, text: String) {
        if *self.told.borrow() != text {
            self.console.line(&format!("{} {text}", self.id));
            *self.told.borrow_mut() = text;
        }
    }
}

impl Observer for DimmerConsole {
    fn link(&self, status: Status) {
        self.status.set(status);
        match status {
            Status::Online { impairment, .. } => {
                if !self.was_online.replace(true) {
                    self.console.line(&self.ready);
                } else if self.addresses.len() > 1 {
                    self.tell(format!("online at {}", self.address()));
                } else if impairment.is_none() {
                    self.tell("online again".to_owned());
                }
                if let Some(impairment) = impairment {
                    self.tell(format!("impaired: {impairment}"));
                }
            }
            Status::Waiting { cause, .. } => self.tell(format!(
                "not connected to {}: {cause}; trying again",
                self.address()
            )),
            Status::Connecting { .. } | Status::Closed => {}
        }
    }

    fn notice(&self, notice: Notice) {
        self.tell(notice.to_string());
    }

    fn incident(&self, incident: Incident) {
        match incident {
            Incident::Refused(refusal) => self.tell(format!("refused: {refusal}")),
            Incident::Decided(reason) => {
                self.tell(format!("{reason}: {}", reason.text(self.language)));
            }
            Incident::Alarm(change) => self.answer(&format!(
                "alarm {}: {} {}: {}",
                change.event,
                change.level,
                change.kind,
                change.kind.text(self.language)
            )),
            Incident::ResetRefused(alarms) => self.answer(&format!(
                "alarm not reset, its cause lasts: {}",
                names(alarms)
            )),
            _ => {}
        }
    }
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
