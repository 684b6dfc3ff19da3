//! The parameters of operators: `kind=inner`, `withsource=T`. It must not know what they mean.

use super::super::binder::Binder;
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;
use crate::syntax::ast;

/// The value of a parameter as a word or text, with its place.
pub(in crate::bind) fn word<'q>(
    parameters: &'q [ast::NamedParameter],
    name: &str,
) -> Option<(&'q str, Span)> {
    let found = parameters.iter().find(|it| it.name.text.eq_ignore_ascii_case(name))?;
    match &found.value {
        ast::Expression::Name(word) => Some((word.text.as_str(), word.at.0)),
        ast::Expression::Literal(literal) => Some((literal.value.as_str(), literal.at.0)),
        _ => None,
    }
}

impl Binder<'_> {
    /// The value of a parameter that must be one of a few words.
    pub(in crate::bind) fn choice<T: Copy>(
        &mut self,
        parameters: &[ast::NamedParameter],
        name: &str,
        choices: &[(&str, T)],
        otherwise: T,
    ) -> T {
        let Some((text, span)) = word(parameters, name) else { return otherwise };
        if let Some((_, choice)) = choices.iter().find(|(word, _)| *word == text) {
            return *choice;
        }
        let words: Vec<&str> = choices.iter().map(|(word, _)| *word).collect();
        let mut diagnostic = Diagnostic::error(Code::BadParameter, span, format!("'{text}' is no {name}"));
        let habit = crate::syntax::habits::parameter(text).and_then(|habit| habit.fix);
        let meant = habit.filter(|fix| words.contains(fix));
        if let Some(near) = meant.or_else(|| crate::nearest::nearest(text, words.iter().copied())) {
            diagnostic = diagnostic.did_you_mean(near, near);
        }
        self.report(diagnostic.help(format!("one of: {}", words.join(", "))));
        otherwise
    }
}
