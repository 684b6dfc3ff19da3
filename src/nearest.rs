//! Finds the known name that a mistyped one is nearest to. It must not know what the names are of.

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
    let lower = name.to_lowercase();
    let max = (name.chars().count() / 3).clamp(1, 4);
    known
        .into_iter()
        .filter(|candidate| candidate.len().abs_diff(name.len()) <= 2 * max)
        .map(|candidate| (strsim::osa_distance(&lower, &candidate.to_lowercase()), candidate))
        .filter(|(distance, candidate)| *distance <= max && *distance < lower.len() && *candidate != name)
        .min_by_key(|(distance, candidate)| (*distance, candidate.len()))
        .map(|(_, candidate)| candidate)
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
