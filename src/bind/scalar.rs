//! A bound scalar expression.

use crate::plan::Expr;
use crate::types::{ScalarType, Value};

/// A bound scalar expression.
#[derive(Debug, Clone)]
pub(super) struct Scalar {
    pub expr: Expr,
    /// `None` where a mistake hides the type; it silences what follows from it.
    pub kind: Option<ScalarType>,
}

impl Scalar {
    pub fn new(expr: Expr) -> Self {
        let kind = Some(expr.scalar_type());
        Self { expr, kind }
    }

    /// Stands for an expression with a mistake that is reported already.
    pub fn unknown() -> Self {
        Self { expr: Expr::literal(Value::Null, ScalarType::Dynamic), kind: None }
    }

    /// The same with a known type, where the value is not known.
    pub fn of(kind: ScalarType) -> Self {
        Self { expr: Expr::literal(Value::null_of(kind), kind), kind: Some(kind) }
    }

    pub fn constant(&self) -> Option<&Value> {
        if let Expr::Literal { value, .. } = &self.expr { Some(value) } else { None }
    }
}

/// A type in messages.
pub(super) fn type_name(kind: Option<ScalarType>) -> &'static str {
    kind.map_or("unknown", ScalarType::as_str)
}
