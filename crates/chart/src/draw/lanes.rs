//! Strips along an axis, in lanes with names.

use crate::chart::Lanes;
use crate::format::value;
use crate::layout::Area;
use crate::palette::colour_number;
use crate::scale::Scale;
use crate::svg::{Anchor, Paint, Svg};
use crate::text_width::{fit, width};
use crate::ticks::{captioned, ticks};

const LANE: f64 = 26.0;
const BELOW: f64 = 42.0;
/// Strips say their ends up to here.
const MAX_SAYING: usize = 2_000;

/// How much height the lanes need.
pub(super) fn height(lanes: &Lanes) -> f64 {
    lanes.lanes.len().max(1) as f64 * LANE + BELOW
}

pub(super) fn draw(svg: &mut Svg, lanes: &Lanes, area: Area) {
    let widest = lanes.lanes.iter().map(|it| width(&it.name, 12.0)).fold(0.0, f64::max);
    let names = widest.min(area.width() * 0.3) + 12.0;
    let inner =
        Area { left: area.left + names, right: area.right - 10.0, bottom: area.bottom - BELOW, ..area };
    let scale = Scale::of(&lanes.axis, inner.left, inner.right);
    let marks = ticks(&lanes.axis, ((inner.width() / 85.0) as usize).clamp(2, 12));
    svg.group("stroke", Paint::Grid, "");
    for tick in &marks {
        let x = scale.place(tick.value);
        svg.line((x, inner.top), (x, inner.bottom));
    }
    for at in 0..=lanes.lanes.len() {
        let y = inner.top + at as f64 * LANE;
        svg.line((inner.left, y), (inner.right, y));
    }
    svg.end_group();
    svg.group("fill", Paint::Faint, "");
    let mut last = f64::NEG_INFINITY;
    for tick in &marks {
        let half = width(&tick.label, 12.0) / 2.0;
        let x = scale.place(tick.value).min(area.right - half);
        if x - half > last + 6.0 {
            svg.text((x, inner.bottom + 18.0), Anchor::Middle, "", &tick.label);
            last = x + half;
        }
    }
    let title = captioned(&lanes.axis);
    let middle = (inner.left + inner.right) / 2.0;
    svg.text((middle, inner.bottom + 38.0), Anchor::Middle, "", &fit(&title, 12.0, inner.width()));
    svg.end_group();
    let count: usize = lanes.lanes.iter().map(|it| it.strips.len()).sum();
    for (at, lane) in lanes.lanes.iter().enumerate() {
        let middle = inner.top + (at as f64 + 0.5) * LANE;
        svg.group("fill", Paint::Ink, "");
        svg.text((inner.left - 8.0, middle + 4.0), Anchor::End, "", &fit(&lane.name, 12.0, names - 12.0));
        svg.end_group();
        svg.group("fill", Paint::Series(colour_number(at)), "fill-opacity=\"0.8\"");
        for (from, to) in &lane.strips {
            let says = |text: String| if count <= MAX_SAYING { text } else { String::new() };
            let (x1, x2) = (scale.place(*from), scale.place(*to));
            if from == to {
                svg.circle(
                    (x1, middle),
                    4.0,
                    &says(format!("{} · {}", lane.name, value(&lanes.axis, *from))),
                );
            } else {
                let ends = format!("{} – {}", value(&lanes.axis, *from), value(&lanes.axis, *to));
                let text = says(format!("{} · {ends}", lane.name));
                svg.rect((x1, middle - 7.0), ((x2 - x1).max(1.5), 14.0), "rx=\"3\"", &text);
            }
        }
        svg.end_group();
    }
}
