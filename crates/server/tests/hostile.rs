//! Requests that are wrong, slow, many or large: what they get, and that the server goes on.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

#[path = "shared/running.rs"]
mod running;

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

use running::{Running, read};
use serde_json::json;

/// A query that goes on for as long as it is let.
const ENDLESS: &str = "range x from 1 to 1000000000000 step 1 | summarize sum(x % 7)";

/// Waits until a number of the metrics is the one that is expected.
fn wait_for(server: &Running, line: &str) {
    for _ in 0..600 {
        if server.send("GET /metrics", &[], b"").text().lines().any(|it| it == line) {
            return;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    panic!("never: {line}\n{}", server.send("GET /metrics", &[], b"").text());
}

/// Sends a query, and reads nothing of the answer.
fn begin(server: &Running, query: &serde_json::Value) -> TcpStream {
    let body = query.to_string();
    let mut stream = server.connect();
    let head =
        format!("POST /v2/rest/query HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n\r\n", body.len());
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(body.as_bytes()).unwrap();
    stream
}

#[test]
fn requests_that_are_wrong_are_told_what_is_wrong() {
    let server = Running::new(|_| {});
    let ask = |body: &[u8]| server.send("POST /v2/rest/query", &[], body).status(400).message();
    assert!(ask(b"").contains("is no JSON"));
    assert!(ask(b"{\"db\":").contains("is no JSON"));
    assert!(ask(b"[]").contains("no JSON object"));
    assert!(ask(b"{}").contains("'csl' is missing"));
    assert!(ask(b"{\"csl\":1}").contains("'csl' is 1"));
    assert!(ask(b"{\"csl\":\"print 1\",\"db\":[]}").contains("'db' is []"));
    assert!(ask(b"{\"csl\":\"print 1\",\"properties\":\"{\"}").contains("'properties' is no JSON"));
    assert!(ask(b"{\"csl\":\"print 1\",\"properties\":5}").contains("'properties' is no JSON object"));
    assert!(ask(b"\xff\xfe").contains("is no JSON"));
    let nested = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    assert!(ask(format!("{{\"csl\":{nested}}}").as_bytes()).contains("; a text was expected"));
    assert!(
        ask(format!("{{\"csl\":\"print 1\",\"properties\":{nested}}}").as_bytes()).contains("cannot be read")
    );
    let wide = format!("{{\"csl\":\"print 1\",\"properties\":[{}1]}}", "1,".repeat(1_000_000));
    assert!(ask(wide.as_bytes()).contains("'properties' has more than"));
    let unknown = server.send("GET /v3/rest/query", &[], b"").status(404);
    assert!(unknown.message().contains("/v2/rest/query"));
    server.send("PUT /v2/rest/query", &[], b"").status(405);
    server.send("POST /v1/rest/ingest/Logs", &[], b"").status(404);
    server.send("GET /v2/rest/query", &[], b"").status(400);
    let unpacked =
        server.send("POST /v2/rest/query", &[("Content-Encoding", "gzip")], b"no gzip").status(400);
    assert!(unpacked.message().contains("cannot be read"), "{}", unpacked.message());
    server.send("POST /v2/rest/query", &[("Content-Encoding", "zstd")], b"x").status(415);
    server.query("print 1").status(200);
}

#[test]
fn what_is_no_http_ends_its_connection() {
    let server = Running::new(|_| {});
    for garbage in [&b"\x16\x03\x01\x02\x00\x01\x00"[..], b"HELO\r\n\r\n", b"GET / HTTP/1.1\r\n: x\r\n\r\n"] {
        let mut stream = server.connect();
        let _ = stream.write_all(garbage);
        let mut rest = Vec::new();
        let _ = stream.read_to_end(&mut rest);
        assert!(rest.is_empty() || rest.starts_with(b"HTTP/1.1 400"), "{rest:?}");
    }
    let mut stream = server.connect();
    let head = format!("GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: {}\r\n\r\n", "x".repeat(200_000));
    let _ = stream.write_all(head.as_bytes());
    let mut rest = Vec::new();
    let _ = stream.read_to_end(&mut rest);
    assert!(rest.is_empty() || rest.starts_with(b"HTTP/1.1 431"), "{}", String::from_utf8_lossy(&rest));
    server.query("print 1").status(200);
}

#[test]
fn bodies_are_limited() {
    let server = Running::new(|it| it.resources.body_bytes = 10_000);
    let large = vec![b' '; 20_000];
    server.send("POST /v2/rest/query", &[], &large).status(413);
    // What is small and packed may be large when it is unpacked.
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(&vec![b' '; 50_000_000]).unwrap();
    let bomb = encoder.finish().unwrap();
    let headers = [("Content-Encoding", "gzip")];
    let server_of_bombs = Running::new(|it| it.resources.body_bytes = 1 << 20);
    server_of_bombs.send("POST /v2/rest/query", &headers, &bomb).status(413);
    // It is limited on every path that takes one, also where its length is not told before.
    for path in ["/v1/rest/query", "/v1/rest/mgmt", "/v1/workspaces/any/query", "/v1/rest/ingest/Logs/Logons"]
    {
        server.send(&format!("POST {path}"), &[], &large).status(413);
    }
    let mut stream = server.connect();
    let head = "POST /v2/rest/query HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n";
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(format!("{:x}\r\n{}\r\n", 20_000, " ".repeat(20_000)).as_bytes()).unwrap();
    assert_eq!(read(&mut stream).status, 413);
    // All bodies together have a limit too.
    let full = Running::new(|it| it.resources.all_body_bytes = 8192);
    full.send("POST /v2/rest/query", &[], &vec![b' '; 30_000]).status(429);
    full.query("print 1").status(200);
}

#[test]
fn slow_clients_are_given_up() {
    let server = Running::new(|it| {
        it.timeouts.headers = Duration::from_millis(200);
        it.timeouts.body = Duration::from_millis(200);
    });
    let mut slow = server.connect();
    slow.write_all(b"POST /v2/rest/query HTTP/1.1\r\nHost: localhost\r\n").unwrap();
    let mut rest = Vec::new();
    slow.read_to_end(&mut rest).unwrap();
    assert!(rest.is_empty() || rest.starts_with(b"HTTP/1.1 408"), "{}", String::from_utf8_lossy(&rest));
    let mut slow = server.connect();
    slow.write_all(b"POST /v2/rest/query HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{")
        .unwrap();
    assert_eq!(read(&mut slow).status, 408);
    drop(slow);
    server.query("print 1").status(200);
}

/// Answers that nobody reads are not kept for ever.
#[test]
fn clients_that_do_not_read_are_given_up() {
    let server = Running::new(|it| {
        it.timeouts.write = Duration::from_millis(300);
        it.resources.records = usize::MAX;
        it.resources.record_bytes = usize::MAX;
    });
    let text = "range x from 1 to 300000 step 1 | extend s = strrep('x', 100)";
    let _stream = begin(&server, &json!({"db": "Logs", "csl": text}));
    // The one that asks for the metrics is open too.
    wait_for(&server, "kqlite_work_seconds_count 1");
    wait_for(&server, "kqlite_connections 1");
}

#[test]
fn so_many_run_so_many_wait_and_others_are_turned_away() {
    let server = Running::new(|it| {
        it.resources.running = 1;
        it.resources.waiting = 1;
    });
    std::thread::scope(|scope| {
        let ask = || {
            let body = json!({"db": "Logs", "csl": ENDLESS, "properties": {"Options": {"servertimeout": "00:00:02"}}});
            server.post("/v2/rest/query", &body).status
        };
        let first = scope.spawn(ask);
        wait_for(&server, "kqlite_running 1");
        let second = scope.spawn(ask);
        wait_for(&server, "kqlite_waiting 1");
        let third = server.query("print 1").status(429);
        assert_eq!(third.header("retry-after"), Some("1"));
        let error = third.json()["error"].clone();
        assert_eq!(error["@type"], "Kusto.Data.Exceptions.KustoRequestThrottledException");
        assert_eq!((&error["code"], &error["@permanent"]), (&json!("TooManyRequests"), &json!(false)));
        assert_eq!((first.join().unwrap(), second.join().unwrap()), (504, 504));
    });
    server.query("print 1").status(200);
}

#[test]
fn a_query_ends_when_its_client_goes() {
    let server = Running::new(|_| {});
    let send = || begin(&server, &json!({"db": "Logs", "csl": ENDLESS}));
    let stream = send();
    wait_for(&server, "kqlite_running 1");
    drop(stream);
    wait_for(&server, "kqlite_running 0");
    // Who closes the one half of a connection has gone, too.
    let stream = send();
    wait_for(&server, "kqlite_running 1");
    stream.shutdown(Shutdown::Write).unwrap();
    wait_for(&server, "kqlite_running 0");
}

#[test]
fn it_stops_when_requests_have_ended_or_soon_after() {
    let mut server = Running::new(|it| it.timeouts.stop = Duration::from_millis(300));
    let mut idle = server.connect();
    idle.write_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    assert_eq!(read(&mut idle).status, 200);
    let _busy = begin(&server, &json!({"db": "Logs", "csl": ENDLESS}));
    wait_for(&server, "kqlite_running 1");
    server.stop();
    server.wait();
    assert!(TcpStream::connect(server.address).is_err(), "nobody listens any more");
}

#[test]
fn a_request_that_runs_is_answered_though_the_server_stops() {
    let mut server = Running::new(|_| {});
    let options = json!({"Options": {"servertimeout": "00:00:00.5"}});
    let mut busy = begin(&server, &json!({"db": "Logs", "csl": ENDLESS, "properties": options}));
    wait_for(&server, "kqlite_running 1");
    server.stop();
    assert_eq!(read(&mut busy).status, 504);
    server.wait();
}

#[test]
fn connections_beyond_the_limit_wait() {
    let server = Running::new(|it| {
        it.resources.connections = 4;
        it.timeouts.headers = Duration::from_millis(300);
    });
    let held: Vec<_> = (0..200).map(|_| server.connect()).collect();
    // Those that say nothing are given up, one after the other, and make room.
    server.query("print 1").status(200);
    drop(held);
    server.query("print 1").status(200);
}

/// A thousand clients that say nothing, or half of a request: they are closed, all of them, and who asks in between is answered.
#[test]
fn a_thousand_idle_connections_are_closed() {
    let server = Running::new(|it| {
        it.resources.connections = 128;
        it.timeouts.headers = Duration::from_millis(300);
        it.timeouts.body = Duration::from_millis(300);
    });
    let head = "POST /v2/rest/query HTTP/1.1\r\nHost: localhost\r\n";
    let half_body = format!("{head}Content-Length: 1000000\r\n\r\n{}", "x".repeat(1000));
    for sent in ["", head, half_body.as_str()] {
        let connect = || {
            let mut stream = server.connect();
            stream.write_all(sent.as_bytes()).unwrap();
            stream
        };
        let held: Vec<TcpStream> = (0..334).map(|_| connect()).collect();
        server.query("print 1").status(200);
        for mut stream in held {
            let mut rest = Vec::new();
            stream.read_to_end(&mut rest).unwrap();
            let told = String::from_utf8_lossy(&rest);
            assert!(told.starts_with("HTTP/1.1 408 ") || told.is_empty(), "{told}");
            // Who has sent all headers is told.
            assert!(!told.is_empty() || sent.len() <= head.len());
        }
    }
    // The one that asks for the metrics is open too.
    wait_for(&server, "kqlite_connections 1");
}

#[test]
fn readers_do_not_wait_for_a_writer() {
    let server = Running::new(|it| {
        it.writable = true;
        it.resources.running = 2;
    });
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| {
            let text = format!(".set Slow <| {ENDLESS}");
            let body =
                json!({"db": "Logs", "csl": text, "properties": {"Options": {"servertimeout": "00:00:02"}}});
            server.post("/v1/rest/mgmt", &body).status
        });
        wait_for(&server, "kqlite_running 1");
        assert_eq!(server.query("Logons | count").status(200).rows(), json!([[2]]));
        assert_eq!(writer.join().unwrap(), 504);
    });
    // A command that failed has changed nothing.
    assert_eq!(server.command(".show tables | count").rows(), json!([[1]]));
}

#[test]
fn writers_lose_nothing_of_each_other() {
    let server = Running::new(|it| {
        it.writable = true;
        it.resources.running = 4;
    });
    server.command(".create table N (n: long)").status(200);
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let server = &server;
            scope.spawn(move || {
                for n in 0..25 {
                    server.command(&format!(".append N <| print n = {}", thread * 25 + n)).status(200);
                }
            });
        }
    });
    assert_eq!(server.query("N | summarize dcount(n), count()").rows(), json!([[100, 100]]));
}

#[test]
fn depth_is_bounded() {
    let server = Running::new(|_| {});
    for (open, close) in
        [("(", ")"), ("-", ""), ("toscalar(print x = ", ")"), ("dynamic([", "])"), ("iff(true, 1, ", ")")]
    {
        for count in [50, 500, 20_000] {
            let text = format!("print {}1{}", open.repeat(count), close.repeat(count));
            let status = server.query(&text).status;
            assert!(matches!(status, 200 | 400), "{open} {count}: {status}");
        }
    }
    let pipes = format!("Logons{}", " | extend x = 1 | where x > 0".repeat(20_000));
    assert!(matches!(server.query(&pipes).status, 200 | 400));
    server.query("print 1").status(200);
}

#[test]
fn tables_do_not_grow_without_end() {
    let server = Running::new(|it| {
        it.writable = true;
        it.resources.database_bytes = 100_000;
    });
    server.command(".set T <| range x from 1 to 1000 step 1").status(200);
    let full = server.command(".append T <| range x from 1 to 100000 step 1").status(400);
    assert!(full.message().contains("nothing was changed"), "{}", full.message());
    assert_eq!(server.query("T | count").rows(), json!([[1000]]));
    let rows = "1\n".repeat(100_000);
    server.send("POST /v1/rest/ingest/Logs/T?streamFormat=csv", &[], rows.as_bytes()).status(400);
    server.command(".drop table T").status(200);
}

#[test]
fn other_tables_take_their_place() {
    let server = Running::new(|_| {});
    let mut other = kqlite::Database::new();
    other.define("Two", "() { print Two = 2 }").unwrap();
    server.handle.replace(other);
    assert_eq!(server.query("Two()").status(200).rows(), json!([[2]]));
    server.query("Logons").status(400);
    assert_eq!(
        server.command(".show databases | project DatabaseName, Version").rows(),
        json!([["Logs", "v1.1"]])
    );
}
