//! Names of cells on Earth: geohashes and S2 cells. It must not know JSON.
//!
//! Both are published schemes: geohash halves longitude and latitude in turn; S2 projects the sphere on a cube whose
//! faces a Hilbert curve fills.

use super::sphere::{Point, norm, scale};

const BASE32: &[u8; 32] = b"0123456789bcdefghjkmnpqrstuvwxyz";

/// The geohash of a place with a number of characters.
pub(super) fn geohash(longitude: f64, latitude: f64, length: usize) -> String {
    let (mut east, mut north) = ([-180.0, 180.0], [-90.0, 90.0]);
    let mut bit = |turn: usize| {
        let (range, value) =
            if turn.is_multiple_of(2) { (&mut east, longitude) } else { (&mut north, latitude) };
        let middle = f64::midpoint(range[0], range[1]);
        let upper = value >= middle;
        range[usize::from(!upper)] = middle;
        usize::from(upper)
    };
    let character = |at: usize| {
        let code = (0..5).fold(0, |code, turn| code << 1 | bit(at * 5 + turn));
        char::from(BASE32[code & 31])
    };
    (0..length).map(character).collect()
}

/// West, south, east and north of a geohash; `None` if it is none.
pub(super) fn geohash_bounds(text: &str) -> Option<[f64; 4]> {
    if !(1..=18).contains(&text.len()) {
        return None;
    }
    let (mut east, mut north) = ([-180.0, 180.0], [-90.0, 90.0]);
    let mut turn = 0_usize;
    for byte in text.bytes() {
        let code = BASE32.iter().position(|known| *known == byte)?;
        for at in (0..5).rev() {
            let range = if turn.is_multiple_of(2) { &mut east } else { &mut north };
            let upper = code >> at & 1 == 1;
            range[usize::from(!upper)] = f64::midpoint(range[0], range[1]);
            turn += 1;
        }
    }
    Some([east[0], north[0], east[1], north[1]])
}

/// The steps to the eight cells around one. The real engine gives them in no fixed order; these are the ones of recorded answers.
type Around = [[f64; 2]; 8];
const AROUND_GEOHASH: Around =
    [[-1.0, 0.0], [-1.0, -1.0], [0.0, -1.0], [1.0, -1.0], [1.0, 1.0], [1.0, 0.0], [0.0, 1.0], [-1.0, 1.0]];
const AROUND_S2: Around =
    [[1.0, 1.0], [1.0, 0.0], [-1.0, 0.0], [0.0, -1.0], [-1.0, 1.0], [1.0, -1.0], [0.0, 1.0], [-1.0, -1.0]];

/// The geohashes around one; there are none beyond the poles. `None` if it is none.
pub(super) fn geohash_neighbors(text: &str) -> Option<Vec<String>> {
    let [west, south, east, north] = geohash_bounds(text)?;
    let (width, height) = (east - west, north - south);
    let mut found = Vec::with_capacity(AROUND_GEOHASH.len());
    for [right, up] in AROUND_GEOHASH {
        let latitude = f64::midpoint(south, north) + up * height;
        if latitude.abs() > 90.0 {
            continue;
        }
        let longitude = f64::midpoint(west, east) + right * width;
        let turns = if longitude > 180.0 {
            -360.0
        } else if longitude < -180.0 {
            360.0
        } else {
            0.0
        };
        found.push(geohash(longitude + turns, latitude, text.len()));
    }
    Some(found)
}

/// An S2 cell.
#[derive(Debug)]
pub(super) struct S2Cell {
    pub(super) center: Point,
    pub(super) corners: [Point; 4],
}

const MAX_LEVEL: u32 = 30;
/// Which quarter the curve visits at a step, for the four orientations, as `i << 1 | j`.
const QUARTERS: [[u64; 4]; 4] = [[0, 1, 3, 2], [0, 2, 3, 1], [3, 2, 0, 1], [3, 1, 0, 2]];
/// How the orientation changes at a step.
const TURNS: [usize; 4] = [1, 0, 0, 3];

/// The token of the cell of a level that holds a point.
pub(super) fn s2_token(at: Point, level: u32) -> String {
    let (face, u, v) = face_uv(at);
    let [i, j] = [u, v].map(|it| {
        // From -1 … 1 on the face to cells of about the same size.
        let s = if it >= 0.0 { 0.5 * (1.0 + 3.0 * it).sqrt() } else { 1.0 - 0.5 * (1.0 - 3.0 * it).sqrt() };
        ((s * f64::from(1 << MAX_LEVEL)).floor()).clamp(0.0, f64::from((1 << MAX_LEVEL) - 1)) as u64
    });
    let mut orientation = (face & 1) as usize;
    let mut id = face;
    for step in (MAX_LEVEL - level..MAX_LEVEL).rev() {
        let quarter = (i >> step & 1) << 1 | (j >> step & 1);
        let visits = QUARTERS.get(orientation).copied().unwrap_or_default();
        let position = visits.iter().position(|visit| *visit == quarter).unwrap_or_default();
        id = id << 2 | position as u64;
        orientation ^= TURNS.get(position).copied().unwrap_or_default();
    }
    // A set bit ends the position, zeros fill the rest.
    let id = (id << 1 | 1) << (2 * (MAX_LEVEL - level));
    format!("{id:016x}").trim_end_matches('0').to_owned()
}

/// The tokens of the cells around one; `None` if it is none. At a corner of the cube three cells meet, so that there are seven.
pub(super) fn s2_neighbors(token: &str) -> Option<Vec<String>> {
    let place = s2_place(token)?;
    let own = s2_token(place.at(0.5, 0.5), place.level);
    let mut found = Vec::with_capacity(AROUND_S2.len());
    for [right, up] in AROUND_S2 {
        // Somewhat beyond the edge or the corner. Beyond the face's edge that is on the next face, right behind the edge.
        let token = s2_token(place.at(0.5 + right * 0.6, 0.5 + up * 0.6), place.level);
        if token != own && !found.contains(&token) {
            found.push(token);
        }
    }
    Some(found)
}

/// Where a cell is on its face.
struct S2Place {
    face: u64,
    level: u32,
    i: u64,
    j: u64,
}

impl S2Place {
    /// A point of the cell, from 0 to 1 either way, or beside it.
    fn at(&self, right: f64, up: f64) -> Point {
        let [u, v] = [self.i as f64 + right, self.j as f64 + up].map(|it| {
            let s = it / f64::from(1 << self.level);
            if s >= 0.5 { (4.0 * s * s - 1.0) / 3.0 } else { (1.0 - 4.0 * (1.0 - s) * (1.0 - s)) / 3.0 }
        });
        from_face(self.face, u, v)
    }
}

/// The cell of a token; `None` if it is none.
pub(super) fn s2_cell(token: &str) -> Option<S2Cell> {
    let place = s2_place(token)?;
    Some(S2Cell {
        center: place.at(0.5, 0.5),
        corners: [place.at(0.0, 0.0), place.at(1.0, 0.0), place.at(1.0, 1.0), place.at(0.0, 1.0)],
    })
}

fn s2_place(token: &str) -> Option<S2Place> {
    if token.is_empty() || token.len() > 16 || !token.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let id = u64::from_str_radix(token, 16).ok()? << (4 * (16 - token.len()));
    let face = id >> 61;
    let trailing = id.trailing_zeros();
    if face > 5 || trailing > 60 || !trailing.is_multiple_of(2) {
        return None;
    }
    let level = MAX_LEVEL - trailing / 2;
    let (mut i, mut j) = (0_u64, 0_u64);
    let mut orientation = (face & 1) as usize;
    for step in 0..level {
        let position = (id >> (59 - 2 * step) & 3) as usize;
        let quarter = *QUARTERS.get(orientation)?.get(position)?;
        (i, j) = (i << 1 | quarter >> 1, j << 1 | quarter & 1);
        orientation ^= TURNS.get(position)?;
    }
    Some(S2Place { face, level, i, j })
}

fn face_uv([x, y, z]: Point) -> (u64, f64, f64) {
    let [ax, ay, az] = [x.abs(), y.abs(), z.abs()];
    if ax > ay && ax > az {
        if x >= 0.0 { (0, y / x, z / x) } else { (3, z / x, y / x) }
    } else if ay > az {
        if y >= 0.0 { (1, -x / y, z / y) } else { (4, z / y, -x / y) }
    } else if z >= 0.0 {
        (2, -x / z, -y / z)
    } else {
        (5, -y / z, -x / z)
    }
}

fn from_face(face: u64, u: f64, v: f64) -> Point {
    let at = match face {
        0 => [1.0, u, v],
        1 => [-u, 1.0, v],
        2 => [-u, -v, 1.0],
        3 => [-1.0, -v, -u],
        4 => [v, -1.0, -u],
        _ => [v, u, -1.0],
    };
    scale(at, norm(at).recip())
}
