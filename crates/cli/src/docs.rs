//! `kqlite docs`: the reference, from the functions themselves. It must not know any particular function.

use std::collections::BTreeMap;
use std::fmt::Write;

use kqlite::{Category, Database, EntryKind, Example, Signature};

use crate::failure::Failure;
use crate::output::print_str;

/// Prints one function's reference, or the list of all functions.
pub fn docs(name: Option<&str>) -> Result<(), Failure> {
    let database = Database::new();
    let registry = database.registry();
    let Some(name) = name else { return print_str(&list(&database)) };
    let mut out = String::new();
    if let Some(it) = registry.scalar(name) {
        entry(&mut out, it.name, it.category, it.summary, it.aliases, it.signatures, it.examples);
    }
    if let Some(it) = registry.aggregate(name) {
        entry(&mut out, &it.name, Category::Aggregate, &it.summary, it.aliases, &it.signatures, it.examples);
    }
    if !out.is_empty() {
        return print_str(&out);
    }
    if let Some(what) = registry.unsupported(name).next() {
        return Err(Failure::wrong(format_args!("the {} '{name}' is not supported yet", what.as_str())));
    }
    let mut similar: Vec<&str> = registry
        .scalar_names()
        .chain(registry.aggregate_names())
        .filter(|it| it.contains(name) || (it.len() > 2 && name.contains(*it)))
        .collect();
    similar.sort_unstable();
    similar.dedup();
    similar.truncate(10);
    let help =
        if similar.is_empty() { String::new() } else { format!("; there are: {}", similar.join(", ")) };
    Err(Failure::wrong(format_args!("there is no function '{name}'{help}")))
}

/// Appends the reference of one function.
fn entry(
    out: &mut String,
    name: &str,
    category: Category,
    summary: &str,
    aliases: &[&str],
    forms: &[Signature],
    examples: &[Example],
) {
    if !out.is_empty() {
        out.push('\n');
    }
    let _ = writeln!(out, "{name}  ({})\n\n{summary}", category.as_str());
    if !aliases.is_empty() {
        let _ = writeln!(out, "Also called: {}", aliases.join(", "));
    }
    if !forms.is_empty() {
        out.push('\n');
    }
    for form in forms {
        let call = match (category, &*form.parameters) {
            (Category::Operator, [left, right]) => format!("{left} {name} {right}"),
            _ => format!("{name}{form}"),
        };
        let _ = writeln!(out, "    {call} -> {}", form.returns);
    }
    if !examples.is_empty() {
        out.push('\n');
    }
    for example in examples {
        let _ = writeln!(out, "    {}\n        {}", example.query, example.result);
    }
}

/// Every function under its heading, then what is known and not supported yet.
fn list(database: &Database) -> String {
    let registry = database.registry();
    let mut groups: BTreeMap<Category, Vec<&str>> = BTreeMap::new();
    for it in registry.scalars() {
        groups.entry(it.category).or_default().push(it.name);
    }
    let aggregates = registry.aggregates();
    groups.entry(Category::Aggregate).or_default().extend(aggregates.iter().map(|it| &*it.name));
    let mut out = String::new();
    for (category, names) in &groups {
        let _ = writeln!(out, "{}\n{}\n", category.as_str(), wrapped(names));
    }
    for (what, heading) in [
        (EntryKind::ScalarFunction, "Functions not supported yet"),
        (EntryKind::AggregateFunction, "Aggregate functions not supported yet"),
        (EntryKind::Plugin, "Plugins not supported yet"),
        (EntryKind::TabularFunction, "Tabular functions not supported yet"),
    ] {
        let missing = registry.unsupported_names().into_iter().filter(|(_, it)| *it == what);
        let names: Vec<&str> = missing.map(|(name, _)| name).collect();
        if !names.is_empty() {
            let _ = writeln!(out, "{heading}\n{}\n", wrapped(&names));
        }
    }
    out.truncate(out.trim_end().len());
    out.push('\n');
    out
}

/// Names in lines of at most 100 characters.
fn wrapped(names: &[&str]) -> String {
    let mut lines = vec![String::from(" ")];
    for name in names {
        match lines.last_mut() {
            Some(line) if line.len() + name.len() < 100 => {
                line.push(' ');
                line.push_str(name);
            }
            _ => lines.push(format!("  {name}")),
        }
    }
    lines.join("\n")
}
