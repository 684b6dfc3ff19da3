//! What clients are told when a request fails, in Kusto's form. It must not know how requests are run.

use axum::body::Body;
use axum::http::{HeaderValue, Response, StatusCode, header};
use kqlite::{Code, CodeClass, DateTime, Diagnostic};
use kqlite_command::CommandError;
use serde_json::{Value as Json, json};

use crate::request_id::RequestId;

/// Why a request failed.
#[derive(Debug, Clone)]
pub(crate) struct Failure {
    pub status: StatusCode,
    /// Kusto's code, such as `BadRequest_SyntaxError`.
    pub code: &'static str,
    /// The exception that clients of Kusto expect.
    pub exception: &'static str,
    /// What is wrong, for people.
    pub message: String,
    /// What was found about the text.
    pub findings: Option<Box<Findings>>,
    /// It fails again if it is sent again.
    pub permanent: bool,
}

/// What was found about a text.
#[derive(Debug, Clone)]
pub(crate) struct Findings {
    /// The code of the first one.
    pub code: String,
    /// Its sentence.
    pub message: String,
    /// All of them, as JSON.
    pub diagnostics: Json,
}

impl Failure {
    const fn new(
        status: StatusCode,
        code: &'static str,
        exception: &'static str,
        message: String,
        permanent: bool,
    ) -> Self {
        Self { status, code, exception, message, findings: None, permanent }
    }

    /// A request that is wrong in itself.
    pub(crate) fn bad_request(message: impl Into<String>) -> Self {
        let exception = "Kusto.Data.Exceptions.KustoBadRequestException";
        Self::new(StatusCode::BAD_REQUEST, "General_BadRequest", exception, message.into(), true)
    }

    /// What is named is not there.
    pub(crate) fn not_found(kind: &str, name: &str) -> Self {
        let message = format!("Entity ID '{name}' of kind '{kind}' was not found.");
        let exception = "Kusto.Data.Exceptions.EntityNotFoundException";
        Self::new(StatusCode::BAD_REQUEST, "BadRequest_EntityNotFound", exception, message, true)
    }

    /// The token is missing or another one.
    pub(crate) fn unauthorized() -> Self {
        let message = "this server asks for a token: send it as 'Authorization: Bearer TOKEN'".to_owned();
        let exception = "Kusto.Data.Exceptions.KustoRequestDeniedException";
        Self::new(StatusCode::UNAUTHORIZED, "Unauthorized", exception, message, true)
    }

    /// What is asked for is not allowed.
    pub(crate) fn forbidden(message: impl Into<String>) -> Self {
        let exception = "Kusto.Data.Exceptions.KustoRequestDeniedException";
        Self::new(StatusCode::FORBIDDEN, "Forbidden", exception, message.into(), true)
    }

    /// There is no such path.
    pub(crate) fn no_such_path(path: &str) -> Self {
        let message = format!(
            "there is nothing at '{path}'; there are /v1/rest/query, /v2/rest/query, /v1/rest/mgmt, \
             /v1/rest/ingest/DATABASE/TABLE, /v1/workspaces/ID/query, /healthz and /metrics"
        );
        let exception = "Kusto.Data.Exceptions.KustoBadRequestException";
        Self::new(StatusCode::NOT_FOUND, "General_NotFound", exception, message, true)
    }

    /// The body is larger than the limit.
    pub(crate) fn too_large(bytes: usize) -> Self {
        let message = format!("the body of the request has more than {} KB", bytes >> 10);
        let exception = "Kusto.Data.Exceptions.KustoRequestPayloadTooLargeException";
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "PayloadTooLarge", exception, message, true)
    }

    /// The body did not come in time.
    pub(crate) fn slow_body() -> Self {
        let message = "the body of the request did not come in time".to_owned();
        let exception = "Kusto.Data.Exceptions.KustoRequestTimeoutException";
        Self::new(StatusCode::REQUEST_TIMEOUT, "RequestTimeout", exception, message, false)
    }

    /// There is more to do than the server takes on.
    pub(crate) fn throttled(message: impl Into<String>) -> Self {
        let exception = "Kusto.Data.Exceptions.KustoRequestThrottledException";
        Self::new(StatusCode::TOO_MANY_REQUESTS, "TooManyRequests", exception, message.into(), false)
    }

    /// The tables would take more memory than they may.
    pub(crate) fn database_is_full(bytes: usize) -> Self {
        let message = format!("the tables would take more than {} MB; nothing was changed", bytes >> 20);
        let exception = "Kusto.Data.Exceptions.KustoBadRequestException";
        Self::new(StatusCode::BAD_REQUEST, "LimitsExceeded", exception, message, false)
    }

    /// The server stops.
    pub(crate) fn stopping() -> Self {
        let exception = "Kusto.Data.Exceptions.KustoServiceUnavailableException";
        let message = "the server stops".to_owned();
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "ServiceUnavailable", exception, message, false)
    }

    /// A bug.
    pub(crate) fn internal(message: impl Into<String>) -> Self {
        let exception = "Kusto.Data.Exceptions.KustoServiceException";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "Internal", exception, message.into(), false)
    }

    /// An answer that has more than it may: the rest of it was sent.
    pub(crate) fn truncated(what: &str) -> Self {
        let message = format!(
            "Query execution has exceeded the allowed limits (80DA0003): The results of this query exceed the set limit of \
             {what}, so not all records were returned (E_QUERY_RESULT_SET_TOO_LARGE, 0x80DA0003). The options \
             truncationmaxrecords, truncationmaxsize and notruncation set other limits."
        );
        let exception = "Kusto.Data.Exceptions.KustoServicePartialQueryFailureLimitsExceededException";
        Self::new(StatusCode::OK, "LimitsExceeded", exception, message, false)
    }

    /// What is wrong with a query.
    pub(crate) fn of_query(error: &kqlite::Error) -> Self {
        Self::of(error.diagnostics(), &error.render("query", false))
    }

    /// What is wrong with a command.
    pub(crate) fn of_command(error: &CommandError) -> Self {
        Self::of(error.diagnostics(), &error.render("command", false))
    }

    fn of(diagnostics: &[Diagnostic], rendered: &str) -> Self {
        let rendered = rendered.trim_end();
        let Some(first) = diagnostics.first() else { return Self::internal(rendered) };
        let limits = "Kusto.Data.Exceptions.KustoServicePartialQueryFailureLimitsExceededException";
        let (status, code, exception, prefix) = match (first.code.class(), first.code) {
            (_, Code::TimeLimit) => {
                let exception = "Kusto.Data.Exceptions.KustoServiceTimeoutException";
                (StatusCode::GATEWAY_TIMEOUT, "RequestExecutionTimeout", exception, "Request timed out")
            }
            (_, Code::Cancelled) => {
                let exception = "Kusto.Data.Exceptions.KustoRequestCanceledException";
                (StatusCode::SERVICE_UNAVAILABLE, "Canceled", exception, "Request was canceled")
            }
            (_, it) if it.is_limit() => (
                StatusCode::BAD_REQUEST,
                "LimitsExceeded",
                limits,
                "Query execution has exceeded the allowed limits",
            ),
            (CodeClass::Syntax, _) => {
                let exception = "Kusto.Data.Exceptions.SyntaxException";
                (StatusCode::BAD_REQUEST, "BadRequest_SyntaxError", exception, "Syntax error")
            }
            (CodeClass::Semantic | CodeClass::Unsupported, _) => {
                let exception = "Kusto.Data.Exceptions.SemanticException";
                (StatusCode::BAD_REQUEST, "General_BadRequest", exception, "Semantic error")
            }
            (CodeClass::Internal, _) => {
                let exception = "Kusto.Data.Exceptions.KustoServiceException";
                (StatusCode::INTERNAL_SERVER_ERROR, "Internal", exception, "Internal error")
            }
            _ => {
                let exception = "Kusto.Data.Exceptions.KustoBadRequestException";
                (StatusCode::BAD_REQUEST, "General_BadRequest", exception, "Request failed")
            }
        };
        let message = format!("{prefix}: {}: {}\n{rendered}", first.code, first.message);
        Self {
            findings: Some(Box::new(Findings {
                code: first.code.to_string(),
                message: first.message.clone(),
                diagnostics: serde_json::to_value(diagnostics).unwrap_or_default(),
            })),
            ..Self::new(status, code, exception, message, status != StatusCode::GATEWAY_TIMEOUT)
        }
    }

    /// `{"error": {…}}`, as Kusto writes it.
    pub(crate) fn one_api_error(&self, id: &RequestId, now: DateTime) -> Json {
        let mut error = json!({
            "code": self.code,
            "message": "Request is invalid and cannot be executed.",
            "@type": self.exception,
            "@message": self.message,
            "@context": {
                "timestamp": now.to_string(),
                "serviceAlias": "KQLITE",
                "clientRequestId": id.client,
                "activityId": id.activity.to_string(),
            },
            "@permanent": self.permanent,
        });
        if let (Some(members), Some(found)) = (error.as_object_mut(), &self.findings) {
            members.insert("@errorCode".into(), found.code.as_str().into());
            members.insert("@errorMessage".into(), found.message.as_str().into());
            members.insert("@diagnostics".into(), found.diagnostics.clone());
        }
        json!({"error": error})
    }

    /// The answer of a request that failed before any rows were sent.
    pub(crate) fn response(&self, id: &RequestId, now: DateTime) -> Response<Body> {
        self.with_body(self.one_api_error(id, now).to_string())
    }

    /// An answer with the status and another body.
    pub(crate) fn with_body(&self, body: String) -> Response<Body> {
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
        if self.status == StatusCode::TOO_MANY_REQUESTS {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response
    }
}
