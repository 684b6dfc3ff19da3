//! Binds `parse` and `parse-where`. It must not know how a pattern is matched.

use super::super::binder::Binder;
use super::super::names::Projection;
use super::super::scalar::{Scalar, type_name};
use super::super::scope::{Env, ExprScope, Rows};
use super::parameters::word;
use crate::diagnostic::{Code, Diagnostic};
use crate::plan::{Expr, Node, OutputColumn, ParseColumn, ParseKind, ParseStep};
use crate::reference::{EntryKind, LanguageEntry, ParameterInfo, TableExample};
use crate::syntax::ast::{self, ParsePart};
use crate::types::{ScalarType, Value};

const FLAGS: ParameterInfo = ParameterInfo::optional(
    "Flags",
    "With regex: U for as little as possible, i for any case, s, m, as in (?Ui).",
);
const EXPRESSION: ParameterInfo = ParameterInfo::required("Expression", "The text to read.");
const TEXT: ParameterInfo =
    ParameterInfo::optional("'text'", "A text that must stand at this place, as a literal.");
const COLUMN_NAME: ParameterInfo =
    ParameterInfo::required("ColumnName", "A column for what stands between two texts.");
const TYPE: ParameterInfo =
    ParameterInfo::optional("Type", "The type of the column: string where nothing is said.");
const STAR: ParameterInfo = ParameterInfo::optional("*", "Passes over anything up to the next text.");

pub(in crate::bind) const PARSE: LanguageEntry = LanguageEntry {
    name: "parse",
    aliases: &[],
    kind: EntryKind::TabularOperator,
    summary: "Reads values out of a text by a pattern and adds a column for each.",
    syntax: &[
        "T | parse [kind=Kind [flags=Flags]] Expression with [*] 'text' ColumnName [: Type] ['text' …] [*]",
    ],
    parameters: &[
        ParameterInfo::INPUT,
        ParameterInfo::optional(
            "Kind",
            "simple, the default; relaxed, which lets single columns fail; regex, whose texts are regular expressions.",
        ),
        FLAGS,
        EXPRESSION,
        TEXT,
        COLUMN_NAME,
        TYPE,
        STAR,
    ],
    remarks: &[
        "Every row stays. Where the pattern does not fit, all new columns are null, or empty if they are strings; \
         parse-where leaves such rows out.",
        "A text that cannot be read as the column's type is no match either, and empties all columns of the row. \
         kind=relaxed empties that column alone.",
        "A string column ends at the first place where the next text stands; the last one takes the rest.",
        "'*' cannot follow a string column directly: there must be a text between them.",
        "With kind=regex a string column takes as much as it can; with flags=U as little.",
    ],
    examples: &[
        TableExample {
            query: r"datatable (Line: string) [
    'user=ann failures=2',
    'user=bob failures=many',
    'restarted',
]
| parse Line with 'user=' User ' failures=' Failures: long",
            result: r#"Line:string, User:string, Failures:long
["user=ann failures=2","ann",2]
["user=bob failures=many","",null]
["restarted","",null]"#,
        },
        TableExample {
            query: r"datatable (Line: string) ['user=ann failures=2', 'user=bob failures=many']
| parse kind=relaxed Line with 'user=' User ' failures=' Failures: long
| project User, Failures",
            result: r#"User:string, Failures:long
["ann",2]
["bob",null]"#,
        },
        TableExample {
            query: r"print Line = '2024-06-30 12:00 [web] client 10.0.0.1: GET /index'
| parse Line with * '[' Source ']' * 'GET ' Path
| project Source, Path",
            result: r#"Source:string, Path:string
["web","/index"]"#,
        },
        TableExample {
            query: r"print Line = 'ann:   2 failures'
| parse kind=regex Line with User @':\s+' Failures: long @' failures?'
| project User, Failures",
            result: r#"User:string, Failures:long
["ann",2]"#,
        },
    ],
};

pub(in crate::bind) const PARSE_WHERE: LanguageEntry = LanguageEntry {
    name: "parse-where",
    aliases: &[],
    kind: EntryKind::TabularOperator,
    summary: "Reads values out of a text by a pattern and keeps only the rows that fit it.",
    syntax: &[
        "T | parse-where [kind=Kind [flags=Flags]] Expression with [*] 'text' ColumnName [: Type] ['text' …] [*]",
    ],
    parameters: &[
        ParameterInfo::INPUT,
        ParameterInfo::optional(
            "Kind",
            "simple, the default, or regex, whose texts are regular expressions.",
        ),
        FLAGS,
        EXPRESSION,
        TEXT,
        COLUMN_NAME,
        TYPE,
        STAR,
    ],
    remarks: &[
        "It is parse and a filter in one: a row that parse would give nulls is not in the answer.",
        "A text that cannot be read as the column's type is no match, so a type is a condition too.",
    ],
    examples: &[
        TableExample {
            query: r"datatable (Line: string) [
    'user=ann failures=2',
    'user=bob failures=many',
    'restarted',
]
| parse-where Line with 'user=' User ' failures=' Failures: long",
            result: r#"Line:string, User:string, Failures:long
["user=ann failures=2","ann",2]"#,
        },
        TableExample {
            query: r"datatable (Path: string) ['/users/7/edit', '/users/new', '/health']
| parse-where Path with '/users/' Id: long *
| project Id",
            result: "Id:long\n[7]",
        },
    ],
};

/// How a pattern is read, before its flags are known.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Simple,
    Relaxed,
    Regex,
}

impl Binder<'_> {
    pub(in crate::bind) fn bind_parse(
        &mut self,
        it: &ast::ParseOperator,
        rows: Rows,
        env: &Env,
        only_matches: bool,
    ) -> Rows {
        let context = ExprScope::with_rows(env, &rows);
        let text = self.bind_scalar(&it.expression, context);
        if text
            .data_type
            .is_some_and(|data_type| !matches!(data_type, ScalarType::String | ScalarType::Dynamic))
        {
            let message = format!("parse takes a string, this is {}", type_name(text.data_type));
            self.error(Code::ExpectedType, it.expression.span(), message);
        }
        let kinds = [("simple", Kind::Simple), ("relaxed", Kind::Relaxed), ("regex", Kind::Regex)];
        let kind = match self.choice(&it.parameters, "kind", &kinds, Kind::Simple) {
            Kind::Simple => ParseKind::Simple,
            Kind::Relaxed => ParseKind::Relaxed,
            Kind::Regex => {
                ParseKind::Regex(word(&it.parameters, "flags").map_or_else(String::new, |it| it.0.to_owned()))
            }
        };
        let width = rows.columns.list.len();
        let mut projection = Projection::of(&rows.columns);
        let (mut steps, mut columns) = (Vec::new(), Vec::new());
        let mut after_string = false;
        for part in &it.pattern {
            match part {
                ParsePart::Star(at) => {
                    if after_string && kind == ParseKind::Simple {
                        let message = "'*' after a string column is ambiguous: put a text between them";
                        self.report(Diagnostic::error(Code::NotAllowedHere, at.0, message));
                    }
                    steps.push(ParseStep::Skip);
                }
                ParsePart::Text(ast) => {
                    let scalar = self.bind_scalar(ast, ExprScope::new(env));
                    match scalar.constant().and_then(Value::as_str) {
                        Some(text) => steps.push(ParseStep::Text(text.to_owned())),
                        None if scalar.data_type.is_some() => {
                            self.error(
                                Code::ExpectedConstant,
                                ast.span(),
                                "a constant string is expected here",
                            );
                        }
                        None => {}
                    }
                }
                ParsePart::Column { name, data_type } => {
                    let data_type =
                        data_type.as_ref().map_or(Some(ScalarType::String), |it| it.text.parse().ok());
                    let place = Expr::column(width + columns.len(), data_type.unwrap_or(ScalarType::String));
                    self.declare_column(
                        &mut projection,
                        &name.text,
                        name.at.0,
                        Scalar { expr: place, data_type },
                        true,
                    );
                    steps.push(ParseStep::Column(columns.len()));
                    let data_type = data_type.unwrap_or(ScalarType::String);
                    columns.push(ParseColumn { name: name.text.clone(), data_type });
                }
            }
            after_string = matches!(part, ParsePart::Column { data_type, .. }
                if data_type.as_ref().is_none_or(|it| it.text == "string"));
        }
        let (mut list, exprs) = projection.into_parts();
        list.open |= rows.columns.open;
        let layout = parse_layout(&exprs, width);
        let node = Node::Parse {
            input: rows.plan.clone(),
            text: text.expr,
            steps,
            columns,
            kind,
            only_matches,
            layout,
        };
        Rows { plan: Self::plan(node, &list, it.at.0), columns: list, source: None, ..rows }
    }
}

/// What each result column is, of an input of so many columns and the new ones behind them.
pub(super) fn parse_layout(exprs: &[Expr], width: usize) -> Vec<OutputColumn> {
    let place = |expr: &Expr| match expr {
        Expr::Column { index, .. } if *index < width => Some(OutputColumn::Input(*index)),
        Expr::Column { index, .. } => Some(OutputColumn::New(index - width)),
        Expr::Literal { .. }
        | Expr::Parameter { .. }
        | Expr::Outer { .. }
        | Expr::Call { .. }
        | Expr::Subquery { .. }
        | Expr::ListSubquery { .. } => None,
    };
    exprs.iter().filter_map(place).collect()
}
