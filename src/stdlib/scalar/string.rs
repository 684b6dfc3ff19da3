//! String functions. It must not know regular expressions.

use crate::column::{Long, Str};
use crate::function::kinds::{STRING, returns};
use crate::function::{Category, Example, Kernel, ScalarFunction, signatures};

pub(super) const FUNCTIONS: &[ScalarFunction] = &[
    ScalarFunction {
        name: "strlen",
        category: Category::String,
        summary: "The number of characters (code points) of a text.",
        signatures: signatures![(source: STRING) -> returns::LONG],
        kernel: Kernel::Rows(|call| call.map1::<Str, Long>(|text| Some(text.chars().count() as i64))),
        examples: &[Example { query: "strlen('hé😀')", result: "3" }],
        ..ScalarFunction::DEFAULT
    },
    ScalarFunction {
        name: "tolower",
        category: Category::String,
        summary: "A text in lower case.",
        signatures: signatures![(source: STRING) -> returns::STRING],
        kernel: Kernel::Rows(|call| call.map1::<Str, Str>(|text| Some(text.to_lowercase()))),
        examples: &[Example { query: "tolower('HÉ')", result: "\"hé\"" }],
        ..ScalarFunction::DEFAULT
    },
];

#[cfg(test)]
mod tests {
    use super::FUNCTIONS;
    use crate::function::testing::check;

    #[test]
    fn counts_code_points() {
        check(FUNCTIONS, "strlen", &["hé😀".into()], 3_i64);
    }
}
