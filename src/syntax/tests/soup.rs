//! Arbitrary texts and arbitrary rows of tokens: the parser yields a tree or errors, and formatting keeps the tree.

use proptest::prelude::*;

use super::print::prints_itself;
use crate::syntax::{format, parse};

/// Words and signs that mean something in many places.
const PIECES: &[&str] = &[
    "T",
    "a",
    "b",
    "where",
    "extend",
    "project",
    "summarize",
    "by",
    "join",
    "on",
    "union",
    "let",
    "=",
    "==",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    "|",
    ";",
    ",",
    ".",
    "..",
    "*",
    "-",
    "+",
    "/",
    ":",
    "!in",
    "in~",
    "has",
    "and",
    "or",
    "not",
    "1",
    "1.5",
    "1d",
    "'s'",
    "\"t\"",
    "@'v'",
    "```m```",
    "datetime(2024-01-01)",
    "dynamic",
    "typeof",
    "datatable",
    "print",
    "range",
    "from",
    "to",
    "step",
    "with",
    "kind",
    "mv-expand",
    "make-series",
    "top-nested",
    "of",
    "scan",
    "=>",
    "-->",
    "#",
    "`",
    "'",
    "//",
    "\n",
    "é",
    "$left",
    "['a b']",
    "a*",
    "declare",
    "pattern",
    "materialize",
    "toscalar",
    "between",
    "evaluate",
    "find",
    "search",
    "fork",
    "invoke",
    "render",
    "parse",
    "partition",
    "sort",
];

/// What holds for every text.
fn check(text: &str) -> Result<(), TestCaseError> {
    let parsed = parse(text);
    for diagnostic in &parsed.diagnostics {
        for label in &diagnostic.labels {
            prop_assert!(
                text.get(label.span.range()).is_some(),
                "a label outside of the text: {:?}",
                diagnostic
            );
        }
    }
    match format(text) {
        Ok(formatted) => {
            prop_assert!(parsed.diagnostics.is_empty());
            prop_assert_eq!(&parse(&formatted).tree, &parsed.tree);
            prop_assert_eq!(format(&formatted), Ok(formatted));
            prints_itself(text);
        }
        Err(diagnostics) => prop_assert_eq!(diagnostics, parsed.diagnostics),
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_read(text in "\\PC{0,200}") {
        check(&text)?;
    }

    #[test]
    fn any_row_of_tokens_is_read(at in prop::collection::vec((0..PIECES.len(), any::<bool>()), 0..60)) {
        let mut text = String::new();
        for (piece, blank) in at {
            text.push_str(PIECES[piece]);
            if blank {
                text.push(' ');
            }
        }
        check(&text)?;
    }

    #[test]
    fn a_query_with_one_piece_replaced_is_read(piece in 0..PIECES.len(), at in 0usize..200) {
        let query = "let x = 5; T | where a == x and b has 's' | summarize n = count(), m = max(c) by bin(t, 1h), d \
                     | join kind=inner (U | project d, e = f[0].g) on d | top 3 by n desc nulls last // done";
        let mut words: Vec<&str> = query.split(' ').collect();
        let at = at % words.len();
        words[at] = PIECES[piece];
        check(&words.join(" "))?;
    }
}
