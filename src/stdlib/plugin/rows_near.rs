//! `rows_near`: the rows for which a condition holds, and those next to them. Source: the page of rows_near.

use crate::column::{Column, NO_ROW};
use crate::diagnostic::{Code, Diagnostic};
use crate::function::{
    ArgumentValue, Plugin, PluginBinding, PluginColumns, PluginRows, PluginRun, Result, RowOrigins,
};
use crate::reference::{ParameterInfo, TableExample};
use crate::types::{ScalarType, Value};

use super::arguments::{INTEGER, PluginArguments, hidden};

pub(super) static PLUGIN: Plugin = Plugin {
    name: "rows_near",
    summary: "Keeps the rows for which a condition holds, and so many rows before and after each of them.",
    syntax: &["T | evaluate rows_near(Condition, NumRows [, RowsAfter])"],
    parameters: &[
        ParameterInfo::INPUT,
        ParameterInfo::required("Condition", "A bool expression over a row."),
        ParameterInfo::required("NumRows", "How many rows before and after such a row are kept."),
        ParameterInfo::optional("RowsAfter", "How many after it, if that is another number."),
    ],
    remarks: &[
        "Before and after are meant in the order of the rows: sort them first.",
        "A row that is near several such rows comes once; the order stays.",
        "Where the condition is null it does not hold.",
    ],
    bind,
    run,
    examples: &[
        TableExample {
            query: r"datatable (Minute: long, State: string) [
    1, 'ok', 2, 'ok', 3, 'error', 4, 'ok', 5, 'ok',
]
| sort by Minute asc
| evaluate rows_near(State == 'error', 1)",
            result: "Minute:long, State:string\n[2,\"ok\"]\n[3,\"error\"]\n[4,\"ok\"]",
        },
        TableExample {
            query: "range x from 1 to 9 step 1\n| evaluate rows_near(x % 4 == 0, 0, 1)",
            result: "x:long\n[4]\n[5]\n[8]\n[9]",
        },
    ],
    ..Plugin::DEFAULT
};

/// How many rows are kept before and after; `None` while that is not known.
fn counts(arguments: &PluginArguments<'_>) -> Result<Option<(usize, usize)>> {
    arguments.check_count(2, 3)?;
    let count = |at: usize, parameter: &str| {
        let Some(value) = arguments.constant(at, parameter, INTEGER)? else { return Ok(None) };
        match value.as_long().and_then(|count| usize::try_from(count).ok()) {
            Some(count) => Ok(Some(count)),
            None => {
                let message = format!("expects {parameter} to be at least 0");
                Err(arguments.error(Code::BadParameter, at, message))
            }
        }
    };
    let before = count(1, "NumRows")?;
    let after = if arguments.list.len() > 2 { count(2, "RowsAfter")? } else { before };
    Ok(before.zip(after))
}

fn bind(call: &PluginBinding<'_>) -> std::result::Result<PluginColumns, Vec<Diagnostic>> {
    let arguments = PluginArguments::of_binding(call);
    if call.is_hidden() {
        return Ok(hidden());
    }
    let check = || {
        counts(&arguments)?;
        let data_type = match call.arguments.first().map(|it| &it.value) {
            Some(ArgumentValue::Column(at)) => arguments.described(*at).1,
            Some(ArgumentValue::Constant(_, data_type) | ArgumentValue::Computed { data_type, .. }) => {
                *data_type
            }
            _ => ScalarType::Dynamic,
        };
        if data_type == ScalarType::Bool {
            return Ok(());
        }
        Err(arguments.error(Code::ExpectedType, 0, format!("expects a condition, this is {data_type}")))
    };
    check().map_err(|it: Box<Diagnostic>| vec![*it])?;
    Ok(PluginColumns::closed(call.columns.to_vec()))
}

fn run(run: &PluginRun<'_>) -> Result<PluginRows> {
    let rows = run.input.len();
    let (before, after) = counts(&PluginArguments::of_run(run))?.unwrap_or_default();
    let holds = match run.call.arguments.first().map(|it| &it.value) {
        Some(ArgumentValue::Column(column) | ArgumentValue::Computed { column, .. }) => {
            run.column(*column)?.true_rows()
        }
        Some(ArgumentValue::Constant(Value::Bool(true), _)) => {
            (0..u32::try_from(rows).unwrap_or(NO_ROW)).collect()
        }
        _ => Vec::new(),
    };
    run.reserve(rows.saturating_mul(8))?;
    run.work(rows.saturating_mul(4))?;
    let mut near: Vec<u32> = Vec::new();
    let mut next = 0;
    for row in holds {
        let row = row as usize;
        let first = row.saturating_sub(before).max(next);
        next = row.saturating_add(after).saturating_add(1).min(rows).max(first);
        near.extend((first..next).map(|row| u32::try_from(row).unwrap_or(NO_ROW)));
    }
    let columns: Vec<Column> =
        run.input.columns().iter().take(run.call.width).map(|column| column.take(&near)).collect();
    run.rows(columns, near.len(), RowOrigins::Each(near))
}
