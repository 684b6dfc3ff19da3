//! Who may ask: the bearer token, the web pages that were allowed, the name that the server is called by. It must not know what
//! is asked.

use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use tower_http::cors::{AllowHeaders, AllowOrigin, CorsLayer, ExposeHeaders};

use crate::failure::Failure;
use crate::request_id;
use crate::settings::Settings;

/// What browsers are told of the pages that may ask.
pub(crate) fn cors(settings: &Settings) -> CorsLayer {
    let origins = settings.origins.iter().filter_map(|it| HeaderValue::from_str(it).ok());
    let names = [request_id::CLIENT, request_id::ACTIVITY].map(HeaderName::from_static);
    CorsLayer::new()
        .allow_origin(AllowOrigin::list(origins))
        .allow_methods([Method::GET, Method::POST])
        // Clients send headers of their own, whichever they are.
        .allow_headers(AllowHeaders::mirror_request())
        .allow_credentials(true)
        .allow_private_network(true)
        .expose_headers(ExposeHeaders::list(names))
}

/// Why a request is turned away.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// The token is missing or another one.
    Unauthorized,
    /// It comes from a page, or by a name, that was not allowed.
    Forbidden(Failure),
}

/// Whether a request may be answered.
pub(crate) fn check(settings: &Settings, path: &str, headers: &HeaderMap) -> Result<(), Refusal> {
    // A page of another origin can send requests, though it cannot read the answers.
    if let Some(origin) = headers.get(header::ORIGIN) {
        let allowed = settings.origins.iter().any(|it| it.as_bytes() == origin.as_bytes());
        if !allowed {
            let shown = String::from_utf8_lossy(origin.as_bytes());
            let message =
                format!("pages of {shown} may not ask this server; --allow-origin {shown} lets them");
            return Err(Refusal::Forbidden(Failure::forbidden(message)));
        }
    }
    let Some(token) = &settings.token else {
        return check_host(settings, headers);
    };
    // Whoever watches the server, and clients that ask how to log in, have no token.
    if matches!(path, "/healthz" | "/v1/rest/auth/metadata") {
        return Ok(());
    }
    let given = headers.get(header::AUTHORIZATION).and_then(|it| {
        let value = it.as_bytes();
        let (scheme, rest) = value.split_at_checked(7)?;
        scheme.eq_ignore_ascii_case(b"bearer ").then(|| rest.trim_ascii())
    });
    match given {
        Some(given) if is_same(given, token.as_bytes()) => Ok(()),
        _ => Err(Refusal::Unauthorized),
    }
}

/// A page whose name was made to point at this machine asks by that name, and as if it were of the server itself.
fn check_host(settings: &Settings, headers: &HeaderMap) -> Result<(), Refusal> {
    let Some(host) = headers.get(header::HOST).and_then(|it| it.to_str().ok()) else { return Ok(()) };
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|it| it.is_ascii_digit()) => name,
        _ => host,
    };
    let of_machine = ["localhost", "127.0.0.1", "[::1]"];
    let mut known = of_machine.into_iter().chain(settings.hosts.iter().map(String::as_str));
    if known.any(|it| it.eq_ignore_ascii_case(name)) {
        return Ok(());
    }
    let message =
        format!("this server is not called '{name}'; without a token it answers to its own names alone");
    Err(Refusal::Forbidden(Failure::forbidden(message)))
}

/// The same bytes; how long it takes does not tell where they differ.
fn is_same(given: &[u8], token: &[u8]) -> bool {
    given.len() == token.len() && given.iter().zip(token).fold(0, |all, (a, b)| all | (a ^ b)) == 0
}
