//! Functions that read arrays as sets. It must not know how arrays are made.

use std::collections::HashSet;

use crate::column::{BoolType, Column, RealType};
use crate::function::kinds::{ARRAY, SCALAR, returns};
use crate::function::{Call, Category, Example, Kernel, Result, ScalarFunction, signatures};
use crate::types::Dynamic;

use super::dynamic::{map_dynamic, map_rows};

const BASE: ScalarFunction = ScalarFunction { category: Category::Set, ..ScalarFunction::DEFAULT };

pub(super) const FUNCTIONS: &[ScalarFunction] = &[
    ScalarFunction {
        name: "set_has_element",
        summary: "Whether an array has a value.",
        signatures: signatures![(set: ARRAY, value: SCALAR) -> returns::BOOL],
        kernel: Kernel::Rows(set_has_element),
        examples: &[Example {
            query: r#"set_has_element(dynamic(["this", "is", "an", "example"]), "example")"#,
            result: "true",
        }],
        ..BASE
    },
    ScalarFunction {
        name: "set_union",
        summary: "The distinct values that are in any of the arrays, in the order in which they come.",
        signatures: signatures![(set: ARRAY.repeated(2, 64)) -> returns::DYNAMIC],
        kernel: Kernel::Rows(set_union),
        examples: &[Example {
            query: "set_union(dynamic([1, 2, 1, 4]), dynamic([1, 2]), dynamic([8]))",
            result: "[1,2,4,8]",
        }],
        ..BASE
    },
    ScalarFunction {
        name: "set_intersect",
        summary: "The distinct values that are in all of the arrays.",
        signatures: signatures![(set: ARRAY.repeated(2, 64)) -> returns::DYNAMIC],
        kernel: Kernel::Rows(|call| {
            keep(call, |key, others| others.iter().all(|other| other.strict.contains(key)))
        }),
        examples: &[
            Example {
                query: "set_intersect(dynamic([1, 2, 1, 4]), dynamic([1, 2]), dynamic([8, 1]))",
                result: "[1]",
            },
            Example { query: "set_intersect(dynamic([1, 2, 3]), dynamic([4, 5]))", result: "[]" },
        ],
        ..BASE
    },
    ScalarFunction {
        name: "set_difference",
        summary: "The distinct values of the first array that are in none of the others.",
        signatures: signatures![(set: ARRAY.repeated(2, 64)) -> returns::DYNAMIC],
        kernel: Kernel::Rows(|call| {
            keep(call, |key, others| !others.iter().any(|other| other.strict.contains(key)))
        }),
        examples: &[Example {
            query: "set_difference(dynamic([1, 2, 1, 4]), dynamic([1, 2]), dynamic([8]))",
            result: "[4]",
        }],
        ..BASE
    },
    ScalarFunction {
        name: "jaccard_index",
        summary: "How alike two sets are: the number of values in both, divided by the number of values in any.",
        // The real engine returns real, although its binder says dynamic.
        signatures: signatures![(set: ARRAY.repeated(2, 2)) -> returns::REAL],
        kernel: Kernel::Rows(jaccard_index),
        examples: &[Example {
            query: "jaccard_index(dynamic([1, 2, 3]), dynamic([1, 2, 3, 4]))",
            result: "0.75",
        }],
        ..BASE
    },
];

/// Whether two elements are the same value of the same type.
///
/// # Errors
/// An integer meets an equal real: what the engine makes of them is not known.
pub(super) fn same_element(call: &Call<'_>, a: &Dynamic, b: &Dynamic) -> Result<bool> {
    match (a, b) {
        (Dynamic::Long(a), Dynamic::Long(b)) => Ok(a == b),
        (Dynamic::String(a), Dynamic::String(b)) => Ok(a == b),
        (Dynamic::Long(n), Dynamic::Real(real)) | (Dynamic::Real(real), Dynamic::Long(n)) => {
            if *n as f64 == *real { Err(mixed(call)) } else { Ok(false) }
        }
        (Dynamic::Bool(_) | Dynamic::Long(_) | Dynamic::Real(_), _)
            if std::mem::discriminant(a) != std::mem::discriminant(b) =>
        {
            Ok(false)
        }
        _ => Ok(a.group_key() == b.group_key()),
    }
}

fn mixed(call: &Call<'_>) -> crate::function::Failure {
    call.fail("an integer and an equal real are compared, which is not supported")
}

/// Values seen, by type and content.
#[derive(Default)]
struct Seen {
    strict: HashSet<String>,
    /// The numbers among them whatever their type, to notice integers that meet equal reals.
    numbers: HashSet<u64>,
}

impl Seen {
    /// Takes in a value; true if it is new.
    fn insert(&mut self, call: &Call<'_>, value: &Dynamic) -> Result<bool> {
        let new = self.strict.insert(value.group_key());
        if let Dynamic::Long(_) | Dynamic::Real(_) = value
            && let Some(real) = value.as_real()
            && !self.numbers.insert((real + 0.0).to_bits())
            && new
            // Integers above 2^53 share their real.
            && real.abs() < 9_007_199_254_740_992.0
        {
            return Err(mixed(call));
        }
        Ok(new)
    }

    fn of(call: &Call<'_>, items: &[Dynamic]) -> Result<Self> {
        let mut seen = Self::default();
        for item in items {
            seen.insert(call, item)?;
        }
        Ok(seen)
    }
}

fn set_has_element(call: &Call<'_>) -> Result<Column> {
    map_rows::<BoolType>(call, |row| {
        let [Dynamic::Array(items), value] = row else { return Ok(None) };
        if value.is_null() {
            return Ok(None);
        }
        for item in items.iter() {
            if same_element(call, item, value)? {
                return Ok(Some(true));
            }
        }
        Ok(Some(false))
    })
}

fn set_union(call: &Call<'_>) -> Result<Column> {
    map_dynamic(call, |row| {
        let mut seen = Seen::default();
        let mut all: Option<Vec<Dynamic>> = None;
        for value in row {
            let items = match value {
                Dynamic::Null => continue,
                Dynamic::Array(items) => items,
                _ => return Err(no_array(call, value)),
            };
            let all = all.get_or_insert_default();
            for item in items.iter() {
                if seen.insert(call, item)? {
                    all.push(item.clone());
                }
            }
        }
        Ok(all.map_or(Dynamic::Null, Dynamic::array))
    })
}

/// The distinct values of the first array that pass a test against the other ones.
fn keep(call: &Call<'_>, test: fn(&String, &[Seen]) -> bool) -> Result<Column> {
    map_dynamic(call, |row| {
        let mut arrays = Vec::with_capacity(row.len());
        for value in row {
            match value {
                Dynamic::Array(items) => arrays.push(items.as_slice()),
                Dynamic::Null => return Ok(Dynamic::Null),
                _ => return Err(no_array(call, value)),
            }
        }
        let [first, others @ ..] = arrays.as_slice() else { return Ok(Dynamic::Null) };
        // One look over everything finds integers that meet equal reals in another array.
        Seen::of(call, &arrays.concat())?;
        let others = others.iter().map(|items| Seen::of(call, items)).collect::<Result<Vec<Seen>>>()?;
        let mut seen = Seen::default();
        let mut kept = Vec::new();
        for item in *first {
            if seen.insert(call, item)? && test(&item.group_key(), &others) {
                kept.push(item.clone());
            }
        }
        Ok(Dynamic::array(kept))
    })
}

fn no_array(call: &Call<'_>, value: &Dynamic) -> crate::function::Failure {
    call.fail(format!("a {} is no array", value.type_name()))
}

fn jaccard_index(call: &Call<'_>) -> Result<Column> {
    map_rows::<RealType>(call, |row| {
        let [Dynamic::Array(a), Dynamic::Array(b)] = row else { return Ok(None) };
        let mut all = Seen::of(call, a)?;
        let (first, second) = (all.strict.len(), Seen::of(call, b)?.strict.len());
        for item in b.iter() {
            all.insert(call, item)?;
        }
        let union = all.strict.len();
        if union == 0 {
            return Err(call.fail("two empty sets are not supported"));
        }
        Ok(Some((first + second - union) as f64 / union as f64))
    })
}

#[cfg(test)]
mod tests {
    use super::FUNCTIONS;
    use crate::column::Column;
    use crate::function::testing::{call_all, check, find};
    use crate::types::{Dynamic, ScalarType, Value};

    fn json(text: &str) -> Value {
        Value::Dynamic(Dynamic::from_json(text).unwrap())
    }

    // Expectations: the functions' documentation pages and recorded answers of the real engine.
    #[test]
    fn types_are_distinct() {
        check(FUNCTIONS, "set_has_element", &[json(r#"[1,"2"]"#), Value::Long(2)], false);
        check(FUNCTIONS, "set_has_element", &[json(r#"[1,"2"]"#), "2".into()], true);
        check(FUNCTIONS, "set_has_element", &[json("[1]"), Value::Int(1)], true);
        check(FUNCTIONS, "set_has_element", &[json(r#"["A"]"#), "a".into()], false);
        check(FUNCTIONS, "set_has_element", &[json("{}"), "a".into()], Value::Null);
        check(FUNCTIONS, "set_union", &[json(r#"[2,"2"]"#), json(r#"["2",2,3]"#)], json(r#"[2,"2",3]"#));
    }

    #[test]
    fn first_seen_order() {
        let (a, b) = (json(r#"["A4","A2","A7","A2"]"#), json(r#"["A7","A4"]"#));
        check(FUNCTIONS, "set_union", &[a.clone(), a.clone()], json(r#"["A4","A2","A7"]"#));
        check(FUNCTIONS, "set_intersect", &[a.clone(), b.clone()], json(r#"["A4","A7"]"#));
        check(FUNCTIONS, "set_difference", &[a, b], json(r#"["A2"]"#));
        check(FUNCTIONS, "set_difference", &[json("[1,2,3]"), json("[1,2,3]")], json("[]"));
    }

    #[test]
    fn integers_and_equal_reals_are_refused() {
        let columns = [json("[1.0]"), json("[1]")].map(|it| Column::constant(it, ScalarType::Dynamic, 1));
        for name in ["set_union", "set_intersect", "set_difference", "jaccard_index"] {
            assert!(call_all(find(FUNCTIONS, name), &columns).is_err(), "{name}");
        }
        check(FUNCTIONS, "set_has_element", &[json("[1,2]"), Value::Real(2.5)], false);
        check(FUNCTIONS, "jaccard_index", &[json("[1,1,2]"), json("[1]")], 0.5);
    }
}
