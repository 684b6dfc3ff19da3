//! `narrow`: a row for each cell, to read a wide table downwards.
//!
//! Rows are numbered from 0; cells come row by row, in the order of the columns, and a value as `tostring` gives it.
//! Source: the page of narrow. Its example shows an instant without the `T` and `Z`
//! that `tostring` writes, as pages show columns of instants.

use std::sync::Arc;

use crate::column::{Column, Table};
use crate::diagnostic::{Code, Diagnostic};
use crate::function::{
    InputColumn, Plugin, PluginBinding, PluginColumns, PluginRows, PluginRun, Result, RowOrigins,
};
use crate::reference::{ParameterInfo, TableExample};
use crate::types::{ScalarType, Value};

pub(super) static PLUGIN: Plugin = Plugin {
    name: "narrow",
    summary: "Turns each cell into a row of its own: the number of its row, its column's name, its value as text.",
    syntax: &["T | evaluate narrow()"],
    parameters: &[ParameterInfo::INPUT],
    remarks: &[
        "It is for reading wide tables; the values are texts, those that tostring() gives.",
        "A null is the empty text, so it cannot be told from an empty string.",
    ],
    is_source: true,
    bind,
    run,
    examples: &[TableExample {
        query: r"datatable (User: string, Failures: long, Admin: bool) [
    'ann', 2, true,
    'bob', long(null), false,
]
| evaluate narrow()",
        result: r#"Row:long, Column:string, Value:string
[0,"User","ann"]
[0,"Failures","2"]
[0,"Admin","True"]
[1,"User","bob"]
[1,"Failures",""]
[1,"Admin","False"]"#,
    }],
    ..Plugin::DEFAULT
};

const COLUMNS: [(&str, ScalarType); 3] =
    [("Row", ScalarType::Long), ("Column", ScalarType::String), ("Value", ScalarType::String)];

fn bind(call: &PluginBinding<'_>) -> std::result::Result<PluginColumns, Vec<Diagnostic>> {
    if !call.arguments.is_empty() {
        return Err(vec![call.error(Code::ArgumentCount, "takes no arguments")]);
    }
    let columns =
        COLUMNS.map(|(name, data_type)| InputColumn { name: name.to_owned(), data_type: Some(data_type) });
    Ok(PluginColumns::closed(columns.to_vec()))
}

fn run(run: &PluginRun<'_>) -> Result<PluginRows> {
    let input = run.input;
    let names: Vec<Value> =
        input.schema().columns.iter().map(|column| Value::String(column.name.clone())).collect();
    let cells = input.len() * names.len();
    let limit = run.context.budget.max_bytes();
    let too_large = || {
        let message = format!("'narrow' makes a column of more than {limit} bytes");
        Box::new(Diagnostic::error(Code::ByteLimit, run.call.span, message))
    };
    // A cell takes a number of 8 bytes at least.
    if cells > limit / 8 {
        return Err(too_large());
    }
    let mut values = Vec::with_capacity(cells);
    let mut bytes = 0;
    for row in 0..input.len() {
        for column in input.columns() {
            let text: Arc<str> = column.value(row).to_text();
            bytes += text.len();
            if bytes > limit {
                return Err(too_large());
            }
            values.push(Value::String(text));
        }
    }
    let rows: Vec<Value> = (0..input.len())
        .flat_map(|row| std::iter::repeat_n(Value::Long(i64::try_from(row).unwrap_or(i64::MAX)), names.len()))
        .collect();
    let origins = (0..u32::try_from(input.len()).unwrap_or(u32::MAX))
        .flat_map(|row| std::iter::repeat_n(row, names.len()))
        .collect();
    let columns = [rows, names.iter().cloned().cycle().take(cells).collect(), values];
    let columns = COLUMNS
        .iter()
        .zip(columns)
        .map(|((name, data_type), values)| (Arc::from(*name), Column::from_values(*data_type, &values)))
        .collect();
    let table =
        Table::new(columns).map_err(|message| Box::new(Diagnostic::internal(run.call.span, message)))?;
    Ok(PluginRows { table, origins: RowOrigins::Each(origins) })
}
