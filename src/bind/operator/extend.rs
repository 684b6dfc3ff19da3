//! Binds `extend` and `serialize`, and the columns that a list of expressions makes.
//! It must not know what the expressions compute.

use super::super::binder::Binder;
use super::super::scalar::Scalar;
use super::super::scope::{Columns, Context, Env, Rows};
use std::sync::Arc;

use super::super::names::Projection;
use crate::diagnostic::{Code, Diagnostic};
use crate::function::{Kernel, Returns, Semantics};
use crate::plan::Expr;
use crate::source::Span;
use crate::syntax::ast;
use crate::types::ScalarType;

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
            self.add_column(ast, &mut projection, Context::with_rows(env, &rows), Style::Extend, None);
        }
        let (columns, exprs) = projection.into_parts();
        Self::project_to(&rows, columns, exprs, it.at.0)
    }

    /// Binds one expression of a list and adds the columns that it makes.
    pub(in crate::bind) fn add_column(
        &mut self,
        ast: &ast::Expr,
        projection: &mut Projection,
        context: Context<'_>,
        style: Style,
        default: Option<&str>,
    ) {
        match ast {
            ast::Expr::Star(_) => {
                if let Some(row) = context.row {
                    (0..row.list.len()).for_each(|index| projection.add_input(row, index));
                }
            }
            ast::Expr::Named(named) => {
                let outputs = self.bind_outputs(&named.value, context);
                self.add_named(named, outputs, projection, style);
            }
            ast::Expr::Missing(_) => {}
            _ => {
                let outputs = self.bind_outputs(ast, context);
                self.add_unnamed(ast, outputs, projection, context, style, default);
            }
        }
    }

    /// The columns of an expression: one, save for functions that give several. Each has the name it gives itself.
    fn bind_outputs(&mut self, ast: &ast::Expr, context: Context<'_>) -> Vec<(String, Scalar)> {
        let scalar = self.bind_scalar(ast, context);
        if let Expr::Call { function, arguments, returns, span, .. } = &scalar.expr
            && matches!(function.kernel, Kernel::Columns(_))
            && let ast::Expr::Call(call) = ast.unparenthesised()
        {
            let names = self.output_names(function, call, arguments, context.row);
            return returns
                .iter()
                .enumerate()
                .map(|(output, _)| {
                    let expr = Expr::Call {
                        function,
                        arguments: arguments.clone(),
                        returns: returns.clone(),
                        output,
                        span: *span,
                    };
                    (names.get(output).cloned().unwrap_or_default(), Scalar::new(expr))
                })
                .collect();
        }
        // One of them by its number: `array_sort_asc(a, b)[1]`.
        if let Expr::Call { function, arguments, returns, output, .. } = &scalar.expr
            && returns.len() > 1
            && let ast::Expr::Element(it) = ast.unparenthesised()
            && let ast::Expr::Call(call) = it.target.unparenthesised()
        {
            let names = self.output_names(function, call, arguments, context.row);
            return vec![(names.get(*output).cloned().unwrap_or_default(), scalar)];
        }
        vec![(String::new(), scalar)]
    }

    fn output_names(
        &self,
        function: &crate::function::ScalarFunction,
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
        let fitting =
            function.signatures.iter().find(|it| (it.least()..=it.most()).contains(&arguments.len()));
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
            if outputs.iter().all(|(_, scalar)| scalar.kind.is_some()) {
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
                    projection.add(own, None, scalar.kind, scalar.expr, false);
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
        if !projection.declare(name, scalar.kind, scalar.expr, replace) {
            let message = format!("a column '{name}' is already declared");
            self.report(
                Diagnostic::error(Code::DuplicateColumn, span, message).help("give one of them another name"),
            );
        }
    }

    fn add_unnamed(
        &mut self,
        ast: &ast::Expr,
        mut outputs: Vec<(String, Scalar)>,
        projection: &mut Projection,
        context: Context<'_>,
        style: Style,
        default: Option<&str>,
    ) {
        if outputs.len() > 1 {
            // These names replace no column, not even in extend.
            for (own, scalar) in outputs {
                projection.add(own, None, scalar.kind, scalar.expr, false);
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
            projection.add(default.to_owned(), Some(default), scalar.kind, scalar.expr, false);
            return;
        }
        let own = Some(own).filter(|own| !own.is_empty());
        let replace = style == Style::Extend && own.is_none();
        let inferred = own.or_else(|| self.inferred_name(ast, context.row)).filter(|name| !name.is_empty());
        if scalar.kind.is_none() && inferred.is_none() {
            projection.hide();
        }
        let name = inferred.unwrap_or_else(|| match default {
            Some(default) => default.to_owned(),
            None => self.default_name(context.row.filter(|_| style == Style::Extend)),
        });
        if scalar.kind.is_none() && matches!(ast, ast::Expr::Name(_)) {
            // An unknown column keeps its name, so that later uses of it are not reported again.
            projection.declare(&name, None, scalar.expr, true);
            return;
        }
        projection.add(name, None, scalar.kind, scalar.expr, replace);
    }
}

/// The input column that an expression is: named itself, or through a conversion to the type it has already.
pub(in crate::bind) fn column_of(ast: &ast::Expr, scalar: &Scalar) -> Option<usize> {
    let written = ast.unparenthesised();
    if matches!(written, ast::Expr::Name(_) | ast::Expr::Path(_)) {
        return scalar.expr.as_column();
    }
    if let (Expr::Call { function, arguments, .. }, ast::Expr::Call(_)) = (&scalar.expr, written)
        && matches!(function.semantics, Semantics::ConversionTo(_))
        && let [Expr::Column { index, kind }] = arguments.as_slice()
        && *kind == scalar.expr.scalar_type()
        && *kind != ScalarType::Dynamic
    {
        return Some(*index);
    }
    None
}
