//! Stored bytes: what is decoded is valid, and is the same when it is stored and read again.
//!
//! The first byte says what follows: the stored bytes themselves, or changes of those that hold the defaults. The latter stay
//! near to what is a configuration, also when the settings grow.

use dimmer_config::{DecodeError, ENCODED_CAPACITY, Valid, decode, encode};

use crate::bytes::Bytes;

pub(crate) fn run(input: &[u8]) {
    let mut bytes = Bytes::new(input);
    let mut stored = if bytes.flag() {
        bytes.rest().to_vec()
    } else {
        changed_defaults(&mut bytes)
    };
    match decode(&stored) {
        Ok(valid) => {
            check(&valid);
            // It says where it ends: half of one, or one with something behind it, is damaged.
            assert_eq!(
                decode(&stored[..stored.len() - 1]),
                Err(DecodeError::Damaged)
            );
            for _ in 0..4 {
                stored.push(0);
                assert_eq!(decode(&stored), Err(DecodeError::Damaged));
            }
        }
        Err(DecodeError::Newer) => assert!((1..0x80).contains(&stored[0])),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

/// A configuration that a dimmer takes can be stored, and comes back.
pub(crate) fn check(valid: &Valid) {
    let (mut once, mut twice) = ([0; ENCODED_CAPACITY], [0; ENCODED_CAPACITY]);
    let length = encode(valid, &mut once).expect("the capacity holds every configuration");
    let decoded = decode(&once[..length]).expect("what was encoded is decoded");
    assert_eq!(&decoded, valid);
    assert_eq!(encode(&decoded, &mut twice), Ok(length));
    assert_eq!(once, twice);
    let again = valid.clone().into_inner().validate();
    assert_eq!(again.as_ref(), Ok(valid));
}

/// Each change has two bytes of place, one that says what is done, and the byte that is put there.
fn changed_defaults(bytes: &mut Bytes<'_>) -> Vec<u8> {
    let mut buffer = [0; ENCODED_CAPACITY];
    let length = encode(&Valid::defaults(), &mut buffer).expect("the defaults fit");
    let mut stored = buffer[..length].to_vec();
    while let &[low, high, what, byte] = bytes.take(4) {
        if stored.is_empty() || stored.len() > 2 * ENCODED_CAPACITY {
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
