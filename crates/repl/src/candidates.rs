//! What may be typed at a place: in a query what the library proposes, in a command what it takes. It must not know how it is
//! shown.

use kqlite::{CompileOptions, Completion, CompletionKind};

use crate::commands::{self, CommandArgument};
use crate::settings::SETTINGS;
use crate::shell::Shell;

/// Something that may be typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// What is put in.
    pub insert: String,
    /// What it is called.
    pub label: String,
    /// What it is, for people; may be empty.
    pub about: String,
}

/// Proposals for a place.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Candidates {
    /// Where what they replace begins.
    pub start: usize,
    /// Where the word ends that the cursor is in.
    pub end: usize,
    pub list: Vec<Candidate>,
}

/// What may be typed behind so many bytes of a text.
pub fn candidates(shell: &Shell, text: &str, offset: usize) -> Candidates {
    if !kqlite_command::is_command(text) {
        return of_query(shell, text, offset, 0);
    }
    let Some(before) = text.get(..offset) else { return Candidates::default() };
    let start = text.len() - text.trim_start().len();
    // In front of a command nothing is completed.
    let Some(typed) = before.get(start..) else { return Candidates::default() };
    let Some((_, rest)) = typed.split_once(char::is_whitespace) else {
        let own = commands::commands().iter().map(|it| (it.name, it.summary));
        let others = kqlite_command::entries().map(|it| (it.name, it.summary));
        let mut found = named(start, typed, own.chain(others));
        let takes_more = |label: &str| {
            commands::find(label).is_some_and(|(it, _)| it.argument != CommandArgument::Nothing)
        };
        found.list.iter_mut().filter(|it| takes_more(&it.label)).for_each(|it| it.insert.push(' '));
        return found;
    };
    let argument = before.len() - rest.len();
    match commands::find(text) {
        Some((command, _)) => of_argument(shell, command.argument, text, argument, offset),
        // Kusto's own commands have several words.
        None => {
            let entries = kqlite_command::entries().map(|it| (it.name, it.summary));
            let mut found = named(start, typed, entries);
            if found.list.is_empty() {
                found = of_tables(shell, before, last_word(before));
            }
            found
        }
    }
}

/// What the library proposes.
fn of_query(shell: &Shell, text: &str, offset: usize, from: usize) -> Candidates {
    let Some(query) = text.get(from..) else { return Candidates::default() };
    let database = shell.seen_by(query);
    let found = database.complete(query, offset.saturating_sub(from), &CompileOptions::default());
    let candidate = |it: &Completion| {
        let about = match (&it.detail, &it.summary) {
            _ if it.kind == CompletionKind::Column => it.detail.clone().unwrap_or_default(),
            (_, Some(summary)) => summary.clone().into_owned(),
            (Some(detail), None) if *detail != it.label => detail.clone(),
            _ => String::new(),
        };
        Candidate { insert: it.insert.clone(), label: it.label.clone(), about }
    };
    let typed = found.typed.to_lowercase();
    let fitting = found.matching();
    // What begins with the word is meant, if there is something.
    let begins = |it: &&&Completion| it.label.to_lowercase().starts_with(&typed);
    let count = fitting.iter().filter(begins).count();
    let list = if count > 0 { fitting.iter().take(count) } else { fitting.iter().take(usize::MAX) };
    let (start, end) = (from + found.span.start as usize, from + found.span.end as usize);
    Candidates { start, end, list: list.map(|it| candidate(it)).collect() }
}

fn of_argument(
    shell: &Shell,
    argument: CommandArgument,
    text: &str,
    from: usize,
    offset: usize,
) -> Candidates {
    let before = text.get(..offset).unwrap_or_default();
    let word = last_word(before);
    match argument {
        CommandArgument::Nothing => Candidates::default(),
        CommandArgument::Query => of_query(shell, text, offset, from),
        CommandArgument::Table => of_tables(shell, before, word),
        CommandArgument::File => of_files(before, from),
        CommandArgument::Switch => named(word, &before[word..], [("on", ""), ("off", "")].into_iter()),
        CommandArgument::Setting if word <= from => {
            named(word, &before[word..], SETTINGS.iter().map(|it| (it.name, it.summary)))
        }
        CommandArgument::Setting => {
            let name = text.get(from..).and_then(|it| it.split_whitespace().next()).unwrap_or_default();
            let values = SETTINGS.iter().find(|it| it.name == name).map_or(&[][..], |it| it.values);
            let is_word = |it: &&&str| it.chars().all(|c| c.is_ascii_lowercase());
            named(word, &before[word..], values.iter().filter(is_word).map(|it| (*it, "")))
        }
        CommandArgument::Command => {
            let own = commands::commands().iter().map(|it| (it.name, it.summary));
            named(word, &before[word..], own)
        }
        CommandArgument::Reference => {
            let registry = shell.database.database().registry();
            let entries = registry.language_entries();
            let plugins = registry.plugins();
            let aggregates = registry.aggregates();
            let all = registry.scalars().into_iter().map(|it| (it.name, it.summary));
            let all = all.chain(entries.iter().map(|it| (it.name, it.summary)));
            let all = all.chain(plugins.iter().map(|it| (it.name, it.summary)));
            let all = all.chain(aggregates.iter().map(|it| (&*it.name, &*it.summary)));
            let typed = before.get(from..).unwrap_or_default();
            named(from, typed, all.filter(|(name, _)| !name.starts_with("__")))
        }
    }
}

/// Where the last word begins.
fn last_word(before: &str) -> usize {
    before.rsplit_once(char::is_whitespace).map_or(0, |(_, word)| before.len() - word.len())
}

fn of_tables(shell: &Shell, before: &str, word: usize) -> Candidates {
    let database = shell.database.database();
    let mut names: Vec<&str> = database.table_names().collect();
    names.sort_unstable();
    named(word, before.get(word..).unwrap_or_default(), names.into_iter().map(|name| (name, "")))
}

/// Names that begin with what was typed, by name.
fn named<'a>(start: usize, typed: &str, names: impl Iterator<Item = (&'a str, &'a str)>) -> Candidates {
    let candidate = |(name, about): (&str, &str)| Candidate {
        insert: name.to_owned(),
        label: name.to_owned(),
        about: about.to_owned(),
    };
    let mut list: Vec<Candidate> = names.filter(|(name, _)| name.starts_with(typed)).map(candidate).collect();
    list.sort_by(|a, b| a.label.cmp(&b.label));
    list.dedup_by(|a, b| a.label == b.label);
    Candidates { start, end: start + typed.len(), list }
}

/// The most files that are listed.
const MAX_FILES: usize = 200;

/// Files and folders that a path may go on with.
fn of_files(before: &str, from: usize) -> Candidates {
    let Some(path) = before.get(from..) else { return Candidates::default() };
    let folder_end = path.rfind(['/', std::path::MAIN_SEPARATOR]).map_or(0, |at| at + 1);
    let (folder, typed) = path.split_at(folder_end);
    let place = if folder.is_empty() { "." } else { folder };
    let Ok(entries) = std::fs::read_dir(place) else { return Candidates::default() };
    let mut list = Vec::new();
    for entry in entries.flatten().take(MAX_FILES) {
        let Ok(name) = entry.file_name().into_string() else { continue };
        if !name.starts_with(typed) || (name.starts_with('.') && typed.is_empty()) {
            continue;
        }
        let end = if entry.path().is_dir() { "/" } else { "" };
        list.push(Candidate {
            insert: format!("{folder}{name}{end}"),
            label: format!("{name}{end}"),
            about: String::new(),
        });
    }
    list.sort_by(|a, b| a.label.cmp(&b.label));
    Candidates { start: from, end: before.len(), list }
}

#[cfg(test)]
mod tests {
    use std::any::Any;
    use std::sync::Arc;
    use std::sync::atomic::AtomicBool;
    use std::time::Duration;

    use kqlite::explain::{Explanation, Lineage, RowTraces};
    use kqlite::{Database, DateTime, Limits, Options, Table};

    use super::*;
    use crate::host::Host;
    use crate::settings::Settings;

    /// Brings nothing: what is completed asks for no files and no runs.
    struct EmptyHost;

    impl Host for EmptyHost {
        fn options(&self, _: Option<DateTime>) -> Result<Options, String> {
            Err(String::new())
        }
        fn interrupted(&self) -> Arc<AtomicBool> {
            Arc::default()
        }
        fn run(&self, _: Option<Duration>) -> Box<dyn Any> {
            Box::new(())
        }
        fn add_named(&self, _: &mut Database, _: &str) {}
        fn load(&self, _: &str, _: Option<&str>) -> Result<Vec<(String, Table)>, String> {
            Err(String::new())
        }
        fn save(&self, _: &Table, _: &str, _: &str) -> Result<(), String> {
            Err(String::new())
        }
        fn docs(&self, _: &str) -> Result<String, String> {
            Err(String::new())
        }
        fn explanation(&self, _: &Explanation) -> String {
            String::new()
        }
        fn traces(&self, _: &RowTraces) -> String {
            String::new()
        }
        fn lineage(&self, _: &Lineage) -> String {
            String::new()
        }
    }

    #[test]
    fn wherever_the_cursor_is_what_is_replaced_begins_in_front_of_it() {
        let settings = Settings::new(Limits::default(), None, 1, false);
        let shell = Shell::new("Database", Database::new(), settings, Box::new(EmptyHost));
        let mut seen = 0;
        // U+3000 is a blank of three bytes.
        for text in [
            "  .tables",
            ".docs\u{3000}wh",
            ".timing\u{3000}o",
            ".set\u{3000}fo",
            ".schema\u{3000}T",
            ".plan\u{3000}print x",
            "\u{3000}print x",
        ] {
            for offset in (0..=text.len()).filter(|at| text.is_char_boundary(*at)) {
                let found = candidates(&shell, text, offset);
                assert!(found.list.is_empty() || found.start <= offset, "{text} at {offset}: {found:?}");
                seen += found.list.len();
            }
        }
        assert!(seen > 100);
    }
}
