//! Panels with a common x axis: axes, marks of axes, lines of a grid.

use super::marks::{self, Scales};
use crate::axis::{Axis, Measure};
use crate::chart::{Mark, Panel, Plot};
use crate::format::category;
use crate::layout::Area;
use crate::palette::colour_number;
use crate::scale::Scale;
use crate::svg::{Anchor, Paint, Svg, short};
use crate::text_width::{fit, width};
use crate::ticks::{Tick, captioned, ticks};

const SIZE: f64 = 12.0;
/// Between an axis and its labels.
const GAP: f64 = 8.0;
/// Between two panels.
const BETWEEN: f64 = 26.0;
/// The most room of a label that is turned.
const MAX_TURNED: f64 = 120.0;
/// Sine and cosine of the angle by which labels are turned, 38 degrees.
const SINE: f64 = 0.616;
const COSINE: f64 = 0.788;

/// How the labels of categories stand.
struct CategoryLabels {
    is_turned: bool,
    /// Every so many there is one.
    every: usize,
    height: f64,
}

pub(super) fn draw(svg: &mut Svg, plot: &Plot, area: Area) {
    let most = area.height() / plot.panels.len().max(1) as f64;
    let label_room =
        |axis: &Axis| ticks(axis, y_count(most)).iter().map(|it| width(&it.label, SIZE)).fold(0.0, f64::max);
    let title_room = |axis: &Axis| if axis.title.is_empty() { 0.0 } else { 20.0 };
    let left = plot
        .panels
        .iter()
        .filter_map(|panel| panel.axes.first())
        .map(|axis| label_room(axis) + GAP + title_room(axis))
        .fold(0.0, f64::max);
    let right_axes = |panel: &Panel| -> f64 {
        panel.axes.iter().skip(1).map(|axis| label_room(axis) + 2.0 * GAP + title_room(axis)).sum()
    };
    let right = plot.panels.iter().map(right_axes).fold(0.0, f64::max);
    let mut inner =
        Area { left: area.left + left, top: area.top + 10.0, right: area.right - right - 10.0, ..area };
    let labels = category_labels(plot, inner.width());
    inner.bottom -= labels.height + 20.0;
    let count = plot.panels.len().max(1) as f64;
    let height = ((inner.height() - BETWEEN * (count - 1.0)) / count).max(10.0);
    let x_scale = Scale::of(&plot.x, inner.left, inner.right);
    let x_ticks = ticks(&plot.x, x_count(&plot.x, inner.width()));
    for (at, panel) in plot.panels.iter().enumerate() {
        let top = inner.top + at as f64 * (height + BETWEEN);
        let area = Area { top, bottom: top + height, ..inner };
        let y: Vec<Scale> = panel.axes.iter().map(|axis| Scale::of(axis, area.bottom, area.top)).collect();
        grid(svg, panel, &y, area);
        if plot.x.measure != Measure::Category {
            svg.group("stroke", Paint::Grid, "");
            for tick in &x_ticks {
                let x = x_scale.place(tick.value);
                let top = if plot.mark == Mark::Dots { area.top } else { area.bottom };
                svg.line((x, top), (x, area.bottom + 5.0));
            }
            svg.end_group();
        }
        // Lines on the edge are whole, and values above columns are seen.
        svg.window(area.left - 4.0, area.top - 16.0, area.width() + 8.0, area.height() + 20.0);
        marks::draw(svg, plot, panel, &Scales { x: x_scale, y, band: band(plot, x_scale) });
        svg.end_window();
        axes(svg, panel, area);
    }
    svg.group("fill", Paint::Faint, "");
    if plot.x.measure == Measure::Category {
        draw_categories(svg, plot, &labels, x_scale, inner.bottom);
    } else {
        draw_x_ticks(svg, &x_ticks, x_scale, inner, area);
    }
    let title = captioned(&plot.x);
    let middle = (inner.left + inner.right) / 2.0;
    svg.text((middle, area.bottom - 2.0), Anchor::Middle, "", &fit(&title, SIZE, inner.width()));
    svg.end_group();
}

/// How many marks a y axis has room for.
fn y_count(room: f64) -> usize {
    ((room / 24.0) as usize).clamp(2, 6)
}

/// How many marks an x axis has room for.
fn x_count(axis: &Axis, room: f64) -> usize {
    let label = if axis.measure == Measure::Number { 90.0 } else { 80.0 };
    ((room / label) as usize).clamp(2, 12)
}

/// How much room columns of one place have.
fn band(plot: &Plot, scale: Scale) -> f64 {
    if plot.x.measure == Measure::Category {
        return (scale.place(1.0) - scale.place(0.0)).abs();
    }
    let points = || plot.panels.iter().flat_map(|it| &it.series).flat_map(|it| &it.points);
    let mut places: Vec<f64> = points().map(|it| it.x).collect();
    places.sort_by(f64::total_cmp);
    let least = places
        .windows(2)
        .filter_map(|pair| match pair {
            [a, b] if b > a => Some(scale.place(*b) - scale.place(*a)),
            _ => None,
        })
        .fold(f64::INFINITY, f64::min);
    if least.is_finite() { least.max(1.0) } else { 60.0 }
}

fn category_labels(plot: &Plot, room: f64) -> CategoryLabels {
    if plot.x.measure != Measure::Category {
        return CategoryLabels { is_turned: false, every: 1, height: 20.0 };
    }
    let band = room / plot.x.categories.len().max(1) as f64;
    let widest = plot.x.categories.iter().map(|it| width(it, SIZE)).fold(0.0, f64::max);
    if widest <= (band - 6.0).max(30.0).min(band) {
        return CategoryLabels { is_turned: false, every: 1, height: 20.0 };
    }
    let every = (16.0 / band).ceil().max(1.0) as usize;
    CategoryLabels { is_turned: true, every, height: widest.min(MAX_TURNED) * SINE + 18.0 }
}

fn draw_categories(svg: &mut Svg, plot: &Plot, labels: &CategoryLabels, scale: Scale, bottom: f64) {
    for at in (0..plot.x.categories.len()).step_by(labels.every) {
        let x = scale.place(at as f64);
        let text = category(&plot.x, at as f64);
        if labels.is_turned {
            // The first labels must not leave the picture.
            let room = MAX_TURNED.min((x - 4.0) / COSINE);
            let turn = format!("transform=\"rotate(-38 {} {})\"", short(x + 4.0), short(bottom + 12.0));
            svg.text((x + 4.0, bottom + 12.0), Anchor::End, &turn, &fit(text, SIZE, room));
        } else {
            svg.text((x, bottom + 17.0), Anchor::Middle, "", text);
        }
    }
}

fn draw_x_ticks(svg: &mut Svg, ticks: &[Tick], scale: Scale, inner: Area, area: Area) {
    let mut last = f64::NEG_INFINITY;
    for tick in ticks {
        let half = width(&tick.label, SIZE) / 2.0;
        let x = scale.place(tick.value).clamp(inner.left.min(area.left + half), area.right - half);
        if x - half > last + 6.0 {
            svg.text((x, inner.bottom + 18.0), Anchor::Middle, "", &tick.label);
            last = x + half;
        }
    }
}

fn grid(svg: &mut Svg, panel: &Panel, scales: &[Scale], area: Area) {
    let (Some(axis), Some(scale)) = (panel.axes.first(), scales.first()) else { return };
    svg.group("stroke", Paint::Grid, "");
    for tick in ticks(axis, y_count(area.height())) {
        let y = scale.place(tick.value);
        svg.line((area.left, y), (area.right, y));
    }
    svg.end_group();
}

/// The labels and titles of the y axes, and the line of zero.
fn axes(svg: &mut Svg, panel: &Panel, area: Area) {
    let mut right = area.right + GAP;
    for (at, axis) in panel.axes.iter().enumerate() {
        let scale = Scale::of(axis, area.bottom, area.top);
        if at == 0 && !axis.is_log && axis.min <= 0.0 && axis.max >= 0.0 {
            let y = scale.place(0.0);
            svg.group("stroke", Paint::Faint, "");
            svg.line((area.left, y), (area.right, y));
            svg.end_group();
        }
        let ticks = ticks(axis, y_count(area.height()));
        let widest = ticks.iter().map(|it| width(&it.label, SIZE)).fold(0.0, f64::max);
        // With several axes each has the colour of its series.
        let paint = if panel.axes.len() > 1 { Paint::Series(colour_number(at)) } else { Paint::Faint };
        svg.group("fill", paint, "");
        let (x, anchor) = if at == 0 { (area.left - GAP, Anchor::End) } else { (right + GAP, Anchor::Start) };
        for tick in &ticks {
            svg.text((x, scale.place(tick.value) + 4.0), anchor, "", &tick.label);
        }
        if !axis.title.is_empty() {
            let middle = (area.top + area.bottom) / 2.0;
            let x = if at == 0 { area.left - GAP - widest - 10.0 } else { right + GAP + widest + 16.0 };
            let turn = format!("transform=\"rotate(-90 {} {})\"", short(x), short(middle));
            svg.text((x, middle), Anchor::Middle, &turn, &fit(&axis.title, SIZE, area.height() + 16.0));
        }
        svg.end_group();
        if at > 0 {
            right += widest + 2.0 * GAP + if axis.title.is_empty() { 0.0 } else { 20.0 };
        }
    }
}
