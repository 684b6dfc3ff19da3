//! Rows along a timeline: the column of points, the periods that it is divided into, and who was seen in each of them. It is
//! what the plugins that count users over time have in common. It must not know any plugin.

use chrono::Datelike;

use crate::column::{Column, ColumnBuilder, NO_ROW};
use crate::diagnostic::Code;
use crate::function::{InputColumn, PluginRun, Result, RowOrigins};
use crate::reference::ParameterInfo;
use crate::types::{DateTime, ScalarType, TimeSpan, Value};

use super::arguments::{ExpectedType, NOT_DYNAMIC, PluginArguments, STEP, SUMMABLE, result};
use super::numbers::{Numbers, codes};

/// The parameters that such plugins share, for the reference.
pub(super) const USER: ParameterInfo =
    ParameterInfo::required("User", "The column that tells who was active.");
pub(super) const TIMELINE: ParameterInfo =
    ParameterInfo::required("Timeline", "The column that tells when: a datetime, a timespan or an integer.");
pub(super) const DIMENSION: ParameterInfo =
    ParameterInfo::optional("Dimension", "A column; each combination of dimensions is counted by itself.");

/// Points of a timeline are ticks of datetimes and timespans, or integers.
#[derive(Debug, Clone, Copy)]
pub(super) struct Timeline {
    pub column: usize,
    pub data_type: ScalarType,
}

impl Timeline {
    /// The column of an argument.
    pub fn read(arguments: &PluginArguments<'_>, at: usize) -> Result<Self> {
        let column = arguments.column(at, "the timeline", SUMMABLE)?;
        let data_type = arguments.described(column).1;
        if let ScalarType::Real | ScalarType::Decimal = data_type {
            return Err(arguments.unsupported(at, &format!("a timeline of type {data_type}")));
        }
        Ok(Self { column, data_type })
    }

    /// What the difference of two points is.
    pub const fn span_type(self) -> ScalarType {
        match self.data_type {
            ScalarType::DateTime | ScalarType::TimeSpan => ScalarType::TimeSpan,
            data_type => data_type,
        }
    }

    /// A constant point; `None` where it cannot be known, as [`PluginArguments::constant`].
    pub fn point(self, arguments: &PluginArguments<'_>, at: usize, parameter: &str) -> Result<Option<i64>> {
        self.constant(arguments, at, parameter, self.data_type)
    }

    /// A constant distance above 0.
    pub fn span(self, arguments: &PluginArguments<'_>, at: usize, parameter: &str) -> Result<Option<i64>> {
        let span = self.constant(arguments, at, parameter, self.span_type())?;
        if span.is_some_and(|span| span <= 0) {
            return Err(arguments.error(
                Code::BadParameter,
                at,
                format!("expects {parameter} to be above 0"),
            ));
        }
        Ok(span)
    }

    fn constant(
        self,
        arguments: &PluginArguments<'_>,
        at: usize,
        parameter: &str,
        data_type: ScalarType,
    ) -> Result<Option<i64>> {
        let given = arguments.constant_type(at, parameter, SUMMABLE)?;
        let is_integer = |it| matches!(it, ScalarType::Int | ScalarType::Long);
        if given != data_type && !(is_integer(given) && is_integer(data_type)) {
            let what = format!("{parameter} of type {given} for a timeline of type {}", self.data_type);
            return Err(arguments.unsupported(at, &what));
        }
        match arguments.constant(at, parameter, SUMMABLE)? {
            None => Ok(None),
            Some(value) => match number(&value) {
                Some(number) => Ok(Some(number)),
                None => Err(arguments.error(
                    Code::BadParameter,
                    at,
                    format!("expects {parameter} not to be null"),
                )),
            },
        }
    }

    /// The step from one period to the next: a distance, or a period of the calendar.
    pub fn step(self, arguments: &PluginArguments<'_>, at: usize) -> Result<Option<Step>> {
        if arguments.constant_type(at, "the period", STEP)? != ScalarType::String {
            return Ok(self.span(arguments, at, "the period")?.map(Step::Fixed));
        }
        let Some(value) = arguments.constant(at, "the period", STEP)? else { return Ok(None) };
        let known = [("week", Step::Week), ("month", Step::Month), ("year", Step::Year)];
        let found = value.as_str().and_then(|text| {
            known.iter().find(|(name, _)| name.eq_ignore_ascii_case(text)).map(|(_, step)| *step)
        });
        match found {
            Some(_) if self.data_type != ScalarType::DateTime => {
                Err(arguments.unsupported(at, &format!("a calendar period of a {}", self.data_type)))
            }
            Some(step) => Ok(Some(step)),
            None => {
                let message = "expects the period to be one of 'week', 'month', 'year'";
                Err(arguments.error(Code::BadParameter, at, message))
            }
        }
    }

    /// The result's column of points.
    pub fn result(self, arguments: &PluginArguments<'_>) -> InputColumn {
        result(arguments.described(self.column).0, self.data_type)
    }

    /// A column of points.
    pub fn points(self, points: impl IntoIterator<Item = i64>) -> Column {
        let mut builder = ColumnBuilder::new(self.data_type);
        for point in points {
            builder.push(&value(point, self.data_type));
        }
        builder.finish()
    }
}

/// A point or a distance as a value of a type.
pub(super) fn value(number: i64, data_type: ScalarType) -> Value {
    match data_type {
        ScalarType::DateTime => DateTime::from_ticks(number).map_or(Value::Null, Value::DateTime),
        ScalarType::TimeSpan => Value::TimeSpan(TimeSpan(number)),
        ScalarType::Int => i32::try_from(number).map_or(Value::Null, Value::Int),
        _ => Value::Long(number),
    }
}

/// The number that stands for a point or a distance; `None` for null.
pub(super) const fn number(value: &Value) -> Option<i64> {
    match value {
        Value::Int(n) => Some(*n as i64),
        Value::Long(n) => Some(*n),
        Value::DateTime(DateTime(ticks)) | Value::TimeSpan(TimeSpan(ticks)) => Some(*ticks),
        _ => None,
    }
}

/// The distance from one period to the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    Fixed(i64),
    Week,
    Month,
    Year,
}

/// The periods of a timeline from a start on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Periods {
    pub start: i64,
    /// The last point, which belongs to it.
    pub end: i64,
    pub step: Step,
}

const WEEK: i64 = 7 * TimeSpan::DAY;

impl Periods {
    /// Weeks are steps of seven days from a Sunday on.
    pub fn new(start: i64, end: i64, step: Step) -> Self {
        Self { start, end, step }
    }

    /// The start of the period that a point is in.
    pub fn of(&self, point: i64) -> i64 {
        match self.step {
            Step::Fixed(step) => {
                let distance = i128::from(point) - i128::from(self.start);
                let whole = distance.div_euclid(i128::from(step)) * i128::from(step);
                i64::try_from(i128::from(self.start) + whole).unwrap_or(i64::MIN)
            }
            // The first instant is a Monday.
            Step::Week => (point + TimeSpan::DAY).div_euclid(WEEK) * WEEK - TimeSpan::DAY,
            Step::Month => calendar(point, |date| (date.year(), date.month())),
            Step::Year => calendar(point, |date| (date.year(), 1)),
        }
    }

    /// The start of the period after this one.
    pub fn next(&self, period: i64) -> Option<i64> {
        match self.step {
            Step::Fixed(step) => period.checked_add(step),
            Step::Week => period.checked_add(WEEK),
            Step::Month => Some(calendar(period, |date| match date.month() {
                12 => (date.year() + 1, 1),
                month => (date.year(), month + 1),
            })),
            Step::Year => Some(calendar(period, |date| (date.year() + 1, 1))),
        }
        .filter(|next| *next > period)
    }

    /// The last point of a period.
    pub fn last_of(&self, period: i64) -> i64 {
        self.next(period).map_or(i64::MAX, |next| next - 1)
    }

    /// How long a period is; `None` for those that differ.
    pub const fn length(&self) -> Option<i64> {
        match self.step {
            Step::Fixed(step) => Some(step),
            Step::Week => Some(WEEK),
            Step::Month | Step::Year => None,
        }
    }

    /// Notes that it is not known from where the real engine counts periods.
    pub fn check_start(&self, run: &PluginRun<'_>, timeline: Timeline) -> Result<()> {
        if let Step::Fixed(step) = self.step
            && self.start.rem_euclid(step) != 0
        {
            let about = "a start that is no multiple of the period";
            run.doubt(about, "periods are counted from the start", value(self.start, timeline.data_type))?;
        }
        Ok(())
    }
}

/// The first day of the month that is found for an instant.
fn calendar(ticks: i64, month: impl Fn(chrono::NaiveDate) -> (i32, u32)) -> i64 {
    let (year, month) = month(DateTime(ticks).date());
    DateTime::from_ymd(year, month, 1).map_or(i64::MAX, |it| it.0)
}

/// That somebody was seen in a period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Sighting {
    /// Which combination of dimensions.
    pub group: u32,
    pub period: i64,
    /// Who; [`NO_ROW`] for null.
    pub id: u32,
    /// In how many rows.
    pub rows: u64,
}

/// What a plugin reads of its rows.
pub(super) struct Users {
    pub id: usize,
    pub timeline: Timeline,
    pub dimensions: Vec<usize>,
}

/// About what a row takes in all lists and tables.
const BYTES_A_ROW: usize = 128;

impl Users {
    /// The first two arguments, and those from a place on.
    pub fn read(arguments: &PluginArguments<'_>, first_dimension: usize) -> Result<Self> {
        Self::read_with(arguments, NOT_DYNAMIC, first_dimension)
    }

    /// As [`Self::read`], with what is expected of the column of users.
    pub fn read_with(
        arguments: &PluginArguments<'_>,
        expected: ExpectedType,
        first_dimension: usize,
    ) -> Result<Self> {
        Ok(Self {
            id: arguments.column(0, "the user", expected)?,
            timeline: Timeline::read(arguments, 1)?,
            dimensions: arguments.columns_from(first_dimension, "a dimension", NOT_DYNAMIC)?,
        })
    }

    /// The result's first columns: the timeline and the dimensions.
    pub fn results(&self, arguments: &PluginArguments<'_>) -> Vec<InputColumn> {
        let mut columns = vec![self.timeline.result(arguments)];
        columns.extend(self.of_dimensions(arguments));
        columns
    }

    /// The result's columns of dimensions.
    pub fn of_dimensions(&self, arguments: &PluginArguments<'_>) -> Vec<InputColumn> {
        let described = |&at: &usize| {
            let (name, data_type) = arguments.described(at);
            result(name, data_type)
        };
        self.dimensions.iter().map(described).collect()
    }

    /// The combinations of dimensions.
    pub fn groups(&self, run: &PluginRun<'_>) -> Result<Numbers> {
        run.reserve(run.input.len().saturating_mul(BYTES_A_ROW))?;
        let columns = self.dimensions.iter().map(|&at| run.column(at)).collect::<Result<Vec<_>>>()?;
        Numbers::of(run, &columns, run.input.len())
    }

    /// Numbers for the users of the rows; [`NO_ROW`] for null.
    pub fn ids(&self, run: &PluginRun<'_>) -> Result<Vec<u32>> {
        let column = run.column(self.id)?;
        let mut numbers = codes(column);
        for (row, number) in numbers.iter_mut().enumerate() {
            if column.is_null(row) {
                *number = NO_ROW;
            }
        }
        Ok(numbers)
    }

    /// Calls `f` with each row whose point lies between two others, both included: its number and its point.
    pub fn each_between(
        &self,
        run: &PluginRun<'_>,
        (first, last): (i64, i64),
        mut f: impl FnMut(usize, i64),
    ) -> Result<()> {
        let column = run.column(self.timeline.column)?;
        run.work(column.len().saturating_mul(16))?;
        for (row, value) in column.values().enumerate() {
            if let Some(point) = number(&value).filter(|point| (first..=last).contains(point)) {
                f(row, point);
            }
        }
        Ok(())
    }

    /// Who was seen in which period between two points, in the order of groups, periods and users.
    pub fn sightings(
        &self,
        run: &PluginRun<'_>,
        groups: &Numbers,
        periods: &Periods,
        between: (i64, i64),
    ) -> Result<Vec<Sighting>> {
        let ids = self.ids(run)?;
        let mut all: Vec<Sighting> = Vec::new();
        self.each_between(run, between, |row, point| {
            let group = groups.of_row.get(row).copied().unwrap_or(NO_ROW);
            let id = ids.get(row).copied().unwrap_or(NO_ROW);
            all.push(Sighting { group, period: periods.of(point), id, rows: 1 });
        })?;
        all.sort_unstable();
        all.dedup_by(|next, kept| {
            let same = (next.group, next.period, next.id) == (kept.group, kept.period, kept.id);
            if same {
                kept.rows += next.rows;
            }
            same
        });
        Ok(all)
    }

    /// The result's columns of dimensions, for rows of these groups.
    pub fn columns(&self, run: &PluginRun<'_>, groups: &Numbers, of: &[u32]) -> Result<Vec<Column>> {
        let rows: Vec<u32> = of
            .iter()
            .map(|&group| groups.first_rows.get(group as usize).copied().unwrap_or(NO_ROW))
            .collect();
        self.dimensions.iter().map(|&at| Ok(run.column(at)?.take(&rows))).collect()
    }
}

/// Notes that there are periods without rows between two others: it is not known whether the real engine gives rows for
/// them. Says whether there are.
pub(super) fn check_gap(
    run: &PluginRun<'_>,
    periods: &Periods,
    timeline: Timeline,
    last: Option<i64>,
    period: i64,
) -> Result<bool> {
    let Some(missing) = last.and_then(|last| periods.next(last)).filter(|next| *next < period) else {
        return Ok(false);
    };
    let about = "periods without rows between others";
    run.doubt(about, "there is no row for them", value(missing, timeline.data_type))?;
    Ok(true)
}

/// Parts of a list whose neighbours are equal in something.
pub(super) fn runs<'l, T, K: PartialEq>(
    list: &'l [T],
    key: impl Fn(&T) -> K + 'l,
) -> impl Iterator<Item = &'l [T]> + 'l {
    list.chunk_by(move |a, b| key(a) == key(b))
}

/// A column of counts.
pub(super) fn longs(values: impl IntoIterator<Item = u64>) -> Column {
    Column::Long(values.into_iter().map(|it| Some(i64::try_from(it).unwrap_or(i64::MAX))).collect())
}

/// A column of ratios of two counts, each of which is no number where the second one is 0.
pub(super) fn ratios(values: impl IntoIterator<Item = (u64, u64)>) -> Column {
    Column::Real(values.into_iter().map(|(part, whole)| Some(part as f64 / whole as f64)).collect())
}

/// What the rows of a group within a window are.
pub(super) struct Window {
    pub group: u32,
    /// The last period of the window.
    pub period: i64,
    pub rows: u64,
    pub users: u64,
    /// Of the last period alone.
    pub rows_of_period: u64,
    pub users_of_period: u64,
}

/// The windows of so many neighbouring periods that have rows, of each group. `seen` is in order.
pub(super) fn windows(
    run: &PluginRun<'_>,
    seen: &[Sighting],
    periods: &Periods,
    length: i64,
) -> Result<Vec<Window>> {
    let mut found = Vec::new();
    let begin = periods.of(periods.start);
    if periods.start > periods.end {
        return Ok(found);
    }
    for group in runs(seen, |it| it.group) {
        let Some(first) = group.first() else { continue };
        let mut users: hashbrown::HashMap<u32, u32> = hashbrown::HashMap::new();
        let (mut from, mut to, mut rows) = (0, 0, 0_u64);
        let mut period = first.period;
        loop {
            let (mut users_of_period, mut rows_of_period) = (0, 0);
            while let Some(it) = group.get(to).filter(|it| it.period <= period) {
                rows += it.rows;
                if it.period == period {
                    rows_of_period += it.rows;
                }
                if it.id != NO_ROW {
                    *users.entry(it.id).or_insert(0) += 1;
                    users_of_period += u64::from(it.period == period);
                }
                to += 1;
            }
            // A period leaves the window when it is as far away as the window is long.
            while let Some(it) = group
                .get(from)
                .filter(|it| from < to && i128::from(it.period) + i128::from(length) <= i128::from(period))
            {
                rows -= it.rows;
                if let Some(count) = users.get_mut(&it.id) {
                    *count -= 1;
                    if *count == 0 {
                        users.remove(&it.id);
                    }
                }
                from += 1;
            }
            run.work(16)?;
            if from < to && period >= begin {
                let users = users.len() as u64;
                found.push(Window {
                    group: first.group,
                    period,
                    rows,
                    users,
                    rows_of_period,
                    users_of_period,
                });
                if found.len().is_power_of_two() {
                    let bytes = run.input.len().saturating_mul(BYTES_A_ROW);
                    run.reserve(bytes.saturating_add(found.len().saturating_mul(2 * size_of::<Window>())))?;
                }
            }
            let next = periods.next(period);
            // Where the window is empty, it goes on at the next row.
            period = match (next, group.get(to)) {
                // What ends before the start does not come out: it need not be gone through.
                (Some(next), _) if from < to && next <= periods.end => next.max(begin),
                (_, Some(it)) if from == to => it.period,
                _ => break,
            };
        }
    }
    Ok(found)
}

/// The rows of a group that a row of the result was made of: those whose points lie in one of these ranges.
pub(super) type Origins = (u32, Vec<(i64, i64)>);

/// Which rows of the input, of those between two points, each row of the result was made of; nothing where nobody asks.
pub(super) fn origins(
    run: &PluginRun<'_>,
    timeline: Timeline,
    groups: &Numbers,
    (first, last): (i64, i64),
    results: impl Iterator<Item = Origins>,
) -> Result<RowOrigins> {
    if !run.is_traced {
        return Ok(RowOrigins::Unknown);
    }
    let column = run.column(timeline.column)?;
    let mut all: Vec<(u32, i64, u32)> = Vec::new();
    for row in 0..column.len() {
        if let Some(point) = number(&column.value(row)).filter(|point| (first..=last).contains(point)) {
            let group = groups.of_row.get(row).copied().unwrap_or(NO_ROW);
            all.push((group, point, u32::try_from(row).unwrap_or(NO_ROW)));
        }
    }
    all.sort_unstable();
    let (mut starts, mut rows): (Vec<u32>, Vec<u32>) = (vec![0], Vec::new());
    for (group, ranges) in results {
        let begin = rows.len();
        for (from, to) in ranges {
            let first = all.partition_point(|(of, point, _)| (*of, *point) < (group, from));
            let last = all.partition_point(|(of, point, _)| (*of, *point) <= (group, to)).max(first);
            rows.extend(all.get(first..last).unwrap_or_default().iter().map(|(_, _, row)| *row));
        }
        if let Some(found) = rows.get_mut(begin..) {
            found.sort_unstable();
        }
        // Ranges may overlap.
        let kept = rows.split_off(begin);
        rows.extend(kept.chunk_by(|a, b| a == b).filter_map(|same| same.first()));
        run.work(rows.len() - begin + 16)?;
        run.reserve(column.len().saturating_mul(BYTES_A_ROW).saturating_add(rows.len().saturating_mul(8)))?;
        starts.push(u32::try_from(rows.len()).unwrap_or(NO_ROW));
    }
    Ok(RowOrigins::Groups { starts, rows })
}
