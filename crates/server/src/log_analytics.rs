//! Queries as Log Analytics takes them, and its form of answers and errors. It must not know Kusto's forms.

use axum::body::Body;
use axum::http::{HeaderMap, Response};
use serde_json::{Value as Json, json};

use crate::answer::{Answer, visualization};
use crate::cells;
use crate::envelope::Envelope;
use crate::failure::Failure;
use crate::request_id::RequestId;

/// A query with the range of times that it is about.
#[derive(Debug)]
pub(crate) struct LogQuery {
    pub text: String,
    pub range: Option<String>,
}

impl LogQuery {
    /// Reads the body of a request: `{"query": …, "timespan": …, "workspaces": […]}`.
    pub(crate) fn read(body: &[u8]) -> Result<Self, Failure> {
        let members = Envelope::read(body)?;
        let others = match members.tree("workspaces")? {
            Some(Json::Array(others)) => !others.is_empty(),
            Some(Json::String(others)) => !others.is_empty(),
            _ => false,
        };
        Self::new(members.text("query")?, members.text("timespan")?, others)
    }

    /// Reads the query string of a request.
    pub(crate) fn read_query_string(pairs: &[(String, String)]) -> Result<Self, Failure> {
        let find = |wanted: &str| {
            let (_, value) = pairs.iter().find(|(name, _)| name == wanted)?;
            Some(value.clone())
        };
        Self::new(find("query"), find("timespan"), find("workspaces").is_some_and(|it| !it.is_empty()))
    }

    fn new(query: Option<String>, range: Option<String>, others: bool) -> Result<Self, Failure> {
        let text = query.ok_or_else(|| Failure::bad_request("'query' is missing: the text of a query"))?;
        if others {
            return Err(Failure::bad_request("'workspaces' names others, and there is one workspace here"));
        }
        Ok(Self { text, range: range.filter(|it| !it.is_empty()) })
    }
}

/// Writes an answer. `Prefer: include-render=true` adds what `render` asked for.
pub(crate) fn write(answer: &Answer, headers: &HeaderMap) -> String {
    let mut out = String::from("{\"tables\":[");
    let (mut used, mut failure) = (0, None);
    for (at, it) in answer.tables.iter().enumerate() {
        out.push_str(if at > 0 { ",{\"name\":" } else { "{\"name\":" });
        let name = if it.name == "Table_0" { "PrimaryResult" } else { it.name.as_str() };
        cells::text(name, &mut out);
        out.push_str(",\"columns\":[");
        for (at, column) in it.table.schema().columns.iter().enumerate() {
            out.push_str(if at > 0 { ",{\"name\":" } else { "{\"name\":" });
            cells::text(&column.name, &mut out);
            out.push_str(&format!(",\"type\":\"{}\"}}", column.data_type));
        }
        out.push_str("],\"rows\":[");
        let (_, found) = cells::rows(&it.table, answer.truncation, &mut used, &mut out);
        failure = failure.or(found);
        out.push_str("]}");
    }
    out.push(']');
    let prefers = |what: &str| {
        let mut values = headers.get_all("prefer").iter().filter_map(|it| it.to_str().ok());
        values.any(|it| it.split(',').any(|part| part.trim() == format!("{what}=true")))
    };
    if prefers("include-render")
        && let Some(first) = answer.tables.first()
    {
        let shown = visualization(&first.table, answer.is_ordered);
        let names = shown.as_object().into_iter().flatten();
        let lower: Json = names
            .map(|(name, value)| {
                let (head, tail) = name.split_at(1);
                (head.to_lowercase() + tail, value.clone())
            })
            .collect::<serde_json::Map<String, Json>>()
            .into();
        out.push_str(&format!(",\"render\":{lower}"));
    }
    if prefers("include-statistics") {
        out.push_str(",\"statistics\":{}");
    }
    if let Some(failure) = failure {
        let error = json!({
            "code": "PartialError",
            "message": "There were some errors when processing your query.",
            "details": [{"code": "EngineError", "message": failure.message}],
        });
        out.push_str(&format!(",\"error\":{error}"));
    }
    out.push('}');
    out
}

/// What a client is told when a request fails.
pub(crate) fn failed(failure: &Failure, id: &RequestId) -> Response<Body> {
    let (code, message) = match &failure.findings {
        Some(found) => (found.code.as_str(), found.message.as_str()),
        None => (failure.code, failure.message.as_str()),
    };
    let kind = match failure.code {
        "BadRequest_SyntaxError" => "SyntaxError",
        _ if failure.exception.ends_with("SemanticException") => "SemanticError",
        other => other,
    };
    let body = json!({
        "error": {
            "message": "The request had some invalid properties",
            "code": "BadArgumentError",
            "correlationId": id.activity.to_string(),
            "innererror": {
                "code": kind,
                "message": failure.message,
                "innererror": {"code": code, "message": message},
            },
        },
    });
    failure.with_body(body.to_string())
}
