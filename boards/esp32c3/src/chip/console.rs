//! The serial port of the chip's own USB: what happens, in lines, and what a person types.

use dimmer_board::{Log, Typed};
use embassy_time::{Duration, Ticker};
use esp_hal::{peripherals::USB_DEVICE, usb::usb_serial_jtag::UsbSerialJtag};

use super::watchdogs::Watchdogs;

/// What hears of everything.
pub(super) type Console<'a> = dimmer_board::Console<'a, Watchdogs>;

/// Lines that wait for the port.
pub(super) static LOG: Log = Log::new();

/// How often the port's queue, of 64 bytes, is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(5);
const AT_A_TIME: usize = 64;

/// Prints a line, with the milliseconds since the start before it.
macro_rules! say {
    ($($text:tt)*) => {
        $crate::chip::console::LOG.line(dimmer_app::now(), format_args!($($text)*))
    };
}
pub(super) use say;

/// Sends what was said, and hands over each line that was typed. Nobody needs to listen.
pub(super) async fn run(usb: USB_DEVICE<'static>, obey: impl Fn(&str)) {
    let mut port = UsbSerialJtag::new(usb);
    let mut typed = Typed::new();
    let mut turns = Ticker::every(LOOK_EVERY);
    let mut waiting = [0; AT_A_TIME];
    let (mut sent, mut length) = (0, 0);
    loop {
        turns.next().await;
        if sent >= length {
            sent = 0;
            length = LOG.take(&mut waiting);
        }
        while let Some(byte) = waiting.get(sent..length).and_then(<[u8]>::first) {
            // Full, or nobody there: the rest waits, and what comes meanwhile is left out.
            if port.write_byte_nb(*byte).is_err() {
                break;
            }
            sent += 1;
        }
        // What cannot be flushed now is at the next turn.
        let _ = port.flush_tx_nb();
        while let Ok(byte) = port.read_byte() {
            typed.take(byte, &obey);
        }
    }
}
