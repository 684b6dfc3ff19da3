//! Checks that an argument or operand is what its place asks for, and the sentences that say so.
//! It must not know particular operators or functions.

use super::binder::Binder;
use super::place::PlaceKind;
use super::references::ReferenceKind;
use super::scalar::{Scalar, type_name};
use super::scope::{Any, ExprScope};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;
use crate::syntax::ast;
use crate::types::ScalarType;

impl Binder<'_> {
    /// Binds a scalar that must be of one type; other types are an error at the expression.
    pub(super) fn bind_bool(&mut self, ast: &ast::Expression, context: ExprScope<'_>) -> Scalar {
        let mark = self.diagnostics.len();
        let scalar = self.bind_scalar(ast, context);
        if let ast::Expression::Named(it) = ast.unparenthesised() {
            self.teach_named(mark, it);
        }
        if scalar.data_type.is_some_and(|data_type| data_type != ScalarType::Bool) {
            // A dynamic value is no condition: it must say which bool it is.
            let message =
                format!("a condition must be of type bool, this is {}", type_name(scalar.data_type));
            let mut diagnostic = Diagnostic::error(Code::ExpectedType, ast.span(), message);
            if let ast::Expression::Named(it) = ast.unparenthesised() {
                let help = "'=' gives a name; '==' compares";
                diagnostic = match &it.names[..] {
                    [name] if !it.parenthesised => {
                        let between = Span { start: name.at.0.end, end: it.value.span().start };
                        diagnostic.fix(help, between, " == ")
                    }
                    _ => diagnostic.help(help),
                };
            }
            self.report(diagnostic);
            return Scalar::unknown();
        }
        scalar
    }

    /// Binds a count: an integer that no column decides.
    pub(super) fn bind_count(&mut self, ast: &ast::Expression, context: ExprScope<'_>) -> Scalar {
        let scalar = self.bind_scalar(ast, ExprScope { row: None, ..context });
        if scalar.data_type.is_some_and(|data_type| !data_type.is_integer()) {
            let message = format!("an integer is expected here, this is {}", type_name(scalar.data_type));
            self.error(Code::ExpectedType, ast.span(), message);
            return Scalar::unknown();
        }
        scalar
    }

    /// A scalar is expected; a table is an error.
    pub(super) fn expect_scalar(&mut self, any: Any, span: Span) -> Scalar {
        match any {
            Any::Scalar(scalar) => scalar,
            Any::Table(rows) => {
                if !rows.columns.open {
                    self.report(
                        Diagnostic::error(
                            Code::ExpectedScalar,
                            span,
                            "a scalar value is expected here, this is a table",
                        )
                        .help("toscalar(…) takes the first cell of a table"),
                    );
                }
                Scalar::unknown()
            }
        }
    }

    /// The place of a column that an expression names, if it is one; otherwise an error.
    pub(super) fn expect_column(&mut self, ast: &ast::Expression, context: ExprScope<'_>) -> Option<usize> {
        let columns = context.row?;
        if let ast::Expression::Name(name) = ast.unparenthesised() {
            self.probe_name(name, PlaceKind::Column, context);
            if let Some((index, _)) = columns.find(&name.text) {
                self.refers(ReferenceKind::Column, &name.text, name.at.0);
                return Some(index);
            }
            self.refers_to_unknown(ReferenceKind::Column, &name.text, name.at.0);
            if !columns.open {
                self.unknown_column(name, columns);
            }
            return None;
        }
        if !matches!(ast, ast::Expression::Missing(_)) {
            self.error(Code::ExpectedColumn, ast.span(), "the name of a column is expected here");
        }
        None
    }

    /// Reports a name that is no column.
    pub(super) fn unknown_column(&mut self, name: &ast::Name, columns: &super::scope::Columns) {
        if !self.has_room() {
            return;
        }
        let known = || columns.list.iter().map(|column| &*column.name);
        let diagnostic = Diagnostic::error(
            Code::UnknownName,
            name.at.0,
            format!("there is no column '{}' here", name.text),
        );
        let diagnostic =
            super::suggest::did_you_mean(diagnostic, &name.text, known(), &self.budget.suggestions);
        self.report(diagnostic.help(format!("available columns: {}", super::suggest::list(known()))));
    }
}
