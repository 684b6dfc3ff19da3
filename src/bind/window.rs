//! Calls that look at other rows become columns of a projection beneath the operator that they are written in: there they
//! see all rows at once, whatever the operator keeps or how its rows are cut. It must not know particular operators or
//! functions.

use std::sync::Arc;

use crate::function::Kernel;
use crate::plan::{Expr, Node, Plan};
use crate::types::{ColumnSchema, ScalarType, Schema, hidden};

/// The plan with its calls that look at other rows moved down. A projection may have them: it runs over all rows.
pub(super) fn hoist(mut plan: Plan) -> Plan {
    let [input] = plan.inputs()[..] else { return plan };
    if matches!(plan.node, Node::Project { .. }) || !plan.exprs().into_iter().any(Expr::has_window) {
        return plan;
    }
    let (input, span) = (input.clone(), plan.span);
    let own = |(at, column): (usize, &ColumnSchema)| Expr::column(at, column.data_type);
    let own: Vec<Expr> = input.schema.columns.iter().enumerate().map(own).collect();
    let mut columns = own.clone();
    plan.exprs_mut().into_iter().for_each(|expr| take_out(expr, &mut columns));
    let hidden = columns.iter().skip(own.len()).map(|expr| (hidden!("window").into(), expr.scalar_type()));
    let named = input.schema.columns.iter().map(|column| (column.name.clone(), column.data_type));
    let wide: Arc<Schema> = Schema::new(named.chain(hidden).collect::<Vec<(Arc<str>, ScalarType)>>()).into();
    let below = Arc::new(Plan::new(Node::Project { input, columns }, wide.clone(), span));
    plan.inputs_mut().into_iter().for_each(|input| *input = below.clone());
    // These give their input's columns: the new ones must not come out.
    if matches!(plan.node, Node::Filter { .. } | Node::Sort { .. } | Node::TopN { .. }) {
        let schema = std::mem::replace(&mut plan.schema, wide);
        return Plan::new(Node::Project { input: Arc::new(plan), columns: own }, schema, span);
    }
    plan
}

/// Puts the outermost calls that look at other rows among the columns, and reads them there.
fn take_out(expr: &mut Expr, columns: &mut Vec<Expr>) {
    let Expr::Call { function, arguments, .. } = expr else { return };
    if matches!(function.kernel, Kernel::Window(_)) {
        let data_type = expr.scalar_type();
        columns.push(std::mem::replace(expr, Expr::column(columns.len(), data_type)));
    } else {
        arguments.iter_mut().for_each(|argument| take_out(argument, columns));
    }
}
