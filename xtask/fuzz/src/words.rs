//! What is a word and nothing else: it is taken to the letter, and only if the broker had not kept it. And the one that says that
//! Home Assistant has started.

use dimmer_topics::{
    Refusal, RefusalKind, Subject, Trigger, home_assistant_started, parse_alarm_reset,
    parse_switch, parse_trigger,
};

pub(crate) fn run(payload: &[u8]) {
    let word = str::from_utf8(payload).unwrap_or_default();
    check(
        [false, true].map(|retained| parse_alarm_reset(payload, retained)),
        matches!(word, "reset" | "PRESS").then_some(()),
        (Subject::AlarmReset, RefusalKind::NotAReset),
    );
    let on = match word {
        "ON" | "on" => Some(true),
        "OFF" | "off" => Some(false),
        _ => None,
    };
    check(
        [false, true].map(|retained| parse_switch(payload, retained)),
        on,
        (Subject::Switch, RefusalKind::UnknownWord),
    );
    for trigger in Trigger::ALL {
        check(
            [false, true].map(|retained| parse_trigger(trigger, payload, retained)),
            (word == trigger.as_str() || word == "PRESS").then_some(()),
            (Subject::Trigger, RefusalKind::UnknownWord),
        );
    }
    assert_eq!(home_assistant_started(payload), payload == b"online");
}

fn check<T: PartialEq + std::fmt::Debug>(
    [fresh, retained]: [Result<T, Refusal>; 2],
    expected: Option<T>,
    (subject, kind): (Subject, RefusalKind),
) {
    assert_eq!(fresh, expected.ok_or(Refusal::about(subject, kind)));
    let of_the_past = Refusal::about(subject, RefusalKind::Retained);
    assert_eq!(retained, Err(of_the_past));
}
