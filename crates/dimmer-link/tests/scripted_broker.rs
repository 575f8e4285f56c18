//! The session against brokers that answer byte by byte as scripted here.
#![expect(
    clippy::unwrap_used,
    reason = "a failed step of a test is a failed test"
)]

mod support;

use std::cell::RefCell;

use dimmer_link::{Answer, Buffers, Cause, ConnectError, Notice, QualityOfService, Status, run};
use tokio::io::AsyncWriteExt;

use support::{
    CONNACK_5, RETAINED, Recorder, Sockets, acknowledge_subscription, contains, greet, greet_as,
    listen, packet, session,
};

/// Plays a broker that answers the CONNECT with `answer` and closes; gives the cause that is told.
async fn cause_of(answer: &'static [u8]) -> Cause {
    let (listener, port) = listen().await;
    let recorder = Recorder::new(port, |recorder| recorder.cause().is_some());
    let broker = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        packet(&mut stream).await.unwrap();
        stream.write_all(answer).await.unwrap();
    };
    tokio::join!(broker, session(&recorder));
    recorder.cause().unwrap()
}

#[tokio::test]
async fn a_broker_of_mqtt_3_is_named_as_such_and_not_called_a_network_error() {
    for answer in [
        &[0x20, 2, 0, 1][..],
        &[0x20, 2, 0, 0],
        &[0x20, 3, 0, 0x84, 0],
    ] {
        assert_eq!(cause_of(answer).await, Cause::NotMqtt5, "{answer:02x?}");
    }
    // Some brokers of MQTT 3.1.1 do this, and so do many others for other reasons.
    assert_eq!(cause_of(&[]).await, Cause::ClosedAtOnce);
    assert_eq!(cause_of(b"HTTP/1.1 400 Bad").await, Cause::Garbled);
    assert_eq!(cause_of(&[0x20, 3, 0]).await, Cause::ConnectionLost);
    assert_eq!(
        cause_of(&[0xE0, 2, 0x8B, 0]).await,
        Cause::Rejected(0x8B),
        "DISCONNECT instead of CONNACK"
    );
}

#[tokio::test]
async fn what_the_broker_refuses_is_told() {
    assert_eq!(
        cause_of(&[0x20, 3, 0, 0x86, 0]).await,
        Cause::BadCredentials
    );
    assert_eq!(cause_of(&[0x20, 3, 0, 0x87, 0]).await, Cause::NotAuthorized);
    assert_eq!(
        cause_of(&[0x20, 3, 0, 0x85, 0]).await,
        Cause::ClientIdRefused
    );
    assert_eq!(
        cause_of(&[0x20, 3, 0, 0x97, 0]).await,
        Cause::Rejected(0x97)
    );
}

#[tokio::test]
async fn a_port_where_nothing_listens_is_told() {
    let (listener, port) = listen().await;
    drop(listener);
    let recorder = Recorder::new(port, |recorder| recorder.cause().is_some());
    session(&recorder).await;
    assert_eq!(
        recorder.cause(),
        Some(Cause::Connect(ConnectError::Refused))
    );
    let statuses = recorder.statuses.borrow();
    assert_eq!(statuses.first(), Some(&Status::Connecting { broker: 0 }));
    assert_eq!(statuses.last(), Some(&Status::Closed));
}

#[tokio::test]
async fn the_connect_carries_the_will_and_the_farewell_says_the_same() {
    let (listener, port) = listen().await;
    let recorder = Recorder::new(port, |recorder| recorder.times_online() == 1);
    let broker = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        let connect = packet(&mut stream).await.unwrap();
        for part in [
            "MQTT",
            "recorder",
            "test/availability",
            "offline",
            "user",
            "secret",
        ] {
            assert!(contains(&connect, part), "{part} is missing");
        }
        // Protocol version 5; flags: user name, password, will retained, will QoS 1, will, clean start.
        assert_eq!(connect.get(7..9), Some(&[5, 0b1110_1110][..]));
        stream.write_all(&CONNACK_5).await.unwrap();
        for (topic, quality_of_service) in [("test/set", 2), ("test/other", 0)] {
            let subscribe = packet(&mut stream).await.unwrap();
            assert!(contains(&subscribe, topic));
            // No retained message: retain handling 2 in bits 4 and 5.
            assert_eq!(subscribe.last(), Some(&(0b0010_0000 | quality_of_service)));
            acknowledge_subscription(&mut stream, &subscribe, quality_of_service).await;
        }
        let farewell = packet(&mut stream).await.unwrap();
        assert_eq!(
            farewell.first().unwrap() & 0b1111_0111,
            0x33,
            "PUBLISH, QoS 1, retained"
        );
        assert!(contains(&farewell, "test/availability") && contains(&farewell, "offline"));
        let identifier = 1 + 2 + "test/availability".len();
        let (high, low) = (
            farewell.get(identifier).unwrap(),
            farewell.get(identifier + 1).unwrap(),
        );
        stream.write_all(&[0x40, 2, *high, *low]).await.unwrap();
        let disconnect = packet(&mut stream).await.unwrap();
        assert_eq!(disconnect.first(), Some(&0xE0));
        // Until the broker ends the stream it is not dropped: what was written last might never be sent.
        for _ in 0..10 {
            tokio::task::yield_now().await;
            assert_ne!(recorder.statuses.borrow().last(), Some(&Status::Closed));
        }
    };
    tokio::join!(broker, session(&recorder));
    assert_eq!(recorder.statuses.borrow().last(), Some(&Status::Closed));
}

#[tokio::test]
async fn what_the_broker_has_retained_is_asked_for_where_it_is_wanted() {
    let (listener, port) = listen().await;
    let recorder = Recorder::new(port, |recorder| recorder.times_online() == 1);
    recorder.subscriptions.set(&[
        ("test/set", QualityOfService::AtMostOnce),
        (RETAINED, QualityOfService::AtMostOnce),
    ]);
    let broker = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        packet(&mut stream).await.unwrap();
        stream.write_all(&CONNACK_5).await.unwrap();
        // Retain handling in bits 4 and 5 (MQTT 5, 3.8.3.1).
        for (topic, options) in [("test/set", 0b0010_0000), (RETAINED, 0)] {
            let subscribe = packet(&mut stream).await.unwrap();
            assert!(contains(&subscribe, topic));
            assert_eq!(subscribe.last(), Some(&options));
            acknowledge_subscription(&mut stream, &subscribe, 0).await;
        }
        while packet(&mut stream).await.is_some() {}
    };
    tokio::join!(broker, session(&recorder));
}

#[tokio::test]
async fn a_message_is_handed_over_with_its_retained_mark() {
    let (listener, port) = listen().await;
    let recorder = Recorder::new(port, |recorder| recorder.messages.borrow().len() == 2);
    let broker = async {
        let mut stream = greet(&listener).await;
        stream
            .write_all(b"\x30\x0d\x00\x08test/set\x0042")
            .await
            .unwrap();
        stream
            .write_all(b"\x31\x0c\x00\x08test/set\x007")
            .await
            .unwrap();
        while packet(&mut stream).await.is_some() {}
    };
    tokio::join!(broker, session(&recorder));
    let expected = [
        ("test/set".to_owned(), b"42".to_vec(), false),
        ("test/set".to_owned(), b"7".to_vec(), true),
    ];
    assert_eq!(*recorder.messages.borrow(), expected);
}

#[tokio::test]
async fn twenty_messages_pass_a_window_of_eight_in_order_and_one_that_is_too_large_is_left_out() {
    let (listener, port) = listen().await;
    const WORDS: [&str; 20] = [
        "a",
        "b",
        "c",
        "d",
        "e",
        "f",
        "g",
        "h",
        "i",
        "too large",
        "k",
        "l",
        "m",
        "n",
        "o",
        "p",
        "q",
        "r",
        "s",
        "t",
    ];
    let recorder = Recorder::new(port, |recorder| !recorder.messages.borrow().is_empty());
    recorder.queue.borrow_mut().extend(WORDS);
    let seen = RefCell::new(Vec::new());
    let broker = async {
        let mut stream = greet(&listener).await;
        while let Some(publish) = packet(&mut stream).await {
            if publish.first().unwrap() & 0xF0 != 0x30 {
                break;
            }
            let identifier = 1 + 2 + "test/out".len();
            if contains(&publish, "test/out") {
                seen.borrow_mut()
                    .push(publish.get(identifier + 3..).unwrap().to_vec());
                let (high, low) = (
                    publish.get(identifier).unwrap(),
                    publish.get(identifier + 1).unwrap(),
                );
                stream.write_all(&[0x40, 2, *high, *low]).await.unwrap();
            }
            // All have come: one message to the recorder ends the test.
            if seen.borrow().len() == WORDS.len() - 1 {
                let message = b"\x30\x0d\x00\x08test/set\x0042";
                let _ = stream.write_all(message).await;
            }
        }
    };
    tokio::join!(broker, session(&recorder));
    let seen: Vec<_> = seen
        .borrow()
        .iter()
        .map(|word| String::from_utf8(word.clone()).unwrap())
        .collect();
    let expected: Vec<_> = WORDS
        .iter()
        .filter(|word| **word != "too large")
        .map(|word| (*word).to_owned())
        .collect();
    assert_eq!(seen, expected);
    assert_eq!(*recorder.notices.borrow(), [Notice::TooLarge]);
    let answers = recorder.answers.borrow();
    for word in WORDS {
        let expected = match word {
            "too large" => Answer::TooLarge,
            _ => Answer::Taken,
        };
        let given = answers.iter().filter(|(key, _)| *key == word);
        let given: Vec<_> = given.map(|(_, answer)| *answer).collect();
        assert_eq!(given, [expected], "{word}");
    }
}

#[tokio::test]
async fn a_lost_connection_is_followed_by_another_that_subscribes_again() {
    let (listener, port) = listen().await;
    let recorder = Recorder::new(port, |recorder| recorder.times_online() == 2);
    let broker = async {
        drop(greet(&listener).await);
        let mut stream = greet(&listener).await;
        while packet(&mut stream).await.is_some() {}
    };
    tokio::join!(broker, session(&recorder));
    assert_eq!(recorder.cause(), Some(Cause::ConnectionLost));
}

#[tokio::test]
async fn a_session_that_heard_itself_is_followed_by_the_shortest_wait() {
    let (listener, port) = listen().await;
    let recorder = Recorder::new(port, |recorder| recorder.waits_ms().len() == 2);
    recorder.echo.set("test/echo");
    let broker = async {
        for _ in 0..2 {
            let mut stream = greet(&listener).await;
            let subscribe = packet(&mut stream).await.unwrap();
            assert!(contains(&subscribe, "test/echo"));
            acknowledge_subscription(&mut stream, &subscribe, 0).await;
            let word = packet(&mut stream).await.unwrap();
            let length = u8::try_from(word.len() - 1).unwrap();
            let (first, rest) = word.split_first().unwrap();
            let word = [&[*first, length], rest].concat();
            stream.write_all(&word).await.unwrap();
        }
    };
    tokio::join!(broker, session(&recorder));
    let waits_ms = recorder.waits_ms();
    assert!(
        waits_ms.iter().all(|wait_ms| *wait_ms <= 1_000),
        "{waits_ms:?}"
    );
}

#[tokio::test]
async fn a_broker_that_ends_every_connection_at_once_raises_the_question_of_a_twin() {
    let (listener, port) = listen().await;
    let recorder = Recorder::new(port, |recorder| {
        let short_lived = |status: &Status| {
            matches!(
                status,
                Status::Waiting {
                    cause: Cause::ShortLived,
                    ..
                }
            )
        };
        recorder.statuses.borrow().iter().any(short_lived)
    });
    let broker = async {
        for _ in 0..3 {
            drop(greet(&listener).await);
        }
    };
    tokio::join!(broker, session(&recorder));
    assert_eq!(
        recorder.cause(),
        Some(Cause::ConnectionLost),
        "the first time it may be an accident"
    );
}

#[tokio::test]
async fn a_broker_that_hangs_is_missed_although_there_is_always_something_to_send() {
    let (listener, port) = listen().await;
    let recorder = Recorder::new(port, |recorder| recorder.cause().is_some());
    recorder.keep_alive_s.set(2);
    recorder.chatty.set(true);
    let broker = async {
        let mut stream = greet(&listener).await;
        // The line is open, and nothing comes back.
        while packet(&mut stream).await.is_some() {}
    };
    tokio::join!(broker, session(&recorder));
    assert_eq!(recorder.cause(), Some(Cause::Silent));
}

#[tokio::test]
async fn changed_settings_make_a_new_connection_and_unchanged_ones_do_not() {
    let (listener, port) = listen().await;
    let recorder = Recorder::new(port, |recorder| recorder.times_online() == 2);
    let broker = async {
        let mut stream = greet(&listener).await;
        recorder.reconnect.notify_one();
        // The session has looked at its settings by the time that it hands over a message sent after.
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        let message = b"\x30\x0d\x00\x08test/set\x0042";
        stream.write_all(message).await.unwrap();
        while recorder.messages.borrow().is_empty() {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        assert_eq!(recorder.times_online(), 1, "unchanged settings");
        recorder.client_id.set("renamed");
        recorder.reconnect.notify_one();
        while packet(&mut stream)
            .await
            .is_some_and(|packet| packet.first() != Some(&0xE0))
        {}
        drop(stream);
        let mut stream = greet_as(&listener, "renamed").await;
        while packet(&mut stream).await.is_some() {}
    };
    tokio::join!(broker, session(&recorder));
    assert_eq!(
        recorder.cause(),
        None,
        "a wished reconnection is no failure"
    );
}

#[test]
fn what_a_session_needs_beside_its_buffers_is_bounded() {
    let recorder = Recorder::new(1, |_| true);
    let mut buffers = Buffers::new();
    let session = size_of_val(&run(&Sockets, &recorder, &mut buffers, 1));
    // On 64 bits, with a desktop's sockets; 32 bits need less.
    assert!(session < 11 * 1024, "{session} bytes");
}
