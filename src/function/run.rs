//! Runs a scalar function over columns, and over known values. It must not know any particular function.

use super::{Call, Context, Doubt, Doubts, Failure, FunctionRef, Kernel, Result, Volatility};
use crate::column::Column;
use crate::diagnostic::Diagnostic;
use crate::source::Span;
use crate::types::{ScalarType, Value};

/// What a call gave.
#[derive(Debug)]
pub struct Evaluated {
    /// The result columns.
    pub columns: Vec<Column>,
    /// What it met of which it is not known what the real engine gives.
    pub doubts: Vec<Doubt>,
}

impl FunctionRef {
    /// The result columns of a call over columns of so many rows, of the types that the binder chose.
    ///
    /// # Errors
    /// The function refuses a value, or is at fault itself.
    pub fn run(
        &self,
        arguments: &[Column],
        rows: usize,
        returns: &[ScalarType],
        context: &Context,
        span: Span,
    ) -> Result<Evaluated> {
        let found = self.run_once(arguments, rows, returns, context, span)?;
        if found.doubts.is_empty() {
            return Ok(found);
        }
        if arguments.iter().all(|column| column.as_constant().is_some()) {
            let every_row = |doubt: Doubt| Doubt { rows: rows as u64, ..doubt };
            return Ok(Evaluated { doubts: found.doubts.into_iter().map(every_row).collect(), ..found });
        }
        // A kernel computes the values of a dictionary once: to count rows there must be none.
        let plain: Vec<Column> = arguments.iter().map(Column::to_plain).collect();
        self.run_once(&plain, rows, returns, context, span)
    }

    fn run_once(
        &self,
        arguments: &[Column],
        rows: usize,
        returns: &[ScalarType],
        context: &Context,
        span: Span,
    ) -> Result<Evaluated> {
        let doubts = Doubts::default();
        let call = Call {
            name: self.name,
            arguments,
            rows,
            returns: returns.first().copied().unwrap_or(ScalarType::Dynamic),
            data_types: returns,
            context,
            doubts: &doubts,
            span,
        };
        let mut columns = match self.kernel {
            Kernel::Rows(kernel) | Kernel::Window(kernel) => vec![kernel(&call)?],
            Kernel::Columns(kernel) => kernel(&call)?,
            Kernel::Udf => match self {
                Self::Udf(function) => vec![function.run(&call)?],
                Self::Builtin(_) => return Err(self.broken(span, "it has no closure")),
            },
            Kernel::None => return Err(self.broken(span, "it has no kernel")),
        };
        if columns.len() != returns.len() {
            return Err(self.broken(span, "it gave another number of columns than it said"));
        }
        for (column, data_type) in columns.iter_mut().zip(returns) {
            if column.len() != rows {
                return Err(self.broken(span, "it gave another number of rows than it was given"));
            }
            if column.scalar_type() != *data_type {
                *column = column.convert(*data_type);
            }
        }
        Ok(Evaluated { columns, doubts: doubts.into_inner() })
    }

    /// What a call of known values gives, a value for each result column. `None` for a function that needs rows: one that
    /// looks at others, or gives another result for each, and for values of which it is not known what the real engine gives:
    /// the run notes them.
    pub fn of_constants(
        &self,
        arguments: &[(&Value, ScalarType)],
        returns: &[ScalarType],
        context: &Context,
        span: Span,
    ) -> Option<Result<Vec<(Value, ScalarType)>>> {
        let needs_rows = match self.kernel {
            Kernel::Rows(_) | Kernel::Columns(_) | Kernel::Udf => self.volatility == Volatility::Volatile,
            Kernel::Window(_) | Kernel::None => true,
        };
        if needs_rows {
            return None;
        }
        let arguments: Vec<Column> = arguments
            .iter()
            .map(|(value, data_type)| Column::constant((*value).clone(), *data_type, 1))
            .collect();
        match self.run(&arguments, 1, returns, context, span) {
            Ok(found) if !found.doubts.is_empty() => None,
            found => {
                Some(found.map(|it| {
                    it.columns.iter().map(|column| (column.value(0), column.scalar_type())).collect()
                }))
            }
        }
    }

    /// The engine itself is at fault.
    fn broken(&self, span: Span, what: &str) -> Failure {
        Box::new(Diagnostic::internal(span, format!("'{}': {what}", self.name)))
    }
}
