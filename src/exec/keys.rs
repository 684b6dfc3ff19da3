//! Numbers the distinct keys of rows, for grouping and joining, without making single values.
//! Texts become numbers first, so that every key has a fixed width and is packed into as few bits as it needs.
//! Null is a key of its own, NaN equals NaN, 0.0 equals -0.0. It must not know what the keys are for.

use std::hash::{BuildHasher, Hash, Hasher};
use std::sync::Arc;

use hashbrown::hash_table::Entry;
use hashbrown::{DefaultHashBuilder, HashTable};

use crate::column::{Column, Interner, KnownCodes, NO_ROW, PerDictionary, StringColumn, Validity};
use crate::types::{Decimal, ScalarType};

/// The distinct keys seen so far, numbered from 0 in the order in which they were first seen.
pub(super) struct KeyTable {
    /// For each key column that holds texts or dynamic values, their numbers.
    interners: Vec<Option<Interner>>,
    store: Store,
    hasher: DefaultHashBuilder,
    count: u32,
    /// The first key column holds texts.
    texts: bool,
}

/// How keys are told apart.
enum Store {
    /// No key columns: all rows are alike.
    Single,
    /// One key column of texts: its numbers are the keys' numbers.
    Interned,
    /// One key column of 64 bits, which leaves no bit for null.
    Word { table: WordTable, null: Option<u32> },
    /// Up to 64 bits.
    Narrow { bits: Vec<u32>, table: WordTable },
    /// Up to 128 bits.
    Packed { bits: Vec<u32>, table: HashTable<(u128, u32)> },
    /// More: words one key after the other.
    Wide { width: usize, words: Vec<u64>, table: HashTable<u32> },
}

/// Keys of 64 bits with their numbers.
#[derive(Default)]
struct WordTable {
    /// The numbers of small keys, each at the place of its key; [`NO_ROW`] where there is none. It grows to the largest one.
    small: Vec<u32>,
    /// The other keys.
    large: HashTable<(u64, u32)>,
}

/// Keys below this one are small: many columns of integers are codes, ports or numbers of events.
const SMALL_KEYS: u64 = 1 << 13;

impl WordTable {
    #[inline]
    fn find(&self, key: u64, hasher: &DefaultHashBuilder) -> u32 {
        if key < SMALL_KEYS {
            self.small.get(key as usize).copied().unwrap_or(NO_ROW)
        } else {
            find(&self.large, key, hasher)
        }
    }

    #[inline]
    fn find_or_insert(&mut self, key: u64, hasher: &DefaultHashBuilder, next: impl FnOnce() -> u32) -> u32 {
        if key >= SMALL_KEYS {
            return find_or_insert(&mut self.large, key, hasher, next);
        }
        match self.small.get(key as usize) {
            Some(&id) if id != NO_ROW => id,
            _ => {
                let id = next();
                self.set_small(key as usize, id);
                id
            }
        }
    }

    #[cold]
    fn set_small(&mut self, key: usize, id: u32) {
        if self.small.len() <= key {
            self.small.resize((key + 1).next_power_of_two(), NO_ROW);
        }
        if let Some(place) = self.small.get_mut(key) {
            *place = id;
        }
    }

    fn byte_size(&self) -> usize {
        self.small.capacity() * size_of::<u32>() + bucket_bytes(self.large.capacity(), 17)
    }
}

/// The keys of some rows.
pub(super) struct Keys {
    /// The key's number of each row; [`NO_ROW`] if it is not known.
    pub(super) groups: Vec<u32>,
    /// The rows that a key was first seen in.
    pub(super) fresh: Vec<u32>,
}

impl Keys {
    /// Notes the rows whose key has the next number.
    fn find_fresh(&mut self, count: &mut u32) {
        for (row, group) in (0_u32..).zip(&self.groups) {
            if group == count {
                *count += 1;
                self.fresh.push(row);
            }
        }
    }
}

/// A key column as numbers.
struct Plain {
    words: Words,
    validity: Validity,
}

enum Words {
    Small(Vec<u64>),
    Large(Vec<u128>),
}

/// How many bits a type's key takes, its null bit included.
const fn width(data_type: ScalarType) -> u32 {
    match data_type {
        ScalarType::Bool => 2,
        ScalarType::Int => 33,
        // Numbers of texts; there are no nulls among them.
        ScalarType::String | ScalarType::Dynamic => 32,
        ScalarType::Long | ScalarType::Real | ScalarType::DateTime | ScalarType::TimeSpan => 65,
        ScalarType::Decimal | ScalarType::Guid => 129,
    }
}

/// The bytes of a hash table: an eighth of its places stays empty.
const fn bucket_bytes(capacity: usize, entry: usize) -> usize {
    capacity.saturating_mul(entry) / 7 * 8
}

impl KeyTable {
    /// No keys yet, for key columns of these types.
    pub(super) fn new(data_types: &[ScalarType]) -> Self {
        let text = |data_type: &ScalarType| matches!(data_type, ScalarType::String | ScalarType::Dynamic);
        let interners = data_types.iter().map(|data_type| text(data_type).then(Interner::default)).collect();
        let bits: Vec<u32> = data_types.iter().map(|data_type| width(*data_type)).collect();
        let store = match (data_types, bits.iter().sum::<u32>()) {
            ([], _) => Store::Single,
            ([data_type], _) if text(data_type) => Store::Interned,
            ([_], 65) => Store::Word { table: WordTable::default(), null: None },
            (_, ..=64) => Store::Narrow { bits, table: WordTable::default() },
            (_, ..=128) => Store::Packed { bits, table: HashTable::new() },
            _ => {
                let large = bits.iter().filter(|bits| **bits > 65).count();
                let width = data_types.len() + large + data_types.len().div_ceil(64);
                Store::Wide { width, words: Vec::new(), table: HashTable::new() }
            }
        };
        let texts = data_types.first() == Some(&ScalarType::String);
        Self { interners, store, hasher: DefaultHashBuilder::default(), count: 0, texts }
    }

    /// How many keys there are.
    pub(super) const fn len(&self) -> usize {
        self.count as usize
    }

    /// Makes room for about as many keys, if there is the memory.
    pub(super) fn expect(&mut self, keys: usize) {
        let (more, hasher) = (keys.saturating_sub(self.len()), &self.hasher);
        // With several key columns each has fewer texts than there are keys.
        if let [Some(interner)] = self.interners.as_mut_slice() {
            interner.expect(keys);
        }
        // Without the memory the table grows step by step.
        let _ = match &mut self.store {
            Store::Single | Store::Interned => Ok(()),
            Store::Word { table, .. } | Store::Narrow { table, .. } => {
                table.large.try_reserve(more, |(key, _)| hasher.hash_one(key))
            }
            Store::Packed { table, .. } => table.try_reserve(more, |(key, _)| hasher.hash_one(key)),
            Store::Wide { width, words, table } => {
                table.try_reserve(more, |&id| hasher.hash_one(slot(words, *width, id)))
            }
        };
    }

    /// About how many bytes it holds.
    pub(super) fn byte_size(&self) -> usize {
        let texts: usize = self.interners.iter().flatten().map(Interner::byte_size).sum();
        texts
            + match &self.store {
                Store::Single | Store::Interned => 0,
                Store::Word { table, .. } | Store::Narrow { table, .. } => table.byte_size(),
                Store::Packed { table, .. } => bucket_bytes(table.capacity(), 33),
                Store::Wide { words, table, .. } => words.capacity() * 8 + bucket_bytes(table.capacity(), 5),
            }
    }

    /// The bytes that it takes beside its own, for a moment, if all of so many rows have new keys: a table that is full moves to
    /// another of twice its size.
    pub(super) fn growth(&self, rows: usize) -> usize {
        let full = |capacity: usize, entry: usize| match self.len().saturating_add(rows) > capacity {
            true => bucket_bytes(capacity, entry).saturating_mul(2),
            false => 0,
        };
        match &self.store {
            Store::Single | Store::Interned => 0,
            Store::Word { table, .. } | Store::Narrow { table, .. } => full(table.large.capacity(), 17),
            Store::Packed { table, .. } => full(table.capacity(), 33),
            Store::Wide { table, .. } => full(table.capacity(), 5),
        }
    }

    /// The keys themselves in the order of their numbers, where the table holds them: for one key column of texts.
    pub(super) fn into_keys(mut self) -> Option<StringColumn> {
        match (self.store, self.interners.pop()) {
            (Store::Interned, Some(Some(texts))) => Some(texts.into_texts()),
            _ => None,
        }
    }

    /// The table holds the keys, see [`Self::into_keys`].
    pub(super) const fn holds_keys(&self) -> bool {
        matches!(self.store, Store::Interned) && self.texts
    }

    /// As [`Self::insert`] for one key column of texts, whose hashes are given. A table either gets all of its rows in
    /// this way or none.
    pub(super) fn insert_hashed(&mut self, columns: &[Column], hashes: &[u32]) -> Keys {
        let mut keys = Keys { groups: Vec::with_capacity(hashes.len()), fresh: Vec::new() };
        if let (Some(column), Some(Some(interner))) = (columns.first(), self.interners.first_mut())
            && let Column::String(texts) = column.to_flat()
        {
            interner.insert_hashes(&texts, hashes, &mut keys.groups);
            keys.find_fresh(&mut self.count);
        }
        keys
    }

    /// The numbers of the rows' keys; new keys get new numbers.
    pub(super) fn insert(&mut self, columns: &[Column], rows: usize) -> Keys {
        let before = self.count;
        let mut keys = Keys { groups: Vec::with_capacity(rows), fresh: Vec::new() };
        let hasher = &self.hasher;
        if matches!(self.store, Store::Interned)
            && let (Some(column), Some(Some(interner))) = (columns.first(), self.interners.first_mut())
        {
            interner.insert_column(column, &mut keys.groups);
            keys.find_fresh(&mut self.count);
            return keys;
        }
        let plain: Vec<Plain> = columns
            .iter()
            .zip(&mut self.interners)
            .map(|(column, interner)| match interner {
                None => normal(column),
                Some(interner) => {
                    let mut ids = Vec::with_capacity(rows);
                    interner.insert_column(column, &mut ids);
                    Plain::of_ids(ids)
                }
            })
            .collect();
        let mut count = before;
        let Keys { groups, fresh } = &mut keys;
        let mut next = |row: usize| {
            let id = count;
            count += 1;
            fresh.push(row as u32);
            id
        };
        match &mut self.store {
            Store::Single | Store::Interned => {
                groups.resize(rows, 0);
                if before == 0 && rows > 0 {
                    next(0);
                }
            }
            Store::Word { table, null } => {
                let Some(Plain { words: Words::Small(words), validity }) = plain.first() else { return keys };
                for (row, &word) in words.iter().enumerate() {
                    groups.push(if validity.is_valid(row) {
                        table.find_or_insert(word, hasher, || next(row))
                    } else {
                        *null.get_or_insert_with(|| next(row))
                    });
                }
            }
            Store::Narrow { bits, table } => {
                for (row, key) in pack(&plain, bits, rows).into_iter().enumerate() {
                    groups.push(table.find_or_insert(key as u64, hasher, || next(row)));
                }
            }
            Store::Packed { bits, table } => {
                for (row, key) in pack(&plain, bits, rows).into_iter().enumerate() {
                    groups.push(find_or_insert(table, key, hasher, || next(row)));
                }
            }
            Store::Wide { width, words, table } => {
                let width = *width;
                let all = spread(&plain, width, rows);
                for (row, key) in all.chunks_exact(width).enumerate() {
                    let of = |words: &[u64], id: u32| -> u64 { hasher.hash_one(slot(words, width, id)) };
                    let entry = table.entry(
                        hasher.hash_one(key),
                        |&id| slot(words, width, id) == key,
                        |&id| of(words, id),
                    );
                    groups.push(match entry {
                        Entry::Occupied(it) => *it.get(),
                        Entry::Vacant(it) => {
                            let id = next(row);
                            it.insert(id);
                            words.extend_from_slice(key);
                            id
                        }
                    });
                }
            }
        }
        self.count = count;
        keys
    }
}

/// The keys of a table that no longer grows; several threads may share it.
pub(super) struct Lookup {
    table: KeyTable,
    /// For each key column.
    known: Vec<KnownCodes>,
}

impl From<KeyTable> for Lookup {
    fn from(table: KeyTable) -> Self {
        let known = table.interners.iter().map(|_| KnownCodes::default()).collect();
        Self { table, known }
    }
}

impl Lookup {
    /// About how many bytes it holds.
    pub(super) fn byte_size(&self) -> usize {
        self.table.byte_size()
    }

    /// How many keys there are.
    pub(super) const fn len(&self) -> usize {
        self.table.len()
    }

    /// The table, which may grow again.
    pub(super) fn into_table(self) -> KeyTable {
        self.table
    }

    /// As [`Self::find`] for a table that was filled by [`KeyTable::insert_hashed`].
    pub(super) fn find_hashed(&self, columns: &[Column], hashes: &[u32]) -> Vec<u32> {
        match (columns.first().map(Column::to_flat), self.table.interners.first()) {
            (Some(Column::String(texts)), Some(Some(interner))) => interner.find_hashes(&texts, hashes),
            _ => vec![NO_ROW; hashes.len()],
        }
    }

    /// The numbers of the rows' keys; [`NO_ROW`] where a key is not known.
    pub(super) fn find(&self, columns: &[Column], rows: usize) -> Vec<u32> {
        let KeyTable { interners, store, hasher, count, .. } = &self.table;
        if *count == 0 {
            return vec![NO_ROW; rows];
        }
        if matches!(store, Store::Interned)
            && let (Some(column), Some(Some(interner)), Some(known)) =
                (columns.first(), interners.first(), self.known.first())
        {
            return interner.find_column(column, known);
        }
        // A text that is not known has the number NO_ROW, which no key contains.
        let plain: Vec<Plain> = columns
            .iter()
            .zip(interners)
            .zip(&self.known)
            .map(|((column, interner), known)| match interner {
                None => normal(column),
                Some(interner) => Plain::of_ids(interner.find_column(column, known)),
            })
            .collect();
        match store {
            Store::Single | Store::Interned => vec![0; rows],
            Store::Word { table, null } => match plain.first() {
                Some(Plain { words: Words::Small(words), validity }) => words
                    .iter()
                    .enumerate()
                    .map(|(row, &word)| {
                        if validity.is_valid(row) { table.find(word, hasher) } else { null.unwrap_or(NO_ROW) }
                    })
                    .collect(),
                _ => vec![NO_ROW; rows],
            },
            Store::Narrow { bits, table } => {
                pack(&plain, bits, rows).into_iter().map(|key| table.find(key as u64, hasher)).collect()
            }
            Store::Packed { bits, table } => {
                pack(&plain, bits, rows).into_iter().map(|key| find(table, key, hasher)).collect()
            }
            Store::Wide { width, words, table } => spread(&plain, *width, rows)
                .chunks_exact(*width)
                .map(|key| {
                    let found = table.find(hasher.hash_one(key), |&id| slot(words, *width, id) == key);
                    found.copied().unwrap_or(NO_ROW)
                })
                .collect(),
        }
    }
}

fn find_or_insert<K: Copy + Eq + Hash>(
    table: &mut HashTable<(K, u32)>,
    key: K,
    hasher: &DefaultHashBuilder,
    next: impl FnOnce() -> u32,
) -> u32 {
    let entry = table.entry(hasher.hash_one(key), |(it, _)| *it == key, |(it, _)| hasher.hash_one(it));
    match entry {
        Entry::Occupied(it) => it.get().1,
        Entry::Vacant(it) => {
            let id = next();
            it.insert((key, id));
            id
        }
    }
}

fn find<K: Copy + Eq + Hash>(table: &HashTable<(K, u32)>, key: K, hasher: &DefaultHashBuilder) -> u32 {
    table.find(hasher.hash_one(key), |(it, _)| *it == key).map_or(NO_ROW, |(_, id)| *id)
}

fn slot(words: &[u64], width: usize, id: u32) -> &[u64] {
    let start = id as usize * width;
    words.get(start..start + width).unwrap_or_default()
}

/// The key columns of each row in one number.
fn pack(plain: &[Plain], bits: &[u32], rows: usize) -> Vec<u128> {
    let mut out = vec![0_u128; rows];
    for (column, &bits) in plain.iter().zip(bits) {
        let Words::Small(words) = &column.words else { continue };
        match column.validity.nulls() {
            // The null bit is the highest one; texts have none.
            Some(_) => {
                for (row, (key, &word)) in out.iter_mut().zip(words).enumerate() {
                    let word = if column.validity.is_valid(row) { u128::from(word) } else { 1 << (bits - 1) };
                    *key = *key << bits | word;
                }
            }
            None => {
                for (key, &word) in out.iter_mut().zip(words) {
                    *key = *key << bits | u128::from(word);
                }
            }
        }
    }
    out
}

/// The key columns of each row as words: null bits, then one word or two for each column.
fn spread(plain: &[Plain], width: usize, rows: usize) -> Vec<u64> {
    let mut out = vec![0_u64; rows * width];
    let mut at = plain.len().div_ceil(64);
    for (place, column) in plain.iter().enumerate() {
        for (row, key) in out.chunks_exact_mut(width).enumerate() {
            if !column.validity.is_valid(row) {
                if let Some(nulls) = key.get_mut(place / 64) {
                    *nulls |= 1 << (place % 64);
                }
                continue;
            }
            match (&column.words, key.get_mut(at..)) {
                (Words::Small(words), Some([first, ..])) => {
                    *first = words.get(row).copied().unwrap_or_default();
                }
                (Words::Large(words), Some([first, second, ..])) => {
                    let word = words.get(row).copied().unwrap_or_default();
                    (*first, *second) = (word as u64, (word >> 64) as u64);
                }
                _ => {}
            }
        }
        at += match column.words {
            Words::Small(_) => 1,
            Words::Large(_) => 2,
        };
    }
    out
}

/// Hashes rows by their keys; several threads may share one.
#[derive(Default)]
pub(super) struct RowHasher {
    hasher: DefaultHashBuilder,
    /// The hashes of the values.
    known: PerDictionary<Vec<u64>>,
    seed: u64,
}

impl RowHasher {
    /// One that puts rows into other partitions than those of other seeds.
    pub(super) fn seeded(seed: u64) -> Self {
        Self { seed, ..Self::default() }
    }

    fn text(&self, text: &[u8]) -> u64 {
        let mut state = self.hasher.build_hasher();
        state.write(text);
        state.finish()
    }

    fn values(&self, texts: &StringColumn, values: usize) -> Arc<Vec<u64>> {
        self.known.get(texts, || (0..values).map(|code| self.text(texts.dictionary_bytes(code))).collect())
    }
}

/// Hashes of rows by their keys, equal for equal keys whatever the columns' encoding.
pub(super) fn hash_rows(keys: &[Column], rows: usize, hasher: &RowHasher) -> Vec<u64> {
    const MIX: u64 = 0x9e37_79b9_7f4a_7c15;
    let mut hashes = vec![hasher.seed; rows];
    let mut mix = |row: usize, word: u64| {
        if let Some(hash) = hashes.get_mut(row) {
            let mixed = u128::from(*hash ^ word ^ MIX) * u128::from(MIX | 1);
            *hash = (mixed >> 64) as u64 ^ mixed as u64;
        }
    };
    let text = |text: &[u8]| hasher.text(text);
    for column in keys {
        match column.to_flat() {
            Column::String(texts) => match texts.dictionary() {
                Some((codes, values)) if values <= rows => {
                    let of = hasher.values(&texts, values);
                    for (row, code) in codes.iter().enumerate() {
                        mix(row, of.get(*code as usize).copied().unwrap_or_default());
                    }
                }
                _ => (0..texts.len()).for_each(|row| mix(row, text(texts.bytes(row)))),
            },
            Column::Dynamic(values) => {
                let keys = values.values().iter().map(|value| text(value.group_key().as_bytes()));
                keys.enumerate().for_each(|(row, word)| mix(row, word));
            }
            flat => {
                let Plain { words, validity } = normal(&flat);
                let word = |row: usize, word: u64| if validity.is_valid(row) { word } else { MIX };
                match words {
                    Words::Small(words) => {
                        words.iter().enumerate().for_each(|(row, &it)| mix(row, word(row, it)));
                    }
                    Words::Large(words) => {
                        let half = |it: u128| it as u64 ^ ((it >> 64) as u64).rotate_left(32);
                        words.iter().enumerate().for_each(|(row, &it)| mix(row, word(row, half(it))));
                    }
                }
            }
        }
    }
    hashes
}

impl Plain {
    fn of_ids(ids: Vec<u32>) -> Self {
        Self { words: Words::Small(ids.into_iter().map(u64::from).collect()), validity: Validity::ALL }
    }
}

/// A column as numbers that are equal exactly for equal keys.
fn normal(column: &Column) -> Plain {
    let (words, validity) = match column {
        Column::Bool(values, validity) => {
            (Words::Small(values.iter().map(u64::from).collect()), validity.clone())
        }
        Column::Int(it) => {
            (Words::Small(it.values().iter().map(|n| u64::from(*n as u32)).collect()), it.validity().clone())
        }
        Column::Long(it) | Column::DateTime(it) | Column::TimeSpan(it) => {
            (Words::Small(it.values().iter().map(|n| *n as u64).collect()), it.validity().clone())
        }
        Column::Real(it) => {
            let bits = |real: &f64| match *real {
                real if real.is_nan() => f64::NAN.to_bits(),
                0.0 => 0,
                real => real.to_bits(),
            };
            (Words::Small(it.values().iter().map(bits).collect()), it.validity().clone())
        }
        Column::Decimal(it) => {
            let bits = |bits: &i128| Decimal(Decimal::from_bits(*bits).0.normalize()).to_bits() as u128;
            (Words::Large(it.values().iter().map(bits).collect()), it.validity().clone())
        }
        Column::Guid(it) => {
            (Words::Large(it.values().iter().map(|n| *n as u128).collect()), it.validity().clone())
        }
        Column::Constant(_) => return normal(&column.to_flat()),
        // Texts have numbers of their own.
        Column::String(_) | Column::Dynamic(_) => (Words::Small(vec![0; column.len()]), Validity::ALL),
    };
    Plain { words, validity }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::Value;

    fn longs(values: &[Option<i64>]) -> Column {
        let values: Vec<Value> = values.iter().map(|it| it.map_or(Value::Null, Value::Long)).collect();
        Column::from_values(ScalarType::Long, &values)
    }

    #[test]
    fn many_key_columns_are_told_apart_by_value_and_null() {
        // More columns than one word has null bits; the rows differ in the last one only.
        let same = longs(&[Some(0), Some(0), Some(0)]);
        let mut columns = vec![same; 70];
        columns.push(longs(&[Some(0), None, Some(0)]));
        let mut table = KeyTable::new(&[ScalarType::Long; 71]);
        let keys = table.insert(&columns, 3);
        assert_eq!((keys.groups, keys.fresh), (vec![0, 1, 0], vec![0, 1]));
        assert_eq!(Lookup::from(table).find(&columns, 3), [0, 1, 0]);
    }

    #[test]
    fn small_keys_and_large_ones_are_numbered_together() {
        let few = longs(&[Some(8191), Some(8192), None, Some(-1), Some(0), Some(8191), Some(i64::MIN)]);
        let more = longs(&[Some(0), Some(1), Some(8192), Some(5), None]);
        let mut table = KeyTable::new(&[ScalarType::Long]);
        let keys = table.insert(std::slice::from_ref(&few), 7);
        assert_eq!((keys.groups, keys.fresh), (vec![0, 1, 2, 3, 4, 0, 5], vec![0, 1, 2, 3, 4, 6]));
        assert_eq!(table.insert(std::slice::from_ref(&more), 5).groups, [4, 6, 1, 7, 2]);
        let lookup = Lookup::from(table);
        assert_eq!(lookup.find(&[few], 7), [0, 1, 2, 3, 4, 0, 5]);
        assert_eq!(
            lookup.find(&[longs(&[Some(2), Some(8190), Some(8193), Some(1)])], 4),
            [NO_ROW, NO_ROW, NO_ROW, 6]
        );
    }

    #[test]
    fn texts_are_equal_across_dictionaries() {
        let plain: StringColumn = ["b", "a", "c"].into_iter().collect();
        let first = ["a", "b", "a"].into_iter().collect::<StringColumn>().encode(9);
        let second = ["b", "a", "x"].into_iter().collect::<StringColumn>().encode(9);
        let mut table = KeyTable::new(&[ScalarType::String]);
        let mut groups = |column: &StringColumn| table.insert(&[Column::String(column.clone())], 3).groups;
        assert_eq!(groups(first.as_ref().unwrap()), [0, 1, 0]);
        assert_eq!(groups(second.as_ref().unwrap()), [1, 0, 2]);
        assert_eq!(groups(&plain), [1, 0, 3]);
        assert_eq!(groups(first.as_ref().unwrap()), [0, 1, 0]);
        let unknown: StringColumn = ["a", "?", ""].into_iter().collect();
        let lookup = Lookup::from(table);
        assert_eq!(lookup.find(&[Column::String(unknown)], 3), [0, NO_ROW, NO_ROW]);
        // Another dictionary each time.
        assert_eq!(lookup.find(&[Column::String(first.unwrap())], 3), [0, 1, 0]);
        assert_eq!(lookup.find(&[Column::String(second.unwrap())], 3), [1, 0, 2]);
    }

    #[test]
    fn no_key_columns_are_one_key() {
        let mut table = KeyTable::new(&[]);
        assert!(table.insert(&[], 0).groups.is_empty());
        assert_eq!(table.len(), 0);
        assert_eq!(table.insert(&[], 2).groups, [0, 0]);
        assert_eq!((table.len(), Lookup::from(table).find(&[], 1)), (1, vec![0]));
    }
}
