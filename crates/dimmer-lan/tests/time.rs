//! Time servers, honest and malicious, in virtual time.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a failed step of a test is a failed test"
)]

mod wire;

use std::{
    cell::{Cell, RefCell},
    net::SocketAddr,
    pin::pin,
};

use dimmer_clock::VirtualClock;
use dimmer_lan::time::{self, EPOCH_UNIX_S, Failure, POLL, PORT, Told};
use wire::{Drive, Sent, Wire, at};

const SERVER: [u8; 4] = [192, 0, 2, 1];
/// Seconds from the beginning of NTP's first era, 1900, to 1970.
const NTP_S: u64 = 2_208_988_800;
/// 23:59:50 on the day 20 500.
const EVENING_S: u64 = 20_500 * 86_400 + 86_390;

/// What a server answers at this time that is right in everything.
fn honest(question: &[u8], unix_s: u64) -> Vec<u8> {
    let mut answer = vec![0x24, 2, 6, 0xec];
    // Root delay and dispersion, name of its source.
    answer.extend_from_slice(&[0, 0, 1, 0, 0, 0, 1, 0, 192, 0, 2, 99]);
    let seconds = u32::try_from((unix_s + NTP_S) & u64::from(u32::MAX)).unwrap();
    let stamp = [seconds.to_be_bytes(), [0; 4]].concat();
    answer.extend_from_slice(&stamp);
    answer.extend_from_slice(&question[40..48]);
    answer.extend_from_slice(&stamp);
    answer.extend_from_slice(&stamp);
    answer
}

/// Waits for a question, and gives it.
fn question(wire: &Wire, go_on: &mut dyn FnMut(u64)) -> Sent {
    go_on(0);
    let sent = wire.sent();
    assert_eq!(sent.len(), 1, "{sent:?}");
    let question = sent[0].clone();
    assert_eq!(question.to, at(SERVER, PORT));
    assert_eq!(question.packet.len(), 48);
    assert_eq!(question.packet[0], 0x23, "version 4, client");
    question
}

type Act<'a> = &'a dyn Fn(&Wire, &mut dyn FnMut(u64), &RefCell<Vec<Told>>, &Cell<bool>);

fn with_service(act: Act<'_>) {
    let clock = VirtualClock::start();
    let wire = Wire::default();
    let heard = RefCell::new(Vec::new());
    let is_known = Cell::new(true);
    let bits = Cell::new(0x0123_4567_89ab_cdef_u64);
    let random = || {
        bits.set(
            bits.get()
                .rotate_left(7)
                .wrapping_mul(0x9e37_79b9_7f4a_7c15),
        );
        bits.get()
    };
    let server = async || -> Option<SocketAddr> { is_known.get().then(|| at(SERVER, PORT)) };
    let told = |told| heard.borrow_mut().push(told);
    let service = pin!(time::run(&wire, server, random, told));
    let mut drive = Drive::new(&clock, service);
    let mut go_on = |ms| assert!(drive.for_ms(ms).is_none());
    act(&wire, &mut go_on, &heard, &is_known);
}

/// From where, and what.
type Packet = (SocketAddr, Vec<u8>);

/// What the service says of the packets that come for its first question.
fn outcome(answers: &dyn Fn(&[u8]) -> Vec<Packet>) -> Told {
    let outcome = Cell::new(None);
    with_service(&|wire, go_on, heard, _| {
        let question = question(wire, go_on);
        for (from, packet) in answers(&question.packet) {
            wire.deliver(question.from_port, from, &packet);
        }
        go_on(6_000);
        outcome.set(heard.borrow().first().copied());
        assert!(!wire.is_open(question.from_port), "the socket is closed");
    });
    outcome.get().unwrap()
}

fn spoilt(spoil: &dyn Fn(&mut Vec<u8>)) -> Told {
    outcome(&|question| {
        let mut answer = honest(question, EVENING_S);
        spoil(&mut answer);
        vec![(at(SERVER, PORT), answer)]
    })
}

const TIME: Told = Told::Time { unix_s: EVENING_S };

#[test]
fn an_honest_server_is_believed_and_the_day_is_told_and_the_next_one_at_midnight() {
    with_service(&|wire, go_on, heard, _| {
        let question = question(wire, go_on);
        let answer = honest(&question.packet, EVENING_S);
        wire.deliver(question.from_port, at(SERVER, PORT), &answer);
        go_on(9_999);
        assert_eq!(heard.take(), [TIME, Told::Day(20_500)]);
        go_on(1);
        assert_eq!(heard.take(), [Told::Day(20_501)]);
        assert_eq!(wire.sent(), []);
    });
}

#[test]
fn it_is_asked_once_an_hour_and_each_question_is_another() {
    with_service(&|wire, go_on, _, _| {
        let mut before: Option<Sent> = None;
        for _ in 0..5 {
            let question = question(wire, go_on);
            if let Some(before) = before {
                assert_eq!(question.at_us - before.at_us, POLL.as_micros());
                assert_ne!(question.packet, before.packet);
                assert_ne!(question.from_port, before.from_port);
            }
            let unix_s = EVENING_S + question.at_us / 1_000_000;
            let answer = honest(&question.packet, unix_s);
            wire.deliver(question.from_port, at(SERVER, PORT), &answer);
            before = Some(question);
            go_on(POLL.as_millis() - 1);
            assert_eq!(wire.sent(), []);
            go_on(1);
        }
    });
}

#[test]
fn the_days_go_on_without_a_server() {
    with_service(&|wire, go_on, heard, _| {
        let question = question(wire, go_on);
        let answer = honest(&question.packet, EVENING_S);
        wire.deliver(question.from_port, at(SERVER, PORT), &answer);
        go_on(3 * 86_400_000);
        let days: Vec<_> = heard.take();
        let days = days.iter().filter_map(|told| match told {
            Told::Day(day) => Some(*day),
            _ => None,
        });
        assert_eq!(days.collect::<Vec<_>>(), [20_500, 20_501, 20_502, 20_503]);
    });
}

#[test]
fn an_answer_that_does_not_echo_the_question_is_passed_over_for_the_one_that_does() {
    let told = outcome(&|question| {
        let mut forged = honest(question, EVENING_S + 1_000_000);
        forged[24..32].copy_from_slice(&[7; 8]);
        vec![
            (at(SERVER, PORT), forged),
            (at([192, 0, 2, 66], PORT), honest(question, EVENING_S + 5)),
            (at(SERVER, PORT + 1), honest(question, EVENING_S + 6)),
            (at(SERVER, PORT), vec![0x24; 47]),
            (at(SERVER, PORT), vec![0; 4_000]),
            (at(SERVER, PORT), honest(question, EVENING_S)),
        ]
    });
    assert_eq!(told, TIME);
}

#[test]
fn an_answer_without_the_echo_is_none() {
    let told = spoilt(&|answer| answer[24..32].copy_from_slice(&[0; 8]));
    assert_eq!(told, Told::Failed(Failure::Silent));
}

#[test]
fn a_flood_of_stray_packets_ends_one_question_and_no_more() {
    with_service(&|wire, go_on, heard, _| {
        let first = question(wire, go_on);
        for _ in 0..1_000 {
            wire.deliver(first.from_port, at([10, 0, 0, 1], 1), &[0; 48]);
        }
        go_on(0);
        assert_eq!(heard.take(), [Told::Failed(Failure::Silent)]);
        go_on(60_000);
        let again = question(wire, go_on);
        let answer = honest(&again.packet, EVENING_S);
        wire.deliver(again.from_port, at(SERVER, PORT), &answer);
        go_on(0);
        assert_eq!(heard.take()[0], TIME);
    });
}

#[test]
fn a_server_that_is_not_right_by_its_own_account_is_not_believed() {
    let leap = spoilt(&|answer| answer[0] |= 0xc0);
    assert_eq!(leap, Told::Failed(Failure::NotSynchronized));
    for stratum in [16, 17, 255] {
        let told = spoilt(&|answer| answer[1] = stratum);
        assert_eq!(told, Told::Failed(Failure::NotSynchronized), "{stratum}");
    }
    for stratum in [1, 15] {
        assert_eq!(spoilt(&|answer| answer[1] = stratum), TIME);
    }
    let far = spoilt(&|answer| answer[8..12].copy_from_slice(&[0, 20, 0, 0]));
    assert_eq!(far, Told::Failed(Failure::NotSynchronized));
}

#[test]
fn what_cannot_be_an_answer_is_none() {
    for mode in 0..8 {
        if mode != 4 {
            let told = spoilt(&|answer| answer[0] = 0x20 | mode);
            assert_eq!(told, Told::Failed(Failure::Nonsense), "mode {mode}");
        }
    }
    let no_time = spoilt(&|answer| answer[40..48].copy_from_slice(&[0; 8]));
    assert_eq!(no_time, Told::Failed(Failure::Nonsense));
    let version = spoilt(&|answer| answer[0] = 0x04);
    assert_eq!(version, Told::Failed(Failure::Nonsense));
}

#[test]
fn a_time_before_the_firmware_is_not_believed_and_one_after_2036_is() {
    let at_time = |unix_s| outcome(&|question| vec![(at(SERVER, PORT), honest(question, unix_s))]);
    let long_ago = Told::Failed(Failure::LongAgo);
    assert_eq!(at_time(EPOCH_UNIX_S - 1), long_ago);
    assert_eq!(at_time(946_684_800), long_ago, "the year 2000");
    for unix_s in [EPOCH_UNIX_S, 2_085_978_497, 2_524_608_000] {
        assert_eq!(at_time(unix_s), Told::Time { unix_s });
    }
}

#[test]
fn a_kiss_of_death_is_heeded() {
    let kissed = |code: &[u8; 4]| {
        let mut waits = Vec::new();
        let told = RefCell::new(Vec::new());
        let waited = RefCell::new(&mut waits);
        with_service(&|wire, go_on, heard, _| {
            let question = question(wire, go_on);
            let mut answer = honest(&question.packet, EVENING_S);
            // As servers send it: not synchronized, stratum 0.
            (answer[0], answer[1]) = (0xe4, 0);
            answer[12..16].copy_from_slice(code);
            wire.deliver(question.from_port, at(SERVER, PORT), &answer);
            go_on(0);
            told.borrow_mut().append(&mut heard.borrow_mut());
            while wire.sent().is_empty() {
                go_on(60_000);
                let minutes = embassy_time::Instant::now().as_secs() / 60;
                waited.borrow_mut().push(minutes);
            }
        });
        (told.take()[0], *waits.last().unwrap())
    };
    assert_eq!(kissed(b"RATE"), (Told::Failed(Failure::TooOften), 120));
    for code in [b"DENY", b"RSTR"] {
        assert_eq!(kissed(code), (Told::Failed(Failure::Refused), 1_440));
    }
    // It has just begun, or says something that is not known yet.
    for code in [b"INIT", b"STEP", b"XYZ9", &[0; 4]] {
        assert_eq!(kissed(code), (Told::Failed(Failure::NotSynchronized), 1));
    }
}

#[test]
fn a_kiss_of_death_from_nowhere_does_nothing() {
    let told = outcome(&|question| {
        let mut kiss = honest(question, EVENING_S);
        (kiss[0], kiss[1]) = (0xe4, 0);
        kiss[12..16].copy_from_slice(b"DENY");
        kiss[24..32].copy_from_slice(&[9; 8]);
        vec![
            (at(SERVER, PORT), kiss),
            (at(SERVER, PORT), honest(question, EVENING_S)),
        ]
    });
    assert_eq!(told, TIME);
}

#[test]
fn a_server_whose_name_is_not_known_is_looked_for_again() {
    with_service(&|wire, go_on, heard, is_known| {
        is_known.set(false);
        go_on(0);
        assert_eq!(heard.take(), [Told::Failed(Failure::NotKnown)]);
        is_known.set(true);
        go_on(59_999);
        assert_eq!(wire.sent(), []);
        go_on(1);
        assert_eq!(wire.sent().len(), 1);
        go_on(5_000);
        assert_eq!(heard.take(), [Told::Failed(Failure::Silent)]);
    });
}

#[test]
fn no_bytes_make_it_stumble() {
    use proptest::prelude::*;
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig::with_cases(300));
    let bytes = proptest::collection::vec(any::<u8>(), 0..80);
    let ran = runner.run(&(bytes, any::<bool>()), |(bytes, echoes)| {
        let told = outcome(&|question| {
            let mut packet = bytes.clone();
            if echoes && packet.len() >= 48 {
                packet[24..32].copy_from_slice(&question[40..48]);
                packet[0] = 0x24;
            }
            vec![(at(SERVER, PORT), packet)]
        });
        match told {
            Told::Time { unix_s } => prop_assert!(echoes && unix_s >= EPOCH_UNIX_S),
            other => prop_assert!(matches!(other, Told::Failed(_))),
        }
        Ok(())
    });
    ran.unwrap();
}
