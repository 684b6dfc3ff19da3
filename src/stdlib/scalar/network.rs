//! IPv4 and IPv6 addresses: parsing, ranges, comparison. It must not know where addresses stand in a text.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::rows::Guard;
use crate::column::{BoolType, Column, DynamicType, LongType, StringType};
use crate::function::kinds::{ARRAY, LONG, SCALAR, STRING, STRING_OR_DYNAMIC, returns};
use crate::function::{Call, Category, Example, Kernel, Result, ScalarFunction, signatures};
use crate::stdlib::ip_network::Network;
use crate::types::{Dynamic, ScalarType, Value};

pub(super) const FUNCTIONS: &[ScalarFunction] = &[
    ScalarFunction {
        name: "parse_ipv4",
        category: Category::Network,
        summary: "An IPv4 address as a number, cut to its prefix length if it has one; null if it is none.",
        signatures: signatures![(ip: STRING) -> returns::LONG],
        kernel: Kernel::Rows(|call| {
            call.map1::<StringType, LongType>(|ip| Network::v4(ip).map(|it| it.masked() as i64))
        }),
        examples: &[
            Example { query: "parse_ipv4('192.168.1.1')", result: "3232235777" },
            Example { query: "parse_ipv4('192.168.1.1/24')", result: "3232235776" },
            Example { query: "parse_ipv4('localhost')", result: "null" },
        ],
        ..ScalarFunction::DEFAULT
    },
    ScalarFunction {
        name: "parse_ipv4_mask",
        category: Category::Network,
        summary: "An IPv4 address as a number, cut to a prefix length.",
        signatures: signatures![(ip: STRING, prefix: LONG) -> returns::LONG],
        kernel: Kernel::Rows(|call| {
            call.map2::<StringType, LongType, LongType>(|ip, prefix| {
                Some(Network::v4(ip)?.cut(prefix)?.masked() as i64)
            })
        }),
        examples: &[Example { query: "parse_ipv4_mask('127.0.0.1', 24)", result: "2130706432" }],
        ..ScalarFunction::DEFAULT
    },
    ScalarFunction {
        name: "ipv4_is_private",
        category: Category::Network,
        summary: "Whether an IPv4 address is in one of the private ranges 10/8, 172.16/12 and 192.168/16; null if it is none.",
        signatures: signatures![(ip: STRING) -> returns::BOOL],
        kernel: Kernel::Rows(|call| {
            call.map1::<StringType, BoolType>(|ip| {
                Network::v4(ip).map(|it| Ipv4Addr::from(it.masked() as u32).is_private())
            })
        }),
        examples: &[
            Example { query: "ipv4_is_private('192.168.1.1/24')", result: "true" },
            Example { query: "ipv4_is_private('127.0.0.1')", result: "false" },
            Example { query: "ipv4_is_private('::1')", result: "null" },
        ],
        ..ScalarFunction::DEFAULT
    },
    ScalarFunction {
        name: "ipv4_netmask_suffix",
        category: Category::Network,
        summary: "The prefix length of an IPv4 address, 32 if it has none.",
        signatures: signatures![(ip: STRING) -> returns::LONG],
        kernel: Kernel::Rows(|call| {
            call.map1::<StringType, LongType>(|ip| Network::v4(ip).map(|it| i64::from(it.prefix)))
        }),
        examples: &[
            Example { query: "ipv4_netmask_suffix('192.168.1.1/24')", result: "24" },
            Example { query: "ipv4_netmask_suffix('10.1.2.3')", result: "32" },
        ],
        ..ScalarFunction::DEFAULT
    },
    ScalarFunction {
        name: "ipv4_compare",
        category: Category::Network,
        summary: "How two IPv4 addresses compare over their shortest prefix: -1, 0 or 1; null if one is none.",
        signatures: signatures![(ip1: STRING, ip2: STRING, prefix: LONG.optional()) -> returns::LONG],
        kernel: Kernel::Rows(|call| compare(call, V4)),
        examples: &[
            Example { query: "ipv4_compare('192.168.1.1/24', '192.168.1.255')", result: "0" },
            Example { query: "ipv4_compare('192.168.1.1', '192.168.1.255', 24)", result: "0" },
            Example { query: "ipv4_compare('192.168.1.1', '192.168.1.255')", result: "-1" },
        ],
        ..ScalarFunction::DEFAULT
    },
    ScalarFunction {
        name: "ipv4_is_match",
        category: Category::Network,
        summary: "Whether two IPv4 addresses are equal over their shortest prefix; null if one is none.",
        signatures: signatures![(ip1: STRING, ip2: STRING, prefix: LONG.optional()) -> returns::BOOL],
        kernel: Kernel::Rows(|call| is_match(call, V4)),
        examples: &[
            Example { query: "ipv4_is_match('192.168.1.1/24', '192.168.1.255')", result: "true" },
            Example { query: "ipv4_is_match('192.168.1.1', '192.168.1.0', 31)", result: "true" },
        ],
        ..ScalarFunction::DEFAULT
    },
    ScalarFunction {
        name: "ipv4_is_in_range",
        category: Category::Network,
        summary: "Whether an IPv4 address is in a range such as 10.0.0.0/8; null if one of them is not valid.",
        signatures: signatures![(ip: STRING, ip_range: STRING) -> returns::BOOL],
        kernel: Kernel::Rows(|call| is_match(call, V4)),
        examples: &[
            Example { query: "ipv4_is_in_range('192.168.1.1', '192.168.1.255/24')", result: "true" },
            Example { query: "ipv4_is_in_range('10.1.2.3', '192.168.1.1')", result: "false" },
        ],
        ..ScalarFunction::DEFAULT
    },
    ScalarFunction {
        name: "ipv4_is_in_any_range",
        category: Category::Network,
        summary: "Whether an IPv4 address is in one of several ranges, given one by one or as an array.",
        signatures: signatures![
            (ip: STRING_OR_DYNAMIC, ranges: STRING.repeated(1, u16::MAX)) -> returns::BOOL;
            (ip: STRING_OR_DYNAMIC, ranges: ARRAY) -> returns::BOOL;
        ],
        kernel: Kernel::Rows(|call| in_any_range(call, V4)),
        examples: &[
            Example {
                query: "ipv4_is_in_any_range('192.168.1.6', '192.168.1.1/24', '10.0.0.1/8')",
                result: "true",
            },
            Example {
                query: "ipv4_is_in_any_range('1.1.1.1', dynamic(['192.168.1.1/16', '10.0.0.1/8']))",
                result: "false",
            },
        ],
        ..ScalarFunction::DEFAULT
    },
    ScalarFunction {
        name: "ipv4_range_to_cidr_list",
        category: Category::Network,
        summary: "The ranges in prefix notation that cover the addresses from a first to a last one.",
        signatures: signatures![(start_ip: STRING, end_ip: STRING) -> returns::DYNAMIC],
        kernel: Kernel::Rows(range_to_list),
        examples: &[Example {
            query: "ipv4_range_to_cidr_list('1.1.128.0', '1.1.140.255')",
            result: "[\"1.1.128.0/21\",\"1.1.136.0/22\",\"1.1.140.0/24\"]",
        }],
        ..ScalarFunction::DEFAULT
    },
    ScalarFunction {
        name: "format_ipv4",
        category: Category::Network,
        summary: "An IPv4 address, given as text or number, as text, cut to a prefix length.",
        signatures: signatures![(ip: SCALAR, prefix: LONG.optional()) -> returns::STRING],
        kernel: Kernel::Rows(|call| format_v4(call, false)),
        examples: &[
            Example { query: "format_ipv4('192.168.1.1', 24)", result: "\"192.168.1.0\"" },
            Example { query: "format_ipv4(3232235777)", result: "\"192.168.1.1\"" },
            Example { query: "format_ipv4('192.168.1.1', -1)", result: "\"\"" },
        ],
        ..ScalarFunction::DEFAULT
    },
    ScalarFunction {
        name: "format_ipv4_mask",
        category: Category::Network,
        summary: "An IPv4 address, given as text or number, in prefix notation, cut to a prefix length.",
        signatures: signatures![(ip: SCALAR, prefix: LONG) -> returns::STRING],
        kernel: Kernel::Rows(|call| format_v4(call, true)),
        examples: &[
            Example { query: "format_ipv4_mask('192.168.1.1', 24)", result: "\"192.168.1.0/24\"" },
            Example { query: "format_ipv4_mask('192.168.1.1/24', 32)", result: "\"192.168.1.0/24\"" },
        ],
        ..ScalarFunction::DEFAULT
    },
    ScalarFunction {
        name: "parse_ipv6",
        category: Category::Network,
        summary: "An IPv6 or IPv4 address written out in full, cut to its prefix length if it has one; empty if it is none.",
        signatures: signatures![(ip: STRING) -> returns::STRING],
        kernel: Kernel::Rows(|call| {
            call.map1::<StringType, StringType>(|ip| Network::v6(ip).map(|it| written_out(it.masked())))
        }),
        examples: &[
            Example {
                query: "parse_ipv6('192.168.255.255/24')",
                result: "\"0000:0000:0000:0000:0000:ffff:c0a8:ff00\"",
            },
            Example { query: "parse_ipv6('x')", result: "\"\"" },
        ],
        ..ScalarFunction::DEFAULT
    },
    ScalarFunction {
        name: "parse_ipv6_mask",
        category: Category::Network,
        summary: "An IPv6 or IPv4 address written out in full, cut to a prefix length of up to 128; empty if it is none.",
        signatures: signatures![(ip: STRING, prefix: LONG) -> returns::STRING],
        kernel: Kernel::Rows(|call| {
            let guard = Guard::new(call);
            let column = call.map2::<StringType, LongType, StringType>(|ip, prefix| {
                guard.row(|| {
                    let Some(network) = Network::v6(ip) else { return Ok(None) };
                    if network.from_v4 && (0..96).contains(&prefix) {
                        // The page: the number of most significant bits, 0 to 128.
                        let about = "a prefix length under 96 for an IPv4 address";
                        call.doubt(about, "it counts from the start of the IPv6 address", prefix)?;
                    }
                    Ok(network.cut(prefix).map(|it| written_out(it.masked())))
                })
            });
            guard.finish(column)
        }),
        examples: &[
            Example {
                query: "parse_ipv6_mask('192.168.255.255', 120)",
                result: "\"0000:0000:0000:0000:0000:ffff:c0a8:ff00\"",
            },
            Example {
                query: "parse_ipv6_mask('fe80::85d:e82c:9446:7994/120', 124)",
                result: "\"fe80:0000:0000:0000:085d:e82c:9446:7900\"",
            },
        ],
        ..ScalarFunction::DEFAULT
    },
    ScalarFunction {
        name: "ipv6_compare",
        category: Category::Network,
        summary: "How two IPv6 or IPv4 addresses compare over their shortest prefix: -1, 0 or 1; null if one is none.",
        signatures: signatures![(ip1: STRING, ip2: STRING, prefix: LONG.optional()) -> returns::LONG],
        kernel: Kernel::Rows(|call| compare(call, V6)),
        examples: &[
            Example { query: "ipv6_compare('192.168.1.1/24', '::ffff:c0a8:01ff')", result: "0" },
            Example {
                query: "ipv6_compare('fe80::85d:e82c:9446:7994', 'fe80::85d:e82c:9446:7995', 127)",
                result: "0",
            },
        ],
        ..ScalarFunction::DEFAULT
    },
    ScalarFunction {
        name: "ipv6_is_match",
        category: Category::Network,
        summary: "Whether two IPv6 or IPv4 addresses are equal over their shortest prefix; null if one is none.",
        signatures: signatures![(ip1: STRING, ip2: STRING, prefix: LONG.optional()) -> returns::BOOL],
        kernel: Kernel::Rows(|call| is_match(call, V6)),
        examples: &[Example {
            query: "ipv6_is_match('fe80::85d:e82c:9446:7994/120', 'fe80::85d:e82c:9446:7998')",
            result: "true",
        }],
        ..ScalarFunction::DEFAULT
    },
    ScalarFunction {
        name: "ipv6_is_in_range",
        category: Category::Network,
        summary: "Whether an IPv6 address is in a range in prefix notation; null if one of them is not valid.",
        signatures: signatures![(ip: STRING, ip_range: STRING) -> returns::BOOL],
        kernel: Kernel::Rows(|call| is_match(call, V6)),
        examples: &[
            Example {
                query: "ipv6_is_in_range('a5e:f127:8a9d:146d::abcd', 'a5e:f127:8a9d:146d::0/112')",
                result: "true",
            },
            Example {
                query: "ipv6_is_in_range('a5e:f127:8a9d:146d::abcd', '0:0:0:0:0:ffff:c0a8:ac/60')",
                result: "false",
            },
        ],
        ..ScalarFunction::DEFAULT
    },
    ScalarFunction {
        name: "ipv6_is_in_any_range",
        category: Category::Network,
        summary: "Whether an IPv6 address is in one of several ranges, given one by one or as an array.",
        signatures: signatures![
            (ip: STRING_OR_DYNAMIC, ranges: STRING.repeated(1, u16::MAX)) -> returns::BOOL;
            (ip: STRING_OR_DYNAMIC, ranges: ARRAY) -> returns::BOOL;
        ],
        kernel: Kernel::Rows(|call| in_any_range(call, V6)),
        examples: &[Example {
            query: "ipv6_is_in_any_range('a5e:f127:8a9d:146d::abcd', dynamic(['::1', 'a5e:f127:8a9d:146d::0/112']))",
            result: "true",
        }],
        ..ScalarFunction::DEFAULT
    },
];

/// Which addresses a function takes.
type Parser = fn(&str) -> Option<Network>;
const V4: Parser = Network::v4;
const V6: Parser = Network::v6;

/// Eight groups of four hex digits.
fn written_out(address: u128) -> String {
    let groups: Vec<String> =
        Ipv6Addr::from(address).segments().iter().map(|it| format!("{it:04x}")).collect();
    groups.join(":")
}

fn ordering(
    call: &Call<'_>,
    a: &str,
    b: &str,
    prefix: Option<i64>,
    parse: Parser,
) -> Result<Option<std::cmp::Ordering>> {
    let (Some(a), Some(b)) = (parse(a), parse(b)) else { return Ok(None) };
    let Some(prefix) = prefix else { return Ok(Some(a.compare(b))) };
    let Some(short) = a.cut(prefix) else { return Ok(None) };
    let found = short.compare(b);
    // For two IPv4 addresses as IPv6 it is not known whether the prefix length counts from the IPv4 part.
    if a.bits == 128 && a.from_v4 && b.from_v4 && prefix <= 32 {
        let counted = a.cut(prefix + 96).map(|a| a.compare(b));
        if counted != Some(found) {
            // The page: the number of most significant bits, 0 to 128.
            let about = "a prefix length of up to 32 for two IPv4 addresses";
            call.doubt(about, "it counts from the start of the IPv6 addresses", prefix)?;
        }
    }
    Ok(Some(found))
}

fn compare(call: &Call<'_>, parse: Parser) -> Result<Column> {
    let guard = Guard::new(call);
    let compare = |a: &str, b: &str, prefix: Option<i64>| {
        guard.row(|| Ok(ordering(call, a, b, prefix, parse)?.map(|it| it as i64)))
    };
    let column = if call.count() < 3 {
        call.map2::<StringType, StringType, LongType>(|a, b| compare(a, b, None))
    } else {
        call.map3::<StringType, StringType, LongType, LongType>(|a, b, prefix| compare(a, b, Some(prefix)))
    };
    guard.finish(column)
}

fn is_match(call: &Call<'_>, parse: Parser) -> Result<Column> {
    let guard = Guard::new(call);
    let is_match = |a: &str, b: &str, prefix: Option<i64>| {
        guard.row(|| Ok(ordering(call, a, b, prefix, parse)?.map(std::cmp::Ordering::is_eq)))
    };
    let column = if call.count() < 3 {
        call.map2::<StringType, StringType, BoolType>(|a, b| is_match(a, b, None))
    } else {
        call.map3::<StringType, StringType, LongType, BoolType>(|a, b, prefix| is_match(a, b, Some(prefix)))
    };
    guard.finish(column)
}

/// The texts that arguments from `first` on hold in a row, arrays spread out; an item that is no string is empty.
pub(super) fn texts(values: &[Value]) -> Vec<String> {
    let mut out = Vec::new();
    for value in values {
        match value {
            Value::Dynamic(Dynamic::Array(items)) => {
                out.extend(items.iter().map(|item| item.as_str().unwrap_or_default().to_owned()));
            }
            other => out.push(other.to_text().to_string()),
        }
    }
    out
}

fn in_any_range(call: &Call<'_>, parse: Parser) -> Result<Column> {
    let parsed = |values: &[Value]| -> Vec<Result<Network, String>> {
        texts(values).into_iter().map(|text| parse(&text).ok_or(text)).collect()
    };
    let contains = |ip: &str, ranges: &[Result<Network, String>]| {
        let Some(ip) = parse(ip) else { return Ok(None) };
        if ranges.iter().flatten().any(|range| ip.compare(*range).is_eq()) {
            return Ok(Some(true));
        }
        match ranges.iter().find_map(|range| range.as_ref().err()) {
            Some(text) => {
                // The page: null if one of them cannot be read.
                call.doubt("a range that is not in prefix notation", "the result is null", text)?;
                Ok(None)
            }
            None => Ok(Some(false)),
        }
    };
    let constants: Option<Vec<Value>> = (1..call.count()).map(|at| call.constant(at).cloned()).collect();
    if let Some(constants) = constants {
        let ranges = parsed(&constants);
        let guard = Guard::new(call);
        let column = call.map1::<StringType, BoolType>(|ip| guard.row(|| contains(ip, &ranges)));
        return guard.finish(column);
    }
    call.map_values(|row| {
        let ip = row.first().map(Value::to_text).unwrap_or_default();
        let found = contains(&ip, &parsed(row.get(1..).unwrap_or_default()))?;
        Ok(found.map_or(Value::Null, Value::Bool))
    })
}

fn range_to_list(call: &Call<'_>) -> Result<Column> {
    let guard = Guard::new(call);
    let column = call.map2::<StringType, StringType, DynamicType>(|start, end| {
        guard.row(|| {
            let (Some(start), Some(end)) = (Network::v4(start), Network::v4(end)) else { return Ok(None) };
            let ends = [start, end];
            if let Some(network) = ends.iter().find(|it| it.prefix < 32) {
                // As parse_ipv4 does.
                let example = format!("{}/{}", Ipv4Addr::from(network.address as u32), network.prefix);
                call.doubt("a network as an end of the range", "it is cut to its prefix length", example)?;
            }
            let [mut next, end] = ends.map(|it| it.masked() as u64);
            if next > end {
                // As range has it.
                let example = Ipv4Addr::from(next as u32);
                call.doubt("a range that ends before it starts", "the array is empty", example)?;
            }
            let mut ranges = Vec::new();
            while next <= end {
                // The largest block that starts here and does not pass the end.
                let mut size = next.trailing_zeros().min(32);
                while next + (1 << size) - 1 > end {
                    size -= 1;
                }
                ranges.push(Dynamic::string(&format!("{}/{}", Ipv4Addr::from(next as u32), 32 - size)));
                next += 1 << size;
            }
            Ok(Some(Dynamic::array(ranges)))
        })
    });
    guard.finish(column)
}

fn format_v4(call: &Call<'_>, with_prefix: bool) -> Result<Column> {
    call.map_values(|row| {
        let network = match row.first() {
            Some(Value::Int(number)) => v4_of_number(i64::from(*number)),
            Some(Value::Long(number) | Value::Dynamic(Dynamic::Long(number))) => v4_of_number(*number),
            Some(Value::String(text) | Value::Dynamic(Dynamic::String(text))) => Network::v4(text),
            _ => None,
        };
        let prefix = row.get(1).map_or(Some(32), |prefix| prefix.convert(ScalarType::Long).as_long());
        let text = network.zip(prefix).and_then(|(network, prefix)| network.cut(prefix)).map(|network| {
            let address = Ipv4Addr::from(network.masked() as u32);
            if with_prefix { format!("{address}/{}", network.prefix) } else { address.to_string() }
        });
        Ok(Value::string(&text.unwrap_or_default()))
    })
}

fn v4_of_number(number: i64) -> Option<Network> {
    let address = u128::from(u32::try_from(number).ok()?);
    Some(Network { address, prefix: 32, bits: 32, from_v4: true })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::function::testing::{check, doubted, json, text};

    // Expectations: the functions' pages and recorded answers of the real engine.
    #[test]
    fn the_shorter_prefix_counts() {
        for (a, b) in [
            ("192.168.1.0", "192.168.1.0"),
            ("192.168.1.1/24", "192.168.1.255"),
            ("192.168.1.1", "192.168.1.255/24"),
            ("192.168.1.1/30", "192.168.1.255/24"),
        ] {
            check(FUNCTIONS, "ipv4_is_match", &[text(a), text(b)], true);
            check(FUNCTIONS, "ipv6_is_match", &[text(a), text(b)], true);
        }
        let with = |a: &str, b: &str, prefix: i64| [text(a), text(b), Value::Long(prefix)];
        check(FUNCTIONS, "ipv4_compare", &with("192.168.1.1/24", "192.168.1.255", 31), 0_i64);
        check(FUNCTIONS, "ipv4_compare", &with("192.168.1.1", "192.168.1.255", 33), Value::Null);
        check(FUNCTIONS, "ipv4_compare", &with("1.2.3.4", "4.3.2.1", 0), 0_i64);
        check(FUNCTIONS, "ipv6_compare", &with("::192.168.1.1/30", "::192.168.1.255/24", 127), 0_i64);
        check(FUNCTIONS, "ipv6_compare", &with("::192.168.1.1/30", "192.168.1.255/24", 127), -1_i64);
        check(FUNCTIONS, "ipv6_compare", &with("::ffff:c0a8:0101", "192.168.1.255", 120), 0_i64);
        check(FUNCTIONS, "ipv6_compare", &with("fe80::1", "fe80::2", 128), -1_i64);
        check(FUNCTIONS, "ipv6_is_match", &with("192.168.1.1", "192.168.1.0", 31), true);
        doubted(FUNCTIONS, "ipv6_is_match", &with("192.168.1.1", "10.0.0.0", 31), true);
    }

    #[test]
    fn what_is_no_address_is_null() {
        for bad in [
            "",
            "1.2.3",
            "1.2.3.256",
            " 1.2.3.4",
            "1.2.3.4/33",
            "1.2.3.4/",
            "1.2.3.4/+8",
            "::1",
            "1.2.3.4:80",
        ] {
            check(FUNCTIONS, "parse_ipv4", &[text(bad)], Value::Null);
            check(FUNCTIONS, "ipv4_is_private", &[text(bad)], Value::Null);
            check(FUNCTIONS, "ipv4_is_in_range", &[text(bad), text("10.0.0.0/8")], Value::Null);
        }
        check(FUNCTIONS, "parse_ipv4", &[text("255.255.255.255/31")], 4_294_967_294_i64);
        check(FUNCTIONS, "parse_ipv4", &[text("255.255.255.255/0")], 0_i64);
        check(FUNCTIONS, "ipv4_is_private", &[text("172.31.0.1")], true);
        check(FUNCTIONS, "ipv4_is_private", &[text("172.32.0.1")], false);
    }

    #[test]
    fn ranges() {
        let ranges = json(r#"["192.168.1.1/16","127.0.0.1/8"]"#);
        check(FUNCTIONS, "ipv4_is_in_any_range", &[text("192.168.1.5"), ranges.clone()], true);
        check(FUNCTIONS, "ipv4_is_in_any_range", &[text("1.1.1.1"), ranges.clone()], false);
        check(FUNCTIONS, "ipv4_is_in_any_range", &[text("fe80::1"), ranges], Value::Null);
        check(FUNCTIONS, "ipv4_is_in_any_range", &[text("10.1.1.1"), text("x"), text("10.0.0.0/8")], true);
        let ranges = [text("1.1.1.1"), text("fe80::/10"), text("10.0.0.0/8")];
        doubted(FUNCTIONS, "ipv4_is_in_any_range", &ranges, Value::Null);
        check(
            FUNCTIONS,
            "ipv4_range_to_cidr_list",
            &[text("0.0.0.0"), text("255.255.255.255")],
            json(r#"["0.0.0.0/0"]"#),
        );
        check(
            FUNCTIONS,
            "ipv4_range_to_cidr_list",
            &[text("255.255.255.254"), text("255.255.255.255")],
            json(r#"["255.255.255.254/31"]"#),
        );
        doubted(FUNCTIONS, "ipv4_range_to_cidr_list", &[text("2.0.0.0"), text("1.0.0.0")], json("[]"));
        doubted(
            FUNCTIONS,
            "ipv4_range_to_cidr_list",
            &[text("1.2.3.4/30"), text("1.2.3.7")],
            json(r#"["1.2.3.4/30"]"#),
        );
    }

    #[test]
    fn written_out_ipv6() {
        for (ip, prefix, expected) in [
            ("192.168.255.255", 120, "0000:0000:0000:0000:0000:ffff:c0a8:ff00"),
            ("192.168.255.255/24", 124, "0000:0000:0000:0000:0000:ffff:c0a8:ff00"),
            ("fe80::85d:e82c:9446:7994", 128, "fe80:0000:0000:0000:085d:e82c:9446:7994"),
            ("fe80::85d:e82c:9446:7994/120", 124, "fe80:0000:0000:0000:085d:e82c:9446:7900"),
            ("::192.168.255.255", 128, "0000:0000:0000:0000:0000:0000:c0a8:ffff"),
            ("::192.168.255.255/24", 128, "0000:0000:0000:0000:0000:0000:c0a8:ff00"),
            ("::ffff:192.168.255.255", 128, "0000:0000:0000:0000:0000:ffff:c0a8:ffff"),
            ("fe80::1", 129, ""),
            ("fe80::1", 0, "0000:0000:0000:0000:0000:0000:0000:0000"),
        ] {
            check(FUNCTIONS, "parse_ipv6_mask", &[text(ip), Value::Long(prefix)], text(expected));
        }
        let zeros = "0000:0000:0000:0000:0000:0000:0000:0000";
        doubted(FUNCTIONS, "parse_ipv6_mask", &[text("1.2.3.4"), Value::Long(24)], zeros);
    }

    #[test]
    fn formats() {
        check(FUNCTIONS, "format_ipv4_mask", &[text("192.168.1.1"), Value::Long(32)], text("192.168.1.1/32"));
        check(FUNCTIONS, "format_ipv4", &[text("192.168.1.1/24"), Value::Long(32)], text("192.168.1.0"));
        check(FUNCTIONS, "format_ipv4", &[Value::Long(-1)], text(""));
        check(FUNCTIONS, "format_ipv4", &[Value::Bool(true)], text(""));
    }
}
