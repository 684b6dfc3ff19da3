//! Statements: `let`, `set`, `declare`, `alias`, `restrict`, and queries, separated by `;`.

use super::entity::wildcard_entity;
use super::expr::{expression, function_call, materialize_expression, more_operators, unnamed_expression};
use super::input::{
    ListShape, Res, Tokens, absent, comma_list, keyword, list, longest, missing_expr, need, need_expr,
    need_keyword, optional, token,
};
use super::literal::literal;
use super::name::{name_reference, need_name, scan_extended_name, scan_name, word_name};
use super::schema::{missing_name_and_type, name_and_type, parameter_name_and_type};
use super::source::with_properties;
use crate::diagnostic::{Code, Diagnostic};
use crate::syntax::ast::{
    AliasStatement, At, EntityGroupExpression, Expression, FunctionDeclaration, FunctionParameter,
    LetStatement, LetValue, NameAndType, ParameterType, PatternDefinition, PatternMatch, PatternStatement,
    PipeExpression, QueryBlock, QueryParametersStatement, RestrictStatement, SetOptionStatement, Statement,
};
use crate::syntax::expected::Expected;
use crate::syntax::token::TokenKind;

/// The whole text. What cannot be read is passed over up to the next pipe or semicolon.
pub(super) fn query_block(i: Tokens<'_>) -> QueryBlock {
    let (mut i, _) = list(i, token(TokenKind::Directive));
    let mut statements = Vec::new();
    if i.kind() == TokenKind::Dot {
        let word = i.text(i.peek(1));
        i.report(Diagnostic::unsupported(i.peek(0).span, "management command", &format!(".{word}")));
        return QueryBlock { statements };
    }
    loop {
        let (after, more) = statement_list(i);
        statements.extend(more);
        if after.kind() == TokenKind::End {
            return QueryBlock { statements };
        }
        after.refuse_rest("the statement");
        if after.is_full() {
            // What would be found wrong in the rest would not be told.
            return QueryBlock { statements };
        }
        i = resume(after, &mut statements);
    }
}

/// Goes on behind a fragment that was not understood: at the next operator, or behind the next semicolon.
fn resume<'p>(i: Tokens<'p>, statements: &mut [Statement]) -> Tokens<'p> {
    let mut i = i;
    loop {
        match i.kind() {
            TokenKind::End => {
                i.expects_nothing_more();
                return i;
            }
            TokenKind::Semicolon => return i.skip(1),
            TokenKind::Bar => {
                let mut operators = Vec::new();
                i = more_operators(i, &mut operators);
                if let Some(Statement::Expression(last)) = statements.last_mut() {
                    let at = i.since_span(last.span());
                    match last {
                        Expression::Pipe(pipe) => pipe.operators.append(&mut operators),
                        other => {
                            let source = std::mem::replace(other, Expression::Missing(At::default()));
                            let pipe = PipeExpression { source: Some(source), operators, at };
                            *other = Expression::Pipe(Box::new(pipe));
                        }
                    }
                }
            }
            _ => i = i.skip(1),
        }
    }
}

/// The most statements of a text that give a table: each one is bound to a plan of its own.
const MAX_ANSWERS: usize = 10_000;

/// Statements with semicolons between them; the last needs none.
pub(super) fn statement_list(mut i: Tokens<'_>) -> (Tokens<'_>, Vec<Statement>) {
    let mut all = Vec::new();
    let Ok((after, mut last)) = statement(i) else { return (i, all) };
    i = after;
    // The last statement is a word behind one that is not ended: the next word belongs to the same mistake.
    let mut stray = false;
    loop {
        if matches!(last, Statement::Expression(_)) && i.count_answer() > MAX_ANSWERS {
            let message = format!("the query has more than {MAX_ANSWERS} statements that give a table");
            return (i.give_up(Code::TooLong, &message, "run them in several parts"), all);
        }
        if i.is_full() {
            // As in `query_block`.
            all.push(last);
            return (i, all);
        }
        if i.kind() == TokenKind::Semicolon {
            stray = false;
            i = i.skip(1);
            all.push(last);
            match statement(i) {
                Ok((after, next)) => (i, last) = (after, next),
                Err(_) => return (i, all),
            }
            continue;
        }
        all.push(last);
        if i.kind() == TokenKind::End {
            return (i, all);
        }
        let mark = i.findings();
        match statement(i) {
            Ok((after, next)) => {
                let later = i.take_findings(mark);
                if !stray {
                    not_ended(i, all.last());
                }
                stray = matches!(next, Statement::Expression(Expression::Name(_)));
                i.put_findings(later);
                (i, last) = (after, next);
            }
            Err(_) => return (i, all),
        }
    }
}

/// Records that a statement goes on with something else than a pipe or a semicolon.
fn not_ended(i: Tokens<'_>, last: Option<&Statement>) {
    let next = i.text(i.peek(0));
    let word = match last {
        Some(Statement::Expression(Expression::Name(name))) => name.text.as_str(),
        _ => "",
    };
    let help = if matches!(last, Some(Statement::Let(_) | Statement::QueryParameters(_))) {
        Some("a statement before the query ends with ';'".to_owned())
    } else if word.eq_ignore_ascii_case("select") {
        Some("a query begins with its table: T | where … | project …".to_owned())
    } else if i.last_text() == "not" {
        Some("'not' is a function: not(…)".to_owned())
    } else if super::operator::is_operator(next) {
        Some(format!("an operator follows a pipe: | {next}"))
    } else {
        None
    };
    i.expected_with("';' or '|'", help);
}

/// One statement.
pub(super) fn statement(i: Tokens<'_>) -> Res<'_, Statement> {
    let token = i.peek(0);
    if token.is_keyword() {
        match i.text(token) {
            "alias" if i.is_keyword(1, "database") => return alias_statement(i),
            "let" if scan_name(i, 1).is_some() => return let_statement(i),
            "set" => return set_option_statement(i),
            "declare" if i.is_keyword(1, "pattern") => return pattern_statement(i),
            "declare" if i.is_keyword(1, "query_parameters") => return query_parameters_statement(i),
            "restrict" if i.is_keyword(1, "access") => return restrict_statement(i),
            // What these begin cannot be told from a name yet.
            "let" | "declare" if i.wants_expected_behind(1) => {
                if i.text(token) == "declare" {
                    i.expects(1, Expected::Keyword("pattern"));
                    i.expects(1, Expected::Keyword("query_parameters"));
                }
                i.expects_nothing_more();
                return absent();
            }
            _ => {}
        }
    }
    i.expects(0, Expected::Statement);
    let (i, it) = expression(i)?;
    Ok((i, Statement::Expression(it)))
}

/// `alias database name = expression`
fn alias_statement(i: Tokens<'_>) -> Res<'_, Statement> {
    let (i, start) = keyword("alias")(i)?;
    let i = need_keyword(i, "database");
    let (i, name) = need_name(i);
    let i = need(i, TokenKind::Equal, "=");
    let (i, value) = need_expr(i, unnamed_expression);
    Ok((i, Statement::Alias(AliasStatement { name, value, at: i.since(start) })))
}

/// `let name = value`
fn let_statement(i: Tokens<'_>) -> Res<'_, Statement> {
    let (i, start) = keyword("let")(i)?;
    let (i, name) = need_name(i);
    let i = need(i, TokenKind::Equal, "=");
    let (i, value) = let_value(i);
    Ok((i, Statement::Let(LetStatement { name, value, at: i.since(start) })))
}

fn let_value(i: Tokens<'_>) -> (Tokens<'_>, LetValue) {
    if let Ok((i, it)) = materialize_expression(i).or_else(|_| entity_group(i)) {
        return (i, LetValue::Expression(it));
    }
    if is_function_declaration(i)
        && let Ok((i, it)) = i.nested(function_declaration, empty_function)
    {
        return (i, LetValue::Function(it));
    }
    let (i, it) = need_expr(i, expression);
    (i, LetValue::Expression(it))
}

fn is_function_declaration(i: Tokens<'_>) -> bool {
    let at = usize::from(i.is_keyword(0, "view"));
    if i.peek(at).kind != TokenKind::OpenParen {
        return false;
    }
    matches!(i.peek(at + 1).kind, TokenKind::CloseParen | TokenKind::Star)
        || scan_extended_name(i, at + 1).is_some_and(|count| i.peek(at + 1 + count).kind == TokenKind::Colon)
}

fn empty_function(i: Tokens<'_>) -> FunctionDeclaration {
    let at = At(i.gap());
    FunctionDeclaration { view: false, parameters: Vec::new(), statements: Vec::new(), body: None, at }
}

/// `[view] (parameters) { body }`
fn function_declaration(i: Tokens<'_>) -> Res<'_, FunctionDeclaration> {
    let start = i.peek(0);
    let (i, view) = optional(i, keyword("view"));
    let (i, parameters) = match token(TokenKind::OpenParen)(i) {
        Ok((i, _)) => {
            let (i, all) = comma_list(i, ListShape::ANY, function_parameter, missing_function_parameter);
            (need(i, TokenKind::CloseParen, ")"), all)
        }
        Err(_) => {
            i.expected("'('");
            (i, Vec::new())
        }
    };
    let (i, (statements, body)) = match token(TokenKind::OpenBrace)(i) {
        Ok((i, _)) => function_body(i, body_statement),
        Err(_) => {
            i.expected("'{'");
            (i, (Vec::new(), None))
        }
    };
    let view = view.is_some();
    Ok((i, FunctionDeclaration { view, parameters, statements, body, at: i.since(start) }))
}

/// A function that is the whole text.
pub(super) fn whole_function(i: Tokens<'_>) -> FunctionDeclaration {
    let (i, function) = function_declaration(i).unwrap_or_else(|_| (i, empty_function(i)));
    i.refuse_rest("the function");
    function
}

type Body = (Vec<Statement>, Option<Box<Expression>>);

/// Statements, a result, and the closing brace.
fn function_body<'p>(i: Tokens<'p>, element: fn(Tokens<'p>) -> Res<'p, Statement>) -> (Tokens<'p>, Body) {
    let (i, statements) = list(i, element);
    let (i, body) = optional(i, expression);
    let i = if i.kind() == TokenKind::Semicolon { i.skip(1) } else { i };
    (need(i, TokenKind::CloseBrace, "}"), (statements, body.map(Box::new)))
}

/// A statement within a function's body.
fn body_statement(i: Tokens<'_>) -> Res<'_, Statement> {
    let (i, it) = let_statement(i).or_else(|_| query_parameters_statement(i))?;
    Ok((need(i, TokenKind::Semicolon, ";"), it))
}

/// `name: type [= literal]`
pub(super) fn function_parameter(i: Tokens<'_>) -> Res<'_, FunctionParameter> {
    let (i, (name, data_type)) = parameter_name_and_type(i)?;
    let (i, default) = match token(TokenKind::Equal)(i) {
        Ok((i, _)) => {
            let (i, it) = need_expr(i, default_value);
            (i, Some(it))
        }
        Err(_) => (i, None),
    };
    Ok((i, FunctionParameter { name, data_type, default }))
}

fn default_value(i: Tokens<'_>) -> Res<'_, Expression> {
    literal(i).or_else(|_| {
        let token = i.peek(0);
        if token.is_name() { Ok((i.skip(1), Expression::Name(word_name(i, token)))) } else { absent() }
    })
}

/// Records that a parameter is missing.
pub(super) fn missing_function_parameter(i: Tokens<'_>) -> FunctionParameter {
    let NameAndType { name, data_type } = missing_name_and_type(i);
    FunctionParameter { name, data_type: ParameterType::Scalar(data_type), default: None }
}

/// `entity_group […]` or `entity_group("name")`
pub(super) fn entity_group(i: Tokens<'_>) -> Res<'_, Expression> {
    if !i.is_keyword(0, "entity_group") {
        return absent();
    }
    if let Ok((i, call)) = function_call(i) {
        return Ok((i, Expression::Call(call)));
    }
    let start = i.peek(0);
    let i = need(i.skip(1), TokenKind::OpenBracket, "[");
    let (i, entities) = comma_list(i, ListShape::SOME, unnamed_expression, missing_expr);
    let i = need(i, TokenKind::CloseBracket, "]");
    Ok((i, Expression::EntityGroup(EntityGroupExpression { entities, at: i.since(start) })))
}

/// `set name [= value]`
fn set_option_statement(i: Tokens<'_>) -> Res<'_, Statement> {
    let (i, start) = keyword("set")(i)?;
    let (i, name) = need_name(i);
    let (i, value) = match token(TokenKind::Equal)(i) {
        Ok((i, _)) => {
            let (i, it) = need_expr(i, unnamed_expression);
            (i, Some(it))
        }
        Err(_) => (i, None),
    };
    Ok((i, Statement::Set(SetOptionStatement { name, value, at: i.since(start) })))
}

/// `declare query_parameters(a: long = 1, …)`
fn query_parameters_statement(i: Tokens<'_>) -> Res<'_, Statement> {
    let (i, start) = keyword("declare")(i)?;
    let i = need_keyword(i, "query_parameters");
    let i = need(i, TokenKind::OpenParen, "(");
    let (i, parameters) = comma_list(i, ListShape::SOME, function_parameter, missing_function_parameter);
    let i = need(i, TokenKind::CloseParen, ")");
    Ok((i, Statement::QueryParameters(QueryParametersStatement { parameters, at: i.since(start) })))
}

/// `restrict access to (…)`
fn restrict_statement(i: Tokens<'_>) -> Res<'_, Statement> {
    let (i, start) = keyword("restrict")(i)?;
    let i = need_keyword(i, "access");
    let i = need_keyword(i, "to");
    let i = need(i, TokenKind::OpenParen, "(");
    let entity = |i| longest(i, &mut [&mut wildcard_entity, &mut name_reference]);
    let (i, entities) = comma_list(i, ListShape::SOME, entity, missing_expr);
    let i = need(i, TokenKind::CloseParen, ")");
    let (i, properties) = with_properties(i);
    Ok((i, Statement::Restrict(RestrictStatement { entities, properties, at: i.since(start) })))
}

/// `declare pattern name [= (parameters) [path] { matches }]`
fn pattern_statement(i: Tokens<'_>) -> Res<'_, Statement> {
    let (i, start) = keyword("declare")(i)?;
    let (i, _) = keyword("pattern")(i)?;
    let (i, name) = need_name(i);
    let (i, definition) = match token(TokenKind::Equal)(i) {
        Ok((i, _)) => {
            let (i, it) = pattern_definition(i);
            (i, Some(it))
        }
        Err(_) => (i, None),
    };
    Ok((i, Statement::Pattern(PatternStatement { name, definition, at: i.since(start) })))
}

fn pattern_definition(i: Tokens<'_>) -> (Tokens<'_>, PatternDefinition) {
    let i = need(i, TokenKind::OpenParen, "(");
    let (i, parameters) = comma_list(i, ListShape::ANY, name_and_type, missing_name_and_type);
    let i = need(i, TokenKind::CloseParen, ")");
    let (i, path) = match token(TokenKind::OpenBracket)(i) {
        Ok((i, _)) => {
            let (i, it) = name_and_type(i).unwrap_or_else(|_| (i, missing_name_and_type(i)));
            (need(i, TokenKind::CloseBracket, "]"), Some(it))
        }
        Err(_) => (i, None),
    };
    let i = need(i, TokenKind::OpenBrace, "{");
    let (i, matches) = list(i, |i| i.nested(pattern_match, empty_match));
    if matches.is_empty() {
        i.missing(Code::Expected, "a match such as (\"a\") = { … };");
    }
    (need(i, TokenKind::CloseBrace, "}"), PatternDefinition { parameters, path, matches })
}

fn empty_match(_: Tokens<'_>) -> PatternMatch {
    PatternMatch { values: Vec::new(), path: None, statements: Vec::new(), body: None }
}

/// `(values)[.[path]] = { body };`
fn pattern_match(i: Tokens<'_>) -> Res<'_, PatternMatch> {
    let (i, _) = token(TokenKind::OpenParen)(i)?;
    let (i, values) = comma_list(i, ListShape::SOME, unnamed_expression, |i| {
        i.missing(Code::Expected, "a string");
        Expression::Missing(At(i.gap()))
    });
    let i = need(i, TokenKind::CloseParen, ")");
    let (i, path) = match token(TokenKind::Dot)(i) {
        Ok((i, _)) => {
            let i = need(i, TokenKind::OpenBracket, "[");
            let (i, it) = literal(i).unwrap_or_else(|_| {
                i.missing(Code::Expected, "a string");
                (i, Expression::Missing(At(i.gap())))
            });
            (need(i, TokenKind::CloseBracket, "]"), Some(it))
        }
        Err(_) => (i, None),
    };
    let i = need(i, TokenKind::Equal, "=");
    let i = need(i, TokenKind::OpenBrace, "{");
    let (i, (statements, body)) = function_body(i, |i| {
        let (i, it) = let_statement(i)?;
        Ok((need(i, TokenKind::Semicolon, ";"), it))
    });
    let i = need(i, TokenKind::Semicolon, ";");
    Ok((i, PatternMatch { values, path, statements, body }))
}
