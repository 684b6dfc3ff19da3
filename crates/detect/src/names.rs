//! Finds what may be a name in a text. It must not know what the names stand for.

/// Gives everything in a text that may be a name. Words in comments and strings are among them; they do no harm.
///
/// ```
/// assert!(kqlite_detect::words("SigninLogs | where A_b == 1").eq(["SigninLogs", "where", "A_b", "1"]));
/// ```
pub fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty())
}
