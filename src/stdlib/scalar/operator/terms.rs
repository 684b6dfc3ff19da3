//! Searches for any of several terms at once. It must not know operators.
//!
//! The texts are lowered block by block, then searched for all ASCII terms in one pass. Terms that are not ASCII are
//! searched for one by one.

use std::sync::Arc;

use aho_corasick::{AhoCorasick, Input, MatchKind, packed};
use arrow_buffer::{BooleanBuffer, BooleanBufferBuilder};

use super::needle::{Case, Needle, NeedlePlace, is_boundary, row_of};
use super::operand::test_texts;
use crate::column::{StringColumn, take_bits};

/// Terms, any of which is searched for.
pub(super) struct Terms {
    /// ASCII terms in lower case, sorted.
    ascii: Vec<Vec<u8>>,
    finder: Option<Finder>,
    needles: Vec<Needle>,
}

/// Finds the first place where one of the ASCII terms starts.
enum Finder {
    /// With vector instructions: for a few dozen terms.
    Packed(packed::Searcher),
    Automaton(AhoCorasick),
}

impl Finder {
    fn new(terms: &[Vec<u8>]) -> Option<Self> {
        let packed = packed::Config::new()
            .match_kind(packed::MatchKind::LeftmostFirst)
            .builder()
            .extend(terms)
            .build();
        packed.map(Self::Packed).or_else(|| {
            let automaton = AhoCorasick::builder().match_kind(MatchKind::LeftmostFirst).build(terms);
            automaton.ok().map(Self::Automaton)
        })
    }

    fn find(&self, text: &[u8], from: usize) -> Option<usize> {
        match self {
            Self::Packed(it) => it.find_in(text, (from..text.len()).into()).map(|hit| hit.start()),
            Self::Automaton(it) => it.find(Input::new(text).range(from..)).map(|hit| hit.start()),
        }
    }
}

/// About how many bytes are lowered and searched at once: they should stay in the processor's cache.
const BLOCK: u64 = 1 << 15;

impl Terms {
    pub(super) fn new(terms: &[Arc<str>]) -> Self {
        let together = |term: &&Arc<str>| terms.len() > 1 && term.is_ascii() && !term.is_empty();
        let mut ascii: Vec<Vec<u8>> =
            terms.iter().filter(together).map(|term| term.as_bytes().to_ascii_lowercase()).collect();
        ascii.sort_unstable();
        ascii.dedup();
        let finder = if ascii.is_empty() { None } else { Finder::new(&ascii) };
        let alone = |term: &&Arc<str>| finder.is_none() || !together(term);
        let needles = terms
            .iter()
            .filter(alone)
            .map(|term| Needle::new(term, NeedlePlace::Term, Case::Ignored))
            .collect();
        Self { ascii, finder, needles }
    }

    /// Whether a text has one of the terms. `buffer` is scratch space.
    pub(super) fn matches(&self, text: &[u8], buffer: &mut Vec<u8>) -> bool {
        if let Some(finder) = &self.finder {
            lower(text, buffer);
            let mut from = 0;
            while let Some(at) = finder.find(buffer, from) {
                if self.stands_at(buffer, at) {
                    return true;
                }
                from = at + 1;
            }
        }
        self.needles.iter().any(|needle| needle.matches(text, buffer))
    }

    /// The rows of a column that have one of the terms.
    pub(super) fn search(&self, texts: &StringColumn) -> BooleanBuffer {
        let mut found = self.finder.as_ref().map(|finder| match texts.dictionary() {
            Some((codes, values)) if values > codes.len() => {
                let mut buffer = Vec::new();
                test_texts(texts, |text| self.matches(text, &mut buffer))
            }
            Some((codes, _)) => take_bits(&self.search_all(finder, texts), codes),
            None => self.search_all(finder, texts),
        });
        for needle in &self.needles {
            let bits = needle.search(texts);
            found = Some(found.map_or_else(|| bits.clone(), |found| &found | &bits));
        }
        found.unwrap_or_else(|| BooleanBuffer::new_unset(texts.len()))
    }

    /// Searches all texts of a column (those of its dictionary where it has one) for the ASCII terms.
    fn search_all(&self, finder: &Finder, texts: &StringColumn) -> BooleanBuffer {
        let (offsets, bytes) = texts.texts();
        let rows = offsets.len().saturating_sub(1);
        let mut found = BooleanBufferBuilder::new(rows);
        found.append_n(rows, false);
        let (mut row, mut buffer) = (0, Vec::new());
        while row < rows {
            let start = offsets[row];
            let mut end = row + 1;
            while end < rows && offsets[end + 1] - start <= BLOCK {
                end += 1;
            }
            lower(&bytes[start as usize..offsets[end] as usize], &mut buffer);
            let (mut from, mut current) = (0, row);
            while let Some(at) = finder.find(&buffer, from) {
                current = row_of(offsets, current, start as usize + at);
                let (first, last) =
                    ((offsets[current] - start) as usize, (offsets[current + 1] - start) as usize);
                if self.stands_at(&buffer[first..last], at - first) {
                    found.set_bit(current, true);
                    from = last;
                } else {
                    from = at + 1;
                }
            }
            row = end;
        }
        found.finish()
    }

    /// Whether one of the ASCII terms stands at a place of a lowered text.
    fn stands_at(&self, text: &[u8], at: usize) -> bool {
        let rest = &text[at..];
        let Some(first) = rest.first() else { return false };
        if !is_boundary(text, at) {
            return false;
        }
        // Only terms with the same first byte can stand here: they lie together.
        let from = self.ascii.partition_point(|term| term.first() < Some(first));
        self.ascii[from..]
            .iter()
            .take_while(|term| term.first() == Some(first))
            .any(|term| rest.starts_with(term) && is_boundary(text, at + term.len()))
    }
}

/// The text with its ASCII letters in lower case.
fn lower(text: &[u8], out: &mut Vec<u8>) {
    out.clear();
    out.extend_from_slice(text);
    out.make_ascii_lowercase();
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// All at once gives what one after the other gives, in each encoding.
        #[test]
        fn terms_agree_with_single_needles(
            rows in prop::collection::vec("[aAbBé_ .]{0,10}", 0..30),
            terms in prop::collection::vec("[aAbBé_ .]{0,3}", 0..90),
        ) {
            let terms: Vec<Arc<str>> = terms.iter().map(|it| it.as_str().into()).collect();
            let any = Terms::new(&terms);
            let plain: StringColumn = rows.iter().map(String::as_str).collect();
            let dictionary = plain.encode(100).unwrap();
            let (by_row, by_code) = (any.search(&plain), any.search(&dictionary));
            let cut = rows.len() / 3;
            let sliced = any.search(&dictionary.slice(cut, rows.len() - cut));
            for (row, text) in rows.iter().enumerate() {
                let expected = terms.iter().any(|term| {
                    Needle::new(term, NeedlePlace::Term, Case::Ignored).matches(text.as_bytes(), &mut Vec::new())
                });
                prop_assert_eq!(by_row.value(row), expected, "{} in {:?}", text, terms);
                prop_assert_eq!(by_code.value(row), expected);
                prop_assert_eq!(any.matches(text.as_bytes(), &mut Vec::new()), expected);
                if row >= cut {
                    prop_assert_eq!(sliced.value(row - cut), expected);
                }
            }
        }
    }

    #[test]
    fn blocks_do_not_cut_texts() {
        let long = "x".repeat(20_000) + " Needle";
        let texts: StringColumn =
            [long.as_str(), "", long.as_str(), "need", "le", "a needle"].into_iter().collect();
        let found = Terms::new(&["needle".into(), "other".into()]).search(&texts);
        let found: Vec<bool> = found.iter().collect();
        assert_eq!(found, [true, false, true, false, false, true]);
    }
}
