//! Parquet and Arrow files on the command line, in a build that has them.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Calls the program in a folder.
fn kqlite(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_kqlite")).args(arguments).current_dir(folder).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[track_caller]
fn good(output: Output) -> String {
    assert!(output.status.success(), "{}", text(&output.stderr));
    text(&output.stdout)
}

/// A folder of its own for each test.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

const ROWS: &str = "datatable(Name: string, Size: long, At: datetime, Tags: dynamic) \
    ['a', 1, datetime(2024-06-30T12:00:00.1234567), dynamic(['x']), '', long(null), datetime(null), dynamic(null)]";

#[test]
fn what_is_written_is_read() {
    let folder = folder("written");
    for name in ["T.parquet", "T.arrow", "T.feather"] {
        good(kqlite(&folder, &["run", ROWS, "--output", name]));
        let query = "T | extend Kind = gettype(Tags)";
        let read = good(kqlite(&folder, &["run", query, "--data", name, "--format", "ndjson"]));
        let expected = "{\"Name\":\"a\",\"Size\":1,\"At\":\"2024-06-30T12:00:00.1234567Z\",\"Tags\":[\"x\"],\"Kind\":\"array\"}\n\
            {\"Name\":\"\",\"Size\":null,\"At\":null,\"Tags\":null,\"Kind\":\"null\"}\n";
        assert_eq!(read, expected, "{name}");
        let named =
            good(kqlite(&folder, &["run", "U | count", "--data", &format!("U={name}"), "--format", "csv"]));
        assert_eq!(named.trim_end().replace("\r\n", "\n"), "Count\n2");
    }
    // A folder, and the standard output.
    std::fs::remove_file(folder.join("T.arrow")).unwrap();
    std::fs::remove_file(folder.join("T.feather")).unwrap();
    let query = "T | where Size == 1 | project Name";
    let answer = kqlite(&folder, &["run", query, "--data", ".", "--format", "arrow"]);
    assert!(answer.stdout.starts_with(b"ARROW1"), "{}", text(&answer.stderr));
    let answer = kqlite(&folder, &["run", query, "--data", ".", "--format", "parquet"]);
    assert!(answer.stdout.starts_with(b"PAR1"), "{}", text(&answer.stderr));
}

#[test]
fn other_forms_go_to_a_file_by_its_name() {
    let folder = folder("forms");
    for (name, expected) in
        [("a.csv", "x\n1\n"), ("a.ndjson", "{\"x\":1}\n"), ("a.md", "| x |\n| ---: |\n| 1 |\n")]
    {
        assert_eq!(good(kqlite(&folder, &["run", "print x = 1", "--output", name])), "");
        let found = std::fs::read_to_string(folder.join(name)).unwrap().replace("\r\n", "\n");
        assert_eq!(found, expected, "{name}");
    }
}

#[test]
fn rows_and_columns_that_are_not_needed_change_nothing() {
    let folder = folder("needed");
    let rows = "range n from 1 to 20000 step 1 | extend Text = strcat('text ', n), Few = tostring(n % 3), Other = n * 2";
    good(kqlite(&folder, &["run", rows, "--output", "T.parquet"]));
    let run = |query: &str, threads: &str| {
        let arguments = ["run", query, "--data", "T.parquet", "--format", "csv", "--threads", threads];
        good(kqlite(&folder, &arguments)).replace("\r\n", "\n")
    };
    for threads in ["1", "3"] {
        assert_eq!(run("T | count", threads), "Count\n20000\n");
        assert_eq!(run("T | where n == 17 | project Text, Few", threads), "Text,Few\ntext 17,2\n");
        assert_eq!(
            run("T | where n > 19998 | summarize max(Text), count() by Few | sort by Few asc", threads),
            "Few,max_Text,count_\n1,text 19999,1\n2,text 20000,1\n"
        );
        assert_eq!(
            run(
                "T | where Few == '1' | join kind=inner (T | where n < 5) on Text | project n, Other1",
                threads
            ),
            "n,Other1\n1,2\n4,8\n"
        );
    }
}

#[test]
fn what_does_not_fit_is_told() {
    let folder = folder("misfit");
    let rows = "datatable(Timestamp: string, Subject: string) ['2024-06-30', 'a', 'yesterday', 'b']";
    good(kqlite(&folder, &["run", rows, "--output", "EmailEvents.parquet"]));
    let output =
        kqlite(&folder, &["run", "EmailEvents | summarize max(Timestamp)", "--data", "EmailEvents.parquet"]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(
        text(&output.stderr),
        "error[KQL0401]: EmailEvents.parquet, row 2, column 'Timestamp': 'yesterday' is not of the type datetime\n \
         = help: the table has built-in columns; --schema FILE gives it others\n"
    );
    let arguments = ["run", "EmailEvents | count", "--data", "EmailEvents.parquet", "--on-bad-row", "skip"];
    let output = kqlite(&folder, &arguments);
    assert!(
        text(&output.stderr).starts_with("skipped: EmailEvents.parquet, row 2"),
        "{}",
        text(&output.stderr)
    );
    std::fs::write(folder.join("B.parquet"), "PAR1 and no more").unwrap();
    let output = kqlite(&folder, &["run", "B", "--data", "B.parquet"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("B.parquet: the data is broken"), "{}", text(&output.stderr));
}
