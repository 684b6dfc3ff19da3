//! The page of `explain` and `why`: one HTML file that needs nothing else, its data as JSON in a script element. It must not
//! know how steps are traced.

use kqlite::DateTime;
use kqlite_detect::Rule;
use serde_json::{Value as Json, json};

use crate::failure::Failure;
use crate::query_text::QueryText;
use crate::template::{escaped, filled, in_script};

/// Styles, the program and the frame; the data goes into its `{{…}}`.
const TEMPLATE: &str = include_str!("page.html");

/// The data of a page.
#[derive(Default)]
pub struct PageData {
    /// The steps.
    pub explanation: Json,
    /// What the operators of the optimized plan did, and how long it took.
    pub profile: Json,
    /// The traces of the rows that were asked about.
    pub why: Json,
    /// The lineage of a row of the answer.
    pub origins: Json,
}

/// Converts a value to JSON.
pub fn to_json(value: &impl serde::Serialize) -> Result<Json, Failure> {
    serde_json::to_value(value).map_err(Failure::wrong)
}

/// Renders the page of a query.
pub fn page(shown: &PageData, text: &QueryText, now: DateTime) -> String {
    let rule = text.rule.as_ref().map(|(_, rule)| &**rule);
    let title = title(rule, &text.origin);
    let PageData { explanation, profile, why, origins } = shown;
    let rows = explanation["rows"].as_u64().and_then(|rows| usize::try_from(rows).ok()).unwrap_or_default();
    // What a hunting query finds is for people; an analytics rule raises an alert, or does not.
    let alert = rule.filter(|rule| rule.is_analytics()).map(|rule| {
        let trigger = rule.trigger;
        json!({"raised": trigger.holds(rows), "sign": trigger.operator.sign(), "threshold": trigger.threshold})
    });
    let data = json!({
        "explanation": explanation, "profile": profile, "why": why, "origins": origins, "alert": alert
    });
    let data = data.to_string();
    let made = format!("kqlite {} · now() is {}", env!("CARGO_PKG_VERSION"), now);
    filled(TEMPLATE, |name| match name {
        "title" => Some(escaped(&title).into()),
        "made" => Some(escaped(&made).into()),
        "data" => Some(in_script(&data).into()),
        _ => None,
    })
}

/// What a page is called: the rule's name, or the file's.
pub fn title(rule: Option<&Rule>, origin: &str) -> String {
    match rule.map(|rule| rule.name.trim()) {
        Some(name) if !name.is_empty() => name.to_owned(),
        _ if origin == "query" => "Query".to_owned(),
        _ => origin.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_ends_the_script_early() {
        let shown = PageData {
            explanation: json!({"query": "print '</script><!--{{title}}'"}),
            ..PageData::default()
        };
        let text = QueryText { origin: "<b>&\"{{data}}".to_owned(), text: String::new(), rule: None };
        let page = page(&shown, &text, DateTime::UNIX_EPOCH);
        assert_eq!(page.matches("</script>").count(), TEMPLATE.matches("</script>").count());
        assert!(page.contains("<title>&lt;b&gt;&amp;&quot;{{data}}</title>"));
        let start = page.find("id=\"data\">").unwrap() + 10;
        let data = &page[start..start + page[start..].find("</script>").unwrap()];
        assert_eq!(serde_json::from_str::<Json>(data).unwrap()["explanation"], shown.explanation);
    }

    #[test]
    fn the_page_loads_nothing() {
        for word in ["http:", "https:", "//cdn", "@import", "url(", "src="] {
            assert!(!TEMPLATE.contains(word), "{word}");
        }
    }
}
