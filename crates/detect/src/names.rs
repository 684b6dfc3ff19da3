//! Finds what may be a name in a text. It must not know what the names stand for.

/// Everything in a text that may be a name.
pub(crate) fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty())
}
