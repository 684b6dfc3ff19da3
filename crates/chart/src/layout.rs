//! Where the parts of a picture are: title, legend, body, notes. It must not know what a body draws.

use crate::svg::{Anchor, Paint, Svg};
use crate::text_width::{fit, width};

/// A part of a picture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Area {
    pub left: f64,
    pub top: f64,
    pub right: f64,
    pub bottom: f64,
}

impl Area {
    pub(crate) fn width(&self) -> f64 {
        (self.right - self.left).max(0.0)
    }

    pub(crate) fn height(&self) -> f64 {
        (self.bottom - self.top).max(0.0)
    }
}

/// What stands around the body of a picture.
#[derive(Debug, Default)]
pub(crate) struct Surroundings<'c> {
    pub title: &'c str,
    /// Names with the numbers of their colours; empty if there is no legend.
    pub legend: Vec<(usize, &'c str)>,
    pub notes: &'c [String],
}

const EDGE: f64 = 16.0;
const LEGEND_SIZE: f64 = 12.0;
const LEGEND_ROW: f64 = 20.0;
const MAX_LEGEND_ROWS: usize = 3;
const MAX_NOTES: usize = 4;
const NOTE_SIZE: f64 = 11.0;

/// A name of the legend, its colour and its place.
struct LegendItem {
    colour: Option<usize>,
    name: String,
    x: f64,
    row: usize,
}

impl Surroundings<'_> {
    /// How high they are together.
    pub(crate) fn height(&self, width: f64) -> f64 {
        let body = self.area(width, 0.0);
        body.top - body.bottom
    }

    /// What they leave of a picture for its body.
    pub(crate) fn area(&self, width: f64, height: f64) -> Area {
        let title = if self.title.is_empty() { 0.0 } else { 26.0 };
        let rows = self.legend_rows(width).last().map_or(0, |it| it.row + 1) as f64;
        let notes = self.notes.len().min(MAX_NOTES) as f64;
        Area {
            left: EDGE,
            top: EDGE + title + rows * LEGEND_ROW + if rows > 0.0 { 4.0 } else { 0.0 },
            right: width - EDGE,
            bottom: height - 12.0 - notes * 16.0 - if notes > 0.0 { 4.0 } else { 0.0 },
        }
    }

    /// Draws them.
    pub(crate) fn draw(&self, svg: &mut Svg, width: f64, height: f64) {
        let mut top = EDGE;
        if !self.title.is_empty() {
            svg.group("fill", Paint::Ink, "font-size=\"16\" font-weight=\"600\"");
            svg.text((EDGE, top + 12.0), Anchor::Start, "", &fit(self.title, 17.0, width - 2.0 * EDGE));
            svg.end_group();
            top += 26.0;
        }
        let items = self.legend_rows(width);
        for it in &items {
            let middle = top + 9.0 + it.row as f64 * LEGEND_ROW;
            if let Some(colour) = it.colour {
                svg.group("fill", Paint::Series(colour), "");
                svg.rect((it.x, middle - 5.0), (10.0, 10.0), "rx=\"2\"", "");
                svg.end_group();
            }
            svg.group("fill", Paint::Ink, "");
            svg.text((it.x + 15.0, middle + 4.0), Anchor::Start, "", &it.name);
            svg.end_group();
        }
        let shown = self.notes.len().min(MAX_NOTES);
        if shown == 0 {
            return;
        }
        svg.group("fill", Paint::Faint, "font-size=\"11\" font-style=\"italic\"");
        for (at, note) in self.notes.iter().take(shown).enumerate() {
            let bottom = height - 12.0 - (shown - 1 - at) as f64 * 16.0;
            let more = self.notes.len() - shown;
            let note = if more > 0 && at + 1 == shown {
                format!("{note} (and {more} more notes)")
            } else {
                note.clone()
            };
            svg.text((EDGE, bottom), Anchor::Start, "", &fit(&note, NOTE_SIZE, width - 2.0 * EDGE));
        }
        svg.end_group();
    }

    fn legend_rows(&self, room: f64) -> Vec<LegendItem> {
        let mut items: Vec<LegendItem> = Vec::new();
        let (mut x, mut row) = (EDGE, 0);
        for (at, (colour, name)) in self.legend.iter().enumerate() {
            let name = fit(name, LEGEND_SIZE, 220.0_f64.min(room - 3.0 * EDGE));
            let wide = width(&name, LEGEND_SIZE) + 15.0 + 16.0;
            if x + wide > room - EDGE && x > EDGE {
                (x, row) = (EDGE, row + 1);
            }
            if row == MAX_LEGEND_ROWS {
                let left = self.legend.len() - at;
                if let Some(last) = items.pop() {
                    items.push(LegendItem { colour: None, name: format!("and {} more", left + 1), ..last });
                }
                break;
            }
            items.push(LegendItem { colour: Some(*colour), name, x, row });
            x += wide;
        }
        items
    }
}
