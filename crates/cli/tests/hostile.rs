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
const LARGE: &str = "range x from 1 to 1000000 step 1 | extend y = strcat('row ', x)";

#[test]
fn a_query_has_limits_in_every_command() {
    let here = folder("limits");
    for command in [
        &["run"] as &[&str],
        &["explain"],
        &["bench", "--repeat", "1"],
        &["why", "--result", "0"],
    ] {
        let call = |more: &[&str]| kqlite(&here, &[command, more].concat());
        fails(&call(&[LONG, "--timeout", "1", "--max-rows", "9999999999"]), 1, &["KQL0308", "--timeout SECONDS"]);
        fails(&call(&["range x from 1 to 9 step 1", "--max-rows", "8"]), 1, &["KQL0306", "--max-rows N"]);
        let sorted = "range x from 1 to 1000000 step 1 | sort by x desc | take 900000";
        fails(&call(&[sorted, "--max-mb", "1"]), 1, &["KQL0307", "--max-mb N"]);
        let nested = "print toscalar(print toscalar(print toscalar(print 1)))";
        fails(&call(&[nested, "--max-depth", "1"]), 1, &["nested deeper than the limit of 1"]);
        assert_eq!(call(&["print 1", "--timeout", "0", "--max-depth", "1"]).status.code(), Some(0));
    }
}
