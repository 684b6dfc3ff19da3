//! Where an answer or a report goes: the standard output, or a file; and how much of it may go there. It must not know what
//! is written.

use std::fmt;
use std::io::{self, BufWriter, ErrorKind, Stdout, Write};
use std::path::Path;

use crate::failure::Failure;
use crate::interrupt;
use crate::output_file::OutputFile;

/// Takes what is written. The first error is kept, since those who write may only say that writing failed.
pub struct Sink {
    to: Target,
    /// The file's name, for messages.
    name: String,
    max_bytes: u64,
    written: u64,
    stopped: Option<Stopped>,
}

enum Target {
    Standard(BufWriter<Stdout>),
    File(BufWriter<OutputFile>),
}

/// What those who write are told; why it is so is kept.
const STOPPED: &str = "nothing more is written";

/// Why nothing more is written.
enum Stopped {
    /// It is more than is allowed.
    TooLarge,
    Failed(io::Error),
}

impl Sink {
    /// Writes to a file, or to the standard output, so many bytes at most.
    pub fn open(path: Option<&Path>, max_bytes: u64) -> Result<Self, Failure> {
        let (to, name) = match path {
            None => (Target::Standard(BufWriter::new(io::stdout())), "standard output".to_owned()),
            Some(path) => {
                let file = OutputFile::create(path).map_err(|error| Failure::file(path, &error))?;
                (Target::File(BufWriter::new(file)), path.display().to_string())
            }
        };
        Ok(Self { to, name, max_bytes, written: 0, stopped: None })
    }

    /// Ends the writing; `written` says what came of it so far. A reader that has seen enough, such as `head`, is no failure.
    pub fn finish<E>(
        mut self,
        written: Result<(), E>,
        failed: impl FnOnce(E) -> Failure,
    ) -> Result<(), Failure> {
        if self.stopped.is_none() {
            written.map_err(failed)?;
            let _ = self.flush();
        }
        let Self { to, name, max_bytes, stopped, .. } = self;
        let unwritten = |error: io::Error| match error.kind() {
            ErrorKind::BrokenPipe => Ok(()),
            _ => Err(Failure::unwritten(&name, &error)),
        };
        match (stopped, to) {
            (None, Target::Standard(_)) => Ok(()),
            (None, Target::File(file)) => match file.into_inner() {
                Ok(file) => file.finish().or_else(unwritten),
                Err(error) => unwritten(error.into_error()),
            },
            (Some(Stopped::TooLarge), to) => {
                discard(to);
                Err(Failure::Wrong(format!(
                    "error: {name}: what is to be written is larger than {} MB\n = help: --max-output-mb N allows more, and 0 \
                     any size\n",
                    max_bytes >> 20
                )))
            }
            (Some(Stopped::Failed(error)), to) => {
                discard(to);
                unwritten(error)
            }
        }
    }
}

/// Drops what is not written yet, rather than trying once more.
fn discard(to: Target) {
    match to {
        Target::Standard(out) => drop(out.into_parts()),
        Target::File(out) => drop(out.into_parts()),
    }
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.stopped.is_some() {
            return Err(io::Error::other(STOPPED));
        }
        let after = self.written.saturating_add(bytes.len() as u64);
        let stopped = if after > self.max_bytes {
            Stopped::TooLarge
        } else if interrupt::is_requested() {
            Stopped::Failed(io::Error::other("interrupted"))
        } else {
            let done = match &mut self.to {
                Target::Standard(out) => out.write(bytes),
                Target::File(out) => out.write(bytes),
            };
            match done {
                Ok(count) => {
                    self.written = self.written.saturating_add(count as u64);
                    return Ok(count);
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => return Err(error),
                Err(error) => Stopped::Failed(error),
            }
        };
        self.stopped = Some(stopped);
        Err(io::Error::other(STOPPED))
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.stopped.is_some() {
            return Err(io::Error::other(STOPPED));
        }
        let done = match &mut self.to {
            Target::Standard(out) => out.flush(),
            Target::File(out) => out.flush(),
        };
        done.map_err(|error| {
            self.stopped = Some(Stopped::Failed(error));
            io::Error::other(STOPPED)
        })
    }
}

impl fmt::Write for Sink {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.write_all(text.as_bytes()).map_err(|_| fmt::Error)
    }
}
