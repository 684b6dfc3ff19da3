//! Calls the program in the folder of test data, and looks at what it gave. It must not know any command.
#![allow(dead_code, reason = "no test uses all of it")]

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What a call gave.
pub struct Called {
    pub code: i32,
    pub out: String,
    pub err: String,
}

pub fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(name)
}

/// Calls the program in the folder of test data.
pub fn kqlite(arguments: &[&str]) -> Called {
    kqlite_reading(arguments, b"")
}

pub fn kqlite_reading(arguments: &[&str], input: &[u8]) -> Called {
    let mut child = Command::new(env!("CARGO_BIN_EXE_kqlite"))
        .args(arguments)
        .current_dir(folder("data"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A program that ends before it has read everything closes the pipe.
    let _ = child.stdin.take().unwrap().write_all(input);
    let done = child.wait_with_output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Called { code: done.status.code().unwrap_or(-1), out: text(done.stdout), err: text(done.stderr) }
}

impl Called {
    #[track_caller]
    pub fn code(self, code: i32) -> Self {
        assert_eq!(self.code, code, "exit code; standard error:\n{}", self.err);
        self
    }

    #[track_caller]
    pub fn out(self, expected: &str) -> Self {
        assert_eq!(self.out, expected, "standard error:\n{}", self.err);
        self
    }

    /// The standard error is the text of a file in `expected`.
    #[track_caller]
    pub fn err_file(self, name: &str) -> Self {
        check_file(&self.err, name);
        self
    }

    /// The standard output is the text of a file in `expected`.
    #[track_caller]
    pub fn out_file(self, name: &str) -> Self {
        check_file(&self.out, name);
        self
    }
}

#[track_caller]
pub fn check_file(found: &str, name: &str) {
    let path = folder("expected").join(name);
    if std::env::var_os("UPDATE_EXPECTED").is_some() {
        std::fs::write(&path, found).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(found, expected, "{name}");
}
