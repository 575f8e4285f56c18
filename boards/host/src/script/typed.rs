//! Commands that are typed, or piped, while the simulation runs.

use std::{
    io::{self, BufRead, IsTerminal},
    str::FromStr,
    thread,
    time::Duration,
};

use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use super::{Action, ActionError, Target, action::split};

/// What can be typed.
pub const HELP: &str = "\
probe unplugged|shorted|swapped   the probe is pulled out, its wire shorted, another one put in its place
probe garbled [PERCENT]           so many of the wire's slots are seen wrongly (1)
probe slow [TIMES]                conversions take so many times as long as they may (3)
probe restarted                   the probe loses its supply for a moment
probe interrupted [MICROSECONDS]  200 interrupts a second lengthen the wire's slots (50)
probe back                        nothing of that any more
water CELSIUS                     all of the tank's water has this temperature
mains lost|back                   the mains' switch is opened or closed
set PAYLOAD                       somebody publishes this on the dimmer's topic for setpoints, once
switch on|off                     a person switches the dimmer on or off
alarm reset                       somebody looked: latched alarms end, if their cause is gone
dimmer N ...                      any of these, and status, for one of several dimmers, counted from 1
status                            alarms; the probe's address, its last reading, and what was rejected
help                              this
quit                              ends as Ctrl-C does";

/// How often a program in the background looks whether it is in the foreground again.
const BACKGROUND_PAUSE: Duration = Duration::from_secs(1);

/// A line that was typed.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// To be done.
    Do(Target, Action),
    /// What is known of alarms and probes is to be shown.
    Status(Target),
    /// What can be typed is to be shown.
    Help,
    /// The end.
    Quit,
}

impl FromStr for Command {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match split(text) {
            ("help" | "?", "") => Ok(Self::Help),
            ("quit" | "exit", "") => Ok(Self::Quit),
            ("dimmer", rest) => {
                let (number, rest) = split(rest);
                let number = number.parse().map_err(|_| {
                    "after `dimmer` comes its number, counted from 1, and then what is done to it"
                        .to_owned()
                })?;
                for_dimmers(Target(Some(number)), rest)
            }
            _ => for_dimmers(Target(None), text),
        }
    }
}

/// What can be said of one dimmer as of all.
fn for_dimmers(target: Target, text: &str) -> Result<Command, String> {
    match (split(text), target.0) {
        (("status", ""), _) => Ok(Command::Status(target)),
        ((word @ ("help" | "?" | "quit" | "exit"), ""), Some(number)) => Err(format!(
            "`{word}` is not for one dimmer; leave `dimmer {number}` out"
        )),
        _ => text
            .parse()
            .map(|action| Command::Do(target, action))
            .map_err(|error: ActionError| format!("{error}; `help` tells more")),
    }
}

/// The lines of standard input, as they come, until it ends.
///
/// They are read by a thread of their own, which nobody waits for at the end: a read cannot be called off.
#[must_use]
pub fn lines() -> UnboundedReceiver<String> {
    let (sender, receiver) = unbounded_channel();
    thread::spawn(move || {
        let mut line = String::new();
        loop {
            while !may_read() {
                thread::sleep(BACKGROUND_PAUSE);
            }
            line.clear();
            // Zero bytes: the end of a file or a pipe, or nothing was ever connected.
            if io::stdin().lock().read_line(&mut line).unwrap_or(0) == 0 {
                break;
            }
            if !line.trim().is_empty() && sender.send(line.trim().to_owned()).is_err() {
                break;
            }
        }
    });
    receiver
}

/// Whether standard input may be read: a program in the background that reads from its terminal is stopped by it.
#[cfg(unix)]
pub(crate) fn may_read() -> bool {
    let stdin = io::stdin();
    !stdin.is_terminal()
        || rustix::termios::tcgetpgrp(&stdin).is_ok_and(|group| group == rustix::process::getpgrp())
}

#[cfg(not(unix))]
pub(crate) fn may_read() -> bool {
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::script::PlantAction;

    #[test]
    fn commands_are_actions_for_all_dimmers_or_for_one() {
        let lost = || Action::Plant(PlantAction::Mains(false));
        assert_eq!("mains lost".parse(), Ok(Command::Do(Target(None), lost())));
        assert_eq!(
            "dimmer 2 mains lost".parse(),
            Ok(Command::Do(Target(Some(2)), lost()))
        );
        assert_eq!(
            "dimmer 2 alarm reset".parse(),
            Ok(Command::Do(Target(Some(2)), Action::ResetAlarms))
        );
        assert_eq!(" help ".parse(), Ok(Command::Help));
        assert_eq!("status".parse(), Ok(Command::Status(Target(None))));
        assert_eq!(
            "dimmer 2 status".parse(),
            Ok(Command::Status(Target(Some(2))))
        );
        assert_eq!("quit".parse(), Ok(Command::Quit));
    }

    #[test]
    fn a_wrong_command_says_what_would_be_right() {
        for (text, words) in [
            ("mains", "lost or back"),
            ("dimmer", "comes its number"),
            ("dimmer two mains lost", "comes its number"),
            ("dimmer -1 mains lost", "counted from 1"),
            ("dimmer 2", "use `probe ...`"),
            ("dimmer 2 quit", "leave `dimmer 2` out"),
            ("alarm", "after `alarm` comes `reset`"),
            ("dimmer 2 alarm clear", "after `alarm` comes `reset`"),
            ("set", "such as 42.5"),
            ("switch", "on or off"),
            ("help me", "`help` tells more"),
        ] {
            let error = text.parse::<Command>().unwrap_err();
            assert!(error.contains(words), "{text}: {error}");
        }
        assert!(
            Target(Some(0))
                .check(2)
                .unwrap_err()
                .contains("from 1 to 2")
        );
        assert!(Target(Some(3)).check(2).is_err());
        assert_eq!(
            (Target(Some(2)).check(2), Target(None).check(2)),
            (Ok(()), Ok(()))
        );
    }

    #[test]
    fn everything_that_help_names_can_be_typed() {
        for line in HELP.lines().filter(|line| !line.starts_with("dimmer N")) {
            let (what, _) = line.split_once("  ").unwrap();
            let what = what.replace("CELSIUS", "50").replace("PAYLOAD", "50");
            let what = what
                .split_once(" [")
                .map_or(what.as_str(), |(start, _)| start);
            let (start, words) = what.rsplit_once(' ').unwrap_or(("", what));
            for word in words.split('|') {
                let command = format!("{start} {word}").parse::<Command>();
                assert!(command.is_ok(), "{start} {word}: {command:?}");
            }
        }
    }
}
