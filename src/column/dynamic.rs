//! Dynamic values: JSON text that is read where a value is asked for, or trees.

use std::sync::{Arc, OnceLock};

use super::{StringBuilder, StringColumn};
use crate::types::json::{self, Members};
use crate::types::{Dynamic, ScalarType, plain_prefix, write_json_string};

/// Dynamic values; nulls are [`Dynamic::Null`].
///
/// Most come as JSON text and are asked for a member or two, so the text is kept and read no further than needed:
/// it takes a fraction of a tree's memory, and a member is found by walking over the text.
#[derive(Debug, Clone)]
pub struct DynamicColumn(DynamicForm);

#[derive(Debug, Clone)]
enum DynamicForm {
    Trees {
        values: Arc<Vec<Dynamic>>,
        offset: usize,
        len: usize,
    },
    /// JSON, or nothing for null; the trees and the places of members once somebody has wanted them.
    Texts {
        texts: StringColumn,
        values: Arc<OnceLock<Vec<Dynamic>>>,
        members: Arc<OnceLock<Members>>,
    },
}

impl DynamicColumn {
    /// A column of these values.
    #[must_use]
    pub fn new(values: Vec<Dynamic>) -> Self {
        let len = values.len();
        Self(DynamicForm::Trees { values: Arc::new(values), offset: 0, len })
    }

    /// A column of JSON texts, each of them valid; the empty text is null.
    #[must_use]
    pub(crate) fn from_json(texts: StringColumn) -> Self {
        Self(DynamicForm::Texts { texts, values: Arc::default(), members: Arc::default() })
    }

    /// What `parse_json` makes of texts, by the rules of [`Dynamic::parse`].
    #[must_use]
    pub fn parse(texts: &StringColumn) -> Self {
        let (offsets, bytes) = texts.texts();
        let mut members = Members::default();
        let mut valid = |ends: &[u64]| {
            let text = bytes.get(ends[0] as usize..ends[1] as usize).unwrap_or_default();
            if text.is_empty() {
                members.push_nothing();
                return true;
            }
            members.push_if_json(text) && !json::is_null(text)
        };
        if offsets.windows(2).all(&mut valid) {
            // The texts are the values.
            let members = Arc::new(OnceLock::from(members));
            return Self(DynamicForm::Texts { texts: texts.clone(), values: Arc::default(), members });
        }
        Self::from_json(texts.map_bytes(|text, out| {
            if json::is_json(text) {
                out.push_piece(some(Some(text)));
            } else if !text.is_empty() {
                // What is no JSON is a text.
                out.push_json_string(text);
            }
        }))
    }

    /// The values as JSON texts, the empty one for null, if they are held as such.
    #[must_use]
    pub const fn json(&self) -> Option<&StringColumn> {
        if let DynamicForm::Texts { texts, .. } = &self.0 { Some(texts) } else { None }
    }

    /// The values. JSON is read for all rows at once, so ask for [`Self::json`] first where that is enough.
    #[must_use]
    pub fn values(&self) -> &[Dynamic] {
        match &self.0 {
            DynamicForm::Trees { values, offset, len } => &values[*offset..*offset + *len],
            DynamicForm::Texts { texts, values, .. } => values.get_or_init(|| trees(texts)),
        }
    }

    /// How many rows.
    #[must_use]
    pub fn len(&self) -> usize {
        match &self.0 {
            DynamicForm::Trees { len, .. } => *len,
            DynamicForm::Texts { texts, .. } => texts.len(),
        }
    }

    /// No rows.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The value of a row; null past the end.
    #[must_use]
    pub fn value(&self, row: usize) -> Dynamic {
        match &self.0 {
            DynamicForm::Texts { texts, values, .. } if values.get().is_none() && row < texts.len() => {
                json::to_dynamic(texts.bytes(row))
            }
            _ => self.values().get(row).cloned().unwrap_or_default(),
        }
    }

    /// The row is null.
    #[must_use]
    pub fn is_null(&self, row: usize) -> bool {
        match &self.0 {
            DynamicForm::Texts { texts, .. } => row >= texts.len() || json::is_null(texts.bytes(row)),
            DynamicForm::Trees { .. } => self.values().get(row).is_none_or(Dynamic::is_null),
        }
    }

    /// Trees as JSON texts, if that says the same; `None` if it does not, or if they are texts already.
    pub(super) fn compact(&self) -> Option<Self> {
        let DynamicForm::Trees { .. } = &self.0 else { return None };
        let values = self.values();
        // What is read again from its text must not be nested too deep to be read.
        if !values.iter().all(|value| value.depth() <= MAX_READABLE_DEPTH && is_json(value)) {
            return None;
        }
        let mut texts = StringBuilder::with_capacity(values.len());
        let mut text = String::new();
        for value in values {
            text.clear();
            if !value.is_null() {
                value.write_json(&mut text);
            }
            texts.push(&text);
        }
        Some(Self::from_json(texts.finish()))
    }

    /// How many items the row's array has; `None` where it is no array.
    #[must_use]
    pub fn array_length(&self, row: usize) -> Option<i64> {
        let count = match &self.0 {
            DynamicForm::Texts { texts, .. } => json::items(texts.bytes(row))?.count(),
            DynamicForm::Trees { .. } => self.values().get(row)?.as_array()?.len(),
        };
        i64::try_from(count).ok()
    }

    pub(super) fn slice(&self, start: usize, rows: usize) -> Self {
        match &self.0 {
            DynamicForm::Trees { values, offset, .. } => {
                Self(DynamicForm::Trees { values: values.clone(), offset: offset + start, len: rows })
            }
            DynamicForm::Texts { texts, .. } => Self::from_json(texts.slice(start, rows)),
        }
    }

    pub(super) fn take(&self, rows: &[u32]) -> Self {
        match &self.0 {
            // NO_ROW gives the empty text, which is null.
            DynamicForm::Texts { texts, .. } => Self::from_json(texts.take(rows)),
            DynamicForm::Trees { .. } => {
                let values = self.values();
                let pick = |&row: &u32| values.get(row as usize).cloned().unwrap_or_default();
                Self::new(rows.iter().map(pick).collect())
            }
        }
    }

    /// The member of every row's bag; null where there is none.
    #[must_use]
    pub fn member(&self, key: &str) -> Self {
        let DynamicForm::Texts { texts, members, .. } = &self.0 else {
            return Self::new(self.values().iter().map(|value| value.member(key)).collect());
        };
        if texts.dictionary().is_some_and(|(codes, values)| values > codes.len()) {
            // The places would be those of texts that no row has.
            return Self::from_json(texts.to_plain()).member(key);
        }
        let (offsets, bytes) = texts.texts();
        let members = members.get_or_init(|| {
            let mut members = Members::default();
            for ends in offsets.windows(2) {
                members.push(bytes.get(ends[0] as usize..ends[1] as usize).unwrap_or_default());
            }
            members
        });
        let mut at = 0;
        Self::from_json(texts.map_bytes(|text, out| {
            out.push_piece(some(members.find(at, text, key.as_bytes())));
            at += 1;
        }))
    }

    /// The item of every row's array, counted from 0, negative from the end; null where there is none.
    #[must_use]
    pub fn item(&self, index: i64) -> Self {
        match self.json() {
            Some(texts) => {
                Self::from_json(texts.map_bytes(|text, out| out.push_piece(some(json::item(text, index)))))
            }
            None => Self::new(self.values().iter().map(|value| value.item(index)).collect()),
        }
    }

    /// About how many bytes it takes to read the values, if nobody has yet: text takes a fraction of what trees take.
    #[must_use]
    pub(crate) fn unread_bytes(&self) -> usize {
        let DynamicForm::Texts { texts, values, .. } = &self.0 else { return 0 };
        if values.get().is_some() {
            return 0;
        }
        if let Some((codes, values)) = texts.dictionary() {
            // The values are read once each, and shared.
            let bytes =
                (0..values.min(codes.len())).map(|code| json::tree_bytes(texts.dictionary_bytes(code)));
            return bytes.fold(size_of_val(codes) * 8, usize::saturating_add);
        }
        // The buffer may have the texts of many more rows.
        let (offsets, bytes) = texts.texts();
        let (start, end) = (offsets.first().copied().unwrap_or(0), offsets.last().copied().unwrap_or(0));
        let bytes = bytes.get(start as usize..end as usize).unwrap_or_default();
        json::tree_bytes(bytes).saturating_add(texts.len().saturating_mul(size_of::<Dynamic>()))
    }

    /// The values are the other's.
    pub(super) fn shares_values(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (DynamicForm::Trees { values: own, .. }, DynamicForm::Trees { values: other, .. }) => {
                Arc::ptr_eq(own, other)
            }
            (DynamicForm::Texts { texts: own, .. }, DynamicForm::Texts { texts: other, .. }) => {
                own.shares_texts(other)
            }
            _ => false,
        }
    }

    pub(super) fn max_depth(&self) -> usize {
        match &self.0 {
            DynamicForm::Trees { .. } => self.values().iter().map(Dynamic::depth).max().unwrap_or_default(),
            DynamicForm::Texts { .. } => 0,
        }
    }

    /// About how many bytes the values take.
    #[must_use]
    pub fn byte_size(&self) -> usize {
        match &self.0 {
            DynamicForm::Trees { .. } => tree_sizes(self.values()),
            DynamicForm::Texts { texts, values, members } => {
                let values = values.get().map_or(0, |values| tree_sizes(values));
                texts.byte_size() + values + members.get().map_or(0, Members::byte_size)
            }
        }
    }
}

/// JSON text that is nested deeper is not read: the parser's own limit is a little above it.
const MAX_READABLE_DEPTH: usize = 100;

/// What was found, with one form for null.
fn some(found: Option<&[u8]>) -> &[u8] {
    found.filter(|text| !json::is_null(text)).unwrap_or_default()
}

impl StringBuilder {
    /// Appends a JSON text, the empty text for null.
    pub fn push_json(&mut self, text: &[u8]) {
        self.push_piece(some(Some(text)));
        self.end_text();
    }

    /// Appends a piece: a text as a JSON string.
    pub(crate) fn push_json_string(&mut self, text: &[u8]) {
        self.push_piece(b"\"");
        if plain_prefix(text) == text.len() {
            self.push_piece(text);
        } else {
            let mut escaped = String::new();
            let _ = write_json_string(std::str::from_utf8(text).unwrap_or_default(), &mut escaped);
            self.push_piece(escaped.get(1..escaped.len() - 1).unwrap_or_default().as_bytes());
        }
        self.push_piece(b"\"");
    }

    /// Appends what `tostring` makes of a JSON text.
    pub fn push_json_text(&mut self, text: &[u8]) {
        push_text(text, self);
        self.end_text();
    }
}

/// Appends what `tostring` makes of a JSON text.
pub(super) fn push_text(text: &[u8], out: &mut StringBuilder) {
    match json::plain_string(text) {
        Some(content) => out.push_piece(content),
        None => {
            out.push_piece(json::to_value(text, ScalarType::String).as_str().unwrap_or_default().as_bytes())
        }
    }
}

fn trees(texts: &StringColumn) -> Vec<Dynamic> {
    match texts.dictionary() {
        Some((codes, values)) if values <= codes.len() => {
            let trees: Vec<Dynamic> =
                (0..values).map(|code| json::to_dynamic(texts.dictionary_bytes(code))).collect();
            codes.iter().map(|&code| trees.get(code as usize).cloned().unwrap_or_default()).collect()
        }
        _ => (0..texts.len()).map(|row| json::to_dynamic(texts.bytes(row))).collect(),
    }
}

/// JSON says the same: it has no instants, spans, guids, decimals, infinities.
fn is_json(value: &Dynamic) -> bool {
    match value {
        Dynamic::Null | Dynamic::Bool(_) | Dynamic::Long(_) | Dynamic::String(_) => true,
        Dynamic::Real(real) => real.is_finite(),
        Dynamic::Array(items) => items.iter().all(is_json),
        Dynamic::Bag(bag) => bag.values().all(is_json),
        Dynamic::DateTime(_) | Dynamic::TimeSpan(_) | Dynamic::Guid(_) | Dynamic::Decimal(_) => false,
    }
}

/// About how many bytes trees take.
fn tree_sizes(values: &[Dynamic]) -> usize {
    values.iter().fold(0, |sum, value| sum.saturating_add(value.byte_size()))
}
