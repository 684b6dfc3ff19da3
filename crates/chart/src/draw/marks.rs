//! Lines, areas, dots and columns within a panel.

use std::collections::HashSet;
use std::fmt::Write as _;

use crate::axis::{Axis, Measure};
use crate::chart::{Mark, Panel, Plot, Point, Series, Stacking};
use crate::format::value;
use crate::palette::{colour_number, dashes};
use crate::scale::Scale;
use crate::svg::{Anchor, Paint, Svg, short};
use crate::text_width::width;

/// Points of a line are dots of their own up to here.
const MAX_POINTS_ON_LINE: usize = 80;
/// Things say their values up to here; a picture with more would be large.
const MAX_SAYING: usize = 2_000;

/// The scales of a panel: that of x, and one for each of its y axes.
pub(super) struct Scales {
    pub x: Scale,
    pub y: Vec<Scale>,
    /// How much room a column has, or all columns of one place.
    pub band: f64,
}

/// A series with what is needed to draw it.
struct Drawn<'c> {
    name: &'c str,
    series: &'c Series,
    x: &'c Axis,
    axis: &'c Axis,
    x_scale: Scale,
    y_scale: Scale,
}

impl Drawn<'_> {
    fn place(&self, point: &Point) -> Option<(f64, f64)> {
        Some((self.x_scale.place(point.x), self.y_scale.place(point.y?)))
    }

    /// What a point says when it is pointed at.
    fn says(&self, point: &Point) -> String {
        let y = point.y.unwrap_or_default() - point.base;
        let y = value(self.axis, y);
        format!("{}\n{}: {y}", value(self.x, point.x), self.name).replace('\n', " · ")
    }

    /// Where a line breaks: the runs of points between gaps.
    fn runs(&self) -> impl Iterator<Item = &[Point]> {
        self.series.points.split(|it| it.y.is_none()).filter(|run| !run.is_empty())
    }
}

pub(super) fn draw(svg: &mut Svg, plot: &Plot, panel: &Panel, scales: &Scales) {
    let drawn: Vec<Drawn<'_>> = panel
        .series
        .iter()
        .filter_map(|series| {
            Some(Drawn {
                name: plot.names.get(series.number)?,
                series,
                x: &plot.x,
                axis: panel.axes.get(series.axis)?,
                x_scale: scales.x,
                y_scale: *scales.y.get(series.axis)?,
            })
        })
        .collect();
    let count: usize = drawn.iter().map(|it| it.series.points.len()).sum();
    match plot.mark {
        Mark::Line => drawn.iter().for_each(|it| line(svg, it, count)),
        Mark::Area => {
            drawn.iter().for_each(|it| area(svg, it, plot.stacking));
            drawn.iter().for_each(|it| line(svg, it, count));
        }
        Mark::Dots => dots(svg, &drawn, count),
        Mark::Columns | Mark::Bars => columns(svg, plot, &drawn, scales.band, count),
    }
    let marked = drawn.iter().flat_map(|it| it.series.points.iter().map(move |point| (it, point)));
    let marked: Vec<_> = marked.filter(|(_, point)| point.is_marked).collect();
    let mut seen = HashSet::new();
    if !marked.is_empty() {
        svg.group("stroke", Paint::Alarm, "fill=\"none\" stroke-width=\"2\"");
        for (it, point) in marked {
            if let Some(place) = it.place(point).filter(|place| seen.insert(half_pixel(*place))) {
                svg.circle(place, 4.5, &format!("anomaly · {}", it.says(point)));
            }
        }
        svg.end_group();
    }
}

fn line(svg: &mut Svg, it: &Drawn<'_>, count: usize) {
    let mut path = String::new();
    let mut lonely = Vec::new();
    for run in it.runs() {
        let places: Vec<(f64, f64)> = run.iter().filter_map(|point| it.place(point)).collect();
        if let ([point], [place]) = (run, &places[..]) {
            lonely.push((*place, point));
        }
        trace(&mut path, &thin(&places), 'M');
    }
    let number = it.series.number;
    svg.group(
        "stroke",
        Paint::Series(colour_number(number)),
        "fill=\"none\" stroke-width=\"2\" stroke-linejoin=\"round\"",
    );
    if !path.is_empty() {
        let dash = dashes(number).map(|it| format!("stroke-dasharray=\"{it}\"")).unwrap_or_default();
        svg.path(&path, &dash, if count > MAX_POINTS_ON_LINE { it.name } else { "" });
    }
    svg.end_group();
    svg.group("fill", Paint::Series(colour_number(number)), "");
    if count <= MAX_POINTS_ON_LINE {
        for point in it.series.points.iter() {
            if let Some(place) = it.place(point) {
                svg.circle(place, 3.0, &it.says(point));
            }
        }
    } else {
        let mut seen = HashSet::new();
        for (place, point) in lonely.iter().filter(|(place, _)| seen.insert(half_pixel(*place))) {
            svg.circle(*place, 1.5, &it.says(point));
        }
    }
    svg.end_group();
}

fn area(svg: &mut Svg, it: &Drawn<'_>, stacking: Stacking) {
    let mut path = String::new();
    for run in it.runs() {
        let tops: Vec<(f64, f64)> = run.iter().filter_map(|point| it.place(point)).collect();
        let bases: Vec<(f64, f64)> = run
            .iter()
            .rev()
            .map(|point| (it.x_scale.place(point.x), it.y_scale.place_within(point.base)))
            .collect();
        trace(&mut path, &thin(&tops), 'M');
        trace(&mut path, &thin(&bases), 'L');
        path.push('Z');
    }
    if path.is_empty() {
        return;
    }
    let opacity = if stacking == Stacking::None { "0.22" } else { "0.7" };
    let colour = Paint::Series(colour_number(it.series.number));
    svg.group("fill", colour, &format!("fill-opacity=\"{opacity}\""));
    svg.path(&path, "", it.name);
    svg.end_group();
}

/// Adds points to a path, with a letter before the first one.
fn trace(path: &mut String, places: &[(f64, f64)], first: char) {
    for (at, (x, y)) in places.iter().enumerate() {
        let letter = if at == 0 { first } else { 'L' };
        let _ = write!(path, "{letter}{} {}", short(*x), short(*y));
    }
}

/// Of points that fall upon one column of pixels, the first, the lowest, the highest and the last: the line looks the same.
fn thin(places: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let mut out: Vec<(f64, f64)> = Vec::new();
    for column in places.chunk_by(|a, b| a.0.floor() == b.0.floor()) {
        if column.len() <= 4 {
            out.extend(column);
            continue;
        }
        let mut kept = [0, 0, 0, column.len() - 1];
        for (at, (_, y)) in column.iter().enumerate() {
            if column.get(kept[1]).is_some_and(|(_, least)| y < least) {
                kept[1] = at;
            }
            if column.get(kept[2]).is_some_and(|(_, most)| y > most) {
                kept[2] = at;
            }
        }
        kept.sort_unstable();
        out.extend(kept.into_iter().filter_map(|at| column.get(at)));
    }
    out
}

/// What is upon the same half of a pixel looks like one.
fn half_pixel((x, y): (f64, f64)) -> (i64, i64) {
    ((x * 2.0) as i64, (y * 2.0) as i64)
}

fn dots(svg: &mut Svg, drawn: &[Drawn<'_>], count: usize) {
    let radius = if count > 2_000 { 2.0 } else { 3.5 };
    for it in drawn {
        let number = it.series.number;
        svg.group("fill", Paint::Series(colour_number(number)), "fill-opacity=\"0.7\"");
        // Dots upon each other look like one.
        let mut seen = HashSet::new();
        for point in &it.series.points {
            let Some((x, y)) = it.place(point) else { continue };
            if !seen.insert(half_pixel((x, y))) {
                continue;
            }
            let says = if count <= MAX_SAYING { it.says(point) } else { String::new() };
            svg.circle((x, y), radius, &says);
        }
        svg.end_group();
    }
}

fn columns(svg: &mut Svg, plot: &Plot, drawn: &[Drawn<'_>], band: f64, count: usize) {
    let beside = if plot.stacking == Stacking::None { drawn.len().max(1) as f64 } else { 1.0 };
    let share = if plot.x.measure == Measure::Category { 0.76 } else { 0.86 };
    let group = (band * share).clamp(0.8, 120.0 * beside);
    let width_of_one = group / beside;
    let mut labels = Vec::new();
    for (at, it) in drawn.iter().enumerate() {
        let number = it.series.number;
        svg.group("fill", Paint::Series(colour_number(number)), "");
        for point in &it.series.points {
            let Some((x, _)) = it.place(point) else { continue };
            let offset = if plot.stacking == Stacking::None { at as f64 * width_of_one } else { 0.0 };
            let left = x - group / 2.0 + offset;
            // What goes beyond an end that a property gives ends there.
            let (top, base) =
                (it.y_scale.place_within(point.y.unwrap_or_default()), it.y_scale.place_within(point.base));
            let gap = if width_of_one > 6.0 { 1.0 } else { 0.0 };
            let says = if count <= MAX_SAYING { it.says(point) } else { String::new() };
            let place = (left + gap / 2.0, top.min(base));
            let more = if width_of_one > 8.0 && plot.stacking == Stacking::None { "rx=\"2\"" } else { "" };
            svg.rect(place, (width_of_one - gap, (top - base).abs()), more, &says);
            let is_up = top <= base;
            let y = if is_up { top - 5.0 } else { top + 13.0 };
            labels.push((
                left + width_of_one / 2.0,
                y,
                value(it.axis, point.y.unwrap_or_default() - point.base),
            ));
        }
        svg.end_group();
    }
    let fits = labels.iter().all(|(_, _, text)| width(text, 11.0) < width_of_one + 6.0);
    if plot.stacking == Stacking::None && count <= 24 && fits {
        svg.group("fill", Paint::Ink, "font-size=\"11\"");
        for (x, y, text) in labels {
            svg.text((x, y), Anchor::Middle, "", &text);
        }
        svg.end_group();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thinned_line_keeps_what_is_seen_of_it() {
        let column = [(3.0, 5.0), (3.1, 9.0), (3.2, 4.0), (3.3, 1.0), (3.4, 6.0), (3.5, 7.0)];
        // The first one, the largest, the smallest, and the last, in their order.
        assert_eq!(thin(&column), [(3.0, 5.0), (3.1, 9.0), (3.3, 1.0), (3.5, 7.0)]);
        let apart = [(1.0, 5.0), (2.0, 9.0), (3.0, 4.0), (4.0, 1.0), (5.0, 6.0)];
        assert_eq!(thin(&apart), apart);
    }
}
