//! Stored bytes: what is decoded is valid, and is the same when it is stored and read again.
//!
//! The first byte says which section it is, and what follows: the stored bytes themselves, or changes of those that hold the defaults. The
//! latter stay near to what is a section, also when the settings grow.

use dimmer_config::{Config, DecodeError, SECTION_CAPACITY, Section, Valid};

use crate::bytes::Bytes;

pub(crate) fn run(input: &[u8]) {
    let mut bytes = Bytes::new(input);
    let first = bytes.byte();
    let section = Section::ALL[usize::from(first / 2) % Section::ALL.len()];
    let mut stored = if first % 2 == 1 {
        bytes.rest().to_vec()
    } else {
        changed_defaults(section, &mut bytes)
    };
    let mut config = Config::default();
    match section.decode(&mut config, &stored) {
        Ok(()) => {
            // It says where it ends: half of one, or one with something behind it, is damaged.
            let damaged = |stored: &[u8]| {
                let decoded = section.decode(&mut Config::default(), stored);
                assert_eq!(decoded, Err(DecodeError::Damaged));
            };
            damaged(&stored[..stored.len() - 1]);
            for _ in 0..4 {
                stored.push(0);
                damaged(&stored);
            }
            // Whatever was stored, there is a configuration that a dimmer takes.
            let (valid, faults) = config.clone().rescue();
            assert_eq!(faults.is_empty(), config.validate().is_ok());
            check(&valid);
        }
        Err(error) => {
            assert_eq!(config, Config::default());
            let newer = stored
                .first()
                .is_some_and(|version| (section.newest_version() + 1..0x80).contains(version));
            assert_eq!(error == DecodeError::Newer, newer);
            assert!(!error.to_string().is_empty());
        }
    }
}

/// A configuration that a dimmer takes can be stored, and comes back.
pub(crate) fn check(valid: &Valid) {
    let mut decoded = Config::default();
    for section in Section::ALL {
        let (mut once, mut twice) = ([0; SECTION_CAPACITY], [0; SECTION_CAPACITY]);
        let length = section
            .encode(valid, &mut once)
            .expect("the capacity holds every section");
        section
            .decode(&mut decoded, &once[..length])
            .expect("what was encoded is decoded");
        assert_eq!(section.encode(&decoded, &mut twice), Ok(length));
        assert_eq!(once, twice);
    }
    assert_eq!(decoded.validate().as_ref(), Ok(valid));
}

/// Each change has two bytes of place, one that says what is done, and the byte that is put there.
fn changed_defaults(section: Section, bytes: &mut Bytes<'_>) -> Vec<u8> {
    let mut buffer = [0; SECTION_CAPACITY];
    let length = section
        .encode(&Valid::defaults(), &mut buffer)
        .expect("the defaults fit");
    let mut stored = buffer[..length].to_vec();
    while let &[low, high, what, byte] = bytes.take(4) {
        if stored.is_empty() || stored.len() > 2 * SECTION_CAPACITY {
            break;
        }
        let place = usize::from(u16::from_le_bytes([low, high])) % stored.len();
        match what % 4 {
            0 | 1 => stored[place] = byte,
            2 => stored.insert(place, byte),
            _ => {
                stored.remove(place);
            }
        }
    }
    stored
}
