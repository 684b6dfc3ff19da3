//! `bag_unpack`: a column for each key of a column of property bags.
//!
//! The bag's column goes, the others stay, and the keys come after them in the order of their names; a key that is called
//! like the bag's column takes its place. A column is of the type that all values of its key have, else dynamic; values that
//! are null say nothing of the type. A row whose value is no bag has nulls. Source: the page of bag_unpack and the recorded
//! answers of its examples; where they are silent (a key with nulls alone is dynamic, a key called like the bag's column)
//! the reasoning stands beside the code.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::column::{Column, DynamicColumn, Table};
use crate::diagnostic::{Code, Diagnostic};
use crate::function::{
    ArgumentValue, InputColumn, Plugin, PluginArgument, PluginBinding, PluginCall, PluginColumns, PluginRows,
    PluginRun, Result, RowOrigins,
};
use crate::reference::{ParameterInfo, TableExample};
use crate::types::{Dynamic, ScalarType, Value};

pub(super) static PLUGIN: Plugin = Plugin {
    name: "bag_unpack",
    summary: "Makes a column of each key of a column of property bags.",
    syntax: &[
        "T | evaluate bag_unpack(Column [, Prefix] [, columnsConflict=Policy] [, ignoredProperties=Keys])",
        "T | evaluate bag_unpack(…) : ([*,] ColumnName: Type [, …])",
    ],
    parameters: &[
        ParameterInfo::required(
            "Column",
            "The dynamic column to unpack. The result does not have it; its keys come after the other columns.",
        ),
        ParameterInfo::optional("Prefix", "A text that is put in front of every new column's name."),
        ParameterInfo::optional(
            "Policy",
            "Decides about a key that is called like another column: 'error' (the default) ends the query, \
             'replace_source' takes the key's values, 'keep_source' leaves the column as it is.",
        ),
        ParameterInfo::optional("Keys", "A dynamic array of the keys to leave out."),
        ParameterInfo::optional(
            "ColumnName: Type",
            "The columns that the result has, instead of those that the bags have. '*' stands for the columns of T.",
        ),
    ],
    remarks: &[
        "The new columns come in the order of their names, not in the order of the keys.",
        "A column has the type that all values of its key share; where they differ it is dynamic. A row without the key has \
         null, or the empty text.",
        "The columns depend on the data. In a partition or mv-apply, declare them: bag_unpack(d) : (name: type, …).",
    ],
    bind,
    run,
    examples: &[
        TableExample {
            query: r"datatable (id: long, d: dynamic) [
    1, dynamic({'b': 'x', 'a': 2}),
    2, dynamic({'a': 3}),
]
| evaluate bag_unpack(d)",
            result: "id:long, a:long, b:string\n[1,2,\"x\"]\n[2,3,\"\"]",
        },
        TableExample {
            query: r"print d = dynamic({'a': 1, 'b': 2})
| evaluate bag_unpack(d, 'p_', ignoredProperties=dynamic(['b']))",
            result: "p_a:long\n[1]",
        },
        TableExample {
            query: r"print d = dynamic({'a': 1, 'b': 'x'})
| evaluate bag_unpack(d) : (b: string, c: real)",
            result: "b:string, c:real\n[\"x\",null]",
        },
    ],
    ..Plugin::DEFAULT
};

/// What becomes of a key that is called like another column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Conflict {
    Error,
    ReplaceSource,
    KeepSource,
}

const CONFLICTS: &[(&str, Conflict)] = &[
    ("error", Conflict::Error),
    ("replace_source", Conflict::ReplaceSource),
    ("keep_source", Conflict::KeepSource),
];

/// The arguments of a call.
struct Arguments {
    column: usize,
    prefix: String,
    conflict: Conflict,
    ignored: Vec<String>,
}

impl Arguments {
    /// Reads the arguments: by their names, and those without a name by their places.
    fn read(name: &str, arguments: &[PluginArgument]) -> Result<Self> {
        const NAMES: [&str; 4] = ["column", "OutputColumnPrefix", "columnsConflict", "ignoredProperties"];
        let mut found: [Option<&PluginArgument>; 4] = [None; 4];
        for (at, argument) in arguments.iter().enumerate() {
            let place = match &argument.name {
                None => at,
                Some(given) => {
                    let known = NAMES.iter().position(|known| known.eq_ignore_ascii_case(given));
                    // Where a name is not one of these, the place counts: Microsoft's parser takes any name.
                    known.unwrap_or(at)
                }
            };
            match found.get_mut(place) {
                Some(slot) => *slot = Some(argument),
                None => {
                    let message = format!("'{name}' takes at most {} arguments", NAMES.len());
                    return Err(Box::new(Diagnostic::error(Code::ArgumentCount, argument.span, message)));
                }
            }
        }
        let [column, prefix, conflict, ignored] = found;
        let column = match column.map(|it| (&it.value, it.span)) {
            Some((ArgumentValue::Column(at), _)) => *at,
            Some((_, span)) => {
                let message = format!("'column' of '{name}' must be a column");
                return Err(Box::new(Diagnostic::error(Code::ExpectedColumn, span, message)));
            }
            // The binder asks for it before.
            None => 0,
        };
        let conflict = match text(conflict, "columnsConflict", name)? {
            None => Conflict::Error,
            Some((text, span)) => {
                match CONFLICTS.iter().find(|(known, _)| known.eq_ignore_ascii_case(text)) {
                    Some((_, conflict)) => *conflict,
                    None => {
                        let known: Vec<&str> = CONFLICTS.iter().map(|(known, _)| *known).collect();
                        let message = format!("'{text}' is no columnsConflict");
                        let error = Diagnostic::error(Code::BadParameter, span, message);
                        return Err(Box::new(error.help(format!("one of: {}", known.join(", ")))));
                    }
                }
            }
        };
        Ok(Self {
            column,
            prefix: text(prefix, "OutputColumnPrefix", name)?.map_or_else(String::new, |it| it.0.to_owned()),
            conflict,
            ignored: match ignored {
                None => Vec::new(),
                Some(argument) => names(argument).ok_or_else(|| {
                    let message =
                        format!("'ignoredProperties' of '{name}' must be a constant array of strings");
                    Box::new(Diagnostic::error(Code::ExpectedConstant, argument.span, message))
                })?,
            },
        })
    }
}

/// The text of an argument, if it is given.
fn text<'a>(
    argument: Option<&'a PluginArgument>,
    parameter: &str,
    name: &str,
) -> Result<Option<(&'a str, crate::source::Span)>> {
    let Some(argument) = argument else { return Ok(None) };
    match &argument.value {
        ArgumentValue::Constant(Value::String(text), _) => Ok(Some((text, argument.span))),
        ArgumentValue::Unknown => Ok(None),
        _ => {
            let message = format!("'{parameter}' of '{name}' must be a constant string");
            Err(Box::new(Diagnostic::error(Code::ExpectedConstant, argument.span, message)))
        }
    }
}

/// The texts of a constant array.
fn names(argument: &PluginArgument) -> Option<Vec<String>> {
    let ArgumentValue::Constant(Value::Dynamic(value), _) = &argument.value else { return None };
    let text = |item: &Dynamic| if let Dynamic::String(text) = item { Some(text.to_string()) } else { None };
    value.as_array()?.iter().map(text).collect()
}

fn bind(call: &PluginBinding<'_>) -> std::result::Result<PluginColumns, Vec<Diagnostic>> {
    let Some(first) = call.arguments.first() else {
        return Err(vec![call.error(Code::ArgumentCount, "takes 1 to 4 arguments, 0 given")]);
    };
    if let ArgumentValue::Unknown = first.value {
        return Ok(PluginColumns::open(call.columns.to_vec()));
    }
    let arguments = Arguments::read(call.name, call.arguments).map_err(|error| vec![*error])?;
    let data_type = call.columns.get(arguments.column).and_then(|column| column.data_type);
    if data_type.is_some_and(|data_type| data_type != ScalarType::Dynamic) {
        let data_type = data_type.map_or("unknown", ScalarType::as_str);
        let message = format!("'column' of '{}' must be of type dynamic, this is {data_type}", call.name);
        return Err(vec![
            Diagnostic::error(Code::ExpectedType, first.span, message)
                .help("todynamic(…) reads JSON text as a dynamic value"),
        ]);
    }
    let others = call.columns.iter().enumerate().filter(|(at, _)| *at != arguments.column);
    let columns: Vec<InputColumn> = others.map(|(_, column)| column.clone()).collect();
    Ok(PluginColumns::open(columns))
}

/// The values of one key.
#[derive(Default)]
struct UnpackedKey {
    /// The rows that have a value that is not null, and the value.
    values: Vec<(usize, Dynamic)>,
    data_type: Option<ScalarType>,
    mixed: bool,
}

impl UnpackedKey {
    fn push(&mut self, row: usize, value: &Dynamic) {
        if value.is_null() {
            return;
        }
        let data_type = kind_of(value);
        self.mixed |= self.data_type.is_some_and(|known| known != data_type);
        self.data_type = Some(data_type);
        self.values.push((row, value.clone()));
    }

    /// A column of the type that all values have; of a key with nulls alone nothing is known.
    fn column(self, rows: usize) -> Column {
        let data_type = self.data_type.filter(|_| !self.mixed).unwrap_or(ScalarType::Dynamic);
        if data_type == ScalarType::Dynamic {
            let mut column = vec![Dynamic::Null; rows];
            for (row, value) in self.values {
                if let Some(slot) = column.get_mut(row) {
                    *slot = value;
                }
            }
            return Column::Dynamic(DynamicColumn::new(column));
        }
        let mut column = vec![Value::null_of(data_type); rows];
        for (row, value) in self.values {
            if let Some(slot) = column.get_mut(row) {
                *slot = value.to_value(data_type);
            }
        }
        Column::from_values(data_type, &column)
    }
}

/// The type that a column of such values has.
const fn kind_of(value: &Dynamic) -> ScalarType {
    match value {
        Dynamic::Bool(_) => ScalarType::Bool,
        Dynamic::Long(_) => ScalarType::Long,
        Dynamic::Real(_) => ScalarType::Real,
        Dynamic::Decimal(_) => ScalarType::Decimal,
        Dynamic::String(_) => ScalarType::String,
        Dynamic::DateTime(_) => ScalarType::DateTime,
        Dynamic::TimeSpan(_) => ScalarType::TimeSpan,
        Dynamic::Guid(_) => ScalarType::Guid,
        Dynamic::Null | Dynamic::Array(_) | Dynamic::Bag(_) => ScalarType::Dynamic,
    }
}

fn run(run: &PluginRun<'_>) -> Result<PluginRows> {
    let arguments = Arguments::read(run.call.plugin.name, &run.call.arguments)?;
    let rows = run.input.len();
    let mut keys: BTreeMap<Arc<str>, UnpackedKey> = BTreeMap::new();
    // Where the query says which columns there are, the others need not be made.
    let wanted = |name: &str| match &run.call.declared {
        Some(declared) => declared.schema.position(name).is_some(),
        None => true,
    };
    if let Some(bags) = run.input.columns().get(arguments.column) {
        for (row, value) in bags.values().enumerate() {
            let Value::Dynamic(Dynamic::Bag(bag)) = &value else { continue };
            for (key, value) in bag.iter() {
                let name: Arc<str> = match arguments.prefix.as_str() {
                    "" => key.clone(),
                    prefix => format!("{prefix}{key}").into(),
                };
                if !arguments.ignored.iter().any(|ignored| **ignored == **key) && wanted(&name) {
                    keys.entry(name).or_default().push(row, value);
                }
            }
        }
    }
    let mut columns: Vec<(Arc<str>, Column)> = Vec::new();
    let named = run.input.schema().columns.iter().zip(run.input.columns()).enumerate();
    for (at, (described, column)) in named {
        let name = described.name.clone();
        let clash = keys.contains_key(&name);
        match (at == arguments.column, clash) {
            (true, false) => {}
            // The bag's column is gone: its name is free, and its place.
            (true, true) => columns.extend(keys.remove(&name).map(|key| (name, key.column(rows)))),
            (false, false) => columns.push((name, column.clone())),
            (false, true) => match arguments.conflict {
                Conflict::Error => return Err(Box::new(conflict(run.call, &name))),
                Conflict::ReplaceSource => {
                    columns.extend(keys.remove(&name).map(|key| (name, key.column(rows))));
                }
                Conflict::KeepSource => {
                    keys.remove(&name);
                    columns.push((name, column.clone()));
                }
            },
        }
    }
    columns.extend(keys.into_iter().map(|(name, key)| (name, key.column(rows))));
    let table = if columns.is_empty() {
        Table::without_columns(rows)
    } else {
        Table::new(columns).map_err(|message| Box::new(Diagnostic::internal(run.call.span, message)))?
    };
    Ok(PluginRows { table, origins: RowOrigins::Same })
}

/// A key is called like a column that stays.
fn conflict(call: &PluginCall, name: &str) -> Diagnostic {
    let message =
        format!("'bag_unpack': the rows have a column '{name}' already, and a bag has a key of that name");
    Diagnostic::error(Code::DuplicateColumn, call.span, message)
        .help("columnsConflict='replace_source' takes the bag's values, 'keep_source' the column's")
        .help("a prefix makes other names: bag_unpack(column, 'prefix_')")
}
