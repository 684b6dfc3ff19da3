//! `sliding_window_counts`: rows and users of the last periods, for each period.
//!
//! Each row counts in the period that it is in and in those after it, as far as the window reaches. Source: the page of
//! sliding_window_counts with its example, and the tutorial that it refers to. Whether rows before the start count in the
//! first windows is not known.

use crate::column::Column;
use crate::diagnostic::{Code, Diagnostic};
use crate::function::{Plugin, PluginBinding, PluginColumns, PluginRows, PluginRun, Result, RowOrigins};
use crate::reference::{ParameterInfo, TableExample};
use crate::types::ScalarType;

use super::arguments::{PluginArguments, hidden, result};
use super::numbers::Numbers;
use super::timeline::{self, Periods, Step, Users, Window, longs, origins, value, windows};

pub(super) static PLUGIN: Plugin = Plugin {
    name: "sliding_window_counts",
    summary: "Counts rows and distinct users within a window that ends with each period.",
    syntax: &[
        "T | evaluate sliding_window_counts(User, Timeline, Start, End, LookbackWindow, Bin [, Dimension [, …]])",
    ],
    parameters: &[
        ParameterInfo::INPUT,
        timeline::USER,
        timeline::TIMELINE,
        ParameterInfo::required("Start", "The first period's start."),
        ParameterInfo::required("End", "The last point; the period that it is in comes out too."),
        ParameterInfo::required("LookbackWindow", "How long the window is; rounded down to whole periods."),
        ParameterInfo::required("Bin", "How long a period is, or 'week'."),
        timeline::DIMENSION,
    ],
    remarks: &[
        "The window ends with the period that is written, and has it in it: of three days the last one is the day itself.",
        "A period whose window has no row does not come out.",
        "Users that are null count as rows, not as users.",
    ],
    bind,
    run,
    examples: &[
        TableExample {
            query: r"datatable (User: string, Day: long) [
    'bob', 1, 'david', 1, 'david', 1, 'ananda', 2, 'bob', 4,
]
| evaluate sliding_window_counts(User, Day, 1, 6, 2, 1)",
            result: "Day:long, Count:long, Dcount:long\n[1,3,2]\n[2,4,3]\n[3,1,1]\n[4,1,1]\n[5,1,1]",
        },
        TableExample {
            query: r"datatable (User: string, At: datetime) [
    'ann', datetime(2017-08-01), 'bob', datetime(2017-08-02), 'ann', datetime(2017-08-03),
]
| evaluate sliding_window_counts(User, At, datetime(2017-08-01), datetime(2017-08-03), 2d, 1d)",
            result: r#"At:datetime, Count:long, Dcount:long
["2017-08-01T00:00:00Z",1,1]
["2017-08-02T00:00:00Z",2,2]
["2017-08-03T00:00:00Z",2,2]"#,
        },
    ],
    ..Plugin::DEFAULT
};

struct SlidingWindows {
    users: Users,
    periods: Periods,
    window: i64,
}

impl SlidingWindows {
    fn read(arguments: &PluginArguments<'_>) -> Result<Self> {
        arguments.check_count(6, usize::MAX)?;
        let users = Users::read(arguments, 6)?;
        let line = users.timeline;
        let start = line.point(arguments, 2, "Start")?;
        let end = line.point(arguments, 3, "End")?;
        let window = line.span(arguments, 4, "LookbackWindow")?;
        let step = line.step(arguments, 5)?;
        let periods =
            Periods::new(start.unwrap_or_default(), end.unwrap_or_default(), step.unwrap_or(Step::Fixed(1)));
        let Some(length) = periods.length() else {
            return Err(arguments.unsupported(5, "a window of months or years"));
        };
        let window = window.unwrap_or(length);
        if step.is_some() && window < length {
            let message = "expects LookbackWindow to be at least one period";
            return Err(arguments.error(Code::BadParameter, 4, message));
        }
        Ok(Self { users, periods, window: window - window % length })
    }
}

fn bind(call: &PluginBinding<'_>) -> std::result::Result<PluginColumns, Vec<Diagnostic>> {
    if call.is_hidden() {
        return Ok(hidden());
    }
    let arguments = PluginArguments::of_binding(call);
    let windows = SlidingWindows::read(&arguments).map_err(|it| vec![*it])?;
    let mut columns = windows.users.results(&arguments);
    columns.extend([result("Count", ScalarType::Long), result("Dcount", ScalarType::Long)]);
    Ok(PluginColumns::closed(columns))
}

fn run(run: &PluginRun<'_>) -> Result<PluginRows> {
    let SlidingWindows { users, periods, window } = SlidingWindows::read(&PluginArguments::of_run(run))?;
    let groups = users.groups(run)?;
    let first = rows_before(run, &users, &periods, window)?;
    let sightings = users.sightings(run, &groups, &periods, (first, periods.end))?;
    let found = windows(run, &sightings, &periods, window)?;
    let of_groups: Vec<u32> = found.iter().map(|it| it.group).collect();
    let mut columns: Vec<Column> = vec![users.timeline.points(found.iter().map(|it| it.period))];
    columns.extend(users.columns(run, &groups, &of_groups)?);
    columns.push(longs(found.iter().map(|it| it.rows)));
    columns.push(longs(found.iter().map(|it| it.users)));
    let origins = of_windows(run, &users, &groups, &periods, (first, window), &found)?;
    run.rows(columns, found.len(), origins)
}

/// Which rows are in each window.
pub(super) fn of_windows(
    run: &PluginRun<'_>,
    users: &Users,
    groups: &Numbers,
    periods: &Periods,
    (first, length): (i64, i64),
    windows: &[Window],
) -> Result<RowOrigins> {
    let begin =
        |period: i64| period.saturating_sub(length.saturating_sub(periods.length().unwrap_or(length)));
    let made = windows.iter().map(|it| (it.group, vec![(begin(it.period), periods.last_of(it.period))]));
    origins(run, users.timeline, groups, (first, periods.end), made)
}

/// The first point that counts: rows before the start do, as far as the first window reaches.
pub(super) fn rows_before(run: &PluginRun<'_>, users: &Users, periods: &Periods, window: i64) -> Result<i64> {
    let length = periods.length().unwrap_or(window);
    let first = periods.of(periods.start).saturating_sub(window.saturating_sub(length));
    let mut before = None;
    users.each_between(run, (first, periods.start.saturating_sub(1)), |_, point| {
        before = Some(before.map_or(point, |known: i64| known.min(point)));
    })?;
    if let Some(point) = before {
        let about = "rows before the start, within the first window";
        run.doubt(about, "they count", value(point, users.timeline.data_type))?;
    }
    Ok(first)
}
