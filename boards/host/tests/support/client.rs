//! A client of a dimmer's HTTP API over real sockets.

use std::{
    io::{Read, Write},
    net::TcpStream,
    time::Duration,
};

use serde_json::{Value, json};

use super::simulator::Simulator;

/// A client of one dimmer's API.
#[derive(Clone)]
pub struct Client {
    pub port: u16,
    pub token: Option<String>,
}

impl Client {
    /// The page that the simulator says it serves.
    pub fn of(simulator: &Simulator) -> Self {
        let line = simulator
            .lines
            .find("page", |line| line.contains("page: http://"));
        let (_, address) = line.rsplit_once(':').unwrap();
        Self {
            port: address.trim_end_matches('/').parse().unwrap(),
            token: None,
        }
    }

    /// The bytes that come back, until the connection ends; nothing if it could not be made or broke.
    pub fn raw(&self, request: &[u8]) -> Option<Vec<u8>> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).ok()?;
        stream
            .set_read_timeout(Some(Duration::from_secs(60)))
            .unwrap();
        stream.write_all(request).ok()?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).ok()?;
        Some(answer)
    }

    pub fn ask(&self, method: &str, path: &str, body: Option<&Value>) -> Option<(u16, Value)> {
        let body = body.map(Value::to_string).unwrap_or_default();
        let token = self.token.as_deref().unwrap_or("none");
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nAuthorization: Bearer {token}\r\nX-Solar-Dimmer: 1\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            self.port,
            body.len()
        );
        let answer = String::from_utf8(self.raw(request.as_bytes())?).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n")?;
        let status = head.split(' ').nth(1)?.parse().ok()?;
        Some((status, serde_json::from_str(body).unwrap_or(Value::Null)))
    }

    pub fn get(&self, path: &str) -> Value {
        let (status, answer) = self.ask("GET", path, None).unwrap();
        assert_eq!(status, 200, "{path}: {answer}");
        answer
    }

    pub fn change(&self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        self.ask(method, path, Some(body)).unwrap()
    }

    /// Signs in with the password that was set before.
    pub fn sign_in(&mut self) {
        self.enter("/api/v1/session");
    }

    /// Sets the first password, and is signed in from then on.
    pub fn set_password(&mut self) {
        self.enter("/api/v1/password");
    }

    fn enter(&mut self, path: &str) {
        let (status, answer) = self.change("POST", path, &json!({"password":"correct horse"}));
        assert_eq!(status, 200, "{answer}");
        self.token = Some(answer["token"].as_str().unwrap().to_owned());
    }
}
