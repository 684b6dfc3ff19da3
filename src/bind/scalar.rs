//! A bound scalar expression.

use crate::plan::Expr;
use crate::types::{ScalarType, Value};

/// A bound scalar expression.
#[derive(Debug, Clone)]
pub(super) struct Scalar {
    pub expr: Expr,
    /// `None` where a mistake hides the type; it silences what follows from it.
    pub data_type: Option<ScalarType>,
}

impl Scalar {
    pub fn new(expr: Expr) -> Self {
        let data_type = Some(expr.scalar_type());
        Self { expr, data_type }
    }

    /// Stands for an expression with a mistake that is reported already.
    pub fn unknown() -> Self {
        Self { expr: Expr::literal(Value::Null, ScalarType::Dynamic), data_type: None }
    }

    /// The same with a known type, where the value is not known.
    pub fn of(data_type: ScalarType) -> Self {
        Self { expr: Expr::literal(Value::null_of(data_type), data_type), data_type: Some(data_type) }
    }

    pub fn constant(&self) -> Option<&Value> {
        if let Expr::Literal { value, .. } = &self.expr { Some(value) } else { None }
    }
}

/// A type in messages.
pub(super) fn type_name(data_type: Option<ScalarType>) -> &'static str {
    data_type.map_or("unknown", ScalarType::as_str)
}
