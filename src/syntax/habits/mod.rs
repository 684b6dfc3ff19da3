//! Words and forms of other languages that people write out of habit, and what KQL has for them: one table, which all
//! stages ask when they have found a mistake. It must not know how a mistake is found: nothing here makes an error of a
//! text that is KQL.
//!
//! An entry is data. `tests/habits/` has an example of each, with the message that it gives.

mod functions;
mod habit;
mod operators;
mod phrases;
mod values;

pub use functions::FUNCTIONS;
pub use habit::{Habit, HabitPlace, HabitSpan};
pub use operators::{OPERATORS, STATEMENTS};
pub use phrases::PHRASES;
pub use values::{PARAMETERS, UNITS, VALUES};

/// Every table of habits.
pub const ALL: &[&[Habit]] = &[STATEMENTS, OPERATORS, PHRASES, FUNCTIONS, VALUES, UNITS, PARAMETERS];

fn find(table: &'static [Habit], word: &str) -> Option<&'static Habit> {
    table.iter().find(|habit| habit.is_written(word))
}

/// What is meant by a word that stands where a query begins.
#[must_use]
pub fn statement(word: &str) -> Option<&'static Habit> {
    find(STATEMENTS, word)
}

/// What is meant by a word that stands where an operator is expected.
#[must_use]
pub fn operator(word: &str) -> Option<&'static Habit> {
    find(OPERATORS, word)
}

/// What is meant by the name of a function that KQL does not have.
#[must_use]
pub fn function(name: &str) -> Option<&'static Habit> {
    find(FUNCTIONS, name)
}

/// What is meant by a name that stands for no value of KQL.
#[must_use]
pub fn value(name: &str) -> Option<&'static Habit> {
    find(VALUES, name)
}

/// What is meant by a word beside an operand.
#[must_use]
pub fn phrase(word: &str) -> Option<&'static Habit> {
    find(PHRASES, word)
}

/// What is meant by a number with a word right behind it, such as `1M`.
#[must_use]
pub fn number_with_unit(text: &str) -> Option<&'static Habit> {
    let unit = text.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
    if unit.len() == text.len() { None } else { find(UNITS, unit) }
}

/// What is meant by the value of a parameter, such as the kind of a join.
#[must_use]
pub fn parameter(word: &str) -> Option<&'static Habit> {
    find(PARAMETERS, word)
}

/// Every entry that is written so, in any place.
pub fn written(name: &str) -> impl Iterator<Item = &'static Habit> {
    ALL.iter().copied().flatten().filter(move |habit| habit.is_written(name))
}
