//! A dimmer on a virtual clock, with what it needs.
#![allow(dead_code, unreachable_pub, reason = "each test uses a part of it")]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a failed step of a test is a failed test"
)]

use dimmer::{
    Dimmer, Effects, Event, FiringReport, Identity, Instant, Sending,
    config::{Config, TUNABLES},
    phase::{Level, MainsState, MainsStatus},
    safety::{ProbeFault, Reason, Role},
    topics::{Message, PAYLOAD_CAPACITY, Settings, Topics},
};

pub const OWN: &str = "solar-dimmer/a1b2c3d4e5f6/power/set";
pub const COMMON: &str = "router/setpoint";

pub fn at(milliseconds: u64) -> Instant {
    Instant::from_ticks(milliseconds * 1_000)
}

/// A dimmer with everything it needs but a setpoint, and the time that has passed, in ms.
pub struct Bench {
    pub dimmer: Dimmer,
    pub now_ms: u64,
    /// What the firing path says; it feeds what it was ordered.
    pub firing: FiringReport,
}

pub fn water(reading: Result<i32, ProbeFault>) -> Event<'static> {
    Event::Temperature {
        role: Role::Water,
        reading,
    }
}

pub fn firing(state: MainsState) -> FiringReport {
    FiringReport {
        mains: MainsStatus {
            state,
            frequency_millihertz: Some(50_000),
            ..MainsStatus::UNKNOWN
        },
        ..FiringReport::UNKNOWN
    }
}

impl Bench {
    pub fn unfed(change: impl FnOnce(&mut Config)) -> Self {
        Self::named("a1b2c3d4e5f6", 1, change)
    }

    /// The dimmer with this id, in its start with this number.
    pub fn named(id: &str, boot: u32, change: impl FnOnce(&mut Config)) -> Self {
        let mut config = Config::default();
        config.topics.follow = COMMON.try_into().unwrap();
        change(&mut config);
        let identity = Identity {
            id: id.parse().unwrap(),
            model: "Test",
            version: "1.2.3",
            boot,
        };
        Self {
            dimmer: Dimmer::new(identity, config.validate().unwrap(), at(0)).unwrap(),
            now_ms: 0,
            firing: FiringReport::UNKNOWN,
        }
    }

    pub fn with(change: impl FnOnce(&mut Config)) -> Self {
        let mut bench = Self::unfed(change);
        bench.firing = firing(MainsState::Locked);
        let _ = bench.report();
        let _ = bench.give(water(Ok(40_000)));
        bench
    }

    pub fn new() -> Self {
        Self::with(|_| {})
    }

    pub fn give(&mut self, event: Event<'_>) -> Effects {
        self.dimmer.handle(at(self.now_ms), event)
    }

    /// The firing path feeds what it was ordered last, and says so.
    pub fn report(&mut self) -> Effects {
        if self.firing.fault.is_none() {
            let ordered = self.dimmer.overview(at(self.now_ms)).permitted_centipercent;
            self.firing.fed = Level::saturating_from_centipercent(ordered);
        }
        self.give(Event::Firing(self.firing))
    }

    /// Goes on to a time by the clock; the firing path goes on reporting.
    pub fn go_to(&mut self, milliseconds: u64) {
        self.now_ms = milliseconds;
        let _ = self.report();
    }

    pub fn send(&mut self, topic: &str, payload: &str) -> Effects {
        self.give(Event::Message {
            topic,
            payload: payload.as_bytes(),
            retained: false,
        })
    }

    /// Lets time pass, with a tick at each deadline, a report of the firing path four times a second and a reading every two seconds.
    pub fn pass(&mut self, milliseconds: u64) -> Effects {
        let end = self.now_ms + milliseconds;
        loop {
            let deadline = self
                .dimmer
                .next_deadline(at(self.now_ms))
                .as_ticks()
                .div_ceil(1_000);
            let reading = (self.now_ms / 2_000 + 1) * 2_000;
            assert!(
                deadline >= self.now_ms,
                "a deadline in the past would be a busy loop"
            );
            let report = (self.now_ms / 250 + 1) * 250;
            self.now_ms = deadline
                .max(self.now_ms + 1)
                .min(reading)
                .min(report)
                .min(end);
            let mut effects = self.give(if self.now_ms == reading {
                water(Ok(40_000))
            } else {
                Event::Tick
            });
            if self.now_ms.is_multiple_of(250) {
                effects = self.report();
            }
            if self.now_ms == end {
                return effects;
            }
        }
    }

    pub fn permitted(&self) -> u16 {
        self.dimmer.overview(at(self.now_ms)).permitted_centipercent
    }

    pub fn applied(&self) -> u16 {
        self.dimmer.overview(at(self.now_ms)).applied_centipercent
    }

    pub fn reason(&self) -> Reason {
        self.dimmer.overview(at(self.now_ms)).reason
    }

    pub fn payload(&self, message: Message) -> String {
        let mut buffer = [0; PAYLOAD_CAPACITY];
        let length = self
            .dimmer
            .render(Sending::Say(message), at(self.now_ms), &mut buffer)
            .unwrap();
        String::from_utf8(buffer[..length].to_vec()).unwrap()
    }

    pub fn state(&self) -> serde_json::Value {
        serde_json::from_str(&self.payload(Message::State)).unwrap()
    }

    /// What is said, without what is only taken off the broker.
    pub fn sent(&mut self) -> Vec<Message> {
        let all = std::iter::from_fn(|| self.dimmer.take());
        all.filter_map(|sending| match sending {
            Sending::Say(message) => Some(message),
            _ => None,
        })
        .collect()
    }
}

/// What a dimmer with the default settings says in a new session.
pub fn published() -> Vec<Message> {
    let topics = Topics::new(&Settings::default(), "a1b2c3d4e5f6".parse().unwrap()).unwrap();
    let topics = topics.with_tunables(&TUNABLES).unwrap();
    let nothing_to_say = [Message::Log, Message::Answer];
    topics
        .messages()
        .filter(|message| !nothing_to_say.contains(message))
        .collect()
}
