//! `activity_engagement`: the users of each period among those of a longer time that ends with it. Source: the page of
//! activity_engagement, whose examples show charts of random data; what it leaves open is a doubt or refused.

use crate::column::Column;
use crate::diagnostic::{Code, Diagnostic};
use crate::function::{Plugin, PluginBinding, PluginColumns, PluginRows, PluginRun, Result};
use crate::reference::{ParameterInfo, TableExample};
use crate::types::ScalarType;

use super::arguments::{PluginArguments, hidden, result};
use super::sliding_window_counts::{of_windows, rows_before};
use super::timeline::{self, Periods, Step, Users, check_gap, longs, ratios, windows};

pub(super) static PLUGIN: Plugin = Plugin {
    name: "activity_engagement",
    summary: "Counts the users of each period, those of a longer time that ends with it, and their ratio.",
    syntax: &[
        "T | evaluate activity_engagement(User, Timeline, Start, End, InnerWindow, OuterWindow [, Dimension [, …]])",
    ],
    parameters: &[
        ParameterInfo::INPUT,
        timeline::USER,
        timeline::TIMELINE,
        ParameterInfo::required("Start", "The first period's start."),
        ParameterInfo::required("End", "The last point; rows behind it do not count."),
        ParameterInfo::required("InnerWindow", "How long a period is, such as 1d."),
        ParameterInfo::required("OuterWindow", "The longer time, such as 7d: several whole periods."),
        timeline::DIMENSION,
    ],
    remarks: &[
        "With 1d and 7d it gives the users of each day, those of the last seven days, and how large a share of them came on \
         that day.",
        "A period without rows does not come out.",
        "Without Start and End, which Kusto allows, it is not supported.",
    ],
    bind,
    run,
    examples: &[
        TableExample {
            query: r"datatable (User: string, Day: long) [
    'ann', 0, 'bob', 0, 'ann', 1, 'cid', 2, 'ann', 2, 'cid', 3,
]
| evaluate activity_engagement(User, Day, 0, 9, 1, 2)",
            result: "Day:long, dcount_activities_inner:long, dcount_activities_outer:long, activity_ratio:real\n\
                     [0,2,2,1.0]\n[1,1,2,0.5]\n[2,2,2,1.0]\n[3,1,2,0.5]",
        },
        TableExample {
            query: r"datatable (User: string, Day: long, Site: string) [
    'ann', 0, 'a', 'bob', 0, 'b', 'cid', 0, 'a', 'ann', 1, 'a',
]
| evaluate activity_engagement(User, Day, 0, 9, 1, 3, Site)
| project Day, Site, activity_ratio",
            result: "Day:long, Site:string, activity_ratio:real\n[0,\"a\",1.0]\n[1,\"a\",0.5]\n[0,\"b\",1.0]",
        },
    ],
    ..Plugin::DEFAULT
};

struct Engagement {
    users: Users,
    periods: Periods,
    outer: i64,
}

impl Engagement {
    fn read(arguments: &PluginArguments<'_>) -> Result<Self> {
        if arguments.list.len() == 4 {
            return Err(arguments.unsupported(usize::MAX, "a call without Start and End"));
        }
        arguments.check_count(6, usize::MAX)?;
        let users = Users::read(arguments, 6)?;
        let line = users.timeline;
        let start = line.point(arguments, 2, "Start")?.unwrap_or_default();
        let end = line.point(arguments, 3, "End")?.unwrap_or_default();
        let inner = line.span(arguments, 4, "InnerWindow")?;
        let outer = line.span(arguments, 5, "OuterWindow")?;
        if let (Some(inner), Some(outer)) = (inner, outer) {
            if outer < inner {
                let message = "expects OuterWindow to be at least InnerWindow";
                return Err(arguments.error(Code::BadParameter, 5, message));
            }
            if outer % inner != 0 {
                return Err(arguments.unsupported(5, "an OuterWindow that is no multiple of InnerWindow"));
            }
        }
        let inner = inner.unwrap_or(1);
        let outer = outer.unwrap_or(inner);
        Ok(Self { users, periods: Periods::new(start, end, Step::Fixed(inner)), outer })
    }
}

fn bind(call: &PluginBinding<'_>) -> std::result::Result<PluginColumns, Vec<Diagnostic>> {
    if call.is_hidden() {
        return Ok(hidden());
    }
    let arguments = PluginArguments::of_binding(call);
    let engagement = Engagement::read(&arguments).map_err(|it| vec![*it])?;
    let mut columns = engagement.users.results(&arguments);
    let names = ["dcount_activities_inner", "dcount_activities_outer"];
    columns.extend(names.map(|name| result(name, ScalarType::Long)));
    columns.push(result("activity_ratio", ScalarType::Real));
    Ok(PluginColumns::closed(columns))
}

fn run(run: &PluginRun<'_>) -> Result<PluginRows> {
    let Engagement { users, periods, outer } = Engagement::read(&PluginArguments::of_run(run))?;
    periods.check_start(run, users.timeline)?;
    let groups = users.groups(run)?;
    let first = rows_before(run, &users, &periods, outer)?;
    let sightings = users.sightings(run, &groups, &periods, (first, periods.end))?;
    let mut found = windows(run, &sightings, &periods, outer)?;
    found.retain(|it| it.rows_of_period > 0);
    let mut last: Option<(u32, i64)> = None;
    for window in &found {
        let before = last.filter(|(group, _)| *group == window.group).map(|(_, period)| period);
        check_gap(run, &periods, users.timeline, before, window.period)?;
        last = Some((window.group, window.period));
    }
    let of_groups: Vec<u32> = found.iter().map(|it| it.group).collect();
    let mut columns: Vec<Column> = vec![users.timeline.points(found.iter().map(|it| it.period))];
    columns.extend(users.columns(run, &groups, &of_groups)?);
    columns.push(longs(found.iter().map(|it| it.users_of_period)));
    columns.push(longs(found.iter().map(|it| it.users)));
    columns.push(ratios(found.iter().map(|it| (it.users_of_period, it.users))));
    let origins = of_windows(run, &users, &groups, &periods, (first, outer), &found)?;
    run.rows(columns, found.len(), origins)
}
