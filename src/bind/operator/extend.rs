//! Binds `extend` and `serialize`, and the columns that a list of expressions makes.
//! It must not know what the expressions compute.

use super::super::binder::Binder;
use super::super::scalar::Scalar;
use super::super::scope::{Columns, Env, ExprScope, Rows};
use std::sync::Arc;

use super::super::names::Projection;
use crate::diagnostic::{Code, Diagnostic};
use crate::function::{FunctionRef, Kernel, Returns, Semantics};
use crate::plan::Expr;
use crate::reference::{EntryKind, LanguageEntry, ParameterInfo, TableExample};
use crate::source::Span;
use crate::syntax::ast;
use crate::types::ScalarType;

pub(in crate::bind) const ENTRY: LanguageEntry = LanguageEntry {
    name: "extend",
    aliases: &[],
    kind: EntryKind::TabularOperator,
    summary: "Adds columns that are computed from the others, or replaces columns.",
    syntax: &["T | extend [Name =] Expression [, …]", "T | extend (Name [, …]) = Expression [, …]"],
    parameters: &[
        ParameterInfo::INPUT,
        ParameterInfo::optional(
            "Name",
            "The column's name. Several in parentheses name the columns of a function that gives several.",
        ),
        ParameterInfo::required("Expression", "What the column holds in each row."),
    ],
    remarks: &[
        "All expressions see the rows as they came in. A column that the same extend makes can be used by the next operator \
         only.",
        "A column that has the name already gets the new values and keeps its place.",
        "Without a name, a conversion such as tostring(x) replaces the column x; other expressions are called Column1, \
         Column2, … or after their function, such as strlen_x.",
    ],
    examples: &[
        TableExample {
            query: r"datatable (Path: string, Bytes: long) [
    '/a', 2048,
    '/b', 512,
]
| extend KiB = Bytes / 1024.0, IsBig = Bytes > 1000",
            result: r#"Path:string, Bytes:long, KiB:real, IsBig:bool
["/a",2048,2.0,true]
["/b",512,0.5,false]"#,
        },
        TableExample {
            query: r"print x = 1
| extend x = x + 10, y = x",
            result: "x:long, y:long\n[11,1]",
        },
        TableExample {
            query: r"print a = 1
| extend tostring(a), a * 2",
            result: "a:string, Column1:long\n[\"1\",2]",
        },
        TableExample {
            query: r"print Names = dynamic(['bob', 'ann']), Ages = dynamic([40, 30])
| extend (Names, Ages) = array_sort_asc(Names, Ages)",
            result: r#"Names:dynamic, Ages:dynamic
[["ann","bob"],[30,40]]"#,
        },
    ],
};

pub(in crate::bind) const SERIALIZE: LanguageEntry = LanguageEntry {
    name: "serialize",
    aliases: &[],
    kind: EntryKind::TabularOperator,
    summary: "Declares that the order of the rows counts, so that functions such as row_number() and prev() may use it.",
    syntax: &["T | serialize [[Name =] Expression [, …]]"],
    parameters: &[
        ParameterInfo::INPUT,
        ParameterInfo::optional("Name", "The name of a column to add or replace, as in extend."),
        ParameterInfo::optional("Expression", "What the column holds in each row."),
    ],
    remarks: &[
        "It sorts nothing. A table of Kusto has no order of its own, so sort by is what you want in most cases. Its rows are serialized already, and so are those of top and range.",
        "where, extend and project keep the order; join, summarize, distinct and sample end it.",
    ],
    examples: &[
        TableExample {
            query: r"datatable (Event: string) ['start', 'work', 'stop']
| serialize Number = row_number(), Before = prev(Event)",
            result: r#"Event:string, Number:long, Before:string
["start",1,""]
["work",2,"start"]
["stop",3,"work"]"#,
        },
        TableExample {
            query: r"datatable (User: string, Failures: long) [
    'ann', 2,
    'bob', 9,
    'cid', 7,
]
| sort by Failures
| extend Rank = row_number()",
            result: r#"User:string, Failures:long, Rank:long
["bob",9,1]
["cid",7,2]
["ann",2,3]"#,
        },
    ],
};

/// Which operator makes the columns: they differ in how names clash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::bind) enum Style {
    Project,
    Extend,
    Print,
}

impl Binder<'_> {
    pub(in crate::bind) fn bind_extend(&mut self, it: &ast::ExtendOperator, rows: Rows, env: &Env) -> Rows {
        let mut projection = Projection::of(&rows.columns);
        for ast in &it.columns {
            self.add_column(ast, &mut projection, ExprScope::with_rows(env, &rows), Style::Extend, None);
        }
        let (columns, exprs) = projection.into_parts();
        Self::project_to(&rows, columns, exprs, it.at.0)
    }

    /// Binds one expression of a list and adds the columns that it makes.
    pub(in crate::bind) fn add_column(
        &mut self,
        ast: &ast::Expression,
        projection: &mut Projection,
        context: ExprScope<'_>,
        style: Style,
        default: Option<&str>,
    ) {
        match ast {
            ast::Expression::Star(_) => {
                if let Some(row) = context.row
                    && self.spend_columns(row.list.len(), ast.span())
                {
                    (0..row.list.len()).for_each(|index| projection.add_input(row, index));
                }
            }
            ast::Expression::Named(named) => {
                let outputs = self.bind_outputs(&named.value, context);
                self.add_named(named, outputs, projection, style);
            }
            ast::Expression::Missing(_) => {}
            _ => {
                let outputs = self.bind_outputs(ast, context);
                self.add_unnamed(ast, outputs, projection, context, style, default);
            }
        }
    }

    /// The columns of an expression: one, save for functions that give several. Each has the name it gives itself.
    fn bind_outputs(&mut self, ast: &ast::Expression, context: ExprScope<'_>) -> Vec<(String, Scalar)> {
        let scalar = self.bind_scalar(ast, context);
        if let Expr::Call { function, arguments, returns, span, .. } = &scalar.expr
            && matches!(function.kernel, Kernel::Columns(_))
            && let ast::Expression::Call(call) = ast.unparenthesised()
        {
            let names = self.output_names(function, call, arguments, context.row);
            return returns
                .iter()
                .enumerate()
                .map(|(output, _)| {
                    let expr = Expr::Call {
                        function: function.clone(),
                        arguments: arguments.clone(),
                        returns: returns.clone(),
                        output,
                        span: *span,
                        unfoldable: false,
                    };
                    (names.get(output).cloned().unwrap_or_default(), Scalar::new(expr))
                })
                .collect();
        }
        // One of them by its number: `array_sort_asc(a, b)[1]`.
        if let Expr::Call { function, arguments, returns, output, .. } = &scalar.expr
            && returns.len() > 1
            && let ast::Expression::Element(it) = ast.unparenthesised()
            && let ast::Expression::Call(call) = it.target.unparenthesised()
        {
            let names = self.output_names(function, call, arguments, context.row);
            return vec![(names.get(*output).cloned().unwrap_or_default(), scalar)];
        }
        vec![(String::new(), scalar)]
    }

    fn output_names(
        &self,
        function: &FunctionRef,
        call: &ast::FunctionCall,
        arguments: &[Expr],
        row: Option<&Columns>,
    ) -> Vec<String> {
        let facts: Vec<_> = arguments
            .iter()
            .enumerate()
            .map(|(at, expr)| {
                let name =
                    call.arguments.get(at).and_then(|ast| self.inferred_name(ast, row)).unwrap_or_default();
                let constant =
                    if let Expr::Literal { value, .. } = expr { Some(value.clone()) } else { None };
                (expr.scalar_type(), name, constant)
            })
            .collect();
        let infos = super::super::expr::as_info(&facts);
        let fitting = function
            .signatures()
            .iter()
            .find(|it| (it.min_arguments()..=it.max_arguments()).contains(&arguments.len()));
        match fitting.map(|it| it.returns) {
            Some(Returns::Columns(rule)) => rule(&infos).into_iter().map(|(name, _)| name).collect(),
            _ => Vec::new(),
        }
    }

    fn add_named(
        &mut self,
        named: &ast::NamedExpression,
        outputs: Vec<(String, Scalar)>,
        projection: &mut Projection,
        style: Style,
    ) {
        if named.parenthesised && outputs.len() == 1 && named.names.len() > 1 {
            if outputs.iter().all(|(_, scalar)| scalar.data_type.is_some()) {
                self.error(Code::NotAllowedHere, named.at.0, "this expression does not have several values");
            }
            return;
        }
        let several = outputs.len() > 1;
        for (at, (own, scalar)) in outputs.into_iter().enumerate() {
            match named.names.get(at) {
                Some(name) => {
                    let column = matches!(scalar.expr, Expr::Column { .. });
                    let replace = style == Style::Extend || several || column;
                    self.declare_column(projection, &name.text, name.at.0, scalar, replace);
                }
                None if style == Style::Print => {}
                None => {
                    projection.add(own, None, scalar.data_type, scalar.expr, false);
                }
            }
        }
    }

    /// Adds a column under a written name; a second one of that name is a mistake.
    pub(in crate::bind) fn declare_column(
        &mut self,
        projection: &mut Projection,
        name: &str,
        span: Span,
        scalar: Scalar,
        replace: bool,
    ) {
        if !projection.declare(name, scalar.data_type, scalar.expr, replace) {
            let message = format!("a column '{name}' is already declared");
            self.report(
                Diagnostic::error(Code::DuplicateColumn, span, message).help("give one of them another name"),
            );
        }
    }

    fn add_unnamed(
        &mut self,
        ast: &ast::Expression,
        mut outputs: Vec<(String, Scalar)>,
        projection: &mut Projection,
        context: ExprScope<'_>,
        style: Style,
        default: Option<&str>,
    ) {
        if outputs.len() > 1 {
            // These names replace no column, not even in extend.
            for (own, scalar) in outputs {
                projection.add(own, None, scalar.data_type, scalar.expr, false);
            }
            return;
        }
        let Some((own, scalar)) = outputs.pop() else { return };
        if let Some(index) = column_of(ast, &scalar) {
            // A column under its own name counts as declared.
            let name = match context.row.and_then(|row| row.list.get(index)) {
                Some(column) => column.name.clone(),
                None => Arc::default(),
            };
            self.declare_column(projection, &name, ast.span(), scalar, style == Style::Extend);
            return;
        }
        // A variable is called by its own name; print counts its columns instead.
        if let (Style::Print, Some(default)) = (style, default) {
            projection.add(default.to_owned(), Some(default), scalar.data_type, scalar.expr, false);
            return;
        }
        let own = Some(own).filter(|own| !own.is_empty());
        let replace = style == Style::Extend && own.is_none();
        let inferred = own.or_else(|| self.inferred_name(ast, context.row)).filter(|name| !name.is_empty());
        if scalar.data_type.is_none() && inferred.is_none() {
            projection.hide();
        }
        let name = inferred.unwrap_or_else(|| match default {
            Some(default) => default.to_owned(),
            None => self.default_name(context.row.filter(|_| style == Style::Extend)),
        });
        if scalar.data_type.is_none() && matches!(ast, ast::Expression::Name(_)) {
            // An unknown column keeps its name, so that later uses of it are not reported again.
            projection.declare(&name, None, scalar.expr, true);
            return;
        }
        projection.add(name, None, scalar.data_type, scalar.expr, replace);
    }
}

/// The input column that an expression is: named itself, or through a conversion to the type it has already.
pub(in crate::bind) fn column_of(ast: &ast::Expression, scalar: &Scalar) -> Option<usize> {
    let written = ast.unparenthesised();
    if matches!(written, ast::Expression::Name(_) | ast::Expression::Path(_)) {
        return scalar.expr.as_column();
    }
    if let (Expr::Call { function, arguments, .. }, ast::Expression::Call(_)) = (&scalar.expr, written)
        && matches!(function.semantics, Semantics::ConversionTo(_))
        && let [Expr::Column { index, data_type }] = arguments.as_slice()
        && *data_type == scalar.expr.scalar_type()
        && *data_type != ScalarType::Dynamic
    {
        return Some(*index);
    }
    None
}
