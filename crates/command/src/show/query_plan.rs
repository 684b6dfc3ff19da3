//! `.show queryplan`. It must not know how plans are made.

use kqlite::{ParameterInfo, Value};

use crate::call::CommandEntry;

pub(crate) const ENTRIES: &[CommandEntry] = &[CommandEntry {
    name: ".show queryplan",
    summary: "Shows the plan of a query, without running it.",
    syntax: &[".show queryplan <| Query"],
    parameters: &[ParameterInfo::required("Query", "A query: all of the text behind <|.")],
    remarks: &[
        "The rows are the text of the query and the plan as a tree of relational operators, as kqlite plan prints it.",
    ],
    columns: "ResultType:string, Format:string, Content:string",
    run: |call| {
        let (query, at) = call.reader.rest_behind_arrow("a query")?;
        let compiled = call.compiled(query, at)?;
        let row = |kind: &str, content: &str| vec![kind.into(), "text".into(), Value::from(content)];
        Ok(call.rows(vec![row("QueryText", query.trim()), row("QueryPlan", &compiled.plan())]))
    },
    ..CommandEntry::SHOW
}];
