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

/// What docs/data.md says of files, line by line.
#[test]
fn files_are_read_as_they_are_laid_out() {
    let here = folder("files");
    let write = |name: &str, text: &[u8]| write_in(&here, name, text);
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
    note(run("C | count", &title, &[]), "is it a title, to be left out?").out("Count\n2\n");
    let title = write("AD.csv", b"Extract of today\nid,name\n1,a\n");
    assert!(run("AD", &title, &[]).code(1).err.contains("--skip-lines N leaves out"));
    let bare = write("D.csv", b"1,a\n2,b\n");
    run("D", &bare, &["--no-header"]).code(0).out("Column1,Column2\n1,a\n2,b\n");
    let zeek = write(
        "E.tsv",
        b"#separator \\x09\n#fields\tts\tuid\n#types\ttime\tstring\n1719748211.5\tC1\n-\t-\n#close\tx\n",
    );
    note(run("E", &zeek, &[]), "a log of Zeek").out("ts,uid\n2024-06-30T11:50:11.5Z,C1\n,\n");
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
    assert!(called.err.contains("closing quote") && called.err.contains("--escape '\\'"), "{}", called.err);
    run("H", &backslash, &["--escape", "\\"]).code(0).out("a,b\n1,\"foo (\"\"foo\"\")\"\n");
    let quoted = write("O.csv", b"a,b\n'1,5',\"x\n");
    run("O", &quoted, &["--quote", "'"]).code(0).out("a,b\n\"1,5\",\"\"\"x\"\n");
    let bare = write("P.csv", b"a,b\n\"1,x\"\n");
    run("P", &bare, &["--quote", "none"]).code(0).out("a,b\n\"\"\"1\",\"x\"\"\"\n");
    let ragged = write("Q.csv", b"Level,Source\nInformation,Security,\"An account was logged on.\"\nError\n");
    let called = run("Q", &ragged, &[]).code(1);
    assert!(called.err.contains("--ragged pad"), "{}", called.err);
    run("Q", &ragged, &["--ragged", "pad"])
        .code(0)
        .out("Level,Source,Column3\nInformation,Security,An account was logged on.\nError,,\n");
    let twice = write("R.csv", b"a,a\n1,2\n");
    let called = run("R", &twice, &[]).code(1);
    assert!(called.err.contains("--skip-lines 1 --no-header"), "{}", called.err);
    run("R", &twice, &["--skip-lines", "1", "--no-header"]).code(0).out("Column1,Column2\n1,2\n");
    let latin = write("S.csv", b"a,b\n1,caf\xe9\n");
    let called = run("S", &latin, &[]).code(1);
    assert!(
        called.err.contains("S.csv, line 2, character 6: the text is not UTF-8, by the byte 0xE9"),
        "{}",
        called.err
    );
    assert!(called.err.contains("--encoding windows-1252"), "{}", called.err);
    run("S", &latin, &["--encoding", "windows-1252"]).code(0).out("a,b\n1,caf\u{e9}\n");
    let wide = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    let marked = write("T.csv", &wide("\u{feff}id,name\n1,\u{e9}\n"));
    run("T", &marked, &[]).code(0).out("id,name\n1,\u{e9}\n");
    let unmarked = write("U.csv", &wide("id,name\n1,\u{e9}\n"));
    assert!(run("U", &unmarked, &[]).code(1).err.contains("--encoding utf-16"));
    run("U", &unmarked, &["--encoding", "utf-16"]).code(0).out("id,name\n1,\u{e9}\n");
    let short = write("V.csv", b"a\n\x81\x30\n");
    assert!(
        run("V", &short, &["--encoding", "shift_jis"])
            .code(1)
            .err
            .contains("byte 3 of the text is not Shift_JIS")
    );
    run("V", &short, &["--encoding", "klingon"]).code(2);
    let records = write("I.json", b"{\"Records\":[{\"id\":1,\"name\":\"a\"}]}");
    assert_eq!(run("I", &records, &[]).code(0).out(rows).err, "");
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
    note(run("M", &half, &[]), "M.ndjson: line 1: the row has half of a character").out("a\ncut \u{fffd}\n");
    let twice = write("W.ndjson", b"{\"id\":\"x\",\"id\":\"y\"}\n{\"id\":\"z\"}\n");
    note(run("W", &twice, &[]), "W.ndjson: line 1: the row has a name twice: the last value is taken")
        .out("id\ny\nz\n");
    note(run("W | join kind=inner W on id | count", &twice, &[]), "the last value is taken")
        .out("Count\n2\n");
    let nan = write("X.ndjson", b"{\"r\":1.5,\"d\":[NaN]}\n{\"r\":Infinity}\n");
    note(
        run("X | project r, d", &nan, &[]),
        "2 rows have NaN or Infinity, which JSON lacks, the first in line 1",
    )
    .out("r,d\n1.5,[null]\ninf,\n");
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
    let paged = write("AE.json", b"{\"count\":1,\"results\":[{\"id\":1,\"name\":\"a\"}]}");
    note(run("AE | count", &paged, &["--strict"]), "there is one row; --path results reads the rows in it");
    run("AE", &paged, &["--path", "results"]).code(0).out(rows);
    let two = write("AF.ndjson", b"{\"id\":1,\"of\":[{\"x\":1}]}\n{\"id\":2,\"of\":[{\"x\":1}]}\n");
    assert_eq!(run("AF | count", &two, &[]).code(0).out("Count\n2\n").err, "");
    let hidden = write("OfficeActivity.json", b"{\"took\":5,\"hits\":{\"hits\":[{\"Operation\":\"x\"}]}}");
    note(run("OfficeActivity | count", &hidden, &[]), "--path hits.hits reads the rows");
    let mail = "EmailEvents | join kind=leftanti EmailUrlInfo on NetworkMessageId | count";
    let missing = write("EmailEvents.json", b"{\"Subject\":\"x\"}");
    let called = run(mail, &missing, &[]).code(0);
    assert!(called.err.contains("no data was given for the table 'EmailUrlInfo'"), "{}", called.err);
    assert!(called.err.contains("'Microsoft Defender XDR' (MicrosoftThreatProtection)"), "{}", called.err);
    let lines = write("conn.log", b"{\"id\":1,\"name\":\"a\"}\n");
    run("conn", &lines, &[]).code(0).out(rows);
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(b"#Version: 1.0\n#Fields: id name\n1 a\n").unwrap();
    let server = write("u_ex240630.log.gz", &packed.finish().unwrap());
    note(run("T", &format!("T={server}"), &[]), "read as a log of a web server").out(rows);
    let array = write("Y.ndjson", b"[{\"id\":1,\"name\":\"a\"}]\n");
    run("Y", &array, &[]).code(0).out(rows);
    let spread = write("Z.jsonl", b"{\n  \"id\": 1,\n  \"name\": \"a\"\n}\n");
    run("Z", &spread, &[]).code(0).out(rows);
    let around = write("AA.ndjson", b"{\"result\":{\"id\":1,\"name\":\"a\"}}\n");
    run("AA", &around, &["--path", "result"]).code(0).out(rows);
    let workbook = write("AB.xlsx", b"PK\x03\x04");
    assert!(run("AB", &workbook, &[]).code(2).err.contains("save the sheet as CSV"));
    let lines = write("AC.txt", b"Jun 30 11:50:00 host sshd[1]: \"x\", y\n");
    run("AC", &lines, &["--data-format", "txt"])
        .code(0)
        .out("Column1\n\"Jun 30 11:50:00 host sshd[1]: \"\"x\"\", y\"\n");
    let unknown = write("notes.txt", b"id,name\n1,a\n");
    assert!(run("notes", &unknown, &[]).code(2).err.contains("--data-format"));
    run("notes", &unknown, &["--data-format", "csv"]).code(0).out(rows);
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
