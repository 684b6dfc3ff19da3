//! `preview`: some of the rows, and how many there are. Source: the page of preview.

use crate::column::Column;
use crate::diagnostic::{Code, Diagnostic};
use crate::function::{
    ArgumentValue, Plugin, PluginBinding, PluginColumns, PluginRows, PluginRun, Result, RowOrigins,
};
use crate::reference::{ParameterInfo, TableExample};
use crate::types::{ScalarType, Value};

use super::arguments::{INTEGER, PluginArguments, hidden, result};

pub(super) static PLUGIN: Plugin = Plugin {
    name: "preview",
    summary: "Gives two tables: the first rows, and the number of all rows.",
    syntax: &["T | evaluate preview(NumberOfRows)"],
    parameters: &[
        ParameterInfo::INPUT,
        ParameterInfo::required("NumberOfRows", "The most rows of the first table."),
    ],
    remarks: &[
        "It is the last operator of a query: nothing can follow several tables.",
        "Which rows it gives is open, as with take; here they are the first ones.",
        "Query::run_all gives both tables, Query::run the rows alone.",
    ],
    results: 2,
    bind,
    run,
    examples: &[
        TableExample {
            query: "range x from 1 to 5 step 1\n| evaluate preview(2)",
            result: "x:long\n[1]\n[2]\n\nCount:long\n[5]",
        },
        TableExample {
            query: "datatable (User: string) ['ann']\n| evaluate preview(10)",
            result: "User:string\n[\"ann\"]\n\nCount:long\n[1]",
        },
    ],
    ..Plugin::DEFAULT
};

/// Which of the two tables has the rows.
const ROWS: usize = 0;

fn count(arguments: &PluginArguments<'_>) -> Result<Option<usize>> {
    arguments.check_count(1, 1)?;
    if let Some(ArgumentValue::Column(_) | ArgumentValue::Computed { is_constant: false, .. }) =
        arguments.list.first().map(|it| &it.value)
    {
        return Err(arguments.unsupported(0, "a number of rows that varies from row to row"));
    }
    let Some(value) = arguments.constant(0, "NumberOfRows", INTEGER)? else { return Ok(None) };
    match value.as_long().and_then(|count| usize::try_from(count).ok()) {
        Some(count) => Ok(Some(count)),
        None => Err(arguments.error(Code::BadParameter, 0, "expects NumberOfRows to be at least 0")),
    }
}

fn bind(call: &PluginBinding<'_>) -> std::result::Result<PluginColumns, Vec<Diagnostic>> {
    if call.is_hidden() {
        return Ok(hidden());
    }
    count(&PluginArguments::of_binding(call)).map_err(|it| vec![*it])?;
    let columns =
        if call.result == ROWS { call.columns.to_vec() } else { vec![result("Count", ScalarType::Long)] };
    Ok(PluginColumns::closed(columns))
}

fn run(run: &PluginRun<'_>) -> Result<PluginRows> {
    let rows = run.input.len();
    if run.call.result != ROWS {
        let count = Value::Long(i64::try_from(rows).unwrap_or(i64::MAX));
        let all = RowOrigins::Groups {
            starts: vec![0, u32::try_from(rows).unwrap_or(u32::MAX)],
            rows: (0..u32::try_from(rows).unwrap_or(u32::MAX)).collect(),
        };
        return run.rows(vec![Column::constant(count, ScalarType::Long, 1)], 1, all);
    }
    let count = count(&PluginArguments::of_run(run))?.unwrap_or(0).min(rows);
    let columns = run.named_columns(0..run.call.width)?;
    let columns = columns.into_iter().map(|(_, column)| column.slice(0, count)).collect();
    run.rows(columns, count, RowOrigins::Same)
}
