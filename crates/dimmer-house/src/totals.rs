//! What a router reads in the totals of a shared pool.

use serde::Deserialize;

#[derive(Deserialize)]
struct Totals {
    capacity_watts: f64,
}

/// What the pool can take now, watts: more need not be asked for. Nothing if the payload does not say so.
#[must_use]
pub fn capacity_watts(totals: &[u8]) -> Option<f64> {
    let totals: Totals = serde_json::from_slice(totals).ok()?;
    Some(totals.capacity_watts).filter(|watts| watts.is_finite() && *watts >= 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_capacity_is_read_and_nothing_else_is_taken_for_it() {
        let totals =
            br#"{"asked_watts":1500,"applied_watts":1498,"capacity_watts":4500,"members":3}"#;
        assert_eq!(capacity_watts(totals), Some(4_500.0));
        for wrong in [&b""[..], b"4500", b"{}", b"{\"capacity_watts\":-1}"] {
            assert_eq!(capacity_watts(wrong), None);
        }
    }
}
