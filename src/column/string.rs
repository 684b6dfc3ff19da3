//! Strings: offsets and bytes, or dictionary codes and values.

mod columns;

use std::hash::BuildHasher;
use std::ops::Range;
use std::sync::Arc;

use arrow_buffer::{Buffer, ScalarBuffer};
use hashbrown::{DefaultHashBuilder, HashTable};

use super::bits::NO_ROW;
use crate::types::Value;

/// A column of strings. There are no nulls: a missing string is the empty one.
#[derive(Debug, Clone)]
pub struct StringColumn {
    /// Row → code, where the column is dictionary-encoded.
    codes: Option<ScalarBuffer<u32>>,
    /// The text of each row, or of each code.
    values: TextBuffer,
}

/// How many texts ahead are touched before they are copied: as many as fit in a processor's innermost cache.
const AHEAD: usize = 256;

/// TextBuffer one after the other.
#[derive(Debug, Clone)]
struct TextBuffer {
    /// Where each text starts; one more than there are texts.
    offsets: ScalarBuffer<u64>,
    bytes: Buffer,
}

impl TextBuffer {
    fn len(&self) -> usize {
        self.offsets.len().saturating_sub(1)
    }

    /// How many bytes all texts have.
    fn byte_len(&self) -> u64 {
        match (self.offsets.first(), self.offsets.last()) {
            (Some(first), Some(last)) => last - first,
            _ => 0,
        }
    }

    #[inline]
    fn bytes_of(&self, at: usize) -> &[u8] {
        &self.bytes[self.offsets[at] as usize..self.offsets[at + 1] as usize]
    }

    #[inline]
    fn get(&self, at: usize) -> &str {
        // Only whole strings are ever appended, so this cannot fail; checking costs a pass over the text.
        std::str::from_utf8(self.bytes_of(at)).unwrap_or_default()
    }
}

impl StringColumn {
    /// A column over buffers that the caller has, without copying them: the text of row `n`, or of dictionary code
    /// `n` where there are codes, is `bytes[offsets[n]..offsets[n + 1]]`.
    ///
    /// ```
    /// use kqlite::{Column, StringColumn, Value};
    /// let texts = StringColumn::from_parts(None, vec![0, 3, 3].into(), b"abc".into())?;
    /// assert_eq!(Column::String(texts).value(0), Value::from("abc"));
    /// assert!(StringColumn::from_parts(Some(vec![7].into()), vec![0, 3].into(), b"abc".into()).is_err());
    /// # Ok::<(), String>(())
    /// ```
    ///
    /// # Errors
    /// Bytes that are not UTF-8, offsets that fall, leave the bytes or cut a character, codes without a text.
    pub fn from_parts(
        codes: Option<ScalarBuffer<u32>>,
        offsets: ScalarBuffer<u64>,
        bytes: Buffer,
    ) -> Result<Self, String> {
        let (Some(&first), Some(&last)) = (offsets.first(), offsets.last()) else {
            return Err("there is no offset, not even the first one".to_owned());
        };
        // Without an early end, so that the loops run over many at once.
        let rising = offsets.windows(2).fold(true, |rising, pair| rising & (pair[0] <= pair[1]));
        let used = usize::try_from(first).ok().zip(usize::try_from(last).ok());
        let used = used.and_then(|(first, last)| bytes.get(first..last));
        let (true, Some(used)) = (rising, used) else {
            return Err("the offsets do not rise within the bytes".to_owned());
        };
        if !used.is_ascii() {
            let text =
                std::str::from_utf8(used).map_err(|error| format!("the text is not UTF-8: {error}"))?;
            if !offsets.iter().all(|end| text.is_char_boundary((end - first) as usize)) {
                return Err("an offset lies within a character".to_owned());
            }
        }
        let values = TextBuffer { offsets, bytes };
        if let Some(codes) = &codes {
            let highest = codes.iter().fold(0, |highest, code| highest.max(*code));
            if !codes.is_empty() && highest as usize >= values.len() {
                return Err(format!("the code {highest} has no text, there are {}", values.len()));
            }
        }
        Ok(Self { codes, values })
    }

    /// The buffers behind the column, as [`StringColumn::from_parts`] takes them. The first offset may be other
    /// than 0.
    #[must_use]
    pub fn to_parts(&self) -> (Option<ScalarBuffer<u32>>, ScalarBuffer<u64>, Buffer) {
        (self.codes.clone(), self.values.offsets.clone(), self.values.bytes.clone())
    }

    /// How many rows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.codes.as_ref().map_or_else(|| self.values.len(), |codes| codes.len())
    }

    /// No rows.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The text of a row.
    #[must_use]
    #[inline]
    pub fn get(&self, row: usize) -> &str {
        match &self.codes {
            None => self.values.get(row),
            Some(codes) => self.values.get(codes[row] as usize),
        }
    }

    /// Where among the bytes a row's text is.
    #[inline]
    fn span(&self, row: usize) -> Range<usize> {
        let at = self.codes.as_ref().map_or(row, |codes| codes[row] as usize);
        self.values.offsets[at] as usize..self.values.offsets[at + 1] as usize
    }

    /// The bytes of a row's text.
    #[must_use]
    #[inline]
    pub fn bytes(&self, row: usize) -> &[u8] {
        match &self.codes {
            None => self.values.bytes_of(row),
            Some(codes) => self.values.bytes_of(codes[row] as usize),
        }
    }

    /// The bytes of a dictionary code's text; of a row's where there is no dictionary.
    #[must_use]
    #[inline]
    pub(crate) fn dictionary_bytes(&self, code: usize) -> &[u8] {
        self.values.bytes_of(code)
    }

    /// Both columns point into the very same values, so that a code means the same in both.
    #[must_use]
    pub(crate) fn same_values(&self, other: &Self) -> bool {
        self.codes.is_some()
            && other.codes.is_some()
            && self.values.len() == other.values.len()
            && self.values.bytes.ptr_eq(&other.values.bytes)
            && self.values.offsets.inner().ptr_eq(other.values.offsets.inner())
    }

    /// All texts in one piece, for searches over all of them: the text of dictionary code (row where there is no
    /// dictionary) `n` is `bytes[offsets[n]..offsets[n + 1]]`.
    #[must_use]
    pub(crate) fn texts(&self) -> (&[u64], &[u8]) {
        (&self.values.offsets, &self.values.bytes)
    }

    /// The value of a row.
    #[must_use]
    pub fn value(&self, row: usize) -> Value {
        Value::string(self.get(row))
    }

    /// Codes of the rows and how many values there are, if the column is dictionary-encoded.
    ///
    /// Two values may be equal text; a value may have no row.
    #[must_use]
    pub fn dictionary(&self) -> Option<(&[u32], usize)> {
        self.codes.as_ref().map(|codes| (&codes[..], self.values.len()))
    }

    /// The text of a dictionary code; of a row where there is no dictionary.
    #[must_use]
    #[inline]
    pub fn dictionary_value(&self, code: usize) -> &str {
        self.values.get(code)
    }

    /// The dictionary's values as a column of their own; the column itself where there is none.
    #[must_use]
    pub(crate) fn dictionary_values(&self) -> StringColumn {
        Self { codes: None, values: self.values.clone() }
    }

    /// A column whose rows point into the values of another one.
    #[must_use]
    pub(crate) fn from_codes(codes: impl Into<ScalarBuffer<u32>>, values: &StringColumn) -> Self {
        Self { codes: Some(codes.into()), values: values.to_plain().values }
    }

    /// One text for every row.
    #[must_use]
    pub(crate) fn repeat(text: &str, len: usize) -> Self {
        let mut values = StringBuilder::default();
        values.push(text);
        Self { codes: Some(vec![0; len].into()), values: values.finish().values }
    }

    /// Rows `offset .. offset + len`.
    #[must_use]
    pub fn slice(&self, offset: usize, len: usize) -> Self {
        match &self.codes {
            Some(codes) => Self { codes: Some(codes.slice(offset, len)), values: self.values.clone() },
            None => Self {
                codes: None,
                values: TextBuffer {
                    offsets: self.values.offsets.slice(offset, len + 1),
                    bytes: self.values.bytes.clone(),
                },
            },
        }
    }

    /// The given rows; [`NO_ROW`] gives the empty string.
    #[must_use]
    pub(crate) fn take(&self, rows: &[u32]) -> Self {
        if let Some(codes) = &self.codes
            && !rows.contains(&NO_ROW)
        {
            let codes: Vec<u32> = rows.iter().map(|&row| codes[row as usize]).collect();
            return Self { codes: Some(codes.into()), values: self.values.clone() };
        }
        let mut builder = StringBuilder::with_capacity(rows.len());
        // A text of average length for each row: more than that is seldom needed.
        let (texts, bytes) = (self.values.len().max(1), self.values.byte_len());
        builder.bytes.reserve((rows.len() as u64 * bytes / texts as u64) as usize);
        let mut spans = Vec::with_capacity(AHEAD.min(rows.len()));
        for rows in rows.chunks(AHEAD) {
            spans.clear();
            spans.extend(rows.iter().map(|&row| if row == NO_ROW { 0..0 } else { self.span(row as usize) }));
            // Looking at all of them first has their memory waited for in one go, not text by text.
            let first = |span: &Range<usize>| self.values.bytes.get(span.start).copied().unwrap_or_default();
            std::hint::black_box(spans.iter().fold(0, |all, span| all ^ first(span)));
            spans.iter().for_each(|span| builder.push_bytes(&self.values.bytes[span.clone()]));
        }
        builder.finish()
    }

    /// The rows of each part, where the part of each row is given and how many rows each part has.
    #[must_use]
    pub(crate) fn split(&self, part_of_row: &[u32], sizes: impl Iterator<Item = usize>) -> Vec<Self> {
        // A little more than texts of average length need: a part seldom grows.
        let average = self.values.byte_len() as usize / self.values.len().max(1) + 1;
        let mut parts: Vec<StringBuilder> = sizes
            .map(|rows| {
                let mut builder = StringBuilder::with_capacity(rows);
                builder.bytes.reserve(rows * average);
                builder
            })
            .collect();
        for (row, &part) in part_of_row.iter().enumerate() {
            if let Some(part) = parts.get_mut(part as usize) {
                part.push_bytes(self.bytes(row));
            }
        }
        parts.into_iter().map(StringBuilder::finish).collect()
    }

    /// The column without a dictionary.
    #[must_use]
    pub fn to_plain(&self) -> Self {
        if self.codes.is_none() {
            return self.clone();
        }
        let mut builder = StringBuilder::with_capacity(self.len());
        builder.append(self);
        builder.finish()
    }

    /// Estimates from a sample of rows whether there are far more distinct texts than `max_values`. It is hardly ever wrong.
    pub(crate) fn seems_to_exceed(&self, max_values: usize) -> bool {
        /// The number of rows in the sample.
        const SAMPLE: usize = 4096;
        // Below that the sample would be most of the work that it saves.
        if self.len() < 4 * max_values {
            return false;
        }
        // Anywhere, so that texts in the order of their rows look no more distinct than others.
        let mut state = 0_u64;
        let mut rows: Vec<usize> = (0..SAMPLE)
            .map(|_| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                ((u128::from(state) * self.len() as u128) >> 64) as usize
            })
            .collect();
        rows.sort_unstable();
        rows.dedup();
        let hasher = DefaultHashBuilder::default();
        let mut hashes: Vec<u64> = rows.iter().map(|&row| hasher.hash_one(self.bytes(row))).collect();
        hashes.sort_unstable();
        hashes.dedup();
        // The pairs of the sample that would be alike for `max_values` equally frequent texts: half of them is well beyond chance.
        let alike = rows.len() - hashes.len();
        alike < SAMPLE * SAMPLE / (2 * max_values) / 2
    }

    /// The column with a dictionary of its distinct texts; `None` where there are more than `max_values` of them.
    #[must_use]
    pub(crate) fn encode(&self, max_values: usize) -> Option<Self> {
        if self.codes.is_some() {
            return Some(self.clone());
        }
        let mut encoder = DictionaryBuilder::default();
        for row in 0..self.len() {
            if encoder.push_bytes(self.bytes(row)) && encoder.distinct() > max_values {
                return None;
            }
        }
        let encoded = encoder.finish();
        (encoded.values.len() <= max_values).then_some(encoded)
    }

    /// Another text for each text: once for each dictionary value, else for each row. `f` appends the text in pieces.
    pub(crate) fn map_bytes(&self, mut f: impl FnMut(&[u8], &mut StringBuilder)) -> Self {
        let mapped = self.try_map_bytes(|text, out| {
            f(text, out);
            Ok::<(), std::convert::Infallible>(())
        });
        match mapped {
            Ok(mapped) => mapped,
            Err(never) => match never {},
        }
    }

    /// As [`Self::map_bytes`], until something fails.
    pub(crate) fn try_map_bytes<E>(
        &self,
        mut f: impl FnMut(&[u8], &mut StringBuilder) -> Result<(), E>,
    ) -> Result<Self, E> {
        let whole = match &self.codes {
            // The dictionary may be far larger than what is left of the rows.
            Some(codes) if self.values.len() > codes.len() => &self.to_plain(),
            _ => self,
        };
        let mut builder = StringBuilder::with_capacity(whole.values.len());
        builder.bytes.reserve(whole.byte_size() / 2);
        for at in 0..whole.values.len() {
            f(whole.values.bytes_of(at), &mut builder)?;
            builder.end_text();
        }
        Ok(Self { codes: whole.codes.clone(), values: builder.finish().values })
    }

    /// The texts are a part of the other's buffer, or the other way round.
    pub(super) fn shares_texts(&self, other: &Self) -> bool {
        self.values.bytes.data_ptr() == other.values.bytes.data_ptr() && !self.values.bytes.is_empty()
    }

    /// About how many bytes the column's own part of the buffers holds.
    #[must_use]
    pub fn byte_size(&self) -> usize {
        self.values.byte_len() as usize
            + self.values.offsets.len() * 8
            + self.codes.as_ref().map_or(0, |codes| codes.len() * 4)
    }
}

/// Collects strings without a dictionary.
#[derive(Debug)]
pub struct StringBuilder {
    offsets: Vec<u64>,
    bytes: Vec<u8>,
}

impl Default for StringBuilder {
    fn default() -> Self {
        Self::with_capacity(0)
    }
}

impl StringBuilder {
    /// Room for that many strings.
    #[must_use]
    pub fn with_capacity(rows: usize) -> Self {
        let mut offsets = Vec::with_capacity(rows + 1);
        offsets.push(0);
        Self { offsets, bytes: Vec::new() }
    }

    /// Makes room for about as many strings, of as many bytes each as those so far, if there is the memory.
    pub fn expect(&mut self, rows: usize) {
        let (len, bytes) = (self.len(), self.bytes.len());
        // Without it the column grows step by step.
        let _ = self.offsets.try_reserve(rows.saturating_sub(len));
        let _ = self.bytes.try_reserve((bytes / len.max(1) + 1).saturating_mul(rows).saturating_sub(bytes));
    }

    /// Appends a string.
    #[inline]
    pub fn push(&mut self, text: &str) {
        self.bytes.extend_from_slice(text.as_bytes());
        self.offsets.push(self.bytes.len() as u64);
    }

    /// Appends a string that was checked to be UTF-8.
    #[inline]
    pub(crate) fn push_bytes(&mut self, text: &[u8]) {
        self.bytes.extend_from_slice(text);
        self.offsets.push(self.bytes.len() as u64);
    }

    /// Appends a piece of whole characters to the text that is not yet ended.
    #[inline]
    pub(crate) fn push_piece(&mut self, piece: &[u8]) {
        self.bytes.extend_from_slice(piece);
    }

    /// Ends the text that the pieces since the last one make.
    #[inline]
    pub(crate) fn end_text(&mut self) {
        self.offsets.push(self.bytes.len() as u64);
    }

    /// Appends the strings of a column.
    pub fn append(&mut self, column: &StringColumn) {
        let texts = &column.values;
        if column.codes.is_some() || texts.len() == 0 {
            for row in 0..column.len() {
                self.push_bytes(column.bytes(row));
            }
            return;
        }
        // Plain columns are copied as a whole; only where each text ends has to be moved.
        let (from, to) = (texts.offsets[0], texts.offsets[texts.len()]);
        let moved = self.bytes.len() as u64;
        self.bytes.extend_from_slice(&texts.bytes[from as usize..to as usize]);
        self.offsets.extend(texts.offsets.iter().skip(1).map(|end| end - from + moved));
    }

    /// How many strings there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.offsets.len() - 1
    }

    /// Takes the last strings away, so that there are no more than `len`.
    pub fn truncate(&mut self, len: usize) {
        self.offsets.truncate(len + 1);
        self.bytes.truncate(self.offsets.last().map_or(0, |&end| end as usize));
    }

    /// About how many bytes there are.
    #[must_use]
    pub fn byte_size(&self) -> usize {
        self.bytes.capacity() + self.offsets.capacity() * 8
    }

    #[inline]
    pub(super) fn bytes(&self, at: usize) -> &[u8] {
        &self.bytes[self.offsets[at] as usize..self.offsets[at + 1] as usize]
    }

    /// The column.
    #[must_use]
    pub fn finish(self) -> StringColumn {
        let values = TextBuffer { offsets: self.offsets.into(), bytes: Buffer::from_vec(self.bytes) };
        StringColumn { codes: None, values }
    }
}

/// Both are the same bytes: for short texts quicker than the call that `==` is.
#[inline]
pub(crate) fn same_bytes(a: &[u8], b: &[u8]) -> bool {
    if a.len() != b.len() {
        return false;
    }
    if a.len() > 32 {
        return a == b;
    }
    // Words from the front, and one at the end that may overlap.
    let (mut left, mut right) = (a, b);
    while let (Some((x, a)), Some((y, b))) = (left.split_first_chunk::<8>(), right.split_first_chunk::<8>()) {
        if u64::from_le_bytes(*x) != u64::from_le_bytes(*y) {
            return false;
        }
        (left, right) = (a, b);
    }
    match (a.last_chunk::<8>(), b.last_chunk::<8>()) {
        (Some(x), Some(y)) => u64::from_le_bytes(*x) == u64::from_le_bytes(*y),
        _ => left.iter().zip(right).all(|(x, y)| x == y),
    }
}

/// Collects strings into a dictionary.
#[derive(Debug, Default)]
pub struct DictionaryBuilder {
    codes: Vec<u32>,
    values: StringBuilder,
    table: HashTable<u32>,
    hasher: DefaultHashBuilder,
    pending: Pending,
}

/// Strings that are not looked up yet. In a large dictionary each look-up waits for memory: many at once wait together.
#[derive(Debug, Default)]
struct Pending {
    bytes: Vec<u8>,
    /// Where each string ends, and its hash.
    strings: Vec<(usize, u64)>,
}

/// The strings that are looked up at once.
const PENDING: usize = 32;

/// A smaller dictionary is in the processor's cache.
const SMALL_DICTIONARY: usize = 1024;

impl DictionaryBuilder {
    /// Appends a string that was checked to be UTF-8. Says whether there may be a new one in the dictionary.
    #[inline]
    pub(crate) fn push_bytes(&mut self, text: &[u8]) -> bool {
        if self.values.len() >= SMALL_DICTIONARY {
            return self.push_pending(text);
        }
        // The same as in the row before is common, and found without a hash.
        if let Some(&code) = self.codes.last()
            && same_bytes(self.values.bytes(code as usize), text)
        {
            self.codes.push(code);
            return false;
        }
        let (code, new) = self.code(text, self.hasher.hash_one(text));
        self.codes.push(code);
        new
    }

    #[inline]
    fn push_pending(&mut self, text: &[u8]) -> bool {
        let hash = self.hasher.hash_one(text);
        self.pending.bytes.extend_from_slice(text);
        self.pending.strings.push((self.pending.bytes.len(), hash));
        self.pending.strings.len() == PENDING && self.look_up()
    }

    /// Looks up the strings that wait for it, step by step for all of them.
    fn look_up(&mut self) -> bool {
        let before = self.values.len();
        let pending = std::mem::take(&mut self.pending);
        let mut found = [(None, 0, 0); PENDING];
        for ((code, ..), (_, hash)) in found.iter_mut().zip(&pending.strings) {
            // Most likely it is the first that looks like it.
            *code = self.table.find(*hash, |_| true).copied();
        }
        for (code, start, end) in &mut found {
            if let Some(code) = code {
                let at = *code as usize;
                (*start, *end) = (self.values.offsets[at] as usize, self.values.offsets[at + 1] as usize);
            }
        }
        let mut from = 0;
        for ((likely, start, end), &(to, hash)) in found.into_iter().zip(&pending.strings) {
            let text = &pending.bytes[from..to];
            from = to;
            let code = match likely {
                Some(code) if same_bytes(&self.values.bytes[start..end], text) => code,
                _ => self.code(text, hash).0,
            };
            self.codes.push(code);
        }
        // The memory is used again.
        self.pending = pending;
        self.pending.bytes.clear();
        self.pending.strings.clear();
        self.values.len() > before
    }

    /// The code of a string, and whether it is a new one.
    #[inline]
    fn code(&mut self, text: &[u8], hash: u64) -> (u32, bool) {
        let values = &mut self.values;
        if let Some(&code) = self.table.find(hash, |&code| same_bytes(values.bytes(code as usize), text)) {
            return (code, false);
        }
        let code = values.len() as u32;
        values.push_bytes(text);
        self.table.insert_unique(hash, code, |&code| self.hasher.hash_one(values.bytes(code as usize)));
        (code, true)
    }

    /// The code of a string.
    fn code_of(&mut self, text: &[u8]) -> u32 {
        self.code(text, self.hasher.hash_one(text)).0
    }

    /// Makes room for about as many rows, if there is the memory.
    pub fn expect(&mut self, rows: usize) {
        // Without it the column grows step by step.
        let _ = self.codes.try_reserve(rows.saturating_sub(self.codes.len()));
    }

    /// Takes the last rows away, so that there are no more than `len`. Their strings stay in the dictionary.
    pub fn truncate(&mut self, len: usize) {
        let pending = len.saturating_sub(self.codes.len());
        self.codes.truncate(len);
        self.pending.strings.truncate(pending);
        self.pending.bytes.truncate(self.pending.strings.last().map_or(0, |&(end, _)| end));
    }

    /// How many strings there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.codes.len() + self.pending.strings.len()
    }

    /// How many bytes it takes.
    #[must_use]
    pub fn byte_size(&self) -> usize {
        self.codes.len() * size_of::<u32>() + self.values.byte_size()
    }

    /// How many different strings there are, save for some of the last ones.
    #[must_use]
    pub fn distinct(&self) -> usize {
        self.values.len()
    }

    /// The column.
    #[must_use]
    pub fn finish(mut self) -> StringColumn {
        self.look_up();
        StringColumn { codes: Some(self.codes.into()), values: self.values.finish().values }
    }
}

impl<'t> FromIterator<&'t str> for StringColumn {
    fn from_iter<I: IntoIterator<Item = &'t str>>(texts: I) -> Self {
        let mut builder = StringBuilder::default();
        texts.into_iter().for_each(|text| builder.push(text));
        builder.finish()
    }
}

impl FromIterator<Arc<str>> for StringColumn {
    fn from_iter<I: IntoIterator<Item = Arc<str>>>(texts: I) -> Self {
        let mut builder = StringBuilder::default();
        texts.into_iter().for_each(|text| builder.push(&text));
        builder.finish()
    }
}
