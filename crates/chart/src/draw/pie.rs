//! Slices of a circle, with their names, values and shares beside them.

use std::f64::consts::{FRAC_PI_2, TAU};

use crate::chart::Shares;
use crate::format::{number, trimmed};
use crate::layout::Area;
use crate::palette::colour_number;
use crate::svg::{Anchor, Paint, Svg, short};
use crate::text_width::{fit, width};

pub(super) fn draw(svg: &mut Svg, shares: &Shares, has_names: bool, area: Area) {
    let total: f64 = shares.shares.iter().map(|it| it.value).sum();
    let list = if has_names { (area.width() * 0.5).min(330.0) } else { 0.0 };
    let radius = (area.height() / 2.0 - 4.0).min((area.width() - list) / 2.0 - 8.0).max(10.0);
    let middle = (area.left + ((area.width() - list) / 2.0).max(radius), (area.top + area.bottom) / 2.0);
    let mut from = 0.0;
    let mut texts = Vec::new();
    for (at, share) in shares.shares.iter().enumerate() {
        let part = if total > 0.0 { share.value / total } else { 0.0 };
        let to = from + part;
        let says =
            format!("{} · {}: {} ({})", share.name, shares.measure, number(share.value), percent(part));
        svg.group("fill", Paint::Series(colour_number(at)), "");
        if part >= 0.999_99 {
            svg.circle(middle, radius, &says);
        } else if part > 0.0 {
            svg.path(&slice(middle, radius, from, to), "", &says);
        }
        svg.end_group();
        // A share is written where its slice is wide enough for it.
        if part >= 0.999_99 || part * TAU * radius * 0.68 >= 34.0 {
            let angle = (from + to) / 2.0 * TAU - FRAC_PI_2;
            let away = if part >= 0.999_99 { 0.0 } else { radius * 0.68 };
            texts.push(((middle.0 + away * angle.cos(), middle.1 + away * angle.sin() + 4.0), percent(part)));
        }
        from = to;
    }
    svg.group("stroke", Paint::Ground, "stroke-width=\"2\" fill=\"none\"");
    let mut edge = 0.0;
    for share in shares.shares.iter().filter(|it| it.value > 0.0 && it.value < total * 0.999_99) {
        let angle = edge * TAU - FRAC_PI_2;
        svg.line(middle, (middle.0 + radius * angle.cos(), middle.1 + radius * angle.sin()));
        edge += share.value / total;
    }
    svg.end_group();
    svg.group("fill", Paint::Ground, "font-weight=\"600\"");
    for (place, text) in texts {
        svg.text(place, Anchor::Middle, "", &text);
    }
    svg.end_group();
    if has_names {
        names(svg, shares, total, Area { left: area.right - list, ..area });
    }
}

fn names(svg: &mut Svg, shares: &Shares, total: f64, area: Area) {
    let values = shares.shares.iter().map(|it| width(&number(it.value), 12.0)).fold(0.0, f64::max);
    let row = (area.height() / shares.shares.len().max(1) as f64).min(24.0);
    let top = (area.top + area.bottom - row * shares.shares.len() as f64) / 2.0;
    for (at, share) in shares.shares.iter().enumerate() {
        let middle = top + (at as f64 + 0.5) * row;
        svg.group("fill", Paint::Series(colour_number(at)), "");
        svg.rect((area.left, middle - 5.0), (10.0, 10.0), "rx=\"2\"", "");
        svg.end_group();
        let part = if total > 0.0 { share.value / total } else { 0.0 };
        svg.group("fill", Paint::Ink, "");
        svg.text(
            (area.left + 17.0, middle + 4.0),
            Anchor::Start,
            "",
            &fit(&share.name, 12.0, area.width() - 17.0 - values - 58.0),
        );
        svg.end_group();
        svg.group("fill", Paint::Faint, "");
        svg.text((area.right - 48.0, middle + 4.0), Anchor::End, "", &number(share.value));
        svg.text((area.right, middle + 4.0), Anchor::End, "", &percent(part));
        svg.end_group();
    }
}

/// From and to are parts of the circle, clockwise from its top.
fn slice((x, y): (f64, f64), radius: f64, from: f64, to: f64) -> String {
    let on = |part: f64| {
        let angle = part * TAU - FRAC_PI_2;
        format!("{} {}", short(x + radius * angle.cos()), short(y + radius * angle.sin()))
    };
    let is_large = u8::from(to - from > 0.5);
    let r = short(radius);
    format!("M{} {}L{}A{r} {r} 0 {is_large} 1 {}Z", short(x), short(y), on(from), on(to))
}

/// A part as percent, with one digit behind the point where it is small.
fn percent(part: f64) -> String {
    let digits = usize::from(part < 0.1);
    format!("{}%", trimmed(&format!("{:.digits$}", part * 100.0)))
}
