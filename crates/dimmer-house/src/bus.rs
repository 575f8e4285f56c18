//! A broker in memory: whoever subscribed gets what is published, a little later.

use std::collections::VecDeque;

/// A message on its way.
#[derive(Clone, Debug)]
pub(crate) struct Published {
    pub(crate) topic: String,
    pub(crate) payload: Vec<u8>,
}

/// Messages on their way, oldest first. Nobody connects later, so that nothing is kept for them.
#[derive(Debug)]
pub(crate) struct Bus {
    delay_us: u64,
    on_their_way: VecDeque<(u64, Published)>,
    /// How many were published.
    pub(crate) published: u64,
}

impl Bus {
    pub(crate) fn new(delay_us: u64) -> Self {
        Self {
            delay_us,
            on_their_way: VecDeque::new(),
            published: 0,
        }
    }

    pub(crate) fn publish(&mut self, now_us: u64, message: Published) {
        self.published += 1;
        self.on_their_way
            .push_back((now_us + self.delay_us, message));
    }

    /// When the next one arrives.
    pub(crate) fn next_us(&self) -> Option<u64> {
        self.on_their_way.front().map(|(at_us, _)| *at_us)
    }

    /// The next that has arrived.
    pub(crate) fn take(&mut self, now_us: u64) -> Option<Published> {
        if self.next_us()? > now_us {
            return None;
        }
        self.on_their_way.pop_front().map(|(_, message)| message)
    }
}

/// Whether a topic is one of those that a subscription names: `+` is one level, `#` at the end all that follow (MQTT 5.0, 4.7.1).
pub(crate) fn matches(filter: &str, topic: &str) -> bool {
    let mut levels = topic.split('/');
    for wanted in filter.split('/') {
        match (wanted, levels.next()) {
            ("#", _) => return true,
            ("+", Some(_)) => {}
            (wanted, Some(level)) if wanted == level => {}
            _ => return false,
        }
    }
    levels.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subscriptions_match_by_level() {
        assert!(matches("a/b", "a/b"));
        assert!(matches("a/+/c", "a/b/c"));
        assert!(matches("a/#", "a/b/c"));
        assert!(matches("a/#", "a"));
        for (filter, topic) in [("a/b", "a"), ("a", "a/b"), ("a/+", "a"), ("a/+", "a/b/c")] {
            assert!(!matches(filter, topic), "{filter} {topic}");
        }
    }

    #[test]
    fn messages_arrive_in_their_order_and_not_before_their_time() {
        let mut bus = Bus::new(20);
        for payload in [b"1", b"2"] {
            let message = Published {
                topic: "t".to_owned(),
                payload: payload.to_vec(),
            };
            bus.publish(100, message);
        }
        assert!(bus.take(119).is_none());
        assert_eq!(bus.take(120).unwrap().payload, b"1");
        assert_eq!(bus.take(120).unwrap().payload, b"2");
        assert!(bus.take(120).is_none());
    }
}
