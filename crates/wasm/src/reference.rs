//! What the language's reference says of a name, as JSON. It must not know any particular one.

use kqlite::{LanguageEntry, Registry, nearest};
use serde_json::{Value as Json, json};

/// Everything that is called so: operators, statements, functions, plugins, types.
pub(crate) fn docs(registry: &Registry, word: &str) -> Json {
    let word = word.trim();
    let mut found: Vec<Json> = registry.language(word).into_iter().map(entry).collect();
    found.extend(registry.plugin(word).map(|it| entry(&it.entry())));
    if let Some(it) = registry.scalar(word) {
        let forms: Vec<String> =
            it.signatures().iter().map(|form| format!("{}{form} -> {}", it.name, form.returns)).collect();
        let examples = it.examples.iter().map(|it| json!({"query": it.query, "result": it.result}));
        found.push(json!({
            "name": it.name, "kind": it.category.as_str(), "summary": it.summary, "syntax": forms,
            "parameters": [], "remarks": [], "examples": examples.collect::<Vec<_>>(),
        }));
    }
    if let Some(it) = registry.aggregate(word) {
        let forms: Vec<String> =
            it.signatures.iter().map(|form| format!("{}{form} -> {}", it.name, form.returns)).collect();
        let examples = it.examples.iter().map(|it| json!({"query": it.query, "result": it.result}));
        found.push(json!({
            "name": &*it.name, "kind": "aggregate function", "summary": &*it.summary, "syntax": forms,
            "parameters": [], "remarks": [], "examples": examples.collect::<Vec<_>>(),
        }));
    }
    let similar = if found.is_empty() { nearest(word, registry.scalar_names()) } else { None };
    json!({"found": found, "similar": similar})
}

fn entry(it: &LanguageEntry) -> Json {
    let parameters: Vec<Json> =
        it.parameters.iter().map(|it| json!({"name": it.name, "text": it.summary})).collect();
    let examples: Vec<Json> =
        it.examples.iter().map(|it| json!({"query": it.query, "result": it.result})).collect();
    json!({
        "name": it.name, "kind": it.kind.as_str(), "summary": it.summary, "syntax": it.syntax,
        "parameters": parameters, "remarks": it.remarks, "examples": examples,
    })
}
