//! Reads the files of tests: regular ones, up to a size, and none outside of the folders that they may be in. It must not know
//! what the files are.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// Reads files within bounds.
#[derive(Debug, Clone)]
pub struct FileReader {
    max_bytes: u64,
    /// Where files may be, links resolved; anywhere if there is none.
    roots: Vec<PathBuf>,
    /// What to do about a file that is elsewhere.
    help: &'static str,
}

impl Default for FileReader {
    /// Any regular file of at most 512 MiB.
    fn default() -> Self {
        Self::new(512 << 20)
    }
}

impl FileReader {
    /// Reads regular files of so many bytes at most.
    #[must_use]
    pub const fn new(max_bytes: u64) -> Self {
        Self { max_bytes, roots: Vec::new(), help: "" }
    }

    /// Reads only files below these folders, wherever a path or a link leads; and what version control keeps in a folder
    /// `.git`, such as passwords of its own, is not among them. `help` says what to do about a file that is elsewhere.
    ///
    /// # Errors
    /// A folder that is not there.
    pub fn within(mut self, roots: &[PathBuf], help: &'static str) -> io::Result<Self> {
        self.help = help;
        for root in roots {
            self.roots.push(root.canonicalize()?);
        }
        Ok(self)
    }

    /// The path to read of a file that may be read: behind links, if it matters where they lead.
    ///
    /// # Errors
    /// A file that is not there, or is outside of the folders.
    pub fn admit(&self, path: &Path) -> io::Result<PathBuf> {
        if self.roots.is_empty() {
            return Ok(path.to_owned());
        }
        let real = path.canonicalize()?;
        let is_inside = |root: &PathBuf| {
            let below = real.strip_prefix(root);
            below.is_ok_and(|below| !below.components().any(|part| part.as_os_str() == OsStr::new(".git")))
        };
        if self.roots.iter().any(is_inside) {
            return Ok(real);
        }
        let shown: Vec<String> = self.roots.iter().map(|root| root.display().to_string()).collect();
        let place = format!("it leads to '{}', outside of {}", real.display(), shown.join(" and "));
        let message = if self.help.is_empty() { place } else { format!("{place}: {}", self.help) };
        Err(io::Error::new(io::ErrorKind::PermissionDenied, message))
    }

    /// The bytes of a file.
    ///
    /// # Errors
    /// As [`FileReader::admit`]; also a folder, a pipe or a device, and a file that is too large.
    pub fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        let real = self.admit(path)?;
        if !real.metadata()?.is_file() {
            return Err(io::Error::other("it is no regular file"));
        }
        let mut bytes = Vec::new();
        File::open(&real)?.take(self.max_bytes.saturating_add(1)).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > self.max_bytes {
            return Err(io::Error::other(format!("it is larger than {} MB", self.max_bytes >> 20)));
        }
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_read_within_bounds() {
        let folder = std::env::temp_dir().join(format!("kqlite-reader-{}", std::process::id()));
        let inside = folder.join("inside");
        std::fs::create_dir_all(inside.join(".git")).unwrap();
        std::fs::create_dir_all(folder.join("inside2")).unwrap();
        for name in ["inside/a", "inside/.git/config", "inside2/b", "c"] {
            std::fs::write(folder.join(name), "12345").unwrap();
        }
        let reader = FileReader::new(5).within(std::slice::from_ref(&inside), "move it").unwrap();
        assert_eq!(reader.read(&inside.join("../inside/a")).unwrap(), b"12345");
        for outside in ["c", "inside/../c", "inside2/b", "inside/.git/config"] {
            let error = reader.read(&folder.join(outside)).unwrap_err();
            let error = error.to_string();
            assert!(error.contains("outside of") && error.ends_with(": move it"), "{outside}: {error}");
        }
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink("../c", inside.join("link")).unwrap();
            std::os::unix::fs::symlink("a", inside.join("good")).unwrap();
            assert!(reader.read(&inside.join("link")).unwrap_err().to_string().contains("outside of"));
            assert_eq!(reader.read(&inside.join("good")).unwrap(), b"12345");
            let device = FileReader::new(5).read(Path::new("/dev/zero")).unwrap_err();
            assert!(device.to_string().contains("no regular file"), "{device}");
        }
        assert!(FileReader::new(4).read(&folder.join("c")).unwrap_err().to_string().contains("larger"));
        assert!(reader.read(&inside).is_err() && reader.read(&inside.join("absent")).is_err());
        assert!(FileReader::new(5).within(&[folder.join("absent")], "").is_err());
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
