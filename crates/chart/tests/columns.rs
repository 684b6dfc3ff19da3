//! Which columns become x, y and series, as Microsoft's page of `render` says, and what is said where none does.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail")]

use kqlite::{Database, DateTime, Options};
use kqlite_chart::{Body, Chart, ChartError, Measure, Plot};

fn chart(query: &str) -> Result<Option<Chart>, ChartError> {
    let db = Database::new();
    let query = db.compile(query).unwrap_or_else(|error| panic!("{error}\n{query}"));
    Chart::of_answer(&query.run(&db, &Options::new(DateTime::UNIX_EPOCH)).unwrap())
}

fn plot(query: &str) -> Plot {
    match chart(query).unwrap().unwrap().body {
        Body::Plot(plot) => plot,
        other => panic!("{other:?}"),
    }
}

fn error(query: &str) -> String {
    chart(query).unwrap_err().to_string()
}

fn notes(query: &str) -> Vec<String> {
    chart(query).unwrap().unwrap().notes
}

/// The values of each series, gaps as `None`.
fn values(plot: &Plot) -> Vec<Vec<Option<f64>>> {
    let series = plot.panels.iter().flat_map(|it| &it.series);
    series.map(|it| it.points.iter().map(|point| point.y).collect()).collect()
}

const MIXED: &str = "datatable (State: string, Score: real, At: datetime, Events: long) [
    'b', 1.5, datetime(2024-06-02), 3, 'a', 2.5, datetime(2024-06-01), 4]";

#[test]
fn a_timechart_takes_the_first_datetime_and_all_numbers() {
    let it = plot(&format!("{MIXED} | render timechart"));
    assert_eq!((it.x.title.as_str(), it.x.measure), ("At", Measure::Time));
    assert_eq!(it.names, ["b: Score", "b: Events", "a: Score", "a: Events"]);
    assert_eq!(it.x.origin, DateTime::parse("2024-06-01").unwrap().0);
}

#[test]
fn a_linechart_takes_the_first_column_that_works() {
    let it = plot(&format!("{MIXED} | render linechart"));
    assert_eq!((it.x.title.as_str(), it.x.measure), ("Score", Measure::Number));
    assert_eq!(it.names, ["b", "a"]);
    // Without a number for x, texts are places.
    let it = plot("datatable (State: string, Events: long) ['b', 1, 'a', 2] | render linechart");
    assert_eq!(
        (it.x.measure, &it.x.categories[..]),
        (Measure::Category, &["b".to_owned(), "a".to_owned()][..])
    );
}

#[test]
fn a_columnchart_takes_the_first_column_and_the_order_of_rows() {
    let it = plot("datatable (Port: long, Flows: long) [443, 5, 80, 9] | render columnchart");
    assert_eq!(it.x.categories, ["443", "80"]);
    assert_eq!(values(&it), [[Some(5.0), Some(9.0)]]);
    // The first one that leaves numbers for y.
    let it = plot("datatable (Flows: long, State: string) [5, 'a'] | render columnchart");
    assert_eq!((it.x.title.as_str(), &it.names[..]), ("State", &["Flows".to_owned()][..]));
}

#[test]
fn properties_say_which_columns() {
    let it = plot(&format!(
        "{MIXED} | render linechart with (xcolumn = At, ycolumns = Events, Score, series = State)"
    ));
    assert_eq!(it.x.title, "At");
    assert_eq!(it.names, ["b: Events", "b: Score", "a: Events", "a: Score"]);
    let it = plot(&format!(
        "{MIXED} | render timechart with (ycolumns = Events, title = 'T', ymin = -5, ymax = 10)"
    ));
    let axis = &it.panels[0].axes[0];
    assert_eq!((axis.min, axis.max), (-5.0, 10.0));
}

#[test]
fn arrays_are_many_points() {
    let it = plot(
        "print A = dynamic([1, 2, 3]), B = dynamic([4, null, 6]), At = dynamic(['2024-06-01T00:00:00Z', \
         '2024-06-02T00:00:00Z', '2024-06-03T00:00:00Z']) | render timechart",
    );
    assert_eq!(it.names, ["A", "B"]);
    assert_eq!(values(&it), [[Some(1.0), Some(2.0), Some(3.0)], [Some(4.0), None, Some(6.0)]]);
    assert_eq!(it.panels[0].series[0].points[2].x, 2.0 * 864e9);
}

#[test]
fn accumulate_adds_all_that_came_before() {
    let it =
        plot("range x from 1 to 4 step 1 | project x, y = x | render linechart with (accumulate = true)");
    assert_eq!(values(&it), [[1.0, 3.0, 6.0, 10.0].map(Some)]);
}

#[test]
fn stacks_stand_upon_each_other() {
    let query =
        "datatable (At: string, S: string, N: long) ['a', 'x', 1, 'a', 'y', 3, 'b', 'x', 2] | render ";
    let it = plot(&format!("{query} columnchart with (kind = stacked)"));
    assert_eq!(values(&it), [vec![Some(1.0), Some(2.0)], vec![Some(4.0)]]);
    let it = plot(&format!("{query} barchart with (kind = stacked100)"));
    assert_eq!(values(&it), [vec![Some(25.0), Some(100.0)], vec![Some(100.0)]]);
    // An area has a value at every place, so that what lies upon it has something to lie on.
    let it = plot(&format!("{query} stackedareachart"));
    assert_eq!(values(&it), [vec![Some(1.0), Some(2.0)], vec![Some(4.0), Some(2.0)]]);
}

#[test]
fn ysplit_gives_axes_or_panels() {
    let query =
        "range x from 1 to 3 step 1 | project x, a = x, b = 10 * x | render linechart with (ysplit = ";
    assert_eq!(plot(&format!("{query} none)")).panels[0].axes.len(), 1);
    let axes = plot(&format!("{query} axes)"));
    assert_eq!((axes.panels.len(), axes.panels[0].axes.len()), (1, 2));
    assert_eq!(axes.panels[0].axes[1].title, "b");
    assert_eq!(plot(&format!("{query} panels)")).panels.len(), 2);
}

#[test]
fn what_has_no_place_is_told() {
    assert_eq!(
        notes("datatable (x: long, y: real) [1, 0, 2, -4, 3, 5] | render linechart with (yaxis = log)"),
        ["left out: 2 values not above zero, for which a log axis has no place"]
    );
    assert_eq!(
        notes(
            "datatable (At: datetime, N: long) [datetime(null), 1, datetime(2024-06-01), 2] | render timechart"
        ),
        ["left out: 1 value without 'At'"]
    );
    assert_eq!(
        notes(
            "range n from 1 to 25 step 1 | project At = datetime(2024-06-01), S = tostring(n), n | render timechart"
        ),
        ["left out: 5 series beyond the first 20"]
    );
    assert_eq!(
        notes("range n from 1 to 130 step 1 | project S = tostring(n), n | render columnchart"),
        ["left out: 30 values beyond the first 100 places of 'S'"]
    );
    assert_eq!(
        notes("datatable (S: string, N: long) ['a', 1, 'a', 2] | render columnchart"),
        ["values of the same series and place are added up"]
    );
    assert_eq!(
        notes("range n from 1 to 20003 step 1 | project n, m = n % 7 | render scatterchart"),
        ["left out: 3 values beyond the first 20,000"]
    );
    assert_eq!(
        notes("datatable (S: string, N: long) ['a', 1, 'b', -2] | render piechart"),
        ["left out: 1 value below zero"]
    );
}

#[test]
fn a_missing_column_is_named() {
    assert_eq!(
        error("print State = 'TEXAS', Events = 3 | render timechart"),
        "timechart needs a column of datetimes for its x axis; the columns are State: string, Events: long"
    );
    assert_eq!(
        error("print At = datetime(2024-06-01), State = 'TEXAS' | render timechart"),
        "timechart needs a column of numbers for its y axis; the columns are At: datetime, State: string"
    );
    assert_eq!(
        error("print Events = 3 | render columnchart"),
        "columnchart needs a column for its x axis beside one of numbers for its y axis; the columns are Events: long"
    );
    assert_eq!(
        error("print State = 'TEXAS', Events = 3 | render columnchart with (ycolumns = Evnets)"),
        "ycolumns names the column 'Evnets', which is not there: did you mean 'Events'?"
    );
    assert_eq!(
        error(
            "print State = 'TEXAS', Events = 3 | render columnchart with (xcolumn = Events, ycolumns = State)"
        ),
        "ycolumns names the column 'State' of type string; a y column is of numbers or timespans"
    );
    assert_eq!(
        error("print a = 1 | render ladderchart"),
        "ladderchart needs two last columns of the same type, datetimes or numbers, for its x axis; the columns are a: long"
    );
    assert_eq!(
        error("print a = 1 | render treemap"),
        "treemap needs a column of texts for the names; the columns are a: long"
    );
}

#[test]
fn what_is_not_drawn_says_what_to_do() {
    assert_eq!(
        error("print a = 1, b = 2 | render 3Dchart"),
        "kqlite draws no 3Dchart: scatterchart draws two of the columns, with a third as series"
    );
    assert!(
        error("print a = '' | render plotly")
            .starts_with("kqlite draws no plotly: its rows are a description")
    );
    assert_eq!(chart("print a = 1 | render table").unwrap(), None);
    assert_eq!(chart("print a = 1").unwrap(), None);
    assert_eq!(
        error("print a = 1, b = 2 | render linechart with (ymin = 5, ymax = 5)"),
        "ymin cannot be '5'; it is below ymax"
    );
}
