//! `sequence_detect`: rows that follow one another in time, each of which meets the next of several conditions.
//!
//! Each combination of rows makes a sequence whose steps are near enough to one another, and all of them together: the page's
//! example has one row of the first step with two of the second one, and another with the same second row. What the page does
//! not tell is a doubt: rows with the same time, which make one sequence, and steps at the same time, which make none.
//! Source: the page of sequence_detect, and Microsoft's parser for the columns and for which arguments are conditions.

use crate::column::{Column, NO_ROW};
use crate::diagnostic::{Code, Diagnostic};
use crate::function::{ArgumentValue, Plugin, PluginBinding, PluginColumns, PluginRows, PluginRun, Result};
use crate::reference::{ParameterInfo, TableExample};
use crate::types::{ScalarType, Value};

use super::arguments::{NOT_DYNAMIC, PluginArguments, hidden, result};
use super::numbers::Numbers;
use super::timeline::{Timeline, number, origins, value};

pub(super) static PLUGIN: Plugin = Plugin {
    name: "sequence_detect",
    summary: "Finds rows that meet several conditions one after the other, near enough in time.",
    syntax: &[
        "T | evaluate sequence_detect(Timeline, MaxStep, MaxSpan, Name = Condition [, …] [, Dimension [, …]])",
    ],
    parameters: &[
        ParameterInfo::INPUT,
        ParameterInfo::required("Timeline", "The column that tells when: a datetime or a timespan."),
        ParameterInfo::required("MaxStep", "How far one step may be behind the one before it."),
        ParameterInfo::required("MaxSpan", "How far the last step may be behind the first one."),
        ParameterInfo::required("Name", "A name for the step; its time is in a column Name_Timeline."),
        ParameterInfo::required("Condition", "A bool expression over a row."),
        ParameterInfo::optional(
            "Dimension",
            "A column that is not bool; the rows of a sequence have equal values in it. Dimensions follow the conditions.",
        ),
    ],
    remarks: &[
        "Every combination of rows that fits is a sequence, so that one row may be in several. Long windows over many rows \
         give very many.",
        "The result has the dimensions, the time of each step, and Duration.",
        "PointsOfSteps are later than those before them. The answer warns where rows have the same time, since it is not known what \
         Kusto does with them.",
    ],
    bind,
    run,
    examples: &[
        TableExample {
            query: r"datatable (At: datetime, State: string, Event: string) [
    datetime(2007-05-08), 'CA', 'Heat', datetime(2007-05-09), 'CA', 'Fire',
    datetime(2007-05-10), 'CA', 'Fire', datetime(2007-05-11), 'TX', 'Heat',
    datetime(2007-05-20), 'TX', 'Fire',
]
| evaluate sequence_detect(At, 5d, 5d, heat=(Event == 'Heat'), fire=(Event == 'Fire'), State)",
            result: r#"State:string, heat_At:datetime, fire_At:datetime, Duration:timespan
["CA","2007-05-08T00:00:00Z","2007-05-09T00:00:00Z","1.00:00:00"]
["CA","2007-05-08T00:00:00Z","2007-05-10T00:00:00Z","2.00:00:00"]"#,
        },
        TableExample {
            query: r"datatable (At: datetime, User: string, Action: string) [
    datetime(2024-06-01 10:00), 'ann', 'logon', datetime(2024-06-01 10:05), 'ann', 'mfa',
    datetime(2024-06-01 10:08), 'ann', 'delete', datetime(2024-06-01 10:30), 'ann', 'delete',
]
| evaluate sequence_detect(
    At, 10m, 1h, a=(Action == 'logon'), b=(Action == 'mfa'), c=(Action == 'delete'), User)
| project User, Duration",
            result: "User:string, Duration:timespan\n[\"ann\",\"00:08:00\"]",
        },
    ],
    ..Plugin::DEFAULT
};

struct EventSequence {
    timeline: Timeline,
    max_step: i64,
    max_span: i64,
    /// Each condition, and how its step is called.
    steps: Vec<(StepCondition, String)>,
    dimensions: Vec<usize>,
}

enum StepCondition {
    Column(usize),
    Constant(bool),
}

impl EventSequence {
    fn read(arguments: &PluginArguments<'_>) -> Result<Self> {
        arguments.check_count(4, usize::MAX)?;
        let timeline = Timeline::read(arguments, 0)?;
        if timeline.span_type() != ScalarType::TimeSpan {
            return Err(arguments.unsupported(0, &format!("a timeline of type {}", timeline.data_type)));
        }
        let max_step = timeline.span(arguments, 1, "MaxStep")?.unwrap_or(1);
        let max_span = timeline.span(arguments, 2, "MaxSpan")?.unwrap_or(1);
        let mut found = Self { timeline, max_step, max_span, steps: Vec::new(), dimensions: Vec::new() };
        for (at, argument) in arguments.list.iter().enumerate().skip(3) {
            let (condition, data_type) = match &argument.value {
                ArgumentValue::Column(column) => {
                    (StepCondition::Column(*column), arguments.described(*column).1)
                }
                ArgumentValue::Computed { column, data_type, .. } => {
                    (StepCondition::Column(*column), *data_type)
                }
                ArgumentValue::Constant(value, data_type) => {
                    (StepCondition::Constant(*value == Value::Bool(true)), *data_type)
                }
                _ => (StepCondition::Constant(false), ScalarType::Dynamic),
            };
            if data_type == ScalarType::Bool && found.dimensions.is_empty() {
                found.steps.push((condition, argument.result_name.clone().unwrap_or_default()));
            } else if found.steps.is_empty() {
                let message = format!("expects a condition, this is {data_type}");
                return Err(arguments.error(Code::ExpectedType, at, message));
            } else {
                found.dimensions.push(arguments.column(at, "a dimension", NOT_DYNAMIC)?);
            }
        }
        Ok(found)
    }
}

fn bind(call: &PluginBinding<'_>) -> std::result::Result<PluginColumns, Vec<Diagnostic>> {
    if call.is_hidden() {
        return Ok(hidden());
    }
    let arguments = PluginArguments::of_binding(call);
    let sequence = EventSequence::read(&arguments).map_err(|it| vec![*it])?;
    let described = |at: usize| {
        let (name, data_type) = arguments.described(at);
        result(name, data_type)
    };
    let mut columns: Vec<_> = sequence.dimensions.iter().map(|&at| described(at)).collect();
    let (timeline, data_type) = arguments.described(sequence.timeline.column);
    columns.extend(sequence.steps.iter().map(|(_, step)| result(format!("{step}_{timeline}"), data_type)));
    columns.push(result("Duration", ScalarType::TimeSpan));
    Ok(PluginColumns::closed(columns))
}

/// The points of the rows of one group that meet each condition, in their order, each once.
type PointsOfSteps = Vec<Vec<i64>>;

fn run(run: &PluginRun<'_>) -> Result<PluginRows> {
    let sequence = EventSequence::read(&PluginArguments::of_run(run))?;
    let rows = run.input.len();
    let held = Numbers::bytes(rows).saturating_add(rows.saturating_mul(32 + 40 * sequence.steps.len()));
    run.reserve(held)?;
    run.work(rows.saturating_mul(16))?;
    let dimensions = sequence.dimensions.iter().map(|&at| run.column(at)).collect::<Result<Vec<_>>>()?;
    let groups = Numbers::of(run, &dimensions, rows)?;
    let points = run.column(sequence.timeline.column)?;
    let mut of_group: Vec<PointsOfSteps> = vec![vec![Vec::new(); sequence.steps.len()]; groups.len()];
    for (at, (condition, _)) in sequence.steps.iter().enumerate() {
        let holds: Vec<u32> = match condition {
            StepCondition::Column(column) => run.column(*column)?.true_rows(),
            StepCondition::Constant(true) => (0..u32::try_from(rows).unwrap_or(NO_ROW)).collect(),
            StepCondition::Constant(false) => Vec::new(),
        };
        for row in holds {
            let Some(point) = number(&points.value(row as usize)) else { continue };
            let group = groups.of_row.get(row as usize).and_then(|group| of_group.get_mut(*group as usize));
            if let Some(list) = group.and_then(|steps| steps.get_mut(at)) {
                list.push(point);
            }
        }
    }
    // The points of each step one after the other, and the group of each sequence.
    let mut found: Vec<(Vec<i64>, u32)> = Vec::new();
    let mut given = 0;
    for (group, mut steps) in of_group.into_iter().enumerate() {
        for list in &mut steps {
            list.sort_unstable();
            let rows = list.len();
            list.dedup();
            if list.len() < rows {
                let example = list.first().map_or(Value::Null, |it| value(*it, sequence.timeline.data_type));
                run.doubt("rows of one step at the same time", "they are one", example.to_text())?;
            }
        }
        let group = u32::try_from(group).unwrap_or(NO_ROW);
        combine(run, &sequence, &steps, (held, &mut given), |points| found.push((points.to_vec(), group)))?;
    }
    found.sort_unstable();
    let bytes = sequence.steps.len().saturating_add(8).saturating_mul(16);
    run.reserve(held.saturating_add(found.len().saturating_mul(bytes)))?;
    let firsts: Vec<u32> = found
        .iter()
        .map(|(_, group)| groups.first_rows.get(*group as usize).copied().unwrap_or(NO_ROW))
        .collect();
    let mut columns: Vec<Column> = dimensions.iter().map(|column| column.take(&firsts)).collect();
    let point = |points: &[i64], at: usize| points.get(at).copied().unwrap_or_default();
    for at in 0..sequence.steps.len() {
        columns.push(sequence.timeline.points(found.iter().map(|(points, _)| point(points, at))));
    }
    let last = sequence.steps.len().saturating_sub(1);
    let durations =
        found.iter().map(|(points, _)| Some(point(points, last).saturating_sub(point(points, 0))));
    columns.push(Column::TimeSpan(durations.collect()));
    let made = found.iter().map(|(points, group)| (*group, points.iter().map(|it| (*it, *it)).collect()));
    let origins = origins(run, sequence.timeline, &groups, (i64::MIN, i64::MAX), made)?;
    run.rows(columns, found.len(), origins)
}

/// Gives each combination of points that fits, without recursion: `chosen` has the place of each step's point. `given` counts
/// all of them, `held` are the bytes beside them.
fn combine(
    run: &PluginRun<'_>,
    sequence: &EventSequence,
    steps: &PointsOfSteps,
    (held, given): (usize, &mut usize),
    mut give: impl FnMut(&[i64]),
) -> Result<()> {
    let after = |list: &[i64], point: i64| list.partition_point(|it| *it <= point);
    let mut chosen: Vec<usize> = vec![0];
    let mut points: Vec<i64> = Vec::new();
    while let Some(&place) = chosen.last() {
        run.work(16)?;
        let at = chosen.len() - 1;
        let point = steps.get(at).and_then(|list| list.get(place)).copied();
        let is_near = |point: i64| {
            let (last, first) = (points.last().copied(), points.first().copied());
            last.is_none_or(|last| i128::from(point) - i128::from(last) <= i128::from(sequence.max_step))
                && first.is_none_or(|first| {
                    i128::from(point) - i128::from(first) <= i128::from(sequence.max_span)
                })
        };
        let Some(point) = point.filter(|point| is_near(*point)) else {
            // No point behind this one is nearer.
            chosen.pop();
            points.pop();
            if let Some(place) = chosen.last_mut() {
                *place += 1;
            }
            continue;
        };
        let next = steps.get(at + 1);
        if let Some(next) = next {
            points.push(point);
            let first = after(next, point);
            if next.get(first.wrapping_sub(1)) == Some(&point) {
                let example = value(point, sequence.timeline.data_type).to_text();
                run.doubt("steps at the same time", "they are no sequence", example)?;
            }
            chosen.push(first);
        } else {
            points.push(point);
            give(&points);
            points.pop();
            *given += 1;
            if given.is_power_of_two() {
                let bytes = given.saturating_mul(2 * (40 + 8 * steps.len()));
                run.reserve(held.saturating_add(bytes))?;
            }
            if let Some(place) = chosen.last_mut() {
                *place += 1;
            }
        }
    }
    Ok(())
}
