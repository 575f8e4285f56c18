//! What was damaged stays known as damaged, whatever is saved by itself afterwards.

use super::*;

fn section(section: Section) -> Content {
    Content::Section(section)
}

fn hash(byte: u8) -> PasswordHash {
    PasswordHash::from_slice(&[byte; 40]).unwrap()
}

/// Both banks hold the same configuration and the same password.
fn full() -> Store<Flash> {
    let mut store = empty();
    block_on(store.save(&named("Cellar", 1))).unwrap();
    block_on(store.keep_password(&hash(7))).unwrap();
    block_on(store.keep_energy(1)).unwrap();
    block_on(store.keep_energy(2)).unwrap();
    store
}

/// Spoils an item in both banks.
fn spoil_both(store: &mut Store<Flash>, bytes: &[u8]) {
    spoil(store, bytes);
    spoil(store, bytes);
}

#[test]
fn a_damaged_password_is_damaged_until_one_is_set_whatever_is_saved_by_itself() {
    let mut store = full();
    spoil_both(&mut store, &hash(7));
    assert_eq!(load(&mut store).found(Content::Password), Found::Damaged);
    for round in 0..4 {
        block_on(store.keep_energy(10 + round)).unwrap();
        block_on(store.save(&named("Attic", 2))).unwrap();
        let loaded = load(&mut store);
        assert_eq!(loaded.found(Content::Password), Found::Damaged);
        assert!(!loaded.needs_a_person(), "it limits nothing of the heater");
        block_on(store.acknowledge()).unwrap();
        let found = load(&mut store).found(Content::Password);
        assert_eq!(found, Found::Damaged, "nobody but its owner sets another");
    }
    block_on(store.keep_password(&hash(8))).unwrap();
    let loaded = load(&mut store);
    assert_eq!(loaded.password, Some(hash(8)));
    assert!(!loaded.needs_a_person());
}

#[test]
fn damaged_limits_need_a_person_after_every_save_until_one_has_looked() {
    let mut store = full();
    spoil_both(&mut store, &bytes_of(Section::Safety, &Config::default()));
    for round in 0..4 {
        let loaded = load(&mut store);
        assert_eq!(loaded.found(section(Section::Safety)), Found::Damaged);
        assert!(loaded.needs_a_person());
        block_on(store.keep_energy(10 + round)).unwrap();
        let name = if round % 2 == 0 { "Attic" } else { "Barn" };
        block_on(store.save(&named(name, 1))).unwrap();
    }
    let saved = block_on(store.acknowledge()).unwrap();
    assert!(saved.items > 0);
    let loaded = load(&mut again(store));
    assert!(!loaded.needs_a_person());
    assert_eq!(loaded.found(section(Section::Safety)), Found::Nothing);
}

#[test]
fn where_nothing_is_in_doubt_nothing_is_written_when_somebody_has_looked() {
    for (mut store, origin) in [(empty(), Origin::Nothing), (full(), Origin::Last)] {
        let before = store.flash.bytes().to_vec();
        assert_eq!(block_on(store.acknowledge()), Ok(Saved { items: 0 }));
        assert_eq!(store.flash.bytes(), before);
        assert_eq!(load(&mut store).origin, origin);
    }
}

#[test]
fn a_damaged_section_that_is_set_is_damaged_no_longer() {
    let mut store = full();
    spoil_both(&mut store, &bytes_of(Section::Name, &named("Cellar", 1)));
    block_on(store.keep_energy(5)).unwrap();
    let loaded = load(&mut store);
    assert_eq!(loaded.found(section(Section::Name)), Found::Damaged);
    block_on(store.save(&named("Attic", 1))).unwrap();
    let loaded = load(&mut store);
    assert_eq!(loaded.config, named("Attic", 1));
    assert!(!loaded.needs_a_person());
}

#[test]
fn a_section_that_could_not_be_used_is_left_untouched_until_somebody_sets_it() {
    let mut store = empty();
    block_on(store.save(&named("Cellar", 1))).unwrap();
    store_unusable_topics(&mut store);
    let state = look(&mut store);
    let topics = state.surveys[state.current.unwrap()].newest(Section::Topics.key());
    for name in ["Attic", "Barn", "Shed"] {
        let loaded = load(&mut store);
        let found = loaded.found(section(Section::Topics));
        assert!(matches!(found, Found::Invalid(invalid) if invalid.section == "probes"));
        block_on(store.save(&named(name, 1))).unwrap();
        assert_eq!(load(&mut store).config, named(name, 1));
    }
    let state = look(&mut store);
    let item = state.surveys[state.current.unwrap()].newest(Section::Topics.key());
    assert_eq!(item.unwrap().entry, topics.unwrap().entry);
    let mut config = named("Shed", 1).into_inner();
    config.topics.follow = "router/power".try_into().unwrap();
    let config = config.validate().unwrap();
    block_on(store.save(&config)).unwrap();
    let loaded = load(&mut store);
    assert_eq!(loaded.config, config);
    assert!(!loaded.needs_a_person());
}

/// What stands in a section that has no use for it: the temperature comes from a topic, and there is no probe.
fn store_unusable_topics(store: &mut Store<Flash>) {
    let mut config = Config::default();
    config.topics.temperature.water.topic = "home/tank".try_into().unwrap();
    let topics = bytes_of(Section::Topics, &config);
    store_bytes(store, section(Section::Topics), &topics);
}

#[test]
fn a_section_that_is_set_and_then_has_its_default_again_has_it_after_a_restart() {
    let mut store = empty();
    let default = named("Cellar", 1);
    block_on(store.save(&default)).unwrap();
    store_unusable_topics(&mut store);
    assert!(load(&mut store).needs_a_person());
    let mut config = default.clone().into_inner();
    config.topics.follow = "router/power".try_into().unwrap();
    block_on(store.save(&config.validate().unwrap())).unwrap();
    block_on(store.save(&default)).unwrap();
    let loaded = load(&mut again(store));
    assert_eq!(loaded.config, default);
    let found = loaded.found(section(Section::Topics));
    assert_eq!(found, Found::Stored);
}

#[test]
fn what_cannot_be_used_needs_a_person_until_one_has_looked_and_is_told_ever_after() {
    let newer: fn(&mut Store<Flash>) = |store| {
        let bytes = [Section::Topics.newest_version() + 1, 1, 2, 3];
        store_bytes(store, section(Section::Topics), &bytes);
    };
    for spoil in [store_unusable_topics, newer] {
        let mut store = empty();
        block_on(store.save(&named("Cellar", 1))).unwrap();
        spoil(&mut store);
        let loaded = load(&mut store);
        assert!(loaded.needs_a_person());
        assert_eq!(loaded.settings_again(Valid::defaults), None);
        block_on(store.acknowledge()).unwrap();
        // What is saved by itself, and what somebody sets elsewhere, leave it as it is.
        for (round, name) in ["Attic", "Barn", "Shed"].into_iter().enumerate() {
            store = again(store);
            let loaded = load(&mut store);
            assert!(!loaded.needs_a_person(), "{name}");
            assert_eq!(loaded.problems().count(), 1);
            block_on(store.keep_energy(round.try_into().unwrap())).unwrap();
            block_on(store.save(&named(name, 1))).unwrap();
            let acknowledged = block_on(store.acknowledge()).unwrap();
            assert_eq!(acknowledged.items, 0, "it was known already");
        }
        // Another one that cannot be used is another matter.
        let bytes = [Section::Pool.newest_version() + 1, 1];
        store_bytes(&mut store, section(Section::Pool), &bytes);
        assert!(load(&mut store).needs_a_person());
        block_on(store.acknowledge()).unwrap();
        let loaded = load(&mut store);
        assert_eq!(
            (loaded.needs_a_person(), loaded.problems().count()),
            (false, 2)
        );
    }
}

#[test]
fn what_is_of_the_save_before_is_in_doubt_after_every_save() {
    let mut store = empty();
    block_on(store.save(&named("Cellar", 1))).unwrap();
    // The password is set by the save that is damaged.
    block_on(store.keep_password(&hash(7))).unwrap();
    spoil(&mut store, &hash(7));
    for round in 0..4 {
        let loaded = load(&mut store);
        assert_eq!(loaded.password, None);
        assert_eq!(loaded.found(Content::Password), Found::Damaged);
        // Once what was saved before is what counts, it is the password's alone.
        assert_eq!(loaded.needs_a_person(), round == 0);
        block_on(store.keep_energy(round)).unwrap();
    }

    let mut store = full();
    // Another password revoked the old one.
    block_on(store.keep_password(&hash(8))).unwrap();
    spoil(&mut store, &hash(8));
    for round in 0..4 {
        let loaded = load(&mut store);
        assert_eq!(loaded.found(Content::Password), Found::InDoubt);
        assert_eq!(loaded.config, named("Cellar", 1));
        assert_eq!(loaded.found(section(Section::Safety)), Found::Stored);
        block_on(store.keep_alarms(AlarmSet::EMPTY)).unwrap();
        block_on(store.keep_energy(round)).unwrap();
    }
}

#[test]
fn damage_to_what_says_what_is_in_doubt_puts_everything_in_doubt() {
    let mut store = full();
    spoil_both(&mut store, &hash(7));
    block_on(store.keep_energy(5)).unwrap();
    block_on(store.keep_energy(6)).unwrap();
    let doubts = [0, Content::Password.key()];
    let state = look(&mut store);
    let survey = &state.surveys[state.current.unwrap()];
    assert!(survey.holds(Entry {
        key: DOUBTS_KEY,
        checksum: checksum(&doubts),
    }));
    // Such a short text may stand anywhere: with the header's length and key before it.
    let item = [DOUBTS_KEY, doubts[0], doubts[1]];
    spoil_both(&mut store, &item);
    for round in 0..4 {
        let loaded = load(&mut store);
        for content in Content::ALL {
            assert!(loaded.found(content).is_problem(), "{content}");
        }
        block_on(store.keep_energy(10 + round)).unwrap();
    }
}
