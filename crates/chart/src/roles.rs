//! Which columns play which part: x, y, series. Properties say it; what they leave open is taken by type and place. It must not
//! know values.

use kqlite::{Table, nearest};

use crate::axis::Measure;
use crate::cell::ColumnShape;
use crate::error::ChartError;
use crate::properties::{ChartKind, Properties};

/// The columns of a table, and what each can be drawn as.
pub(crate) struct Columns<'t> {
    pub table: &'t Table,
    shapes: Vec<ColumnShape>,
}

/// Which columns may be the x axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum XRule {
    /// The first one of times.
    Time,
    /// The first one of numbers, times or spans; else the first of texts.
    Continuous,
    /// The first one.
    Any,
}

/// The parts that columns play, by their places.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Roles {
    pub x: usize,
    pub x_measure: Measure,
    /// A row holds arrays of x and of y: many points.
    pub is_array: bool,
    pub series: Vec<usize>,
    pub y: Vec<usize>,
    pub y_measure: Measure,
    pub anomalies: Vec<usize>,
}

impl<'t> Columns<'t> {
    pub(crate) fn of(table: &'t Table) -> Self {
        let shapes = (0..table.columns().len()).map(|at| ColumnShape::of(table, at)).collect();
        Self { table, shapes }
    }

    pub(crate) fn name(&self, at: usize) -> &str {
        self.table.schema().columns.get(at).map_or("", |it| &it.name)
    }

    fn type_name(&self, at: usize) -> &'static str {
        self.table.schema().columns.get(at).map_or("", |it| it.data_type.as_str())
    }

    fn shape(&self, at: usize) -> ColumnShape {
        let nothing = ColumnShape { measure: Measure::Category, is_array: false, is_plain: false };
        self.shapes.get(at).copied().unwrap_or(nothing)
    }

    fn places(&self) -> std::ops::Range<usize> {
        0..self.shapes.len()
    }

    /// The places of single values of a kind, in order.
    pub(crate) fn plain(&self, measure: Measure) -> impl Iterator<Item = usize> + '_ {
        self.places().filter(move |at| {
            let shape = self.shape(*at);
            shape.is_plain && !shape.is_array && shape.measure == measure
        })
    }

    pub(crate) fn measure(&self, at: usize) -> Measure {
        self.shape(at).measure
    }

    /// The place of a column that a property names.
    pub(crate) fn named(&self, property: &str, name: &str) -> Result<usize, ChartError> {
        self.table.schema().position(name).ok_or_else(|| ChartError::UnknownColumn {
            property: property.to_owned(),
            name: name.to_owned(),
            suggestion: nearest(name, self.table.schema().names()).map(str::to_owned),
        })
    }

    /// The places of the columns of a list; a name may have commas of its own.
    pub(crate) fn list(&self, property: &str, text: Option<&str>) -> Result<Vec<usize>, ChartError> {
        let Some(text) = text.map(str::trim).filter(|text| !text.is_empty()) else { return Ok(Vec::new()) };
        if let Some(at) = self.table.schema().position(text) {
            return Ok(vec![at]);
        }
        let mut places = Vec::new();
        for name in text.split(',').map(str::trim).filter(|name| !name.is_empty()) {
            let at = self.named(property, name)?;
            if !places.contains(&at) {
                places.push(at);
            }
        }
        Ok(places)
    }

    /// The error of a part that no column can play.
    pub(crate) fn missing(&self, kind: ChartKind, needed: &str) -> ChartError {
        let mut columns: Vec<String> =
            self.places().take(20).map(|at| format!("{}: {}", self.name(at), self.type_name(at))).collect();
        if self.shapes.len() > columns.len() {
            columns.push("…".to_owned());
        }
        let columns = if columns.is_empty() { "none".to_owned() } else { columns.join(", ") };
        ChartError::MissingColumn { chart: kind.name().to_owned(), needed: needed.to_owned(), columns }
    }

    /// The error of a column that cannot play the part that a property gives it.
    pub(crate) fn unfit(&self, property: &str, at: usize, expected: &str) -> ChartError {
        ChartError::UnfitColumn {
            property: property.to_owned(),
            name: self.name(at).to_owned(),
            found: self.type_name(at).to_owned(),
            expected: expected.to_owned(),
        }
    }

    /// The parts in a plot.
    pub(crate) fn roles(&self, kind: ChartKind, rule: XRule, it: &Properties) -> Result<Roles, ChartError> {
        let anomalies = self.list("anomalycolumns", it.anomalycolumns.as_deref())?;
        let series = self.list("series", it.series.as_deref())?;
        let y = self.list("ycolumns", it.ycolumns.as_deref())?;
        let taken = |at: usize| series.contains(&at) || anomalies.contains(&at);
        let x = match it.xcolumn.as_deref().filter(|name| !name.is_empty()) {
            Some(name) => {
                let at = self.named("xcolumn", name)?;
                if rule == XRule::Time && self.measure(at) != Measure::Time {
                    return Err(self.unfit("xcolumn", at, "the x axis of this chart is of datetimes"));
                }
                at
            }
            None => self
                .candidates(rule)
                .find(|x| !taken(*x) && !y.contains(x) && self.has_y(*x, &y, &taken))
                .ok_or_else(|| self.missing_x(kind, rule))?,
        };
        let is_array = self.shape(x).is_array;
        let y = if y.is_empty() { self.free_y(x, &taken) } else { y };
        for at in &y {
            let shape = self.shape(*at);
            if !matches!(shape.measure, Measure::Number | Measure::Span) {
                return Err(self.unfit("ycolumns", *at, "a y column is of numbers or timespans"));
            }
            if shape.is_array != is_array {
                let expected =
                    if is_array { "it is an array as the x column is" } else { "the x column is no array" };
                return Err(self.unfit("ycolumns", *at, expected));
            }
        }
        let Some(first) = y.first() else {
            return Err(self.missing(kind, "a column of numbers for its y axis"));
        };
        let y_measure = self.measure(*first);
        if let Some(other) = y.iter().find(|at| self.measure(**at) != y_measure) {
            return Err(self.unfit("ycolumns", *other, "y columns are all of numbers or all of timespans"));
        }
        let series = if series.is_empty() {
            self.plain(Measure::Category).filter(|at| *at != x && !anomalies.contains(at)).collect()
        } else {
            series
        };
        Ok(Roles { x, x_measure: self.measure(x), is_array, series, y, y_measure, anomalies })
    }

    /// The columns that a rule takes for the x axis, the best one first.
    fn candidates(&self, rule: XRule) -> impl Iterator<Item = usize> + '_ {
        let of = move |wanted: fn(ColumnShape) -> bool| {
            self.places().filter(move |at| self.shape(*at).is_plain && wanted(self.shape(*at)))
        };
        let single: fn(ColumnShape) -> bool = match rule {
            XRule::Time => |it| !it.is_array && it.measure == Measure::Time,
            XRule::Continuous => |it| !it.is_array && it.measure != Measure::Category,
            XRule::Any => |it| !it.is_array,
        };
        // make-series gives its axis behind what it measured, so times come before numbers.
        let array: fn(ColumnShape) -> bool = |it| it.is_array && it.measure == Measure::Time;
        let numbers: fn(ColumnShape) -> bool = match rule {
            XRule::Time => |_| false,
            XRule::Continuous | XRule::Any => {
                |it| it.is_array && matches!(it.measure, Measure::Number | Measure::Span)
            }
        };
        let texts: fn(ColumnShape) -> bool = match rule {
            XRule::Continuous => |it| !it.is_array && it.measure == Measure::Category,
            XRule::Time | XRule::Any => |_| false,
        };
        of(single).chain(of(array)).chain(of(numbers)).chain(of(texts))
    }

    /// A y column is left if this one is x.
    fn has_y(&self, x: usize, y: &[usize], taken: &impl Fn(usize) -> bool) -> bool {
        let is_array = self.shape(x).is_array;
        match y.first() {
            Some(first) => self.shape(*first).is_array == is_array,
            None => !self.free_y(x, taken).is_empty(),
        }
    }

    /// The columns of numbers that play no other part; where there is none, those of spans.
    fn free_y(&self, x: usize, taken: &impl Fn(usize) -> bool) -> Vec<usize> {
        let is_array = self.shape(x).is_array;
        let of = |measure| {
            self.places().filter(move |at| {
                let shape = self.shape(*at);
                shape.is_plain && shape.measure == measure && shape.is_array == is_array
            })
        };
        let free = |at: &usize| *at != x && !taken(*at);
        let numbers: Vec<usize> = of(Measure::Number).filter(free).collect();
        if numbers.is_empty() { of(Measure::Span).filter(free).collect() } else { numbers }
    }

    fn missing_x(&self, kind: ChartKind, rule: XRule) -> ChartError {
        let has_number = |measure| self.shapes.iter().any(|it| it.is_plain && it.measure == measure);
        if rule == XRule::Time && !has_number(Measure::Time) {
            return self.missing(kind, "a column of datetimes for its x axis");
        }
        let has_values = has_number(Measure::Number) || has_number(Measure::Span);
        if has_values && rule != XRule::Time {
            return self.missing(kind, "a column for its x axis beside one of numbers for its y axis");
        }
        self.missing(kind, "a column of numbers for its y axis")
    }
}
