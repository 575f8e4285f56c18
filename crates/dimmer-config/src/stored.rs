//! The configuration as bytes: postcard, with the version of its shape in front.

use core::fmt;

use serde::{Deserialize, Serialize};

use crate::{Config, Valid};

/// Enough for any configuration of this version; a test holds it.
pub const ENCODED_CAPACITY: usize = 3072;

/// The versions, in the order in which they were made. A version that has been released is never
/// changed: another is added behind it, and told how to come from the one before.
///
/// postcard writes the variant's number first, so the bytes say which shape follows
/// (<https://postcard.jamesmunns.com/wire-format.html>).
#[derive(Serialize, Deserialize)]
enum Stored {
    V1(Config),
}

/// No room for the encoded configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EncodeError;

impl fmt::Display for EncodeError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "the configuration does not fit the buffer; give it {ENCODED_CAPACITY} bytes"
        )
    }
}

impl core::error::Error for EncodeError {}

/// Why stored bytes give no configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DecodeError {
    /// Written by a newer firmware: to be left untouched.
    Newer,
    /// Cut short, overwritten, or never a configuration.
    Damaged,
    /// Readable, but out of range.
    Invalid(crate::Invalid),
}

impl fmt::Display for DecodeError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Newer => formatter.write_str("the stored configuration is of a newer firmware; install that one again, or configure anew"),
            Self::Damaged => formatter.write_str("the stored configuration is damaged; configure anew"),
            Self::Invalid(invalid) => write!(formatter, "the stored configuration cannot be used: {invalid}"),
        }
    }
}

impl core::error::Error for DecodeError {}

/// Writes the configuration and returns its length, at most [`ENCODED_CAPACITY`] bytes.
///
/// # Errors
/// [`EncodeError`] when `buffer` is too small.
pub fn encode(config: &Valid, buffer: &mut [u8]) -> Result<usize, EncodeError> {
    let stored = Stored::V1(Config::clone(config));
    match postcard::to_slice(&stored, buffer) {
        Ok(used) => Ok(used.len()),
        Err(_) => Err(EncodeError),
    }
}

/// Reads what [`encode`] of this or an older version wrote.
///
/// # Errors
/// [`DecodeError`]; nothing is guessed or repaired.
pub fn decode(bytes: &[u8]) -> Result<Valid, DecodeError> {
    let (&version, _) = bytes.split_first().ok_or(DecodeError::Damaged)?;
    if version > 0 && version < 0x80 {
        return Err(DecodeError::Newer);
    }
    match postcard::take_from_bytes(bytes) {
        Ok((Stored::V1(config), [])) => config.validate().map_err(DecodeError::Invalid),
        Ok(_) | Err(_) => Err(DecodeError::Damaged),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The longest texts and the largest numbers.
    fn largest() -> Valid {
        let mut config = Config::default();
        config.name = core::iter::repeat_n('n', config.name.capacity()).collect();
        for _ in 0..config.brokers.capacity() {
            let mut broker = crate::Broker::default();
            broker.host = core::iter::repeat_n('h', broker.host.capacity()).collect();
            broker.username = core::iter::repeat_n('u', broker.username.capacity()).collect();
            broker.password = core::iter::repeat_n('p', broker.password.capacity()).collect();
            broker.client_id = core::iter::repeat_n('c', broker.client_id.capacity()).collect();
            broker.port = u16::MAX;
            config.brokers.push(broker).unwrap();
        }
        config.session.return_after_s = 86_400;
        config.topics.prefix = core::iter::repeat_n('t', config.topics.prefix.capacity()).collect();
        let prefix = &mut config.topics.homeassistant.prefix;
        *prefix = core::iter::repeat_n('a', prefix.capacity()).collect();
        for topic in [
            &mut config.topics.domoticz.in_topic,
            &mut config.topics.jeedom.topic,
        ] {
            *topic = core::iter::repeat_n('h', topic.capacity()).collect();
        }
        let out = &mut config.topics.domoticz.out_topic;
        *out = core::iter::repeat_n('o', out.capacity()).collect();
        config.topics.domoticz.alarm_idx = 0x7fff_ffff;
        config.topics.jeedom.alarm_idx = 0x7fff_ffff;
        config.topics.follow = core::iter::repeat_n('f', config.topics.follow.capacity()).collect();
        let temperature = &mut config.topics.temperature;
        for source in [
            &mut temperature.water,
            &mut temperature.heat_sink,
            &mut temperature.room,
        ] {
            source.topic = core::iter::repeat_n('s', source.topic.capacity()).collect();
            source.path = core::iter::repeat_n('p', source.path.capacity()).collect();
        }
        let name = &mut config.topics.pool.name;
        *name = core::iter::repeat_n('m', name.capacity()).collect();
        config.pool.sharing = dimmer_pool::Sharing::Rotating;
        config.pool.pool_watts = dimmer_pool::POOL_LIMIT_WATTS;
        config.pool.start_centipercent = dimmer_pool::SETPOINT_LIMIT_CENTIPERCENT - 1;
        config.pool.full_centipercent = Some(dimmer_pool::SETPOINT_LIMIT_CENTIPERCENT);
        config.pool.weight = dimmer_pool::WEIGHT_LIMIT;
        // Each temperature has one source.
        config.probes.water = false;
        config.language = crate::Language::French;
        config.output.rated_watts = 20_000;
        config.validate().unwrap()
    }

    #[test]
    fn what_was_encoded_is_decoded() {
        for config in [Valid::defaults(), largest()] {
            let mut buffer = [0; ENCODED_CAPACITY];
            let length = encode(&config, &mut buffer).unwrap();
            assert_eq!(decode(&buffer[..length]), Ok(config));
        }
    }

    #[test]
    fn a_buffer_that_is_too_small_is_refused_at_every_length() {
        let mut buffer = [0; ENCODED_CAPACITY];
        let length = encode(&largest(), &mut buffer).unwrap();
        for short in 0..length {
            assert_eq!(encode(&largest(), &mut buffer[..short]), Err(EncodeError));
        }
    }

    #[test]
    fn bytes_that_are_cut_short_or_too_long_are_damaged() {
        let mut buffer = [0; ENCODED_CAPACITY];
        let length = encode(&largest(), &mut buffer).unwrap();
        for short in 0..length {
            assert_eq!(
                decode(&buffer[..short]),
                Err(DecodeError::Damaged),
                "{short} bytes"
            );
        }
        assert_eq!(decode(&buffer[..=length]), Err(DecodeError::Damaged));
    }

    #[test]
    fn a_newer_version_is_recognised() {
        assert_eq!(decode(&[1, 2, 3]), Err(DecodeError::Newer));
    }

    #[test]
    fn a_setting_out_of_range_does_not_pass_because_it_was_stored() {
        let mut buffer = [0; ENCODED_CAPACITY];
        let mut config = Config::default();
        config.output.rated_watts = 0;
        let length = postcard::to_slice(&Stored::V1(config), &mut buffer)
            .unwrap()
            .len();
        assert!(
            matches!(decode(&buffer[..length]), Err(DecodeError::Invalid(invalid)) if invalid.field == "rated_watts")
        );
    }
}
