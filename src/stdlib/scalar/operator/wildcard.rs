//! `:`, the operator that `search` looks for texts with. It must not know columns.
//!
//! The binder writes patterns that are known as `has` and its kin. What is left are patterns that vary from row to row, and
//! those with a `*` inside.

use regex::Regex;

use super::needle::{Case, Needle, NeedlePlace};
use super::text::TextOperand;
use crate::column::{Column, Validity};
use crate::function::kinds::{STRING_OR_DYNAMIC, returns};
use crate::function::{
    Call, Category, Cost, Example, Kernel, NeedlePosition, Result, ScalarFunction, WildcardPattern, compile,
    signatures,
};

pub(super) const FUNCTIONS: &[ScalarFunction] = &[ScalarFunction {
    name: ":",
    category: Category::Operator,
    summary: "True if the right text is a term of the left one, whatever its case; '*' at an end of it stands for the rest of \
              the term, at both ends for any text, and inside for any text too.",
    signatures: signatures![(left: STRING_OR_DYNAMIC, right: STRING_OR_DYNAMIC) -> returns::BOOL],
    kernel: Kernel::Rows(fits),
    cost: Cost::of(20),
    examples: &[
        Example { query: "'North America' : 'america'", result: "true" },
        Example { query: "'North America' : 'amer'", result: "false" },
        Example { query: "'North America' : 'amer*'", result: "true" },
        Example { query: "'North America' : '*eric*'", result: "true" },
        Example { query: "'a Lab of 1 PC' : 'Lab*PC'", result: "true" },
    ],
    ..ScalarFunction::DEFAULT
}];

/// A pattern, prepared.
enum WildcardMatcher {
    Text(Box<Needle>),
    /// Without regard to case, and with it.
    Regex {
        any_case: Regex,
        same_case: Regex,
    },
}

impl WildcardMatcher {
    fn new(pattern: &str, call: &Call<'_>) -> Result<Self> {
        Ok(match WildcardPattern::of(pattern) {
            WildcardPattern::Text(place, needle) => {
                let place = match place {
                    NeedlePosition::Anywhere => NeedlePlace::Anywhere,
                    NeedlePosition::Term => NeedlePlace::Term,
                    NeedlePosition::TermStart => NeedlePlace::TermStart,
                    NeedlePosition::TermEnd => NeedlePlace::TermEnd,
                };
                Self::Text(Box::new(Needle::new(needle, place, Case::Ignored)))
            }
            WildcardPattern::Regex(regex) => Self::Regex {
                any_case: compile(&format!("(?i){regex}"), call)?,
                same_case: compile(&regex, call)?,
            },
        })
    }

    fn fits(&self, text: &str, buffer: &mut Vec<u8>, call: &Call<'_>) -> Result<bool> {
        match self {
            Self::Text(needle) => Ok(needle.matches(text.as_bytes(), buffer)),
            Self::Regex { any_case, same_case } => {
                let found = any_case.is_match(text);
                if found && !same_case.is_match(text) {
                    // The page writes such a pattern as a regular expression, which minds case, and says that search does not.
                    call.doubt(
                        "a text that has the pattern with a '*' inside in another case",
                        "it fits",
                        text,
                    )?;
                }
                Ok(found)
            }
        }
    }
}

fn fits(call: &Call<'_>) -> Result<Column> {
    let (texts, patterns) = (TextOperand::of(call.argument(0)?), TextOperand::of(call.argument(1)?));
    let mut known: Option<(&str, WildcardMatcher)> = None;
    let mut buffer = Vec::new();
    let is_constant =
        matches!(texts, TextOperand::Constant(_)) && matches!(patterns, TextOperand::Constant(_));
    let rows = if is_constant { call.rows.min(1) } else { call.rows };
    let mut found = Vec::with_capacity(rows);
    for row in 0..rows {
        let (Some(text), Some(pattern)) = (texts.get(row), patterns.get(row)) else {
            found.push(false);
            continue;
        };
        call.work(text.len() + pattern.len())?;
        let matcher = match known.take() {
            Some((known, matcher)) if known == pattern => matcher,
            _ => WildcardMatcher::new(pattern, call)?,
        };
        found.push(matcher.fits(text, &mut buffer, call)?);
        known = Some((pattern, matcher));
    }
    if is_constant {
        return Ok(super::text::constant(found.first() == Some(&true), call.rows));
    }
    Ok(Column::Bool(found.into(), Validity::ALL))
}

#[cfg(test)]
mod tests {
    use super::FUNCTIONS;
    use crate::function::testing::{check, doubted};
    use crate::types::{Dynamic, Value};

    #[test]
    fn patterns() {
        for (text, pattern, expected) in [
            ("alpha_beta", "ALPHA", true),
            ("alphabet", "alpha", false),
            ("alphabet", "alpha*", true),
            ("alphabet", "*bet", true),
            ("alphabet", "*phab*", true),
            ("my Lab_PC", "Lab*PC", true),
            ("my Lab_PCs", "Lab*PC", false),
            ("my Lab_PCs", "Lab*PC*", true),
            ("a.b", "a.b", true),
            ("", "*", true),
        ] {
            check(FUNCTIONS, ":", &[text.into(), pattern.into()], expected);
        }
        check(FUNCTIONS, ":", &[Value::Dynamic(Dynamic::Null), "*".into()], false);
        doubted(FUNCTIONS, ":", &["my lab_pc".into(), "Lab*PC".into()], true);
    }
}
