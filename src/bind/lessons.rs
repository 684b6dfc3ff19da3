//! What is said beside a semantic error to whoever writes as in another language. It must not know how errors are found,
//! and makes none.

use super::binder::Binder;
use super::scalar::Scalar;
use super::scope::Columns;
use crate::diagnostic::{Code, Diagnostic, Fix};
use crate::function::{Registry, ScalarFunction, Signature};
use crate::source::{Edit, Span};
use crate::syntax::ast::{self, BinaryOperator, Expression, LiteralKind};
use crate::syntax::habits::{self, Habit};
use crate::types::{DateTime, ScalarType, TimeSpan, Value};

/// The longest replacement that is shown.
const MAX_SHOWN: usize = 160;

/// Adds what a habit teaches, with the change that it makes of the primary place.
fn taught(diagnostic: Diagnostic, habit: &Habit) -> Diagnostic {
    let span = diagnostic.span();
    match habit.fix {
        Some(fix) => diagnostic.help(habit.lesson).fix(format!("write {fix}"), span, fix),
        None => diagnostic.help(habit.lesson),
    }
}

/// Puts a line of help before the others.
fn first_help(mut diagnostic: Diagnostic, help: impl Into<String>) -> Diagnostic {
    diagnostic.help.insert(0, help.into());
    diagnostic
}

/// Adds a change of the text, told in the first line of help but one.
fn with_fix(mut diagnostic: Diagnostic, span: Span, text: String) -> Diagnostic {
    let title = format!("write {text}");
    if title.len() <= MAX_SHOWN {
        let at = diagnostic.help.len().min(1);
        diagnostic.help.insert(at, title.clone());
        diagnostic.fixes.insert(0, Fix { title, edits: vec![Edit::new(span, text)] });
    }
    diagnostic
}

/// A name without case and underscores, as which functions of different styles are the same.
fn squashed(name: &str) -> String {
    name.chars().filter(|c| *c != '_').flat_map(char::to_lowercase).collect()
}

/// The function that a name of another style means: `ToUpper`, `to_string`.
fn same_function<'r>(registry: &'r Registry, name: &str) -> Option<&'r str> {
    let wanted = squashed(name);
    registry.scalar_names().chain(registry.aggregate_names()).find(|known| squashed(known) == wanted)
}

/// A function takes so many arguments.
fn takes_count(registry: &Registry, name: &str, count: usize) -> bool {
    let fits = |it: &Signature| (it.min_arguments()..=it.max_arguments()).contains(&count);
    registry.scalar(name).is_some_and(|it| it.signatures().iter().any(fits))
        || registry.aggregate(name).is_some_and(|it| it.signatures.iter().any(fits))
}

/// Teaches about the name of a function that is not there; `None` where nothing is known of it.
pub(super) fn of_function(
    diagnostic: &Diagnostic,
    call: &ast::FunctionCall,
    registry: &Registry,
) -> Option<Diagnostic> {
    let name = &call.name.text;
    if let Some(known) = same_function(registry, name) {
        return Some(diagnostic.clone().did_you_mean(known, known));
    }
    let habit = habits::function(name)?;
    let is_same = |fix| takes_count(registry, fix, call.arguments.len());
    Some(taught(diagnostic.clone(), &Habit { fix: habit.fix.filter(|fix| is_same(fix)), ..*habit }))
}

/// Teaches about a name that stands for no value; `None` where nothing is known of it.
pub(super) fn of_value(diagnostic: &Diagnostic, name: &str) -> Option<Diagnostic> {
    let habit = habits::value(name).or_else(|| habits::number_with_unit(name))?;
    Some(taught(diagnostic.clone(), habit))
}

/// A value as it is written where another type is wanted, and why.
fn rewritten(ast: &Expression, wanted: Option<ScalarType>) -> Option<(&'static str, String)> {
    match ast.unparenthesised() {
        Expression::Literal(literal) if literal.kind == LiteralKind::String => {
            of_text(&literal.value, wanted)
        }
        Expression::Literal(literal) if literal.kind == LiteralKind::Long => {
            let days = wanted == Some(ScalarType::TimeSpan);
            days.then(|| ("a length of time has a unit: 1d, 2h, 30m", format!("{}d", literal.text)))
        }
        // `2024-06-30` is a subtraction.
        Expression::Binary(day) if wanted == Some(ScalarType::DateTime) => {
            let Expression::Binary(month) = &day.left else { return None };
            let digits = |it: &Expression| match it {
                Expression::Literal(literal) if literal.kind == LiteralKind::Long => {
                    Some(literal.text.clone())
                }
                _ => None,
            };
            let is_date =
                day.operator == BinaryOperator::Subtract && month.operator == BinaryOperator::Subtract;
            let text = format!("{}-{}-{}", digits(&month.left)?, digits(&month.right)?, digits(&day.right)?);
            (is_date && DateTime::parse(&text).is_some())
                .then(|| ("a point in time is written datetime(2024-06-30)", format!("datetime({text})")))
        }
        _ => None,
    }
}

/// The same of a text.
fn of_text(text: &str, wanted: Option<ScalarType>) -> Option<(&'static str, String)> {
    let is_wanted = |data_type: ScalarType| wanted.is_none_or(|it| it == data_type);
    let is_span =
        text.ends_with(|c: char| c.is_ascii_alphabetic()) && text.starts_with(|c: char| c.is_ascii_digit());
    if text.parse::<f64>().is_ok() && wanted.is_none_or(ScalarType::is_number) {
        return Some(("a number stands without quotes", text.to_owned()));
    }
    if is_span
        && TimeSpan::parse(text).is_some()
        && wanted.is_none_or(|it| it == ScalarType::TimeSpan || it == ScalarType::DateTime)
    {
        return Some(("a length of time stands without quotes: 1d, 2h, 30m", text.to_owned()));
    }
    if is_wanted(ScalarType::DateTime) && DateTime::parse(text).is_some() {
        return Some(("a point in time is written datetime(2024-06-30)", format!("datetime({text})")));
    }
    if is_wanted(ScalarType::Bool) && matches!(text, "true" | "false") {
        return Some(("a bool stands without quotes", text.to_owned()));
    }
    None
}

/// An operand or argument: as it is written, and its type.
pub(super) type Written<'q> = (Option<&'q Expression>, Option<ScalarType>);

/// Teaches about operands of types that do not go together; `takes` says which types the operator takes.
/// `None` where nothing is known.
pub(super) fn of_operands(
    diagnostic: &Diagnostic,
    operands: &[Written<'_>],
    takes: impl Fn(&[ScalarType]) -> bool,
) -> Option<Diagnostic> {
    let types: Option<Vec<ScalarType>> = operands.iter().map(|(_, data_type)| *data_type).collect();
    let mut types = types?;
    // What the others are of is wanted of those that are texts or bare numbers.
    let is_value = |(ast, _): &Written<'_>| {
        ast.is_some_and(|ast| matches!(ast.unparenthesised(), Expression::Literal(_) | Expression::Binary(_)))
    };
    let is_plain =
        |(_, data_type): &Written<'_>| matches!(data_type, Some(ScalarType::String | ScalarType::Long));
    let model =
        operands.iter().position(|it| !is_value(it)).or_else(|| operands.iter().position(|it| !is_plain(it)));
    let model = model?;
    let wanted = types.get(model).copied()?;
    let mut edits: Vec<Edit> = Vec::new();
    let mut told = None;
    for (at, (ast, _)) in operands.iter().enumerate() {
        let (Some(ast), true) = (ast, at != model) else { continue };
        // A length of time goes with a time in sums and differences only.
        let mut with_span = types.clone();
        if let Some(it) = with_span.get_mut(at) {
            *it = ScalarType::TimeSpan;
        }
        let is_span = wanted == ScalarType::DateTime && takes(&with_span);
        let found = if is_span { rewritten(ast, Some(ScalarType::TimeSpan)) } else { None };
        let is_span = is_span && found.is_some();
        let Some((help, text)) = found.or_else(|| rewritten(ast, Some(wanted))) else { continue };
        let is_ago = wanted == ScalarType::DateTime && !is_span && !text.contains('(');
        let (help, text) = match is_ago {
            true => {
                ("a time so long ago is ago(1d), a fixed one datetime(2024-06-30)", format!("ago({text})"))
            }
            false => (help, text),
        };
        told.get_or_insert(help);
        edits.push(Edit::new(ast.span(), text));
        if let Some(it) = types.get_mut(at) {
            *it = if is_span { ScalarType::TimeSpan } else { wanted };
        }
    }
    let help = told.filter(|_| takes(&types))?;
    let mut diagnostic = first_help(diagnostic.clone(), help);
    Some(match &edits[..] {
        [edit] => with_fix(diagnostic, edit.span, edit.text.clone()),
        _ => {
            diagnostic.fixes.push(Fix { title: help.to_owned(), edits });
            diagnostic
        }
    })
}

/// Teaches about `f(a = b)` where a bool is wanted: it gives a name.
fn of_named(diagnostic: Diagnostic, argument: &Expression, wanted: Option<ScalarType>) -> Diagnostic {
    match argument {
        Expression::Named(it) if wanted == Some(ScalarType::Bool) => match &it.names[..] {
            [name] => {
                let between = Span { start: name.at.0.end, end: it.value.span().start };
                diagnostic.fix("'=' gives a name; '==' compares", between, " == ")
            }
            _ => diagnostic,
        },
        _ => diagnostic,
    }
}

/// Teaches about the arguments of a call: texts in place of times, numbers and lengths of time.
pub(super) fn of_arguments(
    diagnostic: Diagnostic,
    arguments: &[&Expression],
    wanted: Option<ScalarType>,
) -> Diagnostic {
    let known = arguments.iter().find_map(|ast| Some((ast.span(), rewritten(ast, wanted)?)));
    match (known, arguments) {
        (Some((span, (help, text))), _) => with_fix(first_help(diagnostic, help), span, text),
        (None, [argument]) => of_named(diagnostic, argument, wanted),
        (None, _) => diagnostic,
    }
}

/// Teaches about `x.f()`: functions are called with what they are of.
pub(super) fn of_method(diagnostic: Diagnostic, it: &ast::PathExpression, registry: &Registry) -> Diagnostic {
    let Expression::Call(call) = &it.selector else { return diagnostic };
    let name = &call.name.text;
    let habit = habits::function(name);
    let known = same_function(registry, name).or_else(|| habit.and_then(|habit| habit.fix));
    let Some(known) = known else {
        return match habit {
            Some(habit) => first_help(diagnostic, habit.lesson),
            None => first_help(diagnostic, format!("a function is called with what it is of: {name}(x)")),
        };
    };
    let mut arguments = vec![it.target.to_string()];
    arguments.extend(call.arguments.iter().map(ToString::to_string));
    let diagnostic = first_help(diagnostic, format!("a function is called with what it is of: {known}(x)"));
    let span = it.target.span().to(call.at.0);
    with_fix(diagnostic, span, format!("{known}({})", arguments.join(", ")))
}

/// Teaches about `or "b"` behind `x == "a"`: each side is a condition of its own. `None` where it is something else.
pub(super) fn of_alternatives(diagnostic: &Diagnostic, it: &ast::LogicalExpression) -> Option<Diagnostic> {
    let (first, rest) = it.operands.split_first()?;
    let Expression::Binary(comparison) = first.unparenthesised() else { return None };
    let is_value = |it: &Expression| matches!(it.unparenthesised(), Expression::Literal(_));
    if !rest.iter().any(is_value) {
        return None;
    }
    let word = if it.and { "and" } else { "or" };
    let help = format!("each side of '{word}' is a condition of its own");
    let mut diagnostic = diagnostic.clone();
    diagnostic.help.clear();
    let diagnostic = first_help(diagnostic, help);
    let list = match (comparison.operator, it.and) {
        (BinaryOperator::Equal, false) => Some("in"),
        (BinaryOperator::EqualTilde, false) => Some("in~"),
        (BinaryOperator::NotEqual, true) => Some("!in"),
        (BinaryOperator::NotTilde, true) => Some("!in~"),
        (BinaryOperator::Has, false) => Some("has_any"),
        _ => None,
    };
    let last = it.operands.last()?;
    if let Some(list) = list
        && rest.iter().all(is_value)
        && is_value(&comparison.right)
    {
        let values: Vec<String> = std::iter::once(&comparison.right)
            .chain(rest)
            .map(|it| it.unparenthesised().to_string())
            .collect();
        let text = format!("{} {list} ({})", comparison.left, values.join(", "));
        return Some(with_fix(diagnostic, first.span().to(last.span()), text));
    }
    Some(diagnostic)
}

/// What is wrong with a date, if its numbers show it.
pub(super) fn of_date(text: &str) -> Option<String> {
    let mut numbers =
        text.split(|c: char| !c.is_ascii_digit()).filter(|it| !it.is_empty()).map(str::parse::<u32>);
    let mut next = || numbers.next()?.ok();
    let (year, month, day) = (next()?, next()?, next()?);
    if !(1000..=9999).contains(&year) {
        return None;
    }
    if !(1..=12).contains(&month) {
        return Some(format!("there is no month {month}"));
    }
    let exists = i32::try_from(year).ok().and_then(|year| DateTime::from_ymd(year, month, day)).is_some();
    (!exists).then(|| format!("there is no day {day} in this month"))
}

impl Binder<'_> {
    /// Changes the last finding, if it is newer than the mark.
    fn change_last(&mut self, mark: usize, change: impl FnOnce(Diagnostic) -> Diagnostic) {
        if self.diagnostics.len() > mark
            && let Some(last) = self.diagnostics.pop()
        {
            self.diagnostics.push(change(last));
        }
    }

    /// Teaches about the right side of a comparison, where binding it found that its name is none: `null`, or a text
    /// without quotes.
    pub(super) fn teach_operand(&mut self, mark: usize, node: &ast::BinaryExpression, left: &Scalar) {
        let Expression::Name(name) = node.right.unparenthesised() else { return };
        let is_new = self.diagnostics.len() == mark + 1;
        if !is_new || self.diagnostics.last().is_none_or(|it| it.code != Code::UnknownName) {
            return;
        }
        let is_text = left.data_type == Some(ScalarType::String);
        let asks_null = habits::value(&name.text).is_some_and(|habit| habit.is_written("null"));
        let negated = match node.operator {
            BinaryOperator::Equal | BinaryOperator::EqualTilde => Some(false),
            BinaryOperator::NotEqual | BinaryOperator::NotTilde => Some(true),
            _ => None,
        };
        if asks_null && let Some(negated) = negated {
            let function = match (is_text, negated) {
                (true, false) => "isempty",
                (true, true) => "isnotempty",
                (false, false) => "isnull",
                (false, true) => "isnotnull",
            };
            let text = format!("{function}({})", node.left);
            let help = if is_text {
                "a text is never null, but it may be empty: isempty(x), isnotempty(x)"
            } else {
                "nothing equals null: isnull(x) and isnotnull(x) ask for it"
            };
            let span = node.left.span().to(node.right.span());
            self.change_last(mark, |mut it| {
                it.help = vec![help.to_owned()];
                it.fixes.clear();
                with_fix(it, span, text)
            });
        } else if is_text && !name.bracketed && habits::value(&name.text).is_none() {
            let (span, text) = (name.at.0, format!("\"{}\"", name.text));
            self.change_last(mark, |mut it| {
                let help = format!("a text stands in quotes: {text}");
                // A name of a column that is nearly this one is still the likelier meaning.
                let at = it.fixes.len().min(it.help.len());
                it.help.insert(at, help.clone());
                it.fixes.push(Fix { title: help, edits: vec![Edit::new(span, text)] });
                it
            });
        }
    }

    /// Teaches about the names in a list that are texts without quotes: one finding for all of them.
    pub(super) fn teach_list(&mut self, mark: usize, list: &[Expression], left: &Scalar) {
        let named = |it: &Diagnostic| {
            it.code == Code::UnknownName
                && list.iter().any(|item| matches!(item, Expression::Name(name) if name.at.0 == it.span()))
        };
        let new = self.diagnostics.get(mark..).unwrap_or_default();
        if left.data_type != Some(ScalarType::String) || new.is_empty() || !new.iter().all(named) {
            return;
        }
        let edits: Vec<Edit> = list
            .iter()
            .filter_map(|item| match item {
                Expression::Name(name) if new.iter().any(|it| it.span() == name.at.0) => {
                    Some(Edit::new(name.at.0, format!("\"{}\"", name.text)))
                }
                _ => None,
            })
            .collect();
        self.diagnostics.truncate(mark + 1);
        self.change_last(mark, |it| {
            let help = "texts stand in quotes: \"a\", \"b\"";
            let mut it = first_help(it, help);
            it.fixes.push(Fix { title: help.to_owned(), edits });
            it
        });
    }

    /// Teaches about a condition that `=` gives a name to, where something in it is wrong: `a = 1 and b == 2`.
    pub(super) fn teach_named(&mut self, mark: usize, it: &ast::NamedExpression) {
        let [name] = &it.names[..] else { return };
        let mine = |it: &Diagnostic| matches!(it.code, Code::OperatorTypes | Code::ExpectedType);
        if it.parenthesised || !self.diagnostics.get(mark).is_some_and(mine) {
            return;
        }
        self.diagnostics.truncate(mark + 1);
        let between = Span { start: name.at.0.end, end: it.value.span().start };
        self.change_last(mark, |mut it| {
            it.help.clear();
            it.fixes.clear();
            "'=' gives a name here and compares nothing".clone_into(&mut it.message);
            it.fix("'=' gives a name; '==' compares", between, " == ")
        });
    }

    /// Teaches about `project-rename old = new`: the new name stands first.
    pub(super) fn teach_rename(&mut self, mark: usize, it: &ast::NamedExpression, columns: &Columns) {
        let ([old], Expression::Name(new)) = (&it.names[..], &it.value) else { return };
        if columns.find(&old.text).is_some() {
            let text = format!("{new} = {old}");
            self.change_last(mark, |diagnostic| {
                let help = "the new name stands first: new = old";
                with_fix(first_help(diagnostic, help), it.at.0, text)
            });
        }
    }

    /// Teaches about a condition of a join whose columns do not say of which side they are: one finding for both.
    pub(super) fn teach_condition(&mut self, mark: usize, it: &ast::BinaryExpression) {
        let new = self.diagnostics.get(mark..).unwrap_or_default();
        let is_side = |it: &Diagnostic| it.code == Code::JoinCondition;
        if new.len() != 2 || !new.iter().all(is_side) {
            return;
        }
        let name = |side: &Expression| match side.unparenthesised() {
            Expression::Name(name) => Some(name.to_string()),
            Expression::Path(path) => Some(path.selector.to_string()),
            _ => None,
        };
        let (Some(left), Some(right)) = (name(&it.left), name(&it.right)) else { return };
        self.diagnostics.truncate(mark + 1);
        let span = it.left.span().to(it.right.span());
        let text = if left == right { left } else { format!("$left.{left} == $right.{right}") };
        self.change_last(mark, |diagnostic| with_fix(diagnostic, span, text));
    }

    /// Takes the findings about words of time away that stand as arguments of a function that is not there: another
    /// language has them there.
    pub(super) fn drop_words_of_time(&mut self, mark: usize, call: &ast::FunctionCall) {
        let is_word = |it: &Diagnostic| {
            it.code == Code::UnknownName
                && call.arguments.iter().any(|argument| {
                    matches!(argument, Expression::Name(name)
                        if name.at.0 == it.span() && habits::value(&name.text).is_some())
                })
        };
        let new = self.diagnostics.split_off(mark.min(self.diagnostics.len()));
        self.diagnostics.extend(new.into_iter().filter(|it| !is_word(it)));
    }

    /// Warns of an equality with a null, which nothing equals, not even a null. That something differs from a null holds where
    /// it is not null, as it may well be meant.
    pub(super) fn warn_of_null(&mut self, node: &ast::BinaryExpression, left: &Scalar, right: &Scalar) {
        let is_null = |scalar: &Scalar, ast: &Expression| {
            scalar.constant() == Some(&Value::Null) && matches!(ast.unparenthesised(), Expression::Literal(_))
        };
        let other = match (is_null(left, &node.left), is_null(right, &node.right)) {
            (false, true) => &node.left,
            (true, false) => &node.right,
            _ => return,
        };
        if node.operator != BinaryOperator::Equal {
            return;
        }
        let span = node.left.span().to(node.right.span());
        let message = "nothing equals a null: this holds for no row";
        let text = format!("isnull({other})");
        self.report(with_fix(Diagnostic::warning(Code::SameForAllRows, span, message), span, text));
    }

    /// Warns of a call that asks of a text whether it is null, which it never is.
    pub(super) fn warn_of_text(
        &mut self,
        function: &ScalarFunction,
        call: &ast::FunctionCall,
        arguments: &[Written<'_>],
    ) {
        let is_text = matches!(arguments, [(_, Some(ScalarType::String))]);
        if let (Some(other), None, true) = (function.for_texts, function.negates, is_text) {
            let message = format!("a text is never null: '{}' holds for no row", call.name.text);
            let warning = Diagnostic::warning(Code::SameForAllRows, call.name.at.0, message);
            let span = call.name.at.0;
            self.report(warning.fix(format!("{other}(…) asks whether it is empty"), span, other));
        }
    }
}
