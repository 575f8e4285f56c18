//! Messages to a dimmer that runs: what is refused changes nothing but the count, what is on no topic of ours not even that, and
//! there is no power without a setpoint, without cold enough water, or without the mains.
//!
//! Each line is an event: `s` and a payload on the dimmer's own setpoint, `f` on the one that it follows, `w` on the topic of the
//! water's temperature, `a` on that of the reset, `h` on that of Home Assistant, each as a capital with the retain flag; `x` on another
//! topic, whose name is the payload. `+` lets a second go by, `l` an hour; `c` and `d` are the session's beginning and end; `m` loses the
//! mains until the next line, and `n` switches off or on.

use ::dimmer::config::{Config, Valid};
use ::dimmer::phase::{Level, MainsState, MainsStatus};
use ::dimmer::topics::{DeviceId, PAYLOAD_CAPACITY, RefusalKind, Subject};
use ::dimmer::{Dimmer, Duration, Effects, Event, FiringReport, Identity, Incident, Instant};

/// More lines than this show nothing new.
const MOST_LINES: usize = 200;
const FOLLOWED: &str = "router/power";
const WATER: &str = "home/tank";
const OWN: &str = "d/a1b2c3d4e5f6";

pub(crate) fn run(input: &[u8]) {
    let mut now = Instant::from_ticks(1_000_000);
    let identity = Identity {
        id: DeviceId::new([0xa1, 0xb2, 0xc3, 0xd4, 0xe5, 0xf6]),
        model: "fuzzed",
        version: "1",
    };
    let config = config();
    let limit = config.safety.water_limit_millicelsius;
    let mut dimmer = Dimmer::new(identity, config, now).expect("the settings are good ones");
    let mut accepted = false;
    for line in input.split(|byte| *byte == b'\n').take(MOST_LINES) {
        let Some((&kind, payload)) = line.split_first() else {
            continue;
        };
        match kind {
            b'+' => now += Duration::from_ticks(1_000_000),
            b'l' => now += Duration::from_ticks(3_600_000_000),
            _ => {}
        }
        let has_mains = kind != b'm';
        let effects = dimmer.handle(now, Event::Firing(report(has_mains, &dimmer, now)));
        check(&dimmer, &effects, now, limit, accepted && has_mains);
        let (name, retained) = (kind.to_ascii_lowercase(), kind.is_ascii_uppercase());
        let topic = match name {
            b's' => format!("{OWN}/power/set"),
            b'f' => FOLLOWED.to_owned(),
            b'w' => WATER.to_owned(),
            b'a' => format!("{OWN}/reset/alarm"),
            b'h' => "homeassistant/status".to_owned(),
            b'x' => String::from_utf8_lossy(payload).into_owned(),
            _ => String::new(),
        };
        let event = match name {
            b'c' => Event::Connected,
            b'd' => Event::Disconnected,
            b'n' => Event::Switched(payload.is_empty()),
            _ if topic.is_empty() => Event::Tick,
            _ => Event::Message {
                topic: &topic,
                payload,
                retained,
            },
        };
        // The same dimmer, to which nothing was said.
        let mut twin = dimmer.clone();
        let effects = dimmer.handle(now, event);
        let of_twin = twin.handle(now, Event::Tick);
        let refusal = effects.incidents.iter().flatten().find_map(|incident| {
            let Incident::Refused(refusal) = incident else {
                return None;
            };
            Some(*refusal)
        });
        match refusal {
            // What is no temperature is a fault of whoever measures: it may only take power away.
            Some(refusal) if refusal.subject() == Subject::Temperature => {
                assert!(effects.order.level <= of_twin.order.level);
            }
            // Some of several alarms may have been reset.
            Some(refusal) if refusal.kind() == RefusalKind::CauseLasts => {}
            Some(_) => {
                assert_same(&dimmer, &effects, &twin, &of_twin, now);
                assert_same_later(dimmer.clone(), twin, now);
            }
            None if name == b'x' && subscription(&dimmer, &topic).is_none() => {
                assert_same(&dimmer, &effects, &twin, &of_twin, now);
            }
            None => accepted |= matches!(name, b's' | b'f' | b'x'),
        }
        check(&dimmer, &effects, now, limit, accepted && has_mains);
        send_all(&mut dimmer, now);
    }
}

fn config() -> Valid {
    let mut config = Config::default();
    let text = "the text is short enough";
    config.topics.prefix = "d".try_into().expect(text);
    config.topics.follow = FOLLOWED.try_into().expect(text);
    config.topics.temperature.water.topic = WATER.try_into().expect(text);
    config.probes.water = false;
    config.validate().expect("the settings are good ones")
}

fn report(has_mains: bool, dimmer: &Dimmer, now: Instant) -> FiringReport {
    if !has_mains {
        return FiringReport::UNKNOWN;
    }
    let permitted = dimmer.overview(now).permitted_centipercent;
    FiringReport {
        mains: MainsStatus {
            state: MainsState::Locked,
            reason: None,
            frequency_millihertz: Some(50_000),
            ..MainsStatus::UNKNOWN
        },
        fed: Level::saturating_from_centipercent(permitted),
        ..FiringReport::UNKNOWN
    }
}

fn subscription(dimmer: &Dimmer, topic: &str) -> Option<usize> {
    (0..)
        .map_while(|index| Some((index, dimmer.subscription(index)?)))
        .find(|(_, subscription)| subscription.topic == topic)
        .map(|(index, _)| index)
}

fn assert_same(dimmer: &Dimmer, effects: &Effects, twin: &Dimmer, of_twin: &Effects, now: Instant) {
    assert_eq!(effects.order, of_twin.order);
    assert_eq!(dimmer.overview(now), twin.overview(now));
}

/// What is refused does not count as a sign of life either: the power of both ends at the same time.
fn assert_same_later(mut dimmer: Dimmer, mut twin: Dimmer, mut now: Instant) {
    while dimmer.overview(now).permitted_centipercent > 0 {
        now += Duration::from_ticks(2_000_000);
        let [order, of_twin] = [&mut dimmer, &mut twin].map(|dimmer| {
            let water = Event::Message {
                topic: WATER,
                payload: b"40",
                retained: false,
            };
            // The order that counts is the last one.
            let _ = dimmer.handle(now, water);
            let report = report(true, dimmer, now);
            dimmer.handle(now, Event::Firing(report)).order
        });
        assert_eq!(order, of_twin);
    }
}

fn check(dimmer: &Dimmer, effects: &Effects, now: Instant, limit: i32, may_heat: bool) {
    let order = effects.order;
    assert!(order.level <= Level::FULL);
    assert!(order.valid_until <= now + Duration::from_ticks(1_000_000));
    let overview = dimmer.overview(now);
    assert_eq!(order.level.centipercent(), overview.permitted_centipercent);
    if order.level > Level::OFF {
        assert!(may_heat, "power without a setpoint or without the mains");
        let water = overview.water_millicelsius;
        assert!(water.is_some_and(|water| water < limit), "{water:?}");
        assert!(overview.critical.is_empty());
    }
}

/// Everything that waits, rendered.
fn send_all(dimmer: &mut Dimmer, now: Instant) {
    let mut buffer = [0; PAYLOAD_CAPACITY];
    for _ in 0..100 {
        let Some(message) = dimmer.take() else {
            return;
        };
        assert!(!dimmer.topic(message).is_empty());
        let length = dimmer.render(message, now, &mut buffer);
        assert!(str::from_utf8(&buffer[..length.expect("it fits")]).is_ok());
    }
    panic!("there is always another message");
}
