//! `funnel_sequence_completion`: how many users got how far along a sequence of states, within several times.
//!
//! A user reaches a state of the sequence within a time if rows of the user have the states up to it one after the other, the
//! last of them at most so long after the first. Other states between them do not matter. Each period, counted from the
//! start, is looked at by itself.
//! Source: the page of funnel_sequence_completion. Whether two states at the same time follow one another is not known: it is
//! a doubt where it makes a difference.

use hashbrown::HashSet;

use crate::column::{Column, ColumnBuilder, NO_ROW};
use crate::diagnostic::{Code, Diagnostic};
use crate::function::{Plugin, PluginBinding, PluginColumns, PluginRows, PluginRun, Result};
use crate::reference::{ParameterInfo, TableExample};
use crate::types::{Dynamic, ScalarType, TimeSpan, Value};

use super::arguments::{NOT_DYNAMIC, PluginArguments, hidden, result};
use super::numbers::Numbers;
use super::timeline::{self, Periods, Step, Timeline, Users, longs, origins, runs, value};

pub(super) static PLUGIN: Plugin = Plugin {
    name: "funnel_sequence_completion",
    summary: "Counts the users who reached each state of a sequence, within several times from its first state on.",
    syntax: &[
        "T | evaluate funnel_sequence_completion(User, Timeline, Start, End, BinSize, State, Sequence, Times)",
    ],
    parameters: &[
        ParameterInfo::INPUT,
        timeline::USER,
        ParameterInfo::required("Timeline", "The column that tells when: a datetime or a timespan."),
        ParameterInfo::required("Start", "The first period's start; rows before it do not count."),
        ParameterInfo::required("End", "The last point; rows behind it do not count."),
        ParameterInfo::required("BinSize", "How long a period is. A sequence lies within one period."),
        ParameterInfo::required("State", "The column with the states."),
        ParameterInfo::required("Sequence", "A dynamic array of states, in their order."),
        ParameterInfo::required(
            "Times",
            "A dynamic array of timespans: the longest time from the first state to the one that is reached.",
        ),
    ],
    remarks: &[
        "For each period and each time there is a row for each state of the sequence: a funnel.",
        "The first state is reached by all who have it; its number is the same for all times.",
        "Rows with other states between those of the sequence do not matter.",
    ],
    bind,
    run,
    examples: &[
        TableExample {
            query: r"datatable (User: string, At: datetime, State: string) [
    'ann', datetime(2024-01-01 10:00), 'visit', 'ann', datetime(2024-01-01 10:30), 'cart',
    'ann', datetime(2024-01-01 10:45), 'buy', 'bob', datetime(2024-01-01 11:00), 'visit',
    'bob', datetime(2024-01-01 13:00), 'cart',
]
| evaluate funnel_sequence_completion(
    User, At, datetime(2024-01-01), datetime(2024-01-02), 1d, State,
    dynamic(['visit', 'cart', 'buy']), dynamic([1h, 4h]))",
            result: r#"At:datetime, State:string, Period:timespan, dcount:long
["2024-01-01T00:00:00Z","visit","01:00:00",2]
["2024-01-01T00:00:00Z","cart","01:00:00",1]
["2024-01-01T00:00:00Z","buy","01:00:00",1]
["2024-01-01T00:00:00Z","visit","04:00:00",2]
["2024-01-01T00:00:00Z","cart","04:00:00",2]
["2024-01-01T00:00:00Z","buy","04:00:00",1]"#,
        },
        TableExample {
            query: r"datatable (User: long, At: datetime, State: string) [
    1, datetime(2024-01-01), 'b', 1, datetime(2024-01-02), 'a', 2, datetime(2024-01-01), 'a',
    2, datetime(2024-01-02), 'c', 2, datetime(2024-01-03), 'b',
]
| evaluate funnel_sequence_completion(
    User, At, datetime(2024-01-01), datetime(2024-01-30), 30d, State,
    dynamic(['a', 'b']), dynamic([7d]))
| project State, dcount",
            result: "State:string, dcount:long\n[\"a\",2]\n[\"b\",1]",
        },
    ],
    ..Plugin::DEFAULT
};

struct Funnel {
    users: Users,
    periods: Periods,
    state: usize,
    states: Vec<Dynamic>,
    times: Vec<i64>,
}

impl Funnel {
    fn read(arguments: &PluginArguments<'_>) -> Result<Self> {
        arguments.check_count(8, 8)?;
        let id = arguments.column(0, "the user", NOT_DYNAMIC)?;
        let timeline = Timeline::read(arguments, 1)?;
        if timeline.span_type() != ScalarType::TimeSpan {
            return Err(arguments.unsupported(1, &format!("a timeline of type {}", timeline.data_type)));
        }
        let start = timeline.point(arguments, 2, "Start")?.unwrap_or_default();
        let end = timeline.point(arguments, 3, "End")?.unwrap_or_default();
        let bin = timeline.span(arguments, 4, "BinSize")?.unwrap_or(1);
        let state = arguments.column(5, "the state", NOT_DYNAMIC)?;
        let states = arguments.items(6, "Sequence")?.unwrap_or_default();
        let mut times = Vec::new();
        for item in arguments.items(7, "Times")?.unwrap_or_default() {
            match item.to_value(ScalarType::TimeSpan) {
                Value::TimeSpan(TimeSpan(ticks)) if ticks > 0 => times.push(ticks),
                _ => {
                    let message = "expects Times to be timespans above 0";
                    return Err(arguments.error(Code::BadParameter, 7, message));
                }
            }
        }
        let users = Users { id, timeline, dimensions: Vec::new() };
        let periods = Periods::new(start, end, Step::Fixed(bin));
        Ok(Self { users, periods, state, states, times })
    }
}

fn bind(call: &PluginBinding<'_>) -> std::result::Result<PluginColumns, Vec<Diagnostic>> {
    if call.is_hidden() {
        return Ok(hidden());
    }
    let arguments = PluginArguments::of_binding(call);
    let funnel = Funnel::read(&arguments).map_err(|it| vec![*it])?;
    Ok(PluginColumns::closed(vec![
        funnel.users.timeline.result(&arguments),
        result(arguments.described(funnel.state).0, ScalarType::String),
        result("Period", ScalarType::TimeSpan),
        result("dcount", ScalarType::Long),
    ]))
}

/// A row with one of the states, in the order of periods, users and time.
type StateRow = (i64, u32, i64, Value);

fn run(run: &PluginRun<'_>) -> Result<PluginRows> {
    let Funnel { users, periods, state, states, times } = Funnel::read(&PluginArguments::of_run(run))?;
    let rows = run.input.len();
    let held = Numbers::bytes(rows).saturating_add(rows.saturating_mul(2 * size_of::<StateRow>()));
    run.reserve(held)?;
    let ids = users.ids(run)?;
    let column = run.column(state)?;
    let wanted: Vec<Value> = states.iter().map(|state| state.to_value(column.scalar_type())).collect();
    if wanted
        .iter()
        .zip(&states)
        .any(|(value, state)| value.is_null() || value.to_text().as_ref() != state.to_text())
    {
        let message = "looks for a state that is not of the type of the column";
        return Err(run.fail(Code::EvaluationFailed, message));
    }
    let known: HashSet<std::sync::Arc<str>> = wanted.iter().map(Value::to_text).collect();
    let mut all: Vec<StateRow> = Vec::new();
    users.each_between(run, (periods.start, periods.end), |row, point| {
        let (id, state) = (ids.get(row).copied().unwrap_or(NO_ROW), column.value(row));
        if id != NO_ROW && known.contains(&state.to_text()) {
            all.push((periods.of(point), id, point, state));
        }
    })?;
    all.sort_by_key(|(period, id, point, _)| (*period, *id, *point));
    let (mut points, mut reached, mut of_times, mut counts) =
        (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for period in runs(&all, |(period, _, _, _)| *period) {
        let Some((start, _, _, _)) = period.first() else { continue };
        let cells = times.len().saturating_mul(wanted.len());
        run.reserve(held.saturating_add(points.len().saturating_add(cells).saturating_mul(128)))?;
        let mut found = vec![0_u64; cells];
        run.work(found.len())?;
        for user in runs(period, |(_, id, _, _)| *id) {
            run.work(user.len().saturating_mul(wanted.len()).saturating_mul(4))?;
            let shortest = fastest(user, &wanted, true);
            let others = fastest(user, &wanted, false);
            if shortest != others {
                let example =
                    user.first().map_or(Value::Null, |(_, _, at, _)| value(*at, users.timeline.data_type));
                run.doubt("states at the same time", "they follow one another", example.to_text())?;
            }
            for (at, &time) in times.iter().enumerate() {
                for (step, took) in shortest.iter().enumerate() {
                    let count = found.get_mut(at * wanted.len() + step);
                    if let (Some(took), Some(count)) = (took, count) {
                        *count += u64::from(*took <= i128::from(time));
                    }
                }
            }
        }
        for (at, &time) in times.iter().enumerate() {
            for (step, state) in wanted.iter().enumerate() {
                let count = found.get(at * wanted.len() + step).copied().unwrap_or(0);
                if count == 0 {
                    let about = "a state that nobody reaches";
                    run.doubt(about, "it has a row with 0", state.to_text())?;
                }
                points.push(*start);
                reached.push(Value::String(state.to_text()));
                of_times.push(Some(time));
                counts.push(count);
            }
        }
    }
    let count = points.len();
    let mut builder = ColumnBuilder::new(ScalarType::String);
    reached.iter().for_each(|state| builder.push(state));
    let rows = Numbers::of(run, &[], run.input.len())?;
    let made = points.iter().map(|&point: &i64| (0, vec![(point, periods.last_of(point))]));
    let origins = origins(run, users.timeline, &rows, (periods.start, periods.end), made)?;
    let columns = vec![
        users.timeline.points(points),
        builder.finish(),
        Column::TimeSpan(of_times.into_iter().collect()),
        longs(counts),
    ];
    run.rows(columns, count, origins)
}

/// The shortest time in which a user reaches each state; `None` for one that is not reached. `together` lets states at the
/// same time follow one another.
fn fastest(rows: &[StateRow], states: &[Value], together: bool) -> Vec<Option<i128>> {
    let mut shortest: Vec<Option<i128>> = vec![None; states.len()];
    // The latest first point of the sequences that have come so far.
    let mut begun: Vec<Option<i64>> = vec![None; states.len()];
    for instant in runs(rows, |(_, _, point, _)| *point) {
        let before = begun.clone();
        for (step, state) in states.iter().enumerate() {
            let Some((_, _, point, _)) = instant.iter().find(|(_, _, _, it)| it == state) else { continue };
            let from = match step.checked_sub(1) {
                None => Some(*point),
                // One row is not two equal states.
                Some(last) if together && states.get(last) != Some(state) => {
                    begun.get(last).copied().flatten()
                }
                Some(last) => before.get(last).copied().flatten(),
            };
            let Some(from) = from else { continue };
            if let (Some(begun), Some(shortest)) = (begun.get_mut(step), shortest.get_mut(step)) {
                *begun = (*begun).max(Some(from));
                let took = i128::from(*point) - i128::from(from);
                *shortest = Some(shortest.map_or(took, |known| known.min(took)));
            }
        }
    }
    shortest
}
