//! Operators over lists: `in`, `has_any`, `has_all` and their kin. It must not know where a list comes from.
//!
//! An item may be a scalar, or a dynamic array whose elements count as items. Items that are the same for every row
//! are gathered once into a set or a searcher; the others are tried row by row.

use arrow_buffer::BooleanBuffer;
use hashbrown::HashSet;

use super::comparison::{self, dynamic_with};
use super::fold::{fold_into, folded};
use super::logic;
use super::needle::{Case, Needle, NeedlePlace};
use super::operand::test_texts;
use super::terms::Terms;
use super::text::{TextOperand, constant};
use crate::column::{Column, Validity, bits_of};
use crate::function::kinds::{ARRAY, SCALAR, STRING_OR_DYNAMIC, returns};
use crate::function::{
    Call, Category, Comparison, ComparisonKind, Cost, Example, Kernel, Result, ScalarFunction, Semantics,
    Signature, signatures,
};
use crate::types::{Dynamic, ScalarType, Value};

const ANY_TYPE: &[Signature] =
    signatures![(value: SCALAR, item: SCALAR.repeated(1, u16::MAX)) -> returns::BOOL];
const TEXT: &[Signature] =
    signatures![(value: STRING_OR_DYNAMIC, item: SCALAR.repeated(1, u16::MAX)) -> returns::BOOL];

pub(super) const FUNCTIONS: &[ScalarFunction] = &[
    ScalarFunction {
        name: "in",
        category: Category::Operator,
        summary: "True if the value equals one of the items; texts with regard to case.",
        signatures: ANY_TYPE,
        kernel: Kernel::Rows(|call| is_in(call, false)),
        semantics: Semantics::Comparison(ComparisonKind::In),
        cost: Cost::of(3),
        ignoring_case: Some("in~"),
        examples: &[
            Example { query: "'a' in ('A', 'b')", result: "false" },
            Example { query: "2 in (dynamic([1, 2]))", result: "true" },
            Example { query: "long(null) in (1, 2)", result: "false" },
        ],
        ..ScalarFunction::DEFAULT
    },
    ScalarFunction {
        name: "!in",
        category: Category::Operator,
        summary: "True if the value equals none of the items; texts with regard to case.",
        signatures: ANY_TYPE,
        kernel: Kernel::Rows(|call| is_in(call, true)),
        semantics: Semantics::Comparison(ComparisonKind::NotIn),
        cost: Cost::of(3),
        negates: Some("in"),
        ignoring_case: Some("!in~"),
        examples: &[Example { query: "long(null) !in (1, 2)", result: "true" }],
        ..ScalarFunction::DEFAULT
    },
    ScalarFunction {
        name: "in~",
        category: Category::Operator,
        summary: "True if the text equals one of the items, whatever its case.",
        signatures: TEXT,
        kernel: Kernel::Rows(|call| is_in_folded(call, false)),
        cost: Cost::of(5),
        examples: &[Example { query: "'a' in~ ('A', 'b')", result: "true" }],
        ..ScalarFunction::DEFAULT
    },
    ScalarFunction {
        name: "!in~",
        category: Category::Operator,
        summary: "True if the text equals none of the items, whatever its case.",
        signatures: TEXT,
        kernel: Kernel::Rows(|call| is_in_folded(call, true)),
        cost: Cost::of(5),
        negates: Some("in~"),
        examples: &[Example { query: "'a' !in~ ('A', 'b')", result: "false" }],
        ..ScalarFunction::DEFAULT
    },
    ScalarFunction {
        name: "has_any",
        category: Category::Operator,
        summary: "True if the text has one of the items as a whole term, whatever its case.",
        signatures: TEXT,
        kernel: Kernel::Rows(|call| has(call, true)),
        cost: Cost::of(20),
        examples: &[
            Example { query: "'cmd.exe /c whoami' has_any ('WHOAMI', 'net')", result: "true" },
            Example { query: "'cmd.exe' has_any (dynamic(['cm', 'ex']))", result: "false" },
        ],
        ..ScalarFunction::DEFAULT
    },
    ScalarFunction {
        name: "has_all",
        category: Category::Operator,
        summary: "True if the text has all items as whole terms, whatever their case.",
        signatures: TEXT,
        kernel: Kernel::Rows(|call| has(call, false)),
        cost: Cost::of(20),
        examples: &[Example { query: "'cmd.exe /c whoami' has_all ('whoami', 'CMD')", result: "true" }],
        ..ScalarFunction::DEFAULT
    },
    ScalarFunction {
        name: "has_any_index",
        category: Category::String,
        summary: "The place in an array of the first text that the source has as a whole term, whatever its case; -1 if it has none.",
        signatures: signatures![(source: STRING_OR_DYNAMIC, values: ARRAY) -> returns::LONG],
        kernel: Kernel::Rows(has_any_index),
        examples: &[
            Example {
                query: "has_any_index('this is an example', dynamic(['other', 'Example']))",
                result: "1",
            },
            Example { query: "has_any_index('this is an example', dynamic(['exam']))", result: "-1" },
        ],
        ..ScalarFunction::DEFAULT
    },
];

/// The items of an operand's value: the elements of an array, or the value itself. Nulls are left out: nothing
/// equals them.
fn items(value: &Value, out: &mut Vec<Value>) {
    match value {
        Value::Dynamic(Dynamic::Array(elements)) => {
            out.extend(elements.iter().filter(|it| !it.is_null()).map(|it| Value::Dynamic(it.clone())));
        }
        value if value.is_null() => {}
        value => out.push(value.clone()),
    }
}

/// The items that are the same for every row, and the operands that are not.
fn split<'a>(call: &Call<'a>) -> (Vec<Value>, Vec<&'a Column>) {
    let (mut fixed, mut varying) = (Vec::new(), Vec::new());
    for column in call.arguments.iter().skip(1) {
        match column.as_constant() {
            Some(value) => items(value, &mut fixed),
            None => varying.push(column),
        }
    }
    (fixed, varying)
}

/// Bits as a column, with those of the varying operands added; all turned where `negated`.
fn finish(
    call: &Call<'_>,
    mut found: Column,
    varying: &[&Column],
    negated: bool,
    equal: impl Fn(&Column) -> Result<Column>,
) -> Result<Column> {
    for column in varying {
        found = logic::both(&found, &without_nulls(equal(column)?), false, call.rows);
    }
    Ok(if negated { logic::negate(&found, call.rows) } else { found })
}

/// Null as false.
fn without_nulls(column: Column) -> Column {
    match column {
        Column::Bool(values, validity) => match validity.nulls() {
            None => Column::Bool(values, Validity::ALL),
            Some(nulls) => Column::Bool(&values & nulls.inner(), Validity::ALL),
        },
        Column::Constant(it) => constant(it.value == Value::Bool(true), it.len),
        other => other,
    }
}

fn is_in(call: &Call<'_>, negated: bool) -> Result<Column> {
    let value = call.argument(0)?;
    let (fixed, varying) = split(call);
    let found = match value.scalar_type() {
        ScalarType::String => {
            let (texts, others): (Vec<&Value>, Vec<&Value>) = fixed.iter().partition(|it| is_textual(it));
            let texts: HashSet<Vec<u8>> = texts.iter().map(|it| it.to_text().as_bytes().to_vec()).collect();
            let found = TextOperand::of(value).column(
                call.rows,
                false,
                |text| texts.contains(text.as_bytes()),
                |column| test_texts(column, |text| texts.contains(text)),
            );
            or_equal(call, found, value, &others)?
        }
        ScalarType::Dynamic => any_dynamic(call, value, &fixed),
        _ => in_numbers(call, value, &fixed)?,
    };
    finish(call, found, &varying, negated, |column| equals(call, value, column))
}

/// The item is a text, or a dynamic value that is read as one.
const fn is_textual(item: &Value) -> bool {
    matches!(item, Value::String(_) | Value::Dynamic(_))
}

/// The rows that were found, and those whose value equals one of these items.
fn or_equal(call: &Call<'_>, mut found: Column, value: &Column, items: &[&Value]) -> Result<Column> {
    for item in items {
        let data_type = item.scalar_type().unwrap_or_else(|| value.scalar_type());
        let item = Column::constant((*item).clone(), data_type, call.rows);
        let equal = comparison::columns(call, value, &item, Comparison::Equal)?;
        found = logic::both(&found, &without_nulls(equal), false, call.rows);
    }
    Ok(found)
}

/// Equality with an operand that differs from row to row; the elements of its arrays count.
fn equals(call: &Call<'_>, value: &Column, item: &Column) -> Result<Column> {
    if item.scalar_type() != ScalarType::Dynamic {
        return comparison::columns(call, value, item, Comparison::Equal);
    }
    let mut list = Vec::new();
    let mut out = Vec::with_capacity(call.rows);
    for row in 0..call.rows {
        list.clear();
        items(&item.value(row), &mut list);
        let value = value.value(row);
        out.push(list.iter().any(|item| equal(&value, item)));
    }
    Ok(Column::Bool(out.into(), Validity::ALL))
}

/// A value equals an item, one of which is dynamic.
fn equal(value: &Value, item: &Value) -> bool {
    let found = match (value, item) {
        (Value::Dynamic(a), Value::Dynamic(b)) => {
            return match (a.as_real(), b.as_real()) {
                (Some(a), Some(b)) => a == b,
                _ => !a.is_null() && a == b,
            };
        }
        (Value::Dynamic(value), item) => dynamic_with(value, item, Comparison::Equal, false),
        (value, Value::Dynamic(item)) => dynamic_with(item, value, Comparison::Equal, false),
        _ => None,
    };
    found == Some(true)
}

/// Dynamic values against fixed items.
fn any_dynamic(call: &Call<'_>, value: &Column, fixed: &[Value]) -> Column {
    if let Some(value) = value.as_constant() {
        return constant(fixed.iter().any(|item| equal(value, item)), call.rows);
    }
    let texts: Option<HashSet<&str>> = fixed.iter().map(Value::as_str).collect();
    let found: Vec<bool> = (0..call.rows)
        .map(|row| match (&texts, value.value(row)) {
            (_, Value::Null) => false,
            (Some(texts), Value::Dynamic(it)) => texts.contains(it.to_text().as_str()),
            (_, value) => fixed.iter().any(|item| equal(&value, item)),
        })
        .collect();
    Column::Bool(found.into(), Validity::ALL)
}

/// Values of fixed width against fixed items. Each is compared in a type that holds both.
fn in_numbers(call: &Call<'_>, value: &Column, fixed: &[Value]) -> Result<Column> {
    let data_type = value.scalar_type();
    let (mut same, mut others) = (HashSet::new(), Vec::new());
    for item in fixed {
        match key(item, data_type) {
            Some(key) => {
                same.insert(key);
            }
            None => others.push(item),
        }
    }
    let contains = |key: i128| same.contains(&key);
    let few: Vec<i128> = same.iter().copied().collect();
    let short = few.len() <= 8;
    let test = |key: i128| if short { few.contains(&key) } else { contains(key) };
    let bits = |values: BooleanBuffer, validity: &Validity| {
        let values = match validity.nulls() {
            None => values,
            Some(nulls) => &values & nulls.inner(),
        };
        Column::Bool(values, Validity::ALL)
    };
    let found = match value {
        Column::Constant(it) => constant(key(&it.value, data_type).is_some_and(test), call.rows),
        _ if same.is_empty() => constant(false, call.rows),
        Column::Int(it) => bits(bits_of(it.values(), |n| test(i128::from(n))), it.validity()),
        Column::Long(it) | Column::DateTime(it) | Column::TimeSpan(it) => {
            bits(bits_of(it.values(), |n| test(i128::from(n))), it.validity())
        }
        Column::Guid(it) => bits(bits_of(it.values(), test), it.validity()),
        _ => {
            let hit = |row| key(&value.value(row), data_type).is_some_and(test);
            Column::Bool(BooleanBuffer::collect_bool(call.rows, hit), Validity::ALL)
        }
    };
    or_equal(call, found, value, &others)
}

/// A number that is equal exactly for equal values of a type; `None` where the value must be compared otherwise.
fn key(value: &Value, data_type: ScalarType) -> Option<i128> {
    match (value, data_type) {
        (Value::Int(n), ScalarType::Int | ScalarType::Long) => Some(i128::from(*n)),
        (Value::Long(n), ScalarType::Int | ScalarType::Long) => Some(i128::from(*n)),
        (Value::DateTime(it), ScalarType::DateTime) => Some(i128::from(it.0)),
        (Value::TimeSpan(it), ScalarType::TimeSpan) => Some(i128::from(it.0)),
        (Value::Guid(it), ScalarType::Guid) => Some(it.0 as i128),
        (Value::Bool(it), ScalarType::Bool) => Some(i128::from(*it)),
        (Value::Real(n), ScalarType::Real) if !n.is_nan() => Some(i128::from((n + 0.0).to_bits())),
        (Value::Dynamic(Dynamic::Long(n)), ScalarType::Int | ScalarType::Long) => Some(i128::from(*n)),
        _ => None,
    }
}

fn is_in_folded(call: &Call<'_>, negated: bool) -> Result<Column> {
    let value = call.argument(0)?;
    let (fixed, varying) = split(call);
    let (texts, others): (Vec<&Value>, Vec<&Value>) = fixed.iter().partition(|it| is_textual(it));
    let texts: HashSet<Vec<u8>> = texts.iter().map(|it| folded(&it.to_text())).collect();
    let lengths = texts.iter().map(Vec::len).min().zip(texts.iter().map(Vec::len).max());
    let mut buffer = Vec::new();
    let mut contains = |text: &[u8]| {
        // ASCII keeps its length: a text that is too short or too long need not be folded.
        if text.is_ascii() && !lengths.is_some_and(|(min, max)| (min..=max).contains(&text.len())) {
            return false;
        }
        buffer.clear();
        fold_into(text, &mut buffer);
        texts.contains(&buffer)
    };
    let own = TextOperand::of(value);
    let found = match &own {
        TextOperand::Constant(text) => {
            constant(text.as_deref().is_some_and(|text| contains(text.as_bytes())), call.rows)
        }
        TextOperand::Rows(..) => {
            own.column(call.rows, false, |_| false, |column| test_texts(column, contains))
        }
    };
    let found = or_equal(call, found, value, &others)?;
    let equal = |column: &Column| {
        if !matches!(column.scalar_type(), ScalarType::String | ScalarType::Dynamic) {
            return comparison::columns(call, value, column, Comparison::Equal);
        }
        let mut list = Vec::new();
        let mut out = Vec::with_capacity(call.rows);
        for row in 0..call.rows {
            list.clear();
            items(&column.value(row), &mut list);
            let text = own.get(row).map(folded);
            out.push(text.is_some_and(|text| list.iter().any(|item| folded(&item.to_text()) == text)));
        }
        Ok(Column::Bool(out.into(), Validity::ALL))
    };
    finish(call, found, &varying, negated, equal)
}

/// `has_any` and, if not `any`, `has_all`.
fn has(call: &Call<'_>, any: bool) -> Result<Column> {
    let texts = TextOperand::of(call.argument(0)?);
    let (fixed, varying) = split(call);
    let found = if any {
        let terms = Terms::new(&fixed.iter().map(Value::to_text).collect::<Vec<_>>());
        texts.column(
            call.rows,
            false,
            |text| terms.matches(text.as_bytes(), &mut Vec::new()),
            |texts| terms.search(texts),
        )
    } else {
        let bytes = call.argument(0)?.byte_size();
        let mut found = constant(true, call.rows);
        for item in &fixed {
            call.work(bytes)?;
            let needle = Needle::new(&item.to_text(), NeedlePlace::Term, Case::Ignored);
            let one = texts.column(
                call.rows,
                false,
                |text| needle.matches(text.as_bytes(), &mut Vec::new()),
                |texts| needle.search(texts),
            );
            found = logic::both(&found, &one, true, call.rows);
        }
        found
    };
    let mut out = found;
    for column in varying {
        let (mut list, mut buffer) = (Vec::new(), Vec::new());
        let mut bits = Vec::with_capacity(call.rows);
        for row in 0..call.rows {
            list.clear();
            items(&column.value(row), &mut list);
            let Some(text) = texts.get(row) else {
                bits.push(false);
                continue;
            };
            let mut has = !any;
            for item in &list {
                call.work(text.len() + item.byte_size())?;
                let needle = Needle::new(&item.to_text(), NeedlePlace::Term, Case::Ignored);
                if needle.matches(text.as_bytes(), &mut buffer) == any {
                    has = any;
                    break;
                }
            }
            bits.push(has);
        }
        out = logic::both(&out, &Column::Bool(bits.into(), Validity::ALL), !any, call.rows);
    }
    Ok(out)
}

fn has_any_index(call: &Call<'_>) -> Result<Column> {
    let texts = TextOperand::of(call.argument(0)?);
    let prepare = |value: &Value| -> Option<Vec<Needle>> {
        let Value::Dynamic(Dynamic::Array(items)) = value else { return None };
        Some(items.iter().map(|it| Needle::new(&it.to_text(), NeedlePlace::Term, Case::Ignored)).collect())
    };
    let find = |needles: &[Needle], row: usize, buffer: &mut Vec<u8>| -> Result<i64> {
        let Some(text) = texts.get(row) else { return Ok(-1) };
        for (at, needle) in (0..).zip(needles) {
            call.work(text.len())?;
            if needle.matches(text.as_bytes(), buffer) {
                return Ok(at);
            }
        }
        Ok(-1)
    };
    let list = call.argument(1)?;
    let mut buffer = Vec::new();
    if let Some(value) = list.as_constant() {
        let Some(needles) = prepare(value) else { return Ok(call.nulls()) };
        if matches!(texts, TextOperand::Constant(_)) {
            let found = find(&needles, 0, &mut buffer)?;
            return Ok(Column::constant(found.into(), ScalarType::Long, call.rows));
        }
        let found = (0..call.rows).map(|row| find(&needles, row, &mut buffer));
        return Ok(Column::longs(found.collect::<Result<_>>()?));
    }
    let found = (0..call.rows).map(|row| {
        let needles = prepare(&list.value(row));
        needles.map(|needles| find(&needles, row, &mut buffer)).transpose()
    });
    Ok(Column::Long(found.collect::<Result<_>>()?))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::column::StringColumn;
    use crate::function::testing::{call, check};
    use crate::types::DateTime;

    fn list(json: &str) -> Value {
        Value::Dynamic(Dynamic::from_json(json).unwrap())
    }

    #[test]
    fn equality_with_items() {
        check(FUNCTIONS, "in", &["b".into(), "a".into(), "b".into()], true);
        check(FUNCTIONS, "in", &["B".into(), "a".into(), "b".into()], false);
        check(FUNCTIONS, "in~", &["É".into(), "é".into()], true);
        check(FUNCTIONS, "in", &[2.into(), list("[1, 2.0]")], true);
        check(FUNCTIONS, "in", &[2_i64.into(), 1.5.into(), 2.0.into()], true);
        check(FUNCTIONS, "in", &[2.0.into(), 2_i64.into()], true);
        check(FUNCTIONS, "in", &[(-0.0).into(), 0.0.into()], true);
        check(FUNCTIONS, "in", &[f64::NAN.into(), f64::NAN.into()], false);
        check(FUNCTIONS, "in", &[DateTime(5).into(), DateTime(5).into()], true);
        check(FUNCTIONS, "in", &[Dynamic::string("a").into(), "a".into()], true);
        check(FUNCTIONS, "in", &["a".into(), list("[]")], false);
        check(FUNCTIONS, "!in", &[true.into(), false.into()], true);
    }

    #[test]
    fn null_is_in_no_list() {
        check(FUNCTIONS, "in", &[Value::Null, 1_i64.into()], false);
        check(FUNCTIONS, "!in", &[Value::Null, 1_i64.into()], true);
        check(FUNCTIONS, "in", &[Value::Null, Value::Null], false);
    }

    #[test]
    fn items_of_another_type_are_compared_as_by_the_operator() {
        check(FUNCTIONS, "in", &["1".into(), 1_i64.into(), 2_i64.into()], true);
        check(FUNCTIONS, "!in", &["3".into(), 1_i64.into(), "2".into()], true);
        check(FUNCTIONS, "in", &[4624_i64.into(), "4624".into()], true);
        check(FUNCTIONS, "in~", &["1".into(), 1_i64.into()], true);
        check(FUNCTIONS, "in", &["True".into(), true.into()], true);
    }

    #[test]
    fn terms() {
        check(FUNCTIONS, "has_any", &["a b c".into(), "x".into(), "B".into()], true);
        check(FUNCTIONS, "has_any", &["abc".into(), list(r#"["a","b","c","d"]"#)], false);
        check(
            FUNCTIONS,
            "has_any",
            &["ab abc".into(), list(r#"["x","ab","abc","bc","c","d","e","f","g"]"#)],
            true,
        );
        check(FUNCTIONS, "has_any", &["a".into(), list("[]")], false);
        check(FUNCTIONS, "has_all", &["a b c".into(), list(r#"["c","A"]"#)], true);
        check(FUNCTIONS, "has_all", &["a b c".into(), "a".into(), "x".into()], false);
        check(FUNCTIONS, "has_any_index", &["a b c".into(), list(r#"["x","c","a"]"#)], 1_i64);
        check(FUNCTIONS, "has_any_index", &["".into(), list(r#"["x"]"#)], -1_i64);
    }

    proptest! {
        /// Fixed items, items by row and each encoding of the texts agree with trying one item after the other.
        #[test]
        fn lists_agree_with_single_items(
            rows in prop::collection::vec("[aAbé_ ]{0,5}", 1..10),
            items in prop::collection::vec("[aAbé_ ]{0,3}", 1..12),
        ) {
            let plain: StringColumn = rows.iter().map(String::as_str).collect();
            let columns = [Column::String(plain.encode(100).unwrap()), Column::String(plain)];
            let array = Dynamic::array(items.iter().map(|it| Dynamic::string(it)).collect());
            let array = Column::constant(array.into(), ScalarType::Dynamic, rows.len());
            for name in ["in", "in~", "has_any", "has_all"] {
                let (place, case) = match name {
                    "in" => (NeedlePlace::Whole, Case::Sensitive),
                    "in~" => (NeedlePlace::Whole, Case::Ignored),
                    _ => (NeedlePlace::Term, Case::Ignored),
                };
                let expected: Vec<bool> = rows.iter().map(|text| {
                    let mut one = items.iter().map(|it| {
                        Needle::new(it, place, case).matches(text.as_bytes(), &mut Vec::new())
                    });
                    if name == "has_all" { one.all(|it| it) } else { one.any(|it| it) }
                }).collect();
                for texts in &columns {
                    let fixed = call(FUNCTIONS, name, &[texts.clone(), array.clone()]);
                    let by_row = call(FUNCTIONS, name, &[texts.clone(), array.to_flat()]);
                    for (row, expected) in expected.iter().enumerate() {
                        prop_assert_eq!(fixed.value(row), Value::Bool(*expected), "{}", name);
                        prop_assert_eq!(by_row.value(row), Value::Bool(*expected), "{}", name);
                    }
                }
            }
        }
    }
}
