//! `diffpatterns`: the patterns of values that two sets of rows differ in.
//!
//! Source: the page of diffpatterns and its published examples: percentages have two digits behind the point, patterns come by
//! their difference, and none is a part of another. Which of several patterns of about the same rows are taken is not
//! published: here those that differ most, unless most of their rows are those of one before. So the answer is in doubt.

use crate::diagnostic::Diagnostic;
use crate::function::{Plugin, PluginBinding, PluginColumns, PluginRows, PluginRun, Result};
use crate::reference::{ParameterInfo, TableExample};
use crate::types::ScalarType;

use super::patterns::{self, Mining, PatternArguments, ValuePattern, WantedArgument, longs, numbers, reals};

pub(super) static PLUGIN: Plugin = Plugin {
    name: "diffpatterns",
    summary: "Finds patterns of values that are more common in one set of rows than in another.",
    syntax: &[
        "T | evaluate diffpatterns(SplitColumn, SplitValueA, SplitValueB [, WeightColumn [, Threshold \
         [, MaxDimensions [, CustomWildcard [, …]]]]])",
    ],
    parameters: &[
        ParameterInfo::INPUT,
        ParameterInfo::required("SplitColumn", "The column that says which set a row is in."),
        ParameterInfo::required("SplitValueA", "Its value, as text, in the rows of set A."),
        ParameterInfo::required("SplitValueB", "Its value, as text, in the rows of set B."),
        ParameterInfo::optional("WeightColumn", "A column of numbers: how many rows a row counts for."),
        ParameterInfo::optional(
            "Threshold",
            "The least difference of a pattern's shares in the two sets, from 0.015 to 1; 0.05 by default.",
        ),
        ParameterInfo::optional(
            "MaxDimensions",
            "How many values may determine a pattern; any number by default.",
        ),
        ParameterInfo::optional(
            "CustomWildcard",
            "What columns of its type show that may have any value; null, or the empty text, by default.",
        ),
    ],
    remarks: &[
        "'~' stands for an argument that is left out.",
        "Percentages are of the rows of each set, with two digits behind the point; PercentDiffAB is what patterns come by.",
        "Rows that are in neither set are left out. No pattern speaks of SplitColumn and WeightColumn.",
        "Which of several patterns of about the same rows Kusto takes is not published. kqlite takes those that differ most, \
         with a warning.",
    ],
    is_source: false,
    bind,
    run,
    examples: &[
        TableExample {
            query: r"datatable (Event: string, Damage: long) [
    'Hail', 0, 'Hail', 0, 'Flood', 0, 'Hail', 1, 'Flood', 1, 'Flood', 1,
]
| evaluate diffpatterns(Damage, '0', '1')",
            result: r#"SegmentId:long, CountA:long, CountB:long, PercentA:real, PercentB:real, PercentDiffAB:real, Event:string, Damage:long
[0,2,1,66.67,33.33,33.33,"Hail",null]
[1,1,2,33.33,66.67,33.33,"Flood",null]"#,
        },
        TableExample {
            query: r"datatable (Event: string, Source: string, Set: string) [
    'Hail', 'x', 'A', 'Hail', 'x', 'A', 'Hail', 'x', 'B', 'Flood', 'x', 'B',
]
| evaluate diffpatterns(Set, 'A', 'B', '~', 0.2)
| project CountA, CountB, PercentDiffAB, Event, Source",
            result: r#"CountA:long, CountB:long, PercentDiffAB:real, Event:string, Source:string
[2,1,50.0,"Hail","x"]
[0,1,50.0,"Flood","x"]"#,
        },
    ],
    ..Plugin::DEFAULT
};

const MEASURES: [(&str, ScalarType); 6] = [
    ("SegmentId", ScalarType::Long),
    ("CountA", ScalarType::Long),
    ("CountB", ScalarType::Long),
    ("PercentA", ScalarType::Real),
    ("PercentB", ScalarType::Real),
    ("PercentDiffAB", ScalarType::Real),
];

/// What most of the rows of a pattern are.
const MOST_ROWS: f64 = 0.8;

fn bind(call: &PluginBinding<'_>) -> std::result::Result<PluginColumns, Vec<Diagnostic>> {
    use WantedArgument as W;
    let wanted = [W::Column, W::Text, W::Text, W::Column, W::Real, W::Integer];
    patterns::bind(call, (3, &wanted), &MEASURES)
}

fn run(run: &PluginRun<'_>) -> Result<PluginRows> {
    let (arguments, mining) = (PatternArguments(run.call), Mining::new(run));
    let split = arguments.column(0);
    let sets = [arguments.text(1)?, arguments.text(2)?];
    let weight = arguments.column(3);
    let threshold = arguments.real(4, 0.05, (0.015, 1.0))?;
    let most = arguments.count(5, usize::MAX)?;
    let mut weights: Vec<[f64; 2]> = Vec::new();
    mining.hold(run.input.len().saturating_mul(size_of::<[f64; 2]>()))?;
    if let Some(split) = split.and_then(|at| run.input.columns().get(at)) {
        for (value, weight) in split.values().zip(mining.row_weights(weight)?) {
            let text = value.to_text();
            mining.work(text.len() + size_of::<f64>())?;
            weights.push(sets.map(|set| if *text == *set { weight } else { 0.0 }));
        }
    }
    let mut totals = [0.0; 2];
    weights.iter().for_each(|[a, b]| totals = [totals[0] + a, totals[1] + b]);
    let shares = |sums: &[f64; 2]| [sums[0] / totals[0], sums[1] / totals[1]];
    // What is rarer than the threshold in both sets cannot differ by it.
    let kept = |sums: &[f64; 2]| shares(sums).iter().any(|share| *share >= threshold);
    let coded = mining.code(&weights, &[split, weight], kept)?;
    let difference = |pattern: &ValuePattern| {
        let [a, b] = shares(&pattern.sums);
        (a - b).abs()
    };
    let mut found: Vec<ValuePattern> = Vec::new();
    if totals.iter().all(|total| *total > 0.0) {
        found = mining.patterns(&coded, most, kept)?;
    } else if !run.input.is_empty() {
        let about = "a split of which one side has no rows";
        mining.doubt(about, "there are no patterns", sets.join(" and "))?;
    }
    found.retain(|pattern| difference(pattern) >= threshold);
    // The sort is stable. Of the same difference the pattern with fewer columns comes first.
    found.sort_by(|a, b| difference(b).total_cmp(&difference(a)).then(a.size().cmp(&b.size())));
    let mut chosen: Vec<(ValuePattern, Vec<bool>)> = Vec::new();
    'patterns: for pattern in found {
        for (before, _) in &chosen {
            let shared = pattern.shared(before);
            if shared == pattern.size() || shared == before.size() {
                continue 'patterns;
            }
        }
        let rows = mining.rows_of(&coded, &pattern)?;
        let of_both_sets = |sums: &[f64; 2]| shares(sums).iter().sum::<f64>();
        let most_rows = MOST_ROWS * of_both_sets(&pattern.sums);
        let is_like = |their: &[bool]| of_both_sets(&coded.sums_of_both(&rows, their)) >= most_rows;
        mining.work(chosen.len().saturating_mul(rows.len()))?;
        if chosen.iter().any(|(_, their)| is_like(their)) {
            continue;
        }
        mining.hold(rows.len())?;
        chosen.push((pattern, rows));
    }
    let chosen: Vec<ValuePattern> = chosen.into_iter().map(|(pattern, _)| pattern).collect();
    if !chosen.is_empty() {
        let taken = "those that differ most, unless they have most rows of one before";
        mining.doubt("rows with more than one pattern", taken, format!("{} rows", run.input.len()))?;
    }
    let percent = |share: f64| (share * 1e4).round() / 1e2;
    let by_set = |set: fn(&[f64; 2]) -> f64| chosen.iter().map(move |pattern| set(&pattern.sums));
    let shares_by_set =
        |set: fn(&[f64; 2]) -> f64| chosen.iter().map(move |it| percent(set(&shares(&it.sums))));
    let measures = vec![
        ("SegmentId", numbers(chosen.len())),
        ("CountA", longs(by_set(|it| it[0]))),
        ("CountB", longs(by_set(|it| it[1]))),
        ("PercentA", reals(shares_by_set(|it| it[0]))),
        ("PercentB", reals(shares_by_set(|it| it[1]))),
        ("PercentDiffAB", reals(chosen.iter().map(|it| percent(difference(it))))),
    ];
    mining.table(&coded, &chosen, measures, 6)
}
