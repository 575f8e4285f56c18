//! The session against a real mosquitto.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a failed step of a test is a failed test"
)]

mod support;

use std::{
    net::Ipv4Addr,
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use dimmer_link::{Cause, Impairment, RECEIVE_CAPACITY, Status};
use tokio::{net::TcpStream, time::sleep};

use support::{Recorder, session};

/// A broker that ends with the test.
struct Mosquitto {
    directory: tempfile::TempDir,
    port: u16,
    child: Child,
}

impl Mosquitto {
    async fn start(settings: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let free = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        // Started by root it gives its rights up to a user who may not read the directory.
        let settings = settings.replace("DIRECTORY", directory.path().to_str().unwrap());
        let all = format!("user root\nlistener {port} 127.0.0.1\npersistence false\n{settings}");
        std::fs::write(directory.path().join("conf"), all).unwrap();
        // What a test wants to have beside it: passwords and access rules.
        let passwords = directory.path().join("passwords");
        let made = Command::new(program("mosquitto_passwd"))
            .args(["-b", "-c", passwords.to_str().unwrap(), "user", "other"])
            .status();
        assert!(
            made.expect("mosquitto is to be installed: cargo xtask setup")
                .success()
        );
        std::fs::write(
            directory.path().join("access"),
            "user user\ntopic readwrite other/#\n",
        )
        .unwrap();
        let child = Command::new(program("mosquitto"))
            .args(["-c", directory.path().join("conf").to_str().unwrap()])
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        while TcpStream::connect((Ipv4Addr::LOCALHOST, port))
            .await
            .is_err()
        {
            sleep(Duration::from_millis(20)).await;
        }
        Self {
            directory,
            port,
            child,
        }
    }

    fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Runs one of mosquitto's clients and gives what it printed.
    fn client(&self, name: &str, arguments: &[&str]) -> String {
        let port = self.port.to_string();
        let mut command = Command::new(name);
        command.args(["-h", "127.0.0.1", "-p", &port, "-V", "5"]);
        let output = command.args(arguments).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    }

    /// What it keeps for later subscribers: topics and payloads.
    fn retained(&self) -> Vec<String> {
        let all = ["-t", "#", "--retained-only", "-W", "1", "-F", "%t %p"];
        let mut lines: Vec<_> = self
            .client("mosquitto_sub", &all)
            .lines()
            .map(str::to_owned)
            .collect();
        lines.sort();
        lines
    }
}

impl Drop for Mosquitto {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        assert!(self.directory.path().exists());
    }
}

/// Debian keeps servers where an ordinary user's search path does not lead.
fn program(name: &str) -> std::path::PathBuf {
    [Path::new("/usr/sbin"), Path::new("/usr/bin")]
        .iter()
        .map(|folder| folder.join(name))
        .find(|path| path.exists())
        .unwrap_or_else(|| name.into())
}

const OPEN: &str = "allow_anonymous true\n";

async fn until(condition: impl Fn() -> bool) {
    while !condition() {
        sleep(Duration::from_millis(5)).await;
    }
}

fn online_at(recorder: &Recorder, wanted: u8) -> bool {
    let statuses = recorder.statuses.borrow();
    matches!(statuses.last(), Some(Status::Online { broker, .. }) if *broker == wanted)
}

#[tokio::test]
async fn a_first_broker_that_is_killed_is_left_for_the_second_within_fifteen_seconds() {
    let mut first = Mosquitto::start(OPEN).await;
    let second = Mosquitto::start(OPEN).await;
    let mut recorder = Recorder::new(first.port, |recorder| online_at(recorder, 1));
    recorder.ports.push(second.port);
    let killed = async {
        until(|| online_at(&recorder, 0)).await;
        first.kill();
        Instant::now()
    };
    let (killed_at, ()) = tokio::join!(killed, session(&recorder));
    assert!(killed_at.elapsed() < Duration::from_secs(15));
    assert_eq!(
        second.retained(),
        ["test/availability offline"],
        "the farewell"
    );
}

#[tokio::test]
async fn a_wrong_password_is_told() {
    let broker =
        Mosquitto::start("allow_anonymous false\npassword_file DIRECTORY/passwords\n").await;
    let recorder = Recorder::new(broker.port, |recorder| recorder.cause().is_some());
    session(&recorder).await;
    // mosquitto does not say which of the two is wrong, nor that it is one of them.
    assert_eq!(recorder.cause(), Some(Cause::NotAuthorized));
}

#[tokio::test]
async fn access_rules_that_swallow_messages_are_found_out() {
    let broker = Mosquitto::start("allow_anonymous true\nacl_file DIRECTORY/access\n").await;
    let recorder = Recorder::new(broker.port, |recorder| {
        let impaired = Status::Online {
            broker: 0,
            impairment: Some(Impairment::Swallowed),
        };
        recorder.statuses.borrow().contains(&impaired)
    });
    recorder.echo.set("test/echo");
    session(&recorder).await;
    assert_eq!(recorder.cause(), None);
}

#[tokio::test]
async fn another_client_with_the_same_identifier_ends_the_session() {
    let broker = Mosquitto::start(OPEN).await;
    let recorder = Recorder::new(broker.port, |recorder| recorder.cause().is_some());
    let twin = async {
        until(|| online_at(&recorder, 0)).await;
        broker.client("mosquitto_sub", &["-i", "recorder", "-t", "x", "-W", "1"]);
    };
    tokio::join!(twin, session(&recorder));
    // mosquitto 2.0.11 closes the old connection without a word; when both come again and again it is `ShortLived`.
    let causes = [Some(Cause::TakenOver), Some(Cause::ConnectionLost)];
    assert!(causes.contains(&recorder.cause()));
}

#[tokio::test]
async fn a_message_larger_than_the_buffer_is_kept_back_by_a_broker_that_was_told() {
    let broker = Mosquitto::start(OPEN).await;
    let recorder = Recorder::new(broker.port, |recorder| {
        !recorder.messages.borrow().is_empty()
    });
    let publish = async {
        until(|| online_at(&recorder, 0)).await;
        let large = "4".repeat(RECEIVE_CAPACITY);
        broker.client("mosquitto_pub", &["-t", "test/set", "-m", &large]);
        broker.client("mosquitto_pub", &["-t", "test/set", "-m", "small"]);
    };
    tokio::join!(publish, session(&recorder));
    let messages = recorder.messages.borrow();
    assert_eq!(
        *messages,
        [("test/set".to_owned(), b"small".to_vec(), false)]
    );
}

/// Passes bytes between the session and the broker until it is dropped.
async fn pass_on(listener: &tokio::net::TcpListener, port: u16) {
    let (mut here, _) = listener.accept().await.unwrap();
    let mut there = TcpStream::connect((Ipv4Addr::LOCALHOST, port))
        .await
        .unwrap();
    let _ = tokio::io::copy_bidirectional(&mut here, &mut there).await;
}

#[tokio::test]
async fn a_command_of_qos_1_that_comes_while_the_line_is_cut_is_delivered_afterwards() {
    let broker = Mosquitto::start(OPEN).await;
    let (listener, port) = support::listen().await;
    let recorder = Recorder::new(port, |recorder| !recorder.messages.borrow().is_empty());
    recorder.resume_within_s.set(60);
    let line = async {
        tokio::select! {
            () = pass_on(&listener, broker.port) => {}
            () = until(|| online_at(&recorder, 0)) => {}
        }
        until(|| recorder.cause().is_some()).await;
        broker.client(
            "mosquitto_pub",
            &["-t", "test/set", "-m", "late", "-q", "1"],
        );
        broker.client(
            "mosquitto_pub",
            &["-t", "test/other", "-m", "lost", "-q", "1"],
        );
        pass_on(&listener, broker.port).await;
    };
    tokio::join!(line, session(&recorder));
    let messages = recorder.messages.borrow();
    // To the other topic the recorder subscribed by QoS 0.
    assert_eq!(
        *messages,
        [("test/set".to_owned(), b"late".to_vec(), false)]
    );
}

#[tokio::test]
async fn a_renamed_client_leaves_nothing_on_its_old_topics() {
    let broker = Mosquitto::start(OPEN).await;
    let recorder = Recorder::new(broker.port, |recorder| recorder.times_online() == 2);
    recorder.queue.borrow_mut().push_back("state");
    let rename = async {
        until(|| online_at(&recorder, 0)).await;
        while broker.retained() != ["test/out state"] {}
        recorder.topic.set("new/out");
        recorder.availability.set("new/availability");
        let old = ["test/out", "test/availability"];
        recorder.farewells.borrow_mut().extend(old);
        recorder.reconnect.notify_one();
        until(|| recorder.farewells.borrow().is_empty()).await;
    };
    tokio::join!(rename, session(&recorder));
    assert_eq!(recorder.cause(), None);
    assert_eq!(broker.retained(), ["new/availability offline"]);
}
