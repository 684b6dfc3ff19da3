//! Lines, areas, dots, columns and bars: marks between two axes.

use super::points::{LogAxes, MAX_DOTS, MAX_POINTS, Points, points};
use super::stack;
use crate::axis::{Axis, Measure};
use crate::chart::{Mark, Panel, Plot, Point, Series, Stacking};
use crate::error::ChartError;
use crate::format;
use crate::properties::{Bound, ChartKind, KindProperty, Properties, YSplit};
use crate::roles::{Columns, Roles, XRule};
use crate::ticks::widen;

/// The most panels, by Microsoft's page; as many axes fit beside a plot.
const MAX_PANELS: usize = 5;
/// About how many marks a y axis has.
pub(crate) const Y_TICKS: usize = 5;
/// About how many marks an x axis has.
pub(crate) const X_TICKS: usize = 8;

pub(super) fn plot(
    kind: ChartKind,
    columns: &Columns<'_>,
    properties: &Properties,
    notes: &mut Vec<String>,
) -> Result<Plot, ChartError> {
    let (mark, rule) = match kind {
        ChartKind::Time | ChartKind::Anomaly => (Mark::Line, XRule::Time),
        ChartKind::Line => (Mark::Line, XRule::Continuous),
        ChartKind::Area | ChartKind::StackedArea => (Mark::Area, XRule::Continuous),
        ChartKind::Scatter => (Mark::Dots, XRule::Continuous),
        ChartKind::Bar => (Mark::Bars, XRule::Any),
        _ => (Mark::Columns, XRule::Any),
    };
    let stacking = stacking(kind, mark, properties, notes);
    let mut roles = columns.roles(kind, rule, properties)?;
    remark(kind, columns, properties, &mut roles, notes);
    let is_strip = matches!(mark, Mark::Columns | Mark::Bars);
    // Strips stand beside each other in the order of rows; time alone has a place of its own.
    let is_category = roles.x_measure == Measure::Category
        || (is_strip && (roles.x_measure != Measure::Time || mark == Mark::Bars));
    let logs = LogAxes {
        x: properties.is_xlog && roles.x_measure == Measure::Number && !is_category,
        y: properties.is_ylog,
    };
    if properties.is_xlog && !logs.x {
        notes.push("xaxis=log has no meaning here: the x axis has no numbers".to_owned());
    }
    let most = if mark == Mark::Dots { MAX_DOTS } else { MAX_POINTS };
    let mut found = points(columns, &roles, is_category, logs, most, notes);
    arrange(&mut found, mark, stacking, properties, notes);
    let x = x_axis(columns, &roles, &found, properties, logs, mark)?;
    let (mut panels, names) = panels(columns, &roles, found, properties, notes);
    let mut below = 0;
    for panel in &mut panels {
        below += stack::stack(&mut panel.series, stacking, x.measure, mark == Mark::Area);
        y_axes(panel, mark, stacking, roles.y_measure, properties)?;
    }
    if below > 0 {
        notes.push(format::left_out(below, "value", "below zero, which has no share"));
    }
    if panels.iter().flat_map(|it| &it.series).all(|it| it.points.iter().all(|point| point.y.is_none())) {
        notes.push("there are no values to draw".to_owned());
    }
    Ok(Plot { mark, stacking, x, panels, names })
}

fn stacking(kind: ChartKind, mark: Mark, properties: &Properties, notes: &mut Vec<String>) -> Stacking {
    let can_stack = matches!(mark, Mark::Area | Mark::Columns | Mark::Bars);
    let asked = match properties.kind {
        KindProperty::Stacked => Stacking::Stacked,
        KindProperty::Stacked100 => Stacking::Shares,
        KindProperty::Default | KindProperty::Map if kind == ChartKind::StackedArea => Stacking::Stacked,
        KindProperty::Default | KindProperty::Map => Stacking::None,
    };
    if asked == Stacking::None || can_stack {
        return asked;
    }
    notes.push(format!("a {} is not stacked", kind.name()));
    Stacking::None
}

/// What a kind takes otherwise than others.
fn remark(
    kind: ChartKind,
    columns: &Columns<'_>,
    properties: &Properties,
    roles: &mut Roles,
    notes: &mut Vec<String>,
) {
    match kind {
        ChartKind::Anomaly if roles.anomalies.is_empty() => {
            notes.push(
                "no point is marked: anomalycolumns names columns of flags, such as series_decompose_anomalies gives"
                    .to_owned(),
            );
        }
        ChartKind::Anomaly => {}
        _ if !roles.anomalies.is_empty() => {
            notes.push(format!("anomalycolumns has no meaning in a {}", kind.name()));
            roles.anomalies.clear();
        }
        ChartKind::Pivot => {
            notes.push("a pivot chart is turned by hand; this is its column chart".to_owned())
        }
        ChartKind::Scatter if properties.kind == KindProperty::Map => {
            roles.y.truncate(1);
            let y = roles.y.first().map_or("", |at| columns.name(*at));
            let x = columns.name(roles.x);
            notes.push(format!(
                "points by '{x}' as longitude and '{y}' as latitude, without a map below them"
            ));
        }
        _ => {}
    }
}

/// Brings the points of each series into order, and adds up what is to be added up.
fn arrange(
    found: &mut Points,
    mark: Mark,
    stacking: Stacking,
    properties: &Properties,
    notes: &mut Vec<String>,
) {
    let adds = matches!(mark, Mark::Columns | Mark::Bars) || stacking != Stacking::None;
    let mut had_several = false;
    let by_place = !found.is_category || mark == Mark::Area || mark == Mark::Line;
    for points in found.series.values_mut() {
        if adds {
            had_several |= stack::merge(points);
        }
        if by_place && mark != Mark::Dots {
            stack::sort(points);
        }
        if properties.accumulates {
            stack::accumulate(points);
        }
    }
    if had_several {
        notes.push("values of the same series and place are added up".to_owned());
    }
}

fn x_axis(
    columns: &Columns<'_>,
    roles: &Roles,
    found: &Points,
    properties: &Properties,
    logs: LogAxes,
    mark: Mark,
) -> Result<Axis, ChartError> {
    let title = properties.xtitle.clone().unwrap_or_else(|| columns.name(roles.x).to_owned());
    let places = found.series.values().flatten().map(|it| it.x);
    let measure = if found.is_category { Measure::Category } else { roles.x_measure };
    let mut axis = Axis::over(title, measure, places);
    axis.origin = found.origin;
    if found.is_category {
        axis.categories = found.categories.iter().cloned().collect();
        (axis.min, axis.max) = (-0.5, axis.categories.len().max(1) as f64 - 0.5);
        return Ok(axis);
    }
    axis.is_log = logs.x;
    if mark == Mark::Columns {
        let half = column_width(found.series.values().flatten(), &axis) / 2.0;
        (axis.min, axis.max) = (axis.min - half, axis.max + half);
    }
    let ends = (properties.xmin, properties.xmax);
    let given = limit(&mut axis, "xmin", "xmax", ends)?;
    axis.spread();
    if mark == Mark::Dots || axis.is_log {
        widen(&mut axis, X_TICKS, given.0, given.1);
    }
    Ok(axis)
}

/// How much of an axis of times a column takes: the least distance of two of them.
pub(crate) fn column_width<'p>(points: impl Iterator<Item = &'p Point>, axis: &Axis) -> f64 {
    let mut places: Vec<f64> = points.map(|it| it.x).collect();
    places.sort_by(f64::total_cmp);
    let distances = places.windows(2).filter_map(|pair| match pair {
        [a, b] if b > a => Some(b - a),
        _ => None,
    });
    let least = distances.fold(f64::INFINITY, f64::min);
    let extent = axis.max - axis.min;
    // A column has some place even if others are very near to each other.
    if least.is_finite() { least.max(extent / 500.0) } else { extent.max(1.0) }
}

/// Sets the ends that properties give; says which are given.
fn limit(
    axis: &mut Axis,
    min: &str,
    max: &str,
    (from, to): (Option<Bound>, Option<Bound>),
) -> Result<(bool, bool), ChartError> {
    let wrong = |property: &str, value: String, expected: &str| ChartError::WrongProperty {
        property: property.to_owned(),
        value,
        expected: expected.to_owned(),
    };
    for (property, bound, is_min) in [(min, from, true), (max, to, false)] {
        let Some(bound) = bound else { continue };
        let value = match (bound, axis.measure) {
            (Bound::Number(it), Measure::Number | Measure::Category) => it,
            (Bound::Time(it), Measure::Time) => it.0.saturating_sub(axis.origin) as f64,
            (Bound::Span(it), Measure::Span) => it.0 as f64,
            (Bound::Number(0.0), Measure::Span) => 0.0,
            (_, measure) => {
                let expected = match measure {
                    Measure::Number | Measure::Category => "a number, as the axis has",
                    Measure::Time => "a datetime, as the axis has",
                    Measure::Span => "a timespan, as the axis has",
                };
                return Err(wrong(property, shown(bound), expected));
            }
        };
        if axis.is_log && value <= 0.0 {
            return Err(wrong(property, shown(bound), "above zero on a log axis"));
        }
        *(if is_min { &mut axis.min } else { &mut axis.max }) = value;
    }
    if let (Some(from), Some(_)) = (from, to)
        && axis.min >= axis.max
    {
        return Err(wrong(min, shown(from), &format!("below {max}")));
    }
    // What was measured may lie beyond the one end that is given.
    if axis.min >= axis.max {
        match (from, to) {
            (Some(_), _) => axis.max = axis.min + axis.min.abs().max(1.0),
            (None, _) => axis.min = axis.max - axis.max.abs().max(1.0),
        }
    }
    Ok((from.is_some(), to.is_some()))
}

fn shown(bound: Bound) -> String {
    match bound {
        Bound::Number(it) => format::number(it),
        Bound::Time(it) => it.to_short_string(),
        Bound::Span(it) => it.to_string(),
    }
}

/// Splits the series into panels and gives them their axes, as yet without ends.
fn panels(
    columns: &Columns<'_>,
    roles: &Roles,
    found: Points,
    properties: &Properties,
    notes: &mut Vec<String>,
) -> (Vec<Panel>, Vec<String>) {
    let several = roles.y.len() > 1;
    let y_name = |place: usize| roles.y.get(place).map_or("", |at| columns.name(*at));
    let mut names = Vec::new();
    let mut of_column: Vec<Vec<Series>> = roles.y.iter().map(|_| Vec::new()).collect();
    for ((place, label), points) in found.series {
        let column = y_name(place);
        let name = match (roles.series.is_empty(), several) {
            (true, _) => column.to_owned(),
            (false, true) => format!("{label}: {column}"),
            (false, false) => label,
        };
        if let Some(series) = of_column.get_mut(place) {
            series.push(Series { number: names.len(), axis: 0, points });
            names.push(name);
        }
    }
    let axis = |title: String| Axis::over(title, roles.y_measure, std::iter::empty());
    let title = |own: &str| properties.ytitle.clone().unwrap_or_else(|| own.to_owned());
    match properties.ysplit {
        YSplit::Panels if several => {
            if of_column.len() > MAX_PANELS {
                notes.push(format::left_out(
                    of_column.len() - MAX_PANELS,
                    "column",
                    &format!("beyond the first {MAX_PANELS} panels"),
                ));
            }
            let panels = of_column.into_iter().enumerate().take(MAX_PANELS);
            let panels =
                panels.map(|(place, series)| Panel { axes: vec![axis(y_name(place).to_owned())], series });
            (panels.collect(), names)
        }
        YSplit::Axes if names.len() > 1 => {
            let mut series: Vec<Series> = of_column.into_iter().flatten().collect();
            if series.len() > MAX_PANELS {
                notes.push(format!("the first {} series have axes of their own", MAX_PANELS - 1));
            }
            for it in &mut series {
                it.axis = it.number.min(MAX_PANELS - 1);
            }
            let axes = names.iter().take(MAX_PANELS).map(|name| axis(name.clone())).collect();
            (vec![Panel { axes, series }], names)
        }
        _ => {
            let own = if several { "" } else { y_name(0) };
            let series = of_column.into_iter().flatten().collect();
            (vec![Panel { axes: vec![axis(title(own))], series }], names)
        }
    }
}

/// Gives the y axes of a panel their ends.
fn y_axes(
    panel: &mut Panel,
    mark: Mark,
    stacking: Stacking,
    measure: Measure,
    properties: &Properties,
) -> Result<(), ChartError> {
    let Panel { axes, series } = panel;
    for (place, axis) in axes.iter_mut().enumerate() {
        let own = series.iter().filter(|it| it.axis == place);
        let points = own.flat_map(|it| &it.points).filter(|it| it.y.is_some());
        let is_stacked = stacking != Stacking::None;
        let values = points.flat_map(|it| [it.y, is_stacked.then_some(it.base)]).flatten();
        let mut title = std::mem::take(&mut axis.title);
        if stacking == Stacking::Shares && properties.ytitle.is_none() {
            title.push_str(if title.is_empty() { "%" } else { " in %" });
        }
        // Shares are numbers of percent, whatever they are shares of.
        let measure = if stacking == Stacking::Shares { Measure::Number } else { measure };
        let is_log = properties.is_ylog && measure == Measure::Number;
        *axis = Axis::over(title, measure, values.filter(|it| !is_log || *it > 0.0));
        axis.is_log = is_log;
        let fills = matches!(mark, Mark::Area | Mark::Columns | Mark::Bars);
        if !axis.is_log {
            let is_near_zero = axis.min > 0.0 && axis.min < 0.6 * axis.max && mark != Mark::Dots;
            if fills || is_near_zero {
                axis.min = axis.min.min(0.0);
            }
            if fills {
                axis.max = axis.max.max(0.0);
            }
        }
        if stacking == Stacking::Shares {
            (axis.min, axis.max) = (if axis.is_log { 1.0 } else { 0.0 }, 100.0);
        }
        let given = limit(axis, "ymin", "ymax", (properties.ymin, properties.ymax))?;
        axis.spread();
        let least = axis.min;
        widen(axis, Y_TICKS, given.0, given.1);
        // What hangs from zero has its value below it, which needs room.
        if mark == Mark::Columns && least < 0.0 && !given.0 && least - axis.min < 0.06 * (axis.max - axis.min)
        {
            axis.min -= 0.06 * (axis.max - axis.min);
            widen(axis, Y_TICKS, false, given.1);
        }
    }
    Ok(())
}
