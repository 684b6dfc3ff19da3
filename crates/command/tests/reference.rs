//! docs/commands.md is made from the entries: `KQLITE_UPDATE=1` writes it anew.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::fmt::Write;
use std::path::Path;

use kqlite_command::{CommandEntry, Effect, entries};

#[test]
fn the_page_of_commands_is_made_from_the_entries() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/commands.md");
    let made = page();
    if std::env::var_os("KQLITE_UPDATE").is_some() {
        std::fs::write(&path, &made).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(found == made, "docs/commands.md is not what the entries say: KQLITE_UPDATE=1 writes it anew");
    let long = made.lines().find(|line| line.chars().count() > 100 && !line.starts_with("    "));
    assert_eq!(long, None, "a line of the page is too long");
}

fn page() -> String {
    let mut out = String::from(
        "# Management commands\n\n\
         What `kqlite serve` and the crate `kqlite-command` take beside queries. This page is made from the\n\
         entries of the commands.\n\n\
         - A command begins with a dot. Its words may be written in any case, names in `['…']`.\n\
         - `| KQL` may follow a command, and sees what it gives: `.show tables | count`.\n\
         - What the tables look like is what Kusto gives; the columns are those of its own commands.\n",
    );
    for (heading, effect) in [("Show", Effect::Reads), ("Change", Effect::Writes)] {
        let _ = writeln!(out, "\n## {heading}");
        for entry in entries().filter(|it| it.effect == effect) {
            write_entry(entry, &mut out);
        }
    }
    out
}

fn write_entry(entry: &CommandEntry, out: &mut String) {
    let _ = writeln!(out, "\n### {}\n", entry.name);
    wrapped(entry.summary, "", "", out);
    out.push('\n');
    for line in entry.syntax {
        let _ = writeln!(out, "    {line}");
    }
    if !entry.parameters.is_empty() || !entry.remarks.is_empty() {
        out.push('\n');
    }
    for it in entry.parameters {
        let optional = if it.optional { " (optional)" } else { "" };
        wrapped(&format!("*{}*{optional}: {}", it.name, it.summary), "- ", "  ", out);
    }
    for remark in entry.remarks {
        wrapped(remark, "- ", "  ", out);
    }
}

/// Writes a paragraph in lines of at most 100 characters.
fn wrapped(text: &str, first: &str, further: &str, out: &mut String) {
    let mut line = first.to_owned();
    let mut is_fresh = true;
    for word in text.split(' ') {
        if !is_fresh && line.chars().count() + 1 + word.chars().count() > 100 {
            let _ = writeln!(out, "{line}");
            line = further.to_owned();
            is_fresh = true;
        }
        if !is_fresh {
            line.push(' ');
        }
        line.push_str(word);
        is_fresh = false;
    }
    let _ = writeln!(out, "{line}");
}
