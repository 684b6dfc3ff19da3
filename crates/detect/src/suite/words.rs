//! Numbers with nouns and names of rows, for messages.

use kqlite::explain::RowRef;

/// `1 test`, `2 tests`
pub(crate) fn counted(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

/// `1 row`, `2 rows`
pub(crate) fn counted_rows(rows: usize) -> String {
    counted(rows, "row")
}

/// `T[0]`, `T[0] and T[3]`, `T[0] to T[4]`, `T[0] and 5 more rows`
pub(crate) fn row_names(rows: &[&RowRef]) -> String {
    match rows {
        [] => String::new(),
        [one] => one.to_string(),
        [a, b] => format!("{a} and {b}"),
        [first, .., last] if last.row == first.row + rows.len() - 1 => format!("{first} to {last}"),
        [first, rest @ ..] => format!("{first} and {} more rows", rest.len()),
    }
}
