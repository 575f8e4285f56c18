//! What the page asks of the dimmer, and its log.

use core::{
    cell::{Cell, RefCell},
    fmt::{self, Write},
    net::SocketAddr,
};

use dimmer::{
    Duration, Incident, Overview, ResetReason,
    config::{Broker, Security, Valid},
    safety::{AlarmEvent, AlarmLevel, Language, Role},
    topics::{Command, Decimal, Refusal},
};
use dimmer_link::{Notice, Status};
use dimmer_probe::one_wire::RomAddress;
use dimmer_web::{
    Api, BrokerState, BrokerStatus, Credential, Failure, LogEntry, LogLevel, LogRing,
    PasswordUnreadable, ProbeSearchStatus, ProbeSeen, ProbesSeen, Snapshot,
};

use crate::{App, Observer, ProbeSearch, SearchStatus, now, readings::fault, session::linked};

/// What the page needs of a board.
pub trait Keeper {
    /// Keeps a configuration that is in use from now on, also over a restart.
    ///
    /// # Errors
    /// Why it cannot.
    fn keep_config(&self, config: &Valid) -> Result<(), Failure>;

    /// The password of the page that was kept last; none: nobody has set one yet.
    ///
    /// # Errors
    /// What was kept of it cannot be read: the page then lets nobody in.
    fn credential(&self) -> Result<Option<Credential>, PasswordUnreadable>;

    /// Keeps the password of the page.
    ///
    /// # Errors
    /// Why it cannot.
    fn keep_credential(&self, credential: Credential) -> Result<(), Failure>;

    /// Fills `bytes` with what nobody can foresee: from hardware, or the operating system.
    fn random(&self, bytes: &mut [u8]);

    /// The address and port of the page while the board is an access point of its own and waits to be told a network.
    fn set_up_at(&self) -> Option<SocketAddr> {
        None
    }
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
            Status::NoBroker => self.note(LogLevel::Info, "no broker is set"),
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
            Incident::Exceeded(exceeded) => {
                self.note(LogLevel::Warning, exceeded.text(language));
            }
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

    fn turn(&self) {
        self.observer.turn();
    }

    fn started(&self, reason: ResetReason, last_words: &str) {
        let (text, colon) = (reason.text(), if last_words.is_empty() { "" } else { ": " });
        self.note(LogLevel::Warning, format_args!("{text}{colon}{last_words}"));
        self.observer.started(reason, last_words);
    }

    fn searched(&self, search: &ProbeSearch) {
        match search.status {
            SearchStatus::Failed(_, error) => {
                self.note(LogLevel::Warning, format_args!("search: {error}"));
            }
            _ if search.found().next().is_none() => {
                self.note(LogLevel::Warning, "search: nothing is on the wire");
            }
            _ => {}
        }
        for found in search.found() {
            let address = found.address;
            match found.reading {
                Some(Ok(millicelsius)) => {
                    let celsius = Decimal::thousandths(millicelsius);
                    self.note(
                        LogLevel::Info,
                        format_args!("found {address}: {celsius} °C"),
                    );
                }
                Some(Err(error)) => {
                    self.note(LogLevel::Warning, format_args!("found {address}: {error}"));
                }
                None => self.note(LogLevel::Info, format_args!("found {address}")),
            }
        }
        self.observer.searched(search);
    }

    fn configured(&self, config: &Valid) {
        self.language.set(config.language.into());
        self.observer.configured(config);
    }
}

/// As text, of the length that it has.
fn written<const CAPACITY: usize>(address: RomAddress) -> heapless::String<CAPACITY> {
    let mut text = heapless::String::new();
    let _ = write!(text, "{address}");
    text
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
        let with = self.app.session_with.get();
        let in_use = |broker: &&Broker| Some(linked(broker).fingerprint()) == with;
        let known = config.brokers.iter().find(in_use);
        // What was heard last of a broker that is not in the list any more, or has other settings there, says nothing of those that are.
        let status = match known.and(self.app.observer().status.get()) {
            Some(Status::Online {
                impairment: Some(impairment),
                ..
            }) => {
                // Cut where it is longer.
                let _ = write!(problem, "{impairment}");
                BrokerStatus::Impaired
            }
            Some(Status::Online { .. }) => BrokerStatus::Online,
            Some(Status::Waiting { cause, .. }) => {
                let _ = write!(problem, "{cause}");
                BrokerStatus::Waiting
            }
            Some(Status::Connecting { .. } | Status::NoBroker | Status::Closed) | None => {
                BrokerStatus::Connecting
            }
        };
        let broker = known.unwrap_or(first);
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
            last_words: self.app.with(|dimmer| dimmer.health().last_words.clone()),
            broker: self.broker(&config),
        }
    }

    fn uptime_s(&self) -> u32 {
        uptime_s()
    }

    fn command(&self, command: Command) -> Result<(), Refusal> {
        self.app.command(command)
    }

    fn probes(&self) -> ProbesSeen {
        let search = self.app.probe_search();
        let age_s = |at| now().checked_duration_since(at).map_or(0, seconds);
        ProbesSeen {
            search: match search.status {
                SearchStatus::Unavailable => ProbeSearchStatus::Unavailable,
                SearchStatus::Never => ProbeSearchStatus::Never,
                SearchStatus::Searching => ProbeSearchStatus::Searching,
                SearchStatus::Done(at) => ProbeSearchStatus::Done { age_s: age_s(at) },
                SearchStatus::Failed(at, error) => ProbeSearchStatus::Failed {
                    age_s: age_s(at),
                    fault: fault(error),
                },
            },
            more: search.more,
            found: search
                .found()
                .map(|found| ProbeSeen {
                    address: written(found.address),
                    reading: found.reading.map(|reading| reading.map_err(fault)),
                })
                .collect(),
            in_use: Role::ALL.map(|role| self.app.probe_in_use(role).map(written)),
        }
    }

    fn config(&self) -> Valid {
        self.app.config()
    }

    fn would_take(&self, config: &Valid) -> Result<(), Failure> {
        Ok(self.app.would_take(config)?)
    }

    fn configure(&self, config: Valid) -> Result<(), Failure> {
        // What does not fit this dimmer is not kept; and what cannot be kept is not used, not for a moment: what is forgotten and said when
        // settings change does not come back with those of before.
        self.app.would_take(&config)?;
        self.keeper.keep_config(&config)?;
        Ok(self.app.configure(config)?)
    }

    fn security(&self) -> Security {
        // Each request asks for it: the rest is not copied.
        self.app.with(|dimmer| dimmer.config().security.clone())
    }

    fn credential(&self) -> Result<Option<Credential>, PasswordUnreadable> {
        self.keeper.credential()
    }

    fn keep_credential(&self, credential: Credential) -> Result<(), Failure> {
        self.keeper.keep_credential(credential)
    }

    fn random(&self, bytes: &mut [u8]) {
        self.keeper.random(bytes);
    }

    fn set_up_at(&self) -> Option<SocketAddr> {
        self.keeper.set_up_at()
    }

    fn log(&self, show: &mut dyn FnMut(&LogEntry)) {
        self.app.observer().log.borrow().entries().for_each(show);
    }

    fn note(&self, level: LogLevel, what: fmt::Arguments<'_>) {
        self.app.observer().note(level, what);
    }
}

fn uptime_s() -> u32 {
    seconds(Duration::from_ticks(now().as_ticks()))
}

fn seconds(length: Duration) -> u32 {
    u32::try_from(length.as_ticks() / 1_000_000).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Default)]
    struct Counter(Cell<u8>);

    impl Observer for Counter {
        fn link(&self, _: Status) {}
        fn notice(&self, _: Notice) {}
        fn incident(&self, _: Incident) {}
        fn turn(&self) {
            self.0.set(self.0.get() + 1);
        }
        fn configured(&self, _: &Valid) {
            self.0.set(self.0.get() + 10);
        }
    }

    /// A board that feeds its watchdog by it would be reset otherwise.
    #[test]
    fn who_is_behind_the_recorder_hears_that_the_control_loop_went_round_and_of_settings() {
        let recorder = Recorder::new(Counter::default(), Language::English);
        recorder.turn();
        assert_eq!(recorder.observer().0.get(), 1);
        recorder.configured(&Valid::defaults());
        assert_eq!(recorder.observer().0.get(), 11);
    }
}
