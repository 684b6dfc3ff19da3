//! `take`: the first rows; its input is not asked for more. It must not know what the rows are.

use super::eval::Program;
use super::stream::{Chunks, Operator, State, Stream, build as build_stream};
use crate::column::Chunk;
use crate::diagnostic::Code;
use crate::function::Result;
use crate::plan::{Expr, Plan};
use crate::types::{ScalarType, Value};

struct Limit<'a> {
    input: Chunks<'a>,
    left: usize,
}

impl Stream for Limit<'_> {
    fn next(&mut self) -> Result<Option<Chunk>> {
        if self.left == 0 {
            return Ok(None);
        }
        let Some(chunk) = self.input.next()? else { return Ok(None) };
        let chunk = if chunk.len() > self.left { chunk.slice(0, self.left) } else { chunk };
        self.left -= chunk.len();
        Ok(Some(chunk))
    }
}

pub(super) fn build<'a>(
    input: &'a Plan,
    count: &'a Expr,
    at: Operator,
    state: &'a State<'a>,
) -> Result<Chunks<'a>> {
    let left = row_count(count, at, state)?;
    Ok(Box::new(Limit { input: build_stream(input, state)?, left }))
}

/// A number of rows that a constant expression gives.
pub(super) fn row_count(expr: &Expr, at: Operator, state: &State<'_>) -> Result<usize> {
    match constant(expr, state)?.convert(ScalarType::Long) {
        Value::Long(count) => Ok(usize::try_from(count).unwrap_or(0)),
        _ => Err(at.fail(Code::EvaluationFailed, "the number of rows is null")),
    }
}

/// The value of an expression that reads no column.
pub(super) fn constant(expr: &Expr, state: &State<'_>) -> Result<Value> {
    let columns = Program::new(state, std::slice::from_ref(expr))?.run(state, &Chunk::without_columns(1))?;
    Ok(columns.first().map_or(Value::Null, |column| column.value(0)))
}
