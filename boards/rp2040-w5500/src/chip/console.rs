//! The serial port: what happens, in lines, and what a person types.

use dimmer_board::{Log, Typed};
use embassy_rp::uart::{Config, Uart};
use embassy_time::{Duration, Ticker};
use embedded_hal_nb::serial::Read;

use super::{board::Serial, watchdog::ChipWatchdog};

/// What hears of everything.
pub(super) type Console = dimmer_board::Console<'static, ChipWatchdog>;

/// Lines that wait for the port.
pub(super) static LOG: Log = Log::new();

/// How often the port's queues are looked at, and how many bytes of its 32 are put there each time: at 115,200 baud as many have gone since.
const LOOK_EVERY: Duration = Duration::from_millis(2);
const AT_A_TIME: usize = 20;

/// Prints a line, with the milliseconds since the start before it.
macro_rules! say {
    ($($text:tt)*) => {
        $crate::chip::console::LOG.line(dimmer_app::now(), format_args!($($text)*))
    };
}
pub(super) use say;

/// Sends what was said, and hands over each line that was typed.
pub(super) async fn run(serial: Serial, obey: impl Fn(&str)) {
    let Serial {
        uart,
        transmit,
        receive,
    } = serial;
    let mut port = Uart::new_blocking(uart, transmit, receive, Config::default());
    let mut typed = Typed::new();
    let mut turns = Ticker::every(LOOK_EVERY);
    loop {
        turns.next().await;
        let mut bytes = [0; AT_A_TIME];
        let length = LOG.take(&mut bytes);
        // They fit the port's queue: this does not wait.
        let _ = port.blocking_write(bytes.get(..length).unwrap_or_default());
        while let Ok(byte) = port.read() {
            typed.take(byte, &obey);
        }
    }
}
