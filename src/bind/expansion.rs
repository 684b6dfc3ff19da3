//! Binds calls that stand for something else, as their entries say. It must not know particular functions.

use super::binder::Binder;
use super::scalar::Scalar;
use super::scope::{Any, Columns, Env, ExprScope, Local, Rows};
use crate::diagnostic::{Code, Diagnostic};
use crate::function::{BoundArgument, CallSite, Expansion, FunctionRef, Returns, SiteColumn};
use crate::plan::Expr;
use crate::source::Span;
use crate::syntax::ast;
use crate::types::{ScalarType, Value};

/// A call for the one that says what it stands for.
struct ExpansionSite<'s, 'q, 'b> {
    binder: &'s mut Binder<'b>,
    call: &'q ast::FunctionCall,
    context: ExprScope<'s>,
    /// The arguments that were bound.
    bound: Vec<Option<Scalar>>,
}

impl ExpansionSite<'_, '_, '_> {
    fn bind(&mut self, at: usize, context: ExprScope<'_>, computed: bool) -> BoundArgument {
        let Some(ast) = self.call.arguments.get(at) else {
            return described(&self.broken("an argument that is not there is asked for"), self.call.at.0);
        };
        let known = self.bound.get(at).cloned().flatten();
        let scalar = match known {
            Some(scalar) => scalar,
            None if matches!(ast, ast::Expression::Star(_)) => Scalar::unknown(),
            None => self.binder.bind_scalar(ast, context),
        };
        let scalar = match computed {
            true => Scalar { expr: self.binder.folder.fold(scalar.expr), data_type: scalar.data_type },
            false => scalar,
        };
        let described = described(&scalar, ast.span());
        if let Some(slot) = self.bound.get_mut(at) {
            *slot = Some(scalar);
        }
        described
    }

    /// The entry of the function is at fault.
    fn broken(&mut self, what: &str) -> Scalar {
        let what = format!("'{}': {what}", self.call.name.text);
        self.binder.report(Diagnostic::internal(self.call.at.0, what));
        Scalar::unknown()
    }

    /// What an expansion stands for, as a scalar.
    fn scalar(&mut self, function: &FunctionRef, expansion: Expansion) -> Scalar {
        let span = self.call.name.at.0;
        match expansion {
            Expansion::Column(index) => match self.context.row.and_then(|row| row.list.get(index)) {
                Some(column) => column
                    .data_type
                    .map_or_else(Scalar::unknown, |data_type| Scalar::new(Expr::column(index, data_type))),
                None => self.broken("it stands for a column that is not there"),
            },
            Expansion::Argument(at) => {
                self.argument(at);
                self.bound.get(at).cloned().flatten().unwrap_or_else(Scalar::unknown)
            }
            Expansion::Literal(value, data_type) => Scalar::new(Expr::literal(value, data_type)),
            Expansion::Call(name, arguments) => {
                let arguments = self.scalars(function, arguments);
                self.binder.call_builtin(name, arguments, span)
            }
            Expansion::Kernel(arguments, returns) => {
                let arguments = self.scalars(function, arguments);
                if arguments.iter().any(|argument| argument.data_type.is_none()) {
                    return Scalar::of(returns);
                }
                Scalar::new(Expr::Call {
                    function: function.clone(),
                    arguments: arguments.into_iter().map(|argument| argument.expr).collect(),
                    returns: [returns].into(),
                    output: 0,
                    span,
                    unfoldable: false,
                })
            }
            Expansion::Unknown(data_type) => data_type.map_or_else(Scalar::unknown, Scalar::of),
            Expansion::Table(..) | Expansion::UnknownTable | Expansion::Database => {
                self.broken("a table stands where a scalar must")
            }
        }
    }

    fn scalars(&mut self, function: &FunctionRef, expansions: Vec<Expansion>) -> Vec<Scalar> {
        if !self.binder.spend_nodes(expansions.len(), self.call.name.at.0) {
            return vec![Scalar::unknown()];
        }
        expansions.into_iter().map(|expansion| self.scalar(function, expansion)).collect()
    }
}

/// What may be known of an argument.
fn described(scalar: &Scalar, span: Span) -> BoundArgument {
    let (mut depends_on_caller, mut reads_row) = (false, false);
    scalar.expr.visit(&mut |it| {
        depends_on_caller |= matches!(it, Expr::Parameter { name, .. } if name.is_empty());
        reads_row |= matches!(it, Expr::Column { .. });
    });
    BoundArgument {
        data_type: scalar.data_type,
        value: scalar.constant().cloned(),
        column: if let Expr::Column { index, .. } = scalar.expr { Some(index) } else { None },
        reads_row,
        depends_on_caller,
        span,
    }
}

fn site_columns(columns: &Columns) -> Vec<SiteColumn> {
    columns.list.iter().map(|it| SiteColumn { name: it.name.clone(), data_type: it.data_type }).collect()
}

impl CallSite for ExpansionSite<'_, '_, '_> {
    fn name(&self) -> &str {
        &self.call.name.text
    }

    fn name_span(&self) -> Span {
        self.call.name.at.0
    }

    fn argument_count(&self) -> usize {
        self.call.arguments.len()
    }

    fn is_star(&self, at: usize) -> bool {
        matches!(self.call.arguments.get(at), Some(ast::Expression::Star(_)))
    }

    fn argument(&mut self, at: usize) -> BoundArgument {
        self.bind(at, self.context, false)
    }

    fn constant_argument(&mut self, at: usize) -> BoundArgument {
        self.bind(at, ExprScope { row: None, ..self.context }, true)
    }

    fn table_argument(&mut self, at: usize) -> Option<Vec<SiteColumn>> {
        let ast = self.call.arguments.get(at)?;
        let columns = self.binder.bind_table(ast, self.context.env).columns;
        (!columns.open).then(|| site_columns(&columns))
    }

    fn columns(&self) -> Vec<SiteColumn> {
        self.context.row.map(site_columns).unwrap_or_default()
    }

    fn has_all_columns(&self) -> bool {
        self.context.row.is_some_and(|row| !row.open)
    }

    fn hides_columns(&self) -> bool {
        self.context.row.is_some_and(|row| row.open)
    }

    fn option(&self, name: &str) -> Option<(Value, ScalarType)> {
        self.binder.options.get(name).cloned()
    }

    fn report(&mut self, diagnostic: Diagnostic) {
        self.binder.report(diagnostic);
    }

    fn report_in_bodies(&mut self, diagnostic: Diagnostic) {
        let muted = std::mem::take(&mut self.binder.muted);
        self.binder.report(diagnostic);
        self.binder.muted = muted;
    }
}

impl Binder<'_> {
    /// Binds the call if it stands for something else; `None` for an ordinary call.
    pub(super) fn bind_expansion(
        &mut self,
        function: &FunctionRef,
        call: &ast::FunctionCall,
        context: ExprScope<'_>,
    ) -> Option<Any> {
        let expand = function.expand?;
        let bound = vec![None; call.arguments.len()];
        let mut site = ExpansionSite { binder: self, call, context, bound };
        Some(match expand(&mut site)? {
            Expansion::Table(text, span) => {
                let name = ast::Name { text, bracketed: true, at: span.into() };
                Any::Table(self.table_named(&name, context.env))
            }
            Expansion::UnknownTable => Any::Table(Rows::unknown()),
            Expansion::Database => {
                self.error(Code::NotAllowedHere, call.at.0, "the name of a table is expected after this");
                Any::Table(Rows::unknown())
            }
            scalar => Any::Scalar(site.scalar(function, scalar)),
        })
    }

    /// `database("d")`, `cluster("c").database("d")`: what comes after it is in that database.
    pub(super) fn is_database_path(&self, ast: &ast::Expression, env: &Env) -> bool {
        match ast {
            ast::Expression::Call(call) => self.registry.scalar(&call.name.text).is_some_and(|it| {
                it.signatures().iter().any(|form| matches!(form.returns, Returns::Database))
            }),
            ast::Expression::Path(it) => {
                self.is_database_path(&it.target, env) || self.is_database_path(&it.selector, env)
            }
            ast::Expression::Name(name) => matches!(env.find(&name.text), Some(Local::Database)),
            _ => false,
        }
    }

    /// `database("d").T`: the databases are one here, so only the table's name counts, unless there is a table that is called
    /// as all of it, `database('d').T`.
    pub(super) fn bind_database_path(&mut self, it: &ast::PathExpression, context: ExprScope<'_>) -> Any {
        match &it.selector {
            ast::Expression::Name(name) if name.text.starts_with('$') => {
                self.unsupported(name.at.0, "member of a database", &name.text);
                Any::Scalar(Scalar::unknown())
            }
            ast::Expression::Name(name) => {
                let qualified =
                    qualified(&it.target, name).filter(|it| self.catalog.table(&it.text).is_some());
                Any::Table(self.table_named(qualified.as_ref().unwrap_or(name), context.env))
            }
            ast::Expression::Call(call) => {
                // A function of KQL that gives a table or a database comes before one of the query.
                let expanded = self.registry.scalar(&call.name.text).filter(|it| {
                    it.signatures()
                        .iter()
                        .any(|form| matches!(form.returns, Returns::Table | Returns::Database))
                });
                match expanded.and_then(|function| self.bind_expansion(function, call, context)) {
                    Some(any) => any,
                    None => self.bind_call(call, context),
                }
            }
            ast::Expression::Wildcard(name) => {
                self.unsupported(name.at.0, "name", "a wildcard after database()");
                Any::Table(Rows::unknown())
            }
            other => {
                if !matches!(other, ast::Expression::Missing(_)) {
                    self.error(Code::ExpectedTable, other.span(), "the name of a table is expected here");
                }
                Any::Table(Rows::unknown())
            }
        }
    }
}

/// The name of a table of another database, as a table of this one is called that stands for it.
fn qualified(database: &ast::Expression, table: &ast::Name) -> Option<ast::Name> {
    let ast::Expression::Call(call) = database.unparenthesised() else { return None };
    let [ast::Expression::Literal(name)] = call.arguments.as_slice() else { return None };
    let text = format!("{}('{}').{}", call.name.text, name.value, table.text);
    Some(ast::Name { text, bracketed: true, at: table.at })
}
