//! Home Assistant as a process: new, on loopback, with nothing but its interfaces and MQTT.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
};

use serde_json::{Value, json};

use crate::api::{Http, Socket};
use crate::support::{free_port, wait_for};

/// Where `cargo xtask setup` put it; `cargo xtask test` says so.
const PLACE: &str = "HOME_ASSISTANT_VENV";

/// Home Assistant says the first four of the machine that it runs on, not of any dimmer. The last it says where a dimmer takes a
/// page off the broker that other settings may have announced, and none did: the manual names it.
const HARMLESS: [&str; 5] = [
    "[homeassistant.bootstrap] Skipping pip installation of required modules",
    "[aiohttp_fast_zlib] zlib_ng and isal are not available",
    "[homeassistant.components.camera.img_util] Error loading libturbojpeg",
    "[homeassistant.util.executor] Thread",
    "[homeassistant.components.mqtt.discovery] No device components to cleanup for solar-dimmer-",
];

pub struct HomeAssistant {
    folder: PathBuf,
    port: u16,
    child: Option<Child>,
    token: String,
    pub http: Http,
    /// Always there while the process runs.
    socket: Option<Socket>,
}

impl HomeAssistant {
    /// Starts a new one for the test of this name, with this added to its configuration, and connects it to the broker on this port.
    pub fn start(test: &str, broker_port: u16, more: &str) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("home-assistant-{test}"));
        // What a failed run before this one had left.
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        let port = free_port();
        let configuration = format!(
            "homeassistant: {{name: Home, unit_system: metric, time_zone: UTC, currency: EUR, country: FR}}\n\
             http: {{server_host: 127.0.0.1, server_port: {port}}}\n\
             api:\nconfig:\nlogger: {{default: warning, logs: {{homeassistant.components.mqtt: info}}}}\n{more}\n"
        );
        fs::write(folder.join("configuration.yaml"), configuration).unwrap();
        let mut server = Self {
            folder,
            port,
            child: None,
            token: String::new(),
            http: Http::new(port),
            socket: None,
        };
        server.launch();
        wait_for("Home Assistant to answer", || {
            server.http.answers().then_some(())
        });
        server.token = server.http.sign_in();
        server.wait_until_running();
        server.http.add_mqtt(broker_port);
        server
    }

    fn launch(&mut self) {
        let Some(place) = std::env::var_os(PLACE).map(PathBuf::from) else {
            panic!(
                "{PLACE} does not say where Home Assistant is: cargo xtask test does, after cargo xtask setup"
            )
        };
        let output = fs::File::create(self.folder.join("output.log")).unwrap();
        let child = Command::new(place.join("bin/hass"))
            .arg("--config")
            .arg(&self.folder)
            .arg("--skip-pip")
            .stdin(Stdio::null())
            .stdout(output.try_clone().unwrap())
            .stderr(output)
            .spawn()
            .unwrap_or_else(|error| panic!("{}: {error}", place.display()));
        self.child = Some(child);
    }

    fn wait_until_running(&mut self) {
        self.socket = Some(wait_for("Home Assistant's WebSocket", || {
            Socket::open(self.port, &self.token)
        }));
        wait_for("Home Assistant to have started", || {
            self.socket().is_running().then_some(())
        });
    }

    /// Ends it as its service does, and waits for the end. Its log so far is kept.
    pub fn stop(&mut self) {
        self.socket = None;
        let Some(mut child) = self.child.take() else {
            return;
        };
        let told = Command::new("kill").arg(child.id().to_string()).status();
        assert!(told.unwrap().success());
        wait_for("the end of Home Assistant", || child.try_wait().unwrap());
        fs::copy(self.log(), self.folder.join("before-the-restart.log")).unwrap();
        self.check_log();
    }

    /// Starts it again, as it was.
    pub fn start_again(&mut self) {
        self.launch();
        self.wait_until_running();
    }

    pub fn socket(&mut self) -> &mut Socket {
        self.socket.as_mut().expect("it runs")
    }

    /// Uses an entity, as a person or an automation does; the error if that was refused.
    pub fn call(
        &mut self,
        domain: &str,
        service: &str,
        entity: &str,
        data: &Value,
    ) -> Result<(), Value> {
        let call = json!({
            "domain": domain, "service": service, "service_data": data, "target": {"entity_id": entity},
        });
        self.socket().ask("call_service", call).map(|_| ())
    }

    fn log(&self) -> PathBuf {
        self.folder.join("home-assistant.log")
    }

    /// Fails if Home Assistant complained about anything that is not known to have another cause.
    pub fn check_log(&self) {
        let complaints = self.complaints(&[]);
        assert!(
            complaints.is_empty(),
            "Home Assistant's log:\n{}",
            complaints.join("\n")
        );
    }

    /// Its warnings and errors, less those with one of these words in them.
    pub fn complaints(&self, except: &[&str]) -> Vec<String> {
        let log = fs::read_to_string(self.log()).unwrap();
        let is_complaint = |line: &&str| {
            let level = line.split_whitespace().nth(2);
            matches!(level, Some("WARNING" | "ERROR" | "CRITICAL"))
                && !HARMLESS
                    .iter()
                    .chain(except)
                    .any(|known| line.contains(known))
        };
        log.lines()
            .filter(is_complaint)
            .map(str::to_owned)
            .collect()
    }
}

impl Drop for HomeAssistant {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            let _ = child.kill();
            let _ = child.wait();
        }
        if thread::panicking() {
            eprintln!(
                "Home Assistant's files, its logs among them, are kept in {}",
                self.folder.display()
            );
        } else {
            let _ = fs::remove_dir_all(&self.folder);
        }
    }
}
