//! Writes SVG: elements, numbers in their shortest form, and any text so that it stays text. It must not know charts.

use std::fmt::Write as _;

use crate::palette::{ALARM, COLOURS, Colour};

/// The text of a picture, element by element.
pub(crate) struct Svg {
    out: String,
}

/// Where a text stands to its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Anchor {
    Start,
    Middle,
    End,
}

/// What things are painted with, on light and on dark grounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Paint {
    /// Words that are read first.
    Ink,
    /// Words beside them.
    Faint,
    /// Lines behind the marks.
    Grid,
    /// Words upon a mark, and what parts marks: the ground's colour.
    Ground,
    /// A series, by the number of its colour.
    Series(usize),
    /// What is out of the ordinary.
    Alarm,
}

const INK: Colour = Colour { light: "#1f2430", dark: "#e7eaf0", ansi: "" };
const FAINT: Colour = Colour { light: "#5c6675", dark: "#9ba5b4", ansi: "" };
const GRID: Colour = Colour { light: "#e3e7ed", dark: "#303743", ansi: "" };
const GROUND: Colour = Colour { light: "#ffffff", dark: "#14171c", ansi: "" };

impl Paint {
    fn class(self) -> String {
        match self {
            Self::Ink => "kc-ink".to_owned(),
            Self::Faint => "kc-faint".to_owned(),
            Self::Grid => "kc-grid".to_owned(),
            Self::Ground => "kc-ground".to_owned(),
            Self::Series(number) => format!("kc-{number}"),
            Self::Alarm => "kc-alarm".to_owned(),
        }
    }

    fn colour(self) -> &'static Colour {
        match self {
            Self::Ink => &INK,
            Self::Faint => &FAINT,
            Self::Grid => &GRID,
            Self::Ground => &GROUND,
            Self::Series(number) => crate::palette::colour(number),
            Self::Alarm => &ALARM,
        }
    }
}

impl Svg {
    /// Begins a picture of a size, with what a reader of the screen says of it.
    pub(crate) fn begin(width: f64, height: f64, title: &str, description: &str) -> Self {
        let mut it = Self { out: String::new() };
        let (w, h) = (short(width), short(height));
        it.raw(&format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"kqlite-chart\" role=\"img\" viewBox=\"0 0 {w} {h}\" \
             width=\"{w}\" height=\"{h}\" font-family=\"system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica \
             Neue',Arial,sans-serif\" font-size=\"12\">\n"
        ));
        it.raw(&format!("<title>{}</title>\n<desc>{}</desc>\n", escaped(title), escaped(description)));
        it.style();
        it.raw(&format!("<rect width=\"{w}\" height=\"{h}\"{}/>\n", paint("fill", Paint::Ground)));
        it
    }

    /// The colours on a dark ground. Where styles are not read, the picture is a light one.
    fn style(&mut self) {
        self.raw("<style>@media (prefers-color-scheme:dark){");
        let fixed = [Paint::Ink, Paint::Faint, Paint::Grid, Paint::Ground, Paint::Alarm];
        for it in fixed.into_iter().chain((0..COLOURS.len()).map(Paint::Series)) {
            let _ = write!(self.out, ".{}{{color:{}}}", it.class(), it.colour().dark);
        }
        self.raw("}</style>\n");
    }

    /// Ends the picture.
    pub(crate) fn end(mut self) -> String {
        self.out.push_str("</svg>\n");
        self.out
    }

    /// Adds what is SVG already.
    pub(crate) fn raw(&mut self, text: &str) {
        self.out.push_str(text);
    }

    /// Begins a group of one colour: `what` is `fill`, `stroke` or both, with a space between.
    pub(crate) fn group(&mut self, what: &str, colour: Paint, more: &str) {
        let _ =
            writeln!(self.out, "<g{}{}{more}>", paint(what, colour), if more.is_empty() { "" } else { " " });
    }

    pub(crate) fn end_group(&mut self) {
        self.out.push_str("</g>\n");
    }

    /// Begins a part of the picture beyond whose edges nothing is drawn.
    pub(crate) fn window(&mut self, x: f64, y: f64, width: f64, height: f64) {
        let [x, y, w, h] = [x, y, width, height].map(short);
        let _ = writeln!(
            self.out,
            "<svg x=\"{x}\" y=\"{y}\" width=\"{w}\" height=\"{h}\" viewBox=\"{x} {y} {w} {h}\" overflow=\"hidden\">"
        );
    }

    pub(crate) fn end_window(&mut self) {
        self.out.push_str("</svg>\n");
    }

    /// A text in the colour of its group; `more` are attributes.
    pub(crate) fn text(&mut self, (x, y): (f64, f64), anchor: Anchor, more: &str, text: &str) {
        let anchor = match anchor {
            Anchor::Start => "",
            Anchor::Middle => " text-anchor=\"middle\"",
            Anchor::End => " text-anchor=\"end\"",
        };
        let space = if more.is_empty() { "" } else { " " };
        let (x, y) = (short(x), short(y));
        let _ = writeln!(self.out, "<text x=\"{x}\" y=\"{y}\"{anchor}{space}{more}>{}</text>", escaped(text));
    }

    /// A straight line in the colour of its group.
    pub(crate) fn line(&mut self, (x1, y1): (f64, f64), (x2, y2): (f64, f64)) {
        let [x1, y1, x2, y2] = [x1, y1, x2, y2].map(short);
        let _ = writeln!(self.out, "<line x1=\"{x1}\" y1=\"{y1}\" x2=\"{x2}\" y2=\"{y2}\"/>");
    }

    /// A rectangle; the text shows when a pointer rests on it.
    pub(crate) fn rect(&mut self, (x, y): (f64, f64), (width, height): (f64, f64), more: &str, shown: &str) {
        let [x, y, w, h] = [x, y, width.max(0.0), height.max(0.0)].map(short);
        let space = if more.is_empty() { "" } else { " " };
        let _ = write!(self.out, "<rect x=\"{x}\" y=\"{y}\" width=\"{w}\" height=\"{h}\"{space}{more}");
        self.close("rect", shown);
    }

    /// A circle; the text shows when a pointer rests on it.
    pub(crate) fn circle(&mut self, (x, y): (f64, f64), radius: f64, shown: &str) {
        let [x, y, r] = [x, y, radius].map(short);
        let _ = write!(self.out, "<circle cx=\"{x}\" cy=\"{y}\" r=\"{r}\"");
        self.close("circle", shown);
    }

    /// A path; the text shows when a pointer rests on it.
    pub(crate) fn path(&mut self, path: &str, more: &str, shown: &str) {
        let space = if more.is_empty() { "" } else { " " };
        let _ = write!(self.out, "<path d=\"{path}\"{space}{more}");
        self.close("path", shown);
    }

    fn close(&mut self, element: &str, shown: &str) {
        if shown.is_empty() {
            self.out.push_str("/>\n");
        } else {
            let _ = writeln!(self.out, "><title>{}</title></{element}>", escaped(shown));
        }
    }
}

/// The attributes that paint: a class for dark grounds, the colour for light ones.
fn paint(what: &str, colour: Paint) -> String {
    let mut out = format!(" class=\"{}\" color=\"{}\"", colour.class(), colour.colour().light);
    for it in what.split(' ') {
        let _ = write!(out, " {it}=\"currentColor\"");
    }
    out
}

/// A number with at most two digits behind the point; what is far outside of any picture is held near to it.
pub(crate) fn short(number: f64) -> String {
    let number = if number.is_nan() { 0.0 } else { number.clamp(-1e5, 1e5) };
    let text = format!("{number:.2}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

/// The most characters of one text: what is longer nobody reads.
const MAX_TEXT: usize = 400;

/// Text for SVG. Characters that XML has not, and those that turn the direction of what follows, are replaced.
pub(crate) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len().min(2 * MAX_TEXT));
    for (at, c) in text.chars().enumerate() {
        if at == MAX_TEXT {
            out.push('…');
            break;
        }
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' | '\t' | '\r' => out.push(' '),
            _ if is_unwritable(c) => out.push('\u{fffd}'),
            _ => out.push(c),
        }
    }
    out
}

/// A character that must not get into a picture or a terminal.
pub(crate) fn is_unwritable(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200e}' | '\u{200f}' | '\u{61c}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{fffe}' | '\u{ffff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short() {
        assert_eq!([1.0, 0.5, -0.001, 12.345].map(short), ["1", "0.5", "0", "12.35"]);
    }

    #[test]
    fn text_stays_text() {
        assert_eq!(
            escaped("a<b>&\"c\"\u{1b}[1m\u{202e}\n"),
            "a&lt;b&gt;&amp;&quot;c&quot;\u{fffd}[1m\u{fffd} "
        );
        assert_eq!(escaped(&"x".repeat(1000)).chars().count(), MAX_TEXT + 1);
    }
}
