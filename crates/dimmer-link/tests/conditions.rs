//! What is wrong with a broker is said in words, also while the session goes on.
#![expect(
    clippy::unwrap_used,
    reason = "a failed step of a test is a failed test"
)]

mod support;

use dimmer_link::{Answer, Cause, Impairment, Notice, RECEIVE_CAPACITY, Status};
use tokio::{
    io::AsyncWriteExt,
    net::{TcpListener, TcpStream},
};

use support::{
    CONNACK_5, Recorder, acknowledge_subscription, contains, greet, listen, packet, session,
};

fn impairment(recorder: &Recorder) -> Option<Impairment> {
    match recorder.statuses.borrow().last() {
        Some(Status::Online { impairment, .. }) => *impairment,
        _ => None,
    }
}

fn is_online_and_well(recorder: &Recorder) -> bool {
    let statuses = recorder.statuses.borrow();
    matches!(
        statuses.last(),
        Some(Status::Online {
            impairment: None,
            ..
        })
    )
}

/// Accepts a session that sends itself words on `test/echo`, and answers its three subscriptions with these reasons.
async fn greet_with_echo(listener: &TcpListener, reasons: [u8; 3]) -> TcpStream {
    let (mut stream, _) = listener.accept().await.unwrap();
    packet(&mut stream).await.unwrap();
    stream.write_all(&CONNACK_5).await.unwrap();
    for reason in reasons {
        let subscribe = packet(&mut stream).await.unwrap();
        acknowledge_subscription(&mut stream, &subscribe, reason).await;
    }
    stream
}

#[tokio::test]
async fn a_refused_subscription_is_told_and_the_session_goes_on() {
    let (listener, port) = listen().await;
    let recorder = Recorder::new(port, |recorder| recorder.times_online() == 1);
    let broker = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        packet(&mut stream).await.unwrap();
        stream.write_all(&CONNACK_5).await.unwrap();
        for reason in [0x00, 0x87] {
            let subscribe = packet(&mut stream).await.unwrap();
            acknowledge_subscription(&mut stream, &subscribe, reason).await;
        }
        while packet(&mut stream).await.is_some() {}
    };
    tokio::join!(broker, session(&recorder));
    let refused = Impairment::SubscriptionRefused {
        index: 1,
        reason: 0x87,
    };
    let online = Status::Online {
        broker: 0,
        impairment: Some(refused),
    };
    assert!(recorder.statuses.borrow().contains(&online));
    assert_eq!(
        *recorder.notices.borrow(),
        [],
        "it is a state, not an event"
    );
    let words =
        "the broker refused subscription 2 (not authorized, 0x87); check its access control list";
    assert_eq!(refused.to_string(), words);
}

#[tokio::test]
async fn words_that_come_back_raise_nothing_and_are_no_messages() {
    let (listener, port) = listen().await;
    let recorder = Recorder::new(port, |recorder| !recorder.messages.borrow().is_empty());
    recorder.echo.set("test/echo");
    let broker = async {
        let mut stream = greet_with_echo(&listener, [0; 3]).await;
        let word = packet(&mut stream).await.unwrap();
        assert!(contains(&word, "test/echo"));
        let echo = [&[0x30, 0x14], word.get(1..).unwrap()].concat();
        stream.write_all(&echo).await.unwrap();
        let message = b"\x30\x0d\x00\x08test/set\x0042";
        stream.write_all(message).await.unwrap();
        while packet(&mut stream).await.is_some() {}
    };
    tokio::join!(broker, session(&recorder));
    assert_eq!(recorder.messages.borrow().len(), 1, "the broker's own");
    assert_eq!(recorder.times_online(), 1);
}

#[tokio::test]
async fn a_refused_echo_is_told_once_and_not_awaited() {
    let (listener, port) = listen().await;
    let recorder = Recorder::new(port, |recorder| impairment(recorder).is_some());
    recorder.echo.set("test/echo");
    let broker = async {
        let mut stream = greet_with_echo(&listener, [0, 0, 0x8F]).await;
        while let Some(packet) = packet(&mut stream).await {
            assert!(!contains(&packet, "test/echo"));
        }
    };
    tokio::join!(broker, session(&recorder));
    let expected = Status::Online {
        broker: 0,
        impairment: Some(Impairment::SubscriptionRefused {
            index: 2,
            reason: 0x8F,
        }),
    };
    assert!(recorder.statuses.borrow().contains(&expected));
}

#[tokio::test]
async fn a_flood_is_told_every_message_is_handled_and_so_is_its_end() {
    let (listener, port) = listen().await;
    let recorder = Recorder::new(port, |recorder| {
        recorder.times_online() >= 3 && is_online_and_well(recorder)
    });
    let broker = async {
        let mut stream = greet(&listener).await;
        for _ in 0..1_000 {
            let message = b"\x30\x0d\x00\x08test/set\x0042";
            stream.write_all(message).await.unwrap();
        }
        while packet(&mut stream).await.is_some() {}
    };
    tokio::join!(broker, session(&recorder));
    let flooded = Status::Online {
        broker: 0,
        impairment: Some(Impairment::Flooded),
    };
    assert!(recorder.statuses.borrow().contains(&flooded));
    assert_eq!(recorder.messages.borrow().len(), 1_000);
}

#[tokio::test]
async fn what_the_broker_had_kept_is_no_flood() {
    let (listener, port) = listen().await;
    let recorder = Recorder::new(port, |recorder| recorder.messages.borrow().len() == 1_000);
    let broker = async {
        let mut stream = greet(&listener).await;
        for _ in 0..1_000 {
            let message = b"\x31\x0d\x00\x08test/set\x0042";
            stream.write_all(message).await.unwrap();
        }
        while packet(&mut stream).await.is_some() {}
    };
    tokio::join!(broker, session(&recorder));
    assert_eq!(recorder.messages.borrow().len(), 1_000);
    let flooded = Status::Online {
        broker: 0,
        impairment: Some(Impairment::Flooded),
    };
    assert!(!recorder.statuses.borrow().contains(&flooded));
}

#[tokio::test]
async fn a_message_as_large_as_the_buffer_arrives_and_a_larger_one_ends_the_session_in_words() {
    let (listener, port) = listen().await;
    let recorder = Recorder::new(port, |recorder| recorder.cause().is_some());
    // Header of three bytes, topic of ten, no properties.
    let message = |whole: usize| {
        let length = u16::try_from(whole - 3).unwrap();
        let [low, high] =
            [(length & 0x7F) | 0x80, length >> 7].map(|byte| u8::try_from(byte).unwrap());
        let mut bytes = [&[0x30, low, high], &b"\x00\x08test/set\x00"[..]].concat();
        bytes.resize(whole, b'4');
        bytes
    };
    let broker = async {
        let mut stream = greet(&listener).await;
        stream.write_all(&message(RECEIVE_CAPACITY)).await.unwrap();
        stream
            .write_all(&message(RECEIVE_CAPACITY + 1))
            .await
            .unwrap();
        while packet(&mut stream).await.is_some() {}
    };
    tokio::join!(broker, session(&recorder));
    assert_eq!(recorder.messages.borrow().len(), 1);
    assert_eq!(recorder.cause(), Some(Cause::MessageTooLarge));
    assert!(Cause::MessageTooLarge.to_string().contains("2048 bytes"));
}

#[tokio::test]
async fn the_reason_that_a_broker_gives_for_the_end_is_told() {
    for (reason, expected) in [
        (0x8E, Cause::TakenOver),
        (0x8B, Cause::Rejected(0x8B)),
        (0x87, Cause::NotAuthorized),
    ] {
        let (listener, port) = listen().await;
        let recorder = Recorder::new(port, |recorder| recorder.cause().is_some());
        let broker = async {
            let mut stream = greet(&listener).await;
            stream.write_all(&[0xE0, 2, reason, 0]).await.unwrap();
            while packet(&mut stream).await.is_some() {}
        };
        tokio::join!(broker, session(&recorder));
        assert_eq!(recorder.cause(), Some(expected));
    }
}

#[tokio::test]
async fn a_refused_message_is_answered_and_told() {
    let (listener, port) = listen().await;
    let recorder = Recorder::new(port, |recorder| !recorder.notices.borrow().is_empty());
    recorder.queue.borrow_mut().push_back("a");
    let broker = async {
        let mut stream = greet(&listener).await;
        let publish = packet(&mut stream).await.unwrap();
        let identifier = publish.get(11..13).unwrap();
        let refusal = [&[0x40, 3], identifier, &[0x87]].concat();
        stream.write_all(&refusal).await.unwrap();
        while packet(&mut stream).await.is_some() {}
    };
    tokio::join!(broker, session(&recorder));
    assert_eq!(*recorder.notices.borrow(), [Notice::Rejected(0x87)]);
    let answers = recorder.answers.borrow();
    assert_eq!(*answers, [("a", Answer::Refused(0x87))]);
}
