//! `autocluster`: a few patterns that tell much of the rows.
//!
//! Source: the page of autocluster: patterns are scored by a weighted geometric mean of how many rows and how many columns
//! they have, and there are few of them, which differ. How they are searched is not published in full: here the frequent
//! patterns are scored, and taken one after the other unless they are like one before. The measures of likeness and the power
//! of the columns' share are chosen so that the published examples come out. So the answer is in doubt.

use crate::diagnostic::Diagnostic;
use crate::function::{Plugin, PluginBinding, PluginColumns, PluginRows, PluginRun, Result};
use crate::reference::{ParameterInfo, TableExample};

use super::basket::MEASURES;
use super::patterns::{self, Mining, PatternArguments, ValuePattern, WantedArgument, longs, numbers, reals};

pub(super) static PLUGIN: Plugin = Plugin {
    name: "autocluster",
    summary: "Finds a few patterns of values that tell much of the rows: common ones, of many columns, that differ.",
    syntax: &[
        "T | evaluate autocluster([SizeWeight [, WeightColumn [, NumSeeds [, CustomWildcard [, …]]]]])",
    ],
    parameters: &[
        ParameterInfo::INPUT,
        ParameterInfo::optional(
            "SizeWeight",
            "From 0 to 1, 0.5 by default: more of it prefers patterns of many rows, less of it patterns of many columns.",
        ),
        ParameterInfo::optional("WeightColumn", "A column of numbers: how many rows a row counts for."),
        ParameterInfo::optional("NumSeeds", "How many patterns there are at the most, 25 by default."),
        ParameterInfo::optional(
            "CustomWildcard",
            "What columns of its type show that may have any value; null, or the empty text, by default.",
        ),
    ],
    remarks: &[
        "'~' stands for an argument that is left out: autocluster(0.2, '~', '~', '*').",
        "Patterns may overlap, and some rows may have none.",
        "Kusto's search is not published in full. kqlite scores all frequent patterns and takes the best that differ, with a \
         warning: the answer may have others than Kusto's.",
    ],
    is_source: true,
    bind,
    run,
    examples: &[
        TableExample {
            query: r"datatable (Region: string, Unit: string, Code: long) [
    'eau', 'su7', 1, 'eau', 'su7', 2, 'eau', 'su7', 3,
    'eau', 'su7', 4, 'eau', 'su7', 5, 'eau', 'su7', 6,
    'weu', 'su4', 7, 'weu', 'su4', 8, 'weu', 'su4', 9, 'weu', 'su4', 10,
]
| evaluate autocluster()",
            result: r#"SegmentId:long, Count:long, Percent:real, Region:string, Unit:string, Code:long
[0,6,60.0,"eau","su7",null]
[1,4,40.0,"weu","su4",null]"#,
        },
        TableExample {
            query: r"datatable (Region: string, Rows: long) ['eau', 9, 'weu', 1]
| evaluate autocluster(0.5, Rows, 1, '*')",
            result: "SegmentId:long, Count:long, Percent:real, Region:string, Rows:long\n[0,9,90.0,\"eau\",null]",
        },
    ],
    ..Plugin::DEFAULT
};

/// The least share of the rows that a pattern has, and how many values may determine it, as in `basket`.
const RAREST: f64 = 0.05;
const MOST_VALUES: usize = 5;

/// What a pattern scores at the least, of what the best one does.
const LEAST_SCORE: f64 = 0.2;

/// The power of the share of the columns.
const POWER: f64 = 2.5;

/// What two patterns share that are alike, of the values of the later one and of its rows.
const ALIKE: f64 = 0.5;

fn bind(call: &PluginBinding<'_>) -> std::result::Result<PluginColumns, Vec<Diagnostic>> {
    patterns::bind(
        call,
        (0, &[WantedArgument::Real, WantedArgument::Column, WantedArgument::Integer]),
        &MEASURES,
    )
}

fn run(run: &PluginRun<'_>) -> Result<PluginRows> {
    let (arguments, mining) = (PatternArguments(run.call), Mining::new(run));
    let size_weight = arguments.real(0, 0.5, (0.0, 1.0))?;
    let weight = arguments.column(1);
    let most = arguments.count(2, 25)?;
    let weights: Vec<[f64; 2]> = mining.row_weights(weight)?.into_iter().map(|it| [it, 0.0]).collect();
    let total: f64 = weights.iter().map(|[weight, _]| weight).sum();
    let kept = |sums: &[f64; 2]| sums[0] > 0.0 && sums[0] >= RAREST * total;
    let coded = mining.code(&weights, &[weight], kept)?;
    let width = run.input.columns().len() - usize::from(weight.is_some());
    let score = |pattern: &ValuePattern| {
        let columns = (pattern.size() as f64 / width as f64).powf(POWER);
        (pattern.sums[0] / total).powf(size_weight) * columns.powf(1.0 - size_weight)
    };
    let mut scored: Vec<(f64, ValuePattern)> = mining
        .patterns(&coded, MOST_VALUES, kept)?
        .into_iter()
        .map(|pattern| (score(&pattern), pattern))
        .collect();
    scored.sort_by(|(a, _), (b, _)| b.total_cmp(a));
    let least = scored.first().map_or(0.0, |(best, _)| best * LEAST_SCORE);
    let mut chosen: Vec<ValuePattern> = Vec::new();
    let mut covered = Vec::new();
    for (_, pattern) in scored.into_iter().take_while(|(score, _)| *score >= least) {
        if chosen.len() == most {
            break;
        }
        let shares = |before: &ValuePattern| pattern.shared(before) as f64 >= ALIKE * pattern.size() as f64;
        if chosen.iter().any(shares) {
            continue;
        }
        let rows = mining.rows_of(&coded, &pattern)?;
        covered.resize(rows.len(), false);
        if coded.sums_of_both(&rows, &covered)[0] >= ALIKE * pattern.sums[0] {
            continue;
        }
        covered.iter_mut().zip(&rows).for_each(|(covered, row)| *covered |= row);
        chosen.push(pattern);
    }
    if !chosen.is_empty() {
        let taken = "the frequent ones that score best and differ from each other";
        mining.doubt("rows with more than one pattern", taken, format!("{} rows", run.input.len()))?;
    }
    let counts = || chosen.iter().map(|pattern| pattern.sums[0]);
    let measures = vec![
        ("SegmentId", numbers(chosen.len())),
        ("Count", longs(counts())),
        ("Percent", reals(counts().map(|count| 100.0 * count / total))),
    ];
    mining.table(&coded, &chosen, measures, 3)
}
