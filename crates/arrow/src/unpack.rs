//! Unpacks the pages of a column chunk, one after the other, into the same memory. It must not know what is in them.
//!
//! The parquet crate takes new memory for each page, which the system and the codec clear before it is written: half as
//! much work again as to unpack it. So pages in Snappy, which most writers use, are asked for as they lie in the file.

use std::sync::Arc;

use parquet::basic::Compression;
use parquet::errors::{ParquetError, Result};
use parquet::file::metadata::ColumnChunkMetaData;
use parquet::file::reader::ChunkReader;
use parquet::file::serialized_reader::SerializedPageReader;
use snap::raw::{Decoder, decompress_len};

/// Memory for an unpacked page.
#[derive(Default)]
pub struct Unpacker {
    memory: Vec<u8>,
}

/// The most bytes that one byte of Snappy can become: three bytes tell to repeat 64.
const SNAPPY_RATIO: usize = 22;

impl Unpacker {
    /// The bytes of a page, which are packed with Snappy or not at all.
    pub fn unpack<'p>(&'p mut self, page: &'p [u8], snappy: bool) -> Result<&'p [u8]> {
        // A page without values may be without bytes.
        if !snappy || page.is_empty() {
            return Ok(page);
        }
        let length = decompress_len(page)?;
        if length / SNAPPY_RATIO > page.len() {
            return Err(ParquetError::General("a page says that it is longer than it can be".to_owned()));
        }
        if self.memory.len() < length {
            // The next page may be a little longer.
            self.memory = vec![0; length + length / 8];
        }
        let length = Decoder::new().decompress(page, &mut self.memory)?;
        Ok(&self.memory[..length])
    }
}

/// Reads the pages of a column chunk with `rows` rows; and whether they are left packed with Snappy.
pub fn pages<S: ChunkReader>(
    source: &Arc<S>,
    chunk: &ColumnChunkMetaData,
    rows: usize,
) -> Result<(SerializedPageReader<S>, bool)> {
    let snappy = chunk.compression() == Compression::SNAPPY;
    let reader = if snappy {
        let unpacked = chunk.clone().into_builder().set_compression(Compression::UNCOMPRESSED).build()?;
        SerializedPageReader::new(Arc::clone(source), &unpacked, rows, None)?
    } else {
        SerializedPageReader::new(Arc::clone(source), chunk, rows, None)?
    };
    Ok((reader, snappy))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that fails should say so")]
mod tests {
    use snap::raw::Encoder;

    use super::*;

    #[test]
    fn pages_are_unpacked_into_the_same_memory() {
        let mut unpacker = Unpacker::default();
        for page in [&b"long ".repeat(9_000), &b"short".to_vec(), &vec![0; 100_000], &Vec::new()] {
            let packed = Encoder::new().compress_vec(page).unwrap();
            assert_eq!(unpacker.unpack(&packed, true).unwrap(), page);
            assert_eq!(unpacker.unpack(&packed, false).unwrap(), packed);
        }
        assert!(unpacker.unpack(&[], true).unwrap().is_empty());
    }

    #[test]
    fn no_memory_is_taken_for_a_page_that_lies() {
        let mut unpacker = Unpacker::default();
        // Four gigabytes in nine bytes.
        assert!(unpacker.unpack(&[0xff, 0xff, 0xff, 0xff, 0x0f, 0, 0, 0, 0], true).is_err());
        assert!(unpacker.memory.is_empty());
        // Ten bytes, of which there are two.
        assert!(unpacker.unpack(&[10, 1 << 2, b'a', b'b'], true).is_err());
    }
}
