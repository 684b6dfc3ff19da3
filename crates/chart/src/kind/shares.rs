//! `piechart` and `treemap`: parts of a whole.

use indexmap::IndexMap;

use crate::axis::Measure;
use crate::cell::{label, number};
use crate::chart::{Share, Shares};
use crate::error::ChartError;
use crate::format::left_out;
use crate::palette::COLOURS;
use crate::properties::{ChartKind, Properties};
use crate::roles::{Columns, XRule};

/// The most slices of a pie, one for each colour; the smallest become one.
const MAX_SLICES: usize = COLOURS.len();
/// The most rectangles; the smallest become one.
const MAX_RECTANGLES: usize = 120;
/// More names than this are not told apart.
const MAX_NAMES: usize = 10_000;

pub(super) fn slices(
    columns: &Columns<'_>,
    properties: &Properties,
    notes: &mut Vec<String>,
) -> Result<Shares, ChartError> {
    let roles = columns.roles(ChartKind::Pie, XRule::Any, properties)?;
    if roles.is_array {
        return Err(columns.unfit(
            "xcolumn",
            roles.x,
            "a slice has one value; mv-expand makes rows of arrays",
        ));
    }
    let Some(y) = roles.y.first() else {
        return Err(columns.missing(ChartKind::Pie, "a column of numbers"));
    };
    if roles.y.len() > 1 {
        notes.push(format!("of the columns of numbers, '{}' is drawn", columns.name(*y)));
    }
    let mut names = vec![roles.x];
    names.extend(roles.series.iter().filter(|at| **at != roles.x));
    let shares = read(columns, &[], &names, *y, notes);
    Ok(Shares { measure: columns.name(*y).to_owned(), shares: bounded(shares, MAX_SLICES) })
}

pub(super) fn rectangles(
    columns: &Columns<'_>,
    properties: &Properties,
    notes: &mut Vec<String>,
) -> Result<Shares, ChartError> {
    let kind = ChartKind::Treemap;
    let mut levels = columns.list("series", properties.series.as_deref())?;
    if levels.is_empty() {
        levels = columns.list("xcolumn", properties.xcolumn.as_deref())?;
    }
    let chosen = columns.list("ycolumns", properties.ycolumns.as_deref())?;
    let is_free = |at: &usize| !levels.contains(at);
    let y = match chosen.first() {
        Some(at) if columns.plain(Measure::Number).any(|it| it == *at) => *at,
        Some(at) => return Err(columns.unfit("ycolumns", *at, "rectangles have numbers for sizes")),
        None => columns
            .plain(Measure::Number)
            .find(is_free)
            .ok_or_else(|| columns.missing(kind, "a column of numbers for the sizes"))?,
    };
    if levels.is_empty() {
        levels = columns.plain(Measure::Category).collect();
    }
    if levels.is_empty() {
        return Err(columns.missing(kind, "a column of texts for the names"));
    }
    let (groups, names) = if levels.len() > 1 { levels.split_at(1) } else { (&[][..], &levels[..]) };
    let shares = read(columns, groups, names, y, notes);
    Ok(Shares { measure: columns.name(y).to_owned(), shares: bounded(shares, MAX_RECTANGLES) })
}

/// Adds up the values of the rows that have the same names.
fn read(
    columns: &Columns<'_>,
    groups: &[usize],
    names: &[usize],
    y: usize,
    notes: &mut Vec<String>,
) -> Vec<Share> {
    let table = columns.table;
    let mut sums: IndexMap<(String, String), f64> = IndexMap::new();
    let (mut below, mut unreadable, mut beyond) = (0_usize, 0_usize, 0_usize);
    let named = |places: &[usize], row: usize| -> String {
        let labels: Vec<String> = places
            .iter()
            .filter_map(|at| table.columns().get(*at))
            .map(|column| label(&column.value(row)))
            .collect();
        labels.join(", ")
    };
    let Some(sizes) = table.columns().get(y) else { return Vec::new() };
    for row in 0..table.len() {
        let Some(value) = number(&sizes.value(row)) else { continue };
        if !value.is_finite() {
            unreadable += 1;
        } else if value < 0.0 {
            below += 1;
        } else {
            let key = (named(groups, row), named(names, row));
            if sums.len() < MAX_NAMES || sums.contains_key(&key) {
                let sum = sums.entry(key).or_default();
                *sum = (*sum + value).min(f64::MAX);
            } else {
                beyond += 1;
            }
        }
    }
    if below > 0 {
        notes.push(left_out(below, "value", "below zero"));
    }
    if unreadable > 0 {
        notes.push(left_out(unreadable, "value", "of NaN or infinity"));
    }
    if beyond > 0 {
        notes.push(left_out(beyond, "row", &format!("beyond the first {MAX_NAMES} names")));
    }
    let shares: Vec<Share> =
        sums.into_iter().map(|((group, name), value)| Share { group, name, value }).collect();
    if shares.iter().all(|it| it.value == 0.0) {
        notes.push("there are no values above zero".to_owned());
    }
    shares
}

/// At most so many: the smallest become one part, which says how many they were.
fn bounded(shares: Vec<Share>, max: usize) -> Vec<Share> {
    if shares.len() <= max {
        return shares;
    }
    let mut order: Vec<usize> = (0..shares.len()).collect();
    let size = |at: &usize| shares.get(*at).map_or(0.0, |it| it.value);
    order.sort_by(|a, b| size(b).total_cmp(&size(a)).then(a.cmp(b)));
    let kept: std::collections::HashSet<usize> = order.into_iter().take(max - 1).collect();
    let mut rest = Share { group: String::new(), name: String::new(), value: 0.0 };
    let mut count = 0_usize;
    let mut out = Vec::new();
    for (at, share) in shares.into_iter().enumerate() {
        if kept.contains(&at) {
            out.push(share);
        } else {
            rest.value += share.value;
            count += 1;
        }
    }
    rest.name = format!("{count} others");
    out.push(rest);
    out
}
