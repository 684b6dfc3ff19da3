//! Reads the points of a plot from rows: one a row and column of numbers, or as many as the row's arrays have items.

use indexmap::{IndexMap, IndexSet};
use kqlite::{Dynamic, Value};

use crate::axis::Measure;
use crate::cell::{self, label, ticks};
use crate::chart::Point;
use crate::format::{left_out, number};
use crate::roles::{Columns, Roles};

/// The most series that are drawn: more colours nobody tells apart.
pub(super) const MAX_SERIES: usize = 20;
/// The most places of an axis of categories.
const MAX_CATEGORIES: usize = 100;
/// The most points that are read.
pub(super) const MAX_POINTS: usize = 500_000;
/// The most dots: more are a cloud, and a file that no browser opens.
pub(super) const MAX_DOTS: usize = 20_000;
/// Series beyond those that are drawn are counted up to here.
const MAX_COUNTED: usize = 10_000;

/// The points of a plot, by series.
pub(super) struct Points {
    /// One entry a column of numbers and combination of series values, in the order of rows: the place among the columns of
    /// numbers, the name, the points.
    pub series: IndexMap<(usize, String), Vec<Point>>,
    /// The x axis has a place for each text.
    pub is_category: bool,
    pub categories: IndexSet<String>,
    /// What times are counted from.
    pub origin: i64,
}

/// What was left out, to be told.
#[derive(Default)]
struct LeftOut {
    without_x: usize,
    unreadable: usize,
    not_positive: usize,
    beyond_points: usize,
    beyond_categories: usize,
    series: IndexSet<(usize, String)>,
}

/// Which axes have powers, for which only what is above zero has a place.
#[derive(Clone, Copy)]
pub(super) struct LogAxes {
    pub x: bool,
    pub y: bool,
}

pub(super) fn points(
    columns: &Columns<'_>,
    roles: &Roles,
    is_category: bool,
    logs: LogAxes,
    most: usize,
    notes: &mut Vec<String>,
) -> Points {
    let mut reader = Reader {
        columns,
        roles,
        logs,
        most,
        found: Points { series: IndexMap::new(), is_category, categories: IndexSet::new(), origin: 0 },
        left_out: LeftOut::default(),
        count: 0,
    };
    if !is_category && roles.x_measure == Measure::Time {
        reader.found.origin = reader.first_instant();
    }
    for row in 0..columns.table.len() {
        reader.read_row(row);
    }
    reader.tell(notes);
    reader.found
}

struct Reader<'a, 't> {
    columns: &'a Columns<'t>,
    roles: &'a Roles,
    logs: LogAxes,
    /// No more points are read.
    most: usize,
    found: Points,
    left_out: LeftOut,
    count: usize,
}

impl Reader<'_, '_> {
    fn cell(&self, at: usize, row: usize) -> Value {
        self.columns.table.columns().get(at).map_or(Value::Null, |column| column.value(row))
    }

    /// The x values of a row.
    fn xs(&self, row: usize) -> Vec<Value> {
        items(self.cell(self.roles.x, row), self.roles.is_array)
    }

    fn first_instant(&self) -> i64 {
        let rows = 0..self.columns.table.len();
        rows.flat_map(|row| self.xs(row)).filter_map(|it| ticks(&it)).min().unwrap_or_default()
    }

    fn read_row(&mut self, row: usize) {
        let xs = self.xs(row);
        let names: Vec<String> = self.roles.series.iter().map(|at| label(&self.cell(*at, row))).collect();
        let name = names.join(", ");
        let flags: Vec<Vec<Value>> =
            self.roles.anomalies.iter().map(|at| items(self.cell(*at, row), self.roles.is_array)).collect();
        for (place, at) in self.roles.y.iter().enumerate() {
            let key = (place, name.clone());
            if !self.found.series.contains_key(&key) {
                if self.found.series.len() >= MAX_SERIES {
                    if self.left_out.series.len() < MAX_COUNTED {
                        self.left_out.series.insert(key);
                    }
                    continue;
                }
                self.found.series.insert(key.clone(), Vec::new());
            }
            let ys = items(self.cell(*at, row), self.roles.is_array);
            for (item, x) in xs.iter().enumerate() {
                if self.count >= self.most {
                    self.left_out.beyond_points += 1;
                    continue;
                }
                let is_marked = flags.iter().any(|flags| {
                    flags.get(item).and_then(cell::number).is_some_and(|flag| flag != 0.0 && !flag.is_nan())
                });
                let Some(point) = self.point(x, ys.get(item), is_marked) else { continue };
                if let Some(points) = self.found.series.get_mut(&key) {
                    points.push(point);
                    self.count += 1;
                }
            }
        }
    }

    fn point(&mut self, x: &Value, y: Option<&Value>, is_marked: bool) -> Option<Point> {
        let x = self.x(x)?;
        let mut y = y.and_then(cell::number);
        if y.is_some_and(|it| !it.is_finite()) {
            self.left_out.unreadable += 1;
            y = None;
        }
        if self.logs.y && y.is_some_and(|it| it <= 0.0) {
            self.left_out.not_positive += 1;
            y = None;
        }
        Some(Point { x, y, base: 0.0, is_marked })
    }

    fn x(&mut self, value: &Value) -> Option<f64> {
        if self.found.is_category {
            let label = label(value);
            if let Some(place) = self.found.categories.get_index_of(&label) {
                return Some(place as f64);
            }
            if self.found.categories.len() >= MAX_CATEGORIES {
                self.left_out.beyond_categories += 1;
                return None;
            }
            return Some(self.found.categories.insert_full(label).0 as f64);
        }
        let x = match self.roles.x_measure {
            Measure::Time => ticks(value).map(|it| it.saturating_sub(self.found.origin) as f64),
            Measure::Number | Measure::Span | Measure::Category => cell::number(value),
        };
        let Some(x) = x else {
            self.left_out.without_x += 1;
            return None;
        };
        if !x.is_finite() {
            self.left_out.unreadable += 1;
            return None;
        }
        if self.logs.x && x <= 0.0 {
            self.left_out.not_positive += 1;
            return None;
        }
        Some(x)
    }

    fn tell(&self, notes: &mut Vec<String>) {
        let it = &self.left_out;
        let x = self.columns.name(self.roles.x);
        let many = if it.series.len() >= MAX_COUNTED { "or more, " } else { "" };
        let told = [
            (it.series.len(), "series", format!("{many}beyond the first {MAX_SERIES}")),
            (it.beyond_categories, "value", format!("beyond the first {MAX_CATEGORIES} places of '{x}'")),
            (it.without_x, "value", format!("without '{x}'")),
            (it.unreadable, "value", "of NaN or infinity".to_owned()),
            (it.not_positive, "value", "not above zero, for which a log axis has no place".to_owned()),
            (it.beyond_points, "value", format!("beyond the first {}", number(self.most as f64))),
        ];
        notes.extend(
            told.into_iter()
                .filter(|(count, ..)| *count > 0)
                .map(|(count, what, why)| left_out(count, what, &why)),
        );
    }
}

/// The items of an array, or the value alone.
fn items(cell: Value, is_array: bool) -> Vec<Value> {
    match cell {
        Value::Dynamic(Dynamic::Array(items)) if is_array => {
            items.iter().map(|item| Value::Dynamic(item.clone())).collect()
        }
        _ if is_array => Vec::new(),
        other => vec![other],
    }
}
