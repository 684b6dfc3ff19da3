//! Names the subtables that a subquery is run over, in the words of the operator that divides its rows: `partition` makes one
//! for each key, `mv-apply` one for each row.

use super::trace::Trace;
use crate::plan::{Expr, Node, RunsOver};

/// Says what the rows of one subtable have in common.
pub(super) enum Subtables {
    /// Columns have the same values; their names.
    PerKey(Vec<String>),
    /// They are the items of one row.
    PerRow,
}

impl Subtables {
    /// Reads off a body how its rows are divided; `None` if the body was not run.
    pub fn of(trace: &Trace<'_>, scope: usize) -> Option<Self> {
        let apply = &trace.body(scope)?.apply;
        let Node::Apply { runs, input, .. } = &apply.node else { return None };
        Some(match runs {
            RunsOver::Keys(keys) => {
                let name = |key: &Expr| {
                    let column = key.columns().first().and_then(|at| input.schema.columns.get(*at));
                    column.map_or_else(|| key.to_string(), |column| column.name.to_string())
                };
                Self::PerKey(keys.iter().map(name).collect())
            }
            RunsOver::Adjacent(_) => Self::PerRow,
        })
    }

    /// Names what there is one subtable for: `user`, `row`.
    pub fn unit(&self) -> String {
        match self {
            Self::PerKey(names) => names.join(" and "),
            Self::PerRow => "row".to_owned(),
        }
    }

    /// Names the rows as the source of the subquery.
    pub fn source_name(&self) -> String {
        match self {
            Self::PerKey(_) => format!("the rows of each {}", self.unit()),
            Self::PerRow => "the items of each row".to_owned(),
        }
    }
}
