//! Finds the known name that a mistyped one is nearest to. It must not know what the names are of.

use std::cell::Cell;

/// The nearest of the known names, if it is near enough to be meant.
///
/// Another case comes first, then the fewest edits, at most a third of the name's length.
///
/// ```
/// assert_eq!(kqlite::nearest("Subjcet", ["Sender", "Subject"]), Some("Subject"));
/// assert_eq!(kqlite::nearest("Whatever", ["Sender", "Subject"]), None);
/// ```
#[must_use]
pub fn nearest<'n>(name: &str, known: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    nearest_within(name, known, &Cell::new(usize::MAX))
}

/// The same, as long as there is work left: each comparison takes the product of the names' lengths.
pub(crate) fn nearest_within<'n>(
    name: &str,
    known: impl IntoIterator<Item = &'n str>,
    work: &Cell<usize>,
) -> Option<&'n str> {
    let max = (name.chars().count() / 3).clamp(1, 4);
    let mut lower: Option<String> = None;
    let mut best: Option<((usize, usize), &'n str)> = None;
    for candidate in known {
        if candidate.len().abs_diff(name.len()) > 2 * max || candidate == name {
            continue;
        }
        let lower = lower.get_or_insert_with(|| name.to_lowercase());
        work.set(work.get().checked_sub(name.len().saturating_mul(candidate.len()))?);
        let distance = strsim::osa_distance(lower, &candidate.to_lowercase());
        let rank = (distance, candidate.len());
        if distance <= max && distance < lower.len() && best.is_none_or(|(least, _)| rank < least) {
            best = Some((rank, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_nearest() {
        assert_eq!(nearest("y", ["a"]), None);
        let known = ["Timestamp", "TimeGenerated", "Subject"];
        assert_eq!(nearest("timestamp", known), Some("Timestamp"));
        assert_eq!(nearest("Subjcet", known), Some("Subject"));
        assert_eq!(nearest("Whatever", known), None);
        let operators = ["where", "extend", "project", "project-away", "summarize"];
        assert_eq!(nearest("wehre", operators), Some("where"));
        assert_eq!(nearest("proejct", operators), Some("project"));
        assert_eq!(nearest("sumarize", operators), Some("summarize"));
        assert_eq!(nearest("select", operators), None);
    }
}
