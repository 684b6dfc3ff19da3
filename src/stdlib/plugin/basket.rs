//! `basket`: the patterns of values that many rows have.
//!
//! Source: the page of basket, and the published examples of it and of diagnosing anomalies: they show that patterns are
//! closed, that MaxDimensions counts the values that determine one, and the order: by the product of rows and columns.

use crate::diagnostic::Diagnostic;
use crate::function::{Plugin, PluginBinding, PluginColumns, PluginRows, PluginRun, Result};
use crate::reference::{ParameterInfo, TableExample};
use crate::types::ScalarType;

use super::patterns::{self, Mining, PatternArguments, WantedArgument, longs, numbers, reals};

pub(super) static PLUGIN: Plugin = Plugin {
    name: "basket",
    summary: "Finds all frequent patterns: values that stand together in columns of many rows.",
    syntax: &["T | evaluate basket([Threshold [, WeightColumn [, MaxDimensions [, CustomWildcard [, …]]]]])"],
    parameters: &[
        ParameterInfo::INPUT,
        ParameterInfo::optional(
            "Threshold",
            "The least share of the rows that a pattern has, from 0.015 to 1; 0.05 by default.",
        ),
        ParameterInfo::optional("WeightColumn", "A column of numbers: how many rows a row counts for."),
        ParameterInfo::optional(
            "MaxDimensions",
            "How many values may determine a pattern, 5 by default. Values that follow from others do not count.",
        ),
        ParameterInfo::optional(
            "CustomWildcard",
            "What columns of its type show that may have any value; null, or the empty text, by default.",
        ),
    ],
    remarks: &[
        "'~' stands for an argument that is left out: basket('~', '~', '~', '*', int(-1)).",
        "A pattern is listed with all the values that its rows share, so two patterns never have the same rows.",
        "Patterns come by the number of their rows times the number of their columns, the greatest first.",
        "The time grows with the number of columns: project those that matter before.",
        "Kusto takes samples of large tables to find frequent values, and may miss patterns at the threshold; kqlite counts.",
    ],
    is_source: true,
    bind,
    run,
    examples: &[
        TableExample {
            query: r"datatable (Event: string, Damage: string) [
    'Hail', 'NO', 'Hail', 'NO', 'Hail', 'YES', 'Flood', 'NO',
]
| evaluate basket(0.5)",
            result: r#"SegmentId:long, Count:long, Percent:real, Event:string, Damage:string
[0,2,50.0,"Hail","NO"]
[1,3,75.0,"Hail",""]
[2,3,75.0,"","NO"]"#,
        },
        TableExample {
            query: r"datatable (Event: string, Crops: long) [
    'Hail', 0, 'Hail', 0, 'Flood', 5,
]
| evaluate basket(0.6, '~', '~', '*', -1)",
            result: "SegmentId:long, Count:long, Percent:real, Event:string, Crops:long\n[0,2,66.66666666666667,\"Hail\",0]",
        },
    ],
    ..Plugin::DEFAULT
};

pub(super) const MEASURES: [(&str, ScalarType); 3] =
    [("SegmentId", ScalarType::Long), ("Count", ScalarType::Long), ("Percent", ScalarType::Real)];

fn bind(call: &PluginBinding<'_>) -> std::result::Result<PluginColumns, Vec<Diagnostic>> {
    patterns::bind(
        call,
        (0, &[WantedArgument::Real, WantedArgument::Column, WantedArgument::Integer]),
        &MEASURES,
    )
}

fn run(run: &PluginRun<'_>) -> Result<PluginRows> {
    let (arguments, mining) = (PatternArguments(run.call), Mining::new(run));
    let threshold = arguments.real(0, 0.05, (0.015, 1.0))?;
    let weight = arguments.column(1);
    let most = arguments.count(2, 5)?;
    let weights: Vec<[f64; 2]> = mining.row_weights(weight)?.into_iter().map(|it| [it, 0.0]).collect();
    let total: f64 = weights.iter().map(|[weight, _]| weight).sum();
    let kept = |sums: &[f64; 2]| sums[0] > 0.0 && sums[0] >= threshold * total;
    let coded = mining.code(&weights, &[weight], kept)?;
    let mut found = mining.patterns(&coded, most, kept)?;
    // The sort is stable: the rest of the order is that of the columns and of the first rows with the values.
    let weight_of = |pattern: &patterns::ValuePattern| pattern.sums[0] * pattern.size() as f64;
    found.sort_by(|a, b| weight_of(b).total_cmp(&weight_of(a)).then(b.size().cmp(&a.size())));
    let counts = || found.iter().map(|pattern| pattern.sums[0]);
    let measures = vec![
        ("SegmentId", numbers(found.len())),
        ("Count", longs(counts())),
        ("Percent", reals(counts().map(|count| 100.0 * count / total))),
    ];
    mining.table(&coded, &found, measures, 3)
}
