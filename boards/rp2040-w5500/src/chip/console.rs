//! The serial port: what happens, in lines, and what a person types.

use core::{
    cell::{Cell, RefCell},
    fmt::{self, Write},
};

use dimmer_app::{
    Observer,
    dimmer::Incident,
    link::{Notice, Status},
};
use embassy_rp::{
    uart::{Config, Uart},
    watchdog::Watchdog,
};
use embassy_sync::{blocking_mutex::raw::CriticalSectionRawMutex, pipe::Pipe};
use embassy_time::{Duration, Instant, Ticker};
use embedded_hal_nb::serial::Read;

use super::board::Serial;

/// Lines that wait for the port, which is slow. What does not fit is left out: a log never holds up what it tells of.
static LINES: Pipe<CriticalSectionRawMutex, 2048> = Pipe::new();

/// How often the port's queues are looked at, and how many bytes of its 32 are put there each time: at 115,200 baud as many have gone since.
const LOOK_EVERY: Duration = Duration::from_millis(2);
const AT_A_TIME: usize = 20;

/// The longest line that can be typed, bytes: a host, a user and a password.
const LONGEST_LINE: usize = 208;

/// Prints a line, with the milliseconds since the start before it.
macro_rules! say {
    ($($text:tt)*) => {
        $crate::chip::console::line(format_args!($($text)*))
    };
}
pub(super) use say;

pub(super) fn line(text: fmt::Arguments<'_>) {
    // A log that is full loses the rest.
    let _ = write!(Log, "{:>8} {text}\r\n", Instant::now().as_millis());
}

struct Log;

impl Write for Log {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        match LINES.try_write(text.as_bytes()) {
            Ok(written) if written == text.len() => Ok(()),
            _ => Err(fmt::Error),
        }
    }
}

/// Sends what was said, and hands over each line that was typed.
pub(super) async fn run(serial: Serial, obey: impl Fn(&str)) {
    let Serial {
        uart,
        transmit,
        receive,
    } = serial;
    let mut port = Uart::new_blocking(uart, transmit, receive, Config::default());
    let mut typed = heapless::Vec::<u8, LONGEST_LINE>::new();
    let mut turns = Ticker::every(LOOK_EVERY);
    loop {
        turns.next().await;
        let mut bytes = [0; AT_A_TIME];
        if let Ok(length) = LINES.try_read(&mut bytes) {
            // They fit the port's queue: this does not wait.
            let _ = port.blocking_write(bytes.get(..length).unwrap_or_default());
        }
        while let Ok(byte) = port.read() {
            if byte == b'\r' || byte == b'\n' {
                if let Ok(line) = core::str::from_utf8(&typed) {
                    obey(line);
                }
                typed.clear();
            } else if typed.push(byte).is_err() {
                typed.clear();
            }
        }
    }
}

/// What hears of everything: it goes to the serial port. It feeds the watchdog, too, as it hears when the control loop comes round.
pub(super) struct Console<'a> {
    watchdog: &'a RefCell<Watchdog>,
    time_out: Duration,
    online: Cell<bool>,
}

impl<'a> Console<'a> {
    pub(super) fn new(watchdog: &'a RefCell<Watchdog>, time_out: Duration) -> Self {
        Self {
            watchdog,
            time_out,
            online: Cell::new(false),
        }
    }

    pub(super) fn is_online(&self) -> bool {
        self.online.get()
    }
}

impl Observer for Console<'_> {
    fn link(&self, status: Status) {
        self.online.set(matches!(status, Status::Online { .. }));
        match status {
            Status::Connecting { broker } => say!("broker {broker}: connecting"),
            Status::Online {
                broker,
                impairment: None,
            } => say!("broker {broker}: online"),
            Status::Online {
                broker,
                impairment: Some(impairment),
            } => say!("broker {broker}: online, but {impairment}"),
            Status::Waiting {
                broker,
                cause,
                retry_in_ms,
            } => say!("broker {broker}: {cause}; next attempt in {retry_in_ms} ms"),
            Status::Closed => say!("the session is closed"),
        }
    }

    fn notice(&self, notice: Notice) {
        say!("{notice}");
    }

    fn incident(&self, incident: Incident) {
        match incident {
            Incident::Decided(reason) => say!("{reason}"),
            other => say!("{other:?}"),
        }
    }

    fn turn(&self) {
        self.watchdog.borrow_mut().feed(self.time_out);
    }
}
