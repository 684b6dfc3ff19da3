//! Answers as Arrow streams, for who asks for them.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

#[path = "shared/running.rs"]
mod running;

use kqlite::{OutputFormat, Table};
use running::{Answer, Running};

fn ask(server: &Running, text: &str) -> Answer {
    let body = serde_json::json!({"db": "Logs", "csl": text}).to_string();
    let headers = [("Accept", "application/vnd.apache.arrow.stream"), ("Content-Type", "application/json")];
    server.send("POST /v2/rest/query", &headers, body.as_bytes())
}

fn table(answer: Answer) -> Table {
    let file = kqlite_arrow::Reader::new().open(bytes::Bytes::from(answer.body)).unwrap();
    file.read(None).unwrap().table
}

#[test]
fn answers_are_arrow_streams() {
    let server = Running::new(|it| it.resources.records = 5);
    let answer = ask(&server, "Logons | project User, Failures").status(200);
    assert_eq!(answer.header("content-type"), Some("application/vnd.apache.arrow.stream"));
    assert_eq!(table(answer).to_text(OutputFormat::Csv), "User,Failures\nann,2\nbob,9\n");
    let command = ask(&server, ".show tables | project TableName").status(200);
    assert_eq!(table(command).to_text(OutputFormat::Csv), "TableName\nLogons\n");
    // A stream has no place for what is wrong with it: what cannot be sent as a whole is not sent.
    let cut = ask(&server, "range x from 1 to 9 step 1").status(400);
    assert!(cut.message().contains("limit of 5 records"));
    let wrong = ask(&server, "Logons | where Usr == 1").status(400);
    assert!(wrong.message().starts_with("Semantic error"));
}
