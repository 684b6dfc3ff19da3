//! The distinct values of each group, in the order of their first row. It must not know any aggregate.

use std::hash::BuildHasher;

use hashbrown::hash_table::Entry;
use hashbrown::{DefaultHashBuilder, HashTable};

use super::read::{Read, is_widened, narrow_dynamic};
use crate::column::{
    BoolType, Column, DecimalType, DynamicType, GuidType, Interner, LongType, NO_ROW, RealType,
};
use crate::function::Result;
use crate::types::{Decimal, Dynamic, Guid, ScalarType};

/// What a list takes beside its items: counts, size and depth, and what the allocator rounds up.
pub(super) const LIST_BYTES: usize = 120;

/// The distinct values of each group; nulls are left out.
///
/// A value is a key of 64 bits: a number's own bits, or the number of a text, guid, decimal or dynamic value that was
/// interned once for all groups.
pub(super) struct DistinctValues {
    data_type: ScalarType,
    interned: Interner,
    /// The dynamic values as they are, by number; their interned texts are what they group by.
    dynamics: Vec<Dynamic>,
    pairs: GroupValues,
    /// Group → how many distinct values.
    counts: Vec<u32>,
    /// How many values a group may have.
    max: usize,
    /// The keys of the rows at hand.
    keys: Vec<u32>,
    /// The group in which each interned value was seen first: most values are seen in no other.
    first: Vec<u32>,
    heap: usize,
}

/// Pairs of group and key, each one once.
#[derive(Default)]
struct GroupValues {
    table: HashTable<(u32, u64)>,
    /// The pairs in the order in which they came, where that is asked for.
    log: Option<Vec<(u32, u64)>>,
    hasher: DefaultHashBuilder,
}

impl GroupValues {
    /// Adds a pair; whether it is new.
    #[inline]
    fn insert(&mut self, pair: (u32, u64)) -> bool {
        let hasher = &self.hasher;
        let entry = self.table.entry(hasher.hash_one(pair), |it| *it == pair, |it| hasher.hash_one(it));
        match entry {
            Entry::Occupied(_) => false,
            Entry::Vacant(slot) => {
                slot.insert(pair);
                self.log(pair);
                true
            }
        }
    }

    /// Notes a pair that is known to be new.
    #[inline]
    fn log(&mut self, pair: (u32, u64)) {
        if let Some(log) = &mut self.log {
            log.push(pair);
        }
    }

    /// The pairs, in order where that was asked for.
    fn into_vec(self) -> Vec<(u32, u64)> {
        self.log.unwrap_or_else(|| self.table.into_iter().collect())
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

impl DistinctValues {
    /// No values of a type, to be counted.
    pub(super) fn counted(data_type: ScalarType) -> Self {
        Self {
            data_type,
            interned: Interner::default(),
            dynamics: Vec::new(),
            pairs: GroupValues::default(),
            counts: Vec::new(),
            max: usize::MAX,
            keys: Vec::new(),
            first: Vec::new(),
            heap: 0,
        }
    }

    /// No values of a type, to be listed; a group keeps its first `max`.
    pub(super) fn listed(data_type: ScalarType, max: usize) -> Self {
        let pairs = GroupValues { log: Some(Vec::new()), ..GroupValues::default() };
        Self { pairs, max, ..Self::counted(data_type) }
    }

    /// Makes room for groups.
    pub(super) fn grow(&mut self, count: usize) {
        if self.counts.len() < count {
            self.counts.resize(count, 0);
        }
    }

    /// Adds the values of a column to their rows' groups; `flatten` adds the items of an array in its place.
    pub(super) fn add(&mut self, groups: &[u32], column: &Column, flatten: bool) -> Result<()> {
        let columns = std::slice::from_ref(column);
        match self.data_type {
            data_type if is_widened(data_type) => {
                LongType::each(columns, |row, n| self.insert(groups[row], n as u64))
            }
            ScalarType::Real => RealType::each(columns, |row, n| self.insert(groups[row], real_key(n))),
            ScalarType::Bool => BoolType::each(columns, |row, it| self.insert(groups[row], u64::from(it))),
            ScalarType::String => {
                self.add_strings(groups, column);
                Ok(())
            }
            ScalarType::Decimal => DecimalType::each(columns, |row, it| {
                let key = self.interned.insert(&decimal_bytes(it));
                self.insert_interned(groups[row], key);
            }),
            ScalarType::Guid => GuidType::each(columns, |row, it| {
                let key = self.interned.insert(&it.0.to_le_bytes());
                self.insert_interned(groups[row], key);
            }),
            _ => DynamicType::each(columns, |row, value| match value.as_array() {
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
        if (*count as usize) < self.max {
            *count += u32::from(self.pairs.insert((group, key)));
        }
    }

    /// As [`Self::insert`], for the number of an interned value.
    #[inline]
    fn insert_interned(&mut self, group: u32, key: u32) {
        match self.first.get(key as usize) {
            Some(&first) if first == group => {}
            Some(&first) if first != NO_ROW => self.insert(group, u64::from(key)),
            _ => {
                let count = &mut self.counts[group as usize];
                if (*count as usize) < self.max {
                    *count += 1;
                    self.pairs.log((group, u64::from(key)));
                    if key as usize >= self.first.len() {
                        self.first.resize(key as usize + 1, NO_ROW);
                    }
                    self.first[key as usize] = group;
                }
            }
        }
    }

    fn insert_dynamic(&mut self, group: u32, value: &Dynamic) {
        let key = self.interned.insert(value.group_key().as_bytes());
        if key as usize == self.dynamics.len() {
            self.heap += size_of::<Dynamic>() + 32;
            self.dynamics.push(value.clone());
        }
        self.insert_interned(group, key);
    }

    fn add_strings(&mut self, groups: &[u32], column: &Column) {
        let mut keys = std::mem::take(&mut self.keys);
        keys.clear();
        self.interned.insert_column(column, &mut keys);
        for (&group, &key) in groups.iter().zip(&keys) {
            self.insert_interned(group, key);
        }
        self.keys = keys;
    }

    /// Takes in the values of another one of the same type: its group `g` is this one's `mapping[g]`.
    pub(super) fn merge(&mut self, other: Self, mapping: &[u32]) {
        if is_widened(self.data_type) || matches!(self.data_type, ScalarType::Real | ScalarType::Bool) {
            for (group, key) in other.pairs.into_vec() {
                self.insert(mapping[group as usize], key);
            }
            return;
        }
        let keys = self.interned.merge(&other.interned);
        for (&key, value) in keys.iter().zip(&other.dynamics) {
            if key as usize == self.dynamics.len() {
                self.heap += size_of::<Dynamic>() + 32;
                self.dynamics.push(value.clone());
            }
        }
        if other.pairs.log.is_none() {
            for (&group, &key) in other.first.iter().zip(&keys).filter(|(group, _)| **group != NO_ROW) {
                self.insert_interned(mapping[group as usize], key);
            }
        }
        for (group, key) in other.pairs.into_vec() {
            self.insert_interned(mapping[group as usize], keys[key as usize]);
        }
    }

    /// How many distinct values each of the groups `0 .. count` has.
    pub(super) fn counts(mut self, count: usize) -> Vec<i64> {
        self.grow(count);
        self.counts[..count].iter().map(|&n| i64::from(n)).collect()
    }

    /// The distinct values of each of the groups `0 .. count`.
    pub(super) fn lists(self, count: usize) -> Vec<Vec<Dynamic>> {
        let texts = || (0..self.interned.len() as u32).map(|id| self.interned.text(id));
        let interned: Vec<Dynamic> = match self.data_type {
            ScalarType::String => {
                texts().map(|text| Dynamic::string(std::str::from_utf8(text).unwrap_or_default())).collect()
            }
            ScalarType::Decimal => texts()
                .filter_map(|bytes| <[u8; 16]>::try_from(bytes).ok())
                .map(|bytes| Dynamic::Decimal(Decimal(rust_decimal::Decimal::deserialize(bytes))))
                .collect(),
            ScalarType::Guid => texts()
                .filter_map(|bytes| <[u8; 16]>::try_from(bytes).ok())
                .map(|bytes| Dynamic::Guid(Guid(u128::from_le_bytes(bytes))))
                .collect(),
            _ => self.dynamics,
        };
        let mut lists: Vec<Vec<Dynamic>> =
            self.counts.iter().map(|&count| Vec::with_capacity(count as usize)).collect();
        for (group, key) in self.pairs.into_vec() {
            lists[group as usize].push(match self.data_type {
                data_type if is_widened(data_type) => narrow_dynamic(key as i64, data_type),
                ScalarType::Real => Dynamic::Real(f64::from_bits(key)),
                ScalarType::Bool => Dynamic::Bool(key != 0),
                _ => interned.get(key as usize).cloned().unwrap_or_default(),
            });
        }
        lists.resize_with(count, Vec::new);
        lists
    }

    /// About how many bytes the lists of so many groups take.
    pub(super) fn list_bytes(&self, count: usize) -> usize {
        let items: usize = self.counts.iter().map(|&count| count as usize).sum();
        items.saturating_mul(size_of::<Dynamic>()).saturating_add(count.saturating_mul(LIST_BYTES))
    }

    /// About how many bytes it holds.
    pub(super) fn byte_size(&self) -> usize {
        self.heap
            + self.interned.byte_size()
            + self.counts.capacity() * 4
            + self.pairs.log.as_ref().map_or(0, Vec::capacity) * 16
            + self.pairs.table.capacity() * 17
            + (self.keys.capacity() + self.first.capacity()) * 4
    }
}
