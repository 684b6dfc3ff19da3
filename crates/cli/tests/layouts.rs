//! Text files as they are in the wild: what docs/data.md says of each.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

#[path = "shared/program.rs"]
mod program;

use std::io::Write;
use std::path::{Path, PathBuf};

use program::{Called, kqlite};

/// A folder of this test's own.
fn folder(name: &str) -> PathBuf {
    let here = Path::new(env!("CARGO_TARGET_TMPDIR")).join("layouts").join(name);
    std::fs::create_dir_all(&here).unwrap();
    here
}

/// Writes a file of a test; gives its name.
fn write_in(here: &Path, name: &str, bytes: &[u8]) -> String {
    let path = here.join(name);
    std::fs::write(&path, bytes).unwrap();
    path.display().to_string()
}

/// Runs a query over a file, and prints CSV.
fn run(query: &str, data: &str, more: &[&str]) -> Called {
    kqlite(&[&["run", query, "--data", data, "--format", "csv"], more].concat())
}

/// A row of a table in docs/data.md, by its first cell, and what shows that it is so.
type Line = (&'static str, fn(&Files));

/// Where a line's files are, each called by a name of its own.
struct Files {
    here: PathBuf,
}

impl Files {
    fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> String {
        let path = self.here.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        write_in(&self.here, name, bytes.as_ref())
    }

    fn path(&self, name: &str) -> String {
        self.here.join(name).display().to_string()
    }
}

impl Called {
    /// The standard error holds a text.
    #[track_caller]
    fn says(self, expected: &str) -> Self {
        assert!(self.err.contains(expected), "{}", self.err);
        self
    }

    /// Nothing was said.
    #[track_caller]
    fn silent(self) -> Self {
        assert_eq!(self.err, "");
        self
    }
}

/// The rows that most of the files hold.
const ROWS: &str = "id,name\n1,a\n";

fn utf_16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut to = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    to.write_all(text).unwrap();
    to.finish().unwrap()
}

/// Every row of every table of docs/data.md, in its order.
const LINES: &[Line] = &[
    // Which files are read.
    ("`.csv`, `.tsv`", |files| {
        run("A", &files.write("A.csv", ROWS), &[]).code(0).out(ROWS).silent();
        run("B", &files.write("B.tsv", "id\tname\n1\ta\n"), &[]).code(0).out(ROWS).silent();
    }),
    ("`.ndjson`, `.jsonl`", |files| {
        run("A", &files.write("A.ndjson", "{\"id\":1,\"name\":\"a\"}\n"), &[]).code(0).out(ROWS);
        run("B", &files.write("B.ndjson", "[{\"id\":1,\"name\":\"a\"}]\n"), &[]).code(0).out(ROWS);
        run("C", &files.write("C.jsonl", "{\n  \"id\": 1,\n  \"name\": \"a\"\n}\n"), &[]).code(0).out(ROWS);
    }),
    ("`.json`", |files| {
        run("A", &files.write("A.json", "[{\"id\":1,\"name\":\"a\"}]"), &[]).code(0).out(ROWS);
        let two = files.write("B.json", "{\"id\":1,\"name\":\"a\"}{\"id\":2,\"name\":\"b\"}");
        run("B", &two, &[]).code(0).out("id,name\n1,a\n2,b\n");
    }),
    ("`.parquet`, `.arrow`, `.feather`", |files| {
        for name in ["A.parquet", "A.arrow", "A.feather"] {
            let path = files.path(name);
            let written = kqlite(&["run", "print id = 1, name = 'a'", "--output", &path]);
            if cfg!(feature = "parquet") {
                written.code(0);
                run("A", &path, &[]).code(0).out(ROWS);
            } else {
                written.code(2).says("--features parquet");
            }
        }
    }),
    ("one of the first five with `.gz`, `.zst`, `.bz2`, `.zip`", |files| {
        // The others: `packed_files_are_unpacked`.
        run("A", &files.write("A.csv.gz", gzip(ROWS.as_bytes())), &[]).code(0).out(ROWS);
    }),
    ("anything else, such as `conn.log`", |files| {
        run("conn", &files.write("conn.log", "{\"id\":1,\"name\":\"a\"}\n"), &[]).code(0).out(ROWS);
        let server = files.write("u_ex240630.log.gz", gzip(b"#Version: 1.0\n#Fields: id name\n1 a\n"));
        run("T", &format!("T={server}"), &[]).says("read as a log of a web server").out(ROWS);
        let unknown = files.write("notes.txt", ROWS);
        run("notes", &unknown, &[]).code(2).says("--data-format");
        run("notes", &unknown, &["--data-format", "csv"]).code(0).out(ROWS);
        run("A", &files.write("A.log", "id\tname\n1\ta\n"), &["--data-format", "tsv"]).code(0).out(ROWS);
        for (format, text) in
            [("json", "[{\"id\":1,\"name\":\"a\"}]"), ("ndjson", "{\"id\":1,\"name\":\"a\"}")]
        {
            run("B", &files.write("B.log", text), &["--data-format", format]).code(0).out(ROWS);
        }
        let lines = files.write("C.txt", "Jun 30 11:50:00 host sshd[1]: \"x\", y\n");
        run("C", &lines, &["--data-format", "txt"])
            .code(0)
            .out("Column1\n\"Jun 30 11:50:00 host sshd[1]: \"\"x\"\", y\"\n");
        run("D", &files.write("D.xlsx", "PK\x03\x04"), &[]).code(2).says("save the sheet as CSV");
    }),
    // Which file is which table.
    ("`logs/SigninLogs.csv.gz`", |files| {
        let path = files.write("logs/SigninLogs.csv.gz", gzip(b"ResultType\n0\n"));
        run("SigninLogs | project ResultType", &path, &[]).code(0).out("ResultType\n0\n");
    }),
    ("`SigninLogs=export.csv`", |files| {
        let path = files.write("export.csv", "ResultType\n0\n");
        run("SigninLogs | project ResultType", &format!("SigninLogs={path}"), &[])
            .code(0)
            .out("ResultType\n0\n");
    }),
    ("`SigninLogs=logs`, a folder", |files| {
        files.write("logs/a.csv", "ResultType\n0\n");
        files.write("logs/more/b.csv", "ResultType\n1\n");
        files.write("logs/.hidden.csv", "ResultType\n2\n");
        run("SigninLogs | project ResultType", &format!("SigninLogs={}", files.path("logs")), &[])
            .code(0)
            .out("ResultType\n0\n1\n");
    }),
    ("`'SigninLogs=logs/*.json'`", |files| {
        files.write("logs/a.json", "{\"ResultType\":\"0\"}");
        files.write("logs/b.json", "{\"ResultType\":\"1\"}");
        files.write("logs/c.csv", "ResultType\n2\n");
        run("SigninLogs | project ResultType", &format!("SigninLogs={}", files.path("logs/*.json")), &[])
            .code(0)
            .out("ResultType\n0\n1\n");
    }),
    ("`data`, a folder", |files| {
        files.write("data/A.csv", "x\n1\n");
        files.write("data/B/2024/06/any.csv", "x\n2\n");
        run("union withsource=t A, B | project t, x", &files.path("data"), &[])
            .code(0)
            .out("t,x\nA,1\nB,2\n");
    }),
    // Delimited text.
    ("`;`, tabs or bars between fields, and no comma in the header", |files| {
        for (name, text, said) in [
            ("A.csv", "id;name\n1;a\n", "A.csv: fields are separated by ';'"),
            ("B.csv", "id\tname\n1\ta\n", "B.csv: fields are separated by a tab"),
            ("C.csv", "id|name\n1|a\n", "C.csv: fields are separated by '|'"),
        ] {
            let path = files.write(name, text);
            run(&name[..1], &path, &[]).code(0).says(said).out(ROWS);
        }
        run("A", &files.path("A.csv"), &["--delimiter", ";"]).code(0).out(ROWS).silent();
        run("A", &files.path("A.csv"), &["--delimiter", ","]).code(0).out("id;name\n1;a\n");
    }),
    ("a first line `sep=;`, which Excel writes", |files| {
        let excel = files.write("B.csv", "sep=;\nid;name\n1;a\n");
        run("B", &excel, &[]).code(0).says("as its first line says").out(ROWS);
    }),
    ("a title above the header", |files| {
        let title = files.write("C.csv", "Extract of 2025-01-06\nid;name\n1;a\n");
        run("C", &title, &["--skip-lines", "1"]).code(0).out(ROWS);
        run("C | count", &title, &[]).code(0).says("is it a title, to be left out?").out("Count\n2\n");
        let title = files.write("D.csv", "Extract of today\nid,name\n1,a\n");
        run("D", &title, &[]).code(1).says("--skip-lines N leaves out");
    }),
    ("no header", |files| {
        let bare = files.write("D.csv", "1,a\n2,b\n");
        run("D", &bare, &["--no-header"]).code(0).out("Column1,Column2\n1,a\n2,b\n");
    }),
    ("a name twice in the header", |files| {
        let twice = files.write("R.csv", "a,a\n1,2\n");
        run("R", &twice, &[]).code(1).says("--skip-lines 1 --no-header");
        run("R", &twice, &["--skip-lines", "1", "--no-header"]).code(0).out("Column1,Column2\n1,2\n");
    }),
    ("other quotes than `\"`, or none that mean anything", |files| {
        let quoted = files.write("O.csv", "a,b\n'1,5',\"x\n");
        run("O", &quoted, &["--quote", "'"]).code(0).out("a,b\n\"1,5\",\"\"\"x\"\n");
        let bare = files.write("P.csv", "a,b\n\"1,x\"\n");
        run("P", &bare, &["--quote", "none"]).code(0).out("a,b\n\"\"\"1\",\"x\"\"\"\n");
    }),
    ("a quote behind a backslash in a quoted field", |files| {
        let backslash = files.write("H.csv", "a,b\n1,\"foo (\\\"foo\\\")\"\n");
        run("H", &backslash, &[]).code(1).says("closing quote").says("--escape '\\'");
        run("H", &backslash, &["--escape", "\\"]).code(0).out("a,b\n1,\"foo (\"\"foo\"\")\"\n");
    }),
    ("rows with more or fewer fields than the header", |files| {
        let text = "Level,Source\nInformation,Security,\"An account was logged on.\"\nError\n";
        let ragged = files.write("Q.csv", text);
        run("Q", &ragged, &[]).code(1).says("--ragged pad");
        run("Q", &ragged, &["--ragged", "pad"])
            .code(0)
            .out("Level,Source,Column3\nInformation,Security,An account was logged on.\nError,,\n");
    }),
    ("`TimeGenerated [UTC]`, as a portal writes it", |files| {
        let portal = files.write("SigninLogs.csv", "\"TimeGenerated [UTC]\"\n2024-06-30T11:50:00Z\n");
        run("SigninLogs | project TimeGenerated", &portal, &[])
            .code(0)
            .out("TimeGenerated\n2024-06-30T11:50:00Z\n")
            .silent();
    }),
    ("the `#separator` and `#fields` of Zeek's logs", |files| {
        let text =
            "#separator \\x09\n#fields\tts\tuid\n#types\ttime\tstring\n1719748211.5\tC1\n-\t-\n#close\tx\n";
        let zeek = files.write("E.tsv", text);
        run("E", &zeek, &[]).code(0).says("a log of Zeek").out("ts,uid\n2024-06-30T11:50:11.5Z,C1\n,\n");
    }),
    ("the `#Fields:` of web servers (IIS, CloudFront)", |files| {
        let log = files.write("A.log", "#Version: 1.0\n#Fields: id name\n1 -\n");
        run("A", &log, &[]).code(0).says("read as a log of a web server").out("id,name\n1,\n");
    }),
    // JSON.
    ("`{\"Records\": […]}`, `{\"records\": […]}`, `{\"value\": […]}` around the rows", |files| {
        for around in ["Records", "records", "value"] {
            let text = format!("{{\"{around}\":[{{\"id\":1,\"name\":\"a\"}}]}}");
            run("I", &files.write("I.json", text), &[]).code(0).out(ROWS).silent();
        }
        let several = "{\"records\":[{\"id\":1}]}\n{\"records\":[{\"id\":2}]}";
        run("J", &files.write("J.json", several), &[]).code(0).out("id\n1\n2\n");
    }),
    ("rows inside of something else", |files| {
        let inside = files.write("J.json", "{\"log\":{\"entries\":[{\"id\":1,\"name\":\"a\"}]}}");
        run("J", &inside, &["--path", "log.entries"]).code(0).out(ROWS);
        let hidden = files.write("N.json", "{\"events\":[{\"id\":1,\"name\":\"a\"}]}");
        run("N | count", &hidden, &[])
            .code(0)
            .says("--path events reads the rows in there")
            .out("Count\n1\n");
        let lines = "{\"result\":{\"id\":1,\"name\":\"a\"}}\n{\"result\":{\"id\":2,\"name\":\"b\"}}\n";
        let lines = files.write("K.ndjson", lines);
        run("K | count", &lines, &[]).code(0).out("Count\n2\n");
        run("K", &lines, &["--path", "result"]).code(0).out("id,name\n1,a\n2,b\n");
        let sources = "{\"hits\":{\"hits\":[{\"_source\":{\"id\":1,\"name\":\"a\"}}]}}";
        let sources = files.write("L.json", sources);
        run("L", &sources, &["--path", "hits.hits._source"]).code(0).out(ROWS);
        let paged = files.write("M.json", "{\"count\":1,\"results\":[{\"id\":1,\"name\":\"a\"}]}");
        run("M | count", &paged, &["--strict"]).says("there is one row; --path results reads the rows in it");
        let two = "{\"id\":1,\"of\":[{\"x\":1}]}\n{\"id\":2,\"of\":[{\"x\":1}]}\n";
        run("O | count", &files.write("O.ndjson", two), &[]).code(0).out("Count\n2\n").silent();
    }),
    ("an answer of Log Analytics or Kusto (`tables`, `Tables`, frames)", |files| {
        let log_analytics = "{\"tables\":[{\"name\":\"PrimaryResult\",\"columns\":[{\"name\":\"id\",\"type\":\"long\"},\
                             {\"name\":\"name\",\"type\":\"string\"}],\"rows\":[[1,\"a\"]]}]}";
        run("A", &files.write("A.json", log_analytics), &[]).code(0).out(ROWS);
        let first = "{\"Tables\":[{\"TableName\":\"Table_0\",\"Columns\":[{\"ColumnName\":\"id\",\"DataType\":\"Int64\",\
                     \"ColumnType\":\"long\"},{\"ColumnName\":\"name\",\"DataType\":\"String\",\"ColumnType\":\"string\"}],\
                     \"Rows\":[[1,\"a\"]]}]}";
        run("B", &files.write("B.json", first), &[]).code(0).out(ROWS);
        let query =
            "print d = decimal(1.5), t = 1h, g = guid(00000000-0000-0000-0000-000000000001), n = long(null)";
        let answer = files.path("K.json");
        kqlite(&["run", query, "--format", "kusto", "--output", &answer]).code(0);
        run("K | getschema | project ColumnName, ColumnType", &answer, &[])
            .code(0)
            .out("ColumnName,ColumnType\nd,decimal\nt,timespan\ng,guid\nn,long\n");
    }),
    ("a name twice in a row, or in an object inside of it", |files| {
        let twice = files.write("W.ndjson", "{\"id\":\"x\",\"id\":\"y\"}\n{\"id\":\"z\"}\n");
        let said = "W.ndjson: line 1: the row has a name twice: the last value is taken";
        run("W", &twice, &[]).code(0).says(said).out("id\ny\nz\n");
        run("W | join kind=inner W on id | count", &twice, &[])
            .says("the last value is taken")
            .out("Count\n2\n");
        let within = files.write("V.ndjson", "{\"o\":{\"x\":1,\"x\":2}}\n");
        run("V | project x = o.x", &within, &[]).code(0).out("x\n2\n");
    }),
    ("one half of a character, cut off (`\\ud83d`)", |files| {
        let half = files.write("M.ndjson", "{\"a\":\"cut \\ud83d\"}\n");
        let said = "M.ndjson: line 1: the row has half of a character";
        run("M", &half, &[]).code(0).says(said).out("a\ncut \u{fffd}\n");
    }),
    ("`NaN`, `Infinity`, `-Infinity`", |files| {
        let nan = files.write("X.ndjson", "{\"r\":1.5,\"d\":[NaN]}\n{\"r\":Infinity}\n{\"r\":-Infinity}\n");
        run("X | project r, d", &nan, &[])
            .says("3 rows have NaN or Infinity, which JSON lacks, the first in line 1")
            .out("r,d\n1.5,[null]\ninf,\n-inf,\n");
    }),
    // Values.
    ("another encoding than UTF-8", |files| {
        let latin = files.write("S.csv", b"a,b\n1,caf\xe9\n");
        run("S", &latin, &[])
            .code(1)
            .says("S.csv, line 2, character 6: the text is not UTF-8, by the byte 0xE9")
            .says("--encoding windows-1252");
        run("S", &latin, &["--encoding", "windows-1252"]).code(0).out("a,b\n1,caf\u{e9}\n");
        let marked = files.write("T.csv", utf_16("\u{feff}id,name\n1,\u{e9}\n"));
        run("T", &marked, &[]).code(0).out("id,name\n1,\u{e9}\n");
        let unmarked = files.write("U.csv", utf_16("id,name\n1,\u{e9}\n"));
        run("U", &unmarked, &[]).code(1).says("--encoding utf-16");
        run("U", &unmarked, &["--encoding", "utf-16"]).code(0).out("id,name\n1,\u{e9}\n");
        let short = files.write("V.csv", b"a\n\x81\x30\n");
        run("V", &short, &["--encoding", "shift_jis"]).code(1).says("byte 3 of the text is not Shift_JIS");
        run("V", &short, &["--encoding", "klingon"]).code(2);
    }),
    ("`2024-06-30T11:50:11+0000`, `2024-06-30 11:50:11,5`, `… UTC`, `… +00`", |files| {
        let times = [
            "2024-06-30T11:50:11+0000",
            "2024-06-30 11:50:11,5",
            "2024-06-30 11:50:11 UTC",
            "2024-06-30 11:50:11 +00",
        ];
        let text: String = times.iter().map(|time| format!("{{\"t\":\"{time}\"}}\n")).collect();
        run("G | summarize count() by of_type = gettype(t), bin(t, 1m)", &files.write("G.ndjson", text), &[])
            .code(0)
            .out("of_type,t,count_\ndatetime,2024-06-30T11:50:00Z,4\n");
    }),
    ("`6/30/2024, 11:50:00.123 AM` in a column of times", |files| {
        let times = "SigninLogs | project TimeGenerated";
        let portal =
            files.write("SigninLogs.csv", "TimeGenerated,ResultType\n\"6/30/2024, 11:50:00.123 AM\",0\n");
        run(times, &portal, &[]).code(0).out("TimeGenerated\n2024-06-30T11:50:00.123Z\n");
        let british = files.write("SigninLogs.tsv", "TimeGenerated\tResultType\n30/6/2024, 11:50:00\t0\n");
        run(times, &british, &[]).code(1).says("--dates dmy");
        run(times, &british, &["--dates", "dmy"]).code(0).out("TimeGenerated\n2024-06-30T11:50:00Z\n");
        let german = files.write("SigninLogs.tsv", "TimeGenerated\tResultType\n30.06.2024 11:50:00\t0\n");
        run(times, &german, &["--dates", "dmy"]).code(0).out("TimeGenerated\n2024-06-30T11:50:00Z\n");
    }),
    ("`1.234,5`", |files| {
        let commas = files.write("F.csv", "x;y\n1.234,5;a\n");
        run("F | project x", &commas, &[]).code(0).out("x\n\"1.234,5\"\n");
        run("F | project x", &commas, &["--decimal", ","]).code(0).out("x\n1234.5\n");
    }),
    ("whole numbers beyond 64 bits", |files| {
        let long = files.write("L.ndjson", "{\"n\":18446744073709551615}\n");
        run("L | project n, t = gettype(n)", &long, &[]).code(0).out("n,t\n18446744073709551615,decimal\n");
        let longer = "9".repeat(40);
        let path = files.write("M.ndjson", format!("{{\"n\":{longer}}}\n"));
        run("M | project n, t = gettype(n)", &path, &[]).code(0).out(&format!("n,t\n{longer},string\n"));
    }),
    ("other numbers", |files| {
        let reals = files.write("A.ndjson", "{\"r\":0.1000,\"s\":1.50}\n{\"r\":1e3,\"s\":\"x\"}\n");
        let schema = files.write("a.json", "{\"A\":{\"r\":\"real\",\"s\":\"string\"}}");
        run("A", &reals, &["--schema", &schema]).code(0).out("r,s\n0.1,1.50\n1000.0,x\n");
    }),
    // What is not used is told.
    (
        "a column like one of a built-in table: in other case, `EventName_s`, `Event Name`, `EventName [UTC]`",
        |files| {
            for like in ["eventName", "EventName_s", "Event Name"] {
                let names = files.write("AWSCloudTrail.ndjson", format!("{{\"{like}\":\"ConsoleLogin\"}}\n"));
                let said = format!("the data has '{like}', the table 'EventName'");
                run("AWSCloudTrail | count", &names, &[]).code(0).says(&said);
            }
            let zone = files.write("AWSCloudTrail.ndjson", "{\"EventName [UTC]\":\"ConsoleLogin\"}\n");
            run("AWSCloudTrail | count", &zone, &["--strict"])
                .code(1)
                .says("error[KQL0402]: ")
                .says("'EventName'");
        },
    ),
    ("other columns that the built-in table lacks", |files| {
        let own = files.write("SecurityAlert.ndjson", "{\"AlertName\":\"x\",\"Ticket\":7}\n");
        run("SecurityAlert | project Ticket", &own, &[])
            .says("the table 'SecurityAlert' has no column 'Ticket'")
            .out("Ticket\n7\n");
    }),
    ("no column of the table, but an array of objects", |files| {
        let hidden = "{\"took\":5,\"hits\":{\"hits\":[{\"Operation\":\"x\"}]}}";
        let hidden = files.write("OfficeActivity.json", hidden);
        run("OfficeActivity | count", &hidden, &[]).says("--path hits.hits reads the rows");
    }),
    ("nothing: no file was given for a known table", |files| {
        let missing = files.write("EmailEvents.json", "{\"Subject\":\"x\"}");
        run("EmailEvents | join kind=leftanti EmailUrlInfo on NetworkMessageId | count", &missing, &[])
            .code(0)
            .says("no data was given for the table 'EmailUrlInfo'")
            .says("'Microsoft Defender XDR' (MicrosoftThreatProtection)");
    }),
    // What a format cannot say; tests/round_trip.rs has what each can.
    ("CSV", |files| {
        let query = "datatable(s: string, n: long, d: dynamic)['', long(null), dynamic('1')]";
        let (csv, schema) = (
            files.path("A.csv"),
            files.write("a.json", "{\"A\":{\"s\":\"string\",\"n\":\"long\",\"d\":\"dynamic\"}}"),
        );
        kqlite(&["run", query, "--format", "csv", "--output", &csv]).code(0);
        run("A | project s = isempty(s), n = isnull(n), t = gettype(d)", &csv, &["--schema", &schema])
            .code(0)
            .out("s,n,t\ntrue,true,string\n");
    }),
    ("JSON, NDJSON, Kusto", |files| {
        let query = "print d = pack_array(1h, guid(74be27de-1e4e-49d9-b579-fe0b331d3642)), r = real(nan)";
        for (name, format) in [("A.json", "json"), ("A.ndjson", "ndjson"), ("A.kusto.json", "kusto")] {
            let path = files.path(name);
            kqlite(&["run", query, "--format", format, "--output", &path]).code(0);
            let schema = files.write("a.json", "{\"A\":{\"d\":\"dynamic\",\"r\":\"real\"}}");
            run(
                "A | project a = gettype(d[0]), b = gettype(d[1]), r",
                &format!("A={path}"),
                &["--schema", &schema],
            )
            .code(0)
            .out("a,b,r\nstring,string,NaN\n");
        }
    }),
    ("Parquet, Arrow", |files| {
        if !cfg!(feature = "parquet") {
            return;
        }
        let query = "datatable(t: datetime)[datetime(0001-01-01), datetime(2024-01-01 00:00:00.0000001)]";
        for name in ["A.parquet", "A.arrow"] {
            let path = files.path(name);
            let first = query.replace(".0000001", "");
            kqlite(&["run", &first, "--output", &path]).code(0);
            run("A", &path, &[]).code(0).out("t\n0001-01-01T00:00:00Z\n2024-01-01T00:00:00Z\n");
            kqlite(&["run", query, "--output", &path])
                .code(1)
                .says("outside the range of nanoseconds in 64 bits");
        }
    }),
];

#[test]
fn every_line_of_the_page_is_so() {
    let page = include_str!("../../../docs/data.md");
    let rows: Vec<&str> =
        page.lines().filter(|line| line.starts_with("| ") || line.starts_with("|---")).collect();
    // The first row of a table names its columns.
    let is_head = |at: usize| rows.get(at + 1).is_some_and(|next| next.starts_with("|---"));
    let rows = rows.iter().enumerate().filter(|(at, row)| !row.starts_with("|---") && !is_head(*at));
    let cells = rows.map(|(_, row)| row[2..].split(" | ").next().unwrap());
    let tested: Vec<&str> = LINES.iter().map(|(cell, _)| *cell).collect();
    assert_eq!(cells.collect::<Vec<_>>(), tested, "each line of docs/data.md has a test here");
    for (at, (cell, check)) in LINES.iter().enumerate() {
        println!("{cell}");
        let here = folder(&format!("line-{at}"));
        check(&Files { here });
    }
}

/// Gzip, Zstandard, bzip2 and zip, also under a name that does not say so.
#[test]
fn packed_files_are_unpacked() {
    let here = folder("packed");
    let text = format!("id,name\n1,a\n\n2,{}\n3,c\n", "b".repeat(100_000));
    let expected = "Count\n3\n";
    let check = |name: &str, bytes: &[u8]| {
        let path = write_in(&here, name, bytes);
        run("T | count", &format!("T={path}"), &[]).code(0).out(expected);
        path
    };
    let gzip = {
        let mut to = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        to.write_all(text.as_bytes()).unwrap();
        to.finish().unwrap()
    };
    let zstandard =
        ruzstd::encoding::compress_to_vec(text.as_bytes(), ruzstd::encoding::CompressionLevel::Fastest);
    let bzip2 = {
        let mut to = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
        to.write_all(text.as_bytes()).unwrap();
        to.finish().unwrap()
    };
    let zip = |names: &[&str]| {
        let mut to = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        for name in names {
            to.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
            to.write_all(text.as_bytes()).unwrap();
        }
        to.finish().unwrap().into_inner()
    };
    check("a.csv.gz", &gzip);
    check("b.csv.zst", &zstandard);
    check("c.csv.bz2", &bzip2);
    check("d.csv.zip", &zip(&["logs/d.csv", "__MACOSX/logs/._d.csv"]));
    for (name, bytes) in
        [("e.csv", &gzip), ("f.csv", &zstandard), ("g.csv", &bzip2), ("h.csv", &zip(&["x.csv"]))]
    {
        check(name, bytes);
    }
    // Parts one after the other are one text; frames of Zstandard that hold something else are passed over.
    let other = [&[0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3], &*zstandard].concat();
    check("i.csv.zst", &other);
    let half = zstandard.get(..zstandard.len() / 2).unwrap();
    for (name, bytes, message) in [
        ("j.csv.zst", half, "Zstandard data is broken"),
        ("k.csv.bz2", bzip2.get(..bzip2.len() / 2).unwrap(), "bzip2 data is cut off"),
        ("l.csv.bz2", b"id,name\n", "this is no bzip2 data"),
        ("m.csv.zst", b"id,name\n", "this is no Zstandard data"),
        ("n.csv.zip", b"id,name\n", "the zip archive cannot be read"),
        ("o.csv.zip", &zip(&["a.csv", "b.csv"]), "the archive has 2 files, and one is expected"),
    ] {
        let path = write_in(&here, name, bytes);
        let called = run("T | count", &format!("T={path}"), &[]).code(1);
        assert!(called.err.contains(message), "{name}: {}", called.err);
    }
    // What unpacks to very much is refused, whatever it is packed with.
    let large = vec![b'\n'; 20 << 20];
    let mut to = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::best());
    to.write_all(&large).unwrap();
    let bomb = to.finish().unwrap();
    let path = write_in(&here, "p.csv.bz2", &bomb);
    let called = run("T | count", &format!("T={path}"), &["--max-load-mb", "1"]).code(1);
    assert!(called.err.contains("the file unpacks to more than 1 MB"), "{}", called.err);
    let mut to = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    to.start_file("p.csv", zip::write::SimpleFileOptions::default()).unwrap();
    to.write_all(&large).unwrap();
    let path = write_in(&here, "q.csv.zip", to.finish().unwrap().get_ref());
    let called = run("T | count", &format!("T={path}"), &["--max-load-mb", "1"]).code(1);
    assert!(called.err.contains("the file unpacks to more than 1 MB"), "{}", called.err);
}

/// A folder has a table a file, and a table a folder; hidden files are none.
#[test]
fn folders_are_read() {
    let here = folder("folder");
    write_in(&here, "A.json", b"{\"a\":1}");
    write_in(&here, "._A.json", &[0, 5, 22, 7]);
    std::fs::create_dir_all(here.join("B/2024/06")).unwrap();
    write_in(&here, "B/2024/06/x.json", b"{\"b\":2}");
    write_in(&here, "B/y.csv.txt", b"no data");
    let all = here.display().to_string();
    run("union withsource=t * | project t, n = coalesce(a, b)", &all, &[]).code(0).out("t,n\nA,1\nB,2\n");
}

/// The types that were guessed are told, and can be kept.
#[test]
fn types_are_guessed_and_kept() {
    let here = folder("types");
    let later =
        "id,at,n\n".to_owned() + &"007,2024-06-30 11:50:11 +0000,1\n".repeat(2000) + "8,2024-06-30,1.5\n";
    let data = write_in(&here, "T.csv", later.as_bytes());
    let called = run("T | summarize sum(n)", &data, &[]).code(0).out("sum_n\n2001.5\n");
    assert!(
        called.err.contains("the column 'n' is long in the first rows, and read as real"),
        "{}",
        called.err
    );
    let schema = here.join("schema.json").display().to_string();
    kqlite(&["types", "--data", &data, "--output", &schema]).code(0).out("");
    let expected =
        "{\n  \"T\": {\n    \"id\": \"string\",\n    \"at\": \"datetime\",\n    \"n\": \"real\"\n  }\n}\n";
    assert_eq!(std::fs::read_to_string(&schema).unwrap(), expected);
    let called = run("T | summarize sum(n)", &data, &["--schema", &schema]).code(0).out("sum_n\n2001.5\n");
    assert_eq!(called.err, "");
    std::fs::write(&schema, expected.replace("real", "string")).unwrap();
    run("T | summarize max(n)", &data, &["--schema", &schema]).code(0).out("max_n\n1.5\n");
    let known = write_in(&here, "SigninLogs.ndjson", b"{\"ResultType\":50126,\"Mine\":1}");
    let called = kqlite(&["types", "--data", &known]).code(0);
    assert!(called.out.contains("\"ResultType\": \"string\"") && called.out.contains("\"Mine\": \"long\""));
}

/// A folder or a pattern is one table: rows by the files' names, columns of all files.
#[test]
fn many_files_are_one_table() {
    let here = folder("many");
    std::fs::create_dir_all(here.join("2024/06")).unwrap();
    write_in(&here, "2024/06/a.ndjson", b"{\"n\":1,\"x\":1}\n{\"n\":2}\n");
    write_in(&here, "b.json", b"[{\"n\":3,\"x\":1.5},{\"n\":4,\"y\":\"why\"}]");
    let all = format!("T={}", here.display());
    let called = run("T", &all, &[]).code(0).out("n,x,y\n1,1.0,\n2,,\n3,1.5,\n4,,why\n");
    assert!(called.err.contains("a.ndjson: the column 'x' is long, and read as real"), "{}", called.err);
    run("T | where n > 2 | project n", &all, &[]).code(0).out("n\n3\n4\n");
    run("T | take 1 | project n", &all, &[]).code(0).out("n\n1\n");
    run("T | join kind=inner T on n | count", &all, &[]).code(0).out("Count\n4\n");
    run("T | count", &format!("T={}/*.json", here.display()), &[]).code(0).out("Count\n2\n");
    run("b | count", &format!("{}/*.json", here.display()), &[]).code(0).out("Count\n2\n");
    let called = run("T", &format!("T={}/*.gz", here.display()), &[]).code(2);
    assert!(called.err.contains("there is no such file"), "{}", called.err);
    // A row far down in one of them has another type: whatever reads the table, it is one that holds all.
    let later = "{\"n\":5}\n".repeat(2000) + "{\"n\":\"six\"}\n";
    let path = write_in(&here, "c.ndjson", later.as_bytes());
    for query in [
        "T | summarize take_any(gettype(n)), count()",
        "T | join kind=leftsemi T on $left.y == $right.y | summarize take_any(gettype(n)), count()",
    ] {
        let called = run(query, &all, &[]).code(0);
        assert!(called.out.ends_with(",2005\n"), "{}", called.out);
    }
    run("T | summarize count() by tostring(n) | where n == 'six'", &all, &[])
        .code(0)
        .out("n,count_\nsix,1\n");
    std::fs::remove_file(path).unwrap();
    // What is wrong is told with its file.
    let path = write_in(&here, "d.ndjson", b"{\"n\":oh}\n");
    let called = run("T", &all, &[]).code(1);
    assert!(called.err.contains("d.ndjson, line 1, character 6"), "{}", called.err);
    run("T | count", &all, &["--on-bad-row", "skip"]).code(0).out("Count\n4\n");
    std::fs::remove_file(path).unwrap();
    let path = write_in(&here, "e.csv", b"n\n7\n");
    assert!(run("T", &all, &[]).code(2).err.contains("the files of one table are all of one kind"));
    std::fs::remove_file(path).unwrap();
    // Of a built-in table, too.
    let signins = folder("many-signins");
    write_in(&signins, "a.csv", b"\"TimeGenerated [UTC]\",ResultType\n\"6/30/2024, 11:50:00 AM\",0\n");
    write_in(&signins, "b.csv", b"ResultType;TimeGenerated;Mine\n1;2024-06-30T12:00:00Z;x\n");
    let data = format!("SigninLogs={}", signins.display());
    run("SigninLogs | project TimeGenerated, ResultType, Mine", &data, &[])
        .code(0)
        .out("TimeGenerated,ResultType,Mine\n2024-06-30T11:50:00Z,0,\n2024-06-30T12:00:00Z,1,x\n");
}
