//! Horizontal strips: categories from top to bottom, values from left to right.

use crate::chart::{Plot, Stacking};
use crate::format::{category, value};
use crate::layout::Area;
use crate::palette::colour_number;
use crate::scale::Scale;
use crate::svg::{Anchor, Paint, Svg};
use crate::text_width::{fit, width};
use crate::ticks::ticks;

const SIZE: f64 = 12.0;
const LEAST_BAR: f64 = 14.0;
const LEAST_BAND: f64 = 20.0;
const BELOW: f64 = 40.0;
const BETWEEN: f64 = 30.0;

/// How much height the strips need.
pub(super) fn height(plot: &Plot) -> f64 {
    let places = plot.x.categories.len().max(1) as f64;
    plot.panels.iter().map(|panel| places * band(plot, panel.series.len()) + BELOW).sum()
}

fn band(plot: &Plot, series: usize) -> f64 {
    let beside = if plot.stacking == Stacking::None { series.max(1) as f64 } else { 1.0 };
    (beside * LEAST_BAR / 0.76).max(LEAST_BAND)
}

pub(super) fn draw(svg: &mut Svg, plot: &Plot, area: Area) {
    let widest = plot.x.categories.iter().map(|it| width(it, SIZE)).fold(0.0, f64::max);
    let labels = widest.min(area.width() * 0.3) + 10.0;
    let count = plot.panels.len().max(1) as f64;
    let height = (area.height() - (count - 1.0) * BETWEEN) / count;
    for at in 0..plot.panels.len() {
        let top = area.top + at as f64 * (height + BETWEEN);
        let inner =
            Area { left: area.left + labels, top, right: area.right - 24.0, bottom: top + height - BELOW };
        panel(svg, plot, at, labels, inner);
    }
}

fn panel(svg: &mut Svg, plot: &Plot, at: usize, labels: f64, area: Area) {
    let Some(panel) = plot.panels.get(at) else { return };
    let Some(first) = panel.axes.first() else { return };
    let places = plot.x.categories.len().max(1) as f64;
    let band = area.height() / places;
    let scales: Vec<Scale> = panel.axes.iter().map(|axis| Scale::of(axis, area.left, area.right)).collect();
    let Some(scale) = scales.first() else { return };
    let marks = ticks(first, ((area.width() / 80.0) as usize).clamp(2, 8));
    svg.group("stroke", Paint::Grid, "");
    for tick in &marks {
        let x = scale.place(tick.value);
        svg.line((x, area.top), (x, area.bottom));
    }
    svg.end_group();
    svg.group("fill", Paint::Faint, "");
    for tick in &marks {
        svg.text((scale.place(tick.value), area.bottom + 17.0), Anchor::Middle, "", &tick.label);
    }
    let middle = (area.left + area.right) / 2.0;
    let title = if panel.axes.len() > 1 { "" } else { first.title.as_str() };
    svg.text((middle, area.bottom + 36.0), Anchor::Middle, "", &fit(title, SIZE, area.width()));
    svg.end_group();
    svg.group("fill", Paint::Ink, "");
    for place in 0..plot.x.categories.len() {
        let y = area.top + (place as f64 + 0.5) * band + 4.0;
        let text = fit(category(&plot.x, place as f64), SIZE, labels - 8.0);
        svg.text((area.left - 8.0, y), Anchor::End, "", &text);
    }
    svg.end_group();
    let beside = if plot.stacking == Stacking::None { panel.series.len().max(1) as f64 } else { 1.0 };
    let group = (band * 0.76).min(46.0 * beside);
    let thick = group / beside;
    let mut values = Vec::new();
    svg.window(area.left, area.top, area.width() + 24.0, area.height());
    for (number, series) in panel.series.iter().enumerate() {
        let (Some(axis), Some(scale)) = (panel.axes.get(series.axis), scales.get(series.axis)) else {
            continue;
        };
        let name = plot.names.get(series.number).map_or("", String::as_str);
        svg.group("fill", Paint::Series(colour_number(series.number)), "");
        for point in &series.points {
            let Some(y) = point.y else { continue };
            let offset = if plot.stacking == Stacking::None { number as f64 * thick } else { 0.0 };
            let top = area.top + (point.x + 0.5) * band - group / 2.0 + offset;
            let (from, to) = (scale.place_within(point.base), scale.place_within(y));
            let text = value(axis, y - point.base);
            let says = format!("{} · {name}: {text}", category(&plot.x, point.x));
            let gap = if thick > 6.0 { 1.0 } else { 0.0 };
            let more = if plot.stacking == Stacking::None { "rx=\"2\"" } else { "" };
            svg.rect((from.min(to), top + gap / 2.0), ((to - from).abs(), thick - gap), more, &says);
            values.push((to, to < from, top + thick / 2.0 + 4.0, text));
        }
        svg.end_group();
    }
    if plot.stacking == Stacking::None && thick >= 11.0 {
        svg.group("fill", Paint::Ink, "font-size=\"11\"");
        for (x, is_left, y, text) in values {
            let room = width(&text, 11.0) + 6.0;
            if is_left && x - room >= area.left {
                svg.text((x - 5.0, y), Anchor::End, "", &text);
            } else if !is_left && x + room <= area.right + 24.0 {
                svg.text((x + 5.0, y), Anchor::Start, "", &text);
            }
        }
        svg.end_group();
    }
    svg.end_window();
    if !first.is_log {
        let zero = scale.place_within(0.0);
        svg.group("stroke", Paint::Faint, "");
        svg.line((zero, area.top), (zero, area.bottom));
        svg.end_group();
    }
}
