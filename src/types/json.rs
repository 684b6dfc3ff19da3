//! Walks over JSON text without building values: is it JSON, where is a member, what is a scalar. Only [`is_json`] may
//! be asked about any text; the others take what it accepts.

use std::ops::Range;

use super::dynamic::ValidJson;
use super::json_string::plain_prefix;
use super::{Dynamic, ScalarType, Value};

/// Deeper text is left to the real parser, which has a limit of its own.
const MAX_DEPTH: usize = 64;

/// The most digits that are a number for certain; the parser refuses what no real can hold.
const MAX_DIGITS: usize = 300;

/// The text is JSON: exactly where [`Dynamic::from_json`] gives a value.
#[must_use]
pub fn is_json(text: &[u8]) -> bool {
    is_plain_json(text, &mut |_| {}) || is_json_for_the_parser(text)
}

/// The text is JSON for certain; `found` is shown the members of an object, see [`Members`].
#[inline]
fn is_plain_json(text: &[u8], found: &mut impl FnMut([u32; 4])) -> bool {
    let mut walk = JsonWalker { text, at: 0 };
    walk.blanks();
    let value = if walk.peek() == Some(b'{') && u32::try_from(text.len()).is_ok() {
        walk.object(0, found)
    } else {
        walk.value(0)
    };
    walk.blanks();
    value.is_some() && walk.at == text.len()
}

/// What is not plain is rare, so the parser may take its time.
#[cold]
fn is_json_for_the_parser(text: &[u8]) -> bool {
    std::str::from_utf8(text).is_ok_and(|text| serde_json::from_str::<ValidJson>(text).is_ok())
}

/// Where the members of many objects stand, so that each text is walked over once for all keys that are asked for.
#[derive(Debug, Clone, Default)]
pub struct Members {
    /// Where the members of each text end in `places`.
    ends: Vec<u32>,
    /// Key without quotes, from and to, and value, from and to.
    places: Vec<[u32; 4]>,
}

impl Members {
    /// Notes the members of a text that [`is_json`]; one that is no object has none.
    pub fn push(&mut self, text: &[u8]) {
        let mut walk = JsonWalker { text, at: 0 };
        walk.blanks();
        if u32::try_from(text.len()).is_ok() && walk.take(b'{') {
            while let Some((key, value)) = walk.member() {
                let (key, value) =
                    ([key.start as u32, key.end as u32], [value.start as u32, value.end as u32]);
                self.places.push([key[0], key[1], value[0], value[1]]);
            }
        }
        self.ends.push(self.places.len() as u32);
    }

    /// As [`Self::push`] for any text: whether it [`is_json`]. Then its members are noted in the same walk.
    pub fn push_if_json(&mut self, text: &[u8]) -> bool {
        let before = self.places.len();
        let places = &mut self.places;
        if is_plain_json(text, &mut |place| places.push(place)) {
            self.ends.push(self.places.len() as u32);
            return true;
        }
        self.places.truncate(before);
        let json = is_json_for_the_parser(text);
        if json {
            self.push(text);
        }
        json
    }

    /// Notes a text without members.
    pub fn push_nothing(&mut self) {
        self.ends.push(self.places.len() as u32);
    }

    /// The member of text number `at`, which must be the text that was pushed; the last one where a key stands twice.
    #[must_use]
    pub fn find<'t>(&self, at: usize, text: &'t [u8], key: &[u8]) -> Option<&'t [u8]> {
        let start = at.checked_sub(1).map_or(Some(0), |before| self.ends.get(before).copied())? as usize;
        let places = self.places.get(start..*self.ends.get(at)? as usize)?;
        let found = places.iter().rev().find(|[from, to, ..]| {
            let name = text.get(*from as usize..*to as usize).unwrap_or_default();
            name == key
                || (name.contains(&b'\\') && unescaped(name).is_some_and(|name| name.as_bytes() == key))
        })?;
        text.get(found[2] as usize..found[3] as usize)
    }

    /// About how many bytes it holds.
    #[must_use]
    pub fn byte_size(&self) -> usize {
        self.ends.capacity() * 4 + self.places.capacity() * 16
    }
}

/// The items of an array, as texts; `None` where it is no array.
#[must_use]
pub fn items(text: &[u8]) -> Option<JsonItems<'_>> {
    let mut walk = JsonWalker { text, at: 0 };
    walk.blanks();
    walk.take(b'[').then_some(JsonItems { walk })
}

/// See [`items`].
#[derive(Debug, Clone)]
pub struct JsonItems<'t> {
    walk: JsonWalker<'t>,
}

/// An item of an array.
#[derive(Debug, Clone, Copy)]
pub enum Item<'t> {
    /// The content of a string without escapes.
    Plain(&'t [u8]),
    /// Any value, as text.
    Raw(&'t [u8]),
}

impl<'t> JsonItems<'t> {
    /// The next item; strings without escapes are told apart, since that is seen on the way.
    #[inline]
    pub fn next_item(&mut self) -> Option<Item<'t>> {
        let walk = &mut self.walk;
        walk.blanks();
        let start = walk.at;
        let item = match walk.peek()? {
            b']' => return None,
            b'"' => {
                walk.at += 1;
                let plain = walk.skip_string();
                let whole = walk.text.get(start..walk.at)?;
                match whole.get(1..whole.len() - 1) {
                    Some(content) if plain => Item::Plain(content),
                    _ => Item::Raw(whole),
                }
            }
            _ => {
                walk.skip_value();
                // What is no JSON might never end.
                Item::Raw(walk.text.get(start..walk.at).filter(|item| !item.is_empty())?)
            }
        };
        walk.blanks();
        walk.take(b',');
        Some(item)
    }
}

impl<'t> Iterator for JsonItems<'t> {
    type Item = &'t [u8];

    fn next(&mut self) -> Option<&'t [u8]> {
        let (text, mut start) = (self.walk.text, self.walk.at);
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = text.get(start) {
            start += 1;
        }
        match self.next_item()? {
            // With its quotes.
            Item::Plain(content) => text.get(start..start + content.len() + 2),
            Item::Raw(item) => Some(item),
        }
    }
}

/// The item of an array, counted from 0, negative from the end; `None` where there is none.
#[must_use]
pub fn item(text: &[u8], index: i64) -> Option<&[u8]> {
    let mut found = items(text)?;
    if index >= 0 {
        return found.nth(usize::try_from(index).ok()?);
    }
    let count = i64::try_from(found.clone().count()).ok()?;
    found.nth(usize::try_from(count.checked_add(index)?).ok()?)
}

/// The text is an object.
#[must_use]
pub fn is_object(text: &[u8]) -> bool {
    text.trim_ascii_start().first() == Some(&b'{')
}

/// The bytes between the quotes of a JSON string without escapes; `None` for all else.
#[must_use]
pub fn plain_string(text: &[u8]) -> Option<&[u8]> {
    let inner = text.strip_prefix(b"\"")?.strip_suffix(b"\"")?;
    (plain_prefix(inner) == inner.len()).then_some(inner)
}

fn plain(text: &[u8]) -> Option<&str> {
    std::str::from_utf8(text).ok()
}

#[cold]
fn unescaped(inner: &[u8]) -> Option<String> {
    serde_json::from_str(&format!("\"{}\"", plain(inner)?)).ok()
}

/// The text is null or empty, which stands for null.
#[must_use]
pub fn is_null(text: &[u8]) -> bool {
    matches!(text, b"" | b"null") || text.trim_ascii() == b"null"
}

/// The value read as another type, by the rules of [`Dynamic::to_value`].
#[must_use]
pub fn to_value(text: &[u8], data_type: ScalarType) -> Value {
    if data_type == ScalarType::Long
        && let Some(number) = integer(text)
    {
        return Value::Long(number);
    }
    match plain_string(text).and_then(plain) {
        Some(content) => Value::from_text(content, data_type),
        None => to_dynamic(text).to_value(data_type),
    }
}

/// About how many bytes it takes to read JSON texts as trees; lists grow by doubling.
#[must_use]
pub fn tree_bytes(texts: &[u8]) -> usize {
    let members = memchr::memchr2_iter(b',', b'{', texts).count();
    members.saturating_mul(3 * size_of::<Dynamic>()).saturating_add(texts.len())
}

/// The value as a tree; null for the empty text.
#[must_use]
pub fn to_dynamic(text: &[u8]) -> Dynamic {
    plain(text).map_or(Dynamic::Null, Dynamic::parse)
}

/// A JSON integer that certainly fits.
fn integer(text: &[u8]) -> Option<i64> {
    let digits = text.strip_prefix(b"-").unwrap_or(text);
    if digits.is_empty() || digits.len() > 18 {
        return None;
    }
    let mut number = 0_i64;
    for byte in digits {
        if !byte.is_ascii_digit() {
            return None;
        }
        number = number * 10 + i64::from(byte - b'0');
    }
    Some(if digits.len() < text.len() { -number } else { number })
}

#[derive(Debug, Clone)]
struct JsonWalker<'t> {
    text: &'t [u8],
    at: usize,
}

impl JsonWalker<'_> {
    #[inline]
    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    #[inline]
    fn take(&mut self, wanted: u8) -> bool {
        let found = self.peek() == Some(wanted);
        self.at += usize::from(found);
        found
    }

    #[inline]
    fn blanks(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.at += 1;
        }
    }

    /// Past the next member of an object: where its key stands, without quotes, and its value.
    #[inline]
    fn member(&mut self) -> Option<(Range<usize>, Range<usize>)> {
        self.blanks();
        if !self.take(b'"') {
            return None;
        }
        let start = self.at;
        self.skip_string();
        let key = start..start.max(self.at - 1);
        self.blanks();
        self.take(b':');
        self.blanks();
        let start = self.at;
        self.skip_value();
        let value = start..self.at;
        self.blanks();
        self.take(b',');
        Some((key, value))
    }

    /// Past a value of valid JSON.
    fn skip_value(&mut self) {
        match self.peek() {
            Some(b'"') => {
                self.at += 1;
                self.skip_string();
            }
            Some(b'{' | b'[') => {
                let mut depth = 0_usize;
                while let Some(byte) = self.peek() {
                    self.at += 1;
                    match byte {
                        b'"' => {
                            self.skip_string();
                        }
                        b'{' | b'[' => depth += 1,
                        b'}' | b']' => {
                            depth -= 1;
                            if depth == 0 {
                                return;
                            }
                        }
                        _ => {}
                    }
                }
            }
            _ => {
                while let Some(byte) = self.peek() {
                    if matches!(byte, b',' | b']' | b'}' | b' ' | b'\t' | b'\n' | b'\r') {
                        return;
                    }
                    self.at += 1;
                }
            }
        }
    }

    /// From behind the first quote to behind the last; whether there are no escapes.
    #[inline]
    fn skip_string(&mut self) -> bool {
        let mut plain = true;
        loop {
            self.at += plain_prefix(self.text.get(self.at..).unwrap_or_default());
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return plain;
                }
                // The byte after a backslash belongs to it.
                Some(b'\\') => {
                    plain = false;
                    self.at = self.text.len().min(self.at + 2);
                }
                Some(_) => self.at += 1,
                // Not closed: no JSON.
                None => return false,
            }
        }
    }

    /// Past a value that is valid JSON for certain; `None` where the parser must be asked.
    fn value(&mut self, depth: usize) -> Option<()> {
        self.blanks();
        match self.peek()? {
            b'"' => {
                self.at += 1;
                self.checked_string()
            }
            b'{' if depth < MAX_DEPTH => self.object(depth, &mut |_| {}),
            b'[' if depth < MAX_DEPTH => {
                self.at += 1;
                self.blanks();
                if self.take(b']') {
                    return Some(());
                }
                loop {
                    self.value(depth + 1)?;
                    self.blanks();
                    if self.take(b']') {
                        return Some(());
                    }
                    self.take(b',').then_some(())?;
                }
            }
            b't' => self.literal(b"true"),
            b'f' => self.literal(b"false"),
            b'n' => self.literal(b"null"),
            b'-' | b'0'..=b'9' => self.number(),
            _ => None,
        }
    }

    /// Past an object, as [`Self::value`]; `found` is shown its members.
    fn object(&mut self, depth: usize, found: &mut impl FnMut([u32; 4])) -> Option<()> {
        self.at += 1;
        self.blanks();
        if self.take(b'}') {
            return Some(());
        }
        loop {
            self.blanks();
            self.take(b'"').then_some(())?;
            let key = self.at;
            self.checked_string()?;
            let key_end = self.at - 1;
            self.blanks();
            self.take(b':').then_some(())?;
            self.blanks();
            let value = self.at;
            self.value(depth + 1)?;
            found([key as u32, key_end as u32, value as u32, self.at as u32]);
            self.blanks();
            if self.take(b'}') {
                return Some(());
            }
            self.take(b',').then_some(())?;
        }
    }

    fn literal(&mut self, word: &[u8]) -> Option<()> {
        self.text.get(self.at..)?.starts_with(word).then_some(())?;
        self.at += word.len();
        Some(())
    }

    /// A string with the short escapes at the most.
    #[inline]
    fn checked_string(&mut self) -> Option<()> {
        loop {
            self.at += plain_prefix(self.text.get(self.at..)?);
            let byte = self.peek()?;
            self.at += 1;
            match byte {
                b'"' => return Some(()),
                b'\\' => {
                    matches!(self.peek()?, b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't')
                        .then_some(())?;
                    self.at += 1;
                }
                _ => return None,
            }
        }
    }

    /// A number without exponent.
    fn number(&mut self) -> Option<()> {
        self.take(b'-');
        let start = self.at;
        let leading_zero = self.peek() == Some(b'0');
        let digits = self.digits()?;
        if (leading_zero && digits > 1) || digits > MAX_DIGITS {
            return None;
        }
        if self.take(b'.') {
            self.digits()?;
        }
        (self.at - start <= MAX_DIGITS && !matches!(self.peek(), Some(b'e' | b'E'))).then_some(())
    }

    fn digits(&mut self) -> Option<usize> {
        let start = self.at;
        while let Some(b'0'..=b'9') = self.peek() {
            self.at += 1;
        }
        (self.at > start).then_some(self.at - start)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn member<'t>(text: &'t [u8], key: &[u8]) -> Option<&'t [u8]> {
        let mut members = Members::default();
        // What comes before must not be taken for it.
        members.push(br#"{"a":7,"b":[]}"#);
        members.push(text);
        members.find(1, text, key)
    }

    fn soup() -> impl Strategy<Value = String> {
        let piece = prop_oneof![
            Just("{"),
            Just("}"),
            Just("["),
            Just("]"),
            Just(","),
            Just(":"),
            Just("\"a\""),
            Just("\"\""),
            Just("\"é\\n\""),
            Just("\"\\u00e9\""),
            Just("\"\\ud800\""),
            Just("\"x"),
            Just("\\"),
            Just("1"),
            Just("0"),
            Just("01"),
            Just("-"),
            Just("1.5"),
            Just("1e400"),
            Just("2E1"),
            Just("."),
            Just("true"),
            Just("null"),
            Just("nul"),
            Just(" "),
            Just("\n"),
            Just("\u{1}"),
            Just("\"a\":1"),
            Just("\"a\":[1,{\"b\":2}]"),
        ];
        prop::collection::vec(piece, 0..9).prop_map(|pieces| pieces.concat())
    }

    fn tree() -> impl Strategy<Value = serde_json::Value> {
        let leaf = prop_oneof![
            Just(serde_json::Value::Null),
            any::<bool>().prop_map(Into::into),
            any::<i64>().prop_map(Into::into),
            any::<f64>().prop_map(Into::into),
            "[a-c\"\\\\\né]{0,4}".prop_map(Into::into),
        ];
        leaf.prop_recursive(3, 20, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Into::into),
                prop::collection::vec(("[ab\"]{0,2}", inner), 0..4)
                    .prop_map(|members| serde_json::Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn prefixes(text in "[ -~\u{0}\u{1f}é\"\\\\]{0,40}") {
            let plain = |byte: &u8| !matches!(byte, b'"' | b'\\' | 0..=0x1f);
            let expected = text.bytes().take_while(plain).count();
            prop_assert_eq!(plain_prefix(text.as_bytes()), expected);
        }

        #[test]
        fn the_parser_accepts_the_same(text in soup()) {
            prop_assert_eq!(is_json(text.as_bytes()), Dynamic::from_json(&text).is_some(), "{}", text);
        }

        #[test]
        fn walking_finds_what_the_tree_has(value in tree(), key in "[ab\"]{0,2}", index in -3_i64..4, pretty: bool) {
            let text = if pretty { serde_json::to_string_pretty(&value) } else { serde_json::to_string(&value) }.unwrap();
            let tree = Dynamic::from_json(&text).unwrap();
            let text = text.as_bytes();
            let found = |text: Option<&[u8]>| text.map_or(Dynamic::Null, to_dynamic);
            prop_assert_eq!(found(member(text, key.as_bytes())), tree.member(&key));
            prop_assert_eq!(found(item(text, index)), tree.item(index));
            prop_assert_eq!(items(text).map(|items| items.map(to_dynamic).collect()), tree.as_array().map(<[_]>::to_vec));
            prop_assert_eq!(is_null(text), tree.is_null());
            let mut members = Members::default();
            let both = members.push_if_json(b"{}") && members.push_if_json(text);
            prop_assert!(both);
            prop_assert_eq!(found(members.find(1, text, key.as_bytes())), tree.member(&key));
            for data_type in [ScalarType::String, ScalarType::Long, ScalarType::Real, ScalarType::Bool, ScalarType::DateTime] {
                prop_assert_eq!(to_value(text, data_type), tree.to_value(data_type), "{}", data_type);
            }
        }
    }

    #[test]
    fn the_last_of_equal_keys_counts() {
        assert_eq!(member(br#"{"a":1,"a":2}"#, b"a"), Some(&b"2"[..]));
        assert_eq!(member(br#"{"\u0061":1}"#, b"a"), Some(&b"1"[..]));
    }
}
