//! `schema_merge`: one schema of several that `getschema` gave.
//!
//! A column's place is the last one that a schema gives it: that orders all examples of the page. Where a column has different
//! places its row says so, as the page shows it, unless the order is not to be kept. Source: the page of schema_merge and the
//! recorded answer of its first example. Which types go together is not said: an int and a long are a doubt, other pairs an
//! error.

use hashbrown::HashMap;

use crate::column::{Column, ColumnBuilder};
use crate::diagnostic::{Code, Diagnostic};
use crate::function::{Plugin, PluginBinding, PluginColumns, PluginRows, PluginRun, Result, RowOrigins};
use crate::reference::{ParameterInfo, TableExample};
use crate::types::{ScalarType, Value};

use super::arguments::{ANY, PluginArguments, hidden, result};

pub(super) static PLUGIN: Plugin = Plugin {
    name: "schema_merge",
    summary: "Merges several schemas, as getschema gives them, into one.",
    syntax: &["T | evaluate schema_merge([PreserveOrder = true | false])"],
    parameters: &[
        ParameterInfo::required("T", "The rows of several getschema, as union puts them together."),
        ParameterInfo::optional(
            "PreserveOrder",
            "true, the default, finds fault with a column that has different places; false does not.",
        ),
    ],
    remarks: &[
        "A column that several schemas have comes once.",
        "A column with different places has the place -1 and an error in place of its type.",
    ],
    bind,
    run,
    examples: &[
        TableExample {
            query: r"let A = datatable (Uri: string, Status: int) [] | getschema;
let B = datatable (Uri: string, Status: int, Referrer: string) [] | getschema;
union A, B
| evaluate schema_merge()",
            result: r#"ColumnName:string, ColumnOrdinal:long, DataType:string, ColumnType:string
["Uri",0,"System.String","string"]
["Status",1,"System.Int32","int"]
["Referrer",2,"System.String","string"]"#,
        },
        TableExample {
            query: r"let A = datatable (Uri: string, Status: int) [] | getschema;
let B = datatable (Uri: string, Referrer: string, Status: int) [] | getschema;
union A, B
| evaluate schema_merge(PreserveOrder = false)
| project ColumnName, ColumnOrdinal",
            result: "ColumnName:string, ColumnOrdinal:long\n[\"Uri\",0]\n[\"Referrer\",1]\n[\"Status\",2]",
        },
    ],
    ..Plugin::DEFAULT
};

const COLUMNS: [(&str, ScalarType); 4] = [
    ("ColumnName", ScalarType::String),
    ("ColumnOrdinal", ScalarType::Long),
    ("DataType", ScalarType::String),
    ("ColumnType", ScalarType::String),
];

fn keeps_order(arguments: &PluginArguments<'_>) -> Result<bool> {
    arguments.check_count(0, 1)?;
    if arguments.list.is_empty() {
        return Ok(true);
    }
    match arguments.constant(0, "PreserveOrder", ANY)? {
        None | Some(Value::Bool(true)) => Ok(true),
        Some(Value::Bool(false)) => Ok(false),
        Some(_) => Err(arguments.error(Code::ExpectedType, 0, "expects PreserveOrder to be true or false")),
    }
}

fn bind(call: &PluginBinding<'_>) -> std::result::Result<PluginColumns, Vec<Diagnostic>> {
    let known = || {
        let arguments = PluginArguments::of_binding(call);
        keeps_order(&arguments)?;
        if call.is_hidden() {
            return Ok(hidden());
        }
        for (name, data_type) in COLUMNS {
            let found = call.columns.iter().find(|column| column.name == name);
            let fits = |it| it == data_type || (it == ScalarType::Int && data_type == ScalarType::Long);
            if !found.is_some_and(|column| column.data_type.is_none_or(fits)) {
                let message =
                    format!("expects rows of getschema, with a column '{name}' of type {data_type}");
                return Err(arguments.error(Code::ExpectedColumn, usize::MAX, message));
            }
        }
        Ok(PluginColumns::closed(COLUMNS.map(|(name, data_type)| result(name, data_type)).to_vec()))
    };
    known().map_err(|it: Box<Diagnostic>| vec![*it])
}

/// A column of the merged schema.
struct MergedColumn {
    name: Value,
    /// The place that the first schema with it gives it, and the last one that any gives it.
    first: i64,
    last: i64,
    data_type: Value,
    column_type: Value,
    rows: Vec<u32>,
}

/// What is in the cells of a column with different places.
const OUT_OF_ORDER: &str = "ERROR(columns are out of order)";
const UNKNOWN_TYPE: &str = "ERROR(unknown CSL type:ERROR(columns are out of order))";

fn run(run: &PluginRun<'_>) -> Result<PluginRows> {
    let keeps_order = keeps_order(&PluginArguments::of_run(run))?;
    let columns = COLUMNS
        .iter()
        .map(|(name, _)| run.input.column(name).ok_or_else(|| run.broken("a column of getschema is missing")))
        .collect::<Result<Vec<&Column>>>()?;
    let [names, places, data_types, column_types] = columns.as_slice() else {
        return Err(run.broken("getschema has four columns"));
    };
    run.reserve(run.input.len().saturating_mul(128))?;
    let mut known: HashMap<std::sync::Arc<str>, usize> = HashMap::new();
    let mut merged: Vec<MergedColumn> = Vec::new();
    for row in 0..run.input.len() {
        run.work(32)?;
        let (name, column_type) = (names.value(row), column_types.value(row));
        let place = places.value(row).as_long().unwrap_or(-1);
        let next = merged.len();
        let at = *known.entry(name.to_text()).or_insert(next);
        let of_row = u32::try_from(row).unwrap_or(u32::MAX);
        match merged.get_mut(at) {
            None => merged.push(MergedColumn {
                name,
                first: place,
                last: place,
                data_type: data_types.value(row),
                column_type,
                rows: vec![of_row],
            }),
            Some(it) => {
                it.rows.push(of_row);
                if it.first != place && keeps_order {
                    it.first = -1;
                }
                it.last = it.last.max(place);
                if it.column_type != column_type {
                    let pair = [it.column_type.to_text(), column_type.to_text()];
                    if !pair.iter().all(|it| matches!(&**it, "int" | "long")) {
                        let name = it.name.to_text();
                        let [one, other] = pair;
                        let what = format!("merging the types {one} and {other} of '{name}'");
                        return Err(Box::new(Diagnostic::unsupported(
                            run.call.span,
                            "form of schema_merge",
                            &what,
                        )));
                    }
                    run.doubt("a column that is an int and a long", "it is a long", it.name.to_text())?;
                    if &*column_type.to_text() == "long" {
                        (it.column_type, it.data_type) = (column_type, data_types.value(row));
                    }
                }
            }
        }
    }
    merged.sort_by_key(|it| it.last);
    let mut builders = COLUMNS.map(|(_, data_type)| ColumnBuilder::new(data_type));
    let (mut starts, mut rows) = (vec![0], Vec::new());
    for (place, it) in merged.iter().enumerate() {
        let is_out_of_order = keeps_order && it.first == -1;
        let place = i64::try_from(place).unwrap_or(i64::MAX);
        if !is_out_of_order && place != it.last {
            run.doubt(
                "columns that several schemas put at one place",
                "they are counted on",
                it.name.to_text(),
            )?;
        }
        let cells = if is_out_of_order {
            [it.name.clone(), Value::Long(-1), Value::string(UNKNOWN_TYPE), Value::string(OUT_OF_ORDER)]
        } else {
            [it.name.clone(), Value::Long(place), it.data_type.clone(), it.column_type.clone()]
        };
        builders.iter_mut().zip(&cells).for_each(|(builder, cell)| builder.push(cell));
        rows.extend(&it.rows);
        starts.push(u32::try_from(rows.len()).unwrap_or(u32::MAX));
    }
    let columns = builders.into_iter().map(ColumnBuilder::finish).collect();
    run.rows(columns, merged.len(), RowOrigins::Groups { starts, rows })
}
