//! Binds `render`: the rows pass, the chart is noted. It must not know how charts are drawn.

use super::super::binder::Binder;
use super::super::place::PlaceKind;
use super::super::scope::{Env, ExprScope, Rows};
use crate::column::Visualization;
use crate::plan::Node;
use crate::reference::{EntryKind, LanguageEntry, ParameterInfo, TableExample};
use crate::syntax::ast;

pub(in crate::bind) const ENTRY: LanguageEntry = LanguageEntry {
    name: "render",
    aliases: &[],
    kind: EntryKind::TabularOperator,
    summary: "Names the chart that the answer should be drawn as; the rows stay as they are.",
    syntax: &["T | render Chart [with (Property = Value [, …])]"],
    parameters: &[
        ParameterInfo::INPUT,
        ParameterInfo::required(
            "Chart",
            "table, columnchart, barchart, piechart, linechart, timechart, areachart, stackedareachart, scatterchart, \
             anomalychart, card, and others.",
        ),
        ParameterInfo::optional(
            "Property",
            "title, xtitle, ytitle, xcolumn, ycolumns, series, kind, legend, and others.",
        ),
        ParameterInfo::optional("Value", "A word, a text, or a list of columns in parentheses."),
    ],
    remarks: &[
        "It stands at the end of a query. What draws the chart reads the columns by their types and places, so project or \
         summarize to what it needs.",
        "The library keeps the chart and its properties with the answer, as Table::visualization; `kqlite run` draws it in a \
         terminal, as SVG and as a page.",
    ],
    examples: &[
        TableExample {
            query: r"datatable (Team: string, Failures: long) ['red', 11, 'blue', 4]
| render piechart with (title = 'Failures by team')",
            result: r#"Team:string, Failures:long
["red",11]
["blue",4]"#,
        },
        TableExample {
            query: r"datatable (At: datetime) [
    datetime(2024-06-30T10:05:00Z),
    datetime(2024-06-30T10:40:00Z),
    datetime(2024-06-30T11:20:00Z),
]
| summarize Events = count() by bin(At, 1h)
| render timechart",
            result: r#"At:datetime, Events:long
["2024-06-30T10:00:00Z",2]
["2024-06-30T11:00:00Z",1]"#,
        },
    ],
};

impl Binder<'_> {
    pub(in crate::bind) fn bind_render(&mut self, it: &ast::RenderOperator, rows: Rows) -> Rows {
        let env = Env::default();
        for property in &it.properties {
            let names = match &property.value {
                ast::Expression::Call(call) => &call.arguments[..],
                value => std::slice::from_ref(value),
            };
            let context = ExprScope::with_rows(&env, &rows);
            names.iter().for_each(|name| self.probe_expression(name, PlaceKind::Column, context));
        }
        let properties = it.properties.iter().map(|property| {
            let text = match &property.value {
                ast::Expression::Literal(literal) => literal.value.clone(),
                ast::Expression::Name(name) => name.text.clone(),
                ast::Expression::Call(call) => call
                    .arguments
                    .iter()
                    .filter_map(|argument| {
                        if let ast::Expression::Name(name) = argument {
                            Some(name.text.as_str())
                        } else {
                            None
                        }
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
