//! A model of what a store is to hold, histories of changes, and a supply that is cut at every step of them.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a failed step of a test is a failed test"
)]

use dimmer_config::{Config, Valid};
use dimmer_plant::{FlashError, Overwriting, SimulatedFlash};
use dimmer_safety::{AlarmKind, AlarmSet};
use dimmer_store::{Loaded, Origin, PASSWORD_CAPACITY, PasswordHash, Saved, Store, StoreError};
use embassy_futures::block_on;

pub(crate) const PAGE: usize = 4096;
pub(crate) const PAGES: usize = 4;
#[expect(clippy::cast_possible_truncation, reason = "16 KiB")]
pub(crate) const REGION: std::ops::Range<u32> = 0..(PAGE * PAGES) as u32;

pub(crate) type Flash<const WORD: usize> = SimulatedFlash<WORD, PAGE>;

/// A store on such a flash.
pub(crate) fn store<const WORD: usize>(flash: Flash<WORD>) -> Store<Flash<WORD>> {
    Store::new(flash, REGION).expect("the layout is right")
}

/// Something that is stored.
#[derive(Clone, Debug)]
pub(crate) enum Operation {
    Save(Box<Valid>),
    Alarms(AlarmSet),
    Energy(u64),
    Password(Box<PasswordHash>),
}

impl Operation {
    pub(crate) fn run<const WORD: usize>(
        &self,
        store: &mut Store<Flash<WORD>>,
    ) -> Result<Saved, StoreError<FlashError>> {
        match self {
            Self::Save(config) => block_on(store.save(config)),
            Self::Alarms(latched) => block_on(store.keep_alarms(*latched)),
            Self::Energy(watt_hours) => block_on(store.keep_energy(*watt_hours)),
            Self::Password(hash) => block_on(store.keep_password(hash)),
        }
    }
}

/// What a store is to hold.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Model {
    pub(crate) config: Valid,
    pub(crate) alarms: AlarmSet,
    pub(crate) watt_hours: u64,
    pub(crate) password: Option<PasswordHash>,
    pub(crate) is_empty: bool,
}

impl Model {
    pub(crate) fn new() -> Self {
        Self {
            config: Valid::defaults(),
            alarms: AlarmSet::EMPTY,
            watt_hours: 0,
            password: None,
            is_empty: true,
        }
    }

    #[must_use]
    pub(crate) fn after(&self, operation: &Operation) -> Self {
        let mut after = self.clone();
        after.is_empty = false;
        match operation.clone() {
            Operation::Save(config) => after.config = *config,
            Operation::Alarms(latched) => after.alarms = latched,
            Operation::Energy(watt_hours) => after.watt_hours = watt_hours,
            Operation::Password(hash) => after.password = Some(*hash),
        }
        after
    }

    /// Whether this is what was read, without a word of damage.
    pub(crate) fn is(&self, loaded: &Loaded) -> bool {
        let origin = if self.is_empty {
            Origin::Nothing
        } else {
            Origin::Last
        };
        loaded.origin == origin
            && !loaded.needs_a_person()
            && loaded.config == self.config
            && loaded.alarms == self.alarms
            && loaded.watt_hours == self.watt_hours
            && loaded.password == self.password
    }
}

/// Numbers that are the same at each run.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(2).wrapping_add(1))
    }

    pub(crate) const fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 >> 11
    }

    pub(crate) const fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }
}

/// A configuration with one or several sections changed.
fn changed(config: &Valid, random: &mut Random) -> Valid {
    let mut config: Config = (**config).clone();
    let letters = "abcdefghijklmnopqrstuvwxyz0123456789";
    let text = |random: &mut Random, longest| -> String {
        let length = 1 + random.below(longest);
        (0..length)
            .filter_map(|_| letters.chars().nth(usize::try_from(random.below(36)).ok()?))
            .collect()
    };
    for _ in 0..=random.below(3) {
        match random.below(7) {
            0 => config.name = text(random, 32).as_str().try_into().expect("it fits"),
            1 => {
                let broker = dimmer_config::Broker {
                    host: text(random, 64).as_str().try_into().expect("it fits"),
                    port: (1883..).nth(config.brokers.len()).expect("there are few"),
                    username: text(random, 64).as_str().try_into().expect("it fits"),
                    password: text(random, 64).as_str().try_into().expect("it fits"),
                    ..dimmer_config::Broker::default()
                };
                if config.brokers.push(broker).is_err() {
                    config.brokers.clear();
                }
            }
            2 => config.topics.follow = text(random, 96).as_str().try_into().expect("it fits"),
            3 => config.output.rated_watts = 1 + u32::try_from(random.below(20_000)).unwrap_or(0),
            4 => {
                config.pool.start_centipercent = i32::try_from(random.below(10_000)).unwrap_or(0);
            }
            5 => {
                let host = text(random, 64).as_str().try_into().expect("it fits");
                if config.security.hosts.push(host).is_err() {
                    config.security.hosts.clear();
                }
            }
            _ => {
                let limit = 40_000 + i32::try_from(random.below(40_000)).unwrap_or(0);
                config.safety.water_limit_millicelsius = limit;
                config.safety.water_resume_millicelsius = limit - 6_000;
            }
        }
    }
    config.validate().expect("every value is in its range")
}

/// As many letters as fit.
fn full<const CAPACITY: usize>(letter: char) -> heapless::String<CAPACITY> {
    core::iter::repeat_n(letter, CAPACITY).collect()
}

/// A configuration with every text at its longest, of a letter and of some that follow it.
fn longest(letter: char) -> Valid {
    let mut config = Config {
        name: full(letter),
        ..Config::default()
    };
    let broker = dimmer_config::Broker {
        host: full(letter),
        username: full(letter),
        password: full::<64>(letter).into(),
        client_id: full(letter),
        ..dimmer_config::Broker::default()
    };
    for port in (1883..).take(dimmer_config::BROKERS) {
        let broker = dimmer_config::Broker {
            port,
            ..broker.clone()
        };
        config.brokers.push(broker).expect("there is room");
    }
    config.output.rated_watts = 20_000;
    config.pool.start_centipercent = 9_999;
    config.safety.maximum_centipercent = 9_999;
    config.mains.gate_pulse_us = 999;
    config.network.hostname = full(letter);
    config.network.time_server = full(letter);
    config.network.wifi.ssid = full(letter);
    config.network.wifi.password = full::<63>(letter).into();
    config.probes.water = false;
    for place in 0..dimmer_config::PROBE_NAMES {
        let address = format!("28-00000000000{place}");
        let named = dimmer_config::ProbeName {
            address: address.as_str().try_into().expect("it fits"),
            name: full(letter),
        };
        config.probes.names.push(named).expect("there is room");
    }
    config.probes.water_address = config.probes.names[0].address.clone();
    config.probes.heat_sink_address = config.probes.names[1].address.clone();
    config.probes.room_address = config.probes.names[2].address.clone();
    let mut others = (letter..).skip(1);
    let mut other = || others.next().expect("there are more letters");
    let topics = &mut config.topics;
    topics.prefix = full(letter);
    topics.follow = full(other());
    topics.pool.name = full(other());
    topics.homeassistant.prefix = full(other());
    topics.domoticz.in_topic = full(other());
    topics.domoticz.out_topic = full(other());
    topics.jeedom.topic = full(other());
    for source in [
        &mut topics.temperature.water,
        &mut topics.temperature.heat_sink,
        &mut topics.temperature.room,
    ] {
        source.topic = full(other());
        source.path = full(letter);
    }
    while config.security.hosts.push(full(letter)).is_ok() {}
    config.security.compatibility.enabled = true;
    let router: core::net::IpAddr = [0xfd11; 8].into();
    config.security.compatibility.address = router.into();
    config.validate().expect("every value is in its range")
}

/// Everything at its longest, and again with other letters.
pub(crate) fn longest_history() -> Vec<Operation> {
    let hash = PasswordHash::from_slice(&[0xA5; PASSWORD_CAPACITY]);
    let hash = hash.expect("it fits");
    vec![
        Operation::Save(Box::new(longest('a'))),
        Operation::Password(Box::new(hash)),
        Operation::Alarms(
            AlarmKind::ALL
                .into_iter()
                .fold(AlarmSet::EMPTY, AlarmSet::with),
        ),
        Operation::Energy(u64::MAX),
        Operation::Save(Box::new(longest('b'))),
    ]
}

/// So many changes, as people, alarms and an hourly counter make them.
pub(crate) fn history(length: usize, seed: u64) -> Vec<Operation> {
    let mut random = Random::new(seed);
    let mut config = Valid::defaults();
    let mut watt_hours = 0;
    let mut operations = Vec::new();
    while operations.len() < length {
        operations.push(match random.below(8) {
            0 => {
                let kind = AlarmKind::ALL[usize::try_from(random.below(9)).unwrap_or(0)];
                Operation::Alarms(AlarmSet::EMPTY.with(kind))
            }
            1 | 2 => {
                watt_hours += 1 + random.below(3_000);
                Operation::Energy(watt_hours)
            }
            3 => {
                let longest = PASSWORD_CAPACITY as u64;
                let hash = (0..1 + random.below(longest)).map(|_| random.next().to_le_bytes()[0]);
                Operation::Password(Box::new(hash.collect()))
            }
            _ => {
                config = changed(&config, &mut random);
                Operation::Save(Box::new(config.clone()))
            }
        });
    }
    operations
}

/// What became of all the cuts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Cuts {
    /// So many times the supply was cut.
    pub(crate) points: u64,
    /// So often the old contents were there afterwards, all of them.
    pub(crate) old: u64,
    /// So often the new ones were.
    pub(crate) new: u64,
    /// So often neither was, something was said to be damaged, or nothing could be stored afterwards.
    pub(crate) losses: u64,
    /// So many of the cuts came while a page was erased.
    pub(crate) while_erasing: u64,
}

/// Plays a history, and from the change with number `from` on cuts the supply at every step: at every word written and every stage of every page
/// erased. After each cut the store is read; and after one in `again`, it is changed again, that change cut too at a step by lot, read, and
/// changed for good.
pub(crate) fn cut_everywhere<const WORD: usize>(
    operations: &[Operation],
    from: usize,
    again: u64,
    overwriting: Overwriting,
) -> (Cuts, Flash<WORD>) {
    let mut flash = Flash::<WORD>::new(PAGES).overwriting(overwriting);
    let mut model = Model::new();
    let mut cuts = Cuts::default();
    let mut random = Random::new(99);
    for (place, operation) in operations.iter().enumerate() {
        let next = &operations[(place + 1) % operations.len()];
        let after = model.after(operation);
        let mut whole = store(flash.clone());
        operation.run(&mut whole).expect("the supply is there");
        let whole = whole.into_flash();
        let steps = flash.steps()..whole.steps();
        for step in steps.filter(|_| place >= from) {
            let mut victim = flash.clone();
            victim.cut_at(step, random.next());
            let mut victim = store(victim);
            let outcome = operation.run(&mut victim);
            let mut victim = victim.into_flash();
            cuts.points += 1;
            cuts.while_erasing += u64::from(victim.was_erasing());
            let was_cut = outcome.is_err() && !victim.has_power();
            victim.power_up();
            let survived = was_cut
                && match read(&victim, &model, &after) {
                    Some(now) => {
                        *(if now == after {
                            &mut cuts.new
                        } else {
                            &mut cuts.old
                        }) += 1;
                        cuts.points % again != 0 || goes_on(&victim, &now, next, &mut random)
                    }
                    None => false,
                };
            cuts.losses += u64::from(!survived);
        }
        flash = whole;
        model = after;
    }
    (cuts, flash)
}

/// Which of two models a flash holds.
fn read<const WORD: usize>(flash: &Flash<WORD>, old: &Model, new: &Model) -> Option<Model> {
    let loaded = block_on(store(flash.clone()).load()).ok()?;
    [new, old]
        .into_iter()
        .find(|model| model.is(&loaded))
        .cloned()
}

/// Whether something else can be stored after a cut, also when that is cut, too.
fn goes_on<const WORD: usize>(
    flash: &Flash<WORD>,
    now: &Model,
    next: &Operation,
    random: &mut Random,
) -> bool {
    let after = now.after(next);
    let mut whole = store(flash.clone());
    if next.run(&mut whole).is_err() || !after.is(&block_on(whole.load()).expect("it is read")) {
        return false;
    }
    let steps = whole.into_flash().steps() - flash.steps();
    if steps == 0 {
        return true;
    }
    let mut victim = flash.clone();
    victim.cut_at(flash.steps() + random.below(steps), random.next());
    let mut victim = store(victim);
    let was_cut = next.run(&mut victim).is_err();
    let mut victim = victim.into_flash();
    victim.power_up();
    let Some(now) = read(&victim, now, &after) else {
        return false;
    };
    let mut last = store(victim);
    was_cut
        && next.run(&mut last).is_ok()
        && now
            .after(next)
            .is(&block_on(last.load()).expect("it is read"))
}
