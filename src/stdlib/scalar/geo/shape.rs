//! Lines and polygons of GeoJSON: reading, measuring, containment. It must not know functions or columns.

use std::collections::HashSet;

use super::sphere::{
    self, Meeting, NEAR, Point, add, angle, antipodal, cross, crosses, dot, meeting, norm, normal, on, scale,
    side, sub, unit, valid,
};
use crate::types::Dynamic;

/// The lines of a line string or of several ones.
#[derive(Debug)]
pub(in crate::stdlib) struct Lines(Vec<Vec<Point>>);

/// The polygons of a polygon or of several ones.
#[derive(Debug)]
pub(in crate::stdlib) struct Polygons(Vec<Polygon>);

/// A shell and its holes.
#[derive(Debug)]
struct Polygon {
    rings: Vec<Ring>,
}

/// A closed ring, counterclockwise around the smaller side; the first point is not repeated.
#[derive(Debug)]
struct Ring {
    points: Vec<Point>,
    area: f64,
    /// The point that containment is counted from is inside.
    origin_inside: bool,
}

fn read_points(value: &Dynamic) -> Option<Vec<Point>> {
    value
        .as_array()?
        .iter()
        .map(|pair| {
            let [longitude, latitude] = pair.as_array()? else { return None };
            valid(longitude.as_real()?, latitude.as_real()?)
        })
        .collect()
}

/// Whether one question has the answer yes, asked in their order; if none has, `None` if one is not known.
fn any<const N: usize>(questions: [&dyn Fn() -> Option<bool>; N]) -> Option<bool> {
    one_of(questions.into_iter().map(|question| question()))
}

/// Whether one of them is true; if none is, `None` if one is not known.
fn one_of(found: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let mut clear = true;
    for found in found {
        match found {
            Some(true) => return Some(true),
            Some(false) => {}
            None => clear = false,
        }
    }
    clear.then_some(false)
}

fn edges(points: &[Point]) -> impl Iterator<Item = (Point, Point)> + '_ {
    points.windows(2).filter_map(|pair| if let [a, b] = pair { Some((*a, *b)) } else { None })
}

/// The nearest of several places.
fn nearest(places: impl Iterator<Item = (f64, Point)>) -> Option<(f64, Point)> {
    places.min_by(|a, b| a.0.total_cmp(&b.0))
}

impl Lines {
    /// Reads a line or multiline; `None` for an invalid one.
    pub(in crate::stdlib) fn parse(value: &Dynamic) -> Option<Self> {
        let coordinates = value.member("coordinates");
        let lines = match value.member("type").as_str()? {
            "LineString" => vec![read_points(&coordinates)?],
            "MultiLineString" => coordinates.as_array()?.iter().map(read_points).collect::<Option<_>>()?,
            _ => return None,
        };
        let sound =
            |line: &Vec<Point>| line.len() >= 2 && edges(line).all(|(a, b)| a != b && !antipodal(a, b));
        (!lines.is_empty() && lines.iter().all(sound)).then_some(Self(lines))
    }

    /// Its lines, each of its points.
    pub(super) fn lines(&self) -> impl Iterator<Item = &[Point]> {
        self.0.iter().map(Vec::as_slice)
    }

    fn edges(&self) -> impl Iterator<Item = (Point, Point)> + '_ {
        self.0.iter().flat_map(|line| edges(line))
    }

    /// The edges of their union: of several lines, an edge that they share counts once.
    fn union(&self) -> impl Iterator<Item = (Point, Point)> + '_ {
        let bits = |at: Point| at.map(|it| (it + 0.0).to_bits());
        let mut seen = HashSet::new();
        self.edges().filter(move |(a, b)| {
            let (a, b) = (bits(*a), bits(*b));
            self.0.len() < 2 || seen.insert(if a < b { (a, b) } else { (b, a) })
        })
    }

    pub(super) fn length(&self) -> f64 {
        self.union().map(|(a, b)| angle(a, b)).sum()
    }

    /// The center, as a vector of some length.
    pub(super) fn centroid(&self) -> Point {
        self.union().fold([0.0; 3], |sum, (a, b)| {
            let (across, along) = (norm(sub(a, b)), norm(add(a, b)));
            add(sum, scale(add(a, b), across / along))
        })
    }

    /// The point at a fraction of one line's length.
    pub(super) fn interpolate(&self, fraction: f64) -> Option<Point> {
        let [line] = self.0.as_slice() else { return None };
        if !(0.0..=1.0).contains(&fraction) {
            return None;
        }
        let mut left = self.length() * fraction;
        for (a, b) in edges(line) {
            let length = angle(a, b);
            if left < length {
                let onward = cross(normal(a, b), a);
                let unit = scale(onward, norm(onward).recip());
                return Some(add(scale(a, left.cos()), scale(unit, left.sin())));
            }
            left -= length;
        }
        line.last().copied()
    }

    pub(in crate::stdlib) fn closest(&self, from: Point) -> Option<(f64, Point)> {
        nearest(self.edges().map(|(a, b)| sphere::closest(from, a, b)))
    }

    /// The fraction of a single line at which it is closest to a point; the first one of several.
    pub(super) fn locate(&self, from: Point) -> Option<f64> {
        let [line] = self.0.as_slice() else { return None };
        let (mut before, mut nearest, mut found) = (0.0, f64::INFINITY, 0.0);
        for (a, b) in edges(line) {
            let (away, at) = sphere::closest(from, a, b);
            if away < nearest {
                (nearest, found) = (away, before + angle(a, at));
            }
            before += angle(a, b);
        }
        (before > 0.0).then(|| (found / before).clamp(0.0, 1.0))
    }

    /// Whether they meet other lines; `None` if they touch and share no end.
    pub(super) fn intersect(&self, other: &Lines) -> Option<bool> {
        let mut clear = true;
        for (a, b) in self.edges() {
            for (c, d) in other.edges() {
                if a == c || a == d || b == c || b == d {
                    return Some(true);
                }
                match meeting(a, b, c, d) {
                    Meeting::Cross => return Some(true),
                    Meeting::Touch => clear = false,
                    Meeting::Apart => {}
                }
            }
        }
        clear.then_some(false)
    }
}

/// Where containment is counted from; an arbitrary point that no data lies on.
const ORIGIN: Point = [-0.009_999_466_435_025_02, 0.002_592_454_260_932_412, 0.999_946_643_502_502];

/// A direction that is fixed for a point: it settles which polygon a shared vertex belongs to.
fn reference(a: Point) -> Point {
    let [x, y, z] = a.map(f64::abs);
    let mut other: Point = [0.012, 0.0053, 0.004_57];
    if x > y {
        other[if x > z { 2 } else { 1 }] = 1.0;
    } else {
        other[if y > z { 0 } else { 1 }] = 1.0;
    }
    let at = cross(a, other);
    scale(at, norm(at).recip())
}

/// Around `center`, the points a, b and c come counterclockwise in this order.
fn ordered(a: Point, b: Point, c: Point, center: Point) -> Option<bool> {
    let count = u8::from(side(b, center, a)? >= 0)
        + u8::from(side(c, center, b)? >= 0)
        + u8::from(side(a, center, c)? > 0);
    Some(count >= 2)
}

/// Whether the edges cross, where a common end counts for just one of the edges that meet there.
fn crosses_or_meets(a: Point, b: Point, c: Point, d: Point) -> Option<bool> {
    if a == b || c == d {
        Some(false)
    } else if a == c {
        Some(b == d || ordered(reference(a), d, b, a)?)
    } else if b == d {
        ordered(reference(b), c, a, b)
    } else if a == d {
        Some(b == c || ordered(reference(a), c, b, a)?)
    } else if b == c {
        ordered(reference(b), d, a, b)
    } else {
        crosses(a, b, c, d)
    }
}

impl Ring {
    /// Reads a ring; `None` if it is not closed, has too few or equal points, or crosses itself.
    fn parse(value: &Dynamic) -> Option<Self> {
        let mut points = read_points(value)?;
        if points.len() < 4 || points.first() != points.last() {
            return None;
        }
        points.pop();
        let mut sorted: Vec<[u64; 3]> = points.iter().map(|point| point.map(f64::to_bits)).collect();
        sorted.sort_unstable();
        if sorted.windows(2).any(|pair| pair.first() == pair.last()) {
            return None;
        }
        let mut ring = Self { points, area: 0.0, origin_inside: false };
        if ring.edges().any(|(a, b)| antipodal(a, b)) || ring.crosses(&ring, true) {
            return None;
        }
        ring.area = ring.signed_area();
        if ring.area < 0.0 {
            ring.points.reverse();
            ring.area = -ring.area;
        }
        // The smaller side is meant.
        if ring.area > std::f64::consts::TAU {
            ring.points.reverse();
            ring.area = 2.0 * std::f64::consts::TAU - ring.area;
        }
        let [before, vertex, after] = ring.points.get(..3)? else { return None };
        let inside = ordered(reference(*vertex), *before, *after, *vertex)?;
        ring.origin_inside = inside != ring.contains(*vertex)?;
        Some(ring)
    }

    fn edges(&self) -> impl Iterator<Item = (Point, Point)> + '_ {
        let next = self.points.iter().cycle().skip(1);
        self.points.iter().copied().zip(next.copied())
    }

    fn signed_area(&self) -> f64 {
        let Some(&first) = self.points.first() else { return 0.0 };
        edges(&self.points).map(|edge| triangle(first, edge)).sum()
    }

    /// Whether edges cross or are shared; `within` for a ring and itself, whose neighbours share their ends.
    fn crosses(&self, other: &Ring, within: bool) -> bool {
        self.edges().enumerate().any(|(at, (a, b))| {
            other.edges().skip(if within { at + 1 } else { 0 }).any(|(c, d)| {
                let shared = (a, b) == (c, d) || (a, b) == (d, c);
                let meet = a == c || a == d || b == c || b == d;
                shared || (!meet && crosses(a, b, c, d) == Some(true))
            })
        })
    }

    fn contains(&self, at: Point) -> Option<bool> {
        let mut inside = self.origin_inside;
        for (a, b) in self.edges() {
            inside ^= crosses_or_meets(ORIGIN, at, a, b)?;
        }
        Some(inside)
    }
}

/// The area to the left of an edge, up to a fixed point.
fn triangle(first: Point, (b, c): (Point, Point)) -> f64 {
    // The volume from differences, which near points do not cancel.
    let volume = dot(first, cross(sub(b, first), sub(c, first)));
    2.0 * volume.atan2(1.0 + dot(first, b) + dot(b, c) + dot(c, first))
}

/// The boundary of a union of polygons: edges with the area to their left.
#[derive(Debug)]
pub(super) struct Boundary(Vec<(Point, Point)>);

impl Boundary {
    pub(super) fn length(&self) -> f64 {
        self.0.iter().map(|(a, b)| angle(*a, *b)).sum()
    }

    pub(super) fn area(&self) -> f64 {
        let Some(&(first, _)) = self.0.first() else { return 0.0 };
        self.0.iter().map(|edge| triangle(first, *edge)).sum()
    }

    /// The center, as a vector of some length: the integral of the points over the area, told by the edges.
    pub(super) fn centroid(&self) -> Point {
        self.0.iter().fold([0.0; 3], |sum, &(a, b)| {
            let across = normal(a, b);
            let length = norm(across);
            add(sum, scale(across, length.atan2(dot(a, b)) / length / 2.0))
        })
    }
}

impl Polygon {
    fn parse(value: &Dynamic) -> Option<Self> {
        let rings: Vec<Ring> = value.as_array()?.iter().map(Ring::parse).collect::<Option<_>>()?;
        let crossing = rings
            .iter()
            .enumerate()
            .any(|(at, ring)| rings.iter().skip(at + 1).any(|other| ring.crosses(other, false)));
        (!rings.is_empty() && !crossing).then_some(Self { rings })
    }

    /// Its edges with the inside to their left.
    fn edges(&self) -> impl Iterator<Item = (Point, Point)> + '_ {
        self.rings
            .iter()
            .enumerate()
            .flat_map(|(at, ring)| ring.edges().map(move |(a, b)| if at == 0 { (a, b) } else { (b, a) }))
    }

    /// Whether a point is inside; `None` if it is on an edge.
    fn contains(&self, at: Point) -> Option<bool> {
        self.count(at).or_else(|| {
            let away = nearest(self.edges().map(|(a, b)| sphere::closest(at, a, b)))?.0;
            if away <= NEAR {
                return None;
            }
            // A vertex is on the line that is counted along. Another point on the same side of the edges has another line.
            self.count(unit(add(at, scale(reference(at), away.min(0.1) / 2.0))))
        })
    }

    /// Of a piece of an edge that lies on the boundary: the boundary runs in the same direction there.
    fn runs_along(&self, (a, b): (Point, Point), middle: Point) -> bool {
        let along = |(c, d): (Point, Point)| dot(normal(a, b), normal(c, d)) > 0.0;
        self.edges().find(|(c, d)| on(middle, *c, *d)).is_some_and(along)
    }

    /// As [`Self::contains`]; `None` also if a vertex is in the way.
    fn count(&self, at: Point) -> Option<bool> {
        let (shell, holes) = self.rings.split_first()?;
        if !shell.contains(at)? {
            return Some(false);
        }
        for hole in holes {
            if hole.contains(at)? {
                return Some(false);
            }
        }
        Some(true)
    }
}

impl Polygons {
    /// Reads a polygon or multipolygon; `None` for an invalid one.
    pub(in crate::stdlib) fn parse(value: &Dynamic) -> Option<Self> {
        let coordinates = value.member("coordinates");
        let polygons = match value.member("type").as_str()? {
            "Polygon" => vec![Polygon::parse(&coordinates)?],
            "MultiPolygon" => coordinates.as_array()?.iter().map(Polygon::parse).collect::<Option<_>>()?,
            _ => return None,
        };
        (!polygons.is_empty()).then_some(Self(polygons))
    }

    /// The ring of a single polygon without holes, counterclockwise, with its first point at its end, too.
    pub(super) fn single_ring(&self) -> Option<Vec<Point>> {
        let [polygon] = self.0.as_slice() else { return None };
        let [ring] = polygon.rings.as_slice() else { return None };
        Some(ring.points.iter().chain(ring.points.first()).copied().collect())
    }

    /// Whether a point is inside one of them; `None` if it is on an edge.
    pub(in crate::stdlib) fn contains(&self, at: Point) -> Option<bool> {
        self.contain_one([at].iter())
    }

    /// The boundary of their union, and whether some of them share an edge or a part of one.
    pub(super) fn boundary(&self) -> (Boundary, bool) {
        let mut kept = Vec::new();
        let mut shared = false;
        for (at, polygon) in self.0.iter().enumerate() {
            let others = || self.0.iter().enumerate().filter(move |(other, _)| *other != at);
            for (a, b) in polygon.edges() {
                let mut cuts = vec![a];
                for (c, d) in others().flat_map(|(_, it)| it.edges()) {
                    let ends = a == c || a == d || b == c || b == d;
                    match if ends { Meeting::Touch } else { meeting(a, b, c, d) } {
                        Meeting::Cross => cuts.push(sphere::crossing((a, b), (c, d))),
                        Meeting::Touch => {
                            cuts.extend(
                                [c, d].iter().filter(|end| **end != a && **end != b && on(**end, a, b)),
                            );
                        }
                        Meeting::Apart => {}
                    }
                }
                cuts.sort_by(|x, y| angle(a, *x).total_cmp(&angle(a, *y)));
                cuts.push(b);
                cuts.dedup();
                for piece in edges(&cuts) {
                    let middle = unit(add(piece.0, piece.1));
                    let outside = others().all(|(number, other)| match other.contains(middle) {
                        Some(inside) => !inside,
                        None => {
                            shared = true;
                            // With both insides on one side, one of the two edges stays; else they face each other.
                            number > at && other.runs_along(piece, middle)
                        }
                    });
                    if outside {
                        kept.push(piece);
                    }
                }
            }
        }
        (Boundary(kept), shared)
    }

    fn edges(&self) -> impl Iterator<Item = (Point, Point)> + '_ {
        self.0.iter().flat_map(Polygon::edges)
    }

    /// Whether the boundary crosses edges; `None` if it touches them. A common vertex is a crossing or a touch.
    fn crosses(&self, edges: impl Iterator<Item = (Point, Point)>, at_vertex: Meeting) -> Option<bool> {
        let mut clear = true;
        for (a, b) in edges {
            for (c, d) in self.edges() {
                let meet = a == c || a == d || b == c || b == d;
                match if meet { at_vertex } else { meeting(a, b, c, d) } {
                    Meeting::Cross => return Some(true),
                    Meeting::Touch => clear = false,
                    Meeting::Apart => {}
                }
            }
        }
        clear.then_some(false)
    }

    /// Whether lines cross the boundary or lie inside; `None` if they touch it.
    pub(super) fn intersect_lines(&self, lines: &Lines) -> Option<bool> {
        any([&|| self.crosses(lines.edges(), Meeting::Touch), &|| {
            self.contain_one(lines.0.iter().filter_map(|line| line.first()))
        }])
    }

    /// Whether they have area or vertices, which belong to them, in common with other polygons; `None` if they just touch.
    pub(super) fn intersect(&self, other: &Polygons) -> Option<bool> {
        // Without a crossing, a ring lies wholly on one side of each other one.
        let shells = |polygons: &Polygons| -> Vec<Point> {
            let shells = polygons.0.iter().filter_map(|polygon| polygon.rings.first());
            shells.filter_map(|ring| ring.points.first().copied()).collect()
        };
        any([
            &|| self.crosses(other.edges(), Meeting::Cross),
            &|| self.contain_one(shells(other).iter()),
            &|| other.contain_one(shells(self).iter()),
        ])
    }

    fn contain_one<'p>(&self, points: impl Iterator<Item = &'p Point>) -> Option<bool> {
        one_of(points.flat_map(|point| self.0.iter().map(|polygon| polygon.contains(*point))))
    }

    /// The closest point of the boundary.
    pub(in crate::stdlib) fn closest(&self, from: Point) -> Option<(f64, Point)> {
        nearest(self.edges().map(|(a, b)| sphere::closest(from, a, b)))
    }
}
