//! Real programs for tests and benches: mosquitto and its clients, and the simulator as a process. What is started here ends when
//! it is dropped.
#![allow(
    dead_code,
    unreachable_pub,
    reason = "each test and bench uses a part of it"
)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failed step of a test is a failed test"
)]

pub mod broker_view;
pub mod cable;
pub mod client;
pub mod members;
pub mod moments;
pub mod recovery;
pub mod simulator;
pub mod takeover;
pub mod trace;

use std::{
    io::{BufRead, BufReader},
    net::{Ipv4Addr, TcpListener, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
    sync::mpsc::{Receiver, RecvTimeoutError, channel},
    thread,
    time::{Duration, Instant},
};

/// Long enough for anything that will ever happen; a test that waits this long has failed.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// A port that was free a moment ago.
pub fn free_port() -> u16 {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .unwrap()
        .local_addr()
        .unwrap()
        .port()
}

/// Waits until `condition` gives something.
pub fn wait_for<T>(what: &str, condition: impl FnMut() -> Option<T>) -> T {
    waited_for(condition).unwrap_or_else(|| panic!("waited {PATIENCE:?} for {what}"))
}

/// The same for a caller who can tell more than `what`.
pub fn waited_for<T>(mut condition: impl FnMut() -> Option<T>) -> Option<T> {
    let start = Instant::now();
    loop {
        let found = condition();
        if found.is_some() || start.elapsed() > PATIENCE {
            return found;
        }
        thread::sleep(Duration::from_millis(20));
    }
}

/// A process's output, line by line.
pub struct Lines(Receiver<String>);

impl Lines {
    pub fn of(output: impl std::io::Read + Send + 'static) -> Self {
        let (sender, receiver) = channel();
        thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        Self(receiver)
    }

    /// The next line that `wanted` accepts; those before it are passed over.
    pub fn find(&self, what: &str, mut wanted: impl FnMut(&str) -> bool) -> String {
        let start = Instant::now();
        let mut seen = Vec::new();
        loop {
            match self
                .0
                .recv_timeout(PATIENCE.saturating_sub(start.elapsed()))
            {
                Ok(line) if wanted(&line) => return line,
                Ok(line) => seen.push(line),
                Err(RecvTimeoutError::Timeout) => {
                    panic!("waited {PATIENCE:?} for {what}; saw {seen:#?}")
                }
                Err(RecvTimeoutError::Disconnected) => {
                    panic!("the program ended before {what}; saw {seen:#?}")
                }
            }
        }
    }

    /// The next line, if one comes in this time.
    pub fn next_within(&self, patience: Duration) -> Option<String> {
        self.0.recv_timeout(patience).ok()
    }

    /// What came since the last time, without waiting for more.
    pub fn so_far(&self) -> Vec<String> {
        self.0.try_iter().collect()
    }

    /// Everything until the program ends.
    pub fn rest(&self) -> Vec<String> {
        self.0.iter().collect()
    }
}

/// A real mosquitto on loopback.
pub struct Mosquitto {
    directory: tempfile::TempDir,
    pub port: u16,
    child: Option<Child>,
}

impl Mosquitto {
    /// One that lets everybody in.
    pub fn start() -> Self {
        Self::on(free_port())
    }

    /// One that lets everybody in, on this port.
    pub fn on(port: u16) -> Self {
        let settings = "allow_anonymous true\npersistence false\n";
        Self::in_directory(tempfile::tempdir().unwrap(), port, settings)
    }

    /// One that lets everybody in, and each second writes to a file what it keeps.
    pub fn that_keeps() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let settings = format!(
            "allow_anonymous true\npersistence true\npersistence_location {}/\nautosave_interval 1\n",
            directory.path().display()
        );
        Self::in_directory(directory, free_port(), &settings)
    }

    /// One with these settings, in a directory where the files are that they name.
    pub fn with_settings(directory: tempfile::TempDir, port: u16, settings: &str) -> Self {
        Self::in_directory(directory, port, settings)
    }

    /// One that asks for a user name and a password.
    pub fn with_password(username: &str, password: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("passwords");
        let made = Command::new(find_program("mosquitto_passwd"))
            .args(["-b", "-c"])
            .arg(&file)
            .args([username, password])
            .status()
            .unwrap();
        assert!(made.success());
        Self::in_directory(
            directory,
            free_port(),
            &format!(
                "allow_anonymous false\npersistence false\npassword_file {}\n",
                file.display()
            ),
        )
    }

    fn in_directory(directory: tempfile::TempDir, port: u16, settings: &str) -> Self {
        // mosquitto started by root gives its rights up to a user who may not read the directory.
        let user = "user root\n";
        let configuration = format!("{user}listener {port} 127.0.0.1\n{settings}");
        std::fs::write(directory.path().join("mosquitto.conf"), configuration).unwrap();
        let mut broker = Self {
            directory,
            port,
            child: None,
        };
        broker.restart();
        broker
    }

    /// Ends it at once, if it runs.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    /// How many seconds of a processor it has taken so far, as Linux counts (proc(5), /proc/PID/stat); 0 elsewhere.
    pub fn busy_s(&self) -> f64 {
        let id = self.child.as_ref().map_or(0, Child::id);
        let Ok(stat) = std::fs::read_to_string(format!("/proc/{id}/stat")) else {
            return 0.0;
        };
        // After the name in parentheses: the fields from the third on. In ticks of a hundredth of a second.
        let fields: Vec<&str> = stat
            .rsplit_once(')')
            .unwrap()
            .1
            .split_whitespace()
            .collect();
        let ticks: u32 = [11, 12]
            .map(|field: usize| fields[field].parse::<u32>().unwrap())
            .iter()
            .sum();
        f64::from(ticks) / 100.0
    }

    /// Starts it (again) on the same port.
    pub fn restart(&mut self) {
        self.kill();
        let log = std::fs::File::create(self.directory.path().join("log")).unwrap();
        let child = Command::new(find_program("mosquitto"))
            .arg("-c")
            .arg(self.directory.path().join("mosquitto.conf"))
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .expect("mosquitto is to be installed: cargo xtask setup");
        self.child = Some(child);
        wait_for("mosquitto", || {
            TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).ok()
        });
    }
}

impl Drop for Mosquitto {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Debian keeps servers where an ordinary user's search path does not lead.
fn find_program(name: &str) -> std::path::PathBuf {
    let beside = Path::new("/usr/sbin").join(name);
    if beside.exists() { beside } else { name.into() }
}

/// Publishes with the real `mosquitto_pub`, plain: MQTT 3.1.1, QoS 0.
pub fn publish(port: u16, topic: &str, payload: &str) {
    publish_with(port, topic, payload, &[]);
}

/// Publishes with the real `mosquitto_pub` and further arguments.
pub fn publish_with(port: u16, topic: &str, payload: &str, arguments: &[&str]) {
    let status = Command::new("mosquitto_pub")
        .args([
            "-h",
            "127.0.0.1",
            "-p",
            &port.to_string(),
            "-t",
            topic,
            "-m",
            payload,
        ])
        .args(arguments)
        .status()
        .expect("mosquitto_pub is to be installed: cargo xtask setup");
    assert!(
        status.success(),
        "mosquitto_pub {topic} {payload}: {status}"
    );
}

/// The real `mosquitto_sub`: each message as a line `topic payload`.
pub struct Subscriber {
    child: Child,
    pub lines: Lines,
}

impl Subscriber {
    pub fn to(port: u16, topic: &str) -> Self {
        Self::with(port, topic, &[])
    }

    pub fn with(port: u16, topic: &str, arguments: &[&str]) -> Self {
        let mut child = Command::new("mosquitto_sub")
            .args([
                "-h",
                "127.0.0.1",
                "-p",
                &port.to_string(),
                "-v",
                "-t",
                topic,
            ])
            .args(arguments)
            .stdout(Stdio::piped())
            .spawn()
            .expect("mosquitto_sub is to be installed: cargo xtask setup");
        let lines = Lines::of(child.stdout.take().unwrap());
        Self { child, lines }
    }

    /// The next payload on a topic that ends like this, and that `wanted` accepts.
    pub fn payload(&self, topic: &str, mut wanted: impl FnMut(&str) -> bool) -> String {
        let end = format!("{topic} ");
        let payload = |line: &str| {
            let (start, payload) = line.split_once(&end)?;
            (!start.contains(' ')).then(|| payload.to_owned())
        };
        let line = self.lines.find(topic, |line| {
            payload(line).is_some_and(|payload| wanted(&payload))
        });
        payload(&line).unwrap()
    }
}

impl Drop for Subscriber {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
