//! String functions without regular expressions. It must not know regular expressions.

use memchr::memmem;

use std::collections::HashMap;

use super::overlapping::overlapping;
use super::rows::{Guard, ITEM_BYTES};
use crate::column::{Column, DynamicColumn, DynamicType, LongType, StringBuilder, StringType};
use crate::function::kinds::{ARRAY, INTEGER, LONG, SCALAR, STRING, STRING_OR_DYNAMIC, returns};
use crate::function::{Call, Category, Example, Kernel, Result, ResultName, ScalarFunction, signatures};
use crate::types::{Dynamic, ScalarType, Value};

pub(super) const FUNCTIONS: &[ScalarFunction] = &[
    ScalarFunction {
        name: "strlen",
        category: Category::String,
        summary: "The number of characters (code points) of a text.",
        signatures: signatures![(source: STRING_OR_DYNAMIC) -> returns::LONG],
        result_name: ResultName::NameAndFirstArgument,
        kernel: Kernel::Rows(|call| {
            call.map1::<StringType, LongType>(|text| Some(text.chars().count() as i64))
        }),
        examples: &[Example { query: "strlen('hé😀')", result: "3" }],
        ..ScalarFunction::DEFAULT
    },
    ScalarFunction {
        name: "string_size",
        category: Category::String,
        summary: "The number of bytes of a text in UTF-8.",
        signatures: signatures![(source: STRING_OR_DYNAMIC) -> returns::LONG],
        result_name: ResultName::NameAndFirstArgument,
        kernel: Kernel::Rows(|call| call.map1::<StringType, LongType>(|text| Some(text.len() as i64))),
        examples: &[
            Example { query: "string_size('hello')", result: "5" },
            Example { query: "string_size('⒦⒰')", result: "6" },
        ],
        ..ScalarFunction::DEFAULT
    },
    ScalarFunction {
        name: "tolower",
        category: Category::String,
        summary: "A text in lower case, character by character.",
        signatures: signatures![(value: SCALAR) -> returns::STRING],
        kernel: Kernel::Rows(|call| change_case(call, <[u8]>::make_ascii_lowercase, to_lower)),
        examples: &[Example { query: "tolower('HÉ')", result: "\"hé\"" }],
        ..ScalarFunction::DEFAULT
    },
    ScalarFunction {
        name: "toupper",
        category: Category::String,
        summary: "A text in upper case, character by character.",
        signatures: signatures![(value: SCALAR) -> returns::STRING],
        kernel: Kernel::Rows(|call| change_case(call, <[u8]>::make_ascii_uppercase, to_upper)),
        examples: &[Example { query: "toupper('héß')", result: "\"HÉß\"" }],
        ..ScalarFunction::DEFAULT
    },
    ScalarFunction {
        name: "strcat",
        category: Category::String,
        summary: "The texts of its arguments, one after the other.",
        signatures: signatures![(arg: SCALAR.repeated(1, 64)) -> returns::STRING],
        kernel: Kernel::Rows(|call| {
            concatenate(call, 0, &Column::constant("".into(), ScalarType::String, call.rows))
        }),
        examples: &[
            Example { query: "strcat('hello', ' ', 'world')", result: "\"hello world\"" },
            Example { query: "strcat(1, true, 1.0)", result: "\"1True1.0\"" },
        ],
        ..ScalarFunction::DEFAULT
    },
    ScalarFunction {
        name: "strcat_delim",
        category: Category::String,
        summary: "The texts of its arguments with a delimiter between them, which comes first.",
        signatures: signatures![(delimiter: SCALAR, arg: SCALAR.repeated(2, 64)) -> returns::STRING],
        kernel: Kernel::Rows(|call| concatenate(call, 1, &call.argument_as(0, ScalarType::String)?)),
        examples: &[Example { query: "strcat_delim('-', 1, '2', 'A', 1s)", result: "\"1-2-A-00:00:01\"" }],
        ..ScalarFunction::DEFAULT
    },
    ScalarFunction {
        name: "strcmp",
        category: Category::String,
        summary: "How two texts compare code point by code point: -1, 0 or 1.",
        signatures: signatures![(s1: SCALAR, s2: SCALAR) -> returns::LONG],
        kernel: Kernel::Rows(|call| {
            call.map2::<StringType, StringType, LongType>(|a, b| Some(a.cmp(b) as i64))
        }),
        examples: &[
            Example { query: "strcmp('abc', 'ABC')", result: "1" },
            Example { query: "strcmp('ABC', 'abc')", result: "-1" },
        ],
        ..ScalarFunction::DEFAULT
    },
    ScalarFunction {
        name: "reverse",
        category: Category::String,
        summary: "The characters of a text in reverse order.",
        signatures: signatures![(value: SCALAR) -> returns::STRING],
        kernel: Kernel::Rows(|call| {
            call.map1::<StringType, StringType>(|text| Some(text.chars().rev().collect()))
        }),
        examples: &[
            Example { query: "reverse('ABC')", result: "\"CBA\"" },
            Example { query: "reverse(123.45)", result: "\"54.321\"" },
        ],
        ..ScalarFunction::DEFAULT
    },
    ScalarFunction {
        name: "substring",
        category: Category::String,
        summary: "A part of a text from a place on, counted from 0 or, if negative, from the end.",
        signatures: signatures![(string: SCALAR, start: INTEGER, length: INTEGER.optional()) -> returns::STRING],
        kernel: Kernel::Rows(substring_kernel),
        examples: &[
            Example { query: "substring('123456', 2, 2)", result: "\"34\"" },
            Example { query: "substring('123456', -2, 2)", result: "\"56\"" },
            Example { query: "substring('abc', 5)", result: "\"\"" },
        ],
        ..ScalarFunction::DEFAULT
    },
    ScalarFunction {
        name: "split",
        category: Category::String,
        summary: "The parts of a text between delimiters as an array; with an index, an array of that part alone.",
        signatures: signatures![(source: SCALAR, delimiter: STRING, requestedIndex: INTEGER.optional()) -> returns::DYNAMIC],
        result_name: ResultName::FirstArgument,
        kernel: Kernel::Rows(split_kernel),
        item_argument: Some(2),
        examples: &[
            Example { query: "split('a__b', '_')", result: "[\"a\",\"\",\"b\"]" },
            Example { query: "split('aaa_bbb_ccc', '_', 1)", result: "[\"bbb\"]" },
            Example { query: "split('', '_')", result: "[\"\"]" },
        ],
        ..ScalarFunction::DEFAULT
    },
    ScalarFunction {
        name: "replace_string",
        category: Category::String,
        summary: "A text with every occurrence of another text replaced.",
        signatures: signatures![(text: STRING, lookup: STRING, rewrite: STRING) -> returns::STRING],
        kernel: Kernel::Rows(|call| {
            let guard = Guard::new(call);
            let column =
                call.map3::<StringType, StringType, StringType, StringType>(|text, lookup, rewrite| {
                    guard.row(|| replace_one(&guard, text, lookup, rewrite).map(Some))
                });
            guard.finish(column)
        }),
        examples: &[
            Example {
                query: "replace_string('a cat and a cat', 'cat', 'dog')",
                result: "\"a dog and a dog\"",
            },
            Example { query: "replace_string('abc', '', 'x')", result: "\"abc\"" },
        ],
        ..ScalarFunction::DEFAULT
    },
    ScalarFunction {
        name: "replace_strings",
        category: Category::String,
        summary: "A text with every occurrence of several texts replaced; earlier ones of the list go first.",
        signatures: signatures![(text: STRING, lookups: ARRAY, rewrites: ARRAY) -> returns::STRING],
        kernel: Kernel::Rows(|call| {
            let guard = Guard::new(call);
            let column =
                call.map3::<StringType, DynamicType, DynamicType, StringType>(|text, lookups, rewrites| {
                    guard.row(|| replace_several(call, &guard, text, lookups, rewrites).map(Some))
                });
            guard.finish(column)
        }),
        examples: &[
            Example {
                query: "replace_strings('a cat and a dog', dynamic(['cat', 'dog']), dynamic(['dog', 'pigeon']))",
                result: "\"a dog and a pigeon\"",
            },
            Example {
                query: "replace_strings('This is', dynamic(['is', 'This']), dynamic(['was', 'This']))",
                result: "\"Thwas was\"",
            },
        ],
        ..ScalarFunction::DEFAULT
    },
    ScalarFunction {
        name: "translate",
        category: Category::String,
        summary: "A text with characters of one list replaced by those of another, whose last one is repeated as needed.",
        signatures: signatures![(searchList: STRING, replacementList: STRING, source: STRING) -> returns::STRING],
        kernel: Kernel::Rows(|call| {
            let guard = Guard::new(call);
            let column =
                call.map3::<StringType, StringType, StringType, StringType>(|search, replacement, source| {
                    guard.row(|| translate(call, search, replacement, source).map(Some))
                });
            guard.finish(column)
        }),
        examples: &[
            Example { query: "translate('krasp', 'otsku', 'spark')", result: "\"kusto\"" },
            Example { query: "translate('abc', 'x', 'abc')", result: "\"xxx\"" },
            Example { query: "translate('abc', '', 'ab')", result: "\"\"" },
        ],
        ..ScalarFunction::DEFAULT
    },
    ScalarFunction {
        name: "strrep",
        category: Category::String,
        summary: "A text repeated, with a delimiter in between if one is given.",
        signatures: signatures![(value: SCALAR, multiplier: LONG, delimiter: SCALAR.optional()) -> returns::STRING],
        kernel: Kernel::Rows(repeat_kernel),
        examples: &[
            Example { query: "strrep('ABC', 2)", result: "\"ABCABC\"" },
            Example { query: "strrep(123, 3, '.')", result: "\"123.123.123\"" },
        ],
        ..ScalarFunction::DEFAULT
    },
    ScalarFunction {
        name: "indexof",
        category: Category::String,
        summary: "Where a text first occurs in another one, counted in characters from 0; -1 if nowhere.",
        signatures: signatures![(
            string: SCALAR, lookup: SCALAR, start: INTEGER.optional(), length: INTEGER.optional(),
            occurrence: INTEGER.optional().constant(),
        ) -> returns::LONG],
        kernel: Kernel::Rows(index_of_kernel),
        examples: &[
            Example { query: "indexof('abcdefg', 'cde')", result: "2" },
            Example { query: "indexof('abcdefg', 'cde', 3, 4)", result: "-1" },
            Example { query: "indexof('abcdefg', 'cde', -5)", result: "2" },
            Example { query: "indexof('abcdefgabcdefg', 'cde', 1, 10, 2)", result: "9" },
            Example { query: "indexof('abc', '')", result: "null" },
        ],
        ..ScalarFunction::DEFAULT
    },
    ScalarFunction {
        name: "isascii",
        category: Category::String,
        summary: "Whether a text is all ASCII.",
        signatures: signatures![(value: SCALAR) -> returns::BOOL],
        kernel: Kernel::Rows(|call| {
            call.map1::<StringType, crate::column::BoolType>(|text| Some(text.is_ascii()))
        }),
        examples: &[
            Example { query: "isascii('some string')", result: "true" },
            Example { query: "isascii('é')", result: "false" },
        ],
        ..ScalarFunction::DEFAULT
    },
    ScalarFunction {
        name: "isutf8",
        category: Category::String,
        summary: "Whether a text is valid UTF-8, which every text of this engine is.",
        signatures: signatures![(value: SCALAR) -> returns::BOOL],
        kernel: Kernel::Rows(|call| call.map1::<StringType, crate::column::BoolType>(|_| Some(true))),
        examples: &[Example { query: "isutf8('some string')", result: "true" }],
        ..ScalarFunction::DEFAULT
    },
];

/// Lower case by the simple mapping: one character stays one character.
pub(super) fn to_lower(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let simple = |c: char| match c {
        // Its full mapping has two characters; the simple one is a plain i.
        'İ' => 'i',
        _ => {
            let mut mapped = c.to_lowercase();
            match (mapped.next(), mapped.next()) {
                (Some(one), None) => one,
                _ => c,
            }
        }
    };
    text.chars().map(simple).collect()
}

/// Upper case by the simple mapping: one character stays one character, so ß stays.
pub(super) fn to_upper(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_uppercase();
    }
    let simple = |c: char| match c {
        // Greek letters with a iota subscript: their full mapping has two characters, the simple one a single title-case one.
        '\u{1f80}'..='\u{1f87}' | '\u{1f90}'..='\u{1f97}' | '\u{1fa0}'..='\u{1fa7}' => {
            char::from_u32(u32::from(c) + 8).unwrap_or(c)
        }
        '\u{1fb3}' | '\u{1fc3}' | '\u{1ff3}' => char::from_u32(u32::from(c) + 9).unwrap_or(c),
        _ => {
            let mut mapped = c.to_uppercase();
            match (mapped.next(), mapped.next()) {
                (Some(one), None) => one,
                _ => c,
            }
        }
    };
    text.chars().map(simple).collect()
}

/// The arguments from `first` on as one text, with the delimiter in between.
fn concatenate(call: &Call<'_>, first: usize, delimiter: &Column) -> Result<Column> {
    let columns: Vec<Column> =
        (first..call.count()).map(|at| call.argument_as(at, ScalarType::String)).collect::<Result<_>>()?;
    let mut varying = columns.iter().enumerate().filter(|(_, column)| column.as_constant().is_none());
    let (one, more) = (varying.next(), varying.next().is_some());
    let fixed =
        |at: usize| columns.get(at).and_then(Column::as_constant).and_then(Value::as_str).unwrap_or_default();
    if let Some(delimiter) = delimiter.as_constant().and_then(Value::as_str)
        && !more
    {
        let join = |varying: Option<(usize, &str)>| {
            let mut text = String::new();
            for at in 0..columns.len() {
                if at > 0 {
                    text.push_str(delimiter);
                }
                text.push_str(
                    varying.filter(|(place, _)| *place == at).map_or_else(|| fixed(at), |(_, it)| it),
                );
            }
            text
        };
        let fixed_bytes: usize = (0..columns.len()).map(|at| fixed(at).len() + delimiter.len()).sum();
        match one {
            None => call.reserve(fixed_bytes)?,
            Some((_, column)) => {
                let times =
                    column.as_strings().and_then(|it| it.dictionary()).map_or(0, |(_, values)| values);
                call.reserve(times.saturating_mul(fixed_bytes).saturating_add(column.byte_size()))?;
            }
        }
        match one {
            None => return Ok(Column::constant(Value::string(&join(None)), ScalarType::String, call.rows)),
            // A dictionary is joined once for each of its values.
            Some((place, Column::String(strings)))
                if strings.dictionary().is_some_and(|(codes, values)| values <= codes.len()) =>
            {
                let each =
                    |value: Value| Value::string(&join(Some((place, value.as_str().unwrap_or_default()))));
                return Ok(strings.map_dictionary(ScalarType::String, each));
            }
            Some(_) => {}
        }
    }
    let views = columns.iter().map(|column| call.view::<StringType>(column)).collect::<Result<Vec<_>>>()?;
    let delimiter = call.view::<StringType>(delimiter)?;
    let guard = Guard::new(call);
    let mut builder = StringBuilder::with_capacity(call.rows);
    let mut text = String::new();
    for row in 0..call.rows {
        text.clear();
        for (at, view) in views.iter().enumerate() {
            if at > 0 {
                text.push_str(delimiter.get(row).unwrap_or_default());
            }
            text.push_str(view.get(row).unwrap_or_default());
        }
        guard.spend(text.len())?;
        guard.work(text.len())?;
        builder.push(&text);
    }
    Ok(Column::String(builder.finish()))
}

fn substring_kernel(call: &Call<'_>) -> Result<Column> {
    let guard = Guard::new(call);
    let column = if call.count() < 3 {
        call.map2::<StringType, LongType, StringType>(|text, start| {
            guard.row(|| substring(call, text, start, None).map(|part| Some(part.to_owned())))
        })
    } else {
        call.map3::<StringType, LongType, LongType, StringType>(|text, start, length| {
            guard.row(|| substring(call, text, start, Some(length)).map(|part| Some(part.to_owned())))
        })
    };
    guard.finish(column)
}

/// The part of a text that starts at a character and has that many characters.
fn substring<'t>(call: &Call<'_>, text: &'t str, start: i64, length: Option<i64>) -> Result<&'t str> {
    if length.is_some_and(|length| length <= 0) {
        return Ok("");
    }
    let start = if start >= 0 {
        start
    } else {
        let from_end = start.saturating_add(text.chars().count() as i64);
        if from_end < 0 {
            // Recorded for a part that lies wholly before the text; of others it is not known.
            if !text.is_empty() && length.is_none_or(|length| from_end.saturating_add(length) > 0) {
                call.doubt("a start before the beginning of the text", "the result is empty", start)?;
            }
            return Ok("");
        }
        from_end
    };
    let start = usize::try_from(start).unwrap_or(usize::MAX);
    let length = length.map(|length| usize::try_from(length).unwrap_or(usize::MAX));
    let rest = &text[byte_of(text, start)..];
    Ok(length.map_or(rest, |length| &rest[..byte_of(rest, length)]))
}

/// The byte at which a character starts; the text's end if it has fewer characters.
fn byte_of(text: &str, character: usize) -> usize {
    if text.is_ascii() {
        return character.min(text.len());
    }
    text.char_indices().nth(character).map_or(text.len(), |(byte, _)| byte)
}

/// Changes the case of every text: byte by byte where it is ASCII.
fn change_case(call: &Call<'_>, ascii: fn(&mut [u8]), any: fn(&str) -> String) -> Result<Column> {
    let Column::String(texts) = call.argument(0)? else {
        return call.map1::<StringType, StringType>(|text| Some(any(text)));
    };
    let mut changed = Vec::new();
    Ok(Column::String(texts.map_bytes(|text, out| {
        if text.is_ascii() {
            changed.clear();
            changed.extend_from_slice(text);
            ascii(&mut changed);
            out.push_piece(&changed);
        } else {
            out.push_piece(any(std::str::from_utf8(text).unwrap_or_default()).as_bytes());
        }
    })))
}

fn split_kernel(call: &Call<'_>) -> Result<Column> {
    let index = call.constant(2).map(|index| index.convert(ScalarType::Long));
    if let (Column::String(texts), Some(delimiter)) =
        (call.argument(0)?, call.constant_str(1).filter(|it| !it.is_empty()))
        && matches!((call.count(), &index), (2, None) | (3, Some(Value::Long(0..))))
    {
        let finder = memmem::Finder::new(delimiter);
        let index = index.and_then(|index| usize::try_from(index.as_long()?).ok());
        let split = texts.try_map_bytes(|text, out| {
            call.work(text.len())?;
            match index {
                None => write_parts(call, text, &finder, out),
                Some(index) => {
                    write_part(text, &finder, index, out);
                    call.reserve(out.byte_size())
                }
            }
        })?;
        return Ok(Column::Dynamic(DynamicColumn::from_json(split)));
    }
    let guard = Guard::new(call);
    let parts = |text: &str, delimiter: &str| -> Result<Vec<Dynamic>> {
        if delimiter.is_empty() {
            // So does .NET; replace_string does not find an empty text either.
            call.doubt("an empty delimiter", "the text stays whole", "''")?;
            return Ok(vec![Dynamic::string(text)]);
        }
        let part = |part: &str| {
            guard.spend(ITEM_BYTES + part.len())?;
            Ok(Dynamic::string(part))
        };
        text.split(delimiter).map(part).collect()
    };
    let column = if call.count() < 3 {
        call.map2::<StringType, StringType, DynamicType>(|text, delimiter| {
            guard.row(|| Ok(Some(Dynamic::array(parts(text, delimiter)?))))
        })
    } else {
        call.map3::<StringType, StringType, LongType, DynamicType>(|text, delimiter, index| {
            guard.row(|| {
                if index < 0 {
                    // As for every index without a part.
                    call.doubt("a negative index", "the result is null", index)?;
                    return Ok(None);
                }
                let part =
                    parts(text, delimiter)?.into_iter().nth(usize::try_from(index).unwrap_or(usize::MAX));
                Ok(part.map(|part| Dynamic::array(vec![part])))
            })
        })
    };
    guard.finish(column)
}

/// Writes the parts between delimiters as a JSON array.
fn write_parts(
    call: &Call<'_>,
    text: &[u8],
    delimiter: &memmem::Finder<'_>,
    out: &mut StringBuilder,
) -> Result<()> {
    let mut start = 0;
    out.push_piece(b"[");
    for at in delimiter.find_iter(text) {
        call.reserve(out.byte_size())?;
        out.push_json_string(&text[start..at]);
        out.push_piece(b",");
        start = at + delimiter.needle().len();
    }
    out.push_json_string(&text[start..]);
    out.push_piece(b"]");
    call.reserve(out.byte_size())
}

/// Writes one of the parts as a JSON array; nothing, which is null, where there is no such part.
fn write_part(text: &[u8], delimiter: &memmem::Finder<'_>, index: usize, out: &mut StringBuilder) {
    let mut found = delimiter.find_iter(text);
    let start = match index.checked_sub(1) {
        None => 0,
        Some(before) => match found.nth(before) {
            Some(at) => at + delimiter.needle().len(),
            None => return,
        },
    };
    let end = found.next().unwrap_or(text.len());
    out.push_piece(b"[");
    out.push_json_string(&text[start..end]);
    out.push_piece(b"]");
}

/// Replaces a text by another; an empty one is nowhere.
fn replace_one(guard: &Guard<'_>, text: &str, lookup: &str, rewrite: &str) -> Result<String> {
    if lookup.is_empty() {
        return Ok(text.to_owned());
    }
    let finder = memmem::Finder::new(lookup);
    if rewrite.len() > lookup.len() {
        let matches = finder.find_iter(text.as_bytes()).count();
        guard.spend(matches.saturating_mul(rewrite.len() - lookup.len()).saturating_add(text.len()))?;
    }
    let mut out = String::with_capacity(text.len());
    let mut done = 0;
    for at in finder.find_iter(text.as_bytes()) {
        out.push_str(&text[done..at]);
        out.push_str(rewrite);
        done = at + lookup.len();
    }
    out.push_str(&text[done..]);
    Ok(out)
}

/// Replaces several texts: each one is looked for in what the ones before it left untouched.
fn replace_several(
    call: &Call<'_>,
    guard: &Guard<'_>,
    text: &str,
    lookups: &Dynamic,
    rewrites: &Dynamic,
) -> Result<String> {
    let (Some(lookups), Some(rewrites)) = (lookups.as_array(), rewrites.as_array()) else {
        let wrong = if lookups.as_array().is_none() { lookups } else { rewrites };
        call.doubt("texts to replace, or replacements, that are no array", "the result is empty", wrong)?;
        return Ok(String::new());
    };
    if lookups.len() != rewrites.len() {
        // As bag_zip does; a text without a replacement stays as one whose replacement is no text.
        let taken = "texts without a replacement stay, replacements without a text are passed over";
        call.doubt("arrays of different lengths", taken, Dynamic::array(lookups.to_vec()))?;
    }
    // Pieces of the text still to be searched (`false`) and pieces that are settled (`true`).
    let mut pieces: Vec<(bool, &str)> = vec![(false, text)];
    for (lookup, rewrite) in lookups.iter().zip(rewrites) {
        let Some(lookup) = lookup.as_str().filter(|lookup| !lookup.is_empty()) else { continue };
        // A replacement that is no string keeps the match as it is, but settles it.
        let rewrite = rewrite.as_str().unwrap_or(lookup);
        let mut next = Vec::with_capacity(pieces.len());
        for (settled, piece) in pieces {
            if settled {
                next.push((true, piece));
                continue;
            }
            for (at, part) in piece.split(lookup).enumerate() {
                if at > 0 {
                    next.push((true, rewrite));
                }
                if !part.is_empty() {
                    next.push((false, part));
                }
            }
        }
        pieces = next;
    }
    guard.spend(pieces.iter().map(|(_, piece)| piece.len()).fold(0, usize::saturating_add))?;
    Ok(pieces.into_iter().map(|(_, piece)| piece).collect())
}

/// Replaces characters; the last replacement serves for all that have none of their own.
fn translate(call: &Call<'_>, search: &str, replacement: &str, source: &str) -> Result<String> {
    let replacements: Vec<char> = replacement.chars().collect();
    let replacement_of = |at: usize| replacements.get(at).or(replacements.last()).copied();
    // The replacement of each character, and whether its other places have the same.
    let mut found: HashMap<char, (Option<char>, bool)> = HashMap::new();
    for (at, c) in search.chars().enumerate() {
        let replacement = replacement_of(at);
        found
            .entry(c)
            .and_modify(|(first, same)| *same &= *first == replacement)
            .or_insert((replacement, true));
    }
    let mut out = String::with_capacity(source.len());
    let mut twice = None;
    for c in source.chars() {
        match found.get(&c) {
            None => out.push(c),
            Some((replacement, is_clear)) => {
                if !is_clear {
                    twice = Some(c);
                }
                out.extend(*replacement);
            }
        }
    }
    if let Some(c) = twice {
        // As TRANSLATE does in SQL.
        call.doubt(
            "a character that is listed twice with different replacements",
            "the first one counts",
            c,
        )?;
    }
    Ok(out)
}

/// The most repetitions; more count as that many.
///
/// Source: the strrep page, which in another place still names an older limit.
const MAX_REPETITIONS: i64 = 67_108_864;

fn repeat_kernel(call: &Call<'_>) -> Result<Column> {
    let guard = Guard::new(call);
    let repeat = |text: &str, times: i64, delimiter: &str| {
        guard.row(|| {
            if times < 1 {
                // The page: from 1 to 67108864. Above that it is no error either.
                call.doubt("a text repeated less than once", "the result is empty", times)?;
                return Ok(None);
            }
            let times = usize::try_from(times.min(MAX_REPETITIONS)).unwrap_or_default();
            guard.spend(times.saturating_mul(text.len().saturating_add(delimiter.len())))?;
            if text.is_empty() && delimiter.is_empty() {
                return Ok(None);
            }
            let mut out = String::with_capacity(times * text.len() + (times - 1) * delimiter.len());
            for at in 0..times {
                guard.work(text.len() + delimiter.len())?;
                if at > 0 {
                    out.push_str(delimiter);
                }
                out.push_str(text);
            }
            Ok(Some(out))
        })
    };
    let column = if call.count() < 3 {
        call.map2::<StringType, LongType, StringType>(|text, times| repeat(text, times, ""))
    } else {
        call.map3::<StringType, LongType, StringType, StringType>(repeat)
    };
    guard.finish(column)
}

fn index_of_kernel(call: &Call<'_>) -> Result<Column> {
    if call.count() < 3 {
        return call.map2::<StringType, StringType, LongType>(|text, lookup| {
            if lookup.is_empty() {
                return None;
            }
            Some(text.find(lookup).map_or(-1, |byte| text[..byte].chars().count() as i64))
        });
    }
    call.map_values(|row| {
        let long = |at: usize, default: i64| match row.get(at) {
            None => Some(default),
            Some(value) => value.convert(ScalarType::Long).as_long(),
        };
        let (Some(start), Some(length), Some(occurrence)) = (long(2, 0), long(3, -1), long(4, 1)) else {
            return Ok(Value::Null);
        };
        let text = |at: usize| row.get(at).map(Value::to_text).unwrap_or_default();
        Ok(index_of(call, &text(0), &text(1), start, length, occurrence)?.map_or(Value::Null, Value::Long))
    })
}

/// Where a text occurs for the nth time; the occurrence must start among the `length` characters after `start`.
///
/// Source: the recorded answers of the indexof page's example, which differ from the page.
fn index_of(
    call: &Call<'_>,
    text: &str,
    lookup: &str,
    start: i64,
    length: i64,
    occurrence: i64,
) -> Result<Option<i64>> {
    if lookup.is_empty() || length < -1 || occurrence < 0 {
        return Ok(None);
    }
    if occurrence == 0 {
        // The page has null for less than 0 only, and -1 for what is not found.
        call.doubt("occurrence 0", "it is not found", occurrence)?;
        return Ok(Some(-1));
    }
    let from_end = start;
    let start = if start >= 0 { start } else { start.saturating_add(text.chars().count() as i64) };
    if start < 0 {
        // The page says both that a negative start counts from the end and that it gives null.
        call.doubt("a start before the beginning of the text", "the result is null", from_end)?;
        return Ok(None);
    }
    let from = byte_of(text, usize::try_from(start).unwrap_or(usize::MAX));
    let rest = &text[from..];
    let within =
        if length < 0 { rest.len() } else { byte_of(rest, usize::try_from(length).unwrap_or(usize::MAX)) };
    let nth = usize::try_from(occurrence - 1).unwrap_or(usize::MAX);
    let found = overlapping(rest.as_bytes(), lookup.as_bytes()).nth(nth);
    if nth > 0 && memmem::find_iter(rest.as_bytes(), lookup).nth(nth) != found {
        // As countof does with plain texts; only indexof_regex's page rules it out.
        call.doubt("occurrences that overlap", "each one counts", text)?;
    }
    let found = found.filter(|at| *at < within).map(|at| text[..from + at].chars().count() as i64);
    Ok(Some(found.unwrap_or(-1)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::column::StringColumn;
    use crate::function::testing::{call, check, doubted, json, refused, text};

    // Expectations: the functions' pages and recorded answers of the real engine.
    #[test]
    fn substrings() {
        for (start, length, expected) in
            [(1, 100, "bçd"), (2, 1, "ç"), (-2, 2, "çd"), (0, -1, ""), (9, 1, ""), (-100, 2, "")]
        {
            check(
                FUNCTIONS,
                "substring",
                &[text("abçd"), Value::Long(start), Value::Long(length)],
                text(expected),
            );
        }
        check(FUNCTIONS, "substring", &[text("😀x"), Value::Long(1)], text("x"));
        check(FUNCTIONS, "substring", &[Value::Long(12345), Value::Int(3)], text("45"));
        doubted(FUNCTIONS, "substring", &[text("abc"), Value::Long(-9)], "");
        doubted(FUNCTIONS, "substring", &[text("abc"), Value::Long(-4), Value::Long(2)], "");
        check(FUNCTIONS, "substring", &[text("abc"), Value::Long(-4), Value::Long(1)], "");
        check(FUNCTIONS, "substring", &[text(""), Value::Long(-1)], "");
        check(FUNCTIONS, "substring", &[text("abc"), Value::Long(i64::MAX), Value::Long(i64::MAX)], text(""));
        check(FUNCTIONS, "substring", &[text("abc"), Value::Long(i64::MIN), Value::Long(3)], text(""));
    }

    #[test]
    fn cases_map_one_character_to_one() {
        check(FUNCTIONS, "toupper", &[text("straße")], text("STRAßE"));
        check(FUNCTIONS, "tolower", &[text("ΣΑΣ")], text("σασ"));
        check(FUNCTIONS, "tolower", &[text("ПРИВЕТ")], text("привет"));
    }

    #[test]
    fn split_and_its_index() {
        check(FUNCTIONS, "split", &[text("aabbcc"), text("bb")], json(r#"["aa","cc"]"#));
        check(FUNCTIONS, "split", &[text("a_b"), text("_"), Value::Long(1)], json(r#"["b"]"#));
        check(FUNCTIONS, "split", &[text("a_b"), text("_"), Value::Long(2)], Value::Null);
        doubted(FUNCTIONS, "split", &[text("a_b"), text("")], json(r#"["a_b"]"#));
        doubted(FUNCTIONS, "split", &[text("a_b"), text("_"), Value::Long(-1)], Value::Null);
    }

    #[test]
    fn concatenation_by_row_by_dictionary_and_of_other_types() {
        check(
            FUNCTIONS,
            "strcat",
            &[text("a"), Value::Bool(true), Value::Null, Value::Real(2.0)],
            text("aTrue2.0"),
        );
        let plain: StringColumn = ["a", "b", "a"].into_iter().collect();
        let encoded = Column::String(plain.encode(10).unwrap());
        let prefix = Column::constant(text("<"), ScalarType::String, 3);
        let joined = call(FUNCTIONS, "strcat", &[prefix.clone(), encoded.clone(), encoded.clone()]);
        assert_eq!(joined.values().collect::<Vec<_>>(), [text("<aa"), text("<bb"), text("<aa")]);
        let joined = call(FUNCTIONS, "strcat_delim", &[prefix.clone(), encoded, prefix]);
        assert_eq!(joined.values().collect::<Vec<_>>(), [text("a<<"), text("b<<"), text("a<<")]);
        assert!(joined.as_strings().is_some_and(|strings| strings.dictionary().is_some()));
    }

    #[test]
    fn replacements() {
        check(FUNCTIONS, "replace_string", &[text("aaa"), text("aa"), text("b")], text("ba"));
        check(FUNCTIONS, "replace_string", &[text("é-é"), text("é"), text("")], text("-"));
        let both = |a: &str, b: &str| [text("This is"), json(a), json(b)];
        check(FUNCTIONS, "replace_strings", &both(r#"["This","is"]"#, r#"["This","was"]"#), text("This was"));
        check(FUNCTIONS, "replace_strings", &both(r#"["This","is"]"#, r#"[12345,"was"]"#), text("This was"));
        doubted(FUNCTIONS, "replace_strings", &both(r#"["This","is"]"#, r#"["x"]"#), "x is");
        doubted(FUNCTIONS, "replace_strings", &both(r#"["is"]"#, r#"["x","y"]"#), "Thx x");
        doubted(FUNCTIONS, "replace_strings", &both("{}", "[]"), "");
        doubted(FUNCTIONS, "translate", &[text("aa"), text("xy"), text("aba")], "xbx");
    }

    #[test]
    fn hostile_sizes_are_refused_before_they_are_made() {
        doubted(FUNCTIONS, "strrep", &[text("x"), Value::Long(0)], "");
        refused(FUNCTIONS, "strrep", &[text(&"x".repeat(1000)), Value::Long(i64::MAX)]);
        refused(
            FUNCTIONS,
            "replace_string",
            &[text(&"x".repeat(100_000)), text("x"), text(&"y".repeat(100_000))],
        );
        check(FUNCTIONS, "strrep", &[Value::Long(1), Value::Long(3), text("-")], text("1-1-1"));
    }

    #[test]
    fn where_a_text_occurs() {
        let at = |text: &str, lookup: &str, rest: &[i64], expected: Value| {
            let mut row = vec![Value::string(text), Value::string(lookup)];
            row.extend(rest.iter().map(|n| Value::Long(*n)));
            check(FUNCTIONS, "indexof", &row, expected);
        };
        at("abcdefg", "cde", &[1, 4], Value::Long(2));
        at("abcdefg", "cde", &[1, 2], Value::Long(2));
        at("abcdefg", "cde", &[2, -1], Value::Long(2));
        at("abcdefgabcdefg", "cde", &[1, -1, 3], Value::Long(-1));
        at("😀é-x", "x", &[], Value::Long(3));
        at("😀é-x", "x", &[1], Value::Long(3));
        at("abc", "", &[0], Value::Null);
        at("abc", "b", &[0, -2], Value::Null);
        at("abc", "b", &[0, -1, -1], Value::Null);
        at("abc", "b", &[9], Value::Long(-1));
        let doubted_at = |source: &str, lookup: &str, range: &[i64], expected: Value| {
            let range = range.iter().copied().map(Value::Long);
            let arguments: Vec<_> = [text(source), text(lookup)].into_iter().chain(range).collect();
            doubted(FUNCTIONS, "indexof", &arguments, expected);
        };
        doubted_at("aaaa", "aa", &[0, -1, 2], Value::Long(1));
        doubted_at("aaaa", "aa", &[0, -1, 3], Value::Long(2));
        doubted_at("abc", "b", &[-9], Value::Null);
        doubted_at("abc", "b", &[0, -1, 0], Value::Long(-1));
    }
}
