//! The line that is typed: colours, completions, hints, and whether it is whole. It must not know what is done with it.

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::rc::Rc;

use rustyline::completion::Completer;
use rustyline::highlight::{CmdKind, Highlighter};
use rustyline::hint::Hinter;
use rustyline::line_buffer::LineBuffer;
use rustyline::validate::{ValidationContext, ValidationResult, Validator};
use rustyline::{Changeset, CompletionType, Context, Helper, Result};

use crate::candidates::{Candidate, candidates};
use crate::screen::{Screen, TextStyle, width};
use crate::shell::Shell;
use crate::statement::is_complete;

/// What the line editor asks.
pub struct LineHelper {
    shell: Rc<RefCell<Shell>>,
    screen: Screen,
    /// Where the word ends that was completed last.
    word_end: Cell<usize>,
}

impl LineHelper {
    pub fn new(shell: Rc<RefCell<Shell>>) -> Self {
        let screen = shell.borrow().screen;
        Self { shell, screen, word_end: Cell::new(0) }
    }
}

impl Helper for LineHelper {}

/// A candidate with the line that lists show of it.
pub struct ListedCandidate {
    candidate: Candidate,
    line: String,
}

impl rustyline::completion::Candidate for ListedCandidate {
    fn display(&self) -> &str {
        &self.line
    }

    fn replacement(&self) -> &str {
        &self.candidate.insert
    }
}

/// Names are padded to this, so that what they are stands in a column.
const WIDEST_NAME: usize = 28;

/// With more candidates than this only their names are listed.
const MANY: usize = 40;

impl Completer for LineHelper {
    type Candidate = ListedCandidate;

    fn complete(&self, line: &str, pos: usize, _: &Context<'_>) -> Result<(usize, Vec<ListedCandidate>)> {
        let found = candidates(&self.shell.borrow(), line, pos);
        let room = self.screen.size().map_or(usize::MAX, |(columns, _)| columns.saturating_sub(2));
        let wide = found.list.iter().map(|it| width(&it.label)).max().unwrap_or(0).min(WIDEST_NAME);
        let with_about = found.list.len() <= MANY;
        let listed = |candidate: Candidate| {
            let line = match with_about && !candidate.about.is_empty() {
                true => cut(&format!("{:<wide$}  {}", candidate.label, candidate.about), room),
                false => candidate.label.clone(),
            };
            ListedCandidate { candidate, line }
        };
        self.word_end.set(found.end);
        Ok((found.start, found.list.into_iter().map(listed).collect()))
    }

    /// Puts a candidate in. What the cursor stands in front of goes if the candidate ends with it: `wh|ere` is one word.
    fn update(&self, line: &mut LineBuffer, start: usize, elected: &str, changes: &mut Changeset) {
        let (pos, end) = (line.pos(), self.word_end.get());
        let rest = line.as_str().get(pos..end).unwrap_or_default();
        let end = if elected.ends_with(rest) { pos + rest.len() } else { pos };
        line.replace(start..end, elected, changes);
    }
}

/// A text that fits in so many columns.
fn cut(text: &str, room: usize) -> String {
    if width(text) <= room {
        return text.to_owned();
    }
    let kept: String = text.chars().take(room.saturating_sub(1)).collect();
    format!("{kept}…")
}

impl Hinter for LineHelper {
    type Hint = String;

    /// The rest of the only word that goes on from what is typed.
    fn hint(&self, line: &str, pos: usize, _: &Context<'_>) -> Option<String> {
        if pos < line.len() || line.trim().is_empty() || line.ends_with(char::is_whitespace) {
            return None;
        }
        let found = candidates(&self.shell.borrow(), line, pos);
        let [alone] = &found.list[..] else { return None };
        let rest = alone.insert.strip_prefix(line.get(found.start..)?)?;
        (!rest.is_empty()).then(|| rest.to_owned())
    }
}

impl Highlighter for LineHelper {
    fn highlight<'l>(&self, line: &'l str, _: usize) -> Cow<'l, str> {
        match self.screen.has_colour && !kqlite_command::is_command(line) {
            true => Cow::Owned(self.screen.query(line)),
            false => Cow::Borrowed(line),
        }
    }

    fn highlight_hint<'h>(&self, hint: &'h str) -> Cow<'h, str> {
        Cow::Owned(self.screen.styled(TextStyle::Dim, hint))
    }

    fn highlight_candidate<'c>(&self, candidate: &'c str, _: CompletionType) -> Cow<'c, str> {
        match candidate.split_once("  ").filter(|_| self.screen.has_colour) {
            Some((name, about)) => {
                Cow::Owned(format!("{name}  {}", self.screen.styled(TextStyle::Dim, about)))
            }
            None => Cow::Borrowed(candidate),
        }
    }

    fn highlight_char(&self, _: &str, _: usize, _: CmdKind) -> bool {
        self.screen.has_colour
    }
}

impl Validator for LineHelper {
    fn validate(&self, context: &mut ValidationContext<'_>) -> Result<ValidationResult> {
        Ok(match is_complete(context.input()) {
            true => ValidationResult::Valid(None),
            false => ValidationResult::Incomplete,
        })
    }
}
