//! Names of columns and tables that a query does not see: no name that can be written begins as they do.

use std::borrow::Cow;

const PREFIX: char = '\0';

/// A constant hidden name.
macro_rules! hidden {
    ($name:literal) => {
        concat!("\0", $name)
    };
}
pub(crate) use hidden;

/// The column of a table that holds when its rows came in. A query does not see it, but by `ingestion_time()`.
pub const INGESTION_TIME: &str = "$IngestionTime";

/// What the column of ingestion times is called among the rows of an operator that asks for it.
pub const CARRIED_INGESTION_TIME: &str = hidden!("ingestion time");

/// Whether a name is hidden.
pub fn is_hidden(name: &str) -> bool {
    name.starts_with(PREFIX)
}

/// The name as it is shown to people, `$row` for the hidden `row`.
pub fn shown(name: &str) -> Cow<'_, str> {
    match name.strip_prefix(PREFIX) {
        Some(rest) => Cow::Owned(format!("${rest}")),
        None => Cow::Borrowed(name),
    }
}
