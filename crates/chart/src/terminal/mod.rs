//! Charts as text for a terminal: lines of braille dots, strips of blocks. It must not know a terminal: who calls says how large it
//! is and whether it has colours.

mod canvas;
mod lanes;
mod page;
mod plot;
mod strips;

use page::Page;

use crate::axis::Measure;
use crate::chart::{Body, Chart, Mark};

/// How much room a terminal has for a chart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TerminalSize {
    /// Characters of a line; at least 30 are taken.
    pub width: usize,
    /// Lines of what is drawn, without title, names and notes; at least 5 are taken.
    pub height: usize,
    /// Colours are written, as ANSI's codes.
    pub has_colours: bool,
}

impl Chart {
    /// The chart as text, in lines that end with a line feed. No line has more characters than the terminal, and no text of the
    /// data is a code for it.
    #[must_use]
    pub fn to_text(&self, size: TerminalSize) -> String {
        let (width, height) = (size.width.clamp(30, 500), size.height.clamp(5, 200));
        let mut page = Page::new(width, height, size.has_colours);
        if !self.title.is_empty() {
            page.heading(&self.title);
        }
        match &self.body {
            Body::Plot(it) => {
                if self.has_legend && it.names.len() > 1 {
                    page.legend(&it.names);
                }
                if it.mark == Mark::Bars || (it.mark == Mark::Columns && it.x.measure == Measure::Category) {
                    strips::of_plot(&mut page, it);
                } else {
                    plot::draw(&mut page, it);
                }
            }
            Body::Pie(it) | Body::Treemap(it) => strips::of_shares(&mut page, it),
            Body::Card(facts) => {
                for fact in facts {
                    page.fact(&fact.name, &fact.value);
                }
            }
            Body::Lanes(it) => lanes::draw(&mut page, it),
        }
        for note in &self.notes {
            page.note(note);
        }
        page.into_text()
    }
}
