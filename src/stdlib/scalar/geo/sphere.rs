//! Points on the unit sphere: distances, directions, edges. It must not know shapes or JSON.

/// A point as a unit vector.
pub(in crate::stdlib) type Point = [f64; 3];

/// Earth's radius in meters, as recorded answers imply it.
pub(in crate::stdlib) const RADIUS: f64 = 6_371_010.0;

/// A point by its degrees, if they are in range.
pub(in crate::stdlib) fn valid(longitude: f64, latitude: f64) -> Option<Point> {
    ((-180.0..=180.0).contains(&longitude) && (-90.0..=90.0).contains(&latitude))
        .then(|| at(longitude, latitude))
}

/// A point by its degrees.
pub(super) fn at(longitude: f64, latitude: f64) -> Point {
    let (theta, phi) = (longitude.to_radians(), latitude.to_radians());
    [phi.cos() * theta.cos(), phi.cos() * theta.sin(), phi.sin()]
}

/// Longitude and latitude in degrees; the length of the vector does not matter.
pub(super) fn coordinates([x, y, z]: Point) -> [f64; 2] {
    // As the library S2 does; hypot would differ in the last bit.
    [y.atan2(x).to_degrees(), z.atan2((x * x + y * y).sqrt()).to_degrees()]
}

pub(super) fn dot(a: Point, b: Point) -> f64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

pub(super) fn cross(a: Point, b: Point) -> Point {
    [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
}

pub(super) fn add(a: Point, b: Point) -> Point {
    [a[0] + b[0], a[1] + b[1], a[2] + b[2]]
}

pub(super) fn sub(a: Point, b: Point) -> Point {
    [a[0] - b[0], a[1] - b[1], a[2] - b[2]]
}

pub(super) fn scale(a: Point, by: f64) -> Point {
    a.map(|it| it * by)
}

pub(super) fn norm(a: Point) -> f64 {
    dot(a, a).sqrt()
}

/// The cross product without the cancellation that near points cause.
pub(super) fn normal(a: Point, b: Point) -> Point {
    scale(cross(add(a, b), sub(b, a)), 0.5)
}

/// The angle between two points.
pub(super) fn angle(a: Point, b: Point) -> f64 {
    norm(normal(a, b)).atan2(dot(a, b))
}

/// The angle between two points, by the half chord.
pub(super) fn haversine(a: Point, b: Point) -> f64 {
    2.0 * (norm(sub(a, b)) / 2.0).min(1.0).asin()
}

/// The points are opposite each other.
pub(super) fn antipodal(a: Point, b: Point) -> bool {
    norm(add(a, b)) < 1e-15
}

/// The clockwise angle from north to another point, from 0 to 2π; `None` for the same or the opposite point.
pub(super) fn azimuth(from: Point, to: Point) -> Option<f64> {
    if from == to || antipodal(from, to) {
        return None;
    }
    let flat = from[0].hypot(from[1]);
    // East and north at the point; at a pole, along the meridian of longitude 0.
    let east = if flat == 0.0 { [0.0, 1.0, 0.0] } else { [-from[1] / flat, from[0] / flat, 0.0] };
    let north = cross(from, east);
    Some(dot(to, east).atan2(dot(to, north)).rem_euclid(std::f64::consts::TAU))
}

/// On which side of the edge ab the point c lies: 1 left, -1 right, 0 for an end; `None` if it is too near to tell.
pub(super) fn side(a: Point, b: Point, c: Point) -> Option<i8> {
    if a == b || b == c || c == a {
        return Some(0);
    }
    let (to_a, to_b) = (sub(a, c), sub(b, c));
    let volume = dot(cross(to_a, to_b), c);
    // Twice the error that the arithmetic above may have.
    let error = 8e-16 * norm(to_a) * norm(to_b);
    if volume.abs() <= error { None } else { Some(if volume > 0.0 { 1 } else { -1 }) }
}

/// Whether two edges without a common end cross.
pub(super) fn crosses(a: Point, b: Point, c: Point, d: Point) -> Option<bool> {
    let (abc, abd) = (side(a, b, c)?, side(a, b, d)?);
    if abc == abd {
        return Some(false);
    }
    let (cda, cdb) = (side(c, d, a)?, side(c, d, b)?);
    // The arcs cross, and not one arc the other's opposite.
    Some(cda != cdb && abc == cdb)
}

/// How near to an edge a point counts as being on it, in radians: some nanometers on Earth, which is what the arithmetic
/// cannot tell apart.
pub(super) const NEAR: f64 = 1e-15;

/// How two edges without a common end lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meeting {
    Cross,
    /// An end of one is on the other, as far as can be told.
    Touch,
    Apart,
}

/// How two edges without a common end lie.
pub(super) fn meeting(a: Point, b: Point, c: Point, d: Point) -> Meeting {
    match crosses(a, b, c, d) {
        Some(true) => Meeting::Cross,
        Some(false) => Meeting::Apart,
        // An end is on the other's great circle, and no other point of its edge is.
        None if on(a, c, d) || on(b, c, d) || on(c, a, b) || on(d, a, b) => Meeting::Touch,
        None => Meeting::Apart,
    }
}

/// Whether a point is on an edge, as far as can be told.
pub(super) fn on(at: Point, a: Point, b: Point) -> bool {
    closest(at, a, b).0 <= NEAR
}

/// The vector of length 1 in a direction.
pub(super) fn unit(a: Point) -> Point {
    scale(a, norm(a).recip())
}

/// Where two edges that cross do so.
pub(super) fn crossing((a, b): (Point, Point), (c, d): (Point, Point)) -> Point {
    let at = unit(cross(unit(normal(a, b)), unit(normal(c, d))));
    if dot(at, add(a, b)) >= 0.0 { at } else { scale(at, -1.0) }
}

/// The point of an edge that is closest to another one, and their distance.
pub(super) fn closest(from: Point, a: Point, b: Point) -> (f64, Point) {
    let across = normal(a, b);
    let beside = dot(cross(across, a), from) > 0.0 && dot(cross(b, across), from) > 0.0;
    if beside {
        let length = norm(across);
        let height = dot(from, across) / length;
        let foot = sub(from, scale(across, height / length));
        return (height.abs().min(1.0).asin(), foot);
    }
    let (to_a, to_b) = (haversine(from, a), haversine(from, b));
    if to_a <= to_b { (to_a, a) } else { (to_b, b) }
}
