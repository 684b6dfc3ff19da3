//! What an entry of the table says.

/// Where a habit shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HabitPlace {
    /// The first word of a query.
    Statement,
    /// Behind a pipe, where an operator stands.
    Operator,
    /// Words or signs behind an operand.
    Behind,
    /// Words or signs where an operand begins.
    Before,
    /// The name of a call.
    Function,
    /// A name where a value is expected.
    Value,
    /// The unit behind a number.
    Unit,
    /// The value of a parameter of an operator.
    Parameter,
}

impl HabitPlace {
    /// The place in words, as a heading.
    #[must_use]
    pub const fn heading(self) -> &'static str {
        match self {
            Self::Statement => "Where a query begins",
            Self::Operator => "Behind a pipe",
            Self::Behind => "Behind a value",
            Self::Before => "Before a value",
            Self::Function => "Functions",
            Self::Value => "In place of a value",
            Self::Unit => "Behind a number",
            Self::Parameter => "As the value of a parameter",
        }
    }
}

/// What the change that a habit calls for takes the place of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum HabitSpan {
    /// The words, and the operands that the change names.
    Words,
    /// The words, with a `by` behind them.
    WordsAndBy,
    /// The words, if a number follows.
    WordsBeforeNumber,
    /// All of the step.
    Step,
    /// Nothing: it is put before the words, if they are called.
    BeforeCall,
    /// The step, if it is `rename a as b`: the names change places.
    Renaming,
}

/// A word or form of another language, and what KQL has for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Habit {
    /// How it is written elsewhere, in small letters, with blanks between its words and signs.
    pub written: &'static [&'static str],
    /// Where it stands.
    pub place: HabitPlace,
    /// What KQL has for it, in short.
    pub instead: &'static str,
    /// The sentence that teaches.
    pub lesson: &'static str,
    /// What to write in its place; `None` where it takes more than that. `{left}` and `{right}` stand for the operands beside it,
    /// which are replaced too, `{item}` for all that stands before it in its list.
    pub fix: Option<&'static str>,
    /// What that takes the place of.
    pub span: HabitSpan,
    /// The operators in which it means this; empty: all.
    pub within: &'static [&'static str],
}

impl Habit {
    /// Says whether a word is one of the ways to write it, in any case.
    #[must_use]
    pub fn is_written(&self, word: &str) -> bool {
        self.written.iter().any(|it| it.eq_ignore_ascii_case(word))
    }

    pub(super) const fn new(
        place: HabitPlace,
        written: &'static [&'static str],
        instead: &'static str,
        lesson: &'static str,
    ) -> Self {
        Self { written, place, instead, lesson, fix: None, span: HabitSpan::Words, within: &[] }
    }

    pub(super) const fn fix(self, fix: &'static str) -> Self {
        Self { fix: Some(fix), ..self }
    }

    pub(super) const fn over(self, span: HabitSpan) -> Self {
        Self { span, ..self }
    }

    pub(super) const fn within(self, within: &'static [&'static str]) -> Self {
        Self { within, ..self }
    }
}
