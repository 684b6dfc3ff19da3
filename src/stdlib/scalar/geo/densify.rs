//! Straight edges on the map made chains of geodesics that are close to them. It must not know JSON.

use super::sphere::{Point, RADIUS, add, angle, at, coordinates, dot, normal, scale};

/// What is known of how edges become chains.
pub(super) struct Chain {
    /// Longitudes and latitudes.
    pub(super) points: Vec<[f64; 2]>,
    /// Whether ways to measure how far an edge is away disagreed about one of them.
    pub(super) is_unsure: bool,
}

/// Where on an edge of the map its distance is measured, and what part of the tolerance is then allowed: so does the library
/// S2, whose tessellation the page describes.
const PLACE: f64 = 0.312_156_910_822_482_3;
const PART: f64 = 0.838_299_925_698_888_5;

/// How often an edge is halved at the most: the shortest tolerance needs fewer.
const MAX_HALVINGS: u32 = 24;

/// Halves the edges of a line until each is within so many meters of its geodesic. `None` where an edge goes around the back
/// of the map or begins at a pole, and where `more` says that there are too many points.
pub(super) fn densify(line: &[Point], tolerance: f64, mut more: impl FnMut() -> bool) -> Option<Chain> {
    let corners: Vec<[f64; 2]> = line.iter().map(|corner| coordinates(*corner)).collect();
    let mut chain = Chain { points: corners.first().copied().into_iter().collect(), is_unsure: false };
    for pair in corners.windows(2) {
        let [from, to] = pair else { continue };
        let is_pole = |corner: &[f64; 2]| corner[1].abs() >= 90.0;
        if (from[0] - to[0]).abs() >= 180.0 || is_pole(from) || is_pole(to) {
            return None;
        }
        // The parts that are left, the first of them last.
        let end = *to;
        let mut left = vec![(*from, end, 0)];
        while let Some((from, to, halvings)) = left.pop() {
            let (near, is_sure) = is_near(from, to, tolerance);
            chain.is_unsure |= !is_sure;
            if near || halvings == MAX_HALVINGS {
                if !more() {
                    return None;
                }
                // New points are taken to the sphere, as the line's own were.
                chain.points.push(if left.is_empty() { end } else { coordinates(at(to[0], to[1])) });
                continue;
            }
            let middle = between(from, to, 0.5);
            left.push((middle, to, halvings + 1));
            left.push((from, middle, halvings + 1));
        }
    }
    Some(chain)
}

/// A place of an edge of the map.
fn between(from: [f64; 2], to: [f64; 2], part: f64) -> [f64; 2] {
    [0, 1].map(|axis| (1.0 - part) * from[axis] + part * to[axis])
}

/// Whether an edge of the map is within the tolerance of its geodesic, and whether all ways to measure that agree.
fn is_near(from: [f64; 2], to: [f64; 2], tolerance: f64) -> (bool, bool) {
    let (a, b) = (at(from[0], from[1]), at(to[0], to[1]));
    let on_map = |part: f64| {
        let [longitude, latitude] = between(from, to, part);
        at(longitude, latitude)
    };
    let whole = angle(a, b);
    let on_geodesic = |part: f64| {
        let weights = [((1.0 - part) * whole).sin(), (part * whole).sin()];
        if whole == 0.0 {
            a
        } else {
            scale(add(scale(a, weights[0]), scale(b, weights[1])), whole.sin().recip())
        }
    };
    let away = |part: f64| angle(on_map(part), on_geodesic(part)) * RADIUS;
    let near = away(PLACE).max(away(1.0 - PLACE)) <= PART * tolerance;
    let across = normal(a, b);
    let length = dot(across, across).sqrt();
    let beside = if length > 0.0 { (dot(on_map(0.5), across) / length).asin().abs() * RADIUS } else { 0.0 };
    let others = [away(0.5) <= tolerance, beside <= tolerance];
    (near, others.into_iter().all(|other| other == near))
}
