//! `kqlite serve` as it is called: what it says, what it refuses, and that it ends.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

#[path = "shared/program.rs"]
mod program;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use program::{folder, kqlite};

/// A program that serves, and its address.
struct Serving {
    child: Child,
    address: String,
    line: String,
}

impl Serving {
    fn new(arguments: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_kqlite"))
            .args(["serve", "--listen", "127.0.0.1:0"])
            .args(arguments)
            .current_dir(folder("data"))
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.split(' ').next().unwrap().trim_start_matches("http://").to_owned();
        Self { child, address, line }
    }

    /// Sends a query or a command, and gives status and body.
    fn ask(&self, path: &str, text: &str) -> String {
        let body = serde_json::json!({"db": "NetDefaultDB", "csl": text}).to_string();
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
            self.address,
            body.len()
        );
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(body.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    /// Ends it as the system does, and gives its exit code.
    #[cfg(unix)]
    fn terminate(mut self) -> Option<i32> {
        let id = self.child.id().to_string();
        Command::new("kill").args(["-TERM", &id]).status().unwrap();
        self.child.wait().unwrap().code()
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn write(name: &str, text: &str) -> String {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&path, text).unwrap();
    path.display().to_string()
}

#[test]
#[cfg(unix)]
fn data_is_served_until_the_signal_comes() {
    let here = Path::new(env!("CARGO_TARGET_TMPDIR")).join("serve");
    std::fs::create_dir_all(&here).unwrap();
    std::fs::write(here.join("Logons.csv"), "User,Failures\nann,2\nbob,9\n").unwrap();
    let functions = write("serve-functions.kql", "let Failing = () { Logons | where Failures > 5 };");
    let data = here.display().to_string();
    let serving =
        Serving::new(&["--data", &data, "--functions", &functions, "--now", "2024-06-30T12:00:00Z"]);
    assert!(serving.line.contains("answers for the database NetDefaultDB with 1 table"), "{}", serving.line);
    let rows = serving.ask("/v2/rest/query", "Failing | project User, now()");
    assert!(rows.contains("[[\"bob\",\"2024-06-30T12:00:00.0000000Z\"]]"), "{rows}");
    // Built-in tables are there for queries that name them, and for these alone.
    assert!(serving.ask("/v2/rest/query", "EmailEvents | count").contains("\"Rows\":[[0]]"));
    assert!(serving.ask("/v1/rest/mgmt", ".show tables | count").contains("\"Rows\":[[1]]"));
    assert!(serving.ask("/v1/rest/mgmt", ".show version").contains(env!("CARGO_PKG_VERSION")));
    assert!(serving.ask("/v1/rest/mgmt", ".drop table Logons").starts_with("HTTP/1.1 403"));
    assert_eq!(serving.terminate(), Some(0));
}

#[test]
fn files_are_ingested_from_a_folder_alone() {
    let here = Path::new(env!("CARGO_TARGET_TMPDIR")).join("ingest");
    std::fs::create_dir_all(&here).unwrap();
    std::fs::write(here.join("rows.csv"), "1\n2\n").unwrap();
    let secret = write("serve-secret.csv", "3\n");
    let serving = Serving::new(&["--writable", "--ingest-from", &here.display().to_string()]);
    assert!(serving.line.contains("changes are allowed"), "{}", serving.line);
    let run = |text: &str| serving.ask("/v1/rest/mgmt", text);
    assert!(run(".create table N (n: long)").starts_with("HTTP/1.1 200"));
    assert!(run(".ingest into table N (@'rows.csv')").starts_with("HTTP/1.1 200"));
    assert!(serving.ask("/v2/rest/query", "N | summarize sum(n)").contains("\"Rows\":[[3]]"));
    for path in [secret.as_str(), "../serve-secret.csv", "/etc/passwd"] {
        let refused = run(&format!(".ingest into table N (@'{path}')"));
        assert!(refused.starts_with("HTTP/1.1 400"), "{refused}");
    }
}

#[test]
fn what_is_not_safe_is_refused() {
    let open = kqlite(&["serve", "--listen", "0.0.0.0:0"]).code(2);
    assert!(open.err.contains("--token-file"), "{}", open.err);
    let short = write("serve-token", "short\n");
    let refused = kqlite(&["serve", "--token-file", &short]).code(2);
    assert!(refused.err.contains("at least 16"), "{}", refused.err);
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let refused = kqlite(&["serve", "--listen", &address]).code(2);
    assert!(refused.err.contains(&format!("--listen {address}: ")), "{}", refused.err);
    kqlite(&["serve", "--ingest-from", "nowhere"]).code(2);
    kqlite(&["serve", "--param", "a=1"]).code(2);
    let broken = write("Broken.json", "[{\"a\":");
    kqlite(&["serve", "--listen", "127.0.0.1:0", "--data", &broken]).code(1);
}

/// Asks until the answer has something in it.
#[track_caller]
fn wait_for(serving: &Serving, text: &str, expected: &str) {
    let mut answer = String::new();
    for _ in 0..300 {
        answer = serving.ask("/v2/rest/query", text);
        if answer.contains(expected) {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    panic!("never: {expected}\n{answer}");
}

#[test]
fn a_file_that_changes_is_loaded_anew() {
    let here = Path::new(env!("CARGO_TARGET_TMPDIR")).join("watched");
    let _ = std::fs::remove_dir_all(&here);
    std::fs::create_dir_all(&here).unwrap();
    std::fs::write(here.join("A.csv"), "x\n1\n").unwrap();
    let serving = Serving::new(&["--watch", "--data", &here.display().to_string()]);
    wait_for(&serving, "A | summarize sum(x)", "[[1]]");
    std::fs::write(here.join("A.csv"), "x\n20\n").unwrap();
    wait_for(&serving, "A | summarize sum(x)", "[[20]]");
    // Another file is another table; one that is broken changes nothing until it is whole.
    std::fs::write(here.join("B.ndjson"), "{\"y\":").unwrap();
    std::fs::write(here.join("B.ndjson"), "{\"y\":3}\n").unwrap();
    wait_for(&serving, "B", "[[3]]");
    std::fs::remove_file(here.join("B.ndjson")).unwrap();
    wait_for(&serving, "B", "HTTP/1.1 400");
    wait_for(&serving, "A | summarize sum(x)", "[[20]]");
    kqlite(&["serve", "--watch", "--writable"]).code(2);
}

/// Runs what docs/server.md shows for a shell, line by line: what starts a server, and what asks it.
#[test]
#[cfg(unix)]
fn the_guide_is_right() {
    let guide = std::fs::read_to_string(folder("../../../docs/server.md")).unwrap();
    let here = Path::new(env!("CARGO_TARGET_TMPDIR")).join("server-guide");
    std::fs::create_dir_all(&here).unwrap();
    std::fs::write(here.join("Logons.csv"), "TimeGenerated,User,Failures\n2024-06-30T11:00:00Z,ann,2\n")
        .unwrap();
    std::fs::write(here.join("rows.csv"), "bob,9\n").unwrap();
    let blocks = guide.split("```sh\n").skip(1).filter_map(|it| it.split("```").next());
    let joined: String = blocks.collect::<Vec<_>>().join("\n").replace("\\\n", " ");
    let mut serving: Option<Serving> = None;
    let (mut started, mut asked) = (0, 0);
    for line in joined.lines().filter(|line| !line.is_empty()) {
        if let Some(arguments) = line.strip_prefix("cargo run --release --features serve -- serve") {
            let data = here.join("Logons.csv").display().to_string();
            let arguments: Vec<&str> = arguments
                .split_whitespace()
                .map(|it| if it == "Logons.csv" { data.as_str() } else { it })
                .collect();
            serving = Some(Serving::new(&arguments));
            started += 1;
            continue;
        }
        assert!(line.starts_with("curl -s "), "{line}");
        let address = &serving.as_ref().unwrap().address;
        let asks = line.replace("127.0.0.1:8080", address).replace("curl -s ", "curl -s --fail-with-body ");
        let done = Command::new("sh").args(["-c", &asks]).current_dir(&here).output().unwrap();
        let answer = String::from_utf8_lossy(&done.stdout);
        assert!(done.status.success(), "{line}\n{answer}");
        assert!(answer.contains("ows\":[[") && !answer.contains("error"), "{line}\n{answer}");
        asked += 1;
    }
    assert_eq!((started, asked), (2, 5), "the guide has other lines than this test knows");
    let rows = serving.unwrap().ask("/v2/rest/query", "Logons");
    assert!(rows.contains("[[\"bob\",9]]"), "{rows}");
}
