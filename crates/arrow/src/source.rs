//! Reads a file from several threads at once. It must not know what is in it.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use parquet::errors::{ParquetError, Result};
use parquet::file::reader::{ChunkReader, Length};

/// A file for [`crate::Reader::open`], of which only those parts are read that are needed.
///
/// Unlike [`File`], whose copies share one position, it can be read by several threads: each has the file open.
#[derive(Debug)]
pub struct SharedFile {
    path: PathBuf,
    len: u64,
    idle: Mutex<Vec<File>>,
    memory: Arc<Mutex<Vec<Vec<u8>>>>,
}

/// Memory that goes back to be used again: what was just used is still in the processor's cache.
struct Reused {
    bytes: Vec<u8>,
    memory: Arc<Mutex<Vec<Vec<u8>>>>,
}

/// The most pieces of memory that are kept.
const KEPT: usize = 16;

impl AsRef<[u8]> for Reused {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for Reused {
    fn drop(&mut self) {
        let mut kept = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() < KEPT {
            kept.push(std::mem::take(&mut self.bytes));
        }
    }
}

impl SharedFile {
    /// Opens a file.
    ///
    /// # Errors
    /// The file cannot be opened.
    pub fn open(path: impl Into<PathBuf>) -> io::Result<Self> {
        let path = path.into();
        let (file, len) = open(&path)?;
        Ok(Self { path, len, idle: Mutex::new(vec![file]), memory: Arc::default() })
    }

    fn read(&self, start: u64, length: usize) -> io::Result<Vec<u8>> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut file = match idle {
            Some(file) => file,
            None => match open(&self.path)? {
                (file, len) if len == self.len => file,
                _ => return Err(io::Error::other("the file was changed while it was read")),
            },
        };
        let mut bytes = self.memory.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default();
        bytes.clear();
        bytes.reserve(length);
        file.seek(SeekFrom::Start(start))?;
        Read::by_ref(&mut file).take(length as u64).read_to_end(&mut bytes)?;
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(file);
        Ok(bytes)
    }
}

fn open(path: &Path) -> io::Result<(File, u64)> {
    let file = File::open(path)?;
    let len = file.metadata()?.len();
    Ok((file, len))
}

/// Reads on from a place in a source; a little more than is asked for, since page headers are read byte by byte.
#[derive(Debug)]
pub struct Cursor<S> {
    source: Arc<S>,
    at: u64,
    ahead: Bytes,
}

/// The bytes that are read ahead: page headers are shorter.
const AHEAD: u64 = 1024;

impl<S: ChunkReader> Read for Cursor<S> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.ahead.is_empty() {
            let left = self.source.len().saturating_sub(self.at).min(AHEAD);
            let length = usize::try_from(left).unwrap_or_default();
            self.ahead = self.source.get_bytes(self.at, length).map_err(io::Error::other)?;
            self.at += left;
        }
        let count = out.len().min(self.ahead.len());
        out[..count].copy_from_slice(&self.ahead.split_to(count));
        Ok(count)
    }
}

impl Length for SharedFile {
    fn len(&self) -> u64 {
        self.len
    }
}

impl ChunkReader for SharedFile {
    type T = io::Empty;

    fn get_read(&self, _: u64) -> Result<Self::T> {
        Err(ParquetError::General("a shared file is read through its parts".to_owned()))
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes> {
        // What a broken file says of its parts is not believed before memory is asked for.
        let end = start.checked_add(length as u64).filter(|end| *end <= self.len);
        if end.is_none() {
            return Err(ParquetError::EOF(format!(
                "bytes {start} to {} are asked for, there are {}",
                start.saturating_add(length as u64),
                self.len
            )));
        }
        let bytes = self.read(start, length)?;
        if bytes.len() < length {
            return Err(ParquetError::EOF("the file became shorter while it was read".to_owned()));
        }
        Ok(Bytes::from_owner(Reused { bytes, memory: Arc::clone(&self.memory) }))
    }
}

/// A source that several readers share.
#[derive(Debug)]
pub struct SharedSource<S>(pub Arc<S>);

impl<S> Clone for SharedSource<S> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<S: ChunkReader> Length for SharedSource<S> {
    fn len(&self) -> u64 {
        self.0.len()
    }
}

impl<S: ChunkReader> ChunkReader for SharedSource<S> {
    type T = Cursor<S>;

    fn get_read(&self, start: u64) -> Result<Self::T> {
        Ok(Cursor { source: Arc::clone(&self.0), at: start, ahead: Bytes::new() })
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes> {
        self.0.get_bytes(start, length)
    }
}
