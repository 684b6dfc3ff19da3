//! Bound expressions: every name is a column's place, every call has its function and type.
//! It must not know how an expression is evaluated.

use std::sync::Arc;

use super::Plan;
use crate::function::{FunctionRef, Kernel, Volatility};
use crate::source::Span;
use crate::types::{ScalarType, Value};

/// A scalar function of the registry.
pub type Function = FunctionRef;

/// A bound scalar expression.
#[derive(Debug, Clone)]
pub enum Expr {
    /// A value that is known.
    Literal {
        /// The value.
        value: Value,
        /// Its type.
        data_type: ScalarType,
    },
    /// A column of the input.
    Column {
        /// Its place.
        index: usize,
        /// Its type.
        data_type: ScalarType,
    },
    /// A query parameter; its value comes with the run.
    Parameter {
        /// Its name.
        name: Arc<str>,
        /// Its type.
        data_type: ScalarType,
        /// What it is if the run gives no value.
        default: Option<Value>,
    },
    /// A call of a function.
    Call {
        /// The function.
        function: Function,
        /// The arguments.
        arguments: Vec<Expr>,
        /// The types of the result columns: one, save for functions that return several.
        returns: Arc<[ScalarType]>,
        /// Which of the result columns is meant.
        output: usize,
        /// Its place in the query.
        span: Span,
        /// To compute it before the run was tried and gave no value; it is not tried again.
        unfoldable: bool,
    },
    /// A column of the rows that the enclosing body is given, in the first of them: the key of a partition.
    Outer {
        /// Which body's rows.
        scope: usize,
        /// The column's place among those that the body is given.
        index: usize,
        /// Its type.
        data_type: ScalarType,
    },
    /// The first cell of a table, computed once: `toscalar(…)`.
    Subquery {
        /// The table.
        plan: Arc<Plan>,
        /// The cell's type.
        data_type: ScalarType,
    },
    /// The first column of a table as an array, computed once: `x in (T)`.
    ListSubquery {
        /// The table.
        plan: Arc<Plan>,
    },
}

impl Expr {
    /// A known value.
    #[must_use]
    pub fn literal(value: Value, data_type: ScalarType) -> Self {
        Self::Literal { value, data_type }
    }

    /// A column of the input.
    #[must_use]
    pub const fn column(index: usize, data_type: ScalarType) -> Self {
        Self::Column { index, data_type }
    }

    /// The value, if it is known.
    #[must_use]
    pub const fn as_literal(&self) -> Option<&Value> {
        if let Self::Literal { value, .. } = self { Some(value) } else { None }
    }

    /// The place of the column, if it is one as it is.
    #[must_use]
    pub const fn as_column(&self) -> Option<usize> {
        if let Self::Column { index, .. } = self { Some(*index) } else { None }
    }

    /// The type.
    #[must_use]
    pub fn scalar_type(&self) -> ScalarType {
        match self {
            Self::Literal { data_type, .. }
            | Self::Column { data_type, .. }
            | Self::Parameter { data_type, .. }
            | Self::Outer { data_type, .. }
            | Self::Subquery { data_type, .. } => *data_type,
            Self::Call { returns, output, .. } => {
                returns.get(*output).copied().unwrap_or(ScalarType::Dynamic)
            }
            Self::ListSubquery { .. } => ScalarType::Dynamic,
        }
    }

    /// Visits the expression and everything in it, outermost first; subqueries are not entered.
    pub fn visit<'e>(&'e self, f: &mut impl FnMut(&'e Expr)) {
        f(self);
        if let Self::Call { arguments, .. } = self {
            arguments.iter().for_each(|argument| argument.visit(f));
        }
    }

    /// How many nodes the expression has, and how deep they are nested; subqueries are not entered.
    #[must_use]
    pub fn size(&self) -> (usize, usize) {
        let Self::Call { arguments, .. } = self else { return (1, 1) };
        let of_arguments = arguments.iter().map(Self::size);
        let (nodes, depth) = of_arguments.fold((0, 0), |(nodes, depth): (usize, usize), (more, deep)| {
            (nodes.saturating_add(more), depth.max(deep))
        });
        (nodes + 1, depth + 1)
    }

    /// The tables that the expression reads: its subqueries, as they are written.
    pub fn subqueries(&self) -> Vec<&Arc<Plan>> {
        let mut found = Vec::new();
        self.visit(&mut |it| {
            if let Self::Subquery { plan, .. } | Self::ListSubquery { plan } = it {
                found.push(plan);
            }
        });
        found
    }

    /// The tables that the expression reads, to be replaced.
    pub fn subqueries_mut<'e>(&'e mut self, found: &mut Vec<&'e mut Arc<Plan>>) {
        match self {
            Self::Subquery { plan, .. } | Self::ListSubquery { plan } => found.push(plan),
            Self::Call { arguments, .. } => {
                arguments.iter_mut().for_each(|argument| argument.subqueries_mut(found));
            }
            Self::Literal { .. } | Self::Column { .. } | Self::Parameter { .. } | Self::Outer { .. } => {}
        }
    }

    /// The input columns that the expression reads, each one as often as it is read.
    pub fn columns(&self) -> Vec<usize> {
        let mut columns = Vec::new();
        self.visit(&mut |it| {
            if let Self::Column { index, .. } = it {
                columns.push(*index);
            }
        });
        columns
    }

    /// The expression with each input column replaced.
    #[must_use]
    pub fn map_columns(&self, f: &impl Fn(usize, ScalarType) -> Expr) -> Expr {
        match self {
            Self::Column { index, data_type } => f(*index, *data_type),
            Self::Call { function, arguments, returns, output, span, unfoldable } => Self::Call {
                function: function.clone(),
                arguments: arguments.iter().map(|argument| argument.map_columns(f)).collect(),
                returns: returns.clone(),
                output: *output,
                span: *span,
                unfoldable: *unfoldable,
            },
            Self::Literal { .. }
            | Self::Parameter { .. }
            | Self::Outer { .. }
            | Self::Subquery { .. }
            | Self::ListSubquery { .. } => self.clone(),
        }
    }

    /// Reads no column and gives the same for every row of a run.
    #[must_use]
    pub fn is_constant(&self) -> bool {
        let mut constant = true;
        self.visit(&mut |it| match it {
            Self::Column { .. } => constant = false,
            Self::Call { function, .. } => {
                constant &= function.volatility != Volatility::Volatile && !function.needs_serialized_rows();
            }
            Self::Literal { .. }
            | Self::Parameter { .. }
            | Self::Outer { .. }
            | Self::Subquery { .. }
            | Self::ListSubquery { .. } => {}
        });
        constant
    }

    /// Contains a call that may give another result for every row.
    #[must_use]
    pub fn is_volatile(&self) -> bool {
        self.has_call(|function| function.volatility == Volatility::Volatile)
    }

    /// Gives the same for a row wherever it stands, and reads nothing but the row.
    #[must_use]
    pub fn reads_only_its_row(&self) -> bool {
        let mut only = true;
        self.visit(&mut |it| match it {
            Self::Call { function, .. } => {
                only &= function.volatility != Volatility::Volatile
                    && matches!(function.kernel, Kernel::Rows(_) | Kernel::Udf);
            }
            Self::Outer { .. } | Self::Subquery { .. } | Self::ListSubquery { .. } => only = false,
            Self::Literal { .. } | Self::Column { .. } | Self::Parameter { .. } => {}
        });
        only
    }

    /// About how long it takes for a row, in units of a comparison of two numbers. What is the same for all rows is
    /// computed once and costs nothing.
    #[must_use]
    pub fn cost(&self) -> u32 {
        self.cost_per_row().unwrap_or_default()
    }

    /// The cost of what is not the same for all rows.
    fn cost_per_row(&self) -> Option<u32> {
        match self {
            Self::Column { .. } => Some(0),
            Self::Call { function, arguments, .. } => {
                let costs = arguments.iter().map(Self::cost_per_row);
                let varies = function.volatility == Volatility::Volatile || function.needs_serialized_rows();
                let (varies, below) = costs.fold((varies, 0), |(varies, sum): (bool, u32), cost| {
                    (varies || cost.is_some(), sum.saturating_add(cost.unwrap_or_default()))
                });
                let own = function.cost.over(arguments.iter().map(Self::scalar_type));
                varies.then(|| own.saturating_add(below))
            }
            Self::Literal { .. }
            | Self::Parameter { .. }
            | Self::Outer { .. }
            | Self::Subquery { .. }
            | Self::ListSubquery { .. } => None,
        }
    }

    /// Contains a call that needs the rows in their order.
    #[must_use]
    pub fn has_window(&self) -> bool {
        self.has_call(|function| function.needs_serialized_rows())
    }

    fn has_call(&self, is_one: impl Fn(&Function) -> bool) -> bool {
        let mut found = false;
        self.visit(&mut |it| found |= matches!(it, Self::Call { function, .. } if is_one(function)));
        found
    }
}
