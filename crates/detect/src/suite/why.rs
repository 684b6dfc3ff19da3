//! Explains why a test failed: where the rows of its fixtures went, or which of them made the rows that should not be
//! there.

use kqlite::explain::{Outcome, PipelineKind, RowRef};

use super::evaluate::RuleRun;
use super::outcome::Failure;
use super::words::{counted, row_names};

/// The most rows of fixtures that are followed.
const MAX_FOLLOWED_ROWS: usize = 60;
/// The most different ways of rows that are reported.
const MAX_OUTCOMES: usize = 6;
/// The most rows whose lineage is reported.
const MAX_LINEAGES: usize = 3;

/// A few lines that say why; `None` if there is none to find.
pub(crate) fn why(ran: &RuleRun, failures: &[Failure]) -> Option<String> {
    let answer = ran.answer.as_ref()?;
    let too_much = failures.iter().any(|it| it.is_too_much(answer.len()));
    let lines = if too_much {
        let mut lines = lineages(ran, answer.len());
        lines.extend(absent(ran).unwrap_or_default());
        lines.extend_from_slice(ran.cut.lines());
        lines
    } else {
        let mut lines = ran.cut.lines().to_vec();
        lines.extend(traces(ran)?);
        lines
    };
    (!lines.is_empty()).then(|| lines.join("\n"))
}

impl Failure {
    /// There is something that should not be there.
    fn is_too_much(&self, rows: usize) -> bool {
        let unexpected = match &self.detail {
            Some(super::outcome::Detail::Diff(diff)) => {
                let [_, changed, missing, unexpected] = diff.counts();
                unexpected > 0 && changed + missing == 0
            }
            _ => false,
        };
        rows > 0 && unexpected && matches!(self.key, "fires" | "rows" | "excludes" | "result")
    }
}

/// Which rows of the fixtures made the rows of the answer.
fn lineages(ran: &RuleRun, rows: usize) -> Vec<String> {
    let Ok(query) = &ran.prepared.query else { return Vec::new() };
    let mut lines = Vec::new();
    for row in 0..rows.min(MAX_LINEAGES) {
        let Ok(lineage) = query.origins(&ran.database, &ran.options, row) else { break };
        let names: Vec<String> =
            lineage.sources.iter().map(|it| ran.cut.stated(&it.row).to_string()).collect();
        let shown = names.iter().take(MAX_OUTCOMES).cloned().collect::<Vec<_>>().join(", ");
        let more = names.len().saturating_sub(MAX_OUTCOMES);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let shown = if names.is_empty() { "no row".to_owned() } else { shown };
        lines.push(format!("row {row} of the answer was made of {shown}{more}"));
    }
    if rows > MAX_LINEAGES && !lines.is_empty() {
        lines.push(format!("… {} more", counted(rows - MAX_LINEAGES, "row")));
    }
    lines
}

/// The first rows of the fixtures.
fn fixture_rows(ran: &RuleRun) -> Vec<RowRef> {
    let mut rows: Vec<RowRef> = Vec::new();
    for name in ran.prepared.reads.keys() {
        let count = ran.database.table(name).map_or(0, kqlite::Table::len);
        rows.extend((0..count.min(MAX_FOLLOWED_ROWS)).map(|row| RowRef::new(name.as_str(), row)));
    }
    rows.truncate(MAX_FOLLOWED_ROWS);
    rows
}

/// What a row of the answer might have been held against, such as the senders of an anti join: where the rows that came
/// furthest on that way vanished.
fn absent(ran: &RuleRun) -> Option<Vec<String>> {
    let query = ran.prepared.query.as_ref().ok()?;
    let why = query.why(&ran.database, &ran.options, &fixture_rows(ran)).ok()?;
    let mut groups: Vec<(&str, usize, &str, Vec<RowRef>)> = Vec::new();
    for trace in &why.traces {
        let row = ran.cut.stated(&trace.row);
        for path in trace.paths.iter().filter(|path| path.kind != PipelineKind::Result) {
            let Outcome::Dropped { step, text } = &path.outcome else { continue };
            let (pipeline, number) = (path.pipeline.as_str(), step.number);
            match groups.iter_mut().find(|it| (it.0, it.1, it.2) == (pipeline, number, text)) {
                Some((.., rows)) => rows.push(row.clone()),
                None => groups.push((pipeline, number, text, vec![row.clone()])),
            }
        }
    }
    let furthest = |pipeline: &str| groups.iter().filter(|it| it.0 == pipeline).map(|it| it.1).max();
    let lines = groups.iter().filter(|it| furthest(it.0) == Some(it.1)).take(MAX_LINEAGES);
    let verb = |rows: &[RowRef]| if rows.len() == 1 { "vanishes" } else { "vanish" };
    Some(
        lines
            .map(|(pipeline, step, text, rows)| {
                let named = row_names(&rows.iter().collect::<Vec<_>>());
                let text = ran.cut.restated(text);
                format!("in {pipeline} {named} {} at step {step}: {text}", verb(rows))
            })
            .collect(),
    )
}

/// Says where the rows of the fixtures went; those that went the same way are reported together.
fn traces(ran: &RuleRun) -> Option<Vec<String>> {
    let query = ran.prepared.query.as_ref().ok()?;
    let rows = fixture_rows(ran);
    if rows.is_empty() {
        // What is outside of the period says enough.
        if !ran.cut.lines().is_empty() {
            return Some(Vec::new());
        }
        return Some(vec!["the tables that the rule reads have no rows in this test".to_owned()]);
    }
    let why = query.why(&ran.database, &ran.options, &rows).ok()?;
    let mut groups: Vec<(&str, Vec<RowRef>)> = Vec::new();
    for trace in &why.traces {
        let row = ran.cut.stated(&trace.row);
        match groups.iter_mut().find(|(summary, rows)| {
            *summary == trace.summary && rows.first().is_some_and(|row| row.table == trace.row.table)
        }) {
            Some((_, rows)) => rows.push(row),
            None => groups.push((&trace.summary, vec![row])),
        }
    }
    // Rows that vanish say more than those that are in the answer.
    groups.sort_by_key(|(summary, _)| !summary.starts_with("vanishes"));
    let more = groups.len().saturating_sub(MAX_OUTCOMES);
    let mut lines: Vec<String> = groups
        .into_iter()
        .take(MAX_OUTCOMES)
        .map(|(summary, rows)| sentence(&ran.cut.restated(summary), &rows.iter().collect::<Vec<_>>()))
        .collect();
    if more > 0 {
        lines.push(format!("… and {more} more ways that rows went"));
    }
    Some(lines)
}

/// Says where one row went, or several.
fn sentence(summary: &str, rows: &[&RowRef]) -> String {
    let verbs = [("vanishes ", "vanish "), ("is ", "are ")];
    let several = verbs.iter().find_map(|(one, many)| Some((many, summary.strip_prefix(one)?)));
    match several {
        Some((many, rest)) if rows.len() > 1 => format!("{} {many}{rest}", row_names(rows)),
        Some(_) => format!("{} {summary}", row_names(rows)),
        None => format!("{}: {summary}", row_names(rows)),
    }
}
