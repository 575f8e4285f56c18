extern crate std;

use dimmer_plant::{FlashError, SimulatedFlash};
use dimmer_safety::AlarmKind;
use embassy_futures::block_on;
use proptest::prelude::*;
use std::{string::ToString, vec::Vec};

use super::*;
use crate::{
    commit::Commit,
    content::{COMMIT_KEY, DOUBTS_KEY},
};

mod damage;

type Flash = SimulatedFlash<4, 4096>;
const REGION: Range<u32> = 0..4 * 4096;

fn empty() -> Store<Flash> {
    Store::new(Flash::new(4), REGION).unwrap()
}

fn again(store: Store<Flash>) -> Store<Flash> {
    Store::new(store.into_flash(), REGION).unwrap()
}

fn load(store: &mut Store<Flash>) -> Loaded {
    let before = store.flash.bytes().to_vec();
    let loaded = block_on(store.load()).unwrap();
    assert_eq!(store.flash.bytes(), before, "reading writes nothing");
    loaded
}

fn named(name: &str, start_centipercent: i32) -> Valid {
    let mut config = Valid::defaults().into_inner();
    config.name = name.try_into().unwrap();
    config.pool.start_centipercent = start_centipercent;
    config.validate().unwrap()
}

/// Stores any bytes as a content.
fn store_bytes(store: &mut Store<Flash>, content: Content, bytes: &[u8]) {
    block_on(store.change(Change::Small(content, bytes))).unwrap();
}

fn look(store: &mut Store<Flash>) -> State {
    let mut state = State::default();
    block_on(store.look(&mut state)).unwrap();
    state
}

/// Spoils one bit of the newest item that holds these bytes in the bank that counts.
fn spoil(store: &mut Store<Flash>, bytes: &[u8]) {
    let state = look(store);
    let bank = store.banks[state.current.unwrap()].clone();
    let bank = usize::try_from(bank.start).unwrap()..usize::try_from(bank.end).unwrap();
    let found = store.flash.bytes()[bank.clone()]
        .windows(bytes.len())
        .rposition(|part| part == bytes);
    store.flash.flip(bank.start + found.unwrap(), 3);
}

fn bytes_of(section: Section, config: &Config) -> Vec<u8> {
    let mut buffer = [0; SECTION_CAPACITY];
    let length = section.encode(config, &mut buffer).unwrap();
    buffer[..length].to_vec()
}

#[test]
fn an_empty_flash_gives_defaults_and_says_so() {
    let mut store = empty();
    let loaded = load(&mut store);
    assert_eq!(loaded.origin, Origin::Nothing);
    assert_eq!(loaded.config, Valid::defaults());
    assert!(!loaded.needs_a_person());
    assert!(
        Content::ALL
            .iter()
            .all(|content| loaded.found(*content) == Found::Nothing)
    );
}

#[test]
fn everything_is_there_again_after_a_restart() {
    let mut store = empty();
    let latched = AlarmSet::EMPTY.with(AlarmKind::WaterOverTemperature);
    let hash = PasswordHash::from_slice(&[7; PASSWORD_CAPACITY]).unwrap();
    block_on(async {
        store.save(&named("Cellar", 5_000)).await.unwrap();
        store.keep_alarms(latched).await.unwrap();
        store.keep_energy(u64::MAX).await.unwrap();
        store.keep_password(&hash).await.unwrap();
    });
    let loaded = load(&mut again(store));
    assert_eq!(loaded.config, named("Cellar", 5_000));
    assert_eq!((loaded.alarms, loaded.watt_hours), (latched, u64::MAX));
    assert_eq!(loaded.password, Some(hash));
    assert_eq!(loaded.origin, Origin::Last);
    assert!(
        Content::ALL
            .iter()
            .all(|content| loaded.found(*content) == Found::Stored)
    );
}

#[test]
fn only_what_changed_is_written() {
    let mut store = empty();
    let save = |store: &mut Store<Flash>, config| block_on(store.save(&config)).unwrap().items;
    assert_eq!(save(&mut store, named("Cellar", 0)), 13, "all sections");
    let words = store.flash.words();
    assert_eq!(save(&mut store, named("Cellar", 0)), 0);
    assert_eq!(store.flash.words(), words);
    assert_eq!(save(&mut store, named("Cellar", 1)), 13, "the other bank");
    assert_eq!(save(&mut store, named("Cellar", 2)), 2, "pool and commit");
    assert_eq!(
        save(&mut store, named("Attic", 2)),
        3,
        "the bank lacks the pool of the save before"
    );
}

#[test]
fn a_damaged_last_save_leaves_the_one_before_and_says_so() {
    let mut store = empty();
    block_on(store.save(&named("Cellar", 1))).unwrap();
    block_on(store.save(&named("Attic", 2))).unwrap();
    spoil(&mut store, &bytes_of(Section::Name, &named("Attic", 2)));
    let loaded = load(&mut store);
    assert_eq!(loaded.origin, Origin::BeforeLast);
    assert_eq!(loaded.config, named("Cellar", 1));
    assert!(loaded.needs_a_person());
    block_on(store.save(&named("Cellar", 1))).unwrap();
    assert_eq!(load(&mut store).origin, Origin::Last);
}

#[test]
fn of_two_damaged_banks_each_section_that_can_be_read_is_used() {
    let mut store = empty();
    block_on(store.save(&named("Cellar", 1))).unwrap();
    block_on(store.save(&named("Attic", 2))).unwrap();
    spoil(&mut store, &bytes_of(Section::Name, &named("Attic", 2)));
    spoil(&mut store, &bytes_of(Section::Name, &named("Cellar", 1)));
    let loaded = load(&mut store);
    assert_eq!(loaded.origin, Origin::Remains);
    assert_eq!(loaded.config, named("Solar dimmer", 2));
    let problems: Vec<_> = loaded.problems().collect();
    let name = Content::Section(Section::Name);
    assert_eq!(problems, [(name, Found::Damaged)]);
    assert_eq!(
        std::format!("{} {}", problems[0].0, problems[0].1),
        "name is damaged; it has its default"
    );
    // A small thing is saved, and the name is still damaged.
    block_on(store.keep_energy(5)).unwrap();
    let loaded = load(&mut store);
    assert_eq!((loaded.watt_hours, loaded.found(name)), (5, Found::Damaged));
    assert_eq!(loaded.config, named("Solar dimmer", 2));
}

#[test]
fn a_section_of_a_newer_firmware_is_left_untouched_until_somebody_sets_it() {
    let mut store = empty();
    block_on(store.save(&named("Cellar", 1))).unwrap();
    let pool = Content::Section(Section::Pool);
    let newer = [Section::Pool.newest_version() + 1, 9, 9, 9];
    store_bytes(&mut store, pool, &newer);
    let stands = |store: &mut Store<Flash>| {
        let state = look(store);
        let survey = &state.surveys[state.current.unwrap()];
        survey.newest(Section::Pool.key()).unwrap().entry.checksum == checksum(&newer)
    };
    for name in ["Cellar", "Attic", "Barn", "Shed"] {
        let loaded = load(&mut store);
        assert_eq!(loaded.found(pool), Found::Newer);
        assert!(loaded.needs_a_person());
        assert_eq!(loaded.config.pool, Config::default().pool);
        // Saved by this firmware, with its default of what it does not understand.
        block_on(store.save(&named(name, 0))).unwrap();
        assert!(stands(&mut store));
    }
    block_on(store.save(&named("Shed", 3))).unwrap();
    assert!(!stands(&mut store));
    assert_eq!(load(&mut store).found(pool), Found::Stored);
}

#[test]
fn an_item_that_only_a_newer_firmware_knows_is_carried_along() {
    let mut store = empty();
    block_on(store.save(&named("Cellar", 1))).unwrap();
    let state = look(&mut store);
    let unknown = Entry {
        key: 40,
        checksum: checksum(b"of tomorrow"),
    };
    let mut entries: Vec<Entry> = state.surveys[0].entries().to_vec();
    entries.push(unknown);
    let bank = store.banks[0].clone();
    store.item[..11].copy_from_slice(b"of tomorrow");
    block_on(store.put(&bank, 40, 11)).unwrap();
    let commit = Commit::bytes(2, entries.into_iter());
    store.item[..commit.len()].copy_from_slice(&commit);
    block_on(store.put(&bank, COMMIT_KEY, commit.len())).unwrap();
    for start in 2..8 {
        block_on(store.save(&named("Cellar", start))).unwrap();
        let state = look(&mut store);
        let survey = &state.surveys[state.current.unwrap()];
        assert!(survey.entries().contains(&unknown) && survey.holds(unknown));
        assert_eq!(load(&mut store).config, named("Cellar", start));
    }
}

#[test]
fn a_store_in_a_newer_format_is_left_untouched_until_it_is_erased() {
    let mut store = empty();
    block_on(store.save(&named("Cellar", 1))).unwrap();
    let bank = store.banks[1].clone();
    let commit = [1, 77, 0, 0, 0, 1, 2, 3];
    store.item[..8].copy_from_slice(&commit);
    block_on(store.put(&bank, COMMIT_KEY, 8)).unwrap();
    let before = store.flash.bytes().to_vec();
    let loaded = load(&mut store);
    assert_eq!(loaded.origin, Origin::NewerFirmware);
    assert_eq!(loaded.config, Valid::defaults());
    assert!(loaded.needs_a_person());
    assert_eq!(
        block_on(store.save(&named("Attic", 1))),
        Err(StoreError::Newer)
    );
    assert_eq!(block_on(store.keep_energy(1)), Err(StoreError::Newer));
    assert_eq!(store.flash.bytes(), before);
    block_on(store.erase()).unwrap();
    assert_eq!(load(&mut store).origin, Origin::Nothing);
    block_on(store.save(&named("Attic", 1))).unwrap();
}

#[test]
fn a_section_that_cannot_be_used_has_its_default_and_the_reason() {
    let mut store = empty();
    block_on(store.save(&named("Cellar", 1))).unwrap();
    let mut config = Config::default();
    config.output.rated_watts = 0;
    let output = Content::Section(Section::Output);
    store_bytes(&mut store, output, &bytes_of(Section::Output, &config));
    let loaded = load(&mut store);
    assert_eq!(loaded.config, named("Cellar", 1));
    let found = loaded.found(output);
    assert!(matches!(found, Found::Invalid(invalid) if invalid.field == "rated_watts"));
    assert!(
        found
            .to_string()
            .starts_with("cannot be used (output.rated_watts is outside 1 to 20000 W;")
    );
    let alarms = Content::Alarms;
    store_bytes(&mut store, alarms, &[0, 1]);
    assert_eq!(load(&mut store).found(alarms), Found::Damaged);
}

#[test]
fn the_fullest_store_can_be_saved_again_and_again() {
    let mut config = Config::default();
    for port in 1883..1887 {
        let broker = dimmer_config::Broker {
            host: core::iter::repeat_n('h', 64).collect(),
            port,
            username: core::iter::repeat_n('u', 64).collect(),
            password: "p".repeat(64).as_str().try_into().unwrap(),
            client_id: core::iter::repeat_n('c', 64).collect(),
            ..dimmer_config::Broker::default()
        };
        config.brokers.push(broker).unwrap();
    }
    let temperature = &mut config.topics.temperature;
    for (source, letter) in [
        (&mut temperature.heat_sink, 'H'),
        (&mut temperature.room, 'R'),
    ] {
        source.topic = core::iter::repeat_n(letter, 96).collect();
        source.path = core::iter::repeat_n('p', 64).collect();
    }
    let mut store = empty();
    block_on(store.keep_password(&PasswordHash::from_slice(&[1; PASSWORD_CAPACITY]).unwrap()))
        .unwrap();
    for round in 0..24_u8 {
        // Each broker is another one each time, so that the longest section is written.
        config.brokers[0].host = core::iter::repeat_n(char::from(b'a' + round), 64).collect();
        config.topics.follow = core::iter::repeat_n(char::from(b'a' + round), 96).collect();
        let valid = config.clone().validate().unwrap();
        block_on(store.save(&valid)).unwrap();
        assert_eq!(load(&mut store).config, valid);
    }
}

#[test]
fn a_region_in_which_there_can_be_no_store_is_refused() {
    let new = |region| Store::new(Flash::new(8), region).map(|_| ());
    assert_eq!(new(0..16_384), Ok(()));
    assert_eq!(new(4_096..32_768 - 4_096), Ok(()));
    assert_eq!(new(1..16_384), Err(LayoutError::NotAligned));
    assert_eq!(new(0..12_288), Err(LayoutError::Pages));
    assert_eq!(new(0..20_480), Err(LayoutError::Pages));
    assert_eq!(new(20_480..36_864), Err(LayoutError::BeyondEnd));
    let small = Store::new(SimulatedFlash::<4, 1024>::new(32), 0..8 * 1024).map(|_| ());
    assert_eq!(small, Err(LayoutError::TooSmall { needed: NEEDED }));
    assert!(
        LayoutError::TooSmall { needed: NEEDED }
            .to_string()
            .contains("give it more pages")
    );
    // Pages of 2 KiB are enough when there are more of them.
    assert!(Store::new(SimulatedFlash::<8, 2048>::new(8), 0..8 * 2048).is_ok());
}

#[test]
fn a_flash_that_fails_is_told_and_what_was_saved_stands() {
    let mut store = empty();
    block_on(store.save(&named("Cellar", 1))).unwrap();
    let steps = store.flash.steps();
    store.flash.cut_at(steps + 3, 1);
    let failed = block_on(store.save(&named("Attic", 1)));
    assert_eq!(failed, Err(StoreError::Flash(FlashError::PowerCut)));
    assert_eq!(
        failed.unwrap_err().to_string(),
        "the flash cannot be used: PowerCut"
    );
    let read = block_on(store.load());
    assert_eq!(read, Err(StoreError::Flash(FlashError::PowerCut)));
    let mut loaded = Loaded::default();
    assert!(block_on(store.load_into(&mut loaded)).is_err());
    assert!(
        loaded.needs_a_person(),
        "it is not taken for an empty store"
    );
    store.flash.power_up();
    assert_eq!(load(&mut store).config, named("Cellar", 1));
}

#[test]
fn an_erase_that_is_cut_leaves_what_was_saved_last_or_nothing() {
    let mut store = empty();
    block_on(store.save(&named("Cellar", 1))).unwrap();
    block_on(store.save(&named("Attic", 2))).unwrap();
    let full = store.into_flash();
    for step in 0..4 * Flash::STAGES {
        let mut flash = full.clone();
        flash.cut_at(flash.steps() + step, step);
        let mut store = Store::new(flash, REGION).unwrap();
        assert!(block_on(store.erase()).is_err());
        store.flash.power_up();
        let loaded = load(&mut store);
        let is_old = loaded.origin == Origin::Last && loaded.config == named("Attic", 2);
        let is_new = loaded.origin == Origin::Nothing && loaded.config == Valid::defaults();
        assert!(is_old || is_new, "step {step}: {:?}", loaded.origin);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_stands_in_flash_gives_a_configuration_and_a_reason_and_can_be_saved_over(
        seed in any::<u64>(),
        density in 0_u8..4,
    ) {
        let mut random = seed | 1;
        let mut next = || {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            random.to_le_bytes()[3]
        };
        let bytes = (0..4 * 4096).map(|_| match density {
            // Noise, mostly erased, mostly programmed, and words that are all or nothing.
            0 => next(),
            1 => next() | next() | next(),
            2 => next() & next() & next(),
            _ => if next() < 128 { 0 } else { 0xff },
        });
        let mut store = Store::new(Flash::holding(bytes.collect()), REGION).unwrap();
        let loaded = load(&mut store);
        prop_assert_eq!(&loaded.config, &Valid::defaults());
        prop_assert!(loaded.needs_a_person());
        prop_assert!(loaded.problems().count() == Content::ALL.len());
        prop_assert!(block_on(store.save(&named("Cellar", 1))).is_ok());
        prop_assert_eq!(load(&mut store).config, named("Cellar", 1));
    }

    #[test]
    fn bits_that_flip_in_a_full_store_never_give_what_nobody_saved(
        flips in proptest::collection::vec((0_usize..4 * 4096, 0_u8..8), 1..40),
    ) {
        let mut store = empty();
        block_on(store.save(&named("Cellar", 1))).unwrap();
        block_on(store.save(&named("Attic", 2))).unwrap();
        for (address, bit) in flips {
            store.flash.flip(address, bit);
        }
        let loaded = load(&mut store);
        let known = [named("Attic", 2), named("Cellar", 1)].contains(&loaded.config);
        prop_assert!(known || loaded.needs_a_person());
        // Where the last commit was hit, it looks as if that save had been cut: then it is the one before.
        prop_assert!(loaded.origin != Origin::Last || known);
        prop_assert!(block_on(store.save(&named("Barn", 3))).is_ok());
        prop_assert_eq!(load(&mut store).config, named("Barn", 3));
    }
}
