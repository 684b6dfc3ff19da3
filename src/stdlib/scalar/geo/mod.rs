//! Geospatial functions: their entries. It must not know the geometry itself, which the files beside this one hold.
//!
//! Earth is a sphere here, as the engine takes it, and lines are geodesics.

mod cells;
mod densify;
mod geojson;
#[cfg(feature = "h3")]
pub(super) mod h3;
mod shape;
pub(in crate::stdlib) mod sphere;
mod wkt;

use super::rows::{Guard, ITEM_BYTES};
use crate::column::{Column, DynamicType, StringType};
use crate::function::kinds::{BAG, NUMBER, NUMBER_OR_BOOL, STRING, STRING_OR_ARRAY, returns};
use crate::function::{Call, Category, Example, Kernel, Result, ScalarFunction, signatures};
use crate::types::{Dynamic, ScalarType, Value};
use geojson::{pair, point, polygon, shape};
use shape::Boundary;
pub(in crate::stdlib) use shape::{Lines, Polygons};
use sphere::{Point, RADIUS};

/// The value, or null for the row.
macro_rules! or_null {
    ($value:expr) => {
        match $value {
            Some(value) => value,
            None => return Ok(Value::Null),
        }
    };
}

const BASE: ScalarFunction = ScalarFunction { category: Category::Geospatial, ..ScalarFunction::DEFAULT };

pub(super) const FUNCTIONS: &[ScalarFunction] = &[
    ScalarFunction {
        name: "geo_distance_2points",
        summary: "The distance of two points on Earth in meters.",
        signatures: signatures![
            (p1_longitude: NUMBER, p1_latitude: NUMBER, p2_longitude: NUMBER, p2_latitude: NUMBER,
                use_spheroid: NUMBER_OR_BOOL.optional()) -> returns::REAL
        ],
        kernel: Kernel::Rows(|call| {
            if call.count() > 4
                && call.constant(4).map(|it| it.convert(ScalarType::Bool)) != Some(false.into())
            {
                return Err(call.fail("distances on a spheroid are not supported"));
            }
            points::<2>(call, |[a, b]| Some(sphere::haversine(a, b) * RADIUS))
        }),
        examples: &[Example {
            query: "round(geo_distance_2points(-122.407628, 47.578557, -118.275287, 34.019056), 3)",
            result: "1546754.352",
        }],
        ..BASE
    },
    ScalarFunction {
        name: "geo_azimuth",
        summary: "The clockwise angle, in radians, from true north to the line from one point to another.",
        signatures: signatures![
            (p1_longitude: NUMBER, p1_latitude: NUMBER, p2_longitude: NUMBER, p2_latitude: NUMBER)
                -> returns::REAL
        ],
        kernel: Kernel::Rows(|call| points::<2>(call, |[a, b]| sphere::azimuth(a, b))),
        examples: &[Example {
            query: "round(degrees(geo_azimuth(5, 10, 10, -40)), 6)",
            result: "175.015654",
        }],
        ..BASE
    },
    ScalarFunction {
        name: "geo_angle",
        summary: "The clockwise angle, in radians, between the lines from a second point to a first and to a third one.",
        signatures: signatures![
            (p1_longitude: NUMBER, p1_latitude: NUMBER, p2_longitude: NUMBER, p2_latitude: NUMBER,
                p3_longitude: NUMBER, p3_latitude: NUMBER) -> returns::REAL
        ],
        kernel: Kernel::Rows(|call| {
            points::<3>(call, |[a, b, c]| {
                Some((sphere::azimuth(b, c)? - sphere::azimuth(b, a)?).rem_euclid(std::f64::consts::TAU))
            })
        }),
        examples: &[Example {
            query: "round(degrees(geo_angle(0, 10, 0, 5, 3, -10)), 6)",
            result: "168.732543",
        }],
        ..BASE
    },
    ScalarFunction {
        name: "geo_point_in_circle",
        summary: "Whether a point is inside a circle, by its center and its radius in meters.",
        signatures: signatures![
            (p_longitude: NUMBER, p_latitude: NUMBER, pc_longitude: NUMBER, pc_latitude: NUMBER, c_radius: NUMBER)
                -> returns::BOOL
        ],
        kernel: Kernel::Rows(|call| {
            call.map_values(|row| {
                let radius = row.get(4).and_then(Value::as_real).filter(|radius| *radius >= 0.0);
                let inside = |radius| {
                    let [a, b] = read_points(row)?;
                    Some(Value::Bool(sphere::haversine(a, b) * RADIUS <= radius))
                };
                Ok(radius.and_then(inside).unwrap_or_default())
            })
        }),
        examples: &[
            Example {
                query: "geo_point_in_circle(-122.143564, 47.535677, -122.100896, 47.527351, 3500)",
                result: "true",
            },
            Example { query: "geo_point_in_circle(1, 1, 1, 1, -1)", result: "null" },
        ],
        ..BASE
    },
    ScalarFunction {
        name: "geo_point_to_geohash",
        summary: "The geohash of a point with a number of characters, 5 if it is left out.",
        signatures: signatures![
            (longitude: NUMBER, latitude: NUMBER, accuracy: NUMBER.optional()) -> returns::STRING
        ],
        kernel: Kernel::Rows(|call| {
            to_cell(call, 5, 1..=18, |longitude, latitude, length| {
                cells::geohash(longitude, latitude, length)
            })
        }),
        examples: &[Example {
            query: "geo_point_to_geohash(-80.195829, 25.802215, 8)",
            result: "\"dhwfz15h\"",
        }],
        ..BASE
    },
    ScalarFunction {
        name: "geo_geohash_to_central_point",
        summary: "The center of a geohash's rectangle, as a GeoJSON point; null for text that is no geohash.",
        signatures: signatures![(geohash: STRING) -> returns::DYNAMIC],
        kernel: Kernel::Rows(|call| {
            from_cell(call, |text| {
                let [west, south, east, north] = cells::geohash_bounds(text)?;
                Some(point([f64::midpoint(west, east), f64::midpoint(south, north)]))
            })
        }),
        examples: &[Example {
            query: "geo_geohash_to_central_point('sunny').coordinates[1]",
            result: "23.70849609375",
        }],
        ..BASE
    },
    ScalarFunction {
        name: "geo_geohash_to_polygon",
        summary: "A geohash's rectangle, as a GeoJSON polygon; null for text that is no geohash.",
        signatures: signatures![(geohash: STRING) -> returns::DYNAMIC],
        kernel: Kernel::Rows(|call| {
            from_cell(call, |text| {
                let [west, south, east, north] = cells::geohash_bounds(text)?;
                Some(polygon(&[[west, south], [east, south], [east, north], [west, north]]))
            })
        }),
        examples: &[Example {
            query: "geo_geohash_to_polygon('sunny').coordinates[0][0][0]",
            result: "42.451171875",
        }],
        ..BASE
    },
    ScalarFunction {
        name: "geo_geohash_neighbors",
        summary: "The geohashes around one, as an array in no fixed order; null for text that is no geohash.",
        signatures: signatures![(geohash: STRING) -> returns::DYNAMIC],
        kernel: Kernel::Rows(|call| {
            let guard = Guard::new(call);
            let column = call.map1::<StringType, DynamicType>(|text| {
                guard.row(|| {
                    let Some(found) = cells::geohash_neighbors(text) else { return Ok(None) };
                    if found.len() < 8 {
                        call.doubt("a geohash at a pole", "nothing is beyond the pole", text)?;
                    }
                    Ok(Some(texts(found)))
                })
            });
            guard.finish(column)
        }),
        examples: &[
            Example {
                query: "array_sort_asc(geo_geohash_neighbors('sunny'))",
                result: r#"["sunnt","sunnv","sunnw","sunnx","sunnz","sunpj","sunpn","sunpp"]"#,
            },
            Example { query: "geo_geohash_neighbors('a')", result: "null" },
        ],
        ..BASE
    },
    ScalarFunction {
        name: "geo_s2cell_neighbors",
        summary: "The S2 cells around one, as an array in no fixed order; null for text that is no token of a cell.",
        signatures: signatures![(s2cell: STRING) -> returns::DYNAMIC],
        kernel: Kernel::Rows(|call| from_cell(call, |token| Some(texts(cells::s2_neighbors(token)?)))),
        examples: &[
            Example {
                query: "array_sort_asc(geo_s2cell_neighbors('89c259'))",
                result: r#"["89c251","89c257","89c25b","89c25d","89c25f","89c2f5","89c2f7","89c2f9"]"#,
            },
            Example { query: "geo_s2cell_neighbors('a')", result: "null" },
        ],
        ..BASE
    },
    ScalarFunction {
        name: "geo_point_to_s2cell",
        summary: "The token of the S2 cell that holds a point, at a level from 0 to 30, 11 if it is left out.",
        signatures: signatures![
            (longitude: NUMBER, latitude: NUMBER, level: NUMBER.optional()) -> returns::STRING
        ],
        kernel: Kernel::Rows(|call| {
            to_cell(call, 11, 0..=30, |longitude, latitude, level| {
                cells::s2_token(sphere::at(longitude, latitude), level as u32)
            })
        }),
        examples: &[Example { query: "geo_point_to_s2cell(-80.195829, 25.802215, 8)", result: "\"88d9b\"" }],
        ..BASE
    },
    ScalarFunction {
        name: "geo_s2cell_to_central_point",
        summary: "The center of an S2 cell, as a GeoJSON point; null for text that is no token of a cell.",
        signatures: signatures![(s2cell: STRING) -> returns::DYNAMIC],
        kernel: Kernel::Rows(|call| {
            from_cell(call, |token| Some(point(sphere::coordinates(cells::s2_cell(token)?.center))))
        }),
        examples: &[Example {
            query: "geo_point_to_s2cell(toreal(geo_s2cell_to_central_point('89c259').coordinates[0]), \
                toreal(geo_s2cell_to_central_point('89c259').coordinates[1]), 10)",
            result: "\"89c259\"",
        }],
        ..BASE
    },
    ScalarFunction {
        name: "geo_s2cell_to_polygon",
        summary: "An S2 cell, as a GeoJSON polygon; null for text that is no token of a cell.",
        signatures: signatures![(s2cell: STRING) -> returns::DYNAMIC],
        kernel: Kernel::Rows(|call| {
            from_cell(call, |token| {
                let corners = cells::s2_cell(token)?.corners.map(sphere::coordinates);
                Some(polygon(&corners))
            })
        }),
        examples: &[Example {
            query: "round(toreal(geo_s2cell_to_polygon('89c259').coordinates[0][0][1]), 9)",
            result: "40.801268434",
        }],
        ..BASE
    },
    ScalarFunction {
        name: "geo_line_length",
        summary: "The length of a GeoJSON line or multiline in meters; null for an invalid one.",
        signatures: signatures![(lineString: BAG) -> returns::REAL],
        kernel: Kernel::Rows(|call| {
            with_shape(call, 0, Lines::parse, |lines, _| Ok(Value::Real(lines.length() * RADIUS)))
        }),
        examples: &[Example {
            query: "round(geo_line_length(dynamic({'type': 'LineString', 'coordinates': [[0, 0], [180, 90]]})))",
            result: "10007559.0",
        }],
        ..BASE
    },
    ScalarFunction {
        name: "geo_line_centroid",
        summary: "The center of a GeoJSON line or multiline, as a point; null for an invalid one.",
        signatures: signatures![(lineString: BAG) -> returns::DYNAMIC],
        kernel: Kernel::Rows(|call| {
            with_shape(call, 0, Lines::parse, |lines, _| {
                Ok(Value::Dynamic(point(sphere::coordinates(lines.centroid()))))
            })
        }),
        examples: &[Example {
            query: "round(toreal(geo_line_centroid(dynamic({'type': 'LineString', 'coordinates': \
                [[-73.95796, 40.80042], [-73.97317, 40.764486]]})).coordinates[0]), 9)",
            result: "-73.965567057",
        }],
        ..BASE
    },
    ScalarFunction {
        name: "geo_line_interpolate_point",
        summary: "The point at a fraction of a GeoJSON line; null for an invalid line or fraction.",
        signatures: signatures![(lineString: BAG, fraction: NUMBER) -> returns::DYNAMIC],
        kernel: Kernel::Rows(|call| {
            with_shape(call, 0, Lines::parse, |lines, row| {
                let fraction = row.get(1).and_then(Value::as_real);
                let found = fraction.and_then(|fraction| lines.interpolate(fraction));
                Ok(found.map_or(Value::Null, |at| Value::Dynamic(point(sphere::coordinates(at)))))
            })
        }),
        examples: &[Example {
            query: "round(toreal(geo_line_interpolate_point(dynamic({'type': 'LineString', 'coordinates': \
                [[-73.95796, 40.80042], [-73.97317, 40.764486]]}), 0.25).coordinates[1]), 9)",
            result: "40.791436687",
        }],
        ..BASE
    },
    ScalarFunction {
        name: "geo_line_locate_point",
        summary: "The fraction of a GeoJSON line at which it is closest to a point; null for invalid input.",
        signatures: signatures![
            (lineString: BAG, longitude: NUMBER, latitude: NUMBER, use_spheroid: NUMBER_OR_BOOL.optional())
                -> returns::REAL
        ],
        kernel: Kernel::Rows(|call| {
            if call.count() > 3
                && call.constant(3).map(|it| it.convert(ScalarType::Bool)) != Some(false.into())
            {
                return Err(call.fail("distances on a spheroid are not supported"));
            }
            with_shape(call, 0, Lines::parse, |lines, row| {
                let [at] = or_null!(read_points::<1>(row.get(1..).unwrap_or_default()));
                Ok(lines.locate(at).map_or(Value::Null, Value::Real))
            })
        }),
        examples: &[
            Example {
                query: "round(geo_line_locate_point(dynamic({'type': 'LineString', 'coordinates': \
                    [[-73.95796, 40.80042], [-73.97317, 40.764486]]}), -73.965, 40.792), 9)",
                result: "0.255601351",
            },
            Example {
                query: "geo_line_locate_point(dynamic({'type': 'LineString', 'coordinates': [[1, 1]]}), 1, 1)",
                result: "null",
            },
        ],
        ..BASE
    },
    ScalarFunction {
        name: "geo_line_densify",
        summary: "A GeoJSON line or multiline with points added, so that its geodesics are within a number of meters, 10 if it \
                  is left out, of the straight lines on the map; null for invalid input.",
        signatures: signatures![
            (lineString: BAG, tolerance: NUMBER.optional(), preserve_crossing: NUMBER_OR_BOOL.optional())
                -> returns::DYNAMIC
        ],
        kernel: Kernel::Rows(densify_lines),
        examples: &[
            Example {
                query: "array_length(geo_line_densify(dynamic({'type': 'LineString', \
                    'coordinates': [[50, 50], [51, 51]]})).coordinates)",
                result: "9",
            },
            Example {
                query: "geo_line_densify(dynamic({'type': 'LineString', 'coordinates': [[1, 1], [2, 2]]}), 0)",
                result: "null",
            },
        ],
        ..BASE
    },
    ScalarFunction {
        name: "geo_polygon_densify",
        summary: "A GeoJSON polygon with points added, so that its geodesics are within a number of meters, 10 if it is left \
                  out, of the straight lines on the map; counterclockwise, and null for invalid input.",
        signatures: signatures![
            (polygon: BAG, tolerance: NUMBER.optional(), preserve_crossing: NUMBER_OR_BOOL.optional())
                -> returns::DYNAMIC
        ],
        kernel: Kernel::Rows(densify_polygons),
        examples: &[
            Example {
                query: "array_length(geo_polygon_densify(dynamic({'type': 'Polygon', 'coordinates': \
                    [[[10, 10], [11, 10], [11, 11], [10, 11], [10, 10]]]})).coordinates[0])",
                result: "11",
            },
            Example {
                query: "geo_polygon_densify(dynamic({'type': 'Polygon', 'coordinates': \
                    [[[10, 10], [11, 10], [11, 11], [10, 11], [10, 10]]]}), 0)",
                result: "null",
            },
        ],
        ..BASE
    },
    ScalarFunction {
        name: "geo_distance_point_to_line",
        summary: "The distance of a point from a GeoJSON line or multiline in meters; null for invalid input.",
        signatures: signatures![(longitude: NUMBER, latitude: NUMBER, lineString: BAG) -> returns::REAL],
        kernel: Kernel::Rows(|call| {
            with_shape(call, 2, Lines::parse, |lines, row| {
                let [from] = or_null!(read_points::<1>(row));
                Ok(lines.closest(from).map_or(Value::Null, |(away, _)| Value::Real(away * RADIUS)))
            })
        }),
        examples: &[Example {
            query: "geo_distance_point_to_line(300, 3, dynamic({'type': 'LineString', 'coordinates': [[1, 1], [2, 2]]}))",
            result: "null",
        }],
        ..BASE
    },
    ScalarFunction {
        name: "geo_closest_point_on_line",
        summary: "The point on a GeoJSON line or multiline that is closest to a point; null for invalid input.",
        signatures: signatures![(longitude: NUMBER, latitude: NUMBER, lineString: BAG) -> returns::DYNAMIC],
        kernel: Kernel::Rows(|call| {
            with_shape(call, 2, Lines::parse, |lines, row| {
                let [from] = or_null!(read_points::<1>(row));
                let at = lines.closest(from).map(|(_, at)| point(sphere::coordinates(at)));
                Ok(at.map_or(Value::Null, Value::Dynamic))
            })
        }),
        examples: &[Example {
            query: "round(toreal(geo_closest_point_on_line(5, 10, \
                dynamic({'type': 'LineString', 'coordinates': [[0, 0], [20, 0]]})).coordinates[0]), 9)",
            result: "5.0",
        }],
        ..BASE
    },
    ScalarFunction {
        name: "geo_point_in_polygon",
        summary: "Whether a point is inside a GeoJSON polygon or multipolygon; null for invalid input.",
        signatures: signatures![(longitude: NUMBER, latitude: NUMBER, polygon: BAG) -> returns::BOOL],
        kernel: Kernel::Rows(|call| {
            with_shape(call, 2, Polygons::parse, |polygons, row| {
                let [from] = or_null!(read_points::<1>(row));
                if let Some(inside) = polygons.contains(from) {
                    return Ok(Value::Bool(inside));
                }
                // The page: of polygons that divide Earth exactly one has the point; which one is not said.
                let at = row.iter().take(2).map(|it| it.to_text().to_string()).collect::<Vec<_>>().join(" ");
                call.doubt("a point on a polygon's edge", "the point counts as inside", at)?;
                Ok(Value::Bool(true))
            })
        }),
        examples: &[
            Example {
                query: "geo_point_in_polygon(5, 2, dynamic({'type': 'Polygon', 'coordinates': \
                    [[[0, 0], [10, 0], [10, 10], [0, 0]]]}))",
                result: "true",
            },
            Example {
                query: "geo_point_in_polygon(1, 1, dynamic({'type': 'Polygon', 'coordinates': \
                    [[[0, 0], [10, 10], [10, 10], [0, 0]]]}))",
                result: "null",
            },
        ],
        ..BASE
    },
    ScalarFunction {
        name: "geo_distance_point_to_polygon",
        summary: "The distance of a point from a GeoJSON polygon or multipolygon in meters, 0 inside; null for invalid input.",
        signatures: signatures![(longitude: NUMBER, latitude: NUMBER, polygon: BAG) -> returns::REAL],
        kernel: Kernel::Rows(|call| {
            with_shape(call, 2, Polygons::parse, |polygons, row| {
                let [from] = or_null!(read_points::<1>(row));
                // On an edge it is away by nothing.
                if polygons.contains(from) != Some(false) {
                    return Ok(Value::Real(0.0));
                }
                Ok(polygons.closest(from).map_or(Value::Null, |(away, _)| Value::Real(away * RADIUS)))
            })
        }),
        examples: &[Example {
            query: "geo_distance_point_to_polygon(5, 2, dynamic({'type': 'Polygon', 'coordinates': \
                [[[0, 0], [10, 0], [10, 10], [0, 0]]]}))",
            result: "0.0",
        }],
        ..BASE
    },
    ScalarFunction {
        name: "geo_closest_point_on_polygon",
        summary: "The point of a GeoJSON polygon or multipolygon that is closest to a point; null for invalid input.",
        signatures: signatures![(longitude: NUMBER, latitude: NUMBER, polygon: BAG) -> returns::DYNAMIC],
        kernel: Kernel::Rows(|call| {
            with_shape(call, 2, Polygons::parse, |polygons, row| {
                let [from] = or_null!(read_points::<1>(row));
                // On an edge it is away by nothing.
                if polygons.contains(from) != Some(false) {
                    return Ok(Value::Dynamic(point(sphere::coordinates(from))));
                }
                let at = polygons.closest(from).map(|(_, at)| point(sphere::coordinates(at)));
                Ok(at.map_or(Value::Null, Value::Dynamic))
            })
        }),
        examples: &[Example {
            query: "geo_closest_point_on_polygon(500, 1, dynamic({'type': 'Polygon', 'coordinates': \
                [[[0, 0], [10, 0], [10, 10], [0, 0]]]}))",
            result: "null",
        }],
        ..BASE
    },
    ScalarFunction {
        name: "geo_polygon_area",
        summary: "The area of a GeoJSON polygon or multipolygon in square meters; null for an invalid one.",
        signatures: signatures![(polygon: BAG) -> returns::REAL],
        kernel: Kernel::Rows(|call| {
            with_shape(call, 0, Polygons::parse, |polygons, row| {
                Ok(Value::Real(boundary(call, polygons, row)?.area() * RADIUS * RADIUS))
            })
        }),
        examples: &[Example {
            query: "round(geo_polygon_area(dynamic({'type': 'Polygon', 'coordinates': [[[-73.9495, 40.7969], \
                [-73.95807266235352, 40.80068603561921], [-73.98201942443848, 40.76825672305777], \
                [-73.97317886352539, 40.76455136505513], [-73.9495, 40.7969]]]})))",
            result: "3475207.0",
        }],
        ..BASE
    },
    ScalarFunction {
        name: "geo_polygon_perimeter",
        summary: "The length of the boundary of a GeoJSON polygon or multipolygon in meters; null for an invalid one.",
        signatures: signatures![(polygon: BAG) -> returns::REAL],
        kernel: Kernel::Rows(|call| {
            with_shape(call, 0, Polygons::parse, |polygons, row| {
                Ok(Value::Real(boundary(call, polygons, row)?.length() * RADIUS))
            })
        }),
        examples: &[Example {
            query: "round(geo_polygon_perimeter(dynamic({'type': 'Polygon', 'coordinates': [[[-73.9495, 40.7969], \
                [-73.95807266235352, 40.80068603561921], [-73.98201942443848, 40.76825672305777], \
                [-73.97317886352539, 40.76455136505513], [-73.9495, 40.7969]]]})), 3)",
            result: "9930.301",
        }],
        ..BASE
    },
    ScalarFunction {
        name: "geo_polygon_centroid",
        summary: "The center of a GeoJSON polygon or multipolygon, as a point; null for an invalid one.",
        signatures: signatures![(polygon: BAG) -> returns::DYNAMIC],
        kernel: Kernel::Rows(|call| {
            with_shape(call, 0, Polygons::parse, |polygons, row| {
                let center = boundary(call, polygons, row)?.centroid();
                Ok(Value::Dynamic(point(sphere::coordinates(center))))
            })
        }),
        examples: &[Example {
            query: "round(toreal(geo_polygon_centroid(dynamic({'type': 'Polygon', 'coordinates': [[[-73.9495, 40.7969], \
                [-73.95807266235352, 40.80068603561921], [-73.98201942443848, 40.76825672305777], \
                [-73.97317886352539, 40.76455136505513], [-73.9495, 40.7969]]]})).coordinates[0]), 8)",
            result: "-73.96573569",
        }],
        ..BASE
    },
    ScalarFunction {
        name: "geo_intersects_2lines",
        summary: "Whether two GeoJSON lines or multilines meet; null for invalid ones.",
        signatures: signatures![(lineString1: BAG, lineString2: BAG) -> returns::BOOL],
        kernel: Kernel::Rows(|call| intersects(call, Lines::parse, Lines::parse, Lines::intersect)),
        examples: &[Example {
            query: "geo_intersects_2lines(\
                dynamic({'type': 'LineString', 'coordinates': [[0, 0], [10, 10]]}), \
                dynamic({'type': 'LineString', 'coordinates': [[0, 10], [10, 0]]}))",
            result: "true",
        }],
        ..BASE
    },
    ScalarFunction {
        name: "geo_intersects_2polygons",
        summary: "Whether two GeoJSON polygons or multipolygons have a point in common; null for invalid ones.",
        signatures: signatures![(polygon1: BAG, polygon2: BAG) -> returns::BOOL],
        kernel: Kernel::Rows(|call| intersects(call, Polygons::parse, Polygons::parse, Polygons::intersect)),
        examples: &[Example {
            query: "geo_intersects_2polygons(\
                dynamic({'type': 'Polygon', 'coordinates': [[[0, 0], [9, 0], [9, 9], [0, 0]]]}), \
                dynamic({'type': 'Polygon', 'coordinates': [[[5, 1], [6, 1], [6, 2], [5, 1]]]}))",
            result: "true",
        }],
        ..BASE
    },
    ScalarFunction {
        name: "geo_intersects_line_with_polygon",
        summary: "Whether a GeoJSON line or multiline meets a polygon or multipolygon; null for invalid ones.",
        signatures: signatures![(lineString: BAG, polygon: BAG) -> returns::BOOL],
        kernel: Kernel::Rows(|call| {
            intersects(call, Lines::parse, Polygons::parse, |lines, polygons| polygons.intersect_lines(lines))
        }),
        examples: &[Example {
            query: "geo_intersects_line_with_polygon(\
                dynamic({'type': 'LineString', 'coordinates': [[5, 1], [50, 10]]}), \
                dynamic({'type': 'Polygon', 'coordinates': [[[0, 0], [9, 0], [9, 9], [0, 0]]]}))",
            result: "true",
        }],
        ..BASE
    },
    ScalarFunction {
        name: "geo_from_wkt",
        summary: "Well-known text as a GeoJSON shape; null for text that is none.",
        signatures: signatures![(wkt: STRING_OR_ARRAY) -> returns::DYNAMIC],
        kernel: Kernel::Rows(|call| {
            if call.argument(0)?.scalar_type() != ScalarType::String {
                return Err(call.fail("arrays are not supported"));
            }
            from_cell(call, wkt::parse)
        }),
        examples: &[Example {
            query: "tostring(geo_from_wkt('LINESTRING (1 2, 3 4)'))",
            result: "\"{\\\"type\\\":\\\"LineString\\\",\\\"coordinates\\\":[[1.0,2.0],[3.0,4.0]]}\"",
        }],
        ..BASE
    },
];

/// The points that a row's first numbers give; `None` if one is null or out of range.
fn read_points<const N: usize>(row: &[Value]) -> Option<[Point; N]> {
    let mut found = [[0.0; 3]; N];
    for (at, pair) in found.iter_mut().zip(row.chunks(2)) {
        let [longitude, latitude] = pair else { return None };
        *at = sphere::valid(longitude.as_real()?, latitude.as_real()?)?;
    }
    Some(found)
}

/// A real from points.
fn points<const N: usize>(call: &Call<'_>, f: impl Fn([Point; N]) -> Option<f64>) -> Result<Column> {
    call.map_values(|row| Ok(read_points::<N>(row).and_then(&f).map_or(Value::Null, Value::Real)))
}

/// A cell's name from a point and a precision.
fn to_cell(
    call: &Call<'_>,
    default: i64,
    range: std::ops::RangeInclusive<i64>,
    f: impl Fn(f64, f64, usize) -> String,
) -> Result<Column> {
    call.map_values(|row| {
        let precision = match row.get(2) {
            None => Some(default),
            Some(value) => match value.convert(ScalarType::Long) {
                Value::Long(n) => Some(n).filter(|n| range.contains(n)),
                _ => None,
            },
        };
        let number = |at: usize| row.get(at).and_then(Value::as_real);
        let name = || {
            let (longitude, latitude) = (number(0)?, number(1)?);
            sphere::valid(longitude, latitude)?;
            Some(f(longitude, latitude, precision? as usize))
        };
        Ok(Value::string(&name().unwrap_or_default()))
    })
}

/// A shape from text.
fn from_cell(call: &Call<'_>, f: impl Fn(&str) -> Option<Dynamic>) -> Result<Column> {
    call.map1::<StringType, DynamicType>(f)
}

fn texts(found: Vec<String>) -> Dynamic {
    Dynamic::array(found.iter().map(|text| Dynamic::string(text)).collect())
}

/// The most points of a shape: checking how its edges lie takes time that grows with their square.
const MAX_POINTS: usize = 10_000;

/// Numbers in nested arrays, counted up to some more than `max`.
fn numbers(value: &Dynamic, max: usize) -> usize {
    let Some(items) = value.as_array() else { return 1 };
    let mut count = 0;
    for item in items {
        if count > max {
            break;
        }
        count += numbers(item, max - count);
    }
    count
}

/// An argument's shapes, read once where the argument is constant.
struct Shapes<'c, S, P> {
    call: &'c Call<'c>,
    at: usize,
    parse: P,
    constant: Option<Option<S>>,
}

impl<'c, S, P: Fn(&Dynamic) -> Option<S>> Shapes<'c, S, P> {
    fn new(call: &'c Call<'c>, at: usize, parse: P) -> Result<Self> {
        let mut shapes = Self { call, at, parse, constant: None };
        shapes.constant = call.constant(at).map(|value| shapes.read(value)).transpose()?;
        Ok(shapes)
    }

    fn read(&self, value: &Value) -> Result<Option<S>> {
        let Value::Dynamic(value) = value else { return Ok(None) };
        if numbers(&value.member("coordinates"), 2 * MAX_POINTS) > 2 * MAX_POINTS {
            let message = format!("shapes of more than {MAX_POINTS} points are not supported");
            return Err(self.call.fail(message));
        }
        Ok((self.parse)(value))
    }

    /// The row's shape; null for an invalid one.
    fn with(&self, row: &[Value], f: impl FnOnce(&S) -> Result<Value>) -> Result<Value> {
        match (&self.constant, row.get(self.at)) {
            (Some(shape), _) => shape.as_ref().map_or(Ok(Value::Null), f),
            (None, Some(value)) => self.read(value)?.as_ref().map_or(Ok(Value::Null), f),
            (None, None) => Ok(Value::Null),
        }
    }
}

/// A function of a shape and of the whole row.
fn with_shape<S>(
    call: &Call<'_>,
    at: usize,
    parse: impl Fn(&Dynamic) -> Option<S>,
    f: impl Fn(&S, &[Value]) -> Result<Value>,
) -> Result<Column> {
    let shapes = Shapes::new(call, at, parse)?;
    call.map_values(|row| shapes.with(row, |shape| f(shape, row)))
}

/// The most points that a denser line may have. Source: the page of `geo_line_densify`.
const MAX_DENSE_POINTS: usize = 10_485_760;

fn densify_lines(call: &Call<'_>) -> Result<Column> {
    let guard = Guard::new(call);
    with_shape(call, 0, Lines::parse, |lines, row| {
        let tolerance = or_null!(tolerance(row));
        let mut dense = Vec::new();
        for line in lines.lines() {
            dense.push(densified(call, &guard, line, tolerance, row)?);
        }
        let Some(Value::Dynamic(given)) = row.first() else { return Ok(Value::Null) };
        let is_single = given.member("type").as_str() == Some("LineString");
        Ok(match dense.pop() {
            Some(line) if is_single => shape("LineString", line),
            last => shape("MultiLineString", Dynamic::array(dense.into_iter().chain(last).collect())),
        }
        .into())
    })
}

fn densify_polygons(call: &Call<'_>) -> Result<Column> {
    let guard = Guard::new(call);
    with_shape(call, 0, Polygons::parse, |polygons, row| {
        let tolerance = or_null!(tolerance(row));
        let Some(ring) = polygons.single_ring() else {
            return Err(call.fail("polygons with holes and multipolygons are not supported"));
        };
        let ring = densified(call, &guard, &ring, tolerance, row)?;
        Ok(shape("Polygon", Dynamic::array(vec![ring])).into())
    })
}

/// The tolerance of a row, in meters; `None` if it is out of range.
fn tolerance(row: &[Value]) -> Option<f64> {
    let given = row.get(1).map_or(Some(10.0), Value::as_real)?;
    (0.1..=10_000.0).contains(&given).then_some(given)
}

/// A line with more points, as an array of pairs.
fn densified(
    call: &Call<'_>,
    guard: &Guard<'_>,
    line: &[Point],
    tolerance: f64,
    row: &[Value],
) -> Result<Dynamic> {
    let (mut count, mut failure) = (0, None);
    let chain = densify::densify(line, tolerance, || {
        count += 1;
        failure = guard.spend(4 * ITEM_BYTES).and_then(|()| guard.work(1 << 9)).err();
        failure.is_none() && count <= MAX_DENSE_POINTS
    });
    if let Some(failure) = failure {
        return Err(failure);
    }
    let Some(chain) = chain else {
        return Err(call.fail(match count > MAX_DENSE_POINTS {
            true => format!("the shape gets more points than the limit of {MAX_DENSE_POINTS}"),
            false => "edges that cross the antimeridian or begin at a pole are not supported".to_owned(),
        }));
    };
    if chain.is_unsure {
        let about = "a shape with an edge that is about as far away as the tolerance";
        call.doubt(about, "it is measured as the library S2 does", example(row))?;
    }
    Ok(Dynamic::array(chain.points.into_iter().map(pair).collect()))
}

/// Whether the shapes of the first two arguments meet.
fn intersects<A, B>(
    call: &Call<'_>,
    first: impl Fn(&Dynamic) -> Option<A>,
    second: impl Fn(&Dynamic) -> Option<B>,
    meet: impl Fn(&A, &B) -> Option<bool>,
) -> Result<Column> {
    let (first, second) = (Shapes::new(call, 0, first)?, Shapes::new(call, 1, second)?);
    call.map_values(|row| {
        first.with(row, |a| {
            second.with(row, |b| {
                if let Some(meet) = meet(a, b) {
                    return Ok(Value::Bool(meet));
                }
                // They have a point in common, as far as can be told.
                call.doubt("shapes that touch without crossing", "they meet", example(row))?;
                Ok(Value::Bool(true))
            })
        })
    })
}

/// The row's first argument, for messages.
fn example(row: &[Value]) -> String {
    row.first().map(|value| value.to_text().to_string()).unwrap_or_default()
}

/// The boundary of the union of polygons.
///
/// The page speaks of the union, and also says that rings must not share edges: it is not known whether that means the
/// rings of one polygon.
fn boundary(call: &Call<'_>, polygons: &Polygons, row: &[Value]) -> Result<Boundary> {
    let (boundary, shared) = polygons.boundary();
    if shared {
        call.doubt("polygons that share an edge", "they are united there", example(row))?;
    }
    Ok(boundary)
}

#[cfg(test)]
mod tests;
