//! Files that are written whole or not at all: beside the file that they replace, and renamed when they are done. It must
//! not know what is written.

use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use crate::interrupt;

/// A file that is being written.
pub struct OutputFile {
    file: File,
    /// Where it is written and where it belongs; `None` for what cannot be replaced, such as a pipe.
    beside: Option<Beside>,
}

struct Beside {
    written: PathBuf,
    target: PathBuf,
    /// It is in its place, or given up.
    done: bool,
}

impl OutputFile {
    /// Begins a file. What is at the path stays as it is until [`OutputFile::finish`]. Behind a link, it is the file that
    /// the link leads to. Devices and pipes are written to.
    pub fn create(path: &Path) -> io::Result<Self> {
        let in_place = |path: &Path| Ok(Self { file: File::create(path)?, beside: None });
        let Some(target) = target_of(path)? else { return in_place(path) };
        let existing = match std::fs::metadata(&target) {
            Ok(found) if !found.is_file() => return in_place(&target),
            Ok(found) => {
                // What may not be written to may not be replaced either.
                OpenOptions::new().write(true).open(&target)?;
                Some(found)
            }
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            Err(error) => return Err(error),
        };
        let (file, written) = match create_beside(&target) {
            // In a folder where no file can be made, this one can still be written.
            Err(error) if existing.is_some() && error.kind() == ErrorKind::PermissionDenied => {
                return in_place(&target);
            }
            other => other?,
        };
        let made = Self { file, beside: Some(Beside { written, target, done: false }) };
        if let Some(existing) = existing {
            keep_owner(&made.file, &existing);
            made.file.set_permissions(existing.permissions())?;
        }
        Ok(made)
    }

    /// Puts the file where it belongs.
    pub fn finish(mut self) -> io::Result<()> {
        self.file.flush()?;
        if let Some(beside) = &mut self.beside {
            std::fs::rename(&beside.written, &beside.target)?;
            interrupt::forget_unfinished(&beside.written);
            beside.done = true;
        }
        Ok(())
    }
}

impl Write for OutputFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        if !self.done {
            let _ = std::fs::remove_file(&self.written);
            interrupt::forget_unfinished(&self.written);
        }
    }
}

/// Writes a whole file.
pub fn write_file(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = OutputFile::create(path)?;
    file.write_all(bytes)?;
    file.finish()
}

/// The path behind links; `None` for those of the system, such as /dev/stdout: what is behind them is open already, and
/// must not be another file.
fn target_of(path: &Path) -> io::Result<Option<PathBuf>> {
    const MOST_LINKS: usize = 40;
    let mut target = path.to_owned();
    for _ in 0..MOST_LINKS {
        if ["/dev", "/proc"].iter().any(|system| target.starts_with(system)) {
            return Ok(None);
        }
        match std::fs::read_link(&target) {
            Ok(next) => target = target.parent().unwrap_or(Path::new("")).join(next),
            // It is no link, or is not there.
            Err(_) => return Ok(Some(target)),
        }
    }
    Err(io::Error::other("too many links"))
}

/// Makes a file in the folder of another one, under a name of its own.
fn create_beside(target: &Path) -> io::Result<(File, PathBuf)> {
    const MOST_TRIES: u32 = 100;
    let name = target.file_name().ok_or(ErrorKind::IsADirectory)?;
    let mut last = io::Error::from(ErrorKind::AlreadyExists);
    for number in 0..MOST_TRIES {
        let mut hidden = std::ffi::OsString::from(".");
        hidden.push(name);
        hidden.push(format!(".{}-{number}.tmp", std::process::id()));
        let path = target.with_file_name(hidden);
        interrupt::note_unfinished(&path);
        match OpenOptions::new().write(true).create_new(true).open(&path) {
            Ok(file) => return Ok((file, path)),
            Err(error) => {
                interrupt::forget_unfinished(&path);
                last = error;
            }
        }
        if last.kind() != ErrorKind::AlreadyExists {
            break;
        }
    }
    Err(last)
}

/// The file keeps its owner, as far as the system lets it.
#[cfg(unix)]
fn keep_owner(file: &File, existing: &Metadata) {
    use std::os::unix::fs::{MetadataExt, fchown};
    let same = |new: Metadata| (new.uid(), new.gid()) == (existing.uid(), existing.gid());
    if !file.metadata().is_ok_and(same) {
        let _ = fchown(file, Some(existing.uid()), Some(existing.gid()));
    }
}

#[cfg(not(unix))]
const fn keep_owner(_: &File, _: &Metadata) {}

#[cfg(test)]
mod tests {
    use super::*;

    /// An empty folder.
    fn folder(name: &str) -> PathBuf {
        let path = std::env::temp_dir().join(format!("kqlite-output-{}-{name}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).unwrap();
        path
    }

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|it| it.unwrap().file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_file_is_there_when_it_is_finished() {
        let folder = folder("whole");
        let path = folder.join("a.txt");
        std::fs::write(&path, "old").unwrap();
        let mut file = OutputFile::create(&path).unwrap();
        file.write_all(b"new").unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "old");
        file.finish().unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "new");
        // One that is given up leaves nothing behind.
        OutputFile::create(&path).unwrap().write_all(b"half").unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "new");
        assert_eq!(names(&folder), ["a.txt"]);
        assert!(OutputFile::create(&folder).is_err());
        assert!(OutputFile::create(&folder.join("nowhere/a.txt")).is_err());
    }

    #[cfg(unix)]
    #[test]
    fn links_and_permissions_stay() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let folder = folder("links");
        std::fs::create_dir(folder.join("rules")).unwrap();
        let rule = folder.join("rules/rule.kql");
        std::fs::write(&rule, "old").unwrap();
        std::fs::set_permissions(&rule, std::fs::Permissions::from_mode(0o640)).unwrap();
        symlink("rules/rule.kql", folder.join("one")).unwrap();
        symlink(folder.join("one"), folder.join("two")).unwrap();
        symlink("rules/absent.kql", folder.join("dangling")).unwrap();
        write_file(&folder.join("two"), b"new").unwrap();
        write_file(&folder.join("dangling"), b"made").unwrap();
        assert!(folder.join("one").is_symlink() && folder.join("two").is_symlink());
        assert_eq!(std::fs::read_to_string(&rule).unwrap(), "new");
        assert_eq!(std::fs::metadata(&rule).unwrap().permissions().mode() & 0o777, 0o640);
        assert_eq!(std::fs::read_to_string(folder.join("rules/absent.kql")).unwrap(), "made");
        symlink("loop", folder.join("loop")).unwrap();
        assert!(write_file(&folder.join("loop"), b"x").is_err());
        write_file(Path::new("/dev/null"), b"x").unwrap();
        assert!(!std::fs::metadata("/dev/null").unwrap().is_file());
    }
}
