//! Well-known text as GeoJSON. It must not know whether the shape is valid on Earth.

use super::geojson::{pair, shape};
use crate::types::{Bag, Dynamic};

/// Reads a geometry; `None` for text that is none, and for coordinates of more than two numbers.
pub(super) fn parse(text: &str) -> Option<Dynamic> {
    let mut rest = text;
    let found = geometry(&mut rest, 0)?;
    rest.trim_start().is_empty().then_some(found)
}

fn skip(rest: &mut &str, wanted: char) -> Option<()> {
    *rest = rest.trim_start().strip_prefix(wanted)?;
    Some(())
}

/// Items between parentheses.
fn list(rest: &mut &str, item: &mut dyn FnMut(&mut &str) -> Option<Dynamic>) -> Option<Dynamic> {
    skip(rest, '(')?;
    let mut items = vec![item(rest)?];
    while skip(rest, ',').is_some() {
        items.push(item(rest)?);
    }
    skip(rest, ')')?;
    Some(Dynamic::array(items))
}

fn number(rest: &mut &str) -> Option<f64> {
    let text = rest.trim_start();
    let end = text.find(|c: char| !c.is_ascii_digit() && !"+-.eE".contains(c)).unwrap_or(text.len());
    let (number, after) = text.split_at(end);
    *rest = after;
    number.parse().ok()
}

fn coordinates(rest: &mut &str) -> Option<Dynamic> {
    Some(pair([number(rest)?, number(rest)?]))
}

/// A line's points.
fn path(rest: &mut &str) -> Option<Dynamic> {
    list(rest, &mut coordinates)
}

/// A polygon's rings, or several lines.
fn paths(rest: &mut &str) -> Option<Dynamic> {
    list(rest, &mut path)
}

fn geometry(rest: &mut &str, depth: usize) -> Option<Dynamic> {
    // Collections in collections need no more than this.
    if depth > 16 {
        return None;
    }
    let text = rest.trim_start();
    let end = text.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(text.len());
    let (name, after) = text.split_at(end);
    *rest = after;
    Some(match name.to_ascii_uppercase().as_str() {
        "POINT" => {
            skip(rest, '(')?;
            let at = coordinates(rest)?;
            skip(rest, ')')?;
            shape("Point", at)
        }
        "LINESTRING" => shape("LineString", path(rest)?),
        "POLYGON" => shape("Polygon", paths(rest)?),
        "MULTIPOINT" => shape("MultiPoint", path(rest)?),
        "MULTILINESTRING" => shape("MultiLineString", paths(rest)?),
        "MULTIPOLYGON" => shape("MultiPolygon", list(rest, &mut paths)?),
        "GEOMETRYCOLLECTION" => {
            let geometries = list(rest, &mut |rest| geometry(rest, depth + 1))?;
            let members = [("type", Dynamic::string("GeometryCollection")), ("geometries", geometries)];
            Dynamic::bag(members.into_iter().map(|(key, value)| (key.into(), value)).collect::<Bag>())
        }
        _ => return None,
    })
}
