//! Numbers with nouns, for messages.

/// `1 test`, `2 tests`
pub(crate) fn counted(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

/// `1 row`, `2 rows`
pub(crate) fn counted_rows(rows: usize) -> String {
    counted(rows, "row")
}
