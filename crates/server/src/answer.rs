//! What a request gives, before it is written in the form of an endpoint. It must not know these forms.

use kqlite::{DateTime, NamedTable, Table, Visualization};
use serde_json::{Value as Json, json};

use crate::properties::ErrorPlacement;
use crate::request_id::RequestId;

/// What a request gives.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    /// At least one.
    pub tables: Vec<NamedTable>,
    /// A command gave it.
    pub of_command: bool,
    /// Nothing behind the last sort takes its order away.
    pub is_ordered: bool,
    pub truncation: Truncation,
    pub placement: ErrorPlacement,
    pub fragmented: bool,
    pub id: RequestId,
    /// When it was made.
    pub at: DateTime,
}

/// How much of an answer is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Truncation {
    /// The most records of a table.
    pub records: usize,
    /// The most bytes of all tables.
    pub bytes: usize,
}

/// What `render` asked for, as clients read it: every property is there.
pub(crate) fn visualization(table: &Table, is_ordered: bool) -> Json {
    const NAMES: [&str; 17] = [
        "Title",
        "XColumn",
        "Series",
        "YColumns",
        "AnomalyColumns",
        "XTitle",
        "YTitle",
        "XAxis",
        "YAxis",
        "Legend",
        "YSplit",
        "Accumulate",
        "Kind",
        "Ymin",
        "Ymax",
        "Xmin",
        "Xmax",
    ];
    let mut out = json!({
        "Visualization": null, "Title": null, "XColumn": null, "Series": null, "YColumns": null, "AnomalyColumns": null,
        "XTitle": null, "YTitle": null, "XAxis": null, "YAxis": null, "Legend": null, "YSplit": null, "Accumulate": false,
        "IsQuerySorted": is_ordered, "Kind": null, "Ymin": "NaN", "Ymax": "NaN", "Xmin": null, "Xmax": null,
    });
    if let (Some(Visualization { chart, properties }), Some(members)) =
        (table.visualization(), out.as_object_mut())
    {
        members.insert("Visualization".into(), chart.as_str().into());
        for (name, value) in properties {
            let known = NAMES.iter().find(|it| it.eq_ignore_ascii_case(name));
            let value: Json = match known {
                Some(&"Accumulate") => value.eq_ignore_ascii_case("true").into(),
                _ => value.as_str().into(),
            };
            members.insert(known.map_or_else(|| name.clone(), |it| (*it).to_owned()), value);
        }
    }
    out
}
