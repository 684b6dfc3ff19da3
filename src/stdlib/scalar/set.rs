//! Functions that read arrays as sets. It must not know how arrays are made.

use std::collections::HashSet;

use crate::column::{BoolType, Column, RealType};
use crate::function::kinds::{ARRAY, SCALAR, returns};
use crate::function::{Call, Category, Example, Failure, Kernel, Result, ScalarFunction, signatures};
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
        name: "set_equals",
        summary: "Whether two arrays have the same values, however often and in whatever order.",
        signatures: signatures![(set1: ARRAY, set2: ARRAY) -> returns::BOOL],
        kernel: Kernel::Rows(set_equals),
        examples: &[
            Example { query: "set_equals(dynamic([1, 2, 2]), dynamic([2, 1]))", result: "true" },
            Example { query: "set_equals(dynamic([1, 2]), dynamic([1, '2']))", result: "false" },
        ],
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

/// Whether two elements are the same value of the same type; an integer that meets an equal real is put into `mixed`.
pub(super) fn same_element(a: &Dynamic, b: &Dynamic, mixed: &mut Option<Dynamic>) -> bool {
    match (a, b) {
        (Dynamic::Long(a), Dynamic::Long(b)) => a == b,
        (Dynamic::String(a), Dynamic::String(b)) => a == b,
        (Dynamic::Long(n), Dynamic::Real(real)) | (Dynamic::Real(real), Dynamic::Long(n)) => {
            if *n as f64 == *real {
                *mixed = Some(Dynamic::Long(*n));
            }
            false
        }
        (Dynamic::Bool(_) | Dynamic::Long(_) | Dynamic::Real(_), _)
            if std::mem::discriminant(a) != std::mem::discriminant(b) =>
        {
            false
        }
        (Dynamic::Array(a), Dynamic::Array(b)) if a.len() != b.len() => false,
        (Dynamic::Bag(a), Dynamic::Bag(b)) if a.len() != b.len() => false,
        // Their keys begin otherwise than all others.
        (Dynamic::Array(_) | Dynamic::Bag(_), _) | (_, Dynamic::Array(_) | Dynamic::Bag(_))
            if std::mem::discriminant(a) != std::mem::discriminant(b) =>
        {
            false
        }
        _ => a.group_key() == b.group_key(),
    }
}

/// Notes an integer that met an equal real. Recorded answers tell other types apart, and 5 from 5.0 where they are shown.
pub(super) fn doubt_mixed(call: &Call<'_>, mixed: Option<Dynamic>) -> Result<()> {
    match mixed {
        Some(n) => call.doubt("an integer beside an equal real", "they are different values", n),
        None => Ok(()),
    }
}

/// About how many bytes an entry takes beside its key: a text's own, and its place in two tables, of which a part is empty.
const ENTRY_BYTES: usize = 64;

/// Values seen, by type and content.
#[derive(Default)]
struct Seen {
    strict: HashSet<String>,
    /// The numbers among them whatever their type, to notice integers that meet equal reals.
    numbers: HashSet<u64>,
    /// One that did.
    mixed: Option<Dynamic>,
    /// About how many bytes all of that takes.
    bytes: usize,
}

impl Seen {
    /// Takes in a value; true if it is new.
    fn insert(&mut self, call: &Call<'_>, value: &Dynamic) -> Result<bool> {
        call.work(value.byte_size())?;
        let key = value.group_key();
        let bytes = key.len() + ENTRY_BYTES;
        let new = self.strict.insert(key);
        if new {
            self.bytes += bytes;
            call.reserve(self.bytes)?;
        }
        if let Dynamic::Long(_) | Dynamic::Real(_) = value
            && let Some(real) = value.as_real()
            && !self.numbers.insert((real + 0.0).to_bits())
            && new
            // Integers above 2^53 share their real.
            && real.abs() < 9_007_199_254_740_992.0
        {
            self.mixed = Some(value.clone());
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
        let mut mixed = None;
        let found = items.iter().try_fold(false, |found, item| {
            call.work(if found { 0 } else { item.byte_size() })?;
            Ok::<_, Failure>(found || same_element(item, value, &mut mixed))
        })?;
        if !found {
            doubt_mixed(call, mixed)?;
        }
        Ok(Some(found))
    })
}

fn set_union(call: &Call<'_>) -> Result<Column> {
    map_dynamic(call, |row| {
        let mut seen = Seen::default();
        let mut all: Option<Vec<Dynamic>> = None;
        let mut other = None;
        for &value in row {
            let items = match value {
                Dynamic::Null => continue,
                Dynamic::Array(items) => items,
                _ => {
                    other = Some(value);
                    continue;
                }
            };
            let all = all.get_or_insert_default();
            for item in items.iter() {
                if seen.insert(call, item)? {
                    all.push(item.clone());
                }
            }
        }
        if let Some(value) = other {
            // As null, which is no array either.
            call.doubt("a value that is no array", "it is passed over", value)?;
        }
        doubt_mixed(call, seen.mixed)?;
        Ok(all.map_or(Dynamic::Null, Dynamic::array))
    })
}

/// The distinct values of the first array that pass a test against the other ones.
fn keep(call: &Call<'_>, test: fn(&String, &[Seen]) -> bool) -> Result<Column> {
    map_dynamic(call, |row| {
        let mut arrays = Vec::with_capacity(row.len());
        for &value in row {
            match value {
                Dynamic::Array(items) => arrays.push(items.as_slice()),
                Dynamic::Null => return Ok(Dynamic::Null),
                _ => {
                    // As null, which is no array either.
                    call.doubt("a value that is no array", "the result is null", value)?;
                    return Ok(Dynamic::Null);
                }
            }
        }
        let [first, others @ ..] = arrays.as_slice() else { return Ok(Dynamic::Null) };
        // One look over everything finds integers that meet equal reals in another array.
        doubt_mixed(call, Seen::of(call, &arrays.concat())?.mixed)?;
        let others: Vec<Seen> = others.iter().map(|items| Seen::of(call, items)).collect::<Result<_>>()?;
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

/// As the other functions of sets compare values; no page tells of this one.
fn set_equals(call: &Call<'_>) -> Result<Column> {
    map_rows::<BoolType>(call, |row| {
        let [Dynamic::Array(a), Dynamic::Array(b)] = row else {
            let odd = row.iter().find(|value| !matches!(value, Dynamic::Array(_)));
            call.doubt(
                "a value that is no array",
                "the result is null",
                odd.map_or("null".into(), |it| it.to_json()),
            )?;
            return Ok(None);
        };
        let (mut all, other) = (Seen::of(call, a)?, Seen::of(call, b)?);
        let mut equal = all.strict.len() == other.strict.len();
        for item in b.iter() {
            equal &= !all.insert(call, item)?;
        }
        if !equal {
            doubt_mixed(call, all.mixed)?;
        }
        Ok(Some(equal))
    })
}

fn jaccard_index(call: &Call<'_>) -> Result<Column> {
    map_rows::<RealType>(call, |row| {
        let [Dynamic::Array(a), Dynamic::Array(b)] = row else { return Ok(None) };
        let mut all = Seen::of(call, a)?;
        let (first, second) = (all.strict.len(), Seen::of(call, b)?.strict.len());
        for item in b.iter() {
            all.insert(call, item)?;
        }
        doubt_mixed(call, all.mixed)?;
        let union = all.strict.len();
        if union == 0 {
            // The page's formula, in reals.
            call.doubt("two empty sets", "the index is NaN, as 0.0 / 0.0 is", "[]")?;
        }
        Ok(Some((first + second - union) as f64 / union as f64))
    })
}

#[cfg(test)]
mod tests {
    use super::FUNCTIONS;
    use crate::function::testing::{check, doubted, json};
    use crate::types::Value;

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
    fn integers_and_equal_reals_are_different() {
        let sets = [json("[1.0,2,2.0]"), json("[1]")];
        doubted(FUNCTIONS, "set_union", &sets, json("[1.0,2,2.0,1]"));
        doubted(FUNCTIONS, "set_intersect", &sets, json("[]"));
        doubted(FUNCTIONS, "set_difference", &sets, json("[1.0,2,2.0]"));
        doubted(FUNCTIONS, "jaccard_index", &sets, 0.0);
        doubted(FUNCTIONS, "set_equals", &[json("[1.0]"), json("[1]")], false);
        doubted(FUNCTIONS, "set_has_element", &[json("[1,2]"), Value::Real(2.0)], false);
        check(FUNCTIONS, "set_has_element", &[json("[2,2.0]"), Value::Real(2.0)], true);
        check(FUNCTIONS, "set_has_element", &[json("[1,2]"), Value::Real(2.5)], false);
        check(FUNCTIONS, "jaccard_index", &[json("[1,1,2]"), json("[1]")], 0.5);
    }

    #[test]
    fn no_arrays_and_nothing_in_them() {
        doubted(FUNCTIONS, "jaccard_index", &[json("[]"), json("[]")], f64::NAN);
        doubted(FUNCTIONS, "set_union", &[json("{}"), json("[1]"), json("2")], json("[1]"));
        doubted(FUNCTIONS, "set_intersect", &[json("[1]"), json("{}")], Value::Null);
        doubted(FUNCTIONS, "set_equals", &[json("[1]"), json("{}")], Value::Null);
        doubted(FUNCTIONS, "set_equals", &[json("null"), json("[]")], Value::Null);
        check(FUNCTIONS, "set_equals", &[json("[]"), json("[]")], true);
    }

    #[test]
    fn equal_sets_have_the_same_values() {
        check(FUNCTIONS, "set_equals", &[json("[1,2,1,null]"), json("[null,2,1]")], true);
        check(FUNCTIONS, "set_equals", &[json("[1,2]"), json("[1,2,3]")], false);
        check(FUNCTIONS, "set_equals", &[json("[1,2,3]"), json("[1,2]")], false);
        check(FUNCTIONS, "set_equals", &[json(r#"[{"a":1,"b":[2]}]"#), json(r#"[{"a":1,"b":[2]}]"#)], true);
        check(FUNCTIONS, "set_equals", &[json(r#"["a"]"#), json(r#"["A"]"#)], false);
    }
}
