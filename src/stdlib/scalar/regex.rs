//! Functions over regular expressions. It must not know how they are compiled.

use std::cell::RefCell;

use regex::{CaptureLocations, Regex};

use super::overlapping::overlapping;
use super::rows::{Guard, ITEM_BYTES, skip};
use crate::column::{Column, DynamicType, LongType, StringType};
use crate::function::kinds::{ARRAY, INTEGER, LONG, SCALAR, STRING, TYPE, returns};
use crate::function::{
    Call, Category, Example, Kernel, PatternCache, Result, Returns, ScalarFunction, compile, signatures,
};
use crate::types::{Dynamic, ScalarType, Value};

pub(super) const FUNCTIONS: &[ScalarFunction] = &[
    ScalarFunction {
        name: "extract",
        category: Category::Regex,
        summary: "What a capture group of a regular expression's first match holds, 0 being the whole match; as a type if one is given.",
        signatures: signatures![
            (regex: STRING.constant(), captureGroup: LONG, source: STRING) -> returns::STRING;
            (regex: STRING.constant(), captureGroup: LONG, source: STRING, typeLiteral: TYPE.literal()) -> Returns::TypeArgument;
        ],
        kernel: Kernel::Rows(extract),
        examples: &[
            Example { query: "extract('User: ([^,]+)', 1, 'User: James, Age: 29')", result: "\"James\"" },
            Example { query: "extract(@'-(\\d{2})-', 1, '21-07-2023', typeof(int))", result: "7" },
            Example { query: "extract('x', 0, 'abc')", result: "\"\"" },
        ],
        ..ScalarFunction::DEFAULT
    },
    ScalarFunction {
        name: "extract_all",
        aliases: &["extractall"],
        category: Category::Regex,
        summary: "What the capture groups of every match hold: an array of texts for one group, of arrays for several.",
        signatures: signatures![
            (regex: STRING.constant(), source: STRING) -> returns::DYNAMIC;
            (regex: STRING.constant(), captureGroups: ARRAY, source: STRING) -> returns::DYNAMIC;
        ],
        kernel: Kernel::Rows(extract_all),
        examples: &[
            Example {
                query: "extract_all(@'(\\d+)', '123, 567 and 789')",
                result: "[\"123\",\"567\",\"789\"]",
            },
            Example { query: "extract_all(@'(\\w)(\\d)', 'a1 b2')", result: "[[\"a\",\"1\"],[\"b\",\"2\"]]" },
            Example { query: "extract_all(@'(\\w)(\\d)', dynamic([2]), 'a1 b2')", result: "[\"1\",\"2\"]" },
            Example { query: "extract_all('(x)', 'abc')", result: "null" },
        ],
        ..ScalarFunction::DEFAULT
    },
    ScalarFunction {
        name: "replace_regex",
        category: Category::Regex,
        summary: "A text with every match of a regular expression rewritten; \\1 stands for the first capture group.",
        signatures: signatures![(
            source: STRING, lookup_regex: STRING.constant(), rewrite_pattern: STRING.constant(),
        ) -> returns::STRING],
        kernel: Kernel::Rows(|call| replace(call, call, 1, 2)),
        examples: &[
            Example {
                query: "replace_regex('Number is 1', @'is (\\d+)', @'was: \\1')",
                result: "\"Number was: 1\"",
            },
            Example { query: "replace_regex('abc', 'b', '[\\\\0]')", result: "\"a[b]c\"" },
        ],
        ..ScalarFunction::DEFAULT
    },
    ScalarFunction {
        name: "replace",
        category: Category::Regex,
        summary: "The older form of replace_regex, with the text as the last argument.",
        signatures: signatures![(regex: STRING.constant(), rewrite: STRING.constant(), source: STRING) -> returns::STRING],
        kernel: Kernel::Rows(|call| replace(call, &skip(call, 2), 0, 1)),
        examples: &[Example { query: "replace('[ab]', 'x', 'abc')", result: "\"xxc\"" }],
        ..ScalarFunction::DEFAULT
    },
    ScalarFunction {
        name: "trim",
        category: Category::Regex,
        summary: "A text without one match of a regular expression at its start and one at its end.",
        signatures: signatures![(regex: STRING.constant(), source: STRING) -> returns::STRING],
        kernel: Kernel::Rows(|call| trim(call, true, true)),
        examples: &[
            Example { query: "trim('--', '--https://bing.com--')", result: "\"https://bing.com\"" },
            Example { query: "trim('x', 'xxax')", result: "\"xa\"" },
        ],
        ..ScalarFunction::DEFAULT
    },
    ScalarFunction {
        name: "trim_start",
        category: Category::Regex,
        summary: "A text without one match of a regular expression at its start.",
        signatures: signatures![(regex: STRING.constant(), source: STRING) -> returns::STRING],
        kernel: Kernel::Rows(|call| trim(call, true, false)),
        examples: &[Example { query: "trim_start(@'\\s+', '  a  ')", result: "\"a  \"" }],
        ..ScalarFunction::DEFAULT
    },
    ScalarFunction {
        name: "trim_end",
        category: Category::Regex,
        summary: "A text without one match of a regular expression at its end.",
        signatures: signatures![(regex: STRING.constant(), source: STRING) -> returns::STRING],
        kernel: Kernel::Rows(|call| trim(call, false, true)),
        examples: &[Example { query: "trim_end('.com', 'bing.com')", result: "\"bing\"" }],
        ..ScalarFunction::DEFAULT
    },
    ScalarFunction {
        name: "countof",
        category: Category::Regex,
        summary: "How often a text, or a regular expression, is found in another text; plain texts may overlap.",
        signatures: signatures![(
            source: STRING, search: STRING, kind: STRING.literal().one_of(&["normal", "regex"]).optional(),
        ) -> returns::LONG],
        kernel: Kernel::Rows(count_of),
        examples: &[
            Example { query: "countof('aaaa', 'aa')", result: "3" },
            Example { query: "countof('ababa', 'aba', 'regex')", result: "1" },
        ],
        ..ScalarFunction::DEFAULT
    },
    ScalarFunction {
        name: "indexof_regex",
        category: Category::Regex,
        summary: "Where a regular expression first matches, counted in characters from 0; -1 if nowhere.",
        signatures: signatures![(
            string: SCALAR, lookup: SCALAR.constant(), start: INTEGER.optional(), length: INTEGER.optional(),
            occurrence: INTEGER.optional().constant(),
        ) -> returns::LONG],
        kernel: Kernel::Rows(index_of),
        examples: &[
            Example { query: "indexof_regex('abcabc', @'a.c')", result: "0" },
            Example { query: "indexof_regex('abcabcdefg', @'a.c', 0, 9, 2)", result: "3" },
            Example { query: "indexof_regex('ababaa', @'a.a', 0, -1, 2)", result: "-1" },
            Example { query: "indexof_regex('abcabc', @'a|ab', -1)", result: "null" },
        ],
        ..ScalarFunction::DEFAULT
    },
    ScalarFunction {
        name: "regex_quote",
        category: Category::Regex,
        summary: "A regular expression that matches just this text.",
        signatures: signatures![(string: SCALAR) -> returns::STRING],
        kernel: Kernel::Rows(|call| call.map1::<StringType, StringType>(|text| Some(regex::escape(text)))),
        examples: &[Example {
            query: "regex_quote('(so$me.Te^xt)')",
            result: "\"\\\\(so\\\\$me\\\\.Te\\\\^xt\\\\)\"",
        }],
        ..ScalarFunction::DEFAULT
    },
];

/// The regular expression that an argument holds.
fn pattern(call: &Call<'_>, at: usize) -> Result<Regex> {
    match call.constant(at) {
        Some(value) => compile(&value.to_text(), call),
        None => Err(call.fail("the regular expression must be a constant")),
    }
}

fn extract(call: &Call<'_>) -> Result<Column> {
    if call.returns == ScalarType::Dynamic {
        return Err(call.fail("extracting a dynamic value is not supported"));
    }
    let regex = pattern(call, 0)?;
    let groups = regex.captures_len() as i64 - 1;
    let guard = Guard::new(call);
    let locations = RefCell::new(regex.capture_locations());
    let find = |group: i64, text: &str| {
        guard.row(|| {
            if !(0..=groups).contains(&group) {
                call.doubt("a capture group that the regular expression lacks", "nothing is found", group)?;
                return Ok(None);
            }
            Ok(group_of_first_match(&regex, &mut locations.borrow_mut(), group as usize, text)
                .map(str::to_owned))
        })
    };
    let group = call.argument_as(1, ScalarType::Long)?;
    let column = match group.as_constant() {
        Some(Value::Long(group)) => skip(call, 2).map1::<StringType, StringType>(|text| find(*group, text)),
        _ => skip(call, 1).map2::<LongType, StringType, StringType>(find),
    };
    Ok(guard.finish(column)?.convert(call.returns))
}

/// What a group of the first match holds.
fn group_of_first_match<'t>(
    regex: &Regex,
    locations: &mut CaptureLocations,
    group: usize,
    text: &'t str,
) -> Option<&'t str> {
    if group == 0 {
        return regex.find(text).map(|found| found.as_str());
    }
    regex.captures_read(locations, text)?;
    let (from, to) = locations.get(group)?;
    text.get(from..to)
}

/// The most capture groups of `extract_all`. Source: the function's page.
const MAX_GROUPS: usize = 16;

fn extract_all(call: &Call<'_>) -> Result<Column> {
    let regex = pattern(call, 0)?;
    let count = regex.captures_len() - 1;
    if !(1..=MAX_GROUPS).contains(&count) {
        let message =
            format!("the regular expression must have 1 to {MAX_GROUPS} capture groups, not {count}");
        return Err(call.fail(message));
    }
    if call.count() < 3 {
        let groups: Vec<usize> = (1..=count).collect();
        let guard = Guard::new(call);
        let column = skip(call, 1)
            .map1::<StringType, DynamicType>(|text| guard.row(|| all_matches(&guard, &regex, &groups, text)));
        return guard.finish(column);
    }
    let guard = Guard::new(call);
    let column = skip(call, 1).map2::<DynamicType, StringType, DynamicType>(|groups, text| {
        guard.row(|| {
            let Some(groups) = chosen_groups(&regex, groups) else {
                // The page says what is valid, not what comes of all else.
                let about =
                    "a list of capture groups that is no array, is empty, or names a group that is not there";
                call.doubt(about, "the result is null", groups)?;
                return Ok(None);
            };
            all_matches(&guard, &regex, &groups, text)
        })
    });
    guard.finish(column)
}

/// The groups that an array lists by number or name; `None` if it lists none, or others than those that there are.
fn chosen_groups(regex: &Regex, groups: &Dynamic) -> Option<Vec<usize>> {
    let items = groups.as_array().filter(|items| !items.is_empty())?;
    let group = |item: &Dynamic| match item {
        Dynamic::Long(number) => {
            usize::try_from(*number).ok().filter(|number| (1..regex.captures_len()).contains(number))
        }
        Dynamic::String(name) => regex.capture_names().position(|it| it == Some(name)),
        _ => None,
    };
    items.iter().map(group).collect()
}

/// The work of a match, beside its length.
const MATCH_WORK: usize = 64;

/// What the groups of every match hold; null if there is no match.
fn all_matches(guard: &Guard<'_>, regex: &Regex, groups: &[usize], text: &str) -> Result<Option<Dynamic>> {
    let mut matches = Vec::new();
    // A match is found where it begins, but perhaps only after a look at all of the rest.
    for captures in regex.captures_iter(text) {
        guard.work(text.len() / 16 + MATCH_WORK)?;
        guard.spend((groups.len() + 1) * ITEM_BYTES + captures.get(0).map_or(0, |it| it.len()))?;
        let held = |group: &usize| Dynamic::string(captures.get(*group).map_or("", |found| found.as_str()));
        matches.push(match groups {
            [one] => held(one),
            several => Dynamic::array(several.iter().map(held).collect()),
        });
    }
    Ok(if matches.is_empty() { None } else { Some(Dynamic::array(matches)) })
}

/// A part of a rewrite pattern.
enum RewritePart {
    Text(String),
    Group(usize),
}

/// Reads a rewrite pattern: `\0` to `\9` are groups, `\\` is a backslash, all else is itself.
fn rewrite_pattern(call: &Call<'_>, regex: &Regex, text: &str) -> Result<Vec<RewritePart>> {
    let mut parts = Vec::new();
    let mut plain = String::new();
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        if c != '\\' {
            plain.push(c);
            continue;
        }
        match rest.next() {
            Some('\\') => plain.push('\\'),
            Some(digit) if digit.is_ascii_digit() => {
                let group = digit.to_digit(10).unwrap_or_default() as usize;
                if group >= regex.captures_len() {
                    return Err(call.fail(format!(
                        "the rewrite pattern names \\{group}, a group that the regular expression lacks"
                    )));
                }
                if !plain.is_empty() {
                    parts.push(RewritePart::Text(std::mem::take(&mut plain)));
                }
                parts.push(RewritePart::Group(group));
            }
            _ => {
                return Err(call.fail(
                    "a backslash in the rewrite pattern must be followed by a digit or another backslash",
                ));
            }
        }
    }
    if !plain.is_empty() {
        parts.push(RewritePart::Text(plain));
    }
    Ok(parts)
}

fn replace(call: &Call<'_>, source: &Call<'_>, regex_at: usize, rewrite_at: usize) -> Result<Column> {
    let regex = pattern(call, regex_at)?;
    let Some(rewrite) = call.constant(rewrite_at) else {
        return Err(call.fail("the rewrite pattern must be a constant"));
    };
    let rewrite = rewrite_pattern(call, &regex, &rewrite.to_text())?;
    let groups = rewrite.iter().any(|part| matches!(part, RewritePart::Group(1..)));
    let guard = Guard::new(call);
    let locations = RefCell::new(regex.capture_locations());
    let column = source.map1::<StringType, StringType>(|text| {
        guard.row(|| {
            let mut out = String::with_capacity(text.len());
            let mut done = 0;
            for found in regex.find_iter(text) {
                out.push_str(&text[done..found.start()]);
                let before = out.len();
                let mut locations = locations.borrow_mut();
                if groups {
                    regex.captures_read_at(&mut locations, text, found.start());
                }
                for part in &rewrite {
                    match part {
                        RewritePart::Text(plain) => out.push_str(plain),
                        RewritePart::Group(0) => out.push_str(found.as_str()),
                        RewritePart::Group(group) => {
                            let held = locations.get(*group).and_then(|(from, to)| text.get(from..to));
                            out.push_str(held.unwrap_or_default());
                        }
                    }
                }
                guard.work(out.len() - before + MATCH_WORK)?;
                guard.spend(out.len() - before)?;
                done = found.end();
            }
            out.push_str(&text[done..]);
            Ok(Some(out))
        })
    });
    guard.finish(column)
}

fn trim(call: &Call<'_>, start: bool, end: bool) -> Result<Column> {
    // First by itself, so that an unbalanced parenthesis cannot pair with those added here.
    let plain = pattern(call, 0)?;
    let at_start = compile(&format!(r"\A(?:{})", plain.as_str()), call)?;
    let at_end = compile(&format!(r"(?:{})\z", plain.as_str()), call)?;
    skip(call, 1).map1::<StringType, StringType>(|text| {
        let mut text = text;
        if start && let Some(found) = at_start.find(text) {
            text = &text[found.end()..];
        }
        if end && let Some(found) = at_end.find(text) {
            text = &text[..found.start()];
        }
        Some(text.to_owned())
    })
}

fn count_of(call: &Call<'_>) -> Result<Column> {
    let as_regex = call.constant_str(2).is_some_and(|kind| kind.eq_ignore_ascii_case("regex"));
    let guard = Guard::new(call);
    let cache = PatternCache::default();
    let column = call.map2::<StringType, StringType, LongType>(|text, search| {
        guard.row(|| {
            if !as_regex {
                if search.is_empty() {
                    // replace_string and indexof find it nowhere either.
                    call.doubt("an empty text to be counted", "it is found nowhere", "''")?;
                    return Ok(Some(0));
                }
                return Ok(Some(overlapping(text.as_bytes(), search.as_bytes()).count() as i64));
            }
            let (mut count, mut empty) = (0, false);
            for found in cache.get(search, call)?.find_iter(text) {
                call.work(found.end() - found.start() + MATCH_WORK)?;
                empty |= found.is_empty();
                count += 1;
            }
            if empty {
                // The page: the number of times that the expression can be matched.
                call.doubt("a text with a match that is empty", "such matches count", text)?;
            }
            Ok(Some(count))
        })
    });
    guard.finish(column)
}

fn index_of(call: &Call<'_>) -> Result<Column> {
    let regex = pattern(call, 1)?;
    if regex.as_str().is_empty() {
        return Err(call.fail("an empty regular expression is not supported"));
    }
    let characters = |text: &str, byte: usize| text.get(..byte).unwrap_or(text).chars().count() as i64;
    if call.count() < 3 {
        return call.map1::<StringType, LongType>(|text| {
            Some(regex.find(text).map_or(-1, |found| characters(text, found.start())))
        });
    }
    if call.constant(4).and_then(|occurrence| occurrence.convert(ScalarType::Long).as_long()) == Some(0) {
        return Err(call.fail("occurrence 0 is not supported; the first one is 1"));
    }
    call.map_values(|row| {
        let long = |at: usize, default: i64| match row.get(at) {
            None => Some(default),
            Some(value) => value.convert(ScalarType::Long).as_long(),
        };
        let (Some(start), Some(length), Some(occurrence)) = (long(2, 0), long(3, -1), long(4, 1)) else {
            return Ok(Value::Null);
        };
        let Ok(nth) = usize::try_from(occurrence.saturating_sub(1)) else { return Ok(Value::Null) };
        if start < 0 || length < -1 {
            return Ok(Value::Null);
        }
        let text = row.first().map(Value::to_text).unwrap_or_default();
        let byte_of = |text: &str, characters: i64| {
            let characters = usize::try_from(characters).unwrap_or(usize::MAX);
            text.char_indices().nth(characters).map_or(text.len(), |(byte, _)| byte)
        };
        let from = byte_of(&text, start);
        let to = if length < 0 { text.len() } else { from + byte_of(&text[from..], length) };
        // Two readings of the range: matches of the part alone, or of the whole text as far as they start in the part.
        let alone = regex.find_iter(&text[from..to]).nth(nth).map(|found| from + found.start());
        let whole = nth_start(&regex, &text, from, to, nth);
        if alone != whole {
            // So do recorded answers of indexof.
            let taken = "the text around the range is seen, and a match counts if it starts in the range";
            call.doubt("a match that depends on text outside of the range", taken, &text)?;
        }
        Ok(Value::Long(whole.map_or(-1, |byte| characters(&text, byte))))
    })
}

/// The byte where the nth match of the whole text starts, of those that start at `from` or later and before `to`;
/// an empty match may start at `to`.
fn nth_start(regex: &Regex, text: &str, from: usize, to: usize, nth: usize) -> Option<usize> {
    let (mut at, mut last_end, mut left) = (from, None, nth);
    loop {
        let found = regex.find_at(text, at)?;
        at = found.end();
        if found.is_empty() {
            if found.start() > to {
                return None;
            }
            // The next search starts a character further on; none is empty where the last match ended.
            at += text.get(at..)?.chars().next().map_or(1, char::len_utf8);
            if last_end == Some(found.end()) {
                if at > text.len() {
                    return None;
                }
                continue;
            }
        } else if found.start() >= to {
            return None;
        }
        if left == 0 {
            return Some(found.start());
        }
        if at > text.len() {
            return None;
        }
        left -= 1;
        last_end = Some(found.end());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::function::testing::{call_all, check, constants_of, doubted, find, json, refused, text};

    /// As `check`, but the first argument stays constant.
    #[track_caller]
    fn checked(name: &str, arguments: &[Value], expected: Value) {
        let found = call_all(find(FUNCTIONS, name), &constants_of(arguments)).unwrap();
        assert_eq!(found[0].value(0), expected, "{name}{arguments:?}");
    }

    // Expectations: the functions' pages and recorded answers of the real engine.
    #[test]
    fn extracts() {
        let email = r"Email: (\S+),";
        checked("extract", &[text(email), Value::Long(1), text("Email: a@b, Age: 2")], text("a@b"));
        checked("extract", &[text(email), Value::Long(1), text("David")], text(""));
        checked("extract", &[text("(a)|b"), Value::Long(1), text("b")], text(""));
        checked("extract", &[text("b+"), Value::Long(0), text("abbb"), text("long")], Value::Null);
        checked("extract", &[text(r"\d+"), Value::Long(0), text("a42"), text("long")], Value::Long(42));
        doubted(FUNCTIONS, "extract", &[text("a"), Value::Long(1), text("a")], "");
        refused(FUNCTIONS, "extract", &[text("a("), Value::Long(0), text("a")]);
    }

    #[test]
    fn extracts_all() {
        checked("extract_all", &[text("(a)|(b)"), text("ab")], json(r#"[["a",""],["","b"]]"#));
        let named = r"(?P<first>\w)(?P<middle>\w+)(?P<last>\w)";
        checked(
            "extract_all",
            &[text(named), json(r#"["first",2,"last"]"#), text("82b8-dfa7")],
            json(r#"[["8","2b","8"],["d","fa","7"]]"#),
        );
        checked("extract_all", &[text("(x)"), text("abc")], Value::Null);
        refused(FUNCTIONS, "extract_all", &[text("x"), text("abc")]);
        for groups in ["[2]", "[]", "[\"x\"]", "{}"] {
            doubted(FUNCTIONS, "extract_all", &[text("(x)"), json(groups), text("x")], Value::Null);
        }
    }

    #[test]
    fn rewrites() {
        checked("replace_regex", &[text("a1b22"), text(r"(\d)+"), text(r"<\0\\\1>")], text(r"a<1\1>b<22\2>"));
        checked("replace_regex", &[text("abc"), text(""), text("-")], text("-a-b-c-"));
        checked("replace_regex", &[text("$1"), text("1"), text("$0")], text("$$0"));
        checked("replace_regex", &[text("foo bar"), text(r"\b(\w)(\w*)"), text(r"\2\1")], text("oof arb"));
        refused(FUNCTIONS, "replace_regex", &[text("abc"), text("b"), text(r"\1")]);
        refused(FUNCTIONS, "replace_regex", &[text("abc"), text("b"), text(r"\U")]);
        refused(
            FUNCTIONS,
            "replace_regex",
            &[text(&"x".repeat(1 << 20)), text("x"), text(&"y".repeat(1 << 20))],
        );
    }

    #[test]
    fn trims_one_match_a_side() {
        checked("trim", &[text(r"[^\w]+"), text("-  Te st1// $")], text("Te st1"));
        checked("trim", &[text("x|y"), text("xyaxy")], text("yax"));
        checked("trim_end", &[text("a+?"), text("baaa")], text("b"));
        refused(FUNCTIONS, "trim", &[text("a)|(b"), text("a")]);
    }

    #[test]
    fn counts() {
        check(FUNCTIONS, "countof", &[text("abcabc"), text("a.c")], Value::Long(0));
        checked("countof", &[text("abcabc"), text("a.c"), text("regex")], Value::Long(2));
        checked("countof", &[text("ababa"), text("aba"), text("normal")], Value::Long(2));
        doubted(FUNCTIONS, "countof", &[text("abc"), text("")], 0_i64);
        doubted(FUNCTIONS, "countof", &[text("abxb"), text("x*"), text("regex")], 4_i64);
    }

    #[test]
    fn where_it_matches() {
        let at = |row: &[i64], expected: Value| {
            let mut arguments = vec![text("éabcabc"), text("a.c")];
            arguments.extend(row.iter().map(|n| Value::Long(*n)));
            checked("indexof_regex", &arguments, expected);
        };
        at(&[], Value::Long(1));
        at(&[2], Value::Long(4));
        at(&[1, -1, 2], Value::Long(4));
        at(&[2, -1, 2], Value::Long(-1));
        at(&[0, 1], Value::Long(-1));
        at(&[-1], Value::Null);
        at(&[0, -2], Value::Null);
        let of = |source: &str, lookup: &str, range: &[i64]| {
            let range = range.iter().copied().map(Value::Long);
            [text(source), text(lookup)].into_iter().chain(range).collect::<Vec<_>>()
        };
        doubted(FUNCTIONS, "indexof_regex", &of("abc", "a.c", &[0, 2]), 0_i64);
        doubted(FUNCTIONS, "indexof_regex", &of("abc", "^b", &[1]), -1_i64);
        checked("indexof_regex", &of("xab", "x|(?:)", &[0, 1, 2]), Value::Long(-1));
        checked("indexof_regex", &of("éabé", "(?:)", &[1, -1, 4]), Value::Long(4));
        checked("indexof_regex", &of("éabé", "b|(?:)", &[1, -1, 3]), Value::Long(4));
        refused(FUNCTIONS, "indexof_regex", &of("abc", "x", &[-1, -1, 0]));
    }
}
