//! Reads a row of JSON: an object, straight from the bytes or, where anything is odd, by the parser. Rows mostly look like
//! the one before: the bytes between two values are compared with those that stood there last.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error as _, MapAccess, Visitor};

use super::DataError;
use super::cell::RawCell;
use super::lex;
use super::mend::{self, Mend, NO_JSON_NUMBERS};
use super::rows::{ColumnNames, Row, RowVisitor};
use crate::column::same_bytes;

/// Reads objects; remembers what the last ones looked like.
pub(super) struct Objects {
    names: ColumnNames,
    /// What came after the value of each name last; first what came at the beginning.
    follow: Vec<Follow>,
    /// The row in which each name stood last, to find those that stand twice.
    last: Vec<usize>,
    count: usize,
    /// A line break ends the row.
    lines: bool,
    /// Every row is left to the parser.
    parsed: bool,
}

/// The bytes between two values, and the name in them.
#[derive(Clone, Default)]
struct Follow {
    bytes: Vec<u8>,
    id: Option<usize>,
}

impl Objects {
    pub(super) fn new(lines: bool, parsed: bool) -> Self {
        Self {
            names: ColumnNames::new(),
            follow: vec![Follow::default()],
            last: Vec::new(),
            count: 0,
            lines,
            parsed,
        }
    }

    /// Passes on the cells of the object that begins at a place, and gives the place after it; `None` if it is odd.
    pub(super) fn cells<C: RowVisitor>(
        &mut self,
        bytes: &[u8],
        start: usize,
        cells: &mut C,
    ) -> Option<usize> {
        if self.parsed {
            return None;
        }
        self.count += 1;
        let (mut at, mut before) = (start, 0);
        loop {
            // Rows mostly have the same names in the same order, written the same way.
            let follow = self.follow.get(before)?;
            let next = bytes.get(at..at + follow.bytes.len()).unwrap_or_default();
            let id = if !next.is_empty() && same_bytes(next, &follow.bytes) {
                at += next.len();
                follow.id
            } else {
                let (id, next) = self.name(bytes, at, before == 0, cells)?;
                let follow = self.follow.get_mut(before)?;
                follow.bytes.clear();
                follow.bytes.extend_from_slice(bytes.get(at..next)?);
                follow.id = id;
                at = next;
                id
            };
            let Some(id) = id else { return Some(at) };
            let last = self.last.get_mut(id)?;
            if *last == self.count {
                return None;
            }
            *last = self.count;
            let (fits, next) = match lex::plain_text(bytes, at) {
                Some((text, next)) => (cells.text(id, text), next),
                None => {
                    let (raw, next) = lex::value(bytes, at)?;
                    (cells.cell(id, raw), next)
                }
            };
            if !fits {
                return None;
            }
            (at, before) = (next, id + 1);
        }
    }

    /// Reads up to the next value: its name, or none at the object's end; and the place after that.
    #[cold]
    fn name<C: RowVisitor>(
        &mut self,
        bytes: &[u8],
        at: usize,
        first: bool,
        cells: &mut C,
    ) -> Option<(Option<usize>, usize)> {
        let lines = self.lines;
        let blanks = |mut at: usize| {
            while bytes
                .get(at)
                .is_some_and(|byte| matches!(byte, b' ' | b'\t' | b'\r') || (*byte == b'\n' && !lines))
            {
                at += 1;
            }
            at
        };
        let mut at = blanks(at);
        match (bytes.get(at)?, first) {
            (b'{', true) => {
                at = blanks(at + 1);
                if bytes.get(at) == Some(&b'}') {
                    return Some((None, at + 1));
                }
            }
            (b',', false) => at = blanks(at + 1),
            (b'}', false) => return Some((None, at + 1)),
            _ => return None,
        }
        if bytes.get(at) != Some(&b'"') {
            return None;
        }
        let quoted = lex::quoted(bytes, at + 1).filter(|it| !it.escapes)?;
        let name = std::str::from_utf8(bytes.get(at + 1..quoted.end)?).ok()?;
        at = blanks(quoted.end + 1);
        if bytes.get(at) != Some(&b':') {
            return None;
        }
        let id = match self.names.get_index_of(name) {
            Some(id) => id,
            None => self.add(name.to_owned(), cells),
        };
        Some((Some(id), blanks(at + 1)))
    }

    fn add<C: RowVisitor>(&mut self, name: String, cells: &mut C) -> usize {
        cells.name(&name);
        self.last.push(0);
        self.follow.push(Follow::default());
        self.names.insert_full(name).0
    }

    /// Parses one object and passes it on as a whole; `before` is what stands in its line before it. Gives whether to go on.
    pub(super) fn row<C: RowVisitor>(
        &mut self,
        object: &str,
        line: usize,
        before: Before,
        cells: &mut C,
    ) -> bool {
        match self.parsed(object, line, &[], cells) {
            Ok(go_on) => go_on,
            Err(error) => match mend::mended(object) {
                Some((text, mends)) => match self.parsed(&text, line, &mends, cells) {
                    Ok(go_on) => go_on,
                    Err(error) => self.wrong(&text, line, before, &error, cells),
                },
                None => self.wrong(object, line, before, &error, cells),
            },
        }
    }

    /// Parses one object, and passes it on if it is right. Gives whether to go on.
    fn parsed<C: RowVisitor>(
        &mut self,
        object: &str,
        line: usize,
        mends: &[Mend],
        cells: &mut C,
    ) -> Result<bool, serde_json::Error> {
        self.count += 1;
        let (mut row, mut twice) = (Vec::new(), false);
        let mut deserializer = serde_json::Deserializer::from_str(object);
        ObjectSeed { objects: self, row: &mut row, twice: &mut twice, cells }
            .deserialize(&mut deserializer)
            .and_then(|()| deserializer.end())?;
        if mends.contains(&Mend::NoJsonNumber) {
            for (_, cell) in &mut row {
                let number = |text: &str| NO_JSON_NUMBERS.iter().find(|(_, marked, _)| *marked == text);
                if let RawCell::Text(text) = cell
                    && let Some((.., number)) = number(text)
                {
                    *cell = RawCell::Real(*number);
                }
            }
        }
        mends.iter().for_each(|what| cells.mended(*what, line));
        if twice {
            cells.mended(Mend::NameTwice, line);
        }
        Ok(cells.row(&self.names, Ok(Row { line, cells: &row })))
    }

    /// Passes on that an object is wrong. Gives whether to go on.
    fn wrong<C: RowVisitor>(
        &self,
        object: &str,
        line: usize,
        before: Before,
        error: &serde_json::Error,
        cells: &mut C,
    ) -> bool {
        let further = error.line().saturating_sub(1);
        let line = line + further;
        let place = format!(" at line {} column {}", error.line(), error.column());
        let message = error.to_string();
        let message = message.strip_suffix(&place).unwrap_or(&message);
        // The parser counts bytes.
        let text = object.lines().nth(further).unwrap_or_default();
        let ends = text.get(..error.column().saturating_sub(1)).unwrap_or(text);
        let first = if further == 0 { before.characters } else { 0 };
        let wrong = DataError::new(line, format!("no valid JSON object: {message}"));
        cells.row(&self.names, Err(wrong.behind(first + ends.chars().count())))
    }
}

/// What stands in a line before an object.
#[derive(Clone, Copy)]
pub(super) struct Before {
    pub characters: usize,
}

/// Reads an object into cells.
struct ObjectSeed<'b, 't, C> {
    objects: &'b mut Objects,
    row: &'b mut Vec<(usize, RawCell<'t>)>,
    /// A name stands twice.
    twice: &'b mut bool,
    cells: &'b mut C,
}

impl<'de, C: RowVisitor> DeserializeSeed<'de> for ObjectSeed<'_, 'de, C> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de, C: RowVisitor> Visitor<'de> for ObjectSeed<'_, 'de, C> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with the cells of a row")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let Self { objects, row, twice, cells } = self;
        while let Some(MemberName(key)) = members.next_key()? {
            let id = match objects.names.get_index_of(&*key) {
                Some(id) => id,
                None => objects.add(key.into_owned(), cells),
            };
            let last = objects.last.get_mut(id).ok_or_else(|| A::Error::custom("too many names"))?;
            let value = members.next_value()?;
            if *last == objects.count {
                *twice = true;
                if let Some((_, cell)) = row.iter_mut().find(|(known, _)| *known == id) {
                    *cell = value;
                }
                continue;
            }
            *last = objects.count;
            row.push((id, value));
        }
        Ok(())
    }
}

/// A member's name, borrowed where it has no escapes.
struct MemberName<'t>(Cow<'t, str>);

impl<'de> Deserialize<'de> for MemberName<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct MemberNameVisitor;
        impl<'de> Visitor<'de> for MemberNameVisitor {
            type Value = MemberName<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a name")
            }
            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<MemberName<'de>, E> {
                Ok(MemberName(Cow::Borrowed(text)))
            }
            fn visit_str<E>(self, text: &str) -> Result<MemberName<'de>, E> {
                Ok(MemberName(Cow::Owned(text.to_owned())))
            }
        }
        deserializer.deserialize_str(MemberNameVisitor)
    }
}
