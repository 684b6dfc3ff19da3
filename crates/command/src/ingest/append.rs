//! Puts rows into a table: columns are matched by their places, as Kusto does. It must not know where rows come from.

use kqlite::{Code, Diagnostic, Schema, Span, Table};

use crate::error::CommandError;
use crate::managed_database::ManagedDatabase;
use crate::parts::PlacedName;

/// What becomes of the rows that a table has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OldRows {
    Kept,
    Replaced,
}

/// How the columns of a table may change for rows that are brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SchemaChange {
    None,
    /// Columns are added that the rows have at their end.
    Extended,
    /// The table has the columns of the rows.
    Recreated,
}

/// Puts rows into a table that is there. `text` is what errors speak of.
pub(crate) fn append(
    database: &mut ManagedDatabase,
    name: &PlacedName,
    rows: &Table,
    old: OldRows,
    change: SchemaChange,
    text: &str,
) -> Result<(), CommandError> {
    let error =
        |message: String| CommandError::new(Diagnostic::error(Code::ExpectedType, name.span, message), text);
    let known = database.database().table_schema(&name.text).unwrap_or_default();
    if change == SchemaChange::Recreated {
        database.database_mut().insert(name.text.as_str(), rows.clone());
        return Ok(());
    }
    let target = target_schema(&known, rows.schema(), change)
        .map_err(|message| error(format!("the rows do not fit into '{}': {message}", name.text)))?;
    let columns = target.names().map(str::to_owned).zip(rows.columns().iter().cloned()).collect();
    let fitting = Table::new(columns).map_err(error)?;
    if old == OldRows::Replaced {
        database.database_mut().insert(name.text.as_str(), fitting);
        return Ok(());
    }
    if target != known {
        let Some(mut table) = database.database().table(&name.text).cloned() else {
            return Err(error(format!("the rows of '{}' come from a file", name.text)));
        };
        for column in &target.columns {
            table = table.with_missing_column(&column.name, column.data_type);
        }
        database.database_mut().insert(name.text.as_str(), table);
    }
    database
        .database_mut()
        .append(&name.text, &fitting)
        .map(|_| ())
        .map_err(|reason| error(format!("'{}' takes no rows: {reason}", name.text)))
}

/// The columns of the table as the rows need them; why they do not fit.
fn target_schema(known: &Schema, rows: &Schema, change: SchemaChange) -> Result<Schema, String> {
    for (at, (column, found)) in known.columns.iter().zip(&rows.columns).enumerate() {
        if column.data_type != found.data_type {
            return Err(format!(
                "column {} is '{}' of type {}, in the rows '{}' of type {}; columns are matched by their places",
                at + 1,
                column.name,
                column.data_type,
                found.name,
                found.data_type
            ));
        }
    }
    if rows.len() < known.len() {
        return Err(format!("it has {} columns, the rows have {}", known.len(), rows.len()));
    }
    let mut target = known.clone();
    for column in rows.columns.iter().skip(known.len()) {
        if change != SchemaChange::Extended {
            let help = "extend_schema=true adds columns";
            return Err(format!("it has {} columns, the rows have {}; {help}", known.len(), rows.len()));
        }
        if target.position(&column.name).is_some() {
            return Err(format!("there is a column '{}' already", column.name));
        }
        target = target.with(&column.name, column.data_type);
    }
    Ok(target)
}

/// The place of a name that stands in no command.
pub(crate) fn named(table: &str) -> PlacedName {
    PlacedName { text: table.to_owned(), span: Span::new(0, table.len()) }
}
