//! `session_count`: how many sessions begin in each period.
//!
//! A session of a user begins with a row that no other row of the user precedes by at most the look-back window. Periods are
//! those of `bin`, wherever the analysis starts. Source: the page of session_count; what it shows as a chart, 18 to 23
//! sessions in each of 100 periods, comes out exactly so, and with no other reading.

use hashbrown::HashMap;

use crate::column::NO_ROW;
use crate::diagnostic::Diagnostic;
use crate::function::{Plugin, PluginBinding, PluginColumns, PluginRows, PluginRun, Result};
use crate::reference::{ParameterInfo, TableExample};
use crate::types::ScalarType;

use super::arguments::{PluginArguments, hidden, result};
use super::timeline::{self, Periods, Step, Users, longs, origins};

pub(super) static PLUGIN: Plugin = Plugin {
    name: "session_count",
    summary: "Counts the sessions that begin in each period: rows of a user with no other one shortly before.",
    syntax: &[
        "T | evaluate session_count(User, Timeline, Start, End, Bin, LookBackWindow [, Dimension [, …]])",
    ],
    parameters: &[
        ParameterInfo::INPUT,
        timeline::USER,
        timeline::TIMELINE,
        ParameterInfo::required("Start", "The first point of the analysis."),
        ParameterInfo::required("End", "Its last point."),
        ParameterInfo::required("Bin", "How long a period is."),
        ParameterInfo::required(
            "LookBackWindow",
            "A row that is at most so far behind another one of the user goes on with its session.",
        ),
        timeline::DIMENSION,
    ],
    remarks: &[
        "The periods are those of bin(Timeline, Bin), whatever Start is.",
        "A session is counted in the period in which it begins. A period in which none begins has no row.",
        "Rows before Start are not read, so that the first row of each user begins a session.",
    ],
    bind,
    run,
    examples: &[
        TableExample {
            query: r"datatable (User: string, Minute: long) [
    'ann', 1, 'ann', 4, 'ann', 12, 'bob', 3, 'bob', 14, 'bob', 30,
]
| evaluate session_count(User, Minute, 0, 100, 10, 5)",
            result: "Minute:long, count_sessions:long\n[0,2]\n[10,2]\n[30,1]",
        },
        TableExample {
            query: r"range Minute from 1 to 9999 step 1
| extend Id = range(1, 50, 1)
| mv-expand Id to typeof(long)
| where Minute % Id == 0
| evaluate session_count(Id, Minute, 1, 10000, 100, 41)
| where Minute between (3500 .. 3700)",
            result: "Minute:long, count_sessions:long\n[3500,18]\n[3600,23]\n[3700,18]",
        },
    ],
    ..Plugin::DEFAULT
};

/// The period and the look-back window behind the points.
struct Sessions {
    users: Users,
    start: i64,
    end: i64,
    bin: i64,
    look_back: i64,
}

impl Sessions {
    fn read(arguments: &PluginArguments<'_>) -> Result<Self> {
        arguments.check_count(6, usize::MAX)?;
        let users = Users::read(arguments, 6)?;
        let line = users.timeline;
        Ok(Self {
            start: line.point(arguments, 2, "Start")?.unwrap_or_default(),
            end: line.point(arguments, 3, "End")?.unwrap_or_default(),
            bin: line.span(arguments, 4, "Bin")?.unwrap_or(1),
            look_back: line.span(arguments, 5, "LookBackWindow")?.unwrap_or(1),
            users,
        })
    }
}

fn bind(call: &PluginBinding<'_>) -> std::result::Result<PluginColumns, Vec<Diagnostic>> {
    if call.is_hidden() {
        return Ok(hidden());
    }
    let arguments = PluginArguments::of_binding(call);
    let sessions = Sessions::read(&arguments).map_err(|it| vec![*it])?;
    let mut columns = sessions.users.results(&arguments);
    columns.push(result("count_sessions", ScalarType::Long));
    Ok(PluginColumns::closed(columns))
}

fn run(run: &PluginRun<'_>) -> Result<PluginRows> {
    let Sessions { users, start, end, bin, look_back } = Sessions::read(&PluginArguments::of_run(run))?;
    let groups = users.groups(run)?;
    let ids = users.ids(run)?;
    let mut rows: Vec<(u32, u32, i64)> = Vec::new();
    users.each_between(run, (start, end), |row, point| {
        let group = groups.of_row.get(row).copied().unwrap_or(NO_ROW);
        rows.push((group, ids.get(row).copied().unwrap_or(NO_ROW), point));
    })?;
    rows.sort_unstable();
    run.work(rows.len().saturating_mul(16))?;
    // bin() counts from 0.
    let periods = Periods::new(0, end, Step::Fixed(bin));
    let mut counts: HashMap<(u32, i64), u64> = HashMap::new();
    let mut last: Option<(u32, u32, i64)> = None;
    for &(group, id, point) in &rows {
        let goes_on = last.is_some_and(|(of, who, at)| {
            (of, who) == (group, id) && i128::from(point) - i128::from(at) <= i128::from(look_back)
        });
        last = Some((group, id, point));
        if !goes_on {
            *counts.entry((group, periods.of(point))).or_insert(0) += 1;
        }
    }
    let mut counts: Vec<((u32, i64), u64)> = counts.into_iter().collect();
    counts.sort_unstable();
    let of_groups: Vec<u32> = counts.iter().map(|((group, _), _)| *group).collect();
    let mut columns = vec![users.timeline.points(counts.iter().map(|((_, period), _)| *period))];
    columns.extend(users.columns(run, &groups, &of_groups)?);
    columns.push(longs(counts.iter().map(|(_, count)| *count)));
    let made = counts.iter().map(|((group, period), _)| (*group, vec![(*period, periods.last_of(*period))]));
    let origins = origins(run, users.timeline, &groups, (start, end), made)?;
    run.rows(columns, counts.len(), origins)
}
