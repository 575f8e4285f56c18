//! The way in for solar routers that steer the reference system's dimmers: `/?POWER=`, `puissance` and `/state`.
//!
//! Such a router sends `GET /?POWER=<percent>&puissance=<watts>` every four seconds. `puissance` is the surplus that is left, has
//! precedence, and moves the power by its share of the load; `POWER` sets it. The answer is `/state`.

use dimmer::{
    safety::Reason,
    topics::{Command, Decimal, PowerCommand, Setpoint},
};
use serde::Serialize;

use crate::{Snapshot, view::Shown};

const FULL_CENTIPERCENT: i32 = 10_000;
/// More watts than any load has.
const WATTS_LIMIT: i32 = 100_000;

/// Whether this is asked for as a router does.
pub(crate) fn is_routers(path: &str, query: Option<&str>) -> bool {
    let has_power = |query| value(query, "POWER").is_some() || value(query, "puissance").is_some();
    path == "/" && query.is_some_and(has_power)
}

/// What a router asks for, or what is wrong with it.
pub(crate) fn command(query: &str, snapshot: &Snapshot) -> Result<Command, &'static str> {
    let state = &snapshot.state;
    let centipercent = match (value(query, "puissance"), value(query, "POWER")) {
        (Some(watts), _) => {
            let watts = hundredths(watts, WATTS_LIMIT).ok_or("puissance")? / 100;
            let rated = i64::from(state.rated_watts.max(1));
            let more = i64::from(watts) * i64::from(FULL_CENTIPERCENT) / rated;
            // Of a setpoint that nobody repeats there is nothing to add to.
            let before = match snapshot.overview.reason {
                Reason::SetpointMissing | Reason::SetpointStale => 0,
                _ => state
                    .setpoint_centipercent
                    .unwrap_or(0)
                    .clamp(0, FULL_CENTIPERCENT),
            };
            i32::try_from(i64::from(before).saturating_add(more)).unwrap_or(0)
        }
        (None, Some(percent)) => hundredths(percent, 1_000).ok_or("POWER")?,
        (None, None) => return Err("POWER"),
    };
    let setpoint = Setpoint::Centipercent(centipercent.clamp(0, FULL_CENTIPERCENT));
    Ok(Command::Power(PowerCommand::Setpoint(setpoint)))
}

fn value<'a>(query: &'a str, key: &str) -> Option<&'a str> {
    query
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .find_map(|(name, value)| (name == key).then_some(value))
}

/// A decimal number as hundredths; digits after the second are dropped.
fn hundredths(text: &str, limit: i32) -> Option<i32> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, text),
    };
    let (whole, rest) = digits.split_once('.').unwrap_or((digits, "0"));
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number(whole) || !is_number(rest) || whole.len() > 9 {
        return None;
    }
    let whole: i32 = whole.parse().ok().filter(|whole| *whole <= limit)?;
    let digit = |place| {
        rest.as_bytes()
            .get(place)
            .map_or(0, |byte| i32::from(byte - b'0'))
    };
    Some(sign * (whole * 100 + digit(0) * 10 + digit(1)))
}

/// `/state` as the reference system tells it. What this dimmer does not have stands there as off.
#[derive(Serialize)]
pub(crate) struct RouterState {
    dimmer: i32,
    commande: i32,
    temperature: Shown<Decimal>,
    power: u32,
    #[serde(rename = "Ptotal")]
    total: u32,
    relay1: u8,
    relay2: u8,
    minuteur: bool,
    onoff: bool,
    alerte: &'static str,
    boost: bool,
}

impl RouterState {
    pub(crate) fn of(snapshot: &Snapshot) -> Self {
        let state = &snapshot.state;
        let overview = &snapshot.overview;
        let tenths = state.water_millicelsius.unwrap_or(0) / 100;
        let first = overview
            .critical
            .iter()
            .chain(overview.warnings.iter())
            .next();
        Self {
            dimmer: i32::from(state.applied_centipercent) / 100,
            commande: state.setpoint_centipercent.unwrap_or(0) / 100,
            temperature: Shown(Decimal::tenths(tenths)),
            power: state.watts,
            total: state.watts,
            relay1: 0,
            relay2: 0,
            minuteur: false,
            onoff: state.is_switched_on.unwrap_or(true),
            alerte: first.map_or("RAS", |alarm| alarm.as_str()),
            boost: state.boost_minutes > 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn numbers_are_read_as_routers_write_them() {
        assert_eq!(hundredths("42", 1_000), Some(4_200));
        assert_eq!(hundredths("42.567", 1_000), Some(4_256));
        assert_eq!(hundredths("-1.5", 1_000), Some(-150));
        assert_eq!(hundredths("500", 1_000), Some(50_000));
        for wrong in [
            "",
            "-",
            ".5",
            "5.",
            "1e3",
            "+5",
            "0x10",
            "nan",
            "99999",
            "9999999999999",
            "4 2",
            "٣",
        ] {
            assert_eq!(hundredths(wrong, 1_000), None, "{wrong}");
        }
    }

    #[test]
    fn only_a_query_with_a_power_is_a_routers() {
        for query in ["POWER=5", "a=b&puissance=5"] {
            assert!(is_routers("/", Some(query)), "{query}");
            assert!(!is_routers("/state", Some(query)), "{query}");
        }
        for query in [None, Some(""), Some("power=5"), Some("POWERS=1")] {
            assert!(!is_routers("/", query), "{query:?}");
        }
    }

    proptest! {
        #[test]
        fn no_query_makes_it_stumble(query in "\\PC{0,80}") {
            let _ = is_routers("/", Some(&query));
            let _ = hundredths(&query, WATTS_LIMIT);
        }
    }
}
