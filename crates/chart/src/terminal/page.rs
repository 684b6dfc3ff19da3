//! Lines of a terminal: pieces of text with colours or without, none longer than the line.

use crate::palette::{ALARM, colour};
use crate::svg::is_unwritable;
use crate::text_width::{cells, cells_of, cut};

/// How a piece of text looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ink {
    Plain,
    Bold,
    Dim,
    /// A series, by its number.
    Series(usize),
    Alarm,
}

/// The lines of a chart.
pub(super) struct Page {
    pub width: usize,
    pub height: usize,
    pub has_colours: bool,
    text: String,
}

impl Page {
    pub(super) fn new(width: usize, height: usize, has_colours: bool) -> Self {
        Self { width, height, has_colours, text: String::new() }
    }

    pub(super) fn into_text(self) -> String {
        self.text
    }

    /// Writes a line of pieces, as far as it has room for them.
    pub(super) fn line(&mut self, pieces: &[(Ink, &str)]) {
        let mut left = self.width;
        // Spaces at the end of a line are nothing.
        let last = pieces.iter().rposition(|(_, text)| !text.trim_end().is_empty());
        for (at, (ink, text)) in pieces.iter().enumerate().take(last.map_or(0, |it| it + 1)) {
            let text = if Some(at) == last { text.trim_end() } else { text };
            let text = cut(&clean(text), left);
            left -= cells(&text);
            let code = match ink {
                _ if !self.has_colours || text.is_empty() => None,
                Ink::Plain => None,
                Ink::Bold => Some("1"),
                Ink::Dim => Some("2"),
                Ink::Series(number) => Some(colour(*number).ansi),
                Ink::Alarm => Some(ALARM.ansi),
            };
            match code {
                Some(code) => self.text.extend(["\x1b[", code, "m", &text, "\x1b[0m"]),
                None => self.text.push_str(&text),
            }
        }
        self.text.push('\n');
    }

    pub(super) fn heading(&mut self, text: &str) {
        self.line(&[(Ink::Bold, text)]);
    }

    pub(super) fn note(&mut self, text: &str) {
        let mut line = String::from("note:");
        for word in clean(text).split_whitespace() {
            if cells(&line) + 1 + cells(word) > self.width && line.len() > 6 {
                self.line(&[(Ink::Dim, &line)]);
                line = "     ".to_owned();
            }
            line.push(' ');
            line.push_str(word);
        }
        self.line(&[(Ink::Dim, &line)]);
    }

    pub(super) fn fact(&mut self, name: &str, value: &str) {
        self.line(&[(Ink::Bold, value), (Ink::Plain, "  "), (Ink::Dim, name)]);
    }

    /// The names of the series, with their colours or letters.
    pub(super) fn legend(&mut self, names: &[String]) {
        let mut pieces: Vec<(Ink, String)> = Vec::new();
        let mut used = 0;
        let flush = |page: &mut Self, pieces: &mut Vec<(Ink, String)>| {
            let line: Vec<(Ink, &str)> = pieces.iter().map(|(ink, text)| (*ink, text.as_str())).collect();
            page.line(&line);
            pieces.clear();
        };
        for (at, name) in names.iter().enumerate() {
            let name = cut(&clean(name), 30.min(self.width.saturating_sub(4)));
            let takes = cells(&name) + 4;
            if used + takes > self.width && used > 0 {
                flush(self, &mut pieces);
                used = 0;
            }
            used += takes;
            let mark = if self.has_colours { '■' } else { letter(at) };
            pieces.push((Ink::Series(at), format!("{mark} ")));
            pieces.push((Ink::Plain, format!("{name}  ")));
        }
        if !pieces.is_empty() {
            flush(self, &mut pieces);
        }
    }
}

/// What a series is marked with where there are no colours.
pub(super) fn letter(series: usize) -> char {
    u32::try_from(series % 26).ok().and_then(|at| char::from_u32(u32::from('A') + at)).unwrap_or('?')
}

/// The text without what a terminal would take for a code.
pub(super) fn clean(text: &str) -> String {
    let shown = |c: char| if c == '\n' || c == '\t' || c == '\r' { ' ' } else { c };
    text.chars().map(shown).map(|c| if is_unwritable(c) { '\u{fffd}' } else { c }).collect()
}

/// The text, cut or with spaces before it, so that it takes so many cells.
pub(super) fn right(text: &str, width: usize) -> String {
    let text = cut(&clean(text), width);
    format!("{}{text}", " ".repeat(width.saturating_sub(cells(&text))))
}

/// Puts texts at places of a line; one that would touch another is left out.
pub(super) fn placed(width: usize, texts: &[(usize, String)]) -> String {
    let mut line = String::new();
    let mut used = 0;
    for (middle, text) in texts {
        let takes = cells(text);
        let from = middle.saturating_sub(takes / 2).min(width.saturating_sub(takes));
        if takes > width || (used > 0 && from <= used) || from < used {
            continue;
        }
        line.push_str(&" ".repeat(from - used));
        line.push_str(text);
        used = from + text.chars().map(cells_of).sum::<usize>();
    }
    line
}
