//! Choices and tests of single values: `iff`, `case`, `coalesce`, `isnull`, `isempty`, `max_of` and their kin.
//! It must not know operators.

use arrow_buffer::BooleanBuffer;

use crate::column::{
    BoolType, Column, DateTimeType, DecimalType, DynamicColumn, Element, GuidType, IntType, LongType,
    RealType, StringBuilder, StringColumn, StringType, TimeSpanType, Validity,
};
use crate::function::kinds::{BOOL, COMMON, COMMON_OR_DYNAMIC, COMMON_ORDERABLE, REAL, SCALAR, returns};
use crate::function::{
    Call, Category, Cost, Example, Kernel, Result, Returns, ScalarFunction, Semantics, Signature, signatures,
};
use crate::types::{Dynamic, ScalarType, Value};

const TEST: &[Signature] = signatures![(value: SCALAR) -> returns::BOOL];
const EXPRESSION: &[Signature] = signatures![(expression: SCALAR) -> returns::BOOL];
const NUMBER: &[Signature] = signatures![(number: REAL) -> returns::BOOL];
const EXTREME: &[Signature] = signatures![(arg: COMMON_ORDERABLE.repeated(2, 64)) -> Returns::Common];

const BASE: ScalarFunction = ScalarFunction { category: Category::Conditional, ..ScalarFunction::DEFAULT };

pub(super) const FUNCTIONS: &[ScalarFunction] = &[
    ScalarFunction {
        name: "iff",
        aliases: &["iif"],
        summary: "The second argument where the first one is true, else (also for null) the third one.",
        signatures: signatures![
            (if: BOOL, then: COMMON_OR_DYNAMIC, else: COMMON_OR_DYNAMIC) -> Returns::Common
        ],
        kernel: Kernel::Rows(case),
        of_row: Some(case_of_row),
        semantics: Semantics::Choice,
        examples: &[
            Example { query: "iff(1 < 2, 'yes', 'no')", result: "\"yes\"" },
            Example { query: "iff(bool(null), 1, 2)", result: "2" },
        ],
        ..BASE
    },
    ScalarFunction {
        name: "case",
        summary: "The value after the first predicate that is true, or the last argument.",
        signatures: signatures![
            (
                predicate: BOOL.repeated(1, 32767),
                then: COMMON_OR_DYNAMIC.repeated(1, 32767),
                else: COMMON_OR_DYNAMIC
            ) -> Returns::Common
        ],
        kernel: Kernel::Rows(case),
        of_row: Some(case_of_row),
        semantics: Semantics::Choice,
        examples: &[
            Example { query: "case(5 < 3, 'low', 5 < 10, 'middle', 'high')", result: "\"middle\"" },
            Example { query: "case(bool(null), 1, 2)", result: "2" },
        ],
        ..BASE
    },
    ScalarFunction {
        name: "coalesce",
        summary: "The first argument that is not null; of texts the first one that is not empty.",
        signatures: signatures![(arg: COMMON.repeated(2, 64)) -> Returns::Common],
        kernel: Kernel::Rows(coalesce),
        semantics: Semantics::FirstPresent,
        examples: &[
            Example { query: "coalesce(tolong('not a number'), tolong('42'), 33)", result: "42" },
            Example { query: "coalesce('', 'a')", result: "\"a\"" },
        ],
        ..BASE
    },
    ScalarFunction {
        name: "isnull",
        summary: "True for null. A text is never null.",
        signatures: EXPRESSION,
        kernel: Kernel::Rows(|call| Ok(missing(call.argument(0)?, false, false))),
        of_row: Some(|operands, _| is_null(operands).map(Value::Bool)),
        cost: Cost::of(3),
        for_texts: Some("isempty"),
        examples: &[
            Example { query: "isnull(long(null))", result: "true" },
            Example { query: "isnull('')", result: "false" },
        ],
        ..BASE
    },
    ScalarFunction {
        name: "isnotnull",
        aliases: &["notnull"],
        summary: "True for all but null. A text is never null.",
        signatures: EXPRESSION,
        kernel: Kernel::Rows(|call| Ok(missing(call.argument(0)?, false, true))),
        of_row: Some(|operands, _| is_null(operands).map(|it| Value::Bool(!it))),
        cost: Cost::of(3),
        for_texts: Some("isnotempty"),
        negates: Some("isnull"),
        examples: &[Example { query: "isnotnull('')", result: "true" }],
        ..BASE
    },
    ScalarFunction {
        name: "isempty",
        summary: "True for an empty text and for null.",
        signatures: TEST,
        kernel: Kernel::Rows(|call| Ok(missing(call.argument(0)?, true, false))),
        cost: Cost::of(3),
        examples: &[
            Example { query: "isempty('')", result: "true" },
            Example { query: "isempty(parse_json('[]'))", result: "false" },
            Example { query: "isempty(parse_json(''))", result: "true" },
        ],
        ..BASE
    },
    ScalarFunction {
        name: "isnotempty",
        aliases: &["notempty"],
        summary: "True for all but an empty text and null.",
        signatures: TEST,
        kernel: Kernel::Rows(|call| Ok(missing(call.argument(0)?, true, true))),
        cost: Cost::of(3),
        negates: Some("isempty"),
        examples: &[Example { query: "isnotempty(' ')", result: "true" }],
        ..BASE
    },
    ScalarFunction {
        name: "isnan",
        category: Category::Math,
        summary: "True for the real that is not a number.",
        signatures: NUMBER,
        kernel: Kernel::Rows(|call| call.map1::<RealType, BoolType>(|it| Some(it.is_nan()))),
        examples: &[
            Example { query: "isnan(0.0 / 0.0)", result: "true" },
            Example { query: "isnan(real(null))", result: "null" },
        ],
        ..BASE
    },
    ScalarFunction {
        name: "isinf",
        category: Category::Math,
        summary: "True for both infinities.",
        signatures: NUMBER,
        kernel: Kernel::Rows(|call| call.map1::<RealType, BoolType>(|it| Some(it.is_infinite()))),
        examples: &[Example { query: "isinf(-1 / 0.0)", result: "true" }],
        ..BASE
    },
    ScalarFunction {
        name: "isfinite",
        category: Category::Math,
        summary: "True for all numbers but the infinities and NaN.",
        signatures: NUMBER,
        kernel: Kernel::Rows(|call| call.map1::<RealType, BoolType>(|it| Some(it.is_finite()))),
        examples: &[Example { query: "isfinite(1 / 0.0)", result: "false" }],
        ..BASE
    },
    ScalarFunction {
        name: "max_of",
        category: Category::Math,
        summary: "The largest of the arguments; nulls are passed over, NaN beats every number.",
        signatures: EXTREME,
        kernel: Kernel::Rows(|call| extreme(call, true)),
        examples: &[
            Example { query: "max_of(10, 1, -3, 17)", result: "17" },
            Example { query: "max_of(long(null), 2)", result: "2" },
        ],
        ..BASE
    },
    ScalarFunction {
        name: "min_of",
        category: Category::Math,
        summary: "The smallest of the arguments; nulls are passed over, NaN beats every number.",
        signatures: EXTREME,
        kernel: Kernel::Rows(|call| extreme(call, false)),
        examples: &[Example { query: "min_of(10, 1, -3, 17)", result: "-3" }],
        ..BASE
    },
];

/// The arguments from a place on in the result's type.
fn converted<'a>(call: &'a Call<'_>, places: impl Iterator<Item = usize> + 'a) -> Result<Vec<Column>> {
    places.map(|at| call.argument_as(at, call.returns)).collect()
}

/// `iff` and `case`: predicates and values in turn, and a value for all other rows.
fn case(call: &Call<'_>) -> Result<Column> {
    let pairs = call.count() / 2;
    let values = converted(call, (0..pairs).map(|pair| 2 * pair + 1).chain([call.count() - 1]))?;
    // The last of the values that can be reached: the one after a predicate that is always true, or the last one.
    let always = (0..pairs).find(|pair| call.constant(2 * pair) == Some(&Value::Bool(true)));
    let last = always.unwrap_or(pairs);
    let reached = (0..last).any(|pair| call.constant(2 * pair).is_none());
    if !reached {
        return Ok(values.into_iter().nth(last).unwrap_or_else(|| call.nulls()));
    }
    let mut chosen = vec![last as u32; call.rows];
    for pair in (0..last).rev() {
        for row in call.argument_as(2 * pair, ScalarType::Bool)?.true_rows() {
            chosen[row as usize] = pair as u32;
        }
    }
    interleave(call, &values, chosen)
}

/// What `iff` and `case` choose for one row. `None` where the kernel has to tell: of values that are to be converted.
fn case_of_row(operands: &[(Value, ScalarType)], returns: ScalarType) -> Option<Value> {
    let (pairs, last) = operands.as_chunks::<2>();
    let chosen = pairs.iter().find_map(|[(predicate, of_predicate), value]| match predicate {
        Value::Bool(true) => Some(Some(value)),
        Value::Bool(false) => None,
        Value::Null if *of_predicate == ScalarType::Bool => None,
        // That is for the kernel.
        _ => Some(None),
    });
    let (value, data_type) = chosen.unwrap_or_else(|| last.first())?;
    (*data_type == returns).then(|| value.clone())
}

/// Says whether one row's value is null, if it is of a fixed size.
fn is_null(operands: &[(Value, ScalarType)]) -> Option<bool> {
    let [(value, data_type)] = operands else { return None };
    (!matches!(data_type, ScalarType::String | ScalarType::Dynamic)).then(|| value.is_null())
}

fn coalesce(call: &Call<'_>) -> Result<Column> {
    let values = converted(call, 0..call.count())?;
    let missing_in = |column: &Column| missing(column, column.scalar_type() == ScalarType::String, true);
    if let Some(first) = values.first()
        && missing_in(first).true_rows().len() == call.rows
    {
        return Ok(first.clone());
    }
    let mut chosen = vec![values.len() as u32 - 1; call.rows];
    for (at, column) in values.iter().enumerate().rev() {
        for row in missing_in(column).true_rows() {
            chosen[row as usize] = at as u32;
        }
    }
    interleave(call, &values, chosen)
}

/// Which rows are null or, if `empty`, the empty text; the others where `negated`.
fn missing(column: &Column, empty: bool, negated: bool) -> Column {
    let rows = column.len();
    let of_validity = |validity: &Validity| match validity.nulls() {
        None => {
            if negated {
                BooleanBuffer::new_set(rows)
            } else {
                BooleanBuffer::new_unset(rows)
            }
        }
        Some(valid) if negated => valid.inner().clone(),
        Some(valid) => !valid.inner(),
    };
    let gone = |it: &Dynamic| match it {
        Dynamic::Null => true,
        Dynamic::String(text) => empty && text.is_empty(),
        _ => false,
    };
    let bits = match column {
        Column::Constant(it) => {
            let found = match &it.value {
                Value::String(text) => empty && text.is_empty(),
                Value::Dynamic(value) => gone(value),
                value => value.is_null(),
            };
            return Column::constant(Value::Bool(found != negated), ScalarType::Bool, rows);
        }
        Column::String(texts) if empty => {
            BooleanBuffer::collect_bool(rows, |row| texts.bytes(row).is_empty() != negated)
        }
        Column::String(_) => of_validity(&Validity::ALL),
        Column::Dynamic(it) => {
            let values = it.values();
            BooleanBuffer::collect_bool(rows, |row| gone(&values[row]) != negated)
        }
        Column::Bool(_, validity) => of_validity(validity),
        Column::Int(it) => of_validity(it.validity()),
        Column::Long(it) | Column::DateTime(it) | Column::TimeSpan(it) => of_validity(it.validity()),
        Column::Real(it) => of_validity(it.validity()),
        Column::Decimal(it) | Column::Guid(it) => of_validity(it.validity()),
    };
    Column::Bool(bits, Validity::ALL)
}

/// Takes each row from the column of its number. All columns are of the call's type.
fn interleave(call: &Call<'_>, columns: &[Column], chosen: Vec<u32>) -> Result<Column> {
    match call.returns {
        ScalarType::Bool => pick::<_, BoolType>(call, columns, &chosen),
        ScalarType::Int => pick::<_, IntType>(call, columns, &chosen),
        ScalarType::Long => pick::<_, LongType>(call, columns, &chosen),
        ScalarType::Real => pick::<_, RealType>(call, columns, &chosen),
        ScalarType::Decimal => pick::<_, DecimalType>(call, columns, &chosen),
        ScalarType::DateTime => pick::<_, DateTimeType>(call, columns, &chosen),
        ScalarType::TimeSpan => pick::<_, TimeSpanType>(call, columns, &chosen),
        ScalarType::Guid => pick::<_, GuidType>(call, columns, &chosen),
        ScalarType::String => texts(call, columns, chosen),
        ScalarType::Dynamic => {
            let one = |(row, at): (usize, &u32)| match columns[*at as usize].value(row) {
                Value::Dynamic(it) => it,
                _ => Dynamic::Null,
            };
            Ok(Column::Dynamic(DynamicColumn::new(chosen.iter().enumerate().map(one).collect())))
        }
    }
}

fn pick<T: Clone, E: for<'a> Element<Item<'a> = T, Owned = T>>(
    call: &Call<'_>,
    columns: &[Column],
    chosen: &[u32],
) -> Result<Column> {
    let views = columns.iter().map(|column| call.view::<E>(column)).collect::<Result<Vec<_>>>()?;
    Ok(E::build(chosen.iter().enumerate().map(|(row, at)| views[*at as usize].get(row))))
}

/// Constants become the values of a dictionary.
fn texts(call: &Call<'_>, columns: &[Column], chosen: Vec<u32>) -> Result<Column> {
    let constants: Option<Vec<&str>> =
        columns.iter().map(|column| column.as_constant().map(|it| it.as_str().unwrap_or_default())).collect();
    if let Some(constants) = constants {
        let values: StringColumn = constants.into_iter().collect();
        return Ok(Column::String(StringColumn::from_codes(chosen, &values)));
    }
    let views = columns.iter().map(|column| call.view::<StringType>(column)).collect::<Result<Vec<_>>>()?;
    let mut out = StringBuilder::with_capacity(chosen.len());
    for (row, at) in chosen.iter().enumerate() {
        out.push(views[*at as usize].get(row).unwrap_or_default());
    }
    Ok(Column::String(out.finish()))
}

fn extreme(call: &Call<'_>, largest: bool) -> Result<Column> {
    let values = converted(call, 0..call.count())?;
    let chosen = match call.returns {
        ScalarType::Bool => best::<BoolType>(call, &values, |a, b| (a > b) == largest)?,
        ScalarType::Int => best::<IntType>(call, &values, |a, b| (a > b) == largest)?,
        ScalarType::Long => best::<LongType>(call, &values, |a, b| (a > b) == largest)?,
        ScalarType::Real => {
            best::<RealType>(call, &values, |a, b| a.is_nan() || (!b.is_nan() && (a > b) == largest))?
        }
        ScalarType::Decimal => best::<DecimalType>(call, &values, |a, b| (a > b) == largest)?,
        ScalarType::String => best::<StringType>(call, &values, |a, b| (a > b) == largest)?,
        ScalarType::DateTime => best::<DateTimeType>(call, &values, |a, b| (a > b) == largest)?,
        ScalarType::TimeSpan => best::<TimeSpanType>(call, &values, |a, b| (a > b) == largest)?,
        ScalarType::Guid => best::<GuidType>(call, &values, |a, b| (a > b) == largest)?,
        ScalarType::Dynamic => return Err(call.fail("dynamic values have no order; cast them")),
    };
    if values.iter().all(|column| column.as_constant().is_some()) {
        let at = chosen.first().map_or(0, |at| *at as usize);
        return Ok(values.into_iter().nth(at).unwrap_or_else(|| call.nulls()));
    }
    interleave(call, &values, chosen)
}

/// For each row the number of the column that holds the best value; nulls are the worst.
fn best<E: Element>(
    call: &Call<'_>,
    columns: &[Column],
    better: impl for<'a> Fn(&E::Item<'a>, &E::Item<'a>) -> bool,
) -> Result<Vec<u32>> {
    let views = columns.iter().map(|column| call.view::<E>(column)).collect::<Result<Vec<_>>>()?;
    Ok((0..call.rows)
        .map(|row| {
            let mut found: Option<(u32, E::Item<'_>)> = None;
            for (at, view) in views.iter().enumerate() {
                let Some(value) = view.get(row) else { continue };
                if found.as_ref().is_none_or(|(_, known)| better(&value, known)) {
                    found = Some((at as u32, value));
                }
            }
            found.map_or(0, |(at, _)| at)
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::function::testing::{call, check};
    use crate::types::DateTime;

    #[test]
    fn the_first_true_predicate_decides() {
        check(FUNCTIONS, "iff", &[true.into(), "a".into(), "b".into()], "a");
        check(FUNCTIONS, "iff", &[Value::Null, "a".into(), "b".into()], "b");
        check(FUNCTIONS, "iff", &[false.into(), 1.into(), 2.5.into()], 2.5);
        check(
            FUNCTIONS,
            "case",
            &[false.into(), 1_i64.into(), true.into(), 2_i64.into(), 3_i64.into()],
            2_i64,
        );
        check(
            FUNCTIONS,
            "case",
            &[Value::Null, 1_i64.into(), false.into(), 2_i64.into(), 3_i64.into()],
            3_i64,
        );
    }

    #[test]
    fn rows_choose_for_themselves() {
        let bools = |items: &[Option<bool>]| {
            let values: Vec<Value> = items.iter().map(|it| it.map_or(Value::Null, Value::Bool)).collect();
            Column::from_values(ScalarType::Bool, &values)
        };
        let (p, q) = (bools(&[Some(true), Some(false), None]), bools(&[Some(true), Some(true), None]));
        let text = |it: &str| Column::constant(it.into(), ScalarType::String, 3);
        let own = Column::String(["x", "y", "z"].into_iter().collect());
        let found = call(FUNCTIONS, "case", &[p.clone(), text("a"), q.clone(), text("b"), text("c")]);
        assert_eq!(found.values().collect::<Vec<_>>(), ["a".into(), "b".into(), "c".into()]);
        let found = call(FUNCTIONS, "case", &[p.clone(), text("a"), q.clone(), own, text("c")]);
        assert_eq!(found.values().collect::<Vec<_>>(), ["a".into(), "y".into(), "c".into()]);
        let always = Column::constant(true.into(), ScalarType::Bool, 3);
        let found = call(FUNCTIONS, "case", &[p, text("a"), always, text("b"), text("c")]);
        assert_eq!(found.values().collect::<Vec<_>>(), ["a".into(), "b".into(), "b".into()]);
    }

    #[test]
    fn coalesce_takes_what_is_there() {
        check(FUNCTIONS, "coalesce", &["".into(), "".into(), "c".into()], "c");
        check(FUNCTIONS, "coalesce", &["".into(), "".into()], "");
        check(FUNCTIONS, "coalesce", &[Value::Null, 2_i64.into()], 2_i64);
        let a = Column::Long([Some(1), None, None].into_iter().collect());
        let b = Column::Long([Some(4), Some(5), None].into_iter().collect());
        let found = call(FUNCTIONS, "coalesce", &[a, b]);
        assert_eq!(found.values().collect::<Vec<_>>(), [1_i64.into(), 5_i64.into(), Value::Null]);
    }

    #[test]
    fn null_and_empty() {
        check(FUNCTIONS, "isnull", &["".into()], false);
        check(FUNCTIONS, "isempty", &["".into()], true);
        check(FUNCTIONS, "isempty", &[Value::Null], true);
        check(FUNCTIONS, "isnotnull", &[Value::Null], false);
        check(FUNCTIONS, "isnotempty", &[Dynamic::array(vec![]).into()], true);
        check(FUNCTIONS, "isnull", &[Dynamic::Null.into()], true);
        check(FUNCTIONS, "isnan", &[Value::Null], Value::Null);
    }

    // Expectations: the functions' pages and SEMANTICS' recorded answers.
    #[test]
    fn extremes() {
        check(FUNCTIONS, "max_of", &[1_i64.into(), 1.5.into()], 1.5);
        check(FUNCTIONS, "max_of", &[1.into(), 2.into()], 2);
        check(FUNCTIONS, "min_of", &[Value::Null, 2_i64.into()], 2_i64);
        check(FUNCTIONS, "max_of", &[f64::NAN.into(), 2.0.into()], f64::NAN);
        check(FUNCTIONS, "min_of", &[2.0.into(), f64::NAN.into()], f64::NAN);
        check(FUNCTIONS, "max_of", &["a".into(), "B".into()], "a");
        check(FUNCTIONS, "min_of", &[DateTime(2).into(), DateTime(1).into()], DateTime(1));
    }
}
