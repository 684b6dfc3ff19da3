//! Tests of the geospatial functions. Expectations: the examples on Microsoft's pages, recorded answers, and reasoning.

use super::*;
use crate::function::testing::{call, call_all, doubted, find};

fn dynamic(text: &str) -> Value {
    Value::Dynamic(Dynamic::from_json(text).unwrap())
}

fn columns(arguments: &[Value]) -> Vec<Column> {
    let data_type = |value: &Value| value.scalar_type().unwrap_or(ScalarType::Real);
    arguments.iter().map(|value| Column::constant(value.clone(), data_type(value), 1)).collect()
}

/// Runs with constants and by row; both must agree.
#[track_caller]
fn run(name: &str, arguments: &[Value]) -> Value {
    let constants = columns(arguments);
    let found = call(FUNCTIONS, name, &constants).value(0);
    let flat: Vec<Column> = constants.iter().map(Column::to_flat).collect();
    assert_eq!(call(FUNCTIONS, name, &flat).value(0), found);
    found
}

#[track_caller]
fn close(name: &str, arguments: &[Value], expected: f64) {
    let found = run(name, arguments).as_real().unwrap();
    assert!((found - expected).abs() <= 1e-9 * expected.abs(), "{name}: {found} for {expected}");
}

#[track_caller]
fn close_point(name: &str, arguments: &[Value], expected: [f64; 2]) {
    let Value::Dynamic(found) = run(name, arguments) else { panic!("{name}: no point") };
    assert_eq!(found.member("type"), Dynamic::string("Point"));
    for (at, expected) in expected.iter().enumerate() {
        let found = found.member("coordinates").item(at as i64).as_real().unwrap();
        assert!((found - expected).abs() <= 1e-9 * expected.abs(), "{name}: {found} for {expected}");
    }
}

fn reals(numbers: &[f64]) -> Vec<Value> {
    numbers.iter().map(|number| Value::Real(*number)).collect()
}

fn with(numbers: &[f64], shape: &Value) -> Vec<Value> {
    [reals(numbers), vec![shape.clone()]].concat()
}

fn park() -> Value {
    dynamic(
        r#"{"type":"Polygon","coordinates":[[[-73.9495,40.7969],[-73.95807266235352,40.80068603561921],
        [-73.98201942443848,40.76825672305777],[-73.97317886352539,40.76455136505513],[-73.9495,40.7969]]]}"#,
    )
}

#[test]
fn distances_and_directions() {
    close(
        "geo_distance_2points",
        &reals(&[-122.407628, 47.578557, -118.275287, 34.019056]),
        1_546_754.351_973_81,
    );
    close("geo_azimuth", &reals(&[5.0, 10.0, 10.0, -40.0]), 3.054_599_397_964_49);
    close("geo_azimuth", &reals(&[0.0, 0.0, -10.0, 0.0]), 1.5 * std::f64::consts::PI);
    close("geo_angle", &reals(&[0.0, 10.0, 0.0, 5.0, 3.0, -10.0]), 2.944_938_434_068_82);
    assert_eq!(run("geo_distance_2points", &reals(&[300.0, 1.0, 1.0, 1.0])), Value::Null);
    assert_eq!(run("geo_azimuth", &reals(&[5.0, 10.0, 5.0, 10.0])), Value::Null);
    assert_eq!(run("geo_azimuth", &reals(&[0.0, 0.0, 180.0, 0.0])), Value::Null);
    assert_eq!(run("geo_angle", &reals(&[0.0, 10.0, 0.0, 10.0, 3.0, -10.0])), Value::Null);
    let circle = |radius: f64| run("geo_point_in_circle", &reals(&[0.0, 1.0, 0.0, 0.0, radius]));
    // A degree of a great circle is 111,195 m.
    assert_eq!(circle(111_194.0), Value::Bool(false));
    assert_eq!(circle(111_196.0), Value::Bool(true));
    assert_eq!(circle(-1.0), Value::Null);
}

#[test]
fn geohashes() {
    let hash = |longitude: f64, latitude: f64, length: i64| {
        run("geo_point_to_geohash", &[longitude.into(), latitude.into(), length.into()])
    };
    assert_eq!(hash(-80.195829, 25.802215, 8), Value::from("dhwfz15h"));
    assert_eq!(hash(200.0, 1.0, 8), Value::from(""));
    assert_eq!(hash(1.0, 1.0, 19), Value::from(""));
    assert_eq!(run("geo_point_to_geohash", &reals(&[-122.303404, 47.570482])), Value::from("c23n8"));
    close_point("geo_geohash_to_central_point", &["sunny".into()], [42.473_144_531_25, 23.708_496_093_75]);
    assert_eq!(run("geo_geohash_to_central_point", &["a".into()]), Value::Null);
    let polygon = r#"{"type":"Polygon","coordinates":[[[42.451171875,23.6865234375],[42.4951171875,23.6865234375],[42.4951171875,23.73046875],[42.451171875,23.73046875],[42.451171875,23.6865234375]]]}"#;
    assert_eq!(run("geo_geohash_to_polygon", &["sunny".into()]), dynamic(polygon));
}

#[test]
fn s2_cells() {
    let token = |longitude: f64, latitude: f64, level: i64| {
        run("geo_point_to_s2cell", &[longitude.into(), latitude.into(), level.into()])
    };
    assert_eq!(token(-80.195829, 25.802215, 8), Value::from("88d9b"));
    assert_eq!(token(300.0, 1.0, 8), Value::from(""));
    assert_eq!(token(1.0, 1.0, 31), Value::from(""));
    // Faces 0 to 5 at level 0.
    for (longitude, latitude, expected) in [
        (0.0, 0.0, "1"),
        (90.0, 0.0, "3"),
        (0.0, 90.0, "5"),
        (180.0, 0.0, "7"),
        (-90.0, 0.0, "9"),
        (0.0, -90.0, "b"),
    ] {
        assert_eq!(token(longitude, latitude, 0), Value::from(expected));
    }
    let Value::Dynamic(polygon) = run("geo_s2cell_to_polygon", &["89c259".into()]) else { panic!() };
    let ring = polygon.member("coordinates").item(0);
    for (at, expected) in [
        [-74.030_012_249_838_48, 40.801_268_433_943_9],
        [-74.030_012_249_838_48, 40.722_226_291_835_8],
        [-73.935_982_114_337_42, 40.708_880_489_804_564],
        [-73.935_982_114_337_42, 40.787_917_134_506_84],
        [-74.030_012_249_838_48, 40.801_268_433_943_9],
    ]
    .iter()
    .enumerate()
    {
        for (of, expected) in expected.iter().enumerate() {
            let found = ring.item(at as i64).item(of as i64).as_real().unwrap();
            assert!((found - expected).abs() < 1e-9, "{found} for {expected}");
        }
    }
    for level in 0..=30 {
        let Value::String(text) = token(-73.956683, 40.807907, level) else { panic!() };
        let center = sphere::coordinates(cells::s2_cell(&text).unwrap().center);
        assert_eq!(token(center[0], center[1], level), Value::String(text));
    }
    for invalid in ["a", "", "89c26", "d", "zz", "00000000000000001"] {
        assert_eq!(run("geo_s2cell_to_central_point", &[invalid.into()]), Value::Null, "{invalid}");
    }
}

#[test]
fn lines() {
    let line = dynamic(
        r#"{"type":"LineString","coordinates":[[-73.95807266235352,40.800426144169315],
        [-73.94966125488281,40.79691751000055],[-73.97317886352539,40.764486356930334]]}"#,
    );
    close("geo_line_length", std::slice::from_ref(&line), 4_922.480_169_920_81);
    let two = dynamic(r#"{"type":"LineString","coordinates":[[-73.95796,40.80042],[-73.97317,40.764486]]}"#);
    close_point(
        "geo_line_centroid",
        std::slice::from_ref(&two),
        [-73.965_567_057_230_94, 40.782_453_249_627_416],
    );
    let at = |fraction: f64| vec![two.clone(), fraction.into()];
    close_point("geo_line_interpolate_point", &at(0.25), [-73.961_764_043_218_28, 40.791_436_687_257_23]);
    close_point("geo_line_interpolate_point", &at(1.0), [-73.97317, 40.764486]);
    assert_eq!(run("geo_line_interpolate_point", &at(1.5)), Value::Null);
    let several = dynamic(
        r#"{"type":"MultiLineString","coordinates":[[[-73.95798683166502,40.800556090021466],
        [-73.98193359375,40.76819171855746]],[[-73.94940376281738,40.79691751000055],
        [-73.97317886352539,40.76435634049001]]]}"#,
    );
    close("geo_line_length", std::slice::from_ref(&several), 8_262.243_397_537_41);
    close_point("geo_line_centroid", &[several], [-73.965_622_184_006_69, 40.782_503_363_138_28]);
    for invalid in [r#"{"type":"LineString","coordinates":[[1,1]]}"#, r#"{"type":"LineString"}"#, "{}", "[1]"]
    {
        assert_eq!(run("geo_line_length", &[dynamic(invalid)]), Value::Null, "{invalid}");
    }
    let equator = dynamic(r#"{"type":"LineString","coordinates":[[0,0],[20,0]]}"#);
    close("geo_distance_point_to_line", &with(&[5.0, 1.0], &equator), RADIUS.to_radians());
    close("geo_distance_point_to_line", &with(&[21.0, 0.0], &equator), RADIUS.to_radians());
    close_point("geo_closest_point_on_line", &with(&[25.0, 10.0], &equator), [20.0, 0.0]);
    let twice = dynamic(r#"{"type":"MultiLineString","coordinates":[[[0,0],[20,0]],[[20,0],[0,0]]]}"#);
    // The page: the length of the union.
    close("geo_line_length", std::slice::from_ref(&twice), RADIUS * 20_f64.to_radians());
    let apart = dynamic(r#"{"type":"MultiLineString","coordinates":[[[0,0],[20,0]],[[0,0],[0,20]]]}"#);
    close("geo_line_length", &[apart], 2.0 * RADIUS * 20_f64.to_radians());
    close_point("geo_line_centroid", &[twice], [10.0, 0.0]);
}

#[test]
fn polygons() {
    let park = park();
    close("geo_polygon_area", std::slice::from_ref(&park), 3_475_207.283_466_06);
    close("geo_polygon_perimeter", std::slice::from_ref(&park), 9_930.301_496_049_38);
    close_point(
        "geo_polygon_centroid",
        std::slice::from_ref(&park),
        [-73.965_735_689_907_62, 40.782_550_538_057_81],
    );
    close("geo_distance_point_to_polygon", &with(&[-73.9839, 40.7705], &park), 259.940_756_070_596);
    let nearest = [-73.981_205_580_153_93, 40.769_359_452_843_21];
    close_point("geo_closest_point_on_polygon", &with(&[-73.9839, 40.7705], &park), nearest);
    close("geo_distance_point_to_polygon", &with(&[-73.965, 40.782], &park), 0.0);
    let degenerate = dynamic(r#"{"type":"Polygon","coordinates":[[[0,0],[10,10],[10,10],[0,0]]]}"#);
    let crossing = dynamic(r#"{"type":"Polygon","coordinates":[[[0,0],[10,10],[10,0],[0,10],[0,0]]]}"#);
    for invalid in [degenerate, crossing] {
        assert_eq!(run("geo_polygon_area", std::slice::from_ref(&invalid)), Value::Null);
        assert_eq!(run("geo_point_in_polygon", &with(&[1.0, 1.0], &invalid)), Value::Null);
    }
    let octant = dynamic(r#"{"type":"Polygon","coordinates":[[[0,0],[0,90],[90,0],[0,0]]]}"#);
    close("geo_polygon_area", &[octant], 0.5 * std::f64::consts::PI * RADIUS * RADIUS);
}

#[test]
fn points_in_polygons() {
    let inside = |longitude: f64, latitude: f64, polygon: &str| {
        run("geo_point_in_polygon", &with(&[longitude, latitude], &dynamic(polygon)))
    };
    let ways = [
        r#"{"type":"Polygon","coordinates":[[[0,0],[10,0],[10,10],[0,10],[0,0]]]}"#,
        r#"{"type":"Polygon","coordinates":[[[0,0],[0,10],[10,10],[10,0],[0,0]]]}"#,
        r#"{"type":"MultiPolygon","coordinates":[[[[0,0],[0,10],[10,10],[10,0],[0,0]]]]}"#,
    ];
    for polygon in ways {
        for (longitude, latitude, expected) in [
            (5.0, 5.0, true),
            (0.001, 0.001, true),
            (9.99, 9.99, true),
            (-1.0, 5.0, false),
            (11.0, 5.0, false),
            (5.0, -1.0, false),
            (5.0, 89.0, false),
            (-175.0, -5.0, false),
            (0.0, -90.0, false),
        ] {
            assert_eq!(inside(longitude, latitude, polygon), Value::Bool(expected), "{longitude} {latitude}");
        }
    }
    let ring = r#"{"type":"Polygon","coordinates":[[[0,0],[10,0],[10,10],[0,10],[0,0]],
        [[4,4],[6,4],[6,6],[4,6],[4,4]]]}"#;
    assert_eq!(inside(5.0, 5.0, ring), Value::Bool(false));
    assert_eq!(inside(3.0, 5.0, ring), Value::Bool(true));
    doubted(FUNCTIONS, "geo_point_in_polygon", &with(&[3.0, 0.0], &dynamic(ring)), true);
    close("geo_distance_point_to_polygon", &with(&[3.0, 0.0], &dynamic(ring)), 0.0);
    close_point("geo_closest_point_on_polygon", &with(&[3.0, 0.0], &dynamic(ring)), [3.0, 0.0]);
    // On the great circle of an edge, but not on it.
    assert_eq!(inside(30.0, 0.0, ring), Value::Bool(false));
    // A vertex belongs to just one of the polygons around it.
    let corner = |quarter: &str| inside(0.0, 0.0, quarter) == Value::Bool(true);
    let quarters = [
        r#"{"type":"Polygon","coordinates":[[[0,0],[10,1],[1,10],[0,0]]]}"#,
        r#"{"type":"Polygon","coordinates":[[[0,0],[1,10],[-10,1],[0,0]]]}"#,
        r#"{"type":"Polygon","coordinates":[[[0,0],[-10,1],[-1,-10],[0,0]]]}"#,
        r#"{"type":"Polygon","coordinates":[[[0,0],[-1,-10],[10,1],[0,0]]]}"#,
    ];
    assert_eq!(quarters.into_iter().filter(|quarter| corner(quarter)).count(), 1);
}

#[test]
fn unions_of_polygons() {
    let polygons = |text: &str| dynamic(&format!(r#"{{"type":"MultiPolygon","coordinates":[{text}]}}"#));
    let area = |text: &str| run("geo_polygon_area", &[polygons(text)]).as_real().unwrap();
    let length = |text: &str| run("geo_polygon_perimeter", &[polygons(text)]).as_real().unwrap();
    let (large, within) = ("[[[0,0],[9,0],[9,9],[0,0]]]", "[[[5,2],[6,2],[6,3],[5,2]]]");
    let (beyond, across) = ("[[[20,2],[21,2],[21,3],[20,2]]]", "[[[5,-2],[6,-2],[6,3],[5,3],[5,-2]]]");
    let both = |a: &str, b: &str| format!("{a},{b}");
    let near =
        |found: f64, expected: f64| assert!((found / expected - 1.0).abs() < 1e-12, "{found} {expected}");
    near(area(&both(large, within)), area(large));
    near(area(&both(large, beyond)), area(large) + area(beyond));
    near(length(&both(large, within)), length(large));
    near(length(&both(large, beyond)), length(large) + length(beyond));
    // Crossing the equator, only what is south of it is added.
    let south = "[[[5,-2],[6,-2],[6,0],[5,0],[5,-2]]]";
    near(area(&both(large, across)), area(large) + area(south));
    // Touching at a vertex.
    let aside = "[[[0,0],[0,-9],[-9,0],[0,0]]]";
    near(area(&both(large, aside)), area(large) + area(aside));
    near(length(&both(large, aside)), length(large) + length(aside));
    // The edge from [0,0] to [9,0] is shared, then a part of it, then all edges.
    let side = |length: f64| RADIUS * length.to_radians();
    for (other, common) in
        [("[[[0,0],[0,-9],[9,0],[0,0]]]", 9.0), ("[[[2,0],[2,-9],[5,0],[2,0]]]", 3.0), (aside, 0.0)]
    {
        near(area(&both(large, other)), area(large) + area(other));
        near(length(&both(large, other)), length(large) + length(other) - 2.0 * side(common));
    }
    near(area(&both(large, large)), area(large));
    near(length(&both(large, large)), length(large));
    let touching = polygons(&both(large, large));
    doubted(FUNCTIONS, "geo_polygon_area", &[touching], area(large));
}

#[test]
fn large_shapes_are_refused() {
    let line = |points: usize| {
        let points: Vec<String> = (0..points).map(|at| format!("[{},{}]", at as f64 / 1e3, at % 2)).collect();
        dynamic(&format!(r#"{{"type":"LineString","coordinates":[{}]}}"#, points.join(",")))
    };
    let length = |points: usize| call_all(find(FUNCTIONS, "geo_line_length"), &columns(&[line(points)]));
    assert!(length(10_000).is_ok());
    assert!(length(10_001).is_err());
}

#[test]
fn well_known_text() {
    let line = r#"{"type":"LineString","coordinates":[[1.0,2.0],[3.0,4.0]]}"#;
    assert_eq!(run("geo_from_wkt", &["LINESTRING (1 2, 3 4)".into()]), dynamic(line));
    let several = r#"{"type":"MultiPolygon","coordinates":[[[[0.0,0.0],[2.0,0.0],[2.0,2.0],[0.0,0.0]]]]}"#;
    assert_eq!(run("geo_from_wkt", &["MULTIPOLYGON (((0 0, 2 0, 2 2, 0 0)))".into()]), dynamic(several));
    let all = r#"{"type":"GeometryCollection","geometries":[{"type":"Point","coordinates":[1.0,1.0]}]}"#;
    assert_eq!(run("geo_from_wkt", &["GEOMETRYCOLLECTION (POINT (1 1))".into()]), dynamic(all));
    for invalid in ["LINESTRING", "", "POINT (1 2", "POINT (1 2) x", "POINT (a b)", "CIRCLE (1 2)"] {
        assert_eq!(run("geo_from_wkt", &[invalid.into()]), Value::Null, "{invalid}");
    }
}

#[test]
fn shapes_that_meet() {
    let line = |text: &str| dynamic(&format!(r#"{{"type":"LineString","coordinates":{text}}}"#));
    let polygon = |text: &str| dynamic(&format!(r#"{{"type":"Polygon","coordinates":[{text}]}}"#));
    let check = |name: &str, a: &Value, b: &Value, expected: bool| {
        assert_eq!(run(name, &[a.clone(), b.clone()]), Value::Bool(expected), "{name} {a:?} {b:?}");
    };
    let (up, down) = (line("[[0,0],[10,10]]"), line("[[0,10],[10,0]]"));
    check("geo_intersects_2lines", &up, &down, true);
    check("geo_intersects_2lines", &up, &line("[[10,10],[20,0]]"), true);
    check("geo_intersects_2lines", &up, &line("[[1,0],[11,9]]"), false);
    let large = polygon("[[0,0],[9,0],[9,9],[0,0]]");
    let (within, across, beyond) = (
        polygon("[[5,1],[6,1],[6,2],[5,1]]"),
        polygon("[[5,1],[60,1],[60,2],[5,1]]"),
        polygon("[[50,1],[60,1],[60,2],[50,1]]"),
    );
    for (other, expected) in [(&within, true), (&across, true), (&beyond, false)] {
        check("geo_intersects_2polygons", &large, other, expected);
        check("geo_intersects_2polygons", other, &large, expected);
    }
    check("geo_intersects_line_with_polygon", &line("[[5,1],[5,2]]"), &large, true);
    check("geo_intersects_line_with_polygon", &line("[[5,1],[50,10]]"), &large, true);
    check("geo_intersects_line_with_polygon", &line("[[20,1],[50,10]]"), &large, false);
    let invalid = line("[[1,1]]");
    assert_eq!(run("geo_intersects_2lines", &[up, invalid.clone()]), Value::Null);
    assert_eq!(run("geo_intersects_line_with_polygon", &[invalid, large.clone()]), Value::Null);
    // The page of geo_intersects_2polygons: a polygon has its vertices.
    check("geo_intersects_2polygons", &large, &polygon("[[0,0],[0,-9],[9,0],[0,0]]"), true);
    check("geo_intersects_2polygons", &large, &polygon("[[20,0],[20,-9],[29,0],[20,0]]"), false);
    doubted(
        FUNCTIONS,
        "geo_intersects_2polygons",
        &[large.clone(), polygon("[[2,0],[2,-9],[5,0],[2,0]]")],
        true,
    );
    doubted(FUNCTIONS, "geo_intersects_line_with_polygon", &[line("[[5,0],[5,-5]]"), large], true);
    // On one great circle, apart and in touch.
    check("geo_intersects_2lines", &line("[[0,0],[5,0]]"), &line("[[7,0],[9,0]]"), false);
    doubted(FUNCTIONS, "geo_intersects_2lines", &[line("[[0,0],[5,0]]"), line("[[3,0],[9,0]]")], true);
    doubted(FUNCTIONS, "geo_intersects_2lines", &[line("[[0,0],[5,0]]"), line("[[3,0],[3,9]]")], true);
}

/// The names, in the order of texts.
fn sorted(name: &str, cell: &str) -> Vec<String> {
    let Value::Dynamic(found) = run(name, &[cell.into()]) else { return Vec::new() };
    let mut found: Vec<String> =
        found.as_array().unwrap_or_default().iter().map(|it| it.as_str().unwrap().to_owned()).collect();
    found.sort_unstable();
    found
}

// Expectations: the functions' pages, in whatever order, and reasoning.
#[test]
fn cells_beside_cells() {
    let expected = ["sunnt", "sunnv", "sunnw", "sunnx", "sunnz", "sunpj", "sunpn", "sunpp"];
    assert_eq!(sorted("geo_geohash_neighbors", "sunny"), expected);
    // Across the antimeridian.
    assert!(sorted("geo_geohash_neighbors", "8").contains(&"x".to_owned()));
    assert_eq!(sorted("geo_geohash_neighbors", "sunnysunnysunnysun").len(), 8);
    doubted(FUNCTIONS, "geo_geohash_neighbors", &["b".into()], dynamic(r#"["z","x","8","9","c"]"#));
    let expected = ["89c251", "89c257", "89c25b", "89c25d", "89c25f", "89c2f5", "89c2f7", "89c2f9"];
    assert_eq!(sorted("geo_s2cell_neighbors", "89c259"), expected);
    // Each of a cell's neighbors has it as one, on whatever faces they are: cells around a corner of the cube have seven.
    for (longitude, latitude, count) in
        [(0.0, 0.0, 8), (45.0, 0.0, 8), (45.0, 35.264, 7), (-135.0, -35.264, 7), (10.0, 89.9, 8)]
    {
        for level in [2, 5, 12, 30] {
            let point = [longitude.into(), f64::into(latitude), Value::Long(level)];
            let Value::String(cell) = run("geo_point_to_s2cell", &point) else { panic!("no cell") };
            let around = sorted("geo_s2cell_neighbors", &cell);
            if level < 12 {
                assert_eq!(around.len(), count, "{cell} at {longitude} {latitude}, level {level}");
            }
            for other in around {
                let back = sorted("geo_s2cell_neighbors", &other);
                assert!(
                    back.iter().any(|it| **it == *cell),
                    "{other} is beside {cell}, and not the other way round"
                );
            }
        }
    }
    assert_eq!(sorted("geo_s2cell_neighbors", "1").len(), 4);
    for name in ["geo_geohash_neighbors", "geo_s2cell_neighbors"] {
        for cell in ["a", "", "é"] {
            assert_eq!(run(name, &[cell.into()]), Value::Null, "{name} {cell}");
        }
    }
}

// Expectations: the function's page and reasoning.
#[test]
fn places_on_lines() {
    let line = |text: &str| dynamic(&format!(r#"{{"type":"LineString","coordinates":{text}}}"#));
    let locate = |line: &Value, longitude: f64, latitude: f64, expected: f64| {
        close("geo_line_locate_point", &[line.clone(), longitude.into(), latitude.into()], expected);
    };
    locate(
        &line("[[-73.95796, 40.80042], [-73.97317, 40.764486]]"),
        -73.965,
        40.792,
        0.255_601_351_003_075_5,
    );
    let equator = line("[[0,0],[10,0],[40,0]]");
    locate(&equator, 20.0, 5.0, 0.5);
    locate(&equator, -5.0, 5.0, 0.0);
    locate(&equator, 50.0, 5.0, 1.0);
    for (line, longitude) in [(line("[[1,1]]"), 1.0), (equator, 300.0)] {
        assert_eq!(run("geo_line_locate_point", &[line, longitude.into(), 1.0.into()]), Value::Null);
    }
    let several = dynamic(r#"{"type":"MultiLineString","coordinates":[[[0,0],[1,0]],[[2,0],[3,0]]]}"#);
    assert_eq!(run("geo_line_locate_point", &[several, 1.0.into(), 1.0.into()]), Value::Null);
}

// Expectations: the function's page and recorded answers.
#[test]
fn denser_lines() {
    let line = |text: &str| dynamic(&format!(r#"{{"type":"LineString","coordinates":{text}}}"#));
    let dense = run("geo_line_densify", &[line("[[50, 50], [51, 51]]")]);
    let expected = "{\"type\":\"LineString\",\"coordinates\":[[50.0,50.0],[50.125,50.125],\
        [50.25000000000001,50.25000000000001],[50.375,50.375],[50.5,50.5],[50.625,50.62500000000001],\
        [50.74999999999999,50.74999999999999],[50.875,50.875],[50.99999999999999,51.0]]}";
    assert_eq!(&*dense.to_text(), expected);
    let short = line("[[-73.949247, 40.796860],[-73.973017, 40.764323]]");
    let Value::Dynamic(found) = run("geo_line_densify", &[short]) else { panic!("no line") };
    assert_eq!(found.member("coordinates").as_array().map(<[_]>::len), Some(2));
    let several =
        dynamic(r#"{"type":"MultiLineString","coordinates":[[[10,10],[11,10]],[[11,10],[11,11]]]}"#);
    let Value::Dynamic(found) = run("geo_line_densify", &[several]) else { panic!("no lines") };
    let counts: Vec<usize> = found
        .member("coordinates")
        .as_array()
        .unwrap()
        .iter()
        .map(|line| line.as_array().unwrap().len())
        .collect();
    assert_eq!(counts, [5, 2]);
    let park = "[[[-73.958244,40.800719],[-73.949146,40.79695],[-73.973093,40.764226],[-73.982062,40.768159],[-73.958244,40.800719]]]";
    let polygon = |text: &str| dynamic(&format!(r#"{{"type":"Polygon","coordinates":{text}}}"#));
    let turned = r#"{"type":"Polygon","coordinates":[[[-73.982062,40.768159],[-73.973093,40.76422600000001],"#
        .to_owned()
        + "[-73.949146,40.79695],[-73.958244,40.800719],[-73.982062,40.768159]]]}";
    assert_eq!(*run("geo_polygon_densify", &[polygon(park)]).to_text(), *turned);
    assert_eq!(run("geo_polygon_densify", &[polygon(park), 0.0.into()]), Value::Null);
    assert_eq!(run("geo_polygon_densify", &[polygon("[[[10,900],[11,10],[11,11],[10,10]]]")]), Value::Null);
    let hole = "[[[0,0],[10,0],[10,10],[0,0]],[[5,1],[6,2],[6,1],[5,1]]]";
    assert!(call_all(find(FUNCTIONS, "geo_polygon_densify"), &columns(&[polygon(hole)])).is_err());
    let flat = line("[[1,1],[2,2]]");
    for tolerance in [0.0, 0.05, 10_001.0, f64::NAN] {
        assert_eq!(run("geo_line_densify", &[flat.clone(), tolerance.into()]), Value::Null);
    }
    assert_eq!(run("geo_line_densify", &[line("[[300,1],[1,1]]")]), Value::Null);
    for refused in ["[[-170,10],[170,10]]", "[[0,90],[10,10]]"] {
        assert!(call_all(find(FUNCTIONS, "geo_line_densify"), &columns(&[line(refused)])).is_err());
    }
}
