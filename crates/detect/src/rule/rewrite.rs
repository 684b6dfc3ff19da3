//! Writes the queries of a file anew where they stand, and leaves the rest of the file byte for byte. It must not know how a query
//! is to be written.

use std::ops::Range;

use kqlite::LineIndex;

use super::format::RuleFormat;
use super::model::Rule;
use super::tree::Node;

/// A file whose queries were written anew.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rewritten {
    /// The whole text.
    pub text: String,
    /// Queries that would be written otherwise and were left as they are: the line, from 1, and why.
    pub left: Vec<(usize, String)>,
}

impl Rule {
    /// Writes the queries of a text of YAML or JSON anew: those in literal blocks (`|`) and in double quotes. `rewrite` makes the
    /// new query of one, or says with its error that it cannot be made; nothing is changed then.
    ///
    /// ```
    /// use kqlite_detect::{Rule, RuleFormat};
    /// let format = |query: &str| kqlite::format(query).ok();
    /// let rule = "name: x # kept\nquery: |\n  T|take   5\nid: 1\n";
    /// let found = Rule::rewrite_queries(rule, RuleFormat::Yaml, &format);
    /// assert_eq!(found.text, "name: x # kept\nquery: |\n  T\n  | take 5\nid: 1\n");
    /// assert!(found.left.is_empty());
    /// ```
    #[must_use]
    pub fn rewrite_queries(
        text: &str,
        format: RuleFormat,
        rewrite: &dyn Fn(&str) -> Option<String>,
    ) -> Rewritten {
        let unchanged = |left| Rewritten { text: text.to_owned(), left };
        let Ok(file) = Self::read_all(text, format) else { return unchanged(Vec::new()) };
        let lines = LineIndex::new(text);
        let mut edits: Vec<(Range<usize>, String)> = Vec::new();
        let mut left = Vec::new();
        for rule in &file.rules {
            let Some(node) = rule.node().get("query") else { continue };
            let Some(written) = node.text().and_then(rewrite) else { continue };
            let query = node.text().unwrap_or_default();
            if written.trim_end() == query.replace("\r\n", "\n").trim_end() {
                continue;
            }
            match edit(text, format, node, &written) {
                Ok(edit) => edits.push(edit),
                Err(why) => left.push((lines.line_column(text, node.span.start).0, why.to_owned())),
            }
        }
        edits.sort_by_key(|(at, _)| at.start);
        // An anchor's value may be the query of several rules.
        edits.dedup_by(|a, b| a.0 == b.0);
        let mut made = String::with_capacity(text.len());
        let mut from = 0;
        for (at, new) in edits {
            made.push_str(text.get(from..at.start).unwrap_or_default());
            made.push_str(&new);
            from = at.end;
        }
        made.push_str(text.get(from..).unwrap_or_default());
        // What is read of it now is what was meant, or nothing is changed.
        let same = |a: &str, b: &str| a.split_whitespace().eq(b.split_whitespace());
        let is_right = Self::read_all(&made, format).is_ok_and(|it| {
            it.rules.len() == file.rules.len()
                && it.rules.iter().zip(&file.rules).all(|(new, old)| {
                    let query = |rule: &Self| {
                        rule.node().get("query").and_then(Node::text).unwrap_or_default().to_owned()
                    };
                    let (new, old) = (query(new), query(old));
                    new == old || rewrite(&old).is_some_and(|wanted| same(&wanted, &new))
                })
        });
        if is_right { Rewritten { text: made, left } } else { unchanged(left) }
    }
}

/// The part of the file that a query is, and what it is to be; or why it is left as it is.
fn edit(
    text: &str,
    format: RuleFormat,
    node: &Node,
    written: &str,
) -> Result<(Range<usize>, String), &'static str> {
    let span = node.span.range();
    let at = text.get(span.clone()).unwrap_or_default();
    let query = node.text().unwrap_or_default();
    if at.starts_with('"') {
        return quoted(format, at, query, written).map(|new| (span, new));
    }
    if format == RuleFormat::Json {
        return Err("the query is an expression of the template");
    }
    if at.starts_with('\'') {
        return Err("a text in single quotes has one line; write it as a block: 'query: |'");
    }
    literal_block(text, span.start, written)
}

/// A text in double quotes, with escapes as JSON has them, which YAML reads, too.
fn quoted(format: RuleFormat, at: &str, query: &str, written: &str) -> Result<String, &'static str> {
    let is_plain = serde_json::from_str::<String>(at).is_ok_and(|text| text == query);
    if !is_plain {
        return Err(match format {
            RuleFormat::Json => "the query is an expression of the template, or within another text",
            _ => {
                "a text in quotes over several lines, or with escapes of YAML; write it as a block: 'query: |'"
            }
        });
    }
    let mut new = written.to_owned();
    if !query.ends_with('\n') {
        new.truncate(new.trim_end().len());
    }
    if query.contains("\r\n") {
        new = new.replace('\n', "\r\n");
    }
    serde_json::to_string(&new).map_err(|_| "it cannot be written as a text")
}

/// A literal block, which begins in the line below its `|`.
fn literal_block(text: &str, start: usize, written: &str) -> Result<(Range<usize>, String), &'static str> {
    const NO_BLOCK: &str = "a text without quotes has one line; write it as a block: 'query: |'";
    let first = text.get(..start).and_then(|it| it.rfind('\n')).map_or(0, |at| at + 1);
    if !text.get(first..start).unwrap_or_default().trim().is_empty() {
        return Err(NO_BLOCK);
    }
    let head = text.get(..first).unwrap_or_default().trim_end();
    let head = head.lines().next_back().unwrap_or_default();
    // A comment may stand behind the sign.
    let head = head.split(" #").next().unwrap_or_default().trim_end();
    let sign = head.rsplit([' ', ':']).next().unwrap_or_default();
    match sign.trim_end_matches(['+', '-']) {
        "|" => {}
        ">" => return Err("a folded block ('>') loses its line ends; write it as a literal one: 'query: |'"),
        it if it.starts_with(['|', '>']) => return Err("the block has an indentation of its own"),
        _ => return Err(NO_BLOCK),
    }
    let indent = start - first;
    let (mut offset, mut end) = (first, first);
    let mut newline = "\n";
    for line in text.get(first..).unwrap_or_default().split_inclusive('\n') {
        let content = line.trim_end_matches(['\n', '\r']);
        let spaces = content.len() - content.trim_start_matches(' ').len();
        if !content.trim().is_empty() {
            if spaces < indent {
                break;
            }
            end = offset + content.len();
        }
        if line.ends_with("\r\n") {
            newline = "\r\n";
        }
        offset += line.len();
    }
    let blanks = " ".repeat(indent);
    let lines: Vec<String> = written
        .trim_end()
        .lines()
        .map(|line| if line.is_empty() { String::new() } else { format!("{blanks}{line}") })
        .collect();
    Ok((first..end, lines.join(newline)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rewritten(text: &str, format: RuleFormat) -> Rewritten {
        Rule::rewrite_queries(text, format, &|query| kqlite::format(query).ok())
    }

    #[track_caller]
    fn changes(text: &str, format: RuleFormat, new: &str) {
        let found = rewritten(text, format);
        assert_eq!((found.text.as_str(), &found.left[..]), (new, &[][..]));
        // What is formatted stays.
        assert_eq!(rewritten(new, format).text, new);
    }

    #[test]
    fn literal_blocks_and_quotes_are_written_anew() {
        let yaml = RuleFormat::Yaml;
        changes(
            "# a\nname:   x\nquery: | # kept\n    T|take 1 // last\n\n\nid:  'y'\n",
            yaml,
            "# a\nname:   x\nquery: | # kept\n    T\n    | take 1 // last\n\n\nid:  'y'\n",
        );
        changes(
            "- query: |-\r\n    T|take 1\r\n  id: 1\r\n",
            yaml,
            "- query: |-\r\n    T\r\n    | take 1\r\n  id: 1\r\n",
        );
        changes(
            "query: \"T|where a == \\\"x\\\"\"\nid: 1",
            yaml,
            "query: \"T\\n| where a == \\\"x\\\"\"\nid: 1",
        );
        changes(
            "query: |\n  T|take 1\n---\nFunctionName: f\nFunctionQuery: |\n\n  let a=1;\n  T|take a\n",
            yaml,
            "query: |\n  T\n  | take 1\n---\nFunctionName: f\nFunctionQuery: |\n\n  let a = 1;\n  T\n  | take a\n",
        );
        let json = RuleFormat::Json;
        changes(
            "{ \"query\" : \"T|take 1\\r\\n\",\n\t\"x\": [1 ,2]}",
            json,
            "{ \"query\" : \"T\\r\\n| take 1\\r\\n\",\n\t\"x\": [1 ,2]}",
        );
        changes(
            "{\"queryCondition\":{\"queryText\":\"T|take 1\"}}",
            json,
            "{\"queryCondition\":{\"queryText\":\"T\\n| take 1\"}}",
        );
    }

    #[test]
    fn what_is_left_is_told() {
        for (text, format, line, why) in [
            ("id: 1\nquery: >\n  T|take 1\n", RuleFormat::Yaml, 3, "folded"),
            ("query: 'T|take 1'\n", RuleFormat::Yaml, 1, "single quotes"),
            ("query: T|take 1\n", RuleFormat::Yaml, 1, "one line"),
            ("query: |2\n   T|take 1\n", RuleFormat::Yaml, 2, "indentation"),
            ("query: \"T|\n  take 1\"\n", RuleFormat::Yaml, 1, "several lines"),
            (
                r#"{"resources": [], "variables": {"q": "T|take 1"}, "a": {"type": "x/alertRules", "kind": "NRT",
                "properties": {"query": "[variables('q')]"}}}"#,
                RuleFormat::Json,
                2,
                "expression of the template",
            ),
        ] {
            let found = rewritten(text, format);
            assert_eq!(found.text, text);
            assert!(
                found.left.len() == 1 && found.left[0].0 == line && found.left[0].1.contains(why),
                "{found:?}"
            );
        }
        // Nothing to say of what is formatted, of what cannot be read, and of what has no query.
        for text in ["query: T\n", "query: |\n  T | wher\n", "a: 1\n", "a: [\n"] {
            assert_eq!(
                rewritten(text, RuleFormat::Yaml),
                Rewritten { text: text.to_owned(), left: Vec::new() }
            );
        }
    }
}
