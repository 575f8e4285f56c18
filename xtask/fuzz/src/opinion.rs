//! What serde_json thinks of the same payload.

use serde_json::{Number, Value};

/// The payload as serde_json reads it. `None`: it is no JSON, or cannot be judged.
pub(crate) fn json(payload: &[u8]) -> Option<Value> {
    is_judged(payload)
        .then(|| serde_json::from_slice(payload).ok())
        .flatten()
}

/// Whether the two must agree. serde_json takes one key of its own for a number, and wants the halves of a character beyond
/// U+FFFF in pairs, which the grammar does not (RFC 8259, 8.2).
pub(crate) fn is_judged(payload: &[u8]) -> bool {
    !contains(payload, b"$serde_json") && !contains(payload, b"\\u")
}

pub(crate) fn contains(payload: &[u8], part: &[u8]) -> bool {
    payload.windows(part.len()).any(|window| window == part)
}

/// The number × `factor`; `None` if it is larger than an `f64`.
pub(crate) fn scaled(number: &Number, factor: f64) -> Option<f64> {
    Some(number.as_f64()? * factor)
}

/// Whether `value` is the number × `factor`, rounded. An `f64` holds 32 bits and the half between two with room to spare.
pub(crate) fn is_rounded(value: i32, number: &Number, factor: f64) -> bool {
    scaled(number, factor).is_some_and(|exact| (exact - f64::from(value)).abs() <= 0.5 + 1e-6)
}
