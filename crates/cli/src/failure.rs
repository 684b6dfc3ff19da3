//! Why a command ends early, and with which exit code. It must not know what the commands do.

use std::fmt;

/// An early end.
#[derive(Debug)]
pub enum Failure {
    /// The query or the data is wrong: exit code 1. The text is ready to print; it may be empty.
    Wrong(String),
    /// The command was called wrongly, or a file cannot be read or written: exit code 2.
    Usage(String),
}

impl Failure {
    /// A wrong query or wrong data, in one line.
    pub fn wrong(message: impl fmt::Display) -> Self {
        Self::Wrong(format!("error: {message}\n"))
    }

    /// A wrong call, in one line.
    pub fn usage(message: impl fmt::Display) -> Self {
        Self::Usage(format!("error: {message}\n"))
    }

    /// A file that cannot be read or written.
    pub fn file(path: &std::path::Path, error: &std::io::Error) -> Self {
        Self::usage(format_args!("{}: {error}", path.display()))
    }

    /// What should have been written to a file or a stream and was not.
    pub fn unwritten(name: &str, error: &std::io::Error) -> Self {
        Self::usage(format_args!("{name}: {error}"))
    }

    /// The text for the standard error.
    pub fn text(&self) -> &str {
        match self {
            Self::Wrong(text) | Self::Usage(text) => text,
        }
    }

    /// The exit code.
    pub const fn code(&self) -> u8 {
        match self {
            Self::Wrong(_) => 1,
            Self::Usage(_) => 2,
        }
    }
}
