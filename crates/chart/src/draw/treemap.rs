//! Nested rectangles whose areas are the values: first one a group, within them one a name.

use indexmap::IndexMap;

use crate::chart::{Share, Shares};
use crate::format::number;
use crate::layout::Area;
use crate::palette::colour_number;
use crate::svg::{Anchor, Paint, Svg};
use crate::text_width::fit;

/// The room of a group's name.
const HEAD: f64 = 20.0;

pub(super) fn draw(svg: &mut Svg, shares: &Shares, area: Area) {
    let mut groups: IndexMap<&str, Vec<&Share>> = IndexMap::new();
    for share in shares.shares.iter().filter(|it| it.value > 0.0) {
        groups.entry(&share.group).or_default().push(share);
    }
    let is_flat = groups.keys().all(|group| group.is_empty());
    if is_flat {
        let all: Vec<&Share> = groups.into_values().flatten().collect();
        let sizes: Vec<f64> = all.iter().map(|it| it.value).collect();
        for ((at, share), place) in all.iter().enumerate().zip(squares(&sizes, area)) {
            leaf(svg, shares, share, at, place);
        }
        return;
    }
    let sizes: Vec<f64> = groups.values().map(|it| it.iter().map(|share| share.value).sum()).collect();
    for ((at, (name, members)), place) in groups.iter().enumerate().zip(squares(&sizes, area)) {
        let has_head = place.height() > 3.0 * HEAD && place.width() > 60.0;
        let inner = if has_head { Area { top: place.top + HEAD, ..place } } else { place };
        if has_head {
            svg.group("fill", Paint::Ink, "font-weight=\"600\"");
            let name = if name.is_empty() { "others" } else { name };
            let sum = sizes.get(at).copied().unwrap_or_default();
            let text = format!("{name} · {}", number(sum));
            svg.text(
                (place.left + 3.0, place.top + 14.0),
                Anchor::Start,
                "",
                &fit(&text, 12.5, place.width() - 8.0),
            );
            svg.end_group();
        }
        let sizes: Vec<f64> = members.iter().map(|it| it.value).collect();
        for (share, place) in members.iter().zip(squares(&sizes, inner)) {
            leaf(svg, shares, share, at, place);
        }
    }
}

fn leaf(svg: &mut Svg, shares: &Shares, share: &Share, colour: usize, place: Area) {
    let says = [share.group.as_str(), share.name.as_str()].into_iter().filter(|it| !it.is_empty());
    let says =
        format!("{} · {}: {}", says.collect::<Vec<_>>().join(" › "), shares.measure, number(share.value));
    svg.group("fill", Paint::Series(colour_number(colour)), "");
    let size = ((place.width() - 2.0).max(0.5), (place.height() - 2.0).max(0.5));
    svg.rect((place.left + 1.0, place.top + 1.0), size, "rx=\"3\"", &says);
    svg.end_group();
    if place.width() < 34.0 || place.height() < 20.0 {
        return;
    }
    svg.group("fill", Paint::Ground, "");
    let name = fit(&share.name, 12.0, place.width() - 12.0);
    svg.text((place.left + 7.0, place.top + 16.0), Anchor::Start, "font-weight=\"600\"", &name);
    if place.height() >= 38.0 {
        let text = fit(&number(share.value), 12.0, place.width() - 12.0);
        svg.text((place.left + 7.0, place.top + 32.0), Anchor::Start, "", &text);
    }
    svg.end_group();
}

/// Divides an area by sizes into rectangles that are near to squares: rows of those that follow each other, the largest
/// first, as long as a row gets squarer. The answer is in the order of the sizes.
fn squares(sizes: &[f64], area: Area) -> Vec<Area> {
    let mut order: Vec<usize> = (0..sizes.len()).collect();
    // As parts of the largest one, so that sums stay numbers.
    let largest = sizes.iter().copied().fold(f64::MIN_POSITIVE, f64::max);
    let size = |at: usize| sizes.get(at).map_or(0.0, |it| it / largest);
    order.sort_by(|a, b| size(*b).total_cmp(&size(*a)).then(a.cmp(b)));
    let total: f64 = (0..sizes.len()).map(size).sum();
    let scale = if total > 0.0 { area.width() * area.height() / total } else { 0.0 };
    let mut places = vec![Area { right: area.left, bottom: area.top, ..area }; sizes.len()];
    let mut left = area;
    let mut rest = &order[..];
    while !rest.is_empty() {
        let side = left.width().min(left.height()).max(1e-9);
        // How far the worst rectangle of a row is from a square.
        let worst = |sum: f64, least: f64, most: f64| {
            let thick = sum / side;
            let ratio = |it: f64| (thick * thick / it.max(1e-12)).max(it / (thick * thick).max(1e-12));
            ratio(least).max(ratio(most))
        };
        let (mut sum, mut count, mut best, mut most) = (0.0, 0, f64::INFINITY, 0.0_f64);
        for at in rest {
            let it = size(*at) * scale;
            most = most.max(it);
            let ratio = worst(sum + it, it, most);
            if count > 0 && ratio > best {
                break;
            }
            (sum, count, best) = (sum + it, count + 1, ratio);
        }
        let (row, others) = rest.split_at(count.max(1).min(rest.len()));
        rest = others;
        let is_upright = left.width() >= left.height();
        let thick = sum / side;
        let mut along = if is_upright { left.top } else { left.left };
        for at in row {
            let long = size(*at) * scale / thick.max(1e-9);
            let place = if is_upright {
                Area { left: left.left, right: left.left + thick, top: along, bottom: along + long }
            } else {
                Area { left: along, right: along + long, top: left.top, bottom: left.top + thick }
            };
            along += long;
            if let Some(it) = places.get_mut(*at) {
                *it = place;
            }
        }
        if is_upright {
            left.left += thick;
        } else {
            left.top += thick;
        }
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn areas_are_the_sizes_and_fill_the_whole() {
        let area = Area { left: 0.0, top: 0.0, right: 60.0, bottom: 40.0 };
        let sizes = [6.0, 6.0, 4.0, 3.0, 2.0, 2.0, 1.0];
        let places = squares(&sizes, area);
        for (size, place) in sizes.iter().zip(&places) {
            assert!((place.width() * place.height() - size * 100.0).abs() < 1e-6, "{place:?}");
            assert!(place.right <= 60.0 + 1e-9 && place.bottom <= 40.0 + 1e-9, "{place:?}");
            let ratio = place.width() / place.height();
            assert!((0.3..3.5).contains(&ratio), "{place:?}");
        }
    }
}
