//! A page of the reference, laid out for a terminal. It must not know any particular part of the language.

use kqlite::udf::FunctionRef;
use kqlite::{
    AggregateFunction, Category, Database, DateTime, Example, LanguageEntry, NamedTable, Options,
    ParameterInfo, Signature, Table, TableExample,
};

use crate::failure::Failure;
use crate::terminal::{Style, TerminalText};

/// Where the text of a section begins.
const INDENT: usize = 4;
/// Where an answer begins.
const ANSWER: usize = 8;
/// A parameter with a longer name has its text in the next line.
const WIDEST_PARAMETER: usize = 20;

/// What the reference says of one thing.
pub struct Page {
    name: String,
    /// The heading that it stands under in the list.
    heading: &'static str,
    summary: String,
    aliases: Vec<&'static str>,
    syntax: Vec<String>,
    parameters: &'static [ParameterInfo],
    remarks: &'static [&'static str],
    examples: Examples,
}

enum Examples {
    /// The answer is one cell.
    Cells(&'static [Example]),
    /// The answer is a table, or several.
    Tables(&'static [TableExample]),
}

impl Page {
    /// The page of a statement, an operator, a data type and the like.
    pub fn of_language(entry: &LanguageEntry) -> Self {
        Self {
            name: entry.name.to_owned(),
            heading: entry.kind.heading(),
            summary: entry.summary.to_owned(),
            aliases: entry.aliases.to_vec(),
            syntax: entry.syntax.iter().map(|form| (*form).to_owned()).collect(),
            parameters: entry.parameters,
            remarks: entry.remarks,
            examples: Examples::Tables(entry.examples),
        }
    }

    /// The page of a scalar function or operator.
    pub fn of_scalar(function: &FunctionRef) -> Self {
        let form = |form: &Signature| match (function.category, &*form.parameters) {
            (Category::Operator, [left, right]) => format!("{left} {} {right}", function.name),
            (Category::Operator, [operand]) => format!("{}{operand}", function.spelling()),
            _ => format!("{}{form}", function.name),
        };
        let forms = function.signatures().iter();
        Self {
            name: function.name.to_owned(),
            heading: function.category.as_str(),
            summary: function.summary.to_owned(),
            aliases: function.aliases.to_vec(),
            syntax: forms.map(|it| format!("{} -> {}", form(it), it.returns)).collect(),
            parameters: &[],
            remarks: &[],
            examples: Examples::Cells(function.examples),
        }
    }

    /// The page of an aggregate function.
    pub fn of_aggregate(function: &AggregateFunction) -> Self {
        let forms = function.signatures.iter();
        Self {
            name: function.name.to_string(),
            heading: Category::Aggregate.as_str(),
            summary: function.summary.to_string(),
            aliases: function.aliases.to_vec(),
            syntax: forms.map(|form| format!("{}{form} -> {}", function.name, form.returns)).collect(),
            parameters: &[],
            remarks: &[],
            examples: Examples::Cells(function.examples),
        }
    }

    /// Adds the page to a text.
    pub fn write(&self, out: &mut TerminalText) -> Result<(), Failure> {
        out.add(Style::Bold, &self.name).add(Style::Dim, &format!("  ({})", self.heading)).line();
        out.line().wrapped(Style::Plain, 0, &self.summary);
        if !self.aliases.is_empty() {
            out.wrapped(Style::Plain, 0, &format!("Also written: {}", self.aliases.join(", ")));
        }
        section(out, "Syntax", !self.syntax.is_empty());
        for form in &self.syntax {
            indented(out, INDENT).wrapped(Style::Plain, ANSWER, form);
        }
        self.write_parameters(out);
        section(out, "Remarks", !self.remarks.is_empty());
        for remark in self.remarks {
            out.add(Style::Plain, "  - ").wrapped(Style::Plain, INDENT, remark);
        }
        match &self.examples {
            Examples::Cells(examples) => {
                section(out, "Examples", !examples.is_empty());
                for example in *examples {
                    write_query(out, example.query);
                    indented(out, ANSWER).add(Style::Plain, example.result).line();
                }
            }
            Examples::Tables(examples) => {
                section(out, "Examples", !examples.is_empty());
                for (at, example) in examples.iter().enumerate() {
                    if at > 0 {
                        out.line();
                    }
                    write_query(out, example.query);
                    write_answer(out, &answer(example)?);
                }
            }
        }
        Ok(())
    }

    fn write_parameters(&self, out: &mut TerminalText) {
        section(out, "Parameters", !self.parameters.is_empty());
        let names = self.parameters.iter().map(|it| it.name.chars().count());
        let wide = names.filter(|chars| *chars <= WIDEST_PARAMETER).max().unwrap_or(0);
        // A column for the word, if there is one.
        let marked = self.parameters.iter().any(|it| it.optional);
        for it in self.parameters {
            indented(out, INDENT).add(Style::Bold, it.name);
            let mut chars = it.name.chars().count();
            if chars > wide {
                out.line();
                indented(out, INDENT);
                chars = 0;
            }
            indented(out, wide - chars + 2);
            let mut start = INDENT + wide + 2;
            if marked {
                out.add(Style::Dim, if it.optional { "optional  " } else { "          " });
                start += 10;
            }
            out.wrapped(Style::Plain, start, it.summary);
        }
    }
}

/// Adds blanks.
fn indented(out: &mut TerminalText, blanks: usize) -> &mut TerminalText {
    out.add(Style::Plain, &" ".repeat(blanks))
}

/// Adds the heading of a section that is not empty.
fn section(out: &mut TerminalText, heading: &str, is_there: bool) {
    if is_there {
        out.line().add(Style::Bold, heading).line();
    }
}

fn write_query(out: &mut TerminalText, query: &str) {
    for line in query.lines() {
        indented(out, INDENT).add(Style::Plain, line).line();
    }
}

/// Runs an example. The answer is the entry's own: a test of the library compares them.
fn answer(example: &TableExample) -> Result<Vec<NamedTable>, Failure> {
    let now = DateTime::parse(TableExample::NOW).ok_or_else(|| Failure::wrong("no time for examples"))?;
    let database = Database::new();
    let query = database.compile(example.query).map_err(Failure::wrong)?;
    query.run_all(&database, &Options::new(now)).map_err(Failure::wrong)
}

/// Adds the tables as `kqlite run` prints them, without the line that counts.
fn write_answer(out: &mut TerminalText, tables: &[NamedTable]) {
    for NamedTable { name, table } in tables {
        out.line();
        if tables.len() > 1 {
            indented(out, ANSWER).add(Style::Dim, &format!("{name}:")).line();
        }
        write_table(out, table);
    }
}

fn write_table(out: &mut TerminalText, table: &Table) {
    let text = table.to_string();
    // The names, the rule, and a line a row.
    for line in text.lines().take(2 + table.len()) {
        indented(out, ANSWER).add(Style::Plain, line).line();
    }
    if table.is_empty() {
        indented(out, ANSWER).add(Style::Dim, "(no rows)").line();
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail")]

    use super::*;
    use crate::terminal::WIDTH;

    fn text(page: &Page) -> String {
        let mut out = TerminalText::without_colour();
        page.write(&mut out).unwrap();
        out.into_text()
    }

    #[test]
    fn pages_fit_a_terminal() {
        let database = Database::new();
        let registry = database.registry();
        let mut pages: Vec<Page> = registry.language_entries().into_iter().map(Page::of_language).collect();
        pages.extend(registry.plugins().iter().map(|plugin| Page::of_language(&plugin.entry())));
        assert!(pages.len() > 50);
        for page in &pages {
            for line in text(page).lines() {
                assert!(line.chars().count() <= WIDTH, "{}: {line}", page.name);
                assert!(line.trim_end() == line, "{}: blanks behind '{line}'", page.name);
            }
        }
    }
}
