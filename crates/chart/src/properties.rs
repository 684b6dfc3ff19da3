//! What `render` says: the kind of chart and its properties, read into types. It must not know the rows.

use kqlite::{DateTime, TimeSpan, Visualization, nearest};

use crate::error::ChartError;

/// A kind of chart that `render` names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum ChartKind {
    /// Lines over time, with anomalies as points.
    Anomaly,
    /// Areas under lines.
    Area,
    /// Horizontal strips.
    Bar,
    /// The values of the first row.
    Card,
    /// Vertical strips.
    Column,
    /// Strips between two values, one a row.
    Ladder,
    /// Lines.
    Line,
    /// Shares of a whole.
    Pie,
    /// A pivot table and chart; drawn as columns.
    Pivot,
    /// Points.
    Scatter,
    /// Areas one atop the other.
    StackedArea,
    /// Lines over time.
    Time,
    /// Events over time, one line a series.
    TimePivot,
    /// Nested rectangles.
    Treemap,
}

/// The kinds, with the names that queries use.
const KINDS: &[(&str, ChartKind)] = &[
    ("anomalychart", ChartKind::Anomaly),
    ("areachart", ChartKind::Area),
    ("barchart", ChartKind::Bar),
    ("card", ChartKind::Card),
    ("columnchart", ChartKind::Column),
    ("ladderchart", ChartKind::Ladder),
    ("linechart", ChartKind::Line),
    ("piechart", ChartKind::Pie),
    ("pivotchart", ChartKind::Pivot),
    ("scatterchart", ChartKind::Scatter),
    ("stackedareachart", ChartKind::StackedArea),
    ("timechart", ChartKind::Time),
    ("timepivot", ChartKind::TimePivot),
    ("timeline", ChartKind::TimePivot),
    ("treemap", ChartKind::Treemap),
];

/// Names that ask for the rows alone.
const TABLES: &[&str] = &["table", "list"];

/// What `render` takes and kqlite does not draw, and what to do.
const NOT_DRAWN: &[(&str, &str)] = &[
    (
        "plotly",
        "its rows are a description for another program, plotly.js; write them with --format json and open them there",
    ),
    ("3Dchart", "scatterchart draws two of the columns, with a third as series"),
    ("graph", "columns of edges can be counted and drawn as barchart or treemap"),
    ("sankey", "columns of edges can be counted and drawn as barchart or treemap"),
];

impl ChartKind {
    /// The kind of a name; `None` for a name that asks for the rows alone.
    ///
    /// # Errors
    /// No chart is called so, or it is one that kqlite does not draw.
    pub fn of_name(name: &str) -> Result<Option<Self>, ChartError> {
        if TABLES.contains(&name) {
            return Ok(None);
        }
        if let Some((_, kind)) = KINDS.iter().find(|(known, _)| *known == name) {
            return Ok(Some(*kind));
        }
        if let Some((chart, help)) = NOT_DRAWN.iter().find(|(known, _)| *known == name) {
            return Err(ChartError::NotDrawn { chart: (*chart).to_owned(), help: (*help).to_owned() });
        }
        let known = KINDS.iter().map(|(known, _)| *known).chain(TABLES.iter().copied());
        let suggestion = nearest(name, known).map(str::to_owned);
        Err(ChartError::UnknownChart { name: name.to_owned(), suggestion })
    }

    /// The name that queries use.
    #[must_use]
    pub fn name(self) -> &'static str {
        KINDS.iter().find(|(_, kind)| *kind == self).map_or("chart", |(name, _)| *name)
    }

    /// Every kind.
    pub fn all() -> impl Iterator<Item = Self> {
        KINDS.iter().filter(|(name, _)| *name != "timeline").map(|(_, kind)| *kind)
    }
}

/// The property `kind`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum KindProperty {
    #[default]
    Default,
    Stacked,
    Stacked100,
    Map,
}

/// The property `ysplit`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum YSplit {
    #[default]
    None,
    Axes,
    Panels,
}

/// The properties of a chart. A list of columns is as written: names with commas between them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Properties {
    pub title: String,
    pub xtitle: Option<String>,
    pub ytitle: Option<String>,
    pub xcolumn: Option<String>,
    pub ycolumns: Option<String>,
    pub series: Option<String>,
    pub anomalycolumns: Option<String>,
    pub kind: KindProperty,
    pub ysplit: YSplit,
    pub is_xlog: bool,
    pub is_ylog: bool,
    pub hides_legend: bool,
    pub accumulates: bool,
    pub xmin: Option<Bound>,
    pub xmax: Option<Bound>,
    pub ymin: Option<Bound>,
    pub ymax: Option<Bound>,
    /// Properties that are not known.
    pub unknown: Vec<String>,
}

/// An end of an axis, as a property says it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Bound {
    Number(f64),
    Time(DateTime),
    Span(TimeSpan),
}

impl Properties {
    pub(crate) fn read(visualization: &Visualization) -> Result<Self, ChartError> {
        let mut it = Self::default();
        for (name, value) in &visualization.properties {
            let property = name.to_ascii_lowercase();
            let text = || Some(value.clone());
            match property.as_str() {
                "title" => it.title.clone_from(value),
                "xtitle" => it.xtitle = text(),
                "ytitle" => it.ytitle = text(),
                "xcolumn" => it.xcolumn = text(),
                "ycolumns" => it.ycolumns = text(),
                "series" | "by" => it.series = text(),
                "anomalycolumns" => it.anomalycolumns = text(),
                "kind" => {
                    it.kind = word(
                        &property,
                        value,
                        &[
                            ("default", KindProperty::Default),
                            ("unstacked", KindProperty::Default),
                            ("stacked", KindProperty::Stacked),
                            ("stacked100", KindProperty::Stacked100),
                            ("map", KindProperty::Map),
                        ],
                    )?;
                }
                "ysplit" => {
                    let words = [("none", YSplit::None), ("axes", YSplit::Axes), ("panels", YSplit::Panels)];
                    it.ysplit = word(&property, value, &words)?;
                }
                "xaxis" => it.is_xlog = word(&property, value, &[("linear", false), ("log", true)])?,
                "yaxis" => it.is_ylog = word(&property, value, &[("linear", false), ("log", true)])?,
                "legend" => {
                    it.hides_legend = word(&property, value, &[("visible", false), ("hidden", true)])?;
                }
                "accumulate" => {
                    it.accumulates = word(&property, value, &[("true", true), ("false", false)])?;
                }
                "xmin" => it.xmin = bound(&property, value)?,
                "xmax" => it.xmax = bound(&property, value)?,
                "ymin" => it.ymin = bound(&property, value)?,
                "ymax" => it.ymax = bound(&property, value)?,
                _ => it.unknown.push(name.clone()),
            }
        }
        Ok(it)
    }
}

/// One of the words that a property may be.
fn word<T: Copy>(property: &str, value: &str, words: &[(&str, T)]) -> Result<T, ChartError> {
    words.iter().find(|(word, _)| word.eq_ignore_ascii_case(value)).map(|(_, it)| *it).ok_or_else(|| {
        let words: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        wrong(property, value, &format!("one of {}", words.join(", ")))
    })
}

/// An end of an axis: a number, a time or a span; nothing for an empty value and for `NaN`, by which clients say the same.
fn bound(property: &str, value: &str) -> Result<Option<Bound>, ChartError> {
    let value = value.trim();
    if value.is_empty() || value.eq_ignore_ascii_case("nan") {
        return Ok(None);
    }
    if let Ok(number) = value.parse::<f64>() {
        if number.is_finite() {
            return Ok(Some(Bound::Number(number)));
        }
    } else if let Some(time) = DateTime::parse(value) {
        return Ok(Some(Bound::Time(time)));
    } else if let Some(span) = TimeSpan::parse(value) {
        return Ok(Some(Bound::Span(span)));
    }
    Err(wrong(property, value, "a number, a datetime or a timespan"))
}

fn wrong(property: &str, value: &str, expected: &str) -> ChartError {
    ChartError::WrongProperty {
        property: property.to_owned(),
        value: value.to_owned(),
        expected: expected.to_owned(),
    }
}
