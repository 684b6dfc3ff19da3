//! Sort keys as numbers that compare in the order of the rows: nulls stand where each key says, NaN next to them.
//! It must not know where the rows come from.

use std::cmp::Ordering;

use super::parallel::Workers;
use crate::column::{Column, Primitive, StringColumn, Validity};
use crate::plan::SortKey;
use crate::types::Decimal;

/// Sort keys as numbers that compare in the wanted order.
pub(super) struct EncodedKeys {
    keys: Vec<EncodedKey>,
    /// The words mean the same in every chunk: no key is of texts, and no constant was left out.
    comparable: bool,
}

/// See [`EncodedKeys::bound`].
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum KeyBound {
    Word(u64),
    Ranked(u128),
    Pair(u128),
}

impl KeyBound {
    /// The one that fewer rows are within; of bounds that cannot be compared, the first.
    pub(super) fn tighter(self, other: Self) -> Self {
        match (self, other) {
            (Self::Word(a), Self::Word(b)) => Self::Word(a.min(b)),
            (Self::Ranked(a), Self::Ranked(b)) => Self::Ranked(a.min(b)),
            (Self::Pair(a), Self::Pair(b)) => Self::Pair(a.min(b)),
            _ => self,
        }
    }
}

enum EncodedKey {
    /// The order of the numbers is the order of the rows.
    Words(Vec<u64>),
    /// As `Words`, with the null rank above the word.
    Ranked(Vec<u128>),
    /// The words of two keys.
    Pair(Vec<u128>),
    /// Decimals and guids: the null rank, then the number.
    Wide(Vec<(u8, Wide)>, bool),
    Texts(SortTexts),
}

/// Texts, with a few bytes of each at hand that decide most comparisons.
struct SortTexts {
    /// The bytes after what all texts begin with, such that their order is the order of the rows.
    heads: Vec<u64>,
    texts: StringColumn,
    descending: bool,
}

impl SortTexts {
    fn new(texts: StringColumn, descending: bool) -> Self {
        let mut shared = if texts.is_empty() { &[] } else { texts.bytes(0) };
        for row in 1..texts.len() {
            let same = shared.iter().zip(texts.bytes(row)).take_while(|(a, b)| a == b).count();
            shared = shared.get(..same).unwrap_or_default();
        }
        let skip = shared.len();
        let head = |row: usize| {
            let mut head = [0; 8];
            let bytes = texts.bytes(row).get(skip..).unwrap_or_default();
            head.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
            turn(u64::from_be_bytes(head), descending)
        };
        let heads = (0..texts.len()).map(head).collect();
        Self { heads, texts, descending }
    }

    /// The order of rows whose heads are equal.
    fn compare_rest(&self, a: usize, b: usize) -> Ordering {
        let (a, b) = (self.texts.bytes(a), self.texts.bytes(b));
        if self.descending { b.cmp(a) } else { a.cmp(b) }
    }
}

#[derive(PartialEq, Eq, PartialOrd, Ord, Clone, Copy)]
enum Wide {
    Bits(u128),
    Decimal(Decimal),
}

impl EncodedKey {
    fn compare(&self, a: u32, b: u32) -> Ordering {
        let (a, b) = (a as usize, b as usize);
        match self {
            Self::Words(words) => words.get(a).cmp(&words.get(b)),
            Self::Ranked(words) | Self::Pair(words) => words.get(a).cmp(&words.get(b)),
            Self::Wide(words, descending) => match (words.get(a), words.get(b)) {
                (Some((rank_a, a)), Some((rank_b, b))) => {
                    rank_a.cmp(rank_b).then(if *descending { b.cmp(a) } else { a.cmp(b) })
                }
                _ => Ordering::Equal,
            },
            Self::Texts(texts) => {
                texts.heads.get(a).cmp(&texts.heads.get(b)).then_with(|| texts.compare_rest(a, b))
            }
        }
    }
}

impl EncodedKeys {
    /// The keys' columns, ready to be compared.
    pub(super) fn new(columns: &[Column], keys: &[SortKey]) -> Self {
        let comparable =
            |column: &Column| !matches!(column, Column::String(_) | Column::Dynamic(_) | Column::Constant(_));
        let comparable = columns.iter().all(comparable);
        // A constant orders nothing.
        let keys = columns.iter().zip(keys).filter(|(column, _)| column.as_constant().is_none());
        let mut out: Vec<EncodedKey> = Vec::new();
        for (column, key) in keys {
            let key = encode(column, key);
            // Two keys of one word each are one of two words.
            match (out.pop(), key) {
                (Some(EncodedKey::Words(high)), EncodedKey::Words(low)) => {
                    let both = high.into_iter().zip(low);
                    out.push(EncodedKey::Pair(
                        both.map(|(high, low)| u128::from(high) << 64 | u128::from(low)).collect(),
                    ));
                }
                (before, key) => out.extend(before.into_iter().chain([key])),
            }
        }
        Self { keys: out, comparable }
    }

    /// All rows in their order.
    pub(super) fn all(&self, rows: usize, workers: &Workers) -> Vec<u32> {
        self.select(rows, rows, workers)
    }

    /// The first `count` rows of the order.
    pub(super) fn first(&self, rows: usize, count: usize) -> Vec<u32> {
        self.select(rows, count, &Workers::ALONE)
    }

    /// A row's place in the order of the most significant keys: no row beyond it comes before this one.
    pub(super) fn bound(&self, row: u32) -> Option<KeyBound> {
        match self.keys.first().filter(|_| self.comparable)? {
            EncodedKey::Words(words) => words.get(row as usize).copied().map(KeyBound::Word),
            EncodedKey::Ranked(words) => words.get(row as usize).copied().map(KeyBound::Ranked),
            EncodedKey::Pair(words) => words.get(row as usize).copied().map(KeyBound::Pair),
            EncodedKey::Wide(..) | EncodedKey::Texts(_) => None,
        }
    }

    /// The rows that are not beyond a bound; `None` where the keys have another form than the bound.
    pub(super) fn within(&self, bound: KeyBound) -> Option<Vec<u32>> {
        match (self.keys.first().filter(|_| self.comparable)?, bound) {
            (EncodedKey::Words(words), KeyBound::Word(max)) => Some(up_to(words, max)),
            (EncodedKey::Ranked(words), KeyBound::Ranked(max))
            | (EncodedKey::Pair(words), KeyBound::Pair(max)) => Some(up_to(words, max)),
            _ => None,
        }
    }

    fn select(&self, rows: usize, count: usize, workers: &Workers) -> Vec<u32> {
        match self.keys.as_slice() {
            [] => (0..rows.min(count) as u32).collect(),
            [EncodedKey::Words(words)] => rows_of(select(numbered(words), count, workers, Ord::cmp)),
            [EncodedKey::Ranked(words) | EncodedKey::Pair(words)] => {
                rows_of(select(numbered(words), count, workers, Ord::cmp))
            }
            // The first key lies next to the row's number, where it costs no further look.
            [EncodedKey::Words(words), rest @ ..] => {
                rows_of(select(numbered(words), count, workers, |a, b| {
                    a.0.cmp(&b.0).then_with(|| compare(rest, a.1, b.1))
                }))
            }
            [EncodedKey::Ranked(words) | EncodedKey::Pair(words), rest @ ..] => {
                rows_of(select(numbered(words), count, workers, |a, b| {
                    a.0.cmp(&b.0).then_with(|| compare(rest, a.1, b.1))
                }))
            }
            [EncodedKey::Texts(texts), rest @ ..] => {
                rows_of(select(numbered(&texts.heads), count, workers, |a, b| {
                    a.0.cmp(&b.0)
                        .then_with(|| texts.compare_rest(a.1 as usize, b.1 as usize))
                        .then_with(|| compare(rest, a.1, b.1))
                }))
            }
            keys => select((0..rows as u32).collect(), count, workers, |a, b| compare(keys, *a, *b)),
        }
    }
}

/// The order of two rows; those that are equal in every key keep their order.
fn compare(keys: &[EncodedKey], a: u32, b: u32) -> Ordering {
    keys.iter().map(|key| key.compare(a, b)).find(|it| it.is_ne()).unwrap_or_else(|| a.cmp(&b))
}

fn up_to<T: Copy + Ord>(words: &[T], max: T) -> Vec<u32> {
    (0_u32..).zip(words).filter(|(_, word)| **word <= max).map(|(row, _)| row).collect()
}

fn numbered<T: Copy>(words: &[T]) -> Vec<(T, u32)> {
    words.iter().copied().zip(0_u32..).collect()
}

fn rows_of<T>(numbered: Vec<(T, u32)>) -> Vec<u32> {
    numbered.into_iter().map(|(_, row)| row).collect()
}

/// The first `count` items in order.
fn select<T: Send>(
    mut items: Vec<T>,
    count: usize,
    workers: &Workers,
    compare: impl Fn(&T, &T) -> Ordering + Sync,
) -> Vec<T> {
    if count == 0 {
        return Vec::new();
    }
    if count < items.len() {
        items.select_nth_unstable_by(count, &compare);
        items.truncate(count);
    }
    if workers.threads > 1 {
        let size = items.len().div_ceil(workers.threads).max(1);
        let parts = items.chunks_mut(size).collect();
        workers.map(parts, |part: &mut [T]| part.sort_unstable_by(&compare));
        // This sort finds the parts that are in order and merges them.
        items.sort_by(compare);
    } else {
        items.sort_unstable_by(compare);
    }
    items
}

fn encode(column: &Column, key: &SortKey) -> EncodedKey {
    match column {
        Column::Bool(values, validity) => fixed(values.iter().map(u64::from), validity, key),
        Column::Int(it) => fixed(it.values().iter().map(|n| signed(i64::from(*n))), it.validity(), key),
        Column::Long(it) | Column::DateTime(it) | Column::TimeSpan(it) => {
            fixed(it.values().iter().map(|n| signed(*n)), it.validity(), key)
        }
        Column::Real(it) => reals(it, key),
        Column::Decimal(it) => wide(it, key, |bits| Wide::Decimal(Decimal::from_bits(bits))),
        Column::Guid(it) => wide(it, key, |bits| Wide::Bits(bits as u128)),
        Column::String(texts) => strings(texts, key),
        // There is no order among dynamic values; their text stands in.
        Column::Dynamic(values) => {
            let texts: Vec<String> = values.values().iter().map(|value| value.to_text()).collect();
            EncodedKey::Texts(SortTexts::new(texts.iter().map(String::as_str).collect(), key.descending))
        }
        Column::Constant(_) => EncodedKey::Words(vec![0; column.len()]),
    }
}

/// Maps the order of signed numbers onto that of unsigned ones.
const fn signed(n: i64) -> u64 {
    (n as u64) ^ (1 << 63)
}

const fn turn(word: u64, descending: bool) -> u64 {
    if descending { !word } else { word }
}

/// Ranks of null, NaN and values among one another.
const fn ranks(key: &SortKey) -> (u8, u8, u8) {
    if key.nulls_first { (0, 1, 2) } else { (2, 1, 0) }
}

fn fixed(words: impl Iterator<Item = u64>, validity: &Validity, key: &SortKey) -> EncodedKey {
    let words = words.map(|word| turn(word, key.descending));
    if validity.nulls().is_none() {
        return EncodedKey::Words(words.collect());
    }
    let (null, _, value) = ranks(key);
    let ranked = words.enumerate().map(|(row, word)| {
        if validity.is_valid(row) {
            u128::from(value) << 64 | u128::from(word)
        } else {
            u128::from(null) << 64
        }
    });
    EncodedKey::Ranked(ranked.collect())
}

fn reals(column: &Primitive<f64>, key: &SortKey) -> EncodedKey {
    let word = |real: f64| {
        // -0.0 equals 0.0; otherwise the bits of a float order like its value, negative ones backwards.
        let bits = if real == 0.0 { 0 } else { real.to_bits() };
        turn(if bits >> 63 == 1 { !bits } else { bits | 1 << 63 }, key.descending)
    };
    let values = column.values();
    if column.validity().nulls().is_none() && !values.iter().any(|real| real.is_nan()) {
        return EncodedKey::Words(values.iter().map(|real| word(*real)).collect());
    }
    let (null, nan, value) = ranks(key);
    let ranked = values.iter().enumerate().map(|(row, real)| {
        if column.is_null(row) {
            u128::from(null) << 64
        } else if real.is_nan() {
            u128::from(nan) << 64
        } else {
            u128::from(value) << 64 | u128::from(word(*real))
        }
    });
    EncodedKey::Ranked(ranked.collect())
}

fn wide(column: &Primitive<i128>, key: &SortKey, make: impl Fn(i128) -> Wide) -> EncodedKey {
    let (null, _, value) = ranks(key);
    let words = (0..column.len()).map(|row| match column.get(row) {
        None => (null, Wide::Bits(0)),
        Some(bits) => (value, make(bits)),
    });
    EncodedKey::Wide(words.collect(), key.descending)
}

/// Texts by their bytes. The values of a dictionary are ordered once, and the rows by their places.
fn strings(texts: &StringColumn, key: &SortKey) -> EncodedKey {
    let Some((codes, values)) = texts.dictionary().filter(|(_, values)| *values <= texts.len()) else {
        return EncodedKey::Texts(SortTexts::new(texts.clone(), key.descending));
    };
    let mut order: Vec<u32> = (0..values as u32).collect();
    let text = |code: u32| texts.dictionary_bytes(code as usize);
    order.sort_unstable_by(|a, b| text(*a).cmp(text(*b)));
    let mut places = vec![0_u64; values];
    let mut place = 0;
    for (at, &code) in order.iter().enumerate() {
        // Two codes may stand for the same text.
        if at > 0 && text(order[at - 1]) != text(code) {
            place += 1;
        }
        if let Some(slot) = places.get_mut(code as usize) {
            *slot = turn(place, key.descending);
        }
    }
    EncodedKey::Words(
        codes.iter().map(|&code| places.get(code as usize).copied().unwrap_or_default()).collect(),
    )
}
