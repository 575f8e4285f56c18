//! The power of this dimmer: a setpoint, or the words of a switch.

use super::setpoint::{Setpoint, parse_setpoint};
use super::words::on_or_off;
use crate::refusal::{Refusal, RefusalKind, Subject};

/// What this dimmer alone is told about its power.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PowerCommand {
    /// So much.
    Setpoint(Setpoint),
    /// As much as before it was off, and nothing changes if it is not off: a light sends its level first and then this word.
    On,
    /// Nothing: the same as a setpoint of 0.
    Off,
}

/// Reads what stands on `power/set`: a setpoint as [`parse_setpoint`] takes it, or `ON` or `OFF` (`on`, `off`), which is what
/// lights and switches send.
///
/// # Errors
/// Anything else is refused, and so is a retained one, which has no known age.
pub fn parse_power(payload: &[u8], retained: bool) -> Result<PowerCommand, Refusal> {
    if retained {
        return Err(Refusal::about(Subject::Setpoint, RefusalKind::Retained));
    }
    match on_or_off(payload) {
        Some(true) => Ok(PowerCommand::On),
        Some(false) => Ok(PowerCommand::Off),
        None => parse_setpoint(payload).map(PowerCommand::Setpoint),
    }
}

#[cfg(test)]
mod tests {
    use super::{PowerCommand, parse_power};
    use crate::{RefusalKind, Setpoint};

    #[test]
    fn a_light_sends_a_level_and_then_a_word() {
        for (payload, command) in [
            (
                &b"50"[..],
                PowerCommand::Setpoint(Setpoint::Centipercent(5000)),
            ),
            (
                b"{\"watts\":900}",
                PowerCommand::Setpoint(Setpoint::Watts(900)),
            ),
            (b"ON", PowerCommand::On),
            (b"on", PowerCommand::On),
            (b"OFF", PowerCommand::Off),
            (b"off", PowerCommand::Off),
        ] {
            assert_eq!(parse_power(payload, false), Ok(command));
            assert_eq!(
                parse_power(payload, true).unwrap_err().kind(),
                RefusalKind::Retained
            );
        }
        for payload in [&b"On"[..], b"oN", b"ON ", b"true", b"1 %", b"", b"\xff"] {
            assert!(parse_power(payload, false).is_err(), "{payload:?}");
        }
    }

    #[test]
    fn a_word_that_is_none_is_told_the_two_that_are() {
        for payload in [&b"\"ON\""[..], b"\"off\"", b"On", b"oN", b"true", b"null"] {
            let text = parse_power(payload, false).unwrap_err().text();
            assert!(text.ends_with("ON or OFF, unquoted"), "{payload:?}: {text}");
        }
    }
}
