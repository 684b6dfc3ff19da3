//! `render`: how a client should draw the rows.

use super::super::input::{Res, Tokens, absent, keyword, list, need, scan_text};
use super::super::name::word_name;
use super::super::parameter::{
    NO_PARAMETERS, ParameterValue, RENDER_KINDS, RENDER_WITH, column_list, joined_name, named_parameter,
    parameter_list, parameter_value, word_value,
};
use crate::diagnostic::{Code, Diagnostic};
use crate::nearest::nearest;
use crate::syntax::ast::{At, Expression, Name, NamedParameter, QueryOperator, RenderOperator};
use crate::syntax::token::{NameUse, TokenKind};

const CHARTS: &[&str] = &[
    "table",
    "list",
    "barchart",
    "piechart",
    "ladderchart",
    "timechart",
    "linechart",
    "anomalychart",
    "pivotchart",
    "areachart",
    "stackedareachart",
    "scatterchart",
    "timepivot",
    "columnchart",
    "timeline",
    "3Dchart",
    "card",
    "treemap",
    "plotly",
    "graph",
    "sankey",
];

pub(super) fn render_operator(i: Tokens<'_>) -> Res<'_, QueryOperator> {
    let (i, start) = keyword("render")(i)?;
    let (i, chart) = match word_value(i, CHARTS) {
        Ok((i, Expression::Name(name))) => (i, name),
        _ if i.kind() == TokenKind::Word(NameUse::Plain) => {
            unknown_chart(i);
            (i.skip(1), word_name(i, i.peek(0)))
        }
        _ => {
            i.expected("a kind of chart");
            (i, Name { text: String::new(), bracketed: false, at: At(i.gap()) })
        }
    };
    let (i, mut properties) = list(i, old_property);
    let i = match keyword("with")(i) {
        Ok((i, _)) => {
            let i = need(i, TokenKind::OpenParen, "(");
            let i = if i.kind() == TokenKind::Comma { i.skip(1) } else { i };
            let (i, more) = parameter_list(i, RENDER_WITH, false);
            properties.extend(more);
            need(i, TokenKind::CloseParen, ")")
        }
        Err(_) => i,
    };
    let it = RenderOperator { chart, properties, keyword_at: At(start.span), at: i.since(start) };
    Ok((i, QueryOperator::Render(it)))
}

/// Records that a word is no chart.
fn unknown_chart(i: Tokens<'_>) {
    let token = i.peek(0);
    let word = i.text(token);
    let mut it = Diagnostic::error(Code::Expected, token.span, format!("'{word}' is no kind of chart"));
    let lower = word.to_ascii_lowercase();
    // `pie` and `line` are the beginning of what is meant.
    let begins = CHARTS.iter().copied().find(|chart| chart.strip_prefix(lower.as_str()) == Some("chart"));
    if let Some(near) = begins.or_else(|| nearest(word, CHARTS.iter().copied())) {
        it = it.did_you_mean(near, near);
    }
    i.report(it.help(format!("the kinds are {}", CHARTS.join(", "))));
}

/// A chart that `render` knows stands ahead.
pub(super) fn is_chart(i: Tokens<'_>, ahead: usize) -> bool {
    CHARTS.iter().any(|chart| scan_text(i.skip(ahead), chart).is_some())
}

/// `kind=…`, `title=…`, `accumulate=…`, `with …`, `by …` without `with (…)`, as of old.
fn old_property(i: Tokens<'_>) -> Res<'_, NamedParameter> {
    named_parameter(i, "kind", ParameterValue::Word(RENDER_KINDS))
        .or_else(|_| named_parameter(i, "title", ParameterValue::Text))
        .or_else(|_| named_parameter(i, "accumulate", ParameterValue::Any))
        .or_else(|_: nom::Err<super::super::input::Absent>| {
            let start = i.peek(0);
            let is_with = i.text(start) == "with" && i.peek(1).kind != TokenKind::OpenParen;
            let is_by = i.text(start) == "by";
            if !is_with && !is_by {
                return absent();
            }
            let after = i.skip(1);
            let name = joined_name(after, start);
            let (after, value) = if is_by {
                column_list(after, is_old_list_end, NO_PARAMETERS)
            } else {
                parameter_value(after, ParameterValue::Any, NO_PARAMETERS)
            };
            Ok((after, NamedParameter { name, value, at: after.since(start) }))
        })
}

fn is_old_list_end(i: Tokens<'_>) -> bool {
    matches!(i.text(i.peek(0)), "kind" | "title" | "accumulate" | "with" | "by")
}
