//! `rolling_percentile`: the percentile of the values of the last bins, for each bin. Source: the page of rolling_percentile,
//! and Microsoft's parser for the column's name. The percentile is that of the nearest rank, as `percentile` gives it.

use crate::column::{Column, ColumnBuilder, NO_ROW};
use crate::diagnostic::{Code, Diagnostic};
use crate::function::{Plugin, PluginBinding, PluginColumns, PluginRows, PluginRun, Result};
use crate::reference::{ParameterInfo, TableExample};
use crate::stdlib::sketch::rank;
use crate::types::{ScalarType, Value};

use super::arguments::{INTEGER, NOT_DYNAMIC, NUMBER, PluginArguments, SUMMABLE, hidden, result};
use super::numbers::Numbers;
use super::timeline::{Periods, Step, Timeline, check_gap, number, origins, runs};

pub(super) static PLUGIN: Plugin = Plugin {
    name: "rolling_percentile",
    summary: "Gives for each bin the percentile of the values in it and in the bins before it.",
    syntax: &[
        "T | evaluate rolling_percentile(Value, Percentile, Index, BinSize, BinsPerWindow [, Dimension [, …]])",
    ],
    parameters: &[
        ParameterInfo::INPUT,
        ParameterInfo::required("Value", "The column whose values are ranked."),
        ParameterInfo::required("Percentile", "The percentile, from 0 to 100."),
        ParameterInfo::required(
            "Index",
            "The column over which the window moves: a datetime, a timespan or an integer.",
        ),
        ParameterInfo::required("BinSize", "How long a bin is; bins are those of bin()."),
        ParameterInfo::required(
            "BinsPerWindow",
            "How many bins a window has, the one it ends with among them.",
        ),
        ParameterInfo::optional(
            "Dimension",
            "A column; each combination of dimensions is computed by itself.",
        ),
    ],
    remarks: &[
        "The column is called rolling_3_percentile_x_50: after the bins, the value's column and the percentile.",
        "Kusto estimates; kqlite gives the value of the nearest rank, one that is there.",
        "A bin without rows does not come out. Values that are null do not count.",
    ],
    bind,
    run,
    examples: &[
        TableExample {
            query: r"range x from 0 to 71 step 1
| project At = datetime(2018-01-01) + 1h * x, x = x + 1
| evaluate rolling_percentile(x, 50, At, 1d, 2)",
            result: r#"At:datetime, rolling_2_percentile_x_50:long
["2018-01-01T00:00:00Z",12]
["2018-01-02T00:00:00Z",24]
["2018-01-03T00:00:00Z",48]"#,
        },
        TableExample {
            query: r"datatable (Day: long, Site: string, Load: real) [
    1, 'a', 1.5, 1, 'b', 9.0, 2, 'a', 2.5, 2, 'a', 3.5, 2, 'b', 7.0,
]
| evaluate rolling_percentile(Load, 99, Day, 1, 2, Site)",
            result: "Day:long, Site:string, rolling_2_percentile_Load_99:real\n\
                     [1,\"a\",1.5]\n[2,\"a\",3.5]\n[1,\"b\",9.0]\n[2,\"b\",9.0]",
        },
    ],
    ..Plugin::DEFAULT
};

struct Rolling {
    column: usize,
    value_type: ScalarType,
    percentile: Option<Value>,
    index: Timeline,
    bin: i64,
    bins: Option<i64>,
    dimensions: Vec<usize>,
}

impl Rolling {
    fn read(arguments: &PluginArguments<'_>) -> Result<Self> {
        arguments.check_count(5, usize::MAX)?;
        let column = arguments.column(0, "the value", SUMMABLE)?;
        let value_type = arguments.described(column).1;
        if value_type == ScalarType::Decimal {
            return Err(arguments.unsupported(0, "values of type decimal"));
        }
        let percentile = arguments.constant(1, "Percentile", NUMBER)?;
        if percentile.as_ref().is_some_and(|it| !it.as_real().is_some_and(|it| (0.0..=100.0).contains(&it))) {
            return Err(arguments.error(Code::BadParameter, 1, "expects Percentile to be from 0 to 100"));
        }
        let index = Timeline::read(arguments, 2)?;
        let bin = index.span(arguments, 3, "BinSize")?.unwrap_or(1);
        let bins = arguments.constant(4, "BinsPerWindow", INTEGER)?;
        let bins = match bins.map(|bins| bins.as_long()) {
            None => None,
            Some(Some(bins)) if bins > 0 => Some(bins),
            Some(_) => {
                return Err(arguments.error(Code::BadParameter, 4, "expects BinsPerWindow to be above 0"));
            }
        };
        let dimensions = arguments.columns_from(5, "a dimension", NOT_DYNAMIC)?;
        Ok(Self { column, value_type, percentile, index, bin, bins, dimensions })
    }
}

fn bind(call: &PluginBinding<'_>) -> std::result::Result<PluginColumns, Vec<Diagnostic>> {
    if call.is_hidden() {
        return Ok(hidden());
    }
    let arguments = PluginArguments::of_binding(call);
    let columns = || {
        let rolling = Rolling::read(&arguments)?;
        // The name has both numbers in it.
        let (Some(percentile), Some(bins)) = (&rolling.percentile, rolling.bins) else {
            return Err(arguments.unsupported(1, "a number that is known only when the query runs"));
        };
        let percentile = match percentile {
            Value::Real(number) => number.to_string(),
            other => other.to_text().to_string(),
        };
        let mut columns = vec![rolling.index.result(&arguments)];
        for &at in &rolling.dimensions {
            let (name, data_type) = arguments.described(at);
            columns.push(result(name, data_type));
        }
        let name = arguments.described(rolling.column).0;
        columns.push(result(format!("rolling_{bins}_percentile_{name}_{percentile}"), rolling.value_type));
        Ok(PluginColumns::closed(columns))
    };
    columns().map_err(|it: Box<Diagnostic>| vec![*it])
}

/// Values in their order, each with how often it is there: of the last bins. How many there are up to a rank is found by
/// halving ranges of values.
struct Ranks {
    /// A binary indexed tree over the places of values.
    counts: Vec<i64>,
    total: i64,
}

impl Ranks {
    fn new(places: usize) -> Self {
        Self { counts: vec![0; places + 1], total: 0 }
    }

    /// [`NO_ROW`] is the place of null, which does not count.
    fn add(&mut self, place: u32, count: i64) {
        if place == NO_ROW {
            return;
        }
        self.total += count;
        let mut at = place as usize + 1;
        while let Some(slot) = self.counts.get_mut(at) {
            *slot += count;
            at += at & at.wrapping_neg();
        }
    }

    /// The place of the value of a rank, counted from 1.
    fn of_rank(&self, rank: i64) -> usize {
        let (mut place, mut left) = (0, rank);
        let mut step = self.counts.len().next_power_of_two();
        while step > 0 {
            if let Some(&count) = self.counts.get(place + step).filter(|count| **count < left) {
                place += step;
                left -= count;
            }
            step /= 2;
        }
        place
    }
}

fn run(run: &PluginRun<'_>) -> Result<PluginRows> {
    let rolling = Rolling::read(&PluginArguments::of_run(run))?;
    let rows = run.input.len();
    run.reserve(Numbers::bytes(rows).saturating_mul(5))?;
    run.work(rows.saturating_mul(64))?;
    let dimensions = rolling.dimensions.iter().map(|&at| run.column(at)).collect::<Result<Vec<_>>>()?;
    let groups = Numbers::of(run, &dimensions, rows)?;
    let (values, index) = (run.column(rolling.column)?, run.column(rolling.index.column)?);
    let periods = Periods::new(0, i64::MAX, Step::Fixed(rolling.bin));

    // The place of each value in their order.
    let as_row = |row: usize| u32::try_from(row).unwrap_or(NO_ROW);
    let value_of = |row: u32| values.value(row as usize);
    let mut sorted: Vec<u32> = (0..rows).filter(|row| !values.is_null(*row)).map(as_row).collect();
    sorted.sort_by(|a, b| order(&value_of(*a), &value_of(*b)));
    let mut places = vec![NO_ROW; rows];
    let mut of_place: Vec<u32> = Vec::new();
    for &row in &sorted {
        if of_place.last().is_none_or(|last| order(&value_of(*last), &value_of(row)).is_ne()) {
            of_place.push(row);
        }
        if let Some(place) = places.get_mut(row as usize) {
            *place = as_row(of_place.len() - 1);
        }
    }

    let mut entries: Vec<(u32, i64, u32)> = Vec::new();
    for row in 0..rows {
        let Some(point) = number(&index.value(row)) else { continue };
        let group = groups.of_row.get(row).copied().unwrap_or(NO_ROW);
        entries.push((group, periods.of(point), places.get(row).copied().unwrap_or(NO_ROW)));
    }
    entries.sort_unstable();
    let percentile = rolling.percentile.as_ref().and_then(Value::as_real).unwrap_or_default();
    let window = i128::from(rolling.bin) * i128::from(rolling.bins.unwrap_or(1));
    let (mut of_groups, mut points) = (Vec::new(), Vec::new());
    let mut builder = ColumnBuilder::new(rolling.value_type);
    let mut ranks = Ranks::new(of_place.len());
    for group in runs(&entries, |(group, _, _)| *group) {
        let (mut oldest, mut last) = (0, None);
        for bin in runs(group, |(_, bin, _)| *bin) {
            let Some((of_group, point, _)) = bin.first() else { continue };
            check_gap(run, &periods, rolling.index, last, *point)?;
            last = Some(*point);
            run.work(bin.len().saturating_mul(64))?;
            bin.iter().for_each(|(_, _, place)| ranks.add(*place, 1));
            while let Some((_, _, place)) =
                group.get(oldest).filter(|(_, bin, _)| i128::from(*bin) + window <= i128::from(*point))
            {
                ranks.add(*place, -1);
                oldest += 1;
            }
            of_groups.push(*of_group);
            points.push(*point);
            let found = (ranks.total > 0).then(|| ranks.of_rank(rank(percentile, ranks.total) + 1));
            match found.and_then(|place| of_place.get(place)) {
                Some(row) => builder.push(&value_of(*row)),
                None => builder.push_null(),
            }
        }
        // What is left would be seen by the next group.
        for (_, _, place) in group.get(oldest..).unwrap_or_default() {
            ranks.add(*place, -1);
        }
    }
    let count = points.len();
    let before = rolling.bin.saturating_mul(rolling.bins.unwrap_or(1).saturating_sub(1));
    let made = of_groups.iter().zip(&points).map(|(&group, &point): (&u32, &i64)| {
        (group, vec![(point.saturating_sub(before), periods.last_of(point))])
    });
    let origins = origins(run, rolling.index, &groups, (i64::MIN, i64::MAX), made)?;
    let mut columns: Vec<Column> = vec![rolling.index.points(points)];
    let firsts: Vec<u32> = of_groups
        .iter()
        .map(|&group| groups.first_rows.get(group as usize).copied().unwrap_or(NO_ROW))
        .collect();
    columns.extend(dimensions.iter().map(|column| column.take(&firsts)));
    columns.push(builder.finish());
    run.rows(columns, count, origins)
}

/// How values are ordered; what is no number comes first.
fn order(a: &Value, b: &Value) -> std::cmp::Ordering {
    match (a, b) {
        (Value::Real(a), Value::Real(b)) => b.is_nan().cmp(&a.is_nan()).then(a.total_cmp(b)),
        _ => number(a).cmp(&number(b)),
    }
}
