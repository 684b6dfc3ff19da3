//! Converts texts of Arrow arrays to columns with their dictionaries, and merges several dictionaries into one. It must not
//! know files.

use std::hash::BuildHasher;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowDictionaryKeyType, Int8Type, Int16Type, Int32Type, Int64Type, UInt8Type, UInt16Type, UInt32Type,
    UInt64Type,
};
use arrow_array::{Array, ArrayRef, GenericStringArray, OffsetSizeTrait};
use arrow_buffer::{Buffer, NullBuffer, ScalarBuffer};
use arrow_schema::DataType;
use hashbrown::{DefaultHashBuilder, HashTable};
use kqlite::{Column, ScalarType, StringColumn};

/// An array of texts without a dictionary. Null is the empty text.
///
/// # Errors
/// The array is none of texts, or not valid.
pub fn plain(array: &ArrayRef) -> Result<StringColumn, String> {
    match array.data_type() {
        DataType::Utf8 => large(array.as_string::<i32>(), |offsets| {
            offsets.iter().map(|&offset| offset as u64).collect::<Vec<u64>>().into()
        }),
        DataType::LargeUtf8 => large(array.as_string::<i64>(), |offsets| {
            // Offsets are never negative: the same bits.
            ScalarBuffer::new(offsets.inner().clone(), 0, offsets.len())
        }),
        DataType::Utf8View => {
            let views = array.as_string_view();
            let mut texts = Texts::with_capacity(views.len(), views.total_buffer_bytes_used());
            for row in 0..views.len() {
                texts.push(if views.is_null(row) { &[] } else { views.value(row).as_bytes() });
            }
            texts.finish(None)
        }
        data_type => Err(format!("{data_type} is no text")),
    }
}

fn large<O: OffsetSizeTrait>(
    array: &GenericStringArray<O>,
    offsets: impl Fn(&ScalarBuffer<O>) -> ScalarBuffer<u64>,
) -> Result<StringColumn, String> {
    let lengths = array.offsets();
    // Something may stand behind a null.
    let hidden = array.nulls().is_some_and(|nulls| {
        (0..nulls.len()).any(|row| nulls.is_null(row) && lengths[row] != lengths[row + 1])
    });
    if !hidden {
        return StringColumn::from_parts(None, offsets(lengths.inner()), array.values().clone());
    }
    let mut texts = Texts::with_capacity(array.len(), array.values().len());
    for row in 0..array.len() {
        texts.push(if array.is_null(row) { &[] } else { array.value(row).as_bytes() });
    }
    texts.finish(None)
}

/// The keys of a dictionary array, and which rows are null. Keys of null rows are arbitrary.
///
/// # Errors
/// The array is no dictionary.
pub fn codes(array: &ArrayRef) -> Result<(ScalarBuffer<u32>, Option<NullBuffer>), String> {
    fn narrow<K: ArrowDictionaryKeyType>(
        keys: &dyn Array,
        code: impl Fn(K::Native) -> u32,
    ) -> ScalarBuffer<u32> {
        keys.as_primitive::<K>().values().iter().map(|&key| code(key)).collect::<Vec<u32>>().into()
    }
    let Some(array) = array.as_any_dictionary_opt() else {
        return Err(format!("{} is no dictionary", array.data_type()));
    };
    let keys = array.keys();
    // A key that is no number of a value is none after it either.
    let codes = match keys.data_type() {
        DataType::Int8 => narrow::<Int8Type>(keys, |key| key as u32),
        DataType::Int16 => narrow::<Int16Type>(keys, |key| key as u32),
        DataType::Int32 => {
            let keys = keys.as_primitive::<Int32Type>().values();
            ScalarBuffer::new(keys.inner().clone(), 0, keys.len())
        }
        DataType::Int64 => narrow::<Int64Type>(keys, |key| u32::try_from(key).unwrap_or(u32::MAX)),
        DataType::UInt8 => narrow::<UInt8Type>(keys, u32::from),
        DataType::UInt16 => narrow::<UInt16Type>(keys, u32::from),
        DataType::UInt32 => keys.as_primitive::<UInt32Type>().values().clone(),
        DataType::UInt64 => narrow::<UInt64Type>(keys, |key| u32::try_from(key).unwrap_or(u32::MAX)),
        data_type => return Err(format!("the keys of a dictionary are of type {data_type}")),
    };
    Ok((codes, keys.nulls().cloned()))
}

/// An array of texts with a dictionary. Null is the empty text.
///
/// # Errors
/// The array is not valid.
pub fn encoded(array: &ArrayRef) -> Result<StringColumn, String> {
    let (mut codes, nulls) = codes(array)?;
    let values = plain(array.as_any_dictionary().values())?;
    let (_, mut offsets, bytes) = values.to_parts();
    if let Some(nulls) = nulls.filter(|nulls| nulls.null_count() > 0) {
        let empty = empty_of(&mut offsets);
        let rows = codes.iter().zip(nulls.iter());
        codes = rows.map(|(&code, valid)| if valid { code } else { empty }).collect::<Vec<u32>>().into();
    }
    StringColumn::from_parts(Some(codes), offsets, bytes)
}

/// The code of the empty text, which a dictionary with these offsets gets if it lacks it.
fn empty_of(offsets: &mut ScalarBuffer<u64>) -> u32 {
    if let Some(code) = offsets.windows(2).position(|ends| ends[0] == ends[1]) {
        return code as u32;
    }
    // One more text, which ends where it begins.
    let mut longer = offsets.to_vec();
    longer.extend(offsets.last().copied());
    *offsets = longer.into();
    offsets.len() as u32 - 2
}

/// Adds empty texts for the rows `among` which the texts are those of some. Rows are in ascending order.
///
/// # Errors
/// There are too few texts.
pub fn spread(texts: &StringColumn, rows: &[u32], among: &[u32]) -> Result<StringColumn, String> {
    if texts.len() != rows.len() {
        return Err(format!("{} rows have {} texts", rows.len(), texts.len()));
    }
    // Most of the rows get the same text.
    let encoded = match texts.dictionary() {
        None if rows.len() <= among.len() / 2 => {
            let mut merger = Merger::with_capacity(rows.len());
            let codes = (0..rows.len()).map(|row| merger.code(texts.get(row)));
            let codes = codes.collect::<Result<Vec<u32>, _>>()?;
            Some(merger.texts.finish(Some(codes.into()))?)
        }
        _ => None,
    };
    let (codes, mut offsets, bytes) = encoded.as_ref().unwrap_or(texts).to_parts();
    let mut next = 0;
    // The place of the row's text, if it has one.
    let mut place = |row: &u32| {
        let found = rows.get(next) == Some(row);
        next += usize::from(found);
        (next - usize::from(found), found)
    };
    let codes = match codes {
        Some(codes) => {
            let empty = empty_of(&mut offsets);
            let codes = among.iter().map(&mut place).map(|(at, found)| if found { codes[at] } else { empty });
            Some(codes.collect::<Vec<u32>>().into())
        }
        None => {
            let ends = among.iter().map(&mut place).map(|(at, found)| offsets[at + usize::from(found)]);
            let spread: Vec<u64> = offsets.first().copied().into_iter().chain(ends).collect();
            offsets = spread.into();
            None
        }
    };
    StringColumn::from_parts(codes, offsets, bytes)
}

/// One column of strings after the other, with one dictionary where all have one.
///
/// # Errors
/// There are too many strings.
pub fn concat(parts: Vec<StringColumn>) -> Result<Column, String> {
    let rows: usize = parts.iter().map(StringColumn::len).sum();
    let all_encoded = parts.iter().all(|part| part.dictionary().is_some());
    let joined = match <[StringColumn; 1]>::try_from(parts) {
        Ok([one]) => one,
        Err(parts) if all_encoded && !parts.is_empty() => {
            let mut merger = Merger::with_capacity(rows);
            for part in &parts {
                merger.add(part)?;
            }
            merger.texts.finish(Some(merger.codes.into()))?
        }
        Err(parts) => {
            let plain: Vec<Column> = parts.iter().map(|part| Column::String(part.to_plain())).collect();
            return Ok(Column::concat(ScalarType::String, &plain));
        }
    };
    Ok(Column::String(if_it_pays(joined)))
}

/// The column, without its dictionary where that saves little: then it is only one more step on the way to each text.
pub fn if_it_pays(texts: StringColumn) -> StringColumn {
    let rows = texts.len();
    let pays = texts.dictionary().is_none_or(|(_, values)| values <= rows / 2 || values <= 1);
    if pays { texts } else { texts.to_plain() }
}

/// Texts one after the other.
struct Texts {
    offsets: Vec<u64>,
    bytes: Vec<u8>,
}

impl Texts {
    fn with_capacity(count: usize, bytes: usize) -> Self {
        let mut offsets = Vec::with_capacity(count + 1);
        offsets.push(0);
        Self { offsets, bytes: Vec::with_capacity(bytes) }
    }

    fn push(&mut self, text: &[u8]) {
        self.bytes.extend_from_slice(text);
        self.offsets.push(self.bytes.len() as u64);
    }

    fn len(&self) -> usize {
        self.offsets.len() - 1
    }

    fn get(&self, at: u32) -> &[u8] {
        &self.bytes[self.offsets[at as usize] as usize..self.offsets[at as usize + 1] as usize]
    }

    fn finish(self, codes: Option<ScalarBuffer<u32>>) -> Result<StringColumn, String> {
        StringColumn::from_parts(codes, self.offsets.into(), Buffer::from_vec(self.bytes))
    }
}

/// Several dictionaries as one: each text of a dictionary is looked up once.
struct Merger {
    texts: Texts,
    table: HashTable<u32>,
    hasher: DefaultHashBuilder,
    codes: Vec<u32>,
}

impl Merger {
    fn with_capacity(rows: usize) -> Self {
        Self {
            texts: Texts::with_capacity(0, 0),
            table: HashTable::new(),
            hasher: DefaultHashBuilder::default(),
            codes: Vec::with_capacity(rows),
        }
    }

    fn add(&mut self, part: &StringColumn) -> Result<(), String> {
        let Some((codes, count)) = part.dictionary() else { return Ok(()) };
        let moved: Vec<u32> =
            (0..count).map(|code| self.code(part.dictionary_value(code))).collect::<Result<_, _>>()?;
        self.codes.extend(codes.iter().map(|&code| moved[code as usize]));
        Ok(())
    }

    fn code(&mut self, text: &str) -> Result<u32, String> {
        let texts = &mut self.texts;
        let hash = self.hasher.hash_one(text.as_bytes());
        if let Some(&code) = self.table.find(hash, |&code| texts.get(code) == text.as_bytes()) {
            return Ok(code);
        }
        let code = u32::try_from(texts.len()).map_err(|_| "there are too many different texts".to_owned())?;
        texts.push(text.as_bytes());
        self.table.insert_unique(hash, code, |&code| self.hasher.hash_one(texts.get(code)));
        Ok(code)
    }
}
