//! The bytes of a file of text: unpacked, decoded to UTF-8, within limits, with a bar that shows how far reading is. It must not
//! know what is in them.

use std::fs::File;
use std::io::{BufRead, BufReader, Chain, Cursor, ErrorKind, IsTerminal, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use bzip2::bufread::MultiBzDecoder;
use encoding_rs::{DecoderResult, Encoding, UTF_8};
use flate2::bufread::GzDecoder;
use indicatif::{ProgressBar, ProgressStyle};
use kqlite::DataError;
use ruzstd::decoding::{FrameDecoder, StreamingDecoder};

use crate::failure::Failure;
use crate::source::data_failure;

/// A way of packing files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Packing {
    Gzip,
    Zstandard,
    Bzip2,
    Zip,
}

impl Packing {
    /// The endings of names of files that are packed so.
    pub const ENDINGS: [(&'static str, Self); 5] = [
        (".gz", Self::Gzip),
        (".zst", Self::Zstandard),
        (".zstd", Self::Zstandard),
        (".bz2", Self::Bzip2),
        (".zip", Self::Zip),
    ];

    /// What bytes begin with that are packed so, whatever the file is called.
    fn of(start: &[u8]) -> Option<Self> {
        match start {
            [0x1f, 0x8b, 8, ..] => Some(Self::Gzip),
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Some(Self::Zstandard),
            [b'B', b'Z', b'h', b'1'..=b'9', 0x31, 0x41, 0x59, 0x26, ..] => Some(Self::Bzip2),
            [b'P', b'K', 3, 4, ..] => Some(Self::Zip),
            _ => None,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Zstandard => "Zstandard",
            Self::Bzip2 => "bzip2",
            Self::Zip => "zip",
        }
    }
}

/// Why bytes could not be read.
#[derive(Debug)]
pub enum ReadError {
    Data(Box<DataError>),
    File(std::io::Error),
}

impl From<DataError> for ReadError {
    fn from(error: DataError) -> Self {
        Self::Data(Box::new(error))
    }
}

impl ReadError {
    /// What a command says of it; `built_in` says that the table's columns are.
    pub fn failure(self, path: &Path, built_in: bool) -> Failure {
        match self {
            Self::File(error) => Failure::file(path, &error),
            Self::Data(error) => data_failure(&error, built_in),
        }
    }
}

/// How much of a file may be read, and how its text is encoded.
#[derive(Debug, Clone, Copy)]
pub struct ByteOptions {
    /// The most bytes that may be unpacked, or held.
    pub max_bytes: usize,
    /// The most bytes without the end of a line that are held of what can be read but once.
    pub max_line_bytes: usize,
    /// The encoding; UTF-8 or, by its byte order mark, UTF-16 where nothing is said.
    pub encoding: Option<&'static Encoding>,
}

/// A file that can be read again and again.
#[derive(Debug, Clone)]
pub struct TextSource {
    path: PathBuf,
    /// The bytes, where they can be read but once or stand in an archive.
    kept: Option<Arc<[u8]>>,
    packing: Option<Packing>,
    /// The first bytes are those of files that are packed so.
    looks_packed: bool,
    options: ByteOptions,
}

impl TextSource {
    /// Looks at a file: whether it is packed, and whether it can be read twice.
    pub fn open(path: &Path, packing: Option<Packing>, options: ByteOptions) -> Result<Self, ReadError> {
        let mut source = Self { path: path.to_owned(), kept: None, packing, looks_packed: false, options };
        if !std::fs::metadata(path).map_err(ReadError::File)?.is_file() {
            source.kept = Some(source.read_once()?);
        }
        let mut start = [0; 8];
        let read =
            fill(&mut source.raw().map_err(ReadError::File)?.0, &mut start).map_err(ReadError::File)?;
        let found = Packing::of(start.get(..read).unwrap_or_default());
        source.packing = packing.or(found);
        source.looks_packed = found == source.packing;
        if source.packing == Some(Packing::Zip) {
            source.kept = Some(source.unzip()?);
            source.packing = None;
        }
        Ok(source)
    }

    /// Begins to read.
    pub fn bytes(&self) -> Result<Bytes, ReadError> {
        let (raw, size) = self.raw().map_err(ReadError::File)?;
        let position = Arc::new(AtomicU64::new(0));
        let counted = BufReader::new(Counted { raw, position: position.clone() });
        let from: Box<dyn Read + Send> = match self.packing {
            // A buffer of its own would only copy.
            None | Some(Packing::Zip) => Box::new(counted.into_inner()),
            Some(Packing::Gzip) => Box::new(GzipMembers { current: Some(GzDecoder::new(counted)) }),
            Some(Packing::Bzip2) => Box::new(MultiBzDecoder::new(counted)),
            Some(Packing::Zstandard) => Box::new(ZstandardFrames { state: FrameState::Between(counted) }),
        };
        Bytes {
            path: self.path.clone(),
            from,
            packing: self.packing,
            looks_packed: self.looks_packed,
            position,
            size,
            unpacked: 0,
            lines: 0,
            max_unpacked: size.saturating_mul(MAX_RATIO).max(self.options.max_bytes as u64),
            bar: Bar::new(&self.path.display().to_string(), size),
            decoding: Decoding::Unknown(Vec::new()),
        }
        .decoded(self.options.encoding)
    }

    /// All bytes at once, not more than may be held.
    pub fn whole(&self) -> Result<Vec<u8>, ReadError> {
        let (mut bytes, mut whole) = (self.bytes()?, Vec::new());
        let mut piece = vec![0; PIECE_BYTES as usize];
        loop {
            let read = bytes.read(&mut piece)?;
            whole.extend_from_slice(piece.get(..read).unwrap_or_default());
            match read {
                0 => return Ok(whole),
                _ if whole.len() > self.options.max_bytes => {
                    return Err(self.beyond(format!("it has more than {} MB", self.options.max_bytes >> 20)));
                }
                _ => {}
            }
        }
    }

    fn raw(&self) -> std::io::Result<(Raw, u64)> {
        Ok(match &self.kept {
            Some(bytes) => (Raw::Memory(Cursor::new(bytes.clone())), bytes.len() as u64),
            None => {
                let file = File::open(&self.path)?;
                let size = file.metadata()?.len();
                (Raw::File(file), size)
            }
        })
    }

    fn beyond(&self, message: String) -> ReadError {
        let mut error = self.wrong(message);
        error.beyond_limit = true;
        error.into()
    }

    fn wrong(&self, message: String) -> DataError {
        let mut error = DataError::from_message(message);
        error.origin = self.path.display().to_string();
        error
    }

    /// The bytes of what can be read but once, such as a pipe. They are not more than tables may have, nor more than a row
    /// may have without the end of a line.
    fn read_once(&self) -> Result<Arc<[u8]>, ReadError> {
        let mut file = File::open(&self.path).map_err(ReadError::File)?;
        let (mut bytes, mut line) = (Vec::new(), 0_usize);
        loop {
            let start = bytes.len();
            Read::by_ref(&mut file).take(PIECE_BYTES).read_to_end(&mut bytes).map_err(ReadError::File)?;
            let piece = bytes.get(start..).unwrap_or_default();
            if piece.is_empty() {
                return Ok(bytes.into());
            }
            line = match piece.iter().rposition(|byte| *byte == b'\n') {
                Some(at) => piece.len() - at - 1,
                None => line + piece.len(),
            };
            let row = if self.packing.or_else(|| Packing::of(&bytes)).is_some() {
                usize::MAX
            } else {
                self.options.max_line_bytes
            };
            let beyond = [("a row", line, row), ("the text", bytes.len(), self.options.max_bytes)];
            if let Some((what, _, limit)) = beyond.into_iter().find(|(_, found, limit)| found > limit) {
                return Err(self.beyond(format!("{what} is longer than {} MB", limit >> 20)));
            }
        }
    }

    /// The one file of an archive. What systems put beside the files of people does not count.
    fn unzip(&self) -> Result<Arc<[u8]>, ReadError> {
        let broken =
            |error: zip::result::ZipError| self.wrong(format!("the zip archive cannot be read: {error}"));
        let (raw, size) = self.raw().map_err(ReadError::File)?;
        let mut archive = zip::ZipArchive::new(raw).map_err(broken)?;
        let mut files = Vec::new();
        for at in 0..archive.len() {
            let name = archive.name_for_index(at).and_then(Result::ok).unwrap_or_default();
            let own = name.rsplit('/').next().unwrap_or_default();
            if !own.is_empty() && !own.starts_with('.') && !name.starts_with("__MACOSX/") {
                files.push((at, name.clone().into_owned()));
            }
        }
        let [(at, _)] = files[..] else {
            let names: Vec<&str> = files.iter().take(5).map(|(_, name)| &**name).collect();
            let more = if files.len() > names.len() { ", …" } else { "" };
            let message = format!(
                "the archive has {} files, and one is expected; unpack it and give the folder: {}{more}",
                files.len(),
                names.join(", ")
            );
            return Err(self.wrong(message).into());
        };
        // It is held as a whole.
        let limit = size.saturating_mul(MAX_RATIO).max(SMALL_BYTES).min(self.options.max_bytes as u64);
        let mut bytes = Vec::new();
        let file = archive.by_index(at).map_err(broken)?;
        file.take(limit.saturating_add(1))
            .read_to_end(&mut bytes)
            .map_err(|error| self.wrong(format!("the zip archive is broken: {error}")))?;
        if bytes.len() as u64 > limit {
            return Err(self.beyond(format!("the file unpacks to more than {} MB", limit >> 20)));
        }
        Ok(bytes.into())
    }
}

/// The bytes of a pipe that are read at once.
const PIECE_BYTES: u64 = 1 << 20;

/// A packed file that is small for what it unpacks to may be made to fill memory; a log becomes 10 to 100 times as large.
const MAX_RATIO: u64 = 256;

/// What an archive may unpack to whatever its size.
const SMALL_BYTES: u64 = 64 << 20;

/// A file's bytes as they stand there.
enum Raw {
    File(File),
    Memory(Cursor<Arc<[u8]>>),
}

impl Read for Raw {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        match self {
            Self::File(file) => file.read(buffer),
            Self::Memory(bytes) => bytes.read(buffer),
        }
    }
}

impl std::io::Seek for Raw {
    fn seek(&mut self, to: std::io::SeekFrom) -> std::io::Result<u64> {
        match self {
            Self::File(file) => file.seek(to),
            Self::Memory(bytes) => bytes.seek(to),
        }
    }
}

/// Counts the bytes that are read of a file.
struct Counted {
    raw: Raw,
    position: Arc<AtomicU64>,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.raw.read(buffer)?;
        self.position.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

type Buffered = BufReader<Counted>;

/// Members of gzip one after the other, with zero bytes behind them, with which tapes and disks fill up blocks.
struct GzipMembers {
    /// The member that is read; nothing at the end.
    current: Option<GzDecoder<Buffered>>,
}

impl Read for GzipMembers {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        while let Some(member) = &mut self.current {
            let read = member.read(buffer)?;
            if read > 0 || buffer.is_empty() {
                return Ok(read);
            }
            let Some(mut rest) = self.current.take().map(GzDecoder::into_inner) else { break };
            loop {
                let piece = rest.fill_buf()?;
                let zeros = piece.iter().take_while(|byte| **byte == 0).count();
                if zeros == 0 {
                    break;
                }
                rest.consume(zeros);
            }
            if !rest.fill_buf()?.is_empty() {
                self.current = Some(GzDecoder::new(rest));
            }
        }
        Ok(0)
    }
}

/// Frames of Zstandard one after the other.
struct ZstandardFrames {
    state: FrameState,
}

/// The bytes of a frame: its first ones were looked at.
type FrameBytes = Chain<Cursor<[u8; 4]>, Buffered>;

enum FrameState {
    Between(Buffered),
    Frame(Box<StreamingDecoder<FrameBytes, FrameDecoder>>),
    Ended,
}

impl Read for ZstandardFrames {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        loop {
            match std::mem::replace(&mut self.state, FrameState::Ended) {
                FrameState::Ended => return Ok(0),
                FrameState::Between(mut rest) => {
                    if rest.fill_buf()?.is_empty() {
                        return Ok(0);
                    }
                    let mut start = [0; 4];
                    rest.read_exact(&mut start)?;
                    // A frame whose content is nobody's business has one of sixteen numbers, and its length.
                    if matches!(start, [0x50..=0x5f, 0x2a, 0x4d, 0x18]) {
                        let mut length = [0; 4];
                        rest.read_exact(&mut length)?;
                        let length = u64::from(u32::from_le_bytes(length));
                        std::io::copy(&mut Read::by_ref(&mut rest).take(length), &mut std::io::sink())?;
                        self.state = FrameState::Between(rest);
                        continue;
                    }
                    let frame = StreamingDecoder::new(Cursor::new(start).chain(rest))
                        .map_err(|error| std::io::Error::new(ErrorKind::InvalidData, error.to_string()))?;
                    self.state = FrameState::Frame(Box::new(frame));
                }
                FrameState::Frame(mut frame) => {
                    let read = frame.read(buffer)?;
                    if read > 0 || buffer.is_empty() {
                        self.state = FrameState::Frame(frame);
                        return Ok(read);
                    }
                    self.state = FrameState::Between(frame.into_inner().into_inner().1);
                }
            }
        }
    }
}

/// How bytes become UTF-8.
enum Decoding {
    /// Nothing was looked at yet. The bytes are at the beginning.
    Unknown(Vec<u8>),
    /// They are it already; the first ones were read before.
    Not(Cursor<Vec<u8>>),
    Decoder(Box<Decoder>),
}

/// Text in another encoding.
struct Decoder {
    decoder: encoding_rs::Decoder,
    /// Bytes that were read, and from where on they are not decoded.
    input: Vec<u8>,
    start: usize,
    /// Text that was decoded, and how much of it was given.
    output: Vec<u8>,
    given: usize,
    ended: bool,
}

/// A file's bytes, unpacked and decoded, piece by piece.
pub struct Bytes {
    path: PathBuf,
    from: Box<dyn Read + Send>,
    packing: Option<Packing>,
    looks_packed: bool,
    /// How many bytes of the file were read.
    position: Arc<AtomicU64>,
    /// How many bytes the file had when it was opened.
    size: u64,
    /// The bytes that were unpacked, and the lines that ended in them.
    unpacked: u64,
    lines: usize,
    /// The most bytes that may be unpacked.
    max_unpacked: u64,
    bar: Bar,
    decoding: Decoding,
}

impl Bytes {
    /// The same, as it is to be decoded.
    fn decoded(mut self, encoding: Option<&'static Encoding>) -> Result<Self, ReadError> {
        let found = match encoding {
            Some(encoding) => encoding,
            None => {
                let mut start = vec![0; 3];
                let mut read = 0;
                while let Some(room) = start.get_mut(read..).filter(|room| !room.is_empty()) {
                    match self.unpack(room)? {
                        0 => break,
                        more => read += more,
                    }
                }
                start.truncate(read);
                let found = Encoding::for_bom(&start).map_or(UTF_8, |(encoding, _)| encoding);
                self.decoding = Decoding::Unknown(start);
                found
            }
        };
        let start = match std::mem::replace(&mut self.decoding, Decoding::Unknown(Vec::new())) {
            Decoding::Unknown(start) => start,
            Decoding::Not(_) | Decoding::Decoder(_) => Vec::new(),
        };
        self.decoding = if found == UTF_8 {
            Decoding::Not(Cursor::new(start))
        } else {
            // A byte order mark says which of two ways UTF-16 is written, whatever was asked for.
            let decoder = found.new_decoder();
            Decoding::Decoder(Box::new(Decoder {
                decoder,
                input: start,
                start: 0,
                output: Vec::new(),
                given: 0,
                ended: false,
            }))
        };
        Ok(self)
    }

    /// How many bytes there are, as far as that is known before.
    pub fn size(&self) -> Option<u64> {
        match self.decoding {
            Decoding::Not(_) if self.packing.is_none() => Some(self.size),
            _ => None,
        }
    }

    /// Puts the next bytes into the buffer, and says how many they are; none at the end.
    pub fn read(&mut self, buffer: &mut [u8]) -> Result<usize, ReadError> {
        match &mut self.decoding {
            Decoding::Not(first) => match first.read(buffer).map_err(ReadError::File)? {
                0 => self.unpack(buffer),
                read => Ok(read),
            },
            Decoding::Decoder(_) => self.decode(buffer),
            Decoding::Unknown(_) => Ok(0),
        }
    }

    /// Puts the next decoded bytes into the buffer.
    fn decode(&mut self, buffer: &mut [u8]) -> Result<usize, ReadError> {
        let mut lent = std::mem::replace(&mut self.decoding, Decoding::Unknown(Vec::new()));
        let Decoding::Decoder(it) = &mut lent else { return Ok(0) };
        while it.given == it.output.len() && !it.ended {
            if it.start == it.input.len() {
                it.input.resize(DECODED_BYTES, 0);
                let read = self.unpack(&mut it.input)?;
                it.input.truncate(read);
                (it.start, it.ended) = (0, read == 0);
            }
            let input = it.input.get(it.start..).unwrap_or_default();
            it.output.resize(3 * DECODED_BYTES + 16, 0);
            // What is wrong in the text is told, and not replaced.
            let (result, read, written) =
                it.decoder.decode_to_utf8_without_replacement(input, &mut it.output, it.ended);
            it.output.truncate(written);
            (it.start, it.given) = (it.start + read, 0);
            self.lines += line_breaks(&it.output);
            if let DecoderResult::Malformed(length, behind) = result {
                let left = (it.input.len() - it.start) as u64 + u64::from(length) + u64::from(behind);
                let at = self.unpacked.saturating_sub(left) + 1;
                let name = it.decoder.encoding().name();
                return Err(self.wrong_line(format!("byte {at} of the text is not {name}")));
            }
        }
        let rest = it.output.get(it.given..).unwrap_or_default();
        let count = rest.len().min(buffer.len());
        if let (Some(room), Some(rest)) = (buffer.get_mut(..count), rest.get(..count)) {
            room.copy_from_slice(rest);
        }
        it.given += count;
        self.decoding = lent;
        Ok(count)
    }

    /// Puts the next unpacked bytes into the buffer.
    fn unpack(&mut self, buffer: &mut [u8]) -> Result<usize, ReadError> {
        let read = loop {
            match self.from.read(buffer) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                read => break read,
            }
        };
        let done = self.position.load(Ordering::Relaxed);
        self.bar.report(done);
        let Some(packing) = self.packing else {
            let read = read.map_err(ReadError::File)?;
            self.unpacked += read as u64;
            // A file that grows is read to its new end: that is more of the same. One that shrinks has lost rows.
            if read == 0 && !buffer.is_empty() && done < self.size {
                return Err(self.wrong("the file became shorter while it was read".to_owned()).into());
            }
            return Ok(read);
        };
        match read {
            Ok(read) => {
                let bytes = buffer.get(..read).unwrap_or_default();
                self.unpacked += read as u64;
                if matches!(self.decoding, Decoding::Not(_)) {
                    self.lines += line_breaks(bytes);
                }
                if self.unpacked > self.max_unpacked {
                    let message = format!("the file unpacks to more than {} MB", self.max_unpacked >> 20);
                    let mut error = self.wrong(message);
                    (error.beyond_limit, error.line) = (true, Some(self.lines + 1));
                    return Err(error.into());
                }
                Ok(read)
            }
            Err(error)
                if matches!(
                    error.kind(),
                    ErrorKind::InvalidInput
                        | ErrorKind::InvalidData
                        | ErrorKind::UnexpectedEof
                        | ErrorKind::Other
                ) =>
            {
                let name = packing.name();
                Err(self.wrong_line(if error.kind() == ErrorKind::UnexpectedEof {
                    format!("the {name} data is cut off")
                } else if !self.looks_packed {
                    format!("this is no {name} data")
                } else {
                    format!("the {name} data is broken behind byte {done} of the file")
                }))
            }
            Err(error) => Err(ReadError::File(error)),
        }
    }

    /// The error for bytes that are wrong in the line that was reached.
    fn wrong_line(&self, message: String) -> ReadError {
        let mut error = self.wrong(message);
        error.line = Some(self.lines + 1);
        error.into()
    }

    fn wrong(&self, message: String) -> DataError {
        let mut error = DataError::from_message(message);
        error.origin = self.path.display().to_string();
        error
    }
}

/// How many bytes are decoded at once.
const DECODED_BYTES: usize = 1 << 16;

/// How many lines end in some bytes.
fn line_breaks(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| **byte == b'\n').count()
}

/// Fills a buffer as far as there are bytes.
fn fill(from: &mut impl Read, buffer: &mut [u8]) -> std::io::Result<usize> {
    let mut read = 0;
    while let Some(room) = buffer.get_mut(read..).filter(|room| !room.is_empty()) {
        match from.read(room)? {
            0 => break,
            more => read += more,
        }
    }
    Ok(read)
}
/// A bar on a terminal once a file takes longer than a second.
struct Bar {
    name: String,
    total: u64,
    started: Instant,
    shown: bool,
    bar: ProgressBar,
}

impl Bar {
    fn new(name: &str, total: u64) -> Self {
        Self {
            name: name.to_owned(),
            total,
            started: Instant::now(),
            shown: false,
            bar: ProgressBar::hidden(),
        }
    }

    fn report(&mut self, done: u64) {
        if !self.shown {
            if self.started.elapsed() < Duration::from_secs(1) || !std::io::stderr().is_terminal() {
                return;
            }
            self.shown = true;
            self.bar.set_length(self.total);
            self.bar.set_message(self.name.clone());
            if let Ok(style) = ProgressStyle::with_template("{msg} {bar:30} {bytes}/{total_bytes}") {
                self.bar.set_style(style);
            }
            self.bar.set_draw_target(indicatif::ProgressDrawTarget::stderr());
        }
        self.bar.set_position(done);
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
