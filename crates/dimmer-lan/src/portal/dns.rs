//! Every name is ours.

use core::net::Ipv4Addr;

use crate::dns::{ANY_CLASS, Data, INTERNET, Item, Message, Part, Writer, kind};

/// For how long an answer holds, seconds: not longer than the phone is in this network.
pub const ANSWER_TTL_S: u32 = 10;

/// The flags of an answer: it is one, by who knows, and who asks may ask for more; and those of the question that are given back.
const ANSWER: u16 = 0x8480;
const GIVEN_BACK: u16 = 0x0100;

/// The answer to a question: this address for every name, and nothing of another kind. Its length; nothing for what is no question, cannot
/// be read, or would not fit.
///
/// An answer is never answered: two servers would go on for ever.
#[must_use]
pub fn answer(question: &[u8], address: Ipv4Addr, buffer: &mut [u8]) -> Option<usize> {
    let message = Message::new(question)?;
    // Nobody asks for two things at once.
    if message.is_answer() || message.is_odd() || message.questions() != 1 {
        return None;
    }
    let Item::Question { name, kind, class } = message.items().next()? else {
        return None;
    };
    if name.labels().any(|label| label.is_none()) {
        return None;
    }
    let flags = ANSWER | message.flags() & GIVEN_BACK;
    let mut writer = Writer::new(buffer, message.id(), flags);
    writer.question(name.labels().flatten(), kind, class)?;
    if kind == kind::A && (class == INTERNET || class == ANY_CLASS) {
        let data = Data::Address(address);
        let labels = name.labels().flatten();
        writer.record(Part::Answer, labels, INTERNET, ANSWER_TTL_S, data)?;
    }
    writer.finish()
}

#[cfg(test)]
mod tests {
    extern crate std;

    use std::vec::Vec;

    use proptest::prelude::*;

    use super::*;

    const ADDRESS: Ipv4Addr = Ipv4Addr::new(192, 168, 4, 1);

    /// A question for `connect.test`.
    fn question(kind: u8) -> Vec<u8> {
        let mut question = Vec::from(*b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00");
        question.extend_from_slice(b"\x07connect\x04test\x00\x00");
        question.extend_from_slice(&[kind, 0, 1]);
        question
    }

    fn answered(question: &[u8]) -> Option<Vec<u8>> {
        let mut buffer = [0; 512];
        let length = answer(question, ADDRESS, &mut buffer)?;
        Some(buffer[..length].to_vec())
    }

    #[test]
    fn every_name_has_our_address() {
        let answer = answered(&question(1)).unwrap();
        assert_eq!(answer[..2], [0x12, 0x34]);
        assert_eq!(answer[2] & 0x80, 0x80, "it is an answer");
        assert_eq!(answer[3] & 0x0f, 0, "without an error");
        assert_eq!(answer[6..8], [0, 1], "one answer");
        let (rest, address) = answer.split_at(answer.len() - 4);
        assert_eq!(address, ADDRESS.octets());
        assert_eq!(rest[rest.len() - 6..], [0, 0, 0, 10, 0, 4], "ten seconds");
    }

    #[test]
    fn of_other_kinds_there_is_nothing_and_no_error() {
        for kind in [28, 65, 16, 255] {
            let answer = answered(&question(kind)).unwrap();
            assert_eq!(answer[3] & 0x0f, 0);
            assert_eq!(answer[6..8], [0, 0], "kind {kind}");
        }
    }

    #[test]
    fn an_answer_is_not_answered() {
        let answer = answered(&question(1)).unwrap();
        assert_eq!(answered(&answer), None);
        let mut update = question(1);
        update[2] = 0x28;
        assert_eq!(answered(&update), None);
        assert_eq!(answered(&[]), None);
        assert_eq!(answered(&question(1)[..11]), None);
    }

    proptest! {
        #[test]
        fn whatever_comes_is_answered_within_the_buffer_or_not_at_all(
            mut bytes in proptest::collection::vec(any::<u8>(), 0..600),
            is_question in any::<bool>(),
            room in 0_usize..512,
        ) {
            if is_question {
                let kept = question(1);
                bytes.splice(0..kept.len().min(bytes.len()), kept);
                bytes[5] = bytes[5].max(1);
            }
            let mut buffer = std::vec![0; room];
            if let Some(length) = answer(&bytes, ADDRESS, &mut buffer) {
                prop_assert!(length <= room);
                prop_assert_eq!(buffer[2] & 0x80, 0x80);
            }
        }
    }
}
