//! Lines, areas, dots and columns over a continuous axis, in dots of braille.

use super::canvas::Canvas;
use super::page::{Ink, Page, letter, placed, right};
use crate::axis::{Axis, Measure};
use crate::chart::{Mark, Panel, Plot, Point, Series};
use crate::format::category;
use crate::scale::Scale;
use crate::text_width::{cells, cut};
use crate::ticks::{Tick, captioned, ticks};

pub(super) fn draw(page: &mut Page, plot: &Plot) {
    let height = (page.height / plot.panels.len().max(1)).max(4);
    let y_ticks = |axis: &Axis| ticks(axis, (height / 3).clamp(2, 6));
    let widest = plot.panels.iter().filter_map(|panel| panel.axes.first());
    let widest = widest.flat_map(y_ticks).map(|it| cells(&it.label)).max().unwrap_or_default().min(16);
    let width = page.width - widest - 3;
    let owners_of_alarm = plot.names.len();
    for panel in &plot.panels {
        let Some(axis) = panel.axes.first() else { continue };
        if !axis.title.is_empty() {
            page.line(&[(Ink::Dim, &axis.title)]);
        }
        let canvas = canvas(plot, panel, width, height, page.has_colours);
        let labels = labels(axis, &y_ticks(axis), height);
        for (row, label) in labels.iter().enumerate() {
            let sign = if label.is_empty() { " │" } else { " ┤" };
            let label = right(label, widest);
            let runs = canvas.row(row);
            let mut pieces = vec![(Ink::Dim, label.as_str()), (Ink::Dim, sign)];
            pieces.extend(runs.iter().map(|(owner, text)| {
                let ink = match owner {
                    Some(it) if *it == owners_of_alarm => Ink::Alarm,
                    Some(it) => Ink::Series(*it),
                    None => Ink::Plain,
                };
                (ink, text.as_str())
            }));
            page.line(&pieces);
        }
        let indent = " ".repeat(widest);
        page.line(&[(Ink::Dim, &format!("{indent} └{}", "─".repeat(width)))]);
    }
    let indent = " ".repeat(widest + 2);
    let x = placed(width, &x_labels(&plot.x, width));
    page.line(&[(Ink::Dim, &format!("{indent}{x}"))]);
    let title = captioned(&plot.x);
    page.line(&[(Ink::Dim, &format!("{indent}{}", placed(width, &[(width / 2, cut(&title, width))])))]);
    if plot.panels.iter().any(|panel| panel.axes.len() > 1) {
        page.note("each series is drawn by an axis of its own; the labels are those of the first one");
    }
}

/// The labels of the rows from top to bottom.
fn labels(axis: &Axis, ticks: &[Tick], height: usize) -> Vec<String> {
    let mut labels = vec![String::new(); height];
    let scale = Scale::of(axis, height as f64 - 0.5, 0.5);
    for tick in ticks {
        let row = scale.place_within(tick.value).floor() as usize;
        if let Some(label) = labels.get_mut(row.min(height - 1)) {
            label.clone_from(&tick.label);
        }
    }
    labels
}

fn x_labels(axis: &Axis, width: usize) -> Vec<(usize, String)> {
    let scale = Scale::of(axis, 0.0, width as f64);
    if axis.measure == Measure::Category {
        let room = (width / axis.categories.len().max(1)).clamp(6, 30);
        let label = |at| cut(category(axis, at as f64), room - 2);
        let places = 0..axis.categories.len();
        return places.map(|at| (scale.place(at as f64) as usize, label(at))).collect();
    }
    let labels = ticks(axis, (width / 12).clamp(2, 10)).into_iter();
    labels.map(|tick| (scale.place_within(tick.value) as usize, tick.label)).collect()
}

fn canvas(plot: &Plot, panel: &Panel, width: usize, height: usize, has_colours: bool) -> Canvas {
    let mut canvas = Canvas::new(width, height);
    let (right, bottom) = canvas.dots();
    let x = Scale::of(&plot.x, 0.0, right - 1.0);
    for series in &panel.series {
        let Some(axis) = panel.axes.get(series.axis) else { continue };
        let y = Scale::of(axis, bottom - 1.0, 0.0);
        trace(&mut canvas, plot, series, (x, y));
    }
    for series in &panel.series {
        let Some(axis) = panel.axes.get(series.axis) else { continue };
        let y = Scale::of(axis, bottom - 1.0, 0.0);
        let place = |point: &Point| Some((x.place(point.x).round() as i64, y.place(point.y?).round() as i64));
        let is_one_of_several = plot.names.len() > 1 && !has_colours;
        if is_one_of_several && plot.mark == Mark::Dots {
            for (x, y) in series.points.iter().filter_map(place) {
                canvas.letter(x, y, letter(series.number), series.number);
            }
        } else if is_one_of_several && let Some((x, y)) = series.points.iter().rev().find_map(place) {
            canvas.letter(x, y, letter(series.number), series.number);
        }
        for (x, y) in series.points.iter().filter(|it| it.is_marked).filter_map(place) {
            canvas.letter(x, y, '●', plot.names.len());
        }
    }
    canvas
}

fn trace(canvas: &mut Canvas, plot: &Plot, series: &Series, (x, y): (Scale, Scale)) {
    let mut before: Option<(i64, i64)> = None;
    let least = column_dots(series, x);
    for point in &series.points {
        let Some(value) = point.y else {
            before = None;
            continue;
        };
        let place = (x.place(point.x).round() as i64, y.place(value).round() as i64);
        let base = y.place_within(point.base).round() as i64;
        match plot.mark {
            Mark::Dots => canvas.dot(place.0, place.1, series.number),
            Mark::Columns | Mark::Bars => {
                for along in 0..least {
                    let x = place.0 - least / 2 + along;
                    canvas.line((x, base), (x, place.1), series.number);
                }
            }
            Mark::Line | Mark::Area => {
                canvas.line(before.unwrap_or(place), place, series.number);
                if plot.mark == Mark::Area {
                    fill(canvas, before.unwrap_or(place), place, base, series.number);
                }
                before = Some(place);
            }
        }
    }
}

/// How many dots a column is wide: what its neighbours leave, less one.
fn column_dots(series: &Series, x: Scale) -> i64 {
    let distance = |pair: &[Point]| match pair {
        [a, b] => (x.place(b.x) - x.place(a.x)).abs(),
        _ => f64::INFINITY,
    };
    let least = series.points.windows(2).map(distance).fold(f64::INFINITY, f64::min);
    if least.is_finite() { ((least * 0.8) as i64).clamp(1, 24) } else { 12 }
}

/// Sets every other dot below a line.
fn fill(canvas: &mut Canvas, from: (i64, i64), to: (i64, i64), base: i64, series: usize) {
    let wide = (to.0 - from.0).clamp(0, 2_000);
    for step in 0..=wide {
        let x = from.0 + step;
        let share = if wide == 0 { 1.0 } else { step as f64 / wide as f64 };
        let y = from.1 + ((to.1 - from.1) as f64 * share).round() as i64;
        for dot in y.min(base).clamp(0, 2_000)..=y.max(base).clamp(0, 2_000) {
            if (x + dot) % 2 == 0 {
                canvas.dot(x, dot, series);
            }
        }
    }
}
