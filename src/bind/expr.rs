//! Binds scalar expressions: names, operators, paths. It must not know tabular operators or particular functions.

use super::binder::{Binder, MAX_NESTING, MAX_VARIABLE_DEPTH};
use super::place::PlaceKind;
use super::references::ReferenceKind;
use super::scalar::{Scalar, type_name};
use super::scope::{Any, Columns, Env, ExprScope, Local, Rows, StepColumns};
use std::sync::Arc;

use super::overload::{Argument, types};
use crate::diagnostic::{Code, Diagnostic};
use crate::function::{
    ArgumentInfo, ArgumentType, FunctionRef, Match, Returns, ScalarFunction, resolve_complete,
};
use crate::plan::Expr;
use crate::source::Span;
use crate::syntax::ast;
use crate::types::{ScalarType, Value};

/// The most operands that a message names.
const MAX_NAMED_OPERANDS: usize = 8;

impl Binder<'_> {
    /// Binds an expression that must be a scalar.
    pub(super) fn bind_scalar(&mut self, ast: &ast::Expression, context: ExprScope<'_>) -> Scalar {
        self.probe_expression(ast, PlaceKind::Scalar, context);
        let any = self.bind_any(ast, context);
        self.expect_scalar(any, ast.span())
    }

    /// Binds an expression that may be a scalar or a table.
    pub(super) fn bind_any(&mut self, ast: &ast::Expression, context: ExprScope<'_>) -> Any {
        self.probe_expression(ast, PlaceKind::Any, context);
        if self.nesting >= MAX_NESTING {
            self.too_deep(ast.span(), "the query is nested too deeply, its functions included");
            return Any::Scalar(Scalar::unknown());
        }
        if self.budget.is_over || !self.spend_nodes(1, ast.span()) {
            return Any::Scalar(Scalar::unknown());
        }
        self.nesting += 1;
        let any = self.bind_nested(ast, context);
        self.nesting -= 1;
        any
    }

    fn bind_nested(&mut self, ast: &ast::Expression, context: ExprScope<'_>) -> Any {
        match ast {
            ast::Expression::Name(name) => self.bind_name(name, context),
            ast::Expression::Paren(it) => match &it.inner {
                // A bracket that was not closed took the next operators in; what it began with is judged all the same.
                ast::Expression::Pipe(pipe) if self.readable.is_partial() && context.row.is_some() => {
                    match &pipe.source {
                        Some(
                            source @ (ast::Expression::Binary(_)
                            | ast::Expression::Logical(_)
                            | ast::Expression::In(_)
                            | ast::Expression::Between(_)
                            | ast::Expression::Literal(_)),
                        ) => {
                            self.bind_any(source, context);
                            Any::Scalar(Scalar::unknown())
                        }
                        _ => self.bind_any(&it.inner, context),
                    }
                }
                inner => self.bind_any(inner, context),
            },
            ast::Expression::Named(it) => self.bind_any(&it.value, context),
            ast::Expression::Call(call) => self.bind_call(call, context),
            ast::Expression::Path(it) => self.bind_path(it, context),
            ast::Expression::Pipe(it) => Any::Table(self.bind_pipe(it, context.env)),
            ast::Expression::DataTable(it) => Any::Table(self.bind_datatable(it, context.env)),
            ast::Expression::ExternalData(it) => Any::Table(self.bind_externaldata(it, context.env)),
            ast::Expression::Materialize(it) => self.bind_materialize(it, context),
            ast::Expression::ToTable(it) => self.bind_totable(it, context),
            ast::Expression::ContextualDataTable(_) => self.refuse_source(ast, "__contextual_datatable"),
            ast::Expression::MaterializedViewCombine(_) => {
                self.refuse_source(ast, "materialized-view-combine")
            }
            // The rows are at hand, hot or not.
            ast::Expression::DataScope(it) => self.bind_any(&it.inner, context),
            ast::Expression::EntityGroup(_) => {
                let message = "an entity group stands behind 'let name =' or macro-expand";
                self.error(Code::NotAllowedHere, ast.span(), message);
                Any::Table(Rows::unknown())
            }
            _ => Any::Scalar(self.bind_plain(ast, context)),
        }
    }

    /// Reports a source of rows that is parsed and not built.
    fn refuse_source(&mut self, ast: &ast::Expression, name: &str) -> Any {
        self.unsupported(ast.span(), "expression", name);
        Any::Table(Rows::unknown())
    }

    /// Binds an expression that can only be a scalar.
    fn bind_plain(&mut self, ast: &ast::Expression, context: ExprScope<'_>) -> Scalar {
        match ast {
            ast::Expression::Literal(it) => self.bind_literal(it),
            ast::Expression::Dynamic(it) => self.bind_dynamic(it),
            ast::Expression::TypeOf(it) => self.bind_typeof(it),
            ast::Expression::Unary(it) => self.bind_unary(it, context),
            ast::Expression::Binary(it) => self.bind_binary(it, context),
            ast::Expression::Logical(it) => self.bind_logical(it, context),
            ast::Expression::In(it) => self.bind_in(it, context),
            ast::Expression::Between(it) => self.bind_between(it, context),
            ast::Expression::Element(it) => self.bind_element(it, context),
            ast::Expression::ToScalar(it) => self.bind_toscalar(it, context),
            ast::Expression::Star(at) => {
                self.error(Code::NotAllowedHere, at.0, "'*' is not allowed here");
                Scalar::unknown()
            }
            ast::Expression::Wildcard(name) => {
                self.error(Code::NotAllowedHere, name.at.0, "a name with wildcards is not allowed here");
                Scalar::unknown()
            }
            _ => Scalar::unknown(),
        }
    }

    fn bind_typeof(&mut self, it: &ast::TypeOfLiteral) -> Scalar {
        match &it.of {
            ast::TypeOf::Scalar(name) => match name.text.parse::<ScalarType>() {
                Ok(data_type) => {
                    Scalar::new(Expr::literal(Value::string(data_type.as_str()), ScalarType::String))
                }
                Err(()) => {
                    self.error(Code::UnknownName, name.at.0, format!("there is no type '{}'", name.text));
                    Scalar::unknown()
                }
            },
            ast::TypeOf::Table { .. } => {
                self.unsupported(it.at.0, "literal", "typeof of a table");
                Scalar::unknown()
            }
        }
    }

    /// A name: a column, a variable, a table, or a function that takes no arguments.
    pub(super) fn bind_name(&mut self, name: &ast::Name, context: ExprScope<'_>) -> Any {
        let text = name.text.as_str();
        if let Some((index, column)) = context.row.and_then(|row| row.find(text)) {
            self.refers(ReferenceKind::Column, text, name.at.0);
            let Some(data_type) = column.data_type else { return Any::Scalar(Scalar::unknown()) };
            return Any::Scalar(Scalar::new(Expr::column(index, data_type)));
        }
        let local = context.env.find(text);
        self.note_local(name, local.as_ref());
        match local {
            Some(Local::Scalar(scalar)) => return Any::Scalar(self.copied(scalar, name.at.0)),
            Some(Local::Table(rows)) => return Any::Table(rows),
            Some(local @ (Local::Pattern(_) | Local::EntityGroup(_) | Local::Database)) => {
                self.no_value(name, &local);
                return Any::Scalar(Scalar::unknown());
            }
            Some(Local::Unknown) => return Any::Scalar(Scalar::unknown()),
            Some(Local::Step(_)) => {
                let message = format!("'{text}' is a step, not a value");
                let help = format!("{text}.Column is the column of the last row that matched the step");
                self.report(Diagnostic::error(Code::ExpectedScalar, name.at.0, message).help(help));
                return Any::Scalar(Scalar::unknown());
            }
            Some(Local::Function(function)) => {
                return self.call_user_function(text, &function, &[], name.at.0, context);
            }
            None => {}
        }
        // Where a mistake hides columns, the name is rather one of these than a table's.
        let hides_columns = context.row.is_some_and(|row| row.open);
        if !hides_columns && let Some(rows) = self.catalog_table(name, context.env) {
            return Any::Table(rows);
        }
        let kind = if context.row.is_some() { ReferenceKind::Column } else { ReferenceKind::Variable };
        self.refers_to_unknown(kind, text, name.at.0);
        if context.row.is_some_and(|row| row.open) {
            return Any::Scalar(Scalar::unknown());
        }
        if !name.bracketed
            && (self.registry.scalar(text).is_some() || self.registry.aggregate(text).is_some())
        {
            let message = format!("'{text}' is a function and needs its arguments in parentheses");
            self.report(
                Diagnostic::error(Code::ArgumentCount, name.at.0, message).help(format!("write {text}(…)")),
            );
            return Any::Scalar(Scalar::unknown());
        }
        self.unknown_name(name, context);
        Any::Scalar(Scalar::unknown())
    }

    fn unknown_name(&mut self, name: &ast::Name, context: ExprScope<'_>) {
        if !self.has_room() {
            return;
        }
        let text = &name.text;
        let columns: Vec<&str> =
            context.row.map(|row| row.list.iter().map(|column| &*column.name).collect()).unwrap_or_default();
        let tables = self.catalog.table_names();
        let message = if context.row.is_some() {
            format!("there is no column, variable, table or function '{text}'")
        } else {
            format!("there is no variable, table or function '{text}'")
        };
        let mut diagnostic = Diagnostic::error(Code::UnknownName, name.at.0, message);
        let locals = context.env.names();
        let known = || {
            let near = columns.iter().copied().chain(locals.iter().map(|it| &**it));
            near.chain(tables.iter().map(String::as_str))
        };
        let in_other_case = known().any(|it| it.eq_ignore_ascii_case(text));
        let taught =
            super::lessons::of_value(&diagnostic, text).filter(|_| !in_other_case && !name.bracketed);
        let is_taught = taught.is_some();
        diagnostic = match taught {
            Some(taught) => taught,
            None => super::suggest::did_you_mean(diagnostic, text, known(), &self.budget.suggestions),
        };
        if !columns.is_empty() && !is_taught {
            diagnostic = diagnostic.help(format!("available columns: {}", super::suggest::list(columns)));
        }
        self.report(diagnostic);
    }

    /// A copy of a `let` value; too many copies are an error, since they could grow without bound.
    fn copied(&mut self, scalar: Scalar, span: Span) -> Scalar {
        let (nodes, depth) = scalar.expr.size();
        if depth > MAX_VARIABLE_DEPTH {
            self.too_deep(span, "the variable stands for an expression that is nested too deeply");
            return Scalar::unknown();
        }
        if self.spend_nodes(nodes, span) { scalar } else { Scalar::unknown() }
    }

    fn bind_unary(&mut self, it: &ast::UnaryExpression, context: ExprScope<'_>) -> Scalar {
        let operand = self.bind_scalar(&it.operand, context);
        if it.minus {
            // A negative literal stays a literal of its type.
            if let Some(value) = operand.constant() {
                let negated = match value {
                    // An int widens, as in all arithmetic.
                    Value::Int(n) => Some(Value::Long(-i64::from(*n))),
                    Value::Long(n) => Some(Value::Long(n.wrapping_neg())),
                    Value::Real(n) => Some(Value::Real(-n)),
                    Value::TimeSpan(n) => Some(Value::TimeSpan(crate::types::TimeSpan(n.0.wrapping_neg()))),
                    _ => None,
                };
                if let Some((value, data_type)) =
                    negated.and_then(|it| it.scalar_type().map(|data_type| (it, data_type)))
                {
                    return Scalar::new(Expr::literal(value, data_type));
                }
            }
            let span = Span { start: it.at.0.start, end: it.at.0.start + 1 };
            return self.operator("unary-", vec![argument(operand, &it.operand)], span);
        }
        if operand
            .data_type
            .is_some_and(|data_type| !data_type.is_summable() && data_type != ScalarType::Dynamic)
        {
            let message = format!("the operator '+' is not defined for {}", type_name(operand.data_type));
            self.error(Code::OperatorTypes, it.at.0, message);
            return Scalar::unknown();
        }
        operand
    }

    /// `a + b + c …`: the left spine is walked in a loop, since it may be long.
    fn bind_binary(&mut self, it: &ast::BinaryExpression, context: ExprScope<'_>) -> Scalar {
        let mut spine = vec![it];
        while let ast::Expression::Binary(left) = &spine[spine.len() - 1].left {
            spine.push(left);
        }
        let mut left: Option<Scalar> = None;
        while let Some(node) = spine.pop() {
            left = Some(match left {
                None if matches!(node.left, ast::Expression::Star(_)) => self.bind_star(node, context),
                None => {
                    let left = self.bind_scalar(&node.left, context);
                    self.bind_pair(node, left, context)
                }
                Some(left) => self.bind_pair(node, left, context),
            });
        }
        left.unwrap_or_else(Scalar::unknown)
    }

    fn bind_pair(&mut self, node: &ast::BinaryExpression, left: Scalar, context: ExprScope<'_>) -> Scalar {
        let mark = self.diagnostics.len();
        let right = self.bind_scalar(&node.right, context);
        self.teach_operand(mark, node, &left);
        self.warn_of_null(node, &left, &right);
        let (left, right) = (argument(left, &node.left), argument(right, &node.right));
        self.binary(node.operator, left, right, node.operator_at.0)
    }

    /// A binary operator between two operands.
    fn binary(
        &mut self,
        operator: ast::BinaryOperator,
        left: Argument<'_>,
        right: Argument<'_>,
        span: Span,
    ) -> Scalar {
        match operator {
            ast::BinaryOperator::Search => self.bind_wildcards(left, right, span),
            _ => self.operator(operator.as_str(), vec![left, right], span),
        }
    }

    /// `* has "x"`: some column holds it; a negated operator: no column does.
    fn bind_star(&mut self, node: &ast::BinaryExpression, context: ExprScope<'_>) -> Scalar {
        let right = self.bind_scalar(&node.right, context);
        let (Some(row), Some(data_type)) = (context.row, right.data_type) else { return Scalar::unknown() };
        if !self.spend_nodes(row.list.len().saturating_mul(4), node.operator_at.0) {
            return Scalar::unknown();
        }
        let name = node.operator.as_str();
        let span = node.operator_at.0;
        let textual = !matches!(node.operator, ast::BinaryOperator::Equal | ast::BinaryOperator::NotEqual);
        let mut parts = Vec::new();
        for (index, column) in row.list.iter().enumerate() {
            let Some(column_kind) = column.data_type else { continue };
            let mut operand = Scalar::new(Expr::column(index, column_kind));
            if textual && column_kind != ScalarType::String {
                operand = self.converted(operand, ScalarType::String, span);
            } else if !textual && column_kind != data_type {
                continue;
            }
            let column = Argument { scalar: operand, ast: None, star: false };
            let right = argument(right.clone(), &node.right);
            parts.push(self.binary(node.operator, column, right, span));
        }
        let negated = self.registry.scalar(name).is_some_and(|function| function.negates.is_some());
        self.combine(negated, parts, span)
    }

    /// `and` of bools, where all must hold, or `or`.
    pub(super) fn combine(&mut self, all: bool, mut parts: Vec<Scalar>, span: Span) -> Scalar {
        match parts.len() {
            0 => Scalar::new(Expr::literal(Value::Bool(all), ScalarType::Bool)),
            1 => parts.pop().unwrap_or_else(Scalar::unknown),
            _ => self.call_builtin(if all { "and" } else { "or" }, parts, span),
        }
    }

    fn bind_logical(&mut self, it: &ast::LogicalExpression, context: ExprScope<'_>) -> Scalar {
        self.logical(it, &mut |this, operand| this.bind_scalar(operand, context))
    }

    /// Operands with `and` or `or` between them, each bound as it is said.
    pub(super) fn logical(
        &mut self,
        it: &ast::LogicalExpression,
        bind: &mut dyn FnMut(&mut Self, &ast::Expression) -> Scalar,
    ) -> Scalar {
        let name = if it.and { "and" } else { "or" };
        let mut parts = Vec::with_capacity(it.operands.len());
        let mut known = true;
        // Whether the first mistake was taught about: that depends on no operand of its own, and looks at all of them.
        let mut is_taught: Option<bool> = None;
        for (at, operand) in it.operands.iter().enumerate() {
            let scalar = bind(self, operand);
            match scalar.data_type {
                None => known = false,
                Some(ScalarType::Bool | ScalarType::Dynamic) => {}
                Some(data_type) => {
                    known = false;
                    let operator =
                        it.operators_at.get(at.saturating_sub(1)).map_or(operand.span(), |at| at.0);
                    let message = format!("the operator '{name}' takes bools, this operand is {data_type}");
                    let mut diagnostic = Diagnostic::error(Code::OperatorTypes, operator, message);
                    diagnostic = diagnostic.also(operand.span(), format!("{data_type}"));
                    match is_taught {
                        // One mistake, whatever the number of its operands.
                        Some(true) => {}
                        Some(false) => self.report(diagnostic),
                        None => {
                            let taught = super::lessons::of_alternatives(&diagnostic, it);
                            is_taught = Some(taught.is_some());
                            self.report(taught.unwrap_or(diagnostic));
                        }
                    }
                }
            }
            parts.push(scalar);
        }
        if !known {
            return Scalar::of(ScalarType::Bool);
        }
        let span = it.operators_at.first().map_or_else(|| ast_span(&it.operands), |at| at.0);
        self.combine(it.and, parts, span)
    }

    fn bind_in(&mut self, it: &ast::InExpression, context: ExprScope<'_>) -> Scalar {
        let name = it.operator.as_str();
        let textual = matches!(it.operator, ast::InOperator::HasAny | ast::InOperator::HasAll);
        let span = it.operator_at.0;
        if textual && self.minds_case {
            self.unsupported(span, "operator in search kind=case_sensitive", name);
        }
        let star = matches!(it.left.unparenthesised(), ast::Expression::Star(_));
        let left = if star { Scalar::unknown() } else { self.bind_scalar(&it.left, context) };
        let mut operands = vec![argument(left.clone(), &it.left)];
        let mut known = left.data_type.is_some() || star;
        let mark = self.diagnostics.len();
        for item in &it.list {
            let scalar = match self.bind_any(item, context) {
                Any::Scalar(scalar) => scalar,
                Any::Table(rows) if rows.columns.open => Scalar::unknown(),
                Any::Table(rows) => {
                    if rows.columns.list.is_empty() {
                        self.error(
                            Code::ExpectedTable,
                            item.span(),
                            "a table with a column is expected here",
                        );
                    }
                    Scalar::new(Expr::ListSubquery { plan: rows.plan })
                }
            };
            known &= scalar.data_type.is_some();
            operands.push(argument(scalar, item));
        }
        self.teach_list(mark, &it.list, &left);
        if star {
            let Some(row) = context.row.filter(|_| known) else { return Scalar::of(ScalarType::Bool) };
            let mut parts = Vec::new();
            if !self.spend_nodes(row.list.len().saturating_mul(operands.len() + 1), span) {
                return Scalar::of(ScalarType::Bool);
            }
            for (index, column) in row.list.iter().enumerate() {
                if column.data_type == Some(ScalarType::String) {
                    let mut operands = operands.clone();
                    let scalar = Scalar::new(Expr::column(index, ScalarType::String));
                    operands[0] = Argument { scalar, ast: None, star: false };
                    parts.push(self.operator(name, operands, span));
                }
            }
            return self.combine(false, parts, span);
        }
        if !known {
            return Scalar::of(ScalarType::Bool);
        }
        if textual && !matches!(left.data_type, Some(ScalarType::String | ScalarType::Dynamic)) {
            let message =
                format!("the operator '{name}' takes a string, this is {}", type_name(left.data_type));
            self.error(Code::OperatorTypes, it.left.span(), message);
            return Scalar::of(ScalarType::Bool);
        }
        self.operator(name, operands, span)
    }

    fn bind_between(&mut self, it: &ast::BetweenExpression, context: ExprScope<'_>) -> Scalar {
        let value = self.bind_scalar(&it.value, context);
        let low = self.bind_scalar(&it.low, context);
        let high = self.bind_scalar(&it.high, context);
        let operands = vec![argument(value, &it.value), argument(low, &it.low), argument(high, &it.high)];
        self.operator(if it.negated { "!between" } else { "between" }, operands, it.operator_at.0)
    }

    /// A call of an operator of the registry.
    pub(super) fn operator(&mut self, name: &str, operands: Vec<Argument<'_>>, span: Span) -> Scalar {
        let name = match self.minds_case {
            true => self.registry.minding_case(name).unwrap_or(name),
            false => name,
        };
        let Some(function) = self.registry.scalar(name) else {
            let mut diagnostic = Diagnostic::unsupported(span, "operator", name);
            if let Some(habit) = crate::syntax::habits::phrase(name) {
                // Of `not like` the parser has told.
                let left = operands.first().map_or(span, |it| it.span(span));
                if self.readable.is_broken(left.start.saturating_sub(1), span.end.saturating_add(2)) {
                    return Scalar::unknown();
                }
                diagnostic.help = vec![habit.lesson.to_owned()];
            }
            self.report(diagnostic);
            return Scalar::unknown();
        };
        let data_types: Vec<_> = operands.iter().map(|it| it.scalar.data_type).collect();
        let Some(form) = resolve_complete(function.signatures(), &types(&operands)) else {
            if !data_types.contains(&None) {
                self.operator_mismatch(function, &operands, span);
            }
            let returns = function.signatures().first().map(|it| it.returns);
            return match returns {
                Some(Returns::Is(data_type)) if data_type == ScalarType::Bool => Scalar::of(data_type),
                _ => Scalar::unknown(),
            };
        };
        if data_types.contains(&None) {
            return match form.form.returns {
                Returns::Is(data_type)
                    if function
                        .signatures()
                        .iter()
                        .all(|it| matches!(it.returns, Returns::Is(k) if k == data_type)) =>
                {
                    Scalar::of(data_type)
                }
                _ => Scalar::unknown(),
            };
        }
        self.make_call(function, &form, operands, span)
    }

    fn operator_mismatch(&mut self, function: &ScalarFunction, operands: &[Argument<'_>], span: Span) {
        let shown = function.spelling();
        let named: Vec<&str> =
            operands.iter().take(MAX_NAMED_OPERANDS).map(|it| type_name(it.scalar.data_type)).collect();
        let more = if operands.len() > named.len() { " and others" } else { "" };
        let types = format!("{}{more}", named.join(" and "));
        let mut diagnostic = Diagnostic::error(
            Code::OperatorTypes,
            span,
            format!("the operator '{shown}' is not defined for {types}"),
        );
        for operand in operands.iter().take(MAX_NAMED_OPERANDS) {
            diagnostic = diagnostic.also(operand.span(span), type_name(operand.scalar.data_type));
        }
        let data_types: Vec<ScalarType> = operands.iter().filter_map(|it| it.scalar.data_type).collect();
        let written: Vec<_> = operands.iter().map(|it| (it.ast, it.scalar.data_type)).collect();
        let diagnostic = super::lessons::of_operands(&diagnostic, &written, |types| {
            let wanted: Vec<ArgumentType> =
                types.iter().map(|it| ArgumentType { data_type: Some(*it), star: false }).collect();
            resolve_complete(function.signatures, &wanted).is_some()
        })
        .unwrap_or_else(|| {
            if let Some(help) = function.type_help.and_then(|help| help(&data_types)) {
                diagnostic.help(help)
            } else if data_types.contains(&ScalarType::String) && operands.len() == 2 {
                diagnostic.help("convert one side: tostring(…), tolong(…), todatetime(…)")
            } else {
                diagnostic
            }
        });
        self.report(diagnostic);
    }

    /// The call itself, once the form is chosen.
    pub(super) fn make_call(
        &mut self,
        function: &FunctionRef,
        form: &Match<'_>,
        arguments: Vec<Argument<'_>>,
        span: Span,
    ) -> Scalar {
        let data_types: Vec<_> = arguments.iter().map(|it| it.scalar.data_type).collect();
        let returns: Option<Vec<ScalarType>> = match form.form.returns {
            Returns::Rule(_) | Returns::Columns(_) => infos(&arguments, self)
                .and_then(|infos| form.columns(&as_info(&infos)))
                .map(|columns| columns.into_iter().map(|(_, data_type)| data_type).collect()),
            _ => {
                let last = arguments.last().and_then(|it| it.scalar.constant());
                form.return_type(&data_types, last).map(|data_type| vec![data_type])
            }
        };
        match returns {
            Some(returns) if !data_types.contains(&None) => {
                let call = Expr::Call {
                    function: function.clone(),
                    arguments: arguments.into_iter().map(|it| it.scalar.expr).collect(),
                    returns: returns.into(),
                    output: 0,
                    span,
                    unfoldable: false,
                };
                self.note_lookback(&call);
                Scalar::new(call)
            }
            Some(returns) => returns.first().map_or_else(Scalar::unknown, |data_type| Scalar::of(*data_type)),
            None => Scalar::unknown(),
        }
    }

    /// A call of a function by name, for what the binder itself puts in.
    pub(super) fn call_builtin(&mut self, name: &'static str, arguments: Vec<Scalar>, span: Span) -> Scalar {
        let Some(function) = self.registry.scalar(name) else {
            self.unsupported(span, "function", name);
            return Scalar::unknown();
        };
        self.call_function(function, arguments, span)
    }

    /// A call of a function that no query can name.
    pub(super) fn call_internal(&mut self, name: &'static str, arguments: Vec<Scalar>, span: Span) -> Scalar {
        match self.registry.internal(name) {
            Some(function) => self.call_function(function, arguments, span),
            None => {
                self.unsupported(span, "function", name);
                Scalar::unknown()
            }
        }
    }

    /// A call of a function that the binder itself puts in.
    pub(super) fn call_function(
        &mut self,
        function: &FunctionRef,
        arguments: Vec<Scalar>,
        span: Span,
    ) -> Scalar {
        if arguments.iter().any(|it| it.data_type.is_none()) {
            return Scalar::unknown();
        }
        let arguments: Vec<_> =
            arguments.into_iter().map(|scalar| Argument { scalar, ast: None, star: false }).collect();
        match resolve_complete(function.signatures(), &types(&arguments)) {
            Some(form) => self.make_call(function, &form, arguments, span),
            None => {
                self.operator_mismatch(function, &arguments, span);
                Scalar::unknown()
            }
        }
    }

    fn bind_path(&mut self, it: &ast::PathExpression, context: ExprScope<'_>) -> Any {
        if let ast::Expression::Name(side) = &it.target
            && let Some(columns) = match side.text.as_str() {
                "$left" => context.row.filter(|_| context.right.is_some()),
                "$right" => context.right,
                _ => None,
            }
        {
            return Any::Scalar(self.bind_side(&it.selector, columns));
        }
        if let ast::Expression::Call(call) = &it.target
            && let Some(Local::Pattern(pattern)) = context.env.find(&call.name.text)
        {
            return self.bind_pattern(&pattern, call, Some(&it.selector), context);
        }
        if self.is_database_path(&it.target, context.env) {
            return self.bind_database_path(it, context);
        }
        if let ast::Expression::Name(name) = &it.target
            && let Some(Local::Step(step)) = context.env.find(&name.text)
        {
            return Any::Scalar(self.bind_step_column(name, &it.selector, &step));
        }
        let target = match self.bind_any(&it.target, context) {
            Any::Scalar(scalar) => scalar,
            Any::Table(rows) => {
                if !rows.columns.open {
                    self.error(Code::ExpectedScalar, it.target.span(), "a table has no members; use project");
                }
                return Any::Scalar(Scalar::unknown());
            }
        };
        let key = match &it.selector {
            ast::Expression::Name(name) => Value::string(&name.text),
            ast::Expression::Missing(_) => return Any::Scalar(Scalar::unknown()),
            other => {
                let message = "the name of a member is expected after the dot";
                let diagnostic = Diagnostic::error(Code::NotAllowedHere, other.span(), message);
                self.report(super::lessons::of_method(diagnostic, it, self.registry));
                return Any::Scalar(Scalar::unknown());
            }
        };
        match target.data_type {
            None => return Any::Scalar(Scalar::unknown()),
            Some(ScalarType::Dynamic) => {}
            Some(data_type) => {
                let message = format!("a value of type {data_type} has no member '{key}'");
                let diagnostic = Diagnostic::error(Code::UnknownName, it.selector.span(), message);
                let habit = key.as_str().and_then(crate::syntax::habits::function);
                let diagnostic = if let Some(habit) = habit {
                    diagnostic.help(habit.lesson)
                } else if data_type == ScalarType::String {
                    diagnostic.help("parse_json(…) reads JSON text, so that its members can be named")
                } else {
                    diagnostic
                };
                self.report(diagnostic);
                return Any::Scalar(Scalar::unknown());
            }
        }
        let key = Scalar::new(Expr::literal(key, ScalarType::String));
        Any::Scalar(self.call_builtin(".", vec![target, key], it.selector.span()))
    }

    /// `s1.Column`: what a step of `scan` remembers.
    fn bind_step_column(
        &mut self,
        name: &ast::Name,
        selector: &ast::Expression,
        step: &StepColumns,
    ) -> Scalar {
        self.refers(ReferenceKind::Variable, &name.text, name.at.0);
        if step.is_ahead {
            self.unsupported(name.at.0, "scan", "with a step that reads a later one");
            return Scalar::unknown();
        }
        let env = Env::default();
        let scope = ExprScope { row: Some(&step.columns), ..ExprScope::new(&env) };
        let found = self.expect_column(selector, scope);
        match found.and_then(|index| Some((index, step.columns.list.get(index)?.data_type?))) {
            Some((index, data_type)) => Scalar::new(Expr::column(step.first + index, data_type)),
            None => Scalar::unknown(),
        }
    }

    fn bind_side(&mut self, selector: &ast::Expression, columns: &Columns) -> Scalar {
        let found =
            self.expect_column(selector, ExprScope { row: Some(columns), ..ExprScope::new(&Env::default()) });
        match found.and_then(|index| Some((index, columns.list.get(index)?.data_type?))) {
            Some((index, data_type)) => Scalar::new(Expr::column(index, data_type)),
            None => Scalar::unknown(),
        }
    }

    fn bind_element(&mut self, it: &ast::ElementExpression, context: ExprScope<'_>) -> Scalar {
        if let ast::Expression::Name(side) = &it.target
            && let ast::Expression::Literal(literal) = &it.index
            && context.right.is_some()
            && matches!(side.text.as_str(), "$left" | "$right")
        {
            let name = ast::Name { text: literal.value.clone(), bracketed: true, at: literal.at };
            let columns = if side.text == "$left" { context.row } else { context.right };
            if let Some(columns) = columns {
                return self.bind_side(&ast::Expression::Name(name), columns);
            }
        }
        let target = self.bind_scalar(&it.target, context);
        let index = self.bind_scalar(&it.index, context);
        if let (Expr::Call { function, arguments, returns, span, .. }, ast::Expression::Call(_)) =
            (&target.expr, it.target.unparenthesised())
            && returns.len() > 1
        {
            // A call that gives several columns: the number picks one of them.
            let place = index.constant().and_then(Value::as_long).and_then(|at| usize::try_from(at).ok());
            let Some(output) = place.filter(|place| *place < returns.len()) else {
                if index.data_type.is_some() {
                    let message = format!("a constant from 0 to {} is expected here", returns.len() - 1);
                    self.error(Code::ExpectedConstant, it.index.span(), message);
                }
                return Scalar::unknown();
            };
            return Scalar::new(Expr::Call {
                function: function.clone(),
                arguments: arguments.clone(),
                returns: returns.clone(),
                output,
                span: *span,
                unfoldable: false,
            });
        }
        match (target.data_type, index.data_type) {
            (None, _) | (_, None) => Scalar::unknown(),
            (Some(ScalarType::Dynamic), Some(_)) => {
                let span = it.index.span();
                self.operator("[]", vec![argument(target, &it.target), argument(index, &it.index)], span)
            }
            (Some(data_type), _) => {
                self.error(
                    Code::ExpectedType,
                    it.target.span(),
                    format!("a value of type {data_type} has no elements"),
                );
                Scalar::unknown()
            }
        }
    }
}

/// An operand with the text it stands for.
pub(super) const fn argument<'q>(scalar: Scalar, ast: &'q ast::Expression) -> Argument<'q> {
    Argument { scalar, ast: Some(ast), star: matches!(ast, ast::Expression::Star(_)) }
}

fn ast_span(operands: &[ast::Expression]) -> Span {
    operands.first().map(ast::Expression::span).unwrap_or_default()
}

/// What `Returns` rules ask about the arguments, owned.
pub(super) fn infos(
    arguments: &[Argument<'_>],
    binder: &Binder<'_>,
) -> Option<Vec<(ScalarType, String, Option<Value>)>> {
    arguments
        .iter()
        .map(|argument| {
            let name = argument.ast.and_then(|ast| binder.inferred_name(ast, None)).unwrap_or_default();
            let constant = binder.folder.fold(argument.scalar.expr.clone()).as_literal().cloned();
            Some((argument.scalar.data_type?, name, constant))
        })
        .collect()
}

/// The same, borrowed.
pub(super) fn as_info(infos: &[(ScalarType, String, Option<Value>)]) -> Vec<ArgumentInfo<'_>> {
    infos
        .iter()
        .map(|(data_type, name, constant)| ArgumentInfo {
            data_type: *data_type,
            name,
            constant: constant.as_ref(),
        })
        .collect()
}

/// An expression that names one of the shared parts of a plan.
impl Binder<'_> {
    /// The rows as a shared part: computed once a run, however often they are read.
    pub(super) fn share(&mut self, rows: Rows) -> Rows {
        if matches!(
            rows.plan.node,
            crate::plan::Node::Shared { .. }
                | crate::plan::Node::Scan { .. }
                | crate::plan::Node::Outer { .. }
                | crate::plan::Node::Values { .. }
        ) {
            return rows;
        }
        let key = Arc::as_ptr(&rows.plan) as usize;
        let plan = match self.shared.get(&key) {
            Some(plan) => plan.clone(),
            None => {
                let id = self.next_shared;
                self.next_shared += 1;
                let plan = Self::plan(
                    crate::plan::Node::Shared { input: rows.plan.clone(), id },
                    &rows.columns,
                    Span::default(),
                );
                self.shared.insert(key, plan.clone());
                plan
            }
        };
        Rows { plan, ..rows }
    }
}
