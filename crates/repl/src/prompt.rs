//! Reads statements, from a terminal with an editor or from a pipe, runs them and shows what comes of them. It must not know
//! what statements do.

use std::cell::RefCell;
use std::io::{self, ErrorKind, IsTerminal, Read, Write};
use std::path::Path;
use std::rc::Rc;
use std::sync::atomic::Ordering;

use rustyline::error::ReadlineError;
use rustyline::history::FileHistory;
use rustyline::{Cmd, CompletionType, Config, Editor, KeyCode, KeyEvent, Modifiers};

use crate::commands::run_statement;
use crate::editor::LineHelper;
use crate::pager::show;
use crate::screen::{Screen, TextStyle};
use crate::shell::{Outcome, Shell};
use crate::statement::statements;

/// How a prompt ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// There is nothing more to read, or somebody wants to end.
    Well,
    /// A statement from a pipe was wrong.
    Wrong,
}

/// The longest text that is read from a pipe.
const MAX_TEXT: u64 = 64 << 20;

/// Reads statements and runs them until there are no more: from a terminal, with what was typed kept in a file if one is given, or
/// from a pipe, where the first mistake ends it.
///
/// # Errors
/// The standard streams cannot be read or written.
pub fn run(mut shell: Shell, history: Option<&Path>) -> io::Result<Ending> {
    let is_terminal = io::stdout().is_terminal();
    let is_plain = std::env::var_os("NO_COLOR").is_some_and(|it| !it.is_empty());
    shell.screen = Screen { is_terminal, has_colour: is_terminal && !is_plain };
    let done = match io::stdin().is_terminal() {
        true => type_statements(shell, history),
        false => read_statements(shell),
    };
    match done {
        // A reader that has seen enough is no failure.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(Ending::Well),
        other => other,
    }
}

/// Runs the statements of the standard input.
fn read_statements(mut shell: Shell) -> io::Result<Ending> {
    let mut text = String::new();
    io::stdin().lock().take(MAX_TEXT + 1).read_to_string(&mut text)?;
    if text.len() as u64 > MAX_TEXT {
        let message = format!("the standard input has more than {} MB", MAX_TEXT >> 20);
        return Err(io::Error::new(ErrorKind::InvalidData, message));
    }
    for (line, statement) in statements(&text) {
        match run_statement(&mut shell, statement) {
            Ok(Outcome::Text(text)) => print(&text)?,
            Ok(Outcome::Answer { text, notes }) => {
                print(&text)?;
                // What is said of an answer is no part of it.
                show_error(&notes)?;
            }
            Ok(Outcome::Quit) => return Ok(Ending::Well),
            Err(text) => {
                let mut out = io::stderr().lock();
                out.write_all(text.as_bytes())?;
                writeln!(out, "note: the statement begins in line {line} of the standard input")?;
                return Ok(Ending::Wrong);
            }
        }
    }
    Ok(Ending::Well)
}

/// Has statements typed and runs them.
fn type_statements(shell: Shell, history: Option<&Path>) -> io::Result<Ending> {
    let config = Config::builder()
        .completion_type(CompletionType::List)
        .completion_show_all_if_ambiguous(true)
        .auto_add_history(false)
        .build();
    let mut editor: Editor<LineHelper, FileHistory> =
        Editor::with_config(config).map_err(io::Error::other)?;
    let screen = shell.screen;
    let shell = Rc::new(RefCell::new(shell));
    editor.set_helper(Some(LineHelper::new(shell.clone())));
    editor.bind_sequence(KeyEvent(KeyCode::Enter, Modifiers::ALT), Cmd::Newline);
    if let Some(file) = history {
        if let Some(folder) = file.parent() {
            std::fs::create_dir_all(folder)?;
        }
        match editor.load_history(file) {
            Ok(()) => {}
            Err(ReadlineError::Io(error)) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => show_error(&format!("note: {}: {error}\n", file.display()))?,
        }
    }
    let greeting = "A query, or .help; Tab completes, Ctrl-D ends.\n";
    show(&screen.styled(TextStyle::Dim, greeting), screen, false)?;
    let plain = "kqlite> ";
    let prompt = (plain.to_owned(), screen.styled(TextStyle::Bold, plain));
    let interrupted = shell.borrow().host.interrupted();
    loop {
        // What Ctrl-C has ended is over, be it a query or a pager. While a line is typed it is a key like others.
        interrupted.store(false, Ordering::Relaxed);
        let text = match editor.readline(&prompt) {
            Ok(text) => text,
            // What was typed is gone, and another line begins.
            Err(ReadlineError::Interrupted) => continue,
            Err(ReadlineError::Eof) => return Ok(Ending::Well),
            Err(ReadlineError::Io(error)) => return Err(error),
            Err(error) => return Err(io::Error::other(error)),
        };
        let statement = text.trim();
        if statement.is_empty() {
            continue;
        }
        let is_new = editor.add_history_entry(statement).map_err(io::Error::other)?;
        if let Some(file) = history.filter(|_| is_new) {
            // A file that cannot be written is told once, at the start.
            let _ = editor.append_history(file);
        }
        let outcome = run_statement(&mut shell.borrow_mut(), statement);
        match outcome {
            Ok(Outcome::Quit) => return Ok(Ending::Well),
            Ok(Outcome::Text(text)) => show(&text, screen, shell.borrow().settings.pager)?,
            Ok(Outcome::Answer { text, notes }) => {
                show(&(text + &notes), screen, shell.borrow().settings.pager)?;
            }
            Err(text) => show_error(&text)?,
        }
    }
}

fn print(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}

fn show_error(text: &str) -> io::Result<()> {
    let mut out = io::stderr().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}
