//! What `make-series` computes beside its aggregates: the number of a bin on the axis, and the arrays that are made of the
//! bins of a group. No query can name these functions. It must not know aggregates, nor how rows are grouped.

use std::cell::Cell;
use std::ops::Range;

use super::dynamic::as_long;
use crate::column::{Column, DecimalType, LongType, RealType};
use crate::function::kinds::{ARRAY, LONG, NUMBER, SUMMABLE, returns};
use crate::function::{Call, Category, Kernel, Result, ScalarFunction, signatures};
use crate::types::{DateTime, Decimal, Dynamic, ScalarType, TimeSpan, Value};

const BASE: ScalarFunction = ScalarFunction { category: Category::Series, ..ScalarFunction::DEFAULT };

pub(super) const FUNCTIONS: &[ScalarFunction] = &[
    ScalarFunction {
        name: "make-series bin",
        summary: "The number of the bin that a value of the axis is in, counted from an origin.",
        signatures: signatures![(axis: SUMMABLE, origin: SUMMABLE, step: SUMMABLE) -> returns::LONG],
        kernel: Kernel::Rows(bin),
        ..BASE
    },
    ScalarFunction {
        name: "make-series to",
        summary: "The number of the first bin that begins at a value of the axis or behind it.",
        signatures: signatures![(to: SUMMABLE, origin: SUMMABLE, step: SUMMABLE) -> returns::LONG],
        kernel: Kernel::Rows(end),
        ..BASE
    },
    ScalarFunction {
        name: "make-series axis",
        summary: "The values of the axis where the bins begin.",
        signatures: signatures![
            (first: LONG, end: LONG, origin: SUMMABLE, step: SUMMABLE) -> returns::DYNAMIC
        ],
        kernel: Kernel::Rows(axis),
        ..BASE
    },
    ScalarFunction {
        name: "make-series values",
        summary: "An item for each bin: the value of the bin of that number, or the default.",
        signatures: signatures![
            (bins: ARRAY, values: ARRAY, first: LONG, end: LONG, default: NUMBER) -> returns::DYNAMIC
        ],
        kernel: Kernel::Rows(values),
        ..BASE
    },
];

/// The most items of an array that `make-series` makes.
const MAX_ITEMS: i64 = 1 << 20;

/// The number of a bin that is farther off than any series reaches.
const FAR: i64 = 1 << 62;

/// Where the bins begin and how wide they are.
#[derive(Clone, Copy)]
enum BinGrid {
    Integers { origin: i64, step: i64 },
    Reals { origin: f64, step: f64 },
    Decimals { origin: Decimal, step: Decimal },
}

impl BinGrid {
    /// The grid of an axis of a type; the origin and the step are the same for all rows.
    fn read(call: &Call<'_>, data_type: ScalarType, origin: usize, step: usize) -> Result<Option<Self>> {
        let (Some(origin), Some(step)) = (single(call, origin)?, single(call, step)?) else {
            return Ok(None);
        };
        let grid = match data_type {
            ScalarType::Real => match (origin.convert(ScalarType::Real), step.convert(ScalarType::Real)) {
                (Value::Real(origin), Value::Real(step)) => Some(Self::Reals { origin, step }),
                _ => None,
            },
            ScalarType::Decimal => {
                match (origin.convert(ScalarType::Decimal), step.convert(ScalarType::Decimal)) {
                    (Value::Decimal(origin), Value::Decimal(step)) => Some(Self::Decimals { origin, step }),
                    _ => None,
                }
            }
            _ => match (origin.convert(ScalarType::Long), step.convert(ScalarType::Long)) {
                (Value::Long(origin), Value::Long(step)) => Some(Self::Integers { origin, step }),
                _ => None,
            },
        };
        let Some(grid) = grid else { return Err(call.fail("a bound or the step has no value")) };
        let is_fit = match grid {
            Self::Integers { step, .. } => step > 0,
            Self::Reals { origin, step } => step > 0.0 && step.is_finite() && origin.is_finite(),
            Self::Decimals { step, .. } => step > Decimal::default(),
        };
        if is_fit { Ok(Some(grid)) } else { Err(call.fail("the step must be greater than zero")) }
    }

    /// The number of the bin of an integer, an instant or a timespan.
    fn integer(origin: i64, step: i64, value: i64) -> i64 {
        match value.checked_sub(origin) {
            Some(distance) => distance.div_euclid(step),
            None => clamped((i128::from(value) - i128::from(origin)).div_euclid(i128::from(step))),
        }
    }

    fn real(origin: f64, step: f64, value: f64) -> Option<i64> {
        // What is too large becomes a number that makes the series too long.
        (!value.is_nan()).then(|| (((value - origin) / step).floor() as i64).clamp(-FAR, FAR))
    }

    fn decimal(origin: Decimal, step: Decimal, value: Decimal) -> Option<i64> {
        let steps = value.0.checked_sub(origin.0)?.checked_div(step.0)?.floor();
        i64::try_from(steps).ok()
    }

    /// Where the bin of a number begins; `None` where there is no such value.
    fn start(self, bin: i64, data_type: ScalarType) -> Option<Dynamic> {
        let value = match self {
            Self::Integers { origin, step } => {
                let at = i64::try_from(i128::from(origin) + i128::from(step) * i128::from(bin)).ok()?;
                match data_type {
                    ScalarType::DateTime => Value::DateTime(DateTime::from_ticks(at)?),
                    ScalarType::TimeSpan => Value::TimeSpan(TimeSpan(at)),
                    _ => Value::Long(at),
                }
            }
            Self::Reals { origin, step } => Value::Real(origin + step * bin as f64),
            Self::Decimals { origin, step } => {
                Value::Decimal(Decimal(step.0.checked_mul(bin.into())?.checked_add(origin.0)?))
            }
        };
        Some(Dynamic::from_value(&value))
    }
}

fn clamped(number: i128) -> i64 {
    number.clamp((-FAR).into(), FAR.into()) as i64
}

/// The value of an argument that is the same for all rows; `None` where there are no rows to tell it.
fn single(call: &Call<'_>, at: usize) -> Result<Option<Value>> {
    if let Some(value) = call.constant(at) {
        return Ok(Some(value.clone()));
    }
    let column = call.argument(at)?;
    Ok((!column.is_empty()).then(|| column.value(0)))
}

fn bin(call: &Call<'_>) -> Result<Column> {
    let Some(grid) = BinGrid::read(call, call.argument(0)?.scalar_type(), 1, 2)? else {
        return Ok(call.nulls());
    };
    match grid {
        BinGrid::Integers { origin, step } => {
            call.map1::<LongType, LongType>(|value| Some(BinGrid::integer(origin, step, value)))
        }
        BinGrid::Reals { origin, step } => {
            call.map1::<RealType, LongType>(|value| BinGrid::real(origin, step, value))
        }
        BinGrid::Decimals { origin, step } => {
            call.map1::<DecimalType, LongType>(|value| BinGrid::decimal(origin, step, value))
        }
    }
}

fn end(call: &Call<'_>) -> Result<Column> {
    let Some(grid) = BinGrid::read(call, call.argument(0)?.scalar_type(), 1, 2)? else {
        return Ok(call.nulls());
    };
    let Some(to) = single(call, 0)? else { return Ok(call.nulls()) };
    let bin = match (grid, &to) {
        (BinGrid::Reals { origin, step }, Value::Real(to)) => BinGrid::real(origin, step, *to)
            .map(|bin| if origin + step * (bin as f64) < *to { bin.saturating_add(1) } else { bin }),
        (BinGrid::Decimals { origin, step }, Value::Decimal(to)) => {
            let bin = BinGrid::decimal(origin, step, *to);
            let start = bin.and_then(|bin| step.0.checked_mul(bin.into())?.checked_add(origin.0));
            bin.map(|bin| if start.is_some_and(|start| start < to.0) { bin.saturating_add(1) } else { bin })
        }
        (BinGrid::Integers { origin, step }, to) => match to.convert(ScalarType::Long) {
            Value::Long(to) => {
                let distance = i128::from(to) - i128::from(origin);
                Some(clamped(-(-distance).div_euclid(i128::from(step))))
            }
            _ => None,
        },
        _ => None,
    };
    let Some(bin) = bin else { return Err(call.fail("a bound or the step has no value")) };
    Ok(Column::constant(Value::Long(bin), ScalarType::Long, call.rows))
}

/// The numbers of the bins of a series.
fn bins(call: &Call<'_>, first: &Value, end: &Value) -> Result<Range<i64>> {
    let (Value::Long(first), Value::Long(end)) = (first, end) else { return Ok(0..0) };
    let (first, end) = (*first, *end);
    if end.saturating_sub(first) > MAX_ITEMS {
        return Err(call.fail(format!("a series has at most {MAX_ITEMS} items")));
    }
    Ok(first..end)
}

fn axis(call: &Call<'_>) -> Result<Column> {
    let data_type = call.argument(2)?.scalar_type();
    let Some(grid) = BinGrid::read(call, data_type, 2, 3)? else { return Ok(call.nulls()) };
    let held = Cell::new(0);
    call.map_values(|row| {
        let [first, end, ..] = row else { return Ok(Value::Null) };
        if first.is_null() || end.is_null() {
            let about = "kind=nonempty without rows and without both bounds";
            call.doubt(about, "the series has no items", "no rows")?;
        }
        let bins = bins(call, first, end)?;
        hold(call, &held, &bins)?;
        let start = |bin| {
            grid.start(bin, data_type).ok_or_else(|| call.fail("the axis leaves the range of its type"))
        };
        Ok(Dynamic::array(bins.map(start).collect::<Result<_>>()?).into())
    })
}

/// Holds room for the items of one more series, before they are made.
fn hold(call: &Call<'_>, held: &Cell<usize>, bins: &Range<i64>) -> Result<()> {
    let items = usize::try_from(bins.end.saturating_sub(bins.start)).unwrap_or_default();
    let bytes = items.saturating_mul(size_of::<Dynamic>());
    held.set(held.get().saturating_add(bytes));
    call.work(bytes)?;
    call.reserve(held.get())
}

fn values(call: &Call<'_>) -> Result<Column> {
    let held = Cell::new(0);
    call.map_values(|row| {
        let [Value::Dynamic(numbers), Value::Dynamic(found), first, end, default] = row else {
            return Ok(Value::Null);
        };
        let bins = bins(call, first, end)?;
        hold(call, &held, &bins)?;
        let mut items: Vec<Dynamic> = bins.clone().map(|_| Dynamic::from_value(default)).collect();
        let (numbers, found) = (numbers.as_array().unwrap_or_default(), found.as_array().unwrap_or_default());
        if let Value::Real(default) = default
            && found.iter().any(|value| matches!(value, Dynamic::Long(_)))
        {
            let about = "a real default of an aggregate that gives integers";
            call.doubt(about, "the items are integers and the default is a real", default)?;
        }
        for (number, value) in numbers.iter().zip(found) {
            let place = as_long(number).and_then(|it| usize::try_from(it.checked_sub(bins.start)?).ok());
            if let Some(item) = place.and_then(|place| items.get_mut(place)) {
                *item = value.clone();
            }
        }
        Ok(Dynamic::array(items).into())
    })
}
