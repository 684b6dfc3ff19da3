//! Runs a scalar function over columns, and over known values. It must not know any particular function.

use super::{Call, Context, Doubt, Doubts, Failure, FunctionRef, Kernel, RandomStream, Result, Volatility};
use crate::budget::{Charge, Used};
use crate::column::Column;
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;
use crate::types::{MAX_DEPTH, ScalarType, Value};

/// What a call gave.
#[derive(Debug)]
pub struct Evaluated {
    /// The result columns.
    pub columns: Vec<Column>,
    /// What it met of which it is not known what the real engine gives.
    pub doubts: Vec<Doubt>,
    /// The bytes of the columns, held as long as somebody has them.
    pub charge: Option<Charge>,
}

/// A value for each result column, and what is charged for them.
type KnownResults = (Vec<(Value, ScalarType)>, Option<Charge>);

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
        random: &RandomStream,
        span: Span,
    ) -> Result<Evaluated> {
        let found = self.run_once(arguments, rows, returns, context, random, span)?;
        if found.doubts.is_empty() {
            return Ok(found);
        }
        if arguments.iter().all(|column| column.as_constant().is_some()) {
            let every_row = |doubt: Doubt| Doubt { rows: rows as u64, ..doubt };
            return Ok(Evaluated { doubts: found.doubts.into_iter().map(every_row).collect(), ..found });
        }
        // A kernel computes the values of a dictionary once: to count rows there must be none.
        let plain: Vec<Column> = arguments.iter().map(Column::to_plain).collect();
        self.run_once(&plain, rows, returns, context, random, span)
    }

    fn run_once(
        &self,
        arguments: &[Column],
        rows: usize,
        returns: &[ScalarType],
        context: &Context,
        random: &RandomStream,
        span: Span,
    ) -> Result<Evaluated> {
        let (doubts, used) = (Doubts::default(), Used::of(&context.budget));
        let call = Call {
            name: self.name,
            arguments,
            rows,
            returns: returns.first().copied().unwrap_or(ScalarType::Dynamic),
            data_types: returns,
            context,
            doubts: &doubts,
            random,
            used: &used,
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
        let made = columns.iter().map(|column| column.bytes_beside(arguments));
        let bytes = made.fold(0, usize::saturating_add);
        let charge = used.result(bytes, || format!("'{}'", self.spelling()), span)?;
        for column in columns.iter().filter(|column| column.scalar_type() == ScalarType::Dynamic) {
            self.check_depth(column, span)?;
        }
        Ok(Evaluated { columns, doubts: doubts.into_inner(), charge })
    }

    /// What a call of known values gives, a value for each result column, and what is charged for them. `None` for a function that needs rows: one that
    /// looks at others, or gives another result for each, and for values of which it is not known what the real engine gives:
    /// the run notes them.
    pub fn of_constants(
        &self,
        arguments: &[(&Value, ScalarType)],
        returns: &[ScalarType],
        context: &Context,
        span: Span,
    ) -> Option<Result<KnownResults>> {
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
        match self.run(&arguments, 1, returns, context, &RandomStream::default(), span) {
            Ok(found) if !found.doubts.is_empty() => None,
            found => Some(found.map(|it| {
                let values = it.columns.iter().map(|column| (column.value(0), column.scalar_type()));
                (values.collect(), it.charge)
            })),
        }
    }

    /// What a call gives for the values of one row, if it may say so by itself. See [`super::ScalarFunction::of_row`].
    #[inline]
    pub fn of_row(&self, arguments: &[(Value, ScalarType)], returns: ScalarType) -> Option<Value> {
        self.of_row.and_then(|of_row| of_row(arguments, returns))
    }

    /// Refuses values that are nested so deep that a walk over them has no room.
    fn check_depth(&self, column: &Column, span: Span) -> Result<()> {
        if column.max_depth() <= MAX_DEPTH {
            return Ok(());
        }
        let message =
            format!("'{}' nests a dynamic value deeper than the limit of {MAX_DEPTH}", self.spelling());
        Err(Box::new(Diagnostic::error(Code::LimitExceeded, span, message)))
    }

    /// The engine itself is at fault.
    fn broken(&self, span: Span, what: &str) -> Failure {
        Box::new(Diagnostic::internal(span, format!("'{}': {what}", self.name)))
    }
}
