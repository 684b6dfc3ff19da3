//! Text operators: `has`, `contains`, `startswith`, `=~`, `matches regex` and their forms. It must not know lists.
//!
//! A dynamic operand is read as its text; a dynamic null has nothing in it. Negated forms are true where the plain
//! one is false, so also for null.

use arrow_buffer::BooleanBuffer;

use super::needle::{Case, Needle, NeedlePlace};
use super::operand::test_texts;
use crate::column::{Column, StringColumn, Validity};
use crate::function::kinds::{STRING_OR_DYNAMIC, returns};
use crate::function::{
    Call, Category, Comparison, ComparisonKind, Cost, Example, Kernel, Result, ScalarFunction, Semantics,
    Signature, compile_bytes, signatures,
};
use crate::types::{ScalarType, Value};

const SIGNATURES: &[Signature] =
    signatures![(left: STRING_OR_DYNAMIC, right: STRING_OR_DYNAMIC) -> returns::BOOL];

/// A text operator and its three forms: negated, and both with regard to case.
macro_rules! forms {
    ($($place:ident: $plain:literal, $negated:literal, $cs:literal, $negated_cs:literal, $cost:literal,
        $what:literal, $example:literal => $result:literal, $example_cs:literal => $result_cs:literal,
        $example_not:literal, $example_not_cs:literal
        $(, formerly $old_negated:literal, $old_cs:literal, $old_negated_cs:literal)?;)*) => {
        &[$(
            ScalarFunction {
                name: $plain,
                summary: concat!("True if ", $what, ", whatever its case."),
                kernel: Kernel::Rows(|call| search(call, NeedlePlace::$place, Case::Ignored, false)),
                cost: Cost::of($cost),
                wider: wider(NeedlePlace::$place, "contains"),
                examples: &[Example { query: $example, result: $result }],
                ..BASE
            },
            ScalarFunction {
                name: $negated,
                aliases: &[$($old_negated)?],
                summary: concat!("True unless ", $what, ", whatever its case."),
                kernel: Kernel::Rows(|call| search(call, NeedlePlace::$place, Case::Ignored, true)),
                cost: Cost::of($cost),
                negates: Some($plain),
                examples: &[Example { query: $example_not, result: "true" }],
                ..BASE
            },
            ScalarFunction {
                name: $cs,
                aliases: &[$($old_cs)?],
                summary: concat!("True if ", $what, ", in the same case."),
                kernel: Kernel::Rows(|call| search(call, NeedlePlace::$place, Case::Sensitive, false)),
                semantics: meaning(NeedlePlace::$place),
                cost: Cost::of($cost),
                ignoring_case: Some($plain),
                wider: wider(NeedlePlace::$place, "contains_cs"),
                examples: &[Example { query: $example_cs, result: $result_cs }],
                ..BASE
            },
            ScalarFunction {
                name: $negated_cs,
                aliases: &[$($old_negated_cs)?],
                summary: concat!("True unless ", $what, ", in the same case."),
                kernel: Kernel::Rows(|call| search(call, NeedlePlace::$place, Case::Sensitive, true)),
                cost: Cost::of($cost),
                negates: Some($cs),
                ignoring_case: Some($negated),
                examples: &[Example { query: $example_not_cs, result: "true" }],
                ..BASE
            },
        )*]
    };
}

const BASE: ScalarFunction =
    ScalarFunction { category: Category::Operator, signatures: SIGNATURES, ..ScalarFunction::DEFAULT };

/// The search for a text anywhere, of those that find it in some places alone.
const fn wider(place: NeedlePlace, anywhere: &'static str) -> Option<&'static str> {
    match place {
        NeedlePlace::Term
        | NeedlePlace::TermStart
        | NeedlePlace::TermEnd
        | NeedlePlace::Start
        | NeedlePlace::End => Some(anywhere),
        NeedlePlace::Anywhere | NeedlePlace::Whole => None,
    }
}

/// The relation that a search with regard to case tests.
const fn meaning(place: NeedlePlace) -> Semantics {
    Semantics::Comparison(match place {
        NeedlePlace::Term => ComparisonKind::HasTerm,
        NeedlePlace::Anywhere => ComparisonKind::Contains,
        NeedlePlace::Start => ComparisonKind::StartsWith,
        NeedlePlace::End => ComparisonKind::EndsWith,
        NeedlePlace::Whole => ComparisonKind::Order(Comparison::Equal),
        NeedlePlace::TermStart | NeedlePlace::TermEnd => return Semantics::Opaque,
    })
}

/// `has`, `contains` and their kin.
pub(super) const FUNCTIONS: &[ScalarFunction] = forms! {
    Term: "has", "!has", "has_cs", "!has_cs", 10,
        "the right text stands in the left one as a whole term (or terms)",
        "'alpha_beta gamma' has 'Beta'" => "true", "'foobar' has_cs 'bar'" => "false",
        "'North America' !has 'amer'", "'North America' !has_cs 'amer'";
    TermStart: "hasprefix", "!hasprefix", "hasprefix_cs", "!hasprefix_cs", 10,
        "a term of the left text starts with the right one",
        "'North America' hasprefix 'ame'" => "true", "'North America' hasprefix_cs 'ame'" => "false",
        "'North America' !hasprefix 'mer'", "'North America' !hasprefix_cs 'CA'";
    TermEnd: "hassuffix", "!hassuffix", "hassuffix_cs", "!hassuffix_cs", 10,
        "a term of the left text ends with the right one",
        "'North America' hassuffix 'TH'" => "true", "'North America' hassuffix_cs 'th'" => "true",
        "'North America' !hassuffix 'americ'", "'North America' !hassuffix_cs 'icA'";
    Anywhere: "contains", "!contains", "contains_cs", "!contains_cs", 10,
        "the right text stands anywhere in the left one",
        "'FabriKam' contains 'BRik'" => "true", "'FabriKam' contains_cs 'BRik'" => "false",
        "'Fabrikam' !contains 'xyz'", "'Fabrikam' !contains_cs 'Kam'",
        formerly "notcontains", "containscs", "notcontainscs";
    Start: "startswith", "!startswith", "startswith_cs", "!startswith_cs", 5,
        "the left text starts with the right one",
        "'Fabrikam' startswith 'fab'" => "true", "'Fabrikam' startswith_cs 'fab'" => "false",
        "'Fabrikam' !startswith 'kam'", "'Fabrikam' !startswith_cs 'fab'";
    End: "endswith", "!endswith", "endswith_cs", "!endswith_cs", 5,
        "the left text ends with the right one",
        "'Fabrikam' endswith 'KAM'" => "true", "'Fabrikam' endswith_cs 'KAM'" => "false",
        "'Fabrikam' !endswith 'brik'", "'Fabrikam' !endswith_cs 'brik'";
};

/// The operators that come in fewer forms.
pub(super) const OTHERS: &[ScalarFunction] = &[
    ScalarFunction {
        name: "=~",
        summary: "True if both texts are equal, whatever their case.",
        kernel: Kernel::Rows(|call| search(call, NeedlePlace::Whole, Case::Ignored, false)),
        cost: Cost::of(5),
        wider: Some("contains"),
        examples: &[
            Example { query: "'Привет' =~ 'ПРИВЕТ'", result: "true" },
            Example { query: "'ß' =~ 'SS'", result: "false" },
        ],
        ..BASE
    },
    ScalarFunction {
        name: "!~",
        summary: "True if the texts differ in more than case.",
        kernel: Kernel::Rows(|call| search(call, NeedlePlace::Whole, Case::Ignored, true)),
        cost: Cost::of(5),
        negates: Some("=~"),
        examples: &[Example { query: "'abc' !~ 'ABC'", result: "false" }],
        ..BASE
    },
    ScalarFunction {
        name: "matches regex",
        summary: "True if the regular expression matches somewhere in the text.",
        kernel: Kernel::Rows(matches_regex),
        cost: Cost::of(20),
        examples: &[
            Example { query: r"'user42' matches regex @'\d+$'", result: "true" },
            Example { query: "'abc' matches regex 'B'", result: "false" },
        ],
        ..BASE
    },
];

/// An operand as texts, with the rows that hold one (dynamic values may be null).
pub(super) enum TextOperand<'a> {
    /// One text for every row; `None` is null.
    Constant(Option<std::sync::Arc<str>>),
    /// A text for each row.
    Rows(std::borrow::Cow<'a, StringColumn>, Validity),
}

impl<'a> TextOperand<'a> {
    pub(super) fn of(column: &'a Column) -> Self {
        match column {
            Column::String(texts) => Self::Rows(std::borrow::Cow::Borrowed(texts), Validity::ALL),
            Column::Constant(it) if it.value.is_null() => Self::Constant(None),
            Column::Constant(it) => Self::Constant(Some(it.value.to_text())),
            _ => {
                let rows = column.len();
                let valid = BooleanBuffer::collect_bool(rows, |row| !column.is_null(row));
                match column.convert(ScalarType::String) {
                    Column::String(texts) => Self::Rows(std::borrow::Cow::Owned(texts), Validity::new(valid)),
                    _ => Self::Constant(None),
                }
            }
        }
    }

    /// The text of a row; `None` if it is null.
    pub(super) fn get(&self, row: usize) -> Option<&str> {
        match self {
            Self::Constant(text) => text.as_deref(),
            Self::Rows(texts, valid) => valid.is_valid(row).then(|| texts.get(row)),
        }
    }

    /// A predicate of the texts as a column of bools; null texts give false, and all is turned where `negated`.
    pub(super) fn column(
        &self,
        rows: usize,
        negated: bool,
        one: impl FnOnce(&str) -> bool,
        all: impl FnOnce(&StringColumn) -> BooleanBuffer,
    ) -> Column {
        match self {
            Self::Constant(text) => constant(text.as_deref().is_some_and(one) != negated, rows),
            Self::Rows(texts, valid) => {
                let found = all(texts);
                let found = valid.nulls().map_or_else(|| found.clone(), |valid| &found & valid.inner());
                Column::Bool(if negated { !&found } else { found }, Validity::ALL)
            }
        }
    }
}

pub(super) fn constant(it: bool, rows: usize) -> Column {
    Column::constant(Value::Bool(it), ScalarType::Bool, rows)
}

fn search(call: &Call<'_>, place: NeedlePlace, case: Case, negated: bool) -> Result<Column> {
    let texts = TextOperand::of(call.argument(0)?);
    Ok(match TextOperand::of(call.argument(1)?) {
        TextOperand::Constant(None) => constant(negated, call.rows),
        TextOperand::Constant(Some(needle)) => {
            let needle = Needle::new(&needle, place, case);
            texts.column(
                call.rows,
                negated,
                |text| needle.matches(text.as_bytes(), &mut Vec::new()),
                |texts| needle.search(texts),
            )
        }
        needles => {
            let mut buffer = Vec::new();
            let mut last: Option<(&str, Needle)> = None;
            let found = BooleanBuffer::collect_bool(call.rows, |row| {
                let (Some(text), Some(needle)) = (texts.get(row), needles.get(row)) else { return negated };
                let it = match last.take() {
                    Some((known, it)) if known == needle => it,
                    _ => Needle::new(needle, place, case),
                };
                let found = it.matches(text.as_bytes(), &mut buffer);
                last = Some((needle, it));
                found != negated
            });
            Column::Bool(found, Validity::ALL)
        }
    })
}

fn matches_regex(call: &Call<'_>) -> Result<Column> {
    // Over bytes: the texts need not be checked once more for being UTF-8.
    let compile = |pattern: &str| compile_bytes(pattern, call);
    let texts = TextOperand::of(call.argument(0)?);
    Ok(match TextOperand::of(call.argument(1)?) {
        TextOperand::Constant(None) => constant(false, call.rows),
        TextOperand::Constant(Some(pattern)) => {
            let regex = compile(&pattern)?;
            texts.column(
                call.rows,
                false,
                |text| regex.is_match(text.as_bytes()),
                |texts| test_texts(texts, |text| regex.is_match(text)),
            )
        }
        patterns => {
            let mut known: hashbrown::HashMap<&str, regex::bytes::Regex> = hashbrown::HashMap::new();
            let (mut found, mut bytes) = (Vec::with_capacity(call.rows), 0);
            for row in 0..call.rows {
                let (Some(text), Some(pattern)) = (texts.get(row), patterns.get(row)) else {
                    found.push(false);
                    continue;
                };
                call.work(text.len() + pattern.len())?;
                // What is kept takes some hundred bytes for each of an expression.
                if known.len() > 64 || bytes > 1 << 12 {
                    known.clear();
                    bytes = 0;
                }
                bytes += pattern.len();
                let regex = match known.get(pattern) {
                    Some(regex) => regex,
                    None => known.entry(pattern).insert(compile(pattern)?).into_mut(),
                };
                found.push(regex.is_match(text.as_bytes()));
            }
            Column::Bool(found.into(), Validity::ALL)
        }
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::function::testing::{call, check};
    use crate::types::Dynamic;

    // Expectations: SEMANTICS' recorded answers.
    #[test]
    fn terms() {
        for (text, needle, expected) in [
            ("alpha_beta", "alpha", true),
            ("1.2.3", "2.3", true),
            ("foobar", "bar", false),
            ("anything", "", true),
            ("a b", " ", true),
            ("ab", " ", false),
            ("ПРИВЕТ мир", "привет", true),
            ("a\u{200b}b", " ", false),
        ] {
            check(FUNCTIONS, "has", &[text.into(), needle.into()], expected);
            check(FUNCTIONS, "!has", &[text.into(), needle.into()], !expected);
        }
    }

    #[test]
    fn null_dynamics_have_nothing() {
        check(FUNCTIONS, "has", &[Dynamic::Null.into(), "".into()], false);
        check(FUNCTIONS, "!contains", &[Dynamic::Null.into(), "".into()], true);
        check(FUNCTIONS, "contains", &[Dynamic::from_json("[\"ab\"]").unwrap().into(), "B".into()], true);
        check(OTHERS, "=~", &[Dynamic::string("X").into(), "x".into()], true);
    }

    #[test]
    fn regexes() {
        check(OTHERS, "matches regex", &["x１".into(), r"\d".into()], true);
        check(OTHERS, "matches regex", &["a\u{a0}b".into(), r"\s".into()], true);
        check(OTHERS, "matches regex", &["abc".into(), "^b".into()], false);
    }

    proptest! {
        /// Plain, dictionary-encoded and constant texts give the same, with constant needles and by row.
        #[test]
        fn encodings_agree(
            rows in prop::collection::vec("[aAbBéÉ1_ ]{0,6}", 1..12),
            needle in "[aAbBéÉ1_ ]{0,3}",
        ) {
            let plain: StringColumn = rows.iter().map(String::as_str).collect();
            let dictionary = Column::String(plain.encode(100).unwrap());
            let plain = Column::String(plain);
            let one = Column::constant(needle.as_str().into(), ScalarType::String, rows.len());
            for (family, names) in [(FUNCTIONS, FUNCTIONS), (OTHERS, &OTHERS[..2])] {
                for function in names {
                    let name = function.name;
                    let expected = call(family, name, &[plain.clone(), one.clone()]);
                    prop_assert_eq!(&call(family, name, &[dictionary.clone(), one.clone()]), &expected);
                    prop_assert_eq!(&call(family, name, &[plain.clone(), one.to_flat()]), &expected);
                    for (row, text) in rows.iter().enumerate() {
                        let text = Column::constant(text.as_str().into(), ScalarType::String, 1);
                        let found = call(family, name, &[text, one.slice(0, 1)]).value(0);
                        prop_assert_eq!(found, expected.value(row), "{}", name);
                    }
                }
            }
        }
    }
}
