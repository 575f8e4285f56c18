//! What a member says of itself, as far as it can be believed.

mod common;

use common::{announcement, id};
use dimmer_pool::{
    Announcement, POOL_LIMIT_WATTS, RATED_LIMIT_WATTS, Remark, Sharing, Shortfall, Standing,
};

#[test]
fn the_limits_themselves_are_believed() {
    let base = announcement(0, 0);
    for believed in [
        base,
        Announcement {
            rated_watts: RATED_LIMIT_WATTS,
            available_watts: RATED_LIMIT_WATTS,
            minimum_watts: RATED_LIMIT_WATTS,
            hysteresis_watts: RATED_LIMIT_WATTS,
            applied_watts: RATED_LIMIT_WATTS,
            pool_watts: POOL_LIMIT_WATTS,
            weight: 1_000,
            interval_s: 60,
            day: Some(u32::MAX),
            ..base
        },
        Announcement {
            rated_watts: 1,
            available_watts: 0,
            weight: 1,
            interval_s: 1,
            ..base
        },
    ] {
        assert_eq!(believed.validate(), Ok(()), "{believed:?}");
    }
}

#[test]
fn what_cannot_be_is_refused_and_named() {
    let base = announcement(1, 1);
    for (wrong, field) in [
        (
            Announcement {
                rated_watts: 0,
                available_watts: 0,
                ..base
            },
            "rated_watts",
        ),
        (
            Announcement {
                rated_watts: RATED_LIMIT_WATTS + 1,
                ..base
            },
            "rated_watts",
        ),
        (
            Announcement {
                available_watts: 2_001,
                ..base
            },
            "available_watts",
        ),
        (
            Announcement {
                minimum_watts: 2_001,
                ..base
            },
            "minimum_watts",
        ),
        (
            Announcement {
                hysteresis_watts: 2_001,
                ..base
            },
            "hysteresis_watts",
        ),
        (
            Announcement {
                applied_watts: 2_001,
                ..base
            },
            "applied_watts",
        ),
        (Announcement { weight: 0, ..base }, "weight"),
        (
            Announcement {
                weight: 1_001,
                ..base
            },
            "weight",
        ),
        (
            Announcement {
                sharing: Sharing::Thresholds,
                ..base
            },
            "sharing",
        ),
        (
            Announcement {
                pool_watts: POOL_LIMIT_WATTS + 1,
                ..base
            },
            "pool_watts",
        ),
        (
            Announcement {
                interval_s: 0,
                ..base
            },
            "interval_s",
        ),
        (
            Announcement {
                interval_s: 61,
                ..base
            },
            "interval_s",
        ),
    ] {
        let error = wrong.validate().unwrap_err();
        assert_eq!(error.field, field, "{wrong:?}");
        let text = error.to_string();
        assert!(
            text.starts_with(field) && text.contains("; expected: "),
            "{text}"
        );
    }
}

#[test]
fn an_id_is_written_as_it_is_ordered() {
    assert_eq!(id(0x0f).to_string(), "a2000000000f");
    assert!(id(1) < id(2) && id(1).to_string() < id(2).to_string());
    assert_eq!(id(7).bytes()[5], 7);
}

#[test]
fn each_reason_has_a_word_and_a_sentence_of_its_own() {
    let mut texts: Vec<String> = Vec::new();
    for standing in Standing::ALL {
        texts.extend([standing.code().to_owned(), standing.to_string()]);
    }
    for shortfall in Shortfall::ALL {
        texts.extend([shortfall.code().to_owned(), shortfall.to_string()]);
    }
    for remark in Remark::ALL {
        texts.extend([remark.code().to_owned(), remark.to_string()]);
    }
    let count = texts.len();
    texts.sort();
    texts.dedup();
    assert_eq!(texts.len(), count);
}
