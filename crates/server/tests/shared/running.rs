//! A server that runs for a test, and a client of a few lines. It must not know what is asked.
#![allow(dead_code, reason = "no test uses all of it")]

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread::JoinHandle;
use std::time::Duration;

use kqlite::{Database, DateTime, ScalarType, Schema, Table, Value};
use kqlite_command::ManagedDatabase;
use kqlite_server::{Server, ServerHandle, Settings};

/// A server that ends with the test.
pub struct Running {
    pub address: SocketAddr,
    pub handle: ServerHandle,
    thread: Option<JoinHandle<()>>,
}

/// An answer.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Running {
    /// A server over a table of logons, at a time that stands still.
    pub fn new(change: impl FnOnce(&mut Settings)) -> Self {
        let mut settings = Settings { now: DateTime::parse("2024-06-30T12:00:00Z"), ..Settings::default() };
        change(&mut settings);
        let server = Server::new(ManagedDatabase::new("Logs", database()), settings);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let handle = server.handle();
        let thread = std::thread::spawn(move || server.run(listener).unwrap());
        Self { address, handle, thread: Some(thread) }
    }

    pub fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        stream
    }

    /// Sends a request on a connection of its own.
    pub fn send(&self, line: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        let mut stream = self.connect();
        let mut request =
            format!("{line} HTTP/1.1\r\nContent-Length: {}\r\nConnection: close\r\n", body.len());
        if !headers.iter().any(|(name, _)| *name == "Host") {
            request.push_str("Host: localhost\r\n");
        }
        for (name, value) in headers {
            request.push_str(&format!("{name}: {value}\r\n"));
        }
        request.push_str("\r\n");
        let mut bytes = request.into_bytes();
        bytes.extend_from_slice(body);
        stream.write_all(&bytes).unwrap();
        read(&mut stream)
    }

    pub fn post(&self, path: &str, body: &serde_json::Value) -> Answer {
        self.send(
            &format!("POST {path}"),
            &[("Content-Type", "application/json")],
            body.to_string().as_bytes(),
        )
    }

    /// A query, answered in version 2.
    pub fn query(&self, text: &str) -> Answer {
        self.post("/v2/rest/query", &serde_json::json!({"db": "Logs", "csl": text}))
    }

    /// A command.
    pub fn command(&self, text: &str) -> Answer {
        self.post("/v1/rest/mgmt", &serde_json::json!({"db": "Logs", "csl": text}))
    }

    /// Asks it to stop, as the signal does.
    pub fn stop(&self) {
        self.handle.stop();
    }

    /// Waits until it has stopped.
    pub fn wait(&mut self) {
        self.thread.take().unwrap().join().unwrap();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.handle.stop();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn database() -> Database {
    let schema = Schema::new([
        ("TimeGenerated", ScalarType::DateTime),
        ("User", ScalarType::String),
        ("Failures", ScalarType::Long),
    ]);
    let row = |time: &str, user: &str, failures: i64| {
        vec![Value::DateTime(DateTime::parse(time).unwrap()), user.into(), Value::Long(failures)]
    };
    let rows = [row("2024-06-30T11:30:00Z", "ann", 2), row("2024-06-28T11:30:00Z", "bob", 9)];
    let mut database = Database::new();
    database.insert("Logons", Table::from_rows(schema, rows));
    database
}

/// Reads an answer to the end of the connection, or of its body.
pub fn read(stream: &mut TcpStream) -> Answer {
    let mut bytes = Vec::new();
    let mut piece = [0; 4096];
    loop {
        if let Some(answer) = parse(&bytes, false) {
            return answer;
        }
        match stream.read(&mut piece) {
            Ok(0) | Err(_) => break,
            Ok(count) => bytes.extend_from_slice(&piece[..count]),
        }
    }
    parse(&bytes, true).unwrap_or_else(|| panic!("no answer: {:?}", String::from_utf8_lossy(&bytes)))
}

fn parse(bytes: &[u8], at_end: bool) -> Option<Answer> {
    let end = bytes.windows(4).position(|it| it == b"\r\n\r\n")?;
    let head = std::str::from_utf8(&bytes[..end]).ok()?;
    let mut lines = head.split("\r\n");
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
        .collect();
    let rest = &bytes[end + 4..];
    let find =
        |wanted: &str| headers.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.as_str());
    if find("transfer-encoding") == Some("chunked") {
        let body = chunks(rest)?;
        return Some(Answer { status, headers, body });
    }
    match find("content-length").and_then(|it| it.parse::<usize>().ok()) {
        Some(length) if rest.len() < length && !at_end => None,
        Some(length) => Some(Answer { status, body: rest[..length.min(rest.len())].to_vec(), headers }),
        None => at_end.then(|| Answer { status, body: rest.to_vec(), headers }),
    }
}

/// The pieces of a body, once the last one is there.
fn chunks(mut rest: &[u8]) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let end = rest.windows(2).position(|it| it == b"\r\n")?;
        let size = usize::from_str_radix(std::str::from_utf8(&rest[..end]).ok()?, 16).ok()?;
        if size == 0 {
            return Some(body);
        }
        body.extend_from_slice(rest.get(end + 2..end + 2 + size)?);
        rest = rest.get(end + 4 + size..)?;
    }
}

impl Answer {
    #[track_caller]
    pub fn status(self, expected: u16) -> Self {
        assert_eq!(self.status, expected, "{}", self.text());
        self
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    #[track_caller]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    pub fn header(&self, wanted: &str) -> Option<&str> {
        self.headers.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.as_str())
    }

    /// The rows of the first primary table of version 2, or of the first table of version 1.
    #[track_caller]
    pub fn rows(&self) -> serde_json::Value {
        let json = self.json();
        if let Some(tables) = json.get("Tables") {
            return tables[0]["Rows"].clone();
        }
        let frames = json.as_array().unwrap_or_else(|| panic!("{json}"));
        let primary = frames.iter().find(|it| it["TableKind"] == "PrimaryResult").unwrap();
        primary["Rows"].clone()
    }

    /// What is told of a failure.
    #[track_caller]
    pub fn message(&self) -> String {
        self.json()["error"]["@message"].as_str().unwrap_or_default().to_owned()
    }
}
