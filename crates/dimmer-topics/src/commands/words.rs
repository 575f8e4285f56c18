//! Commands of one word.

use crate::refusal::{Refusal, RefusalKind, Subject};

/// `ON` and `OFF`, which Home Assistant and Domoticz send, or `on` and `off`, which Jeedom sends. To the letter.
pub(super) fn on_or_off(payload: &[u8]) -> Option<bool> {
    match payload {
        b"ON" | b"on" => Some(true),
        b"OFF" | b"off" => Some(false),
        _ => None,
    }
}

/// Reads what stands on `command/switch`: whether a person wants the dimmer on at all.
///
/// # Errors
/// Anything but `ON`, `on`, `OFF` and `off` is refused, and so is a retained one.
pub fn parse_switch(payload: &[u8], retained: bool) -> Result<bool, Refusal> {
    let refuse = |kind| Refusal::about(Subject::Switch, kind);
    if retained {
        return Err(refuse(RefusalKind::Retained));
    }
    on_or_off(payload).ok_or(refuse(RefusalKind::UnknownWord))
}

/// Something that is done once, when somebody says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trigger {
    /// `command/sync`: everything is published again.
    Sync,
    /// `command/reload`: the stored configuration is read again.
    Reload,
    /// `command/restart`: the dimmer starts again.
    Restart,
    /// `command/search_probes`: probes are looked for anew.
    SearchProbes,
}

impl Trigger {
    /// Every trigger.
    pub const ALL: [Self; 4] = [Self::Sync, Self::Reload, Self::Restart, Self::SearchProbes];

    /// The word that pulls it: the last level of its topic.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sync => "sync",
            Self::Reload => "reload",
            Self::Restart => "restart",
            Self::SearchProbes => "search_probes",
        }
    }
}

/// Reads what pulls a trigger: its own word (`sync`, `reload`, `restart`, `search_probes`), or `PRESS`, which is what the buttons of Home
/// Assistant send. To the letter: a command that came to the wrong topic does nothing.
///
/// # Errors
/// Anything else is refused, and so is a retained one: a dimmer would restart at each start, for ever.
pub fn parse_trigger(trigger: Trigger, payload: &[u8], retained: bool) -> Result<(), Refusal> {
    let kind = if retained {
        RefusalKind::Retained
    } else if payload == trigger.as_str().as_bytes() || payload == b"PRESS" {
        return Ok(());
    } else {
        RefusalKind::UnknownWord
    };
    Err(Refusal::about(Subject::Trigger, kind))
}

#[cfg(test)]
mod tests {
    use super::{Trigger, parse_switch, parse_trigger};
    use crate::{RefusalKind, Subject};

    #[test]
    fn a_switch_knows_four_words() {
        for (payload, on) in [
            (&b"ON"[..], true),
            (b"on", true),
            (b"OFF", false),
            (b"off", false),
        ] {
            assert_eq!(parse_switch(payload, false), Ok(on));
            let refusal = parse_switch(payload, true).unwrap_err();
            assert_eq!(
                (refusal.subject(), refusal.kind()),
                (Subject::Switch, RefusalKind::Retained)
            );
        }
        for payload in [&b""[..], b"1", b"true", b"On", b"ON\n", b"\xff"] {
            let refusal = parse_switch(payload, false).unwrap_err();
            assert_eq!(refusal.kind(), RefusalKind::UnknownWord);
        }
    }

    #[test]
    fn a_trigger_is_pulled_by_its_own_word_and_by_a_button() {
        for trigger in Trigger::ALL {
            let payloads = [
                "sync",
                "reload",
                "restart",
                "search_probes",
                "PRESS",
                "",
                "press",
                "1",
            ];
            for payload in payloads {
                let outcome = parse_trigger(trigger, payload.as_bytes(), false);
                let is_right = payload == trigger.as_str() || payload == "PRESS";
                assert_eq!(outcome.is_ok(), is_right, "{trigger:?} {payload}");
                let kept = parse_trigger(trigger, payload.as_bytes(), true);
                assert_eq!(kept.unwrap_err().kind(), RefusalKind::Retained);
            }
        }
    }
}
