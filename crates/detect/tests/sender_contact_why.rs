//! The rule in examples/sender-contact: for every row, `why` names the step and the condition that a check in plain Rust
//! finds. It must not know the engine inside.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

use std::path::PathBuf;

use kqlite::{
    DataFormat, Database, DateTime, End, Fate, Options, Path, Query, Reason, RowRef, TableReader, Why,
};
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

    fn why(&self) -> Why {
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
fn path(fate: &Fate, read: usize) -> &Path {
    let mut paths = fate.paths.iter().filter(|path| path.read.number == read);
    let path = paths.next().unwrap_or_else(|| panic!("{}: step {read} reads it", fate.row));
    assert!(paths.next().is_none(), "{}: one path from step {read}", fate.row);
    path
}

/// The step after which nothing is left, and the reason.
#[track_caller]
fn vanished(path: &Path) -> (usize, &Reason) {
    let End::Vanished { step, .. } = &path.end else { panic!("it has not vanished: {:?}", path.end) };
    let stage = path.stages.last().unwrap();
    assert_eq!((&stage.step, stage.rows, stage.lost), (step, 0, 1));
    (step.number, &stage.losses[0].reason)
}

/// The condition that failed; all conditions have the values that they should have.
#[track_caller]
fn failed<'r>(reason: &'r Reason, expected: &Conditions) -> &'r str {
    let Reason::Condition { conditions, failed } = reason else { panic!("{reason:?}") };
    let found: Vec<(&str, bool)> =
        conditions.iter().map(|it| (it.text.as_str(), it.value == Some(true))).collect();
    assert_eq!(&found, expected);
    &conditions[*failed].text
}

#[test]
fn the_step_and_the_condition_of_every_row() {
    let example = Example::new();
    let mut told = [0; 3];
    for (fate, mail) in example.why().fates.iter().zip(&example.mails) {
        let main = path(fate, 6);
        let decisive = mail.reported().into_iter().find(|(_, conditions)| first_false(conditions).is_some());
        let known = old_mail(&example.mails, &mail.sender);
        if let Some((step, conditions)) = decisive {
            let (at, reason) = vanished(main);
            assert_eq!(at, step, "{}", mail.id);
            assert_eq!(Some(failed(reason, &conditions)), first_false(&conditions), "{}", mail.id);
            told[0] += 1;
        } else if known.len() > 3 {
            let (at, reason) = vanished(main);
            assert_eq!(at, 11, "{}", mail.id);
            let Reason::HasPartner { key, count, partners } = reason else { panic!("{reason:?}") };
            assert_eq!(key[0].value.as_str(), Some(&*mail.sender));
            let rows: Vec<usize> = partners[0].sources.iter().map(|row| row.row).collect();
            assert_eq!((*count, rows), (1, known), "{}", mail.id);
            told[1] += 1;
        } else {
            assert!(matches!(main.end, End::Answer { .. }), "{}: {:?}", mail.id, main.end);
            assert_eq!(fate.results.len(), 1, "{}", mail.id);
            told[2] += 1;
        }
    }
    assert_eq!(told.iter().sum::<i32>(), 80);
    assert!(told.iter().all(|count| *count > 2), "each kind is there: {told:?}");
}

#[test]
fn the_table_of_known_senders_tells_its_own_story() {
    let example = Example::new();
    for (fate, mail) in example.why().fates.iter().zip(&example.mails) {
        let path = path(fate, 1);
        let known = old_mail(&example.mails, &mail.sender);
        if let Some(condition) = first_false(&mail.known()) {
            let (at, reason) = vanished(path);
            assert_eq!((at, failed(reason, &mail.known())), (2, condition), "{}", mail.id);
        } else if known.len() <= 3 {
            let (at, reason) = vanished(path);
            assert_eq!(at, 4, "{}", mail.id);
            let Reason::Condition { conditions, failed: 0 } = reason else { panic!("{reason:?}") };
            let sentence = format!("`count_ > 3` is false: count_ is {}", known.len());
            assert_eq!(conditions[0].sentence, sentence, "{}", mail.id);
        } else {
            let End::Compared { step, text } = &path.end else { panic!("{}: {:?}", mail.id, path.end) };
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
        let origins = example.query.origins(&example.database, &example.options, row).unwrap();
        let found: Vec<usize> = origins.sources.iter().map(|it| it.row.row).collect();
        let cell = |name: &str| answer.value(row, name).unwrap().as_str().unwrap_or_default().to_owned();
        let (id, recipient) = (cell("NetworkMessageId"), cell("RecipientEmailAddress"));
        let recipient_of = |row: usize| {
            let cells = &origins.sources.iter().find(|it| it.row.row == row).unwrap().cells;
            cells.iter().find(|it| it.name == "RecipientEmailAddress").unwrap().value.to_text().to_string()
        };
        assert!(found.iter().all(|at| example.mails[*at].id == id && recipient_of(*at) == recipient));
        assert_eq!(answer.value(row, "count_").and_then(|it| it.as_long()), i64::try_from(found.len()).ok());
    }
}
