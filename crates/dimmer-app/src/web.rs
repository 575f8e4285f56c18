//! What the page asks of the dimmer, and its log.

use core::{
    cell::{Cell, RefCell},
    fmt::{self, Write},
};

use dimmer::{
    Incident, Overview,
    config::Valid,
    safety::{AlarmEvent, AlarmLevel, Language},
    topics::{Command, Refusal},
};
use dimmer_link::{Notice, Status};
use dimmer_web::{
    Api, BrokerState, BrokerStatus, Failure, LogEntry, LogLevel, LogRing, Security, Snapshot,
};

use crate::{App, Observer, now};

/// What the page needs of a board.
pub trait Keeper {
    /// Keeps a configuration that is in use from now on, also over a restart.
    ///
    /// # Errors
    /// Why it cannot.
    fn keep_config(&self, config: &Valid) -> Result<(), Failure>;

    /// Who may come in: what was kept last, or the default.
    fn security(&self) -> Security;

    /// Keeps who may come in.
    ///
    /// # Errors
    /// Why it cannot.
    fn keep_security(&self, security: Security) -> Result<(), Failure>;

    /// Fills `bytes` with what nobody can foresee: from hardware, or the operating system.
    fn random(&self, bytes: &mut [u8]);
}

/// Keeps what another observer hears, for the page.
#[derive(Debug)]
pub struct Recorder<O> {
    observer: O,
    log: RefCell<LogRing>,
    status: Cell<Option<Status>>,
    language: Cell<Language>,
}

impl<O> Recorder<O> {
    /// Nothing has been heard.
    pub const fn new(observer: O, language: Language) -> Self {
        Self {
            observer,
            log: RefCell::new(LogRing::new()),
            status: Cell::new(None),
            language: Cell::new(language),
        }
    }

    /// Who hears it after this one.
    pub const fn observer(&self) -> &O {
        &self.observer
    }

    fn note(&self, level: LogLevel, what: impl fmt::Display) {
        self.log.borrow_mut().push(uptime_s(), level, what);
    }
}

impl<O: Observer> Observer for Recorder<O> {
    fn link(&self, status: Status) {
        self.status.set(Some(status));
        match status {
            Status::Online { impairment, .. } => match impairment {
                Some(impairment) => self.note(LogLevel::Warning, impairment),
                None => self.note(LogLevel::Info, "online at the broker"),
            },
            Status::Waiting { cause, .. } => self.note(LogLevel::Warning, cause),
            Status::Connecting { .. } | Status::Closed => {}
        }
        self.observer.link(status);
    }

    fn notice(&self, notice: Notice) {
        self.note(LogLevel::Warning, notice);
        self.observer.notice(notice);
    }

    fn incident(&self, incident: Incident) {
        let language = self.language.get();
        match incident {
            Incident::Refused(refusal) => self.note(LogLevel::Warning, refusal),
            Incident::Decided(reason) => self.note(LogLevel::Info, reason.text(language)),
            Incident::Alarm(change) => {
                let level = match (change.event, change.level) {
                    (AlarmEvent::Raised | AlarmEvent::Escalated, AlarmLevel::Critical) => {
                        LogLevel::Error
                    }
                    (AlarmEvent::Raised | AlarmEvent::Escalated, _) => LogLevel::Warning,
                    _ => LogLevel::Info,
                };
                let what = format_args!(
                    "{} {}: {}",
                    change.kind,
                    change.event,
                    change.kind.text(language)
                );
                self.note(level, what);
            }
            Incident::Pool(trouble) => {
                let what = format_args!("{}: {}", trouble.as_str(), trouble.text(language));
                self.note(LogLevel::Warning, what);
            }
            Incident::ResetRefused(alarms) => {
                for alarm in alarms.iter() {
                    let what = format_args!("{alarm} was not reset, its cause lasts");
                    self.note(LogLevel::Warning, what);
                }
            }
            _ => {}
        }
        self.observer.incident(incident);
    }
}

/// A dimmer as the page sees it.
#[derive(Debug)]
pub struct Web<'app, 'desk, O, K> {
    app: &'app App<'desk, Recorder<O>>,
    keeper: K,
}

impl<'app, 'desk, O: Observer, K: Keeper> Web<'app, 'desk, O, K> {
    /// The dimmer, and the board that keeps what the page changes.
    pub const fn new(app: &'app App<'desk, Recorder<O>>, keeper: K) -> Self {
        Self { app, keeper }
    }

    fn broker(&self, config: &Valid) -> BrokerState {
        let none = BrokerState {
            status: BrokerStatus::None,
            host: heapless::String::new(),
            port: 0,
            problem: heapless::String::new(),
        };
        let Some(first) = config.brokers.first() else {
            return none;
        };
        let mut problem = heapless::String::new();
        let (place, status) = match self.app.observer().status.get() {
            Some(Status::Online { broker, impairment }) => match impairment {
                Some(impairment) => {
                    // Cut where it is longer.
                    let _ = write!(problem, "{impairment}");
                    (broker, BrokerStatus::Impaired)
                }
                None => (broker, BrokerStatus::Online),
            },
            Some(Status::Waiting { broker, cause, .. }) => {
                let _ = write!(problem, "{cause}");
                (broker, BrokerStatus::Waiting)
            }
            Some(Status::Connecting { broker }) => (broker, BrokerStatus::Connecting),
            Some(Status::Closed) | None => (0, BrokerStatus::Connecting),
        };
        let broker = config.brokers.get(usize::from(place)).unwrap_or(first);
        BrokerState {
            status,
            host: broker.host.clone(),
            port: broker.port,
            problem,
        }
    }
}

impl<O: Observer, K: Keeper> Api for Web<'_, '_, O, K> {
    fn snapshot(&self) -> Snapshot {
        let config = self.app.config();
        let overview: Overview = self.app.overview();
        Snapshot {
            identity: self.app.identity(),
            name: config.name.clone(),
            overview,
            state: self.app.state(),
            broker: self.broker(&config),
        }
    }

    fn uptime_s(&self) -> u32 {
        uptime_s()
    }

    fn command(&self, command: Command) -> Result<(), Refusal> {
        self.app.command(command)
    }

    fn config(&self) -> Valid {
        self.app.config()
    }

    fn configure(&self, config: Valid) -> Result<(), Failure> {
        let before = self.app.config();
        // What does not fit this dimmer is not kept; and what cannot be kept is not used.
        self.app.configure(config.clone())?;
        if let Err(failure) = self.keeper.keep_config(&config) {
            // It was in use a moment ago.
            let _ = self.app.configure(before);
            return Err(failure);
        }
        let recorder = self.app.observer();
        recorder.language.set(config.language.into());
        if let Some(Status::Online { broker, .. } | Status::Waiting { broker, .. }) =
            recorder.status.get()
        {
            let place = usize::from(broker);
            if before.brokers.get(place) != config.brokers.get(place) {
                // What is known is of the broker of before; the session tells soon how it goes with this one.
                recorder.status.set(Some(Status::Connecting { broker: 0 }));
            }
        }
        Ok(())
    }

    fn security(&self) -> Security {
        self.keeper.security()
    }

    fn keep_security(&self, security: Security) -> Result<(), Failure> {
        self.keeper.keep_security(security)
    }

    fn random(&self, bytes: &mut [u8]) {
        self.keeper.random(bytes);
    }

    fn log(&self, show: &mut dyn FnMut(&LogEntry)) {
        self.app.observer().log.borrow().entries().for_each(show);
    }

    fn note(&self, level: LogLevel, what: fmt::Arguments<'_>) {
        self.app.observer().note(level, what);
    }
}

fn uptime_s() -> u32 {
    u32::try_from(now().as_ticks() / 1_000_000).unwrap_or(u32::MAX)
}
