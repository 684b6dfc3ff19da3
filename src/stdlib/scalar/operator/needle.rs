//! Searches for one text in many: the needle is prepared once, a whole column is searched in one pass.
//! It must not know operators.
//!
//! A term is a longest run of letters and digits (Unicode's); an underscore separates. A needle stands at a term's
//! start or end unless a letter or digit stands on both sides of that place.

use arrow_buffer::{BooleanBuffer, BooleanBufferBuilder};
use memchr::memmem::Finder;

use super::fold::{fold_into, folded};
use super::operand::test_texts;
use crate::column::{StringColumn, take_bits};

/// Where a needle must stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NeedlePlace {
    /// It is the whole text.
    Whole,
    /// Anywhere.
    Anywhere,
    /// At the text's start.
    Start,
    /// At the text's end.
    End,
    /// From a term's start to a term's end.
    Term,
    /// From a term's start on.
    TermStart,
    /// Up to a term's end.
    TermEnd,
}

/// Whether case counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Case {
    /// It does.
    Sensitive,
    /// It does not.
    Ignored,
}

/// A text to search for.
pub(super) struct Needle {
    place: NeedlePlace,
    /// The bytes to find: folded where case is ignored.
    text: Vec<u8>,
    way: Way,
}

enum Way {
    /// Byte by byte.
    Exact(Finder<'static>),
    /// Both are compared in ASCII without case: nothing else folds to ASCII. The byte at this place is looked for first.
    Ascii(usize),
    /// The searched text is folded before.
    Folded(Finder<'static>),
}

impl Needle {
    pub(super) fn new(text: &str, place: NeedlePlace, case: Case) -> Self {
        if case == Case::Sensitive {
            let way = Way::Exact(Finder::new(text).into_owned());
            return Self { place, text: text.as_bytes().to_vec(), way };
        }
        let text = folded(text);
        let way = if text.is_ascii() {
            Way::Ascii(rarest(&text, |byte| ASSUMED.iter().position(|known| *known == byte).unwrap_or(0)))
        } else {
            Way::Folded(Finder::new(&text).into_owned())
        };
        Self { place, text, way }
    }

    /// Whether a text has the needle in its place. `buffer` is scratch space.
    pub(super) fn matches(&self, hay: &[u8], buffer: &mut Vec<u8>) -> bool {
        match &self.way {
            Way::Exact(finder) => self.stands(hay, |rest| finder.find(rest), |part| part == self.text),
            Way::Ascii(anchor) => self.stands(
                hay,
                |rest| self.find_ascii(rest, *anchor),
                |part| part.eq_ignore_ascii_case(&self.text),
            ),
            Way::Folded(finder) => {
                if hay.is_ascii() {
                    return false;
                }
                buffer.clear();
                fold_into(hay, buffer);
                self.stands(buffer, |rest| finder.find(rest), |part| part == self.text)
            }
        }
    }

    fn stands(
        &self,
        hay: &[u8],
        find: impl Fn(&[u8]) -> Option<usize>,
        equal: impl Fn(&[u8]) -> bool,
    ) -> bool {
        let len = self.text.len();
        if hay.len() < len {
            return false;
        }
        match self.place {
            NeedlePlace::Whole => hay.len() == len && equal(hay),
            NeedlePlace::Start => equal(&hay[..len]),
            NeedlePlace::End => equal(&hay[hay.len() - len..]),
            NeedlePlace::Anywhere => find(hay).is_some(),
            NeedlePlace::Term | NeedlePlace::TermStart | NeedlePlace::TermEnd => {
                if len == 0 {
                    return true;
                }
                let mut from = 0;
                while let Some(at) = hay.get(from..).and_then(&find) {
                    if self.in_place(hay, from + at) {
                        return true;
                    }
                    from += at + 1;
                }
                false
            }
        }
    }

    /// The needle found at a place stands as it must.
    fn in_place(&self, hay: &[u8], at: usize) -> bool {
        let end = at + self.text.len();
        match self.place {
            NeedlePlace::Term => is_boundary(hay, at) && is_boundary(hay, end),
            NeedlePlace::TermStart => is_boundary(hay, at),
            NeedlePlace::TermEnd => is_boundary(hay, end),
            _ => true,
        }
    }

    fn find_ascii(&self, hay: &[u8], anchor: usize) -> Option<usize> {
        let Some(&low) = self.text.get(anchor) else { return Some(0) };
        let last = hay.len().checked_sub(self.text.len())?;
        let (low, high) = (low, low.to_ascii_uppercase());
        let hits = memchr::memchr2_iter(low, high, &hay[anchor..=last + anchor]);
        let mut hits = hits.filter(|at| hay[*at..*at + self.text.len()].eq_ignore_ascii_case(&self.text));
        hits.next()
    }

    /// The rows of a column that have the needle in its place.
    pub(super) fn search(&self, texts: &StringColumn) -> BooleanBuffer {
        let everywhere = matches!(
            self.place,
            NeedlePlace::Anywhere | NeedlePlace::Term | NeedlePlace::TermStart | NeedlePlace::TermEnd
        );
        let codes = texts.dictionary();
        let few = codes.is_none_or(|(codes, values)| values <= codes.len());
        if self.text.is_empty() || !everywhere || !few || matches!(self.way, Way::Folded(_)) {
            let mut buffer = Vec::new();
            return test_texts(texts, |text| self.matches(text, &mut buffer));
        }
        let (offsets, bytes) = texts.texts();
        let found = self.search_all(offsets, bytes);
        match codes {
            None => found,
            Some((codes, _)) => take_bits(&found, codes),
        }
    }

    /// Searches texts that lie one after the other in one pass over the bytes.
    fn search_all(&self, offsets: &[u64], bytes: &[u8]) -> BooleanBuffer {
        let rows = offsets.len().saturating_sub(1);
        let mut found = BooleanBufferBuilder::new(rows);
        found.append_n(rows, false);
        let (Some(&first), Some(&last)) = (offsets.first(), offsets.last()) else { return found.finish() };
        let (first, last) = (first as usize, last as usize);
        let mut row = 0;
        // Marks the row of a hit; gives the place from which the next hit is of interest.
        let mut hit = |at: usize| -> usize {
            row = row_of(offsets, row, at);
            let (start, end) = (offsets[row] as usize, offsets[row + 1] as usize);
            // A hit across the border of two texts is none.
            if at + self.text.len() > end || !self.in_place(&bytes[start..end], at - start) {
                return at + 1;
            }
            found.set_bit(row, true);
            end
        };
        match &self.way {
            Way::Exact(finder) | Way::Folded(finder) => {
                let mut from = first;
                while let Some(at) = bytes.get(from..last).and_then(|rest| finder.find(rest)) {
                    from = hit(from + at);
                }
            }
            Way::Ascii(_) => {
                let anchor = self.anchor_for(&bytes[first..last]);
                let low = self.text.get(anchor).copied().unwrap_or_default();
                let len = self.text.len();
                // Where the next needle may start, and where its anchor is looked for from.
                let (mut from, mut anchored) = (first, first);
                let next = |from: usize| {
                    let rest = bytes.get(from..last)?;
                    let at = if low.is_ascii_alphabetic() {
                        memchr::memchr2(low, low.to_ascii_uppercase(), rest)
                    } else {
                        memchr::memchr(low, rest)
                    };
                    at.map(|at| from + at)
                };
                while let Some(found_at) = next(anchored) {
                    anchored = found_at + 1;
                    if let Some(at) = found_at.checked_sub(anchor)
                        && at >= from
                        && at + len <= last
                        && bytes[at..at + len].eq_ignore_ascii_case(&self.text)
                    {
                        // A row that has the needle need not be searched on.
                        from = hit(at);
                        anchored = anchored.max(from + anchor);
                    }
                }
            }
        }
        found.finish()
    }

    /// The place in the needle of the byte that is rarest in a sample of the searched texts.
    fn anchor_for(&self, bytes: &[u8]) -> usize {
        let mut counts = [0_u32; 256];
        // A few pieces from all over: the start alone may be all alike.
        let step = (bytes.len() / 16).max(1);
        for piece in bytes.chunks(step) {
            for byte in piece.iter().take(512) {
                counts[usize::from(byte.to_ascii_lowercase())] += 1;
            }
        }
        rarest(&self.text, |byte| counts[usize::from(byte)] as usize)
    }
}

/// Bytes from rare to frequent, for texts that are not known; others count as rarer still.
const ASSUMED: &[u8] = b"zqjxkvbywgpf9876543_-.102\\/mhudclnrtsoiae ";

/// The place of the byte with the least weight.
fn rarest(text: &[u8], weight: impl Fn(u8) -> usize) -> usize {
    (0..text.len()).min_by_key(|at| weight(text[*at])).unwrap_or(0)
}

/// The row that a byte belongs to, at or after a known row.
pub(super) fn row_of(offsets: &[u64], from: usize, at: usize) -> usize {
    let at = at as u64;
    let mut step = 1;
    let mut low = from;
    // Doubling steps, then halving: hits are few and far between, or many and near.
    while let Some(start) = offsets.get(low + step)
        && *start <= at
    {
        low += step;
        step *= 2;
    }
    let high = (low + step).min(offsets.len());
    low + offsets[low..high].partition_point(|start| *start <= at) - 1
}

/// A place in a text where a term may start or end: no letter or digit on at least one side.
pub(super) fn is_boundary(hay: &[u8], at: usize) -> bool {
    !(ends_in_term(&hay[..at]) && starts_in_term(&hay[at..]))
}

fn ends_in_term(text: &[u8]) -> bool {
    match text.last() {
        None => false,
        Some(byte) if byte.is_ascii() => byte.is_ascii_alphanumeric(),
        Some(_) => {
            let start = text.iter().rposition(|byte| byte & 0xc0 != 0x80).unwrap_or(0);
            first_is_alphanumeric(&text[start..])
        }
    }
}

fn starts_in_term(text: &[u8]) -> bool {
    match text.first() {
        None => false,
        Some(byte) if byte.is_ascii() => byte.is_ascii_alphanumeric(),
        Some(_) => {
            let end = text.iter().skip(1).position(|byte| byte & 0xc0 != 0x80);
            first_is_alphanumeric(&text[..end.map_or(text.len(), |end| end + 1)])
        }
    }
}

fn first_is_alphanumeric(text: &[u8]) -> bool {
    std::str::from_utf8(text).ok().and_then(|text| text.chars().next()).is_some_and(char::is_alphanumeric)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::fold::fold_char;
    use super::*;

    /// What a needle means, character by character.
    fn model(hay: &str, needle: &str, place: NeedlePlace, case: Case) -> bool {
        let chars = |text: &str| -> Vec<char> {
            text.chars().map(|c| if case == Case::Ignored { fold_char(c) } else { c }).collect()
        };
        let (hay, needle) = (chars(hay), chars(needle));
        if hay.len() < needle.len() {
            return false;
        }
        let boundary = |at: usize| {
            at == 0 || at == hay.len() || !(hay[at - 1].is_alphanumeric() && hay[at].is_alphanumeric())
        };
        (0..=hay.len() - needle.len()).any(|at| {
            let end = at + needle.len();
            hay[at..end] == needle[..]
                && (needle.is_empty() && !matches!(place, NeedlePlace::Whole)
                    || match place {
                        NeedlePlace::Whole => at == 0 && end == hay.len(),
                        NeedlePlace::Anywhere => true,
                        NeedlePlace::Start => at == 0,
                        NeedlePlace::End => end == hay.len(),
                        NeedlePlace::Term => boundary(at) && boundary(end),
                        NeedlePlace::TermStart => boundary(at),
                        NeedlePlace::TermEnd => boundary(end),
                    })
        })
    }

    const PLACES: [NeedlePlace; 7] = [
        NeedlePlace::Whole,
        NeedlePlace::Anywhere,
        NeedlePlace::Start,
        NeedlePlace::End,
        NeedlePlace::Term,
        NeedlePlace::TermStart,
        NeedlePlace::TermEnd,
    ];

    proptest! {
        #[test]
        fn every_way_agrees_with_the_model(
            rows in prop::collection::vec("[aAbBéÉß1_ .]{0,8}", 0..20),
            needle in "[aAbBéÉß1_ .]{0,4}",
        ) {
            let plain: StringColumn = rows.iter().map(String::as_str).collect();
            let dictionary = plain.encode(100).unwrap();
            for place in PLACES {
                for case in [Case::Sensitive, Case::Ignored] {
                    let it = Needle::new(&needle, place, case);
                    let (by_row, by_code) = (it.search(&plain), it.search(&dictionary));
                    let cut = rows.len() / 2;
                    let sliced = it.search(&plain.slice(cut, rows.len() - cut));
                    for (row, text) in rows.iter().enumerate() {
                        let expected = model(text, &needle, place, case);
                        prop_assert_eq!(by_row.value(row), expected, "{:?} {:?} {} in {}", place, case, needle, text);
                        prop_assert_eq!(by_code.value(row), expected);
                        prop_assert_eq!(it.matches(text.as_bytes(), &mut Vec::new()), expected);
                        if row >= cut {
                            prop_assert_eq!(sliced.value(row - cut), expected);
                        }
                    }
                }
            }
        }

        #[test]
        fn rows_are_found_from_any_row(lens in prop::collection::vec(0_u64..4, 1..40)) {
            let mut offsets = vec![3_u64];
            lens.iter().for_each(|len| offsets.push(offsets[offsets.len() - 1] + len));
            for at in 3..offsets[offsets.len() - 1] {
                let row = row_of(&offsets, 0, at as usize);
                prop_assert!(offsets[row] <= at && at < offsets[row + 1]);
                prop_assert_eq!(row_of(&offsets, row, at as usize), row);
            }
        }
    }
}
