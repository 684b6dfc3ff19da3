//! Which files may be read when others wrote the paths, as in CI. It must not know what is in the files.

use std::path::{Path, PathBuf};

use kqlite_detect::suite::FileReader;

use crate::args::Reach;
use crate::failure::Failure;

/// A reader for what some paths name and lead to, of files of so many bytes at most.
pub fn reader(reach: &Reach, paths: &[PathBuf], max_bytes: u64) -> Result<FileReader, Failure> {
    let reader = FileReader::new(max_bytes);
    let within = |roots: &[PathBuf]| reader.clone().within(roots, "--root DIR says where files may be");
    match &reach.root {
        Some(root) => within(std::slice::from_ref(root)).map_err(|error| Failure::file(root, &error)),
        None if is_ci() => {
            let roots: Vec<PathBuf> = paths.iter().map(|path| root_of(path)).collect();
            within(&roots).map_err(|error| {
                Failure::usage(format_args!(
                    "{}: {error}",
                    paths.first().map_or(Path::new("."), |it| it).display()
                ))
            })
        }
        None => Ok(reader),
    }
}

/// This is a run of CI, by the variable that GitHub, GitLab and others set.
fn is_ci() -> bool {
    std::env::var_os("CI").is_some_and(|it| it == "true")
}

/// The repository that a path is in, or else the folder that it is.
fn root_of(path: &Path) -> PathBuf {
    let Ok(real) = path.canonicalize() else { return path.to_owned() };
    let repository = real.ancestors().find(|folder| folder.join(".git").exists());
    match repository {
        Some(folder) => folder.to_owned(),
        None if real.is_dir() => real,
        None => real.parent().unwrap_or(Path::new("/")).to_owned(),
    }
}
