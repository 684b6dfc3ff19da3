//! `activity_counts_metrics`: rows, users, new users and users so far, for each period. Source: the page of
//! activity_counts_metrics and the recorded answer of its example.

use hashbrown::HashSet;

use crate::column::{Column, NO_ROW};
use crate::diagnostic::Diagnostic;
use crate::function::{Plugin, PluginBinding, PluginColumns, PluginRows, PluginRun, Result};
use crate::reference::{ParameterInfo, TableExample};
use crate::types::ScalarType;

use super::arguments::{ExpectedType, NOT_DYNAMIC, PluginArguments, hidden, result};
use super::timeline::{Periods, Step, Users, check_gap, longs, origins, runs};

pub(super) static PLUGIN: Plugin = Plugin {
    name: "activity_counts_metrics",
    summary: "Counts rows, users, users that are new, and users so far, for each period.",
    syntax: &["T | evaluate activity_counts_metrics(User, Timeline, Start, End, Step [, Dimension [, …]])"],
    parameters: &USER_PARAMETERS,
    remarks: &[
        "count counts rows, dcount distinct users, new_dcount those who were in no period before, aggregated_dcount all users \
         from the first period on.",
        "A period without rows has no row.",
        "Users that are null count as rows, not as users.",
    ],
    bind,
    run,
    examples: &[
        TableExample {
            query: r"datatable (User: string, At: datetime) [
    'ann', datetime(2017-08-01), 'bob', datetime(2017-08-01), 'bob', datetime(2017-08-02),
    'bob', datetime(2017-08-02), 'cid', datetime(2017-08-02),
]
| evaluate activity_counts_metrics(User, At, datetime(2017-08-01), datetime(2017-08-02), 1d)",
            result: r#"At:datetime, count:long, dcount:long, new_dcount:long, aggregated_dcount:long
["2017-08-01T00:00:00Z",2,2,2,2]
["2017-08-02T00:00:00Z",3,2,1,3]"#,
        },
        TableExample {
            query: r"datatable (User: string, Day: long, Site: string) [
    'ann', 1, 'a', 'bob', 1, 'b', 'ann', 2, 'a', 'bob', 2, 'a',
]
| evaluate activity_counts_metrics(User, Day, 0, 9, 1, Site)",
            result: r#"Day:long, Site:string, count:long, dcount:long, new_dcount:long, aggregated_dcount:long
[1,"a",1,1,1,1]
[2,"a",2,2,1,2]
[1,"b",1,1,1,1]"#,
        },
    ],
    ..Plugin::DEFAULT
};

/// The parameters of plugins that count users in periods.
pub(super) const USER_PARAMETERS: [ParameterInfo; 7] = [
    ParameterInfo::INPUT,
    ParameterInfo::required("User", "The column that tells who was active."),
    ParameterInfo::required("Timeline", "The column that tells when: a datetime, a timespan or an integer."),
    ParameterInfo::required("Start", "The first period's start; rows before it do not count."),
    ParameterInfo::required("End", "The last point; rows behind it do not count."),
    ParameterInfo::required("Step", "How long a period is, or 'week', 'month' or 'year'."),
    ParameterInfo::optional("Dimension", "A column; each combination of dimensions is counted by itself."),
];

/// Who, when, and in which periods.
pub(super) struct UsersOfPeriods {
    pub users: Users,
    pub periods: Periods,
}

impl UsersOfPeriods {
    /// Reads the arguments, with what is expected of the column of users.
    pub fn read(arguments: &PluginArguments<'_>, expected: ExpectedType) -> Result<Self> {
        arguments.check_count(5, usize::MAX)?;
        let users = Users::read_with(arguments, expected, 5)?;
        let start = users.timeline.point(arguments, 2, "Start")?.unwrap_or_default();
        let end = users.timeline.point(arguments, 3, "End")?.unwrap_or_default();
        let step = users.timeline.step(arguments, 4)?.unwrap_or(Step::Fixed(1));
        Ok(Self { users, periods: Periods::new(start, end, step) })
    }
}

fn bind(call: &PluginBinding<'_>) -> std::result::Result<PluginColumns, Vec<Diagnostic>> {
    if call.is_hidden() {
        return Ok(hidden());
    }
    let arguments = PluginArguments::of_binding(call);
    let read = UsersOfPeriods::read(&arguments, NOT_DYNAMIC).map_err(|it| vec![*it])?;
    let mut columns = read.users.results(&arguments);
    let names = ["count", "dcount", "new_dcount", "aggregated_dcount"];
    columns.extend(names.map(|name| result(name, ScalarType::Long)));
    Ok(PluginColumns::closed(columns))
}

fn run(run: &PluginRun<'_>) -> Result<PluginRows> {
    let UsersOfPeriods { users, periods } = UsersOfPeriods::read(&PluginArguments::of_run(run), NOT_DYNAMIC)?;
    periods.check_start(run, users.timeline)?;
    let groups = users.groups(run)?;
    let sightings = users.sightings(run, &groups, &periods, (periods.start, periods.end))?;
    let (mut of_groups, mut points, mut counts) = (Vec::new(), Vec::new(), [const { Vec::new() }; 4]);
    for group in runs(&sightings, |it| it.group) {
        let mut known: HashSet<u32> = HashSet::new();
        let mut last = None;
        for period in runs(group, |it| it.period) {
            let Some(first) = period.first() else { continue };
            check_gap(run, &periods, users.timeline, last, first.period)?;
            last = Some(first.period);
            run.work(period.len().saturating_mul(16))?;
            let users = period.iter().filter(|it| it.id != NO_ROW);
            let fresh = users.clone().filter(|it| known.insert(it.id)).count();
            of_groups.push(first.group);
            points.push(first.period);
            let found = [
                period.iter().map(|it| it.rows).sum(),
                users.count() as u64,
                fresh as u64,
                known.len() as u64,
            ];
            counts.iter_mut().zip(found).for_each(|(list, count)| list.push(count));
        }
    }
    let rows = points.len();
    let made =
        of_groups.iter().zip(&points).map(|(&group, &point)| (group, vec![(point, periods.last_of(point))]));
    let origins = origins(run, users.timeline, &groups, (periods.start, periods.end), made)?;
    let mut columns: Vec<Column> = vec![users.timeline.points(points)];
    columns.extend(users.columns(run, &groups, &of_groups)?);
    columns.extend(counts.map(longs));
    run.rows(columns, rows, origins)
}
