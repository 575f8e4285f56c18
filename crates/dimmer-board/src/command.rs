//! What a person may type at the serial port of a board.

use crate::settings::Change;

/// The longest line that can be typed, bytes: a broker's host, port, user and password.
pub const LONGEST_LINE: usize = 208;

/// How a board joins its network, and so what there is to be typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Medium {
    /// By a cable: there is nothing to be said.
    Wire,
    /// By a Wi-Fi that has a name and, mostly, a password.
    Wifi,
}

impl Medium {
    /// What can be typed, for [`Command::Help`].
    #[must_use]
    pub const fn help(self) -> &'static str {
        match self {
            Self::Wire => {
                "broker HOST[:PORT] [USER PASSWORD] | status | on | off | reset-alarms | restart | forget-password | erase-settings | help"
            }
            Self::Wifi => {
                "wifi NAME PASSWORD | wifi-open NAME | broker HOST[:PORT] [USER PASSWORD] | status | on | off | reset-alarms | restart | forget-password | erase-settings | help"
            }
        }
    }
}

/// What a person may type; everything else is on the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command<'a> {
    /// Use another broker, or another network.
    Change(Change<'a>),
    /// How it stands.
    Status,
    /// Switch the dimmer on or off.
    Switch(bool),
    /// Reset the latched alarms: somebody looked.
    ResetAlarms,
    /// Start again.
    Restart,
    /// Forget the password of the page, and start again: for whoever is locked out.
    ForgetPassword,
    /// Forget everything that is stored, and start again.
    EraseSettings,
    /// What can be typed.
    Help,
}

impl<'a> Command<'a> {
    /// Reads a line; `None` for an empty one. A word that this board does not know asks for help. The password of a Wi-Fi is what stands behind the last blank: its
    /// name may have blanks.
    #[must_use]
    pub fn read(line: &'a str, medium: Medium) -> Option<Self> {
        let line = line.trim();
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        Some(match (word, medium) {
            ("", _) => return None,
            ("wifi", Medium::Wifi) => match rest.rsplit_once(' ') {
                Some((name, password)) => wifi(name, password),
                None => Self::Help,
            },
            ("wifi-open", Medium::Wifi) => wifi(rest, ""),
            ("broker", _) => Self::Change(Change::Broker(rest)),
            ("status", _) => Self::Status,
            ("on", _) => Self::Switch(true),
            ("off", _) => Self::Switch(false),
            ("reset-alarms", _) => Self::ResetAlarms,
            ("restart", _) => Self::Restart,
            ("forget-password", _) => Self::ForgetPassword,
            ("erase-settings", _) => Self::EraseSettings,
            _ => Self::Help,
        })
    }
}

fn wifi<'a>(name: &'a str, password: &'a str) -> Command<'a> {
    Command::Change(Change::Wifi {
        name: name.trim(),
        password,
    })
}

/// A line that is being typed.
#[derive(Debug, Default)]
pub struct Typed {
    line: heapless::Vec<u8, LONGEST_LINE>,
    /// It is too long: the rest of it is no line of its own.
    is_too_long: bool,
}

impl Typed {
    /// Nothing was typed yet.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            line: heapless::Vec::new(),
            is_too_long: false,
        }
    }

    /// Takes what was typed next, and hands over the line that it ends. A line that is too long, or no text, is forgotten.
    pub fn take(&mut self, byte: u8, obey: impl FnOnce(&str)) {
        if byte == b'\r' || byte == b'\n' {
            match core::str::from_utf8(&self.line) {
                Ok(line) if !self.is_too_long => obey(line),
                _ => {}
            }
            *self = Self::new();
        } else {
            self.is_too_long |= self.line.push(byte).is_err();
        }
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use super::*;
    use std::{borrow::ToOwned, format, string::String, vec::Vec};

    const MEDIA: [Medium; 2] = [Medium::Wire, Medium::Wifi];

    #[test]
    fn lines_are_read_as_commands_and_anything_else_asks_for_help() {
        for medium in MEDIA {
            assert_eq!(Command::read("  \r", medium), None);
            for (line, command) in [
                (
                    "broker a:1 u p\r",
                    Command::Change(Change::Broker("a:1 u p")),
                ),
                ("broker", Command::Change(Change::Broker(""))),
                ("status", Command::Status),
                ("on", Command::Switch(true)),
                ("off", Command::Switch(false)),
                ("reset-alarms", Command::ResetAlarms),
                ("restart", Command::Restart),
                ("forget-password", Command::ForgetPassword),
                ("erase-settings", Command::EraseSettings),
                ("help", Command::Help),
                ("erase", Command::Help),
                ("brocker x", Command::Help),
                ("wifi home", Command::Help),
            ] {
                assert_eq!(Command::read(line, medium), Some(command), "{line}");
            }
        }
    }

    #[test]
    fn a_wifi_is_typed_with_its_password_last_and_its_name_may_have_blanks() {
        for (line, name, password) in [
            ("wifi home secret123", "home", "secret123"),
            (
                "wifi The Home of Ours secret123\r",
                "The Home of Ours",
                "secret123",
            ),
            ("wifi-open Free Net", "Free Net", ""),
        ] {
            let change = Change::Wifi { name, password };
            assert_eq!(
                Command::read(line, Medium::Wifi),
                Some(Command::Change(change))
            );
            assert_eq!(Command::read(line, Medium::Wire), Some(Command::Help));
        }
    }

    #[test]
    fn every_word_of_the_help_is_understood_by_the_board_that_says_it() {
        for medium in MEDIA {
            for usage in medium.help().split(" | ").filter(|usage| *usage != "help") {
                let command = Command::read(usage, medium);
                assert!(!matches!(command, None | Some(Command::Help)), "{usage}");
            }
        }
        assert!(!Medium::Wire.help().contains("wifi"));
    }

    fn lines(bytes: &[u8]) -> Vec<String> {
        let (mut typed, mut lines) = (Typed::new(), Vec::new());
        for byte in bytes {
            typed.take(*byte, |line| lines.push(line.to_owned()));
        }
        lines
    }

    #[test]
    fn a_line_ends_where_it_is_ended_and_one_of_no_text_is_forgotten() {
        assert_eq!(lines(b"on\r\nstatus\nof"), ["on", "", "status"]);
        assert_eq!(lines(b"o\xFFn\roff\r"), ["off"]);
    }

    #[test]
    fn the_longest_broker_can_be_typed_and_what_is_longer_is_not_obeyed() {
        let of = |length| "x".repeat(length);
        let longest = format!("broker {}:65535 {} {}", of(64), of(64), of(64));
        assert_eq!(lines(format!("{longest}\r").as_bytes()), [longest.as_str()]);
        let too_long = of(LONGEST_LINE + 1);
        assert_eq!(lines(format!("{too_long}\ron\r").as_bytes()), ["on"]);
        let tail = format!("{too_long}erase-settings\r\noff\r");
        assert_eq!(lines(tail.as_bytes()), ["", "off"]);
    }
}
