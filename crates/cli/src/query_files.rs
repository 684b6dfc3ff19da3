//! Finds the files behind paths that may have queries, by their names and by what JSON begins with. It must not know how they are
//! read.

use std::io::Read;
use std::path::{Path, PathBuf};

use kqlite_detect::suite::{SETTINGS_NAME, is_test};

use crate::failure::Failure;
use crate::output::eprint_str;
use crate::query_text::has_ending;

/// A file that may have queries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueryFilePath {
    pub path: PathBuf,
    /// It is named by itself, rather than found in a folder.
    pub is_named: bool,
}

/// What there is behind paths.
#[derive(Debug, Default)]
pub struct QueryFiles {
    /// The files.
    pub files: Vec<QueryFilePath>,
    /// Hidden folders and files, which are passed over.
    pub hidden: Vec<PathBuf>,
}

impl QueryFiles {
    /// Looks for files behind paths: those that are named, and the regular ones of folders and of their folders that may have
    /// queries. What hidden folders have is for programs.
    pub fn find(paths: &[PathBuf]) -> Result<Self, Failure> {
        let mut found = Self::default();
        for path in paths {
            if path.is_dir() {
                found.walk(path)?;
            } else {
                found.files.push(QueryFilePath { path: path.clone(), is_named: true });
            }
        }
        Ok(found)
    }

    fn walk(&mut self, folder: &Path) -> Result<(), Failure> {
        let failed = |error: std::io::Error| Failure::file(folder, &error);
        let mut entries: Vec<PathBuf> = std::fs::read_dir(folder)
            .and_then(|entries| entries.map(|entry| entry.map(|it| it.path())).collect())
            .map_err(failed)?;
        entries.sort();
        for path in entries {
            if path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.')) {
                // What version control keeps is nobody's.
                if !path.ends_with(".git") {
                    self.hidden.push(path);
                }
                continue;
            }
            if path.is_symlink() || path.ends_with("node_modules") {
                continue;
            }
            if path.is_dir() {
                self.walk(&path)?;
            } else if !path.is_file() {
                // A pipe or a device, which may have no end.
                eprint_str(&format!("note: {} is no file, and passed over\n", path.display()));
            } else if may_have_queries(&path) {
                self.files.push(QueryFilePath { path, is_named: false });
            }
        }
        Ok(())
    }
}

/// The name is one of queries or text, of YAML but for files of tests and settings, or of JSON that may have a query.
fn may_have_queries(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
    if has_ending(path, &["kql", "csl", "kusto", "txt", "md", "markdown"]) {
        return true;
    }
    if has_ending(path, &["yaml", "yml"]) {
        let is_own = name == SETTINGS_NAME || is_test(path);
        return !is_own;
    }
    if !has_ending(path, &["json"]) {
        return false;
    }
    // Data may be large, and says soon what it is.
    let mut head = Vec::new();
    let read = std::fs::File::open(path).and_then(|file| file.take(MAX_HEAD_BYTES).read_to_end(&mut head));
    let head = String::from_utf8_lossy(&head).to_ascii_lowercase();
    let words = ["\"query", "serializeddata", "/alertrules", "/alertruletemplates", "savedsearches"];
    read.is_ok() && words.iter().any(|it| head.contains(it))
}

/// How much of a JSON file is searched for queries.
const MAX_HEAD_BYTES: u64 = 1 << 18;
