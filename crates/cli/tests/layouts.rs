//! Text files as they are in the wild: what docs/data.md says of each.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

#[path = "shared/program.rs"]
mod program;

use std::path::Path;

use program::{Called, kqlite};

/// What docs/data.md says of files, line by line.
#[test]
fn files_are_read_as_they_are_laid_out() {
    let here = Path::new(env!("CARGO_TARGET_TMPDIR")).join("layouts");
    std::fs::create_dir_all(here.join("folder")).unwrap();
    let write = |name: &str, text: &[u8]| {
        let path = here.join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let run = |query: &str, data: &str, more: &[&str]| {
        let arguments = [&["run", query, "--data", data, "--format", "csv"], more].concat();
        kqlite(&arguments)
    };
    let note = |called: Called, expected: &str| {
        assert!(called.err.contains(expected), "{}", called.err);
        called.code(0)
    };
    let rows = "id,name\n1,a\n";
    let semicolons = write("A.csv", b"id;name\n1;a\n");
    note(run("A", &semicolons, &[]), "A.csv: fields are separated by ';'").out(rows);
    let called = run("A", &semicolons, &["--delimiter", ";"]).out(rows);
    assert_eq!(called.err, "");
    run("A", &semicolons, &["--delimiter", ","]).out("id;name\n1;a\n");
    let excel = write("B.csv", b"sep=;\nid;name\n1;a\n");
    note(run("B", &excel, &[]), "as its first line says").out(rows);
    let title = write("C.csv", b"Extract of 2025-01-06\nid;name\n1;a\n");
    run("C", &title, &["--skip-lines", "1"]).code(0).out(rows);
    let bare = write("D.csv", b"1,a\n2,b\n");
    run("D", &bare, &["--no-header"]).code(0).out("Column1,Column2\n1,a\n2,b\n");
    let zeek = write(
        "E.tsv",
        b"#separator \\x09\n#fields\tts\tuid\n#types\ttime\tstring\n1.5\tC1\n2.5\t-\n#close\tx\n",
    );
    note(run("E", &zeek, &[]), "a log of Zeek").out("ts,uid\n1.5,C1\n2.5,\n");
    let portal =
        write("SigninLogs.csv", b"\"TimeGenerated [UTC]\",ResultType\n\"6/30/2024, 11:50:00.123 AM\",0\n");
    let times = "SigninLogs | project TimeGenerated";
    run(times, &portal, &[]).code(0).out("TimeGenerated\n2024-06-30T11:50:00.123Z\n");
    let british = write("SigninLogs.tsv", b"TimeGenerated\tResultType\n30/6/2024, 11:50:00\t0\n");
    let called = run(times, &british, &[]).code(1);
    assert!(called.err.contains("--dates dmy"), "{}", called.err);
    run(times, &british, &["--dates", "dmy"]).code(0).out("TimeGenerated\n2024-06-30T11:50:00Z\n");
    let commas = write("F.csv", b"x;y\n1.234,5;a\n");
    run("F | project x", &commas, &[]).code(0).out("x\n\"1.234,5\"\n");
    run("F | project x", &commas, &["--decimal", ","]).code(0).out("x\n1234.5\n");
    let spelled =
        write("G.ndjson", b"{\"t\":\"2024-06-30T11:50:11+0000\"}\n{\"t\":\"2024-06-30 11:50:11,5\"}\n");
    run("G | where t > datetime(2024-01-01) | count", &spelled, &[]).code(0).out("Count\n2\n");
    let backslash = write("H.csv", b"a,b\n1,\"foo (\\\"foo\\\")\"\n");
    let called = run("H", &backslash, &[]).code(1);
    assert!(called.err.contains("closing quote"), "{}", called.err);
    let records = write("I.json", b"{\"Records\":[{\"id\":1,\"name\":\"a\"}]}");
    run("I", &records, &[]).code(0).out(rows);
    let inside = write("J.json", b"{\"log\":{\"entries\":[{\"id\":1,\"name\":\"a\"}]}}");
    run("J", &inside, &["--path", "log.entries"]).code(0).out(rows);
    let answer = here.join("K.json").display().to_string();
    let query =
        "print d = decimal(1.5), t = 1h, g = guid(00000000-0000-0000-0000-000000000001), n = long(null)";
    kqlite(&["run", query, "--format", "kusto", "--output", &answer]).code(0);
    run("K | getschema | project ColumnName, ColumnType", &answer, &[])
        .code(0)
        .out("ColumnName,ColumnType\nd,decimal\nt,timespan\ng,guid\nn,long\n");
    let long = write("L.ndjson", b"{\"n\":18446744073709551615}\n");
    run("L", &long, &[]).code(0).out("n\n18446744073709551615\n");
    let half = write("M.ndjson", b"{\"a\":\"cut \\ud83d\"}\n");
    run("M", &half, &[]).code(0).out("a\ncut \u{fffd}\n");
    let names = write("AWSCloudTrail.ndjson", b"{\"eventName\":\"ConsoleLogin\"}\n");
    note(run("AWSCloudTrail | count", &names, &[]), "the data has 'eventName', the table 'EventName'");
    let strict = run("AWSCloudTrail | count", &names, &["--strict"]).code(1);
    assert!(strict.err.starts_with("error[KQL0402]: "), "{}", strict.err);
    let own = write("SecurityAlert.ndjson", b"{\"AlertName\":\"x\",\"Ticket\":7}\n");
    note(
        run("SecurityAlert | project Ticket", &own, &[]),
        "the table 'SecurityAlert' has no column 'Ticket'",
    )
    .out("Ticket\n7\n");
    let hidden = write("N.json", b"{\"events\":[{\"id\":1,\"name\":\"a\"}]}");
    note(run("N | count", &hidden, &[]), "--path events reads the rows in there").out("Count\n1\n");
    let hidden = write("OfficeActivity.json", b"{\"took\":5,\"hits\":{\"hits\":[{\"Operation\":\"x\"}]}}");
    note(run("OfficeActivity | count", &hidden, &[]), "--path hits.hits reads the rows");
    let mail = "EmailEvents | join kind=leftanti EmailUrlInfo on NetworkMessageId | count";
    let missing = write("EmailEvents.json", b"{\"Subject\":\"x\"}");
    let called = run(mail, &missing, &[]).code(0);
    assert!(called.err.contains("no data was given for the table 'EmailUrlInfo'"), "{}", called.err);
    assert!(called.err.contains("'Microsoft Defender XDR' (MicrosoftThreatProtection)"), "{}", called.err);
    std::fs::write(here.join("folder/A.json"), "{\"a\":1}").unwrap();
    std::fs::write(here.join("folder/._A.json"), [0, 5, 22, 7]).unwrap();
    run("union * | count", &here.join("folder").display().to_string(), &[]).code(0).out("Count\n1\n");
}
