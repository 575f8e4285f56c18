//! Two words reset alarms, unless the broker had kept them; and one says that Home Assistant has started.

use dimmer_topics::{RefusalKind, Subject, home_assistant_started, parse_alarm_reset};

pub(crate) fn run(payload: &[u8]) {
    let is_reset = payload == b"reset" || payload == b"PRESS";
    match parse_alarm_reset(payload, false) {
        Ok(()) => assert!(is_reset),
        Err(refusal) => {
            assert!(!is_reset);
            assert_eq!(refusal.subject(), Subject::AlarmReset);
            assert_eq!(refusal.kind(), RefusalKind::NotAReset);
        }
    }
    let retained = parse_alarm_reset(payload, true).expect_err("a retained reset was taken");
    assert_eq!(retained.kind(), RefusalKind::Retained);
    assert_eq!(home_assistant_started(payload), payload == b"online");
}
