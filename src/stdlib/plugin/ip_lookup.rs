//! `ipv4_lookup` and `ipv6_lookup`: the rows of a table whose network an address is in.
//!
//! It is a join: each row of the lookup table with a network that holds the address makes a row, not the narrowest one alone.
//! An address with a prefix length is compared over the shorter of the two, as `ipv4_is_match` does. Rows come in the order
//! of the input, the lookup table's rows in their own. Source: the pages of both plugins and the recorded answers of their
//! examples; the columns of ipv6_lookup come the other way round, the lookup table's first.

use hashbrown::HashMap;

use crate::column::{Column, NO_ROW};
use crate::diagnostic::{Code, Diagnostic};
use crate::function::{
    ArgumentKind, ArgumentValue, InputColumn, Plugin, PluginBinding, PluginColumns, PluginRows, PluginRun,
    PluginTable, Result, RowOrigins,
};
use crate::reference::{ParameterInfo, TableExample};
use crate::stdlib::ip_network::Network;
use crate::types::{ScalarType, Value};

use super::arguments::{ANY, PluginArguments, hidden};
use super::numbers::{codes, codes_of_both, pairs};

const PARAMETERS: [ParameterInfo; 6] = [
    ParameterInfo::INPUT,
    ParameterInfo::required("LookupTable", "The table with networks; a query stands in parentheses."),
    ParameterInfo::required("SourceKey", "The column of T with an address, with or without a prefix length."),
    ParameterInfo::required(
        "LookupKey",
        "The column of LookupTable with networks such as '10.0.0.0/8', or single addresses.",
    ),
    ParameterInfo::optional(
        "ExtraKey",
        "A column that both tables have: its values must be equal too. The result has it once.",
    ),
    ParameterInfo::optional(
        "Unmatched",
        "true keeps rows without a network, with nulls; false, the default, leaves them out.",
    ),
];

const V6_PARAMETERS: [ParameterInfo; 5] =
    [PARAMETERS[0], PARAMETERS[1], PARAMETERS[2], PARAMETERS[3], PARAMETERS[5]];

const KINDS: fn(usize) -> ArgumentKind = |at| match at {
    0 => ArgumentKind::Table,
    2 => ArgumentKind::TableColumn,
    _ => ArgumentKind::Scalar,
};

const OF_ALL_NETWORKS: &str = "An address that is in several networks makes a row for each of them, not for the \
                               narrowest one alone: summarize arg_max(…) by the address keeps one.";
const NO_ADDRESS: &str =
    "A text that is no address is in no network, and a network that is none holds no address.";

pub(super) static IPV4: Plugin = Plugin {
    name: "ipv4_lookup",
    summary: "Adds to each row the columns of a second table whose IPv4 network its address is in.",
    syntax: &[
        "T | evaluate ipv4_lookup(LookupTable, SourceKey, LookupKey [, ExtraKey [, …]] [, return_unmatched = Unmatched])",
    ],
    parameters: &PARAMETERS,
    remarks: &[
        OF_ALL_NETWORKS,
        NO_ADDRESS,
        "A name that both tables have gets a number in the lookup table's column, as in a join.",
        "It takes as many steps a row as there are different prefix lengths, however large the lookup table is.",
    ],
    argument_kind: KINDS,
    bind: |call| bind(call, Family::V4),
    run: |run| lookup(run, Family::V4),
    examples: &[
        TableExample {
            query: r"let Networks = datatable (network: string, country: string) [
    '111.68.128.0/17', 'Japan', '5.8.0.0/19', 'Russia', '46.36.200.51/32', 'Cook Islands',
];
datatable (ip: string) ['5.8.1.2', '192.165.12.17', '46.36.200.51']
| evaluate ipv4_lookup(Networks, ip, network)",
            result: r#"ip:string, network:string, country:string
["5.8.1.2","5.8.0.0/19","Russia"]
["46.36.200.51","46.36.200.51/32","Cook Islands"]"#,
        },
        TableExample {
            query: r"let Networks = datatable (network: string, country: string) ['5.8.0.0/19', 'Russia'];
datatable (ip: string) ['5.8.1.2', '192.165.12.17']
| evaluate ipv4_lookup(Networks, ip, network, return_unmatched = true)",
            result: r#"ip:string, network:string, country:string
["5.8.1.2","5.8.0.0/19","Russia"]
["192.165.12.17","",""]"#,
        },
        TableExample {
            query: r"let Networks = datatable (network: string, site: string, owner: string) [
    '10.0.0.0/8', 'a', 'ann', '10.0.0.0/8', 'b', 'bob',
];
datatable (ip: string, site: string) ['10.1.2.3', 'b']
| evaluate ipv4_lookup(Networks, ip, network, site)",
            result: r#"ip:string, site:string, network:string, owner:string
["10.1.2.3","b","10.0.0.0/8","bob"]"#,
        },
    ],
    ..Plugin::DEFAULT
};

pub(super) static IPV6: Plugin = Plugin {
    name: "ipv6_lookup",
    summary: "Adds to each row the columns of a second table whose IPv6 network its address is in.",
    syntax: &["T | evaluate ipv6_lookup(LookupTable, SourceKey, LookupKey [, return_unmatched = Unmatched])"],
    parameters: &V6_PARAMETERS,
    remarks: &[
        "The columns of the lookup table come first, then those of T.",
        OF_ALL_NETWORKS,
        NO_ADDRESS,
        "IPv4 addresses count as their IPv4-mapped IPv6 addresses.",
    ],
    argument_kind: KINDS,
    bind: |call| bind(call, Family::V6),
    run: |run| lookup(run, Family::V6),
    examples: &[
        TableExample {
            query: r"let Networks = datatable (network: string, country: string) [
    '2001:0db8:85a3::/48', 'United States', '2404:6800:4001::/48', 'Japan',
];
datatable (ip: string) [
    '2001:0db8:85a3:0000:0000:8a2e:0370:7334',
    'a5e:f127:8a9d:146d:e102:b5d3:c755:abcd',
]
| evaluate ipv6_lookup(Networks, ip, network)",
            result: r#"network:string, country:string, ip:string
["2001:0db8:85a3::/48","United States","2001:0db8:85a3:0000:0000:8a2e:0370:7334"]"#,
        },
        TableExample {
            query: r"let Networks = datatable (network: string, country: string) ['2404:6800:4001::/48', 'Japan'];
datatable (ip: string) ['a5e:f127:8a9d:146d:e102:b5d3:c755:abcd', '2404:6800:4001::1']
| evaluate ipv6_lookup(Networks, ip, network, true)",
            result: r#"network:string, country:string, ip:string
["","","a5e:f127:8a9d:146d:e102:b5d3:c755:abcd"]
["2404:6800:4001::/48","Japan","2404:6800:4001::1"]"#,
        },
    ],
    ..Plugin::DEFAULT
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Family {
    V4,
    V6,
}

impl Family {
    fn parse(self, text: &str) -> Option<Network> {
        match self {
            Self::V4 => Network::v4(text),
            Self::V6 => Network::v6(text),
        }
    }
}

/// What a call looks up, where.
struct IpLookup {
    source: usize,
    key: usize,
    /// Columns of the rows and of the lookup table whose values must be equal.
    extra: Vec<(usize, usize)>,
    keeps_unmatched: bool,
}

impl IpLookup {
    /// Reads the arguments; `columns` are those of the lookup table.
    fn read(arguments: &PluginArguments<'_>, family: Family, columns: &[InputColumn]) -> Result<Self> {
        let max = if family == Family::V4 { usize::MAX } else { 4 };
        arguments.check_count(3, max)?;
        let key = match arguments.list.get(2).map(|it| &it.value) {
            Some(ArgumentValue::TableColumn(_, at)) => *at,
            _ => {
                return Err(arguments.error(Code::ExpectedColumn, 2, "expects a column of the lookup table"));
            }
        };
        let source = arguments.column(1, "the address", ANY)?;
        let key_type = columns.get(key).and_then(|column| column.data_type);
        for (at, data_type) in [(1, Some(arguments.described(source).1)), (2, key_type)] {
            if data_type.is_some_and(|it| it != ScalarType::String) {
                return Err(arguments.unsupported(at, "an address that is no string"));
            }
        }
        let mut found = Self { source, key, extra: Vec::new(), keeps_unmatched: false };
        for (at, argument) in arguments.list.iter().enumerate().skip(3) {
            let named = argument.name.as_deref().is_some_and(|name| name == "return_unmatched");
            match &argument.value {
                ArgumentValue::Constant(Value::Bool(value), _) if named || at + 1 == arguments.list.len() => {
                    found.keeps_unmatched = *value;
                }
                _ if named || family == Family::V6 => {
                    let message = "expects return_unmatched to be true or false";
                    return Err(arguments.error(Code::ExpectedConstant, at, message));
                }
                _ => {
                    let left = arguments.column(at, "an extra key", ANY)?;
                    let (name, data_type) = arguments.described(left);
                    let Some(right) = columns.iter().position(|column| column.name == name) else {
                        let message = format!("expects '{name}' to be a column of both tables");
                        return Err(arguments.error(Code::UnknownName, at, message));
                    };
                    let other = columns.get(right).and_then(|column| column.data_type);
                    if other.is_some_and(|other| other != data_type) || data_type == ScalarType::Dynamic {
                        return Err(arguments.unsupported(at, "an extra key of different or dynamic types"));
                    }
                    found.extra.push((left, right));
                }
            }
        }
        Ok(found)
    }

    /// The places of the lookup table's columns that the result has.
    fn kept(&self, columns: usize) -> impl Iterator<Item = usize> + '_ {
        (0..columns).filter(|at| !self.extra.iter().any(|(_, right)| right == at))
    }
}

fn bind(call: &PluginBinding<'_>, family: Family) -> std::result::Result<PluginColumns, Vec<Diagnostic>> {
    let arguments = PluginArguments::of_binding(call);
    let known = || -> Result<PluginColumns> {
        arguments.check_count(3, if family == Family::V4 { usize::MAX } else { 4 })?;
        if call.is_hidden() {
            return Ok(hidden());
        }
        let no_columns = Vec::new();
        let of_table = call.tables.first().map_or(&no_columns, |table| &table.columns);
        let lookup = IpLookup::read(&arguments, family, of_table)?;
        let looked_up: Vec<InputColumn> =
            lookup.kept(of_table.len()).filter_map(|at| of_table.get(at).cloned()).collect();
        Ok(PluginColumns::closed(match family {
            Family::V4 => call.columns.iter().cloned().chain(looked_up).collect(),
            Family::V6 => {
                let common =
                    looked_up.iter().find(|it| call.columns.iter().any(|other| other.name == it.name));
                if let Some(column) = common {
                    let error = arguments.unsupported(usize::MAX, "a column of one name in both tables");
                    let help = format!("rename one before: project-rename {0}1 = {0}", column.name);
                    return Err(Box::new(error.help(help)));
                }
                looked_up.into_iter().chain(call.columns.iter().cloned()).collect()
            }
        }))
    };
    known().map_err(|it| vec![*it])
}

/// The networks of a lookup table.
struct Networks {
    /// The rows of each network, by its prefix length and its address.
    rows: HashMap<(u8, u128), Vec<u32>>,
    /// The prefix lengths that there are.
    prefixes: Vec<u8>,
    /// Address, prefix length and row, in their order.
    sorted: Vec<(u128, u8, u32)>,
}

impl Networks {
    fn of(run: &PluginRun<'_>, column: &Column, family: Family) -> Result<Self> {
        let mut found = Self { rows: HashMap::new(), prefixes: Vec::new(), sorted: Vec::new() };
        for (row, value) in column.values().enumerate() {
            run.work(64)?;
            let Some(network) = value.as_str().and_then(|text| family.parse(text)) else { continue };
            let row = u32::try_from(row).unwrap_or(NO_ROW);
            let address = network.masked();
            found.rows.entry((network.prefix, address)).or_default().push(row);
            found.sorted.push((address, network.prefix, row));
        }
        found.sorted.sort_unstable();
        found.prefixes = found.sorted.iter().map(|(_, prefix, _)| *prefix).collect();
        found.prefixes.sort_unstable();
        found.prefixes.dedup();
        Ok(found)
    }

    /// The rows whose network holds the address, or is within it, in their order.
    fn holding(&self, source: Network, out: &mut Vec<u32>) -> bool {
        let first = out.len();
        for &prefix in self.prefixes.iter().take_while(|prefix| **prefix <= source.prefix) {
            let network = Network { prefix, ..source };
            if let Some(rows) = self.rows.get(&(prefix, network.masked())) {
                out.extend_from_slice(rows);
            }
        }
        // Those with a longer prefix stand side by side.
        let mut within = false;
        if source.prefix < source.bits {
            let low = source.masked();
            let begin = self.sorted.partition_point(|(address, _, _)| *address < low);
            let others = self.sorted.iter().skip(begin);
            for (_, _, row) in others
                .take_while(|(address, _, _)| Network { address: *address, ..source }.masked() == low)
                .filter(|(_, prefix, _)| *prefix > source.prefix)
            {
                within = true;
                out.push(*row);
            }
        }
        if let Some(found) = out.get_mut(first..) {
            found.sort_unstable();
        }
        within
    }
}

fn lookup(run: &PluginRun<'_>, family: Family) -> Result<PluginRows> {
    let arguments = PluginArguments::of_run(run);
    let table = run.tables.first().ok_or_else(|| run.broken("its lookup table is missing"))?;
    let columns = PluginTable::of(table).columns;
    let lookup = IpLookup::read(&arguments, family, &columns)?;
    let of_table = |at: usize| {
        table.columns().get(at).ok_or_else(|| run.broken("a column of the lookup table is missing"))
    };
    let rows = run.input.len();
    // A network takes its entry of the map, a list of rows, and a place among the sorted ones.
    let held = table.len().saturating_mul(128).saturating_add(rows.saturating_mul(16));
    run.reserve(held)?;
    let networks = Networks::of(run, of_table(lookup.key)?, family)?;

    let mut extra: Option<(Vec<u32>, Vec<u32>)> = None;
    for &(left, right) in &lookup.extra {
        let column = run.column(left)?;
        let numbers = codes_of_both(column.scalar_type(), column, of_table(right)?);
        extra = Some(match extra {
            None => numbers,
            Some(known) => pairs(known, numbers),
        });
    }
    let is_equal = |left: usize, right: u32| match &extra {
        None => true,
        Some((of_left, of_right)) => of_left.get(left) == of_right.get(right as usize),
    };

    // Equal texts are looked up once.
    let source = run.column(lookup.source)?;
    let texts = codes(source);
    let mut known: Vec<(usize, usize)> = Vec::new();
    let mut found: Vec<u32> = Vec::new();
    let (mut left, mut right): (Vec<u32>, Vec<u32>) = (Vec::new(), Vec::new());
    for (row, &text) in texts.iter().enumerate() {
        run.work(16)?;
        if text as usize == known.len() {
            let first = found.len();
            let value = source.value(row);
            let address = value.as_str().and_then(|text| family.parse(text));
            if address.is_some_and(|address| networks.holding(address, &mut found)) {
                let about = "an address whose prefix length is shorter than that of a network";
                run.doubt(about, "they match over the shorter one", value.to_text())?;
            }
            run.work((found.len() - first).saturating_mul(4))?;
            known.push((first, found.len()));
        }
        let (from, to) = known.get(text as usize).copied().unwrap_or_default();
        let before = right.len();
        right.extend(
            found.get(from..to).unwrap_or_default().iter().copied().filter(|&other| is_equal(row, other)),
        );
        if right.len() == before && lookup.keeps_unmatched {
            right.push(NO_ROW);
        }
        left.resize(right.len(), u32::try_from(row).unwrap_or(NO_ROW));
        run.reserve(
            held.saturating_add(found.capacity().saturating_mul(4))
                .saturating_add(left.capacity().saturating_add(right.capacity()).saturating_mul(4)),
        )?;
    }

    let a_row = |columns: &[Column], rows: usize| {
        columns.iter().map(Column::byte_size).fold(0, usize::saturating_add) / rows.max(1)
    };
    let bytes = (a_row(run.input.columns(), rows) + a_row(table.columns(), table.len())).saturating_add(8);
    run.reserve(held.saturating_add(left.len().saturating_mul(bytes)))?;
    let of_rows = run.input.columns().iter().take(run.call.width).map(|column| column.take(&left));
    let kept = lookup.kept(table.columns().len()).filter_map(|at| table.columns().get(at));
    let kept = kept.map(|column| column.take(&right));
    let columns: Vec<Column> = match family {
        Family::V4 => of_rows.chain(kept).collect(),
        Family::V6 => kept.chain(of_rows).collect(),
    };
    run.rows(columns, left.len(), RowOrigins::Pair(left, right))
}
