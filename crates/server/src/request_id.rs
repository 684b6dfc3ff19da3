//! The ids of a request: the client's own, and one that the server makes. It must not know what is asked.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::http::{HeaderMap, HeaderValue};
use kqlite::Guid;

/// The longest id of a client that is given back.
const MAX_BYTES: usize = 1024;

pub(crate) const CLIENT: &str = "x-ms-client-request-id";
pub(crate) const ACTIVITY: &str = "x-ms-activity-id";

/// The ids of a request.
#[derive(Debug, Clone)]
pub(crate) struct RequestId {
    /// What the client calls it, or the server's own id.
    pub client: String,
    /// What the server calls it.
    pub activity: Guid,
}

static RANDOM: LazyLock<RandomState> = LazyLock::new(RandomState::new);
static COUNT: AtomicU64 = AtomicU64::new(0);

impl RequestId {
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let half = |salt: u8| u128::from(RANDOM.hash_one((number, salt)));
        let activity = Guid(half(0) << 64 | half(1));
        let given = headers.get(CLIENT).and_then(|it| it.to_str().ok());
        let client = given.filter(|it| !it.is_empty() && it.len() <= MAX_BYTES);
        Self { client: client.map_or_else(|| activity.to_string(), str::to_owned), activity }
    }

    /// A number that differs from request to request.
    pub(crate) const fn seed(&self) -> u64 {
        self.activity.0 as u64
    }

    /// Notes the ids in the headers of an answer.
    pub(crate) fn note(&self, headers: &mut HeaderMap) {
        for (name, value) in [(CLIENT, self.client.clone()), (ACTIVITY, self.activity.to_string())] {
            if let Ok(value) = HeaderValue::from_str(&value) {
                headers.insert(name, value);
            }
        }
    }
}
