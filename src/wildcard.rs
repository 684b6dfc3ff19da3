//! Compares names with patterns of names, as `union Device*` has them. It must not know what the names are of.

/// Whether a name fits a pattern, in which `*` stands for any text. Case matters.
///
/// ```
/// assert!(kqlite::fits_wildcard("Device*Events", "DeviceFileEvents"));
/// assert!(!kqlite::fits_wildcard("Device*Events", "DeviceInfo"));
/// ```
#[must_use]
pub fn fits_wildcard(pattern: &str, name: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|first| name.strip_prefix(first)) else { return false };
    let Some(last) = parts.next_back() else { return rest.is_empty() };
    for part in parts {
        let Some((_, behind)) = rest.split_once(part) else { return false };
        rest = behind;
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::fits_wildcard;

    #[test]
    fn stars_stand_for_any_text() {
        for (pattern, name, fits) in [
            ("Device*", "DeviceInfo", true),
            ("*Time", "StartTime", true),
            ("a*c*e", "abcde", true),
            ("a**e", "ae", true),
            ("a*b", "ab c", false),
            ("*", "", true),
            ("ab*ba", "aba", false),
            ("ab", "ab", true),
            ("ab", "abc", false),
        ] {
            assert_eq!(fits_wildcard(pattern, name), fits, "{pattern} {name}");
        }
    }
}
