//! `kqlite docs`: finds what a name stands for in the reference, and lists all names. It must not know any particular one.

use std::collections::BTreeMap;

use kqlite::syntax::habits::{self, Habit};
use kqlite::{Category, Database, EntryKind, Registry, nearest};

use crate::docs_page::Page;
use crate::failure::Failure;
use crate::output::print_str;
use crate::terminal::{Style, TerminalText};

/// Prints the reference of what is called so, or the list of everything.
pub fn docs(words: &[String]) -> Result<(), Failure> {
    let database = Database::new();
    let registry = database.registry();
    let name = words.join(" ");
    if name.trim().is_empty() {
        return print_str(&list(registry));
    }
    print_str(&text_of(registry, &name)?)
}

/// The reference of what is called so.
pub fn text_of(registry: &Registry, name: &str) -> Result<String, Failure> {
    let forms = forms(name);
    if forms.iter().any(|form| form == "habits") {
        return Ok(all_habits());
    }
    let found = forms.iter().map(|name| pages(registry, name)).find(|found| !found.is_empty());
    let habits =
        forms.iter().map(|form| habits::written(form).collect::<Vec<_>>()).find(|found| !found.is_empty());
    let Some(pages) = found else {
        return match habits {
            Some(habits) => Ok(of_habits(name.trim(), &habits)),
            None => Err(unknown(registry, name.trim(), &forms)),
        };
    };
    let mut out = TerminalText::new();
    for (at, page) in pages.iter().enumerate() {
        if at > 0 {
            out.line();
        }
        page.write(&mut out)?;
    }
    Ok(out.into_text())
}

/// What KQL has for a word or form of another language.
fn of_habits(name: &str, habits: &[&Habit]) -> String {
    let mut out = TerminalText::new();
    out.add(Style::Bold, name).add(Style::Plain, "  no word of KQL, or not here").line();
    for habit in habits {
        out.line().add(Style::Bold, habit.place.heading()).line();
        out.add(Style::Plain, INDENT).wrapped(
            Style::Plain,
            INDENT.len(),
            &format!("KQL has: {}", habit.instead),
        );
        out.add(Style::Plain, INDENT).wrapped(Style::Plain, INDENT.len(), habit.lesson);
        if !habit.within.is_empty() {
            let within = format!("so it is in {}", habit.within.join(", "));
            out.add(Style::Plain, INDENT).wrapped(Style::Dim, INDENT.len(), &within);
        }
    }
    out.into_text()
}

/// Every word and form of other languages, with what KQL has for it.
fn all_habits() -> String {
    let mut out = TerminalText::new();
    out.wrapped(
        Style::Plain,
        0,
        "What people write out of habit of other languages, and what KQL has for it.",
    );
    let mut last = None;
    for habit in habits::ALL.iter().copied().flatten() {
        if last.replace(habit.place) != Some(habit.place) {
            out.line().add(Style::Bold, habit.place.heading()).line();
        }
        let line = format!("{}: {}", habit.written.join(", "), habit.instead);
        out.add(Style::Plain, INDENT).wrapped(Style::Plain, INDENT.len() + 2, &line);
    }
    out.into_text()
}

/// Before the lines of an entry.
const INDENT: &str = "  ";

/// A name as it was written, and what it may mean: `sort by`, `| where`, `strlen()`, `Join`.
fn forms(name: &str) -> Vec<String> {
    let written = name.trim();
    let bare = match written.strip_prefix('|').map(str::trim_start) {
        Some(rest) if !rest.is_empty() => rest,
        _ => written,
    };
    let bare = bare.split_once('(').map_or(bare, |(name, _)| name.trim_end());
    let lower = bare.to_lowercase();
    let first = lower.split_whitespace().next().unwrap_or_default().to_owned();
    vec![written.to_owned(), bare.to_owned(), lower, first]
}

/// Everything that is called exactly so.
fn pages(registry: &Registry, name: &str) -> Vec<Page> {
    let mut found: Vec<Page> = registry.language(name).into_iter().map(Page::of_language).collect();
    found.extend(registry.scalar(name).map(Page::of_scalar));
    found.extend(registry.aggregate(name).map(|it| Page::of_aggregate(it)));
    found.extend(registry.plugin(name).map(|it| Page::of_language(&it.entry())));
    found
}

/// Says that there is nothing, or nothing yet.
fn unknown(registry: &Registry, name: &str, forms: &[String]) -> Failure {
    for form in forms {
        if let Some(kind) = registry.unsupported(form).next() {
            let message = format!("the {} '{form}' is not supported yet", kind.as_str());
            return Failure::wrong(match registry.refusal(form, kind) {
                Some((reason, instead)) => format!("{message}\n = help: {reason}\n = help: {instead}"),
                None => message,
            });
        }
    }
    let similar = similar(registry, name);
    let help = if similar.is_empty() {
        "kqlite docs lists everything".to_owned()
    } else {
        format!("similar names: {}", similar.join(", "))
    };
    Failure::wrong(format_args!("nothing in the language is called '{name}'\n = help: {help}"))
}

/// Every name of the reference.
fn names(registry: &Registry) -> Vec<&str> {
    let mut names: Vec<&str> = registry.scalar_names().chain(registry.aggregate_names()).collect();
    for entry in registry.language_entries() {
        entry.names().for_each(|name| names.push(name));
    }
    registry.plugins().into_iter().for_each(|plugin| names.push(plugin.name));
    registry.unsupported_names().into_iter().for_each(|(name, _)| names.push(name));
    names.retain(|name| !name.starts_with("__"));
    names.sort_unstable();
    names.dedup();
    names
}

/// Names that may be meant: the nearest ones, then those that hold the name or are held by it.
fn similar<'r>(registry: &'r Registry, name: &str) -> Vec<&'r str> {
    const MAX_NEAREST: usize = 3;
    const MAX_SIMILAR: usize = 8;
    let mut rest = names(registry);
    let mut found = Vec::new();
    while found.len() < MAX_NEAREST
        && let Some(near) = nearest(name, rest.iter().copied())
    {
        rest.retain(|it| *it != near);
        found.push(near);
    }
    let holds = |it: &&str| it.len() > 2 && name.len() > 2 && (it.contains(name) || name.contains(*it));
    found.extend(rest.into_iter().filter(holds));
    found.truncate(MAX_SIMILAR);
    found
}

/// Every name under its heading, then what is known and not supported yet.
fn list(registry: &Registry) -> String {
    let mut out = TerminalText::new();
    out.wrapped(
        Style::Plain,
        0,
        "kqlite docs NAME explains one of these: what it does, how it is written, what people get wrong about it, and \
         examples with their answers. Begin with: kqlite docs summarize",
    );
    let mut language: BTreeMap<EntryKind, Vec<&str>> = BTreeMap::new();
    for entry in registry.language_entries().into_iter().filter(|entry| !entry.name.starts_with("__")) {
        language.entry(entry.kind).or_default().push(entry.name);
    }
    for (kind, names) in &language {
        group(&mut out, kind.heading(), names);
    }
    let mut families: BTreeMap<Category, Vec<&str>> = BTreeMap::new();
    for it in registry.scalars() {
        families.entry(it.category).or_default().push(it.name);
    }
    for (category, names) in &families {
        group(&mut out, category.as_str(), names);
    }
    let aggregates: Vec<&str> = registry.aggregates().into_iter().map(|it| &*it.name).collect();
    group(&mut out, EntryKind::AggregateFunction.heading(), &aggregates);
    let plugins: Vec<&str> = registry.plugins().into_iter().map(|it| it.name).collect();
    group(&mut out, EntryKind::Plugin.heading(), &plugins);

    out.line().wrapped(
        Style::Plain,
        0,
        "Not supported yet: a query with one of these is understood and refused, with the name of what is missing.",
    );
    for kind in EntryKind::ALL {
        let missing = registry.unsupported_names().into_iter().filter(|(_, it)| *it == kind);
        let names: Vec<&str> = missing.map(|(name, _)| name).filter(|name| !name.starts_with("__")).collect();
        if !names.is_empty() {
            group(&mut out, &format!("{}, not supported yet", kind.heading()), &names);
        }
    }
    out.into_text().replace(NO_BREAK, " ")
}

/// A blank that no line ends at.
const NO_BREAK: &str = "\u{a0}";

/// Adds a heading and names below it.
fn group(out: &mut TerminalText, heading: &str, names: &[&str]) {
    out.line().add(Style::Bold, heading).line();
    // A name with blanks in it stays in one line.
    let names: Vec<String> = names.iter().map(|name| name.replace(' ', NO_BREAK)).collect();
    out.add(Style::Plain, "  ").wrapped(Style::Plain, 2, &names.join("  "));
}
