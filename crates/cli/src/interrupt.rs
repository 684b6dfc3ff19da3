//! What Ctrl-C does: work is asked to end, and soon after the process ends in any case, without half-written files. It must
//! not know the commands.

use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::Duration;

/// The exit code of a program that Ctrl-C ended: 128 and the signal's number.
const EXIT_CODE: u8 = 130;

/// How long work may take to end by itself.
const GRACE: Duration = Duration::from_millis(150);

static REQUESTED: LazyLock<Arc<AtomicBool>> = LazyLock::new(Arc::default);

/// Files that are being written, to be removed if the process ends before they are whole.
static UNFINISHED: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

/// Listens for Ctrl-C from here on. Where it is ignored, as in what a shell runs in the background, it stays so.
pub fn listen() {
    let _ = ctrlc::try_set_handler(|| {
        if REQUESTED.swap(true, Ordering::Relaxed) {
            end();
        }
        // The handler's own thread waits for a second Ctrl-C.
        let timer = || {
            std::thread::sleep(GRACE);
            end()
        };
        if std::thread::Builder::new().spawn(timer).is_err() {
            end();
        }
    });
}

/// Something runs that Ctrl-C is to cancel.
static RUNS: AtomicBool = AtomicBool::new(false);

/// Listens for Ctrl-C from here on, which cancels what runs; a second one, before that has ended, ends the process. A pager
/// that shows an answer hears the key itself.
pub fn listen_for_runs() {
    let _ = ctrlc::try_set_handler(|| {
        if REQUESTED.swap(true, Ordering::Relaxed) && RUNS.load(Ordering::Relaxed) {
            end();
        }
    });
}

/// Something runs until this is dropped.
#[cfg(feature = "repl")]
pub struct Running(());

#[cfg(feature = "repl")]
impl Running {
    /// Begins here.
    pub fn begin() -> Self {
        RUNS.store(true, Ordering::Relaxed);
        Self(())
    }
}

#[cfg(feature = "repl")]
impl Drop for Running {
    fn drop(&mut self) {
        RUNS.store(false, Ordering::Relaxed);
    }
}

/// Ends the process as Ctrl-C does.
pub fn end() -> ! {
    clear_line();
    leave(EXIT_CODE)
}

/// A flag that Ctrl-C sets.
pub fn flag() -> Arc<AtomicBool> {
    Arc::clone(&REQUESTED)
}

/// Ctrl-C was pressed.
pub fn is_requested() -> bool {
    REQUESTED.load(Ordering::Relaxed)
}

/// Notes a file that is worth nothing before it is finished.
pub fn note_unfinished(path: &Path) {
    UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner).push(path.to_owned());
}

/// The file is finished, or gone.
pub fn forget_unfinished(path: &Path) {
    UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner).retain(|it| it != path);
}

/// Ends the process at once, whatever other threads do, without unfinished files.
pub fn leave(code: u8) -> ! {
    // Held to the end: no other thread begins a file now.
    let unfinished = UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner);
    for path in unfinished.iter() {
        let _ = std::fs::remove_file(path);
    }
    std::process::exit(code.into())
}

/// Clears the line that a bar may stand in.
pub fn clear_line() {
    let mut out = std::io::stderr();
    if out.is_terminal() {
        let _ = out.write_all(b"\r\x1b[2K");
    }
}
