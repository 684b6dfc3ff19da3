//! When a row came into its table. It must not know where that is kept.

use crate::function::kinds::returns;
use crate::function::{
    CallSite, Category, Example, Expansion, Kernel, ResultName, ScalarFunction, Semantics, Volatility,
    signatures,
};
use crate::types::{CARRIED_INGESTION_TIME, INGESTION_TIME, ScalarType, Value};

pub(super) const FUNCTIONS: &[ScalarFunction] = &[ScalarFunction {
    name: "ingestion_time",
    category: Category::Special,
    summary: "The time when the row came into its table: that of the table's column `$IngestionTime`, which queries do not see.",
    signatures: signatures![() -> returns::DATETIME],
    result_name: ResultName::PrefixOnly(INGESTION_TIME),
    volatility: Volatility::Volatile,
    semantics: Semantics::IngestionTime,
    expand: Some(expand),
    kernel: Kernel::Rows(|call| {
        if call.rows > 0 {
            let taken = "it is null; a datetime column '$IngestionTime' of the table gives the time";
            call.doubt("a row without a time of ingestion", taken, "that of this operator's input")?;
        }
        Ok(call.nulls())
    }),
    examples: &[
        Example { query: "isnull(ingestion_time())", result: "true" },
        Example { query: "print t = gettype(ingestion_time())", result: "\"datetime\"" },
    ],
    ..ScalarFunction::DEFAULT
}];

fn expand(site: &mut dyn CallSite) -> Option<Expansion> {
    if site.argument_count() > 0 {
        // The form of the call is judged as that of any other.
        return None;
    }
    let columns = site.columns();
    if let Some(at) = columns.iter().position(|column| *column.name == *CARRIED_INGESTION_TIME) {
        return Some(Expansion::Column(at));
    }
    // Outside of the rows of tables it is null, as Microsoft's page says.
    (columns.is_empty() && !site.hides_columns())
        .then_some(Expansion::Literal(Value::Null, ScalarType::DateTime))
}
