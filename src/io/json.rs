//! The rows of JSON text: an array of objects, objects one after the other, or one a line. It must not know types.

use std::borrow::Cow;
use std::fmt;

use memchr::memchr;
use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error as _, MapAccess, Visitor};

use super::DataError;
use super::cell::Cell;
use super::read::{Names, Row, Visit};

/// Rows as they are parsed; names and the buffer of cells live as long as the text.
struct Rows<'t> {
    names: Names<'t>,
    cells: Vec<(usize, Cell<'t>)>,
    /// The row in which each name stood last, to find those that stand twice.
    last: Vec<usize>,
    count: usize,
}

impl<'t> Rows<'t> {
    fn new() -> Self {
        Self { names: Names::new(), cells: Vec::new(), last: Vec::new(), count: 0 }
    }

    /// Parses one object and shows it.
    fn show(&mut self, object: &'t str, line: usize, offset: usize, visit: &mut Visit<'_>) -> bool {
        self.cells.clear();
        self.count += 1;
        let mut deserializer = serde_json::Deserializer::from_str(object);
        let parsed = ObjectSeed(self).deserialize(&mut deserializer).and_then(|()| deserializer.end());
        match parsed {
            Ok(()) => visit(&self.names, Ok(Row { line, offset, cells: &self.cells })),
            Err(error) => {
                let line = line + error.line().saturating_sub(1);
                let place = format!(" at line {} column {}", error.line(), error.column());
                let message = error.to_string();
                let message = message.strip_suffix(&place).unwrap_or(&message);
                visit(&self.names, Err(DataError::new(line, format!("no valid JSON object: {message}"))))
            }
        }
    }
}

/// Reads an object into the buffer of cells.
struct ObjectSeed<'b, 't>(&'b mut Rows<'t>);

impl<'de> DeserializeSeed<'de> for ObjectSeed<'_, 'de> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for ObjectSeed<'_, 'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with the cells of a row")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let rows = self.0;
        while let Some(Key(key)) = members.next_key()? {
            // Rows mostly have the same names in the same order.
            let guess = rows.cells.last().map_or(0, |(id, _)| id + 1);
            let id = match rows.names.get_index(guess) {
                Some(name) if *name == key => guess,
                _ => rows.names.insert_full(key).0,
            };
            if rows.last.len() <= id {
                rows.last.resize(id + 1, 0);
            }
            let last = rows.last.get_mut(id).ok_or_else(|| A::Error::custom("too many names"))?;
            if *last == rows.count {
                let name = rows.names.get_index(id).cloned().unwrap_or_default();
                return Err(A::Error::custom(format!("the name '{name}' stands twice")));
            }
            *last = rows.count;
            rows.cells.push((id, members.next_value()?));
        }
        Ok(())
    }
}

/// A member's name, borrowed where it has no escapes.
struct Key<'t>(Cow<'t, str>);

impl<'de> Deserialize<'de> for Key<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Key<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a name")
            }
            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Key<'de>, E> {
                Ok(Key(Cow::Borrowed(text)))
            }
            fn visit_str<E>(self, text: &str) -> Result<Key<'de>, E> {
                Ok(Key(Cow::Owned(text.to_owned())))
            }
        }
        deserializer.deserialize_str(Reader)
    }
}

/// Shows the objects of text with one a line; empty lines are passed over.
pub(super) fn lines(text: &str, visit: &mut Visit<'_>) -> Result<(), DataError> {
    let mut rows = Rows::new();
    let (mut offset, mut line) = (0, 0);
    while offset < text.len() {
        line += 1;
        let end = memchr(b'\n', &text.as_bytes()[offset..]).map_or(text.len(), |at| offset + at);
        let object = text[offset..end].trim();
        if !object.is_empty() && !rows.show(object, line, offset, visit) {
            break;
        }
        offset = end + 1;
    }
    Ok(())
}

/// Shows the objects of an array, or those that stand one after the other.
pub(super) fn rows(text: &str, visit: &mut Visit<'_>) -> Result<(), DataError> {
    let mut scan = Scan { text, at: 0, line: 1 };
    let mut rows = Rows::new();
    scan.blanks();
    let array = scan.skip(b'[');
    loop {
        scan.blanks();
        if array && scan.skip(b']') {
            scan.blanks();
            return if scan.at == text.len() { Ok(()) } else { Err(scan.error("more text after the array")) };
        }
        if array && rows.count > 0 {
            if !scan.skip(b',') {
                return Err(scan.error("expected ',' or ']' after an object"));
            }
            scan.blanks();
        }
        if scan.at == text.len() && !array {
            return Ok(());
        }
        let (start, line) = (scan.at, scan.line);
        let object = scan.object()?;
        if !rows.show(object, line, start, visit) {
            return Ok(());
        }
    }
}

/// Walks over JSON text.
struct Scan<'t> {
    text: &'t str,
    at: usize,
    line: usize,
}

impl<'t> Scan<'t> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn skip(&mut self, wanted: u8) -> bool {
        let found = self.peek() == Some(wanted);
        self.at += usize::from(found);
        found
    }

    fn blanks(&mut self) {
        while let Some(byte @ (b' ' | b'\t' | b'\n' | b'\r')) = self.peek() {
            self.line += usize::from(byte == b'\n');
            self.at += 1;
        }
    }

    fn error(&self, message: &str) -> DataError {
        DataError::new(self.line, message)
    }

    /// The text of an object: from its brace to the one that closes it.
    fn object(&mut self) -> Result<&'t str, DataError> {
        let (start, line) = (self.at, self.line);
        if self.peek() != Some(b'{') {
            return Err(self.error("expected an object with the cells of a row"));
        }
        let bytes = self.text.as_bytes();
        let (mut depth, mut quoted) = (0_usize, false);
        while let Some(byte) = self.peek() {
            self.at += 1;
            match byte {
                b'\n' => self.line += 1,
                b'"' => quoted = !quoted,
                b'\\' if quoted => self.at += 1,
                b'{' if !quoted => depth += 1,
                b'}' if !quoted => {
                    depth -= 1;
                    if depth == 0 {
                        return Ok(self.text.get(start..self.at).unwrap_or_default());
                    }
                }
                _ if quoted => {
                    // Straight to the next byte that can end the string.
                    let rest = bytes.get(self.at..).unwrap_or_default();
                    self.at += rest
                        .iter()
                        .position(|byte| matches!(byte, b'"' | b'\\' | b'\n'))
                        .unwrap_or(rest.len());
                }
                _ => {}
            }
        }
        Err(DataError::new(line, "the object that begins here is not closed"))
    }
}
