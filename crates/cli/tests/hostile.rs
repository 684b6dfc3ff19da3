//! The command line among hostile queries and bad luck: limits, Ctrl-C, full disks, closed pipes, files that are no files.
//! Real processes and signals; nothing here waits longer than it must.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic, clippy::expect_used, reason = "a test may fail")]

use std::fs;
use std::io::Read;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

/// A query of one step that takes minutes and does not look at the clock in between.
const NO_END: &str = "print replace_strings(strrep('ab', 500000), repeat('zz', 100000), repeat('y', 100000))";

/// An empty folder of a test.
fn folder(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("hostile").join(name);
    let _ = fs::remove_dir_all(&path);
    fs::create_dir_all(&path).unwrap();
    path
}

fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kqlite"));
    // Whether the tests themselves run in CI must not matter.
    command.args(arguments).current_dir(folder).env_remove("CI").stdin(Stdio::null());
    command
}

fn kqlite(folder: &Path, arguments: &[&str]) -> Output {
    command(folder, arguments).output().unwrap()
}

#[track_caller]
fn fails(output: &Output, code: i32, parts: &[&str]) {
    let err = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{err}");
    for part in parts {
        assert!(err.contains(part), "'{part}' is not in: {err}");
    }
}

fn names(folder: &Path) -> Vec<String> {
    let name = |it: std::io::Result<fs::DirEntry>| it.unwrap().file_name().to_string_lossy().into_owned();
    let mut names: Vec<String> = fs::read_dir(folder).unwrap().map(name).collect();
    names.sort();
    names
}

/// A query that runs for minutes, in steps.
const LONG: &str = "range x from 1 to 3000000000 step 1 | where hash(x) == 0 | count";
/// A query whose answer is large and is made quickly.
const LARGE: &str = "range x from 1 to 200000 step 1 | extend y = strcat('row ', x)";

#[test]
fn a_query_has_limits_in_every_command() {
    let here = folder("limits");
    for command in [&["run"] as &[&str], &["explain"], &["bench", "--repeat", "1"], &["why", "--result", "0"]]
    {
        let call = |more: &[&str]| kqlite(&here, &[command, more].concat());
        fails(
            &call(&[LONG, "--timeout", "1", "--max-rows", "9999999999"]),
            1,
            &["KQL0308", "--timeout SECONDS"],
        );
        fails(&call(&["range x from 1 to 9 step 1", "--max-rows", "8"]), 1, &["KQL0306", "--max-rows N"]);
        let sorted = "range x from 1 to 1000000 step 1 | sort by x desc | take 900000";
        fails(&call(&[sorted, "--max-mb", "1"]), 1, &["KQL0307", "--max-mb N"]);
        let nested = "print toscalar(print toscalar(print toscalar(print 1)))";
        fails(&call(&[nested, "--max-depth", "1"]), 1, &["nested deeper than the limit of 1"]);
        assert_eq!(call(&["print 1", "--timeout", "0", "--max-depth", "1"]).status.code(), Some(0));
    }
}

#[test]
fn rows_without_room_in_memory_go_into_a_folder() {
    let here = folder("spill");
    fs::create_dir(here.join("rows")).unwrap();
    let query =
        "range x from 1 to 600000 step 1 | summarize c = count() by k = hash(x) | summarize count(), sum(c)";
    let run =
        |more: &[&str]| kqlite(&here, &[&["run", query, "--format", "csv", "--max-mb", "16"], more].concat());
    fails(&run(&[]), 1, &["KQL0307", "--max-mb N", "--spill-dir FOLDER"]);
    let output = run(&["--spill-dir", "rows"]);
    fails(&output, 0, &[]);
    assert_eq!(String::from_utf8_lossy(&output.stdout), "count_,sum_c\n600000,600000\n");
    assert_eq!(names(&here.join("rows")), [""; 0]);
    fails(&run(&["--spill-dir", "elsewhere"]), 2, &["--spill-dir elsewhere: No such file"]);
}

#[test]
fn what_a_limit_cannot_stop_the_process_does() {
    // One call of a function, which may not look at the clock.
    let here = folder("watchdog");
    let query = NO_END;
    let start = Instant::now();
    fails(&kqlite(&here, &["run", query, "--timeout", "1"]), 1, &["KQL0308", "--timeout SECONDS"]);
    assert!(start.elapsed() < Duration::from_secs(8), "{:?}", start.elapsed());
}

#[test]
fn an_answer_has_a_size() {
    let here = folder("size");
    fs::write(here.join("old.csv"), "old").unwrap();
    let query = "range x from 1 to 100 step 1 | extend y = strrep('x', 200000)";
    for more in [
        &["run", query, "--format", "csv"] as &[&str],
        &["run", query, "--output", "old.csv"],
        &["run", query, "--format", "json", "--output", "new.json"],
        &["explain", query, "--format", "json"],
        &["explain", query, "--format", "html", "--output", "new.html"],
    ] {
        let output = kqlite(&here, &[more, &["--max-output-mb", "1"]].concat());
        fails(&output, 1, &["is larger than 1 MB", "--max-output-mb N"]);
        assert!(output.stdout.len() <= 1 << 20, "{more:?}");
    }
    assert_eq!(names(&here), ["old.csv"]);
    assert_eq!(fs::read(here.join("old.csv")).unwrap(), b"old");
    let all = kqlite(&here, &["run", query, "--format", "csv", "--max-output-mb", "0"]);
    assert_eq!(all.stdout.len(), "x,y\n".len() + 100 * 200_002 + (9 + 90 * 2 + 3));
}

/// The process listens for Ctrl-C: bit 2 of the signals that it catches.
fn is_listening(child: &Child) -> bool {
    let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
    let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:"));
    caught.is_some_and(|mask| u64::from_str_radix(mask.trim(), 16).unwrap() & 2 != 0)
}

/// Sends Ctrl-C once the process is at work, and says with which code and after what time it ends.
#[track_caller]
fn interrupt(mut child: Child) -> (Option<i32>, Duration, String) {
    while Path::new("/proc/self/status").exists() && !is_listening(&child) {
        assert!(child.try_wait().unwrap().is_none(), "it has ended before");
        std::thread::sleep(Duration::from_millis(10));
    }
    std::thread::sleep(Duration::from_millis(500));
    assert!(child.try_wait().unwrap().is_none(), "it has ended before");
    let sent = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(sent.success());
    let start = Instant::now();
    let code = child.wait().unwrap().code();
    let took = start.elapsed();
    let mut err = String::new();
    child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
    (code, took, err)
}

#[track_caller]
fn ends_soon(command: &mut Command) {
    let child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let (code, took, err) = interrupt(child);
    assert_eq!(code, Some(130), "{err}");
    assert_eq!(err, "");
    // 200 ms, and what other processes take.
    assert!(took < Duration::from_secs(1), "{took:?}");
}

#[test]
fn ctrl_c_ends_every_command() {
    let here = folder("ctrl-c");
    fs::write(here.join("a.test.yaml"), format!("tests:\n- {{name: a, query: '{LONG}', rows: 1}}\n"))
        .unwrap();
    let rows = ["--max-rows", "9999999999"];
    let call = |arguments: &[&str]| ends_soon(&mut command(&here, &[arguments, &rows].concat()));
    call(&["run", LONG]);
    // In one call of a function that looks at no flag.
    call(&["run", NO_END]);
    call(&["explain", LONG]);
    call(&["why", LONG, "--result", "0"]);
    call(&["bench", LONG]);
    call(&["test"]);
    call(&["test", "--watch"]);
    call(&["test", "--update"]);
}

#[test]
fn ctrl_c_leaves_no_half_file() {
    let here = folder("ctrl-c-file");
    fs::write(here.join("old.csv"), "old").unwrap();
    // The answer is made at once and takes long to write.
    let query = "range x from 1 to 5000000 step 1";
    let mut call = command(&here, &["run", query, "--output", "old.csv"]);
    let mut child = call.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    while names(&here).len() < 2 && child.try_wait().unwrap().is_none() {
        std::thread::sleep(Duration::from_millis(5));
    }
    Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert_eq!(names(&here), ["old.csv"]);
    assert_eq!(fs::read(here.join("old.csv")).unwrap(), b"old");
}

#[test]
fn links_and_pipes_are_written_to() {
    let here = folder("links");
    fs::create_dir(here.join("rules")).unwrap();
    fs::write(here.join("rules/a.kql"), "print   1").unwrap();
    symlink("rules/a.kql", here.join("a.kql")).unwrap();
    assert_eq!(kqlite(&here, &["fmt", "a.kql"]).status.code(), Some(0));
    assert!(here.join("a.kql").is_symlink());
    assert_eq!(fs::read_to_string(here.join("rules/a.kql")).unwrap(), "print 1\n");
    let run = |path: &str| kqlite(&here, &["run", "print a = 1", "--format", "csv", "--output", path]);
    assert_eq!(run("/dev/stdout").stdout, b"a\n1\n");
    // Of a file behind the standard output, what others write to it comes after.
    let both = format!(
        "{} run 'print a=1' --format csv --output /dev/stdout; echo b >> out",
        env!("CARGO_BIN_EXE_kqlite")
    );
    Command::new("sh").args(["-c", &format!("({both}) > out")]).current_dir(&here).status().unwrap();
    assert_eq!(fs::read_to_string(here.join("out")).unwrap(), "a\n1\nb\n");
    assert!(Command::new("mkfifo").arg(here.join("pipe")).status().unwrap().success());
    let reader = {
        let path = here.join("pipe");
        std::thread::spawn(move || fs::read(path).unwrap())
    };
    assert_eq!(run("pipe").status.code(), Some(0));
    assert_eq!(reader.join().unwrap(), b"a\n1\n");
    assert_eq!(names(&here), ["a.kql", "out", "pipe", "rules"]);
}

#[test]
fn what_cannot_be_written_is_told_with_its_name() {
    let here = folder("full");
    fs::write(here.join("a.test.yaml"), "tests:\n- {name: a, query: print 1, rows: 1}\n").unwrap();
    for arguments in [
        &["run", LARGE] as &[&str],
        &["run", "print 1", "--format", "ndjson"],
        &["explain", "print 1"],
        &["why", "print 1", "--result", "0", "--format", "json"],
        &["test", ".", "--format", "junit"],
    ] {
        let output = kqlite(&here, &[arguments, &["--output", "/dev/full"]].concat());
        fails(&output, 2, &["/dev/full: No space left on device"]);
        fails(
            &kqlite(&here, &[arguments, &["--output", "no/folder"]].concat()),
            2,
            &["no/folder: No such file"],
        );
        let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let output = command(&here, arguments).stdout(full).output().unwrap();
        fails(&output, 2, &["standard output: No space left on device"]);
    }
}

#[test]
fn a_reader_that_has_seen_enough_is_no_failure() {
    let here = folder("head");
    let query = LARGE.to_owned();
    let mut forms = vec!["table", "json", "ndjson", "csv", "markdown", "kusto"];
    if cfg!(feature = "parquet") {
        forms.extend(["parquet", "arrow"]);
    }
    for form in forms {
        let mut call = command(&here, &["run", &query, "--format", form, "--timeout", "0"]);
        let mut child = call.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut first = [0; 10];
        child.stdout.take().unwrap().read_exact(&mut first).unwrap();
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{form}");
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{form}");
    }
}

/// A test file of one test.
fn test_file(query: &str, more: &str) -> String {
    format!("tests:\n- name: one\n  query: |\n    {query}\n  rows: 1\n{more}")
}

#[test]
fn a_test_that_does_not_end_stops_no_other() {
    let here = folder("no-end");
    let long = [
        NO_END,
        // This one looks at the clock.
        "print a=range(1,500000) | mv-expand x=a to typeof(long) | take 100000 | extend i=array_index_of(a,x) | summarize max(i)",
    ];
    for (number, query) in long.iter().enumerate() {
        fs::write(here.join(format!("{number}.test.yaml")), test_file(query, "")).unwrap();
    }
    fs::write(here.join("z.test.yaml"), test_file("print 1", "- {name: two, query: print 2, rows: 1}\n"))
        .unwrap();
    let start = Instant::now();
    let output = kqlite(
        &here,
        &["test", "--timeout", "1", "--threads", "1", "--format", "json", "--output", "out.json"],
    );
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
    let report: serde_json::Value =
        serde_json::from_slice(&fs::read(here.join("out.json")).unwrap()).unwrap();
    assert_eq!(report["summary"]["failed"], 2, "{report:#}");
    assert_eq!(report["summary"]["passed"], 2, "{report:#}");
}

#[test]
fn rows_of_tests_are_counted_before_they_are_made() {
    let here = folder("rows");
    let many = format!("[&r {{$repeat: 100000, Subject: x}}{}]", ", *r".repeat(1000));
    let wide = format!("[{{$repeat: 1000, Subject: '{}'}}]", "x".repeat(10_000));
    for (name, rows) in [("many", many), ("wide", wide)] {
        let text = test_file(
            "EmailEvents | summarize count(), max(Subject)",
            &format!("  tables: {{EmailEvents: {rows}}}\n"),
        );
        fs::write(here.join(format!("{name}.test.yaml")), text).unwrap();
    }
    let output = kqlite(&here, &["test", "--max-mb", "5"]);
    assert_eq!(output.status.code(), Some(2));
    let out = String::from_utf8_lossy(&output.stdout);
    assert_eq!(out.matches("have more than 1000000 rows or 5 MB").count(), 2, "{out}");
    // Which row it is.
    assert!(out.contains("many.test.yaml:6:"), "{out}");
    let output = kqlite(&here, &["test", "wide.test.yaml"]);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stdout));
}

#[test]
fn paths_of_tests_stay_in_a_folder() {
    let here = folder("root");
    let inside = here.join("repository");
    fs::create_dir_all(inside.join("tests")).unwrap();
    fs::create_dir_all(inside.join(".git")).unwrap();
    fs::write(here.join("secret.csv"), "Subject\npassword1\n").unwrap();
    fs::write(inside.join(".git/config.csv"), "Subject\npassword2\n").unwrap();
    fs::write(inside.join("rule.kql"), "EmailEvents | project Subject").unwrap();
    fs::write(inside.join("data.csv"), "Subject\nx\n").unwrap();
    symlink("../secret.csv", inside.join("link.csv")).unwrap();
    let absolute = here.join("secret.csv");
    let paths =
        ["../data.csv", "../../secret.csv", "../link.csv", "../.git/config.csv", absolute.to_str().unwrap()];
    let tests = paths
        .iter()
        .map(|path| format!("- {{name: '{path}', tables: {{EmailEvents: '{path}'}}, result: []}}\n"));
    let text = format!("rule: ../rule.kql\ntests:\n{}", tests.collect::<String>());
    fs::write(inside.join("tests/a.test.yaml"), text).unwrap();
    fs::write(inside.join("tests/b.test.yaml"), "rule: ../../outside.kql\ntests:\n- {name: b, result: []}\n")
        .unwrap();
    fs::write(here.join("outside.kql"), "print secret = 3").unwrap();
    let told = |output: Output| String::from_utf8(output.stdout).unwrap();
    // At a desk, all are read.
    let all = told(kqlite(&here, &["test", "repository"]));
    assert!(all.contains("password1") && all.contains("password2") && !all.contains("outside of"), "{all}");
    let folders: [(&[&str], &str); 3] = [
        (&["test", "repository", "--root", "repository"], "false"),
        (&["test", "repository/tests"], "true"),
        (&["test", "repository/tests/a.test.yaml", "repository/tests/b.test.yaml"], "true"),
    ];
    for (arguments, ci) in folders {
        let output = command(&here, arguments).env("CI", ci).output().unwrap();
        assert_eq!(output.status.code(), Some(2));
        let out = told(output);
        assert!(!out.contains("password") && !out.contains("secret = 3"), "{out}");
        assert_eq!(out.matches("outside of").count(), 5, "{out}");
        assert!(out.contains("repository/tests/a.test.yaml:4:"), "{out}");
        assert!(out.contains("secret.csv': it leads to") && out.contains("--root DIR"), "{out}");
        assert!(out.contains("1 failed"), "{out}");
    }
    // Nor is anything written there.
    let update = "query: print Subject = 'new'\ntests:\n- {name: c, result: ../../secret.csv}\n";
    fs::write(inside.join("tests/c.test.yaml"), update).unwrap();
    let output = kqlite(&here, &["test", "repository/tests/c.test.yaml", "--update", "--root", "repository"]);
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(fs::read_to_string(&absolute).unwrap(), "Subject\npassword1\n");
    kqlite(&here, &["test", "repository/tests/c.test.yaml", "--update"]);
    assert_eq!(fs::read_to_string(&absolute).unwrap(), "Subject\nnew\n");
    fs::remove_file(inside.join("tests/c.test.yaml")).unwrap();
    // A folder that is too small, and one that is not there.
    assert!(
        told(kqlite(&here, &["test", "repository", "--root", "repository/tests"]))
            .contains("rule.kql' cannot be read: it leads to")
    );
    fails(&kqlite(&here, &["test", "repository", "--root", "nowhere"]), 2, &["nowhere: No such file"]);
    fails(
        &kqlite(&here, &["check", "outside.kql", "--root", "repository"]),
        2,
        &["outside.kql: it leads to"],
    );
    assert_eq!(kqlite(&here, &["check", "repository", "--root", "."]).status.code(), Some(0));
}

#[test]
fn pipes_and_devices_in_folders_are_passed_over() {
    let here = folder("odd-files");
    for name in ["a.yaml", "a.test.yaml", "a.kql", "a.json"] {
        assert!(Command::new("mkfifo").arg(here.join(name)).status().unwrap().success());
    }
    symlink("/dev/zero", here.join("zero.test.yaml")).unwrap();
    symlink("/dev/zero", here.join("zero.csv")).unwrap();
    fs::write(here.join("b.kql"), "print 1").unwrap();
    let data = "- {name: data, query: EmailEvents, tables: {EmailEvents: zero.csv}, rows: 1}\n";
    fs::write(here.join("b.test.yaml"), test_file("print 1", data)).unwrap();
    let output = kqlite(&here, &["check", "."]);
    fails(&output, 0, &["1 file: no errors"]);
    let output = kqlite(&here, &["test", "."]);
    let out = String::from_utf8_lossy(&output.stdout);
    assert!(out.contains("zero.csv': it is no regular file") && out.contains("1 passed"), "{out}");
    assert_eq!(kqlite(&here, &["fmt", "."]).status.code(), Some(0));
}

#[test]
fn yaml_of_any_kind_ends_with_its_place() {
    let here = folder("yaml");
    let check = |text: &str, place: &str, part: &str| {
        fs::write(here.join("rule.yaml"), text).unwrap();
        let output = kqlite(&here, &["check", "rule.yaml"]);
        fails(&output, 1, &[&format!("rule.yaml:{place}"), part]);
        fs::write(here.join("rule.test.yaml"), text).unwrap();
        let output = kqlite(&here, &["test", "rule.test.yaml"]);
        let out = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.code() == Some(2) && out.contains(place) && out.contains(part), "{out}");
    };
    check("name: x\nname: y\n", "2:1", "the key 'name' stands twice");
    check("name: &x [*x]\n", "1:11", "this alias stands within the value that it names");
    check(&"[".repeat(100_000), "1:", "nested deeper than 100");
}

#[test]
fn the_page_of_limits_has_every_flag() {
    let page = include_str!("../../../docs/limits.md");
    for command in ["run", "explain", "why", "plan", "bench", "test"] {
        let help = String::from_utf8(kqlite(Path::new("."), &[command, "--help"]).stdout).unwrap();
        let (_, limits) = help.split_once("\nLimits:\n").expect(command);
        let flags: Vec<&str> = limits.split_whitespace().filter(|word| word.starts_with("--")).collect();
        for expected in ["--timeout", "--max-rows", "--max-mb", "--max-depth"] {
            assert!(flags.contains(&expected), "{command}: {flags:?}");
        }
        for flag in flags {
            assert!(page.contains(&format!("`{flag} ")), "{command}: {flag} is not in docs/limits.md");
        }
    }
}
