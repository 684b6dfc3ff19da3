//! The distinct values of each group, in the order of their first row. It must not know any aggregate.

use std::hash::BuildHasher;

use hashbrown::hash_table::Entry;
use hashbrown::{DefaultHashBuilder, HashTable};

use super::read::{Read, is_widened, narrow_dynamic};
use crate::column::{Bool, Column, Dec, Dyn, Gid, Long, Real, Str, StringColumn};
use crate::types::{Decimal, Dynamic, Guid, ScalarType};

/// The distinct values of each group; nulls are left out.
///
/// A value is a key of 64 bits: a number's own bits, or the number of a text, guid, decimal or dynamic value that was
/// interned once for all groups.
pub(super) struct Distinct {
    kind: ScalarType,
    interned: Interner,
    /// The dynamic values as they are, by number; their interned texts are what they group by.
    dynamics: Vec<Dynamic>,
    pairs: Pairs,
    /// Group → how many distinct values.
    counts: Vec<u32>,
    /// How many values a group may have.
    most: usize,
    /// A dictionary of the input and the keys of its codes; [`NO_KEY`] where a code has not come yet.
    dictionary: Option<(StringColumn, Vec<u32>)>,
    heap: usize,
}

const NO_KEY: u32 = u32::MAX;

/// Pairs of group and key, each one once.
#[derive(Default)]
struct Pairs {
    table: HashTable<(u32, u64)>,
    /// The pairs in the order in which they came, where that is asked for.
    log: Option<Vec<(u32, u64)>>,
    hasher: DefaultHashBuilder,
}

impl Pairs {
    /// Adds a pair; whether it is new.
    #[inline]
    fn insert(&mut self, pair: (u32, u64)) -> bool {
        let hasher = &self.hasher;
        let entry = self.table.entry(hasher.hash_one(pair), |it| *it == pair, |it| hasher.hash_one(it));
        match entry {
            Entry::Occupied(_) => false,
            Entry::Vacant(slot) => {
                slot.insert(pair);
                if let Some(log) = &mut self.log {
                    log.push(pair);
                }
                true
            }
        }
    }

    /// The pairs, in order where that was asked for.
    fn into_vec(self) -> Vec<(u32, u64)> {
        self.log.unwrap_or_else(|| self.table.into_iter().collect())
    }
}

/// Texts (or other bytes) by number.
#[derive(Default)]
struct Interner {
    texts: Bytes,
    table: HashTable<u32>,
    hasher: DefaultHashBuilder,
}

/// Byte strings one after the other.
#[derive(Default)]
struct Bytes {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl Bytes {
    fn get(&self, at: usize) -> &[u8] {
        let start = if at == 0 { 0 } else { self.ends[at - 1] };
        &self.bytes[start..self.ends[at]]
    }
}

impl Interner {
    /// The number of a text, and whether it is new.
    fn intern(&mut self, text: &[u8]) -> (u64, bool) {
        let (texts, hasher) = (&mut self.texts, &self.hasher);
        let hash = hasher.hash_one(text);
        if let Some(&at) = self.table.find(hash, |&at| texts.get(at as usize) == text) {
            return (u64::from(at), false);
        }
        let at = texts.ends.len() as u32;
        texts.bytes.extend_from_slice(text);
        texts.ends.push(texts.bytes.len());
        self.table.insert_unique(hash, at, |&at| hasher.hash_one(texts.get(at as usize)));
        (u64::from(at), true)
    }

    fn byte_size(&self) -> usize {
        self.texts.bytes.capacity() + self.texts.ends.capacity() * 8 + self.table.capacity() * 5
    }
}

/// NaNs are one value, and so are both zeros.
fn real_key(real: f64) -> u64 {
    if real.is_nan() {
        f64::NAN.to_bits()
    } else if real == 0.0 {
        0
    } else {
        real.to_bits()
    }
}

/// Equal decimals have equal bytes, whatever their scale.
fn decimal_bytes(decimal: Decimal) -> [u8; 16] {
    decimal.0.normalize().serialize()
}

impl Distinct {
    /// No values of a type, to be counted.
    pub(super) fn counted(kind: ScalarType) -> Self {
        Self {
            kind,
            interned: Interner::default(),
            dynamics: Vec::new(),
            pairs: Pairs::default(),
            counts: Vec::new(),
            most: usize::MAX,
            dictionary: None,
            heap: 0,
        }
    }

    /// No values of a type, to be listed; a group keeps its first `most`.
    pub(super) fn listed(kind: ScalarType, most: usize) -> Self {
        let pairs = Pairs { log: Some(Vec::new()), ..Pairs::default() };
        Self { pairs, most, ..Self::counted(kind) }
    }

    /// Makes room for groups.
    pub(super) fn grow(&mut self, count: usize) {
        if self.counts.len() < count {
            self.counts.resize(count, 0);
        }
    }

    /// Adds the values of a column to their rows' groups; `flatten` adds the items of an array in its place.
    pub(super) fn add(&mut self, groups: &[u32], column: &Column, flatten: bool) {
        let columns = std::slice::from_ref(column);
        match self.kind {
            kind if is_widened(kind) => Long::each(columns, |row, n| self.insert(groups[row], n as u64)),
            ScalarType::Real => Real::each(columns, |row, n| self.insert(groups[row], real_key(n))),
            ScalarType::Bool => Bool::each(columns, |row, it| self.insert(groups[row], u64::from(it))),
            ScalarType::String => self.add_strings(groups, column),
            ScalarType::Decimal => Dec::each(columns, |row, it| {
                let (key, _) = self.interned.intern(&decimal_bytes(it));
                self.insert(groups[row], key);
            }),
            ScalarType::Guid => Gid::each(columns, |row, it| {
                let (key, _) = self.interned.intern(&it.0.to_le_bytes());
                self.insert(groups[row], key);
            }),
            _ => Dyn::each(columns, |row, value| match value.as_array() {
                Some(items) if flatten => {
                    items
                        .iter()
                        .filter(|item| !item.is_null())
                        .for_each(|it| self.insert_dynamic(groups[row], it));
                }
                _ => self.insert_dynamic(groups[row], value),
            }),
        }
    }

    #[inline]
    fn insert(&mut self, group: u32, key: u64) {
        let count = &mut self.counts[group as usize];
        if (*count as usize) < self.most {
            *count += u32::from(self.pairs.insert((group, key)));
        }
    }

    fn insert_dynamic(&mut self, group: u32, value: &Dynamic) {
        let (key, new) = self.interned.intern(value.group_key().as_bytes());
        if new {
            self.heap += size_of::<Dynamic>() + 32;
            self.dynamics.push(value.clone());
        }
        self.insert(group, key);
    }

    fn add_strings(&mut self, groups: &[u32], column: &Column) {
        if let Some(strings) = column.as_strings()
            && let Some((codes, values)) = strings.dictionary()
        {
            // Each text of a dictionary is interned once, also where its rows come in several chunks.
            let known = self.dictionary.take().filter(|(known, _)| known.same_values(strings));
            let (known, mut keys) = known.unwrap_or_else(|| (strings.clone(), vec![NO_KEY; values]));
            let single = self.counts.len() == 1;
            for (&code, &group) in codes.iter().zip(groups) {
                let key = &mut keys[code as usize];
                if *key == NO_KEY {
                    *key = self.interned.intern(strings.dictionary_bytes(code as usize)).0 as u32;
                } else if single {
                    continue;
                }
                let key = u64::from(*key);
                self.insert(group, key);
            }
            self.dictionary = Some((known, keys));
            return;
        }
        Str::each(std::slice::from_ref(column), |row, text| {
            let (key, _) = self.interned.intern(text);
            self.insert(groups[row], key);
        });
    }

    /// Takes in the values of another one of the same type: its group `g` is this one's `mapping[g]`.
    pub(super) fn merge(&mut self, other: Self, mapping: &[u32]) {
        let bits = is_widened(self.kind) || matches!(self.kind, ScalarType::Real | ScalarType::Bool);
        let mut keys = vec![u64::MAX; other.interned.texts.ends.len()];
        for (group, key) in other.pairs.into_vec() {
            let group = mapping[group as usize];
            if bits {
                self.insert(group, key);
                continue;
            }
            let at = key as usize;
            if keys[at] == u64::MAX {
                let (key, new) = self.interned.intern(other.interned.texts.get(at));
                keys[at] = key;
                if new && let Some(value) = other.dynamics.get(at) {
                    self.heap += size_of::<Dynamic>() + 32;
                    self.dynamics.push(value.clone());
                }
            }
            self.insert(group, keys[at]);
        }
    }

    /// How many distinct values each of the groups `0 .. count` has.
    pub(super) fn counts(mut self, count: usize) -> Vec<i64> {
        self.grow(count);
        self.counts[..count].iter().map(|&n| i64::from(n)).collect()
    }

    /// The distinct values of each of the groups `0 .. count`.
    pub(super) fn lists(self, count: usize) -> Vec<Vec<Dynamic>> {
        let texts = &self.interned.texts;
        let interned: Vec<Dynamic> = match self.kind {
            ScalarType::String => (0..texts.ends.len())
                .map(|at| Dynamic::string(std::str::from_utf8(texts.get(at)).unwrap_or_default()))
                .collect(),
            ScalarType::Decimal => (0..texts.ends.len())
                .filter_map(|at| <[u8; 16]>::try_from(texts.get(at)).ok())
                .map(|bytes| Dynamic::Decimal(Decimal(rust_decimal::Decimal::deserialize(bytes))))
                .collect(),
            ScalarType::Guid => (0..texts.ends.len())
                .filter_map(|at| <[u8; 16]>::try_from(texts.get(at)).ok())
                .map(|bytes| Dynamic::Guid(Guid(u128::from_le_bytes(bytes))))
                .collect(),
            _ => self.dynamics,
        };
        let mut lists: Vec<Vec<Dynamic>> =
            self.counts.iter().map(|&count| Vec::with_capacity(count as usize)).collect();
        for (group, key) in self.pairs.into_vec() {
            lists[group as usize].push(match self.kind {
                kind if is_widened(kind) => narrow_dynamic(key as i64, kind),
                ScalarType::Real => Dynamic::Real(f64::from_bits(key)),
                ScalarType::Bool => Dynamic::Bool(key != 0),
                _ => interned.get(key as usize).cloned().unwrap_or_default(),
            });
        }
        lists.resize_with(count, Vec::new);
        lists
    }

    /// About how many bytes it holds.
    pub(super) fn byte_size(&self) -> usize {
        self.heap
            + self.interned.byte_size()
            + self.counts.capacity() * 4
            + self.pairs.log.as_ref().map_or(0, Vec::capacity) * 16
            + self.pairs.table.capacity() * 17
            + self.dictionary.as_ref().map_or(0, |(_, keys)| keys.len() * 4)
    }
}
