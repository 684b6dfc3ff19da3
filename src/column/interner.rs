//! Numbers for texts: equal texts have equal numbers, from 0 in the order in which they were first seen.

use std::hash::{BuildHasher, Hasher};
use std::sync::atomic::{AtomicU32, Ordering};

use hashbrown::{DefaultHashBuilder, HashTable};

use super::{Column, NO_ROW, PerDictionary, StringBuilder, StringColumn, same_bytes};
use crate::types::{Dynamic, ScalarType, Value};

/// Texts (or other bytes) by number.
#[derive(Debug, Default)]
pub struct Interner {
    table: HashTable<InternedText>,
    hasher: DefaultHashBuilder,
    texts: StringBuilder,
    /// The dictionary seen last and what its codes became. It is kept, so that its address stays its own.
    known: Option<(StringColumn, Vec<u32>)>,
    /// The hashes of the rows at hand.
    hashes: Vec<u32>,
}

/// A part of the hash stands beside the number, so that most other texts need not be looked at, and a growing table needs
/// no text at all.
#[derive(Debug, Clone, Copy)]
struct InternedText {
    hash: u32,
    id: u32,
}

/// What the codes of dictionaries are in an interner that no longer grows, as far as they were looked up.
pub type KnownCodes = PerDictionary<Vec<AtomicU32>>;

/// A code that was not looked up yet.
const UNKNOWN: u32 = NO_ROW - 1;

/// The table wants bits at both ends of a word.
const fn spread(hash: u32) -> u64 {
    (hash as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

impl Interner {
    /// How many texts there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.texts.len()
    }

    /// About how many bytes it holds.
    #[must_use]
    pub fn byte_size(&self) -> usize {
        let known = self.known.as_ref().map_or(0, |(_, codes)| codes.len() * 4);
        self.texts.byte_size()
            + self.table.capacity() * (size_of::<InternedText>() + 1)
            + self.hashes.capacity() * 4
            + known
    }

    /// Makes room for about as many texts, of as many bytes each as those so far, if there is the memory.
    pub fn expect(&mut self, texts: usize) {
        // Without it the table grows step by step.
        let _ = self.table.try_reserve(texts.saturating_sub(self.len()), |entry| spread(entry.hash));
        self.texts.expect(texts);
    }

    /// The text of a number.
    #[must_use]
    pub fn text(&self, id: u32) -> &[u8] {
        self.texts.bytes(id as usize)
    }

    /// All texts in the order of their numbers. They must have been texts, not other bytes.
    #[must_use]
    pub fn into_texts(self) -> StringColumn {
        self.texts.finish()
    }

    #[inline]
    fn hash(&self, text: &[u8]) -> u32 {
        let mut hasher = self.hasher.build_hasher();
        hasher.write(text);
        (hasher.finish() >> 32) as u32
    }

    #[inline]
    fn insert_hashed(&mut self, hash: u32, text: &[u8]) -> u32 {
        let texts = &mut self.texts;
        let same =
            |entry: &InternedText| entry.hash == hash && same_bytes(texts.bytes(entry.id as usize), text);
        if let Some(entry) = self.table.find(spread(hash), same) {
            return entry.id;
        }
        let id = texts.len() as u32;
        texts.push_piece(text);
        texts.end_text();
        self.table.insert_unique(spread(hash), InternedText { hash, id }, |entry| spread(entry.hash));
        id
    }

    /// The number of a text. It is new if its number is what [`Self::len`] was.
    pub fn insert(&mut self, text: &[u8]) -> u32 {
        self.insert_hashed(self.hash(text), text)
    }

    /// The number of a text; [`NO_ROW`] if it has none.
    #[must_use]
    pub fn find(&self, text: &[u8]) -> u32 {
        self.find_hashed(self.hash(text), text)
    }

    #[inline]
    fn find_hashed(&self, hash: u32, text: &[u8]) -> u32 {
        let same = |entry: &InternedText| entry.hash == hash && same_bytes(self.text(entry.id), text);
        self.table.find(spread(hash), same).map_or(NO_ROW, |entry| entry.id)
    }

    /// Appends the numbers of texts whose hashes are given; equal texts have equal ones, in all that is ever inserted.
    pub fn insert_hashes(&mut self, texts: &StringColumn, hashes: &[u32], out: &mut Vec<u32>) {
        out.extend(hashes.iter().enumerate().map(|(row, &hash)| self.insert_hashed(hash, texts.bytes(row))));
    }

    /// The numbers of texts that [`Self::insert_hashes`] was given; [`NO_ROW`] for those that have none.
    #[must_use]
    pub fn find_hashes(&self, texts: &StringColumn, hashes: &[u32]) -> Vec<u32> {
        let find = |(row, &hash): (usize, &u32)| self.find_hashed(hash, texts.bytes(row));
        hashes.iter().enumerate().map(find).collect()
    }

    /// Appends the numbers of a column's rows: of texts, or of dynamic values by [`Dynamic::group_key`].
    pub fn insert_column(&mut self, column: &Column, out: &mut Vec<u32>) {
        match column {
            Column::String(texts) => match texts.dictionary() {
                None => {
                    // All hashes first: then the table's memory is waited for in one go.
                    let mut hashes = std::mem::take(&mut self.hashes);
                    hashes.clear();
                    hashes.extend((0..texts.len()).map(|row| self.hash(texts.bytes(row))));
                    out.extend(
                        hashes
                            .iter()
                            .enumerate()
                            .map(|(row, &hash)| self.insert_hashed(hash, texts.bytes(row))),
                    );
                    self.hashes = hashes;
                }
                Some((codes, values)) => {
                    let mut known = match self.known.take() {
                        Some((dictionary, known)) if dictionary.same_values(texts) => known,
                        _ => vec![NO_ROW; values],
                    };
                    for &code in codes {
                        let Some(id) = known.get_mut(code as usize) else { continue };
                        if *id == NO_ROW {
                            *id = self.insert(texts.dictionary_bytes(code as usize));
                        }
                        out.push(*id);
                    }
                    self.known = Some((texts.slice(0, 0), known));
                }
            },
            Column::Dynamic(values) => {
                out.extend(values.values().iter().map(|value| self.insert(value.group_key().as_bytes())));
            }
            Column::Constant(it) if it.len > 0 => {
                let id = match &it.value {
                    Value::Dynamic(value) => self.insert(value.group_key().as_bytes()),
                    value if it.data_type == ScalarType::String => self.insert(value.to_text().as_bytes()),
                    _ => self.insert(Dynamic::Null.group_key().as_bytes()),
                };
                out.resize(out.len() + it.len, id);
            }
            _ => out.resize(out.len() + column.len(), NO_ROW),
        }
    }

    /// The numbers of a column's rows; [`NO_ROW`] for those that have none. What was learned of the column before is
    /// `known`: no text was added since.
    #[must_use]
    pub fn find_column(&self, column: &Column, known: &KnownCodes) -> Vec<u32> {
        match column {
            Column::String(texts) => match texts.dictionary() {
                Some((codes, values)) => {
                    let known = known.get(texts, || (0..values).map(|_| AtomicU32::new(UNKNOWN)).collect());
                    let find = |&code: &u32| {
                        let Some(known) = known.get(code as usize) else { return NO_ROW };
                        match known.load(Ordering::Relaxed) {
                            UNKNOWN => {
                                let id = self.find(texts.dictionary_bytes(code as usize));
                                known.store(id, Ordering::Relaxed);
                                id
                            }
                            id => id,
                        }
                    };
                    codes.iter().map(find).collect()
                }
                None => {
                    let hashes: Vec<u32> = (0..texts.len()).map(|row| self.hash(texts.bytes(row))).collect();
                    self.find_hashes(texts, &hashes)
                }
            },
            Column::Dynamic(values) => {
                values.values().iter().map(|value| self.find(value.group_key().as_bytes())).collect()
            }
            Column::Constant(_) => self.find_column(&column.to_flat(), known),
            _ => vec![NO_ROW; column.len()],
        }
    }

    /// For each number of another interner, the number of the same text in this one.
    pub fn merge(&mut self, other: &Self) -> Vec<u32> {
        (0..other.len() as u32).map(|id| self.insert(other.text(id))).collect()
    }
}
