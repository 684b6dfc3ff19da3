//! Charts as SVG: one file a form of body. It must not know tables: it draws what a chart says.

mod bars;
mod card;
mod describe;
mod lanes;
mod marks;
mod pie;
mod plot;
mod treemap;

use crate::chart::{Body, Chart, Mark};
use crate::layout::Surroundings;
use crate::palette::colour_number;
use crate::svg::Svg;

/// The size of a picture, in units that are pixels unless it is scaled.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PictureSize {
    /// From left to right; at least 240 is drawn.
    pub width: f64,
    /// From top to bottom, if what is drawn does not need more; at least 160 is drawn.
    pub height: f64,
}

impl Default for PictureSize {
    fn default() -> Self {
        Self { width: 800.0, height: 420.0 }
    }
}

impl Chart {
    /// The chart as SVG: one element, which needs nothing else. It follows whoever looks at it into dark colours; there is no
    /// program in it, and any text of the data stays text. The same chart gives the same bytes.
    #[must_use]
    pub fn to_svg(&self, size: PictureSize) -> String {
        let within = |it: f64, least: f64| if it.is_finite() { it.clamp(least, 10_000.0) } else { least };
        let (width, mut height) = (within(size.width, 240.0), within(size.height, 160.0));
        let around = Surroundings { title: &self.title, legend: self.legend(), notes: &self.notes };
        let needed = match &self.body {
            Body::Plot(plot) if plot.mark == Mark::Bars => bars::height(plot),
            Body::Plot(plot) => 120.0 * plot.panels.len() as f64,
            Body::Lanes(lanes) => lanes::height(lanes),
            Body::Card(facts) => card::height(facts, width),
            Body::Pie(_) | Body::Treemap(_) => 0.0,
        };
        height = match &self.body {
            // A card and lanes are as high as they need to be.
            Body::Card(_) | Body::Lanes(_) => needed + around.height(width),
            _ => height.max(needed + around.height(width)),
        };
        let mut svg = Svg::begin(width, height, &describe::title(self), &describe::description(self));
        around.draw(&mut svg, width, height);
        let area = around.area(width, height);
        match &self.body {
            Body::Plot(plot) if plot.mark == Mark::Bars => bars::draw(&mut svg, plot, area),
            Body::Plot(plot) => plot::draw(&mut svg, plot, area),
            Body::Pie(shares) => pie::draw(&mut svg, shares, self.has_legend, area),
            Body::Treemap(shares) => treemap::draw(&mut svg, shares, area),
            Body::Card(facts) => card::draw(&mut svg, facts, area),
            Body::Lanes(lanes) => lanes::draw(&mut svg, lanes, area),
        }
        svg.end()
    }

    /// The names of the series with their colours, where there are several.
    fn legend(&self) -> Vec<(usize, &str)> {
        match &self.body {
            Body::Plot(plot) if self.has_legend && plot.names.len() > 1 => {
                plot.names.iter().enumerate().map(|(at, name)| (colour_number(at), name.as_str())).collect()
            }
            _ => Vec::new(),
        }
    }
}
