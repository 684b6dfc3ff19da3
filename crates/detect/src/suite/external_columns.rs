//! The columns that a query declares for data outside of its tables. It must not know the data.

use kqlite::ScalarType;
use kqlite::syntax::ast::Expression;
use kqlite::syntax::{SyntaxNode, parse};

/// The columns that the `externaldata` operators of a query declare for a location; where none names it in so many words, those
/// that all of them agree about.
pub(crate) fn external_columns(query: &str, location: &str) -> Vec<(String, ScalarType)> {
    let tree = parse(query).tree;
    let all: Vec<_> = tree
        .nodes()
        .filter_map(|node| match node {
            SyntaxNode::Expression(Expression::ExternalData(it)) => Some(it),
            _ => None,
        })
        .collect();
    let names_it = |at: std::ops::Range<usize>| query.get(at).is_some_and(|text| text.contains(location));
    let is_named = all.iter().any(|it| names_it(it.at.0.range()));
    let meant = all.iter().filter(|it| !is_named || names_it(it.at.0.range()));
    let mut columns: Vec<(String, Option<ScalarType>)> = Vec::new();
    for column in meant.flat_map(|it| &it.schema) {
        let data_type = column.data_type.text.parse().ok();
        match columns.iter_mut().find(|(name, _)| *name == column.name.text) {
            Some((_, known)) => *known = known.filter(|it| Some(*it) == data_type),
            None => columns.push((column.name.text.clone(), data_type)),
        }
    }
    columns.into_iter().filter_map(|(name, data_type)| Some((name, data_type?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_query_says_which_types() {
        let query = "let u = 'https://b.example/y.json';
            let A = externaldata (values: dynamic, n: long) ['https://a.example/x.json'] with (format='multijson');
            union A, (externaldata (values: string, n: long) [u])";
        let types = |location| external_columns(query, location);
        let (values, n) = ("values".to_owned(), "n".to_owned());
        assert_eq!(
            types("https://a.example/x.json"),
            [(values, ScalarType::Dynamic), (n.clone(), ScalarType::Long)]
        );
        assert_eq!(types("https://b.example/y.json"), [(n, ScalarType::Long)]);
    }
}
