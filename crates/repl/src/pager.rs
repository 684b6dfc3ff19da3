//! Shows a text, through a pager if it is longer than the terminal. It must not know what it says.

use std::io::{self, ErrorKind, Write};
use std::process::{Command, Stdio};

use crate::screen::Screen;

/// Writes a text to the standard output, or has a pager show it.
///
/// # Errors
/// The standard output takes nothing more.
pub fn show(text: &str, screen: Screen, may_page: bool) -> io::Result<()> {
    let is_long = screen.size().is_some_and(|(_, rows)| text.lines().count() >= rows);
    if may_page && is_long && page(text) {
        return Ok(());
    }
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}

/// Has a pager show a text; `false` if there is none.
fn page(text: &str) -> bool {
    let given = std::env::var("PAGER").ok().filter(|it| !it.trim().is_empty());
    let words = given.as_deref().unwrap_or("less -FRSX");
    let mut words = words.split_whitespace();
    let Some(program) = words.next() else { return false };
    let Ok(mut child) = Command::new(program).args(words).stdin(Stdio::piped()).spawn() else { return false };
    if let Some(mut input) = child.stdin.take() {
        // Whoever has seen enough closes it.
        match input.write_all(text.as_bytes()) {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::BrokenPipe => {}
            Err(_) => return false,
        }
    }
    child.wait().is_ok()
}
