//! The serial port of a board: the lines that tell what happens.

use core::{
    cell::Cell,
    fmt::{self, Write},
};

use dimmer_app::{
    Observer,
    dimmer::{Incident, Instant},
    link::{Notice, Status},
    now,
};
use embassy_sync::{blocking_mutex::raw::CriticalSectionRawMutex, pipe::Pipe};

use crate::{Guard, Watchdog};

/// Bytes of lines that can wait.
const CAPACITY: usize = 2_048;

/// Lines that wait for a port, which is slow. What does not fit is left out: a log never holds up what it tells of.
#[derive(Debug)]
pub struct Log(Pipe<CriticalSectionRawMutex, CAPACITY>);

impl Log {
    /// An empty one, for a `static`.
    #[must_use]
    #[expect(
        clippy::new_without_default,
        reason = "it is made once, as a static, where a default cannot be"
    )]
    pub const fn new() -> Self {
        Self(Pipe::new())
    }

    /// Adds a line, with the milliseconds since the start before it.
    pub fn line(&self, now: Instant, text: fmt::Arguments<'_>) {
        // A log that is full loses the rest.
        let _ = write!(
            Waiting(&self.0),
            "{:>8} {text}\r\n",
            now.duration_since_epoch().as_millis()
        );
    }

    /// Takes the next bytes for the port, and says how many; none when nothing waits.
    pub fn take(&self, bytes: &mut [u8]) -> usize {
        self.0.try_read(bytes).unwrap_or(0)
    }
}

struct Waiting<'a>(&'a Pipe<CriticalSectionRawMutex, CAPACITY>);

impl Write for Waiting<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        match self.0.try_write(text.as_bytes()) {
            Ok(written) if written == text.len() => Ok(()),
            _ => Err(fmt::Error),
        }
    }
}

/// What hears of everything: it goes to the serial port. It tells the watchdog's guard, too, as it hears when the control loop comes round.
#[derive(Debug)]
pub struct Console<'a, W> {
    log: &'static Log,
    guard: &'a Guard<W>,
    online: Cell<bool>,
}

impl<'a, W: Watchdog> Console<'a, W> {
    /// Tells this log what happens.
    pub const fn new(log: &'static Log, guard: &'a Guard<W>) -> Self {
        Self {
            log,
            guard,
            online: Cell::new(false),
        }
    }

    /// Whether there is a session with a broker.
    pub fn is_online(&self) -> bool {
        self.online.get()
    }

    pub(crate) fn guard(&self) -> &'a Guard<W> {
        self.guard
    }

    pub(crate) fn say(&self, text: fmt::Arguments<'_>) {
        self.log.line(now(), text);
    }
}

impl<W: Watchdog> Observer for Console<'_, W> {
    fn link(&self, status: Status) {
        self.online.set(matches!(status, Status::Online { .. }));
        match status {
            Status::Connecting { broker } => self.say(format_args!("broker {broker}: connecting")),
            Status::Online {
                broker,
                impairment: None,
            } => self.say(format_args!("broker {broker}: online")),
            Status::Online {
                broker,
                impairment: Some(impairment),
            } => self.say(format_args!("broker {broker}: online, but {impairment}")),
            Status::Waiting {
                broker,
                cause,
                retry_in_ms,
            } => self.say(format_args!(
                "broker {broker}: {cause}; next attempt in {retry_in_ms} ms"
            )),
            Status::NoBroker => self.say(format_args!("no broker is set")),
            Status::Closed => self.say(format_args!("the session is closed")),
        }
    }

    fn notice(&self, notice: Notice) {
        self.say(format_args!("{notice}"));
    }

    fn incident(&self, incident: Incident) {
        match incident {
            Incident::Decided(reason) => self.say(format_args!("{reason}")),
            other => self.say(format_args!("{other:?}")),
        }
    }

    fn turn(&self) {
        self.guard.turn();
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use super::*;
    use crate::watchdog::tests::Dog;
    use dimmer_app::dimmer::safety::Reason;
    use dimmer_clock::VirtualClock;
    use std::{string::String, vec::Vec};

    fn said(log: &Log) -> String {
        let (mut said, mut bytes) = (Vec::new(), [0; 20]);
        loop {
            match log.take(&mut bytes) {
                0 => return String::from_utf8(said).unwrap(),
                length => said.extend_from_slice(&bytes[..length]),
            }
        }
    }

    #[test]
    fn a_line_has_its_milliseconds_before_it() {
        let log = Log::new();
        log.line(Instant::from_ticks(1_234_999), format_args!("{}", "hello"));
        assert_eq!(said(&log), "    1234 hello\r\n");
        assert_eq!(said(&log), "");
    }

    #[test]
    fn a_full_log_loses_what_comes_and_keeps_what_waits() {
        let log = Log::new();
        let line = "x".repeat(100);
        for _ in 0..CAPACITY {
            log.line(Instant::from_ticks(0), format_args!("{line}"));
        }
        let kept = said(&log);
        assert!(kept.starts_with("       0 xxx") && kept.len() == CAPACITY);
        log.line(Instant::from_ticks(0), format_args!("again"));
        assert_eq!(said(&log), "       0 again\r\n");
    }

    #[test]
    fn the_session_and_the_decisions_are_told_and_each_turn_feeds_the_watchdog() {
        static LOG: Log = Log::new();
        let clock = VirtualClock::start();
        let dog = Dog::default();
        let guard = Guard::new(&dog);
        let console = Console::new(&LOG, &guard);
        assert!(!console.is_online());
        console.link(Status::Connecting { broker: 0 });
        assert!(!console.is_online());
        clock.advance_to(2_000);
        console.link(Status::Online {
            broker: 0,
            impairment: None,
        });
        assert!(console.is_online());
        console.notice(Notice::TooLarge);
        console.incident(Incident::Decided(Reason::Following));
        console.link(Status::Closed);
        assert!(!console.is_online());
        let said = said(&LOG);
        let lines: Vec<_> = said.lines().collect();
        assert_eq!(lines.len(), 5, "{said}");
        assert_eq!(lines[0], "       0 broker 0: connecting");
        assert_eq!(lines[1], "       2 broker 0: online");
        assert_eq!(lines[3], std::format!("       2 {}", Reason::Following));
        assert_eq!(lines[4], "       2 the session is closed");

        assert_eq!(dog.fed.get(), 0, "telling is no turn");
        console.turn();
        console.turn();
        assert_eq!(dog.fed.get(), 2);
    }
}
