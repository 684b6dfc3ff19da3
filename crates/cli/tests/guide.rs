//! Pages of docs/ that are run from their first line to their last: their files are written, their commands are run, and they
//! print what the page says. With UPDATE_EXPECTED=1 what they print is written into them.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Calls of `sh` in a folder, with kqlite at hand: what is printed, and whether it ended well.
fn call(folder: &Path, command: &str) -> (String, bool) {
    let program = Path::new(env!("CARGO_BIN_EXE_kqlite")).parent().unwrap();
    let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap_or_default());
    let done = Command::new("sh")
        .args(["-c", &format!("{command} 2>&1")])
        .current_dir(folder)
        .env("PATH", path)
        .env("GITHUB_ACTIONS", "")
        .output()
        .unwrap();
    (String::from_utf8(done.stdout).unwrap(), done.status.success())
}

/// Times differ from run to run.
fn without_times(text: &str) -> String {
    let mut out = String::new();
    for line in text.lines() {
        match line.rsplit_once(" in ") {
            Some((before, time)) if time.ends_with(" ms") || time.ends_with(" s") => {
                let _ = writeln!(out, "{before} in 5.0 ms");
            }
            _ => {
                let _ = writeln!(out, "{line}");
            }
        }
    }
    out
}

#[test]
fn testing_detections_is_as_it_says() {
    assert_is_as_it_says("testing-detections.md", 8);
}

#[test]
fn repositories_is_as_it_says() {
    assert_is_as_it_says("repositories.md", 6);
}

#[test]
fn scale_is_as_it_says() {
    assert_is_as_it_says("scale.md", 5);
}

#[test]
fn charts_is_as_it_says() {
    assert_is_as_it_says("charts.md", 7);
}

/// Runs a page of at least so many commands.
#[track_caller]
fn assert_is_as_it_says(page: &str, at_least: usize) {
    let guide = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs").join(page);
    let text = std::fs::read_to_string(&guide).unwrap();
    let folder: PathBuf = Path::new(env!("CARGO_TARGET_TMPDIR")).join("guide").join(page);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    let (mut found, mut commands) = (String::new(), 0);
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let _ = writeln!(found, "{line}");
        let Some(info) = line.strip_prefix("```").filter(|info| !info.is_empty()) else { continue };
        let block: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
        if info == "console" {
            for command in block.iter().filter_map(|line| line.strip_prefix("$ ")) {
                let (printed, _) = call(&folder, command);
                let _ = write!(found, "$ {command}\n{}", without_times(&printed));
                commands += 1;
            }
        } else {
            let named = info.split_once(' ').map(|(_, name)| name);
            if let Some(name) = named.filter(|name| name.contains('/') || *name == "kqlite.yaml") {
                let path = folder.join(name);
                std::fs::create_dir_all(path.parent().unwrap()).unwrap();
                std::fs::write(path, block.join("\n") + "\n").unwrap();
            }
            if info == "yaml ci" {
                for command in block.iter().filter_map(|line| line.trim().strip_prefix("- run: kqlite ")) {
                    let (printed, well) = call(&folder, &format!("kqlite {command}"));
                    assert!(well, "kqlite {command}\n{printed}");
                    commands += 1;
                }
            }
            block.iter().for_each(|line| {
                let _ = writeln!(found, "{line}");
            });
        }
        found.push_str("```\n");
    }
    assert!(commands >= at_least, "{commands}");
    if std::env::var_os("UPDATE_EXPECTED").is_some() {
        std::fs::write(&guide, &found).unwrap();
    }
    let text = std::fs::read_to_string(&guide).unwrap();
    assert!(
        found == text,
        "{page} says otherwise than what is printed; UPDATE_EXPECTED=1 writes it:\n{found}"
    );
}
