//! A member of a shared pool: what it says, hears and takes away again.

use std::string::{String, ToString};
use std::vec::Vec;

use super::{ID, Incoming, Topics, topics};
use crate::{
    DeviceId, Message, OFFLINE, ONLINE, POOL_NAME_CAPACITY, PREFIX_CAPACITY, Pool, Qos, Settings,
    TOPIC_CAPACITY, member_is_gone,
};

const OTHER: DeviceId = DeviceId::new([0xa1, 0xb2, 0xc3, 0xd4, 0xe5, 0xf7]);

fn named(name: &str) -> Settings {
    Settings {
        pool: Pool {
            name: name.try_into().unwrap(),
        },
        ..Settings::default()
    }
}

fn subscribed(topics: &Topics) -> Vec<String> {
    topics
        .subscriptions()
        .map(|subscription| subscription.topic.to_string())
        .collect()
}

#[test]
fn who_is_in_no_pool_says_and_hears_nothing_of_it() {
    let alone = topics(&Settings::default());
    assert!(!alone.publishes(Message::PoolMember) && !alone.publishes(Message::PoolTotals));
    assert!(subscribed(&alone).iter().all(|topic| !topic.contains('+')));
    for topic in [
        "solar-dimmer/pool/main/a1b2c3d4e5f7",
        "solar-dimmer/pool/main/totals",
        "solar-dimmer/a1b2c3d4e5f7/availability",
        "solar-dimmer/a1b2c3d4e5f6/availability",
    ] {
        assert_eq!(alone.incoming(topic), None, "{topic}");
    }
}

#[test]
fn a_member_hears_all_announcements_and_who_is_gone_with_what_was_retained() {
    let member = topics(&named("cellar")).with_pool();
    let wanted = ["solar-dimmer/pool/cellar/+", "solar-dimmer/+/availability"];
    for subscription in member.subscriptions() {
        let is_wanted = wanted.contains(&subscription.topic.as_str());
        assert_eq!(subscription.retained, is_wanted, "{}", subscription.topic);
        if is_wanted {
            assert_eq!(subscription.qos, Qos::AtMostOnce);
        }
    }
    assert!(
        wanted
            .iter()
            .all(|topic| subscribed(&member).contains(&(*topic).into()))
    );
    for (topic, incoming) in [
        (
            "solar-dimmer/pool/cellar/a1b2c3d4e5f7",
            Some(Incoming::PoolMember(OTHER)),
        ),
        (
            "solar-dimmer/pool/cellar/a1b2c3d4e5f6",
            Some(Incoming::PoolMember(ID)),
        ),
        (
            "solar-dimmer/a1b2c3d4e5f7/availability",
            Some(Incoming::MemberAvailability(OTHER)),
        ),
        (
            "solar-dimmer/a1b2c3d4e5f6/availability",
            Some(Incoming::MemberAvailability(ID)),
        ),
        // Its own totals come back, too, and mean nothing to it.
        ("solar-dimmer/pool/cellar/totals", None),
        ("solar-dimmer/pool/cellar/A1B2C3D4E5F7", None),
        ("solar-dimmer/pool/main/a1b2c3d4e5f7", None),
        ("solar-dimmer/pool/cellar2/a1b2c3d4e5f7", None),
        ("solar-dimmer/pool/cellar/a1b2c3d4e5f7/x", None),
        ("solar-dimmer/router/availability", None),
        ("other/a1b2c3d4e5f7/availability", None),
    ] {
        assert_eq!(member.incoming(topic), incoming, "{topic}");
        assert_eq!(member.command(topic, b"", false), None);
    }
    assert!(member_is_gone(OFFLINE.as_bytes()));
    for payload in [ONLINE.as_bytes(), b"", b"Offline", b"offline\n"] {
        assert!(!member_is_gone(payload));
    }
}

#[test]
fn what_a_member_says_is_retained_at_quality_of_service_0_whatever_is_set() {
    let settings = Settings {
        qos: Qos::ExactlyOnce,
        retain: false,
        ..Settings::default()
    };
    for message in [Message::PoolMember, Message::PoolTotals] {
        let delivery = message.delivery(&settings);
        assert_eq!((delivery.qos, delivery.retain), (Qos::AtMostOnce, true));
        // Not with the heartbeat of the states: its own is another, and an old one repeated would be a lie.
        assert!(!message.is_state());
    }
}

#[test]
fn no_announcement_stays_of_who_leaves_the_pool_or_goes_to_another() {
    let left = |before: &Topics, now: &Topics| -> Vec<String> {
        before
            .left_behind(now)
            .filter(|message| matches!(message, Message::PoolMember | Message::PoolTotals))
            .map(|message| before.of(message).to_string())
            .collect()
    };
    let main = topics(&Settings::default()).with_pool();
    let both = [
        "solar-dimmer/pool/main/a1b2c3d4e5f6",
        "solar-dimmer/pool/main/totals",
    ];
    assert_eq!(left(&main, &topics(&Settings::default())), both);
    assert_eq!(left(&main, &topics(&named("cellar")).with_pool()), both);
    assert_eq!(left(&main, &main), [""; 0]);
    let moved = Topics::new(&Settings::default(), OTHER)
        .unwrap()
        .with_pool();
    // Another identity leaves its announcement, and the pool is the same.
    assert_eq!(left(&main, &moved), both[..1]);
    // And after a start, when nobody knows what was before.
    let obsolete = |topics: &Topics| topics.obsolete().any(|it| it == Message::PoolMember);
    assert!(!obsolete(&main) && obsolete(&topics(&Settings::default())));
}

#[test]
fn the_longest_names_fit() {
    let settings = Settings {
        prefix: "p".repeat(PREFIX_CAPACITY).as_str().try_into().unwrap(),
        ..named(&"n".repeat(POOL_NAME_CAPACITY))
    };
    let topics = topics(&settings).with_pool();
    for (message, last) in [
        (Message::PoolMember, "a1b2c3d4e5f6"),
        (Message::PoolTotals, "totals"),
    ] {
        let topic = topics.of(message);
        assert!(topic.len() <= TOPIC_CAPACITY && topic.ends_with(&std::format!("n/{last}")));
        assert_eq!(topic.len(), 32 + 1 + 4 + 1 + 32 + 1 + last.len());
    }
}
