//! `new_activity_metrics`: what becomes of the users who were new in a period, in it and in each period after it. Source: the
//! page of new_activity_metrics with its examples. What it leaves open is a doubt: a period in which nobody was new, and users
//! of the look-back table who come later.

use hashbrown::{HashMap, HashSet};

use crate::column::{Column, NO_ROW};
use crate::diagnostic::{Code, Diagnostic};
use crate::function::{
    ArgumentKind, ArgumentValue, Plugin, PluginBinding, PluginColumns, PluginRows, PluginRun, PluginTable,
    Result,
};
use crate::reference::{ParameterInfo, TableExample};
use crate::types::ScalarType;

use super::arguments::{NOT_DYNAMIC, PluginArguments, hidden, result};
use super::numbers::{Numbers, codes_of_both};
use super::timeline::{self, Periods, Sighting, Step, Timeline, Users, longs, origins, ratios, runs, value};

pub(super) static PLUGIN: Plugin = Plugin {
    name: "new_activity_metrics",
    summary: "Follows the users who were new in each period through the periods after it: who came again, who did not.",
    syntax: &[
        "T | evaluate new_activity_metrics(User, Timeline, Start, End, Step [, Cohort] [, Dimension [, …]] [, Lookback])",
    ],
    parameters: &[
        ParameterInfo::INPUT,
        timeline::USER,
        timeline::TIMELINE,
        ParameterInfo::required("Start", "The first period's start; rows before it do not count."),
        ParameterInfo::required("End", "The last point; rows behind it do not count."),
        ParameterInfo::required("Step", "How long a period is, or 'week', 'month' or 'year'."),
        ParameterInfo::optional(
            "Cohort",
            "The start of a period: only those who were new in it are followed. Dimensions stand behind it, or without it.",
        ),
        timeline::DIMENSION,
        ParameterInfo::optional(
            "Lookback",
            "A table with the users who were there before Start, in a column that is called like User. It is the last argument, and there is a cohort.",
        ),
    ],
    remarks: &[
        "There is a row for each pair of periods, from the one in which users were new to itself and to each one after it, \
         up to the period of End.",
        "dcount_new_values counts the users of the later period who were in none up to the earlier one; of a period and itself, \
         those who were new in it.",
        "dcount_retained_values and dcount_churn_values divide those who were new in the earlier period into those who were \
         there in the later one and those who were not; the rates are their shares.",
        "With 'week', 'month' or 'year', Start has to be the start of such a period, of a week a Sunday.",
    ],
    argument_kind: |at| if at < 5 { ArgumentKind::Scalar } else { ArgumentKind::ScalarOrTable },
    bind,
    run,
    examples: &[
        TableExample {
            query: r"datatable (User: long, Day: long) [0, 1, 2, 1, 3, 1, 0, 2, 4, 2, 3, 3, 4, 3, 5, 3]
| evaluate new_activity_metrics(User, Day, 1, 3, 1)
| where from_Day < 3
| project from_Day, to_Day, dcount_new_values, dcount_retained_values, dcount_churn_values",
            result: "from_Day:long, to_Day:long, dcount_new_values:long, dcount_retained_values:long, \
                     dcount_churn_values:long\n[1,1,3,3,0]\n[1,2,1,1,2]\n[1,3,2,1,2]\n[2,2,1,1,0]\n[2,3,1,1,0]",
        },
        TableExample {
            query: r"let Before = datatable (User: string) ['ann'];
datatable (User: string, Day: long) ['ann', 1, 'bob', 1, 'cid', 1, 'bob', 2]
| evaluate new_activity_metrics(User, Day, 1, 2, 1, 1, Before)
| project to_Day, retention_rate, churn_rate",
            result: "to_Day:long, retention_rate:real, churn_rate:real\n[1,1.0,0.0]\n[2,0.5,0.5]",
        },
    ],
    ..Plugin::DEFAULT
};

/// The columns of counts and of rates.
const COUNTS: [&str; 3] = ["dcount_new_values", "dcount_retained_values", "dcount_churn_values"];
const RATES: [&str; 2] = ["retention_rate", "churn_rate"];

struct Cohorts {
    users: Users,
    periods: Periods,
    /// The one that is asked for.
    only: Option<i64>,
    /// The column of the look-back table with users.
    before: Option<usize>,
}

impl Cohorts {
    fn read(arguments: &PluginArguments<'_>, tables: &[PluginTable]) -> Result<Self> {
        arguments.check_count(5, usize::MAX)?;
        let id = arguments.column(0, "the user", NOT_DYNAMIC)?;
        let timeline = Timeline::read(arguments, 1)?;
        let start = timeline.point(arguments, 2, "Start")?;
        let end = timeline.point(arguments, 3, "End")?.unwrap_or_default();
        let step = timeline.step(arguments, 4)?;
        let periods = Periods::new(start.unwrap_or_default(), end, step.unwrap_or(Step::Fixed(1)));
        if start.is_some_and(|start| step.is_some() && periods.of(start) != start) {
            return Err(arguments.unsupported(2, "a Start that is not the start of a calendar period"));
        }
        let mut found =
            Self { users: Users { id, timeline, dimensions: Vec::new() }, periods, only: None, before: None };
        for (at, argument) in arguments.list.iter().enumerate().skip(5) {
            let is_last = at + 1 == arguments.list.len();
            match argument.value {
                ArgumentValue::Table(table) if is_last && at > 5 => {
                    found.before = Some(found.column_of_users(arguments, tables.get(table), at)?);
                }
                ArgumentValue::Column(_) => {
                    found.users.dimensions.push(arguments.column(at, "a dimension", NOT_DYNAMIC)?);
                }
                _ if at == 5 => {
                    let cohort = timeline.point(arguments, at, "Cohort")?;
                    if cohort.zip(start).is_some_and(|(cohort, start)| {
                        step.is_some() && (cohort < start || periods.of(cohort) != cohort)
                    }) {
                        return Err(arguments.unsupported(at, "a Cohort that is not the start of a period"));
                    }
                    found.only = Some(cohort.unwrap_or_default());
                }
                _ => {
                    let message = "expects a column here, or a table as the last argument";
                    return Err(arguments.error(Code::ExpectedColumn, at, message));
                }
            }
        }
        Ok(found)
    }

    /// The column of the look-back table that is called as the users are; its only one whatever it is called.
    fn column_of_users(
        &self,
        arguments: &PluginArguments<'_>,
        table: Option<&PluginTable>,
        at: usize,
    ) -> Result<usize> {
        let columns = table.map_or(&[][..], |table| &table.columns);
        let (name, data_type) = arguments.described(self.users.id);
        let found = columns.iter().position(|column| column.name == name);
        let found = found.or_else(|| (columns.len() == 1).then_some(0));
        match found.and_then(|found| Some((found, columns.get(found)?.data_type))) {
            Some((found, other)) if other.is_none_or(|other| other == data_type) => Ok(found),
            _ => Err(arguments
                .unsupported(at, &format!("a look-back table without a column '{name}: {data_type}'"))),
        }
    }
}

fn bind(call: &PluginBinding<'_>) -> std::result::Result<PluginColumns, Vec<Diagnostic>> {
    if call.is_hidden() || call.tables.iter().any(|table| table.open) {
        return Ok(hidden());
    }
    let arguments = PluginArguments::of_binding(call);
    let cohorts = Cohorts::read(&arguments, call.tables).map_err(|it| vec![*it])?;
    let (name, data_type) = arguments.described(cohorts.users.timeline.column);
    let mut columns =
        vec![result(format!("from_{name}"), data_type), result(format!("to_{name}"), data_type)];
    columns.extend(cohorts.users.of_dimensions(&arguments));
    columns.extend(COUNTS.map(|name| result(name, ScalarType::Long)));
    columns.extend(RATES.map(|name| result(name, ScalarType::Real)));
    Ok(PluginColumns::closed(columns))
}

/// What became of the users of one period in another one.
struct Followed {
    group: u32,
    from: i64,
    to: i64,
    fresh: u64,
    retained: u64,
    cohort: u64,
}

fn run(run: &PluginRun<'_>) -> Result<PluginRows> {
    let tables: Vec<PluginTable> = run.tables.iter().map(PluginTable::of).collect();
    let Cohorts { users, periods, only, before } = Cohorts::read(&PluginArguments::of_run(run), &tables)?;
    periods.check_start(run, users.timeline)?;
    let groups = users.groups(run)?;
    let mut sightings = users.sightings(run, &groups, &periods, (periods.start, periods.end))?;
    sightings.retain(|it| it.id != NO_ROW);
    let known = known_users(run, &users, before)?;
    // Groups of rows are numbered; those without a row in any period do not come out.
    let mut starts: Vec<i64> = Vec::new();
    let mut next = (!run.input.is_empty() && periods.start <= periods.end).then_some(periods.start);
    while let Some(start) = next {
        run.work(64)?;
        starts.push(start);
        if starts.len().is_power_of_two() {
            run.reserve(Numbers::bytes(run.input.len()).saturating_mul(4).saturating_add(starts.len() * 32))?;
        }
        next = periods.next(start).filter(|next| *next <= periods.end);
    }
    let mut found: Vec<Followed> = Vec::new();
    for group in runs(&sightings, |it| it.group) {
        follow(run, &users, group, &known, &starts, only, &mut found)?;
    }
    let of_groups: Vec<u32> = found.iter().map(|it| it.group).collect();
    let line = users.timeline;
    let mut columns: Vec<Column> =
        vec![line.points(found.iter().map(|it| it.from)), line.points(found.iter().map(|it| it.to))];
    columns.extend(users.columns(run, &groups, &of_groups)?);
    columns.push(longs(found.iter().map(|it| it.fresh)));
    columns.push(longs(found.iter().map(|it| it.retained)));
    columns.push(longs(found.iter().map(|it| it.cohort - it.retained)));
    columns.push(ratios(found.iter().map(|it| (it.retained, it.cohort))));
    columns.push(ratios(found.iter().map(|it| (it.cohort - it.retained, it.cohort))));
    let of = |period: i64| (period, periods.last_of(period));
    let made = found.iter().map(|it| (it.group, vec![of(it.from), of(it.to)]));
    let origins = origins(run, users.timeline, &groups, (periods.start, periods.end), made)?;
    run.rows(columns, found.len(), origins)
}

/// The users of the look-back table, by their numbers.
fn known_users(run: &PluginRun<'_>, users: &Users, before: Option<usize>) -> Result<HashSet<u32>> {
    let Some(column) = before.and_then(|at| run.tables.first()?.columns().get(at)) else {
        return Ok(HashSet::new());
    };
    run.work(column.len().saturating_mul(16))?;
    let ids = run.column(users.id)?;
    // The rows' numbers come first, so that they are those of the rows alone.
    let (_, of_table) = codes_of_both(ids.scalar_type(), ids, column);
    Ok(of_table.into_iter().enumerate().filter(|(row, _)| !column.is_null(*row)).map(|(_, id)| id).collect())
}

/// Follows the users of one group. `sightings` are in the order of periods.
fn follow(
    run: &PluginRun<'_>,
    users: &Users,
    sightings: &[Sighting],
    known: &HashSet<u32>,
    starts: &[i64],
    only: Option<i64>,
    found: &mut Vec<Followed>,
) -> Result<()> {
    let Some(group) = sightings.first().map(|it| it.group) else { return Ok(()) };
    let number = |period: i64| starts.partition_point(|start| *start < period);
    let mut first_of: HashMap<u32, usize> = HashMap::new();
    // How many users of each period were first seen in each one up to it.
    let mut by_first: Vec<HashMap<usize, u64>> = vec![HashMap::new(); starts.len()];
    let mut cohorts = vec![0_u64; starts.len()];
    for it in sightings {
        run.work(16)?;
        let period = number(it.period);
        if known.contains(&it.id) {
            if it.period > starts.first().copied().unwrap_or(it.period) {
                let about = "a user of the look-back table in a later period";
                run.doubt(about, "it counts as no new user", value(it.period, users.timeline.data_type))?;
            }
            continue;
        }
        let first = *first_of.entry(it.id).or_insert_with(|| {
            if let Some(cohort) = cohorts.get_mut(period) {
                *cohort += 1;
            }
            period
        });
        if let Some(counts) = by_first.get_mut(period) {
            *counts.entry(first).or_insert(0) += 1;
        }
    }
    let pairs = starts.len().saturating_mul(starts.len()) / 2;
    let rows = if only.is_some() { starts.len() } else { pairs };
    let bytes = found.len().saturating_add(rows).saturating_mul(2 * size_of::<Followed>());
    run.reserve(Numbers::bytes(run.input.len()).saturating_mul(4).saturating_add(bytes))?;
    for (from, &from_start) in starts.iter().enumerate() {
        if only.is_some_and(|only| only != from_start) {
            continue;
        }
        let cohort = cohorts.get(from).copied().unwrap_or(0);
        if cohort == 0 {
            let about = "a period in which nobody was new";
            run.doubt(about, "its rates are NaN", value(from_start, users.timeline.data_type))?;
        }
        for (to, &to_start) in starts.iter().enumerate().skip(from) {
            let none = HashMap::new();
            let counts = by_first.get(to).unwrap_or(&none);
            run.work(4 + counts.len())?;
            let later: u64 = counts.iter().filter(|(first, _)| **first > from).map(|(_, count)| count).sum();
            let fresh = if to == from { cohort } else { later };
            let retained = counts.get(&from).copied().unwrap_or(0);
            found.push(Followed { group, from: from_start, to: to_start, fresh, retained, cohort });
        }
    }
    Ok(())
}
