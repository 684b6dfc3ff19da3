//! `dcount_intersect`: how many values the first of several sets of `hll` has, the first two have both, and so on.
//!
//! The sets are those that `hll` of this engine makes: they hold the hash of each value, so nothing is estimated. Microsoft's
//! parser gives the columns of the input and then the counts, the page speaks of the counts alone. Source: both.

use hashbrown::HashSet;

use crate::column::Column;
use crate::diagnostic::{Code, Diagnostic};
use crate::function::{
    InputColumn, Plugin, PluginBinding, PluginColumns, PluginRows, PluginRun, Result, RowOrigins,
};
use crate::reference::{ParameterInfo, TableExample};
use crate::stdlib::sketch::{ESTIMATE, NO_HASHES, hashes_of, is_estimate};
use crate::types::{ScalarType, Value};

use super::arguments::{DYNAMIC, PluginArguments, hidden, result};

pub(super) static PLUGIN: Plugin = Plugin {
    name: "dcount_intersect",
    summary: "Counts the values that the first, the first two, the first three … of several sets of hll() have in common.",
    syntax: &["T | evaluate dcount_intersect(Hll1, Hll2 [, Hll3 [, …]])"],
    parameters: &[
        ParameterInfo::INPUT,
        ParameterInfo::required("Hll1", "A set that hll() or hll_merge() gave."),
        ParameterInfo::required("Hll2", "Another one."),
        ParameterInfo::optional("Hll3", "And so on: there may be 16 of them."),
    ],
    remarks: &[
        "The result has the columns of T, then s0, s1 …, one for each set: s0 counts the first set, s1 what it has in common \
         with the second one, s2 what both have in common with the third.",
        "Kusto estimates; kqlite counts the values themselves.",
    ],
    bind,
    run,
    examples: &[
        TableExample {
            query: r"range x from 1 to 100 step 1
| summarize Even = hll(iff(x % 2 == 0, x, 0)), Threes = hll(iff(x % 3 == 0, x, 0))
| evaluate dcount_intersect(Even, Threes)
| project Evens = s0 - 1, Sixes = s1 - 1",
            result: "Evens:long, Sixes:long\n[50,16]",
        },
        TableExample {
            query: r"datatable (User: long, Page: string) [1, 'a', 2, 'a', 1, 'b', 3, 'c']
| summarize
    A = hll(iff(Page == 'a', User, long(null))),
    B = hll(iff(Page == 'b', User, long(null)))
| evaluate dcount_intersect(A, B)
| project s0, s1",
            result: "s0:long, s1:long\n[2,1]",
        },
    ],
    ..Plugin::DEFAULT
};

/// The most sets.
const MAX_SETS: usize = 16;

fn read(arguments: &PluginArguments<'_>) -> Result<Vec<usize>> {
    arguments.check_count(2, MAX_SETS)?;
    (0..arguments.list.len()).map(|at| arguments.values(at, "a set of hll()", DYNAMIC)).collect()
}

fn bind(call: &PluginBinding<'_>) -> std::result::Result<PluginColumns, Vec<Diagnostic>> {
    if call.is_hidden() {
        return Ok(hidden());
    }
    let sets = read(&PluginArguments::of_binding(call)).map_err(|it| vec![*it])?;
    let counts = (0..sets.len()).map(|at| result(format!("s{at}"), ScalarType::Long));
    let columns: Vec<InputColumn> = call.columns.iter().cloned().chain(counts).collect();
    Ok(PluginColumns::closed(columns))
}

fn run(run: &PluginRun<'_>) -> Result<PluginRows> {
    let sets = read(&PluginArguments::of_run(run))?;
    let rows = run.input.len();
    let held = rows.saturating_mul(16 * sets.len());
    run.reserve(held)?;
    let mut counts: Vec<Vec<Option<i64>>> = vec![Vec::with_capacity(rows); sets.len()];
    for row in 0..rows {
        let mut common: Option<HashSet<i64>> = None;
        let mut is_known = true;
        for (&at, counts) in sets.iter().zip(&mut counts) {
            let value = run.column(at)?.value(row);
            // The hashes of a set take less than its text, and there are those of two.
            run.reserve(held.saturating_add(value.byte_size().saturating_mul(2)))?;
            let found = if is_known { hashes(run, &value)? } else { None };
            is_known = found.is_some();
            run.work(found.as_ref().map_or(1, |found| found.len().saturating_mul(16)))?;
            let both = found.map(|found| match &common {
                None => found,
                Some(common) => found.intersection(common).copied().collect(),
            });
            counts.push(both.as_ref().map(|both| i64::try_from(both.len()).unwrap_or(i64::MAX)));
            common = both;
        }
    }
    let mut columns: Vec<Column> = run.input.columns().iter().take(run.call.width).cloned().collect();
    columns.extend(counts.into_iter().map(|counts| Column::Long(counts.into_iter().collect())));
    run.rows(columns, rows, RowOrigins::Same)
}

/// The hashes that a value holds; `None` for null and for what is no set.
fn hashes(run: &PluginRun<'_>, value: &Value) -> Result<Option<HashSet<i64>>> {
    let Value::Dynamic(value) = value else { return Ok(None) };
    if is_estimate(value) {
        return Err(run.fail(Code::EvaluationFailed, format!("reads what hll gave, and {ESTIMATE}")));
    }
    match hashes_of(value) {
        Some((hashes, _)) => Ok(Some(hashes.into_iter().collect())),
        None => {
            run.doubt(NO_HASHES, "the counts from it on are null", value.to_json())?;
            Ok(None)
        }
    }
}
