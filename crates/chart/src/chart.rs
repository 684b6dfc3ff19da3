//! A chart as data: what is drawn, before anyone knows how. It must not know a table, nor a form of pictures.

use crate::axis::Axis;
use crate::properties::ChartKind;

/// A chart: what is to be drawn, with all numbers worked out.
#[derive(Debug, Clone, PartialEq)]
pub struct Chart {
    /// The kind that was asked for.
    pub kind: ChartKind,
    /// What stands above; may be empty.
    pub title: String,
    /// What is drawn.
    pub body: Body,
    /// What whoever looks at it must know: values that are left out, properties that say nothing here.
    pub notes: Vec<String>,
    /// The names of the series are shown.
    pub has_legend: bool,
}

/// What is drawn.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Body {
    /// Marks between two axes.
    Plot(Plot),
    /// Slices of a circle.
    Pie(Shares),
    /// Rectangles within a rectangle.
    Treemap(Shares),
    /// Names and values.
    Card(Vec<Fact>),
    /// Strips along a time.
    Lanes(Lanes),
}

/// How the points of a series are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// A line through them.
    Line,
    /// A line and what is below it.
    Area,
    /// A dot each.
    Dots,
    /// A vertical strip each.
    Columns,
    /// A horizontal strip each.
    Bars,
}

/// How the series stand to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stacking {
    /// Each by itself.
    None,
    /// One atop the other.
    Stacked,
    /// One atop the other, as shares of all.
    Shares,
}

/// Marks between two axes.
#[derive(Debug, Clone, PartialEq)]
pub struct Plot {
    /// How points are drawn.
    pub mark: Mark,
    /// How series stand to each other.
    pub stacking: Stacking,
    /// The axis that all panels share.
    pub x: Axis,
    /// Each with axes of its own; at least one.
    pub panels: Vec<Panel>,
    /// The names of the series, by [`Series::number`].
    pub names: Vec<String>,
}

/// One plot among those that share an x axis.
#[derive(Debug, Clone, PartialEq)]
pub struct Panel {
    /// The y axes; at least one.
    pub axes: Vec<Axis>,
    /// What is drawn.
    pub series: Vec<Series>,
}

/// Points that belong together.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// Its number in the whole chart, which gives it its colour.
    pub number: usize,
    /// Which of the panel's axes it is measured by.
    pub axis: usize,
    /// The points, in the order in which a line goes through them.
    pub points: Vec<Point>,
}

/// One value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// Where it stands on the x axis.
    pub x: f64,
    /// Its value; nothing where a line has a gap.
    pub y: Option<f64>,
    /// Where its strip or area begins; 0 if nothing is below it.
    pub base: f64,
    /// It is an anomaly.
    pub is_marked: bool,
}

/// Parts of a whole.
#[derive(Debug, Clone, PartialEq)]
pub struct Shares {
    /// What the values are.
    pub measure: String,
    /// The parts in order; no value is below zero.
    pub shares: Vec<Share>,
}

/// A part of a whole.
#[derive(Debug, Clone, PartialEq)]
pub struct Share {
    /// What it is a part of in turn, for nested rectangles; else empty.
    pub group: String,
    /// Its name.
    pub name: String,
    /// Its size.
    pub value: f64,
}

/// A name and a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// The name.
    pub name: String,
    /// The value.
    pub value: String,
}

/// Strips along an axis, in lanes.
#[derive(Debug, Clone, PartialEq)]
pub struct Lanes {
    /// The axis that strips lie along.
    pub axis: Axis,
    /// The lanes from top to bottom.
    pub lanes: Vec<Lane>,
}

/// Strips beside each other.
#[derive(Debug, Clone, PartialEq)]
pub struct Lane {
    /// What stands beside it.
    pub name: String,
    /// From where to where; an instant is from and to the same.
    pub strips: Vec<(f64, f64)>,
}
