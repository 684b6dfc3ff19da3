//! `geo_polygon_lookup` and `geo_line_lookup`: the rows of a table whose polygon a point is in, or whose shape it is near.
//!
//! A join, as `ipv4_lookup` is one: each shape that fits makes a row. A point is compared with the shapes alone whose
//! surrounding circle reaches its cell of a grid of degrees. Source: the pages of both plugins, and the recorded answers of
//! their examples.

use std::f64::consts::FRAC_PI_2;

use crate::column::{Column, NO_ROW};
use crate::diagnostic::{Code, Diagnostic};
use crate::function::{
    ArgumentKind, ArgumentValue, InputColumn, Plugin, PluginBinding, PluginColumns, PluginRows, PluginRun,
    PluginTable, Result, RowOrigins,
};
use crate::reference::{ParameterInfo, TableExample};
use crate::stdlib::scalar::geo::sphere::{Point, RADIUS, valid};
use crate::stdlib::scalar::geo::{Lines, Polygons};
use crate::types::{Dynamic, ScalarType, Value};

use super::arguments::{NUMBER, PluginArguments, hidden};

const TABLE: ParameterInfo =
    ParameterInfo::required("LookupTable", "The table with shapes; a query stands in parentheses.");
const LONGITUDE: ParameterInfo =
    ParameterInfo::required("Longitude", "The column of T with the longitude, in degrees.");
const LATITUDE: ParameterInfo =
    ParameterInfo::required("Latitude", "The column of T with the latitude, in degrees.");
const UNMATCHED: ParameterInfo = ParameterInfo::optional(
    "Unmatched",
    "true keeps rows without a shape, with nulls; false, the default, leaves them out.",
);
const AREA: ParameterInfo = ParameterInfo::optional(
    "AreaRadius",
    "A hint for Kusto's way of searching, in meters. It changes no answer.",
);
const RETURN_KEY: ParameterInfo = ParameterInfo::optional(
    "ReturnKey",
    "true gives LookupKey, too; false, the default, leaves it out of the result.",
);
const OF_ALL_SHAPES: &str = "A point that fits several shapes makes a row for each of them.";
const INVALID: &str = "A shape that is not valid, or a point out of range, fits nothing.";
const KINDS: fn(usize) -> ArgumentKind = |at| match at {
    0 => ArgumentKind::Table,
    1 => ArgumentKind::TableColumn,
    _ => ArgumentKind::Scalar,
};

pub(super) static POLYGONS: Plugin = Plugin {
    name: "geo_polygon_lookup",
    summary: "Adds to each row the columns of a second table whose polygon its point is in, or near.",
    syntax: &[
        "T | evaluate geo_polygon_lookup(LookupTable, LookupKey, Longitude, Latitude [, radius = Radius] \
         [, return_unmatched = Unmatched] [, lookup_area_radius = AreaRadius] [, return_lookup_key = ReturnKey])",
    ],
    parameters: &[
        ParameterInfo::INPUT,
        TABLE,
        ParameterInfo::required(
            "LookupKey",
            "The column of LookupTable with GeoJSON polygons or multipolygons.",
        ),
        LONGITUDE,
        LATITUDE,
        ParameterInfo::optional(
            "Radius",
            "How far outside, in meters, a point may be. Without it, it must be inside.",
        ),
        UNMATCHED,
        AREA,
        RETURN_KEY,
    ],
    remarks: &[
        OF_ALL_SHAPES,
        INVALID,
        "Without a radius a point is inside as geo_point_in_polygon says; with one, geo_distance_point_to_polygon is compared.",
    ],
    argument_kind: KINDS,
    bind: |call| bind(call, ShapeForm::Polygons),
    run: |run| lookup(run, ShapeForm::Polygons),
    examples: &[
        TableExample {
            query: r"let Areas = datatable (name: string, area: dynamic) [
    'a', dynamic({
        'type': 'Polygon', 'coordinates': [[[0, 0], [10, 0], [10, 10], [0, 10], [0, 0]]]
    }),
];
datatable (place: string, lon: real, lat: real) ['in', 5, 5, 'out', 20, 5]
| evaluate geo_polygon_lookup(Areas, area, lon, lat)",
            result: "place:string, lon:real, lat:real, name:string\n[\"in\",5.0,5.0,\"a\"]",
        },
        TableExample {
            query: r"let Areas = datatable (name: string, area: dynamic) [
    'a', dynamic({
        'type': 'Polygon', 'coordinates': [[[0, 0], [10, 0], [10, 10], [0, 10], [0, 0]]]
    }),
];
datatable (place: string, lon: real, lat: real) ['near', 10.001, 5, 'far', 11, 5]
| evaluate geo_polygon_lookup(Areas, area, lon, lat, radius = 500, return_unmatched = true)
| project place, name",
            result: "place:string, name:string\n[\"near\",\"a\"]\n[\"far\",\"\"]",
        },
    ],
    ..Plugin::DEFAULT
};

pub(super) static LINES: Plugin = Plugin {
    name: "geo_line_lookup",
    summary: "Adds to each row the columns of a second table whose line its point is near.",
    syntax: &["T | evaluate geo_line_lookup(LookupTable, LookupKey, Longitude, Latitude, Radius \
         [, return_unmatched = Unmatched] [, lookup_area_radius = AreaRadius] [, return_lookup_key = ReturnKey])"],
    parameters: &[
        ParameterInfo::INPUT,
        TABLE,
        ParameterInfo::required("LookupKey", "The column of LookupTable with GeoJSON lines or multilines."),
        LONGITUDE,
        LATITUDE,
        ParameterInfo::required("Radius", "How far from the line, in meters, a point may be."),
        UNMATCHED,
        AREA,
        RETURN_KEY,
    ],
    remarks: &[OF_ALL_SHAPES, INVALID, "The distance is that of geo_distance_point_to_line."],
    argument_kind: KINDS,
    bind: |call| bind(call, ShapeForm::Lines),
    run: |run| lookup(run, ShapeForm::Lines),
    examples: &[
        TableExample {
            query: r"let Roads = datatable (name: string, road: dynamic) [
    'equator', dynamic({'type': 'LineString', 'coordinates': [[0, 0], [10, 0]]}),
];
datatable (place: string, lon: real, lat: real) ['near', 5, 0.001, 'far', 5, 1]
| evaluate geo_line_lookup(Roads, road, lon, lat, 200)",
            result: "place:string, lon:real, lat:real, name:string\n[\"near\",5.0,0.001,\"equator\"]",
        },
        TableExample {
            query: r"let Roads = datatable (name: string, road: dynamic) [
    'equator', dynamic({'type': 'LineString', 'coordinates': [[0, 0], [10, 0]]}),
];
datatable (place: string, lon: real, lat: real) ['far', 5, 1]
| evaluate geo_line_lookup(Roads, road, lon, lat, 200, true)
| project place, name",
            result: "place:string, name:string\n[\"far\",\"\"]",
        },
    ],
    ..Plugin::DEFAULT
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ShapeForm {
    Polygons,
    Lines,
}

enum Shape {
    Polygons(Polygons),
    Lines(Lines),
}

impl Shape {
    fn parse(form: ShapeForm, value: &Dynamic) -> Option<Self> {
        match form {
            ShapeForm::Polygons => Polygons::parse(value).map(Self::Polygons),
            ShapeForm::Lines => Lines::parse(value).map(Self::Lines),
        }
    }

    /// Whether the point fits; `None` where it is on an edge, which is neither in nor out.
    fn fits(&self, at: Point, radius: Option<f64>) -> Option<bool> {
        let is_near =
            |away: Option<(f64, Point)>, radius: f64| away.is_some_and(|(away, _)| away * RADIUS <= radius);
        match (self, radius) {
            (Self::Polygons(it), None) => it.contains(at),
            (Self::Polygons(it), Some(radius)) => {
                Some(it.contains(at) != Some(false) || is_near(it.closest(at), radius))
            }
            (Self::Lines(it), radius) => Some(is_near(it.closest(at), radius.unwrap_or(0.0))),
        }
    }
}

/// What a call looks up, where.
struct GeoLookup {
    key: usize,
    longitude: usize,
    latitude: usize,
    radius: Option<f64>,
    keeps_unmatched: bool,
    keeps_key: bool,
}

/// The names of what comes behind the coordinates, in the order of their places.
const NAMES: [&str; 4] = ["radius", "return_unmatched", "lookup_area_radius", "return_lookup_key"];

impl GeoLookup {
    fn read(arguments: &PluginArguments<'_>, form: ShapeForm, columns: &[InputColumn]) -> Result<Self> {
        arguments.check_count(if form == ShapeForm::Lines { 5 } else { 4 }, 8)?;
        let key = match arguments.list.get(1).map(|it| &it.value) {
            Some(ArgumentValue::TableColumn(_, at)) => *at,
            _ => {
                return Err(arguments.error(Code::ExpectedColumn, 1, "expects a column of the lookup table"));
            }
        };
        if columns.get(key).and_then(|it| it.data_type).is_some_and(|it| it != ScalarType::Dynamic) {
            return Err(arguments.error(Code::ExpectedType, 1, "expects a dynamic column with GeoJSON"));
        }
        let mut found = Self {
            key,
            longitude: arguments.column(2, "the longitude", NUMBER)?,
            latitude: arguments.column(3, "the latitude", NUMBER)?,
            radius: None,
            keeps_unmatched: false,
            keeps_key: false,
        };
        for (at, argument) in arguments.list.iter().enumerate().skip(4) {
            let named = argument.name.as_deref();
            let named =
                named.and_then(|name| NAMES.iter().position(|known| known.eq_ignore_ascii_case(name)));
            let place = named.unwrap_or(at - 4);
            let parameter = NAMES.get(place).copied().unwrap_or_default();
            let ArgumentValue::Constant(value, _) = &argument.value else {
                return Err(arguments.unsupported(at, &format!("a {parameter} that is no constant")));
            };
            match (place, value, value.as_real()) {
                (0, _, Some(radius)) => found.radius = Some(radius),
                (1, Value::Bool(it), _) => found.keeps_unmatched = *it,
                (2, _, Some(_)) => {}
                (3, Value::Bool(it), _) => found.keeps_key = *it,
                _ => {
                    let kind = if place % 2 == 0 { "a number" } else { "true or false" };
                    let message = format!("expects {parameter} to be {kind}");
                    return Err(arguments.error(Code::ExpectedType, at, message));
                }
            }
        }
        if form == ShapeForm::Lines && found.radius.is_none() {
            return Err(arguments.error(Code::MissingParameter, usize::MAX, "needs a radius"));
        }
        Ok(found)
    }

    /// The places of the lookup table's columns that the result has.
    fn kept(&self, columns: usize) -> impl Iterator<Item = usize> + '_ {
        (0..columns).filter(|at| self.keeps_key || *at != self.key)
    }
}

fn bind(call: &PluginBinding<'_>, form: ShapeForm) -> std::result::Result<PluginColumns, Vec<Diagnostic>> {
    let known = || -> Result<PluginColumns> {
        let arguments = PluginArguments::of_binding(call);
        arguments.check_count(if form == ShapeForm::Lines { 5 } else { 4 }, 8)?;
        if call.is_hidden() {
            return Ok(hidden());
        }
        let no_columns = Vec::new();
        let of_table = call.tables.first().map_or(&no_columns, |table| &table.columns);
        let lookup = GeoLookup::read(&arguments, form, of_table)?;
        let looked_up = lookup.kept(of_table.len()).filter_map(|at| of_table.get(at).cloned());
        Ok(PluginColumns::closed(call.columns.iter().cloned().chain(looked_up).collect()))
    };
    known().map_err(|it| vec![*it])
}

/// The circle around a shape: its middle, its radius in radians.
fn circle(value: &Dynamic, radius: f64) -> Option<(Point, f64)> {
    let mut corners: Vec<Point> = Vec::new();
    collect(&value.member("coordinates"), 0, &mut corners);
    let sum = corners.iter().fold([0.0; 3], |[a, b, c], [x, y, z]| [a + x, b + y, c + z]);
    let length = dot(sum, sum).sqrt();
    if length.is_nan() || length < 1e-9 {
        return None;
    }
    let middle = sum.map(|it| it / length);
    let reach = corners.iter().map(|it| angle(middle, *it)).fold(0.0, f64::max);
    // A circle of less than half of Earth holds the edges between its points, and what is within them.
    (reach < FRAC_PI_2 - 0.1).then_some((middle, reach + radius / RADIUS + 1e-9))
}

/// The points of nested arrays of coordinates, which are four levels deep at most.
fn collect(value: &Dynamic, depth: usize, out: &mut Vec<Point>) {
    let Some(items) = value.as_array() else { return };
    if let [longitude, latitude, ..] = items
        && let (Some(longitude), Some(latitude)) = (longitude.as_real(), latitude.as_real())
    {
        out.extend(valid(longitude, latitude));
        return;
    }
    if depth < 4 {
        items.iter().for_each(|item| collect(item, depth + 1, out));
    }
}

fn dot([a, b, c]: Point, [x, y, z]: Point) -> f64 {
    a * x + b * y + c * z
}

fn angle(a: Point, b: Point) -> f64 {
    let chord = [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
    2.0 * (dot(chord, chord).sqrt() / 2.0).clamp(0.0, 1.0).asin()
}

/// Cells of five degrees, with the shapes that reach into each of them, in their order.
struct ShapeGrid(Vec<Vec<u32>>);

const COLUMNS: usize = 72;
const ROWS: usize = 36;
const CELL: f64 = 5.0;

impl ShapeGrid {
    fn place(longitude: f64, latitude: f64) -> (usize, usize) {
        let at = |value: f64, cells: usize| ((value / CELL).floor().max(0.0) as usize).min(cells - 1);
        (at(longitude + 180.0, COLUMNS), at(latitude + 90.0, ROWS))
    }

    fn of(
        run: &PluginRun<'_>,
        circles: &[Option<Option<(Point, f64)>>],
        held: usize,
    ) -> Result<(Self, usize)> {
        let mut entries = 0_usize;
        let mut cells: Vec<Vec<u32>> = vec![Vec::new(); COLUMNS * ROWS];
        for (shape, circle) in circles.iter().enumerate() {
            let Some(circle) = circle else { continue };
            let (mut columns, mut rows) = (0..COLUMNS, 0..ROWS);
            let mut first = 0;
            if let Some(([x, y, z], reach)) = circle {
                let (longitude, latitude) = (y.atan2(*x).to_degrees(), z.clamp(-1.0, 1.0).asin());
                let degrees = reach.to_degrees();
                let low = Self::place(0.0, latitude.to_degrees() - degrees).1;
                rows = low..Self::place(0.0, latitude.to_degrees() + degrees).1 + 1;
                // Near a pole a circle has all longitudes.
                if latitude.abs() + reach < FRAC_PI_2 - 1e-6 {
                    let wide = (reach.sin() / latitude.cos()).clamp(0.0, 1.0).asin().to_degrees() + 1e-6;
                    let begin = ((longitude + 180.0 - wide) / CELL).floor();
                    let count = ((longitude + 180.0 + wide) / CELL).floor() - begin + 1.0;
                    first = begin.rem_euclid(COLUMNS as f64) as usize;
                    columns = 0..(count as usize).min(COLUMNS);
                }
            }
            let reached = columns.len().saturating_mul(rows.len());
            entries = entries.saturating_add(reached);
            run.work(reached)?;
            run.reserve(held.saturating_add(entries.saturating_mul(8)))?;
            for row in rows {
                for column in columns.clone() {
                    let at = row * COLUMNS + (first + column) % COLUMNS;
                    if let Some(cell) = cells.get_mut(at) {
                        cell.push(u32::try_from(shape).unwrap_or(NO_ROW));
                    }
                }
            }
        }
        Ok((Self(cells), entries))
    }

    fn shapes(&self, longitude: f64, latitude: f64) -> &[u32] {
        let (column, row) = Self::place(longitude, latitude);
        self.0.get(row * COLUMNS + column).map_or(&[], Vec::as_slice)
    }
}

fn lookup(run: &PluginRun<'_>, form: ShapeForm) -> Result<PluginRows> {
    let table = run.tables.first().ok_or_else(|| run.broken("its lookup table is missing"))?;
    let lookup = GeoLookup::read(&PluginArguments::of_run(run), form, &PluginTable::of(table).columns)?;
    let key = table.columns().get(lookup.key).ok_or_else(|| run.broken("the column of shapes is missing"))?;
    let rows = run.input.len();
    // A shape is read into its tree, and its points become vectors.
    let held = key
        .byte_size()
        .saturating_mul(6)
        .saturating_add(table.len().saturating_mul(128))
        .saturating_add(128 << 10);
    run.reserve(held)?;
    let mut sizes: Vec<usize> = Vec::with_capacity(table.len());
    let mut shapes: Vec<Option<Shape>> = Vec::with_capacity(table.len());
    // None for no shape; a shape without a circle may be anywhere.
    let mut circles: Vec<Option<Option<(Point, f64)>>> = Vec::with_capacity(table.len());
    for value in key.values() {
        let Value::Dynamic(value) = value else {
            shapes.push(None);
            circles.push(None);
            sizes.push(0);
            continue;
        };
        run.work(value.byte_size())?;
        sizes.push(value.byte_size());
        let shape = Shape::parse(form, &value);
        circles.push(shape.as_ref().map(|_| circle(&value, lookup.radius.unwrap_or(0.0).max(0.0))));
        shapes.push(shape);
    }
    let (grid, entries) = ShapeGrid::of(run, &circles, held)?;
    let held = held.saturating_add(entries.saturating_mul(8));
    let (longitudes, latitudes) = (run.column(lookup.longitude)?, run.column(lookup.latitude)?);
    let (mut left, mut right): (Vec<u32>, Vec<u32>) = (Vec::new(), Vec::new());
    for row in 0..rows {
        let before = right.len();
        let of_row = longitudes.value(row).as_real().zip(latitudes.value(row).as_real());
        let at =
            of_row.and_then(|(longitude, latitude)| Some((longitude, latitude, valid(longitude, latitude)?)));
        if let Some((longitude, latitude, at)) = at {
            for &number in grid.shapes(longitude, latitude) {
                run.work(8)?;
                if let Some(Some(Some((middle, reach)))) = circles.get(number as usize)
                    && angle(*middle, at) > *reach
                {
                    continue;
                }
                let Some(Some(shape)) = shapes.get(number as usize) else { continue };
                run.work(sizes.get(number as usize).copied().unwrap_or(0))?;
                let fits = match shape.fits(at, lookup.radius) {
                    Some(fits) => fits,
                    None => {
                        let example = format!("{longitude} {latitude}");
                        run.doubt("a point on a polygon's edge", "the point counts as inside", example)?;
                        true
                    }
                };
                if fits {
                    right.push(number);
                }
            }
        }
        if right.len() == before && lookup.keeps_unmatched {
            right.push(NO_ROW);
        }
        left.resize(right.len(), u32::try_from(row).unwrap_or(NO_ROW));
        run.reserve(held.saturating_add(left.capacity().saturating_add(right.capacity()).saturating_mul(4)))?;
    }
    let a_row = |columns: &[Column], rows: usize| {
        columns.iter().map(Column::byte_size).fold(0, usize::saturating_add) / rows.max(1)
    };
    let bytes = (a_row(run.input.columns(), rows) + a_row(table.columns(), table.len())).saturating_add(16);
    run.reserve(held.saturating_add(left.len().saturating_mul(bytes)))?;
    let of_rows = run.input.columns().iter().take(run.call.width).map(|column| column.take(&left));
    let kept = lookup.kept(table.columns().len()).filter_map(|at| table.columns().get(at));
    let columns: Vec<Column> = of_rows.chain(kept.map(|column| column.take(&right))).collect();
    run.rows(columns, left.len(), RowOrigins::Pair(left, right))
}
