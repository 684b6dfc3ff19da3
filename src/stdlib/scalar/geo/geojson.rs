//! Shapes as GeoJSON.

use crate::types::{Bag, Dynamic};

pub(super) fn shape(kind: &str, coordinates: Dynamic) -> Dynamic {
    let members = [("type", Dynamic::string(kind)), ("coordinates", coordinates)];
    Dynamic::bag(members.into_iter().map(|(key, value)| (key.into(), value)).collect::<Bag>())
}

pub(super) fn pair([longitude, latitude]: [f64; 2]) -> Dynamic {
    Dynamic::array(vec![Dynamic::Real(longitude), Dynamic::Real(latitude)])
}

pub(super) fn point(at: [f64; 2]) -> Dynamic {
    shape("Point", pair(at))
}

/// A polygon of one ring, which is closed here.
pub(super) fn polygon(corners: &[[f64; 2]]) -> Dynamic {
    let ring = corners.iter().chain(corners.first()).map(|at| pair(*at)).collect();
    shape("Polygon", Dynamic::array(vec![Dynamic::array(ring)]))
}
