//! Patterns with `*`, as `search` and the operator `:` have them. It must not know what is searched.

/// Where a text must stand in another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NeedlePosition {
    /// Anywhere.
    Anywhere,
    /// As a whole term, or terms.
    Term,
    /// At the beginning of a term.
    TermStart,
    /// At the end of a term.
    TermEnd,
}

/// What a pattern asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WildcardPattern<'p> {
    /// A text in a place.
    Text(NeedlePosition, &'p str),
    /// A match of a regular expression, which minds case.
    Regex(String),
}

impl<'p> WildcardPattern<'p> {
    /// Reads a pattern.
    #[must_use]
    pub fn of(pattern: &'p str) -> Self {
        let rest = pattern.strip_prefix('*');
        let text = rest.unwrap_or(pattern);
        let (text, open_end) = match text.strip_suffix('*') {
            Some(text) => (text, true),
            None => (text, false),
        };
        if !text.contains('*') {
            let place = match (rest.is_some(), open_end) {
                (false, false) => NeedlePosition::Term,
                (false, true) => NeedlePosition::TermStart,
                (true, false) => NeedlePosition::TermEnd,
                (true, true) => NeedlePosition::Anywhere,
            };
            return Self::Text(place, text);
        }
        let pieces: Vec<String> = text.split('*').map(regex::escape).collect();
        let bound = |is_open: bool| if is_open { "" } else { r"\b" };
        Self::Regex(format!("{}{}{}", bound(rest.is_some()), pieces.join(".*"), bound(open_end)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Source: the page of search.
    #[test]
    fn the_table_of_the_page() {
        for (pattern, expected) in [
            ("billg", WildcardPattern::Text(NeedlePosition::Term, "billg")),
            ("*billg", WildcardPattern::Text(NeedlePosition::TermEnd, "billg")),
            ("billg*", WildcardPattern::Text(NeedlePosition::TermStart, "billg")),
            ("*billg*", WildcardPattern::Text(NeedlePosition::Anywhere, "billg")),
            ("Lab*PC", WildcardPattern::Regex(r"\bLab.*PC\b".to_owned())),
            ("*a.b*c", WildcardPattern::Regex(r"a\.b.*c\b".to_owned())),
            ("*", WildcardPattern::Text(NeedlePosition::TermEnd, "")),
        ] {
            assert_eq!(WildcardPattern::of(pattern), expected, "{pattern}");
        }
    }
}
