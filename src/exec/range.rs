//! `range`: numbers or instants at a fixed distance, made as they are asked for. It must not know who asks.

use super::context::{ExecContext, Site};
use super::eval::constant;
use super::stream::{Chunks, Stream};
use crate::column::{Chunk, Column, Primitive, Validity};
use crate::diagnostic::Code;
use crate::function::{Failure, Result};
use crate::plan::{Expr, Plan};
use crate::types::{DateTime, ScalarType, TimeSpan, Value};

enum Range {
    /// Integers and ticks: the next one, the last one allowed, the step.
    Whole {
        next: Option<i64>,
        last: i64,
        step: i64,
        data_type: ScalarType,
    },
    Real {
        next: f64,
        last: f64,
        step: f64,
    },
}

struct RangeRows {
    range: Range,
    max: usize,
}

impl Stream for RangeRows {
    fn next(&mut self) -> Result<Option<Chunk>> {
        let column = match &mut self.range {
            Range::Whole { next, last, step, data_type } => {
                let mut values = Vec::new();
                while values.len() < self.max
                    && let Some(value) = *next
                    && (if *step > 0 { value <= *last } else { value >= *last })
                {
                    values.push(value);
                    *next = value.checked_add(*step);
                }
                whole(values, *data_type)
            }
            Range::Real { next, last, step } => {
                let mut values = Vec::new();
                while values.len() < self.max && (if *step > 0.0 { *next <= *last } else { *next >= *last }) {
                    values.push(*next);
                    *next += *step;
                }
                Column::Real(Primitive::new(values, Validity::ALL))
            }
        };
        let rows = column.len();
        Ok((rows > 0).then(|| Chunk::new(vec![column], rows)))
    }
}

fn whole(values: Vec<i64>, data_type: ScalarType) -> Column {
    match data_type {
        ScalarType::Int => {
            let values: Vec<i32> = values.into_iter().map(|n| n as i32).collect();
            Column::Int(Primitive::new(values, Validity::ALL))
        }
        ScalarType::DateTime => Column::DateTime(Primitive::new(values, Validity::ALL)),
        ScalarType::TimeSpan => Column::TimeSpan(Primitive::new(values, Validity::ALL)),
        _ => Column::longs(values),
    }
}

/// The start, the end and the step; their names are for messages.
pub(super) fn open<'a>(
    plan: &'a Plan,
    bounds: [&'a Expr; 3],
    context: &'a ExecContext<'a>,
) -> Result<Chunks<'a>> {
    let at = Site::of(plan);
    let data_type = plan.schema.columns.first().map_or(ScalarType::Long, |column| column.data_type);
    let step_kind = if data_type == ScalarType::DateTime { ScalarType::TimeSpan } else { data_type };
    let [from, to, step] = bounds;
    let from = value(from, data_type, "start", at, context)?;
    let to = value(to, data_type, "end", at, context)?;
    let step = value(step, step_kind, "step", at, context)?;
    let range = if let (Value::Real(next), Value::Real(last), Value::Real(step)) = (&from, &to, &step) {
        Range::Real { next: *next, last: *last, step: *step }
    } else {
        let bound =
            |value: Value| ticks(&value).ok_or_else(|| fail(at, &format!("type {data_type} has no steps")));
        // The largest instant and the largest int end the range before the step leaves their range.
        let (from, to, step) = (bound(from)?, bound(to)?, bound(step)?);
        let (min, max) = match data_type {
            ScalarType::Int => (i64::from(i32::MIN), i64::from(i32::MAX)),
            ScalarType::DateTime => (DateTime::MIN.0, DateTime::MAX.0),
            _ => (i64::MIN, i64::MAX),
        };
        Range::Whole { next: Some(from), last: to.clamp(min, max), step, data_type }
    };
    let zero = match &range {
        Range::Whole { step, .. } => *step == 0,
        Range::Real { step, .. } => *step == 0.0,
    };
    if zero {
        return Err(fail(at, "the step is zero"));
    }
    Ok(Box::new(RangeRows { range, max: context.chunk_rows() }))
}

fn ticks(value: &Value) -> Option<i64> {
    match value {
        Value::DateTime(DateTime(ticks)) | Value::TimeSpan(TimeSpan(ticks)) => Some(*ticks),
        value => value.as_long(),
    }
}

fn value(
    expr: &Expr,
    data_type: ScalarType,
    name: &str,
    at: Site,
    context: &ExecContext<'_>,
) -> Result<Value> {
    let value = constant(expr, context)?.convert(data_type);
    if value.is_null() {
        return Err(fail(at, &format!("the {name} is null")));
    }
    Ok(value)
}

fn fail(at: Site, what: &str) -> Failure {
    at.fail(Code::EvaluationFailed, format!("'range': {what}"))
}
