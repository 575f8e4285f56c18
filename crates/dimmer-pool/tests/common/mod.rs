//! A message bus without a broker, on a virtual clock: announcements that are lost, late and doubled, members that come, go and hang.

#![allow(
    clippy::allow_attributes,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    dead_code,
    reason = "each test file uses a part of it"
)]

use std::collections::BTreeMap;

use dimmer_pool::{Ability, Announcement, Instant, Member, MemberId, Setpoint, Settings, Totals};

pub(crate) fn at(milliseconds: u64) -> Instant {
    Instant::from_ticks(milliseconds * 1_000)
}

pub(crate) fn id(number: u8) -> MemberId {
    MemberId::new([0xa2, 0, 0, 0, 0, number])
}

/// A member of a priority pool, as it announces itself.
pub(crate) fn announcement(boot: u32, sequence: u32) -> Announcement {
    Announcement {
        boot,
        sequence,
        rated_watts: 2_000,
        available_watts: 2_000,
        minimum_watts: 0,
        hysteresis_watts: 0,
        priority: 100,
        weight: 100,
        sharing: dimmer_pool::Sharing::Priority,
        pool_watts: 0,
        applied_watts: 0,
        taking: false,
        interval_s: 5,
        day: None,
    }
}

/// A stream of numbers that look random and are always the same (xorshift64*, Vigna 2016).
pub(crate) struct Chance(u64);

impl Chance {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed | 1)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 16
    }

    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit.max(1)
    }

    pub(crate) fn percent(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }
}

/// What the bus does to messages.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Weather {
    pub(crate) lost_percent: u64,
    pub(crate) doubled_percent: u64,
    /// A message takes up to so long; so one may overtake another.
    pub(crate) delay_ms: u64,
}

#[derive(Clone, Copy)]
enum Message {
    Announcement(Announcement, bool),
    Offline,
    Removed,
}

struct OnItsWay {
    due_ms: u64,
    to: usize,
    about: MemberId,
    message: Message,
}

/// One device, and what the world knows of it.
pub(crate) struct Node<const MEMBERS: usize> {
    pub(crate) member: Member<MEMBERS>,
    pub(crate) id: MemberId,
    pub(crate) settings: Settings,
    pub(crate) rated_watts: u32,
    /// What it could take, were all given to it.
    pub(crate) possible_watts: u32,
    pub(crate) day: Option<u32>,
    pub(crate) is_running: bool,
    pub(crate) in_session: bool,
    pub(crate) share_centipercent: u16,
    pub(crate) switched: u32,
    spoke_ms: u64,
}

impl<const MEMBERS: usize> Node<MEMBERS> {
    pub(crate) fn watts(&self) -> f64 {
        if self.is_running {
            f64::from(self.rated_watts) * f64::from(self.share_centipercent) / 10_000.0
        } else {
            0.0
        }
    }
}

pub(crate) struct Bus<const MEMBERS: usize> {
    pub(crate) nodes: Vec<Node<MEMBERS>>,
    pub(crate) weather: Weather,
    pub(crate) now_ms: u64,
    pub(crate) totals: Option<Totals>,
    pub(crate) totals_by: Vec<MemberId>,
    pub(crate) setpoint: Setpoint,
    pub(crate) messages: u64,
    chance: Chance,
    on_their_way: Vec<OnItsWay>,
    kept: BTreeMap<MemberId, Announcement>,
}

impl<const MEMBERS: usize> Bus<MEMBERS> {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            nodes: Vec::new(),
            weather: Weather::default(),
            now_ms: 1_000,
            totals: None,
            totals_by: Vec::new(),
            setpoint: Setpoint::Watts(0),
            messages: 0,
            chance: Chance::new(seed),
            on_their_way: Vec::new(),
            kept: BTreeMap::new(),
        }
    }

    pub(crate) fn add(&mut self, id: MemberId, settings: Settings, rated_watts: u32) -> usize {
        assert_eq!(settings.validate(), Ok(()));
        let now = at(self.now_ms);
        self.nodes.push(Node {
            member: Member::new(settings, id, 0, rated_watts, now),
            id,
            settings,
            rated_watts,
            possible_watts: rated_watts,
            day: None,
            is_running: false,
            in_session: false,
            share_centipercent: 0,
            switched: 0,
            spoke_ms: 0,
        });
        let index = self.nodes.len() - 1;
        self.start(index);
        index
    }

    /// Starts a device that is not running, and connects it.
    pub(crate) fn start(&mut self, index: usize) {
        let boot = u32::try_from(self.chance.next() & 0x7fff_ffff).unwrap();
        let now = at(self.now_ms);
        let node = &mut self.nodes[index];
        node.member = Member::new(node.settings, node.id, boot, node.rated_watts, now);
        node.is_running = true;
        node.share_centipercent = 0;
        self.connect(index);
    }

    pub(crate) fn connect(&mut self, index: usize) {
        let now = at(self.now_ms);
        self.nodes[index].in_session = true;
        self.nodes[index].member.connected(now);
        for (about, announcement) in self.kept.clone() {
            self.send_to(index, about, Message::Announcement(announcement, true));
        }
    }

    /// The cord is pulled: the broker says so after a while, or never.
    pub(crate) fn kill(&mut self, index: usize, will: bool) {
        self.nodes[index].is_running = false;
        self.cut(index, will);
    }

    /// The network is gone for one device, which goes on working.
    pub(crate) fn cut(&mut self, index: usize, will: bool) {
        self.nodes[index].in_session = false;
        self.nodes[index].member.disconnected(at(self.now_ms));
        self.on_their_way.retain(|message| message.to != index);
        if will {
            let about = self.nodes[index].id;
            self.publish(about, Message::Offline);
        }
    }

    /// The broker starts again with nothing of what it had retained.
    pub(crate) fn forget_kept(&mut self) {
        self.kept.clear();
    }

    /// Leaves the pool for good.
    pub(crate) fn take_off(&mut self, index: usize) {
        let about = self.nodes[index].id;
        self.kept.remove(&about);
        self.publish(about, Message::Removed);
        self.nodes[index].is_running = false;
        self.nodes[index].in_session = false;
    }

    fn publish(&mut self, about: MemberId, message: Message) {
        if let Message::Announcement(announcement, _) = message {
            self.kept.insert(about, announcement);
        }
        for to in 0..self.nodes.len() {
            if self.nodes[to].in_session {
                self.send_to(to, about, message);
            }
        }
    }

    fn send_to(&mut self, to: usize, about: MemberId, message: Message) {
        self.messages += 1;
        let copies = 1 + u32::from(self.chance.percent(self.weather.doubled_percent));
        for _ in 0..copies {
            // What the broker keeps, and wills, come by way of acknowledged messages or not at all.
            let is_plain = matches!(message, Message::Announcement(_, false));
            if is_plain && self.chance.percent(self.weather.lost_percent) {
                continue;
            }
            let delay = if is_plain {
                self.chance.below(self.weather.delay_ms)
            } else {
                0
            };
            self.on_their_way.push(OnItsWay {
                due_ms: self.now_ms + 1 + delay,
                to,
                about,
                message,
            });
        }
    }

    fn deliver(&mut self) {
        let now_ms = self.now_ms;
        let (due, later): (Vec<_>, Vec<_>) = std::mem::take(&mut self.on_their_way)
            .into_iter()
            .partition(|message| message.due_ms <= now_ms);
        self.on_their_way = later;
        for message in due {
            let node = &mut self.nodes[message.to];
            if !(node.is_running && node.in_session) {
                continue;
            }
            match message.message {
                Message::Announcement(announcement, retained) => {
                    let _ = node
                        .member
                        .heard(at(now_ms), message.about, &announcement, retained)
                        .unwrap();
                }
                Message::Offline => node.member.offline(message.about),
                Message::Removed => node.member.removed(message.about),
            }
        }
    }

    /// A tenth of a second passes.
    pub(crate) fn step(&mut self) {
        self.now_ms += 100;
        let (now_ms, now) = (self.now_ms, at(self.now_ms));
        self.deliver();
        let mut published = Vec::new();
        for node in self.nodes.iter_mut().filter(|node| node.is_running) {
            if node.in_session {
                node.member.asked(self.setpoint);
            }
            let applied = u64::from(node.rated_watts) * u64::from(node.share_centipercent) / 10_000;
            node.member.able(Ability {
                available_watts: node.possible_watts,
                applied_watts: u32::try_from(applied).unwrap(),
                day: node.day,
            });
            let share = node.member.share(now).share.centipercent();
            node.switched += u32::from((share > 0) != (node.share_centipercent > 0));
            node.share_centipercent = share;
            // As an outbox does that keeps half a second between messages.
            let is_due = node
                .member
                .announcement_due(now)
                .is_some_and(|due| due <= now);
            if is_due && now_ms >= node.spoke_ms + 500 {
                node.spoke_ms = now_ms;
                let announcement = node.member.announce(now).unwrap();
                assert_eq!(announcement.validate(), Ok(()));
                published.push((node.id, Message::Announcement(announcement, false)));
            }
            if node.member.totals_due(now) {
                self.totals = node.member.totals(now);
                self.totals_by.push(node.id);
            }
        }
        for (about, message) in published {
            self.publish(about, message);
        }
    }

    pub(crate) fn run(&mut self, seconds: u64) {
        for _ in 0..seconds * 10 {
            self.step();
        }
    }

    pub(crate) fn total_watts(&self) -> f64 {
        self.nodes.iter().map(Node::watts).sum()
    }

    pub(crate) fn largest_watts(&self) -> f64 {
        let running = self.nodes.iter().filter(|node| node.is_running);
        f64::from(running.map(|node| node.rated_watts).max().unwrap_or(0))
    }
}
