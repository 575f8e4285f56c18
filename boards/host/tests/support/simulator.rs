//! The simulator as a process.

use std::{
    io::Write,
    path::PathBuf,
    process::{Child, Command, ExitStatus, Stdio},
};

use super::{Lines, trace::Row, waited_for};

pub struct Simulator {
    child: Option<Child>,
    pub lines: Lines,
    errors: Lines,
    directory: tempfile::TempDir,
}

impl Simulator {
    /// Starts it with these arguments, and a trace.
    pub fn start(arguments: &[&str]) -> Self {
        Self::with_environment(arguments, &[])
    }

    pub fn with_environment(arguments: &[&str], environment: &[(&str, &str)]) -> Self {
        Self::with_settings("", arguments, environment)
    }

    /// Starts it with a configuration file of this content.
    pub fn with_settings(settings: &str, arguments: &[&str], environment: &[(&str, &str)]) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("sim.toml");
        std::fs::write(&file, settings).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_dimmer-host"));
        for variable in [
            "HOST",
            "PORT",
            "USERNAME",
            "PASSWORD",
            "TOPIC_PREFIX",
            "QOS",
            "RETAIN",
        ] {
            command.env_remove(format!("MQTT_{variable}"));
        }
        let mut child = command
            .args(arguments)
            .arg("--config")
            .arg(&file)
            .arg("--trace")
            .arg(directory.path().join("trace.csv"))
            .envs(environment.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = Lines::of(child.stdout.take().unwrap());
        let errors = Lines::of(child.stderr.take().unwrap());
        Self {
            child: Some(child),
            lines,
            errors,
            directory,
        }
    }

    /// Starts one dimmer at a broker on this port and waits until it is online.
    pub fn online(port: u16, arguments: &[&str]) -> Self {
        let broker = format!("127.0.0.1:{port}");
        let simulator = Self::start(&[&["--broker", &broker], arguments].concat());
        simulator.ready();
        simulator
    }

    /// The line that says that a dimmer is online.
    pub fn ready(&self) -> String {
        self.lines.find("ready", |line| line.starts_with("ready"))
    }

    /// The port that the line `ready` names.
    pub fn ready_port(&self) -> u16 {
        let ready = self.ready();
        let (_, after) = ready
            .split_once(" -p ")
            .expect("a line that says what to type");
        after.split_whitespace().next().unwrap().parse().unwrap()
    }

    /// Types a line.
    pub fn type_line(&mut self, line: &str) {
        let input = self.child.as_mut().and_then(|child| child.stdin.as_mut());
        writeln!(input.unwrap(), "{line}").unwrap();
    }

    /// Presses Ctrl-C and waits for the end.
    pub fn interrupt(&mut self) -> ExitStatus {
        let mut child = self.child.take().unwrap();
        let sent = Command::new("kill")
            .args(["-INT", &child.id().to_string()])
            .status()
            .unwrap();
        assert!(sent.success());
        child.wait().unwrap()
    }

    /// Ends it as an operating system that shuts down does, and waits for the end, but not for ever; whether it was a success.
    pub fn terminate(&mut self) -> bool {
        let mut child = self.child.take().unwrap();
        let sent = Command::new("kill")
            .args(["-TERM", &child.id().to_string()])
            .status()
            .unwrap();
        assert!(sent.success());
        let status = waited_for(|| child.try_wait().unwrap());
        if status.is_none() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
        status.is_some_and(|status| status.success())
    }

    /// Ends it without a chance to say goodbye.
    pub fn kill(&mut self) {
        let mut child = self.child.take().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
    }

    /// Waits for it to end by itself; gives what it printed to standard output and error.
    pub fn end(mut self) -> (ExitStatus, Vec<String>, Vec<String>) {
        let status = self.child.take().unwrap().wait().unwrap();
        (status, self.lines.rest(), self.errors.rest())
    }

    /// Writes another configuration file in place of the one that it was started with.
    pub fn rewrite_settings(&self, settings: &str) {
        std::fs::write(self.directory.path().join("sim.toml"), settings).unwrap();
    }

    /// Where the trace of the house is.
    pub fn house_trace_file(&self) -> PathBuf {
        self.directory.path().join("trace.house.csv")
    }

    fn trace_file(&self) -> PathBuf {
        self.directory.path().join("trace.csv")
    }

    /// Ends it with Ctrl-C, if it has not ended, and reads its trace.
    pub fn into_trace(mut self) -> Vec<Row> {
        assert!(self.child.is_none() || self.interrupt().success());
        Row::read(&self.trace_file())
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
