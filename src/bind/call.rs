//! Binds calls: scalar functions, aggregates, user functions. It must not know operators.

use super::binder::{Binder, MAX_CALL_DEPTH, MAX_EXPANSIONS};
use super::references::ReferenceKind;
use super::scalar::Scalar;
use super::scope::{Any, Columns, ExprScope, Local, Rows, UserFunction};
use std::collections::HashSet;
use std::sync::Arc;

use super::expr::{argument, as_info, infos};
use super::overload::Argument;
use crate::column::Table;
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::function::{AggregateFunction, FunctionRef, Returns};
use crate::plan::{AggregateExpr, Expr, Node};
use crate::source::Span;
use crate::syntax::ast;
use crate::types::{ScalarType, Value};

/// A bound call of an aggregate.
pub(super) struct BoundAggregate {
    pub expr: AggregateExpr,
    /// Names (empty where the argument gives none) and types of the result columns.
    pub outputs: Vec<(String, ScalarType)>,
    /// It gives several columns by its nature, whatever their number here.
    pub several: bool,
}

impl Binder<'_> {
    pub(super) fn bind_call(&mut self, call: &ast::FunctionCall, context: ExprScope<'_>) -> Any {
        let name = call.name.text.as_str();
        let span = call.name.at.0;
        if let Some(Local::Function(function)) = context.env.find(name) {
            self.refers(ReferenceKind::Function, name, span);
            let function = function.clone();
            return self.call_user_function(name, &function, &call.arguments, call.name.at.0, context);
        }
        if let Some(Local::Pattern(pattern)) = context.env.find(name) {
            return self.bind_pattern(&pattern, call, None, context);
        }
        if let Some(function) = self.registry.scalar(name) {
            self.refers(ReferenceKind::Function, name, span);
            return match self.bind_expansion(function, call, context) {
                Some(any) => any,
                None => Any::Scalar(self.bind_scalar_call(function, call, context)),
            };
        }
        if self.registry.aggregate(name).is_some() {
            self.refers(ReferenceKind::Function, name, span);
            let message = format!("the aggregate function '{name}' is not allowed here");
            self.report(
                Diagnostic::error(Code::AggregateNotAllowed, call.name.at.0, message)
                    .help("aggregates stand in summarize and make-series, before 'by'; what is behind them sees their results"),
            );
            self.bind_arguments(call, context);
            return Any::Scalar(Scalar::unknown());
        }
        if let Some(declaration) = self.catalog.function(name).filter(|_| context.env.sees(name)) {
            self.refers(ReferenceKind::Function, name, span);
            let function = UserFunction::stored(declaration.clone());
            return self.call_user_function(name, &function, &call.arguments, call.name.at.0, context);
        }
        if let Some(rows) = self.announced_rows(&call.name) {
            self.bind_arguments(call, context);
            return Any::Table(rows);
        }
        self.refers_to_unknown(ReferenceKind::Function, name, span);
        let mark = self.diagnostics.len();
        self.bind_arguments(call, context);
        self.drop_words_of_time(mark, call);
        if let Some(data_type) = self.registry.unsupported(name).find(|data_type| data_type.is_function()) {
            self.unsupported(call.name.at.0, data_type.as_str(), name);
        } else {
            self.unknown_function(call, context);
        }
        Any::Scalar(Scalar::unknown())
    }

    /// What a function would give that is not here; where the query is to be run, that is a mistake.
    pub(super) fn announced_rows(&mut self, name: &ast::Name) -> Option<Rows> {
        let announced = self.catalog.announced(&name.text)?.clone();
        self.refers_to_unknown(ReferenceKind::Function, &name.text, name.at.0);
        if !self.is_check {
            let message = format!("no rows are given for '{}'", name.text);
            let diagnostic = Diagnostic::error(Code::UnknownFunction, name.at.0, message);
            self.report(diagnostic.help(announced.help.as_str()));
        }
        let columns = Columns { open: announced.has_more, ..Columns::of(&announced.columns) };
        let node = Node::Values { table: Table::empty(announced.columns) };
        Some(Rows::new(Self::plan(node, &columns, name.at.0), columns))
    }

    fn unknown_function(&mut self, call: &ast::FunctionCall, context: ExprScope<'_>) {
        // What is wrong between its brackets says what is meant.
        let is_told = self.readable.is_broken(call.at.0.start, call.at.0.end.saturating_add(2))
            && crate::syntax::habits::function(&call.name.text).is_some();
        if is_told || !self.has_room() {
            return;
        }
        let name = &call.name.text;
        let stored = self.catalog.function_names();
        let builtin: Vec<&str> =
            self.registry.scalar_names().chain(self.registry.aggregate_names()).collect();
        let local = context.env.names();
        let known = builtin
            .iter()
            .copied()
            .chain(local.iter().map(|it| &**it))
            .chain(stored.iter().map(String::as_str));
        let message = format!("there is no function '{name}'");
        let diagnostic = Diagnostic::error(Code::UnknownFunction, call.name.at.0, message);
        let diagnostic = if let Some(taught) = super::lessons::of_function(&diagnostic, call, self.registry) {
            taught
        } else if context.row.is_some_and(|row| row.find(name).is_some()) {
            let help = match &call.arguments[..] {
                [by] => format!("'{name}' is a column: to round it down, write bin({name}, {by})"),
                _ => format!("'{name}' is a column, which is not called"),
            };
            diagnostic.help(help)
        } else {
            super::suggest::did_you_mean(diagnostic, name, known, &self.budget.suggestions)
        };
        self.report(diagnostic);
    }

    /// Binds the arguments for what can be said of them.
    pub(super) fn bind_arguments<'q>(
        &mut self,
        call: &'q ast::FunctionCall,
        context: ExprScope<'_>,
    ) -> Vec<Argument<'q>> {
        call.arguments
            .iter()
            .map(|ast| {
                if matches!(ast, ast::Expression::Star(_)) {
                    return argument(Scalar::unknown(), ast);
                }
                let scalar = self.bind_scalar(ast, context);
                argument(scalar, ast)
            })
            .collect()
    }

    fn bind_scalar_call(
        &mut self,
        function: &FunctionRef,
        call: &ast::FunctionCall,
        context: ExprScope<'_>,
    ) -> Scalar {
        let name = call.name.text.as_str();
        let arguments = self.bind_arguments(call, context);
        let written: Vec<_> = arguments.iter().map(|it| (it.ast, it.scalar.data_type)).collect();
        self.warn_of_text(function, call, &written);
        let form = match self.function_form(name, call.name.at.0, function.signatures(), &arguments) {
            Ok(form) => form,
            Err(data_type) => return data_type.map_or_else(Scalar::unknown, Scalar::of),
        };
        if function.needs_serialized_rows() && !context.serialized && context.row.is_some_and(|row| !row.open)
        {
            let message = format!("'{name}' needs rows in a fixed order");
            self.report(
                Diagnostic::error(Code::NotSerialized, call.name.at.0, message)
                    .help("sort the rows first, or write '| serialize' before this operator"),
            );
        }
        self.make_call(function, &form, arguments, call.name.at.0)
    }

    /// Binds a call of an aggregate over the rows of the context.
    ///
    /// `star` are the columns that `*` stands for.
    pub(super) fn bind_aggregate(
        &mut self,
        function: &Arc<AggregateFunction>,
        call: &ast::FunctionCall,
        context: ExprScope<'_>,
        star: &[usize],
    ) -> Option<BoundAggregate> {
        let name = call.name.text.as_str();
        self.refers(ReferenceKind::Function, name, call.name.at.0);
        let arguments = self.bind_arguments(call, context);
        let form = self.function_form(name, call.name.at.0, &function.signatures, &arguments).ok()?;
        // `*` stands for the remaining columns.
        let has_star = arguments.iter().any(|it| it.star);
        let mut expanded: Vec<Argument<'_>> = Vec::new();
        let mut names: Vec<Option<String>> = Vec::new();
        for it in arguments {
            if !it.star {
                // `arg_max(a, *, b)`: a column that `*` stands for is not repeated.
                let repeated = has_star
                    && matches!(it.scalar.expr, Expr::Column { index, .. } if expanded.iter().any(|other|
                        matches!(other.scalar.expr, Expr::Column { index: known, .. } if known == index)));
                if repeated {
                    continue;
                }
                names.push(it.ast.and_then(|ast| self.inferred_name(ast, context.row)));
                expanded.push(it);
                continue;
            }
            if !self.spend_nodes(star.len(), call.name.at.0) {
                return None;
            }
            let taken: HashSet<usize> = expanded
                .iter()
                .filter_map(
                    |it| if let Expr::Column { index, .. } = it.scalar.expr { Some(index) } else { None },
                )
                .collect();
            for &index in star.iter().filter(|index| !taken.contains(index)) {
                let column = context.row?.list.get(index)?;
                let scalar = column
                    .data_type
                    .map_or_else(Scalar::unknown, |data_type| Scalar::new(Expr::column(index, data_type)));
                names.push(Some(column.name.to_string()));
                expanded.push(Argument { scalar, ast: None, star: false });
            }
        }
        if expanded.iter().any(|it| it.scalar.data_type.is_none()) {
            return None;
        }
        let constants: Vec<Option<Value>> = expanded
            .iter()
            .map(|it| self.folder.fold(it.scalar.expr.clone()).as_literal().cloned())
            .collect();
        let mut facts = infos(&expanded, self)?;
        for (fact, name) in facts.iter_mut().zip(names) {
            fact.1 = name.unwrap_or_default();
        }
        let several = matches!(form.form.returns, Returns::Columns(_));
        let outputs = form.columns(&as_info(&facts))?;
        let expr = AggregateExpr {
            function: function.clone(),
            arguments: expanded.into_iter().map(|it| it.scalar.expr).collect(),
            constants,
            returns: outputs.iter().map(|(_, data_type)| *data_type).collect(),
            span: call.name.at.0,
        };
        Some(BoundAggregate { expr, outputs, several })
    }

    /// A call of a user function: its body in place of the call.
    pub(super) fn call_user_function(
        &mut self,
        name: &str,
        function: &UserFunction,
        arguments: &[ast::Expression],
        span: Span,
        context: ExprScope<'_>,
    ) -> Any {
        let declaration = function.declaration.clone();
        let parameters = &declaration.parameters;
        let min = parameters.iter().filter(|parameter| parameter.default.is_none()).count();
        // Arguments are bound where the call stands, whatever becomes of them.
        let mut bound: Vec<(Option<&ast::Expression>, Any)> = Vec::new();
        for ast in arguments {
            let any = self.bind_any(ast, context);
            bound.push((Some(ast), any));
        }
        if bound.len() < min || bound.len() > parameters.len() {
            let expected = match (min, parameters.len()) {
                (min, max) if min == max => {
                    format!("{min} argument{}", if min == 1 { "" } else { "s" })
                }
                (min, max) => format!("{min} to {max} arguments"),
            };
            let message = format!("'{name}' takes {expected}, {} given", bound.len());
            self.error(Code::ArgumentCount, span, message);
        }
        let mut env = function.env().block();
        let mut given: Vec<Option<(Option<&ast::Expression>, Any)>> =
            parameters.iter().map(|_| None).collect();
        for (at, (ast, any)) in bound.into_iter().enumerate() {
            let place = match ast {
                Some(ast::Expression::Named(named)) => {
                    let wanted = named.names.first().map(|name| name.text.as_str());
                    parameters.iter().position(|parameter| Some(parameter.name.text.as_str()) == wanted)
                }
                _ => Some(at),
            };
            if let Some(slot) = place.and_then(|place| given.get_mut(place)) {
                *slot = Some((ast, any));
            } else if let Some(ast::Expression::Named(named)) = ast
                && let Some(wanted) = named.names.first()
            {
                self.error(
                    Code::ArgumentCount,
                    wanted.at.0,
                    format!("'{name}' has no parameter '{}'", wanted.text),
                );
            }
        }
        for (parameter, given) in parameters.iter().zip(given) {
            let local = match given {
                Some((ast, any)) => {
                    self.parameter_value(name, parameter, any, ast.map_or(span, ast::Expression::span))
                }
                None => match &parameter.default {
                    Some(default) => {
                        let scalar = self.bind_scalar(default, ExprScope::new(&function.env()));
                        Local::Scalar(scalar)
                    }
                    None => self.placeholder(&parameter.data_type),
                },
            };
            env = env.declare(&parameter.name.text, local);
        }
        self.expansions += 1;
        if self.depth >= MAX_CALL_DEPTH || self.expansions > MAX_EXPANSIONS {
            let muted = std::mem::take(&mut self.muted);
            self.error(Code::CallDepth, span, format!("the calls of '{name}' expand too far"));
            self.muted = muted;
            return Any::Scalar(Scalar::unknown());
        }
        self.depth += 1;
        self.recorder.call(name, function.stored);
        self.in_stored += usize::from(function.stored);
        let result = if function.stored && self.muted == 0 {
            // Nothing was reported where it was stored: its tables may have come later.
            let others = std::mem::take(&mut self.diagnostics);
            let result = self.bind_body(&declaration, &env);
            let found = std::mem::replace(&mut self.diagnostics, others);
            self.report_body(name, span, found);
            result
        } else if !self.resolved.is_empty() {
            // Where the body was declared, the columns of a plugin in it were not known.
            self.bind_body(&declaration, &env)
        } else {
            // The body was reported on where it was declared.
            self.muted += 1;
            let result = self.bind_body(&declaration, &env);
            self.muted -= 1;
            result
        };
        self.in_stored -= usize::from(function.stored);
        self.recorder.end_call();
        self.depth -= 1;
        result
    }

    /// Reports the first mistake in the body of a stored function at its call: the body is another text.
    fn report_body(&mut self, name: &str, call: Span, found: Vec<Diagnostic>) {
        let mut errors = found.into_iter().filter(|it| it.severity == Severity::Error);
        if let Some(mut error) = errors.next() {
            error.message = format!("in the stored function '{name}': {}", error.message);
            error.labels.truncate(1);
            for label in &mut error.labels {
                label.span = call;
            }
            self.report(error);
        }
    }

    /// What a parameter stands for in the body.
    fn parameter_value(
        &mut self,
        function: &str,
        parameter: &ast::FunctionParameter,
        any: Any,
        span: Span,
    ) -> Local {
        match (&parameter.data_type, any) {
            (ast::ParameterType::Scalar(data_type), Any::Scalar(scalar)) => {
                let Ok(data_type) = data_type.text.parse::<ScalarType>() else {
                    return Local::Scalar(scalar);
                };
                match scalar.data_type {
                    None => Local::Scalar(Scalar::of(data_type)),
                    Some(given) if given == data_type => Local::Scalar(scalar),
                    Some(given)
                        if given == ScalarType::Dynamic || (given.is_number() && data_type.is_number()) =>
                    {
                        Local::Scalar(self.converted(scalar, data_type, span))
                    }
                    Some(given) => {
                        // Microsoft's parser takes it; what the real engine makes of it is not known.
                        let muted = std::mem::take(&mut self.muted);
                        self.unsupported(
                            span,
                            "argument",
                            &format!("{given} for '{}: {data_type}'", parameter.name.text),
                        );
                        self.muted = muted;
                        Local::Scalar(Scalar::of(data_type))
                    }
                }
            }
            (ast::ParameterType::Scalar(data_type), Any::Table(rows)) => {
                let scalar = self.expect_scalar(Any::Table(rows), span);
                Local::Scalar(data_type.text.parse().map_or(scalar, Scalar::of))
            }
            (ast::ParameterType::AnyTable, Any::Table(rows)) => Local::Table(rows),
            (ast::ParameterType::Table(wanted), Any::Table(rows)) => {
                let missing = wanted.iter().find(|column| {
                    !rows.columns.open
                        && rows.columns.find(&column.name.text).is_none_or(|(_, found)| {
                            found.data_type.is_some() && found.data_type != column.data_type.text.parse().ok()
                        })
                });
                if let Some(column) = missing {
                    let message = format!(
                        "'{}' of '{function}' needs a column '{}' of type {}",
                        parameter.name.text, column.name.text, column.data_type.text
                    );
                    self.error(Code::ExpectedTable, span, message);
                }
                Local::Table(rows)
            }
            (_, Any::Scalar(scalar)) => {
                if scalar.data_type.is_some() {
                    let message = format!("'{}' of '{function}' must be a table", parameter.name.text);
                    self.error(Code::ExpectedTable, span, message);
                }
                Local::Table(Rows::unknown())
            }
        }
    }

    /// A scalar as another type, by the conversion function of that type.
    pub(super) fn converted(&mut self, scalar: Scalar, data_type: ScalarType, span: Span) -> Scalar {
        if let Some(value) = scalar.constant() {
            return Scalar::new(Expr::literal(value.convert(data_type), data_type));
        }
        match self.registry.conversion_to(data_type) {
            Some(function) => self.call_function(&function.into(), vec![scalar], span),
            None => {
                self.unsupported(span, "conversion", data_type.as_str());
                Scalar::unknown()
            }
        }
    }

    /// A parameter of which only the type is known.
    pub(super) fn placeholder(&mut self, data_type: &ast::ParameterType) -> Local {
        match data_type {
            ast::ParameterType::Scalar(name) => match name.text.parse::<ScalarType>() {
                Ok(data_type) => {
                    Local::Scalar(Scalar::new(Expr::Parameter { name: "".into(), data_type, default: None }))
                }
                Err(()) => Local::Unknown,
            },
            ast::ParameterType::Table(columns) => {
                let mut rows = Rows::unknown();
                rows.columns.open = false;
                rows.columns.list = self.declared_columns(columns).into();
                Local::Table(rows)
            }
            ast::ParameterType::AnyTable => Local::Table(Rows::unknown()),
        }
    }
}
