//! Columns of strings straight from Parquet's pages: a dictionary stays one, row groups are put together as they are
//! read. It must not know schemas.
//!
//! The general way, through arrays of each row group, copies every text twice more, and asks the writer to have told
//! of every page whether it is encoded.

use std::hash::BuildHasher;
use std::ops::Range;
use std::sync::Arc;

use arrow_buffer::Buffer;
use bytes::Bytes;
use hashbrown::{DefaultHashBuilder, HashTable};
use kqlite::StringColumn;
use parquet::basic::{ConvertedType, Encoding, LogicalType, Type as PhysicalType};
use parquet::column::page::{Page, PageReader};
use parquet::errors::{ParquetError, Result};
use parquet::file::metadata::{ColumnChunkMetaData, ParquetMetaData};
use parquet::file::reader::ChunkReader;
use parquet::file::serialized_reader::SerializedPageReader;

use crate::hybrid::{AT_ONCE, MAX_WIDTH, Run, Runs};
use crate::source::Shared;

/// The column of this leaf can be read here: texts, one for each row, in encodings that are known.
pub fn can_read(file: &ParquetMetaData, leaf: usize) -> bool {
    let column = file.file_metadata().schema_descr().column(leaf);
    let text = column.converted_type() == ConvertedType::UTF8
        || matches!(column.logical_type_ref(), Some(LogicalType::String));
    // Some writers name the old form of levels, which they have none of here.
    #[allow(deprecated, reason = "old files have it")]
    let known = |encoding| {
        matches!(
            encoding,
            Encoding::PLAIN
                | Encoding::PLAIN_DICTIONARY
                | Encoding::RLE_DICTIONARY
                | Encoding::RLE
                | Encoding::BIT_PACKED
        )
    };
    let chunks = || file.row_groups().iter().map(|group| group.columns().get(leaf));
    column.physical_type() == PhysicalType::BYTE_ARRAY
        && text
        && column.max_rep_level() == 0
        && column.max_def_level() <= 1
        && chunks().all(|chunk| chunk.is_some_and(|chunk| chunk.encodings().all(known)))
}

/// The texts of a leaf that [`can_read`], in some row groups. Null is the empty text. `None` if a page is in a form
/// that is not known here after all.
pub fn strings<S: ChunkReader>(
    source: &Arc<Shared<S>>,
    file: &ParquetMetaData,
    leaf: usize,
    groups: Range<usize>,
) -> Result<Option<StringColumn>> {
    let groups = file.row_groups().get(groups).unwrap_or_default();
    let chunks: Vec<(&ColumnChunkMetaData, usize)> = groups
        .iter()
        .filter_map(|group| Some((group.columns().get(leaf)?, usize::try_from(group.num_rows()).ok()?)))
        .collect();
    let optional = file.file_metadata().schema_descr().column(leaf).max_def_level() > 0;
    let rows = chunks.iter().fold(0, |sum: usize, (_, rows)| sum.saturating_add(*rows));
    let bytes = chunks.iter().fold(0, |sum: usize, (chunk, _)| {
        sum.saturating_add(chunk.uncompressed_size().try_into().unwrap_or_default())
    });
    let mut out = Collected::new(
        chunks.iter().any(|(chunk, _)| chunk.dictionary_page_offset().is_some()),
        rows.min(MOST_RESERVED),
        bytes.min(MOST_RESERVED),
    );
    for (chunk, rows) in chunks {
        let end = out.rows() + rows;
        let mut reader = SerializedPageReader::new(Arc::clone(source), chunk, rows, None)?;
        let mut dictionary = Dictionary::default();
        while out.rows() < end
            && let Some(page) = reader.get_next_page()?
        {
            let (values, encoding, levels, count) = match page {
                Page::DictionaryPage { buf, num_values, .. } => {
                    dictionary = Dictionary::new(buf, num_values as usize)?;
                    out.meet(&mut dictionary);
                    continue;
                }
                Page::DataPage { buf, num_values, encoding, def_level_encoding, .. } => {
                    let count = num_values as usize;
                    if !optional {
                        (buf, encoding, Levels::All, count)
                    } else if def_level_encoding == Encoding::RLE {
                        let (levels, values) = split_levels(&buf)?;
                        (values, encoding, Levels::new(&levels, count)?, count)
                    } else {
                        return Ok(None);
                    }
                }
                Page::DataPageV2 {
                    buf,
                    num_values,
                    encoding,
                    def_levels_byte_len,
                    rep_levels_byte_len,
                    ..
                } => {
                    let count = num_values as usize;
                    let start = rep_levels_byte_len as usize;
                    let end = start.saturating_add(def_levels_byte_len as usize);
                    if end > buf.len() {
                        return Err(cut_off());
                    }
                    let levels =
                        if optional { Levels::new(&buf.slice(start..end), count)? } else { Levels::All };
                    (buf.slice(end..), encoding, levels, count)
                }
            };
            if count > end - out.rows() {
                return Err(broken("a column chunk has more values than its row group has rows"));
            }
            match encoding {
                Encoding::PLAIN => out.plain(&values, &levels, count)?,
                Encoding::PLAIN_DICTIONARY | Encoding::RLE_DICTIONARY => {
                    out.encoded(&values, &levels, count, &dictionary)?;
                }
                _ => return Ok(None),
            }
        }
        if out.rows() != end {
            return Err(broken("a column chunk has fewer values than its row group has rows"));
        }
    }
    out.finish().map(Some)
}

/// Memory for so many rows or bytes at most is asked for because a file says so.
const MOST_RESERVED: usize = 1 << 28;

fn broken(message: &str) -> ParquetError {
    ParquetError::General(message.to_owned())
}

fn cut_off() -> ParquetError {
    broken("a page is cut off")
}

/// The definition levels of a page of the first version, and what is behind them.
fn split_levels(page: &Bytes) -> Result<(Bytes, Bytes)> {
    let length = page.first_chunk::<4>().ok_or_else(cut_off)?;
    let end = (u32::from_le_bytes(*length) as usize).saturating_add(4);
    if end > page.len() {
        return Err(cut_off());
    }
    Ok((page.slice(4..end), page.slice(end..)))
}

/// Which rows of a page have a value.
enum Levels {
    All,
    Some(Vec<bool>),
}

impl Levels {
    fn new(bytes: &[u8], count: usize) -> Result<Self> {
        let mut runs = Runs::new(bytes, 1);
        let mut there = Vec::new();
        while there.len() < count {
            let left = count - there.len();
            match runs.next().ok_or_else(cut_off)? {
                Run::Repeated(1, times) if there.is_empty() && times >= count => return Ok(Self::All),
                Run::Repeated(level, times) => there.resize(there.len() + times.min(left), level == 1),
                Run::Packed(mut run) => {
                    let mut left = left.min(run.count);
                    let mut levels = [0; AT_ONCE];
                    while left > 0 {
                        run.next(&mut levels);
                        let some = left.min(AT_ONCE);
                        there.extend(levels[..some].iter().map(|level| *level == 1));
                        left -= some;
                    }
                }
            }
        }
        if there.iter().all(|it| *it) { Ok(Self::All) } else { Ok(Self::Some(there)) }
    }

    /// How many of `count` rows have a value.
    fn valid(&self, count: usize) -> usize {
        match self {
            Self::All => count,
            Self::Some(there) => there.iter().filter(|it| **it).count(),
        }
    }
}

/// The texts of a dictionary page, and what their codes are in the column.
#[derive(Default)]
struct Dictionary {
    page: Bytes,
    ends: Vec<Range<u32>>,
    codes: Vec<u32>,
}

impl Dictionary {
    fn new(page: Bytes, count: usize) -> Result<Self> {
        // Each text takes four bytes at least.
        let mut ends = Vec::with_capacity(count.min(page.len() / 4));
        let mut texts = Plain { page: &page, at: 0 };
        for _ in 0..count {
            let text = texts.next().ok_or_else(cut_off)?;
            ends.push(text.start as u32..text.end as u32);
        }
        Ok(Self { page, ends, codes: Vec::new() })
    }

    fn get(&self, code: usize) -> Option<&[u8]> {
        let text = self.ends.get(code)?;
        self.page.get(text.start as usize..text.end as usize)
    }
}

/// Texts with their lengths before them.
struct Plain<'p> {
    page: &'p [u8],
    at: usize,
}

impl Plain<'_> {
    /// Where the next text lies.
    #[inline]
    fn next(&mut self) -> Option<Range<usize>> {
        let length = self.page.get(self.at..)?.first_chunk::<4>()?;
        let start = self.at + 4;
        let end = start.checked_add(u32::from_le_bytes(*length) as usize)?;
        if end > self.page.len() {
            return None;
        }
        self.at = end;
        Some(start..end)
    }
}

/// The rows so far.
struct Collected {
    /// Codes of the rows, while a dictionary seems to pay.
    codes: Option<Vec<u32>>,
    texts: Interned,
}

/// Up to here a dictionary is kept, however many rows there are.
const SMALL_DICTIONARY: usize = 1024;

impl Collected {
    fn new(encoded: bool, rows: usize, bytes: usize) -> Self {
        if encoded {
            return Self { codes: Some(Vec::with_capacity(rows)), texts: Interned::default() };
        }
        Self { codes: None, texts: Interned::with_capacity(rows, bytes) }
    }

    fn rows(&self) -> usize {
        self.codes.as_ref().map_or(self.texts.len(), Vec::len)
    }

    /// Learns of the dictionary of the next pages.
    fn meet(&mut self, dictionary: &mut Dictionary) {
        if self.codes.is_some() {
            let texts = (0..dictionary.ends.len()).filter_map(|code| dictionary.get(code));
            let codes = self.texts.intern_all(texts);
            dictionary.codes = codes;
        }
    }

    /// The dictionary no longer pays.
    fn give_up(&mut self) {
        if let Some(codes) = self.codes.take() {
            let texts = std::mem::take(&mut self.texts);
            let mut plain = Interned::with_capacity(codes.len(), 0);
            codes.iter().for_each(|code| plain.push(texts.get(*code)));
            self.texts = plain;
        }
    }

    fn plain(&mut self, page: &[u8], levels: &Levels, count: usize) -> Result<()> {
        let mut texts = Plain { page, at: 0 };
        let mut row = 0;
        while row < count {
            let pays = self.codes.as_ref().is_none_or(|codes| {
                self.texts.len() <= SMALL_DICTIONARY || self.texts.len() <= codes.len() / 2
            });
            if !pays {
                self.give_up();
            }
            // Whether it still pays is asked now and then.
            let until = count.min(row + SMALL_DICTIONARY);
            match (&mut self.codes, levels) {
                (None, Levels::All) => {
                    self.texts.offsets.reserve(until - row);
                    for _ in row..until {
                        self.texts.push(&page[texts.next().ok_or_else(cut_off)?]);
                    }
                }
                (codes, _) => {
                    for row in row..until {
                        let there = match levels {
                            Levels::All => true,
                            Levels::Some(there) => there.get(row).copied().unwrap_or_default(),
                        };
                        let text = if there { &page[texts.next().ok_or_else(cut_off)?] } else { &[] };
                        match codes {
                            None => self.texts.push(text),
                            Some(codes) => codes.push(self.texts.intern(text)),
                        }
                    }
                }
            }
            row = until;
        }
        Ok(())
    }

    fn encoded(&mut self, page: &[u8], levels: &Levels, count: usize, dictionary: &Dictionary) -> Result<()> {
        let valid = levels.valid(count);
        let wrong = || broken("a value is not in the dictionary");
        if self.codes.is_none() {
            // Texts from now on.
            let mut codes = Vec::with_capacity(valid);
            codes_of(page, valid, &mut codes, |code| code)?;
            let mut codes = codes.into_iter();
            for row in 0..count {
                let there = match levels {
                    Levels::All => true,
                    Levels::Some(there) => there.get(row).copied().unwrap_or_default(),
                };
                let text = match codes.next_if_there(there) {
                    Some(code) => dictionary.get(code as usize).ok_or_else(wrong)?,
                    None => &[],
                };
                self.texts.push(text);
            }
            return Ok(());
        }
        let empty = match levels {
            Levels::All => 0,
            Levels::Some(_) => self.texts.intern(&[]),
        };
        let Some(rows) = &mut self.codes else { return Ok(()) };
        let before = rows.len();
        let mut known = true;
        codes_of(page, valid, rows, |code| {
            let moved = dictionary.codes.get(code as usize);
            known &= moved.is_some();
            moved.copied().unwrap_or_default()
        })?;
        if !known {
            return Err(wrong());
        }
        if let Levels::Some(there) = levels {
            // The values move to their rows, the last one first.
            let mut from = rows.len();
            rows.resize(before + count, empty);
            for row in (0..count).rev() {
                let code = if there[row] {
                    from -= 1;
                    rows[from]
                } else {
                    empty
                };
                rows[before + row] = code;
            }
        }
        Ok(())
    }

    fn finish(self) -> Result<StringColumn> {
        let texts = self.texts;
        StringColumn::from_parts(
            self.codes.map(Into::into),
            texts.offsets.into(),
            Buffer::from_vec(texts.bytes),
        )
        .map_err(|message| broken(&message))
    }
}

trait NextIf: Iterator {
    /// The next item, if a row has one.
    fn next_if_there(&mut self, there: bool) -> Option<Self::Item> {
        if there { self.next() } else { None }
    }
}

impl<I: Iterator> NextIf for I {}

/// Appends the codes of a page that points into a dictionary, each as `map` makes of it.
fn codes_of(page: &[u8], count: usize, out: &mut Vec<u32>, mut map: impl FnMut(u32) -> u32) -> Result<()> {
    let Some((width, bytes)) = page.split_first() else {
        return if count == 0 { Ok(()) } else { Err(cut_off()) };
    };
    if *width > MAX_WIDTH {
        return Err(broken("the codes of a dictionary are too wide"));
    }
    let mut runs = Runs::new(bytes, *width);
    let end = out.len() + count;
    while out.len() < end {
        let left = end - out.len();
        match runs.next().ok_or_else(cut_off)? {
            Run::Repeated(code, times) => out.resize(out.len() + times.min(left), map(code)),
            Run::Packed(mut run) => {
                let mut left = left.min(run.count);
                let mut codes = [0; AT_ONCE];
                while left > 0 {
                    run.next(&mut codes);
                    let some = &mut codes[..left.min(AT_ONCE)];
                    some.iter_mut().for_each(|code| *code = map(*code));
                    out.extend_from_slice(some);
                    left -= some.len();
                }
            }
        }
    }
    Ok(())
}

/// Texts one after the other, and a table of those that were looked for.
struct Interned {
    offsets: Vec<u64>,
    bytes: Vec<u8>,
    table: HashTable<u32>,
    hasher: DefaultHashBuilder,
}

impl Default for Interned {
    fn default() -> Self {
        Self::with_capacity(0, 0)
    }
}

impl Interned {
    fn with_capacity(count: usize, bytes: usize) -> Self {
        let mut offsets = Vec::with_capacity(count + 1);
        offsets.push(0);
        Self {
            offsets,
            bytes: Vec::with_capacity(bytes),
            table: HashTable::new(),
            hasher: DefaultHashBuilder::default(),
        }
    }

    fn len(&self) -> usize {
        self.offsets.len() - 1
    }

    #[inline]
    fn push(&mut self, text: &[u8]) {
        self.bytes.extend_from_slice(text);
        self.offsets.push(self.bytes.len() as u64);
    }

    fn get(&self, at: u32) -> &[u8] {
        text_at(&self.offsets, &self.bytes, at)
    }

    /// The codes of the texts of a dictionary. The first dictionary is taken as it is.
    fn intern_all<'t>(&mut self, texts: impl Iterator<Item = &'t [u8]>) -> Vec<u32> {
        if self.len() > 0 {
            return texts.map(|text| self.intern(text)).collect();
        }
        texts.for_each(|text| self.push(text));
        (0..self.len() as u32).collect()
    }

    /// The code of a text, which is a new one if it was not seen.
    fn intern(&mut self, text: &[u8]) -> u32 {
        let (offsets, bytes, hasher) = (&mut self.offsets, &mut self.bytes, &self.hasher);
        if self.table.is_empty() && offsets.len() > 1 {
            // The first dictionary, which nobody has asked for so far.
            for code in 0..offsets.len() as u32 - 1 {
                let hash = hasher.hash_one(text_at(offsets, bytes, code));
                self.table.insert_unique(hash, code, |&code| hasher.hash_one(text_at(offsets, bytes, code)));
            }
        }
        let hash = hasher.hash_one(text);
        if let Some(&code) = self.table.find(hash, |&code| text_at(offsets, bytes, code) == text) {
            return code;
        }
        let code = offsets.len() as u32 - 1;
        bytes.extend_from_slice(text);
        offsets.push(bytes.len() as u64);
        self.table.insert_unique(hash, code, |&code| hasher.hash_one(text_at(offsets, bytes, code)));
        code
    }
}

fn text_at<'b>(offsets: &[u64], bytes: &'b [u8], at: u32) -> &'b [u8] {
    &bytes[offsets[at as usize] as usize..offsets[at as usize + 1] as usize]
}
