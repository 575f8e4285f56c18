//! The live view in a real terminal, as far as a pseudo-terminal is one.
#![cfg(target_os = "linux")]
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a failed step of a test is a failed test"
)]

mod support;

use std::{
    fs::File,
    io::{Read, Write},
    os::unix::ffi::OsStringExt,
    process::{Child, Command},
    sync::{Arc, Mutex},
    thread,
};

use rustix::{
    pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt},
    termios::{LocalModes, Termios, Winsize, tcgetattr, tcsetwinsize},
};
use support::waited_for;

/// Takes the other screen, and gives it back (xterm's private mode 1049).
const ENTERS: &str = "\x1b[?1049h";
const LEAVES: &str = "\x1b[?1049l";

/// The program in a terminal of 80 columns and 24 rows.
struct InTerminal {
    child: Child,
    /// The person's side: keys go in, and what is drawn comes out.
    person: File,
    /// Held open, so that it can be looked at when the program is gone.
    terminal: File,
    drawn: Arc<Mutex<Vec<u8>>>,
}

impl InTerminal {
    fn start(arguments: &[&str]) -> Self {
        let person = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&person).unwrap();
        unlockpt(&person).unwrap();
        let size = Winsize {
            ws_row: 24,
            ws_col: 80,
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        tcsetwinsize(&person, size).unwrap();
        let name = ptsname(&person, Vec::new()).unwrap().into_bytes();
        let name = std::ffi::OsString::from_vec(name);
        let terminal = File::options().read(true).write(true).open(name).unwrap();
        // The terminal is to be the program's own, as a shell would have it.
        let mut command = Command::new("setsid");
        command.args(["--ctty", env!("CARGO_BIN_EXE_dimmer-host")]);
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("MQTT_")) {
            command.env_remove(name);
        }
        let child = command
            .args(["--listen", "127.0.0.1:0"])
            .args(arguments)
            .stdin(terminal.try_clone().unwrap())
            .stdout(terminal.try_clone().unwrap())
            .stderr(terminal.try_clone().unwrap())
            .spawn()
            .unwrap();
        let person = File::from(person);
        let drawn = Arc::new(Mutex::new(Vec::new()));
        let (mut source, sink) = (person.try_clone().unwrap(), Arc::clone(&drawn));
        thread::spawn(move || {
            let mut buffer = [0; 4_096];
            while let Ok(length @ 1..) = source.read(&mut buffer) {
                sink.lock().unwrap().extend_from_slice(&buffer[..length]);
            }
        });
        Self {
            child,
            person,
            terminal,
            drawn,
        }
    }

    fn drawn(&self) -> String {
        String::from_utf8_lossy(&self.drawn.lock().unwrap()).into_owned()
    }

    fn wait_for(&self, words: &str) {
        let seen = waited_for(|| self.drawn().contains(words).then_some(()));
        assert!(seen.is_some(), "no {words:?} in {:?}", self.drawn());
    }

    fn modes(&self) -> LocalModes {
        let Termios { local_modes, .. } = tcgetattr(&self.terminal).unwrap();
        local_modes
    }
}

impl Drop for InTerminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_house_in_a_terminal_is_drawn_until_q_or_control_c_and_the_terminal_is_as_before() {
    for key in ["q", "\x03"] {
        let mut program = InTerminal::start(&["--house", "--house-start", "13:00"]);
        // What is blank is not drawn: words stand alone.
        for words in [ENTERS, "produced", "heater", "Solar", "events"] {
            program.wait_for(words);
        }
        let raw = program.modes();
        assert!(!raw.intersects(LocalModes::ECHO | LocalModes::ICANON));

        program.person.write_all(key.as_bytes()).unwrap();
        assert!(program.child.wait().unwrap().success());
        program.wait_for("kWh\r\n");
        let drawn = program.drawn();
        let (_, after) = drawn.split_once(LEAVES).expect("the screen is given back");
        assert!(after.contains("house 13:"), "{after:?}");
        assert!(
            program
                .modes()
                .contains(LocalModes::ECHO | LocalModes::ICANON)
        );
    }
}

#[test]
fn without_a_house_a_terminal_has_its_line_and_takes_what_is_typed_as_ever() {
    let mut program = InTerminal::start(&[]);
    program.wait_for("ready: dimmer");
    program.person.write_all(b"water 55\n").unwrap();
    program.wait_for(": water 55");
    program.person.write_all(b"quit\n").unwrap();
    assert!(program.child.wait().unwrap().success());
    assert!(!program.drawn().contains(ENTERS));
}
