//! Pairs of key and value in a text, as `parse-kv` reads them. It must not know columns, nor where the text comes from.
//!
//! Sources: the operator's page and recorded answers of the real engine. Of a key that stands twice the first value counts;
//! blanks around keys and values are passed over, also where a blank separates the pairs; a value may hold the text that
//! stands between key and value. What they leave open is taken down as an oddity of the text. Each way reads a text once.

use std::borrow::Cow;
use std::collections::HashMap;

use regex::Regex;

use crate::function::Result;
use crate::plan::{KeyValueRules, PairsBy};

/// What is odd about a text, as a noun, and what is done, as a sentence.
pub(super) type Oddity = (&'static str, &'static str);

const UNCLOSED: Oddity = ("a text with a quote that is not closed", "the quote stands for itself");
const BLANKS_IN_QUOTES: Oddity =
    ("a text with a quoted value that has blanks at its ends", "the blanks belong to the value");
const BEHIND_QUOTES: Oddity =
    ("a text in which something follows a quoted value directly", "it is passed over");
const QUOTE_WITHIN: Oddity = (
    "a text with a quote in the middle of a value, around what separates pairs",
    "the quote stands for itself",
);
const ESCAPED_LETTER: Oddity =
    ("a text with an escape of what is neither quote nor escape", "the character stands for itself");
const BLANK_VALUE: Oddity =
    ("a text with a key that blanks alone separate from the next pair", "what follows is its value");
const UNLISTED_KEY: Oddity = (
    "a text with a greedy value and a key behind it that is not asked for",
    "the value ends in front of the key",
);
const UNDERSCORE: Oddity = ("a text without delimiters that has an underscore", "it is no part of a word");
const ODD_WORDS: Oddity =
    ("a text without delimiters whose words do not pair up", "the word behind a key is its value");

/// Finds pairs by some rules.
pub(super) struct KeyValueReader<'a> {
    rules: &'a KeyValueRules,
    /// The expression, if pairs are found by one.
    regex: Option<Regex>,
    /// The place of each key that is asked for.
    keys: HashMap<&'a str, usize>,
}

/// The values of the keys that are asked for; nothing where a key does not stand in the text.
pub(super) type PairValues<'t> = Vec<Option<Cow<'t, str>>>;

impl<'a> KeyValueReader<'a> {
    pub(super) fn new(
        rules: &'a KeyValueRules,
        regex: Option<Regex>,
        keys: impl Iterator<Item = &'a str>,
    ) -> Self {
        Self { rules, regex, keys: keys.enumerate().map(|(place, key)| (key, place)).collect() }
    }

    /// Reads a text. `work` is told how many bytes were looked at, once in a while.
    pub(super) fn read<'t>(
        &self,
        text: &'t str,
        odd: &mut Vec<Oddity>,
        mut work: impl FnMut(usize) -> Result<()>,
    ) -> Result<PairValues<'t>> {
        let mut values = vec![None; self.keys.len()];
        let set = |values: &mut PairValues<'t>, key: &str, value: Cow<'t, str>| {
            if let Some(slot) = self.keys.get(key).and_then(|place| values.get_mut(*place)) {
                slot.get_or_insert(value);
            }
        };
        match &self.rules.pairs {
            PairsBy::Delimiters { pair, key, greedy } => {
                work(text.len())?;
                let mut scan = Delimited {
                    quotes: Quotes::new(self.rules, text),
                    pair: PlaceFinder::new(pair),
                    key: PlaceFinder::new(key),
                    keys: &self.keys,
                    odd,
                };
                let mut at = 0;
                while at < text.len() {
                    at = scan.behind_separators(at);
                    match scan.word(at) {
                        PairWord::Key { name, value_at } => {
                            let (value, end) = scan.value(value_at, *greedy);
                            set(&mut values, &name, value);
                            at = end;
                        }
                        PairWord::Other { end } => at = end,
                    }
                }
            }
            PairsBy::Words => {
                work(text.len())?;
                let mut quotes = Quotes::new(self.rules, text);
                let mut paired = vec![None; self.keys.len()];
                let (mut first, mut key): (Option<Cow<'t, str>>, Option<Cow<'t, str>>) = (None, None);
                let mut at = 0;
                while let Some((word, end)) = next_word(&mut quotes, at, odd) {
                    match first.take() {
                        Some(first) => set(&mut paired, &first, word.clone()),
                        None => first = Some(word.clone()),
                    }
                    match key.take() {
                        Some(key) => set(&mut values, &key, word),
                        None if self.keys.contains_key(&*word) => key = Some(word),
                        None => {}
                    }
                    at = end;
                }
                if paired != values {
                    odd.push(ODD_WORDS);
                }
            }
            PairsBy::Regex(_) => {
                let Some(regex) = &self.regex else { return Ok(values) };
                let mut at = 0;
                for found in regex.captures_iter(text) {
                    let end = found.get(0).map_or(at, |it| it.end());
                    work(end.saturating_sub(at) + 16)?;
                    at = end;
                    let group = |number: usize| found.get(number).map_or("", |it| it.as_str().trim());
                    set(&mut values, group(1), Cow::Borrowed(group(2)));
                }
                work(text.len() - at)?;
            }
        }
        Ok(values)
    }
}

/// The first place of a text at or behind another place; places are asked for in about their order.
struct PlaceFinder<'a> {
    needle: &'a str,
    /// Where it was looked for last, and what was found.
    last: Option<(usize, Option<usize>)>,
}

impl<'a> PlaceFinder<'a> {
    const fn new(needle: &'a str) -> Self {
        Self { needle, last: None }
    }

    fn next(&mut self, text: &str, from: usize) -> Option<usize> {
        match self.last {
            Some((asked, found)) if asked <= from && found.is_none_or(|found| found >= from) => found,
            _ => {
                let found = text.get(from..).and_then(|rest| rest.find(self.needle)).map(|at| from + at);
                self.last = Some((from, found));
                found
            }
        }
    }
}

/// Quoted texts.
struct Quotes<'r, 't> {
    text: &'t str,
    rules: &'r KeyValueRules,
    /// The kinds of quotes of which none is closed any more.
    unclosed: Vec<bool>,
    /// Where each kind is closed last.
    last: Vec<Option<usize>>,
}

impl<'r, 't> Quotes<'r, 't> {
    fn new(rules: &'r KeyValueRules, text: &'t str) -> Self {
        let last = rules.quotes.iter().map(|(_, close)| text.rfind(*close)).collect();
        Self { text, rules, unclosed: vec![false; rules.quotes.len()], last }
    }

    /// What stands between the quotes that begin at a place, and where they end.
    fn at(&mut self, at: usize, odd: &mut Vec<Oddity>) -> Option<(Cow<'t, str>, usize)> {
        let first = self.text.get(at..)?.chars().next()?;
        let kind = self.rules.quotes.iter().position(|(open, _)| *open == first)?;
        let (_, close) = *self.rules.quotes.get(kind)?;
        let start = at + first.len_utf8();
        let unclosed = self.unclosed.get_mut(kind)?;
        if *unclosed {
            return None;
        }
        let mut letters = self.text.get(start..)?.char_indices();
        let mut unescaped = String::new();
        let mut copied = start;
        while let Some((offset, letter)) = letters.next() {
            let here = start + offset;
            if self.rules.escapes.contains(&letter) {
                let Some((_, escaped)) = letters.next() else { break };
                let is_quote =
                    self.rules.quotes.iter().any(|(open, close)| escaped == *open || escaped == *close);
                if !is_quote && !self.rules.escapes.contains(&escaped) {
                    note(odd, ESCAPED_LETTER);
                }
                unescaped.push_str(self.text.get(copied..here)?);
                unescaped.push(escaped);
                copied = here + letter.len_utf8() + escaped.len_utf8();
            } else if letter == close {
                let rest = self.text.get(copied..here)?;
                let content = match copied == start {
                    true => Cow::Borrowed(rest),
                    false => Cow::Owned(unescaped + rest),
                };
                return Some((content, here + letter.len_utf8()));
            }
        }
        *unclosed = true;
        note(odd, UNCLOSED);
        None
    }

    /// Behind blanks.
    fn behind_blanks(&self, at: usize) -> usize {
        self.text.get(at..).map_or(at, |rest| self.text.len() - rest.trim_start().len())
    }

    /// A quote opens within the value, which is closed behind its end.
    fn opens_in(&self, value: &str, end: usize) -> bool {
        self.rules.quotes.iter().zip(&self.last).any(|((open, close), last)| {
            let is_open = match open == close {
                true => value.matches(*open).count() % 2 == 1,
                false => value.rfind(*open) > value.rfind(*close),
            };
            is_open && last.is_some_and(|last| last >= end)
        })
    }
}

fn note(odd: &mut Vec<Oddity>, oddity: Oddity) {
    if !odd.contains(&oddity) {
        odd.push(oddity);
    }
}

/// What stands where a pair may begin.
enum PairWord<'t> {
    Key {
        name: Cow<'t, str>,
        value_at: usize,
    },
    /// No key; the next pair may begin behind `end`.
    Other {
        end: usize,
    },
}

/// A text whose pairs are separated by given texts.
struct Delimited<'r, 't> {
    quotes: Quotes<'r, 't>,
    pair: PlaceFinder<'r>,
    key: PlaceFinder<'r>,
    /// The keys that are asked for.
    keys: &'r HashMap<&'r str, usize>,
    odd: &'r mut Vec<Oddity>,
}

impl<'t> Delimited<'_, 't> {
    /// Behind blanks and what separates pairs.
    fn behind_separators(&self, at: usize) -> usize {
        let mut at = at;
        while let Some(rest) = self.quotes.text.get(at..) {
            let blank = rest.chars().next().filter(|letter| letter.is_whitespace());
            at += match (rest.starts_with(self.pair.needle), blank) {
                (true, _) => self.pair.needle.len(),
                (false, Some(blank)) => blank.len_utf8(),
                (false, None) => break,
            };
        }
        at
    }

    /// Where a value begins: behind blanks, but not behind what separates pairs and is more than blanks.
    fn behind_blanks_of_value(&mut self, at: usize) -> usize {
        let start = self.quotes.behind_blanks(at);
        let next = self.next_pair(at);
        if next < start && !self.pair.needle.trim().is_empty() { next } else { start }
    }

    fn next_pair(&mut self, from: usize) -> usize {
        self.pair.next(self.quotes.text, from).unwrap_or(self.quotes.text.len())
    }

    fn word(&mut self, at: usize) -> PairWord<'t> {
        let text = self.quotes.text;
        if let Some((name, end)) = self.quotes.at(at, self.odd) {
            let after = self.quotes.behind_blanks(end);
            return match text.get(after..).is_some_and(|rest| rest.starts_with(self.key.needle)) {
                true => PairWord::Key { name, value_at: after + self.key.needle.len() },
                false => PairWord::Other { end: self.next_pair(end) },
            };
        }
        let Some(key) = self.key.next(text, at) else { return PairWord::Other { end: text.len() } };
        let pair = self.next_pair(at);
        // Blanks in front of what separates key and value separate no pairs.
        let end = if pair < key && self.quotes.behind_blanks(pair) == key { pair } else { key };
        if end == key && pair < key {
            return PairWord::Other { end: pair };
        }
        let name = text.get(at..end).unwrap_or_default().trim();
        PairWord::Key { name: Cow::Borrowed(name), value_at: key + self.key.needle.len() }
    }

    /// The value that begins at a place, and where it ends.
    fn value(&mut self, at: usize, greedy: bool) -> (Cow<'t, str>, usize) {
        let text = self.quotes.text;
        let start = self.behind_blanks_of_value(at);
        let crosses = text.get(at..start).is_some_and(|blanks| blanks.contains(self.pair.needle));
        if let Some((value, end)) = self.quotes.at(start, self.odd) {
            let next = self.next_pair(end);
            if !text.get(end..next).unwrap_or_default().trim().is_empty() {
                note(self.odd, BEHIND_QUOTES);
            }
            if value.trim() != value {
                note(self.odd, BLANKS_IN_QUOTES);
            }
            return (value, next);
        }
        let end = if greedy { self.greedy_end(start) } else { self.next_pair(start) };
        let value = text.get(start..end).unwrap_or_default().trim_end();
        if crosses && (self.pair.needle != " " || value.contains(self.key.needle)) {
            note(self.odd, BLANK_VALUE);
        }
        if !greedy && self.quotes.opens_in(value, end) {
            note(self.odd, QUOTE_WITHIN);
        }
        (Cow::Borrowed(value), end)
    }

    /// Where a value ends that goes on up to the next key.
    fn greedy_end(&mut self, start: usize) -> usize {
        let text = self.quotes.text;
        let mut from = start;
        loop {
            let end = self.next_pair(from);
            if end >= text.len() {
                return end;
            }
            let word = self.behind_separators(end);
            from = match self.word(word) {
                PairWord::Key { name, value_at } if name.is_empty() => value_at,
                PairWord::Key { name, .. } => {
                    if !self.keys.contains_key(&*name) {
                        note(self.odd, UNLISTED_KEY);
                    }
                    return end;
                }
                PairWord::Other { end } => end,
            };
        }
    }
}

/// The next word at or behind a place, quoted or not, and where it ends.
fn next_word<'t>(
    quotes: &mut Quotes<'_, 't>,
    mut at: usize,
    odd: &mut Vec<Oddity>,
) -> Option<(Cow<'t, str>, usize)> {
    let text = quotes.text;
    loop {
        let letter = text.get(at..)?.chars().next()?;
        if letter.is_alphanumeric() {
            break;
        }
        if let Some((word, end)) = quotes.at(at, odd) {
            if word.trim() != word {
                note(odd, BLANKS_IN_QUOTES);
            }
            return Some((word, end));
        }
        at += letter.len_utf8();
    }
    let rest = text.get(at..)?;
    let word = rest.split(|letter: char| !letter.is_alphanumeric()).next()?;
    let end = at + word.len();
    let touches = |side: Option<char>| side == Some('_');
    if touches(text.get(..at)?.chars().next_back()) || touches(text.get(end..)?.chars().next()) {
        note(odd, UNDERSCORE);
    }
    Some((Cow::Borrowed(word), end))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn rules(pair: &str, greedy: bool, quotes: &[(char, char)]) -> KeyValueRules {
        let pairs = PairsBy::Delimiters { pair: pair.to_owned(), key: "=".to_owned(), greedy };
        KeyValueRules { pairs, quotes: quotes.to_vec(), escapes: vec!['\\'] }
    }

    fn read(text: &str, rules: &KeyValueRules) -> Vec<Option<String>> {
        let reader = KeyValueReader::new(rules, None, ["a", "b"].into_iter());
        let found = reader.read(text, &mut Vec::new(), |_| Ok(())).unwrap();
        found.into_iter().map(|it| it.map(Cow::into_owned)).collect()
    }

    /// Cuts the text at commas, and each piece at its first '='.
    fn model(text: &str) -> Vec<Option<String>> {
        let pairs: Vec<(&str, &str)> = text.split(',').filter_map(|piece| piece.split_once('=')).collect();
        let value =
            |key: &str| pairs.iter().find(|(name, _)| name.trim() == key).map(|(_, value)| value.trim());
        ["a", "b"].map(|key| value(key).map(str::to_owned)).into()
    }

    proptest! {
        #[test]
        fn pairs_without_quotes_are_those_of_a_split(text in "[ab=, x]{0,24}") {
            prop_assert_eq!(read(&text, &rules(",", false, &[])), model(&text));
        }

        #[test]
        fn any_text_is_read(text in r#"[ab=, "()\\\n|é]{0,24}"#, greedy: bool, pair in "[ ,|]{1,2}") {
            read(&text, &rules(&pair, greedy, &[('"', '"'), ('(', ')')]));
            let words = KeyValueRules { pairs: PairsBy::Words, ..rules(",", false, &[('"', '"')]) };
            read(&text, &words);
        }
    }

    #[test]
    fn a_text_is_read_in_linear_time() {
        for piece in ["a ", "a=( ", "a= ", "\"a ", "=", "a=x( ", "(\\", ", ", "a  ="] {
            let text = piece.repeat(100_000);
            for greedy in [false, true] {
                for pair in [" ", ",", " | "] {
                    read(&text, &rules(pair, greedy, &[('(', ')'), ('"', '"')]));
                }
            }
        }
    }
}
