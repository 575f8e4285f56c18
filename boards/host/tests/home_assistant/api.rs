//! The two public interfaces of Home Assistant: HTTP for the way in, a WebSocket for everything after.
//! <https://developers.home-assistant.io/docs/api/rest>, <https://developers.home-assistant.io/docs/api/websocket>

use std::{net::TcpStream, time::Duration};

use serde_json::{Value, json};
use tungstenite::{Message, WebSocket, client::client};

/// No answer takes this long.
const ANSWER_LIMIT: Duration = Duration::from_secs(30);

/// HTTP, as a user who has signed in or is about to.
pub struct Http {
    agent: ureq::Agent,
    url: String,
    token: Option<String>,
}

impl Http {
    pub fn new(port: u16) -> Self {
        let settings = ureq::Agent::config_builder()
            .timeout_global(Some(ANSWER_LIMIT))
            .http_status_as_error(false);
        Self {
            agent: settings.build().into(),
            url: format!("http://127.0.0.1:{port}"),
            token: None,
        }
    }

    /// Whether anybody answers, whatever the answer is.
    pub fn answers(&self) -> bool {
        let page = format!("{}/api/onboarding", self.url);
        self.agent.get(page).call().is_ok()
    }

    /// Sends JSON, gives the text of the answer.
    pub fn post(&self, path: &str, body: &Value) -> String {
        let mut request = self.agent.post(format!("{}{path}", self.url));
        if let Some(token) = &self.token {
            request = request.header("Authorization", format!("Bearer {token}"));
        }
        Self::text(path, request.send_json(body))
    }

    /// The same, of JSON.
    fn ask(&self, path: &str, body: &Value) -> Value {
        serde_json::from_str(&self.post(path, body)).unwrap()
    }

    fn text(path: &str, answer: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> String {
        let mut answer = answer.unwrap_or_else(|error| panic!("POST {path}: {error}"));
        let text = answer.body_mut().read_to_string().unwrap();
        assert!(answer.status().is_success(), "POST {path}: {text}");
        text
    }

    /// The first user of a new installation. The later steps of the welcome are left out: they look at the world outside.
    pub fn sign_in(&mut self) -> String {
        let client = format!("{}/", self.url);
        let user = json!({
            "client_id": client, "name": "Test", "username": "test", "password": "a password of a test", "language": "en",
        });
        let code = self.ask("/api/onboarding/users", &user)["auth_code"].clone();
        let form = [
            ("client_id", client.as_str()),
            ("grant_type", "authorization_code"),
            ("code", code.as_str().unwrap()),
        ];
        let path = "/auth/token";
        let answer = self
            .agent
            .post(format!("{}{path}", self.url))
            .send_form(form);
        let answer: Value = serde_json::from_str(&Self::text(path, answer)).unwrap();
        let token = answer["access_token"].as_str().unwrap().to_owned();
        self.token = Some(token.clone());
        token
    }

    /// Adds the integration MQTT, as the dialog "Add integration" does.
    pub fn add_mqtt(&self, broker_port: u16) {
        let path = "/api/config/config_entries/flow";
        let form = self.ask(path, &json!({"handler": "mqtt"}));
        let flow = form["flow_id"].as_str().unwrap();
        let broker = json!({"broker": "127.0.0.1", "port": broker_port});
        let end = self.ask(&format!("{path}/{flow}"), &broker);
        assert_eq!(end["type"], "create_entry", "adding MQTT: {end}");
    }

    /// What Home Assistant makes of a template, given these variables.
    pub fn render(&self, template: &str, variables: &Value) -> String {
        self.post(
            "/api/template",
            &json!({"template": template, "variables": variables}),
        )
    }
}

/// The WebSocket.
pub struct Socket {
    socket: WebSocket<TcpStream>,
    last_id: u64,
}

impl Socket {
    /// Opens it; nothing if nobody is there yet.
    pub fn open(port: u16, token: &str) -> Option<Self> {
        let stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
        stream.set_read_timeout(Some(ANSWER_LIMIT)).ok()?;
        let url = format!("ws://127.0.0.1:{port}/api/websocket");
        let (socket, _) = client(url, stream).ok()?;
        let mut socket = Self { socket, last_id: 0 };
        assert_eq!(socket.read()["type"], "auth_required");
        socket.send(&json!({"type": "auth", "access_token": token}));
        let answer = socket.read();
        assert_eq!(answer["type"], "auth_ok", "{answer}");
        Some(socket)
    }

    fn read(&mut self) -> Value {
        loop {
            match self.socket.read() {
                Ok(Message::Text(text)) => return serde_json::from_str(&text).unwrap(),
                Ok(_) => {}
                Err(error) => panic!("no answer on Home Assistant's WebSocket: {error}"),
            }
        }
    }

    fn send(&mut self, message: &Value) {
        self.socket
            .send(Message::text(message.to_string()))
            .unwrap();
    }

    /// Asks, and gives the result, or the error that came instead.
    pub fn ask(&mut self, what: &str, with: Value) -> Result<Value, Value> {
        self.last_id += 1;
        let mut message = with;
        message["type"] = what.into();
        message["id"] = self.last_id.into();
        self.send(&message);
        loop {
            let mut answer = self.read();
            if answer["id"] == self.last_id && answer["type"] == "result" {
                let well = answer["success"] == true;
                return if well {
                    Ok(answer["result"].take())
                } else {
                    Err(answer["error"].take())
                };
            }
        }
    }

    /// A list that must be there.
    pub fn list(&mut self, what: &str) -> Vec<Value> {
        match self.ask(what, json!({})) {
            Ok(Value::Array(list)) => list,
            other => panic!("{what}: {other:?}"),
        }
    }

    /// Whether Home Assistant has started.
    pub fn is_running(&mut self) -> bool {
        self.ask("get_config", json!({})).unwrap()["state"] == "RUNNING"
    }
}
