//! The paths of the server and what stands around them: ids, access, compression, counting. It must not know how requests are
//! run.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{DefaultBodyLimit, Extension, Path, Query, Request as HttpRequest, State};
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::IntoResponse;
use axum::routing::{get, post};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::decompression::RequestDecompressionLayer;
use tower_http::trace::TraceLayer;

use crate::access::{self, Refusal};
use crate::answer::Answer;
use crate::body::{self, HeldBytes};
use crate::failure::Failure;
use crate::ingest::{self, Target};
use crate::log_analytics::{self, LogQuery};
use crate::properties::Properties;
use crate::request::Request;
use crate::request_id::RequestId;
use crate::state::ServerState;
use crate::time_range::TimeRange;
use crate::work;
use crate::{v1, v2};

type Shared = State<Arc<ServerState>>;
type Pairs = Query<Vec<(String, String)>>;

/// Everything that the server answers.
pub(crate) fn router(state: &Arc<ServerState>) -> Router {
    Router::new()
        .route("/v1/rest/query", post(query_v1).get(query_v1_by_get))
        .route("/v2/rest/query", post(query_v2).get(query_v2_by_get))
        .route("/v1/rest/mgmt", post(command))
        .route("/v1/rest/ingest/{database}/{table}", post(ingest_rows))
        .route("/v1/rest/auth/metadata", get(no_login))
        .route("/v1/workspaces/{id}/query", post(log_query).get(log_query_by_get))
        .route("/healthz", get(|| async { "ok" }))
        .route("/metrics", get(tell_metrics))
        .fallback(nothing_here)
        // Bodies are read, and limited, by the routes themselves.
        .layer(DefaultBodyLimit::disable())
        .layer(CompressionLayer::new().gzip(true))
        .layer(RequestDecompressionLayer::new().gzip(true))
        .layer(from_fn_with_state(state.clone(), guard))
        .layer(access::cors(&state.settings))
        .layer(from_fn_with_state(state.clone(), account))
        .layer(TraceLayer::new_for_http())
        .layer(CatchPanicLayer::new())
        .with_state(state.clone())
}

/// Gives a request its ids, and counts it.
async fn account(State(state): Shared, mut request: HttpRequest, next: Next) -> Response<Body> {
    let id = RequestId::of(request.headers());
    let route = label(request.uri().path());
    request.extensions_mut().insert(id.clone());
    let mut response = next.run(request).await;
    id.note(response.headers_mut());
    state.metrics.request(route, response.status().as_u16());
    response
}

/// The route of a path, for counting.
fn label(path: &str) -> &'static str {
    match path {
        "/v1/rest/query" => "v1_query",
        "/v2/rest/query" => "v2_query",
        "/v1/rest/mgmt" => "mgmt",
        "/v1/rest/auth/metadata" => "auth",
        "/healthz" => "healthz",
        "/metrics" => "metrics",
        _ if path.starts_with("/v1/rest/ingest/") => "ingest",
        _ if path.starts_with("/v1/workspaces/") => "log_analytics",
        _ => "other",
    }
}

/// Turns away who may not ask.
async fn guard(
    State(state): Shared,
    Extension(id): Extension<RequestId>,
    request: HttpRequest,
    next: Next,
) -> Response<Body> {
    match access::check(&state.settings, request.uri().path(), request.headers()) {
        Ok(()) => next.run(request).await,
        Err(Refusal::Forbidden(failure)) => failure.response(&id, state.now()),
        Err(Refusal::Unauthorized) => {
            // A body too: some clients read one before they look at the status.
            let mut response = Failure::unauthorized().response(&id, state.now());
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            response
        }
    }
}

/// The form of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    V1,
    V2,
}

async fn query_v1(state: Shared, id: Extension<RequestId>, request: HttpRequest) -> Response<Body> {
    posted(state, id, request, Form::V1, false).await
}

async fn query_v2(state: Shared, id: Extension<RequestId>, request: HttpRequest) -> Response<Body> {
    posted(state, id, request, Form::V2, false).await
}

async fn command(state: Shared, id: Extension<RequestId>, request: HttpRequest) -> Response<Body> {
    posted(state, id, request, Form::V1, true).await
}

async fn query_v1_by_get(
    state: Shared,
    id: Extension<RequestId>,
    headers: HeaderMap,
    pairs: Pairs,
) -> Response<Body> {
    gotten(state, id, headers, pairs, Form::V1).await
}

async fn query_v2_by_get(
    state: Shared,
    id: Extension<RequestId>,
    headers: HeaderMap,
    pairs: Pairs,
) -> Response<Body> {
    gotten(state, id, headers, pairs, Form::V2).await
}

async fn posted(
    State(state): Shared,
    Extension(id): Extension<RequestId>,
    request: HttpRequest,
    form: Form,
    commands_alone: bool,
) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let done = async {
        let held = body::read(&state, &parts.headers, body).await?;
        let request = Request::read(&held.bytes)?;
        if commands_alone && !kqlite_command::is_command(&request.text) {
            return Err(Failure::bad_request(
                "this endpoint takes commands, which begin with a dot; queries go to /v2/rest/query",
            ));
        }
        drop(held);
        answer(&state, &id, &parts.headers, request, form).await
    };
    done.await.unwrap_or_else(|failure| failure.response(&id, state.now()))
}

async fn gotten(
    State(state): Shared,
    Extension(id): Extension<RequestId>,
    headers: HeaderMap,
    Query(pairs): Pairs,
    form: Form,
) -> Response<Body> {
    let done = async {
        let mut request = Request::read_query_string(&pairs)?;
        // A link must not change anything.
        request.properties.read_only = true;
        answer(&state, &id, &headers, request, form).await
    };
    done.await.unwrap_or_else(|failure| failure.response(&id, state.now()))
}

/// Runs a request and writes its answer, on a thread that may block.
async fn answer(
    state: &Arc<ServerState>,
    id: &RequestId,
    headers: &HeaderMap,
    mut request: Request,
    form: Form,
) -> Result<Response<Body>, Failure> {
    request.properties.read_only |= is_read_only(headers);
    let as_arrow = wants_arrow(headers);
    work::on_thread(state, id, move |state, job| {
        let answer = work::run(state, job, request)?;
        match as_arrow {
            true => arrow(state, &answer),
            false => {
                let text = match form {
                    Form::V1 => v1::write(&answer),
                    Form::V2 => v2::write(&answer),
                };
                json(state, text)
            }
        }
    })
    .await
}

fn is_read_only(headers: &HeaderMap) -> bool {
    headers.get("x-ms-readonly").is_some_and(|it| !it.as_bytes().eq_ignore_ascii_case(b"false"))
}

fn json(state: &ServerState, text: String) -> Result<Response<Body>, Failure> {
    typed(state, text.into_bytes(), "application/json; charset=utf-8")
}

fn typed(state: &ServerState, bytes: Vec<u8>, media_type: &'static str) -> Result<Response<Body>, Failure> {
    let mut response = Response::new(body::answer(state, bytes)?);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    Ok(response)
}

#[cfg(feature = "arrow")]
fn wants_arrow(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(header::ACCEPT).iter().filter_map(|it| it.to_str().ok());
    accepted.into_iter().any(|it| it.contains(crate::arrow_stream::MEDIA_TYPE))
}

#[cfg(not(feature = "arrow"))]
const fn wants_arrow(_: &HeaderMap) -> bool {
    false
}

#[cfg(feature = "arrow")]
fn arrow(state: &ServerState, answer: &Answer) -> Result<Response<Body>, Failure> {
    typed(state, crate::arrow_stream::write(answer)?, crate::arrow_stream::MEDIA_TYPE)
}

#[cfg(not(feature = "arrow"))]
fn arrow(state: &ServerState, answer: &Answer) -> Result<Response<Body>, Failure> {
    json(state, v2::write(answer))
}

async fn ingest_rows(
    State(state): Shared,
    Extension(id): Extension<RequestId>,
    Path((database, table)): Path<(String, String)>,
    Query(pairs): Pairs,
    request: HttpRequest,
) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let done = async {
        let target = Target::read(database, table, &pairs)?;
        let read_only = is_read_only(&parts.headers);
        let held: HeldBytes = body::read(&state, &parts.headers, body).await?;
        work::on_thread(&state, &id, move |state, job| {
            let answer = ingest::run(state, job, &target, read_only, held.bytes)?;
            json(state, v1::write(&answer))
        })
        .await
    };
    done.await.unwrap_or_else(|failure| failure.response(&id, state.now()))
}

/// There is no login: clients go on without one, or with the token that they were given.
async fn no_login() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json; charset=utf-8")], r#"{"AzureAD":null}"#)
}

async fn log_query(
    State(state): Shared,
    Extension(id): Extension<RequestId>,
    request: HttpRequest,
) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let done = async {
        let held = body::read(&state, &parts.headers, body).await?;
        let query = LogQuery::read(&held.bytes)?;
        drop(held);
        log_answer(&state, &id, parts.headers, query).await
    };
    done.await.unwrap_or_else(|failure| log_analytics::failed(&failure, &id))
}

async fn log_query_by_get(
    State(state): Shared,
    Extension(id): Extension<RequestId>,
    headers: HeaderMap,
    Query(pairs): Pairs,
) -> Response<Body> {
    let done = async { log_answer(&state, &id, headers, LogQuery::read_query_string(&pairs)?).await };
    done.await.unwrap_or_else(|failure| log_analytics::failed(&failure, &id))
}

async fn log_answer(
    state: &Arc<ServerState>,
    id: &RequestId,
    headers: HeaderMap,
    query: LogQuery,
) -> Result<Response<Body>, Failure> {
    work::on_thread(state, id, move |state, job| {
        let range = query.range.as_deref().map(|text| TimeRange::read(text, state.now())).transpose()?;
        let answer = work::query(state, job, &query.text, &Properties::default(), range.as_ref())?;
        json(state, log_analytics::write(&answer, &headers))
    })
    .await
}

async fn tell_metrics(State(state): Shared) -> impl IntoResponse {
    let form = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(header::CONTENT_TYPE, form)], state.metrics.text())
}

async fn nothing_here(
    State(state): Shared,
    Extension(id): Extension<RequestId>,
    request: HttpRequest,
) -> Response<Body> {
    let failure = Failure::no_such_path(request.uri().path());
    debug_assert_eq!(failure.status, StatusCode::NOT_FOUND);
    failure.response(&id, state.now())
}
