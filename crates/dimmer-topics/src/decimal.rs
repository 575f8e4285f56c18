//! Exact decimal numbers out of integers.

use core::fmt;

use serde::{Serialize, Serializer};

/// A number with a fixed count of decimals, written exactly and without trailing zeros: `42.5`, `50.01`, `-3`.
///
/// The value travels as an integer, so neither `Display` nor `Serialize` can show noise such as `42.500001`: an `f64` carries 15
/// significant digits, these numbers have at most 10, and the shortest decimal that reads back as the same `f64` is therefore
/// the number itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decimal {
    value: i32,
    scale: Scale,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scale {
    Units,
    Tenths,
    Hundredths,
    Thousandths,
}

impl Decimal {
    /// `value` itself: no decimals.
    pub const fn units(value: i32) -> Self {
        Self {
            value,
            scale: Scale::Units,
        }
    }

    /// `value` with so many decimals, 3 at most: 425 with one is 42.5.
    pub const fn scaled(value: i32, decimals: u8) -> Self {
        let scale = match decimals {
            0 => Scale::Units,
            1 => Scale::Tenths,
            2 => Scale::Hundredths,
            _ => Scale::Thousandths,
        };
        Self { value, scale }
    }

    /// `value` × 0.1: one decimal.
    pub const fn tenths(value: i32) -> Self {
        Self {
            value,
            scale: Scale::Tenths,
        }
    }

    /// `value` × 0.01: two decimals, such as centipercent shown as percent.
    pub const fn hundredths(value: i32) -> Self {
        Self {
            value,
            scale: Scale::Hundredths,
        }
    }

    /// `value` × 0.001: three decimals, such as millicelsius shown as °C.
    pub const fn thousandths(value: i32) -> Self {
        Self {
            value,
            scale: Scale::Thousandths,
        }
    }

    const fn divisor(self) -> i32 {
        match self.scale {
            Scale::Units => 1,
            Scale::Tenths => 10,
            Scale::Hundredths => 100,
            Scale::Thousandths => 1000,
        }
    }

    const fn decimals(self) -> usize {
        match self.scale {
            Scale::Units => 0,
            Scale::Tenths => 1,
            Scale::Hundredths => 2,
            Scale::Thousandths => 3,
        }
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let divisor = self.divisor().unsigned_abs();
        let magnitude = self.value.unsigned_abs();
        if self.value < 0 {
            formatter.write_str("-")?;
        }
        write!(formatter, "{}", magnitude / divisor)?;
        let mut fraction = magnitude % divisor;
        let mut decimals = self.decimals();
        if fraction == 0 {
            return Ok(());
        }
        while fraction.is_multiple_of(10) {
            fraction /= 10;
            decimals -= 1;
        }
        write!(formatter, ".{fraction:0decimals$}")
    }
}

impl Serialize for Decimal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.value % self.divisor() == 0 {
            serializer.serialize_i32(self.value / self.divisor())
        } else {
            serializer.serialize_f64(f64::from(self.value) / f64::from(self.divisor()))
        }
    }
}

#[cfg(test)]
mod tests {
    use std::string::{String, ToString};

    use proptest::prelude::{any, proptest};

    use super::Decimal;

    fn json(decimal: Decimal) -> String {
        let mut buffer = [0; 32];
        let length = serde_json_core::to_slice(&decimal, &mut buffer).unwrap();
        String::from_utf8(buffer[..length].to_vec()).unwrap()
    }

    #[test]
    fn every_centipercent_is_written_as_people_write_it() {
        for centipercent in -100_000..=100_000_i32 {
            let decimal = Decimal::hundredths(centipercent);
            let text = decimal.to_string();
            assert_eq!(json(decimal), text);
            // Read back as text, not through a float: the digits themselves must be right.
            let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
            assert!(fraction.len() <= 2 && !fraction.ends_with('0'), "{text}");
            let digits = std::format!("{}{fraction:0<2}", whole.trim_start_matches('-'));
            assert_eq!(
                digits.parse::<u32>().unwrap(),
                centipercent.unsigned_abs(),
                "{text}"
            );
            assert_eq!(text.starts_with('-'), centipercent < 0, "{text}");
        }
    }

    #[test]
    fn every_millicelsius_of_a_probe_is_the_same_in_text_and_in_json() {
        for millicelsius in -55_000..=125_000 {
            let decimal = Decimal::thousandths(millicelsius);
            assert_eq!(json(decimal), decimal.to_string());
        }
    }

    #[test]
    fn zeros_and_signs_stand_where_they_belong() {
        assert_eq!(Decimal::hundredths(0).to_string(), "0");
        assert_eq!(Decimal::hundredths(5).to_string(), "0.05");
        assert_eq!(Decimal::hundredths(-5).to_string(), "-0.05");
        assert_eq!(Decimal::hundredths(4250).to_string(), "42.5");
        assert_eq!(Decimal::thousandths(50_010).to_string(), "50.01");
        assert_eq!(Decimal::thousandths(-10_000).to_string(), "-10");
        assert_eq!(Decimal::tenths(1).to_string(), "0.1");
        assert_eq!(Decimal::units(-70).to_string(), "-70");
        for (decimals, text) in [
            (0, "60500"),
            (1, "6050"),
            (2, "605"),
            (3, "60.5"),
            (9, "60.5"),
        ] {
            assert_eq!(Decimal::scaled(60_500, decimals).to_string(), text);
        }
        assert_eq!(Decimal::thousandths(i32::MIN).to_string(), "-2147483.648");
    }

    proptest! {
        #[test]
        fn any_integer_is_the_same_in_text_and_in_json(value in any::<i32>()) {
            for decimal in [0, 1, 2, 3].map(|decimals| Decimal::scaled(value, decimals)) {
                assert_eq!(json(decimal), decimal.to_string());
            }
        }
    }
}
