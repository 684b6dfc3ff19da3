//! Functions over what `tdigest` and `hll` give. It must not know how those are made.

use std::collections::HashSet;

use crate::column::Column;
use crate::function::kinds::{ARRAY, REAL, SCALAR, TYPE, returns};
use crate::function::{
    Call, Category, Example, Kernel, Result, ResultName, Returns, ScalarFunction, signatures,
};
use crate::stdlib::sketch::{
    Digest, ESTIMATE, NO_DIGEST, NO_HASHES, hashes_of, hashes_to_dynamic, is_estimate,
};
use crate::types::{Dynamic, Value};

const MANY: u16 = i16::MAX as u16;

pub(super) const FUNCTIONS: &[ScalarFunction] = &[
    ScalarFunction {
        name: "percentile_tdigest",
        category: Category::Other,
        summary: "A percentile of the values that tdigest took in.",
        signatures: signatures![
            (tdigest: ARRAY, percentile1: REAL) -> returns::DYNAMIC;
            (tdigest: ARRAY, percentile1: REAL, type: TYPE.literal()) -> Returns::TypeArgument;
        ],
        result_name: ResultName::NameAndFirstArgument,
        kernel: Kernel::Rows(percentile),
        examples: &[
            Example { query: "percentile_tdigest(dynamic([[7], [1, 2], [1, 2]]), 50)", result: "2" },
            Example {
                query: "percentile_tdigest(dynamic([[7], [1, 2], [1, 2]]), 0, typeof(long))",
                result: "1",
            },
        ],
        ..ScalarFunction::DEFAULT
    },
    ScalarFunction {
        name: "percentiles_array_tdigest",
        category: Category::Other,
        summary: "Several percentiles of the values that tdigest took in, as an array.",
        signatures: signatures![
            (tdigest: ARRAY, percentile: REAL.repeated(1, MANY)) -> returns::DYNAMIC;
            (tdigest: ARRAY, percentiles: ARRAY) -> returns::DYNAMIC;
        ],
        result_name: ResultName::PrefixAndFirstArgument("percentile_tdigest"),
        kernel: Kernel::Rows(percentiles),
        examples: &[
            Example {
                query: "percentiles_array_tdigest(dynamic([[7], [1, 2], [1, 2]]), 0, 100)",
                result: "[1,2]",
            },
            Example {
                query: "percentiles_array_tdigest(dynamic([[7], [1, 2], [1, 2]]), dynamic([0, 100]))",
                result: "[1,2]",
            },
        ],
        ..ScalarFunction::DEFAULT
    },
    ScalarFunction {
        name: "rank_tdigest",
        category: Category::Other,
        summary: "How many of the values that tdigest took in do not exceed a value.",
        signatures: signatures![(digest: ARRAY, value: SCALAR) -> returns::REAL],
        kernel: Kernel::Rows(|call| rank(call, |digest, rank| digest.total().min(rank) as f64)),
        examples: &[Example {
            query: "rank_tdigest(dynamic([[7], [1, 2, 3], [1, 2, 1]]), 2)",
            result: "3.0",
        }],
        ..ScalarFunction::DEFAULT
    },
    ScalarFunction {
        name: "percentrank_tdigest",
        category: Category::Other,
        summary: "How many percent of the values that tdigest took in do not exceed a value.",
        signatures: signatures![(digest: ARRAY, value: SCALAR) -> returns::REAL],
        kernel: Kernel::Rows(|call| rank(call, |digest, rank| rank as f64 * 100.0 / digest.total() as f64)),
        examples: &[Example {
            query: "percentrank_tdigest(dynamic([[7], [1, 2, 3], [1, 2, 1]]), 2)",
            result: "75.0",
        }],
        ..ScalarFunction::DEFAULT
    },
    ScalarFunction {
        name: "merge_tdigest",
        aliases: &["tdigest_merge"],
        category: Category::Other,
        summary: "What tdigest would give for the values of all the digests.",
        signatures: signatures![(tdigest: ARRAY.repeated(2, 16)) -> returns::DYNAMIC],
        result_name: ResultName::PrefixOnly("tdigests_merge_result"),
        kernel: Kernel::Rows(merge_digests),
        examples: &[Example {
            query: "merge_tdigest(dynamic([[7], [1, 2], [1, 2]]), dynamic([[7], [2], [3]]))",
            result: "[[7],[1,2],[1,5]]",
        }],
        ..ScalarFunction::DEFAULT
    },
    ScalarFunction {
        name: "hll_merge",
        category: Category::Other,
        summary: "What hll would give for the values of all the arguments.",
        signatures: signatures![(hll: ARRAY.repeated(2, 16)) -> returns::DYNAMIC],
        result_name: ResultName::PrefixOnly("hll_merged_result"),
        kernel: Kernel::Rows(merge_hashes),
        examples: &[Example {
            query: "dcount_hll(hll_merge(dynamic([[1024, 14], ['5', '7'], []]), dynamic([[1024, 14], ['7'], []])))",
            result: "2",
        }],
        ..ScalarFunction::DEFAULT
    },
    ScalarFunction {
        name: "dcount_hll",
        category: Category::Other,
        summary: "The number of distinct values that hll took in.",
        signatures: signatures![(hll: ARRAY) -> returns::LONG],
        result_name: ResultName::NameAndFirstArgument,
        kernel: Kernel::Rows(|call| {
            call.map_values(|row| match hashes(call, row.first())? {
                Some((hashes, _)) => Ok(Value::Long(hashes.iter().collect::<HashSet<_>>().len() as i64)),
                None => Ok(Value::Null),
            })
        }),
        examples: &[Example { query: "dcount_hll(dynamic([[1024, 14], ['5', '7'], []]))", result: "2" }],
        ..ScalarFunction::DEFAULT
    },
];

/// Notes that an argument is not what another function gave.
fn no_digest(call: &Call<'_>, value: &Dynamic) -> Result<()> {
    call.doubt(NO_DIGEST, "the result is null", value.to_json())
}

/// The digest of an argument; `None` for null and for what is none.
fn digest(call: &Call<'_>, value: Option<&Value>) -> Result<Option<Digest>> {
    let Some(Value::Dynamic(value)) = value else { return Ok(None) };
    let found = Digest::from_dynamic(value);
    if found.is_none() && !value.is_null() {
        no_digest(call, value)?;
    }
    Ok(found)
}

/// The hashes of an argument and their precision; `None` for null and for what is none.
fn hashes(call: &Call<'_>, value: Option<&Value>) -> Result<Option<(Vec<i64>, i64)>> {
    let Some(Value::Dynamic(value)) = value else { return Ok(None) };
    let found = hashes_of(value);
    if is_estimate(value) {
        return Err(call.fail(ESTIMATE));
    }
    if found.is_none() && !value.is_null() {
        call.doubt(NO_HASHES, "the result is null", value.to_json())?;
    }
    Ok(found)
}

/// Percentiles by their percentages; null for those that are none.
fn of_percentages(
    call: &Call<'_>,
    digest: &Digest,
    wanted: impl Iterator<Item = Option<f64>>,
) -> Result<Vec<Dynamic>> {
    let mut odd = None;
    let mut found = Vec::new();
    for wanted in wanted {
        found.push(match wanted {
            Some(percent) if (0.0..=100.0).contains(&percent) => digest.percentile(percent),
            _ => {
                odd = odd.or(Some(wanted));
                Dynamic::Null
            }
        });
    }
    if let Some(odd) = odd {
        let example = odd.map_or_else(|| "null".to_owned(), |percent| percent.to_string());
        call.doubt("a percentage that is null or not from 0 to 100", "its percentile is null", example)?;
    }
    Ok(found)
}

fn percentile(call: &Call<'_>) -> Result<Column> {
    call.map_values(|row| {
        let Some(digest) = digest(call, row.first())? else { return Ok(Value::Null) };
        let wanted = std::iter::once(row.get(1).and_then(Value::as_real));
        let found = of_percentages(call, &digest, wanted)?.pop().unwrap_or_default();
        Ok(Value::Dynamic(found).convert(call.returns))
    })
}

fn percentiles(call: &Call<'_>) -> Result<Column> {
    call.map_values(|row| {
        let Some(digest) = digest(call, row.first())? else { return Ok(Value::Null) };
        let mut wanted = Vec::new();
        for value in row.iter().skip(1) {
            match value {
                Value::Dynamic(Dynamic::Array(items)) => wanted.extend(items.iter().map(Dynamic::as_real)),
                value => wanted.push(value.as_real()),
            }
        }
        Ok(Value::Dynamic(Dynamic::array(of_percentages(call, &digest, wanted.into_iter())?)))
    })
}

fn rank(call: &Call<'_>, result: fn(&Digest, i64) -> f64) -> Result<Column> {
    call.map_values(|row| {
        let Some(digest) = digest(call, row.first())? else { return Ok(Value::Null) };
        let value = row.get(1).map(Dynamic::from_value).unwrap_or_default();
        if value.is_null() || digest.total() == 0 {
            return Ok(Value::Null);
        }
        match digest.rank(&value) {
            Some(rank) => Ok(Value::Real(result(&digest, rank))),
            None => {
                // The page: they should be of one type.
                let about = "a value of another type than the digest's";
                call.doubt(about, "the result is null", value.to_json())?;
                Ok(Value::Null)
            }
        }
    })
}

fn merge_digests(call: &Call<'_>) -> Result<Column> {
    call.map_values(|row| {
        let mut entries = Vec::new();
        for value in row {
            match value {
                Value::Dynamic(value) if !value.is_null() => match Digest::entries(value) {
                    Some(more) => entries.extend(more),
                    None => {
                        no_digest(call, value)?;
                        return Ok(Value::Null);
                    }
                },
                _ => return Ok(Value::Null),
            }
        }
        Ok(Value::Dynamic(Digest::new(entries).into_dynamic()))
    })
}

fn merge_hashes(call: &Call<'_>) -> Result<Column> {
    call.map_values(|row| {
        let mut seen = HashSet::new();
        let mut merged = Vec::new();
        let mut precision = i64::MAX;
        for value in row {
            let Some((hashes, its)) = hashes(call, Some(value))? else { return Ok(Value::Null) };
            precision = precision.min(its);
            merged.extend(hashes.into_iter().filter(|hash| seen.insert(*hash)).map(Dynamic::Long));
        }
        Ok(Value::Dynamic(hashes_to_dynamic(merged, precision)))
    })
}

#[cfg(test)]
mod tests {
    use super::FUNCTIONS;
    use crate::function::testing::{check, doubted, json, refused};
    use crate::types::Value;

    #[test]
    fn nulls_stay_null() {
        check(FUNCTIONS, "percentile_tdigest", &[json("null"), 50.0.into()], Value::Null);
        check(FUNCTIONS, "merge_tdigest", &[json("null"), json("[[7],[1],[1]]")], Value::Null);
        check(FUNCTIONS, "dcount_hll", &[json("null")], Value::Null);
    }

    #[test]
    fn what_is_not_known_is_in_doubt() {
        let digest = json("[[7],[1,2],[1,1]]");
        doubted(FUNCTIONS, "percentile_tdigest", &[json("[1]"), 50.0.into()], Value::Null);
        doubted(FUNCTIONS, "percentile_tdigest", &[digest.clone(), 101.0.into()], Value::Null);
        let several = [digest.clone(), json("[-1,50,null]")];
        doubted(FUNCTIONS, "percentiles_array_tdigest", &several, json("[null,1,null]"));
        doubted(FUNCTIONS, "rank_tdigest", &[digest.clone(), "a".into()], Value::Null);
        doubted(FUNCTIONS, "merge_tdigest", &[digest, json("[]")], Value::Null);
        doubted(FUNCTIONS, "dcount_hll", &[json("[1,2]")], Value::Null);
        doubted(FUNCTIONS, "hll_merge", &[json(r#"[[1024,14],["5"],[]]"#), json("{}")], Value::Null);
        // What the engine estimates from is not read.
        refused(FUNCTIONS, "dcount_hll", &[json("[[1024,14],[],[1,2,3]]")]);
    }
}
