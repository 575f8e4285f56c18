//! A boost: power for a while, without anybody repeating it.

use super::object::fields;
use super::words::on_or_off;
use crate::refusal::{Refusal, RefusalKind, Subject};
use crate::scanner::Scanner;

/// Longest boost, in minutes: a day.
pub const BOOST_LIMIT_MINUTES: u16 = 1440;

/// Most bytes in the payload of a boost and of a setting.
pub const COMMAND_PAYLOAD_CAPACITY: usize = 128;

/// A boost begins or ends. The limits of the safety hold all the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Boost {
    /// From now on, and in place of a boost that still runs.
    Start {
        /// For so long: 1 to [`BOOST_LIMIT_MINUTES`].
        minutes: u16,
        /// With this share of the load, in 0.01 %: 1 to 10 000. Nothing: as much as is permitted.
        centipercent: Option<u16>,
    },
    /// No boost any more.
    Cancel,
}

/// Reads what stands on `command/boost`: minutes, alone (`60`) or as `{"minutes":60}`, with a power in percent if it is not to be
/// full (`{"minutes":60,"power":50}`). `0`, `cancel`, `OFF` and `off` end it.
///
/// # Errors
/// Anything else is refused, and so is a retained one, which would begin again with each session.
pub fn parse_boost(payload: &[u8], retained: bool) -> Result<Boost, Refusal> {
    boost(payload, retained).map_err(|kind| Refusal::about(Subject::Boost, kind))
}

fn boost(payload: &[u8], retained: bool) -> Result<Boost, RefusalKind> {
    if retained {
        return Err(RefusalKind::Retained);
    }
    if payload.len() > COMMAND_PAYLOAD_CAPACITY {
        return Err(RefusalKind::TooLong);
    }
    let text = core::str::from_utf8(payload).map_err(|_| RefusalKind::NotText)?;
    let text = text.trim_matches([' ', '\t', '\n', '\r']).as_bytes();
    if text == b"cancel" || on_or_off(text) == Some(false) {
        return Ok(Boost::Cancel);
    }
    let (minutes, power) = match text.first() {
        None => return Err(RefusalKind::Empty),
        Some(b'{') => object(text)?,
        Some(_) => (Some(whole(text, RefusalKind::NotANumber)?), None),
    };
    let minutes = minutes.ok_or(RefusalKind::MissingKey)?;
    let minutes = u16::try_from(minutes).map_err(|_| RefusalKind::OutOfRange)?;
    match minutes {
        0 => Ok(Boost::Cancel),
        1..=BOOST_LIMIT_MINUTES => Ok(Boost::Start {
            minutes,
            centipercent: power,
        }),
        _ => Err(RefusalKind::OutOfRange),
    }
}

fn object(text: &[u8]) -> Result<(Option<i32>, Option<u16>), RefusalKind> {
    let (mut minutes, mut power) = (None, None);
    fields(text, &mut |key, value| {
        match key {
            b"minutes" if minutes.is_none() => {
                minutes = Some(whole(value, RefusalKind::ValueNotANumber)?);
            }
            b"power" if power.is_none() => {
                let centipercent = scaled(value, RefusalKind::ValueNotANumber, 2)?;
                let centipercent = u16::try_from(centipercent).ok();
                let centipercent = centipercent.filter(|power| (1..=10_000).contains(power));
                power = Some(centipercent.ok_or(RefusalKind::OutOfRange)?);
            }
            b"minutes" | b"power" => return Err(RefusalKind::DuplicateKey),
            _ => return Err(RefusalKind::UnknownKey),
        }
        Ok(())
    })?;
    Ok((minutes, power))
}

/// Whole minutes: half a minute is not rounded to none, which would end a boost.
fn whole(text: &[u8], otherwise: RefusalKind) -> Result<i32, RefusalKind> {
    let hundredths = scaled(text, otherwise, 2)?;
    if hundredths % 100 == 0 {
        Ok(hundredths / 100)
    } else {
        Err(RefusalKind::OutOfRange)
    }
}

/// A number that is the whole text, × 10^`decimals`.
pub(super) fn scaled(
    text: &[u8],
    otherwise: RefusalKind,
    decimals: i32,
) -> Result<i32, RefusalKind> {
    let mut scanner = Scanner::new(text);
    let number = scanner.number(otherwise)?.scaled(decimals, i32::MAX)?;
    if scanner.is_at_end() {
        Ok(number)
    } else {
        Err(RefusalKind::TrailingText)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, proptest};

    use super::{BOOST_LIMIT_MINUTES, Boost, RefusalKind, Subject, parse_boost};

    const fn start(minutes: u16, centipercent: Option<u16>) -> Boost {
        Boost::Start {
            minutes,
            centipercent,
        }
    }

    #[test]
    fn a_boost_has_a_time_and_may_have_a_power() {
        for (payload, boost) in [
            ("60", start(60, None)),
            (" 60\n", start(60, None)),
            ("1440", start(1440, None)),
            ("{\"minutes\":90}", start(90, None)),
            (
                "{ \"power\" : 50.5 , \"minutes\" : 90 }",
                start(90, Some(5050)),
            ),
            ("{\"minutes\":1,\"power\":100}", start(1, Some(10_000))),
            ("0", Boost::Cancel),
            ("{\"minutes\":0}", Boost::Cancel),
            ("cancel", Boost::Cancel),
            ("OFF", Boost::Cancel),
            ("off", Boost::Cancel),
        ] {
            assert_eq!(
                parse_boost(payload.as_bytes(), false),
                Ok(boost),
                "{payload}"
            );
            let kept = parse_boost(payload.as_bytes(), true).unwrap_err();
            assert_eq!(
                (kept.subject(), kept.kind()),
                (Subject::Boost, RefusalKind::Retained)
            );
        }
    }

    #[test]
    fn what_is_no_boost_is_refused_with_its_reason() {
        for (payload, kind) in [
            ("", RefusalKind::Empty),
            ("  ", RefusalKind::Empty),
            ("ON", RefusalKind::NotANumber),
            ("an hour", RefusalKind::NotANumber),
            ("-1", RefusalKind::OutOfRange),
            ("1441", RefusalKind::OutOfRange),
            ("0.4", RefusalKind::OutOfRange),
            ("1.5", RefusalKind::OutOfRange),
            ("1e9", RefusalKind::OutOfRange),
            ("60 min", RefusalKind::TrailingText),
            ("6,5", RefusalKind::MalformedNumber),
            ("{}", RefusalKind::MissingKey),
            ("{\"power\":50}", RefusalKind::MissingKey),
            ("{\"hours\":1}", RefusalKind::UnknownKey),
            ("{\"minutes\":1,\"minutes\":2}", RefusalKind::DuplicateKey),
            ("{\"minutes\":\"60\"}", RefusalKind::ValueNotANumber),
            ("{\"minutes\":[60]}", RefusalKind::ValueNotANumber),
            ("{\"minutes\":60,\"power\":0}", RefusalKind::OutOfRange),
            ("{\"minutes\":60,\"power\":100.01}", RefusalKind::OutOfRange),
            ("{\"minutes\":60,\"power\":-1}", RefusalKind::OutOfRange),
            ("{\"minutes\":60", RefusalKind::MalformedJson),
            ("{minutes:60}", RefusalKind::MalformedJson),
            ("{\"minutes\":60}x", RefusalKind::TrailingText),
        ] {
            let refusal = parse_boost(payload.as_bytes(), false).unwrap_err();
            assert_eq!(refusal.kind(), kind, "{payload}");
        }
        assert_eq!(
            parse_boost(&[b'6'; 129], false).unwrap_err().kind(),
            RefusalKind::TooLong
        );
        assert_eq!(
            parse_boost(b"\xff", false).unwrap_err().kind(),
            RefusalKind::NotText
        );
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_boost_in_its_limits_or_refused(payload in any::<std::vec::Vec<u8>>()) {
            if let Ok(Boost::Start { minutes, .. }) = parse_boost(&payload, false) {
                assert!((1..=BOOST_LIMIT_MINUTES).contains(&minutes));
            }
        }

        #[test]
        fn every_boost_reads_back(minutes in 1..=BOOST_LIMIT_MINUTES, power in 1..=10_000_u16) {
            let text = std::format!(
                "{{\"minutes\":{minutes},\"power\":{}}}",
                crate::Decimal::hundredths(i32::from(power))
            );
            assert_eq!(parse_boost(text.as_bytes(), false), Ok(start(minutes, Some(power))));
        }
    }
}
