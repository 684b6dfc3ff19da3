//! Any table with any kind and any properties gives a picture or an error, never a panic; and its text stays text.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail")]

use kqlite::{DateTime, Dynamic, ScalarType, Schema, Table, TimeSpan, Value, Visualization};
use kqlite_chart::{Chart, PictureSize, TerminalSize};
use proptest::prelude::*;

const KINDS: &[&str] = &[
    "anomalychart",
    "areachart",
    "barchart",
    "card",
    "columnchart",
    "ladderchart",
    "linechart",
    "piechart",
    "pivotchart",
    "scatterchart",
    "stackedareachart",
    "timechart",
    "timepivot",
    "treemap",
];

fn real() -> impl Strategy<Value = f64> {
    prop_oneof![
        Just(0.0),
        Just(-0.0),
        Just(f64::NAN),
        Just(f64::INFINITY),
        Just(f64::MAX),
        Just(f64::MIN),
        Just(5e-324),
        -1e3..1e3,
        any::<f64>(),
    ]
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(String::new()),
        Just("<script>alert(1)</script>".to_owned()),
        Just("]]>\"'&\u{1b}[31m\u{202e}\u{0}".to_owned()),
        Just("日本語".repeat(20)),
        "[a-c]{1}",
        ".{0,12}",
    ]
}

fn item() -> impl Strategy<Value = Dynamic> {
    prop_oneof![
        Just(Dynamic::Null),
        real().prop_map(Dynamic::Real),
        any::<i64>().prop_map(Dynamic::Long),
        Just(Dynamic::string("2024-06-01T00:00:00Z")),
        text().prop_map(|it| Dynamic::string(&it)),
    ]
}

fn value(data_type: ScalarType) -> BoxedStrategy<Value> {
    let it = match data_type {
        ScalarType::Long => prop_oneof![any::<i64>(), -5..5_i64].prop_map(Value::Long).boxed(),
        ScalarType::Real => real().prop_map(Value::Real).boxed(),
        ScalarType::String => text().prop_map(|it| Value::string(&it)).boxed(),
        ScalarType::Bool => any::<bool>().prop_map(Value::Bool).boxed(),
        ScalarType::DateTime => prop_oneof![
            any::<i64>(),
            (0..1000_i64).prop_map(|it| 638_500_000_000_000_000 + it * 1_000_000_000)
        ]
        .prop_map(|it| Value::DateTime(DateTime::from_ticks(it).unwrap_or(DateTime::UNIX_EPOCH)))
        .boxed(),
        ScalarType::TimeSpan => any::<i64>().prop_map(|it| Value::TimeSpan(TimeSpan(it))).boxed(),
        _ => prop_oneof![
            prop::collection::vec(item(), 0..6).prop_map(|it| Value::Dynamic(Dynamic::array(it))),
            item().prop_map(Value::Dynamic)
        ]
        .boxed(),
    };
    prop_oneof![9 => it, 1 => Just(Value::Null)].boxed()
}

fn data_type() -> impl Strategy<Value = ScalarType> {
    prop_oneof![
        Just(ScalarType::Long),
        Just(ScalarType::Real),
        Just(ScalarType::String),
        Just(ScalarType::Bool),
        Just(ScalarType::DateTime),
        Just(ScalarType::TimeSpan),
        Just(ScalarType::Dynamic),
    ]
}

fn table() -> impl Strategy<Value = Table> {
    prop::collection::vec(data_type(), 0..5).prop_flat_map(|types| {
        let row: Vec<BoxedStrategy<Value>> = types.iter().map(|it| value(*it)).collect();
        prop::collection::vec(row, 0..30).prop_map(move |rows| {
            let schema = Schema::new(types.iter().enumerate().map(|(at, it)| (format!("c{at}"), *it)));
            Table::from_rows(schema, rows)
        })
    })
}

fn property() -> impl Strategy<Value = (String, String)> {
    let column = || prop_oneof![Just("c0"), Just("c1"), Just("c0,c1"), Just("c2, c3"), Just("nothing")];
    let word = |name: &'static str, words: &'static [&'static str]| {
        prop::sample::select(words).prop_map(move |it| (name.to_owned(), it.to_owned())).boxed()
    };
    prop_oneof![
        word("kind", &["default", "stacked", "stacked100", "unstacked", "map"]),
        word("xaxis", &["log", "linear"]),
        word("yaxis", &["log", "linear"]),
        word("ysplit", &["axes", "panels", "none"]),
        word("legend", &["hidden", "visible"]),
        word("accumulate", &["true", "false"]),
        word("ymin", &["0", "-1e300", "NaN", "7"]),
        word("ymax", &["0", "1e300", "1e-320", "2024-06-01"]),
        word("xmin", &["0", "2024-06-01", "1h"]),
        word("xmax", &["0", "2024-06-01", "1h"]),
        ("title|xtitle|ytitle", text()),
        (
            prop_oneof![Just("xcolumn"), Just("ycolumns"), Just("series"), Just("anomalycolumns")]
                .prop_map(str::to_owned),
            column().prop_map(str::to_owned)
        ),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_table_gives_a_picture_or_an_error(
        table in table(),
        kind in prop::sample::select(KINDS),
        properties in prop::collection::vec(property(), 0..4),
        width in prop_oneof![Just(800.0), Just(0.0), Just(f64::NAN), 100.0..1000.0],
    ) {
        let visualization = Visualization { chart: kind.to_owned(), properties };
        let Ok(chart) = Chart::of(&table, &visualization) else { return Ok(()) };
        let chart = chart.unwrap();
        let svg = chart.to_svg(PictureSize { width, height: 300.0 });
        roxmltree::Document::parse(&svg).map_err(|error| TestCaseError::fail(format!("{error}\n{svg}")))?;
        prop_assert!(!svg.contains("<script") && !svg.contains("NaN\"") && !svg.contains("inf\""), "{svg}");
        prop_assert_eq!(&svg, &chart.to_svg(PictureSize { width, height: 300.0 }));
        let size = TerminalSize { width: 60, height: 9, has_colours: false };
        let text = chart.to_text(size);
        prop_assert!(text.chars().all(|c| c == '\n' || !c.is_control()), "{text:?}");
        // Marks upon other characters take no place of their own.
        let is_mark = |c: &char| {
            matches!(c, '\u{300}'..='\u{36f}' | '\u{200b}'..='\u{200f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}')
        };
        let is_narrow = |line: &str| line.chars().filter(|c| !is_mark(c)).count() <= 60;
        prop_assert!(text.lines().all(is_narrow), "{text}");
    }
}
