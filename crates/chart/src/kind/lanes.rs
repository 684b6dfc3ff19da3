//! `timepivot`, `timeline` and `ladderchart`: strips along an axis, in lanes.

use indexmap::IndexMap;

use crate::axis::{Axis, Measure};
use crate::cell::{label, number, ticks};
use crate::chart::{Lane, Lanes};
use crate::error::ChartError;
use crate::format::left_out;
use crate::properties::{ChartKind, Properties};
use crate::roles::Columns;

/// The most lanes.
const MAX_LANES: usize = 60;
/// The most strips.
const MAX_STRIPS: usize = 20_000;

/// Events over time: the first column of times is the beginning, the second one, if there is any, the end.
pub(super) fn events(
    columns: &Columns<'_>,
    properties: &Properties,
    notes: &mut Vec<String>,
) -> Result<Lanes, ChartError> {
    let kind = ChartKind::TimePivot;
    let mut times = columns.plain(Measure::Time);
    let from = match properties.xcolumn.as_deref().filter(|name| !name.is_empty()) {
        Some(name) => {
            let at = columns.named("xcolumn", name)?;
            if !columns.plain(Measure::Time).any(|it| it == at) {
                return Err(columns.unfit("xcolumn", at, "events have datetimes"));
            }
            at
        }
        None => times.next().ok_or_else(|| columns.missing(kind, "a column of datetimes"))?,
    };
    let to = times.find(|at| *at != from);
    let mut names = columns.list("series", properties.series.as_deref())?;
    if names.is_empty() {
        names = columns.plain(Measure::Category).take(1).collect();
    }
    Ok(lanes(columns, (from, to), &names, properties, notes))
}

/// One strip a row: the last two columns are its ends, the others its name.
pub(super) fn ladder(
    columns: &Columns<'_>,
    properties: &Properties,
    notes: &mut Vec<String>,
) -> Result<Lanes, ChartError> {
    let kind = ChartKind::Ladder;
    let needed = "two last columns of the same type, datetimes or numbers, for its x axis";
    let count = columns.table.columns().len();
    let (Some(from), Some(to)) = (count.checked_sub(2), count.checked_sub(1)) else {
        return Err(columns.missing(kind, needed));
    };
    let fits = |at: usize| {
        [Measure::Time, Measure::Number, Measure::Span]
            .into_iter()
            .find(|it| columns.plain(*it).any(|x| x == at))
    };
    if fits(from).is_none() || fits(from) != fits(to) {
        return Err(columns.missing(kind, needed));
    }
    let mut names = columns.list("series", properties.series.as_deref())?;
    if names.is_empty() {
        names = (0..from).collect();
    }
    Ok(lanes(columns, (from, Some(to)), &names, properties, notes))
}

fn lanes(
    columns: &Columns<'_>,
    (from, to): (usize, Option<usize>),
    names: &[usize],
    properties: &Properties,
    notes: &mut Vec<String>,
) -> Lanes {
    let table = columns.table;
    let measure = columns.measure(from);
    let cell = |at: usize, row: usize| table.columns().get(at).map(|column| column.value(row));
    let origin = match measure {
        Measure::Time => (0..table.len())
            .filter_map(|row| cell(from, row).and_then(|it| ticks(&it)))
            .min()
            .unwrap_or_default(),
        _ => 0,
    };
    let place = |at: usize, row: usize| -> Option<f64> {
        let value = cell(at, row)?;
        match measure {
            Measure::Time => ticks(&value).map(|it| it.saturating_sub(origin) as f64),
            _ => number(&value).filter(|it| it.is_finite()),
        }
    };
    let mut found: IndexMap<String, Vec<(f64, f64)>> = IndexMap::new();
    let (mut strips, mut without, mut beyond, mut turned) = (0_usize, 0_usize, 0_usize, 0_usize);
    for row in 0..table.len() {
        let Some(begin) = place(from, row) else {
            without += 1;
            continue;
        };
        let end = to.and_then(|at| place(at, row)).unwrap_or(begin);
        turned += usize::from(end < begin);
        let labels: Vec<String> = names.iter().filter_map(|at| cell(*at, row)).map(|it| label(&it)).collect();
        let name = labels.join(", ");
        if strips >= MAX_STRIPS || (found.len() >= MAX_LANES && !found.contains_key(&name)) {
            beyond += 1;
            continue;
        }
        strips += 1;
        found.entry(name).or_default().push((begin.min(end), begin.max(end)));
    }
    if without > 0 {
        notes.push(left_out(without, "row", &format!("without '{}'", columns.name(from))));
    }
    if turned > 0 {
        notes.push(format!("rows that end before they begin: {turned}"));
    }
    if beyond > 0 {
        notes.push(left_out(beyond, "row", &format!("beyond {MAX_LANES} lanes or {MAX_STRIPS} strips")));
    }
    if strips == 0 {
        notes.push("there are no rows to draw".to_owned());
    }
    let ends = found.values().flatten().flat_map(|(from, to)| [*from, *to]);
    let title = properties.xtitle.clone().unwrap_or_else(|| columns.name(from).to_owned());
    let mut axis = Axis::over(title, measure, ends);
    axis.origin = origin;
    axis.spread();
    let lanes = found.into_iter().map(|(name, strips)| Lane { name, strips }).collect();
    Lanes { axis, lanes }
}
