//! Binds statements: `let`, query parameters and the rest, and the body of a user function.
//! It must not know operators.

use super::binder::Binder;
use super::bound::Parameter;
use super::scalar::Scalar;
use super::scope::{Any, Column, Columns, Context, Env, Local, Rows, UserFunction};
use std::sync::Arc;

use crate::column::Table;
use crate::diagnostic::{Code, Diagnostic};
use crate::plan::{Expr, Node};
use crate::source::Span;
use crate::syntax::ast;
use crate::types::{ScalarType, Schema};

impl Binder<'_> {
    /// Binds the whole text. Each query statement gives a table, or several.
    pub(super) fn bind_block(&mut self, block: &ast::QueryBlock) -> Vec<(Option<String>, Rows)> {
        let mut env = Env::default();
        let mut results: Vec<(Option<String>, Rows)> = Vec::new();
        for statement in &block.statements {
            match statement {
                ast::Statement::Expression(ast) => {
                    if let Some(found) = self.bind_tables(ast, &env) {
                        results.extend(found);
                        continue;
                    }
                    let any = self.bind_statement(ast, &env);
                    results.push((None, self.as_rows(any, ast)));
                }
                other => env = self.declare(other, env),
            }
        }
        if results.is_empty() && !block.statements.is_empty() {
            let end = block.statements.last().map_or(Span::default(), statement_span).after();
            self.report(
                Diagnostic::error(
                    Code::MissingReturn,
                    end,
                    "the query declares things, but asks for no result",
                )
                .help("end it with an expression, such as the name of what you declared"),
            );
        }
        results
    }

    /// A query statement: a name in it is a table before all else.
    fn bind_statement(&mut self, ast: &ast::Expr, env: &Env) -> Any {
        match ast.unparenthesised() {
            ast::Expr::Name(name)
                if !matches!(env.find(&name.text), Some(Local::Scalar(_) | Local::Function(_))) =>
            {
                Any::Table(self.table_named(name, env))
            }
            _ => self.bind_any(ast, Context::new(env)),
        }
    }

    /// A scalar result is a table of one cell.
    fn as_rows(&mut self, any: Any, ast: &ast::Expr) -> Rows {
        match any {
            Any::Table(rows) => rows,
            Any::Scalar(scalar) => {
                let columns =
                    Columns { list: vec![Column { name: "print_0".into(), kind: scalar.kind }], open: false };
                let node = Node::Project { input: Self::one_row(), columns: vec![scalar.expr] };
                Rows::new(Self::plan(node, &columns, ast.span()), columns)
            }
        }
    }

    /// One row without columns: what `print` starts from.
    pub(super) fn one_row() -> Arc<crate::plan::Plan> {
        let table = Table::from_rows(Schema::default(), [Vec::new()]);
        Self::plan(Node::Values { table }, &Columns::default(), Span::default())
    }

    /// What a function gives: its statements, then its result.
    pub(super) fn bind_body(&mut self, declaration: &ast::FunctionDeclaration, env: &Env) -> Any {
        let mut env = env.clone();
        for statement in &declaration.statements {
            if let ast::Statement::Expression(ast) = statement {
                self.bind_any(ast, Context::new(&env));
            } else {
                env = self.declare(statement, env);
            }
        }
        match &declaration.body {
            Some(body) => self.bind_any(body, Context::new(&env)),
            None => Any::Scalar(Scalar::unknown()),
        }
    }

    /// The environment after a statement.
    fn declare(&mut self, statement: &ast::Statement, env: Env) -> Env {
        match statement {
            ast::Statement::Let(it) => self.declare_let(it, env),
            ast::Statement::QueryParameters(it) => self.declare_parameters(it, env),
            ast::Statement::Set(_) | ast::Statement::Expression(_) => env,
            ast::Statement::Pattern(it) => {
                self.unsupported(it.at.0, "statement", "declare pattern");
                env.with(&it.name.text, Local::Unknown)
            }
            ast::Statement::Alias(it) => {
                self.unsupported(it.at.0, "statement", "alias");
                env.with(&it.name.text, Local::Unknown)
            }
            ast::Statement::Restrict(it) => {
                self.unsupported(it.at.0, "statement", "restrict");
                env
            }
        }
    }

    fn declare_let(&mut self, it: &ast::LetStatement, env: Env) -> Env {
        let name = it.name.text.as_str();
        let local = match &it.value {
            ast::LetValue::Expression(ast) => match self.bind_any(ast, Context::new(&env)) {
                Any::Scalar(scalar) if scalar.kind.is_none() => Local::Unknown,
                Any::Scalar(scalar) => {
                    Local::Scalar(Scalar { expr: crate::plan::fold(scalar.expr), ..scalar })
                }
                Any::Table(rows) => {
                    let mut rows = self.share(rows);
                    rows.source = Some(name.to_owned());
                    self.recorder.name(&rows, name);
                    Local::Table(rows)
                }
            },
            ast::LetValue::Function(declaration) => self.declare_function(declaration, &env),
        };
        if env.find(name).is_some() {
            let message = format!("the name '{name}' is already declared");
            self.error(Code::DuplicateName, it.name.at.0, message);
            return env;
        }
        env.with(name, local)
    }

    /// Binds the body once with its parameters' types alone, to report on it where it stands.
    fn declare_function(&mut self, declaration: &ast::FunctionDeclaration, env: &Env) -> Local {
        let mut inner = env.clone();
        for parameter in &declaration.parameters {
            if let Some(default) = &parameter.default {
                self.bind_scalar(default, Context::new(env));
            }
            let local = self.placeholder(&parameter.kind);
            inner = inner.with(&parameter.name.text, local);
        }
        self.depth += 1;
        self.declaring += 1;
        self.bind_body(declaration, &inner);
        self.declaring -= 1;
        self.depth -= 1;
        Local::Function(UserFunction {
            declaration: Arc::new(declaration.clone()),
            env: env.clone(),
            stored: false,
        })
    }

    fn declare_parameters(&mut self, it: &ast::QueryParametersStatement, mut env: Env) -> Env {
        for parameter in &it.parameters {
            let name = parameter.name.text.as_str();
            let ast::ParameterType::Scalar(kind) = &parameter.kind else {
                self.unsupported(it.at.0, "query parameter", "a table");
                env = env.with(name, Local::Unknown);
                continue;
            };
            let Ok(kind) = kind.text.parse::<ScalarType>() else {
                env = env.with(name, Local::Unknown);
                continue;
            };
            let default = parameter.default.as_ref().and_then(|default| {
                let scalar = self.bind_scalar(default, Context::new(&env));
                scalar.constant().map(|value| value.convert(kind))
            });
            self.parameters.push(Parameter { name: name.to_owned(), kind, default: default.clone() });
            let expr = Expr::Parameter { name: name.into(), kind, default };
            env = env.with(name, Local::Scalar(Scalar::new(expr)));
        }
        env
    }

    /// The columns of a declared schema.
    pub(super) fn declared_columns(&mut self, schema: &[ast::NameAndType]) -> Vec<Column> {
        let mut list: Vec<Column> = Vec::with_capacity(schema.len());
        for it in schema {
            let kind = it.kind.text.parse::<ScalarType>().ok();
            if list.iter().any(|column| *column.name == *it.name.text) {
                let message = format!("the column '{}' is already declared", it.name.text);
                self.error(Code::DuplicateColumn, it.name.at.0, message);
                continue;
            }
            list.push(Column { name: it.name.text.as_str().into(), kind });
        }
        list
    }
}

fn statement_span(statement: &ast::Statement) -> Span {
    match statement {
        ast::Statement::Let(it) => it.at.0,
        ast::Statement::Set(it) => it.at.0,
        ast::Statement::QueryParameters(it) => it.at.0,
        ast::Statement::Pattern(it) => it.at.0,
        ast::Statement::Alias(it) => it.at.0,
        ast::Statement::Restrict(it) => it.at.0,
        ast::Statement::Expression(it) => it.span(),
    }
}
