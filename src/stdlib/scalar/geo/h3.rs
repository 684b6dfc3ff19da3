//! Cells of the H3 grid. It must not know shapes.

use h3o::{CellIndex, LatLng, Resolution};

use super::geojson::{point, polygon};
use super::{BASE, to_cell};
use crate::column::{Column, DynamicType, IntType, StringType};
use crate::function::kinds::{NUMBER, STRING, returns};
use crate::function::{Call, Example, Kernel, Result, ScalarFunction, signatures};
use crate::stdlib::scalar::rows::{Guard, ITEM_BYTES};
use crate::types::{Dynamic, ScalarType, Value};

pub(in crate::stdlib::scalar) const FUNCTIONS: &[ScalarFunction] = &[
    ScalarFunction {
        name: "geo_point_to_h3cell",
        summary: "The token of the H3 cell that holds a point, at a resolution from 0 to 15, 6 if it is left out.",
        signatures: signatures![
            (longitude: NUMBER, latitude: NUMBER, resolution: NUMBER.optional()) -> returns::STRING
        ],
        kernel: Kernel::Rows(|call| {
            to_cell(call, 6, 0..=15, |longitude, latitude, level| {
                let cell = LatLng::new(latitude, longitude).ok().zip(resolution(level as i64));
                cell.map(|(at, level)| at.to_cell(level).to_string()).unwrap_or_default()
            })
        }),
        examples: &[
            Example {
                query: "geo_point_to_h3cell(-74.04450446039874, 40.689250859314974, 6)",
                result: "\"862a1072fffffff\"",
            },
            Example { query: "geo_point_to_h3cell(1, 1, 16)", result: "\"\"" },
        ],
        ..BASE
    },
    ScalarFunction {
        name: "geo_h3cell_to_central_point",
        summary: "The center of an H3 cell, as a GeoJSON point; null for text that is no token of a cell.",
        signatures: signatures![(h3cell: STRING) -> returns::DYNAMIC],
        kernel: Kernel::Rows(|call| {
            of_cell(call, |cell| {
                let at = LatLng::from(cell);
                point([at.lng(), at.lat()])
            })
        }),
        examples: &[
            Example {
                query: "round(toreal(geo_h3cell_to_central_point('862a1072fffffff').coordinates[0]), 9)",
                result: "-74.01600848",
            },
            Example { query: "geo_h3cell_to_central_point('1')", result: "null" },
        ],
        ..BASE
    },
    ScalarFunction {
        name: "geo_h3cell_to_polygon",
        summary: "An H3 cell, as a GeoJSON polygon; null for text that is no token of a cell.",
        signatures: signatures![(h3cell: STRING) -> returns::DYNAMIC],
        kernel: Kernel::Rows(|call| {
            of_cell(call, |cell| {
                let corners: Vec<[f64; 2]> =
                    cell.boundary().iter().map(|corner| [corner.lng(), corner.lat()]).collect();
                polygon(&corners)
            })
        }),
        examples: &[
            Example {
                query: "round(toreal(geo_h3cell_to_polygon('862a1072fffffff').coordinates[0][0][1]), 9)",
                result: "40.735376026",
            },
            Example { query: "geo_h3cell_to_polygon('@')", result: "null" },
        ],
        ..BASE
    },
    ScalarFunction {
        name: "geo_h3cell_level",
        summary: "The resolution of an H3 cell, from 0 to 15; null for text that is no token of a cell.",
        signatures: signatures![(h3cell: STRING) -> returns::INT],
        kernel: Kernel::Rows(|call| {
            call.map1::<StringType, IntType>(|token| Some(i32::from(u8::from(cell(token)?.resolution()))))
        }),
        examples: &[
            Example { query: "geo_h3cell_level('862a1072fffffff')", result: "6" },
            Example { query: "geo_h3cell_level('abc')", result: "null" },
        ],
        ..BASE
    },
    ScalarFunction {
        name: "geo_h3cell_parent",
        summary: "The H3 cell of a lower resolution that holds a cell, the next lower one if none is given; empty for invalid \
                  input.",
        signatures: signatures![(h3cell: STRING, resolution: NUMBER.optional()) -> returns::STRING],
        kernel: Kernel::Rows(parent),
        examples: &[
            Example { query: "geo_h3cell_parent('862a1072fffffff')", result: "\"852a1073fffffff\"" },
            Example { query: "geo_h3cell_parent('862a1072fffffff', 1)", result: "\"812a3ffffffffff\"" },
            Example { query: "geo_h3cell_parent('862a1072fffffff', 15)", result: "\"\"" },
        ],
        ..BASE
    },
    ScalarFunction {
        name: "geo_h3cell_children",
        summary: "The H3 cells of a higher resolution within a cell, as an array, of the next higher one if none is given and \
                  of at most five more; null for invalid input.",
        signatures: signatures![(h3cell: STRING, resolution: NUMBER.optional()) -> returns::DYNAMIC],
        kernel: Kernel::Rows(children),
        examples: &[
            Example {
                query: "geo_h3cell_children('862a1072fffffff')",
                result: r#"["872a10728ffffff","872a10729ffffff","872a1072affffff","872a1072bffffff","872a1072cffffff","872a1072dffffff","872a1072effffff"]"#,
            },
            Example { query: "array_length(geo_h3cell_children('862a1072fffffff', 9))", result: "343" },
        ],
        ..BASE
    },
    ScalarFunction {
        name: "geo_h3cell_neighbors",
        summary: "The H3 cells beside a cell, as an array; null for text that is no token of a cell.",
        signatures: signatures![(h3cell: STRING) -> returns::DYNAMIC],
        kernel: Kernel::Rows(|call| {
            let guard = Guard::new(call);
            let column = call.map1::<StringType, DynamicType>(|token| {
                guard.row(|| {
                    let Some(cell) = cell(token) else { return Ok(None) };
                    let mut rings = rings(call, &guard, cell, 1)?;
                    Ok(rings.pop().map(tokens))
                })
            });
            guard.finish(column)
        }),
        examples: &[
            Example {
                query: "geo_h3cell_neighbors('862a1072fffffff')",
                result: r#"["862a10727ffffff","862a10707ffffff","862a1070fffffff","862a10777ffffff","862a100dfffffff","862a100d7ffffff"]"#,
            },
            Example { query: "geo_h3cell_neighbors('abc')", result: "null" },
        ],
        ..BASE
    },
    ScalarFunction {
        name: "geo_h3cell_rings",
        summary: "The H3 cells around a cell, ring by ring up to a distance of at most 142: an array of arrays that begins with \
                  the cell itself; null for invalid input.",
        signatures: signatures![(h3cell: STRING, distance: NUMBER) -> returns::DYNAMIC],
        kernel: Kernel::Rows(|call| {
            with_number(call, |guard, cell, distance| {
                let Some(distance) = distance.filter(|it| (0..=MAX_DISTANCE).contains(it)) else {
                    return Ok(Value::Null);
                };
                let rings = rings(call, guard, cell, distance as u32)?;
                Ok(Dynamic::array(rings.into_iter().map(tokens).collect()).into())
            })
        }),
        examples: &[
            Example {
                query: "geo_h3cell_rings('861f8894fffffff', 1)",
                result: r#"[["861f8894fffffff"],["861f88947ffffff","861f8895fffffff","861f88867ffffff","861f8d497ffffff","861f8d4b7ffffff","861f8896fffffff"]]"#,
            },
            Example { query: "geo_h3cell_rings('861f8894fffffff', 150)", result: "null" },
        ],
        ..BASE
    },
];

/// Source: the page of `geo_h3cell_rings`.
const MAX_DISTANCE: i64 = 142;

/// Source: the page of `geo_h3cell_children`.
const MAX_LEVELS: i64 = 5;

/// The cell of a token: up to 16 hex digits, as the real engine prints them.
fn cell(token: &str) -> Option<CellIndex> {
    let digits = (1..=16).contains(&token.len()) && token.bytes().all(|byte| byte.is_ascii_hexdigit());
    if digits { token.parse().ok() } else { None }
}

fn resolution(level: i64) -> Option<Resolution> {
    Resolution::try_from(u8::try_from(level).ok()?).ok()
}

fn level(cell: CellIndex) -> i64 {
    u8::from(cell.resolution()).into()
}

fn tokens(cells: Vec<CellIndex>) -> Dynamic {
    Dynamic::array(cells.into_iter().map(|cell| Dynamic::string(&cell.to_string())).collect())
}

/// A shape of each cell.
fn of_cell(call: &Call<'_>, f: impl Fn(CellIndex) -> Dynamic) -> Result<Column> {
    call.map1::<StringType, DynamicType>(|token| cell(token).map(&f))
}

/// A function of a cell and of the number that may come after it; null for what is no cell.
fn with_number(
    call: &Call<'_>,
    f: impl Fn(&Guard<'_>, CellIndex, Option<i64>) -> Result<Value>,
) -> Result<Column> {
    let guard = Guard::new(call);
    call.map_values(|row| {
        let Some(cell) = row.first().and_then(Value::as_str).and_then(cell) else { return Ok(Value::Null) };
        let number = match row.get(1).map(|number| number.convert(ScalarType::Long)) {
            Some(Value::Long(number)) => Some(number),
            _ => None,
        };
        f(&guard, cell, number)
    })
}

fn same_level(call: &Call<'_>, cell: CellIndex) -> Result<()> {
    call.doubt("the resolution of the cell itself", "the result is the cell", cell)
}

fn parent(call: &Call<'_>) -> Result<Column> {
    let by_default = call.count() < 2;
    with_number(call, |_, cell, given| {
        let wanted = if by_default { Some(level(cell) - 1) } else { given };
        if wanted == Some(level(cell)) {
            same_level(call, cell)?;
        }
        let found = wanted.and_then(resolution).and_then(|wanted| cell.parent(wanted));
        Ok(found.map_or(Value::Null, |parent| Value::string(&parent.to_string())))
    })
}

fn children(call: &Call<'_>) -> Result<Column> {
    let by_default = call.count() < 2;
    with_number(call, |guard, cell, given| {
        let Some(wanted) = (if by_default { Some(level(cell) + 1) } else { given }) else {
            return Ok(Value::Null);
        };
        if !(0..=MAX_LEVELS).contains(&wanted.saturating_sub(level(cell))) {
            return Ok(Value::Null);
        }
        if wanted == level(cell) {
            same_level(call, cell)?;
        }
        let Some(wanted) = resolution(wanted) else { return Ok(Value::Null) };
        let count = cell.children_count(wanted) as usize;
        guard.work(count * ITEM_BYTES)?;
        guard.spend(count * 2 * ITEM_BYTES)?;
        Ok(tokens(cell.children(wanted).collect()).into())
    })
}

/// The cells at distances from 0 to this one.
fn rings(call: &Call<'_>, guard: &Guard<'_>, cell: CellIndex, distance: u32) -> Result<Vec<Vec<CellIndex>>> {
    let count = 3 * distance as usize * (distance as usize + 1) + 1;
    guard.work(count * ITEM_BYTES)?;
    guard.spend(count * 3 * ITEM_BYTES)?;
    let mut rings: Vec<Vec<CellIndex>> = vec![Vec::new(); distance as usize + 1];
    let mut add = |cell, at: u32| {
        if let Some(ring) = rings.get_mut(at as usize) {
            ring.push(cell);
        }
    };
    if cell.grid_disk_distances_fast(distance).all(|found| found.map(|(cell, at)| add(cell, at)).is_some()) {
        return Ok(rings);
    }
    // Around a pentagon the walk along the rings does not find its way.
    call.doubt("cells near a pentagon", "all cells at their distances are given", cell)?;
    let mut rings: Vec<Vec<CellIndex>> = vec![Vec::new(); distance as usize + 1];
    for (cell, at) in cell.grid_disk_distances_safe(distance) {
        if let Some(ring) = rings.get_mut(at as usize) {
            ring.push(cell);
        }
    }
    Ok(rings)
}

#[cfg(test)]
mod tests {
    use super::FUNCTIONS;
    use crate::function::testing::{call, check, constants_of, doubted, json};
    use crate::types::{Dynamic, Value};

    // Expectations: the functions' pages and recorded answers.
    #[test]
    fn cells_of_points() {
        for (longitude, latitude, token) in [
            (-73.956683, 40.807907, "852a100bfffffff"),
            (-73.916869, 40.818314, "852a100bfffffff"),
            (-73.989148, 40.743273, "852a1073fffffff"),
        ] {
            let arguments = [longitude.into(), latitude.into(), Value::Long(5)];
            check(FUNCTIONS, "geo_point_to_h3cell", &arguments, token);
        }
        check(FUNCTIONS, "geo_point_to_h3cell", &[300.0.into(), 1.0.into(), Value::Long(8)], "");
        check(FUNCTIONS, "geo_point_to_h3cell", &[1.0.into(), 1.0.into(), Value::Null], "");
    }

    #[test]
    fn up_and_down() {
        for (level, parent) in [(3, "832a10fffffffff"), (100, ""), (-1, ""), (15, "")] {
            check(FUNCTIONS, "geo_h3cell_parent", &["862a1072fffffff".into(), Value::Long(level)], parent);
        }
        check(FUNCTIONS, "geo_h3cell_parent", &["123".into()], "");
        check(FUNCTIONS, "geo_h3cell_parent", &["8009fffffffffff".into()], "");
        doubted(
            FUNCTIONS,
            "geo_h3cell_parent",
            &["862a1072fffffff".into(), Value::Long(6)],
            "862a1072fffffff",
        );
        for level in [5, 12, 16, -1] {
            check(
                FUNCTIONS,
                "geo_h3cell_children",
                &["862a1072fffffff".into(), Value::Long(level)],
                Value::Null,
            );
        }
        check(FUNCTIONS, "geo_h3cell_children", &["abc".into()], Value::Null);
        let all = [Value::string("862a1072fffffff"), Value::Long(11)];
        let found = call(FUNCTIONS, "geo_h3cell_children", &constants_of(&all)).value(0);
        let Value::Dynamic(Dynamic::Array(found)) = found else { panic!("no array: {found:?}") };
        assert_eq!(found.len(), 16_807);
    }

    #[test]
    fn rings() {
        let expected = r#"[["861f8894fffffff"],["861f88947ffffff","861f8895fffffff","861f88867ffffff","861f8d497ffffff",
            "861f8d4b7ffffff","861f8896fffffff"],["861f88967ffffff","861f88977ffffff","861f88957ffffff","861f8882fffffff",
            "861f88877ffffff","861f88847ffffff","861f8886fffffff","861f8d49fffffff","861f8d487ffffff","861f8d4a7ffffff",
            "861f8d59fffffff","861f8d597ffffff"]]"#;
        let at = |distance: i64| [Value::string("861f8894fffffff"), Value::Long(distance)];
        check(FUNCTIONS, "geo_h3cell_rings", &at(2), json(expected));
        check(FUNCTIONS, "geo_h3cell_rings", &at(0), json(r#"[["861f8894fffffff"]]"#));
        check(FUNCTIONS, "geo_h3cell_rings", &at(143), Value::Null);
        check(FUNCTIONS, "geo_h3cell_rings", &at(-1), Value::Null);
        check(FUNCTIONS, "geo_h3cell_rings", &["abc".into(), Value::Long(3)], Value::Null);
        let neighbors = json(
            r#"["801ffffffffffff","8011fffffffffff","8001fffffffffff","8007fffffffffff","8019fffffffffff"]"#,
        );
        doubted(FUNCTIONS, "geo_h3cell_neighbors", &["8009fffffffffff".into()], neighbors);
    }

    #[test]
    fn what_is_no_token() {
        for token in ["", "abc", "+862a1072fffffff", "0862a1072ffffff", "862a1072fffffff0", "é"] {
            check(FUNCTIONS, "geo_h3cell_level", &[token.into()], Value::Null);
        }
        check(FUNCTIONS, "geo_h3cell_level", &["862a1072fffffff".into()], Value::Int(6));
    }
}
