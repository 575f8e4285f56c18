//! What a message tells the dimmer to do, and the answer.

use dimmer_safety::{AlarmSet, Source};
use dimmer_topics::{
    Answer, Boost, Command, CommandName, Incoming, PowerCommand, Refusal, RefusalKind, Setpoint,
    Subject, parse_domoticz,
};

use super::inputs::Heard;
use super::{Dimmer, Request};
use crate::{BoardRequest, Effects, Event, Incident, Instant};

impl Dimmer {
    /// Carries out what a person asks for at the board itself, by a page or a button: as a message would have it, but that nobody
    /// publishes an answer. A refusal changes nothing, but that of several latched alarms those are reset whose cause is over.
    pub fn instruct(&mut self, now: Instant, command: Command) -> (Effects, Result<(), Refusal>) {
        let Heard { mut not_reset, .. } = self.hear(now, Event::Tick);
        let outcome = self.obey(now, command, &mut not_reset);
        let heard = Heard {
            not_reset,
            ..Heard::NOTHING
        };
        (self.react(now, heard), outcome)
    }

    /// Carries out a command, and puts the answer with those that wait.
    pub(super) fn command(
        &mut self,
        now: Instant,
        incoming: Incoming,
        command: Result<Command, Refusal>,
        not_reset: &mut AlarmSet,
    ) -> Result<(), Refusal> {
        let outcome = command.and_then(|command| {
            self.obey(now, command, not_reset)?;
            Ok(command)
        });
        let tunables = self.topics.tunables();
        let answer = match (outcome, incoming.command_name()) {
            (Ok(command), _) => Some(Answer::done(command, tunables)),
            (Err(refusal), Some(name)) => {
                let tunable = match incoming {
                    Incoming::Configure(index) => self.topics.tunable(index),
                    _ => None,
                };
                Some(Answer::refused(name, refusal, tunable))
            }
            (Err(_), None) => None,
        };
        if let Some(answer) = answer {
            self.answer(answer);
        }
        outcome.map(|_| ())
    }

    fn answer(&mut self, answer: Answer) {
        self.answers.push(answer);
        self.outbox.urgent(dimmer_topics::Message::Answer);
    }

    /// The configuration could not be read again. Of several the last one's fault is told: it is how the configuration is now.
    pub(super) fn reload_failed(&mut self, now: Instant, told: &str) {
        self.reload_fault.clear();
        for character in told.chars() {
            // JSON would write a control character in six.
            let character = if character.is_control() {
                ' '
            } else {
                character
            };
            if self.reload_fault.push(character).is_err() {
                break;
            }
        }
        let refusal = Refusal::about(Subject::Config, RefusalKind::BadConfiguration);
        self.answer(Answer::refused(CommandName::Reload, refusal, None));
        self.note(now, &Incident::Refused(refusal));
    }

    /// Domoticz told of a device: of this dimmer's, and not what it was just told by it?
    pub(super) fn domoticz(
        &mut self,
        now: Instant,
        payload: &[u8],
        retained: bool,
        not_reset: &mut AlarmSet,
    ) -> Result<(), Refusal> {
        let idx = self.config.topics.domoticz.dimmer_idx;
        let command = match parse_domoticz(payload, idx, retained) {
            Ok(None) => return Ok(()),
            Ok(Some(command)) if self.echo.is_echo(now, command) => return Ok(()),
            Ok(Some(command)) => Ok(Command::Power(command)),
            Err(refusal) => Err(refusal),
        };
        self.command(now, Incoming::Domoticz, command, not_reset)
    }

    fn obey(
        &mut self,
        now: Instant,
        command: Command,
        not_reset: &mut AlarmSet,
    ) -> Result<(), Refusal> {
        match command {
            Command::Power(command) => self.power(now, command),
            Command::Boost(Boost::Start {
                minutes,
                centipercent,
            }) => {
                let full = dimmer_safety::FULL_CENTIPERCENT;
                self.boost.start(now, minutes, centipercent.unwrap_or(full));
            }
            Command::Boost(Boost::Cancel) => self.cancel_boost(now),
            Command::Switch(on) => self.safety.switched(now, on),
            Command::Configure { index, value } => {
                return self.tune(now, usize::from(index), value);
            }
            Command::ResetAlarms => {
                *not_reset = self.safety.reset_alarms(now).refused;
                if !not_reset.is_empty() {
                    return Err(Refusal::about(Subject::AlarmReset, RefusalKind::CauseLasts));
                }
            }
            Command::Sync => self.outbox.announce(now),
            Command::Reload => self.board_request = Some(BoardRequest::Reload),
            Command::Restart => self.board_request = Some(BoardRequest::Restart),
            Command::SearchProbes if self.searches_probes => {
                self.board_request = Some(BoardRequest::SearchProbes);
            }
            Command::SearchProbes => {
                return Err(Refusal::about(Subject::Trigger, RefusalKind::NotNow));
            }
            // A command that this version does not know.
            _ => return Err(Refusal::about(Subject::Command, RefusalKind::NotNow)),
        }
        Ok(())
    }

    /// One setting becomes another one. Not inlined: no other command is to have room on the stack for a whole configuration.
    #[inline(never)]
    fn tune(&mut self, now: Instant, place: usize, value: i32) -> Result<(), Refusal> {
        if self.config.tunables().get(place) == Some(&value) {
            // It is so already: nothing to keep.
            return Ok(());
        }
        match self.config.with_tunable(place, value) {
            Ok(config) => self
                .take_over(now, config)
                .map_err(|_| Refusal::conflict(None))?,
            Err(invalid) => return Err(Refusal::conflict(invalid.conflict_with(place))),
        }
        self.board_request = Some(BoardRequest::Keep);
        Ok(())
    }

    fn power(&mut self, now: Instant, command: PowerCommand) {
        const OFF: Setpoint = Setpoint::Centipercent(0);
        match command {
            PowerCommand::Setpoint(setpoint) => {
                if is_some_power(setpoint) {
                    self.level_before_off = setpoint;
                }
                self.asked(now, Request::Direct(setpoint));
                let full = i32::from(dimmer_safety::FULL_CENTIPERCENT);
                let is_excess = self.setpoint_centipercent().is_some_and(|all| all > full);
                self.excess.asked(now, is_excess);
            }
            PowerCommand::Off => {
                // Who says this does not want a boost either.
                self.cancel_boost(now);
                self.asked(now, Request::Direct(OFF));
                self.excess.asked(now, false);
            }
            PowerCommand::On => match self.request {
                // By a pool it is on already.
                Some(Request::Followed(_)) if !self.permitted.is_off() => {}
                // If it is on by what was asked of it alone, that is this level.
                _ => self.asked(now, Request::Direct(self.level_before_off)),
            },
        }
    }

    /// No boost any more.
    pub(super) fn cancel_boost(&mut self, now: Instant) {
        self.boost.cancel();
        self.safety.withdraw(now, Source::Boost);
    }

    /// The boost wishes for its power again, at every turn, until it ends.
    pub(super) fn renew_boost(&mut self, now: Instant) {
        if self.boost.ends().is_none() {
            return;
        }
        match self.boost.wish(now) {
            Some(centipercent) => {
                let highest = self.config.pool.maximum_centipercent;
                self.safety
                    .wish(now, Source::Boost, centipercent.min(highest));
            }
            None => self.safety.withdraw(now, Source::Boost),
        }
    }
}

const fn is_some_power(setpoint: Setpoint) -> bool {
    match setpoint {
        Setpoint::Centipercent(amount) | Setpoint::Watts(amount) => amount > 0,
    }
}
