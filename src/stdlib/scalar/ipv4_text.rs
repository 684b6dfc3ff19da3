//! IPv4 addresses that stand in a text. It must not know ranges.

use std::net::Ipv4Addr;

use super::network::texts;
use super::rows::Guard;
use crate::column::{BoolType, Column, StringType};
use crate::function::kinds::{ARRAY, STRING, STRING_OR_DYNAMIC, returns};
use crate::function::{Call, Category, Example, Kernel, Result, ScalarFunction, signatures};
use crate::types::Value;

pub(super) const FUNCTIONS: &[ScalarFunction] = &[
    ScalarFunction {
        name: "has_ipv4",
        category: Category::Network,
        summary: "Whether an IPv4 address stands in a text, set off by characters that are no letters or digits.",
        signatures: signatures![(source: STRING_OR_DYNAMIC, ip: STRING) -> returns::BOOL],
        kernel: Kernel::Rows(|call| has_any(call, whole_address)),
        examples: &[
            Example {
                query: "has_ipv4('05:04:54 127.0.0.1 GET /favicon.ico 404', '127.0.0.1')",
                result: "true",
            },
            Example { query: "has_ipv4('05:04:54127.0.0.1 GET', '127.0.0.1')", result: "false" },
            Example { query: "has_ipv4('127.0.0.256', '127.0.0.256')", result: "false" },
        ],
        ..ScalarFunction::DEFAULT
    },
    ScalarFunction {
        name: "has_any_ipv4",
        category: Category::Network,
        summary: "Whether one of several IPv4 addresses stands in a text.",
        signatures: signatures![
            (source: STRING_OR_DYNAMIC, ips: STRING.repeated(1, u16::MAX)) -> returns::BOOL;
            (source: STRING_OR_DYNAMIC, ips: ARRAY) -> returns::BOOL;
        ],
        kernel: Kernel::Rows(|call| has_any(call, whole_address)),
        examples: &[
            Example { query: "has_any_ipv4('from 127.0.0.1 GET', '10.0.0.1', '127.0.0.1')", result: "true" },
            Example { query: "has_any_ipv4('from 127.0.0.1 GET', dynamic(['10.0.0.1']))", result: "false" },
        ],
        ..ScalarFunction::DEFAULT
    },
    ScalarFunction {
        name: "has_ipv4_prefix",
        category: Category::Network,
        summary: "Whether an IPv4 address that starts with a prefix such as '192.168.' stands in a text.",
        signatures: signatures![(source: STRING_OR_DYNAMIC, ip_prefix: STRING) -> returns::BOOL],
        kernel: Kernel::Rows(|call| has_any(call, prefix)),
        examples: &[
            Example { query: "has_ipv4_prefix('05:04:54 127.0.0.1 GET', '127.0.')", result: "true" },
            Example { query: "has_ipv4_prefix('05:04:54 127.0.0.1 GET', '127.0')", result: "false" },
            Example { query: "has_ipv4_prefix('05:04:54 127.0.0.256 GET', '127.0.')", result: "false" },
        ],
        ..ScalarFunction::DEFAULT
    },
    ScalarFunction {
        name: "has_any_ipv4_prefix",
        category: Category::Network,
        summary: "Whether an IPv4 address that starts with one of several prefixes stands in a text.",
        signatures: signatures![
            (source: STRING_OR_DYNAMIC, ip_prefixes: STRING.repeated(1, u16::MAX)) -> returns::BOOL;
            (source: STRING_OR_DYNAMIC, ip_prefixes: ARRAY) -> returns::BOOL;
        ],
        kernel: Kernel::Rows(|call| has_any(call, prefix)),
        examples: &[Example {
            query: "has_any_ipv4_prefix('05:04:54 127.0.0.1 GET', dynamic(['127.0.', '192.168.']))",
            result: "true",
        }],
        ..ScalarFunction::DEFAULT
    },
];

/// What addresses in a text are compared with: whole ones, or their beginnings.
#[derive(Debug)]
enum Wanted {
    Whole(String),
    Prefix(String),
}

impl Wanted {
    fn fits(&self, address: &str) -> bool {
        match self {
            Self::Whole(wanted) => address == wanted,
            Self::Prefix(wanted) => address.starts_with(wanted.as_str()),
        }
    }
}

/// An address; anything else is wanted nowhere.
fn whole_address(text: &str) -> Option<Wanted> {
    text.parse::<Ipv4Addr>().ok().map(|_| Wanted::Whole(text.to_owned()))
}

/// An address, or one to three parts of one with a dot after each.
fn prefix(text: &str) -> Option<Wanted> {
    let Some(parts) = text.strip_suffix('.') else { return whole_address(text) };
    let missing =
        4_usize.checked_sub(parts.split('.').count()).filter(|missing| (1..=3).contains(missing))?;
    let filled = format!("{text}{}", ["0", "0.0", "0.0.0"].get(missing - 1)?);
    filled.parse::<Ipv4Addr>().ok().map(|_| Wanted::Prefix(text.to_owned()))
}

fn has_any(call: &Call<'_>, read: fn(&str) -> Option<Wanted>) -> Result<Column> {
    let wanted =
        |values: &[Value]| -> Vec<Wanted> { texts(values).iter().filter_map(|text| read(text)).collect() };
    let constants: Option<Vec<Value>> = (1..call.count()).map(|at| call.constant(at).cloned()).collect();
    if let Some(constants) = constants {
        let wanted = wanted(&constants);
        let guard = Guard::new(call);
        let column =
            call.map1::<StringType, BoolType>(|text| guard.row(|| stands_in(call, text, &wanted).map(Some)));
        return guard.finish(column);
    }
    call.map_values(|row| {
        let text = row.first().map(Value::to_text).unwrap_or_default();
        stands_in(call, &text, &wanted(row.get(1..).unwrap_or_default())).map(Value::Bool)
    })
}

/// Whether one of the wanted addresses stands in a text.
fn stands_in(call: &Call<'_>, text: &str, wanted: &[Wanted]) -> Result<bool> {
    let mut in_doubt = false;
    if wanted.is_empty() {
        return Ok(false);
    }
    for (from, to) in addresses(text) {
        let (before, address, after) = (&text[..from], &text[from..to], &text[to..]);
        if !wanted.iter().any(|it| it.fits(address)) {
            continue;
        }
        // `1.2.3.4.5`: whether the dot sets an address off from a further number is not known.
        let digit = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit());
        let longer_before = before.strip_suffix('.').is_some_and(|rest| digit(rest.chars().next_back()));
        let longer_after = after.strip_prefix('.').is_some_and(|rest| digit(rest.chars().next()));
        if !longer_before && !longer_after {
            return Ok(true);
        }
        in_doubt = true;
    }
    if in_doubt {
        // The page: delimited by characters that are no letters or digits.
        call.doubt("an address within a longer row of numbers and dots", "it is found", text)?;
    }
    Ok(in_doubt)
}

/// The places of valid addresses that no letter or digit touches.
fn addresses(text: &str) -> impl Iterator<Item = (usize, usize)> + '_ {
    let bytes = text.as_bytes();
    memchr::memchr_iter(b'.', bytes).filter_map(move |dot| {
        // An address is found by its first dot: the digits before it, then what follows, 15 characters at the most.
        let from = (dot.saturating_sub(4)..dot).rev().take_while(|at| bytes[*at].is_ascii_digit()).last()?;
        let end = bytes.len().min(from + 16);
        let to = (0..4).try_fold(from, |at, part| {
            let digits = bytes.get(at..end)?.iter().take_while(|byte| byte.is_ascii_digit()).count();
            let next = at + digits;
            if part == 3 { Some(next) } else { (bytes.get(next) == Some(&b'.')).then_some(next + 1) }
        })?;
        text[from..to].parse::<Ipv4Addr>().ok()?;
        let touches = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
        let free = !touches(text[..from].chars().next_back()) && !touches(text[to..].chars().next());
        free.then_some((from, to))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::function::testing::{check, doubted};

    // Expectations: the functions' pages; the last ones by reasoning from their words.
    #[test]
    fn addresses_in_a_text() {
        for (source, ip, expected) in [
            ("05:04:54 127.0.0.1 GET /favicon.ico 404", "127.0.0.1", true),
            ("05:04:54 127.0.0.256 GET", "127.0.0.256", false),
            ("05:04:54127.0.0.1 GET", "127.0.0.1", false),
            ("192.168.1.1, 10.1.1.115 and 10.1.1.201.", "10.1.1.201", true),
            ("é127.0.0.1", "127.0.0.1", false),
            ("127.0.0.1é", "127.0.0.1", false),
            ("127.0.0.12", "127.0.0.1", false),
            ("a.b 1.2.3. 127.0.0.1", "127.0.0.1", true),
            ("127.0.0.1", "127.0.0.1/32", false),
            ("", "127.0.0.1", false),
            ("1.12345678901234.1", "127.0.0.1", false),
        ] {
            check(FUNCTIONS, "has_ipv4", &[Value::string(source), Value::string(ip)], expected);
        }
        for (prefix, expected) in [
            ("127.0.", true),
            ("127.0", false),
            ("127.0.0.1", true),
            ("127.0.0.", true),
            (".", false),
            ("127.0.0.1.", false),
        ] {
            let row = [Value::string("05:04:54 127.0.0.1 GET"), Value::string(prefix)];
            check(FUNCTIONS, "has_ipv4_prefix", &row, expected);
        }
    }

    #[test]
    fn an_address_in_a_longer_row_of_numbers() {
        let row = [Value::string("1.127.0.0.1"), Value::string("127.0.0.1")];
        doubted(FUNCTIONS, "has_ipv4", &row, true);
        let row = [Value::string("1.127.0.0.1 127.0.0.1"), Value::string("127.0.0.1")];
        check(FUNCTIONS, "has_ipv4", &row, true);
    }
}
