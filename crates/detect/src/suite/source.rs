//! The text of a test file, with its lines and the folder that its paths start from.

use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

/// A file's name and text, shared by everything that points into it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceText {
    /// The file, as it is named in messages.
    pub path: Arc<Path>,
    /// Its text.
    pub text: Arc<str>,
    /// Where its lines begin.
    lines: Arc<[usize]>,
}

impl SourceText {
    pub(crate) fn new(path: &Path, text: &str) -> Self {
        let lines = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Self { path: path.into(), text: text.into(), lines }
    }

    /// Line and column of a byte, from 1.
    #[must_use]
    pub fn place(&self, offset: usize) -> (usize, usize) {
        let line = self.lines.partition_point(|start| *start <= offset);
        let start = line.checked_sub(1).and_then(|line| self.lines.get(line)).copied().unwrap_or(0);
        let before = self.text.get(start..offset).unwrap_or_default();
        (line.max(1), before.chars().count() + 1)
    }

    /// Resolves a path that stands in the file: it starts from the file's folder.
    pub(crate) fn resolve(&self, path: &str) -> PathBuf {
        let folder = self.path.parent().unwrap_or(Path::new(""));
        // A rule that two files name in two ways is one rule.
        tidy(&folder.join(path))
    }
}

/// The path without parts that lead nowhere, or back to where they came from.
pub(crate) fn tidy(path: &Path) -> PathBuf {
    let mut resolved = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir
                if matches!(resolved.components().next_back(), Some(Component::Normal(_))) =>
            {
                resolved.pop();
            }
            part => resolved.push(part),
        }
    }
    resolved
}
