//! Where what was typed is kept. It must not know what was typed.

use std::path::PathBuf;

/// The file for what was typed, in the folder that the system has for the state of programs.
#[must_use]
pub fn history_file() -> Option<PathBuf> {
    let given = |name: &str| std::env::var_os(name).filter(|it| !it.is_empty()).map(PathBuf::from);
    let folder = if cfg!(windows) {
        given("LOCALAPPDATA")?
    } else {
        given("XDG_STATE_HOME")
            .filter(|it| it.is_absolute())
            .or_else(|| given("HOME").map(|home| home.join(".local/state")))?
    };
    Some(folder.join("kqlite").join("history"))
}
