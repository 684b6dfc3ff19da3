//! Why there is no chart: what was expected, what was found, and what to do. It must not know how charts are drawn.

/// Why an answer cannot be drawn as the chart that was asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ChartError {
    /// No chart is called so.
    #[error("there is no chart '{name}'{}", suggested(suggestion.as_deref()))]
    UnknownChart {
        /// What was asked for.
        name: String,
        /// The nearest name.
        suggestion: Option<String>,
    },
    /// The chart is one that kqlite does not draw.
    #[error("kqlite draws no {chart}: {help}")]
    NotDrawn {
        /// The chart.
        chart: String,
        /// Why not, and what to take in its place.
        help: String,
    },
    /// No column can play a part that the chart needs.
    #[error("{chart} needs {needed}; the columns are {columns}")]
    MissingColumn {
        /// The chart.
        chart: String,
        /// The part, such as `a numeric column for its y axis`.
        needed: String,
        /// Names and types of those that there are.
        columns: String,
    },
    /// A property names a column that is not there.
    #[error("{property} names the column '{name}', which is not there{}", suggested(suggestion.as_deref()))]
    UnknownColumn {
        /// The property.
        property: String,
        /// The name.
        name: String,
        /// The nearest name.
        suggestion: Option<String>,
    },
    /// A property names a column that cannot play its part.
    #[error("{property} names the column '{name}' of type {found}; {expected}")]
    UnfitColumn {
        /// The property.
        property: String,
        /// The column.
        name: String,
        /// Its type.
        found: String,
        /// What is expected.
        expected: String,
    },
    /// A property has a value that it cannot have.
    #[error("{property} cannot be '{value}'; it is {expected}")]
    WrongProperty {
        /// The property.
        property: String,
        /// Its value.
        value: String,
        /// What is expected.
        expected: String,
    },
}

fn suggested(name: Option<&str>) -> String {
    name.map_or_else(String::new, |name| format!(": did you mean '{name}'?"))
}
