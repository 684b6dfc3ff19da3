//! Text for a terminal: colours where they are wanted, lines of one width, small tables. It must not know what it prints.

use kqlite::Value;

use crate::output::has_colour;
/// Lines are no longer than this.
pub const WIDTH: usize = 100;

/// Builds text for a terminal, with colours or without.
pub struct TerminalText {
    text: String,
    colour: bool,
}

/// The style of a piece of text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// As it is.
    Plain,
    /// A heading.
    Bold,
    /// Less important.
    Dim,
    /// In order.
    Good,
    /// Not in order.
    Bad,
}

impl TerminalText {
    /// Makes an empty text for the standard output.
    pub fn new() -> Self {
        Self { text: String::new(), colour: has_colour(&std::io::stdout()) }
    }

    /// Makes an empty text that stays without colours, wherever the tests run.
    #[cfg(test)]
    pub fn without_colour() -> Self {
        Self { text: String::new(), colour: false }
    }

    /// The text.
    pub fn into_text(self) -> String {
        self.text
    }

    /// Adds a piece of text.
    pub fn add(&mut self, style: Style, text: &str) -> &mut Self {
        let (on, off) = match style {
            _ if !self.colour => ("", ""),
            Style::Plain => ("", ""),
            Style::Bold => ("\x1b[1m", "\x1b[0m"),
            Style::Dim => ("\x1b[2m", "\x1b[0m"),
            Style::Good => ("\x1b[32m", "\x1b[0m"),
            Style::Bad => ("\x1b[31m", "\x1b[0m"),
        };
        self.text.push_str(on);
        self.text.push_str(text);
        self.text.push_str(off);
        self
    }

    /// Ends the line.
    pub fn line(&mut self) -> &mut Self {
        let kept = self.text.trim_end_matches(' ').len();
        self.text.truncate(kept);
        self.text.push('\n');
        self
    }

    /// Adds text in lines of at most [`WIDTH`], each but the first behind `indent` spaces; the cursor is there already.
    pub fn wrapped(&mut self, style: Style, indent: usize, text: &str) -> &mut Self {
        for (at, line) in wrap(text, WIDTH.saturating_sub(indent).max(20)).iter().enumerate() {
            if at > 0 {
                self.add(Style::Plain, &" ".repeat(indent));
            }
            self.add(style, line).line();
        }
        self
    }

    /// Adds rows as a table behind `indent` spaces. What does not fit is left out and counted; columns of a lower rank come
    /// first.
    pub fn table(
        &mut self,
        indent: usize,
        names: &[&str],
        rows: &[&[Value]],
        rank: impl Fn(&str) -> usize,
    ) -> &mut Self {
        const WIDEST: usize = 32;
        // Room for the number of columns that are left out.
        const COUNT: usize = 10;
        let rank = |at: &usize| names.get(*at).map_or(0, |name| rank(name));
        // Columns without a value are left out, but those of the first rank: that they have none may be the point.
        let blank = |at: usize| rows.iter().all(|row| row.get(at).is_none_or(is_blank));
        let is_shown = |at: &usize| rows.is_empty() || rank(at) == 0 || !blank(*at);
        let mut shown: Vec<usize> = (0..names.len()).filter(is_shown).collect();
        shown.sort_by_key(rank);
        let cell = |row: &[Value], at: usize| {
            row.get(at).map(|value| cut(&plain(value), WIDEST)).unwrap_or_default()
        };
        let mut columns: Vec<(usize, usize)> = Vec::new();
        let mut used = indent;
        for at in shown {
            let cells = rows.iter().map(|row| width(&cell(row, at)));
            let wide = cells.chain([width(names.get(at).unwrap_or(&""))]).max().unwrap_or(0);
            if used + wide + 2 > WIDTH - COUNT && !columns.is_empty() {
                break;
            }
            used += wide + 2;
            columns.push((at, wide));
        }
        let left = names.len() - columns.len();
        let pad = " ".repeat(indent);
        let more = if left == 0 { String::new() } else { format!("… {left} more") };
        self.add(Style::Plain, &pad);
        for (at, wide) in &columns {
            let name = names.get(*at).unwrap_or(&"");
            self.add(Style::Dim, name).add(Style::Plain, &" ".repeat(wide + 2 - width(name).min(*wide)));
        }
        self.add(Style::Dim, &more).line();
        for row in rows {
            self.add(Style::Plain, &pad);
            for (at, wide) in &columns {
                let text = cell(row, *at);
                self.add(Style::Plain, &text)
                    .add(Style::Plain, &" ".repeat(wide + 2 - width(&text).min(*wide)));
            }
            self.line();
        }
        self
    }
}

/// A null or an empty text.
pub fn is_blank(value: &Value) -> bool {
    value.is_null() || value.as_str() == Some("")
}

/// A value as it stands in a table.
pub fn plain(value: &Value) -> String {
    let text = match value {
        Value::DateTime(time) => time.to_short_string(),
        other => other.to_text().to_string(),
    };
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// How many characters a text has.
fn width(text: &str) -> usize {
    text.chars().count()
}

/// Cuts a text that is longer than `max_chars` characters.
pub fn cut(text: &str, max_chars: usize) -> String {
    if width(text) <= max_chars {
        return text.to_owned();
    }
    let kept: String = text.chars().take(max_chars.saturating_sub(1)).collect();
    format!("{kept}…")
}

/// Breaks a text into lines of at most `max_chars` characters at spaces; words that are longer stay whole.
fn wrap(text: &str, max_chars: usize) -> Vec<String> {
    let mut lines: Vec<String> = vec![String::new()];
    for word in text.split(' ') {
        let Some(line) = lines.last_mut() else { break };
        if !line.is_empty() && width(line) + 1 + width(word) > max_chars {
            lines.push(word.to_owned());
        } else {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_cut_at_spaces() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("averylongword x", 5), ["averylongword", "x"]);
    }
}
