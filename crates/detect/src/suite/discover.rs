//! Finds the test files and rules behind paths, by their names.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

use super::source::tidy;

/// What there is below some paths, sorted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Discovered {
    /// Test files: `*.test.yaml` and `*.test.yml`.
    pub tests: Vec<PathBuf>,
    /// Files that may be rules.
    pub rules: Vec<PathBuf>,
}

const NOT_THERE: &str = "there is no such file or folder";

/// Looks for test files and rules: a folder stands for all regular files below it but hidden ones and links.
///
/// # Errors
/// A path that is not there, a folder that cannot be read, a file that is no test file.
pub fn discover(paths: &[PathBuf]) -> Result<Discovered, (PathBuf, io::Error)> {
    let (mut tests, mut rules) = (BTreeSet::new(), BTreeSet::new());
    for path in paths {
        if path.is_dir() {
            walk(path, &mut tests, &mut rules).map_err(|error| (path.clone(), error))?;
        } else if is_test(path) {
            if !path.is_file() {
                return Err((path.clone(), io::Error::other(NOT_THERE)));
            }
            tests.insert(tidy(path));
        } else {
            let message = if path.exists() {
                "no test file: its name must end in .test.yaml".to_owned()
            } else {
                NOT_THERE.to_owned()
            };
            return Err((path.clone(), io::Error::other(message)));
        }
    }
    Ok(Discovered { tests: tests.into_iter().collect(), rules: rules.into_iter().collect() })
}

fn walk(folder: &Path, tests: &mut BTreeSet<PathBuf>, rules: &mut BTreeSet<PathBuf>) -> io::Result<()> {
    let entries: Vec<PathBuf> =
        std::fs::read_dir(folder)?.map(|entry| entry.map(|it| it.path())).collect::<io::Result<_>>()?;
    for path in entries {
        let hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
        if hidden || path.is_symlink() {
            continue;
        }
        if path.is_dir() {
            let skipped = ["target", "node_modules"].iter().any(|name| path.ends_with(name));
            if !skipped {
                walk(&path, tests, rules)?;
            }
        } else if !path.is_file() {
            // A pipe or a device, which may have no end.
        } else if is_test(&path) {
            tests.insert(tidy(&path));
        } else if may_be_rule(&path) {
            rules.insert(tidy(&path));
        }
    }
    Ok(())
}

fn name_of(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().to_ascii_lowercase()
}

/// The name is that of a test file.
#[must_use]
pub fn is_test(path: &Path) -> bool {
    let name = name_of(path);
    name.ends_with(".test.yaml") || name.ends_with(".test.yml")
}

fn may_be_rule(path: &Path) -> bool {
    let name = name_of(path);
    [".yaml", ".yml", ".kql"].iter().any(|ending| name.ends_with(ending))
}
