//! `card`: the values of the first row.

use crate::cell::label;
use crate::chart::Fact;
use crate::format::number;
use crate::roles::Columns;

/// No card shows more.
const MAX_FACTS: usize = 24;

pub(super) fn facts(columns: &Columns<'_>, notes: &mut Vec<String>) -> Vec<Fact> {
    let table = columns.table;
    if table.is_empty() {
        notes.push("there are no rows".to_owned());
        return Vec::new();
    }
    if table.columns().len() > MAX_FACTS {
        notes.push(format!("the first {MAX_FACTS} of {} columns are shown", table.columns().len()));
    }
    if table.len() > 1 {
        notes.push(format!("the first of {} rows is shown", table.len()));
    }
    let cells = table.columns().iter().take(MAX_FACTS).enumerate();
    cells
        .map(|(at, column)| {
            let value = column.value(0);
            let text = value.as_real().filter(|it| it.is_finite()).map_or_else(|| label(&value), number);
            Fact { name: columns.name(at).to_owned(), value: text }
        })
        .collect()
}
