//! `pivot`: a column for each value of a column, with an aggregate in its cells.
//!
//! The rows come grouped, with the aggregate of each group. A cell of no rows holds what the aggregate gives for no rows: 0
//! of counts and sums, as the examples of the page show; null or nothing of others. Columns and rows come in the order in
//! which their values were first seen: the page's columns are in no order of their names. Source: the page of pivot.

use std::sync::Arc;

use crate::column::{Column, ColumnBuilder, NO_ROW};
use crate::diagnostic::{Code, Diagnostic};
use crate::function::{
    ArgumentKind, ArgumentValue, Plugin, PluginBinding, PluginColumns, PluginGroups, PluginRows, PluginRun,
    Result, RowOrigins,
};
use crate::reference::{ParameterInfo, TableExample};
use crate::types::{ScalarType, Value};

use super::arguments::{ANY, NOT_DYNAMIC, PluginArguments, hidden};
use super::numbers::{Numbers, codes};

pub(super) static PLUGIN: Plugin = Plugin {
    name: "pivot",
    summary: "Makes a column of each value of a column, and puts an aggregate of its rows into the cells.",
    syntax: &[
        "T | evaluate pivot(PivotColumn [, Aggregate [, Column [, …]]])",
        "T | evaluate pivot(…) : (ColumnName: Type [, …])",
    ],
    parameters: &[
        ParameterInfo::INPUT,
        ParameterInfo::required(
            "PivotColumn",
            "The column whose values become columns. It may be of any type but dynamic.",
        ),
        ParameterInfo::optional(
            "Aggregate",
            "The aggregate function in the cells, such as sum(x) or make_set(x); count() where nothing is said.",
        ),
        ParameterInfo::optional(
            "Column",
            "The columns that make the rows. Without any these are all but PivotColumn and the column in Aggregate.",
        ),
        ParameterInfo::optional(
            "ColumnName: Type",
            "The columns that the result has, instead of those that the rows have.",
        ),
    ],
    remarks: &[
        "A cell that no row falls into holds what the aggregate gives for no rows: 0 for count(), sum() and dcount(), an empty \
         array for make_list(), null for max(), the empty text for take_any() of texts.",
        "Columns and rows come in the order in which their values are first seen; Kusto promises none. project-reorder sorts \
         columns: … | project-reorder Key, * asc.",
        "Where several columns are left, each combination of their values makes a row of its own: project the columns that \
         are needed, or name them behind the aggregate.",
        "The columns depend on the data. In a partition or mv-apply, declare them: pivot(x) : (name: type, …).",
        "A value that is null or empty has no name for a column: filter such rows out before.",
    ],
    argument_kind: |at| if at == 1 { ArgumentKind::Aggregate } else { ArgumentKind::Scalar },
    bind,
    run,
    examples: &[
        TableExample {
            query: r"datatable (State: string, Event: string) [
    'ALABAMA', 'Wind', 'ALASKA', 'Cold', 'ALABAMA', 'Wind', 'ALASKA', 'Wind',
]
| evaluate pivot(State)",
            result: "Event:string, ALABAMA:long, ALASKA:long\n[\"Wind\",2,1]\n[\"Cold\",0,1]",
        },
        TableExample {
            query: r"datatable (State: string, Event: string, Source: string, Deaths: long) [
    'ARKANSAS', 'Heat', 'News', 1, 'ARIZONA', 'Flood', 'News', 2, 'ARKANSAS', 'Heat', 'Law', 3,
]
| evaluate pivot(State, sum(Deaths), Event)",
            result: "Event:string, ARKANSAS:long, ARIZONA:long\n[\"Heat\",4,0]\n[\"Flood\",0,2]",
        },
        TableExample {
            query: r"datatable (Day: long, Kind: string, User: string) [
    1, 'logon', 'ann', 1, 'logon', 'bob', 2, 'logoff', 'ann',
]
| evaluate pivot(Kind, make_set(User)) : (Day: long, logon: dynamic)",
            result: "Day:long, logon:dynamic\n[1,[\"ann\",\"bob\"]]\n[2,[]]",
        },
    ],
    ..Plugin::DEFAULT
};

/// About what a column takes beside its cells.
const COLUMN_BYTES: usize = 1 << 10;

/// The aggregate stands at this place, if there is one.
const AGGREGATE: usize = 1;

fn bind(call: &PluginBinding<'_>) -> std::result::Result<PluginColumns, Vec<Diagnostic>> {
    let arguments = PluginArguments::of_binding(call);
    arguments.check_count(1, usize::MAX).map_err(|it| vec![*it])?;
    if call.is_hidden() {
        return Ok(hidden());
    }
    let columns = |arguments: &PluginArguments<'_>| -> Result<PluginColumns> {
        let pivoted = arguments.column(0, "PivotColumn", NOT_DYNAMIC)?;
        let aggregated = match call.arguments.get(AGGREGATE).map(|it| &it.value) {
            Some(ArgumentValue::Aggregate(column, _)) => *column,
            _ => None,
        };
        let mut keys = arguments.columns_from(2, "a column of the result", ANY)?;
        if keys.is_empty() {
            keys = (0..call.columns.len()).filter(|at| *at != pivoted && Some(*at) != aggregated).collect();
        }
        let known = keys.iter().filter_map(|&at| call.columns.get(at).cloned()).collect();
        if let Some(&at) = keys.iter().find(|at| arguments.described(**at).1 == ScalarType::Dynamic) {
            let (name, _) = arguments.described(at);
            let error = arguments.unsupported(usize::MAX, "rows for the values of a dynamic column");
            return Err(Box::new(
                error.help(format!("convert '{name}' before: extend {name} = tostring({name})")),
            ));
        }
        keys.push(pivoted);
        let aggregate = call.arguments.get(AGGREGATE).map(|_| AGGREGATE);
        Ok(PluginColumns { columns: known, open: true, groups: Some(PluginGroups { keys, aggregate }) })
    };
    columns(&arguments).map_err(|it| vec![*it])
}

/// The names of the columns that values become.
fn names(run: &PluginRun<'_>, pivoted: &Column, firsts: &[u32]) -> Result<Vec<Arc<str>>> {
    let declared = run.call.declared.is_some();
    firsts
        .iter()
        .map(|&row| {
            let name = pivoted.value(row as usize).to_text();
            if name.is_empty() && !declared {
                let what = "a column for null or the empty text";
                let error = Diagnostic::unsupported(run.call.span, "form of pivot", what);
                return Err(Box::new(error.help("leave such rows out before: where isnotempty(…)")));
            }
            Ok(name)
        })
        .collect()
}

fn run(run: &PluginRun<'_>) -> Result<PluginRows> {
    let rows = run.input.len();
    // The columns that make rows, the pivoted one, and the aggregate.
    let width = run.call.width.saturating_sub(2);
    let (pivoted, cells) = (run.column(width)?, run.column(width + 1)?);
    run.reserve(Numbers::bytes(rows).saturating_mul(2))?;
    let kept = run.named_columns(0..width)?;
    let groups = Numbers::of(run, &kept.iter().map(|(_, column)| column).collect::<Vec<_>>(), rows)?;
    let values = codes(pivoted);
    let mut firsts: Vec<u32> = Vec::new();
    for (row, &code) in values.iter().enumerate() {
        if code as usize == firsts.len() {
            firsts.push(u32::try_from(row).unwrap_or(NO_ROW));
        }
    }
    let names = names(run, pivoted, &firsts)?;
    let nothing =
        run.tables.last().and_then(|table| table.columns().first()).map_or(Value::Null, |it| it.value(0));
    let (starts, of_group) = groups.groups();

    // The rows of each value. Two values may be called the same, as 1 and '1' cannot: they are of one type.
    let mut of_value: Vec<Vec<(u32, u32)>> = vec![Vec::new(); names.len()];
    for (row, (&value, &group)) in values.iter().zip(&groups.of_row).enumerate() {
        if let Some(list) = of_value.get_mut(value as usize) {
            list.push((group, u32::try_from(row).unwrap_or(NO_ROW)));
        }
    }
    let wanted = |name: &str| match &run.call.declared {
        Some(declared) => declared.schema.position(name).is_some(),
        None => true,
    };
    let made: usize = names.iter().filter(|name| wanted(name)).count();
    let cell_bytes = 8 + nothing.byte_size();
    // A column takes more than its cells: the query is bound again with its name.
    let bytes = made.saturating_mul(groups.len().saturating_mul(cell_bytes).saturating_add(COLUMN_BYTES));
    run.reserve(
        Numbers::bytes(rows).saturating_mul(2).saturating_add(bytes).saturating_add(cells.byte_size()),
    )?;

    let data_type = cells.scalar_type();
    let mut columns: Vec<(Arc<str>, Column)> =
        kept.into_iter().map(|(name, column)| (name, column.take(&groups.first_rows))).collect();
    for (name, mut list) in names.iter().zip(of_value) {
        if !wanted(name) {
            continue;
        }
        list.sort_unstable();
        if columns.iter().take(width).any(|(other, _)| other == name) {
            let message =
                format!("makes a column '{name}' of a value, and the rows have a column of that name");
            let help = "rename the column, or name the columns to keep behind the aggregate";
            return Err(Box::new(run.fail(Code::DuplicateColumn, message).help(help)));
        }
        run.work(groups.len())?;
        let mut builder = ColumnBuilder::with_capacity(data_type, groups.len());
        let mut list = list.into_iter().peekable();
        for group in 0..groups.len() {
            match list.next_if(|(it, _)| *it as usize == group) {
                Some((_, row)) => builder.push(&cells.value(row as usize)),
                None => builder.push(&nothing),
            }
        }
        columns.push((name.clone(), builder.finish()));
    }
    // A declared column that no row has is one of cells without rows.
    if let Some(declared) = &run.call.declared {
        for described in &declared.schema.columns {
            if !columns.iter().any(|(name, _)| *name == described.name) {
                if groups.len() > 0 {
                    let about = "a declared column that no row has a value for";
                    run.doubt(about, "its cells are what the aggregate gives for no rows", &described.name)?;
                }
                let column = Column::constant(nothing.clone(), data_type, groups.len());
                columns.push((described.name.clone(), column));
            }
        }
    }
    let table = run.table(columns, groups.len())?;
    Ok(PluginRows { table, origins: RowOrigins::Groups { starts, rows: of_group } })
}
