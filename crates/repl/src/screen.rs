//! What the answers are shown on: how wide and high it is, and whether it takes colours. It must not know what is shown.

use kqlite::syntax::{HighlightKind, highlight};

/// What the answers are shown on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Screen {
    /// Somebody looks at it: it is a terminal.
    pub is_terminal: bool,
    pub has_colour: bool,
}

/// The style of a piece of text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextStyle {
    Bold,
    Dim,
}

impl Screen {
    /// How many characters fit in a line, and how many lines there are; no bound where nobody looks.
    pub fn size(self) -> Option<(usize, usize)> {
        let (rows, columns) = console::Term::stdout().size_checked()?;
        // A terminal that does not say how large it is.
        let is_known = self.is_terminal && columns > 0 && rows > 0;
        is_known.then(|| (usize::from(columns), usize::from(rows)))
    }

    /// A text in a style, if there are colours.
    pub fn styled(self, style: TextStyle, text: &str) -> String {
        let on = match style {
            _ if !self.has_colour => return text.to_owned(),
            TextStyle::Bold => "\x1b[1m",
            TextStyle::Dim => "\x1b[2m",
        };
        format!("{on}{text}\x1b[0m")
    }

    /// A query in colours, if there are any.
    pub fn query(self, text: &str) -> String {
        if !self.has_colour {
            return text.to_owned();
        }
        let mut out = String::with_capacity(text.len() * 2);
        let mut end = 0;
        for part in highlight(text) {
            let (from, to) = (part.span.start as usize, part.span.end as usize);
            let is_call = part.kind == HighlightKind::Name && text[to..].starts_with('(');
            let on = match part.kind {
                HighlightKind::Keyword => "\x1b[34m",
                HighlightKind::String => "\x1b[32m",
                HighlightKind::Number | HighlightKind::Literal => "\x1b[36m",
                HighlightKind::Comment => "\x1b[2m",
                HighlightKind::Unknown => "\x1b[31m",
                _ if is_call => "\x1b[33m",
                _ => "",
            };
            out.push_str(&text[end..from]);
            out.push_str(on);
            out.push_str(&text[from..to]);
            if !on.is_empty() {
                out.push_str("\x1b[0m");
            }
            end = to;
        }
        out.push_str(&text[end..]);
        out
    }
}

/// How many columns of a terminal a text takes.
pub fn width(text: &str) -> usize {
    console::measure_text_width(text)
}
