//! The rule in examples/sender-contact: for every row, `why` names the step and the condition that a check in plain Rust
//! finds. It must not know the engine inside.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

use std::path::PathBuf;

use kqlite::explain::{DropReason, Outcome, RowPath, RowRef, RowTrace, RowTraces};
use kqlite::{DataFormat, Database, DateTime, Options, Query, TableReader};
use kqlite_detect::{Rule, schema_of};
use serde_json::Value as Json;

fn read(name: &str) -> String {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../examples/sender-contact");
    std::fs::read_to_string(folder.join(name)).unwrap()
}

struct Example {
    database: Database,
    query: Query,
    options: Options,
    mails: Vec<Mail>,
}

impl Example {
    fn new() -> Self {
        let data = read("data/EmailEvents.ndjson");
        let reader = TableReader::new(DataFormat::NdJson).schema(schema_of("EmailEvents").unwrap());
        let mut database = Database::new();
        database.insert("EmailEvents", reader.read(data.as_bytes()).unwrap().table);
        let query = database.compile(&Rule::parse(&read("rule.yaml")).unwrap().query).unwrap();
        let options = Options::new(now());
        let mails = data.lines().map(Mail::parse).collect();
        Self { database, query, options, mails }
    }

    fn why(&self) -> RowTraces {
        let rows: Vec<RowRef> = (0..self.mails.len()).map(|row| RowRef::new("EmailEvents", row)).collect();
        self.query.why(&self.database, &self.options, &rows).unwrap()
    }
}

fn now() -> DateTime {
    DateTime::parse("2024-06-30T12:00:00Z").unwrap()
}

const HOUR: i64 = 36_000_000_000;

/// What the rule looks at.
struct Mail {
    id: String,
    time: i64,
    sender: String,
    name: String,
    action: String,
    direction: String,
    org: String,
    user: String,
}

/// A condition as it is written, and whether it holds.
type Conditions = Vec<(&'static str, bool)>;

impl Mail {
    fn parse(line: &str) -> Self {
        let json: Json = serde_json::from_str(line).unwrap();
        let text = |name: &str| json[name].as_str().unwrap_or_default().to_owned();
        Self {
            id: text("NetworkMessageId"),
            time: DateTime::parse(&text("Timestamp")).unwrap().0,
            sender: text("SenderFromAddress"),
            name: text("SenderDisplayName"),
            action: text("DeliveryAction"),
            direction: text("EmailDirection"),
            org: text("OrgLevelAction"),
            user: text("UserLevelAction"),
        }
    }

    fn is_microsoft(&self) -> bool {
        self.name.to_lowercase().contains("microsoft")
    }

    /// The conditions of the table of known senders.
    fn known(&self) -> Conditions {
        vec![
            ("Timestamp < ago(30d)", self.time < now().0 - 30 * 24 * HOUR),
            ("DeliveryAction == \"Delivered\"", self.action == "Delivered"),
            ("SenderDisplayName contains \"Microsoft\"", self.is_microsoft()),
        ]
    }

    /// The conditions of the main pipeline, by step.
    fn reported(&self) -> [(usize, Conditions); 2] {
        [
            (7, vec![("Timestamp > ago(24hrs)", self.time > now().0 - 24 * HOUR)]),
            (
                8,
                vec![
                    ("DeliveryAction == \"Delivered\"", self.action == "Delivered"),
                    ("EmailDirection == \"Inbound\"", self.direction == "Inbound"),
                    ("OrgLevelAction != \"Block\"", self.org != "Block"),
                    ("UserLevelAction != \"Block\"", self.user != "Block"),
                    ("SenderDisplayName contains \"Microsoft\"", self.is_microsoft()),
                ],
            ),
        ]
    }
}

fn first_false(conditions: &Conditions) -> Option<&'static str> {
    conditions.iter().find(|(_, holds)| !holds).map(|(text, _)| *text)
}

/// The rows that make a sender known, if there are enough of them.
fn old_mail(mails: &[Mail], sender: &str) -> Vec<usize> {
    let counts = |mail: &Mail| mail.sender == sender && first_false(&mail.known()).is_none();
    mails.iter().enumerate().filter(|(_, mail)| counts(mail)).map(|(row, _)| row).collect()
}

/// The path of the pipeline that reads the row in a step.
#[track_caller]
fn path(trace: &RowTrace, read: usize) -> &RowPath {
    let mut paths = trace.paths.iter().filter(|path| path.read.number == read);
    let path = paths.next().unwrap_or_else(|| panic!("{}: step {read} reads it", trace.row));
    assert!(paths.next().is_none(), "{}: one path from step {read}", trace.row);
    path
}

/// The step that drops the row, and the reason.
#[track_caller]
fn dropped(path: &RowPath) -> (usize, &DropReason) {
    let Outcome::Dropped { step, .. } = &path.outcome else {
        panic!("it was not dropped: {:?}", path.outcome)
    };
    let last = path.steps.last().unwrap();
    assert_eq!((&last.step, last.rows, last.dropped), (step, 0, 1));
    (step.number, &last.dropped_rows[0].reason)
}

/// The condition that failed; all conditions have the values that they should have.
#[track_caller]
fn failed<'r>(reason: &'r DropReason, expected: &Conditions) -> &'r str {
    let DropReason::Condition { conditions, failed } = reason else { panic!("{reason:?}") };
    let found: Vec<(&str, bool)> =
        conditions.iter().map(|it| (it.text.as_str(), it.value == Some(true))).collect();
    assert_eq!(&found, expected);
    &conditions[*failed].text
}

#[test]
fn the_step_and_the_condition_of_every_row() {
    let example = Example::new();
    let mut seen = [0; 3];
    for (trace, mail) in example.why().traces.iter().zip(&example.mails) {
        let main = path(trace, 6);
        let decisive = mail.reported().into_iter().find(|(_, conditions)| first_false(conditions).is_some());
        let known = old_mail(&example.mails, &mail.sender);
        if let Some((step, conditions)) = decisive {
            let (at, reason) = dropped(main);
            assert_eq!(at, step, "{}", mail.id);
            assert_eq!(Some(failed(reason, &conditions)), first_false(&conditions), "{}", mail.id);
            seen[0] += 1;
        } else if known.len() > 3 {
            let (at, reason) = dropped(main);
            assert_eq!(at, 11, "{}", mail.id);
            let DropReason::HasJoinMatch { key, count, matches } = reason else { panic!("{reason:?}") };
            assert_eq!(key[0].value.as_str(), Some(&*mail.sender));
            let rows: Vec<usize> = matches[0].sources.iter().map(|row| row.row).collect();
            assert_eq!((*count, rows), (1, known), "{}", mail.id);
            seen[1] += 1;
        } else {
            assert!(matches!(main.outcome, Outcome::Answer { .. }), "{}: {:?}", mail.id, main.outcome);
            assert_eq!(trace.results.len(), 1, "{}", mail.id);
            seen[2] += 1;
        }
    }
    assert_eq!(seen.iter().sum::<i32>(), 80);
    assert!(seen.iter().all(|count| *count > 2), "each kind is there: {seen:?}");
}

#[test]
fn the_rows_of_known_senders_are_followed_too() {
    let example = Example::new();
    for (trace, mail) in example.why().traces.iter().zip(&example.mails) {
        let path = path(trace, 1);
        let known = old_mail(&example.mails, &mail.sender);
        if let Some(condition) = first_false(&mail.known()) {
            let (at, reason) = dropped(path);
            assert_eq!((at, failed(reason, &mail.known())), (2, condition), "{}", mail.id);
        } else if known.len() <= 3 {
            let (at, reason) = dropped(path);
            assert_eq!(at, 4, "{}", mail.id);
            let DropReason::Condition { conditions, failed: 0 } = reason else { panic!("{reason:?}") };
            let sentence = format!("`count_ > 3` is false: count_ is {}", known.len());
            assert_eq!(conditions[0].sentence, sentence, "{}", mail.id);
        } else {
            let Outcome::Compared { step, text } = &path.outcome else {
                panic!("{}: {:?}", mail.id, path.outcome)
            };
            assert_eq!(step.number, 11);
            assert!(text.contains(&mail.sender), "{text}");
        }
    }
}

#[test]
fn every_row_of_the_answer_comes_from_its_message() {
    let example = Example::new();
    let answer = example.query.run(&example.database, &example.options).unwrap();
    for row in 0..answer.len() {
        let lineage = example.query.origins(&example.database, &example.options, row).unwrap();
        let found: Vec<usize> = lineage.sources.iter().map(|it| it.row.row).collect();
        let cell = |name: &str| answer.value(row, name).unwrap().as_str().unwrap_or_default().to_owned();
        let (id, recipient) = (cell("NetworkMessageId"), cell("RecipientEmailAddress"));
        let recipient_of = |row: usize| {
            let cells = &lineage.sources.iter().find(|it| it.row.row == row).unwrap().cells;
            cells.iter().find(|it| it.name == "RecipientEmailAddress").unwrap().value.to_text().to_string()
        };
        assert!(found.iter().all(|at| example.mails[*at].id == id && recipient_of(*at) == recipient));
        assert_eq!(answer.value(row, "count_").and_then(|it| it.as_long()), i64::try_from(found.len()).ok());
    }
}
