//! Reads Parquet files: column chunks by several threads, dictionaries as they are. It must not know types of kqlite.

use std::ops::Range;
use std::sync::Arc;

use arrow_array::ArrayRef;
use arrow_schema::{DataType, Field, Fields, Schema, TimeUnit};
use kqlite::DataError;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder,
};
use parquet::basic::{Compression, ConvertedType, Encoding, Type as PhysicalType};
use parquet::errors::{ParquetError, Result};
use parquet::file::metadata::{ColumnChunkMetaData, ParquetMetaData, ParquetStatisticsPolicy};
use parquet::file::reader::{ChunkReader, Length};

use crate::decode::{broken, decode};
use crate::limit::{HeldMemory, MemoryLimit, array_bytes};
use crate::part::{ColumnPart, join, part, part_of_texts};
use crate::request::{ColumnRequest, MIN_BYTES_FOR_THREADS, RowSelection};
use crate::source::SharedSource;
use crate::{dictionary, pages, types};

/// A Parquet file whose footer is read.
#[derive(Debug)]
pub struct ParquetFile<S> {
    source: SharedSource<S>,
    metadata: ArrowReaderMetadata,
    /// The columns as the file has them.
    fields: Fields,
    limit: MemoryLimit,
}

impl<S: ChunkReader + 'static> ParquetFile<S> {
    pub fn open(source: SharedSource<S>, limit: MemoryLimit) -> Result<Self, DataError> {
        let load = || -> Result<(Fields, ArrowReaderMetadata)> {
            let options = ArrowReaderOptions::new()
                .with_encoding_stats_as_mask(true)
                .with_column_stats_policy(ParquetStatisticsPolicy::SkipAll);
            let found = ArrowReaderMetadata::load(&source, options)?;
            check(found.metadata(), source.len())?;
            let fields = found.schema().fields().clone();
            let fast = fields.iter().enumerate().map(|(at, field)| fast_form(field, at, found.metadata()));
            let schema =
                Schema::new_with_metadata(fast.collect::<Fields>(), found.schema().metadata().clone());
            let options = ArrowReaderOptions::new().with_schema(schema.into());
            // A file whose schema cannot be asked for as it is is read as it is.
            let metadata = ArrowReaderMetadata::try_new(found.metadata().clone(), options).unwrap_or(found);
            Ok((fields, metadata))
        };
        let (fields, metadata) = decode(load)?;
        Ok(Self { source, metadata, fields, limit })
    }

    pub const fn fields(&self) -> &Fields {
        &self.fields
    }

    fn file(&self) -> &ParquetMetaData {
        self.metadata.metadata()
    }

    /// How many rows some row groups have.
    pub fn rows(&self, groups: Range<usize>) -> Result<usize, DataError> {
        self.rows_of(groups).ok_or_else(|| broken(&"a number of rows is out of range"))
    }

    fn rows_of(&self, groups: Range<usize>) -> Option<usize> {
        let groups = self.file().row_groups().get(groups)?;
        groups.iter().try_fold(0, |rows: usize, group| rows.checked_add(group.num_rows().try_into().ok()?))
    }

    /// How many row groups there are.
    pub fn groups(&self) -> usize {
        self.file().num_row_groups()
    }

    /// Reads columns of some row groups: all rows, or some of them, which are counted from the first of the groups.
    pub fn read(
        &self,
        wanted: &[&ColumnRequest],
        of: Range<usize>,
        picked: Option<&RowSelection<'_>>,
        threads: usize,
    ) -> Result<Vec<ColumnPart>, DataError> {
        if picked.is_none() {
            self.limit.check_rows(wanted, self.rows(of.clone())?)?;
        }
        let held = HeldMemory::new(self.limit);
        let costs: Vec<usize> = wanted.iter().map(|it| self.cost(it, of.clone())).collect();
        let total = costs.iter().fold(0, |total: usize, cost| total.saturating_add(*cost));
        let threads = if total < MIN_BYTES_FOR_THREADS { 1 } else { threads.max(1) };
        // A column is one piece of work, unless that is much more than a thread's share.
        let share = (total / threads).max(1);
        let mut pieces = Vec::new();
        for (column, &cost) in costs.iter().enumerate() {
            let count = (cost.saturating_add(share / 2) / share).clamp(1, of.len().max(1));
            let bound = |at: usize| of.start + of.len() * at / count;
            let bounds = (0..count).map(|at| bound(at)..bound(at + 1));
            pieces.extend(bounds.map(|groups| (cost / count, column, groups)));
        }
        let own: Vec<Option<Vec<u32>>> =
            wanted.iter().map(|it| picked.and_then(|picked| picked.rows_of(&it.name))).collect();
        // The largest first, so that no thread begins it when the others are done.
        pieces.sort_by_key(|(cost, ..)| std::cmp::Reverse(*cost));
        let mut parts = kqlite::map_in_parallel(threads, pieces, |(_, column, groups)| {
            let start = groups.start;
            let picked = picked.map(|picked| (&*picked.rows, own[column].as_deref()));
            let part = self.piece(wanted[column], of.start, groups, picked)?;
            held.add(part.column.byte_size())?;
            Ok((column, start, part))
        })
        .into_iter()
        .collect::<Result<Vec<_>, DataError>>()?;
        parts.sort_by_key(|(column, start, _)| (*column, *start));
        let mut columns: Vec<Vec<ColumnPart>> = wanted.iter().map(|_| Vec::new()).collect();
        for (column, _, part) in parts {
            columns[column].push(part);
        }
        columns.into_iter().zip(wanted).map(|(parts, wanted)| join(wanted, parts)).collect()
    }

    /// About how much work a column is.
    pub fn cost(&self, wanted: &ColumnRequest, groups: Range<usize>) -> usize {
        let Some(root) = wanted.at else { return 0 };
        let all = self.file().row_groups().get(groups).unwrap_or_default();
        let schema = self.file().file_metadata().schema_descr();
        let leaves = (0..schema.num_columns()).filter(|leaf| schema.get_column_root_idx(*leaf) == root);
        let sizes = leaves.flat_map(|leaf| {
            all.iter().filter_map(move |group| group.columns().get(leaf)?.uncompressed_size().try_into().ok())
        });
        sizes.fold(0, |total: usize, size| total.saturating_add(size))
    }

    /// Reads a piece, see [`ParquetFile::read_piece`]; what is wrong with it is told with its column and row group.
    fn piece(
        &self,
        wanted: &ColumnRequest,
        from: usize,
        groups: Range<usize>,
        picked: Option<(&[u32], Option<&[u32]>)>,
    ) -> Result<ColumnPart, DataError> {
        self.read_piece(wanted, from, groups.clone(), picked).map_err(|mut error| {
            if error.column.is_none() && !error.beyond_limit {
                let alone = |group: usize| self.read_piece(wanted, group, group..group + 1, None).err();
                let found = groups.into_iter().find_map(|group| Some((group, alone(group)?)));
                if let Some((group, alone)) = found {
                    error = alone;
                    error.message =
                        format!("row group {} of {}: {}", group + 1, self.groups(), error.message);
                }
                error.column = Some(wanted.name.clone());
            }
            error
        })
    }

    /// The compression of a column that cannot be undone, if there is such.
    fn unknown_compression(&self, root: usize, groups: Range<usize>) -> Option<&'static str> {
        let schema = self.file().file_metadata().schema_descr();
        let groups = self.file().row_groups().get(groups).unwrap_or_default();
        let leaves = (0..schema.num_columns()).filter(|leaf| schema.get_column_root_idx(*leaf) == root);
        let mut chunks = leaves.flat_map(|leaf| groups.iter().filter_map(move |it| it.columns().get(leaf)));
        chunks.find_map(|chunk| match chunk.compression() {
            Compression::BROTLI(_) => Some("Brotli"),
            Compression::LZO => Some("LZO"),
            Compression::UNCOMPRESSED
            | Compression::SNAPPY
            | Compression::GZIP(_)
            | Compression::LZ4
            | Compression::LZ4_RAW
            | Compression::ZSTD(_) => None,
        })
    }

    /// Some row groups of a column, rows counted from group `from` on, or some of their rows, and of these the ones whose texts matter, unless all do.
    fn read_piece(
        &self,
        wanted: &ColumnRequest,
        from: usize,
        groups: Range<usize>,
        picked: Option<(&[u32], Option<&[u32]>)>,
    ) -> Result<ColumnPart, DataError> {
        let out_of_range = || broken(&"a number of rows is out of range");
        let first = self.rows_of(from..groups.start).ok_or_else(out_of_range)?;
        let rows = self.rows_of(groups.clone()).ok_or_else(out_of_range)?;
        let inside = |picked: &[u32]| -> Vec<u32> {
            let from = picked.partition_point(|row| (*row as usize) < first);
            let to = picked.partition_point(|row| (*row as usize) < first + rows);
            picked[from..to].iter().map(|row| row - first as u32).collect()
        };
        let own = picked.and_then(|(_, own)| own).map(inside);
        let picked: Option<Vec<u32>> = picked.map(|(picked, _)| inside(picked));
        let Some(root) = wanted.at else {
            return part(wanted, &[], picked.map_or(rows, |picked| picked.len()));
        };
        if let Some(compression) = self.unknown_compression(root, groups.clone()) {
            return Err(wanted.fail(format!(
                "it is compressed with {compression}, which is not supported; Snappy, Zstandard, LZ4 and gzip are"
            )));
        }
        let leaf = leaf_of(self.file(), root).filter(|leaf| pages::can_read(self.file(), *leaf));
        // What is no text in the end must be looked at in every row.
        if let Some(leaf) = leaf.filter(|_| picked.is_none() || wanted.is_text()) {
            let source = Arc::new(self.source.clone());
            let groups = groups.clone();
            let read = own.as_deref().or(picked.as_deref());
            let texts = decode(|| pages::strings(&source, self.file(), leaf, groups, read))?;
            if let Some(mut texts) = texts {
                if let (Some(own), Some(picked)) = (&own, &picked) {
                    texts = dictionary::spread(&texts, own, picked).map_err(|message| broken(&message))?;
                }
                return whole(part_of_texts(wanted, texts)?, picked.map_or(rows, |picked| picked.len()));
            }
        }
        let arrays = decode(|| self.arrays(root, groups))?.ok_or_else(|| self.limit.error())?;
        let part = whole(part(wanted, &arrays, rows)?, rows)?;
        Ok(match picked {
            Some(picked) => part.take(&picked),
            None => part,
        })
    }

    /// The arrays of a column in some row groups; `None` if they are larger than is allowed.
    fn arrays(&self, root: usize, groups: Range<usize>) -> Result<Option<Vec<ArrayRef>>> {
        let field = self.metadata.schema().field(root);
        let mut arrays = Vec::new();
        let mut whole = true;
        if matches!(field.data_type(), DataType::Dictionary(..)) {
            // A dictionary is one of a row group: rows of several would have to be encoded anew.
            for group in groups {
                whole = whole && read(self.reader(root, group..group + 1)?, &mut arrays, self.limit)?;
            }
        } else {
            whole = read(self.reader(root, groups)?, &mut arrays, self.limit)?;
        }
        Ok(whole.then_some(arrays))
    }

    /// A value of the column may be written as a part of the one before it and what follows.
    fn shares_prefixes(&self, root: usize, groups: Range<usize>) -> bool {
        let schema = self.file().file_metadata().schema_descr();
        let groups = self.file().row_groups().get(groups).unwrap_or_default();
        let leaves = (0..schema.num_columns()).filter(|leaf| schema.get_column_root_idx(*leaf) == root);
        let mut chunks = leaves.flat_map(|leaf| groups.iter().filter_map(move |it| it.columns().get(leaf)));
        chunks.any(|chunk| chunk.encodings().any(|it| it == Encoding::DELTA_BYTE_ARRAY))
    }

    /// A reader that gives the rows at once, if they are not very many.
    fn reader(&self, root: usize, groups: Range<usize>) -> Result<ParquetRecordBatchReader> {
        let rows = self.rows_of(groups.clone()).unwrap_or(MAX_BATCH);
        // Where a value says how much of the one before it has in common, few bytes are long texts.
        let most = if self.shares_prefixes(root, groups.clone()) { MAX_SHARING_BATCH } else { MAX_BATCH };
        let mask = ProjectionMask::roots(self.file().file_metadata().schema_descr(), [root]);
        ParquetRecordBatchReaderBuilder::new_with_metadata(self.source.clone(), self.metadata.clone())
            .with_projection(mask)
            .with_row_groups(groups.collect())
            .with_batch_size(rows.clamp(1, most))
            .build()
    }
}

/// Checks that what the footer says can be true, since the decoder reserves and slices memory by it.
fn check(file: &ParquetMetaData, length: u64) -> Result<()> {
    let inside = |chunk: &ColumnChunkMetaData| {
        let start = chunk.dictionary_page_offset().into_iter().chain([chunk.data_page_offset()]).min()?;
        let end = start.checked_add(chunk.compressed_size()).filter(|end| *end >= start)?;
        let first = u64::try_from(start).ok()?;
        let last = u64::try_from(end).ok()?;
        (first <= length && last <= length && chunk.num_values() >= 0).then_some(())
    };
    for group in file.row_groups() {
        if group.num_rows() < 0 || !group.columns().iter().all(|chunk| inside(chunk).is_some()) {
            return Err(ParquetError::General("a column chunk lies outside the file".to_owned()));
        }
    }
    Ok(())
}

/// Checks that a part has the rows that it must have.
fn whole(part: ColumnPart, rows: usize) -> Result<ColumnPart, DataError> {
    if part.len() == rows {
        return Ok(part);
    }
    Err(broken(&format_args!("a column has {} rows, not {rows}", part.len())))
}

/// The most rows that memory is reserved for because a file says so.
const MAX_BATCH: usize = 1 << 24;

/// The most rows that are read before their bytes are looked at, where they may be much longer than what is written.
const MAX_SHARING_BATCH: usize = 1 << 12;

/// Reads arrays; `false` if they are larger than is allowed.
fn read(reader: ParquetRecordBatchReader, arrays: &mut Vec<ArrayRef>, limit: MemoryLimit) -> Result<bool> {
    let mut bytes = arrays.iter().map(array_bytes).sum::<usize>();
    for batch in reader {
        let array = batch?.columns().first().cloned();
        bytes = bytes.saturating_add(array.as_ref().map_or(0, array_bytes));
        arrays.extend(array);
        if limit.check(bytes).is_err() {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The only leaf of a column; `None` if it has several.
fn leaf_of(file: &ParquetMetaData, root: usize) -> Option<usize> {
    let schema = file.file_metadata().schema_descr();
    let mut leaves = (0..schema.num_columns()).filter(|leaf| schema.get_column_root_idx(*leaf) == root);
    leaves.next().filter(|_| leaves.next().is_none())
}

/// The form in which a column is read fastest: a dictionary where it is written as one, else with wide offsets.
fn fast_form(field: &Arc<Field>, root: usize, file: &ParquetMetaData) -> Arc<Field> {
    let Some(leaf) = leaf_of(file, root) else { return field.clone() };
    let column = file.file_metadata().schema_descr().column(leaf);
    let data_type = if types::is_string(field.data_type()) && column.converted_type() == ConvertedType::UTF8 {
        let encoded = file.row_groups().iter().all(|group| group.columns().get(leaf).is_some_and(is_encoded));
        if encoded && file.num_row_groups() > 0 {
            DataType::Dictionary(Box::new(DataType::UInt32), Box::new(DataType::LargeUtf8))
        } else {
            DataType::LargeUtf8
        }
    } else if column.physical_type() == PhysicalType::INT96 && column.max_rep_level() == 0 {
        // Nanoseconds would be out of range in most years of a datetime.
        DataType::Timestamp(TimeUnit::Microsecond, None)
    } else {
        return field.clone();
    };
    Arc::new((**field).clone().with_data_type(data_type))
}

/// All pages of values point into a dictionary.
fn is_encoded(chunk: &ColumnChunkMetaData) -> bool {
    let by_key = |encoding| matches!(encoding, Encoding::PLAIN_DICTIONARY | Encoding::RLE_DICTIONARY);
    match chunk.page_encoding_stats_mask() {
        Some(mask) => mask.is_only(Encoding::PLAIN_DICTIONARY) || mask.is_only(Encoding::RLE_DICTIONARY),
        // Without statistics of pages: of the first version, where the dictionary itself is not told apart from pages
        // of values, only those that name no other encoding.
        None => {
            chunk.dictionary_page_offset().is_some()
                && chunk.encodings().any(by_key)
                && chunk.encodings().all(|it| by_key(it) || it == Encoding::RLE)
        }
    }
}
