//! Binds `render`: the rows pass, the chart is noted. It must not know how charts are drawn.

use super::super::binder::Binder;
use super::super::scope::Rows;
use crate::column::Visualization;
use crate::plan::Node;
use crate::syntax::ast;

impl Binder<'_> {
    pub(in crate::bind) fn bind_render(&mut self, it: &ast::RenderOperator, rows: Rows) -> Rows {
        let properties = it.properties.iter().map(|property| {
            let text = match &property.value {
                ast::Expr::Literal(literal) => literal.value.clone(),
                ast::Expr::Name(name) => name.text.clone(),
                ast::Expr::Call(call) => call
                    .arguments
                    .iter()
                    .filter_map(|argument| {
                        if let ast::Expr::Name(name) = argument { Some(name.text.as_str()) } else { None }
                    })
                    .collect::<Vec<_>>()
                    .join(","),
                _ => String::new(),
            };
            (property.name.text.clone(), text)
        });
        let visualization = Visualization { chart: it.chart.text.clone(), properties: properties.collect() };
        let node = Node::Visualize { input: rows.plan.clone(), visualization };
        Rows { plan: Self::plan(node, &rows.columns, it.at.0), source: None, ..rows }
    }
}
