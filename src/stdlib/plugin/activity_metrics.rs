//! `activity_metrics`: the users of each period, how many are new, and how many came again. Each period is compared with the
//! one before it. Source: the page of activity_metrics.

use crate::column::{Column, NO_ROW};
use crate::diagnostic::Diagnostic;
use crate::function::{Plugin, PluginBinding, PluginColumns, PluginRows, PluginRun, Result};
use crate::reference::TableExample;
use crate::types::ScalarType;

use super::activity_counts_metrics::{USER_PARAMETERS, UsersOfPeriods};
use super::arguments::{ANY, PluginArguments, hidden, result};
use super::timeline::{check_gap, longs, origins, ratios, runs};

pub(super) static PLUGIN: Plugin = Plugin {
    name: "activity_metrics",
    summary: "Compares the users of each period with those of the period before: who is new, who came again.",
    syntax: &["T | evaluate activity_metrics(User, Timeline, Start, End, Step [, Dimension [, …]])"],
    parameters: &USER_PARAMETERS,
    remarks: &[
        "dcount_newvalues counts the users who were not in the period before, whether they were in one before that or not.",
        "retention_rate is the share of the users of the period before who came again, churn_rate the share of those who did \
         not. Of the first period both are NaN: there is none before it.",
        "Without Start and End, which Kusto allows, it is not supported.",
    ],
    bind,
    run,
    examples: &[
        TableExample {
            query: r"datatable (User: string, Day: long) [
    'ann', 0, 'bob', 0, 'cid', 0, 'dan', 0, 'ann', 1, 'eve', 1,
]
| evaluate activity_metrics(User, Day, 0, 9, 1)",
            result: "Day:long, dcount_values:long, dcount_newvalues:long, retention_rate:real, churn_rate:real\n\
                     [0,4,4,\"NaN\",\"NaN\"]\n[1,2,1,0.25,0.75]",
        },
        TableExample {
            query: r"datatable (User: string, At: datetime) [
    'ann', datetime(2024-01-31), 'ann', datetime(2024-02-01), 'bob', datetime(2024-02-29),
]
| evaluate activity_metrics(User, At, datetime(2024-01-01), datetime(2024-12-31), 'month')
| project At, dcount_values, retention_rate",
            result: r#"At:datetime, dcount_values:long, retention_rate:real
["2024-01-01T00:00:00Z",1,"NaN"]
["2024-02-01T00:00:00Z",2,1.0]"#,
        },
    ],
    ..Plugin::DEFAULT
};

/// Refuses the forms without a start, which count periods from where it is not known.
fn read(arguments: &PluginArguments<'_>) -> Result<UsersOfPeriods> {
    if (2..=4).contains(&arguments.list.len()) {
        return Err(arguments.unsupported(usize::MAX, "a call without Start and End"));
    }
    UsersOfPeriods::read(arguments, ANY)
}

fn bind(call: &PluginBinding<'_>) -> std::result::Result<PluginColumns, Vec<Diagnostic>> {
    if call.is_hidden() {
        return Ok(hidden());
    }
    let arguments = PluginArguments::of_binding(call);
    let found = read(&arguments).map_err(|it| vec![*it])?;
    let mut columns = found.users.results(&arguments);
    columns.extend(["dcount_values", "dcount_newvalues"].map(|name| result(name, ScalarType::Long)));
    columns.extend(["retention_rate", "churn_rate"].map(|name| result(name, ScalarType::Real)));
    Ok(PluginColumns::closed(columns))
}

fn run(run: &PluginRun<'_>) -> Result<PluginRows> {
    let UsersOfPeriods { users, periods } = read(&PluginArguments::of_run(run))?;
    periods.check_start(run, users.timeline)?;
    let groups = users.groups(run)?;
    let sightings = users.sightings(run, &groups, &periods, (periods.start, periods.end))?;
    let (mut of_groups, mut points) = (Vec::new(), Vec::new());
    // Users, new ones, those who came again, and how many could have.
    let mut counts: Vec<[u64; 4]> = Vec::new();
    for group in runs(&sightings, |it| it.group) {
        let (mut before, mut last): (Vec<u32>, Option<i64>) = (Vec::new(), None);
        for period in runs(group, |it| it.period) {
            let Some(first) = period.first() else { continue };
            if check_gap(run, &periods, users.timeline, last, first.period)? {
                before.clear();
            }
            last = Some(first.period);
            run.work(period.len().saturating_mul(16))?;
            let ids: Vec<u32> = period.iter().map(|it| it.id).filter(|id| *id != NO_ROW).collect();
            // Both lists are in order.
            let again = ids.iter().filter(|id| before.binary_search(id).is_ok()).count() as u64;
            of_groups.push(first.group);
            points.push(first.period);
            counts.push([ids.len() as u64, ids.len() as u64 - again, again, before.len() as u64]);
            before = ids;
        }
    }
    let rows = points.len();
    // The period and the one before it.
    let from = |point: i64| periods.of(point.saturating_sub(1)).min(point);
    let made = of_groups
        .iter()
        .zip(&points)
        .map(|(&group, &point)| (group, vec![(from(point), periods.last_of(point))]));
    let origins = origins(run, users.timeline, &groups, (periods.start, periods.end), made)?;
    let mut columns: Vec<Column> = vec![users.timeline.points(points)];
    columns.extend(users.columns(run, &groups, &of_groups)?);
    columns.push(longs(counts.iter().map(|[values, ..]| *values)));
    columns.push(longs(counts.iter().map(|[_, fresh, ..]| *fresh)));
    columns.push(ratios(counts.iter().map(|[_, _, again, all]| (*again, *all))));
    columns.push(ratios(counts.iter().map(|[_, _, again, all]| (*all - *again, *all))));
    run.rows(columns, rows, origins)
}
