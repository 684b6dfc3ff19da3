//! From the rows of an answer to a chart: one file a family of kinds. It must not know how charts are drawn.

mod card;
mod lanes;
mod plot;
mod points;
mod shares;
mod stack;

use kqlite::{Table, Visualization};

use crate::chart::{Body, Chart};
use crate::error::ChartError;
use crate::properties::{ChartKind, KindProperty, Properties};
use crate::roles::Columns;

impl Chart {
    /// The chart that the query of an answer asks for with `render`; nothing if it asks for none, or for a table.
    ///
    /// # Errors
    /// The rows cannot be drawn so: a column is missing or of another type, a property has no meaning.
    pub fn of_answer(table: &Table) -> Result<Option<Self>, ChartError> {
        table.visualization().map_or(Ok(None), |visualization| Self::of(table, visualization))
    }

    /// The rows as a chart; nothing for a `table` and a `list`.
    ///
    /// # Errors
    /// As for [`Chart::of_answer`].
    pub fn of(table: &Table, visualization: &Visualization) -> Result<Option<Self>, ChartError> {
        let Some(kind) = ChartKind::of_name(&visualization.chart)? else { return Ok(None) };
        let properties = Properties::read(visualization)?;
        let columns = Columns::of(table);
        let mut notes = Vec::new();
        for name in properties.unknown.iter().take(5) {
            notes.push(format!("the property '{name}' is not known"));
        }
        let is_map = properties.kind == KindProperty::Map;
        if is_map && kind != ChartKind::Scatter {
            return Err(ChartError::NotDrawn {
                chart: format!("{} with kind=map", kind.name()),
                help: "scatterchart with kind=map draws the points".to_owned(),
            });
        }
        let body = match kind {
            ChartKind::Card => Body::Card(card::facts(&columns, &mut notes)),
            ChartKind::Pie => Body::Pie(shares::slices(&columns, &properties, &mut notes)?),
            ChartKind::Treemap => Body::Treemap(shares::rectangles(&columns, &properties, &mut notes)?),
            ChartKind::TimePivot => Body::Lanes(lanes::events(&columns, &properties, &mut notes)?),
            ChartKind::Ladder => Body::Lanes(lanes::ladder(&columns, &properties, &mut notes)?),
            ChartKind::Anomaly
            | ChartKind::Area
            | ChartKind::Bar
            | ChartKind::Column
            | ChartKind::Line
            | ChartKind::Pivot
            | ChartKind::Scatter
            | ChartKind::StackedArea
            | ChartKind::Time => Body::Plot(plot::plot(kind, &columns, &properties, &mut notes)?),
        };
        Ok(Some(Self { kind, title: properties.title, body, notes, has_legend: !properties.hides_legend }))
    }
}
