//! `active_users_count`: the users of each period who were active often enough shortly before.
//!
//! A user counts in the period of a row if the time up to that row, as long as the look-back window and without its first
//! point, has enough different periods with rows of the user. Periods are counted from the start. Source: the page of
//! active_users_count; its result tells that the first point is not in the window. The page's drawing lets a row pass that
//! its words do not: what the words say is done.

use hashbrown::HashSet;

use crate::column::{Column, NO_ROW};
use crate::diagnostic::{Code, Diagnostic};
use crate::function::{Plugin, PluginBinding, PluginColumns, PluginRows, PluginRun, Result};
use crate::reference::{ParameterInfo, TableExample};
use crate::types::ScalarType;

use super::arguments::{NUMBER, PluginArguments, hidden, result};
use super::timeline::{self, Periods, Step, Users, longs, origins, runs};

pub(super) static PLUGIN: Plugin = Plugin {
    name: "active_users_count",
    summary: "Counts the users of each period who were active in a least number of shorter periods just before.",
    syntax: &[
        "T | evaluate active_users_count(User, Timeline, Start, End, LookbackWindow, Period, ActivePeriods, Bin \
         [, Dimension [, …]])",
    ],
    parameters: &[
        ParameterInfo::INPUT,
        timeline::USER,
        timeline::TIMELINE,
        ParameterInfo::required("Start", "The first point that counts; rows before it are looked back at."),
        ParameterInfo::required("End", "The last point."),
        ParameterInfo::required("LookbackWindow", "How far is looked back from a row."),
        ParameterInfo::required("Period", "Rows within one such period are one appearance, such as 1d."),
        ParameterInfo::required("ActivePeriods", "The least number of different periods with a row."),
        ParameterInfo::required("Bin", "How long a period of the result is, or 'week', 'month' or 'year'."),
        timeline::DIMENSION,
    ],
    remarks: &[
        "It counts fans: of a user who is active often enough, the rows before that do not count.",
        "The window ends with the row itself; a row just as far back as the window is long is not in it.",
        "A period without such users has no row.",
    ],
    bind,
    run,
    examples: &[
        TableExample {
            query: r"datatable (User: string, Day: long) [
    'ann', 1, 'ann', 2, 'ann', 4, 'ann', 12, 'bob', 1, 'bob', 9, 'bob', 10, 'bob', 11,
]
| evaluate active_users_count(User, Day, 0, 20, 5, 1, 3, 10)",
            result: "Day:long, dcount:long\n[0,1]\n[10,1]",
        },
        TableExample {
            query: r"datatable (User: string, At: datetime) [
    'B', datetime(2018-06-29), 'B', datetime(2018-06-30), 'A', datetime(2018-07-02),
    'B', datetime(2018-07-04), 'B', datetime(2018-07-08), 'A', datetime(2018-07-10),
    'A', datetime(2018-07-14), 'A', datetime(2018-07-17), 'A', datetime(2018-07-20),
]
| evaluate active_users_count(
    User, At, datetime(2018-07-01), datetime(2018-07-31), 8d, 1d, 3, 7d)",
            result: "At:datetime, dcount:long\n[\"2018-07-01T00:00:00Z\",1]\n[\"2018-07-15T00:00:00Z\",1]",
        },
    ],
    ..Plugin::DEFAULT
};

struct ActiveUsers {
    users: Users,
    look_back: i64,
    appearances: Periods,
    least: f64,
    bins: Periods,
}

impl ActiveUsers {
    fn read(arguments: &PluginArguments<'_>) -> Result<Self> {
        arguments.check_count(8, usize::MAX)?;
        let users = Users::read(arguments, 8)?;
        let line = users.timeline;
        let start = line.point(arguments, 2, "Start")?.unwrap_or_default();
        let end = line.point(arguments, 3, "End")?.unwrap_or_default();
        let look_back = line.span(arguments, 4, "LookbackWindow")?.unwrap_or(1);
        let period = line.span(arguments, 5, "Period")?.unwrap_or(1);
        let least = arguments.constant(6, "ActivePeriods", NUMBER)?;
        let least = match least.map(|least| least.as_real()) {
            None => 1.0,
            Some(Some(least)) => least,
            Some(None) => {
                return Err(arguments.error(Code::BadParameter, 6, "expects ActivePeriods not to be null"));
            }
        };
        let bin = line.step(arguments, 7)?.unwrap_or(Step::Fixed(1));
        Ok(Self {
            users,
            look_back,
            appearances: Periods::new(start, end, Step::Fixed(period)),
            least,
            bins: Periods::new(start, end, bin),
        })
    }
}

fn bind(call: &PluginBinding<'_>) -> std::result::Result<PluginColumns, Vec<Diagnostic>> {
    if call.is_hidden() {
        return Ok(hidden());
    }
    let arguments = PluginArguments::of_binding(call);
    let found = ActiveUsers::read(&arguments).map_err(|it| vec![*it])?;
    let mut columns = found.users.results(&arguments);
    columns.push(result("dcount", ScalarType::Long));
    Ok(PluginColumns::closed(columns))
}

fn run(run: &PluginRun<'_>) -> Result<PluginRows> {
    let ActiveUsers { users, look_back, appearances, least, bins } =
        ActiveUsers::read(&PluginArguments::of_run(run))?;
    let groups = users.groups(run)?;
    let ids = users.ids(run)?;
    let mut rows: Vec<(u32, u32, i64)> = Vec::new();
    let first = bins.start.saturating_sub(look_back);
    users.each_between(run, (first, bins.end), |row, point| {
        let id = ids.get(row).copied().unwrap_or(NO_ROW);
        if id != NO_ROW {
            rows.push((groups.of_row.get(row).copied().unwrap_or(NO_ROW), id, point));
        }
    })?;
    rows.sort_unstable();
    run.work(rows.len().saturating_mul(16))?;
    let mut found: HashSet<(u32, i64, u32)> = HashSet::new();
    for user in runs(&rows, |(group, id, _)| (*group, *id)) {
        let (mut from, mut distinct) = (0, 0_u64);
        // Equal periods are neighbours: each is counted where it begins, and given up where it ends.
        for (at, &(group, id, point)) in user.iter().enumerate() {
            let period = appearances.of(point);
            let of = |at: usize| user.get(at).map(|(_, _, point)| appearances.of(*point));
            if at == from || at.checked_sub(1).and_then(of) != Some(period) {
                distinct += 1;
            }
            while let Some((_, _, old)) = user
                .get(from)
                .filter(|(_, _, old)| i128::from(*old) + i128::from(look_back) <= i128::from(point))
            {
                from += 1;
                if of(from) != Some(appearances.of(*old)) {
                    distinct -= 1;
                }
            }
            if point >= bins.start && distinct as f64 >= least {
                found.insert((group, bins.of(point), id));
            }
        }
    }
    let mut found: Vec<(u32, i64, u32)> = found.into_iter().collect();
    found.sort_unstable();
    let (mut of_groups, mut points, mut counts) = (Vec::new(), Vec::new(), Vec::new());
    for bin in runs(&found, |(group, bin, _)| (*group, *bin)) {
        let Some((group, point, _)) = bin.first() else { continue };
        of_groups.push(*group);
        points.push(*point);
        counts.push(bin.len() as u64);
    }
    let rows = points.len();
    let made = of_groups.iter().zip(&points).map(|(&group, &point): (&u32, &i64)| {
        (group, vec![(point.saturating_sub(look_back), bins.last_of(point))])
    });
    let origins = origins(run, users.timeline, &groups, (first, bins.end), made)?;
    let mut columns: Vec<Column> = vec![users.timeline.points(points)];
    columns.extend(users.columns(run, &groups, &of_groups)?);
    columns.push(longs(counts));
    run.rows(columns, rows, origins)
}
