//! Reads Arrow files and streams: both are messages, whose places a file has in its footer. It must not know types of
//! kqlite.

use arrow_array::{ArrayRef, RecordBatch};
use arrow_buffer::Buffer;
use arrow_ipc::convert::try_fb_to_schema;
use arrow_ipc::reader::{FileDecoder, read_footer_length};
use arrow_ipc::{Block, Message, MessageHeader, MetadataVersion, root_as_footer, root_as_message};
use arrow_schema::{ArrowError, Fields, SchemaRef};
use kqlite::DataError;
use parquet::file::reader::{ChunkReader, Length};

use crate::decode::decode;
use crate::limit::{MemoryLimit, array_bytes};
use crate::part::{ColumnPart, convert};
use crate::request::{ColumnRequest, MIN_BYTES_FOR_THREADS};
use crate::source::SharedSource;

/// An Arrow file or stream whose schema is read.
#[derive(Debug)]
pub struct IpcFile<S> {
    source: SharedSource<S>,
    schema: SchemaRef,
    version: MetadataVersion,
    /// Where the dictionaries and batches lie, in the order in which they are read.
    blocks: Vec<Block>,
    limit: MemoryLimit,
}

/// How far some columns of a file were read.
pub struct IpcPlace {
    decoder: FileDecoder,
    /// The columns of the file that are read, in order.
    columns: Vec<usize>,
    /// The next block.
    next: usize,
}

/// The length of the footer, and the magic bytes.
const TAIL: usize = 10;

/// What stands before the length of a message.
const CONTINUED: [u8; 4] = [0xff; 4];

impl<S: ChunkReader + 'static> IpcFile<S> {
    pub fn open(source: SharedSource<S>, limit: MemoryLimit) -> Result<Self, DataError> {
        decode(|| Self::open_file(source, limit))
    }

    fn open_file(source: SharedSource<S>, limit: MemoryLimit) -> Result<Self, ArrowError> {
        let end = source.len();
        let tail = bytes(&source, end.checked_sub(TAIL as u64).ok_or_else(cut_off)?, TAIL)?;
        let length = read_footer_length(tail.as_slice().try_into().map_err(|_| cut_off())?)?;
        let start = end.checked_sub((TAIL + length) as u64).ok_or_else(cut_off)?;
        let footer = bytes(&source, start, length)?;
        let footer =
            root_as_footer(&footer).map_err(|error| wrong(&format!("the footer is broken: {error}")))?;
        let schema = footer.schema().ok_or_else(|| wrong("there is no schema"))?;
        let blocks =
            footer.dictionaries().into_iter().flatten().chain(footer.recordBatches().into_iter().flatten());
        let blocks = blocks.copied().collect();
        Ok(Self { source, schema: schema_of(schema)?, version: footer.version(), blocks, limit })
    }

    pub fn open_stream(source: SharedSource<S>, limit: MemoryLimit) -> Result<Self, DataError> {
        decode(|| Self::open_messages(source, limit))
    }

    /// Goes from one message of a stream to the next one.
    fn open_messages(source: SharedSource<S>, limit: MemoryLimit) -> Result<Self, ArrowError> {
        let (mut schema, mut blocks, mut at) = (None, Vec::new(), 0);
        while at < source.len() {
            let start = bytes(&source, at, 8)?;
            let length = match start.first_chunk::<8>() {
                Some([0xff, 0xff, 0xff, 0xff, length @ ..]) => u32::from_le_bytes(*length),
                _ => return Err(wrong("a message does not begin as one")),
            };
            if length == 0 {
                break;
            }
            let metadata = bytes(&source, at + 8, length as usize)?;
            let message = message_of(&metadata)?;
            let body = message.bodyLength();
            let whole = 8 + length as usize;
            match message.header_as_schema() {
                Some(it) if schema.is_none() => schema = Some((schema_of(it)?, message.version())),
                Some(_) => return Err(wrong("there is a second schema")),
                None => {
                    let length = i32::try_from(whole).map_err(|_| cut_off())?;
                    blocks.push(Block::new(at as i64, length, body));
                }
            }
            at = u64::try_from(body)
                .ok()
                .and_then(|body| at.checked_add(whole as u64)?.checked_add(body))
                .filter(|next| *next <= source.len())
                .ok_or_else(cut_off)?;
        }
        let (schema, version) = schema.ok_or_else(|| wrong("there is no schema"))?;
        Ok(Self { source, schema, version, blocks, limit })
    }

    pub fn fields(&self) -> &Fields {
        self.schema.fields()
    }

    /// The columns, and how many rows they have.
    pub fn read(
        &self,
        wanted: &[&ColumnRequest],
        threads: usize,
    ) -> Result<(usize, Vec<ColumnPart>), DataError> {
        let mut place = self.start(wanted);
        let batches = decode(|| self.batches(&mut place, usize::MAX))?.ok_or_else(|| self.limit.error())?;
        self.columns(&place, wanted, &batches, threads)
    }

    /// The place before the first batch, to read columns from there on.
    pub fn start(&self, wanted: &[&ColumnRequest]) -> IpcPlace {
        // Each column once, in the file's order, which is the one that it is decoded in.
        let mut columns: Vec<usize> = wanted.iter().filter_map(|it| it.at).collect();
        columns.sort_unstable();
        let decoder = FileDecoder::new(self.schema.clone(), self.version).with_projection(columns.clone());
        IpcPlace { decoder, columns, next: 0 }
    }

    /// Columns of the next batches, of about as many rows, and how many rows they have; `None` at the end.
    pub fn read_next(
        &self,
        place: &mut IpcPlace,
        wanted: &[&ColumnRequest],
        rows: usize,
        threads: usize,
    ) -> Result<Option<(usize, Vec<ColumnPart>)>, DataError> {
        let batches = decode(|| self.batches(place, rows))?.ok_or_else(|| self.limit.error())?;
        if batches.is_empty() {
            return Ok(None);
        }
        self.columns(place, wanted, &batches, threads).map(Some)
    }

    fn columns(
        &self,
        place: &IpcPlace,
        wanted: &[&ColumnRequest],
        batches: &[RecordBatch],
        threads: usize,
    ) -> Result<(usize, Vec<ColumnPart>), DataError> {
        let rows = batches.iter().map(RecordBatch::num_rows).sum();
        let arrays = |it: &&ColumnRequest| -> Vec<ArrayRef> {
            let at = it.at.and_then(|at| place.columns.binary_search(&at).ok());
            let column = |batch: &RecordBatch| batch.columns().get(at?).cloned();
            batches.iter().filter_map(column).collect()
        };
        let arrays: Vec<Vec<ArrayRef>> = wanted.iter().map(arrays).collect();
        let threads = if self.source.len() < MIN_BYTES_FOR_THREADS as u64 { 1 } else { threads };
        let parts = convert(wanted, arrays, rows, threads)?;
        self.limit.check(parts.iter().map(|part| part.column.byte_size()).sum())?;
        Ok((rows, parts))
    }

    /// The next batches, until they have as many rows; none at the end. `None` if they are larger than is allowed.
    fn batches(&self, place: &mut IpcPlace, rows: usize) -> Result<Option<Vec<RecordBatch>>, ArrowError> {
        let (mut batches, mut found, mut held) = (Vec::new(), 0, 0_usize);
        while found < rows
            && let Some(block) = self.blocks.get(place.next)
        {
            place.next += 1;
            let (bytes, is_dictionary, claimed) = self.block(block)?;
            if self.limit.check(claimed).is_err() {
                return Ok(None);
            }
            if is_dictionary {
                place.decoder.read_dictionary(block, &bytes)?;
            } else if let Some(batch) = place.decoder.read_record_batch(block, &bytes)? {
                found += batch.num_rows();
                held = batch.columns().iter().fold(held, |sum, it| sum.saturating_add(array_bytes(it)));
                if self.limit.check(held).is_err() {
                    return Ok(None);
                }
                batches.push(batch);
            }
        }
        Ok(Some(batches))
    }

    /// The bytes of a message, whether it is a dictionary, and how many bytes its largest buffer is unpacked, after what it says
    /// of itself was looked at.
    fn block(&self, block: &Block) -> Result<(Buffer, bool, usize), ArrowError> {
        let place = || {
            let (metadata, body) =
                (u64::try_from(block.metaDataLength()).ok()?, u64::try_from(block.bodyLength()).ok()?);
            let (start, length) = (u64::try_from(block.offset()).ok()?, metadata.checked_add(body)?);
            let inside = start.checked_add(length)? <= self.source.len() && metadata >= 8;
            inside.then_some((start, usize::try_from(length).ok()?, usize::try_from(metadata).ok()?))
        };
        let (start, length, metadata) = place().ok_or_else(|| wrong("a block lies outside the file"))?;
        let bytes: Buffer = self.source.get_bytes(start, length).map_err(external)?.into();
        let (head, body) = bytes.split_at(metadata);
        let message = message_of(if head.starts_with(&CONTINUED) { &head[8..] } else { &head[4..] })?;
        let is_dictionary = message.header_type() == MessageHeader::DictionaryBatch;
        let batch = match message.header_as_dictionary_batch() {
            Some(dictionary) => dictionary.data(),
            None => message.header_as_record_batch(),
        };
        let mut largest = 0;
        if let Some(batch) = batch {
            let compressed = batch.compression().is_some();
            let mut sound = |buffer: &arrow_ipc::Buffer| -> Option<bool> {
                let (start, length) =
                    (usize::try_from(buffer.offset()).ok()?, usize::try_from(buffer.length()).ok()?);
                let part = body.get(start..start.checked_add(length)?)?;
                let claimed = match part.first_chunk::<8>() {
                    Some(size) if compressed => u64::try_from(i64::from_le_bytes(*size)).unwrap_or_default(),
                    _ => 0,
                };
                largest = largest.max(usize::try_from(claimed).unwrap_or(usize::MAX));
                Some(claimed <= (length as u64).saturating_mul(MAX_COMPRESSION_RATIO))
            };
            if !batch.buffers().into_iter().flatten().all(|buffer| sound(buffer) == Some(true)) {
                return Err(wrong("a batch says what cannot be of its buffers"));
            }
        }
        Ok((bytes, is_dictionary, largest))
    }
}

/// The most bytes that compression makes of one. Memory beyond that is not reserved, whatever a file claims.
const MAX_COMPRESSION_RATIO: u64 = 1 << 16;

fn schema_of(schema: arrow_ipc::Schema<'_>) -> Result<SchemaRef, ArrowError> {
    if !schema.endianness().equals_to_target_endianness() {
        return Err(wrong("the bytes of numbers are in the other order"));
    }
    Ok(try_fb_to_schema(schema)?.into())
}

fn message_of(metadata: &[u8]) -> Result<Message<'_>, ArrowError> {
    root_as_message(metadata).map_err(|error| wrong(&format!("a message is broken: {error}")))
}

fn bytes<S: ChunkReader>(source: &SharedSource<S>, start: u64, length: usize) -> Result<Vec<u8>, ArrowError> {
    if start.checked_add(length as u64).is_none_or(|end| end > source.len()) {
        return Err(cut_off());
    }
    Ok(source.get_bytes(start, length).map_err(external)?.to_vec())
}

fn external(error: impl std::error::Error + Send + Sync + 'static) -> ArrowError {
    ArrowError::ExternalError(Box::new(error))
}

fn wrong(message: &str) -> ArrowError {
    ArrowError::ParseError(message.to_owned())
}

fn cut_off() -> ArrowError {
    wrong("the file is cut off")
}
