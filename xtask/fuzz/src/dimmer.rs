//! Messages to a dimmer that runs: what is refused changes nothing but the count, what is on no topic of ours not even that, and
//! there is no power without somebody who asked for it, without cold enough water, or without the mains.
//!
//! Each line is an event: `s` and a payload on the dimmer's own setpoint, `f` on the one that it follows, `w` on the topic of the
//! water's temperature, `a` on that of the reset, `h` on that of Home Assistant, `z` on that of Domoticz, each as a capital with the
//! retain flag; `q` another command: the topic below `command/`, a blank and the payload; `x` on another topic, whose name is the payload.
//! `+` lets a second go by, `l` an hour; `c` and `d` are the session's beginning and end; `m` loses the mains until the next line, `n`
//! switches off or on, and `g` gives back the next message.

use ::dimmer::config::{Config, Valid};
use ::dimmer::phase::{Level, MainsState, MainsStatus};
use ::dimmer::topics::{DeviceId, Incoming, PAYLOAD_CAPACITY, RefusalKind, Subject};
use ::dimmer::{
    BoardRequest, Dimmer, Duration, Effects, Event, FiringReport, Identity, Incident, Instant,
};

/// More lines than this show nothing new.
const MOST_LINES: usize = 80;
/// So often an input that was refused is followed up: longer than a setpoint holds, if nobody changes that.
const MOST_STEPS: usize = 60;
const FOLLOWED: &str = "router/power";
const WATER: &str = "home/tank";
const OWN: &str = "d/a1b2c3d4e5f6";
const IDENTITY: Identity = Identity {
    id: DeviceId::new([0xa1, 0xb2, 0xc3, 0xd4, 0xe5, 0xf6]),
    model: "fuzzed",
    version: "1",
    boot: 1,
};

pub(crate) fn run(input: &[u8]) {
    let mut now = Instant::from_ticks(1_000_000);
    let mut dimmer = Dimmer::new(IDENTITY, config(), now).expect("the settings are good ones");
    // Whether anything can have asked for power.
    let mut asked = false;
    for line in input.split(|byte| *byte == b'\n').take(MOST_LINES) {
        let Some((&kind, payload)) = line.split_first() else {
            continue;
        };
        match kind {
            b'+' => now += Duration::from_ticks(1_000_000),
            b'l' => now += Duration::from_ticks(3_600_000_000),
            b'g' => give_back(&mut dimmer),
            _ => {}
        }
        let has_mains = kind != b'm';
        let effects = dimmer.handle(now, Event::Firing(report(has_mains, &dimmer, now)));
        check(&dimmer, &effects, now, asked && has_mains);
        let (name, retained) = (kind.to_ascii_lowercase(), kind.is_ascii_uppercase());
        let (topic, payload) = message(name, payload);
        let event = match name {
            b'c' => Event::Connected { broker: 1 },
            b'd' => Event::Disconnected,
            b'n' => Event::Switched(payload.is_empty()),
            _ if topic.is_empty() => Event::Tick,
            _ => Event::Message {
                topic: &topic,
                payload,
                retained,
            },
        };
        let incoming = dimmer.topics().incoming(&topic);
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
            // What the broker had kept is refused, or about another device.
            None if incoming == Some(Incoming::Domoticz) && retained => {
                assert_same(&dimmer, &effects, &twin, &of_twin, now);
            }
            None if matches!(event, Event::Message { .. }) && incoming.is_none() => {
                assert_same(&dimmer, &effects, &twin, &of_twin, now);
            }
            None => {
                let is_a_command = matches!(event, Event::Message { .. })
                    && incoming.is_some_and(|incoming| incoming.command_name().is_some());
                assert!(!(is_a_command && retained), "a retained command was taken");
                asked |= may_ask(incoming);
                if incoming == Some(Incoming::Switch) && matches!(payload, b"OFF" | b"off") {
                    assert_eq!(effects.order.level, Level::OFF);
                }
            }
        }
        check(&dimmer, &effects, now, asked && has_mains);
        if let Some(request) = effects.board {
            assert!(refusal.is_none(), "refused, and yet {request:?}");
            let effects = obey(request, &mut dimmer, now);
            asked |= dimmer.config().safety.preheat_below_millicelsius.is_some();
            check(&dimmer, &effects, now, asked && has_mains);
        }
        send_all(&mut dimmer, now);
    }
}

/// The topic, empty if there is none, and the payload that is meant.
fn message(name: u8, payload: &[u8]) -> (String, &[u8]) {
    let topic = match name {
        b's' => format!("{OWN}/power/set"),
        b'f' => FOLLOWED.to_owned(),
        b'w' => WATER.to_owned(),
        b'a' => format!("{OWN}/reset/alarm"),
        b'h' => "homeassistant/status".to_owned(),
        b'z' => "domoticz/out".to_owned(),
        b'q' => {
            let mut parts = payload.splitn(2, |byte| *byte == b' ');
            let path = String::from_utf8_lossy(parts.next().unwrap_or_default());
            let payload = parts.next().unwrap_or_default();
            return (format!("{OWN}/command/{path}"), payload);
        }
        b'x' => String::from_utf8_lossy(payload).into_owned(),
        _ => String::new(),
    };
    (topic, payload)
}

/// Whether this can bring power: a setting may be that of preheating.
fn may_ask(incoming: Option<Incoming>) -> bool {
    matches!(
        incoming,
        Some(
            Incoming::PowerSet
                | Incoming::Followed
                | Incoming::Domoticz
                | Incoming::Boost
                | Incoming::Configure(_)
        )
    )
}

/// Does what only a board can do.
fn obey(request: BoardRequest, dimmer: &mut Dimmer, now: Instant) -> Effects {
    match request {
        BoardRequest::Keep => crate::config_stored::check(dimmer.config()),
        BoardRequest::Reload => {
            let taken = dimmer.configure(now, config());
            return taken.expect("they were good ones before");
        }
        BoardRequest::Restart => {
            let critical = dimmer.overview(now).critical;
            let again = Dimmer::new(IDENTITY, dimmer.config().clone(), now);
            *dimmer = again.expect("they were good ones before");
            dimmer.restore_alarms(critical);
        }
        other => panic!("a board does not know {other:?}"),
    }
    dimmer.handle(now, Event::Tick)
}

fn config() -> Valid {
    let mut config = Config::default();
    let text = "the text is short enough";
    config.topics.prefix = "d".try_into().expect(text);
    config.topics.follow = FOLLOWED.try_into().expect(text);
    config.topics.temperature.water.topic = WATER.try_into().expect(text);
    config.topics.domoticz.enabled = true;
    config.topics.domoticz.dimmer_idx = 7;
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

fn assert_same(dimmer: &Dimmer, effects: &Effects, twin: &Dimmer, of_twin: &Effects, now: Instant) {
    assert_eq!(effects.order, of_twin.order);
    assert_eq!(effects.board, of_twin.board);
    assert_eq!(dimmer.overview(now), twin.overview(now));
    assert_eq!(dimmer.config(), twin.config());
}

/// What is refused does not count as a sign of life either: the power of both ends at the same time.
fn assert_same_later(mut dimmer: Dimmer, mut twin: Dimmer, mut now: Instant) {
    for _ in 0..MOST_STEPS {
        if dimmer.overview(now).permitted_centipercent == 0 {
            return;
        }
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

fn check(dimmer: &Dimmer, effects: &Effects, now: Instant, may_heat: bool) {
    let order = effects.order;
    assert!(order.level <= Level::FULL);
    assert!(order.valid_until <= now + Duration::from_ticks(1_000_000));
    let overview = dimmer.overview(now);
    assert_eq!(order.level.centipercent(), overview.permitted_centipercent);
    if order.level > Level::OFF {
        assert!(
            may_heat,
            "power that nobody asked for, or without the mains"
        );
        let safety = &dimmer.config().safety;
        let limit = safety.water_limit_millicelsius;
        let water = overview.water_millicelsius;
        assert!(water.is_some_and(|water| water < limit), "{water:?}");
        assert!(order.level.centipercent() <= safety.maximum_centipercent);
        assert!(overview.critical.is_empty());
    }
}

/// What is given back comes again.
fn give_back(dimmer: &mut Dimmer) {
    if let Some(sending) = dimmer.take() {
        dimmer.give_back(sending);
        let again = dimmer.take().expect("it was given back");
        dimmer.give_back(again);
    }
}

/// Everything that waits, rendered.
fn send_all(dimmer: &mut Dimmer, now: Instant) {
    let mut buffer = [0; PAYLOAD_CAPACITY];
    for _ in 0..1_000 {
        let Some(sending) = dimmer.take() else {
            return;
        };
        assert!(!dimmer.topic(sending).is_empty());
        let length = dimmer.render(sending, now, &mut buffer);
        assert!(str::from_utf8(&buffer[..length.expect("it fits")]).is_ok());
    }
    panic!("there is always another message");
}
