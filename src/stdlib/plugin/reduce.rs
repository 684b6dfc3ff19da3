//! `reduce`: texts that share their frequent terms, grouped under a pattern.
//!
//! The page names the paper whose method the operator is based on: R. Vaarandi, "A data clustering algorithm for mining
//! patterns from event logs" (2003). Terms that stand at one place in enough of the texts are frequent; texts with the same
//! frequent terms are a cluster, if there are enough of them; all others are outliers. How the real engine differs from it is
//! not published: every answer says so. It must not know how the operator is written.

use std::collections::HashMap;
use std::sync::Arc;

use crate::budget::Used;
use crate::column::{Column, Element, StringBuilder, StringColumn, StringType, Table};
use crate::diagnostic::Diagnostic;
use crate::function::{
    ArgumentValue, Plugin, PluginBinding, PluginColumns, PluginRows, PluginRun, Result, RowOrigins,
};

/// The texts are the first argument, a column; the second one is the text of `characters`. It gives a row for each text: the
/// pattern and the representative of its group, and the group's rank.
pub(super) static PLUGIN: Plugin = Plugin {
    name: "reduce",
    summary: "Groups texts that look alike.",
    syntax: &[],
    parameters: &[],
    remarks: &[],
    is_source: false,
    bind,
    run,
    examples: &[],
    ..Plugin::DEFAULT
};

/// The operator binds itself.
fn bind(_: &PluginBinding<'_>) -> std::result::Result<PluginColumns, Vec<Diagnostic>> {
    Ok(PluginColumns::open(Vec::new()))
}

/// Of ten texts, so many must have a term at a place to make it frequent, and two at least.
const FEWEST_OF_TEN: usize = 1;

/// What outliers are called.
const OUTLIERS: &str = "others";

/// About how many bytes an entry of a hash table takes beside its key.
const ENTRY_BYTES: usize = 64;

/// Which characters part terms: all but ASCII letters and digits, save those that are listed, which change sides.
struct Separators<'a> {
    listed: &'a str,
}

impl Separators<'_> {
    fn are(&self, letter: char) -> bool {
        letter.is_ascii_alphanumeric() == self.is_listed(letter)
    }

    fn is_listed(&self, letter: char) -> bool {
        self.listed.contains(letter)
    }

    /// The terms of a text.
    fn terms<'t>(&self, text: &'t str) -> impl Iterator<Item = &'t str> {
        text.split(|letter| self.are(letter)).filter(|term| !term.is_empty())
    }

    /// The text with `*` in place of what is not frequent. Separators beside it stay, unless they were listed.
    fn pattern(&self, text: &str, is_frequent: impl Fn(usize, &str) -> bool) -> String {
        let mut out = String::new();
        // What stands between the last frequent term and the next one: separators, a wildcard, separators.
        let (mut before, mut is_wild, mut after) = (String::new(), false, String::new());
        let mut rest = text;
        let mut place = 0;
        while let Some(first) = rest.chars().next() {
            let is_term = !self.are(first);
            let end = rest.find(|letter| self.are(letter) == is_term).unwrap_or(rest.len());
            let (piece, left) = rest.split_at(end);
            rest = left;
            if !is_term {
                (if is_wild { &mut after } else { &mut before }).push_str(piece);
                continue;
            }
            if is_frequent(place, piece) {
                self.close(&mut out, &before, is_wild, &after);
                out.push_str(piece);
                (before, is_wild, after) = (String::new(), false, String::new());
            } else {
                is_wild = true;
                after.clear();
            }
            place += 1;
        }
        self.close(&mut out, &before, is_wild, &after);
        out
    }

    fn close(&self, out: &mut String, before: &str, is_wild: bool, after: &str) {
        if !is_wild {
            return out.push_str(before);
        }
        out.extend(before.chars().filter(|letter| !self.is_listed(*letter)));
        out.push('*');
        out.extend(after.chars().filter(|letter| !self.is_listed(*letter)));
    }
}

/// Texts with the same frequent terms.
struct Cluster {
    rows: usize,
    first: usize,
}

fn run(run: &PluginRun<'_>) -> Result<PluginRows> {
    let span = run.call.span;
    let broken = |what: &str| Box::new(Diagnostic::internal(span, what));
    let [texts, listed] = run.call.arguments.as_slice() else {
        return Err(broken("reduce has two arguments"));
    };
    let (ArgumentValue::Column(at), ArgumentValue::Constant(listed, _)) = (&texts.value, &listed.value)
    else {
        return Err(broken("reduce takes a column and a text"));
    };
    let column = run.input.columns().get(*at).map(Column::to_flat).ok_or_else(|| broken("no such column"))?;
    let texts = StringType::view(&column).ok_or_else(|| broken("reduce takes texts"))?;
    let separators = Separators { listed: listed.as_str().unwrap_or_default() };
    let (used, count) = (Used::of(&run.context.budget), run.input.len());
    let user = || "reduce".to_owned();
    let text = |row: usize| texts.get(row).unwrap_or_default();

    // How often each term stands at a place.
    let mut terms: HashMap<(usize, &str), usize> = HashMap::new();
    for row in 0..count {
        let text = text(row);
        used.work(text.len() + 1, user, span)?;
        for (place, term) in separators.terms(text).enumerate() {
            *terms.entry((place, term)).or_default() += 1;
        }
        used.reserve(terms.len() * (size_of::<(usize, &str)>() + ENTRY_BYTES), user, span)?;
    }
    let fewest = (count * FEWEST_OF_TEN).div_ceil(10).max(2);
    terms.retain(|_, rows| *rows >= fewest);
    let is_frequent = |place: usize, term: &str| terms.contains_key(&(place, term));

    // The texts with the same frequent terms; a key is these, each with its place.
    let mut numbers: HashMap<Vec<(usize, &str)>, usize> = HashMap::new();
    let mut clusters: Vec<Cluster> = Vec::new();
    let mut of_rows: Vec<Option<usize>> = Vec::with_capacity(count);
    let mut held =
        terms.len() * (size_of::<(usize, &str)>() + ENTRY_BYTES) + count * size_of::<Option<usize>>();
    used.reserve(held, user, span)?;
    for row in 0..count {
        let text = text(row);
        used.work(text.len() + 1, user, span)?;
        let key: Vec<(usize, &str)> =
            separators.terms(text).enumerate().filter(|(place, term)| is_frequent(*place, term)).collect();
        if key.is_empty() {
            of_rows.push(None);
            continue;
        }
        let bytes = key.len() * size_of::<(usize, &str)>() + ENTRY_BYTES + size_of::<Cluster>();
        let number = *numbers.entry(key).or_insert(clusters.len());
        if number == clusters.len() {
            clusters.push(Cluster { rows: 0, first: row });
            held += bytes;
            used.reserve(held, user, span)?;
        }
        if let Some(cluster) = clusters.get_mut(number) {
            cluster.rows += 1;
        }
        of_rows.push(Some(number));
    }
    // The largest first; outliers are the last one.
    let mut order: Vec<usize> = (0..clusters.len()).collect();
    order.retain(|at| clusters.get(*at).is_some_and(|cluster| cluster.rows >= fewest));
    order.sort_by_key(|at| clusters.get(*at).map(|cluster| (std::cmp::Reverse(cluster.rows), cluster.first)));
    let mut ranks = vec![order.len(); clusters.len()];
    let (mut patterns, mut examples) =
        (StringBuilder::with_capacity(order.len() + 1), StringBuilder::with_capacity(order.len() + 1));
    for (rank, at) in order.iter().enumerate() {
        let example = clusters.get(*at).map(|cluster| text(cluster.first)).unwrap_or_default();
        used.work(example.len(), user, span)?;
        patterns.push(&separators.pattern(example, is_frequent));
        examples.push(example);
        used.reserve(held + patterns.byte_size() + examples.byte_size(), user, span)?;
        if let Some(place) = ranks.get_mut(*at) {
            *place = rank;
        }
    }
    patterns.push(OUTLIERS);
    examples.push("");
    if count > 0 {
        let doubts = run.context.doubts("reduce", span);
        let taken =
            "a term that a tenth of the texts have at one place, and two at least, is part of a pattern";
        doubts.note("texts that are grouped into patterns", taken, text(0))?;
    }
    let rank = |number: &Option<usize>| {
        let rank = number.and_then(|number| ranks.get(number).copied()).unwrap_or(order.len());
        u32::try_from(rank).unwrap_or(u32::MAX)
    };
    let codes: Vec<u32> = of_rows.iter().map(rank).collect();
    let coded =
        |texts: StringBuilder| Column::String(StringColumn::from_codes(codes.clone(), &texts.finish()));
    let columns = [
        ("Pattern", coded(patterns)),
        ("Representative", coded(examples)),
        ("Rank", Column::longs(codes.iter().map(|code| i64::from(*code)).collect())),
    ];
    let columns = columns.into_iter().map(|(name, column)| (Arc::from(name), column)).collect();
    let table = Table::new(columns).map_err(|message| broken(&message))?;
    Ok(PluginRows { table, origins: RowOrigins::Same })
}

#[cfg(test)]
mod tests {
    use super::Separators;

    fn pattern(listed: &str, text: &str, frequent: &[&str]) -> String {
        Separators { listed }.pattern(text, |_, term| frequent.contains(&term))
    }

    // Expectations: the page's table of cities and its example of characters.
    #[test]
    fn patterns_keep_separators_that_are_not_listed() {
        assert_eq!(pattern("", "San Bernard", &["San"]), "San *");
        assert_eq!(pattern("", "One -on- One", &["on"]), "* -on- *");
        assert_eq!(pattern("", "Moscow", &["Moscow"]), "Moscow");
        assert_eq!(pattern("Z", "fooZ1", &["foo"]), "foo*");
        assert_eq!(pattern("", "a, b: c", &["a"]), "a, *");
        assert_eq!(pattern("", "", &[]), "");
    }

    #[test]
    fn listed_characters_change_sides() {
        let terms = |listed, text| Separators { listed }.terms(text).collect::<Vec<_>>();
        assert_eq!(terms("", "a-b c"), ["a", "b", "c"]);
        assert_eq!(terms("-", "a-b c"), ["a-b", "c"]);
        assert_eq!(terms("Z", "fooZ1"), ["foo", "1"]);
    }
}
