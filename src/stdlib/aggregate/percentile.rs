//! `percentile` and its kin, by nearest rank and exact; `tdigest`, which keeps all values. It must not know other aggregates.

use super::arguments::refuse;
use super::distinct::LIST_BYTES;
use super::read::{Read, argument, is_widened, narrow_dynamic};
use crate::column::{Column, ColumnBuilder, LongType, RealType};
use crate::function::kinds::{ARRAY, INTEGER, NUMBER, SCALAR, SUMMABLE, returns};
use crate::function::{
    Accumulator, AggregateCall, AggregateEntry, AggregateState, ArgumentInfo, Example, OrderSensitivity,
    Result, ResultName, Returns, signatures,
};
use crate::stdlib::sketch::{Digest, rank};
use crate::types::{Dynamic, ScalarType, Value};

const MANY: u16 = i16::MAX as u16;

const COLUMNS: Returns = Returns::Columns(|arguments| columns(arguments, 1));
const WEIGHTED_COLUMNS: Returns = Returns::Columns(|arguments| columns(arguments, 2));
const ARRAY_COLUMN: Returns = Returns::Columns(|arguments| {
    let name = arguments.first().map_or("", |argument| argument.name);
    vec![(format!("percentiles_{name}"), ScalarType::Dynamic)]
});

pub(super) const FUNCTIONS: &[AggregateEntry] = &[
    AggregateEntry {
        name: "tdigest",
        summary: "All values with their weights, for percentile_tdigest and tdigest_merge; nothing is estimated.",
        signatures: signatures![(expr: SUMMABLE, weight: INTEGER.optional()) -> returns::DYNAMIC],
        order: OrderSensitivity::Insensitive,
        accumulator: tdigest,
        examples: &[
            Example {
                query: "datatable(v:real, w:long)[1, 1, 2, 2] | summarize d = tdigest(v, w) | project percentile_tdigest(d, 50)",
                result: "2.0",
            },
            Example {
                query: "range x from 1 to 1000 step 1 | summarize d = tdigest(x) | project rank_tdigest(d, 685)",
                result: "685.0",
            },
        ],
        ..AggregateEntry::DEFAULT
    },
    AggregateEntry {
        name: "percentile",
        summary: "The smallest value that at least so many percent of the values do not exceed.",
        signatures: signatures![(expr: SCALAR, percentile: NUMBER) -> COLUMNS],
        result_name: ResultName::None,
        order: OrderSensitivity::Insensitive,
        accumulator: |call| percentiles(call, false, Output::Columns),
        examples: &[
            Example { query: "range x from 1 to 100 step 1 | summarize percentile(x, 95)", result: "95" },
            Example { query: "range x from 1 to 4 step 1 | summarize percentile(x, 50)", result: "2" },
            Example { query: "datatable(x:long)[] | summarize percentile(x, 50)", result: "null" },
        ],
        ..AggregateEntry::DEFAULT
    },
    AggregateEntry {
        name: "percentiles",
        summary: "Several percentiles, each in a column of its own.",
        signatures: signatures![(expr: SCALAR, percentile: NUMBER.repeated(1, MANY)) -> COLUMNS],
        result_name: ResultName::None,
        order: OrderSensitivity::Insensitive,
        accumulator: |call| percentiles(call, false, Output::Columns),
        examples: &[Example {
            query: "range x from 1 to 1000 step 1 | summarize percentiles(x, 50, 99.9) | project percentile_x_99_9",
            result: "999",
        }],
        ..AggregateEntry::DEFAULT
    },
    AggregateEntry {
        name: "percentiles_array",
        summary: "Several percentiles in one array.",
        signatures: signatures![
            (expr: SCALAR, percentile: NUMBER.repeated(1, MANY)) -> ARRAY_COLUMN;
            (expr: SCALAR, percentiles: ARRAY) -> ARRAY_COLUMN;
        ],
        result_name: ResultName::None,
        order: OrderSensitivity::Insensitive,
        accumulator: |call| percentiles(call, false, Output::Array),
        examples: &[
            Example {
                query: "range x from 1 to 100 step 1 | summarize percentiles_array(x, 5, 95)",
                result: "[5,95]",
            },
            Example {
                query: "range x from 1 to 100 step 1 | summarize percentiles_array(x, dynamic([5, 95]))",
                result: "[5,95]",
            },
        ],
        ..AggregateEntry::DEFAULT
    },
    AggregateEntry {
        name: "percentilew",
        summary: "The percentile of values that count as often as their weight says.",
        signatures: signatures![(expr: SCALAR, weight: INTEGER, percentile: NUMBER) -> WEIGHTED_COLUMNS],
        result_name: ResultName::None,
        order: OrderSensitivity::Insensitive,
        accumulator: |call| percentiles(call, true, Output::Columns),
        examples: &[Example {
            query: "datatable(n:long, x:long)[8, 10, 6, 20, 3, 30, 1, 40] | summarize percentilew(x, n, 75)",
            result: "20",
        }],
        ..AggregateEntry::DEFAULT
    },
    AggregateEntry {
        name: "percentilesw",
        summary: "Several percentiles of values that count as often as their weight says.",
        signatures: signatures![
            (expr: SCALAR, weight: INTEGER, percentile: NUMBER.repeated(1, MANY)) -> WEIGHTED_COLUMNS
        ],
        result_name: ResultName::None,
        order: OrderSensitivity::Insensitive,
        accumulator: |call| percentiles(call, true, Output::Columns),
        examples: &[Example {
            query: "datatable(n:long, x:long)[8, 10, 6, 20, 3, 30, 1, 40] | summarize percentilesw(x, n, 50, 99.9) | project percentile_x_99_9",
            result: "40",
        }],
        ..AggregateEntry::DEFAULT
    },
    AggregateEntry {
        name: "percentilesw_array",
        summary: "Several percentiles of weighted values in one array.",
        signatures: signatures![
            (expr: SCALAR, weight: INTEGER, percentile: NUMBER.repeated(1, MANY)) -> ARRAY_COLUMN;
            (expr: SCALAR, weight: INTEGER, percentiles: ARRAY) -> ARRAY_COLUMN;
        ],
        result_name: ResultName::None,
        order: OrderSensitivity::Insensitive,
        accumulator: |call| percentiles(call, true, Output::Array),
        examples: &[Example {
            query: "datatable(n:long, x:long)[8, 10, 6, 20, 3, 30, 1, 40] | summarize percentilesw_array(x, n, 50, 75, 99.9)",
            result: "[20,20,40]",
        }],
        ..AggregateEntry::DEFAULT
    },
];

/// `percentile_x_99_9`, one for each percentile from an argument on; int is given as long, decimal as real.
fn columns(arguments: &[ArgumentInfo<'_>], first: usize) -> Vec<(String, ScalarType)> {
    let Some(value) = arguments.first() else { return Vec::new() };
    let data_type = match value.data_type {
        ScalarType::Int => ScalarType::Long,
        ScalarType::Decimal => ScalarType::Real,
        data_type => data_type,
    };
    let name = |percentile: &ArgumentInfo<'_>| {
        let digits = match percentile.constant {
            Some(Value::Real(n)) => n.to_string(),
            Some(value) => value.to_text().to_string(),
            None => String::new(),
        };
        let fragment = digits.replace(|c: char| !c.is_alphanumeric(), "_");
        (format!("percentile_{}_{fragment}", value.name), data_type)
    };
    arguments.iter().skip(first).map(name).collect()
}

/// The type that the values are given in.
fn value_kind(call: &AggregateCall<'_>) -> Result<ScalarType> {
    match call.arguments.first().copied().unwrap_or(ScalarType::Dynamic) {
        ScalarType::Int => Ok(ScalarType::Long),
        ScalarType::Decimal => Ok(ScalarType::Real),
        data_type @ (ScalarType::Long | ScalarType::Real | ScalarType::DateTime | ScalarType::TimeSpan) => {
            Ok(data_type)
        }
        data_type => Err(refuse(call, &format!("of {} values has no known meaning", data_type.as_str()))),
    }
}

fn tdigest(call: &AggregateCall<'_>) -> Result<Box<dyn Accumulator>> {
    let (data_type, weighted) = (value_kind(call)?, call.arguments.len() > 1);
    Ok(call.accumulator(Percentiles {
        data_type,
        wanted: Vec::new(),
        weighted,
        output: Output::Digest,
        rows: GroupRows::default(),
    }))
}

fn percentiles(call: &AggregateCall<'_>, weighted: bool, output: Output) -> Result<Box<dyn Accumulator>> {
    let data_type = value_kind(call)?;
    let mut wanted = Vec::new();
    for constant in call.constants.iter().skip(if weighted { 2 } else { 1 }) {
        match constant {
            Some(Value::Dynamic(Dynamic::Array(items))) => wanted.extend(items.iter().map(Dynamic::as_real)),
            Some(value) => wanted.push(value.as_real()),
            None => wanted.push(None),
        }
    }
    let wanted: Option<Vec<f64>> = wanted.into_iter().collect();
    match wanted {
        Some(wanted) if wanted.iter().all(|percent| (0.0..=100.0).contains(percent)) => {
            Ok(call.accumulator(Percentiles {
                data_type,
                wanted,
                weighted,
                output,
                rows: GroupRows::default(),
            }))
        }
        _ => Err(refuse(call, "takes percentiles from 0 to 100, as constants")),
    }
}

/// What is given for a group.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Output {
    /// A column for each percentile.
    Columns,
    /// One array of the percentiles.
    Array,
    /// All values with their weights.
    Digest,
}

struct Percentiles {
    data_type: ScalarType,
    wanted: Vec<f64>,
    weighted: bool,
    output: Output,
    rows: GroupRows,
}

/// The rows that hold a value.
#[derive(Default)]
struct GroupRows {
    groups: Vec<u32>,
    /// Values as integers of the same order.
    values: Vec<i64>,
    /// Empty where nothing is weighted.
    weights: Vec<i64>,
}

/// A real as an integer of the same order, NaN last; the same the other way round.
const fn ordered(bits: i64) -> i64 {
    bits ^ (((bits >> 63) as u64) >> 1) as i64
}

fn order_of(real: f64) -> i64 {
    ordered(if real.is_nan() { f64::NAN.abs().to_bits() } else { real.to_bits() } as i64)
}

impl Percentiles {
    fn value(&self, order: i64) -> Value {
        match self.data_type {
            ScalarType::Real => Value::Real(f64::from_bits(ordered(order) as u64)),
            data_type => Value::Dynamic(narrow_dynamic(order, data_type)).convert(data_type),
        }
    }

    /// All values of one group's rows; null where it has none.
    fn digest(&self, rows: &mut [(i64, i64)]) -> Dynamic {
        if rows.is_empty() {
            return Dynamic::Null;
        }
        rows.sort_unstable();
        let mut entries: Vec<(i64, i64)> = Vec::new();
        for &(order, weight) in rows.iter() {
            match entries.last_mut() {
                Some(last) if last.0 == order => last.1 = last.1.saturating_add(weight),
                _ => entries.push((order, weight)),
            }
        }
        let value = |(order, weight)| (Dynamic::from_value(&self.value(order)), weight);
        Digest::new(entries.into_iter().map(value).collect()).into_dynamic()
    }

    /// The percentiles of one group's rows; `None` where it has none.
    fn of(&self, rows: &mut [(i64, i64)]) -> Option<Vec<Value>> {
        if rows.is_empty() {
            return None;
        }
        if !self.weighted && self.wanted.len() <= 2 {
            let pick = |percent: &f64| {
                let at = rank(*percent, rows.len() as i64) as usize;
                self.value(rows.select_nth_unstable(at).1.0)
            };
            return Some(self.wanted.iter().map(pick).collect());
        }
        rows.sort_unstable();
        let total = rows.iter().fold(0_i64, |sum, row| sum.saturating_add(row.1));
        let pick = |percent: &f64| {
            let mut left = rank(*percent, total);
            let found = rows.iter().find(|row| {
                left = left.saturating_sub(row.1);
                left < 0
            });
            self.value(found.or(rows.last()).map_or(0, |row| row.0))
        };
        Some(self.wanted.iter().map(pick).collect())
    }
}

impl AggregateState for Percentiles {
    fn update(&mut self, groups: &[u32], _: usize, arguments: &[Column]) -> Result<()> {
        let rows = &mut self.rows;
        if self.weighted {
            let (values, weights) = (argument(arguments, 0)?, argument(arguments, 1)?);
            // Each row's weight; without one, or with none above 0, it does not count.
            let mut weight = vec![0_i64; groups.len()];
            LongType::each(std::slice::from_ref(weights), |row, n| weight[row] = n)?;
            let mut add = |row: usize, order: i64| {
                if weight[row] > 0 {
                    rows.groups.push(groups[row]);
                    rows.values.push(order);
                    rows.weights.push(weight[row]);
                }
            };
            let values = std::slice::from_ref(values);
            if is_widened(self.data_type) {
                LongType::each(values, &mut add)
            } else {
                RealType::each(values, |row, n| add(row, order_of(n)))
            }
        } else {
            let mut add = |row: usize, order: i64| {
                rows.groups.push(groups[row]);
                rows.values.push(order);
            };
            if is_widened(self.data_type) {
                LongType::each(arguments, &mut add)
            } else {
                RealType::each(arguments, |row, n| add(row, order_of(n)))
            }
        }
    }

    fn merge(&mut self, other: Self, mapping: &[u32], _: usize) -> Result<()> {
        self.rows.groups.extend(other.rows.groups.iter().map(|&group| mapping[group as usize]));
        self.rows.values.extend(other.rows.values);
        self.rows.weights.extend(other.rows.weights);
        Ok(())
    }

    fn finish(self, count: usize) -> Result<Vec<Column>> {
        // Each group's rows one after the other.
        let mut ends = vec![0_usize; count + 1];
        self.rows.groups.iter().for_each(|&group| ends[group as usize + 1] += 1);
        for group in 1..=count {
            ends[group] += ends[group - 1];
        }
        let mut next = ends.clone();
        let mut sorted = vec![(0_i64, 1_i64); self.rows.values.len()];
        for (at, (&group, &value)) in self.rows.groups.iter().zip(&self.rows.values).enumerate() {
            let place = &mut next[group as usize];
            sorted[*place] = (value, self.rows.weights.get(at).copied().unwrap_or(1));
            *place += 1;
        }
        let (data_type, width) = match self.output {
            Output::Columns => (self.data_type, self.wanted.len()),
            Output::Array | Output::Digest => (ScalarType::Dynamic, 1),
        };
        let mut builders: Vec<_> =
            (0..width).map(|_| ColumnBuilder::with_capacity(data_type, count)).collect();
        for group in 0..count {
            let rows = &mut sorted[ends[group]..ends[group + 1]];
            if self.output == Output::Digest {
                builders[0].push(&Value::Dynamic(self.digest(rows)));
                continue;
            }
            let found = self.of(rows);
            if self.output == Output::Array {
                let items =
                    found.map(|values| Dynamic::array(values.iter().map(Dynamic::from_value).collect()));
                builders[0].push(&items.map_or(Value::Null, Value::Dynamic));
            } else {
                for (at, builder) in builders.iter_mut().enumerate() {
                    builder.push(found.as_ref().and_then(|values| values.get(at)).unwrap_or(&Value::Null));
                }
            }
        }
        Ok(builders.into_iter().map(ColumnBuilder::finish).collect())
    }

    /// The rows in order, and for digests an array of three arrays for each group.
    fn result_bytes(&self, count: usize) -> usize {
        let rows = self.rows.values.len();
        let digests = match self.output {
            Output::Digest => rows * 2 * size_of::<Dynamic>() + count * 4 * LIST_BYTES,
            Output::Columns | Output::Array => 0,
        };
        rows * size_of::<(i64, i64)>() + count * 2 * size_of::<usize>() + digests
    }

    fn byte_size(&self) -> usize {
        self.rows.groups.capacity() * 4 + (self.rows.values.capacity() + self.rows.weights.capacity()) * 8
    }
}
