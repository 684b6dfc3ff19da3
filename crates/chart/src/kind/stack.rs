//! Values that are added up: those of equal places, of predecessors, of the series below.

use std::collections::HashMap;

use crate::axis::Measure;
use crate::chart::{Point, Series, Stacking};

/// Orders the points of a series by their places.
pub(super) fn sort(points: &mut [Point]) {
    points.sort_by(|a, b| a.x.total_cmp(&b.x));
}

/// Makes one point of those at the same place, whose values are added up; says whether there were any.
pub(super) fn merge(points: &mut Vec<Point>) -> bool {
    let mut places: HashMap<u64, usize> = HashMap::new();
    let mut merged: Vec<Point> = Vec::with_capacity(points.len());
    let mut had_several = false;
    for point in points.iter() {
        let at = *places.entry(point.x.to_bits()).or_insert(merged.len());
        match merged.get_mut(at) {
            Some(first) => {
                had_several |= first.y.is_some() && point.y.is_some();
                first.is_marked |= point.is_marked;
                first.y = match (first.y, point.y) {
                    (Some(a), Some(b)) => Some(a + b),
                    (a, b) => a.or(b),
                };
            }
            None => merged.push(*point),
        }
    }
    *points = merged;
    had_several
}

/// Adds to each value all that came before it.
pub(super) fn accumulate(points: &mut [Point]) {
    let mut sum = 0.0;
    for value in points.iter_mut().filter_map(|it| it.y.as_mut()) {
        sum += *value;
        *value = sum;
    }
}

/// Puts the series one atop the other: those above zero upwards, those below downwards. Gives how many values below zero
/// are left out, as shares of a whole have none.
pub(super) fn stack(series: &mut [Series], stacking: Stacking, x: Measure, is_area: bool) -> usize {
    if stacking == Stacking::None {
        return 0;
    }
    if is_area {
        fill(series, x);
    }
    let mut below = 0;
    let mut totals: HashMap<u64, f64> = HashMap::new();
    if stacking == Stacking::Shares {
        for point in series.iter_mut().flat_map(|it| it.points.iter_mut()) {
            if point.y.is_some_and(|y| y < 0.0) {
                point.y = None;
                below += 1;
            }
            *totals.entry(point.x.to_bits()).or_default() += point.y.unwrap_or_default();
        }
    }
    let mut tops: HashMap<u64, (f64, f64)> = HashMap::new();
    for point in series.iter_mut().flat_map(|it| it.points.iter_mut()) {
        let key = point.x.to_bits();
        let mut value = point.y.unwrap_or_default();
        if stacking == Stacking::Shares {
            let total = totals.get(&key).copied().unwrap_or_default();
            value = if total > 0.0 { value / total * 100.0 } else { 0.0 };
        }
        let (up, down) = tops.entry(key).or_default();
        // An area that changed its side would cross the others.
        let top = if value < 0.0 && !is_area { down } else { up };
        point.base = *top;
        *top += value;
        if point.y.is_some() || is_area {
            point.y = Some(*top);
        }
    }
    below
}

/// Gives every series a point at every place, since areas atop one another need each other's edges; a missing value is zero.
fn fill(series: &mut [Series], x: Measure) {
    let mut places: Vec<f64> = series.iter().flat_map(|it| it.points.iter().map(|point| point.x)).collect();
    places.sort_by(f64::total_cmp);
    places.dedup_by(|a, b| a.to_bits() == b.to_bits());
    for it in series {
        if it.points.len() == places.len() && x != Measure::Category {
            continue;
        }
        let known: HashMap<u64, Point> = it.points.iter().map(|point| (point.x.to_bits(), *point)).collect();
        it.points = places
            .iter()
            .map(|x| {
                let missing = Point { x: *x, y: None, base: 0.0, is_marked: false };
                known.get(&x.to_bits()).copied().unwrap_or(missing)
            })
            .collect();
    }
}
