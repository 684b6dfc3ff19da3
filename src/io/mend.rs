//! What is wrong with rows of JSON and read nevertheless: a name twice, half a character, NaN. It is counted, and the text is made
//! right. It must not know how rows become columns.

use std::fmt;

/// Something that is wrong with rows of JSON and that costs no row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Mend {
    /// A name stands twice in a row: the last value is taken.
    NameTwice,
    /// An escape is one half of a pair, as in texts that were cut: it is U+FFFD.
    HalfPair,
    /// `NaN`, `Infinity` or `-Infinity`, which JSON lacks: a real; null within arrays and objects.
    NoJsonNumber,
}

impl Mend {
    const ALL: [Self; 3] = [Self::NameTwice, Self::HalfPair, Self::NoJsonNumber];
}

/// Rows in which something was mended, how many there are and where the first one begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct MendedRows {
    /// What was wrong.
    pub what: Mend,
    /// How many rows.
    pub rows: usize,
    /// The line of the first, from 1.
    pub first_line: usize,
}

impl fmt::Display for MendedRows {
    /// One sentence.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (what, taken) = match self.what {
            Mend::NameTwice => ("a name twice", "the last value is taken"),
            Mend::HalfPair => ("half of a character, which was cut", "U+FFFD stands for it"),
            Mend::NoJsonNumber => {
                ("NaN or Infinity, which JSON lacks", "they are reals; null within arrays and objects")
            }
        };
        match self.rows {
            1 => write!(f, "line {}: the row has {what}: {taken}", self.first_line),
            rows => write!(f, "{rows} rows have {what}, the first in line {}: {taken}", self.first_line),
        }
    }
}

/// Counts what was mended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Mends([(usize, usize); Mend::ALL.len()]);

impl Mends {
    /// Counts a row, which begins in a line.
    pub(super) const fn add(&mut self, what: Mend, line: usize) {
        let (rows, first) = &mut self.0[what as usize];
        if *rows == 0 {
            *first = line;
        }
        *rows += 1;
    }

    /// Counts rows that stand behind these, so many lines further down.
    pub(super) fn append(&mut self, more: Self, lines: usize) {
        for ((rows, first), (more, line)) in self.0.iter_mut().zip(more.0) {
            if *rows == 0 {
                *first = line + lines;
            }
            *rows += more;
        }
    }

    /// What there is.
    pub(super) fn rows(self) -> impl Iterator<Item = MendedRows> {
        let counted = Mend::ALL.into_iter().zip(self.0);
        counted.filter(|(_, (rows, _))| *rows > 0).map(|(what, (rows, first_line))| MendedRows {
            what,
            rows,
            first_line,
        })
    }
}

/// What stands for numbers that JSON lacks in text that was made right, and these.
pub(super) const NO_JSON_NUMBERS: [(&str, &str, f64); 3] = [
    ("-Infinity", "\u{1}-Infinity", f64::NEG_INFINITY),
    ("Infinity", "\u{1}Infinity", f64::INFINITY),
    ("NaN", "\u{1}NaN", f64::NAN),
];

/// Makes the text of an object right. `None` if there is nothing to mend.
pub(super) fn mended(text: &str) -> Option<(String, Vec<Mend>)> {
    let mut out = String::with_capacity(text.len() + 16);
    let (mut found, mut depth, mut rest) = (Vec::new(), 0_usize, text);
    let mut quoted = false;
    while let Some(first) = rest.chars().next() {
        let taken = match first {
            '\\' if quoted => {
                let (written, taken, half) = escape(rest);
                out.push_str(written);
                if half && !found.contains(&Mend::HalfPair) {
                    found.push(Mend::HalfPair);
                }
                rest = rest.get(taken..).unwrap_or_default();
                continue;
            }
            '"' => {
                quoted = !quoted;
                1
            }
            _ if quoted => rest.find(['"', '\\']).unwrap_or(rest.len()),
            '{' | '[' => {
                depth += 1;
                1
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                1
            }
            'N' | 'I' | '-' => match NO_JSON_NUMBERS.iter().find(|(name, ..)| rest.starts_with(name)) {
                Some((name, marked, _)) => {
                    // Only a cell of a row has a type that holds such a number.
                    if depth == 1 {
                        out.push_str("\"\\u0001");
                        out.push_str(marked.trim_start_matches('\u{1}'));
                        out.push('"');
                    } else {
                        out.push_str("null");
                    }
                    if !found.contains(&Mend::NoJsonNumber) {
                        found.push(Mend::NoJsonNumber);
                    }
                    rest = rest.get(name.len()..).unwrap_or_default();
                    continue;
                }
                None => 1,
            },
            other => other.len_utf8(),
        };
        let (piece, behind) = rest.split_at_checked(taken).unwrap_or((rest, ""));
        out.push_str(piece);
        rest = behind;
    }
    (!found.is_empty()).then_some((out, found))
}

/// An escape as it is to be written, how many bytes it took, and whether it was half of a pair.
fn escape(text: &str) -> (&str, usize, bool) {
    let unit = |from: usize| {
        let escape = text.get(from..from + 6)?.strip_prefix("\\u")?;
        u32::from_str_radix(escape, 16).ok()
    };
    let whole = match (unit(0), unit(6)) {
        (Some(0xd800..=0xdbff), Some(0xdc00..=0xdfff)) => 12,
        (Some(0xd800..=0xdfff), _) => return ("\\ufffd", 6, true),
        _ => text.chars().take(2).map(char::len_utf8).sum(),
    };
    (text.get(..whole).unwrap_or(text), whole, false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_made_right() {
        let check = |text: &str, expected: &str| {
            assert_eq!(mended(text).map(|(text, _)| text).as_deref(), Some(expected), "{text}");
        };
        check(r#"{"a":"cut \ud83d"}"#, r#"{"a":"cut \ufffd"}"#);
        check(r#"{"a":"\ude00\ud83d\ude00\\ud83d"}"#, r#"{"a":"\ufffd\ud83d\ude00\\ud83d"}"#);
        check(r#"{"a": NaN,"b":[-Infinity]}"#, r#"{"a": "\u0001NaN","b":[null]}"#);
        check(r#"{"Na\"N":Infinity}"#, r#"{"Na\"N":"\u0001Infinity"}"#);
        for right in [r#"{"a":"NaN","b":-1}"#, "", "{\"é\":\"\\\""] {
            assert_eq!(mended(right), None, "{right}");
        }
    }

    #[test]
    fn rows_are_counted() {
        let (mut all, mut more) = (Mends::default(), Mends::default());
        more.add(Mend::NameTwice, 2);
        all.append(more, 10);
        more.add(Mend::NameTwice, 3);
        more.add(Mend::HalfPair, 4);
        all.append(more, 20);
        let told: Vec<String> = all.rows().map(|it| it.to_string()).collect();
        assert_eq!(
            told,
            [
                "3 rows have a name twice, the first in line 12: the last value is taken",
                "line 24: the row has half of a character, which was cut: U+FFFD stands for it"
            ]
        );
    }
}
