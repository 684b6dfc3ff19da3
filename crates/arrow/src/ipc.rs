//! Arrow files and streams. It must not know types of kqlite.

use arrow_array::{ArrayRef, RecordBatch};
use arrow_buffer::Buffer;
use arrow_ipc::convert::try_fb_to_schema;
use arrow_ipc::reader::{FileDecoder, StreamReader, read_footer_length};
use arrow_ipc::{Block, Footer, root_as_footer};
use arrow_schema::{ArrowError, Fields, SchemaRef};
use bytes::{Buf, Bytes};
use kqlite::DataError;
use parquet::file::reader::{ChunkReader, Length};

use crate::reader::{Part, WORTH_A_THREAD, Wanted, broken, convert};
use crate::source::Shared;

/// An Arrow file or stream whose schema is read.
#[derive(Debug)]
pub struct IpcFile<S> {
    source: Shared<S>,
    schema: SchemaRef,
    /// The footer; a stream has none.
    footer: Option<Bytes>,
}

/// The length of the footer, and the magic bytes.
const TAIL: usize = 10;

impl<S: ChunkReader + 'static> IpcFile<S> {
    pub fn open(source: Shared<S>) -> Result<Self, DataError> {
        let load = || -> Result<(SchemaRef, Bytes), ArrowError> {
            let end = source.len();
            let short = || ArrowError::ParseError("the file is cut off".to_owned());
            let tail =
                source.get_bytes(end.checked_sub(TAIL as u64).ok_or_else(short)?, TAIL).map_err(external)?;
            let length = read_footer_length(tail.as_ref().try_into().map_err(|_| short())?)?;
            let start = end.checked_sub((TAIL + length) as u64).ok_or_else(short)?;
            let bytes = source.get_bytes(start, length).map_err(external)?;
            let footer = footer(&bytes)?;
            let schema =
                footer.schema().ok_or_else(|| ArrowError::ParseError("there is no schema".to_owned()))?;
            if !schema.endianness().equals_to_target_endianness() {
                return Err(ArrowError::ParseError("the bytes of numbers are in the other order".to_owned()));
            }
            Ok((try_fb_to_schema(schema)?.into(), bytes))
        };
        let (schema, footer) = load().map_err(|error| broken(&error))?;
        Ok(Self { source, schema, footer: Some(footer) })
    }

    pub fn open_stream(source: Shared<S>) -> Result<Self, DataError> {
        let start = source.get_read(0).map_err(|error| broken(&error))?;
        let stream = StreamReader::try_new(start, None).map_err(|error| broken(&error))?;
        Ok(Self { source, schema: stream.schema(), footer: None })
    }

    pub fn fields(&self) -> &Fields {
        self.schema.fields()
    }

    /// The columns, and how many rows they have.
    pub fn read(&self, wanted: &[&Wanted], threads: usize) -> Result<(usize, Vec<Part>), DataError> {
        // Each column once, in the file's order, which is the one that it is decoded in.
        let mut places: Vec<usize> = wanted.iter().filter_map(|it| it.at).collect();
        places.sort_unstable();
        let batches = match &self.footer {
            Some(footer) => self.batches(footer, &places),
            None => self.stream(&places),
        };
        let batches = batches.map_err(|error| broken(&error))?;
        let rows = batches.iter().map(RecordBatch::num_rows).sum();
        let arrays = |it: &&Wanted| -> Vec<ArrayRef> {
            let place = it.at.and_then(|at| places.binary_search(&at).ok());
            let column = |batch: &RecordBatch| batch.columns().get(place?).cloned();
            batches.iter().filter_map(column).collect()
        };
        let arrays: Vec<Vec<ArrayRef>> = wanted.iter().map(arrays).collect();
        let threads = if self.source.len() < WORTH_A_THREAD as u64 { 1 } else { threads };
        Ok((rows, convert(wanted, arrays, rows, threads)?))
    }

    fn batches(&self, footer_bytes: &Bytes, places: &[usize]) -> Result<Vec<RecordBatch>, ArrowError> {
        let footer = footer(footer_bytes)?;
        let mut decoder =
            FileDecoder::new(self.schema.clone(), footer.version()).with_projection(places.to_vec());
        for block in footer.dictionaries().iter().flatten() {
            decoder.read_dictionary(block, &self.block(block)?)?;
        }
        let mut batches = Vec::new();
        for block in footer.recordBatches().iter().flatten() {
            batches.extend(decoder.read_record_batch(block, &self.block(block)?)?);
        }
        Ok(batches)
    }

    fn block(&self, block: &Block) -> Result<Buffer, ArrowError> {
        let wrong = || ArrowError::ParseError("a block lies outside the file".to_owned());
        let length = i64::from(block.metaDataLength()).checked_add(block.bodyLength()).ok_or_else(wrong)?;
        let start = u64::try_from(block.offset()).map_err(|_| wrong())?;
        let length = usize::try_from(length).map_err(|_| wrong())?;
        if block.metaDataLength() < 0
            || block.bodyLength() < 0
            || start.saturating_add(length as u64) > self.source.len()
        {
            return Err(wrong());
        }
        Ok(self.source.get_bytes(start, length).map_err(external)?.into())
    }

    fn stream(&self, places: &[usize]) -> Result<Vec<RecordBatch>, ArrowError> {
        let length = usize::try_from(self.source.len()).map_err(external)?;
        let bytes = self.source.get_bytes(0, length).map_err(external)?;
        StreamReader::try_new(bytes.reader(), Some(places.to_vec()))?.collect()
    }
}

fn external(error: impl std::error::Error + Send + Sync + 'static) -> ArrowError {
    ArrowError::ExternalError(Box::new(error))
}

fn footer(bytes: &[u8]) -> Result<Footer<'_>, ArrowError> {
    root_as_footer(bytes).map_err(|error| ArrowError::ParseError(format!("the footer is broken: {error}")))
}
