//! Reads columns of strings straight from Parquet's pages: a dictionary stays one, row groups are joined as they are read.
//! It must not know schemas.
//!
//! The general way, through arrays of each row group, copies every text twice more, and needs the writer's statistics of
//! the encodings of pages.

use std::hash::BuildHasher;
use std::ops::Range;
use std::sync::Arc;

use arrow_buffer::Buffer;
use hashbrown::{DefaultHashBuilder, HashTable};
use kqlite::StringColumn;
use parquet::basic::{ConvertedType, Encoding, LogicalType, Type as PhysicalType};
use parquet::column::page::{Page, PageReader};
use parquet::errors::{ParquetError, Result};
use parquet::file::metadata::{ColumnChunkMetaData, ParquetMetaData};
use parquet::file::reader::ChunkReader;

use crate::hybrid::{AT_ONCE, MAX_WIDTH, Run, Runs};
use crate::source::SharedSource;
use crate::unpack::{self, Unpacker};

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

/// Reads the texts of a leaf that [`can_read`], in some row groups: all, or those of some rows, which are in ascending
/// order and counted from the first of the groups. Null is the empty text. `None` if a page is in a form that is not
/// known here after all.
pub fn strings<S: ChunkReader>(
    source: &Arc<SharedSource<S>>,
    file: &ParquetMetaData,
    leaf: usize,
    groups: Range<usize>,
    picked: Option<&[u32]>,
) -> Result<Option<StringColumn>> {
    let groups = file.row_groups().get(groups).unwrap_or_default();
    let chunks: Vec<(&ColumnChunkMetaData, usize)> = groups
        .iter()
        .filter_map(|group| Some((group.columns().get(leaf)?, usize::try_from(group.num_rows()).ok()?)))
        .collect();
    let optional = file.file_metadata().schema_descr().column(leaf).max_def_level() > 0;
    let rows = match picked {
        Some(picked) => picked.len(),
        None => chunks.iter().fold(0, |sum: usize, (_, rows)| sum.saturating_add(*rows)),
    };
    let bytes = match picked {
        // How many bytes some of the rows have is not known.
        Some(_) => 0,
        None => chunks.iter().fold(0, |sum: usize, (chunk, _)| {
            sum.saturating_add(chunk.uncompressed_size().try_into().unwrap_or_default())
        }),
    };
    let mut out = Collected::new(
        chunks.iter().any(|(chunk, _)| chunk.dictionary_page_offset().is_some()),
        rows.min(MAX_RESERVED),
        bytes.min(MAX_RESERVED),
    );
    let mut unpacker = Unpacker::default();
    // The row that the next page begins with, and the next one that is wanted.
    let (mut at, mut next) = (0, 0);
    for (chunk, rows) in chunks {
        let end = at + rows;
        let (mut reader, snappy) = unpack::pages(source, chunk, rows)?;
        let mut dictionary = Dictionary::default();
        while at < end {
            let Some(page) = reader.peek_next_page()? else { break };
            if let (Some(picked), Some(count), false) = (picked, page.num_levels, page.is_dict) {
                // A page without a row that is wanted need not be unpacked.
                if picked.get(next).is_none_or(|row| *row as usize >= at.saturating_add(count)) {
                    reader.skip_next_page()?;
                    at = at.saturating_add(count);
                    continue;
                }
            }
            let Some(page) = reader.get_next_page()? else { break };
            let (values, encoding, levels, count) = match &page {
                Page::DictionaryPage { buf, num_values, .. } => {
                    let texts = unpacker.unpack(buf, snappy)?;
                    dictionary = Dictionary::new(texts.to_vec(), *num_values as usize)?;
                    out.meet(&mut dictionary, picked.is_none());
                    continue;
                }
                Page::DataPage { buf, num_values, encoding, def_level_encoding, .. } => {
                    let count = *num_values as usize;
                    let page = unpacker.unpack(buf, snappy)?;
                    if !optional {
                        (page, encoding, Levels::All, count)
                    } else if *def_level_encoding == Encoding::RLE {
                        let (levels, values) = split_levels(page)?;
                        (values, encoding, Levels::new(levels, count)?, count)
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
                    is_compressed,
                    ..
                } => {
                    let count = *num_values as usize;
                    let start = *rep_levels_byte_len as usize;
                    let end = start.saturating_add(*def_levels_byte_len as usize);
                    let (levels, values) = (buf.get(start..end), buf.get(end..));
                    let (levels, values) = levels.zip(values).ok_or_else(cut_off)?;
                    let levels = if optional { Levels::new(levels, count)? } else { Levels::All };
                    (unpacker.unpack(values, snappy && *is_compressed)?, encoding, levels, count)
                }
            };
            if count > end - at {
                return Err(broken("a column chunk has more values than its row group has rows"));
            }
            let picks = match picked {
                None => Picks::All(count),
                Some(picked) => {
                    let rows = picked.get(next..).unwrap_or_default();
                    let some = rows.partition_point(|row| (*row as usize) < at + count);
                    next += some;
                    Picks::Some(&rows[..some], at)
                }
            };
            match *encoding {
                Encoding::PLAIN => out.plain(values, &levels, &picks)?,
                Encoding::PLAIN_DICTIONARY | Encoding::RLE_DICTIONARY => {
                    out.encoded(values, &levels, &picks, &mut dictionary)?;
                }
                _ => return Ok(None),
            }
            at += count;
        }
        if at != end {
            return Err(broken("a column chunk has other than as many values as its row group has rows"));
        }
    }
    if picked.is_some_and(|picked| next != picked.len()) {
        return Err(broken("there are fewer rows than are wanted"));
    }
    out.finish().map(Some)
}

/// The most rows or bytes that memory is reserved for because a file says so.
const MAX_RESERVED: usize = 1 << 28;

fn broken(message: &str) -> ParquetError {
    ParquetError::General(message.to_owned())
}

fn cut_off() -> ParquetError {
    broken("a page is cut off")
}

/// The definition levels of a page of the first version, and what is behind them.
fn split_levels(page: &[u8]) -> Result<(&[u8], &[u8])> {
    let (length, rest) = page.split_first_chunk::<4>().ok_or_else(cut_off)?;
    rest.split_at_checked(u32::from_le_bytes(*length) as usize).ok_or_else(cut_off)
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

    /// The row has a value.
    fn at(&self, row: usize) -> bool {
        match self {
            Self::All => true,
            Self::Some(there) => there.get(row).copied().unwrap_or_default(),
        }
    }

    /// How many of some rows have a value.
    fn valid(&self, rows: Range<usize>) -> usize {
        match self {
            Self::All => rows.len(),
            Self::Some(there) => there.get(rows).unwrap_or_default().iter().filter(|it| **it).count(),
        }
    }
}

/// The rows of a page that are wanted.
enum Picks<'r> {
    /// All of them: their number.
    All(usize),
    /// These, less the page's first row.
    Some(&'r [u32], usize),
}

impl Picks<'_> {
    fn len(&self) -> usize {
        match self {
            Self::All(count) => *count,
            Self::Some(rows, _) => rows.len(),
        }
    }

    /// The row of the page that is picked as number `pick`.
    fn get(&self, pick: usize) -> usize {
        match self {
            Self::All(_) => pick,
            Self::Some(rows, first) => rows.get(pick).map_or(0, |row| *row as usize) - first,
        }
    }
}

/// The texts of a dictionary page, and what their codes are in the column: those that were met.
#[derive(Default)]
struct Dictionary {
    page: Vec<u8>,
    ends: Vec<Range<u32>>,
    codes: Vec<u32>,
}

/// No code in the column so far.
const UNKNOWN: u32 = u32::MAX;

impl Dictionary {
    fn new(page: Vec<u8>, count: usize) -> Result<Self> {
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

    /// What a code is in the column, whose texts these are.
    fn moved(&mut self, code: usize, texts: &mut Interned) -> Option<u32> {
        let known = *self.codes.get(code)?;
        if known != UNKNOWN {
            return Some(known);
        }
        let new = texts.intern(self.get(code)?);
        self.codes[code] = new;
        Some(new)
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

    /// Learns of the dictionary of the next pages, of which all rows are wanted, or some.
    fn meet(&mut self, dictionary: &mut Dictionary, all: bool) {
        let count = dictionary.ends.len();
        if all && self.codes.is_some() {
            let texts = (0..count).filter_map(|code| dictionary.get(code));
            dictionary.codes = self.texts.intern_all(texts);
        } else {
            dictionary.codes = vec![UNKNOWN; count];
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

    fn plain(&mut self, page: &[u8], levels: &Levels, picks: &Picks<'_>) -> Result<()> {
        let mut texts = Plain { page, at: 0 };
        let (mut pick, mut row) = (0, 0);
        while pick < picks.len() {
            let pays = self.codes.as_ref().is_none_or(|codes| {
                self.texts.len() <= SMALL_DICTIONARY || self.texts.len() <= codes.len() / 2
            });
            if !pays {
                self.give_up();
            }
            // Whether it still pays is asked now and then.
            let until = picks.len().min(pick + SMALL_DICTIONARY);
            if let (None, Levels::All, Picks::All(_)) = (&self.codes, levels, picks) {
                self.texts.offsets.reserve(until - pick);
                for _ in pick..until {
                    self.texts.push(&page[texts.next().ok_or_else(cut_off)?]);
                }
            } else {
                for pick in pick..until {
                    let wanted = picks.get(pick);
                    for _ in 0..levels.valid(row..wanted) {
                        texts.next().ok_or_else(cut_off)?;
                    }
                    let text = if levels.at(wanted) { &page[texts.next().ok_or_else(cut_off)?] } else { &[] };
                    row = wanted + 1;
                    match &mut self.codes {
                        None => self.texts.push(text),
                        Some(codes) => codes.push(self.texts.intern(text)),
                    }
                }
            }
            pick = until;
        }
        Ok(())
    }

    fn encoded(
        &mut self,
        page: &[u8],
        levels: &Levels,
        picks: &Picks<'_>,
        dictionary: &mut Dictionary,
    ) -> Result<()> {
        let wrong = || broken("a value is not in the dictionary");
        if let (Some(rows), Levels::All, Picks::All(count)) = (&mut self.codes, levels, picks) {
            let mut known = true;
            codes_of(page, *count, rows, |code| {
                let moved = dictionary.codes.get(code as usize);
                known &= moved.is_some();
                moved.copied().unwrap_or_default()
            })?;
            return if known { Ok(()) } else { Err(wrong()) };
        }
        let mut codes = Codes::new(page)?;
        let (mut row, mut value) = (0, 0);
        for pick in 0..picks.len() {
            let wanted = picks.get(pick);
            value += levels.valid(row..wanted);
            row = wanted;
            let code = if levels.at(wanted) { Some(codes.get(value)? as usize) } else { None };
            match (&mut self.codes, code) {
                (Some(rows), Some(code)) => {
                    rows.push(dictionary.moved(code, &mut self.texts).ok_or_else(wrong)?);
                }
                (Some(rows), None) => rows.push(self.texts.intern(&[])),
                (None, Some(code)) => self.texts.push(dictionary.get(code).ok_or_else(wrong)?),
                (None, None) => self.texts.push(&[]),
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

/// The runs of a page that points into a dictionary.
fn runs_of(page: &[u8]) -> Result<Runs<'_>> {
    let (width, bytes) = page.split_first().unwrap_or((&0, &[]));
    if *width > MAX_WIDTH {
        return Err(broken("the codes of a dictionary are too wide"));
    }
    Ok(Runs::new(bytes, *width))
}

/// Appends the codes of a page that points into a dictionary, each as `map` makes of it.
fn codes_of(page: &[u8], count: usize, out: &mut Vec<u32>, mut map: impl FnMut(u32) -> u32) -> Result<()> {
    let mut runs = runs_of(page)?;
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

/// Some codes of a page that points into a dictionary.
struct Codes<'p> {
    runs: Runs<'p>,
    run: Run<'p>,
    /// The places of the run's codes among those of the page.
    places: Range<usize>,
}

impl<'p> Codes<'p> {
    fn new(page: &'p [u8]) -> Result<Self> {
        Ok(Self { runs: runs_of(page)?, run: Run::Repeated(0, 0), places: 0..0 })
    }

    /// The code at a place, which is not before the last one that was asked for.
    fn get(&mut self, place: usize) -> Result<u32> {
        while place >= self.places.end {
            self.run = self.runs.next().ok_or_else(cut_off)?;
            let count = match &self.run {
                Run::Repeated(_, times) => *times,
                Run::Packed(run) => run.count,
            };
            self.places = self.places.end..self.places.end.saturating_add(count);
        }
        Ok(match &self.run {
            Run::Repeated(code, _) => *code,
            Run::Packed(run) => run.get(place - self.places.start),
        })
    }
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
