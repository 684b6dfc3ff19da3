//! Runs a scalar function over columns, and over known values. It must not know any particular function.

use super::{Call, Context, Failure, Kernel, Result, ScalarFunction, Volatility};
use crate::column::Column;
use crate::diagnostic::Diagnostic;
use crate::source::Span;
use crate::types::{ScalarType, Value};

impl ScalarFunction {
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
    ) -> Result<Vec<Column>> {
        let call = Call {
            name: self.name,
            arguments,
            rows,
            returns: returns.first().copied().unwrap_or(ScalarType::Dynamic),
            data_types: returns,
            context,
            span,
        };
        let mut columns = match self.kernel {
            Kernel::Rows(kernel) | Kernel::Window(kernel) => vec![kernel(&call)?],
            Kernel::Columns(kernel) => kernel(&call)?,
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
        Ok(columns)
    }

    /// What a call of known values gives, a value for each result column. `None` for a function that needs rows: one that
    /// looks at others, or gives another result for each.
    pub fn of_constants(
        &self,
        arguments: &[(&Value, ScalarType)],
        returns: &[ScalarType],
        context: &Context,
        span: Span,
    ) -> Option<Result<Vec<(Value, ScalarType)>>> {
        let needs_rows = match self.kernel {
            Kernel::Rows(_) | Kernel::Columns(_) => self.volatility == Volatility::Volatile,
            Kernel::Window(_) | Kernel::None => true,
        };
        if needs_rows {
            return None;
        }
        let arguments: Vec<Column> = arguments
            .iter()
            .map(|(value, data_type)| Column::constant((*value).clone(), *data_type, 1))
            .collect();
        let columns = self.run(&arguments, 1, returns, context, span);
        Some(columns.map(|it| it.iter().map(|column| (column.value(0), column.scalar_type())).collect()))
    }

    /// The engine itself is at fault.
    fn broken(&self, span: Span, what: &str) -> Failure {
        Box::new(Diagnostic::internal(span, format!("'{}': {what}", self.name)))
    }
}
